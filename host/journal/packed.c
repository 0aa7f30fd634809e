// SPDX-License-Identifier: Apache-2.0
#include "journal/packed.h"

#include <stdio.h>
#include <stdlib.h>
#include <zstd.h>

#include "base/codec.h"

#define LEVEL        1
#define SKIP_MAGIC   0x184d2a5eu
#define SEEK_MAGIC   0x8f92eab1u
#define SKIP_HEAD    8
#define FOOTER       9 /* number of frames, descriptor, magic */
#define ENTRY        8 /* compressed and decompressed size */
#define ENTRY_SUMMED 12
#define HAS_SUMS     0x80u
#define RESERVED     0x7cu

struct block {
    uint64_t offset; /* of its frame */
    uint32_t n_packed, n;
};
struct packed {
    const struct disk *disk;
    int file;
    uint64_t size;
    struct block *blocks; /* owned */
    uint64_t n_blocks;
    unsigned char *frame; /* owned; room for the largest */
    unsigned char *plain; /* owned; PACKED_BLOCK; the block cached */
    uint64_t cached;      /* block + 1; 0: none */
    uint64_t bad;         /* the damaged block met last, + 1 */
    ZSTD_DCtx *zstd;      /* owned */
};

void packed_name(char name[PACKED_NAME], enum journal_class cls, uint64_t first_seq)
{
    char plain[SEGMENT_NAME];
    int n;

    segment_name(plain, cls, first_seq);
    n = snprintf(name, PACKED_NAME, "%s" PACKED_SUFFIX, plain);
    REQUIRE(n > 0 && n < PACKED_NAME);
}

int packed_parse_name(const char *name, enum journal_class *cls, uint64_t *first_seq)
{
    size_t n = strlen(name), suffix = sizeof(PACKED_SUFFIX) - 1;
    char plain[PACKED_NAME];

    if (n >= PACKED_NAME)
        return 0;
    memcpy(plain, name, n + 1);
    if (n > suffix && strcmp(name + n - suffix, PACKED_SUFFIX) == 0)
        plain[n - suffix] = '\0';
    return segment_parse_name(plain, cls, first_seq);
}

/* --- reading --- */

static int read_exactly(const struct disk *disk, int file, uint64_t offset, void *bytes, uint64_t n)
{
    int64_t got = disk->read(disk->ctx, file, offset, bytes, n);

    if (got < 0)
        return (int)got;
    return (uint64_t)got == n ? AGON_OK : AGON_ECORRUPT;
}

/* One entry of the table: every block but the last is full, and none may claim to be larger. */
static int take_entry(struct packed *packed, struct dec *dec, uint64_t at, uint64_t *offset)
{
    struct block *block = &packed->blocks[at];

    *block = (struct block){.offset = *offset, .n_packed = dec_u32(dec)};
    block->n = dec_u32(dec);
    if (block->n == 0 || block->n > PACKED_BLOCK || block->n_packed == 0 ||
        block->n_packed > ZSTD_compressBound(PACKED_BLOCK) ||
        (at + 1 < packed->n_blocks && block->n != PACKED_BLOCK))
        return AGON_ECORRUPT;
    *offset += block->n_packed;
    packed->size += block->n;
    return AGON_OK;
}

static int take_table(struct packed *packed, const unsigned char *table, uint64_t n, uint64_t entry,
                      uint64_t table_at)
{
    struct dec dec = {.at = table, .n = n};
    uint64_t offset = 0;
    int rc = AGON_OK;

    if (dec_u32(&dec) != SKIP_MAGIC || dec_u32(&dec) != n - SKIP_HEAD)
        return AGON_ECORRUPT;
    for (uint64_t at = 0; rc >= 0 && at < packed->n_blocks; at++) {
        rc = take_entry(packed, &dec, at, &offset);
        dec.used += entry - ENTRY; // a checksum that others may have put there; frames have theirs
    }
    // By its number a block is found: all but the last are full, and the last is not empty.
    REQUIRE(rc < 0 || (packed->size + PACKED_BLOCK - 1) / PACKED_BLOCK == packed->n_blocks);
    return rc >= 0 && offset != table_at ? AGON_ECORRUPT : rc;
}

