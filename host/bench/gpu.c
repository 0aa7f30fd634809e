// SPDX-License-Identifier: Apache-2.0
/* gpu: a job's way from submit to its outcome through a worker process on the processor, and on the
 * first card where there is one, beside two messages over a bare pair of sockets with a process
 * that does nothing: what it takes to ask another process at all. First the job has to give the
 * bits of a kernel called here. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/table.h"
#include "card/worker.h"
#include "kernels/cpu.h"

#define SMALL  64u          /* values of a job whose result comes with its outcome */
#define LARGE  (16u * 1024) /* ... and of one whose result lies in memory of its own */
#define STEPS  16384u       /* chunks of a job that holds between them */
#define STAGE  65536u
#define CHUNK  ((int64_t)10 * 1000000000)
#define PLENTY ((int64_t)60 * 1000000000)

struct gpu {
    struct card_worker *worker; /* owned */
    struct device *device;      /* owned: the same here */
    int64_t lease;
    uint32_t n;              /* values of a job */
    int64_t stepped;         /* a job that holds between its chunks; 0: none is there */
    float *in, *out, *here;  /* owned: LARGE each */
    struct card_call *calls; /* owned: STEPS */
    int echo;                /* owned: the other process's socket */
    pid_t echo_pid;
    int failed;
};

/* The job: each value and its scale. 0: it failed. */
static int round_trip(struct gpu *gpu)
{
    struct map_args map = {.n = gpu->n, .op = MAP_SCALE, .scale = 3};
    struct card_job head = {.bits = 32, .n_calls = 1, .memory = gpu->n * sizeof(float)};
    struct card_call call = {.kernel = KERNEL_map};
    struct card_submit submit = {.lease = gpu->lease,
                                 .job = &head,
                                 .calls = &call,
                                 .input = gpu->in,
                                 .chunk_ns = CHUNK,
                                 .attempts = 1};
    struct card_event event = {0};

    map.a = map.y = (float *)(uintptr_t)CARD_JOB;
    memcpy(call.args, &map, sizeof(map));
    head.n_input = head.n_result = head.memory;
    if (card_worker_submit(gpu->worker, &submit, NULL) < 0)
        return 0;
    while (event.kind != CARD_EVENT_DONE)
        if (!card_worker_next(gpu->worker, &event) && !card_worker_wait(gpu->worker, PLENTY))
            return 0;
    if (event.status < 0)
        return 0;
    if (event.n_inline > 0) {
        memcpy(gpu->out, event.result, event.n_inline);
        return 1;
    }
    event.status = pread(event.result_fd, gpu->out, head.n_result, 0) == (ssize_t)head.n_result;
    (void)close(event.result_fd);
    return event.status;
}

/* A chunk: asked for, run, and its event taken. A job has many: the next begins where one ends. */
static int step(struct gpu *gpu)
{
    struct map_args map = {.n = gpu->n, .op = MAP_SCALE, .scale = 3};
    struct card_job head = {
        .bits = 32, .n_calls = STEPS, .chunk_calls = 1, .memory = gpu->n * sizeof(float)};
    struct card_submit submit = {.lease = gpu->lease,
                                 .job = &head,
                                 .calls = gpu->calls,
                                 .input = gpu->in,
                                 .chunk_ns = CHUNK,
                                 .attempts = 1,
                                 .is_stepped = 1};
    struct card_event event = {0};

    map.a = map.y = (float *)(uintptr_t)CARD_JOB;
    head.n_input = head.n_result = head.memory;
    for (uint32_t i = 0; i < STEPS && gpu->stepped == 0; i++) {
        gpu->calls[i].kernel = KERNEL_map;
        memcpy(gpu->calls[i].args, &map, sizeof(map));
    }
    if (gpu->stepped == 0)
        gpu->stepped = card_worker_submit(gpu->worker, &submit, NULL);
    if (gpu->stepped <= 0 || card_worker_go(gpu->worker, gpu->stepped, 1) < 0)
        return 0;
    while (event.kind != CARD_EVENT_DONE && event.kind != CARD_EVENT_CHUNK)
        if (!card_worker_next(gpu->worker, &event) && !card_worker_wait(gpu->worker, PLENTY))
            return 0;
    if (event.kind == CARD_EVENT_CHUNK)
        return 1;
    gpu->stepped = 0;
    return event.status >= 0;
}

static uint64_t run_steps(void *ctx, uint64_t n)
{
    struct gpu *gpu = ctx;

    for (uint64_t i = 0; i < n; i++)
        gpu->failed += !step(gpu);
    return n;
}

static uint64_t run_jobs(void *ctx, uint64_t n)
{
    struct gpu *gpu = ctx;

    for (uint64_t i = 0; i < n; i++)
        gpu->failed += !round_trip(gpu);
    return n;
}

static uint64_t run_echo(void *ctx, uint64_t n)
{
    const struct gpu *gpu = ctx;
    struct card_answer answer;
    struct card_ask ask = {0};

    for (uint64_t i = 0; i < n; i++)
        if (send(gpu->echo, &ask, sizeof(ask), MSG_NOSIGNAL) < 0 ||
            recv(gpu->echo, &answer, sizeof(answer), 0) <= 0)
            return 0;
    return n;
}

static int start_echo(struct gpu *gpu)
{
    struct card_answer answer = {0};
    int fds[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0)
        return AGON_EIO;
    gpu->echo_pid = fork();
    if (gpu->echo_pid == 0) {
        (void)close(fds[0]);
        while (recv(fds[1], &answer, sizeof(answer), 0) > 0 &&
               send(fds[1], &answer, sizeof(answer), MSG_NOSIGNAL) > 0)
            ;
        _exit(0);
    }
    (void)close(fds[1]);
    gpu->echo = fds[0];
    return gpu->echo_pid < 0 ? AGON_EIO : AGON_OK;
}

