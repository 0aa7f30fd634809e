// SPDX-License-Identifier: Apache-2.0
/* decode: what Binance spot and USD-M futures send, as records of ours.
 *
 * Each function takes one whole message and either understands all of it or refuses it as a whole;
 * nothing of a refused one is used. Refused messages are counted per kind and told once per kind
 * (on_bad). A price or a number of our account that is not representable at the instrument's
 * exponent, a price that is not above 0 and a quantity below 0 make a message bad; off tick or lot
 * does not. What the market shows of quantities (levels, quotes, trades, bars, liquidations) may be
 * finer than the instrument: it is cut and counted (num_parse_qty). Keys come in any order. What is
 * well-formed and not for us is BINANCE_OTHER. [io] */
#ifndef VENUE_BINANCE_DECODE_H
#define VENUE_BINANCE_DECODE_H

#include "market/rules.h"
#include "venue/scan.h"
#include "venue/symbols.h"

#define BINANCE_DEPTH_MAX 5120 /* levels of one side in one message: REST gives up to 5000 */
#define BINANCE_CLIENT_ID 40
#define BINANCE_TEXT      200

enum binance_kind {
    BINANCE_OTHER = 0,
    BINANCE_TRADE = 1,       /* trade and aggTrade: out->trade */
    BINANCE_QUOTE = 2,       /* bookTicker: out->quote, out->id */
    BINANCE_BAR = 3,         /* a kline that has closed: out->bar */
    BINANCE_DIFF = 4,        /* depthUpdate: out->depth */
    BINANCE_PARTIAL = 5,     /* partial depth: out->depth, a whole small book */
    BINANCE_SHUTDOWN = 6,    /* the connection's end is announced */
    BINANCE_REPLY = 7,       /* answer to our request: out->id, out->code (0: done), out->text */
    BINANCE_ORDER = 8,       /* executionReport: order */
    BINANCE_BALANCE = 9,     /* outboundAccountPosition: balances */
    BINANCE_TERMINATED = 10, /* the user data subscription has ended */
    BINANCE_SNAPSHOT = 11,   /* only counted: the kinds of REST answers */
    BINANCE_REST = 12,
    BINANCE_MARK = 13,        /* futures: markPriceUpdate: out->mark */
    BINANCE_LIQUIDATION = 14, /* futures: forceOrder: out->liquidation */
    BINANCE_POSITION = 15,    /* futures: ACCOUNT_UPDATE: balances, positions */
    BINANCE_KINDS = 16
};

struct binance_depth {
    const struct symbol *symbol;
    uint64_t first_id, last_id;
    uint64_t prev_id; /* futures: last_id of the diff before this one; 0: not told */
    agon_ns_t t_venue;
    uint32_t n_bid, n_ask;
    struct agon_level bid[BINANCE_DEPTH_MAX], ask[BINANCE_DEPTH_MAX];
};

struct binance_balance {
    const struct symbol_asset *asset;
    agon_amt_t free_amt, held_amt;
};

struct binance_mark { /* prices rounded to the instrument's exponent */
    const struct symbol *symbol;
    agon_px_t mark_px, index_px; /* index_px 0: not told */
    int64_t rate_ppb;            /* of the next funding */
    agon_ns_t t_funding;         /* when it is paid; 0: never */
    agon_ns_t t_venue;
};
struct binance_place { /* a position on the account */
    const struct symbol *symbol;
    agon_qty_t qty; /* negative: short */
    agon_px_t entry_px;
};

enum binance_exec { /* x of an executionReport: what happened */
                    BINANCE_EXEC_NEW = 1,
                    BINANCE_EXEC_CANCELED = 2,
                    BINANCE_EXEC_REPLACED = 3,
                    BINANCE_EXEC_REJECTED = 4,
                    BINANCE_EXEC_TRADE = 5,
                    BINANCE_EXEC_EXPIRED = 6,
                    BINANCE_EXEC_TRADE_PREVENTION = 7
};

