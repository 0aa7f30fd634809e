// SPDX-License-Identifier: Apache-2.0
/* leak: looks for what an assumed market gives away, eleven ways by the parameter `seek`. Most of
 * them learn: what they see is put into a bucket, each bucket remembers what the price did from
 * there to the next bar's open, and one that has paid for a while is bought, until that open. Long
 * or flat, so that a spot market will do. On data in which nothing can be won, whoever wins has
 * found a leak. */
#include <agon/agon.h>
#include <agon/ext/exit.h>

enum { P_SEEK = 1, P_LENGTH, P_DIGITS, P_ON };
enum seek {
    FIRST_LEG = 0,      /* where the bar goes first */
    SECOND_EXTREME = 1, /* and where it turns */
    DEPTH = 2,          /* a book as deep as the bar will be busy: how far it will go */
    TRADED_SIZE = 3,    /* the same of the first trade */
    DECIMALS = 4,       /* exponents as fine as some later row needs */
    BAR_COUNT = 5,      /* how many events a bar has had */
    TIMER = 6,          /* the price as of sixths of the bar */
    FILL = 7,           /* when inside the bar an own order was filled */
    REVISED = 8,        /* a closed bar that says other than what was seen of it */
    NEIGHBOUR = 9,      /* another instrument, stamped later, has moved already */
    BRACKET = 10        /* a path that is kinder to stops and targets than prices are */
};

#define SECOND_NS ((agon_ns_t)1000000000)
#define BUCKETS   32
#define NOTIONAL  10000 /* of each position, in the quote */
#define REF_FILL  2     /* of a resting order, by its remainder; 1: of a market order */
#define KINDS     4
#define NEXT      2  /* the instrument beside the first */
#define LEARNT    20 /* so often seen before it is believed */

struct bucket {
    double n, sum, squares;
};
struct state {
    struct bucket buckets[BUCKETS];
    double n, sx, sy, sxx, sxy; /* how far a bar went, by what was seen at its open */
    double pending[BUCKETS];    /* price at which it was seen in this bar; 0: not yet */
    double px, open_px, other_px, other_open_px, high_px, low_px, last_px, spread_px, seen,
        close_px, offer_px;
    double prev_px, prev_other_px;       /* where both stood when the bar before began */
    uint64_t working, resting, next_ref; /* client_refs; 0: none */
    agon_ns_t bar;
    agon_qty_t held_qty;
    uint32_t count, n_trades, has_timer, is_done;
    uint32_t revised, pad; /* what the last closed bar was, to be looked at where the next opens */
};
struct leak {
    const struct agon_host *host;
    const struct agon_host_orders *orders;
    const struct agon_host_exit *exits; /* may be NULL */
    const struct agon_host_param *params;
    const struct agon_host_clock *clock;
    const struct agon_host_instrument *instruments;
    struct agon_instrument instrument;
    int64_t seek, length_s, digits;
    agon_instrument_t on; /* it trades this one: where several rest orders, each has one alone */
    struct state state;
};

static agon_qty_t quantity(const struct leak *self, double px)
{
    double units = (double)NOTIONAL / px;

    for (int i = 0; i < self->instrument.px_exp + self->instrument.qty_exp; i++)
        units *= 10.0;
    return (agon_qty_t)units;
}

static void submit(struct leak *self, uint8_t side, agon_qty_t qty, double limit_px)
{
    struct state *state = &self->state;
    struct agon_intent intent = {.kind = AGON_INTENT_ORDER,
                                 .side = side,
                                 .type = limit_px > 0 ? AGON_LIMIT : AGON_MARKET,
                                 .instrument = self->on,
                                 .client_ref =
                                     (++state->next_ref) * KINDS + (limit_px > 0 ? REF_FILL : 1),
                                 .qty = qty};

    if (limit_px > 0)
        intent.px = (agon_px_t)limit_px / self->instrument.tick_px * self->instrument.tick_px;
    if (qty <= 0 || (limit_px > 0 && intent.px <= 0) ||
        self->orders->submit(self->host, &intent, 1) < 0)
        return;
    if (limit_px > 0)
        state->resting = intent.client_ref;
    else
        state->working = intent.client_ref;
}

