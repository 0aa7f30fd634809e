// SPDX-License-Identifier: Apache-2.0
/* run_process_turn: how a child is given what is new, and waited for in lock-step. The futex words
 * and who writes them are in slot_shm.h. */
#include "agent/run_process_impl.h"
#include "base/hot.h"
#include "sys/clock.h"
#include "sys/futex.h"

#define WAIT_NS 2000000 /* of one sleep in lock-step; then the child's life is looked at */
/* Host and children spin that long before they sleep, where each of them has a core. */
#define SPIN_NS 20000
/* A child is not woken for what it does not want, but the bus must not come round meanwhile: in
 * lock-step it is after a fourth of the ring, live, where nobody waits for it, after a sixteenth.
 */
#define LAG_SHARE  4
#define PASS_SHARE 16

static _Atomic int n_in_step; /* children in lock-step, of all of this process */

static uint64_t done_seq(const struct run_process *run)
{
    return atomic_load_explicit(&run->shm->beat.done_seq, memory_order_acquire);
}

uint64_t run_process_done(const struct run_process *run)
{
    // In this order: what begin has sent it sent before it says that it was seen.
    uint64_t seen = atomic_load_explicit(&run->turn.seen_seq, memory_order_acquire);
    uint64_t sent = atomic_load_explicit(&run->turn.sent_seq, memory_order_relaxed);
    uint64_t done = done_seq(run);

    return done >= sent && done < seen ? seen : done;
}

void run_process_rouse(struct run_process *run)
{
    if (run->turn.bus_bits != 0) {
        atomic_fetch_add(&run->bus->wake, 1);
        futex_wake_bits(&run->bus->wake, run->turn.bus_bits);
    } else {
        atomic_fetch_add(&run->shm->wake, 1);
        futex_wake(&run->shm->wake, 1);
    }
}

/* Does it sleep? Once for each sleep: until it runs, which may take a while, it is not called
 * again. What we overwrite is no later sleep than the one that we wake it from: it looks at the
 * futex word before it says that it sleeps, and we move the word behind this. */
static HOT int takes_call(struct run_process *run)
{
    _Atomic uint32_t *is_asleep = &run->shm->is_asleep;

    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load_explicit(is_asleep, memory_order_relaxed) == 0)
        return 0;
    atomic_store_explicit(is_asleep, 0, memory_order_relaxed);
    return 1;
}

void run_process_wake(struct run_process *run)
{
    if (takes_call(run))
        run_process_rouse(run);
}

/* All that begin has called, by one call into the kernel: they are on one bus. */
static HOT void rouse(void *ctx)
{
    const struct run_process *run = ctx;
    struct bus_shm *bus = run->bus;
    uint32_t bits = bus->to_wake;

    if (bits == 0)
        return;
    run_process_choose_cores(run->turn.is_ahead);
    bus->to_wake = 0;
    atomic_fetch_add(&bus->wake, 1);
    futex_wake_bits(&bus->wake, bits);
}

/* Where there are more of us than cores, who spins takes the core of who has work. */
static void set_spin(struct run_process *run)
{
    int n = atomic_load_explicit(&n_in_step, memory_order_relaxed);
    uint32_t spin_ns = n < run->turn.cores ? SPIN_NS : 0;

    if (spin_ns == run->turn.spin_ns)
        return;
    run->turn.spin_ns = spin_ns;
    atomic_store_explicit(&run->shm->spin_ns, spin_ns, memory_order_relaxed);
}

/* What concerns it not it reads with what does; but the bus must not come round meanwhile, and its
 * ring not be full. */
static HOT int begin(void *ctx, uint64_t seq, uint32_t flags)
{
    struct run_process *run = ctx;
    struct run_process_turn *turn = &run->turn;
    uint64_t tail = atomic_load_explicit(&run->bus->tail, memory_order_relaxed);
    uint64_t used = evring_used(&run->to_agent);

    turn->is_begun = 1;
    if ((flags & TURN_AHEAD) != 0 && !turn->is_ahead) {
        turn->is_ahead = 1;
        atomic_store_explicit(&run->shm->is_ahead, 1, memory_order_relaxed);
    }
    if ((flags & TURN_WANTED) == 0 && tail - turn->sent_tail < turn->lag_max &&
        used < turn->used_max) {
        atomic_store_explicit(&turn->seen_seq, seq, memory_order_release);
        return tail - turn->awaited_tail > 2 * turn->lag_max ? 2 : 0;
    }
    turn->sent_tail = tail;
    atomic_store_explicit(&turn->sent_seq, seq, memory_order_relaxed);
    atomic_store_explicit(&turn->seen_seq, seq, memory_order_release);
    if (run->end != PROCESS_RUNS)
        return 1;
    if (run->is_lock_step)
        set_spin(run);
    if ((!turn->is_ahead || atomic_load_explicit(&run->shm->is_held, memory_order_relaxed) == 0) &&
        takes_call(run)) // else when its intents are taken
        run->bus->to_wake |= turn->bus_bits;
    return tail - turn->awaited_tail > 2 * turn->lag_max || used > 2 * turn->used_max ? 2 : 1;
}

