// SPDX-License-Identifier: Apache-2.0
/* backtest: three years of minutes through the whole engine, driven in lock-step, with a plugin
 * that follows two moving averages; and a generated market of four instruments (books of a hundred
 * levels a side, quotes, trades) with the paper exchange behind it. The bare loop does the same
 * sums over an array of closes; the bare market keeps dense books. */
#include <stdlib.h>
#include <string.h>

#include <agon/agon.h>

#include "base/rng.h"
#include "bench/backtest_file.h"
#include "bench/backtest_rows.h"
#include "bench/dense.h"
#include "bench/table.h"
#include "bench/world.h"
#include "engine/lockstep.h"
#include "market/book.h"
#include "match/gen.h"

#define BARS 1576800
#define BUS  ((uint64_t)1 << 14) /* as the command's (lab/backtest.c) */
#define FAST 20
#define SLOW 100

/* --- the strategy, once as a plugin and once as a loop --- */

struct sma { /* two moving averages over whole prices, and how often they crossed */
    int64_t closes[SLOW];
    int64_t fast, slow;
    uint64_t n, n_crosses, sum;
    int is_above;
};

static inline void sma_take(struct sma *sma, int64_t close)
{
    uint64_t at = sma->n % SLOW;
    int is_above;

    sma->fast += close;
    sma->slow += close;
    if (sma->n >= FAST)
        sma->fast -= sma->closes[(sma->n - FAST) % SLOW];
    if (sma->n >= SLOW)
        sma->slow -= sma->closes[at];
    sma->closes[at] = close;
    if (++sma->n < SLOW)
        return;
    is_above = sma->fast * SLOW > sma->slow * FAST;
    sma->n_crosses += is_above != sma->is_above;
    sma->is_above = is_above;
    sma->sum = sma->sum * 31 + (uint64_t)close * (uint64_t)is_above;
}

static struct sma *made;

static int on_event(void *plugin, const struct agon_event_hdr *event, uint64_t nth)
{
    (void)nth;
    if (event->type == AGON_EVENT_BAR &&
        ((const struct agon_bar *)(const void *)event)->length_s == 60)
        sma_take(plugin, ((const struct agon_bar *)(const void *)event)->close_px);
    return AGON_OK;
}

static int create(const struct agon_host *host, uint32_t index, struct agon_agent *agent)
{
    if (index != 0)
        return AGON_EINVAL;
    made = world_create(host, agent, sizeof(*made), on_event);
    return made != NULL ? AGON_OK : AGON_ENOMEM;
}

static const struct agon_descriptor descriptor = {.size = sizeof(descriptor),
                                                  .kind = AGON_STRATEGY,
                                                  .id = "org.agon.bench_sma",
                                                  .name = "bench",
                                                  .vendor = "Agon",
                                                  .version = "1.0.0",
                                                  .summary = "Two averages.",
                                                  .arena_bytes = 4096};
static const struct agon_descriptor *const descriptors[] = {&descriptor};
static const struct agon_entry entry = {.size = sizeof(struct agon_entry),
                                        .abi_major = AGON_ABI_MAJOR,
                                        .abi_minor = AGON_ABI_MINOR,
                                        .n_plugins = 1,
                                        .plugins = descriptors,
                                        .create = create};

/* --- bars --- */

struct bars_run {
    int64_t *closes; /* owned */
    uint64_t n, at;
    struct agon_bar bar;
    uint64_t n_failed, n_events;
};

