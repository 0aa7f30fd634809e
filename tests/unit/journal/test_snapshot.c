// SPDX-License-Identifier: Apache-2.0
#include "journal/snapshot.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/crc.h"
#include "help.h"

static unsigned char state[9000];
static char skipped[1024];

static void on_skip(void *ctx, const char *text)
{
    (void)ctx;
    (void)snprintf(skipped + strlen(skipped), sizeof(skipped) - strlen(skipped), "%s\n", text);
}

static struct snapshot_want want_all(void)
{
    skipped[0] = '\0';
    return (struct snapshot_want){.last_seq = 1000, .on_skip = on_skip};
}

static int write_one(struct disk_mem *mem, uint64_t seq, uint64_t n)
{
    struct disk disk = disk_mem_port(mem);
    struct snapshot snapshot = {.seq = seq, .journal_id = "one", .config_hash = "config"};

    for (uint64_t i = 0; i < n; i++)
        state[i] = (unsigned char)rng_at(seq, i, 0, 0, 0);
    return snapshot_write(&disk, &snapshot, state, n, NULL);
}

static void check_state(struct disk_mem *mem, const struct snapshot *snapshot)
{
    struct disk disk = disk_mem_port(mem);
    unsigned char *bytes = malloc(snapshot->n_bytes + 1);

    ck_assert_ptr_nonnull(bytes);
    ck_assert_int_eq(snapshot_load(&disk, snapshot, bytes, snapshot->n_bytes, NULL), AGON_OK);
    for (uint64_t i = 0; i < snapshot->n_bytes; i++)
        ck_assert_uint_eq(bytes[i], (unsigned char)rng_at(snapshot->seq, i, 0, 0, 0));
    free(bytes);
}

START_TEST(the_newest_is_found_and_read_back)
{
    struct disk_mem *mem = disk_mem_new(512);
    struct disk disk = disk_mem_port(mem);
    struct snapshot_want want = want_all();
    struct snapshot snapshot;
    struct error err = {0};

    ck_assert_int_eq(snapshot_find(&disk, &want, &snapshot, &err), 0);
    for (uint64_t seq = 100; seq <= 500; seq += 100)
        ck_assert_int_eq(write_one(mem, seq, seq * 7), AGON_OK);
    ck_assert_int_eq(snapshot_find(&disk, &want, &snapshot, &err), 1);
    ck_assert_uint_eq(snapshot.seq, 500);
    ck_assert_uint_eq(snapshot.n_bytes, 3500);
    check_state(mem, &snapshot);
    want.last_seq = 399;
    ck_assert_int_eq(snapshot_find(&disk, &want, &snapshot, &err), 1);
    ck_assert_uint_eq(snapshot.seq, 300);
    ck_assert_ptr_nonnull(strstr(skipped, "newer than the journal"));
    want.last_seq = UINT64_MAX;
    want.oldest_from = 201;
    ck_assert_int_eq(snapshot_find(&disk, &want, &snapshot, &err), 1);
    ck_assert_uint_eq(snapshot.seq, 300);
    want.oldest_from = 0;
    ck_assert_int_eq(snapshot_prune(&disk, 2, &err), 3);
    want.last_seq = 399;
    ck_assert_int_eq(snapshot_find(&disk, &want, &snapshot, &err), 0);
    disk_mem_free(mem);
}
END_TEST

START_TEST(another_journal_or_configuration_is_refused)
{
    struct disk_mem *mem = disk_mem_new(512);
    struct disk disk = disk_mem_port(mem);
    struct snapshot_want want = want_all();
    struct snapshot snapshot;
    unsigned char other[HASH_SIZE] = "other", config[HASH_SIZE] = "config", one[16] = "one";

    ck_assert_int_eq(write_one(mem, 5, 100), AGON_OK);
    want.journal_id = other;
    ck_assert_int_eq(snapshot_find(&disk, &want, &snapshot, NULL), 0);
    ck_assert_ptr_nonnull(strstr(skipped, "another journal"));
    want.journal_id = one;
    want.config_hash = other;
    ck_assert_int_eq(snapshot_find(&disk, &want, &snapshot, NULL), 0);
    ck_assert_ptr_nonnull(strstr(skipped, "another configuration"));
    want.config_hash = config;
    ck_assert_int_eq(snapshot_find(&disk, &want, &snapshot, NULL), 1);
    disk_mem_free(mem);
}
END_TEST

