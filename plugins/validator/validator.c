// SPDX-License-Identifier: Apache-2.0
/* validator: a random forest that is asked before a signal is traded on. It hears a model's
 * direction, asks the trees in its file `forest` (agon.nn) of the features in its file `features`,
 * of the last closed candle, and publishes the same signal where they hold its side for likely
 * enough, and a neutral one where not. Who trades listens to it instead of to the model. README.md
 * is its card.
 *
 * It publishes `direction`: the signal that it heard with the trees' probability of its side as
 * confidence and nothing left of the other side, or direction neutral, p_flat 1 and value 0. text
 * says which, the first digits of the trees' SHA-256, and what they answered. */
#include <agon/feature.h>
#include <agon/strategy.h>

#define LIST_MAX 8192
#define TREES_OF "direction of 1 output, as agon train trees writes with objective logistic"

#define PARAMS(X)                                                                                  \
    X(REAL, sure, 1, "passes a side that the trees hold for as likely as that", "",                \
      AGON_PARAM_LIVE | AGON_PARAM_TUNABLE, 0.5, 1, 0.55, 0.01)                                    \
    X(BAR, bar_s, 2, "length of a candle, the model's", 0)                                         \
    X(TEXT, venue, 3, "of symbol; empty: binance")                                                 \
    X(TEXT, symbol, 4, "whose signals pass; empty: the first instrument that a bar comes of")
enum { DIRECTION }; /* places in reads and publishes */
enum { PASSED, HELD_BACK };

struct validator_state { /* fixed widths, no pointers, no padding */
    agon_instrument_t instrument;
    uint32_t pad;
    agon_ns_t t_bar;
    struct agon_features set;
};
struct validator {
    struct agon_strategy base;
    PARAMS(AGON_FIELD)
    const struct agon_host_signal *signal;
    const struct agon_host_nn *nn;
    const struct agon_host_metric *metric;
    uint32_t model;
    char name[8];               /* the first digits of the trees' hash */
    struct agon_features empty; /* as the list says, and nothing seen */
    struct validator_state state;
};

static void fresh(void *plugin)
{
    struct validator *self = plugin;

    self->state.t_bar = 0;
    self->state.set = self->empty;
}

static int is_stale(const struct validator *self)
{
    return self->state.set.n != self->empty.n ||
           memcmp(self->state.set.all, self->empty.all, sizeof(self->empty.all)) != 0;
}

static int check(const void *at)
{
    const struct validator_state *state = at;

    return state->pad == 0 && agon_strategy_is_time(state->t_bar) &&
           agon_features_check(&state->set) >= 0;
}

/* A bar that is none is left out: the next one counts. */
static int feed(void *plugin, const struct agon_bar *bar)
{
    struct validator *self = plugin;
    struct agon_instrument instrument;

    if (self->base.desk.instruments->get(self->base.desk.host, bar->hdr.instrument, &instrument) >=
        0)
        (void)agon_features_bar(&self->state.set, bar, instrument.px_exp, instrument.qty_exp);
    self->state.t_bar = bar->t_open;
    return 0;
}

static int on_bar(void *plugin, const struct agon_bar *bar)
{
    struct validator *self = plugin;

    if (bar->length_s != self->bar_s || bar->close_px <= 0 || bar->hdr.instrument == 0)
        return AGON_OK;
    if (self->state.instrument == 0)
        self->state.instrument = bar->hdr.instrument;
    if (self->state.instrument == bar->hdr.instrument && bar->t_open > self->state.t_bar)
        (void)feed(plugin, bar);
    return AGON_OK;
}

/* How likely up is. AGON_EAGAIN: there are too few candles. */
static int ask(struct validator *self, double *up)
{
    double values[AGON_FEATURES_MAX];
    float x[AGON_FEATURES_MAX], y = 0;
    uint32_t i;
    int rc = agon_features_values(&self->state.set, values);

    for (i = 0; rc >= 0 && i < self->state.set.n; i++)
        x[i] = (float)values[i];
    if (rc >= 0)
        rc = self->nn->step(self->base.desk.host, self->model, x, self->state.set.n, &y, 1);
    *up = (double)y;
    return rc;
}

static void say(struct agon_signal *signal, const char *text, uint32_t n)
{
    memcpy(signal->text + signal->text_len, text, n);
    signal->text_len = (uint16_t)(signal->text_len + n);
}

