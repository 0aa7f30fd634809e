// SPDX-License-Identifier: Apache-2.0
#include "nn/served.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nn/checkpoint.h"
#include "nn/dense.h"
#include "nn/lstm.h"
#include "nn/trees.h"

struct served {
    struct device *device;
    struct served_shape shape;
    struct trees *trees; /* owned; NULL: what follows */
    struct lstm lstm[SERVED_LAYERS];
    struct lstm_stream streams[SERVED_LAYERS];
    const real *weights[SERVED_LAYERS];
    struct dense dense;
    const real *mean, *scale, *of_dense;
    real *x;      /* normalised, of this event */
    real *window; /* [window][inputs], normalised; event i is in row i % window */
    uint64_t n_events;
    real *block; /* owned: weights, x and window */
};

/* A whole number from 1 to SERVED_WIDTH in plain digits. */
static int number(const char *text, uint32_t *value)
{
    size_t n = strspn(text, "0123456789");

    *value = 0;
    if (n == 0 || n > 4 || text[n] != '\0' || text[0] == '0')
        return 0;
    for (size_t i = 0; i < n; i++)
        *value = *value * 10 + (uint32_t)(text[i] - '0');
    return *value <= SERVED_WIDTH;
}

static int read_card(FILE *file, struct served_shape *shape, struct error *err)
{
    struct checkpoint_text card[] = {{.key = "agon.model"},  {.key = "agon.served"},
                                     {.key = "agon.inputs"}, {.key = "agon.hidden"},
                                     {.key = "agon.layers"}, {.key = "agon.outputs"}};
    uint32_t *numbers[] = {&shape->inputs, &shape->hidden, &shape->layers, &shape->outputs};
    int rc = checkpoint_texts(file, card, 6, err);

    *shape = (struct served_shape){0};
    if (rc < 0)
        return rc;
    if (strcmp(card[0].value, "lstm/1") != 0)
        return error_set(err, AGON_EINVAL, "agon.model is \"%s\"; expected lstm/1", card[0].value);
    for (uint32_t i = 0; i < 4; i++)
        if (!number(card[i + 2].value, numbers[i]))
            return error_set(err, AGON_EINVAL, "%s is \"%s\"; expected a number from 1 to %d",
                             card[i + 2].key, card[i + 2].value, SERVED_WIDTH);
    if (shape->layers > SERVED_LAYERS)
        return error_set(err, AGON_EINVAL, "agon.layers is %u; expected no more than %d",
                         shape->layers, SERVED_LAYERS);
    if (strcmp(card[1].value, "state") != 0 &&
        (strncmp(card[1].value, "window:", 7) != 0 || !number(card[1].value + 7, &shape->window)))
        return error_set(err, AGON_EINVAL,
                         "agon.served is \"%s\"; expected state, or window:N with N from 1 to %d",
                         card[1].value, SERVED_WIDTH);
    shape->state_bytes =
        sizeof(uint64_t) + sizeof(real) * (2 * (size_t)shape->layers * shape->hidden +
                                           (size_t)shape->window * shape->inputs);
    return AGON_OK;
}

/* Lays the model out and lists its tensors; at NULL: counts. Returns how many values there are. */
static size_t lay_out(struct served *model, real *at, struct checkpoint_tensor *tensors,
                      char names[][24], uint32_t *n)
{
    const struct served_shape *shape = &model->shape;
    uint32_t inputs = shape->inputs;
    uint32_t four = 4 * shape->hidden;
    size_t sum = 0;

#define TENSOR(label, n_of, rows, columns)                                                         \
    (tensors[*n] = (struct checkpoint_tensor){label, n_of, {rows, columns}, at ? at + sum : NULL}, \
     (*n)++, sum += (size_t)(rows) * ((n_of) == 2 ? (columns) : 1))
    *n = 0;
    model->mean = at;
    TENSOR("norm.mean", 1, inputs, 0);
    model->scale = at ? at + sum : NULL;
    TENSOR("norm.scale", 1, inputs, 0);
    for (uint32_t i = 0; i < shape->layers; i++) {
        char(*own)[24] = names + (size_t)3 * i;

        model->lstm[i] = (struct lstm){inputs, shape->hidden};
        model->weights[i] = at ? at + sum : NULL;
        (void)snprintf(own[0], 24, "lstm.%u.w_x", i);
        (void)snprintf(own[1], 24, "lstm.%u.w_h", i);
        (void)snprintf(own[2], 24, "lstm.%u.b", i);
        TENSOR(own[0], 2, inputs, four);
        TENSOR(own[1], 2, shape->hidden, four);
        TENSOR(own[2], 1, four, 0);
        inputs = shape->hidden;
    }
    model->dense = (struct dense){shape->hidden, shape->outputs};
    model->of_dense = at ? at + sum : NULL;
    TENSOR("dense.w", 2, shape->hidden, shape->outputs);
    TENSOR("dense.b", 1, shape->outputs, 0);
#undef TENSOR
    return sum;
}

