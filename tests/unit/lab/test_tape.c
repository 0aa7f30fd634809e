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
static int is_joined; /* of the tapes that are opened */

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
                                 .quote_exp = 8,
                                 .spread_ppm = 200,
                                 .volume_ppm = 100000,
                                 .is_joined = is_joined};
    struct error err = {0};
    struct tape *tape;
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    file = fopen(path, "we");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_msg(tape_look(path, NULL, &config.info, &err) == AGON_OK, "%s", err.text);
    memcpy(config.instrument.symbol, config.info.symbol, sizeof(config.info.symbol));
    memcpy(config.quote, config.info.quote, sizeof(config.quote));
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

#define EVENTS 32
struct heard {
    union {
        struct agon_event_hdr hdr;
        struct agon_quote quote;
        struct agon_bar bar;
        struct agon_trade trade;
        struct agon_book_part part;
        unsigned char bytes[256];
    } all[EVENTS];
    int n;
};

static struct heard hear(const char *name, const char *text)
{
    struct tape *tape = open_file(name, text, 2, 1);
    struct heard heard = {.n = 0};
    const struct agon_event_hdr *event;

    while ((event = tape_next(tape)) != NULL) {
        ck_assert_int_lt(heard.n, EVENTS);
        memcpy(heard.all[heard.n++].bytes, event, event_bytes(event));
    }
    tape_report(tape, &report);
    ck_assert_msg(report.err.code == 0, "%s", report.err.text);
    tape_close(tape);
    unlink(path);
    return heard;
}

/* Rows of two minutes, the second rises or falls, with other extremes and another volume: until it
 * has closed the same is told of both. */
START_TEST(a_bar_tells_nothing_of_itself_before_its_end)
{
    static const char *const rows[] = {"1700000160000,100,110,99,109,40\n",
                                       "1700000160000,100,101,90,91,700\n",
                                       "1700000160000,100,100,100,100,0\n"};
    struct heard first;

    for (int i = 0; i < 3; i++) {
        char text[512];
        struct heard heard;

        snprintf(text, sizeof(text),
                 "open_time_ms,open,high,low,close,volume\n"
                 "1700000100000,101,102,98,99,20\n%s1700000220000,109,110,108,109,3\n",
                 rows[i]);
        heard = hear("BTCUSDT_1m.csv", text);
        ck_assert_int_eq(heard.n, 6);
        for (int k = 0; k < 6; k++)
            ck_assert_uint_eq(heard.all[k].hdr.type,
                              k % 2 == 0 ? AGON_EVENT_QUOTE : AGON_EVENT_BAR);
        if (i == 0)
            first = heard;
        // The first open, the first bar, the second open.
        ck_assert_mem_eq(heard.all, first.all, 3 * sizeof(heard.all[0]));
        ck_assert_int_eq(heard.all[2].hdr.t, (agon_ns_t)1700000160000 * 1000000);
        ck_assert_int_eq(heard.all[3].hdr.t, (agon_ns_t)1700000220000 * 1000000);
        ck_assert_int_eq(heard.all[4].hdr.t, heard.all[3].hdr.t);
        // As deep as a tenth of the row before: one lot, 2 and what this row had.
        ck_assert_int_eq(heard.all[0].quote.bid_qty, 1);
        ck_assert_int_eq(heard.all[2].quote.ask_qty, 20);
        ck_assert_int_eq(heard.all[4].quote.ask_qty, i == 0 ? 40 : i == 1 ? 700 : 1);
        // 2 basis points around 100.00, to the cent.
        ck_assert_int_eq(heard.all[2].quote.bid_px, 9999);
        ck_assert_int_eq(heard.all[2].quote.ask_px, 10001);
    }
    ck_assert_int_eq(first.all[3].bar.t_open, (agon_ns_t)1700000160000 * 1000000);
    ck_assert_uint_eq(first.all[3].bar.length_s, 60);
    ck_assert_int_eq(first.all[3].bar.high_px, 11000);
    ck_assert_int_eq(first.all[3].bar.close_px, 10900);
    ck_assert_int_eq(first.all[3].bar.volume_qty, 400);
}
END_TEST

// What is known when a trade comes is the book behind the one before it.
/* Rows in the order of their receipt, the second stamped before the first. */
START_TEST(a_row_that_says_when_it_was_received_is_heard_then)
{
    struct tape *tape = open_file("BTCUSDT.csv",
                                  "timestamp,local_timestamp,side,price,amount\n"
                                  "1700000000000100,1700000000050000,buy,60000,1\n"
                                  "1700000000000090,1700000000060000,sell,60000,2\n"
                                  "1700000000100000,1700000000059999,sell,60000,3\n",
                                  2, 5);
    const struct agon_event_hdr *event;
    agon_ns_t t[4] = {0}, t_venue[4] = {0};
    int n = 0;

    while ((event = tape_next(tape)) != NULL && n < 4) {
        t[n] = event->t;
        t_venue[n++] = event->t_venue;
    }
    ck_assert_int_eq(n, 4); // each with its book
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(t[i], 1700000000050000000 + i / 2 * 10000000);
        ck_assert_int_eq(t_venue[i], 1700000000000100000 - i / 2 * 10000);
    }
    tape_report(tape, &report);
    ck_assert_uint_eq(report.n_skipped, 1);
    ck_assert_ptr_nonnull(
        strstr(report.err.text, "receive time 1700000000059999 is before the row above"));
    tape_close(tape);
    unlink(path);
}
END_TEST

