// SPDX-License-Identifier: Apache-2.0
/* disk_far: files of a directory for a process that may open none.
 *
 * The two share a block of memory. The one that may not asks through a port as any other, and
 * waits, but for what it writes; the one that may looks at what is asked as at a stranger's word
 * and serves it. Only names that a journal gives its files are served (journal/segment.h,
 * packed.h), so that nothing else that lies in the directory can be reached; its snapshots are
 * there to be read. */
#ifndef SYS_DISK_FAR_H
#define SYS_DISK_FAR_H

#include <stdatomic.h>

#include "base/disk.h"

#define DISK_FAR_ROOM  ((uint64_t)1 << 20) /* bytes carried at once */
#define DISK_FAR_FILES 16                  /* open at a time */
#define DISK_FAR_NAME  64
#define DISK_FAR_CALLS 2 /* on their way at a time */

struct disk_far_call {
    uint32_t op;
    int32_t file;
    uint64_t offset, n;
    int64_t result;
    char name[DISK_FAR_NAME], to[DISK_FAR_NAME];
    unsigned char bytes[DISK_FAR_ROOM];
};
struct disk_far_shm {                 /* zeroed; shared by the two */
    _Atomic uint32_t asked, answered; /* calls so far; futex: equal when nothing is asked */
    struct disk_far_call calls[DISK_FAR_CALLS]; /* by their number */
};

/* The side that asks. knock is written to (8 bytes) with each call: an eventfd that the other side
 * waits for. Calls wait until they are answered, but for a write, which goes on its way. That it
 * failed is said once, by the sync or truncate behind it or by the second write behind it at the
 * latest (the first may be on its way by then), which does nothing of its own; AGON_EIO where there
 * was no room. So a sync that returns AGON_OK, where nothing was said since the one before, has all
 * writes between. [one thread] */
struct disk_far {
    struct disk port;
    struct disk_far_shm *shm; /* borrowed */
    int knock;
    uint32_t n_known; /* calls whose results were looked at */
    int failed;       /* AGON_OK, or what became of a write, which nobody was told */
};
void disk_far_init(struct disk_far *far, struct disk_far_shm *shm, int knock);

/* The side that serves. [one thread] */
struct disk_far_server {
    struct disk_far_shm *shm; /* borrowed */
    const struct disk *disk;  /* borrowed */
    int files[DISK_FAR_FILES];
    uint8_t is_open[DISK_FAR_FILES], is_fixed[DISK_FAR_FILES]; /* fixed: to be read only */
};
void disk_far_server_init(struct disk_far_server *server, struct disk_far_shm *shm,
                          const struct disk *disk);
/* Does what is asked, if anything is. */
void disk_far_serve(struct disk_far_server *server);
void disk_far_server_deinit(struct disk_far_server *server); /* closes what was left open */

#endif
