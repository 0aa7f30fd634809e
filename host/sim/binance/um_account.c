// SPDX-License-Identifier: Apache-2.0
/* um_account: wallets, positions, their settings, own trades and income, listen keys. */
#include <stdio.h>

#include "base/num.h"
#include "sim/binance/um.h"

static void put_done(struct simb_call *call)
{
    jout_open(call->out, '{');
    jout_kv_int(call->out, "code", 200);
    jout_kv_str(call->out, "msg", "success");
    jout_close(call->out, '{');
}

static int is_shown(const struct perp_account *perp, int side)
{
    return (side == PERP_BOTH) != (perp->is_hedged != 0);
}

/* --- wallets --- */

int um_balance(struct simb_call *call)
{
    const struct perp_account *perp = simb_past_perp(call);
    struct jout *out = call->out;
    struct perp_sums sums;

    um_reserve(call->b, call->account);
    perp_sums(perp, &sums);
    jout_open(out, '[');
    jout_open(out, '{');
    jout_kv_str(out, "accountAlias", "SgsR");
    jout_kv_str(out, "asset", UM_MARGIN_ASSET);
    jout_kv_dec(out, "balance", perp->wallet_amt, SIMB_EXP);
    jout_kv_dec(out, "crossWalletBalance", sums.cross_wallet_amt, SIMB_EXP);
    jout_kv_dec(out, "crossUnPnl", sums.cross_unrealised_amt, SIMB_EXP);
    jout_kv_dec(out, "availableBalance", sums.available_amt, SIMB_EXP);
    jout_kv_dec(out, "maxWithdrawAmount", sums.available_amt, SIMB_EXP);
    jout_kv_bool(out, "marginAvailable", 1);
    jout_kv_time(out, "updateTime", call->account->t_update);
    jout_close(out, '{');
    jout_close(out, '[');
    return 0;
}

static void put_totals(struct jout *out, const struct perp_account *perp,
                       const struct perp_sums *sums, int is_total)
{
    static const char *const totals[] = {"totalWalletBalance",
                                         "totalUnrealizedProfit",
                                         "totalMarginBalance",
                                         "totalMaintMargin",
                                         "totalInitialMargin",
                                         "totalPositionInitialMargin",
                                         "totalOpenOrderInitialMargin",
                                         "totalCrossWalletBalance",
                                         "totalCrossUnPnl"};
    static const char *const of_asset[] = {
        "walletBalance", "unrealizedProfit",      "marginBalance",          "maintMargin",
        "initialMargin", "positionInitialMargin", "openOrderInitialMargin", "crossWalletBalance",
        "crossUnPnl"};
    const agon_amt_t amts[] = {perp->wallet_amt,
                               sums->unrealised_amt,
                               perp->wallet_amt + sums->unrealised_amt,
                               sums->maint_amt,
                               sums->position_initial_amt + sums->order_initial_amt,
                               sums->position_initial_amt,
                               sums->order_initial_amt,
                               sums->cross_wallet_amt,
                               sums->cross_unrealised_amt};

    for (size_t i = 0; i < sizeof(amts) / sizeof(amts[0]); i++)
        jout_kv_dec(out, is_total ? totals[i] : of_asset[i], amts[i], SIMB_EXP);
    jout_kv_dec(out, "availableBalance", sums->available_amt, SIMB_EXP);
    jout_kv_dec(out, "maxWithdrawAmount", sums->available_amt, SIMB_EXP);
}

