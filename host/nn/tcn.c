// SPDX-License-Identifier: Apache-2.0
/* tcn/1: a stack of dilated causal convolutions with residuals (Bai et al. 2018), each behind a
 * layer norm: x = embed(x); for each layer L: x += mix(gelu(conv(norm(x)))), where conv's taps are
 * 2^L steps apart; then a last norm and a dense layer.
 * Tensors: embed.w[inputs][hidden], embed.b[hidden]; for each layer L from 0 tcn.L.gain[hidden],
 * tcn.L.bias[hidden], tcn.L.conv.w[taps][hidden][hidden] (tap 0 is the newest), tcn.L.conv.b,
 * tcn.L.mix.w[hidden][hidden], tcn.L.mix.b; head.gain, head.bias, dense.w[hidden][outputs],
 * dense.b. */
#include <stdlib.h>
#include <string.h>

#include "nn/conv.h"
#include "nn/dense.h"
#include "nn/net_impl.h"
#include "nn/norm.h"

#define OF_LAYER(i) (2 + 6 * (i)) /* its norm; conv and mix are the 2nd and 4th from there */

struct own_tape {
    struct {
        real *x, *mean, *rstd, *normed, *conv, *gelu;
    } layers[NET_LAYERS];
    real *x, *mean, *rstd, *normed; /* of the head */
    real *dx, *d, *other;
    real *block; /* owned */
};

struct own_stream {
    struct conv_stream layers[NET_LAYERS];
    real *x, *normed, *conv, *stats;
    real *block; /* owned */
};

static struct conv conv_of(const struct net *net, uint32_t i)
{
    return (struct conv){net->shape.hidden, net->shape.hidden, net->shape.taps, 1u << i};
}

static struct dense embed_of(const struct net *net)
{
    return (struct dense){net->shape.inputs, net->shape.hidden};
}

static struct dense mix_of(const struct net *net)
{
    return (struct dense){net->shape.hidden, net->shape.hidden};
}

static struct dense head_of(const struct net *net)
{
    return (struct dense){net->shape.hidden, net->shape.outputs};
}

static void lay(struct net *net)
{
    uint32_t hidden = net->shape.hidden;

    net_tensor_add(net, 0, net->shape.inputs, hidden, net->shape.inputs, 0, "embed.w");
    net_tensor_add(net, 0, 0, hidden, net->shape.inputs, 0, "embed.b");
    for (uint32_t i = 0; i < net->shape.layers; i++) {
        net_tensor_add(net, 0, 0, hidden, 0, 1, "tcn.%u.gain", i);
        net_tensor_add(net, 0, 0, hidden, 0, 0, "tcn.%u.bias", i);
        net_tensor_add(net, net->shape.taps, hidden, hidden, net->shape.taps * hidden, 0,
                       "tcn.%u.conv.w", i);
        net_tensor_add(net, 0, 0, hidden, net->shape.taps * hidden, 0, "tcn.%u.conv.b", i);
        net_tensor_add(net, 0, hidden, hidden, hidden, 0, "tcn.%u.mix.w", i);
        net_tensor_add(net, 0, 0, hidden, hidden, 0, "tcn.%u.mix.b", i);
    }
    net_tensor_add(net, 0, 0, hidden, 0, 1, "head.gain");
    net_tensor_add(net, 0, 0, hidden, 0, 0, "head.bias");
    net_tensor_add(net, 0, hidden, net->shape.outputs, hidden, 0, "dense.w");
    net_tensor_add(net, 0, 0, net->shape.outputs, 0, 0, "dense.b");
}

static uint32_t rows_of(const struct net_tape *tape)
{
    return tape->steps * tape->batch;
}

static size_t hand_out(const struct net_tape *tape, struct own_tape *own)
{
    struct net_room room = {.base = own->block};
    size_t rows = rows_of(tape);
    size_t n = rows * tape->net->shape.hidden;

    for (uint32_t i = 0; i < tape->net->shape.layers; i++) {
        own->layers[i].x = net_take(&room, n);
        own->layers[i].mean = net_take(&room, rows);
        own->layers[i].rstd = net_take(&room, rows);
        own->layers[i].normed = net_take(&room, n);
        own->layers[i].conv = net_take(&room, n);
        own->layers[i].gelu = net_take(&room, n);
    }
    own->x = net_take(&room, n);
    own->mean = net_take(&room, rows);
    own->rstd = net_take(&room, rows);
    own->normed = net_take(&room, n);
    own->dx = net_take(&room, n);
    own->d = net_take(&room, n);
    own->other = net_take(&room, n);
    return room.n;
}

