// SPDX-License-Identifier: Apache-2.0
/* gemm on a card, read by kernels.cu alone: a block computes a square tile of the output, a thread
 * `wide` x `wide` of it, whose chains stay in its registers. Tiles of a and b lie in shared memory
 * by k; the next two are on their way meanwhile. Three sizes of tile (grid.h): what has few outputs
 * and many terms needs all its threads, since a chain is not cut. */
#ifndef KERNELS_CUDA_GEMM_H
#define KERNELS_CUDA_GEMM_H

#define PART 4u  /* rows and columns of a thread that lie side by side, at most */
#define PAD  4u  /* keeps what is stored across a tile in different banks, and rows aligned */
#define WIDE 8u  /* the most rows and columns of a thread */
#define MOST 16u /* the most elements of a tile that a thread fetches */

/* A size of tile: its side, its terms, and the rows and columns of a thread. */
struct gemm_size {
    uint32_t side, depth, wide, threads;
};

/* What one thread fetches of a tile: elements `step` apart, that land `into_step` apart. Threads
 * that follow each other fetch what lies side by side, be that along k or across. */
struct gemm_from {
    const real *at;
    uint64_t step, advance; /* to its next element, and to the next tile */
    uint32_t across, k;     /* of its first element, in the matrix and in the tile */
    uint32_t across_step, k_step;
    uint32_t most_across;
    uint32_t into, into_step;
};

LANE struct gemm_from gemm_from(const real *matrix, uint64_t stride, int is_k_apart,
                                uint32_t first_across, uint32_t most_across, struct gemm_size size)
{
    uint32_t each = is_k_apart ? size.side : size.depth; // threads along what lies side by side
    uint32_t along = threadIdx.x % each;
    uint32_t over = threadIdx.x / each;
    uint32_t across = is_k_apart ? along : over;
    struct gemm_from from;

    from.k = is_k_apart ? over : along;
    from.across = first_across + across;
    from.k_step = is_k_apart ? size.threads / each : 0;
    from.across_step = is_k_apart ? 0 : size.threads / each;
    from.most_across = most_across;
    from.at = matrix + (is_k_apart ? from.k * stride + from.across : from.across * stride + from.k);
    from.step = size.threads / each * stride;
    from.advance = is_k_apart ? size.depth * stride : size.depth;
    from.into = from.k * (size.side + PAD) + across;
    from.into_step = from.k_step * (size.side + PAD) + from.across_step;
    return from;
}

/* The next tile, of which k_left terms are there; beyond the matrix 0. */
LANE void gemm_fetch(struct gemm_from *from, uint32_t k_left, struct gemm_size size, real *next)
{
#pragma unroll
    for (uint32_t q = 0; q < size.side * size.depth / size.threads; q++) {
        int is_there = from->across + q * from->across_step < from->most_across &&
                       from->k + q * from->k_step < k_left;

        next[q] = is_there ? from->at[q * from->step] : (real)0;
    }
    from->at += from->advance;
}

LANE void gemm_keep(const struct gemm_from *from, struct gemm_size size, const real *next,
                    real *tile)
{
#pragma unroll
    for (uint32_t q = 0; q < size.side * size.depth / size.threads; q++)
        tile[from->into + q * from->into_step] = next[q];
}

/* The place in the tile of the i-th row (or column) of thread `at` of its line. */
LANE uint32_t gemm_place(uint32_t i, uint32_t at, struct gemm_size size)
{
    uint32_t part = size.wide < PART ? size.wide : PART;

    return i / part * (size.side / (size.wide / part)) + at * part + i % part;
}

/* One term of each of a thread's chains. */
LANE void gemm_term(real (*acc)[WIDE], const real *row_a, const real *row_b, uint32_t row,
                    uint32_t column, struct gemm_size size)
{
    real a[WIDE];
    real b[WIDE];

#pragma unroll
    for (uint32_t i = 0; i < size.wide; i++) {
        a[i] = row_a[gemm_place(i, row, size)];
        b[i] = row_b[gemm_place(i, column, size)];
    }
#pragma unroll
    for (uint32_t i = 0; i < size.wide; i++)
#pragma unroll
        for (uint32_t j = 0; j < size.wide; j++)
            acc[i][j] = lane_fma(a[i], b[j], acc[i][j]);
}

