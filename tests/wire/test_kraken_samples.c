// SPDX-License-Identifier: Apache-2.0
/* The documented messages of Kraken spot, as the readers take them: with no recording of WebSocket
 * v2 at hand they are the referee. */
#include <check.h>

#include "lines.h"
#include "venue/kraken/core.h"

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
    } pairs[] = {{"BTC/USD", 1}, {"BTC/USDT", 1}, {"AAPLx/USD", 2}, {"ETH/USDT", 2}};

    symbols_init(&symbols);
    ck_assert_int_eq(symbols_add_asset(&symbols, "USD", 1, 8, NULL), AGON_OK);
    for (uint32_t i = 0; i < 4; i++) {
        struct agon_instrument instrument = {.hdr.instrument = i + 1,
                                             .base = 2,
                                             .quote = 1,
                                             .px_exp = pairs[i].px_exp,
                                             .qty_exp = 8,
                                             .tick_px = 1};

        snprintf(instrument.symbol, sizeof(instrument.symbol), "%s", pairs[i].name);
        ck_assert_int_eq(symbols_add(&symbols, &instrument, NULL), AGON_OK);
    }
    ck_assert_int_eq(symbols_add_asset(&symbols, "BTC", 2, 8, NULL), AGON_OK);
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

static struct wire_order orders[8];
static int n_orders;

static void on_order(void *ctx, const struct wire_order *order)
{
    (void)ctx;
    ck_assert_int_lt(n_orders, 8);
    orders[n_orders++] = *order;
}

static int read_orders(const char *name)
{
    load(name);
    n_orders = 0;
    return venue_kraken_spot.read_orders(reader, payload, n_payload, on_order, NULL);
}

START_TEST(orders_of_the_account)
{
    struct kraken *kraken = reader;

    ck_assert_int_ge(read_orders("kraken/verifyconvertTextMessageToMessageRestGetOpenOrders"), 1);
    ck_assert_uint_eq(orders[0].venue_order, order_texts_number("OQCLML-BW3P3-BUCMWZ"));
    ck_assert_str_eq(order_texts_find(&kraken->texts, orders[0].venue_order)->text,
                     "OQCLML-BW3P3-BUCMWZ");
    ck_assert_ptr_eq(orders[0].symbol, &symbols.all[0]); // "XBTUSD"
    ck_assert_int_eq(orders[0].state, AGON_ORDER_PARTIAL);
    ck_assert_int_eq(orders[0].side, AGON_BUY);
    ck_assert_int_eq(orders[0].type, AGON_LIMIT);
    ck_assert_int_eq(orders[0].px, 300100);
    ck_assert_int_eq(orders[0].qty, 125000000);
    ck_assert_int_eq(orders[0].cum_qty, 37500000);
    ck_assert_int_eq(orders[0].t_venue, 1616666559897400000);
    ck_assert_str_eq(orders[0].client_id, ""); // of another program

    ck_assert_int_ge(read_orders("http_closed_orders"), 2);
    ck_assert_ptr_eq(orders[0].symbol, &symbols.all[1]);
    ck_assert_int_eq(orders[0].state, AGON_ORDER_FILLED);
    ck_assert_str_eq(orders[0].reason, "User requested");
    ck_assert_int_eq(orders[0].t_venue, 1688590000543200000); // its end

    // Of pairs that are not ours: shown, without numbers.
    ck_assert_int_ge(read_orders("example-openorders-data"), 1);
    ck_assert_ptr_null(orders[0].symbol);
    // What has no such list is none.
    ck_assert_int_lt(read_orders("http_server_time"), 0);
    ck_assert_int_eq(n_orders, 0);
}
END_TEST

static struct wire_fill fills[8];
static int n_fills;

static void on_fill(void *ctx, const struct wire_fill *fill)
{
    (void)ctx;
    ck_assert_int_lt(n_fills, 8);
    fills[n_fills++] = *fill;
}

START_TEST(fills_of_the_account)
{
    load("http_trades_history");
    n_fills = 0;
    ck_assert_int_eq(
        venue_kraken_spot.read_fills(reader, payload, n_payload, &symbols.all[1], on_fill, NULL),
        1);
    ck_assert_uint_eq(fills[0].fill, 1001);
    ck_assert_uint_eq(fills[0].venue_order, order_texts_number("O26VBY-ISGAE-JP5TLU"));
    ck_assert_int_eq(fills[0].px, 295005 + 0);
    ck_assert_int_eq(fills[0].qty, 50000000);
    ck_assert_int_eq(fills[0].fee_amt, 2360000000);
    ck_assert_int_eq(fills[0].fee_asset, 1);
    ck_assert(fills[0].is_buyer && fills[0].is_maker);
    ck_assert_int_eq(fills[0].t_venue, 1688585840892100000);
}
END_TEST

