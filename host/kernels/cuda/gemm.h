// SPDX-License-Identifier: Apache-2.0
/* gemm on a card, read by kernels.cu alone: a block computes a square tile of the output, a thread
 * `wide` x `wide` of it, whose chains stay in its registers. Tiles of a and b lie in shared memory
 * by k, and the next two are on their way meanwhile. */
#ifndef KERNELS_CUDA_GEMM_H
#define KERNELS_CUDA_GEMM_H

#define DEPTH 16u /* terms of a tile */
#define PART  4u  /* rows and columns of a thread that lie side by side */
#define PAD   4u  /* keeps what is stored across a tile in different banks, and rows aligned */
#define WIDE  8u  /* the most rows and columns of a thread */

/* A matrix of which a tile is read: `across` is the tile's side, k the terms. */
struct gemm_from {
    const real *at;
    uint64_t stride;
    uint32_t across, k;
    uint32_t is_k_apart; /* stored [k][across]; else [across][k] */
};

/* A thread's elements of the tile from `first` and k0 on, beyond the matrix 0. Threads that follow
 * each other read what lies side by side. */
LANE void gemm_fetch(const struct gemm_from *from, uint32_t first, uint32_t k0, uint32_t side,
                     uint32_t threads, real *next)
{
#pragma unroll
    for (uint32_t q = 0; q < side * DEPTH / threads; q++) {
        uint32_t e = threadIdx.x + q * threads;
        uint32_t across = first + (from->is_k_apart ? e % side : e / DEPTH);
        uint32_t k = k0 + (from->is_k_apart ? e / side : e % DEPTH);
        int is_there = across < from->across && k < from->k;
        uint64_t at = from->is_k_apart ? k * from->stride + across : across * from->stride + k;

        next[q] = is_there ? from->at[at] : (real)0;
    }
}

LANE void gemm_keep(const struct gemm_from *from, uint32_t side, uint32_t threads, const real *next,
                    real *tile)
{
#pragma unroll
    for (uint32_t q = 0; q < side * DEPTH / threads; q++) {
        uint32_t e = threadIdx.x + q * threads;

        tile[(from->is_k_apart ? e / side : e % DEPTH) * (side + PAD) +
             (from->is_k_apart ? e % side : e / DEPTH)] = next[q];
    }
}

/* The place in the tile of the i-th row (or column) of thread `at` of its line. */
LANE uint32_t gemm_place(uint32_t i, uint32_t at, uint32_t side, uint32_t wide)
{
    return i / PART * (side / (wide / PART)) + at * PART + i % PART;
}

LANE void gemm_terms(real (*acc)[WIDE], const real *tile_a, const real *tile_b, uint32_t row,
                     uint32_t column, uint32_t side, uint32_t wide)
{
    real a[WIDE];
    real b[WIDE];

#pragma unroll
    for (uint32_t i = 0; i < wide; i++) {
        a[i] = tile_a[gemm_place(i, row, side, wide)];
        b[i] = tile_b[gemm_place(i, column, side, wide)];
    }
#pragma unroll
    for (uint32_t i = 0; i < wide; i++)
#pragma unroll
        for (uint32_t j = 0; j < wide; j++)
            acc[i][j] = lane_fma(a[i], b[j], acc[i][j]);
}

