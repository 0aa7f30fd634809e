// SPDX-License-Identifier: Apache-2.0
/* transformer/1: blocks of attention over the last `span` steps and of a layer in between, both
 * behind a layer norm and with residuals: x = embed(x); for each layer L: x += out(attention(norm
 * (x))), x += down(gelu(up(norm(x)))); then a last norm and a dense layer. How near a step is adds
 * to its score, by head and distance (near): there are no other positions, so that a series may go
 * on without end. Through L layers a step sees L (span - 1) others.
 * Tensors: embed.w[inputs][hidden], embed.b; for each layer L from 0 block.L.gain1[hidden],
 * block.L.bias1, block.L.qkv.w[hidden][3 hidden] (queries, keys, values, of each head hidden /
 * heads columns), block.L.qkv.b, block.L.near[heads][span] (the last is of the step itself),
 * block.L.out.w[hidden][hidden], block.L.out.b, block.L.gain2, block.L.bias2,
 * block.L.up.w[hidden][feed], block.L.up.b, block.L.down.w[feed][hidden], block.L.down.b;
 * head.gain, head.bias, dense.w[hidden][outputs], dense.b. */
#include <math.h>
#include <stdlib.h>

#include "nn/attention.h"
#include "nn/dense.h"
#include "nn/net_impl.h"
#include "nn/norm.h"

enum { NORM1 = 0, QKV = 2, NEAR = 4, OUT = 5, NORM2 = 7, UP = 9, DOWN = 11, OF_BLOCK = 13 };
#define AT(i, part) (2 + OF_BLOCK * (i) + (part))

struct own_tape {
    struct {
        real *x, *mean1, *rstd1, *normed1, *qkv, *mixed;
        real *middle, *mean2, *rstd2, *normed2, *up, *gelu;
        struct attention_tape attention;
    } layers[NET_LAYERS];
    real *x, *mean, *rstd, *normed; /* of the head */
    real *dx, *d, *other, *dup, *dqkv;
    real *block; /* owned */
};

struct own_stream {
    /* [heads][2 span][width]: a row stands twice, span apart, so that the last span of them are
     * always one after the other. */
    real *keys[NET_LAYERS], *values[NET_LAYERS];
    real *near[NET_LAYERS]; /* [heads][span], -infinity where nothing was seen yet */
    real *x, *normed, *qkv, *queries, *scores, *mixed, *out, *up, *stats, *ones;
    uint32_t at, seen; /* rows so far, counted up to span, and where the next goes */
    real *block;       /* owned */
};

static uint32_t width_of(const struct net *net)
{
    return net->shape.hidden / net->shape.heads;
}

static struct dense dense_of(const struct net *net, uint32_t part)
{
    uint32_t hidden = net->shape.hidden;

    if (part == UP)
        return (struct dense){hidden, net->shape.feed};
    return (struct dense){part == DOWN ? net->shape.feed : hidden, hidden};
}

static struct dense embed_of(const struct net *net)
{
    return (struct dense){net->shape.inputs, net->shape.hidden};
}

static struct dense head_of(const struct net *net)
{
    return (struct dense){net->shape.hidden, net->shape.outputs};
}

static int check(const struct net_shape *shape, struct error *err)
{
    if (shape->hidden % shape->heads != 0)
        return error_set(err, AGON_EINVAL,
                         "agon.heads is %u, which does not divide agon.hidden, %u; expected heads "
                         "of one width",
                         shape->heads, shape->hidden);
    return AGON_OK;
}

