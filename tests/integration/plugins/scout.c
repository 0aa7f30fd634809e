// SPDX-License-Identifier: Apache-2.0
/* scout: two jobs of agon.gpu once it has seen so many candles. A sweep: what the cross of two
 * averages would have made of them, for every pair of its lengths at once, net of a fee. Scenarios:
 * what a position may lose within an hour, of 10,000 paths that move as the candles did. A job may
 * fail and a lease be another's: what has no answer is asked again with the next candle. It never
 * trades; its metrics are what came of them. The guide shows parts of it. */
#include <math.h>

#include <agon/strategy.h>
#include <agon/tail.h>

#define CANDLES_MAX 4096
#define LENGTHS     7
#define SETS        (LENGTHS * (LENGTHS - 1) / 2)
#define PATHS       10000
#define AHEAD       60

#define PARAMS(X)                                                                                  \
    X(INTEGER, candles, 1, "so many are looked at", "bars", AGON_SET, 200, CANDLES_MAX, 1500, 1)   \
    X(REAL, fee_bps, 2, "of each trade", "bps", AGON_SET, 0, 100, 5, 0.1)                          \
    X(REAL, position, 3, "long so much, in money; below 0: short", "", AGON_SET, -1e9, 1e9, 1000, 1)
enum { DONE, FAILED, BEST, TRADES, FALL, AT_RISK, SHORTFALL, P_PROFIT, GAIN };

static const uint32_t lengths[LENGTHS] = {3, 5, 10, 15, 30, 50, 100};

/* What goes to the card, and where the rest of the job's memory lies. */
struct sweep {
    float from_first[CANDLES_MAX]; /* closes less the first: averages of small numbers are exact */
    float close[CANDLES_MAX], open[CANDLES_MAX];
    uint32_t pairs[SETS][2];
    float edge[SETS]; /* 0: a cross is a cross */
};
struct scout_state {              /* fixed widths, no pointers, no padding */
    uint64_t n, sweep, scenarios; /* the jobs under way; 0: none is */
    uint32_t lease, is_held;
    uint32_t has_sweep, has_scenarios; /* answered */
    float open[CANDLES_MAX], close[CANDLES_MAX];
};
struct scout {
    struct agon_strategy base;
    PARAMS(AGON_FIELD)
    const struct agon_host_gpu *gpu;
    const struct agon_host_instrument *instrument;
    const struct agon_host_metric *metric;
    struct sweep input;
    float outcomes[PATHS];
    struct scout_state state;
};

static struct agon_gpu_call call_of(uint32_t kernel, const void *args, size_t n)
{
    struct agon_gpu_call call = {.kernel = kernel};

    memcpy(call.args, args, n);
    return call;
}

#define AVERAGES_AT sizeof(struct sweep)
#define RESULT_AT   (AVERAGES_AT + sizeof(float[LENGTHS][CANDLES_MAX]))

static int sweep(struct scout *self)
{
    struct sweep *input = &self->input;
    struct agon_gpu_call calls[LENGTHS + 1];
    uint32_t n = (uint32_t)self->candles, i, k, set = 0;
    struct agon_gpu_sweeps sweeps = {.a = AGON_GPU_AT(AVERAGES_AT),
                                     .price = AGON_GPU_AT(offsetof(struct sweep, close)),
                                     .fill = AGON_GPU_AT(offsetof(struct sweep, open)),
                                     .pairs = AGON_GPU_AT(offsetof(struct sweep, pairs)),
                                     .enter = AGON_GPU_AT(offsetof(struct sweep, edge)),
                                     .leave = AGON_GPU_AT(offsetof(struct sweep, edge)),
                                     .y = AGON_GPU_AT(RESULT_AT),
                                     .n = SETS,
                                     .steps = n,
                                     .rows = LENGTHS,
                                     .fee = (float)(self->fee_bps / 10000)};
    struct agon_gpu_job job = {.n_calls = LENGTHS + 1,
                               .memory = RESULT_AT + sizeof(float[3][SETS]),
                               .n_input = sizeof(*input),
                               .result_at = RESULT_AT,
                               .n_result = sizeof(float[3][SETS])};

    for (i = 0; i < n; i++) {
        input->from_first[i] = self->state.close[i] - self->state.close[0];
        input->close[i] = self->state.close[i];
        input->open[i] = self->state.open[i];
    }
    for (i = 0; i < LENGTHS; i++) {
        struct agon_gpu_rolling rolling = {.a = AGON_GPU_AT(0),
                                           .y = AGON_GPU_AT(AVERAGES_AT + i * n * sizeof(float)),
                                           .rows = 1,
                                           .n = n,
                                           .window = lengths[i],
                                           .op = AGON_GPU_ROLLING_MEAN};

        calls[i] = call_of(AGON_GPU_ROLLING, &rolling, sizeof(rolling));
        for (k = i + 1; k < LENGTHS; k++, set++) {
            input->pairs[set][0] = i; // long while the shorter one is above
            input->pairs[set][1] = k;
        }
    }
    calls[LENGTHS] = call_of(AGON_GPU_SWEEPS, &sweeps, sizeof(sweeps));
    return self->gpu->submit(self->base.desk.host, self->state.lease, &job, calls, input,
                             &self->state.sweep);
}

