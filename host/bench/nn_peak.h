// SPDX-License-Identifier: Apache-2.0
/* nn_peak: what the core and its memory can do at most, for bench nn: fused multiply-adds of floats
 * with nothing else in the way, and reading. [any] */
#ifndef BENCH_NN_PEAK_H
#define BENCH_NN_PEAK_H

#include <stddef.h>

#include "kernels/cpu.h"

/* At least n multiply-adds, in registers alone, of the kind that `isa` has. */
float nn_peak_fma(enum cpu_isa isa, uint64_t n);
/* Loads n floats, in the widest registers that `isa` has. */
void nn_peak_read(enum cpu_isa isa, const float *at, size_t n);

#endif
