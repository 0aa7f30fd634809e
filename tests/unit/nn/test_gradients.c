// SPDX-License-Identifier: Apache-2.0
/* The gradient of every layer against finite differences, in double: the loss is a weighted sum of
 * the layer's outputs, and each input and weight is moved by a little both ways. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../support/kernels/cases.h"
#include "../../support/must.h"
#include "../../support/nn/nets.h"
#include "kernels/cpu.h"
#include "nn/attention.h"
#include "nn/conv.h"
#include "nn/dense.h"
#include "nn/lstm.h"

#define STEP  1e-6
#define BOUND 2e-8 /* of the difference, relative to 1 + its size */
#define MOST  4096

/* A layer as a function of one vector, its inputs and its weights in a row. */
struct layer {
    const char *name;
    uint32_t n, n_out; /* values that go in and come out */
    void (*forward)(struct device *device, const real *in, real *out);
    /* din of dout, which `forward` was called for before; din begins as 0. */
    void (*backward)(struct device *device, const real *in, const real *dout, real *din);
};

#define ROWS 5u
#define WIDE 19u

#define UNARY(name, map_op, map_back, is_of_output)                                                \
    static void name##_forward(struct device *device, const real *in, real *out)                   \
    {                                                                                              \
        struct map_args args = {.a = in, .y = out, .n = ROWS * WIDE, .op = map_op};                \
        kernel_map(device, &args);                                                                 \
    }                                                                                              \
    static void name##_backward(struct device *device, const real *in, const real *dout,           \
                                real *din)                                                         \
    {                                                                                              \
        struct map_args args = {.a = in, .b = dout, .y = din, .n = ROWS * WIDE, .op = map_back};   \
        real out[ROWS * WIDE];                                                                     \
        name##_forward(device, in, out);                                                           \
        if (is_of_output)                                                                          \
            args.a = out;                                                                          \
        kernel_map(device, &args);                                                                 \
    }
UNARY(tanh, MAP_TANH, MAP_TANH_BACK, 1)
UNARY(sigmoid, MAP_SIGMOID, MAP_SIGMOID_BACK, 1)
UNARY(relu, MAP_RELU, MAP_RELU_BACK, 0)
UNARY(gelu, MAP_GELU, MAP_GELU_BACK, 0)

static void softmax_forward(struct device *device, const real *in, real *out)
{
    struct softmax_args args = {.a = in, .y = out, .rows = ROWS, .n = WIDE};

    kernel_softmax(device, &args);
}

static void softmax_backward(struct device *device, const real *in, const real *dout, real *din)
{
    real out[ROWS * WIDE];
    struct softmax_back_args args = {.y = out, .dy = dout, .da = din, .rows = ROWS, .n = WIDE};

    softmax_forward(device, in, out);
    kernel_softmax_back(device, &args);
}

/* In: a, gain, bias. */
static struct norm_args norm_of(const real *in, real *out, real *mean, real *rstd)
{
    return (struct norm_args){.a = in,
                              .gain = in + ROWS * WIDE,
                              .bias = in + (ROWS + 1) * WIDE,
                              .y = out,
                              .mean = mean,
                              .rstd = rstd,
                              .rows = ROWS,
                              .n = WIDE,
                              .eps = 1e-5};
}

static void norm_forward(struct device *device, const real *in, real *out)
{
    real mean[ROWS];
    real rstd[ROWS];
    struct norm_args args = norm_of(in, out, mean, rstd);

    kernel_norm(device, &args);
}

static void norm_backward(struct device *device, const real *in, const real *dout, real *din)
{
    real out[ROWS * WIDE];
    real mean[ROWS];
    real rstd[ROWS];
    struct norm_args args = norm_of(in, out, mean, rstd);
    struct norm_back_args back = {.a = in,
                                  .gain = args.gain,
                                  .mean = mean,
                                  .rstd = rstd,
                                  .dy = dout,
                                  .da = din,
                                  .rows = ROWS,
                                  .n = WIDE};
    struct norm_params_args params = {.a = in,
                                      .mean = mean,
                                      .rstd = rstd,
                                      .dy = dout,
                                      .dgain = din + ROWS * WIDE,
                                      .dbias = din + (ROWS + 1) * WIDE,
                                      .rows = ROWS,
                                      .n = WIDE};

    kernel_norm(device, &args);
    kernel_norm_back(device, &back);
    kernel_norm_params(device, &params);
}