static void put_position_v2(struct simb_call *call, uint32_t sym, int side)
{
    const struct perp_account *perp = simb_past_perp(call);
    const struct perp_symbol *symbol = &perp->symbols[sym];
    const struct perp_contract *contract = &call->b->um->contracts[sym];
    const struct perp_position *position = &symbol->positions[side];
    agon_amt_t notional = perp_notional(contract, position), position_amt, all_amt;
    struct jout *out = call->out;

    all_amt = perp_initial(perp, sym, &position_amt);
    jout_open(out, '{');
    jout_kv_str(out, "symbol", pit_at(call->b->sim.pit, sym)->name);
    jout_kv_dec(out, "initialMargin", all_amt, SIMB_EXP);
    jout_kv_dec(out, "maintMargin", perp_maint(contract, notional), SIMB_EXP);
    jout_kv_dec(out, "unrealizedProfit", perp_unrealised(contract, position), SIMB_EXP);
    jout_kv_dec(out, "positionInitialMargin", position_amt, SIMB_EXP);
    jout_kv_dec(out, "openOrderInitialMargin", all_amt - position_amt, SIMB_EXP);
    jout_key(out, "leverage");
    jout_dec(out, symbol->leverage, 0);
    jout_kv_bool(out, "isolated", symbol->is_isolated);
    jout_kv_dec(out, "entryPrice", perp_entry_px(position), SIMB_EXP);
    jout_kv_dec(out, "breakEvenPrice", perp_break_even_px(position), SIMB_EXP);
    jout_key(out, "maxNotional");
    jout_dec(out, perp_cap(contract, symbol->leverage) / num_pow10(SIMB_EXP), 0);
    jout_kv_dec(out, "bidNotional", symbol->bid_amt[side], SIMB_EXP);
    jout_kv_dec(out, "askNotional", symbol->ask_amt[side], SIMB_EXP);
    jout_kv_str(out, "positionSide", um_side_names[side]);
    um_put_qty(call->b, out, "positionAmt", sym, position->qty);
    jout_kv_dec(out, "notional", notional, SIMB_EXP);
    jout_kv_dec(out, "isolatedWallet", position->isolated_amt, SIMB_EXP);
    jout_kv_time(out, "updateTime", position->t_update);
    jout_close(out, '{');
}

static void put_position_v3(struct simb_call *call, uint32_t sym, int side)
{
    const struct perp_account *perp = simb_past_perp(call);
    const struct perp_symbol *symbol = &perp->symbols[sym];
    const struct perp_contract *contract = &call->b->um->contracts[sym];
    const struct perp_position *position = &symbol->positions[side];
    agon_amt_t notional = perp_notional(contract, position);
    struct jout *out = call->out;

    jout_open(out, '{');
    jout_kv_str(out, "symbol", pit_at(call->b->sim.pit, sym)->name);
    jout_kv_str(out, "positionSide", um_side_names[side]);
    um_put_qty(call->b, out, "positionAmt", sym, position->qty);
    jout_kv_dec(out, "unrealizedProfit", perp_unrealised(contract, position), SIMB_EXP);
    jout_kv_dec(out, "isolatedMargin",
                symbol->is_isolated ? position->isolated_amt + perp_unrealised(contract, position)
                                    : 0,
                SIMB_EXP);
    jout_kv_dec(out, "notional", notional, SIMB_EXP);
    jout_kv_dec(out, "isolatedWallet", position->isolated_amt, SIMB_EXP);
    jout_kv_dec(out, "initialMargin", num_div(num_abs(notional), symbol->leverage, NUM_UP),
                SIMB_EXP);
    jout_kv_dec(out, "maintMargin", perp_maint(contract, notional), SIMB_EXP);
    jout_kv_time(out, "updateTime", position->t_update);
    jout_close(out, '{');
}

static int put_account(struct simb_call *call, int version)
{
    const struct perp_account *perp = simb_past_perp(call);
    const struct member *member = call->account->member;
    struct jout *out = call->out;
    struct perp_sums sums;

    um_reserve(call->b, call->account);
    perp_sums(perp, &sums);
    jout_open(out, '{');
    if (version == 2) {
        jout_kv_int(out, "feeTier", 0);
        jout_kv_bool(out, "feeBurn", 0);
        jout_kv_bool(out, "canTrade", (member->permissions & MEMBER_TRADE) != 0);
        jout_kv_bool(out, "canDeposit", 0);
        jout_kv_bool(out, "canWithdraw", 0);
        jout_kv_time(out, "updateTime", call->account->t_update);
        jout_kv_bool(out, "multiAssetsMargin", call->b->um->is_multi[call->account->owner]);
        jout_kv_int(out, "tradeGroupId", -1);
    }
    put_totals(out, perp, &sums, 1);
    jout_key(out, "assets");
    jout_open(out, '[');
    jout_open(out, '{');
    jout_kv_str(out, "asset", UM_MARGIN_ASSET);
    put_totals(out, perp, &sums, 0);
    if (version == 2)
        jout_kv_bool(out, "marginAvailable", 1);
    jout_kv_time(out, "updateTime", call->account->t_update);
    jout_close(out, '{');
    jout_close(out, '[');
    jout_key(out, "positions");
    jout_open(out, '[');
    for (uint32_t i = 0; i < perp->n; i++)
        for (int side = PERP_BOTH; side <= PERP_SHORT; side++) {
            // The third version tells of those that have something.
            if (version == 2 && (side == PERP_BOTH || perp->is_hedged))
                put_position_v2(call, i, side);
            else if (version == 3 && perp->symbols[i].positions[side].qty != 0)
                put_position_v3(call, i, side);
        }
    jout_close(out, '[');
    jout_close(out, '{');
    return 0;
}

