// SPDX-License-Identifier: Apache-2.0
/* real: the one type that a build of the kernels computes in.
 *
 * Each source of the kernels and of nn is compiled twice, with REAL_BITS 32 and 64, and what it
 * exports carries the type in its name: TYPED(cpu_device_new) is cpu_device_new_f32. Read by C and
 * by CUDA. [any] */
#ifndef KERNELS_REAL_H
#define KERNELS_REAL_H

#include <stdint.h>

#if REAL_BITS == 32
typedef float real;
typedef uint32_t real_bits;
#define TYPED(name) name##_f32
#define REAL_NAME   "float"
#elif REAL_BITS == 64
typedef double real;
typedef uint64_t real_bits;
#define TYPED(name) name##_f64
#define REAL_NAME   "double"
#else
#error "REAL_BITS is 32 or 64"
#endif

#define LANES 16 /* of every sum that is cut into lanes, whatever the machine's registers hold */

#endif
