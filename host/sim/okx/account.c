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
    SHAPE(out,
          "{ccy:$ availBal:$ availEq:$ cashBal:$ eq:$ eqUsd:$ frozenBal:$ ordFrozen:$ isoEq:'0' "
          "liab:'' upl:$ uTime:$}",
          shape_text(name), shape_num(free_amt), shape_num(free_amt), shape_num(total_amt),
          shape_num(num_add(total_amt, sums.unrealised_amt)),
          shape_num(
              num_notional(price_of(sim, name), PIT_EXP, total_amt, PIT_EXP, PIT_EXP, NUM_DOWN)),
          shape_num(total_amt - free_amt), shape_num(locked_amt), shape_num(sums.unrealised_amt),
          shape_ms(pit_now(sim->pit)));
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
    SHAPE(out,
          "{uTime:$ totalEq:$ adjEq:'' imr:'' isoEq:'' mmr:'' mgnRatio:'' notionalUsd:'' "
          "ordFroz:'' details:[",
          shape_ms(pit_now(sim->pit)), shape_num(sum_amt));
    for (agon_asset_t i = 1; instruments_asset(table, i) != NULL; i++) {
        const char *name = instruments_asset(table, i)->name, *at = only ? strstr(only, name) : "";

        if (sim_total(sim, account, i) != 0 && at)
            put_asset(sim, out, account, i);
    }
    shape_put(out, "]}", NULL, 0);
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
    char perm[64];

    snprintf(perm, sizeof(perm), "read_only%s%s",
             member->permissions & MEMBER_TRADE ? ",trade" : "",
             member->permissions & MEMBER_WITHDRAW ? ",withdraw" : "");
    SHAPE(call->out,
          "{uid:$ mainUid:$ acctLv:'2' acctStpMode:'cancel_maker' posMode:'net_mode' "
          "autoLoan:false level:'Lv1' label:'agon' perm:$ ip:'' type:'0'}",
          shape_id(uid_of(call->account)), shape_id(uid_of(call->account)), shape_text(perm));
    return 0;
}

int simo_currencies(struct sim_call *call)
{
    const struct instruments *table = pit_table(call->sim->pit);
    struct jout *out = call->out;

    for (agon_asset_t i = 1; instruments_asset(table, i) != NULL; i++) {
        struct shape_value name = shape_text(instruments_asset(table, i)->name);

        SHAPE(out,
              "{ccy:$ name:$ chain:$ canDep:false canWd:false canInternal:false minWd:'0' "
              "maxWd:'0' minFee:'0' maxFee:'0' wdTickSz:'8' mainNet:true}",
              name, name, name);
    }
    return 0;
}

/* What is paid is below 0. */
static struct shape_value rate_of(int32_t ppb, char text[NUM_TEXT])
{
    num_format_short(-(int64_t)ppb, 9, text);
    return shape_text(text);
}

int simo_trade_fee(struct sim_call *call)
{
    const struct member *member = call->account->member;
    int is_swap = sim_is(call, "instType", "SWAP");
    struct pit_symbol symbol;
    char texts[4][NUM_TEXT];

    simo_symbol(is_swap ? "BTC-USDT-SWAP" : "BTC-USDT", 2, 4, &symbol);
    SHAPE(call->out, "{instType:$ level:'Lv1' maker:$ taker:$ makerU:$ takerU:$ ts:$}",
          shape_text(is_swap ? "SWAP" : "SPOT"),
          rate_of(member->has_fees ? member->maker_fee_ppb : symbol.maker_fee_ppb, texts[0]),
          rate_of(member->has_fees ? member->taker_fee_ppb : symbol.taker_fee_ppb, texts[1]),
          rate_of(symbol.maker_fee_ppb, texts[2]), rate_of(symbol.taker_fee_ppb, texts[3]),
          shape_ms(call->sim->now.transport));
    return 0;
}

/* --- orders --- */

static const char *asset_name(const struct sim *sim, agon_asset_t asset)
{
    return asset ? instruments_asset(pit_table(sim->pit), asset)->name : "";
}

