// SPDX-License-Identifier: Apache-2.0
/* isa_window: kernels that look back over a window: rolling figures, and attention's three. Lanes
 * are neighbours in time or of one position's width; each output is a chain of its own. */
#include "kernels/isa.h"
#include "kernels/lane.h"

#define BLOCK 64u /* outputs side by side */

/* `width` outputs, the first of which has its window at a. */
static void rolling_block(const real *restrict a, real *restrict y, uint32_t width, uint32_t op,
                          uint32_t window)
{
    real acc[BLOCK];
    real mean[BLOCK];

    for (uint32_t l = 0; l < width; l++)
        acc[l] = op == ROLLING_MIN || op == ROLLING_MAX ? a[l] : 0;
    for (uint32_t w = 0; w < window; w++) {
        const real *value = a + w;

        if (op == ROLLING_MIN)
            for (uint32_t l = 0; l < width; l++)
                acc[l] = value[l] < acc[l] ? value[l] : acc[l];
        else if (op == ROLLING_MAX)
            for (uint32_t l = 0; l < width; l++)
                acc[l] = value[l] > acc[l] ? value[l] : acc[l];
        else
            for (uint32_t l = 0; l < width; l++)
                acc[l] += value[l];
    }
    if (op == ROLLING_MEAN || op == ROLLING_STD)
        for (uint32_t l = 0; l < width; l++)
            acc[l] /= (real)window;
    if (op == ROLLING_STD) {
        for (uint32_t l = 0; l < width; l++) {
            mean[l] = acc[l];
            acc[l] = 0;
        }
        for (uint32_t w = 0; w < window; w++)
            for (uint32_t l = 0; l < width; l++)
                acc[l] = lane_fma(a[w + l] - mean[l], a[w + l] - mean[l], acc[l]);
        for (uint32_t l = 0; l < width; l++)
            acc[l] = lane_sqrt(acc[l] / (real)(window - 1));
    }
    for (uint32_t l = 0; l < width; l++)
        y[l] = acc[l];
}

void ISA(isa_rolling)(const struct rolling_args *args, uint32_t from, uint32_t to, real *scratch)
{
    uint32_t stretches = (args->n + ISA_STRETCH - 1) / ISA_STRETCH;

    (void)scratch;
    for (uint32_t item = from; item < to; item++) {
        const real *a = args->a + (size_t)(item / stretches) * args->n;
        real *y = args->y + (size_t)(item / stretches) * args->n;
        uint32_t t = item % stretches * ISA_STRETCH;
        uint32_t end = args->n - t < ISA_STRETCH ? args->n : t + ISA_STRETCH;

        for (; t < end && t + 1 < args->window; t++)
            y[t] = lane_nan();
        for (; t < end; t += BLOCK)
            rolling_block(a + t + 1 - args->window, y + t, end - t < BLOCK ? end - t : BLOCK,
                          args->op, args->window);
    }
}

/* Of one pair, by lanes. */
static real pair_dot(const real *restrict a, const real *restrict b, uint32_t n)
{
    real lanes[LANES] = {0};
    uint32_t i = 0;

    for (; i + LANES <= n; i += LANES)
        for (uint32_t l = 0; l < LANES; l++)
            lanes[l] = lane_fma(a[i + l], b[i + l], lanes[l]);
    for (uint32_t l = 0; i + l < n; l++)
        lanes[l] = lane_fma(a[i + l], b[i + l], lanes[l]);
    for (int step = LANES / 2; step > 0; step /= 2)
        for (int l = 0; l < step; l++)
            lanes[l] += lanes[l + step];
    return lanes[0];
}

void ISA(isa_band_dot)(const struct band_dot_args *args, uint32_t from, uint32_t to, real *scratch)
{
    (void)scratch;
    for (uint32_t item = from; item < to; item++) {
        uint32_t t = item % args->steps;
        const real *a = args->a + (size_t)item * args->width;
        const real *b = args->b + (size_t)(item - t) * args->width;
        real *y = args->y + (size_t)item * args->window;

        for (uint32_t w = 0; w < args->window; w++)
            y[w] = t + 1 + w < args->window
                       ? args->fill
                       : args->scale *
                             pair_dot(a, b + (size_t)(t + 1 + w - args->window) * args->width,
                                      args->width);
    }
}

/* y = scale * the chain of p[i * p_step] a[i * width + ...] over i < n. */
static void weighted_rows(const real *p, size_t p_step, const real *a, real *y, uint32_t n,
                          uint32_t width, real scale)
{
    for (uint32_t first = 0; first < width; first += BLOCK) {
        uint32_t here = width - first < BLOCK ? width - first : BLOCK;
        real acc[BLOCK] = {0};

        for (uint32_t i = 0; i < n; i++) {
            const real *row = a + (size_t)i * width + first;
            real weight = p[i * p_step];

            for (uint32_t j = 0; j < here; j++)
                acc[j] = lane_fma(weight, row[j], acc[j]);
        }
        for (uint32_t j = 0; j < here; j++)
            y[first + j] = scale * acc[j];
    }
}

void ISA(isa_band_apply)(const struct band_apply_args *args, uint32_t from, uint32_t to,
                         real *scratch)
{
    (void)scratch;
    for (uint32_t item = from; item < to; item++) {
        uint32_t t = item % args->steps;
        uint32_t missing = t + 1 < args->window ? args->window - t - 1 : 0;
        size_t first = (size_t)item + 1 + missing - args->window;

        weighted_rows(args->p + (size_t)item * args->window + missing, 1,
                      args->a + first * args->width, args->y + (size_t)item * args->width,
                      args->window - missing, args->width, args->scale);
    }
}

void ISA(isa_band_gather)(const struct band_apply_args *args, uint32_t from, uint32_t to,
                          real *scratch)
{
    (void)scratch;
    for (uint32_t item = from; item < to; item++) {
        uint32_t left = args->steps - item % args->steps;

        // The pair (t, s) is entry s - t + window - 1 of t: the last of s itself, one less a step.
        weighted_rows(args->p + (size_t)item * args->window + args->window - 1, args->window - 1,
                      args->a + (size_t)item * args->width, args->y + (size_t)item * args->width,
                      left < args->window ? left : args->window, args->width, args->scale);
    }
}
