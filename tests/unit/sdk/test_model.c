// SPDX-License-Identifier: Apache-2.0
/* What <agon/model.h> promises: what is refused is said (where, what, what was expected), a model
 * is shown again what it saw, an answer becomes a signal, and a plugin declared by it asks once for
 * each candle of its own. */
#include <stdio.h>
#include <stdlib.h>

#include <agon/model.h>

#include "../../support/must.h"

#define MINUTE ((agon_ns_t)60 * 1000000000)
#define NOW    28333333 /* minutes since 1970 */

static struct {
    const char *list, *symbol;
    char card[256]; /* the file `weights`: a net's card, or trees */
    uint64_t n_card;
    char said[256]; /* the log's last line */
    struct agon_nn_shape shape;
    char asked[256]; /* by which names the model was opened */
    float seen[600]; /* the first input of each step since the reset */
    uint32_t n_seen, n_resets, n_signals, is_short;
    int step_rc;
    struct agon_signal signal;
    struct agon_bar history[8];
    uint32_t n_history;
} world;

static int map(const struct agon_host *h, const char *name, struct agon_asset_map *out)
{
    const char *bytes = strcmp(name, "features") == 0 ? world.list : world.card;

    (void)h;
    if (bytes == NULL || (bytes == world.card && world.n_card == 0))
        return AGON_ENOENT;
    out->bytes = bytes;
    out->n = bytes == world.card ? world.n_card : strlen(bytes);
    memset(out->sha256, 0, sizeof(out->sha256));
    memcpy(out->sha256, "\x9a\x74\xc5\xf9", 4);
    return AGON_OK;
}

static int say(const struct agon_host *h, uint32_t level, const char *text)
{
    (void)h;
    MUST(level == AGON_ERROR && strlen(text) <= 201); // of a longer one the host says so
    snprintf(world.said, sizeof(world.said), "%s", text);
    return AGON_OK;
}

static int open_model(const struct agon_host *h, const char *name,
                      const struct agon_nn_inputs *inputs, uint32_t *model,
                      struct agon_nn_shape *shape)
{
    (void)h;
    MUST(strcmp(name, "weights") == 0 && inputs->edition == AGON_FEATURES_EDITION);
    snprintf(world.asked, sizeof(world.asked), "%s", inputs->names);
    *model = 3;
    *shape = world.shape;
    return AGON_OK;
}

/* As a net of its window: the answers are the first input, 0 and less it. */
static int step(const struct agon_host *h, uint32_t model, const float *x, uint32_t n_x, float *y,
                uint32_t n_y)
{
    (void)h;
    MUST(model == 3 && n_x >= 1 && n_y == world.shape.outputs);
    if (world.step_rc < 0)
        return world.step_rc;
    MUST(world.n_seen < sizeof(world.seen) / sizeof(world.seen[0]));
    world.seen[world.n_seen++] = x[0];
    if (world.n_seen < world.shape.window)
        return AGON_EAGAIN;
    for (uint32_t i = 0; i < n_y; i++)
        y[i] = i == 0 ? x[0] : i == 1 ? 0 : -x[0];
    return AGON_OK;
}

static int reset(const struct agon_host *h, uint32_t model)
{
    (void)h;
    MUST(model == 3);
    world.n_resets++;
    world.n_seen = 0;
    return AGON_OK;
}

static int get(const struct agon_host *h, agon_instrument_t id, struct agon_instrument *out)
{
    (void)h;
    memset(out, 0, sizeof(*out));
    out->px_exp = 2;
    out->qty_exp = 4;
    return id == 1 || id == 2 ? AGON_OK : AGON_ENOENT;
}

static agon_instrument_t find(const struct agon_host *h, const char *venue, const char *symbol)
{
    (void)h;
    return strcmp(venue, "binance") == 0 && strcmp(symbol, "BTCUSDT") == 0 ? 1 : 0;
}

static int integer(const struct agon_host *h, uint32_t id, int64_t *value)
{
    (void)h;
    MUST(id == 1);
    *value = 0;
    return AGON_OK;
}

static const char *text(const struct agon_host *h, uint32_t id)
{
    (void)h;
    return id == 3 ? world.symbol : NULL;
}