static int scenarios(struct scout *self)
{
    uint32_t n = (uint32_t)self->candles, i;
    struct {
        float value, drift, sigma;
    } input = {.value = (float)self->position};
    struct agon_gpu_scenarios args = {.value = AGON_GPU_AT(0),
                                      .drift = AGON_GPU_AT(sizeof(float)),
                                      .factor = AGON_GPU_AT(2 * sizeof(float)),
                                      .y = AGON_GPU_AT(sizeof(input)),
                                      .seed = 1,
                                      .n = PATHS,
                                      .m = 1,
                                      .steps = AHEAD};
    struct agon_gpu_call call;
    struct agon_gpu_job job = {.n_calls = 1,
                               .memory = sizeof(input) + sizeof(float[3][PATHS]),
                               .n_input = sizeof(input),
                               .result_at = sizeof(input),
                               .n_result = sizeof(float[PATHS])}; // what is there at the end
    double mean = log((double)self->state.close[n - 1] / (double)self->state.close[0]) / (n - 1);
    double squares = 0;

    for (i = 1; i < n; i++) {
        double move = log((double)self->state.close[i] / (double)self->state.close[i - 1]) - mean;

        squares += move * move;
    }
    input.drift = (float)mean;
    input.sigma = (float)sqrt(squares / (n - 2));
    call = call_of(AGON_GPU_SCENARIOS, &args, sizeof(args));
    return self->gpu->submit(self->base.desk.host, self->state.lease, &job, &call, &input,
                             &self->state.scenarios);
}

/* What is neither answered nor under way: a job that failed, or was refused, is asked again. */
static int ask(struct scout *self)
{
    struct scout_state *state = &self->state;
    int n_refused = 0;

    if (state->lease == 0)
        (void)self->gpu->acquire(self->base.desk.host, "main", &state->lease);
    if (!state->is_held)
        return AGON_OK;
    if (!state->has_sweep && state->sweep == 0)
        n_refused += sweep(self) < 0;
    if (!state->has_scenarios && state->scenarios == 0)
        n_refused += scenarios(self) < 0;
    if (n_refused > 0)
        (void)self->metric->counter(self->base.desk.host, FAILED, n_refused);
    return AGON_OK;
}

static int on_bar(void *plugin, const struct agon_bar *bar)
{
    struct scout *self = plugin;
    struct scout_state *state = &self->state;
    struct agon_instrument of;
    double unit;
    int rc;

    if (bar->length_s != 60 || bar->hdr.instrument != 1)
        return AGON_OK;
    if (state->n >= (uint64_t)self->candles)
        return ask(self);
    rc = self->instrument->get(self->base.desk.host, bar->hdr.instrument, &of);
    if (rc < 0)
        return rc;
    unit = pow(10, of.px_exp);
    state->open[state->n] = (float)((double)bar->open_px * unit);
    state->close[state->n] = (float)((double)bar->close_px * unit);
    state->n++;
    return state->n < (uint64_t)self->candles ? AGON_OK : ask(self);
}

