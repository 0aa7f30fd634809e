// SPDX-License-Identifier: Apache-2.0
/* collar: a limit price may not be further through the market than the marketable band, nor further
 * away from it than the passive band (RTS 6 article 15(1)(a)).
 *
 * A buy that would trade is measured from the best ask, a sell from the best bid; one that would
 * rest is measured from the best price of its own side, one that waits for its trigger from the
 * trigger. Parts per million, compared by products, so that no division rounds in anybody's favour.
 */
#include "market/order_type.h"
#include "risk/checks/checks.h"

static enum risk_verdict judge_collar(const struct risk_view *view,
                                      const struct agon_intent *intent)
{
    int is_buy = intent->side == AGON_BUY;
    agon_px_t px = intent->px;
    agon_px_t other = is_buy ? view->ask_px : view->bid_px;
    agon_px_t own = is_buy ? view->bid_px : view->ask_px;
    int is_marketable;
    agon_px_t from;
    uint32_t band_ppm;
    num128_t off;

    if (px == 0 || !view->is_book_live)
        return RISK_PASS; // market orders are bounded by judge_px; no book is another check's
                          // matter
    if (order_type_waits(intent->type))
        own = other = intent->trigger_px;
    is_marketable = other > 0 && (is_buy ? px >= other : px <= other);
    from = is_marketable ? other : own > 0 ? own : other;
    band_ppm =
        is_marketable ? view->limits->collar_marketable_ppm : view->limits->collar_passive_ppm;
    if (from <= 0 || band_ppm == 0)
        return RISK_PASS;
    off = px > from ? (num128_t)px - from : (num128_t)from - px;
    return off * 1000000 <= (num128_t)from * band_ppm ? RISK_PASS : RISK_REFUSE;
}

const struct risk_check risk_collar = {
    .name = "collar", .reason = REASON_COLLAR, .is_soft = 0, .judge = judge_collar};
