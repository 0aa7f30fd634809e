// SPDX-License-Identifier: Apache-2.0
/* bench: what the kernels take on a card, beside cuBLAS (opened at run time; CUBLAS names another
 * file), beside a copy inside the card's memory, and beside its data sheet. cuBLAS also judges
 * gemm: a result too far from its is a failure. No time is a verdict. */
#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../support/kernels/cases.h"
#include "../support/nn/small_model.h"
#include "image.h"
#include "kernels/cpu.h"
#include "kernels/cuda/cuda.h"

#define TURNS   5
#define TURN_NS 4e7 /* a turn is at least this long */

/* From the vendor's data sheets, without tensor cores: TFLOP/s in float and double, TB/s. */
static const struct sheet {
    const char *name;
    double tflops[2], tbytes;
} sheets[] = {
    {"H100 80GB HBM3", {66.9, 33.5}, 3.35},
    {"H100 PCIe", {51.2, 25.6}, 2.0},
    {"H100", {66.9, 33.5}, 3.35},
    {"H200", {66.9, 33.5}, 4.8},
    {"A100", {19.5, 9.7}, 1.555},
    {"L4", {30.3, 0.47}, 0.3},
    {"T4", {8.1, 0.25}, 0.32},
    {"RTX 4090", {82.6, 1.29}, 1.008},
};

struct bench {
    struct device *card;
    const struct sheet *sheet; /* NULL: unknown */
    double copy_tbytes;        /* measured here */
    int is_bad;
    void *cublas; /* cuBLAS's handle; NULL: it is not there */
    int (*cublas_gemm)(void *handle, int turn_a, int turn_b, int m, int n, int k, const real *alpha,
                       const real *a, int lda, const real *b, int ldb, const real *beta, real *c,
                       int ldc);
};

static double now_ns(void)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec * 1e9 + (double)at.tv_nsec;
}

