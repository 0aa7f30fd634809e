// SPDX-License-Identifier: Apache-2.0
/* What may be ordered, by whom it is said: named files, files beside the data, the program. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lab/listing.h"
#include "sys/file.h"

#define DAY(t) ((agon_ns_t)(t)*1000000000)

static char dir[] = "/tmp/agon-listing-XXXXXX";
static char path[1024];
static struct error err;

static const char *in(const char *folder, const char *name)
{
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static const char *of_tests(const char *name)
{
    static char folder[512];

    snprintf(folder, sizeof(folder), "%s/tests/data/listing", getenv("AGON_SOURCE_ROOT"));
    return in(folder, name);
}

static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(in(dir, name), "we");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

static struct listings *open_one(const char *name)
{
    struct listings *listings;

    err.code = 0;
    ck_assert_msg(listings_open(&listings, &name, name != NULL, &err) == AGON_OK, "%s", err.text);
    return listings;
}

static struct listed find(struct listings *listings, const char *symbol, uint8_t kind,
                          const char *data, agon_ns_t t)
{
    struct listed listed;

    ck_assert_msg(listings_find(listings, symbol, kind, data, t, &listed, &err) == AGON_OK, "%s",
                  err.text);
    return listed;
}

START_TEST(all_filters_come_from_an_exchange_info)
{
    struct listings *listings = open_one(of_tests("binance_spot_exchangeInfo.json"));
    struct listed listed = find(listings, "ETHUSDT", 0, "x/ETHUSDT.csv", 0);
    const struct agon_instrument *record = &listed.record;
    char text[LISTED_TEXT];

    ck_assert_uint_eq(listed.from, LISTING_NAMED);
    ck_assert_str_eq(listed_warning(&listed), "");
    ck_assert_str_eq(listed_text(&listed, text), "tick 0.01, lot 0.0001, minimum notional 5");
    ck_assert_str_eq(listed.base, "ETH");
    ck_assert_str_eq(listed.quote, "USDT");
    ck_assert_uint_eq(record->kind, INSTRUMENT_SPOT);
    ck_assert_int_eq(record->px_exp, 2);
    ck_assert_int_eq(record->qty_exp, 4);
    ck_assert_int_eq(record->tick_px, 1);
    ck_assert_int_eq(record->min_px, 1);
    ck_assert_int_eq(record->max_px, 100000000);
    ck_assert_int_eq(record->lot_qty, 1);
    ck_assert_int_eq(record->min_qty, 1);
    ck_assert_int_eq(record->max_qty, 90000000);
    ck_assert_int_eq(record->min_notional_amt, 500000000);
    ck_assert_int_eq(listed.rules.market_max_qty, 16005120);
    ck_assert_int_eq(listings_find(listings, "SOLUSDT", 0, NULL, 0, &listed, &err), AGON_EINVAL);
    ck_assert_ptr_nonnull(strstr(err.text, "SOLUSDT is not listed"));
    ck_assert_int_eq(listings_find(listings, "ETHUSDT", INSTRUMENT_LINEAR, NULL, 0, &listed, &err),
                     AGON_EINVAL);
    ck_assert_ptr_nonnull(strstr(err.text, "as a perpetual"));
    listings_free(listings);
}
END_TEST

START_TEST(a_listing_of_contracts_makes_a_perpetual)
{
    struct listings *listings = open_one(of_tests("binance_um_exchangeInfo.json"));
    struct listed listed = find(listings, "BTCUSDT", 0, "x/BTCUSDT.csv", 0);

    ck_assert_uint_eq(listed.record.kind, INSTRUMENT_LINEAR);
    ck_assert_int_eq(listed.record.px_exp, 1);
    ck_assert_int_eq(listed.record.qty_exp, 3);
    ck_assert_int_eq(listed.record.min_notional_amt, 10000000000);
    ck_assert_int_eq(listed.rules.market_max_qty, 120000);
    listings_free(listings);
}
END_TEST

START_TEST(a_configuration_names_instruments_too)
{
    static const char config[] =
        "mode: paper\ninstruments:\n"
        "  - {symbol: SOLUSDT, base: SOL, quote: USDT, tick: 0.0001, lot: 0.05, min_notional: 7}\n"
        "  - {venue: binance_um, symbol: SOLUSDT, base: SOL, quote: USDT, tick: 0.001, lot: 1}\n";
    struct listings *listings;
    struct listed listed;

    write_file("run.yaml", config);
    listings = open_one(path);
    listed = find(listings, "SOLUSDT", 0, "x/SOLUSDT.csv", 0);
    ck_assert_int_eq(listed.record.px_exp, 4);
    ck_assert_int_eq(listed.record.tick_px, 1);
    ck_assert_int_eq(listed.record.qty_exp, 2);
    ck_assert_int_eq(listed.record.lot_qty, 5);
    ck_assert_int_eq(listed.record.min_notional_amt, 700000000);
    listed = find(listings, "SOLUSDT", INSTRUMENT_LINEAR, NULL, 0);
    ck_assert_int_eq(listed.record.px_exp, 3);
    ck_assert_int_eq(listed.record.lot_qty, 1);
    ck_assert_int_eq(listed.record.min_notional_amt, 0);
    listings_free(listings);
}
END_TEST

static const struct {
    const char *what, *market, *filters; /* beside tick and lot */
    struct rules want;
} asked[] = {
    {"all of spot",
     "\"isSpotTradingAllowed\":true",
     "{\"filterType\":\"MARKET_LOT_SIZE\",\"minQty\":\"0\",\"maxQty\":\"100.5\",\"stepSize\":\"0\"}"
     ","
     "{\"filterType\":\"PERCENT_PRICE_BY_SIDE\",\"bidMultiplierUp\":\"1.3\",\"bidMultiplierDown\":"
     "\"0.7\","
     "\"askMultiplierUp\":\"5\",\"askMultiplierDown\":\"0.8\",\"avgPriceMins\":3},"
     "{\"filterType\":\"NOTIONAL\",\"minNotional\":\"5\",\"applyMinToMarket\":true,\"maxNotional\":"
     "\"9000000\",\"applyMaxToMarket\":true,\"avgPriceMins\":5},"
     "{\"filterType\":\"MAX_NUM_ORDERS\",\"maxNumOrders\":150},"
     "{\"filterType\":\"MAX_NUM_ALGO_ORDERS\",\"maxNumAlgoOrders\":4}",
     {.market = RULES_SPOT,
      .is_least_market = 1,
      .is_most_market = 1,
      .band_minutes = 3,
      .up_ppm = {0, 1300000, 5000000},
      .down_ppm = {0, 700000, 800000},
      .max_orders = 150,
      .max_stops = 4,
      .market_max_qty = 1005,
      .max_notional_amt = 900000000000000}},
    {"as of 2021, each type behind its keys",
     "\"isSpotTradingAllowed\":true",
     "{\"multiplierUp\":\"5\",\"multiplierDown\":\"0.2\",\"avgPriceMins\":5,\"filterType\":"
     "\"PERCENT_PRICE\"},"
     "{\"minNotional\":\"10\",\"applyToMarket\":false,\"avgPriceMins\":5,\"filterType\":\"MIN_"
     "NOTIONAL\"}",
     {.market = RULES_SPOT,
      .band_minutes = 5,
      .up_ppm = {0, 5000000, 5000000},
      .down_ppm = {0, 200000, 200000}}},
    {"futures",
     "\"contractType\":\"PERPETUAL\"",
     "{\"maxQty\":\"120\",\"filterType\":\"MARKET_LOT_SIZE\"},{\"limit\":200,\"filterType\":\"MAX_"
     "NUM_ORDERS\"},"
     "{\"limit\":10,\"filterType\":\"MAX_NUM_ALGO_ORDERS\"},{\"notional\":\"100\",\"filterType\":"
     "\"MIN_NOTIONAL\"},"
     "{\"multiplierDown\":\"0.9500\",\"multiplierUp\":\"1.0500\",\"multiplierDecimal\":\"4\","
     "\"filterType\":"
     "\"PERCENT_PRICE\"}",
     {.market = RULES_UM,
      .is_least_market = 1,
      .up_ppm = {0, 1050000, 0},
      .down_ppm = {0, 0, 950000},
      .max_orders = 200,
      .max_stops = 10,
      .market_max_qty = 1200}},
    {"nothing",
     "\"isSpotTradingAllowed\":true",
     "{\"filterType\":\"ICEBERG_PARTS\",\"limit\":10}",
     {.market = RULES_SPOT}},
};

