// SPDX-License-Identifier: Apache-2.0
/* user: what the owner of an account is told on his channels: of his orders, trades and money. */
#include <stdio.h>

#include "base/num.h"
#include "sim/kraken/simk.h"

#define SNAP_TRADES 50

static void begin(struct jout *out, const char *channel, const char *type)
{
    jout_reset(out);
    jout_open(out, '{');
    jout_kv_str(out, "channel", channel);
    jout_kv_str(out, "type", type);
    jout_key(out, "data");
    jout_open(out, '[');
}

static void finish(struct jout *out, uint64_t sequence)
{
    jout_close(out, '[');
    jout_kv_int(out, "sequence", (int64_t)sequence);
    jout_close(out, '{');
}

static int px_decimals(const struct simk *k, uint32_t sym)
{
    return simk_decimals(pit_at(k->pit, sym)->tick_px);
}

/* --- executions --- */

static agon_amt_t fee_in_quote(const struct simk *k, const struct simk_fill *fill)
{
    const char *name = instruments_asset(pit_table(k->pit), fill->fee_asset)->name;

    return strcmp(name, pit_at(k->pit, fill->sym)->base) == 0
               ? num_notional(fill->px, SIMK_EXP, fill->fee_amt, SIMK_EXP, SIMK_EXP, NUM_UP)
               : fill->fee_amt;
}

static void put_names(struct simk *k, struct jout *out, const struct simk_order *order)
{
    char id[SIMK_ID_TEXT];

    jout_kv_str(out, "order_id", simk_id(k, 'O', order->n, id));
    if (order->client[0])
        jout_kv_str(out, "cl_ord_id", order->client);
    jout_kv_int(out, "order_userref", order->has_userref ? order->userref : 0);
}

static void put_sums(struct jout *out, const struct simk_order *order)
{
    agon_px_t mean_px = order->filled_qty > 0 ? num_mul_div(order->cost_amt, num_pow10(SIMK_EXP),
                                                            order->filled_qty, NUM_EVEN)
                                              : 0;

    simk_kv_num(out, "cum_qty", order->filled_qty, SIMK_EXP);
    simk_kv_num(out, "cum_cost", order->cost_amt, SIMK_EXP);
    simk_kv_num(out, "avg_price", mean_px, SIMK_EXP);
    simk_kv_num(out, "fee_usd_equiv", order->fee_amt, SIMK_EXP);
}

static void put_terms(struct simk *k, struct jout *out, const struct simk_order *order)
{
    static const char *const tifs[] = {"GTC", "GTC", "IOC", "FOK", "GTD"};
    int px_exp = px_decimals(k, order->sym);

    jout_kv_str(out, "symbol", pit_at(k->pit, order->sym)->name);
    jout_kv_str(out, "side", order->side == AGON_BUY ? "buy" : "sell");
    jout_kv_str(out, "order_type", simk_types[order->type]);
    if (order->is_by_cost)
        simk_kv_num(out, "cash_order_qty", order->asked_amt, SIMK_EXP);
    else
        simk_kv_num(out, "order_qty", order->qty, SIMK_EXP);
    if (simk_has_px(order->type)) {
        jout_kv_str(out, "limit_price_type", "static");
        simk_kv_num(out, "limit_price", order->px, px_exp);
    }
    simk_kv_num(out, "stop_price", order->stop_px, px_exp);
    if (simk_has_stop(order->type)) {
        jout_key(out, "triggers");
        jout_open(out, '{');
        simk_kv_num(out, "price", order->stop_px, px_exp);
        jout_kv_str(out, "price_type", "static");
        jout_kv_str(out, "reference", "last");
        jout_kv_str(out, "status", order->is_triggered ? "triggered" : "untriggered");
        jout_close(out, '{');
    }
    jout_kv_str(out, "time_in_force", tifs[order->tif]);
    if (order->tif == AGON_TIF_GTD)
        simk_kv_when(out, "expire_time", order->t_expire);
    jout_kv_bool(out, "post_only", order->is_post);
    jout_kv_bool(out, "reduce_only", 0);
    jout_kv_str(out, "fee_ccy_pref", "fciq");
}

