// SPDX-License-Identifier: Apache-2.0
/* grid: limit orders on a ladder below the price of a spot market. Each level buys at its rung and
 * sells what it bought one rung higher, again and again; the ladder moves up when all is sold and
 * the price has gone, and ends with a sale of everything when the price falls out at the bottom.
 *
 * What a level does is known by its own order's events, and what it holds by what the ledger's
 * position changed with its fills, so that fees taken from the base asset are counted. Quotes are
 * post-only. README.md says when it fails. */
#include <agon/strategy.h>

#define LEVELS_MAX 32
#define SECOND     ((agon_ns_t)1000000000)
#define REST_NS    (30 * SECOND) /* after a refusal, and after a request */

#define PARAMS(X)                                                                                  \
    X(INTEGER, levels, 1, "rungs of the ladder", "", AGON_TUNED, 1, 32, 8, 1)                      \
    X(REAL, step_bps, 2, "from rung to rung; above two maker fees, or a round trip loses", "bps",  \
      AGON_TUNED, 1, 250, 30, 5)                                                                   \
    X(REAL, size_pct, 3, "share of the free money that all rungs together may spend", "%",         \
      AGON_SET, 0.1, 95, 40, 1)                                                                    \
    X(INTEGER, follow_steps, 4,                                                                    \
      "the ladder moves up when the price is so many steps above it and all is sold", "",          \
      AGON_TUNED, 0, 100, 1, 1)                                                                    \
    X(INTEGER, stop_steps, 5, "sells everything so many steps below the last rung; 0: never", "",  \
      AGON_TUNED, 0, 1000, 4, 1)                                                                   \
    X(INTEGER, rest_s, 6, "no new ladder for so long after that", "s", AGON_TUNED, 0, 1000000,     \
      3600, 60)                                                                                    \
    X(TEXT, venue, 7, "of symbol; empty: binance")                                                 \
    X(TEXT, symbol, 8, "what to trade; empty: the first instrument whose book is seen")
enum phase { IDLE = 0, BUYING = 1, HOLDING = 2, SELLING = 3 };
enum reason { REASON_BUY = 1, REASON_SELL = 2, REASON_STOP = 3, REASON_FOLLOW = 4 };

struct level {
    uint64_t ref;        /* of its order */
    agon_qty_t held_qty; /* what it bought and has not sold */
    agon_ns_t t_rest;    /* no new order before */
    uint32_t phase;      /* enum phase */
    uint32_t is_asked;   /* its cancel is under way */
};
struct grid_state {      /* all that must survive a reload: fixed widths, no pointers, no padding */
    struct agon_leg leg; /* position and gate; its market order is the stop */
    double anchor_px;    /* where the ladder hangs; 0: none */
    agon_qty_t lot_qty;  /* of each level */
    uint64_t n_orders;   /* numbers the levels' orders */
    agon_ns_t t_rest;    /* no ladder before */
    uint32_t is_ending;  /* the stop: levels are cancelled and everything is sold */
    uint32_t pad;
    struct level level[LEVELS_MAX];
};
struct grid {
    struct agon_strategy base;
    PARAMS(AGON_FIELD)
    struct grid_state state;
};

static double rung(const struct grid *self, int64_t i)
{
    return self->state.anchor_px * (1.0 - (double)i * self->step_bps / 1e4);
}

/* Lots of what a level holds, 0 when they are too little to be sold at that price. */
static agon_qty_t sellable(const struct agon_instrument *instrument, agon_qty_t qty, double px,
                           int exp)
{
    double notional;

    if (qty <= 0)
        return 0;
    qty -= instrument->lot_qty > 1 ? qty % instrument->lot_qty : 0;
    notional =
        agon_to_double(qty, instrument->qty_exp) * px / (double)agon_pow10(instrument->px_exp);
    return qty < instrument->min_qty || notional < agon_to_double(instrument->min_notional_amt, exp)
               ? 0
               : qty;
}

