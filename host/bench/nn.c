// SPDX-License-Identifier: Apache-2.0
/* nn: an event through three layers of LSTM with 256 cells, beside only reading their weights,
 * which is the least that it takes; and a product of matrices beside the core's fused multiply-adds
 * in registers; and boosted trees (nn_trees.c); and a training step beside libtorch's (nn_train.c).
 * First the stream has to give the bits of its window, and the product those of a loop. */
#include <stdlib.h>
#include <string.h>

#include "bench/nn_peak.h"
#include "bench/nn_train.h"
#include "bench/nn_trees.h"
#include "bench/table.h"
#include "kernels/cpu.h"
#include "nn/lstm.h"

#define LAYERS 3
#define INPUTS 5
#define HIDDEN 256
#define WINDOW 32   /* events of the check */
#define SIDE   768u /* of the larger product; the smaller one is of HIDDEN */

struct stack {
    struct device *device; /* owned */
    enum cpu_isa isa;
    struct lstm layers[LAYERS];
    struct lstm_stream streams[LAYERS];
    float *weights[LAYERS], *x; /* owned */
    size_t bytes;               /* of all weights */
    uint64_t at;                /* events so far */
    float *a, *b, *c;           /* owned: SIDE x SIDE */
    uint32_t side;              /* of the product that is timed */
};

static void fill(float *at, size_t n, uint32_t seed, float size)
{
    uint32_t state = seed * 2654435761u + 1;

    for (size_t i = 0; i < n; i++) {
        state = state * 1664525u + 1013904223u;
        at[i] = ((float)(state >> 8) / 8388608.0f - 1.0f) * size;
    }
}

static void step(struct stack *stack, const float *x)
{
    for (int i = 0; i < LAYERS; i++) {
        lstm_step(stack->device, &stack->layers[i], stack->weights[i], x, &stack->streams[i]);
        x = stack->streams[i].h;
    }
}

static uint64_t run_stream(void *ctx, uint64_t n)
{
    struct stack *stack = ctx;

    for (uint64_t i = 0; i < n; i++)
        step(stack, stack->x + stack->at++ % WINDOW * INPUTS);
    return (uint64_t)(stack->streams[LAYERS - 1].h[0] * 1e6f + 1e6f);
}

static uint64_t run_read(void *ctx, uint64_t n)
{
    struct stack *stack = ctx;

    for (uint64_t i = 0; i < n; i++)
        for (int layer = 0; layer < LAYERS; layer++)
            nn_peak_read(stack->isa, stack->weights[layer], lstm_weights(&stack->layers[layer]));
    return n;
}

static struct gemm_args product(const struct stack *stack)
{
    return (struct gemm_args){.a = stack->a,
                              .b = stack->b,
                              .c = stack->c,
                              .m = stack->side,
                              .n = stack->side,
                              .k = stack->side,
                              .lda = stack->side,
                              .ldb = stack->side,
                              .ldc = stack->side};
}

static uint64_t run_gemm(void *ctx, uint64_t n)
{
    struct stack *stack = ctx;
    struct gemm_args args = product(stack);

    for (uint64_t i = 0; i < n; i++)
        kernel_gemm(stack->device, &args);
    return (uint64_t)(stack->c[0] * stack->c[0]);
}

static uint64_t run_peak(void *ctx, uint64_t n)
{
    const struct stack *stack = ctx;
    float sum = 0;

    for (uint64_t i = 0; i < n; i++)
        sum += nn_peak_fma(stack->isa, (uint64_t)stack->side * stack->side * stack->side);
    return (uint64_t)sum;
}

/* Layer by layer over the window, and event by event. */
static int stream_is_window(struct stack *stack)
{
    struct lstm_tape tapes[LAYERS] = {{0}};
    const float *x = stack->x;
    int is_same = 0;

    for (int i = 0; i < LAYERS; i++) {
        if (lstm_tape_init(stack->device, &stack->layers[i], WINDOW, 1, &tapes[i]) < 0)
            goto done;
        lstm_forward(stack->device, &stack->layers[i], stack->weights[i], x, &tapes[i]);
        x = tapes[i].h + HIDDEN;
    }
    for (uint32_t t = 0; t < WINDOW; t++)
        step(stack, stack->x + (size_t)t * INPUTS);
    is_same = memcmp(stack->streams[LAYERS - 1].h, x + (size_t)(WINDOW - 1) * HIDDEN,
                     HIDDEN * sizeof(float)) == 0;
done:
    for (int i = 0; i < LAYERS; i++)
        lstm_tape_deinit(stack->device, &tapes[i]);
    return is_same;
}

