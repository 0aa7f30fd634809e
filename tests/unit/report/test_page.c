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
    ck_assert_int_eq(count("<script>"), 3); // ours
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

/* Texts of marks: where each stands in px of a plot so wide, one that only a wide page has or not.
 */
static int texts_of(double plot_px, int is_wide, double from[], double to[], double height[])
{
    int n = 0;

    for (const char *at = made; (at = strstr(at, "<span class=\"m")) != NULL; at++) {
        int is_rare = strncmp(at + 14, " r\"", 3) == 0;
        const char *side = strstr(at, "style=\"") + 7;
        const char *text = strchr(at, '>') + 1;
        double share = strtod(strchr(side, ':') + 1, NULL) / 100;
        double text_px = (double)strcspn(text, "<") * 6.5 + 8;

        if (is_rare && !is_wide)
            continue;
        from[n] = side[0] == 'l' ? share * plot_px : (1 - share) * plot_px - text_px;
        to[n] = from[n] + text_px;
        height[n++] = strtod(strstr(side, "top:") + 4, NULL);
    }
    return n;
}

START_TEST(texts_of_marks_cover_no_other_one_on_a_phone_either)
{
    static char texts[80][8];
    static double from[80], to[80], height[80];
    struct page_mark marks[80];
    agon_ns_t t[2] = {START, START + 80 * MINUTE};
    double value[2] = {1, 2};
    struct page_series series = {"one", t, value, 2};
    struct page_plot plot = {
        .title = "t", .unit = "u", .series = &series, .n_series = 1, .marks = marks, .n_marks = 80};
    FILE *out;
    struct page *page = begin(&out, "t");

    for (int i = 0; i < 80; i++) {
        snprintf(texts[i], sizeof(texts[i]), "%d", i + 1);
        marks[i] = (struct page_mark){START + i * MINUTE, texts[i]};
    }
    page_plot(page, &plot);
    end(page, out);
    ck_assert_int_eq(count("<line class=\"mark\""), 80); // each line says what it is of
    for (int is_wide = 0; is_wide < 2; is_wide++) {
        int n = texts_of(is_wide ? 800 : 230, is_wide, from, to, height);

        ck_assert_int_ge(n, is_wide ? 60 : 15);
        for (int i = 0; i < n; i++) {
            for (int k = 0; k < i; k++)
                ck_assert(height[i] != height[k] || from[i] >= to[k] || from[k] >= to[i]);
        }
    }
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
    ck_assert_int_eq(count("<figure class=\"drawn\">"), 3);
    ck_assert_int_eq(count("left:0.00%;max-width:100.00%"), 1);
    ck_assert_int_eq(count("right:0.00%;max-width:100.00%"), 1);
    ck_assert_int_eq(count("class=\"mark\""), 2);
    ck_assert_int_eq(count(">0.005</span>"), 1);
    ck_assert_int_eq(count(">0.0001</span>"), 0);
    ck_assert_ptr_nonnull(strstr(made, "</html>"));
    free(made);
}
END_TEST

/* A drawdown is drawn downwards, and has no sign: 0 is above. */
START_TEST(a_drawdown_is_drawn_down_and_has_no_sign)
{
    agon_ns_t t[2] = {START, START + MINUTE};
    double fall[2] = {0, 4};
    struct page_series series = {"the arena", t, fall, 2};
    FILE *out;
    struct page *page = begin(&out, "t");

    page_plot(page, &(struct page_plot){.title = "Drawdown",
                                        .unit = "%",
                                        .decimals = 2,
                                        .is_zero = 1,
                                        .is_down = 1,
                                        .series = &series,
                                        .n_series = 1});
    fall[1] = 0.004; // next to nothing: nothing is above 0
    page_plot(page, &(struct page_plot){.decimals = 2,
                                        .title = "Drawdown",
                                        .unit = "%",
                                        .is_zero = 1,
                                        .is_down = 1,
                                        .series = &series,
                                        .n_series = 1});
    end(page, out);
    ck_assert_int_eq(count(">-0"), 0);
    ck_assert_int_eq(count(" d=\"M0.0 0.0L1000.0 1000.0"), 1);
    ck_assert_int_eq(count("class=\"y\" style=\"top:0.00%\">0</span>"), 1);
    ck_assert_int_eq(count("class=\"y\" style=\"top:100.00%\">4</span>"), 1);
    ck_assert_int_eq(count("the arena <b>4.00</b>"), 1);
    ck_assert_int_eq(count("-4"), 0);
    free(made);
}
END_TEST