int um_account_v2(struct simb_call *call)
{
    return put_account(call, 2);
}

int um_account_v3(struct simb_call *call)
{
    return put_account(call, 3);
}

/* --- positions --- */

static void put_risk(struct simb_call *call, uint32_t sym, int side, int version)
{
    const struct perp_account *perp = simb_past_perp(call);
    const struct perp_symbol *symbol = &perp->symbols[sym];
    const struct perp_contract *contract = &call->b->um->contracts[sym];
    const struct perp_position *position = &symbol->positions[side];
    agon_amt_t notional = perp_notional(contract, position);
    agon_amt_t unrealised = perp_unrealised(contract, position);
    agon_amt_t margin = symbol->is_isolated ? position->isolated_amt + unrealised : 0;
    struct jout *out = call->out;

    jout_open(out, '{');
    jout_kv_str(out, "symbol", pit_at(call->b->sim.pit, sym)->name);
    if (version == 3)
        jout_kv_str(out, "positionSide", um_side_names[side]);
    um_put_qty(call->b, out, "positionAmt", sym, position->qty);
    jout_kv_dec(out, "entryPrice", perp_entry_px(position), SIMB_EXP);
    jout_kv_dec(out, "breakEvenPrice", perp_break_even_px(position), SIMB_EXP);
    jout_kv_dec(out, "markPrice", um_mark_px(call->b, sym), SIMB_EXP);
    jout_kv_dec(out, "unRealizedProfit", unrealised, SIMB_EXP);
    jout_kv_dec(out, "liquidationPrice", perp_liquidation_px(perp, sym, (enum perp_side)side),
                SIMB_EXP);
    if (version == 2) {
        jout_key(out, "leverage");
        jout_dec(out, symbol->leverage, 0);
        jout_key(out, "maxNotionalValue");
        jout_dec(out, perp_cap(contract, symbol->leverage) / num_pow10(SIMB_EXP), 0);
        jout_kv_str(out, "marginType", symbol->is_isolated ? "isolated" : "cross");
        jout_kv_str(out, "isAutoAddMargin", "false");
        jout_kv_str(out, "positionSide", um_side_names[side]);
    }
    jout_kv_dec(out, "isolatedMargin", margin, SIMB_EXP);
    jout_kv_dec(out, "notional", notional, SIMB_EXP);
    if (version == 3) {
        agon_amt_t initial = num_div(num_abs(notional), symbol->leverage, NUM_UP);

        jout_kv_str(out, "marginAsset", UM_MARGIN_ASSET);
        jout_kv_dec(out, "initialMargin", initial, SIMB_EXP);
        jout_kv_dec(out, "maintMargin", perp_maint(contract, notional), SIMB_EXP);
        jout_kv_dec(out, "positionInitialMargin", initial, SIMB_EXP);
        jout_kv_dec(out, "openOrderInitialMargin",
                    perp_initial(perp, sym, NULL) - initial > 0
                        ? perp_initial(perp, sym, NULL) - initial
                        : 0,
                    SIMB_EXP);
        jout_kv_int(out, "adl", position->qty != 0);
        jout_kv_dec(out, "bidNotional", symbol->bid_amt[side], SIMB_EXP);
        jout_kv_dec(out, "askNotional", symbol->ask_amt[side], SIMB_EXP);
    }
    jout_kv_dec(out, "isolatedWallet", position->isolated_amt, SIMB_EXP);
    jout_kv_time(out, "updateTime", position->t_update);
    jout_close(out, '{');
}

