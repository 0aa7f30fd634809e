// SPDX-License-Identifier: Apache-2.0
/* simo: OKX as its clients see it, spot and linear swaps; what the files of this folder share.
 *
 * Written from the venue's public reference (okx.com/docs-v5: REST, WebSocket, error codes, order
 * book channel, rate limits), November 2026. REST and WebSocket share what an order comes to
 * (orders.c); what stands around it is of the carrier (rest.c, socket.c). Quantities of a swap are
 * contracts where they are written, and the base everywhere else. */
#ifndef SIM_OKX_SIMO_H
#define SIM_OKX_SIMO_H

#include <jansson.h>

#include "base/rng.h"
#include "match/perp.h"
#include "net/jout.h"
#include "sim/dialect.h"

#define SIMO_EXP         PIT_EXP
#define SIMO_CONNS_MAX   256
#define SIMO_PEERS_MAX   64
#define SIMO_ORDERS_KEPT 16384 /* powers of two: rings by number */
#define SIMO_FILLS_KEPT  16384
#define SIMO_ROUTES_MAX  48
#define SIMO_CLIENT_TEXT 33
#define SIMO_DEPTH       400
#define SIMO_PAGE        100
#define SIMO_BARS        8
#define SIMO_NS_PER_S    1000000000ll
#define SIMO_NS_PER_MIN  (60 * SIMO_NS_PER_S)
#define SIMO_FUNDING_NS  (8 * 60 * SIMO_NS_PER_MIN)
#define SIMO_RATE_PPB    100000 /* of funding */
#define SIMO_MARGIN      "USDT"

enum simo_type { SIMO_MARKET, SIMO_LIMIT, SIMO_POST, SIMO_FOK, SIMO_IOC, SIMO_TYPES };
enum simo_state { SIMO_LIVE, SIMO_PARTIAL, SIMO_FILLED, SIMO_CANCELED };
extern const char *const simo_types[], *const simo_states[];

struct simo_count { /* requests since a moment, transport time */
    agon_ns_t t;
    uint32_t n;
};
struct simo_account {
    const struct member *member;
    uint32_t owner;
    struct simo_count counts[SIMO_ROUTES_MAX], by_symbol[3][PIT_SYMBOLS_MAX];
    agon_ns_t t_dead;  /* transport: when all its orders are cancelled; 0: not armed */
    uint8_t has_swaps; /* it had an order there */
};
struct simo_order {
    uint64_t n; /* its id follows from it */
    uint64_t engine_id;
    struct simo_account *account;
    uint32_t sym;
    uint8_t side, type, state, is_by_cost, is_cut; /* is_cut: lowered to what was filled */
    uint8_t is_reduce_only;
    char client[SIMO_CLIENT_TEXT], tag[20], req_id[SIMO_CLIENT_TEXT];
    agon_px_t px;
    agon_qty_t qty, filled_qty;
    agon_amt_t asked_amt, cost_amt, fee_amt, pnl_amt;
    agon_asset_t fee_asset;
    agon_ns_t t_create, t_update;
    const char *source; /* why it was cancelled, a number; static */
    uint64_t last_fill; /* 0: none */
};
struct simo_fill {
    uint64_t n, order_n, trade_id;
    const struct simo_account *account;
    uint32_t sym;
    uint8_t side, is_maker;
    agon_asset_t fee_asset;
    agon_px_t px;
    agon_qty_t qty;
    agon_amt_t fee_amt, pnl_amt;
    agon_ns_t t;
};
struct simo_peer {
    char name[64];
    agon_ns_t seen;
    struct simo_count connects, counts[SIMO_ROUTES_MAX];
};

enum simo_channel {
    SIMO_BOOKS,
    SIMO_BOOKS5,
    SIMO_BBO,
    SIMO_TRADES,
    SIMO_TICKERS,
    SIMO_MARK,
    SIMO_FUNDING,
    SIMO_CANDLES, /* and the lengths behind it */
    SIMO_CHANNELS = SIMO_CANDLES + SIMO_BARS
};
enum { SIMO_SPOT = 1, SIMO_SWAP = 2 }; /* kinds whose orders are told */
enum simo_path { SIMO_PUBLIC = 1, SIMO_PRIVATE, SIMO_BUSINESS };
struct simo_conn {
    uint64_t id;                                                     /* 0: free */
    uint8_t path, doom;                                              /* doom: enum fault_do */
    uint8_t has_orders, has_account, has_positions, has_instruments; /* instruments: by kind */
    int doom_code;
    agon_ns_t t_open, t_heard; /* transport; when the client said something last */
    agon_ns_t t_said;
    uint32_t subs[PIT_SYMBOLS_MAX]; /* a bit for each channel */
    struct simo_count asked;        /* subscriptions and logins of the hour */
    struct simo_account *account;   /* NULL: not logged in */
};
struct simo_book { /* what those who subscribed have been told */
    struct agon_level bid[SIMO_DEPTH], ask[SIMO_DEPTH];
    uint32_t n_bid, n_ask;
    uint64_t seq, quote_id;
    agon_ns_t t; /* of the last message */
};
struct simo_late { /* a frame that is held back */
    uint64_t conn;
    agon_ns_t t_due;
    char *text; /* owned */
    size_t n;
};
#define SIMO_LATE_MAX 1024