static int load_table(struct packed *packed, uint64_t size)
{
    const struct disk *disk = packed->disk;
    unsigned char footer[FOOTER];
    struct dec dec = {.at = footer, .n = sizeof(footer)};
    unsigned char *table;
    uint64_t entry, n;
    int rc = size < SKIP_HEAD + FOOTER
                 ? AGON_ECORRUPT
                 : read_exactly(disk, packed->file, size - FOOTER, footer, FOOTER);

    if (rc < 0)
        return rc;
    packed->n_blocks = dec_u32(&dec);
    entry = footer[4] & HAS_SUMS ? ENTRY_SUMMED : ENTRY;
    dec.used = 5;
    n = SKIP_HEAD + packed->n_blocks * entry + FOOTER;
    if ((footer[4] & RESERVED) != 0 || dec_u32(&dec) != SEEK_MAGIC || n > size)
        return AGON_ECORRUPT;
    table = malloc(n);
    free(packed->blocks);
    packed->blocks = calloc(packed->n_blocks + 1, sizeof(*packed->blocks));
    rc = table == NULL || packed->blocks == NULL
             ? AGON_ENOMEM
             : read_exactly(disk, packed->file, size - n, table, n);
    if (rc >= 0)
        rc = take_table(packed, table, n, entry, size - n);
    free(table);
    return rc;
}

static struct packed *packed_new(void)
{
    struct packed *self = calloc(1, sizeof(*self));

    if (self == NULL)
        return NULL;
    self->file = -1;
    self->frame = malloc(ZSTD_compressBound(PACKED_BLOCK));
    self->plain = malloc(PACKED_BLOCK);
    self->zstd = ZSTD_createDCtx();
    if (self->frame != NULL && self->plain != NULL && self->zstd != NULL)
        return self;
    packed_close(self);
    return NULL;
}

static void detach(struct packed *packed)
{
    if (packed->file >= 0)
        packed->disk->close(packed->disk->ctx, packed->file);
    packed->file = -1;
}

/* The file of that name instead of the one before. */
static int attach(struct packed *packed, const struct disk *disk, const char *name)
{
    int64_t size;

    detach(packed);
    packed->disk = disk;
    packed->size = packed->cached = packed->bad = 0;
    packed->file = disk->open(disk->ctx, name, 0);
    if (packed->file < 0)
        return packed->file;
    size = disk->size(disk->ctx, packed->file);
    return size < 0 ? (int)size : load_table(packed, (uint64_t)size);
}

int packed_open(struct packed **packed, const struct disk *disk, const char *name)
{
    struct packed *self = packed_new();
    int rc = self == NULL ? AGON_ENOMEM : attach(self, disk, name);

    *packed = rc >= 0 ? self : NULL;
    if (rc < 0)
        packed_close(self);
    return rc;
}

void packed_close(struct packed *packed)
{
    if (packed == NULL)
        return;
    detach(packed);
    ZSTD_freeDCtx(packed->zstd);
    free(packed->blocks);
    free(packed->frame);
    free(packed->plain);
    free(packed);
}

uint64_t packed_size(const struct packed *packed)
{
    return packed->size;
}

static int unpack(struct packed *packed, uint64_t at)
{
    const struct block *block = &packed->blocks[at];
    size_t got;
    int rc;

    REQUIRE(block->n <= PACKED_BLOCK && block->n_packed <= ZSTD_compressBound(PACKED_BLOCK));
    if (packed->cached == at + 1)
        return AGON_OK;
    if (packed->bad == at + 1)
        return AGON_ECORRUPT;
    packed->cached = 0;
    packed->bad = at + 1;
    rc = read_exactly(packed->disk, packed->file, block->offset, packed->frame, block->n_packed);
    if (rc < 0)
        return rc;
    got =
        ZSTD_decompressDCtx(packed->zstd, packed->plain, block->n, packed->frame, block->n_packed);
    if (ZSTD_isError(got) || got != block->n)
        return AGON_ECORRUPT;
    packed->bad = 0;
    packed->cached = at + 1;
    return AGON_OK;
}

