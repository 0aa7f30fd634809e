// SPDX-License-Identifier: Apache-2.0
/* Damage of every byte and every length of a small journal: either refused with file and offset, or
 * what is read is the beginning of what was written. */
#include "help.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/crc.h"
#include "journal/packed.h"

#define N_EVENTS 90

struct names {
    char all[32][PACKED_NAME];
    int n;
};

static int note(void *arg, const char *name)
{
    struct names *names = arg;

    if (strcmp(name, SEGMENT_RESERVE) != 0 && names->n < 32)
        (void)snprintf(names->all[names->n++], PACKED_NAME, "%s", name);
    return 0;
}

static struct names names_of(struct disk_mem *mem)
{
    struct disk disk = disk_mem_port(mem);
    struct names names = {.n = 0};

    (void)disk.list(disk.ctx, note, &names);
    return names;
}

static struct disk_mem *journal_of(uint32_t n, uint32_t per_step, int is_closed)
{
    struct disk_mem *mem = disk_mem_new(512);
    struct journal_config config = help_config();
    struct help_host host;

    ck_assert_int_eq(help_open(&host, mem, &config), AGON_OK);
    for (uint32_t done = 0; done < n; done += per_step) {
        help_append(&host, per_step);
        ck_assert_int_eq(journal_writer_step(host.writer), 1);
    }
    if (is_closed)
        ck_assert_int_eq(help_close(&host), AGON_OK);
    else
        help_kill(&host);
    return mem;
}

START_TEST(each_flipped_bit_of_a_closed_journal_is_found)
{
    struct disk_mem *mem = journal_of(N_EVENTS, 9, 1);
    struct names names = names_of(mem);
    uint64_t n_flips = 0, n_refused = 0;

    ck_assert_int_eq(names.n, 2);
    for (int i = 0; i < names.n; i++) {
        uint64_t n = 0;

        (void)disk_mem_bytes(mem, names.all[i], &n);
        for (uint64_t at = 0; at < n; at++) {
            struct journal_summary summary = {0};
            struct error err = {0};
            unsigned char *bytes = disk_mem_bytes(mem, names.all[i], &n);
            int64_t last;

            bytes[at] ^= (unsigned char)(1u << at % 8);
            last = help_read(mem, NULL, &summary, &err);
            bytes[at] ^= (unsigned char)(1u << at % 8);
            n_flips++;
            if (last < 0) {
                n_refused++;
                ck_assert_msg(strstr(err.text, names.all[i]) != NULL,
                              "flip in %s at %llu is reported as: %s", names.all[i],
                              (unsigned long long)at, err.text);
                ck_assert_ptr_nonnull(strstr(err.text, "offset"));
                continue;
            }
            // Only padding and mark behind the last event may break without a loss, and that is
            // seen.
            ck_assert_int_eq(last, N_EVENTS);
            ck_assert_msg(summary.n_torn > 0, "flip in %s at %llu went unseen", names.all[i],
                          (unsigned long long)at);
        }
    }
    ck_assert_uint_gt(n_refused, n_flips / 100 * 95);
    disk_mem_free(mem);
}
END_TEST

START_TEST(each_truncation_is_cut_or_refused)
{
    struct disk_mem *mem = journal_of(N_EVENTS, 9, _i);
    struct names names = names_of(mem);

    for (int i = 0; i < names.n; i++) {
        uint64_t n = 0;
        unsigned char *bytes = disk_mem_bytes(mem, names.all[i], &n);
        unsigned char *copy = malloc(n);

        ck_assert_ptr_nonnull(copy);
        memcpy(copy, bytes, n);
        for (uint64_t to = 0; to <= n; to += to < 20000 ? 4 : 997) {
            struct journal_summary summary = {0};
            struct error err = {0};
            int64_t last;

            ck_assert_int_eq(disk_mem_set(mem, names.all[i], copy, to), AGON_OK);
            last = help_read(mem, NULL, &summary, &err);
            if (last < 0) {
                ck_assert_int_eq(err.code, AGON_ECORRUPT);
                ck_assert_ptr_nonnull(strstr(err.text, "offset"));
            } else {
                ck_assert_int_le(last, N_EVENTS);
                // The class that is whole still vouches for all but the last step.
                ck_assert_int_ge(last, _i ? N_EVENTS : N_EVENTS - 9);
            }
        }
        ck_assert_int_eq(disk_mem_set(mem, names.all[i], copy, n), AGON_OK);
        free(copy);
    }
    disk_mem_free(mem);
}
END_TEST