struct simo {
    struct sim_config config;
    struct pit *pit;
    struct sim_time now;
    struct rng rng;
    struct simo_account accounts[MEMBERS_MAX];
    uint32_t n_accounts;
    struct simo_peer peers[SIMO_PEERS_MAX];
    struct simo_conn conns[SIMO_CONNS_MAX];
    struct simo_order *orders[SIMO_ORDERS_KEPT]; /* owned */
    uint64_t n_orders;
    struct simo_fill *fills; /* owned */
    uint64_t n_fills;
    struct simo_book *books;                                  /* owned; by symbol */
    uint8_t traded[PIT_SYMBOLS_MAX], topped[PIT_SYMBOLS_MAX]; /* since the last step */
    agon_ns_t t_mark, t_funded;
    struct perp_contract contracts[PIT_SYMBOLS_MAX];
    struct perp_account perps[MEMBERS_MAX]; /* positions; their wallet is the engine's balance */
    int submit_reason;
    const char *why; /* orders are cancelled now */
    struct simo_late late[SIMO_LATE_MAX];
    uint32_t n_late;
    agon_ns_t maintenance_until;
    struct jout out, frame, line;
};

struct simo_call { /* a request of either carrier, or one order of several */
    struct simo *o;
    struct simo_account *account;
    struct simo_conn *conn; /* NULL: REST */
    const char *what;       /* its name */
    json_t *args;           /* what it says: an object of texts, or a list of such; borrowed */
    struct jout *out;       /* records of the answer */
    agon_ns_t t_expire;     /* transport; 0: never */
    int code;               /* 0: none; 1, 2: see the records */
    char text[160];
};

/* names.c: symbols, and how numbers and times stand in a text */
extern const char *const simo_names[];
int simo_symbol(const char *name, int px_decimals, int qty_decimals, struct pit_symbol *symbol);
int simo_is_swap(const struct pit_symbol *symbol);
int64_t simo_contract(const struct pit_symbol *symbol); /* 10^-8 of the base; spot: 10^8 */
void simo_kv_num(struct jout *out, const char *key, int64_t value); /* 10^-8, quoted, short */
void simo_num(struct jout *out, int64_t value);
void simo_kv_size(struct jout *out, const char *key, agon_qty_t qty,
                  const struct pit_symbol *symbol);
void simo_size(struct jout *out, agon_qty_t qty, const struct pit_symbol *symbol);
void simo_kv_id(struct jout *out, const char *key, uint64_t n);  /* "": 0 */
void simo_kv_ms(struct jout *out, const char *key, agon_ns_t t); /* "": 0 */
void simo_ms(struct jout *out, agon_ns_t t);