static int tape_init(struct net_tape *tape)
{
    struct own_tape *own = tape->own = calloc(1, sizeof(*own));

    if (own == NULL)
        return AGON_ENOMEM;
    own->block = tape->device->alloc(tape->device, hand_out(tape, own) * sizeof(real));
    (void)hand_out(tape, own);
    return own->block != NULL ? AGON_OK : AGON_ENOMEM;
}

static void tape_deinit(struct net_tape *tape)
{
    struct own_tape *own = tape->own;

    tape->device->release(tape->device, own->block);
    free(own);
}

static void forward(struct net_tape *tape, const real *weights, const real *x, real *y)
{
    const struct net *net = tape->net;
    struct own_tape *own = tape->own;
    struct device *device = tape->device;
    uint32_t hidden = net->shape.hidden;
    uint32_t layers = net->shape.layers;
    uint32_t rows = rows_of(tape);
    size_t n = (size_t)rows * hidden;
    struct dense embed = embed_of(net);
    struct dense mix = mix_of(net);
    struct dense head = head_of(net);

    dense_forward(device, &embed, weights, x, own->layers[0].x, rows);
    for (uint32_t i = 0; i < layers; i++) {
        struct conv conv = conv_of(net, i);
        const real *of = net_at(net, weights, OF_LAYER(i));
        real *next = i + 1 < layers ? own->layers[i + 1].x : own->x;

        norm_forward(device, hidden, of, own->layers[i].x, own->layers[i].normed,
                     own->layers[i].mean, own->layers[i].rstd, rows);
        conv_forward(device, &conv, net_at(net, weights, OF_LAYER(i) + 2), own->layers[i].normed,
                     own->layers[i].conv, tape->batch, tape->steps);
        net_gelu(device, own->layers[i].conv, own->layers[i].gelu, n);
        net_drop(tape, own->layers[i].gelu, n, i);
        dense_forward(device, &mix, net_at(net, weights, OF_LAYER(i) + 4), own->layers[i].gelu,
                      next, rows);
        net_add(device, own->layers[i].x, next, n);
    }
    norm_forward(device, hidden, net_at(net, weights, OF_LAYER(layers)), own->x, own->normed,
                 own->mean, own->rstd, rows);
    dense_forward(device, &head, net_at(net, weights, OF_LAYER(layers) + 2), own->normed, y, rows);
}

static void backward(struct net_tape *tape, const real *weights, const real *x, const real *dy,
                     real *dweights, real *dx)
{
    const struct net *net = tape->net;
    struct own_tape *own = tape->own;
    struct device *device = tape->device;
    uint32_t hidden = net->shape.hidden;
    uint32_t rows = rows_of(tape);
    uint32_t at = OF_LAYER(net->shape.layers);
    size_t n = (size_t)rows * hidden;
    struct dense embed = embed_of(net);
    struct dense mix = mix_of(net);
    struct dense head = head_of(net);

    dense_backward(device, &head, net_at(net, weights, at + 2), own->normed, dy,
                   net_into(net, dweights, at + 2), own->d, rows);
    norm_backward(device, hidden, net_at(net, weights, at), own->x, own->mean, own->rstd, own->d,
                  net_into(net, dweights, at), own->dx, rows);
    for (uint32_t i = net->shape.layers; i-- > 0;) {
        struct conv conv = conv_of(net, i);

        at = OF_LAYER(i);
        dense_backward(device, &mix, net_at(net, weights, at + 4), own->layers[i].gelu, own->dx,
                       net_into(net, dweights, at + 4), own->d, rows);
        net_drop(tape, own->d, n, i);
        net_gelu_back(device, own->layers[i].conv, own->d, own->d, n);
        conv_backward(device, &conv, net_at(net, weights, at + 2), own->layers[i].normed, own->d,
                      net_into(net, dweights, at + 2), own->other, tape->batch, tape->steps);
        norm_backward(device, hidden, net_at(net, weights, at), own->layers[i].x,
                      own->layers[i].mean, own->layers[i].rstd, own->other,
                      net_into(net, dweights, at), own->d, rows);
        net_add(device, own->d, own->dx, n);
    }
    dense_backward(device, &embed, weights, x, own->dx, dweights, dx, rows);
}