/* Is the wish on its way? */
static int send(struct grid *self, struct level *level, uint8_t side, agon_qty_t qty, agon_px_t px,
                agon_ns_t t)
{
    struct grid_state *state = &self->state;
    // Its numbers are above those of the leg, which counts from instrument << 32.
    uint64_t ref = ((uint64_t)state->leg.instrument << 32) + 0x80000000u + state->n_orders + 1;
    struct agon_intent intent = {.kind = AGON_INTENT_ORDER,
                                 .side = side,
                                 .type = AGON_LIMIT,
                                 .flags = AGON_POST_ONLY,
                                 .instrument = state->leg.instrument,
                                 .reason = side == AGON_BUY ? REASON_BUY : REASON_SELL,
                                 .client_ref = ref,
                                 .px = px,
                                 .qty = qty};

    if (self->base.desk.orders->submit(self->base.desk.host, &intent, 1) < 0)
        return 0;
    state->n_orders = (state->n_orders + 1) & 0x3fffffff;
    level->ref = ref;
    level->phase = side == AGON_BUY ? BUYING : SELLING;
    level->is_asked = 0;
    level->t_rest = t;
    return 1;
}

/* Asks for the cancel of every working order of that phase; again after a while, should the first
 * have been refused. True when there is none left. */
static int clear(struct grid *self, uint32_t phase, agon_ns_t t)
{
    struct agon_intent intent = {.kind = AGON_INTENT_CANCEL,
                                 .instrument = self->state.leg.instrument,
                                 .reason = REASON_FOLLOW};
    int n = 0;

    for (int64_t i = 0; i < self->levels; i++) {
        struct level *level = &self->state.level[i];

        if (level->phase != phase)
            continue;
        n++;
        intent.client_ref = level->ref;
        if ((level->is_asked && t < level->t_rest + REST_NS) ||
            self->base.desk.orders->submit(self->base.desk.host, &intent, 1) < 0)
            continue;
        level->is_asked = 1;
        level->t_rest = t;
    }
    return n == 0;
}

/* Hangs a new ladder below that price. What is held and no level knows of (a position from before
 * the start) goes to the uppermost level, which sells it. */
static void hang(struct grid *self, const struct agon_instrument *instrument, double px)
{
    struct grid_state *state = &self->state;
    agon_qty_t all = agon_leg_size(&self->base.desk, &state->leg, self->size_pct, px);
    double unknown = (double)agon_leg_held(&self->base.desk, &state->leg, px);

    state->lot_qty = agon_floor_to((double)all / (double)self->levels, instrument->lot_qty);
    state->anchor_px = px;
    for (int64_t i = 0; i < self->levels; i++)
        unknown -= (double)state->level[i].held_qty;
    if (unknown > 0 && unknown < 1e18) {
        state->level[0].held_qty += (agon_qty_t)unknown;
        state->level[0].phase = HOLDING;
    }
}

/* Everything goes, at market; then a rest. */
static void end(struct grid *self, double px, agon_ns_t t)
{
    struct grid_state *state = &self->state;
    int is_clear = clear(self, BUYING, t) & clear(self, SELLING, t);

    if (!is_clear)
        return;
    if (agon_leg_held(&self->base.desk, &state->leg, px) != 0) {
        agon_leg_go(&self->base.desk, &state->leg, 0, px, REASON_STOP, t);
        return;
    }
    memset(state->level, 0, sizeof(state->level));
    state->is_ending = 0;
    state->anchor_px = 0;
    state->t_rest = t + self->rest_s * SECOND;
}