START_TEST(what_else_is_asked_comes_from_it_too)
{
    static char text[8192];
    struct listings *listings;
    struct listed listed;

    snprintf(
        text, sizeof(text),
        "{\"symbols\":[{\"symbol\":\"AAAUSDT\",\"status\":\"TRADING\",\"baseAsset\":\"AAA\","
        "\"quoteAsset\":\"USDT\",%s,\"filters\":[{\"filterType\":\"PRICE_FILTER\",\"tickSize\":"
        "\"0.01\"},{\"filterType\":\"LOT_SIZE\",\"stepSize\":\"0.1\"},%s]}]}",
        asked[_i].market, asked[_i].filters);
    write_file("asked.json", text);
    listings = open_one(path);
    listed = find(listings, "AAAUSDT", 0, NULL, 0);
    ck_assert_uint_eq(listed.has_rules, 1);
    ck_assert_msg(memcmp(&listed.rules, &asked[_i].want, sizeof(listed.rules)) == 0, "%s",
                  asked[_i].what);
    listings_free(listings);
}
END_TEST

/* A configuration says nothing of it, and has fees; of the majors what the venue publishes is
 * known, of others fees alone. */
START_TEST(fees_and_rules_are_the_venues_where_nothing_is_said)
{
    static const char config[] =
        "instruments:\n"
        "  - {symbol: SOLUSDT, base: SOL, quote: USDT, tick: 0.0001, lot: 0.05, maker: 0.02%}\n";
    struct listings *listings;
    struct listed listed;
    struct rules preset;

    write_file("fees.yaml", config);
    listings = open_one(path);
    listed = find(listings, "SOLUSDT", 0, "x/SOLUSDT.csv", 0);
    ck_assert_uint_eq(listed.has_rules, 0);
    ck_assert_uint_eq(listed.has_fees, 1);
    ck_assert_int_eq(listed.record.maker_fee_ppb, 200000);
    ck_assert_int_eq(listed.record.taker_fee_ppb, 1000000);
    listings_free(listings);
    ck_assert_int_eq(listings_open(&listings, NULL, 0, NULL), AGON_OK);
    listed = find(listings, "BTCUSDT", INSTRUMENT_LINEAR, NULL, 0);
    ck_assert_uint_eq(listed.has_rules, 1);
    ck_assert_int_eq(listed.record.maker_fee_ppb, 200000);
    ck_assert_int_eq(listed.record.taker_fee_ppb, 500000);
    ck_assert_int_eq(listed.rules.market_max_qty, 120000);
    listed = find(listings, "BTCUSDT", INSTRUMENT_SPOT, NULL, 0);
    rules_preset(RULES_SPOT, &preset);
    preset.market_max_qty = 10005381;
    preset.max_notional_amt = 900000000000000;
    ck_assert_mem_eq(&listed.rules, &preset, sizeof(preset));
    ck_assert_int_eq(listed.record.max_qty, 900000000);
    listed = find(listings, "AAAUSDT", INSTRUMENT_SPOT, NULL, 0);
    ck_assert_uint_eq(listed.has_rules, 0);
    ck_assert_int_eq(listed.record.taker_fee_ppb, 1000000);
    listings_free(listings);
}
END_TEST

