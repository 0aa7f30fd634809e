// SPDX-License-Identifier: Apache-2.0
/* leaky: one agent that looks for a leak, on bars in which nothing can be won, and between the data
 * and the engine a source that gives the future away, one way for each of them. It has to win.
 *
 * usage: leaky LEAK none|planted free|preset PLUGIN.so DIR SEEDS ROWS [FIRST]
 *
 * LEAK is what it looks for (its parameter `seek`). none: the same tables as they are. free:
 * spread, drift and slippage are 0; preset: as a backtest assumes them. Nobody pays fees. DIR is
 * for the tables; FIRST is the first seed (1). Says "LEAK SEEDS mean MEAN t T fills FILLS". */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "agent/worker.h"
#include "args/args.h"
#include "base/error.h"
#include "base/exit.h"
#include "base/num.h"
#include "cli/words.h"
#include "lab/backtest.h"
#include "lab/martingale.h"

#define SECOND_NS  ((agon_ns_t)1000000000)
#define LENGTH_NS  (60 * SECOND_NS)
#define START_NS   ((agon_ns_t)1767225600 * SECOND_NS) /* 2026 */
#define ROOM_BYTES ((uint64_t)8 << 30)
#define ROWS_MAX   8192
#define LEGS       30             /* of a path that is shown: ten to each of its turns */
#define TOLD_MAX   (2 * LEGS + 1) /* events that a row becomes */

enum leak {
    FIRST_LEG,
    SECOND_EXTREME,
    DEPTH,
    TRADED_SIZE,
    DECIMALS,
    BAR_COUNT,
    TIMER,
    FILL,
    REVISED,
    NEIGHBOUR,
    BRACKET,
    LEAKS
};
static const char *const names[LEAKS] = {"first_leg", "second_extreme", "depth",  "traded_size",
                                         "decimals",  "bar_count",      "timer",  "fill",
                                         "revised",   "neighbour",      "bracket"};

union told { /* as much as the largest of them */
    struct agon_event_hdr hdr;
    struct agon_quote quote;
    struct agon_trade trade;
    struct agon_bar bar;
    unsigned char granules[128];
};
struct row {
    struct agon_quote open;
    struct agon_bar bar;
};
struct teller { /* in place of one source: it knows all rows before it tells the first */
    enum leak leak;
    struct lockstep_source inner;
    struct row *rows;
    uint32_t n_rows, row;
    union told told[TOLD_MAX];
    uint32_t n_told, at;
};
struct said { /* by the worker */
    int rc;
    char text[ERROR_TEXT];
    double won;
    uint64_t n_fills;
};
struct run {
    struct backtest_config config;
    struct backtest result;
    struct worker *worker;
    struct teller tellers[2];
    enum leak leak;
    int is_planted;
    struct said *said;
};

static void read_all(struct teller *teller)
{
    const struct agon_event_hdr *event;

    teller->rows = calloc(ROWS_MAX, sizeof(*teller->rows));
    while (teller->rows != NULL && (event = teller->inner.next(teller->inner.ctx)) != NULL &&
           teller->n_rows < ROWS_MAX) {
        if (event->type == AGON_EVENT_QUOTE)
            memcpy(&teller->rows[teller->n_rows].open, event, sizeof(struct agon_quote));
        else if (event->type == AGON_EVENT_BAR)
            memcpy(&teller->rows[teller->n_rows++].bar, event, sizeof(struct agon_bar));
    }
}

static union told *tell(struct teller *teller, const struct agon_event_hdr *event)
{
    union told *told = &teller->told[teller->n_told++];

    memcpy(told, event, event_bytes(event));
    return told;
}

static void trade(struct teller *teller, const struct row *row, agon_px_t px, agon_qty_t qty)
{
    struct agon_trade trade = {.hdr = row->open.hdr, .px = px, .qty = qty};

    trade.hdr.type = AGON_EVENT_TRADE;
    tell(teller, &trade.hdr);
}

