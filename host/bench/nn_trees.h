// SPDX-License-Identifier: Apache-2.0
/* nn_trees: rows of bench nn: an event through boosted trees, as a plugin's step is, beside a bare
 * walk of the same arrays. [one thread] */
#ifndef BENCH_NN_TREES_H
#define BENCH_NN_TREES_H

#include "bench/bench.h"

int bench_nn_trees(struct bench *bench, struct error *err);

#endif
