// SPDX-License-Identifier: Apache-2.0
/* band_dot on a card, read by kernels.cu alone: a block computes some entries of some positions
 * that follow each other, whose rows of b are nearly the same; they lie in shared memory, a stretch
 * of their width at a time. A thread has one entry, and its sixteen lanes in registers. */
#ifndef KERNELS_CUDA_BAND_H
#define KERNELS_CUDA_BAND_H

#define STRETCH 32u /* of the width */
#define PITCH   (STRETCH + 1)

/* Terms c0 to c0 + STRETCH, where there are so many. */
LANE void band_terms(const real *a, const real *b, uint32_t n, real *lanes)
{
    if (n >= STRETCH) {
#pragma unroll
        for (uint32_t i = 0; i < STRETCH; i++)
            lanes[i % LANES] = lane_fma(a[i], b[i], lanes[i % LANES]);
        return;
    }
#pragma unroll
    for (uint32_t i = 0; i < STRETCH; i++)
        if (i < n)
            lanes[i % LANES] = lane_fma(a[i], b[i], lanes[i % LANES]);
}

LANE real band_fold(real *lanes)
{
#pragma unroll
    for (int step = LANES / 2; step > 0; step /= 2)
#pragma unroll
        for (int l = 0; l < LANES / 2; l++)
            if (l < step)
                lanes[l] += lanes[l + step];
    return lanes[0];
}

KERNEL(band_dot, band_dot)
{
    __shared__ real tile_a[GRID_BAND_T * PITCH];
    __shared__ real tile_b[(GRID_BAND_T + GRID_BAND_W) * PITCH];
    const uint32_t blocks_w = (args.window + GRID_BAND_W - 1) / GRID_BAND_W;
    const uint32_t blocks_t = (args.steps + GRID_BAND_T - 1) / GRID_BAND_T;
    const uint32_t first_w = blockIdx.x % blocks_w * GRID_BAND_W;
    const uint32_t first_t = blockIdx.x / blocks_w % blocks_t * GRID_BAND_T;
    const uint64_t head = (uint64_t)(blockIdx.x / blocks_w / blocks_t) * args.steps;
    const uint32_t line = threadIdx.x / GRID_BAND_W; // of a position, and of a row that it loads
    const uint32_t place = threadIdx.x % GRID_BAND_W;
    const uint32_t t = first_t + line;
    const uint32_t w = first_w + place;
    // The position that the block's first entry looks at, which may lie before the first one.
    const int64_t first_s = (int64_t)first_t + first_w + 1 - args.window;
    real lanes[LANES];

#pragma unroll
    for (int l = 0; l < LANES; l++)
        lanes[l] = 0;
    for (uint32_t c0 = 0; c0 < args.width; c0 += STRETCH) {
        int is_column = c0 + place < args.width;

        if (t < args.steps && is_column)
            tile_a[line * PITCH + place] = args.a[(head + t) * args.width + c0 + place];
        for (uint32_t r = line; r < GRID_BAND_T + GRID_BAND_W; r += GRID_BAND_T) {
            int64_t s = first_s + r;

            if (s >= 0 && s < args.steps && is_column)
                tile_b[r * PITCH + place] = args.b[(head + (uint64_t)s) * args.width + c0 + place];
        }
        __syncthreads();
        band_terms(tile_a + line * PITCH, tile_b + (line + place) * PITCH, args.width - c0, lanes);
        __syncthreads();
    }
    if (t < args.steps && w < args.window)
        args.y[(head + t) * args.window + w] =
            t + 1 + w < args.window ? args.fill : args.scale * band_fold(lanes);
}

#endif
