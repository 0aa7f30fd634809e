// SPDX-License-Identifier: Apache-2.0
/* lstm: a model of direction. With each closed candle it asks the model in its file `weights`
 * (agon.nn), of the last candles, and publishes how likely up, flat and down are. It never trades;
 * follow.c does, on what it says. README.md is its card.
 *
 * It publishes `direction`, for each instrument its own (hdr.instrument), with:
 *   p_up, p_flat, p_down   the softmax of the model's three outputs
 *   value       p_up - p_down
 *   confidence  the largest of the three
 *   direction   which that is
 *   t_valid     two candles from now
 *   text        the model: the first digits of its file's SHA-256 */
#include <math.h>

#include <agon/feature.h>
#include <agon/strategy.h>

#define INSTRUMENTS_MAX 4
#define WINDOW_MAX      256
#define INPUTS          5
/* By these names training files are made (agon features make): what a model was taught by is what
 * it is asked with, to the bit. README.md has them too. */
static const char inputs[] = "return.1 range.1 place.1 volatility.20 profile_gap.20.12";
#define OUTPUTS 3 /* up, flat, down */

#define PARAMS(X) X(BAR, bar_s, 1, "length of a candle", 0)
enum { DIRECTION }; /* places in publishes */

struct series { /* fixed widths, no pointers, no padding */
    agon_instrument_t instrument;
    uint32_t pad;
    agon_ns_t t_bar;
    uint64_t n;                       /* candles with inputs */
    float inputs[WINDOW_MAX][INPUTS]; /* a ring: of candle i in row i % WINDOW_MAX */
    struct agon_features set;
};
struct lstm_state {
    uint64_t n;
    struct series series[INSTRUMENTS_MAX];
};
struct lstm {
    struct agon_strategy base;
    PARAMS(AGON_FIELD)
    const struct agon_host_signal *signal;
    const struct agon_host_nn *nn;
    const struct agon_host_instrument *instrument;
    uint32_t models[INSTRUMENTS_MAX]; /* each remembers its instrument's candles */
    uint32_t window;
    char text[64];
    uint16_t n_text;
    struct lstm_state state;
};

static uint32_t find(struct lstm *self, agon_instrument_t instrument)
{
    struct lstm_state *state = &self->state;
    uint32_t i = 0;

    while (i < state->n && state->series[i].instrument != instrument)
        i++;
    if (i == state->n && i < INSTRUMENTS_MAX) {
        state->series[i].instrument = instrument;
        if (agon_features_init(&state->series[i].set, inputs, NULL) < 0)
            return INSTRUMENTS_MAX;
        state->n++;
    }
    return i;
}

static int publish(struct lstm *self, const struct series *series, const float y[OUTPUTS],
                   agon_ns_t t)
{
    struct agon_signal signal = {.hdr = {.type = AGON_EVENT_SIGNAL,
                                         .granules = sizeof(signal) / 64,
                                         .instrument = series->instrument}};
    double most = (double)(y[0] > y[1] ? y[0] : y[1]);
    double p[OUTPUTS], sum = 0;
    uint32_t i, best = 0;

    most = most > (double)y[2] ? most : (double)y[2];
    for (i = 0; i < OUTPUTS; i++)
        sum += p[i] = exp((double)y[i] - most);
    for (i = 0; i < OUTPUTS; i++) {
        p[i] /= sum;
        best = p[i] > p[best] ? i : best;
    }
    signal.kind = 1;
    signal.direction = best == 0 ? AGON_UP : best == 2 ? AGON_DOWN : AGON_NEUTRAL;
    signal.key = DIRECTION;
    signal.value = p[0] - p[2];
    signal.confidence = p[best] < 1 ? p[best] : 1;
    signal.p_up = p[0];
    signal.p_flat = p[1];
    signal.p_down = p[2];
    signal.t_valid = t + (agon_ns_t)self->bar_s * 2 * 1000000000;
    memcpy(signal.text, self->text, self->n_text);
    signal.text_len = self->n_text;
    // A full ring is no error: the next candle brings the next signal.
    self->signal->publish(self->base.desk.host, &signal);
    return AGON_OK;
}

static int on_bar(void *plugin, const struct agon_bar *bar)
{
    struct lstm *self = plugin;
    struct agon_instrument instrument;
    struct series *series;
    double values[AGON_FEATURES_MAX];
    float y[OUTPUTS];
    float *x;
    uint32_t at, i;
    int rc;

    if (bar->length_s != self->bar_s || bar->close_px <= 0 || bar->hdr.instrument == 0)
        return AGON_OK;
    at = find(self, bar->hdr.instrument);
    if (at == INSTRUMENTS_MAX || bar->t_open <= self->state.series[at].t_bar)
        return AGON_OK;
    series = &self->state.series[at];
    rc = self->instrument->get(self->base.desk.host, bar->hdr.instrument, &instrument);
    if (rc < 0)
        return rc;
    series->t_bar = bar->t_open;
    if (agon_features_bar(&series->set, bar, instrument.px_exp, instrument.qty_exp) < 0 ||
        agon_features_values(&series->set, values) < 0)
        return AGON_OK; // no candle, or too few yet
    x = series->inputs[series->n++ % WINDOW_MAX];
    for (i = 0; i < INPUTS; i++)
        x[i] = (float)values[i];
    rc = self->nn->step(self->base.desk.host, self->models[at], x, INPUTS, y, OUTPUTS);
    if (rc == AGON_EAGAIN)
        return AGON_OK; // its window is not full yet
    return rc < 0 ? rc : publish(self, series, y, bar->hdr.t);
}

