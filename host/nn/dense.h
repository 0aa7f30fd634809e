// SPDX-License-Identifier: Apache-2.0
/* dense: y = x w + b. Weights are one block: w[inputs][outputs], then b[outputs]. */
#ifndef NN_DENSE_H
#define NN_DENSE_H

#include "kernels/device.h"

/* Names carry the type (kernels/real.h). */
#define dense_weights  TYPED(dense_weights)
#define dense_forward  TYPED(dense_forward)
#define dense_backward TYPED(dense_backward)

struct dense {
    uint32_t inputs, outputs;
};

size_t dense_weights(const struct dense *dense); /* how many [any] */
/* x[rows][inputs] to y[rows][outputs]: each output a chain from its bias. [owner] */
void dense_forward(struct device *device, const struct dense *dense, const real *weights,
                   const real *x, real *y, uint32_t rows);
/* Adds to dweights; dx may be NULL. [owner] */
void dense_backward(struct device *device, const struct dense *dense, const real *weights,
                    const real *x, const real *dy, real *dweights, real *dx, uint32_t rows);

#endif
