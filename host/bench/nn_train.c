// SPDX-License-Identifier: Apache-2.0
#include "bench/nn_train.h"

#include <dlfcn.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "bench/train_torch.h"
#include "kernels/cpu.h"
#include "nn/train.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/proc.h"

#define BATCH   64u
#define RATE    0.001
#define CHECKED 3    /* steps before those that are timed */
#define NEAR    1e-4 /* answers after them, float beside float */

struct both {
    struct device *device; /* owned */
    struct net net;
    struct train train; /* owned */
    uint32_t steps;
    float *x, *target, *share, *y, *theirs_y; /* owned: one block */
    void *library;                            /* owned */
    const struct train_torch *torch;          /* NULL: it is not there */
    void *theirs;                             /* owned: its training */
    int has_failed;
};

static uint64_t run_ours(void *ctx, uint64_t n)
{
    struct both *both = ctx;

    for (uint64_t i = 0; i < n; i++)
        train_step_f32(&both->train, both->x, both->target, both->share);
    return n;
}

static uint64_t run_theirs(void *ctx, uint64_t n)
{
    struct both *both = ctx;

    for (uint64_t i = 0; i < n; i++)
        both->has_failed |= !both->torch->step(both->theirs, both->x, both->target);
    return n;
}

static void draw(float *at, size_t n, uint32_t state, float low)
{
    for (size_t i = 0; i < n; i++) {
        state = state * 1664525u + 1013904223u;
        at[i] = low + (1 - low) * (float)(state >> 8) / 16777216.0F;
    }
}

static int init(struct both *both, struct error *err)
{
    struct net_shape shape = {.arch = net_arch_find_f32("lstm/2"),
                              .inputs = 5,
                              .outputs = 3,
                              .hidden = 256,
                              .layers = 3,
                              .head = 128};
    size_t rows = (size_t)both->steps * BATCH;
    size_t n_y = rows * shape.outputs;
    int rc = net_init_f32(&shape, &both->net, err);

    if (rc < 0)
        return rc;
    both->device = cpu_device_new_f32(CPU_BEST, 1);
    both->x = calloc(rows * shape.inputs + 4 * n_y, sizeof(float));
    if (both->device == NULL || both->x == NULL ||
        train_init_f32(both->device, &both->net, both->steps, BATCH, TRAIN_SQUARE, RATE, 1,
                       &both->train) < 0)
        return error_set(err, AGON_ENOMEM, "no memory for a training");
    both->target = both->x + rows * shape.inputs;
    both->share = both->target + n_y;
    both->y = both->share + n_y;
    both->theirs_y = both->y + n_y;
    draw(both->x, rows * shape.inputs, 1, -1);
    draw(both->target, n_y, 2, 0);
    for (size_t i = 0; i < n_y; i++)
        both->share[i] = (float)(1 / (double)n_y);
    return AGON_OK;
}

/* Its libraries read these at their start; one of them has threads of its own otherwise. */
static int ask_for_one_thread(void)
{
    return setenv("OPENBLAS_NUM_THREADS", "1", 1) == 0 && setenv("OMP_NUM_THREADS", "1", 1) == 0 &&
           setenv("MKL_NUM_THREADS", "1", 1) == 0;
}

static void open_theirs(struct both *both)
{
    struct train_torch_tensor tensors[NET_TENSORS];
    struct train_torch_shape shape = {.inputs = both->net.shape.inputs,
                                      .outputs = both->net.shape.outputs,
                                      .hidden = both->net.shape.hidden,
                                      .layers = both->net.shape.layers,
                                      .head = both->net.shape.head,
                                      .steps = both->steps,
                                      .batch = BATCH,
                                      .rate = RATE};
    char path[PATH_MAX];

    if (proc_beside(TRAIN_TORCH_FILE, path, sizeof(path)) < 0 || !file_is_there(path) ||
        !ask_for_one_thread())
        return;
    both->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (both->library != NULL)
        both->torch = dlsym(both->library, TRAIN_TORCH_SYMBOL);
    if (both->torch == NULL)
        return;
    for (uint32_t i = 0; i < both->net.n_tensors; i++) {
        const struct net_tensor *tensor = &both->net.tensors[i];

        tensors[i] = (struct train_torch_tensor){
            .name = tensor->name, .n_dims = tensor->n_dims, .at = both->train.weights + tensor->at};
        for (uint32_t k = 0; k < tensor->n_dims; k++)
            tensors[i].dims[k] = tensor->dims[k];
    }
    both->theirs = both->torch->begin(&shape, tensors, both->net.n_tensors);
    if (both->theirs == NULL)
        both->torch = NULL;
}

static void deinit(struct both *both)
{
    if (both->theirs != NULL)
        both->torch->end(both->theirs);
    train_deinit_f32(&both->train);
    if (both->device != NULL)
        both->device->free(both->device);
    free(both->x);
    // Threads and destructors of its own: its library stays until the program's end.
}

/* Both from the same weights, some steps: how far the answers are apart at last. */
static double distance(struct both *both)
{
    double most = 0;

    (void)run_ours(both, CHECKED);
    (void)run_theirs(both, CHECKED);
    both->device->read(both->device, both->y, both->train.y, both->train.n_y * sizeof(float));
    both->torch->read(both->theirs, both->theirs_y);
    for (size_t i = 0; i < both->train.n_y; i++) {
        double off = fabs((double)both->y[i] - (double)both->theirs_y[i]);

        if (!(off <= most))
            most = off; // a NaN too
    }
    return most;
}

static double alone_ms(struct both *both)
{
    int64_t began;

    (void)run_ours(both, 1);
    began = clock_mono();
    (void)run_ours(both, 2);
    return (double)(clock_mono() - began) / 2e6;
}

int bench_nn_train(struct bench *bench, struct error *err)
{
    struct both both = {.steps = bench->is_quick ? 10 : 100};
    char yardstick[96];
    int rc = init(&both, err);

    if (rc < 0) {
        deinit(&both);
        return rc;
    }
    open_theirs(&both);
    if (both.torch == NULL) {
        bench_absent(bench, "nn.train", "not built: needs libtorch-dev and g++");
        bench_figure(bench, "nn.train.alone", alone_ms(&both), "ms",
                     "a training step, one thread, wall time");
    } else {
        double far = distance(&both);
        struct bench_pair pair = {
            .name = "nn.train",
            .op = "training step",
            .product = "LSTM of 5 inputs, 3 layers of 256, head of 128; 64 sequences of 100",
            .yardstick = yardstick,
            .run_product = run_ours,
            .run_yardstick = run_theirs,
            .ctx = &both,
            .n = 1,
            .goal = 1,
            .goal_kind = BENCH_AT_LEAST,
            .goal_text = "at least as fast (0.5 required)",
            .why = "sums are in one order of their own for any width of registers and number of "
                   "threads",
        };

        (void)snprintf(yardstick, sizeof(yardstick),
                       "libtorch %.20s: the same weights and batches, one thread",
                       both.torch->version);
        bench_check(bench, far <= NEAR,
                    "nn.train: after %d steps the answers are %.2g apart, at "
                    "most %g",
                    CHECKED, far, NEAR);
        rc = bench_compare(bench, &pair);
        bench_check(bench, !both.has_failed, "nn.train: libtorch took each step");
    }
    deinit(&both);
    return rc;
}
