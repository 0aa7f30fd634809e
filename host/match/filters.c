// SPDX-License-Identifier: Apache-2.0
#include "base/num.h"
#include "market/instrument_kind.h"
#include "market/order_type.h"
#include "match/state.h"

static enum match_reject check_px(const struct agon_instrument *def, agon_px_t px)
{
    if (px <= 0 || px % def->tick_px != 0)
        return MATCH_BAD_PRICE;
    if (px < def->min_px || (def->max_px != 0 && px > def->max_px))
        return MATCH_BAD_PRICE;
    return MATCH_OK;
}

static enum match_reject check_qty(const struct agon_instrument *def, agon_qty_t qty)
{
    if (qty <= 0 || qty % def->lot_qty != 0)
        return MATCH_BAD_QTY;
    if (qty < def->min_qty || (def->max_qty != 0 && qty > def->max_qty))
        return MATCH_BAD_QTY;
    return MATCH_OK;
}

/* A market order is judged by what its market costs by the rules, without any by the last trade, or
 * by the best price it would meet; where none is known there is nothing to judge by. */
static agon_px_t judge_px(const struct match *match, const struct market *market,
                          const struct match_order *order, agon_ns_t t)
{
    struct agon_level best;

    if (order_type_has_px(order->type))
        return order->px;
    if (order_type_waits(order->type))
        return order->trigger_px;
    if (market->has_rules)
        best.px = terms_reference_px(match, market, t);
    else
        best.px = market->last_px;
    if (best.px == 0)
        book_best(market->book, opposite(order->side), &best);
    return best.px;
}

static enum match_reject check_notional(const struct match *match, const struct market *market,
                                        const struct match_order *order, agon_qty_t qty,
                                        agon_ns_t t)
{
    const struct rules *rules = &market->rules;
    agon_px_t px = judge_px(match, market, order, t);
    agon_amt_t amt;

    if (px == 0)
        return MATCH_OK;
    amt = funds_notional(match, market, px, qty, NUM_UP);
    if (amt == NUM_MAX) // saturated: no account could pay it, and no sum could hold it
        return MATCH_BAD_NOTIONAL;
    if (market->has_rules && rules->max_notional_amt > 0 && amt > rules->max_notional_amt &&
        (!order_type_is_at_market(order->type) || rules->is_most_market))
        return MATCH_BAD_NOTIONAL;
    if (market->has_rules && ((order_type_is_at_market(order->type) && !rules->is_least_market) ||
                              (rules->market == RULES_UM && (order->flags & AGON_REDUCE_ONLY))))
        return MATCH_OK;
    return funds_notional(match, market, px, qty, NUM_DOWN) < market->def->min_notional_amt
               ? MATCH_BAD_NOTIONAL
               : MATCH_OK;
}

static enum match_reject check_market_qty(const struct market *market,
                                          const struct match_order *order)
{
    return market->has_rules && order_type_is_at_market(order->type) &&
                   market->rules.market_max_qty > 0 && order->qty > market->rules.market_max_qty
               ? MATCH_BAD_MARKET_QTY
               : MATCH_OK;
}

enum match_reject filters_amount(const struct match *match, const struct market *market,
                                 enum agon_side side, agon_amt_t quote_amt)
{
    const struct rules *rules = &market->rules;
    agon_px_t px = take_best_px(match, market, opposite(side));

    if (!market->has_rules)
        return quote_amt < market->def->min_notional_amt ? MATCH_BAD_NOTIONAL : MATCH_OK;
    // What it comes to at the price it would begin with.
    if (px > 0 && rules->market_max_qty > 0 && rules->market_max_qty < NUM_MAX &&
        funds_notional(match, market, px, rules->market_max_qty, NUM_UP) < quote_amt)
        return MATCH_BAD_MARKET_QTY;
    if (rules->is_least_market && quote_amt < market->def->min_notional_amt)
        return MATCH_BAD_NOTIONAL;
    return rules->is_most_market && rules->max_notional_amt > 0 &&
                   quote_amt > rules->max_notional_amt
               ? MATCH_BAD_NOTIONAL
               : MATCH_OK;
}

/* A buy by amount: the quantity that it comes to at the price it is judged by has to be one that an
 * order may have. */
static enum match_reject check_quote_amt(const struct match *match, const struct market *market,
                                         const struct match_order *order, agon_ns_t t)
{
    const struct agon_instrument *def = market->def;
    enum match_reject reason = filters_amount(match, market, order->side, order->quote_amt);
    agon_px_t px = judge_px(match, market, order, t);
    agon_qty_t qty;

    if (reason != MATCH_OK || px == 0 || def->max_qty == 0)
        return reason;
    qty = funds_buyable_qty(match, market, px, order->quote_amt);
    return qty > def->max_qty ? MATCH_BAD_QTY : MATCH_OK;
}

