// SPDX-License-Identifier: Apache-2.0
#include "small_model.h"

#include <math.h>
#include <stdlib.h>

#include "../kernels/cases.h"

static real *drawn(struct device *device, uint32_t n, uint32_t seed, double size)
{
    real *at = device->alloc(device, n * sizeof(real));
    real *here = malloc(n * sizeof(real));

    REQUIRE(at != NULL && here != NULL);
    for (uint32_t i = 0; i < n; i++)
        here[i] = (real)(size / 2) * case_value(seed, i);
    device->write(device, at, here, n * sizeof(real));
    free(here);
    return at;
}

static real *cleared(struct device *device, size_t n)
{
    real *at = device->alloc(device, n * sizeof(real));

    REQUIRE(at != NULL);
    return at;
}

void small_model_init(struct small_model *model, struct device *device, struct small_shape shape,
                      double rate)
{
    uint32_t rows = shape.steps * shape.batch;

    *model = (struct small_model){.device = device,
                                  .steps = shape.steps,
                                  .batch = shape.batch,
                                  .lower = {shape.inputs, shape.hidden},
                                  .upper = {shape.hidden, shape.hidden},
                                  .head = {shape.hidden, shape.outputs},
                                  .n_x = rows * shape.inputs,
                                  .n_y = rows * shape.outputs};
    model->n_weights = (uint32_t)(lstm_weights(&model->lower) + lstm_weights(&model->upper) +
                                  dense_weights(&model->head));
    model->weights = drawn(device, model->n_weights, 1, 1 / sqrt(shape.hidden));
    model->x = drawn(device, model->n_x, 2, 1);
    model->target = drawn(device, model->n_y, 3, 1);
    model->dweights = cleared(device, model->n_weights);
    model->y = cleared(device, model->n_y);
    model->dy = cleared(device, model->n_y);
    model->dupper = cleared(device, (size_t)rows * shape.hidden);
    model->dlower = cleared(device, (size_t)rows * shape.hidden);
    REQUIRE(lstm_tape_init(device, &model->lower, shape.steps, shape.batch, &model->lower_tape) >=
            0);
    REQUIRE(lstm_tape_init(device, &model->upper, shape.steps, shape.batch, &model->upper_tape) >=
            0);
    REQUIRE(adam_init(device, model->n_weights, rate, &model->adam) >= 0);
}

void small_model_deinit(struct small_model *model)
{
    real *const all[] = {model->weights, model->dweights, model->x,      model->target,
                         model->y,       model->dy,       model->dupper, model->dlower};

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        model->device->release(model->device, all[i]);
    lstm_tape_deinit(model->device, &model->lower_tape);
    lstm_tape_deinit(model->device, &model->upper_tape);
    adam_deinit(model->device, &model->adam);
}

/* The first output of a layer, behind the state before the window. */
static const real *output(const struct lstm_tape *tape, const struct lstm *lstm)
{
    return tape->h + (size_t)tape->batch * lstm->hidden;
}

void small_model_forward(struct small_model *model)
{
    const real *upper = model->weights + lstm_weights(&model->lower);
    const real *head = upper + lstm_weights(&model->upper);

    lstm_forward(model->device, &model->lower, model->weights, model->x, &model->lower_tape);
    lstm_forward(model->device, &model->upper, upper, output(&model->lower_tape, &model->lower),
                 &model->upper_tape);
    dense_forward(model->device, &model->head, head, output(&model->upper_tape, &model->upper),
                  model->y, model->steps * model->batch);
}

void small_model_gradient(struct small_model *model)
{
    size_t at_upper = lstm_weights(&model->lower);
    size_t at_head = at_upper + lstm_weights(&model->upper);
    struct map_args away = {
        .a = model->y, .b = model->target, .y = model->dy, .n = model->n_y, .op = MAP_SUB};
    struct map_args scaled = {.a = model->dy,
                              .y = model->dy,
                              .n = model->n_y,
                              .op = MAP_SCALE,
                              .scale = (real)(2.0 / model->n_y)};

    small_model_forward(model);
    model->device->clear(model->device, model->dweights, model->n_weights * sizeof(real));
    kernel_map(model->device, &away);
    kernel_map(model->device, &scaled);
    dense_backward(model->device, &model->head, model->weights + at_head,
                   output(&model->upper_tape, &model->upper), model->dy, model->dweights + at_head,
                   model->dupper, model->steps * model->batch);
    lstm_backward(model->device, &model->upper, model->weights + at_upper,
                  output(&model->lower_tape, &model->lower), model->dupper, &model->upper_tape,
                  model->dweights + at_upper, model->dlower);
    lstm_backward(model->device, &model->lower, model->weights, model->x, model->dlower,
                  &model->lower_tape, model->dweights, NULL);
}

void small_model_train(struct small_model *model)
{
    small_model_gradient(model);
    adam_step(model->device, &model->adam, model->weights, model->dweights);
}

double small_model_loss(struct small_model *model)
{
    real *y = malloc(model->n_y * sizeof(real));
    real *target = malloc(model->n_y * sizeof(real));
    double sum = 0;

    REQUIRE(y != NULL && target != NULL);
    model->device->read(model->device, y, model->y, model->n_y * sizeof(real));
    model->device->read(model->device, target, model->target, model->n_y * sizeof(real));
    for (uint32_t i = 0; i < model->n_y; i++)
        sum += ((double)y[i] - (double)target[i]) * ((double)y[i] - (double)target[i]);
    free(y);
    free(target);
    return sum / model->n_y;
}
