// SPDX-License-Identifier: Apache-2.0
/* Compressed segments: read as the plain ones, refused or ended where they are damaged, never in
 * the way of a writer, and never the only copy of anything until they are whole. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <zstd.h>

#include "help.h"
#include "journal/packed.h"
#include "sys/disk_posix.h"
#include "sys/file.h"

#define BLOCKS ((uint64_t)1 << 20) /* a segment of several blocks */

/* A journal of several segments of each class; the number of its last event. */
static uint64_t make_journal(struct disk_mem *mem, uint32_t n_steps, uint64_t market_bytes)
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

static uint32_t pack_all(struct disk_mem *mem)
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

static unsigned char *copy_of(struct disk_mem *mem, const char *name, uint64_t *n)
{
    const unsigned char *bytes = disk_mem_bytes(mem, name, n);
    unsigned char *copy = malloc(*n);

    ck_assert_ptr_nonnull(bytes);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, bytes, *n);
    return copy;
}

START_TEST(a_packed_journal_is_the_same_journal)
{
    struct disk_mem *mem = disk_mem_new(512);
    uint64_t last = make_journal(mem, 1000, BLOCKS), n_plain, n;
    struct journal_reading reading = {.from_seq = last / 2};
    struct journal_summary before, after;
    struct error err = {0};
    unsigned char *plain, *again;
    char name[PACKED_NAME];
    uint32_t n_packed;

    ck_assert_int_eq(help_read(mem, NULL, &before, &err), (int64_t)last);
    segment_name(name, JOURNAL_MARKET, 1);
    plain = copy_of(mem, name, &n_plain);
    n_packed = pack_all(mem);
    ck_assert_uint_eq(n_packed, before.n_segments[0] + before.n_segments[1] - 2 * PACKED_WARM);
    ck_assert_msg(help_read(mem, NULL, &after, &err) == (int64_t)last, "%s", err.text);
    ck_assert_uint_eq(after.n_records, before.n_records);
    ck_assert_uint_eq(after.n_packed[0] + after.n_packed[1], n_packed);
    ck_assert_int_eq(after.is_clean, 1);
    ck_assert_msg(help_read(mem, &reading, &after, &err) == (int64_t)last, "%s", err.text);

    // The plain file is gone, and zstd itself makes it again of what took its place.
    ck_assert_ptr_null(disk_mem_bytes(mem, name, &n));
    packed_name(name, JOURNAL_MARKET, 1);
    {
        ZSTD_inBuffer in = {.src = disk_mem_bytes(mem, name, &n)};
        ZSTD_outBuffer out = {.dst = again = malloc(n_plain + 1), .size = n_plain + 1};
        ZSTD_DStream *stream = ZSTD_createDStream();

        in.size = n;
        ck_assert_uint_gt(n_plain, 2 * PACKED_BLOCK);
        ck_assert_uint_lt(n, n_plain);
        while (in.pos < in.size)
            ck_assert_int_eq((int)ZSTD_isError(ZSTD_decompressStream(stream, &out, &in)), 0);
        ck_assert_uint_eq(out.pos, n_plain);
        ck_assert_mem_eq(again, plain, n_plain);
        ZSTD_freeDStream(stream);
    }
    free(plain);
    free(again);
    disk_mem_free(mem);
}
END_TEST

START_TEST(any_part_of_it_is_read_as_of_the_plain_one)
{
    struct disk_mem *mem = disk_mem_new(512);
    struct disk disk = disk_mem_port(mem);
    struct packed *packed;
    char name[PACKED_NAME];
    unsigned char *plain, *part;
    uint64_t n;

    (void)make_journal(mem, 1000, BLOCKS);
    segment_name(name, JOURNAL_MARKET, 1);
    plain = copy_of(mem, name, &n);
    part = malloc(n);
    (void)pack_all(mem);
    packed_name(name, JOURNAL_MARKET, 1);
    ck_assert_int_eq(packed_open(&packed, &disk, name), AGON_OK);
    ck_assert_uint_eq(packed_size(packed), n);
    for (uint64_t i = 0; i < 300; i++) {
        uint64_t offset = rng_at(3, i, 0, 0, 0) % (n + 100), want = rng_at(3, i, 1, 0, 0) % n;
        uint64_t have = offset >= n ? 0 : want < n - offset ? want : n - offset;

        ck_assert_int_eq(packed_read(packed, offset, part, want), (int64_t)have);
        ck_assert_int_eq(have > 0 && memcmp(part, plain + offset, have) != 0, 0);
    }
    packed_close(packed);
    free(plain);
    free(part);
    disk_mem_free(mem);
}
END_TEST

