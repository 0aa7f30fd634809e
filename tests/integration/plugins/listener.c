// SPDX-License-Identifier: Apache-2.0
/* listener: wants an order cancelled that it does not have, with each signal that it hears, so that
 * the journal says what it heard: the order's number is 1000 times the publisher's slot, 10 times
 * the value, and the input. For tests of signals. */
#include <agon/agon.h>

struct listener {
    const struct agon_host *host;
    const struct agon_host_orders *orders;
};

static int on_event(void *plugin, const struct agon_event_hdr *event, uint64_t nth)
{
    struct listener *self = plugin;
    const struct agon_signal *signal = (const struct agon_signal *)(const void *)event;
    struct agon_intent intent = {.kind = AGON_INTENT_CANCEL};

    (void)nth;
    if (event->type != AGON_EVENT_SIGNAL)
        return AGON_OK;
    intent.client_ref = signal->slot * 1000u + (uint64_t)signal->value * 10 + signal->key;
    (void)self->orders->submit(self->host, &intent, 1);
    return AGON_OK;
}

static void destroy(void *plugin)
{
    (void)plugin; // the arena is the host's
}

static int create(const struct agon_host *host, uint32_t index, struct agon_agent *agent)
{
    const struct agon_host_arena *arena = host->get_extension(host, AGON_EXT_ARENA);
    struct listener *self;

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

static const char *const requires_ext[] = {
#if defined(LISTENER_OLD) // as one of an earlier SDK
    "agon.signal/1",
#elif !defined(LISTENER_MUTE) // ... that could do without
    AGON_EXT_SIGNAL,
#endif
    AGON_EXT_ORDERS, AGON_EXT_ARENA};
static const char *const reads[] = {"trend", "mood"};
static const struct agon_descriptor descriptor = {
#if defined(LISTENER_OLD) || defined(LISTENER_MUTE)
    .size = offsetof(struct agon_descriptor, publishes),
#else
    .size = sizeof(descriptor),
#endif
    .caps = AGON_ADOPTS_ORDERS | AGON_STATELESS,
    .kind = AGON_STRATEGY,
    .id = "org.agon.test.listener",
    .name = "listener",
    .vendor = "Agon",
    .version = "1.0.0",
    .summary = "says what it hears",
    .requires_ext = requires_ext,
    .n_requires = sizeof(requires_ext) / sizeof(requires_ext[0]),
    .budget_ns = 100000,
    .event_mask = AGON_ON(AGON_EVENT_SIGNAL),
    .arena_bytes = 4096,
    .reads = reads,
    .n_reads = sizeof(reads) / sizeof(reads[0]),
};
static const struct agon_descriptor *const descriptors[] = {&descriptor};

AGON_NOTE("org.agon.test.listener", "1.0.0");
AGON_EXPORT const struct agon_entry agon_plugin = {
    .size = sizeof(struct agon_entry),
    .abi_major = AGON_ABI_MAJOR,
    .abi_minor = AGON_ABI_MINOR,
    .n_plugins = 1,
    .plugins = descriptors,
    .create = create,
};
