// SPDX-License-Identifier: Apache-2.0
/* Files of a directory that another thread holds: what a journal needs works, a name that no
 * journal gives is refused, and so is whatever else a hostile asker writes into the shared block.
 */
#include "sys/disk_far.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/disk_mem.h"
#include "base/error.h"
#include "help.h"

static struct disk_far_shm shm;
static struct disk_far far;
static struct disk_far_server server;
static struct disk_mem *mem;
static struct disk below;
static _Atomic int is_over;
static int knock;
static pthread_t thread;

static void *serve(void *ctx)
{
    uint64_t count;

    (void)ctx;
    while (read(knock, &count, sizeof(count)) == (ssize_t)sizeof(count) && !atomic_load(&is_over))
        disk_far_serve(&server);
    return NULL;
}

static void setup(void)
{
    memset(&shm, 0, sizeof(shm));
    mem = disk_mem_new(512);
    below = disk_mem_port(mem);
    knock = eventfd(0, EFD_CLOEXEC);
    atomic_store(&is_over, 0);
    disk_far_init(&far, &shm, knock);
    disk_far_server_init(&server, &shm, &below);
    ck_assert_int_eq(pthread_create(&thread, NULL, serve, NULL), 0);
}

static void teardown(void)
{
    static const uint64_t one = 1;

    atomic_store(&is_over, 1);
    ck_assert_int_eq(write(knock, &one, sizeof(one)), sizeof(one));
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    disk_far_server_deinit(&server);
    disk_mem_free(mem);
    (void)close(knock);
}

/* A write, and what became of it. */
static int written(int of, int file, uint64_t offset, const void *bytes, uint64_t n)
{
    int rc = far.port.write(far.port.ctx, of, offset, bytes, n);

    return rc < 0 ? rc : far.port.sync(far.port.ctx, file);
}

static int collect(void *arg, const char *name)
{
    (void)strcat(arg, name);
    (void)strcat(arg, ",");
    return 0;
}

START_TEST(what_a_journal_needs_is_served)
{
    const struct disk *disk = &far.port;
    static unsigned char bytes[DISK_FAR_ROOM * 2 + 77], again[sizeof(bytes)];
    char names[256] = "";
    int file = disk->open(disk->ctx, "new.aj", 10000);

    ck_assert_int_ge(file, 0);
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (unsigned char)(i * 7 + i / 251);
    ck_assert_int_eq(disk->write(disk->ctx, file, 100, bytes, sizeof(bytes)), AGON_OK);
    ck_assert_int_eq(disk->sync(disk->ctx, file), AGON_OK);
    ck_assert_int_eq(disk->size(disk->ctx, file), 100 + (int64_t)sizeof(bytes));
    ck_assert_int_eq(disk->read(disk->ctx, file, 100, again, sizeof(again)), sizeof(again));
    ck_assert_mem_eq(bytes, again, sizeof(bytes));
    ck_assert_int_eq(disk->truncate(disk->ctx, file, 5000), AGON_OK);
    ck_assert_int_eq(disk->read(disk->ctx, file, 4990, again, 100), 10);
    ck_assert_int_eq(disk->rename(disk->ctx, "new.aj", "money-00000000000000000001.aj"), AGON_OK);
    ck_assert_int_eq(disk->sync_dir(disk->ctx), AGON_OK);
    disk->close(disk->ctx, file);
    ck_assert_int_eq(disk->open(disk->ctx, "market-00000000000000000001.aj", 0), AGON_ENOENT);
    ck_assert_int_ge(below.open(below.ctx, "agon.yaml", 10), 0); // somebody's own
    ck_assert_int_eq(disk->list(disk->ctx, collect, names), AGON_OK);
    ck_assert_str_eq(names, "money-00000000000000000001.aj,");
    ck_assert_int_eq(disk->remove(disk->ctx, "money-00000000000000000001.aj"), AGON_OK);
}
END_TEST

