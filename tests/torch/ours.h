/* SPDX-License-Identifier: Apache-2.0 */
/* ours: a training of a model of host/nn as arrays of double, for a program that trains the same by
 * another library. Read by C and by C++; each type is a table of the same calls. */
#ifndef TESTS_TORCH_OURS_H
#define TESTS_TORCH_OURS_H

#include <stddef.h>
#include <stdint.h>

#define OURS_TENSORS 128

struct ours_shape {
    const char *arch;
    uint32_t inputs, outputs, hidden, layers, head, taps, heads, span, feed;
    uint32_t steps, batch;
};

struct ours_tensor {
    char name[32];
    uint32_t n_dims, dims[3];
    size_t at, n;
};

struct ours_table {
    /* NULL: no memory, or no such model. The weights are drawn. */
    void *(*begin)(const struct ours_shape *shape, double rate);
    void (*end)(void *training);
    /* Returns how many there are. */
    uint32_t (*tensors)(void *training, struct ours_tensor tensors[OURS_TENSORS]);
    size_t (*n_weights)(void *training);
    int (*is_by_step)(void *training);
    /* One step of Adam on the mean square error of all outputs. */
    void (*step)(void *training, const double *x, const double *target);
    /* Of the last step: its answers, and the gradient that it went by. */
    void (*read)(void *training, double *weights, double *gradient, double *y);
    /* As this type holds it. */
    double (*rounded)(double value);
};

/* The same of PPO's updates of a policy/1: `rows` of a batch. */
struct ours_ppo_rules {
    uint32_t inputs, actions, hidden, feed, rows;
    double rate, clip, value_share, entropy_share, norm_most;
};
struct ours_ppo_table {
    void *(*begin)(const struct ours_ppo_rules *rules); /* NULL: no memory */
    void (*end)(void *training);
    uint32_t (*tensors)(void *training, struct ours_tensor tensors[OURS_TENSORS]);
    size_t (*n_weights)(void *training);
    /* Returns the loss before it. */
    double (*step)(void *training, const double *x, const uint32_t *actions, const double *log_p,
                   const double *advantages, const double *returns);
    /* Weights, and the gradient that the last step went by. */
    void (*read)(void *training, double *weights, double *gradient);
    double (*rounded)(double value);
};

#ifdef __cplusplus
extern "C" {
#endif
extern const struct ours_ppo_table ours_ppo_f32, ours_ppo_f64;
extern const struct ours_table ours_f32, ours_f64;
#ifdef __cplusplus
}
#endif

#endif
