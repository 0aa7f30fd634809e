// SPDX-License-Identifier: Apache-2.0
/* maker: hands jobs of kernels of its own (maker.cu) to a card with every fifth trade, and holds
 * what comes back against what they say. It never trades. For tests of agon_gpu_own, and small
 * enough to begin with. `deed` is what every fourth of its jobs does instead. */
#include <agon/strategy.h>

#include "say.h"

#define N 300

enum deed { FINE, BEYOND, ENDLESS, FREED, NONE, HOST, OUTSIDE };
#define PARAMS(X)                                                                                  \
    X(CHOICE, deed, 1, "what it does", "fine|beyond|endless|freed|none|host|outside", 0)

struct scale { /* as maker.cu has it */
    uint64_t a, y;
    uint32_t n, factor;
};

struct maker {
    struct agon_strategy base;
    PARAMS(AGON_FIELD)
    const struct agon_host *host;
    const struct agon_host_gpu *gpu;
    const struct agon_host_log *log;
    const struct agon_host_metric *metric;
    struct maker_state {
        uint64_t n_trades, job, freed; /* freed: an address of a lease that it gave back */
        uint32_t lease, is_held, is_bad, n_jobs, n_good, n_failed, n_wrong, n_busy;
    } state;
};

static void report(const struct maker *self, const char *what, int status)
{
    say(self->host, self->log, AGON_INFO, what, status);
}

static void name(struct agon_gpu_own *own, const char *text)
{
    for (uint32_t i = 0; text[i] != '\0'; i++)
        own->name[i] = text[i];
}

/* y[i] = factor * a[i], or the deed on y. */
static int hand_over(struct maker *self, int is_bad)
{
    static const char *const names[] = {"own_scale", "own_beyond", "own_endless", "own_freed",
                                        "own_none",  "own_scale",  "own_scale"};
    uint32_t deed = is_bad ? (uint32_t)self->deed : (uint32_t)FINE;
    uint32_t bytes = N * (uint32_t)sizeof(uint32_t);
    struct agon_gpu_own own = {.blocks = 2, .threads = 64, .addresses = 1};
    struct agon_gpu_call call = {.kernel = deed == HOST ? (uint32_t)AGON_GPU_MAP
                                                        : (uint32_t)AGON_GPU_OWN};
    struct agon_gpu_job job = {.n_calls = 1,
                               .memory = 2 * (uint64_t)bytes,
                               .n_input = bytes,
                               .result_at = bytes,
                               .n_result = bytes};
    struct scale scale = {AGON_GPU_AT(0), AGON_GPU_AT(bytes), N, 3};
    uint64_t at[2] = {AGON_GPU_AT(bytes), self->state.freed};
    uint32_t input[N];

    for (uint32_t i = 0; i < N; i++)
        input[i] = i + self->state.n_jobs;
    name(&own, names[deed]);
    if (deed == OUTSIDE)
        scale.y = AGON_GPU_AT(1 << 30);
    if (deed == BEYOND || deed == ENDLESS || deed == FREED) {
        own.blocks = own.threads = 1;
        memcpy(own.args, at, deed == FREED ? sizeof(at) : sizeof(at[0]));
    } else {
        own.addresses = 3;
        memcpy(own.args, &scale, sizeof(scale));
    }
    memcpy(call.args, &own, sizeof(own));
    return self->gpu->submit(self->host, self->state.lease, &job, &call, input, &self->state.job);
}

static int on_trade(void *plugin, const struct agon_trade *trade)
{
    struct maker *self = plugin;
    struct maker_state *state = &self->state;
    int rc;

    (void)trade;
    if (++state->n_trades % 5 != 0 || !state->is_held || state->job != 0)
        return AGON_OK;
    state->is_bad = self->deed != FINE && state->n_jobs % 4 == 3;
    rc = hand_over(self, (int)state->is_bad);
    if (rc < 0)
        report(self, "submit", rc);
    return AGON_OK;
}

