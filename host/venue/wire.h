// SPDX-License-Identifier: Apache-2.0
/* wire: what an exchange says and is asked, in words that know of no exchange. A folder of this one
 * turns an exchange's bytes into these; what they mean for orders, books and balances is the same
 * for all. Prices and quantities are at the exponents of their symbol; times are UTC in ns. [io] */
#ifndef VENUE_WIRE_H
#define VENUE_WIRE_H

#include "market/rules.h"
#include "venue/symbols.h"

#define WIRE_DEPTH_MAX 5120 /* levels of one side in one message: REST gives up to 5000 */
#define WIRE_CLIENT_ID 40
#define WIRE_TEXT      200

enum wire_kind {
    WIRE_OTHER = 0,
    WIRE_TRADE = 1,       /* trade and aggTrade: out->trade */
    WIRE_QUOTE = 2,       /* bookTicker: out->quote, out->id */
    WIRE_BAR = 3,         /* a kline that has closed: out->bar */
    WIRE_DIFF = 4,        /* depthUpdate: out->depth */
    WIRE_PARTIAL = 5,     /* partial depth: out->depth, a whole small book */
    WIRE_SHUTDOWN = 6,    /* the connection's end is announced */
    WIRE_REPLY = 7,       /* answer to our request: out->id, out->code (0: done), out->text */
    WIRE_ORDER = 8,       /* executionReport: order */
    WIRE_BALANCE = 9,     /* outboundAccountPosition: balances */
    WIRE_TERMINATED = 10, /* the user data subscription has ended */
    WIRE_SNAPSHOT = 11,   /* only counted: the kinds of REST answers */
    WIRE_REST = 12,
    WIRE_MARK = 13,        /* futures: markPriceUpdate: out->mark */
    WIRE_LIQUIDATION = 14, /* futures: forceOrder: out->liquidation */
    WIRE_POSITION = 15,    /* futures: ACCOUNT_UPDATE: balances, positions */
    WIRE_KINDS = 16
};

enum answer { /* what an answer means for the request it answers */
              ANSWER_GOOD = 1,
              ANSWER_UNKNOWN = 2, /* it may or may not have been done */
              ANSWER_LATER = 3,   /* nothing was done, the venue is busy or going down */
              ANSWER_RATE = 4,    /* nothing was done, we were too fast */
              ANSWER_CLOCK = 5,
              ANSWER_AUTH = 6,
              ANSWER_DUPLICATE = 7, /* it is already there */
              ANSWER_NO_ORDER = 8,
              ANSWER_REJECT = 9
};

struct wire_depth {
    const struct symbol *symbol;
    uint64_t first_id, last_id;
    uint64_t prev_id; /* futures: last_id of the diff before this one; 0: not told */
    agon_ns_t t_venue;
    uint32_t n_bid, n_ask;
    struct agon_level bid[WIRE_DEPTH_MAX], ask[WIRE_DEPTH_MAX];
};

struct wire_balance {
    const struct symbol_asset *asset;
    agon_amt_t free_amt, held_amt;
};

struct wire_mark { /* prices rounded to the instrument's exponent */
    const struct symbol *symbol;
    agon_px_t mark_px, index_px; /* index_px 0: not told */
    int64_t rate_ppb;            /* of the next funding */
    agon_ns_t t_funding;         /* when it is paid; 0: never */
    agon_ns_t t_venue;
};

struct wire_position { /* a position on the account */
    const struct symbol *symbol;
    agon_qty_t qty; /* negative: short */
    agon_px_t entry_px;
};

enum wire_exec { /* x of an executionReport: what happened */
                 WIRE_EXEC_NEW = 1,
                 WIRE_EXEC_CANCELED = 2,
                 WIRE_EXEC_REPLACED = 3,
                 WIRE_EXEC_REJECTED = 4,
                 WIRE_EXEC_TRADE = 5,
                 WIRE_EXEC_EXPIRED = 6,
                 WIRE_EXEC_TRADE_PREVENTION = 7
};

