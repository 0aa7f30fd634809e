// SPDX-License-Identifier: MIT
/* event: the records that are stored and shared.
 *
 * Every event starts with struct agon_event_hdr, fills whole granules of 64 bytes and holds no
 * pointer: the same bytes lie in the journal, on the bus, in the rings and in a callback's hands. A
 * released layout never changes; a new need is a new type. An event handed to a callback is
 * borrowed until the callback returns and is never written to. */
#ifndef AGON_EVENT_H
#define AGON_EVENT_H

#include "agon/codes.h"
#include "agon/types.h"

/* To whom an event goes that is wanted. */
enum agon_event_reach {
    AGON_OF_INSTRUMENT = 1, /* who has its instrument */
    AGON_OF_ALL = 2,        /* whatever instruments a slot has */
    AGON_OF_INPUTS = 3,     /* who has declared to read it */
    AGON_OF_SLOT = 4        /* the slot that it is about, on its own ring */
};
/* What else the host does with it. */
enum agon_event_has {
    AGON_EV_KEPT = 1,    /* in the journal's money segments, for years; without: the market's */
    AGON_EV_FED = 2,     /* a venue's feed says it, and the host hands it on as it came */
    AGON_EV_STANDING = 4 /* how a market or venue stands: taken while the disk is full, too */
};
/* X(id, number, word, name, record, reach, has): every event that a plugin can be delivered,
 * AGON_EVENT_ and the id. The one list of them, the host's too: handlers (on_ and the word), names
 * in the journal's text, sizes, where it is kept. Numbers are 1 to 55, and 128 to 191 when those
 * are used up; those between are the host's, and none is used again. */
#define AGON_EVENTS(X)                                                                             \
    /* public, on the broadcast bus */                                                             \
    X(INSTRUMENT, 1, instrument, "instrument", agon_instrument, AGON_OF_INSTRUMENT, AGON_EV_KEPT)  \
    X(STATUS, 2, status, "status", agon_status, AGON_OF_INSTRUMENT,                                \
      AGON_EV_FED | AGON_EV_STANDING)                                                              \
    X(BOOK_SNAPSHOT, 3, book_snapshot, "book_snapshot", agon_book_part, AGON_OF_INSTRUMENT,        \
      AGON_EV_FED)                                                                                 \
    X(BOOK_DELTA, 4, book_delta, "book_delta", agon_book_part, AGON_OF_INSTRUMENT, AGON_EV_FED)    \
    X(TOP10, 5, top10, "top10", agon_top10, AGON_OF_INSTRUMENT, 0)                                 \
    X(QUOTE, 6, quote, "quote", agon_quote, AGON_OF_INSTRUMENT, AGON_EV_FED)                       \
    X(TRADE, 7, trade, "trade", agon_trade, AGON_OF_INSTRUMENT, AGON_EV_FED)                       \
    X(BAR, 8, bar, "bar", agon_bar, AGON_OF_INSTRUMENT, AGON_EV_FED)                               \
    X(FUNDING, 9, funding, "funding", agon_funding, AGON_OF_INSTRUMENT,                            \
      AGON_EV_FED | AGON_EV_STANDING)                                                              \
    X(LIQUIDATION, 10, liquidation, "liquidation", agon_liquidation, AGON_OF_INSTRUMENT,           \
      AGON_EV_FED)                                                                                 \
    X(MARK, 11, mark, "mark_price", agon_value, AGON_OF_INSTRUMENT, AGON_EV_FED)                   \
    X(INDEX, 12, index, "index_price", agon_value, AGON_OF_INSTRUMENT, AGON_EV_FED)                \
    X(OPEN_INTEREST, 13, open_interest, "open_interest", agon_value, AGON_OF_INSTRUMENT,           \
      AGON_EV_FED)                                                                                 \
    X(SIGNAL, 14, signal, "signal", agon_signal, AGON_OF_INPUTS, 0)                                \
    X(REGIME, 15, regime, "regime", agon_regime, AGON_OF_ALL, 0)                                   \
    X(HALT, 16, halt, "halt", agon_halt, AGON_OF_ALL, AGON_EV_KEPT)                                \
    X(HEALTH, 17, health, "health", agon_health, AGON_OF_ALL, AGON_EV_FED | AGON_EV_STANDING)      \
    /* private, on the slot's own ring */                                                          \
    X(ORDER, 32, order, "order", agon_order, AGON_OF_SLOT, AGON_EV_KEPT)                           \
    X(FILL, 33, fill, "fill", agon_fill, AGON_OF_SLOT, AGON_EV_KEPT)                               \
    X(BALANCE, 34, balance, "balance", agon_balance, AGON_OF_SLOT, AGON_EV_KEPT)                   \
    X(POSITION, 35, position, "position", agon_position, AGON_OF_SLOT, AGON_EV_KEPT)               \
    X(CAPITAL, 36, capital, "capital", agon_capital, AGON_OF_SLOT, AGON_EV_KEPT)                   \
    X(TIMER, 37, timer, "timer", agon_timer, AGON_OF_SLOT, 0)                                      \
    X(PARAM, 38, param, "param", agon_param_change, AGON_OF_SLOT, AGON_EV_KEPT)                    \
    X(GAP, 39, gap, "gap", agon_gap, AGON_OF_SLOT, 0)                                              \
    X(JOB, 40, job, "job", agon_job, AGON_OF_SLOT, AGON_EV_KEPT)                                   \
    X(EXIT, 41, exit, "exit", agon_exit, AGON_OF_SLOT, 0)                                          \
    /* the next one stands above this line */
