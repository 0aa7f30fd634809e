// SPDX-License-Identifier: Apache-2.0
#include "agent/run_process_impl.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/child_main.h"
#include "agent/run_process_impl.h"
#include "agent/runner.h"
#include "agent/sandbox.h"
#include "base/sanitized.h"
#include "base/utf8.h"
#include "sys/clock.h"
#include "sys/futex.h"
#include "sys/memfd.h"
#include "sys/memory.h"
#include "sys/proc.h"

#define TO_GRANULES    16384
#define FROM_GRANULES  4096
#define LOG_GRANULES   1024
#define LAPSE_GRANULES 512
#define HARD_NS        100000000
#define START_NS       5000000000
#define START_WAITS    12
#define STOP_NS        100000000ll
#define ARENA_BYTES    (4ull << 30)
#define OWN_BYTES      (256ull << 20) /* of address space: the program, its libraries, its stack */
#define LOOK_NS        100000000      /* between two counts of a child's threads and time */
#define SPIN_WARM      2000
#define PROBE_NS       5000000000
#define REHEARSE_NS    60000000000
#define LONG_NS        100000 /* for each event of its last check */
#define LOG_LINES_MAX  256    /* taken in one poll */
/* A child is not woken for what it does not want, but it is not to look as if it hung: it is after
 * so long (and as run_process_turn.c says). */
#define PASS_NS 250000000

/* The host's part of the control groups; set before the first child, read by all. */
static const struct cgroup *groups;

/* Death */

/* The child is dead, or is as good as dead: find out how. Its own words are copied first. */
static void bury(struct run_process *run, const struct proc_end *end)
{
    uint32_t phase = atomic_load(&run->shm->phase);
    char text[ERROR_TEXT];

    if (run->end != PROCESS_RUNS)
        return;
    if (run->turn.is_counted)
        run_process_cores_child(run, 0);
    if (phase == CHILD_FAILED) {
        run->end = PROCESS_FAILED;
        memcpy(text, run->shm->error, sizeof(text));
        utf8_escape(text, strnlen(text, sizeof(text)), run->why, sizeof(run->why));
    } else if (phase == CHILD_CRASHED) {
        struct child_crash crash = run->shm->crash;

        run->end = PROCESS_CRASHED;
        run->signal = crash.signal;
        run->ip = crash.ip;
        run->address = crash.address;
        fault_text(&crash, run->why, sizeof(run->why));
    } else if (end) {
        run->end = end->is_signalled ? PROCESS_CRASHED : PROCESS_EXITED;
        run->signal = end->is_signalled ? end->code : 0;
        proc_end_text(end, run->why, sizeof(run->why));
        if (run->signal == SIGKILL && run->group[0] && cgroup_is_out_of_memory(groups, run->group))
            snprintf(run->why, sizeof(run->why),
                     "used more memory than the %llu MiB that its roster gives it; killed",
                     (unsigned long long)(run->shm->address_bytes >> 20));
    } else {
        run->end = PROCESS_CRASHED;
        snprintf(run->why, sizeof(run->why), "ended without a reason");
    }
}

void run_process_limit_by(const struct cgroup *group)
{
    groups = group;
}

/* Nothing of the plugin runs yet: it waits behind the fence. */
static int join_group(struct run_process *run, const struct run_process_config *config,
                      struct error *err)
{
    struct cgroup_limits limits = {.memory_bytes = run->shm->address_bytes,
                                   .threads = 1 + config->threads,
                                   .cores = 1 + config->threads};
    int rc;

    if (groups == NULL)
        return AGON_OK;
    snprintf(run->group, sizeof(run->group), "slot%u-%d", config->slot, run->proc.pid);
    rc = cgroup_put(groups, run->group, &limits, run->proc.pid, err);
    if (rc < 0)
        run->group[0] = '\0';
    return rc;
}

static void kill_child(struct run_process *run)
{
    struct proc_end end;

    (void)proc_signal(&run->proc, SIGKILL);
    (void)proc_wait(&run->proc, -1, &end);
    proc_close(&run->proc);
    run->proc.pid = -1;
}

/* No word of it counts from here on, so nobody waits until it is dead: the core calls this, and a
 * busy machine takes its time. It is reaped by run_process_free. */
static void condemn(struct run_process *run)
{
    (void)proc_signal(&run->proc, SIGKILL);
}

