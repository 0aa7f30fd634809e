// SPDX-License-Identifier: Apache-2.0
#include "match/impact.h"

#include <math.h>

#include "base/fmath.h"
#include "base/num.h"

int impact_check(const struct impact *impact, struct error *err)
{
    if (impact->kind > IMPACT_LOG)
        return error_set(err, AGON_EINVAL, "impact: there is no kind %u", impact->kind);
    if (impact->kind == IMPACT_NONE)
        return AGON_OK;
    if (!(impact->coefficient >= 0 && impact->coefficient <= 100))
        return error_set(err, AGON_EINVAL, "impact: coefficient is not within 0 to 100");
    if (!(impact->volatility >= 0 && impact->volatility <= 10))
        return error_set(err, AGON_EINVAL, "impact: volatility is not within 0 to 10");
    if (!(impact->volume_qty > 0 && impact->volume_qty < 9e18))
        return error_set(err, AGON_EINVAL, "impact: volume_qty is not above 0");
    return AGON_OK;
}

double impact_fraction(const struct impact *impact, agon_qty_t qty)
{
    double share = (double)num_abs(qty) / impact->volume_qty;
    double scale = impact->coefficient * impact->volatility;

    switch (impact->kind) {
    case IMPACT_LINEAR:
        return scale * share;
    case IMPACT_SQRT:
        return scale * sqrt(share);
    case IMPACT_LOG:
        return scale * fmath_log(1.0 + share);
    default:
        return 0.0;
    }
}

agon_px_t impact_px(const struct impact *impact, int side, agon_px_t px, agon_qty_t qty)
{
    double fraction = impact_fraction(impact, qty);
    int64_t shift_px = NUM_MAX;
    agon_px_t result;

    if (num_from_double((double)px * fraction, 0, NUM_UP, &shift_px) < 0)
        shift_px = NUM_MAX;
    result = num_add(px, side == AGON_BUY ? shift_px : -shift_px);
    return result > 1 ? result : 1;
}
