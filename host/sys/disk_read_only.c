// SPDX-License-Identifier: Apache-2.0
#include "sys/disk_read_only.h"

static int only_open(void *ctx, const char *name, uint64_t preallocate_bytes)
{
    const struct disk *disk = ((struct disk_read_only *)ctx)->disk;

    return preallocate_bytes > 0 ? AGON_EPERM : disk->open(disk->ctx, name, 0);
}

static void pass_close(void *ctx, int file)
{
    const struct disk *disk = ((struct disk_read_only *)ctx)->disk;

    disk->close(disk->ctx, file);
}

static int64_t pass_read(void *ctx, int file, uint64_t offset, void *bytes, uint64_t n)
{
    const struct disk *disk = ((struct disk_read_only *)ctx)->disk;

    return disk->read(disk->ctx, file, offset, bytes, n);
}

static int64_t pass_size(void *ctx, int file)
{
    const struct disk *disk = ((struct disk_read_only *)ctx)->disk;

    return disk->size(disk->ctx, file);
}

static int pass_list(void *ctx, int (*each)(void *arg, const char *name), void *arg)
{
    const struct disk *disk = ((struct disk_read_only *)ctx)->disk;

    return disk->list(disk->ctx, each, arg);
}

static int no_write(void *ctx, int file, uint64_t offset, const void *bytes, uint64_t n)
{
    (void)ctx, (void)file, (void)offset, (void)bytes, (void)n;
    return AGON_EPERM;
}

static int no_sync(void *ctx, int file)
{
    (void)ctx, (void)file;
    return AGON_EPERM;
}

static int no_truncate(void *ctx, int file, uint64_t bytes)
{
    (void)ctx, (void)file, (void)bytes;
    return AGON_EPERM;
}

static int no_rename(void *ctx, const char *from, const char *to)
{
    (void)ctx, (void)from, (void)to;
    return AGON_EPERM;
}

static int no_remove(void *ctx, const char *name)
{
    (void)ctx, (void)name;
    return AGON_EPERM;
}

static int no_sync_dir(void *ctx)
{
    (void)ctx;
    return AGON_EPERM;
}

void disk_read_only(struct disk_read_only *reading, const struct disk *disk)
{
    *reading = (struct disk_read_only){.port = {.ctx = reading,
                                                .open = only_open,
                                                .close = pass_close,
                                                .write = no_write,
                                                .read = pass_read,
                                                .sync = no_sync,
                                                .size = pass_size,
                                                .truncate = no_truncate,
                                                .rename = no_rename,
                                                .remove = no_remove,
                                                .sync_dir = no_sync_dir,
                                                .list = pass_list},
                                       .disk = disk};
}