/* It goes no further before its intents are taken. */
static int is_held(const struct run_process *run)
{
    if (!run->turn.is_ahead || evring_used(&run->from_agent) == 0)
        return 0;
    // In this order: what lies there is not of a step that it is still in.
    atomic_thread_fence(memory_order_acquire);
    return atomic_load_explicit(&run->shm->is_held, memory_order_acquire) != 0;
}

/* Waits until the child says it has done the step (1), waits itself (0), has died, or has taken too
 * long. */
static HOT int await_step(struct run_process *run, uint64_t seq)
{
    struct slot_shm *shm = run->shm;
    int rc = AGON_OK;

    if (done_seq(run) >= seq)
        return 1;
    if (run->turn.spin_ns > 0) {
        int64_t end_ns = clock_mono() + run->turn.spin_ns;

        do {
            if (done_seq(run) >= seq)
                return 1;
        } while (!is_held(run) && clock_mono() < end_ns);
    }
    atomic_store(&shm->host_waits, 1);
    while (rc >= 0) {
        uint32_t done = atomic_load(&shm->done);

        atomic_thread_fence(memory_order_seq_cst);
        if (done_seq(run) >= seq || is_held(run))
            break;
        run_process_wake(run);
        (void)futex_wait(&shm->done, done, WAIT_NS);
        if (done_seq(run) < seq && !is_held(run))
            rc = run_process_poll(run, clock_mono());
    }
    atomic_store(&shm->host_waits, 0);
    return rc < 0 ? rc : done_seq(run) >= seq;
}

static HOT int await(void *ctx)
{
    struct run_process *run = ctx;
    struct run_process_turn *turn = &run->turn;
    uint64_t seq = atomic_load_explicit(&turn->sent_seq, memory_order_relaxed);
    int rc;

    if (run->end != PROCESS_RUNS)
        return AGON_EIO;
    if (!run->is_lock_step || turn->awaited_seq == seq)
        return 1;
    rc = await_step(run, seq);
    if (rc != 1)
        return rc;
    turn->awaited_seq = seq;
    turn->awaited_tail = turn->sent_tail;
    return 1;
}

static HOT int advance_step(void *ctx, uint64_t seq)
{
    struct run_process *run = ctx;

    if (!run->turn.is_begun) {
        (void)begin(run, seq, TURN_WANTED);
        rouse(run);
    }
    run->turn.is_begun = 0;
    return await(run) < 0 ? AGON_EIO : AGON_OK;
}

/* Live: it is woken, and nobody waits for it. */
static HOT int advance(void *ctx, uint64_t seq)
{
    struct run_process *run = ctx;

    (void)seq;
    if (run->end != PROCESS_RUNS)
        return AGON_EIO;
    run->turn.sent_tail = atomic_load_explicit(&run->bus->tail, memory_order_relaxed);
    run_process_wake(run);
    return AGON_OK;
}

/* A private event is its slot's affair, wanted or not: its ring is smaller than the bus. */
static HOT int pass(void *ctx, uint64_t seq)
{
    struct run_process *run = ctx;
    uint64_t tail = atomic_load_explicit(&run->bus->tail, memory_order_relaxed);

    if (tail - run->turn.sent_tail > run->turn.lag_max || evring_used(&run->to_agent) > 0)
        return advance(ctx, seq);
    return run->end != PROCESS_RUNS ? AGON_EIO : AGON_OK;
}

