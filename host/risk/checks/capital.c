// SPDX-License-Identifier: Apache-2.0
/* capital: a slot spends what it owns: a buy needs the cash that no other buy was promised, a sell
 * on a spot market the coins, and what opens a derivative the margin. */
#include "market/instrument_kind.h"
#include "risk/checks/checks.h"

static enum risk_verdict judge_capital(const struct risk_view *view,
                                       const struct agon_intent *intent)
{
    if (!instrument_kind_has_coins(view->instrument->kind))
        return view->is_reducing || view->cost_amt <= view->free_amt ? RISK_PASS : RISK_REFUSE;
    if (intent->side == AGON_BUY)
        return view->cost_amt <= view->free_amt ? RISK_PASS : RISK_REFUSE;
    return intent->qty <= view->free_qty ? RISK_PASS : RISK_REFUSE;
}

const struct risk_check risk_capital = {
    .name = "capital", .reason = REASON_CAPITAL, .is_soft = 0, .judge = judge_capital};
