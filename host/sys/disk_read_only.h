// SPDX-License-Identifier: Apache-2.0
/* disk_read_only: a disk port that stands before another and lets it be read, and no more: what
 * would write is AGON_EPERM. [the thread of the port behind it] */
#ifndef SYS_DISK_READ_ONLY_H
#define SYS_DISK_READ_ONLY_H

#include "base/disk.h"

struct disk_read_only {
    struct disk port;
    const struct disk *disk; /* borrowed */
};
void disk_read_only(struct disk_read_only *reading, const struct disk *disk);

#endif
