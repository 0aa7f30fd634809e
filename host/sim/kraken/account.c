// SPDX-License-Identifier: Apache-2.0
/* account: what the owner of a key may ask of his money, orders and trades by REST, and the tokens
 * that open his channels. */
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "sim/kraken/simk.h"

#define TOKEN_LIFE_NS (900 * SIM_NS_PER_S)

/* --- money --- */

static int put_balances(struct sim_call *call, int is_extended)
{
    const struct instruments *table = pit_table(call->sim->pit);
    uint32_t owner = call->account->owner;
    struct jout *out = call->out;

    jout_open(out, '{');
    for (agon_asset_t i = 1; instruments_asset(table, i) != NULL; i++) {
        agon_amt_t locked_amt = pit_locked_amt(call->sim->pit, owner, i);
        agon_amt_t total_amt = pit_free_amt(call->sim->pit, owner, i) + locked_amt;
        const char *id = simk_asset_id(instruments_asset(table, i)->name);

        if (total_amt == 0)
            continue;
        if (is_extended)
            SHAPE(out, "$:{balance:$ hold_trade:$}", shape_text(id), shape_dec(total_amt, PIT_EXP),
                  shape_dec(locked_amt, PIT_EXP));
        else
            jout_kv_dec(out, id, total_amt, PIT_EXP);
    }
    jout_close(out, '{');
    return 0;
}

int simk_balance(struct sim_call *call)
{
    return put_balances(call, 0);
}

int simk_balance_ex(struct sim_call *call)
{
    return put_balances(call, 1);
}

/* Nothing leaves from here; who may ask is what a client learns of its key by it. */
int simk_withdraw_methods(struct sim_call *call)
{
    const struct instruments *table = pit_table(call->sim->pit);
    struct jout *out = call->out;

    jout_open(out, '[');
    for (agon_asset_t i = 1; instruments_asset(table, i) != NULL; i++) {
        const char *name = instruments_asset(table, i)->name;

        SHAPE(out, "{asset:$ method:$ network:$ minimum:'0.00010000'}",
              shape_text(simk_asset_id(name)), shape_text(name), shape_text(name));
    }
    jout_close(out, '[');
    return 0;
}

static void put_fee(struct jout *out, const char *key, const char *pair, int32_t ppb)
{
    struct shape_value fee = shape_dec(ppb, 7); // per cent

    SHAPE(out, "$:{$:{fee:$ minfee:$ maxfee:$ nextfee:null nextvolume:null tiervolume:'0.0000'}}",
          shape_text(key), shape_text(pair), fee, fee, fee);
}

int simk_trade_volume(struct sim_call *call)
{
    const struct member *member = call->account->member;
    const char *pair = sim_arg(call, "pair");
    int sym = pair ? simk_find_pair(call->sim, pair, strlen(pair)) : -1;
    const struct pit_symbol *symbol;

    if (pair && sym < 0)
        return simk_fail(call, "EQuery:Unknown asset pair");
    shape_put(call->out, "{currency:'ZUSD' volume:'0.0000'", NULL, 0);
    if (sym >= 0) {
        symbol = pit_at(call->sim->pit, (uint32_t)sym);
        put_fee(call->out, "fees", simk_pair_at(call->sim, (uint32_t)sym)->id,
                member->has_fees ? member->taker_fee_ppb : symbol->taker_fee_ppb);
        put_fee(call->out, "fees_maker", simk_pair_at(call->sim, (uint32_t)sym)->id,
                member->has_fees ? member->maker_fee_ppb : symbol->maker_fee_ppb);
    }
    jout_close(call->out, '{');
    return 0;
}

/* --- orders --- */

static void put_trade_ids(const struct sim *sim, const struct sim_order *order, struct jout *out)
{
    uint64_t first = sim->n_fills > SIM_FILLS_KEPT ? sim->n_fills - SIM_FILLS_KEPT : 0;
    char id[SIMK_ID_TEXT];

    jout_key(out, "trades");
    jout_open(out, '[');
    for (uint64_t n = first + 1; n <= sim->n_fills; n++)
        if (sim_fill_at(sim, n)->order_n == order->n)
            jout_str(out, simk_id(sim, 'T', n, id));
    jout_close(out, '[');
}