#define AGON_EVENT_OF(id, number, word, name, record, reach, has) AGON_EVENT_##id = (number),
enum agon_event_type {
    AGON_EVENTS(AGON_EVENT_OF)
    /* in the journal only, never delivered to a plugin */
    AGON_EVENT_INTENT = 56,
    AGON_EVENT_EXIT_PLAN = 57,
    AGON_EVENT_COMMAND = 58
};
#undef AGON_EVENT_OF
#define AGON_EVENT_MORE 128 /* the first number beyond event_mask */

/* First in every event. */
struct agon_event_hdr {
    uint16_t type;    /* enum agon_event_type */
    uint8_t granules; /* length = granules x 64 bytes */
    uint8_t sub;      /* 0: journaled; >= 1: derived from the journaled event of the same seq */
    agon_instrument_t instrument; /* 0: concerns none */
    uint64_t seq;                 /* the journal's number */
    agon_ns_t t_venue;            /* what the venue said: data; 0 when it said nothing */
    agon_ns_t t;                  /* engine time */
};
/* One price level of a book. */
struct agon_level {
    agon_px_t px;
    agon_qty_t qty;
};

/* INSTRUMENT: what can be traded. Filters and fees may change by a further event, exponents never
 * do: a venue that needs finer ones makes a new instrument, which names its predecessor. */
struct agon_instrument {
    struct agon_event_hdr hdr;
    uint16_t venue;                               /* the host's number of the venue */
    uint8_t kind, state;                          /* enum agon_instrument_kind, agon_trading */
    int8_t px_exp, qty_exp, multiplier_exp, pad0; /* 0 to 18 */
    agon_instrument_t predecessor;                /* 0: none */
    agon_asset_t base, quote, settle;
    int32_t maker_fee_ppb, taker_fee_ppb; /* of the notional; negative: a rebate */
    char symbol[32];                      /* the venue's spelling, ends with a NUL */
    agon_px_t tick_px;                    /* a price is a multiple of it */
    agon_qty_t lot_qty, min_qty, max_qty; /* a quantity is a multiple of lot_qty; max 0: none */
    agon_amt_t min_notional_amt;          /* in the quote asset; 0: none */
    int64_t multiplier;                   /* of a contract, in 10^-multiplier_exp */
    agon_px_t min_px, max_px;             /* 0: none */
    agon_ns_t t_expiry;                   /* 0: never */
    uint64_t pad1[3];
};
/* STATUS of an instrument's trading and of our book of it. */
struct agon_status {
    struct agon_event_hdr hdr;
    uint16_t venue;
    uint8_t trading, book; /* enum agon_trading, agon_book */
    uint32_t reason;       /* the venue's or the gateway's number, for people */
    uint64_t pad[3];
};
/* BOOK_SNAPSHOT, BOOK_DELTA: as the venue sent it. n_bid + n_ask levels follow (agon_levels), bids
 * first; qty 0 removes a level. Only with depth: full in the roster. */
