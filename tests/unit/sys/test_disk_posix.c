// SPDX-License-Identifier: Apache-2.0
/* The disk port's promises, held by the real directory, by one of which nothing is forced to the
 * device, and by the one in memory alike. */
#include "sys/disk_posix.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/disk_mem.h"
#include "help.h"

static struct disk_posix real;
static struct disk_mem *mem;

enum { IN_MEMORY, REAL, UNFORCED, KINDS };

static struct disk open_disk(int kind)
{
    struct error err = {0};

    if (kind == IN_MEMORY) {
        mem = disk_mem_new(512);
        return disk_mem_port(mem);
    }
    ck_assert_msg(disk_posix_open(&real, help_path("disk"), &err) == AGON_OK, "%s", err.text);
    real.is_unforced = kind == UNFORCED;
    return real.port;
}

static void close_disk(int kind)
{
    if (kind != IN_MEMORY)
        disk_posix_close(&real);
    else
        disk_mem_free(mem);
}

static int collect(void *arg, const char *name)
{
    (void)strcat(arg, name);
    (void)strcat(arg, ",");
    return 0;
}

START_TEST(each_disk_keeps_the_ports_promises)
{
    struct disk disk = open_disk(_i);
    char bytes[16] = {0}, names[256] = "";
    int file = disk.open(disk.ctx, "b", 10000), other;

    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(disk.size(disk.ctx, file), 10000);
    ck_assert_int_eq(disk.read(disk.ctx, file, 9990, bytes, 16), 10);
    ck_assert_int_eq(memcmp(bytes, "\0\0\0\0\0\0\0\0\0\0", 10), 0);
    ck_assert_int_eq(disk.write(disk.ctx, file, 9995, "0123456789", 10), AGON_OK);
    ck_assert_int_eq(disk.size(disk.ctx, file), 10005);
    ck_assert_int_eq(disk.sync(disk.ctx, file), AGON_OK);
    ck_assert_int_eq(disk.read(disk.ctx, file, 20000, bytes, 16), 0);
    ck_assert_int_eq(disk.truncate(disk.ctx, file, 9998), AGON_OK);
    ck_assert_int_eq(disk.read(disk.ctx, file, 9995, bytes, 16), 3);
    ck_assert_int_eq(memcmp(bytes, "012", 3), 0);
    ck_assert_int_eq(disk.open(disk.ctx, "a", 0), AGON_ENOENT); // who only reads makes nothing
    other = disk.open(disk.ctx, "a", 1);
    ck_assert_int_ge(other, 0);
    ck_assert_int_eq(disk.list(disk.ctx, collect, names), AGON_OK);
    ck_assert_str_eq(names, "a,b,");
    ck_assert_int_eq(disk.rename(disk.ctx, "b", "a"), AGON_OK);
    ck_assert_int_eq(disk.rename(disk.ctx, "b", "c"), AGON_ENOENT);
    ck_assert_int_eq(disk.sync_dir(disk.ctx), AGON_OK);
    names[0] = '\0';
    ck_assert_int_eq(disk.list(disk.ctx, collect, names), AGON_OK);
    ck_assert_str_eq(names, "a,");
    disk.close(disk.ctx, other);
    disk.close(disk.ctx, file);
    file = disk.open(disk.ctx, "a", 0);
    ck_assert_int_eq(disk.size(disk.ctx, file), 9998);
    disk.close(disk.ctx, file);
    ck_assert_int_eq(disk.remove(disk.ctx, "a"), AGON_OK);
    ck_assert_int_eq(disk.remove(disk.ctx, "a"), AGON_ENOENT);
    close_disk(_i);
}
END_TEST

// A descriptor that is none: who does ask the system for it hears so.
START_TEST(only_an_unforced_disk_leaves_a_sync_out)
{
    struct disk disk = open_disk(REAL);

    ck_assert_int_lt(disk.sync(disk.ctx, -1), 0);
    close_disk(REAL);
    ck_assert_int_lt(disk.sync_dir(disk.ctx), 0);
    disk = open_disk(UNFORCED);
    ck_assert_int_eq(disk.sync(disk.ctx, -1), AGON_OK);
    close_disk(UNFORCED);
    ck_assert_int_eq(disk.sync_dir(disk.ctx), AGON_OK);
}
END_TEST

START_TEST(what_is_no_file_is_refused)
{
    struct disk disk = open_disk(REAL);

    ck_assert_int_eq(mkdir(help_path("disk/dir"), 0700), 0);
    ck_assert_int_eq(mkfifo(help_path("disk/pipe"), 0600), 0);
    ck_assert_int_eq(symlink("/etc/passwd", help_path("disk/link")), 0);
    ck_assert_int_lt(disk.open(disk.ctx, "dir", 0), 0);
    ck_assert_int_lt(disk.open(disk.ctx, "pipe", 0), 0);
    ck_assert_int_lt(disk.open(disk.ctx, "link", 0), 0);
    close_disk(REAL);
}
END_TEST

START_TEST(free_room_is_known)
{
    struct disk disk = open_disk(REAL);
    int64_t total = 0;

    ck_assert_int_ge(disk_posix_free(disk.ctx, &total), 0);
    ck_assert_int_gt(total, 0);
    close_disk(REAL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sys_disk_posix");
    TCase *tcase = tcase_create("disk");

    tcase_add_checked_fixture(tcase, help_setup, help_teardown);
    tcase_add_loop_test(tcase, each_disk_keeps_the_ports_promises, 0, KINDS);
    tcase_add_test(tcase, only_an_unforced_disk_leaves_a_sync_out);
    tcase_add_test(tcase, what_is_no_file_is_refused);
    tcase_add_test(tcase, free_room_is_known);
    suite_add_tcase(suite, tcase);
    return help_main(suite);
}
