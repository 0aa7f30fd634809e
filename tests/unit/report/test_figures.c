// SPDX-License-Identifier: Apache-2.0
/* Each figure on each surface that is not a page: its own value under its own name, with its sign.
 * What is not known is shown as such. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/figures.h"
#include "sys/wrap.h"

static const struct figures_money usdt = {.name = "USDT", .exp = 8};

static struct figures all_known(void)
{
    return (struct figures){.capital_amt = 123456700000000,
                            .equity_amt = 123450000000000,
                            .result_amt = -6700000000,
                            .gross_amt = -1200000000,
                            .fee_amt = 6600000000,
                            .rebate_amt = 1300000000,
                            .funding_amt = -200000000,
                            .slippage_amt = -50000000,
                            .volume_amt = 900000000000,
                            .is_split = 1,
                            .is_annual = 1,
                            .has_t = 1,
                            .has_factor = 1,
                            .yield = -0.00005427,
                            .drawdown = 0.0321,
                            .profit_factor = 0.75,
                            .n_fills = 7,
                            .sample_s = 86400,
                            .n_samples = 31,
                            .n_days = 31,
                            .t = -0.5,
                            .t_low = -2.6,
                            .t_high = 1.6,
                            .sharpe = -1.71,
                            .sortino = -2.22};
}

static struct figures early(void)
{
    struct figures of = all_known();

    of.is_split = of.is_annual = of.has_t = of.has_factor = 0;
    return of;
}

static char *printed(const struct figures_money *in, const struct figures *of)
{
    struct figures_table table;
    char *text = NULL;
    size_t n;
    FILE *out = open_memstream(&text, &n);

    ck_assert_ptr_nonnull(out);
    figures_table_begin(&table, in);
    figures_table_add(&table, "one", of, 3);
    figures_table_end(&table, out);
    ck_assert_int_eq(fclose(out), 0);
    return text;
}

// Runs of blanks are one.
static const char *squeezed(char *text)
{
    char *to = text;

    for (const char *at = text; *at != '\0'; at++) {
        if (*at != ' ' || at[1] != ' ')
            *to++ = *at;
    }
    *to = '\0';
    return text;
}

#define HEADS                                                                                      \
    "agent [USDT] capital equity result return drawdown sharpe t [95 % of t] gross fees rebates "  \
    "funding slippage cost fills refused\n"

START_TEST(a_line_has_each_with_its_sign)
{
    struct figures of = all_known();
    char *text = printed(&usdt, &of);

    ck_assert_str_eq(squeezed(text),
                     HEADS "one 1,234,567.00 1,234,500.00 -67.00 -0.01 % 3.21 % -1.71 "
                           "-0.50 [-2.60, 1.60] -12.00 66.00 13.00 -2.00 -0.50 7 3\n");
    free(text);
    of = early();
    text = printed(&usdt, &of);
    ck_assert_str_eq(squeezed(text), HEADS
                     "one 1,234,567.00 1,234,500.00 -67.00 -0.01 % 3.21 % - - - 66.00 - - - 7 3\n"
                     "sharpe -: too short to judge, it takes 30 daily returns\n");
    free(text);
    of.n_samples = FIGURES_T_SAMPLES - 1;
    text = printed(&usdt, &of);
    ck_assert_ptr_nonnull(strstr(text, "t -: too few samples to judge, it takes 10 returns\n"));
    free(text);
}
END_TEST

/* Each width has the columns that fit, those of more weight first, and what finds no room stands in
 * a table below: nothing is lost, and no line is longer. */