START_TEST(a_torn_tail_is_cut_and_the_journal_goes_on)
{
    // Killed while the last step was being written: cut the money file at each place of its end.
    struct disk_mem *whole = journal_of(N_EVENTS, 9, 0);
    struct names names = names_of(whole);
    const char *money = names.all[1];
    uint64_t n = 0;
    unsigned char *bytes = disk_mem_bytes(whole, money, &n);

    while (n > 0 && bytes[n - 1] == 0)
        n--;
    // The last step begins on a sector; what lies before it was durable and must not be touched.
    for (uint64_t back = 0; back <= n % 512; back += 3) {
        struct disk_mem *mem = disk_mem_copy(whole);
        struct journal_config config = help_config();
        struct journal_summary summary;
        struct help_host host;
        struct error err = {0};
        uint64_t size = 0;
        unsigned char *at = disk_mem_bytes(mem, money, &size);

        memset(at + n - back, 0, back);
        config.run = 2;
        ck_assert_msg(help_open(&host, mem, &config) == AGON_OK, "%s", host.err.text);
        ck_assert_uint_ge(host.seq, N_EVENTS - 9);
        help_append(&host, 40);
        ck_assert_int_eq(journal_writer_step(host.writer), 1);
        ck_assert_int_eq(help_close(&host), AGON_OK);
        ck_assert_int_eq(help_read(mem, NULL, &summary, &err), (int64_t)host.seq);
        ck_assert_int_eq(summary.is_clean, 1);
        disk_mem_free(mem);
    }
    disk_mem_free(whole);
}
END_TEST

START_TEST(a_zeroed_page_in_the_middle_is_refused)
{
    struct disk_mem *mem = journal_of(900, 30, 1);
    struct names names = names_of(mem);

    for (int i = 0; i < names.n; i++) {
        uint64_t n = 0;
        unsigned char *bytes = disk_mem_bytes(mem, names.all[i], &n), page[4096];

        for (uint64_t at = 4096; at + 8192 <= n; at += 4096) {
            struct journal_summary summary;
            struct error err = {0};

            memcpy(page, bytes + at, sizeof(page));
            memset(bytes + at, 0, sizeof(page));
            ck_assert_int_eq(help_read(mem, NULL, &summary, &err), AGON_ECORRUPT);
            memcpy(bytes + at, page, sizeof(page));
        }
    }
    disk_mem_free(mem);
}
END_TEST

START_TEST(a_write_that_went_astray_is_refused)
{
    struct disk_mem *mem = journal_of(900, 30, 1);
    struct names names = names_of(mem);
    uint64_t n = 0;
    unsigned char *bytes = disk_mem_bytes(mem, names.all[0], &n), sector[512];
    struct journal_summary summary;
    struct error err = {0};

    memcpy(sector, bytes + 8192, 512);
    memcpy(bytes + 8192, bytes + 12288, 512);
    ck_assert_int_eq(help_read(mem, NULL, &summary, &err), AGON_ECORRUPT);
    memcpy(bytes + 8192, sector, 512);
    ck_assert_int_eq(help_read(mem, NULL, &summary, &err), 900);
    disk_mem_free(mem);
}
END_TEST