/* What just happened; NULL: nothing was filled now. */
static void put_filled(struct sim *sim, struct jout *out, const struct sim_fill *fill,
                       const struct pit_symbol *symbol)
{
    static const struct sim_fill nothing = {.n = 0};
    const struct sim_fill *at = fill ? fill : &nothing;

    SHAPE(out, "fillPx:$ tradeId:$ fillSz:$ fillPnl:$ fillTime:$ fillFee:$ fillFeeCcy:$ execType:$",
          shape_num(at->px), shape_id(at->trade_id), simo_size(at->qty, symbol),
          shape_num(at->pnl_amt), shape_ms(at->t), shape_num(-at->fee_amt),
          shape_text(asset_name(sim, at->fee_asset)),
          shape_text(!fill            ? ""
                     : fill->is_maker ? "M"
                                      : "T"));
}

void simo_put_order(struct sim *sim, struct jout *out, const struct sim_order *order,
                    const struct sim_fill *fill)
{
    const struct pit_symbol *symbol = pit_at(sim->pit, order->sym);
    const struct simo *okx = simo_of(sim);
    const char *req_id = okx->amended == order && okx->req_id ? okx->req_id : "";
    int is_swap = simo_is_swap(symbol);
    const char *target = order->type != 0 || is_swap ? ""
                         : order->is_by_cost         ? "quote_ccy"
                                                     : "base_ccy";
    const char *fee_asset = order->fee_asset ? asset_name(sim, order->fee_asset)
                            : order->side == AGON_BUY && !is_swap ? symbol->base
                                                                  : symbol->quote;

    SHAPE(out,
          "{instType:$ instId:$ tgtCcy:$ ccy:'' ordId:$ clOrdId:$ tag:$ px:$ sz:$ pnl:$ ordType:$ "
          "side:$ posSide:'net' tdMode:$ accFillSz:$",
          shape_text(is_swap ? "SWAP" : "SPOT"), shape_text(symbol->name), shape_text(target),
          shape_id(simo_id(order->n)), shape_text(order->client), shape_text(order->tag),
          order->px ? shape_num(order->px) : shape_text(""),
          order->is_by_cost ? shape_num(order->asked_amt) : simo_size(order->qty, symbol),
          shape_num(order->pnl_amt), shape_text(simo_types[order->type].name),
          shape_text(simo_side(order->side)), shape_text(is_swap ? "cross" : "cash"),
          simo_size(order->filled_qty, symbol));
    put_filled(sim, out, fill, symbol);
    SHAPE(out,
          "avgPx:$ state:$ lever:$ feeCcy:$ fee:$ rebateCcy:'' rebate:'0' category:'normal' "
          "reduceOnly:$ cancelSource:$ reqId:$ amendResult:$ stpMode:'cancel_maker' uTime:$ "
          "cTime:$}",
          shape_num(sim_mean_px(order)), shape_text(simo_states[order->state]),
          shape_text(is_swap ? "10" : ""), shape_text(fee_asset), shape_num(-order->fee_amt),
          shape_text(order->is_reduce_only ? "true" : "false"),
          shape_text(order->why ? order->why : ""), shape_text(req_id),
          shape_text(*req_id ? "0" : ""), shape_ms(order->t_update), shape_ms(order->t_create));
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

    SHAPE(out,
          "{instType:$ instId:$ tradeId:$ ordId:$ clOrdId:$ billId:$ subType:$ tag:$ fillPx:$ "
          "fillSz:$ fillPnl:$ side:$ posSide:'net' execType:$ feeCcy:$ fee:$ ts:$ fillTime:$}",
          shape_text(simo_is_swap(symbol) ? "SWAP" : "SPOT"), shape_text(symbol->name),
          shape_id(fill->trade_id), shape_id(simo_id(fill->order_n)),
          shape_text(order ? order->client : ""), shape_id(simo_id(fill->n)),
          shape_text(fill->side == AGON_BUY ? "1" : "2"), shape_text(order ? order->tag : ""),
          shape_num(fill->px), simo_size(fill->qty, symbol), shape_num(fill->pnl_amt),
          shape_text(simo_side(fill->side)), shape_text(fill->is_maker ? "M" : "T"),
          shape_text(asset_name(sim, fill->fee_asset)), shape_num(-fill->fee_amt),
          shape_ms(fill->t), shape_ms(fill->t));
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
