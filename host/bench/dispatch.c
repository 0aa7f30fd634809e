// SPDX-License-Identifier: Apache-2.0
/* dispatch: an event from the bus to plugins: copied out, folded, judged by the subscription,
 * counted, guarded (floating-point control words, watchdog stamps) and handed to on_event. The
 * yardstick calls the same on_event through a pointer, and does nothing else. One operation is one
 * delivery to one plugin. "measured" is what a live host does besides: each step is stamped, and
 * a feed reads the clock for some of what it takes. */
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
    void *bus_memory; /* owned */
    struct bus_writer writer;
    uint64_t seq, expected;
    uint32_t n_plugins;
    int64_t (*now)(void); /* NULL: delivery is not measured */
    struct agon_quote quotes[256];
    struct world_agent bare[SLOTS_MAX];
    uint64_t bare_nth;
    int (*volatile call)(void *agent, const struct agon_event_hdr *event, uint64_t nth);
};

static uint64_t deliver(struct dispatch *dispatch, uint64_t n, uint32_t at_once)
{
    uint64_t n_events = n / dispatch->n_plugins;
    uint64_t before = 0;
    uint64_t after = 0;

    for (uint32_t i = 0; i < dispatch->n_plugins; i++)
        before += feed_nth(run_inproc_feed(dispatch->world.runs[i]));
    for (uint64_t i = 0; i < n_events; i += at_once) {
        int64_t began_ns = dispatch->now != NULL ? dispatch->now() : 0;

        for (uint32_t k = 0; k < at_once && i + k < n_events; k++) {
            struct agon_quote *quote = &dispatch->quotes[(i + k) % 256];

            quote->hdr.seq = ++dispatch->seq;
            if (began_ns != 0)
                bus_stamp(dispatch->bus_memory, dispatch->seq, began_ns);
            bus_write(&dispatch->writer, &quote->hdr);
        }
        bus_publish(&dispatch->writer, dispatch->seq);
        for (uint32_t k = 0; k < dispatch->n_plugins; k++)
            feed_run(run_inproc_feed(dispatch->world.runs[k]), dispatch->seq);
    }
    for (uint32_t i = 0; i < dispatch->n_plugins; i++)
        after += feed_nth(run_inproc_feed(dispatch->world.runs[i]));
    dispatch->expected += n_events * dispatch->n_plugins;
    return after - before;
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
        struct agon_quote *quote = &dispatch->quotes[i % 256];

        quote->hdr.seq = ++dispatch->bare_nth;
        for (uint32_t k = 0; k < dispatch->n_plugins; k++)
            dispatch->call(&dispatch->bare[k], &quote->hdr, dispatch->bare_nth);
    }
    return n_events * dispatch->n_plugins;
}

static int open_dispatch(struct dispatch *dispatch, uint32_t n_plugins,
                         const struct agon_entry *entry, uint64_t event_mask, int64_t (*now)(void),
                         struct error *err)
{
    struct world_config config = {.n_instruments = 1,
                                  .n_slots = n_plugins,
                                  .plugin = WORLD_COUNTER,
                                  .entry = entry,
                                  .bus_granules = GRANULES,
                                  .now = now,
                                  .event_mask = event_mask};
    uint64_t bytes = (bus_bytes(GRANULES) + 4095) & ~(uint64_t)4095;
    int rc;

    memset(dispatch, 0, sizeof(*dispatch));
    dispatch->bus_memory = aligned_alloc(4096, bytes);
    if (dispatch->bus_memory == NULL)
        return AGON_ENOMEM;
    memset(dispatch->bus_memory, 0, bytes);
    rc = bus_format(dispatch->bus_memory, GRANULES);
    config.bus_memory = dispatch->bus_memory;
    if (rc >= 0)
        rc = world_open(&dispatch->world, &config, err);
    // From here on nobody but us writes this bus.
    if (rc >= 0)
        rc = bus_writer_attach(&dispatch->writer, dispatch->bus_memory, GRANULES);
    if (rc < 0)
        return rc;
    dispatch->seq = engine_seq(dispatch->world.engine);
    dispatch->n_plugins = n_plugins;
    dispatch->now = now;
    dispatch->call = world_count;
    for (uint32_t i = 0; i < 256; i++)
        dispatch->quotes[i] = (struct agon_quote){
            .hdr = {.type = AGON_EVENT_QUOTE, .granules = 1, .instrument = 1, .t = WORLD_T0},
            .bid_px = WORLD_PX + i,
            .ask_px = WORLD_PX + i + 1,
            .bid_qty = 1,
            .ask_qty = 1};
    return AGON_OK;
}

static void close_dispatch(struct dispatch *dispatch)
{
    world_close(&dispatch->world);
    free(dispatch->bus_memory);
}

