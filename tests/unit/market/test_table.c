// SPDX-License-Identifier: Apache-2.0
/* table: headers as venues and vendors write them, and what a row of each says. */
#include "base/rng.h"
#include "market/lines.h"
#include "market/table.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static const struct {
    const char *header;
    int kind, time;
} heads[] = {
    {"time_ms,side,price,quantity", TABLE_TRADES, TABLE_TIME_MS},
    {"\xef\xbb\xbftime_seconds,price,size", TABLE_TRADES, TABLE_TIME_S},
    {"timestamp,local_timestamp,id,side,price,amount", TABLE_TRADES, TABLE_TIME_US},
    {"timestamp,time_ms,price,amount", TABLE_TRADES, TABLE_TIME_MS},
    {"open_time_ms,open,high,low,close,volume", TABLE_BARS, TABLE_TIME_MS},
    {"open_time_ms,open,high,low,close,volume,price,amount", TABLE_BARS, TABLE_TIME_MS},
    {"time_ms,price,volume", TABLE_TRADES, TABLE_TIME_MS},
    {"time_ms,open,high,low,close,quantity", TABLE_BARS, TABLE_TIME_MS},
    {"funding_time_ms,rate", TABLE_FUNDING, TABLE_FUNDING_MS},
    {"time_ms,price", TABLE_NONE, TABLE_TIME_MS},
    {"price,amount", TABLE_NONE, TABLE_COLS},
    {"open_time_ms,open,high,low,volume", TABLE_NONE, TABLE_TIME_MS},
    {"", TABLE_NONE, TABLE_COLS},
};

START_TEST(a_header_says_what_the_table_is)
{
    struct table table;
    const char *why;
    uint32_t at;
    enum table_kind kind =
        table_head(&table, heads[_i].header, (uint32_t)strlen(heads[_i].header), &why, &at);

    ck_assert_msg((int)kind == heads[_i].kind, "%s: %d", heads[_i].header, kind);
    ck_assert_int_eq(table.time, heads[_i].time);
    ck_assert_ptr_null(why);
}
END_TEST

START_TEST(a_column_that_is_not_played_is_named)
{
    static const char header[] = "timestamp,is_snapshot,price,amount";
    struct table table;
    const char *why;
    uint32_t at;

    ck_assert_int_eq(table_head(&table, header, sizeof(header) - 1, &why, &at), TABLE_NONE);
    ck_assert_ptr_nonnull(strstr(why, "books are read from raw streams"));
    ck_assert_uint_eq(at, 11);
}
END_TEST

static const struct {
    const char *header, *row;
    int rc;
    agon_ns_t t;
} times[] = {
    {"time_ms,price,amount", "1723161600123,1,1", AGON_OK, 1723161600123000000},
    {"time_ms,price,amount", "1723161600123.25,1,1", AGON_OK, 1723161600123250000},
    {"time_seconds,price,amount", "1723161600.123456789,1,1", AGON_OK, 1723161600123456789},
    {"timestamp,price,amount", "1723161600123456,1,1", AGON_OK, 1723161600123456000},
    {"time_ms,price,amount", "1723161600123456,1,1", TABLE_BEYOND, 0},
    {"time_seconds,price,amount", "1723161600123,1,1", TABLE_BEYOND, 0},
    {"time_ms,price,amount", "-1,1,1", TABLE_BEYOND, 0},
    {"time_ms,price,amount", "4102444800001,1,1", TABLE_BEYOND, 0},
    {"time_ms,price,amount", "now,1,1", AGON_EINVAL, 0},
    {"time_ms,price,amount", ",1,1", AGON_EINVAL, 0},
};