int64_t packed_read(struct packed *packed, uint64_t offset, void *bytes, uint64_t n)
{
    uint64_t done = 0;

    while (done < n && offset + done < packed->size) {
        uint64_t at = (offset + done) / PACKED_BLOCK, from = (offset + done) % PACKED_BLOCK;
        uint64_t room = n - done;
        int rc;

        REQUIRE(at < packed->n_blocks && from < packed->blocks[at].n);
        rc = unpack(packed, at);

        if (rc == AGON_ECORRUPT)
            break;
        if (rc < 0)
            return rc;
        if (room > packed->blocks[at].n - from)
            room = packed->blocks[at].n - from;
        memcpy((unsigned char *)bytes + done, packed->plain + from, room);
        done += room;
    }
    // Less than asked for is the end of the file, or damage: never the end of a block.
    REQUIRE(done >= n || offset + done >= packed->size || packed->bad != 0);
    return (int64_t)done;
}

/* --- writing --- */

/* What every segment is packed and read back with. */
struct packing_room {
    unsigned char *plain, *frame; /* owned */
    ZSTD_CCtx *zstd;              /* owned */
    struct packed *packed;        /* owned */
};

struct packer {
    const struct disk *disk;
    const _Atomic uint32_t *stop; /* may be NULL */
    const struct packing_room *room;
    int from, to;
    unsigned char *table; /* owned; entries */
    uint64_t size, written, n_blocks;
};

static void room_free(struct packing_room *room)
{
    if (room == NULL)
        return;
    packed_close(room->packed);
    ZSTD_freeCCtx(room->zstd);
    free(room->plain);
    free(room->frame);
    free(room);
}

/* Packs and unpacks a block that goes nowhere, of which half repeats what came before, as a
 * segment's does: zstd touches the memory that it took at the first such block, and none after it.
 * 0: it would not. */
static int is_warmed(struct packing_room *room, size_t bound)
{
    uint32_t random = 1;
    size_t put;

    for (uint64_t i = 0; i < PACKED_BLOCK; i++) {
        random = random * 1664525 + 1013904223;
        room->plain[i] =
            i >= 1024 && i % 16 < 8 ? room->plain[i - 1024] : (unsigned char)(random >> 24);
    }
    memset(room->frame, 0, bound);
    memset(room->packed->frame, 0, bound);
    put = ZSTD_compress2(room->zstd, room->frame, bound, room->plain, PACKED_BLOCK);
    return !ZSTD_isError(put) &&
           ZSTD_decompressDCtx(room->packed->zstd, room->packed->plain, PACKED_BLOCK, room->frame,
                               put) == PACKED_BLOCK;
}

static struct packing_room *room_new(void)
{
    struct packing_room *room = calloc(1, sizeof(*room));
    size_t bound = ZSTD_compressBound(PACKED_BLOCK);

    if (room == NULL)
        return NULL;
    room->plain = malloc(PACKED_BLOCK);
    room->frame = malloc(bound);
    room->zstd = ZSTD_createCCtx();
    room->packed = packed_new();
    if (room->plain != NULL && room->frame != NULL && room->zstd != NULL && room->packed != NULL &&
        !ZSTD_isError(ZSTD_CCtx_setParameter(room->zstd, ZSTD_c_compressionLevel, LEVEL)) &&
        !ZSTD_isError(ZSTD_CCtx_setParameter(room->zstd, ZSTD_c_checksumFlag, 1)) &&
        is_warmed(room, bound))
        return room;
    room_free(room);
    return NULL;
}

int journal_packing_open(struct journal_packing *packing)
{
    packing->room = room_new();
    return packing->room != NULL ? AGON_OK : AGON_ENOMEM;
}

void journal_packing_close(struct journal_packing *packing)
{
    room_free(packing->room);
    packing->room = NULL;
}

