// SPDX-License-Identifier: Apache-2.0
/* snapshot: a state's canonical bytes on disk, so that a restart need not read the whole journal.
 *
 * A file snap-<seq>.as holds the state after the event of that number. It is written under another
 * name, synced and renamed; what a crash leaves half done is never taken for one. Whoever loads it
 * compares: format, journal, configuration, length and the BLAKE2b hash of the bytes must all
 * agree, or an older one is taken. */
#ifndef JOURNAL_SNAPSHOT_H
#define JOURNAL_SNAPSHOT_H

#include "base/disk.h"
#include "base/error.h"
#include "base/hash.h"

#define SNAPSHOT_VERSION   1
#define SNAPSHOT_BYTES_MAX ((uint64_t)1 << 30)
#define SNAPSHOT_NAME      48

struct snapshot {
    uint64_t seq;     /* last event in it */
    uint64_t n_bytes; /* of the state */
    unsigned char journal_id[16];
    unsigned char config_hash[HASH_SIZE];
    unsigned char state_hash[HASH_SIZE];
};
struct snapshot_want {
    uint64_t last_seq; /* of the journal: nothing newer is taken */
    /* 0: the newest. Else the oldest at or after it: as much as can be replayed. */
    uint64_t oldest_from;
    const unsigned char *journal_id;  /* 16 bytes; NULL: any */
    const unsigned char *config_hash; /* HASH_SIZE bytes; NULL: any */
    /* Told of each one that is passed over, with the reason. May be NULL. */
    void (*on_skip)(void *ctx, const char *text);
    void *ctx;
};

void snapshot_name(char name[SNAPSHOT_NAME], uint64_t seq);
/* True when name is one of ours. */
int snapshot_parse_name(const char *name, uint64_t *seq);

/* Fills n_bytes and state_hash of *snapshot; the rest is the caller's. Durable when it returns.
 * AGON_ENOSPC and AGON_EIO leave the older ones untouched. [writer] */
int snapshot_write(const struct disk *disk, struct snapshot *snapshot, const void *bytes,
                   uint64_t n, struct error *err);
/* The newest good one that is wanted, or the oldest. 1: found, and all its bytes were checked; 0:
 * none; AGON_EIO, AGON_ENOMEM. [any] */
int snapshot_find(const struct disk *disk, const struct snapshot_want *want,
                  struct snapshot *snapshot, struct error *err);
/* Reads the state; room for snapshot->n_bytes. AGON_ECORRUPT when it changed since. [any] */
int snapshot_load(const struct disk *disk, const struct snapshot *snapshot, void *bytes,
                  uint64_t room, struct error *err);
/* Removes all but the newest n_keep, at least 2. Returns how many went. [writer] */
int snapshot_prune(const struct disk *disk, uint32_t n_keep, struct error *err);

#endif
