// SPDX-License-Identifier: Apache-2.0
/* spot_perp: spot against the perpetual of the same asset, for the plugins that differ in when that
 * is worth it. A plugin defines PARAMS, with SPOT_PERP_PARAMS in it, and SPOT_PERP_OWN, what it
 * adds to the state, includes this, and says is_worth_it and is_over.
 *
 * The perpetual leg always goes to the opposite of what the spot leg really holds; when it is
 * refused, the spot is sold again. */
#ifndef PLUGINS_SPOT_PERP_H
#define PLUGINS_SPOT_PERP_H

#include <agon/strategy.h>

#define SECOND ((agon_ns_t)1000000000)

#define SPOT_PERP_PARAMS(X, id, hold_def)                                                          \
    X(INTEGER, hold_max_h, id, "leaves after so long; 0: never for that", "h", AGON_TUNED, 0,      \
      100000, hold_def, 8)                                                                         \
    X(REAL, size_pct, (id) + 1, "share of the free money that an entry uses, half for each leg",   \
      "%", AGON_SET, 0.1, 95, 40, 1)                                                               \
    X(INTEGER, stale_ms, (id) + 2, "a book that has been silent for longer is not traded on",      \
      "ms", AGON_SET, 100, 600000, 5000, 100)                                                      \
    X(TEXT, spot_venue, (id) + 3, "of spot; empty: binance")                                       \
    X(TEXT, spot, (id) + 4, "empty: the first spot instrument whose book is seen")                 \
    X(TEXT, perp_venue, (id) + 5, "of perp; empty: binance")                                       \
    X(TEXT, perp, (id) + 6, "empty: the first linear contract whose book is seen")

enum reason {
    REASON_ENTER = 1,
    REASON_LEAVE = 2,
    REASON_TIME = 3,
    REASON_HALF = 4,
    REASON_HEDGE = 5
};

struct quote { /* best prices of one side's book, as plain numbers; 0: none to trade on */
    double bid, ask;
    agon_ns_t t;
};
struct hedger_state { /* all that must survive a reload: fixed widths, no pointers, no padding */
    struct agon_leg spot, perp;
    struct quote spot_quote, perp_quote;
    SPOT_PERP_OWN
    agon_qty_t target; /* of the spot leg */
    agon_ns_t t_enter; /* when it went in */
    uint32_t is_in;    /* holds the pair, or is on the way there */
    int32_t reason;    /* of the last change */
};
struct hedger {
    struct agon_strategy base;
    PARAMS(AGON_FIELD)
    struct hedger_state state;
};

/* The plugin's rule: both books are fresh. */
static int is_worth_it(const struct hedger *self);
static int is_over(const struct hedger *self);

/* Prices of the leg's book in the units of its instrument, for orders. */
static double px_of(const struct hedger *self, const struct agon_leg *leg, double price)
{
    struct agon_instrument instrument;

    return self->base.desk.instruments->get(self->base.desk.host, leg->instrument, &instrument) < 0
               ? 0
               : price * (double)agon_pow10(instrument.px_exp);
}

static int is_fresh(const struct hedger *self, const struct quote *quote, agon_ns_t t)
{
    return quote->bid > 0 && quote->ask > 0 && t - quote->t <= self->stale_ms * 1000000;
}

/* Spot to its target, and the perpetual to the opposite of what spot holds. */
static void drive(struct hedger *self, agon_ns_t t)
{
    struct hedger_state *state = &self->state;
    double spot_px = px_of(self, &state->spot, state->spot_quote.ask);
    double perp_px = px_of(self, &state->perp, state->perp_quote.bid);
    agon_qty_t hedge;

    if (spot_px <= 0 || perp_px <= 0)
        return;
    agon_leg_go(&self->base.desk, &state->spot, state->target, spot_px, (uint16_t)state->reason, t);
    hedge = agon_leg_qty(&self->base.desk, &state->perp,
                         -agon_leg_units(&self->base.desk, &state->spot,
                                         agon_leg_held(&self->base.desk, &state->spot, spot_px)));
    agon_leg_go(&self->base.desk, &state->perp, hedge, perp_px, REASON_HEDGE, t);
}

/* More than what a fee has left over? */
static int holds(const struct hedger *self)
{
    const struct hedger_state *state = &self->state;

    return agon_leg_held(&self->base.desk, &state->spot,
                         px_of(self, &state->spot, state->spot_quote.ask)) != 0;
}

static void leave(struct hedger *self, int reason)
{
    self->state.is_in = 0;
    self->state.target = 0;
    self->state.reason = reason;
}

/* Half of the money buys spot, the other half is the perpetual's margin: short as much, unlevered.
 */
static void enter(struct hedger *self, agon_ns_t t)
{
    struct hedger_state *state = &self->state;
    double spot_px = px_of(self, &state->spot, state->spot_quote.ask);
    double perp_px = px_of(self, &state->perp, state->perp_quote.bid);
    agon_qty_t qty = agon_leg_size(&self->base.desk, &state->spot, self->size_pct / 2, spot_px);
    agon_qty_t most = agon_leg_size(&self->base.desk, &state->perp, self->size_pct / 2, perp_px);
    double units = agon_leg_units(&self->base.desk, &state->perp, most);

    // What both can be, in whole lots of both.
    if (units < agon_leg_units(&self->base.desk, &state->spot, qty))
        qty = agon_leg_qty(&self->base.desk, &state->spot, units);
    if (qty <= 0 || most <= 0)
        return;
    state->target = qty;
    state->is_in = 1;
    state->reason = REASON_ENTER;
    state->t_enter = t;
}

