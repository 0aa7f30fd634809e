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
#include <agon/model.h>

#define INSTRUMENTS_MAX 4
#define WINDOW_MAX      256
#define INPUTS          5
/* By these names training files are made (agon features make): what a model was taught by is what
 * it is asked with, to the bit. README.md has them too. */
static const char inputs[] = "return.1 range.1 place.1 volatility.20 profile_gap.20.12";

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
    struct agon_model models[INSTRUMENTS_MAX]; /* each remembers its instrument's candles */
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

static int on_bar(void *plugin, const struct agon_bar *bar)
{
    struct lstm *self = plugin;
    const struct agon_model *model;
    struct series *series;
    struct agon_signal signal;
    double p[AGON_SIDES];
    float y[AGON_SIDES];
    float *x;
    uint32_t at;
    int rc;

    if (bar->length_s != self->bar_s || bar->close_px <= 0 || bar->hdr.instrument == 0)
        return AGON_OK;
    at = find(self, bar->hdr.instrument);
    if (at == INSTRUMENTS_MAX || bar->t_open <= self->state.series[at].t_bar)
        return AGON_OK;
    series = &self->state.series[at];
    model = &self->models[at];
    x = series->inputs[series->n % WINDOW_MAX];
    rc = agon_model_inputs(&series->set, &self->base.desk, bar, x);
    if (rc == AGON_ENOENT)
        return rc;
    series->t_bar = bar->t_open;
    if (rc < 0)
        return AGON_OK; // not a candle, or too few yet
    series->n++;
    rc = model->nn->step(model->host, model->id, x, INPUTS, y, AGON_SIDES);
    if (rc < 0)
        return rc == AGON_EAGAIN ? AGON_OK : rc; // its window is not full yet
    if (!agon_model_sides(model, y, p))
        return AGON_OK;
    agon_model_signal(model, series->instrument, DIRECTION, p, bar->hdr.t, self->bar_s, &signal);
    // A full ring is no error: the next candle brings the next signal.
    (void)model->signal->publish(model->host, &signal);
    return AGON_OK;
}

/* The models see the candles that were seen before, whatever weights they have by now. */
static int on_start(void *plugin, uint32_t reason)
{
    struct lstm *self = plugin;
    uint32_t i;
    int rc = AGON_OK;

    (void)reason;
    for (i = 0; i < self->state.n && rc >= 0; i++)
        rc = agon_model_see_again(&self->models[i], &self->state.series[i].inputs[0][0], INPUTS,
                                  WINDOW_MAX, self->state.series[i].n, INPUTS);
    return rc;
}

static int check(const void *at)
{
    const struct lstm_state *state = at;
    uint32_t i, k;

    if (state->n > INSTRUMENTS_MAX)
        return 0;
    for (i = 0; i < state->n; i++) {
        const struct series *series = &state->series[i];

        if (series->instrument == 0 || series->pad != 0 || series->set.n != INPUTS ||
            !agon_model_is_finite(&series->inputs[0][0], WINDOW_MAX * INPUTS) ||
            agon_features_check(&series->set) < 0)
            return 0;
        for (k = 0; k < i; k++)
            if (state->series[k].instrument == series->instrument)
                return 0;
    }
    return 1;
}

static int init(void *plugin)
{
    struct lstm *self = plugin;
    const struct agon_host *host = self->base.desk.host;
    static const struct agon_nn_inputs asked = {.names = inputs, .edition = AGON_FEATURES_EDITION};
    uint32_t i;
    int rc = AGON_OK;

    for (i = 0; i < INSTRUMENTS_MAX && rc >= 0; i++)
        rc = agon_model_open(&self->models[i], host, "weights", &asked);
    if (rc < 0)
        return rc;
    if (agon_model_is_trees(&self->models[0]))
        return agon_model_refuse(host,
                                 "files.weights is trees; expected a net, as agon train "
                                 "writes by the plugin's README; plugin direction takes both");
    rc = agon_model_holds_window(&self->models[0], WINDOW_MAX);
    return rc < 0 ? rc : agon_model_holds_sides(&self->models[0]);
}

static const char *const publishes[] = {[DIRECTION] = "direction"};
static const struct agon_handlers handlers = {.on_bar = on_bar};
static const struct agon_rule rule = {AGON_RULE(struct lstm), .init = init, .check = check,
                                      .on = &handlers, .start = on_start};
AGON_PARAMS(struct lstm, PARAMS);
AGON_SERVICES(AGON_TO_ASK);
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
