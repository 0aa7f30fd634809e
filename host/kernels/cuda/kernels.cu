// SPDX-License-Identifier: Apache-2.0
/* The kernels on a card. nvcc makes of this one image for each type (tests/gpu/build.sh, and the
 * build where nvcc is there); tests/support/cuda runs the same text on the processor, a fiber for
 * each thread. It is C but for CUDA's own words, which emulated.h gives C.
 *
 * Three layouts: a thread for each independent lane; sixteen threads for each row or column, which
 * are the sixteen lanes of its sums; and gemm's tiles, whose threads hold chains. So every sum is in the
 * order that args.h names, and the bits are the processor's. */
#if !defined(__CUDACC__)
#include "emulated.h"
#else
#define KERNEL_OF(name, type, threads, blocks)                                                     \
    extern "C" __global__ void __launch_bounds__(threads, blocks)                                  \
        agon_##name(const struct type##_args args)
#endif

#include "kernels/cuda/grid.h"
#include "kernels/lane.h"

#define KERNEL(name, type) KERNEL_OF(name, type, GRID_THREADS, 2)

/* The thread's index in the grid, and how many there are. */
#define FIRST ((uint64_t)blockIdx.x * blockDim.x + threadIdx.x)
#define STEP  ((uint64_t)gridDim.x * blockDim.x)

KERNEL(map, map)
{
    const real *a = args.a;
    const real *b = args.b;
    const real *c = args.c;
    real *y = args.y;
    real scale = args.scale;

#define MAP(op, expression)                                                                        \
    case op:                                                                                       \
        for (uint64_t i = FIRST; i < args.n; i += STEP)                                            \
            y[i] = (expression);                                                                   \
        break;
    switch (args.op) {
        LANE_MAPS(MAP)
    default:
        break;
    }
#undef MAP
}

KERNEL(adam, adam)
{
    for (uint64_t i = FIRST; i < args.n; i += STEP)
        lane_adam(&args, (uint32_t)i);
}

KERNEL(dropout, dropout)
{
    for (uint64_t quad = FIRST; quad < ((uint64_t)args.n + 3) / 4; quad += STEP)
        lane_dropout(&args, (uint32_t)quad);
}

KERNEL(rolling, rolling)
{
    for (uint64_t at = FIRST; at < (uint64_t)args.rows * args.n; at += STEP) {
        uint32_t t = (uint32_t)(at % args.n);
        const real *a = args.a + at + 1 - args.window; // not read where there is no whole window
        real acc = 0;

        if (t + 1 < args.window) {
            args.y[at] = lane_nan();
            continue;
        }
        if (args.op == ROLLING_MIN || args.op == ROLLING_MAX) {
            acc = a[0];
            for (uint32_t w = 0; w < args.window; w++) {
                if (args.op == ROLLING_MIN)
                    acc = a[w] < acc ? a[w] : acc;
                else
                    acc = a[w] > acc ? a[w] : acc;
            }
        } else {
            for (uint32_t w = 0; w < args.window; w++)
                acc += a[w];
            acc /= (real)args.window;
        }
        if (args.op == ROLLING_STD) {
            real mean = acc;

            acc = 0;
            for (uint32_t w = 0; w < args.window; w++)
                acc = lane_fma(a[w] - mean, a[w] - mean, acc);
            acc = lane_sqrt(acc / (real)(args.window - 1));
        }
        args.y[at] = acc;
    }
}

KERNEL(scenarios, scenarios)
{
    for (uint64_t i = FIRST; i < args.n; i += STEP)
        lane_scenarios(&args, (uint32_t)i, 1);
}

KERNEL(sweeps, sweeps)
{
    for (uint64_t i = FIRST; i < args.n; i += STEP)
        lane_sweeps(&args, (uint32_t)i, 1);
}

KERNEL(lstm_gates, lstm_gates)
{
    for (uint64_t at = FIRST; at < (uint64_t)args.rows * args.hidden; at += STEP)
        lane_lstm_gates(&args, (uint32_t)(at / args.hidden), (uint32_t)(at % args.hidden));
}

KERNEL(lstm_gates_back, lstm_gates_back)
{
    for (uint64_t at = FIRST; at < (uint64_t)args.rows * args.hidden; at += STEP)
        lane_lstm_gates_back(&args, (uint32_t)(at / args.hidden), (uint32_t)(at % args.hidden));
}

KERNEL(embed, embed)
{
    for (uint64_t at = FIRST; at < (uint64_t)args.n * args.width; at += STEP)
        args.y[at] = args.table[(uint64_t)args.ids[at / args.width] * args.width + at % args.width];
}

