// SPDX-License-Identifier: Apache-2.0
/* worker: agon-gpu on a card, or another device: every kernel through it against the processor, bit
 * for bit; kill -9 in the middle of jobs; and the time of a job's way through it, beside two bare
 * messages with a process that does nothing. Ends with 1 when something is wrong, 77 without a
 * card.
 *
 *   worker AGON_GPU [DEVICE [DRIVER]]
 *
 * DEVICE: cuda, if none is given. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support/card/remote.h"
#include "../support/kernels/cases.h"
#include "kernels/cpu.h"
#include "sys/clock.h"

#define ROUNDS   2000
#define N_JOBS   100
#define MINUTE   ((int64_t)60 * CLOCK_SECOND)
#define N_VALUES 64u

static int by_time(const void *a, const void *b)
{
    const int64_t *x = a;
    const int64_t *y = b;

    return (*x > *y) - (*x < *y);
}

static void print_times(const char *what, int64_t times[ROUNDS])
{
    qsort(times, ROUNDS, sizeof(*times), by_time);
    printf("       %-44s p50 %8.1f us  p99 %8.1f us\n", what, (double)times[ROUNDS / 2] / 1000,
           (double)times[ROUNDS * 99 / 100] / 1000);
}

static int kernels_agree(struct card_worker *worker)
{
    struct error err = {0};
    struct device *there = remote_new(worker, 64 << 20, 1, &err);
    struct device *here = cpu_device_new(CPU_BEST, 1);
    struct case_results want;
    struct case_results got;
    uint32_t n_bad = 0;

    REQUIRE(there != NULL && here != NULL);
    cases_run(here, 0, &want);
    cases_run(there, 0, &got);
    if (got.failed)
        printf("FAILED %s\n", got.err.text);
    for (uint32_t i = 0; i < got.n && i < want.n; i++)
        n_bad += case_compare(&want.at[i], &got.at[i]).n_different > 0;
    printf("%s " REAL_NAME " %u shapes of all kernels through a worker, %u differ\n",
           n_bad == 0 && !got.failed ? "same  " : "DIFFER", got.n, n_bad);
    n_bad += got.n != want.n || got.failed;
    cases_free(&want);
    cases_free(&got);
    there->free(there);
    here->free(here);
    return n_bad == 0;
}

static int64_t small_lease(struct card_worker *worker)
{
    struct card_lease lease = {.bytes = 1 << 20, .stage = 1 << 16, .resident_fd = -1};

    return card_worker_lease(worker, &lease, NULL);
}

static int64_t submit(struct card_worker *worker, int64_t lease, uint32_t i)
{
    struct map_args map = {.a = remote_at(0), .y = remote_at(0), .n = N_VALUES, .op = MAP_SCALE};
    struct remote_job job;
    int64_t id;

    map.scale = (real)(i + 1);
    remote_job_init(&job, REAL_BITS, N_VALUES * sizeof(real));
    for (uint32_t at = 0; at < N_VALUES; at++) {
        real value = (real)at;

        memcpy(job.memory + at * sizeof(real), &value, sizeof(value));
    }
    remote_job_call(&job, KERNEL_map, &map, sizeof(map));
    id = remote_job_submit(&job, worker, lease, 3, MINUTE, NULL);
    remote_job_deinit(&job);
    return id;
}

static int is_right(const struct card_event *event, uint32_t i)
{
    real values[N_VALUES];

    if (event->status < 0)
        printf("FAILED %s\n", event->text);
    if (event->n_inline > 0)
        memcpy(values, event->result, sizeof(values) < 256 ? sizeof(values) : 256);
    else if (event->result_fd >= 0 &&
             pread(event->result_fd, values, sizeof(values), 0) == (ssize_t)sizeof(values))
        (void)close(event->result_fd);
    else
        return 0;
    for (uint32_t at = 0; at < N_VALUES; at++)
        if (values[at] != (real)at * (real)(i + 1))
            return 0;
    return 1;
}

static int each_job_has_one_outcome(struct card_worker *worker)
{
    int64_t lease = small_lease(worker);
    uint32_t count[N_JOBS] = {0};
    uint32_t n_bad = 0;
    int64_t first = 0;
    int64_t began = 0;

    for (uint32_t i = 0; i < N_JOBS; i++) {
        int64_t id = submit(worker, lease, i);

        first = i == 0 ? id : first;
    }
    for (uint32_t i = 0; i < N_JOBS; i++) {
        struct card_event event = remote_await(worker, CARD_EVENT_DONE);
        uint32_t at = (uint32_t)(event.job - first);

        n_bad += at >= N_JOBS || ++count[at] != 1 || !is_right(&event, at);
        if (began != 0) {
            printf("       " REAL_NAME " from kill -9 to the next outcome              %8.1f ms\n",
                   (double)(clock_mono() - began) / 1e6);
            began = 0;
        }
        if (i == N_JOBS / 2 && card_worker_pid(worker) > 0) {
            (void)kill(card_worker_pid(worker), SIGKILL);
            began = clock_mono();
        }
    }
    printf("%s " REAL_NAME " %u jobs, their worker killed after %u: %u without one right outcome\n",
           n_bad == 0 ? "same  " : "DIFFER", N_JOBS, N_JOBS / 2 + 1, n_bad);
    return n_bad == 0;
}

static void time_jobs(struct card_worker *worker)
{
    static int64_t times[ROUNDS];
    int64_t lease = small_lease(worker);
    char message[sizeof(struct card_answer)] = {0};
    int fds[2];
    pid_t pid;

    for (int i = 0; i < ROUNDS; i++) {
        int64_t began = clock_mono();
        struct card_event event;

        REQUIRE(submit(worker, lease, 0) > 0);
        event = remote_await(worker, CARD_EVENT_DONE);
        times[i] = clock_mono() - began;
        REQUIRE(is_right(&event, 0));
    }
    print_times("a job, from submit to outcome", times);
    REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == 0);
    pid = fork();
    if (pid == 0) {
        (void)close(fds[0]);
        while (recv(fds[1], message, sizeof(message), 0) > 0 &&
               send(fds[1], message, sizeof(message), MSG_NOSIGNAL) > 0)
            ;
        _exit(0);
    }
    (void)close(fds[1]);
    for (int i = 0; i < ROUNDS; i++) {
        int64_t began = clock_mono();

        REQUIRE(send(fds[0], message, sizeof(struct card_ask), MSG_NOSIGNAL) > 0 &&
                recv(fds[0], message, sizeof(message), 0) > 0);
        times[i] = clock_mono() - began;
    }
    print_times("two messages with a process that does nothing", times);
    (void)close(fds[0]);
    (void)waitpid(pid, NULL, 0);
}

int main(int argc, char **argv)
{
    struct card_worker_config config = card_worker_preset(argc > 2 ? argv[2] : "cuda");
    struct card_worker *worker;
    struct card_event event = {0};
    struct error err = {0};
    int is_good;

    if (argc < 2)
        return fprintf(stderr, "worker: see its head\n"), 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    config.program = argv[1];
    config.driver = argc > 3 ? argv[3] : getenv("AGON_CUDA_DRIVER");
    worker = card_worker_new(&config, &err);
    if (worker == NULL)
        return fprintf(stderr, "worker: %s\n", err.text), 2;
    while (event.kind != CARD_EVENT_UP && event.kind != CARD_EVENT_LOST)
        if (!card_worker_next(worker, &event) && !card_worker_wait(worker, MINUTE))
            return fprintf(stderr, "worker: it does not come up\n"), 1;
    if (event.kind == CARD_EVENT_LOST)
        return fprintf(stderr, "worker: %s\n", event.text), 77;
    printf("a worker on %s, %llu MiB, fence %u\n", event.text,
           (unsigned long long)(event.bytes >> 20), event.fence);
    is_good = kernels_agree(worker);
    is_good &= each_job_has_one_outcome(worker);
    time_jobs(worker);
    if (card_worker_look(worker) == AGON_OK) {
        event = remote_await(worker, CARD_EVENT_LOOKED);
        printf("       %d C, %d %% busy, %llu of %llu MiB in use (-1, 0: unknown)\n",
               event.look.celsius, event.look.busy_pct,
               (unsigned long long)(event.look.used_bytes >> 20),
               (unsigned long long)(event.look.total_bytes >> 20));
    }
    card_worker_free(worker);
    printf("%s: " REAL_NAME "\n", is_good ? "THE WORKER HOLDS" : "THE WORKER IS BROKEN");
    return is_good ? 0 : 1;
}
