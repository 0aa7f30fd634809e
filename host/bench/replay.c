// SPDX-License-Identifier: Apache-2.0
/* replay: the journal of a backtest over a tape, every mark and invariant checked, against the
 * engine alone: the same events from an array in memory into a new engine, with the same marks.
 * What lies between the two is journal and tape. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "bench/table.h"
#include "lab/backtest.h"
#include "lab/replay.h"
#include "lab/tape_make.h"
#include "lab/tape_play.h"
#include "sys/disk_posix.h"

#define ROWS      100000
#define STATE_MIB 576

struct replays {
    char csv[300], tape[320], dir[320];
    struct disk_posix disk;
    unsigned char *events; /* owned: what the journal gives, one behind the other */
    uint64_t n_bytes, room, n_events;
    uint64_t n_failed;
};

/* A walk, minute by minute. */
static int write_csv(const struct replays *replays, uint64_t n)
{
    FILE *file = fopen(replays->csv, "we");

    if (file == NULL)
        return AGON_EIO;
    fputs("open_time_ms,open,high,low,close,volume\n", file);
    for (uint64_t i = 0; i < n; i++) {
        unsigned open = 40000 + (unsigned)(i * 7919 % 2003),
                 close = 40000 + (unsigned)((i + 1) * 7919 % 2003);

        fprintf(file, "%llu,%u.25,%u.5,%u,%u.75,%u.125\n",
                (unsigned long long)(1609459200000 + i * 60000), open,
                (open > close ? open : close) + 50, (open < close ? open : close) - 50, close,
                (unsigned)(i % 97) + 1);
    }
    return fclose(file) == 0 ? AGON_OK : AGON_EIO;
}

static int make_journal(struct replays *replays, struct error *err)
{
    const char *path = replays->tape;
    struct backtest_config config = {.paths = &path,
                                     .n_paths = 1,
                                     .bars = {.spread_ppm = 200, .volume_ppm = 100000},
                                     .journal = &replays->disk.port,
                                     .journal_name = replays->dir,
                                     .mark_every = 100000};
    struct backtest *result = calloc(1, sizeof(*result));
    int rc = result != NULL ? backtest_run(&config, result, err) : AGON_ENOMEM;

    if (result != NULL)
        backtest_free(result);
    free(result);
    return rc;
}

static int keep(struct replays *replays, const struct agon_event_hdr *event)
{
    uint64_t n = event_bytes(event);

    if (replays->n_bytes + n > replays->room) {
        uint64_t room = 2 * replays->room + (1 << 20);
        void *more = aligned_alloc(EVENT_GRANULE, room);

        if (more == NULL)
            return AGON_ENOMEM;
        if (replays->n_bytes > 0)
            memcpy(more, replays->events, replays->n_bytes);
        free(replays->events);
        replays->events = more;
        replays->room = room;
    }
    memcpy(replays->events + replays->n_bytes, event, n);
    replays->n_bytes += n;
    replays->n_events++;
    return AGON_OK;
}

static int read_events(struct replays *replays, struct error *err)
{
    struct tape_play play;
    struct journal_reading reading = {.play = &play.port};
    const struct agon_event_hdr *event;
    struct journal_reader *reader;
    int rc = AGON_EIO;

    tape_play_init(&play, replays->dir, NULL);
    reader = journal_reader_open(&replays->disk.port, &reading, err);
    while (reader != NULL && (rc = journal_reader_next(reader, &event, err)) == 1) {
        rc = keep(replays, event);
        if (rc < 0)
            break;
    }
    journal_reader_close(reader);
    tape_play_deinit(&play);
    return rc;
}

static uint64_t sum_of(const unsigned char state[HASH_SIZE])
{
    uint64_t sum;

    memcpy(&sum, state, sizeof(sum));
    return sum;
}

static uint64_t run_replay(void *ctx, uint64_t n)
{
    struct replays *replays = ctx;
    struct replay_config config = {.dir = replays->dir, .until = n, .is_verified = 1};
    struct replay result = {0};
    uint64_t sum = 0;

    if (replay_run(&config, &result, NULL) < 0 || result.n_events != n)
        replays->n_failed++;
    else
        sum = sum_of(result.state);
    replay_free(&result);
    return sum;
}

static uint64_t run_engine(void *ctx, uint64_t n)
{
    struct replays *replays = ctx;
    struct engine_config config = {.state_bytes = (uint64_t)STATE_MIB << 20};
    unsigned char state[HASH_SIZE] = {0};
    struct engine *engine = NULL;
    uint64_t at = 0, done = 0;
    int rc = engine_new(&engine, &config, NULL);

    while (rc >= 0 && done < n && at < replays->n_bytes) {
        const struct agon_event_hdr *event = (const void *)(replays->events + at);

        rc = engine_step_recorded(engine, event);
        rc = rc == AGON_ERANGE || rc == AGON_ECORRUPT ? rc : AGON_OK;
        at += event_bytes(event);
        done++;
    }
    if (rc < 0 || done != n || engine_hash(engine, state) < 0)
        replays->n_failed++;
    engine_free(engine);
    return sum_of(state);
}

int bench_replay(struct bench *bench, struct error *err)
{
    struct replays *replays = calloc(1, sizeof(*replays));
    struct tape_make_config make = {.word = NULL};
    static struct tape_made made;
    struct bench_pair pair = {.name = "replay",
                              .op = "event",
                              .product = "agon replay --verify of a journal that names its tape",
                              .yardstick = "the engine alone, over the same events in memory",
                              .run_product = run_replay,
                              .run_yardstick = run_engine,
                              .ctx = replays,
                              .is_same = 1};
    int rc;

    if (replays == NULL)
        return AGON_ENOMEM;
    replays->disk.dir_fd = -1;
    snprintf(replays->csv, sizeof(replays->csv), "%s/binance_spot_BTCUSDT_replay.csv", bench->dir);
    snprintf(replays->tape, sizeof(replays->tape), "%s.tape", replays->csv);
    snprintf(replays->dir, sizeof(replays->dir), "%s/replay", bench->dir);
    make.word = replays->csv;
    make.out = replays->tape;
    rc = write_csv(replays, bench_n(bench, ROWS));
    rc = rc < 0 ? rc : tape_make(&make, &made, err);
    rc = rc < 0 ? rc : disk_posix_open(&replays->disk, replays->dir, err);
    rc = rc < 0 ? rc : make_journal(replays, err);
    rc = rc < 0 ? rc : read_events(replays, err);
    pair.n = replays->n_events;
    rc = rc < 0 ? rc : bench_compare(bench, &pair);
    bench_check(bench, rc < 0 || replays->n_failed == 0, "replay: every event, in every run");
    disk_posix_close(&replays->disk);
    free(replays->events);
    free(replays);
    return rc;
}
