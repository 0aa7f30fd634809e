// SPDX-License-Identifier: Apache-2.0
/* Recorded captures and the published samples through the decoder: expected counts, no message that
 * is cut anywhere is taken, and whatever else comes is refused without harm. */
#include <check.h>

#include "lines.h"
#include "venue/binance/decode.h"

static struct symbols symbols;
static struct binance_decoder dec;
static struct wire_out out;
static char raw[4u << 20];

static void know(const char *const *names, size_t n, int px_exp, int qty_exp)
{
    static const char *const assets[] = {"USDT", "BTC", "ETH", "EUR", "BNB", "LTC"};

    symbols_init(&symbols);
    for (uint32_t i = 0; i < 6; i++)
        ck_assert_int_eq(symbols_add_asset(&symbols, assets[i], i + 1, 8, NULL), AGON_OK);
    for (uint32_t i = 0; i < n; i++) {
        struct agon_instrument instrument = {.hdr = {.instrument = i + 1},
                                             .base = 2,
                                             .quote = 1,
                                             .px_exp = (int8_t)px_exp,
                                             .qty_exp = (int8_t)qty_exp};

        memcpy(instrument.symbol, names[i], strlen(names[i]));
        ck_assert_int_eq(symbols_add(&symbols, &instrument, NULL), AGON_OK);
    }
    binance_decoder_init(&dec, &symbols);
}

/* The message of one line of a capture; its direction's first letter, 0 when the line has none. */
static char capture(const struct lines *lines, size_t *n, char *url, size_t url_room)
{
    struct scan scan;
    struct scan_text key;
    struct scan_text text;
    char dir = 0;

    *n = 0;
    url[0] = 0;
    scan_init(&scan, lines->line, lines->n);
    ck_assert_int_eq(scan_object(&scan), AGON_OK);
    while (scan_key(&scan, &key) > 0) {
        if (scan_is(&key, "dir")) {
            ck_assert_int_eq(scan_string(&scan, &text), AGON_OK);
            dir = text.at[0];
        } else if (scan_is(&key, "url")) {
            ck_assert_int_eq(scan_copy(&scan, url, url_room), AGON_OK);
        } else if (scan_is(&key, "raw")) {
            ck_assert_int_eq(scan_copy(&scan, raw, sizeof(raw)), AGON_OK);
            *n = strlen(raw);
        } else {
            ck_assert_int_eq(scan_skip(&scan), AGON_OK);
        }
    }
    ck_assert_int_eq(scan_end(&scan), AGON_OK);
    return dir;
}

static void decode_capture(const char *file, const uint64_t *want, uint64_t want_snapshots)
{
    struct lines lines;
    uint64_t n_snapshots = 0;
    char url[2048];
    size_t n;

    lines_open(&lines, file);
    while (lines_next(&lines)) {
        char dir = capture(&lines, &n, url, sizeof(url));

        if (dir == 'r') {
            ck_assert_msg(binance_decode_market(&dec, raw, n, &out) >= 0, "%s", raw);
        } else if (dir == 'h') {
            const char *at = strstr(url, "symbol=");
            const char *end = at != NULL ? strchr(at, '&') : NULL;
            const struct symbol *symbol;

            ck_assert_ptr_nonnull(end);
            symbol = symbols_find(&symbols, at + 7, (size_t)(end - at - 7));
            ck_assert_ptr_nonnull(symbol);
            ck_assert_int_ge(binance_decode_snapshot(&dec, raw, n, symbol, &out.depth), 0);
            n_snapshots += out.depth.n_bid > 0;
        }
    }
    lines_close(&lines);
    for (int kind = 0; kind <= WIRE_DIFF; kind++) {
        ck_assert_msg(dec.n_good[kind] == want[kind] && dec.n_bad[kind] == 0,
                      "kind %d: %lu good, %lu bad, want %lu", kind, (unsigned long)dec.n_good[kind],
                      (unsigned long)dec.n_bad[kind], (unsigned long)want[kind]);
    }
    ck_assert_uint_eq(n_snapshots, want_snapshots);
}

