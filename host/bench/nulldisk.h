// SPDX-License-Identifier: Apache-2.0
/* nulldisk: a disk port that takes everything and keeps nothing but sizes: what is left is what the
 * journal itself costs. [one thread] */
#ifndef BENCH_NULLDISK_H
#define BENCH_NULLDISK_H

#include "base/disk.h"

struct nulldisk {
    uint64_t n_bytes, n_syncs;
};

static inline int nulldisk_open(void *ctx, const char *name, uint64_t preallocate_bytes)
{
    (void)ctx;
    (void)name;
    (void)preallocate_bytes;
    return 1;
}

static inline void nulldisk_close(void *ctx, int file)
{
    (void)ctx;
    (void)file;
}

static inline int nulldisk_write(void *ctx, int file, uint64_t offset, const void *bytes,
                                 uint64_t n)
{
    (void)file;
    (void)offset;
    (void)bytes;
    ((struct nulldisk *)ctx)->n_bytes += n;
    return AGON_OK;
}

static inline int64_t nulldisk_read(void *ctx, int file, uint64_t offset, void *bytes, uint64_t n)
{
    (void)ctx;
    (void)file;
    (void)offset;
    (void)bytes;
    (void)n;
    return 0;
}

static inline int nulldisk_sync(void *ctx, int file)
{
    (void)file;
    ((struct nulldisk *)ctx)->n_syncs++;
    return AGON_OK;
}

static inline int64_t nulldisk_size(void *ctx, int file)
{
    (void)ctx;
    (void)file;
    return 0;
}

static inline int nulldisk_truncate(void *ctx, int file, uint64_t bytes)
{
    (void)ctx;
    (void)file;
    (void)bytes;
    return AGON_OK;
}

static inline int nulldisk_rename(void *ctx, const char *from, const char *to)
{
    (void)ctx;
    (void)from;
    (void)to;
    return AGON_OK;
}

static inline int nulldisk_remove(void *ctx, const char *name)
{
    (void)ctx;
    (void)name;
    return AGON_OK;
}

static inline int nulldisk_sync_dir(void *ctx)
{
    (void)ctx;
    return AGON_OK;
}

static inline int nulldisk_list(void *ctx, int (*each)(void *arg, const char *name), void *arg)
{
    (void)ctx;
    (void)each;
    (void)arg;
    return AGON_OK;
}

static inline struct disk nulldisk_port(struct nulldisk *disk)
{
    return (struct disk){.ctx = disk,
                         .open = nulldisk_open,
                         .close = nulldisk_close,
                         .write = nulldisk_write,
                         .read = nulldisk_read,
                         .sync = nulldisk_sync,
                         .size = nulldisk_size,
                         .truncate = nulldisk_truncate,
                         .rename = nulldisk_rename,
                         .remove = nulldisk_remove,
                         .sync_dir = nulldisk_sync_dir,
                         .list = nulldisk_list};
}

#endif
