// SPDX-License-Identifier: MIT
/* codes: the numbers that stand in events beside those of types.h. They are part of the records'
 * layout: a number is never reused; new ones may appear, so a plugin ignores what it does not know.
 */
#ifndef AGON_CODES_H
#define AGON_CODES_H

/* What a kind of instrument is made of. */
enum agon_kind_has {
    AGON_KIND_TRADED = 1, /* orders may be placed */
    AGON_KIND_COINS = 2,  /* a fill moves base and quote; without: it moves a position, which binds
                             margin in the settlement asset */
    AGON_KIND_IN_BASE = 4 /* a price divides: notional, margin and results are in the base asset */
};
/* agon_instrument.kind. X(id, number, name, has, text): every kind, AGON_ and the id. The one list
 * of them, the host's too; numbers are below 256 and never used again. */
#define AGON_INSTRUMENT_KINDS(X)                                                                   \
    X(SPOT, 1, "spot", AGON_KIND_TRADED | AGON_KIND_COINS, "coins for coins")                      \
    X(LINEAR, 2, "linear", AGON_KIND_TRADED,                                                       \
      "perpetual or future that settles in the quote asset")                                       \
    X(INVERSE, 3, "inverse", AGON_KIND_TRADED | AGON_KIND_IN_BASE, "... in the base asset")        \
    X(INDEX, 4, "index", 0, "a figure, cannot be traded")                                          \
    /* the next one stands above this line */
#define AGON_KIND_OF(id, number, name, has, text) AGON_##id = (number),
enum agon_instrument_kind {
    AGON_INSTRUMENT_KINDS(AGON_KIND_OF) AGON_INSTRUMENT_KINDS_END /* highest number + 1 */
};
#undef AGON_KIND_OF
/* What a kind has, of enum agon_kind_has; 0 of one that this SDK does not know. */
static inline int agon_instrument_has(int kind)
{
#define AGON_KIND_CASE(id, number, name, has, text)                                                \
    case number:                                                                                   \
        return (has);
    switch (kind) {
        AGON_INSTRUMENT_KINDS(AGON_KIND_CASE)
    default:
        return 0;
    }
#undef AGON_KIND_CASE
}
/* agon_status.trading, agon_instrument.state */
enum agon_trading {
    AGON_TRADING_OPEN = 1,
    AGON_TRADING_CANCEL_ONLY = 2,
    AGON_TRADING_POST_ONLY = 3,
    AGON_TRADING_HALTED = 4
};
/* agon_status.book, agon_top10.book. Only LIVE may be traded on. */
enum agon_book {
    AGON_BOOK_COLD = 0,
    AGON_BOOK_SYNCING = 1,
    AGON_BOOK_LIVE = 2,
    AGON_BOOK_STALE = 3
};
/* agon_book_part.flags. A snapshot larger than one record comes in parts. */
enum agon_book_flag {
    AGON_BOOK_FIRST = 1, /* clears the book */
    AGON_BOOK_LAST = 2,  /* completes it */
    AGON_BOOK_RANGE = 4  /* levels beyond the lowest and highest given are unknown, not empty */
};
/* agon_fill.liquidity */
enum agon_liquidity { AGON_MAKER = 1, AGON_TAKER = 2 };
/* agon_signal.direction */
enum agon_direction { AGON_NEUTRAL = 0, AGON_UP = 1, AGON_DOWN = 2 };
/* agon_halt.scope: what agon_halt.id names */
enum agon_scope {
    AGON_SCOPE_GLOBAL = 1,
    AGON_SCOPE_VENUE = 2,
    AGON_SCOPE_INSTRUMENT = 3,
    AGON_SCOPE_SLOT = 4
};
/* Whose doing a refusal is: OWN counts against the agent that goes on asking; OUTSIDE is the
 * market's, the venue's, the host's or an operator's. */
enum agon_reason_side { AGON_REASON_IS_OWN = 1, AGON_REASON_IS_OUTSIDE = 2 };

/* Why an order was refused, cancelled or rejected: agon_order.reason is AGON_REASON_ and the id.
 *
 * X(id, number, name, side, text), rising numbers: the one list of them, the host's too. It is
 * there to be expanded: a plugin that wants the names makes itself a table of them. */
