// SPDX-License-Identifier: Apache-2.0
/* jobber: hands the last prices that it saw to a card with every tenth trade, and buys or sells at
 * market when the job's mean of them is above or below the last price. For tests of agon.gpu, and
 * small enough to begin with. `deed` is what it does wrong instead, or besides. */
#include <agon/agon.h>

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
AGON_NUMBER(values, 1, AGON_INTEGER, AGON_PARAM_RESTART, 2, VALUES_MAX, 64, 1, "",
            "prices of a job, and of its result");
AGON_CHOOSE(
    deed, 2, 0, "",
    "fine|name|twice|after|beyond|large|many|cancel|keeps|resident|anew|address|writes|errs",
    "what it does");
static const struct agon_param *const params[] = {&values, &deed};

struct jobber {
    const struct agon_host *host;
    const struct agon_host_orders *orders;
    const struct agon_host_gpu *gpu;
    const struct agon_host_log *log;
    const struct agon_host_metric *metric;
    uint32_t n, deed;
    struct jobber_state {
        uint64_t n_trades, ref, job;
        agon_px_t px;
        agon_instrument_t instrument;
        uint32_t lease, is_held, n_jobs, n_done, n_failed, n_late;
        double sum; /* of all results: what a test compares */
        float prices[VALUES_MAX];
    } state;
};

static void say(struct jobber *self, const char *what, int status)
{
    char line[64];
    uint32_t at = 0, level = AGON_INFO;

    while (at < sizeof(line) - 6 && what[at] != '\0') {
        line[at] = what[at];
        at++;
    }
    if (status < 0)
        level = AGON_WARN;
    line[at++] = ' ';
    line[at++] = status < 0 ? '-' : '+';
    status = status < 0 ? -status : status;
    line[at++] = (char)('0' + status / 10 % 10);
    line[at++] = (char)('0' + status % 10);
    line[at] = '\0';
    (void)self->log->line(self->host, level, line);
}

