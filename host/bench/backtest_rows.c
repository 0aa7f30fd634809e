// SPDX-License-Identifier: Apache-2.0
/* backtest_rows: what a row costs inside the command's run. A plugin that has orders, the paper
 * exchange with fees and latencies, risk, ledger and bus are all on; a journal is not. The run is
 * the function that the command calls (lab/backtest.h), and before anything is timed its report is
 * compared with that of the command itself over the same tape: as many steps of the engine, the
 * same intents and fills. Timed is what lies between the first row and the run's end: opening and
 * loading are not rows. A tape is read by a thread of its own (lab/read_ahead.h), which is waited
 * for, so that time is wall time; what all threads used of processors is a figure beside it. The
 * loops have the same rows as arrays in memory. */
#include "bench/backtest_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "bench/backtest_bare.h"
#include "bench/backtest_file.h"
#include "demo/demo_config.h"
#include "lab/backtest.h"
#include "lab/tape_make.h"
#include "market/book.h"
#include "run/slots.h"
#include "sys/clock.h"

#define ROWS    200000
#define CAPITAL ((agon_amt_t)100000 * 100000000)

struct rows {
    const char *plugin;        /* of the host's own */
    const char *const *params; /* its parameters, NAME=VALUE, up to a NULL; or NULL */
    char csv[400], tape[420], word[440], plugins[512];
    uint64_t n;
    int is_memory; /* the product's rows are in memory too */
    /* The rows as the tape gives them, one behind the other: taken by a run that is not timed. */
    unsigned char *events; /* owned */
    uint64_t n_bytes, room, n_events, at, left;
    const struct agon_event_hdr *(*next)(void *ctx); /* of the tape, while they are taken */
    void *next_ctx;
    int64_t *closes;               /* owned */
    struct bare_trade *trades;     /* owned */
    struct bare_message *messages; /* owned */
    struct bare_level *levels;     /* owned */
    struct bare_book *book;        /* owned */
    struct backtest_report first;  /* of the run that is not timed */
    int64_t began_ns, untimed_ns;  /* of the newest run: before its first row and behind its last */
    double used_ns;                /* of processors, between them */
    uint64_t n_failed;
};

static int keep(struct rows *rows, const struct agon_event_hdr *event)
{
    uint64_t bytes = event_bytes(event);

    if (rows->n_bytes + bytes > rows->room) {
        uint64_t room = 2 * rows->room + (1 << 20);
        unsigned char *more = aligned_alloc(EVENT_GRANULE, room);

        if (more == NULL)
            return AGON_ENOMEM;
        if (rows->n_bytes > 0)
            memcpy(more, rows->events, rows->n_bytes);
        free(rows->events);
        rows->events = more;
        rows->room = room;
    }
    memcpy(rows->events + rows->n_bytes, event, bytes);
    rows->n_bytes += bytes;
    rows->n_events++;
    return AGON_OK;
}

static const struct agon_event_hdr *keep_next(void *ctx)
{
    struct rows *rows = ctx;
    const struct agon_event_hdr *event = rows->next(rows->next_ctx);

    if (event != NULL && keep(rows, event) < 0)
        rows->n_failed++;
    return event;
}

static const struct agon_event_hdr *memory_next(void *ctx)
{
    struct rows *rows = ctx;
    const struct agon_event_hdr *event = (const void *)(rows->events + rows->at);

    if (rows->left == 0)
        return NULL;
    rows->left--;
    rows->at += event_bytes(event);
    return event;
}

static void on_feed(void *ctx, struct lockstep_source *sources, uint32_t n)
{
    struct rows *rows = ctx;

    rows->n_failed += n != 1;
    rows->untimed_ns = clock_mono() - rows->began_ns;
    rows->used_ns = -bench_backtest_used_ns(RUSAGE_SELF);
    if (rows->events == NULL) {
        rows->next = sources[0].next;
        rows->next_ctx = sources[0].ctx;
        sources[0].next = keep_next;
        sources[0].ctx = rows;
    } else if (rows->is_memory) {
        rows->at = 0;
        rows->left = rows->n_events;
        sources[0].next = memory_next;
        sources[0].ctx = rows;
    }
}

