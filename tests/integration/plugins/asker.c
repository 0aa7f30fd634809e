// SPDX-License-Identifier: Apache-2.0
/* asker: once it has heard of a trade, it wants three buys: one that a venue takes, one below a
 * fifth of the price, and one above it. For tests of what a venue refuses. */
#include <agon/agon.h>

struct asker {
    const struct agon_host *host;
    const struct agon_host_orders *orders;
    agon_instrument_t traded;
    int has_asked;
};

static int ask(struct asker *self, agon_instrument_t id, uint64_t ref, agon_px_t px)
{
    struct agon_intent intent = {.kind = AGON_INTENT_ORDER,
                                 .side = AGON_BUY,
                                 .type = AGON_LIMIT,
                                 .instrument = id,
                                 .client_ref = ref,
                                 .px = px,
                                 .qty = 1000};

    return self->orders->submit(self->host, &intent, 1);
}

static int on_start(void *plugin, uint32_t reason)
{
    (void)plugin;
    (void)reason;
    return AGON_OK;
}

static int on_event(void *plugin, const struct agon_event_hdr *event, uint64_t nth)
{
    struct asker *self = plugin;
    const struct agon_top10 *top = (const struct agon_top10 *)(const void *)event;
    agon_px_t px = event->type == AGON_EVENT_TOP10 && top->n_bid > 0 ? top->bid[0].px : 0;

    (void)nth;
    if (event->type == AGON_EVENT_TRADE)
        self->traded = event->instrument;
    if (px == 0 || self->has_asked || self->traded != event->instrument)
        return AGON_OK;
    self->has_asked = 1;
    if (ask(self, event->instrument, 1, px - px / 50) < 0 ||
        ask(self, event->instrument, 2, px / 6) < 0 || ask(self, event->instrument, 3, px / 4) < 0)
        return AGON_EINVAL;
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
    struct asker *self;

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
    .id = "org.agon.test.asker",
    .name = "asker",
    .vendor = "Agon",
    .version = "1.0.0",
    .summary = "asks for what a venue refuses",
    .requires_ext = requires_ext,
    .n_requires = sizeof(requires_ext) / sizeof(requires_ext[0]),
    .budget_ns = 100000,
    .event_mask = AGON_ON(AGON_EVENT_TOP10) | AGON_ON(AGON_EVENT_TRADE),
    .arena_bytes = 4096,
};
static const struct agon_descriptor *const descriptors[] = {&descriptor};

AGON_NOTE("org.agon.test.asker", "1.0.0");
AGON_EXPORT const struct agon_entry agon_plugin = {
    .size = sizeof(struct agon_entry),
    .abi_major = AGON_ABI_MAJOR,
    .abi_minor = AGON_ABI_MINOR,
    .n_plugins = 1,
    .plugins = descriptors,
    .create = create,
};
