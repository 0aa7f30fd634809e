// SPDX-License-Identifier: Apache-2.0
/* simk: Kraken spot as its clients see it; what the files of this folder share.
 *
 * Written from the venue's public reference (docs.kraken.com: spot REST, spot WebSocket v2, guides
 * on rate limits, authentication and the book's checksum), November 2026. REST and WebSocket share
 * what an order comes to (orders.c); what stands around it is of the carrier (rest.c, socket.c). */
#ifndef SIM_KRAKEN_SIMK_H
#define SIM_KRAKEN_SIMK_H

#include <jansson.h>

#include "base/rng.h"
#include "net/jout.h"
#include "sim/dialect.h"

#define SIMK_EXP         PIT_EXP
#define SIMK_CONNS_MAX   256
#define SIMK_PEERS_MAX   64
#define SIMK_ORDERS_KEPT 16384 /* powers of two: rings by number */
#define SIMK_FILLS_KEPT  16384
#define SIMK_TOKENS      256
#define SIMK_PARAMS_MAX  48
#define SIMK_TEXT_MAX    32768
#define SIMK_CLIENT_TEXT 40
#define SIMK_ID_TEXT     20 /* "OUF4EM-FRGI2-MQMWZD" */
#define SIMK_DEPTHS      5
#define SIMK_INTERVALS   9
#define SIMK_PAGE        50 /* closed orders, trades of a page */
#define SIMK_NS_PER_S    1000000000ll
#define SIMK_NS_PER_MIN  (60 * SIMK_NS_PER_S)

enum simk_type {
    SIMK_MARKET,
    SIMK_LIMIT,
    SIMK_STOP,
    SIMK_STOP_LIMIT,
    SIMK_TAKE,
    SIMK_TAKE_LIMIT,
    SIMK_TYPES
};
extern const char *const simk_types[];
enum simk_status { SIMK_OPEN, SIMK_CLOSED, SIMK_CANCELED, SIMK_EXPIRED };
extern const char *const simk_statuses[];

struct simk_counter { /* rises by requests, falls with time; thousandths */
    int64_t milli;
    agon_ns_t t;
};
struct simk_tier {                        /* of verification */
    int64_t calls_max, calls_milli_per_s; /* of REST */
    int64_t rate_max, rate_milli_per_s;   /* of the engine, for each pair */
    uint32_t open_max;                    /* orders of a pair */
};

struct simk_account {
    const struct member *member;
    const struct simk_tier *tier;
    uint32_t owner;
    uint64_t nonce; /* the last that was taken */
    struct simk_counter calls, rate[PIT_SYMBOLS_MAX];
    uint32_t n_open[PIT_SYMBOLS_MAX];
    agon_ns_t t_dead; /* transport: when all its orders are cancelled; 0: not armed */
    uint64_t n_ledger;
};
struct simk_order {
    uint64_t n; /* its id's text follows from it */
    uint64_t engine_id;
    struct simk_account *account;
    uint32_t sym;
    uint8_t side, type, tif, status, is_post, is_by_cost, has_userref, is_triggered;
    int64_t userref;
    char client[SIMK_CLIENT_TEXT];
    agon_px_t px, stop_px;
    agon_qty_t qty, filled_qty;
    agon_amt_t asked_amt, cost_amt, fee_amt; /* asked_amt: is_by_cost */
    agon_ns_t t_open, t_close, t_expire;
    agon_ns_t t_touched; /* transport: created or amended */
    const char *reason;  /* static; NULL: none */
};
struct simk_fill {
    uint64_t n, order_n, trade_id;
    const struct simk_account *account;
    uint32_t sym;
    uint8_t side, type, is_maker;
    agon_asset_t fee_asset;
    agon_px_t px;
    agon_qty_t qty;
    agon_amt_t amt, fee_amt;
    agon_ns_t t;
};
struct simk_pair { /* what REST calls it */
    char id[24], alt[24], wsname[24];
};

