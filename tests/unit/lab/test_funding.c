// SPDX-License-Identifier: Apache-2.0
/* Recorded funding rates as events: each comes before it is due, and what was paid before the
 * market began is left out. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lab/funding.h"

#define MS ((agon_ns_t)1000000)

static char path[] = "/tmp/agon-funding-BTCUSDT-XXXXXX";

static void write_file(const char *text)
{
    FILE *file;
    int fd;

    snprintf(path + sizeof(path) - 7, 7, "XXXXXX");
    fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    file = fdopen(fd, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

static void expect(struct funding *funding, agon_ns_t t_ms, int64_t rate_ppb, agon_ns_t next_ms)
{
    const struct agon_funding *event =
        (const struct agon_funding *)(const void *)funding_next(funding);

    ck_assert_ptr_nonnull(event);
    ck_assert_int_eq(event->hdr.t, t_ms * MS);
    ck_assert_int_eq(event->hdr.t_venue, t_ms * MS);
    ck_assert_uint_eq(event->hdr.instrument, 7);
    ck_assert_int_eq(event->rate_ppb, rate_ppb);
    ck_assert_int_eq(event->t_next, next_ms * MS);
}

/* 0, 8 and 16 h UTC, a little late; then one hour each: what is told of a payment before it is the
 * rate of the last one, and when it is announced for. */
START_TEST(no_rate_is_told_before_it_is_paid)
{
    enum { H = 3600000 };
    struct funding *funding;
    struct error err = {0};
    char word[64];

    write_file("funding_time_ms,symbol,rate\n"
               "28800001,BTCUSDT,0.0005\n"
               "57600000,BTCUSDT,0.0001\n"
               "86400007,BTCUSDT,-1.1e-7\n"
               "90000000,BTCUSDT,-0.00025\n"
               "93600000,BTCUSDT,0.002\n");
    snprintf(word, sizeof(word), "BTCUSDT=%s", path);
    ck_assert_msg(funding_open(&funding, word, &err) == AGON_OK, "%s", err.text);
    unlink(path);
    ck_assert_str_eq(funding_symbol(funding), "BTCUSDT");
    funding_set(funding, 7, 30000000 * MS); // the first row was paid before
    expect(funding, 30000000, 500000, 16 * H);
    expect(funding, 16 * H, 100000, 16 * H); // final
    expect(funding, 16 * H, 100000, 24 * H); // pays it, and knows no better than it
    expect(funding, 24 * H + 7, -110,
           24 * H); // as announced: a later time would be another payment
    expect(funding, 24 * H + 7, -110, 32 * H);
    expect(funding, 25 * H, -250000, 25 * H); // hourly from here on, of which nobody had told
    expect(funding, 25 * H, -250000, 26 * H);
    expect(funding, 26 * H, 2000000, 26 * H);
    expect(funding, 26 * H, 2000000, 27 * H); // pays the last row
    ck_assert_ptr_null(funding_next(funding));
    funding_close(funding);
}
END_TEST

START_TEST(before_the_first_row_nothing_is_known)
{
    struct funding *funding;
    struct error err = {0};
    char word[64];

    write_file("funding_time_ms,rate\n57600000,0.0001\n");
    snprintf(word, sizeof(word), "BTCUSDT=%s", path);
    ck_assert_msg(funding_open(&funding, word, &err) == AGON_OK, "%s", err.text);
    unlink(path);
    funding_set(funding, 7, 30000000 * MS);
    expect(funding, 30000000, 0, 57600000);
    expect(funding, 57600000, 100000, 57600000);
    expect(funding, 57600000, 100000, 86400000);
    ck_assert_ptr_null(funding_next(funding));
    funding_close(funding);
}
END_TEST

static const char *const bad[] = {
    "",
    "funding_time_ms,rate\n",
    "time,rate\n1000000,0.1\n2000000,0.1\n",
    "funding_time_ms,rate\n2000000,0.1\n1000000,0.1\n",
    "funding_time_ms,rate\n1000000,0.1\n2000000,x\n",
    "funding_time_ms,rate\n1000000,0.1\n2000000,1.5\n",
    "funding_time_ms,rate\n1000000,0.1\n2000000\n",
};

START_TEST(what_is_no_table_of_rates_is_refused)
{
    struct funding *funding;
    struct error err = {0};
    char word[64];

    write_file(bad[_i]);
    snprintf(word, sizeof(word), "BTCUSDT=%s", path);
    ck_assert_int_lt(funding_open(&funding, word, &err), 0);
    ck_assert_ptr_null(funding);
    ck_assert_int_ne(err.text[0], 0);
    unlink(path);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("funding");
    TCase *tcase = tcase_create("rows");
    SRunner *runner;
    int n_failed;

    tcase_add_test(tcase, no_rate_is_told_before_it_is_paid);
    tcase_add_test(tcase, before_the_first_row_nothing_is_known);
    tcase_add_loop_test(tcase, what_is_no_table_of_rates_is_refused, 0,
                        (int)(sizeof(bad) / sizeof(bad[0])));
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
