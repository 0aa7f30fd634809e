// SPDX-License-Identifier: Apache-2.0
/* small_model: two layers of LSTM and a dense one, trained by Adam on the mean square error of
 * every step's output. What tests train: on two devices to compare bits, and beside torch. */
#ifndef SUPPORT_NN_SMALL_MODEL_H
#define SUPPORT_NN_SMALL_MODEL_H

#include "nn/adam.h"
#include "nn/dense.h"
#include "nn/lstm.h"

/* Names carry the type (kernels/real.h). */
#define small_model_init     TYPED(small_model_init)
#define small_model_deinit   TYPED(small_model_deinit)
#define small_model_gradient TYPED(small_model_gradient)
#define small_model_forward  TYPED(small_model_forward)
#define small_model_train    TYPED(small_model_train)
#define small_model_loss     TYPED(small_model_loss)

struct small_model {
    struct device *device; /* borrowed */
    uint32_t steps, batch;
    struct lstm lower, upper;
    struct dense head;
    uint32_t n_weights, n_x, n_y;
    real *weights, *dweights; /* lower's, upper's, head's */
    real *x, *target, *y, *dy, *dupper, *dlower;
    struct lstm_tape lower_tape, upper_tape;
    struct adam adam;
};

struct small_shape {
    uint32_t steps, batch, inputs, hidden, outputs;
};

/* Weights and data are drawn, the same on every device. Stops the program without memory. */
void small_model_init(struct small_model *model, struct device *device, struct small_shape shape,
                      double rate);
void small_model_deinit(struct small_model *model);
/* Forward and backward: y, and in dweights the gradient of the loss. */
void small_model_gradient(struct small_model *model);
void small_model_forward(struct small_model *model);
/* A gradient, and a step of Adam. */
void small_model_train(struct small_model *model);
/* Of the last forward. */
double small_model_loss(struct small_model *model);

#endif
