// SPDX-License-Identifier: Apache-2.0
/* rogue: places one order far from the market, waits until it rests, and then does the worst that
 * its parameter says. For tests of what becomes of the order and of the others. The build makes it
 * for another version of the SDK with ROGUE_MAJOR or ROGUE_MINOR. With ROGUE_FORGES it knows where
 * its process writes down how far it is, and writes there too. */
#include <agon/agon.h>
#include <stdio.h>
#if defined(ROGUE_FORGES)
#include "agent/feed_state.h"
#define FORGERIES "|forge_end|forge_begin|forge_done|forge_idle"
#else
#define FORGERIES ""
#endif

#if defined(ROGUE_MAJOR)
#undef AGON_ABI_MAJOR
#define AGON_ABI_MAJOR ROGUE_MAJOR
#elif defined(ROGUE_MINOR)
#undef AGON_ABI_MINOR
#define AGON_ABI_MINOR ROGUE_MINOR
#endif

enum { FAULT = 1, AFTER = 2 };
enum { NONE, SEGV, HANG, FLOOD, FORGE_END, FORGE_BEGIN, FORGE_DONE, FORGE_IDLE };

struct rogue {
    const struct agon_host *host;
    const struct agon_host_orders *orders;
    const struct agon_host_param *params;
    const struct agon_host_log *log;
    int64_t fault, after;
    uint64_t n_floods, n_resting; /* events since the order rests */
    uint8_t is_live, is_placed, is_resting, is_told;
};

static volatile int sink;

static int on_start(void *plugin, uint32_t reason)
{
    struct rogue *self = plugin;
    int rc = self->params->integer(self->host, FAULT, &self->fault);

    self->is_live = reason != AGON_START_SHADOW; // what a shadow wishes is nobody's order
    return rc < 0 ? rc : self->params->integer(self->host, AFTER, &self->after);
}

/* As many as the ring takes; all but the first few are beyond the slot's limits. */
static int flood(struct rogue *self, const struct agon_top10 *top)
{
    struct agon_intent intent = {.kind = AGON_INTENT_ORDER,
                                 .side = AGON_BUY,
                                 .type = AGON_LIMIT,
                                 .instrument = top->hdr.instrument,
                                 .qty = 20};

    do {
        intent.client_ref = 2 + self->n_floods++;
        intent.px = top->bid[0].px - 100 - (agon_px_t)(self->n_floods % 1000);
    } while (self->orders->submit(self->host, &intent, 1) >= 0);
    return AGON_OK;
}

#if defined(ROGUE_FORGES)
/* It hangs, and says that its callback has ended; that others begin and end; that more is done than
 * there is; that all is done that there is. */
static void forge(const struct rogue *self)
{
    struct feed *feed = self->host->ctx;
    struct feed_beat *beat = feed->beat;

    for (;;) {
        if (self->fault == FORGE_DONE)
            atomic_store(&beat->done_seq, UINT64_MAX);
        if (self->fault == FORGE_IDLE)
            atomic_store(&beat->done_seq, atomic_load(&feed->bus.shm->tail_seq));
        if (self->fault == FORGE_BEGIN)
            atomic_fetch_add(&beat->enter, 1);
        atomic_store(&beat->exit, atomic_load(&beat->enter));
    }
}
#endif

static int act(struct rogue *self, const struct agon_top10 *top)
{
    char text[64];

    if (!self->is_told && self->fault != NONE) {
        snprintf(text, sizeof(text), "fault at %lld", (long long)top->hdr.t);
        self->log->line(self->host, AGON_INFO, text);
    }
    self->is_told = 1;
    switch (self->fault) {
    case SEGV:
        *(volatile int *)16 = 1;
        return AGON_OK;
    case HANG:
        for (;;)
            sink++;
    case FLOOD:
        return flood(self, top);
    default:
#if defined(ROGUE_FORGES)
        if (self->fault >= FORGE_END)
            forge(self);
#endif
        return AGON_OK;
    }
}

