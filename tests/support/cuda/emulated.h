// SPDX-License-Identifier: Apache-2.0
/* emulated: the words of CUDA that kernels.cu uses, for a C compiler. A thread of a block is a
 * fiber and a barrier gives way, so that shared memory and its order are tested too. */
#ifndef SUPPORT_CUDA_EMULATED_H
#define SUPPORT_CUDA_EMULATED_H

#include <stdint.h>

#include "dst/fiber.h"

struct emulated_dim {
    uint32_t x, y, z;
};
extern struct emulated_dim threadIdx, blockIdx, blockDim, gridDim;

#define __shared__    static
#define __align__     _Alignas
#define __syncthreads fiber_yield
#define __syncwarp    fiber_yield

#define KERNEL_OF(name, type, threads, blocks)                                                     \
    static void body_##name(const struct type##_args args);                                        \
    void emulated_##name(const void *args);                                                        \
    void emulated_##name(const void *args)                                                         \
    {                                                                                              \
        body_##name(*(const struct type##_args *)args);                                            \
    }                                                                                              \
    static void body_##name(const struct type##_args args)

#endif