static void *take(const struct agon_host *h, uint64_t bytes, uint64_t align)
{
    static _Alignas(64) unsigned char arena[4 << 20];
    static uint64_t used;
    void *at = arena + used;

    (void)h;
    ck_assert_uint_le(align, 64);
    if (world.is_short)
        return NULL;
    used += (bytes + 63) / 64 * 64;
    ck_assert_uint_le(used, sizeof(arena));
    return at;
}

static int publish(const struct agon_host *h, const struct agon_signal *signal)
{
    (void)h;
    world.signal = *signal;
    world.n_signals++;
    return AGON_OK;
}

static int bars(const struct agon_host *h, agon_instrument_t id, uint32_t length_s,
                struct agon_bar *out, uint32_t max)
{
    (void)h;
    MUST(id == 1 && length_s == 60 && max == AGON_HISTORY_MAX);
    memcpy(out, world.history, world.n_history * sizeof(*out));
    return (int)world.n_history;
}

static const void *get_extension(const struct agon_host *h, const char *id)
{
    static const struct agon_host_asset asset = {.map = map};
    static const struct agon_host_log log = {.line = say};
    static const struct agon_host_nn nn = {.open = open_model, .step = step, .reset = reset};
    static const struct agon_host_instrument instrument = {.get = get, .find = find};
    static const struct agon_host_param param = {.integer = integer, .text = text};
    static const struct agon_host_arena arena = {.take = take};
    static const struct agon_host_signal signal = {.publish = publish};
    static const struct agon_host_history history = {.bars = bars};
    static const struct {
        const char *id;
        const void *at;
    } all[] = {{AGON_EXT_ASSET, &asset},   {AGON_EXT_LOG, &log},
               {AGON_EXT_NN, &nn},         {AGON_EXT_INSTRUMENT, &instrument},
               {AGON_EXT_PARAM, &param},   {AGON_EXT_ARENA, &arena},
               {AGON_EXT_SIGNAL, &signal}, {AGON_EXT_HISTORY, &history}};

    (void)h;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        if (strcmp(all[i].id, id) == 0)
            return all[i].at;
    return NULL;
}
static const struct agon_host host = {.size = sizeof(host), .get_extension = get_extension};

static void set_card(const char *goal)
{
    int n = snprintf(world.card + 8, sizeof(world.card) - 8,
                     "{\"__metadata__\":{\"agon.model\":\"lstm/1\"%s%s%s}}",
                     goal != NULL ? ",\"agon.goal\":\"" : "", goal != NULL ? goal : "",
                     goal != NULL ? "\"" : "");

    memset(world.card, 0, 8);
    world.card[0] = (char)n;
    world.n_card = (uint64_t)n + 8;
}

static void begin(void)
{
    memset(&world, 0, sizeof(world));
    world.list = "return.1 range.1";
    world.shape = (struct agon_nn_shape){.inputs = 2, .outputs = 3, .window = 2, .state_bytes = 64};
    set_card("direction:5");
}

