// SPDX-License-Identifier: Apache-2.0
/* self_match: an order that would trade with another order of the same account is refused; the
 * newest gives way. */
#include "risk/checks/checks.h"

static enum risk_verdict judge_self_match(const struct risk_view *view,
                                          const struct agon_intent *intent)
{
    (void)intent;
    return view->would_self_match ? RISK_REFUSE : RISK_PASS;
}

const struct risk_check risk_self_match = {
    .name = "self_match", .reason = REASON_SELF_TRADE, .is_soft = 0, .judge = judge_self_match};
