// SPDX-License-Identifier: Apache-2.0
/* lines: bytes in memory and bytes that come in pieces, plain and gzip: the same lines. */
#include "market/lines.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

static unsigned char packed[1u << 20];

/* text, n_times, as a member of gzip behind what is there; the bytes that packed has then. */
static uint64_t pack(uint64_t at, const char *text, size_t n, int n_times, int level)
{
    z_stream zlib = {0};

    ck_assert_int_eq(deflateInit2(&zlib, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    zlib.next_out = packed + at;
    zlib.avail_out = (uInt)(sizeof(packed) - at);
    for (int i = 0; i < n_times; i++) {
        zlib.next_in = (Bytef *)(uintptr_t)text;
        zlib.avail_in = (uInt)n;
        ck_assert_int_eq(deflate(&zlib, Z_NO_FLUSH), Z_OK);
    }
    ck_assert_int_eq(deflate(&zlib, Z_FINISH), Z_STREAM_END);
    deflateEnd(&zlib);
    return (uint64_t)(zlib.next_out - packed);
}

struct pieces {
    const unsigned char *bytes;
    uint64_t n, at, step;
    int is_closed, rc;
};

static int64_t read_piece(void *ctx, void *bytes, uint64_t n, struct error *err)
{
    struct pieces *pieces = ctx;
    uint64_t left = pieces->n - pieces->at;

    if (left == 0 && pieces->rc < 0)
        return error_set(err, pieces->rc, "the disk is gone");
    n = n > pieces->step ? pieces->step : n;
    n = n > left ? left : n;
    memcpy(bytes, pieces->bytes + pieces->at, n);
    pieces->at += n;
    return (int64_t)n;
}

static void close_pieces(void *ctx)
{
    ((struct pieces *)ctx)->is_closed++;
}

START_TEST(lines_come_one_by_one_plain_or_packed)
{
    static const char text[] = "first\r\n\nthird line\nlast without end";
    static const char *const want[] = {"first", "", "third line", "last without end"};
    struct pieces pieces = {.bytes = (const unsigned char *)text, .n = sizeof(text) - 1, .step = 2};
    struct lines_input input = {.read = read_piece, .close = close_pieces, .ctx = &pieces};
    struct error err = {0};
    struct lines *lines;
    uint32_t n;
    char *line;

    if (_i % 2 == 1) {
        pieces.bytes = packed;
        pieces.n = pack(0, text, sizeof(text) - 1, 1, 6);
    }
    lines = _i < 2 ? lines_of_bytes("a", pieces.bytes, pieces.n, NULL, &err)
                   : lines_open("a", &input, NULL, &err);
    ck_assert_ptr_nonnull(lines);
    for (uint64_t i = 0; i < 4; i++) {
        ck_assert_int_eq(lines_next(lines, &line, &n, &err), 1);
        ck_assert_str_eq(line, want[i]);
        ck_assert_uint_eq(n, strlen(want[i]));
        ck_assert_uint_eq(lines_number(lines), i + 1);
    }
    ck_assert_int_eq(lines_next(lines, &line, &n, &err), 0);
    ck_assert_str_eq(lines_name(lines), "a");
    lines_close(lines);
    ck_assert_int_eq(pieces.is_closed, _i >= 2);
}
END_TEST

START_TEST(lines_across_chunks_are_whole)
{
    static char text[2u << 20];
    struct error err = {0};
    struct lines *lines;
    char want[64], *line;
    size_t at = 0;
    uint32_t n;

    for (int i = 0; i < 30000; i++)
        at += (size_t)snprintf(text + at, sizeof(text) - at, "line %d %.*s\n", i, i % 40,
                               "........................................");
    lines = lines_of_bytes("many", text, at, NULL, &err);
    for (int i = 0; i < 30000; i++) {
        ck_assert_int_eq(lines_next(lines, &line, &n, &err), 1);
        (void)snprintf(want, sizeof(want), "line %d %.*s", i, i % 40,
                       "........................................");
        ck_assert_str_eq(line, want);
    }
    ck_assert_int_eq(lines_next(lines, &line, &n, &err), 0);
    lines_close(lines);
}
END_TEST

START_TEST(a_line_that_is_too_long_is_refused_with_its_number)
{
    static const struct lines_limits limits = {.line_max = 5};
    struct lines *lines;
    struct error err = {0};
    char *line;
    uint32_t n;

    lines = lines_of_bytes("long", "ab\nabcdef\n", 10, &limits, &err);
    ck_assert_int_eq(lines_next(lines, &line, &n, &err), 1);
    ck_assert_int_eq(lines_next(lines, &line, &n, &err), AGON_ERANGE);
    ck_assert_ptr_nonnull(strstr(err.text, "long:2:"));
    lines_close(lines);
}
END_TEST

static int64_t read_to_end(uint64_t n, const struct lines_limits *limits, struct error *err)
{
    struct lines *lines = lines_of_bytes("some.gz", packed, n, limits, err);
    static char bytes[100000];
    int64_t got, all = 0;

    ck_assert_ptr_nonnull(lines);
    while ((got = lines_read(lines, bytes, sizeof(bytes), err)) > 0)
        all += got;
    lines_close(lines);
    return got < 0 ? got : all;
}

START_TEST(several_gzip_members_follow_one_another)
{
    struct error err = {0};
    uint64_t n = pack(0, "abc", 3, 1000, 6);

    n = pack(n, "defg", 4, 1000, 6);
    ck_assert_int_eq(read_to_end(n, NULL, &err), 7000);
}
END_TEST

START_TEST(each_truncation_of_gzip_is_refused)
{
    struct error err = {0};
    uint64_t n = pack(0, "some text, some text", 20, 50, 6);

    for (uint64_t to = 2; to < n; to++) {
        ck_assert_int_eq(read_to_end(to, NULL, &err), AGON_ECORRUPT);
        ck_assert_ptr_nonnull(strstr(err.text, "some.gz"));
    }
    packed[n - 5] ^= 1; // of its own length
    ck_assert_int_eq(read_to_end(n, NULL, &err), AGON_ECORRUPT);
}
END_TEST

START_TEST(a_bomb_is_refused_in_bounded_memory)
{
    static const char zeros[65536];
    struct lines_limits limits = {.total_max = 1000000};
    struct error err = {0};
    uint64_t n = pack(0, zeros, sizeof(zeros), 200, 9);

    ck_assert_int_eq(read_to_end(n, NULL, &err), AGON_ERANGE);
    ck_assert_ptr_nonnull(strstr(err.text, "1000 times"));
    ck_assert_int_eq(read_to_end(n, &limits, &err), AGON_ERANGE);
    limits = (struct lines_limits){.ratio_max = 2000};
    ck_assert_int_eq(read_to_end(n, &limits, &err), 200 * 65536);
}
END_TEST

START_TEST(an_input_that_fails_ends_with_its_own_reason)
{
    struct pieces pieces = {
        .bytes = (const unsigned char *)"one\ntw", .n = 6, .step = 6, .rc = AGON_EIO};
    struct lines_input input = {.read = read_piece, .close = close_pieces, .ctx = &pieces};
    struct error err = {0};
    struct lines *lines = lines_open("a", &input, NULL, &err);
    char *line;
    uint32_t n;

    ck_assert_int_eq(lines_next(lines, &line, &n, &err), 1);
    ck_assert_int_eq(lines_next(lines, &line, &n, &err), AGON_EIO);
    ck_assert_str_eq(err.text, "the disk is gone");
    lines_close(lines);
    pieces = (struct pieces){.rc = AGON_EIO};
    ck_assert_ptr_null(lines_open("a", &input, NULL, &err));
    ck_assert_int_eq(pieces.is_closed, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("market_lines");
    TCase *tcase = tcase_create("lines");
    SRunner *runner;
    int n;

    tcase_add_loop_test(tcase, lines_come_one_by_one_plain_or_packed, 0, 4);
    tcase_add_test(tcase, lines_across_chunks_are_whole);
    tcase_add_test(tcase, a_line_that_is_too_long_is_refused_with_its_number);
    tcase_add_test(tcase, several_gzip_members_follow_one_another);
    tcase_add_test(tcase, each_truncation_of_gzip_is_refused);
    tcase_add_test(tcase, a_bomb_is_refused_in_bounded_memory);
    tcase_add_test(tcase, an_input_that_fails_ends_with_its_own_reason);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    n = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
