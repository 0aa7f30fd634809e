// SPDX-License-Identifier: Apache-2.0
/* funds: what orders lock and what trades move.
 *
 * Money is never made or lost by rounding. Both sides of a trade move the same two amounts, px *
 * qty and qty, each rounded down; what an order keeps locked is its rest rounded up. Since
 * ceil(a + b) - ceil(b) >= floor(a), what a fill sets free always covers what it has to pay. */
#include "base/error.h"
#include "base/num.h"
#include "market/instrument_kind.h"
#include "match/state.h"

#define PPB 1000000000

struct balance *funds_balance(const struct match *match, uint32_t owner, agon_asset_t asset)
{
    REQUIRE(owner < match->config.max_owners && asset <= ASSETS_MAX);
    return &match->balances[(size_t)owner * (ASSETS_MAX + 1) + asset];
}

static void tell(struct match *match, uint32_t owner, agon_asset_t asset)
{
    if (match->sink.on_balance)
        match->sink.on_balance(match->sink.ctx, owner, asset);
}

agon_amt_t funds_notional(const struct match *match, const struct market *market, agon_px_t px,
                          agon_qty_t qty, enum num_round round)
{
    return instruments_notional(match->table, market->def, px, qty, round);
}

agon_amt_t funds_base_amt(const struct match *match, const struct market *market, agon_qty_t qty,
                          enum num_round round)
{
    const struct asset *base = instruments_asset(match->table, market->def->base);

    return num_rescale(qty, market->def->qty_exp, base->exp, round);
}

agon_qty_t funds_buyable_qty(const struct match *match, const struct market *market, agon_px_t px,
                             agon_amt_t amt)
{
    const struct agon_instrument *def = market->def;
    const struct asset *quote = instruments_asset(match->table, def->quote);
    int shift = def->px_exp + def->qty_exp - quote->exp;
    agon_qty_t qty;

    if (amt <= 0)
        return 0;
    if (shift > NUM_EXP_MAX) // in two steps: at worst a little less
        qty = num_mul_div(num_mul_div(amt, num_pow10(NUM_EXP_MAX), px, NUM_DOWN),
                          num_pow10(shift - NUM_EXP_MAX), 1, NUM_DOWN);
    else if (shift >= 0)
        qty = num_mul_div(amt, num_pow10(shift), px, NUM_DOWN);
    else
        qty = num_div(num_div(amt, px, NUM_DOWN), num_pow10(-shift), NUM_DOWN);
    qty = num_to_step(qty, def->lot_qty, NUM_DOWN);
    // What would cost nothing after rounding is not bought: an order would take dust for ever.
    return funds_notional(match, market, px, qty, NUM_DOWN) > 0 ? qty : 0;
}

static int32_t fee_ppb(const struct market *market, uint32_t owner, int is_maker)
{
    const struct owner_market *mine = &market->owners[owner];

    if (mine->has_fees)
        return is_maker ? mine->maker_ppb : mine->taker_ppb;
    return is_maker ? market->def->maker_fee_ppb : market->def->taker_fee_ppb;
}

agon_amt_t funds_beside(const struct market *market, uint32_t owner, agon_amt_t amt)
{
    int32_t maker = fee_ppb(market, owner, 1), taker = fee_ppb(market, owner, 0);
    int32_t ppb = maker > taker ? maker : taker;

    return market->rules.is_fee_quote && ppb > 0 ? num_mul_div(amt, ppb, PPB, NUM_UP) : 0;
}

agon_amt_t funds_need(const struct match *match, const struct market *market,
                      const struct match_order *order, agon_asset_t *asset)
{
    agon_qty_t rest = order->qty - order->filled_qty;
    agon_amt_t amt;

    *asset = 0;
    if (!match->balances || !is_spot(market))
        return 0;
    if (order->side == AGON_SELL) {
        *asset = market->def->base;
        return funds_base_amt(match, market, rest, NUM_UP);
    }
    *asset = market->def->quote;
    if (order->quote_amt != 0)
        amt = order->quote_amt - order->filled_quote_amt;
    else if (order->px == 0) // at any price: paid from what is free, fill by fill
        return 0;
    else
        amt = funds_notional(match, market, order->px, rest, NUM_UP);
    return num_add(amt, funds_beside(market, order->owner, amt));
}

/* As funds_buyable_qty in units of 10^-exp and rounded up; NUM_MAX: more than 64 bits hold. */
static int64_t buyable(const struct match *match, const struct market *market, agon_px_t px,
                       agon_amt_t amt, int exp)
{
    const struct asset *quote = instruments_asset(match->table, market->def->quote);
    int shift = market->def->px_exp + exp - quote->exp;
    int first = shift > NUM_EXP_MAX ? NUM_EXP_MAX : shift;

    if (shift < 0)
        return num_div(num_div(amt, px, NUM_UP), num_pow10(-shift), NUM_UP);
    return num_mul(num_mul_div(amt, num_pow10(first), px, NUM_UP), num_pow10(shift - first));
}

