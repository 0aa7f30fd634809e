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

static char *printed(const struct figures *of)
{
    char *text = NULL;
    size_t n;
    FILE *out = open_memstream(&text, &n);

    ck_assert_ptr_nonnull(out);
    figures_print(out, &usdt, "one", of, 3);
    figures_print_note(out, &usdt, of);
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

START_TEST(a_line_has_each_with_its_sign)
{
    struct figures of = all_known();
    char *text = printed(&of);

    ck_assert_str_eq(squeezed(text), "one 1,234,567.00 1,234,500.00 -67.00 -0.01 % 3.21 % -1.71 "
                                     "-0.50 [-2.60, 1.60] -12.00 66.00 13.00 -2.00 -0.50 7 3\n");
    free(text);
    of = early();
    text = printed(&of);
    ck_assert_str_eq(squeezed(text),
                     "one 1,234,567.00 1,234,500.00 -67.00 -0.01 % 3.21 % - - - 66.00 - - - 7 3\n"
                     "sharpe -: too short to judge, it takes 30 daily returns\n");
    free(text);
}
END_TEST

/* Each width has the columns that fit, those of more weight first, and says how many are left out.
 */
START_TEST(a_terminal_has_the_columns_that_fit)
{
    static const struct {
        int width;
        const char *head, *note;
    } widths[] = {
        {80, "agent [USDT] result return drawdown t [95 % of t]\n",
         "10 columns more: a wider terminal or --json shows them\n"},
        {100, "agent [USDT] equity result return drawdown t [95 % of t]\n",
         "9 columns more: a wider terminal or --json shows them\n"},
        {203,
         "agent [USDT] capital equity result return drawdown sharpe t [95 % of t] gross fees "
         "funding "
         "slippage fills refused\n",
         "1 column more: a wider terminal or --json shows it\n"},
        {204,
         "agent capital equity result return drawdown sharpe t [95 % of t] gross fees rebates "
         "funding "
         "slippage fills refused [USDT]\n",
         ""},
    };
    struct figures of = all_known();

    for (int width = 20; width <= 204; width++) {
        struct figures_money in = {.name = "USDT", .exp = 8, .width = width};
        char *text = NULL;
        size_t n;
        FILE *out = open_memstream(&text, &n);

        ck_assert_ptr_nonnull(out);
        figures_print_head(out, &in);
        figures_print(out, &in, "one", &of, 3);
        ck_assert_int_eq(fclose(out), 0);
        for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1)
            ck_assert_uint_le(strcspn(line, "\n"), (size_t)width);
        free(text);
    }
    for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
        struct figures_money in = {.name = "USDT", .exp = 8, .width = widths[i].width};
        char *text = NULL, expected[300];
        size_t n;
        FILE *out = open_memstream(&text, &n);

        ck_assert_ptr_nonnull(out);
        figures_print_head(out, &in);
        figures_print_note(out, &in, &of);
        ck_assert_int_eq(fclose(out), 0);
        (void)snprintf(expected, sizeof(expected), "%s%s", widths[i].head, widths[i].note);
        ck_assert_str_eq(squeezed(text), expected);
        free(text);
    }
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

int main(void)
{
    Suite *suite = suite_create("report_figures");
    TCase *tcase = tcase_create("figures");
    SRunner *runner;
    int n_failed;

    tcase_add_test(tcase, a_line_has_each_with_its_sign);
    tcase_add_test(tcase, a_terminal_has_the_columns_that_fit);
    tcase_add_test(tcase, a_loss_deeper_than_the_deepest_fall_is_explained);
    tcase_add_test(tcase, the_explanation_fits_a_terminal);
    tcase_add_test(tcase, json_and_csv_have_each_with_its_sign);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
