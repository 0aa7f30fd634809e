// SPDX-License-Identifier: Apache-2.0
/* policy/1: what to do and what that is good for, as two nets beside each other (actor and critic):
 * each relu(dense(relu(dense(x)))) and a last dense layer. y has the logits of the actions, and
 * behind them the value. It remembers nothing from event to event.
 * Tensors: policy.0.w[inputs][hidden], policy.0.b[hidden], policy.1.w[hidden][feed],
 * policy.1.b[feed], policy.2.w[feed][outputs - 1]; the same of value, value.2.w[feed][1];
 * head.b[outputs]. */
#include <stdlib.h>

#include "nn/dense.h"
#include "nn/net_impl.h"

#define TOWERS 2
#define OF_TOWER(i)                                                                                \
    (5 * (i)) /* its first layer's weights; the second's and the last are 2, 4 on                  \
               */
#define HEAD_BIAS (5 * TOWERS)
#define EVEN      10000u /* a policy begins by choosing nearly evenly: its last layer is small */

struct tower {
    real *low, *low_relu, *high, *high_relu;
};
struct own_tape {
    struct tower towers[TOWERS];
    real *d_low, *d_high, *dx; /* of one of them */
    real *block;               /* owned */
};
struct own_stream {
    struct tower towers[TOWERS];
    real *x, *y;
    real *block; /* owned */
};

static struct dense low_of(const struct net *net)
{
    return (struct dense){net->shape.inputs, net->shape.hidden};
}

static struct dense high_of(const struct net *net)
{
    return (struct dense){net->shape.hidden, net->shape.feed};
}

/* How many outputs a tower has, and where they begin. */
static uint32_t outputs_of(const struct net *net, uint32_t tower)
{
    return tower == 0 ? net->shape.outputs - 1 : 1;
}

static uint32_t first_of(const struct net *net, uint32_t tower)
{
    return tower == 0 ? 0 : net->shape.outputs - 1;
}

static int check(const struct net_shape *shape, struct error *err)
{
    if (shape->outputs < 2)
        return error_set(err, AGON_EINVAL,
                         "agon.outputs is %u; expected the actions and one more, the value",
                         shape->outputs);
    return AGON_OK;
}

static void lay(struct net *net)
{
    static const char *const names[TOWERS] = {"policy", "value"};
    const struct net_shape *shape = &net->shape;

    for (uint32_t i = 0; i < TOWERS; i++) {
        net_tensor_add(net, 0, shape->inputs, shape->hidden, shape->inputs, 0, "%s.0.w", names[i]);
        net_tensor_add(net, 0, 0, shape->hidden, shape->inputs, 0, "%s.0.b", names[i]);
        net_tensor_add(net, 0, shape->hidden, shape->feed, shape->hidden, 0, "%s.1.w", names[i]);
        net_tensor_add(net, 0, 0, shape->feed, shape->hidden, 0, "%s.1.b", names[i]);
        net_tensor_add(net, 0, shape->feed, outputs_of(net, i), shape->feed * (i == 0 ? EVEN : 1),
                       0, "%s.2.w", names[i]);
    }
    net_tensor_add(net, 0, 0, shape->outputs, 0, 0, "head.b");
}

static void hand_out_tower(const struct net *net, size_t rows, struct net_room *room,
                           struct tower *tower)
{
    tower->low = net_take(room, rows * net->shape.hidden);
    tower->low_relu = net_take(room, rows * net->shape.hidden);
    tower->high = net_take(room, rows * net->shape.feed);
    tower->high_relu = net_take(room, rows * net->shape.feed);
}

