// SPDX-License-Identifier: Apache-2.0
#include "nn/served.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nn/checkpoint.h"
#include "nn/trees.h"
#include "nn/trees_file.h"
#include "nn/trees_said.h"

struct served {
    struct device *device;
    struct served_shape shape;
    struct trees *trees; /* owned; NULL: what follows */
    struct net net;
    struct net_stream stream;
    const real *mean, *scale, *weights;
    real *x;      /* normalised, of this event */
    real *window; /* [window][inputs], normalised; event i is in row i % window */
    uint64_t n_events;
    real *block; /* owned: mean, scale, weights, x and window */
};

/* How it is served: "window:N", N from 1 to NET_WIDTH, or "state". */
static int read_window(FILE *file, uint32_t *window, struct error *err)
{
    struct checkpoint_text text = {.key = "agon.served"};
    int rc = checkpoint_texts(file, &text, 1, err);
    const char *digits = text.value + 7;
    unsigned long n;

    *window = 0;
    if (rc < 0 || strcmp(text.value, "state") == 0)
        return rc;
    n = strncmp(text.value, "window:", 7) == 0 && *digits >= '1' && *digits <= '9' &&
                strspn(digits, "0123456789") == strlen(digits)
            ? strtoul(digits, NULL, 10)
            : 0;
    if (n == 0 || n > NET_WIDTH)
        return error_set(err, AGON_EINVAL,
                         "agon.served is \"%s\"; expected state, or window:N with N from 1 to %d",
                         text.value, NET_WIDTH);
    *window = (uint32_t)n;
    return AGON_OK;
}

static int read_card(struct served *model, FILE *file, struct error *err)
{
    int rc = net_read_card(file, &model->net, err);

    if (rc >= 0)
        rc = read_window(file, &model->shape.window, err);
    model->shape.inputs = model->net.shape.inputs;
    model->shape.outputs = model->net.shape.outputs;
    return rc;
}

/* That all are numbers, and that what divides does. */
static int check_values(const struct served *model, const struct checkpoint_tensor *tensors,
                        uint32_t n, struct error *err)
{
    for (uint32_t i = 0; i < n; i++) {
        size_t many = i < model->net.n_tensors ? model->net.tensors[i].n : model->shape.inputs;

        for (size_t j = 0; j < many; j++)
            if (!isfinite(tensors[i].values[j]))
                return error_set(err, AGON_EINVAL,
                                 "value %zu of %s is NaN or infinite: its training failed; "
                                 "expected one that did not",
                                 j, tensors[i].name);
    }
    for (uint32_t i = 0; i < model->shape.inputs; i++)
        if (!(model->scale[i] > 0))
            return error_set(err, AGON_EINVAL,
                             "norm.scale of input %u is not above 0; expected 1 over its deviation",
                             i);
    return AGON_OK;
}

/* Of the model and behind them its normalisation. Returns how many. */
static uint32_t list_of(const struct net *net, real *weights, real *mean, real *scale,
                        struct checkpoint_tensor *tensors)
{
    uint32_t n = net->n_tensors;

    net_list(net, weights, tensors);
    tensors[n] = (struct checkpoint_tensor){"norm.mean", 1, {net->shape.inputs}, mean};
    tensors[n + 1] = (struct checkpoint_tensor){"norm.scale", 1, {net->shape.inputs}, scale};
    return n + 2;
}

static int read_weights(struct served *model, FILE *file, size_t n_bytes, struct error *err)
{
    struct checkpoint_tensor tensors[NET_TENSORS + 2];
    const struct net *net = &model->net;
    uint32_t inputs = model->shape.inputs;
    size_t sum = net->n_weights + 2 * (size_t)inputs;
    size_t room = sum + ((size_t)model->shape.window + 1) * inputs;
    uint32_t n;
    int rc;

    if (sum > n_bytes / sizeof(real)) // before memory is taken for what is not there
        return error_set(err, AGON_EINVAL,
                         "its card is of a model with %zu weights, more than the %zu bytes have; "
                         "expected the card and the tensors of one model",
                         sum, n_bytes);
    model->block = model->device->alloc(model->device, room * sizeof(real));
    if (model->block == NULL)
        return error_set(err, AGON_ENOMEM, "no memory for %zu weights", sum);
    model->mean = model->block;
    model->scale = model->mean + inputs;
    model->weights = model->scale + inputs;
    model->x = model->block + sum;
    model->window = model->x + inputs;
    n = list_of(net, model->block + 2 * (size_t)inputs, model->block, model->block + inputs,
                tensors);
    rc = checkpoint_read(file, tensors, n, err);
    return rc < 0 ? rc : check_values(model, tensors, n, err);
}

