// SPDX-License-Identifier: Apache-2.0
/* orders_rig: what a venue may say of an order, for the programs that test the table of orders. */
#ifndef TESTS_UNIT_EXEC_ORDERS_RIG_H
#define TESTS_UNIT_EXEC_ORDERS_RIG_H

#include <check.h>

#include "exec/orders.h"

static inline struct record_report report_of(const struct order *order, uint8_t kind, agon_px_t px,
                                             agon_qty_t qty, agon_qty_t cum_qty, uint64_t fill)
{
    return (struct record_report){.order_id = order->id,
                                  .kind = kind,
                                  .side = order->side,
                                  .px = px,
                                  .qty = qty,
                                  .cum_qty = cum_qty,
                                  .venue_fill = fill};
}

#endif