static void hang(struct run_process *run, const char *what, int64_t limit_ns)
{
    condemn(run);
    run->end = PROCESS_HUNG;
    snprintf(run->why, sizeof(run->why), "%s took longer than %lld ms (after event %llu); killed",
             what, (long long)(limit_ns / 1000000),
             (unsigned long long)atomic_load(&run->shm->beat.nth));
}

/* True when the child has ended: by its own word, or the kernel's. */
static int is_gone(struct run_process *run)
{
    uint32_t phase = atomic_load_explicit(&run->shm->phase, memory_order_acquire);
    struct proc_end end;
    int rc;

    if (run->end != PROCESS_RUNS)
        return 1;
    if (phase == CHILD_FAILED || phase == CHILD_CRASHED) {
        bury(run, NULL);
        return 1; // whatever it still does, nobody listens
    }
    rc = proc_wait(&run->proc, 0, &end);
    if (rc == AGON_EAGAIN)
        return 0;
    bury(run,
         rc < 0 ? NULL : &end); // without a word of the kernel's it is gone, and no more is known
    return 1;
}

static int64_t cpu_of(void *ctx)
{
    return proc_cpu_ns(((struct run_process *)ctx)->proc.pid);
}

/* Does it get on with what it was sent? Where it does not it is ended. */
static int is_stuck(struct run_process *run, int64_t mono_ns)
{
    const struct feed_beat *beat = &run->shm->beat;
    struct watchdog_seen seen = {0};

    // What it says first: the host's own word is never behind it.
    seen.done_seq = run_process_done(run);
    seen.exit = atomic_load_explicit(&beat->exit, memory_order_acquire);
    seen.enter = atomic_load_explicit(&beat->enter, memory_order_acquire);
    seen.owes = atomic_load_explicit(&run->shm->order_done, memory_order_acquire) != run->order;
    seen.published = atomic_load_explicit(&run->bus->tail_seq, memory_order_acquire);
    if (seen.published < run->turn.look_seq) // its numbers of what it was told ahead
        seen.published = run->turn.look_seq;
    if (seen.published < run->first_seq) // nothing was published since this host began
        seen.published = run->first_seq;
    switch (watchdog_look(&run->dog, &seen, mono_ns, cpu_of, run)) {
    case WATCHDOG_HUNG:
        hang(run, "a callback", run->dog.hard_ns);
        return 1;
    case WATCHDOG_BLOCKED:
        hang(run, "a callback that waits", watchdog_blocked_ns(&run->dog));
        return 1;
    case WATCHDOG_OWES:
        hang(run, "saving its state or taking over", watchdog_order_ns(&run->dog));
        return 1;
    case WATCHDOG_FORGED:
        condemn(run);
        run->end = PROCESS_CRASHED;
        snprintf(run->why, sizeof(run->why),
                 "it says that event %llu is done, and the last was %llu; killed",
                 (unsigned long long)seen.done_seq, (unsigned long long)seen.published);
        return 1;
    default:
        return 0;
    }
}

static void drain_log(struct run_process *run)
{
    for (int i = 0; i < LOG_LINES_MAX; i++) {
        const struct agon_event_hdr *next = evring_peek(&run->log_ring, NULL);
        char text[sizeof(((struct child_log *)0)->text) + 8];
        struct child_log line;
        uint32_t bytes;

        if (next == NULL)
            return;
        memset(&line, 0, sizeof(line));
        bytes = event_bytes(next);
        memcpy(&line, next, bytes < sizeof(line) ? bytes : sizeof(line));
        evring_release(&run->log_ring);
        if (line.n > sizeof(line.text))
            line.n = sizeof(line.text);
        utf8_escape(line.text, strnlen(line.text, line.n), text, sizeof(text));
        if (run->log)
            run->log(run->ctx, line.level, line.hdr.t, text);
    }
}

/* More threads than it may have: the filter lets threads begin or none, and only the kernel counts
 * them. */
static int has_too_many(struct run_process *run)
{
    struct proc_rights rights;

    if (run->threads == 0)
        return 0;
    if (proc_rights(run->proc.pid, &rights) < 0 || rights.threads <= run->threads + 1)
        return 0;
    condemn(run);
    run->end = PROCESS_CRASHED;
    snprintf(run->why, sizeof(run->why), "began %u threads, and its roster grants %u; killed",
             rights.threads - 1, run->threads);
    return 1;
}

