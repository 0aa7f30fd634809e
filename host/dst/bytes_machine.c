// SPDX-License-Identifier: Apache-2.0
/* The machine that the host runs on. Its threads are fibers that take turns as the seed says, its
 * clocks are the world's, its disk forgets what was not synced. */
#include <stdlib.h>

#include "dst/bytes_impl.h"
#include "dst/script.h"
#include "run/host_impl.h"

#define WAKE_NS   (50 * US)    /* at most until a thread that can go on does */
#define STOP_NS   (2 * SECOND) /* a planned restart waits so long for its cancels */
#define FOREVER   (3600 * SECOND)
#define DYING_MAX 100000

/* --- threads --- */

static struct thread *current(struct bytes *world)
{
    struct fiber *fiber = fiber_current();

    for (uint32_t i = 0; fiber != NULL && i < BYTES_THREADS; i++) {
        if (world->threads[i].fiber == fiber)
            return &world->threads[i];
    }
    return NULL;
}

static void run_thread(struct thread *thread)
{
    thread->state = THREAD_RUNNING;
    fiber_resume(thread->fiber);
    if (fiber_is_over(thread->fiber))
        thread->state = THREAD_OVER;
}

static void resume(void *ctx, uint64_t a, uint64_t b)
{
    struct bytes *world = ctx;
    struct thread *thread = &world->threads[a];

    if (thread->serial != b || (thread->state != THREAD_READY && thread->state != THREAD_WAITING))
        return;
    // A core that hangs comes to its turn when it does no longer.
    if (bytes_is_hung(world) && world->host != NULL && a == (uint64_t)world->host->core_thread.id) {
        thread->job =
            sched_at(&world->sched, world->keeper.hung_until, resume, world, a, thread->serial);
        return;
    }
    thread->is_timed_out = thread->state == THREAD_WAITING;
    thread->job = 0;
    run_thread(thread);
    if (thread->state == THREAD_OVER && thread->is_operator) {
        fiber_free(thread->fiber);
        thread->fiber = NULL;
        thread->state = THREAD_FREE;
    }
}

void bytes_poll(struct bytes *world)
{
    for (uint32_t i = 0; i < BYTES_THREADS; i++) {
        struct thread *thread = &world->threads[i];

        if (thread->state != THREAD_WAITING ||
            atomic_load_explicit(thread->word, memory_order_relaxed) == thread->expected)
            continue;
        sched_cancel(&world->sched, thread->job);
        thread->state = THREAD_READY;
        thread->job = sched_at(&world->sched,
                               world->sched.now +
                                   (agon_ns_t)rng_below(&world->machine_rng, (uint64_t)WAKE_NS),
                               resume, world, i, thread->serial);
    }
}

static int machine_wait(void *ctx, const _Atomic uint32_t *word, uint32_t expected,
                        int64_t timeout_ns)
{
    struct bytes *world = ctx;
    struct thread *thread = current(world);

    if (world->is_dying) {
        // Nobody else runs any more: time passes until who waits gives up.
        world->dying_ns += SECOND;
        return AGON_ETIME;
    }
    if (thread == NULL) {
        bytes_fail(world, "world", "somebody waits who is not a thread");
        return AGON_ETIME;
    }
    if (atomic_load(word) != expected)
        return AGON_OK;
    thread->word = word;
    thread->expected = expected;
    thread->state = THREAD_WAITING;
    thread->job =
        sched_at(&world->sched, world->sched.now + (timeout_ns < 0 ? FOREVER : timeout_ns), resume,
                 world, (uint64_t)(thread - world->threads), thread->serial);
    fiber_yield();
    return thread->is_timed_out ? AGON_ETIME : AGON_OK;
}

int bytes_start(struct bytes *world, void *(*main)(void *), void *arg, int is_operator)
{
    uint32_t at = 0;
    struct thread *thread;

    while (at < BYTES_THREADS && world->threads[at].state != THREAD_FREE)
        at++;
    if (at == BYTES_THREADS)
        return AGON_EAGAIN;
    thread = &world->threads[at];
    thread->fiber = fiber_new(main, arg);
    if (thread->fiber == NULL)
        return AGON_ENOMEM;
    thread->serial = ++world->n_serial;
    thread->is_operator = is_operator != 0;
    thread->state = THREAD_READY;
    thread->job =
        sched_at(&world->sched,
                 world->sched.now + (agon_ns_t)rng_below(&world->machine_rng, (uint64_t)WAKE_NS),
                 resume, world, at, thread->serial);
    return (int)at;
}

static int64_t machine_start_thread(void *ctx, void *(*main)(void *), void *arg)
{
    return bytes_start(ctx, main, arg, 0);
}