/* Until the worker has its device, and the lease is there. 0: it has none; text says why. */
static int is_up(struct gpu *gpu, char *text, size_t room)
{
    struct card_event event = {0};

    while (event.kind != CARD_EVENT_LEASED && event.kind != CARD_EVENT_LOST)
        if (!card_worker_next(gpu->worker, &event) && !card_worker_wait(gpu->worker, PLENTY))
            break;
    (void)snprintf(text, room, "not run: %s", event.text);
    return event.kind == CARD_EVENT_LEASED && event.status >= 0;
}

static int init(struct gpu *gpu, const char *device, struct error *err)
{
    struct card_worker_config config = card_worker_preset(device);
    struct card_lease lease = {
        .bytes = LARGE * sizeof(float) + STAGE, .stage = STAGE, .resident_fd = -1};

    config.lives_max = 1;
    gpu->echo = -1;
    gpu->in = calloc(LARGE, sizeof(float));
    gpu->out = calloc(LARGE, sizeof(float));
    gpu->here = calloc(LARGE, sizeof(float));
    gpu->calls = calloc(STEPS, sizeof(*gpu->calls));
    gpu->device = cpu_device_new(CPU_BEST, 1);
    if (gpu->calls == NULL || gpu->in == NULL || gpu->out == NULL || gpu->here == NULL ||
        gpu->device == NULL)
        return error_set(err, AGON_ENOMEM, "no memory for jobs");
    for (uint32_t i = 0; i < LARGE; i++)
        gpu->in[i] = (float)i / 7;
    if (start_echo(gpu) < 0)
        return error_set(err, AGON_EIO, "no process to ask");
    gpu->worker = card_worker_new(&config, err);
    if (gpu->worker == NULL)
        return AGON_EIO;
    gpu->lease = card_worker_lease(gpu->worker, &lease, err);
    return gpu->lease < 0 ? (int)gpu->lease : AGON_OK;
}

static void deinit(struct gpu *gpu)
{
    card_worker_free(gpu->worker);
    if (gpu->echo >= 0)
        (void)close(gpu->echo);
    if (gpu->echo_pid > 0)
        (void)waitpid(gpu->echo_pid, NULL, 0);
    if (gpu->device != NULL)
        gpu->device->free(gpu->device);
    free(gpu->in);
    free(gpu->out);
    free(gpu->here);
    free(gpu->calls);
}

static int compare(struct bench *bench, struct gpu *gpu, const char *prefix, uint32_t n)
{
    struct map_args map = {.a = gpu->in, .y = gpu->here, .n = n, .op = MAP_SCALE, .scale = 3};
    char name[32];
    struct bench_pair pair = {
        .name = name,
        .op = "job",
        .product = n == SMALL ? "a job of 64 floats, from submit to outcome"
                              : "a job of 16,384 floats, whose result is sealed memory",
        .yardstick = "two messages of the same sizes with a process that does nothing",
        .run_product = run_jobs,
        .run_yardstick = run_echo,
        .ctx = gpu,
        .n = 2000,
        .batch = 1,
        .is_wall = 1,
    };
    int rc;

    (void)snprintf(name, sizeof(name), "gpu.%sjob%s", prefix, n == SMALL ? "" : ".64k");
    gpu->n = n;
    kernel_map(gpu->device, &map);
    bench_check(bench, round_trip(gpu) && memcmp(gpu->out, gpu->here, n * sizeof(float)) == 0,
                "%s: a job has the bits of a kernel that is called here", name);
    rc = bench_compare(bench, &pair);
    bench_check(bench, gpu->failed == 0, "%s: no job failed", name);
    return rc;
}

static int compare_chunks(struct bench *bench, struct gpu *gpu, const char *prefix)
{
    char name[32];
    struct bench_pair pair = {
        .name = name,
        .op = "chunk",
        .product = "a chunk of 64 floats of a job that holds, from go to its event",
        .yardstick = "two messages of the same sizes with a process that does nothing",
        .run_product = run_steps,
        .run_yardstick = run_echo,
        .ctx = gpu,
        .n = 2000,
        .batch = 1,
        .is_wall = 1,
    };
    int rc;

    (void)snprintf(name, sizeof(name), "gpu.%schunk", prefix);
    gpu->n = SMALL;
    rc = bench_compare(bench, &pair);
    bench_check(bench, gpu->failed == 0, "%s: no chunk failed", name);
    if (gpu->stepped > 0)
        (void)card_worker_cancel(gpu->worker, gpu->stepped);
    return rc;
}

/* Rows gpu.PREFIX...: on that device, where it is there. */
static int bench_device(struct bench *bench, const char *device, const char *prefix,
                        struct error *err)
{
    struct gpu gpu = {0};
    char why[CARD_TEXT + 16], name[32];
    int rc = init(&gpu, device, err);

    (void)snprintf(name, sizeof(name), "gpu.%sjob", prefix);
    if (rc >= 0 && !is_up(&gpu, why, sizeof(why))) {
        bench_absent(bench, name, why);
        deinit(&gpu);
        return AGON_OK;
    }
    if (rc >= 0)
        rc = compare(bench, &gpu, prefix, SMALL);
    if (rc >= 0)
        rc = compare(bench, &gpu, prefix, LARGE);
    if (rc >= 0)
        rc = compare_chunks(bench, &gpu, prefix);
    deinit(&gpu);
    return rc;
}

int bench_gpu(struct bench *bench, struct error *err)
{
    int rc = bench_device(bench, "cpu", "", err);

    if (rc >= 0)
        rc = bench_device(bench, "cuda", "cuda.", err);
    return rc < 0 ? rc : bench_gpu_lanes(bench, err);
}
