// SPDX-License-Identifier: Apache-2.0
/* The power fails in the nth operation of the disk, for every n, and of what was not synced any
 * part survives. What durable_seq named must be there again, and the journal must go on. Recovery
 * itself is interrupted too. */
#include "help.h"
#include "journal/packed.h"

/* A scripted life until the disk stops; returns what was durable. */
static uint64_t live(struct disk_mem *mem, const struct journal_config *config, uint32_t n_steps,
                     uint64_t seed)
{
    struct help_host host;
    struct journal_packing packing = {.stop = NULL};
    uint64_t durable = 0;

    if (help_open(&host, mem, config) < 0)
        return 0;
    for (uint32_t i = 0; i < n_steps && !disk_mem_is_stopped(mem); i++) {
        help_append(&host, 1 + (uint32_t)(rng_at(seed, i, 0, 0, 0) % 60));
        (void)journal_writer_step(host.writer);
        if (i == n_steps / 2)
            (void)journal_writer_drop(host.writer, journal_durable_seq(&host.buffer) / 2, 0, NULL);
        if (i % 8 == 7)
            (void)journal_pack(&host.disk, &packing, NULL);
    }
    durable = journal_durable_seq(&host.buffer);
    if (rng_at(seed, 0, 1, 0, 0) % 2 == 0 && !disk_mem_is_stopped(mem))
        (void)help_close(&host);
    else
        help_kill(&host);
    return durable;
}

static void recover_and_check(struct disk_mem *mem, const struct journal_config *config,
                              uint64_t durable, const char *what, uint64_t at, uint64_t seed)
{
    struct journal_summary summary;
    struct journal_config next = *config;
    struct help_host host;
    struct error err = {0};
    int rc = help_open(&host, mem, &next);

    ck_assert_msg(rc == AGON_OK, "%s at operation %llu, seed %llu: %s", what,
                  (unsigned long long)at, (unsigned long long)seed, host.err.text);
    ck_assert_msg(host.seq >= durable, "%s at operation %llu, seed %llu: %llu of %llu", what,
                  (unsigned long long)at, (unsigned long long)seed, (unsigned long long)host.seq,
                  (unsigned long long)durable);
    help_append(&host, 30);
    ck_assert_int_eq(journal_writer_step(host.writer), 1);
    ck_assert_int_eq(help_close(&host), AGON_OK);
    ck_assert_msg(help_read(mem, NULL, &summary, &err) == (int64_t)host.seq,
                  "%s at operation %llu, seed %llu: %s", what, (unsigned long long)at,
                  (unsigned long long)seed, err.text);
}

static void sweep(uint32_t sector, uint32_t align, uint64_t seeds)
{
    struct journal_config config = help_config();
    uint64_t n_ops, step;
    struct disk_mem *mem = disk_mem_new(sector);

    config.align = align;
    (void)live(mem, &config, 60, 1);
    n_ops = disk_mem_ops(mem);
    disk_mem_free(mem);
    ck_assert_uint_gt(n_ops, 200);
    step = 1;
    for (uint64_t at = 1; at <= n_ops; at += step) {
        for (uint64_t seed = 0; seed < seeds; seed++) {
            enum disk_mem_keep keep = (enum disk_mem_keep)(seed % DISK_MEM_KEEPS);
            uint64_t durable;

            mem = disk_mem_new(sector);
            disk_mem_stop_at(mem, at);
            durable = live(mem, &config, 60, 1);
            disk_mem_crash(mem, keep, at * 1000 + seed);
            recover_and_check(mem, &config, durable, "crash", at, seed);
            disk_mem_free(mem);
        }
    }
}

START_TEST(what_was_durable_survives_every_crash_point)
{
    sweep(512, 512, 6);
}
END_TEST

START_TEST(sectors_of_4_KiB_survive_with_their_alignment)
{
    sweep(4096, 4096, 4);
}
END_TEST

START_TEST(recovery_may_crash_as_well)
{
    struct journal_config config = help_config();

    for (uint64_t at = 5; at < 220; at += 9) {
        struct disk_mem *mem = disk_mem_new(512);
        struct journal_summary summary;
        uint64_t durable;

        disk_mem_stop_at(mem, at);
        durable = live(mem, &config, 60, 1);
        disk_mem_crash(mem, DISK_MEM_RANDOM, at);
        for (uint64_t second = 1; second < 12; second++) {
            struct disk_mem *copy = disk_mem_copy(mem);
            struct disk disk = disk_mem_port(copy);

            disk_mem_stop_at(copy, second);
            (void)journal_recover(&disk, NULL, &summary, NULL);
            disk_mem_crash(copy, (enum disk_mem_keep)(second % DISK_MEM_KEEPS), second);
            recover_and_check(copy, &config, durable, "crash in recovery", at, second);
            disk_mem_free(copy);
        }
        disk_mem_free(mem);
    }
}
END_TEST

