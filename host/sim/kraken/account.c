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
        if (!is_extended) {
            jout_kv_dec(out, id, total_amt, PIT_EXP);
            continue;
        }
        jout_key(out, id);
        jout_open(out, '{');
        jout_kv_dec(out, "balance", total_amt, PIT_EXP);
        jout_kv_dec(out, "hold_trade", locked_amt, PIT_EXP);
        jout_close(out, '{');
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

        jout_open(out, '{');
        jout_kv_str(out, "asset", simk_asset_id(name));
        jout_kv_str(out, "method", name);
        jout_kv_str(out, "network", name);
        jout_kv_str(out, "minimum", "0.00010000");
        jout_close(out, '{');
    }
    jout_close(out, '[');
    return 0;
}

static void put_fee(struct jout *out, const char *key, const char *pair, int32_t ppb)
{
    char text[NUM_TEXT];

    num_format(ppb, 7, text); // per cent
    jout_key(out, key);
    jout_open(out, '{');
    jout_key(out, pair);
    jout_open(out, '{');
    jout_kv_str(out, "fee", text);
    jout_kv_str(out, "minfee", text);
    jout_kv_str(out, "maxfee", text);
    jout_key(out, "nextfee");
    jout_null(out);
    jout_key(out, "nextvolume");
    jout_null(out);
    jout_kv_str(out, "tiervolume", "0.0000");
    jout_close(out, '{');
    jout_close(out, '{');
}

int simk_trade_volume(struct sim_call *call)
{
    const struct member *member = call->account->member;
    const char *pair = sim_arg(call, "pair");
    int sym = pair ? simk_find_pair(call->sim, pair, strlen(pair)) : -1;
    const struct pit_symbol *symbol;

    if (pair && sym < 0)
        return simk_fail(call, "EQuery:Unknown asset pair");
    jout_open(call->out, '{');
    jout_kv_str(call->out, "currency", "ZUSD");
    jout_kv_str(call->out, "volume", "0.0000");
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
    struct jout *out = call->out;
    char id[SIMK_ID_TEXT];

    jout_key(out, simk_id(call->sim, 'O', order->n, id));
    jout_open(out, '{');
    jout_key(out, "refid");
    jout_null(out);
    jout_kv_int(out, "userref", order->ref);
    if (order->client[0])
        jout_kv_str(out, "cl_ord_id", order->client);
    jout_kv_str(out, "status", simk_states[order->state]);
    if (!sim_is_open(order)) {
        if (order->why)
            jout_kv_str(out, "reason", order->why);
        sim_kv_unix(out, "closetm", order->t_end);
    }
    sim_kv_unix(out, "opentm", order->t_create);
    jout_kv_int(out, "starttm", 0);
    jout_kv_int(out, "expiretm", order->t_expire / SIM_NS_PER_S);
    simk_put_descr(call->sim, order, out);
    jout_kv_dec(out, "vol", order->qty, PIT_EXP);
    jout_kv_dec(out, "vol_exec", order->filled_qty, PIT_EXP);
    jout_kv_dec(out, "cost", order->cost_amt, PIT_EXP);
    jout_kv_dec(out, "fee", order->fee_quote_amt, PIT_EXP);
    jout_kv_dec(out, "price", sim_mean_px(order), PIT_EXP);
    jout_kv_dec(out, "stopprice", 0, 5);
    jout_kv_dec(out, "limitprice", 0, 5);
    jout_kv_str(out, "misc", "");
    jout_kv_str(out, "oflags", order->is_post ? "fciq,post" : "fciq");
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

    jout_open(call->out, '{');
    jout_key(call->out, "open");
    jout_open(call->out, '{');
    while ((order = sim_older_order(call->sim, call->account, order)) != NULL)
        if (is_asked(call, order) && sim_is_open(order))
            put_order(call, order);
    jout_close(call->out, '{');
    jout_close(call->out, '{');
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
    jout_open(call->out, '{');
    jout_key(call->out, "closed");
    jout_open(call->out, '{');
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
    jout_close(call->out, '{');
    jout_kv_int(call->out, "count", count);
    jout_close(call->out, '{');
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
    struct jout *out = call->out;
    struct sim *sim = call->sim;
    char id[SIMK_ID_TEXT];

    jout_key(out, simk_id(sim, 'T', fill->n, id));
    jout_open(out, '{');
    jout_kv_str(out, "ordertxid", simk_id(sim, 'O', fill->order_n, id));
    jout_kv_str(out, "postxid", simk_id(sim, 'T', fill->n, id));
    jout_kv_str(out, "pair", simk_pair_at(sim, fill->sym)->id);
    sim_kv_unix(out, "time", fill->t);
    jout_kv_str(out, "type", fill->side == AGON_BUY ? "buy" : "sell");
    jout_kv_str(out, "ordertype", simk_types[fill->type].name);
    jout_kv_dec(out, "price", fill->px, PIT_EXP);
    jout_kv_dec(out, "cost", fill->amt, PIT_EXP);
    jout_kv_dec(out, "fee", fill->fee_quote_amt, PIT_EXP);
    jout_kv_dec(out, "vol", fill->qty, PIT_EXP);
    jout_kv_dec(out, "margin", 0, PIT_EXP);
    jout_kv_str(out, "leverage", "0");
    jout_kv_str(out, "misc", "");
    jout_kv_int(out, "trade_id", (int64_t)fill->trade_id);
    jout_kv_bool(out, "maker", fill->is_maker);
    jout_close(out, '{');
}

int simk_trades_history(struct sim_call *call)
{
    const struct sim_fill *fill = NULL;
    agon_ns_t start, end;
    int64_t skip, count = 0;

    if (get_page(call, &start, &end, &skip) < 0)
        return -1;
    jout_open(call->out, '{');
    jout_key(call->out, "trades");
    jout_open(call->out, '{');
    while ((fill = sim_older_fill(call->sim, call->account, fill)) != NULL) {
        if (fill->t <= start || fill->t > end)
            continue;
        if (count >= skip && count < skip + SIMK_PAGE)
            put_fill(call, fill);
        count++;
    }
    jout_close(call->out, '{');
    jout_kv_int(call->out, "count", count);
    jout_close(call->out, '{');
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
    jout_open(call->out, '{');
    jout_kv_str(call->out, "token", sim_token_new(call->sim, call->account, TOKEN_LIFE_NS));
    jout_kv_int(call->out, "expires", TOKEN_LIFE_NS / SIM_NS_PER_S);
    jout_close(call->out, '{');
    return 0;
}