int run_process_lapse(struct run_process *run, struct record_lapse *lapse)
{
    uint64_t n_lost = atomic_load_explicit(&run->shm->beat.n_lapses_lost, memory_order_relaxed);
    const struct agon_event_hdr *next = evring_peek(&run->lapse_ring, NULL);

    if (next == NULL && n_lost == run->n_lapses_lost)
        return 0;
    memset(lapse, 0, sizeof(*lapse));
    if (next != NULL) { // a copy first: the child can change it
        memcpy(lapse, next, run->lapse_ring.claimed < 2 ? EVENT_GRANULE : sizeof(*lapse));
        evring_release(&run->lapse_ring);
    } else {
        lapse->kind = LAPSE_LOST;
        lapse->n_calls = (uint32_t)(n_lost - run->n_lapses_lost);
        run->n_lapses_lost = n_lost;
    }
    lapse->hdr = (struct agon_event_hdr){.type = EVENT_LAPSE, .granules = 2};
    return 1;
}

/* What it does not want it has done too, now and then. */
static void catch_up(struct run_process *run, int64_t mono_ns)
{
    if (atomic_load_explicit(&run->shm->beat.done_seq, memory_order_relaxed) ==
        atomic_load_explicit(&run->bus->tail_seq, memory_order_relaxed))
        run->passed_ns = mono_ns;
    if (mono_ns - run->passed_ns < PASS_NS)
        return;
    run->passed_ns = mono_ns;
    run_process_wake(run);
}

int run_process_poll(struct run_process *run, int64_t mono_ns)
{
    int64_t cpu_ns;

    if (run->end != PROCESS_RUNS)
        return AGON_EIO;
    drain_log(run);
    if (is_gone(run)) {
        drain_log(run); // its last words
        return AGON_EIO;
    }
    if (run->is_begun && is_stuck(run, mono_ns))
        return AGON_EIO;
    if (run->is_begun)
        catch_up(run, mono_ns);
    if (mono_ns - run->look_ns < LOOK_NS)
        return AGON_OK;
    run->look_ns = mono_ns;
    cpu_ns = proc_cpu_ns(run->proc.pid);
    if (cpu_ns > 0)
        atomic_store_explicit(&run->cpu_ms, (uint64_t)cpu_ns / 1000000, memory_order_relaxed);
    return has_too_many(run) ? AGON_EIO : AGON_OK;
}

/* Start and end */

/* Lays out the block: head, private ring, wishes, log, saved state. */
static int make_shm(struct run_process *run, const struct run_process_config *config, int *fd,
                    struct error *err)
{
    uint64_t to = config->to_granules ? config->to_granules : TO_GRANULES;
    uint64_t from = config->from_granules ? config->from_granules : FROM_GRANULES;
    uint64_t to_at = (sizeof(*run->shm) + 4095) / 4096 * 4096;
    uint64_t from_at = to_at + (evring_bytes(to) + 4095) / 4096 * 4096;
    uint64_t log_at = from_at + (evring_bytes(from) + 4095) / 4096 * 4096;
    uint64_t lapse_at, boxes_at;
    unsigned char *base;

