// SPDX-License-Identifier: Apache-2.0
/* A picture is cut at the width; what paints has no columns. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/frame.h"

static const struct {
    const char *line;
    int columns;
    const char *want;
} cases[] = {
    {"abc", 3, "abc"},
    {"abcd", 3, "abc"},
    {"", 3, ""},
    {"\x1b[31mab\x1b[0mcd", 3, "\x1b[31mab\x1b[0mc"},
    {"\xc3\xa4\xc3\xb6\xc3\xbc", 2, "\xc3\xa4\xc3\xb6"},
    {"ab\x1b[0m", 2, "ab\x1b[0m"},
    {"ab\x1b[", 3, "ab\x1b["},
};

START_TEST(a_line_is_cut)
{
    size_t n = frame_cut(cases[_i].line, strlen(cases[_i].line), cases[_i].columns);

    ck_assert_msg(n == strlen(cases[_i].want) && memcmp(cases[_i].line, cases[_i].want, n) == 0,
                  "'%s' at %d: %zu bytes", cases[_i].line, cases[_i].columns, n);
}
END_TEST

START_TEST(what_is_no_terminal_gets_no_picture)
{
    struct frame frame;
    char text[12];
    FILE *out = tmpfile();

    frame_init(&frame, out);
    ck_assert_int_eq(frame.is_screen, 0);
    ck_assert_int_eq(frame.has_colour, 0);
    ck_assert_int_eq(frame_catch(&frame), -1);
    ck_assert_str_eq(frame_paint(&frame, "1", text), "");
    frame_close(&frame);
    ck_assert_int_eq((int)ftell(out), 0);
    fclose(out);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("frame");
    TCase *tcase = tcase_create("frame");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_loop_test(tcase, a_line_is_cut, 0, sizeof(cases) / sizeof(cases[0]));
    tcase_add_test(tcase, what_is_no_terminal_gets_no_picture);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