static void put_order(struct sim_call *call, const struct sim_order *order)
{
    struct shape_value none = shape_none();
    struct jout *out = call->out;
    char id[SIMK_ID_TEXT];

    SHAPE(out, "$:{refid:null userref:$ cl_ord_id:$ status:$ reason:$ closetm:$",
          shape_text(simk_id(call->sim, 'O', order->n, id)), shape_int(order->ref),
          shape_some(order->client), shape_text(simk_states[order->state]),
          sim_is_open(order) ? none : shape_some(order->why),
          sim_is_open(order) ? none : shape_unix(order->t_end));
    SHAPE(out, "opentm:$ starttm:0 expiretm:$", shape_unix(order->t_create),
          shape_int(order->t_expire / SIM_NS_PER_S));
    simk_put_descr(call->sim, order, out);
    SHAPE(out,
          "vol:$ vol_exec:$ cost:$ fee:$ price:$ stopprice:'0.00000' limitprice:'0.00000' "
          "misc:'' oflags:$",
          shape_dec(order->qty, PIT_EXP), shape_dec(order->filled_qty, PIT_EXP),
          shape_dec(order->cost_amt, PIT_EXP), shape_dec(order->fee_quote_amt, PIT_EXP),
          shape_dec(sim_mean_px(order), PIT_EXP),
          shape_text(order->is_post ? "fciq,post" : "fciq"));
    if (sim_is(call, "trades", "true") || sim_is(call, "trades", "1"))
        put_trade_ids(call->sim, order, out);
    jout_close(out, '{');
}

/* By client's id or reference where the call says one. */
static int is_asked(const struct sim_call *call, const struct sim_order *order)
{
    const char *client = sim_arg(call, "cl_ord_id"), *userref = sim_arg(call, "userref");

    return (!client || strcmp(order->client, client) == 0) &&
           (!userref || (order->has_ref && atoll(userref) == order->ref));
}

int simk_open_orders(struct sim_call *call)
{
    const struct sim_order *order = NULL;

    shape_put(call->out, "{open:{", NULL, 0);
    while ((order = sim_older_order(call->sim, call->account, order)) != NULL)
        if (is_asked(call, order) && sim_is_open(order))
            put_order(call, order);
    shape_put(call->out, "}}", NULL, 0);
    return 0;
}

/* A bound of time: seconds, or the id of an order or trade; *t is kept when not sent. */
static int get_bound(struct sim_call *call, const char *name, agon_ns_t *t)
{
    const char *text = sim_arg(call, name);
    const struct sim_order *order;
    const struct sim_fill *fill;

    if (!text || !*text)
        return 0;
    if (num_parse(text, strlen(text), 9, t) == AGON_OK)
        return 0;
    order = simk_find(call->sim, call->account, text);
    fill = text[0] == 'T' ? sim_fill_at(call->sim, simk_number(call->sim, text)) : NULL;
    if (order)
        *t = order->t_end ? order->t_end : order->t_create;
    else if (fill)
        *t = fill->t;
    else
        return simk_fail(call, "EGeneral:Invalid arguments:%s", name);
    return 0;
}

static int get_page(struct sim_call *call, agon_ns_t *start, agon_ns_t *end, int64_t *skip)
{
    const char *text = sim_arg(call, "ofs");

    *start = -1;
    *end = INT64_MAX;
    *skip = 0;
    if (get_bound(call, "start", start) < 0 || get_bound(call, "end", end) < 0)
        return -1;
    if (text && (num_parse(text, strlen(text), 0, skip) < 0 || *skip < 0))
        return simk_fail(call, "EGeneral:Invalid arguments:ofs");
    return 0;
}

/* The newest first. start is exclusive, end inclusive. */
int simk_closed_orders(struct sim_call *call)
{
    int is_by_open = sim_is(call, "closetime", "open");
    const struct sim_order *order = NULL;
    agon_ns_t start, end;
    int64_t skip, count = 0;

    if (get_page(call, &start, &end, &skip) < 0)
        return -1;
    shape_put(call->out, "{closed:{", NULL, 0);
    while ((order = sim_older_order(call->sim, call->account, order)) != NULL) {
        agon_ns_t t;

        if (!is_asked(call, order) || sim_is_open(order))
            continue;
        t = is_by_open ? order->t_create : order->t_end;
        if (t <= start || t > end)
            continue;
        if (count >= skip && count < skip + SIMK_PAGE)
            put_order(call, order);
        count++;
    }
    SHAPE(call->out, "} count:$}", shape_int(count));
    return 0;
}

