// SPDX-License-Identifier: Apache-2.0
/* run_process_cores: on which cores host and children of lock-step run, where there are at least as
 * many children as cores (core_choice.h). What a child may is not asked of it: the host says so for
 * its process from outside. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "agent/core_choice.h"
#include "agent/run_process_impl.h"
#include "sys/clock.h"

/* Of all children in lock-step of this process. The thread that drives the first of them chooses;
 * of another's none are put anywhere. */
static struct {
    pthread_mutex_t mutex; /* of what is no atomic */
    struct run_process *first;
    cpu_set_t all;
    _Atomic int kind; /* enum core_kind: where they are */
    int other;        /* core of the second half */
    pid_t driver_pid;
    pthread_t driver; /* written before has_driver is */
    /* Looked at in each step; written with the mutex. */
    _Atomic int n;
    _Atomic int n_all; /* cores that this process may use; 0: not looked yet */
    _Atomic int has_driver, is_refused;
    _Atomic int is_afresh;     /* who begins next is measured from the start */
    struct core_choice choice; /* the driver's */
} cores = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static int set_cores(pid_t pid, const cpu_set_t *set)
{
    // One that has ended has no place to run.
    return sched_setaffinity(pid, sizeof(*set), set) == 0 || errno == ESRCH ? AGON_OK : AGON_EPERM;
}

/* The thread that drives goes with the first half. */
static int set_all(const cpu_set_t *first, const cpu_set_t *second)
{
    int rc = set_cores(cores.driver_pid, first);

    for (struct run_process *run = cores.first; run != NULL && rc >= 0; run = run->turn.next)
        if (run->turn.pid > 0)
            rc = set_cores(run->turn.pid, run->turn.bus_call == 0 ? first : second);
    return rc;
}

static void go_to_all(void)
{
    if (cores.kind == CORES_HALVES)
        run_process_halves_end();
    if (cores.kind != CORES_ALL)
        (void)set_all(&cores.all, &cores.all); // what was put there can be put back
    cores.kind = CORES_ALL;
}

static int other_core(int core)
{
    for (int i = 1; i < CPU_SETSIZE; i++)
        if (CPU_ISSET((size_t)(core + i) % CPU_SETSIZE, &cores.all))
            return (core + i) % CPU_SETSIZE;
    return core;
}

/* On the core where this thread is; the second half on that of another, if so asked. */
static void go_to_few(enum core_kind kind, struct bus_shm *bus)
{
    cpu_set_t one, other;
    int core = sched_getcpu();
    int is_refused = core < 0 || core >= CPU_SETSIZE;

    if (cores.kind == CORES_HALVES)
        run_process_halves_end();
    cores.driver_pid = gettid();
    cores.kind = kind;
    if (!is_refused) {
        CPU_ZERO(&one);
        CPU_SET((size_t)core, &one);
        other = one;
        if (kind == CORES_HALVES) {
            cores.other = other_core(core);
            CPU_ZERO(&other);
            CPU_SET((size_t)cores.other, &other);
        }
        is_refused = set_all(&one, &other) < 0;
    }
    if (!is_refused && kind == CORES_HALVES)
        is_refused = run_process_halves_begin(cores.first, bus, cores.other) < 0;
    if (is_refused) {
        cores.is_refused = 1;
        go_to_all();
    }
}

// Not inlined: seldom.
static __attribute__((noinline)) void choose(struct bus_shm *bus)
{
    enum core_kind kind;

    (void)pthread_mutex_lock(&cores.mutex);
    core_choice_next(&cores.choice, clock_mono());
    kind = cores.choice.kind;
    if (kind == CORES_ALL)
        go_to_all();
    else if (kind != (enum core_kind)cores.kind)
        go_to_few(kind, bus);
    (void)pthread_mutex_unlock(&cores.mutex);
}

// Not inlined: once.
static __attribute__((noinline)) void take_driver(void)
{
    (void)pthread_mutex_lock(&cores.mutex);
    if (!atomic_load_explicit(&cores.has_driver, memory_order_relaxed)) {
        cores.driver = pthread_self();
        atomic_store_explicit(&cores.has_driver, 1, memory_order_release);
    }
    (void)pthread_mutex_unlock(&cores.mutex);
}

int run_process_choose_cores(struct bus_shm *bus, int is_settled)
{
    int n_all = atomic_load_explicit(&cores.n_all, memory_order_relaxed);

    if (atomic_load_explicit(&cores.n, memory_order_relaxed) < n_all || n_all < 2 ||
        atomic_load_explicit(&cores.is_refused, memory_order_relaxed))
        return 0;
    if (!atomic_load_explicit(&cores.has_driver, memory_order_acquire))
        take_driver();
    if (!pthread_equal(cores.driver, pthread_self()))
        return 0;
    if (atomic_load_explicit(&cores.is_afresh, memory_order_relaxed)) {
        atomic_store_explicit(&cores.is_afresh, 0, memory_order_relaxed);
        cores.choice = (struct core_choice){0};
    }
    if (core_choice_step(&cores.choice) && is_settled)
        choose(bus);
    return atomic_load_explicit(&cores.kind, memory_order_relaxed) == CORES_HALVES;
}

int run_process_cores_join(struct run_process *run)
{
    (void)pthread_mutex_lock(&cores.mutex);
    if (cores.n_all == 0)
        cores.n_all =
            sched_getaffinity(0, sizeof(cores.all), &cores.all) == 0 ? CPU_COUNT(&cores.all) : 1;
    run->turn.next = cores.first;
    cores.first = run;
    cores.n++;
    (void)pthread_mutex_unlock(&cores.mutex);
    return cores.n_all;
}

void run_process_cores_child(struct run_process *run, int pid)
{
    (void)pthread_mutex_lock(&cores.mutex);
    run->turn.pid = pid;
    if (pid > 0 && cores.kind == CORES_HALVES && run->turn.bus_call != 0) {
        cpu_set_t other; // it has begun on that of the thread that began it

        CPU_ZERO(&other);
        CPU_SET((size_t)cores.other, &other);
        (void)set_cores(pid, &other);
    }
    (void)pthread_mutex_unlock(&cores.mutex);
}

void run_process_cores_leave(struct run_process *run)
{
    struct run_process **at = &cores.first;

    (void)pthread_mutex_lock(&cores.mutex);
    while (*at != NULL && *at != run)
        at = &(*at)->turn.next;
    if (*at != NULL) {
        *at = run->turn.next;
        cores.n--;
    }
    if (cores.kind == CORES_HALVES ? run->turn.is_halved : cores.n < cores.n_all) {
        go_to_all(); // each has a core, or the halves are others; who is left is measured again
        cores.is_afresh = 1;
    }
    if (cores.n == 0) {
        run_process_halves_stop();
        cores.has_driver = 0;
    }
    (void)pthread_mutex_unlock(&cores.mutex);
}
