// SPDX-License-Identifier: Apache-2.0
/* rate: a slot sends at most so many orders a second, with a burst (RTS 6 article 15(1)(d)).
 *
 * The bucket is filled by engine time, so that a replay refuses what the run refused. */
#include "risk/checks/checks.h"

static enum risk_verdict judge_rate(const struct risk_view *view, const struct agon_intent *intent)
{
    (void)intent;
    if (view->limits->orders_per_s == 0)
        return RISK_PASS;
    return view->tokens_ppm >= 1000000 ? RISK_PASS : RISK_REFUSE;
}

const struct risk_check risk_rate = {
    .name = "rate", .reason = REASON_RATE, .is_soft = 1, .judge = judge_rate};