struct agon_book_part {
    struct agon_event_hdr hdr;
    uint16_t n_bid, n_ask;
    uint32_t flags;                  /* enum agon_book_flag */
    uint64_t first_id, last_id, pad; /* the venue's own numbers of this update */
};
/* TOP10, derived: the ten best levels of each side, best first. */
struct agon_top10 {
    struct agon_event_hdr hdr;
    uint8_t n_bid, n_ask; /* levels that are there */
    uint8_t book, pad0;   /* enum agon_book: only LIVE may be traded on */
    uint32_t flags;       /* 0 */
    uint64_t pad1[3];
    struct agon_level bid[10], ask[10];
};
/* QUOTE: best bid and ask. A side that is empty has px and qty 0. */
struct agon_quote {
    struct agon_event_hdr hdr;
    agon_px_t bid_px;
    agon_qty_t bid_qty;
    agon_px_t ask_px;
    agon_qty_t ask_qty;
};
/* TRADE: somebody traded. */
struct agon_trade {
    struct agon_event_hdr hdr;
    agon_px_t px;
    agon_qty_t qty;
    uint64_t venue_id; /* the venue's number of the trade */
    uint8_t side;      /* the taker's; 0 when the venue does not say */
    uint8_t flags, pad[6];
};
/* BAR, derived: a closed candle. An interval without a trade is flat at the last close. */
struct agon_bar {
    struct agon_event_hdr hdr;
    agon_ns_t t_open;            /* the interval is [t_open, t_open + length_s) */
    uint32_t length_s, n_trades; /* 60, 180, 300, 600, 900, 3600, 14400 or 86400 */
    agon_px_t open_px, high_px, low_px, close_px;
    agon_qty_t volume_qty, taker_buy_qty;
    agon_amt_t turnover_amt; /* in the quote asset */
    uint64_t pad[3];
};
/* FUNDING of a perpetual: longs pay shorts when the rate is positive. */
struct agon_funding {
    struct agon_event_hdr hdr;
    int64_t rate_ppb; /* of the notional, per interval */
    agon_ns_t t_next; /* when it is paid */
    agon_px_t mark_px;
    uint32_t interval_s, pad;
};
/* LIQUIDATION: the venue closed somebody's position. */
struct agon_liquidation {
    struct agon_event_hdr hdr;
    agon_px_t px;
    agon_qty_t qty;
    uint8_t side, pad[15]; /* of the liquidating order */
};
/* MARK and INDEX price (agon_px_t), OPEN_INTEREST (agon_qty_t). */
struct agon_value {
    struct agon_event_hdr hdr;
    int64_t value;
    uint64_t pad[3];
};
/* SIGNAL of a model or analytic: advice, never an order. */
struct agon_signal {
    struct agon_event_hdr hdr;
    uint16_t slot;                        /* whose it is; set by the host */
    uint8_t kind, direction;              /* kind: the author's number; enum agon_direction */
    uint32_t key;                         /* which series, or input: ext/signal.h */
    double value;                         /* the author's unit; finite */
    double confidence;                    /* 0 to 1 */
    double p_up, p_flat, p_down;          /* sum to 1, or are all 0 */
    agon_px_t entry_px, stop_px, take_px; /* 0: none */
    agon_ns_t t_valid;                    /* until then; 0: until the next */
    uint32_t reason;                      /* the author's code */
    uint16_t text_len, pad;               /* bytes of text, at most 200 */
    char text[200];                       /* UTF-8: why, for people */
};
/* REGIME, derived: what kind of market this is. */
struct agon_regime {
    struct agon_event_hdr hdr;
    uint16_t slot;              /* whose it is */
    uint8_t regime, volatility; /* the publisher's numbers */
    uint32_t key;
    double p[3]; /* likelihood of the first three regimes */
};
/* HALT: from now on no new risk within the scope; cancels pass. mode 0 ends it. */
struct agon_halt {
    struct agon_event_hdr hdr;
    uint8_t scope, mode; /* enum agon_scope */
    uint16_t reason;
    uint32_t id; /* of the venue, instrument or slot; 0 with AGON_SCOPE_GLOBAL */
    uint64_t pad[3];
};
/* HEALTH of a venue's connection. */
struct agon_health {
    struct agon_event_hdr hdr;
    uint16_t venue;
    uint8_t state, pad0; /* 0: down, 1: up, 2: lagging */
    uint32_t reason;
    int64_t offset_ns, delay_ns; /* the venue's clock against ours; delay of its data */
    uint64_t pad1;
};

