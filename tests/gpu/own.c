// SPDX-License-Identifier: Apache-2.0
/* own: an agent's own kernels through a worker on a card, compiled there by NVRTC: one that is
 * right, one that leaves its memory, one without end, and reads of all that somebody else has or
 * had: a lease that has ended, another process, one that was killed. What is read there was written
 * whole and seen whole before; whoever reads ends its worker or finds nothing of it. Who comes
 * behind them, or beside them with kernels of its own, is served. Ends with 1 when something is
 * wrong, 77 without a card or a compiler.
 *
 *   own AGON_GPU
 *
 * AGON_CUDA_DRIVER, AGON_NVRTC: others than the system's. What was killed had five eighths of the
 * card, and so has who looks for it: they have a quarter of it in common, wherever it lies. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../support/card/remote.h"
#include "sys/clock.h"
#include "sys/memfd.h"

#define MINUTE ((int64_t)60 * CLOCK_SECOND)
#define N      4096u
#define STAGE  ((uint64_t)1 << 16)
#define SMALL  ((uint64_t)1 << 20) /* bytes of a lease */

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
    "struct area { uint32_t *y; const uint32_t *at; uint64_t n; uint32_t mark, writes; };\n"
    "#define EACH(i) (uint64_t i = blockIdx.x * blockDim.x + threadIdx.x; i < s.n; i += gridDim.x "
    "* blockDim.x)\n"
    "typedef unsigned long long u64;\n"
    "extern \"C\" __global__ void own_fill(struct area s)\n"
    "{\n"
    "    for EACH(i)\n"
    "        s.y[i] = s.mark;\n"
    "}\n"
    "extern \"C\" __global__ void own_look(struct area s)\n"
    "{\n"
    "    const volatile uint32_t *at = s.at != 0 ? s.at : s.y;\n"
    "    u64 n_marks = 0, n_read = 0;\n"
    "    for EACH(i) {\n"
    "        n_marks += at[i] == s.mark;\n"
    "        n_read++;\n"
    "    }\n"
    "    atomicAdd((u64 *)s.y + 1, n_marks);\n"
    "    atomicAdd((u64 *)s.y + 2, n_read);\n"
    "    *(volatile u64 *)s.y = (u64)s.y;\n"
    "}\n"
    "extern \"C\" __global__ void own_scratch(struct area s)\n"
    "{\n"
    "    __shared__ volatile uint32_t shared[8192];\n"
    "    const uint32_t n = 1024;\n"
    "    volatile uint32_t *heap = threadIdx.x == 0 ? (volatile uint32_t *)malloc(4 * n) : 0;\n"
    "    u64 n_shared = 0, n_heap = 0;\n"
    "    for (uint32_t i = threadIdx.x; i < 8192; i += blockDim.x) {\n"
    "        if (s.writes != 0)\n"
    "            shared[i] = s.mark;\n"
    "        n_shared += shared[i] == s.mark;\n"
    "    }\n"
    "    for (uint32_t i = 0; i < n && heap != 0; i++) {\n"
    "        if (s.writes != 0)\n"
    "            heap[i] = s.mark;\n"
    "        n_heap += heap[i] == s.mark;\n"
    "    }\n"
    "    if (threadIdx.x == 0)\n"
    "        atomicAdd((u64 *)s.y, 8192);\n"
    "    atomicAdd((u64 *)s.y + 1, n_shared);\n"
    "    if (heap != 0)\n"
    "        atomicAdd((u64 *)s.y + 2, n);\n"
    "    atomicAdd((u64 *)s.y + 3, n_heap);\n"
    "    free((void *)heap);\n"
    "}\n";

struct scale {
    uint64_t a, y;
    uint32_t n, factor;
};
struct area {
    uint64_t y, at; /* at: of the card, whosever it is; 0: y */
    uint64_t n;     /* words */
    uint32_t mark, writes;
};
enum { SCALE, BEYOND, ENDLESS };
static const char *const names[] = {"own_scale", "own_beyond", "own_endless"};

static int holds(int is_good, const char *what, const char *more)
{
    printf("%s %s%s\n", is_good ? "same  " : "DIFFER", what, more);
    return is_good;
}