struct simk_peer {
    char name[64];
    agon_ns_t t_window, seen;
    uint32_t n_connects;
};
struct simk_token {
    char text[48];
    struct simk_account *account;
    agon_ns_t t_until; /* transport */
};
struct simk_conn {
    uint64_t id; /* 0: free */
    agon_ns_t t_open, t_said;
    uint8_t book[PIT_SYMBOLS_MAX];                           /* place of the depth, from 1; 0: no */
    uint8_t ticker[PIT_SYMBOLS_MAX], trade[PIT_SYMBOLS_MAX]; /* ticker 2: by best prices */
    uint16_t ohlc[PIT_SYMBOLS_MAX];                          /* a bit for each interval */
    uint8_t has_instrument, is_terse, has_rate, doom;        /* doom: enum fault_do */
    int doom_code;
    uint32_t n_subs;
    struct simk_account *executions, *balances; /* NULL: not subscribed */
    uint64_t n_executions, n_balances;
    char token[48]; /* the one that this connection has used: it lives as long */
    struct simk_account *account;
};
struct simk_book {                /* what those who subscribed a depth have been told */
    struct agon_level *bid, *ask; /* owned */
    uint32_t n_bid, n_ask, n_subs;
};
struct simk_late { /* a frame that is held back */
    uint64_t conn;
    agon_ns_t t_due;
    char *text; /* owned */
    size_t n;
};
#define SIMK_LATE_MAX 1024

struct simk {
    struct sim_config config;
    struct pit *pit;
    struct sim_time now;
    struct rng rng;
    uint64_t mix; /* what numbers become texts by */
    struct simk_pair pairs[PIT_SYMBOLS_MAX];
    struct simk_account accounts[MEMBERS_MAX];
    uint32_t n_accounts;
    struct simk_peer peers[SIMK_PEERS_MAX];
    struct simk_conn conns[SIMK_CONNS_MAX];
    struct simk_token tokens[SIMK_TOKENS];
    uint32_t n_tokens;
    struct simk_order *orders[SIMK_ORDERS_KEPT]; /* owned */
    uint64_t n_orders;
    struct simk_fill *fills; /* owned */
    uint64_t n_fills;
    struct simk_book books[PIT_SYMBOLS_MAX][SIMK_DEPTHS];
    uint8_t traded[PIT_SYMBOLS_MAX], topped[PIT_SYMBOLS_MAX]; /* since the last step */
    agon_ns_t t_bar[PIT_SYMBOLS_MAX];                         /* the minute that was told last */
    int submit_reason;
    const char *why; /* orders are cancelled now */
    struct simk_late late[SIMK_LATE_MAX];
    uint32_t n_late;
    agon_ns_t maintenance_until;
    struct jout out, frame, line;
    char text[SIMK_TEXT_MAX];
    uint32_t text_n;
};

struct simk_param {
    const char *name, *value;
};
struct simk_call { /* a request of either carrier */
    struct simk *k;
    struct simk_account *account;
    struct simk_conn *conn; /* NULL: REST */
    const char *what;       /* its name */
    struct simk_param params[SIMK_PARAMS_MAX];
    uint32_t n_params;
    struct jout *out;
    char error[200]; /* "": none */
};

/* names.c: what things are called, and how numbers and times stand in a text */
extern const char *const simk_names[];
int simk_symbol(const char *name, int px_decimals, int qty_decimals, struct pit_symbol *symbol);
void simk_pair_of(const struct pit_symbol *symbol, struct simk_pair *pair);
const char *simk_asset_id(const char *name);                          /* "XXBT" */
const char *simk_asset_alt(const char *name);                         /* "XBT" */
int simk_find_pair(const struct simk *k, const char *text, size_t n); /* any of its names; -1 */
int simk_decimals(int64_t step);                                      /* of a tick or a lot */
/* 'O' for an order, 'T' for a trade, 'L' for a ledger's entry. */
const char *simk_id(const struct simk *k, char kind, uint64_t n, char text[SIMK_ID_TEXT]);
uint64_t simk_number(const struct simk *k, const char *id); /* 0: no such form */
void simk_kv_num(struct jout *out, const char *key, int64_t value, int decimals); /* bare */
void simk_kv_when(struct jout *out, const char *key, agon_ns_t t); /* RFC 3339, microseconds */
void simk_kv_unix(struct jout *out, const char *key, agon_ns_t t); /* seconds, bare */
int simk_when(const char *text, agon_ns_t *t); /* RFC 3339; below 0: it is none */
/* The checksum of a book: CRC-32 of its ten best levels a side as they are written. px_unit,
 * qty_unit: what one in the last digit counts. */
