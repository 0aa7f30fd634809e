// SPDX-License-Identifier: Apache-2.0
#include "match/answers.h"

#define FILTER(name)                                                                               \
    {                                                                                              \
        400, -1013, "Filter failure: " name                                                        \
    }
#define NO_ROOM                                                                                    \
    {                                                                                              \
        503, -1008,                                                                                \
            "Server is currently overloaded with other requests. Please try again in a few "       \
            "minutes."                                                                             \
    }

static const struct match_answer spot[] = {
    [MATCH_BAD_PRICE] = FILTER("PRICE_FILTER"),
    [MATCH_BAD_QTY] = FILTER("LOT_SIZE"),
    [MATCH_BAD_MARKET_QTY] = FILTER("MARKET_LOT_SIZE"),
    [MATCH_BAD_BAND] = FILTER("PERCENT_PRICE_BY_SIDE"),
    [MATCH_BAD_NOTIONAL] = FILTER("NOTIONAL"),
    [MATCH_MANY_ORDERS] = FILTER("MAX_NUM_ORDERS"),
    [MATCH_MANY_STOPS] = FILTER("MAX_NUM_ALGO_ORDERS"),
    [MATCH_BAD_FIELD] = {400, -2010, "Unsupported order combination"},
    [MATCH_NO_FUNDS] = {400, -2010, "Account has insufficient balance for requested action."},
    [MATCH_WOULD_TAKE] = {400, -2010, "Order would immediately match and take."},
    [MATCH_WOULD_TRIGGER] = {400, -2010, "Order would trigger immediately."},
    [MATCH_NOT_TRADING] = {400, -2010, "Market is closed."},
    [MATCH_NO_ROOM] = NO_ROOM,
    [MATCH_UNKNOWN_ORDER] = {400, -2010, "Unknown order sent."},
    [MATCH_NO_LIQUIDITY] = {400, -2010,
                            "Order book liquidity is less than symbol minimum quantity."},
    [MATCH_TOO_LARGE] = {400, -2010, "Order would make a balance too large."},
};
static const struct match_answer um[] = {
    [MATCH_BAD_PRICE] = {400, -4014, "Price not increased by tick size."},
    [MATCH_BAD_QTY] = {400, -1111, "Precision is over the maximum defined for this asset."},
    [MATCH_BAD_MARKET_QTY] = {400, -4005, "Quantity greater than max quantity."},
    [MATCH_BAD_BAND] = {400, -4016, "Limit price can't be higher than the band."},
    [MATCH_BAD_NOTIONAL] =
        {400, -4164,
         "Order's notional must be no smaller than the minimum (unless you choose "
         "reduce only)."},
    [MATCH_MANY_ORDERS] = {400, -2025, "Reach max open order limit."},
    [MATCH_MANY_STOPS] = {400, -4045, "Reach max stop order limit."},
    [MATCH_NO_FUNDS] = {400, -2019, "Margin is insufficient."},
    [MATCH_WOULD_TAKE] = {400, -5022,
                          "Due to the order could not be executed as maker, the Post Only order "
                          "will be rejected. The order will not be recorded in the order history"},
    [MATCH_WOULD_TRIGGER] = {400, -2021, "Order would immediately trigger."},
    [MATCH_REDUCE_ONLY] = {400, -2022, "ReduceOnly Order is rejected."},
    [MATCH_UNKNOWN_ORDER] = {400, -2011, "Unknown order sent."},
    [MATCH_TOO_LARGE] = {400, -2010, "Order would make a balance or position too large."},
    [MATCH_NO_ROOM] = NO_ROOM,
};

/* Futures name the end of the bound. */
static struct match_answer um_bound(const struct agon_instrument *instrument,
                                    const struct match_order *order, enum match_reject reject)
{
    static const struct match_answer zero_px = {400, -4001, "Price less than 0."},
                                     high_px = {400, -4002, "Price greater than max price."},
                                     low_px = {400, -4013, "Price less than min price."},
                                     zero_qty = {400, -4003,
                                                 "Quantity less than or equal to zero."},
                                     low_qty = {400, -4004, "Quantity less than min quantity."},
                                     low_band = {400, -4024,
                                                 "Limit price can't be lower than the band."};
    agon_px_t px = order->px != 0 ? order->px : order->trigger_px;

    if (reject == MATCH_BAD_PRICE)
        return px <= 0                                              ? zero_px
               : instrument->max_px != 0 && px > instrument->max_px ? high_px
               : px < instrument->min_px                            ? low_px
                                                                    : um[reject];
    if (reject == MATCH_BAD_QTY)
        return order->qty <= 0                         ? zero_qty
               : order->qty % instrument->lot_qty != 0 ? um[reject]
               : order->qty < instrument->min_qty      ? low_qty
                                                       : um[MATCH_BAD_MARKET_QTY];
    return reject == MATCH_BAD_BAND && order->side == AGON_SELL ? low_band : um[reject];
}

struct match_answer match_answer(enum rules_market market, const struct agon_instrument *instrument,
                                 const struct match_order *order, enum match_reject reject)
{
    static const struct match_answer other = {400, -2010, "NEW_ORDER_REJECTED"};
    size_t n = market == RULES_UM ? sizeof(um) / sizeof(um[0]) : sizeof(spot) / sizeof(spot[0]);
    struct match_answer answer = {0};

    if ((size_t)reject < n)
        answer = market == RULES_UM ? um_bound(instrument, order, reject) : spot[reject];
    return answer.text != NULL ? answer : other;
}
