// SPDX-License-Identifier: Apache-2.0
/* too_large: an order whose notional, cost or reach no 64 bits hold is refused before it could be
 * filled: its figures stand at the edge of what counts, and say nothing of it. */
#include "risk/checks/checks.h"

static enum risk_verdict judge_too_large(const struct risk_view *view,
                                         const struct agon_intent *intent)
{
    (void)intent;
    return num_is_full(view->notional_amt) || num_is_full(view->position_amt) ||
                   num_is_full(view->cost_amt) || num_is_full(view->reach_qty) ||
                   num_is_full(view->reach_amt)
               ? RISK_REFUSE
               : RISK_PASS;
}

const struct risk_check risk_too_large = {
    .name = "too_large", .reason = REASON_TOO_LARGE, .is_soft = 0, .judge = judge_too_large};
