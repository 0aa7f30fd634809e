// SPDX-License-Identifier: Apache-2.0
/* own: an agent's own kernels through a worker on a card, compiled there by NVRTC: one that is
 * right, one that leaves its memory, one without end, one that reads what was freed, of a lease
 * that ended, of another process and of one that was killed: it ends its worker or finds nothing.
 * Who comes behind them, or beside them with kernels of its own, is served. Ends with 1 when
 * something is wrong, 77 without a card or a compiler.
 *
 *   own AGON_GPU */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../support/card/remote.h"
#include "sys/clock.h"

#define MINUTE ((int64_t)60 * CLOCK_SECOND)
#define N      4096u
#define LARGE  ((uint64_t)64 << 20)
#define MARK   0x5ec2e7a5u

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
    "}\n"
    "struct freed { volatile uint32_t *y; const volatile uint32_t *at; };\n"
    "__device__ const volatile uint32_t *kept;\n"
    "extern \"C\" __global__ void own_freed(struct freed s)\n"
    "{\n"
    "    const volatile uint32_t *at = s.at != 0 ? s.at : kept;\n"
    "    *s.y = at != 0 ? at[1] : 5;\n"
    "    s.y[1] = (uint32_t)(uint64_t)s.y;\n"
    "    s.y[2] = (uint32_t)((uint64_t)s.y >> 32);\n"
    "    kept = s.y;\n"
    "}\n";
/* What the card itself leaves to the next process: y is filled; then memory that a kernel takes and
 * shared memory, neither of which anybody has written, are searched for it. */
static const char remains[] =
    "#include <stdint.h>\n"
    "extern \"C\" void *malloc(size_t);\n"
    "extern \"C\" void free(void *);\n"
    "struct fill { uint32_t *y; uint64_t n; uint32_t mark; };\n"
    "extern \"C\" __global__ void own_fill(struct fill s)\n"
    "{\n"
    "    for (uint64_t i = blockIdx.x * blockDim.x + threadIdx.x; i < s.n; i += gridDim.x * "
    "blockDim.x)\n"
    "        s.y[i] = s.mark;\n"
    "}\n"
    "extern \"C\" __global__ void own_remains(struct fill s)\n"
    "{\n"
    "    __shared__ volatile uint32_t shared[8192];\n"
    "    const uint32_t n = 1 << 18;\n"
    "    volatile uint32_t *heap = (volatile uint32_t *)malloc(4 * n);\n"
    "    for (uint32_t i = threadIdx.x; i < 8192; i += blockDim.x) {\n"
    "        if (shared[i] == s.mark)\n"
    "            atomicAdd(s.y + 2, 1);\n"
    "    }\n"
    "    for (uint32_t i = 0; i < n && heap != 0; i++) {\n"
    "        if (heap[i] == s.mark)\n"
    "            atomicAdd(s.y + 1, 1);\n"
    "    }\n"
    "    if (heap != 0)\n"
    "        atomicAdd(s.y, n);\n"
    "    __syncthreads();\n"
    "    free((void *)heap);\n"
    "}\n";

struct scale {
    uint64_t a, y;
    uint32_t n, factor;
};
enum { SCALE, BEYOND, ENDLESS, FREED };
static const char *const names[] = {"own_scale", "own_beyond", "own_endless", "own_freed"};

/* `from`: the address that own_freed reads; 0: what it kept. */
static void hand_over(struct card_worker *worker, int64_t lease, uint32_t entry, uint64_t from)
{
    struct card_own_call call = {.blocks = 8, .threads = 128, .addresses = entry == SCALE ? 3 : 1};
    struct scale scale = {CARD_JOB, CARD_JOB + N * 4, N, 3};
    uint64_t at[2] = {CARD_JOB + N * 4, from};
    struct remote_job job;
    struct error err = {0};

    if (entry == FREED)
        call.blocks = call.threads = 1;
    memcpy(call.name, names[entry], strlen(names[entry]));
    memcpy(call.args, entry == SCALE ? (const void *)&scale : at,
           entry == SCALE ? sizeof(scale) : sizeof(at));
    remote_job_init(&job, 32, N * 8);
    for (uint32_t i = 0; i < N; i++)
        memcpy(job.memory + i * 4, &i, sizeof(i));
    remote_job_call(&job, (enum kernel)CARD_OWN, &call, sizeof(call));
    job.head.n_input = N * 4;
    job.head.result_at = N * 4;
    job.head.n_result = N * 4;
    if (remote_job_submit(&job, worker, lease, 1, entry == ENDLESS ? 2 * CLOCK_SECOND : MINUTE,
                          &err) < 0)
        printf("FAILED %s\n", err.text);
    remote_job_deinit(&job);
}