START_TEST(a_time_is_read_in_the_unit_of_its_column)
{
    struct table table;
    struct table_row row;
    const char *why;
    uint32_t at;
    agon_ns_t t = 0;
    int rc;

    table_head(&table, times[_i].header, (uint32_t)strlen(times[_i].header), &why, &at);
    table_split(&row, times[_i].row, (uint32_t)strlen(times[_i].row));
    rc = table_time_of(&table, &row, (enum table_column)table.time, &t);
    ck_assert_msg(rc == times[_i].rc, "%s: %d", times[_i].row, rc);
    if (rc >= 0)
        ck_assert_int_eq(t, times[_i].t);
}
END_TEST

static const struct {
    const char *header, *row;
    int side;
} sides[] = {
    {"side", "Sell", AGON_SELL},
    {"side", "b", AGON_BUY},
    {"side", "bid", AGON_EINVAL},
    {"buyer_is_maker", "true", AGON_SELL},
    {"is_buyer_maker", "0", AGON_BUY},
    {"is_buyer_maker", "yes", AGON_EINVAL},
    {"is_buyer_maker,side", "yes,buy", AGON_BUY},
    {"price", "1", 0},
    {"price,side", "1", 0},
};

static const struct {
    const char *time, *first,
        *says; /* says: a name that the column should have; NULL: it is right */
} misread[] = {
    {"timestamp", "1546300800000000", NULL},
    {"timestamp", "1546300800000", "time_ms"},
    {"timestamp", "1546300800", "time_seconds"},
    {"time_ms", "1546300800000", NULL},
    {"time_ms", "1546300800", "time_seconds"},
    {"time_ms", "0", NULL},
    {"time_ms", "60000", NULL},        // a minute of a clock of its own
    {"time_ms", "946684799000", NULL}, // the last second of 1999
    {"time_seconds", "1546300800", NULL},
    {"time_seconds", "86400", NULL},
};

START_TEST(numbers_of_another_unit_than_the_column_are_named)
{
    struct table table;
    struct table_row row;
    char header[80];
    const char *why;
    uint32_t at;
    agon_ns_t t;

    snprintf(header, sizeof(header), "%s,price,amount", misread[_i].time);
    table_head(&table, header, (uint32_t)strlen(header), &why, &at);
    table_split(&row, misread[_i].first, (uint32_t)strlen(misread[_i].first));
    ck_assert_int_eq(table_time_of(&table, &row, (enum table_column)table.time, &t), AGON_OK);
    why = table_misread((enum table_column)table.time, t);
    if (misread[_i].says == NULL)
        ck_assert_msg(why == NULL, "%s of %s: %s", misread[_i].first, misread[_i].time, why);
    else
        ck_assert_msg(why != NULL && strstr(why, misread[_i].says) != NULL, "%s of %s: %s",
                      misread[_i].first, misread[_i].time, why != NULL ? why : "nothing");
}
END_TEST

START_TEST(either_column_says_who_bought)
{
    struct table table;
    struct table_row row;
    enum table_column column;
    const char *why;
    uint32_t at;

    table_head(&table, sides[_i].header, (uint32_t)strlen(sides[_i].header), &why, &at);
    table_split(&row, sides[_i].row, (uint32_t)strlen(sides[_i].row));
    ck_assert_int_eq(table_side(&table, &row, &column), sides[_i].side);
}
END_TEST

START_TEST(a_row_has_fields_up_to_a_bound)
{
    char line[TABLE_FIELDS * 2 + 2];
    struct table_row row;
    uint32_t n = 0;

    for (int i = 0; i <= TABLE_FIELDS; i++) {
        line[n++] = '1';
        line[n++] = ',';
    }
    table_split(&row, line, TABLE_FIELDS * 2 - 1);
    ck_assert_uint_eq(row.n, TABLE_FIELDS);
    ck_assert_uint_eq(row.lengths[TABLE_FIELDS - 1], 1);
    table_split(&row, line, TABLE_FIELDS * 2 + 1);
    ck_assert_uint_eq(row.n, 0);
    table_split(&row, "", 0);
    ck_assert_uint_eq(row.n, 1);
}
END_TEST

static const char scan_head[] = "open_time_ms,open,note,high,low,close,volume";