int funds_has_room(const struct match *match, const struct market *market,
                   const struct match_order *order, agon_px_t px)
{
    const struct owner_market *mine = &market->owners[order->owner];
    const struct asset *base = instruments_asset(match->table, market->def->base);
    const struct balance *got;
    agon_amt_t got_amt;
    num128_t sum;

    if (order->quote_amt != 0 && px != 0 &&
        num_is_full(buyable(match, market, px, order->quote_amt, market->def->qty_exp)))
        return 0;
    if (!is_spot(market)) {
        sum = (num128_t)num_abs(mine->position_qty) + order->qty;
        return sum < NUM_MAX;
    }
    if (!match->balances)
        return 1;
    if (order->side == AGON_SELL) {
        got = funds_balance(match, order->owner, market->def->quote);
        got_amt = px != 0 ? funds_notional(match, market, px, order->qty, NUM_UP) : 0;
    } else {
        got = funds_balance(match, order->owner, market->def->base);
        if (order->quote_amt == 0)
            got_amt = funds_base_amt(match, market, order->qty, NUM_UP);
        else
            got_amt = px != 0 ? buyable(match, market, px, order->quote_amt, base->exp) : 0;
    }
    sum = (num128_t)got->free_amt + got->locked_amt + got_amt;
    return got_amt < NUM_MAX && sum < NUM_MAX;
}

/* The most that a fee or rebate of amt can be, rounding included. */
static num128_t fee_bound(const struct market *market, const struct order *order, agon_amt_t amt)
{
    const struct owner_market *mine = &market->owners[order->pub.owner];
    int64_t maker = num_abs(mine->has_fees ? mine->maker_ppb : market->def->maker_fee_ppb);
    int64_t taker = num_abs(mine->has_fees ? mine->taker_ppb : market->def->taker_fee_ppb);

    return (num128_t)amt * (maker > taker ? maker : taker) / PPB + 1;
}

static int fits_spot(const struct match *match, const struct market *market,
                     const struct order *order, agon_amt_t base_amt, agon_amt_t quote_amt)
{
    int is_buy = order->pub.side == AGON_BUY;
    const struct balance *got;
    agon_amt_t got_amt = is_buy ? base_amt : quote_amt;

    if (!match->balances)
        return 1;
    got = funds_balance(match, order->pub.owner, is_buy ? market->def->base : market->def->quote);
    return (num128_t)got->free_amt + got->locked_amt + got_amt + fee_bound(market, order, got_amt) <
           NUM_MAX;
}

static int fits_derivative(const struct match *match, const struct market *market,
                           const struct order *order, agon_amt_t quote_amt, agon_qty_t qty)
{
    const struct owner_market *mine = &market->owners[order->pub.owner];
    num128_t cost = (num128_t)mine->cost_amt + quote_amt + 1;
    num128_t sum;

    if ((num128_t)num_abs(mine->position_qty) + qty >= NUM_MAX || cost >= NUM_MAX)
        return 0;
    if (!match->balances)
        return 1;
    // What it realises is at most what the position cost and what closes brings.
    sum = cost + fee_bound(market, order, quote_amt);
    sum += num_abs(funds_balance(match, order->pub.owner, market->def->settle)->free_amt);
    return sum < NUM_MAX;
}

int funds_fits(const struct match *match, const struct market *market, const struct order *order,
               agon_px_t px, agon_qty_t qty, int times)
{
    agon_amt_t quote_amt = funds_notional(match, market, px, qty, NUM_UP);
    agon_amt_t base_amt = is_spot(market) ? funds_base_amt(match, market, qty, NUM_UP) : 0;
    agon_amt_t total_amt;
    agon_qty_t total_qty;

    // Twice over for a trade with oneself: each of its sides is judged on what stands before both.
    if (!num_mul_checked(quote_amt, times, &quote_amt) || !num_mul_checked(qty, times, &qty) ||
        num_is_full(quote_amt) || num_is_full(base_amt) ||
        !num_add_checked(order->pub.filled_qty, qty, &total_qty) ||
        !num_add_checked(order->pub.filled_quote_amt, quote_amt, &total_amt))
        return 0;
    if (match->sink.may_fill && !match->sink.may_fill(match->sink.ctx, &order->pub, px, qty, times))
        return 0;
    return is_spot(market) ? fits_spot(match, market, order, base_amt, quote_amt)
                           : fits_derivative(match, market, order, quote_amt, qty);
}

int funds_has(const struct match *match, uint32_t owner, agon_asset_t asset, agon_amt_t amt)
{
    return !match->balances || amt <= 0 || funds_balance(match, owner, asset)->free_amt >= amt;
}

void funds_relock(struct match *match, struct order *order, agon_amt_t amt, agon_asset_t asset)
{
    struct balance *balance;

    if (!match->balances || (amt == order->locked_amt && asset == order->locked_asset))
        return;
    REQUIRE(order->locked_amt == 0 || asset == order->locked_asset);
    balance = funds_balance(match, order->pub.owner, asset);
    balance->free_amt += order->locked_amt - amt;
    balance->locked_amt += amt - order->locked_amt;
    REQUIRE(balance->locked_amt >= 0);
    order->locked_amt = amt;
    order->locked_asset = asset;
    tell(match, order->pub.owner, asset);
}