static void lay(struct net *net)
{
    const struct net_shape *shape = &net->shape;
    uint32_t hidden = shape->hidden;

    net_tensor_add(net, 0, shape->inputs, hidden, shape->inputs, 0, "embed.w");
    net_tensor_add(net, 0, 0, hidden, shape->inputs, 0, "embed.b");
    for (uint32_t i = 0; i < shape->layers; i++) {
        net_tensor_add(net, 0, 0, hidden, 0, 1, "block.%u.gain1", i);
        net_tensor_add(net, 0, 0, hidden, 0, 0, "block.%u.bias1", i);
        net_tensor_add(net, 0, hidden, 3 * hidden, hidden, 0, "block.%u.qkv.w", i);
        net_tensor_add(net, 0, 0, 3 * hidden, hidden, 0, "block.%u.qkv.b", i);
        net_tensor_add(net, 0, shape->heads, shape->span, 1, 0, "block.%u.near", i);
        net_tensor_add(net, 0, hidden, hidden, hidden, 0, "block.%u.out.w", i);
        net_tensor_add(net, 0, 0, hidden, hidden, 0, "block.%u.out.b", i);
        net_tensor_add(net, 0, 0, hidden, 0, 1, "block.%u.gain2", i);
        net_tensor_add(net, 0, 0, hidden, 0, 0, "block.%u.bias2", i);
        net_tensor_add(net, 0, hidden, shape->feed, hidden, 0, "block.%u.up.w", i);
        net_tensor_add(net, 0, 0, shape->feed, hidden, 0, "block.%u.up.b", i);
        net_tensor_add(net, 0, shape->feed, hidden, shape->feed, 0, "block.%u.down.w", i);
        net_tensor_add(net, 0, 0, hidden, shape->feed, 0, "block.%u.down.b", i);
    }
    net_tensor_add(net, 0, 0, hidden, 0, 1, "head.gain");
    net_tensor_add(net, 0, 0, hidden, 0, 0, "head.bias");
    net_tensor_add(net, 0, hidden, shape->outputs, hidden, 0, "dense.w");
    net_tensor_add(net, 0, 0, shape->outputs, 0, 0, "dense.b");
}

static uint32_t rows_of(const struct net_tape *tape)
{
    return tape->steps * tape->batch;
}

static struct attention attention_of(const struct net_tape *tape)
{
    const struct net_shape *shape = &tape->net->shape;

    return (struct attention){.heads = shape->heads * tape->batch,
                              .steps = tape->steps,
                              .width = width_of(tape->net),
                              .window = shape->span,
                              .kinds = shape->heads};
}

static size_t hand_out(const struct net_tape *tape, struct own_tape *own)
{
    struct net_room room = {.base = own->block};
    size_t rows = rows_of(tape);
    size_t n = rows * tape->net->shape.hidden;
    size_t n_up = rows * tape->net->shape.feed;

    for (uint32_t i = 0; i < tape->net->shape.layers; i++) {
        own->layers[i].x = net_take(&room, n);
        own->layers[i].mean1 = net_take(&room, rows);
        own->layers[i].rstd1 = net_take(&room, rows);
        own->layers[i].normed1 = net_take(&room, n);
        own->layers[i].qkv = net_take(&room, 3 * n);
        own->layers[i].mixed = net_take(&room, n);
        own->layers[i].middle = net_take(&room, n);
        own->layers[i].mean2 = net_take(&room, rows);
        own->layers[i].rstd2 = net_take(&room, rows);
        own->layers[i].normed2 = net_take(&room, n);
        own->layers[i].up = net_take(&room, n_up);
        own->layers[i].gelu = net_take(&room, n_up);
    }
    own->x = net_take(&room, n);
    own->mean = net_take(&room, rows);
    own->rstd = net_take(&room, rows);
    own->normed = net_take(&room, n);
    own->dx = net_take(&room, n);
    own->d = net_take(&room, n);
    own->other = net_take(&room, n);
    own->dup = net_take(&room, n_up);
    own->dqkv = net_take(&room, 3 * n);
    return room.n;
}

static int tape_init(struct net_tape *tape)
{
    struct own_tape *own = tape->own = calloc(1, sizeof(*own));
    struct attention attention = attention_of(tape);

    if (own == NULL)
        return AGON_ENOMEM;
    own->block = tape->device->alloc(tape->device, hand_out(tape, own) * sizeof(real));
    if (own->block == NULL)
        return AGON_ENOMEM;
    (void)hand_out(tape, own);
    for (uint32_t i = 0; i < tape->net->shape.layers; i++)
        if (attention_tape_init(tape->device, &attention, &own->layers[i].attention) < 0)
            return AGON_ENOMEM;
    return AGON_OK;
}

static void tape_deinit(struct net_tape *tape)
{
    struct own_tape *own = tape->own;

    for (uint32_t i = 0; i < NET_LAYERS; i++)
        attention_tape_deinit(tape->device, &own->layers[i].attention);
    tape->device->release(tape->device, own->block);
    free(own);
}

