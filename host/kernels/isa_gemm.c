// SPDX-License-Identifier: Apache-2.0
/* isa_gemm: a tile of gemm's output. The chain of an output stands in one lane from its first term
 * to its last; where k is cut into blocks, c holds it in between, which rounds nothing. b is copied
 * into panels of one register row's width, unless there are too few rows of a to be worth it. */
#include <string.h>

#include "kernels/isa.h"

#define MR    6                           /* rows of the register tile */
#define NR    (ISA_REGISTERS * VEC_REALS) /* its columns */
#define KC    (512u / ISA_REGISTERS)      /* terms of a block: a panel of b stays in L1 */
#define FEW   12u                         /* rows: fewer read b where it lies */
#define TERMS 4                           /* rows of b at a time when there is one row of a */

/* c[rows][registers] of a block of k: begins with what `start` holds (NULL: 0). */
ISA_INLINE void tile(int rows, int registers, uint32_t k, const real *a, size_t a_row, size_t a_k,
                     const real *b, size_t b_k, real *c, size_t c_row, const real *start,
                     size_t start_row)
{
    vec acc[MR][ISA_REGISTERS];

    ISA_UNROLL
    for (int i = 0; i < rows; i++)
        ISA_UNROLL
    for (int v = 0; v < registers; v++)
        acc[i][v] = start == NULL ? vec_all(0)
                                  : vec_load(start + (size_t)i * start_row + (size_t)v * VEC_REALS);
    for (uint32_t at = 0; at < k; at++) {
        vec row[ISA_REGISTERS];

        ISA_UNROLL
        for (int v = 0; v < registers; v++)
            row[v] = vec_load(b + at * b_k + (size_t)v * VEC_REALS);
        ISA_UNROLL
        for (int i = 0; i < rows; i++) {
            vec factor = vec_all(a[(size_t)i * a_row + at * a_k]);

            ISA_UNROLL
            for (int v = 0; v < registers; v++)
                acc[i][v] = vec_fma(factor, row[v], acc[i][v]);
        }
    }
    ISA_UNROLL
    for (int i = 0; i < rows; i++)
        ISA_UNROLL
    for (int v = 0; v < registers; v++)
        vec_store(c + (size_t)i * c_row + (size_t)v * VEC_REALS, acc[i][v]);
}

#define TILE_CASE(n)                                                                               \
    case n:                                                                                        \
        tile(n, ISA_REGISTERS, k, a, a_row, a_k, b, b_k, c, c_row, start, start_row);              \
        break

static void tile_of(uint32_t rows, uint32_t k, const real *a, size_t a_row, size_t a_k,
                    const real *b, size_t b_k, real *c, size_t c_row, const real *start,
                    size_t start_row)
{
    switch (rows) {
        TILE_CASE(1);
        TILE_CASE(2);
        TILE_CASE(3);
        TILE_CASE(4);
        TILE_CASE(5);
    default:
        tile(MR, ISA_REGISTERS, k, a, a_row, a_k, b, b_k, c, c_row, start, start_row);
    }
}

/* `width` < NR columns: through a tile of full width beside, whose other columns are nobody's. */
static void narrow_tile(uint32_t rows, uint32_t width, uint32_t k, const real *a, size_t a_row,
                        size_t a_k, const real *panel, real *c, size_t c_row, const real *start,
                        size_t start_row)
{
    real beside[MR * NR];

    memset(beside, 0, sizeof(beside));
    for (uint32_t i = 0; start != NULL && i < rows; i++)
        memcpy(beside + i * NR, start + i * start_row, width * sizeof(real));
    tile_of(rows, k, a, a_row, a_k, panel, NR, beside, NR, start == NULL ? NULL : beside, NR);
    for (uint32_t i = 0; i < rows; i++)
        memcpy(c + i * c_row, beside + i * NR, width * sizeof(real));
}

/* Columns [0, width) of k rows of b, as a panel whose missing columns are 0. */
static void pack(const real *b, size_t b_k, size_t b_n, uint32_t k, uint32_t width, real *panel)
{
    if (width < NR)
        memset(panel, 0, (size_t)k * NR * sizeof(real));
    if (b_n == 1) {
        for (uint32_t at = 0; at < k; at++)
            memcpy(panel + at * NR, b + at * b_k, width * sizeof(real));
        return;
    }
    // Sixteen terms of a column at a time: their lines of b are read once, those of the panel stay.
    for (uint32_t at = 0; at < k; at += 16) {
        uint32_t end = k - at < 16 ? k : at + 16;

        for (uint32_t j = 0; j < width; j++)
            for (uint32_t term = at; term < end; term++)
                panel[term * NR + j] = b[term * b_k + j * b_n];
    }
}

/* The stored matrices of one tile of the output, with their strides. */
struct views {
    const real *a, *b, *start;
    real *c;
    size_t a_row, a_k, b_k, b_n, c_row, start_row;
    uint32_t m, n, k;
};

/* `terms` rows of b, each from its first column to its last: memory is read as it lies, and the
 * sums wait in L1 for the next rows. */
