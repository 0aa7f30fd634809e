// SPDX-License-Identifier: Apache-2.0
/* world: a worker, and jobs whose results are known: what they compute is computed here too. */
#ifndef UNIT_CARD_WORLD_H
#define UNIT_CARD_WORLD_H

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../support/card/remote.h"
#include "../../support/kernels/cases.h"
#include "../../support/must.h"
#include "kernels/cpu.h"

#define SIDE   24u
#define CELLS  (SIDE * SIDE)
#define MEMORY ((uint64_t)4 * CELLS * sizeof(real)) /* a, b, c, y of SIDE x SIDE */
#define STAGE  65536u
#define SECOND ((int64_t)1000000000)

static const char *program; /* agon-gpu */

static void *part(unsigned char *base, uint32_t i)
{
    return base + (uint64_t)i * CELLS * sizeof(real);
}

/* Three calls that need each other's results, on memory at base. */
static void three_calls(unsigned char *base, void *ctx,
                        void (*emit)(void *ctx, enum kernel kernel, const void *args, size_t size))
{
    struct gemm_args gemm = {.a = part(base, 0),
                             .b = part(base, 1),
                             .c = part(base, 2),
                             .m = SIDE,
                             .n = SIDE,
                             .k = SIDE,
                             .lda = SIDE,
                             .ldb = SIDE,
                             .ldc = SIDE};
    struct map_args map = {
        .a = part(base, 2), .y = part(base, 2), .n = CELLS, .op = MAP_TANH, .scale = 1};
    struct softmax_args softmax = {.a = part(base, 2), .y = part(base, 3), .rows = SIDE, .n = SIDE};

    emit(ctx, KERNEL_gemm, &gemm, sizeof(gemm));
    emit(ctx, KERNEL_map, &map, sizeof(map));
    emit(ctx, KERNEL_softmax, &softmax, sizeof(softmax));
}

static void emit_job(void *ctx, enum kernel kernel, const void *args, size_t size)
{
    remote_job_call(ctx, kernel, args, size);
}

static void emit_here(void *ctx, enum kernel kernel, const void *args, size_t size)
{
    struct device *device = ctx;

    (void)size;
    device->run(device, kernel, args);
}

/* Job number `seed`. Its memory is its input and its result. */
static inline void make_job(struct remote_job *job, uint32_t seed)
{
    remote_job_init(job, REAL_BITS, MEMORY);
    for (uint32_t i = 0; i < 2 * CELLS; i++) {
        real value = case_value(seed, i);

        memcpy(job->memory + i * sizeof(real), &value, sizeof(real));
    }
    three_calls(remote_at(0), job, emit_job);
}

/* Has the event the bits that this processor computes? */
static inline int is_right(const struct card_event *event, uint32_t seed)
{
    struct device *device = cpu_device_new(CPU_BEST, 1);
    unsigned char *here = aligned_alloc(64, (MEMORY + 63) / 64 * 64);
    unsigned char *there = malloc(MEMORY);
    struct remote_job job;
    int is_same;

    MUST(device != NULL && here != NULL && there != NULL);
    make_job(&job, seed);
    memcpy(here, job.memory, MEMORY);
    three_calls(here, device, emit_here);
    is_same = event->status >= 0 && event->bytes == MEMORY && event->result_fd >= 0 &&
              pread(event->result_fd, there, MEMORY, 0) == (ssize_t)MEMORY &&
              memcmp(here, there, MEMORY) == 0;
    remote_job_deinit(&job);
    device->free(device);
    free(here);
    free(there);
    return is_same;
}

static inline struct card_worker *start(struct card_worker_config config)
{
    struct error err = {0};
    struct card_worker *worker;

    config.program = program;
    worker = card_worker_new(&config, &err);
    ck_assert_msg(worker != NULL, "%s", err.text);
    return worker;
}

/* A lease for jobs like those. */
static inline int64_t lease_of(struct card_worker *worker)
{
    struct card_lease lease = {.bytes = MEMORY + STAGE, .stage = STAGE, .resident_fd = -1};
    struct error err = {0};
    int64_t id = card_worker_lease(worker, &lease, &err);

    ck_assert_msg(id > 0, "%s", err.text);
    return id;
}

static inline int64_t submit_job(struct card_worker *worker, int64_t lease, uint32_t seed,
                                 uint32_t attempts, int64_t chunk_ns)
{
    struct remote_job job;
    struct error err = {0};
    int64_t id;

    make_job(&job, seed);
    id = remote_job_submit(&job, worker, lease, attempts, chunk_ns, &err);
    memset(job.memory, 0xee, MEMORY); // whoever goes on writing changes nothing
    remote_job_deinit(&job);
    ck_assert_msg(id > 0, "%s", err.text);
    return id;
}

#define JOBS_MAX 512

/* What became of jobs 0 to n - 1, which are ids first to first + n - 1 and seeds alike. */
struct outcomes {
    int status[JOBS_MAX];
    uint32_t count[JOBS_MAX], attempts[JOBS_MAX];
    int is_right[JOBS_MAX];
    uint32_t n, downs, losts, ended;
    char text[CARD_TEXT]; /* of the last that failed */
};

static inline void take_event(struct outcomes *outcomes, int64_t first, struct card_event *event)
{
    uint32_t at = (uint32_t)(event->job - first);

    outcomes->downs += event->kind == CARD_EVENT_DOWN;
    outcomes->losts += event->kind == CARD_EVENT_LOST;
    outcomes->ended += event->kind == CARD_EVENT_ENDED && event->status == AGON_OK;
    if (event->kind != CARD_EVENT_DONE)
        return;
    MUST(at < JOBS_MAX);
    outcomes->n++;
    outcomes->count[at]++;
    outcomes->status[at] = event->status;
    outcomes->attempts[at] = event->attempts;
    outcomes->is_right[at] = event->status >= 0 && is_right(event, at);
    if (event->status < 0)
        memcpy(outcomes->text, event->text, sizeof(outcomes->text));
    if (event->result_fd >= 0)
        (void)close(event->result_fd);
}

/* Until n outcomes are there. */
static inline void take_outcomes(struct card_worker *worker, int64_t first, uint32_t n,
                                 struct outcomes *outcomes)
{
    struct card_event event;

    while (outcomes->n < n) {
        ck_assert_msg(card_worker_wait(worker, 60 * SECOND), "%u of %u outcomes", outcomes->n, n);
        // No more than so many: who kills the worker behind the nth means it.
        while (outcomes->n < n && card_worker_next(worker, &event))
            take_event(outcomes, first, &event);
    }
}

#endif
