// SPDX-License-Identifier: Apache-2.0
/* writer: takes what lies in the buffer and makes it durable.
 *
 * One step takes all that is there, frames it, writes both classes, syncs both (class sync) and
 * publishes durable_seq. It has no clock and no thread; the pace is its caller's, for example
 *
 *     while (!is_stopping) {
 *         if (journal_writer_step(writer) == 0)
 *             futex_wait(&wake, seen, 1000000);   // idle: a millisecond, or until woken
 *     }
 *     journal_writer_close(writer);
 *
 * What happens when the disk gives out, in this order:
 *   1. low water: state LOW, the driver stops new orders and sheds its sinks.
 *   2. no room for a new market segment: SHEDDING. The host takes no more market events than it
 *      must; what has a number all the same goes among the money events, so that no number is
 *      missing and a state can be rebuilt over this time as over any other.
 *   3. no room for a new money segment: RESERVE. One that was preallocated at the start takes over.
 *   4. the reserve is used up: FULL. durable_seq stands, so nothing leaves; the buffer fills.
 *   Every RETRY_STEPS steps it tries to get back what it lacks, and goes on without a restart.
 *   A failed write or sync is never retried: FAILED, for good. durable_seq stands for ever; what
 * the engine still appends is thrown away, so that cancels and flatten can go on, and is counted.
 */
#ifndef JOURNAL_WRITER_H
#define JOURNAL_WRITER_H

#include "base/disk.h"
#include "journal/buffer.h"
#include "journal/refs.h"
#include "journal/segment.h"

#define JOURNAL_RETRY_STEPS 64

struct journal_config {
    uint64_t segment_bytes[JOURNAL_CLASSES]; /* 0: 64 MiB of market, 16 MiB of money */
    uint32_t align;                          /* sector; 0: 512 */
    int is_async;             /* durable means written, not synced; synced when closed */
    uint32_t run;             /* as in record_start */
    unsigned char id[16];     /* of a new journal; ignored when there is one */
    unsigned char build[16];  /* of this program */
    uint64_t low_water_bytes; /* state LOW when fewer are free; 0: never */
    uint32_t low_water_ppm;   /* ... or less than this part of the file system */
    /* Without a reserve: what it would hold is FULL at once. For who has no orders at a venue and
     * can begin again. */
    int has_no_reserve;
    /* Class async: steps lay frames together and write them once one class has so many bytes. They
     * are not in the buffer any more: a write that finds no room where there was to be some is the
     * end. 0: each step writes all. */
    uint32_t hold_bytes;
    /* Free bytes and size of the file system; NULL: no low water. [writer] */
    int64_t (*free_bytes)(void *ctx, int64_t *total);
    void *free_ctx;
    /* Market events that are named instead of copied. NULL: all are copied. Borrowed. */
    const struct journal_named *named;
    /* The state changed; text says why. NULL: nobody is told. [writer] */
    void (*on_state)(void *ctx, enum journal_state state, const char *text);
    void *state_ctx;
};

/* Where a journal ends: what recovery found (journal/reader.h) and a writer goes on from. */
struct journal_end {
    uint64_t next_seq; /* 1 in an empty journal */
    uint64_t dropped_before;
    int has_id;
    unsigned char id[16];
    uint64_t prev_first_seq[JOURNAL_CLASSES]; /* 0: no segment yet */
    uint32_t prev_crc[JOURNAL_CLASSES];
    uint64_t older_first_seq[JOURNAL_CLASSES]; /* of the segment before that one */
    uint32_t older_crc[JOURNAL_CLASSES];
    uint32_t last_run; /* highest of any segment; 0: none */
};

struct journal_stats {
    uint64_t n_records, n_bytes, n_syncs, n_segments;
    uint64_t n_lost; /* events thrown away after FAILED */
};

struct journal_writer;

/* Goes on behind end. The disk, config's hooks and buffer are borrowed. Makes the reserve, so that
 * a disk without room is refused here. NULL with the reason. [writer] */
struct journal_writer *journal_writer_new(const struct disk *disk, struct journal_buffer *buffer,
                                          const struct journal_config *config,
                                          const struct journal_end *end, struct error *err);
/* 1: something was written; 0: there was nothing to do; AGON_ENOSPC: FULL; AGON_EIO: FAILED.
 * [writer] */
int journal_writer_step(struct journal_writer *writer);
/* Writes the rest, marks the journal as cleanly closed and cuts the segments to their length.
 * AGON_EIO, AGON_ENOSPC. [writer, when nobody appends any more] */
int journal_writer_close(struct journal_writer *writer, struct error *err);
void journal_writer_free(struct journal_writer *writer); /* without close: as if killed */
void journal_writer_stats(const struct journal_writer *writer, struct journal_stats *stats);
const char *journal_writer_why(const struct journal_writer *writer); /* of its state, for people */
/* Drops the oldest market segments while all of them together hold more than keep_bytes, as far as
 * events below covered_seq + 1 go, which a good snapshot must cover. The next money segment says so
 * by number before the first file goes. Returns how many were removed. [writer] */
int journal_writer_drop(struct journal_writer *writer, uint64_t covered_seq, uint64_t keep_bytes,
                        struct error *err);

#endif
