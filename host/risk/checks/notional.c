// SPDX-License-Identifier: Apache-2.0
/* notional: one order may not be worth more than the slot's largest order (RTS 6 article
 * 15(1)(b)). */
#include "base/error.h"
#include "risk/checks/checks.h"

static enum risk_verdict judge_notional(const struct risk_view *view,
                                        const struct agon_intent *intent)
{
    (void)intent;
    REQUIRE(view->notional_amt >= 0); // below 0 it would be within every limit
    return view->limits->order_amt == 0 || view->notional_amt <= view->limits->order_amt
               ? RISK_PASS
               : RISK_REFUSE;
}

const struct risk_check risk_notional = {
    .name = "notional", .reason = REASON_NOTIONAL, .is_soft = 1, .judge = judge_notional};
