// SPDX-License-Identifier: Apache-2.0
#include "nn/net.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "base/rng.h"
#include "nn/net_impl.h"

static const struct net_arch *const archs[] = {
    &lstm_net_arch, &lstm_head_arch, &tcn_arch, &transformer_arch, &policy_net_arch,
    // the next one stands above this line
};
#define N_ARCHS (sizeof(archs) / sizeof(archs[0]))

const struct net_arch *net_arch_find(const char *name)
{
    for (uint32_t i = 0; i < N_ARCHS; i++)
        if (strcmp(archs[i]->name, name) == 0)
            return archs[i];
    return NULL;
}

const char *net_arch_name(const struct net_arch *arch)
{
    return arch->name;
}

int net_is_by_step(const struct net *net)
{
    return net->shape.arch->by_step;
}

static uint32_t *number_of(struct net_shape *shape, const struct net_key *key)
{
    return (uint32_t *)(void *)((char *)shape + key->at);
}

static uint32_t most_of(const struct net_key *key)
{
    return key->at == offsetof(struct net_shape, layers) ? NET_LAYERS : NET_WIDTH;
}

int net_init(const struct net_shape *shape, struct net *net, struct error *err)
{
    const struct net_arch *arch = shape->arch;
    int rc = AGON_OK;

    *net = (struct net){.shape = *shape};
    for (const struct net_key *key = arch->keys; key->key != NULL; key++) {
        uint32_t value = *number_of(&net->shape, key), most = most_of(key);

        if (value == 0 || value > most)
            return error_set(err, AGON_EINVAL, "%s is %u; expected a number from 1 to %u", key->key,
                             value, most);
    }
    if (arch->check != NULL)
        rc = arch->check(shape, err);
    if (rc >= 0)
        arch->lay(net);
    return rc;
}

void net_tensor_add(struct net *net, uint32_t planes, uint32_t rows, uint32_t columns,
                    uint32_t n_in, double start, const char *format, ...)
{
    struct net_tensor *tensor = &net->tensors[net->n_tensors++];
    uint32_t dims[] = {planes, rows, columns};
    va_list args;

    REQUIRE(net->n_tensors <= NET_TENSORS);
    va_start(args, format);
    (void)vsnprintf(tensor->name, sizeof(tensor->name), format, args);
    va_end(args);
    tensor->n = 1;
    for (uint32_t i = 0; i < 3; i++)
        if (dims[i] > 0) {
            tensor->dims[tensor->n_dims++] = dims[i];
            tensor->n *= dims[i];
        }
    tensor->at = net->n_weights;
    tensor->spread = n_in == 0 ? 0 : 1 / sqrt((double)n_in);
    tensor->start = start;
    net->n_weights += tensor->n;
}

void net_list(const struct net *net, real *weights, struct checkpoint_tensor *tensors)
{
    for (uint32_t i = 0; i < net->n_tensors; i++) {
        tensors[i] = (struct checkpoint_tensor){.name = net->tensors[i].name,
                                                .n_dims = net->tensors[i].n_dims,
                                                .values = weights + net->tensors[i].at};
        memcpy(tensors[i].dims, net->tensors[i].dims, sizeof(net->tensors[i].dims));
    }
}

uint32_t net_card(const struct net *net, struct checkpoint_text *texts)
{
    struct net_shape shape = net->shape;
    uint32_t n = 1;

    texts[0].key = "agon.model";
    (void)snprintf(texts[0].value, sizeof(texts[0].value), "%s", shape.arch->name);
    for (const struct net_key *key = shape.arch->keys; key->key != NULL; key++, n++) {
        texts[n].key = key->key;
        (void)snprintf(texts[n].value, sizeof(texts[n].value), "%u", *number_of(&shape, key));
    }
    return n;
}

void net_draw(const struct net *net, uint64_t seed, real *weights)
{
    for (uint32_t i = 0; i < net->n_tensors; i++) {
        const struct net_tensor *tensor = &net->tensors[i];
        struct rng rng;

        rng_init(&rng, rng_at(seed, i, 0, 0, 0));
        for (size_t j = 0; j < tensor->n; j++)
            weights[tensor->at + j] =
                (real)(tensor->spread > 0 ? (2 * rng_unit(&rng) - 1) * tensor->spread
                                          : tensor->start);
    }
}

/* A whole number from 1 to NET_WIDTH in plain digits. */
static int is_number(const char *text, uint32_t *value)
{
    size_t n = strspn(text, "0123456789");

    *value = 0;
    if (n == 0 || n > 4 || text[n] != '\0' || text[0] == '0')
        return 0;
    for (size_t i = 0; i < n; i++)
        *value = *value * 10 + (uint32_t)(text[i] - '0');
    return *value <= NET_WIDTH;
}

static int refuse_arch(const char *name, struct error *err)
{
    char known[128] = "";
    size_t at = 0;

    for (uint32_t i = 0; i < N_ARCHS; i++)
        at += (size_t)snprintf(known + at, sizeof(known) - at, "%s%s",
                               i == 0 ? "" : (i + 1 == N_ARCHS ? " or " : ", "), archs[i]->name);
    return error_set(err, AGON_EINVAL, "agon.model is \"%s\"; expected %s", name, known);
}

