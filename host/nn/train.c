// SPDX-License-Identifier: Apache-2.0
#include "nn/train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TURNS_MOST 1000000000000u /* steps of a training */

int train_init(struct device *device, const struct net *net, uint32_t steps, uint32_t batch,
               enum train_goal goal, double rate, uint64_t seed, struct train *train)
{
    size_t rows = (size_t)steps * batch;
    size_t n = net->n_weights;
    size_t n_x = rows * net->shape.inputs;
    size_t n_y = rows * net->shape.outputs;
    size_t n_here = 3 * n > 2 * n_y ? 3 * n : 2 * n_y;
    real *at = device->alloc(device, (2 * n + n_x + 4 * n_y) * sizeof(real));

    *train = (struct train){.device = device,
                            .net = net,
                            .goal = goal,
                            .n_x = n_x,
                            .n_y = n_y,
                            .block = at,
                            .here = malloc(n_here * sizeof(real))};
    if (at == NULL || train->here == NULL ||
        adam_init(device, (uint32_t)n, rate, &train->adam) < 0 ||
        net_tape_init(device, net, steps, batch, &train->tape) < 0) {
        train_deinit(train);
        return AGON_ENOMEM;
    }
    train->tape.seed = seed;
    train->weights = at;
    train->dweights = at + n;
    train->x = at + 2 * n;
    train->y = train->x + n_x;
    train->target = train->y + n_y;
    train->share = train->target + n_y;
    train->dy = train->share + n_y;
    net_draw(net, seed, train->here);
    device->write(device, train->weights, train->here, n * sizeof(real));
    return AGON_OK;
}

void train_deinit(struct train *train)
{
    if (train->device == NULL)
        return;
    net_tape_deinit(&train->tape);
    adam_deinit(train->device, &train->adam);
    train->device->release(train->device, train->block);
    free(train->here);
    *train = (struct train){0};
}

void train_forward(struct train *train, const real *x)
{
    double drop = train->tape.drop;

    train->device->write(train->device, train->x, x, train->n_x * sizeof(real));
    train->tape.drop = 0;
    net_forward(&train->tape, train->weights, train->x, train->y);
    train->tape.drop = drop;
}

static void softmax_rows(struct train *train, const real *a, real *y)
{
    uint32_t n = train->net->shape.outputs;
    struct softmax_args args = {.a = a, .y = y, .rows = (uint32_t)(train->n_y / n), .n = n};

    kernel_softmax(train->device, &args);
}

/* dy = (answer - target) share, and twice that of a square. */
static void gradient_of_loss(struct train *train)
{
    struct map_args off = {.a = train->y,
                           .b = train->target,
                           .y = train->dy,
                           .n = (uint32_t)train->n_y,
                           .op = MAP_SUB};
    struct map_args share = {.a = train->dy,
                             .b = train->share,
                             .y = train->dy,
                             .n = (uint32_t)train->n_y,
                             .op = MAP_MUL};
    struct map_args twice = {
        .a = train->dy, .y = train->dy, .n = (uint32_t)train->n_y, .op = MAP_SCALE, .scale = 2};

    if (train->goal == TRAIN_CLASSES) {
        softmax_rows(train, train->y, train->dy);
        off.a = train->dy;
    }
    kernel_map(train->device, &off);
    kernel_map(train->device, &share);
    if (train->goal == TRAIN_SQUARE)
        kernel_map(train->device, &twice);
}

void train_step(struct train *train, const real *x, const real *target, const real *share)
{
    struct device *device = train->device;

    device->write(device, train->x, x, train->n_x * sizeof(real));
    device->write(device, train->target, target, train->n_y * sizeof(real));
    device->write(device, train->share, share, train->n_y * sizeof(real));
    device->clear(device, train->dweights, train->net->n_weights * sizeof(real));
    train->tape.turn = train->n_steps;
    net_forward(&train->tape, train->weights, train->x, train->y);
    gradient_of_loss(train);
    net_backward(&train->tape, train->weights, train->x, train->dy, train->dweights, NULL);
    adam_step(device, &train->adam, train->weights, train->dweights);
    train->n_steps++;
}