static int is_stopping(const struct packer *packer)
{
    return packer->stop != NULL && atomic_load_explicit(packer->stop, memory_order_relaxed) != 0;
}

static int write_blocks(struct packer *packer)
{
    const struct disk *disk = packer->disk;
    const struct packing_room *room = packer->room;
    struct enc enc = {.at = packer->table, .room = packer->n_blocks * ENTRY};
    size_t bound = ZSTD_compressBound(PACKED_BLOCK);

    for (uint64_t offset = 0; offset < packer->size; offset += PACKED_BLOCK) {
        uint64_t n = packer->size - offset < PACKED_BLOCK ? packer->size - offset : PACKED_BLOCK;
        int rc = read_exactly(disk, packer->from, offset, room->plain, n);
        size_t put;

        if (rc >= 0 && is_stopping(packer))
            rc = AGON_ESTATE;
        if (rc < 0)
            return rc;
        put = ZSTD_compress2(room->zstd, room->frame, bound, room->plain, n);
        if (ZSTD_isError(put))
            return AGON_ENOMEM;
        rc = disk->write(disk->ctx, packer->to, packer->written, room->frame, put);
        if (rc < 0)
            return rc;
        packer->written += put;
        enc_u32(&enc, (uint32_t)put);
        enc_u32(&enc, (uint32_t)n);
    }
    REQUIRE(enc_is_ok(&enc) && enc.used == packer->n_blocks * ENTRY);
    return AGON_OK;
}

/* Bytes of all frames, by what the table says of each. */
static uint64_t told_by_table(const struct packer *packer)
{
    struct dec dec = {.at = packer->table, .n = packer->n_blocks * ENTRY};
    uint64_t sum = 0;

    for (uint64_t at = 0; at < packer->n_blocks; at++) {
        sum += dec_u32(&dec);
        (void)dec_u32(&dec);
    }
    return sum;
}

static int write_table(struct packer *packer)
{
    const struct disk *disk = packer->disk;
    uint64_t n_table = packer->n_blocks * ENTRY;
    unsigned char head[SKIP_HEAD], footer[FOOTER] = {0};
    struct enc enc = {.at = head, .room = sizeof(head)};
    int rc;

    REQUIRE(told_by_table(packer) == packer->written); // who follows the table finds each frame
    enc_u32(&enc, SKIP_MAGIC);
    enc_u32(&enc, (uint32_t)(n_table + FOOTER));
    enc = (struct enc){.at = footer, .room = sizeof(footer)};
    enc_u32(&enc, (uint32_t)packer->n_blocks);
    enc = (struct enc){.at = footer + 5, .room = 4};
    enc_u32(&enc, SEEK_MAGIC);
    rc = disk->write(disk->ctx, packer->to, packer->written, head, SKIP_HEAD);
    packer->written += SKIP_HEAD;
    if (rc >= 0)
        rc = disk->write(disk->ctx, packer->to, packer->written, packer->table, n_table);
    packer->written += n_table;
    if (rc >= 0)
        rc = disk->write(disk->ctx, packer->to, packer->written, footer, FOOTER);
    packer->written += FOOTER;
    if (rc >= 0)
        rc = disk->truncate(disk->ctx, packer->to, packer->written);
    return rc < 0 ? rc : disk->sync(disk->ctx, packer->to);
}

/* What was written is read back and compared before the plain segment goes. */
static int compare(struct packer *packer)
{
    const struct disk *disk = packer->disk;
    const struct packing_room *room = packer->room;
    int rc = attach(room->packed, disk, PACKED_NEW);

    if (rc >= 0 && packed_size(room->packed) != packer->size)
        rc = AGON_ECORRUPT;
    for (uint64_t offset = 0; rc >= 0 && offset < packer->size; offset += PACKED_BLOCK) {
        uint64_t n = packer->size - offset < PACKED_BLOCK ? packer->size - offset : PACKED_BLOCK;

        rc = read_exactly(disk, packer->from, offset, room->plain, n);
        if (rc >= 0 && is_stopping(packer))
            rc = AGON_ESTATE;
        if (rc >= 0 && (packed_read(room->packed, offset, room->frame, n) != (int64_t)n ||
                        memcmp(room->frame, room->plain, n) != 0))
            rc = AGON_ECORRUPT;
    }
    detach(room->packed);
    return rc;
}

