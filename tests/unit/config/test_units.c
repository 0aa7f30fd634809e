// SPDX-License-Identifier: Apache-2.0
// Quantities with their units, on both sides of each edge.
#include <check.h>

#include "config/units.h"

typedef int (*units_fn)(const char *text, size_t n, int64_t *value, struct error *err);

static const struct {
    units_fn fn;
    const char *text;
    int rc;
    int64_t want;
} cases[] = {
    {units_duration, "250ms", AGON_OK, 250000000},
    {units_duration, "1.5s", AGON_OK, 1500000000},
    {units_duration, "0s", AGON_OK, 0},
    {units_duration, "0.000000001s", AGON_OK, 1},
    {units_duration, "2h", AGON_OK, 7200000000000},
    {units_duration, "1d", AGON_OK, 86400000000000},
    {units_duration, "7us", AGON_OK, 7000},
    {units_duration, "106751d", AGON_OK, 9223286400000000000},
    {units_duration, "106752d", AGON_ERANGE, 0},
    {units_duration, "99999999999999999999s", AGON_ERANGE, 0},
    {units_duration, "0.1ns", AGON_ERANGE, 0},
    {units_duration, "0.0000000001s", AGON_ERANGE, 0},
    {units_duration, "-5s", AGON_ERANGE, 0},
    {units_duration, "10", AGON_EINVAL, 0},
    {units_duration, "10 s", AGON_EINVAL, 0},
    {units_duration, "s", AGON_EINVAL, 0},
    {units_duration, "1y", AGON_EINVAL, 0},
    {units_duration, "1e3s", AGON_OK, 1000000000000},
    {units_duration, "1e-7s", AGON_OK, 100},
    {units_duration, "1es", AGON_EINVAL, 0},
    {units_duration, "1..5s", AGON_EINVAL, 0},
    {units_duration, ".5s", AGON_EINVAL, 0},
    {units_duration, "", AGON_EINVAL, 0},
    {units_size, "4096", AGON_OK, 4096},
    {units_size, "64KiB", AGON_OK, 65536},
    {units_size, "1.5MiB", AGON_OK, 1572864},
    {units_size, "1TiB", AGON_OK, 1099511627776},
    {units_size, "8388607TiB", AGON_OK, 9223370937343148032},
    {units_size, "8388608TiB", AGON_ERANGE, 0},
    {units_size, "0.3B", AGON_ERANGE, 0},
    {units_size, "64kb", AGON_EINVAL, 0},
    {units_size, "64 KiB", AGON_EINVAL, 0},
    {units_size, "-1", AGON_EINVAL, 0},
    {units_ppm, "3%", AGON_OK, 30000},
    {units_ppm, "0.0001%", AGON_OK, 1},
    {units_ppm, "-1.5%", AGON_OK, -15000},
    {units_ppm, "12bps", AGON_OK, 1200},
    {units_ppm, "0.01bps", AGON_OK, 1},
    {units_ppm, "0.00001%", AGON_ERANGE, 0},
    {units_ppm, "5", AGON_EINVAL, 0},
    {units_ppm, "0.05", AGON_EINVAL, 0},
    {units_ppm, "%", AGON_EINVAL, 0},
    {units_ppm, "5 %", AGON_EINVAL, 0},
    // Seconds since 1970 by date(1): 2024-08-08 is 1723075200, 2000-02-29 is 951782400.
    {units_time, "1970-01-01", AGON_OK, 0},
    {units_time, "2024-08-08", AGON_OK, 1723075200000000000},
    {units_time, "2000-02-29", AGON_OK, 951782400000000000},
    {units_time, "2024-08-08T12:30", AGON_OK, 1723120200000000000},
    {units_time, "2024-08-08T12:30Z", AGON_OK, 1723120200000000000},
    {units_time, "2024-08-08T12:30:15Z", AGON_OK, 1723120215000000000},
    {units_time, "2024-08-08T12:30:15.25Z", AGON_OK, 1723120215250000000},
    {units_time, "2024-08-08T12:30:15.000000001", AGON_OK, 1723120215000000001},
    {units_time, "2200-12-31", AGON_OK, 7289568000000000000},
    {units_time, "2201-01-01", AGON_ERANGE, 0},
    {units_time, "1969-12-31", AGON_ERANGE, 0},
    {units_time, "2023-02-29", AGON_ERANGE, 0},
    {units_time, "2100-02-29", AGON_ERANGE, 0},
    {units_time, "2024-13-01", AGON_ERANGE, 0},
    {units_time, "2024-04-31", AGON_ERANGE, 0},
    {units_time, "2024-04-00", AGON_ERANGE, 0},
    {units_time, "2024-08-08T24:00", AGON_EINVAL, 0},
    {units_time, "2024-08-08T12:60", AGON_EINVAL, 0},
    {units_time, "2024-08-08T12:30:60", AGON_EINVAL, 0},
    {units_time, "2024-08-08T12:30+02:00", AGON_EINVAL, 0},
    {units_time, "2024-08-08T12:30:15.Z", AGON_EINVAL, 0},
    {units_time, "2024-08-08 12:30", AGON_EINVAL, 0},
    {units_time, "2024-8-8", AGON_EINVAL, 0},
    {units_time, "08.08.2024", AGON_EINVAL, 0},
    {units_weekly, "Sunday 00:00", AGON_OK, 0},
    {units_weekly, "Saturday 23:59", AGON_OK, 10079},
    {units_weekly, "Monday 01:02", AGON_OK, 1502},
    {units_weekly, "Sunday 24:00", AGON_ERANGE, 0},
    {units_weekly, "Sunday 12:60", AGON_ERANGE, 0},
    {units_weekly, "sunday 00:00", AGON_EINVAL, 0},
    {units_weekly, "Sunday", AGON_EINVAL, 0},
    {units_weekly, "Sunday 0:00", AGON_EINVAL, 0},
    {units_int, "0", AGON_OK, 0},
    {units_int, "-9223372036854775807", AGON_OK, -9223372036854775807},
    {units_int, "9223372036854775807", AGON_OK, 9223372036854775807},
    {units_int, "9223372036854775808", AGON_ERANGE, 0},
    {units_int, "-9223372036854775808", AGON_ERANGE, 0},
    {units_int, "99999999999999999999999", AGON_ERANGE, 0},
    {units_int, "-0", AGON_EINVAL, 0},
    {units_int, "+5", AGON_EINVAL, 0},
    {units_int, "007", AGON_EINVAL, 0},
    {units_int, "1_000", AGON_EINVAL, 0},
    {units_int, "1e3", AGON_EINVAL, 0},
    {units_int, "0x10", AGON_EINVAL, 0},
    {units_int, " 1", AGON_EINVAL, 0},
    {units_int, "-", AGON_EINVAL, 0},
    {units_int, "", AGON_EINVAL, 0},
};