START_TEST(a_snapshot_is_read_and_not_made_written_or_taken_away)
{
    const struct disk *disk = &far.port;
    const char *name = "snap-00000000000000000007.as";
    char bytes[4] = "", names[256] = "";
    int file = below.open(below.ctx, name, 4);

    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(below.write(below.ctx, file, 0, "abc", 4), AGON_OK);
    below.close(below.ctx, file);
    ck_assert_int_eq(disk->list(disk->ctx, collect, names), AGON_OK);
    ck_assert_str_eq(names, "snap-00000000000000000007.as,");
    file = disk->open(disk->ctx, name, 0);
    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(disk->read(disk->ctx, file, 0, bytes, 4), 4);
    ck_assert_str_eq(bytes, "abc");
    ck_assert_int_eq(written(file, file, 0, "xyz", 4), AGON_EPERM);
    ck_assert_int_eq(disk->truncate(disk->ctx, file, 0), AGON_EPERM);
    disk->close(disk->ctx, file);
    ck_assert_int_eq(disk->open(disk->ctx, "snap-00000000000000000008.as", 10), AGON_EPERM);
    ck_assert_int_eq(disk->open(disk->ctx, "snap-/../x", 0), AGON_EPERM);
    ck_assert_int_eq(disk->remove(disk->ctx, name), AGON_EPERM);
    ck_assert_int_eq(disk->rename(disk->ctx, name, "reserve.aj"), AGON_EPERM);
}
END_TEST

static const char *const strange[] = {"agon.yaml", "../new.aj",  "money-1/../x",    ".new.aj",
                                      "",          "MONEY-1.aj", "authorized_keys", "new.aj "};
START_TEST(no_other_name_is)
{
    const struct disk *disk = &far.port;
    char names[256] = "";

    ck_assert_int_eq(disk->open(disk->ctx, strange[_i], 10), AGON_EPERM);
    ck_assert_int_eq(disk->remove(disk->ctx, strange[_i]), AGON_EPERM);
    ck_assert_int_ge(disk->open(disk->ctx, "new.aj", 10), 0);
    ck_assert_int_eq(disk->rename(disk->ctx, "new.aj", strange[_i]), AGON_EPERM);
    ck_assert_int_eq(disk->rename(disk->ctx, strange[_i], "reserve.aj"), AGON_EPERM);
    ck_assert_int_eq(below.list(below.ctx, collect, names), AGON_OK);
    ck_assert_str_eq(names, "new.aj,");
}
END_TEST

START_TEST(what_makes_no_sense_is_refused)
{
    const struct disk *disk = &far.port;
    unsigned char byte = 1;
    int file = disk->open(disk->ctx, "new.aj", 10);

    ck_assert_int_ge(file, 0);
    for (int other = -2; other < DISK_FAR_FILES + 2; other++) {
        if (other != file)
            ck_assert_int_eq(written(other, file, 0, &byte, 1), AGON_EINVAL);
    }
    ck_assert_int_eq(written(file, file, UINT64_MAX, &byte, 1), AGON_EINVAL);
    ck_assert_int_eq(disk->truncate(disk->ctx, file, UINT64_MAX), AGON_EINVAL);
    for (int i = 1; i < DISK_FAR_FILES; i++)
        ck_assert_int_ge(disk->open(disk->ctx, "new.aj", 10), 0);
    ck_assert_int_eq(disk->open(disk->ctx, "new.aj", 10), AGON_EBUSY);
    disk->close(disk->ctx, file);
    ck_assert_int_eq(disk->size(disk->ctx, file), AGON_EINVAL);
    ck_assert_int_eq(disk->open(disk->ctx, "new.aj", 10), file);
}
END_TEST

START_TEST(a_write_that_failed_is_said_once_by_what_follows)
{
    const struct disk *disk = &far.port;
    char bytes[8] = "";
    int file = disk->open(disk->ctx, "new.aj", 10);

    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(disk->write(disk->ctx, file + 1, 0, "lost", 4), AGON_OK);
    ck_assert_int_eq(disk->truncate(disk->ctx, file, 3), AGON_EINVAL);
    ck_assert_int_eq(disk->size(disk->ctx, file), 10); // nothing of its own was done
    ck_assert_int_eq(disk->truncate(disk->ctx, file, 3), AGON_OK);
    ck_assert_int_eq(disk->write(disk->ctx, file + 1, 0, "lost", 4), AGON_OK);
    ck_assert_int_eq(disk->read(disk->ctx, file, 0, bytes, 8), 3); // it is answered by now
    ck_assert_int_eq(disk->write(disk->ctx, file, 0, "abc", 3), AGON_EINVAL);
    ck_assert_int_eq(disk->write(disk->ctx, file, 0, "xyz", 3), AGON_OK);
    ck_assert_int_eq(disk->sync(disk->ctx, file), AGON_OK);
    ck_assert_int_eq(disk->read(disk->ctx, file, 0, bytes, 8), 3);
    ck_assert_mem_eq(bytes, "xyz", 3);
    disk->close(disk->ctx, file);
}
END_TEST