START_TEST(spot_capture_decodes_whole)
{
    static const char *const names[] = {"NKNUSDT", "BLZETH", "LRCBTC", "RUNEEUR"};
    static const uint64_t want[] = {2 /* open candles */, 2, 84, 0, 177};

    know(names, 4, 8, 8);
    decode_capture("wire/binance/capture_spot_20211012.ndjson.gz", want, 4);
}
END_TEST

START_TEST(futures_capture_harms_nothing)
{
    static const char *const names[] = {"SUSHIUSDT", "AKROUSDT", "KEEPUSDT", "CTKUSDT"};
    static const uint64_t want[] = {63, 91, 613, 4, 764};

    know(names, 4, 8, 8);
    decode_capture("wire/binance/capture_um_futures_20210722.ndjson.gz", want, 4);
}
END_TEST

static uint32_t n_infos, n_limits;
static struct wire_info ethbtc;

static void on_info(void *ctx, const struct wire_info *info)
{
    (void)ctx;
    n_infos++;
    if (strcmp(info->symbol, "ETHBTC") == 0)
        ethbtc = *info;
}

static void on_limit(void *ctx, const struct wire_limit *limit)
{
    (void)ctx;
    if (strcmp(limit->type, "REQUEST_WEIGHT") == 0) {
        ck_assert_uint_eq(limit->interval_s, 60);
        ck_assert_uint_eq(limit->limit, 1200);
    }
    n_limits++;
}

START_TEST(exchange_info_gives_filters_and_limits)
{
    struct lines lines;
    char url[2048];
    size_t n;

    lines_open(&lines, "wire/binance/rest_exchangeInfo_spot_20211012.ndjson.gz");
    ck_assert(lines_next(&lines));
    capture(&lines, &n, url, sizeof(url));
    lines_close(&lines);
    n_infos = n_limits = 0;
    ck_assert_int_eq(binance_decode_exchange_info(raw, n, on_limit, on_info, NULL), 1695);
    ck_assert_uint_eq(n_infos, 1695);
    ck_assert_uint_eq(n_limits, 4);
    ck_assert_str_eq(ethbtc.base, "ETH");
    ck_assert_str_eq(ethbtc.quote, "BTC");
    ck_assert_int_eq(ethbtc.state, TRADING_OPEN);
    ck_assert_int_eq(ethbtc.tick, 1);
    ck_assert_int_eq(ethbtc.tick_exp, 6);
    ck_assert_int_eq(ethbtc.lot, 1);
    ck_assert_int_eq(ethbtc.lot_exp, 4);
    ck_assert_int_eq(ethbtc.min_notional, 1);
    ck_assert_int_eq(ethbtc.min_notional_exp, 4);
    ck_assert_int_eq(ethbtc.max_px, 922327);
}
END_TEST

START_TEST(no_prefix_of_200_recorded_frames_is_taken)
{
    static const char *const names[] = {"NKNUSDT", "BLZETH", "LRCBTC", "RUNEEUR"};
    struct lines lines;
    char url[2048];
    char *exact;
    int frames = 0;
    size_t n;

    know(names, 4, 8, 8);
    lines_open(&lines, "wire/binance/capture_spot_20211012.ndjson.gz");
    while (frames < 200 && lines_next(&lines)) {
        if (capture(&lines, &n, url, sizeof(url)) != 'r')
            continue;
        frames++;
        for (size_t cut = 0; cut < n; cut++) {
            // A block of just that length, so that a sanitizer sees a look past its end.
            exact = malloc(cut > 0 ? cut : 1);
            ck_assert_ptr_nonnull(exact);
            memcpy(exact, raw, cut);
            ck_assert_msg(binance_decode_market(&dec, exact, cut, &out) < 0, "cut at %zu: %s", cut,
                          raw);
            ck_assert_msg(binance_decode_user(&dec, exact, cut, &out) < 0, "cut at %zu: %s", cut,
                          raw);
            free(exact);
        }
        memcpy(raw + n, "{}", 2);
        ck_assert_int_lt(binance_decode_market(&dec, raw, n + 2, &out), 0); // two documents
    }
    lines_close(&lines);
    ck_assert_int_eq(frames, 200);
}
END_TEST

static const char *const sample_names[] = {"BNBBTC",        "BTCUSDT", "ETHUSDT", "ETHBTC",
                                           "COINALPHAHBOT", "LTCBTC",  "BNBUSDT", "LTCBNB"};

