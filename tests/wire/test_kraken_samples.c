// SPDX-License-Identifier: Apache-2.0
/* The documented messages of Kraken spot, as the readers take them: with no recording of WebSocket
 * v2 at hand they are the referee. */
#include <check.h>

#include "lines.h"
#include "venue/scan.h"
#include "venue/wire.h"

extern const struct venue_wire venue_kraken_spot;

static struct symbols symbols;
static struct wire_out out;
static void *reader;
static char *payload;
static size_t n_payload;

/* The payload of a sample by its name; a test that does not find it fails. */
static void load(const char *name)
{
    struct lines lines;

    n_payload = 0;
    lines_open(&lines, "wire/kraken/samples.ndjson");
    while (n_payload == 0 && lines_next(&lines)) {
        struct scan scan;
        struct scan_text key;
        struct scan_text body = {0};
        char text[128] = "";

        scan_init(&scan, lines.line, lines.n);
        ck_assert_int_eq(scan_object(&scan), AGON_OK);
        while (scan_key(&scan, &key) > 0) {
            if (scan_is(&key, "name"))
                scan_copy(&scan, text, sizeof(text));
            else if (scan_is(&key, "payload"))
                scan_slice(&scan, &body);
            else
                scan_skip(&scan);
        }
        if (strcmp(text, name) != 0)
            continue;
        free(payload);
        payload = malloc(body.n + 1);
        memcpy(payload, body.at, body.n);
        payload[body.n] = 0;
        n_payload = body.n;
    }
    lines_close(&lines);
    ck_assert_uint_gt(n_payload, 0);
}

static void setup(void)
{
    static const struct {
        const char *name;
        int8_t px_exp;
    } pairs[] = {{"BTC/USD", 1}, {"BTC/USDT", 1}, {"AAPLx/USD", 2}};

    symbols_init(&symbols);
    ck_assert_int_eq(symbols_add_asset(&symbols, "USD", 1, 8, NULL), AGON_OK);
    for (uint32_t i = 0; i < 3; i++) {
        struct agon_instrument instrument = {.hdr.instrument = i + 1,
                                             .base = 2,
                                             .quote = 1,
                                             .px_exp = pairs[i].px_exp,
                                             .qty_exp = 8,
                                             .tick_px = 1};

        snprintf(instrument.symbol, sizeof(instrument.symbol), "%s", pairs[i].name);
        ck_assert_int_eq(symbols_add(&symbols, &instrument, NULL), AGON_OK);
    }
    ck_assert_int_eq(venue_kraken_spot.open_reader(&symbols, &reader), AGON_OK);
}

static void teardown(void)
{
    venue_kraken_spot.close(reader);
    free(payload);
    payload = NULL;
}

static int decode(const char *name)
{
    load(name);
    return venue_kraken_spot.decode(reader, payload, n_payload, &out);
}

START_TEST(messages_of_the_market)
{
    ck_assert_int_eq(decode("ws_book_snapshot"), WIRE_BOOK);
    ck_assert_uint_eq(out.depth.n_bid, 3);
    ck_assert_uint_eq(out.depth.n_ask, 3);
    ck_assert_int_eq(out.depth.bid[0].px, 1059442);
    ck_assert_int_eq(out.depth.ask[2].qty, 300000);
    ck_assert_uint_eq(out.depth.checksum, 2439117997u);
    ck_assert_int_eq(out.depth.t_venue, 1696613755440295000);
    ck_assert_int_eq(venue_kraken_spot.decode(reader, payload, n_payload, &out), WIRE_OTHER);

    ck_assert_int_eq(decode("ws_ticker_snapshot"), WIRE_QUOTE);
    ck_assert_int_eq(out.quote.bid_px, 1059442);
    ck_assert_int_eq(out.quote.ask_px, 1059443);
    ck_assert_int_eq(out.quote.bid_qty, 250000000);
    ck_assert_int_eq(out.quote.ask_qty, 320000000);
    ck_assert_int_eq(out.quote.hdr.t_venue, 1671960659123456000);

    ck_assert_int_eq(decode("ws_subscribe_response"), WIRE_REPLY);
    ck_assert_uint_eq(out.id, 1);
    ck_assert_int_eq(out.code, 0);
    ck_assert_int_eq(decode("ws_add_order_response_failure"), WIRE_REPLY);
    ck_assert_int_ne(out.code, 0);
    ck_assert_str_eq(out.text, "EOrder:Insufficient funds");

    // Well-formed, and not for us.
    ck_assert_int_eq(decode("ws_pong"), WIRE_OTHER);
    ck_assert_int_eq(decode("ws_ohlc_update"), WIRE_OTHER);
    ck_assert_int_eq(decode("ws_l3_snapshot"), WIRE_OTHER);
    ck_assert_int_eq(decode("parse#2"), WIRE_OTHER);
}
END_TEST

static struct wire_info infos[4];
static int n_infos;

static void on_info(void *ctx, const struct wire_info *info)
{
    (void)ctx;
    ck_assert_int_lt(n_infos, 4);
    infos[n_infos++] = *info;
}

static void read_info(const char *name)
{
    load(name);
    n_infos = 0;
    ck_assert_int_eq(venue_kraken_spot.read_info(reader, payload, n_payload, NULL, on_info, NULL),
                     1);
    ck_assert_int_eq(n_infos, 1);
}

START_TEST(instruments)
{
    read_info("http_asset_pairs");
    ck_assert_str_eq(infos[0].symbol, "BTC/USDT");
    ck_assert_str_eq(infos[0].base, "BTC");
    ck_assert_str_eq(infos[0].quote, "USDT");
    ck_assert_int_eq(infos[0].state, TRADING_OPEN);
    ck_assert(infos[0].is_tradable);
    ck_assert_int_eq(infos[0].tick, 1);
    ck_assert_int_eq(infos[0].tick_exp, 1);
    ck_assert_int_eq(infos[0].lot_exp, 8);
    ck_assert_int_eq(infos[0].min_qty, 5);
    ck_assert_int_eq(infos[0].min_qty_exp, 5);
    ck_assert_int_eq(infos[0].min_notional, 5);
    ck_assert_int_eq(infos[0].min_notional_exp, 1);
    read_info("http_asset_pairs_tokenized");
    ck_assert_str_eq(infos[0].symbol, "AAPLx/USD");
    ck_assert_int_eq(infos[0].tick_exp, 2);
    // What the list has of decimals counts in the checksum: these have lost their zeros.
    ck_assert_int_eq(decode("ws_book_snapshot"), WIRE_BOOK);
    ck_assert_uint_eq(out.depth.qty_decimals, 3);
}
END_TEST

START_TEST(the_clock)
{
    int64_t resolution_ns = 0;
    agon_ns_t t = 0;

    load("http_server_time");
    ck_assert_int_eq(venue_kraken_spot.read_time(NULL, payload, n_payload, &t, &resolution_ns),
                     AGON_OK);
    ck_assert_int_eq(t, (agon_ns_t)1762820224 * 1000000000);
    ck_assert_int_eq(resolution_ns, 1000000000);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kraken samples");
    TCase *tcase = tcase_create("documented");
    SRunner *runner;
    struct lines lines;
    int failed;

    lines_open(&lines, "wire/kraken/samples.ndjson"); // skips when absent
    lines_close(&lines);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, messages_of_the_market);
    tcase_add_test(tcase, instruments);
    tcase_add_test(tcase, the_clock);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