#define INFO(tick)                                                                                 \
    "{\"symbols\":[{\"symbol\":\"AAAUSDT\",\"status\":\"TRADING\",\"baseAsset\":\"AAA\","          \
    "\"quoteAsset\":\"USDT\",\"isSpotTradingAllowed\":true,\"filters\":[{\"filterType\":"          \
    "\"PRICE_FILTER\",\"tickSize\":\"" tick                                                        \
    "\"},{\"filterType\":\"LOT_SIZE\",\"stepSize\":\"0.1\"}]}]}"

START_TEST(what_lies_beside_the_data_is_found_by_its_day)
{
    static const struct {
        agon_ns_t t;
        int px_exp;
    } cases[] = {{DAY(1600000000), 2}, // 2020-09-13: before the first, which is 2021-10-12
                 {DAY(1634000000), 2}, // 2021-10-12
                 {DAY(1670000000), 2}, // 2022-12-02
                 {DAY(1672531200), 3}, // 2023-01-01: the second is of this day
                 {DAY(1700000000), 3}};
    struct listings *listings;
    struct listed listed;
    char data[1024];

    write_file("rest_exchangeInfo_spot_20230101.json", INFO("0.001"));
    write_file(
        "rest_exchangeInfo_spot_20211012.ndjson",
        "{\"ts_us\":1,\"dir\":\"connect\"}\n"
        "{\"ts_us\":1,\"dir\":\"http\",\"url\":\"u\",\"raw\":\"{\\\"symbols\\\":[{\\\"symbol\\\":"
        "\\\"AAAUSDT\\\",\\\"status\\\":\\\"TRADING\\\",\\\"baseAsset\\\":\\\"AAA\\\","
        "\\\"quoteAsset\\\":\\\"USDT\\\",\\\"isSpotTradingAllowed\\\":true,\\\"filters\\\":["
        "{\\\"filterType\\\":\\\"PRICE_FILTER\\\",\\\"tickSize\\\":\\\"0.01\\\"},{"
        "\\\"filterType\\\":"
        "\\\"LOT_SIZE\\\",\\\"stepSize\\\":\\\"0.1\\\"}]}]}\"}\n");
    snprintf(data, sizeof(data), "%s/binance_spot_AAAUSDT.csv", dir);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        listings = open_one(NULL);
        listed = find(listings, "AAAUSDT", 0, data, cases[i].t);
        ck_assert_uint_eq(listed.from, LISTING_BESIDE);
        ck_assert_int_eq(listed.record.px_exp, cases[i].px_exp);
        // Another symbol is not in them, a perpetual neither.
        listed = find(listings, "BBBUSDT", 0, data, cases[i].t);
        ck_assert_uint_eq(listed.from, LISTING_NONE);
        listed = find(listings, "AAAUSDT", INSTRUMENT_LINEAR, data, cases[i].t);
        ck_assert_uint_eq(listed.from, LISTING_NONE);
        listings_free(listings);
    }
    // What is named goes before what is found.
    listings = open_one(in(dir, "rest_exchangeInfo_spot_20230101.json"));
    listed = find(listings, "AAAUSDT", 0, data, DAY(1600000000));
    ck_assert_uint_eq(listed.from, LISTING_NAMED);
    ck_assert_int_eq(listed.record.px_exp, 3);
    listings_free(listings);
    unlink(in(dir, "rest_exchangeInfo_spot_20230101.json"));
    unlink(in(dir, "rest_exchangeInfo_spot_20211012.ndjson"));
}
END_TEST