static void cancel(struct leak *self)
{
    struct agon_intent intent = {
        .kind = AGON_INTENT_CANCEL, .instrument = self->on, .client_ref = self->state.resting};

    if (self->state.resting != 0)
        (void)self->orders->submit(self->host, &intent, 1);
}

static void buy(struct leak *self)
{
    if (self->state.working == 0 && self->state.held_qty <= 0)
        submit(self, AGON_BUY, quantity(self, self->state.px), 0);
}

static int pays(const struct leak *self, const struct bucket *bucket)
{
    double mean = bucket->n > 0 ? bucket->sum / bucket->n : 0;
    double variance = bucket->n > 1 ? bucket->squares / bucket->n - mean * mean : 0;

    return bucket->n >= LEARNT && mean > self->state.spread_px &&
           mean * mean * bucket->n > 4.0 * variance;
}

static void observe(struct leak *self, uint32_t which)
{
    if (which >= BUCKETS || self->state.px <= 0)
        return;
    if (self->state.pending[which] == 0)
        self->state.pending[which] = self->state.px;
    if (pays(self, &self->state.buckets[which]))
        buy(self);
}

/* An entry at market or below it, with a stop and a target: near and far, far and near, a stop that
 * follows. Some of them would win on each path that gives the entry its better side. */
static void bracket(struct leak *self, double range)
{
    struct state *state = &self->state;
    double px = state->close_px - (state->next_ref % 2 == 0 ? 0 : range / 2);
    double stop = state->next_ref % 3 == 0 ? range : range / 3;
    struct agon_exit_plan plan = {.instrument = self->on,
                                  .side = AGON_BUY,
                                  .client_ref = 1,
                                  .take_px = {(agon_px_t)(px + 4 * range / 3 - stop)}};

    if (self->exits == NULL || state->held_qty > 0 || state->working != 0 || range < 3)
        return;
    cancel(self);
    if (state->resting != 0)
        return; // its end comes first
    if (state->next_ref % 5 == 0)
        plan.trail_px = (agon_px_t)stop;
    else
        plan.stop_px = (agon_px_t)(px - stop);
    submit(self, AGON_BUY, quantity(self, px), state->next_ref % 2 == 0 ? 0 : px);
    (void)self->exits->set(self->host, &plan);
}

static uint32_t sign_of(double a, double b)
{
    return a > b ? 2 : a < b ? 0 : 1;
}

/* A limit so far below the open that a bar which goes as far as it seems to will turn there. It
 * waits for the end of what it wanted in the bar before. */
static void offer(struct leak *self)
{
    struct state *state = &self->state;
    double px = state->open_px - state->offer_px;

    if (state->offer_px <= 0 || state->held_qty > 0 || state->resting != 0 || state->working != 0 ||
        px >= state->px)
        return;
    state->offer_px = 0;
    submit(self, AGON_BUY, quantity(self, state->px), px);
}

/* The first that is seen of a bar tells how far it will go. */
static void rest(struct leak *self, double seen)
{
    struct state *state = &self->state;
    double slope, range;

    if (state->seen != 0 || seen <= 0)
        return;
    state->seen = seen;
    if (state->n < LEARNT || state->n * state->sxx <= state->sx * state->sx)
        return;
    slope = (state->n * state->sxy - state->sx * state->sy) /
            (state->n * state->sxx - state->sx * state->sx);
    range = state->sy / state->n + slope * (seen - state->sx / state->n);
    state->offer_px = 0.9 * range;
    offer(self);
}

static void learn_range(struct state *state, double range)
{
    if (state->seen <= 0 || range <= 0)
        return;
    state->n += 1;
    state->sx += state->seen;
    state->sy += range;
    state->sxx += state->seen * state->seen;
    state->sxy += state->seen * range;
}