static int by_double(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static void settle(struct bench *bench)
{
    struct error err = {0};

    if (bench->card->wait(bench->card, &err) >= 0)
        return;
    printf("FAILED %s\n", err.text);
    bench->is_bad = 1;
}

typedef void (*work_fn)(struct bench *bench, const void *ctx);

/* Nanoseconds of one call, the median of some turns of many. */
static double timed(struct bench *bench, work_fn work, const void *ctx)
{
    double turns[TURNS];
    double one;
    double begin;
    int n;

    work(bench, ctx);
    settle(bench);
    begin = now_ns();
    work(bench, ctx);
    settle(bench);
    one = now_ns() - begin;
    n = one > TURN_NS ? 1 : (int)(TURN_NS / (one + 2000)) + 1;
    for (int turn = 0; turn < TURNS; turn++) {
        begin = now_ns();
        for (int i = 0; i < n; i++)
            work(bench, ctx);
        settle(bench);
        turns[turn] = (now_ns() - begin) / n;
    }
    qsort(turns, TURNS, sizeof(turns[0]), by_double);
    return turns[TURNS / 2];
}

static real *drawn(struct bench *bench, size_t n, uint32_t seed)
{
    real *at = bench->card->alloc(bench->card, n * sizeof(real));
    real *here = malloc(n * sizeof(real));

    REQUIRE(at != NULL && here != NULL);
    for (size_t i = 0; i < n; i++)
        here[i] = case_value(seed, (uint32_t)i);
    bench->card->write(bench->card, at, here, n * sizeof(real));
    free(here);
    return at;
}

static void drop(struct bench *bench, const real *memory)
{
    bench->card->release(bench->card, (void *)(uintptr_t)memory);
}

static void run_gemm(struct bench *bench, const void *ctx)
{
    kernel_gemm(bench->card, ctx);
}

/* cuBLAS stores columns first: what it calls a is our b. */
static void run_cublas(struct bench *bench, const void *ctx)
{
    const struct gemm_args *args = ctx;
    const real one = 1;
    const real zero = 0;

    if (bench->cublas_gemm(bench->cublas, args->b_turned ? 1 : 0, args->a_turned ? 1 : 0,
                           (int)args->n, (int)args->m, (int)args->k, &one, args->b, (int)args->ldb,
                           args->a, (int)args->lda, &zero, args->c, (int)args->ldc) != 0) {
        printf("FAILED cuBLAS\n");
        bench->is_bad = 1;
    }
}

/* The largest difference of two outputs, as a share of what rounding may make of k terms. */
static double apart(struct bench *bench, const struct gemm_args *ours, const real *theirs)
{
    size_t n = (size_t)ours->m * ours->n;
    real *a = malloc(n * sizeof(real));
    real *b = malloc(n * sizeof(real));
    double bound = ours->k * 4.0 * (REAL_BITS == 32 ? 0x1p-24 : 0x1p-53) * sqrt(ours->k);
    double most = 0;

    REQUIRE(a != NULL && b != NULL);
    bench->card->read(bench->card, a, ours->c, n * sizeof(real));
    bench->card->read(bench->card, b, theirs, n * sizeof(real));
    for (size_t i = 0; i < n; i++)
        if (!(fabs((double)a[i] - (double)b[i]) <= most))
            most = fabs((double)a[i] - (double)b[i]);
    free(a);
    free(b);
    return most / bound;
}

static void bench_gemm(struct bench *bench, uint32_t m, uint32_t n, uint32_t k, int a_turned,
                       int b_turned)
{
    struct gemm_args args = {.a = drawn(bench, (size_t)m * k, 1),
                             .b = drawn(bench, (size_t)k * n, 2),
                             .c = drawn(bench, (size_t)m * n, 3),
                             .m = m,
                             .n = n,
                             .k = k,
                             .lda = a_turned ? m : k,
                             .ldb = b_turned ? k : n,
                             .ldc = n,
                             .a_turned = (uint32_t)a_turned,
                             .b_turned = (uint32_t)b_turned};
    struct gemm_args theirs = args;
    double flop = 2.0 * m * n * k;
    double ns = timed(bench, run_gemm, &args);

    printf("gemm " REAL_NAME " %5ux%5ux%5u a%d b%d  %10.1f us  %6.2f TFLOP/s", m, n, k, a_turned,
           b_turned, ns / 1e3, flop / ns / 1e3);
    if (bench->sheet != NULL)
        printf("  %5.1f %% of the sheet",
               100 * flop / ns / 1e3 / bench->sheet->tflops[REAL_BITS == 64]);
    if (bench->cublas != NULL) {
        double cublas_ns;
        double share;

        theirs.c = drawn(bench, (size_t)m * n, 4);
        cublas_ns = timed(bench, run_cublas, &theirs);
        share = apart(bench, &args, theirs.c);
        printf("  cuBLAS %10.1f us, we are %.2f of its speed; apart by %.2g of the bound",
               cublas_ns / 1e3, cublas_ns / ns, share);
        bench->is_bad |= !(share <= 1);
        drop(bench, theirs.c);
    }
    printf("\n");
    drop(bench, args.a);
    drop(bench, args.b);
    drop(bench, args.c);
}

static void say_bytes(struct bench *bench, const char *what, double ns, double bytes)
{
    printf("%-10s " REAL_NAME "  %10.1f us  %6.3f TB/s  %.2f of a copy's", what, ns / 1e3,
           bytes / ns / 1e3, bytes / ns / 1e3 / bench->copy_tbytes);
    if (bench->sheet != NULL)
        printf("  %5.1f %% of the sheet", 100 * bytes / ns / 1e3 / bench->sheet->tbytes);
    printf("\n");
}

struct copy {
    real *to;
    const real *from;
    size_t bytes;
};

static void run_copy(struct bench *bench, const void *ctx)
{
    const struct copy *copy = ctx;

    bench->card->copy(bench->card, copy->to, copy->from, copy->bytes);
}

#define RUNS(name, type)                                                                           \
    static void run_##name(struct bench *bench, const void *ctx)                                   \
    {                                                                                              \
        const struct type##_args *args = ctx;                                                      \
        kernel_##name(bench->card, args);                                                          \
    }
RUNS(map, map)
RUNS(adam, adam)
RUNS(dropout, dropout)
RUNS(rolling, rolling)
RUNS(reduce, reduce)
RUNS(column_sum, column_sum)
RUNS(norm, norm)
RUNS(norm_back, norm_back)
RUNS(softmax, softmax)
RUNS(lstm_gates, lstm_gates)
RUNS(scenarios, scenarios)
RUNS(sweeps, sweeps)
RUNS(band_dot, band_dot)
RUNS(band_apply, band_apply)

/* What moves memory: 32 Mi values, as rows of 1,024 where a kernel has rows. */
static void bench_memory(struct bench *bench)
{
    const uint32_t n = 1u << 25;
    const uint32_t width = 1024;
    double each = (double)n * sizeof(real);
    real *a = drawn(bench, n, 1);
    real *b = drawn(bench, n, 2);
    real *y = drawn(bench, n, 3);
    real *g = drawn(bench, n, 4);
    real *row = drawn(bench, width, 5);
    real *sums = drawn(bench, n / width, 6);
    real *sums2 = drawn(bench, n / width, 6);
    struct copy copy = {y, a, n * sizeof(real)};
    struct map_args map = {.a = a, .b = b, .c = b, .y = y, .n = n};
    struct adam_args adam = {.w = y,
                             .m = a,
                             .v = b,
                             .g = g,
                             .n = n,
                             .rate = (real)1e-3,
                             .beta1 = (real)0.9,
                             .rest1 = (real)0.1,
                             .beta2 = (real)0.999,
                             .rest2 = (real)0.001,
                             .eps = (real)1e-8,
                             .scale1 = 1,
                             .scale2 = 1};
    struct dropout_args dropout = {
        .a = a, .y = y, .seed = 1, .n = n, .threshold = 1u << 30, .scale = (real)1.25};
    struct reduce_args reduce = {.a = a, .b = b, .y = sums, .rows = n / width, .n = width};
    struct column_sum_args column = {.a = a, .y = row, .rows = n / width, .n = width};
    struct norm_args norm = {.a = a,
                             .gain = row,
                             .bias = row,
                             .y = y,
                             .mean = sums,
                             .rstd = sums2,
                             .rows = n / width,
                             .n = width,
                             .eps = (real)1e-5};
    struct norm_back_args back = {.a = a,
                                  .gain = row,
                                  .mean = sums,
                                  .rstd = sums2,
                                  .dy = b,
                                  .da = y,
                                  .rows = n / width,
                                  .n = width};
    struct softmax_args softmax = {.a = a, .y = y, .rows = n / width, .n = width};
    struct lstm_gates_args gates = {
        .gates = a, .c_prev = b, .c = y, .tanh_c = g, .h = g, .rows = n / 4 / 256, .hidden = 256};
    double ns = timed(bench, run_copy, &copy);

    bench->copy_tbytes = 2 * each / ns / 1e3;
    say_bytes(bench, "copy", ns, 2 * each);
    say_bytes(bench, "add", timed(bench, run_map, &map), 3 * each);
    map.op = MAP_EXP;
    say_bytes(bench, "exp", timed(bench, run_map, &map), 2 * each);
    map.op = MAP_TANH;
    say_bytes(bench, "tanh", timed(bench, run_map, &map), 2 * each);
    map.op = MAP_GELU;
    say_bytes(bench, "gelu", timed(bench, run_map, &map), 2 * each);
    say_bytes(bench, "dropout", timed(bench, run_dropout, &dropout), 2 * each);
    say_bytes(bench, "sum", timed(bench, run_reduce, &reduce), each);
    reduce.op = REDUCE_DOT;
    say_bytes(bench, "dot", timed(bench, run_reduce, &reduce), 2 * each);
    say_bytes(bench, "column_sum", timed(bench, run_column_sum, &column), each);
    say_bytes(bench, "norm", timed(bench, run_norm, &norm), 2 * each);
    say_bytes(bench, "norm_back", timed(bench, run_norm_back, &back), 3 * each);
    say_bytes(bench, "softmax", timed(bench, run_softmax, &softmax), 2 * each);
    say_bytes(bench, "adam", timed(bench, run_adam, &adam), 7 * each);
    say_bytes(bench, "lstm_gates", timed(bench, run_lstm_gates, &gates), 3 * each);
    drop(bench, a);
    drop(bench, b);
    drop(bench, y);
    drop(bench, g);
    drop(bench, row);
    drop(bench, sums);
    drop(bench, sums2);
}

static void say_flop(struct bench *bench, const char *what, double ns, double flop)
{
    printf("%-10s " REAL_NAME "  %10.1f us  %6.2f TFLOP/s", what, ns / 1e3, flop / ns / 1e3);
    if (bench->sheet != NULL)
        printf("  %5.1f %% of the sheet",
               100 * flop / ns / 1e3 / bench->sheet->tflops[REAL_BITS == 64]);
    printf("\n");
}

static void bench_windows(struct bench *bench)
{
    struct rolling_args rolling = {.a = drawn(bench, 10000000, 1),
                                   .y = drawn(bench, 10000000, 2),
                                   .rows = 1000,
                                   .n = 10000,
                                   .window = 100,
                                   .op = ROLLING_STD};
    size_t n = (size_t)64 * 1000;
    struct band_dot_args dot = {.a = drawn(bench, n * 64, 3),
                                .b = drawn(bench, n * 64, 4),
                                .y = drawn(bench, n * 200, 5),
                                .batch = 64,
                                .steps = 1000,
                                .width = 64,
                                .window = 200,
                                .scale = 1};
    struct band_apply_args apply = {.p = dot.y,
                                    .a = dot.a,
                                    .y = drawn(bench, n * 64, 6),
                                    .batch = 64,
                                    .steps = 1000,
                                    .width = 64,
                                    .window = 200,
                                    .scale = 1};

    say_flop(bench, "std 100", timed(bench, run_rolling, &rolling), 1e7 * 100 * 4);
    say_flop(bench, "band_dot", timed(bench, run_band_dot, &dot), (double)n * 200 * 64 * 2);
    say_flop(bench, "band_apply", timed(bench, run_band_apply, &apply), (double)n * 200 * 64 * 2);
    drop(bench, rolling.a);
    drop(bench, rolling.y);
    drop(bench, dot.a);
    drop(bench, dot.b);
    drop(bench, dot.y);
    drop(bench, apply.y);
}

/* Paths of a year of days, and sets of parameters over 10,000 candles, a pair of 64 averages each.
 */
static void bench_lanes(struct bench *bench)
{
    const real one[3] = {1000, (real)1e-4, (real)0.01};
    struct scenarios_args paths = {.value = drawn(bench, 3, 1),
                                   .y = drawn(bench, 3u << 20, 2),
                                   .n = 1u << 20,
                                   .m = 1,
                                   .steps = 252};
    struct sweeps_args sets = {.a = drawn(bench, 64 * 10000, 3),
                               .price = drawn(bench, 10000, 4),
                               .fill = drawn(bench, 10000, 5),
                               .enter = drawn(bench, 50000, 6),
                               .leave = drawn(bench, 50000, 7),
                               .y = drawn(bench, 3 * 50000, 8),
                               .n = 50000,
                               .steps = 10000,
                               .rows = 64};
    uint32_t *pairs = malloc(2 * 50000 * sizeof(*pairs));
    void *rows = bench->card->alloc(bench->card, 2 * 50000 * sizeof(*pairs));
    double ns;

    REQUIRE(pairs != NULL && rows != NULL);
    for (uint32_t i = 0; i < 2 * 50000; i++)
        pairs[i] = (i * 2654435761u >> 7) % 64;
    bench->card->write(bench->card, rows, pairs, 2 * 50000 * sizeof(*pairs));
    free(pairs);
    sets.pairs = rows;
    bench->card->write(bench->card, (void *)(uintptr_t)paths.value, one, sizeof(one));
    paths.drift = paths.value + 1;
    paths.factor = paths.value + 2;
    ns = timed(bench, run_scenarios, &paths);
    printf("%-10s " REAL_NAME "  %10.1f us  %6.2f G steps/s\n", "scenarios", ns / 1e3,
           (double)paths.n * paths.steps / ns);
    ns = timed(bench, run_sweeps, &sets);
    printf("%-10s " REAL_NAME "  %10.1f us  %6.2f G sets and candles/s\n", "sweeps", ns / 1e3,
           (double)sets.n * sets.steps / ns);
    drop(bench, paths.value);
    drop(bench, paths.y);
    drop(bench, sets.a);
    drop(bench, sets.price);
    drop(bench, sets.fill);
    drop(bench, sets.enter);
    drop(bench, sets.leave);
    drop(bench, sets.y);
    bench->card->release(bench->card, rows);
}

static void run_forward(struct bench *bench, const void *ctx)
{
    (void)bench;
    small_model_forward((struct small_model *)(uintptr_t)ctx);
}

static void run_train(struct bench *bench, const void *ctx)
{
    (void)bench;
    small_model_train((struct small_model *)(uintptr_t)ctx);
}

static void bench_lstm(struct bench *bench, struct small_shape shape)
{
    struct device *card = bench->card;
    struct small_model model;
    long n_threads = sysconf(_SC_NPROCESSORS_ONLN);
    struct device *cpu = cpu_device_new(CPU_BEST, n_threads > 16 ? 16 : (uint32_t)n_threads);
    double forward;
    double train;
    double flop;
    double begin;

    REQUIRE(cpu != NULL);
    small_model_init(&model, card, shape, 1e-3);
    flop = 2.0 * shape.steps * shape.batch * model.n_weights;
    forward = timed(bench, run_forward, &model);
    train = timed(bench, run_train, &model);
    small_model_deinit(&model);
    printf("lstm 2x%u " REAL_NAME ", %u steps of %u rows: forward %.2f ms (%.2f TFLOP/s), training "
           "step %.2f ms (%.2f TFLOP/s)\n",
           shape.hidden, shape.steps, shape.batch, forward / 1e6, flop / forward / 1e3, train / 1e6,
           3 * flop / train / 1e3);
    small_model_init(&model, cpu, shape, 1e-3);
    small_model_train(&model);
    begin = now_ns();
    small_model_train(&model);
    printf("lstm 2x%u " REAL_NAME
           ", the same on %s: training step %.2f ms, %.1f times the card's\n",
           shape.hidden, cpu->name, (now_ns() - begin) / 1e6, (now_ns() - begin) / train);
    small_model_deinit(&model);
    cpu->free(cpu);
}

static void open_cublas(struct bench *bench)
{
    const char *const names[] = {getenv("CUBLAS"), "libcublas.so.13", "libcublas.so.12",
                                 "libcublas.so"};
    int (*create)(void **handle);
    int (*version_of)(void *handle, int *version);
    void *library = NULL;
    int version = 0;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && library == NULL; i++)
        if (names[i] != NULL && names[i][0] != '\0')
            library = dlopen(names[i], RTLD_NOW);
    if (library == NULL) {
        printf("cuBLAS: not there (%s)\n", dlerror());
        return;
    }
    *(void **)&create = dlsym(library, "cublasCreate_v2");
    *(void **)&version_of = dlsym(library, "cublasGetVersion_v2");
    *(void **)&bench->cublas_gemm =
        dlsym(library, REAL_BITS == 32 ? "cublasSgemm_v2" : "cublasDgemm_v2");
    if (create == NULL || bench->cublas_gemm == NULL || create(&bench->cublas) != 0) {
        printf("cuBLAS: there, but gives no handle\n");
        bench->cublas = NULL;
        return;
    }
    if (version_of != NULL)
        (void)version_of(bench->cublas, &version);
    printf(
        "cuBLAS %d: no TF32 (its default); in double it uses tensor cores where there are some\n",
        version);
}

