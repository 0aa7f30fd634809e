// SPDX-License-Identifier: Apache-2.0
/* lstm/1: layers of LSTM one upon another, and a dense layer on the last one's h.
 * Tensors: lstm.L.w_x[inputs or hidden][4 hidden], lstm.L.w_h[hidden][4 hidden], lstm.L.b[4 hidden]
 * for each layer L from 0, as in lstm.h, dense.w[hidden][outputs], dense.b[outputs].
 *
 * lstm/2: a dense layer of `head` and ReLU stand before the last one: fc.w[hidden][head],
 * fc.b[head], dense.w[head][outputs], dense.b[outputs]. */
#include <stdlib.h>
#include <string.h>

#include "nn/dense.h"
#include "nn/lstm.h"
#include "nn/net_impl.h"

struct own_tape {
    struct lstm_tape layers[NET_LAYERS];
    real *below[NET_LAYERS]; /* what a layer was given, after dropout; of layer 0 nothing */
    real *top, *dh, *dh_below;
    real *fc, *shown, *dshown; /* lstm/2: of the head, before ReLU and after it; the way back */
    real *block;               /* owned */
};

struct own_stream {
    struct lstm_stream layers[NET_LAYERS];
    real *fc; /* owned; lstm/2: of the head */
};

static struct lstm layer_of(const struct net *net, uint32_t i)
{
    return (struct lstm){i == 0 ? net->shape.inputs : net->shape.hidden, net->shape.hidden};
}

/* What the last layer is given. */
static uint32_t width_of(const struct net *net)
{
    return net->shape.head > 0 ? net->shape.head : net->shape.hidden;
}

static struct dense last_of(const struct net *net)
{
    return (struct dense){width_of(net), net->shape.outputs};
}

static struct dense fc_of(const struct net *net)
{
    return (struct dense){net->shape.hidden, net->shape.head};
}

/* The tensor at which the head begins, and the last layer. */
static uint32_t fc_at(const struct net *net)
{
    return 3 * net->shape.layers;
}

static uint32_t last_at(const struct net *net)
{
    return fc_at(net) + (net->shape.head > 0 ? 2 : 0);
}

static void relu(struct device *device, const real *a, real *y, size_t n)
{
    struct map_args args = {.a = a, .y = y, .n = (uint32_t)n, .op = MAP_RELU};

    kernel_map(device, &args);
}

static void lay(struct net *net)
{
    uint32_t hidden = net->shape.hidden;

    for (uint32_t i = 0; i < net->shape.layers; i++) {
        net_tensor_add(net, 0, layer_of(net, i).inputs, 4 * hidden, hidden, 0, "lstm.%u.w_x", i);
        net_tensor_add(net, 0, hidden, 4 * hidden, hidden, 0, "lstm.%u.w_h", i);
        net_tensor_add(net, 0, 0, 4 * hidden, hidden, 0, "lstm.%u.b", i);
    }
    if (net->shape.head > 0) {
        net_tensor_add(net, 0, hidden, net->shape.head, hidden, 0, "fc.w");
        net_tensor_add(net, 0, 0, net->shape.head, 0, 0, "fc.b");
    }
    net_tensor_add(net, 0, width_of(net), net->shape.outputs, width_of(net), 0, "dense.w");
    net_tensor_add(net, 0, 0, net->shape.outputs, 0, 0, "dense.b");
}

static size_t n_values(const struct net_tape *tape)
{
    return (size_t)tape->steps * tape->batch * tape->net->shape.hidden;
}

static int tape_init(struct net_tape *tape)
{
    struct own_tape *own = tape->own = calloc(1, sizeof(*own));
    size_t n = n_values(tape);
    size_t n_head = (size_t)tape->steps * tape->batch * tape->net->shape.head;

    if (own == NULL)
        return AGON_ENOMEM;
    own->block =
        tape->device->alloc(tape->device, ((NET_LAYERS + 3) * n + 3 * n_head) * sizeof(real));
    if (own->block == NULL)
        return AGON_ENOMEM;
    for (uint32_t i = 0; i < tape->net->shape.layers; i++) {
        struct lstm lstm = layer_of(tape->net, i);

        own->below[i] = own->block + i * n;
        if (lstm_tape_init(tape->device, &lstm, tape->steps, tape->batch, &own->layers[i]) < 0)
            return AGON_ENOMEM;
    }
    own->top = own->block + NET_LAYERS * n;
    own->dh = own->top + n;
    own->dh_below = own->dh + n;
    own->fc = own->dh_below + n;
    own->shown = own->fc + n_head;
    own->dshown = own->shown + n_head;
    return AGON_OK;
}

static void tape_deinit(struct net_tape *tape)
{
    struct own_tape *own = tape->own;

    for (uint32_t i = 0; i < NET_LAYERS; i++)
        lstm_tape_deinit(tape->device, &own->layers[i]);
    tape->device->release(tape->device, own->block);
    free(own);
}

