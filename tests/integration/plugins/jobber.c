// SPDX-License-Identifier: Apache-2.0
/* jobber: hands the last prices that it saw to a card with every tenth trade, and buys or sells at
 * market when the job's mean of them is above or below the last price. For tests of agon.gpu, and
 * small enough to begin with. `deed` is what it does wrong instead, or besides. */
#include <agon/strategy.h>

#include "say.h"

#define VALUES_MAX 4096

enum deed {
    FINE,
    NAME,
    TWICE,
    AFTER,
    BEYOND,
    LARGE,
    MANY,
    CANCEL,
    KEEPS,
    RESIDENT,
    ANEW,
    ADDRESS,
    WRITES,
    ERRS
};
#define PARAMS(X)                                                                                  \
    X(INTEGER_AS, n, 1, "prices of a job, and of its result", "values", "", AGON_SET, 2,           \
      VALUES_MAX, 64, 1)                                                                           \
    X(CHOICE, deed, 2, "what it does",                                                             \
      "fine|name|twice|after|beyond|large|many|cancel|keeps|resident|anew|address|writes|errs", 0)

struct jobber {
    struct agon_strategy base;
    PARAMS(AGON_FIELD)
    const struct agon_host *host;
    const struct agon_host_gpu *gpu;
    const struct agon_host_log *log;
    const struct agon_host_metric *metric;
    struct jobber_state {
        uint64_t n_trades, ref, job;
        agon_px_t px;
        agon_instrument_t instrument;
        uint32_t lease, is_held, n_jobs, n_done, n_failed, n_late;
        double sum; /* of all results: what a test compares */
        float prices[VALUES_MAX];
    } state;
};

static void report(const struct jobber *self, const char *what, int status)
{
    say(self->host, self->log, AGON_INFO, what, status);
}

/* Rolling means of all prices; the last value is the mean of the last `window`. */
static int hand_over(struct jobber *self)
{
    struct jobber_state *state = &self->state;
    uint32_t n = (uint32_t)self->n, bytes = n * (uint32_t)sizeof(float);
    struct agon_gpu_rolling rolling = {.a = AGON_GPU_AT(0),
                                       .y = AGON_GPU_AT(bytes),
                                       .rows = 1,
                                       .n = n,
                                       .window = n < 32 ? n : 32,
                                       .op = AGON_GPU_ROLLING_MEAN};
    struct agon_gpu_call call = {.kernel = AGON_GPU_ROLLING};
    struct agon_gpu_job job = {.n_calls = 1,
                               .memory = 2 * (uint64_t)bytes,
                               .n_input = bytes,
                               .result_at = bytes,
                               .n_result = bytes};

    if (self->deed == BEYOND)
        rolling.y = AGON_GPU_AT(1 << 30);
    if (self->deed == LARGE)
        job.n_input = job.memory = AGON_GPU_SUBMIT_MAX;
    if (self->deed == KEEPS)
        job.flags = AGON_GPU_OUTLIVES;
    if (self->deed == ADDRESS) // what no journal has: another in each process
        state->prices[0] = (float)(uintptr_t)self;
    memcpy(call.args, &rolling, sizeof(rolling));
    if (self->deed == RESIDENT) { // three times what lies there
        struct agon_gpu_map map = {.a = AGON_GPU_RESIDENT(0),
                                   .y = AGON_GPU_AT(bytes),
                                   .n = n,
                                   .op = AGON_GPU_SCALE,
                                   .scale = 3};

        call.kernel = AGON_GPU_MAP;
        memset(call.args, 0, sizeof(call.args));
        memcpy(call.args, &map, sizeof(map));
    }
    return self->gpu->submit(self->host, state->lease, &job, &call, state->prices, &state->job);
}

static int on_trade(void *plugin, const struct agon_trade *trade)
{
    struct jobber *self = plugin;
    struct jobber_state *state = &self->state;
    int rc;

    state->px = trade->px;
    state->instrument = trade->hdr.instrument;
    state->prices[state->n_trades++ % (uint64_t)self->n] = (float)trade->px;
    if (state->n_trades < (uint64_t)self->n || state->n_trades % 10 != 0 || !state->is_held)
        return AGON_OK;
    rc = hand_over(self);
    state->n_jobs += rc >= 0;
    if (self->deed == MANY)
        while (rc >= 0)
            rc = hand_over(self);
    if (rc < 0)
        report(self, "submit", rc);
    if (self->deed == CANCEL && rc >= 0)
        report(self, "cancel", self->gpu->cancel(self->host, state->job));
    if (self->deed == TWICE || self->deed == AFTER) {
        report(self, "release", self->gpu->release(self->host, state->lease));
        if (self->deed == TWICE)
            report(self, "again", self->gpu->release(self->host, state->lease));
        else
            report(self, "after", hand_over(self));
        self->deed = FINE;
        state->is_held = 0;
    }
    return AGON_OK;
}

