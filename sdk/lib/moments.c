// SPDX-License-Identifier: MIT
/* moments: mean, variance, skew and kurtosis of a window. */
#include "window.h"

int agon_moments_init(struct agon_moments *moments, uint32_t period)
{
    int rc = window_init(&moments->window, period);

    if (rc >= 0 && period < 2) {
        moments->window.period = 0;
        rc = AGON_EINVAL;
    }
    return rc;
}

int agon_moments_update(struct agon_moments *moments, double x)
{
    return window_add(&moments->window, x);
}

int agon_moments_is_ready(const struct agon_moments *moments)
{
    return window_is_full(&moments->window);
}

void agon_moments_value(const struct agon_moments *moments, struct agon_shape *shape)
{
    const struct agon_window *window = &moments->window;
    double n = (double)window->n;
    double most = 0, two = 0, three = 0, four = 0;
    uint32_t i;

    memset(shape, 0, sizeof(*shape));
    if (window->n == 0)
        return;
    shape->mean = window_mean(window);
    for (i = 0; i < window->n; i++)
        if (fabs(window->ring[i] - shape->mean) > most)
            most = fabs(window->ring[i] - shape->mean);
    // Differences that are nothing but the mean's rounding are no variance.
    if (most <= fabs(shape->mean) * 1e-13 || most < 1e-150)
        return;
    for (i = 0; i < window->n; i++) {
        // Scaled, so that no power leaves a double's range.
        double d = (window->ring[i] - shape->mean) / most;
        two += d * d;
        three += d * d * d;
        four += d * d * d * d;
    }
    two /= n;
    shape->variance = two * most * most;
    shape->skew = three / n / (two * sqrt(two));
    shape->kurtosis = four / n / (two * two) - 3.0;
}

int agon_moments_check(const struct agon_moments *moments)
{
    return moments->window.period >= 2 ? window_check(&moments->window) : AGON_ECORRUPT;
}