/* A part of the row as a bar of its own, with prices on a straight line. */
static void leg(struct teller *teller, const struct row *row, uint32_t part, agon_px_t from,
                agon_px_t to)
{
    agon_px_t half_px = (row->open.ask_px - row->open.bid_px) / 2;
    union told *open, *bar;

    if (part > 0) {
        open = tell(teller, &row->open.hdr);
        open->hdr.t = open->hdr.t_venue = row->open.hdr.t + part * (LENGTH_NS / LEGS);
        open->quote.bid_px = from - half_px;
        open->quote.ask_px = open->quote.bid_px + row->open.ask_px - row->open.bid_px;
    } else {
        tell(teller, &row->open.hdr);
    }
    bar = tell(teller, &row->bar.hdr);
    bar->bar.t_open = row->open.hdr.t_venue + part * (LENGTH_NS / LEGS);
    bar->bar.length_s = 60 / LEGS;
    bar->hdr.t = bar->hdr.t_venue = bar->bar.t_open + LENGTH_NS / LEGS;
    bar->bar.open_px = from;
    bar->bar.close_px = to;
    bar->bar.high_px = from > to ? from : to;
    bar->bar.low_px = from < to ? from : to;
    bar->bar.volume_qty *= 1000; // enough for all of an order
}

/* The path that a row was played along, seen by everybody: first to the extreme that its close is
 * far from. */
static void walk(struct teller *teller, const struct row *row)
{
    const struct agon_bar *bar = &row->bar;
    agon_px_t first = bar->close_px >= bar->open_px ? bar->low_px : bar->high_px;
    agon_px_t second = bar->close_px >= bar->open_px ? bar->high_px : bar->low_px;
    agon_px_t from = bar->open_px;

    for (uint32_t i = 0; i < LEGS; i++) {
        agon_px_t begin = i < LEGS / 3 ? bar->open_px : i < LEGS / 3 * 2 ? first : second;
        agon_px_t end = i < LEGS / 3 ? first : i < LEGS / 3 * 2 ? second : bar->close_px;
        agon_px_t to = begin + (end - begin) / (LEGS / 3) * (i % (LEGS / 3) + 1);

        to = i % (LEGS / 3) == LEGS / 3 - 1 ? end : to;
        leg(teller, row, i, from, to);
        from = to;
    }
    tell(teller, &bar->hdr);
}

static void tell_row(struct teller *teller, const struct row *row, const struct row *next)
{
    const struct agon_bar *bar = &row->bar;
    int is_up = bar->close_px >= bar->open_px;
    agon_px_t far_px = is_up ? bar->low_px : bar->high_px;
    union told *told;

    teller->n_told = teller->at = 0;
    if (teller->leak == TIMER || teller->leak == FILL) {
        walk(teller, row);
        return;
    }
    told = tell(teller, &row->open.hdr);
    switch (teller->leak) {
    case FIRST_LEG:
        trade(teller, row, bar->open_px, 1);
        trade(teller, row, far_px, 1);
        break;
    case SECOND_EXTREME:
        trade(teller, row, bar->open_px, 1);
        trade(teller, row, bar->open_px, 1);
        trade(teller, row, far_px, 1);
        break;
    case DEPTH:
        told->quote.bid_qty = told->quote.ask_qty = bar->volume_qty;
        break;
    case TRADED_SIZE:
        trade(teller, row, bar->open_px, bar->volume_qty / 4);
        break;
    case BAR_COUNT:
        if (is_up)
            tell(teller, &row->open.hdr);
        break;
    default:
        break;
    }
    told = tell(teller, &bar->hdr);
    if (teller->leak == REVISED && next != NULL) {
        agon_px_t by_px = 2 * (row->open.ask_px - row->open.bid_px);

        told->bar.open_px += next->bar.close_px > next->bar.open_px ? by_px : -by_px;
        if (told->bar.high_px < told->bar.open_px)
            told->bar.high_px = told->bar.open_px;
        if (told->bar.low_px > told->bar.open_px)
            told->bar.low_px = told->bar.open_px;
    }
    // Its stamps are those of the row before: what it says of a time comes a row early.
    for (uint32_t i = 0; i < teller->n_told && teller->leak == NEIGHBOUR; i++) {
        teller->told[i].hdr.t -= LENGTH_NS;
        teller->told[i].hdr.t_venue -= LENGTH_NS;
        if (teller->told[i].hdr.type == AGON_EVENT_BAR)
            teller->told[i].bar.t_open -= LENGTH_NS;
    }
}

static const struct agon_event_hdr *next(void *ctx)
{
    struct teller *teller = ctx;

    if (teller->at == teller->n_told) {
        if (teller->row == teller->n_rows)
            return NULL;
        tell_row(teller, &teller->rows[teller->row],
                 teller->row + 1 < teller->n_rows ? &teller->rows[teller->row + 1] : NULL);
        teller->row++;
    }
    return &teller->told[teller->at++].hdr;
}

