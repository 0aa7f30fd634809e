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

static int px_decimals(const struct sim *sim, uint32_t sym)
{
    return sim_decimals(pit_at(sim->pit, sym)->tick_px);
}

/* --- executions --- */

static void put_names(struct sim *sim, struct jout *out, const struct sim_order *order)
{
    char id[SIMK_ID_TEXT];

    jout_kv_str(out, "order_id", simk_id(sim, 'O', order->n, id));
    if (order->client[0])
        jout_kv_str(out, "cl_ord_id", order->client);
    jout_kv_int(out, "order_userref", order->ref);
}

static void put_sums(struct jout *out, const struct sim_order *order)
{
    sim_kv_bare(out, "cum_qty", order->filled_qty, PIT_EXP);
    sim_kv_bare(out, "cum_cost", order->cost_amt, PIT_EXP);
    sim_kv_bare(out, "avg_price", sim_mean_px(order), PIT_EXP);
    sim_kv_bare(out, "fee_usd_equiv", order->fee_quote_amt, PIT_EXP);
}

static void put_terms(struct sim *sim, struct jout *out, const struct sim_order *order)
{
    static const char *const tifs[] = {"GTC", "GTC", "IOC", "FOK", "GTD"};
    int px_exp = px_decimals(sim, order->sym);

    jout_kv_str(out, "symbol", pit_at(sim->pit, order->sym)->name);
    jout_kv_str(out, "side", order->side == AGON_BUY ? "buy" : "sell");
    jout_kv_str(out, "order_type", simk_types[order->type].name);
    if (order->is_by_cost)
        sim_kv_bare(out, "cash_order_qty", order->asked_amt, PIT_EXP);
    else
        sim_kv_bare(out, "order_qty", order->qty, PIT_EXP);
    if (sim_has_px(sim, order->type)) {
        jout_kv_str(out, "limit_price_type", "static");
        sim_kv_bare(out, "limit_price", order->px, px_exp);
    }
    sim_kv_bare(out, "stop_price", order->stop_px, px_exp);
    if (sim_has_stop(sim, order->type)) {
        jout_key(out, "triggers");
        jout_open(out, '{');
        sim_kv_bare(out, "price", order->stop_px, px_exp);
        jout_kv_str(out, "price_type", "static");
        jout_kv_str(out, "reference", "last");
        jout_kv_str(out, "status", order->is_triggered ? "triggered" : "untriggered");
        jout_close(out, '{');
    }
    jout_kv_str(out, "time_in_force", tifs[order->tif]);
    if (order->tif == AGON_TIF_GTD)
        sim_kv_when(out, "expire_time", order->t_expire);
    jout_kv_bool(out, "post_only", order->is_post);
    jout_kv_bool(out, "reduce_only", 0);
    jout_kv_str(out, "fee_ccy_pref", "fciq");
}

static void put_fill(struct sim *sim, struct jout *out, const struct sim_fill *fill)
{
    char id[SIMK_ID_TEXT];

    jout_kv_str(out, "exec_id", simk_id(sim, 'T', fill->n, id));
    jout_kv_int(out, "trade_id", (int64_t)fill->trade_id);
    jout_kv_str(out, "symbol", pit_at(sim->pit, fill->sym)->name);
    jout_kv_str(out, "side", fill->side == AGON_BUY ? "buy" : "sell");
    jout_kv_str(out, "order_type", simk_types[fill->type].name);
    sim_kv_bare(out, "last_qty", fill->qty, PIT_EXP);
    sim_kv_bare(out, "last_price", fill->px, px_decimals(sim, fill->sym));
    jout_kv_str(out, "liquidity_ind", fill->is_maker ? "m" : "t");
    sim_kv_bare(out, "cost", fill->amt, PIT_EXP);
    jout_key(out, "fees");
    jout_open(out, '[');
    jout_open(out, '{');
    jout_kv_str(out, "asset", instruments_asset(pit_table(sim->pit), fill->fee_asset)->name);
    sim_kv_bare(out, "qty", fill->fee_amt, PIT_EXP);
    jout_close(out, '{');
    jout_close(out, '[');
}

