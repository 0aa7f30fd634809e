// SPDX-License-Identifier: MIT
/* bollinger: bands around a simple moving average. The deviation is taken in two passes: sums of
 * squares lose all digits of a price that hardly moves. */
#include "window.h"

static int is_width(double x)
{
    return x >= 0 && x <= 1e6;
}

int agon_bollinger_init(struct agon_bollinger *bands, uint32_t period, double up, double down)
{
    int rc = window_init(&bands->window, period);

    bands->up = 0;
    bands->down = 0;
    if (rc < 0)
        return rc;
    if (!is_width(up) || !is_width(down)) {
        bands->window.period = 0;
        return AGON_EINVAL;
    }
    bands->up = up;
    bands->down = down;
    return AGON_OK;
}

int agon_bollinger_update(struct agon_bollinger *bands, double x)
{
    return window_add(&bands->window, x);
}

int agon_bollinger_is_ready(const struct agon_bollinger *bands)
{
    return window_is_full(&bands->window);
}

/* Of the window, around its mean. */
static double deviation(const struct agon_window *window, double mean)
{
    double sum = 0;
    uint32_t i;

    for (i = 0; i < window->n; i++)
        sum += (window->ring[i] - mean) * (window->ring[i] - mean);
    return window->n > 0 ? sqrt(sum / window->n) : 0;
}

double agon_bollinger_middle(const struct agon_bollinger *bands)
{
    return window_mean(&bands->window);
}

double agon_bollinger_upper(const struct agon_bollinger *bands)
{
    double mean = window_mean(&bands->window);

    return mean + bands->up * deviation(&bands->window, mean);
}

double agon_bollinger_lower(const struct agon_bollinger *bands)
{
    double mean = window_mean(&bands->window);

    return mean - bands->down * deviation(&bands->window, mean);
}

int agon_bollinger_check(const struct agon_bollinger *bands)
{
    return is_width(bands->up) && is_width(bands->down) ? window_check(&bands->window)
                                                        : AGON_ECORRUPT;
}
