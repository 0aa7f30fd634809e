// SPDX-License-Identifier: Apache-2.0
/* account: balances, own trades, counts, and the keys of user data streams. */
#include <stdio.h>

#include "base/num.h"
#include "sim/binance/simb.h"

void simb_kv_amt(const struct simb *b, struct jout *out, const char *key, agon_asset_t asset,
                 agon_amt_t amt)
{
    int exp = instruments_asset(pit_table(b->sim.pit), asset)->exp;
    char text[NUM_TEXT + SIMB_EXP + 2];
    int n = num_format(amt, exp, text);

    if (exp == 0)
        text[n++] = '.';
    for (int i = exp; i < SIMB_EXP; i++)
        text[n++] = '0';
    text[n] = '\0';
    jout_kv_str(out, key, text);
}

static int32_t fee_of(const struct simb_call *call, uint32_t sym, int is_maker)
{
    const struct member *member = call->account->member;
    const struct pit_symbol *symbol = pit_at(call->b->sim.pit, sym);

    if (member->has_fees)
        return is_maker ? member->maker_fee_ppb : member->taker_fee_ppb;
    return is_maker ? symbol->maker_fee_ppb : symbol->taker_fee_ppb;
}

// Parts per billion as the venue's eight places.
static int64_t rate_of(int32_t ppb)
{
    return num_div(ppb, 10, NUM_EVEN);
}

int simb_account_info(struct simb_call *call)
{
    const struct instruments *table = pit_table(call->b->sim.pit);
    struct simb_account *account = call->account;
    const struct member *member = account->member;
    struct jout *out = call->out;
    int is_short = 0;

    if (simb_get_bool(call, "omitZeroBalances", &is_short) < 0)
        return -1;
    jout_open(out, '{');
    // The old fields are in basis points.
    jout_kv_int(out, "makerCommission", fee_of(call, 0, 1) / 100000);
    jout_kv_int(out, "takerCommission", fee_of(call, 0, 0) / 100000);
    jout_kv_int(out, "buyerCommission", 0);
    jout_kv_int(out, "sellerCommission", 0);
    jout_key(out, "commissionRates");
    jout_open(out, '{');
    jout_kv_dec(out, "maker", rate_of(fee_of(call, 0, 1)), SIMB_EXP);
    jout_kv_dec(out, "taker", rate_of(fee_of(call, 0, 0)), SIMB_EXP);
    jout_kv_dec(out, "buyer", 0, SIMB_EXP);
    jout_kv_dec(out, "seller", 0, SIMB_EXP);
    jout_close(out, '{');
    jout_kv_bool(out, "canTrade", (member->permissions & MEMBER_TRADE) != 0);
    jout_kv_bool(out, "canWithdraw", 0);
    jout_kv_bool(out, "canDeposit", 0);
    jout_kv_bool(out, "brokered", 0);
    jout_kv_bool(out, "requireSelfTradePrevention", 0);
    jout_kv_bool(out, "preventSor", 0);
    jout_kv_time(out, "updateTime", account->t_update);
    jout_kv_str(out, "accountType", "SPOT");
    jout_key(out, "balances");
    jout_open(out, '[');
    for (agon_asset_t id = 1; id <= table->n_assets; id++) {
        agon_amt_t free_amt, locked_amt;

        simb_past_balance(call, id, &free_amt, &locked_amt);
        if (is_short && free_amt == 0 && locked_amt == 0)
            continue;
        jout_open(out, '{');
        jout_kv_str(out, "asset", instruments_asset(table, id)->name);
        simb_kv_amt(call->b, out, "free", id, free_amt);
        simb_kv_amt(call->b, out, "locked", id, locked_amt);
        jout_close(out, '{');
    }
    jout_close(out, '[');
    jout_key(out, "permissions");
    jout_open(out, '[');
    jout_str(out, "SPOT");
    jout_close(out, '[');
    jout_kv_int(out, "uid", member->uid != 0 ? member->uid : 354937868 + (int64_t)account->owner);
    jout_close(out, '{');
    return 0;
}

uint32_t simb_weigh_my_trades(struct simb_call *call)
{
    return simb_param(call, "orderId") ? 5 : 20;
}