static const char *status_of(const struct sim_order *order, const char *exec_type)
{
    if (strcmp(exec_type, "pending_new") == 0)
        return "pending_new";
    if (sim_is_open(order))
        return order->filled_qty > 0 ? "partially_filled" : "new";
    return order->state == SIM_FILLED ? "filled" : simk_states[order->state];
}

/* What belongs to the kind of event and no more: a client keeps what he was told before. */
static void put_execution(struct sim *sim, struct jout *out, const struct sim_order *order,
                          const char *exec_type, const struct sim_fill *fill)
{
    int is_new = strcmp(exec_type, "new") == 0;

    jout_open(out, '{');
    jout_kv_str(out, "exec_type", exec_type);
    // A trade is told so even when nothing is left; that it was the last is told after it.
    jout_kv_str(out, "order_status", fill ? "partially_filled" : status_of(order, exec_type));
    put_names(sim, out, order);
    if (strcmp(exec_type, "pending_new") == 0) {
        put_terms(sim, out, order);
        sim_kv_bare(out, "cum_cost", 0, 1);
        sim_kv_bare(out, "fee_usd_equiv", 0, 1);
    } else if (fill) {
        put_fill(sim, out, fill);
        sim_kv_bare(out, "cum_qty", order->filled_qty, PIT_EXP);
        sim_kv_bare(out, "cum_cost", order->cost_amt, PIT_EXP);
        sim_kv_bare(out, "fee_usd_equiv", fill->fee_quote_amt, PIT_EXP);
    } else if (strcmp(exec_type, "amended") == 0) {
        jout_kv_bool(out, "amended", 1);
        sim_kv_bare(out, "order_qty", order->qty, PIT_EXP);
        sim_kv_bare(out, "limit_price", order->px, px_decimals(sim, order->sym));
        put_sums(out, order);
    } else if (!is_new) {
        put_sums(out, order);
    }
    if (order->why && !fill) {
        jout_kv_str(out, "cancel_reason", order->why);
        jout_kv_str(out, "reason", order->why);
    }
    sim_kv_when(out, "timestamp", pit_now(sim->pit));
    jout_close(out, '{');
}

static int is_terse(const char *exec_type)
{
    return strcmp(exec_type, "pending_new") == 0 || strcmp(exec_type, "status") == 0 ||
           strcmp(exec_type, "amended") == 0;
}

void simk_tell(struct sim *sim, struct sim_order *order, const char *exec_type,
               const struct sim_fill *fill)
{
    struct jout *out = &sim->frame;

    for (uint32_t i = 0; i < SIM_CONNS_MAX; i++) {
        struct sim_conn *conn = &sim->conns[i];
        struct simk_user *user = simk_user_of(sim, conn);

        if (!conn->id || user->executions != order->account ||
            (user->is_terse && is_terse(exec_type)))
            continue;
        begin(out, "executions", "update");
        put_execution(sim, out, order, exec_type, fill);
        finish(out, ++user->n_executions);
        sim_send(sim, conn, NULL, exec_type, out);
    }
}

void simk_tell_executions(struct sim *sim, struct sim_conn *conn, int with_orders, int with_trades)
{
    struct simk_user *user = simk_user_of(sim, conn);
    const struct sim_order *order = NULL;
    const struct sim_fill *fill = NULL;
    struct jout *out = &sim->frame;
    uint32_t n = 0;

    begin(out, "executions", "snapshot");
    while (with_orders && (order = sim_older_order(sim, user->executions, order)) != NULL) {
        if (!sim_is_open(order))
            continue;
        jout_open(out, '{');
        jout_kv_str(out, "exec_type", "new");
        jout_kv_str(out, "order_status", status_of(order, "new"));
        put_names(sim, out, order);
        put_terms(sim, out, order);
        put_sums(out, order);
        sim_kv_when(out, "timestamp", order->t_create);
        jout_close(out, '{');
    }
    while (with_trades && n < SNAP_TRADES &&
           (fill = sim_older_fill(sim, user->executions, fill)) != NULL) {
        order = sim_order_at(sim, fill->order_n);
        n++;
        jout_open(out, '{');
        jout_kv_str(out, "exec_type", "trade");
        jout_kv_str(out, "order_status", order ? status_of(order, "trade") : "filled");
        if (order)
            put_names(sim, out, order);
        put_fill(sim, out, fill);
        sim_kv_bare(out, "fee_usd_equiv", fill->fee_quote_amt, PIT_EXP);
        sim_kv_when(out, "timestamp", fill->t);
        jout_close(out, '{');
    }
    user->n_executions = 1;
    finish(out, user->n_executions);
    sim_send(sim, conn, NULL, "snapshot", out);
}