START_TEST(damage_is_named_and_force_reads_up_to_it)
{
    struct disk_mem *mem = disk_mem_new(512);
    uint64_t last = make_journal(mem, 1000, BLOCKS), n;
    struct journal_reading forced = {.is_forced = 1};
    struct journal_summary summary;
    struct error err = {0};
    struct disk disk = disk_mem_port(mem);
    char name[PACKED_NAME];
    struct help_host host;
    struct journal_config config = help_config();

    (void)pack_all(mem);
    packed_name(name, JOURNAL_MARKET, 1);
    disk_mem_bytes(mem, name, &n)[n * 2 / 3] ^= 0x10;
    ck_assert_int_eq(help_read(mem, NULL, &summary, &err), AGON_ECORRUPT);
    ck_assert_msg(strstr(err.text, "market-00000000000000000001.aj") != NULL, "%s", err.text);
    ck_assert_msg(strstr(err.text, "damage before the tail") != NULL, "%s", err.text);
    ck_assert_int_gt(help_read(mem, &forced, &summary, &err), 1000);
    ck_assert_uint_lt(summary.end.next_seq, last);

    // Recovery by force cuts there, in the plain form, and a writer goes on.
    ck_assert_int_eq(journal_recover(&disk, &forced, &summary, &err), AGON_OK);
    ck_assert_ptr_null(disk_mem_bytes(mem, name, &n));
    ck_assert_int_eq(help_open(&host, mem, &config), AGON_OK);
    ck_assert_uint_eq(host.seq + 1, summary.end.next_seq);
    help_append(&host, 100);
    ck_assert_int_eq(help_close(&host), AGON_OK);
    ck_assert_int_eq(help_read(mem, NULL, &summary, &err), (int64_t)host.seq);
    disk_mem_free(mem);
}
END_TEST

START_TEST(a_table_that_is_none_is_refused)
{
    static const unsigned char bomb[] = {0x5e, 0x2a, 0x4d, 0x18, 17,   0,    0,    0, 1,
                                         0,    0,    0,    0xff, 0xff, 0xff, 0xff, 1, 0,
                                         0,    0,    0,    0xb1, 0xea, 0x92, 0x8f};
    struct disk_mem *mem = disk_mem_new(512);
    struct disk disk = disk_mem_port(mem);
    char name[PACKED_NAME];
    unsigned char *whole, *plain;
    struct packed *packed;
    uint64_t n, n_plain;

    (void)make_journal(mem, 1000, BLOCKS);
    segment_name(name, JOURNAL_MARKET, 1);
    plain = copy_of(mem, name, &n_plain);
    (void)pack_all(mem);
    packed_name(name, JOURNAL_MARKET, 1);
    whole = copy_of(mem, name, &n);
    ck_assert_int_eq(disk_mem_set(mem, "bomb", bomb, sizeof(bomb)), AGON_OK);
    ck_assert_int_eq(packed_open(&packed, &disk, "bomb"), AGON_ECORRUPT); // a block of 4 GiB
    ck_assert_int_eq(packed_open(&packed, &disk, "nothing"), AGON_ENOENT);
    for (uint64_t cut = 1; cut < 60; cut++) {
        ck_assert_int_eq(disk_mem_set(mem, "cut", whole, n - cut), AGON_OK);
        ck_assert_int_eq(packed_open(&packed, &disk, "cut"), AGON_ECORRUPT);
    }
    // Every byte of the table counts: sizes, number of frames, magics.
    for (uint64_t at = n - 9 - 8; at < n; at++) {
        int rc;

        whole[at] ^= 0xff;
        ck_assert_int_eq(disk_mem_set(mem, "bad", whole, n), AGON_OK);
        rc = packed_open(&packed, &disk, "bad");
        if (rc >= 0) { // a size that could be; its block says otherwise
            rc = packed_read(packed, 0, plain, n_plain) == (int64_t)n_plain ? 1 : AGON_ECORRUPT;
            packed_close(packed);
        }
        ck_assert_msg(rc == AGON_ECORRUPT, "byte %llu before the end",
                      (unsigned long long)(n - at));
        whole[at] ^= 0xff;
    }
    free(whole);
    free(plain);
    disk_mem_free(mem);
}
END_TEST

START_TEST(a_full_disk_keeps_the_plain_one)
{
    struct disk_mem *mem = disk_mem_new(512);
    struct disk disk = disk_mem_port(mem);
    struct journal_packing packing = {.stop = NULL};
    struct journal_summary summary;
    struct error err = {0};
    uint64_t last = make_journal(mem, 200, SEGMENT_BYTES_MIN), n;

    disk_mem_room(mem, 0, 0);
    ck_assert_int_eq(journal_pack(&disk, &packing, &err), AGON_ENOSPC);
    ck_assert_msg(strstr(err.text, "it stays as it is") != NULL, "%s", err.text);
    ck_assert_ptr_null(disk_mem_bytes(mem, PACKED_NEW, &n));
    disk_mem_room(mem, UINT64_MAX, 0);
    ck_assert_int_eq(help_read(mem, NULL, &summary, &err), (int64_t)last);
    ck_assert_uint_gt(pack_all(mem), 0);
    disk_mem_free(mem);
}
END_TEST

