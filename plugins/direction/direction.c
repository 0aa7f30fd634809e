// SPDX-License-Identifier: Apache-2.0
/* direction: a model of direction, whatever it is: boosted trees, a random forest, an LSTM, a TCN
 * or a transformer. With each closed candle it asks the model in its file `weights` (agon.nn) about
 * the features in its file `features`, and publishes how likely up, flat and down are. It never
 * trades. README.md is its card.
 *
 * It publishes `direction` (hdr.instrument: of which) with p_up, p_flat and p_down; value, p_up
 * less p_down; confidence, the largest of the three; direction, which that is; t_valid, two candles
 * from now; text, the model by the first digits of its file's SHA-256. */
#include <math.h>

#include <agon/feature.h>
#include <agon/strategy.h>

#define LIST_MAX   8192
#define WINDOW_MAX 256 /* candles that an answer may be of */
#define SIDES      3   /* up, flat, down */

#define PARAMS(X)                                                                                  \
    X(BAR, bar_s, 1, "length of a candle, the model's", 0)                                         \
    X(TEXT, venue, 2, "of symbol; empty: binance")                                                 \
    X(TEXT, symbol, 3, "what it is asked about; empty: the first instrument that a bar comes of")
enum { DIRECTION };            /* places in publishes */
enum { ANSWERED, IMPOSSIBLE }; /* metrics */

struct direction_state { /* fixed widths, no pointers, no padding */
    agon_instrument_t instrument;
    uint32_t pad;
    agon_ns_t t_bar;
    uint64_t n;                                  /* candles with inputs */
    float inputs[WINDOW_MAX][AGON_FEATURES_MAX]; /* a ring: of candle i in row i % WINDOW_MAX */
    struct agon_features set;
};
struct direction {
    struct agon_strategy base;
    PARAMS(AGON_FIELD)
    const struct agon_host_signal *signal;
    const struct agon_host_nn *nn;
    const struct agon_host_metric *metric;
    uint32_t model, is_trees;
    struct agon_nn_shape shape;
    char text[16];
    struct agon_features empty; /* as the list says, and nothing seen */
    struct direction_state state;
};

static void fresh(void *plugin)
{
    struct direction *self = plugin;

    self->state.t_bar = 0;
    self->state.n = 0;
    memset(self->state.inputs, 0, sizeof(self->state.inputs));
    self->state.set = self->empty;
}

static int is_stale(const struct direction *self)
{
    return self->state.set.n != self->empty.n ||
           memcmp(self->state.set.all, self->empty.all, sizeof(self->empty.all)) != 0;
}

static int check(const void *at)
{
    const struct direction_state *state = at;
    uint32_t i, k;

    for (i = 0; i < WINDOW_MAX; i++)
        for (k = 0; k < AGON_FEATURES_MAX; k++)
            if (!(state->inputs[i][k] >= -3e38F && state->inputs[i][k] <= 3e38F))
                return 0;
    return state->pad == 0 && agon_strategy_is_time(state->t_bar) &&
           agon_features_check(&state->set) >= 0;
}

/* Its inputs, NULL where it is none or there are too few before it. */
static const float *inputs_of(struct direction *self, const struct agon_bar *bar)
{
    struct direction_state *state = &self->state;
    struct agon_instrument instrument;
    double values[AGON_FEATURES_MAX];
    float *x = state->inputs[state->n % WINDOW_MAX];
    uint32_t i;

    state->t_bar = bar->t_open;
    if (self->base.desk.instruments->get(self->base.desk.host, bar->hdr.instrument, &instrument) <
            0 ||
        agon_features_bar(&state->set, bar, instrument.px_exp, instrument.qty_exp) < 0 ||
        agon_features_values(&state->set, values) < 0)
        return NULL;
    for (i = 0; i < state->set.n; i++)
        x[i] = (float)values[i];
    state->n++;
    return x;
}

