// SPDX-License-Identifier: Apache-2.0
/* priced: while anything that the slot holds has no live price its loss is not known, and no new
 * risk is taken on top of it. */
#include "risk/checks/checks.h"

static enum risk_verdict judge_priced(const struct risk_view *view,
                                      const struct agon_intent *intent)
{
    (void)intent;
    return view->is_unpriced ? RISK_REFUSE : RISK_PASS;
}

const struct risk_check risk_priced = {
    .name = "priced", .reason = REASON_UNPRICED, .is_soft = 1, .judge = judge_priced};
