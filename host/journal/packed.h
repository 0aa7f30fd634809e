// SPDX-License-Identifier: Apache-2.0
/* packed: segments that nobody writes any more, compressed.
 *
 * <segment>.zst holds the bytes of a segment in blocks of PACKED_BLOCK, each a zstd frame of its
 * own with a checksum, and behind them the seek table of zstd's seekable format (a skippable
 * frame). So `zstd -d` gives the segment back, and a reader finds any offset without unpacking what
 * is before it. The compressed file takes its name once it is durable and was read back and
 * compared, and only then does the plain one go: after a crash there may be both, and the plain one
 * counts.
 *
 * Source of the format: zstd, contrib/seekable_format/zstd_seekable_compression_format.md, 0.1.0.
 */
#ifndef JOURNAL_PACKED_H
#define JOURNAL_PACKED_H

#include "base/disk.h"
#include "journal/segment.h"

#define PACKED_SUFFIX ".zst"
#define PACKED_NAME   (SEGMENT_NAME + 4)
#define PACKED_NEW    "pack.new" /* a compressed segment before it has its name */
#define PACKED_BLOCK  ((uint64_t)256 << 10)
#define PACKED_WARM   2 /* newest segments of a class that stay plain: recovery may cut them */

void packed_name(char name[PACKED_NAME], enum journal_class cls, uint64_t first_seq);
/* True when name is a segment's, plain or compressed. */
int packed_parse_name(const char *name, enum journal_class *cls, uint64_t *first_seq);

struct packed;

/* Opens the compressed form of a segment. The disk is borrowed. AGON_ENOENT: there is none;
 * AGON_ECORRUPT: it is cut short or its table is no seek table. [any, one thread per object] */
int packed_open(struct packed **packed, const struct disk *disk, const char *name);
void packed_close(struct packed *packed);          /* NULL is fine */
uint64_t packed_size(const struct packed *packed); /* of the segment, unpacked */
/* As disk.read over the segment's bytes. Ends early before a block that is damaged. */
int64_t packed_read(struct packed *packed, uint64_t offset, void *bytes, uint64_t n);

/* Where packing stands; zeroed at the start. */
struct packing_room;
struct journal_packing {
    uint64_t after[JOURNAL_CLASSES]; /* segments up to this number could not be compressed */
    const _Atomic uint32_t *stop;    /* not 0: end soon; may be NULL */
    struct packing_room *room;       /* owned; NULL: each journal_pack takes its own */
};
/* What packing needs of memory, once for all segments. AGON_ENOMEM. */
int journal_packing_open(struct journal_packing *packing);
void journal_packing_close(struct journal_packing *packing);
/* Compresses the oldest segment that is plain and cold and did not fail before. 1: one was; 0:
 * there is none left, or it was told to stop; AGON_ENOSPC: no room; another AGON_E...: this one
 * could not be, with the reason; it stays as it is and is passed over from now on. May run beside a
 * writer and readers of the same directory, in one thread at a time. [packer] */
int journal_pack(const struct disk *disk, struct journal_packing *packing, struct error *err);
/* Writes the first n bytes of a compressed segment as a plain one again, which then counts. */
int packed_restore(const struct disk *disk, enum journal_class cls, uint64_t first_seq, uint64_t n);
/* Both forms. AGON_ENOENT when there was neither. */
int packed_remove(const struct disk *disk, enum journal_class cls, uint64_t first_seq);
/* What a segment takes up on the disk, in bytes. */
int64_t packed_disk_bytes(const struct disk *disk, enum journal_class cls, uint64_t first_seq);

#endif