    lapse_at = log_at + (evring_bytes(LOG_GRANULES) + 4095) / 4096 * 4096;
    run->state_at[0] = lapse_at + (evring_bytes(LAPSE_GRANULES) + 4095) / 4096 * 4096;
    run->state_room = (config->state_bytes + 4095) / 4096 * 4096;
    run->state_at[1] = run->state_at[0] + run->state_room;
    boxes_at = run->state_at[1] + run->state_room;
    run->shm_bytes = boxes_at + (config->n_leases > 0 ? FEED_BOXES_BYTES : 0);
    *fd = memfd_new("agon-slot", run->shm_bytes, err);
    if (*fd < 0)
        return *fd;
    run->shm = memfd_map(*fd, run->shm_bytes, 1, err);
    if (run->shm == NULL || memfd_seal(*fd, 0, err) < 0)
        return AGON_EIO;
    base = (unsigned char *)run->shm;
    if (evring_format(base + to_at, to) < 0 || evring_format(base + from_at, from) < 0 ||
        evring_format(base + log_at, LOG_GRANULES) < 0 ||
        evring_format(base + lapse_at, LAPSE_GRANULES) < 0 ||
        evring_attach(&run->to_agent, base + to_at, to) < 0 ||
        evring_attach(&run->from_agent, base + from_at, from) < 0 ||
        evring_attach(&run->log_ring, base + log_at, LOG_GRANULES) < 0 ||
        evring_attach(&run->lapse_ring, base + lapse_at, LAPSE_GRANULES) < 0)
        return error_set(err, AGON_EINVAL, "rings of %llu and %llu granules",
                         (unsigned long long)to, (unsigned long long)from);
    if (config->n_leases > 0) {
        run->shm->boxes_at = boxes_at;
        run->boxes = base + boxes_at;
    }
    run->shm->magic = SLOT_SHM_MAGIC;
    run->shm->to_at = to_at;
    run->shm->to_granules = to;
    run->shm->from_at = from_at;
    run->shm->from_granules = from;
    run->shm->log_at = log_at;
    run->shm->log_granules = LOG_GRANULES;
    run->shm->lapse_at = lapse_at;
    run->shm->lapse_granules = LAPSE_GRANULES;
    for (int i = 0; i < STATE_REGIONS; i++)
        run->shm->state_at[i] = run->state_at[i];
    run->shm->state_room = run->state_room;
    return AGON_OK;
}

static int spawn(struct run_process *run, const char *exe, const int fds[CHILD_FD_FILES],
                 const struct run_files *files, struct error *err)
{
    static const char *const environment[] = {"LC_ALL=C", "MALLOC_ARENA_MAX=1", NULL};
    static const char *const argv[] = {"agon", CHILD_COMMAND, NULL};
    struct proc_spec spec = {.argv = argv, .envp = environment, .is_group = 1};
    int rc;

    memcpy(spec.fds, fds, CHILD_FD_FILES * sizeof(int));
    for (uint32_t i = 0; i < SETUP_FILES_MAX; i++)
        spec.fds[CHILD_FD_FILES + i] = files != NULL && i < files->n ? files->fds[i] : -1;
    spec.fds[CHILD_FD_RESULTS] = run->results_fd;
    rc = runner_spawn(&run->proc, exe, &spec, err);
    if (rc >= 0 && run->turn.is_counted)
        run_process_cores_child(run, run->proc.pid);
    return rc;
}

/* Until the child reaches phase, has gone, or has had its time. In a backtest that is time of a
 * processor, which a busy machine gives late; if it only waits it has START_WAITS times as long. */
static int await_phase(struct run_process *run, uint32_t phase, int64_t limit_ns, struct error *err)
{
    int64_t most_ns = run->is_lock_step ? START_WAITS * limit_ns : limit_ns;
    int64_t began_ns = clock_mono();
    int64_t cpu_ns = proc_cpu_ns(run->proc.pid);

    for (;;) {
        uint32_t done = atomic_load(&run->shm->done);
        int64_t past_ns = clock_mono() - began_ns;
        int gone = is_gone(run);

        // Looked at behind its end: who only says what it is reaches the phase and is gone.
        if (atomic_load(&run->shm->phase) == phase)
            return AGON_OK;
        if (gone)
            return error_set(err, run->end == PROCESS_FAILED ? AGON_EINVAL : AGON_EIO, "%s%s",
                             run->end == PROCESS_FAILED ? "" : "died: ", run->why);
        if (past_ns > most_ns ||
            (past_ns > limit_ns && proc_cpu_ns(run->proc.pid) - cpu_ns > limit_ns)) {
            hang(run, "the start", past_ns > most_ns ? most_ns : limit_ns);
            return error_set(err, AGON_ETIME, "%s", run->why);
        }
        (void)futex_wait(&run->shm->done, done, 5000000);
    }
}

static int name_missing(uint32_t missing, struct error *err)
{
    error_set(err, AGON_ENOTSUP,
              "this machine does not give what the roster requires of the "
              "sandbox; missing:");
    for (unsigned i = 0; i < SANDBOX_LAYERS; i++)
        if (missing >> i & 1) {
            size_t n = strlen(err ? err->text : "");

            if (err && n < sizeof(err->text) - 20)
                snprintf(err->text + n, sizeof(err->text) - n, " %s", sandbox_layer_name(i));
        }
    return AGON_ENOTSUP;
}