/* The start's: of history. */
static int feed(void *plugin, const struct agon_bar *bar)
{
    (void)inputs_of(plugin, bar);
    return 0;
}

/* Trees answer with probabilities, one of up alone or one of each side; a net with three numbers,
 * of which the softmax is one. Returns 0 where they are none. */
static int sides_of(const struct direction *self, const float *y, double p[SIDES])
{
    double most = (double)y[0], sum = 0;
    uint32_t i;

    if (self->shape.outputs == 1) {
        p[0] = most;
        p[1] = 0;
        p[2] = 1 - most;
        return most >= 0 && most <= 1;
    }
    for (i = 1; i < SIDES; i++)
        most = (double)y[i] > most ? (double)y[i] : most;
    for (i = 0; i < SIDES; i++)
        sum += p[i] = self->is_trees ? (double)y[i] : exp((double)y[i] - most);
    for (i = 0; i < SIDES; i++)
        p[i] /= sum;
    return 1;
}

static void publish(struct direction *self, const double p[SIDES], agon_ns_t t)
{
    static const uint8_t sides[SIDES] = {AGON_UP, AGON_NEUTRAL, AGON_DOWN};
    struct agon_signal signal = {.hdr = {.type = AGON_EVENT_SIGNAL,
                                         .granules = sizeof(signal) / 64,
                                         .instrument = self->state.instrument}};
    uint32_t i, best = 0;

    for (i = 1; i < SIDES; i++)
        best = p[i] > p[best] ? i : best;
    signal.kind = 1;
    signal.direction = sides[best];
    signal.key = DIRECTION;
    signal.value = p[0] - p[2];
    signal.confidence = p[best] < 1 ? p[best] : 1;
    signal.p_up = p[0];
    signal.p_flat = p[1];
    signal.p_down = p[2];
    signal.t_valid = t + (agon_ns_t)self->bar_s * 2 * 1000000000;
    memcpy(signal.text, self->text, sizeof(self->text));
    signal.text_len = 14;
    // A full ring is no error: the next candle brings the next signal.
    (void)self->signal->publish(self->base.desk.host, &signal);
}

static int on_bar(void *plugin, const struct agon_bar *bar)
{
    struct direction *self = plugin;
    struct direction_state *state = &self->state;
    double p[SIDES];
    float y[SIDES];
    const float *x;
    int rc, is_one;

    if (bar->length_s != self->bar_s || bar->close_px <= 0 || bar->hdr.instrument == 0)
        return AGON_OK;
    if (state->instrument == 0)
        state->instrument = bar->hdr.instrument;
    if (state->instrument != bar->hdr.instrument || bar->t_open <= state->t_bar)
        return AGON_OK;
    x = inputs_of(self, bar);
    if (x == NULL)
        return AGON_OK;
    rc = self->nn->step(self->base.desk.host, self->model, x, state->set.n, y, self->shape.outputs);
    if (rc == AGON_EAGAIN)
        return AGON_OK; // its window is not full yet
    if (rc < 0)
        return rc;
    is_one = sides_of(self, y, p);
    (void)self->metric->counter(self->base.desk.host, is_one ? ANSWERED : IMPOSSIBLE, 1);
    if (is_one)
        publish(self, p, bar->hdr.t);
    return AGON_OK;
}

/* The model sees the candles that were seen before, whatever weights it has by now. */
static int see_again(struct direction *self)
{
    const struct direction_state *state = &self->state;
    uint64_t k = state->n < self->shape.window ? 0 : state->n - self->shape.window;
    float y[SIDES];
    int rc = self->nn->reset(self->base.desk.host, self->model);

    for (; rc >= 0 && self->shape.window > 0 && k < state->n; k++) {
        rc = self->nn->step(self->base.desk.host, self->model, state->inputs[k % WINDOW_MAX],
                            state->set.n, y, self->shape.outputs);
        rc = rc == AGON_EAGAIN ? AGON_OK : rc;
    }
    return rc;
}

