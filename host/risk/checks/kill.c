// SPDX-License-Identifier: Apache-2.0
/* kill: while the kill switch is thrown nothing leaves but cancels, which no check sees. */
#include "risk/checks/checks.h"

static enum risk_verdict judge_kill(const struct risk_view *view, const struct agon_intent *intent)
{
    (void)intent;
    return view->is_killed ? RISK_REFUSE : RISK_PASS;
}

const struct risk_check risk_kill = {
    .name = "kill", .reason = REASON_KILL, .is_soft = 0, .judge = judge_kill};