static int put_positions(struct simb_call *call, int version)
{
    const struct perp_account *perp = simb_past_perp(call);
    uint32_t only = UINT32_MAX;

    if (simb_param(call, "symbol") && simb_want_symbol(call, &only) < 0)
        return -1;
    um_reserve(call->b, call->account);
    jout_open(call->out, '[');
    for (uint32_t i = 0; i < perp->n; i++)
        for (int side = PERP_BOTH; side <= PERP_SHORT; side++) {
            const struct perp_symbol *symbol = &perp->symbols[i];
            int has = symbol->positions[side].qty != 0 || symbol->bid_amt[side] != 0 ||
                      symbol->ask_amt[side] != 0;

            if ((only == UINT32_MAX || only == i) && is_shown(perp, side) && (version == 2 || has))
                put_risk(call, i, side, version);
        }
    jout_close(call->out, '[');
    return 0;
}

int um_positions(struct simb_call *call)
{
    return put_positions(call, 2);
}

int um_positions_v3(struct simb_call *call)
{
    return put_positions(call, 3);
}

/* --- settings --- */

int um_leverage(struct simb_call *call)
{
    struct simb *b = call->b;
    struct perp_account *perp = um_account(b, call->account);
    struct perp_symbol *symbol;
    struct perp_sums sums;
    const char *text;
    int64_t leverage = 0;
    int32_t old;
    uint32_t sym;
    int has, has_position = 0;

    if (simb_want_symbol(call, &sym) < 0 || simb_want(call, "leverage", &text) < 0 ||
        simb_get_int(call, "leverage", &leverage, &has) < 0)
        return -1;
    symbol = &perp->symbols[sym];
    if (leverage < 1 || leverage > b->um->contracts[sym].brackets[0].leverage)
        return simb_fail(call, 400, -4028, "Leverage %lld is not valid", (long long)leverage);
    for (int side = PERP_BOTH; side <= PERP_SHORT; side++) {
        has_position |= symbol->positions[side].qty != 0;
        if (num_abs(perp_notional(&b->um->contracts[sym], &symbol->positions[side])) >
            perp_cap(&b->um->contracts[sym], (int32_t)leverage))
            return simb_fail(call, 400, -2027,
                             "Exceeded the maximum allowable position at current leverage.");
    }
    if (symbol->is_isolated && has_position && leverage < symbol->leverage)
        return simb_fail(call, 400, -4161,
                         "Leverage reduction is not supported in Isolated Margin Mode with open "
                         "positions");
    um_reserve(b, call->account);
    old = symbol->leverage;
    symbol->leverage = (int32_t)leverage;
    perp_sums(perp, &sums);
    if (leverage < old && sums.available_amt == 0 &&
        sums.order_initial_amt + sums.position_initial_amt > 0) {
        symbol->leverage = old;
        return simb_fail(call, 400, -2019, "Margin is insufficient.");
    }
    um_tell_config(b, call->account, sym);
    jout_open(call->out, '{');
    jout_kv_int(call->out, "leverage", leverage);
    jout_key(call->out, "maxNotionalValue");
    jout_dec(call->out, perp_cap(&b->um->contracts[sym], (int32_t)leverage) / num_pow10(SIMB_EXP),
             0);
    jout_kv_str(call->out, "symbol", pit_at(b->sim.pit, sym)->name);
    jout_close(call->out, '{');
    return 0;
}

static int has_positions(const struct perp_account *perp, uint32_t sym)
{
    for (uint32_t i = 0; i < perp->n; i++)
        for (int side = PERP_BOTH; side <= PERP_SHORT; side++)
            if ((sym == UINT32_MAX || sym == i) && perp->symbols[i].positions[side].qty != 0)
                return 1;
    return 0;
}

static int has_orders(const struct simb *b, const struct simb_account *account, uint32_t sym)
{
    for (uint32_t i = 0; i < pit_count(b->sim.pit); i++)
        if ((sym == UINT32_MAX || sym == i) && account->n_open[i] > 0)
            return 1;
    return 0;
}

