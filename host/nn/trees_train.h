// SPDX-License-Identifier: Apache-2.0
/* trees_train: boosted trees and forests from rows of features, written as XGBoost writes them.
 *
 * Histograms of quantiles, level by level, second order: gain and leaf by XGBoost's formulas, and
 * parameters by its names. The same data and parameters give the same file on every processor and
 * for any number of threads: each sum is one thread's, over the rows in their order, in double;
 * what is drawn is Philox4x32-10 of (seed, what, tree, node, index); margins are those that
 * nn/trees.h computes of the file. In float alone, as the format is. */
#ifndef NN_TREES_TRAIN_H
#define NN_TREES_TRAIN_H

#include <stdio.h>

#include "nn/trees.h"

#define TREES_DEPTH    16u
#define TREES_BINS     4096u
#define TREES_ROWS     (1u << 27)
#define TREES_ROWS_MIN 20u

struct trees_data {
    const float *x; /* [n_rows][n_features]; NaN: missing */
    const float *y; /* [n_rows]; for TREES_LOGISTIC 0 or 1 */
    uint32_t n_rows, n_features;
};

struct trees_params {
    enum trees_objective objective; /* TREES_SQUARED or TREES_LOGISTIC */
    uint32_t rounds;
    uint32_t parallel; /* trees of a round; each leaf counts eta / parallel of its own */
    uint32_t max_depth, bins;
    double eta, lambda, gamma, min_child_weight;
    double subsample;                      /* share of the rows that a tree sees */
    double colsample_tree, colsample_node; /* of the features; the second of the first */
    double base_score;                     /* a probability for TREES_LOGISTIC */
    uint64_t seed;
    uint32_t n_threads; /* the caller's included */
    uint32_t patience;  /* ends after so many rounds without a better loss of `valid`, and keeps the
                           rounds up to the best; 0: never */
};
/* XGBoost's own values, and 256 bins; 100 rounds. */
struct trees_params trees_params_boosted(enum trees_objective objective);
/* A random forest: one round of n trees of depth 8, each of 0.632 of the rows, with 0.5 of the
 * features at each node. */
struct trees_params trees_params_forest(enum trees_objective objective, uint32_t n_trees);

struct trees_round {
    uint32_t round; /* that ended, from 1 */
    double loss;    /* mean of squared errors, or log-loss; of the training rows */
    double valid;   /* of the others; NaN: there are none */
};
/* Returns other than 0: train no further. */
typedef int (*trees_round_fn)(void *ctx, const struct trees_round *round);

struct trees_grown; /* what was trained */
/* on_round may be NULL, and valid too. AGON_EINVAL: parameters or data that nothing can be learnt
 * of, with what is wrong; AGON_ENOMEM. Freed by trees_grown_free. [any] */
int trees_train(const struct trees_params *params, const struct trees_data *train,
                const struct trees_data *valid, trees_round_fn on_round, void *ctx,
                struct trees_grown **grown, struct error *err);
void trees_grown_free(struct trees_grown *grown); /* NULL is fine */
uint32_t trees_grown_rounds(const struct trees_grown *grown);
/* names: of the features; NULL: none. strong: as in served.h. AGON_EIO; AGON_EINVAL: a name is not
 * UTF-8. [any] */
int trees_write(FILE *file, const struct trees_grown *grown, const char *const *names,
                uint32_t edition, const char *strong, struct error *err);
/* Mean loss of a model's margins. [any] */
double trees_loss(enum trees_objective objective, const float *margins, const float *y, uint32_t n);

#endif