static void put_my_trade(struct simb_call *call, const struct simb_fill *fill)
{
    struct jout *out = call->out;

    jout_open(out, '{');
    jout_kv_str(out, "symbol", pit_at(call->b->sim.pit, fill->sym)->name);
    jout_kv_int(out, "id", (int64_t)fill->trade_id);
    jout_kv_int(out, "orderId", (int64_t)fill->order_id);
    jout_kv_int(out, "orderListId", -1);
    jout_kv_dec(out, "price", fill->px, SIMB_EXP);
    jout_kv_dec(out, "qty", fill->qty, SIMB_EXP);
    jout_kv_dec(out, "quoteQty", fill->amt, SIMB_EXP);
    simb_kv_amt(call->b, out, "commission", fill->fee_asset, fill->fee_amt);
    jout_kv_str(out, "commissionAsset",
                instruments_asset(pit_table(call->b->sim.pit), fill->fee_asset)->name);
    jout_kv_time(out, "time", fill->t);
    jout_kv_bool(out, "isBuyer", fill->is_buyer);
    jout_kv_bool(out, "isMaker", fill->is_maker);
    jout_kv_bool(out, "isBestMatch", 1);
    jout_close(out, '{');
}

int simb_my_trades(struct simb_call *call)
{
    struct simb *b = call->b;
    uint64_t first = b->n_fills > SIMB_FILLS_KEPT ? b->n_fills - SIMB_FILLS_KEPT : 0;
    int64_t limit, id = 0, from = 0, matching = 0, n = 0;
    agon_ns_t start = 0, end = INT64_MAX;
    int has_id, has_from, has_start, has_end;
    uint32_t sym;

    if (simb_want_symbol(call, &sym) < 0 || simb_get_limit(call, 500, 1000, &limit) < 0 ||
        simb_get_int(call, "orderId", &id, &has_id) < 0 ||
        simb_get_int(call, "fromId", &from, &has_from) < 0 ||
        simb_get_time(call, "startTime", &start, &has_start) < 0 ||
        simb_get_time(call, "endTime", &end, &has_end) < 0)
        return -1;
    if ((has_start || has_end) && (has_id || has_from))
        return simb_fail(call, 400, -1128, "Combination of optional parameters invalid.");
    if (has_start && has_end && end - start > 1440 * SIMB_NS_PER_MIN)
        return simb_fail(call, 400, -1127, "More than 24 hours between startTime and endTime.");
    for (int pass = 0; pass < 2; pass++) {
        int64_t skip = has_from || has_start || matching <= limit ? 0 : matching - limit;

        if (pass == 1)
            jout_open(call->out, '[');
        n = 0;
        for (uint64_t i = first; i < b->n_fills; i++) {
            const struct simb_fill *fill = &b->fills[i % SIMB_FILLS_KEPT];
            agon_ns_t ms = fill->t - fill->t % SIMB_NS_PER_MS;

            if (fill->account != call->account || fill->sym != sym ||
                (has_id && fill->order_id != (uint64_t)id) || fill->trade_id < (uint64_t)from ||
                ms < start || ms > end || !simb_past_is_seen(call, fill))
                continue;
            if (pass == 1 && n >= skip && n - skip < limit)
                put_my_trade(call, fill);
            n++;
        }
        matching = n;
    }
    jout_close(call->out, '[');
    return 0;
}

int simb_order_rates(struct simb_call *call)
{
    simb_put_order_limits(call, call->out, 1);
    return 0;
}

static void put_rates(struct jout *out, const char *name, const char *suffix, int64_t maker,
                      int64_t taker, int with_sides)
{
    char key[48];

    snprintf(key, sizeof(key), "%s%s", name, suffix);
    jout_key(out, key);
    jout_open(out, '{');
    jout_kv_dec(out, "maker", maker, SIMB_EXP);
    jout_kv_dec(out, "taker", taker, SIMB_EXP);
    if (with_sides) {
        jout_kv_dec(out, "buyer", 0, SIMB_EXP);
        jout_kv_dec(out, "seller", 0, SIMB_EXP);
    }
    jout_close(out, '{');
}