START_TEST(a_list_that_is_refused_says_which_line_and_what)
{
    static struct agon_features set;
    char many[2048] = "";
    char large[AGON_MODEL_LIST + 1];
    const struct {
        const char *list, *says;
    } cases[] = {
        {"return.1\nretrun.5 # a slip\n",
         "files.features: line 2: \"retrun.5\" is not in the catalogue; expected a name that agon "
         "features ls shows"},
        {"# all\n\nreturn.1\n\n  return.9999\n",
         "files.features: line 5: \"return.9999\" has a parameter out of its bounds; agon features "
         "ls shows them"},
        {"retrun.1", "files.features: \"retrun.1\" is not in the catalogue; expected a name that "
                     "agon features ls shows"},
        {"return.1 Return",
         "files.features: \"Return\" is not written as a feature; expected NAME, "
         "NAME.5 or NAME.5.2, as agon features ls shows it"},
        {"# nothing\n", "files.features has no features; expected names that agon features ls "
                        "shows"},
        {NULL, "files.features is not there; expected the list of features that agon features make "
               "--list took, named so in the roster's files"},
        {many, "files.features: line 129: \"return.129\" is one of 130 features; expected at most "
               "128: leave 2 out, and train the model by the rest"},
        {large, "files.features has 8192 bytes; expected a list of at most 8191"},
    };

    begin();
    for (int i = 1; i <= 130; i++)
        snprintf(many + strlen(many), sizeof(many) - strlen(many), "return.%d\n", i);
    memset(large, '#', AGON_MODEL_LIST);
    large[AGON_MODEL_LIST] = '\0';
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        world.list = cases[i].list;
        ck_assert_int_eq(agon_model_list(&host, "features", &set), AGON_EINVAL);
        ck_assert_str_eq(world.said, cases[i].says);
    }
    world.list = "return.1 # of one candle, retrun.5\nrange.2#\n";
    ck_assert_int_eq(agon_model_list(&host, "features", &set), AGON_OK);
    ck_assert_uint_eq(set.n, 2);
    many[strlen(many) - strlen("return.129\nreturn.130\n")] = '\0';
    world.list = many;
    ck_assert_int_eq(agon_model_list(&host, "features", &set), AGON_OK);
    ck_assert_uint_eq(set.n, AGON_FEATURES_MAX);
    ck_assert_int_eq(agon_model_features(&host, "parameters.features", "gap gip", &set),
                     AGON_EINVAL);
    ck_assert_str_eq(world.said, "parameters.features: \"gip\" is not in the catalogue; expected a "
                                 "name that agon features ls shows");
}
END_TEST

START_TEST(a_model_that_is_of_no_use_says_what_it_is_and_what_was_expected)
{
    static const struct {
        const char *goal; /* NULL: the card has none */
        struct agon_nn_shape shape;
        const char *says; /* NULL: it is taken */
    } cases[] = {
        {"direction:5", {.outputs = 3, .window = 256, .state_bytes = 64}, NULL},
        {NULL, {.outputs = 3, .window = 6, .state_bytes = 64}, NULL},
        {NULL, {.outputs = 3}, NULL}, // trees
        {NULL, {.outputs = 1}, NULL},
        {"value",
         {.outputs = 1, .window = 6, .state_bytes = 64},
         "files.weights is a net whose goal is value; expected the goal direction, of which its "
         "answers are up, flat and down: train it with goal: direction"},
        {"up",
         {.outputs = 3, .window = 6, .state_bytes = 64},
         "files.weights is a net whose goal is up; expected the goal direction, of which its "
         "answers are up, flat and down: train it with goal: direction"},
        {"direction:5",
         {.outputs = 3, .window = 0, .state_bytes = 64},
         "files.weights is a net that goes on from event to event (served: state); expected one of "
         "a window of at most 256: train it with served: window"},
        {"direction:5",
         {.outputs = 3, .window = 257, .state_bytes = 64},
         "files.weights is a net of a window of 257 events; expected at most 256: train it with a "
         "shorter window"},
        {NULL,
         {.outputs = 2, .window = 6, .state_bytes = 64},
         "files.weights has 2 outputs; expected a net of 3 (up, flat, down): train it with goal: "
         "direction"},
        {NULL,
         {.outputs = 1, .window = 6, .state_bytes = 64},
         "files.weights has 1 output; expected a net of 3 (up, flat, down): train it with goal: "
         "direction"},
        {NULL,
         {.outputs = 2},
         "files.weights has 2 outputs; expected trees of 1 (up) or 3 (up, flat, down)"},
    };
    const struct agon_nn_inputs inputs = {.names = "a b", .edition = AGON_FEATURES_EDITION};
    struct agon_model model;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int rc;

        begin();
        set_card(cases[i].goal);
        world.shape = cases[i].shape;
        ck_assert_int_eq(agon_model_open(&model, &host, "weights", &inputs), AGON_OK);
        ck_assert_str_eq(model.text, "model 9a74c5f9");
        ck_assert_str_eq(world.asked, "a b");
        rc = agon_model_holds_window(&model, AGON_MODEL_WINDOW);
        rc = rc < 0 ? rc : agon_model_holds_sides(&model);
        ck_assert_int_eq(rc, cases[i].says == NULL ? AGON_OK : AGON_EINVAL);
        ck_assert_str_eq(world.said, cases[i].says == NULL ? "" : cases[i].says);
    }
    // A card that lies about its length, or ends within the word, says no goal.
    for (int cut = 0; cut < 60; cut++) {
        begin();
        set_card("value");
        world.card[0] = (char)(world.n_card - 8 - (uint64_t)cut);
        world.n_card -= (uint64_t)cut;
        ck_assert_int_eq(agon_model_open(&model, &host, "weights", &inputs), AGON_OK);
        world.n_card = (uint64_t)cut % 9;
        if (world.n_card > 0)
            ck_assert_int_eq(agon_model_open(&model, &host, "weights", &inputs), AGON_OK);
    }
    // What stands behind the file's end is not of it.
    set_card("value");
    world.n_card = 8 + 20;
    ck_assert_int_eq(agon_model_open(&model, &host, "weights", &inputs), AGON_OK);
    ck_assert_str_eq(model.goal, "");
    memset(world.card, 0xff, 8);
    world.n_card = 100;
    ck_assert_int_eq(agon_model_open(&model, &host, "weights", &inputs), AGON_OK);
    ck_assert_str_eq(model.goal, "");
    world.n_card = 0;
    ck_assert_int_eq(agon_model_open(&model, &host, "weights", &inputs), AGON_EINVAL);
    ck_assert_str_eq(world.said, "files.weights is not there; expected a model that agon train "
                                 "writes, named so in the roster's files");
}
END_TEST

