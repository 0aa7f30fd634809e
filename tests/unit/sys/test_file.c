// SPDX-License-Identifier: Apache-2.0
#include "sys/file.h"

#include <sys/stat.h>

#include "help.h"

static void write_file(const char *name, const void *bytes, size_t n)
{
    FILE *file = fopen(help_path(name), "wb");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, n, file), n);
    ck_assert_int_eq(fclose(file), 0);
}

START_TEST(a_file_is_read_up_to_its_cap)
{
    struct error err = {0};
    char *bytes;
    uint64_t n;

    write_file("a", "hello\0x", 7);
    ck_assert_int_eq(file_read(help_path("a"), 7, &bytes, &n, &err), AGON_OK);
    ck_assert_uint_eq(n, 7);
    ck_assert_int_eq(memcmp(bytes, "hello\0x", 8), 0);
    free(bytes);
    ck_assert_int_eq(file_read(help_path("a"), 6, &bytes, &n, &err), AGON_ERANGE);
    ck_assert_ptr_nonnull(strstr(err.text, "7 bytes"));
    ck_assert_int_eq(file_read(help_path("none"), 6, &bytes, &n, &err), AGON_ENOENT);
    ck_assert_int_eq(file_read(help_dir, 6, &bytes, &n, &err), AGON_EINVAL);
    ck_assert_int_eq(mkfifo(help_path("pipe"), 0600), 0);
    ck_assert_int_eq(file_read(help_path("pipe"), 6, &bytes, &n, &err), AGON_EINVAL);
    write_file("empty", "", 0);
    ck_assert_int_eq(file_read(help_path("empty"), 0, &bytes, &n, &err), AGON_OK);
    ck_assert_uint_eq(n, 0);
    free(bytes);
}
END_TEST

START_TEST(an_atomic_write_replaces_and_leaves_nothing_else)
{
    struct error err = {0};
    struct stat stat_of;
    char *bytes;
    uint64_t n;

    ck_assert_int_eq(file_write_atomic(help_path("b"), "one", 3, 0600, &err), AGON_OK);
    write_file("b.new", "left by a crash", 15);
    ck_assert_int_eq(file_write_atomic(help_path("b"), "three", 5, 0600, &err), AGON_OK);
    ck_assert_int_eq(file_read(help_path("b"), 10, &bytes, &n, &err), AGON_OK);
    ck_assert_str_eq(bytes, "three");
    free(bytes);
    ck_assert_int_ne(stat(help_path("b.new"), &stat_of), 0);
    ck_assert_int_eq(stat(help_path("b"), &stat_of), 0);
    ck_assert_int_eq(stat_of.st_mode & 0777, 0600);
    ck_assert_int_eq(file_write_atomic(help_path("no/such"), "x", 1, 0600, &err), AGON_ENOENT);
}
END_TEST

START_TEST(directories_are_made_with_those_above)
{
    struct error err = {0};
    struct stat stat_of;

    ck_assert_int_eq(file_make_dir(help_path("x/y/z"), &err), AGON_OK);
    ck_assert_int_eq(file_make_dir(help_path("x/y/z/"), &err), AGON_OK);
    ck_assert_int_eq(stat(help_path("x/y/z"), &stat_of), 0);
    ck_assert_int_eq(stat_of.st_mode & 0777, 0700);
    write_file("plain", "", 0);
    ck_assert_int_eq(file_make_dir(help_path("plain"), &err), AGON_EINVAL);
    ck_assert_int_lt(file_make_dir("", &err), 0);
}
END_TEST

START_TEST(a_file_is_read_piece_by_piece)
{
    struct file_bytes *file;
    struct error err = {0};
    char bytes[8];

    write_file("pieces", "0123456789", 10);
    file = file_bytes_open(help_path("pieces"), &err);
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(file_bytes_read(file, bytes, 8, &err), 8);
    ck_assert_int_eq(memcmp(bytes, "01234567", 8), 0);
    ck_assert_int_eq(file_bytes_read(file, bytes, 8, &err), 2);
    ck_assert_int_eq(file_bytes_read(file, bytes, 8, &err), 0);
    file_bytes_close(file);
    ck_assert_ptr_null(file_bytes_open(help_path("none"), &err));
    ck_assert_int_eq(err.code, AGON_ENOENT);
    ck_assert_ptr_null(file_bytes_open(help_dir, &err));
    ck_assert_int_eq(err.code, AGON_EINVAL);
}
END_TEST

START_TEST(paths_are_joined_within_their_room)
{
    char path[8];

    ck_assert_int_eq(file_join(path, sizeof(path), "a", "b"), AGON_OK);
    ck_assert_str_eq(path, "a/b");
    ck_assert_int_eq(file_join(path, sizeof(path), "a/", "b"), AGON_OK);
    ck_assert_str_eq(path, "a/b");
    ck_assert_int_eq(file_join(path, sizeof(path), "abcd", "efg"), AGON_ERANGE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sys_file");
    TCase *tcase = tcase_create("file");

    tcase_add_checked_fixture(tcase, help_setup, help_teardown);
    tcase_add_test(tcase, a_file_is_read_up_to_its_cap);
    tcase_add_test(tcase, an_atomic_write_replaces_and_leaves_nothing_else);
    tcase_add_test(tcase, directories_are_made_with_those_above);
    tcase_add_test(tcase, a_file_is_read_piece_by_piece);
    tcase_add_test(tcase, paths_are_joined_within_their_room);
    suite_add_tcase(suite, tcase);
    return help_main(suite);
}
