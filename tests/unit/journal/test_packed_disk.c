// SPDX-License-Identifier: Apache-2.0
/* Compressed segments on disks that are full, fail, spoil what they are given or lose their power:
 * the plain one stays until the other is whole. */
#include <stdio.h>
#include <stdlib.h>

#include "packed_rig.h"

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

int main(void)
{
    Suite *suite = suite_create("packed_disk");
    TCase *tcase = tcase_create("packed_disk");

    tcase_set_timeout(tcase, 100);
    tcase_add_test(tcase, a_full_disk_keeps_the_plain_one);
    tcase_add_test(tcase, a_crash_while_packing_loses_nothing);
    tcase_add_test(tcase, what_the_disk_spoils_while_it_is_written_is_not_taken);
    tcase_add_test(tcase, what_is_dropped_while_it_is_packed_leaves_nothing);
    tcase_add_test(tcase, a_disk_that_fails_while_it_packs_loses_nothing);
    tcase_add_test(tcase, a_disk_that_fails_while_it_unpacks_leaves_the_packed_one);
    tcase_add_test(tcase, a_disk_error_is_no_damage);
    suite_add_tcase(suite, tcase);
    return help_main(suite);
}
