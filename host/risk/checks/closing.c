// SPDX-License-Identifier: Apache-2.0
/* closing: what the host itself may send to close a position: at market, on the side that brings it
 * closer to zero, and no more than is held and not promised to another order. On a spot market
 * nothing else keeps it from selling what is another's. */
#include "risk/checks/checks.h"

static enum risk_verdict judge_closing(const struct risk_view *view,
                                       const struct agon_intent *intent)
{
    const struct agon_instrument *instrument = view->instrument;

    if (intent->type != AGON_MARKET || (intent->flags & AGON_REDUCE_ONLY) == 0 || intent->px != 0)
        return RISK_REFUSE;
    if (view->held_qty == 0 || intent->side != (view->held_qty > 0 ? AGON_SELL : AGON_BUY))
        return RISK_REFUSE;
    if (intent->qty <= 0 || intent->qty > view->free_qty)
        return RISK_REFUSE;
    return intent->qty % instrument->lot_qty == 0 && intent->qty >= instrument->min_qty &&
                   (instrument->max_qty == 0 || intent->qty <= instrument->max_qty)
               ? RISK_PASS
               : RISK_REFUSE;
}

const struct risk_check risk_closing = {
    .name = "closing", .reason = REASON_REDUCE_ONLY, .is_soft = 0, .judge = judge_closing};
