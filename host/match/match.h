// SPDX-License-Identifier: Apache-2.0
/* match: the matching engine. `agon sim`, paper trading and backtests fill orders with this one.
 *
 * A market has two kinds of liquidity. *Exogenous*: levels that recorded data or the generator
 * sets; they never react. *Own*: orders that callers submit, each standing in its level's queue
 * behind what was there. At a price, own orders stand in order of arrival, each with the exogenous
 * quantity ahead of it. That quantity falls by trades at the price, and by the configured share of
 * a reduction that no trade explains; it never grows. An own order fills as maker only by exogenous
 * trades at or through its price, never more than was traded, or against another own order that
 * comes in against it. An own order that comes in against the book takes exogenous and own
 * liquidity in price-time priority; what it takes of an exogenous level stays taken until the data
 * sets that level anew.
 *
 * What that means at the edges:
 * - A trade at an order's price moves its queue only when the taker was on the other side (or the
 *   venue does not tell). A trade at a worse price for the order (through it) proves that nothing
 *   stood ahead any more, and fills up to what was traded, whoever was the taker.
 * - A book update that shows the other side at or through an own order, without a trade, fills
 *   nothing. Until a trade settles it, match_levels leaves the crossed exogenous levels out.
 * - Trades may come before or after the update that contains them: venue times tell (where the
 *   venue gives none, the order of arrival does). What was first taken for a cancel is then counted
 *   as the trade that it was, never twice.
 * - Where the book does not reach (BOOK_PART_RANGE, or only quotes are known), the quantity ahead
 *   is unknown until data shows that price; an order there fills only by trades through it.
 * - Orders whose t_expire has come expire before anything else of a call at t.
 *
 * Where nothing is known but bars (match_set_bars), there are neither levels nor queues, and owners
 * do not trade with each other: see there.
 *
 * Deterministic: all state changes come from calls, times are arguments, no clock, no randomness
 * but the generator's seed. Memory is taken at match_new. Not thread-safe. [core, sim's thread] */
#ifndef MATCH_MATCH_H
#define MATCH_MATCH_H

#include "base/codec.h"
#include "base/error.h"
#include "base/zeroed.h"
#include "market/book.h"
#include "market/instruments.h"
#include "market/rules.h"

struct match;

/* What backtest, paper and simulator take it for, all three: nobody knows. */
#define MATCH_CANCEL_AHEAD_PPM 500000

struct match_config {
    uint32_t max_orders;       /* open at a time, all owners; 0: 65536 */
    uint32_t max_owners;       /* 0: 64 */
    uint32_t cancel_ahead_ppm; /* share of an unexplained reduction that stood ahead of an own
                                  order; UINT32_MAX: in proportion (ahead / level) */
    uint8_t is_funds_checked;  /* owners have balances, and orders lock them */
    uint8_t
        is_one_account; /* owners are so to the venue: how many orders are open counts together */
    uint8_t pad[2];
};

enum match_stp {
    MATCH_STP_NONE = 0,
    MATCH_STP_EXPIRE_TAKER = 1,
    MATCH_STP_EXPIRE_MAKER = 2,
    MATCH_STP_EXPIRE_BOTH = 3
};

struct match_order { /* what is asked, and what became of it. Fields after `asked` are match's */
    uint64_t tag;    /* the caller's */
    uint32_t owner;  /* from 0 */
    agon_instrument_t instrument;
    uint8_t side, type, tif, stp;
    uint32_t flags;         /* AGON_POST_ONLY, AGON_REDUCE_ONLY */
    uint8_t is_take_profit; /* with a type that waits: triggers on the other side of the price */
    uint8_t asked[7];
    agon_px_t px; /* MARKET, STOP: worst price to take, 0: any */
    agon_px_t trigger_px;
    agon_qty_t qty;
    agon_amt_t quote_amt; /* market buy by quote amount when qty is 0 */
    agon_qty_t show_qty;  /* 0 or qty: icebergs are refused, MATCH_BAD_FIELD */
    agon_ns_t t_expire;   /* GTD */
    /* match's own */
    uint64_t id; /* exchange order id, 1, 2, ... */
    agon_ns_t t_create, t_update;
    agon_qty_t filled_qty;
    agon_amt_t filled_quote_amt; /* sum of px * qty in the quote's unit */
    agon_qty_t ahead_qty;        /* exogenous quantity ahead in the queue */
    uint8_t state;               /* enum agon_order_state */
    uint8_t is_triggered, is_working, is_ahead_known, pad[4];
};