enum agon_order_state {
    AGON_ORDER_PENDING = 1,
    AGON_ORDER_OPEN = 2,
    AGON_ORDER_PARTIAL = 3,
    AGON_ORDER_CANCELLING = 4,
    AGON_ORDER_FILLED = 5,
    AGON_ORDER_CANCELLED = 6,
    AGON_ORDER_EXPIRED = 7,
    AGON_ORDER_REJECTED = 8
};
enum agon_request {
    AGON_REQUEST_NONE = 0,
    AGON_REQUEST_NEW = 1,
    AGON_REQUEST_CANCEL = 2,
    AGON_REQUEST_REPLACE = 3
};
enum agon_request_state { AGON_REQUEST_IN_FLIGHT = 1, AGON_REQUEST_UNKNOWN = 2 };
/* ORDER of the slot: it has a state, and at most one request, which is in flight or of unknown
 * fate. A refusal by the risk gate comes as an ORDER too: REJECTED, with the reason. */
struct agon_order {
    struct agon_event_hdr hdr;
    uint64_t order_id, client_ref; /* the host's number, and the author's */
    agon_account_t account;
    uint16_t reason;     /* enum agon_reason: why the state is what it is */
    uint32_t generation; /* that sent it */
    uint8_t state, request, request_state, side, type, tif, pad0[2];
    agon_px_t px, trigger_px;   /* 0: none */
    agon_qty_t qty, filled_qty; /* qty: in total, the filled part included */
    agon_ns_t t_expire;         /* 0: none */
    uint64_t cause_seq;         /* seq of the event that the intent answered, and its n */
    uint32_t n, flags;          /* AGON_POST_ONLY, AGON_REDUCE_ONLY */
    uint64_t pad1;
};
/* FILL: one trade of an order of the slot. */
struct agon_fill {
    struct agon_event_hdr hdr;
    uint64_t order_id, client_ref;
    agon_account_t account;
    uint8_t side, liquidity; /* enum agon_liquidity */
    agon_asset_t fee_asset;
    agon_px_t px;
    agon_qty_t qty;
    agon_amt_t fee_amt;      /* in fee_asset; negative: a rebate */
    agon_amt_t realised_amt; /* profit or loss that this fill realised, before its fee */
    uint64_t venue_fill;     /* the venue's number */
    agon_qty_t position_qty; /* the slot's, after this fill and its fee */
    uint64_t pad[3];
};
/* BALANCE of the slot's share of an asset. */
struct agon_balance {
    struct agon_event_hdr hdr;
    agon_account_t account;
    uint16_t pad;
    agon_asset_t asset;
    agon_amt_t total_amt, free_amt, held_amt;
};
/* POSITION of the slot, rounded towards zero in the instrument's unit; the exact amount is in the
 * balance. */