/* okx.c: connections, time, calls */
int simo_fail(struct simo_call *call, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
const char *simo_arg(const struct simo_call *call, const char *name); /* NULL: not said, or "" */
int simo_is(const struct simo_call *call, const char *name, const char *value);
/* A number above 0, 10^-8. *has: it was said. */
int simo_get_num(struct simo_call *call, const char *name, int64_t *value, int *has);
int simo_get_symbol(struct simo_call *call, uint32_t *sym);
int simo_count(struct simo_count *count, agon_ns_t now, agon_ns_t window, uint32_t most);
struct simo_conn *simo_conn_of(struct simo *o, uint64_t id);
struct simo_peer *simo_peer_of(struct simo *o, const char *name);
/* A frame of a stream ("books:BTC-USDT"), to a user (event), or an answer (both NULL). */
void simo_send(struct simo *o, struct simo_conn *conn, const char *stream, const char *event,
               struct jout *frame);
void simo_log_request(struct simo_call *call, json_t *args);
void simo_log(struct simo *o, struct jout *line);

/* rest.c */
void simo_http(struct simo *o, const struct sim_request *request, struct sim_reply *reply);
void simo_sign(const char *secret, const char *stamp, const char *method, const char *path,
               const char *body, size_t n, char signature[64]);

/* public.c */
int simo_time(struct simo_call *call);
int simo_status(struct simo_call *call);
int simo_instruments(struct simo_call *call);
int simo_ticker(struct simo_call *call);
int simo_tickers(struct simo_call *call);
int simo_candles(struct simo_call *call);
int simo_books(struct simo_call *call);
int simo_trades(struct simo_call *call);
int simo_funding(struct simo_call *call);
int simo_mark(struct simo_call *call);
extern const char *const simo_bars[SIMO_BARS];
void simo_put_instrument(struct simo *o, struct jout *out, uint32_t sym);
void simo_put_ticker(struct simo *o, struct jout *out, uint32_t sym);
void simo_put_funding(struct simo *o, struct jout *out, uint32_t sym);
void simo_put_mark(struct simo *o, struct jout *out, uint32_t sym);
void simo_put_trade(struct simo *o, struct jout *out, uint32_t sym, const struct pit_trade *trade);
/* The bar that is open, or n before it; 0: nothing is kept of it. */
int simo_put_bar(struct simo *o, struct jout *out, uint32_t sym, int length, uint32_t n,
                 agon_ns_t before, agon_ns_t after);

/* account.c */
int simo_balance(struct simo_call *call);
int simo_config(struct simo_call *call);
int simo_currencies(struct simo_call *call);
int simo_trade_fee(struct simo_call *call);
int simo_order_of(struct simo_call *call);
int simo_orders_pending(struct simo_call *call);
int simo_orders_history(struct simo_call *call);
int simo_fills(struct simo_call *call);
void simo_put_order(struct simo *o, struct jout *out, const struct simo_order *order,
                    const struct simo_fill *fill);
void simo_put_account(struct simo *o, struct jout *out, const struct simo_account *account,
                      const char *only);

/* orders.c */
struct simo_wish { /* a new order */
    uint32_t sym;
    uint8_t side, type, stp, is_by_cost, is_reduce_only;
    const char *client, *tag;
    agon_px_t px;
    agon_qty_t qty;
    agon_amt_t cost_amt;
};
struct simo_order *simo_order_at(const struct simo *o, uint64_t n); /* NULL: none any more */
/* By ordId or clOrdId, the newest; NULL: none. Below 0: neither was said. */
int simo_find(struct simo_call *call, struct simo_order **order);
int simo_place(struct simo_call *call, const struct simo_wish *wish, struct simo_order **placed);
uint32_t simo_cancel_all(struct simo *o, const struct simo_account *account, const char *why);
void simo_on_order(void *ctx, uint32_t sym, const struct match_event *event, uint64_t trade_id);
uint64_t simo_id(uint64_t n); /* of orders and bills, as they are written */
static inline int simo_is_open(const struct simo_order *order)
{
    return order->state == SIMO_LIVE || order->state == SIMO_PARTIAL;
}
/* asked.c: what requests for orders say; one record each, for one order or a list */
int simo_new_order(struct simo_call *call);
int simo_cancel_order(struct simo_call *call);
int simo_amend_order(struct simo_call *call);
int simo_cancel_after(struct simo_call *call);

/* swaps.c */
void simo_swaps_open(struct simo *o);
agon_px_t simo_mark_px(const struct simo *o, uint32_t sym);
/* Of its money: what positions and open orders need, and what is left. */
void simo_sums(struct simo *o, const struct simo_account *account, struct perp_sums *sums);
int simo_check_margin(struct simo_call *call, const struct simo_wish *wish);
int simo_may_fill(void *ctx, const struct match_order *order, agon_px_t px, agon_qty_t qty,
                  int times);
/* What was realised. */
agon_amt_t simo_swap_fill(struct simo *o, const struct simo_order *order,
                          const struct match_event *event);
int simo_fund(struct simo *o, agon_ns_t t); /* it was time */
void simo_put_position(struct simo *o, struct jout *out, const struct simo_account *account,
                       uint32_t sym);
void simo_put_positions(struct simo *o, struct jout *out, const struct simo_account *account,
                        const char *only);
int simo_positions(struct simo_call *call);

/* socket.c */
void simo_text(struct simo *o, struct simo_conn *conn, const char *text, size_t n);

/* feed.c: what is pushed */
void simo_on_trade(void *ctx, uint32_t sym, const struct pit_trade *trade);
void simo_on_top(void *ctx, uint32_t sym);
void simo_on_step(void *ctx, agon_ns_t t);
extern const char *const simo_channels[SIMO_CHANNELS];
void simo_tell_first(struct simo *o, struct simo_conn *conn, uint32_t channel, uint32_t sym);
void simo_tell_order(struct simo *o, const struct simo_order *order, const struct simo_fill *fill);
void simo_tell_account(struct simo *o, struct simo_conn *conn, const struct simo_account *account);
void simo_tell_positions(struct simo *o, struct simo_conn *conn,
                         const struct simo_account *account);
void simo_begin(struct jout *out, const char *channel, const char *name, const char *action);
void simo_finish(struct jout *out);

/* mishap.c: faults that were told to happen */
struct fault *simo_mishap_request(struct simo *o, const char *method, const char *path,
                                  const char *symbol);
int simo_mishap_hides(const struct fault *fault); /* the request never got there; NULL: it did */
int simo_mishap_socket(struct simo *o, struct simo_conn *conn, const char *path, int *status);
void simo_mishap_tick(struct simo *o);
agon_ns_t simo_mishap_due(const struct simo *o);
void simo_emit(struct simo *o, struct simo_conn *conn, const void *bytes, size_t n);

#endif
