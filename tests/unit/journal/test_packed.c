// SPDX-License-Identifier: Apache-2.0
/* Compressed segments: read as the plain ones, refused or ended where they are damaged, never in
 * the way of a writer, and never the only copy of anything until they are whole. */
#include <stdio.h>
#include <stdlib.h>
#include <zstd.h>

#include "help.h"
#include "journal/packed.h"

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
    struct error err = {0};
    uint32_t n = 0;
    int rc;

    while ((rc = journal_pack(&disk, &err)) == 1)
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
    struct journal_summary summary;
    struct error err = {0};
    uint64_t last = make_journal(mem, 200, SEGMENT_BYTES_MIN), n;

    disk_mem_room(mem, 0, 0);
    ck_assert_int_eq(journal_pack(&disk, &err), AGON_ENOSPC);
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
            struct journal_summary summary;
            struct error err = {0};
            struct disk disk;

            mem = disk_mem_copy(fresh);
            disk = disk_mem_port(mem);
            disk_mem_stop_at(mem, at);
            while (!disk_mem_is_stopped(mem) && journal_pack(&disk, NULL) == 1) {
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
    suite_add_tcase(suite, tcase);
    return help_main(suite);
}