int um_margin_type(struct simb_call *call)
{
    struct perp_account *perp = um_account(call->b, call->account);
    const char *type;
    uint32_t sym;
    int is_isolated;

    if (simb_want_symbol(call, &sym) < 0 || simb_want(call, "marginType", &type) < 0)
        return -1;
    is_isolated = strcmp(type, "ISOLATED") == 0;
    if (!is_isolated && strcmp(type, "CROSSED") != 0)
        return simb_fail(call, 400, -1128, "Combination of optional parameters invalid.");
    if (is_isolated && call->b->um->is_multi[call->account->owner])
        return simb_fail(call, 400, -4168,
                         "Unable to adjust to isolated-margin mode under the Multi-Assets mode.");
    if (is_isolated == perp->symbols[sym].is_isolated)
        return simb_fail(call, 400, -4046, "No need to change margin type.");
    if (has_orders(call->b, call->account, sym))
        return simb_fail(call, 400, -4047,
                         "Margin type cannot be changed if there exists open orders.");
    if (has_positions(perp, sym))
        return simb_fail(call, 400, -4048,
                         "Margin type cannot be changed if there exists position.");
    perp->symbols[sym].is_isolated = is_isolated != 0;
    put_done(call);
    return 0;
}

int um_position_margin(struct simb_call *call)
{
    struct perp_account *perp = um_account(call->b, call->account);
    const char *text = simb_param(call, "positionSide");
    enum perp_side side = PERP_BOTH;
    int64_t type = 0;
    agon_amt_t amt = 0;
    uint32_t sym;
    int has, rc;

    if (simb_want_symbol(call, &sym) < 0 || simb_want(call, "amount", &text) < 0 ||
        simb_want(call, "type", &text) < 0 || simb_get_dec(call, "amount", &amt, &has) < 0 ||
        simb_get_int(call, "type", &type, &has) < 0)
        return -1;
    if (type != 1 && type != 2)
        return simb_fail(call, 400, -1130, "Data sent for parameter 'type' is not valid.");
    text = simb_param(call, "positionSide");
    if (text)
        side = strcmp(text, "LONG") == 0    ? PERP_LONG
               : strcmp(text, "SHORT") == 0 ? PERP_SHORT
                                            : PERP_BOTH;
    if (perp->is_hedged != (side != PERP_BOTH))
        return simb_fail(call, 400, -4060, "Invalid position side.");
    if (!perp->symbols[sym].is_isolated || perp->symbols[sym].positions[side].qty == 0)
        return simb_fail(call, 400, -4054, "Cannot add position margin: position is 0.");
    um_reserve(call->b, call->account);
    rc = perp_move_margin(perp, sym, side, type == 1 ? amt : -amt);
    if (rc == AGON_ERANGE)
        return simb_fail(call, 400, -4050, "Cross balance insufficient.");
    if (rc < 0)
        return simb_fail(call, 400, -4051, "Isolated balance insufficient.");
    um_tell_account(call->b, call->account, "MARGIN_TRANSFER", sym, 0);
    jout_open(call->out, '{');
    jout_kv_dec(call->out, "amount", amt, SIMB_EXP);
    jout_kv_int(call->out, "code", 200);
    jout_kv_str(call->out, "msg", "Successfully modify position margin.");
    jout_kv_int(call->out, "type", type);
    jout_close(call->out, '{');
    return 0;
}

int um_set_dual(struct simb_call *call)
{
    struct perp_account *perp = um_account(call->b, call->account);
    const char *text;
    int is_dual = 0;

    if (simb_want(call, "dualSidePosition", &text) < 0 ||
        simb_get_bool(call, "dualSidePosition", &is_dual) < 0)
        return -1;
    if (is_dual == perp->is_hedged)
        return simb_fail(call, 400, -4059, "No need to change position side.");
    if (has_orders(call->b, call->account, UINT32_MAX))
        return simb_fail(call, 400, -4067,
                         "Position side cannot be changed if there exists open orders.");
    if (has_positions(perp, UINT32_MAX))
        return simb_fail(call, 400, -4068,
                         "Position side cannot be changed if there exists position.");
    perp->is_hedged = is_dual != 0;
    put_done(call);
    return 0;
}

int um_get_dual(struct simb_call *call)
{
    jout_open(call->out, '{');
    jout_kv_bool(call->out, "dualSidePosition", um_account(call->b, call->account)->is_hedged);
    jout_close(call->out, '{');
    return 0;
}

