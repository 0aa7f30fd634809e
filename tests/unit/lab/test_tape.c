// SPDX-License-Identifier: Apache-2.0
/* Recorded files as events, by the instrument that they are played on. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lab/tape.h"

static char dir[] = "/tmp/agon-tape-XXXXXX";
static char path[128];
static struct tape_report report;

static struct tape *open_file(const char *name, const char *text, int px_exp, int qty_exp)
{
    struct tape_config config = {.path = path,
                                 .instrument = {.hdr = {.instrument = 7},
                                                .venue = 1,
                                                .kind = INSTRUMENT_SPOT,
                                                .base = 2,
                                                .quote = 1,
                                                .px_exp = (int8_t)px_exp,
                                                .qty_exp = (int8_t)qty_exp,
                                                .tick_px = 1,
                                                .lot_qty = 1,
                                                .symbol = "BTCUSDT"},
                                 .quote = "USDT",
                                 .quote_exp = 8};
    struct error err = {0};
    struct tape *tape;
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    file = fopen(path, "we");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_msg(tape_look(path, NULL, &config.info, &err) == AGON_OK, "%s", err.text);
    ck_assert_msg(tape_open(&tape, &config, &err) == AGON_OK, "%s", err.text);
    return tape;
}

// The trades' quantities; how many.
static int trades(struct tape *tape, agon_qty_t qty[8])
{
    const struct agon_event_hdr *event;
    int n = 0;

    while ((event = tape_next(tape)) != NULL) {
        if (event->type != AGON_EVENT_TRADE)
            continue;
        ck_assert_int_lt(n, 8);
        qty[n++] = ((const struct agon_trade *)(const void *)event)->qty;
    }
    tape_report(tape, &report);
    tape_close(tape);
    unlink(path);
    return n;
}

// The level is a recorded one.
START_TEST(a_recorded_level_finer_than_the_lot_costs_no_diff)
{
    struct tape *tape = open_file(
        "binance_spot_BTCUSDT.raw",
        "1723161253000000000 {\"stream\":\"btcusdt@depth@100ms\",\"data\":{\"e\":\"depthUpdate\","
        "\"E\":1723161253208,\"s\":\"BTCUSDT\",\"U\":8,\"u\":10,\"b\":[],\"a\":[]}}\n"
        "1723161254000000000 {\"lastUpdateId\":10,\"bids\":[[\"61730.17\",\"1.00000\"]],"
        "\"asks\":[[\"61837.64\",\"1.50000\"]]}\n"
        "1723161255000000000 {\"stream\":\"btcusdt@depth@100ms\",\"data\":{\"e\":\"depthUpdate\","
        "\"E\":1723161255208,\"s\":\"BTCUSDT\",\"U\":11,\"u\":12,\"b\":[],\"a\":["
        "[\"200000.00000000\",\"25.42618900\"],[\"61837.64000000\",\"0.00000000\"]]}}\n",
        2, 5);
    const struct agon_event_hdr *event, *last = NULL;
    struct agon_level levels[2];

    while ((event = tape_next(tape)) != NULL) {
        last = event;
        if (event->type == AGON_EVENT_BOOK_DELTA)
            memcpy(levels, (const struct agon_book_part *)(const void *)event + 1, sizeof(levels));
    }
    ck_assert_ptr_nonnull(last);
    tape_report(tape, &report);
    ck_assert_int_eq(report.err.code, 0);
    ck_assert_uint_eq(report.n_books, 2);
    ck_assert_uint_eq(report.n_gaps, 0);
    ck_assert_uint_eq(report.n_cut, 1);
    ck_assert_int_eq(levels[0].px, 20000000);
    ck_assert_int_eq(levels[0].qty, 2542618);
    ck_assert_int_eq(levels[1].qty, 0);
    tape_close(tape);
    unlink(path);
}
END_TEST

START_TEST(a_quantity_of_a_table_is_cut_and_a_price_refuses_its_row)
{
    static const char table[] = "time_ms,price,amount,side\n"
                                "1700000000000,100.25,0.5,buy\n"
                                "1700000000001,100.25,0.123456,sell\n"
                                "1700000000002,100.251,0.5,buy\n"
                                "1700000000003,100.25,1e-7,buy\n";
    agon_qty_t qty[8];
    struct tape *tape = open_file("BTCUSDT_trades.csv", table, 2, 5);

    ck_assert_int_eq(trades(tape, qty), 2);
    ck_assert_int_eq(qty[0], 50000);
    ck_assert_int_eq(qty[1], 12345);
    ck_assert_uint_eq(report.n_bad, 1);
    ck_assert_msg(strstr(report.bad[0].text, ":4:15: price 100.251 is finer than 2 digits") != NULL,
                  "%s", report.bad[0].text);
    tape = open_file("BTCUSDT_trades.csv", table, 3, 5);
    ck_assert_int_eq(trades(tape, qty), 4);
    ck_assert_int_eq(qty[3], 1);
    ck_assert_uint_eq(report.n_bad, 0);
    ck_assert_uint_eq(report.n_cut, 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tape");
    TCase *tcase = tcase_create("tape");
    SRunner *runner;
    int failed;

    if (mkdtemp(dir) == NULL)
        return 1;
    tcase_add_test(tcase, a_recorded_level_finer_than_the_lot_costs_no_diff);
    tcase_add_test(tcase, a_quantity_of_a_table_is_cut_and_a_price_refuses_its_row);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    rmdir(dir);
    return failed == 0 ? 0 : 1;
}