static struct dropout_args dropout_of(const real *in, real *out)
{
    return (struct dropout_args){.a = in,
                                 .y = out,
                                 .seed = 7,
                                 .stream = 3,
                                 .n = ROWS * WIDE,
                                 .threshold = 1u << 30,
                                 .scale = 4.0 / 3};
}

static void dropout_forward(struct device *device, const real *in, real *out)
{
    struct dropout_args args = dropout_of(in, out);

    kernel_dropout(device, &args);
}

static void dropout_backward(struct device *device, const real *in, const real *dout, real *din)
{
    struct dropout_args args = dropout_of(dout, din);

    (void)in;
    kernel_dropout(device, &args);
}

#define ENTRIES 4u
static const uint32_t ids[ROWS] = {2, 0, 2, 3, 2}; // one of them thrice, one never

static void embed_forward(struct device *device, const real *in, real *out)
{
    struct embed_args args = {.table = in, .ids = ids, .y = out, .n = ROWS, .width = WIDE};

    kernel_embed(device, &args);
}

static void embed_backward(struct device *device, const real *in, const real *dout, real *din)
{
    struct embed_back_args args = {.dy = dout, .ids = ids, .dtable = din, .n = ROWS, .width = WIDE};

    (void)in;
    kernel_embed_back(device, &args);
}

static const struct dense dense = {WIDE, 7};

/* In: x, weights. */
static void dense_layer_forward(struct device *device, const real *in, real *out)
{
    dense_forward(device, &dense, in + ROWS * WIDE, in, out, ROWS);
}

static void dense_layer_backward(struct device *device, const real *in, const real *dout, real *din)
{
    dense_backward(device, &dense, in + ROWS * WIDE, in, dout, din + ROWS * WIDE, din, ROWS);
}

#define SERIES 2u
#define LENGTH 11u
static const struct conv conv = {3, 5, 4, 2}; // its oldest tap is 6 back

/* In: x, weights. */
static void conv_layer_forward(struct device *device, const real *in, real *out)
{
    conv_forward(device, &conv, in + SERIES * LENGTH * conv.inputs, in, out, SERIES, LENGTH);
}

static void conv_layer_backward(struct device *device, const real *in, const real *dout, real *din)
{
    uint32_t n_x = SERIES * LENGTH * conv.inputs;

    conv_backward(device, &conv, in + n_x, in, dout, din + n_x, din, SERIES, LENGTH);
}

static const struct attention attention = {6, 9, 6, 4, 2};
#define ATTENTION_N    (6u * 9u * 6u)
#define ATTENTION_NEAR (2u * 4u)

/* In: q, k, v, near. */
static void attention_layer_forward(struct device *device, const real *in, real *out)
{
    struct attention_tape tape;

    REQUIRE(attention_tape_init(device, &attention, &tape) >= 0);
    attention_forward(device, &attention, in, in + ATTENTION_N, in + 2 * ATTENTION_N,
                      in + 3 * ATTENTION_N, out, &tape);
    attention_tape_deinit(device, &tape);
}

static void attention_layer_backward(struct device *device, const real *in, const real *dout,
                                     real *din)
{
    struct attention_tape tape;
    real out[ATTENTION_N];

    REQUIRE(attention_tape_init(device, &attention, &tape) >= 0);
    attention_forward(device, &attention, in, in + ATTENTION_N, in + 2 * ATTENTION_N,
                      in + 3 * ATTENTION_N, out, &tape);
    attention_backward(device, &attention, in, in + ATTENTION_N, in + 2 * ATTENTION_N, dout, din,
                       din + ATTENTION_N, din + 2 * ATTENTION_N, din + 3 * ATTENTION_N, &tape);
    attention_tape_deinit(device, &tape);
}