static int on_start(void *plugin, uint32_t reason)
{
    struct direction *self = plugin;
    struct direction_state *state = &self->state;
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
    return see_again(self);
}

/* The list as a file: names with blanks or line ends between them, from # on a comment. */
static int read_list(struct direction *self, const struct agon_host_asset *asset)
{
    struct agon_asset_map map;
    char list[LIST_MAX];
    uint64_t i, n = 0;
    int is_comment = 0;

    if (asset->map(self->base.desk.host, "features", &map) < 0)
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

/* "model " and the first eight digits of the file's hash. */
static int name_model(struct direction *self, const struct agon_host_asset *asset)
{
    static const char digits[] = "0123456789abcdef";
    struct agon_asset_map map;
    uint32_t i;

    if (asset->map(self->base.desk.host, "weights", &map) < 0)
        return agon_strategy_refuse(&self->base, "files: weights is not there; expected a model");
    memcpy(self->text, "model ", 6);
    for (i = 0; i < 8; i++)
        self->text[6 + i] = digits[i % 2 == 0 ? map.sha256[i / 2] >> 4 : map.sha256[i / 2] & 15];
    return AGON_OK;
}

static int init(void *plugin)
{
    struct direction *self = plugin;
    const struct agon_host *host = self->base.desk.host;
    const struct agon_host_asset *asset = host->get_extension(host, AGON_EXT_ASSET);
    const struct agon_nn_shape *shape = &self->shape;
    char names[AGON_FEATURES_TEXT];
    const struct agon_nn_inputs asked = {.names = names, .edition = AGON_FEATURES_EDITION};
    int rc = read_list(self, asset);

    if (rc >= 0)
        rc = name_model(self, asset);
    if (rc < 0)
        return rc;
    self->signal = host->get_extension(host, AGON_EXT_SIGNAL);
    self->nn = host->get_extension(host, AGON_EXT_NN);
    self->metric = host->get_extension(host, AGON_EXT_METRIC);
    agon_features_text(&self->empty, names);
    rc = self->nn->open(host, "weights", &asked, &self->model, &self->shape);
    if (rc < 0)
        return rc;
    self->is_trees = shape->state_bytes == 0;
    if (shape->window > WINDOW_MAX || (!self->is_trees && shape->window == 0) ||
        (shape->outputs != SIDES && !(self->is_trees && shape->outputs == 1)))
        return agon_strategy_refuse(&self->base, "files: weights is a model of something else; "
                                                 "expected trees of 1 output or 3, or a net of 3 "
                                                 "and a window of up to 256");
    return AGON_OK;
}

static const char *const publishes[] = {[DIRECTION] = "direction"};
static const struct agon_handlers handlers = {.on_bar = on_bar};
static const struct agon_rule rule = {AGON_RULE(struct direction),
                                      .init = init,
                                      .fresh = fresh,
                                      .check = check,
                                      .feed = feed,
                                      .on = &handlers,
                                      .start = on_start};
AGON_PARAMS(struct direction, PARAMS);
AGON_SERVICES(AGON_EXT_ARENA, AGON_EXT_PARAM, AGON_EXT_SIGNAL, AGON_EXT_NN, AGON_EXT_ASSET,
              AGON_EXT_INSTRUMENT, AGON_EXT_METRIC);
static const struct agon_descriptor descriptor = {
    AGON_DESCRIBES(struct direction, 1000000),
    .kind = AGON_MODEL,
    .caps = AGON_DETERMINISTIC,
    AGON_NAMED("org.agon.direction", "1.0.0", "Direction", "Agon"),
    .summary = "Model: how likely the next candles go up, by trees or any net.",
    AGON_SCHEMA(1, 1),
    .event_mask = AGON_ON(AGON_EVENT_BAR) | AGON_ON(AGON_EVENT_PARAM),
    .publishes = publishes,
    .n_publishes = sizeof(publishes) / sizeof(publishes[0])};
AGON_PLUGIN("org.agon.direction", "1.0.0", descriptor, rule);
