// SPDX-License-Identifier: Apache-2.0
/* busy: wants a little of everything (limit, market, replace, cancel, quotes, two legs, timers),
 * drawn by the host's own random numbers, so that two runs of it are equal exactly when everything
 * below them is. For tests of parity. */
#include <stdio.h>

#include <agon/agon.h>

enum { EVERY = 1, SCALE = 2 };

struct state {
    int64_t held_qty[8];
    uint64_t next_ref, last_ref, n_events;
};
struct busy {
    const struct agon_host *host;
    const struct agon_host_orders *orders;
    const struct agon_host_rng *rng;
    const struct agon_host_clock *clock;
    const struct agon_host_book *book;
    const struct agon_host_param *params;
    const struct agon_host_history *history; /* may be NULL */
    const struct agon_host_log *log;         /* may be NULL */
    const struct agon_host_metric *metric;   /* may be NULL */
    int64_t every, scale;
    struct state state;
};

// Bars of the first instrument before the first event; -1: not one behind the other.
static int history_of(const struct busy *self, uint32_t length_s)
{
    static struct agon_bar bars[1024];
    int n = self->history ? self->history->bars(self->host, 1, length_s, bars, 1024) : 0;

    for (int i = 1; i < n; i++) {
        if (bars[i].t_open <= bars[i - 1].t_open)
            return -1;
    }
    return n;
}

static int on_start(void *plugin, uint32_t reason)
{
    struct busy *self = plugin;
    char text[64];

    snprintf(text, sizeof(text), "start %u: %d minutes, %d fives", reason, history_of(self, 60),
             history_of(self, 300));
    if (self->log)
        self->log->line(self->host, AGON_INFO, text);
    self->params->integer(self->host, EVERY, &self->every);
    self->params->integer(self->host, SCALE, &self->scale);
    if (reason != AGON_START_FRESH)
        return AGON_OK; // the timer is the slot's
    return self->clock->arm(self->host, self->clock->now(self->host) + 1000000000, 7000000000, 1) >
                   0
               ? AGON_OK
               : AGON_EINVAL;
}

static int submit(struct busy *self, const struct agon_intent *intent, uint32_t n)
{
    int rc = self->orders->submit(self->host, intent, n);

    return rc == AGON_EAGAIN ? AGON_OK : rc;
}

static int act(struct busy *self, const struct agon_top10 *top)
{
    uint64_t draw = self->rng->u64(self->host, 1);
    agon_instrument_t id = top->hdr.instrument;
    agon_px_t bid_px = top->bid[0].px;
    agon_px_t ask_px = top->ask[0].px;
    agon_qty_t qty = ((agon_qty_t)(draw >> 8 & 1023) + 100) * self->scale;
    agon_px_t off_px = (agon_px_t)(draw >> 20 & 255);
    struct agon_intent intent = {.kind = AGON_INTENT_ORDER,
                                 .side = (draw & 16) != 0 ? AGON_SELL : AGON_BUY,
                                 .type = AGON_LIMIT,
                                 .instrument = id,
                                 .reason =
                                     (uint16_t)(1 + (draw >> 50) % 3), // of 3 there is no name
                                 .qty = qty};

    if (top->n_bid == 0 || top->n_ask == 0 || id >= 8)
        return AGON_OK;
    if (intent.side == AGON_SELL && self->state.held_qty[id] < qty)
        intent.side = AGON_BUY;
    switch (draw & 7) {
    case 0:
    case 1:
        intent.px = intent.side == AGON_BUY ? bid_px - off_px : ask_px + off_px;
        intent.client_ref = ++self->state.next_ref;
        self->state.last_ref = intent.client_ref;
        return submit(self, &intent, 1);
    case 2:
        intent.type = AGON_MARKET;
        intent.client_ref = ++self->state.next_ref;
        return submit(self, &intent, 1);
    case 3:
        intent.kind = AGON_INTENT_REPLACE;
        intent.client_ref = self->state.last_ref;
        intent.px = bid_px - off_px;
        return intent.client_ref != 0 ? submit(self, &intent, 1) : AGON_OK;
    case 4:
        intent.kind = AGON_INTENT_CANCEL;
        intent.client_ref = self->state.last_ref;
        return intent.client_ref != 0 ? submit(self, &intent, 1) : AGON_OK;
    case 5:
        intent.kind = AGON_INTENT_QUOTE;
        intent.side = AGON_BUY;
        intent.px = bid_px - 2 * off_px - 1;
        return submit(self, &intent, 1);
    case 6: {
        struct agon_intent legs[2] = {intent, intent};

        legs[0].side = legs[1].side = AGON_BUY;
        legs[0].px = bid_px - 300 - off_px;
        legs[1].px = bid_px - 400 - off_px;
        legs[0].client_ref = ++self->state.next_ref;
        legs[1].client_ref = ++self->state.next_ref;
        return submit(self, legs, 2);
    }
    default:
        intent.kind = AGON_INTENT_CANCEL_ALL;
        return (draw >> 40 & 3) == 0 ? submit(self, &intent, 1) : AGON_OK;
    }
}