static int on_top10(void *plugin, const struct agon_top10 *top)
{
    struct rogue *self = plugin;
    struct agon_intent intent = {.kind = AGON_INTENT_ORDER,
                                 .side = AGON_BUY,
                                 .type = AGON_LIMIT,
                                 .instrument = top->hdr.instrument,
                                 .qty = 20};

    if (top->n_bid == 0 || !self->is_live)
        return AGON_OK;
    if (self->is_resting && ++self->n_resting > (uint64_t)self->after)
        return act(self, top);
    if (self->is_placed)
        return AGON_OK;
    self->is_placed = 1;
    intent.client_ref = 1;
    intent.px = top->bid[0].px / 100 * 95;
    return self->orders->submit(self->host, &intent, 1);
}

static int on_order(void *plugin, const struct agon_order *order)
{
    struct rogue *self = plugin;

    if (!self->is_placed || order->client_ref != 1 || order->request != AGON_REQUEST_NONE)
        return AGON_OK; // not ours, or of the one before that crashed
    self->is_resting |= order->state == AGON_ORDER_OPEN;
    self->is_placed = !agon_is_final(order) || self->is_resting; // refused: once more
    return AGON_OK;
}

static const struct agon_handlers handlers = {.on_top10 = on_top10, .on_order = on_order};

static int on_event(void *plugin, const struct agon_event_hdr *event, uint64_t nth)
{
    (void)nth;
    return agon_dispatch(&handlers, plugin, event);
}

static int on_stop(void *plugin, uint32_t reason)
{
    (void)plugin;
    (void)reason;
    return AGON_OK;
}

static void destroy(void *plugin)
{
    (void)plugin; // the arena is the host's
}

static int create(const struct agon_host *host, uint32_t index, struct agon_agent *agent)
{
    const struct agon_host_arena *arena = host->get_extension(host, AGON_EXT_ARENA);
    struct rogue *self;

    if (index != 0 || arena == NULL)
        return AGON_EINVAL;
    self = arena->take(host, sizeof(*self), 8);
    if (self == NULL)
        return AGON_ENOMEM;
    self->host = host;
    self->orders = host->get_extension(host, AGON_EXT_ORDERS);
    self->params = host->get_extension(host, AGON_EXT_PARAM);
    self->log = host->get_extension(host, AGON_EXT_LOG);
    if (self->orders == NULL || self->params == NULL || self->log == NULL)
        return AGON_ENOTSUP;
    return agon_agent_set(agent, &(struct agon_agent){.size = sizeof(struct agon_agent),
                                                      .self = self,
                                                      .on_start = on_start,
                                                      .on_event = on_event,
                                                      .on_stop = on_stop,
                                                      .destroy = destroy});
}

static const struct agon_param fault = {.size = sizeof(fault),
                                        .id = FAULT,
                                        .type = AGON_CHOICE,
                                        .name = "fault",
                                        .choices = "none|segv|hang|flood" FORGERIES,
                                        .doc = "what it does once its order rests"};
static const struct agon_param after = {.size = sizeof(after),
                                        .id = AFTER,
                                        .type = AGON_INTEGER,
                                        .min = 0,
                                        .max = 1000000,
                                        .def = 20,
                                        .name = "after",
                                        .unit = "events",
                                        .doc = "books that it still waits"};
static const struct agon_param *const params[] = {&fault, &after};
static const char *const requires_ext[] = {AGON_EXT_ORDERS, AGON_EXT_PARAM, AGON_EXT_LOG,
                                           AGON_EXT_ARENA};
static const struct agon_descriptor descriptor = {
    .size = sizeof(descriptor),
    .kind = AGON_STRATEGY,
    .n_params = 2,
    .id = "org.agon.test.rogue",
    .name = "rogue",
    .vendor = "Agon",
    .version = "1.0.0",
    .summary = "holds an order and goes wrong",
    .params = params,
    .requires_ext = requires_ext,
    .n_requires = sizeof(requires_ext) / sizeof(requires_ext[0]),
    .budget_ns = 100000,
    .event_mask = AGON_ON(AGON_EVENT_TOP10) | AGON_ON(AGON_EVENT_ORDER),
    .arena_bytes = 4096,
};
static const struct agon_descriptor *const descriptors[] = {&descriptor};

AGON_NOTE("org.agon.test.rogue", "1.0.0");
AGON_EXPORT const struct agon_entry agon_plugin = {
    .size = sizeof(struct agon_entry),
    .abi_major = AGON_ABI_MAJOR,
    .abi_minor = AGON_ABI_MINOR,
    .n_plugins = 1,
    .plugins = descriptors,
    .create = create,
};