static int on_job(void *plugin, const struct agon_job *event)
{
    struct jobber *self = plugin;
    struct jobber_state *state = &self->state;
    struct agon_intent intent = {.kind = AGON_INTENT_ORDER,
                                 .type = AGON_MARKET,
                                 .qty = 100,
                                 .instrument = state->instrument};
    const void *bytes;
    uint64_t n;
    float mean;

    if (event->kind != AGON_JOB_DONE) {
        state->is_held = event->kind == AGON_JOB_GRANTED;
        report(self, state->is_held ? "granted" : "ended", event->status);
        state->n_late += event->status == AGON_ETIME; // it keeps one, and then none
        if (self->deed == ANEW && event->kind == AGON_JOB_ENDED)
            report(self, "acquire", self->gpu->acquire(self->host, "main", &state->lease));
        return AGON_OK;
    }
    state->n_done += event->status >= 0;
    state->n_failed += event->status < 0;
    (void)self->metric->gauge(self->host, 0, state->n_done);
    (void)self->metric->gauge(self->host, 1, state->n_failed);
    if (event->status < 0) {
        report(self, "job", event->status);
        return AGON_OK;
    }
    if (self->gpu->map(self->host, event->job, &bytes, &n) < 0 || n < sizeof(mean))
        return AGON_ECORRUPT;
    memcpy(&mean, (const char *)bytes + n - sizeof(mean), sizeof(mean));
    for (uint64_t i = 31; i < n / sizeof(float); i++) {
        float value;

        memcpy(&value, (const char *)bytes + i * sizeof(value), sizeof(value));
        state->sum += value;
    }
    (void)self->metric->gauge(self->host, 2, state->sum);
    if (self->deed == WRITES) // it is shown its result, and may not
        *(volatile float *)(uintptr_t)bytes = mean + 1;
    if (self->deed == ERRS && state->n_done % 3 == 0)
        return AGON_ECORRUPT;
    intent.client_ref = ++state->ref;
    intent.side = mean > (float)state->px ? AGON_BUY : AGON_SELL;
    (void)self->base.desk.orders->submit(self->host, &intent, 1);
    if (self->deed == ANEW && state->n_late > 0 && state->n_done % 3 == 0) {
        report(self, "release", self->gpu->release(self->host, state->lease));
        state->is_held = 0;
    }
    return AGON_OK;
}

static const struct agon_handlers handlers = {.on_trade = on_trade, .on_job = on_job};

static int on_start(void *plugin, uint32_t reason)
{
    struct jobber *self = plugin;
    int rc;

    if (reason == AGON_START_RELOAD)
        return AGON_OK; // what was held is
    rc = self->gpu->acquire(self->host, self->deed == NAME ? "none" : "main", &self->state.lease);
    if (rc < 0)
        report(self, "acquire", rc);
    return AGON_OK; // without a card it does not trade
}

static int init(void *plugin)
{
    struct jobber *self = plugin;

    self->host = self->base.desk.host;
    self->gpu = self->host->get_extension(self->host, AGON_EXT_GPU);
    self->log = self->host->get_extension(self->host, AGON_EXT_LOG);
    self->metric = self->host->get_extension(self->host, AGON_EXT_METRIC);
    return AGON_OK;
}

static const struct agon_rule rule = {AGON_RULE(struct jobber), .init = init, .on = &handlers,
                                      .start = on_start};
AGON_PARAMS(struct jobber, PARAMS);
AGON_SERVICES(AGON_TO_TRADE, AGON_EXT_GPU, AGON_EXT_LOG, AGON_EXT_METRIC);
static const struct agon_descriptor descriptor = {
    AGON_DESCRIBES(struct jobber, 100000),
    .kind = AGON_STRATEGY,
    .caps = AGON_ADOPTS_ORDERS,
    AGON_NAMED("org.agon.test.jobber", "1.0.0", "jobber", "Agon"),
    .summary = "trades on what a card computes",
    AGON_SCHEMA(1, 1),
    .event_mask = AGON_ON(AGON_EVENT_TRADE) | AGON_ON(AGON_EVENT_JOB)};
AGON_PLUGIN("org.agon.test.jobber", "1.0.0", descriptor, rule);