/* Rolling means of all prices; the last value is the mean of the last `window`. */
static int hand_over(struct jobber *self)
{
    struct jobber_state *state = &self->state;
    uint32_t bytes = self->n * (uint32_t)sizeof(float);
    struct agon_gpu_rolling rolling = {.a = AGON_GPU_AT(0),
                                       .y = AGON_GPU_AT(bytes),
                                       .rows = 1,
                                       .n = self->n,
                                       .window = self->n < 32 ? self->n : 32,
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
                                   .n = self->n,
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
    state->prices[state->n_trades++ % self->n] = (float)trade->px;
    if (state->n_trades < self->n || state->n_trades % 10 != 0 || !state->is_held)
        return AGON_OK;
    rc = hand_over(self);
    state->n_jobs += rc >= 0;
    if (self->deed == MANY)
        while (rc >= 0)
            rc = hand_over(self);
    if (rc < 0)
        say(self, "submit", rc);
    if (self->deed == CANCEL && rc >= 0)
        say(self, "cancel", self->gpu->cancel(self->host, state->job));
    if (self->deed == TWICE || self->deed == AFTER) {
        say(self, "release", self->gpu->release(self->host, state->lease));
        if (self->deed == TWICE)
            say(self, "again", self->gpu->release(self->host, state->lease));
        else
            say(self, "after", hand_over(self));
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
        say(self, state->is_held ? "granted" : "ended", event->status);
        state->n_late += event->status == AGON_ETIME; // it keeps one, and then none
        if (self->deed == ANEW && event->kind == AGON_JOB_ENDED)
            say(self, "acquire", self->gpu->acquire(self->host, "main", &state->lease));
        return AGON_OK;
    }
    state->n_done += event->status >= 0;
    state->n_failed += event->status < 0;
    (void)self->metric->gauge(self->host, 0, state->n_done);
    (void)self->metric->gauge(self->host, 1, state->n_failed);
    if (event->status < 0) {
        say(self, "job", event->status);
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
    (void)self->orders->submit(self->host, &intent, 1);
    if (self->deed == ANEW && state->n_late > 0 && state->n_done % 3 == 0) {
        say(self, "release", self->gpu->release(self->host, state->lease));
        state->is_held = 0;
    }
    return AGON_OK;
}

static const struct agon_handlers handlers = {.on_trade = on_trade, .on_job = on_job};

static int on_event(void *plugin, const struct agon_event_hdr *event, uint64_t nth)
{
    (void)nth;
    return agon_dispatch(&handlers, plugin, event);
}

static int on_start(void *plugin, uint32_t reason)
{
    struct jobber *self = plugin;
    int rc;

    if (reason == AGON_START_RELOAD)
        return AGON_OK; // what was held is
    rc = self->gpu->acquire(self->host, self->deed == NAME ? "none" : "main", &self->state.lease);
    if (rc < 0)
        say(self, "acquire", rc);
    return AGON_OK; // without a card it does not trade
}

static int save_state(void *plugin, struct agon_out *out)
{
    return agon_write(out, &((struct jobber *)plugin)->state, sizeof(struct jobber_state));
}

static int load_state(void *plugin, struct agon_in *in, uint32_t schema)
{
    return schema == 1
               ? agon_read(in, &((struct jobber *)plugin)->state, sizeof(struct jobber_state))
               : AGON_EVERSION;
}

static void destroy(void *plugin)
{
    (void)plugin; // the arena is the host's
}

static int create(const struct agon_host *host, uint32_t index, struct agon_agent *agent)
{
    const struct agon_host_arena *arena = host->get_extension(host, AGON_EXT_ARENA);
    const struct agon_host_param *param = host->get_extension(host, AGON_EXT_PARAM);
    struct jobber *self;
    int64_t number, choice;

    if (index != 0 || arena == NULL)
        return AGON_EINVAL;
    self = arena->take(host, sizeof(*self), 8);
    if (self == NULL)
        return AGON_ENOMEM;
    self->host = host;
    self->orders = host->get_extension(host, AGON_EXT_ORDERS);
    self->gpu = host->get_extension(host, AGON_EXT_GPU);
    self->log = host->get_extension(host, AGON_EXT_LOG);
    self->metric = host->get_extension(host, AGON_EXT_METRIC);
    if (param->integer(host, 1, &number) < 0 || param->integer(host, 2, &choice) < 0)
        return AGON_EINVAL;
    self->n = (uint32_t)number;
    self->deed = (uint32_t)choice;
    return agon_agent_set(agent, &(struct agon_agent){.size = sizeof(struct agon_agent),
                                                      .self = self,
                                                      .on_start = on_start,
                                                      .on_event = on_event,
                                                      .save_state = save_state,
                                                      .load_state = load_state,
                                                      .destroy = destroy});
}

static const char *const requires_ext[] = {AGON_EXT_ORDERS, AGON_EXT_ARENA, AGON_EXT_GPU,
                                           AGON_EXT_LOG,    AGON_EXT_PARAM, AGON_EXT_METRIC};
static const struct agon_descriptor descriptor = {
    .size = sizeof(descriptor),
    .kind = AGON_STRATEGY,
    .id = "org.agon.test.jobber",
    .name = "jobber",
    .vendor = "Agon",
    .version = "1.0.0",
    .summary = "trades on what a card computes",
    .params = params,
    .n_params = sizeof(params) / sizeof(params[0]),
    .requires_ext = requires_ext,
    .n_requires = sizeof(requires_ext) / sizeof(requires_ext[0]),
    .budget_ns = 100000,
    .event_mask = AGON_ON(AGON_EVENT_TRADE) | AGON_ON(AGON_EVENT_JOB),
    .arena_bytes = 65536,
    .state_schema = 1,
    .state_schema_oldest = 1,
    .caps = AGON_ADOPTS_ORDERS,
};
static const struct agon_descriptor *const descriptors[] = {&descriptor};

AGON_NOTE("org.agon.test.jobber", "1.0.0");
AGON_EXPORT const struct agon_entry agon_plugin = {
    .size = sizeof(struct agon_entry),
    .abi_major = AGON_ABI_MAJOR,
    .abi_minor = AGON_ABI_MINOR,
    .n_plugins = 1,
    .plugins = descriptors,
    .create = create,
};
