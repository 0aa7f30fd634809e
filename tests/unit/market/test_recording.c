// SPDX-License-Identifier: Apache-2.0
/* recording: words, numbers and names of recorded tables. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "market/recording.h"

static const struct {
    const char *text;
    int side, flag;
} words[] = {
    {"buy", AGON_BUY, -1},
    {"BUY", AGON_BUY, -1},
    {"b", AGON_BUY, -1},
    {"Sell", AGON_SELL, -1},
    {"SELL", AGON_SELL, -1},
    {"S", AGON_SELL, -1},
    {"", 0, -1},
    {"bid", 0, -1},
    {"unknown", 0, -1},
    {"sel", 0, -1},
    {"sells", 0, -1},
    {"1", 0, 1},
    {"TRUE", 0, 1},
    {"True", 0, 1},
    {"0", 0, 0},
    {"false", 0, 0},
    {"F", 0, 0},
    {"yes", 0, -1},
};

START_TEST(a_word_is_a_side_or_none)
{
    size_t n = strlen(words[_i].text);
    int flag = recording_flag(words[_i].text, n);

    ck_assert_int_eq(recording_side(words[_i].text, n), words[_i].side);
    ck_assert_int_eq(flag < 0 ? -1 : flag, words[_i].flag);
}
END_TEST

static const struct {
    const char *text;
    int exp, rc, places;
    int64_t value;
} numbers[] = {
    {"0.00031099999999999997", 8, 1, 6, 31100},
    {"0.00031099999999999997", 6, 1, 6, 311},
    {"0.00031099999999999997", 12, 1, 6, 311000000},
    {"0.00031099999999999997", 5, AGON_ERANGE, 6, 0},
    {"0.30000000000000004", 8, 1, 1, 30000000},
    {"-0.30000000000000004", 8, 1, 1, -30000000},
    {"253.21869600000003", 8, 1, 6, 25321869600},
    {"54321.123456000003", 8, 1, 6, 5432112345600},
    {"1.9999999999999998", 2, 1, 0, 200},
    {"0.123456789", 8, AGON_ERANGE, 9, 0},          // too short for noise: meant
    {"0.12345678912345678", 8, AGON_ERANGE, 17, 0}, // what is cut off is no noise
    {"0.123456789", 9, AGON_OK, 9, 123456789},
    {"1.2500", 2, AGON_OK, 2, 125},
    {"99999999999999999999", 8, AGON_ERANGE, -1, 0},
    {"0.3000000000000000x", 8, AGON_EINVAL, -1, 0},
    {"nan", 8, AGON_EINVAL, -1, 0},
    {"", 8, AGON_EINVAL, -1, 0},
};

START_TEST(noise_of_a_double_is_rounded_away_and_nothing_else)
{
    size_t n = strlen(numbers[_i].text);
    int64_t value = 0;
    int places = recording_places(numbers[_i].text, n);

    ck_assert_int_eq(recording_parse(numbers[_i].text, n, numbers[_i].exp, &value), numbers[_i].rc);
    if (numbers[_i].rc >= 0)
        ck_assert_int_eq(value, numbers[_i].value);
    ck_assert_int_eq(places < 0 ? -1 : places, numbers[_i].places);
}
END_TEST

START_TEST(a_quantity_is_cut_where_a_price_is_refused)
{
    static const struct {
        const char *text;
        int exp, rc;
        int64_t value;
    } cases[] = {
        {"0.00031099999999999997", 5, RECORDING_CUT, 31},
        {"0.00031099999999999997", 3, RECORDING_CUT, 1},
        {"0.00031099999999999997", 6, RECORDING_NOISY, 311},
        {"0.123456789", 8, RECORDING_CUT, 12345678},
        {"0.000000001", 8, RECORDING_CUT, 1},
        {"1.5e-7", 7, RECORDING_CUT, 1},
        {"1.2500", 2, AGON_OK, 125},
        {"99999999999999999999", 8, AGON_ERANGE, 0},
        {"0.3x", 8, AGON_EINVAL, 0},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t value = 0;
        int rc = recording_parse_qty(cases[i].text, strlen(cases[i].text), cases[i].exp, &value);

        ck_assert_msg(rc == cases[i].rc && value == cases[i].value, "%s: %d, %lld", cases[i].text,
                      rc, (long long)value);
    }
}
END_TEST

static const struct {
    const char *word, *symbol, *file, *named;
} files[] = {
    {"BTCUSDT=x.csv", "BTCUSDT", "x.csv", ""},
    {"/d/binance_spot_ETHUSDT_1h.csv", "", "/d/binance_spot_ETHUSDT_1h.csv", "ETHUSDT"},
    {"d/A=b.csv", "", "d/A=b.csv", ""},
    {"=x", "", "=x", ""},
    {"XRPETH.csv", "", "XRPETH.csv", "XRPETH"},
    {"tardis_bitmex_XBTUSD.csv", "", "tardis_bitmex_XBTUSD.csv", "XBTUSD"},
    {"2024USD.csv", "", "2024USD.csv", ""},
};

START_TEST(a_file_is_of_the_symbol_before_it_or_in_its_name)
{
    char symbol[RECORDING_SYMBOL];

    ck_assert_str_eq(recording_split(files[_i].word, symbol), files[_i].file);
    ck_assert_str_eq(symbol, files[_i].symbol);
    ck_assert_int_eq(recording_symbol_of_name(files[_i].file, symbol), files[_i].named[0] != '\0');
    ck_assert_str_eq(symbol, files[_i].named);
}
END_TEST

static const struct {
    const char *symbol, *base, *quote;
} pairs[] = {
    {"BTCUSDT", "BTC", "USDT"}, {"XBTUSD", "XBT", "USD"}, {"BTCTUSD", "BTC", "TUSD"},
    {"OPUSDT", "OP", "USDT"},   {"ETHBTC", "ETH", "BTC"}, {"BTCUSD_PERP", NULL, NULL},
    {"USDT", NULL, NULL},       {"btcusdt", NULL, NULL},
};

START_TEST(a_symbol_is_a_base_against_a_quote)
{
    char base[16];
    char quote[16];

    ck_assert_int_eq(recording_assets(pairs[_i].symbol, base, quote), pairs[_i].base != NULL);
    if (pairs[_i].base != NULL) {
        ck_assert_str_eq(base, pairs[_i].base);
        ck_assert_str_eq(quote, pairs[_i].quote);
    }
}
END_TEST

START_TEST(of_several_symbols_the_one_asked_for_is_played)
{
    struct recording_symbols symbols = {.n = 0};
    struct error err = {0};
    char text[16];

    ck_assert_str_eq(recording_pick(&symbols, "f", &err), "");
    recording_note_symbol(&symbols, "BTC-PERPETUAL", 13);
    ck_assert_str_eq(recording_pick(&symbols, "f", &err), "BTC-PERPETUAL");
    recording_note_symbol(&symbols, "ETHUSDT", 7);
    recording_note_symbol(&symbols, "BTC-PERPETUAL", 13);
    ck_assert_uint_eq(symbols.n, 2);
    ck_assert_ptr_null(recording_pick(&symbols, "f", &err));
    ck_assert_ptr_nonnull(strstr(err.text, "f: its column symbol has BTC-PERPETUAL, ETHUSDT"));
    for (int i = 0; i < 40; i++) {
        strcpy(symbols.asked, "S39");
        snprintf(text, sizeof(text), "S%d", i);
        recording_note_symbol(&symbols, text, strlen(text));
    }
    ck_assert_int_eq(symbols.is_more, 1);
    ck_assert_str_eq(recording_pick(&symbols, "f", &err), "S39");
}
END_TEST

START_TEST(what_is_shown_is_cut_and_harmless)
{
    char shown[RECORDING_SHOWN];
    char text[200];

    memset(text, '7', sizeof(text));
    text[1] = '\x1b';
    recording_show(text, sizeof(text), shown);
    ck_assert_uint_eq(strlen(shown), RECORDING_SHOWN - 1);
    ck_assert_int_eq(shown[1], '?');
    ck_assert_str_eq(shown + RECORDING_SHOWN - 4, "...");
    ck_assert_str_eq(recording_show("1.5", 3, shown), "1.5");
}
END_TEST

/* A hundred hours, and a row a minute behind the last: they are hours. So are hours with holes. */
START_TEST(bars_are_as_long_as_the_usual_step_of_the_first_rows)
{
    struct recording_step step = {0};

    ck_assert_int_eq(recording_step(&step), 0);
    recording_note_step(&step, 3600, INT64_MAX);
    ck_assert_int_eq(recording_step(&step), 0);
    recording_note_step(&step, 3660, INT64_MAX); // one that does not belong
    for (int i = 2; i < 30; i++)
        recording_note_step(&step, 3600 * (i + i / 10), INT64_MAX);
    ck_assert_int_eq(recording_step(&step), 3600);
    for (int i = 0; i < 10000; i++) // too late to say anything
        recording_note_step(&step, 1000000 + i * (i < 100 ? 3600 : 60), INT64_MAX);
    ck_assert_int_eq(recording_step(&step), 3600);
    // Of several symbols, by symbol or by time.
    step = (struct recording_step){0};
    for (int symbol = 0; symbol < 3; symbol++) {
        for (int i = 1; i < 5; i++)
            recording_note_step(&step, i * 60, INT64_MAX);
    }
    ck_assert_int_eq(recording_step(&step), 60);
    for (int i = 1; i < 400; i++)
        recording_note_step(&step, i / 4 * 300, 200); // longer than any bar is
    ck_assert_int_eq(recording_step(&step), 60);
    for (int kinds = 0; kinds < 60; kinds++)
        recording_note_step(&step, 1000 + kinds * kinds, INT64_MAX);
    ck_assert_int_eq(recording_step(&step), 60);
}
END_TEST