START_TEST(it_sees_again_the_last_of_what_it_saw)
{
    const struct agon_nn_inputs inputs = {.names = "a", .edition = AGON_FEATURES_EDITION};
    struct agon_model model;
    float rows[4][2];

    begin();
    world.shape.window = 3;
    ck_assert_int_eq(agon_model_open(&model, &host, "weights", &inputs), AGON_OK);
    for (uint64_t n = 0; n < 12; n++) { // n inputs, of which the ring has the last four
        uint64_t want = n < 3 ? n : 3;

        for (uint64_t i = n < 4 ? 0 : n - 4; i < n; i++)
            rows[i % 4][0] = (float)i;
        ck_assert_int_eq(agon_model_see_again(&model, &rows[0][0], 2, 4, n, 1), AGON_OK);
        ck_assert_uint_eq(world.n_seen, want);
        for (uint64_t i = 0; i < want; i++)
            ck_assert_float_eq(world.seen[i], (float)(n - want + i));
    }
    ck_assert_uint_eq(world.n_resets, 12);
    world.step_rc = AGON_ERANGE;
    ck_assert_int_eq(agon_model_see_again(&model, &rows[0][0], 2, 4, 9, 1), AGON_ERANGE);
    world.step_rc = AGON_OK;
    world.shape = (struct agon_nn_shape){.inputs = 1, .outputs = 1};
    ck_assert_int_eq(agon_model_open(&model, &host, "weights", &inputs), AGON_OK);
    ck_assert_int_eq(agon_model_see_again(&model, &rows[0][0], 2, 4, 9, 1), AGON_OK);
    ck_assert_uint_eq(world.n_seen, 0); // trees have nothing to see
}
END_TEST

