// SPDX-License-Identifier: Apache-2.0
/* account: what the owner of a key may ask of his money, orders and trades, in the words that his
 * channels push as well. */
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "sim/okx/simo.h"

/* --- money --- */

/* What one of it is worth in USDT, by the last price of its spot market. */
static agon_px_t price_of(const struct sim *sim, const char *name)
{
    char pair[28];
    int sym;

    if (strncmp(name, "USD", 3) == 0)
        return num_pow10(PIT_EXP);
    snprintf(pair, sizeof(pair), "%s-USDT", name);
    sym = pit_find(sim->pit, pair);
    return sym < 0 ? 0 : pit_last_px(sim->pit, (uint32_t)sym);
}

static void put_asset(struct sim *sim, struct jout *out, const struct sim_account *account,
                      agon_asset_t asset)
{
    const char *name = instruments_asset(pit_table(sim->pit), asset)->name;
    agon_amt_t locked_amt = pit_locked_amt(sim->pit, account->owner, asset);
    agon_amt_t total_amt = sim_total(sim, account, asset), free_amt = total_amt - locked_amt;
    struct perp_sums sums = {.available_amt = free_amt};

    if (account->has_perps && strcmp(name, SIMO_MARGIN) == 0)
        sim_margin(sim, account, &sums);
    if (sums.available_amt < free_amt)
        free_amt = sums.available_amt;
    jout_open(out, '{');
    jout_kv_str(out, "ccy", name);
    sim_kv_num(out, "availBal", free_amt);
    sim_kv_num(out, "availEq", free_amt);
    sim_kv_num(out, "cashBal", total_amt);
    sim_kv_num(out, "eq", num_add(total_amt, sums.unrealised_amt));
    sim_kv_num(out, "eqUsd",
               num_notional(price_of(sim, name), PIT_EXP, total_amt, PIT_EXP, PIT_EXP, NUM_DOWN));
    sim_kv_num(out, "frozenBal", total_amt - free_amt);
    sim_kv_num(out, "ordFrozen", locked_amt);
    jout_kv_str(out, "isoEq", "0");
    jout_kv_str(out, "liab", "");
    sim_kv_num(out, "upl", sums.unrealised_amt);
    sim_kv_ms(out, "uTime", pit_now(sim->pit));
    jout_close(out, '{');
}

void simo_put_account(struct sim *sim, struct jout *out, const struct sim_account *account,
                      const char *only)
{
    const struct instruments *table = pit_table(sim->pit);
    agon_amt_t sum_amt = 0;

    for (agon_asset_t i = 1; instruments_asset(table, i) != NULL; i++)
        sum_amt =
            num_add(sum_amt, num_notional(price_of(sim, instruments_asset(table, i)->name), PIT_EXP,
                                          sim_total(sim, account, i), PIT_EXP, PIT_EXP, NUM_DOWN));
    jout_open(out, '{');
    sim_kv_ms(out, "uTime", pit_now(sim->pit));
    sim_kv_num(out, "totalEq", sum_amt);
    jout_kv_str(out, "adjEq", "");
    jout_kv_str(out, "imr", "");
    jout_kv_str(out, "isoEq", "");
    jout_kv_str(out, "mmr", "");
    jout_kv_str(out, "mgnRatio", "");
    jout_kv_str(out, "notionalUsd", "");
    jout_kv_str(out, "ordFroz", "");
    jout_key(out, "details");
    jout_open(out, '[');
    for (agon_asset_t i = 1; instruments_asset(table, i) != NULL; i++) {
        const char *name = instruments_asset(table, i)->name, *at = only ? strstr(only, name) : "";

        if (sim_total(sim, account, i) != 0 && at)
            put_asset(sim, out, account, i);
    }
    jout_close(out, '[');
    jout_close(out, '{');
}

int simo_balance(struct sim_call *call)
{
    simo_put_account(call->sim, call->out, call->account, simo_arg(call, "ccy"));
    return 0;
}

static uint32_t uid_of(const struct sim_account *account)
{
    return account->member->uid ? account->member->uid : 44705892 + account->owner;
}

