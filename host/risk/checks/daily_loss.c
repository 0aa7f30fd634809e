// SPDX-License-Identifier: Apache-2.0
/* daily_loss: no new risk once a day has lost its limit, until the day turns (00:00 UTC of engine
 * time), nor any that could carry the loss there: open orders and this one count as filled, each at
 * the worst price that it can be. */
#include "risk/checks/checks.h"

static enum risk_verdict judge_daily_loss(const struct risk_view *view,
                                          const struct agon_intent *intent)
{
    const struct risk_losses losses = {.daily_loss_amt = view->limits->daily_loss_amt,
                                       .daily_reason = REASON_DAILY_LOSS};

    (void)intent;
    return view->is_borne || worst_of(view->slot, view->open_loss_amt, &losses) == REASON_NONE
               ? RISK_PASS
               : RISK_REFUSE;
}

const struct risk_check risk_daily_loss = {
    .name = "daily_loss", .reason = REASON_DAILY_LOSS, .is_soft = 1, .judge = judge_daily_loss};
