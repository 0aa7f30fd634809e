// SPDX-License-Identifier: Apache-2.0
/* um: Binance USD-M futures as their clients see them; what the um_ files share. Around it stands
 * what both markets have (simb.h).
 *
 * Written from the venue's public reference (developers.binance.com: derivatives, usds-margined-
 * futures: general info, error code, market data, trade, account, user data streams) and its pages
 * on margin, funding and liquidation. One asset is margin: USDT. The engine keeps a position per
 * account and position side: its owner is account x 3 + side. */
#ifndef SIM_BINANCE_UM_H
#define SIM_BINANCE_UM_H

#include "match/perp.h"
#include "sim/binance/simb.h"

#define UM_FUNDING_NS   (8 * 3600 * SIMB_NS_PER_S)
#define UM_BASIS_KEPT   5
#define UM_RATES_KEPT   1000
#define UM_INCOMES_KEPT 65536
#define UM_FORCED_KEPT  256
#define UM_MARGIN_ASSET "USDT"

enum um_type {
    UM_LIMIT,
    UM_MARKET,
    UM_STOP,
    UM_STOP_MARKET,
    UM_TAKE_PROFIT,
    UM_TAKE_PROFIT_MARKET,
    UM_TRAILING_STOP_MARKET,
    UM_TYPES
};
enum um_algo_state { UM_ALGO_WAITS, UM_ALGO_TRIGGERED, UM_ALGO_FINISHED };
enum um_which { UM_EVERY, UM_NORMAL, UM_ALGO }; /* orders */
enum um_working { UM_CONTRACT_PRICE, UM_MARK_PRICE };
extern const char *const um_type_names[];
extern const char *const um_side_names[];
extern const char *const um_tif_names[]; /* by enum perp_side */
extern const char *const um_working_names[];

struct simum_order { /* beside struct simb_order; its type is what it acts as now */
    uint64_t engine_id;
    uint8_t side, orig_type, working;
    uint8_t is_reduce_only, is_close, is_protected, is_post_only;
    uint8_t is_waiting; /* for its trigger: the engine does not know it */
    uint8_t is_active;  /* a trailing stop follows the price */
    uint8_t is_liquidation;
    uint8_t reason;     /* the engine's, when it refused */
    uint8_t is_algo;    /* of the conditional orders' own service */
    uint8_t algo_state; /* enum um_algo_state */
    uint8_t pad[3];
    uint64_t actual_id, algo_id; /* what a triggered one became; what this one came from */
    agon_ns_t t_trigger;
    uint32_t at; /* in um.open */
    int32_t callback_ppb;
    agon_px_t activate_px, peak_px;
    agon_amt_t realised_amt;
    agon_ns_t good_till;
};
struct um_symbol {
    int px_dec, qty_dec; /* decimals that are shown */
    agon_px_t basis[UM_BASIS_KEPT];
    uint32_t n_basis;
    int64_t premium_sum, premium_weight, rate_ppb /* last paid */, next_rate_ppb;
    agon_ns_t next_funding;
    agon_px_t high_px, low_px; /* of trades since stops were looked at; 0: none */
    struct {
        agon_ns_t t;
        int64_t rate_ppb;
        agon_px_t mark_px;
    } rates[UM_RATES_KEPT];
    uint64_t n_rates;
    uint8_t is_own_index; /* nobody tells one: it is what the contract itself trades at */
};
struct um_income {
    const struct simb_account *account;
    const char *type;
    agon_amt_t amt;
    agon_ns_t t;
    uint64_t tran_id, trade_id;
    uint32_t sym;
    uint8_t has_sym;
};
struct um_forced {
    uint32_t sym;
    uint8_t is_buy;
    agon_px_t px, avg_px;
    agon_qty_t qty;
    agon_ns_t t;
};
struct simum {
    struct perp_contract contracts[PIT_SYMBOLS_MAX];
    struct um_symbol symbols[PIT_SYMBOLS_MAX];
    struct perp_account accounts[MEMBERS_MAX];
    uint8_t is_multi[MEMBERS_MAX];  /* multi-assets mode: kept, with one asset alone */
    uint8_t is_called[MEMBERS_MAX]; /* told of its margin */
    agon_ns_t countdown[MEMBERS_MAX][PIT_SYMBOLS_MAX]; /* transport time; 0: off */
    struct simb_order **open;                          /* owned; waiting ones too */
    uint32_t n_open, open_room;
    struct um_income *incomes; /* owned, ring */
    uint64_t n_incomes, next_id, next_tran, next_close;
    struct um_forced forced[UM_FORCED_KEPT];
    uint64_t n_forced;
    uint8_t is_settling, is_mark_new;
};