/* "passed: forest 9a74c5f9, up 62%" */
static void name_verdict(const struct validator *self, struct agon_signal *signal, int is_passed,
                         int is_asked, double up)
{
    static const char passed[] = "passed: forest ", held[] = "held back: forest ",
                      few[] = ", too few candles", likely[] = ", up ";
    uint32_t per_cent = (uint32_t)(up * 100 + 0.5);
    char digits[4];
    uint32_t n = 0;

    signal->text_len = 0;
    if (is_passed)
        say(signal, passed, sizeof(passed) - 1);
    else
        say(signal, held, sizeof(held) - 1);
    say(signal, self->name, sizeof(self->name));
    if (!is_asked) {
        say(signal, few, sizeof(few) - 1);
        return;
    }
    say(signal, likely, sizeof(likely) - 1);
    if (per_cent >= 100)
        digits[n++] = '1';
    if (per_cent >= 10)
        digits[n++] = (char)('0' + per_cent / 10 % 10);
    digits[n++] = (char)('0' + per_cent % 10);
    digits[n++] = '%';
    say(signal, digits, n);
}

/* The side that somebody could take on it: a neutral one may still lean to one. */
static int side_of(const struct agon_signal *signal)
{
    if (signal->direction != AGON_NEUTRAL)
        return signal->direction == AGON_UP ? 1 : -1;
    return signal->p_up > signal->p_down ? 1 : signal->p_up < signal->p_down ? -1 : 0;
}

/* Nobody was asked about the other side: it goes to flat, since a strategy may look at nothing but
 * its probability. */
static void keep_side(struct agon_signal *signal, int side)
{
    double *other = side > 0 ? &signal->p_down : &signal->p_up;

    signal->p_flat += *other;
    *other = 0;
}

static void hold_back(struct agon_signal *signal)
{
    signal->direction = AGON_NEUTRAL;
    signal->value = 0;
    signal->p_up = signal->p_down = 0;
    signal->p_flat = 1;
    signal->entry_px = signal->stop_px = signal->take_px = 0;
}

static int on_signal(void *plugin, const struct agon_signal *heard)
{
    struct validator *self = plugin;
    struct agon_signal signal = *heard;
    int side = side_of(heard), is_passed, rc;
    double up = 0, sure;

    if (heard->key != DIRECTION || heard->hdr.instrument == 0 ||
        heard->hdr.instrument != self->state.instrument)
        return AGON_OK;
    rc = ask(self, &up);
    if (rc < 0 && rc != AGON_EAGAIN)
        return rc;
    sure = rc < 0 || side == 0 ? 0 : side > 0 ? up : 1 - up;
    is_passed = sure >= self->sure; // which is 0.5 at least
    signal.key = DIRECTION;
    signal.confidence = sure;
    name_verdict(self, &signal, is_passed, rc >= 0, up);
    if (is_passed)
        keep_side(&signal, side);
    else
        hold_back(&signal);
    (void)self->metric->counter(self->base.desk.host, is_passed ? PASSED : HELD_BACK, 1);
    // A full ring is no error: what is not passed on is not traded on.
    (void)self->signal->publish(self->base.desk.host, &signal);
    return AGON_OK;
}

static int on_start(void *plugin, uint32_t reason)
{
    struct validator *self = plugin;
    struct validator_state *state = &self->state;
    agon_instrument_t named = state->instrument;
    int rc = agon_strategy_find(&self->base, self->venue, self->symbol, &named);
    int i, n = 0;

    if (rc < 0)
        return rc;
    if (reason == AGON_START_FRESH || named != state->instrument || is_stale(self))
        fresh(plugin);
    state->instrument = named;
    if (named != 0 && state->t_bar == 0 && self->base.history != NULL)
        n = self->base.history->bars(self->base.desk.host, named, self->bar_s, self->base.bars,
                                     AGON_HISTORY_MAX);
    for (i = 0; i < n; i++)
        (void)feed(plugin, &self->base.bars[i]);
    return AGON_OK;
}

