// SPDX-License-Identifier: Apache-2.0
/* start: from a plugin's file to its first event, in a process: copied into a sealed descriptor,
 * hashed, checked, mapped in a child, fenced, asked what it is; then set up, created, started, and
 * the event that follows delivered. The yardstick, in turns with it, forks, opens the
 * same file by the dynamic loader, looks its entry up and says so by a pipe: nothing is checked,
 * closed or played. */
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/arena.h"
#include "bench/table.h"
#include "demo/demo_config.h"
#include "sys/clock.h"

#define STARTS       200
#define STARTS_QUICK 8
#define WAIT_NS      ((int64_t)10 * 1000000000)

struct start {
    struct arena arena;
    struct hist load_ns, join_ns, first_ns, whole_ns, bare_ns;
};

/* One start; the engine around it is made and ended outside of what is timed. */
static int begin(struct start *start, const struct arena_config *config, struct error *err)
{
    struct arena *arena = &start->arena;
    int64_t began_ns, first_ns;
    int rc = arena_open(arena, config, err);

    if (rc < 0)
        return rc;
    began_ns = clock_mono();
    (void)arena_step(arena);
    while (rc >= 0 && crew_nth(arena->crew, 0) == 0)
        if (clock_mono() - began_ns > WAIT_NS || arena_look(arena) != 0)
            rc = error_set(err, AGON_ETIME, "no event came to the plugin: %s", arena->failure);
    first_ns = clock_mono() - began_ns;
    if (rc >= 0) {
        hist_add(&start->load_ns, arena->load_ns);
        hist_add(&start->join_ns, arena->join_ns);
        hist_add(&start->first_ns, first_ns);
        hist_add(&start->whole_ns, arena->load_ns + arena->join_ns + first_ns);
    }
    arena_close(arena);
    return rc;
}

/* False: the file has no entry, or there is no child. */
static int begin_bare(struct start *start, const char *plugin)
{
    int64_t began_ns = clock_mono();
    int ends[2], is_there = 0;
    char word = 0;
    pid_t pid;

    if (pipe(ends) < 0)
        return 0;
    pid = fork();
    if (pid == 0) {
        void *file = dlopen(plugin, RTLD_NOW | RTLD_LOCAL);

        word = file != NULL && dlsym(file, "agon_plugin") != NULL;
        _exit(write(ends[1], &word, 1) != 1);
    }
    (void)close(ends[1]);
    is_there = pid > 0 && read(ends[0], &word, 1) == 1 && word;
    hist_add(&start->bare_ns, clock_mono() - began_ns);
    (void)close(ends[0]);
    if (pid > 0)
        (void)waitpid(pid, NULL, 0);
    return is_there;
}

static int measure(struct bench *bench, struct start *start, const char *plugin, struct error *err)
{
    struct arena_config config = {
        .n_slots = 1, .plugins = {plugin}, .runner = CREW_PROCESS, .dir = bench->dir};
    uint64_t n = bench->n != 0 ? bench->n : bench->is_quick ? STARTS_QUICK : STARTS, n_bare = 0;
    int rc = AGON_OK;

    for (uint64_t i = 0; i < n && rc >= 0; i++) {
        rc = begin(start, &config, err);
        n_bare += (uint64_t)begin_bare(start, plugin);
    }
    if (rc < 0)
        return rc;
    bench_check(bench, n_bare == n, "start: each of %llu bare children found the same entry",
                (unsigned long long)n);
    bench_hist(bench, "start.process.load", &start->load_ns,
               "copy, hash, checks, child, map, fence, what it is");
    bench_hist(bench, "start.process.join", &start->join_ns, "setup, create, on_start");
    bench_hist(bench, "start.process.first", &start->first_ns, "an event, until it is delivered");
    bench_hist(bench, "start.process.whole", &start->whole_ns, "goal: under 3 ms");
    bench_hist(bench, "start.bare", &start->bare_ns, "fork, dlopen, dlsym, a byte in a pipe");
    bench_figure(bench, "start.ratio",
                 (double)hist_quantile(&start->whole_ns, 0.5) /
                     (double)hist_quantile(&start->bare_ns, 0.5),
                 "times the bare one", "of the medians");
    return AGON_OK;
}

int bench_start(struct bench *bench, struct error *err)
{
    struct start *start = calloc(1, sizeof(*start));
    char path[512], dir[512];
    int rc = AGON_ENOMEM;

    if (start == NULL)
        return error_set(err, rc, "no memory");
    if (bench->plugin == NULL && !demo_plugin_dir(dir)) {
        rc = error_set(err, AGON_ENOENT, "no mm.so beside this program; name one with --plugin");
    } else {
        if (bench->plugin != NULL)
            snprintf(path, sizeof(path), "%.511s", bench->plugin);
        else
            snprintf(path, sizeof(path), "%.500s/mm/mm.so", dir);
        rc = measure(bench, start, path, err);
    }
    free(start);
    return rc;
}
