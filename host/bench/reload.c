// SPDX-License-Identifier: Apache-2.0
/* reload: how long the core stands still while another generation takes over, at a steady rate and
 * as fast as it goes, in both runners; that nobody missed an event and nothing was left; and, at
 * the steady rate, that the slot saves the same state as one that was never reloaded. */
#include <dirent.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "agent/certificate.h"
#include "base/sanitized.h"
#include "bench/arena.h"
#include "bench/table.h"
#include "demo/demo_config.h"
#include "sys/clock.h"
#include "sys/futex.h"
#include "sys/proc.h"

#define RATE          50000 /* events a second */
#define RELOADS       100
#define RELOADS_QUICK 4
#define WARM          20 /* reloads before memory is looked at */
#define POLL_NS       ((int64_t)1000000)
#define SETTLE        100000 /* market events within which the slot has to hold something */
#define TAKEN         ((uint64_t)512 << 20) /* bytes of events for the control: minutes of them */

/* What the slot lived through: its events, for the control, and what it held at each swap. */
struct taken {
    const struct arena *arena;
    unsigned char *events; /* TAKEN; shared memory, for it is not what is measured */
    uint64_t n;
    int is_full;
    uint32_t n_swaps, n_holding;
};
struct job {
    struct crew *crew;
    const char *plugin;
    uint32_t n;
    _Atomic uint32_t is_over, may_end;
    uint64_t fds, maps, kib; /* once it is warm */
    struct hist total_ns;
    struct error err;
    int rc;
};

static uint64_t count_lines(const char *path)
{
    FILE *file = fopen(path, "r");
    uint64_t n = 0;
    int c;

    while (file != NULL && (c = fgetc(file)) != EOF)
        n += c == '\n';
    if (file != NULL)
        (void)fclose(file);
    return n;
}

static uint64_t count_files(void)
{
    DIR *dir = opendir("/proc/self/fd");
    uint64_t n = 0;

    while (dir != NULL && readdir(dir) != NULL)
        n++;
    if (dir != NULL)
        (void)closedir(dir);
    return n;
}

static uint64_t own_kib(void)
{
    FILE *file = fopen("/proc/self/status", "r");
    unsigned long long kib = 0;
    char line[128];

    while (file != NULL && fgets(line, sizeof(line), file) != NULL)
        (void)sscanf(line, "RssAnon: %llu", &kib);
    if (file != NULL)
        (void)fclose(file);
    return kib;
}

static void *load(void *ctx)
{
    struct job *job = ctx;
    struct crew_report report;

    proc_batch();
    for (uint32_t i = 0; i < job->n && job->rc >= 0; i++) {
        job->rc = crew_reload(job->crew, 0, job->plugin, &report, &job->err);
        if (job->rc >= 0)
            hist_add(&job->total_ns, report.total_ns);
        if (i == (job->n > 2 * WARM ? WARM : 1)) {
            job->fds = count_files();
            job->maps = count_lines("/proc/self/maps");
            job->kib = own_kib();
        }
    }
    atomic_store(&job->is_over, 1);
    // Its children live as long as it does.
    while (!atomic_load(&job->may_end))
        (void)futex_wait(&job->may_end, 0, 10000000);
    return NULL;
}

static int is_holding(const struct arena *arena)
{
    const struct position *positions;
    int64_t held = 0;
    uint32_t n;

    positions = ledger_positions(engine_ledger(arena->engine), 0, &n);
    for (uint32_t i = 0; i < n; i++)
        held |= positions[i].qty;
    return held != 0 && orders_count(engine_orders(arena->engine), 0) > 0;
}

static int is_generation(const struct agon_event_hdr *event)
{
    return event->type == EVENT_CONFIG &&
           ((const struct record_generation *)(const void *)event)->kind == CONFIG_GENERATION;
}

// The control is never reloaded: it is told of no generation.
static void take(void *ctx, const struct agon_event_hdr *event)
{
    struct taken *taken = ctx;

    if (is_generation(event)) {
        taken->n_swaps++;
        taken->n_holding += (uint32_t)is_holding(taken->arena);
    } else if (taken->events != NULL && event_bytes(event) <= TAKEN - taken->n) {
        memcpy(taken->events + taken->n, event, event_bytes(event));
        taken->n += event_bytes(event);
    } else {
        taken->is_full = 1;
    }
}

