// SPDX-License-Identifier: Apache-2.0
/* pit: the market behind a simulated venue, whatever language the venue speaks: symbols, the
 * matching engine, what the book shows, the tape of prints, bars.
 *
 * Time is moved by pit_advance alone: it takes the reel's events up to that time in order, tells
 * the hooks what happened, and calls on_step at each 100 ms of market time. Own orders go through
 * pit_submit and its friends at the time reached. What the book shows has one id per changed level,
 * counted without holes; it is what the engine shows, without exogenous levels that stand on the
 * wrong side of an own order. [one thread] */
#ifndef SIM_PIT_H
#define SIM_PIT_H

#include "base/error.h"
#include "market/instruments.h"
#include "match/match.h"

#define PIT_SYMBOLS_MAX 64   /* a bit of a word each */
#define PIT_DEPTH_MAX   5000 /* levels a side that are shown */
#define PIT_EXP         8    /* decimals of every price, quantity and amount */
#define PIT_STEP_NS     100000000

struct pit_symbol { /* what a venue says of a symbol; numbers are counts of 10^-8 */
    char name[24], base[12], quote[12];
    int64_t tick_px, min_px, max_px;
    int64_t lot_qty, min_qty, max_qty;
    int64_t min_notional_amt;
    struct rules rules; /* what it asks of orders beside these */
    int32_t maker_fee_ppb, taker_fee_ppb;
    int64_t start_px;    /* for the generator */
    int64_t liq_fee_ppb; /* of perpetuals: what a liquidation pays to the insurance fund */
    uint8_t is_perpetual;
    uint8_t base_fewer; /* decimals that balances of the base have less than PIT_EXP */
    uint8_t is_settled; /* a perpetual's results and fees go to its owner's balance of the quote */
    uint8_t pad[5];
};

struct pit_trade {
    uint64_t id;
    agon_ns_t t;
    agon_px_t px;
    agon_qty_t qty;
    agon_amt_t quote_amt;
    uint8_t is_buyer_maker, pad[7];
};
struct pit_agg { /* trades of one taker at one price at one time */
    uint64_t id, first, last;
    agon_ns_t t;
    agon_px_t px;
    agon_qty_t qty;
    uint8_t is_buyer_maker, pad[7];
};
struct pit_bar {
    agon_ns_t t_open;
    agon_px_t open_px, high_px, low_px, close_px;
    agon_qty_t qty, taker_qty;
    agon_amt_t amt, taker_amt;
    uint64_t n, first, last; /* trades; first and last are 0 when n is 0 */
};
struct pit_view { /* what the book shows, best first */
    uint64_t id;
    uint32_t n_bid, n_ask;
    const struct agon_level *bid, *ask;
};

enum pit_note { PIT_INDEX = 0, PIT_MARK = 1, PIT_NOTES };

struct pit_hooks { /* each may be NULL; sym is the symbol's number */
    void *ctx;
    void (*on_trade)(void *ctx, uint32_t sym, const struct pit_trade *trade);
    void (*on_agg)(void *ctx, uint32_t sym, const struct pit_agg *agg);
    /* best price or quantity changed; of a symbol whose best prices are recorded: one of them came,
     * changed or not, or an own order changed them */
    void (*on_top)(void *ctx, uint32_t sym);
    /* the book of a symbol whose best prices are recorded was told anew by its recording */
    void (*on_book)(void *ctx, uint32_t sym);
    void (*on_step)(void *ctx, agon_ns_t t); /* every 100 ms of market time */
    void (*on_order)(void *ctx, uint32_t sym, const struct match_event *event, uint64_t trade_id);
    void (*on_balance)(void *ctx, uint32_t owner, agon_asset_t asset);
    /* A bar of a market of bars has closed, or opened: pit_acts is true of it until this returns.
     */
    void (*on_bar)(void *ctx, uint32_t sym, int is_closed);
    /* as of match_sink */
    int (*may_fill)(void *ctx, const struct match_order *order, agon_px_t px, agon_qty_t qty,
                    int times);
};

struct reel;
struct pit;

/* Takes the reel over (NULL: a market without exogenous life, for tests). t_start is where time
 * stands. */
