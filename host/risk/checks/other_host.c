// SPDX-License-Identifier: Apache-2.0
/* other_host: while another host trades the account no agent's order leaves, also none that only
 * reduces: it would come up at the exchange as a rival's. The host's own exits and closings, which
 * no check sees, leave as under any halt. */
#include "risk/checks/checks.h"

static enum risk_verdict judge_other_host(const struct risk_view *view,
                                          const struct agon_intent *intent)
{
    (void)intent;
    return view->is_other_host ? RISK_REFUSE : RISK_PASS;
}

const struct risk_check risk_other_host = {
    .name = "other_host", .reason = REASON_OTHER_HOST, .is_soft = 0, .judge = judge_other_host};