// The table of scan_head with two digits of a price and five of a quantity.
static void plan_of(struct table *table, struct table_plan *plan)
{
    int8_t exps[TABLE_COLS];
    const char *why;
    uint32_t at;

    ck_assert_int_eq(table_head(table, scan_head, sizeof(scan_head) - 1, &why, &at), TABLE_BARS);
    memset(exps, -1, sizeof(exps));
    exps[TABLE_TIME_MS] = 6;
    exps[TABLE_OPEN] = exps[TABLE_HIGH] = exps[TABLE_LOW] = exps[TABLE_CLOSE] = 2;
    exps[TABLE_VOLUME] = 5;
    table_plan_init(plan, table, exps);
}

/* Fields and values as the careful way has them. Returns what the fast way said. */
static int scan_of(const struct table *table, const struct table_plan *plan, const char *text)
{
    static const enum table_column columns[] = {TABLE_OPEN, TABLE_HIGH, TABLE_LOW, TABLE_CLOSE,
                                                TABLE_VOLUME};
    struct table_row fast, slow;
    char line[256 + LINES_BEHIND] = {0};
    uint32_t n = (uint32_t)strlen(text);
    int64_t value = 0;

    ck_assert_uint_lt(n, 256);
    memset(line, '7', sizeof(line)); // what lies behind a line is no part of it
    memcpy(line, text, n + 1);
    if (!table_scan(plan, line, n, &fast))
        return 0;
    table_split(&slow, line, n);
    ck_assert_uint_eq(fast.n, slow.n);
    for (uint32_t i = 0; i < slow.n; i++) {
        ck_assert_ptr_eq(fast.fields[i], slow.fields[i]);
        ck_assert_uint_eq(fast.lengths[i], slow.lengths[i]);
    }
    ck_assert_msg(table_time_of(table, &slow, TABLE_TIME_MS, &value) == AGON_OK, "%s", text);
    ck_assert_int_eq(fast.values[TABLE_TIME_MS], value);
    for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
        int exp = columns[i] == TABLE_VOLUME ? 5 : 2;

        ck_assert_msg(table_number(table, &slow, columns[i], exp, &value) == AGON_OK, "%s", text);
        ck_assert_msg(fast.values[columns[i]] == value, "%s", text);
    }
    return 1;
}

static const struct {
    const char *row;
    int is_plain;
} scans[] = {
    {"1609459200000,40000.00,x,40009.93,39987.64,40002.36,39.76650", 1},
    {"1609459200000,1,,2,0.5,1.10000000,0", 1},
    {"1609459200000.250000,7,x,1234567890123456,0.01,12345678.9,12345678.12345", 1},
    {"4102444800000,1,x,1,1,1,1", 1},
    {"4102444800001,1,x,1,1,1,1", 0},
    {"1609459200000,007,x,1,1,1,1", 0},
    {"1609459200000,00.5,x,1,1,1,1", 0},
    {"1609459200000,1.001,x,1,1,1,1", 0},
    {"1609459200000,1.0010000,x,1,1,1,1", 0},
    {"1609459200000,-1,x,1,1,1,1", 0},
    {"1609459200000,1e2,x,1,1,1,1", 0},
    {"1609459200000,1.,x,1,1,1,1", 0},
    {"1609459200000,.5,x,1,1,1,1", 0},
    {"1609459200000,,x,1,1,1,1", 0},
    {"1609459200000, 1,x,1,1,1,1", 0},
    {"1609459200000,1,x,1,1,1,1 ", 0},
    {"1609459200000,1,x,1,1,1", 0},
    {"1609459200000,1,x,1,1,1,1,", 0},
    {"1609459200000,1,x,1,1,1,1,1", 0},
    {"1609459200000,123456789012345678,x,1,1,1,1", 0},
    {"1609459200000,1234567890123456789,x,1,1,1,1", 0},
    {"1609459200000,1,x,1,1,1,123456789012345678", 0},
    {"1609459200000,1,x,1,1,1,0.00031099999999999997", 0},
    {"", 0},
};

