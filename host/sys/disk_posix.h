// SPDX-License-Identifier: Apache-2.0
/* disk_posix: the disk port over one real directory. Handles are descriptors. Each call is made by
 * one thread at a time; several threads may each have files of their own. [writer] */
#ifndef SYS_DISK_POSIX_H
#define SYS_DISK_POSIX_H

#include "base/disk.h"
#include "base/error.h"

struct disk_posix {
    struct disk
        port;   /* what the journal takes; its ctx points to this struct, which must not move */
    int dir_fd; /* owned; -1: none */
    /* Set behind disk_posix_open, for what can be made again: nothing is forced to the device, and
     * a sync is no more than its place in the order of calls. What is written outlives every
     * process, and not the machine. */
    int is_unforced;
};

/* The directory is made when it lacks, mode 0700. */
int disk_posix_open(struct disk_posix *disk, const char *path, struct error *err);
void disk_posix_close(struct disk_posix *disk);
/* Free bytes for us, and the size of the file system; negative: unknown. */
int64_t disk_posix_free(void *ctx, int64_t *total);

#endif