static const struct agon_event_hdr *next_bar(void *ctx)
{
    struct bars_run *run = ctx;
    struct agon_bar *bar = &run->bar;
    agon_ns_t open = WORLD_T0 + (agon_ns_t)run->at * 60000000000;

    if (run->at == run->n)
        return NULL;
    *bar = (struct agon_bar){.hdr = {.type = AGON_EVENT_BAR,
                                     .granules = 2,
                                     .instrument = 1,
                                     .t_venue = open + 60000000000,
                                     .t = open + 60000000000},
                             .t_open = open,
                             .length_s = 60,
                             .n_trades = 10,
                             .open_px = run->closes[run->at > 0 ? run->at - 1 : 0],
                             .close_px = run->closes[run->at],
                             .volume_qty = 1000,
                             .taker_buy_qty = 500,
                             .turnover_amt = 60000000000};
    bar->high_px = bar->open_px > bar->close_px ? bar->open_px : bar->close_px;
    bar->low_px = bar->open_px < bar->close_px ? bar->open_px : bar->close_px;
    run->at++;
    return &bar->hdr;
}

static uint64_t run_bars(void *ctx, uint64_t n)
{
    struct bars_run *run = ctx;
    struct world world;
    struct world_config config = {.n_instruments = 1,
                                  .n_slots = 1,
                                  .is_backtest = 1,
                                  .bus_granules = BUS,
                                  .plugin = WORLD_COUNTER,
                                  .entry = &entry,
                                  .event_mask = AGON_ON(AGON_EVENT_BAR)};
    struct lockstep_source source = {.ctx = run, .next = next_bar};
    struct lockstep_result result = {0};
    struct lockstep_config lockstep = {.sources = &source, .n_sources = 1};
    uint64_t sum = 0;

    run->n = n;
    run->at = 0;
    if (world_open(&world, &config, NULL) < 0) {
        run->n_failed++;
        return 0;
    }
    lockstep.engine = world.engine;
    if (lockstep_run(&lockstep, &result, NULL) < 0 || made->n != n)
        run->n_failed++;
    run->n_events = result.n_events;
    sum = made->sum + made->n_crosses;
    world_close(&world);
    return sum;
}

static uint64_t run_loop(void *ctx, uint64_t n)
{
    const struct bars_run *run = ctx;
    struct sma sma = {0};

    for (uint64_t i = 0; i < n; i++)
        sma_take(&sma, run->closes[i]);
    return sma.sum + sma.n_crosses;
}

static int bars(struct bench *bench)
{
    struct bars_run run = {.closes = malloc(BARS * sizeof(int64_t))};
    struct bench_pair pair = {.name = "backtest.bars",
                              .op = "bar",
                              .ctx = &run,
                              .n = BARS,
                              .product = "lock-step, engine, bars of eight lengths, bus, plugin",
                              .run_product = run_bars,
                              .yardstick = "the strategy's loop over an array of closes",
                              .run_yardstick = run_loop,
                              .goal_kind = BENCH_AT_MOST,
                              .goal = 6.7,
                              .goal_text = "at most 6.7 times the loop (40 ns where that takes 6)",
                              .why = "each bar also closes bars of up to seven longer lengths and "
                                     "wakes the timers of bars and samples: two engine steps a bar",
                              .is_same = 1};
    struct rng rng;
    int64_t px = WORLD_PX;
    int rc;

    if (run.closes == NULL)
        return AGON_ENOMEM;
    rng_init(&rng, 9);
    for (uint64_t i = 0; i < BARS; i++) {
        px += (int64_t)rng_below(&rng, 2001) - 1000;
        if (px < WORLD_PX / 2 || px > WORLD_PX * 2)
            px = WORLD_PX;
        run.closes[i] = px;
    }
    rc = bench_compare(bench, &pair);
    bench_figure(bench, "backtest.bars.steps", (double)run.n_events / (double)run.n, "steps",
                 "of the engine a bar; no orders, fees, latencies, exchange and journal: the "
                 "command's are those of backtest --file");
    bench_check(bench, run.n_failed == 0, "backtest: the plugin saw every bar of every run");
    free(run.closes);
    return rc;
}

/* --- a market --- */

#define MARKET_BYTES ((uint64_t)96 << 20)