static int may_rest(const struct match_order *order)
{
    return order_type_has_px(order->type) && order->tif != AGON_TIF_IOC &&
           order->tif != AGON_TIF_FOK;
}

static enum match_reject check_fields(const struct match *match, const struct match_order *order,
                                      agon_ns_t t)
{
    int is_waiting = order_type_waits(order->type);

    if (order->owner >= match->config.max_owners)
        return MATCH_BAD_FIELD;
    if (order->side != AGON_BUY && order->side != AGON_SELL)
        return MATCH_BAD_FIELD;
    if (!order_type_is(order->type) || order->tif > AGON_TIF_GTD)
        return MATCH_BAD_FIELD;
    if (order->stp > MATCH_STP_EXPIRE_BOTH || order->is_take_profit > 1)
        return MATCH_BAD_FIELD;
    if ((order->flags & ~(uint32_t)(AGON_POST_ONLY | AGON_REDUCE_ONLY)) != 0)
        return MATCH_BAD_FIELD;
    if ((order->trigger_px != 0) != is_waiting || (order->is_take_profit && !is_waiting))
        return MATCH_BAD_FIELD;
    if ((order->flags & AGON_POST_ONLY) && !may_rest(order))
        return MATCH_BAD_FIELD;
    if (order_type_is_at_market(order->type) && !is_waiting && order->tif == AGON_TIF_GTD)
        return MATCH_BAD_FIELD;
    if (order->tif == AGON_TIF_GTD && order->t_expire <= t)
        return MATCH_BAD_FIELD;
    if (order->show_qty != 0 && order->show_qty != order->qty)
        return MATCH_BAD_FIELD;
    if (order->quote_amt != 0 &&
        (order->quote_amt < 0 || order->qty != 0 || order->type != AGON_MARKET ||
         order->side != AGON_BUY || order->tif == AGON_TIF_FOK || order->flags != 0))
        return MATCH_BAD_FIELD;
    return MATCH_OK;
}

int filters_is_open(const struct agon_instrument *def, const struct match_order *order)
{
    if (!instrument_kind_is_traded(def->kind))
        return 0;
    if (def->state == TRADING_POST_ONLY)
        return (order->flags & AGON_POST_ONLY) != 0;
    return def->state == TRADING_OPEN || def->state == 0; // 0: the venue has no such thing
}

enum match_reject filters_check(const struct match *match, const struct market *market,
                                const struct match_order *order, agon_ns_t t)
{
    const struct agon_instrument *def = market->def;
    enum match_reject reason = check_fields(match, order, t);

    if (reason == MATCH_OK && !filters_is_open(def, order))
        reason = MATCH_NOT_TRADING;
    if (reason == MATCH_OK && (order->flags & AGON_REDUCE_ONLY) && is_spot(market))
        reason = MATCH_REDUCE_ONLY;
    if (reason == MATCH_OK && order->quote_amt != 0 && !is_spot(market))
        reason = MATCH_BAD_FIELD;
    if (reason == MATCH_OK && (order->px != 0 || order_type_has_px(order->type)))
        reason = check_px(def, order->px);
    if (reason == MATCH_OK && order->trigger_px != 0)
        reason = check_px(def, order->trigger_px);
    if (reason == MATCH_OK)
        reason = terms_check_band(match, market, order, t);
    if (reason != MATCH_OK)
        return reason;
    if (order->quote_amt != 0)
        return check_quote_amt(match, market, order, t);
    reason = check_qty(def, order->qty);
    if (reason == MATCH_OK)
        reason = check_market_qty(market, order);
    if (reason == MATCH_OK)
        reason = check_notional(match, market, order, order->qty, t);
    return reason != MATCH_OK ? reason : terms_check_count(match, market, order);
}

enum match_reject filters_amend(const struct match *match, const struct market *market,
                                const struct match_order *order, agon_px_t px, agon_qty_t qty,
                                agon_ns_t t)
{
    const struct agon_instrument *def = market->def;
    struct match_order changed = *order;
    enum match_reject reason = filters_is_open(def, order) ? MATCH_OK : MATCH_NOT_TRADING;

    changed.px = px;
    if (reason == MATCH_OK && (px != 0 || !order_type_is_at_market(order->type)))
        reason = check_px(def, px);
    if (reason == MATCH_OK && px != order->px)
        reason = terms_check_band(match, market, &changed, t);
    if (reason == MATCH_OK)
        reason = check_qty(def, qty);
    if (reason == MATCH_OK && qty <= order->filled_qty)
        reason = MATCH_BAD_QTY;
    return reason != MATCH_OK ? reason : check_notional(match, market, &changed, qty, t);
}
