// SPDX-License-Identifier: Apache-2.0
/* trees: gradient-boosted trees and random forests, as XGBoost writes them (JSON or UBJSON of
 * versions 1 and 2, booster gbtree; objectives reg:squarederror, binary:logistic, multi:softprob).
 *
 * y of x[n_features]: each output's margin begins with the file's base score and takes the leaf of
 * one tree after the other, in the file's order, a plain sum; then the sigmoid, or the softmax of
 * all outputs, by kernels. A NaN is a missing value and goes where its node says; otherwise x goes
 * left if x < threshold. The same bits on every processor.
 *
 * Not read: categories, dart, gblinear, several targets. */
#ifndef NN_TREES_H
#define NN_TREES_H

#include <stddef.h>

#include "kernels/device.h"

/* Names carry the type (kernels/real.h). */
#define trees_read   TYPED(trees_read)
#define trees_free   TYPED(trees_free)
#define trees_margin TYPED(trees_margin)
#define trees_eval   TYPED(trees_eval)
#define trees_base   TYPED(trees_base)

#define TREES_FEATURES 4096u
#define TREES_CLASSES  256u
#define TREES_MOST     65536u
#define TREES_NODES    (1u << 22)           /* of all trees */
#define TREES_BYTES    ((size_t)64u << 20u) /* of a file */

enum trees_objective { TREES_SQUARED = 0, TREES_LOGISTIC, TREES_SOFTPROB };

#define TREES_MISSING_LEFT 0x80000000u /* in trees_node.feature */

struct trees_node {
    real value;       /* the threshold, or what a leaf adds */
    uint32_t feature; /* and TREES_MISSING_LEFT */
    uint32_t left;    /* its place; the right one stands behind it; 0: a leaf */
};

struct trees {
    enum trees_objective objective;
    uint32_t n_features, n_outputs, n_trees, n_nodes;
    real base;                /* where each margin begins */
    uint32_t *first;          /* [n_outputs + 1]: of roots, those of each output */
    uint32_t *roots;          /* [n_trees], of one output in the file's order */
    struct trees_node *nodes; /* tree by tree, level by level */
};

/* From the file's bytes, which is not needed any more afterwards. AGON_EINVAL with the place of
 * what is wrong in the file; AGON_ENOMEM. Freed by trees_free. [any] */
int trees_read(const char *text, size_t n, struct trees **trees, struct error *err);
void trees_free(struct trees *trees); /* NULL is fine */
/* No x may be infinite. Takes no memory. [any] */
void trees_margin(const struct trees *trees, const real *x, real *y);
/* And the objective's function of it. The device's memory is this process's. [owner] */
void trees_eval(struct device *device, const struct trees *trees, const real *x, real *y);
/* Where a margin begins, of the file's base_score, which is a probability for TREES_LOGISTIC. */
real trees_base(enum trees_objective objective, double base_score);

#endif
