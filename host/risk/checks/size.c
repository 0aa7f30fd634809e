// SPDX-License-Identifier: Apache-2.0
/* size: one order may not ask for more than the instrument's largest quantity allows at once, nor a
 * sum with what works already that leaves 63 bits (RTS 6 article 15(1)(c)). */
#include "base/error.h"
#include "risk/checks/checks.h"

static enum risk_verdict judge_size(const struct risk_view *view, const struct agon_intent *intent)
{
    agon_qty_t working = intent->side == AGON_BUY ? view->working_buy_qty : view->working_sell_qty;
    agon_qty_t sum;

    REQUIRE(view->working_buy_qty >= 0 && view->working_sell_qty >= 0);
    if (view->instrument->max_qty > 0 && intent->qty > view->instrument->max_qty)
        return RISK_REFUSE;
    if (__builtin_add_overflow(working, intent->qty, &sum) ||
        __builtin_add_overflow(sum, num_abs(view->held_qty), &sum))
        return RISK_REFUSE;
    return RISK_PASS;
}

const struct risk_check risk_size = {
    .name = "size", .reason = REASON_SIZE, .is_soft = 0, .judge = judge_size};
