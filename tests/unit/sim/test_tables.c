// SPDX-License-Identifier: Apache-2.0
/* tables: trades and bars written here, no recording needed: what is played of them, and what is
 * refused with which words. */
#include <check.h>
#include <stdio.h>

#include "sim/reel.h"
#include "sim/stage.h"
#include "suite.h"

static int build(struct pit **pit, const char *name, const char *text, const char *symbol,
                 struct error *err)
{
    struct stage_file file = {.name = name, .bytes = text, .n = strlen(text), .symbol = symbol};
    struct stage stage = {.dialect = sim_dialect_find("binance"), .files = &file, .n_files = 1};
    agon_ns_t t;

    if (strstr(name, ".gz"))
        file.n = 12;
    return stage_build(pit, &t, &stage, err);
}

#define TRADES "time_ms,side,price,quantity\n"
#define OF     "symbol,time_ms,price,quantity\n"
#define BARS   "open_time_ms,open,high,low,close,volume\n"

static const struct {
    const char *what, *name, *text, *want;
} bad[] = {
    {"empty", "BTCUSDT.csv", "", "BTCUSDT.csv:1: neither a recording"},
    {"text", "BTCUSDT.csv", "hello\nworld\n", "BTCUSDT.csv:1: neither a recording"},
    {"cut gzip", "BTCUSDT.csv.gz", "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xff\xff",
     "BTCUSDT.csv.gz: gzip is damaged before byte 12"},
    {"no symbol", "x.csv", "time_ms,price,quantity\n1,2,3\n", "of which symbol?"},
    {"bad time", "BTCUSDT.csv", "time_ms,price,quantity\nnow,2,3\n",
     "BTCUSDT.csv:2:1: the time 'now' is not a number"},
    {"bad price", "BTCUSDT.csv", "time_ms,price,quantity\n1,0.123456789,3\n",
     "BTCUSDT.csv:2:3: the price '0.123456789' is not a decimal above 0, up to 92233720368 and no "
     "finer"},
    {"fine price", "BTCUSDT.csv", "time_ms,price,quantity\n1,0.123,3\n",
     "BTCUSDT.csv:2:3: the price '0.123' is not a decimal above 0, up to 92233720368 and no finer"},
    {"bad side", "BTCUSDT.csv", TRADES "1,bid,2,3\n1,,2,3\n1,unknown,2,3\n",
     "BTCUSDT.csv:2:3: the side 'bid' is neither buy nor sell\nBTCUSDT.csv:3:3: the side ''"},
    {"bad maker", "BTCUSDT.csv", "time_ms,price,quantity,buyer_is_maker\n1,2,3,yes\n",
     "BTCUSDT.csv:2:7: buyer_is_maker 'yes' is neither true nor false"},
    {"bad bars", "BTCUSDT.csv", BARS "1000,5,4,3,4,1\n",
     "BTCUSDT.csv:2:1: high and low do not enclose"},
    {"header only", "BTCUSDT.csv", "time_ms,price,quantity\n", "nothing to replay"},
    {"a book", "BTCUSDT.csv", "timestamp,is_snapshot,side,price,amount\n1,true,bid,2,3\n",
     "BTCUSDT.csv:1: a table of a book's changes is not played"},
    {"a tape", "BTCUSDT.csv.tape", "AGONTAPE\1", "BTCUSDT.csv.tape: a tape is for agon backtest"},
    {"two symbols", "x.csv", OF "A1,1,2,3\nB2,1,2,3\n", "x.csv: its column symbol has A1, B2"},
    {"another symbol", "BTCUSDT.csv", OF "A1,1,2,3\nB2,1,2,3\n", "has A1, B2, and not BTCUSDT"},
};

START_TEST(bad_tables_are_refused_with_their_row)
{
    struct error err = {0};
    struct pit *pit;

    ck_assert_int_lt(build(&pit, bad[_i].name, bad[_i].text, NULL, &err), 0);
    ck_assert_msg(strstr(err.text, bad[_i].want) != NULL, "%s: %s", bad[_i].what, err.text);
}
END_TEST

START_TEST(a_side_is_read_in_any_case)
{
    static const struct {
        const char *side;
        int is_sell;
    } sides[] = {{"SELL", 1}, {"sell", 1}, {"Sell", 1}, {"s", 1},
                 {"S", 1},    {"BUY", 0},  {"buy", 0},  {"B", 0}};
    char text[512] = TRADES;
    struct error err = {0};
    struct pit *pit;

    for (size_t i = 0; i < 8; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%zu,%s,2.5,1\n", i + 1,
                 sides[i].side);
    ck_assert_msg(build(&pit, "BTCUSDT.csv", text, NULL, &err) == AGON_OK, "%s", err.text);
    pit_advance(pit, 1000000000);
    ck_assert_uint_eq(pit_trades(pit, 0), 8);
    for (uint32_t i = 0; i < 8; i++)
        ck_assert_int_eq(pit_trade_at(pit, 0, i)->is_buyer_maker, sides[i].is_sell);
    pit_free(pit);
}
END_TEST

