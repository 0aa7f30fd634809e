// SPDX-License-Identifier: Apache-2.0
/* disk_mem: the disk port in memory, with the faults of real disks. It keeps what a program sees
 * apart from what a crash would leave: unsynced sectors survive in any subset, some of them torn;
 * operations on the directory survive as a prefix of their order, but for removals, which may
 * overtake; a failed sync drops what was dirty. For tests and simulation. [any, one thread] */
#ifndef BASE_DISK_MEM_H
#define BASE_DISK_MEM_H

#include "base/disk.h"

struct disk_mem;

enum disk_mem_keep { /* what a crash leaves of unsynced writes */
                     DISK_MEM_NONE = 0,
                     DISK_MEM_ALL = 1,
                     DISK_MEM_PREFIX = 2, /* in the order they were written */
                     DISK_MEM_RANDOM = 3, /* any subset, and sectors torn inside */
                     DISK_MEM_KEEPS = 4
};

struct disk_mem *disk_mem_new(uint32_t sector); /* 512 or 4096. NULL: out of memory */
void disk_mem_free(struct disk_mem *disk);
struct disk disk_mem_port(struct disk_mem *disk); /* valid as long as disk is */

/* Faults. All counts are of calls from now on, 1: the very next; 0: never. */
void disk_mem_fail_sync(struct disk_mem *disk, uint64_t nth);  /* AGON_EIO, dirty data is lost */
void disk_mem_fail_write(struct disk_mem *disk, uint64_t nth); /* AGON_EIO, nothing written */
/* Bytes that files may take up together; UINT64_MAX: no bound. With is_lazy preallocation takes
 * none and each sector takes its room when first written (as on a copy-on-write file system). */
void disk_mem_room(struct disk_mem *disk, uint64_t bytes, int is_lazy);
uint64_t disk_mem_taken(const struct disk_mem *disk); /* bytes that files take up now */
/* The power fails in the nth operation that changes something: a write is done in part, all later
 * calls give AGON_EIO, until disk_mem_crash. */
void disk_mem_stop_at(struct disk_mem *disk, uint64_t nth);
int disk_mem_is_stopped(const struct disk_mem *disk);
uint64_t disk_mem_ops(const struct disk_mem *disk); /* operations so far that changed something */
/* Power comes back: open handles are void, and of what was not synced that is left which keep and
 * seed say. */
void disk_mem_crash(struct disk_mem *disk, enum disk_mem_keep keep, uint64_t seed);

/* The bytes of a file as a program sees them, for a test that damages or cuts them; NULL: none.
 * Changes are at once durable. */
unsigned char *disk_mem_bytes(struct disk_mem *disk, const char *name, uint64_t *n);
int disk_mem_set(struct disk_mem *disk, const char *name, const void *bytes, uint64_t n);
struct disk_mem *disk_mem_copy(const struct disk_mem *disk); /* of what is there; no faults */

#endif