void simb_commission_fields(struct simb_call *call, struct jout *out, const char *suffix,
                            uint32_t sym, int with_sides)
{
    put_rates(out, "standard", suffix, rate_of(fee_of(call, sym, 1)), rate_of(fee_of(call, sym, 0)),
              with_sides);
    put_rates(out, "special", suffix, 0, 0, with_sides);
    put_rates(out, "tax", suffix, 0, 0, with_sides);
    jout_key(out, "discount");
    jout_open(out, '{');
    jout_kv_bool(out, "enabledForAccount", 0);
    jout_kv_bool(out, "enabledForSymbol", 0);
    jout_kv_str(out, "discountAsset", "BNB");
    jout_kv_str(out, "discount", "0.75000000");
    jout_close(out, '{');
}

int simb_commission(struct simb_call *call)
{
    uint32_t sym;

    if (simb_want_symbol(call, &sym) < 0)
        return -1;
    jout_open(call->out, '{');
    jout_kv_str(call->out, "symbol", pit_at(call->b->sim.pit, sym)->name);
    simb_commission_fields(call, call->out, "Commission", sym, 1);
    jout_close(call->out, '{');
    return 0;
}

/* --- what clients ask beside trading --- */

int simb_coins(struct simb_call *call)
{
    const struct instruments *table = pit_table(call->b->sim.pit);
    struct jout *out = call->out;

    jout_open(out, '[');
    for (agon_asset_t id = 1; id <= table->n_assets; id++) {
        jout_open(out, '{');
        jout_kv_str(out, "coin", instruments_asset(table, id)->name);
        jout_kv_bool(out, "depositAllEnable", 0);
        simb_kv_amt(call->b, out, "free", id,
                    pit_free_amt(call->b->sim.pit, call->account->owner, id));
        jout_kv_str(out, "freeze", "0");
        jout_kv_str(out, "ipoable", "0");
        jout_kv_str(out, "ipoing", "0");
        jout_kv_bool(out, "isLegalMoney", 0);
        jout_kv_dec(out, "locked", pit_locked_amt(call->b->sim.pit, call->account->owner, id),
                    SIMB_EXP);
        jout_kv_str(out, "name", instruments_asset(table, id)->name);
        jout_key(out, "networkList");
        jout_open(out, '[');
        jout_close(out, '[');
        jout_kv_str(out, "storage", "0");
        jout_kv_bool(out, "trading", 1);
        jout_kv_bool(out, "withdrawAllEnable", 0);
        jout_kv_str(out, "withdrawing", "0");
        jout_close(out, '{');
    }
    jout_close(out, '[');
    return 0;
}

int simb_empty_list(struct simb_call *call)
{
    jout_open(call->out, '[');
    jout_close(call->out, '[');
    return 0;
}

int simb_key_rights(struct simb_call *call)
{
    struct jout *out = call->out;

    jout_open(out, '{');
    jout_kv_bool(out, "ipRestrict", 0);
    jout_kv_time(out, "createTime", 1700000000000000000);
    jout_kv_bool(out, "enableReading", (call->account->member->permissions & MEMBER_READ) != 0);
    jout_kv_bool(out, "enableWithdrawals",
                 call->is_rich || (call->account->member->permissions & MEMBER_WITHDRAW) != 0);
    jout_kv_bool(out, "enableInternalTransfer", 0);
    jout_kv_bool(out, "enableMargin", 0);
    jout_kv_bool(out, "enableFutures", 0);
    jout_kv_bool(out, "permitsUniversalTransfer", 0);
    jout_kv_bool(out, "enableVanillaOptions", 0);
    jout_kv_bool(out, "enableFixApiTrade", 0);
    jout_kv_bool(out, "enableFixReadOnly", 0);
    jout_kv_bool(out, "enableSpotAndMarginTrading",
                 (call->account->member->permissions & MEMBER_TRADE) != 0);
    jout_kv_bool(out, "enablePortfolioMarginTrading", 0);
    jout_close(out, '{');
    return 0;
}

int simb_trade_fee(struct simb_call *call)
{
    uint32_t only = UINT32_MAX;

    if (simb_param(call, "symbol") && simb_want_symbol(call, &only) < 0)
        return -1;
    jout_open(call->out, '[');
    for (uint32_t i = 0; i < pit_count(call->b->sim.pit); i++) {
        if (only != UINT32_MAX && only != i)
            continue;
        jout_open(call->out, '{');
        jout_kv_str(call->out, "symbol", pit_at(call->b->sim.pit, i)->name);
        jout_kv_dec(call->out, "makerCommission", rate_of(fee_of(call, i, 1)), SIMB_EXP);
        jout_kv_dec(call->out, "takerCommission", rate_of(fee_of(call, i, 0)), SIMB_EXP);
        jout_close(call->out, '{');
    }
    jout_close(call->out, '[');
    return 0;
}

