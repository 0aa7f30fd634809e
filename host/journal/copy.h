// SPDX-License-Identifier: Apache-2.0
/* copy: a journal with its snapshots on another disk, also while a host writes it.
 *
 * Files are copied as they are; what the order of copying cannot give is made up for at the end.
 * Snapshots go first, so that the events behind them are there; then market, then money: whatever
 * the market's files vouch for was written before money's are read, and which market events were
 * dropped meanwhile stands in a money segment. Both classes then end at different numbers, and the
 * copy is cut at the first that one of them lacks (journal_reading.is_copy).
 *
 * What was copied is judged before it is called a copy: where the host has dropped what a snapshot
 * of ours needs, or another host began, a further turn copies what has changed since. */
#ifndef JOURNAL_COPY_H
#define JOURNAL_COPY_H

#include "base/disk.h"
#include "journal/reader.h"

#define JOURNAL_COPY_TURNS 10

struct journal_copying {
    const struct disk *from, *to; /* borrowed; from is only read, to is empty */
    /* Who writes it: another number for another host, 0: nobody. NULL: nobody does. */
    uint64_t (*writer)(void *ctx);
    void *ctx;
};
struct journal_copied {
    struct journal_summary summary; /* of the copy; torn: where it was cut, or empty */
    uint64_t n_files, n_bytes;      /* read, in all turns */
    uint32_t n_snapshots;           /* in the copy */
    uint32_t n_turns;
    int was_live; /* a host wrote it meanwhile */
};

/* Durable on `to` when it returns. AGON_ENOSPC, AGON_EIO of `to`: err says which file.
 * AGON_ECORRUPT, AGON_EVERSION: the journal is damaged, or of a later format. AGON_EAGAIN: the host
 * was always ahead. AGON_ENOENT: there is no event. What lies on `to` then is of no use. [any] */
int journal_copy(const struct journal_copying *copying, struct journal_copied *copied,
                 struct error *err);

#endif