START_TEST(bars_lead_from_one_sum_to_the_next)
{
    const struct page_bar bars[] = {
        {"gross", 100, 1}, {"fees <b>", -150, 0}, {"rebates", 0, 0}, {"result", -50, 1}};
    FILE *out;
    struct page *page = begin(&out, "bars");

    page_bars(page,
              &(struct page_bars){
                  .title = "where", .unit = "USDT", .decimals = 2, .bars = bars, .n_bars = 4});
    page_bars(page, &(struct page_bars){.title = "nothing"});
    end(page, out);
    // From -50 to 100: gross begins at a third, fees reach back over all of it, the result is what
    // is below 0.
    ck_assert_int_eq(count("<i class=\"good\" style=\"left:33.33%;width:66.67%\"></i>"), 1);
    ck_assert_int_eq(count("<i class=\"bad\" style=\"left:0.00%;width:100.00%\"></i>"), 1);
    ck_assert_int_eq(count("<i class=\"bad\" style=\"left:0.00%;width:33.33%\"></i>"), 1);
    ck_assert_int_eq(count("<i class=\"none\""), 1);
    ck_assert_int_eq(count("fees &lt;b&gt;"), 1);
    ck_assert_int_eq(count("<b>+100.00</b>"), 1);
    free(made);
}
END_TEST

START_TEST(candles_have_bodies_wicks_and_what_was_traded)
{
    const struct page_candle candles[] = {
        {START, 10, 12, 9, 11}, {START + MINUTE, 11, 11, 7, 8}, {START + 2 * MINUTE, 8, 8, 8, 8}};
    const struct page_trade trades[] = {{START, 10, 0, "bought 1 <at> 10"},
                                        {START + 2 * MINUTE, 8, 1, "sold"},
                                        {START + 9 * MINUTE, 8, 1, "later"}};
    FILE *out;
    struct page *page = begin(&out, "candles");

    page_candles(page, &(struct page_candles){.title = "BTCUSDT",
                                              .unit = "",
                                              .decimals = 2,
                                              .candles = candles,
                                              .n_candles = 3,
                                              .trades = trades,
                                              .n_trades = 3});
    page_candles(page, &(struct page_candles){.title = "nothing"});
    page_candles(page, &(struct page_candles){
                           .title = "one", .unit = "", .candles = candles + 2, .n_candles = 1});
    end(page, out);
    ck_assert_int_eq(count("<figure class=\"drawn\">"), 2);
    // The first candle's wick, from 12 to 9 of 7 to 12 and a 24th of that on both sides, and its
    // body from 10 to 11, which rises.
    ck_assert_int_eq(count("<path class=\"up\" d=\"M0.0 38.5V592.3"), 1);
    ck_assert_int_eq(count("<path class=\"up body\" d=\"M0.0 407.7V223.1"), 1);
    ck_assert_int_eq(count("<path class=\"down\" d=\"M500.0 223.1V961.5"), 1);
    ck_assert_int_eq(count("&#9650;</i>"), 1);
    ck_assert_int_eq(count("&#9660;</i>"), 1); // not the one behind the last candle
    ck_assert_int_eq(count("bought 1 &lt;at&gt; 10"), 1);
    ck_assert_int_eq(count("NaN") + count("nan") + count("inf"), 0);
    free(made);
}
END_TEST

START_TEST(columns_tables_and_details)
{
    static const char *const columns[] = {"agent", "#result", "~why"};
    const uint32_t counts[] = {0, 5, 10, 1};
    FILE *out;
    struct page *page = begin(&out, "all else");

    page_columns(page, &(struct page_columns){.title = "returns",
                                              .unit = "%",
                                              .from = -2,
                                              .width = 1,
                                              .decimals = 1,
                                              .counts = counts,
                                              .n = 4});
    page_lead(page, "%s made %d", "<script>", 5);
    page_details_begin(page, "%s", "a & b");
    page_table_begin(page, columns, 3);
    for (int i = 0; i < 3; i++)
        page_cell(page, "%d", i);
    page_table_sums(page);
    page_cell(page, "%s", "all");
    page_table_end(page);
    page_details_end(page);
    end(page, out);
    ck_assert_int_eq(count("<i class=\"minus\""), 2);
    ck_assert_int_eq(count("height:100.0%"), 1);
    ck_assert_int_eq(count("title=\"-1.0 to 0.0: 5\""), 1);
    ck_assert_int_eq(count("<p class=\"lead\">&lt;script&gt; made 5</p>"), 1);
    ck_assert_int_eq(count("<details><summary>a &amp; b</summary>"), 1);
    ck_assert_int_eq(count("</details>"), 1);
    ck_assert_int_eq(
        count("<th scope=\"col\" class=\"n\"><button type=\"button\">result</button></th>"), 1);
    ck_assert_int_eq(count("<tbody"), 2); // what is sorted, and the sums below it
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
    tcase_add_test(tcase, texts_of_marks_cover_no_other_one_on_a_phone_either);
    tcase_add_test(tcase, nothing_one_point_and_a_flat_line);
    tcase_add_test(tcase, a_drawdown_is_drawn_down_and_has_no_sign);
    tcase_add_test(tcase, bars_lead_from_one_sum_to_the_next);
    tcase_add_test(tcase, candles_have_bodies_wicks_and_what_was_traded);
    tcase_add_test(tcase, columns_tables_and_details);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
