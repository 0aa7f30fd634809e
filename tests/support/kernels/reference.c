// SPDX-License-Identifier: Apache-2.0
#include "reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/lane.h"

static real chain(real a, real b, real sum)
{
    return REAL_BITS == 32 ? (real)fmaf((float)a, (float)b, (float)sum) : (real)fma(a, b, sum);
}

/* The sum by lanes of n terms, term i being a[i * step] * b[i * step]; b NULL: the first alone. */
static real by_lanes_apart(const real *a, const real *b, uint32_t n, uint32_t step)
{
    real lanes[16] = {0};

    for (uint32_t i = 0; i < n; i++)
        lanes[i % 16] = b == NULL ? lanes[i % 16] + a[(size_t)i * step]
                                  : chain(a[(size_t)i * step], b[(size_t)i * step], lanes[i % 16]);
    for (int l = 0; l < 8; l++)
        lanes[l] += lanes[l + 8];
    for (int l = 0; l < 4; l++)
        lanes[l] += lanes[l + 4];
    for (int l = 0; l < 2; l++)
        lanes[l] += lanes[l + 2];
    return lanes[0] + lanes[1];
}

static real by_lanes(const real *a, const real *b, uint32_t n)
{
    return by_lanes_apart(a, b, n, 1);
}

static void map(const struct map_args *args)
{
    for (uint32_t i = 0; i < args->n; i++) {
        real a = args->a[i];
        real b = args->b != NULL ? args->b[i] : 0;

        switch ((enum map_op)args->op) {
        case MAP_ADD:
            args->y[i] = a + b;
            break;
        case MAP_SUB:
            args->y[i] = a - b;
            break;
        case MAP_MUL:
            args->y[i] = a * b;
            break;
        case MAP_FMA:
            args->y[i] = chain(a, b, args->c[i]);
            break;
        case MAP_SCALE:
            args->y[i] = args->scale * a;
            break;
        case MAP_EXP:
            args->y[i] = lane_exp(a);
            break;
        case MAP_TANH:
            args->y[i] = lane_tanh(a);
            break;
        case MAP_SIGMOID:
            args->y[i] = 1 / (1 + lane_exp(-a));
            break;
        case MAP_RELU:
            args->y[i] = a > 0 ? a : 0;
            break;
        case MAP_GELU:
            args->y[i] = lane_gelu(a);
            break;
        case MAP_TANH_BACK:
            args->y[i] = chain(-a, a, 1) * b;
            break;
        case MAP_SIGMOID_BACK:
            args->y[i] = a * (1 - a) * b;
            break;
        case MAP_RELU_BACK:
            args->y[i] = a > 0 ? b : 0;
            break;
        case MAP_GELU_BACK:
            args->y[i] = lane_gelu_back(a, b);
            break;
        case MAP_OPS:
            break;
        }
    }
}

static void rolling_at(const struct rolling_args *args, const real *last, real *y)
{
    const real *first = last - (args->window - 1);
    real sum = 0;
    real least = first[0];
    real most = first[0];
    real squares = 0;

    for (const real *at = first; at <= last; at++) {
        sum += *at;
        least = *at < least ? *at : least;
        most = *at > most ? *at : most;
    }
    for (const real *at = first; at <= last; at++)
        squares = chain(*at - sum / (real)args->window, *at - sum / (real)args->window, squares);
    if (args->op == ROLLING_MEAN)
        *y = sum / (real)args->window;
    else if (args->op == ROLLING_STD)
        *y = lane_sqrt(squares / (real)(args->window - 1));
    else
        *y = args->op == ROLLING_MIN ? least : most;
}

static void rolling(const struct rolling_args *args)
{
    for (uint32_t row = 0; row < args->rows; row++)
        for (uint32_t t = 0; t < args->n; t++) {
            size_t at = (size_t)row * args->n + t;

            if (t + 1 < args->window)
                args->y[at] = (real)NAN;
            else
                rolling_at(args, args->a + at, args->y + at);
        }
}

/* Number k of a path's step. */
static real normal_of(const struct scenarios_args *args, uint32_t path, uint32_t step, uint32_t k)
{
    struct lane_philox draw = lane_philox(path, step + 65536 * (k / 4), (uint32_t)args->stream,
                                          (uint32_t)(args->stream >> 32), (uint32_t)args->seed,
                                          (uint32_t)(args->seed >> 32));
    const uint32_t *words = draw.word + k % 4 / 2 * 2;
    real u = ((real)(int32_t)(words[0] / 2) + (real)0.5) / 2147483648;
    struct lane_turn turn = lane_turn(words[1]);

    return lane_sqrt(-2 * lane_log(u)) * (k % 2 == 0 ? turn.cosine : turn.sine);
}