/* A child that has made a user namespace waits for its ids; what becomes of it without them is for
 * the fence. */
static int give_ids(struct run_process *run, const struct sandbox *sandbox, int64_t limit_ns,
                    struct error *err)
{
    int rc = await_phase(run, CHILD_UNSHARED, limit_ns, err);

    if (rc < 0)
        return rc;
    rc = sandbox_map(run->proc.pid, sandbox, NULL);
    atomic_store(&run->shm->mapped, rc < 0 ? 2 : 1);
    futex_wake(&run->shm->mapped, 1);
    return AGON_OK;
}

/* Waits until the sandbox stands and looks at it from outside, then lets the plugin's code run. */
static int pass_fence(struct run_process *run, uint32_t required, int64_t limit_ns,
                      struct error *err)
{
    struct sandbox sandbox = {.wanted = run->shm->layers_wanted,
                              .address_bytes = run->shm->address_bytes,
                              .uid = run->shm->uid,
                              .gid = run->shm->gid};
    struct proc_rights child, own;
    int rc = AGON_OK;

    if (proc_rights(0, &own) < 0)
        rc = error_set(err, AGON_EIO, "/proc does not say what this process may");
    if (rc >= 0 && sandbox_is_mapped(&sandbox))
        rc = give_ids(run, &sandbox, limit_ns, err);
    if (rc >= 0)
        rc = await_phase(run, CHILD_FENCED, limit_ns, err);
    if (rc < 0)
        return rc;
    if (proc_rights(run->proc.pid, &child) < 0)
        return error_set(err, AGON_EIO, "/proc does not say what its process may");
    // It has not taken what the one that answers took.
    if (child.threads != 1 && !IS_SANITIZED)
        return error_set(err, AGON_EINVAL,
                         "a library that it needs began a thread while it was "
                         "loaded; use one that does not");
    sandbox.holds = atomic_load(&run->shm->layers);
    run->layers = sandbox_proven(&sandbox, &child, &own) & SANDBOX_ALL;
    if ((required & ~run->layers) != 0)
        return name_missing(required & ~run->layers, err);
    atomic_store(&run->shm->go, 1);
    futex_wake(&run->shm->go, 1);
    return AGON_OK;
}

/* The child maps them before it takes its sandbox. */
static void give_files(struct slot_shm *shm, const struct run_files *files)
{
    if (files == NULL)
        return;
    shm->n_files = files->n;
    memcpy(shm->files, files->all, files->n * sizeof(shm->files[0]));
    for (uint32_t i = 0; i < files->n; i++)
        shm->address_bytes += 3 * files->all[i].bytes + 4095; // as a model too (agon.nn)
}

static void start_words(struct run_process *run, const struct run_process_config *config)
{
    struct slot_shm *shm = run->shm;

    shm->mode = CHILD_RUN;
    shm->plugin_index = config->plugin_index;
    shm->is_judged = config->judged != NULL;
    if (config->judged != NULL)
        shm->note = *config->judged;
    shm->bus_granules = config->bus->granules;
    shm->setup_room = SETUP_BYTES_MAX;
    shm->plugin_bytes = config->file->bytes;
    shm->address_bytes = OWN_BYTES + run->shm_bytes +
                         bus_bytes(config->bus->granules) * (shm->has_ahead ? 2 : 1) +
                         SETUP_BYTES_MAX + 2 * config->file->bytes +
                         (config->arena_bytes ? config->arena_bytes : ARENA_BYTES);
    if (run->results != NULL)
        shm->address_bytes += FEED_RESULTS_BYTES;
    give_files(shm, config->files);
    shm->threads = run->threads = config->threads;
    shm->spin = config->wait == PROCESS_HOT    ? UINT32_MAX
                : config->wait == PROCESS_WARM ? SPIN_WARM
                                               : 0;
    shm->layers_wanted = config->layers_wanted | config->layers_required;
    shm->bus_bits = run->turn.bus_bits;
    sandbox_ids(config->slot, &shm->uid, &shm->gid);
    shm->host_pid = getpid();
}

static struct run_process *new_run(void)
{
    struct run_process *run = calloc(1, sizeof(*run));

    if (run == NULL)
        return NULL;
    run->proc.pid = run->proc.pidfd = -1;
    run->slot_fd = run->setup_fd = run->results_fd = -1;
    return run;
}

