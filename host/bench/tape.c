// SPDX-License-Identifier: Apache-2.0
/* tape: rows of a recording until they are numbers and until they are events, from CSV and from the
 * tape that was made of it. The bare scanner reads the same file and believes every byte of it; the
 * bare columns are arrays in memory. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/rng.h"
#include "bench/swar.h"
#include "bench/table.h"
#include "bench/world.h"
#include "lab/data_file.h"
#include "lab/tape_make.h"
#include "market/table.h"

#define ROWS  500000
#define CHUNK 65536

struct tapes {
    char csv[300], tape[320];
    struct tape_config config; /* of either: path and info are set by who opens */
    struct tape_info of_csv, of_tape;
    uint64_t n;
    int64_t *closes, *volumes; /* owned */
    uint64_t n_failed;
};

// What each side comes to: every row counts, and in its place.
static inline uint64_t fold(uint64_t sum, int64_t close, int64_t volume)
{
    return sum * 31 + (uint64_t)close + ((uint64_t)volume << 1);
}

static int write_csv(struct tapes *tapes)
{
    FILE *file = fopen(tapes->csv, "we");
    struct rng rng;
    uint32_t px = 4000000;

    if (file == NULL)
        return AGON_EIO;
    rng_init(&rng, 5);
    fputs("open_time_ms,open,high,low,close,volume\n", file);
    for (uint64_t i = 0; i < tapes->n; i++) {
        uint32_t open = px, close = px + (uint32_t)rng_below(&rng, 2001) - 1000;
        uint32_t high = (open > close ? open : close) + (uint32_t)rng_below(&rng, 900);
        uint32_t low = (open < close ? open : close) - (uint32_t)rng_below(&rng, 900);
        uint32_t volume = (uint32_t)rng_below(&rng, 10000000);

        px = close < 2000000 || close > 8000000 ? 4000000 : close;
        fprintf(file, "%llu,%u.%02u,%u.%02u,%u.%02u,%u.%02u,%u.%05u\n",
                (unsigned long long)(1609459200000 + i * 60000), open / 100, open % 100, high / 100,
                high % 100, low / 100, low % 100, close / 100, close % 100, volume / 100000,
                volume % 100000);
        tapes->closes[i] = close;
        tapes->volumes[i] = volume;
    }
    return fclose(file) == 0 ? AGON_OK : AGON_EIO;
}

/* Rows as events: a quote where a bar begins, and the closed bar. */
static uint64_t run_events(struct tapes *tapes, const char *path, const struct tape_info *info,
                           uint64_t n)
{
    struct tape_config config = tapes->config;
    const struct agon_event_hdr *event;
    struct tape *tape;
    uint64_t sum = 0;
    uint64_t n_bars = 0;

    config.path = path;
    config.info = *info;
    if (tape_open(&tape, &config, NULL) < 0) {
        tapes->n_failed++;
        return 0;
    }
    while (n_bars < n && (event = tape_next(tape)) != NULL) {
        const struct agon_bar *bar = (const struct agon_bar *)(const void *)event;

        if (event->type != AGON_EVENT_BAR)
            continue;
        sum = fold(sum, bar->close_px, bar->volume_qty);
        n_bars++;
    }
    tapes->n_failed += n_bars != n;
    tape_close(tape);
    return sum;
}

static uint64_t events_of_csv(void *ctx, uint64_t n)
{
    struct tapes *tapes = ctx;

    return run_events(tapes, tapes->csv, &tapes->of_csv, n);
}

static uint64_t events_of_tape(void *ctx, uint64_t n)
{
    struct tapes *tapes = ctx;

    return run_events(tapes, tapes->tape, &tapes->of_tape, n);
}

/* Rows as numbers, by the reader's own walk over them. */
static uint64_t numbers_of_csv(void *ctx, uint64_t n)
{
    struct tapes *tapes = ctx;
    struct lines *lines = data_file_open(tapes->csv, NULL, NULL);
    int8_t exps[TABLE_COLS];
    struct table_plan plan;
    struct table table;
    struct table_row row;
    const char *why;
    char *line;
    uint32_t length, at;
    uint64_t sum = 0;
    uint64_t n_rows = 0;

    memset(exps, -1, sizeof(exps));
    exps[TABLE_TIME_MS] = 6;
    exps[TABLE_OPEN] = exps[TABLE_HIGH] = exps[TABLE_LOW] = exps[TABLE_CLOSE] = 2;
    exps[TABLE_VOLUME] = 5;
    if (lines == NULL || lines_next(lines, &line, &length, NULL) != 1)
        goto done;
    table_head(&table, line, length, &why, &at);
    table_plan_init(&plan, &table, exps);
    for (; n_rows < n && lines_next(lines, &line, &length, NULL) == 1; n_rows++) {
        if (!table_scan(&plan, line, length, &row))
            break;
        sum = fold(sum, row.values[TABLE_CLOSE], row.values[TABLE_VOLUME]);
    }
done:
    tapes->n_failed += n_rows != n;
    lines_close(lines);
    return sum;
}

/* A number of exactly so many digits behind its point, and the comma or line's end behind it. */
static inline const char *bare_number(const char *at, unsigned places, int64_t *value)
{
    uint64_t whole, part = 0;

    at = swar_digits(at, &whole);
    if (places > 0)
        at = swar_digits(at + 1, &part);
    *value = (int64_t)(whole * (places == 0 ? 1 : places == 2 ? 100 : 100000) + part);
    return at + 1;
}