static void hand_over(struct card_worker *worker, int64_t lease, uint32_t entry)
{
    struct card_own_call call = {.blocks = 8, .threads = 128, .addresses = entry == SCALE ? 3 : 1};
    struct scale scale = {CARD_JOB, CARD_JOB + N * 4, N, 3};
    uint64_t at = CARD_JOB + N * 4;
    struct remote_job job;
    struct error err = {0};

    memcpy(call.name, names[entry], strlen(names[entry]));
    memcpy(call.args, entry == SCALE ? (const void *)&scale : &at,
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
    hand_over(worker, lease, entry);
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
    hand_over(worker, lease, SCALE);
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
    uint64_t bytes; /* of the card */
};
static struct card_worker_config config;

static int64_t lease_of(struct card_worker *worker, uint64_t bytes)
{
    struct card_lease shape = {.bytes = bytes, .stage = STAGE, .resident_fd = -1};
    struct error err = {0};
    int64_t lease = card_worker_lease(worker, &shape, &err);

    if (lease < 0)
        printf("FAILED a lease: %s\n", err.text);
    return lease;
}

/* 0: it is up; else what to end with. */
static int start(struct own *own)
{
    struct card_own code = {source, strlen(source)};
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
    own->bytes = event.bytes;
    own->lease = lease_of(own->worker, SMALL);
    return 0;
}

/* Memory that is somebody's, whole: where it lies on the card, and what was written there. */
struct area_of {
    uint64_t at, n; /* at: 0: not seen yet; words */
    uint32_t mark;
};

/* What own_look and own_scratch say. */
union seen {
    struct {
        uint64_t y, n_marks, n_read;
    } look;
    struct {
        uint64_t n_shared, n_shared_marks, n_heap, n_heap_marks;
    } scratch;
    unsigned char bytes[64]; /* all that a job clears before it begins */
};

static void hand_over_area(const struct own *own, int64_t lease, const char *name,
                           const struct area *area)
{
    struct card_own_call call = {.blocks = 1024, .threads = 64, .addresses = 1};
    struct remote_job job;
    struct error err = {0};

    memcpy(call.name, name, strlen(name));
    memcpy(call.args, area, sizeof(*area));
    remote_job_init(&job, 32, sizeof(union seen));
    remote_job_call(&job, (enum kernel)CARD_OWN, &call, sizeof(call));
    if (remote_job_submit(&job, own->worker, lease, 1, MINUTE, &err) < 0)
        printf("FAILED %s: %s\n", name, err.text);
    remote_job_deinit(&job);
}

static int take_seen(const struct own *own, union seen *seen, struct card_event *event)
{
    *event = remote_await(own->worker, CARD_EVENT_DONE);
    memset(seen, 0, sizeof(*seen));
    if (event->status < 0 || event->n_inline != sizeof(*seen))
        return 0;
    memcpy(seen, event->result, sizeof(*seen));
    return 1;
}

/* The words of `area` that a kernel of `lease` finds its mark in: all but those that the job itself
 * clears, which is how it is known to be there. */
static int is_seen(const struct own *own, int64_t lease, struct area_of *area, const char *what)
{
    struct area look = {.y = CARD_JOB, .n = area->n, .mark = area->mark};
    struct card_event event;
    union seen seen;
    char more[400];
    int is_good;

    hand_over_area(own, lease, "own_look", &look);
    is_good = take_seen(own, &seen, &event);
    is_good = is_good && seen.look.n_read == area->n &&
              seen.look.n_marks == area->n - sizeof(seen) / 4 && seen.look.y != 0 &&
              (area->at == 0 || area->at == seen.look.y);
    area->at = seen.look.y;
    (void)snprintf(more, sizeof(more), ": %" PRIu64 " of %" PRIu64 " words %s", seen.look.n_marks,
                   area->n, event.text);
    return holds(is_good, what, more);
}

/* All of a lease's memory is written with a mark that nothing else has, and a job behind it sees it
 * there. */
static int is_written(const struct own *own, int64_t lease, uint64_t bytes, struct area_of *area,
                      const char *what)
{
    static uint32_t mark = 0x5ec2e7a5u;
    struct area fill = {.y = CARD_JOB, .n = (bytes - STAGE) / 4, .mark = mark += 0x01010101u};
    struct card_event event;
    union seen seen;

    *area = (struct area_of){.n = fill.n, .mark = fill.mark};
    hand_over_area(own, lease, "own_fill", &fill);
    if (!take_seen(own, &seen, &event)) {
        printf("DIFFER %s: %s\n", what, event.text);
        return 0;
    }
    return is_seen(own, lease, area, what);
}

/* It read the whole of what is or was another's, at its address, and found none of it, or ended its
 * worker. */
static int reads_nothing(const struct own *own, const struct area_of *area, const char *what)
{
    struct area look = {.y = CARD_JOB, .at = area->at, .n = area->n, .mark = area->mark};
    struct card_event event;
    union seen seen;
    char more[400];
    int is_good;

    if (area->at == 0)
        return holds(0, what, ": nothing was written");
    hand_over_area(own, own->lease, "own_look", &look);
    is_good = take_seen(own, &seen, &event);
    if (event.status < 0) {
        is_good = holds(event.status == AGON_EIO, what, ": ends its worker");
    } else {
        is_good = is_good && seen.look.n_read == area->n && seen.look.n_marks == 0;
        (void)snprintf(more, sizeof(more), ": %s%" PRIu64 " of %" PRIu64 " words",
                       is_good ? "finds " : "FINDS WHAT IS ANOTHER'S: ", seen.look.n_marks,
                       area->n);
        (void)holds(is_good, what, more);
    }
    return is_good & is_right(own->worker, own->lease, "behind it");
}

/* Of a lease that has ended, by one that was there before: nothing else has taken its memory. */
static int read_ended(struct own *own, struct own *neighbour)
{
    int64_t other = lease_of(own->worker, SMALL);
    struct area_of area;
    struct error err = {0};
    int is_good = is_written(own, other, SMALL, &area, "a lease is written");

    hand_over(neighbour->worker, neighbour->lease, SCALE);
    if (card_worker_end(own->worker, other, &err) < 0 ||
        remote_await(own->worker, CARD_EVENT_ENDED).status < 0)
        is_good = holds(0, "the end of a lease: ", err.text);
    is_good &= reads_nothing(own, &area, "a read of a lease that has ended");
    return is_good & comes_right(neighbour->worker, "of its neighbour");
}

/* Of another process, which has it before, meanwhile and behind. */
static int read_other(struct own *own, struct own *neighbour)
{
    struct area_of area;
    int is_good =
        is_written(neighbour, neighbour->lease, SMALL, &area, "another process writes its lease");

    is_good &= reads_nothing(own, &area, "a read of what another process has");
    return is_good & is_seen(neighbour, neighbour->lease, &area, "it is there all the same");
}

/* What kernels have besides: a heap of the context, and shared memory. */
static int scratch(const struct own *own, uint32_t mark, int writes, const char *what)
{
    struct area area = {.y = CARD_JOB, .mark = mark, .writes = (uint32_t)writes};
    struct card_event event;
    union seen seen;
    char more[400];
    int is_good;

    hand_over_area(own, own->lease, "own_scratch", &area);
    is_good = take_seen(own, &seen, &event) && seen.scratch.n_shared > 0 && seen.scratch.n_heap > 0;
    is_good = is_good && seen.scratch.n_shared_marks == (writes ? seen.scratch.n_shared : 0) &&
              seen.scratch.n_heap_marks == (writes ? seen.scratch.n_heap : 0);
    (void)snprintf(more, sizeof(more),
                   ": %" PRIu64 " of %" PRIu64 " words of shared memory, %" PRIu64 " of %" PRIu64
                   " of a kernel's heap %s",
                   seen.scratch.n_shared_marks, seen.scratch.n_shared, seen.scratch.n_heap_marks,
                   seen.scratch.n_heap, event.text);
    return holds(is_good, what, more);
}

/* Of a process that was killed: by one beside it at its address, and by the next one in memory that
 * it was given unwritten, as large as what was killed had. */
static int read_killed(struct own *own, struct own *neighbour)
{
    uint64_t bytes = own->bytes / 8 * 5;
    int64_t large = lease_of(own->worker, bytes);
    struct area_of area;
    struct area look;
    struct card_event event;
    union seen seen;
    char more[400];
    int is_good = is_written(own, large, bytes, &area, "five eighths of the card are written");

    is_good &= scratch(own, area.mark, 1, "a kernel writes what it has besides");
    if (kill(card_worker_pid(own->worker), SIGKILL) < 0)
        is_good = holds(0, "a kill", "");
    card_worker_free(own->worker);
    is_good &= reads_nothing(neighbour, &area, "a read of what a killed process had");
    if (start(own) != 0)
        return holds(0, "a worker behind one that was killed", "");
    is_good &= scratch(own, area.mark, 0, "the next process' kernels have nothing of it");
    large = lease_of(own->worker, bytes);
    look = (struct area){.y = CARD_JOB, .n = area.n, .mark = area.mark};
    hand_over_area(own, large, "own_look", &look);
    is_good &= take_seen(own, &seen, &event) && seen.look.n_read == area.n;
    (void)snprintf(more, sizeof(more), ": %" PRIu64 " of %" PRIu64 " words %s", seen.look.n_marks,
                   area.n, event.text);
    return is_good & holds(event.status >= 0 && seen.look.n_marks == 0,
                           "five eighths of the card have nothing of it", more);
}

int main(int argc, char **argv)
{
    struct own own;
    struct own neighbour;
    struct card_event event;
    struct error err = {0};
    int is_good;
    int rc;

    if (argc < 2)
        return fprintf(stderr, "own: see its head\n"), 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    config = card_worker_preset("cuda");
    config.program = argv[1];
    config.driver = getenv("AGON_CUDA_DRIVER");
    config.nvrtc = getenv("AGON_NVRTC");
    config.log_fd = memfd_new("card", 0, &err); // a stand-in has its memory there (emulated.c)
    if (config.log_fd < 0)
        return fprintf(stderr, "own: %s\n", err.text), 2;
    rc = start(&own);
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
    rc = start(&neighbour);
    if (rc != 0)
        return rc;
    is_good &= read_ended(&own, &neighbour);
    is_good &= read_other(&own, &neighbour);
    is_good &= read_killed(&own, &neighbour);
    card_worker_free(neighbour.worker);
    card_worker_free(own.worker);
    (void)close(config.log_fd);
    printf("%s\n", is_good ? "OWN KERNELS HOLD" : "OWN KERNELS ARE BROKEN");
    return is_good ? 0 : 1;
}
