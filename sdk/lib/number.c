// SPDX-License-Identifier: MIT
/* number: between the border's integers and an indicator's doubles. */
#include "window.h"

#define UNITS_MAX ((int64_t)1 << 62)

int64_t agon_pow10(int exp)
{
    int64_t x = 1;

    if (exp > 18)
        exp = 18;
    for (; exp > 0; exp--)
        x *= 10;
    return x;
}

double agon_to_double(int64_t x, int exp)
{
    return (double)x / (double)agon_pow10(exp);
}

/* The largest multiple of step not above x, which is no farther than UNITS_MAX from 0. */
static int64_t floor_within(double x, int64_t step)
{
    int64_t whole = (int64_t)floor(x);
    int64_t rest = whole % step;

    return whole - (rest < 0 ? rest + step : rest);
}

/* Brings x within the range in which nothing below can overflow. 0: not a number. */
static int clamp(double *x, int64_t *step)
{
    double most = (double)UNITS_MAX;

    if (*step < 1)
        *step = 1;
    if (*step > UNITS_MAX / 2)
        *step = UNITS_MAX / 2;
    if (*x != *x)
        return 0;
    if (*x > most)
        *x = most;
    if (*x < -most)
        *x = -most;
    return 1;
}

int64_t agon_floor_to(double x, int64_t step)
{
    return clamp(&x, &step) ? floor_within(x, step) : 0;
}

int64_t agon_ceil_to(double x, int64_t step)
{
    return clamp(&x, &step) ? -floor_within(-x, step) : 0;
}

int64_t agon_round_to(double x, int64_t step)
{
    int64_t below, above;
    double to_below, to_above;

    if (!clamp(&x, &step))
        return 0;
    below = floor_within(x, step);
    above = -floor_within(-x, step);
    to_below = x - (double)below;
    to_above = (double)above - x;
    if (to_below == to_above)
        return x < 0 ? below : above;
    return to_below < to_above ? below : above;
}