static void feed(void *ctx, struct lockstep_source *sources, uint32_t n)
{
    struct run *run = ctx;
    uint32_t i = run->leak == NEIGHBOUR ? 1 : 0;
    struct teller *teller = &run->tellers[i];

    if (!run->is_planted || i >= n || run->leak == DECIMALS || run->leak == BRACKET)
        return;
    teller->leak = run->leak;
    teller->inner = sources[i];
    read_all(teller);
    sources[i].ctx = teller;
    sources[i].next = next;
}

static int on_close(void *ctx, const struct worker_threads *threads, struct error *err)
{
    return worker_close(((struct run *)ctx)->worker, ROOM_BYTES, threads, err);
}

static int work(void *ctx, struct worker *worker)
{
    struct run *run = ctx;
    struct error err = {0};

    run->worker = worker;
    run->config.called = worker_called(worker);
    run->said->rc = backtest_run(&run->config, &run->result, &err);
    snprintf(run->said->text, sizeof(run->said->text), "%s", err.text);
    if (run->said->rc >= 0 && run->result.n_failed > 0) {
        run->said->rc = AGON_EIO;
        snprintf(run->said->text, sizeof(run->said->text), "%.200s", run->result.failure[0]);
    } else if (run->said->rc >= 0) {
        const struct instruments *table = engine_instruments(run->result.engine);
        const struct asset *base = instruments_asset(table, table->base_currency);

        run->said->won = (double)(engine_equity(run->result.engine, 0) -
                                  run->config.slots[0].record.limits.capital_amt) /
                         (double)num_pow10(base->exp);
        run->said->n_fills = run->result.n_fills;
    }
    worker_done(worker);
    backtest_free(&run->result);
    return EXIT_OK;
}

/* A table; *has_fine: some row of it has a digit more. */
static int write_table(const char *path, uint64_t seed, uint32_t neighbour, uint32_t n_rows,
                       int *has_fine)
{
    struct martingale fair = {.seed = seed,
                              .kind = TAPE_BARS,
                              .neighbour = neighbour,
                              .n_rows = n_rows,
                              .t_start = START_NS,
                              .length_s = 60,
                              .px_exp = 4,
                              .qty_exp = 3,
                              .start_px = 500000,
                              .unit_qty = 50000};
    FILE *file = fopen(path, "w+e");
    char line[200];
    int rc = file != NULL ? martingale_write(&fair, file) : AGON_EIO;

    *has_fine = 0;
    if (rc >= 0)
        rewind(file);
    while (rc >= 0 && fgets(line, sizeof(line), file) != NULL) {
        const char *point = strrchr(line, '.');

        *has_fine |= point != NULL && strchr(line, ',') != NULL && strlen(point) > 5;
    }
    if (file != NULL && fclose(file) != 0)
        rc = AGON_EIO;
    return rc;
}

/* A lot as fine as the data need, which nobody knew where they begin. */
static int write_listing(const char *path, int has_fine)
{
    FILE *file = fopen(path, "we");
    int rc = file != NULL ? AGON_OK : AGON_EIO;

    if (file != NULL)
        fprintf(file,
                "{\"timezone\":\"UTC\",\"serverTime\":1767225600000,\"rateLimits\":[],\"symbols\":"
                "[{\"symbol\":\"ADAUSDT\",\"status\":\"TRADING\",\"baseAsset\":\"ADA\","
                "\"quoteAsset\":\"USDT\",\"filters\":[{\"filterType\":\"PRICE_FILTER\","
                "\"minPrice\":\"0.0001\",\"maxPrice\":\"100000\",\"tickSize\":\"0.0001\"},"
                "{\"filterType\":\"LOT_SIZE\",\"minQty\":\"%s\",\"maxQty\":\"1000000\","
                "\"stepSize\":\"%s\"}]}]}\n",
                has_fine ? "0.0001" : "0.001", has_fine ? "0.0001" : "0.001");
    if (file != NULL && fclose(file) != 0)
        rc = AGON_EIO;
    return rc;
}

