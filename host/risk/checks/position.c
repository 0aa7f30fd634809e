// SPDX-License-Identifier: Apache-2.0
/* position: the worth of what a slot may hold of one instrument, open orders counted as filled (RTS
 * 6 article 15(4)).
 *
 * Two orders can each be fine and together be too much, and when the second fill arrives it is too
 * late to refuse it. */
#include "base/error.h"
#include "risk/checks/checks.h"

static enum risk_verdict judge_position(const struct risk_view *view,
                                        const struct agon_intent *intent)
{
    (void)intent;
    REQUIRE(view->position_amt >= 0); // below 0 it would be within every limit
    return view->limits->position_amt == 0 || view->position_amt <= view->limits->position_amt
               ? RISK_PASS
               : RISK_REFUSE;
}

const struct risk_check risk_position = {
    .name = "position", .reason = REASON_POSITION, .is_soft = 1, .judge = judge_position};