static void on_order(void *ctx, const struct wire_order *order)
{
    (void)ctx;
    ck_assert_ptr_nonnull(order->symbol);
}

static void on_fill(void *ctx, const struct wire_fill *fill)
{
    (void)ctx;
    ck_assert_uint_ne(fill->fill, 0);
}

static void on_bar(void *ctx, const struct agon_bar *bar)
{
    (void)ctx;
    ck_assert_uint_ne(bar->hdr.type, 0);
}

START_TEST(every_sample_goes_through_every_decoder_unharmed)
{
    struct lines lines;
    struct wire_order order;
    struct binance_replace replace;
    struct binance_said said;
    int n_samples = 0;
    int n_said = 0, n_refused = 0, n_counts = 0, n_said_orders = 0, n_said_replaces = 0;
    int n_replaces = 0;
    int n_orders = 0;
    int n_fills = 0;
    int n_accounts = 0;
    int can_trade;
    int can_withdraw;

    know(sample_names, 8, 8, 8);
    lines_open(&lines, "wire/binance/samples.ndjson");
    while (lines_next(&lines)) {
        struct scan scan;
        struct scan_text key;
        struct scan_text payload = {0};
        char text[64];
        int32_t code;
        agon_ns_t t;

        scan_init(&scan, lines.line, lines.n);
        ck_assert_int_eq(scan_object(&scan), AGON_OK);
        while (scan_key(&scan, &key) > 0) {
            if (scan_is(&key, "payload"))
                ck_assert_int_eq(scan_slice(&scan, &payload), AGON_OK);
            else
                ck_assert_int_eq(scan_skip(&scan), AGON_OK);
        }
        ck_assert_int_eq(scan_end(&scan), AGON_OK);
        n_samples++;
        binance_decode_market(&dec, payload.at, payload.n, &out);
        binance_decode_user(&dec, payload.at, payload.n, &out);
        binance_decode_error(payload.at, payload.n, &code, text, sizeof(text));
        binance_decode_time(&dec, payload.at, payload.n, &t);
        binance_decode_snapshot(&dec, payload.at, payload.n, &symbols.all[0], &out.depth);
        n_orders += binance_decode_order(&dec, payload.at, payload.n, &order, on_fill, NULL) >= 0;
        n_orders += binance_decode_orders(&dec, payload.at, payload.n, on_order, NULL) > 0;
        n_fills +=
            binance_decode_fills(&dec, payload.at, payload.n, &symbols.all[0], on_fill, NULL) > 0;
        n_accounts += binance_decode_account(&dec, payload.at, payload.n, &out, &can_trade,
                                             &can_withdraw) >= 0;
        binance_decode_klines(&dec, payload.at, payload.n, &symbols.all[0], 60, INT64_MAX, on_bar,
                              NULL);
        n_replaces += binance_decode_replace(&dec, payload.at, payload.n, &replace) >= 0 &&
                      replace.cancel_result != 0;
        binance_decode_exchange_info(payload.at, payload.n, NULL, NULL, NULL);
        if (binance_decode_said(&dec, payload.at, payload.n, &said) < 0 || said.status == 0)
            continue;
        // What REST would have had as its body.
        n_said++;
        n_refused += said.status >= 300 &&
                     binance_decode_error(said.body, said.n, &code, text, sizeof(text)) >= 0;
        n_counts += (int)said.n_counts;
        n_said_orders += binance_decode_order(&dec, said.body, said.n, &order, on_fill, NULL) >= 0;
        n_said_replaces += binance_decode_replace(&dec, said.body, said.n, &replace) >= 0 &&
                           replace.cancel_result != 0;
    }
    lines_close(&lines);
    ck_assert_int_eq(n_samples, 431);
    // What the samples hold of the kinds that spot uses.
    ck_assert_int_eq(n_replaces, 4);
    // ... and of answers of the WebSocket API.
    ck_assert_int_eq(n_said, 63);
    ck_assert_int_eq(n_refused, 6);
    ck_assert_int_eq(n_counts, 71);
    ck_assert_int_eq(n_said_orders, 5);
    ck_assert_int_eq(n_said_replaces, 3);
    ck_assert_int_eq(n_orders, 10);
    ck_assert_int_eq(n_fills, 1);
    ck_assert_int_eq(n_accounts, 3);
    ck_assert_uint_eq(dec.n_good[WIRE_ORDER], 9);
    // A trade without its number, and an order number as text: made up by other projects' tests.
    ck_assert_uint_eq(dec.n_bad[WIRE_ORDER], 2);
    ck_assert_uint_eq(dec.n_good[WIRE_TERMINATED], 1);
}
END_TEST

