// SPDX-License-Identifier: Apache-2.0
/* open_orders: at most so many orders of a slot are open at a time. */
#include "risk/checks/checks.h"

static enum risk_verdict judge_open_orders(const struct risk_view *view,
                                           const struct agon_intent *intent)
{
    (void)intent;
    return view->limits->max_open_orders == 0 || view->n_open < view->limits->max_open_orders
               ? RISK_PASS
               : RISK_REFUSE;
}

const struct risk_check risk_open_orders = {
    .name = "open_orders", .reason = REASON_OPEN_ORDERS, .is_soft = 1, .judge = judge_open_orders};
