// SPDX-License-Identifier: Apache-2.0
/* simk: Kraken spot as its clients see it; what the files of this folder share.
 *
 * Written from the venue's public reference (docs.kraken.com: spot REST, spot WebSocket v2, guides
 * on rate limits, authentication and the book's checksum), November 2026. REST and WebSocket share
 * what an order comes to (orders.c); what stands around it is of the transport (rest.c, socket.c).
 */
#ifndef SIM_KRAKEN_SIMK_H
#define SIM_KRAKEN_SIMK_H

#include "sim/shape.h"
#include "sim/sim.h"

#define SIMK_ID_TEXT   20 /* "OUF4EM-FRGI2-MQMWZD" */
#define SIMK_DEPTHS    5
#define SIMK_INTERVALS 9
#define SIMK_PAGE      50 /* closed orders, trades of a page */

enum simk_type { SIMK_MARKET, SIMK_LIMIT };
enum {                                         /* struct sim_conn.subs */
       SIMK_BOOK = 1,                          /* and the depths behind it */
       SIMK_TICKER = SIMK_BOOK << SIMK_DEPTHS, /* by trades */
       SIMK_TICKER_BBO = SIMK_TICKER << 1,     /* by best prices */
       SIMK_TRADE = SIMK_TICKER << 2,
       SIMK_OHLC = SIMK_TICKER << 3 /* and the intervals behind it */
};

struct simk_tier {                        /* of verification */
    int64_t calls_max, calls_milli_per_s; /* of REST */
    int64_t rate_max, rate_milli_per_s;   /* of the engine, for each pair */
    uint32_t open_max;                    /* orders of a pair */
};
struct simk_owner { /* of an account */
    const struct simk_tier *tier;
    uint64_t nonce; /* the last that was taken */
    struct sim_counter calls, rate[PIT_SYMBOLS_MAX];
    uint64_t n_ledger;
};
struct simk_pair { /* what REST calls it */
    char id[24], alt[24], wsname[24];
};
struct simk_user {                             /* of a connection */
    struct sim_account *executions, *balances; /* NULL: not subscribed */
    uint64_t n_executions, n_balances;
    uint8_t is_terse, has_rate, has_instrument;
};
struct simk {
    struct sim sim;
    uint64_t mix; /* what numbers become texts by */
    struct simk_pair pairs[PIT_SYMBOLS_MAX];
    struct simk_owner owners[MEMBERS_MAX];
    struct simk_user users[SIM_CONNS_MAX];
    struct sim_sent books[PIT_SYMBOLS_MAX][SIMK_DEPTHS];
};
static inline struct simk *simk_of(const struct sim *sim)
{
    return (struct simk *)(uintptr_t)sim;
}
static inline struct simk_user *simk_user_of(const struct sim *sim, const struct sim_conn *conn)
{
    return &simk_of(sim)->users[sim_place_of(sim, conn)];
}
static inline struct simk_owner *simk_owner_of(const struct sim *sim,
                                               const struct sim_account *account)
{
    return &simk_of(sim)->owners[account->owner];
}
static inline const struct simk_pair *simk_pair_at(const struct sim *sim, uint32_t sym)
{
    return &simk_of(sim)->pairs[sym];
}

static inline int simk_px_decimals(const struct sim *sim, uint32_t sym)
{
    return sim_decimals(pit_at(sim->pit, sym)->tick_px);
}
static inline int simk_qty_decimals(const struct sim *sim, uint32_t sym)
{
    return sim_decimals(pit_at(sim->pit, sym)->lot_qty);
}
static inline const char *simk_side(uint8_t side)
{
    return side == AGON_BUY ? "buy" : "sell";
}

/* names.c: what things are called */
extern const char *const simk_names[];
int simk_symbol(const char *name, int px_decimals, int qty_decimals, struct pit_symbol *symbol);
void simk_pair_of(const struct pit_symbol *symbol, struct simk_pair *pair);
const char *simk_asset_id(const char *name);                           /* "XXBT" */
const char *simk_asset_alt(const char *name);                          /* "XBT" */
int simk_find_pair(const struct sim *sim, const char *text, size_t n); /* any of its names; -1 */
/* 'O' for an order, 'T' for a trade, 'L' for a ledger's entry. */
const char *simk_id(const struct sim *sim, char kind, uint64_t n, char text[SIMK_ID_TEXT]);
uint64_t simk_number(const struct sim *sim, const char *id); /* 0: no such form */
/* The checksum of a book: CRC-32 of its ten best levels a side as they are written. px_unit,
 * qty_unit: what one in the last digit counts. */
uint32_t simk_checksum(const struct agon_level *bid, uint32_t n_bid, const struct agon_level *ask,
                       uint32_t n_ask, int64_t px_unit, int64_t qty_unit);
uint32_t simk_crc32(uint32_t crc, const char *text, size_t n); /* IEEE 802.3; 0 to begin with */