/* The files of tests/data/recording: what is asked of an order at Kraken and OKX is read by their
 * own readers, and what another venue's list says of the same folder counts for nothing. */
START_TEST(a_list_is_read_by_the_venue_that_the_data_name)
{
    struct listings *listings = open_one(NULL);
    char data[1024], text[LISTED_TEXT];
    struct listed listed;

    snprintf(data, sizeof(data), "%s/tests/data/recording/kraken_spot_BTCUSD.raw",
             getenv("AGON_SOURCE_ROOT"));
    listed = find(listings, "BTC/USD", 0, data, 0);
    ck_assert_uint_eq(listed.from, LISTING_BESIDE);
    ck_assert_ptr_nonnull(strstr(listed.source, "kraken_spot_AssetPairs.json"));
    ck_assert_str_eq(listed_text(&listed, text), "tick 0.1, lot 0.00000001, minimum notional 0.5");
    ck_assert_int_eq(listed.record.min_qty, 5000);
    ck_assert_str_eq(listed.base, "BTC");
    ck_assert_str_eq(listed.quote, "USD");
    // As the simulated one has them too, whose own are replaced by what is listed.
    ck_assert_uint_eq(listed.rules.is_fee_quote, 1);
    ck_assert_uint_eq(listed.rules.is_least_market, 1);
    // As it publishes them, not as the first venue of the table does.
    ck_assert_int_eq(listed.record.maker_fee_ppb, 2500000);
    ck_assert_int_eq(listed.record.taker_fee_ppb, 4000000);
    snprintf(data, sizeof(data), "%s/tests/data/recording/okx_swap_BTCUSDT.raw",
             getenv("AGON_SOURCE_ROOT"));
    listed = find(listings, "BTC-USDT-SWAP", INSTRUMENT_LINEAR, data, 0);
    ck_assert_uint_eq(listed.from, LISTING_BESIDE);
    ck_assert_uint_eq(listed.record.kind, INSTRUMENT_LINEAR);
    // A hundredth of a contract of a hundredth of a coin; at market at most 12000 of them.
    ck_assert_str_eq(listed_text(&listed, text), "tick 0.1, lot 0.0001, minimum notional 0");
    ck_assert_int_eq(listed.rules.market_max_qty, 1200000);
    ck_assert_int_eq(listed.record.maker_fee_ppb, 200000);
    snprintf(data, sizeof(data), "%s/tests/data/recording/okx_spot_BTCUSDT.raw",
             getenv("AGON_SOURCE_ROOT"));
    listed = find(listings, "BTC-USDT", 0, data, 0);
    ck_assert_uint_eq(listed.record.kind, INSTRUMENT_SPOT);
    ck_assert_int_eq(listed.record.min_qty, 1000);
    ck_assert_int_eq(listed.record.maker_fee_ppb, 800000);
    // Of data that name none these lists say nothing, and of none that is not listed either.
    listed = find(listings, "BTC-USDT", 0, "tests/data/recording/BTCUSDT.csv", 0);
    ck_assert_uint_eq(listed.from, LISTING_NONE);
    listed = find(listings, "ETH-USDT", 0, data, 0);
    ck_assert_uint_eq(listed.from, LISTING_NONE);
    ck_assert_int_eq(listed.record.taker_fee_ppb, 1000000);
    listings_free(listings);
}
END_TEST