/* Bars of another length, before or behind: the shorter ones' length would tell the longer ones
 * before they have closed. Holes are no such thing. */
START_TEST(rows_of_another_length_are_told_of)
{
    struct recording_step step = {0};
    int64_t t = 300;

    for (int i = 0; i < 400; i++, t += i % 9 == 0 ? 120 : 60)
        recording_note_step(&step, t, INT64_MAX);
    ck_assert_int_eq(recording_step(&step), 60);
    ck_assert_int_eq(recording_step_other(&step), 0);
    for (int i = 0; i < 30; i++, t += 300)
        recording_note_step(&step, t, INT64_MAX);
    ck_assert_int_eq(recording_step(&step), 60);
    ck_assert_int_eq(recording_step_other(&step), 300);
    step = (struct recording_step){0};
    for (int i = 0; i < 30; i++, t += 300)
        recording_note_step(&step, t, INT64_MAX);
    for (int i = 0; i < 200; i++, t += 60)
        recording_note_step(&step, t, INT64_MAX);
    ck_assert_int_eq(recording_step(&step), 60);
    ck_assert_int_eq(recording_step_other(&step), 300);
}
END_TEST

/* What is noted at one look is what each row by itself leaves, and it is most of them. */
START_TEST(a_row_as_those_before_it_is_noted_alike)
{
    struct recording_step quick = {0}, each = {0};
    uint64_t state = 7, n_alike = 0;
    int64_t t = 1000000;

    for (int i = 0; i < 20000; i++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        t += state >> 33 & 63 ? 60 : (int64_t)(state >> 40 & 3) * 60 - 60;
        recording_note_step(&each, t, 86400);
        if (recording_note_alike(&quick, t, 60))
            n_alike++;
        else
            recording_note_step(&quick, t, 86400);
        ck_assert_mem_eq(&quick, &each, sizeof(each));
    }
    ck_assert_uint_gt(n_alike, 18000);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("recording");
    SRunner *runner;
    Suite *suite = suite_create("market_recording");
    int failed;

    tcase_add_loop_test(tcase, a_word_is_a_side_or_none, 0, sizeof(words) / sizeof(words[0]));
    tcase_add_test(tcase, a_quantity_is_cut_where_a_price_is_refused);
    tcase_add_loop_test(tcase, noise_of_a_double_is_rounded_away_and_nothing_else, 0,
                        sizeof(numbers) / sizeof(numbers[0]));
    tcase_add_loop_test(tcase, a_file_is_of_the_symbol_before_it_or_in_its_name, 0,
                        sizeof(files) / sizeof(files[0]));
    tcase_add_loop_test(tcase, a_symbol_is_a_base_against_a_quote, 0,
                        sizeof(pairs) / sizeof(pairs[0]));
    tcase_add_test(tcase, of_several_symbols_the_one_asked_for_is_played);
    tcase_add_test(tcase, what_is_shown_is_cut_and_harmless);
    tcase_add_test(tcase, rows_of_another_length_are_told_of);
    tcase_add_test(tcase, bars_are_as_long_as_the_usual_step_of_the_first_rows);
    tcase_add_test(tcase, a_row_as_those_before_it_is_noted_alike);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
