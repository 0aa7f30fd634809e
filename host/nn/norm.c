// SPDX-License-Identifier: Apache-2.0
#include "nn/norm.h"

void norm_forward(struct device *device, uint32_t n, const real *weights, const real *a, real *y,
                  real *mean, real *rstd, uint32_t rows)
{
    struct norm_args args = {.a = a,
                             .gain = weights,
                             .bias = weights + n,
                             .y = y,
                             .mean = mean,
                             .rstd = rstd,
                             .rows = rows,
                             .n = n,
                             .eps = (real)NORM_EPS};

    kernel_norm(device, &args);
}

void norm_backward(struct device *device, uint32_t n, const real *weights, const real *a,
                   const real *mean, const real *rstd, const real *dy, real *dweights, real *da,
                   uint32_t rows)
{
    struct norm_params_args params = {.a = a,
                                      .mean = mean,
                                      .rstd = rstd,
                                      .dy = dy,
                                      .dgain = dweights,
                                      .dbias = dweights + n,
                                      .rows = rows,
                                      .n = n};
    struct norm_back_args back = {.a = a,
                                  .gain = weights,
                                  .mean = mean,
                                  .rstd = rstd,
                                  .dy = dy,
                                  .da = da,
                                  .rows = rows,
                                  .n = n};

    kernel_norm_params(device, &params);
    kernel_norm_back(device, &back);
}
