// SPDX-License-Identifier: Apache-2.0
#include "ours.h"

#include <stdlib.h>
#include <string.h>

#include "kernels/cpu.h"
#include "nn/train.h"

struct training {
    struct device *device;
    struct net net;
    struct train train;
    real *x, *target, *share;
};

static void end(void *of)
{
    struct training *training = of;

    train_deinit(&training->train);
    if (training->device != NULL)
        training->device->free(training->device);
    free(training->x);
    free(training);
}

static void *begin(const struct ours_shape *shape, double rate)
{
    struct training *training = calloc(1, sizeof(*training));
    struct net_shape own = {.arch = net_arch_find(shape->arch),
                            .inputs = shape->inputs,
                            .outputs = shape->outputs,
                            .hidden = shape->hidden,
                            .layers = shape->layers,
                            .head = shape->head,
                            .taps = shape->taps,
                            .heads = shape->heads,
                            .span = shape->span,
                            .feed = shape->feed};
    size_t n_x = (size_t)shape->steps * shape->batch * shape->inputs;
    size_t n_y = (size_t)shape->steps * shape->batch * shape->outputs;

    if (training == NULL)
        return NULL;
    training->device = cpu_device_new(CPU_BEST, 1);
    training->x = calloc(n_x + 2 * n_y, sizeof(real));
    if (own.arch == NULL || training->device == NULL || training->x == NULL ||
        net_init(&own, &training->net, NULL) < 0 ||
        train_init(training->device, &training->net, shape->steps, shape->batch, TRAIN_SQUARE, rate,
                   1, &training->train) < 0) {
        end(training);
        return NULL;
    }
    training->target = training->x + n_x;
    training->share = training->target + n_y;
    for (size_t i = 0; i < n_y; i++)
        training->share[i] = (real)(1 / (double)n_y);
    return training;
}

static uint32_t tensors_of(void *of, struct ours_tensor tensors[OURS_TENSORS])
{
    const struct net *net = &((struct training *)of)->net;

    for (uint32_t i = 0; i < net->n_tensors; i++) {
        memcpy(tensors[i].name, net->tensors[i].name, sizeof(tensors[i].name));
        memcpy(tensors[i].dims, net->tensors[i].dims, sizeof(tensors[i].dims));
        tensors[i].n_dims = net->tensors[i].n_dims;
        tensors[i].at = net->tensors[i].at;
        tensors[i].n = net->tensors[i].n;
    }
    return net->n_tensors;
}

static size_t n_weights(void *of)
{
    return ((struct training *)of)->net.n_weights;
}

static int is_by_step(void *of)
{
    return net_is_by_step(&((struct training *)of)->net);
}

static void step(void *of, const double *x, const double *target)
{
    struct training *training = of;

    for (size_t i = 0; i < training->train.n_x; i++)
        training->x[i] = (real)x[i];
    for (size_t i = 0; i < training->train.n_y; i++)
        training->target[i] = (real)target[i];
    train_step(&training->train, training->x, training->target, training->share);
}

static void read_all(void *of, double *weights, double *gradient, double *y)
{
    const struct training *training = of;

    for (size_t i = 0; i < training->net.n_weights; i++) {
        weights[i] = (double)training->train.weights[i]; // the processor's memory is ours
        gradient[i] = (double)training->train.dweights[i];
    }
    for (size_t i = 0; i < training->train.n_y; i++)
        y[i] = (double)training->train.y[i];
}

static double rounded(double value)
{
    return (double)(real)value;
}

const struct ours_table TYPED(ours) = {
    .begin = begin,
    .end = end,
    .tensors = tensors_of,
    .n_weights = n_weights,
    .is_by_step = is_by_step,
    .step = step,
    .read = read_all,
    .rounded = rounded,
};