static int read_weights(struct served *model, FILE *file, size_t n_bytes, struct error *err)
{
    struct checkpoint_tensor tensors[4 + 3 * SERVED_LAYERS];
    char names[3 * SERVED_LAYERS][24];
    const struct served_shape *shape = &model->shape;
    uint32_t n;
    size_t sum = lay_out(model, NULL, tensors, names, &n);
    size_t room = sum + ((size_t)shape->window + 1) * shape->inputs;
    int rc;

    if (sum > n_bytes / sizeof(real)) // before memory is taken for what is not there
        return error_set(err, AGON_EINVAL,
                         "its card is of a model with %zu weights, more than the %zu bytes have; "
                         "expected the card and the tensors of one model",
                         sum, n_bytes);
    model->block = model->device->alloc(model->device, room * sizeof(real));
    if (model->block == NULL)
        return error_set(err, AGON_ENOMEM, "no memory for %zu weights", sum);
    (void)lay_out(model, model->block, tensors, names, &n);
    model->x = model->block + sum;
    model->window = model->x + shape->inputs;
    rc = checkpoint_read(file, tensors, n, err);
    for (uint32_t i = 0; i < n && rc >= 0; i++) {
        size_t many =
            (size_t)tensors[i].dims[0] * (tensors[i].n_dims == 2 ? tensors[i].dims[1] : 1);

        for (size_t j = 0; j < many && rc >= 0; j++)
            if (!isfinite(tensors[i].values[j]))
                rc = error_set(err, AGON_EINVAL,
                               "value %zu of %s is NaN or infinite: its training failed; "
                               "expected one that did not",
                               j, tensors[i].name);
    }
    for (uint32_t i = 0; i < shape->inputs && rc >= 0; i++)
        if (!(model->scale[i] > 0))
            rc = error_set(err, AGON_EINVAL,
                           "norm.scale of input %u is not above 0; expected 1 over its deviation",
                           i);
    return rc;
}

static int open_lstm(struct served *model, const void *bytes, size_t n, struct error *err)
{
    FILE *file = fmemopen((void *)(uintptr_t)bytes, n, "r");
    int rc;

    if (file == NULL)
        return error_set(err, AGON_ENOMEM, "no memory for a model");
    rc = read_card(file, &model->shape, err);
    if (rc >= 0)
        rc = read_weights(model, file, n, err);
    for (uint32_t i = 0; rc >= 0 && i < model->shape.layers; i++)
        if (lstm_stream_init(model->device, &model->lstm[i], 1, &model->streams[i]) < 0)
            rc = error_set(err, AGON_ENOMEM, "no memory for a model's state");
    (void)fclose(file);
    return rc;
}

static int open_trees(struct served *model, const char *text, size_t n, struct error *err)
{
    int rc = trees_read(text, n, &model->trees, err);

    if (rc < 0)
        return rc;
    model->shape = (struct served_shape){.inputs = model->trees->n_features,
                                         .outputs = model->trees->n_outputs};
    return AGON_OK;
}

/* safetensors begins with the length of its header in 8 bytes, of which the last is 0. */
static int is_json(const char *text, size_t n)
{
    return text[0] == '{' && memchr(text, 0, n < 8 ? n : 8) == NULL;
}

int served_open(struct device *device, const char *name, const void *bytes, size_t n,
                struct served **out, struct served_shape *shape, struct error *err)
{
    struct served *model = calloc(1, sizeof(*model));
    int rc;

    *out = NULL;
    if (model != NULL)
        model->device = device;
    if (n == 0)
        rc = error_set(err, AGON_EINVAL,
                       "it is empty; expected a safetensors file, or XGBoost's JSON");
    else if (model == NULL)
        rc = error_set(err, AGON_ENOMEM, "no memory for a model");
    else if (n >= 3 && memcmp(bytes, "{L\0", 3) == 0)
        rc = error_set(err, AGON_EINVAL,
                       "it looks like XGBoost's UBJSON; expected its JSON, which "
                       "Booster.save_model(\"NAME.json\") writes");
    else if (is_json(bytes, n))
        rc = open_trees(model, bytes, n, err);
    else
        rc = open_lstm(model, bytes, n, err);
    if (rc < 0) {
        error_wrap(err, "%.512s", name);
        served_close(model);
        return rc;
    }
    *shape = model->shape;
    *out = model;
    return AGON_OK;
}

