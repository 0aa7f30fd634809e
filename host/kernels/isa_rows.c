// SPDX-License-Identifier: Apache-2.0
/* isa_rows: kernels with sums of rows or of columns in them, by lanes. */
#include "kernels/isa.h"
#include "kernels/lane.h"

#define REGISTERS (LANES / VEC_REALS)

/* The sixteen lanes of one row, in registers. */
struct lanes {
    vec at[REGISTERS];
};

ISA_INLINE struct lanes all_lanes(real start)
{
    struct lanes lanes;

    ISA_UNROLL
    for (size_t v = 0; v < REGISTERS; v++)
        lanes.at[v] = vec_all(start);
    return lanes;
}

ISA_INLINE void spill(const struct lanes *lanes, real out[LANES])
{
    ISA_UNROLL
    for (size_t v = 0; v < REGISTERS; v++)
        vec_store(out + v * VEC_REALS, lanes->at[v]);
}

ISA_INLINE real folded_sum(const real lanes[LANES])
{
    real sums[LANES / 2];

    for (int l = 0; l < LANES / 2; l++)
        sums[l] = lanes[l] + lanes[l + LANES / 2];
    for (int step = LANES / 4; step > 0; step /= 2)
        for (int l = 0; l < step; l++)
            sums[l] += sums[l + step];
    return sums[0];
}

static real row_sum(const real *a, uint32_t n)
{
    struct lanes lanes = all_lanes(0);
    real out[LANES];
    uint32_t i = 0;

    for (; i + LANES <= n; i += LANES)
        ISA_UNROLL
    for (size_t v = 0; v < REGISTERS; v++)
        lanes.at[v] = vec_add(lanes.at[v], vec_load(a + i + v * VEC_REALS));
    spill(&lanes, out);
    for (uint32_t l = 0; i + l < n; l++)
        out[l] += a[i + l];
    return folded_sum(out);
}

static real row_dot(const real *a, const real *b, uint32_t n)
{
    struct lanes lanes = all_lanes(0);
    real out[LANES];
    uint32_t i = 0;

    for (; i + LANES <= n; i += LANES)
        ISA_UNROLL
    for (size_t v = 0; v < REGISTERS; v++)
        lanes.at[v] =
            vec_fma(vec_load(a + i + v * VEC_REALS), vec_load(b + i + v * VEC_REALS), lanes.at[v]);
    spill(&lanes, out);
    for (uint32_t l = 0; i + l < n; l++)
        out[l] = lane_fma(a[i + l], b[i + l], out[l]);
    return folded_sum(out);
}

static real row_max(const real *a, uint32_t n)
{
    struct lanes lanes = all_lanes(a[0]);
    real out[LANES];
    real most;
    uint32_t i = 0;

    for (; i + LANES <= n; i += LANES)
        ISA_UNROLL
    for (size_t v = 0; v < REGISTERS; v++)
        lanes.at[v] = vec_max(vec_load(a + i + v * VEC_REALS), lanes.at[v]);
    spill(&lanes, out);
    for (uint32_t l = 0; i + l < n; l++)
        out[l] = a[i + l] > out[l] ? a[i + l] : out[l];
    most = out[0];
    for (int l = 1; l < LANES; l++)
        most = out[l] > most ? out[l] : most;
    return most;
}

/* Of squared distances to the mean. */
static real row_squares(const real *a, real mean, uint32_t n)
{
    struct lanes lanes = all_lanes(0);
    vec means = vec_all(mean);
    real out[LANES];
    uint32_t i = 0;

    for (; i + LANES <= n; i += LANES) {
        ISA_UNROLL
        for (size_t v = 0; v < REGISTERS; v++) {
            vec d = vec_sub(vec_load(a + i + v * VEC_REALS), means);

            lanes.at[v] = vec_fma(d, d, lanes.at[v]);
        }
    }
    spill(&lanes, out);
    for (uint32_t l = 0; i + l < n; l++)
        out[l] = lane_fma(a[i + l] - mean, a[i + l] - mean, out[l]);
    return folded_sum(out);
}

void ISA(isa_reduce)(const struct reduce_args *args, uint32_t from, uint32_t to, real *scratch)
{
    (void)scratch;
    for (uint32_t row = from; row < to; row++) {
        const real *a = args->a + (size_t)row * args->n;

        if (args->op == REDUCE_SUM)
            args->y[row] = row_sum(a, args->n);
        else if (args->op == REDUCE_DOT)
            args->y[row] = row_dot(a, args->b + (size_t)row * args->n, args->n);
        else
            args->y[row] = row_max(a, args->n);
    }
}

/* The sixteen lanes of each of some columns that stand side by side. */
struct columns {
    real lanes[LANES][ISA_COLUMNS];
};

static void fold_columns(struct columns *columns)
{
    for (uint32_t step = LANES / 2; step > 0; step /= 2)
        for (uint32_t l = 0; l < step; l++)
            for (uint32_t j = 0; j < ISA_COLUMNS; j++)
                columns->lanes[l][j] += columns->lanes[l + step][j];
}