/* --- balances --- */

void simk_tell_balances(struct sim *sim, struct sim_conn *conn)
{
    const struct instruments *table = pit_table(sim->pit);
    struct simk_user *user = simk_user_of(sim, conn);
    struct jout *out = &sim->frame;

    begin(out, "balances", "snapshot");
    for (agon_asset_t i = 1; instruments_asset(table, i) != NULL; i++) {
        agon_amt_t total_amt = sim_total(sim, user->balances, i);

        if (total_amt == 0)
            continue;
        jout_open(out, '{');
        jout_kv_str(out, "asset", instruments_asset(table, i)->name);
        jout_kv_str(out, "asset_class", "currency");
        sim_kv_bare(out, "balance", total_amt, PIT_EXP);
        jout_key(out, "wallets");
        jout_open(out, '[');
        jout_open(out, '{');
        jout_kv_str(out, "type", "spot");
        jout_kv_str(out, "id", "main");
        sim_kv_bare(out, "balance", total_amt, PIT_EXP);
        jout_close(out, '{');
        jout_close(out, '[');
        jout_close(out, '{');
    }
    user->n_balances = 1;
    finish(out, user->n_balances);
    sim_send(sim, conn, NULL, "balances", out);
}

/* An entry of the ledger is a change, and the fee that it is to be lowered by. */
static void put_entry(struct sim *sim, struct jout *out, struct sim_account *account,
                      const struct sim_fill *fill, agon_asset_t asset, agon_amt_t amt)
{
    const char *name = instruments_asset(pit_table(sim->pit), asset)->name;
    char id[SIMK_ID_TEXT];

    jout_open(out, '{');
    jout_kv_str(out, "ledger_id", simk_id(sim, 'L', ++simk_owner_of(sim, account)->n_ledger, id));
    jout_kv_str(out, "ref_id", simk_id(sim, 'T', fill->n, id));
    sim_kv_when(out, "timestamp", fill->t);
    jout_kv_str(out, "type", "trade");
    jout_kv_str(out, "asset", name);
    jout_kv_str(out, "asset_class", "currency");
    jout_kv_str(out, "category", "trade");
    jout_kv_str(out, "wallet_type", "spot");
    jout_kv_str(out, "wallet_id", "main");
    sim_kv_bare(out, "amount", amt, PIT_EXP);
    sim_kv_bare(out, "fee", asset == fill->fee_asset ? fill->fee_amt : 0, PIT_EXP);
    sim_kv_bare(out, "balance", sim_total(sim, account, asset), PIT_EXP);
    jout_close(out, '{');
}

void simk_tell_ledger(struct sim *sim, struct sim_account *account, const struct sim_fill *fill)
{
    const struct pit_symbol *symbol = pit_at(sim->pit, fill->sym);
    agon_asset_t base = instruments_find_asset(pit_table(sim->pit), symbol->base);
    agon_asset_t quote = instruments_find_asset(pit_table(sim->pit), symbol->quote);
    int sign = fill->side == AGON_BUY ? 1 : -1;
    struct jout *out = &sim->frame;

    for (uint32_t i = 0; i < SIM_CONNS_MAX; i++) {
        struct sim_conn *conn = &sim->conns[i];
        struct simk_user *user = simk_user_of(sim, conn);

        if (!conn->id || user->balances != account)
            continue;
        begin(out, "balances", "update");
        put_entry(sim, out, account, fill, base, sign * fill->qty);
        put_entry(sim, out, account, fill, quote, -sign * fill->amt);
        finish(out, ++user->n_balances);
        sim_send(sim, conn, NULL, "balances", out);
    }
}