/* The first that is heard of a bar. */
static void turn(struct leak *self, agon_ns_t t)
{
    struct state *state = &self->state;

    for (uint32_t i = 0; i < BUCKETS; i++) {
        double move = state->px - state->pending[i];

        if (state->pending[i] == 0)
            continue;
        state->buckets[i].n += 1;
        state->buckets[i].sum += move;
        state->buckets[i].squares += move * move;
        state->pending[i] = 0;
    }
    learn_range(state, state->high_px - state->low_px);
    if (state->held_qty > 0 && state->working == 0 && self->seek != DECIMALS &&
        self->seek != BRACKET)
        submit(self, AGON_SELL, state->held_qty, 0);
    cancel(self);
    state->bar = t;
    state->count = state->n_trades = 0;
    state->seen = state->offer_px = 0;
    state->prev_px = state->open_px;
    state->prev_other_px = state->other_open_px;
    state->open_px = state->high_px = state->low_px = state->px;
    state->other_open_px = state->other_px;
    if (self->seek == TIMER && !state->has_timer) {
        agon_ns_t length = self->length_s * SECOND_NS;

        state->has_timer =
            self->clock->arm(self->host, (t + 1) * length + length / 6, length / 6, 1) > 0;
    }
    if (self->seek == FILL && state->resting == 0 && state->held_qty <= 0 && state->count == 0)
        submit(self, AGON_BUY, quantity(self, state->px), state->px - 2.0 * state->spread_px);
    if (self->seek == DECIMALS && !state->is_done) {
        state->is_done = 1;
        if (self->instrument.qty_exp < self->digits)
            buy(self);
    }
}

/* The same of what was told twice, the second time without the spread around it. */
static uint32_t unlike(double a, double b, double by)
{
    return a > b + by ? 2 : a < b - by ? 0 : 1;
}

/* Has the other one gone further than this one, since both stood so? */
static uint32_t is_ahead(const struct state *state, double px, double from_px, double other_from_px)
{
    return 3 * sign_of(px, from_px) + sign_of(state->other_px * from_px, px * other_from_px);
}

/* Whatever has a price, of the instrument that is traded. */
static void hear(struct leak *self, const struct agon_event_hdr *event, double px)
{
    struct state *state = &self->state;
    agon_ns_t bar = event->t / (self->length_s * SECOND_NS);

    if (px <= 0)
        return;
    state->last_px = state->px;
    state->px = px;
    if (bar != state->bar)
        turn(self, bar);
    state->count++;
    state->high_px = px > state->high_px ? px : state->high_px;
    state->low_px = px < state->low_px ? px : state->low_px;
    if (self->seek == BAR_COUNT)
        observe(self, (state->count < 10 ? state->count : 9) * 3 + sign_of(px, state->last_px));
    if (self->seek == NEIGHBOUR && state->other_open_px > 0)
        observe(self, is_ahead(state, px, state->open_px, state->other_open_px));
    // Where nothing more is heard of the bar: since the one before began.
    if (self->seek == NEIGHBOUR && state->count == 1 && state->prev_other_px > 0)
        observe(self, 9 + is_ahead(state, px, state->prev_px, state->prev_other_px));
    if (self->seek == REVISED && state->count == 1 && state->revised > 0)
        observe(self, state->revised - 1);
}

static int on_book(struct leak *self, const struct agon_event_hdr *event, double bid, double ask,
                   double depth)
{
    if (bid <= 0 || ask <= 0)
        return AGON_OK;
    if (event->instrument == NEXT)
        self->state.other_px = (bid + ask) / 2;
    if (event->instrument != self->on)
        return AGON_OK;
    self->state.spread_px = ask - bid;
    hear(self, event, (bid + ask) / 2);
    if (self->seek == DEPTH)
        rest(self, depth);
    return AGON_OK;
}

static int on_quote(void *plugin, const struct agon_quote *quote)
{
    return on_book(plugin, &quote->hdr, (double)quote->bid_px, (double)quote->ask_px,
                   (double)quote->bid_qty);
}

static int on_top10(void *plugin, const struct agon_top10 *top)
{
    if (top->n_bid == 0 || top->n_ask == 0)
        return AGON_OK;
    return on_book(plugin, &top->hdr, (double)top->bid[0].px, (double)top->ask[0].px,
                   (double)top->bid[0].qty);
}