struct agon_position {
    struct agon_event_hdr hdr;
    agon_account_t account;
    uint16_t pad0;
    uint32_t pad1;
    agon_qty_t qty;                    /* negative: short */
    agon_amt_t cost_amt, realised_amt; /* in the settlement asset */
};
/* CAPITAL of the slot, in the host's base currency; its stage and condition. */
struct agon_capital {
    struct agon_event_hdr hdr;
    agon_amt_t capital_amt, equity_amt, free_amt;
    uint8_t stage, condition;
    uint16_t reason;
    uint32_t pad;
};
/* TIMER that the plugin armed with agon.clock/1. */
struct agon_timer {
    struct agon_event_hdr hdr;
    uint64_t cookie; /* as given to arm */
    agon_ns_t t_due; /* when it was due; hdr.t may be later */
    uint32_t id, pad0;
    uint64_t pad1;
};
/* PARAM: a parameter with AGON_PARAM_LIVE has changed. agon.param/1 already gives the new value. */
struct agon_param_change {
    struct agon_event_hdr hdr;
    uint32_t id, pad0; /* agon_param.id */
    int64_t integer;   /* of AGON_INTEGER, and the index of a choice */
    double real;       /* of AGON_REAL */
    uint64_t pad1;
};
/* GAP: the plugin was too slow and public events from first_seq to last_seq are lost to it. Its own
 * orders and fills are not: those are never dropped. Books are stale until their next TOP10. */
struct agon_gap {
    struct agon_event_hdr hdr;
    uint64_t first_seq, last_seq, n_missed; /* n_missed: journaled events in the range */
    uint32_t policy, pad;                   /* 0: carry on; 1: the host suspends the slot */
};
/* agon_job.kind */
enum agon_job_kind {
    AGON_JOB_DONE = 1,    /* the one outcome of a job */
    AGON_JOB_GRANTED = 2, /* the lease is held from now on: jobs may be submitted */
    AGON_JOB_EVICTED = 3, /* another goes first: it comes back with GRANTED, without being asked */
    AGON_JOB_ENDED = 4    /* the lease is over; it may be acquired again */
};
#define AGON_JOB_INLINE 256
/* JOB: what became of a job, or of a lease, of agon.gpu/1 (ext/gpu.h). */
struct agon_job {
    struct agon_event_hdr hdr;
    uint64_t job;        /* 0: it is about the lease */
    uint32_t lease;      /* as acquire returned it */
    int32_t status;      /* AGON_OK; DONE, ENDED: AGON_E..., why there is no result */
    uint32_t generation; /* of the code that submitted it */
    uint32_t place;      /* of its result: the host's own */
    uint64_t bytes;      /* of the result; 0 with a status below 0 */
    uint8_t kind, pad0;  /* enum agon_job_kind */
    uint16_t n_inline;   /* bytes of result that are the result; 0: agon.gpu has it */
    uint32_t pad1;
    uint64_t pad2[3];
    uint8_t hash[32];                /* BLAKE2b-256 of the result */
    uint8_t result[AGON_JOB_INLINE]; /* a result of at most so many bytes */
};