static int play(struct run *run, uint64_t seed, const char *dir, uint32_t n_rows, struct error *err)
{
    char words[2][PATH_MAX], listing[PATH_MAX];
    const char *paths[2] = {words[0], words[1]}, *listings[1] = {listing};
    struct worker_config worker = {.run = work, .ctx = run};
    struct worker_end end;
    int has_fine[2];

    snprintf(words[0], sizeof(words[0]), "ADAUSDT=%s/leaky_one.csv", dir);
    snprintf(words[1], sizeof(words[1]), "XRPUSDT=%s/leaky_other.csv", dir);
    snprintf(listing, sizeof(listing), "%s/leaky_listing.json", dir);
    run->config.paths = paths;
    run->config.n_paths = run->leak == NEIGHBOUR ? 2 : 1;
    for (uint32_t i = 0; i < run->config.n_paths; i++) {
        if (write_table(strchr(words[i], '=') + 1, seed, i, n_rows, &has_fine[i]) < 0)
            return error_set(err, AGON_EIO, "%s cannot be written", words[i]);
    }
    if (run->leak == DECIMALS) {
        if (write_listing(listing, !run->is_planted || has_fine[0]) < 0)
            return error_set(err, AGON_EIO, "%s cannot be written", listing);
        run->config.listings = listings;
        run->config.n_listings = 1;
    }
    worker_run(&worker, &end);
    if (end.kind != WORKER_EXITED || end.code != EXIT_OK || !end.is_whole)
        return error_set(err, AGON_EIO, "a run ended: %s", end.text);
    return run->said->rc >= 0
               ? AGON_OK
               : error_set(err, run->said->rc, "%.*s", ERROR_TEXT - 1, run->said->text);
}

int main(int argc, char **argv)
{
    static struct crew_slot slots[SLOTS_MAX];
    static struct run run;
    static char seek[64];
    const char *param[] = {seek};
    struct arg_list plugins = {.at = (const char *const *)&argv[4], .n = 1};
    struct arg_list params = {.at = param, .n = 1};
    struct error err = {0};
    double sum = 0, squares = 0, mean, variance;
    uint64_t n_fills = 0, first, n;
    uint32_t n_rows;

    if (argc < 8)
        return EXIT_FLAGS;
    while (run.leak < LEAKS && strcmp(argv[1], names[run.leak]) != 0)
        run.leak++;
    n = strtoull(argv[6], NULL, 10);
    n_rows = (uint32_t)strtoul(argv[7], NULL, 10);
    first = argc > 8 ? strtoull(argv[8], NULL, 10) : 1;
    if (run.leak == LEAKS || n < 2 || n_rows < 2 || n_rows > ROWS_MAX)
        return EXIT_FLAGS;
    run.is_planted = strcmp(argv[2], "planted") == 0;
    run.config = (struct backtest_config){.seed = 1,
                                          .cancel_ahead_ppm = MATCH_CANCEL_AHEAD_PPM,
                                          .has_maker_fee = 1,
                                          .has_taker_fee = 1,
                                          .slots = slots,
                                          .close = on_close,
                                          .ctx = &run,
                                          .feed = feed,
                                          .feed_ctx = &run};
    match_bars_defaults(&run.config.bars);
    if (strcmp(argv[3], "free") == 0)
        run.config.bars.spread_ppm = run.config.bars.drift_ppm = run.config.bars.slippage_ppm = 0;
    // A path that is kinder than prices are is there to be chosen.
    if (run.is_planted && run.leak == BRACKET)
        run.config.bars.path = MATCH_PATH_OPTIMISTIC;
    snprintf(seek, sizeof(seek), "seek=%s", argv[1]);
    if (words_slots(slots, &run.config.n_slots, &plugins, &params, 100000, &err) < 0) {
        fprintf(stderr, "leaky: %s\n", err.text);
        return EXIT_FLAGS;
    }
    slots[0].record.runner = CREW_INPROC;
    run.said =
        mmap(NULL, sizeof(*run.said), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (run.said == MAP_FAILED)
        return EXIT_ENVIRONMENT;
    for (uint64_t i = 0; i < n; i++) {
        if (play(&run, first + i, argv[5], n_rows, &err) < 0) {
            fprintf(stderr, "leaky: %s\n", err.text);
            return EXIT_ENVIRONMENT;
        }
        sum += run.said->won;
        squares += run.said->won * run.said->won;
        n_fills += run.said->n_fills;
    }
    mean = sum / (double)n;
    variance = (squares - (double)n * mean * mean) / (double)(n - 1);
    printf("%s %llu mean %.2f t %.2f fills %llu\n", argv[1], (unsigned long long)n, mean,
           variance > 0 ? mean / __builtin_sqrt(variance / (double)n) : 0.0,
           (unsigned long long)n_fills);
    return EXIT_OK;
}
