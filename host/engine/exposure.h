// SPDX-License-Identifier: Apache-2.0
/* exposure: what the slots are worth and what they may come to hold, kept up with each price, fill
 * and order, and the loss limits that are judged by it.
 *
 * A position is valued at the mark price, or where there is none at the side of the book that it
 * could be closed at. While a book is not live its last value stands: it neither breaks a limit nor
 * lifts one, and no new risk is taken on it (REASON_UNPRICED). A price costs one position of each
 * slot that holds the instrument; sums are brought along by differences, in 128 bits, so that they
 * equal what a sum over everything would give. What all slots reach together is brought along only
 * while a limit is set on it; who asks for it meanwhile has it summed up.
 *
 * Limits are judged when an event has been dealt with, so that no order is cancelled or made while
 * a report is half booked. What is kept here follows from ledger and prices and is no state of its
 * own. [core] */
#ifndef ENGINE_EXPOSURE_H
#define ENGINE_EXPOSURE_H

#include "engine/engine.h"

struct exposure_line {           /* of one position, as it was counted */
    agon_amt_t value_amt;        /* its part of the slot's equity */
    agon_amt_t up_amt, down_amt; /* notional with all buys filled, with all sells filled */
    agon_amt_t reach_amt;        /* the larger of both */
    uint32_t venue, asset;       /* where it counts */
    uint32_t is_unknown;         /* something of it cannot be valued in the base currency */
    uint32_t is_plain;           /* it is counted in the base currency itself */
};
struct exposure_reach { /* of all slots together, each with its open orders filled */
    num128_t gross, net_up, net_down;
    num128_t venue[VENUES_MAX + 1];
    num128_t asset_up[ASSETS_MAX + 1], asset_down[ASSETS_MAX + 1];
};
/* How far the open orders of one side reach: the prices that reach furthest and how many orders
 * have each, and how far the others may. As key: a buy's price, a sell's below the highest number,
 * so that the larger reaches further; 0: none. */
#define EXPOSURE_FURTHEST 4
struct exposure_side {
    int64_t key[EXPOSURE_FURTHEST]; /* falling, above rest */
    uint32_t n[EXPOSURE_FURTHEST];
    int64_t rest;
};
/* The key of what reaches furthest; 0: nothing does. */
static inline int64_t exposure_side_furthest(const struct exposure_side *side)
{
    return side->key[0] > side->rest ? side->key[0] : side->rest;
}
/* What a slot's open orders stand to lose at once: kept up with each of them, each order's own part
 * beside it. It is unknown, and worked out when it is asked for, after a price came to where one of
 * them would trade at a loss or left it, and after each change where one is valued in another
 * currency. */
struct exposure_open {
    num128_t loss; /* 0 while it is unknown */
    struct exposure_side buys[LEDGER_POSITIONS], sells[LEDGER_POSITIONS];
    uint8_t n_places; /* behind which none of both was reached */
    uint8_t is_unknown, is_valued;
};
/* What a slot's open orders may still take of an asset on an account: kept up with each order once
 * it has been asked for. */
struct exposure_promise {
    num128_t amt;
    agon_asset_t asset;
    agon_account_t account;
    uint8_t n; /* positions when it was worked out: another one may be bound to the asset */
    uint8_t is_known, is_bound; /* is_bound: it is margin too, which engine_bound_amt knows */
};
/* Of a slot that has nothing but money in the base currency and at most one position: how much, and
 * where that is. What it is worth is found by that (value_equity), until the ledger changes. */
struct exposure_rest {
    uint64_t changes; /* ledger_changes + 1; 0: nothing is known */
    agon_amt_t amt;
    uint32_t place;     /* EXPOSURE_NO_PLACE: it holds nothing */
    uint32_t is_simple; /* it is such a slot */
};
#define EXPOSURE_PROMISES 4 /* of a slot, by the low bits of the asset */
/* Coins of an instrument that one slot has, and no other, while nobody has an open order: from the
 * low to the high price their worth passes no highest and reaches no limit, the slot's or that of
 * all. It holds until anything but quotes and bars comes, or anybody is judged. */
struct exposure_calm {
    agon_instrument_t instrument; /* 0: nothing is known */
    uint16_t slot;
    uint8_t is_along; /* along_slots names the slot: it hears of a bar's end */
    uint32_t place;
    agon_px_t low_px, high_px;
};