int um_set_multi(struct simb_call *call)
{
    uint8_t *is_multi = &call->b->um->is_multi[call->account->owner];
    struct perp_account *perp = um_account(call->b, call->account);
    const char *text;
    int wanted = 0;

    if (simb_want(call, "multiAssetsMargin", &text) < 0 ||
        simb_get_bool(call, "multiAssetsMargin", &wanted) < 0)
        return -1;
    if (wanted == *is_multi)
        return simb_fail(call, 400, -4171, "No need to change Multi-Assets mode.");
    for (uint32_t i = 0; wanted && i < perp->n; i++)
        if (perp->symbols[i].is_isolated)
            return simb_fail(call, 400, -4167,
                             "Unable to adjust to Multi-Assets mode with symbols of USDⓈ-M "
                             "Futures under isolated-margin mode.");
    *is_multi = wanted != 0;
    um_tell_config(call->b, call->account, UINT32_MAX);
    put_done(call);
    return 0;
}

int um_get_multi(struct simb_call *call)
{
    jout_open(call->out, '{');
    jout_kv_bool(call->out, "multiAssetsMargin", call->b->um->is_multi[call->account->owner]);
    jout_close(call->out, '{');
    return 0;
}

int um_symbol_config(struct simb_call *call)
{
    const struct perp_account *perp = um_account(call->b, call->account);
    uint32_t only = UINT32_MAX;
    struct jout *out = call->out;

    if (simb_param(call, "symbol") && simb_want_symbol(call, &only) < 0)
        return -1;
    jout_open(out, '[');
    for (uint32_t i = 0; i < perp->n; i++) {
        if (only != UINT32_MAX && only != i)
            continue;
        jout_open(out, '{');
        jout_kv_str(out, "symbol", pit_at(call->b->sim.pit, i)->name);
        jout_kv_str(out, "marginType", perp->symbols[i].is_isolated ? "ISOLATED" : "CROSSED");
        jout_kv_bool(out, "isAutoAddMargin", 0);
        jout_kv_int(out, "leverage", perp->symbols[i].leverage);
        jout_key(out, "maxNotionalValue");
        jout_dec(out,
                 perp_cap(&call->b->um->contracts[i], perp->symbols[i].leverage) /
                     num_pow10(SIMB_EXP),
                 0);
        jout_close(out, '{');
    }
    jout_close(out, '[');
    return 0;
}

int um_account_config(struct simb_call *call)
{
    const struct perp_account *perp = um_account(call->b, call->account);
    struct jout *out = call->out;

    jout_open(out, '{');
    jout_kv_int(out, "feeTier", 0);
    jout_kv_bool(out, "canTrade", (call->account->member->permissions & MEMBER_TRADE) != 0);
    jout_kv_bool(out, "canDeposit", 0);
    jout_kv_bool(out, "canWithdraw", 0);
    jout_kv_bool(out, "dualSidePosition", perp->is_hedged);
    jout_kv_time(out, "updateTime", call->account->t_update);
    jout_kv_bool(out, "multiAssetsMargin", call->b->um->is_multi[call->account->owner]);
    jout_kv_int(out, "tradeGroupId", -1);
    jout_close(out, '{');
    return 0;
}

int um_order_rates(struct simb_call *call)
{
    simb_put_order_limits(call, call->out, 1);
    return 0;
}

/* --- history --- */