/* to[3 heads][rows][width] of a[rows][hidden]: the queries of each head, then keys, then values. */
static void split(struct device *device, const struct net *net, const real *weights, const real *a,
                  real *to, uint32_t rows)
{
    uint32_t hidden = net->shape.hidden;
    uint32_t width = width_of(net);

    for (uint32_t part = 0; part < 3 * net->shape.heads; part++) {
        struct gemm_args gemm = {.a = a,
                                 .b = weights + (size_t)part * width,
                                 .bias =
                                     weights + (size_t)hidden * 3 * hidden + (size_t)part * width,
                                 .c = to + (size_t)part * rows * width,
                                 .m = rows,
                                 .n = width,
                                 .k = hidden,
                                 .lda = hidden,
                                 .ldb = 3 * hidden,
                                 .ldc = width,
                                 .start = GEMM_BIAS};

        kernel_gemm(device, &gemm);
    }
}

static void split_back(struct device *device, const struct net *net, const real *weights,
                       const real *a, const real *dto, real *dweights, real *da, uint32_t rows)
{
    uint32_t hidden = net->shape.hidden;
    uint32_t width = width_of(net);

    for (uint32_t part = 0; part < 3 * net->shape.heads; part++) {
        const real *d = dto + (size_t)part * rows * width;
        struct gemm_args of_weights = {.a = a,
                                       .b = d,
                                       .c = dweights + (size_t)part * width,
                                       .m = hidden,
                                       .n = width,
                                       .k = rows,
                                       .lda = hidden,
                                       .ldb = width,
                                       .ldc = 3 * hidden,
                                       .a_turned = 1,
                                       .start = GEMM_ADD};
        struct gemm_args of_a = {.a = d,
                                 .b = weights + (size_t)part * width,
                                 .c = da,
                                 .m = rows,
                                 .n = hidden,
                                 .k = width,
                                 .lda = width,
                                 .ldb = 3 * hidden,
                                 .ldc = hidden,
                                 .b_turned = 1,
                                 .start = part == 0 ? GEMM_ZERO : GEMM_ADD};
        struct column_sum_args of_bias = {.a = d,
                                          .y = dweights + (size_t)hidden * 3 * hidden +
                                               (size_t)part * width,
                                          .rows = rows,
                                          .n = width,
                                          .add = 1};

        kernel_gemm(device, &of_weights);
        kernel_gemm(device, &of_a);
        kernel_column_sum(device, &of_bias);
    }
}

/* to[rows][hidden] of the heads' a[heads][rows][width], side by side. */
static void join(struct device *device, const struct net *net, const real *weights, const real *a,
                 real *to, uint32_t rows)
{
    uint32_t hidden = net->shape.hidden;
    uint32_t width = width_of(net);

    for (uint32_t head = 0; head < net->shape.heads; head++) {
        struct gemm_args gemm = {.a = a + (size_t)head * rows * width,
                                 .b = weights + (size_t)head * width * hidden,
                                 .bias = head == 0 ? weights + (size_t)hidden * hidden : NULL,
                                 .c = to,
                                 .m = rows,
                                 .n = hidden,
                                 .k = width,
                                 .lda = width,
                                 .ldb = hidden,
                                 .ldc = hidden,
                                 .start = head == 0 ? GEMM_BIAS : GEMM_ADD};

        kernel_gemm(device, &gemm);
    }
}

static void join_back(struct device *device, const struct net *net, const real *weights,
                      const real *a, const real *dto, real *dweights, real *da, uint32_t rows)
{
    uint32_t hidden = net->shape.hidden;
    uint32_t width = width_of(net);
    struct column_sum_args of_bias = {
        .a = dto, .y = dweights + (size_t)hidden * hidden, .rows = rows, .n = hidden, .add = 1};

    kernel_column_sum(device, &of_bias);
    for (uint32_t head = 0; head < net->shape.heads; head++) {
        size_t at = (size_t)head * width * hidden;
        size_t first = (size_t)head * rows * width;
        struct gemm_args of_weights = {.a = a + first,
                                       .b = dto,
                                       .c = dweights + at,
                                       .m = width,
                                       .n = hidden,
                                       .k = rows,
                                       .lda = width,
                                       .ldb = hidden,
                                       .ldc = hidden,
                                       .a_turned = 1,
                                       .start = GEMM_ADD};
        struct gemm_args of_a = {.a = dto,
                                 .b = weights + at,
                                 .c = da + first,
                                 .m = rows,
                                 .n = width,
                                 .k = hidden,
                                 .lda = hidden,
                                 .ldb = hidden,
                                 .ldc = width,
                                 .b_turned = 1};

        kernel_gemm(device, &of_weights);
        kernel_gemm(device, &of_a);
    }
}