static void check(struct bench *bench, const char *who, const struct arena *arena,
                  const struct job *job, const struct taken *taken)
{
    const struct slot *slot = slots_get(engine_slots(arena->engine), 0);

    uint64_t nth = slots_nth(engine_slots(arena->engine), 0);

    bench_check(bench, slot_set_is_empty(&arena->failed) && crew_nth(arena->crew, 0) == nth,
                "%s: the plugin has been delivered what the engine counts: %llu events", who,
                (unsigned long long)nth);
    bench_check(bench, slot->generation == job->n + 1 && taken->n_swaps == job->n,
                "%s: each of %u reloads is a generation of its own", who, job->n);
    if (bench->data != NULL && taken->events != NULL)
        bench_check(bench, taken->n_holding == job->n,
                    "%s: an order rested and a position was held at %u of %u swaps", who,
                    taken->n_holding, job->n);
    bench_check(bench, count_files() == job->fds, "%s: no descriptor is left", who);
    // A sanitizer's allocator maps and keeps as it likes.
    if (!IS_SANITIZED)
        bench_check(bench, count_lines("/proc/self/maps") <= job->maps + 2,
                    "%s: no mapping is left", who);
}

/* The same events in an arena of its own, where nobody is reloaded; the states must be equal. */
static int compare(struct bench *bench, const struct arena_config *with, const char *who,
                   struct arena *arena, const struct taken *taken, struct error *err)
{
    struct arena_config config = *with;
    struct arena *control = calloc(1, sizeof(*control));
    unsigned char *state = NULL, *wanted = NULL;
    const struct agon_state_hdr *hdr, *hdr_wanted;
    uint64_t n = 0, n_wanted = 0, at = 0, n_events = 0;
    int rc = control != NULL ? AGON_OK : error_set(err, AGON_ENOMEM, "no memory"), is_open = 0;

    // Where a plugin may be called in this process is measured in both ways, else in neither.
    config.is_lock_step = config.runner == CREW_PROCESS;
    if (rc >= 0) {
        rc = arena_open(control, &config, err);
        is_open = rc >= 0;
    }
    for (; rc >= 0 && at < taken->n; n_events++) {
        const struct agon_event_hdr *event = (const void *)(taken->events + at);

        (void)arena_repeat(control, event);
        at += event_bytes(event);
    }
    if (rc >= 0)
        rc = crew_save(arena->crew, 0, &state, &n, err);
    if (rc >= 0)
        rc = crew_save(control->crew, 0, &wanted, &n_wanted, err);
    hdr = (const void *)state;
    hdr_wanted = (const void *)wanted;
    // The head names the last event by the run's own count, in which a generation is an event too.
    if (rc >= 0)
        bench_check(bench,
                    !taken->is_full && n == n_wanted && n > sizeof(*hdr) &&
                        hdr->nth == hdr_wanted->nth && slot_set_is_empty(&control->failed) &&
                        memcmp(hdr + 1, hdr_wanted + 1, n - sizeof(*hdr)) == 0,
                    "%s: after %llu events the saved state, %llu bytes at nth %llu, is that of a "
                    "control that was never reloaded",
                    who, (unsigned long long)n_events, (unsigned long long)n,
                    (unsigned long long)hdr->nth);
    free(state);
    free(wanted);
    if (is_open)
        arena_close(control);
    free(control);
    return rc;
}

static int measure(struct bench *bench, uint32_t runner, int64_t rate, const char *plugin,
                   struct error *err)
{
    struct arena_config config = {.n_slots = 1,
                                  .plugins = {plugin},
                                  .runner = runner,
                                  .dir = bench->dir,
                                  .is_certified = bench->plugin != NULL && !bench->is_trusted,
                                  .tape = bench->data};
    struct taken taken = {0};
    struct arena *arena = calloc(1, sizeof(*arena));
    struct job *job = calloc(1, sizeof(*job));
    const char *who = runner == CREW_INPROC ? "inproc" : "process";
    char market[64] = "a made-up market";
    uint64_t kib, n_market;
    int64_t began, polled = 0;
    char name[64], note[128];
    pthread_t thread;
    int rc = AGON_ENOMEM;