int um_my_trades(struct simb_call *call)
{
    struct simb *b = call->b;
    uint64_t first = b->n_fills > SIMB_FILLS_KEPT ? b->n_fills - SIMB_FILLS_KEPT : 0;
    int64_t limit, id = 0, from = 0, matching = 0;
    agon_ns_t start = 0, end = INT64_MAX;
    int has_id, has_from, has_start, has_end;
    struct jout *out = call->out;
    uint32_t sym;

    if (simb_want_symbol(call, &sym) < 0 || simb_get_limit(call, 500, 1000, &limit) < 0 ||
        simb_get_int(call, "orderId", &id, &has_id) < 0 ||
        simb_get_int(call, "fromId", &from, &has_from) < 0 ||
        simb_get_time(call, "startTime", &start, &has_start) < 0 ||
        simb_get_time(call, "endTime", &end, &has_end) < 0)
        return -1;
    jout_open(out, '[');
    for (int pass = 0; pass < 2; pass++) {
        int64_t skip = has_from || has_start || matching <= limit ? 0 : matching - limit, n = 0;

        for (uint64_t i = first; i < b->n_fills; i++) {
            const struct simb_fill *fill = &b->fills[i % SIMB_FILLS_KEPT];
            agon_ns_t ms = fill->t - fill->t % SIMB_NS_PER_MS;

            if (fill->account != call->account || fill->sym != sym ||
                (has_id && fill->order_id != (uint64_t)id) || fill->trade_id < (uint64_t)from ||
                ms < start || ms > end || !simb_past_is_seen(call, fill))
                continue;
            n++;
            if (pass == 0 || n <= skip || n - skip > limit)
                continue;
            jout_open(out, '{');
            jout_kv_str(out, "symbol", pit_at(b->sim.pit, sym)->name);
            jout_kv_int(out, "id", (int64_t)fill->trade_id);
            jout_kv_int(out, "orderId", (int64_t)fill->order_id);
            jout_kv_str(out, "side", fill->is_buyer ? "BUY" : "SELL");
            um_put_px(b, out, "price", sym, fill->px);
            um_put_qty(b, out, "qty", sym, fill->qty);
            jout_kv_dec(out, "realizedPnl", fill->realised_amt, SIMB_EXP);
            jout_kv_str(out, "marginAsset", UM_MARGIN_ASSET);
            jout_kv_dec(out, "quoteQty", fill->amt, SIMB_EXP);
            jout_kv_dec(out, "commission", fill->fee_amt, SIMB_EXP);
            jout_kv_str(out, "commissionAsset", UM_MARGIN_ASSET);
            jout_kv_time(out, "time", fill->t);
            jout_kv_str(out, "positionSide", um_side_names[fill->side]);
            jout_kv_bool(out, "buyer", fill->is_buyer);
            jout_kv_bool(out, "maker", fill->is_maker);
            jout_close(out, '{');
        }
        matching = n;
    }
    jout_close(out, '[');
    return 0;
}

int um_income(struct simb_call *call)
{
    const struct simum *um = call->b->um;
    uint64_t first = um->n_incomes > UM_INCOMES_KEPT ? um->n_incomes - UM_INCOMES_KEPT : 0;
    const char *type = simb_param(call, "incomeType");
    agon_ns_t start = 0, end = INT64_MAX;
    uint32_t only = UINT32_MAX;
    int64_t limit, n = 0;
    int has_start, has_end;
    struct jout *out = call->out;
    char trade[24];

    if ((simb_param(call, "symbol") && simb_want_symbol(call, &only) < 0) ||
        simb_get_limit(call, 100, 1000, &limit) < 0 ||
        simb_get_time(call, "startTime", &start, &has_start) < 0 ||
        simb_get_time(call, "endTime", &end, &has_end) < 0)
        return -1;
    jout_open(out, '[');
    for (uint64_t i = first; i < um->n_incomes && n < limit; i++) {
        const struct um_income *income = &um->incomes[i % UM_INCOMES_KEPT];
        agon_ns_t ms = income->t - income->t % SIMB_NS_PER_MS;

        if (income->account != call->account || ms < start || ms > end ||
            (type && *type && strcmp(type, income->type) != 0) ||
            (only != UINT32_MAX && (!income->has_sym || income->sym != only)))
            continue;
        n++;
        trade[0] = '\0';
        if (income->trade_id)
            snprintf(trade, sizeof(trade), "%llu", (unsigned long long)income->trade_id);
        jout_open(out, '{');
        jout_kv_str(out, "symbol",
                    income->has_sym ? pit_at(call->b->sim.pit, income->sym)->name : "");
        jout_kv_str(out, "incomeType", income->type);
        jout_kv_dec(out, "income", income->amt, SIMB_EXP);
        jout_kv_str(out, "asset", UM_MARGIN_ASSET);
        jout_kv_str(out, "info", income->trade_id ? trade : income->type);
        jout_kv_time(out, "time", income->t);
        jout_kv_int(out, "tranId", (int64_t)income->tran_id);
        jout_kv_str(out, "tradeId", trade);
        jout_close(out, '{');
    }
    jout_close(out, '[');
    return 0;
}

static int64_t fee_of(const struct simb_call *call, uint32_t sym, int is_maker)
{
    const struct member *member = call->account->member;
    const struct pit_symbol *symbol = pit_at(call->b->sim.pit, sym);

    if (member->has_fees)
        return is_maker ? member->maker_fee_ppb : member->taker_fee_ppb;
    return is_maker ? symbol->maker_fee_ppb : symbol->taker_fee_ppb;
}

