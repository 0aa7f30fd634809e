// SPDX-License-Identifier: Apache-2.0
/* stander: holds a little of each of its instruments and has so many orders standing below the
 * market in each, and places again what is missing. What a stop has to end. For tests. */
#include <string.h>

#include <agon/agon.h>

enum { ORDERS = 1, ROOM = 512, INSTRUMENTS = 16 };

struct stander {
    const struct agon_host *host;
    const struct agon_host_orders *orders;
    const struct agon_host_instrument *instruments;
    const struct agon_host_param *params;
    int64_t n_orders;
    uint64_t next_ref;
    agon_qty_t held_qty[INSTRUMENTS];
    struct agon_order open[ROOM];
};

static int on_start(void *plugin, uint32_t reason)
{
    struct stander *self = plugin;

    (void)reason;
    return self->params->integer(self->host, ORDERS, &self->n_orders);
}

static int64_t power(int exp)
{
    int64_t value = 1;

    while (exp-- > 0)
        value *= 10;
    return value;
}

// So much that any market takes it: 160 of the quote, in whole lots, upwards.
static agon_qty_t quantity(const struct agon_instrument *at, agon_px_t px)
{
    double units = 160.0 * (double)power(at->px_exp) * (double)power(at->qty_exp) / (double)px;

    return ((agon_qty_t)units / at->lot_qty + 1) * at->lot_qty;
}

static int n_standing(struct stander *self, agon_instrument_t instrument, int *is_buying)
{
    int n = self->orders->open_orders(self->host, self->open, ROOM);
    int n_here = 0;

    for (int i = 0; i < n && i < ROOM; i++) {
        if (self->open[i].hdr.instrument != instrument)
            continue;
        if (self->open[i].type == AGON_MARKET)
            *is_buying = 1;
        else
            n_here++;
    }
    return n_here;
}

static int on_top(struct stander *self, const struct agon_top10 *top)
{
    struct agon_intent intent = {.kind = AGON_INTENT_ORDER, .side = AGON_BUY};
    struct agon_instrument at;
    agon_px_t px = top->bid[0].px;
    int is_buying = 0;
    int n;

    if (top->n_bid == 0 || top->n_ask == 0 || top->hdr.instrument >= INSTRUMENTS ||
        self->instruments->get(self->host, top->hdr.instrument, &at) < 0)
        return AGON_OK;
    n = n_standing(self, top->hdr.instrument, &is_buying);
    intent.instrument = top->hdr.instrument;
    intent.client_ref = ++self->next_ref;
    intent.qty = quantity(&at, px);
    if (self->held_qty[top->hdr.instrument] == 0 && !is_buying) {
        intent.type = AGON_MARKET;
    } else if (n < self->n_orders) {
        intent.type = AGON_LIMIT;
        px -= px / 25 + px / 5000 * (agon_px_t)(self->next_ref % 100);
        intent.px = px / at.tick_px * at.tick_px;
        intent.qty = quantity(&at, intent.px);
    } else {
        return AGON_OK;
    }
    (void)self->orders->submit(self->host, &intent, 1);
    return AGON_OK;
}

static int on_event(void *plugin, const struct agon_event_hdr *event, uint64_t nth)
{
    struct stander *self = plugin;
    const struct agon_position *position = (const struct agon_position *)(const void *)event;

    (void)nth;
    if (event->type == AGON_EVENT_TOP10)
        return on_top(self, (const struct agon_top10 *)(const void *)event);
    if (event->type == AGON_EVENT_PARAM)
        self->n_orders = ((const struct agon_param_change *)(const void *)event)->integer;
    if (event->type == AGON_EVENT_POSITION && event->instrument < INSTRUMENTS)
        self->held_qty[event->instrument] = position->qty;
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
    struct stander *self;

    if (index != 0 || arena == NULL)
        return AGON_EINVAL;
    self = arena->take(host, sizeof(*self), 8);
    if (self == NULL)
        return AGON_ENOMEM;
    memset(self, 0, sizeof(*self));
    self->host = host;
    self->orders = host->get_extension(host, AGON_EXT_ORDERS);
    self->params = host->get_extension(host, AGON_EXT_PARAM);
    self->instruments = host->get_extension(host, AGON_EXT_INSTRUMENT);
    if (self->orders == NULL || self->params == NULL || self->instruments == NULL)
        return AGON_ENOTSUP;
    return agon_agent_set(agent, &(struct agon_agent){.size = sizeof(struct agon_agent),
                                                      .self = self,
                                                      .on_start = on_start,
                                                      .on_event = on_event,
                                                      .on_stop = on_stop,
                                                      .destroy = destroy});
}

static const struct agon_param n_orders = {.size = sizeof(n_orders),
                                           .id = ORDERS,
                                           .flags = AGON_PARAM_LIVE,
                                           .type = AGON_INTEGER,
                                           .min = 0,
                                           .max = 100,
                                           .def = 25,
                                           .name = "orders",
                                           .unit = "orders",
                                           .doc = "standing in each instrument"};
static const struct agon_param *const params[] = {&n_orders};
static const char *const requires_ext[] = {AGON_EXT_ORDERS, AGON_EXT_PARAM, AGON_EXT_ARENA,
                                           AGON_EXT_INSTRUMENT};
static const struct agon_descriptor descriptor = {
    .size = sizeof(descriptor),
    .kind = AGON_STRATEGY,
    .n_params = 1,
    .id = "org.agon.test.stander",
    .name = "stander",
    .vendor = "Agon",
    .version = "1.0.0",
    .summary = "holds and stands",
    .params = params,
    .requires_ext = requires_ext,
    .n_requires = sizeof(requires_ext) / sizeof(requires_ext[0]),
    .budget_ns = 100000,
    .event_mask = AGON_ON(AGON_EVENT_TOP10) | AGON_ON(AGON_EVENT_POSITION),
    .arena_bytes = 131072,
};
static const struct agon_descriptor *const descriptors[] = {&descriptor};

AGON_NOTE("org.agon.test.stander", "1.0.0");
AGON_EXPORT const struct agon_entry agon_plugin = {
    .size = sizeof(struct agon_entry),
    .abi_major = AGON_ABI_MAJOR,
    .abi_minor = AGON_ABI_MINOR,
    .n_plugins = 1,
    .plugins = descriptors,
    .create = create,
};