START_TEST(a_missing_or_swapped_segment_is_refused)
{
    struct disk_mem *whole = journal_of(3000, 30, 1);
    struct names names = names_of(whole);

    ck_assert_int_gt(names.n, 4);
    for (int i = 0; i < names.n; i++) {
        struct disk_mem *mem = disk_mem_copy(whole);
        struct disk disk = disk_mem_port(mem);
        struct journal_summary summary;
        struct error err = {0};

        ck_assert_int_eq(disk.remove(disk.ctx, names.all[i]), AGON_OK);
        ck_assert_int_eq(help_read(mem, NULL, &summary, &err), AGON_ECORRUPT);
        disk_mem_free(mem);
    }
    for (int i = 0; i + 1 < names.n; i++) {
        struct disk_mem *mem = disk_mem_copy(whole);
        struct disk disk = disk_mem_port(mem);
        struct journal_summary summary;
        struct error err = {0};

        ck_assert_int_eq(disk.rename(disk.ctx, names.all[i], "x"), AGON_OK);
        ck_assert_int_eq(disk.rename(disk.ctx, names.all[i + 1], names.all[i]), AGON_OK);
        ck_assert_int_eq(disk.rename(disk.ctx, "x", names.all[i + 1]), AGON_OK);
        ck_assert_int_eq(help_read(mem, NULL, &summary, &err), AGON_ECORRUPT);
        ck_assert_ptr_nonnull(strstr(err.text, ".aj"));
        disk_mem_free(mem);
    }
    disk_mem_free(whole);
}
END_TEST

static const struct {
    const char *what;
    uint32_t at;
    unsigned char bytes[8];
    uint32_t n;
    int code;
    const char *text;
} heads[] = {
    {"foreign magic", 0, "SQLite f", 8, AGON_EINVAL, "magic"},
    {"big-endian", 8, {1, 2, 3, 4}, 4, AGON_EVERSION, "big-endian"},
    {"class of no sense", 16, {9}, 1, AGON_ECORRUPT, "checksum"},
};

START_TEST(a_head_that_is_not_ours_is_named)
{
    struct disk_mem *mem = journal_of(N_EVENTS, 9, 1);
    struct names names = names_of(mem);
    struct journal_summary summary;
    struct error err = {0};
    uint64_t n = 0;

    memcpy(disk_mem_bytes(mem, names.all[1], &n) + heads[_i].at, heads[_i].bytes, heads[_i].n);
    ck_assert_int_eq(help_read(mem, NULL, &summary, &err), heads[_i].code);
    ck_assert_msg(strstr(err.text, heads[_i].text) != NULL, "%s: %s", heads[_i].what, err.text);
    disk_mem_free(mem);
}
END_TEST

START_TEST(a_later_version_is_named)
{
    struct disk_mem *mem = journal_of(N_EVENTS, 9, 1);
    struct names names = names_of(mem);
    struct segment_head head = {.cls = JOURNAL_MONEY, .align = 512, .first_seq = 1};
    struct journal_summary summary;
    struct error err = {0};
    uint64_t n = 0;
    unsigned char *bytes = disk_mem_bytes(mem, names.all[1], &n);
    uint32_t crc;

    (void)segment_head_encode(&head, bytes);
    bytes[12] = SEGMENT_VERSION_LAST + 1;
    // The checksum a later program would have written: over all but its own four bytes.
    crc = crc32c(0, bytes, SEGMENT_HEAD - 4);
    memcpy(bytes + SEGMENT_HEAD - 4, &crc, 4);
    ck_assert_int_eq(help_read(mem, NULL, &summary, &err), AGON_EVERSION);
    ck_assert_ptr_nonnull(strstr(err.text, "newer"));
    disk_mem_free(mem);
}
END_TEST