/* The power fails in every operation of packing: the journal is whole each time, and packing goes
 * on where it was. */
START_TEST(a_crash_while_packing_loses_nothing)
{
    struct disk_mem *fresh = disk_mem_new(512);
    uint64_t last = make_journal(fresh, 40, SEGMENT_BYTES_MIN), n_ops;
    struct disk_mem *mem = disk_mem_copy(fresh);
    uint64_t n_before = disk_mem_ops(mem);
    uint32_t n_all = pack_all(mem);

    n_ops = disk_mem_ops(mem) - n_before;
    disk_mem_free(mem);
    ck_assert_uint_gt(n_all, 1);
    for (uint64_t at = 1; at <= n_ops; at++) {
        for (int keep = 0; keep < DISK_MEM_KEEPS; keep++) {
            struct journal_packing packing = {.stop = NULL};
            struct journal_summary summary;
            struct error err = {0};
            struct disk disk;

            mem = disk_mem_copy(fresh);
            disk = disk_mem_port(mem);
            disk_mem_stop_at(mem, at);
            while (!disk_mem_is_stopped(mem) && journal_pack(&disk, &packing, NULL) == 1) {
            }
            disk_mem_crash(mem, (enum disk_mem_keep)keep, at);
            ck_assert_msg(help_read(mem, NULL, &summary, &err) == (int64_t)last,
                          "operation %llu, %d: %s", (unsigned long long)at, keep, err.text);
            ck_assert_int_eq(journal_recover(&disk, NULL, &summary, &err), AGON_OK);
            (void)pack_all(mem);
            ck_assert_int_eq(help_read(mem, NULL, &summary, &err), (int64_t)last);
            ck_assert_uint_eq(summary.n_packed[0] + summary.n_packed[1], n_all);
            disk_mem_free(mem);
        }
    }
    disk_mem_free(fresh);
}
END_TEST

/* A disk that does something of its own before one of its calls. */
struct hooked {
    struct disk under;
    struct disk_mem *mem;
    struct help_host *host;
    int at_write, at_rename, at_remove; /* what to do before it; done once */
    uint64_t n_reads;
};
enum { NOTHING = 0, FLIP = 1, DROP = 2 };

static void hook(struct hooked *hooked, int *what)
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

static int hooked_open(void *ctx, const char *name, uint64_t bytes)
{
    struct hooked *hooked = ctx;

    // The compressed file is opened once to be written, and then to be read back.
    if (strcmp(name, PACKED_NEW) == 0 && bytes == 0)
        hook(hooked, &hooked->at_write);
    return hooked->under.open(hooked->under.ctx, name, bytes);
}

static int hooked_rename(void *ctx, const char *from, const char *to)
{
    struct hooked *hooked = ctx;

    hook(hooked, &hooked->at_rename);
    return hooked->under.rename(hooked->under.ctx, from, to);
}

static int hooked_remove(void *ctx, const char *name)
{
    struct hooked *hooked = ctx;

    if (strcmp(name, PACKED_NEW) != 0)
        hook(hooked, &hooked->at_remove);
    return hooked->under.remove(hooked->under.ctx, name);
}

#define UNDER(name) hooked_under_##name
static void hooked_under_close(void *ctx, int file)
{
    struct hooked *hooked = ctx;

    hooked->under.close(hooked->under.ctx, file);
}
static int hooked_under_write(void *ctx, int file, uint64_t offset, const void *bytes, uint64_t n)
{
    struct hooked *hooked = ctx;

    return hooked->under.write(hooked->under.ctx, file, offset, bytes, n);
}
static int64_t hooked_under_read(void *ctx, int file, uint64_t offset, void *bytes, uint64_t n)
{
    struct hooked *hooked = ctx;

    hooked->n_reads++;
    return hooked->under.read(hooked->under.ctx, file, offset, bytes, n);
}
static int hooked_under_sync(void *ctx, int file)
{
    struct hooked *hooked = ctx;

    return hooked->under.sync(hooked->under.ctx, file);
}
static int64_t hooked_under_size(void *ctx, int file)
{
    struct hooked *hooked = ctx;

    return hooked->under.size(hooked->under.ctx, file);
}
static int hooked_under_truncate(void *ctx, int file, uint64_t bytes)
{
    struct hooked *hooked = ctx;

    return hooked->under.truncate(hooked->under.ctx, file, bytes);
}
static int hooked_under_sync_dir(void *ctx)
{
    struct hooked *hooked = ctx;

    return hooked->under.sync_dir(hooked->under.ctx);
}
static int hooked_under_list(void *ctx, int (*each)(void *arg, const char *name), void *arg)
{
    struct hooked *hooked = ctx;

    return hooked->under.list(hooked->under.ctx, each, arg);
}