struct market_run {
    unsigned char *events; /* owned: records one behind the other */
    uint64_t n_bytes, n, at, left;
    uint64_t n_levels;
    _Alignas(64) unsigned char event[EVENT_BYTES_MAX];
    struct dense *dense; /* owned, four */
    uint64_t n_failed, n_taken;
};

static const struct agon_event_hdr *next_event(void *ctx)
{
    struct market_run *run = ctx;
    const struct agon_event_hdr *event =
        (const struct agon_event_hdr *)(const void *)(run->events + run->at);

    if (run->left == 0)
        return NULL;
    run->left--;
    run->at += event_bytes(event);
    return event;
}

static uint64_t run_market(void *ctx, uint64_t n)
{
    struct market_run *run = ctx;
    struct world world;
    struct world_config config = {.n_instruments = 4,
                                  .n_slots = 1,
                                  .is_backtest = 1,
                                  .bus_granules = BUS,
                                  .plugin = WORLD_COUNTER,
                                  .event_mask =
                                      AGON_ON(AGON_EVENT_TRADE) | AGON_ON(AGON_EVENT_TOP10)};
    struct paper_config paper_config = {.match = {.cancel_ahead_ppm = MATCH_CANCEL_AHEAD_PPM}};
    struct lockstep_source source = {.ctx = run, .next = next_event};
    struct lockstep_result result = {0};
    struct lockstep_config lockstep = {.sources = &source, .n_sources = 1};
    struct paper *paper;
    struct venue_port port;
    uint64_t sum = 0;

    run->at = 0;
    run->left = n;
    if (world_open(&world, &config, NULL) < 0) {
        run->n_failed++;
        return 0;
    }
    paper = paper_new(&paper_config, engine_instruments(world.engine));
    if (paper == NULL) {
        world_close(&world);
        run->n_failed++;
        return 0;
    }
    port = paper_port(paper);
    engine_attach_venue(world.engine, 0, &port);
    for (agon_instrument_t id = 1; id <= 4; id++)
        paper_add(paper, id);
    lockstep.engine = world.engine;
    lockstep.paper = paper;
    if (lockstep_run(&lockstep, &result, NULL) < 0 || result.n_market != n)
        run->n_failed++;
    run->n_taken = result.n_events;
    for (agon_instrument_t id = 1; id <= 4; id++) {
        struct agon_level best = {0};

        book_best(engine_book(world.engine, id), AGON_BUY, &best);
        sum += (uint64_t)best.px;
    }
    paper_free(paper);
    world_close(&world);
    return sum;
}

static uint64_t run_dense(void *ctx, uint64_t n)
{
    struct market_run *run = ctx;
    uint64_t sum = 0;
    uint64_t last = 0;
    int64_t qty;

    run->at = 0;
    run->left = n;
    memset(run->dense, 0, 4 * sizeof(*run->dense));
    for (uint64_t i = 0; i < n; i++) {
        const struct agon_event_hdr *event = next_event(run);

        if (event->type == AGON_EVENT_BOOK_DELTA || event->type == AGON_EVENT_BOOK_SNAPSHOT) {
            const struct agon_book_part *part = (const void *)event;
            const struct agon_level *levels = agon_levels(part);
            struct dense *dense = &run->dense[event->instrument - 1];

            for (uint32_t k = 0; k < (uint32_t)part->n_bid + part->n_ask; k++)
                dense_set(dense, k >= part->n_bid, levels[k].px, levels[k].qty);
            last = (uint64_t)dense_best(dense, 0, &qty);
        } else if (event->type == AGON_EVENT_TRADE) {
            sum += (uint64_t)((const struct agon_trade *)(const void *)event)->px;
        }
    }
    bench_keep(sum + last);
    sum = 0;
    for (int id = 0; id < 4; id++)
        sum += (uint64_t)dense_best(&run->dense[id], 0, &qty);
    return sum;
}

