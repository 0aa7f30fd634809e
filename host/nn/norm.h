// SPDX-License-Identifier: Apache-2.0
/* norm: layer norm of rows of n. Weights are one block: gain[n], then bias[n]. */
#ifndef NN_NORM_H
#define NN_NORM_H

#include "kernels/device.h"

/* Names carry the type (kernels/real.h). */
#define norm_forward  TYPED(norm_forward)
#define norm_backward TYPED(norm_backward)

#define NORM_EPS 1e-5

/* a[rows][n] to y[rows][n]; mean and rstd, [rows], are what the way back needs. [owner] */
void norm_forward(struct device *device, uint32_t n, const real *weights, const real *a, real *y,
                  real *mean, real *rstd, uint32_t rows);
/* Adds to dweights, sets da. [owner] */
void norm_backward(struct device *device, uint32_t n, const real *weights, const real *a,
                   const real *mean, const real *rstd, const real *dy, real *dweights, real *da,
                   uint32_t rows);

#endif