static void scenario(const struct scenarios_args *args, uint32_t path)
{
    real x[64] = {0};
    real low = 0;
    real high = 0;
    real fall = 0;
    real pnl = 0;

    for (uint32_t step = 0; step < args->steps; step++) {
        pnl = 0;
        for (uint32_t j = 0; j < args->m; j++) {
            real move = args->drift[j];

            for (uint32_t k = 0; k <= j; k++)
                move = chain(args->factor[j * args->m + k], normal_of(args, path, step, k), move);
            x[j] += move;
            pnl = chain(args->value[j], lane_exp(x[j]) - 1, pnl);
        }
        if (pnl < low)
            low = pnl;
        if (pnl > high)
            high = pnl;
        if (high - pnl > fall)
            fall = high - pnl;
    }
    args->y[path] = pnl;
    args->y[args->n + path] = low;
    args->y[2 * args->n + path] = fall;
}

static void sweep(const struct sweeps_args *args, uint32_t set)
{
    const real *first = args->a + (size_t)args->pairs[2 * set] * args->steps;
    const real *second = args->a + (size_t)args->pairs[2 * set + 1] * args->steps;
    enum { WAITS, FLAT, LONG } is = WAITS, was = WAITS;
    real money = 1;
    real units = 0;
    real most = 1;
    real fall = 0;
    real now = 1;
    uint32_t n_trades = 0;

    for (uint32_t t = 0; t < args->steps; t++) {
        if (is == LONG && was != LONG) {
            units = money * (1 - args->fee) / args->fill[t];
            money = 0;
            n_trades++;
        } else if (is != LONG && was == LONG) {
            money = units * args->fill[t] * (1 - args->fee);
            units = 0;
            n_trades++;
        }
        was = is;
        now = chain(units, args->price[t], money);
        if (now > most)
            most = now;
        if ((most - now) / most > fall)
            fall = (most - now) / most;
        if (first[t] - second[t] < args->leave[set])
            is = FLAT;
        if (first[t] - second[t] > args->enter[set] && is == FLAT)
            is = LONG;
    }
    args->y[set] = now - 1;
    args->y[args->n + set] = fall;
    args->y[2 * args->n + set] = (real)n_trades;
}

static void reduce(const struct reduce_args *args)
{
    for (uint32_t row = 0; row < args->rows; row++) {
        const real *a = args->a + (size_t)row * args->n;
        real most = a[0];

        for (uint32_t i = 0; i < args->n; i++)
            most = a[i] > most ? a[i] : most;
        if (args->op == REDUCE_MAX)
            args->y[row] = most;
        else
            args->y[row] = by_lanes(
                a, args->op == REDUCE_DOT ? args->b + (size_t)row * args->n : NULL, args->n);
    }
}

static void norm(const struct norm_args *args)
{
    real *away = malloc(args->n * sizeof(real));

    for (uint32_t row = 0; away != NULL && row < args->rows; row++) {
        const real *a = args->a + (size_t)row * args->n;
        real mean = by_lanes(a, NULL, args->n) / (real)args->n;
        real rstd;

        for (uint32_t i = 0; i < args->n; i++)
            away[i] = a[i] - mean;
        rstd = 1 / lane_sqrt(by_lanes(away, away, args->n) / (real)args->n + args->eps);
        for (uint32_t i = 0; i < args->n; i++)
            args->y[(size_t)row * args->n + i] =
                chain(away[i] * rstd, args->gain[i], args->bias[i]);
        args->mean[row] = mean;
        args->rstd[row] = rstd;
    }
    free(away);
}

static void norm_back(const struct norm_back_args *args)
{
    real *g = malloc(args->n * sizeof(real));
    real *xhat = malloc(args->n * sizeof(real));

    for (uint32_t row = 0; g != NULL && xhat != NULL && row < args->rows; row++) {
        size_t at = (size_t)row * args->n;
        real mean_g;
        real mean_gx;

        for (uint32_t i = 0; i < args->n; i++) {
            g[i] = args->dy[at + i] * args->gain[i];
            xhat[i] = (args->a[at + i] - args->mean[row]) * args->rstd[row];
        }
        mean_g = by_lanes(g, NULL, args->n) / (real)args->n;
        mean_gx = by_lanes(g, xhat, args->n) / (real)args->n;
        for (uint32_t i = 0; i < args->n; i++)
            args->da[at + i] = args->rstd[row] * (g[i] - chain(xhat[i], mean_gx, mean_g));
    }
    free(g);
    free(xhat);
}