double train_loss(struct train *train, const real *target, const real *share)
{
    const real *y = train->here;
    double sum = 0;

    if (train->goal == TRAIN_CLASSES)
        softmax_rows(train, train->y, train->dy);
    train->device->read(train->device, train->here,
                        train->goal == TRAIN_CLASSES ? train->dy : train->y,
                        train->n_y * sizeof(real));
    for (size_t i = 0; i < train->n_y; i++) {
        double off = (double)y[i] - (double)target[i];

        if (train->goal == TRAIN_SQUARE)
            sum += (double)share[i] * off * off;
        else if (target[i] > 0)
            sum -= (double)share[i] * (double)target[i] * log((double)y[i]);
    }
    return sum;
}

/* weights, m and v of each tensor, at `here`. */
static struct checkpoint_tensor *list_of(struct train *train, char (**names)[CHECKPOINT_NAME])
{
    static const char *const prefixes[] = {"", "m.", "v."};
    const struct net *net = train->net;
    struct checkpoint_tensor *tensors = malloc(3 * (size_t)net->n_tensors * sizeof(*tensors));

    *names = malloc(3 * (size_t)net->n_tensors * CHECKPOINT_NAME);
    if (tensors == NULL || *names == NULL) {
        free(tensors);
        free(*names);
        *names = NULL;
        return NULL;
    }
    for (uint32_t part = 0; part < 3; part++) {
        struct checkpoint_tensor *own = tensors + (size_t)part * net->n_tensors;

        net_list(net, train->here + part * net->n_weights, own);
        for (uint32_t i = 0; i < net->n_tensors; i++) {
            char *name = (*names)[part * net->n_tensors + i];

            (void)snprintf(name, CHECKPOINT_NAME, "%s%s", prefixes[part], own[i].name);
            own[i].name = name;
        }
    }
    return tensors;
}

int train_save(struct train *train, FILE *file, struct error *err)
{
    char(*names)[CHECKPOINT_NAME];
    struct checkpoint_tensor *tensors = list_of(train, &names);
    struct checkpoint_text texts[CHECKPOINT_TEXTS];
    uint32_t n_texts = net_card(train->net, texts);
    size_t bytes = train->net->n_weights * sizeof(real);
    const real *from[] = {train->weights, train->adam.m, train->adam.v};
    int rc;

    if (tensors == NULL)
        return error_set(err, AGON_ENOMEM, "no memory for a checkpoint");
    for (uint32_t part = 0; part < 3; part++)
        train->device->read(train->device, train->here + part * train->net->n_weights, from[part],
                            bytes);
    texts[n_texts].key = "agon.steps";
    (void)snprintf(texts[n_texts].value, sizeof(texts[n_texts].value), "%llu",
                   (unsigned long long)train->n_steps);
    rc = train->device->wait(train->device, err);
    if (rc >= 0)
        rc = checkpoint_write(file, texts, n_texts + 1, tensors, 3 * train->net->n_tensors, err);
    free(tensors);
    free(names);
    return rc;
}

static int steps_of(const char *text, uint64_t *n_steps, struct error *err)
{
    char *end;

    *n_steps = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || *n_steps > TURNS_MOST)
        return error_set(err, AGON_EINVAL,
                         "agon.steps of the checkpoint is \"%s\"; expected a number up to %llu",
                         text, (unsigned long long)TURNS_MOST);
    return AGON_OK;
}

int train_load(struct train *train, FILE *file, struct error *err)
{
    struct checkpoint_text text = {.key = "agon.steps"};
    char(*names)[CHECKPOINT_NAME];
    struct checkpoint_tensor *tensors = list_of(train, &names);
    size_t bytes = train->net->n_weights * sizeof(real);
    real *to[] = {train->weights, train->adam.m, train->adam.v};
    uint64_t n_steps = 0;
    int rc;

    if (tensors == NULL)
        return error_set(err, AGON_ENOMEM, "no memory for a checkpoint");
    rc = checkpoint_texts(file, &text, 1, err);
    if (rc >= 0)
        rc = steps_of(text.value, &n_steps, err);
    if (rc >= 0)
        rc = checkpoint_read(file, tensors, 3 * train->net->n_tensors, err);
    for (size_t i = 0; rc >= 0 && i < 3 * train->net->n_weights; i++)
        if (!isfinite(train->here[i]))
            rc = error_set(err, AGON_EINVAL,
                           "value %zu of the checkpoint is NaN or infinite: its training failed; "
                           "expected one that did not",
                           i);
    free(tensors);
    free(names);
    if (rc < 0)
        return rc;
    for (uint32_t part = 0; part < 3; part++)
        train->device->write(train->device, to[part], train->here + part * train->net->n_weights,
                             bytes);
    train->n_steps = n_steps;
    adam_at(&train->adam, n_steps);
    return AGON_OK;
}
