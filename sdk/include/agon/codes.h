// SPDX-License-Identifier: MIT
/* codes: the numbers that stand in events beside those of types.h. They are part of the records'
 * layout: a number is never reused; new ones may appear, so a plugin ignores what it does not know.
 */
#ifndef AGON_CODES_H
#define AGON_CODES_H

/* agon_instrument.kind */
enum agon_instrument_kind {
    AGON_SPOT = 1,
    AGON_LINEAR = 2,  /* perpetual or future that settles in the quote asset */
    AGON_INVERSE = 3, /* ... in the base asset */
    AGON_INDEX = 4    /* cannot be traded */
};
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
/* Why an order was refused, cancelled or rejected: agon_order.reason. */
enum agon_reason {
    AGON_REASON_NONE = 0,
    /* the host's own gate */
    AGON_REASON_HALTED = 1,
    AGON_REASON_SLOT_STATE = 2,   /* the slot's stage or condition does not trade */
    AGON_REASON_UNAUTHORISED = 3, /* an instrument, account or signal that is not the slot's */
    AGON_REASON_INVALID = 4,      /* a field is out of range */
    AGON_REASON_FILTER = 5,       /* tick, lot, minimum quantity or notional */
    AGON_REASON_SIZE = 6,
    AGON_REASON_NOTIONAL = 7,
    AGON_REASON_COLLAR = 8,  /* too far from the market */
    AGON_REASON_NO_BOOK = 9, /* no live book to judge a price by */
    AGON_REASON_DUPLICATE = 10,
    AGON_REASON_RATE = 11,
    AGON_REASON_OPEN_ORDERS = 12,
    AGON_REASON_POSITION = 13,
    AGON_REASON_CAPITAL = 14,
    AGON_REASON_DAILY_LOSS = 15,
    AGON_REASON_DRAWDOWN = 16,
    AGON_REASON_SELF_TRADE = 17,
    AGON_REASON_REDUCE_ONLY = 18,
    AGON_REASON_VENUE_BUSY = 19,      /* no room towards the gateway */
    AGON_REASON_NO_ROOM = 20,         /* the order table is full */
    AGON_REASON_UNKNOWN_ORDER = 21,   /* cancel or replace names none that is open */
    AGON_REASON_REQUEST_PENDING = 22, /* the order has a request in flight or of unknown fate */
    AGON_REASON_KILL = 23,
    AGON_REASON_TOO_LARGE = 29,        /* a sum would be beyond 64 bits */
    AGON_REASON_NO_VALUATION = 30,     /* no fresh price of what its quote is valued by */
    AGON_REASON_PORTFOLIO_EQUITY = 31, /* limits of all slots together, as the roster has them */
    AGON_REASON_PORTFOLIO_DAILY_LOSS = 32,
    AGON_REASON_PORTFOLIO_DRAWDOWN = 33,
    AGON_REASON_PORTFOLIO_GROSS = 34,
    AGON_REASON_PORTFOLIO_NET = 35,
    AGON_REASON_PORTFOLIO_VENUE = 36,
    AGON_REASON_PORTFOLIO_ASSET = 37,
    AGON_REASON_UNPRICED = 38, /* a position of the slot has no live price */
    /* the venue's answer */
    AGON_REASON_VENUE_REJECT = 40,
    AGON_REASON_VENUE_FUNDS = 41,
    AGON_REASON_VENUE_FILTER = 42,
    AGON_REASON_VENUE_POST_ONLY = 43,
    AGON_REASON_VENUE_RATE = 44,
    AGON_REASON_VENUE_DOWN = 45,
    AGON_REASON_VENUE_DUPLICATE = 46,
    AGON_REASON_VENUE_UNKNOWN_ORDER = 47,
    AGON_REASON_VENUE_AUTH = 48,
    AGON_REASON_VENUE_CLOCK = 49,
    AGON_REASON_VENUE_STP = 50,
    AGON_REASON_VENUE_EXPIRED = 51,
    /* fate of a request */
    AGON_REASON_NOT_SENT = 60,
    AGON_REASON_ABSENT = 61,
    AGON_REASON_TIMEOUT = 62,
    AGON_REASON_USER = 63,       /* the agent asked for it */
    AGON_REASON_OPERATOR = 64,   /* a person did */
    AGON_REASON_SLOT_GONE = 65,  /* crash, hang or unload of the slot's plugin */
    AGON_REASON_DISK = 66,       /* the journal's disk is full or fails */
    AGON_REASON_TOURNAMENT = 72, /* below the gate of a tournament */
    AGON_REASON_CLOCK = 73,      /* the time is unconfirmed */
    AGON_REASON_EXIT = 80,       /* an exit plan of the slot closes the position */
    AGON_REASON_OTHER_HOST = 90, /* another host trades the account */
    AGON_REASON_KEY_RIGHTS = 91  /* the venue's key may withdraw: a key must not */
};

#endif