static int stream_init(struct net_stream *stream)
{
    struct own_stream *own = stream->own = calloc(1, sizeof(*own));
    uint32_t hidden = stream->net->shape.hidden;

    if (own == NULL)
        return AGON_ENOMEM;
    own->block = stream->device->alloc(stream->device, (4 * (size_t)hidden + 2) * sizeof(real));
    if (own->block == NULL)
        return AGON_ENOMEM;
    own->x = own->block;
    own->normed = own->x + hidden;
    own->conv = own->normed + hidden;
    own->stats = own->conv + 2 * (size_t)hidden;
    for (uint32_t i = 0; i < stream->net->shape.layers; i++) {
        struct conv conv = conv_of(stream->net, i);

        if (conv_stream_init(stream->device, &conv, 1, &own->layers[i]) < 0)
            return AGON_ENOMEM;
    }
    return AGON_OK;
}

static void stream_deinit(struct net_stream *stream)
{
    struct own_stream *own = stream->own;

    for (uint32_t i = 0; i < NET_LAYERS; i++)
        conv_stream_deinit(stream->device, &own->layers[i]);
    stream->device->release(stream->device, own->block);
    free(own);
}

static void step(struct net_stream *stream, const real *weights, const real *x)
{
    const struct net *net = stream->net;
    struct own_stream *own = stream->own;
    struct device *device = stream->device;
    uint32_t hidden = net->shape.hidden;
    struct dense embed = embed_of(net);
    struct dense mix = mix_of(net);
    real *mixed = own->conv + hidden;

    dense_forward(device, &embed, weights, x, own->x, 1);
    for (uint32_t i = 0; i < net->shape.layers; i++) {
        struct conv conv = conv_of(net, i);

        norm_forward(device, hidden, net_at(net, weights, OF_LAYER(i)), own->x, own->normed,
                     own->stats, own->stats + 1, 1);
        conv_step(device, &conv, net_at(net, weights, OF_LAYER(i) + 2), own->normed, own->conv,
                  &own->layers[i]);
        net_gelu(device, own->conv, own->conv, hidden);
        dense_forward(device, &mix, net_at(net, weights, OF_LAYER(i) + 4), own->conv, mixed, 1);
        net_add(device, mixed, own->x, hidden);
    }
}

static void answer(struct net_stream *stream, const real *weights, real *y)
{
    const struct net *net = stream->net;
    struct own_stream *own = stream->own;
    uint32_t at = OF_LAYER(net->shape.layers);
    struct dense head = head_of(net);

    norm_forward(stream->device, net->shape.hidden, net_at(net, weights, at), own->x, own->normed,
                 own->stats, own->stats + 1, 1);
    dense_forward(stream->device, &head, net_at(net, weights, at + 2), own->normed, y, 1);
}

static void pieces(struct net_stream *stream, net_piece_fn fn, void *ctx)
{
    struct own_stream *own = stream->own;

    for (uint32_t i = 0; i < stream->net->shape.layers; i++)
        fn(ctx, own->layers[i].x, (size_t)own->layers[i].depth * stream->net->shape.hidden);
}

static void resume(struct net_stream *stream)
{
    struct own_stream *own = stream->own;

    for (uint32_t i = 0; i < stream->net->shape.layers; i++) {
        struct conv_stream *layer = &own->layers[i];

        layer->seen = stream->n_events < layer->depth ? (uint32_t)stream->n_events : layer->depth;
        layer->at = (uint32_t)(stream->n_events % layer->depth);
    }
}

/* to = from + mix(gelu(conv(norm(from)))); ONNX has channels before time, and the newest tap last.
 */