ISA_INLINE void row_of_terms(int terms, uint32_t n, const real *a, size_t a_k, const real *b,
                             size_t b_k, real *c, const real *start)
{
    vec factor[TERMS];

    ISA_UNROLL
    for (int t = 0; t < terms; t++)
        factor[t] = vec_all(a[(size_t)t * a_k]);
    for (uint32_t j = 0; j < n; j += (uint32_t)VEC_REALS) {
        vec sum = start == NULL ? vec_all(0) : vec_load(start + j);

        ISA_UNROLL
        for (int t = 0; t < terms; t++)
            sum = vec_fma(factor[t], vec_load(b + (size_t)t * b_k + j), sum);
        vec_store(c + j, sum);
    }
}

/* One row, and b as it lies. How many of its columns are done. */
static uint32_t alone(const struct views *view)
{
    uint32_t n = view->n / (uint32_t)VEC_REALS * (uint32_t)VEC_REALS;
    const real *start = view->start;
    uint32_t k = 0;

    for (; k + TERMS <= view->k; k += TERMS, start = view->c)
        row_of_terms(TERMS, n, view->a + k * view->a_k, view->a_k, view->b + k * view->b_k,
                     view->b_k, view->c, start);
    for (; k == 0 || k < view->k; k++, start = view->c)
        row_of_terms(view->k > 0, n, view->a + k * view->a_k, view->a_k, view->b + k * view->b_k,
                     view->b_k, view->c, start);
    return n;
}

static void block(const struct views *view, uint32_t j, uint32_t width, const real *panel,
                  size_t panel_k)
{
    for (uint32_t i = 0; i < view->m; i += MR) {
        uint32_t rows = view->m - i < MR ? view->m - i : MR;
        const real *a = view->a + i * view->a_row;
        real *c = view->c + i * view->c_row + j;
        const real *start = view->start == NULL ? NULL : view->start + i * view->start_row + j;

        if (width == NR)
            tile_of(rows, view->k, a, view->a_row, view->a_k, panel, panel_k, c, view->c_row, start,
                    view->start_row);
        else
            narrow_tile(rows, width, view->k, a, view->a_row, view->a_k, panel, c, view->c_row,
                        start, view->start_row);
    }
}

static void columns(const struct views *view, real *scratch)
{
    uint32_t j = view->m == 1 && view->b_n == 1 ? alone(view) : 0;

    for (; j < view->n; j += (uint32_t)NR) {
        uint32_t width = view->n - j < NR ? view->n - j : (uint32_t)NR;
        const real *b = view->b + j * view->b_n;

        if (view->m < FEW && view->b_n == 1 && width == NR) {
            block(view, j, width, b, view->b_k);
        } else {
            pack(b, view->b_k, view->b_n, view->k, width, scratch);
            block(view, j, width, scratch, NR);
        }
    }
}

void ISA(isa_gemm)(const struct gemm_args *args, uint32_t from, uint32_t to, real *scratch)
{
    uint32_t tiles_m = (args->m + ISA_TILE_M - 1) / ISA_TILE_M;
    uint32_t tiles_n = (args->n + ISA_TILE_N - 1) / ISA_TILE_N;

    for (uint32_t item = from; item < to; item++) {
        uint32_t together = 1; /* tiles of one row of a lie beside each other */
        size_t which = item / (tiles_m * tiles_n);
        size_t m = item / tiles_n % tiles_m * ISA_TILE_M;
        size_t n = item % tiles_n * ISA_TILE_N;
        struct views view = {.a_row = args->a_turned ? 1 : args->lda,
                             .a_k = args->a_turned ? args->lda : 1,
                             .b_k = args->b_turned ? 1 : args->ldb,
                             .b_n = args->b_turned ? args->ldb : 1,
                             .c_row = args->ldc,
                             .m = args->m - m < ISA_TILE_M ? (uint32_t)(args->m - m) : ISA_TILE_M,
                             .n = args->n - n < ISA_TILE_N ? (uint32_t)(args->n - n) : ISA_TILE_N};
        const real *a = args->a + which * args->a_step + m * view.a_row;
        const real *b = args->b + which * args->b_step + n * view.b_n;

        if (args->m == 1 && !args->b_turned) {
            together = tiles_n - item % tiles_n < to - item ? tiles_n - item % tiles_n : to - item;
            view.n = args->n - n < together * ISA_TILE_N ? (uint32_t)(args->n - n)
                                                         : together * ISA_TILE_N;
        }
        item += together - 1;
        view.c = args->c + which * args->c_step + m * args->ldc + n;
        view.start = args->start == GEMM_ZERO  ? NULL
                     : args->start == GEMM_ADD ? view.c
                                               : args->bias + n;
        view.start_row = args->start == GEMM_ADD ? args->ldc : 0;
        for (uint32_t k = 0; k == 0 || k < args->k; k += KC) {
            view.a = a + k * view.a_k;
            view.b = b + k * view.b_k;
            view.k = args->k - k < KC ? args->k - k : KC;
            columns(&view, scratch);
            view.start = view.c;
            view.start_row = args->ldc;
        }
    }
}
