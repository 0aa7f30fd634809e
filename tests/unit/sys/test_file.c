// SPDX-License-Identifier: Apache-2.0
#include "sys/file.h"

#include <sys/stat.h>
#include <zlib.h>

#include "help.h"

static void write_file(const char *name, const void *bytes, size_t n)
{
    FILE *file = fopen(help_path(name), "wb");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, n, file), n);
    ck_assert_int_eq(fclose(file), 0);
}

static void write_gzip(const char *name, const char *mode, const char *bytes, unsigned n,
                       int n_times)
{
    gzFile file = gzopen(help_path(name), mode);

    ck_assert_ptr_nonnull(file);
    for (int i = 0; i < n_times; i++)
        ck_assert_int_eq(gzwrite(file, bytes, n), (int)n);
    ck_assert_int_eq(gzclose(file), Z_OK);
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

static const char *const names[] = {"lines.txt", "lines.gz"};

START_TEST(lines_come_one_by_one_plain_or_packed)
{
    static const char text[] = "first\r\n\nthird line\nlast without end";
    static const char *const want[] = {"first", "", "third line", "last without end"};
    struct file_stream *stream;
    struct error err = {0};
    uint64_t number, size;
    uint32_t n;
    char *line;

    if (_i == 0)
        write_file(names[0], text, sizeof(text) - 1);
    else
        write_gzip(names[1], "wb", text, sizeof(text) - 1, 1);
    stream = file_stream_open(help_path(names[_i]), NULL, &err);
    ck_assert_ptr_nonnull(stream);
    for (uint64_t i = 0; i < 4; i++) {
        ck_assert_int_eq(file_stream_line(stream, 100, &line, &n, &number, &err), 1);
        ck_assert_str_eq(line, want[i]);
        ck_assert_uint_eq(n, strlen(want[i]));
        ck_assert_uint_eq(number, i + 1);
    }
    ck_assert_int_eq(file_stream_line(stream, 100, &line, &n, &number, &err), 0);
    ck_assert_uint_eq(file_stream_used(stream, &size), size);
    file_stream_close(stream);
}
END_TEST

START_TEST(lines_across_chunks_are_whole)
{
    FILE *file = fopen(help_path("many"), "wb");
    struct file_stream *stream;
    struct error err = {0};
    uint64_t number = 0;
    char want[64], *line;
    uint32_t n;

    ck_assert_ptr_nonnull(file);
    for (int i = 0; i < 30000; i++)
        (void)fprintf(file, "line %d %.*s\n", i, i % 40,
                      "........................................");
    (void)fclose(file);
    stream = file_stream_open(help_path("many"), NULL, &err);
    for (int i = 0; i < 30000; i++) {
        ck_assert_int_eq(file_stream_line(stream, 0, &line, &n, &number, &err), 1);
        (void)snprintf(want, sizeof(want), "line %d %.*s", i, i % 40,
                       "........................................");
        ck_assert_str_eq(line, want);
    }
    ck_assert_int_eq(file_stream_line(stream, 0, &line, &n, &number, &err), 0);
    file_stream_close(stream);
}
END_TEST

START_TEST(a_line_that_is_too_long_is_refused_with_its_number)
{
    struct file_stream *stream;
    struct error err = {0};
    uint64_t number;
    char *line;
    uint32_t n;

    write_file("long", "ab\nabcdef\n", 10);
    stream = file_stream_open(help_path("long"), NULL, &err);
    ck_assert_int_eq(file_stream_line(stream, 5, &line, &n, &number, &err), 1);
    ck_assert_int_eq(file_stream_line(stream, 5, &line, &n, &number, &err), AGON_ERANGE);
    ck_assert_ptr_nonnull(strstr(err.text, "long:2:"));
    file_stream_close(stream);
}
END_TEST

static int64_t read_to_end(const char *name, const struct file_limits *limits, struct error *err)
{
    struct file_stream *stream = file_stream_open(help_path(name), limits, err);
    static char bytes[100000];
    int64_t n, all = 0;

    ck_assert_ptr_nonnull(stream);
    while ((n = file_stream_read(stream, bytes, sizeof(bytes), err)) > 0)
        all += n;
    file_stream_close(stream);
    return n < 0 ? n : all;
}

START_TEST(several_gzip_members_follow_one_another)
{
    struct error err = {0};

    write_gzip("two.gz", "wb", "abc", 3, 1000);
    write_gzip("two.gz", "ab", "defg", 4, 1000);
    ck_assert_int_eq(read_to_end("two.gz", NULL, &err), 7000);
}
END_TEST

START_TEST(each_truncation_of_gzip_is_refused)
{
    struct error err = {0};
    char *bytes;
    uint64_t n;

    write_gzip("whole.gz", "wb", "some text, some text", 20, 50);
    ck_assert_int_eq(file_read(help_path("whole.gz"), 100000, &bytes, &n, &err), AGON_OK);
    for (uint64_t to = 2; to < n; to++) {
        write_file("cut.gz", bytes, to);
        ck_assert_int_eq(read_to_end("cut.gz", NULL, &err), AGON_ECORRUPT);
        ck_assert_ptr_nonnull(strstr(err.text, "cut.gz"));
    }
    bytes[n - 5] ^= 1; // of its own length
    write_file("bad.gz", bytes, n);
    ck_assert_int_eq(read_to_end("bad.gz", NULL, &err), AGON_ECORRUPT);
    free(bytes);
}
END_TEST

START_TEST(a_bomb_is_refused_in_bounded_memory)
{
    static const char zeros[65536];
    struct file_limits limits = {.total_max = 1000000};
    struct error err = {0};

    write_gzip("bomb.gz", "wb9", zeros, sizeof(zeros), 200);
    ck_assert_int_eq(read_to_end("bomb.gz", NULL, &err), AGON_ERANGE);
    ck_assert_ptr_nonnull(strstr(err.text, "1000 times"));
    ck_assert_int_eq(read_to_end("bomb.gz", &limits, &err), AGON_ERANGE);
    limits = (struct file_limits){.ratio_max = 2000};
    ck_assert_int_eq(read_to_end("bomb.gz", &limits, &err), 200 * 65536);
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
    tcase_add_loop_test(tcase, lines_come_one_by_one_plain_or_packed, 0, 2);
    tcase_add_test(tcase, lines_across_chunks_are_whole);
    tcase_add_test(tcase, a_line_that_is_too_long_is_refused_with_its_number);
    tcase_add_test(tcase, several_gzip_members_follow_one_another);
    tcase_add_test(tcase, each_truncation_of_gzip_is_refused);
    tcase_add_test(tcase, a_bomb_is_refused_in_bounded_memory);
    tcase_add_test(tcase, paths_are_joined_within_their_room);
    suite_add_tcase(suite, tcase);
    return help_main(suite);
}