START_TEST(a_list_that_is_named_is_read_by_whoever_understands_it)
{
    struct listings *listings;
    struct listed listed;
    char from[1024];
    char *text = NULL;
    size_t n = 0;
    FILE *file;

    snprintf(from, sizeof(from), "%s/tests/data/recording/okx_swap_instruments.json",
             getenv("AGON_SOURCE_ROOT"));
    file = fopen(from, "re");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_gt(getline(&text, &n, file), 0);
    fclose(file);
    write_file("listed.json", text);
    free(text);
    listings = open_one(path);
    listed = find(listings, "BTC-USDT-SWAP", 0, "okx_swap_BTCUSDT.raw", 0);
    ck_assert_uint_eq(listed.from, LISTING_NAMED);
    ck_assert_uint_eq(listed.record.kind, INSTRUMENT_LINEAR);
    ck_assert_int_eq(listed.record.qty_exp, 4);
    listings_free(listings);
    unlink(in(dir, "listed.json"));
}
END_TEST

START_TEST(without_a_listing_a_stated_default_holds)
{
    struct listings *listings = open_one(NULL);
    struct listed listed = find(listings, "BTCUSDT", 0, "nowhere/BTCUSDT.csv", 0);
    char text[LISTED_TEXT];

    ck_assert_uint_eq(listed.from, LISTING_KNOWN);
    ck_assert_str_eq(listed_text(&listed, text), "tick 0.01, lot 0.00001, minimum notional 5");
    ck_assert_ptr_nonnull(strstr(listed_warning(&listed), "assumed"));
    listed = find(listings, "BTCUSDT", INSTRUMENT_LINEAR, NULL, 0);
    ck_assert_str_eq(listed_text(&listed, text), "tick 0.1, lot 0.001, minimum notional 100");
    listed = find(listings, "ADAUSDT", 0, NULL, 0);
    ck_assert_uint_eq(listed.from, LISTING_NONE);
    ck_assert_str_eq(listed_text(&listed, text),
                     "tick 0.00000001, lot 0.00000001, minimum notional 0");
    ck_assert_str_eq(listed.base, "ADA");
    ck_assert_int_eq(listed.record.max_qty, 0);
    ck_assert_ptr_nonnull(strstr(listed_warning(&listed), "assumed"));
    listings_free(listings);
}
END_TEST

START_TEST(what_is_no_listing_is_refused)
{
    static const char *const bad[] = {
        "",
        "{}",
        "{\"symbols\":",
        "hello",
        "instruments: []",
        "instruments:\n  - {symbol: A, base: B, quote: C, tick: 1}\n",
        "instruments:\n  - {symbol: A, base: B, quote: C, tick: x, lot: 1}\n",
        "{\"raw\":\"{}\"}\n"};
    const char *name = path;
    struct listings *listings;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        write_file("bad", bad[i]);
        err.code = 0;
        err.text[0] = '\0';
        ck_assert_int_lt(listings_open(&listings, &name, 1, &err), 0);
        ck_assert_ptr_null(listings);
        ck_assert_msg(strstr(err.text, path) != NULL, "%zu: %s", i, err.text);
    }
    name = "/nowhere/at/all";
    ck_assert_int_eq(listings_open(&listings, &name, 1, &err), AGON_ENOENT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("listing");
    TCase *tcase = tcase_create("listing");
    SRunner *runner;
    int failed;

    if (mkdtemp(dir) == NULL)
        return 1;
    tcase_add_test(tcase, all_filters_come_from_an_exchange_info);
    tcase_add_test(tcase, a_listing_of_contracts_makes_a_perpetual);
    tcase_add_test(tcase, a_configuration_names_instruments_too);
    tcase_add_loop_test(tcase, what_else_is_asked_comes_from_it_too, 0,
                        sizeof(asked) / sizeof(asked[0]));
    tcase_add_test(tcase, fees_and_rules_are_the_venues_where_nothing_is_said);
    tcase_add_test(tcase, what_lies_beside_the_data_is_found_by_its_day);
    tcase_add_test(tcase, a_list_is_read_by_the_venue_that_the_data_name);
    tcase_add_test(tcase, a_list_that_is_named_is_read_by_whoever_understands_it);
    tcase_add_test(tcase, without_a_listing_a_stated_default_holds);
    tcase_add_test(tcase, what_is_no_listing_is_refused);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    (void)file_remove_tree(dir);
    return failed == 0 ? 0 : 1;
}
