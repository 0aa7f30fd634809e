// SPDX-License-Identifier: Apache-2.0
/* seldom: wants something once in so many events, drawn from a hash over everything that it was
 * told so far, numbers of public events apart but for their order; that hash is a metric of its own
 * too. Two runs of it are equal exactly when it was told the same in the same order. For tests of
 * lock-step. */
#include <stddef.h>
#include <string.h>

#include <agon/agon.h>

enum { EVERY = 1, SEVEN_S = 7 };
#define TOLD "told"

struct seldom {
    const struct agon_host *host;
    const struct agon_host_orders *orders;
    const struct agon_host_clock *clock;
    const struct agon_host_instrument *instruments;
    const struct agon_host_param *params;
    const struct agon_host_metric *metric; /* may be NULL */
    int64_t every, held_qty[8];
    uint64_t told, last_seq, next_ref, limit_ref;
};

static int on_start(void *plugin, uint32_t reason)
{
    struct seldom *self = plugin;

    (void)reason;
    return self->params->integer(self->host, EVERY, &self->every);
}

static uint64_t fold(uint64_t hash, const unsigned char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ bytes[i]) * 0x100000001b3;
    return hash;
}

static void hear(struct seldom *self, const struct agon_event_hdr *event)
{
    const unsigned char *bytes = (const unsigned char *)event;
    size_t seq = offsetof(struct agon_event_hdr, seq), behind = seq + sizeof(event->seq);

    self->told = fold(self->told, bytes, seq) ^ (event->seq < self->last_seq);
    self->last_seq = event->seq;
    self->told = fold(self->told, bytes + behind, (size_t)event->granules * 64 - behind);
    if (self->metric != NULL)
        self->metric->gauge(self->host, 0, (double)(self->told >> 12));
}

static int act(struct seldom *self, agon_instrument_t id, agon_px_t px)
{
    uint64_t draw = self->told ^ self->told >> 29;
    struct agon_intent intent = {.kind = AGON_INTENT_ORDER, .type = AGON_MARKET, .instrument = id};
    struct agon_instrument at;
    double units;
    int rc;

    if (px <= 0 || id >= 8 || self->instruments->get(self->host, id, &at) < 0)
        return AGON_OK;
    units = 500.0;
    for (int i = 0; i < at.px_exp + at.qty_exp; i++)
        units *= 10.0;
    intent.qty = ((agon_qty_t)(units / (double)px) / at.lot_qty + 1) * at.lot_qty;
    intent.side = self->held_qty[id] > 0 ? AGON_SELL : AGON_BUY;
    if (intent.side == AGON_SELL)
        intent.qty = self->held_qty[id];
    intent.client_ref = ++self->next_ref;
    switch (draw >> 40 & 15) {
    case 0:
        return self->clock->arm(self->host, self->clock->now(self->host) + (agon_ns_t)3e8, 0,
                                SEVEN_S) > 0
                   ? AGON_OK
                   : AGON_EINVAL;
    case 1:
    case 2:
        if (self->limit_ref == 0) { // rests for a while
            intent.type = AGON_LIMIT;
            intent.px =
                (intent.side == AGON_BUY ? px - px / 500 : px + px / 500) / at.tick_px * at.tick_px;
            self->limit_ref = intent.client_ref;
            break;
        }
        intent = (struct agon_intent){.kind = AGON_INTENT_CANCEL, .client_ref = self->limit_ref};
        self->limit_ref = 0;
        break;
    default:
        break;
    }
    rc = self->orders->submit(self->host, &intent, 1);
    return rc == AGON_EAGAIN ? AGON_OK : rc;
}

