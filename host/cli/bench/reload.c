// SPDX-License-Identifier: Apache-2.0
/* reload: how long the core stands still while another generation takes over, at a steady rate and
 * as fast as it goes, in both runners; and that nobody missed an event and nothing was left. */
#include <dirent.h>
#include <pthread.h>
#include <stdlib.h>

#include "cli/bench/arena.h"
#include "cli/bench/table.h"
#include "cli/demo_cast.h"
#include "sys/clock.h"
#include "sys/futex.h"
#include "sys/proc.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED 1
#else
#define IS_SANITIZED 0
#endif

#define RATE    50000 /* events a second */
#define RELOADS 100
#define WARM    20 /* reloads before memory is looked at */
#define POLL_NS ((int64_t)1000000)

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

static int measure(struct bench *bench, uint32_t runner, int64_t rate, const char *plugin,
                   struct error *err)
{
    struct arena_config config = {
        .n_slots = 1, .plugins = {plugin}, .runner = runner, .dir = bench->dir};
    struct arena *arena = calloc(1, sizeof(*arena));
    struct job *job = calloc(1, sizeof(*job));
    const char *who = runner == CREW_INPROC ? "inproc" : "process";
    uint64_t counted, n_market;
    int64_t began, polled = 0;
    char name[64], note[96];
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
    job->n = (uint32_t)(bench->n != 0 ? bench->n : bench->is_quick ? 10 : RELOADS);
    for (int i = 0; i < 2000; i++)
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
    rc = job->rc;
    if (rc < 0) {
        *err = job->err;
        goto end;
    }
    snprintf(note, sizeof(note), "%u reloads at %.0f market events/s", job->n,
             (double)(arena->n_market - n_market) * 1e9 / (double)(clock_mono() - began));
    snprintf(name, sizeof(name), "reload.%s%s.cut", who, rate == 0 ? ".fast" : "");
    bench_hist(bench, name, &crew_pauses(arena->crew)->cut_ns, note);
    snprintf(name, sizeof(name), "reload.%s%s.swap", who, rate == 0 ? ".fast" : "");
    bench_hist(bench, name, &crew_pauses(arena->crew)->swap_ns, note);
    snprintf(name, sizeof(name), "reload.%s%s.whole", who, rate == 0 ? ".fast" : "");
    bench_hist(bench, name, &job->total_ns, note);
    bench_figure(bench, "reload.memory", (double)own_kib() - (double)job->kib, "KiB more", note);
    arena_settle(arena);
    counted = slots_get(engine_slots(arena->engine), 0)->nth;
    bench_check(bench, crew_nth(arena->crew, 0) == counted,
                "%s: the plugin has been delivered what the engine counts: %llu events", who,
                (unsigned long long)counted);
    bench_check(bench, slots_get(engine_slots(arena->engine), 0)->generation == job->n + 1,
                "%s: each reload is a generation of its own", who);
    bench_check(bench, count_files() == job->fds, "%s: no descriptor is left", who);
    // A sanitizer's allocator maps and keeps as it likes.
    if (!IS_SANITIZED)
        bench_check(bench, count_lines("/proc/self/maps") <= job->maps + 2,
                    "%s: no mapping is left", who);
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
    free(arena);
    free(job);
    return rc;
}

int bench_reload(struct bench *bench, struct error *err)
{
    static const uint32_t runners[] = {CREW_INPROC, CREW_PROCESS};
    char path[512], dir[512];
    int rc = AGON_OK;

    if (bench->plugin != NULL)
        snprintf(path, sizeof(path), "%.511s", bench->plugin);
    else if (!demo_plugin_dir(dir))
        return error_set(err, AGON_ENOENT, "no mm.so beside this program; name one with --plugin");
    else
        snprintf(path, sizeof(path), "%.500s/mm/mm.so", dir);
    for (int i = 0; i < 4 && rc >= 0; i++)
        rc = measure(bench, runners[i % 2], i < 2 ? RATE : 0, path, err);
    return rc;
}
