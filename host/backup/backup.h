// SPDX-License-Identifier: Apache-2.0
/* backup: copies of run directories, of running hosts too; whether one is good; and a run directory
 * made of one, in which no client id comes a second time.
 *
 *   BACKUP/manifest.json   what it is of, and each file with its length and BLAKE2b-256
 *   BACKUP/manifest.b2     that of manifest.json itself, as `b2sum -l 256 -c` reads it
 *   BACKUP/journal/        segments and snapshots, cut at one event
 *   BACKUP/kept/           plugins and states that the journal names
 *   BACKUP/quarantine, keeper.log, keeper.taken, KILL   where the run directory has them
 *
 * Each is made under another name beside it, synced, and takes its name last: there is no half one.
 * [main thread] */
#ifndef BACKUP_BACKUP_H
#define BACKUP_BACKUP_H

#include <jansson.h>

#include "base/error.h"

#define BACKUP_JOURNAL "journal"
#define BACKUP_KEPT    "kept"
#define BACKUP_SUM     "manifest.b2"
#define BACKUP_FORMAT  1

struct backup_config {
    const char *from, *to; /* to: of make the backup, of restore the run directory */
    int is_replayed;       /* prove each recorded state hash by a replay */
    /* Each thing that is wrong with a backup, by its name. May be NULL. */
    void (*on_bad)(void *ctx, const char *text);
    void *ctx;
};

/* *manifest: of what was made, the caller's to free; NULL when it fails. AGON_ENOENT: no run
 * directory with a journal; AGON_EPERM: there is something of that name; AGON_EBUSY: another one is
 * being made of that name; AGON_ECORRUPT: the journal is damaged; AGON_EAGAIN: the host was always
 * ahead; AGON_ENOSPC, AGON_EIO: of the disk. */
int backup_make(const struct backup_config *config, json_t **manifest, struct error *err);
/* AGON_ECORRUPT: it is not what was made, or its journal does not hold; on_bad heard of each file.
 * AGON_EINVAL: no backup; AGON_EVERSION: of a later format. */
int backup_check(const struct backup_config *config, json_t **manifest, struct error *err);
/* As both. AGON_EBUSY: a host runs in the directory; AGON_EPERM: something is in it. */
int backup_restore(const struct backup_config *config, json_t **manifest, struct error *err);

#endif
