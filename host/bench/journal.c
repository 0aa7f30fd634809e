// SPDX-License-Identifier: Apache-2.0
/* journal: what a record costs the core that appends it, and what the writer makes of it: framed,
 * chained by CRC32C, written in whole sectors, synced. Yardsticks copy 64 bytes, add to a CRC32C,
 * and write blocks of 256 KiB with the same system calls. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/crc.h"
#include "bench/nulldisk.h"
#include "bench/table.h"
#include "journal/reader.h"
#include "journal/writer.h"
#include "sys/disk_posix.h"

#define BUFFER       ((uint64_t)8 << 20)
#define STEP         4096 /* records between two turns of the writer */
#define BLOCK        ((uint64_t)256 << 10)
#define SYNC_RECORDS 1000 /* of one group commit */

struct journal {
    struct journal_buffer buffer;
    struct journal_writer *writer; /* owned */
    struct nulldisk nulldisk;
    struct disk_posix disk;
    struct disk port;
    uint64_t seq, n_failed;
    struct agon_trade trade;
    /* the bare side */
    unsigned char *block; /* owned */
    uint64_t used, offset, bare_seq;
    uint32_t crc;
    int fd;
    struct agon_trade bare_trade;
};

static void append(struct journal *journal)
{
    journal->trade.hdr.seq = ++journal->seq;
    journal->trade.px = (agon_px_t)journal->seq;
    if (journal_append(&journal->buffer, &journal->trade.hdr) != AGON_OK)
        journal->n_failed++;
}

static void drain(struct journal *journal)
{
    journal_take_release(&journal->buffer, journal_take_limit(&journal->buffer));
}

static uint64_t run_append(void *ctx, uint64_t n)
{
    struct journal *journal = ctx;

    for (uint64_t i = 0; i < n; i++) {
        append(journal);
        if (journal->seq % STEP == 0)
            drain(journal);
    }
    return n;
}

static uint64_t run_writer(void *ctx, uint64_t n)
{
    struct journal *journal = ctx;

    for (uint64_t i = 0; i < n; i++) {
        append(journal);
        if (journal->seq % STEP == 0 && journal_writer_step(journal->writer) < 0)
            journal->n_failed++;
    }
    return n;
}

static uint64_t run_sync(void *ctx, uint64_t n)
{
    struct journal *journal = ctx;

    for (uint64_t i = 0; i < n; i++) {
        for (int k = 0; k < SYNC_RECORDS; k++)
            append(journal);
        if (journal_writer_step(journal->writer) < 0)
            journal->n_failed++;
    }
    return n;
}

static void bare_append(struct journal *journal)
{
    journal->bare_trade.hdr.seq = ++journal->bare_seq;
    journal->bare_trade.px = (agon_px_t)journal->bare_seq;
    memcpy(journal->block + journal->used, &journal->bare_trade, 64);
    journal->crc = crc32c(journal->crc, journal->block + journal->used, 64);
    journal->used += 64;
}

static uint64_t run_memcpy(void *ctx, uint64_t n)
{
    struct journal *journal = ctx;

    for (uint64_t i = 0; i < n; i++) {
        bare_append(journal);
        if (journal->used == BLOCK)
            journal->used = 0;
    }
    return n;
}

static uint64_t run_write(void *ctx, uint64_t n)
{
    struct journal *journal = ctx;

    for (uint64_t i = 0; i < n; i++) {
        bare_append(journal);
        if (journal->used < BLOCK)
            continue;
        if (pwrite(journal->fd, journal->block, BLOCK, (off_t)journal->offset) != (ssize_t)BLOCK)
            journal->n_failed++;
        journal->used = 0;
        // As long as a segment, then over the same blocks again.
        journal->offset = (journal->offset + BLOCK) % ((uint64_t)64 << 20);
    }
    return n;
}

