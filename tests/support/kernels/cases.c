// SPDX-License-Identifier: Apache-2.0
#include "cases.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a case holds on its device until it is over. */
#define HELD 16
struct run {
    struct device *device;
    struct case_results *results;
    void *held[HELD];
    uint32_t n_held, seed;
};

real case_value(uint32_t seed, uint32_t i)
{
    uint32_t x = i * 2654435761u ^ (seed + 1) * 2246822519u;

    x = (x ^ x >> 15) * 2246822519u;
    x = (x ^ x >> 13) * 3266489917u;
    x ^= x >> 16;
    return (real)((double)x / 1073741824.0 - 2.0);
}

static real *memory(struct run *run, size_t n)
{
    real *at = run->device->alloc(run->device, n * sizeof(real));

    REQUIRE(at != NULL && run->n_held < HELD);
    run->held[run->n_held++] = at;
    return at;
}

/* n values of the next stream. */
static real *values(struct run *run, size_t n)
{
    real *at = memory(run, n);
    real *here = malloc(n * sizeof(real) + 1);
    uint32_t seed = run->seed++;

    REQUIRE(here != NULL);
    for (size_t i = 0; i < n; i++)
        here[i] = case_value(seed, (uint32_t)i);
    run->device->write(run->device, at, here, n * sizeof(real));
    free(here);
    return at;
}

static uint32_t *ids(struct run *run, uint32_t n, uint32_t entries)
{
    uint32_t *at = run->device->alloc(run->device, n * sizeof(uint32_t));
    uint32_t *here = malloc(n * sizeof(uint32_t) + 1);

    REQUIRE(at != NULL && here != NULL && run->n_held < HELD);
    run->held[run->n_held++] = at;
    for (uint32_t i = 0; i < n; i++)
        here[i] = (i * 2654435761u >> 7) % entries;
    run->device->write(run->device, at, here, n * sizeof(uint32_t));
    free(here);
    return at;
}

