// SPDX-License-Identifier: Apache-2.0
/* files: single files of a backup: copied with their hash, and found. Names are relative: "kept/x",
 * "quarantine". */
#ifndef BACKUP_FILES_H
#define BACKUP_FILES_H

#include "base/error.h"
#include "base/hash.h"

struct file_sum {
    uint64_t n; /* bytes */
    unsigned char hash[HASH_SIZE];
};

/* Reads dir/name. AGON_ENOENT, AGON_EINVAL (no regular file), AGON_EIO. */
int files_sum(const char *dir, const char *name, struct file_sum *sum, struct error *err);
/* The same while it is written to to_dir/name, which is new: 0600, of a plugin's file or state
 * 0400, synced. AGON_ENOENT: from_dir has it not; AGON_ENOSPC. */
int files_copy(const char *from_dir, const char *to_dir, const char *name, struct file_sum *sum,
               struct error *err);
/* Each regular file in dir, and in the folders right in it, in bytewise order; and of anything else
 * its name, with is_file 0. Stops at a value other than 0, and returns it; AGON_EIO. */
int files_walk(const char *dir, int (*each)(void *ctx, const char *name, int is_file), void *ctx,
               struct error *err);

#endif