START_TEST(the_fast_way_reads_what_the_careful_way_reads)
{
    struct table table;
    struct table_plan plan;

    plan_of(&table, &plan);
    ck_assert_msg(scan_of(&table, &plan, scans[_i].row) == scans[_i].is_plain, "%s", scans[_i].row);
}
END_TEST

// Rows of what rows consist of: whatever the fast way takes, the careful way has too.
START_TEST(the_fast_way_never_reads_another_number)
{
    static const char letters[] = "0123456789000.,,-e x";
    struct table table;
    struct table_plan plan;
    struct rng rng;
    uint32_t n_plain = 0;

    plan_of(&table, &plan);
    rng_init(&rng, 12);
    for (int i = 0; i < 50000; i++) {
        char text[256] = "";
        uint32_t at = 0;

        for (int field = 0; field < 7; field++) {
            uint32_t whole = 1 + (uint32_t)rng_below(&rng, rng_below(&rng, 8) == 0 ? 20 : 9);
            uint32_t part = (uint32_t)rng_below(&rng, rng_below(&rng, 8) == 0 ? 12 : 3);

            for (uint32_t k = 0; k < whole; k++)
                text[at++] = (char)('0' + rng_below(&rng, 10));
            if (part > 0)
                text[at++] = '.';
            for (uint32_t k = 0; k < part; k++)
                text[at++] = (char)('0' + rng_below(&rng, rng_below(&rng, 2) == 0 ? 1 : 10));
            text[at++] = ',';
        }
        text[--at] = '\0';
        if (rng_below(&rng, 3) == 0)
            text[rng_below(&rng, at)] = letters[rng_below(&rng, sizeof(letters) - 1)];
        n_plain += (uint32_t)scan_of(&table, &plan, text);
    }
    ck_assert_uint_gt(n_plain, 5000);
}
END_TEST

START_TEST(rows_of_one_symbol_are_told_from_others)
{
    static const char header[] = "symbol,time_ms,price,id";
    struct table table;
    struct table_row row;
    const char *why;
    uint32_t at;

    table_head(&table, header, sizeof(header) - 1, &why, &at);
    table_split(&row, "BTCUSDT,1,2,77", 14);
    ck_assert_int_eq(table_is_of(&table, &row, "BTCUSDT"), 1);
    ck_assert_int_eq(table_is_of(&table, &row, ""), 1);
    ck_assert_int_eq(table_is_of(&table, &row, "ETHUSDT"), 0);
    ck_assert_uint_eq(table_id(&table, &row), 77);
    ck_assert_uint_eq(table_at(&table, &row, TABLE_PX), 11);
    ck_assert_str_eq(table_spoken(TABLE_QTY), "quantity");
}
END_TEST

#define COUNT(of) ((int)(sizeof(of) / sizeof((of)[0])))

int main(void)
{
    Suite *suite = suite_create("market_table");
    TCase *tcase = tcase_create("table");
    SRunner *runner;
    int n;

    tcase_add_loop_test(tcase, a_header_says_what_the_table_is, 0, COUNT(heads));
    tcase_add_test(tcase, a_column_that_is_not_played_is_named);
    tcase_add_loop_test(tcase, a_time_is_read_in_the_unit_of_its_column, 0, COUNT(times));
    tcase_add_loop_test(tcase, numbers_of_another_unit_than_the_column_are_named, 0,
                        COUNT(misread));
    tcase_add_loop_test(tcase, either_column_says_who_bought, 0, COUNT(sides));
    tcase_add_test(tcase, a_row_has_fields_up_to_a_bound);
    tcase_add_loop_test(tcase, the_fast_way_reads_what_the_careful_way_reads, 0,
                        sizeof(scans) / sizeof(scans[0]));
    tcase_add_test(tcase, the_fast_way_never_reads_another_number);
    tcase_add_test(tcase, rows_of_one_symbol_are_told_from_others);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    n = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