static agon_ns_t ns_of(const char *text) // 2019-04-01T00:00:00.940Z
{
    int y;
    int mo;
    int d;
    int h;
    int mi;
    int s;
    int ms;
    int64_t days;

    ck_assert_int_eq(sscanf(text, "%d-%d-%dT%d:%d:%d.%dZ", &y, &mo, &d, &h, &mi, &s, &ms), 7);
    y -= mo <= 2;
    mo += mo <= 2 ? 9 : -3;
    days = 365ll * y + y / 4 - y / 100 + y / 400 + (153 * mo + 2) / 5 + d - 1 - 719468;
    return ((days * 86400 + h * 3600 + mi * 60 + s) * 1000ll + ms) * 1000000ll;
}

START_TEST(trades_equal_another_projects_reading)
{
    struct lines lines;
    int n_trades = 0;

    know(sample_names, 8, 8, 8);
    lines_open(&lines, "wire/binance/normalized.ndjson");
    while (lines_next(&lines)) {
        const char *at = strstr(lines.line, "\"message\":");
        const char *known = strstr(lines.line, "\"normalized\":[{\"type\":\"trade\"");
        struct scan scan;
        struct scan_text key;
        struct scan_text payload;
        struct scan_text text;
        int64_t value;

        if (strncmp(lines.line, "{\"venue_feed\":\"binance\",", 24) != 0 || known == NULL)
            continue;
        scan_init(&scan, at + 10, lines.n - (size_t)(at + 10 - lines.line));
        ck_assert_int_eq(scan_slice(&scan, &payload), AGON_OK);
        ck_assert_int_eq(binance_decode_market(&dec, payload.at, payload.n, &out), WIRE_TRADE);
        scan_init(&scan, known + 14, lines.n - (size_t)(known + 14 - lines.line));
        ck_assert_int_eq(scan_object(&scan), AGON_OK);
        while (scan_key(&scan, &key) > 0) {
            if (scan_is(&key, "price")) {
                ck_assert_int_eq(scan_decimal(&scan, 8, &value), AGON_OK);
                ck_assert_int_eq(value, out.trade.px);
            } else if (scan_is(&key, "amount")) {
                ck_assert_int_eq(scan_decimal(&scan, 8, &value), AGON_OK);
                ck_assert_int_eq(value, out.trade.qty);
            } else if (scan_is(&key, "side")) {
                ck_assert_int_eq(scan_string(&scan, &text), AGON_OK);
                ck_assert_int_eq(out.trade.side, scan_is(&text, "buy") ? AGON_BUY : AGON_SELL);
            } else if (scan_is(&key, "timestamp")) {
                ck_assert_int_eq(scan_string(&scan, &text), AGON_OK);
                ck_assert_int_eq(out.trade.hdr.t_venue, ns_of(text.at));
            } else {
                ck_assert_int_eq(scan_skip(&scan), AGON_OK);
            }
        }
        n_trades++;
    }
    lines_close(&lines);
    ck_assert_int_ge(n_trades, 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("binance samples");
    TCase *tcase = tcase_create("recorded");
    SRunner *runner;
    struct lines lines;
    int failed;

    lines_open(&lines, "wire/binance/samples.ndjson"); // skips when absent
    lines_close(&lines);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, spot_capture_decodes_whole);
    tcase_add_test(tcase, futures_capture_harms_nothing);
    tcase_add_test(tcase, exchange_info_gives_filters_and_limits);
    tcase_add_test(tcase, no_prefix_of_200_recorded_frames_is_taken);
    tcase_add_test(tcase, every_sample_goes_through_every_decoder_unharmed);
    tcase_add_test(tcase, trades_equal_another_projects_reading);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
