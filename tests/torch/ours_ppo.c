// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <string.h>

#include "kernels/cpu.h"
#include "nn/ppo.h"
#include "ours.h"

struct training {
    struct device *device;
    struct net net;
    struct ppo ppo;
    real *x;
};

static void end(void *of)
{
    struct training *training = of;

    ppo_deinit(&training->ppo);
    if (training->device != NULL)
        training->device->free(training->device);
    free(training->x);
    free(training);
}

static void *begin(const struct ours_ppo_rules *rules)
{
    struct training *training = calloc(1, sizeof(*training));
    struct net_shape shape = {.arch = net_arch_find("policy/1"),
                              .inputs = rules->inputs,
                              .outputs = rules->actions + 1,
                              .hidden = rules->hidden,
                              .feed = rules->feed};
    const struct ppo_rules own = {.rate = rules->rate,
                                  .clip = rules->clip,
                                  .value_share = rules->value_share,
                                  .entropy_share = rules->entropy_share,
                                  .norm_most = rules->norm_most};

    if (training == NULL)
        return NULL;
    training->device = cpu_device_new(CPU_BEST, 1);
    training->x = calloc((size_t)rules->rows * rules->inputs, sizeof(real));
    if (shape.arch == NULL || training->device == NULL || training->x == NULL ||
        net_init(&shape, &training->net, NULL) < 0 ||
        ppo_init(training->device, &training->net, rules->rows, &own, 1, &training->ppo) < 0) {
        end(training);
        return NULL;
    }
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

static double step(void *of, const double *x, const uint32_t *actions, const double *log_p,
                   const double *advantages, const double *returns)
{
    struct training *training = of;
    struct ppo_batch batch = {training->x, actions, log_p, advantages, returns};
    struct ppo_said said;

    for (size_t i = 0; i < (size_t)training->ppo.rows * training->net.shape.inputs; i++)
        training->x[i] = (real)x[i];
    ppo_step(&training->ppo, &batch, &said);
    return said.loss;
}

static void read_all(void *of, double *weights, double *gradient)
{
    const struct training *training = of;

    for (size_t i = 0; i < training->net.n_weights; i++) {
        weights[i] = (double)training->ppo.weights[i]; // the processor's memory is ours
        gradient[i] = (double)training->ppo.dweights[i];
    }
}

static double rounded(double value)
{
    return (double)(real)value;
}

const struct ours_ppo_table TYPED(ours_ppo) = {
    .begin = begin,
    .end = end,
    .tensors = tensors_of,
    .n_weights = n_weights,
    .step = step,
    .read = read_all,
    .rounded = rounded,
};
