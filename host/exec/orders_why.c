// SPDX-License-Identifier: Apache-2.0
/* orders_why: for people, why an order was made. */
#include "exec/orders.h"
#include "market/exit_reasons.h"

uint16_t orders_exit_reason(struct orders *orders, const struct record_report *fill)
{
    const struct order *order = orders_find(orders, fill->order_id);

    if (fill->is_forced)
        return EXIT_REASON_LIQUIDATION;
    if (order == NULL)
        return EXIT_REASON_NONE;
    return order->why != 0 ? order->why : EXIT_REASON_AGENT;
}

uint16_t orders_tag(struct orders *orders, const struct record_report *fill)
{
    const struct order *order = fill->is_forced ? NULL : orders_find(orders, fill->order_id);

    return order != NULL ? order->tag : 0;
}
