// SPDX-License-Identifier: Apache-2.0
/* Compressed segments: read as the plain ones, refused or ended where they are damaged, never in
 * the way of a writer, and never the only copy of anything until they are whole. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <zstd.h>

#include "base/sanitized.h"
#include "packed_rig.h"
#include "sys/disk_posix.h"
#include "sys/file.h"

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

/* KiB of this process that no file is behind. */
static long anonymous(void)
{
    FILE *file = fopen("/proc/self/smaps_rollup", "r");
    char line[200];
    long kib = -1;

    while (file != NULL && kib < 0 && fgets(line, sizeof(line), file) != NULL)
        (void)sscanf(line, "Anonymous: %ld", &kib);
    if (file != NULL)
        (void)fclose(file);
    return kib;
}

START_TEST(the_first_packed_segment_takes_no_memory)
{
    char path[] = "agon-test-packed-XXXXXX";
    struct disk_posix posix;
    struct disk_mem *mem = disk_mem_new(512);
    struct journal_packing packing = {.stop = NULL};
    struct error err = {0};
    long before;

    ck_assert_ptr_nonnull(mkdtemp(path));
    ck_assert_int_eq(disk_posix_open(&posix, path, &err), AGON_OK);
    (void)make_journal(mem, 1000, BLOCKS);
    for (uint64_t first = 1, n; first < 100000; first++) {
        char name[SEGMENT_NAME];
        const unsigned char *bytes;
        int file;

        segment_name(name, JOURNAL_MARKET, first);
        bytes = disk_mem_bytes(mem, name, &n);
        if (bytes == NULL)
            continue;
        file = posix.port.open(posix.port.ctx, name, n);
        ck_assert_int_ge(file, 0);
        ck_assert_int_ge(posix.port.write(posix.port.ctx, file, 0, bytes, n), 0);
        posix.port.close(posix.port.ctx, file);
    }
    ck_assert_int_eq(journal_packing_open(&packing), AGON_OK);
    before = anonymous();
    ck_assert_msg(journal_pack(&posix.port, &packing, &err) == 1, "%s", err.text);
    if (before >= 0 && !IS_SANITIZED) // what a sanitizer maps and keeps is not ours
        ck_assert_int_le(anonymous(), before + 32);
    journal_packing_close(&packing);
    disk_mem_free(mem);
    disk_posix_close(&posix);
    file_remove_tree(path);
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
    tcase_add_test(tcase, packing_ends_soon_when_it_is_told_to);
    tcase_add_test(tcase, many_damaged_blocks_are_read_in_good_time);
    tcase_add_test(tcase, a_cut_file_is_named_in_its_own_form);
    tcase_add_test(tcase, a_hole_is_no_end_though_a_host_writes);
    tcase_add_test(tcase, packing_beside_a_writer_and_a_reader);
    tcase_add_test(tcase, a_table_with_checksums_is_read_too);
    tcase_add_test(tcase, the_first_packed_segment_takes_no_memory);
    suite_add_tcase(suite, tcase);
    return help_main(suite);
}
