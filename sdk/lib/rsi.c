// SPDX-License-Identifier: MIT
/* rsi: the relative strength index. While n <= period, gain and loss hold sums; from then on they
 * hold averages. The ratio is the same for both, so value needs no case of its own. */
#include "window.h"

int agon_rsi_init(struct agon_rsi *rsi, uint32_t period)
{
    memset(rsi, 0, sizeof(*rsi));
    if (period < 2 || period > AGON_TA_PERIOD_MAX)
        return AGON_EINVAL;
    rsi->period = period;
    return AGON_OK;
}

int agon_rsi_update(struct agon_rsi *rsi, double x)
{
    double period = (double)rsi->period;
    double change = x - rsi->last;

    if (rsi->period == 0 || !is_input(x))
        return AGON_EINVAL;
    if (rsi->n > rsi->period) {
        rsi->gain = (rsi->gain * (period - 1) + (change > 0 ? change : 0)) / period;
        rsi->loss = (rsi->loss * (period - 1) + (change < 0 ? -change : 0)) / period;
    } else {
        if (rsi->n > 0) {
            rsi->gain += change > 0 ? change : 0;
            rsi->loss += change < 0 ? -change : 0;
        }
        if (rsi->n++ == rsi->period) {
            rsi->gain /= period;
            rsi->loss /= period;
        }
    }
    rsi->last = x;
    return AGON_OK;
}

int agon_rsi_is_ready(const struct agon_rsi *rsi)
{
    return rsi->period > 0 && rsi->n > rsi->period;
}

double agon_rsi_value(const struct agon_rsi *rsi)
{
    double both = rsi->gain + rsi->loss;

    // No quotient of two numbers that have both nearly vanished after a long calm.
    return both > 1e-300 ? 100.0 * (rsi->gain / both) : 50.0;
}

int agon_rsi_check(const struct agon_rsi *rsi)
{
    double most = AGON_TA_ABS_MAX * AGON_TA_PERIOD_MAX * 4;

    return rsi->period >= 2 && rsi->period <= AGON_TA_PERIOD_MAX && rsi->n <= rsi->period + 1 &&
                   is_input(rsi->last) && rsi->gain >= 0 && rsi->gain <= most && rsi->loss >= 0 &&
                   rsi->loss <= most
               ? AGON_OK
               : AGON_ECORRUPT;
}