static void judge(struct maker *self, uint64_t job)
{
    struct maker_state *state = &self->state;
    const void *bytes;
    uint64_t n;
    uint32_t value, is_wrong = 0;

    if (self->gpu->map(self->host, job, &bytes, &n) < 0 || n != N * sizeof(value)) {
        state->n_wrong++;
        report(self, "wrong", AGON_ECORRUPT);
        return;
    }
    for (uint32_t i = 0; i < N; i++) {
        memcpy(&value, (const char *)bytes + i * sizeof(value), sizeof(value));
        if (!state->is_bad)
            is_wrong |= value != 3 * (i + state->n_jobs);
        else if (i == 0) // where it lay when it was given back there is nothing of it
            is_wrong |= state->freed != 0 ? value == (uint32_t)state->freed : value != 5;
    }
    if (state->is_bad && self->deed == FREED) {
        if (state->freed != 0)
            report(self, "read of what was given back", (int)is_wrong);
        memcpy(&state->freed, (const char *)bytes + sizeof(value), sizeof(state->freed));
    }
    state->n_wrong += is_wrong;
    state->n_good += !is_wrong;
    if (is_wrong)
        report(self, "wrong", AGON_ECORRUPT);
}

static int on_job(void *plugin, const struct agon_job *event)
{
    struct maker *self = plugin;
    struct maker_state *state = &self->state;

    if (event->kind != AGON_JOB_DONE) {
        state->is_held = event->kind == AGON_JOB_GRANTED;
        report(self, state->is_held ? "granted" : "ended", event->status);
        if (event->kind == AGON_JOB_ENDED)
            report(self, "acquire", self->gpu->acquire(self->host, "main", &state->lease));
        return AGON_OK;
    }
    state->job = 0;
    if (event->status == AGON_EAGAIN) { // its worker begins: the same once more
        state->n_busy++;
    } else {
        if (event->status >= 0)
            judge(self, event->job);
        else
            report(self, "job", event->status);
        state->n_failed += event->status < 0;
        state->n_jobs++;
        if (state->is_bad && self->deed == FREED) {
            report(self, "release", self->gpu->release(self->host, state->lease));
            state->is_held = 0;
        }
    }
    (void)self->metric->gauge(self->host, 0, state->n_good);
    (void)self->metric->gauge(self->host, 1, state->n_failed);
    (void)self->metric->gauge(self->host, 2, state->n_wrong);
    (void)self->metric->gauge(self->host, 3, state->n_busy);
    return AGON_OK;
}

static const struct agon_handlers handlers = {.on_trade = on_trade, .on_job = on_job};

static int on_start(void *plugin, uint32_t reason)
{
    struct maker *self = plugin;
    int rc;

    if (reason == AGON_START_RELOAD)
        return AGON_OK; // what was held is
    rc = self->gpu->acquire(self->host, "main", &self->state.lease);
    if (rc < 0)
        report(self, "acquire", rc);
    return AGON_OK;
}

static int init(void *plugin)
{
    struct maker *self = plugin;

    self->host = self->base.desk.host;
    self->gpu = self->host->get_extension(self->host, AGON_EXT_GPU);
    self->log = self->host->get_extension(self->host, AGON_EXT_LOG);
    self->metric = self->host->get_extension(self->host, AGON_EXT_METRIC);
    return AGON_OK;
}

static const struct agon_rule rule = {AGON_RULE(struct maker), .init = init, .on = &handlers,
                                      .start = on_start};
AGON_PARAMS(struct maker, PARAMS);
AGON_SERVICES(AGON_EXT_ARENA, AGON_EXT_PARAM, AGON_EXT_GPU, AGON_EXT_LOG, AGON_EXT_METRIC);
static const struct agon_descriptor descriptor = {
    AGON_DESCRIBES(struct maker, 100000),
    .kind = AGON_STRATEGY,
    AGON_NAMED("org.agon.test.maker", "1.0.0", "maker", "Agon"),
    .summary = "runs kernels of its own on a card",
    AGON_SCHEMA(1, 1),
    .event_mask = AGON_ON(AGON_EVENT_TRADE) | AGON_ON(AGON_EVENT_JOB)};
AGON_PLUGIN("org.agon.test.maker", "1.0.0", descriptor, rule);