/* Whoever gets the descriptor can read it and nothing else. */
static int make_results(struct run_process *run, uint32_t n_leases, struct error *err)
{
    if (n_leases == 0)
        return AGON_OK;
    run->results = memfd_reserve("agon-results", FEED_RESULTS_BYTES, &run->results_fd, err);
    return run->results == NULL ? AGON_EIO : memfd_fill(run->results_fd, FEED_RESULTS_BYTES, err);
}

int run_process_open(struct run_process **out, const struct run_process_config *config,
                     struct error *err)
{
    struct run_process *run = new_run();
    struct run_process_config with = *config;
    int rc;

    *out = NULL;
    if (run == NULL)
        return error_set(err, AGON_ENOMEM, "no memory for a runner");
    run->is_lock_step = config->is_lock_step;
    run->dog.hard_ns = config->hard_ns ? config->hard_ns : HARD_NS;
    run->dog.cpu_ns = -1;
    run->log = config->log;
    run->ctx = config->ctx;
    run->bus = config->bus->memory;
    if (with.state_bytes == 0)
        with.state_bytes = SETUP_STATE_MAX;
    rc = make_shm(run, &with, &run->slot_fd, err);
    if (rc >= 0)
        rc = make_results(run, config->n_leases, err);
    if (rc < 0) {
        run_process_free(run);
        return rc;
    }
    run->shm->has_ahead = config->is_lock_step && config->bus->ahead != NULL;
    run_process_turns(run, config->slot);
    *out = run;
    return AGON_OK;
}

int run_process_load(struct run_process *run, const struct run_process_config *config,
                     struct plugin_info *info, struct error *err)
{
    int64_t limit_ns = config->start_ns ? config->start_ns : START_NS;
    int rc;

    if (config->file->path[0])
        return error_set(err, AGON_EINVAL, "a child loads from a sealed memfd only");
    run->setup = memfd_reserve("agon-setup", SETUP_BYTES_MAX, &run->setup_fd, err);
    if (run->setup == NULL)
        return AGON_EIO;
    start_words(run, config);
    rc = spawn(run, config->exe,
               (const int[CHILD_FD_FILES]){-1, -1, -1, run->slot_fd, config->bus->fd, run->setup_fd,
                                           config->file->fd},
               config->files, err);
    (void)close(run->slot_fd);
    run->slot_fd = -1;
    if (run->results_fd >= 0)
        (void)close(run->results_fd);
    run->results_fd = -1;
    // While the child begins: what is always used of the block, so that nobody waits for it later.
    if (rc >= 0)
        (void)memory_place((unsigned char *)run->shm + run->shm->to_at,
                           run->state_at[0] - run->shm->to_at);
    if (rc >= 0)
        rc = join_group(run, config, err);
    if (rc >= 0)
        rc = pass_fence(run, config->layers_required, limit_ns, err);
    if (rc >= 0)
        rc = await_phase(run, CHILD_LOADED, limit_ns, err);
    if (rc >= 0 && info != NULL)
        run_process_info(run, info);
    run->is_loaded = rc >= 0;
    return rc < 0 ? rc : AGON_OK;
}

/* The setup's memory is the child's from here on, and nobody's to write. */
static int give_setup(struct run_process *run, const struct run_process_config *config,
                      struct error *err)
{
    int rc;

    if (config->setup_bytes > SETUP_BYTES_MAX)
        return error_set(err, AGON_ERANGE, "a setup of %llu bytes; at most %u",
                         (unsigned long long)config->setup_bytes, SETUP_BYTES_MAX);
    rc = memfd_fill(run->setup_fd, config->setup_bytes, err);
    if (rc >= 0)
        memcpy(run->setup, config->setup, config->setup_bytes);
    memfd_unmap(run->setup, SETUP_BYTES_MAX);
    run->setup = NULL;
    (void)close(run->setup_fd);
    run->setup_fd = -1;
    return rc;
}

int run_process_begin(struct run_process *run, const struct run_process_config *config,
                      struct error *err)
{
    int64_t limit_ns = config->start_ns ? config->start_ns : START_NS;
    struct plugin_info info;
    int rc;

