// SPDX-License-Identifier: Apache-2.0
#include "nn/trees.h"

#include "base/fmath.h"

real trees_base(enum trees_objective objective, double base_score)
{
    return (real)(objective == TREES_LOGISTIC ? -fmath_log(1 / base_score - 1) : base_score);
}

#define GROUP 8u /* trees that are walked at once: a step of one hides what another waits for */

/* The node behind this one; a leaf stays. */
static inline uint32_t step(const struct trees_node *nodes, uint32_t at, const real *x)
{
    const struct trees_node *node = &nodes[at];
    real value = x[node->feature & ~TREES_MISSING_LEFT];
    uint32_t is_missing = value != value;
    uint32_t is_left = value < node->value;
    uint32_t is_right = 1u & ~(is_left | (is_missing & node->feature >> 31));

    return node->left != 0 ? node->left + is_right : at;
}

/* Their leaves, added one after the other. */
static real add_group(const struct trees_node *nodes, const uint32_t *roots, const real *x,
                      real sum)
{
    uint32_t at[GROUP];
    uint32_t is_inner;

    for (uint32_t i = 0; i < GROUP; i++)
        at[i] = roots[i];
    do {
        is_inner = 0;
        for (uint32_t i = 0; i < GROUP; i++) {
            at[i] = step(nodes, at[i], x);
            is_inner |= nodes[at[i]].left;
        }
    } while (is_inner != 0);
    for (uint32_t i = 0; i < GROUP; i++)
        sum += nodes[at[i]].value;
    return sum;
}

void trees_margin(const struct trees *trees, const real *x, real *y)
{
    const struct trees_node *nodes = trees->nodes;

    for (uint32_t i = 0; i < trees->n_outputs; i++) {
        real sum = trees->base;
        uint32_t j = trees->first[i];

        for (; j + GROUP <= trees->first[i + 1]; j += GROUP)
            sum = add_group(nodes, trees->roots + j, x, sum);
        for (; j < trees->first[i + 1]; j++) {
            uint32_t at = trees->roots[j];

            while (nodes[at].left != 0)
                at = step(nodes, at, x);
            sum += nodes[at].value;
        }
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