#define READ_ROWS 5000
/* Each event of a table that ends with rows that are refused, one behind the other, and its report;
 * of some the rows at which they came. */
static char *read_whole(int is_ahead, uint64_t rows[3], size_t *size)
{
    static char text[READ_ROWS * 48 + 256];
    char *all = NULL;
    size_t n_all = 0, n = 0;
    FILE *out = open_memstream(&all, &n_all);
    const struct agon_event_hdr *event;
    struct tape *tape;

    n += (size_t)snprintf(text, sizeof(text), "open_time_ms,open,high,low,close,volume\n");
    for (int i = 0; i < READ_ROWS; i++)
        n += (size_t)snprintf(&text[n], sizeof(text) - n, "%lld,10.%02d,11,9,10,%d.5\n",
                              1704067200000 + 60000ll * (i + (i > 999)), i % 100, i);
    (void)snprintf(&text[n], sizeof(text) - n, "1,1,1,1,1,1\n2,x,1,1,1,1\n");
    tape = open_file("BTCUSDT.csv", text, 2, 5);
    if (is_ahead)
        tape_read_ahead(tape);
    for (int i = 0; (event = tape_next(tape)) != NULL; i++) {
        ck_assert_uint_eq(fwrite(event, 1, event_bytes(event), out), event_bytes(event));
        if (i % 4000 == 0)
            rows[i / 4000] = tape_row(tape);
    }
    tape_report(tape, &report);
    ck_assert_uint_eq(tape_row(tape), report.n_rows);
    ck_assert_uint_eq(fwrite(&report, 1, sizeof(report), out), sizeof(report));
    tape_close(tape);
    unlink(path);
    ck_assert_int_eq(fclose(out), 0);
    *size = n_all;
    return all;
}

START_TEST(a_thread_of_its_own_reads_the_same)
{
    uint64_t here_rows[3], ahead_rows[3];
    size_t n_here, n_ahead;
    char *here = read_whole(0, here_rows, &n_here), *ahead;

    ck_assert_uint_eq(report.n_rows, READ_ROWS + 2);
    ck_assert_uint_eq(report.n_gaps, 1);
    ck_assert_uint_eq(report.n_bad, 2);
    ck_assert_int_eq(report.err.code, AGON_ECORRUPT);
    ck_assert_uint_eq(here_rows[0], 1);
    ck_assert_uint_eq(here_rows[2], 4001);
    ahead = read_whole(1, ahead_rows, &n_ahead);
    ck_assert_mem_eq(here_rows, ahead_rows, sizeof(here_rows));
    ck_assert_uint_gt(n_here, READ_ROWS * sizeof(struct agon_bar));
    ck_assert_uint_eq(n_here, n_ahead);
    ck_assert_mem_eq(here, ahead, n_here);
    free(here);
    free(ahead);
}
END_TEST

START_TEST(the_book_of_a_trade_comes_behind_it)
{
    struct heard heard = hear("BTCUSDT_trades.csv", "time_ms,price,amount,side\n"
                                                    "1700000000000,100,0.5,buy\n"
                                                    "1700000000007,101,0.7,sell\n");

    ck_assert_int_eq(heard.n, 4);
    ck_assert_uint_eq(heard.all[0].hdr.type, AGON_EVENT_TRADE);
    ck_assert_uint_eq(heard.all[1].hdr.type, AGON_EVENT_BOOK_SNAPSHOT);
    ck_assert_uint_eq(heard.all[2].hdr.type, AGON_EVENT_TRADE);
    ck_assert_uint_eq(heard.all[3].hdr.type, AGON_EVENT_BOOK_SNAPSHOT);
    ck_assert_int_eq(heard.all[1].hdr.t, heard.all[0].hdr.t);
}
END_TEST

/* Joined, each of them is one event that says the same. */
START_TEST(a_trade_and_its_book_may_be_one_event)
{
    static const char rows[] = "time_ms,price,amount,side\n"
                               "1700000000000,100,0.5,buy\n"
                               "1700000000007,101,0.7,sell\n";
    struct heard apart = hear("BTCUSDT_trades.csv", rows);
    struct tape *tape;
    int n = 0;

    is_joined = 1;
    tape = open_file("BTCUSDT_trades.csv", rows, 2, 1);
    is_joined = 0;
    for (const struct agon_event_hdr *event; (event = tape_next(tape)) != NULL; n += 2) {
        struct record_trade_book both = *(const struct record_trade_book *)(const void *)event;

        ck_assert_ptr_nonnull(trade_book(event));
        ck_assert_int_lt(n, apart.n);
        both.trade.hdr.granules = 1;
        ck_assert_mem_eq(&both.trade, &apart.all[n], sizeof(both.trade));
        ck_assert_uint_eq(both.part.hdr.type, apart.all[n + 1].hdr.type);
        ck_assert_int_eq(both.part.hdr.t, apart.all[n + 1].hdr.t);
        ck_assert_int_eq(both.part.hdr.t_venue, both.trade.hdr.t_venue);
        ck_assert_int_lt(both.bid.px, both.trade.px);
        ck_assert_int_gt(both.ask.px, both.trade.px);
        ck_assert_int_eq(both.bid.qty, both.trade.qty);
        ck_assert_int_eq(both.ask.qty, both.trade.qty);
    }
    ck_assert_int_eq(n, apart.n);
    tape_report(tape, &report);
    ck_assert_uint_eq(report.n_events, 2);
    ck_assert_uint_eq(report.n_books, 2);
    tape_close(tape);
    unlink(path);
}
END_TEST