/* A name that nothing has any more, and the file of that name. */
static int make_new(const struct disk *disk, const char *name, uint64_t bytes)
{
    int rc = disk->remove(disk->ctx, name);

    return rc < 0 && rc != AGON_ENOENT ? rc : disk->open(disk->ctx, name, bytes);
}

static int compress_file(struct packer *packer, const char *name)
{
    const struct disk *disk = packer->disk;
    int64_t size;
    int rc;

    packer->from = disk->open(disk->ctx, name, 0);
    if (packer->from < 0)
        return packer->from;
    size = disk->size(disk->ctx, packer->from);
    if (size < 0)
        return (int)size;
    packer->size = (uint64_t)size;
    packer->n_blocks = (packer->size + PACKED_BLOCK - 1) / PACKED_BLOCK;
    packer->table = malloc(packer->n_blocks * ENTRY + 1);
    if (packer->table == NULL)
        return AGON_ENOMEM;
    packer->to = make_new(disk, PACKED_NEW, 1);
    rc = packer->to < 0 ? packer->to : write_blocks(packer);
    if (rc >= 0)
        rc = write_table(packer);
    return rc < 0 ? rc : compare(packer);
}

static int pack_one(const struct disk *disk, enum journal_class cls, uint64_t first_seq,
                    const struct journal_packing *packing)
{
    struct packer packer = {
        .disk = disk, .stop = packing->stop, .room = packing->room, .from = -1, .to = -1};
    char plain[SEGMENT_NAME], name[PACKED_NAME];
    int is_gone, rc;

    segment_name(plain, cls, first_seq);
    packed_name(name, cls, first_seq);
    rc = compress_file(&packer, plain);
    is_gone = rc == AGON_ENOENT;
    if (packer.from >= 0)
        disk->close(disk->ctx, packer.from);
    if (packer.to >= 0)
        disk->close(disk->ctx, packer.to);
    free(packer.table);
    if (rc >= 0)
        rc = disk->rename(disk->ctx, PACKED_NEW, name);
    else
        (void)disk->remove(disk->ctx, PACKED_NEW);
    if (rc >= 0)
        rc = disk->sync_dir(disk->ctx);
    if (rc >= 0)
        rc = disk->remove(disk->ctx, plain);
    // It was dropped meanwhile: a compressed form that has its name by now goes too.
    if (rc == AGON_ENOENT && !is_gone)
        (void)disk->remove(disk->ctx, name);
    if (rc == AGON_ENOENT)
        return AGON_OK;
    return rc < 0 ? rc : disk->sync_dir(disk->ctx);
}

struct cold { /* of each class the oldest plain segment, and how many stand behind it */
    const struct journal_packing *packing;
    uint64_t oldest[JOURNAL_CLASSES]; /* 0: none seen yet */
    uint32_t n_behind[JOURNAL_CLASSES];
    uint64_t last[JOURNAL_CLASSES];
};

static int note_cold(void *arg, const char *name)
{
    struct cold *cold = arg;
    enum journal_class cls;
    uint64_t first_seq;

    if (!packed_parse_name(name, &cls, &first_seq) || first_seq == cold->last[cls])
        return AGON_OK;
    cold->last[cls] = first_seq;
    if (cold->oldest[cls] != 0)
        cold->n_behind[cls]++;
    else if (first_seq > cold->packing->after[cls] &&
             strcmp(name + strlen(name) - (sizeof(PACKED_SUFFIX) - 1), PACKED_SUFFIX) != 0)
        cold->oldest[cls] = first_seq;
    return AGON_OK;
}

