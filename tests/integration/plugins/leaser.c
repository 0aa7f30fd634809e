// SPDX-License-Identifier: Apache-2.0
/* leaser: asks for its lease when it starts, and hands over one job after the other, the next when
 * the last one's outcome is there, until it has had `jobs`; then it gives the lease back. So what
 * it does and is answered hangs on the cards alone, and not on when. `deed` is what it does
 * besides. For tests of who has a card, and when. */
#include <agon/agon.h>

#define VALUES 256

enum deed { FINE, CANCELS, BEYOND, KEEPS, DIES, AGAIN };
AGON_NUMBER(jobs, 1, AGON_INTEGER, AGON_PARAM_RESTART, 1, 1000000, 20, 1, "", "so many jobs");
AGON_NUMBER(calls, 2, AGON_INTEGER, AGON_PARAM_RESTART, 1, 64, 1, 1, "", "a chunk each");
AGON_CHOOSE(deed, 3, 0, "", "fine|cancels|beyond|keeps|dies|again", "what it does besides");
static const struct agon_param *const params[] = {&jobs, &calls, &deed};

struct leaser {
    const struct agon_host_gpu *gpu;
    const struct agon_host_log *log;
    const struct agon_host *host;
    uint32_t n, calls, deed, lease;
    uint32_t n_handed, n_done;
};

static void say(const struct leaser *self, const char *what, int status)
{
    char line[48];
    uint32_t at = 0;

    while (at < sizeof(line) - 6 && what[at] != '\0') {
        line[at] = what[at];
        at++;
    }
    line[at++] = ' ';
    line[at++] = status < 0 ? '-' : '+';
    status = status < 0 ? -status : status;
    line[at++] = (char)('0' + status / 10 % 10);
    line[at++] = (char)('0' + status % 10);
    line[at] = '\0';
    (void)self->log->line(self->host, AGON_WARN, line);
}

static void hand_over(struct leaser *self)
{
    static float values[VALUES];
    uint32_t bytes = VALUES * (uint32_t)sizeof(float);
    struct agon_gpu_rolling rolling = {.a = AGON_GPU_AT(0),
                                       .y = AGON_GPU_AT(bytes),
                                       .rows = 1,
                                       .n = VALUES,
                                       .window = 32,
                                       .op = AGON_GPU_ROLLING_MEAN};
    struct agon_gpu_call all[64] = {0};
    struct agon_gpu_job job = {.n_calls = self->calls,
                               .chunk_calls = 1,
                               .memory = 2 * (uint64_t)bytes,
                               .n_input = bytes,
                               .result_at = bytes,
                               .n_result = bytes};
    uint64_t id;
    int rc;

    for (uint32_t i = 0; i < VALUES; i++)
        values[i] = (float)(i * 7 % 31 + self->n_handed);
    if (self->deed == BEYOND && self->n_handed % 3 == 2)
        rolling.y = AGON_GPU_AT(1 << 30);
    for (uint32_t i = 0; i < self->calls; i++) {
        all[i].kernel = AGON_GPU_ROLLING;
        memcpy(all[i].args, &rolling, sizeof(rolling));
    }
    rc = self->gpu->submit(self->host, self->lease, &job, all, values, &id);
    if (rc < 0)
        say(self, "submit", rc);
    self->n_handed += rc >= 0;
    if (rc >= 0 && self->deed == CANCELS && self->n_handed % 3 == 0)
        say(self, "cancel", self->gpu->cancel(self->host, id));
}

static int on_job(void *plugin, const struct agon_job *event)
{
    struct leaser *self = plugin;

    if (event->kind == AGON_JOB_DONE) {
        self->n_done++;
        say(self, "done", event->status);
    } else {
        say(self,
            event->kind == AGON_JOB_GRANTED   ? "granted"
            : event->kind == AGON_JOB_EVICTED ? "evicted"
                                              : "ended",
            event->status);
    }
    if (event->kind == AGON_JOB_ENDED && self->deed == AGAIN) {
        self->n_handed = 0;
        say(self, "acquire", self->gpu->acquire(self->host, "main", &self->lease));
    }
    if (event->kind != AGON_JOB_GRANTED && event->kind != AGON_JOB_DONE)
        return AGON_OK;
    if (event->status == AGON_ESTATE && self->deed != CANCELS)
        return AGON_OK; // with its lease
    if (self->n_handed < self->n)
        hand_over(self);
    else if (self->deed == DIES)
        __builtin_trap();
    else if (self->deed != KEEPS && self->deed != AGAIN)
        say(self, "release", self->gpu->release(self->host, self->lease));
    return AGON_OK;
}

static const struct agon_handlers handlers = {.on_job = on_job};

static int on_event(void *plugin, const struct agon_event_hdr *event, uint64_t nth)
{
    (void)nth;
    return agon_dispatch(&handlers, plugin, event);
}

static int on_start(void *plugin, uint32_t reason)
{
    struct leaser *self = plugin;
    int rc;

    (void)reason;
    rc = self->gpu->acquire(self->host, "main", &self->lease);
    if (rc < 0)
        say(self, "acquire", rc);
    return AGON_OK;
}

static void destroy(void *plugin)
{
    (void)plugin; // the arena is the host's
}

static int create(const struct agon_host *host, uint32_t index, struct agon_agent *agent)
{
    const struct agon_host_arena *arena = host->get_extension(host, AGON_EXT_ARENA);
    const struct agon_host_param *param = host->get_extension(host, AGON_EXT_PARAM);
    struct leaser *self;
    int64_t n, of, what;

    if (index != 0 || arena == NULL)
        return AGON_EINVAL;
    self = arena->take(host, sizeof(*self), 8);
    if (self == NULL)
        return AGON_ENOMEM;
    self->host = host;
    self->gpu = host->get_extension(host, AGON_EXT_GPU);
    self->log = host->get_extension(host, AGON_EXT_LOG);
    if (param->integer(host, 1, &n) < 0 || param->integer(host, 2, &of) < 0 ||
        param->integer(host, 3, &what) < 0)
        return AGON_EINVAL;
    self->n = (uint32_t)n;
    self->calls = (uint32_t)of;
    self->deed = (uint32_t)what;
    return agon_agent_set(agent, &(struct agon_agent){.size = sizeof(struct agon_agent),
                                                      .self = self,
                                                      .on_start = on_start,
                                                      .on_event = on_event,
                                                      .destroy = destroy});
}

static const char *const requires_ext[] = {AGON_EXT_ARENA, AGON_EXT_GPU, AGON_EXT_LOG,
                                           AGON_EXT_PARAM};
static const struct agon_descriptor descriptor = {
    .size = sizeof(descriptor),
    .kind = AGON_STRATEGY,
    .id = "org.agon.test.leaser",
    .name = "leaser",
    .vendor = "Agon",
    .version = "1.0.0",
    .summary = "has a card, and gives it back",
    .params = params,
    .n_params = sizeof(params) / sizeof(params[0]),
    .requires_ext = requires_ext,
    .n_requires = sizeof(requires_ext) / sizeof(requires_ext[0]),
    .budget_ns = 100000,
    .event_mask = AGON_ON(AGON_EVENT_JOB),
    .arena_bytes = 65536,
};
static const struct agon_descriptor *const descriptors[] = {&descriptor};

AGON_NOTE("org.agon.test.leaser", "1.0.0");
AGON_EXPORT const struct agon_entry agon_plugin = {
    .size = sizeof(struct agon_entry),
    .abi_major = AGON_ABI_MAJOR,
    .abi_minor = AGON_ABI_MINOR,
    .n_plugins = 1,
    .plugins = descriptors,
    .create = create,
};