enum match_event_kind {
    MATCH_ACCEPTED = 1,  /* the first of every order that is not refused; trades come after it */
    MATCH_REJECTED = 2,  /* reason: enum match_reject */
    MATCH_TRADE = 3,     /* one fill of this order */
    MATCH_CANCELLED = 4, /* asked by its owner */
    MATCH_EXPIRED = 5,   /* IOC rest, FOK, GTD, STP, market order without liquidity */
    MATCH_TRIGGERED = 6,
    MATCH_AMENDED = 7 /* new px or qty; trades of its new price come after it */
};
enum match_reject {
    MATCH_OK = 0,
    MATCH_BAD_PRICE = 1, /* tick, bounds */
    MATCH_BAD_QTY = 2,   /* lot, bounds */
    MATCH_BAD_NOTIONAL = 3,
    MATCH_BAD_FIELD = 4,
    MATCH_NO_FUNDS = 5,
    MATCH_WOULD_TAKE = 6,    /* post-only would match at once */
    MATCH_WOULD_TRIGGER = 7, /* stop price already passed */
    MATCH_REDUCE_ONLY = 8,
    MATCH_NOT_TRADING = 9,
    MATCH_NO_ROOM = 10,
    MATCH_UNKNOWN_ORDER = 11,
    MATCH_NO_LIQUIDITY = 12,
    MATCH_SELF_TRADE = 13, /* expired by self-trade prevention */
    MATCH_TIMED_OUT = 14,  /* GTD */
    MATCH_TOO_LARGE = 15,  /* a balance, position or total would be beyond 64 bits */
    /* by match_set_rules */
    MATCH_BAD_MARKET_QTY = 16, /* more than an order at market may have */
    MATCH_BAD_BAND = 17,       /* too far from what the market costs */
    MATCH_MANY_ORDERS = 18,
    MATCH_MANY_STOPS = 19
};
struct match_event {
    uint8_t kind, reason, is_maker, is_self; /* is_self: both sides have one owner */
    uint8_t pad[4];
    agon_ns_t t;
    const struct match_order
        *order; /* as it is after the event; borrowed until the callback returns */
    /* MATCH_TRADE */
    agon_px_t px;
    agon_qty_t qty;
    agon_amt_t quote_amt;
    agon_amt_t fee_amt;
    agon_asset_t fee_asset;
    uint64_t trade_id; /* of the instrument, 1, 2, ...; both sides have the same */
};
struct match_print { /* a trade as the market sees it */
    agon_instrument_t instrument;
    uint8_t taker_side;
    uint8_t is_exogenous; /* 1: part of the exogenous TRADE just given; whoever shows those as well
                             must not show this one again */
    uint8_t pad[2];
    agon_ns_t t;
    agon_px_t px;
    agon_qty_t qty;
    uint64_t trade_id;
};
struct match_sink { /* all may be NULL. Called in order of effect, before the call that caused it
                       returns; may read match, but not change it */
    void *ctx;
    void (*on_event)(void *ctx, const struct match_event *event);
    void (*on_print)(void *ctx,
                     const struct match_print *print); /* trades with an own order in them */
    /* own orders changed what the market shows at a price: new total of the level */
    void (*on_level)(void *ctx, agon_instrument_t instrument, enum agon_side side, agon_px_t px,
                     agon_qty_t qty);
    void (*on_balance)(void *ctx, uint32_t owner, agon_asset_t asset); /* free or locked changed */
    /* Asked before a fill of an own order, by who keeps money of its own beside: 0 when a sum there
     * would not hold it, and the order expires as MATCH_TOO_LARGE instead. times: 2 when both sides
     * of the trade are the owner's. */
    int (*may_fill)(void *ctx, const struct match_order *order, agon_px_t px, agon_qty_t qty,
                    int times);
    /* What the price band of an instrument is around; NULL: the mark where one was told, else the
     * mean of its trades over so many minutes, or the last price. 0: unknown, and not judged. */
    agon_px_t (*reference_px)(void *ctx, agon_instrument_t instrument, uint32_t minutes);
};