static void forward(struct net_tape *tape, const real *weights, const real *x, real *y)
{
    const struct net *net = tape->net;
    struct own_tape *own = tape->own;
    struct dense last = last_of(net);
    uint32_t rows = tape->steps * tape->batch;
    size_t n = n_values(tape);

    for (uint32_t i = 0; i < net->shape.layers; i++) {
        struct lstm lstm = layer_of(net, i);
        real *to = i + 1 < net->shape.layers ? own->below[i + 1] : own->top;

        lstm_forward(tape->device, &lstm, net_at(net, weights, 3 * i), x, &own->layers[i]);
        tape->device->copy(tape->device, to,
                           own->layers[i].h + (size_t)tape->batch * net->shape.hidden,
                           n * sizeof(real));
        net_drop(tape, to, n, i);
        x = to;
    }
    if (net->shape.head > 0) {
        struct dense fc = fc_of(net);

        dense_forward(tape->device, &fc, net_at(net, weights, fc_at(net)), x, own->fc, rows);
        relu(tape->device, own->fc, own->shown, (size_t)rows * net->shape.head);
        x = own->shown;
    }
    dense_forward(tape->device, &last, net_at(net, weights, last_at(net)), x, y, rows);
}

/* From dy to own->dh, through the last layer and the head. */
static void backward_top(struct net_tape *tape, const real *weights, const real *dy, real *dweights)
{
    const struct net *net = tape->net;
    struct own_tape *own = tape->own;
    struct dense last = last_of(net);
    struct dense fc = fc_of(net);
    uint32_t rows = tape->steps * tape->batch;
    int has_head = net->shape.head > 0;
    struct map_args relu_back = {.a = own->fc,
                                 .b = own->dshown,
                                 .y = own->dshown,
                                 .n = rows * net->shape.head,
                                 .op = MAP_RELU_BACK};

    dense_backward(tape->device, &last, net_at(net, weights, last_at(net)),
                   has_head ? own->shown : own->top, dy, net_into(net, dweights, last_at(net)),
                   has_head ? own->dshown : own->dh, rows);
    if (!has_head)
        return;
    kernel_map(tape->device, &relu_back);
    dense_backward(tape->device, &fc, net_at(net, weights, fc_at(net)), own->top, own->dshown,
                   net_into(net, dweights, fc_at(net)), own->dh, rows);
}

static void backward(struct net_tape *tape, const real *weights, const real *x, const real *dy,
                     real *dweights, real *dx)
{
    const struct net *net = tape->net;
    struct own_tape *own = tape->own;
    size_t n = n_values(tape);
    real *dh = own->dh;
    real *other = own->dh_below;

    backward_top(tape, weights, dy, dweights);
    for (uint32_t i = net->shape.layers; i-- > 0;) {
        struct lstm lstm = layer_of(net, i);
        real *dbelow = i == 0 ? dx : other;

        net_drop(tape, dh, n, i);
        lstm_backward(tape->device, &lstm, net_at(net, weights, 3 * i), i == 0 ? x : own->below[i],
                      dh, &own->layers[i], net_into(net, dweights, 3 * i), dbelow);
        other = dh;
        dh = dbelow;
    }
}

static int stream_init(struct net_stream *stream)
{
    struct own_stream *own = stream->own = calloc(1, sizeof(*own));

    if (own == NULL)
        return AGON_ENOMEM;
    for (uint32_t i = 0; i < stream->net->shape.layers; i++) {
        struct lstm lstm = layer_of(stream->net, i);

        if (lstm_stream_init(stream->device, &lstm, 1, &own->layers[i]) < 0)
            return AGON_ENOMEM;
    }
    if (stream->net->shape.head > 0) {
        own->fc = stream->device->alloc(stream->device, stream->net->shape.head * sizeof(*own->fc));
        if (own->fc == NULL)
            return AGON_ENOMEM;
    }
    return AGON_OK;
}

static void stream_deinit(struct net_stream *stream)
{
    struct own_stream *own = stream->own;

    for (uint32_t i = 0; i < NET_LAYERS; i++)
        lstm_stream_deinit(stream->device, &own->layers[i]);
    if (own->fc != NULL)
        stream->device->release(stream->device, own->fc);
    free(own);
}

static void step(struct net_stream *stream, const real *weights, const real *x)
{
    struct own_stream *own = stream->own;

    for (uint32_t i = 0; i < stream->net->shape.layers; i++) {
        struct lstm lstm = layer_of(stream->net, i);

        lstm_step(stream->device, &lstm, net_at(stream->net, weights, 3 * i), x, &own->layers[i]);
        x = own->layers[i].h;
    }
}

static void answer(struct net_stream *stream, const real *weights, real *y)
{
    const struct net *net = stream->net;
    struct own_stream *own = stream->own;
    const real *h = own->layers[net->shape.layers - 1].h;
    struct dense last = last_of(net);

    if (net->shape.head > 0) {
        struct dense fc = fc_of(net);

        dense_forward(stream->device, &fc, net_at(net, weights, fc_at(net)), h, own->fc, 1);
        relu(stream->device, own->fc, own->fc, net->shape.head);
        h = own->fc;
    }
    dense_forward(stream->device, &last, net_at(net, weights, last_at(net)), h, y, 1);
}