/* What an agent wants. A quote pair and a multi-leg intent are legs handed over in one call. */
enum agon_intent_kind {
    AGON_INTENT_ORDER = 1,      /* a new order */
    AGON_INTENT_REPLACE = 2,    /* new px and qty for the open order of that client_ref */
    AGON_INTENT_CANCEL = 3,     /* the open order of that client_ref */
    AGON_INTENT_CANCEL_ALL = 4, /* of the instrument, or of the slot with instrument 0 */
    AGON_INTENT_TARGET = 5,     /* a position: qty is signed, side is 0 */
    AGON_INTENT_QUOTE = 6       /* one or two legs of an instrument, replaced as a whole */
};
enum { AGON_POST_ONLY = 1, AGON_REDUCE_ONLY = 2 };
struct agon_intent {
    uint8_t kind, side, type, tif;
    uint32_t flags;
    agon_instrument_t instrument;
    agon_account_t account; /* 0: the slot's own on the venue of the instrument */
    uint16_t reason;      /* the author's code, 0: none; agon_descriptor.tags names it for people */
    uint64_t client_ref;  /* the author's number: chosen with ORDER, named by REPLACE and CANCEL */
    agon_px_t px;         /* of a type that has AGON_TYPE_PX; else 0 */
    agon_px_t trigger_px; /* of a type that has AGON_TYPE_TRIGGER; else 0 */
    agon_qty_t qty;
    agon_qty_t show_qty; /* what others may see of it; 0: all */
    agon_ns_t t_expire;  /* of AGON_TIF_GTD; else 0 */
};
/* What an exit plan looks at: agon_exit_plan.watch. */
enum agon_exit_watch {
    /* The price at which a live book takes the position: the best bid for a long one, the best ask
     * for a short one. A book that is stale or crossed fires nothing, nor does a single trade. */
    AGON_EXIT_BOOK = 0,
    AGON_EXIT_MARK = 1, /* the venue's mark price, at most a minute old */
    AGON_EXIT_LAST = 2  /* each trade: one print far away fires too */
};
#define AGON_EXIT_TAKES 4
/* When to leave a position: EXIT_PLAN. Kept by the host, so that it holds when the plugin has
 * ended. A price, a distance or a time of 0: not wanted. All distances count from the plan's own
 * side: for a short position profit is below the entry and a stop above it. */