static void keep(struct run *run, const real *from, size_t n, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
static void keep(struct run *run, const real *from, size_t n, const char *format, ...)
{
    struct case_results *results = run->results;
    struct case_result *result;
    va_list args;

    if (results->n == results->room) {
        results->room = 2 * results->room + 64;
        results->at = realloc(results->at, results->room * sizeof(*results->at));
        REQUIRE(results->at != NULL);
    }
    result = &results->at[results->n++];
    *result = (struct case_result){.n = (uint32_t)n, .values = calloc(n + 1, sizeof(real))};
    REQUIRE(result->values != NULL);
    va_start(args, format);
    (void)vsnprintf(result->name, sizeof(result->name), format, args);
    va_end(args);
    run->device->read(run->device, result->values, from, n * sizeof(real));
}

static void over(struct run *run)
{
    struct case_results *results = run->results;

    if (run->device->wait(run->device, results->failed == 0 ? &results->err : NULL) < 0)
        results->failed = 1;
    while (run->n_held > 0)
        run->device->release(run->device, run->held[--run->n_held]);
    run->seed = 0;
}

static void map_case(struct run *run, uint32_t op, uint32_t n)
{
    static const char *const names[MAP_OPS] = {
        "add",     "sub",  "mul",  "fma",       "scale",        "exp",       "tanh",
        "sigmoid", "relu", "gelu", "tanh_back", "sigmoid_back", "relu_back", "gelu_back"};
    struct map_args args = {.a = values(run, n),
                            .b = values(run, n),
                            .c = values(run, n),
                            .y = memory(run, n),
                            .n = n,
                            .op = op,
                            .scale = (real)0.37};

    // What an operation does not take is 0, as a job's calls have it.
    if (op > MAP_FMA && op < MAP_TANH_BACK)
        args.b = NULL;
    if (op != MAP_FMA)
        args.c = NULL;
    if (op == MAP_EXP || op == MAP_TANH || op == MAP_SIGMOID || op == MAP_GELU) {
        // Wide enough that each end of the range is met: subnormal, 0, infinity, 1.
        struct map_args wide = {.a = args.a,
                                .y = memory(run, n),
                                .n = n,
                                .op = MAP_SCALE,
                                .scale = (real)(REAL_BITS == 32 ? 60 : 400)};

        kernel_map(run->device, &wide);
        args.a = wide.y;
        kernel_map(run->device, &args);
        keep(run, args.y, n, "map.%s.wide n=%u", names[op], n);
        args.a = values(run, n);
    }
    kernel_map(run->device, &args);
    keep(run, args.y, n, "map.%s n=%u", names[op], n);
    over(run);
}

static void adam_case(struct run *run, uint32_t n)
{
    struct adam_args args = {.w = values(run, n),
                             .m = memory(run, n),
                             .v = memory(run, n),
                             .g = values(run, n),
                             .n = n,
                             .rate = (real)1e-3,
                             .beta1 = (real)0.9,
                             .rest1 = (real)0.1,
                             .beta2 = (real)0.999,
                             .rest2 = (real)0.001,
                             .eps = (real)1e-8,
                             .scale1 = (real)(1 / 0.1),
                             .scale2 = (real)(1 / 0.001)};

    kernel_adam(run->device, &args);
    args.scale1 = (real)(1 / 0.19);
    args.scale2 = (real)(1 / 0.001999);
    kernel_adam(run->device, &args);
    keep(run, args.w, n, "adam.w n=%u", n);
    keep(run, args.v, n, "adam.v n=%u", n);
    over(run);
}

static void dropout_case(struct run *run, uint32_t n)
{
    struct dropout_args args = {.a = values(run, n),
                                .y = memory(run, n),
                                .seed = 0x123456789abcdef0u,
                                .stream = 0xfedcba9876543210u,
                                .n = n,
                                .threshold = 858993459u,
                                .scale = (real)1.25};

    kernel_dropout(run->device, &args);
    keep(run, args.y, n, "dropout n=%u", n);
    over(run);
}

static void rolling_case(struct run *run, uint32_t rows, uint32_t n, uint32_t window)
{
    struct rolling_args args = {.a = values(run, (size_t)rows * n),
                                .y = memory(run, (size_t)rows * n),
                                .rows = rows,
                                .n = n,
                                .window = window};

    for (args.op = window > 1 ? 0 : ROLLING_MIN; args.op < ROLLING_OPS; args.op++) {
        kernel_rolling(run->device, &args);
        keep(run, args.y, (size_t)rows * n, "rolling.%u rows=%u n=%u window=%u", args.op, rows, n,
             window);
    }
    over(run);
}

static void lstm_case(struct run *run, uint32_t rows, uint32_t hidden)
{
    size_t n = (size_t)rows * hidden;
    struct lstm_gates_args args = {.gates = values(run, 4 * n),
                                   .c_prev = values(run, n),
                                   .c = memory(run, n),
                                   .tanh_c = memory(run, n),
                                   .h = memory(run, n),
                                   .rows = rows,
                                   .hidden = hidden};
    struct lstm_gates_back_args back = {.gates = args.gates,
                                        .c_prev = args.c_prev,
                                        .tanh_c = args.tanh_c,
                                        .dh = values(run, n),
                                        .dc = values(run, n),
                                        .dgates = memory(run, 4 * n),
                                        .rows = rows,
                                        .hidden = hidden};

    kernel_lstm_gates(run->device, &args);
    keep(run, args.gates, 4 * n, "lstm_gates.gates rows=%u hidden=%u", rows, hidden);
    keep(run, args.c, n, "lstm_gates.c rows=%u hidden=%u", rows, hidden);
    keep(run, args.h, n, "lstm_gates.h rows=%u hidden=%u", rows, hidden);
    kernel_lstm_gates_back(run->device, &back);
    keep(run, back.dgates, 4 * n, "lstm_gates_back.dgates rows=%u hidden=%u", rows, hidden);
    keep(run, back.dc, n, "lstm_gates_back.dc rows=%u hidden=%u", rows, hidden);
    over(run);
}

static void embed_case(struct run *run, uint32_t n, uint32_t width, uint32_t entries)
{
    struct embed_args args = {.table = values(run, (size_t)entries * width),
                              .ids = ids(run, n, entries),
                              .y = memory(run, (size_t)n * width),
                              .n = n,
                              .width = width};
    struct embed_back_args back = {.dy = values(run, (size_t)n * width),
                                   .ids = args.ids,
                                   .dtable = memory(run, (size_t)entries * width),
                                   .n = n,
                                   .width = width};

    kernel_embed(run->device, &args);
    keep(run, args.y, (size_t)n * width, "embed n=%u width=%u", n, width);
    kernel_embed_back(run->device, &back);
    keep(run, back.dtable, (size_t)entries * width, "embed_back n=%u width=%u", n, width);
    over(run);
}

static void rows_case(struct run *run, uint32_t rows, uint32_t n)
{
    size_t all = (size_t)rows * n;
    real *a = values(run, all);
    real *b = values(run, all);
    real *y = memory(run, all);
    struct reduce_args reduce = {.a = a, .b = b, .y = memory(run, rows), .rows = rows, .n = n};
    struct column_sum_args column = {.a = a, .y = values(run, n), .rows = rows, .n = n};
    struct norm_args norm = {.a = a,
                             .gain = values(run, n),
                             .bias = values(run, n),
                             .y = y,
                             .mean = memory(run, rows),
                             .rstd = memory(run, rows),
                             .rows = rows,
                             .n = n,
                             .eps = (real)1e-5};
    struct norm_back_args norm_back = {.a = a,
                                       .gain = norm.gain,
                                       .mean = norm.mean,
                                       .rstd = norm.rstd,
                                       .dy = b,
                                       .da = y,
                                       .rows = rows,
                                       .n = n};
    struct norm_params_args params = {.a = a,
                                      .mean = norm.mean,
                                      .rstd = norm.rstd,
                                      .dy = b,
                                      .dgain = values(run, n),
                                      .dbias = values(run, n),
                                      .rows = rows,
                                      .n = n};
    struct softmax_args softmax = {.a = a, .y = y, .rows = rows, .n = n};
    struct softmax_back_args softmax_back = {.y = y, .dy = b, .da = b, .rows = rows, .n = n};

    for (reduce.op = 0; reduce.op < REDUCE_OPS; reduce.op++) {
        reduce.b = reduce.op == REDUCE_DOT ? b : NULL;
        kernel_reduce(run->device, &reduce);
        keep(run, reduce.y, rows, "reduce.%u rows=%u n=%u", reduce.op, rows, n);
    }
    for (column.add = 0; column.add < 2; column.add++) {
        kernel_column_sum(run->device, &column);
        keep(run, column.y, n, "column_sum.%u rows=%u n=%u", column.add, rows, n);
    }
    kernel_norm(run->device, &norm);
    keep(run, norm.y, all, "norm rows=%u n=%u", rows, n);
    keep(run, norm.rstd, rows, "norm.rstd rows=%u n=%u", rows, n);
    kernel_norm_back(run->device, &norm_back);
    keep(run, norm_back.da, all, "norm_back rows=%u n=%u", rows, n);
    kernel_norm_params(run->device, &params);
    keep(run, params.dgain, n, "norm_params.dgain rows=%u n=%u", rows, n);
    keep(run, params.dbias, n, "norm_params.dbias rows=%u n=%u", rows, n);
    kernel_softmax(run->device, &softmax);
    keep(run, softmax.y, all, "softmax rows=%u n=%u", rows, n);
    kernel_softmax_back(run->device, &softmax_back);
    keep(run, softmax_back.da, all, "softmax_back rows=%u n=%u", rows, n);
    over(run);
}

/* Rows longer than what is used of them, so that a stride taken for a width is found. */
static void gemm_case(struct run *run, uint32_t m, uint32_t n, uint32_t k, uint32_t batch)
{
    for (uint32_t way = 0; way < 12; way++) {
        struct gemm_args args = {.m = m,
                                 .n = n,
                                 .k = k,
                                 .a_turned = way & 1,
                                 .b_turned = way >> 1 & 1,
                                 .start = way >> 2,
                                 .batch = batch};

        args.lda = (args.a_turned ? m : k) + 3;
        args.ldb = (args.b_turned ? k : n) + 1;
        args.ldc = n + 2;
        args.a_step = (args.a_turned ? k : m) * args.lda;
        args.b_step = (args.b_turned ? n : k) * args.ldb;
        args.c_step = m * args.ldc;
        args.a = values(run, (size_t)args.a_step * batch);
        args.b = values(run, (size_t)args.b_step * batch);
        args.bias = values(run, n);
        if (args.start != GEMM_BIAS)
            args.bias = NULL;
        args.c = values(run, (size_t)args.c_step * batch);
        kernel_gemm(run->device, &args);
        keep(run, args.c, (size_t)args.c_step * batch, "gemm %ux%ux%u a%u b%u start=%u batch=%u", m,
             n, k, args.a_turned, args.b_turned, args.start, batch);
        over(run);
    }
}

static real *constant(struct run *run, uint32_t n, real value)
{
    real *at = memory(run, n);
    real *here = malloc(n * sizeof(real));

    REQUIRE(here != NULL);
    for (uint32_t i = 0; i < n; i++)
        here[i] = value;
    run->device->write(run->device, at, here, n * sizeof(real));
    free(here);
    return at;
}

/* Sums that are -0: one term more than there are, and be it 0 * 0, would make them +0. */
static void gemm_zero_case(struct run *run, uint32_t m, uint32_t n, uint32_t k)
{
    struct gemm_args args = {.a = constant(run, m * k, 0),
                             .b = constant(run, k * n, -1),
                             .bias = constant(run, n, (real)-0.0),
                             .c = memory(run, m * n),
                             .m = m,
                             .n = n,
                             .k = k,
                             .lda = k,
                             .ldb = n,
                             .ldc = n,
                             .start = GEMM_BIAS};

    kernel_gemm(run->device, &args);
    keep(run, args.c, m * n, "gemm.zero %ux%ux%u", m, n, k);
    over(run);
}

static void band_case(struct run *run, uint32_t batch, uint32_t steps, uint32_t width,
                      uint32_t window)
{
    size_t n = (size_t)batch * steps;
    real *a = values(run, n * width);
    struct band_dot_args dot = {.a = a,
                                .b = values(run, n * width),
                                .y = memory(run, n * window),
                                .batch = batch,
                                .steps = steps,
                                .width = width,
                                .window = window,
                                .scale = (real)0.25,
                                .fill = (real)-INFINITY};
    struct band_apply_args apply = {.p = dot.y,
                                    .a = a,
                                    .y = memory(run, n * width),
                                    .batch = batch,
                                    .steps = steps,
                                    .width = width,
                                    .window = window,
                                    .scale = (real)0.5};
    struct softmax_args softmax = {.a = dot.y, .y = dot.y, .rows = (uint32_t)n, .n = window};

    kernel_band_dot(run->device, &dot);
    keep(run, dot.y, n * window, "band_dot %u x %u x %u window=%u", batch, steps, width, window);
    kernel_softmax(run->device, &softmax);
    keep(run, dot.y, n * window, "band softmax %u x %u window=%u", batch, steps, window);
    kernel_band_apply(run->device, &apply);
    keep(run, apply.y, n * width, "band_apply %u x %u x %u window=%u", batch, steps, width, window);
    kernel_band_gather(run->device, &apply);
    keep(run, apply.y, n * width, "band_gather %u x %u x %u window=%u", batch, steps, width,
         window);
    over(run);
}

/* Values of the next stream, each times `scale` and plus `shift`. */
static real *scaled(struct run *run, uint32_t n, real scale, real shift)
{
    real *at = values(run, n);
    real *shifts = constant(run, n, shift);
    real *scales = constant(run, n, scale);
    struct map_args args = {.a = at, .b = scales, .c = shifts, .y = at, .n = n, .op = MAP_FMA};

    kernel_map(run->device, &args);
    return at;
}

static void scenarios_case(struct run *run, uint32_t n, uint32_t m, uint32_t steps)
{
    struct scenarios_args args = {.value = scaled(run, m, 1000, 0),
                                  .drift = scaled(run, m, (real)1e-4, 0),
                                  .factor = scaled(run, m * m, (real)0.01, 0),
                                  .y = memory(run, 3 * (size_t)n),
                                  .seed = 0x123456789abcdef0u,
                                  .stream = 0xfedcba9876543210u,
                                  .n = n,
                                  .m = m,
                                  .steps = steps};

    kernel_scenarios(run->device, &args);
    keep(run, args.y, 3 * (size_t)n, "scenarios n=%u m=%u steps=%u", n, m, steps);
    over(run);
}

/* Averages of a price, their cross in pairs of rows, and a band around 0. */
static void sweeps_case(struct run *run, uint32_t n, uint32_t steps, uint32_t rows)
{
    real *a = memory(run, (size_t)rows * steps);
    struct rolling_args rolling = {
        .a = scaled(run, steps, 5, 100), .rows = 1, .n = steps, .op = ROLLING_MEAN};
    struct sweeps_args args = {.a = a,
                               .price = rolling.a,
                               .fill = scaled(run, steps, 4, 100),
                               .pairs = ids(run, 2 * n, rows),
                               .enter = scaled(run, n, (real)0.3, (real)0.4),
                               .leave = scaled(run, n, (real)0.3, (real)-0.4),
                               .y = memory(run, 3 * (size_t)n),
                               .n = n,
                               .steps = steps,
                               .rows = rows,
                               .fee = (real)0.001};

    for (uint32_t row = 0; row < rows; row++) {
        rolling.y = a + (size_t)row * steps;
        rolling.window = 2 * row + 1;
        kernel_rolling(run->device, &rolling);
    }
    kernel_sweeps(run->device, &args);
    keep(run, args.y, 3 * (size_t)n, "sweeps n=%u steps=%u rows=%u", n, steps, rows);
    over(run);
}

static void large_cases(struct run *run)
{
    for (uint32_t op = 0; op < MAP_OPS; op++)
        map_case(run, op, 1000003);
    adam_case(run, 500009);
    dropout_case(run, 500009);
    rolling_case(run, 8, 5000, 100);
    lstm_case(run, 64, 256);
    embed_case(run, 3000, 200, 500);
    rows_case(run, 700, 515);
    rows_case(run, 40, 5000);
    gemm_case(run, 300, 270, 140, 1);
    gemm_case(run, 1700, 1500, 70, 1); // large tiles on a large card
    gemm_case(run, 64, 1024, 256, 1);
    band_case(run, 4, 300, 64, 100);
    scenarios_case(run, 10000, 5, 40);
    sweeps_case(run, 3000, 700, 20);
}

void cases_run(struct device *device, int is_large, struct case_results *results)
{
    struct run run = {.device = device, .results = results};

    *results = (struct case_results){0};
    for (uint32_t op = 0; op < MAP_OPS; op++) {
        map_case(&run, op, 1);
        map_case(&run, op, 1037);
    }
    adam_case(&run, 1037);
    dropout_case(&run, 1037);
    rolling_case(&run, 3, 1100, 7);
    rolling_case(&run, 2, 70, 70);
    rolling_case(&run, 2, 5, 9);
    rolling_case(&run, 1, 40, 1);
    lstm_case(&run, 1, 1);
    lstm_case(&run, 5, 19);
    embed_case(&run, 31, 67, 11);
    rows_case(&run, 1, 1);
    rows_case(&run, 19, 15);
    rows_case(&run, 17, 16);
    rows_case(&run, 33, 77);
    gemm_case(&run, 1, 1, 1, 1);
    gemm_case(&run, 1, 150, 40, 2);
    gemm_case(&run, 7, 37, 16, 3);
    gemm_case(&run, 13, 66, 33, 1);
    gemm_case(&run, 5, 9, 150, 1);
    gemm_case(&run, 70, 65, 17, 2);
    gemm_zero_case(&run, 5, 9, 3);
    gemm_zero_case(&run, 13, 66, 3);
    gemm_zero_case(&run, 70, 130, 9);
    band_case(&run, 2, 9, 5, 3);
    band_case(&run, 3, 21, 33, 17);
    band_case(&run, 1, 4, 16, 8);
    band_case(&run, 2, 5, 7, 1);
    scenarios_case(&run, 1, 1, 1);
    scenarios_case(&run, 77, 7, 12);
    scenarios_case(&run, 33, 32, 3);
    sweeps_case(&run, 1, 1, 1);
    sweeps_case(&run, 69, 300, 9);
    if (is_large)
        large_cases(&run);
}

void cases_free(struct case_results *results)
{
    for (uint32_t i = 0; i < results->n; i++)
        free(results->at[i].values);
    free(results->at);
    *results = (struct case_results){0};
}

struct case_distance case_compare(const struct case_result *a, const struct case_result *b)
{
    struct case_distance distance = {0};

    REQUIRE(a->n == b->n && strcmp(a->name, b->name) == 0);
    for (uint32_t i = 0; i < a->n; i++) {
        real x = a->values[i];
        real y = b->values[i];
        double apart = fabs((double)x - (double)y) / (1 + fabs((double)x));

        if (memcmp(&x, &y, sizeof(x)) == 0 || (x != x && y != y))
            continue;
        if (distance.n_different++ == 0)
            distance.first = i;
        if (!(apart <= distance.most))
            distance.most = apart;
    }
    return distance;
}