struct wire_order {                 /* an order as the venue shows it, in a report or an answer */
    const struct symbol *symbol;    /* NULL: an instrument that is not ours; numbers are then 0 */
    char client_id[WIRE_CLIENT_ID]; /* of the order; of the cancel request in some answers */
    char orig_client_id[WIRE_CLIENT_ID]; /* of the order that a cancel named; may be empty */
    uint64_t venue_order;
    uint8_t exec;   /* enum wire_exec; 0 in answers */
    uint8_t state;  /* enum agon_order_state; 0: not told (ACK) */
    uint8_t is_stp; /* expired by self-trade prevention */
    uint8_t side, type, tif, is_post_only, is_maker;
    agon_px_t px, last_px;
    agon_qty_t qty, cum_qty, last_qty;
    agon_amt_t fee_amt; /* at the asset's exponent; at 8 when fee_asset is 0 */
    agon_asset_t fee_asset;
    uint64_t fill; /* venue's trade id; 0: none */
    agon_ns_t t_venue;
    char reason[64];
};

struct wire_fill { /* an entry of myTrades, or of the fills of an answer */
    uint64_t venue_order, fill;
    agon_px_t px;
    agon_qty_t qty;
    agon_amt_t fee_amt;
    agon_asset_t fee_asset;
    uint8_t is_buyer, is_maker;
    agon_ns_t t_venue;
};

/* What a message was; the gateway owns it, one for all connections. */
struct wire_out {
    uint64_t uid; /* of the account, where the venue told it with its balances; 0: it did not */
    uint64_t id;  /* of the request a REPLY answers (0: it has none); update id of a QUOTE */
    int32_t code;
    uint32_t status; /* of a WebSocket API answer: as HTTP's */
    char text[WIRE_TEXT];
    struct agon_trade trade; /* hdr: type, granules, instrument, t_venue are set */
    struct agon_quote quote;
    struct agon_bar bar;
    struct wire_depth depth;
    struct wire_order order;
    uint32_t n_balances;
    struct wire_balance balances[SYMBOLS_ASSETS_MAX];
    struct wire_mark mark;
    struct agon_liquidation liquidation;
    uint32_t n_places;
    struct wire_position places[SYMBOLS_MAX];
};

typedef void (*wire_order_fn)(void *ctx, const struct wire_order *order);
typedef void (*wire_fill_fn)(void *ctx, const struct wire_fill *fill);
typedef void (*wire_bar_fn)(void *ctx, const struct agon_bar *bar);

struct wire_limit { /* one of exchangeInfo's rateLimits */
    char type[24];  /* REQUEST_WEIGHT, ORDERS, RAW_REQUESTS, CONNECTIONS */
    uint32_t interval_s;
    uint32_t limit;
};

struct wire_info { /* values as value x 10^-exp, the smallest exp that holds the text */
    char symbol[32], base[16], quote[16];
    uint8_t state; /* enum trading_state */
    uint8_t is_tradable, can_cancel_replace;
    uint8_t is_contract; /* of a futures market */
    /* is_tradable: of the kind that its market is: spot, or a perpetual */
    int64_t tick, lot, min_qty, max_qty, min_notional, min_px, max_px;
    int tick_exp, lot_exp, min_qty_exp, max_qty_exp, min_notional_exp, min_px_exp, max_px_exp;
    int64_t market_max_qty, max_notional; /* of an order at market; 0: as of others; 0: none */
    int market_max_qty_exp, max_notional_exp;
    struct rules rules; /* but for those two */
    uint8_t has_band;   /* a price band was listed: where none is, none is held to */
};

typedef void (*wire_info_fn)(void *ctx, const struct wire_info *info);
typedef void (*wire_limit_fn)(void *ctx, const struct wire_limit *limit);

/* The filters, in the exponents that the record has and the amounts of a quote of quote_exp. False:
 * some are finer than those and were cut. */
int wire_fit_filters(const struct wire_info *info, int quote_exp, struct agon_instrument *record);

#endif