static struct disk hooked_port(struct hooked *hooked)
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

START_TEST(what_the_disk_spoils_while_it_is_written_is_not_taken)
{
    struct disk_mem *mem = disk_mem_new(512);
    uint64_t last = make_journal(mem, 200, SEGMENT_BYTES_MIN), n;
    struct hooked hooked = {.under = disk_mem_port(mem), .mem = mem, .at_write = FLIP};
    struct disk disk = hooked_port(&hooked);
    struct journal_packing packing = {.stop = NULL};
    struct journal_summary summary;
    struct error err = {0};
    uint32_t n_all;

    ck_assert_int_eq(journal_pack(&disk, &packing, &err), AGON_ECORRUPT);
    ck_assert_ptr_null(disk_mem_bytes(mem, PACKED_NEW, &n));
    ck_assert_int_eq(help_read(mem, NULL, &summary, &err), (int64_t)last);
    ck_assert_uint_eq(summary.n_packed[0] + summary.n_packed[1], 0);
    // That segment is passed over; the others go on.
    for (n_all = 0; journal_pack(&disk, &packing, &err) == 1; n_all++) {
    }
    ck_assert_uint_eq(n_all + 1, summary.n_segments[0] + summary.n_segments[1] - 2 * PACKED_WARM);
    ck_assert_int_eq(help_read(mem, NULL, &summary, &err), (int64_t)last);
    disk_mem_free(mem);
}
END_TEST

START_TEST(what_is_dropped_while_it_is_packed_leaves_nothing)
{
    for (int when = 0; when < 3; when++) {
        struct disk_mem *mem = disk_mem_new(512);
        struct journal_config config = help_config();
        struct help_host host;
        struct hooked hooked = {.under = disk_mem_port(mem),
                                .mem = mem,
                                .host = &host,
                                .at_write = when == 0 ? DROP : NOTHING,
                                .at_rename = when == 1 ? DROP : NOTHING,
                                .at_remove = when == 2 ? DROP : NOTHING};
        struct disk disk = hooked_port(&hooked);
        struct journal_packing packing = {.stop = NULL};
        struct journal_summary summary;
        struct error err = {0};
        char name[PACKED_NAME];
        uint64_t n;

        ck_assert_int_eq(help_open(&host, mem, &config), AGON_OK);
        for (int i = 0; i < 200; i++) {
            help_append(&host, 50);
            ck_assert_int_eq(journal_writer_step(host.writer), 1);
        }
        ck_assert_msg(journal_pack(&disk, &packing, &err) == 1, "%s", err.text);
        packed_name(name, JOURNAL_MARKET, 1);
        ck_assert_msg(disk_mem_bytes(mem, name, &n) == NULL, "dropped at %d and still there", when);
        segment_name(name, JOURNAL_MARKET, 1);
        ck_assert_ptr_null(disk_mem_bytes(mem, name, &n));
        help_append(&host, 50);
        ck_assert_int_eq(help_close(&host), AGON_OK);
        ck_assert_int_eq(help_read(mem, NULL, &summary, &err), (int64_t)host.seq);
        ck_assert_uint_gt(summary.n_dropped, 0);
        disk_mem_free(mem);
    }
}
END_TEST

START_TEST(packing_ends_soon_when_it_is_told_to)
{
    struct disk_mem *mem = disk_mem_new(512);
    struct disk disk = disk_mem_port(mem);
    _Atomic uint32_t stop = 1;
    struct journal_packing packing = {.stop = &stop};
    uint64_t n;

    (void)make_journal(mem, 200, SEGMENT_BYTES_MIN);
    ck_assert_int_eq(journal_pack(&disk, &packing, NULL), 0);
    ck_assert_ptr_null(disk_mem_bytes(mem, PACKED_NEW, &n));
    ck_assert_uint_gt(pack_all(mem), 0);
    disk_mem_free(mem);
}
END_TEST