static int generate(struct market_run *run, uint64_t n, struct error *err)
{
    struct instruments table;
    struct gen_config config;
    struct gen *gen = NULL;
    int rc = instruments_init(&table);

    if (rc < 0)
        return rc;
    for (agon_asset_t id = 1; id <= 2 && rc >= 0; id++) {
        struct record_asset asset = {.hdr = {.type = EVENT_CONFIG, .granules = 1},
                                     .kind = CONFIG_ASSET,
                                     .asset = id,
                                     .exp = 8,
                                     .name = {id == 1 ? 'U' : 'B'}};

        rc = instruments_set_asset(&table, &asset, err);
    }
    for (agon_instrument_t id = 1; id <= 4 && rc >= 0; id++) {
        struct agon_instrument instrument;

        world_instrument(&instrument, id);
        rc = instruments_set(&table, &instrument, err);
    }
    if (rc >= 0) {
        gen_defaults(&config, &table, 3);
        config.t_start = WORLD_T0;
        config.is_quoted = 1;
        for (uint32_t i = 0; i < config.n_symbols; i++)
            config.symbols[i].start_px = WORLD_PX; // inside the bare books' window
        rc = gen_new(&gen, &config, &table, err);
    }
    while (rc >= 0 && run->n < n) {
        const struct agon_event_hdr *event = gen_next(gen);

        if (run->n_bytes + event_bytes(event) > MARKET_BYTES)
            break;
        memcpy(run->events + run->n_bytes, event, event_bytes(event));
        run->n_bytes += event_bytes(event);
        run->n++;
        if (event->type == AGON_EVENT_BOOK_DELTA)
            run->n_levels += (uint64_t)((const struct agon_book_part *)(const void *)event)->n_bid +
                             ((const struct agon_book_part *)(const void *)event)->n_ask;
    }
    gen_free(gen);
    instruments_deinit(&table);
    return rc;
}

static int market(struct bench *bench, struct error *err)
{
    struct market_run *run = aligned_alloc(64, (sizeof(*run) + 63) / 64 * 64);
    struct bench_pair pair = {
        .name = "backtest.market",
        .op = "event",
        .n = 400000,
        .product = "lock-step, paper exchange, engine, books, top-10, bus, plugin",
        .run_product = run_market,
        .yardstick = "dense books and a sum over the trades",
        .run_yardstick = run_dense,
        .goal_kind = BENCH_AT_MOST,
        .goal = 4.2,
        .goal_text = "at most 4.2 times the bare loop (15 M events a second where it does 63 M)",
        .why = "each event is applied twice, at the exchange and in the core, and each book change "
               "derives and publishes a top-10 of 384 bytes"};
    int rc;

    if (run == NULL)
        return AGON_ENOMEM;
    memset(run, 0, sizeof(*run));
    pair.ctx = run;
    run->events = malloc(MARKET_BYTES);
    run->dense = calloc(4, sizeof(*run->dense));
    rc = run->events == NULL || run->dense == NULL ? AGON_ENOMEM
                                                   : generate(run, bench_n(bench, pair.n), err);
    if (rc >= 0) {
        struct bench limited = *bench;

        bench_figure(bench, "backtest.market.levels", (double)run->n_levels / (double)run->n,
                     "levels", "of book changes an event, on average");
        limited.n_rows = bench->n_rows;
        limited.n = run->n;
        rc = bench_compare(&limited, &pair);
        bench->n_rows = limited.n_rows;
        bench->n_failed = limited.n_failed;
        bench_check(bench, run->n_failed == 0,
                    "backtest: the engine took every event of the market");
    }
    free(run->events);
    free(run->dense);
    free(run);
    return rc;
}

int bench_backtest(struct bench *bench, struct error *err)
{
    int rc;

    if (bench->is_file)
        return bench_backtest_file(bench, err);
    rc = bars(bench);
    rc = rc < 0 ? rc : market(bench, err);
    return rc < 0 ? rc : bench_backtest_rows(bench, err);
}