static int on_trade(void *plugin, const struct agon_trade *trade)
{
    struct leak *self = plugin;
    struct state *state = &self->state;
    double before = state->px;

    if (trade->hdr.instrument == NEXT)
        state->other_px = (double)trade->px;
    if (trade->hdr.instrument != self->on)
        return AGON_OK;
    hear(self, &trade->hdr, (double)trade->px);
    state->n_trades++;
    if (self->seek == FIRST_LEG && state->n_trades == 2)
        observe(self, sign_of((double)trade->px, state->open_px));
    if (self->seek == SECOND_EXTREME && state->n_trades == 3)
        observe(self, sign_of((double)trade->px, before) * 3 +
                          sign_of((double)trade->px, state->open_px));
    if (self->seek == TRADED_SIZE)
        rest(self, (double)trade->qty);
    return AGON_OK;
}

static int on_bar(void *plugin, const struct agon_bar *bar)
{
    struct leak *self = plugin;
    struct state *state = &self->state;

    if (bar->hdr.instrument == NEXT)
        state->other_px = (double)bar->close_px;
    if (bar->hdr.instrument != self->on || bar->length_s != self->length_s)
        return AGON_OK;
    // It acts where the next one opens: that is the next price that it would have.
    state->revised = 1 + sign_of((double)bar->close_px, state->px) * 3 +
                     unlike((double)bar->open_px, state->open_px, state->spread_px);
    state->close_px = (double)bar->close_px;
    if (self->seek == BRACKET)
        bracket(self, (double)(bar->high_px - bar->low_px));
    // Where nothing is heard inside a bar, it tells its range itself.
    if (bar->t_open / (self->length_s * SECOND_NS) == state->bar && state->open_px > 0) {
        state->high_px = (double)bar->high_px;
        state->low_px = (double)bar->low_px;
    }
    return AGON_OK;
}

static int on_timer(void *plugin, const struct agon_timer *timer)
{
    struct leak *self = plugin;
    agon_ns_t length = self->length_s * SECOND_NS;
    uint32_t part = (uint32_t)(timer->hdr.t % length / (length / 6));

    if (part > 0)
        observe(self, part * 3 + sign_of(self->state.px, self->state.open_px));
    return AGON_OK;
}

static int on_order(void *plugin, const struct agon_order *order)
{
    struct leak *self = plugin;
    struct state *state = &self->state;

    if (!agon_is_final(order))
        return AGON_OK;
    if (order->client_ref == state->working)
        state->working = 0;
    if (order->client_ref == state->resting)
        state->resting = 0;
    if (order->hdr.t / (self->length_s * SECOND_NS) == state->bar)
        offer(self);
    return AGON_OK;
}

static int on_fill(void *plugin, const struct agon_fill *fill)
{
    struct leak *self = plugin;
    struct state *state = &self->state;
    agon_ns_t length = self->length_s * SECOND_NS;
    uint32_t part = (uint32_t)(fill->hdr.t % length * 6 / length);
    double px = state->px;

    if (fill->hdr.instrument != self->on)
        return AGON_OK;
    state->held_qty = fill->position_qty;
    if (self->seek != FILL || fill->client_ref % KINDS != REF_FILL)
        return AGON_OK;
    // What it was filled at is what the market is at.
    state->px = (double)fill->px;
    observe(self, part);
    // Keep it where that pays, be rid of it where it does not.
    if (!pays(self, &state->buckets[part]) && state->working == 0)
        submit(self, AGON_SELL, state->held_qty, 0);
    state->px = px;
    return AGON_OK;
}

static const struct agon_handlers handlers = {.on_quote = on_quote,
                                              .on_top10 = on_top10,
                                              .on_trade = on_trade,
                                              .on_bar = on_bar,
                                              .on_timer = on_timer,
                                              .on_order = on_order,
                                              .on_fill = on_fill};

static int on_event(void *plugin, const struct agon_event_hdr *event, uint64_t nth)
{
    (void)nth;
    return agon_dispatch(&handlers, plugin, event);
}

static int on_start(void *plugin, uint32_t reason)
{
    struct leak *self = plugin;
    int64_t on = 1;

    (void)reason;
    self->params->integer(self->host, P_SEEK, &self->seek);
    self->params->integer(self->host, P_LENGTH, &self->length_s);
    self->params->integer(self->host, P_DIGITS, &self->digits);
    self->params->integer(self->host, P_ON, &on);
    self->on = (agon_instrument_t)on;
    return self->instruments->get(self->host, self->on, &self->instrument);
}

static int save_state(void *plugin, struct agon_out *out)
{
    return agon_write(out, &((struct leak *)plugin)->state, sizeof(struct state));
}