/* As the command configures it (cli/cmd_backtest.c); that it does is checked by their reports. */
static int run_once(struct rows *rows, struct backtest_report *report, struct error *err)
{
    const char *path = rows->word;
    struct crew_slot *slot = calloc(1, sizeof(*slot));
    struct backtest *result = calloc(1, sizeof(*result));
    struct latency_model ms5 = {.median_ns = 5000000}, ms20 = {.median_ns = 20000000};
    struct backtest_config config = {.paths = &path,
                                     .n_paths = 1,
                                     .seed = 1,
                                     .latency = {.seed = 1, .legs = {ms5, ms20, ms20}},
                                     .cancel_ahead_ppm = MATCH_CANCEL_AHEAD_PPM,
                                     .slots = slot,
                                     .n_slots = 1,
                                     .feed = on_feed,
                                     .feed_ctx = rows};
    int64_t ended_ns;
    int rc = AGON_ENOMEM;

    rows->began_ns = clock_mono();
    if (slot == NULL || result == NULL)
        goto done;
    match_bars_defaults(&config.bars);
    slots_defaults(&slot->record, CAPITAL);
    slot->record.runner = CREW_INPROC;
    snprintf(slot->record.name, sizeof(slot->record.name), "%s", rows->plugin);
    snprintf(slot->plugin, sizeof(slot->plugin), "%.400s/%s/%s.so", rows->plugins, rows->plugin,
             rows->plugin);
    for (const char *const *param = rows->params; param != NULL && *param != NULL; param++) {
        struct setup_param *to = &slot->params[slot->n_params++];

        snprintf(to->name, sizeof(to->name), "%.*s", (int)strcspn(*param, "="), *param);
        snprintf(to->text, sizeof(to->text), "%s", strchr(*param, '=') + 1);
    }
    rc = backtest_run(&config, result, err);
    ended_ns = clock_mono();
    rows->used_ns += bench_backtest_used_ns(RUSAGE_SELF);
    if (rc >= 0) {
        *report = (struct backtest_report){.n_events = result->n_events,
                                           .n_market = result->n_market,
                                           .n_intents = result->n_intents,
                                           .n_fills = result->n_fills};
        for (uint32_t i = 0; i < HASH_SIZE; i++)
            snprintf(report->intents + (size_t)2 * i, 3, "%02x", result->intents[i]);
    }
    backtest_free(result);
    rows->untimed_ns += clock_mono() - ended_ns;
done:
    free(slot);
    free(result);
    return rc;
}

static int is_same_run(const struct backtest_report *a, const struct backtest_report *b)
{
    return a->n_events == b->n_events && a->n_market == b->n_market &&
           a->n_intents == b->n_intents && a->n_fills == b->n_fills &&
           strcmp(a->intents, b->intents) == 0;
}

static uint64_t run_product(void *ctx, uint64_t n)
{
    struct rows *rows = ctx;
    struct backtest_report report;

    // Of a turn that is not measured n is less: it takes all rows too.
    if (n > rows->n || run_once(rows, &report, NULL) < 0 || !is_same_run(&report, &rows->first)) {
        rows->n_failed++;
        return 0;
    }
    return report.n_events;
}

/* --- the loops' arrays --- */

static uint64_t run_bars(void *ctx, uint64_t n)
{
    struct rows *rows = ctx;
    uint64_t sums, n_changes = backtest_bare_bars(rows->closes, n, &sums);

    rows->n_failed += n == rows->n && n_changes != rows->first.n_intents;
    return sums;
}

static uint64_t run_trades(void *ctx, uint64_t n)
{
    const struct rows *rows = ctx;

    return backtest_bare_trades(rows->trades, n);
}

static uint64_t run_books(void *ctx, uint64_t n)
{
    const struct rows *rows = ctx;

    return backtest_bare_books(rows->book, rows->messages, rows->levels, n);
}

static void put_level(struct rows *rows, uint64_t at, const struct agon_level *level, uint32_t side,
                      agon_px_t tick_px)
{
    rows->levels[at] = (struct bare_level){
        .tick = (int32_t)(level->px / tick_px), .side = side, .qty = level->qty};
    if (rows->book->base == 0)
        rows->book->base = rows->levels[at].tick - BARE_TICKS / 2;
}

/* The smallest difference that prices have. */
static agon_px_t tick_of(const struct rows *rows)
{
    agon_px_t tick_px = 0;
    uint64_t at = 0;

    for (uint64_t i = 0; i < rows->n_events; i++) {
        const struct agon_event_hdr *event = (const void *)(rows->events + at);
        const struct agon_book_part *part = (const void *)event;

        at += event_bytes(event);
        if (event->type != AGON_EVENT_BOOK_SNAPSHOT && event->type != AGON_EVENT_BOOK_DELTA)
            continue;
        for (uint32_t k = 0; k < (uint32_t)part->n_bid + part->n_ask; k++) {
            agon_px_t a = agon_levels(part)[k].px, b = tick_px;

            while (b != 0) {
                agon_px_t rest = a % b;

                a = b;
                b = rest;
            }
            tick_px = a;
        }
    }
    return tick_px > 0 ? tick_px : 1;
}

