// SPDX-License-Identifier: Apache-2.0
/* decode: what Binance spot and USD-M futures send, as records of ours.
 *
 * Each function takes one whole message and either understands all of it or refuses it as a whole;
 * nothing of a refused one is used. Refused messages are counted per kind and told once per kind
 * (on_bad). A price or a number of our account that is not representable at the instrument's
 * exponent, a price that is not above 0 and a quantity below 0 make a message bad; off tick or lot
 * does not. What the market shows of quantities (levels, quotes, trades, bars, liquidations) may be
 * finer than the instrument: it is cut and counted (num_parse_qty). Keys come in any order. What is
 * well-formed and not for us is WIRE_OTHER. [io] */
#ifndef VENUE_BINANCE_DECODE_H
#define VENUE_BINANCE_DECODE_H

#include "venue/mould.h"
#include "venue/scan.h"
#include "venue/wire.h"

#define BINANCE_STREAMS 256
struct binance_stream { /* a stream's name and what it means, as last worked out */
    uint32_t n;
    char name[52];
    int kind, is_aggregate;
    const struct symbol *symbol;
};

/* usual.c: how a trade or quote of a stream looked, and what its numbers are. */
#define BINANCE_USUALS 256
#define BINANCE_VALUES 6
struct binance_usual {
    struct mould_bounds bounds[MOULD_CHUNKS];
    struct mould_pair pairs[BINANCE_VALUES / 2];
    const struct symbol *symbol;
    int64_t time_unit_ns; /* 0: it has no time stamp */
    uint32_t n;           /* of its bytes; 0: none was seen */
    uint32_t n_missed;    /* messages that belonged here and looked otherwise */
    int8_t px_exp, qty_exp;
    uint8_t kind, side;
};
/* The same for the levels of books, by the lengths of both numbers and the exponents. */
#define BINANCE_LEVELS 32
struct binance_level {
    struct mould_bounds bounds[4];
    struct mould_pair pair;
    uint32_t n;    /* of its bytes, the bracket that closes the last */
    uint32_t form; /* both lengths, both exponents; 0: none was seen */
};

struct binance_decoder {
    const struct symbols *symbols; /* borrowed */
    int64_t time_unit_ns;          /* of the last time stamp: 1000000, or 1000 */
    /* Told once per kind. bytes are the message, borrowed; rc says why. May be NULL. */
    void (*on_bad)(void *ctx, int kind, int rc, const void *bytes, size_t n);
    /* An open order of an instrument that is not ours. May be NULL. */
    void (*on_elsewhere)(void *ctx, const struct wire_order *order);
    void *ctx;
    /* What the last market message named before it was taken or refused; NULL: nothing of ours. */
    const struct symbol *last_symbol;
    int last_kind;
    uint64_t n_good[WIRE_KINDS], n_bad[WIRE_KINDS];
    uint64_t n_usual;          /* trades and quotes that looked as usual (usual.c) */
    uint64_t n_unknown_symbol; /* well-formed, of an instrument we do not serve */
    uint64_t n_bad_time;       /* a stamp outside 2000 to 2100; the record's t_venue is 0 */
    uint64_t n_off_tick;       /* levels off the tick: counted and kept */
    uint64_t n_cut;            /* quantities finer than the instrument: cut, see num_parse_qty */
    /* Tests: nothing is taken for what it usually is, each message is read key by key. */
    int is_careful;
    struct binance_stream streams[BINANCE_STREAMS]; /* by a hash of the name */
    struct binance_usual usuals[BINANCE_USUALS];    /* by a hash of stream and places of digits */
    const struct binance_usual *usual_last[BINANCE_STREAMS]; /* of a stream, by a hash of it */
    struct binance_level levels[BINANCE_LEVELS];
    const struct binance_level *level; /* the last that was right */
};

void binance_decoder_init(struct binance_decoder *dec, const struct symbols *symbols);

/* A message of a market stream, combined or bare. A kind, or AGON_EINVAL, AGON_ERANGE. */
int binance_decode_market(struct binance_decoder *dec, const void *bytes, size_t n,
                          struct wire_out *out);