int main(void)
{
    static const uint32_t sides[] = {512, 1024, 2048, 4096};
    const struct small_shape shape = {200, 64, 5, 256, 3};
    struct bench bench = {0};
    struct error err = {0};

    setvbuf(stdout, NULL, _IOLBF, 0);
    bench.card = cuda_device_new(gpu_image, 0, getenv("AGON_CUDA_DRIVER"), &err);
    if (bench.card == NULL)
        return fprintf(stderr, "bench: %s\n", err.text), 77;
    for (size_t i = 0; i < sizeof(sheets) / sizeof(sheets[0]) && bench.sheet == NULL; i++)
        if (strstr(bench.card->name, sheets[i].name) != NULL)
            bench.sheet = &sheets[i];
    printf("%s, " REAL_NAME, bench.card->name);
    if (bench.sheet != NULL)
        printf("; data sheet %s: %.1f TFLOP/s without tensor cores, %.2f TB/s", bench.sheet->name,
               bench.sheet->tflops[REAL_BITS == 64], bench.sheet->tbytes);
    printf("\n");
    open_cublas(&bench);
    bench_memory(&bench);
    bench_windows(&bench);
    bench_lanes(&bench);
    for (size_t i = 0; i < sizeof(sides) / sizeof(sides[0]); i++)
        bench_gemm(&bench, sides[i], sides[i], sides[i], 0, 0);
    bench_gemm(&bench, 2048, 2048, 2048, 1, 0);
    bench_gemm(&bench, 2048, 2048, 2048, 0, 1);
    bench_gemm(&bench, 64, 1024, 256, 0, 0);
    bench_gemm(&bench, 64, 256, 1024, 0, 1);
    bench_gemm(&bench, 256, 1024, 12800, 1, 0);
    bench_lstm(&bench, shape);
    bench.card->free(bench.card);
    printf(bench.is_bad ? "BENCH FAILED\n" : "BENCH DONE\n");
    return bench.is_bad;
}
