// SPDX-License-Identifier: Apache-2.0
/* gusher: one channel without end, and nothing else: signals, cancels of what is not there, timers
 * of a millisecond, log lines, or callbacks that fail every other time. For tests of the meters. */
#include <agon/agon.h>
#include <stdio.h>

enum { CHANNEL = 1 };
enum { SIGNALS, CANCELS, TIMERS, LOG, ERRORS };

struct gusher {
    const struct agon_host *host;
    const struct agon_host_orders *orders;
    const struct agon_host_param *params;
    const struct agon_host_signal *signals;
    const struct agon_host_clock *clock;
    const struct agon_host_log *log;
    int64_t channel;
    uint64_t n;
};

static int on_start(void *plugin, uint32_t reason)
{
    struct gusher *self = plugin;

    (void)reason;
    return self->params->integer(self->host, CHANNEL, &self->channel);
}

static int gush(struct gusher *self, const struct agon_event_hdr *event)
{
    struct agon_signal signal = {.confidence = 0.5, .value = 1};
    struct agon_intent intent = {.kind = AGON_INTENT_CANCEL_ALL};

    self->n++;
    switch (self->channel) {
    case SIGNALS:
        while (self->signals->publish(self->host, &signal) >= 0)
            ;
        return AGON_OK;
    case CANCELS:
        while (self->orders->submit(self->host, &intent, 1) >= 0)
            ;
        return AGON_OK;
    case TIMERS:
        while (self->clock->arm(self->host, event->t + 1000000, 1000000, 7) >= 0)
            ;
        return AGON_OK;
    case LOG:
        while (self->log->line(self->host, AGON_INFO, "a line") >= 0)
            ;
        return AGON_OK;
    default:
        return self->n % 2 == 0 ? AGON_EINVAL : AGON_OK;
    }
}

static int on_event(void *plugin, const struct agon_event_hdr *event, uint64_t nth)
{
    (void)nth;
    return event->type == AGON_EVENT_TOP10 || event->type == AGON_EVENT_TRADE ? gush(plugin, event)
                                                                              : AGON_OK;
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
    struct gusher *self;

    if (index != 0 || arena == NULL)
        return AGON_EINVAL;
    self = arena->take(host, sizeof(*self), 8);
    if (self == NULL)
        return AGON_ENOMEM;
    self->host = host;
    self->orders = host->get_extension(host, AGON_EXT_ORDERS);
    self->params = host->get_extension(host, AGON_EXT_PARAM);
    self->signals = host->get_extension(host, AGON_EXT_SIGNAL);
    self->clock = host->get_extension(host, AGON_EXT_CLOCK);
    self->log = host->get_extension(host, AGON_EXT_LOG);
    if (self->orders == NULL || self->params == NULL || self->signals == NULL ||
        self->clock == NULL || self->log == NULL)
        return AGON_ENOTSUP;
    return agon_agent_set(agent, &(struct agon_agent){.size = sizeof(struct agon_agent),
                                                      .self = self,
                                                      .on_start = on_start,
                                                      .on_event = on_event,
                                                      .on_stop = on_stop,
                                                      .destroy = destroy});
}

static const struct agon_param channel = {.size = sizeof(channel),
                                          .id = CHANNEL,
                                          .type = AGON_CHOICE,
                                          .name = "channel",
                                          .choices = "signals|cancels|timers|log|errors",
                                          .doc = "what it does without end"};
static const struct agon_param *const params[] = {&channel};
static const char *const requires_ext[] = {AGON_EXT_ORDERS, AGON_EXT_PARAM, AGON_EXT_LOG,
                                           AGON_EXT_ARENA,  AGON_EXT_CLOCK, AGON_EXT_SIGNAL};
static const char *const publishes[] = {"gush"};
static const struct agon_descriptor descriptor = {
    .size = sizeof(descriptor),
    .kind = AGON_STRATEGY,
    .n_params = 1,
    .id = "org.agon.test.gusher",
    .name = "gusher",
    .vendor = "Agon",
    .version = "1.0.0",
    .summary = "one channel without end",
    .params = params,
    .requires_ext = requires_ext,
    .n_requires = sizeof(requires_ext) / sizeof(requires_ext[0]),
    .budget_ns = 100000,
    .event_mask = AGON_ON(AGON_EVENT_TOP10) | AGON_ON(AGON_EVENT_TRADE),
    .arena_bytes = 4096,
    .publishes = publishes,
    .n_publishes = 1,
};
static const struct agon_descriptor *const descriptors[] = {&descriptor};

AGON_NOTE("org.agon.test.gusher", "1.0.0");
AGON_EXPORT const struct agon_entry agon_plugin = {
    .size = sizeof(struct agon_entry),
    .abi_major = AGON_ABI_MAJOR,
    .abi_minor = AGON_ABI_MINOR,
    .n_plugins = 1,
    .plugins = descriptors,
    .create = create,
};