    if (arena == NULL || job == NULL) {
        error_set(err, rc, "no memory");
        goto done;
    }
    rc = arena_open(arena, &config, err);
    if (rc < 0)
        goto done;
    job->crew = arena->crew;
    job->plugin = plugin;
    job->n = (uint32_t)(bench->n != 0 ? bench->n : bench->is_quick ? RELOADS_QUICK : RELOADS);
    if (arena->n_tape > 0)
        snprintf(market, sizeof(market), "%u recorded quotes in a loop", arena->n_tape);
    taken.arena = arena;
    if (rate > 0) {
        void *memory = mmap(NULL, TAKEN, PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

        taken.events = memory != MAP_FAILED ? memory : NULL;
    }
    arena->on_event = take;
    arena->ctx = &taken;
    for (int i = 0; i < 2000; i++)
        (void)arena_step(arena);
    for (int i = 0; i < SETTLE && bench->data != NULL && !is_holding(arena); i++)
        (void)arena_step(arena);
    n_market = arena->n_market;
    began = clock_mono();
    if (pthread_create(&thread, NULL, load, job) != 0) {
        rc = error_set(err, AGON_EIO, "a thread could not be started");
        goto close;
    }
    while (!atomic_load(&job->is_over)) {
        int64_t mono = clock_mono();

        if (rate == 0 ||
            (int64_t)(arena->n_market - n_market) <= (mono - began) / 1000 * rate / 1000000)
            (void)arena_step(arena);
        if (mono - polled > POLL_NS) {
            (void)arena_look(arena);
            polled = mono;
        }
    }
    kib = own_kib();
    rc = job->rc;
    if (rc < 0) {
        *err = job->err;
        goto end;
    }
    snprintf(note, sizeof(note), "%u reloads at %.0f market events/s, %s", job->n,
             (double)(arena->n_market - n_market) * 1e9 / (double)(clock_mono() - began), market);
    snprintf(name, sizeof(name), "%s%s", who, rate == 0 ? ", as fast as it goes" : "");
    arena_settle(arena);
    // What the slot saves is looked at before anything is said of how long it took.
    check(bench, name, arena, job, &taken);
    rc = rate > 0 ? compare(bench, &config, who, arena, &taken, err) : AGON_OK;
    if (rc < 0)
        goto end;
    snprintf(name, sizeof(name), "reload.%s%s.copy", who, rate == 0 ? ".fast" : "");
    bench_hist(bench, name, &crew_pauses(arena->crew)->cut_ns, note);
    snprintf(name, sizeof(name), "reload.%s%s.swap", who, rate == 0 ? ".fast" : "");
    bench_hist(bench, name, &crew_pauses(arena->crew)->swap_ns, note);
    snprintf(name, sizeof(name), "reload.%s%s.whole", who, rate == 0 ? ".fast" : "");
    bench_hist(bench, name, &job->total_ns, note);
    bench_figure(bench, "reload.memory", (double)kib - (double)job->kib, "KiB more", note);
end:
    crew_close(arena->crew);
    arena_close(arena);
    atomic_store(&job->may_end, 1);
    futex_wake(&job->may_end, 1);
    pthread_join(thread, NULL);
    goto done;
close:
    arena_close(arena);
done:
    if (taken.events != NULL)
        (void)munmap(taken.events, TAKEN);
    free(arena);
    free(job);
    return rc;
}

/* In this process a plugin is replaced by the dynamic loader, again and again beside what runs: no
 * sandbox can stand by then. */
static int may_be_inproc(const struct bench *bench)
{
    struct plugin_file file;
    struct error err = {0};
    int rc;

    if (bench->plugin == NULL || bench->is_trusted)
        return 1;
    rc = plugin_file_stage(&file, bench->plugin, NULL, 0, &err);
    if (rc >= 0)
        rc = certificate_check(bench->plugin, file.hash, &err);
    plugin_file_drop(&file);
    if (rc < 0)
        fprintf(stderr, "agon bench reload: inproc is left out: %s; --trusted does without\n",
                err.text);
    return rc >= 0;
}

int bench_reload(struct bench *bench, struct error *err)
{
    static const uint32_t runners[] = {CREW_INPROC, CREW_PROCESS};
    int is_inproc = may_be_inproc(bench);
    char path[512], dir[512];
    int rc = AGON_OK;

    if (bench->plugin != NULL)
        snprintf(path, sizeof(path), "%.511s", bench->plugin);
    else if (!demo_plugin_dir(dir))
        return error_set(err, AGON_ENOENT, "no mm.so beside this program; name one with --plugin");
    else
        snprintf(path, sizeof(path), "%.500s/mm/mm.so", dir);
    for (int i = 0; i < 4 && rc >= 0; i++)
        if (runners[i % 2] == CREW_PROCESS || is_inproc)
            rc = measure(bench, runners[i % 2], i < 2 ? RATE : 0, path, err);
    return rc;
}
