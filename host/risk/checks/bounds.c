// SPDX-License-Identifier: Apache-2.0
/* bounds: fields that can mean nothing: unknown enums, quantities below one, a price that the type
 * needs and lacks, flags that are not defined. */
#include "market/order_type.h"
#include "risk/checks/checks.h"

static enum risk_verdict judge_bounds(const struct risk_view *view,
                                      const struct agon_intent *intent)
{
    if (intent->side != AGON_BUY && intent->side != AGON_SELL)
        return RISK_REFUSE;
    if (!order_type_is(intent->type) || intent->tif > AGON_TIF_GTD)
        return RISK_REFUSE;
    if ((intent->flags & ~(uint32_t)(AGON_POST_ONLY | AGON_REDUCE_ONLY)) != 0)
        return RISK_REFUSE;
    if (intent->qty <= 0 || intent->show_qty < 0 || intent->show_qty > intent->qty)
        return RISK_REFUSE;
    if (order_type_has_px(intent->type) ? intent->px <= 0 : intent->px != 0)
        return RISK_REFUSE;
    if (order_type_waits(intent->type) ? intent->trigger_px <= 0 : intent->trigger_px != 0)
        return RISK_REFUSE;
    if ((intent->flags & AGON_POST_ONLY) != 0 &&
        (!order_type_has_px(intent->type) || order_type_waits(intent->type) ||
         intent->tif == AGON_TIF_IOC || intent->tif == AGON_TIF_FOK))
        return RISK_REFUSE;
    if (intent->tif == AGON_TIF_GTD ? intent->t_expire <= view->t : intent->t_expire != 0)
        return RISK_REFUSE;
    return RISK_PASS;
}

const struct risk_check risk_bounds = {
    .name = "bounds", .reason = REASON_INVALID, .is_soft = 0, .judge = judge_bounds};