/* The list as a file: names with blanks or line ends between them, from # on a comment. */
static int read_list(struct validator *self)
{
    const struct agon_host *host = self->base.desk.host;
    const struct agon_host_asset *asset = host->get_extension(host, AGON_EXT_ASSET);
    struct agon_asset_map map;
    char list[LIST_MAX];
    uint64_t i, n = 0;
    int is_comment = 0;

    if (asset->map(host, "features", &map) < 0)
        return agon_strategy_refuse(&self->base, "files: features is not there; expected the list "
                                                 "that agon features make --list took");
    if (map.n >= LIST_MAX)
        return agon_strategy_refuse(&self->base, "files: features is longer than 8191 bytes");
    for (i = 0; i < map.n; i++) {
        char c = ((const char *)map.bytes)[i];

        is_comment = c == '#' || (is_comment && c != '\n');
        list[n++] = is_comment || c == '\0' ? ' ' : c;
    }
    list[n] = '\0';
    if (agon_features_init(&self->empty, list, NULL) < 0)
        return agon_strategy_refuse(&self->base, "files: features has a name that is not in the "
                                                 "catalogue (agon features ls), or none");
    return AGON_OK;
}

static int name_forest(struct validator *self)
{
    static const char digits[] = "0123456789abcdef";
    const struct agon_host *host = self->base.desk.host;
    const struct agon_host_asset *asset = host->get_extension(host, AGON_EXT_ASSET);
    struct agon_asset_map map;
    uint32_t i;

    if (asset->map(host, "forest", &map) < 0)
        return agon_strategy_refuse(&self->base, "files: forest is not there; expected trees");
    for (i = 0; i < sizeof(self->name); i++)
        self->name[i] = digits[i % 2 == 0 ? map.sha256[i / 2] >> 4 : map.sha256[i / 2] & 15];
    return AGON_OK;
}

static int init(void *plugin)
{
    struct validator *self = plugin;
    const struct agon_host *host = self->base.desk.host;
    char names[AGON_FEATURES_TEXT];
    const struct agon_nn_inputs asked = {.names = names, .edition = AGON_FEATURES_EDITION};
    struct agon_nn_shape shape;
    int rc = read_list(self);

    if (rc >= 0)
        rc = name_forest(self);
    if (rc < 0)
        return rc;
    self->signal = host->get_extension(host, AGON_EXT_SIGNAL);
    self->nn = host->get_extension(host, AGON_EXT_NN);
    self->metric = host->get_extension(host, AGON_EXT_METRIC);
    agon_features_text(&self->empty, names);
    rc = self->nn->open(host, "forest", &asked, &self->model, &shape);
    if (rc < 0)
        return rc;
    if (shape.outputs != 1 || shape.state_bytes != 0)
        return agon_strategy_refuse(&self->base, "files: forest is a model of something else; "
                                                 "expected trees of the " TREES_OF);
    return AGON_OK;
}

static const char *const reads[] = {[DIRECTION] = "direction"};
static const char *const publishes[] = {[DIRECTION] = "direction"};
static const struct agon_handlers handlers = {.on_bar = on_bar, .on_signal = on_signal};
static const struct agon_rule rule = {AGON_RULE(struct validator),
                                      .init = init,
                                      .fresh = fresh,
                                      .check = check,
                                      .feed = feed,
                                      .on = &handlers,
                                      .start = on_start};
AGON_PARAMS(struct validator, PARAMS);
AGON_SERVICES(AGON_EXT_ARENA, AGON_EXT_PARAM, AGON_EXT_SIGNAL, AGON_EXT_NN, AGON_EXT_ASSET,
              AGON_EXT_INSTRUMENT, AGON_EXT_METRIC);
static const struct agon_descriptor descriptor = {
    AGON_DESCRIBES(struct validator, 1000000),
    .kind = AGON_MODEL,
    .caps = AGON_DETERMINISTIC,
    AGON_NAMED("org.agon.validator", "1.0.0", "Forest validator", "Agon"),
    .summary = "Passes a model's signal where a random forest holds its side for likely.",
    AGON_SCHEMA(1, 1),
    .event_mask = AGON_ON(AGON_EVENT_BAR) | AGON_ON(AGON_EVENT_SIGNAL) | AGON_ON(AGON_EVENT_PARAM),
    .reads = reads,
    .n_reads = sizeof(reads) / sizeof(reads[0]),
    .publishes = publishes,
    .n_publishes = sizeof(publishes) / sizeof(publishes[0])};
AGON_PLUGIN("org.agon.validator", "1.0.0", descriptor, rule);