static void machine_join_thread(void *ctx, int64_t id)
{
    static const _Atomic uint32_t never;
    struct bytes *world = ctx;
    struct thread *thread = &world->threads[id];

    while (thread->state != THREAD_OVER && !world->is_dying)
        (void)machine_wait(world, &never, 0, MS);
    fiber_free(thread->fiber);
    thread->fiber = NULL;
    thread->state = THREAD_FREE;
}

int bytes_is_operated(const struct bytes *world)
{
    for (uint32_t i = 0; i < BYTES_THREADS; i++) {
        if (world->threads[i].state != THREAD_FREE && world->threads[i].is_operator)
            return 1;
    }
    return 0;
}

/* --- clocks and dice --- */

static int64_t machine_mono(void *ctx)
{
    struct bytes *world = ctx;

    return world->sched.now - world->t_begin + world->dying_ns;
}

agon_ns_t bytes_true_wall(const struct bytes *world)
{
    return world->sched.now;
}

static agon_ns_t machine_wall(void *ctx)
{
    struct bytes *world = ctx;

    return world->sched.now + world->wall_off;
}

static void machine_random(void *ctx, void *bytes, size_t n)
{
    struct bytes *world = ctx;
    unsigned char *at = bytes;

    for (size_t i = 0; i < n; i++)
        at[i] = (unsigned char)rng_u64(&world->entropy);
}

/* --- disk --- */

static int disk_open(void *ctx, const char *name, uint64_t preallocate_bytes)
{
    struct bytes *world = ctx;

    return world->disk_port.open(world->disk_port.ctx, name, preallocate_bytes);
}

static void disk_close(void *ctx, int file)
{
    struct bytes *world = ctx;

    world->disk_port.close(world->disk_port.ctx, file);
}

static int disk_write(void *ctx, int file, uint64_t offset, const void *bytes, uint64_t n)
{
    struct bytes *world = ctx;

    if (!bytes_room_takes(world, n))
        return AGON_ENOSPC;
    return world->disk_port.write(world->disk_port.ctx, file, offset, bytes, n);
}

static int64_t disk_read(void *ctx, int file, uint64_t offset, void *bytes, uint64_t n)
{
    struct bytes *world = ctx;

    return world->disk_port.read(world->disk_port.ctx, file, offset, bytes, n);
}

/* A sync takes its time, and who waits for it gives way. */
static int disk_sync(void *ctx, int file)
{
    static const _Atomic uint32_t never;
    struct bytes *world = ctx;
    agon_ns_t wait_ns = world->swarm.sync_ns;
    int is_bad = world->phase == BYTES_SAFETY;
    int is_failing = 0;

    if (is_bad && bytes_has(world, BYTES_SLOW_DISK) &&
        rng_chance(&world->disk_rng, world->swarm.sync_slow_ppm)) {
        wait_ns += (agon_ns_t)rng_below(&world->disk_rng, 2 * (uint64_t)SECOND);
        world->result->injected[BYTES_SLOW_DISK]++;
    }
    if (is_bad && bytes_has(world, BYTES_SYNC) &&
        rng_chance(&world->disk_rng, world->swarm.sync_fail_ppm)) {
        is_failing = 1;
        world->result->injected[BYTES_SYNC]++;
        world->result->some[BYTES_SOME_SYNC_FAILED]++;
    }
    if (current(world) != NULL && !world->is_dying)
        (void)machine_wait(world, &never, 0, wait_ns);
    // This one fails: who dies while he waits leaves it to nobody.
    if (is_failing)
        disk_mem_fail_sync(world->disk_mem, 1);
    return world->disk_port.sync(world->disk_port.ctx, file);
}

static int64_t disk_size(void *ctx, int file)
{
    struct bytes *world = ctx;

    return world->disk_port.size(world->disk_port.ctx, file);
}

static int disk_truncate(void *ctx, int file, uint64_t bytes)
{
    struct bytes *world = ctx;

    return world->disk_port.truncate(world->disk_port.ctx, file, bytes);
}

static int disk_rename(void *ctx, const char *from, const char *to)
{
    struct bytes *world = ctx;

    return world->disk_port.rename(world->disk_port.ctx, from, to);
}

static int disk_remove(void *ctx, const char *name)
{
    struct bytes *world = ctx;

    return world->disk_port.remove(world->disk_port.ctx, name);
}

static int disk_sync_dir(void *ctx)
{
    struct bytes *world = ctx;

    return world->disk_port.sync_dir(world->disk_port.ctx);
}

static int disk_list(void *ctx, int (*each)(void *arg, const char *name), void *arg)
{
    struct bytes *world = ctx;

    return world->disk_port.list(world->disk_port.ctx, each, arg);
}

