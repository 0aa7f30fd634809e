// SPDX-License-Identifier: MIT
/* atr: the average true range, with or without the first bar. */
#include "window.h"

double agon_true_range(double high, double low, double close_before)
{
    double range = high - low;

    if (fabs(high - close_before) > range)
        range = fabs(high - close_before);
    if (fabs(low - close_before) > range)
        range = fabs(low - close_before);
    return range;
}

int agon_atr_init(struct agon_atr *atr, uint32_t period, enum agon_seed seed)
{
    memset(atr, 0, sizeof(*atr));
    if (period < 1 || period > AGON_TA_PERIOD_MAX ||
        (seed != AGON_SEED_SMA && seed != AGON_SEED_FIRST))
        return AGON_EINVAL;
    atr->period = period;
    atr->seed = (uint32_t)seed;
    return AGON_OK;
}

int agon_atr_update(struct agon_atr *atr, double high, double low, double close)
{
    double range;

    if (atr->period == 0 || !is_input(high) || !is_input(low) || !is_input(close) || high < low)
        return AGON_EINVAL;
    if (atr->has_close || atr->seed == AGON_SEED_FIRST) {
        range = atr->has_close ? agon_true_range(high, low, atr->close) : high - low;
        if (atr->n < atr->period) {
            atr->sum += range;
            atr->value = atr->sum / ++atr->n;
        } else {
            atr->value = (atr->value * ((double)atr->period - 1) + range) / (double)atr->period;
        }
    }
    atr->close = close;
    atr->has_close = 1;
    return AGON_OK;
}

int agon_atr_is_ready(const struct agon_atr *atr)
{
    return atr->period > 0 && atr->n == atr->period;
}

double agon_atr_value(const struct agon_atr *atr)
{
    return atr->value;
}

int agon_atr_check(const struct agon_atr *atr)
{
    return atr->period >= 1 && atr->period <= AGON_TA_PERIOD_MAX && atr->n <= atr->period &&
                   atr->seed <= AGON_SEED_FIRST && atr->has_close <= 1 && is_input(atr->close) &&
                   atr->value >= 0 && atr->value <= AGON_TA_ABS_MAX * 4 && atr->sum >= 0 &&
                   atr->sum <= AGON_TA_ABS_MAX * AGON_TA_PERIOD_MAX * 4
               ? AGON_OK
               : AGON_ECORRUPT;
}
