// SPDX-License-Identifier: Apache-2.0
/* unsure: wants orders whose quantity does not follow from its events: from memory that was never
 * written (UNSURE_MEMORY), or from a clock of its own. For tests of `agon parity`. */
#include <agon/agon.h>

struct unsure {
    const struct agon_host *host;
    const struct agon_host_orders *orders;
    uint64_t n_events, next_ref;
};

static uint64_t draw(void)
{
#ifdef UNSURE_MEMORY
    volatile unsigned char bytes[2048];
    uint64_t sum = 1469598103934665603u;

    __asm__ volatile("" : : "r"(bytes) : "memory"); // the compiler cannot know that nobody wrote it
    for (unsigned i = 0; i < sizeof(bytes); i++)
        sum = (sum ^ bytes[i]) * 1099511628211u;
    return sum;
#else
    return __builtin_ia32_rdtsc() * 0x9e3779b97f4a7c15u;
#endif
}

static int on_top10(void *plugin, const struct agon_top10 *top)
{
    struct unsure *self = plugin;
    struct agon_intent intent = {.kind = AGON_INTENT_ORDER,
                                 .side = AGON_BUY,
                                 .type = AGON_LIMIT,
                                 .instrument = top->hdr.instrument};

    if (top->n_bid == 0 || ++self->n_events % 20 != 0)
        return AGON_OK;
    intent.px = top->bid[0].px - 500;
    intent.qty = 1000 + (agon_qty_t)(draw() >> 44);
    intent.client_ref = ++self->next_ref;
    return self->orders->submit(self->host, &intent, 1) < 0 ? AGON_OK : AGON_OK;
}

static const struct agon_handlers handlers = {.on_top10 = on_top10};

static int on_event(void *plugin, const struct agon_event_hdr *event, uint64_t nth)
{
    (void)nth;
    return agon_dispatch(&handlers, plugin, event);
}

static void destroy(void *plugin)
{
    (void)plugin; // the arena is the host's
}

static int create(const struct agon_host *host, uint32_t index, struct agon_agent *agent)
{
    const struct agon_host_arena *arena = host->get_extension(host, AGON_EXT_ARENA);
    struct unsure *self;

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
                                                      .on_event = on_event,
                                                      .destroy = destroy});
}

static const char *const requires_ext[] = {AGON_EXT_ORDERS, AGON_EXT_ARENA};
static const struct agon_descriptor descriptor = {
    .size = sizeof(descriptor),
    .kind = AGON_STRATEGY,
    .id = "org.agon.test.unsure",
    .name = "unsure",
    .vendor = "Agon",
    .version = "1.0.0",
    .summary = "orders that do not follow from events",
    .requires_ext = requires_ext,
    .n_requires = sizeof(requires_ext) / sizeof(requires_ext[0]),
    .budget_ns = 2000,
    .event_mask = AGON_ON(AGON_EVENT_TOP10),
    .arena_bytes = 4096,
};
static const struct agon_descriptor *const descriptors[] = {&descriptor};

AGON_NOTE("org.agon.test.unsure", "1.0.0");
AGON_EXPORT const struct agon_entry agon_plugin = {
    .size = sizeof(struct agon_entry),
    .abi_major = AGON_ABI_MAJOR,
    .abi_minor = AGON_ABI_MINOR,
    .n_plugins = 1,
    .plugins = descriptors,
    .create = create,
};
