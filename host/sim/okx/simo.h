// SPDX-License-Identifier: Apache-2.0
/* simo: OKX as its clients see it, spot and linear swaps; what the files of this folder share.
 *
 * Written from the venue's public reference (okx.com/docs-v5: REST, WebSocket, error codes, order
 * book channel, rate limits), November 2026. REST and WebSocket share what an order comes to
 * (orders.c); what stands around it is of the transport (rest.c, socket.c). Quantities of a swap
 * are contracts where they are written, and the base everywhere else. */
#ifndef SIM_OKX_SIMO_H
#define SIM_OKX_SIMO_H

#include "sim/shape.h"
#include "sim/sim.h"

#define SIMO_DEPTH      400
#define SIMO_PAGE       100
#define SIMO_BARS       8
#define SIMO_FUNDING_NS (8 * 60 * SIM_NS_PER_MIN)
#define SIMO_MARGIN     "USDT"
#define SIMO_LEVERAGE   10
#define SIMO_MAINT_PPB  4000000 /* of the first tier of BTC and ETH */

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
enum simo_path { SIMO_PUBLIC = 1, SIMO_PRIVATE, SIMO_BUSINESS };
enum {                /* struct sim_conn.user */
       SIMO_SPOT = 1, /* kinds whose orders are told */
       SIMO_SWAP = 2,
       SIMO_ACCOUNT = 4,
       SIMO_POSITIONS = 8
};
enum { SIMO_NEW, SIMO_CANCEL, SIMO_AMEND, SIMO_COUNTED }; /* by instrument */

struct simo_book { /* what those who subscribed have been told */
    struct sim_sent sent;
    uint64_t seq;
    agon_ns_t t; /* of the last message */
};
struct simo {
    struct sim sim;
    struct sim_count by_symbol[MEMBERS_MAX][SIMO_COUNTED][PIT_SYMBOLS_MAX];
    struct simo_book *books; /* owned; by symbol */
    agon_ns_t t_mark;
    const struct sim_order *amended; /* now; NULL: none is */
    const char *req_id;              /* of amended; NULL: none was said */
};
static inline const char *simo_side(uint8_t side)
{
    return side == AGON_BUY ? "buy" : "sell";
}
static inline struct simo *simo_of(const struct sim *sim)
{
    return (struct simo *)(uintptr_t)sim;
}

/* names.c: symbols, and how their quantities stand in a text */
extern const char *const simo_names[];
int simo_symbol(const char *name, int px_decimals, int qty_decimals, struct pit_symbol *symbol);
int simo_is_swap(const struct pit_symbol *symbol);
int64_t simo_contract(const struct pit_symbol *symbol); /* 10^-8 of the base; spot: 10^8 */
struct shape_value simo_size(agon_qty_t qty, const struct pit_symbol *symbol);
/* As the venue lists it; 0: that is not known here, and the simulated one lists 1. */
int64_t simo_contract_of(const char *name);

/* okx.c: calls */
const char *simo_arg(const struct sim_call *call, const char *name); /* NULL: not said, or "" */
/* A number above 0, 10^-8. *has: it was said. */
int simo_get_num(struct sim_call *call, const char *name, int64_t *value, int *has);
int simo_get_symbol(struct sim_call *call, uint32_t *sym);

/* rest.c */
void simo_http(struct sim *sim, const struct sim_request *request, const struct fault *fault,
               struct sim_reply *reply);
int simo_check_expiry(struct sim_call *call, const char *text); /* expTime, "": none was said */
void simo_sign(const char *secret, const char *stamp, const char *method, const char *path,
               const char *body, size_t n, char signature[64]);