START_TEST(force_takes_damage_as_the_end)
{
    struct disk_mem *mem = journal_of(900, 30, 1);
    struct names names = names_of(mem);
    struct journal_reading reading = {.is_forced = 1};
    struct journal_config config = help_config();
    struct journal_summary summary = {0};
    struct help_host host;
    struct disk disk = disk_mem_port(mem);
    struct error err = {0};
    uint64_t n = 0;
    int64_t last;

    disk_mem_bytes(mem, names.all[0], &n)[n / 2] ^= 4;
    ck_assert_int_eq(help_read(mem, NULL, &summary, &err), AGON_ECORRUPT);
    last = help_read(mem, &reading, &summary, &err);
    ck_assert_int_gt(last, 0);
    ck_assert_int_lt(last, 900);
    ck_assert_int_eq(summary.is_forced, 1);
    ck_assert_int_eq(journal_recover(&disk, &reading, &summary, &err), AGON_OK);
    config.run = 2;
    ck_assert_int_eq(help_open(&host, mem, &config), AGON_OK);
    ck_assert_uint_eq(host.seq, (uint64_t)last);
    help_append(&host, 10);
    ck_assert_int_eq(help_close(&host), AGON_OK);
    ck_assert_int_eq(help_read(mem, NULL, &summary, &err), last + 10);
    disk_mem_free(mem);
}
END_TEST

START_TEST(force_leaves_no_mark_that_vouches_for_what_is_gone)
{
    // Each place of the market file is damaged in turn; after a forced repair the journal is good.
    struct disk_mem *whole = journal_of(N_EVENTS, 3, 1);
    struct names names = names_of(whole);
    struct journal_reading reading = {.is_forced = 1};
    uint64_t n = 0;

    (void)disk_mem_bytes(whole, names.all[_i], &n);
    for (uint64_t at = 0; at < n; at += at < 4096 ? 1000 : 41) {
        struct disk_mem *mem = disk_mem_copy(whole);
        struct disk disk = disk_mem_port(mem);
        struct journal_summary summary = {0};
        struct journal_config config = help_config();
        struct help_host host;
        struct error err = {0};

        disk_mem_bytes(mem, names.all[_i], &n)[at] ^= 0x20;
        ck_assert_msg(journal_recover(&disk, &reading, &summary, &err) == AGON_OK, "%s", err.text);
        ck_assert_msg(help_open(&host, mem, &config) == AGON_OK, "flip at %llu: %s",
                      (unsigned long long)at, host.err.text);
        help_append(&host, 7);
        ck_assert_int_eq(help_close(&host), AGON_OK);
        ck_assert_int_eq(help_read(mem, NULL, &summary, &err), (int64_t)host.seq);
        disk_mem_free(mem);
    }
    disk_mem_free(whole);
}
END_TEST

/* Damages the market event of that number; false when it is none. */
static int flip_market_event(struct disk_mem *mem, const struct names *names, uint64_t seq)
{
    for (int i = 0; i < names->n; i++) {
        enum journal_class cls;
        enum frame_kind kind;
        uint64_t first_seq, n = 0;
        unsigned char *bytes = disk_mem_bytes(mem, names->all[i], &n);

        if (!segment_parse_name(names->all[i], &cls, &first_seq) || cls != JOURNAL_MARKET)
            continue;
        for (uint64_t at = SEGMENT_HEAD, length; at + FRAME_HEAD < n; at += length) {
            const struct agon_event_hdr *event = (const void *)(bytes + at + FRAME_HEAD);

            length = frame_length(bytes + at, n - at, &kind);
            if (length == 0)
                break;
            if (kind == FRAME_EVENT && event->seq == seq) {
                bytes[at + length - 1] ^= 1;
                return 1;
            }
        }
    }
    return 0;
}