static void on_quotes(struct hedger *self, agon_ns_t t)
{
    struct hedger_state *state = &self->state;
    int is_old = self->hold_max_h > 0 && t - state->t_enter > self->hold_max_h * 3600 * SECOND;

    if (!is_fresh(self, &state->spot_quote, t) || !is_fresh(self, &state->perp_quote, t))
        return;
    if (state->is_in && (is_over(self) || is_old))
        leave(self, is_old ? REASON_TIME : REASON_LEAVE);
    else if (!state->is_in && !holds(self) && agon_leg_is_free(&self->base.desk, &state->spot, t) &&
             agon_leg_is_free(&self->base.desk, &state->perp, t) && is_worth_it(self))
        enter(self, t);
    if (state->is_in || state->spot.held_qty != 0 || state->perp.held_qty != 0)
        drive(self, t);
}

/* Unnamed legs are the first spot instrument and the first perpetual of which a book is seen. */
static void adopt(struct hedger *self, agon_instrument_t id)
{
    struct hedger_state *state = &self->state;
    struct agon_instrument instrument;

    if ((state->spot.instrument != 0 && state->perp.instrument != 0) ||
        state->spot.instrument == id || state->perp.instrument == id ||
        self->base.desk.instruments->get(self->base.desk.host, id, &instrument) < 0)
        return;
    if (instrument.kind == AGON_SPOT && state->spot.instrument == 0)
        agon_leg_start(&self->base.desk, &state->spot, id);
    else if (instrument.kind == AGON_LINEAR && state->perp.instrument == 0)
        agon_leg_start(&self->base.desk, &state->perp, id);
}

static int on_top10(void *plugin, const struct agon_top10 *top)
{
    struct hedger *self = plugin;
    struct hedger_state *state = &self->state;
    struct agon_instrument instrument;
    struct quote *quote;
    int is_good;

    adopt(self, top->hdr.instrument);
    quote = top->hdr.instrument == state->spot.instrument   ? &state->spot_quote
            : top->hdr.instrument == state->perp.instrument ? &state->perp_quote
                                                            : NULL;
    if (quote == NULL || self->base.desk.instruments->get(self->base.desk.host, top->hdr.instrument,
                                                          &instrument) < 0)
        return AGON_OK;
    is_good = top->book == AGON_BOOK_LIVE && top->n_bid > 0 && top->n_ask > 0 &&
              top->bid[0].px > 0 && top->ask[0].px > top->bid[0].px;
    quote->bid = is_good ? agon_to_double(top->bid[0].px, instrument.px_exp) : 0;
    quote->ask = is_good ? agon_to_double(top->ask[0].px, instrument.px_exp) : 0;
    quote->t = top->hdr.t;
    on_quotes(self, top->hdr.t);
    return AGON_OK;
}

static int on_pair(void *plugin, const struct agon_event_hdr *event)
{
    struct hedger *self = plugin;
    struct hedger_state *state = &self->state;
    int spot, perp;

    spot = agon_leg_update(&self->base.desk, &state->spot, event);
    perp = agon_leg_update(&self->base.desk, &state->perp, event);
    if ((spot == AGON_LEG_REFUSED || perp == AGON_LEG_REFUSED) && state->is_in)
        leave(self, REASON_HALF); // half a pair is a bet on the price
    // What was bought is what is to be held: a fee is not bought once more.
    if (spot == AGON_LEG_DONE && state->is_in && state->spot.held_qty > 0)
        state->target = state->spot.held_qty;
    // The hedge follows at once, not with the next quote.
    if (spot != AGON_LEG_NOTHING || perp != AGON_LEG_NOTHING)
        drive(self, event->t);
    return AGON_OK;
}

static int start_leg(struct hedger *self, struct agon_leg *leg, uint32_t venue, uint32_t symbol)
{
    agon_instrument_t id = leg->instrument;
    int rc = agon_strategy_find(&self->base, venue, symbol, &id);

    return rc < 0 || id == 0 ? rc : agon_leg_start(&self->base.desk, leg, id);
}

/* Returns 1 when nothing is known of this very pair, an error, or AGON_OK. */
static int start_pair(void *plugin, uint32_t reason)
{
    struct hedger *self = plugin;
    struct hedger_state *state = &self->state;
    agon_instrument_t spot = state->spot.instrument, perp = state->perp.instrument;
    int rc = start_leg(self, &state->spot, self->spot_venue, self->spot);

    if (rc >= 0)
        rc = start_leg(self, &state->perp, self->perp_venue, self->perp);
    if (rc < 0)
        return rc;
    if (state->spot.instrument != 0 && state->spot.instrument == state->perp.instrument)
        return AGON_EINVAL;
    // Without a state of this very pair: what is held is undone, legs first matched to each other.
    if (reason == AGON_START_FRESH || spot != state->spot.instrument ||
        perp != state->perp.instrument) {
        memset(&state->spot_quote, 0, sizeof(state->spot_quote));
        memset(&state->perp_quote, 0, sizeof(state->perp_quote));
        leave(self, REASON_LEAVE);
        return 1;
    }
    return AGON_OK;
}

static int is_quote(const struct quote *quote)
{
    return quote->bid >= 0 && quote->bid <= 1e19 && quote->ask >= 0 && quote->ask <= 1e19 &&
           agon_strategy_is_time(quote->t);
}

/* Of what stands above alone. */
static int check_pair(const struct hedger_state *state)
{
    return agon_leg_check(&state->spot) >= 0 && agon_leg_check(&state->perp) >= 0 &&
           is_quote(&state->spot_quote) && is_quote(&state->perp_quote) &&
           agon_strategy_is_time(state->t_enter) && state->target >= 0 && state->is_in <= 1 &&
           state->reason >= 0 && state->reason <= REASON_HEDGE;
}

#define SPOT_PERP_ON (AGON_ON(AGON_EVENT_TOP10) | AGON_ON_LEG)

#endif
