// SPDX-License-Identifier: Apache-2.0
/* packed_rig: a journal of several segments, its packing, and a disk that does something of its
 * own, for the programs that test it. */
#ifndef TESTS_UNIT_JOURNAL_PACKED_RIG_H
#define TESTS_UNIT_JOURNAL_PACKED_RIG_H

#include <stdlib.h>
#include <string.h>

#include "help.h"
#include "journal/packed.h"

#define BLOCKS ((uint64_t)1 << 20) /* a segment of several blocks */

/* A journal of several segments of each class; the number of its last event. */
static inline uint64_t make_journal(struct disk_mem *mem, uint32_t n_steps, uint64_t market_bytes)
{
    struct journal_config config = help_config();
    struct help_host host;

    config.segment_bytes[JOURNAL_MARKET] = market_bytes;
    ck_assert_int_eq(help_open(&host, mem, &config), AGON_OK);
    for (uint32_t i = 0; i < n_steps; i++) {
        help_append(&host, 50);
        ck_assert_int_eq(journal_writer_step(host.writer), 1);
    }
    ck_assert_int_eq(help_close(&host), AGON_OK);
    return host.seq;
}

static inline uint32_t pack_all(struct disk_mem *mem)
{
    struct disk disk = disk_mem_port(mem);
    struct journal_packing packing = {.stop = NULL};
    struct error err = {0};
    uint32_t n = 0;
    int rc;

    while ((rc = journal_pack(&disk, &packing, &err)) == 1)
        n++;
    ck_assert_msg(rc == 0, "%s", err.text);
    return n;
}

static inline unsigned char *copy_of(struct disk_mem *mem, const char *name, uint64_t *n)
{
    const unsigned char *bytes = disk_mem_bytes(mem, name, n);
    unsigned char *copy = malloc(*n);

    ck_assert_ptr_nonnull(bytes);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, bytes, *n);
    return copy;
}

/* A disk that does something of its own before one of its calls. */
struct hooked {
    struct disk under;
    struct disk_mem *mem;
    struct help_host *host;
    int at_write, at_rename, at_remove; /* what to do before it; done once */
    uint64_t n_reads;
};
enum { NOTHING = 0, FLIP = 1, DROP = 2 };

static inline void hook(struct hooked *hooked, int *what)
{
    uint64_t n = 0;
    unsigned char *bytes;

    if (*what == FLIP) {
        bytes = disk_mem_bytes(hooked->mem, PACKED_NEW, &n);
        ck_assert_ptr_nonnull(bytes);
        bytes[n / 2] ^= 1;
    }
    if (*what == DROP)
        ck_assert_int_gt(journal_writer_drop(hooked->host->writer, hooked->host->seq, 0, NULL), 0);
    *what = NOTHING;
}

static inline int hooked_open(void *ctx, const char *name, uint64_t bytes)
{
    struct hooked *hooked = ctx;

    // The compressed file is opened once to be written, and then to be read back.
    if (strcmp(name, PACKED_NEW) == 0 && bytes == 0)
        hook(hooked, &hooked->at_write);
    return hooked->under.open(hooked->under.ctx, name, bytes);
}

static inline int hooked_rename(void *ctx, const char *from, const char *to)
{
    struct hooked *hooked = ctx;

    hook(hooked, &hooked->at_rename);
    return hooked->under.rename(hooked->under.ctx, from, to);
}

static inline int hooked_remove(void *ctx, const char *name)
{
    struct hooked *hooked = ctx;

    if (strcmp(name, PACKED_NEW) != 0)
        hook(hooked, &hooked->at_remove);
    return hooked->under.remove(hooked->under.ctx, name);
}

#define UNDER(name) hooked_under_##name
static inline void hooked_under_close(void *ctx, int file)
{
    struct hooked *hooked = ctx;

    hooked->under.close(hooked->under.ctx, file);
}
static inline int hooked_under_write(void *ctx, int file, uint64_t offset, const void *bytes,
                                     uint64_t n)
{
    struct hooked *hooked = ctx;

    return hooked->under.write(hooked->under.ctx, file, offset, bytes, n);
}
static inline int64_t hooked_under_read(void *ctx, int file, uint64_t offset, void *bytes,
                                        uint64_t n)
{
    struct hooked *hooked = ctx;

    hooked->n_reads++;
    return hooked->under.read(hooked->under.ctx, file, offset, bytes, n);
}
static inline int hooked_under_sync(void *ctx, int file)
{
    struct hooked *hooked = ctx;

    return hooked->under.sync(hooked->under.ctx, file);
}
static inline int64_t hooked_under_size(void *ctx, int file)
{
    struct hooked *hooked = ctx;

    return hooked->under.size(hooked->under.ctx, file);
}
static inline int hooked_under_truncate(void *ctx, int file, uint64_t bytes)
{
    struct hooked *hooked = ctx;

    return hooked->under.truncate(hooked->under.ctx, file, bytes);
}
static inline int hooked_under_sync_dir(void *ctx)
{
    struct hooked *hooked = ctx;

    return hooked->under.sync_dir(hooked->under.ctx);
}
static inline int hooked_under_list(void *ctx, int (*each)(void *arg, const char *name), void *arg)
{
    struct hooked *hooked = ctx;

    return hooked->under.list(hooked->under.ctx, each, arg);
}

static inline struct disk hooked_port(struct hooked *hooked)
{
    return (struct disk){.ctx = hooked,
                         .open = hooked_open,
                         .close = UNDER(close),
                         .write = UNDER(write),
                         .read = UNDER(read),
                         .sync = UNDER(sync),
                         .size = UNDER(size),
                         .truncate = UNDER(truncate),
                         .rename = hooked_rename,
                         .remove = hooked_remove,
                         .sync_dir = UNDER(sync_dir),
                         .list = UNDER(list)};
}

#endif
