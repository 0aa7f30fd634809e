// SPDX-License-Identifier: Apache-2.0
/* authorised: a slot trades the instruments and the account that its roster entry names, and no
 * others. */
#include "risk/checks/checks.h"

static enum risk_verdict judge_authorised(const struct risk_view *view,
                                          const struct agon_intent *intent)
{
    (void)intent;
    return view->instrument != NULL && view->is_authorised ? RISK_PASS : RISK_REFUSE;
}

const struct risk_check risk_authorised = {
    .name = "authorised", .reason = REASON_UNAUTHORISED, .is_soft = 0, .judge = judge_authorised};
