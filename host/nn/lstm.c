// SPDX-License-Identifier: Apache-2.0
#include "nn/lstm.h"

size_t lstm_weights(const struct lstm *lstm)
{
    return ((size_t)lstm->inputs + lstm->hidden + 1) * 4 * lstm->hidden;
}

/* The three parts of a block of weights, or of their gradients. */
static size_t at_hidden(const struct lstm *lstm)
{
    return (size_t)lstm->inputs * 4 * lstm->hidden;
}

static size_t at_bias(const struct lstm *lstm)
{
    return at_hidden(lstm) + (size_t)lstm->hidden * 4 * lstm->hidden;
}

int lstm_tape_init(struct device *device, const struct lstm *lstm, uint32_t steps, uint32_t batch,
                   struct lstm_tape *tape)
{
    size_t row = (size_t)batch * lstm->hidden;
    real *at =
        device->alloc(device, (4 * steps + steps + 2 * (steps + 1) + 2) * row * sizeof(real));

    *tape = (struct lstm_tape){.steps = steps, .batch = batch, .block = at};
    if (at == NULL)
        return AGON_ENOMEM;
    tape->gates = at;
    tape->tanh_c = tape->gates + 4 * steps * row;
    tape->c = tape->tanh_c + steps * row;
    tape->h = tape->c + (steps + 1) * row;
    tape->dh = tape->h + (steps + 1) * row;
    tape->dc = tape->dh + row;
    return AGON_OK;
}

void lstm_tape_deinit(struct device *device, struct lstm_tape *tape)
{
    device->release(device, tape->block);
    *tape = (struct lstm_tape){0};
}

/* gates[rows][4 hidden] = b + x w_x. */
static void input_sums(struct device *device, const struct lstm *lstm, const real *weights,
                       const real *x, real *gates, uint32_t rows)
{
    struct gemm_args gemm = {.a = x,
                             .b = weights,
                             .bias = weights + at_bias(lstm),
                             .c = gates,
                             .m = rows,
                             .n = 4 * lstm->hidden,
                             .k = lstm->inputs,
                             .lda = lstm->inputs,
                             .ldb = 4 * lstm->hidden,
                             .ldc = 4 * lstm->hidden,
                             .start = GEMM_BIAS};

    kernel_gemm(device, &gemm);
}

/* gates += h w_h. */
static void hidden_sums(struct device *device, const struct lstm *lstm, const real *weights,
                        const real *h, real *gates, uint32_t batch)
{
    struct gemm_args gemm = {.a = h,
                             .b = weights + at_hidden(lstm),
                             .c = gates,
                             .m = batch,
                             .n = 4 * lstm->hidden,
                             .k = lstm->hidden,
                             .lda = lstm->hidden,
                             .ldb = 4 * lstm->hidden,
                             .ldc = 4 * lstm->hidden,
                             .start = GEMM_ADD};

    kernel_gemm(device, &gemm);
}

void lstm_forward(struct device *device, const struct lstm *lstm, const real *weights,
                  const real *x, struct lstm_tape *tape)
{
    size_t row = (size_t)tape->batch * lstm->hidden;

    input_sums(device, lstm, weights, x, tape->gates, tape->steps * tape->batch);
    for (uint32_t t = 0; t < tape->steps; t++) {
        struct lstm_gates_args gates = {.gates = tape->gates + 4 * t * row,
                                        .c_prev = tape->c + t * row,
                                        .c = tape->c + (t + 1) * row,
                                        .tanh_c = tape->tanh_c + t * row,
                                        .h = tape->h + (t + 1) * row,
                                        .rows = tape->batch,
                                        .hidden = lstm->hidden};

        hidden_sums(device, lstm, weights, tape->h + t * row, gates.gates, tape->batch);
        kernel_lstm_gates(device, &gates);
    }
}

/* Of all steps at once, once each has its gradients of the gates: inner[rows][inner_width] is x or
 * h before the step. */