/* That a write found no room is no word of the next call, which may make room for itself alone. */
START_TEST(no_room_for_a_write_is_a_failure_of_the_next_call)
{
    static unsigned char bytes[8192];
    const struct disk *disk = &far.port;
    int file = disk->open(disk->ctx, "new.aj", 10);

    ck_assert_int_ge(file, 0);
    disk_mem_room(mem, 4096, 1);
    ck_assert_int_eq(disk->write(disk->ctx, file, 0, bytes, sizeof(bytes)), AGON_OK);
    ck_assert_int_eq(disk->sync(disk->ctx, file), AGON_EIO);
    disk_mem_room(mem, UINT64_MAX, 1);
    ck_assert_int_eq(disk->write(disk->ctx, file, 0, bytes, sizeof(bytes)), AGON_OK);
    ck_assert_int_eq(disk->sync(disk->ctx, file), AGON_OK);
    disk->close(disk->ctx, file);
}
END_TEST

START_TEST(writes_on_their_way_are_all_there_in_their_order)
{
    const struct disk *disk = &far.port;
    int file = disk->open(disk->ctx, "new.aj", 10);
    uint32_t again[1000];

    ck_assert_int_ge(file, 0);
    for (uint32_t i = 0; i < 1000; i++) {
        uint32_t other = ~i;

        ck_assert_int_eq(disk->write(disk->ctx, file, i * sizeof(i), &other, sizeof(i)), AGON_OK);
        ck_assert_int_eq(disk->write(disk->ctx, file, i * sizeof(i), &i, sizeof(i)), AGON_OK);
    }
    ck_assert_int_eq(disk->read(disk->ctx, file, 0, again, sizeof(again)), sizeof(again));
    for (uint32_t i = 0; i < 1000; i++)
        ck_assert_uint_eq(again[i], i);
    disk->close(disk->ctx, file);
}
END_TEST

/* Words of the block as no port would write them; nobody answers beside. */
START_TEST(a_forged_call_is_refused)
{
    static const uint32_t ops[] = {0, 12, UINT32_MAX};
    struct disk_far_server here;
    uint64_t n;

    disk_far_server_init(&here, &shm, &below);
    for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
        struct disk_far_call *call = &shm.calls[(atomic_load(&shm.asked) + 1) % DISK_FAR_CALLS];

        call->op = ops[i];
        atomic_fetch_add(&shm.asked, 1);
        disk_far_serve(&here);
        ck_assert_int_eq(call->result, AGON_EINVAL);
        ck_assert_uint_eq(atomic_load(&shm.answered), atomic_load(&shm.asked));
    }
    for (uint32_t op = 1; op < 12; op++) {
        for (n = 0; n < 3; n++) {
            struct disk_far_call *call = &shm.calls[(atomic_load(&shm.asked) + 1) % DISK_FAR_CALLS];

            call->op = op;
            call->file = n == 0 ? INT32_MAX : INT32_MIN;
            call->n = call->offset = UINT64_MAX >> n;
            memset(call->name, 'm', sizeof(call->name)); // without an end
            memset(call->to, 'n', sizeof(call->to));
            atomic_fetch_add(&shm.asked, 1);
            disk_far_serve(&here);
            ck_assert_msg(call->result < 0 || op >= 10, "op %u gave %lld", op,
                          (long long)call->result);
        }
    }
    atomic_fetch_add(&shm.asked, 1000000); // as many as it likes are not served at once
    n = atomic_load(&shm.answered);
    disk_far_serve(&here);
    ck_assert_uint_le(atomic_load(&shm.answered) - n, DISK_FAR_CALLS);
    disk_far_server_deinit(&here);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sys_disk_far");
    TCase *tcase = tcase_create("far");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, what_a_journal_needs_is_served);
    tcase_add_test(tcase, a_snapshot_is_read_and_not_made_written_or_taken_away);
    tcase_add_loop_test(tcase, no_other_name_is, 0, sizeof(strange) / sizeof(strange[0]));
    tcase_add_test(tcase, what_makes_no_sense_is_refused);
    tcase_add_test(tcase, a_write_that_failed_is_said_once_by_what_follows);
    tcase_add_test(tcase, no_room_for_a_write_is_a_failure_of_the_next_call);
    tcase_add_test(tcase, writes_on_their_way_are_all_there_in_their_order);
    tcase_add_test(tcase, a_forged_call_is_refused);
    suite_add_tcase(suite, tcase);
    return help_main(suite);
}