int pit_new(struct pit **pit, const struct pit_symbol *symbols, uint32_t n, agon_ns_t t_start,
            struct error *err);
void pit_free(struct pit *pit);
const struct instruments *pit_table(const struct pit *pit);
void pit_set_reel(struct pit *pit, struct reel *reel);
/* Why the nth row of the recordings was left out, from 0; NULL: no such row so far, or too many. */
const struct error *pit_bad_row(const struct pit *pit, uint32_t nth);
/* Tables of bars that are played as trades: what is seen inside a bar is made up. */
uint32_t pit_visible_bars(const struct pit *pit);
/* Bars of which each account has what is best for it: its fills know how they close. */
int pit_is_optimistic(const struct pit *pit);
/* Quantities of the recordings that were finer than their symbol's lot and were cut, so far. */
uint64_t pit_cut(const struct pit *pit);
void pit_set_hooks(struct pit *pit, const struct pit_hooks *hooks);
/* All that is known of the symbol is bars of that length (match_set_bars): its book is the quote of
 * the last open, one level a side and nobody's orders on it, nothing of it is on the tape, and an
 * order that comes acts with the next close or open (match_park). Before its first event.
 * AGON_ENOMEM. */
int pit_set_bars(struct pit *pit, uint32_t sym, const struct match_bars *bars, agon_ns_t step_ns);
agon_ns_t pit_bar_ns(const struct pit *pit, uint32_t sym); /* 0: it has a market */
/* Does what is asked of its orders act now? Of a market of bars it does when one opens or closes,
 * and when the recordings have ended. */
int pit_acts(struct pit *pit, uint32_t sym);
/* What is to be known of a market of bars, for the header X-Agon-Market-Bars: "visible", or
 * "SYMBOL=SECONDS,... path=NAME spread=PPM drift=PPM touch=PPM volume=PPM slippage=PPM seed=N"; "":
 * no symbol is one of bars. */
#define PIT_BARS_TEXT 640
const char *pit_bars_text(const struct pit *pit, char text[PIT_BARS_TEXT]);
/* Puts one-minute bars before the minute that time stands in, made from their closes (oldest
 * first): what a client finds when it asks for history. Wicks and volumes follow from the seed.
 * AGON_ESTATE when bars are there already; AGON_EINVAL. */
int pit_history(struct pit *pit, uint32_t sym, const agon_px_t *closes, uint32_t n, uint64_t seed);
/* The same for notes: minutes before the one that time stands in. */
int pit_note_history(struct pit *pit, uint32_t sym, enum pit_note which, const agon_px_t *closes,
                     uint32_t n);

/* Moves to t, which is not before the time reached. */
void pit_advance(struct pit *pit, agon_ns_t t);
agon_ns_t pit_now(const struct pit *pit);
agon_ns_t pit_next(struct pit *pit); /* the next moment at which pit_advance has work */
int pit_is_over(struct pit *pit);    /* the reel has come to its end */
/* A market event by hand, at its time: tests and scripted scenes. */
int pit_inject(struct pit *pit, const struct agon_event_hdr *event);

uint32_t pit_count(const struct pit *pit);
const struct pit_symbol *pit_at(const struct pit *pit, uint32_t sym);
int pit_find(const struct pit *pit, const char *name); /* -1: none */
agon_instrument_t pit_instrument(const struct pit *pit, uint32_t sym);

void pit_view(const struct pit *pit, uint32_t sym, struct pit_view *view);
/* Levels of its book have come, and not best prices alone. */
int pit_has_depth(const struct pit *pit, uint32_t sym);
/* The best prices as they are told; a side without one is 0. The view's, but where a recording has
 * told them they are the last recorded ones with the own orders on them. */
