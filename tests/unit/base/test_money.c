// SPDX-License-Identifier: Apache-2.0
/* How amounts are shown. */
#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/money.h"

START_TEST(each_currency_has_its_decimals)
{
    ck_assert_int_eq(money_decimals("USDT", 8), 2);
    ck_assert_int_eq(money_decimals("USD", 2), 2);
    ck_assert_int_eq(money_decimals("EUR", 8), 2);
    ck_assert_int_eq(money_decimals("JPY", 8), 0);
    ck_assert_int_eq(money_decimals("BTC", 8), 8);
    ck_assert_int_eq(money_decimals("BTC", 6), 6);
}
END_TEST

START_TEST(people_get_the_thousands_apart)
{
    static const struct {
        int64_t amt;
        int exp, decimals;
        const char *plain, *apart;
    } table[] = {{0, 8, 2, "0.00", "0.00"},
                 {99999, 2, 2, "999.99", "999.99"},
                 {-99999, 2, 2, "-999.99", "-999.99"},
                 {100000, 2, 2, "1000.00", "1,000.00"},
                 {-123456789, 2, 2, "-1234567.89", "-1,234,567.89"},
                 {123456, 2, 0, "1235", "1,235"},
                 {250000, 5, 2, "2.50", "2.50"},
                 {12345, 4, 2, "1.23", "1.23"}, // to even
                 {INT64_MAX, 0, 0, "9223372036854775807", "9,223,372,036,854,775,807"}};
    char text[MONEY_TEXT];

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        ck_assert_str_eq(money_plain(table[i].amt, table[i].exp, table[i].decimals, text),
                         table[i].plain);
        ck_assert_str_eq(money_text(table[i].amt, table[i].exp, table[i].decimals, text),
                         table[i].apart);
    }
    ck_assert_str_eq(money_in(123456789012, 8, "USDT", text), "1,234.57");
    ck_assert_str_eq(money_in(123456789012, 8, "BTC", text), "1,234.56789012");
    ck_assert_str_eq(money_in(-5, 3, "", text), "-0.005");
    ck_assert(!money_apart("none", text) && !money_apart("", text) && !money_apart("-", text));
    ck_assert(!money_apart("12a", text));
}
END_TEST

/* As host/dashboard/web/kit.mjs has it (figure). */
START_TEST(a_number_of_no_currency_has_seven_digits)
{
    static const struct {
        double value;
        const char *text;
    } table[] = {{0, "0"},
                 {-0.0, "0"},
                 {12, "12"},
                 {-1234567890, "-1,234,567,890"},
                 {37480.419, "37,480.42"},
                 {37670.9557, "37,670.96"},
                 {-0.000123456789, "-0.0001234568"},
                 {99999.999999, "100,000"},
                 {12345678.9, "12,345,680"},
                 {0.1 + 0.2, "0.3"},
                 {1.5e-9, "1.5e-09"},
                 {1e18, "1,000,000,000,000,000,000"},
                 {2.5e30, "2.5e+30"}};
    char text[MONEY_TEXT];

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        ck_assert_str_eq(money_figure(table[i].value, text), table[i].text);
}
END_TEST

/* Seven columns, whatever it is, and the nearest that they can show: a tie is the even one. */
START_TEST(a_brief_count_has_seven_columns)
{
    static const struct {
        uint64_t n;
        const char *text;
    } table[] = {{0, "0"},
                 {999, "999"},
                 {999999, "999,999"},
                 {1000000, "1.00M"},
                 {1004999, "1.00M"},
                 {1005000, "1.00M"},
                 {1005001, "1.01M"},
                 {1015000, "1.02M"},
                 {1207000, "1.21M"},
                 {1239999, "1.24M"},
                 {9994999, "9.99M"},
                 {9995000, "10.0M"},
                 {9999999, "10.0M"},
                 {10000000, "10.0M"},
                 {10050000, "10.0M"},
                 {10150000, "10.2M"},
                 {123456789, "123.5M"},
                 {999949999, "999.9M"},
                 {999950000, "1.00G"},
                 {999999999, "1.00G"},
                 {1000000000, "1.00G"},
                 {123456789012, "123.5G"},
                 {999999999999999999, "1.00E"},
                 {UINT64_MAX, "18.4E"}};
    char text[MONEY_TEXT];

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        ck_assert_str_eq(money_brief(table[i].n, text), table[i].text);
        ck_assert_uint_le(strlen(text), 7);
    }
}
END_TEST

START_TEST(what_rounds_to_nothing_has_no_sign)
{
    static const struct {
        double value;
        int decimals;
        const char *text;
    } table[] = {{-0.004, 2, "0.00"}, {-0.006, 2, "-0.01"},  {-0.0, 2, "0.00"},
                 {-0.5, 0, "0"},      {-0.51, 0, "-1"},      {-1e-300, 3, "0.000"},
                 {0.004, 2, "0.00"},  {-0.0004, 3, "0.000"}, {-0.0006, 3, "-0.001"},
                 {-1e300, 0, NULL},   {12.345, 1, "12.3"},   {-12.345, 1, "-12.3"}};
    char text[400];

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        (void)snprintf(text, sizeof(text), "%.*f", table[i].decimals,
                       money_shown(table[i].value, table[i].decimals));
        if (table[i].text != NULL)
            ck_assert_str_eq(text, table[i].text);
        else
            ck_assert_double_eq(strtod(text, NULL), table[i].value);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base_money");
    TCase *tcase = tcase_create("money");
    SRunner *runner;
    int n_failed;

    tcase_add_test(tcase, each_currency_has_its_decimals);
    tcase_add_test(tcase, people_get_the_thousands_apart);
    tcase_add_test(tcase, a_number_of_no_currency_has_seven_digits);
    tcase_add_test(tcase, a_brief_count_has_seven_columns);
    tcase_add_test(tcase, what_rounds_to_nothing_has_no_sign);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
