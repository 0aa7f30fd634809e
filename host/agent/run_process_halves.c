// SPDX-License-Identifier: Apache-2.0
/* run_process_halves: lock-step on two cores, without a wake from one to the other.
 *
 * Half of the children run on the core of the thread that steps the engine. A thread of the host
 * calls the other half on its core and waits for them there. Who of the two has nothing to do spins
 * for a short time, while the other's children work: none of its own could use the core meanwhile.
 * It only wakes and waits: what a child has done, whether it lives and how long it may take is
 * looked at by the engine's thread, behind it. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "agent/run_process_impl.h"
#include "base/hot.h"
#include "sys/clock.h"
#include "sys/futex.h"

#define SPIN_NS 50000   /* before it sleeps, of either thread */
#define WAIT_NS 2000000 /* of one sleep */
#define LIMIT_NS                                                                                   \
    4000000 /* of a step's children: then the engine's thread waits for them itself                \
             */

/* Given and done are each written by one thread, and far apart. */
static struct {
    _Alignas(128) _Atomic uint32_t given; /* futex: + 1 with each step, by the engine's thread */
    _Atomic uint32_t is_over;
    _Atomic uint32_t bits; /* that are to be called: the thread takes them */
    /* Written while all that was given is done. */
    struct bus_shm *bus;
    uint32_t n[BUS_CALLS];
    struct run_process *runs[BUS_CALLS][SLOTS_MAX];
    pthread_t thread;
    int is_there, is_begun, is_given;
    _Alignas(128) _Atomic uint32_t host_sleeps;
    _Alignas(128) _Atomic uint32_t done; /* futex: what was given, by the thread */
    _Alignas(128) _Atomic uint32_t is_asleep;
} halves;

/* Of a core that spins. */
static inline void relax(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
}

/* The word is no longer what it was. Both sides: who sleeps says so before it looks a last time,
 * and who moves the word looks at that behind it. */
static HOT void wait_for_move(_Atomic uint32_t *word, uint32_t was, _Atomic uint32_t *sleeps)
{
    int64_t end_ns = clock_mono() + SPIN_NS;

    while (atomic_load_explicit(word, memory_order_acquire) == was) {
        if (clock_mono() < end_ns) {
            relax();
            continue;
        }
        atomic_store(sleeps, 1);
        atomic_thread_fence(memory_order_seq_cst);
        if (atomic_load(word) == was)
            (void)futex_wait(word, was, -1);
        atomic_store(sleeps, 0);
    }
}

static HOT void move(_Atomic uint32_t *word, uint32_t to, _Atomic uint32_t *sleeps)
{
    atomic_store_explicit(word, to, memory_order_release);
    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load_explicit(sleeps, memory_order_relaxed) != 0)
        futex_wake(word, 1);
}

/* It has done its step, or waits for the host to take what it wants. */
static int is_through(const struct run_process *run, uint64_t seq)
{
    return atomic_load_explicit(&run->shm->beat.done_seq, memory_order_acquire) >= seq ||
           atomic_load_explicit(&run->shm->is_held, memory_order_acquire) != 0;
}

/* Until it has, or something is given meanwhile: that comes first. */
static HOT void watch(struct run_process *run, uint32_t given, int64_t end_ns)
{
    uint64_t seq = atomic_load_explicit(&run->turn.sent_seq, memory_order_relaxed);
    struct slot_shm *shm = run->shm;

    if (is_through(run, seq))
        return;
    atomic_store(&shm->host_waits, 1);
    for (;;) {
        uint32_t done = atomic_load(&shm->done);

        atomic_thread_fence(memory_order_seq_cst);
        if (is_through(run, seq) || atomic_load(&halves.given) != given || clock_mono() >= end_ns)
            break;
        (void)futex_wait(&shm->done, done, WAIT_NS);
    }
    atomic_store(&shm->host_waits, 0);
}

static HOT void *half_main(void *ctx)
{
    uint32_t given = atomic_load(&halves.done);

    (void)ctx;
    for (;;) {
        uint32_t bits;
        int64_t end_ns;

        wait_for_move(&halves.given, given, &halves.is_asleep);
        if (atomic_load(&halves.is_over))
            return NULL;
        given = atomic_load(&halves.given);
        bits = atomic_exchange(&halves.bits, 0);
        if (bits != 0)
            run_process_call(&halves.bus->calls[1], bits);
        end_ns = clock_mono() + LIMIT_NS;
        for (uint32_t i = 0; i < halves.n[1]; i++) // the last that has joined is the first
            watch(halves.runs[1][i], given, end_ns);
        move(&halves.done, given, &halves.host_sleeps);
    }
}

static HOT void await_thread(void)
{
    uint32_t given = atomic_load_explicit(&halves.given, memory_order_relaxed), done;

    if (!halves.is_given)
        return;
    while ((done = atomic_load_explicit(&halves.done, memory_order_acquire)) != given)
        wait_for_move(&halves.done, done, &halves.host_sleeps);
    halves.is_given = 0;
}

/* None of them is looked at any more. */
static void let_go(void)
{
    await_thread();
    for (int half = 0; half < BUS_CALLS; half++)
        for (uint32_t i = 0; i < halves.n[half]; i++)
            halves.runs[half][i]->turn.is_halved = 0;
    halves.n[0] = halves.n[1] = 0;
    halves.is_begun = 0;
}

int run_process_halves_begin(struct run_process *first, struct bus_shm *bus, int core)
{
    cpu_set_t set;

    let_go();
    if (!halves.is_there) {
        atomic_store(&halves.is_over, 0);
        atomic_store(&halves.done, atomic_load(&halves.given));
        halves.is_there = pthread_create(&halves.thread, NULL, half_main, NULL) == 0;
        if (!halves.is_there)
            return AGON_EAGAIN;
        (void)pthread_setname_np(halves.thread, "agon-half");
    }
    CPU_ZERO(&set);
    CPU_SET((size_t)core, &set);
    if (pthread_setaffinity_np(halves.thread, sizeof(set), &set) != 0)
        return AGON_EPERM;
    for (struct run_process *run = first; run != NULL; run = run->turn.next) {
        uint32_t half = run->turn.bus_call;

        if (run->bus != bus || halves.n[half] == SLOTS_MAX)
            continue;
        run->turn.is_halved = 1;
        halves.runs[half][halves.n[half]++] = run;
    }
    halves.bus = bus;
    halves.is_begun = 1;
    return AGON_OK;
}

void run_process_halves_end(void)
{
    let_go();
}

void run_process_halves_stop(void)
{
    run_process_halves_end();
    if (!halves.is_there)
        return;
    atomic_store(&halves.is_over, 1);
    move(&halves.given, atomic_load(&halves.given) + 1, &halves.is_asleep);
    (void)pthread_join(halves.thread, NULL);
    halves.is_there = 0;
}

HOT int run_process_halves_give(struct bus_shm *bus, uint32_t bits)
{
    uint32_t given = atomic_load_explicit(&halves.given, memory_order_relaxed);

    if (!halves.is_begun || halves.bus != bus)
        return 0;
    (void)atomic_fetch_or(&halves.bits, bits);
    halves.is_given = 1;
    move(&halves.given, given + 1, &halves.is_asleep);
    return 1;
}

int run_process_halves_is_given(void)
{
    return halves.is_given;
}

HOT void run_process_halves_await(void (*wait)(struct run_process *run))
{
    for (uint32_t i = 0; i < halves.n[0]; i++)
        wait(halves.runs[0][i]);
    await_thread();
}