KERNEL(embed_back, embed_back)
{
    for (uint64_t j = FIRST; j < args.width; j += STEP)
        for (uint32_t i = 0; i < args.n; i++)
            args.dtable[(uint64_t)args.ids[i] * args.width + j] +=
                args.dy[(uint64_t)i * args.width + j];
}

KERNEL(band_apply, band_apply)
{
    uint64_t items = (uint64_t)args.batch * args.steps * args.width;

    for (uint64_t at = FIRST; at < items; at += STEP) {
        uint64_t item = at / args.width;
        uint32_t t = (uint32_t)(item % args.steps);
        uint32_t missing = t + 1 < args.window ? args.window - t - 1 : 0;
        const real *p = args.p + item * args.window;
        const real *a = args.a + (item + 1 + missing - args.window) * args.width + at % args.width;
        real acc = 0;

        for (uint32_t w = missing; w < args.window; w++)
            acc = lane_fma(p[w], a[(uint64_t)(w - missing) * args.width], acc);
        args.y[at] = args.scale * acc;
    }
}

KERNEL(band_gather, band_apply)
{
    uint64_t items = (uint64_t)args.batch * args.steps * args.width;

    for (uint64_t at = FIRST; at < items; at += STEP) {
        uint64_t item = at / args.width;
        uint32_t left = args.steps - (uint32_t)(item % args.steps);
        const real *p = args.p + item * args.window + args.window - 1;
        const real *a = args.a + at;
        real acc = 0;

        left = left < args.window ? left : args.window;
        for (uint32_t i = 0; i < left; i++)
            acc = lane_fma(p[(uint64_t)i * (args.window - 1)], a[(uint64_t)i * args.width], acc);
        args.y[at] = args.scale * acc;
    }
}

/* The row that sixteen threads of one warp are the lanes of; all threads go the same way, also where
 * there is no row left, since they wait for each other. */
#define ROW  ((uint64_t)blockIdx.x * GRID_ROWS + threadIdx.x / LANES)
#define ME   (threadIdx.x % LANES)
#define BASE (threadIdx.x / LANES * LANES)

/* Every thread's value into `all`, folded by the tree; each of the sixteen gets the sum. */
LANE real folded_sum(real mine, real *all)
{
    real sum;

    all[threadIdx.x] = mine;
    __syncwarp();
    for (uint32_t step = LANES / 2; step > 0; step /= 2) {
        if (ME < step)
            all[threadIdx.x] += all[threadIdx.x + step];
        __syncwarp();
    }
    sum = all[BASE];
    __syncwarp();
    return sum;
}

LANE real folded_max(real mine, real *all)
{
    real most;

    all[threadIdx.x] = mine;
    __syncwarp();
    most = all[BASE];
    for (uint32_t l = 1; l < LANES; l++)
        most = all[BASE + l] > most ? all[BASE + l] : most;
    __syncwarp();
    return most;
}

LANE real lane_max(const real *a, uint32_t n)
{
    real most = a[0];

    for (uint32_t i = ME; i < n; i += LANES)
        most = a[i] > most ? a[i] : most;
    return most;
}

KERNEL(reduce, reduce)
{
    __shared__ real all[GRID_THREADS];
    uint64_t row = ROW;
    uint32_t n = row < args.rows ? args.n : 0;
    const real *a = args.a + row * args.n;
    const real *b = args.b + row * args.n;
    real acc = 0;

    if (args.op == REDUCE_MAX) {
        acc = folded_max(n > 0 ? lane_max(a, n) : 0, all);
    } else {
        if (args.op == REDUCE_SUM)
            for (uint32_t i = ME; i < n; i += LANES)
                acc += a[i];
        else
            for (uint32_t i = ME; i < n; i += LANES)
                acc = lane_fma(a[i], b[i], acc);
        acc = folded_sum(acc, all);
    }
    if (row < args.rows && ME == 0)
        args.y[row] = acc;
}

KERNEL(norm, norm)
{
    __shared__ real all[GRID_THREADS];
    uint64_t row = ROW;
    uint32_t n = row < args.rows ? args.n : 0;
    const real *a = args.a + row * args.n;
    real acc = 0;
    real mean;
    real rstd;

    for (uint32_t i = ME; i < n; i += LANES)
        acc += a[i];
    mean = folded_sum(acc, all) / (real)args.n;
    acc = 0;
    for (uint32_t i = ME; i < n; i += LANES)
        acc = lane_fma(a[i] - mean, a[i] - mean, acc);
    rstd = 1 / lane_sqrt(folded_sum(acc, all) / (real)args.n + args.eps);
    if (row < args.rows && ME == 0) {
        args.mean[row] = mean;
        args.rstd[row] = rstd;
    }
    for (uint32_t i = ME; i < n; i += LANES)
        args.y[row * args.n + i] = lane_norm(a[i], mean, rstd, args.gain[i], args.bias[i]);
}