void served_close(struct served *model)
{
    if (model == NULL)
        return;
    trees_free(model->trees);
    for (uint32_t i = 0; i < SERVED_LAYERS; i++)
        if (model->streams[i].block != NULL)
            lstm_stream_deinit(model->device, &model->streams[i]);
    if (model->block != NULL)
        model->device->release(model->device, model->block);
    free(model);
}

static void from_zero(struct served *model)
{
    size_t bytes = model->shape.hidden * sizeof(real);

    for (uint32_t i = 0; i < model->shape.layers; i++) {
        memset(model->streams[i].h, 0, bytes);
        memset(model->streams[i].c, 0, bytes);
    }
}

static void through_layers(struct served *model, const real *x)
{
    for (uint32_t i = 0; i < model->shape.layers; i++) {
        lstm_step(model->device, &model->lstm[i], model->weights[i], x, &model->streams[i]);
        x = model->streams[i].h;
    }
}

static int step_trees(struct served *model, const real *x, real *y)
{
    for (uint32_t i = 0; i < model->shape.inputs; i++)
        if (isinf(x[i]))
            return AGON_EINVAL;
    trees_eval(model->device, model->trees, x, y);
    return AGON_OK;
}

int served_step(struct served *model, const real *x, real *y)
{
    const struct served_shape *shape = &model->shape;
    uint32_t window = shape->window;

    if (model->trees != NULL)
        return step_trees(model, x, y);
    for (uint32_t i = 0; i < shape->inputs; i++)
        if (!isfinite(x[i]))
            return AGON_EINVAL;
    for (uint32_t i = 0; i < shape->inputs; i++)
        model->x[i] = (x[i] - model->mean[i]) * model->scale[i];
    if (window > 0) {
        memcpy(model->window + model->n_events % window * shape->inputs, model->x,
               shape->inputs * sizeof(real));
        model->n_events++;
        if (model->n_events < window)
            return AGON_EAGAIN;
        from_zero(model);
        for (uint64_t i = model->n_events - window; i < model->n_events; i++)
            through_layers(model, model->window + i % window * shape->inputs);
    } else {
        model->n_events++;
        through_layers(model, model->x);
    }
    dense_forward(model->device, &model->dense, model->of_dense,
                  model->streams[shape->layers - 1].h, y, 1);
    return AGON_OK;
}

void served_reset(struct served *model)
{
    if (model->trees != NULL)
        return;
    from_zero(model);
    memset(model->window, 0, (size_t)model->shape.window * model->shape.inputs * sizeof(real));
    model->n_events = 0;
}

void served_save(const struct served *model, void *state)
{
    size_t row = model->shape.hidden * sizeof(real);
    char *at = state;

    if (model->trees != NULL)
        return;
    memcpy(at, &model->n_events, sizeof(model->n_events));
    at += sizeof(model->n_events);
    for (uint32_t i = 0; i < model->shape.layers; i++, at += 2 * row) {
        memcpy(at, model->streams[i].h, row);
        memcpy(at + row, model->streams[i].c, row);
    }
    memcpy(at, model->window, (size_t)model->shape.window * model->shape.inputs * sizeof(real));
}

int served_load(struct served *model, const void *state, size_t n)
{
    size_t row = model->shape.hidden * sizeof(real);
    const char *at = state;

    if (n != model->shape.state_bytes)
        return AGON_EINVAL;
    if (model->trees != NULL)
        return AGON_OK;
    at += sizeof(model->n_events);
    for (size_t i = 0; i < (n - sizeof(model->n_events)) / sizeof(real); i++) {
        real value;

        memcpy(&value, at + i * sizeof(real), sizeof(value));
        if (!isfinite(value))
            return AGON_EINVAL;
    }
    memcpy(&model->n_events, state, sizeof(model->n_events));
    for (uint32_t i = 0; i < model->shape.layers; i++, at += 2 * row) {
        memcpy(model->streams[i].h, at, row);
        memcpy(model->streams[i].c, at + row, row);
    }
    memcpy(model->window, at, (size_t)model->shape.window * model->shape.inputs * sizeof(real));
    return AGON_OK;
}
