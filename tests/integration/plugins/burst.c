// SPDX-License-Identifier: Apache-2.0
/* burst: submits as many small orders as its rings take, on every book, until it has wished for the
 * number that its parameter says. What a broken loop does. For tests of limits. */
#include <agon/agon.h>

#ifndef BURST_AT_ONCE
#define BURST_AT_ONCE 500
#endif

enum { COUNT = 1 };

struct burst {
    const struct agon_host *host;
    const struct agon_host_orders *orders;
    const struct agon_host_param *params;
    int64_t count;
    uint64_t n_sent;
};

static int on_start(void *plugin, uint32_t reason)
{
    struct burst *self = plugin;

    (void)reason;
    return self->params->integer(self->host, COUNT, &self->count);
}

static int on_event(void *plugin, const struct agon_event_hdr *event, uint64_t nth)
{
    struct burst *self = plugin;
    const struct agon_top10 *top = (const struct agon_top10 *)(const void *)event;

    (void)nth;
    if (event->type != AGON_EVENT_TOP10 || top->n_bid == 0)
        return AGON_OK;
    for (int i = 0; i < BURST_AT_ONCE && self->n_sent < (uint64_t)self->count; i++) {
        struct agon_intent intent = {
            .kind = AGON_INTENT_ORDER,
            .side = AGON_BUY,
            .type = AGON_LIMIT,
            .instrument = event->instrument,
            .client_ref = self->n_sent + 1,
            .px = top->bid[0].px - 100 - (agon_px_t)(self->n_sent % 1000),
            .qty = 20,
        };

        if (self->orders->submit(self->host, &intent, 1) < 0)
            break;
        self->n_sent++;
    }
    return AGON_OK;
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
    struct burst *self;

    if (index != 0 || arena == NULL)
        return AGON_EINVAL;
    self = arena->take(host, sizeof(*self), 8);
    if (self == NULL)
        return AGON_ENOMEM;
    self->host = host;
    self->orders = host->get_extension(host, AGON_EXT_ORDERS);
    self->params = host->get_extension(host, AGON_EXT_PARAM);
    if (self->orders == NULL || self->params == NULL)
        return AGON_ENOTSUP;
    return agon_agent_set(agent, &(struct agon_agent){.size = sizeof(struct agon_agent),
                                                      .self = self,
                                                      .on_start = on_start,
                                                      .on_event = on_event,
                                                      .on_stop = on_stop,
                                                      .destroy = destroy});
}

static const struct agon_param count = {.size = sizeof(count),
                                        .id = COUNT,
                                        .type = AGON_INTEGER,
                                        .min = 1,
                                        .max = 1000000,
                                        .def = 10000,
                                        .name = "count",
                                        .unit = "orders",
                                        .doc = "wishes for so many and then for none"};
static const struct agon_param *const params[] = {&count};
static const char *const requires_ext[] = {AGON_EXT_ORDERS, AGON_EXT_PARAM, AGON_EXT_ARENA};
static const struct agon_descriptor descriptor = {
    .size = sizeof(descriptor),
    .kind = AGON_STRATEGY,
    .n_params = 1,
    .id = "org.agon.test.burst",
    .name = "burst",
    .vendor = "Agon",
    .version = "1.0.0",
    .summary = "floods",
    .params = params,
    .requires_ext = requires_ext,
    .n_requires = sizeof(requires_ext) / sizeof(requires_ext[0]),
    .budget_ns = 100000,
    .event_mask = AGON_ON(AGON_EVENT_TOP10),
    .arena_bytes = 4096,
};
static const struct agon_descriptor *const descriptors[] = {&descriptor};

AGON_NOTE("org.agon.test.burst", "1.0.0");
AGON_EXPORT const struct agon_entry agon_plugin = {
    .size = sizeof(struct agon_entry),
    .abi_major = AGON_ABI_MAJOR,
    .abi_minor = AGON_ABI_MINOR,
    .n_plugins = 1,
    .plugins = descriptors,
    .create = create,
};
