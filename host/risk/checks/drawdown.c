// SPDX-License-Identifier: Apache-2.0
/* drawdown: no new risk once equity has fallen by the limit from its highest, until a person
 * resumes the slot. */
#include "risk/checks/checks.h"

static enum risk_verdict judge(const struct risk_view *view, const struct agon_intent *intent)
{
    (void)intent;
    if (view->limits->drawdown_ppm == 0)
        return RISK_PASS;
    if (view->slot->is_drawdown_breached)
        return RISK_REFUSE;
    return risk_drawdown_reached(view->slot, view->limits->drawdown_ppm) ? RISK_REFUSE : RISK_PASS;
}

const struct risk_check risk_drawdown = {
    .name = "drawdown", .reason = REASON_DRAWDOWN, .is_soft = 1, .judge = judge};