START_TEST(each_flipped_byte_leads_to_the_older_one)
{
    struct disk_mem *mem = disk_mem_new(512);
    struct disk disk = disk_mem_port(mem);
    struct snapshot_want want = want_all();
    struct snapshot snapshot;
    uint64_t n = 0;

    ck_assert_int_eq(write_one(mem, 1, 50), AGON_OK);
    ck_assert_int_eq(write_one(mem, 2, 700), AGON_OK);
    (void)disk_mem_bytes(mem, "snap-00000000000000000002.as", &n);
    ck_assert_uint_eq(n, 512 + 700);
    for (uint64_t at = 0; at < n; at++) {
        unsigned char *bytes = disk_mem_bytes(mem, "snap-00000000000000000002.as", &n);

        skipped[0] = '\0';
        bytes[at] ^= (unsigned char)(1u << at % 8);
        ck_assert_int_eq(snapshot_find(&disk, &want, &snapshot, NULL), 1);
        ck_assert_msg(snapshot.seq == 1, "flip at %llu went unseen", (unsigned long long)at);
        ck_assert_ptr_nonnull(strstr(skipped, "snap-00000000000000000002.as"));
        bytes[at] ^= (unsigned char)(1u << at % 8);
    }
    disk_mem_free(mem);
}
END_TEST

START_TEST(an_interrupted_one_leaves_the_older)
{
    for (uint64_t at = 1; at < 12; at++) {
        for (uint64_t seed = 0; seed < 8; seed++) {
            struct disk_mem *mem = disk_mem_new(512);
            struct disk disk = disk_mem_port(mem);
            struct snapshot_want want = want_all();
            struct snapshot snapshot;
            int rc;

            ck_assert_int_eq(write_one(mem, 1, 800), AGON_OK);
            disk_mem_stop_at(mem, at);
            rc = write_one(mem, 2, 9000);
            disk_mem_crash(mem, (enum disk_mem_keep)(seed % DISK_MEM_KEEPS), seed * 100 + at);
            ck_assert_int_eq(snapshot_find(&disk, &want, &snapshot, NULL), 1);
            ck_assert_uint_ge(snapshot.seq, rc == AGON_OK ? 2 : 1);
            check_state(mem, &snapshot);
            disk_mem_free(mem);
        }
    }
}
END_TEST

START_TEST(no_room_leaves_the_older)
{
    struct disk_mem *mem = disk_mem_new(512);
    struct disk disk = disk_mem_port(mem);
    struct snapshot_want want = want_all();
    struct snapshot snapshot;

    disk_mem_room(mem, 4096, _i);
    ck_assert_int_eq(write_one(mem, 1, 800), AGON_OK);
    ck_assert_int_eq(write_one(mem, 2, 9000), AGON_ENOSPC);
    ck_assert_int_eq(write_one(mem, 3, 1000), AGON_OK);
    ck_assert_int_eq(snapshot_find(&disk, &want, &snapshot, NULL), 1);
    ck_assert_uint_eq(snapshot.seq, 3);
    disk_mem_free(mem);
}
END_TEST

/* As copies, cut files and later versions leave it: the older one serves, and the reason is told.
 */