static void block_forward(struct net_tape *tape, const real *weights, uint32_t i, real *next)
{
    const struct net *net = tape->net;
    struct own_tape *own = tape->own;
    struct device *device = tape->device;
    struct attention attention = attention_of(tape);
    struct dense up = dense_of(net, UP);
    struct dense down = dense_of(net, DOWN);
    uint32_t hidden = net->shape.hidden;
    uint32_t rows = rows_of(tape);
    size_t n = (size_t)rows * hidden;
    real *q = own->layers[i].qkv;

    norm_forward(device, hidden, net_at(net, weights, AT(i, NORM1)), own->layers[i].x,
                 own->layers[i].normed1, own->layers[i].mean1, own->layers[i].rstd1, rows);
    split(device, net, net_at(net, weights, AT(i, QKV)), own->layers[i].normed1, q, rows);
    attention_forward(device, &attention, q, q + n, q + 2 * n, net_at(net, weights, AT(i, NEAR)),
                      own->layers[i].mixed, &own->layers[i].attention);
    join(device, net, net_at(net, weights, AT(i, OUT)), own->layers[i].mixed, own->layers[i].middle,
         rows);
    net_drop(tape, own->layers[i].middle, n, 2 * i);
    net_add(device, own->layers[i].x, own->layers[i].middle, n);
    norm_forward(device, hidden, net_at(net, weights, AT(i, NORM2)), own->layers[i].middle,
                 own->layers[i].normed2, own->layers[i].mean2, own->layers[i].rstd2, rows);
    dense_forward(device, &up, net_at(net, weights, AT(i, UP)), own->layers[i].normed2,
                  own->layers[i].up, rows);
    net_gelu(device, own->layers[i].up, own->layers[i].gelu, (size_t)rows * net->shape.feed);
    dense_forward(device, &down, net_at(net, weights, AT(i, DOWN)), own->layers[i].gelu, next,
                  rows);
    net_drop(tape, next, n, 2 * i + 1);
    net_add(device, own->layers[i].middle, next, n);
}

static void forward(struct net_tape *tape, const real *weights, const real *x, real *y)
{
    const struct net *net = tape->net;
    struct own_tape *own = tape->own;
    struct dense embed = embed_of(net);
    struct dense head = head_of(net);
    uint32_t layers = net->shape.layers;
    uint32_t rows = rows_of(tape);

    dense_forward(tape->device, &embed, weights, x, own->layers[0].x, rows);
    for (uint32_t i = 0; i < layers; i++)
        block_forward(tape, weights, i, i + 1 < layers ? own->layers[i + 1].x : own->x);
    norm_forward(tape->device, net->shape.hidden, net_at(net, weights, AT(layers, 0)), own->x,
                 own->normed, own->mean, own->rstd, rows);
    dense_forward(tape->device, &head, net_at(net, weights, AT(layers, 2)), own->normed, y, rows);
}

