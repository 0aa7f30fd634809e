// SPDX-License-Identifier: Apache-2.0
/* daily_loss: no new risk after the loss of a day, until the day turns (00:00 UTC of engine time).
 */
#include "risk/checks/checks.h"

static enum risk_verdict judge(const struct risk_view *view, const struct agon_intent *intent)
{
    (void)intent;
    if (view->limits->daily_loss_amt == 0)
        return RISK_PASS;
    if (view->slot->is_daily_breached)
        return RISK_REFUSE;
    return num_add(view->slot->equity_day_amt, -view->slot->equity_amt) <
                   view->limits->daily_loss_amt
               ? RISK_PASS
               : RISK_REFUSE;
}

const struct risk_check risk_daily_loss = {
    .name = "daily_loss", .reason = REASON_DAILY_LOSS, .is_soft = 1, .judge = judge};