START_TEST(reads_exactly_or_refuses)
{
    struct error err = {0};
    int64_t value = 0;
    int rc = cases[_i].fn(cases[_i].text, strlen(cases[_i].text), &value, &err);

    ck_assert_msg(rc == cases[_i].rc, "%s: %d %s", cases[_i].text, rc, err.text);
    ck_assert_msg(value == cases[_i].want, "%s: %lld", cases[_i].text, (long long)value);
    ck_assert_msg((rc == AGON_OK) == (err.text[0] == 0), "%s: %s", cases[_i].text, err.text);
}
END_TEST

START_TEST(seeds_have_64_bits)
{
    uint64_t value;

    ck_assert_int_eq(units_u64("18446744073709551615", 20, &value, NULL), AGON_OK);
    ck_assert_uint_eq(value, UINT64_MAX);
    ck_assert_int_eq(units_u64("18446744073709551616", 20, &value, NULL), AGON_ERANGE);
    ck_assert_int_eq(units_u64("-1", 2, &value, NULL), AGON_EINVAL);
    ck_assert_int_eq(units_u64("1e3", 3, &value, NULL), AGON_EINVAL);
}
END_TEST

static const struct {
    const char *text;
    int rc;
    int64_t want;
    const char *asset;
} money[] = {
    {"1000 USDT", AGON_OK, 100000000000, "USDT"},
    {"1e3 USDT", AGON_OK, 100000000000, "USDT"},
    {"1e-7 BTC", AGON_OK, 10, "BTC"},
    {"0.00000001 BTC", AGON_OK, 1, "BTC"},
    {"-5 USDC", AGON_OK, -500000000, "USDC"},
    {"1 1INCH", AGON_OK, 100000000, "1INCH"},
    {"0.000000001 BTC", AGON_ERANGE, 0, NULL},
    {"99999999999999999 BTC", AGON_ERANGE, 0, NULL},
    {"1000", AGON_EINVAL, 0, NULL},
    {"1000USDT", AGON_EINVAL, 0, NULL},
    {"1000  USDT", AGON_EINVAL, 0, NULL},
    {"1000 ", AGON_EINVAL, 0, NULL},
    {"1000 usdt", AGON_EINVAL, 0, NULL},
    {"$100", AGON_EINVAL, 0, NULL},
    {"100,000 USDT", AGON_EINVAL, 0, NULL},
    {"1.000,5 USDT", AGON_EINVAL, 0, NULL},
    {"1 ABCDEFGHIJKLMNOP", AGON_EINVAL, 0, NULL},
    {"USDT", AGON_EINVAL, 0, NULL},
};

START_TEST(money_names_its_currency)
{
    char asset[UNITS_ASSET] = "";
    int64_t amt = 0;
    int rc = units_money(money[_i].text, strlen(money[_i].text), 8, &amt, asset, NULL);

    ck_assert_msg(rc == money[_i].rc, "%s: %d", money[_i].text, rc);
    if (rc == AGON_OK) {
        ck_assert_int_eq(amt, money[_i].want);
        ck_assert_str_eq(asset, money[_i].asset);
    }
}
END_TEST

START_TEST(text_is_not_read_past_its_end)
{
    int64_t value = 0;

    // "10sX" cut before the X: the X is never looked at.
    ck_assert_int_eq(units_duration("10sX", 3, &value, NULL), AGON_OK);
    ck_assert_int_eq(units_time("2024-08-08T99", 10, &value, NULL), AGON_OK);
    ck_assert_int_eq(units_int("123", 2, &value, NULL), AGON_OK);
    ck_assert_int_eq(value, 12);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("units");
    TCase *tcase = tcase_create("promises");
    SRunner *runner = srunner_create(suite);
    int n_failed;

    tcase_add_loop_test(tcase, reads_exactly_or_refuses, 0,
                        (int)(sizeof(cases) / sizeof(cases[0])));
    tcase_add_test(tcase, seeds_have_64_bits);
    tcase_add_loop_test(tcase, money_names_its_currency, 0,
                        (int)(sizeof(money) / sizeof(money[0])));
    tcase_add_test(tcase, text_is_not_read_past_its_end);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed != 0;
}