/* public.c */
int simo_time(struct sim_call *call);
int simo_status(struct sim_call *call);
int simo_instruments(struct sim_call *call);
int simo_ticker(struct sim_call *call);
int simo_tickers(struct sim_call *call);
int simo_candles(struct sim_call *call);
int simo_books(struct sim_call *call);
int simo_trades(struct sim_call *call);
int simo_funding(struct sim_call *call);
int simo_mark(struct sim_call *call);
extern const char *const simo_bars[SIMO_BARS];
void simo_put_instrument(struct sim *sim, struct jout *out, uint32_t sym);
void simo_put_ticker(struct sim *sim, struct jout *out, uint32_t sym);
void simo_put_funding(struct sim *sim, struct jout *out, uint32_t sym);
void simo_put_mark(struct sim *sim, struct jout *out, uint32_t sym);
void simo_put_trade(struct sim *sim, struct jout *out, uint32_t sym, const struct pit_trade *trade);
/* The bar that is open, or n before it; 0: nothing is kept of it. */
int simo_put_bar(struct sim *sim, struct jout *out, uint32_t sym, int length, uint32_t n,
                 agon_ns_t before, agon_ns_t after);

/* account.c */
int simo_balance(struct sim_call *call);
int simo_config(struct sim_call *call);
int simo_currencies(struct sim_call *call);
int simo_trade_fee(struct sim_call *call);
int simo_order_of(struct sim_call *call);
int simo_orders_pending(struct sim_call *call);
int simo_orders_history(struct sim_call *call);
int simo_fills(struct sim_call *call);
void simo_put_order(struct sim *sim, struct jout *out, const struct sim_order *order,
                    const struct sim_fill *fill);
void simo_put_account(struct sim *sim, struct jout *out, const struct sim_account *account,
                      const char *only);

/* orders.c */
extern const struct sim_type simo_types[]; /* a market order is the first */
extern const char *const simo_states[];
/* By ordId or clOrdId, the newest; NULL: none. Below 0: neither was said. */
int simo_find(struct sim_call *call, struct sim_order **order);
int simo_place(struct sim_call *call, const struct sim_intent *intent, struct sim_order **placed);
enum sim_state simo_ended(const struct sim_order *order, int reason, const char **why);
void simo_report(struct sim *sim, struct sim_order *order, enum match_event_kind what,
                 const struct sim_fill *fill);
uint64_t simo_id(uint64_t n); /* of orders and bills, as they are written */
const char *simo_id_text(const struct sim *sim, uint64_t n, char text[SIM_ID_TEXT]);
/* asked.c: what requests for orders say; one record each, for one order or a list */
int simo_new_order(struct sim_call *call);
int simo_cancel_order(struct sim_call *call);
int simo_amend_order(struct sim_call *call);
int simo_cancel_after(struct sim_call *call);

/* swaps.c */
void simo_put_position(struct sim *sim, struct jout *out, const struct sim_account *account,
                       uint32_t sym);
void simo_put_positions(struct sim *sim, struct jout *out, const struct sim_account *account,
                        const char *only);
int simo_positions(struct sim_call *call);

/* socket.c */
void simo_text(struct sim *sim, struct sim_conn *conn, const char *text, size_t n);

/* feed.c: what is pushed */
void simo_on_trade(void *ctx, uint32_t sym, const struct pit_trade *trade);
void simo_on_top(void *ctx, uint32_t sym);
void simo_on_step(void *ctx, agon_ns_t t);
extern const char *const simo_channels[SIMO_CHANNELS];
void simo_put_levels(struct jout *out, const char *key, const struct agon_level *level, uint32_t n,
                     const struct pit_symbol *symbol);
void simo_tell_first(struct sim *sim, struct sim_conn *conn, uint32_t channel, uint32_t sym);
void simo_tell_order(struct sim *sim, const struct sim_order *order, const struct sim_fill *fill);
void simo_tell_account(struct sim *sim, struct sim_conn *conn, const struct sim_account *account);
void simo_tell_positions(struct sim *sim, struct sim_conn *conn, const struct sim_account *account);
void simo_begin(struct jout *out, const char *channel, const char *name, const char *action);
void simo_finish(struct jout *out);

#endif