void ISA(isa_column_sum)(const struct column_sum_args *args, uint32_t from, uint32_t to,
                         real *scratch)
{
    (void)scratch;
    for (uint32_t block = from; block < to; block++) {
        uint32_t first = block * ISA_COLUMNS;
        uint32_t width = args->n - first < ISA_COLUMNS ? args->n - first : ISA_COLUMNS;
        struct columns sums = {0};

        for (uint32_t row = 0; row < args->rows; row++) {
            const real *a = args->a + (size_t)row * args->n + first;

            for (uint32_t j = 0; j < width; j++)
                sums.lanes[row % LANES][j] += a[j];
        }
        fold_columns(&sums);
        for (uint32_t j = 0; j < width; j++)
            args->y[first + j] =
                args->add ? args->y[first + j] + sums.lanes[0][j] : sums.lanes[0][j];
    }
}

void ISA(isa_norm)(const struct norm_args *args, uint32_t from, uint32_t to, real *scratch)
{
    (void)scratch;
    for (uint32_t row = from; row < to; row++) {
        const real *a = args->a + (size_t)row * args->n;
        real *y = args->y + (size_t)row * args->n;
        real mean = row_sum(a, args->n) / (real)args->n;
        real rstd = 1 / lane_sqrt(row_squares(a, mean, args->n) / (real)args->n + args->eps);

        args->mean[row] = mean;
        args->rstd[row] = rstd;
        for (uint32_t i = 0; i < args->n; i++)
            y[i] = lane_norm(a[i], mean, rstd, args->gain[i], args->bias[i]);
    }
}

void ISA(isa_norm_back)(const struct norm_back_args *args, uint32_t from, uint32_t to,
                        real *scratch)
{
    (void)scratch;
    for (uint32_t row = from; row < to; row++) {
        size_t at = (size_t)row * args->n;
        real mean = args->mean[row];
        real rstd = args->rstd[row];
        real sums[LANES] = {0};
        real sums_x[LANES] = {0};
        real mean_g;
        real mean_gx;

        for (uint32_t i = 0; i < args->n; i++) {
            real g = args->dy[at + i] * args->gain[i];

            sums[i % LANES] += g;
            sums_x[i % LANES] = lane_fma(g, (args->a[at + i] - mean) * rstd, sums_x[i % LANES]);
        }
        mean_g = folded_sum(sums) / (real)args->n;
        mean_gx = folded_sum(sums_x) / (real)args->n;
        for (uint32_t i = 0; i < args->n; i++)
            args->da[at + i] =
                lane_norm_back(args->dy[at + i] * args->gain[i], (args->a[at + i] - mean) * rstd,
                               rstd, mean_g, mean_gx);
    }
}

void ISA(isa_norm_params)(const struct norm_params_args *args, uint32_t from, uint32_t to,
                          real *scratch)
{
    (void)scratch;
    for (uint32_t block = from; block < to; block++) {
        uint32_t first = block * ISA_COLUMNS;
        uint32_t width = args->n - first < ISA_COLUMNS ? args->n - first : ISA_COLUMNS;
        struct columns gains = {0};
        struct columns biases = {0};

        for (uint32_t row = 0; row < args->rows; row++) {
            const real *a = args->a + (size_t)row * args->n + first;
            const real *dy = args->dy + (size_t)row * args->n + first;
            real mean = args->mean[row];
            real rstd = args->rstd[row];
            real *gain = gains.lanes[row % LANES];
            real *bias = biases.lanes[row % LANES];

            for (uint32_t j = 0; j < width; j++) {
                gain[j] = lane_fma(dy[j], (a[j] - mean) * rstd, gain[j]);
                bias[j] += dy[j];
            }
        }
        fold_columns(&gains);
        fold_columns(&biases);
        for (uint32_t j = 0; j < width; j++) {
            args->dgain[first + j] += gains.lanes[0][j];
            args->dbias[first + j] += biases.lanes[0][j];
        }
    }
}

void ISA(isa_softmax)(const struct softmax_args *args, uint32_t from, uint32_t to, real *scratch)
{
    (void)scratch;
    for (uint32_t row = from; row < to; row++) {
        const real *a = args->a + (size_t)row * args->n;
        real *y = args->y + (size_t)row * args->n;
        real most = row_max(a, args->n);
        real sum;

        for (uint32_t i = 0; i < args->n; i++)
            y[i] = lane_exp(a[i] - most);
        sum = row_sum(y, args->n);
        for (uint32_t i = 0; i < args->n; i++)
            y[i] = y[i] / sum;
    }
}

void ISA(isa_softmax_back)(const struct softmax_back_args *args, uint32_t from, uint32_t to,
                           real *scratch)
{
    (void)scratch;
    for (uint32_t row = from; row < to; row++) {
        const real *y = args->y + (size_t)row * args->n;
        const real *dy = args->dy + (size_t)row * args->n;
        real *da = args->da + (size_t)row * args->n;
        real dot = row_dot(y, dy, args->n);

        for (uint32_t i = 0; i < args->n; i++)
            da[i] = y[i] * (dy[i] - dot);
    }
}
