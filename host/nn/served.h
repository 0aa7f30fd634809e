// SPDX-License-Identifier: Apache-2.0
/* served: a model as it runs beside an agent, from a file of one of two formats.
 *
 * XGBoost's JSON, as nn/trees.h has it: boosted trees or a forest, without a state. An x that is
 * NaN is missing.
 *
 * safetensors, whose card (texts of "__metadata__") says what it is: layers of LSTM, then a dense
 * layer.
 *
 *   agon.model   lstm/1
 *   agon.inputs, agon.hidden, agon.layers, agon.outputs   whole numbers
 *   agon.served  "state": h and c go on from event to event; "window:N": from 0 over the last N
 *
 * Tensors: norm.mean[inputs], norm.scale[inputs] (a model sees (x - mean) * scale),
 * lstm.L.w_x[inputs or hidden][4 hidden], lstm.L.w_h[hidden][4 hidden], lstm.L.b[4 hidden] for each
 * layer L from 0, as in nn/lstm.h, dense.w[hidden][outputs], dense.b[outputs]. Nothing else.
 *
 * One thread, that of the device. Memory is taken in served_open alone. */
#ifndef NN_SERVED_H
#define NN_SERVED_H

#include "kernels/device.h"

/* Names carry the type (kernels/real.h). */
#define served_open  TYPED(served_open)
#define served_close TYPED(served_close)
#define served_step  TYPED(served_step)
#define served_reset TYPED(served_reset)
#define served_save  TYPED(served_save)
#define served_load  TYPED(served_load)

#define SERVED_WIDTH  4096 /* inputs, hidden, outputs, events of a window: no more each */
#define SERVED_LAYERS 8

struct served;
struct served_shape {
    uint32_t inputs, hidden, layers, outputs; /* hidden, layers: 0 of trees */
    uint32_t window;                          /* events; 0: its state goes on */
    size_t state_bytes;                       /* what served_save writes; 0 of trees */
};

/* From the file's bytes, which are read here and never again; name: of the file, for what is said
 * of it. The device computes where its memory
 * is this process's (kernels/cpu.h). AGON_EINVAL with what is wrong about the file; AGON_ENOMEM.
 * [owner] */
int served_open(struct device *device, const char *name, const void *bytes, size_t n,
                struct served **model, struct served_shape *shape, struct error *err);
void served_close(struct served *model); /* NULL is fine */
/* One event: x[inputs] to y[outputs]. AGON_EINVAL: an x is infinite, or NaN where the model has
 * no missing values, and nothing changed; AGON_EAGAIN: the window is not full yet, y is not
 * written. [owner] */
int served_step(struct served *model, const real *x, real *y);
/* As after served_open. [owner] */
void served_reset(struct served *model);
/* The state, for the same weights only. AGON_EINVAL: of another size or with values that no state
 * has; the model is as it was. [owner] */
void served_save(const struct served *model, void *state);
int served_load(struct served *model, const void *state, size_t n);

#endif
