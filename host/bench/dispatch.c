// SPDX-License-Identifier: Apache-2.0
/* dispatch: an event of which nothing follows, through an engine's step to plugins: numbered,
 * written to the bus, counted for each, shown to those that it concerns, judged by the
 * subscription, guarded (floating-point control words, watchdog stamps) and handed to on_event. The
 * yardstick calls the same on_event through a pointer, and does nothing else. One operation is one
 * delivery to one plugin. "measured" is what a live host does besides: each step is stamped, and
 * a runner reads the clock for some of what it takes. "copied" is what a plugin in a process of its
 * own pays: each reads the bus for itself and copies out what it wants. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "agent/loader.h"
#include "agent/worker.h"
#include "bench/table.h"
#include "bench/world.h"
#include "sys/clock.h"

#define GRANULES 65536
#define BATCH    64

struct dispatch {
    struct world world;
    void *bus_memory; /* owned; copied: nobody but us writes this bus */
    struct bus_writer writer;
    uint64_t seq, expected;
    uint32_t n_plugins, n_failed;
    int is_copied;
    int64_t (*now)(void); /* NULL: delivery is not measured */
    struct agon_value values[256];
    struct world_agent bare[SLOTS_MAX];
    uint64_t bare_nth;
    int (*volatile call)(void *agent, const struct agon_event_hdr *event, uint64_t nth);
};

static uint64_t delivered(const struct dispatch *dispatch)
{
    uint64_t n = 0;

    for (uint32_t i = 0; i < dispatch->n_plugins; i++)
        n += feed_nth(run_inproc_feed(dispatch->world.runs[i]));
    return n;
}

/* As the engine does where the reader is another process: written, and each reads. */
static void publish(struct dispatch *dispatch, uint64_t i, uint64_t n)
{
    for (uint64_t k = i; k < i + n; k++) {
        struct agon_value *value = &dispatch->values[k % 256];

        value->hdr.seq = ++dispatch->seq;
        bus_write(&dispatch->writer, &value->hdr);
    }
    bus_publish(&dispatch->writer, dispatch->seq);
    for (uint32_t k = 0; k < dispatch->n_plugins; k++)
        feed_run(run_inproc_feed(dispatch->world.runs[k]), dispatch->seq);
}

static void step(struct dispatch *dispatch, uint64_t i, uint64_t n)
{
    struct engine *engine = dispatch->world.engine;
    int64_t began_ns = dispatch->now != NULL ? dispatch->now() : 0;
    uint16_t failed;

    for (uint64_t k = i; k < i + n; k++) {
        if (began_ns != 0)
            bus_stamp(dispatch->world.bus.memory, engine_seq(engine) + 1, began_ns);
        dispatch->n_failed += engine_step(engine, &dispatch->values[k % 256].hdr) < 0;
    }
    dispatch->n_failed += engine_advance_wanting(engine, &failed) < 0;
    dispatch->seq = engine_seq(engine);
}

static uint64_t deliver(struct dispatch *dispatch, uint64_t n, uint64_t at_once)
{
    uint64_t n_events = n / dispatch->n_plugins;
    uint64_t before = delivered(dispatch);

    for (uint64_t i = 0; i < n_events; i += at_once) {
        uint64_t some = at_once < n_events - i ? at_once : n_events - i;

        if (dispatch->is_copied)
            publish(dispatch, i, some);
        else
            step(dispatch, i, some);
    }
    dispatch->expected += n_events * dispatch->n_plugins;
    return delivered(dispatch) - before;
}

static uint64_t run_single(void *ctx, uint64_t n)
{
    return deliver(ctx, n, 1);
}

static uint64_t run_batched(void *ctx, uint64_t n)
{
    return deliver(ctx, n, BATCH);
}

static uint64_t run_bare(void *ctx, uint64_t n)
{
    struct dispatch *dispatch = ctx;
    uint64_t n_events = n / dispatch->n_plugins;

    for (uint64_t i = 0; i < n_events; i++) {
        struct agon_value *value = &dispatch->values[i % 256];

        value->hdr.seq = ++dispatch->bare_nth;
        for (uint32_t k = 0; k < dispatch->n_plugins; k++)
            dispatch->call(&dispatch->bare[k], &value->hdr, dispatch->bare_nth);
    }
    return n_events * dispatch->n_plugins;
}