struct binance_order {           /* an order as the venue shows it, in a report or an answer */
    const struct symbol *symbol; /* NULL: an instrument that is not ours; numbers are then 0 */
    char client_id[BINANCE_CLIENT_ID]; /* of the order; of the cancel request in some answers */
    char orig_client_id[BINANCE_CLIENT_ID]; /* of the order that a cancel named; may be empty */
    uint64_t venue_order;
    uint8_t exec;   /* enum binance_exec; 0 in answers */
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
struct binance_fill { /* an entry of myTrades, or of the fills of an answer */
    uint64_t venue_order, fill;
    agon_px_t px;
    agon_qty_t qty;
    agon_amt_t fee_amt;
    agon_asset_t fee_asset;
    uint8_t is_buyer, is_maker;
    agon_ns_t t_venue;
};

/* What a message was; the gateway owns it, one for all connections. */
struct binance_out {
    uint64_t uid; /* of the account, where the venue told it with its balances; 0: it did not */
    uint64_t id;  /* of the request a REPLY answers (0: it has none); update id of a QUOTE */
    int32_t code;
    uint32_t status; /* of a WebSocket API answer: as HTTP's */
    char text[BINANCE_TEXT];
    struct agon_trade trade; /* hdr: type, granules, instrument, t_venue are set */
    struct agon_quote quote;
    struct agon_bar bar;
    struct binance_depth depth;
    struct binance_order order;
    uint32_t n_balances;
    struct binance_balance balances[SYMBOLS_ASSETS_MAX];
    struct binance_mark mark;
    struct agon_liquidation liquidation;
    uint32_t n_places;
    struct binance_place places[SYMBOLS_MAX];
};

#define BINANCE_STREAMS 256
struct binance_stream { /* a stream's name and what it means, as last worked out */
    uint32_t n;
    char name[52];
    int kind, is_aggregate;
    const struct symbol *symbol;
};

struct binance_decoder {
    const struct symbols *symbols; /* borrowed */
    int64_t time_unit_ns;          /* of the last time stamp: 1000000, or 1000 */
    /* Told once per kind. bytes are the message, borrowed; rc says why. May be NULL. */
    void (*on_bad)(void *ctx, int kind, int rc, const void *bytes, size_t n);
    /* An open order of an instrument that is not ours. May be NULL. */
    void (*on_elsewhere)(void *ctx, const struct binance_order *order);
    void *ctx;
    /* What the last market message named before it was taken or refused; NULL: nothing of ours. */
    const struct symbol *last_symbol;
    int last_kind;
    uint64_t n_good[BINANCE_KINDS], n_bad[BINANCE_KINDS];
    uint64_t n_unknown_symbol; /* well-formed, of an instrument we do not serve */
    uint64_t n_bad_time;       /* a stamp outside 2000 to 2100; the record's t_venue is 0 */
    uint64_t n_off_tick;       /* levels off the tick: counted and kept */
    uint64_t n_cut;            /* quantities finer than the instrument: cut, see num_parse_qty */
    struct binance_stream streams[BINANCE_STREAMS]; /* by a hash of the name */
};

void binance_decoder_init(struct binance_decoder *dec, const struct symbols *symbols);

/* A message of a market stream, combined or bare. A kind, or AGON_EINVAL, AGON_ERANGE. */
int binance_decode_market(struct binance_decoder *dec, const void *bytes, size_t n,
                          struct binance_out *out);
/* A message of the WebSocket API: an answer or a user data event. A kind or an error. */
int binance_decode_user(struct binance_decoder *dec, const void *bytes, size_t n,
                        struct binance_out *out);

/* Answers of the REST API. Each returns AGON_OK (or a count) or an error. */
int binance_decode_error(const void *bytes, size_t n, int32_t *code, char *text, size_t room);
int binance_decode_time(struct binance_decoder *dec, const void *bytes, size_t n, agon_ns_t *t);
int binance_decode_snapshot(struct binance_decoder *dec, const void *bytes, size_t n,
                            const struct symbol *symbol, struct binance_depth *depth);
/* One order (query, cancel, new of every reply type); fills of a FULL reply go to each_fill. */
typedef void (*binance_order_fn)(void *ctx, const struct binance_order *order);
typedef void (*binance_fill_fn)(void *ctx, const struct binance_fill *fill);
int binance_decode_order(struct binance_decoder *dec, const void *bytes, size_t n,
                         struct binance_order *order, binance_fill_fn each_fill, void *ctx);
/* openOrders, allOrders. Calls each after the whole answer was found good; returns how many. */
int binance_decode_orders(struct binance_decoder *dec, const void *bytes, size_t n,
                          binance_order_fn each, void *ctx);
/* myTrades of one instrument. */
int binance_decode_fills(struct binance_decoder *dec, const void *bytes, size_t n,
                         const struct symbol *symbol, binance_fill_fn each, void *ctx);
/* What the key may do (apiRestrictions); an answer that does not say it is a bad one. */
int binance_decode_rights(struct binance_decoder *dec, const void *bytes, size_t n,
                          int *can_withdraw);
int binance_decode_account(struct binance_decoder *dec, const void *bytes, size_t n,
                           struct binance_out *out, int *can_trade, int *can_withdraw);
/* futures: a line of the user data stream; positionRisk; the answer of listenKey. */
int binance_decode_um_user(struct binance_decoder *dec, const void *bytes, size_t n,
                           struct binance_out *out);
int binance_decode_positions(struct binance_decoder *dec, const void *bytes, size_t n,
                             struct binance_out *out);
int binance_decode_um_account(struct binance_decoder *dec, const void *bytes, size_t n,
                              struct binance_out *out);
int binance_decode_listen_key(struct binance_decoder *dec, const void *bytes, size_t n, char *key,
                              size_t room);
/* klines of one instrument and length; only bars that had closed before t_now. */
typedef void (*binance_bar_fn)(void *ctx, const struct agon_bar *bar);
int binance_decode_klines(struct binance_decoder *dec, const void *bytes, size_t n,
                          const struct symbol *symbol, uint32_t length_s, agon_ns_t t_now,
                          binance_bar_fn each, void *ctx);
/* cancelReplace, of success and of failure: each half is an order or an error. */
struct binance_replace {
    int32_t code;                      /* 0: both halves done */
    uint8_t cancel_result, new_result; /* 1 SUCCESS, 2 FAILURE, 3 NOT_ATTEMPTED */
    int32_t cancel_code, new_code;
    char text[BINANCE_TEXT];
    struct binance_order cancelled, created; /* where the half succeeded */
};
int binance_decode_replace(struct binance_decoder *dec, const void *bytes, size_t n,
                           struct binance_replace *replace);

struct binance_limit { /* one of exchangeInfo's rateLimits */
    char type[24];     /* REQUEST_WEIGHT, ORDERS, RAW_REQUESTS, CONNECTIONS */
    uint32_t interval_s;
    uint32_t limit;
};
struct binance_symbol_info { /* values as value x 10^-exp, the smallest exp that holds the text */
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
/* The filters, in the exponents that the record has and the amounts of a quote of quote_exp. False:
 * some are finer than those and were cut. */
int binance_fit_filters(const struct binance_symbol_info *info, int quote_exp,
                        struct agon_instrument *record);
/* The rest of what it asks of orders, in those exponents. */
void binance_fit_rules(const struct binance_symbol_info *info, int quote_exp,
                       const struct agon_instrument *record, struct rules *rules);
typedef void (*binance_info_fn)(void *ctx, const struct binance_symbol_info *info);
typedef void (*binance_limit_fn)(void *ctx, const struct binance_limit *limit);
int binance_decode_exchange_info(const void *bytes, size_t n, binance_limit_fn each_limit,
                                 binance_info_fn each, void *ctx);

#endif