int net_read_card(FILE *file, struct net *net, struct error *err)
{
    struct checkpoint_text model = {.key = "agon.model"};
    struct net_shape shape = {0};
    int rc = checkpoint_texts(file, &model, 1, err);

    if (rc < 0)
        return rc;
    shape.arch = net_arch_find(model.value);
    if (shape.arch == NULL)
        return refuse_arch(model.value, err);
    for (const struct net_key *key = shape.arch->keys; key->key != NULL; key++) {
        struct checkpoint_text text = {.key = key->key};

        rc = checkpoint_texts(file, &text, 1, err);
        if (rc < 0)
            return rc;
        if (!is_number(text.value, number_of(&shape, key)))
            return error_set(err, AGON_EINVAL, "%s is \"%s\"; expected a number from 1 to %u",
                             key->key, text.value, most_of(key));
    }
    return net_init(&shape, net, err);
}

int net_tape_init(struct device *device, const struct net *net, uint32_t steps, uint32_t batch,
                  struct net_tape *tape)
{
    int rc;

    *tape = (struct net_tape){.net = net, .device = device, .steps = steps, .batch = batch};
    rc = net->shape.arch->tape_init(tape);
    if (rc < 0)
        net_tape_deinit(tape);
    return rc;
}

void net_tape_deinit(struct net_tape *tape)
{
    if (tape->own != NULL)
        tape->net->shape.arch->tape_deinit(tape);
    tape->own = NULL;
}

void net_forward(struct net_tape *tape, const real *weights, const real *x, real *y)
{
    tape->net->shape.arch->forward(tape, weights, x, y);
}

void net_backward(struct net_tape *tape, const real *weights, const real *x, const real *dy,
                  real *dweights, real *dx)
{
    tape->net->shape.arch->backward(tape, weights, x, dy, dweights, dx);
}

int net_stream_init(struct device *device, const struct net *net, struct net_stream *stream)
{
    int rc;

    *stream = (struct net_stream){.net = net, .device = device};
    rc = net->shape.arch->stream_init(stream);
    if (rc < 0)
        net_stream_deinit(stream);
    else
        net->shape.arch->resume(stream);
    return rc;
}

void net_stream_deinit(struct net_stream *stream)
{
    if (stream->own != NULL)
        stream->net->shape.arch->stream_deinit(stream);
    stream->own = NULL;
}

void net_step(struct net_stream *stream, const real *weights, const real *x)
{
    stream->n_events++;
    stream->net->shape.arch->step(stream, weights, x);
}

void net_answer(struct net_stream *stream, const real *weights, real *y)
{
    stream->net->shape.arch->answer(stream, weights, y);
}

static void clear_piece(void *ctx, real *at, size_t n)
{
    (void)ctx;
    memset(at, 0, n * sizeof(real));
}

void net_stream_reset(struct net_stream *stream)
{
    stream->n_events = 0;
    stream->net->shape.arch->pieces(stream, clear_piece, NULL);
    stream->net->shape.arch->resume(stream);
}

static void count_piece(void *ctx, real *at, size_t n)
{
    size_t *bytes = ctx;

    (void)at;
    *bytes += n * sizeof(real);
}

size_t net_stream_bytes(struct net_stream *stream)
{
    size_t bytes = sizeof(stream->n_events);

    stream->net->shape.arch->pieces(stream, count_piece, &bytes);
    return bytes;
}

static void save_piece(void *ctx, real *at, size_t n)
{
    char **to = ctx;

    memcpy(*to, at, n * sizeof(real));
    *to += n * sizeof(real);
}

void net_stream_save(struct net_stream *stream, void *state)
{
    char *to = state;

    memcpy(to, &stream->n_events, sizeof(stream->n_events));
    to += sizeof(stream->n_events);
    stream->net->shape.arch->pieces(stream, save_piece, &to);
}

static void load_piece(void *ctx, real *at, size_t n)
{
    const char **from = ctx;

    memcpy(at, *from, n * sizeof(real));
    *from += n * sizeof(real);
}

int net_stream_load(struct net_stream *stream, const void *state)
{
    const char *from = (const char *)state + sizeof(stream->n_events);
    size_t n = (net_stream_bytes(stream) - sizeof(stream->n_events)) / sizeof(real);

    for (size_t i = 0; i < n; i++) {
        real value;

        memcpy(&value, from + i * sizeof(real), sizeof(value));
        if (!isfinite(value))
            return AGON_EINVAL;
    }
    memcpy(&stream->n_events, state, sizeof(stream->n_events));
    stream->net->shape.arch->pieces(stream, load_piece, &from);
    stream->net->shape.arch->resume(stream);
    return AGON_OK;
}

void net_drop(const struct net_tape *tape, real *a, size_t n, uint32_t place)
{
    struct dropout_args args = {.a = a,
                                .y = a,
                                .seed = tape->seed,
                                .stream = tape->turn * NET_TENSORS + place,
                                .n = (uint32_t)n,
                                .threshold = (uint32_t)(tape->drop * 4294967296.0),
                                .scale = (real)(1 / (1 - tape->drop))};

    if (tape->drop > 0)
        kernel_dropout(tape->device, &args);
}

void net_gelu(struct device *device, const real *a, real *y, size_t n)
{
    struct map_args args = {.a = a, .y = y, .n = (uint32_t)n, .op = MAP_GELU};

    kernel_map(device, &args);
}

void net_gelu_back(struct device *device, const real *a, const real *dy, real *da, size_t n)
{
    struct map_args args = {.a = a, .b = dy, .y = da, .n = (uint32_t)n, .op = MAP_GELU_BACK};

    kernel_map(device, &args);
}

void net_add(struct device *device, const real *a, real *to, size_t n)
{
    struct map_args args = {.a = to, .b = a, .y = to, .n = (uint32_t)n, .op = MAP_ADD};

    kernel_map(device, &args);
}