static uint64_t run_fdatasync(void *ctx, uint64_t n)
{
    struct journal *journal = ctx;

    for (uint64_t i = 0; i < n; i++) {
        journal->used = 0; // whatever another yardstick left there
        for (int k = 0; k < SYNC_RECORDS; k++)
            bare_append(journal);
        if (pwrite(journal->fd, journal->block, journal->used, (off_t)journal->offset) !=
                (ssize_t)journal->used ||
            fdatasync(journal->fd) < 0)
            journal->n_failed++;
        journal->offset = (journal->offset + journal->used) % ((uint64_t)48 << 20);
    }
    return n;
}

/* A journal of its own on the disk that is given; NULL: nowhere. */
static int begin(struct journal *journal, const char *dir, int is_async, struct error *err)
{
    struct journal_config config = {.is_async = is_async, .run = 1};
    struct journal_end end = {.next_seq = 1};
    int rc = journal_buffer_init(&journal->buffer, BUFFER, 1);

    journal->seq = 0;
    if (rc < 0)
        return rc;
    if (dir != NULL) {
        rc = disk_posix_open(&journal->disk, dir, err);
        if (rc < 0)
            return rc;
        journal->port = journal->disk.port;
    } else {
        journal->port = nulldisk_port(&journal->nulldisk);
    }
    journal->writer = journal_writer_new(&journal->port, &journal->buffer, &config, &end, err);
    return journal->writer != NULL ? AGON_OK : AGON_EIO;
}

static int end(struct journal *journal, int is_disk, struct error *err)
{
    int rc = AGON_OK;

    if (journal->writer != NULL) {
        rc = journal_writer_close(journal->writer, err);
        journal_writer_free(journal->writer);
    }
    journal->writer = NULL;
    journal_buffer_deinit(&journal->buffer);
    if (is_disk)
        disk_posix_close(&journal->disk);
    return rc;
}

static int remove_file(void *ctx, const char *name)
{
    const struct disk *disk = ctx;

    disk->remove(disk->ctx, name);
    return 0;
}

/* Reads back what was written and takes the files away. */
static int read_back(struct bench *bench, struct journal *journal, const char *what,
                     struct error *err)
{
    const struct journal_reading reading = {0};
    struct journal_reader *reader;
    const struct agon_event_hdr *event;
    uint64_t n = 0;
    uint64_t n_wrong = 0;
    int rc = disk_posix_open(&journal->disk, bench->dir, err);

    if (rc < 0)
        return rc;
    reader = journal_reader_open(&journal->disk.port, &reading, err);
    while (reader != NULL && journal_reader_next(reader, &event, err) == 1) {
        n++;
        n_wrong += event->seq != n ||
                   ((const struct agon_trade *)(const void *)event)->px != (agon_px_t)event->seq;
    }
    bench_check(bench, reader != NULL && n == journal->seq && n_wrong == 0,
                "journal: %llu records written %s are read back as they were",
                (unsigned long long)journal->seq, what);
    journal_reader_close(reader);
    journal->disk.port.list(journal->disk.port.ctx, remove_file, &journal->disk.port);
    disk_posix_close(&journal->disk);
    return AGON_OK;
}

static int in_memory(struct bench *bench, struct journal *journal, struct error *err)
{
    struct bench_pair pair = {.ctx = journal,
                              .op = "record",
                              .n = 1000000,
                              .batch = STEP,
                              .yardstick = "memcpy and CRC32C of 64 bytes",
                              .run_yardstick = run_memcpy,
                              .goal_kind = BENCH_AT_MOST};
    int rc = begin(journal, NULL, 1, err);

    pair.name = "journal.append";
    pair.product = "journal_append: what the core pays";
    pair.run_product = run_append;
    pair.goal = 1.6;
    pair.goal_text = "at most 1.6 times memcpy and CRC (40 ns where that takes 25)";
    rc = rc < 0 ? rc : bench_compare(bench, &pair);
    if (rc >= 0) {
        drain(journal); // past the writer, which would miss what went so before
        end(journal, 0, NULL);
        rc = begin(journal, NULL, 1, err);
    }
    pair.name = "journal.frame";
    pair.product = "append, and the writer's frames and chain, onto no disk";
    pair.run_product = run_writer;
    pair.goal_kind = BENCH_NO_GOAL;
    pair.goal_text = NULL;
    rc = rc < 0 ? rc : bench_compare(bench, &pair);
    end(journal, 0, NULL);
    return rc;
}