static void add_weights(struct device *device, const struct lstm *lstm, const real *inner,
                        uint32_t inner_width, const struct lstm_tape *tape, real *dweights)
{
    struct gemm_args gemm = {.a = inner,
                             .b = tape->gates,
                             .c = dweights,
                             .m = inner_width,
                             .n = 4 * lstm->hidden,
                             .k = tape->steps * tape->batch,
                             .lda = inner_width,
                             .ldb = 4 * lstm->hidden,
                             .ldc = 4 * lstm->hidden,
                             .a_turned = 1,
                             .start = GEMM_ADD};

    kernel_gemm(device, &gemm);
}

/* inner's gradient from that of `rows` rows of gates. */
static void through_weights(struct device *device, const struct lstm *lstm, const real *weights,
                            const real *dgates, uint32_t rows, real *dinner, uint32_t inner_width,
                            enum gemm_start start)
{
    struct gemm_args gemm = {.a = dgates,
                             .b = weights,
                             .c = dinner,
                             .m = rows,
                             .n = inner_width,
                             .k = 4 * lstm->hidden,
                             .lda = 4 * lstm->hidden,
                             .ldb = 4 * lstm->hidden,
                             .ldc = inner_width,
                             .b_turned = 1,
                             .start = start};

    kernel_gemm(device, &gemm);
}

void lstm_backward(struct device *device, const struct lstm *lstm, const real *weights,
                   const real *x, const real *dy, struct lstm_tape *tape, real *dweights, real *dx)
{
    size_t row = (size_t)tape->batch * lstm->hidden;
    struct column_sum_args of_bias = {.a = tape->gates,
                                      .y = dweights + at_bias(lstm),
                                      .rows = tape->steps * tape->batch,
                                      .n = 4 * lstm->hidden,
                                      .add = 1};

    device->clear(device, tape->dc, row * sizeof(real));
    for (uint32_t t = tape->steps; t-- > 0;) {
        struct lstm_gates_back_args back = {.gates = tape->gates + 4 * t * row,
                                            .c_prev = tape->c + t * row,
                                            .tanh_c = tape->tanh_c + t * row,
                                            .dh = tape->dh,
                                            .dc = tape->dc,
                                            .dgates = tape->gates + 4 * t * row,
                                            .rows = tape->batch,
                                            .hidden = lstm->hidden};

        device->copy(device, tape->dh, dy + t * row, row * sizeof(real));
        if (t + 1 < tape->steps)
            through_weights(device, lstm, weights + at_hidden(lstm),
                            tape->gates + 4 * (t + 1) * row, tape->batch, tape->dh, lstm->hidden,
                            GEMM_ADD);
        kernel_lstm_gates_back(device, &back);
    }
    add_weights(device, lstm, x, lstm->inputs, tape, dweights);
    add_weights(device, lstm, tape->h, lstm->hidden, tape, dweights + at_hidden(lstm));
    kernel_column_sum(device, &of_bias);
    if (dx != NULL)
        through_weights(device, lstm, weights, tape->gates, tape->steps * tape->batch, dx,
                        lstm->inputs, GEMM_ZERO);
}

int lstm_stream_init(struct device *device, const struct lstm *lstm, uint32_t batch,
                     struct lstm_stream *stream)
{
    size_t row = (size_t)batch * lstm->hidden;
    real *at = device->alloc(device, 7 * row * sizeof(real));

    *stream = (struct lstm_stream){.batch = batch, .block = at};
    if (at == NULL)
        return AGON_ENOMEM;
    stream->gates = at;
    stream->h = at + 4 * row;
    stream->c = at + 5 * row;
    stream->tanh_c = at + 6 * row;
    return AGON_OK;
}

void lstm_stream_deinit(struct device *device, struct lstm_stream *stream)
{
    device->release(device, stream->block);
    *stream = (struct lstm_stream){0};
}

void lstm_step(struct device *device, const struct lstm *lstm, const real *weights, const real *x,
               struct lstm_stream *stream)
{
    struct lstm_gates_args gates = {.gates = stream->gates,
                                    .c_prev = stream->c,
                                    .c = stream->c,
                                    .tanh_c = stream->tanh_c,
                                    .h = stream->h,
                                    .rows = stream->batch,
                                    .hidden = lstm->hidden};

    input_sums(device, lstm, weights, x, stream->gates, stream->batch);
    hidden_sums(device, lstm, weights, stream->h, stream->gates, stream->batch);
    kernel_lstm_gates(device, &gates);
}