/* kraken.c: calls and limits */
/* What is wrong has no number here. */
#define simk_fail(call, ...) sim_fail(call, 1, __VA_ARGS__)
int simk_get_dec(struct sim_call *call, const char *name, int64_t *value, int *has);
struct sim_call simk_begin(struct sim *sim, const char *what); /* args are the caller's */

/* rest.c */
void simk_http(struct sim *sim, const struct sim_request *request, const struct fault *fault,
               struct sim_reply *reply);
/* Base64 of the HMAC-SHA512 over the path and the SHA256 of nonce and body; below 0: the secret is
 * no base64. */
int simk_sign(const char *secret, const char *path, const char *nonce, const char *body, size_t n,
              char signature[96]);

/* public.c */
int simk_time(struct sim_call *call);
int simk_system_status(struct sim_call *call);
int simk_assets(struct sim_call *call);
int simk_asset_pairs(struct sim_call *call);
int simk_ticker(struct sim_call *call);
int simk_ohlc(struct sim_call *call);
int simk_depth(struct sim_call *call);
int simk_trades(struct sim_call *call);
extern const int simk_minutes[SIMK_INTERVALS];
int simk_interval(int64_t minutes); /* -1: none */

/* account.c */
int simk_balance(struct sim_call *call);
int simk_balance_ex(struct sim_call *call);
int simk_open_orders(struct sim_call *call);
int simk_closed_orders(struct sim_call *call);
int simk_query_orders(struct sim_call *call);
int simk_trades_history(struct sim_call *call);
int simk_query_trades(struct sim_call *call);
int simk_trade_volume(struct sim_call *call);
int simk_token_new(struct sim_call *call);
int simk_withdraw_methods(struct sim_call *call);

/* orders.c */
extern const struct sim_type simk_types[]; /* by enum simk_type, and more */
extern const char *const simk_states[];
/* Of the account: by the id's text. NULL: none. */
struct sim_order *simk_find(const struct sim *sim, const struct sim_account *account,
                            const char *id);
/* Each fails as simk_fail does. */
int simk_place(struct sim_call *call, const struct sim_intent *intent, struct sim_order **placed);
int simk_cancel(struct sim_call *call, struct sim_order *order);
/* has: 1 a price, 2 a quantity, 4 a trigger. */
int simk_amend(struct sim_call *call, struct sim_order *order, uint32_t has,
               const struct sim_intent *intent);
int simk_edit(struct sim_call *call, struct sim_order *order, uint32_t has,
              const struct sim_intent *intent, struct sim_order **placed);
int simk_check_deadline(struct sim_call *call);
int simk_get_client(struct sim_call *call, const char **client);
enum sim_state simk_ended(const struct sim_order *order, int reason, const char **why);
void simk_report(struct sim *sim, struct sim_order *order, enum match_event_kind what,
                 const struct sim_fill *fill);
/* order_asked.c: requests by REST and by socket */
int simk_add_order(struct sim_call *call);
int simk_amend_order(struct sim_call *call);
int simk_edit_order(struct sim_call *call);
int simk_cancel_order(struct sim_call *call);
int simk_cancel_every(struct sim_call *call);
int simk_cancel_after(struct sim_call *call);
int simk_ws_add(struct sim_call *call);
int simk_ws_edit(struct sim_call *call);
void simk_put_descr(const struct sim *sim, const struct sim_order *order, struct jout *out);

/* socket.c */
void simk_text(struct sim *sim, struct sim_conn *conn, const char *text, size_t n);
void simk_tell_status(struct sim *sim, struct sim_conn *conn);

/* feed.c: what is pushed */
void simk_on_trade(void *ctx, uint32_t sym, const struct pit_trade *trade);
void simk_on_top(void *ctx, uint32_t sym);
void simk_on_step(void *ctx, agon_ns_t t);
extern const uint32_t simk_depths[SIMK_DEPTHS];
/* conn NULL: to nobody; is_first: nobody had it. */
void simk_book_snapshot(struct sim *sim, struct sim_conn *conn, uint32_t sym, uint32_t place,
                        int is_first);
void simk_tell_ticker(struct sim *sim, struct sim_conn *conn, uint32_t sym, const char *type);
void simk_tell_ohlc(struct sim *sim, struct sim_conn *conn, uint32_t sym, int interval,
                    int is_snapshot);
void simk_tell_trades(struct sim *sim, struct sim_conn *conn, uint32_t sym);
void simk_tell_instruments(struct sim *sim, struct sim_conn *conn);
void simk_tell_executions(struct sim *sim, struct sim_conn *conn, int with_orders, int with_trades);
void simk_tell_balances(struct sim *sim, struct sim_conn *conn);
/* Of an order, to all who listen. */
void simk_tell(struct sim *sim, struct sim_order *order, const char *exec_type,
               const struct sim_fill *fill);
void simk_tell_ledger(struct sim *sim, struct sim_account *account, const struct sim_fill *fill);

#endif
