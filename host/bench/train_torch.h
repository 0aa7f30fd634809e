/* SPDX-License-Identifier: Apache-2.0 */
/* train_torch: an LSTM that libtorch trains, from weights that are given, for bench nn. It lies in
 * agon-bench-torch.so beside the program, which is made where libtorch and a C++ compiler are, and
 * opened by the benchmark alone: no program of Agon needs it. Read by C and by C++. [one thread] */
#ifndef BENCH_TRAIN_TORCH_H
#define BENCH_TRAIN_TORCH_H

#include <stddef.h>
#include <stdint.h>

#define TRAIN_TORCH_FILE   "agon-bench-torch.so"
#define TRAIN_TORCH_SYMBOL "agon_bench_torch"

struct train_torch_tensor { /* lstm.N.w_x, .w_h, .b; fc.w, fc.b; dense.w, dense.b */
    const char *name;
    uint32_t n_dims, dims[3];
    const float *at;
};
struct train_torch_shape {
    uint32_t inputs, outputs, hidden, layers, head, steps, batch;
    double rate; /* of Adam */
};
struct train_torch {
    const char *version;
    /* One thread computes from here on. NULL: libtorch refuses. */
    void *(*begin)(const struct train_torch_shape *shape, const struct train_torch_tensor *tensors,
                   uint32_t n);
    /* One step of Adam on the mean square error of all outputs: x[steps][batch][inputs],
     * target[steps][batch][outputs]. 0: libtorch refuses. */
    int (*step)(void *training, const float *x, const float *target);
    /* y[steps][batch][outputs] of the last step, before it. */
    void (*read)(void *training, float *y);
    void (*end)(void *training);
};

#endif