LANE void gemm_begin(const struct gemm_args *args, const real *c, uint32_t m, uint32_t n, real *acc)
{
    *acc = 0;
    if (args->start == GEMM_ADD && m < args->m && n < args->n)
        *acc = c[(uint64_t)m * args->ldc + n];
    if (args->start == GEMM_BIAS && n < args->n)
        *acc = args->bias[n];
}

/* tile_a and tile_b: two tiles each. */
LANE void gemm_tile(const struct gemm_args *args, real *tile_a, real *tile_b, struct gemm_size size)
{
    const uint32_t pitch = size.side + PAD;
    const uint32_t line = size.side / size.wide;
    const uint32_t first_m = blockIdx.y * size.side;
    const uint32_t first_n = blockIdx.x * size.side;
    const uint32_t row = threadIdx.x / line;
    const uint32_t column = threadIdx.x % line;
    struct gemm_from from_a = gemm_from(args->a + (uint64_t)blockIdx.z * args->a_step, args->lda,
                                        args->a_turned != 0, first_m, args->m, size);
    struct gemm_from from_b = gemm_from(args->b + (uint64_t)blockIdx.z * args->b_step, args->ldb,
                                        args->b_turned == 0, first_n, args->n, size);
    real *c = args->c + (uint64_t)blockIdx.z * args->c_step;
    uint32_t k_left = args->k;
    uint32_t now = 0; // where this tile lies; the next one lies in the other half
    real acc[WIDE][WIDE];
    real next_a[MOST];
    real next_b[MOST];

#pragma unroll
    for (uint32_t i = 0; i < size.wide; i++)
#pragma unroll
        for (uint32_t j = 0; j < size.wide; j++)
            gemm_begin(args, c, first_m + gemm_place(i, row, size),
                       first_n + gemm_place(j, column, size), &acc[i][j]);
    gemm_fetch(&from_a, k_left, size, next_a);
    gemm_fetch(&from_b, k_left, size, next_b);
    gemm_keep(&from_a, size, next_a, tile_a);
    gemm_keep(&from_b, size, next_b, tile_b);
    __syncthreads();
    while (k_left > size.depth) {
        gemm_fetch(&from_a, k_left - size.depth, size, next_a);
        gemm_fetch(&from_b, k_left - size.depth, size, next_b);
#pragma unroll 4
        for (uint32_t k = 0; k < size.depth; k++)
            gemm_term(acc, tile_a + now + k * pitch, tile_b + now + k * pitch, row, column, size);
        now = size.depth * pitch - now;
        gemm_keep(&from_a, size, next_a, tile_a + now);
        gemm_keep(&from_b, size, next_b, tile_b + now);
        k_left -= size.depth;
        __syncthreads();
    }
    // A term that is not there is left out: adding a product of zeros would make -0 of a sum +0.
#pragma unroll 1
    for (uint32_t k = 0; k < k_left; k++)
        gemm_term(acc, tile_a + now + k * pitch, tile_b + now + k * pitch, row, column, size);
#pragma unroll
    for (uint32_t i = 0; i < size.wide; i++) {
#pragma unroll
        for (uint32_t j = 0; j < size.wide; j++) {
            uint32_t m = first_m + gemm_place(i, row, size);
            uint32_t n = first_n + gemm_place(j, column, size);

            if (m < args->m && n < args->n)
                c[(uint64_t)m * args->ldc + n] = acc[i][j];
        }
    }
}

#define GEMM(name, SIDE, DEPTH, WIDE_, BLOCKS)                                                     \
    KERNEL_OF(name, gemm, GRID_GEMM_THREADS(SIDE, WIDE_), BLOCKS)                                  \
    {                                                                                              \
        __shared__ __align__(16) real tile_a[2 * (DEPTH) * ((SIDE) + PAD)];                        \
        __shared__ __align__(16) real tile_b[2 * (DEPTH) * ((SIDE) + PAD)];                        \
        const struct gemm_size size = {SIDE, DEPTH, WIDE_, GRID_GEMM_THREADS(SIDE, WIDE_)};        \
                                                                                                   \
        gemm_tile(&args, tile_a, tile_b, size);                                                    \
    }

GEMM(gemm, GRID_LARGE, GRID_LARGE_DEPTH, GRID_LARGE_WIDE, 2)
GEMM(gemm_small, GRID_SMALL, GRID_SMALL_DEPTH, GRID_SMALL_WIDE, 2)
GEMM(gemm_tiny, GRID_TINY, GRID_TINY_DEPTH, GRID_TINY_WIDE, 2)

#endif