/* table is borrowed and outlives match; instruments may be added to it later. NULL: out of memory.
 */
struct match *match_new(const struct match_config *config, const struct instruments *table,
                        const struct match_sink *sink);
void match_free(struct match *match);
/* Names the room of instruments that were not added, and of more orders than are ever open at once
 * but in a flood: which places are free is kept so that low ones are taken. */
void match_spare(struct match *match, zeroed_spare_fn *spare);
/* The instrument's filters, fees and trading state are read from the table; call again after a
 * change of tick. AGON_ENOENT, AGON_ENOMEM. */
int match_add(struct match *match, agon_instrument_t instrument);
/* What the venue asks of orders there beside the record's filters; nothing until it is told. With
 * rules an order at market has its notional by the reference of the band. AGON_ENOENT. */
int match_set_rules(struct match *match, agon_instrument_t instrument, const struct rules *rules);
/* By the filters and rules of its instrument alone, whatever the book and the funds are: enum
 * match_reject. What is already open counts. */
int match_check(const struct match *match, agon_ns_t t, const struct match_order *order);
/* The same of an amount of the quote at market. */
int match_check_amount(const struct match *match, agon_instrument_t instrument, enum agon_side side,
                       agon_amt_t quote_amt);
agon_px_t match_reference_px(const struct match *match, agon_instrument_t instrument);

/* --- exogenous liquidity --- */
/* Takes BOOK_SNAPSHOT, BOOK_DELTA, TRADE, QUOTE and MARK of an instrument that was added, at
 * event->t. A QUOTE is used only while no book is known. Others are ignored. AGON_EINVAL,
 * AGON_ENOENT. */
int match_on_market(struct match *match, const struct agon_event_hdr *event);
/* Time passes: GTD orders whose t_expire <= t expire. */
void match_on_time(struct match *match, agon_ns_t t);
/* Earliest t_expire; INT64_MAX: none. */
agon_ns_t match_next(const struct match *match);

/* --- markets of bars --- */
/* How the inside of a bar is assumed, of two paths: open-high-low-close, open-low-high-close. */
enum match_path {
    MATCH_PATH_PESSIMISTIC = 0, /* the one that leaves the owner less at the close; at a tie OLHC */
    MATCH_PATH_OPTIMISTIC = 1,  /* the other: fills that know the close */
    MATCH_PATH_OHLC = 2,
    MATCH_PATH_OLHC = 3,
    MATCH_PATH_RANDOM = 4 /* drawn by seed, instrument and time of the open */
};
/* "pessimistic", "optimistic", "ohlc", "olhc", "random"; "?": there is none. */
const char *match_path_name(uint8_t path);
struct match_bars {
    uint8_t path; /* enum match_path */
    uint8_t pad[3];
    uint32_t spread_ppm; /* between bid and ask around an open or a close; one tick at least */
    uint32_t drift_ppm;  /* against an order: so much in the first second, with the root of time */
    uint32_t touch_ppm;  /* of a limit's rest, where prices reach it and go no further */
    uint32_t volume_ppm; /* of a bar's volume, all limits of an owner together */
    uint32_t slippage_ppm; /* of a stop */
    uint64_t seed;
};
/* Pessimistic, 200, 100, 0, 100000, 100; seed 1. */
void match_bars_defaults(struct match_bars *bars);
/* bars are in [1, 10^6] ppm each, or 0. AGON_EINVAL with the reason. */
int match_bars_check(const struct match_bars *bars, struct error *err);
/* The QUOTE that a bar opens with, at t: around its open, and as deep as that share of the volume
 * of the bar before it. The BAR that it ends with: px are open, high, low, close. What a row does
 * not say of it is assumed: half of the volume was bought, at the mean of high, low and close. */
void match_bars_open(const struct match_bars *bars, const struct agon_instrument *instrument,
                     agon_ns_t t, agon_px_t open_px, agon_qty_t before_qty,
                     struct agon_quote *quote);
void match_bars_close(const struct agon_instrument *instrument, int quote_exp, agon_ns_t t,
                      uint32_t length_s, const agon_px_t px[4], agon_qty_t volume_qty,
                      struct agon_bar *bar);
