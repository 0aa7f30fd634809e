// SPDX-License-Identifier: Apache-2.0
/* own: an agent's own kernels through a worker on a card, compiled there by NVRTC: one that is
 * right, one that leaves its memory, one without end; who comes behind them is served. Ends with 1
 * when something is wrong, 77 without a card or a compiler.
 *
 *   own AGON_GPU */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../support/card/remote.h"
#include "sys/clock.h"

#define MINUTE ((int64_t)60 * CLOCK_SECOND)
#define N      4096u

static const char source[] =
    "#include <stdint.h>\n"
    "struct scale { const uint32_t *a; uint32_t *y; uint32_t n, factor; };\n"
    "extern \"C\" __global__ void own_scale(struct scale s)\n"
    "{\n"
    "    for (uint32_t i = blockIdx.x * blockDim.x + threadIdx.x; i < s.n; i += gridDim.x * "
    "blockDim.x)\n"
    "        s.y[i] = s.a[i] * s.factor;\n"
    "}\n"
    "struct at { volatile uint32_t *y; };\n"
    "extern \"C\" __global__ void own_beyond(struct at s) { s.y[(uint64_t)1 << 45] = 1; }\n"
    "extern \"C\" __global__ void own_endless(struct at s)\n"
    "{\n"
    "    while (*s.y != 77)\n"
    "        ;\n"
    "}\n";

struct scale {
    uint64_t a, y;
    uint32_t n, factor;
};
static const char *const names[] = {"own_scale", "own_beyond", "own_endless"};

static struct card_event run(struct card_worker *worker, int64_t lease, uint32_t entry)
{
    struct card_own_call call = {.blocks = 8, .threads = 128, .addresses = entry == 0 ? 3 : 1};
    struct scale scale = {CARD_JOB, CARD_JOB + N * 4, N, 3};
    uint64_t at = CARD_JOB + N * 4;
    struct remote_job job;
    struct error err = {0};

    memcpy(call.name, names[entry], strlen(names[entry]));
    memcpy(call.args, entry == 0 ? (const void *)&scale : &at, entry == 0 ? sizeof(scale) : 8);
    remote_job_init(&job, 32, N * 8);
    for (uint32_t i = 0; i < N; i++)
        memcpy(job.memory + i * 4, &i, sizeof(i));
    remote_job_call(&job, (enum kernel)CARD_OWN, &call, sizeof(call));
    job.head.n_input = N * 4;
    job.head.result_at = N * 4;
    job.head.n_result = N * 4;
    if (remote_job_submit(&job, worker, lease, 1, entry == 2 ? 2 * CLOCK_SECOND : MINUTE, &err) < 0)
        printf("FAILED %s\n", err.text);
    remote_job_deinit(&job);
    return remote_await(worker, CARD_EVENT_DONE);
}

static int is_right(struct card_worker *worker, int64_t lease, const char *when)
{
    struct card_event event = run(worker, lease, 0);
    uint32_t values[N];
    int is_good = event.status >= 0 &&
                  pread(event.result_fd, values, sizeof(values), 0) == (ssize_t)sizeof(values);

    for (uint32_t i = 0; i < N && is_good; i++)
        is_good = values[i] == 3 * i;
    if (event.result_fd >= 0)
        (void)close(event.result_fd);
    printf("%s an own kernel %s %s\n", is_good ? "same  " : "DIFFER", when, event.text);
    return is_good;
}

static int fails(struct card_worker *worker, int64_t lease, uint32_t entry, int status)
{
    struct card_event event = run(worker, lease, entry);

    printf("%s %s: %s\n", event.status == status ? "same  " : "DIFFER", names[entry], event.text);
    return event.status == status;
}

int main(int argc, char **argv)
{
    struct card_own own = {source, sizeof(source) - 1};
    struct card_worker_config config = card_worker_preset("cuda");
    struct card_lease shape = {.bytes = 1 << 20, .stage = 1 << 16, .resident_fd = -1};
    struct card_worker *worker;
    struct card_event event = {0};
    struct error err = {0};
    int64_t lease;
    int is_good;

    if (argc < 2)
        return fprintf(stderr, "own: see its head\n"), 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    config.program = argv[1];
    config.driver = getenv("AGON_CUDA_DRIVER");
    config.nvrtc = getenv("AGON_NVRTC");
    config.own = &own;
    worker = card_worker_new(&config, &err);
    if (worker == NULL)
        return fprintf(stderr, "own: %s\n", err.text), 2;
    while (event.kind != CARD_EVENT_UP && event.kind != CARD_EVENT_LOST)
        if (!card_worker_next(worker, &event) && !card_worker_wait(worker, MINUTE))
            return fprintf(stderr, "own: it does not come up\n"), 1;
    if (event.kind == CARD_EVENT_LOST)
        return fprintf(stderr, "own: %s\n", event.text),
               strstr(event.text, "no CUDA driver") != NULL ? 77 : 1;
    lease = card_worker_lease(worker, &shape, &err);
    event = run(worker, lease, 0);
    if (event.status == AGON_ENOTSUP)
        return fprintf(stderr, "own: %s\n", event.text), 77;
    if (event.result_fd >= 0)
        (void)close(event.result_fd);
    is_good = is_right(worker, lease, "is compiled and run");
    is_good &= fails(worker, lease, 1, AGON_EIO);
    is_good &= is_right(worker, lease, "behind one that left its memory");
    is_good &= fails(worker, lease, 2, AGON_ETIME);
    is_good &= is_right(worker, lease, "behind one without end");
    card_worker_free(worker);
    printf("%s\n", is_good ? "OWN KERNELS HOLD" : "OWN KERNELS ARE BROKEN");
    return is_good ? 0 : 1;
}