/* The models see the candles that were seen before, whatever weights they have by now. */
static int on_start(void *plugin, uint32_t reason)
{
    struct lstm *self = plugin;
    uint32_t i;

    (void)reason;
    for (i = 0; i < self->state.n; i++) {
        const struct series *series = &self->state.series[i];
        uint64_t k = series->n < self->window ? 0 : series->n - self->window;
        float y[OUTPUTS];
        int rc = self->nn->reset(self->base.desk.host, self->models[i]);

        for (; rc >= 0 && k < series->n; k++) {
            rc = self->nn->step(self->base.desk.host, self->models[i],
                                series->inputs[k % WINDOW_MAX], INPUTS, y, OUTPUTS);
            rc = rc == AGON_EAGAIN ? AGON_OK : rc;
        }
        if (rc < 0)
            return rc;
    }
    return AGON_OK;
}

static int check(const void *at)
{
    const struct lstm_state *state = at;
    uint32_t i, k, j;

    if (state->n > INSTRUMENTS_MAX)
        return 0;
    for (i = 0; i < state->n; i++) {
        const struct series *series = &state->series[i];

        if (series->instrument == 0 || series->pad != 0 || series->set.n != INPUTS ||
            agon_features_check(&series->set) < 0)
            return 0;
        for (k = 0; k < WINDOW_MAX; k++)
            for (j = 0; j < INPUTS; j++)
                if (!(series->inputs[k][j] >= -1e9F && series->inputs[k][j] <= 1e9F))
                    return 0;
        for (k = 0; k < i; k++)
            if (state->series[k].instrument == series->instrument)
                return 0;
    }
    return 1;
}

/* "lstm " and the first eight digits of the file's hash. */
static int name_model(struct lstm *self)
{
    static const char digits[] = "0123456789abcdef";
    static const char label[] = "model ";
    const struct agon_host *host = self->base.desk.host;
    const struct agon_host_asset *asset = host->get_extension(host, AGON_EXT_ASSET);
    struct agon_asset_map map;
    int rc = asset->map(host, "weights", &map);
    uint32_t i;

    if (rc < 0)
        return agon_strategy_refuse(&self->base, "files: weights is not there; expected a model");
    memcpy(self->text, label, sizeof(label) - 1);
    self->n_text = sizeof(label) - 1;
    for (i = 0; i < 4; i++) {
        self->text[self->n_text++] = digits[map.sha256[i] >> 4];
        self->text[self->n_text++] = digits[map.sha256[i] & 15];
    }
    return AGON_OK;
}

static int init(void *plugin)
{
    struct lstm *self = plugin;
    const struct agon_host *host = self->base.desk.host;
    static const struct agon_nn_inputs asked = {.names = inputs, .edition = AGON_FEATURES_EDITION};
    struct agon_nn_shape shape;
    uint32_t i;
    int rc = name_model(self);

    self->signal = host->get_extension(host, AGON_EXT_SIGNAL);
    self->nn = host->get_extension(host, AGON_EXT_NN);
    self->instrument = host->get_extension(host, AGON_EXT_INSTRUMENT);
    for (i = 0; i < INSTRUMENTS_MAX && rc >= 0; i++)
        rc = self->nn->open(host, "weights", &asked, &self->models[i], &shape);
    if (rc < 0)
        return rc;
    if (shape.outputs != OUTPUTS || shape.window == 0 || shape.window > WINDOW_MAX)
        return agon_strategy_refuse(&self->base, "files: weights is a model of something else; "
                                                 "expected 3 outputs and a window of up to 256, "
                                                 "as agon train writes by its README");
    self->window = shape.window;
    return AGON_OK;
}

static const char *const publishes[] = {[DIRECTION] = "direction"};
static const struct agon_handlers handlers = {.on_bar = on_bar};
static const struct agon_rule rule = {AGON_RULE(struct lstm), .init = init, .check = check,
                                      .on = &handlers, .start = on_start};
AGON_PARAMS(struct lstm, PARAMS);
AGON_SERVICES(AGON_EXT_ARENA, AGON_EXT_PARAM, AGON_EXT_SIGNAL, AGON_EXT_NN, AGON_EXT_ASSET,
              AGON_EXT_INSTRUMENT);
static const struct agon_descriptor descriptor = {
    AGON_DESCRIBES(struct lstm, 1000000),
    .kind = AGON_MODEL,
    .caps = AGON_DETERMINISTIC,
    AGON_NAMED("org.agon.lstm", "1.1.0", "LSTM direction", "Agon"),
    .summary = "Model: how likely the next candles go up, by a trained network.",
    AGON_SCHEMA(2, 2),
    .event_mask = AGON_ON(AGON_EVENT_BAR) | AGON_ON(AGON_EVENT_PARAM),
    .publishes = publishes,
    .n_publishes = sizeof(publishes) / sizeof(publishes[0])};
AGON_PLUGIN("org.agon.lstm", "1.1.0", descriptor, rule);