struct kind { /* of rows */
    const char *name, *batch_name;
    uint32_t n_plugins;
    uint64_t event_mask;
    int is_copied, is_measured, has_goal;
};

static int open_dispatch(struct dispatch *dispatch, const struct kind *kind,
                         const struct agon_entry *entry, struct error *err)
{
    struct world_config config = {.n_instruments = 1,
                                  .n_slots = kind->n_plugins,
                                  .plugin = WORLD_COUNTER,
                                  .entry = entry,
                                  .bus_granules = GRANULES,
                                  .is_copied = kind->is_copied || entry != NULL,
                                  .now = kind->is_measured ? clock_mono : NULL,
                                  .event_mask = kind->event_mask};
    uint64_t bytes = (bus_bytes(GRANULES) + 4095) & ~(uint64_t)4095;
    int rc = AGON_OK;

    memset(dispatch, 0, sizeof(*dispatch));
    dispatch->is_copied = config.is_copied;
    if (config.is_copied) {
        dispatch->bus_memory = aligned_alloc(4096, bytes);
        if (dispatch->bus_memory == NULL)
            return AGON_ENOMEM;
        memset(dispatch->bus_memory, 0, bytes);
        rc = bus_format(dispatch->bus_memory, GRANULES);
        config.bus_memory = dispatch->bus_memory;
    }
    if (rc >= 0)
        rc = world_open(&dispatch->world, &config, err);
    // From here on nobody but us writes this bus.
    if (rc >= 0 && config.is_copied)
        rc = bus_writer_attach(&dispatch->writer, dispatch->bus_memory, GRANULES);
    if (rc < 0)
        return rc;
    dispatch->seq = engine_seq(dispatch->world.engine);
    dispatch->n_plugins = kind->n_plugins;
    dispatch->now = config.now;
    dispatch->call = world_count;
    for (uint32_t i = 0; i < 256; i++)
        dispatch->values[i] = (struct agon_value){
            .hdr = {.type = AGON_EVENT_INDEX, .granules = 1, .instrument = 1, .t = WORLD_T0},
            .value = WORLD_PX + i};
    return AGON_OK;
}

static void close_dispatch(struct dispatch *dispatch)
{
    world_close(&dispatch->world);
    free(dispatch->bus_memory);
}

#define WANTED AGON_ON(AGON_EVENT_INDEX)

static int check(struct bench *bench, const struct kind *kind, const struct dispatch *dispatch)
{
    uint64_t n = delivered(dispatch),
             expected = kind->event_mask == WANTED ? dispatch->expected : 0;
    int is_whole = dispatch->n_failed == 0;

    for (uint32_t i = 0; i < kind->n_plugins; i++)
        is_whole &= feed_done_seq(run_inproc_feed(dispatch->world.runs[i])) == dispatch->seq;
    return bench_check(bench, is_whole && n == expected,
                       "%s: %llu events delivered to %u plugins, none lost or repeated, and each "
                       "has all up to %llu behind it",
                       kind->name, (unsigned long long)n, kind->n_plugins,
                       (unsigned long long)dispatch->seq);
}

static int run(struct bench *bench, const struct kind *kind, const struct agon_entry *entry,
               struct error *err)
{
    struct dispatch *dispatch = calloc(1, sizeof(*dispatch));
    int is_wanted = kind->event_mask == WANTED;
    uint64_t n_events = kind->n_plugins > 20 ? 16000 : 64000;
    struct bench_pair pair = {
        .name = kind->name,
        .op = is_wanted ? "delivery" : "event and agent",
        .ctx = dispatch,
        .n = n_events * kind->n_plugins,
        .batch = (uint64_t)BATCH * kind->n_plugins,
        .product = kind->is_copied ? "each event published, then copied out by every plugin"
                   : is_wanted     ? "each event stepped, then handed to every plugin"
                                   : "each event stepped, wanted by none",
        .run_product = run_single,
        .yardstick = "the plugin's on_event through a pointer, called bare",
        .run_yardstick = run_bare,
        .goal_kind = kind->has_goal ? BENCH_AT_MOST : BENCH_NO_GOAL,
        .goal = is_wanted ? 2.0 : 10,
        .goal_text = is_wanted ? "at most 2 times the bare call (5 required)"
                               : "at most 10 ns, where a bare call takes about 1",
        .is_same = is_wanted,
        .why = "a delivery that proves itself costs more than the call: the engine's number and "
               "its count, the subscription, stamps for the watchdog, control words"};
    int rc;