/* dx becomes the gradient of the block's input. */
static void block_backward(struct net_tape *tape, const real *weights, real *dweights, uint32_t i)
{
    const struct net *net = tape->net;
    struct own_tape *own = tape->own;
    struct device *device = tape->device;
    struct attention attention = attention_of(tape);
    struct dense up = dense_of(net, UP);
    struct dense down = dense_of(net, DOWN);
    uint32_t hidden = net->shape.hidden;
    uint32_t rows = rows_of(tape);
    size_t n = (size_t)rows * hidden;
    const real *q = own->layers[i].qkv;

    device->copy(device, own->other, own->dx, n * sizeof(real));
    net_drop(tape, own->other, n, 2 * i + 1);
    dense_backward(device, &down, net_at(net, weights, AT(i, DOWN)), own->layers[i].gelu,
                   own->other, net_into(net, dweights, AT(i, DOWN)), own->dup, rows);
    net_gelu_back(device, own->layers[i].up, own->dup, own->dup, (size_t)rows * net->shape.feed);
    dense_backward(device, &up, net_at(net, weights, AT(i, UP)), own->layers[i].normed2, own->dup,
                   net_into(net, dweights, AT(i, UP)), own->d, rows);
    norm_backward(device, hidden, net_at(net, weights, AT(i, NORM2)), own->layers[i].middle,
                  own->layers[i].mean2, own->layers[i].rstd2, own->d,
                  net_into(net, dweights, AT(i, NORM2)), own->other, rows);
    net_add(device, own->other, own->dx, n);

    device->copy(device, own->other, own->dx, n * sizeof(real));
    net_drop(tape, own->other, n, 2 * i);
    join_back(device, net, net_at(net, weights, AT(i, OUT)), own->layers[i].mixed, own->other,
              net_into(net, dweights, AT(i, OUT)), own->d, rows);
    attention_backward(device, &attention, q, q + n, q + 2 * n, own->d, own->dqkv, own->dqkv + n,
                       own->dqkv + 2 * n, net_into(net, dweights, AT(i, NEAR)),
                       &own->layers[i].attention);
    split_back(device, net, net_at(net, weights, AT(i, QKV)), own->layers[i].normed1, own->dqkv,
               net_into(net, dweights, AT(i, QKV)), own->d, rows);
    norm_backward(device, hidden, net_at(net, weights, AT(i, NORM1)), own->layers[i].x,
                  own->layers[i].mean1, own->layers[i].rstd1, own->d,
                  net_into(net, dweights, AT(i, NORM1)), own->other, rows);
    net_add(device, own->other, own->dx, n);
}

static void backward(struct net_tape *tape, const real *weights, const real *x, const real *dy,
                     real *dweights, real *dx)
{
    const struct net *net = tape->net;
    struct own_tape *own = tape->own;
    struct dense embed = embed_of(net);
    struct dense head = head_of(net);
    uint32_t at = AT(net->shape.layers, 0);
    uint32_t rows = rows_of(tape);

    dense_backward(tape->device, &head, net_at(net, weights, at + 2), own->normed, dy,
                   net_into(net, dweights, at + 2), own->d, rows);
    norm_backward(tape->device, net->shape.hidden, net_at(net, weights, at), own->x, own->mean,
                  own->rstd, own->d, net_into(net, dweights, at), own->dx, rows);
    for (uint32_t i = net->shape.layers; i-- > 0;)
        block_backward(tape, weights, dweights, i);
    dense_backward(tape->device, &embed, weights, x, own->dx, dweights, dx, rows);
}

static size_t hand_out_stream(const struct net_stream *stream, struct own_stream *own)
{
    const struct net_shape *shape = &stream->net->shape;
    struct net_room room = {.base = own->block};

    for (uint32_t i = 0; i < shape->layers; i++) {
        own->keys[i] = net_take(&room, 2 * (size_t)shape->span * shape->hidden);
        own->values[i] = net_take(&room, 2 * (size_t)shape->span * shape->hidden);
        own->near[i] = net_take(&room, (size_t)shape->heads * shape->span);
    }
    own->x = net_take(&room, shape->hidden);
    own->normed = net_take(&room, shape->hidden);
    own->qkv = net_take(&room, 3 * (size_t)shape->hidden);
    own->queries = net_take(&room, (size_t)shape->span * width_of(stream->net));
    own->scores = net_take(&room, (size_t)shape->heads * shape->span);
    own->mixed = net_take(&room, shape->hidden);
    own->out = net_take(&room, shape->hidden);
    own->up = net_take(&room, shape->feed);
    own->stats = net_take(&room, 2);
    own->ones = net_take(&room, shape->span);
    return room.n;
}

static int stream_init(struct net_stream *stream)
{
    struct own_stream *own = stream->own = calloc(1, sizeof(*own));

    if (own == NULL)
        return AGON_ENOMEM;
    own->block = stream->device->alloc(stream->device, hand_out_stream(stream, own) * sizeof(real));
    if (own->block == NULL)
        return AGON_ENOMEM;
    (void)hand_out_stream(stream, own);
    for (uint32_t i = 0; i < stream->net->shape.span; i++)
        own->ones[i] = 1;
    return AGON_OK;
}

static void stream_deinit(struct net_stream *stream)
{
    struct own_stream *own = stream->own;

    stream->device->release(stream->device, own->block);
    free(own);
}

/* mixed = the heads' answers to the newest queries, as attention_forward has them for the last step
 * of a window: the same sums in the same order. */