enum { HAS_PX = 1, HAS_QTY = 2, HAS_STOP = 4, HAS_TIF = 8, HAS_CALLBACK = 16 }; /* um_intent.has */
struct um_intent { /* a new order as it was asked for */
    uint32_t sym, has;
    enum perp_side ps;
    uint8_t side, type, tif, stp, resp, working;
    uint8_t is_reduce_only, is_close, is_protected, is_post_only, is_algo;
    agon_px_t px, stop_px, activate_px;
    agon_qty_t qty;
    int32_t callback_ppb;
    agon_ns_t good_till;
    const char *client;
};

/* um.c */
static inline struct perp_account *um_account(const struct simb *b,
                                              const struct simb_account *account)
{
    return &b->um->accounts[account->owner];
}
int um_open(struct simb *b, struct error *err);
void um_close(struct simb *b);
/* "BTCUSD" of "BTCUSD_PERP". */
void um_put_pair(struct simb *b, struct jout *out, const char *key, uint32_t sym);
void um_put_px(struct simb *b, struct jout *out, const char *key, uint32_t sym, int64_t px);
void um_put_qty(struct simb *b, struct jout *out, const char *key, uint32_t sym, int64_t qty);
void um_put_rate(struct jout *out, const char *key, int64_t ppb); /* eight places */
agon_px_t um_index_px(const struct simb *b, uint32_t sym);
agon_px_t um_mark_px(const struct simb *b, uint32_t sym);

/* um_public.c */
int um_exchange_info(struct simb_call *call);
int um_depth(struct simb_call *call);
int um_trades(struct simb_call *call);
int um_agg_trades(struct simb_call *call);
int um_klines(struct simb_call *call);
int um_continuous_klines(struct simb_call *call);
int um_mark_klines(struct simb_call *call);
int um_index_klines(struct simb_call *call);
int um_premium_klines(struct simb_call *call);
int um_premium_index(struct simb_call *call);
int um_funding_rate(struct simb_call *call);
int um_funding_info(struct simb_call *call);
int um_ticker_24hr(struct simb_call *call);
int um_ticker_price(struct simb_call *call);
int um_book_ticker(struct simb_call *call);
int um_open_interest(struct simb_call *call);
int um_index_info(struct simb_call *call);
uint32_t um_weigh_depth(struct simb_call *call);
uint32_t um_weigh_klines(struct simb_call *call);
uint32_t um_weigh_24hr(struct simb_call *call);
uint32_t um_weigh_price(struct simb_call *call);
uint32_t um_weigh_book(struct simb_call *call);
uint32_t um_weigh_premium(struct simb_call *call);
int um_symbol(const char *name, int px_decimals, int qty_decimals, struct pit_symbol *symbol);
void um_set_brackets(struct perp_contract *contract, const char *name);

/* um_orders.c */
int um_order_new(struct simb_call *call);
int um_order_test(struct simb_call *call);
int um_order_amend(struct simb_call *call);
int um_order_query(struct simb_call *call);
int um_order_cancel(struct simb_call *call);
int um_open_order(struct simb_call *call);
int um_open_orders(struct simb_call *call);
int um_all_orders(struct simb_call *call);
int um_cancel_all(struct simb_call *call);
int um_batch_new(struct simb_call *call);
int um_batch_amend(struct simb_call *call);
int um_batch_cancel(struct simb_call *call);
int um_countdown(struct simb_call *call);
int um_algo_new(struct simb_call *call);
int um_algo_query(struct simb_call *call);
int um_algo_cancel(struct simb_call *call);
int um_algo_cancel_all(struct simb_call *call);
int um_algo_open(struct simb_call *call);
int um_algo_all(struct simb_call *call);
uint32_t um_weigh_open(struct simb_call *call);

/* um_risk.c: what happens to orders and positions by themselves */
/* Would the account's wallet, position and results hold one more fill of this order? */
int um_may_fill(void *ctx, const struct match_order *order, agon_px_t px, agon_qty_t qty,
                int times);
