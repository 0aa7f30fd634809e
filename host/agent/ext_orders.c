// SPDX-License-Identifier: Apache-2.0
/* ext_orders: agon.orders/1.
 *
 * What is refused here is what can never be right, whatever the market: the author learns of it in
 * the call. Everything that depends on state (filters, limits, halts, whose instrument it is) is
 * for the risk gate to judge, whose word comes as an ORDER event. The gate trusts nothing of this:
 * in a process runner this code runs in the child. */
#include "agent/feed_state.h"
#include "base/num.h"
#include "market/order_type.h"

static int is_price_sane(const struct agon_intent *leg)
{
    return (order_type_has_px(leg->type) ? leg->px > 0 : leg->px == 0) &&
           (order_type_waits(leg->type) ? leg->trigger_px > 0 : leg->trigger_px == 0);
}

static int is_time_sane(const struct agon_intent *leg)
{
    if (leg->tif > AGON_TIF_GTD)
        return 0;
    return leg->tif == AGON_TIF_GTD ? leg->t_expire > 0 : leg->t_expire == 0;
}

static int is_order_sane(const struct agon_intent *leg)
{
    return (leg->side == AGON_BUY || leg->side == AGON_SELL) && order_type_is(leg->type) &&
           is_price_sane(leg) && is_time_sane(leg) && leg->qty > 0 && leg->show_qty >= 0 &&
           leg->show_qty <= leg->qty;
}

static int is_sane(const struct feed *feed, const struct agon_intent *leg)
{
    int is_known = instruments_get(&feed->instruments, leg->instrument) != NULL;

    if ((leg->flags & ~(uint32_t)(AGON_POST_ONLY | AGON_REDUCE_ONLY)) != 0)
        return 0;
    switch (leg->kind) {
    case AGON_INTENT_ORDER:
        return is_known && is_order_sane(leg);
    case AGON_INTENT_QUOTE: // qty 0 takes the leg away
        return is_known && (leg->side == AGON_BUY || leg->side == AGON_SELL) &&
               leg->type == AGON_LIMIT && is_time_sane(leg) && leg->show_qty == 0 &&
               leg->trigger_px == 0 && (leg->qty == 0 ? leg->px >= 0 : leg->qty > 0 && leg->px > 0);
    case AGON_INTENT_REPLACE: // 0: as it was
        return is_known && leg->client_ref != 0 && leg->px >= 0 && leg->trigger_px >= 0 &&
               leg->qty >= 0 && leg->show_qty >= 0 && (leg->px > 0 || leg->qty > 0) &&
               leg->t_expire >= 0;
    case AGON_INTENT_CANCEL:
        return leg->client_ref != 0 && (leg->instrument == 0 || is_known);
    case AGON_INTENT_CANCEL_ALL:
        return leg->instrument == 0 || is_known;
    case AGON_INTENT_TARGET:
        return is_known && leg->side == 0 && leg->qty >= NUM_MIN && leg->px >= 0 &&
               leg->trigger_px == 0 && (leg->type == 0 || order_type_is(leg->type)) &&
               !order_type_waits(leg->type) && is_time_sane(leg);
    default:
        return 0;
    }
}

/* A quote is one instrument's: at most one leg for each side. */
static int is_quote_sane(const struct agon_intent *legs, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++)
        if (legs[i].kind == AGON_INTENT_QUOTE || legs[0].kind == AGON_INTENT_QUOTE)
            return n == 2 && legs[0].kind == legs[1].kind && legs[0].side != legs[1].side &&
                   legs[0].instrument == legs[1].instrument && legs[0].account == legs[1].account;
    return 1;
}

static int submit(const struct agon_host *host, const struct agon_intent *legs, uint32_t n)
{
    int rc;
    struct feed *feed = feed_enter(host, FEED_EVENT, &rc);
    struct agon_intent_event record = {
        .hdr = {.type = AGON_EVENT_INTENT, .granules = sizeof(record) / EVENT_GRANULE}};

    if (feed == NULL)
        return rc;
    if (legs == NULL || n == 0 || n > AGON_LEGS_MAX || !is_quote_sane(legs, n))
        return AGON_EINVAL;
    for (uint32_t i = 0; i < n; i++)
        if (!is_sane(feed, &legs[i]))
            return AGON_EINVAL;
    if (!feed_has_room(feed, n * record.hdr.granules))
        return AGON_EAGAIN;
    for (uint32_t i = 0; i < n; i++) {
        record.hdr.instrument = legs[i].instrument;
        record.origin = feed_origin(feed, i, n);
        record.intent = legs[i];
        feed_put(feed, &record.hdr);
    }
    return AGON_OK;
}

static int open_orders(const struct agon_host *host, struct agon_order *orders, uint32_t max)
{
    int rc;
    struct feed *feed = feed_enter(host, FEED_ANY, &rc);
    uint32_t n;

    if (feed == NULL)
        return rc;
    if (orders == NULL && max > 0)
        return AGON_EINVAL;
    n = feed->n_orders < max ? feed->n_orders : max;
    if (n > 0)
        memcpy(orders, feed->orders, n * sizeof(*orders));
    return (int)feed->n_orders;
}

const struct agon_host_orders ext_orders = {.submit = submit, .open_orders = open_orders};
