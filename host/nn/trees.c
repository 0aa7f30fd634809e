// SPDX-License-Identifier: Apache-2.0
#include "nn/trees.h"

#include "base/fmath.h"

real trees_base(enum trees_objective objective, double base_score)
{
    return (real)(objective == TREES_LOGISTIC ? -fmath_log(1 / base_score - 1) : base_score);
}

static real leaf_of(const struct trees_node *nodes, uint32_t root, const real *x)
{
    const struct trees_node *node = &nodes[root];

    while (node->left != 0) {
        real value = x[node->feature & ~TREES_MISSING_LEFT];
        uint32_t is_missing = value != value;
        uint32_t is_left = value < node->value;
        uint32_t is_right = 1u & ~(is_left | (is_missing & node->feature >> 31));

        node = &nodes[node->left + is_right];
    }
    return node->value;
}

void trees_margin(const struct trees *trees, const real *x, real *y)
{
    for (uint32_t i = 0; i < trees->n_outputs; i++) {
        real sum = trees->base;

        for (uint32_t j = trees->first[i]; j < trees->first[i + 1]; j++)
            sum += leaf_of(trees->nodes, trees->roots[j], x);
        y[i] = sum;
    }
}

void trees_eval(struct device *device, const struct trees *trees, const real *x, real *y)
{
    trees_margin(trees, x, y);
    if (trees->objective == TREES_LOGISTIC) {
        struct map_args args = {.a = y, .y = y, .n = trees->n_outputs, .op = MAP_SIGMOID};

        kernel_map(device, &args);
    } else if (trees->objective == TREES_SOFTPROB) {
        struct softmax_args args = {.a = y, .y = y, .rows = 1, .n = trees->n_outputs};

        kernel_softmax(device, &args);
    }
}
