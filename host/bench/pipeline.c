// SPDX-License-Identifier: Apache-2.0
/* pipeline: the whole way of a quote in memory: the venue's JSON, a record, the engine's number,
 * the journal's buffer and its writer's frames, the bus, and every plugin of twenty. The bare chain
 * scans exactly that message, keeps the top of the book, copies the record and adds it to a CRC32C,
 * and calls as many functions. */
#include <stdlib.h>
#include <string.h>

#include "base/crc.h"
#include "bench/nulldisk.h"
#include "bench/quotes.h"
#include "bench/table.h"
#include "bench/world.h"
#include "journal/writer.h"

#define STEP   1024 /* quotes between two turns of the writer */
#define RECORD 64
#define BLOCK  ((uint64_t)256 << 10)

struct pipeline {
    struct quotes quotes;
    struct world world;
    struct nulldisk nulldisk;
    struct disk port;
    struct journal_writer *writer; /* owned */
    uint64_t at, n_wrong, n_quotes;
    uint32_t n_plugins;
    /* bare */
    struct agon_quote top;
    unsigned char *block; /* owned */
    uint64_t used, bare_at, bare_seq;
    uint32_t crc;
    struct world_agent agents[SLOTS_MAX];
    int (*volatile call)(void *agent, const struct agon_event_hdr *event, uint64_t nth);
};

static uint64_t run_product(void *ctx, uint64_t n)
{
    struct pipeline *pipeline = ctx;
    struct wire_out *out = &pipeline->quotes.out;

    for (uint64_t i = 0; i < n; i++) {
        const struct quotes_message *message =
            &pipeline->quotes.messages[pipeline->at++ % QUOTES_MESSAGES];

        if (binance_decode_market(&pipeline->quotes.decoder, message->text, message->n, out) !=
            WIRE_QUOTE) {
            pipeline->n_wrong++;
            continue;
        }
        pipeline->world.t += 1000;
        if (world_step(&pipeline->world, &out->quote.hdr) < 0)
            pipeline->n_wrong++;
        if (++pipeline->n_quotes % STEP == 0 && journal_writer_step(pipeline->writer) < 0)
            pipeline->n_wrong++;
    }
    return n;
}

static uint64_t run_bare(void *ctx, uint64_t n)
{
    struct pipeline *pipeline = ctx;

    for (uint64_t i = 0; i < n; i++) {
        struct agon_quote *top = &pipeline->top;

        quotes_scan(&pipeline->quotes.messages[pipeline->bare_at++ % QUOTES_MESSAGES], top);
        top->hdr.seq = ++pipeline->bare_seq;
        top->hdr.t += 1000;
        memcpy(pipeline->block + pipeline->used, top, RECORD);
        pipeline->crc = crc32c(pipeline->crc, pipeline->block + pipeline->used, RECORD);
        pipeline->used = (pipeline->used + RECORD) % BLOCK;
        for (uint32_t k = 0; k < pipeline->n_plugins; k++)
            pipeline->call(&pipeline->agents[k], &top->hdr, pipeline->bare_seq);
    }
    return n;
}

static int run(struct bench *bench, struct pipeline *pipeline, uint32_t n_plugins,
               struct error *err)
{
    struct world_config world = {.n_instruments = 1,
                                 .n_slots = n_plugins,
                                 .plugin = WORLD_COUNTER,
                                 .journal_bytes = (uint64_t)8 << 20,
                                 .event_mask = AGON_ON(AGON_EVENT_QUOTE)};
    struct journal_config config = {.is_async = 1, .run = 1};
    struct journal_end end = {.next_seq = 1};
    struct bench_pair pair = {.ctx = pipeline,
                              .op = "quote",
                              .n = n_plugins == 1 ? 300000 : 2000000 / n_plugins,
                              .batch = 128,
                              .product = "decode, engine, journal, bus, plugins",
                              .run_product = run_product,
                              .yardstick = "scan, top of book, record and CRC32C, calls",
                              .run_yardstick = run_bare,
                              .goal_kind = BENCH_AT_MOST,
                              .goal = 2.0,
                              .goal_text = "at most 2 times the bare chain (5 M quotes a second)"};
    const struct agon_quote *quote = &pipeline->quotes.out.quote;
    uint64_t delivered = 0;
    int rc;

    pipeline->n_plugins = n_plugins;
    pipeline->call = world_count;
    pipeline->n_quotes = 0;
    pipeline->port = nulldisk_port(&pipeline->nulldisk);
    rc = world_open(&pipeline->world, &world, err);
    if (rc < 0)
        return rc;
    pipeline->writer =
        journal_writer_new(&pipeline->port, &pipeline->world.buffer, &config, &end, err);
    if (pipeline->writer == NULL) {
        world_close(&pipeline->world);
        return AGON_EIO;
    }
    pipeline->at = 0;
    pipeline->bare_at = 0;
    run_product(pipeline, 100);
    run_bare(pipeline, 100);
    bench_check(bench,
                quote->bid_px == pipeline->top.bid_px && quote->ask_qty == pipeline->top.ask_qty &&
                    quote->bid_qty == pipeline->top.bid_qty &&
                    quote->ask_px == pipeline->top.ask_px,
                "pipeline: both chains hold the same top of the book after 100 quotes");
    pair.name = n_plugins == 1    ? "pipeline.1"
                : n_plugins == 20 ? "pipeline.20"
                : n_plugins == 64 ? "pipeline.64"
                                  : "pipeline.256";
    pair.why = "see dispatch for what a delivery costs, which counts for each plugin here";
    if (n_plugins > 20)
        pair.goal_kind = BENCH_NO_GOAL;
    rc = bench_compare(bench, &pair);
    while (journal_writer_step(pipeline->writer) > 0)
        ;
    for (uint32_t i = 0; i < n_plugins; i++)
        delivered += feed_nth(run_inproc_feed(pipeline->world.runs[i]));
    bench_check(bench,
                pipeline->n_wrong == 0 && delivered == pipeline->n_quotes * n_plugins &&
                    journal_durable_seq(&pipeline->world.buffer) ==
                        engine_seq(pipeline->world.engine),
                "pipeline: %llu quotes, every one in the journal and with each of %u plugins",
                (unsigned long long)pipeline->n_quotes, n_plugins);
    if (rc >= 0)
        rc = journal_writer_close(pipeline->writer, err);
    journal_writer_free(pipeline->writer);
    world_close(&pipeline->world);
    return rc;
}

int bench_pipeline(struct bench *bench, struct error *err)
{
    struct pipeline *pipeline = calloc(1, sizeof(*pipeline));
    int rc;

    if (pipeline == NULL)
        return AGON_ENOMEM;
    pipeline->block = malloc(BLOCK);
    rc = pipeline->block == NULL ? AGON_ENOMEM : quotes_open(&pipeline->quotes, err);
    if (rc >= 0)
        rc = run(bench, pipeline, 1, err);
    if (rc >= 0)
        rc = run(bench, pipeline, 20, err);
    if (rc >= 0)
        rc = run(bench, pipeline, 64, err);
    if (rc >= 0 && !bench->is_quick) // as in dispatch
        rc = run(bench, pipeline, 256, err);
    free(pipeline->block);
    free(pipeline);
    return rc;
}
