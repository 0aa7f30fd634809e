// SPDX-License-Identifier: Apache-2.0
#include <check.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/span.h"

START_TEST(a_span_reads_as_the_table_says_that_the_page_is_held_to_too)
{
    const char *root = getenv("AGON_SOURCE_ROOT");
    char path[512], line[128], text[SPAN_TEXT];
    int n = 0;
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/tests/data/spans/cases.txt", root != NULL ? root : ".");
    file = fopen(path, "r");
    ck_assert_msg(file != NULL, "%s", path);
    while (fgets(line, sizeof(line), file) != NULL) {
        char *want = strchr(line, '|');

        if (line[0] == '#' || want == NULL)
            continue;
        *want++ = '\0';
        want[strcspn(want, "\n")] = '\0';
        ck_assert_str_eq(span_text(strtoll(line, NULL, 10), text), want);
        n++;
    }
    (void)fclose(file);
    ck_assert_int_gt(n, 40);
}
END_TEST

START_TEST(seconds_too_and_any_number_has_room)
{
    char text[SPAN_TEXT];

    ck_assert_str_eq(span_of_s(393.2, text), "6 min 33 s");
    ck_assert_str_eq(span_of_s(0.25, text), "250 ms");
    ck_assert_str_eq(span_of_s(NAN, text), "0 s");
    ck_assert_str_eq(span_of_s(INFINITY, text), "0 s");
    ck_assert_str_eq(span_text(INT64_MAX, text), "106751 d 23 h");
    ck_assert_str_eq(span_text(INT64_MIN, text), "-106751 d 23 h");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("span");
    TCase *tc = tcase_create("span");
    SRunner *runner;
    int failed;

    tcase_add_test(tc, a_span_reads_as_the_table_says_that_the_page_is_held_to_too);
    tcase_add_test(tc, seconds_too_and_any_number_has_room);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
