// SPDX-License-Identifier: MIT
/* window: a ring of the last values, and what every indicator asks of its inputs. Sums go over the
 * ring as it lies, so they depend on nothing but the struct's bytes: of every fourth value each, so
 * that one addition need not wait for the one before it. */
#ifndef AGON_LIB_WINDOW_H
#define AGON_LIB_WINDOW_H

#include <math.h>

#include "agon/ta.h"

/* Two that are added in one go, from wherever they lie. */
typedef double window_two __attribute__((vector_size(16), aligned(8), may_alias));

/* Also false for what is not a number, since no comparison with that holds. */
static inline int is_input(double x)
{
    return fabs(x) <= AGON_TA_ABS_MAX;
}

static inline int are_inputs(const double *x, uint32_t n)
{
    uint32_t i;

    for (i = 0; i < n; i++)
        if (!is_input(x[i]))
            return 0;
    return 1;
}

/* A ring as window_add leaves it: full, or filled from its start. */
static inline int is_ring(uint32_t period, uint32_t n, uint32_t at)
{
    return period >= 1 && period <= AGON_TA_WINDOW_MAX && at < period &&
           (n == period || (n < period && n == at));
}

static inline int window_init(struct agon_window *window, uint32_t period)
{
    memset(window, 0, sizeof(*window));
    if (period < 1 || period > AGON_TA_WINDOW_MAX)
        return AGON_EINVAL;
    window->period = period;
    return AGON_OK;
}

static inline int window_add(struct agon_window *window, double x)
{
    if (window->period == 0 || !is_input(x))
        return AGON_EINVAL;
    window->ring[window->at++] = x;
    if (window->at == window->period)
        window->at = 0;
    if (window->n < window->period)
        window->n++;
    return AGON_OK;
}

static inline int window_is_full(const struct agon_window *window)
{
    return window->period > 0 && window->n == window->period;
}

static inline double window_mean(const struct agon_window *window)
{
    const double *ring = window->ring;
    window_two a = {0, 0}, b = {0, 0}; /* of every four: the first and second, and the others */
    double first;
    size_t i, n = window->n;

    for (i = 4; i <= n; i += 4) {
        a += *(const window_two *)&ring[i - 4];
        b += *(const window_two *)&ring[i - 2];
    }
    first = a[0];
    for (i -= 4; i < n; i++)
        first += ring[i];
    return n > 0 ? ((first + a[1]) + (b[0] + b[1])) / (double)n : 0;
}

static inline int window_check(const struct agon_window *window)
{
    return is_ring(window->period, window->n, window->at) && window->pad == 0 &&
                   are_inputs(window->ring, window->n)
               ? AGON_OK
               : AGON_ECORRUPT;
}

#endif