struct exposure {
    struct exposure_line lines[SLOTS_MAX][LEDGER_POSITIONS];
    struct exposure_open open[SLOTS_MAX];
    uint8_t places[INSTRUMENTS_MAX + 1][SLOTS_MAX]; /* of the slot's position, + 1; 0: not met */
    struct slot_set holders[INSTRUMENTS_MAX + 1];   /* slots with something there */
    /* ... with open buys there, with open sells. */
    struct slot_set buyers[INSTRUMENTS_MAX + 1], sellers[INSTRUMENTS_MAX + 1];
    agon_asset_t values[INSTRUMENTS_MAX + 1]; /* what an instrument's price values; 0: nothing */
    agon_amt_t cash_amt[SLOTS_MAX]; /* from here on it is small, and forgotten as a whole */
    num128_t equity[SLOTS_MAX];
    num128_t total;     /* equity of all slots */
    num128_t open_loss; /* what open orders stand to lose, of all slots that it is known of */
    struct slot_set open_unknown; /* the others */
    struct exposure_promise promises[SLOTS_MAX][EXPOSURE_PROMISES];
    struct exposure_reach reach;
    uint8_t is_reach_kept;    /* a limit is set on something of it */
    uint32_t held[SLOTS_MAX]; /* places with something, a bit each */
    uint32_t n_unknown[SLOTS_MAX], n_unknown_all;
    uint8_t is_cash_unknown[SLOTS_MAX];
    struct exposure_rest rests[SLOTS_MAX];
    struct slot_set touched; /* slots to be judged at the end of this event */
    struct exposure_calm calm;
    /* Inside a bar: of which instrument, and where each slot is on its path; 0: nowhere. */
    agon_instrument_t path_instrument;
    agon_px_t path_px[SLOTS_MAX];
};

/* A price of the instrument may have changed. */
void exposure_price(struct engine *engine, agon_instrument_t instrument);
/* ... of one that has neither a book nor a mark price: its quote is all there is. */
void exposure_quoted(struct engine *engine, agon_instrument_t instrument);
/* ... of what the slot has there, where it holds something or is counted in another currency. It is
 * to be judged. The place of its position. */
uint32_t exposure_price_held(struct engine *engine, uint16_t slot, agon_instrument_t instrument);
/* Finds out whether that is so from the bar's low to its high, and beyond. is_along: as there. */
void exposure_note_calm(struct engine *engine, const struct agon_bar *bar, int is_along);
/* Would a price move the worth in the base currency of coins that are held, and nothing else:
 * nobody is on a path of the instrument, and what is reached is not summed up? */
int exposure_is_value_all(const struct engine *engine, const struct agon_instrument *instrument);
/* On the path inside a bar the instrument is at px for the slot. */
void exposure_path(struct engine *engine, uint16_t slot, agon_instrument_t instrument,
                   agon_px_t px);
/* ... for none any more. */
void exposure_path_end(struct engine *engine, agon_instrument_t instrument);
/* Where on its path the slot is there; 0: on none. */
agon_px_t exposure_path_px(const struct engine *engine, uint16_t slot,
                           agon_instrument_t instrument);
/* Which instruments value assets changed. */
void exposure_valued(struct engine *engine);
/* A fill or funding changed the slot's position and money. */
void exposure_fill(struct engine *engine, uint16_t slot, agon_instrument_t instrument);
/* Capital came or went (below 0): no gain and no loss. */
void exposure_transfer(struct engine *engine, uint16_t slot, agon_amt_t change_amt);
/* The slot is gone for good, and its money with it. */
void exposure_vacate(struct engine *engine, uint16_t slot);
/* The slot's working orders there changed in quantity. */
void exposure_working(struct engine *engine, uint16_t slot, const struct position *pos);
/* What they may take of an asset did, by so much. */
void exposure_promised(struct engine *engine, uint16_t slot,
                       const struct agon_instrument *instrument, agon_asset_t asset,
                       num128_t change);
/* What the slot's open orders may still take of an asset on an account. */
const struct exposure_promise *exposure_promise(const struct engine *engine,
                                                const struct slot *slot, agon_account_t account,
                                                agon_asset_t asset);
