// SPDX-License-Identifier: Apache-2.0
/* reduce_only: an order that says reduce-only has to reduce. */
#include "risk/checks/checks.h"

static enum risk_verdict judge_reduce_only(const struct risk_view *view,
                                           const struct agon_intent *intent)
{
    return (intent->flags & AGON_REDUCE_ONLY) == 0 || view->is_reducing ? RISK_PASS : RISK_REFUSE;
}

const struct risk_check risk_reduce_only = {
    .name = "reduce_only", .reason = REASON_REDUCE_ONLY, .is_soft = 0, .judge = judge_reduce_only};
