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

/* What lies behind an address of before, of a lease that was given back or of this process, where
 * half of that address lay; where there was none, 5. Behind it the address for the next time. */
struct freed {
    volatile uint32_t *y;
    const volatile uint32_t *at;
};
__device__ const volatile uint32_t *kept;
extern "C" __global__ void own_freed(struct freed s)
{
    const volatile uint32_t *at = s.at != 0 ? s.at : kept;

    *s.y = at != 0 ? at[1] : 5;
    s.y[1] = (uint32_t)(uint64_t)s.y;
    s.y[2] = (uint32_t)((uint64_t)s.y >> 32);
    kept = s.y;
}
