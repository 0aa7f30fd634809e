// SPDX-License-Identifier: Apache-2.0
/* valuation: limits are in the base currency, so what is priced in another asset is judged only by
 * a fresh price of that asset; without one, only an order that reduces may leave. */
#include "risk/checks/checks.h"

static enum risk_verdict judge_valuation(const struct risk_view *view,
                                         const struct agon_intent *intent)
{
    (void)intent;
    return view->is_unvalued ? RISK_REFUSE : RISK_PASS;
}

const struct risk_check risk_valuation = {
    .name = "valuation", .reason = REASON_NO_VALUATION, .is_soft = 1, .judge = judge_valuation};