void um_on_order(void *ctx, uint32_t sym, const struct match_event *event, uint64_t trade_id);
void um_open_add(struct simb *b, struct simb_order *order);
/* Margin that working orders hold is in the account again. */
void um_reserve(struct simb *b, const struct simb_account *account);
/* To the engine, as what it is now. enum match_reject. */
int um_submit(struct simb *b, struct simb_order *order);
/* What may still be closed on that side by this order's kind. */
agon_qty_t um_closable(struct simb *b, const struct simb_account *account, uint32_t sym,
                       enum perp_side ps, int is_buy, const struct simb_order *but);
int um_cancel(struct simb *b, struct simb_order *order); /* false: it was gone */
void um_report(struct simb *b, const struct simb_order *order, const char *kind,
               const struct match_event *event, uint64_t trade_id, agon_amt_t realised_amt);
/* ACCOUNT_UPDATE of the wallet and, where sym is one, of that symbol's positions. */
void um_tell_account(struct simb *b, struct simb_account *account, const char *reason, uint32_t sym,
                     agon_amt_t change_amt);
void um_tell_config(struct simb *b, struct simb_account *account, uint32_t sym);
void um_earn(struct simb *b, const struct simb_account *account, const char *type, uint32_t sym,
             agon_amt_t amt, uint64_t trade_id);
agon_px_t um_trigger_px(const struct simb *b, uint32_t sym, int working);
int um_is_reached(const struct simb_order *order, agon_px_t high_px, agon_px_t low_px);
void um_settle(struct simb *b);
agon_ns_t um_due(const struct simb *b);
/* Fundings of the history that the market came with. */
void um_past(struct simb *b, uint32_t sym);
void um_second(struct simb *b, agon_ns_t t); /* mark, index, premium, funding */
void um_cancel_where(struct simb *b, const struct simb_account *account, uint32_t sym,
                     enum um_which which);
/* ALGO_UPDATE of a conditional order of that service. */
void um_report_algo(struct simb *b, const struct simb_order *order, const char *state);

/* um_account.c */
int um_account_v2(struct simb_call *call);
int um_account_v3(struct simb_call *call);
int um_balance(struct simb_call *call);
int um_positions(struct simb_call *call);
int um_positions_v3(struct simb_call *call);
int um_my_trades(struct simb_call *call);
int um_income(struct simb_call *call);
int um_commission(struct simb_call *call);
int um_brackets(struct simb_call *call);
int um_leverage(struct simb_call *call);
int um_margin_type(struct simb_call *call);
int um_position_margin(struct simb_call *call);
int um_set_dual(struct simb_call *call);
int um_get_dual(struct simb_call *call);
int um_set_multi(struct simb_call *call);
int um_get_multi(struct simb_call *call);
int um_symbol_config(struct simb_call *call);
int um_account_config(struct simb_call *call);
int um_order_rates(struct simb_call *call);
int um_force_orders(struct simb_call *call);
int um_adl(struct simb_call *call);
int um_listen_new(struct simb_call *call);
int um_listen_keep(struct simb_call *call);
int um_listen_end(struct simb_call *call);

/* um_streams.c */
void um_parse_stream(struct simb *b, const char *name, struct simb_stream *stream);
void um_on_trade(void *ctx, uint32_t sym, const struct pit_trade *trade);
void um_on_agg(void *ctx, uint32_t sym, const struct pit_agg *agg);
void um_on_top(void *ctx, uint32_t sym);
void um_on_book(void *ctx, uint32_t sym);
void um_on_step(void *ctx, agon_ns_t t);
void um_push_forced(struct simb *b, const struct um_forced *forced);

/* um_asked.c: shared with um_orders.c */
int um_not_valid(struct simb_call *call, const char *name);
int um_is_conditional(int type);
int um_get_intent(struct simb_call *call, struct um_intent *intent);
int um_check_px(struct simb_call *call, const struct pit_symbol *symbol, int px_dec, agon_px_t px);
int um_check_qty(struct simb_call *call, const struct pit_symbol *symbol, int is_taker,
                 agon_qty_t qty);
int um_check_percent(struct simb_call *call, uint32_t sym, int side, agon_px_t px);
int um_check_notional(struct simb_call *call, uint32_t sym, agon_px_t px, agon_qty_t qty);
int um_check_filters(struct simb_call *call, const struct um_intent *intent);
int um_refuse_engine(struct simb_call *call, int reason);
int um_check_margin(struct simb_call *call, const struct um_intent *intent);
int um_fit_reduction(struct simb_call *call, struct um_intent *intent);
int um_check_fok(struct simb_call *call, const struct um_intent *intent);

#endif