START_TEST(many_damaged_blocks_are_read_in_good_time)
{
    // As work, not as time: a damaged block is read once in a pass, and not for every 8 bytes of
    // it.
    struct disk_mem *mem = disk_mem_new(512);
    struct hooked hooked = {.under = disk_mem_port(mem), .mem = mem};
    struct disk disk = hooked_port(&hooked);
    struct journal_reading forced = {.is_forced = 1};
    struct journal_reader *reader;
    struct error err = {0};
    char name[PACKED_NAME];
    unsigned char *bytes;
    uint64_t n;

    (void)make_journal(mem, 1000, BLOCKS);
    (void)pack_all(mem);
    packed_name(name, JOURNAL_MARKET, 1);
    bytes = disk_mem_bytes(mem, name, &n);
    for (uint64_t i = 1; i < 4; i++) // not the first one, which holds the head
        bytes[n * (2 * i + 1) / 8] ^= 0x10;
    reader = journal_reader_open(&disk, &forced, &err);
    ck_assert_msg(reader != NULL, "%s", err.text);
    journal_reader_close(reader);
    ck_assert_uint_lt(hooked.n_reads, 5000);
    disk_mem_free(mem);
}
END_TEST

START_TEST(a_cut_file_is_named_in_its_own_form)
{
    struct disk_mem *mem = disk_mem_new(512);
    struct journal_summary summary;
    struct error err = {0};
    char name[PACKED_NAME];
    unsigned char *whole;
    uint64_t n;

    (void)make_journal(mem, 200, SEGMENT_BYTES_MIN);
    (void)pack_all(mem);
    packed_name(name, JOURNAL_MARKET, 1);
    whole = copy_of(mem, name, &n);
    ck_assert_int_eq(disk_mem_set(mem, name, whole, n / 2), AGON_OK);
    ck_assert_int_eq(help_read(mem, NULL, &summary, &err), AGON_ECORRUPT);
    ck_assert_msg(strstr(err.text, name) != NULL && strstr(err.text, "--force") != NULL, "%s",
                  err.text);
    free(whole);
    disk_mem_free(mem);
}
END_TEST

START_TEST(a_hole_is_no_end_though_a_host_writes)
{
    struct disk_mem *mem = disk_mem_new(512);
    struct disk disk = disk_mem_port(mem);
    struct journal_reading live = {.is_live = 1};
    struct journal_config config = help_config();
    struct journal_summary summary;
    struct help_host host;
    struct error err = {0};
    char name[PACKED_NAME];
    int is_gone = 0;

    ck_assert_int_eq(help_open(&host, mem, &config), AGON_OK);
    for (int i = 0; i < 200; i++) {
        help_append(&host, 50);
        ck_assert_int_eq(journal_writer_step(host.writer), 1);
    }
    ck_assert_int_gt(help_read(mem, &live, &summary, &err), 9000);
    // The second market segment goes, as by an operator's mistake.
    for (uint64_t seq = 2; !is_gone && seq < 10000; seq++) {
        segment_name(name, JOURNAL_MARKET, seq);
        is_gone = disk.remove(disk.ctx, name) == AGON_OK;
    }
    ck_assert_int_eq(is_gone, 1);
    ck_assert_int_eq(help_read(mem, &live, &summary, &err), AGON_ECORRUPT);
    ck_assert_msg(strstr(err.text, "a segment is missing") != NULL, "%s", err.text);
    help_kill(&host);
    disk_mem_free(mem);
}
END_TEST

/* On a real directory: one thread writes and drops, one packs, one reads all the while. */
struct beside {
    struct disk *disk;
    _Atomic uint32_t is_over;
    _Atomic uint32_t n_packed;
};

static void *pack_beside(void *arg)
{
    struct beside *beside = arg;
    struct journal_packing packing = {.stop = &beside->is_over};

    while (atomic_load(&beside->is_over) == 0) {
        struct error err = {0};
        int rc = journal_pack(beside->disk, &packing, &err);

        if (rc < 0) {
            atomic_store(&beside->is_over, 1);
            return beside; // not to be
        }
        beside->n_packed += (uint32_t)rc;
    }
    return NULL;
}

static void *read_beside(void *arg)
{
    struct beside *beside = arg;
    struct journal_reading live = {.is_live = 1};
    uint64_t most = 0;

    while (atomic_load(&beside->is_over) == 0) {
        struct error err = {0};
        struct journal_reader *reader = journal_reader_open(beside->disk, &live, &err);

        if (reader == NULL || journal_reader_summary(reader)->end.next_seq < most) {
            fprintf(stderr, "reading beside a writer: %s\n", err.text);
            return beside;
        }
        most = journal_reader_summary(reader)->end.next_seq;
        journal_reader_close(reader);
    }
    return NULL;
}