static struct card_event run(struct card_worker *worker, int64_t lease, uint32_t entry)
{
    hand_over(worker, lease, entry, 0);
    return remote_await(worker, CARD_EVENT_DONE);
}

static int comes_right(struct card_worker *worker, const char *when)
{
    struct card_event event = remote_await(worker, CARD_EVENT_DONE);
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

static int is_right(struct card_worker *worker, int64_t lease, const char *when)
{
    hand_over(worker, lease, SCALE, 0);
    return comes_right(worker, when);
}

static int fails(struct card_worker *worker, int64_t lease, uint32_t entry, int status)
{
    struct card_event event = run(worker, lease, entry);

    printf("%s %s: %s\n", event.status == status ? "same  " : "DIFFER", names[entry], event.text);
    return event.status == status;
}

/* One worker of own kernels and a lease of it. */
struct own {
    struct card_worker *worker;
    int64_t lease;
};
static struct card_worker_config config;

static int64_t lease_of(struct card_worker *worker, uint64_t bytes)
{
    struct card_lease shape = {.bytes = bytes, .stage = 1 << 16, .resident_fd = -1};
    struct error err = {0};
    int64_t lease = card_worker_lease(worker, &shape, &err);

    if (lease < 0)
        printf("FAILED a lease: %s\n", err.text);
    return lease;
}

/* 0: it is up; else what to end with. */
static int start(struct own *own, const char *text, uint64_t bytes)
{
    struct card_own code = {text, strlen(text)};
    struct card_event event = {0};
    struct error err = {0};

    config.own = &code;
    own->worker = card_worker_new(&config, &err);
    if (own->worker == NULL)
        return fprintf(stderr, "own: %s\n", err.text), 2;
    while (event.kind != CARD_EVENT_UP && event.kind != CARD_EVENT_LOST)
        if (!card_worker_next(own->worker, &event) && !card_worker_wait(own->worker, MINUTE))
            return fprintf(stderr, "own: it does not come up\n"), 1;
    if (event.kind == CARD_EVENT_LOST)
        return fprintf(stderr, "own: %s\n", event.text),
               strstr(event.text, "no CUDA driver") != NULL ? 77 : 1;
    own->lease = lease_of(own->worker, bytes);
    return 0;
}

/* What own_freed found: at `at` where it lay itself. */
static int found(struct card_event *event, uint32_t *value, uint64_t *at)
{
    uint32_t values[3];
    int is_good = event->status >= 0 &&
                  pread(event->result_fd, values, sizeof(values), 0) == (ssize_t)sizeof(values);

    if (event->result_fd >= 0)
        (void)close(event->result_fd);
    if (!is_good)
        return 0;
    *value = values[0];
    memcpy(at, values + 1, sizeof(*at));
    return 1;
}

static int holds(int is_good, const char *what, const char *more)
{
    printf("%s %s%s\n", is_good ? "same  " : "DIFFER", what, more);
    return is_good;
}

/* `from`: an address, where half of it lies; 0: what was kept in this process, which is cleared by
 * now. It ended its worker or found something else. Its neighbour, who was handed a job before, has
 * it right. */
static int reads_nothing(struct own *own, struct own *neighbour, uint64_t from, const char *what)
{
    struct card_event event;
    uint32_t value = 0;
    uint64_t at;
    int is_good;

    hand_over(neighbour->worker, neighbour->lease, SCALE, 0);
    hand_over(own->worker, own->lease, FREED, from);
    event = remote_await(own->worker, CARD_EVENT_DONE);
    if (event.status >= 0) {
        is_good = found(&event, &value, &at) && (from != 0 ? value != (uint32_t)from : value == 0);
        (void)holds(is_good, what, is_good ? ": finds nothing" : ": FINDS WHAT WAS THERE");
    } else {
        is_good = holds(event.status == AGON_EIO, what, ": ends its worker");
    }
    is_good &= comes_right(neighbour->worker, "of its neighbour");
    return is_good & is_right(own->worker, own->lease, "behind it");
}

static int read_freed(struct own *own, struct own *neighbour)
{
    struct card_event event = run(own->worker, own->lease, FREED);
    struct error err = {0};
    uint32_t value = 0;
    uint64_t at = 0;
    int64_t other;
    int is_good = found(&event, &value, &at);

    is_good = holds(is_good && at != 0 && (value == 5), "own_freed keeps an address", "");
    is_good &= reads_nothing(neighbour, own, at, "a read of what another process has");
    // Anew, as the address may have been its own.
    event = run(own->worker, own->lease, FREED);
    is_good &= found(&event, &value, &at);
    // By one that was there before, so that nothing else has taken its memory.
    other = lease_of(own->worker, 1 << 20);
    is_good &= is_right(own->worker, other, "of another lease");
    if (card_worker_end(own->worker, own->lease, &err) < 0 ||
        remote_await(own->worker, CARD_EVENT_ENDED).status < 0)
        is_good = holds(0, "the end of a lease", err.text);
    own->lease = other;
    is_good &= reads_nothing(own, neighbour, 0, "a read of a lease that has ended");
    event = run(own->worker, own->lease, FREED);
    is_good &= found(&event, &value, &at);
    if (kill(card_worker_pid(own->worker), SIGKILL) < 0)
        is_good = holds(0, "a kill", "");
    (void)remote_await(own->worker, CARD_EVENT_UP);
    return is_good & reads_nothing(own, neighbour, at, "a read of what a killed worker had");
}

static int64_t fill(struct own *own, const char *name, uint64_t n, uint32_t blocks)
{
    struct card_own_call call = {.blocks = blocks, .threads = 4, .addresses = 1};
    struct {
        uint64_t y, n;
        uint32_t mark, pad;
    } args = {CARD_JOB, n, MARK, 0};
    struct remote_job job;
    struct error err = {0};
    int64_t id;

    memcpy(call.name, name, strlen(name));
    memcpy(call.args, &args, sizeof(args));
    remote_job_init(&job, 32, n * sizeof(uint32_t));
    remote_job_call(&job, (enum kernel)CARD_OWN, &call, sizeof(call));
    job.head.n_input = job.head.n_result = 16;
    id = remote_job_submit(&job, own->worker, own->lease, 1, MINUTE, &err);
    if (id < 0)
        printf("FAILED %s\n", err.text);
    remote_job_deinit(&job);
    return id;
}

/* Of the card and its driver: what a process that was killed had written is not in what the next
 * one is given unwritten. */
static int leaves_nothing(void)
{
    struct own own;
    struct card_event event;
    uint32_t counts[3] = {0, 0, 0};
    char more[400];
    int is_good;

    if (start(&own, remains, LARGE + (1 << 20)) != 0 || own.lease < 0)
        return holds(0, "what a killed process leaves: no worker", "");
    (void)fill(&own, "own_fill", LARGE / 4, 1024);
    event = remote_await(own.worker, CARD_EVENT_DONE);
    if (event.status < 0) {
        printf("not run: what a killed process leaves: %s\n", event.text);
        card_worker_free(own.worker);
        return 1;
    }
    if (event.result_fd >= 0)
        (void)close(event.result_fd);
    is_good = kill(card_worker_pid(own.worker), SIGKILL) == 0;
    (void)remote_await(own.worker, CARD_EVENT_UP);
    (void)fill(&own, "own_remains", 4096, 1);
    event = remote_await(own.worker, CARD_EVENT_DONE);
    is_good &= event.status >= 0 &&
               pread(event.result_fd, counts, sizeof(counts), 0) == (ssize_t)sizeof(counts);
    if (event.result_fd >= 0)
        (void)close(event.result_fd);
    (void)snprintf(more, sizeof(more),
                   ": of %u words of a kernel's heap %u, of shared memory %u %s", counts[0],
                   counts[1], counts[2], event.status < 0 ? event.text : "");
    is_good &= counts[0] > 0 && counts[1] == 0 && counts[2] == 0;
    card_worker_free(own.worker);
    return holds(is_good, "what a killed process leaves to the next", more);
}

int main(int argc, char **argv)
{
    struct own own;
    struct own neighbour;
    struct card_event event;
    int is_good;
    int rc;

    if (argc < 2)
        return fprintf(stderr, "own: see its head\n"), 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    config = card_worker_preset("cuda");
    config.program = argv[1];
    config.driver = getenv("AGON_CUDA_DRIVER");
    config.nvrtc = getenv("AGON_NVRTC");
    rc = start(&own, source, 1 << 20);
    if (rc != 0)
        return rc;
    event = run(own.worker, own.lease, SCALE);
    if (event.status == AGON_ENOTSUP)
        return fprintf(stderr, "own: %s\n", event.text), 77;
    if (event.result_fd >= 0)
        (void)close(event.result_fd);
    is_good = is_right(own.worker, own.lease, "is compiled and run");
    is_good &= fails(own.worker, own.lease, BEYOND, AGON_EIO);
    is_good &= is_right(own.worker, own.lease, "behind one that left its memory");
    is_good &= fails(own.worker, own.lease, ENDLESS, AGON_ETIME);
    is_good &= is_right(own.worker, own.lease, "behind one without end");
    rc = start(&neighbour, source, 1 << 20);
    if (rc != 0)
        return rc;
    is_good &= read_freed(&own, &neighbour);
    card_worker_free(neighbour.worker);
    card_worker_free(own.worker);
    is_good &= leaves_nothing();
    printf("%s\n", is_good ? "OWN KERNELS HOLD" : "OWN KERNELS ARE BROKEN");
    return is_good ? 0 : 1;
}
