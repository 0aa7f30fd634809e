// SPDX-License-Identifier: MIT
/* ema: the exponential moving average with either seed. */
#include "window.h"

int agon_ema_init(struct agon_ema *ema, uint32_t period, enum agon_seed seed)
{
    memset(ema, 0, sizeof(*ema));
    if (period < 1 || period > AGON_TA_PERIOD_MAX ||
        (seed != AGON_SEED_SMA && seed != AGON_SEED_FIRST))
        return AGON_EINVAL;
    ema->period = period;
    ema->seed = (uint32_t)seed;
    return AGON_OK;
}

int agon_ema_update(struct agon_ema *ema, double x)
{
    if (ema->period == 0 || !is_input(x))
        return AGON_EINVAL;
    if (ema->seed == AGON_SEED_SMA && ema->n < ema->period) {
        ema->sum += x;
        ema->value = ema->sum / (ema->n + 1);
    } else if (ema->n == 0) {
        ema->value = x;
    } else {
        ema->value += (x - ema->value) * (2.0 / ((double)ema->period + 1.0));
    }
    if (ema->n < ema->period)
        ema->n++;
    return AGON_OK;
}

int agon_ema_is_ready(const struct agon_ema *ema)
{
    return ema->period > 0 && ema->n == ema->period;
}

double agon_ema_value(const struct agon_ema *ema)
{
    return ema->value;
}

int agon_ema_check(const struct agon_ema *ema)
{
    return ema->period >= 1 && ema->period <= AGON_TA_PERIOD_MAX && ema->n <= ema->period &&
                   ema->seed <= AGON_SEED_FIRST && fabs(ema->value) <= AGON_TA_ABS_MAX * 2 &&
                   fabs(ema->sum) <= AGON_TA_ABS_MAX * AGON_TA_PERIOD_MAX * 2
               ? AGON_OK
               : AGON_ECORRUPT;
}