/* A message of the WebSocket API: an answer or a user data event. A kind or an error. */
int binance_decode_user(struct binance_decoder *dec, const void *bytes, size_t n,
                        struct wire_out *out);

/* Answers of the REST API. Each returns AGON_OK (or a count) or an error. */
int binance_decode_error(const void *bytes, size_t n, int32_t *code, char *text, size_t room);
int binance_decode_time(struct binance_decoder *dec, const void *bytes, size_t n, agon_ns_t *t);
int binance_decode_snapshot(struct binance_decoder *dec, const void *bytes, size_t n,
                            const struct symbol *symbol, struct wire_depth *depth);
/* One order (query, cancel, new of every reply type); fills of a FULL reply go to each_fill. */
int binance_decode_order(struct binance_decoder *dec, const void *bytes, size_t n,
                         struct wire_order *order, wire_fill_fn each_fill, void *ctx);
/* openOrders, allOrders. Calls each after the whole answer was found good; returns how many. */
int binance_decode_orders(struct binance_decoder *dec, const void *bytes, size_t n,
                          wire_order_fn each, void *ctx);
/* myTrades of one instrument. */
int binance_decode_fills(struct binance_decoder *dec, const void *bytes, size_t n,
                         const struct symbol *symbol, wire_fill_fn each, void *ctx);
/* What the key may do (apiRestrictions); an answer that does not say it is a bad one. */
int binance_decode_rights(struct binance_decoder *dec, const void *bytes, size_t n,
                          int *can_withdraw);
int binance_decode_account(struct binance_decoder *dec, const void *bytes, size_t n,
                           struct wire_out *out, int *can_trade, int *can_withdraw);
/* futures: a line of the user data stream; positionRisk; the answer of listenKey. */
int binance_decode_um_user(struct binance_decoder *dec, const void *bytes, size_t n,
                           struct wire_out *out);
int binance_decode_positions(struct binance_decoder *dec, const void *bytes, size_t n,
                             struct wire_out *out);
int binance_decode_um_account(struct binance_decoder *dec, const void *bytes, size_t n,
                              struct wire_out *out);
int binance_decode_listen_key(struct binance_decoder *dec, const void *bytes, size_t n, char *key,
                              size_t room);
/* klines of one instrument and length; only bars that had closed before t_now. */
int binance_decode_klines(struct binance_decoder *dec, const void *bytes, size_t n,
                          const struct symbol *symbol, uint32_t length_s, agon_ns_t t_now,
                          wire_bar_fn each, void *ctx);
/* cancelReplace, of success and of failure: each half is an order or an error. */
struct binance_replace {
    int32_t code;                      /* 0: both halves done */
    uint8_t cancel_result, new_result; /* 1 SUCCESS, 2 FAILURE, 3 NOT_ATTEMPTED */
    int32_t cancel_code, new_code;
    char text[WIRE_TEXT];
    struct wire_order cancelled, created; /* where the half succeeded */
};
/* An answer of the WebSocket API: its result or error is what REST's body is. */
#define BINANCE_COUNTS 8
struct binance_said {
    uint64_t id;
    int status;
    const char *body; /* borrowed from the message */
    size_t n;
    agon_ns_t t_server, t_retry; /* of an error that is about limits: now, and when it is over */
    uint32_t n_counts;
    struct { /* of its rateLimits */
        uint8_t is_orders;
        int64_t window_ns;
        uint32_t used;
    } counts[BINANCE_COUNTS];
};
int binance_decode_said(struct binance_decoder *dec, const void *bytes, size_t n,
                        struct binance_said *said);
int binance_decode_replace(struct binance_decoder *dec, const void *bytes, size_t n,
                           struct binance_replace *replace);

int binance_decode_exchange_info(const void *bytes, size_t n, wire_limit_fn each_limit,
                                 wire_info_fn each, void *ctx);

/* The rest of what it asks of orders, in those exponents. */
void binance_fit_rules(const struct wire_info *info, int quote_exp,
                       const struct agon_instrument *record, struct rules *rules);

#endif
