// SPDX-License-Identifier: Apache-2.0
/* nn_trees: rows of bench nn: an event through boosted trees, as a plugin's step is, beside a bare
 * walk of the same arrays. [one thread] */
#ifndef BENCH_NN_TREES_H
#define BENCH_NN_TREES_H

#include "bench/bench.h"

#define BENCH_TREES_FEATURES 32u /* called f0, f1, ... */

int bench_nn_trees(struct bench *bench, struct error *err);
/* A file of random trees: thresholds and leaves from -1 to 1. Owned by the caller; NULL: no memory.
 */
char *bench_trees_file(uint32_t n_trees, uint32_t depth, size_t *n);

#endif
