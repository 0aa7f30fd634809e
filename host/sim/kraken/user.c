// SPDX-License-Identifier: Apache-2.0
/* user: what the owner of an account is told on his channels: of his orders, trades and money. */
#include <stdio.h>

#include "base/num.h"
#include "sim/kraken/simk.h"

#define SNAP_TRADES 50

static void begin(struct jout *out, const char *channel, const char *type)
{
    jout_reset(out);
    SHAPE(out, "{channel:$ type:$ data:[", shape_text(channel), shape_text(type));
}

static void finish(struct jout *out, uint64_t sequence)
{
    SHAPE(out, "] sequence:$}", shape_int((int64_t)sequence));
}

/* --- executions --- */

static void put_names(struct sim *sim, struct jout *out, const struct sim_order *order)
{
    char id[SIMK_ID_TEXT];

    SHAPE(out, "order_id:$ cl_ord_id:$ order_userref:$",
          shape_text(simk_id(sim, 'O', order->n, id)), shape_some(order->client),
          shape_int(order->ref));
}

static void put_sums(struct jout *out, const struct sim_order *order)
{
    SHAPE(out, "cum_qty:$ cum_cost:$ avg_price:$ fee_usd_equiv:$",
          shape_bare(order->filled_qty, PIT_EXP), shape_bare(order->cost_amt, PIT_EXP),
          shape_bare(sim_mean_px(order), PIT_EXP), shape_bare(order->fee_quote_amt, PIT_EXP));
}

static void put_terms(struct sim *sim, struct jout *out, const struct sim_order *order)
{
    static const char *const tifs[] = {"GTC", "GTC", "IOC", "FOK", "GTD"};
    int px_exp = simk_px_decimals(sim, order->sym);
    int has_px = sim_has_px(sim, order->type);
    struct shape_value none = shape_none();

    SHAPE(out, "symbol:$ side:$ order_type:$ cash_order_qty:$ order_qty:$",
          shape_text(pit_at(sim->pit, order->sym)->name), shape_text(simk_side(order->side)),
          shape_text(simk_types[order->type].name),
          order->is_by_cost ? shape_bare(order->asked_amt, PIT_EXP) : none,
          order->is_by_cost ? none : shape_bare(order->qty, PIT_EXP));
    SHAPE(out, "limit_price_type:$ limit_price:$ stop_price:$",
          shape_some(has_px ? "static" : NULL), has_px ? shape_bare(order->px, px_exp) : none,
          shape_bare(order->stop_px, px_exp));
    if (sim_has_stop(sim, order->type))
        SHAPE(out, "triggers:{price:$ price_type:'static' reference:'last' status:$}",
              shape_bare(order->stop_px, px_exp),
              shape_text(order->is_triggered ? "triggered" : "untriggered"));
    SHAPE(out, "time_in_force:$ expire_time:$ post_only:$ reduce_only:false fee_ccy_pref:'fciq'",
          shape_text(tifs[order->tif]),
          order->tif == AGON_TIF_GTD ? shape_when(order->t_expire) : none,
          shape_bool(order->is_post));
}