/* tile_a and tile_b: two tiles of DEPTH rows of side + PAD each. */
LANE void gemm_tile(const struct gemm_args *args, real *tile_a, real *tile_b, uint32_t side,
                    uint32_t wide)
{
    const uint32_t line = side / wide;
    const uint32_t threads = line * line;
    const uint32_t whole = DEPTH * (side + PAD);
    const uint32_t first_m = blockIdx.y * side;
    const uint32_t first_n = blockIdx.x * side;
    const uint32_t row = threadIdx.x / line;
    const uint32_t column = threadIdx.x % line;
    const uint32_t k = args->k;
    struct gemm_from from_a = {args->a + (uint64_t)blockIdx.z * args->a_step, args->lda, args->m, k,
                               args->a_turned};
    struct gemm_from from_b = {args->b + (uint64_t)blockIdx.z * args->b_step, args->ldb, args->n, k,
                               !args->b_turned};
    real *c = args->c + (uint64_t)blockIdx.z * args->c_step;
    real acc[WIDE][WIDE];
    real next_a[WIDE];
    real next_b[WIDE];

#pragma unroll
    for (uint32_t i = 0; i < wide; i++) {
#pragma unroll
        for (uint32_t j = 0; j < wide; j++) {
            uint32_t m = first_m + gemm_place(i, row, side, wide);
            uint32_t n = first_n + gemm_place(j, column, side, wide);

            acc[i][j] = 0;
            if (args->start == GEMM_ADD && m < args->m && n < args->n)
                acc[i][j] = c[(uint64_t)m * args->ldc + n];
            if (args->start == GEMM_BIAS && n < args->n)
                acc[i][j] = args->bias[n];
        }
    }
    if (k > 0) {
        gemm_fetch(&from_a, first_m, 0, side, threads, next_a);
        gemm_fetch(&from_b, first_n, 0, side, threads, next_b);
        gemm_keep(&from_a, side, threads, next_a, tile_a);
        gemm_keep(&from_b, side, threads, next_b, tile_b);
    }
    __syncthreads();
    for (uint32_t k0 = 0; k0 < k; k0 += DEPTH) {
        uint32_t now = k0 / DEPTH % 2 * whole;
        int is_last = k - k0 <= DEPTH;

        if (!is_last) {
            gemm_fetch(&from_a, first_m, k0 + DEPTH, side, threads, next_a);
            gemm_fetch(&from_b, first_n, k0 + DEPTH, side, threads, next_b);
        }
        // A missing term is left out: adding a product of zeros would make -0 of a sum +0.
        if (k - k0 >= DEPTH) {
#pragma unroll
            for (uint32_t at = 0; at < DEPTH; at++)
                gemm_terms(acc, tile_a + now + at * (side + PAD), tile_b + now + at * (side + PAD),
                           row, column, side, wide);
        } else {
#pragma unroll 1
            for (uint32_t at = 0; at < k - k0; at++)
                gemm_terms(acc, tile_a + now + at * (side + PAD), tile_b + now + at * (side + PAD),
                           row, column, side, wide);
        }
        if (!is_last) {
            gemm_keep(&from_a, side, threads, next_a, tile_a + (whole - now));
            gemm_keep(&from_b, side, threads, next_b, tile_b + (whole - now));
        }
        __syncthreads();
    }
#pragma unroll
    for (uint32_t i = 0; i < wide; i++) {
#pragma unroll
        for (uint32_t j = 0; j < wide; j++) {
            uint32_t m = first_m + gemm_place(i, row, side, wide);
            uint32_t n = first_n + gemm_place(j, column, side, wide);

            if (m < args->m && n < args->n)
                c[(uint64_t)m * args->ldc + n] = acc[i][j];
        }
    }
}

KERNEL(gemm, gemm)
{
    __shared__ __align__(16) real tile_a[2 * DEPTH * (GRID_LARGE + PAD)];
    __shared__ __align__(16) real tile_b[2 * DEPTH * (GRID_LARGE + PAD)];

    gemm_tile(&args, tile_a, tile_b, GRID_LARGE, REAL_BITS == 32 ? WIDE : PART);
}

KERNEL(gemm_small, gemm)
{
    __shared__ __align__(16) real tile_a[2 * DEPTH * (GRID_SMALL + PAD)];
    __shared__ __align__(16) real tile_b[2 * DEPTH * (GRID_SMALL + PAD)];

    gemm_tile(&args, tile_a, tile_b, GRID_SMALL, PART);
}

#endif