static int on_disk(struct bench *bench, struct journal *journal, struct error *err)
{
    struct bench_pair pair = {.ctx = journal, .goal_kind = BENCH_AT_MOST, .is_wall = 1};
    int rc = begin(journal, bench->dir, 1, err);

    pair.name = "journal.disk";
    pair.op = "record";
    pair.n = 400000;
    pair.batch = STEP;
    pair.product = "append, frame and write, without a sync";
    pair.run_product = run_writer;
    pair.yardstick = "memcpy, CRC32C and write of 256 KiB, without a sync";
    pair.run_yardstick = run_write;
    pair.goal = 2.9;
    pair.goal_text = "at most 2.9 times that (15 M records a second where it reaches 43)";
    rc = rc < 0 ? rc : bench_compare(bench, &pair);
    if (rc >= 0)
        rc = end(journal, 1, err);
    if (rc >= 0)
        rc = read_back(bench, journal, "without a sync", err);
    if (rc >= 0)
        rc = begin(journal, bench->dir, 0, err);
    pair.name = "journal.sync";
    pair.op = "group commit of 1000 records";
    pair.n = bench->is_quick ? 64 : 100;
    pair.batch = 1;
    pair.product = "append, frame, write and sync";
    pair.run_product = run_sync;
    pair.yardstick = "memcpy, CRC32C, write and fdatasync";
    pair.run_yardstick = run_fdatasync;
    pair.goal = 2.0;
    pair.goal_text = "at most 2 times one fdatasync: the cost is per sync, and there is one file";
    rc = rc < 0 ? rc : bench_compare(bench, &pair);
    if (rc >= 0)
        rc = end(journal, 1, err);
    if (rc >= 0)
        rc = read_back(bench, journal, "with syncs", err);
    return rc;
}

int bench_journal(struct bench *bench, struct error *err)
{
    struct journal *journal = calloc(1, sizeof(*journal));
    char path[512];
    int rc = AGON_ENOMEM;

    if (journal == NULL)
        return AGON_ENOMEM;
    journal->block = malloc(BLOCK);
    journal->trade.hdr = (struct agon_event_hdr){
        .type = AGON_EVENT_TRADE, .granules = 1, .instrument = 1, .t = 1767225600000000000};
    journal->bare_trade = journal->trade;
    snprintf(path, sizeof(path), "%s/bare", bench->dir);
    journal->fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    if (journal->block == NULL || journal->fd < 0) {
        rc = error_set(err, AGON_EIO, "%s cannot be made", path);
        goto done;
    }
    rc = in_memory(bench, journal, err);
    // Written over once, so that the bare side writes over blocks that are there.
    for (uint64_t at = 0; rc >= 0 && at < (uint64_t)64 << 20; at += BLOCK) {
        memset(journal->block, 0, BLOCK);
        if (pwrite(journal->fd, journal->block, BLOCK, (off_t)at) != (ssize_t)BLOCK)
            rc = error_set(err, AGON_EIO, "%s: no room for 64 MiB", path);
    }
    // The journal takes any file it does not know for a stranger; ours has no name any more.
    unlink(path);
    journal->used = 0;
    if (rc >= 0)
        rc = on_disk(bench, journal, err);
    bench_check(bench, journal->n_failed == 0, "journal: no append and no write failed");
done:
    if (journal->fd >= 0)
        close(journal->fd);
    free(journal->block);
    free(journal);
    return rc;
}
