// SPDX-License-Identifier: Apache-2.0
/* herald: publishes a number with each book that it sees, under the first of its names, or in the
 * memory of its own runner under a series of somebody else's (`as`). For tests of signals. With
 * HERALD_SURE it is a model of direction that always holds up for likely, and says up (1), neutral
 * (2), down (3), or up and from its 200th signal on down (4). */
#include <agon/agon.h>

#include "agent/feed_state.h"
#include "base/hash.h"

enum { SAY = 1, AS = 2 };

struct herald {
    const struct agon_host *host;
    const struct agon_host_signal *signals;
    int64_t say;
};

/* As slot_series, which a plugin has no need of. */
static uint64_t fnv(const char *text, size_t n)
{
    uint64_t hash = 0xcbf29ce484222325u;

    while (n-- > 0)
        hash = (hash ^ (unsigned char)*text++) * 0x100000001b3u;
    return hash;
}

static void forge(const struct agon_host *host, const char *as)
{
    struct feed *feed = host->ctx;
    size_t dot = 0, n = 0;

    while (as[n] != 0) {
        if (as[n] == '.')
            dot = n;
        n++;
    }
    feed->setup.head.slot.signals.n_keys = SLOT_KEYS_MAX;
    feed->setup.head.slot.signals.keys[0] =
        (uint32_t)hash_mix(hash_mix(fnv(as, dot)) + fnv(as + dot + 1, n - dot - 1));
}

static int on_event(void *plugin, const struct agon_event_hdr *event, uint64_t nth)
{
    struct herald *self = plugin;
    struct agon_signal signal = {.hdr = {.instrument = event->instrument},
                                 .value = (double)self->say};

    (void)nth;
#if defined(HERALD_SURE)
    signal.p_up = 0.9;
    signal.p_down = 0.1;
    signal.direction = self->say == 1 || (self->say == 4 && nth < 200) ? AGON_UP
                       : self->say >= 3                                ? AGON_DOWN
                                                                       : AGON_NEUTRAL;
#endif
    if (event->type == AGON_EVENT_TOP10)
        (void)self->signals->publish(self->host, &signal);
    return AGON_OK;
}

static void destroy(void *plugin)
{
    (void)plugin; // the arena is the host's
}

static int create(const struct agon_host *host, uint32_t index, struct agon_agent *agent)
{
    const struct agon_host_arena *arena = host->get_extension(host, AGON_EXT_ARENA);
    const struct agon_host_param *params = host->get_extension(host, AGON_EXT_PARAM);
    const char *as;
    struct herald *self;

    if (index != 0 || arena == NULL || params == NULL)
        return AGON_EINVAL;
    self = arena->take(host, sizeof(*self), 8);
    if (self == NULL)
        return AGON_ENOMEM;
    self->host = host;
    self->signals = host->get_extension(host, AGON_EXT_SIGNAL);
    as = params->text(host, AS);
    if (self->signals == NULL || as == NULL || params->integer(host, SAY, &self->say) < 0)
        return AGON_ENOTSUP;
    if (as[0] != 0)
        forge(host, as);
    return agon_agent_set(agent, &(struct agon_agent){.size = sizeof(struct agon_agent),
                                                      .self = self,
                                                      .on_event = on_event,
                                                      .destroy = destroy});
}

AGON_NUMBER(say, SAY, AGON_INTEGER, AGON_PARAM_RESTART, 0, 9, 1, 1, "", "what it publishes");
AGON_TEXTUAL(as, AS, "AGENT.NAME: as whose");
static const struct agon_param *const params[] = {&say, &as};
static const char *const requires_ext[] = {AGON_EXT_SIGNAL, AGON_EXT_PARAM, AGON_EXT_ARENA};
#ifdef HERALD_LESS // a build that has dropped its first name
static const char *const publishes[] = {"mood"};
#elif defined(HERALD_SURE)
static const char *const publishes[] = {"direction"};
#elif defined(HERALD_TWIN) // evil.crotrqg has the number of herald.trend
static const char *const publishes[] = {"crotrqg"};
#else
static const char *const publishes[] = {"trend", "mood"};
#endif
static const struct agon_descriptor descriptor = {
    .size = sizeof(descriptor),
    .caps = AGON_ADOPTS_ORDERS | AGON_STATELESS,
    .kind = AGON_STRATEGY,
    .n_params = 2,
    .id = "org.agon.test.herald",
    .name = "herald",
    .vendor = "Agon",
    .version = "1.0.0",
    .summary = "publishes a number",
    .params = params,
    .requires_ext = requires_ext,
    .n_requires = sizeof(requires_ext) / sizeof(requires_ext[0]),
    .budget_ns = 100000,
    .event_mask = AGON_ON(AGON_EVENT_TOP10),
    .arena_bytes = 4096,
    .publishes = publishes,
    .n_publishes = sizeof(publishes) / sizeof(publishes[0]),
};
static const struct agon_descriptor *const descriptors[] = {&descriptor};

AGON_NOTE("org.agon.test.herald", "1.0.0");
AGON_EXPORT const struct agon_entry agon_plugin = {
    .size = sizeof(struct agon_entry),
    .abi_major = AGON_ABI_MAJOR,
    .abi_minor = AGON_ABI_MINOR,
    .n_plugins = 1,
    .plugins = descriptors,
    .create = create,
};