/* A page of 50 trades says that there may be more; what is before the last known one ends it. */
START_TEST(fills_come_by_pages)
{
    struct kraken *kraken = reader;
    static char page[32768];

    kraken->fills[0].from = 1001;
    n_fills = 0;
    for (int at = 0; at < 2; at++) {
        size_t n = (size_t)snprintf(page, sizeof(page), "{\"error\":[],\"result\":{\"trades\":{");

        for (int i = 0; i < (at == 0 ? 50 : 3); i++)
            n += (size_t)snprintf(
                page + n, sizeof(page) - n,
                "%s\"T%d-%d\":{\"ordertxid\":\"O1-%d\",\"pair\":\"%s\",\"time\":1688585840.8921,"
                "\"type\":\"sell\",\"price\":\"30000.1\",\"fee\":\"0.1\",\"vol\":\"0.1\","
                "\"trade_id\":%d,\"maker\":false}",
                i > 0 ? "," : "", at, i, i, at == 0 && i > 1 ? "SOLUSD" : "XXBTZUSD",
                1004 - i - 2 * at);
        n += (size_t)snprintf(page + n, sizeof(page) - n, "},\"count\":53}}");
        ck_assert_int_eq(
            venue_kraken_spot.read_fills(reader, page, n, &symbols.all[0], on_fill, NULL),
            at == 0 ? AGON_EAGAIN : 4);
        ck_assert_uint_eq(kraken->fills[0].offset, at == 0 ? 50 : 0);
    }
    // 1004, 1003; 1002, 1001 and one of before: the oldest first.
    ck_assert_int_eq(n_fills, 4);
    ck_assert_uint_eq(fills[0].fill, 1001);
    ck_assert_uint_eq(fills[3].fill, 1004);
}
END_TEST

START_TEST(balances_and_token)
{
    static const char balances[] =
        "{\"error\":[],\"result\":{\"ZUSD\":{\"balance\":\"25435.2145\",\"hold_trade\":\"8249."
        "7645\"},"
        "\"XXBT\":{\"balance\":\"1.2000000009\",\"hold_trade\":\"0.2000000000\"},"
        "\"SOL.S\":{\"balance\":\"1\",\"hold_trade\":\"0\"}}}";
    char token[128];

    ck_assert_int_eq(venue_kraken_spot.read_account(reader, balances, sizeof(balances) - 1, &out),
                     AGON_OK);
    ck_assert_uint_eq(out.n_balances, 2);
    ck_assert_int_eq(out.balances[0].free_amt, 1718545000000);
    ck_assert_int_eq(out.balances[0].held_amt, 824976450000);
    ck_assert_str_eq(out.balances[1].asset->name, "BTC");
    ck_assert_int_eq(out.balances[1].free_amt, 100000000);
    load("exec_client#9");
    ck_assert_int_eq(kraken_read_token(payload, n_payload, token), AGON_OK);
    ck_assert_str_eq(token, "TEST-TOKEN");
    load("exec_client#14"); // an error is no token
    ck_assert_int_lt(kraken_read_token(payload, n_payload, token), 0);
}
END_TEST

START_TEST(errors_are_judged)
{
    static const struct {
        const char *text;
        int status;
        enum answer answer;
        uint16_t reason;
    } cases[] = {
        {"", 200, ANSWER_GOOD, REASON_VENUE_REJECT},
        {"", 502, ANSWER_UNKNOWN, REASON_VENUE_REJECT},
        {"EService:Deadline elapsed", 200, ANSWER_UNKNOWN, REASON_VENUE_REJECT},
        {"EGeneral:Internal error", 200, ANSWER_UNKNOWN, REASON_VENUE_REJECT},
        {"EService:Unavailable", 200, ANSWER_LATER, REASON_VENUE_DOWN},
        {"EAPI:Rate limit exceeded", 200, ANSWER_RATE, REASON_VENUE_RATE},
        {"EOrder:Rate limit exceeded", 200, ANSWER_RATE, REASON_VENUE_RATE},
        {"EAPI:Invalid key", 200, ANSWER_AUTH, REASON_VENUE_AUTH},
        {"EAPI:Invalid signature", 200, ANSWER_AUTH, REASON_VENUE_AUTH},
        {"EAPI:Invalid nonce", 200, ANSWER_CLOCK, REASON_VENUE_CLOCK},
        {"EGeneral:Permission denied", 200, ANSWER_AUTH, REASON_VENUE_AUTH},
        {"EOrder:Insufficient funds", 200, ANSWER_REJECT, REASON_VENUE_FUNDS},
        {"EOrder:Post only order", 200, ANSWER_REJECT, REASON_VENUE_POST_ONLY},
        {"EOrder:Invalid price", 200, ANSWER_REJECT, REASON_VENUE_FILTER},
        {"EOrder:Unknown order", 200, ANSWER_NO_ORDER, REASON_VENUE_UNKNOWN_ORDER},
        {"EGeneral:Invalid arguments", 200, ANSWER_REJECT, REASON_VENUE_REJECT},
        {"EService:Market in cancel_only mode", 200, ANSWER_REJECT, REASON_VENUE_DOWN},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        enum answer answer = kraken_judge_text(cases[i].status, cases[i].text);

        ck_assert_msg(answer == cases[i].answer, "%s", cases[i].text);
        if (answer != ANSWER_GOOD && answer != ANSWER_UNKNOWN)
            ck_assert_uint_eq(kraken_refusal(answer, 0, cases[i].text), cases[i].reason);
    }
}
END_TEST