#define AGON_REASONS(X)                                                                            \
    X(NONE, 0, "none", OUTSIDE, "nothing is wrong")                                                \
    /* the host's own gate */                                                                      \
    X(HALTED, 1, "halted", OUTSIDE, "a halt covers the order")                                     \
    X(SLOT_STATE, 2, "slot_state", OUTSIDE, "the slot's stage or condition does not trade")        \
    X(UNAUTHORISED, 3, "unauthorised", OWN,                                                        \
      "an instrument, account or signal that is not the slot's")                                   \
    X(INVALID, 4, "invalid", OWN, "a field is out of range")                                       \
    X(FILTER, 5, "filter", OWN, "off the tick or lot, or below the minimum quantity or notional")  \
    X(SIZE, 6, "size", OWN, "more than the instrument's maximum quantity")                         \
    X(NOTIONAL, 7, "notional", OWN, "more than the slot's maximum order")                          \
    X(COLLAR, 8, "collar", OWN, "the price is too far from the market")                            \
    X(NO_BOOK, 9, "no_book", OUTSIDE, "no live book to judge a price by")                          \
    X(DUPLICATE, 10, "duplicate", OWN, "the same order too often within the window")               \
    X(RATE, 11, "rate", OWN, "more orders a second than the slot may send")                        \
    X(OPEN_ORDERS, 12, "open_orders", OWN, "too many open orders")                                 \
    X(POSITION, 13, "position", OWN, "the position would exceed its limit")                        \
    X(CAPITAL, 14, "capital", OWN, "more than the slot has free")                                  \
    X(DAILY_LOSS, 15, "daily_loss", OWN,                                                           \
      "the slot's loss of the day, with what this and open orders could lose, reaches daily_loss") \
    X(DRAWDOWN, 16, "drawdown", OWN,                                                               \
      "the slot's fall from its highest, with what this and open orders could lose, is too deep")  \
    X(SELF_TRADE, 17, "self_trade", OWN, "it would trade with an order of the same account")       \
    X(REDUCE_ONLY, 18, "reduce_only", OWN, "a reduce-only order that would not reduce")            \
    X(VENUE_BUSY, 19, "venue_busy", OUTSIDE, "no room towards the gateway")                        \
    X(NO_ROOM, 20, "no_room", OWN, "the order table is full")                                      \
    X(UNKNOWN_ORDER, 21, "unknown_order", OWN, "a cancel or replace names no open order")          \
    X(REQUEST_PENDING, 22, "request_pending", OWN,                                                 \
      "the order has a request in flight or unconfirmed")                                          \
    X(KILL, 23, "kill", OUTSIDE, "the kill switch is on")                                          \
    X(TOO_LARGE, 29, "too_large", OWN, "a sum would be beyond 64 bits")                            \
    X(NO_VALUATION, 30, "no_valuation", OUTSIDE, "no fresh price of what its quote is valued by")  \
    X(PORTFOLIO_EQUITY, 31, "portfolio_equity", OUTSIDE, "the portfolio's equity is at its floor") \
    X(PORTFOLIO_DAILY_LOSS, 32, "portfolio_daily_loss", OUTSIDE,                                   \
      "all slots' loss of the day, with what open orders could lose, is at the portfolio's limit") \
    X(PORTFOLIO_DRAWDOWN, 33, "portfolio_drawdown", OUTSIDE,                                       \
      "all slots' fall from the highest, with what open orders could lose, is too deep")           \
    X(PORTFOLIO_GROSS, 34, "portfolio_gross", OUTSIDE, "the portfolio would hold too much")        \
    X(PORTFOLIO_NET, 35, "portfolio_net", OUTSIDE, "the portfolio would lean too far to a side")   \
    X(PORTFOLIO_VENUE, 36, "portfolio_venue", OUTSIDE, "too much would be held on the venue")      \
    X(PORTFOLIO_ASSET, 37, "portfolio_asset", OUTSIDE, "too much would be held of the asset")      \
    X(UNPRICED, 38, "unpriced", OUTSIDE, "a position of the slot has no live price")               \
    /* the venue's answer */                                                                       \
    X(VENUE_REJECT, 40, "venue_reject", OWN, "the venue refused the request")                      \
    X(VENUE_FUNDS, 41, "venue_funds", OWN, "the venue says that the balance is too small")         \
    X(VENUE_FILTER, 42, "venue_filter", OWN, "the venue says that tick, lot or bounds are wrong")  \
    X(VENUE_POST_ONLY, 43, "venue_post_only", OWN, "a post-only order would have traded")          \
    X(VENUE_RATE, 44, "venue_rate", OUTSIDE, "the venue's rate limit")                             \
    X(VENUE_DOWN, 45, "venue_down", OUTSIDE, "the venue cannot take orders now")                   \
    X(VENUE_DUPLICATE, 46, "venue_duplicate", OWN, "the venue knows the client id already")        \
    X(VENUE_UNKNOWN_ORDER, 47, "venue_unknown_order", OWN, "the venue knows no such order")        \
    X(VENUE_AUTH, 48, "venue_auth", OUTSIDE, "the venue did not accept key or signature")          \
    X(VENUE_CLOCK, 49, "venue_clock", OUTSIDE, "the request's time is outside the venue's window") \
    X(VENUE_STP, 50, "venue_stp", OWN, "the venue's self-trade prevention")                        \
    X(VENUE_EXPIRED, 51, "venue_expired", OWN, "expired at the venue: IOC rest, FOK or GTD")       \
    /* what became of a request */                                                                 \
    X(NOT_SENT, 60, "not_sent", OUTSIDE, "no byte of the request left the host")                   \
    X(ABSENT, 61, "absent", OUTSIDE, "proven: the venue never had the order")                      \
    X(TIMEOUT, 62, "timeout", OUTSIDE, "no answer in time")                                        \
    X(USER, 63, "user", OWN, "the agent asked for it")                                             \
    X(OPERATOR, 64, "operator", OUTSIDE, "an operator asked for it")                               \
    X(SLOT_GONE, 65, "slot_gone", OUTSIDE, "crash, hang or unload of the slot's plugin")           \
    X(DISK, 66, "disk", OUTSIDE, "the journal's disk is full or fails")                            \
    X(ORDER_TYPE, 67, "order_type", OWN, "the venue takes no orders of that type")                 \
    X(TOURNAMENT, 72, "tournament", OUTSIDE, "below the gate of a tournament")                     \
    X(CLOCK, 73, "clock", OUTSIDE, "the time is unconfirmed")                                      \
    X(EXIT, 80, "exit", OUTSIDE, "an exit plan of the slot closes the position")                   \
    X(OTHER_HOST, 90, "other_host", OUTSIDE, "another host trades the account")                    \
    X(KEY_RIGHTS, 91, "key_rights", OUTSIDE, "the venue's key may withdraw")                       \
    X(HEAT, 92, "heat", OUTSIDE, "a card of the host is too hot")                                  \
    /* the next one stands above this line */

#define AGON_REASON_OF(id, number, name, side, text) AGON_REASON_##id = (number),
enum agon_reason {
    AGON_REASONS(AGON_REASON_OF) AGON_REASONS_END /* the highest number that is known here + 1 */
};
#undef AGON_REASON_OF

#endif
