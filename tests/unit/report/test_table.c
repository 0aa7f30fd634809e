// SPDX-License-Identifier: Apache-2.0
/* The table of a running host: what it shows before there is anything, and after. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/table.h"

static struct host_view view;

static char *drawn_by(agon_ns_t t, int is_end, int columns)
{
    struct table table;
    char *text = NULL;
    size_t n;
    FILE *out = tmpfile();
    FILE *copy = open_memstream(&text, &n);
    int c;

    view.t = t;
    table_init(&table, out, 60000000000);
    if (columns != 0) {
        table.frame.is_screen = 1;
        table.frame.rows = 24;
        table.frame.columns = columns;
    }
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

static char *drawn(agon_ns_t t, int is_end)
{
    return drawn_by(t, is_end, 0);
}

START_TEST(the_head_fits_80_columns_after_days_too)
{
    char *text;

    view.counters = (struct engine_counters){
        .n_events = 987654321, .n_orders = 1234567, .n_fills = 2345678, .n_refused = 876543210};
    view.seq = 987654321;
    view.durable_seq = 987654318;
    view.venue.health = GATEWAY_UP;
    view.venue.n_live = 15;
    view.venue.n_books = 16;
    text = drawn_by((agon_ns_t)1723161600 * 1000000000, 0, 80);
    ck_assert_msg(strstr(text, "refused 876,543,210") != NULL, "%s", text);
    ck_assert_msg(strstr(text, "books 15/16 live") != NULL, "%s", text);
    ck_assert_msg(strstr(text, "not on disk 3") != NULL, "%s", text);
    free(text);
    view = (struct host_view){0};
}
END_TEST

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
    tcase_add_test(tcase, the_head_fits_80_columns_after_days_too);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
