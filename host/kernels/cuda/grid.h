// SPDX-License-Identifier: Apache-2.0
/* grid: how each kernel is laid out on a card, for the kernels and for who launches them. Read by C
 * and by CUDA. [any] */
#ifndef KERNELS_CUDA_GRID_H
#define KERNELS_CUDA_GRID_H

#include "kernels/args.h"

#define GRID_THREADS 256                    /* of a block, but for gemm's */
#define GRID_ROWS    (GRID_THREADS / LANES) /* of a block where sixteen threads are a row */
#define GRID_COLUMNS (GRID_THREADS / LANES) /* where they are a column */

/* band_dot: positions and entries of a block, a thread each; a stretch of the width is as long. */
#define GRID_BAND_T 8u
#define GRID_BAND_W 32u

/* gemm's tiles: the side of a tile of the output, the rows and columns of one thread, and the terms
 * that are fetched at a time: more where fewer threads hide how long that takes. */
#define GRID_LARGE                    (REAL_BITS == 32 ? 128u : 64u)
#define GRID_LARGE_WIDE               8u
#define GRID_LARGE_DEPTH              8u
#define GRID_SMALL                    32u
#define GRID_SMALL_WIDE               4u
#define GRID_SMALL_DEPTH              32u
#define GRID_TINY                     16u
#define GRID_TINY_WIDE                2u
#define GRID_TINY_DEPTH               64u
#define GRID_GEMM_THREADS(side, wide) (((side) / (wide)) * ((side) / (wide)))

/* Kernels of the card: those of args.h, and gemm's two other sizes. */
#define GRID_KERNELS(X)                                                                            \
    KERNELS(X)                                                                                     \
    X(gemm_small, gemm)                                                                            \
    X(gemm_tiny, gemm)

#endif
