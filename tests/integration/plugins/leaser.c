// SPDX-License-Identifier: Apache-2.0
/* leaser: asks for its lease when it starts, and hands over one job after the other, the next when
 * the last one's outcome is there, until it has had `jobs`; then it gives the lease back. So what
 * it does and is answered hangs on the cards alone, and not on when. `deed` is what it does
 * besides. For tests of who has a card, and when. */
#include <agon/strategy.h>

#include "say.h"

#define VALUES 256

enum deed { FINE, CANCELS, BEYOND, KEEPS, DIES, AGAIN };
#define PARAMS(X)                                                                                  \
    X(INTEGER, jobs, 1, "so many jobs", "", AGON_SET, 1, 1000000, 20, 1)                           \
    X(INTEGER, calls, 2, "a chunk each", "", AGON_SET, 1, 64, 1, 1)                                \
    X(CHOICE, deed, 3, "what it does besides", "fine|cancels|beyond|keeps|dies|again", 0)

struct leaser {
    struct agon_strategy base;
    PARAMS(AGON_FIELD)
    const struct agon_host_gpu *gpu;
    const struct agon_host_log *log;
    const struct agon_host *host;
    struct leaser_state { // none that lasts: each start is the first
        uint32_t lease, n_handed, n_done, pad;
    } state;
};

static void report(const struct leaser *self, const char *what, int status)
{
    say(self->host, self->log, AGON_WARN, what, status);
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
    struct agon_gpu_job job = {.n_calls = (uint32_t)self->calls,
                               .chunk_calls = 1,
                               .memory = 2 * (uint64_t)bytes,
                               .n_input = bytes,
                               .result_at = bytes,
                               .n_result = bytes};
    uint64_t id;
    int rc;

    for (uint32_t i = 0; i < VALUES; i++)
        values[i] = (float)(i * 7 % 31 + self->state.n_handed);
    if (self->deed == BEYOND && self->state.n_handed % 3 == 2)
        rolling.y = AGON_GPU_AT(1 << 30);
    for (uint32_t i = 0; i < (uint32_t)self->calls; i++) {
        all[i].kernel = AGON_GPU_ROLLING;
        memcpy(all[i].args, &rolling, sizeof(rolling));
    }
    rc = self->gpu->submit(self->host, self->state.lease, &job, all, values, &id);
    if (rc < 0)
        report(self, "submit", rc);
    self->state.n_handed += rc >= 0;
    if (rc >= 0 && self->deed == CANCELS && self->state.n_handed % 3 == 0)
        report(self, "cancel", self->gpu->cancel(self->host, id));
}

static int on_job(void *plugin, const struct agon_job *event)
{
    struct leaser *self = plugin;

    if (event->kind == AGON_JOB_DONE) {
        self->state.n_done++;
        report(self, "done", event->status);
    } else {
        report(self,
               event->kind == AGON_JOB_GRANTED   ? "granted"
               : event->kind == AGON_JOB_EVICTED ? "evicted"
                                                 : "ended",
               event->status);
    }
    if (event->kind == AGON_JOB_ENDED && self->deed == AGAIN) {
        self->state.n_handed = 0;
        report(self, "acquire", self->gpu->acquire(self->host, "main", &self->state.lease));
    }
    if (event->kind != AGON_JOB_GRANTED && event->kind != AGON_JOB_DONE)
        return AGON_OK;
    if (event->status == AGON_ESTATE && self->deed != CANCELS)
        return AGON_OK; // with its lease
    if (self->state.n_handed < (uint32_t)self->jobs)
        hand_over(self);
    else if (self->deed == DIES)
        __builtin_trap();
    else if (self->deed != KEEPS && self->deed != AGAIN)
        report(self, "release", self->gpu->release(self->host, self->state.lease));
    return AGON_OK;
}

static const struct agon_handlers handlers = {.on_job = on_job};

static int on_start(void *plugin, uint32_t reason)
{
    struct leaser *self = plugin;
    int rc;

    (void)reason;
    memset(&self->state, 0, sizeof(self->state));
    rc = self->gpu->acquire(self->host, "main", &self->state.lease);
    if (rc < 0)
        report(self, "acquire", rc);
    return AGON_OK;
}

static int init(void *plugin)
{
    struct leaser *self = plugin;

    self->host = self->base.desk.host;
    self->gpu = self->host->get_extension(self->host, AGON_EXT_GPU);
    self->log = self->host->get_extension(self->host, AGON_EXT_LOG);
    return AGON_OK;
}

static const struct agon_rule rule = {AGON_RULE(struct leaser), .init = init, .on = &handlers,
                                      .start = on_start};
AGON_PARAMS(struct leaser, PARAMS);
AGON_SERVICES(AGON_EXT_ARENA, AGON_EXT_PARAM, AGON_EXT_GPU, AGON_EXT_LOG);
static const struct agon_descriptor descriptor = {
    AGON_DESCRIBES(struct leaser, 100000),
    .kind = AGON_STRATEGY,
    AGON_NAMED("org.agon.test.leaser", "1.0.0", "leaser", "Agon"),
    .summary = "has a card, and gives it back",
    .caps = AGON_NEEDS_GPU,
    .event_mask = AGON_ON(AGON_EVENT_JOB)};
AGON_PLUGIN("org.agon.test.leaser", "1.0.0", descriptor, rule);