uint32_t simk_checksum(const struct agon_level *bid, uint32_t n_bid, const struct agon_level *ask,
                       uint32_t n_ask, int64_t px_unit, int64_t qty_unit);
uint32_t simk_crc32(uint32_t crc, const char *text, size_t n); /* IEEE 802.3; 0 to begin with */

/* kraken.c: connections, time, limits */
int simk_fail(struct simk_call *call, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
const char *simk_param(const struct simk_call *call, const char *name); /* NULL: not sent */
int simk_param_put(struct simk_call *call, const char *name, size_t name_n, const char *value,
                   size_t value_n);
int simk_get_dec(struct simk_call *call, const char *name, int64_t *value, int *has);
int simk_is(const struct simk_call *call, const char *name, const char *value);
struct simk_call simk_begin(struct simk *k, const char *what);
/* Adds so much unless it is too much; false: it is. */
int simk_count(struct simk_counter *counter, agon_ns_t now, int64_t add, int64_t most,
               int64_t milli_per_s);
int64_t simk_counted(const struct simk_counter *counter, agon_ns_t now, int64_t milli_per_s);
struct simk_conn *simk_conn_of(struct simk *k, uint64_t id);
/* A frame of a stream ("book:BTC/USD"), to a user (event), or an answer (both NULL). */
void simk_send(struct simk *k, struct simk_conn *conn, const char *stream, const char *event,
               struct jout *frame);
void simk_log_request(struct simk_call *call);
void simk_log(struct simk *k, struct jout *line);

/* rest.c */
void simk_http(struct simk *k, const struct sim_request *request, struct sim_reply *reply);
/* Base64 of the HMAC-SHA512 over the path and the SHA256 of nonce and body; below 0: the secret is
 * no base64. */
int simk_sign(const char *secret, const char *path, const char *nonce, const char *body, size_t n,
              char signature[96]);

/* public.c */
int simk_time(struct simk_call *call);
int simk_system_status(struct simk_call *call);
int simk_assets(struct simk_call *call);
int simk_asset_pairs(struct simk_call *call);
int simk_ticker(struct simk_call *call);
int simk_ohlc(struct simk_call *call);
int simk_depth(struct simk_call *call);
int simk_trades(struct simk_call *call);
extern const int simk_minutes[SIMK_INTERVALS];
int simk_interval(int64_t minutes); /* -1: none */
/* The bar of that length that is open, or n before it; 0 when nothing is kept of it. */
int simk_bar(const struct pit *pit, uint32_t sym, int minutes, uint32_t n, struct pit_bar *bar);
agon_px_t simk_vwap(const struct pit_bar *bar);
/* From a time on; open_px is the first price in it, or the last before. */
void simk_stats(const struct pit *pit, uint32_t sym, agon_ns_t from, struct pit_bar *bar);

/* account.c */
int simk_balance(struct simk_call *call);
int simk_balance_ex(struct simk_call *call);
int simk_open_orders(struct simk_call *call);
int simk_closed_orders(struct simk_call *call);
int simk_query_orders(struct simk_call *call);
int simk_trades_history(struct simk_call *call);
int simk_query_trades(struct simk_call *call);
int simk_trade_volume(struct simk_call *call);
int simk_token_new(struct simk_call *call);
int simk_withdraw_methods(struct simk_call *call);
struct simk_account *simk_token_find(struct simk *k, struct simk_conn *conn, const char *token);

/* orders.c */
struct simk_wish { /* a new order, or how one is to become */
    uint32_t sym;
    uint8_t side, type, tif, stp, is_post, is_checked_only, has_userref;
    int64_t userref;
    const char *client;
    agon_px_t px, stop_px;
    agon_qty_t qty;
    agon_amt_t cost_amt;
    agon_ns_t t_expire;
};
struct simk_order *simk_order_at(const struct simk *k, uint64_t n); /* NULL: none any more */
/* Of the account: by the id's text, or by the client's id the newest. NULL: none. */
struct simk_order *simk_find(const struct simk *k, const struct simk_account *account,
                             const char *id);
struct simk_order *simk_find_client(const struct simk *k, const struct simk_account *account,
                                    const char *client);
/* Each fails as simk_fail does. */
int simk_place(struct simk_call *call, const struct simk_wish *wish, struct simk_order **placed);
int simk_cancel(struct simk_call *call, struct simk_order *order);
/* has: 1 a price, 2 a quantity, 4 a trigger. */
int simk_amend(struct simk_call *call, struct simk_order *order, uint32_t has,
               const struct simk_wish *wish);
int simk_edit(struct simk_call *call, struct simk_order *order, uint32_t has,
              const struct simk_wish *wish, struct simk_order **placed);
uint32_t simk_cancel_all(struct simk *k, const struct simk_account *account, const char *why);
int simk_type_of(const char *text); /* -1: none */
int simk_has_px(int type);
int simk_has_stop(int type);
int simk_check_deadline(struct simk_call *call);
int simk_get_client(struct simk_call *call, const char **client);
void simk_on_order(void *ctx, uint32_t sym, const struct match_event *event, uint64_t trade_id);
/* order_asked.c: requests by REST and by socket */
int simk_add_order(struct simk_call *call);
int simk_amend_order(struct simk_call *call);
int simk_edit_order(struct simk_call *call);
int simk_cancel_order(struct simk_call *call);
int simk_cancel_every(struct simk_call *call);
int simk_cancel_after(struct simk_call *call);
int simk_ws_add(struct simk_call *call);
int simk_ws_edit(struct simk_call *call);
void simk_put_descr(const struct simk *k, const struct simk_order *order, struct jout *out);

/* socket.c */
void simk_text(struct simk *k, struct simk_conn *conn, const char *text, size_t n);
void simk_forget(struct simk *k, struct simk_conn *conn);
void simk_tell_status(struct simk *k, struct simk_conn *conn);

/* feed.c: what is pushed */
void simk_on_trade(void *ctx, uint32_t sym, const struct pit_trade *trade);
void simk_on_top(void *ctx, uint32_t sym);
void simk_on_step(void *ctx, agon_ns_t t);
extern const uint32_t simk_depths[SIMK_DEPTHS];
void simk_book_snapshot(struct simk *k, struct simk_conn *conn, uint32_t sym, uint32_t place);
void simk_put_ticker(struct simk *k, struct jout *out, uint32_t sym);
void simk_tell_ticker(struct simk *k, struct simk_conn *conn, uint32_t sym, const char *type);
void simk_tell_ohlc(struct simk *k, struct simk_conn *conn, uint32_t sym, int interval,
                    int is_snapshot);
void simk_tell_trades(struct simk *k, struct simk_conn *conn, uint32_t sym);
void simk_tell_instruments(struct simk *k, struct simk_conn *conn);
void simk_tell_executions(struct simk *k, struct simk_conn *conn, int with_orders, int with_trades);
void simk_tell_balances(struct simk *k, struct simk_conn *conn);
/* Of an order, to all who listen. */
void simk_tell(struct simk *k, struct simk_order *order, const char *exec_type,
               const struct simk_fill *fill);
void simk_tell_ledger(struct simk *k, struct simk_account *account, const struct simk_fill *fill);

/* mishap.c: faults that were told to happen */
struct fault *simk_mishap_request(struct simk *k, const char *method, const char *path,
                                  const char *symbol);
int simk_mishap_hides(const struct fault *fault); /* the request never got there; NULL: it did */
int simk_mishap_socket(struct simk *k, struct simk_conn *conn, const char *path, int *status);
/* The frame is sent when the fault says. */
void simk_mishap_keep(struct simk *k, const struct simk_conn *conn, const struct jout *frame,
                      const struct fault *fault);
void simk_mishap_tick(struct simk *k);
agon_ns_t simk_mishap_due(const struct simk *k);
void simk_emit(struct simk *k, struct simk_conn *conn, const void *bytes, size_t n);

#endif