static void attend(struct net_stream *stream, const real *weights, uint32_t i)
{
    const struct net_shape *shape = &stream->net->shape;
    struct own_stream *own = stream->own;
    const real *near =
        own->seen < shape->span ? own->near[i] : net_at(stream->net, weights, AT(i, NEAR));
    struct device *device = stream->device;
    uint32_t width = width_of(stream->net);
    size_t ring = 2 * (size_t)shape->span * width;
    size_t oldest = ((size_t)own->at + 1) * width;
    struct softmax_args softmax = {
        .a = own->scores, .y = own->scores, .rows = shape->heads, .n = shape->span};

    for (uint32_t head = 0; head < shape->heads; head++) {
        struct gemm_args again = {.a = own->ones, /* the query before each key */
                                  .b = own->qkv + (size_t)head * width,
                                  .c = own->queries,
                                  .m = shape->span,
                                  .n = width,
                                  .k = 1,
                                  .lda = 1,
                                  .ldb = width,
                                  .ldc = width};
        struct band_dot_args dots = {.a = own->queries,
                                     .b = own->keys[i] + head * ring + oldest,
                                     .y = own->scores + (size_t)head * shape->span,
                                     .batch = 1,
                                     .steps = shape->span,
                                     .width = width,
                                     .window = 1,
                                     .scale = (real)(1 / sqrt((double)width))};

        kernel_gemm(device, &again);
        kernel_band_dot(device, &dots);
    }
    net_add(device, near, own->scores, (size_t)shape->heads * shape->span);
    kernel_softmax(device, &softmax);
    for (uint32_t head = 0; head < shape->heads; head++) {
        struct gemm_args sum = {.a = own->scores + (size_t)head * shape->span,
                                .b = own->values[i] + head * ring + oldest,
                                .c = own->mixed + (size_t)head * width,
                                .m = 1,
                                .n = width,
                                .k = shape->span,
                                .lda = shape->span,
                                .ldb = width,
                                .ldc = width};

        kernel_gemm(device, &sum);
    }
}

/* The newest keys and values into their rings, and one distance more that something was seen at. */
static void remember(struct net_stream *stream, const real *weights, uint32_t i)
{
    const struct net_shape *shape = &stream->net->shape;
    struct own_stream *own = stream->own;
    uint32_t width = width_of(stream->net);
    const real *near = net_at(stream->net, weights, AT(i, NEAR));

    for (uint32_t head = 0; head < shape->heads; head++) {
        const real *key = own->qkv + shape->hidden + (size_t)head * width;
        const real *value = key + shape->hidden;

        for (uint32_t copy = 0; copy < 2; copy++) {
            size_t row = (2 * (size_t)head + copy) * shape->span + own->at;

            stream->device->copy(stream->device, own->keys[i] + row * width, key,
                                 width * sizeof(real));
            stream->device->copy(stream->device, own->values[i] + row * width, value,
                                 width * sizeof(real));
        }
        for (uint32_t j = 0; j < shape->span && own->seen < shape->span; j++) {
            size_t at = (size_t)head * shape->span + j;

            own->near[i][at] = j + own->seen >= shape->span ? near[at] : (real)-INFINITY;
        }
    }
}

static void step(struct net_stream *stream, const real *weights, const real *x)
{
    const struct net *net = stream->net;
    struct own_stream *own = stream->own;
    struct device *device = stream->device;
    uint32_t hidden = net->shape.hidden;
    struct dense embed = embed_of(net);
    struct dense up = dense_of(net, UP);
    struct dense down = dense_of(net, DOWN);

    own->seen += own->seen < net->shape.span;
    dense_forward(device, &embed, weights, x, own->x, 1);
    for (uint32_t i = 0; i < net->shape.layers; i++) {
        norm_forward(device, hidden, net_at(net, weights, AT(i, NORM1)), own->x, own->normed,
                     own->stats, own->stats + 1, 1);
        split(device, net, net_at(net, weights, AT(i, QKV)), own->normed, own->qkv, 1);
        remember(stream, weights, i);
        attend(stream, weights, i);
        join(device, net, net_at(net, weights, AT(i, OUT)), own->mixed, own->out, 1);
        net_add(device, own->out, own->x, hidden);
        norm_forward(device, hidden, net_at(net, weights, AT(i, NORM2)), own->x, own->normed,
                     own->stats, own->stats + 1, 1);
        dense_forward(device, &up, net_at(net, weights, AT(i, UP)), own->normed, own->up, 1);
        net_gelu(device, own->up, own->up, net->shape.feed);
        dense_forward(device, &down, net_at(net, weights, AT(i, DOWN)), own->up, own->out, 1);
        net_add(device, own->out, own->x, hidden);
    }
    own->at = (own->at + 1) % net->shape.span;
}