static void work(struct grid *self, const struct agon_instrument *instrument, agon_px_t bid,
                 agon_px_t ask, agon_ns_t t)
{
    struct grid_state *state = &self->state;
    int exp;

    if (self->base.desk.instruments->asset(self->base.desk.host, instrument->quote, NULL, &exp) < 0)
        return;
    for (int64_t i = 0; i < self->levels; i++) {
        struct level *level = &state->level[i];
        agon_px_t buy = agon_floor_to(rung(self, i + 1), instrument->tick_px);
        agon_px_t sell = agon_ceil_to(rung(self, i), instrument->tick_px);
        agon_qty_t qty;

        if (t < level->t_rest)
            continue;
        if (level->phase == IDLE) {
            // A level whose rung the price has passed waits for its return.
            if (state->lot_qty > 0 && buy > 0 && buy < ask &&
                sellable(instrument, state->lot_qty, (double)buy, exp) == state->lot_qty &&
                send(self, level, AGON_BUY, state->lot_qty, buy, t))
                return; // one at an event: the rate of orders is the roster's
        } else if (level->phase == HOLDING) {
            sell = sell > bid ? sell : agon_ceil_to((double)bid + 1, instrument->tick_px);
            qty = sellable(instrument, level->held_qty, (double)sell, exp);
            if (qty == 0)
                level->phase = IDLE; // what is left is dust, and waits for the next purchase
            else if (send(self, level, AGON_SELL, qty, sell, t))
                return;
        }
    }
}

/* Nothing bought, and the price more than so many steps above the ladder: hang it anew. */
static int is_left_behind(const struct grid *self, double px)
{
    for (int64_t i = 0; i < self->levels; i++)
        if (self->state.level[i].phase > BUYING)
            return 0;
    return px > rung(self, -self->follow_steps);
}

static int on_top10(void *plugin, const struct agon_top10 *top)
{
    struct grid *self = plugin;
    struct grid_state *state = &self->state;
    agon_ns_t t = top->hdr.t;
    struct agon_instrument instrument;
    double mid;

    if (top->book != AGON_BOOK_LIVE || top->n_bid == 0 || top->n_ask == 0 || top->bid[0].px <= 0 ||
        top->ask[0].px <= top->bid[0].px || top->ask[0].px >= INT64_MAX / 4)
        return AGON_OK;
    if (state->leg.instrument == 0)
        agon_leg_start(&self->base.desk, &state->leg, top->hdr.instrument);
    if (state->leg.instrument != top->hdr.instrument || !agon_gate_is_open(&state->leg.gate) ||
        self->base.desk.instruments->get(self->base.desk.host, state->leg.instrument, &instrument) <
            0 ||
        instrument.kind != AGON_SPOT)
        return AGON_OK;
    mid = ((double)top->bid[0].px + (double)top->ask[0].px) / 2;
    // Orders of another plugin are in the way, or a stop's order is under way.
    if (!agon_leg_is_free(&self->base.desk, &state->leg, t))
        return AGON_OK;
    if (state->is_ending) {
        end(self, mid, t);
        return AGON_OK;
    }
    if (state->anchor_px > 0 && self->stop_steps > 0 &&
        mid < rung(self, self->levels + self->stop_steps))
        state->is_ending = 1;
    else if (state->anchor_px > 0 && is_left_behind(self, mid)) {
        if (clear(self, BUYING, t))
            state->anchor_px = 0;
    } else if (state->anchor_px > 0)
        work(self, &instrument, top->bid[0].px, top->ask[0].px, t);
    else if (t >= state->t_rest)
        hang(self, &instrument, mid);
    return AGON_OK;
}

static int on_order(void *plugin, const struct agon_order *order)
{
    struct grid *self = plugin;
    struct grid_state *state = &self->state;

    agon_leg_update(&self->base.desk, &state->leg, &order->hdr);
    if (order->hdr.instrument != state->leg.instrument || !agon_is_final(order))
        return AGON_OK;
    for (int64_t i = 0; i < self->levels; i++) {
        struct level *level = &state->level[i];

        if ((level->phase != BUYING && level->phase != SELLING) || level->ref != order->client_ref)
            continue;
        // Its fill may still be on the way, and finds the level by the number.
        level->t_rest = order->hdr.t + (order->state == AGON_ORDER_REJECTED ? REST_NS : SECOND);
        level->phase = level->held_qty > 0 || order->filled_qty > 0 ? HOLDING : IDLE;
    }
    return AGON_OK;
}

