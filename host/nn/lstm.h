// SPDX-License-Identifier: Apache-2.0
/* lstm: one layer of torch's LSTM, over a window or event by event.
 *
 * Weights are one block: w_x[inputs][4 hidden], w_h[hidden][4 hidden], b[4 hidden]; gates stand in
 * torch's order (input, forget, cell, output), matrices turned round against torch's, and b is the
 * sum of its two. Series are [steps][batch][...]. A gate's sum is one chain: bias, inputs, hidden.
 * A step at a time gives the same bits as a window that begins with the same state. */
#ifndef NN_LSTM_H
#define NN_LSTM_H

#include "kernels/device.h"

/* Names carry the type (kernels/real.h). */
#define lstm_weights       TYPED(lstm_weights)
#define lstm_tape_init     TYPED(lstm_tape_init)
#define lstm_tape_deinit   TYPED(lstm_tape_deinit)
#define lstm_forward       TYPED(lstm_forward)
#define lstm_backward      TYPED(lstm_backward)
#define lstm_stream_init   TYPED(lstm_stream_init)
#define lstm_stream_deinit TYPED(lstm_stream_deinit)
#define lstm_step          TYPED(lstm_step)

struct lstm {
    uint32_t inputs, hidden;
};

/* What the way back needs of a window. h and c have a row more: row 0 is the state before the
 * window, which is 0 until something is written there. All the device's. */
struct lstm_tape {
    uint32_t steps, batch;
    real *gates;  /* [steps][batch][4 hidden]; after the way back their gradients */
    real *tanh_c; /* [steps][batch][hidden] */
    real *c, *h;  /* [steps + 1][batch][hidden] */
    real *dh, *dc;
    real *block; /* owned: all of the above */
};

/* The state of streams that go on event by event. */
struct lstm_stream {
    uint32_t batch;
    real *h, *c; /* [batch][hidden]; h is the last output */
    real *gates, *tanh_c;
    real *block; /* owned */
};

size_t lstm_weights(const struct lstm *lstm); /* how many [any] */
/* AGON_ENOMEM: the device has no room. [owner] */
int lstm_tape_init(struct device *device, const struct lstm *lstm, uint32_t steps, uint32_t batch,
                   struct lstm_tape *tape);
void lstm_tape_deinit(struct device *device, struct lstm_tape *tape);
/* x[steps][batch][inputs]; the output is tape->h from its row 1 on. [owner] */
void lstm_forward(struct device *device, const struct lstm *lstm, const real *weights,
                  const real *x, struct lstm_tape *tape);
/* From dy[steps][batch][hidden]: adds to dweights, sets dx unless that is NULL. Once a forward.
 * [owner] */
void lstm_backward(struct device *device, const struct lstm *lstm, const real *weights,
                   const real *x, const real *dy, struct lstm_tape *tape, real *dweights, real *dx);

int lstm_stream_init(struct device *device, const struct lstm *lstm, uint32_t batch,
                     struct lstm_stream *stream);
void lstm_stream_deinit(struct device *device, struct lstm_stream *stream);
/* One event: x[batch][inputs] moves stream->h and stream->c on by a step. [owner] */
void lstm_step(struct device *device, const struct lstm *lstm, const real *weights, const real *x,
               struct lstm_stream *stream);

#endif