/* The quote that is assumed around a price. */
void match_bars_quote(const struct match_bars *bars, const struct agon_instrument *instrument,
                      agon_px_t px, agon_px_t *bid_px, agon_px_t *ask_px);
/* From here on all that is known of the instrument is a QUOTE where each bar opens and the closed
 * BAR: match_on_market takes these two, and no other event of it. An order that is submitted trades
 * at the quote, moved against it by drift_ppm for the time since then, never worse than its limit,
 * or rests; nobody stands ahead of it. With the BAR (t_open is the QUOTE's venue time; where that
 * has none it is whichever comes next) each owner's orders meet its path (match/inside.h), all at
 * the BAR's time: a limit fills at its own price where prices go through it, by touch_ppm where
 * they reach it, within volume_ppm; a stop at the worse of its trigger and the price that was
 * beyond it at the open, plus slippage. What has expired by then does so after it, and the close is
 * the new quote. Orders of one owner do not meet each other. The caller decides by when a request
 * may act: in the open or at the close, never in between. Before the first order there.
 * AGON_ENOENT, AGON_ENOMEM. */
int match_set_bars(struct match *match, agon_instrument_t instrument,
                   const struct match_bars *bars);
int match_has_bars(const struct match *match, agon_instrument_t instrument);
/* When its last bar opened, by match's time; 0: none has. *is_inside: it has not closed. */
agon_ns_t match_bar_open(const struct match *match, agon_instrument_t instrument, int *is_inside);
/* Who acts inside a bar himself, for some of the owners, takes it apart instead of giving the BAR
 * to match_on_market. bar->hdr.t is the time of all that happens. Is it the end of the bar that
 * stands open? Then for each owner either pass, as match_on_market would; or path, which assumes
 * one, and then next and act along its straight lines; and over when all have. */
struct inside_host;
int match_bar_ends(const struct match *match, const struct agon_bar *bar);
void match_bar_pass(struct match *match, const struct agon_bar *bar, uint32_t owner);
/* From which number on no owner has ever had an order or a price of his own. */
uint32_t match_owners(const struct match *match);
int match_bar_has_orders(const struct match *match, agon_instrument_t instrument, uint32_t owner);
int match_is_empty(const struct match *match); /* no order is open or waits, of whatever owner */
/* Is the low first for an owner of whom nothing happens inside? He needs no more of this bar, no at
 * either. */
int match_bar_idle(const struct match *match, const struct agon_bar *bar);
/* Is the low first? host: an image of what acts beside the owner's orders, for match/inside.h to
 * ask; again makes it what it was at the open. */
int match_bar_path(struct match *match, const struct agon_bar *bar, uint32_t owner,
                   const struct inside_host *host, void (*again)(void *ctx));
/* On the way from a to b: where an order acts next, and its id; 0: none does. */
agon_px_t match_bar_next(struct match *match, const struct agon_bar *bar, uint32_t owner,
                         agon_px_t a, agon_px_t b, uint64_t *id);
/* It does, if it is still there, with prices at now_px. */
void match_bar_act(struct match *match, const struct agon_bar *bar, uint32_t owner, uint64_t id,
                   agon_px_t now_px, agon_px_t b);
/* Prices are at px for the owner: what he submits there trades at that price and slippage, never
 * worse than its limit. 0: he acts inside no longer. */
void match_bar_at(struct match *match, agon_instrument_t instrument, uint32_t owner, agon_px_t px);
void match_bar_over(struct match *match, const struct agon_bar *bar);
/* Where no order is open and a quote of the same time and instrument follows: the end of the bar
 * and that open at once, as by both ways. 0: nothing is done, they go one by one. */
int match_bar_turn(struct match *match, const struct agon_bar *bar, const struct agon_quote *quote);
/* The same of many such bars, one behind the other, while nobody looks or asks for anything: of the
 * last open is what counts of all, and followed takes it, before anything else is done there. */
int match_bar_follow(struct match *match, const struct agon_bar *bar,
                     const struct agon_quote *quote);
void match_bar_followed(struct match *match, const struct agon_quote *quote);