static void fill_books(struct rows *rows)
{
    agon_px_t tick_px = tick_of(rows);
    uint64_t at = 0, n_levels = 0;

    for (uint64_t i = 0; i < rows->n_events; i++) {
        const struct agon_event_hdr *event = (const void *)(rows->events + at);
        const struct agon_book_part *part = (const void *)event;
        const struct agon_trade *trade = (const void *)event;
        struct bare_message *message = &rows->messages[i];

        at += event_bytes(event);
        message->is_trade = event->type != AGON_EVENT_BOOK_SNAPSHOT &&
                            event->type != AGON_EVENT_BOOK_DELTA; // or a quote: nothing to apply
        if (message->is_trade) {
            message->qty = event->type == AGON_EVENT_TRADE ? trade->qty : 0;
            continue;
        }
        message->is_first =
            event->type == AGON_EVENT_BOOK_SNAPSHOT && (part->flags & BOOK_PART_FIRST) != 0;
        message->n_levels = (uint32_t)part->n_bid + part->n_ask;
        for (uint32_t k = 0; k < message->n_levels; k++)
            put_level(rows, n_levels++, &agon_levels(part)[k], k >= part->n_bid, tick_px);
    }
}

static int fill(struct rows *rows)
{
    uint64_t at = 0, n_bars = 0, n_trades = 0;

    rows->closes = calloc(rows->n_events, sizeof(*rows->closes));
    rows->trades = calloc(rows->n_events, sizeof(*rows->trades));
    rows->messages = calloc(rows->n_events, sizeof(*rows->messages));
    rows->levels = calloc(rows->n_bytes / sizeof(struct agon_level) + 1, sizeof(*rows->levels));
    rows->book = calloc(1, sizeof(*rows->book));
    if (rows->closes == NULL || rows->trades == NULL || rows->messages == NULL ||
        rows->levels == NULL || rows->book == NULL)
        return AGON_ENOMEM;
    for (uint64_t i = 0; i < rows->n_events; i++) {
        const struct agon_event_hdr *event = (const void *)(rows->events + at);
        const struct agon_trade *trade = (const void *)event;

        at += event_bytes(event);
        if (event->type == AGON_EVENT_BAR)
            rows->closes[n_bars++] = ((const struct agon_bar *)(const void *)event)->close_px;
        if (event->type == AGON_EVENT_TRADE)
            rows->trades[n_trades++] = (struct bare_trade){
                .px = trade->px, .qty = trade->side == AGON_SELL ? -trade->qty : trade->qty};
    }
    fill_books(rows);
    return AGON_OK;
}

/* --- rows --- */

static void release(struct rows *rows)
{
    free(rows->events);
    free(rows->closes);
    free(rows->trades);
    free(rows->messages);
    free(rows->levels);
    free(rows->book);
    free(rows);
}

/* One run to take the rows, and one of the command to compare with. */
static int begin(struct bench *bench, struct rows *rows, const char *name, struct error *err)
{
    struct backtest_report command;
    static struct tape_made made;
    struct tape_make_config make = {.word = rows->csv, .out = rows->tape};
    int rc;

    snprintf(rows->tape, sizeof(rows->tape), "%s.tape", rows->csv);
    snprintf(rows->word, sizeof(rows->word), "BTCUSDT=%s", rows->tape);
    if (!demo_plugin_dir(rows->plugins))
        return error_set(err, AGON_ENOENT, "no plugins beside this program");
    remove(rows->tape);
    rc = tape_make(&make, &made, err);
    rc = rc < 0 ? rc : run_once(rows, &rows->first, err);
    rc = rc < 0
             ? rc
             : bench_backtest_command(bench, rows->plugin, rows->params, rows->tape, &command, err);
    rc = rc < 0 ? rc : fill(rows);
    if (rc < 0)
        return rc;
    bench_check(bench, is_same_run(&rows->first, &command) && command.n_intents > 0,
                "%s: %llu steps of the engine, %llu intents and %llu fills, as many as `agon "
                "backtest` has over this tape",
                name, (unsigned long long)rows->first.n_events,
                (unsigned long long)rows->first.n_intents, (unsigned long long)rows->first.n_fills);
    return AGON_OK;
}

