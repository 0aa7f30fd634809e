// SPDX-License-Identifier: Apache-2.0
/* filter: what the venue would refuse: a price off the tick or out of its bounds, a quantity off
 * the lot or out of its bounds, a notional below the least.
 *
 * The notional is judged only where the instrument gives a least and a price is known; a market
 * order is judged at the price the collar allows, with which it leaves. */
#include "risk/checks/checks.h"

static enum risk_verdict judge_filter(const struct risk_view *view,
                                      const struct agon_intent *intent)
{
    const struct agon_instrument *instrument = view->instrument;
    agon_amt_t least_amt = view->least_amt > 0 ? view->least_amt : view->notional_amt;

    if (intent->px != 0 && (intent->px % instrument->tick_px != 0 ||
                            (instrument->min_px > 0 && intent->px < instrument->min_px) ||
                            (instrument->max_px > 0 && intent->px > instrument->max_px)))
        return RISK_REFUSE;
    if (intent->trigger_px % instrument->tick_px != 0)
        return RISK_REFUSE;
    if (intent->qty % instrument->lot_qty != 0 || intent->qty < instrument->min_qty ||
        (instrument->max_qty > 0 && intent->qty > instrument->max_qty))
        return RISK_REFUSE;
    // A worth that no amount can hold, where no limit of the slot's is asked about it.
    if (view->judge_px > 0 && view->notional_amt == NUM_MAX &&
        (view->is_reducing || view->limits->order_amt == 0))
        return RISK_REFUSE;
    if (view->judge_px > 0 && least_amt < instrument->min_notional_amt)
        return RISK_REFUSE;
    return RISK_PASS;
}

const struct risk_check risk_filter = {
    .name = "filter", .reason = REASON_FILTER, .is_soft = 0, .judge = judge_filter};
