// SPDX-License-Identifier: Apache-2.0
#include "nn/dense.h"

size_t dense_weights(const struct dense *dense)
{
    return ((size_t)dense->inputs + 1) * dense->outputs;
}

void dense_forward(struct device *device, const struct dense *dense, const real *weights,
                   const real *x, real *y, uint32_t rows)
{
    struct gemm_args gemm = {.a = x,
                             .b = weights,
                             .bias = weights + (size_t)dense->inputs * dense->outputs,
                             .c = y,
                             .m = rows,
                             .n = dense->outputs,
                             .k = dense->inputs,
                             .lda = dense->inputs,
                             .ldb = dense->outputs,
                             .ldc = dense->outputs,
                             .start = GEMM_BIAS};

    kernel_gemm(device, &gemm);
}

void dense_backward(struct device *device, const struct dense *dense, const real *weights,
                    const real *x, const real *dy, real *dweights, real *dx, uint32_t rows)
{
    struct gemm_args of_weights = {.a = x,
                                   .b = dy,
                                   .c = dweights,
                                   .m = dense->inputs,
                                   .n = dense->outputs,
                                   .k = rows,
                                   .lda = dense->inputs,
                                   .ldb = dense->outputs,
                                   .ldc = dense->outputs,
                                   .a_turned = 1,
                                   .start = GEMM_ADD};
    struct gemm_args of_x = {.a = dy,
                             .b = weights,
                             .c = dx,
                             .m = rows,
                             .n = dense->inputs,
                             .k = dense->outputs,
                             .lda = dense->outputs,
                             .ldb = dense->outputs,
                             .ldc = dense->inputs,
                             .b_turned = 1};
    struct column_sum_args of_bias = {.a = dy,
                                      .y = dweights + (size_t)dense->inputs * dense->outputs,
                                      .rows = rows,
                                      .n = dense->outputs,
                                      .add = 1};

    kernel_gemm(device, &of_weights);
    kernel_column_sum(device, &of_bias);
    if (dx != NULL)
        kernel_gemm(device, &of_x);
}