START_TEST(packing_beside_a_writer_and_a_reader)
{
    char path[] = "agon-test-packed-XXXXXX";
    struct disk_posix posix;
    struct journal_config config = help_config();
    struct journal_buffer buffer;
    struct journal_summary summary;
    struct journal_writer *writer;
    struct beside beside = {.disk = &posix.port};
    struct error err = {0};
    static union help_event event;
    pthread_t packer, reader;
    void *failed[2] = {NULL, NULL};
    uint64_t seq = 0;

    ck_assert_ptr_nonnull(mkdtemp(path));
    ck_assert_int_eq(disk_posix_open(&posix, path, &err), AGON_OK);
    config.is_async = 1;
    ck_assert_int_eq(journal_recover(&posix.port, NULL, &summary, &err), AGON_OK);
    ck_assert_int_eq(journal_buffer_init(&buffer, 1 << 20, 1), AGON_OK);
    writer = journal_writer_new(&posix.port, &buffer, &config, &summary.end, &err);
    ck_assert_ptr_nonnull(writer);
    ck_assert_int_eq(pthread_create(&packer, NULL, pack_beside, &beside), 0);
    ck_assert_int_eq(pthread_create(&reader, NULL, read_beside, &beside), 0);
    // A busy machine may let the packer begin late: what it packs is written beside it all the
    // same.
    for (int i = 0; i < 800 || (beside.n_packed == 0 && !beside.is_over); i++) {
        for (int k = 0; k < 50; k++)
            ck_assert_int_eq(journal_append(&buffer, help_event(&event, ++seq)), 0);
        ck_assert_int_eq(journal_writer_step(writer), 1);
        if (i % 200 == 199)
            ck_assert_msg(journal_writer_drop(writer, seq / 2, 200000, &err) >= 0, "%s", err.text);
    }
    atomic_store(&beside.is_over, 1);
    ck_assert_int_eq(pthread_join(packer, &failed[0]), 0);
    ck_assert_int_eq(pthread_join(reader, &failed[1]), 0);
    ck_assert_ptr_null(failed[0]);
    ck_assert_ptr_null(failed[1]);
    ck_assert_int_eq(journal_writer_close(writer, &err), AGON_OK);
    journal_writer_free(writer);
    journal_buffer_deinit(&buffer);
    ck_assert_uint_gt(beside.n_packed, 0);
    ck_assert_int_eq(journal_recover(&posix.port, NULL, &summary, &err), AGON_OK);
    ck_assert_uint_eq(summary.end.next_seq, seq + 1);
    disk_posix_close(&posix);
    file_remove_tree(path);
}
END_TEST

/* A disk that fails in the nth of its calls, each time that it is asked to: by an error, or, where
 * it reads, by giving less than there is. */
struct failing {
    struct disk under;
    uint64_t n, at;
    int is_short, has_failed;
};

static int fails(void *ctx)
{
    struct failing *failing = ctx;

    if (++failing->n != failing->at)
        return 0;
    failing->has_failed = 1;
    return 1;
}
static const struct disk *below(void *ctx)
{
    return &((struct failing *)ctx)->under;
}
static int failing_open(void *ctx, const char *name, uint64_t bytes)
{
    return fails(ctx) ? AGON_EIO : below(ctx)->open(below(ctx)->ctx, name, bytes);
}
static void failing_close(void *ctx, int file)
{
    below(ctx)->close(below(ctx)->ctx, file);
}
static int failing_write(void *ctx, int file, uint64_t offset, const void *bytes, uint64_t n)
{
    return fails(ctx) ? AGON_EIO : below(ctx)->write(below(ctx)->ctx, file, offset, bytes, n);
}
static int64_t failing_read(void *ctx, int file, uint64_t offset, void *bytes, uint64_t n)
{
    int is_now = fails(ctx);

    if (is_now && !((struct failing *)ctx)->is_short)
        return AGON_EIO;
    return below(ctx)->read(below(ctx)->ctx, file, offset, bytes, is_now ? n / 2 : n);
}
static int failing_sync(void *ctx, int file)
{
    return fails(ctx) ? AGON_EIO : below(ctx)->sync(below(ctx)->ctx, file);
}
static int64_t failing_size(void *ctx, int file)
{
    return fails(ctx) ? AGON_EIO : below(ctx)->size(below(ctx)->ctx, file);
}
static int failing_truncate(void *ctx, int file, uint64_t bytes)
{
    return fails(ctx) ? AGON_EIO : below(ctx)->truncate(below(ctx)->ctx, file, bytes);
}
static int failing_rename(void *ctx, const char *from, const char *to)
{
    return fails(ctx) ? AGON_EIO : below(ctx)->rename(below(ctx)->ctx, from, to);
}
static int failing_remove(void *ctx, const char *name)
{
    return fails(ctx) ? AGON_EIO : below(ctx)->remove(below(ctx)->ctx, name);
}
static int failing_sync_dir(void *ctx)
{
    return fails(ctx) ? AGON_EIO : below(ctx)->sync_dir(below(ctx)->ctx);
}
static int failing_list(void *ctx, int (*each)(void *arg, const char *name), void *arg)
{
    return fails(ctx) ? AGON_EIO : below(ctx)->list(below(ctx)->ctx, each, arg);
}
static struct disk failing_port(struct failing *failing)
{
    return (struct disk){.ctx = failing,
                         .open = failing_open,
                         .close = failing_close,
                         .write = failing_write,
                         .read = failing_read,
                         .sync = failing_sync,
                         .size = failing_size,
                         .truncate = failing_truncate,
                         .rename = failing_rename,
                         .remove = failing_remove,
                         .sync_dir = failing_sync_dir,
                         .list = failing_list};
}

