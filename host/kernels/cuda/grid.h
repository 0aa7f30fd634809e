// SPDX-License-Identifier: Apache-2.0
/* grid: how each kernel is laid out on a card, for the kernels and for who launches them. Read by C
 * and by CUDA. [any] */
#ifndef KERNELS_CUDA_GRID_H
#define KERNELS_CUDA_GRID_H

#include "kernels/args.h"

#define GRID_THREADS     256                    /* of a block, but for the small tiles of gemm */
#define GRID_ROWS        (GRID_THREADS / LANES) /* rows of a block where sixteen threads are a row */
#define GRID_SMALL       32                     /* gemm: rows and columns of a small tile */
#define GRID_SMALL_BLOCK 64                     /* and its threads */
/* A large tile. In double a thread holds half as many sums: its registers are as many. */
#define GRID_LARGE (REAL_BITS == 32 ? 128 : 64)

/* Kernels of the card: those of args.h, and gemm's two sizes of tile. */
#define GRID_KERNELS(X)                                                                            \
    KERNELS(X)                                                                                     \
    X(gemm_small, gemm)

#endif