static int on_top10(void *plugin, const struct agon_top10 *top)
{
    struct busy *self = plugin;

    if (self->metric)
        self->metric->counter(self->host, 0, 1);
    if (self->metric && top->n_bid > 0) // of the first instrument
        self->metric->price(self->host, 1, top->hdr.instrument, "bid", (double)top->bid[0].px);
    if (++self->state.n_events % (uint64_t)self->every != 0)
        return AGON_OK;
    return act(self, top);
}

static int on_timer(void *plugin, const struct agon_timer *timer)
{
    struct busy *self = plugin;
    struct agon_top10 top;

    (void)timer;
    for (agon_instrument_t id = 1; id < 8; id++) {
        if (self->book->top(self->host, id, &top) == AGON_OK)
            return act(self, &top);
    }
    return AGON_OK;
}

static int on_fill(void *plugin, const struct agon_fill *fill)
{
    struct busy *self = plugin;

    if (fill->hdr.instrument < 8)
        self->state.held_qty[fill->hdr.instrument] = fill->position_qty;
    return AGON_OK;
}

static const struct agon_handlers handlers = {
    .on_top10 = on_top10, .on_timer = on_timer, .on_fill = on_fill};

static int on_event(void *plugin, const struct agon_event_hdr *event, uint64_t nth)
{
    (void)nth;
    return agon_dispatch(&handlers, plugin, event);
}

static int save_state(void *plugin, struct agon_out *out)
{
    return agon_write(out, &((struct busy *)plugin)->state, sizeof(struct state));
}

static int load_state(void *plugin, struct agon_in *in, uint32_t schema)
{
    struct state state;
    int rc = schema == 1 ? agon_read(in, &state, sizeof(state)) : AGON_EVERSION;

    if (rc >= 0)
        ((struct busy *)plugin)->state = state;
    return rc;
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
    struct busy *self;

    if (index != 0 || arena == NULL)
        return AGON_EINVAL;
    self = arena->take(host, sizeof(*self), 8);
    if (self == NULL)
        return AGON_ENOMEM;
    self->host = host;
    self->orders = host->get_extension(host, AGON_EXT_ORDERS);
    self->rng = host->get_extension(host, AGON_EXT_RNG);
    self->clock = host->get_extension(host, AGON_EXT_CLOCK);
    self->book = host->get_extension(host, AGON_EXT_BOOK);
    self->params = host->get_extension(host, AGON_EXT_PARAM);
    self->history = host->get_extension(host, AGON_EXT_HISTORY);
    self->log = host->get_extension(host, AGON_EXT_LOG);
    self->metric = host->get_extension(host, AGON_EXT_METRIC);
    if (self->orders == NULL || self->rng == NULL || self->clock == NULL || self->book == NULL ||
        self->params == NULL)
        return AGON_ENOTSUP;
    return agon_agent_set(agent, &(struct agon_agent){.size = sizeof(struct agon_agent),
                                                      .self = self,
                                                      .on_start = on_start,
                                                      .on_event = on_event,
                                                      .save_state = save_state,
                                                      .load_state = load_state,
                                                      .on_stop = on_stop,
                                                      .destroy = destroy});
}

static const struct agon_param every = {.size = sizeof(every),
                                        .id = EVERY,
                                        .type = AGON_INTEGER,
                                        .min = 1,
                                        .max = 1000000,
                                        .def = 20,
                                        .name = "every",
                                        .unit = "events",
                                        .doc = "acts on each n-th book"};
static const struct agon_param scale = {.size = sizeof(scale),
                                        .id = SCALE,
                                        .type = AGON_INTEGER,
                                        .min = 1,
                                        .max = 1000000,
                                        .def = 1,
                                        .name = "scale",
                                        .doc = "quantities are so many times as large"};
static const struct agon_param *const params[] = {&every, &scale};
static const char *const requires_ext[] = {AGON_EXT_ORDERS, AGON_EXT_RNG,   AGON_EXT_CLOCK,
                                           AGON_EXT_BOOK,   AGON_EXT_PARAM, AGON_EXT_ARENA};
#ifndef BUSY_TAGS
#define BUSY_TAGS "odd_look", "even_look"
#endif
static const char *const tags[] = {BUSY_TAGS};
static const struct agon_descriptor descriptor = {
    .size = sizeof(descriptor),
    .tags = tags,
    .n_tags = sizeof(tags) / sizeof(tags[0]),
    .kind = AGON_STRATEGY,
    .n_params = 2,
    .id = "org.agon.test.busy",
    .name = "busy",
    .vendor = "Agon",
    .version = "1.0.0",
    .summary = "a little of everything",
    .params = params,
    .requires_ext = requires_ext,
    .n_requires = sizeof(requires_ext) / sizeof(requires_ext[0]),
    .state_schema = 1,
    .state_schema_oldest = 1,
    .budget_ns = 2000,
    .event_mask = AGON_ON(AGON_EVENT_TOP10) | AGON_ON(AGON_EVENT_TIMER) | AGON_ON(AGON_EVENT_FILL),
    .arena_bytes = 65536,
};
static const struct agon_descriptor *const descriptors[] = {&descriptor};

AGON_NOTE("org.agon.test.busy", "1.0.0");
AGON_EXPORT const struct agon_entry agon_plugin = {
    .size = sizeof(struct agon_entry),
    .abi_major = AGON_ABI_MAJOR,
    .abi_minor = AGON_ABI_MINOR,
    .n_plugins = 1,
    .plugins = descriptors,
    .create = create,
};