    REQUIRE(run->is_loaded && !run->is_begun);
    run->is_begun = 1;
    run->first_seq = ((const struct setup_head *)config->setup)->seq;
    run_process_info(run, &info);
    if ((info.caps & AGON_RUNS_AHEAD) == 0) {
        run->port.look = NULL;
        run->port.looked = NULL;
        run->port.go_on = NULL;
    }
    rc = give_setup(run, config, err);
    if (rc >= 0) {
        run->shm->setup_bytes = config->setup_bytes;
        atomic_store(&run->shm->set_up, 1);
        futex_wake(&run->shm->set_up, 1);
        rc = await_phase(run, CHILD_READY, limit_ns, err);
    }
    if (run->end != PROCESS_RUNS)
        drain_log(run); // why its create refused is in there
    return rc < 0 ? rc : AGON_OK;
}

int run_process_new(struct run_process **out, const struct run_process_config *config,
                    struct error *err)
{
    int rc = run_process_open(out, config, err);

    if (rc < 0)
        return rc;
    rc = run_process_load(*out, config, NULL, err);
    if (rc >= 0)
        rc = run_process_begin(*out, config, err);
    if (rc < 0) {
        run_process_free(*out);
        *out = NULL;
    }
    return rc;
}

static int order(struct run_process *run, uint32_t kind, const struct feed_live *live)
{
    struct slot_shm *shm = run->shm;

    if (run->end != PROCESS_RUNS)
        return AGON_EIO;
    if (atomic_load_explicit(&shm->order_done, memory_order_acquire) != run->order)
        return AGON_EBUSY;
    shm->order_kind = run->order_kind = kind;
    shm->order_region = run->region;
    shm->live = *live;
    atomic_store_explicit(&shm->order, ++run->order, memory_order_release);
    run_process_rouse(run);
    return AGON_OK;
}

int run_process_save(struct run_process *run, uint64_t seq)
{
    return order(run, CHILD_ORDER_SAVE, &(struct feed_live){.seq = seq});
}

int run_process_go_live(struct run_process *run, const struct feed_live *live)
{
    return order(run, CHILD_ORDER_LIVE, live);
}

int run_process_answer(struct run_process *run, struct error *err)
{
    struct slot_shm *shm = run->shm;
    char text[ERROR_TEXT], shown[ERROR_TEXT];
    uint64_t n;
    int rc;

    if (atomic_load_explicit(&shm->order_done, memory_order_acquire) != run->order)
        return run->end == PROCESS_RUNS ? AGON_EAGAIN : error_set(err, AGON_EIO, "%s", run->why);
    rc = shm->order_rc;
    n = shm->state_bytes;
    if (rc >= 0 && run->order_kind == CHILD_ORDER_SAVE) {
        if (n > run->state_room)
            return error_set(err, AGON_ECORRUPT, "the child says that its state is too long");
        run->state = (const unsigned char *)shm + run->state_at[run->region];
        run->n_state = n;
        run->region = (run->region + 1) % STATE_REGIONS;
        run->order_kind = 0;
    }
    if (rc >= 0)
        return AGON_OK;
    if (rc == AGON_EAGAIN) // the child's word: here it would mean that there is none yet
        rc = AGON_EINVAL;
    memcpy(text, shm->error, sizeof(text));
    utf8_escape(text, strnlen(text, sizeof(text)), shown, sizeof(shown));
    return error_set(err, rc, "%s", shown);
}

void run_process_stop(struct run_process *run, uint32_t reason)
{
    int64_t end_ns = clock_mono() + STOP_NS;

    if (run->end != PROCESS_RUNS)
        return;
    atomic_store(&run->shm->stop, reason);
    run_process_rouse(run);
    // The plugin's time ends with its word; what the kernel takes to clear up is not its fault.
    for (;;) {
        uint32_t done = atomic_load(&run->shm->done);

        if (atomic_load(&run->shm->phase) == CHILD_STOPPED) {
            drain_log(run);
            run->end = PROCESS_STOPPED;
            snprintf(run->why, sizeof(run->why), "stopped as asked");
            kill_child(run);
            return;
        }
        if (is_gone(run))
            return;
        if (clock_mono() > end_ns) {
            hang(run, "the stop", STOP_NS);
            return;
        }
        (void)futex_wait(&run->shm->done, done, 5000000);
    }
}

void run_process_kill(struct run_process *run, const char *why)
{
    if (run->end != PROCESS_RUNS)
        return;
    condemn(run);
    run->end = PROCESS_FAILED;
    snprintf(run->why, sizeof(run->why), "%s", why);
}