START_TEST(an_answer_becomes_sides_and_these_a_signal)
{
    struct agon_model model = {.shape = {.outputs = 3, .window = 2, .state_bytes = 8},
                               .text = "model 12345678",
                               .n_text = 14};
    struct agon_signal signal;
    double p[AGON_SIDES];

    // e^1, e^2 and e^3 over their sum, and at differences that overflow a float.
    ck_assert_int_eq(agon_model_sides(&model, (const float[]){1, 2, 3}, p), 1);
    ck_assert_double_eq_tol(p[0], 0.09003057317038046, 1e-15);
    ck_assert_double_eq_tol(p[1], 0.24472847105479764, 1e-15);
    ck_assert_double_eq_tol(p[2], 0.6652409557748218, 1e-15);
    ck_assert_int_eq(agon_model_sides(&model, (const float[]){3e38F, -3e38F, 0}, p), 1);
    ck_assert_double_eq(p[0], 1);
    model.shape = (struct agon_nn_shape){.outputs = 3};
    ck_assert_int_eq(agon_model_sides(&model, (const float[]){0.25F, 0.5F, 0.25F}, p), 1);
    ck_assert_double_eq(p[1], 0.5);
    agon_model_signal(&model, 7, 2, p, 1000, 60, &signal);
    ck_assert_uint_eq(signal.hdr.instrument, 7);
    ck_assert_uint_eq(signal.hdr.granules, sizeof(signal) / 64);
    ck_assert_uint_eq(signal.key, 2);
    ck_assert_uint_eq(signal.direction, AGON_NEUTRAL);
    ck_assert_double_eq(signal.value, 0);
    ck_assert_double_eq(signal.confidence, 0.5);
    ck_assert_int_eq(signal.t_valid, 1000 + 2 * MINUTE);
    ck_assert_uint_eq(signal.text_len, 14);
    ck_assert_mem_eq(signal.text, "model 12345678", 15);
    model.shape.outputs = 1;
    ck_assert_int_eq(agon_model_sides(&model, (const float[]){0.75F}, p), 1);
    ck_assert(p[0] == 0.75 && p[1] == 0 && p[2] == 0.25);
    agon_model_signal(&model, 7, 0, p, 0, 60, &signal);
    ck_assert_uint_eq(signal.direction, AGON_UP);
    ck_assert_int_eq(agon_model_sides(&model, (const float[]){1.25F}, p), 0);
    ck_assert_int_eq(agon_model_sides(&model, (const float[]){-0.25F}, p), 0);
}
END_TEST

/* --- a whole plugin --- */

#define PARAMS(X) AGON_PARAM_ASKED(X, 1, 0, 2, 3)
struct mine {
    struct agon_model_base base;
    PARAMS(AGON_FIELD)
    uint32_t n_answers;
    float last;
    struct agon_model_seen state;
};

static int mine_init(void *plugin)
{
    return agon_model_init(plugin, "features", "weights");
}

static int mine_on_bar(void *plugin, const struct agon_bar *bar)
{
    struct mine *self = plugin;
    double p[AGON_SIDES];
    float y[AGON_SIDES];
    int rc = agon_model_ask(self, bar, y, 3);

    if (rc < 0)
        return rc == AGON_EAGAIN ? AGON_OK : rc;
    self->n_answers++;
    self->last = y[0];
    if (agon_model_sides(&self->base.model, y, p))
        agon_model_say(self, 0, p, bar->hdr.t);
    return AGON_OK;
}

static const struct agon_handlers handlers = {.on_bar = mine_on_bar};
static const struct agon_rule rule = {AGON_RULE_ASKS(struct mine), .init = mine_init,
                                      .on = &handlers};
AGON_PARAMS(struct mine, PARAMS);
AGON_SERVICES(AGON_TO_ASK);
static const struct agon_descriptor descriptor = {AGON_DESCRIBES(struct mine, 1000),
                                                  .kind = AGON_MODEL, AGON_SCHEMA(1, 1)};

static struct agon_bar bar_of(agon_instrument_t id, int minute, agon_px_t close)
{
    return (struct agon_bar){
        .hdr = {.type = AGON_EVENT_BAR, .instrument = id, .t = (NOW + minute + 1) * MINUTE},
        .t_open = (NOW + minute) * MINUTE,
        .length_s = 60,
        .open_px = close,
        .high_px = close + 10,
        .low_px = close - 10,
        .close_px = close,
        .volume_qty = 5};
}

static struct mine *made(struct agon_agent *agent)
{
    memset(agent, 0, sizeof(*agent));
    agent->size = sizeof(*agent);
    ck_assert_int_eq(agon_strategy_create(&host, agent, &rule, &descriptor, agon_settings),
                     AGON_OK);
    return agent->self;
}

static int hear(const struct agon_agent *agent, struct agon_bar bar)
{
    return agent->on_event(agent->self, &bar.hdr, 1);
}

struct saved {
    unsigned char bytes[sizeof(struct agon_model_seen)];
    uint64_t n, at;
};

