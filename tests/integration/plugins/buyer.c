// SPDX-License-Identifier: Apache-2.0
/* buyer: buys at market with every trade that it sees, an eleventh of what was traded. For tests of
 * limits.
 */
#include <agon/agon.h>

#ifndef BUYER_EVENTS // a build that hears more
#define BUYER_EVENTS AGON_ON(AGON_EVENT_TRADE)
#endif

struct buyer {
    const struct agon_host *host;
    const struct agon_host_orders *orders;
    uint64_t ref;
};

static int on_start(void *plugin, uint32_t reason)
{
    (void)plugin;
    (void)reason;
    return AGON_OK;
}

static int on_event(void *plugin, const struct agon_event_hdr *event, uint64_t nth)
{
    struct buyer *self = plugin;
    const struct agon_trade *trade = (const struct agon_trade *)(const void *)event;
    struct agon_intent intent = {.kind = AGON_INTENT_ORDER,
                                 .side = AGON_BUY,
                                 .type = AGON_MARKET,
                                 .instrument = event->instrument};

    (void)nth;
    if (event->type != AGON_EVENT_TRADE)
        return AGON_OK;
    intent.client_ref = ++self->ref;
    intent.qty = trade->qty / 11;
    (void)self->orders->submit(self->host, &intent, 1);
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
    struct buyer *self;

    if (index != 0 || arena == NULL)
        return AGON_EINVAL;
    self = arena->take(host, sizeof(*self), 8);
    if (self == NULL)
        return AGON_ENOMEM;
    self->host = host;
    self->orders = host->get_extension(host, AGON_EXT_ORDERS);
    if (self->orders == NULL)
        return AGON_ENOTSUP;
    return agon_agent_set(agent, &(struct agon_agent){.size = sizeof(struct agon_agent),
                                                      .self = self,
                                                      .on_start = on_start,
                                                      .on_event = on_event,
                                                      .on_stop = on_stop,
                                                      .destroy = destroy});
}

static const char *const requires_ext[] = {AGON_EXT_ORDERS, AGON_EXT_ARENA};
static const struct agon_descriptor descriptor = {
    .size = sizeof(descriptor),
    .kind = AGON_STRATEGY,
    .id = "org.agon.test.buyer",
    .name = "buyer",
    .vendor = "Agon",
    .version = "1.0.0",
    .summary = "buys with every trade",
    .requires_ext = requires_ext,
    .n_requires = sizeof(requires_ext) / sizeof(requires_ext[0]),
    .budget_ns = 100000,
    .event_mask = BUYER_EVENTS,
    .arena_bytes = 4096,
};
static const struct agon_descriptor *const descriptors[] = {&descriptor};

AGON_NOTE("org.agon.test.buyer", "1.0.0");
AGON_EXPORT const struct agon_entry agon_plugin = {
    .size = sizeof(struct agon_entry),
    .abi_major = AGON_ABI_MAJOR,
    .abi_minor = AGON_ABI_MINOR,
    .n_plugins = 1,
    .plugins = descriptors,
    .create = create,
};
