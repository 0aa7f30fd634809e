// SPDX-License-Identifier: Apache-2.0
/* session: the slot has to be active and far enough in its stages for this mode, and the instrument
 * has to be trading. */
#include "risk/checks/checks.h"

static enum risk_verdict judge_session(const struct risk_view *view,
                                       const struct agon_intent *intent)
{
    if (!view->may_trade)
        return RISK_REFUSE;
    if (view->trading == TRADING_OPEN)
        return RISK_PASS;
    return view->trading == TRADING_POST_ONLY && (intent->flags & AGON_POST_ONLY) != 0
               ? RISK_PASS
               : RISK_REFUSE;
}

const struct risk_check risk_session = {
    .name = "session", .reason = REASON_SLOT_STATE, .is_soft = 0, .judge = judge_session};
