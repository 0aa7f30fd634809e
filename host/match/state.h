// SPDX-License-Identifier: Apache-2.0
/* state: what the files of the matching engine share with one another, and nobody else includes.
 *
 * Orders stand in a pool and are named by their place, 1..max_orders; 0 is nobody. A resting order
 * is in its level's list, a waiting stop in its instrument's tree of stops, every GTD order in the
 * tree of expiries, every open order in its owner's list. [one thread] */
#ifndef MATCH_STATE_H
#define MATCH_STATE_H

#include "base/map.h"
#include "base/num.h"
#include "market/instrument_kind.h"
#include "match/match.h"
#include "match/tree.h"

struct order {
    struct match_order pub; /* first: what callers see */
    uint32_t market;        /* place in match.markets */
    uint32_t level;         /* that it rests in; 0: none */
    uint32_t prev, next;    /* in the level, or (next) in the list of stops that fired, or parked */
    uint32_t own_prev, own_next;
    agon_amt_t locked_amt;
    agon_asset_t locked_asset;
    uint8_t is_live;
    uint8_t ends_with; /* enum match_reject that ends it while it takes; MATCH_OK: nothing */
    uint8_t is_spent;  /* a market buy by amount whose money buys no further lot */
    uint8_t is_parked; /* it acts with the next bar or open; in the list of its market's, by next */
    uint8_t is_touched;   /* in this bar prices have stood at it: struct inside_order */
    agon_qty_t early_qty; /* what the last unexplained reduction took off ahead_qty */
    agon_qty_t most_qty;  /* ahead_qty before the trade that is being applied: it never grows */
};

struct level { /* a price at which own orders rest */
    agon_px_t px;
    num128_t own_qty; /* of all its orders: wider than any number of them can need */
    uint32_t first, last;
    agon_qty_t traded_qty; /* exogenous trades here that no book update has shown yet */
    agon_ns_t t_traded;
    agon_qty_t late_qty; /* of the last reduction, what no trade has explained yet */
    agon_ns_t t_late;
    agon_qty_t before_qty; /* exogenous quantity before the update that is being applied */
};

enum book_source { SOURCE_NONE = 0, SOURCE_QUOTE = 1, SOURCE_BOOK = 2 };

struct owner_market { /* one owner on one instrument */
    agon_qty_t position_qty;
    agon_amt_t cost_amt;   /* of the position, at its average price; never negative */
    agon_qty_t reduce_qty; /* rest of the working reduce-only orders */
    int32_t maker_ppb, taker_ppb;
    uint8_t has_fees;
    uint32_t n_open, n_stops; /* orders; stops also when they have fired */
    agon_px_t now_px;    /* of a market of bars, while its host acts inside one; 0: it does not */
    agon_qty_t left_qty; /* of that bar's volume, what its limits may still fill */
};

#define MEAN_MINUTES 16
struct mean { /* what was traded in a minute */
    int64_t minute;
    num128_t qty, cost; /* sums of qty and of px * qty */
};

struct market {
    agon_instrument_t id;
    const struct agon_instrument *def; /* borrowed from the table */
    struct book *book;                 /* owned; exogenous, less what own orders took */
    agon_px_t tick_px;                 /* of the book's index */
    uint8_t source, is_in_snapshot;
    agon_ns_t t_book;                   /* venue time of the last whole update */
    agon_px_t edge_px[3];               /* by side: worst price that is known; 0: all are */
    struct tree levels[3];              /* by side, best first */
    struct tree stops[2];               /* 0: triggered by a rise, 1: by a fall; nearest first */
    agon_px_t last_px, high_px, low_px; /* high and low since stops were looked at; 0: no trade */
    uint64_t n_trades;
    struct owner_market *owners; /* owned, [n_owners] */
    struct bar_market *bars;     /* owned; NULL: it has a book */
    struct rules rules;
    uint8_t has_rules;
    agon_px_t mark_px;               /* 0: none was told */
    agon_ns_t t_last;                /* newest time of a call that may trade */
    struct mean means[MEAN_MINUTES]; /* by minute */
};

struct balance {
    agon_amt_t free_amt, locked_amt;
};

#define MATCH_SCRATCH 16384 /* levels of one side: as many as a book of default size holds */