START_TEST(a_request_is_signed_over_its_form)
{
    struct kraken *kraken = reader;
    struct secret secret = {0};
    struct gateway_http http = {0};
    struct form form;
    struct outbox_entry entry = {.type = AGON_LIMIT,
                                 .side = AGON_BUY,
                                 .tif = AGON_TIF_GTC,
                                 .flags = AGON_POST_ONLY,
                                 .next_qty = 1000000,
                                 .next_px = 300000};
    struct kraken_asked asked = {.symbol = &symbols.all[0], .entry = &entry, .client_id = "a1"};
    char signature[KRAKEN_SIGNATURE_TEXT];

    kraken->vault = secret_new(sizeof(*kraken->vault));
    ck_assert_ptr_nonnull(kraken->vault);
    snprintf(kraken->vault->key, sizeof(kraken->vault->key), "key");
    ck_assert_int_eq(secret_set(&secret, "YWdvbi10ZXN0", 12), AGON_OK);
    ck_assert_int_eq(kraken_signer_init(&kraken->vault->signer, &secret, NULL), AGON_OK);
    form_init(&form, http.body, sizeof(http.body));
    kraken_form_add(&form, REQ_NEW, &asked);
    ck_assert_int_eq(
        kraken_sign_request(kraken, 1700000000000000000, "/0/private/AddOrder", &form, &http),
        AGON_OK);
    ck_assert_str_eq(http.method, "POST");
    ck_assert_str_eq(http.target, "/0/private/AddOrder");
    ck_assert_str_eq(http.body,
                     "pair=XBTUSD&type=buy&ordertype=limit&volume=0.01&price=30000&timeinforce=GTC"
                     "&oflags=fciq%2Cpost&cl_ord_id=a1&nonce=1700000000000000");
    kraken_sign(&kraken->vault->signer, "/0/private/AddOrder", "1700000000000000", http.body,
                http.body_n, signature);
    ck_assert_str_eq(http.headers[1].value, signature);
    // Of a stop the trigger is the first price.
    entry.type = AGON_STOP_LIMIT;
    entry.flags = 0;
    entry.trigger_px = 290000;
    form_init(&form, http.body, sizeof(http.body));
    kraken_form_add(&form, REQ_NEW, &asked);
    ck_assert_str_eq(http.body, "pair=XBTUSD&type=buy&ordertype=stop-loss-limit&volume=0.01&price="
                                "29000&price2=30000&timeinforce=GTC&oflags=fciq&cl_ord_id=a1");
    entry.type = AGON_STOP;
    form_init(&form, http.body, sizeof(http.body));
    kraken_form_add(&form, REQ_NEW, &asked);
    ck_assert_str_eq(http.body, "pair=XBTUSD&type=buy&ordertype=stop-loss&volume=0.01&price=29000&"
                                "oflags=fciq&cl_ord_id=a1");
    // Rising, whatever the clock does.
    ck_assert_uint_eq(kraken_nonce(kraken, 1700000000000000000), 1700000000000001);
    ck_assert_uint_eq(kraken_nonce(kraken, 1600000000000000000), 1700000000000002);
    ck_assert_uint_eq(kraken_nonce(kraken, 1700000001000000000), 1700000001000000);
    secret_wipe(&secret);
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
    tcase_add_test(tcase, orders_of_the_account);
    tcase_add_test(tcase, fills_of_the_account);
    tcase_add_test(tcase, fills_come_by_pages);
    tcase_add_test(tcase, balances_and_token);
    tcase_add_test(tcase, errors_are_judged);
    tcase_add_test(tcase, a_request_is_signed_over_its_form);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
