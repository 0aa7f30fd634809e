// SPDX-License-Identifier: Apache-2.0
/* wrap: no line is longer than the terminal, no word is lost, and what follows is indented. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "sys/wrap.h"

static char *wrapped(int width, int at, int indent, const char *text)
{
    char *bytes = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&bytes, &n);

    ck_assert_ptr_nonnull(out);
    wrap_text(out, width, at, indent, text);
    ck_assert_int_eq(fclose(out), 0);
    return bytes;
}

static void is(int width, int at, int indent, const char *text, const char *expected)
{
    char *bytes = wrapped(width, at, indent, text);

    ck_assert_str_eq(bytes, expected);
    free(bytes);
}

START_TEST(lines_end_at_spaces)
{
    is(20, 0, 2, "short", "short\n");
    is(20, 0, 2, "", "\n");
    is(20, 0, 2, "exactly twenty chars", "exactly twenty chars\n");
    is(20, 0, 2, "exactly twenty chars and more", "exactly twenty chars\n  and more\n");
    is(20, 10, 4, "one two three", "one two\n    three\n");
    is(10, 0, 2, "a_word_that_is_longer than a line", "a_word_that_is_longer\n  than a\n  line\n");
    is(WRAP_NONE, 0, 2, "nothing is wrapped for a pipe", "nothing is wrapped for a pipe\n");
}
END_TEST

START_TEST(no_width_loses_a_word)
{
    static const char text[] = "the exchange has cancelled its 1 open order 666.5 us later";

    for (int width = 1; width < 80; width++) {
        char *bytes = wrapped(width, 5, 3, text);
        char *save = NULL;
        char words[sizeof(text) + 2] = "";

        for (char *word = strtok_r(bytes, " \n", &save); word != NULL;
             word = strtok_r(NULL, " \n", &save)) {
            strcat(words, words[0] != '\0' ? " " : "");
            strcat(words, word);
        }
        ck_assert_str_eq(words, text);
        free(bytes);
    }
}
END_TEST

START_TEST(lines_that_fit_stay_and_others_go_on_behind_where_they_began)
{
    char *bytes = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&bytes, &n);

    ck_assert_ptr_nonnull(out);
    wrap_lines(out, 20, "a  table    of  it\n\n  warning: a latency of 0 was assumed\nthe end");
    ck_assert_int_eq(fclose(out), 0);
    ck_assert_str_eq(bytes,
                     "a  table    of  it\n\n  warning: a latency\n    of 0 was assumed\nthe end\n");
    free(bytes);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("wrap");
    TCase *tcase = tcase_create("wrap");
    SRunner *runner;
    int n_failed;

    tcase_add_test(tcase, lines_end_at_spaces);
    tcase_add_test(tcase, no_width_loses_a_word);
    tcase_add_test(tcase, lines_that_fit_stay_and_others_go_on_behind_where_they_began);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