int bytes_machine_open(struct bytes *world)
{
    uint64_t seed = world->config.seed;

    rng_init(&world->machine_rng, bytes_stream(seed, DRAW_MACHINE));
    rng_init(&world->entropy, bytes_stream(seed, DRAW_ENTROPY));
    rng_init(&world->disk_rng, bytes_stream(seed, DRAW_DISK));
    world->disk_mem = disk_mem_new(512);
    if (world->disk_mem == NULL)
        return AGON_ENOMEM;
    disk_mem_room(world->disk_mem, UINT64_MAX, world->room.is_lazy);
    world->disk_port = disk_mem_port(world->disk_mem);
    world->disk = (struct disk){.ctx = world,
                                .open = disk_open,
                                .close = disk_close,
                                .write = disk_write,
                                .read = disk_read,
                                .sync = disk_sync,
                                .size = disk_size,
                                .truncate = disk_truncate,
                                .rename = disk_rename,
                                .remove = disk_remove,
                                .sync_dir = disk_sync_dir,
                                .list = disk_list};
    world->machine = (struct machine){.ctx = world,
                                      .mono = machine_mono,
                                      .wall = machine_wall,
                                      .random = machine_random,
                                      .wait = machine_wait,
                                      .start = machine_start_thread,
                                      .join = machine_join_thread};
    machine_set(&world->machine);
    return AGON_OK;
}

/* --- the host's lives --- */

static void boot(void *ctx, uint64_t a, uint64_t b)
{
    (void)a;
    (void)b;
    bytes_boot(ctx);
}

/* Where there is a keeper the supervisor may be slow: longer than it waits. */
static agon_ns_t pause_of(struct bytes *world)
{
    agon_ns_t pause = 50 * MS + (agon_ns_t)rng_below(&world->machine_rng, 2 * (uint64_t)SECOND);
    struct rng *rng = &world->faults_rng[BYTES_KEEPER];

    if (bytes_has(world, BYTES_KEEPER) && rng_below(rng, 2) == 0)
        pause += (agon_ns_t)rng_below(rng, 12 * (uint64_t)SECOND);
    if (world->sched.now + pause < world->down_until)
        pause = world->down_until - world->sched.now;
    return pause;
}

static void power_is_back(struct bytes *world)
{
    enum disk_mem_keep keep = (enum disk_mem_keep)rng_below(&world->disk_rng, DISK_MEM_KEEPS);

    disk_mem_crash(world->disk_mem, keep, rng_u64(&world->disk_rng));
    sched_at(&world->sched, world->sched.now + pause_of(world), boot, world, 0, 0);
}

/* Where power fails at all, it fails while somebody recovers from the last time, too. */
static void arm_power(struct bytes *world)
{
    if (world->phase == BYTES_SAFETY && bytes_has(world, BYTES_POWER) &&
        rng_below(&world->disk_rng, 3) == 0)
        disk_mem_stop_at(world->disk_mem, 1 + rng_below(&world->disk_rng, 12));
}

/* A start that is refused because the journal is ahead of the time: right where the wall clock is
 * behind and no venue was heard. So is one whose disk failed to sync meanwhile, or was full. Its
 * supervisor tries again. */
static int is_rightly_refused(const struct bytes *world, int rc, uint64_t n_syncs_failed)
{
    return (rc == AGON_ETIME && world->boot_wall_off < -OFF_BY) ||
           (rc == AGON_ENOSPC && bytes_room_lacked(world)) ||
           (rc == AGON_EIO && world->result->injected[BYTES_SYNC] > n_syncs_failed);
}

/* The process begins: the first thread of it. */
static void *boot_main(void *ctx)
{
    struct bytes *world = ctx;
    struct host_config config;
    struct host *host = NULL;
    struct error err = {0};
    uint64_t n_syncs_failed = world->result->injected[BYTES_SYNC];
    int rc;

    bytes_config_host(world, &config);
    arm_power(world);
    rc = host_open(&host, &config, &err);
    bytes_trace(world, "BOOT life %u: %s", world->life, rc < 0 ? err.text : "open");
    world->is_booting = 0;
    if (disk_mem_is_stopped(world->disk_mem) || world->is_dying ||
        is_rightly_refused(world, rc, n_syncs_failed)) {
        world->result->some[BYTES_SOME_CRASH_IN_BOOT] += disk_mem_is_stopped(world->disk_mem) != 0;
        if (host != NULL)
            host_abandon(host);
        net_die(world->net, NET_HOST);
        world->keeper.t_tried = world->sched.now;
        if (!world->is_dying)
            power_is_back(world);
        return NULL;
    }
    disk_mem_stop_at(world->disk_mem, 0);
    if (rc >= 0)
        rc = host_start(host, &err);
    if (rc < 0) {
        bytes_fail(world, "inv-05", "the host does not start again: %s", err.text);
        if (host != NULL)
            host_abandon(host);
        net_die(world->net, NET_HOST);
        return NULL;
    }
    world->host = host;
    world->keeper.t_silent = 0;
    world->keeper.is_planned = 0;
    bytes_check_boot(world);
    return NULL;
}