/* A scanner for this file: pieces of it, no line is looked for and nothing is refused. */
static uint64_t bare_csv(void *ctx, uint64_t n)
{
    struct tapes *tapes = ctx;
    static char room[2 * CHUNK + 1];
    int fd = open(tapes->csv, O_RDONLY | O_CLOEXEC);
    uint64_t sum = 0;
    uint64_t n_rows = 0;
    size_t kept = 0;
    int is_first = 1;
    ssize_t got;

    while (fd >= 0 && n_rows < n && (got = read(fd, room + kept, CHUNK)) > 0) {
        const char *at = room;
        const char *end = room + kept + got;

        if (is_first)
            at = (const char *)memchr(room, '\n', (size_t)(end - room)) + 1;
        is_first = 0;
        // A row of this file has at most 80 bytes; the last ones of a piece wait for the next.
        while (n_rows < n && (end - at > 80 || got < CHUNK) && at < end) {
            int64_t values[6];

            at = bare_number(at, 0, &values[0]);
            for (int i = 1; i < 5; i++)
                at = bare_number(at, 2, &values[i]);
            at = bare_number(at, 5, &values[5]);
            sum = fold(sum, values[4], values[5]);
            n_rows++;
        }
        kept = (size_t)(end - at);
        memmove(room, at, kept);
    }
    if (fd >= 0)
        (void)close(fd);
    tapes->n_failed += n_rows != n;
    return sum;
}

/* Rows of the tape in place: open, checksum of each block, two of its columns. */
static uint64_t numbers_of_tape(void *ctx, uint64_t n)
{
    struct tapes *tapes = ctx;
    struct tape_file *file;
    uint64_t sum = 0;
    uint64_t n_rows = 0;

    if (tape_file_open(&file, tapes->tape, NULL) < 0) {
        tapes->n_failed++;
        return 0;
    }
    while (n_rows < n) {
        const void *columns[TAPE_COLUMNS_MAX];
        const int64_t *closes, *volumes;
        uint32_t count;

        if (tape_file_read(file, n_rows / TAPE_BLOCK_ROWS, columns, &count, NULL) < 0)
            break;
        closes = columns[4];
        volumes = columns[5];
        for (uint32_t i = 0; i < count && n_rows < n; i++, n_rows++)
            sum = fold(sum, closes[i], volumes[i]);
    }
    tapes->n_failed += n_rows != n;
    tape_file_close(file);
    return sum;
}

static uint64_t bare_columns(void *ctx, uint64_t n)
{
    const struct tapes *tapes = ctx;
    uint64_t sum = 0;

    for (uint64_t i = 0; i < n; i++)
        sum = fold(sum, tapes->closes[i], tapes->volumes[i]);
    return sum;
}

static int open_all(struct bench *bench, struct tapes *tapes, struct error *err)
{
    struct tape_make_config make = {.word = tapes->csv, .out = tapes->tape};
    static struct tape_made made;
    int rc;

    snprintf(tapes->csv, sizeof(tapes->csv), "%s/binance_spot_BTCUSDT_bench.csv", bench->dir);
    snprintf(tapes->tape, sizeof(tapes->tape), "%s.tape", tapes->csv);
    tapes->n = bench_n(bench, ROWS);
    tapes->closes = malloc(tapes->n * sizeof(int64_t));
    tapes->volumes = malloc(tapes->n * sizeof(int64_t));
    if (tapes->closes == NULL || tapes->volumes == NULL)
        return AGON_ENOMEM;
    rc = write_csv(tapes);
    if (rc >= 0)
        rc = tape_make(&make, &made, err);
    if (rc >= 0)
        rc = tape_look(tapes->csv, NULL, &tapes->of_csv, err);
    if (rc >= 0)
        rc = tape_look(tapes->tape, NULL, &tapes->of_tape, err);
    world_instrument(&tapes->config.instrument, 1);
    tapes->config.instrument.px_exp = made.head.px_exp;
    tapes->config.instrument.qty_exp = made.head.qty_exp;
    tapes->config.quote_exp = 8;
    tapes->config.spread_ppm = 200;
    tapes->config.volume_ppm = 100000;
    return rc;
}

int bench_tape(struct bench *bench, struct error *err)
{
    struct tapes *tapes = calloc(1, sizeof(*tapes));
    struct bench_pair pair = {.ctx = tapes, .op = "row", .is_same = 1};
    int rc;

    if (tapes == NULL)
        return AGON_ENOMEM;
    rc = open_all(bench, tapes, err);
    pair.n = tapes->n;
    pair.name = "tape.csv";
    pair.product = "lines, fields and numbers of a table of bars, each judged";
    pair.run_product = numbers_of_csv;
    pair.yardstick = "a scanner for exactly this file, which refuses nothing";
    pair.run_yardstick = bare_csv;
    rc = rc < 0 ? rc : bench_compare(bench, &pair);
    pair.name = "tape.csv.events";
    pair.product = "the same, checked, as a quote and a bar";
    pair.run_product = events_of_csv;
    rc = rc < 0 ? rc : bench_compare(bench, &pair);
    pair.name = "tape.columns";
    pair.product = "a tape mapped, its checksums compared, two of its columns read";
    pair.run_product = numbers_of_tape;
    pair.yardstick = "the same loop over arrays in memory";
    pair.run_yardstick = bare_columns;
    rc = rc < 0 ? rc : bench_compare(bench, &pair);
    pair.name = "tape.events";
    pair.product = "a tape's rows, checked, as a quote and a bar";
    pair.run_product = events_of_tape;
    rc = rc < 0 ? rc : bench_compare(bench, &pair);
    bench_check(bench, rc < 0 || tapes->n_failed == 0, "tape: every row came, in every run");
    free(tapes->closes);
    free(tapes->volumes);
    free(tapes);
    return rc;
}