/* A fee is rounded up (a rebate thus towards nothing), and is never more than what it comes off. */
static agon_amt_t fee_of(agon_amt_t amt, int32_t ppb)
{
    agon_amt_t fee = num_mul_div(amt, ppb, PPB, NUM_UP);

    return fee > amt ? amt : fee;
}

static agon_amt_t settle_spot(struct match *match, struct market *market, struct order *order,
                              agon_qty_t qty, agon_amt_t quote_amt, int32_t ppb,
                              agon_asset_t *fee_asset)
{
    const struct agon_instrument *def = market->def;
    agon_amt_t base_amt = funds_base_amt(match, market, qty, NUM_DOWN);
    int is_buy = order->pub.side == AGON_BUY;
    agon_amt_t paid_amt = is_buy ? quote_amt : base_amt;
    agon_amt_t got_amt = is_buy ? base_amt : quote_amt;
    agon_asset_t paid_asset = is_buy ? def->quote : def->base;
    agon_asset_t got_asset = is_buy ? def->base : def->quote;
    int is_beside = is_buy && market->rules.is_fee_quote;
    agon_amt_t fee_amt = fee_of(is_beside ? quote_amt : got_amt, ppb);
    agon_asset_t lock_asset;
    agon_amt_t need_amt;
    struct balance *paid;
    struct balance *got;

    *fee_asset = is_beside ? def->quote : got_asset;
    if (!match->balances)
        return fee_amt;
    paid = funds_balance(match, order->pub.owner, paid_asset);
    need_amt = funds_need(match, market, &order->pub, &lock_asset);
    paid->free_amt += order->locked_amt - need_amt - paid_amt;
    paid->locked_amt -= order->locked_amt - need_amt;
    order->locked_amt = need_amt;
    REQUIRE(paid->free_amt >= 0 && paid->locked_amt >= 0);
    if (is_beside) { // rounded up at each fill, it may be a little more than was kept for it
        fee_amt = fee_amt > paid->free_amt ? paid->free_amt : fee_amt;
        paid->free_amt -= fee_amt;
    } else {
        got_amt -= fee_amt;
    }
    got = funds_balance(match, order->pub.owner, got_asset);
    REQUIRE(num_add_checked(got->free_amt, got_amt, &got->free_amt)); // funds_fits
    tell(match, order->pub.owner, paid_asset);
    tell(match, order->pub.owner, got_asset);
    return fee_amt;
}

/* The part of a fill that closes is settled against the position's average price, the rest opens.
 * An inverse instrument gains when the settled amount (counted in base) falls. */
static agon_amt_t realise(const struct match *match, const struct market *market,
                          struct owner_market *mine, int is_buy, agon_px_t px, agon_qty_t qty)
{
    agon_qty_t held = mine->position_qty;
    agon_qty_t signed_qty = is_buy ? qty : -qty;
    agon_qty_t closes = (held > 0) != is_buy && held != 0 ? num_abs(held) : 0;
    agon_amt_t realised = 0;

    if (closes > qty)
        closes = qty;
    if (closes > 0) {
        agon_amt_t cost = num_mul_div(mine->cost_amt, closes, num_abs(held), NUM_EVEN);
        agon_amt_t now = funds_notional(match, market, px, closes, NUM_DOWN);

        realised = held > 0 ? now - cost : cost - now;
        if (instrument_kind_is_in_base(market->def->kind))
            realised = -realised;
        mine->cost_amt -= cost;
    }
    if (qty > closes)
        REQUIRE(num_add_checked(mine->cost_amt,
                                funds_notional(match, market, px, qty - closes, NUM_DOWN),
                                &mine->cost_amt));
    REQUIRE(num_add_checked(held, signed_qty, &mine->position_qty)); // funds_fits
    return realised;
}

agon_amt_t funds_settle(struct match *match, struct market *market, struct order *order,
                        agon_px_t px, agon_qty_t qty, agon_amt_t quote_amt, int is_maker,
                        agon_asset_t *fee_asset)
{
    struct owner_market *mine = &market->owners[order->pub.owner];
    int32_t ppb = fee_ppb(market, order->pub.owner, is_maker);
    agon_amt_t realised_amt;
    agon_amt_t fee_amt;

    if (is_spot(market))
        return settle_spot(match, market, order, qty, quote_amt, ppb, fee_asset);
    if (mine->reduce_qty > 0)
        match->is_reduce_due = 1;
    realised_amt = realise(match, market, mine, order->pub.side == AGON_BUY, px, qty);
    fee_amt = num_mul_div(quote_amt, ppb, PPB, NUM_UP);
    *fee_asset = market->def->settle;
    if (match->balances) {
        struct balance *balance = funds_balance(match, order->pub.owner, market->def->settle);

        REQUIRE(num_add_checked(balance->free_amt, realised_amt - fee_amt, &balance->free_amt));
        tell(match, order->pub.owner, market->def->settle);
    }
    return fee_amt;
}