/* Of the state, behind the number of events: the window, or else what the stream remembers. */
static size_t bytes_inside(struct served *model)
{
    return model->shape.window > 0
               ? (size_t)model->shape.window * model->shape.inputs * sizeof(real)
               : net_stream_bytes(&model->stream);
}

static int open_net(struct served *model, const void *bytes, size_t n, struct error *err)
{
    FILE *file = fmemopen((void *)(uintptr_t)bytes, n, "r");
    int rc;

    if (file == NULL)
        return error_set(err, AGON_ENOMEM, "no memory for a model");
    rc = read_card(model, file, err);
    if (rc >= 0)
        rc = read_weights(model, file, n, err);
    if (rc >= 0 && net_stream_init(model->device, &model->net, &model->stream) < 0)
        rc = error_set(err, AGON_ENOMEM, "no memory for a model's state");
    (void)fclose(file);
    if (rc >= 0)
        model->shape.state_bytes = sizeof(model->n_events) + bytes_inside(model);
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
                       "it is empty; expected a safetensors file, or XGBoost's JSON or UBJSON");
    else if (model == NULL)
        rc = error_set(err, AGON_ENOMEM, "no memory for a model");
    else if (trees_is_file(bytes, n) != TREES_NONE)
        rc = open_trees(model, bytes, n, err);
    else
        rc = open_net(model, bytes, n, err);
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
    net_stream_deinit(&model->stream);
    if (model->block != NULL)
        model->device->release(model->device, model->block);
    free(model);
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
    for (uint32_t i = 0; i < shape->inputs; i++)
        if (!isfinite(model->x[i])) // by its file's scale
            return AGON_EINVAL;
    if (window > 0) {
        memcpy(model->window + model->n_events % window * shape->inputs, model->x,
               shape->inputs * sizeof(real));
        model->n_events++;
        if (model->n_events < window)
            return AGON_EAGAIN;
        net_stream_reset(&model->stream);
        for (uint64_t i = model->n_events - window; i < model->n_events; i++)
            net_step(&model->stream, model->weights, model->window + i % window * shape->inputs);
    } else {
        model->n_events++;
        net_step(&model->stream, model->weights, model->x);
    }
    net_answer(&model->stream, model->weights, y);
    for (uint32_t i = 0; i < shape->outputs; i++)
        if (!isfinite(y[i])) // by weights that are numbers, and too large
            return AGON_ERANGE;
    return AGON_OK;
}

void served_reset(struct served *model)
{
    if (model->trees != NULL)
        return;
    net_stream_reset(&model->stream);
    memset(model->window, 0, (size_t)model->shape.window * model->shape.inputs * sizeof(real));
    model->n_events = 0;
}

int served_check(struct served *model, const char *name, struct error *err)
{
    static const float deviations[] = {0, 3, -3};
    const struct served_shape *shape = &model->shape;
    real *x;
    int rc = AGON_OK;

    if (model->trees != NULL)
        return AGON_OK;
    x = calloc((size_t)shape->inputs + shape->outputs, sizeof(*x));
    if (x == NULL)
        return error_set(err, AGON_ENOMEM, "no memory to ask %.400s", name);
    for (size_t k = 0; k < sizeof(deviations) / sizeof(deviations[0]) && rc != AGON_ERANGE; k++) {
        for (uint32_t i = 0; i < shape->inputs; i++)
            x[i] = model->mean[i] + deviations[k] / model->scale[i];
        served_reset(model);
        for (uint32_t i = 0; i <= shape->window && rc != AGON_ERANGE; i++)
            rc = served_step(model, x, x + shape->inputs);
    }
    served_reset(model);
    free(x);
    return rc != AGON_ERANGE
               ? AGON_OK
               : error_set(err, rc,
                           "%.400s: asked by its inputs' means, or 3 deviations beside them, it "
                           "answers what is not a number: its weights are too large to be used; "
                           "expected a model whose training did not fail",
                           name);
}

void served_save(struct served *model, void *state)
{
    char *at;

    if (model->trees != NULL)
        return;
    at = (char *)state + sizeof(model->n_events);
    memcpy(state, &model->n_events, sizeof(model->n_events));
    if (model->shape.window > 0)
        memcpy(at, model->window, bytes_inside(model));
    else
        net_stream_save(&model->stream, at);
}

