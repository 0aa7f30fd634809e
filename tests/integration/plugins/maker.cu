// SPDX-License-Identifier: Apache-2.0
/* Kernels of maker.c: one that is right, and what goes wrong. */
#include <stdint.h>

struct scale {
    const uint32_t *a;
    uint32_t *y;
    uint32_t n, factor;
};
extern "C" __global__ void own_scale(struct scale s)
{
    for (uint32_t i = blockIdx.x * blockDim.x + threadIdx.x; i < s.n; i += gridDim.x * blockDim.x)
        s.y[i] = s.a[i] * s.factor;
}

struct at {
    volatile uint32_t *y;
};
extern "C" __global__ void own_beyond(struct at s)
{
    s.y[(uint64_t)1 << 45] = 1;
}

extern "C" __global__ void own_endless(struct at s)
{
    while (*s.y != 77)
        ;
}

__device__ volatile uint32_t *kept;
extern "C" __global__ void own_freed(struct at s)
{
    *s.y = kept != 0 ? *kept : 5;
    kept = s.y;
}