static const struct {
    const char *name, *said, *text, *symbol;
    uint64_t trades;
} symbols[] = {
    {"BTCUSDT.csv", NULL, OF "BTCUSDT,1,2,3\nETHUSDT,2,2,3\nBTCUSDT,3,2,3\n", "BTCUSDT", 2},
    {"x.csv", "ETHUSDT", OF "BTCUSDT,1,2,3\nETHUSDT,2,2,3\nBTCUSDT,3,2,3\n", "ETHUSDT", 1},
    {"BTCUSDT.csv", "ETHUSDT", OF "BTCUSDT,1,2,3\nETHUSDT,2,2,3\n", "ETHUSDT", 1},
    {"x.csv", NULL, OF "XBTUSD,1,2,3\nXBTUSD,2,2,3\n", "XBTUSD", 2},
    {"x.csv", "BTCUSD", OF "BTC-PERPETUAL,1,2,3\n", "BTCUSD", 1},
};

START_TEST(of_a_table_of_several_symbols_one_is_played)
{
    struct error err = {0};
    struct pit *pit;

    ck_assert_msg(build(&pit, symbols[_i].name, symbols[_i].text, symbols[_i].said, &err) ==
                      AGON_OK,
                  "%s", err.text);
    ck_assert_uint_eq(pit_count(pit), 1);
    ck_assert_str_eq(pit_at(pit, 0)->name, symbols[_i].symbol);
    pit_advance(pit, 1000000000);
    ck_assert_uint_eq(pit_trades(pit, 0), symbols[_i].trades);
    pit_free(pit);
}
END_TEST

START_TEST(noise_of_doubles_is_rounded)
{
    struct error err = {0};
    struct pit *pit;

    ck_assert_int_eq(build(&pit, "ADAUSDT.csv",
                           "time_ms,price,quantity\n1,0.30000000000000004,0.00031099999999999997\n",
                           NULL, &err),
                     AGON_OK);
    pit_advance(pit, 1000000000);
    ck_assert_uint_eq(pit_trades(pit, 0), 1);
    ck_assert_int_eq(pit_trade_at(pit, 0, 0)->px, 30000000);
    ck_assert_int_eq(pit_trade_at(pit, 0, 0)->qty, 31100);
    pit_free(pit);
}
END_TEST

START_TEST(ten_bad_rows_are_kept_each_with_its_own_number)
{
    char text[4096] = BARS "60000,1,2,1,2,9\n";
    struct error err = {0};
    struct pit *pit;

    // Row 3 and on: the bar that the length is learned from is bad, and so are the next ones.
    for (int i = 0; i < 14; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%d,1,2,1,3,9\n",
                 60000 * (i + 2));
    strcat(text, "960000,1,2,1,2,9\n");
    ck_assert_msg(build(&pit, "BTCUSDT.csv", text, NULL, &err) == AGON_OK, "%s", err.text);
    pit_advance(pit, 3600000000000);
    for (uint32_t i = 0; i < REEL_BAD_MAX; i++) {
        char want[64];

        snprintf(want, sizeof(want), "BTCUSDT.csv:%u:1: high", i + 3);
        ck_assert_ptr_nonnull(pit_bad_row(pit, i));
        ck_assert_msg(strncmp(pit_bad_row(pit, i)->text, want, strlen(want)) == 0, "%s",
                      pit_bad_row(pit, i)->text);
    }
    ck_assert_ptr_null(pit_bad_row(pit, REEL_BAD_MAX));
    pit_free(pit);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("tables");

    tcase_add_loop_test(tcase, bad_tables_are_refused_with_their_row, 0,
                        (int)(sizeof(bad) / sizeof(bad[0])));
    tcase_add_test(tcase, a_side_is_read_in_any_case);
    tcase_add_loop_test(tcase, of_a_table_of_several_symbols_one_is_played, 0,
                        (int)(sizeof(symbols) / sizeof(symbols[0])));
    tcase_add_test(tcase, noise_of_doubles_is_rounded);
    tcase_add_test(tcase, ten_bad_rows_are_kept_each_with_its_own_number);
    return suite_run("sim_tables", tcase);
}
