// SPDX-License-Identifier: Apache-2.0
#include "help.h"

/* A closed journal of n events, synced every few. */
static struct disk_mem *closed_journal(uint32_t n, uint32_t per_step)
{
    struct disk_mem *mem = disk_mem_new(512);
    struct journal_config config = help_config();
    struct help_host host;

    ck_assert_int_eq(help_open(&host, mem, &config), AGON_OK);
    for (uint32_t done = 0; done < n; done += per_step) {
        help_append(&host, per_step);
        ck_assert_int_eq(journal_writer_step(host.writer), 1);
        ck_assert_uint_eq(journal_durable_seq(&host.buffer), host.seq);
    }
    ck_assert_int_eq(help_close(&host), AGON_OK);
    return mem;
}

START_TEST(what_was_written_is_read_in_order)
{
    struct disk_mem *mem = closed_journal(3000, 30);
    struct journal_summary summary;
    struct error err = {0};

    ck_assert_int_eq(help_read(mem, NULL, &summary, &err), 3000);
    ck_assert_uint_eq(summary.n_records, 3000);
    ck_assert_uint_eq(summary.end.next_seq, 3001);
    ck_assert_uint_eq(summary.n_torn, 0);
    ck_assert_int_eq(summary.is_clean, 1);
    ck_assert_uint_gt(summary.n_segments[JOURNAL_MARKET], 1);
    ck_assert_uint_gt(summary.n_segments[JOURNAL_MONEY], 1);
    disk_mem_free(mem);
}
END_TEST

START_TEST(reading_may_begin_anywhere)
{
    struct disk_mem *mem = closed_journal(2000, 50);

    for (uint64_t from = 1; from <= 2001; from += 250) {
        struct journal_reading reading = {.from_seq = from};
        struct journal_summary summary;
        struct error err = {0};

        ck_assert_int_eq(help_read(mem, &reading, &summary, &err), 2000);
        ck_assert_uint_eq(summary.n_records, 2001 - from);
    }
    disk_mem_free(mem);
}
END_TEST

START_TEST(an_empty_directory_is_an_empty_journal)
{
    struct disk_mem *mem = disk_mem_new(512);
    struct journal_summary summary;
    struct error err = {0};

    ck_assert_int_eq(help_read(mem, NULL, &summary, &err), 0);
    ck_assert_uint_eq(summary.end.next_seq, 1);
    disk_mem_free(mem);
}
END_TEST

START_TEST(a_journal_goes_on_over_restarts)
{
    struct disk_mem *mem = disk_mem_new(512);
    struct journal_config config = help_config();
    struct journal_summary summary;
    struct error err = {0};

    for (uint32_t run = 1; run <= 6; run++) {
        struct help_host host;

        config.run = run;
        ck_assert_int_eq(help_open(&host, mem, &config), AGON_OK);
        ck_assert_uint_eq(host.seq, (run - 1) * 100);
        ck_assert_uint_eq(host.summary.end.last_run, run - 1);
        help_append(&host, 100);
        ck_assert_int_eq(journal_writer_step(host.writer), 1);
        if (run % 2 == 0)
            help_kill(&host);
        else
            ck_assert_int_eq(help_close(&host), AGON_OK);
    }
    ck_assert_int_eq(help_read(mem, NULL, &summary, &err), 600);
    disk_mem_free(mem);
}
END_TEST

/* CRC32C bit by bit (RFC 3720), so that the check does not lean on the code under test. */
static uint32_t crc_bitwise(uint32_t crc, const unsigned char *bytes, uint64_t n)
{
    crc = ~crc;
    for (uint64_t i = 0; i < n; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ ((crc & 1) != 0 ? 0x82f63b78u : 0);
    }
    return ~crc;
}

static uint64_t number(const unsigned char *at, int n)
{
    uint64_t value = 0;

    for (int i = n - 1; i >= 0; i--)
        value = value << 8 | at[i];
    return value;
}

START_TEST(the_files_are_as_the_header_says)
{
    struct disk_mem *mem = closed_journal(60, 20);
    uint64_t n = 0, at = 4096, n_events = 0, n_marks = 0, last_seq = 0;
    const unsigned char *bytes = disk_mem_bytes(mem, "money-00000000000000000001.aj", &n);
    uint32_t crc;

    if (bytes == NULL) // the first money event decides the name
        bytes = disk_mem_bytes(mem, "money-00000000000000000002.aj", &n);
    ck_assert_ptr_nonnull(bytes);
    ck_assert_int_eq(memcmp(bytes, "AGONAJ\r\n\x04\x03\x02\x01\x01\0\0\0\x01\0\0\0\0\x02\0\0", 24),
                     0);
    ck_assert_int_eq(memcmp(bytes + 64, "journal of test\0test", 20), 0);
    crc = crc_bitwise(0, bytes, 4092);
    ck_assert_uint_eq(number(bytes + 4092, 4), crc);
    while (at < n) {
        uint64_t length = 8 * number(bytes + at + 4, 2);

        ck_assert_uint_ge(length, 8);
        ck_assert_uint_le(at + length, n);
        crc = crc_bitwise(crc, bytes + at + 4, length - 4);
        ck_assert_uint_eq(number(bytes + at, 4), crc);
        if (bytes[at + 6] == 1) {
            ck_assert_uint_eq(length, 8 + 64 * number(bytes + at + 10, 1));
            ck_assert_uint_gt(number(bytes + at + 16, 8), last_seq);
            last_seq = number(bytes + at + 16, 8);
            n_events++;
        }
        n_marks += bytes[at + 6] == 3;
        at += length;
    }
    ck_assert_uint_eq(at, n);
    ck_assert_uint_gt(n_events, 5);
    ck_assert_uint_eq(n_marks, 3); // at the second and third step, and when closed
    disk_mem_free(mem);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("journal_reader");
    TCase *tcase = tcase_create("reader");

    tcase_add_test(tcase, what_was_written_is_read_in_order);
    tcase_add_test(tcase, reading_may_begin_anywhere);
    tcase_add_test(tcase, an_empty_directory_is_an_empty_journal);
    tcase_add_test(tcase, a_journal_goes_on_over_restarts);
    tcase_add_test(tcase, the_files_are_as_the_header_says);
    suite_add_tcase(suite, tcase);
    return help_main(suite);
}