START_TEST(a_disk_that_fails_while_it_packs_loses_nothing)
{
    struct disk_mem *fresh = disk_mem_new(512);
    uint64_t last = make_journal(fresh, 40, SEGMENT_BYTES_MIN);
    uint32_t n_failed = 0;

    for (int is_short = 0; is_short < 2; is_short++) {
        for (uint64_t at = 1;; at++) {
            struct disk_mem *mem = disk_mem_copy(fresh);
            struct failing failing = {.under = disk_mem_port(mem), .at = at, .is_short = is_short};
            struct disk disk = failing_port(&failing);
            struct journal_packing packing = {.stop = NULL};
            struct journal_summary summary;
            struct error err = {0};
            int rc = journal_pack(&disk, &packing, &err);

            ck_assert_msg(help_read(mem, NULL, &summary, &err) == (int64_t)last, "call %llu: %s",
                          (unsigned long long)at, err.text);
            // Whatever failed, those that come after it are packed, and nothing stands twice.
            (void)pack_all(mem);
            ck_assert_int_eq(help_read(mem, NULL, &summary, &err), (int64_t)last);
            disk_mem_free(mem);
            if (!failing.has_failed) {
                ck_assert_int_eq(rc, 1);
                break;
            }
            n_failed += rc < 0;
        }
    }
    ck_assert_uint_gt(n_failed, 20);
    disk_mem_free(fresh);
}
END_TEST

START_TEST(a_disk_that_fails_while_it_unpacks_leaves_the_packed_one)
{
    struct disk_mem *fresh = disk_mem_new(512);
    uint64_t last = make_journal(fresh, 1000, BLOCKS), n_plain, n;
    unsigned char *plain;
    char name[PACKED_NAME];
    uint32_t n_failed = 0;

    segment_name(name, JOURNAL_MARKET, 1);
    plain = copy_of(fresh, name, &n_plain);
    (void)pack_all(fresh);
    for (int is_short = 0; is_short < 2; is_short++) {
        for (uint64_t at = 1;; at++) {
            struct disk_mem *mem = disk_mem_copy(fresh);
            struct failing failing = {.under = disk_mem_port(mem), .at = at, .is_short = is_short};
            struct disk disk = failing_port(&failing);
            struct journal_summary summary;
            struct error err = {0};
            int rc = packed_restore(&disk, JOURNAL_MARKET, 1, n_plain);
            const unsigned char *now = disk_mem_bytes(mem, name, &n);

            // The plain one is there and whole, or it is not there.
            ck_assert(now == NULL || (n == n_plain && memcmp(now, plain, n) == 0));
            ck_assert(rc < 0 || now != NULL);
            ck_assert_msg(help_read(mem, NULL, &summary, &err) == (int64_t)last, "call %llu: %s",
                          (unsigned long long)at, err.text);
            disk_mem_free(mem);
            if (!failing.has_failed) {
                ck_assert_int_eq(rc, AGON_OK);
                break;
            }
            n_failed += rc < 0;
        }
    }
    ck_assert_uint_gt(n_failed, 10);
    // More than it has cannot be restored, and nothing is made of it.
    {
        struct disk disk = disk_mem_port(fresh);

        ck_assert_int_eq(packed_restore(&disk, JOURNAL_MARKET, 1, n_plain + 1), AGON_ECORRUPT);
        ck_assert_ptr_null(disk_mem_bytes(fresh, name, &n));
        ck_assert_int_eq(packed_restore(&disk, JOURNAL_MARKET, 2, 1), AGON_ENOENT);
    }
    free(plain);
    disk_mem_free(fresh);
}
END_TEST