static void answer(struct net_stream *stream, const real *weights, real *y)
{
    const struct net *net = stream->net;
    struct own_stream *own = stream->own;
    uint32_t at = AT(net->shape.layers, 0);
    struct dense head = head_of(net);

    norm_forward(stream->device, net->shape.hidden, net_at(net, weights, at), own->x, own->normed,
                 own->stats, own->stats + 1, 1);
    dense_forward(stream->device, &head, net_at(net, weights, at + 2), own->normed, y, 1);
}

static void pieces(struct net_stream *stream, net_piece_fn fn, void *ctx)
{
    const struct net_shape *shape = &stream->net->shape;
    struct own_stream *own = stream->own;
    size_t half = (size_t)shape->span * width_of(stream->net);

    for (uint32_t i = 0; i < shape->layers; i++)
        for (uint32_t head = 0; head < shape->heads; head++) {
            fn(ctx, own->keys[i] + 2 * head * half, half);
            fn(ctx, own->values[i] + 2 * head * half, half);
        }
}

static void resume(struct net_stream *stream)
{
    const struct net_shape *shape = &stream->net->shape;
    struct own_stream *own = stream->own;
    size_t half = (size_t)shape->span * width_of(stream->net);

    own->at = (uint32_t)(stream->n_events % shape->span);
    own->seen = stream->n_events < shape->span ? (uint32_t)stream->n_events : shape->span;
    for (uint32_t i = 0; i < shape->layers; i++)
        for (uint32_t head = 0; head < shape->heads; head++) {
            real *keys = own->keys[i] + 2 * head * half;
            real *values = own->values[i] + 2 * head * half;

            stream->device->copy(stream->device, keys + half, keys, half * sizeof(real));
            stream->device->copy(stream->device, values + half, values, half * sizeof(real));
        }
}

/* near of each pair of steps, [heads][steps][steps], -infinity where one does not see the other. */
static void onnx_near(const struct net *net, const real *near, const char *name, struct onnx *onnx)
{
    uint32_t span = net->shape.span;
    size_t steps = onnx->steps;
    real *pairs = calloc(net->shape.heads * steps * steps, sizeof(*pairs));

    if (pairs == NULL) {
        onnx->failed = 1;
        return;
    }
    for (uint32_t head = 0; head < net->shape.heads; head++)
        for (size_t t = 0; t < steps; t++)
            for (size_t s = 0; s < steps; s++)
                pairs[(head * steps + t) * steps + s] =
                    s > t || t - s >= span ? (real)-INFINITY
                                           : near[(size_t)head * span + span - 1 - (t - s)];
    onnx_tensor(onnx, name, pairs, net->shape.heads, onnx->steps, onnx->steps);
    free(pairs);
}

/* Node "A B" to C, where names are those of block i. */
static void onnx_two(struct onnx *onnx, uint32_t i, const char *op, const char *a, const char *b,
                     const char *to)
{
    char all[80];
    char name[40];

    (void)snprintf(all, sizeof(all), "block.%u.%.16s block.%u.%.16s", i, a, i, b);
    (void)snprintf(name, sizeof(name), "block.%u.%.16s", i, to);
    onnx_node(onnx, op, all, name, NULL);
}

/* "block.I.PART"; of the last few calls. */
static const char *onnx_name(char to[40], uint32_t i, const char *part)
{
    (void)snprintf(to, 40, "block.%u.%.16s", i, part);
    return to;
}

