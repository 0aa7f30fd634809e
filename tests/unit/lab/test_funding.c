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

START_TEST(a_rate_is_told_before_it_is_due)
{
    struct funding *funding;
    struct error err = {0};
    char word[64];

    write_file("funding_time_ms,symbol,rate\n"
               "1000000,BTCUSDT,0.0005\n"
               "1028800,BTCUSDT,0.0001\n"
               "1057600,BTCUSDT,-1.1e-7\n"
               "1086400,BTCUSDT,-0.00025\n");
    snprintf(word, sizeof(word), "BTCUSDT=%s", path);
    ck_assert_msg(funding_open(&funding, word, &err) == AGON_OK, "%s", err.text);
    unlink(path);
    ck_assert_str_eq(funding_symbol(funding), "BTCUSDT");
    funding_set(funding, 7, 1010000 * MS); // the first row was paid before
    expect(funding, 1010000, 100000, 1028800);
    expect(funding, 1028800, -110, 1057600);
    expect(funding, 1057600, -250000, 1086400);
    expect(funding, 1086400, 0, 1115200); // pays the last row
    ck_assert_ptr_null(funding_next(funding));
    funding_close(funding);
}
END_TEST

static const char *const bad[] = {
    "",
    "funding_time_ms,rate\n1000000,0.1\n",
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

    tcase_add_test(tcase, a_rate_is_told_before_it_is_due);
    tcase_add_loop_test(tcase, what_is_no_table_of_rates_is_refused, 0,
                        (int)(sizeof(bad) / sizeof(bad[0])));
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
