// SPDX-License-Identifier: Apache-2.0
/* parity: the plugins of a live or paper run once more, on what its journal has
 * (docs/adr/0044-a-journal-runs-its-plugins-once-more.md).
 *
 * Locked: the journal is stepped through an engine as in a replay, the journal's own intents
 * included, and each instance of a plugin that began is made anew at its event, from that engine's
 * state, with the file and the state that the run directory has kept. What it wants has to be what
 * the journal has of it, byte by byte. What cannot be compared is named with its range, and counts
 * as nothing else.
 *
 * Plugins are mapped into this process, and close is called before any of their code runs: call
 * parity_run in a worker (agent/worker.h), and look at what it found in memory that the two
 * share. [one thread] */
#ifndef LAB_PARITY_H
#define LAB_PARITY_H

#include "base/disk.h"
#include "base/error.h"
#include "slot/slot.h"

#define PARITY_BATCH  32   /* instances that one worker runs: their files are all mapped at once */
#define PARITY_TEXT   1536 /* of an event */
#define PARITY_RANGES 256  /* that are named one by one */

/* --- what the journal has --- */

struct parity_play {            /* an instance of a plugin, from its begin to its end */
    struct record_begin *begin; /* owned */
    uint64_t begin_seq;         /* of its BEGIN */
    uint64_t end_seq;           /* of its END, or the last of its run */
    uint64_t last_nth;          /* it died behind this delivery; has_last */
    uint64_t lost_seq;          /* from here on it met what nobody knows; 0: nowhere */
    uint8_t is_renamed;         /* it knew orders by other numbers than the journal */
    uint64_t n_intents, first_intent, last_intent; /* the journal's */
    struct record_lapse *lapses;                   /* owned */
    uint32_t n_lapses, run;
    uint8_t has_last, end_how; /* enum end_how; 0: the journal has no END of it */
};
struct parity_stranger { /* intents of an instance that the journal has no BEGIN of */
    uint64_t first_seq, last_seq, n_intents;
    uint32_t run, generation;
    uint16_t slot;
};
struct parity_scan {
    struct parity_play *plays; /* owned; by their BEGIN */
    uint32_t n_plays, room_plays;
    struct parity_stranger *strangers; /* owned */
    uint32_t n_strangers, room_strangers;
    uint64_t *refused; /* owned; changes of hands that were taken back at once: their numbers */
    uint32_t n_refused, room_refused;
    uint64_t *starts; /* owned; the START of each run */
    uint32_t n_runs, room_starts;
    uint64_t first_seq, last_seq, n_intents;
    uint64_t n_dropped; /* market events before first_seq that are gone */
    uint64_t shed_seq;  /* from here on market events were never kept; 0: none */
    uint8_t mode;       /* enum run_mode of the last run */
};
/* Reads all of it. AGON_ENOENT: there is no journal; as journal_reader_open. */
int parity_scan(const struct disk *disk, int is_live, struct parity_scan *scan, struct error *err);
void parity_scan_free(struct parity_scan *scan);

/* --- what was found --- */

enum parity_verdict {
    PARITY_OPEN = 0, /* not looked at yet */
    PARITY_EQUAL = 1,
    PARITY_DIFFERS = 2,
    PARITY_UNKNOWN = 3 /* cannot be compared, or not up to its end: why, from_seq to last_seq */
};
struct parity_judged { /* of a play */
    uint8_t verdict;
    uint64_t n_compared;         /* of its intents in the journal */
    uint64_t seq;                /* DIFFERS: of the journal's intent, or of the cause */
    uint64_t from_seq, last_seq; /* UNKNOWN */
    uint64_t n_left;             /* it wants so many that the journal need not have */
    char why[256];               /* UTF-8 */
};
struct parity_side { /* of the first difference */
    uint8_t is_there;
    char intent[PARITY_TEXT];
    char book[256], position[128]; /* as they were, and when */
};
struct parity_difference {
    uint8_t is_set;
    uint32_t play;
    uint64_t seq, cause_seq;
    char cause[256]; /* what it follows from that the two differ */
    char event[96];  /* the event that was being delivered */
    struct parity_side live, again;
};
struct parity_found { /* in memory that worker and parent share: the worker's word */
    uint64_t n_events, from_snapshot;
    uint32_t now_play; /* whose code is being called: + 1; 0: nobody's */
    uint64_t now_seq;
    struct parity_difference first;
    uint32_t n_plays;
    struct parity_judged plays[];
};
static inline uint64_t parity_found_bytes(uint32_t n_plays)
{
    return sizeof(struct parity_found) + n_plays * sizeof(struct parity_judged);
}

/* --- in a worker --- */

struct parity_config {
    const struct disk *(*disk)(void *ctx); /* of the journal, asked for after close */
    const char *kept;                      /* directory of files and states */
    const char *const *files; /* where files of agents are looked for, by their SHA-256 */
    uint32_t n_files;
    const struct parity_scan *scan; /* borrowed */
    uint32_t first, n;              /* the plays of this batch */
    int is_live;
    /* All that is read by name is read; nothing of a plugin has run. */
    int (*close)(void *ctx, struct error *err);
    /* The code of that play is called from here on; -1: nobody's. */
    void (*calling)(void *ctx, int play);
    void *ctx;
};
/* Judges the plays of the batch. An error: the journal itself does not replay. */
int parity_run(const struct parity_config *config, struct parity_found *found, struct error *err);
/* Where the code of a play crashed, in its file; UINT64_MAX: elsewhere. In a signal handler. */
uint64_t parity_offset(uint32_t play, uint64_t address);
uint64_t parity_nth(uint32_t play);

#endif