void bytes_boot(struct bytes *world)
{
    if (world->host != NULL || world->is_booting || world->is_over || world->result->is_failed)
        return;
    if (world->sched.now < world->down_until) { // somebody had begun to wait for less
        sched_at(&world->sched, world->down_until, boot, world, 0, 0);
        return;
    }
    world->life++;
    world->result->n_lives++;
    world->is_booting = 1;
    world->t_booting = world->sched.now;
    world->boot_wall_off = world->wall_off;
    if (bytes_start(world, boot_main, world, 1) < 0)
        bytes_fail(world, "world", "no thread to start the host");
}

/* What threads of a dead process hold is memory of this one: those that may hold some are run to
 * their end, with nobody beside them and time that flies. */
static void bury_threads(struct bytes *world)
{
    world->is_dying = 1;
    crew_close(world->host->crew);
    atomic_store(&world->host->is_loader_stopping, 2);
    for (uint32_t i = 0; i < BYTES_THREADS; i++) {
        struct thread *thread = &world->threads[i];

        if (thread->state == THREAD_FREE || thread->state == THREAD_OVER)
            continue;
        if (thread->job != 0)
            sched_cancel(&world->sched, thread->job);
        // The loader's first: an operator may wait for it.
        if (thread->word == &world->host->loader_wake ||
            i == (uint32_t)world->host->loader_thread.id)
            run_thread(thread);
    }
    // What it had not begun is done by nobody.
    if (atomic_load(&world->host->job.state) == JOB_ASKED) {
        world->host->job.rc = AGON_ESTATE;
        atomic_store(&world->host->job.state, JOB_DONE);
    }
    for (uint32_t i = 0; i < BYTES_THREADS; i++) {
        struct thread *thread = &world->threads[i];

        if (thread->state != THREAD_FREE && thread->state != THREAD_OVER && thread->is_operator)
            run_thread(thread);
    }
    for (uint32_t i = 0; i < BYTES_THREADS; i++) {
        fiber_free(world->threads[i].fiber);
        memset(&world->threads[i], 0, sizeof(world->threads[i]));
    }
    world->dying_ns = 0;
    world->is_dying = 0;
}

void bytes_kill(struct bytes *world)
{
    struct engine *engine = world->host->engine;

    bytes_limits_vacant(world);
    bytes_trace(world, "KILL life %u at event %llu, durable %llu", world->life,
                (unsigned long long)engine_seq(engine),
                (unsigned long long)journal_durable_seq(&world->host->buffer));
    world->result->n_events += engine_seq(engine) - world->journal_seen;
    world->result->some[BYTES_SOME_CRASH]++;
    world->journal_seen = journal_durable_seq(&world->host->buffer);
    bytes_silent(world);
    world->keeper.hung_until = 0;
    net_die(world->net, NET_HOST);
    bury_threads(world);
    host_abandon(world->host);
    world->host = NULL;
    world->is_stopping = 0;
    power_is_back(world);
}

void bytes_restart(struct bytes *world)
{
    struct error err = {0};
    int rc;

    world->is_stopping = 1;
    world->keeper.is_planned = 1;
    rc = host_stop(world->host, STOP_NS, -1, &err);
    bytes_trace(world, "RESTART: %d %s", rc, err.text);
    if (world->is_dying)
        return;
    // A journal that failed ends in no order, and then the keeper is right.
    world->keeper.is_planned = rc >= 0;
    bytes_silent(world);
    bytes_limits_vacant(world);
    world->result->n_events += engine_seq(world->host->engine) - world->journal_seen;
    world->journal_seen = engine_seq(world->host->engine);
    net_die(world->net, NET_HOST);
    host_abandon(world->host);
    world->host = NULL;
    world->is_stopping = 0;
    world->result->some[BYTES_SOME_RESTART]++;
    sched_at(&world->sched, world->sched.now + pause_of(world), boot, world, 0, 0);
}

/* A start that is under way ends at once: nobody answers it any more. */
static void end_boot(struct bytes *world)
{
    world->is_dying = 1;
    for (uint32_t i = 0; i < BYTES_THREADS && world->is_booting; i++) {
        struct thread *thread = &world->threads[i];

        if (thread->is_operator &&
            (thread->state == THREAD_READY || thread->state == THREAD_WAITING))
            run_thread(thread);
    }
    world->is_dying = 0;
}

void bytes_machine_close(struct bytes *world)
{
    if (world->is_booting)
        end_boot(world);
    if (world->host != NULL) {
        net_die(world->net, NET_HOST);
        bury_threads(world);
        host_abandon(world->host);
        world->host = NULL;
    }
    for (uint32_t i = 0; i < BYTES_THREADS; i++)
        fiber_free(world->threads[i].fiber);
    disk_mem_free(world->disk_mem);
    machine_set(NULL);
}