/* A slot has another account: nothing of that is known. */
void exposure_accounts(struct engine *engine);
/* The order changed in any way, or is settled. */
void exposure_order(struct engine *engine, struct order *order);
/* The portfolio's limits changed. */
void exposure_limits(struct engine *engine);
/* Is any limit of the portfolio set? */
int exposure_judges_all(const struct engine *engine);
/* Would a loss of the slot's, or of all, be judged by any limit? Would one of all? */
int exposure_judges_loss(const struct engine *engine, const struct slot *slot);
int exposure_judges_loss_all(const struct engine *engine);
/* Limits of the slot changed, or it is time to look again. */
void exposure_look(struct engine *engine, uint16_t slot);
/* The limits of losses by which a slot, and all of them together, are judged. */
struct risk_losses exposure_losses(const struct slot_limits *limits);
struct risk_losses exposure_losses_all(const struct portfolio_limits *limits);
/* Would judging the slot, and all, say nothing and change nothing: equity is what it was, and what
 * open orders may lose is known and reaches no limit? */
int exposure_is_judged(struct engine *engine, uint16_t slot);
/* Equity being what it was when it was judged last: is no limit of the slot's reached, nor one of
 * all, and would none be were so much lost? */
int exposure_bears(struct engine *engine, uint16_t slot, num128_t loss);
int exposure_bears_all(struct engine *engine, num128_t loss);
/* Judges what this event touched. At a limit: what on_breach says. Where open orders could lead to
 * one, if each filled at the worst price that it can: those that add risk are cancelled. */
void exposure_settle(struct engine *engine);
/* From ledger and prices alone. */
void exposure_rebuild(struct engine *engine);
/* Equity by which the limits judge. */
agon_amt_t exposure_equity(const struct engine *engine, uint16_t slot);
agon_amt_t exposure_equity_all(const struct engine *engine);
int exposure_adds_up(const struct engine *engine); /* is the equity of all that of the slots? */
/* What a position is worth at px, in the base currency, by the same rules; and what it is counted
 * as now. */
agon_amt_t exposure_worth(const struct engine *engine, const struct position *pos, agon_px_t px);
agon_amt_t exposure_worth_now(const struct engine *engine, uint16_t slot,
                              agon_instrument_t instrument);
/* Has everything that the slot holds a live price? */
int exposure_is_priced(const struct engine *engine, const struct slot *slot);
/* What the slot's open orders would lose at once if each filled at the worst price that it can. */
agon_amt_t exposure_open_loss(const struct engine *engine, const struct slot *slot);
/* ... of all slots; 0 where the portfolio has no limit of losses. */
agon_amt_t exposure_open_loss_all(const struct engine *engine);
/* ... one order: to px, of qty, which is worth_amt there (NUM_UP, in the instrument's unit). */
agon_amt_t exposure_order_loss(const struct engine *engine,
                               const struct agon_instrument *instrument, uint8_t side, agon_px_t px,
                               agon_qty_t qty, agon_amt_t worth_amt);
/* What open orders of a slot stand to lose is worked out anew when it is asked for: for any reason;
 * where something of it is valued in a currency whose worth changed. */
void exposure_open_forget(struct engine *engine, uint16_t slot);
void exposure_open_valued(struct engine *engine, uint16_t slot);
/* The slot is gone: it has no orders. */
void exposure_open_vacate(struct engine *engine, uint16_t slot);
/* amt of a unit in the base currency; what nothing values is 0, and *is_unknown then 1. */
agon_amt_t exposure_in_base(const struct engine *engine, agon_asset_t unit, agon_amt_t amt,
                            uint32_t *is_unknown);
/* The place of the slot's position there. */
#define EXPOSURE_NO_PLACE UINT32_MAX
uint32_t exposure_place(const struct engine *engine, uint16_t slot, agon_instrument_t instrument);
/* Figures of the portfolio as they are; venue and asset: the largest of each. */
void exposure_now(const struct engine *engine, struct risk_reach *reach);
/* Figures of the portfolio once an order of that notional were filled; 0 while no limit is set on
 * any of them. */
void exposure_reach(const struct engine *engine, uint16_t slot,
                    const struct agon_instrument *instrument, uint8_t side, agon_amt_t notional_amt,
                    struct risk_reach *reach);

#endif