START_TEST(many_crashes_in_a_row_lose_nothing_durable)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct disk_mem *mem = disk_mem_new(512);
        struct journal_config config = help_config();
        uint64_t durable = 0;

        for (uint64_t run = 1; run <= 12; run++) {
            uint64_t draw = rng_at(seed, run, 0, 0, 0), more;

            config.run = (uint32_t)run;
            disk_mem_stop_at(mem, 1 + draw % 150);
            more = live(mem, &config, 40, draw);
            durable = more > durable ? more : durable;
            disk_mem_crash(mem, (enum disk_mem_keep)(draw >> 32) % DISK_MEM_KEEPS, draw);
        }
        recover_and_check(mem, &config, durable, "crashes in a row", 0, seed);
        disk_mem_free(mem);
    }
}
END_TEST

/* A sync fails: what was written is seen by whoever reads, is clean to the kernel, and no disk has
 * it. Or the process dies between write and sync. The next one goes on behind it, and then the
 * power fails: nothing of what it built on may be gone. */
START_TEST(what_a_start_goes_on_from_is_on_the_disk)
{
    struct disk_mem *mem = disk_mem_new(512);
    struct journal_config config = help_config();
    struct journal_summary summary;
    struct help_host host;
    struct error err = {0};

    ck_assert_int_eq(help_open(&host, mem, &config), AGON_OK);
    help_append(&host, 30);
    ck_assert_int_eq(journal_writer_step(host.writer), 1);
    help_append(&host, 30);
    disk_mem_fail_sync(mem, (uint64_t)_i + 1);
    ck_assert_int_eq(journal_writer_step(host.writer), AGON_EIO);
    help_kill(&host);

    config.run = 2;
    ck_assert_int_eq(help_open(&host, mem, &config), AGON_OK);
    help_append(&host, 30);
    ck_assert_int_eq(journal_writer_step(host.writer), 1);
    ck_assert_uint_eq(journal_durable_seq(&host.buffer), host.seq);
    help_kill(&host);
    disk_mem_crash(mem, DISK_MEM_NONE, 1);
    ck_assert_msg(help_read(mem, NULL, &summary, &err) == (int64_t)host.seq, "%s", err.text);
    disk_mem_free(mem);
}
END_TEST

static int leave_out(void *ctx, int file)
{
    (void)ctx, (void)file;
    return AGON_OK;
}

static int leave_out_dir(void *ctx)
{
    (void)ctx;
    return AGON_OK;
}

/* A journal of many segments, of which nothing was forced (a backtest's), closed or not. Whoever
 * goes on from it has forced all of it first. */
START_TEST(what_nobody_forced_is_before_anybody_goes_on_from_it)
{
    struct disk_mem *mem = disk_mem_new(512);
    struct disk disk = disk_mem_port(mem);
    struct journal_config config = help_config();
    struct journal_summary summary;
    struct help_host host;
    struct error err = {0};

    disk.sync = leave_out;
    disk.sync_dir = leave_out_dir;
    memset(&host, 0, sizeof(host));
    ck_assert_int_eq(journal_recover(&disk, NULL, &summary, &err), AGON_OK);
    ck_assert_int_eq(journal_buffer_init(&host.buffer, 65536, 1), AGON_OK);
    host.writer = journal_writer_new(&disk, &host.buffer, &config, &summary.end, &err);
    ck_assert_ptr_nonnull(host.writer);
    for (uint32_t i = 0; i < 300; i++) {
        help_append(&host, 60);
        ck_assert_int_eq(journal_writer_step(host.writer), 1);
    }
    if (_i == 0)
        ck_assert_int_eq(help_close(&host), AGON_OK);
    else
        help_kill(&host);

    config.run = 2;
    ck_assert_int_eq(help_open(&host, mem, &config), AGON_OK);
    ck_assert_uint_eq(host.seq, 300 * 60);
    for (int cls = 0; cls < JOURNAL_CLASSES; cls++)
        ck_assert_uint_gt(host.summary.n_segments[cls], 2);
    help_append(&host, 30);
    ck_assert_int_eq(journal_writer_step(host.writer), 1);
    ck_assert_uint_eq(journal_durable_seq(&host.buffer), host.seq);
    help_kill(&host);
    disk_mem_crash(mem, DISK_MEM_NONE, 1);
    ck_assert_msg(help_read(mem, NULL, &summary, &err) == (int64_t)host.seq, "%s", err.text);
    disk_mem_free(mem);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("journal_crash");
    TCase *tcase = tcase_create("crash");

    tcase_set_timeout(tcase, 100);
    tcase_add_loop_test(tcase, what_a_start_goes_on_from_is_on_the_disk, 0, 2);
    tcase_add_loop_test(tcase, what_nobody_forced_is_before_anybody_goes_on_from_it, 0, 2);
    tcase_add_test(tcase, what_was_durable_survives_every_crash_point);
    tcase_add_test(tcase, sectors_of_4_KiB_survive_with_their_alignment);
    tcase_add_test(tcase, recovery_may_crash_as_well);
    tcase_add_test(tcase, many_crashes_in_a_row_lose_nothing_durable);
    suite_add_tcase(suite, tcase);
    return help_main(suite);
}
