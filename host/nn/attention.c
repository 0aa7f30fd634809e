// SPDX-License-Identifier: Apache-2.0
#include "nn/attention.h"

#include <math.h>

/* Positions that share a row of near. */
static uint32_t rows_of_kind(const struct attention *attention)
{
    return attention->kinds == 0 ? 0 : attention->heads / attention->kinds * attention->steps;
}

int attention_tape_init(struct device *device, const struct attention *attention,
                        struct attention_tape *tape)
{
    size_t n = (size_t)attention->heads * attention->steps * attention->window;
    size_t rows = rows_of_kind(attention);
    real one = 1;

    tape->block = device->alloc(device, (2 * n + rows) * sizeof(real));
    if (tape->block == NULL)
        return AGON_ENOMEM;
    tape->p = tape->block;
    tape->dp = tape->p + n;
    tape->ones = tape->dp + n;
    for (size_t i = 0; i < rows; i++)
        device->write(device, tape->ones + i, &one, sizeof(one));
    return AGON_OK;
}

void attention_tape_deinit(struct device *device, struct attention_tape *tape)
{
    device->release(device, tape->block);
    *tape = (struct attention_tape){0};
}

static struct band_dot_args dots(const struct attention *attention, const real *a, const real *b,
                                 real *y, real scale, real fill)
{
    return (struct band_dot_args){.a = a,
                                  .b = b,
                                  .y = y,
                                  .batch = attention->heads,
                                  .steps = attention->steps,
                                  .width = attention->width,
                                  .window = attention->window,
                                  .scale = scale,
                                  .fill = fill};
}

static struct band_apply_args sums(const struct attention *attention, const real *p, const real *a,
                                   real *y, real scale)
{
    return (struct band_apply_args){.p = p,
                                    .a = a,
                                    .y = y,
                                    .batch = attention->heads,
                                    .steps = attention->steps,
                                    .width = attention->width,
                                    .window = attention->window,
                                    .scale = scale};
}

static real scale_of(const struct attention *attention)
{
    return (real)(1 / sqrt((double)attention->width));
}

void attention_forward(struct device *device, const struct attention *attention, const real *q,
                       const real *k, const real *v, const real *near, real *y,
                       struct attention_tape *tape)
{
    struct band_dot_args scores =
        dots(attention, q, k, tape->p, scale_of(attention), (real)-INFINITY);
    struct softmax_args softmax = {.a = tape->p,
                                   .y = tape->p,
                                   .rows = attention->heads * attention->steps,
                                   .n = attention->window};
    struct band_apply_args out = sums(attention, tape->p, v, y, 1);

    uint32_t rows = rows_of_kind(attention);
    struct gemm_args nearness = {.a = tape->ones,
                                 .b = near,
                                 .c = tape->p,
                                 .m = rows,
                                 .n = attention->window,
                                 .k = 1,
                                 .lda = 1,
                                 .ldb = attention->window,
                                 .ldc = attention->window,
                                 .start = GEMM_ADD,
                                 .batch = attention->kinds,
                                 .b_step = attention->window,
                                 .c_step = rows * attention->window};

    kernel_band_dot(device, &scores);
    if (attention->kinds > 0)
        kernel_gemm(device, &nearness);
    kernel_softmax(device, &softmax);
    kernel_band_apply(device, &out);
}

void attention_backward(struct device *device, const struct attention *attention, const real *q,
                        const real *k, const real *v, const real *dy, real *dq, real *dk, real *dv,
                        real *dnear, struct attention_tape *tape)
{
    real scale = scale_of(attention);
    struct band_dot_args of_p = dots(attention, dy, v, tape->dp, 1, 0);
    struct softmax_back_args softmax = {.y = tape->p,
                                        .dy = tape->dp,
                                        .da = tape->dp,
                                        .rows = attention->heads * attention->steps,
                                        .n = attention->window};
    struct band_apply_args of_v = sums(attention, tape->p, dy, dv, 1);
    struct band_apply_args of_q = sums(attention, tape->dp, k, dq, scale);
    struct band_apply_args of_k = sums(attention, tape->dp, q, dk, scale);

    kernel_band_gather(device, &of_v);
    kernel_band_dot(device, &of_p);
    kernel_softmax_back(device, &softmax);
    for (uint32_t i = 0; i < attention->kinds; i++) {
        size_t row = (size_t)i * attention->window;
        struct column_sum_args of_near = {.a = tape->dp + row * rows_of_kind(attention),
                                          .y = dnear + row,
                                          .rows = rows_of_kind(attention),
                                          .n = attention->window,
                                          .add = 1};

        kernel_column_sum(device, &of_near);
    }
    kernel_band_apply(device, &of_q);
    kernel_band_gather(device, &of_k);
}
