// SPDX-License-Identifier: Apache-2.0
#include "nn/conv.h"

size_t conv_weights(const struct conv *conv)
{
    return ((size_t)conv->taps * conv->inputs + 1) * conv->outputs;
}

void conv_forward(struct device *device, const struct conv *conv, const real *weights,
                  const real *x, real *y, uint32_t batch, uint32_t steps)
{
    size_t tap_size = (size_t)conv->inputs * conv->outputs;

    for (uint32_t tap = 0; tap < conv->taps && tap * conv->dilation < steps; tap++) {
        uint32_t late = tap * conv->dilation; // the first output that this tap has an input for
        struct gemm_args gemm = {.a = x,
                                 .b = weights + tap * tap_size,
                                 .bias = tap == 0 ? weights + conv->taps * tap_size : NULL,
                                 .c = y + (size_t)late * conv->outputs,
                                 .m = steps - late,
                                 .n = conv->outputs,
                                 .k = conv->inputs,
                                 .lda = conv->inputs,
                                 .ldb = conv->outputs,
                                 .ldc = conv->outputs,
                                 .start = tap == 0 ? GEMM_BIAS : GEMM_ADD,
                                 .batch = batch,
                                 .a_step = steps * conv->inputs,
                                 .c_step = steps * conv->outputs};

        kernel_gemm(device, &gemm);
    }
}

/* One tap's weights from all series, one after the other. */
static void tap_weights(struct device *device, const struct conv *conv, const real *x,
                        const real *dy, real *dweights, uint32_t batch, uint32_t steps,
                        uint32_t late)
{
    for (uint32_t of = 0; of < batch; of++) {
        struct gemm_args gemm = {.a = x + (size_t)of * steps * conv->inputs,
                                 .b = dy + ((size_t)of * steps + late) * conv->outputs,
                                 .c = dweights,
                                 .m = conv->inputs,
                                 .n = conv->outputs,
                                 .k = steps - late,
                                 .lda = conv->inputs,
                                 .ldb = conv->outputs,
                                 .ldc = conv->outputs,
                                 .a_turned = 1,
                                 .start = GEMM_ADD};

        kernel_gemm(device, &gemm);
    }
}

void conv_backward(struct device *device, const struct conv *conv, const real *weights,
                   const real *x, const real *dy, real *dweights, real *dx, uint32_t batch,
                   uint32_t steps)
{
    size_t tap_size = (size_t)conv->inputs * conv->outputs;
    struct column_sum_args of_bias = {.a = dy,
                                      .y = dweights + conv->taps * tap_size,
                                      .rows = batch * steps,
                                      .n = conv->outputs,
                                      .add = 1};

    kernel_column_sum(device, &of_bias);
    for (uint32_t tap = 0; tap < conv->taps && tap * conv->dilation < steps; tap++) {
        uint32_t late = tap * conv->dilation;
        struct gemm_args of_x = {.a = dy + (size_t)late * conv->outputs,
                                 .b = weights + tap * tap_size,
                                 .c = dx,
                                 .m = steps - late,
                                 .n = conv->inputs,
                                 .k = conv->outputs,
                                 .lda = conv->outputs,
                                 .ldb = conv->outputs,
                                 .ldc = conv->inputs,
                                 .b_turned = 1,
                                 .start = tap == 0 ? GEMM_ZERO : GEMM_ADD,
                                 .batch = batch,
                                 .a_step = steps * conv->outputs,
                                 .c_step = steps * conv->inputs};

        tap_weights(device, conv, x, dy, dweights + tap * tap_size, batch, steps, late);
        if (dx != NULL)
            kernel_gemm(device, &of_x);
    }
}

int conv_stream_init(struct device *device, const struct conv *conv, uint32_t batch,
                     struct conv_stream *stream)
{
    uint32_t depth = (conv->taps - 1) * conv->dilation + 1;

    *stream = (struct conv_stream){.batch = batch, .depth = depth};
    stream->x = device->alloc(device, (size_t)depth * batch * conv->inputs * sizeof(real));
    return stream->x != NULL ? AGON_OK : AGON_ENOMEM;
}

void conv_stream_deinit(struct device *device, struct conv_stream *stream)
{
    device->release(device, stream->x);
    *stream = (struct conv_stream){0};
}

void conv_step(struct device *device, const struct conv *conv, const real *weights, const real *x,
               real *y, struct conv_stream *stream)
{
    size_t event = (size_t)stream->batch * conv->inputs;
    size_t tap_size = (size_t)conv->inputs * conv->outputs;

    device->copy(device, stream->x + stream->at * event, x, event * sizeof(real));
    stream->seen += stream->seen < stream->depth;
    for (uint32_t tap = 0; tap < conv->taps && tap * conv->dilation < stream->seen; tap++) {
        uint32_t back = tap * conv->dilation;
        struct gemm_args gemm = {.a = stream->x +
                                      (stream->at + stream->depth - back) % stream->depth * event,
                                 .b = weights + tap * tap_size,
                                 .bias = tap == 0 ? weights + conv->taps * tap_size : NULL,
                                 .c = y,
                                 .m = stream->batch,
                                 .n = conv->outputs,
                                 .k = conv->inputs,
                                 .lda = conv->inputs,
                                 .ldb = conv->outputs,
                                 .ldc = conv->outputs,
                                 .start = tap == 0 ? GEMM_BIAS : GEMM_ADD};

        kernel_gemm(device, &gemm);
    }
    stream->at = (stream->at + 1) % stream->depth;
}
