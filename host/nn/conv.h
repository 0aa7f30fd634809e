// SPDX-License-Identifier: Apache-2.0
/* conv: a dilated causal convolution over time: y[t] = b + the sum over taps i of
 * x[t - i dilation] w[i], where what lies before the series is 0.
 *
 * Weights are one block: w[taps][inputs][outputs], tap 0 being the newest, then b[outputs]. Series
 * are [batch][steps][...]. An output is one chain: bias, then tap after tap from the newest. A step
 * at a time gives the same bits as a window. */
#ifndef NN_CONV_H
#define NN_CONV_H

#include "kernels/device.h"

/* Names carry the type (kernels/real.h). */
#define conv_weights       TYPED(conv_weights)
#define conv_forward       TYPED(conv_forward)
#define conv_backward      TYPED(conv_backward)
#define conv_stream_init   TYPED(conv_stream_init)
#define conv_stream_deinit TYPED(conv_stream_deinit)
#define conv_step          TYPED(conv_step)

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

/* The inputs that taps still look back at, of series that go on event by event. */
struct conv_stream {
    uint32_t batch, depth, seen; /* seen: events so far, counted up to depth */
    uint32_t at;                 /* where the next one goes */
    real *x;                     /* owned, the device's: [depth][batch][inputs], a ring */
};

/* AGON_ENOMEM: the device has no room. [owner] */
int conv_stream_init(struct device *device, const struct conv *conv, uint32_t batch,
                     struct conv_stream *stream);
void conv_stream_deinit(struct device *device, struct conv_stream *stream);
/* One event: x[batch][inputs] gives y[batch][outputs], with the bits that a window from the first
 * event on has there. [owner] */
void conv_step(struct device *device, const struct conv *conv, const real *weights, const real *x,
               real *y, struct conv_stream *stream);

#endif