#define LSTM_STEPS 6u
#define LSTM_BATCH 3u
static const struct lstm lstm = {4, 5};
#define LSTM_X (LSTM_STEPS * LSTM_BATCH * 4u)
#define LSTM_Y (LSTM_STEPS * LSTM_BATCH * 5u)

/* In: x, weights. */
static void lstm_layer_forward(struct device *device, const real *in, real *out)
{
    struct lstm_tape tape;

    REQUIRE(lstm_tape_init(device, &lstm, LSTM_STEPS, LSTM_BATCH, &tape) >= 0);
    lstm_forward(device, &lstm, in + LSTM_X, in, &tape);
    device->read(device, out, tape.h + (size_t)LSTM_BATCH * lstm.hidden, LSTM_Y * sizeof(real));
    lstm_tape_deinit(device, &tape);
}

static void lstm_layer_backward(struct device *device, const real *in, const real *dout, real *din)
{
    struct lstm_tape tape;

    REQUIRE(lstm_tape_init(device, &lstm, LSTM_STEPS, LSTM_BATCH, &tape) >= 0);
    lstm_forward(device, &lstm, in + LSTM_X, in, &tape);
    lstm_backward(device, &lstm, in + LSTM_X, in, dout, &tape, din + LSTM_X, din);
    lstm_tape_deinit(device, &tape);
}

/* Weights of the wholes. */
#define N_LSTM        (3 * 20 + 5 * 20 + 20 + 5 * 20 + 5 * 20 + 20 + 12)
#define N_HEAD        (N_LSTM - 12 + (5 + 1) * 4 + (4 + 1) * 2)
#define N_TCN         (24 + 3 * (12 + 3 * 36 + 6 + 42) + 12 + 14)
#define N_TRANSFORMER (24 + 2 * (12 + 6 * 18 + 18 + 10 + 42 + 12 + 6 * 7 + 7 + 7 * 6 + 6) + 12 + 14)
#define N_POLICY      (2 * (3 * 6 + 6 + 6 * 5 + 5 + 5) + 2)

/* Models as wholes, the small ones of the tests, with dropout: in are x and weights. */
#define NET_STEPS 8u
#define NET_BATCH 2u
#define NET_X     (NET_STEPS * NET_BATCH * 3u)
#define NET_Y     (NET_STEPS * NET_BATCH * 2u)

static void begin_net(struct device *device, uint32_t i, struct net *net, struct net_tape *tape)
{
    REQUIRE(small_net(i, net, NULL) >= 0);
    REQUIRE(net_tape_init(device, net, NET_STEPS, NET_BATCH, tape) >= 0);
    tape->drop = 0.25;
    tape->turn = 3;
}

#define NET(name, i)                                                                               \
    static void name##_forward(struct device *device, const real *in, real *out)                   \
    {                                                                                              \
        struct net net;                                                                            \
        struct net_tape tape;                                                                      \
        begin_net(device, i, &net, &tape);                                                         \
        net_forward(&tape, in + NET_X, in, out);                                                   \
        net_tape_deinit(&tape);                                                                    \
    }                                                                                              \
    static void name##_backward(struct device *device, const real *in, const real *dout,           \
                                real *din)                                                         \
    {                                                                                              \
        struct net net;                                                                            \
        struct net_tape tape;                                                                      \
        real out[NET_Y];                                                                           \
        begin_net(device, i, &net, &tape);                                                         \
        net_forward(&tape, in + NET_X, in, out);                                                   \
        net_backward(&tape, in + NET_X, in, dout, din + NET_X, din);                               \
        net_tape_deinit(&tape);                                                                    \
    }
START_TEST(wholes_are_whole)
{
    static const uint32_t n[NETS] = {N_LSTM, N_TCN, N_TRANSFORMER, N_HEAD, N_POLICY};
    struct net net;

    ck_assert_int_ge(small_net((uint32_t)_i, &net, NULL), 0);
    ck_assert_uint_eq(net.n_weights, n[_i]);
}
END_TEST