void run_process_free(struct run_process *run)
{
    if (run == NULL)
        return;
    if (run->proc.pid >= 0)
        kill_child(run);
    proc_close(&run->proc);
    if (run->group[0])
        cgroup_drop(groups, run->group);
    run_process_turns_end(run);
    if (run->slot_fd >= 0)
        (void)close(run->slot_fd);
    if (run->setup_fd >= 0)
        (void)close(run->setup_fd);
    if (run->results != NULL)
        memfd_unmap(run->results, FEED_RESULTS_BYTES);
    if (run->results_fd >= 0)
        (void)close(run->results_fd);
    memfd_unmap(run->setup, SETUP_BYTES_MAX);
    if (run->shm)
        memfd_unmap(run->shm, run->shm_bytes);
    free(run);
}

/* A child that maps the plugin and does no more than mode asks; info and rehearsal are filled also
 * when it dies on the way. */
static int examine(const struct plugin_file *file, const char *exe, uint32_t mode, uint32_t index,
                   uint32_t n_long, const struct run_files *files, uint32_t required,
                   int64_t limit_ns, struct plugin_info *info, struct rehearsal *rehearsal,
                   struct error *err)
{
    struct run_process *run = new_run();
    struct run_process_config config = {.to_granules = 256, .from_granules = 256};
    int slot_fd = -1, rc;

    if (run == NULL)
        return error_set(err, AGON_ENOMEM, "no memory for a probe");
    if (file->path[0]) {
        rc = error_set(err, AGON_EINVAL, "a child loads from a sealed memfd only");
        goto done;
    }
    rc = make_shm(run, &config, &slot_fd, err);
    if (rc < 0)
        goto done;
    run->shm->mode = mode;
    run->shm->plugin_index = index;
    run->shm->n_long = n_long;
    run->shm->plugin_bytes = file->bytes;
    run->shm->address_bytes = OWN_BYTES + ARENA_BYTES;
    run->shm->layers_wanted = SANDBOX_ALL;
    sandbox_ids(SANDBOX_UID_PROBE, &run->shm->uid, &run->shm->gid);
    run->shm->host_pid = getpid();
    give_files(run->shm, files);
    rc = spawn(run, exe, (const int[CHILD_FD_FILES]){-1, -1, -1, slot_fd, -1, -1, file->fd}, files,
               err);
    if (rc >= 0)
        rc = pass_fence(run, required, limit_ns, err);
    if (rc >= 0)
        rc = await_phase(run, CHILD_LOADED, limit_ns, err);
    if (rc >= 0 && info)
        run_process_info(run, info);
    if (rehearsal) {
        memcpy(rehearsal, &run->shm->rehearsal, sizeof(*rehearsal));
        for (unsigned i = 0; i < REHEARSE_CHECKS; i++)
            rehearsal->checks[i].text[sizeof(rehearsal->checks[i].text) - 1] = 0;
    }
done:
    if (slot_fd >= 0)
        (void)close(slot_fd);
    run_process_free(run);
    return rc < 0 ? rc : AGON_OK;
}

int plugin_probe(const struct plugin_file *file, const char *exe, uint32_t index, uint32_t required,
                 struct plugin_info *info, struct error *err)
{
    return examine(file, exe, CHILD_PROBE, index, 0, NULL, required, PROBE_NS, info, NULL, err);
}

int plugin_rehearse(const struct plugin_file *file, const char *exe, uint32_t index,
                    uint32_t n_long, const struct run_files *files, struct rehearsal *rehearsal,
                    struct error *err)
{
    uint32_t at;
    int rc;

    memset(rehearsal, 0, sizeof(*rehearsal));
    rc = examine(file, exe, CHILD_REHEARSE, index, n_long, files, 0,
                 REHEARSE_NS + (int64_t)n_long * LONG_NS, NULL, rehearsal, err);
    at = atomic_load(&rehearsal->at);
    if (rc >= 0)
        return AGON_OK;
    if (at >= REHEARSE_CHECKS) // a child's word
        return rc;
    rehearsal->checks[at].verdict = REHEARSAL_ERROR;
    snprintf(rehearsal->checks[at].text, sizeof(rehearsal->checks[at].text), "%s",
             err ? err->text : "");
    return AGON_OK;
}