KERNEL(norm_back, norm_back)
{
    __shared__ real all[GRID_THREADS];
    uint64_t row = ROW;
    uint32_t n = row < args.rows ? args.n : 0;
    const real *a = args.a + row * args.n;
    const real *dy = args.dy + row * args.n;
    real mean = n > 0 ? args.mean[row] : 0;
    real rstd = n > 0 ? args.rstd[row] : 0;
    real sum = 0;
    real sum_x = 0;

    for (uint32_t i = ME; i < n; i += LANES) {
        real g = dy[i] * args.gain[i];

        sum += g;
        sum_x = lane_fma(g, (a[i] - mean) * rstd, sum_x);
    }
    sum = folded_sum(sum, all) / (real)args.n;
    sum_x = folded_sum(sum_x, all) / (real)args.n;
    for (uint32_t i = ME; i < n; i += LANES)
        args.da[row * args.n + i] =
            lane_norm_back(dy[i] * args.gain[i], (a[i] - mean) * rstd, rstd, sum, sum_x);
}

KERNEL(softmax, softmax)
{
    __shared__ real all[GRID_THREADS];
    uint64_t row = ROW;
    uint32_t n = row < args.rows ? args.n : 0;
    const real *a = args.a + row * args.n;
    real *y = args.y + row * args.n;
    real most = folded_max(n > 0 ? lane_max(a, n) : 0, all);
    real sum = 0;

    for (uint32_t i = ME; i < n; i += LANES) {
        real e = lane_exp(a[i] - most);

        y[i] = e;
        sum += e;
    }
    sum = folded_sum(sum, all);
    for (uint32_t i = ME; i < n; i += LANES)
        y[i] = y[i] / sum;
}

KERNEL(softmax_back, softmax_back)
{
    __shared__ real all[GRID_THREADS];
    uint64_t row = ROW;
    uint32_t n = row < args.rows ? args.n : 0;
    const real *y = args.y + row * args.n;
    const real *dy = args.dy + row * args.n;
    real dot = 0;

    for (uint32_t i = ME; i < n; i += LANES)
        dot = lane_fma(y[i], dy[i], dot);
    dot = folded_sum(dot, all);
    for (uint32_t i = ME; i < n; i += LANES)
        args.da[row * args.n + i] = y[i] * (dy[i] - dot);
}

/* Sums of columns: sixteen columns of a block, whose sixteen lanes take every sixteenth row. */
#define COLUMN ((uint64_t)blockIdx.x * GRID_COLUMNS + threadIdx.x % GRID_COLUMNS)
#define LINE   (threadIdx.x / GRID_COLUMNS)

/* Every thread's value into `all`, folded by the tree down to line 0, which gets the sums. */
LANE real folded_column(real mine, real *all)
{
    all[threadIdx.x] = mine;
    __syncthreads();
    for (uint32_t step = LANES / 2; step > 0; step /= 2) {
        if (LINE < step)
            all[threadIdx.x] += all[threadIdx.x + step * GRID_COLUMNS];
        __syncthreads();
    }
    return all[threadIdx.x];
}

KERNEL(column_sum, column_sum)
{
    __shared__ real all[GRID_THREADS];
    uint64_t j = COLUMN;
    uint32_t rows = j < args.n ? args.rows : 0;
    real sum = 0;

#pragma unroll 8
    for (uint32_t row = LINE; row < rows; row += LANES)
        sum += args.a[(uint64_t)row * args.n + j];
    sum = folded_column(sum, all);
    if (LINE == 0 && j < args.n)
        args.y[j] = args.add ? args.y[j] + sum : sum;
}

KERNEL(norm_params, norm_params)
{
    __shared__ real gains[GRID_THREADS];
    __shared__ real biases[GRID_THREADS];
    uint64_t j = COLUMN;
    uint32_t rows = j < args.n ? args.rows : 0;
    real gain = 0;
    real bias = 0;

#pragma unroll 4
    for (uint32_t row = LINE; row < rows; row += LANES) {
        uint64_t at = (uint64_t)row * args.n + j;
        real dy = args.dy[at];

        gain = lane_fma(dy, (args.a[at] - args.mean[row]) * args.rstd[row], gain);
        bias += dy;
    }
    gain = folded_column(gain, gains);
    bias = folded_column(bias, biases);
    if (LINE == 0 && j < args.n) {
        args.dgain[j] += gain;
        args.dbias[j] += bias;
    }
}

#include "band.h"
#include "gemm.h"