static int on_fill(void *plugin, const struct agon_fill *fill)
{
    struct grid *self = plugin;
    struct grid_state *state = &self->state;
    double before = (double)state->leg.held_qty, held;

    if (fill->hdr.instrument != state->leg.instrument)
        return AGON_OK;
    agon_leg_update(&self->base.desk, &state->leg, &fill->hdr);
    for (int64_t i = 0; i < self->levels; i++) {
        struct level *level = &state->level[i];

        if (level->ref != fill->client_ref || level->ref == 0)
            continue;
        held = (double)level->held_qty + (double)state->leg.held_qty - before;
        level->held_qty = held > 0 && held < 1e18 ? (agon_qty_t)held : 0;
        if (level->phase == IDLE && level->held_qty > 0)
            level->phase = HOLDING;
    }
    return AGON_OK;
}

static int on_other(void *plugin, const struct agon_event_hdr *event)
{
    struct grid *self = plugin;

    agon_leg_update(&self->base.desk, &self->state.leg, event);
    return AGON_OK;
}

static int on_start(void *plugin, uint32_t reason)
{
    struct grid *self = plugin;
    struct grid_state *state = &self->state;
    agon_instrument_t id = state->leg.instrument;
    int is_longer = 0;
    int rc = agon_strategy_find(&self->base, self->venue, self->symbol, &id);

    if (rc < 0)
        return rc;
    for (int64_t i = self->levels; i < LEVELS_MAX; i++)
        is_longer |= state->level[i].phase != IDLE;
    // A ladder of another instrument, or one with more rungs: what stands of it is cancelled.
    if (reason == AGON_START_FRESH || id != state->leg.instrument || is_longer) {
        memset(state->level, 0, sizeof(state->level));
        state->anchor_px = 0;
        state->is_ending = 0;
    }
    if (id == 0)
        return AGON_OK;
    rc = agon_leg_start(&self->base.desk, &state->leg, id);
    if (state->anchor_px > 0) { // the orders that stand are the ladder's own
        state->leg.must_clear = 0;
        if (state->leg.working_ref & 0x80000000u)
            state->leg.working_ref = 0;
    }
    return rc;
}

static int check(const void *at)
{
    const struct grid_state *state = at;

    for (int i = 0; i < LEVELS_MAX; i++)
        if (state->level[i].phase > SELLING || state->level[i].is_asked > 1 ||
            state->level[i].held_qty < 0 || !agon_strategy_is_time(state->level[i].t_rest))
            return 0;
    return agon_leg_check(&state->leg) >= 0 && state->anchor_px >= 0 && state->anchor_px <= 1e19 &&
           state->lot_qty >= 0 && state->n_orders <= 0x3fffffff &&
           agon_strategy_is_time(state->t_rest) && state->is_ending <= 1 && state->pad == 0;
}

static int init(void *plugin)
{
    const struct grid *self = plugin;

    // The whole ladder has to hang above zero.
    return self->levels >= 1 && self->levels <= LEVELS_MAX &&
                   (double)self->levels * self->step_bps < 9000
               ? AGON_OK
               : agon_strategy_refuse(&self->base, "parameters: levels times step_bps is too much");
}

static const struct agon_handlers handlers = {
    .on_top10 = on_top10, .on_order = on_order, .on_fill = on_fill, .on_other = on_other};
static const struct agon_rule rule = {AGON_RULE(struct grid), .init = init, .check = check,
                                      .on = &handlers, .start = on_start};
AGON_PARAMS(struct grid, PARAMS);
AGON_SERVICES(AGON_TO_TRADE);
/* Of reasons 1, 2, ...: what people read. */
static const char *const tags[] = {"rung_buy", "rung_sell", "stop", "follow"};
static const struct agon_descriptor descriptor = {
    AGON_STRATEGY_AHEAD(struct grid, 10000),
    AGON_NAMED("org.agon.grid", "1.0.0", "Grid", "Agon"),
    AGON_TAGS(tags),
    .summary = "Buys at rungs below the price and sells each purchase one rung higher.",
    AGON_SCHEMA(1, 1),
    .event_mask = AGON_ON(AGON_EVENT_TOP10) | AGON_ON_LEG};
AGON_PLUGIN("org.agon.grid", "1.0.0", descriptor, rule);