START_TEST(force_leaves_no_mark_of_the_segment_before_either)
{
    // Damage between a money segment's last event and its closing mark: the next one goes as a
    // whole, and what that mark vouched for with it.
    struct disk_mem *whole = journal_of(6000, 50, 1);
    struct names names = names_of(whole);
    struct journal_reading reading = {.is_forced = 1};
    int n_tried = 0;

    for (int i = 0; i < names.n; i++) {
        struct disk_mem *mem = disk_mem_copy(whole);
        struct disk disk = disk_mem_port(mem);
        struct journal_summary summary = {0};
        struct journal_config config = help_config();
        struct help_host host;
        struct error err = {0};
        enum journal_class cls;
        uint64_t first_seq;

        if (segment_parse_name(names.all[i], &cls, &first_seq) && cls == JOURNAL_MONEY &&
            first_seq > 1 && flip_market_event(mem, &names, first_seq - 1)) {
            ck_assert_int_eq(journal_recover(&disk, &reading, &summary, &err), AGON_OK);
            ck_assert_uint_eq(summary.end.next_seq, first_seq - 1);
            ck_assert_msg(help_open(&host, mem, &config) == AGON_OK, "%s", host.err.text);
            help_append(&host, 7);
            ck_assert_int_eq(help_close(&host), AGON_OK);
            ck_assert_int_eq(help_read(mem, NULL, &summary, &err), (int64_t)host.seq);
            n_tried++;
        }
        disk_mem_free(mem);
    }
    ck_assert_int_gt(n_tried, 3);
    disk_mem_free(whole);
}
END_TEST

START_TEST(force_mends_a_journal_of_many_segments)
{
    struct disk_mem *whole = journal_of(6000, 50, 1);
    struct journal_reading reading = {.is_forced = 1};
    struct disk disk = disk_mem_port(whole);
    struct journal_packing packing = {.stop = NULL};
    struct names names;

    for (int i = 0; _i == 1 && i < 4; i++)
        ck_assert_int_eq(journal_pack(&disk, &packing, NULL), 1);
    names = names_of(whole);
    ck_assert_int_gt(names.n, 8);
    for (uint64_t i = 0; i < (uint64_t)names.n * 8; i++) {
        const char *name = names.all[i / 8];
        struct disk_mem *mem = disk_mem_copy(whole);
        struct journal_summary summary = {0};
        struct journal_config config = help_config();
        struct help_host host;
        struct error err = {0};
        unsigned char *bytes;
        uint64_t n = 0, at;

        disk = disk_mem_port(mem);
        bytes = disk_mem_bytes(mem, name, &n);
        at = rng_at(11, i, 0, 0, 0) % n;
        bytes[at] ^= 0x20;
        ck_assert_msg(journal_recover(&disk, &reading, &summary, &err) == AGON_OK, "%s at %llu: %s",
                      name, (unsigned long long)at, err.text);
        ck_assert_msg(help_open(&host, mem, &config) == AGON_OK, "%s, flip at %llu: %s", name,
                      (unsigned long long)at, host.err.text);
        help_append(&host, 7);
        ck_assert_int_eq(help_close(&host), AGON_OK);
        ck_assert_int_eq(help_read(mem, NULL, &summary, &err), (int64_t)host.seq);
        disk_mem_free(mem);
    }
    disk_mem_free(whole);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("journal_damage");
    TCase *tcase = tcase_create("damage");

    tcase_set_timeout(tcase, 100);
    tcase_add_test(tcase, each_flipped_bit_of_a_closed_journal_is_found);
    tcase_add_loop_test(tcase, each_truncation_is_cut_or_refused, 0, 2);
    tcase_add_test(tcase, a_torn_tail_is_cut_and_the_journal_goes_on);
    tcase_add_test(tcase, a_zeroed_page_in_the_middle_is_refused);
    tcase_add_test(tcase, a_write_that_went_astray_is_refused);
    tcase_add_test(tcase, a_missing_or_swapped_segment_is_refused);
    tcase_add_loop_test(tcase, a_head_that_is_not_ours_is_named, 0,
                        (int)(sizeof(heads) / sizeof(heads[0])));
    tcase_add_test(tcase, a_later_version_is_named);
    tcase_add_test(tcase, force_takes_damage_as_the_end);
    tcase_add_loop_test(tcase, force_leaves_no_mark_that_vouches_for_what_is_gone, 0, 2);
    tcase_add_loop_test(tcase, force_mends_a_journal_of_many_segments, 0, 2);
    tcase_add_test(tcase, force_leaves_no_mark_of_the_segment_before_either);
    suite_add_tcase(suite, tcase);
    return help_main(suite);
}