int served_load(struct served *model, const void *state, size_t n)
{
    const char *at;

    if (n != model->shape.state_bytes)
        return AGON_EINVAL;
    if (model->trees != NULL)
        return AGON_OK;
    at = (const char *)state + sizeof(model->n_events);
    if (model->shape.window == 0) {
        int rc = net_stream_load(&model->stream, at);

        if (rc < 0)
            return rc;
    } else {
        for (size_t i = 0; i < bytes_inside(model) / sizeof(real); i++) {
            real value;

            memcpy(&value, at + i * sizeof(real), sizeof(value));
            if (!isfinite(value))
                return AGON_EINVAL;
        }
        memcpy(model->window, at, bytes_inside(model));
    }
    memcpy(&model->n_events, state, sizeof(model->n_events));
    return AGON_OK;
}

struct served_parts served_parts(const struct served *model)
{
    return (struct served_parts){&model->net, model->weights, model->mean, model->scale,
                                 model->trees};
}

/* As far as there is room, and as a file may say it: a driver gives a card any name. */
static void put_plain(char value[CHECKPOINT_VALUE], const char *text)
{
    (void)snprintf(value, CHECKPOINT_VALUE, "%s", text);
    for (char *c = value; *c != '\0'; c++)
        if (*c < ' ' || *c > '~' || *c == '"' || *c == '\\')
            *c = '_';
}

int served_write(FILE *file, const struct net *net, const struct served_words *words, real *mean,
                 real *scale, real *weights, struct error *err)
{
    struct checkpoint_tensor tensors[NET_TENSORS + 2];
    struct checkpoint_text texts[CHECKPOINT_TEXTS];
    char keys[SERVED_NAMES][24];
    uint32_t n = net_card(net, texts);

    texts[n].key = "agon.served";
    (void)snprintf(texts[n++].value, CHECKPOINT_VALUE, "%s", words->served);
    if (words->goal != NULL && words->goal[0] != '\0') {
        texts[n].key = "agon.goal";
        (void)snprintf(texts[n++].value, CHECKPOINT_VALUE, "%s", words->goal);
    }
    if (words->edition > 0) {
        texts[n].key = "agon.edition";
        (void)snprintf(texts[n++].value, CHECKPOINT_VALUE, "%u", words->edition);
    }
    if (words->device != NULL && words->device[0] != '\0') {
        texts[n].key = "agon.device";
        put_plain(texts[n++].value, words->device);
    }
    if (words->strong != NULL && words->strong[0] != '\0') {
        texts[n].key = "agon.strong";
        put_plain(texts[n++].value, words->strong);
    }
    for (uint32_t i = 0;
         words->inputs != NULL && net->shape.inputs <= SERVED_NAMES && i < net->shape.inputs;
         i++, n++) {
        (void)snprintf(keys[i], sizeof(keys[i]), "agon.input.%u", i);
        texts[n].key = keys[i];
        (void)snprintf(texts[n].value, CHECKPOINT_VALUE, "%s", words->inputs[i]);
    }
    return checkpoint_write(file, texts, n, tensors, list_of(net, weights, mean, scale, tensors),
                            err);
}

/* A text that need not be there. */
static int text_of(FILE *file, const char *key, char value[CHECKPOINT_VALUE])
{
    struct checkpoint_text text = {.key = key};
    struct error none = {0};
    int rc = checkpoint_texts(file, &text, 1, &none);

    memcpy(value, rc >= 0 ? text.value : "", rc >= 0 ? sizeof(text.value) : 1);
    return rc >= 0;
}

static int net_said(FILE *file, struct served_names *names, struct error *err)
{
    struct net net;
    char edition[CHECKPOINT_VALUE];
    int rc = net_read_card(file, &net, err);

    if (rc >= 0 && text_of(file, "agon.edition", edition))
        rc = trees_edition(edition, &names->edition, err);
    if (rc < 0)
        return rc;
    (void)text_of(file, "agon.model", names->model);
    (void)text_of(file, "agon.served", names->served);
    (void)text_of(file, "agon.goal", names->goal);
    if (net.shape.inputs > SERVED_NAMES)
        return AGON_OK;
    names->inputs = calloc(net.shape.inputs, sizeof(*names->inputs));
    if (names->inputs == NULL)
        return error_set(err, AGON_ENOMEM, "no memory for a model's names");
    for (uint32_t i = 0; i < net.shape.inputs; i++) {
        char key[24];

        (void)snprintf(key, sizeof(key), "agon.input.%u", i);
        if (!text_of(file, key, names->inputs[i]))
            return AGON_OK;
    }
    names->n_inputs = net.shape.inputs;
    return AGON_OK;
}