static int product_is_that_of_a_loop(struct stack *stack)
{
    struct gemm_args args = product(stack);
    uint32_t side = stack->side;

    kernel_gemm(stack->device, &args);
    for (uint32_t i = 0; i < side; i += 61)
        for (uint32_t j = 0; j < side; j += 13) {
            float sum = 0;

            for (uint32_t k = 0; k < side; k++)
                sum = __builtin_fmaf(stack->a[i * side + k], stack->b[k * side + j], sum);
            if (memcmp(&sum, &stack->c[i * side + j], sizeof(sum)) != 0)
                return 0;
        }
    return 1;
}

static int init(struct stack *stack)
{
    const size_t n_product = (size_t)SIDE * SIDE;

    stack->isa = cpu_isa_best();
    stack->device = cpu_device_new(CPU_BEST, 1);
    if (stack->device == NULL)
        return AGON_ENOMEM;
    for (int i = 0; i < LAYERS; i++) {
        size_t n;

        stack->layers[i] = (struct lstm){i == 0 ? INPUTS : HIDDEN, HIDDEN};
        n = lstm_weights(&stack->layers[i]);
        stack->bytes += n * sizeof(float);
        stack->weights[i] = stack->device->alloc(stack->device, n * sizeof(float));
        if (stack->weights[i] == NULL ||
            lstm_stream_init(stack->device, &stack->layers[i], 1, &stack->streams[i]) < 0)
            return AGON_ENOMEM;
        fill(stack->weights[i], n, (uint32_t)i, 1.0f / 16);
    }
    stack->x = stack->device->alloc(stack->device, (size_t)WINDOW * INPUTS * sizeof(float));
    stack->a = stack->device->alloc(stack->device, n_product * sizeof(float));
    stack->b = stack->device->alloc(stack->device, n_product * sizeof(float));
    stack->c = stack->device->alloc(stack->device, n_product * sizeof(float));
    if (stack->x == NULL || stack->a == NULL || stack->b == NULL || stack->c == NULL)
        return AGON_ENOMEM;
    fill(stack->x, (size_t)WINDOW * INPUTS, 10, 1);
    fill(stack->a, n_product, 11, 1);
    fill(stack->b, n_product, 12, 1);
    return AGON_OK;
}

static void deinit(struct stack *stack)
{
    if (stack->device == NULL)
        return;
    for (int i = 0; i < LAYERS; i++) {
        stack->device->release(stack->device, stack->weights[i]);
        lstm_stream_deinit(stack->device, &stack->streams[i]);
    }
    stack->device->release(stack->device, stack->x);
    stack->device->release(stack->device, stack->a);
    stack->device->release(stack->device, stack->b);
    stack->device->release(stack->device, stack->c);
    stack->device->free(stack->device);
}

static int compare_product(struct bench *bench, struct stack *stack, const char *name,
                           const char *op, uint32_t side, uint64_t n)
{
    struct bench_pair pair = {
        .name = name,
        .op = op,
        .product = "gemm of floats, one thread",
        .yardstick = "as many multiply-adds in registers: the core's peak",
        .run_product = run_gemm,
        .run_yardstick = run_peak,
        .ctx = stack,
        .n = n,
        .batch = 1,
        .goal = 1.5,
        .goal_kind = BENCH_AT_MOST,
        .goal_text = "at most 1.5 times the core's peak",
        .why = "both matrices and the sums between blocks of terms come from the second cache",
    };

    stack->side = side;
    bench_check(bench, product_is_that_of_a_loop(stack), "%s: it has the bits of a loop", name);
    return bench_compare(bench, &pair);
}

int bench_nn(struct bench *bench, struct error *err)
{
    struct stack stack = {0};
    int rc = init(&stack);

    if (rc < 0) {
        rc = error_set(err, rc, "no memory for a model of %zu bytes", stack.bytes);
        goto done;
    }
    bench_check(bench, stream_is_window(&stack),
                "nn: %d events one by one give the bits of their window", WINDOW);

    struct bench_pair stream = {
        .name = "nn.stream",
        .op = "event",
        .product = "three layers of LSTM with 256 cells, one thread",
        .yardstick = "their weights read once, 5.3 MB",
        .run_product = run_stream,
        .run_yardstick = run_read,
        .ctx = &stack,
        .n = 400,
        .batch = 1,
        .goal = 1.5,
        .goal_kind = BENCH_AT_MOST,
        .goal_text = "at most 1.5 times the time to read its weights",
    };
    rc = bench_compare(bench, &stream);
    if (rc >= 0)
        rc = compare_product(bench, &stack, "nn.gemm", "product of 256 x 256", HIDDEN, 400);
    if (rc >= 0)
        rc = compare_product(bench, &stack, "nn.gemm.768", "product of 768 x 768", SIDE, 20);
    if (rc >= 0)
        rc = bench_nn_trees(bench, err);
    if (rc >= 0)
        rc = bench_nn_train(bench, err);
done:
    deinit(&stack);
    return rc;
}