NET(lstm_net, 0)
NET(tcn, 1)
NET(transformer, 2)
NET(lstm_head, 3)
NET(policy_net, 4)

#define ALL (ROWS * WIDE)
static const struct layer layers[] = {
    {"tanh", ALL, ALL, tanh_forward, tanh_backward},
    {"sigmoid", ALL, ALL, sigmoid_forward, sigmoid_backward},
    {"relu", ALL, ALL, relu_forward, relu_backward},
    {"gelu", ALL, ALL, gelu_forward, gelu_backward},
    {"softmax", ALL, ALL, softmax_forward, softmax_backward},
    {"layer norm", ALL + 2 * WIDE, ALL, norm_forward, norm_backward},
    {"dropout", ALL, ALL, dropout_forward, dropout_backward},
    {"embedding", ENTRIES *WIDE, ALL, embed_forward, embed_backward},
    {"dense", ALL + (WIDE + 1) * 7, ROWS * 7, dense_layer_forward, dense_layer_backward},
    {"convolution", SERIES *LENGTH * 3 + (4 * 3 + 1) * 5, SERIES *LENGTH * 5, conv_layer_forward,
     conv_layer_backward},
    {"attention", 3 * ATTENTION_N + ATTENTION_NEAR, ATTENTION_N, attention_layer_forward,
     attention_layer_backward},
    {"lstm", LSTM_X + (4 + 5 + 1) * 4 * 5, LSTM_Y, lstm_layer_forward, lstm_layer_backward},
    {"a whole LSTM", NET_X + N_LSTM, NET_Y, lstm_net_forward, lstm_net_backward},
    {"a whole TCN", NET_X + N_TCN, NET_Y, tcn_forward, tcn_backward},
    {"a whole transformer", NET_X + N_TRANSFORMER, NET_Y, transformer_forward,
     transformer_backward},
    {"a whole LSTM with a head", NET_X + N_HEAD, NET_Y, lstm_head_forward, lstm_head_backward},
    {"a whole policy", NET_X + N_POLICY, NET_Y, policy_net_forward, policy_net_backward},
};

static real loss(struct device *device, const struct layer *layer, const real *in,
                 const real *shares)
{
    real out[MOST];
    real sum = 0;

    layer->forward(device, in, out);
    for (uint32_t i = 0; i < layer->n_out; i++)
        sum += shares[i] * out[i];
    return sum;
}

START_TEST(gradients_are_those_of_finite_differences)
{
    const struct layer *layer = &layers[_i];
    struct device *device = cpu_device_new(CPU_BEST, 1);
    real in[MOST];
    real din[MOST] = {0};
    real shares[MOST];
    double worst = 0;

    ck_assert_ptr_nonnull(device);
    ck_assert(layer->n <= MOST && layer->n_out <= MOST);
    for (uint32_t i = 0; i < layer->n; i++)
        in[i] = case_value(1, i) / 2;
    for (uint32_t i = 0; i < layer->n_out; i++)
        shares[i] = case_value(2, i);
    layer->backward(device, in, shares, din);
    for (uint32_t i = 0; i < layer->n; i++) {
        real at = in[i];
        double slope;
        double off;

        in[i] = at + STEP;
        slope = loss(device, layer, in, shares);
        in[i] = at - STEP;
        slope = (slope - loss(device, layer, in, shares)) / (2 * STEP);
        in[i] = at;
        off = fabs(din[i] - slope) / (1 + fabs(slope));
        worst = off > worst ? off : worst;
        if (!(off <= BOUND))
            ck_abort_msg("%s: of input %u the gradient is %.12g, by differences %.12g", layer->name,
                         i, din[i], slope);
    }
    printf("%s: %u gradients, at most %.2g off\n", layer->name, layer->n, worst);
    fflush(stdout);
    device->free(device);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gradients");
    TCase *tcase = tcase_create("gradients");
    SRunner *runner;
    int failed;

    tcase_add_loop_test(tcase, gradients_are_those_of_finite_differences, 0,
                        (int)(sizeof(layers) / sizeof(layers[0])));
    tcase_add_loop_test(tcase, wholes_are_whole, 0, NETS);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