static void norm_params(const struct norm_params_args *args)
{
    real *xhat = malloc((size_t)args->rows * args->n * sizeof(real));

    for (uint32_t i = 0; xhat != NULL && i < args->rows * args->n; i++)
        xhat[i] = (args->a[i] - args->mean[i / args->n]) * args->rstd[i / args->n];
    for (uint32_t j = 0; xhat != NULL && j < args->n; j++) {
        args->dgain[j] += by_lanes_apart(args->dy + j, xhat + j, args->rows, args->n);
        args->dbias[j] += by_lanes_apart(args->dy + j, NULL, args->rows, args->n);
    }
    free(xhat);
}

static void softmax(const struct softmax_args *args)
{
    for (uint32_t row = 0; row < args->rows; row++) {
        const real *a = args->a + (size_t)row * args->n;
        real *y = args->y + (size_t)row * args->n;
        real most = a[0];
        real sum;

        for (uint32_t i = 0; i < args->n; i++)
            most = a[i] > most ? a[i] : most;
        for (uint32_t i = 0; i < args->n; i++)
            y[i] = lane_exp(a[i] - most);
        sum = by_lanes(y, NULL, args->n);
        for (uint32_t i = 0; i < args->n; i++)
            y[i] = y[i] / sum;
    }
}

static void softmax_back(const struct softmax_back_args *args)
{
    for (uint32_t row = 0; row < args->rows; row++) {
        size_t at = (size_t)row * args->n;
        real dot = by_lanes(args->y + at, args->dy + at, args->n);

        for (uint32_t i = 0; i < args->n; i++)
            args->da[at + i] = args->y[at + i] * (args->dy[at + i] - dot);
    }
}

static void gemm(const struct gemm_args *args)
{
    for (uint32_t which = 0; which == 0 || which < args->batch; which++) {
        const real *a = args->a + (size_t)which * args->a_step;
        const real *b = args->b + (size_t)which * args->b_step;
        real *c = args->c + (size_t)which * args->c_step;

        for (uint32_t i = 0; i < args->m; i++)
            for (uint32_t j = 0; j < args->n; j++) {
                real sum = args->start == GEMM_ADD    ? c[(size_t)i * args->ldc + j]
                           : args->start == GEMM_BIAS ? args->bias[j]
                                                      : 0;

                for (uint32_t k = 0; k < args->k; k++)
                    sum = chain(args->a_turned ? a[(size_t)k * args->lda + i]
                                               : a[(size_t)i * args->lda + k],
                                args->b_turned ? b[(size_t)j * args->ldb + k]
                                               : b[(size_t)k * args->ldb + j],
                                sum);
                c[(size_t)i * args->ldc + j] = sum;
            }
    }
}

static void band_dot(const struct band_dot_args *args)
{
    for (uint32_t of = 0; of < args->batch; of++)
        for (uint32_t t = 0; t < args->steps; t++)
            for (uint32_t w = 0; w < args->window; w++) {
                int64_t s = (int64_t)t - args->window + 1 + w;
                size_t at = (size_t)of * args->steps;

                args->y[(at + t) * args->window + w] =
                    s < 0 ? args->fill
                          : args->scale * by_lanes(args->a + (at + t) * args->width,
                                                   args->b + (at + (size_t)s) * args->width,
                                                   args->width);
            }
}

static void band_apply(const struct band_apply_args *args, int is_gather)
{
    for (uint32_t of = 0; of < args->batch; of++)
        for (uint32_t t = 0; t < args->steps; t++)
            for (uint32_t j = 0; j < args->width; j++) {
                size_t at = (size_t)of * args->steps;
                real sum = 0;

                for (uint32_t s = 0; s < args->steps; s++) {
                    uint32_t late = is_gather ? s : t;
                    uint32_t early = is_gather ? t : s;

                    if (early <= late && late - early < args->window)
                        sum = chain(
                            args->p[(at + late) * args->window + early + args->window - 1 - late],
                            args->a[(at + s) * args->width + j], sum);
                }
                args->y[(at + t) * args->width + j] = args->scale * sum;
            }
}

