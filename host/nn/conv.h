// SPDX-License-Identifier: Apache-2.0
/* conv: a dilated causal convolution over time: y[t] = b + the sum over taps i of
 * x[t - i dilation] w[i], where what lies before the series is 0.
 *
 * Weights are one block: w[taps][inputs][outputs], tap 0 being the newest, then b[outputs]. Series
 * are [batch][steps][...]. An output is one chain: bias, then tap after tap from the newest. */
#ifndef NN_CONV_H
#define NN_CONV_H

#include "kernels/device.h"

/* Names carry the type (kernels/real.h). */
#define conv_weights  TYPED(conv_weights)
#define conv_forward  TYPED(conv_forward)
#define conv_backward TYPED(conv_backward)

struct conv {
    uint32_t inputs, outputs, taps, dilation;
};

size_t conv_weights(const struct conv *conv); /* how many [any] */
void conv_forward(struct device *device, const struct conv *conv, const real *weights,
                  const real *x, real *y, uint32_t batch, uint32_t steps);
/* Adds to dweights; dx may be NULL. [owner] */
void conv_backward(struct device *device, const struct conv *conv, const real *weights,
                   const real *x, const real *dy, real *dweights, real *dx, uint32_t batch,
                   uint32_t steps);

#endif
