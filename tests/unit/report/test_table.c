// SPDX-License-Identifier: Apache-2.0
/* The table of a running host: what it shows before there is anything, and after. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "report/table.h"

static struct host_view view;

static char *drawn(agon_ns_t t, int is_end)
{
    struct table table;
    char *text = NULL;
    size_t n;
    FILE *out = tmpfile();
    FILE *copy = open_memstream(&text, &n);
    int c;

    view.t = t;
    table_init(&table, out, 60000000000);
    if (is_end)
        table_end(&table, &view, table.began_ns + 20000000000);
    else
        table_draw(&table, &view, table.began_ns + 20000000000);
    rewind(out);
    while ((c = fgetc(out)) != EOF)
        fputc(c, copy);
    fclose(out);
    fclose(copy);
    return text;
}

START_TEST(no_time_is_shown_before_the_market_has_one)
{
    for (int is_end = 0; is_end < 2; is_end++) {
        char *text = drawn(_i == 0 ? 0 : 12345678901, is_end);

        ck_assert_msg(strstr(text, "1970") == NULL, "%s", text);
        ck_assert_msg(strstr(text, "no time yet") != NULL, "%s", text);
        free(text);
    }
}
END_TEST

START_TEST(the_markets_time_is_shown)
{
    for (int is_end = 0; is_end < 2; is_end++) {
        char *text = drawn((agon_ns_t)1723161600 * 1000000000, is_end);

        ck_assert_msg(strstr(text, "2024-08-09T00:00:00") != NULL, "%s", text);
        free(text);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("table");
    TCase *tcase = tcase_create("table");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_loop_test(tcase, no_time_is_shown_before_the_market_has_one, 0, 2);
    tcase_add_test(tcase, the_markets_time_is_shown);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
