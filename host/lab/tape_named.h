// SPDX-License-Identifier: Apache-2.0
/* tape_named: which events of a backtest its journal names by their tape or table instead of
 * copying them.
 *
 * Named are those of an instrument that one file and nothing else brings. What a clip says of the
 * market as it stood at its begin is in no row, and is copied. [one thread] */
#ifndef LAB_TAPE_NAMED_H
#define LAB_TAPE_NAMED_H

#include "engine/lockstep.h"
#include "journal/refs.h"
#include "lab/data_hash.h"
#include "lab/tape.h"

#define TAPE_NAMED_MANY 0xff /* several sources of one instrument */

struct tape_named_one {
    struct tape *tape; /* borrowed; NULL: it is a stream's messages */
    int is_named;      /* else what comes of it is copied */
    int is_bars;       /* whose ends are named as well */
    struct journal_tape said;
    struct data_hash *hash;                          /* of a table, owned; NULL: it is a tape */
    const struct agon_event_hdr *(*next)(void *ctx); /* as it was, of the source or its clip */
    void *ctx;
    const struct agon_event_hdr *newest; /* the tape's own */
    uint64_t n_own;                      /* events of it so far */
    uint64_t n_told;                     /* ... of a clip, that were not stepped yet */
    uint64_t told_seq;                   /* of the last of those that was */
};
struct tape_named {
    struct journal_named port;
    uint32_t n;
    int has_clips;    /* around a source that is named */
    struct error err; /* why a table's hash is not known at the end */
    struct tape_named_one all[JOURNAL_TAPES];
    uint8_t of[INSTRUMENTS_MAX + 1]; /* number + 1 of its tape; 0: none; TAPE_NAMED_MANY */
};

void tape_named_init(struct tape_named *named);
/* One more source, in their order: its tape as it was opened. To be called before a clip is put
 * around the source. A recording is taken note of too: it may be of the same instrument. AGON_EIO:
 * no absolute name. */
int tape_named_add(struct tape_named *named, struct tape *tape, const struct tape_config *config,
                   struct lockstep_source *source, struct error *err);
void tape_named_deinit(struct tape_named *named); /* all zeros is fine */
/* Threads for the hashes of tables begin here. */
void tape_named_hash(struct tape_named *named);
/* All clips are in place: sources [0, n) are these tapes. */
void tape_named_begin(struct tape_named *named, struct lockstep_source *sources);
/* Each event behind its step, where there are clips. */
void tape_named_step(struct tape_named *named, const struct agon_event_hdr *event);

#endif
