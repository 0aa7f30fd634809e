// SPDX-License-Identifier: Apache-2.0
/* drawdown: no new risk once equity has fallen by the limit from its highest, until a person
 * resumes the slot, nor any that could carry it there: open orders and this one count as filled,
 * each at the worst price that it can be. */
#include "risk/checks/checks.h"

static enum risk_verdict judge_drawdown(const struct risk_view *view,
                                        const struct agon_intent *intent)
{
    const struct risk_losses losses = {.drawdown_ppm = view->limits->drawdown_ppm,
                                       .drawdown_reason = REASON_DRAWDOWN};

    (void)intent;
    return view->is_borne || worst_of(view->slot, view->open_loss_amt, &losses) == REASON_NONE
               ? RISK_PASS
               : RISK_REFUSE;
}

const struct risk_check risk_drawdown = {
    .name = "drawdown", .reason = REASON_DRAWDOWN, .is_soft = 1, .judge = judge_drawdown};