/* By their names columns are found: two that are alike would be one. */
static int check_apart(const struct served_names *names, struct error *err)
{
    for (uint32_t i = 0; i < names->n_inputs; i++)
        for (uint32_t k = 0; k < i; k++)
            if (strcmp(names->inputs[i], names->inputs[k]) == 0)
                return error_set(err, AGON_EINVAL,
                                 "inputs %u and %u are both called %.64s; expected a name of its "
                                 "own for each",
                                 k, i, names->inputs[i]);
    return AGON_OK;
}

int served_said(const void *bytes, size_t n, struct served_names *names, struct error *err)
{
    FILE *file;
    int rc;

    *names = (struct served_names){0};
    if (n == 0)
        return error_set(err, AGON_EINVAL, "it is empty; expected a model");
    if (trees_is_file(bytes, n) != TREES_NONE) {
        rc = trees_said(bytes, n, names, err);
        return rc < 0 ? rc : check_apart(names, err);
    }
    file = fmemopen((void *)(uintptr_t)bytes, n, "r");
    if (file == NULL)
        return error_set(err, AGON_ENOMEM, "no memory for a model");
    rc = net_said(file, names, err);
    (void)fclose(file);
    return rc < 0 ? rc : check_apart(names, err);
}

/* The next word of a list, and what stands behind it; n is 0 at the end. */
static const char *next_word(const char *at, size_t *n)
{
    while (*at == ' ')
        at++;
    *n = strcspn(at, " ");
    return at;
}

static int hold_edition(const struct served_names *names, uint32_t edition, struct error *err)
{
    if (names->edition == edition)
        return AGON_OK;
    if (names->edition == 0)
        return error_set(err, AGON_EVERSION,
                         "its file does not say of which edition of the features its inputs are "
                         "(agon.edition), and it is given those of edition %u; expected the same: "
                         "train it on a table of agon features make, or say it of one of XGBoost's "
                         "by booster.set_attr(**{\"agon.edition\": \"%u\"}) where it is so",
                         edition, edition);
    if (edition == 0)
        return error_set(err, AGON_EVERSION,
                         "its inputs are of edition %u of the features, and it is given others "
                         "(edition 0); expected what agon/feature.h computes",
                         names->edition);
    return error_set(err, AGON_EVERSION,
                     "its inputs are of edition %u of the features, and it is given those of "
                     "edition %u; expected the same: make the table again and train on it, or "
                     "take the plugin that was built with edition %u",
                     names->edition, edition, names->edition);
}

int served_hold(const struct served_names *names, const char *given, uint32_t edition,
                struct error *err)
{
    const char *at = given;
    uint32_t n_given = 0, first = UINT32_MAX, n = names->n_inputs;
    size_t length, first_length = 0;
    const char *first_at = "";

    if (n == 0)
        return error_set(err, AGON_EVERSION,
                         "its file does not name its inputs, so that their order cannot be held "
                         "against what it is given (%.100s); expected names: "
                         "booster.feature_names = [...] before save_model, or agon.input.0, .1, "
                         "... in a net's metadata",
                         given);
    for (at = next_word(at, &length); length > 0; at = next_word(at + length, &length)) {
        if (first == UINT32_MAX && (n_given >= n || strlen(names->inputs[n_given]) != length ||
                                    memcmp(names->inputs[n_given], at, length) != 0)) {
            first = n_given;
            first_at = at;
            first_length = length;
        }
        n_given++;
    }
    if (n_given != n)
        return error_set(err, AGON_EVERSION,
                         "it is asked by %u inputs, and %u are given (%.100s); expected those that "
                         "it was trained by, from %.64s to %.64s: give it these, or a file that "
                         "was trained by what is given",
                         n, n_given, given, names->inputs[0], names->inputs[n - 1]);
    if (first != UINT32_MAX)
        return error_set(err, AGON_EVERSION,
                         "its input %u is %.64s, and %.*s is given there; expected the names that "
                         "it was trained by, in their order: give it these, or a file that was "
                         "trained by what is given (%.100s)",
                         first, names->inputs[first], first_length < 64 ? (int)first_length : 64,
                         first_at, given);
    return hold_edition(names, edition, err);
}