/* Ten levels a side is the least that Kraken's books are asked for: what has two is all there is,
 * and a third stays in it. The sums are of the digits, 567130056724505670125 and so on (RFC 1952).
 */
START_TEST(a_thin_book_of_kraken_grows)
{
    struct tape *tape = open_file(
        "kraken_spot_ADAUSD.raw",
        "1723161600020000000 {\"channel\":\"book\",\"type\":\"snapshot\",\"data\":[{\"symbol\":"
        "\"ADA/USD\",\"bids\":[{\"price\":0.5670,\"qty\":1.25}],\"asks\":[{\"price\":0.5671,"
        "\"qty\":3.00},{\"price\":0.5672,\"qty\":4.50}],\"checksum\":2543828884}]}\n"
        "1723161600120000000 {\"channel\":\"book\",\"type\":\"update\",\"data\":[{\"symbol\":"
        "\"ADA/USD\",\"bids\":[{\"price\":0.5660,\"qty\":2.00},{\"price\":0.5659,\"qty\":7.75}],"
        "\"asks\":[],\"checksum\":4105550086,\"timestamp\":\"2024-08-09T00:00:00.1Z\"}]}\n",
        4, 2);
    const struct agon_event_hdr *event;
    struct agon_book_part last = {0};
    int n = 0;

    while ((event = tape_next(tape)) != NULL) {
        if (event->type == AGON_EVENT_BOOK_DELTA || event->type == AGON_EVENT_BOOK_SNAPSHOT) {
            last = *(const struct agon_book_part *)(const void *)event;
            n++;
        }
    }
    tape_report(tape, &report);
    ck_assert_msg(report.err.code == 0, "%s", report.err.text);
    ck_assert_int_eq(n, 2); // nothing was cut off behind it
    ck_assert_uint_eq(last.n_bid, 2);
    ck_assert_uint_eq(last.n_ask, 0);
    ck_assert_uint_eq(report.n_differ, 0);
    ck_assert_uint_eq(report.n_books, 2);
    tape_close(tape);
    unlink(path);
}
END_TEST

/* Nobody can say how much 50 contracts are: no book is made of a guess. */
START_TEST(contracts_of_nobody_knows_what_are_not_played)
{
    struct tape_config config = {.path = path,
                                 .instrument = {.hdr = {.instrument = 7},
                                                .venue = 1,
                                                .kind = INSTRUMENT_LINEAR,
                                                .base = 2,
                                                .quote = 1,
                                                .px_exp = 1,
                                                .qty_exp = 4,
                                                .tick_px = 1,
                                                .lot_qty = 1,
                                                .symbol = "BTC-USDT-SWAP"},
                                 .quote = "USDT",
                                 .quote_exp = 8};
    struct error err = {0};
    struct tape *tape;
    FILE *file;

    snprintf(path, sizeof(path), "%s/okx_swap_BTCUSDT.raw", dir);
    file = fopen(path, "we");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs("1723161600020000000 pong\n", file), 0);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(tape_look(path, NULL, &config.info, &err), AGON_OK);
    ck_assert_str_eq(config.info.symbol, "BTC-USDT-SWAP");
    ck_assert_str_eq(config.info.plain, "BTCUSDT");
    ck_assert_int_eq(tape_is_linear(&config.info), 1);
    ck_assert_int_eq(tape_open(&tape, &config, &err), AGON_EINVAL);
    ck_assert_msg(strstr(err.text, "okx_swap_instruments.json") != NULL, "%s", err.text);
    unlink(path);
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
    tcase_add_test(tcase, a_bar_tells_nothing_of_itself_before_its_end);
    tcase_add_test(tcase, a_row_that_says_when_it_was_received_is_heard_then);
    tcase_add_test(tcase, a_thread_of_its_own_reads_the_same);
    tcase_add_test(tcase, the_book_of_a_trade_comes_behind_it);
    tcase_add_test(tcase, a_trade_and_its_book_may_be_one_event);
    tcase_add_test(tcase, a_thin_book_of_kraken_grows);
    tcase_add_test(tcase, contracts_of_nobody_knows_what_are_not_played);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    rmdir(dir);
    return failed == 0 ? 0 : 1;
}