int simo_config(struct sim_call *call)
{
    const struct member *member = call->account->member;
    struct jout *out = call->out;
    char perm[64];

    snprintf(perm, sizeof(perm), "read_only%s%s",
             member->permissions & MEMBER_TRADE ? ",trade" : "",
             member->permissions & MEMBER_WITHDRAW ? ",withdraw" : "");
    jout_open(out, '{');
    sim_kv_id(out, "uid", uid_of(call->account));
    sim_kv_id(out, "mainUid", uid_of(call->account));
    jout_kv_str(out, "acctLv", "2");
    jout_kv_str(out, "acctStpMode", "cancel_maker");
    jout_kv_str(out, "posMode", "net_mode");
    jout_kv_bool(out, "autoLoan", 0);
    jout_kv_str(out, "level", "Lv1");
    jout_kv_str(out, "label", "agon");
    jout_kv_str(out, "perm", perm);
    jout_kv_str(out, "ip", "");
    jout_kv_str(out, "type", "0");
    jout_close(out, '{');
    return 0;
}

int simo_currencies(struct sim_call *call)
{
    const struct instruments *table = pit_table(call->sim->pit);
    struct jout *out = call->out;

    for (agon_asset_t i = 1; instruments_asset(table, i) != NULL; i++) {
        const char *name = instruments_asset(table, i)->name;

        jout_open(out, '{');
        jout_kv_str(out, "ccy", name);
        jout_kv_str(out, "name", name);
        jout_kv_str(out, "chain", name);
        jout_kv_bool(out, "canDep", 0);
        jout_kv_bool(out, "canWd", 0);
        jout_kv_bool(out, "canInternal", 0);
        jout_kv_str(out, "minWd", "0");
        jout_kv_str(out, "maxWd", "0");
        jout_kv_str(out, "minFee", "0");
        jout_kv_str(out, "maxFee", "0");
        jout_kv_str(out, "wdTickSz", "8");
        jout_kv_bool(out, "mainNet", 1);
        jout_close(out, '{');
    }
    return 0;
}

static void put_rate(struct jout *out, const char *key, int32_t ppb)
{
    char text[NUM_TEXT];

    num_format_short(-(int64_t)ppb, 9, text); // what is paid is below 0
    jout_kv_str(out, key, text);
}

int simo_trade_fee(struct sim_call *call)
{
    const struct member *member = call->account->member;
    int is_swap = sim_is(call, "instType", "SWAP");
    struct pit_symbol symbol;

    simo_symbol(is_swap ? "BTC-USDT-SWAP" : "BTC-USDT", 2, 4, &symbol);
    jout_open(call->out, '{');
    jout_kv_str(call->out, "instType", is_swap ? "SWAP" : "SPOT");
    jout_kv_str(call->out, "level", "Lv1");
    put_rate(call->out, "maker", member->has_fees ? member->maker_fee_ppb : symbol.maker_fee_ppb);
    put_rate(call->out, "taker", member->has_fees ? member->taker_fee_ppb : symbol.taker_fee_ppb);
    put_rate(call->out, "makerU", symbol.maker_fee_ppb);
    put_rate(call->out, "takerU", symbol.taker_fee_ppb);
    sim_kv_ms(call->out, "ts", call->sim->now.transport);
    jout_close(call->out, '{');
    return 0;
}

/* --- orders --- */

static const char *asset_name(const struct sim *sim, agon_asset_t asset)
{
    return asset ? instruments_asset(pit_table(sim->pit), asset)->name : "";
}

