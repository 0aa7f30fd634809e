// SPDX-License-Identifier: Apache-2.0
/* The page of a report: what names may hold does not become markup, every series is drawn and its
 * data stand beside it, and odd input (nothing, one point, a flat line) gives a page all the same.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "report/page.h"

#define MINUTE ((agon_ns_t)60 * 1000000000)
#define START  ((agon_ns_t)1767225600 * 1000000000) /* 2026-01-01 00:00 UTC */

static char *made;
static size_t made_n;

static struct page *begin(FILE **out, const char *title)
{
    *out = open_memstream(&made, &made_n);
    ck_assert_ptr_nonnull(*out);
    return page_new(*out, title, "a subtitle");
}

static void end(struct page *page, FILE *out)
{
    ck_assert_int_eq(page_close(page), AGON_OK);
    ck_assert_int_eq(fclose(out), 0);
}

static int count(const char *what)
{
    int n = 0;

    for (const char *at = made; (at = strstr(at, what)) != NULL; at++)
        n++;
    return n;
}

START_TEST(names_do_not_become_markup)
{
    static const char evil[] = "<script>alert(\"1\")</script>&\x01";
    static const char *const columns[] = {evil, "#n"};
    agon_ns_t t[2] = {START, START + MINUTE};
    double value[2] = {1, 2};
    struct page_series series = {evil, t, value, 2};
    struct page_mark mark = {START, evil};
    struct page_plot plot = {.title = evil,
                             .unit = evil,
                             .series = &series,
                             .n_series = 1,
                             .marks = &mark,
                             .n_marks = 1};
    FILE *out;
    struct page *page = begin(&out, evil);

    page_heading(page, evil);
    page_text(page, "%s", evil);
    page_facts_begin(page);
    page_fact(page, evil, 1, "%s", evil);
    page_facts_end(page);
    page_plot(page, &plot);
    page_table_begin(page, columns, 2);
    page_cell(page, "%s", evil);
    page_cell(page, "%d", 5);
    page_cell(page, "%s", "no such column");
    page_row(page);
    page_table_end(page);
    end(page, out);
    ck_assert_int_eq(count("<script>alert"), 0);
    ck_assert_int_eq(count("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;"), 14);
    ck_assert_ptr_null(strchr(made, '\x01'));
    ck_assert_int_eq(count("no such column"), 0);
    ck_assert_int_eq(count("<script>"), 1); // ours
    free(made);
}
END_TEST

START_TEST(each_series_is_drawn_and_keeps_its_extremes)
{
    static agon_ns_t t[100000];
    static double value[100000];
    struct page_series series[9];
    struct page_plot plot = {
        .title = "many", .unit = "USDT", .decimals = 1, .series = series, .n_series = 9};
    FILE *out;
    struct page *page = begin(&out, "t");

    for (int i = 0; i < 100000; i++) {
        t[i] = START + i * MINUTE;
        value[i] = i % 7;
    }
    value[54321] = 987.5; // one point of a hundred thousand
    value[99999] = 3.5;
    for (int i = 0; i < 9; i++)
        series[i] = (struct page_series){"s", t, value, 100000};
    page_plot(page, &plot);
    end(page, out);
    ck_assert_int_eq(count("<path "), 9);
    ck_assert_int_eq(count("stroke-dasharray=\"6 3\""), 1); // the ninth, in the first's colour
    ck_assert_int_eq(count(",987.5]"), 9);
    ck_assert_int_eq(count("<b>3.5</b>"), 9);
    ck_assert_int_eq(count("border-top-style:dashed"), 1);
    ck_assert_uint_lt(made_n, 400000);
    free(made);
}
END_TEST

START_TEST(nothing_one_point_and_a_flat_line)
{
    agon_ns_t t[3] = {START, START + MINUTE, START + 2 * MINUTE};
    double flat[3] = {100000, 100000, 100000};
    struct page_series series[3] = {
        {"none", t, flat, 0}, {"one", t, flat, 1}, {"flat", t, flat, 3}};
    struct page_mark marks[4] = {{START - MINUTE, "before"},
                                 {START, "begin"},
                                 {START + 2 * MINUTE, "end"},
                                 {START + 3 * MINUTE, "behind"}};
    struct page_plot plot = {
        .title = "odd", .unit = "", .series = series, .n_series = 3, .marks = marks, .n_marks = 4};
    FILE *out;
    struct page *page = begin(&out, "t");

    page_plot(page, &plot);
    plot.n_series = 0;
    plot.n_marks = 0;
    page_plot(page, &plot);
    // Values of nothing, told in hundredths: the axis is no finer than half of that.
    memset(flat, 0, sizeof(flat));
    plot.n_series = 3;
    plot.decimals = 2;
    plot.is_zero = 1;
    page_plot(page, &plot);
    end(page, out);
    ck_assert_int_eq(count("nan"), 0);
    ck_assert_int_eq(count("inf"), 0);
    ck_assert_int_eq(count("<figure>"), 3);
    ck_assert_int_eq(count("left:0.00%;max-width:100.00%"), 1);
    ck_assert_int_eq(count("right:0.00%;max-width:100.00%"), 1);
    ck_assert_int_eq(count("class=\"mark\""), 2);
    ck_assert_int_eq(count(">0.005</span>"), 1);
    ck_assert_int_eq(count(">0.0001</span>"), 0);
    ck_assert_ptr_nonnull(strstr(made, "</html>"));
    free(made);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lab_page");
    TCase *tcase = tcase_create("page");
    SRunner *runner = srunner_create(suite);
    int n_failed;

    tcase_add_test(tcase, names_do_not_become_markup);
    tcase_add_test(tcase, each_series_is_drawn_and_keeps_its_extremes);
    tcase_add_test(tcase, nothing_one_point_and_a_flat_line);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