static void run(struct device *device, enum kernel kernel, const void *args)
{
    const union kernel_args of = {args};

    (void)device;
    switch (kernel) {
    case KERNEL_map:
        map(of.map);
        break;
    case KERNEL_adam:
        for (uint32_t i = 0; i < of.adam->n; i++)
            lane_adam(of.adam, i);
        break;
    case KERNEL_dropout:
        for (uint32_t i = 0; i < of.dropout->n; i++) {
            struct lane_philox draw = lane_philox(
                i / 4, 0, (uint32_t)of.dropout->stream, (uint32_t)(of.dropout->stream >> 32),
                (uint32_t)of.dropout->seed, (uint32_t)(of.dropout->seed >> 32));

            of.dropout->y[i] = draw.word[i % 4] >= of.dropout->threshold
                                   ? of.dropout->a[i] * of.dropout->scale
                                   : 0;
        }
        break;
    case KERNEL_rolling:
        rolling(of.rolling);
        break;
    case KERNEL_lstm_gates:
        for (uint32_t i = 0; i < of.lstm_gates->rows * of.lstm_gates->hidden; i++)
            lane_lstm_gates(of.lstm_gates, i / of.lstm_gates->hidden, i % of.lstm_gates->hidden);
        break;
    case KERNEL_lstm_gates_back:
        for (uint32_t i = 0; i < of.lstm_gates_back->rows * of.lstm_gates_back->hidden; i++)
            lane_lstm_gates_back(of.lstm_gates_back, i / of.lstm_gates_back->hidden,
                                 i % of.lstm_gates_back->hidden);
        break;
    case KERNEL_embed:
        for (uint32_t i = 0; i < of.embed->n * of.embed->width; i++)
            of.embed->y[i] = of.embed->table[of.embed->ids[i / of.embed->width] * of.embed->width +
                                             i % of.embed->width];
        break;
    case KERNEL_embed_back:
        for (uint32_t i = 0; i < of.embed_back->n * of.embed_back->width; i++)
            of.embed_back
                ->dtable[of.embed_back->ids[i / of.embed_back->width] * of.embed_back->width +
                         i % of.embed_back->width] += of.embed_back->dy[i];
        break;
    case KERNEL_reduce:
        reduce(of.reduce);
        break;
    case KERNEL_column_sum:
        for (uint32_t j = 0; j < of.column_sum->n; j++) {
            real sum =
                by_lanes_apart(of.column_sum->a + j, NULL, of.column_sum->rows, of.column_sum->n);

            of.column_sum->y[j] = of.column_sum->add ? of.column_sum->y[j] + sum : sum;
        }
        break;
    case KERNEL_norm:
        norm(of.norm);
        break;
    case KERNEL_norm_back:
        norm_back(of.norm_back);
        break;
    case KERNEL_norm_params:
        norm_params(of.norm_params);
        break;
    case KERNEL_softmax:
        softmax(of.softmax);
        break;
    case KERNEL_softmax_back:
        softmax_back(of.softmax_back);
        break;
    case KERNEL_gemm:
        gemm(of.gemm);
        break;
    case KERNEL_band_dot:
        band_dot(of.band_dot);
        break;
    case KERNEL_band_apply:
        band_apply(of.band_apply, 0);
        break;
    case KERNEL_band_gather:
        band_apply(of.band_apply, 1);
        break;
    case KERNEL_scenarios:
        for (uint32_t i = 0; i < of.scenarios->n; i++)
            scenario(of.scenarios, i);
        break;
    case KERNEL_sweeps:
        for (uint32_t i = 0; i < of.sweeps->n; i++)
            sweep(of.sweeps, i);
        break;
    case KERNEL_COUNT:
        break;
    }
}

static void *alloc(struct device *device, size_t bytes)
{
    (void)device;
    return calloc(1, bytes + 1);
}

static void release(struct device *device, void *memory)
{
    (void)device;
    free(memory);
}

static void clear(struct device *device, void *memory, size_t bytes)
{
    (void)device;
    memset(memory, 0, bytes);
}

static void copy(struct device *device, void *to, const void *from, size_t bytes)
{
    (void)device;
    memcpy(to, from, bytes);
}

static int wait_for(struct device *device, struct error *err)
{
    (void)device;
    (void)err;
    return AGON_OK;
}

static void free_device(struct device *device)
{
    free(device);
}

struct device *reference_new(void)
{
    struct device *device = malloc(sizeof(*device));

    if (device != NULL)
        *device = (struct device){.name = "reference",
                                  .run = run,
                                  .alloc = alloc,
                                  .release = release,
                                  .clear = clear,
                                  .write = copy,
                                  .read = copy,
                                  .copy = copy,
                                  .wait = wait_for,
                                  .free = free_device};
    return device;
}