/* fill: what just happened; NULL: nothing was filled now. */
void simo_put_order(struct sim *sim, struct jout *out, const struct sim_order *order,
                    const struct sim_fill *fill)
{
    const struct pit_symbol *symbol = pit_at(sim->pit, order->sym);
    const struct simo *okx = simo_of(sim);
    const char *req_id = okx->amended == order && okx->req_id ? okx->req_id : "";
    int is_swap = simo_is_swap(symbol);

    jout_open(out, '{');
    jout_kv_str(out, "instType", is_swap ? "SWAP" : "SPOT");
    jout_kv_str(out, "instId", symbol->name);
    jout_kv_str(out, "tgtCcy",
                order->type != 0 || is_swap ? ""
                : order->is_by_cost         ? "quote_ccy"
                                            : "base_ccy");
    jout_kv_str(out, "ccy", "");
    sim_kv_id(out, "ordId", simo_id(order->n));
    jout_kv_str(out, "clOrdId", order->client);
    jout_kv_str(out, "tag", order->tag);
    jout_key(out, "px");
    if (order->px)
        sim_num(out, order->px);
    else
        jout_str(out, "");
    if (order->is_by_cost)
        sim_kv_num(out, "sz", order->asked_amt);
    else
        simo_kv_size(out, "sz", order->qty, symbol);
    sim_kv_num(out, "pnl", order->pnl_amt);
    jout_kv_str(out, "ordType", simo_types[order->type].name);
    jout_kv_str(out, "side", order->side == AGON_BUY ? "buy" : "sell");
    jout_kv_str(out, "posSide", "net");
    jout_kv_str(out, "tdMode", is_swap ? "cross" : "cash");
    simo_kv_size(out, "accFillSz", order->filled_qty, symbol);
    sim_kv_num(out, "fillPx", fill ? fill->px : 0);
    sim_kv_id(out, "tradeId", fill ? fill->trade_id : 0);
    simo_kv_size(out, "fillSz", fill ? fill->qty : 0, symbol);
    sim_kv_num(out, "fillPnl", fill ? fill->pnl_amt : 0);
    sim_kv_ms(out, "fillTime", fill ? fill->t : 0);
    sim_kv_num(out, "fillFee", fill ? -fill->fee_amt : 0);
    jout_kv_str(out, "fillFeeCcy", fill ? asset_name(sim, fill->fee_asset) : "");
    jout_kv_str(out, "execType", !fill ? "" : fill->is_maker ? "M" : "T");
    sim_kv_num(out, "avgPx", sim_mean_px(order));
    jout_kv_str(out, "state", simo_states[order->state]);
    jout_kv_str(out, "lever", is_swap ? "10" : "");
    jout_kv_str(out, "feeCcy",
                order->fee_asset                      ? asset_name(sim, order->fee_asset)
                : order->side == AGON_BUY && !is_swap ? symbol->base
                                                      : symbol->quote);
    sim_kv_num(out, "fee", -order->fee_amt);
    jout_kv_str(out, "rebateCcy", "");
    jout_kv_str(out, "rebate", "0");
    jout_kv_str(out, "category", "normal");
    jout_kv_str(out, "reduceOnly", order->is_reduce_only ? "true" : "false");
    jout_kv_str(out, "cancelSource", order->why ? order->why : "");
    jout_kv_str(out, "reqId", req_id);
    jout_kv_str(out, "amendResult", *req_id ? "0" : "");
    jout_kv_str(out, "stpMode", "cancel_maker");
    sim_kv_ms(out, "uTime", order->t_update);
    sim_kv_ms(out, "cTime", order->t_create);
    jout_close(out, '{');
}

int simo_order_of(struct sim_call *call)
{
    struct sim_order *order;

    if (simo_find(call, &order) < 0)
        return -1;
    if (!order)
        return sim_fail(call, 51603, "Order does not exist");
    simo_put_order(call->sim, call->out, order, NULL);
    return 0;
}

static int64_t number_of(const struct sim_call *call, const char *name, int64_t standard)
{
    const char *text = simo_arg(call, name);
    int64_t value;

    return text && num_parse(text, strlen(text), 0, &value) == AGON_OK ? value : standard;
}

static int is_kind(const struct sim_call *call, const char *kind, uint32_t sym)
{
    return !kind || strcmp(kind, simo_is_swap(pit_at(call->sim->pit, sym)) ? "SWAP" : "SPOT") == 0;
}

/* By what the call says of kind, instrument, type and state. */
static int is_asked(const struct sim_call *call, const struct sim_order *order)
{
    const char *kind = simo_arg(call, "instType"), *name = simo_arg(call, "instId");
    const char *type = simo_arg(call, "ordType"), *state = simo_arg(call, "state");

    return is_kind(call, kind, order->sym) &&
           (!name || strcmp(name, pit_at(call->sim->pit, order->sym)->name) == 0) &&
           (!type || strstr(type, simo_types[order->type].name)) &&
           (!state || strcmp(state, simo_states[order->state]) == 0);
}