static int load_state(void *plugin, struct agon_in *in, uint32_t schema)
{
    struct state state;
    int rc = schema == 1 ? agon_read(in, &state, sizeof(state)) : AGON_EVERSION;

    if (rc >= 0)
        ((struct leak *)plugin)->state = state;
    return rc;
}

static void destroy(void *plugin)
{
    (void)plugin; // the arena is the host's
}

static int create(const struct agon_host *host, uint32_t index, struct agon_agent *agent)
{
    const struct agon_host_arena *arena = host->get_extension(host, AGON_EXT_ARENA);
    struct leak *self;

    if (index != 0 || arena == NULL)
        return AGON_EINVAL;
    self = arena->take(host, sizeof(*self), 8);
    if (self == NULL)
        return AGON_ENOMEM;
    self->host = host;
    self->orders = host->get_extension(host, AGON_EXT_ORDERS);
    self->exits = host->get_extension(host, AGON_EXT_EXIT);
    self->params = host->get_extension(host, AGON_EXT_PARAM);
    self->clock = host->get_extension(host, AGON_EXT_CLOCK);
    self->instruments = host->get_extension(host, AGON_EXT_INSTRUMENT);
    if (self->orders == NULL || self->params == NULL || self->clock == NULL ||
        self->instruments == NULL)
        return AGON_ENOTSUP;
    return agon_agent_set(agent, &(struct agon_agent){.size = sizeof(struct agon_agent),
                                                      .self = self,
                                                      .on_start = on_start,
                                                      .on_event = on_event,
                                                      .save_state = save_state,
                                                      .load_state = load_state,
                                                      .destroy = destroy});
}

AGON_CHOOSE(seek, P_SEEK, 0, "",
            "first_leg|second_extreme|depth|traded_size|decimals|bar_count|timer|fill|revised|"
            "neighbour|bracket",
            "what it looks at");
AGON_NUMBER(length_s, P_LENGTH, AGON_INTEGER, AGON_PARAM_RESTART, 1, 86400, 60, 0, "s",
            "length of a bar");
AGON_NUMBER(digits, P_DIGITS, AGON_INTEGER, AGON_PARAM_RESTART, 0, 18, 4, 0, "",
            "of a quantity, that only low prices have");
AGON_NUMBER(on, P_ON, AGON_INTEGER, AGON_PARAM_RESTART, 1, 32, 1, 0, "",
            "number of the instrument that it trades");
static const struct agon_param *const params[] = {&seek, &length_s, &digits, &on};
static const char *const requires_ext[] = {AGON_EXT_ORDERS, AGON_EXT_PARAM, AGON_EXT_ARENA,
                                           AGON_EXT_CLOCK, AGON_EXT_INSTRUMENT};
static const struct agon_descriptor descriptor = {
    .size = sizeof(descriptor),
    .kind = AGON_STRATEGY,
    .n_params = 4,
    .id = "org.agon.test.leak",
    .name = "leak",
    .vendor = "Agon",
    .version = "1.0.0",
    .summary = "looks for what an assumed market gives away",
    .params = params,
    .requires_ext = requires_ext,
    .n_requires = sizeof(requires_ext) / sizeof(requires_ext[0]),
    .state_schema = 1,
    .state_schema_oldest = 1,
    .budget_ns = 5000,
    .event_mask = AGON_ON(AGON_EVENT_QUOTE) | AGON_ON(AGON_EVENT_TOP10) |
                  AGON_ON(AGON_EVENT_TRADE) | AGON_ON(AGON_EVENT_BAR) | AGON_ON(AGON_EVENT_TIMER) |
                  AGON_ON(AGON_EVENT_ORDER) | AGON_ON(AGON_EVENT_FILL),
    .arena_bytes = 65536,
};
static const struct agon_descriptor *const descriptors[] = {&descriptor};

AGON_NOTE("org.agon.test.leak", "1.0.0");
AGON_EXPORT const struct agon_entry agon_plugin = {
    .size = sizeof(struct agon_entry),
    .abi_major = AGON_ABI_MAJOR,
    .abi_minor = AGON_ABI_MINOR,
    .n_plugins = 1,
    .plugins = descriptors,
    .create = create,
};