static void put_fill(struct simk *k, struct jout *out, const struct simk_fill *fill)
{
    char id[SIMK_ID_TEXT];

    jout_kv_str(out, "exec_id", simk_id(k, 'T', fill->n, id));
    jout_kv_int(out, "trade_id", (int64_t)fill->trade_id);
    jout_kv_str(out, "symbol", pit_at(k->pit, fill->sym)->name);
    jout_kv_str(out, "side", fill->side == AGON_BUY ? "buy" : "sell");
    jout_kv_str(out, "order_type", simk_types[fill->type]);
    simk_kv_num(out, "last_qty", fill->qty, SIMK_EXP);
    simk_kv_num(out, "last_price", fill->px, px_decimals(k, fill->sym));
    jout_kv_str(out, "liquidity_ind", fill->is_maker ? "m" : "t");
    simk_kv_num(out, "cost", fill->amt, SIMK_EXP);
    jout_key(out, "fees");
    jout_open(out, '[');
    jout_open(out, '{');
    jout_kv_str(out, "asset", instruments_asset(pit_table(k->pit), fill->fee_asset)->name);
    simk_kv_num(out, "qty", fill->fee_amt, SIMK_EXP);
    jout_close(out, '{');
    jout_close(out, '[');
}

static const char *status_of(const struct simk_order *order, const char *exec_type)
{
    if (strcmp(exec_type, "pending_new") == 0)
        return "pending_new";
    // A trade is told so even when nothing is left; that it was the last is told after it.
    if (order->status == SIMK_OPEN)
        return order->filled_qty > 0 ? "partially_filled" : "new";
    return order->status == SIMK_CLOSED ? "filled" : simk_statuses[order->status];
}

/* What belongs to the kind of event and no more: a client keeps what he was told before. */
static void put_execution(struct simk *k, struct jout *out, const struct simk_order *order,
                          const char *exec_type, const struct simk_fill *fill)
{
    int is_new = strcmp(exec_type, "new") == 0;

    jout_open(out, '{');
    jout_kv_str(out, "exec_type", exec_type);
    jout_kv_str(out, "order_status", status_of(order, exec_type));
    put_names(k, out, order);
    if (strcmp(exec_type, "pending_new") == 0) {
        put_terms(k, out, order);
        simk_kv_num(out, "cum_cost", 0, 1);
        simk_kv_num(out, "fee_usd_equiv", 0, 1);
    } else if (fill) {
        put_fill(k, out, fill);
        simk_kv_num(out, "cum_qty", order->filled_qty, SIMK_EXP);
        simk_kv_num(out, "cum_cost", order->cost_amt, SIMK_EXP);
        simk_kv_num(out, "fee_usd_equiv", fee_in_quote(k, fill), SIMK_EXP);
    } else if (strcmp(exec_type, "amended") == 0) {
        jout_kv_bool(out, "amended", 1);
        simk_kv_num(out, "order_qty", order->qty, SIMK_EXP);
        simk_kv_num(out, "limit_price", order->px, px_decimals(k, order->sym));
        put_sums(out, order);
    } else if (!is_new) {
        put_sums(out, order);
    }
    if (order->reason && !fill) {
        jout_kv_str(out, "cancel_reason", order->reason);
        jout_kv_str(out, "reason", order->reason);
    }
    simk_kv_when(out, "timestamp", pit_now(k->pit));
    jout_close(out, '{');
}

static int is_terse(const char *exec_type)
{
    return strcmp(exec_type, "pending_new") == 0 || strcmp(exec_type, "status") == 0 ||
           strcmp(exec_type, "amended") == 0;
}

void simk_tell(struct simk *k, struct simk_order *order, const char *exec_type,
               const struct simk_fill *fill)
{
    struct jout *out = &k->frame;

    for (uint32_t i = 0; i < SIMK_CONNS_MAX; i++) {
        struct simk_conn *conn = &k->conns[i];

        if (!conn->id || conn->executions != order->account ||
            (conn->is_terse && is_terse(exec_type)))
            continue;
        begin(out, "executions", "update");
        put_execution(k, out, order, exec_type, fill);
        finish(out, ++conn->n_executions);
        simk_send(k, conn, NULL, exec_type, out);
    }
}