static int on_event(void *plugin, const struct agon_event_hdr *event, uint64_t nth)
{
    struct seldom *self = plugin;
    const struct agon_fill *fill = (const void *)event;
    agon_px_t px = 0;

    (void)nth;
    hear(self, event);
    switch (event->type) {
    case AGON_EVENT_TRADE:
        px = ((const struct agon_trade *)(const void *)event)->px;
        break;
    case AGON_EVENT_QUOTE:
        px = ((const struct agon_quote *)(const void *)event)->bid_px;
        break;
    case AGON_EVENT_BAR:
        px = ((const struct agon_bar *)(const void *)event)->close_px;
        break;
    case AGON_EVENT_TOP10:
        px = ((const struct agon_top10 *)(const void *)event)->bid[0].px;
        break;
    case AGON_EVENT_FILL:
        if (event->instrument < 8)
            self->held_qty[event->instrument] = fill->position_qty;
        break;
    default:
        break;
    }
    return self->told % (uint64_t)self->every == 0 ? act(self, event->instrument, px) : AGON_OK;
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
    struct seldom *self;

    if (index != 0 || arena == NULL)
        return AGON_EINVAL;
    self = arena->take(host, sizeof(*self), 8);
    if (self == NULL)
        return AGON_ENOMEM;
    self->host = host;
    self->told = 0xcbf29ce484222325;
    self->orders = host->get_extension(host, AGON_EXT_ORDERS);
    self->clock = host->get_extension(host, AGON_EXT_CLOCK);
    self->instruments = host->get_extension(host, AGON_EXT_INSTRUMENT);
    self->params = host->get_extension(host, AGON_EXT_PARAM);
    self->metric = host->get_extension(host, AGON_EXT_METRIC);
    if (self->orders == NULL || self->clock == NULL || self->instruments == NULL ||
        self->params == NULL)
        return AGON_ENOTSUP;
    return agon_agent_set(agent, &(struct agon_agent){.size = sizeof(struct agon_agent),
                                                      .self = self,
                                                      .on_start = on_start,
                                                      .on_event = on_event,
                                                      .on_stop = on_stop,
                                                      .destroy = destroy});
}

static const struct agon_param every = {.size = sizeof(every),
                                        .id = EVERY,
                                        .type = AGON_INTEGER,
                                        .min = 1,
                                        .max = 1000000,
                                        .def = 100,
                                        .name = "every",
                                        .unit = "events",
                                        .doc = "wants something once in so many, drawn"};
static const struct agon_param *const params[] = {&every};
static const char *const requires_ext[] = {AGON_EXT_ORDERS, AGON_EXT_CLOCK, AGON_EXT_INSTRUMENT,
                                           AGON_EXT_PARAM, AGON_EXT_ARENA};
static const struct agon_descriptor descriptor = {
    .size = sizeof(descriptor),
    .caps = AGON_DETERMINISTIC | AGON_RUNS_AHEAD | AGON_STATELESS,
    .kind = AGON_STRATEGY,
    .n_params = 1,
    .id = "org.agon.test.seldom",
    .name = "seldom",
    .vendor = "Agon",
    .version = "1.0.0",
    .summary = "something once in a while",
    .params = params,
    .requires_ext = requires_ext,
    .n_requires = sizeof(requires_ext) / sizeof(requires_ext[0]),
    .budget_ns = 5000,
    .event_mask = AGON_ON(AGON_EVENT_TRADE) | AGON_ON(AGON_EVENT_QUOTE) | AGON_ON(AGON_EVENT_BAR) |
                  AGON_ON(AGON_EVENT_TOP10) | AGON_ON(AGON_EVENT_ORDER) | AGON_ON(AGON_EVENT_FILL) |
                  AGON_ON(AGON_EVENT_TIMER) | AGON_ON(AGON_EVENT_HALT) |
                  AGON_ON(AGON_EVENT_CAPITAL),
    .arena_bytes = 65536,
};
static const struct agon_descriptor *const descriptors[] = {&descriptor};

AGON_NOTE("org.agon.test.seldom", "1.0.0");
AGON_EXPORT const struct agon_entry agon_plugin = {
    .size = sizeof(struct agon_entry),
    .abi_major = AGON_ABI_MAJOR,
    .abi_minor = AGON_ABI_MINOR,
    .n_plugins = 1,
    .plugins = descriptors,
    .create = create,
};