struct match {
    struct match_config config;
    const struct instruments *table;
    struct match_sink sink;
    struct market *markets; /* owned, [INSTRUMENTS_MAX], n_markets used */
    uint32_t n_markets;
    uint32_t *market_of; /* owned, [INSTRUMENTS_MAX + 1]: place + 1 */
    struct order *orders;
    struct level *levels;
    struct tree_node *level_nodes, *stop_nodes, *expiry_nodes; /* owned */
    uint32_t *free_orders, *free_levels;                       /* owned stacks: match_take */
    uint32_t n_free_orders, n_free_levels;
    struct tree expiries;
    struct map by_id;
    uint32_t n_owners;              /* there is room for; at most max_owners */
    uint32_t *own_first, *own_last; /* owned, [n_owners] */
    struct balance *balances;       /* owned, [max_owners][ASSETS_MAX + 1]; NULL: funds unchecked */
    struct agon_level *scratch;     /* owned, [MATCH_SCRATCH] */
    struct bar_scratch *bar_scratch; /* owned; NULL: no market is of bars */
    uint64_t last_id;
    uint32_t fired_first, fired_last; /* stops that fired and wait for their turn */
    uint8_t is_busy;                  /* inside a call: the sink may not change us */
    uint8_t is_reduce_due;            /* a position with working reduce-only orders changed */
};

/* A free place. What stands as 0 in its stack was never given back, and is there without having
 * been written: place 1 is the first that is taken. */
static inline uint32_t match_take(const struct match *match, const uint32_t *free, uint32_t *n)
{
    uint32_t at = free[--*n];

    return at != 0 ? at : match->config.max_orders - *n;
}

static inline enum agon_side opposite(enum agon_side side)
{
    return side == AGON_BUY ? AGON_SELL : AGON_BUY;
}
/* Order of prices on a side: the smaller the better. */
static inline int64_t px_key(enum agon_side side, agon_px_t px)
{
    return side == AGON_BUY ? -px : px;
}
static inline agon_qty_t rest_qty(const struct order *order)
{
    return order->pub.qty - order->pub.filled_qty;
}
static inline int is_spot(const struct market *market)
{
    return instrument_kind_has_coins(market->def->kind);
}
static inline uint32_t place_of(const struct match *match, const struct order *order)
{
    return (uint32_t)(order - match->orders);
}
static inline agon_ns_t event_time(const struct agon_event_hdr *event)
{
    return event->t_venue != 0 ? event->t_venue : event->t;
}

/* --- match.c --- */
/* Room for what the owner has; below config.max_owners. */
void match_make_room(struct match *match, uint32_t owner);

/* --- order.c: the life of an order --- */
struct market *market_get(const struct match *match, agon_instrument_t instrument); /* or NULL */
struct order *order_get(const struct match *match, uint64_t id);                    /* or NULL */
void order_emit(struct match *match, const struct order *order, enum match_event_kind kind,
                enum match_reject reason, agon_ns_t t);
/* Takes it out of wherever it stands, unlocks its funds, tells and forgets it. */
void order_end(struct match *match, struct order *order, enum match_event_kind kind,
               enum match_reject reason, agon_ns_t t);
void order_forget(struct match *match, struct order *order); /* filled: already told */

/* --- filters.c --- */
enum match_reject filters_check(const struct match *match, const struct market *market,
                                const struct match_order *order, agon_ns_t t);
/* Does the instrument's trading state let this order in? */
int filters_is_open(const struct agon_instrument *def, const struct match_order *order);
/* px and qty of an order of this type, on tick and lot and within bounds */
enum match_reject filters_amend(const struct match *match, const struct market *market,
                                const struct match_order *order, agon_px_t px, agon_qty_t qty,
                                agon_ns_t t);

/* A whole amount of the quote, at market. */
enum match_reject filters_amount(const struct match *match, const struct market *market,
                                 enum agon_side side, agon_amt_t quote_amt);

/* --- terms.c: what the rules of a market are measured by --- */
void terms_add(struct market *market, agon_ns_t t, agon_px_t px, agon_qty_t qty);
void terms_on_bar(struct market *market, const struct agon_bar *bar);
agon_px_t terms_reference_px(const struct match *match, const struct market *market, agon_ns_t t);
enum match_reject terms_check_band(const struct match *match, const struct market *market,
                                   const struct match_order *order, agon_ns_t t);
enum match_reject terms_check_count(const struct match *match, const struct market *market,
                                    const struct match_order *order);
void terms_save(const struct market *market, struct enc *enc);

/* --- funds.c: nothing happens in these without is_funds_checked, but for positions --- */
agon_amt_t funds_notional(const struct match *match, const struct market *market, agon_px_t px,
                          agon_qty_t qty, enum num_round round);
agon_amt_t funds_base_amt(const struct match *match, const struct market *market, agon_qty_t qty,
                          enum num_round round);
/* The quantity that amt buys at px, whole lots that cost something. */
agon_qty_t funds_buyable_qty(const struct match *match, const struct market *market, agon_px_t px,
                             agon_amt_t amt);
/* What a buyer pays at most beside the price, where that is the rule; 0: nothing. */
agon_amt_t funds_beside(const struct market *market, uint32_t owner, agon_amt_t amt);
/* What an order has to lock, and of which asset. */
agon_amt_t funds_need(const struct match *match, const struct market *market,
                      const struct match_order *order, agon_asset_t *asset);