int um_commission(struct simb_call *call)
{
    uint32_t sym;

    if (simb_want_symbol(call, &sym) < 0)
        return -1;
    jout_open(call->out, '{');
    jout_kv_str(call->out, "symbol", pit_at(call->b->sim.pit, sym)->name);
    jout_kv_dec(call->out, "makerCommissionRate", fee_of(call, sym, 1) / 1000, 6);
    jout_kv_dec(call->out, "takerCommissionRate", fee_of(call, sym, 0) / 1000, 6);
    jout_close(call->out, '{');
    return 0;
}

static void put_number(struct jout *out, const char *key, int64_t value, int exp)
{
    char text[NUM_TEXT];

    jout_key(out, key);
    jout_raw(out, text, (size_t)num_format_short(value, exp, text));
}

int um_brackets(struct simb_call *call)
{
    uint32_t only = UINT32_MAX;
    struct jout *out = call->out;

    if (simb_param(call, "symbol") && simb_want_symbol(call, &only) < 0)
        return -1;
    jout_open(out, '[');
    for (uint32_t i = 0; i < pit_count(call->b->sim.pit); i++) {
        const struct perp_contract *contract = &call->b->um->contracts[i];
        agon_amt_t floor_amt = 0;

        if (only != UINT32_MAX && only != i)
            continue;
        jout_open(out, '{');
        jout_kv_str(out, "symbol", pit_at(call->b->sim.pit, i)->name);
        jout_key(out, "brackets");
        jout_open(out, '[');
        for (uint32_t k = 0; k < contract->n_brackets; k++) {
            const struct perp_bracket *bracket = &contract->brackets[k];

            jout_open(out, '{');
            jout_kv_int(out, "bracket", k + 1);
            jout_kv_int(out, "initialLeverage", bracket->leverage);
            jout_kv_int(out, "notionalCap", bracket->cap_amt / num_pow10(SIMB_EXP));
            jout_kv_int(out, "notionalFloor", floor_amt / num_pow10(SIMB_EXP));
            put_number(out, "maintMarginRatio", bracket->maint_ppb, PERP_RATE_EXP);
            put_number(out, "cum", bracket->cum_amt, SIMB_EXP);
            jout_close(out, '{');
            floor_amt = bracket->cap_amt;
        }
        jout_close(out, '[');
        jout_close(out, '{');
    }
    jout_close(out, '[');
    return 0;
}

int um_force_orders(struct simb_call *call)
{
    struct simb *b = call->b;
    struct jout *out = call->out;

    jout_open(out, '[');
    for (uint32_t i = 0; i < b->n_orders; i++) {
        const struct simb_order *order = b->orders[i];

        if (order->account != call->account || !order->um->is_liquidation)
            continue;
        jout_open(out, '{');
        jout_kv_int(out, "orderId", (int64_t)order->id);
        jout_kv_str(out, "symbol", pit_at(b->sim.pit, order->sym)->name);
        jout_kv_str(out, "status", simb_status_names[order->status]);
        jout_kv_str(out, "clientOrderId", order->client);
        um_put_px(b, out, "price", order->sym, order->px);
        um_put_qty(b, out, "origQty", order->sym, order->qty);
        um_put_qty(b, out, "executedQty", order->sym, order->filled_qty);
        jout_kv_str(out, "side", order->side == AGON_BUY ? "BUY" : "SELL");
        jout_kv_str(out, "positionSide", um_side_names[order->um->side]);
        jout_kv_time(out, "time", order->t_create);
        jout_kv_time(out, "updateTime", order->t_update);
        jout_close(out, '{');
    }
    jout_close(out, '[');
    return 0;
}

int um_adl(struct simb_call *call)
{
    return simb_empty_list(call);
}

/* --- listen keys: one per account, named by the API key alone --- */

int um_listen_new(struct simb_call *call)
{
    return simb_listen_new(call);
}

static int has_key(struct simb_call *call)
{
    if (!call->account->listen_until)
        return simb_fail(call, 400, -1125, "This listenKey does not exist.");
    return 0;
}

int um_listen_keep(struct simb_call *call)
{
    return has_key(call) < 0 ? -1 : simb_listen_new(call);
}

int um_listen_end(struct simb_call *call)
{
    if (has_key(call) < 0)
        return -1;
    call->account->listen_until = 0;
    simb_user_ended(call->b, call->account, NULL);
    return simb_ping(call);
}