START_TEST(a_terminal_has_the_columns_that_fit)
{
    static const struct {
        int width;
        const char *text;
    } widths[] = {
        {80, "agent [USDT] equity result return drawdown t [95 % of t]\n"
             "one 1,234,500.00 -67.00 -0.01 % 3.21 % -0.50 [-2.60, 1.60]\n\n"
             "agent [USDT] sharpe gross fees rebates funding slippage cost fills\n"
             "one -1.71 -12.00 66.00 13.00 -2.00 -0.50 7\n\n"
             "agent [USDT] capital refused\none 1,234,567.00 3\n"},
        {40, "agent [USDT] result return drawdown\none -67.00 -0.01 % 3.21 %\n\n"
             "agent [USDT] t [95 % of t] fills\none -0.50 [-2.60, 1.60] 7\n\n"
             "agent [USDT] equity gross\none 1,234,500.00 -12.00\n\n"
             "agent [USDT] fees rebates funding\none 66.00 13.00 -2.00\n\n"
             "agent [USDT] sharpe slippage cost\none -1.71 -0.50\n\n"
             "agent [USDT] capital refused\none 1,234,567.00 3\n"},
        {200, HEADS "one 1,234,567.00 1,234,500.00 -67.00 -0.01 % 3.21 % -1.71 "
                    "-0.50 [-2.60, 1.60] -12.00 66.00 13.00 -2.00 -0.50 7 3\n"},
    };
    struct figures of = all_known();

    for (int width = 34; width <= 200; width++) {
        struct figures_money in = {.name = "USDT", .exp = 8, .width = width};
        char *text = printed(&in, &of);
        uint32_t n_heads = 0;

        for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1)
            ck_assert_uint_le(strcspn(line, "\n"), (size_t)width);
        for (const char *head = text; (head = strstr(head, "agent [")) != NULL; head++)
            n_heads++;
        ck_assert_msg(n_heads >= 1 && n_heads <= 9, "%d columns: %u tables", width, n_heads);
        free(text);
    }
    for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
        struct figures_money in = {.name = "USDT", .exp = 8, .width = widths[i].width};
        char *text = printed(&in, &of);

        ck_assert_str_eq(squeezed(text), widths[i].text);
        free(text);
    }
}
END_TEST

/* Widths are those of what stands there: a long name or amount moves nobody's head away from it. */
START_TEST(a_column_is_as_wide_as_its_widest)
{
    struct figures_table table;
    struct figures of = all_known(), small = {.capital_amt = 100000000};
    char *text = NULL;
    size_t n;
    FILE *out = open_memstream(&text, &n);
    const char *line, *end;

    ck_assert_ptr_nonnull(out);
    figures_table_begin(&table, &usdt);
    for (int i = 0; i < 40; i++)
        figures_table_add(&table, i == 7 ? "a_name_that_is_long" : "b", i == 9 ? &of : &small, 0);
    figures_table_pool(&table, 0); // none: no line
    figures_table_end(&table, out);
    ck_assert_int_eq(fclose(out), 0);
    line = text;
    for (n = 0; n < 41; line = end + 1, n++) {
        end = strchr(line, '\n');
        ck_assert_ptr_nonnull(end);
        // The capital, right aligned behind the name and two blanks.
        ck_assert_int_eq(line[19 + 2 + 11], n == 0 ? 'l' : '0');
        ck_assert_int_eq(line[19 + 2 + 12], ' ');
    }
    // What has no ratio yet is explained once, below.
    ck_assert_str_eq(line, "sharpe -: too short to judge, it takes 30 daily returns\n"
                           "t -: too few samples to judge, it takes 10 returns\n");
    free(text);
}
END_TEST

/* A return by the capital of now can be deeper than the drawdown, whose high moves with capital: it
 * is said by what is shown. */
START_TEST(a_loss_deeper_than_the_deepest_fall_is_explained)
{
    static const struct {
        double yield, drawdown;
        int is_deeper;
    } table[] = {{-0.0057, 0.0054, 1}, {-0.0054, 0.0054, 0}, {-0.00541, 0.0054, 0}, {0.01, 0.0, 0},
                 {-0.02, 0.05, 0},     {-0.00006, 0.0, 1},   {-0.00004, 0.0, 0}};

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct figures of = {.yield = table[i].yield, .drawdown = table[i].drawdown};

        ck_assert_int_eq(figures_is_deeper(&of), table[i].is_deeper);
    }
}
END_TEST