static int64_t write_saved(struct agon_out *out, const void *bytes, uint64_t n)
{
    struct saved *saved = out->ctx;

    MUST(saved->n + n <= sizeof(saved->bytes));
    memcpy(saved->bytes + saved->n, bytes, n);
    saved->n += n;
    return (int64_t)n;
}

static int64_t read_saved(struct agon_in *in, void *bytes, uint64_t n)
{
    struct saved *saved = in->ctx;
    uint64_t there = saved->n - saved->at < n ? saved->n - saved->at : n;

    memcpy(bytes, saved->bytes + saved->at, there);
    saved->at += there;
    return (int64_t)there;
}

START_TEST(a_plugin_declared_asks_once_for_each_candle_of_its_own)
{
    struct agon_agent agent;
    struct mine *self;

    begin();
    self = made(&agent);
    ck_assert_str_eq(world.asked, "return.1 range.1");
    ck_assert_int_eq(agent.on_start(self, AGON_START_FRESH), AGON_OK);
    ck_assert_uint_eq(self->state.instrument, 0);
    ck_assert_int_eq(hear(&agent, bar_of(2, 0, 10000)),
                     AGON_OK); // the first's instrument is its own
    ck_assert_uint_eq(self->state.instrument, 2);
    ck_assert_uint_eq(world.n_seen, 0); // return.1 needs two
    ck_assert_int_eq(hear(&agent, bar_of(2, 1, 10100)), AGON_OK);
    ck_assert_uint_eq(world.n_seen, 1);
    ck_assert_uint_eq(self->n_answers, 0);                        // a window of two
    ck_assert_int_eq(hear(&agent, bar_of(2, 1, 10200)), AGON_OK); // the same again
    ck_assert_int_eq(hear(&agent, bar_of(2, 0, 10200)), AGON_OK); // an older one
    ck_assert_int_eq(self->state.t_bar, (NOW + 1) * MINUTE);
    ck_assert_int_eq(hear(&agent, bar_of(1, 2, 10200)), AGON_OK); // another's
    struct agon_bar longer = bar_of(2, 2, 10200);
    longer.length_s = 300;
    ck_assert_int_eq(hear(&agent, longer), AGON_OK);
    ck_assert_uint_eq(world.n_seen, 1);
    ck_assert_int_eq(hear(&agent, bar_of(2, 2, 10100)), AGON_OK);
    ck_assert_uint_eq(self->n_answers, 1);
    ck_assert_uint_eq(world.n_signals, 1);
    ck_assert_uint_eq(world.signal.hdr.instrument, 2);
    ck_assert_int_eq(world.signal.t_valid, (NOW + 3 + 2) * MINUTE);
    ck_assert_float_eq(self->last, 0); // the return of a candle that did not move
    world.step_rc = AGON_ERANGE;
    ck_assert_int_eq(hear(&agent, bar_of(2, 3, 10100)), AGON_ERANGE);
}
END_TEST