int funds_has(const struct match *match, uint32_t owner, agon_asset_t asset, agon_amt_t amt);
void funds_relock(struct match *match, struct order *order, agon_amt_t amt, agon_asset_t asset);
/* Books one fill; returns the fee and its asset. */
agon_amt_t funds_settle(struct match *match, struct market *market, struct order *order,
                        agon_px_t px, agon_qty_t qty, agon_amt_t quote_amt, int is_maker,
                        agon_asset_t *fee_asset);
/* Would every sum that one fill changes stay within 64 bits? times: 2 when both sides of the trade
 * are the owner's. */
int funds_fits(const struct match *match, const struct market *market, const struct order *order,
               agon_px_t px, agon_qty_t qty, int times);
/* Could what the order may at most get be held beside what the owner has? px: the best that it may
 * trade at, 0: none known. */
int funds_has_room(const struct match *match, const struct market *market,
                   const struct match_order *order, agon_px_t px);
struct balance *funds_balance(const struct match *match, uint32_t owner, agon_asset_t asset);

/* --- queue.c: resting orders and what exogenous events do to them --- */
/* Rests the order at its price behind what is there. */
void queue_join(struct match *match, struct market *market, struct order *order);
void queue_leave(struct match *match, struct order *order);
/* Own orders took qty of the exogenous quantity at the level's front. */
void queue_took(struct match *match, struct level *level, agon_qty_t qty);
void queue_show(struct match *match, struct market *market, enum agon_side side, agon_px_t px);
int queue_on_book(struct match *match, struct market *market, const struct agon_book_part *part);
int queue_on_quote(struct match *match, struct market *market, const struct agon_quote *quote);
int queue_on_trade(struct match *match, struct market *market, const struct agon_trade *trade);
struct level *queue_level(const struct match *match, const struct market *market,
                          enum agon_side side, agon_px_t px); /* or NULL */
struct level *queue_best(const struct match *match, const struct market *market,
                         enum agon_side side);

/* --- take.c: an order that comes in against the book --- */
/* One trade. taker or maker is NULL when that side is exogenous. */
void take_trade(struct match *match, struct market *market, struct order *taker,
                struct order *maker, enum agon_side taker_side, agon_px_t px, agon_qty_t qty,
                agon_ns_t t);
/* Takes what it may; then rests or expires. The order may be gone afterwards. */
void take_execute(struct match *match, struct market *market, struct order *order, agon_ns_t t);
/* Best price on a side, exogenous and own together; 0: nothing there. */
agon_px_t take_best_px(const struct match *match, const struct market *market, enum agon_side side);
int take_would(const struct match *match, const struct market *market, enum agon_side side,
               agon_px_t px); /* would a limit order at px match at once? */
/* What an order could take now, self-trade prevention included, and what it would cost. */
agon_qty_t take_measure(const struct match *match, const struct market *market,
                        const struct match_order *order, int has_reduce_only, agon_amt_t *cost);
/* How much of its rest an order may fill now: a reduce-only one no more than the position. */
agon_qty_t take_fillable_qty(const struct match *match, const struct order *order);

/* How much an order still wants at this price; 0 and the reason when it can take no more. */
agon_qty_t take_wanted_qty(const struct match *match, const struct market *market,
                           struct order *order, agon_px_t px, enum match_reject *reason);
/* One fill of an order that meets nobody's, at a price that is no market's. The order may be gone
 * afterwards. */
void take_alone(struct match *match, struct market *market, struct order *order, agon_px_t px,
                agon_qty_t qty, int is_maker, agon_ns_t t);

/* --- bar.c: markets of bars --- */
int bar_on_market(struct match *match, struct market *market, const struct agon_event_hdr *event);
/* As take_execute. */
void bar_execute(struct match *match, struct market *market, struct order *order, agon_ns_t t);
void bar_park(struct match *match, struct market *market, struct order *order);
void bar_unpark(struct match *match, struct market *market, struct order *order);
void bar_save(const struct market *market, struct enc *enc);
void bar_free(struct match *match);

/* --- stops.c --- */
/* Is it the rise to its trigger that it waits for? */
int stops_wait_for_rise(const struct match_order *order);
int stops_would_trigger(const struct market *market, const struct match_order *order);
void stops_wait(struct match *match, struct market *market, struct order *order);
void stops_leave(struct match *match, struct market *market, struct order *order);
/* What the last trades entail: stops fire until nothing more is triggered, reduce-only orders that
 * exceed their position expire. Ends every call that may have traded. */
void stops_run(struct match *match, struct market *market, agon_ns_t t);

#endif