static void put_fill(struct sim *sim, struct jout *out, const struct sim_fill *fill)
{
    char id[SIMK_ID_TEXT];

    SHAPE(out,
          "exec_id:$ trade_id:$ symbol:$ side:$ order_type:$ last_qty:$ last_price:$ "
          "liquidity_ind:$ cost:$ fees:[{asset:$ qty:$}]",
          shape_text(simk_id(sim, 'T', fill->n, id)), shape_int((int64_t)fill->trade_id),
          shape_text(pit_at(sim->pit, fill->sym)->name), shape_text(simk_side(fill->side)),
          shape_text(simk_types[fill->type].name), shape_bare(fill->qty, PIT_EXP),
          shape_bare(fill->px, simk_px_decimals(sim, fill->sym)),
          shape_text(fill->is_maker ? "m" : "t"), shape_bare(fill->amt, PIT_EXP),
          shape_text(instruments_asset(pit_table(sim->pit), fill->fee_asset)->name),
          shape_bare(fill->fee_amt, PIT_EXP));
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
    struct shape_value none = shape_none();

    // A trade is told so even when nothing is left; that it was the last is told after it.
    SHAPE(out, "{exec_type:$ order_status:$", shape_text(exec_type),
          shape_text(fill ? "partially_filled" : status_of(order, exec_type)));
    put_names(sim, out, order);
    if (strcmp(exec_type, "pending_new") == 0) {
        put_terms(sim, out, order);
        shape_put(out, "cum_cost:0.0 fee_usd_equiv:0.0", NULL, 0);
    } else if (fill) {
        put_fill(sim, out, fill);
        SHAPE(out, "cum_qty:$ cum_cost:$ fee_usd_equiv:$", shape_bare(order->filled_qty, PIT_EXP),
              shape_bare(order->cost_amt, PIT_EXP), shape_bare(fill->fee_quote_amt, PIT_EXP));
    } else if (strcmp(exec_type, "amended") == 0) {
        SHAPE(out, "amended:true order_qty:$ limit_price:$", shape_bare(order->qty, PIT_EXP),
              shape_bare(order->px, simk_px_decimals(sim, order->sym)));
        put_sums(out, order);
    } else if (!is_new) {
        put_sums(out, order);
    }
    SHAPE(out, "cancel_reason:$ reason:$ timestamp:$}", fill ? none : shape_some(order->why),
          fill ? none : shape_some(order->why), shape_when(pit_now(sim->pit)));
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
        SHAPE(out, "{exec_type:'new' order_status:$", shape_text(status_of(order, "new")));
        put_names(sim, out, order);
        put_terms(sim, out, order);
        put_sums(out, order);
        SHAPE(out, "timestamp:$}", shape_when(order->t_create));
    }
    while (with_trades && n < SNAP_TRADES &&
           (fill = sim_older_fill(sim, user->executions, fill)) != NULL) {
        order = sim_order_at(sim, fill->order_n);
        n++;
        SHAPE(out, "{exec_type:'trade' order_status:$",
              shape_text(order ? status_of(order, "trade") : "filled"));
        if (order)
            put_names(sim, out, order);
        put_fill(sim, out, fill);
        SHAPE(out, "fee_usd_equiv:$ timestamp:$}", shape_bare(fill->fee_quote_amt, PIT_EXP),
              shape_when(fill->t));
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
        SHAPE(out,
              "{asset:$ asset_class:'currency' balance:$ "
              "wallets:[{type:'spot' id:'main' balance:$}]}",
              shape_text(instruments_asset(table, i)->name), shape_bare(total_amt, PIT_EXP),
              shape_bare(total_amt, PIT_EXP));
    }
    user->n_balances = 1;
    finish(out, user->n_balances);
    sim_send(sim, conn, NULL, "balances", out);
}

/* An entry of the ledger is a change, and the fee that it is to be lowered by. */
static void put_entry(struct sim *sim, struct jout *out, struct sim_account *account,
                      const struct sim_fill *fill, agon_asset_t asset, agon_amt_t amt)
{
    char id[SIMK_ID_TEXT], ref[SIMK_ID_TEXT];

    SHAPE(out,
          "{ledger_id:$ ref_id:$ timestamp:$ type:'trade' asset:$ asset_class:'currency' "
          "category:'trade' wallet_type:'spot' wallet_id:'main' amount:$ fee:$ balance:$}",
          shape_text(simk_id(sim, 'L', ++simk_owner_of(sim, account)->n_ledger, id)),
          shape_text(simk_id(sim, 'T', fill->n, ref)), shape_when(fill->t),
          shape_text(instruments_asset(pit_table(sim->pit), asset)->name), shape_bare(amt, PIT_EXP),
          shape_bare(asset == fill->fee_asset ? fill->fee_amt : 0, PIT_EXP),
          shape_bare(sim_total(sim, account, asset), PIT_EXP));
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