/* A place on the bus is never so large that one more has none. */
static HOT int look(void *ctx, const struct runner_look *look)
{
    struct run_process *run = ctx;
    struct run_process_turn *turn = &run->turn;

    if (run->end != PROCESS_RUNS)
        return 0;
    run->shm->look = *look;
    turn->look_seq = look->end_seq + look->add;
    atomic_store_explicit(&run->shm->looked_seq, look->seq, memory_order_relaxed);
    atomic_store_explicit(&run->shm->looks, ++turn->looks, memory_order_release);
    set_spin(run);
    if (takes_call(run))
        run->bus->to_wake |= turn->bus_bits;
    return 1;
}

static int has_looked(const struct run_process *run)
{
    return atomic_load_explicit(&run->shm->looks_done, memory_order_acquire) == run->turn.looks;
}

static HOT int looked(void *ctx, uint64_t *seq)
{
    struct run_process *run = ctx;
    struct slot_shm *shm = run->shm;
    int64_t end_ns = run->turn.spin_ns > 0 ? clock_mono() + run->turn.spin_ns : 0;
    int rc = AGON_OK;

    while (!has_looked(run) && end_ns != 0 && clock_mono() < end_ns)
        ;
    if (!has_looked(run))
        atomic_store(&shm->host_waits, 1);
    while (!has_looked(run) && rc >= 0) {
        uint32_t done = atomic_load(&shm->done);

        atomic_thread_fence(memory_order_seq_cst);
        if (has_looked(run))
            break;
        run_process_wake(run);
        (void)futex_wait(&shm->done, done, WAIT_NS);
        if (!has_looked(run))
            rc = run_process_poll(run, clock_mono());
    }
    atomic_store(&shm->host_waits, 0);
    *seq = atomic_load_explicit(&shm->looked_seq, memory_order_acquire);
    return rc;
}

static HOT void go_on(void *ctx, uint64_t at)
{
    struct run_process *run = ctx;

    run->turn.look_seq = 0;
    atomic_store_explicit(&run->shm->go_on_at, at + 1, memory_order_release);
}

static int is_wished(void *ctx)
{
    struct run_process *run = ctx;

    return run->end == PROCESS_RUNS && evring_used(&run->from_agent) > 0;
}

static uint64_t nth(void *ctx)
{
    return atomic_load_explicit(&((struct run_process *)ctx)->shm->beat.nth, memory_order_acquire);
}

static const void *box(void *ctx, uint32_t box)
{
    const struct run_process *run = ctx;

    return run->boxes != NULL && box < AGON_GPU_JOBS_MAX
               ? run->boxes + (uint64_t)box * AGON_GPU_SUBMIT_MAX
               : NULL;
}

static void result(void *ctx, uint32_t place, const void *bytes, uint64_t n)
{
    struct run_process *run = ctx;

    REQUIRE(place < JOBS_PLACES && n <= AGON_GPU_RESULT_MAX);
    if (run->results != NULL)
        memcpy(run->results + (uint64_t)place * AGON_GPU_RESULT_MAX, bytes, n);
}

void run_process_turns(struct run_process *run, uint16_t slot)
{
    struct run_process_turn *turn = &run->turn;

    turn->lag_max = run->bus->granules / (run->is_lock_step ? LAG_SHARE : PASS_SHARE);
    turn->used_max = (run->to_agent.mask + 1) / 4;
    turn->cores = run->is_lock_step ? run_process_cores_join(run) : 1;
    turn->sent_tail = turn->awaited_tail =
        atomic_load_explicit(&run->bus->tail, memory_order_relaxed);
    turn->is_counted = run->is_lock_step;
    turn->bus_bits = run->is_lock_step ? 1u << slot % 32 : 0; // who shares a bit wakes too
    atomic_fetch_add(&n_in_step, turn->is_counted);
    run->port = (struct runner_port){.ctx = run,
                                     .to_agent = &run->to_agent,
                                     .from_agent = &run->from_agent,
                                     .is_wished = is_wished,
                                     .nth = nth};
    if (run->boxes != NULL) {
        run->port.box = box;
        run->port.result = result;
    }
    if (run->is_lock_step) {
        run->port.advance = advance_step;
        run->port.begin = begin;
        run->port.rouse = rouse;
        run->port.await = await;
        if (run->shm->has_ahead) {
            run->port.look = look;
            run->port.looked = looked;
            run->port.go_on = go_on;
        }
    } else {
        run->port.advance = advance;
        run->port.pass = pass;
    }
}

void run_process_turns_end(struct run_process *run)
{
    if (run->turn.is_counted)
        run_process_cores_leave(run);
    atomic_fetch_sub(&n_in_step, run->turn.is_counted);
    run->turn.is_counted = 0;
}