START_TEST(the_explanation_fits_a_terminal)
{
    struct figures of = {.yield = -0.02, .drawdown = 0.01};
    char *text = NULL, *at, *rest;
    size_t n;
    FILE *out = open_memstream(&text, &n);

    ck_assert_ptr_nonnull(out);
    wrap_limit(80);
    figures_print_deeper(out, "momentum_1", &of);
    wrap_limit(WRAP_NONE);
    ck_assert_int_eq(fclose(out), 0);
    for (at = strtok_r(text, "\n", &rest); at != NULL; at = strtok_r(NULL, "\n", &rest))
        ck_assert_msg(strlen(at) <= 80, "%s", at);
    free(text);
}
END_TEST

START_TEST(json_and_csv_have_each_with_its_sign)
{
    static const char *const known[][2] = {
        {"capital", "1234567"},   {"equity", "1234500"},  {"result", "-67"},
        {"gross", "-12"},         {"fees", "66"},         {"rebates", "13"},
        {"funding", "-2"},        {"slippage", "-0.5"},   {"volume", "9000"},
        {"return", "-5.427e-05"}, {"drawdown", "0.0321"}, {"profit_factor", "0.75"},
        {"sharpe", "-1.71"},      {"sortino", "-2.22"},   {"t", "-0.5"},
        {"t_low", "-2.6"},        {"t_high", "1.6"},      {"samples", "31"},
        {"sample_s", "86400"},    {"days", "31"}};
    static const char *const not_early[] = {"gross",  "rebates",      "funding", "slippage",
                                            "sharpe", "sortino",      "t",       "t_low",
                                            "t_high", "profit_factor"};
    struct cell cells[FIGURES_CELLS];
    struct figures of = all_known();
    json_t *json = figures_json(json_object(), &usdt, &of);

    ck_assert_uint_eq(figures_cells(cells, 0, &usdt, &of), FIGURES_CELLS);
    for (size_t i = 0; i < FIGURES_CELLS; i++) {
        const json_t *value = json_object_get(json, known[i][0]);
        char text[64];

        ck_assert_str_eq(cells[i].name, known[i][0]);
        ck_assert_str_eq(cells[i].text, known[i][1]);
        if (json_is_string(value))
            (void)snprintf(text, sizeof(text), "%s", json_string_value(value));
        else
            (void)snprintf(text, sizeof(text), "%.9g", json_number_value(value));
        ck_assert_str_eq(text, known[i][1]);
    }
    ck_assert_str_eq(json_string_value(json_object_get(json, "currency")), "USDT");
    ck_assert(json_is_null(json_object_get(json, "judgement")));
    json_decref(json);
    of = early();
    json = figures_json(json_object(), &usdt, &of);
    (void)figures_cells(cells, 0, &usdt, &of);
    for (size_t i = 0; i < sizeof(not_early) / sizeof(not_early[0]); i++) {
        ck_assert(json_is_null(json_object_get(json, not_early[i])));
        for (size_t k = 0; k < FIGURES_CELLS; k++)
            ck_assert(strcmp(cells[k].name, not_early[i]) != 0 || cells[k].text[0] == '\0');
    }
    ck_assert_str_eq(json_string_value(json_object_get(json, "judgement")), "too short to judge");
    json_decref(json);
}
END_TEST

START_TEST(models_are_counted_beside_agents)
{
    char text[FIGURES_COUNT];

    ck_assert_str_eq(figures_count(1, 0, text), "1 agent");
    ck_assert_str_eq(figures_count(9, 1, text), "9 agents and 1 model");
    ck_assert_str_eq(figures_count(0, 2, text), "0 agents and 2 models");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("report_figures");
    TCase *tcase = tcase_create("figures");
    SRunner *runner;
    int n_failed;

    tcase_add_test(tcase, a_line_has_each_with_its_sign);
    tcase_add_test(tcase, a_terminal_has_the_columns_that_fit);
    tcase_add_test(tcase, a_column_is_as_wide_as_its_widest);
    tcase_add_test(tcase, a_loss_deeper_than_the_deepest_fall_is_explained);
    tcase_add_test(tcase, the_explanation_fits_a_terminal);
    tcase_add_test(tcase, json_and_csv_have_each_with_its_sign);
    tcase_add_test(tcase, models_are_counted_beside_agents);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
