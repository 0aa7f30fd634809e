// SPDX-License-Identifier: Apache-2.0
/* disk: the port to files for what must run over a simulated disk too (journal, snapshots).
 *
 * Implementations: sys/disk_posix.c, dst/disk.c, and base's own in-memory one for tests. Paths are
 * names inside one directory, without '/'. Every function returns AGON_OK or more, or AGON_E...:
 * EIO for a device error, ENOSPC for a full disk, ENOENT. A sync that failed is never retried on
 * that file. */
#ifndef BASE_DISK_H
#define BASE_DISK_H

#include <agon/types.h>

struct disk {
    void *ctx;
    /* Opens; a handle >= 0. AGON_ENOENT: no such file; with preallocate_bytes > 0 it is made, with
     * at least that much room reserved. */
    int (*open)(void *ctx, const char *name, uint64_t preallocate_bytes);
    void (*close)(void *ctx, int file);
    /* Writes all n bytes at an offset, or fails. */
    int (*write)(void *ctx, int file, uint64_t offset, const void *bytes, uint64_t n);
    /* Bytes read (fewer only at the end), or an error. */
    int64_t (*read)(void *ctx, int file, uint64_t offset, void *bytes, uint64_t n);
    int (*sync)(void *ctx, int file);
    int64_t (*size)(void *ctx, int file);
    int (*truncate)(void *ctx, int file, uint64_t bytes);
    int (*rename)(void *ctx, const char *from, const char *to); /* atomic; durable after sync_dir */
    int (*remove)(void *ctx, const char *name);
    int (*sync_dir)(void *ctx);
    /* Names in bytewise order: calls each for every name; stops when it returns other than 0. */
    int (*list)(void *ctx, int (*each)(void *arg, const char *name), void *arg);
};

#endif
