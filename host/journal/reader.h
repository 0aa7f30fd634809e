// SPDX-License-Identifier: Apache-2.0
/* reader: the journal's events in the order of their numbers, and where a journal ends.
 *
 * Opening reads everything from from_seq on and judges it before the first event is handed out: the
 * chain of checksums of each segment, the links between segments, and that numbers are consecutive
 * over both classes. The journal ends before the first number that is missing. If anything vouches
 * that this number was durable (a mark, the head of a later segment), the journal is damaged and
 * refused with file, offset and record; if nothing does, what lies behind is the torn tail of a
 * crash. [any, one thread per reader] */
#ifndef JOURNAL_READER_H
#define JOURNAL_READER_H

#include "base/disk.h"
#include "journal/refs.h"
#include "journal/segment.h"
#include "journal/writer.h"

#define JOURNAL_BUILDS 8

struct journal_reader;

struct journal_reading {
    uint64_t from_seq; /* 0: from the first, 1 */
    int is_forced;     /* take damage as the end; only when an operator asked for it */
    int is_live;       /* a host writes it meanwhile: it ends where it ends now */
    /* It was copied while a host wrote it, the market's files first: it ends before the first
     * number that one of both classes lacks, and what vouches for more goes with the rest. */
    int is_copy;
    /* What brings the events of tapes that it names (journal/refs.h). NULL: they are passed over,
     * for who wants what is of money alone. Borrowed. */
    const struct journal_play *play;
    int needs_all; /* without play, a journal that names tapes is refused: AGON_ENOTSUP */
};
struct journal_summary {
    struct journal_end end;
    uint64_t first_seq;   /* of what is read; end.next_seq when nothing is */
    uint64_t n_records;   /* from first_seq on */
    uint64_t n_shed;      /* market numbers that were never kept */
    uint64_t n_dropped;   /* market numbers dropped later, as far as they are in the range */
    uint64_t durable_seq; /* highest that something vouches for */
    uint64_t n_torn;      /* bytes behind the end that are not zero, in both classes */
    uint32_t n_segments[JOURNAL_CLASSES], n_packed[JOURNAL_CLASSES]; /* of them, compressed */
    int is_clean;                                                    /* closed in good order */
    int is_forced; /* the end stands where damage begins */
    /* Build ids of the programs that wrote the segments read, each once, the newest last; zeros:
     * one that named none. Of more than fit the first are not kept. */
    unsigned char builds[JOURNAL_BUILDS][16];
    uint32_t n_builds;
    char torn[256]; /* where the tail was torn or the damage lies; empty: nowhere */
};

/* NULL with the reason: AGON_ECORRUPT damage before the tail, AGON_EVERSION a later format,
 * AGON_EINVAL a file that is no journal, AGON_EIO. An empty directory is an empty journal. The disk
 * is borrowed. */
struct journal_reader *journal_reader_open(const struct disk *disk,
                                           const struct journal_reading *reading,
                                           struct error *err);
void journal_reader_close(struct journal_reader *reader); /* NULL is fine */
const struct journal_summary *journal_reader_summary(const struct journal_reader *reader);
/* The tapes that it names, as far as it was read; n of them, with number below n or a path of "".
 */
const struct journal_tape *journal_reader_tapes(const struct journal_reader *reader, uint32_t *n);
/* The next event, valid until the next call. 1: an event; 0: the end; AGON_E...: the files changed
 * under us, or a tape gives other events than it gave: AGON_ECORRUPT. */
int journal_reader_next(struct journal_reader *reader, const struct agon_event_hdr **event,
                        struct error *err);

/* Makes a journal ready to go on: reads it from from_seq, cuts the torn tail off both classes and
 * removes what is empty. Idempotent: may itself be interrupted. With is_forced damage is cut as
 * well, and a segment whose head is beyond repair is put aside as bad-<name>. Never alters what
 * something vouches for without it. [writer, before journal_writer_new] */
int journal_recover(const struct disk *disk, const struct journal_reading *reading,
                    struct journal_summary *summary, struct error *err);

#endif
