// SPDX-License-Identifier: MIT
/* sma: the mean of a window. */
#include "window.h"

int agon_sma_init(struct agon_sma *sma, uint32_t period)
{
    return window_init(&sma->window, period);
}

int agon_sma_update(struct agon_sma *sma, double x)
{
    return window_add(&sma->window, x);
}

int agon_sma_is_ready(const struct agon_sma *sma)
{
    return window_is_full(&sma->window);
}

double agon_sma_value(const struct agon_sma *sma)
{
    return window_mean(&sma->window);
}

int agon_sma_check(const struct agon_sma *sma)
{
    return window_check(&sma->window);
}