static void gauge(struct scout *self, uint32_t id, double value)
{
    (void)self->metric->gauge(self->base.desk.host, id, value);
}

static void best_of(struct scout *self, const float y[3][SETS])
{
    uint32_t i, best = 0;

    for (i = 0; i < SETS; i++) {
        best = y[0][i] > y[0][best] ? i : best;
        gauge(self, GAIN + i, (double)y[0][i]);
    }
    gauge(self, BEST, best);
    gauge(self, FALL, (double)y[1][best]);
    gauge(self, TRADES, (double)y[2][best]);
}

static int risk_of(struct scout *self, const float *profits)
{
    struct agon_tail tail;
    int rc;

    memcpy(self->outcomes, profits, sizeof(self->outcomes));
    rc = agon_tail_of(self->outcomes, PATHS, 0.05, &tail);
    if (rc < 0)
        return rc;
    gauge(self, AT_RISK, tail.at_risk);
    gauge(self, SHORTFALL, tail.shortfall);
    gauge(self, P_PROFIT, tail.p_profit);
    return AGON_OK;
}

static int on_job(void *plugin, const struct agon_job *event)
{
    struct scout *self = plugin;
    struct scout_state *state = &self->state;
    int is_sweep = event->job == state->sweep;
    const void *bytes;
    uint64_t n;

    if (event->kind != AGON_JOB_DONE) {
        state->is_held = event->kind == AGON_JOB_GRANTED;
        if (event->kind == AGON_JOB_ENDED)
            state->lease = 0; // acquired again with the next candle
        return AGON_OK;
    }
    *(is_sweep ? &state->sweep : &state->scenarios) = 0;
    (void)self->metric->counter(self->base.desk.host, event->status < 0 ? FAILED : DONE, 1);
    if (event->status < 0)
        return AGON_OK;
    if (self->gpu->map(self->base.desk.host, event->job, &bytes, &n) < 0)
        return AGON_ECORRUPT;
    *(is_sweep ? &state->has_sweep : &state->has_scenarios) = 1;
    if (!is_sweep)
        return risk_of(self, bytes);
    best_of(self, bytes);
    return AGON_OK;
}

static int on_start(void *plugin, uint32_t reason)
{
    struct scout *self = plugin;

    if (reason != AGON_START_RELOAD)
        (void)self->gpu->acquire(self->base.desk.host, "main", &self->state.lease);
    return AGON_OK; // without a card it says nothing
}

static int init(void *plugin)
{
    struct scout *self = plugin;
    const struct agon_host *host = self->base.desk.host;

    self->gpu = host->get_extension(host, AGON_EXT_GPU);
    self->instrument = host->get_extension(host, AGON_EXT_INSTRUMENT);
    self->metric = host->get_extension(host, AGON_EXT_METRIC);
    return AGON_OK;
}

static int check(const void *at)
{
    const struct scout_state *state = at;

    return state->n <= CANDLES_MAX && state->is_held <= 1 && state->has_sweep <= 1 &&
           state->has_scenarios <= 1;
}

static const struct agon_handlers handlers = {.on_bar = on_bar, .on_job = on_job};
static const struct agon_rule rule = {AGON_RULE(struct scout), .init = init, .check = check,
                                      .on = &handlers, .start = on_start};
AGON_PARAMS(struct scout, PARAMS);
AGON_SERVICES(AGON_EXT_ARENA, AGON_EXT_PARAM, AGON_EXT_GPU, AGON_EXT_METRIC, AGON_EXT_INSTRUMENT);
static const struct agon_descriptor descriptor = {
    AGON_DESCRIBES(struct scout, 2000000),
    .kind = AGON_ANALYTIC,
    .caps = AGON_DETERMINISTIC,
    AGON_NAMED("org.agon.test.scout", "1.0.0", "scout", "Agon"),
    .summary = "sweeps a rule and draws scenarios on a card",
    AGON_SCHEMA(2, 2),
    .event_mask = AGON_ON(AGON_EVENT_BAR) | AGON_ON(AGON_EVENT_JOB)};
AGON_PLUGIN("org.agon.test.scout", "1.0.0", descriptor, rule);