static size_t hand_out(const struct net_tape *tape, struct own_tape *own)
{
    struct net_room room = {.base = own->block};
    size_t rows = (size_t)tape->steps * tape->batch;

    for (uint32_t i = 0; i < TOWERS; i++)
        hand_out_tower(tape->net, rows, &room, &own->towers[i]);
    own->d_low = net_take(&room, rows * tape->net->shape.hidden);
    own->d_high = net_take(&room, rows * tape->net->shape.feed);
    own->dx = net_take(&room, rows * tape->net->shape.inputs);
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

static void relu(struct device *device, const real *a, real *y, size_t n)
{
    struct map_args args = {.a = a, .y = y, .n = (uint32_t)n, .op = MAP_RELU};

    kernel_map(device, &args);
}

static void relu_back(struct device *device, const real *a, real *d, size_t n)
{
    struct map_args args = {.a = a, .b = d, .y = d, .n = (uint32_t)n, .op = MAP_RELU_BACK};

    kernel_map(device, &args);
}

/* Into its columns of y. */
static void tower_forward(struct device *device, const struct net *net, const real *weights,
                          uint32_t i, struct tower *tower, const real *x, real *y, uint32_t rows)
{
    struct dense low = low_of(net);
    struct dense high = high_of(net);
    uint32_t first = first_of(net, i);
    struct gemm_args last = {.a = tower->high_relu,
                             .b = net_at(net, weights, OF_TOWER(i) + 4),
                             .bias = net_at(net, weights, HEAD_BIAS) + first,
                             .c = y + first,
                             .m = rows,
                             .n = outputs_of(net, i),
                             .k = net->shape.feed,
                             .lda = net->shape.feed,
                             .ldb = outputs_of(net, i),
                             .ldc = net->shape.outputs,
                             .start = GEMM_BIAS};

    dense_forward(device, &low, net_at(net, weights, OF_TOWER(i)), x, tower->low, rows);
    relu(device, tower->low, tower->low_relu, (size_t)rows * net->shape.hidden);
    dense_forward(device, &high, net_at(net, weights, OF_TOWER(i) + 2), tower->low_relu,
                  tower->high, rows);
    relu(device, tower->high, tower->high_relu, (size_t)rows * net->shape.feed);
    kernel_gemm(device, &last);
}

static void forward(struct net_tape *tape, const real *weights, const real *x, real *y)
{
    struct own_tape *own = tape->own;

    for (uint32_t i = 0; i < TOWERS; i++)
        tower_forward(tape->device, tape->net, weights, i, &own->towers[i], x, y,
                      tape->steps * tape->batch);
}

/* dx may be NULL. */
static void tower_backward(struct net_tape *tape, const real *weights, uint32_t i, const real *x,
                           const real *dy, real *dweights, real *dx)
{
    const struct net *net = tape->net;
    struct own_tape *own = tape->own;
    const struct tower *tower = &own->towers[i];
    uint32_t rows = tape->steps * tape->batch;
    uint32_t n = outputs_of(net, i);
    struct dense low = low_of(net);
    struct dense high = high_of(net);
    struct gemm_args of_weights = {.a = tower->high_relu,
                                   .b = dy + first_of(net, i),
                                   .c = net_into(net, dweights, OF_TOWER(i) + 4),
                                   .m = net->shape.feed,
                                   .n = n,
                                   .k = rows,
                                   .lda = net->shape.feed,
                                   .ldb = net->shape.outputs,
                                   .ldc = n,
                                   .a_turned = 1,
                                   .start = GEMM_ADD};
    struct gemm_args of_x = {.a = dy + first_of(net, i),
                             .b = net_at(net, weights, OF_TOWER(i) + 4),
                             .c = own->d_high,
                             .m = rows,
                             .n = net->shape.feed,
                             .k = n,
                             .lda = net->shape.outputs,
                             .ldb = n,
                             .ldc = net->shape.feed,
                             .b_turned = 1};

    kernel_gemm(tape->device, &of_weights);
    kernel_gemm(tape->device, &of_x);
    relu_back(tape->device, tower->high, own->d_high, (size_t)rows * net->shape.feed);
    dense_backward(tape->device, &high, net_at(net, weights, OF_TOWER(i) + 2), tower->low_relu,
                   own->d_high, net_into(net, dweights, OF_TOWER(i) + 2), own->d_low, rows);
    relu_back(tape->device, tower->low, own->d_low, (size_t)rows * net->shape.hidden);
    dense_backward(tape->device, &low, net_at(net, weights, OF_TOWER(i)), x, own->d_low,
                   net_into(net, dweights, OF_TOWER(i)), dx, rows);
}

static void backward(struct net_tape *tape, const real *weights, const real *x, const real *dy,
                     real *dweights, real *dx)
{
    const struct net *net = tape->net;
    struct own_tape *own = tape->own;
    uint32_t rows = tape->steps * tape->batch;
    struct column_sum_args of_bias = {.a = dy,
                                      .y = net_into(net, dweights, HEAD_BIAS),
                                      .rows = rows,
                                      .n = net->shape.outputs,
                                      .add = 1};

    kernel_column_sum(tape->device, &of_bias);
    tower_backward(tape, weights, 0, x, dy, dweights, dx);
    tower_backward(tape, weights, 1, x, dy, dweights, dx != NULL ? own->dx : NULL);
    if (dx != NULL)
        net_add(tape->device, own->dx, dx, (size_t)rows * net->shape.inputs);
}

static size_t hand_out_stream(const struct net *net, struct own_stream *own)
{
    struct net_room room = {.base = own->block};

    for (uint32_t i = 0; i < TOWERS; i++)
        hand_out_tower(net, 1, &room, &own->towers[i]);
    own->y = net_take(&room, net->shape.outputs);
    own->x = net_take(&room, net->shape.inputs);
    return room.n;
}

static int stream_init(struct net_stream *stream)
{
    struct own_stream *own = stream->own = calloc(1, sizeof(*own));

    if (own == NULL)
        return AGON_ENOMEM;
    own->block =
        stream->device->alloc(stream->device, hand_out_stream(stream->net, own) * sizeof(real));
    (void)hand_out_stream(stream->net, own);
    return own->block != NULL ? AGON_OK : AGON_ENOMEM;
}

static void stream_deinit(struct net_stream *stream)
{
    struct own_stream *own = stream->own;

    stream->device->release(stream->device, own->block);
    free(own);
}

static void step(struct net_stream *stream, const real *weights, const real *x)
{
    struct own_stream *own = stream->own;

    for (uint32_t i = 0; i < TOWERS; i++)
        tower_forward(stream->device, stream->net, weights, i, &own->towers[i], x, own->y, 1);
}

static void answer(struct net_stream *stream, const real *weights, real *y)
{
    const struct own_stream *own = stream->own;

    (void)weights;
    for (uint32_t i = 0; i < stream->net->shape.outputs; i++)
        y[i] = own->y[i];
}

/* The answer is of the last event alone. */
static void pieces(struct net_stream *stream, net_piece_fn fn, void *ctx)
{
    struct own_stream *own = stream->own;

    fn(ctx, own->y, stream->net->shape.outputs);
}

static void resume(struct net_stream *stream)
{
    (void)stream;
}

static void onnx_tower(const struct net *net, const real *weights, uint32_t i, const char *from,
                       const char *to, struct onnx *onnx)
{
    char at[5][32];
    char all[128];

    for (uint32_t part = 0; part < 5; part++)
        (void)snprintf(at[part], sizeof(at[part]), "tower.%u.%u", i, part);
    onnx_dense(onnx, from, at[0], net_at(net, weights, OF_TOWER(i)), net->shape.inputs,
               net->shape.hidden);
    onnx_node(onnx, "Relu", at[0], at[1], NULL);
    onnx_dense(onnx, at[1], at[2], net_at(net, weights, OF_TOWER(i) + 2), net->shape.hidden,
               net->shape.feed);
    onnx_node(onnx, "Relu", at[2], at[3], NULL);
    onnx_tensor(onnx, at[4], net_at(net, weights, OF_TOWER(i) + 4), net->shape.feed,
                outputs_of(net, i), 0);
    (void)snprintf(all, sizeof(all), "%s %s", at[3], at[4]);
    onnx_node(onnx, "MatMul", all, to, NULL);
}

static void onnx_net(const struct net *net, const real *weights, const char *from, const char *to,
                     struct onnx *onnx)
{
    const struct onnx_attribute columns[] = {{.name = "axis", .kind = ONNX_INT, .value = 1}, {0}};

    onnx_tower(net, weights, 0, from, "logits", onnx);
    onnx_tower(net, weights, 1, from, "value", onnx);
    onnx_node(onnx, "Concat", "logits value", "heads", columns);
    onnx_tensor(onnx, "head.b", net_at(net, weights, HEAD_BIAS), net->shape.outputs, 0, 0);
    onnx_node(onnx, "Add", "heads head.b", to, NULL);
}

const struct net_arch policy_net_arch = {
    .name = "policy/1",
    .keys = {NET_KEY(inputs), NET_KEY(hidden), NET_KEY(feed), NET_KEY(outputs)},
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
