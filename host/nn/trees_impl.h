// SPDX-License-Identifier: Apache-2.0
/* trees_impl: what the files of the trainer share (trees_train.c, trees_bins.c, trees_grow.c,
 * trees_write.c). */
#ifndef NN_TREES_IMPL_H
#define NN_TREES_IMPL_H

#include "kernels/team.h"
#include "nn/trees_train.h"

struct grown_node {
    float value;      /* the threshold, or the leaf as it counts */
    uint32_t feature; /* and TREES_MISSING_LEFT */
    uint32_t left;    /* the right one stands behind it; 0: a leaf */
    uint32_t parent;
    float gain, weight, hessian; /* for people: XGBoost's figures of a node */
};
struct grown_tree {
    uint32_t n;
    struct grown_node *nodes; /* owned */
};
struct trees_grown {
    struct trees_params params;
    uint32_t n_features, n_trees;
    uint64_t n_nodes;
    struct grown_tree *trees; /* owned */
};

/* The rows by bins: bin b of a feature has the values from cut b - 1 on and below cut b. */
struct trees_bins {
    uint32_t n_rows, n_features;
    uint32_t most;    /* bins of a feature; this number is that of a missing value */
    uint32_t *n_cuts; /* [n_features], fewer than most */
    float *cuts;      /* [n_features][most] */
    uint16_t *ids;    /* [n_features][n_rows] */
};
int trees_bins_init(struct trees_bins *bins, const struct trees_data *data, uint32_t most,
                    struct team *team, uint32_t n_threads);
void trees_bins_deinit(struct trees_bins *bins);

struct trees_grad {
    float g, h; /* first and second derivative of a row's loss */
};
/* One tree; `number` is its own among all, for what is drawn. AGON_ENOMEM. */
int trees_grow(const struct trees_params *params, const struct trees_bins *bins,
               const struct trees_grad *grads, struct team *team, uint32_t number,
               struct grown_tree *tree);

static inline float grown_leaf(const struct grown_tree *tree, const float *x)
{
    const struct grown_node *node = tree->nodes;

    while (node->left != 0) {
        float value = x[node->feature & ~TREES_MISSING_LEFT];
        int is_left =
            value != value ? (node->feature & TREES_MISSING_LEFT) != 0 : value < node->value;

        node = &tree->nodes[node->left + (is_left ? 0 : 1)];
    }
    return node->value;
}

#endif