void simk_tell_executions(struct simk *k, struct simk_conn *conn, int with_orders, int with_trades)
{
    struct jout *out = &k->frame;
    uint32_t n = 0;

    begin(out, "executions", "snapshot");
    for (uint64_t i = k->n_orders; with_orders && i > 0 && k->n_orders - i < SIMK_ORDERS_KEPT;
         i--) {
        const struct simk_order *order = simk_order_at(k, i);

        if (!order || order->account != conn->executions || order->status != SIMK_OPEN)
            continue;
        jout_open(out, '{');
        jout_kv_str(out, "exec_type", "new");
        jout_kv_str(out, "order_status", status_of(order, "new"));
        put_names(k, out, order);
        put_terms(k, out, order);
        put_sums(out, order);
        simk_kv_when(out, "timestamp", order->t_open);
        jout_close(out, '{');
    }
    for (uint64_t i = k->n_fills;
         with_trades && i > 0 && k->n_fills - i < SIMK_FILLS_KEPT && n < SNAP_TRADES; i--) {
        const struct simk_fill *fill = &k->fills[(i - 1) & (SIMK_FILLS_KEPT - 1)];
        const struct simk_order *order = simk_order_at(k, fill->order_n);

        if (fill->account != conn->executions)
            continue;
        n++;
        jout_open(out, '{');
        jout_kv_str(out, "exec_type", "trade");
        jout_kv_str(out, "order_status", order ? status_of(order, "trade") : "filled");
        if (order)
            put_names(k, out, order);
        put_fill(k, out, fill);
        simk_kv_num(out, "fee_usd_equiv", fee_in_quote(k, fill), SIMK_EXP);
        simk_kv_when(out, "timestamp", fill->t);
        jout_close(out, '{');
    }
    conn->n_executions = 1;
    finish(out, conn->n_executions);
    simk_send(k, conn, NULL, "snapshot", out);
}

/* --- balances --- */

static agon_amt_t total_of(const struct simk *k, const struct simk_account *account,
                           agon_asset_t asset)
{
    return pit_free_amt(k->pit, account->owner, asset) +
           pit_locked_amt(k->pit, account->owner, asset);
}

void simk_tell_balances(struct simk *k, struct simk_conn *conn)
{
    const struct instruments *table = pit_table(k->pit);
    struct jout *out = &k->frame;

    begin(out, "balances", "snapshot");
    for (agon_asset_t i = 1; instruments_asset(table, i) != NULL; i++) {
        agon_amt_t total_amt = total_of(k, conn->balances, i);

        if (total_amt == 0)
            continue;
        jout_open(out, '{');
        jout_kv_str(out, "asset", instruments_asset(table, i)->name);
        jout_kv_str(out, "asset_class", "currency");
        simk_kv_num(out, "balance", total_amt, SIMK_EXP);
        jout_key(out, "wallets");
        jout_open(out, '[');
        jout_open(out, '{');
        jout_kv_str(out, "type", "spot");
        jout_kv_str(out, "id", "main");
        simk_kv_num(out, "balance", total_amt, SIMK_EXP);
        jout_close(out, '{');
        jout_close(out, '[');
        jout_close(out, '{');
    }
    conn->n_balances = 1;
    finish(out, conn->n_balances);
    simk_send(k, conn, NULL, "balances", out);
}

/* An entry of the ledger is a change, and the fee that it is to be lowered by. */
static void put_entry(struct simk *k, struct jout *out, struct simk_account *account,
                      const struct simk_fill *fill, agon_asset_t asset, agon_amt_t amt)
{
    const char *name = instruments_asset(pit_table(k->pit), asset)->name;
    char id[SIMK_ID_TEXT];

    jout_open(out, '{');
    jout_kv_str(out, "ledger_id", simk_id(k, 'L', ++account->n_ledger, id));
    jout_kv_str(out, "ref_id", simk_id(k, 'T', fill->n, id));
    simk_kv_when(out, "timestamp", fill->t);
    jout_kv_str(out, "type", "trade");
    jout_kv_str(out, "asset", name);
    jout_kv_str(out, "asset_class", "currency");
    jout_kv_str(out, "category", "trade");
    jout_kv_str(out, "wallet_type", "spot");
    jout_kv_str(out, "wallet_id", "main");
    simk_kv_num(out, "amount", amt, SIMK_EXP);
    simk_kv_num(out, "fee", asset == fill->fee_asset ? fill->fee_amt : 0, SIMK_EXP);
    simk_kv_num(out, "balance", total_of(k, account, asset), SIMK_EXP);
    jout_close(out, '{');
}

void simk_tell_ledger(struct simk *k, struct simk_account *account, const struct simk_fill *fill)
{
    const struct pit_symbol *symbol = pit_at(k->pit, fill->sym);
    agon_asset_t base = instruments_find_asset(pit_table(k->pit), symbol->base);
    agon_asset_t quote = instruments_find_asset(pit_table(k->pit), symbol->quote);
    int sign = fill->side == AGON_BUY ? 1 : -1;
    struct jout *out = &k->frame;

    for (uint32_t i = 0; i < SIMK_CONNS_MAX; i++) {
        struct simk_conn *conn = &k->conns[i];

        if (!conn->id || conn->balances != account)
            continue;
        begin(out, "balances", "update");
        put_entry(k, out, account, fill, base, sign * fill->qty);
        put_entry(k, out, account, fill, quote, -sign * fill->amt);
        finish(out, ++conn->n_balances);
        simk_send(k, conn, NULL, "balances", out);
    }
}