static void onnx_attend(const struct net *net, const real *weights, uint32_t i, struct onnx *onnx)
{
    static const char *const parts[] = {"q", "k", "v"};
    static const char *const perms[] = {"102", "120", "102"}; /* keys are turned round */
    const struct onnx_attribute by_columns[] = {{.name = "axis", .kind = ONNX_INT, .value = 1},
                                                {0}};
    const struct onnx_attribute by_keys[] = {{.name = "axis", .kind = ONNX_INT, .value = -1}, {0}};
    uint32_t hidden = net->shape.hidden;
    uint32_t heads = net->shape.heads;
    uint32_t width = width_of(net);
    const real scale = (real)(1 / sqrt((double)width));
    char a[40];
    char b[40];
    char all[128];

    (void)snprintf(all, sizeof(all), "block.%u.q block.%u.k block.%u.v", i, i, i);
    onnx_node(onnx, "Split", onnx_name(a, i, "qkv"), all, by_columns);
    for (uint32_t part = 0; part < 3; part++) {
        (void)snprintf(a, sizeof(a), "block.%u.%s.rows", i, parts[part]);
        onnx_reshape(onnx, onnx_name(b, i, parts[part]), a, onnx->steps, heads, width);
        (void)snprintf(b, sizeof(b), "block.%u.%s.heads", i, parts[part]);
        onnx_transpose(onnx, a, b, perms[part]);
    }
    onnx_tensor(onnx, onnx_name(a, i, "width"), &scale, 1, 0, 0);
    onnx_near(net, net_at(net, weights, AT(i, NEAR)), onnx_name(a, i, "near"), onnx);
    onnx_two(onnx, i, "MatMul", "q.heads", "k.heads", "dots");
    onnx_two(onnx, i, "Mul", "dots", "width", "scaled");
    onnx_two(onnx, i, "Add", "scaled", "near", "scores");
    onnx_node(onnx, "Softmax", onnx_name(a, i, "scores"), onnx_name(b, i, "p"), by_keys);
    onnx_two(onnx, i, "MatMul", "p", "v.heads", "mixed");
    onnx_transpose(onnx, onnx_name(a, i, "mixed"), onnx_name(b, i, "turned"), "102");
    onnx_reshape(onnx, b, onnx_name(a, i, "joined"), onnx->steps, hidden, 0);
}

/* to is a name of block i + 1. */
static void onnx_block(const struct net *net, const real *weights, uint32_t i, struct onnx *onnx)
{
    uint32_t hidden = net->shape.hidden;
    uint32_t feed = net->shape.feed;
    char a[40];
    char b[40];
    char all[128];

    onnx_norm(onnx, onnx_name(a, i, "x"), onnx_name(b, i, "normed1"),
              net_at(net, weights, AT(i, NORM1)), hidden);
    onnx_dense(onnx, b, onnx_name(a, i, "qkv"), net_at(net, weights, AT(i, QKV)), hidden,
               3 * hidden);
    onnx_attend(net, weights, i, onnx);
    onnx_dense(onnx, onnx_name(a, i, "joined"), onnx_name(b, i, "out"),
               net_at(net, weights, AT(i, OUT)), hidden, hidden);
    onnx_two(onnx, i, "Add", "x", "out", "middle");
    onnx_norm(onnx, onnx_name(a, i, "middle"), onnx_name(b, i, "normed2"),
              net_at(net, weights, AT(i, NORM2)), hidden);
    onnx_dense(onnx, b, onnx_name(a, i, "up"), net_at(net, weights, AT(i, UP)), hidden, feed);
    onnx_gelu(onnx, a, onnx_name(b, i, "gelu"));
    onnx_dense(onnx, b, onnx_name(a, i, "down"), net_at(net, weights, AT(i, DOWN)), feed, hidden);
    (void)snprintf(all, sizeof(all), "block.%u.middle block.%u.down", i, i);
    onnx_node(onnx, "Add", all, onnx_name(a, i + 1, "x"), NULL);
}

static void onnx_net(const struct net *net, const real *weights, const char *from, const char *to,
                     struct onnx *onnx)
{
    uint32_t layers = net->shape.layers;
    char last[40];

    onnx_dense(onnx, from, "block.0.x", weights, net->shape.inputs, net->shape.hidden);
    for (uint32_t i = 0; i < layers; i++)
        onnx_block(net, weights, i, onnx);
    onnx_norm(onnx, onnx_name(last, layers, "x"), "head", net_at(net, weights, AT(layers, 0)),
              net->shape.hidden);
    onnx_dense(onnx, "head", to, net_at(net, weights, AT(layers, 2)), net->shape.hidden,
               net->shape.outputs);
}

const struct net_arch transformer_arch = {
    .name = "transformer/1",
    .keys = {NET_KEY(inputs), NET_KEY(hidden), NET_KEY(layers), NET_KEY(outputs), NET_KEY(heads),
             NET_KEY(span), NET_KEY(feed)},
    .check = check,
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
