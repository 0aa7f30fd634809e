// SPDX-License-Identifier: Apache-2.0
/* halt: no new risk while a halt of the slot, instrument, venue or of all is in force.
 *
 * The way out stays open: an order that only reduces passes, as RTS 6 article 12 intends. */
#include "risk/checks/checks.h"

static enum risk_verdict judge_halt(const struct risk_view *view, const struct agon_intent *intent)
{
    (void)intent;
    return view->is_halted ? RISK_REFUSE : RISK_PASS;
}

const struct risk_check risk_halt = {
    .name = "halt", .reason = REASON_HALTED, .is_soft = 1, .judge = judge_halt};