static int run(struct bench *bench, uint32_t n_plugins, const struct agon_entry *entry,
               int64_t (*now)(void), struct error *err)
{
    struct dispatch *dispatch = calloc(1, sizeof(*dispatch));
    struct bench_pair pair = {.op = "delivery",
                              .ctx = dispatch,
                              .n = 64000ull * n_plugins,
                              .batch = (uint64_t)BATCH * n_plugins,
                              .yardstick = "the plugin's on_event through a pointer, called bare",
                              .run_yardstick = run_bare,
                              .goal_kind = BENCH_AT_MOST,
                              .goal = 2.0,
                              .is_same = 1};
    int rc;

    if (dispatch == NULL)
        return AGON_ENOMEM;
    rc = open_dispatch(dispatch, n_plugins, entry, AGON_ON(AGON_EVENT_QUOTE), now, err);
    if (rc < 0)
        goto done;
    pair.name = now != NULL      ? "dispatch.20.measured"
                : n_plugins == 1 ? "dispatch.1"
                                 : "dispatch.20";
    pair.product = "each event published, then taken by every plugin";
    pair.run_product = run_single;
    pair.goal_text = "at most 2 times the bare call (7 ns where that takes 3.5)";
    pair.why = "a delivery that proves itself costs more than the call: a copy that a fast writer "
               "cannot tear, two rings merged, the count, stamps for the watchdog, control words";
    rc = bench_compare(bench, &pair);
    pair.name = now != NULL      ? "dispatch.20.measured.batch"
                : n_plugins == 1 ? "dispatch.1.batch"
                                 : "dispatch.20.batch";
    pair.product = "64 events published, then taken by every plugin";
    pair.run_product = run_batched;
    pair.goal_text = "at most 2 times the bare call (2 ns where that takes 1)";
    rc = rc < 0 ? rc : bench_compare(bench, &pair);
    if (rc >= 0) {
        uint64_t delivered = 0;

        for (uint32_t i = 0; i < n_plugins; i++)
            delivered += feed_nth(run_inproc_feed(dispatch->world.runs[i]));
        bench_check(bench, delivered == dispatch->expected,
                    "dispatch: %llu events delivered to %u plugins, none lost or repeated",
                    (unsigned long long)delivered, n_plugins);
    }
done:
    close_dispatch(dispatch);
    free(dispatch);
    return rc;
}

/* What an event costs an agent that does not want it. */
static int run_unwanted(struct bench *bench, const struct agon_entry *entry, struct error *err)
{
    enum { PLUGINS = 20 };
    struct dispatch *dispatch = calloc(1, sizeof(*dispatch));
    struct bench_pair pair = {
        .name = "dispatch.20.unwanted",
        .op = "event and agent",
        .product = "64 quotes published, then passed over by 20 plugins that want trades",
        .yardstick = "the plugin's on_event through a pointer, called bare",
        .run_product = run_batched,
        .run_yardstick = run_bare,
        .ctx = dispatch,
        .n = 64000ull * PLUGINS,
        .batch = (uint64_t)BATCH * PLUGINS,
        .goal_kind = BENCH_AT_MOST,
        .goal = 10,
        .goal_text = "at most 10 ns, where a bare call in batches takes 1",
        .why = "each agent reads the record's header for itself"};
    uint64_t before = 0, after = 0;
    int is_whole = 1;
    int rc;

    if (dispatch == NULL)
        return AGON_ENOMEM;
    rc = open_dispatch(dispatch, PLUGINS, entry, AGON_ON(AGON_EVENT_TRADE), NULL, err);
    for (uint32_t i = 0; rc >= 0 && i < PLUGINS; i++)
        before += feed_nth(run_inproc_feed(dispatch->world.runs[i]));
    if (rc >= 0)
        rc = bench_compare(bench, &pair);
    for (uint32_t i = 0; rc >= 0 && i < PLUGINS; i++) {
        struct feed *feed = run_inproc_feed(dispatch->world.runs[i]);

        after += feed_nth(feed);
        is_whole &= feed_done_seq(feed) == dispatch->seq;
    }
    if (rc >= 0)
        bench_check(bench, is_whole && before == after,
                    "dispatch: %llu events that are not wanted: each plugin passed them all over, "
                    "and was delivered none",
                    (unsigned long long)dispatch->seq);
    close_dispatch(dispatch);
    free(dispatch);
    return rc;
}

static int run_all(struct bench *bench, const struct agon_entry *entry, struct error *err)
{
    int rc = run(bench, 1, entry, NULL, err);

    if (rc >= 0)
        rc = run(bench, 20, entry, NULL, err);
    if (rc >= 0)
        rc = run(bench, 20, entry, clock_mono, err);
    return rc < 0 ? rc : run_unwanted(bench, entry, err);
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
        rc = worker_close(worker, ROOM_BYTES, &err);
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