START_TEST(a_disk_error_is_no_damage)
{
    struct disk_mem *mem = disk_mem_new(512);
    struct failing failing = {.under = disk_mem_port(mem)};
    struct disk disk = failing_port(&failing);
    unsigned char *part = malloc(PACKED_BLOCK);
    struct packed *packed;
    char name[PACKED_NAME];

    (void)make_journal(mem, 1000, BLOCKS);
    (void)pack_all(mem);
    packed_name(name, JOURNAL_MARKET, 1);
    ck_assert_int_eq(packed_open(&packed, &disk, name), AGON_OK);
    failing.at = failing.n + 1;
    ck_assert_int_eq(packed_read(packed, 0, part, 100), AGON_EIO);
    packed_close(packed);
    // Sizes and removal say what the disk says.
    failing.at = failing.n + 1;
    ck_assert_int_eq(packed_disk_bytes(&disk, JOURNAL_MARKET, 1), AGON_EIO);
    ck_assert_int_gt(packed_disk_bytes(&disk, JOURNAL_MARKET, 1), 0);
    ck_assert_int_eq(packed_disk_bytes(&disk, JOURNAL_MARKET, 2), AGON_ENOENT);
    failing.at = failing.n + 1;
    ck_assert_int_eq(packed_remove(&disk, JOURNAL_MARKET, 1), AGON_EIO);
    failing.at = failing.n + 2;
    ck_assert_int_eq(packed_remove(&disk, JOURNAL_MARKET, 1), AGON_EIO);
    ck_assert_int_eq(packed_remove(&disk, JOURNAL_MARKET, 1), AGON_OK);
    ck_assert_int_eq(packed_remove(&disk, JOURNAL_MARKET, 1), AGON_ENOENT);
    free(part);
    disk_mem_free(mem);
}
END_TEST

/* Other programs write the table with a checksum behind each entry. */
START_TEST(a_table_with_checksums_is_read_too)
{
    struct disk_mem *mem = disk_mem_new(512);
    struct disk disk = disk_mem_port(mem);
    char name[PACKED_NAME];
    unsigned char *plain, *packed_bytes, *with, *again;
    struct packed *packed;
    uint64_t n_plain, n, n_blocks, table_at, to;

    (void)make_journal(mem, 1000, BLOCKS);
    segment_name(name, JOURNAL_MARKET, 1);
    plain = copy_of(mem, name, &n_plain);
    (void)pack_all(mem);
    packed_name(name, JOURNAL_MARKET, 1);
    packed_bytes = copy_of(mem, name, &n);
    n_blocks = (n_plain + PACKED_BLOCK - 1) / PACKED_BLOCK;
    table_at = n - 9 - n_blocks * 8;
    with = calloc(1, n + n_blocks * 4);
    memcpy(with, packed_bytes, table_at);
    with[table_at - 4] = (unsigned char)(n_blocks * 12 + 9); // of the skippable frame
    with[table_at - 3] = (unsigned char)((n_blocks * 12 + 9) >> 8);
    to = table_at;
    for (uint64_t i = 0; i < n_blocks; i++, to += 12)
        memcpy(with + to, packed_bytes + table_at + i * 8, 8);
    memcpy(with + to, packed_bytes + n - 9, 9);
    with[to + 4] |= 0x80;
    ck_assert_int_eq(disk_mem_set(mem, "with", with, to + 9), AGON_OK);
    ck_assert_int_eq(packed_open(&packed, &disk, "with"), AGON_OK);
    again = malloc(n_plain);
    ck_assert_int_eq(packed_read(packed, 0, again, n_plain), (int64_t)n_plain);
    ck_assert_mem_eq(again, plain, n_plain);
    packed_close(packed);
    free(plain);
    free(packed_bytes);
    free(with);
    free(again);
    disk_mem_free(mem);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("journal_packed");
    TCase *tcase = tcase_create("packed");

    tcase_set_timeout(tcase, 100);
    tcase_add_test(tcase, a_packed_journal_is_the_same_journal);
    tcase_add_test(tcase, any_part_of_it_is_read_as_of_the_plain_one);
    tcase_add_test(tcase, damage_is_named_and_force_reads_up_to_it);
    tcase_add_test(tcase, a_table_that_is_none_is_refused);
    tcase_add_test(tcase, a_full_disk_keeps_the_plain_one);
    tcase_add_test(tcase, a_crash_while_packing_loses_nothing);
    tcase_add_test(tcase, what_the_disk_spoils_while_it_is_written_is_not_taken);
    tcase_add_test(tcase, what_is_dropped_while_it_is_packed_leaves_nothing);
    tcase_add_test(tcase, packing_ends_soon_when_it_is_told_to);
    tcase_add_test(tcase, many_damaged_blocks_are_read_in_good_time);
    tcase_add_test(tcase, a_cut_file_is_named_in_its_own_form);
    tcase_add_test(tcase, a_hole_is_no_end_though_a_host_writes);
    tcase_add_test(tcase, packing_beside_a_writer_and_a_reader);
    tcase_add_test(tcase, a_disk_that_fails_while_it_packs_loses_nothing);
    tcase_add_test(tcase, a_disk_that_fails_while_it_unpacks_leaves_the_packed_one);
    tcase_add_test(tcase, a_disk_error_is_no_damage);
    tcase_add_test(tcase, a_table_with_checksums_is_read_too);
    suite_add_tcase(suite, tcase);
    return help_main(suite);
}