static void pieces(struct net_stream *stream, net_piece_fn fn, void *ctx)
{
    struct own_stream *own = stream->own;

    for (uint32_t i = 0; i < stream->net->shape.layers; i++) {
        fn(ctx, own->layers[i].h, stream->net->shape.hidden);
        fn(ctx, own->layers[i].c, stream->net->shape.hidden);
    }
}

static void resume(struct net_stream *stream)
{
    (void)stream; // h and c are all there is
}

/* Gates in the order input, output, forget, cell, and matrices turned round: to[4 hidden][rows]. */
static void turn_gates(const real *w, real *to, uint32_t rows, uint32_t hidden)
{
    static const uint32_t order[] = {0, 3, 1, 2};

    for (uint32_t gate = 0; gate < 4; gate++)
        for (uint32_t j = 0; j < hidden; j++)
            for (uint32_t row = 0; row < rows; row++)
                to[((size_t)gate * hidden + j) * rows + row] =
                    w[((size_t)row * 4 + order[gate]) * hidden + j];
}

static void onnx_layer(const struct net *net, const real *weights, uint32_t i, const char *from,
                       const char *to, struct onnx *onnx)
{
    uint32_t hidden = net->shape.hidden;
    uint32_t inputs = layer_of(net, i).inputs;
    uint32_t most = inputs > hidden ? inputs : hidden;
    const struct onnx_attribute attributes[] = {
        {.name = "hidden_size", .kind = ONNX_INT, .value = hidden}, {0}};
    real *turned = calloc((size_t)4 * hidden * (most > 2 ? most : 2), sizeof(*turned));
    char names[4][32];
    char all[160];

    if (turned == NULL) {
        onnx->failed = 1;
        return;
    }
    for (uint32_t part = 0; part < 4; part++)
        (void)snprintf(names[part], sizeof(names[part]), "lstm.%u.%u", i, part);
    turn_gates(net_at(net, weights, 3 * i), turned, inputs, hidden);
    onnx_tensor(onnx, names[0], turned, 1, 4 * hidden, inputs);
    turn_gates(net_at(net, weights, 3 * i + 1), turned, hidden, hidden);
    onnx_tensor(onnx, names[1], turned, 1, 4 * hidden, hidden);
    memset(turned, 0, (size_t)8 * hidden * sizeof(*turned));
    turn_gates(net_at(net, weights, 3 * i + 2), turned, 1, hidden);
    onnx_tensor(onnx, names[2], turned, 1, 8 * hidden, 0); // its second bias is 0
    (void)snprintf(all, sizeof(all), "%s %s %s %s", from, names[0], names[1], names[2]);
    onnx_node(onnx, "LSTM", all, names[3], attributes);
    onnx_reshape(onnx, names[3], to, onnx->steps, 1, hidden);
    free(turned);
}

static void onnx_net(const struct net *net, const real *weights, const char *from, const char *to,
                     struct onnx *onnx)
{
    char x[32] = "lstm.x";

    onnx_reshape(onnx, from, x, onnx->steps, 1, net->shape.inputs);
    for (uint32_t i = 0; i < net->shape.layers; i++) {
        char next[32];

        (void)snprintf(next, sizeof(next), "lstm.%u.h", i);
        onnx_layer(net, weights, i, x, next, onnx);
        memcpy(x, next, sizeof(x));
    }
    onnx_reshape(onnx, x, "lstm.top", onnx->steps, net->shape.hidden, 0);
    if (net->shape.head > 0) {
        onnx_dense(onnx, "lstm.top", "lstm.fc", net_at(net, weights, fc_at(net)), net->shape.hidden,
                   net->shape.head);
        onnx_node(onnx, "Relu", "lstm.fc", "lstm.shown", NULL);
    }
    onnx_dense(onnx, net->shape.head > 0 ? "lstm.shown" : "lstm.top", to,
               net_at(net, weights, last_at(net)), width_of(net), net->shape.outputs);
}

#define LSTM_ARCH(name_, ...)                                                                      \
    {                                                                                              \
        .name = name_, .keys = {__VA_ARGS__}, .by_step = 1, .lay = lay, .tape_init = tape_init,    \
        .tape_deinit = tape_deinit, .forward = forward, .backward = backward,                      \
        .stream_init = stream_init, .stream_deinit = stream_deinit, .step = step,                  \
        .answer = answer, .pieces = pieces, .resume = resume, .onnx = onnx_net                     \
    }
const struct net_arch lstm_net_arch =
    LSTM_ARCH("lstm/1", NET_KEY(inputs), NET_KEY(hidden), NET_KEY(layers), NET_KEY(outputs));
const struct net_arch lstm_head_arch = LSTM_ARCH("lstm/2", NET_KEY(inputs), NET_KEY(hidden),
                                                 NET_KEY(layers), NET_KEY(head), NET_KEY(outputs));