/* --- own orders: results come by the sink --- */
/* Types are those of AGON_ORDER_TYPES: one without a price is IOC or FOK (GTC means IOC); one that
 * waits does so for the last trade price to reach trigger_px, then acts. tif 0 is the type's own:
 * GTC, and IOC for one without a price. GTD needs t_expire > t. POST_ONLY goes with types that have
 * a price and may rest. REDUCE_ONLY is refused on spot; elsewhere all of an owner's working ones
 * together never exceed the position, and the newest expire when it shrinks. A FOK does not count
 * on resting reduce-only orders. *id is the exchange's id also of a rejected order. Returns enum
 * match_reject; MATCH_OK also for a FOK or a market order that then expires. */
int match_submit(struct match *match, agon_ns_t t, const struct match_order *order, uint64_t *id);
/* The same of an order that came to a market of bars where nothing acts before the bar's close or
 * the next open: it is accepted now, by what can be said of it without a price, and with the next
 * BAR or QUOTE, behind all that those do, it trades, rests, or expires for what match_submit would
 * have refused it for. */
int match_park(struct match *match, agon_ns_t t, const struct match_order *order, uint64_t *id);
int match_cancel(struct match *match, agon_ns_t t, uint64_t id);
/* qty: total, filled part included. Lower quantity at the same price keeps the place in the queue;
 * anything else loses it. A refusal leaves the order as it was and makes no event. */
int match_amend(struct match *match, agon_ns_t t, uint64_t id, agon_px_t px, agon_qty_t qty);
const struct match_order *match_find(const struct match *match, uint64_t id); /* open ones */
/* Open orders of an owner (instrument 0: all), by id; returns how many there are, writes at most n.
 */
uint32_t match_open(const struct match *match, uint32_t owner, agon_instrument_t instrument,
                    const struct match_order **orders, uint32_t n);

/* --- what the market shows: exogenous and own together --- */
uint32_t match_levels(const struct match *match, agon_instrument_t instrument, enum agon_side side,
                      struct agon_level *levels, uint32_t n);
/* The same at one price, crossed or not. */
agon_qty_t match_shown_qty(const struct match *match, agon_instrument_t instrument,
                           enum agon_side side, agon_px_t px);
agon_px_t match_last_px(const struct match *match, agon_instrument_t instrument); /* 0: none yet */

/* --- balances, with is_funds_checked ---
 * Spot: a buy locks quote at its limit (rounded up), a sell locks base; STOP market buys lock
 * nothing until they trigger. A trade moves px * qty, rounded down, from buyer to seller; the fee
 * comes off what is received (base on buy, quote on sell), rounded up; by rules.is_fee_quote a buy
 * pays it in quote beside the price, and locks it too. Derivatives lock nothing (no
 * margin model): fee and realised profit, by average cost, go through the free settlement balance,
 * which may become negative. Positions of derivatives are kept with or without funds. */
/* No sum of money, position or quantity here saturates: an order that could lead beyond 64 bits is
 * refused as MATCH_TOO_LARGE, and one whose next fill would (prices moved, other fills came first)
 * expires for that reason before it. */
/* Adds to the free balance; negative takes away. AGON_EINVAL; AGON_ERANGE: overflow, or more than
 * is free. */
int match_deposit(struct match *match, uint32_t owner, agon_asset_t asset, agon_amt_t amt);
agon_amt_t match_free_amt(const struct match *match, uint32_t owner, agon_asset_t asset);
agon_amt_t match_locked_amt(const struct match *match, uint32_t owner, agon_asset_t asset);
/* Signed position of a derivative; 0 on spot. */
agon_qty_t match_position_qty(const struct match *match, uint32_t owner,
                              agon_instrument_t instrument);
/* Puts a derivative's position there without a trade (taken over, settled), at no cost. An owner
 * with working reduce-only orders there keeps them until the next trade. AGON_ENOENT, AGON_EINVAL.
 */
int match_set_position(struct match *match, uint32_t owner, agon_instrument_t instrument,
                       agon_qty_t qty);
/* Fees of an owner on an instrument instead of the table's, in parts per billion; negative: a
 * rebate. */
int match_set_fees(struct match *match, uint32_t owner, agon_instrument_t instrument,
                   int32_t maker_ppb, int32_t taker_ppb);

/* Everything that decides what happens next, in canonical bytes: for hashes and comparisons. */
void match_save(const struct match *match, struct enc *enc);

#endif