struct agon_exit_plan {
    agon_instrument_t instrument;
    agon_account_t account; /* 0: the slot's own on the venue of the instrument */
    uint8_t side;           /* of the position that it leaves: AGON_BUY: long, AGON_SELL: short */
    uint8_t watch;          /* enum agon_exit_watch */
    uint64_t client_ref;    /* the plan's name, chosen by the author; apart from those of orders */
    agon_qty_t qty;         /* at most so much of the position; 0: whatever it is */
    agon_ns_t t_exit;       /* leaves then, at whatever price */
    agon_px_t stop_px;
    /* A stop that follows the best price seen since trail_from_px was reached (0: at once), at a
     * distance in price, or in millionths of that best price; one of the two. It never goes back.
     */
    agon_px_t trail_from_px, trail_px;
    uint32_t trail_ppm;
    /* Break-even: once in profit by even_px, or by even_ppm millionths of the entry, the stop moves
     * to the entry plus even_offset_px (below 0: on the losing side). */
    uint32_t even_ppm;
    agon_px_t even_px, even_offset_px;
    agon_px_t entry_px; /* what break-even counts from; 0: the slot's average entry */
    /* Targets, and what share of the plan's quantity each closes, in millionths: together at most
     * 1,000,000; what is left stays under the stop. A share of 0 with a price: all that is left. */
    agon_px_t take_px[AGON_EXIT_TAKES];
    uint32_t take_ppm[AGON_EXIT_TAKES];
    uint64_t pad[7];
};
/* agon_exit.state */
enum agon_exit_state {
    AGON_EXIT_WAITING = 1, /* taken, and there is no position yet that it could leave */
    AGON_EXIT_ARMED = 2,   /* watches; also sent when the stop moved to the entry */
    AGON_EXIT_FIRED = 3,   /* cause, price: the host closes qty now */
    AGON_EXIT_FAILED = 4,  /* an order to close did not, for that reason; it goes again */
    AGON_EXIT_DONE = 5,    /* all that it had to leave is left; it is over */
    AGON_EXIT_ENDED = 6,   /* over without that: by its author, or the position went otherwise */
    AGON_EXIT_REFUSED = 7  /* never taken, or not changed, for that reason */
};
/* agon_exit.cause */
enum agon_exit_cause {
    AGON_EXIT_BY_NONE = 0,
    AGON_EXIT_BY_STOP = 1,
    AGON_EXIT_BY_TRAIL = 2,
    AGON_EXIT_BY_EVEN = 3, /* the stop that had moved to the entry */
    AGON_EXIT_BY_TAKE = 4, /* target number `take` */
    AGON_EXIT_BY_TIME = 5
};
/* EXIT: what became of an exit plan of the slot. */
struct agon_exit {
    struct agon_event_hdr hdr;
    uint64_t client_ref; /* of the plan */
    uint64_t order_id;   /* FIRED, FAILED: the order that closes; 0: none yet */
    agon_account_t account;
    uint16_t reason;     /* enum agon_reason */
    uint32_t id;         /* the host's number of the plan in this slot */
    uint8_t state;       /* enum agon_exit_state */
    uint8_t cause, take; /* of the last that fired; cause 0: nothing has */
    uint8_t side, watch; /* as in the plan */
    uint8_t taken;       /* targets that have fired, a bit each */
    uint8_t pad0[2];
    agon_px_t px;          /* FIRED: the price that fired it; with BY_TIME 0 when there is none */
    agon_px_t stop_px;     /* where the stop stands now; 0: nowhere */
    agon_px_t best_px;     /* best price since the stop follows; 0: it does not */
    agon_qty_t qty;        /* still to be closed of what has fired */
    agon_qty_t left_qty;   /* of the position that the plan stands for, that included */
    agon_qty_t closed_qty; /* by the plan's own orders so far */
    uint64_t pad1[2];
};
/* Stamped by the runner; the host knows the slot from the ring it came through. */
struct agon_origin {
    uint64_t cause_seq, nth; /* the event that was being delivered, and its delivery count */
    uint32_t n, generation;  /* 0, 1, ... within the cause; the code whose intent it is */
    uint16_t slot;
    uint8_t leg, n_legs; /* 0, 1, ... of the n_legs handed over in one call */
    uint32_t pad;
};
struct agon_intent_event {
    struct agon_event_hdr hdr;
    struct agon_origin origin;
    struct agon_intent intent;
};
struct agon_exit_event {
    struct agon_event_hdr hdr;
    struct agon_origin origin;
    struct agon_exit_plan plan;
};
/* Before every saved state; written and checked by the host. */
struct agon_state_hdr {
    uint32_t magic, format;                /* 0x41475331, 1 */
    uint64_t plugin_hash, seq, nth, bytes; /* seq, nth: the last event that the state has seen */
    uint32_t schema, crc32c;               /* the author's number; of the bytes that follow */
    uint64_t pad[2];
};
AGON_SIZE_IS(agon_event_hdr, 32);
AGON_SIZE_IS(agon_instrument, 192);
AGON_SIZE_IS(agon_status, 64);
AGON_SIZE_IS(agon_book_part, 64);
AGON_SIZE_IS(agon_top10, 384);
AGON_SIZE_IS(agon_quote, 64);
AGON_SIZE_IS(agon_trade, 64);
AGON_SIZE_IS(agon_bar, 128);
AGON_SIZE_IS(agon_funding, 64);
AGON_SIZE_IS(agon_liquidation, 64);
AGON_SIZE_IS(agon_value, 64);
AGON_SIZE_IS(agon_signal, 320);
AGON_SIZE_IS(agon_regime, 64);
AGON_SIZE_IS(agon_halt, 64);
AGON_SIZE_IS(agon_health, 64);
AGON_SIZE_IS(agon_order, 128);
AGON_SIZE_IS(agon_fill, 128);
AGON_SIZE_IS(agon_balance, 64);
AGON_SIZE_IS(agon_position, 64);
AGON_SIZE_IS(agon_capital, 64);
AGON_SIZE_IS(agon_timer, 64);
AGON_SIZE_IS(agon_param_change, 64);
AGON_SIZE_IS(agon_gap, 64);
AGON_SIZE_IS(agon_job, 384);
AGON_SIZE_IS(agon_exit, 128);
AGON_SIZE_IS(agon_intent, 64);
AGON_SIZE_IS(agon_exit_plan, 192);
AGON_SIZE_IS(agon_origin, 32);
AGON_SIZE_IS(agon_intent_event, 128);
AGON_SIZE_IS(agon_exit_event, 256);
AGON_SIZE_IS(agon_state_hdr, 64);

#endif