START_TEST(after_a_reload_it_goes_on_and_with_another_list_it_begins_anew)
{
    struct saved saved = {0};
    struct agon_agent agent, next;
    struct agon_out out = {.size = sizeof(out), .ctx = &saved, .write = write_saved};
    struct agon_in in = {.size = sizeof(in), .ctx = &saved, .read = read_saved};
    struct mine *self, *again;
    float seen[2];

    begin();
    world.symbol = "BTCUSDT";
    self = made(&agent);
    for (int i = 0; i < 5; i++)
        world.history[i] = bar_of(1, i, 10000 + 100 * i * i);
    world.n_history = 5;
    ck_assert_int_eq(agent.on_start(self, AGON_START_FRESH), AGON_OK);
    ck_assert_uint_eq(self->state.instrument, 1); // as named, before any candle of it
    ck_assert_uint_eq(self->state.n, 4);          // of history
    ck_assert_uint_eq(world.n_seen, 2);           // its window
    ck_assert_int_eq(hear(&agent, bar_of(1, 5, 13000)), AGON_OK);
    ck_assert_uint_eq(self->n_answers, 1);
    memcpy(seen, self->state.inputs[3], 2 * sizeof(float));
    ck_assert_int_eq(agent.save_state(self, &out), AGON_OK);
    ck_assert_uint_eq(saved.n, sizeof(struct agon_model_seen));

    again = made(&next);
    ck_assert_int_eq(next.load_state(again, &in, 1), AGON_OK);
    ck_assert_int_eq(next.on_start(again, AGON_START_RELOAD), AGON_OK);
    ck_assert_uint_eq(world.n_seen, 2);
    ck_assert_float_eq(world.seen[0], seen[0]);
    ck_assert_float_eq(world.seen[1], self->state.inputs[4][0]);
    ck_assert_mem_eq(&again->state, &self->state, sizeof(self->state));
    ck_assert_int_eq(hear(&next, bar_of(1, 6, 13100)), AGON_OK);
    ck_assert_uint_eq(again->n_answers, 1); // its window is full at once

    world.list = "range.1 return.1";
    saved.at = 0;
    again = made(&next);
    ck_assert_int_eq(next.load_state(again, &in, 1), AGON_OK);
    ck_assert_int_eq(next.on_start(again, AGON_START_RELOAD), AGON_OK);
    ck_assert_uint_eq(again->state.n, 4); // of history, by the other list
    ck_assert(agon_features_is_same(&again->state.set, &again->base.list));
    world.symbol = "NONE";
    ck_assert_int_eq(next.on_start(again, AGON_START_RELOAD), AGON_ENOENT);
}
END_TEST

START_TEST(bytes_that_are_no_state_are_refused)
{
    struct saved saved = {0};
    struct agon_agent agent;
    struct agon_out out = {.size = sizeof(out), .ctx = &saved, .write = write_saved};
    struct agon_in in = {.size = sizeof(in), .ctx = &saved, .read = read_saved};
    struct mine *self;
    static struct agon_model_seen seen;
    const float nan = (float)strtod("nan", NULL);

    begin();
    self = made(&agent);
    ck_assert_int_eq(agent.on_start(self, AGON_START_FRESH), AGON_OK);
    ck_assert_int_eq(hear(&agent, bar_of(1, 0, 10000)), AGON_OK);
    ck_assert_int_eq(agent.save_state(self, &out), AGON_OK);
    memcpy(&seen, saved.bytes, sizeof(seen));
    ck_assert_int_eq(agent.load_state(self, &in, 1), AGON_OK);
    for (int i = 0; i < 5; i++) {
        struct agon_model_seen *bad = (void *)saved.bytes;

        memcpy(bad, &seen, sizeof(seen));
        if (i == 0)
            bad->pad = 1;
        else if (i == 1)
            bad->t_bar = -1;
        else if (i == 2)
            bad->inputs[AGON_MODEL_WINDOW - 1][AGON_FEATURES_MAX - 1] = nan;
        else if (i == 3)
            bad->set.n = 0;
        else
            bad->t_bar = INT64_MAX;
        saved.at = 0;
        ck_assert_int_eq(agent.load_state(self, &in, 1), AGON_ECORRUPT);
    }
    world.is_short = 1;
    memset(&agent, 0, sizeof(agent));
    agent.size = sizeof(agent);
    ck_assert_int_eq(agon_strategy_create(&host, &agent, &rule, &descriptor, agon_settings),
                     AGON_ENOMEM);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sdk_model_parts");
    TCase *tcase = tcase_create("model");
    SRunner *runner;
    int n_failed;

    tcase_add_test(tcase, a_list_that_is_refused_says_which_line_and_what);
    tcase_add_test(tcase, a_model_that_is_of_no_use_says_what_it_is_and_what_was_expected);
    tcase_add_test(tcase, it_sees_again_the_last_of_what_it_saw);
    tcase_add_test(tcase, an_answer_becomes_sides_and_these_a_signal);
    tcase_add_test(tcase, a_plugin_declared_asks_once_for_each_candle_of_its_own);
    tcase_add_test(tcase, after_a_reload_it_goes_on_and_with_another_list_it_begins_anew);
    tcase_add_test(tcase, bytes_that_are_no_state_are_refused);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