int simk_query_orders(struct sim_call *call)
{
    const char *text = sim_arg(call, "txid");

    if (!text || !*text)
        return simk_fail(call, "EGeneral:Invalid arguments:txid");
    jout_open(call->out, '{');
    for (int i = 0; *text && i < 50; i++) {
        size_t n = strcspn(text, ",");
        char id[SIMK_ID_TEXT + 1];
        const struct sim_order *order;

        snprintf(id, sizeof(id), "%.*s", (int)n, text);
        if (n != SIMK_ID_TEXT - 1 || id[0] != 'O')
            return simk_fail(call, "EOrder:Invalid order");
        order = simk_find(call->sim, call->account, id);
        if (order)
            put_order(call, order);
        text += text[n] ? n + 1 : n;
    }
    jout_close(call->out, '{');
    return 0;
}

/* --- trades --- */

static void put_fill(struct sim_call *call, const struct sim_fill *fill)
{
    char trade[SIMK_ID_TEXT], order[SIMK_ID_TEXT];
    struct sim *sim = call->sim;

    simk_id(sim, 'T', fill->n, trade);
    SHAPE(call->out,
          "$:{ordertxid:$ postxid:$ pair:$ time:$ type:$ ordertype:$ price:$ cost:$ fee:$ vol:$ "
          "margin:'0.00000000' leverage:'0' misc:'' trade_id:$ maker:$}",
          shape_text(trade), shape_text(simk_id(sim, 'O', fill->order_n, order)), shape_text(trade),
          shape_text(simk_pair_at(sim, fill->sym)->id), shape_unix(fill->t),
          shape_text(simk_side(fill->side)), shape_text(simk_types[fill->type].name),
          shape_dec(fill->px, PIT_EXP), shape_dec(fill->amt, PIT_EXP),
          shape_dec(fill->fee_quote_amt, PIT_EXP), shape_dec(fill->qty, PIT_EXP),
          shape_int((int64_t)fill->trade_id), shape_bool(fill->is_maker));
}

int simk_trades_history(struct sim_call *call)
{
    const struct sim_fill *fill = NULL;
    agon_ns_t start, end;
    int64_t skip, count = 0;

    if (get_page(call, &start, &end, &skip) < 0)
        return -1;
    shape_put(call->out, "{trades:{", NULL, 0);
    while ((fill = sim_older_fill(call->sim, call->account, fill)) != NULL) {
        if (fill->t <= start || fill->t > end)
            continue;
        if (count >= skip && count < skip + SIMK_PAGE)
            put_fill(call, fill);
        count++;
    }
    SHAPE(call->out, "} count:$}", shape_int(count));
    return 0;
}

int simk_query_trades(struct sim_call *call)
{
    const char *text = sim_arg(call, "txid");
    struct sim *sim = call->sim;

    if (!text || !*text)
        return simk_fail(call, "EGeneral:Invalid arguments:txid");
    jout_open(call->out, '{');
    for (int i = 0; *text && i < 20; i++) {
        size_t size = strcspn(text, ",");
        char id[SIMK_ID_TEXT + 1];
        const struct sim_fill *fill;
        uint64_t n;

        snprintf(id, sizeof(id), "%.*s", (int)size, text);
        n = id[0] == 'T' ? simk_number(sim, id) : 0;
        if (n == 0)
            return simk_fail(call, "EQuery:Invalid trade");
        fill = sim_fill_at(sim, n);
        if (fill && fill->account == call->account)
            put_fill(call, fill);
        text += text[size] ? size + 1 : size;
    }
    jout_close(call->out, '{');
    return 0;
}

/* --- tokens --- */

int simk_token_new(struct sim_call *call)
{
    SHAPE(call->out, "{token:$ expires:$}",
          shape_text(sim_token_new(call->sim, call->account, TOKEN_LIFE_NS)),
          shape_int(TOKEN_LIFE_NS / SIM_NS_PER_S));
    return 0;
}