START_TEST(one_that_is_cut_renamed_or_of_a_later_version_leads_to_the_older)
{
    static const char newest[] = "snap-00000000000000000002.as";
    static const char *const reasons[] = {"truncated", "name and its head differ", "newer than",
                                          "magic"};

    for (int i = 0; i < 4; i++) {
        struct disk_mem *mem = disk_mem_new(512);
        struct disk disk = disk_mem_port(mem);
        struct snapshot_want want = want_all();
        struct snapshot snapshot;
        unsigned char copy[512 + 700];
        uint32_t crc;
        uint64_t n = 0;

        ck_assert_int_eq(write_one(mem, 1, 50), AGON_OK);
        ck_assert_int_eq(write_one(mem, 2, 700), AGON_OK);
        memcpy(copy, disk_mem_bytes(mem, newest, &n), sizeof(copy));
        ck_assert_uint_eq(n, sizeof(copy));
        if (i == 0)
            ck_assert_int_eq(disk_mem_set(mem, newest, copy, n - 1), AGON_OK);
        if (i == 1)
            ck_assert_int_eq(disk_mem_set(mem, "snap-00000000000000000003.as", copy, n), AGON_OK);
        if (i == 2) {
            copy[12]++; // the version, and the checksum that its program would have written
            crc = crc32c(0, copy, 508);
            memcpy(copy + 508, &crc, 4);
            ck_assert_int_eq(disk_mem_set(mem, newest, copy, n), AGON_OK);
        }
        if (i == 3)
            ck_assert_int_eq(disk_mem_set(mem, newest, "not a snapshot", 14), AGON_OK);
        ck_assert_int_eq(snapshot_find(&disk, &want, &snapshot, NULL), 1);
        ck_assert_uint_eq(snapshot.seq, i == 1 ? 2 : 1);
        ck_assert_msg(strstr(skipped, reasons[i]) != NULL, "%d: %s", i, skipped);
        want.on_skip = NULL; // who does not ask why gets it all the same
        ck_assert_int_eq(snapshot_find(&disk, &want, &snapshot, NULL), 1);
        check_state(mem, &snapshot);
        disk_mem_free(mem);
    }
}
END_TEST

START_TEST(one_that_went_or_is_too_large_is_refused_and_two_always_stay)
{
    struct disk_mem *mem = disk_mem_new(512);
    struct disk disk = disk_mem_port(mem);
    struct snapshot_want want = want_all();
    struct snapshot snapshot;
    struct error err = {0};
    unsigned char bytes[100];

    for (uint64_t seq = 1; seq <= 4; seq++)
        ck_assert_int_eq(write_one(mem, seq, 100), AGON_OK);
    ck_assert_int_eq(snapshot_find(&disk, &want, &snapshot, &err), 1);
    ck_assert_int_eq(snapshot_load(&disk, &snapshot, bytes, 99, &err), AGON_ERANGE);
    ck_assert_ptr_nonnull(strstr(err.text, "room for 99"));
    ck_assert_int_eq(snapshot_prune(&disk, 0, &err), 2);
    ck_assert_int_eq(snapshot_load(&disk, &snapshot, bytes, 100, &err), AGON_OK);
    snapshot.seq = 1; // which was removed
    ck_assert_int_eq(snapshot_load(&disk, &snapshot, bytes, 100, &err), AGON_ENOENT);
    snapshot.seq = 3; // whose bytes are others
    ck_assert_int_eq(snapshot_load(&disk, &snapshot, bytes, 100, &err), AGON_ECORRUPT);
    disk_mem_free(mem);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("journal_snapshot");
    TCase *tcase = tcase_create("snapshot");

    tcase_add_test(tcase, the_newest_is_found_and_read_back);
    tcase_add_test(tcase, another_journal_or_configuration_is_refused);
    tcase_add_test(tcase, each_flipped_byte_leads_to_the_older_one);
    tcase_add_test(tcase, one_that_is_cut_renamed_or_of_a_later_version_leads_to_the_older);
    tcase_add_test(tcase, one_that_went_or_is_too_large_is_refused_and_two_always_stay);
    tcase_add_test(tcase, an_interrupted_one_leaves_the_older);
    tcase_add_loop_test(tcase, no_room_leaves_the_older, 0, 2);
    suite_add_tcase(suite, tcase);
    return help_main(suite);
}