void pit_best(const struct pit *pit, uint32_t sym, struct agon_level *bid, struct agon_level *ask);
agon_px_t pit_last_px(const struct pit *pit, uint32_t sym);
/* Volume-weighted mean over the last minutes; the last price when nothing traded; 0: none yet. */
agon_px_t pit_avg_px(const struct pit *pit, uint32_t sym, uint32_t minutes, agon_ns_t *t_last);
/* Kept trades and aggregates, oldest first: at(i) for i in [0, count). */
uint32_t pit_trades(const struct pit *pit, uint32_t sym);
const struct pit_trade *pit_trade_at(const struct pit *pit, uint32_t sym, uint32_t i);
uint32_t pit_aggs(const struct pit *pit, uint32_t sym);
const struct pit_agg *pit_agg_at(const struct pit *pit, uint32_t sym, uint32_t i);
/* One-minute bars (and one-second bars of the last hours), oldest first, without holes; the last
 * one is still open. */
uint32_t pit_minutes(const struct pit *pit, uint32_t sym);
const struct pit_bar *pit_minute_at(const struct pit *pit, uint32_t sym, uint32_t i);
uint32_t pit_seconds(const struct pit *pit, uint32_t sym);
const struct pit_bar *pit_second_at(const struct pit *pit, uint32_t sym, uint32_t i);
/* Beside a perpetual's own prices: bars of its index and its mark, without volume; the last of
 * each. pit_note adds one at the time reached. */
void pit_note(struct pit *pit, uint32_t sym, enum pit_note which, agon_px_t px);
agon_px_t pit_noted(const struct pit *pit, uint32_t sym, enum pit_note which); /* 0: none yet */
uint32_t pit_notes(const struct pit *pit, uint32_t sym, enum pit_note which);
const struct pit_bar *pit_note_at(const struct pit *pit, uint32_t sym, enum pit_note which,
                                  uint32_t i);
/* Trades of that instrument of the reel are the symbol's index. AGON_EINVAL. */
int pit_set_index(struct pit *pit, uint32_t sym, const struct pit_symbol *spot, struct error *err);
/* A market that the reel has events of and nobody trades here; *id is its instrument. pit_follow
 * makes one a perpetual's index. */
int pit_add_silent(struct pit *pit, const struct pit_symbol *spot, agon_instrument_t *id,
                   struct error *err);
void pit_follow(struct pit *pit, uint32_t sym, agon_instrument_t id);
/* The bar of so many minutes that is open, or n before it; false: nothing is kept of it. */
int pit_bar_ago(const struct pit *pit, uint32_t sym, int minutes, uint32_t n, struct pit_bar *bar);
/* All minutes from that time on as one; empty where there are none. */
void pit_bar_since(const struct pit *pit, uint32_t sym, agon_ns_t from, struct pit_bar *bar);
agon_px_t pit_bar_vwap(const struct pit_bar *bar); /* 0: nothing traded */
/* Appends what bar holds to sum, in order of time. */
void pit_bar_add(struct pit_bar *sum, const struct pit_bar *bar);

/* --- own orders: as match.h, at the time reached --- */
/* Perpetuals are matched without a look at funds: margin is the dialect's business. */
#define PIT_OWNERS_MAX 192
int pit_deposit(struct pit *pit, uint32_t owner, agon_asset_t asset, agon_amt_t amt);
int pit_set_fees(struct pit *pit, uint32_t owner, int32_t maker_ppb, int32_t taker_ppb);
/* By filters and rules alone: enum match_reject. */
int pit_check(const struct pit *pit, const struct match_order *order);
int pit_check_amount(const struct pit *pit, uint32_t sym, enum agon_side side, agon_amt_t amt);
int pit_submit(struct pit *pit, const struct match_order *order, uint64_t *id);
int pit_cancel(struct pit *pit, uint64_t id);
int pit_amend(struct pit *pit, uint64_t id, agon_px_t px, agon_qty_t qty);
const struct match_order *pit_order(const struct pit *pit, uint64_t id); /* open ones */
agon_amt_t pit_free_amt(const struct pit *pit, uint32_t owner, agon_asset_t asset);
/* A perpetual's position was taken over by somebody who stands outside the book. */
int pit_set_position(struct pit *pit, uint32_t owner, uint32_t sym, agon_qty_t qty);
agon_qty_t pit_position_qty(const struct pit *pit, uint32_t owner, uint32_t sym);
agon_amt_t pit_locked_amt(const struct pit *pit, uint32_t owner, agon_asset_t asset);

#endif