/* The newest first, a page. after: older than that order. */
static int put_orders(struct sim_call *call, int is_open)
{
    struct sim *sim = call->sim;
    const struct sim_order *order = NULL;
    int64_t limit = number_of(call, "limit", SIMO_PAGE);
    uint64_t after = (uint64_t)number_of(call, "after", INT64_MAX);
    agon_ns_t begin = num_mul(number_of(call, "begin", 0), 1000000);

    if (!is_open && !simo_arg(call, "instType"))
        return sim_fail(call, 50014, "Parameter instType can not be empty.");
    while (limit > 0 && (order = sim_older_order(sim, call->account, order)) != NULL) {
        if (!is_asked(call, order) || simo_id(order->n) >= after || order->t_create < begin ||
            sim_is_open(order) != is_open)
            continue;
        simo_put_order(sim, call->out, order, NULL);
        limit--;
    }
    return 0;
}

int simo_orders_pending(struct sim_call *call)
{
    return put_orders(call, 1);
}

int simo_orders_history(struct sim_call *call)
{
    return put_orders(call, 0);
}

/* --- trades --- */

static void put_fill(struct sim *sim, struct jout *out, const struct sim_fill *fill)
{
    const struct sim_order *order = sim_order_at(sim, fill->order_n);
    const struct pit_symbol *symbol = pit_at(sim->pit, fill->sym);

    jout_open(out, '{');
    jout_kv_str(out, "instType", simo_is_swap(symbol) ? "SWAP" : "SPOT");
    jout_kv_str(out, "instId", symbol->name);
    sim_kv_id(out, "tradeId", fill->trade_id);
    sim_kv_id(out, "ordId", simo_id(fill->order_n));
    jout_kv_str(out, "clOrdId", order ? order->client : "");
    sim_kv_id(out, "billId", simo_id(fill->n));
    jout_kv_str(out, "subType", fill->side == AGON_BUY ? "1" : "2");
    jout_kv_str(out, "tag", order ? order->tag : "");
    sim_kv_num(out, "fillPx", fill->px);
    simo_kv_size(out, "fillSz", fill->qty, symbol);
    sim_kv_num(out, "fillPnl", fill->pnl_amt);
    jout_kv_str(out, "side", fill->side == AGON_BUY ? "buy" : "sell");
    jout_kv_str(out, "posSide", "net");
    jout_kv_str(out, "execType", fill->is_maker ? "M" : "T");
    jout_kv_str(out, "feeCcy", asset_name(sim, fill->fee_asset));
    sim_kv_num(out, "fee", -fill->fee_amt);
    sim_kv_ms(out, "ts", fill->t);
    sim_kv_ms(out, "fillTime", fill->t);
    jout_close(out, '{');
}

/* The newest first. after and before are of bills. */
int simo_fills(struct sim_call *call)
{
    const char *name = simo_arg(call, "instId"), *kind = simo_arg(call, "instType");
    const struct sim_fill *fill = NULL;
    struct sim *sim = call->sim;
    uint64_t order_id = (uint64_t)number_of(call, "ordId", 0);
    uint64_t after = (uint64_t)number_of(call, "after", INT64_MAX);
    uint64_t before = (uint64_t)number_of(call, "before", 0);
    agon_ns_t begin = num_mul(number_of(call, "begin", 0), 1000000);
    agon_ns_t end = num_mul(number_of(call, "end", INT64_MAX / 1000000), 1000000);
    int64_t limit = number_of(call, "limit", SIMO_PAGE);

    if (limit > SIMO_PAGE)
        limit = SIMO_PAGE;
    while (limit > 0 && (fill = sim_older_fill(sim, call->account, fill)) != NULL) {
        if (!is_kind(call, kind, fill->sym) ||
            (name && strcmp(name, pit_at(sim->pit, fill->sym)->name) != 0) ||
            (order_id && simo_id(fill->order_n) != order_id) || simo_id(fill->n) >= after ||
            simo_id(fill->n) <= before || fill->t < begin || fill->t > end)
            continue;
        put_fill(sim, call->out, fill);
        limit--;
    }
    return 0;
}