static int compare(struct bench *bench, struct rows *rows, struct bench_pair *pair)
{
    struct bench own = *bench; // a turn is the whole tape
    char name[80];
    int rc;

    pair->op = "row";
    pair->ctx = rows;
    pair->run_product = run_product;
    pair->untimed_ns = &rows->untimed_ns;
    pair->is_wall = 1;
    own.n = rows->n;
    rc = bench_compare(&own, pair);
    bench->n_rows = own.n_rows;
    bench->n_failed = own.n_failed;
    snprintf(name, sizeof(name), "%s.steps", pair->name);
    bench_figure(bench, name, (double)rows->first.n_events / (double)rows->n, "steps",
                 "of the engine a row, the command's own too");
    snprintf(name, sizeof(name), "%s.used", pair->name);
    bench_figure(bench, name, rows->used_ns / (double)rows->n, "ns a row",
                 "of processors, by all threads in the last turn");
    bench_check(bench, rows->n_failed == 0, "%s: every run took, wanted and filled the same",
                pair->name);
    return rc;
}

static int bars(struct bench *bench, struct error *err)
{
    struct rows *rows = calloc(1, sizeof(*rows));
    struct bench_pair memory = {.name = "backtest.rows.bars.memory",
                                .product = "the command's run over bars in memory: orders, fees, "
                                           "latencies on; no journal",
                                .yardstick =
                                    "the same crossings through a pointer over an array of "
                                    "closes: fees, equity, returns, deepest fall",
                                .run_yardstick = run_bars,
                                .goal_kind = BENCH_AT_MOST,
                                .goal = 17,
                                .goal_text = "at most 17 times the loop"},
                      tape = memory;
    int rc;

    if (rows == NULL)
        return AGON_ENOMEM;
    tape.name = "backtest.rows.bars.tape";
    tape.product = "the same from a tape";
    tape.goal = 30;
    tape.goal_text = "at most 30 times the loop";
    rows->plugin = "sma_cross";
    rows->params = bench_backtest_crossing;
    rows->n = bench_n(bench, ROWS);
    snprintf(rows->csv, sizeof(rows->csv), "%.300s/binance_spot_BTCUSDT_bars.csv", bench->dir);
    rc = bench_backtest_rows_csv(rows->csv, rows->n, 1);
    rc = rc < 0 ? rc : begin(bench, rows, "backtest.rows.bars", err);
    rows->is_memory = 1;
    rc = rc < 0 ? rc : compare(bench, rows, &memory);
    rows->is_memory = 0;
    rc = rc < 0 ? rc : compare(bench, rows, &tape);
    release(rows);
    return rc;
}

static int trades(struct bench *bench, struct error *err)
{
    struct rows *rows = calloc(1, sizeof(*rows));
    struct bench_pair pair = {.name = "backtest.rows.trades.tape",
                              .product = "the command's run over a tape of trades, with a plugin "
                                         "that quotes; no journal",
                              .yardstick = "sums over an array of trades",
                              .run_yardstick = run_trades,
                              .goal_text = "0.9 us a trade, a third of what one took"};
    int rc;

    if (rows == NULL)
        return AGON_ENOMEM;
    rows->plugin = "mm";
    rows->n = bench_n(bench, ROWS);
    snprintf(rows->csv, sizeof(rows->csv), "%.300s/binance_spot_BTCUSDT_trades.csv", bench->dir);
    rc = bench_backtest_rows_csv(rows->csv, rows->n, 0);
    rc = rc < 0 ? rc : begin(bench, rows, pair.name, err);
    rc = rc < 0 ? rc : compare(bench, rows, &pair);
    release(rows);
    return rc;
}

static int books(struct bench *bench, struct error *err)
{
    struct rows *rows = calloc(1, sizeof(*rows));
    struct bench_pair pair = {.name = "backtest.rows.l2.tape",
                              .product = "the command's run over a tape of books, best prices and "
                                         "trades, with a plugin that quotes; no journal",
                              .yardstick = "the same rows applied to one book, best prices read",
                              .run_yardstick = run_books,
                              .goal_kind = BENCH_AT_MOST,
                              .goal = 10,
                              .goal_text = "at most 10 times the bare book"};
    uint64_t n_lines = 0;
    int rc;

    if (rows == NULL)
        return AGON_ENOMEM;
    rows->plugin = "mm";
    rc = bench_backtest_unpack(bench, bench_n(bench, ROWS), rows->csv, &n_lines, err);
    rc = rc < 0 ? rc : begin(bench, rows, pair.name, err);
    rows->n = rows->n_events; // what the tape gives is a row
    rc = rc < 0 ? rc : compare(bench, rows, &pair);
    release(rows);
    return rc;
}

int bench_backtest_rows(struct bench *bench, struct error *err)
{
    int rc = bars(bench, err);

    rc = rc < 0 ? rc : trades(bench, err);
    if (rc >= 0 && bench->data == NULL) {
        bench_absent(bench, "backtest.rows.l2.tape", "--data names no recording of books");
        return AGON_OK;
    }
    return rc < 0 ? rc : books(bench, err);
}