static void onnx_layer(const struct net *net, const real *weights, uint32_t i, const char *from,
                       const char *to, struct onnx *onnx)
{
    struct conv conv = conv_of(net, i);
    uint32_t hidden = net->shape.hidden;
    const real *w = net_at(net, weights, OF_LAYER(i) + 2);
    const struct onnx_attribute attributes[] = {
        {.name = "dilations", .kind = ONNX_INTS, .list = {conv.dilation}, .n = 1},
        {.name = "pads",
         .kind = ONNX_INTS,
         .list = {(int64_t)(conv.taps - 1) * conv.dilation, 0},
         .n = 2},
        {0}};
    real *turned = calloc((size_t)conv.taps * hidden * hidden, sizeof(*turned));
    char at[8][32];
    char all[128];

    if (turned == NULL) {
        onnx->failed = 1;
        return;
    }
    for (uint32_t part = 0; part < 8; part++)
        (void)snprintf(at[part], sizeof(at[part]), "tcn.%u.%u", i, part);
    for (uint32_t tap = 0; tap < conv.taps; tap++)
        for (uint32_t j = 0; j < hidden; j++)
            for (uint32_t k = 0; k < hidden; k++)
                turned[((size_t)k * hidden + j) * conv.taps + conv.taps - 1 - tap] =
                    w[((size_t)tap * hidden + j) * hidden + k];
    onnx_norm(onnx, from, at[0], net_at(net, weights, OF_LAYER(i)), hidden);
    onnx_transpose(onnx, at[0], at[1], "10");
    onnx_reshape(onnx, at[1], at[2], 1, hidden, onnx->steps);
    onnx_tensor(onnx, at[3], turned, hidden, hidden, conv.taps);
    (void)snprintf(all, sizeof(all), "%s.b", at[3]);
    onnx_tensor(onnx, all, w + (size_t)conv.taps * hidden * hidden, hidden, 0, 0);
    (void)snprintf(all, sizeof(all), "%s %s %s.b", at[2], at[3], at[3]);
    onnx_node(onnx, "Conv", all, at[4], attributes);
    onnx_reshape(onnx, at[4], at[5], hidden, onnx->steps, 0);
    onnx_transpose(onnx, at[5], at[6], "10");
    onnx_gelu(onnx, at[6], at[7]);
    (void)snprintf(all, sizeof(all), "%s.mixed", at[7]);
    onnx_dense(onnx, at[7], all, net_at(net, weights, OF_LAYER(i) + 4), hidden, hidden);
    (void)snprintf(all, sizeof(all), "%s %s.mixed", from, at[7]);
    onnx_node(onnx, "Add", all, to, NULL);
    free(turned);
}

static void onnx_net(const struct net *net, const real *weights, const char *from, const char *to,
                     struct onnx *onnx)
{
    uint32_t layers = net->shape.layers;
    char x[32] = "tcn.x";

    onnx_dense(onnx, from, x, weights, net->shape.inputs, net->shape.hidden);
    for (uint32_t i = 0; i < layers; i++) {
        char next[32];

        (void)snprintf(next, sizeof(next), "tcn.%u.x", i);
        onnx_layer(net, weights, i, x, next, onnx);
        memcpy(x, next, sizeof(x));
    }
    onnx_norm(onnx, x, "head", net_at(net, weights, OF_LAYER(layers)), net->shape.hidden);
    onnx_dense(onnx, "head", to, net_at(net, weights, OF_LAYER(layers) + 2), net->shape.hidden,
               net->shape.outputs);
}

const struct net_arch tcn_arch = {
    .name = "tcn/1",
    .keys = {NET_KEY(inputs), NET_KEY(hidden), NET_KEY(layers), NET_KEY(outputs), NET_KEY(taps)},
    .lay = lay,
    .tape_init = tape_init,
    .tape_deinit = tape_deinit,
    .forward = forward,
    .backward = backward,
    .stream_init = stream_init,
    .stream_deinit = stream_deinit,
    .step = step,
    .answer = answer,
    .pieces = pieces,
    .resume = resume,
    .onnx = onnx_net,
};