    if (dispatch == NULL)
        return AGON_ENOMEM;
    rc = open_dispatch(dispatch, kind, entry, err);
    if (rc >= 0)
        rc = bench_compare(bench, &pair);
    if (rc >= 0 && kind->batch_name != NULL) {
        pair.name = kind->batch_name;
        pair.product = kind->is_copied ? "64 events published, then copied out by every plugin"
                       : is_wanted     ? "64 events stepped, then handed to every plugin"
                                       : "64 events stepped, wanted by none";
        pair.run_product = run_batched;
        rc = bench_compare(bench, &pair);
    }
    if (rc >= 0)
        check(bench, kind, dispatch);
    close_dispatch(dispatch);
    free(dispatch);
    return rc;
}

static int run_all(struct bench *bench, const struct agon_entry *entry, struct error *err)
{
    static const struct kind kinds[] = {
        {"dispatch.1", "dispatch.1.batch", 1, WANTED, 0, 0, 1},
        {"dispatch.20", "dispatch.20.batch", 20, WANTED, 0, 0, 1},
        {"dispatch.64", "dispatch.64.batch", 64, WANTED, 0, 0, 0},
        {"dispatch.256", "dispatch.256.batch", 256, WANTED, 0, 0, 0},
        {"dispatch.20.measured", "dispatch.20.measured.batch", 20, WANTED, 0, 1, 1},
        {"dispatch.20.copied", "dispatch.20.copied.batch", 20, WANTED, 1, 0, 0},
        {"dispatch.20.unwanted", NULL, 20, AGON_ON(AGON_EVENT_TRADE), 0, 0, 1},
        {"dispatch.256.unwanted", NULL, 256, AGON_ON(AGON_EVENT_TRADE), 0, 0, 0},
    };
    int rc = AGON_OK;

    // What 256 agents take to make is most of the time: the short form has no rows of them.
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) && rc >= 0; i++)
        if (!bench->is_quick || kinds[i].n_plugins <= 64)
            rc = run(bench, &kinds[i], entry, err);
    return rc;
}

/* Somebody's file is called in a worker, whose sandbox stands before any of it runs. */
struct apart {
    struct bench *bench;
    struct bench *counts; /* shared with the worker: what it counted */
};

#define ROOM_BYTES ((uint64_t)8 << 30)

static int run_apart(void *ctx, struct worker *worker)
{
    struct apart *apart = ctx;
    struct bench *bench = apart->bench;
    struct plugin_file file = {.fd = -1};
    struct plugin plugin = {0};
    struct error err = {0};
    int rc = plugin_file_stage(&file, bench->plugin, NULL, 0, &err);

    if (rc >= 0)
        rc = plugin_map(&plugin, &file, ELF_INPROC, &err);
    plugin_file_drop(&file);
    if (rc >= 0)
        rc = worker_close(worker, ROOM_BYTES, NULL, &err);
    if (rc >= 0)
        rc = plugin_begin(&plugin, &err);
    if (rc >= 0)
        rc = run_all(bench, plugin.entry, &err);
    if (rc < 0)
        fprintf(stderr, "agon bench dispatch: %s\n", err.text[0] ? err.text : error_name(rc));
    *apart->counts = *bench;
    return rc < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int bench_dispatch(struct bench *bench, struct error *err)
{
    struct apart apart = {.bench = bench};
    struct worker_config config = {.run = run_apart, .ctx = &apart};
    struct worker_end end;

    if (bench->plugin == NULL)
        return run_all(bench, NULL, err);
    apart.counts = mmap(NULL, sizeof(*apart.counts), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (apart.counts == MAP_FAILED)
        return AGON_ENOMEM;
    worker_run(&config, &end);
    bench->n_rows = apart.counts->n_rows;
    bench->n_failed = apart.counts->n_failed;
    (void)munmap(apart.counts, sizeof(*apart.counts));
    if (end.kind != WORKER_EXITED)
        return error_set(err, AGON_EINVAL, "%.200s: %s", bench->plugin,
                         end.kind == WORKER_INTERRUPTED ? "interrupted" : end.text);
    return end.code == EXIT_SUCCESS ? AGON_OK
                                    : error_set(err, AGON_EINVAL, "the plugin was not measured");
}