static int pack_next(const struct disk *disk, struct journal_packing *packing, struct error *err)
{
    struct cold cold = {.packing = packing};
    int rc = disk->list(disk->ctx, note_cold, &cold);

    for (int cls = 0; rc >= 0 && cls < JOURNAL_CLASSES; cls++) {
        if (cold.oldest[cls] == 0 || cold.n_behind[cls] < PACKED_WARM)
            continue;
        rc = pack_one(disk, (enum journal_class)cls, cold.oldest[cls], packing);
        if (rc == AGON_ESTATE)
            return 0;
        if (rc < 0) {
            char name[SEGMENT_NAME];

            if (rc != AGON_ENOSPC)
                packing->after[cls] = cold.oldest[cls];

            segment_name(name, (enum journal_class)cls, cold.oldest[cls]);
            return error_set(err, rc, "compressing %s: %s; it stays as it is", name,
                             error_name(rc));
        }
        return 1;
    }
    return rc < 0 ? error_set(err, rc, "listing the journal: %s", error_name(rc)) : 0;
}

int journal_pack(const struct disk *disk, struct journal_packing *packing, struct error *err)
{
    int is_own = packing->room == NULL;
    int rc;

    if (is_own && journal_packing_open(packing) < 0)
        return error_set(err, AGON_ENOMEM, "compressing: out of memory");
    rc = pack_next(disk, packing, err);
    if (is_own)
        journal_packing_close(packing);
    return rc;
}

int packed_restore(const struct disk *disk, enum journal_class cls, uint64_t first_seq, uint64_t n)
{
    struct packed *packed = NULL;
    unsigned char *block = malloc(PACKED_BLOCK);
    char plain[SEGMENT_NAME], name[PACKED_NAME];
    int file = -1, rc;

    segment_name(plain, cls, first_seq);
    packed_name(name, cls, first_seq);
    rc = block == NULL ? AGON_ENOMEM : packed_open(&packed, disk, name);
    if (rc >= 0) {
        file = make_new(disk, PACKED_NEW, n > 0 ? n : 1);
        rc = file < 0 ? file : disk->truncate(disk->ctx, file, n);
    }
    for (uint64_t offset = 0; rc >= 0 && offset < n; offset += PACKED_BLOCK) {
        uint64_t m = n - offset < PACKED_BLOCK ? n - offset : PACKED_BLOCK;
        int64_t got = packed_read(packed, offset, block, m);

        rc = got < 0 ? (int)got : (uint64_t)got < m ? AGON_ECORRUPT : AGON_OK;
        if (rc >= 0)
            rc = disk->write(disk->ctx, file, offset, block, m);
    }
    if (rc >= 0)
        rc = disk->sync(disk->ctx, file);
    if (file >= 0)
        disk->close(disk->ctx, file);
    packed_close(packed);
    free(block);
    if (rc >= 0)
        rc = disk->rename(disk->ctx, PACKED_NEW, plain);
    if (rc >= 0)
        rc = disk->sync_dir(disk->ctx);
    return rc < 0 ? rc : disk->remove(disk->ctx, name);
}

int packed_remove(const struct disk *disk, enum journal_class cls, uint64_t first_seq)
{
    char plain[SEGMENT_NAME], name[PACKED_NAME];
    int rc_plain, rc;

    segment_name(plain, cls, first_seq);
    packed_name(name, cls, first_seq);
    rc_plain = disk->remove(disk->ctx, plain);
    if (rc_plain < 0 && rc_plain != AGON_ENOENT)
        return rc_plain;
    rc = disk->remove(disk->ctx, name);
    return rc == AGON_ENOENT ? rc_plain : rc;
}

int64_t packed_disk_bytes(const struct disk *disk, enum journal_class cls, uint64_t first_seq)
{
    char plain[SEGMENT_NAME], name[PACKED_NAME];
    int file;
    int64_t bytes;

    segment_name(plain, cls, first_seq);
    packed_name(name, cls, first_seq);
    file = disk->open(disk->ctx, plain, 0);
    if (file == AGON_ENOENT)
        file = disk->open(disk->ctx, name, 0);
    bytes = file < 0 ? file : disk->size(disk->ctx, file);
    if (file >= 0)
        disk->close(disk->ctx, file);
    return bytes;
}