/* --- listen keys: gone from the venue's spot reference in 2026, still asked for by clients --- */

static int key_of_call(struct simb_call *call)
{
    const char *key;

    if (simb_want(call, "listenKey", &key) < 0)
        return -1;
    if (!call->account->listen_until || strcmp(key, call->account->listen_key) != 0)
        return simb_fail(call, 400, -1125, "This listenKey does not exist.");
    return 0;
}

int simb_listen_new(struct simb_call *call)
{
    struct simb_account *account = call->account;

    // While one lives the same is given again, and its life begins anew.
    if (!account->listen_until)
        simb_random_text(call->b, account->listen_key, SIMB_LISTEN_TEXT);
    account->listen_until = call->now->transport + SIMB_LISTEN_LIFE_NS;
    jout_open(call->out, '{');
    jout_kv_str(call->out, "listenKey", account->listen_key);
    jout_close(call->out, '{');
    return 0;
}

int simb_listen_keep(struct simb_call *call)
{
    if (key_of_call(call) < 0)
        return -1;
    call->account->listen_until = call->now->transport + SIMB_LISTEN_LIFE_NS;
    return simb_ping(call);
}

int simb_listen_end(struct simb_call *call)
{
    if (key_of_call(call) < 0)
        return -1;
    call->account->listen_until = 0;
    simb_user_ended(call->b, call->account, NULL);
    return simb_ping(call);
}

struct simb_account *simb_account_of_key(struct simb *b, const char *listen_key)
{
    for (uint32_t i = 0; i < b->sim.n_accounts; i++)
        if (b->accounts[i].listen_until && strcmp(b->accounts[i].listen_key, listen_key) == 0)
            return &b->accounts[i];
    return NULL;
}

void simb_tick_keys(struct simb *b)
{
    for (uint32_t i = 0; i < b->sim.n_accounts; i++) {
        struct simb_account *account = &b->accounts[i];

        if (!account->listen_until || b->sim.now.transport < account->listen_until)
            continue;
        account->listen_until = 0;
        simb_user_ended(b, account, account->listen_key);
    }
}

/* --- balances that changed --- */

void simb_on_balance(void *ctx, uint32_t owner, agon_asset_t asset)
{
    struct simb *b = ctx;
    struct simb_account *account = owner < b->sim.n_accounts ? &b->accounts[owner] : NULL;

    if (!account)
        return;
    for (uint32_t i = 0; i < account->n_dirty; i++)
        if (account->dirty[i] == asset)
            return;
    if (account->n_dirty < sizeof(account->dirty) / sizeof(account->dirty[0]))
        account->dirty[account->n_dirty++] = asset;
}

static void put_position(struct simb *b, struct jout *out, const void *what)
{
    const struct simb_account *account = what;

    jout_open(out, '{');
    jout_kv_str(out, "e", "outboundAccountPosition");
    jout_kv_time(out, "E", account->t_update);
    jout_kv_time(out, "u", account->t_update);
    jout_key(out, "B");
    jout_open(out, '[');
    for (uint32_t j = 0; j < account->n_dirty; j++) {
        agon_asset_t asset = account->dirty[j];

        jout_open(out, '{');
        jout_kv_str(out, "a", instruments_asset(pit_table(b->sim.pit), asset)->name);
        simb_kv_amt(b, out, "f", asset, pit_free_amt(b->sim.pit, account->owner, asset));
        simb_kv_amt(b, out, "l", asset, pit_locked_amt(b->sim.pit, account->owner, asset));
        jout_close(out, '{');
    }
    jout_close(out, '[');
    jout_close(out, '{');
}

void simb_flush_balances(struct simb *b)
{
    for (uint32_t i = 0; i < b->sim.n_accounts; i++) {
        struct simb_account *account = &b->accounts[i];

        if (account->n_dirty == 0)
            continue;
        account->t_update = pit_now(b->sim.pit);
        simb_user_build(b, account, put_position, account);
        account->n_dirty = 0;
    }
}
