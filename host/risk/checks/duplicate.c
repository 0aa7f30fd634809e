// SPDX-License-Identifier: Apache-2.0
/* duplicate: the same wish again and again within the window is a broken loop, not a strategy
 * (15c3-5 (c)(1)(ii)).
 *
 * Same means instrument, side, type, price and quantity. The count is of orders that passed. */
#include "risk/checks/checks.h"

static enum risk_verdict judge_duplicate(const struct risk_view *view,
                                         const struct agon_intent *intent)
{
    const uint64_t fingerprint = view->fingerprint;
    agon_ns_t since;
    uint32_t n = 0;
    // More copies than are remembered could never be counted.
    uint32_t max = view->limits->duplicate_max < RISK_DUPLICATES ? view->limits->duplicate_max
                                                                 : RISK_DUPLICATES;

    (void)intent;
    if (view->limits->duplicate_max == 0 || view->limits->duplicate_window_ms == 0)
        return RISK_PASS;
    since = view->t - (agon_ns_t)view->limits->duplicate_window_ms * 1000000;
    for (uint32_t i = 0; i < RISK_DUPLICATES; i++) {
        const struct risk_recent *recent = &view->slot->recent[i];

        if (recent->fingerprint == fingerprint && recent->t != 0 && recent->t > since)
            n++;
    }
    return n < max ? RISK_PASS : RISK_REFUSE;
}

const struct risk_check risk_duplicate = {
    .name = "duplicate", .reason = REASON_DUPLICATE, .is_soft = 0, .judge = judge_duplicate};
