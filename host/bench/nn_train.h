// SPDX-License-Identifier: Apache-2.0
/* nn_train: a row of bench nn: a training step of the requirements' price model (an LSTM of 5
 * inputs and three layers of 256 with its head, sequences of 100, batches of 64, without dropout),
 * beside libtorch's from the same weights on the same batches, one thread each. Where libtorch is
 * not, the row says so and has the product's time alone. [one thread] */
#ifndef BENCH_NN_TRAIN_H
#define BENCH_NN_TRAIN_H

#include "base/error.h"
#include "bench/bench.h"

int bench_nn_train(struct bench *bench, struct error *err);

#endif
