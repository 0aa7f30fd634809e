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

/* Of a step, for each child: what it takes to wake one, and to do little in it. */
#define CHEAP_NS 10000

/* Of all children in lock-step of this process. The thread that drives the first of them chooses;
 * of another's none are put anywhere. */
static struct {
    pthread_mutex_t mutex; /* of what is no atomic */
    struct run_process *first;
    cpu_set_t all;
    int is_one;
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

static int set_all(const cpu_set_t *set)
{
    int rc = set_cores(cores.driver_pid, set);

    for (struct run_process *run = cores.first; run != NULL && rc >= 0; run = run->turn.next)
        if (run->turn.pid > 0)
            rc = set_cores(run->turn.pid, set);
    return rc;
}

static void leave_one(void)
{
    if (!cores.is_one)
        return;
    (void)set_all(&cores.all); // what was put there can be put back
    cores.is_one = 0;
}

static void go_to_one(void)
{
    cpu_set_t one;
    int core = sched_getcpu();

    if (core < 0 || core >= CPU_SETSIZE) {
        cores.is_refused = 1;
        return;
    }
    CPU_ZERO(&one);
    CPU_SET((size_t)core, &one);
    cores.driver_pid = gettid();
    cores.is_one = 1;
    if (set_all(&one) < 0) {
        cores.is_refused = 1;
        leave_one();
    }
}

// Not inlined: seldom.
static __attribute__((noinline)) void choose(int is_ahead)
{
    (void)pthread_mutex_lock(&cores.mutex);
    core_choice_next(&cores.choice, clock_mono(), is_ahead ? 0 : (int64_t)cores.n * CHEAP_NS);
    if (cores.choice.is_one && !cores.is_one)
        go_to_one();
    else if (!cores.choice.is_one)
        leave_one();
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

void run_process_choose_cores(int is_ahead)
{
    int n_all = atomic_load_explicit(&cores.n_all, memory_order_relaxed);

    if (atomic_load_explicit(&cores.n, memory_order_relaxed) < n_all || n_all < 2 ||
        atomic_load_explicit(&cores.is_refused, memory_order_relaxed))
        return;
    if (!atomic_load_explicit(&cores.has_driver, memory_order_acquire))
        take_driver();
    if (!pthread_equal(cores.driver, pthread_self()))
        return;
    if (atomic_load_explicit(&cores.is_afresh, memory_order_relaxed)) {
        atomic_store_explicit(&cores.is_afresh, 0, memory_order_relaxed);
        cores.choice = (struct core_choice){0};
    }
    if (core_choice_step(&cores.choice))
        choose(is_ahead);
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
    if (cores.n < cores.n_all) { // each has a core, and who begins next is measured anew
        leave_one();
        cores.is_afresh = 1;
    }
    if (cores.n == 0)
        cores.has_driver = 0;
    (void)pthread_mutex_unlock(&cores.mutex);
}
