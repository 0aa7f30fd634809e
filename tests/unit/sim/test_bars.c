// SPDX-License-Identifier: Apache-2.0
/* bars: a market of which nothing is known but bars. What its clients hear, when what they ask for
 * acts, and what they are told of it. */
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "sim/stage.h"
#include "suite.h"
#include "world.h"

#define MS    1000000ll
#define S     1000000000ll
#define FIRST 1723161600000000000ll /* when the first bar opens */
#define USER  9

static struct world w;

/* Four minutes and a hole of one before the last. Bars go up, down, and nowhere. */
static const char table[] = "open_time_ms,open,high,low,close,volume\n"
                            "1723161600000,100,120,90,110,50\n"
                            "1723161660000,111,115,80,85,40\n"
                            "1723161720000,85,85,85,85,0\n"
                            "1723161840000,90,200,50,95,30\n";

static void open_bars(uint8_t path)
{
    struct match_bars bars;

    match_bars_defaults(&bars);
    bars.path = path;
    world_open_table(&w, table, &bars);
    ck_assert_int_eq(w.now.market, FIRST);
}

static void setup(void)
{
    open_bars(MATCH_PATH_PESSIMISTIC);
}

static void teardown(void)
{
    world_close(&w);
}

// Up to so long after the first open, in steps of the market.
static void pass_to(agon_ns_t after)
{
    while (w.now.market < FIRST + after) {
        agon_ns_t left = FIRST + after - w.now.market;

        world_pass(&w, left < 100 * MS ? left : 100 * MS);
    }
}

static const char *str(json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));

    ck_assert_msg(text != NULL, "no %s", key);
    return text;
}

static void listen_to_user(void)
{
    ck_assert_int_eq(world_ws(&w, USER, "/ws-api/v3"), 101);
    ck_assert_int_eq(world_api(&w, USER, "userDataStream.subscribe.signature", "{}", 1), 200);
    world_clear(&w);
}

static json_t *report(uint32_t i)
{
    return world_event(&w, USER, "executionReport", i);
}

static int64_t order(const char *rest)
{
    char params[256];

    snprintf(params, sizeof(params), "symbol=BTCUSDT&newOrderRespType=FULL&%s", rest);
    ck_assert_msg(world_signed(&w, "POST", "/api/v3/order", params) == 200, "%s", world_msg(&w));
    ck_assert_str_eq(world_str(&w, "status"), "NEW");
    return world_int(&w, "orderId");
}

START_TEST(nothing_is_heard_inside_a_bar)
{
    static const agon_ns_t opens[] = {60 * S, 120 * S, 240 * S};
    static const agon_ns_t closes[] = {60 * S, 120 * S, 180 * S, 300 * S};
    uint32_t n_quotes = 0, n_bars = 0;

    ck_assert_int_eq(world_ws(&w, 1,
                              "/ws/btcusdt@trade/btcusdt@aggTrade/btcusdt@bookTicker/"
                              "btcusdt@depth@100ms/btcusdt@kline_1m/btcusdt@depth5"),
                     101);
    pass_to(1 * S); // what stands is told to who comes
    while (w.now.market < FIRST + 320 * S) {
        world_clear(&w);
        world_pass(&w, 100 * MS);
        ck_assert_uint_eq(world_events(&w, 1, "trade"), 0);
        ck_assert_uint_eq(world_events(&w, 1, "aggTrade"), 0);
        for (uint32_t i = 0; i < w.n_frames; i++) {
            json_t *json = w.frames[i].json;
            json_t *kline = json_object_get(json, "k");

            if (kline != NULL) {
                ck_assert_int_eq(w.now.market, FIRST + closes[n_bars++]);
                ck_assert(json_is_true(json_object_get(kline, "x")));
            } else if (json_object_get(json, "B") != NULL) {
                // The bar that has ended comes before the next open.
                ck_assert_int_eq(w.now.market, FIRST + opens[n_quotes++]);
                ck_assert_uint_ge(n_bars, n_quotes);
            } else {
                // the book, no more often than its streams do
                ck_assert_uint_ge(n_quotes, 1);
                ck_assert_int_le(w.now.market, FIRST + opens[n_quotes - 1] + S);
            }
        }
    }
    ck_assert_uint_eq(n_quotes, 3);
    ck_assert_uint_eq(n_bars, 4);
}
END_TEST

START_TEST(a_quote_knows_the_open_and_the_bar_before)
{
    json_t *json, *kline;

    // The first has no bar before it: a lot.
    ck_assert_int_eq(world_get(&w, "/api/v3/depth?symbol=BTCUSDT&limit=5"), 200);
    ck_assert_uint_eq(json_array_size(json_object_get(w.json, "bids")), 1);
    ck_assert_int_eq(world_get(&w, "/api/v3/ticker/bookTicker?symbol=BTCUSDT"), 200);
    ck_assert_str_eq(world_str(&w, "bidPrice"), "99.99000000");
    ck_assert_str_eq(world_str(&w, "askPrice"), "100.01000000");
    ck_assert_str_eq(world_str(&w, "bidQty"), "0.00001000");
    ck_assert_int_eq(world_ws(&w, 1, "/ws/btcusdt@bookTicker/btcusdt@kline_1m"), 101);
    pass_to(60 * S);
    json = w.frames[w.n_frames - 1].json;
    ck_assert_str_eq(str(json, "b"), "110.99000000");
    ck_assert_str_eq(str(json, "A"), "5.00000000"); // a tenth of the 50 before
    kline = json_object_get(world_event(&w, 1, "kline", 0), "k");
    ck_assert_str_eq(str(kline, "o"), "100.00000000");
    ck_assert_str_eq(str(kline, "h"), "120.00000000");
    ck_assert_str_eq(str(kline, "l"), "90.00000000");
    ck_assert_str_eq(str(kline, "c"), "110.00000000");
    ck_assert_str_eq(str(kline, "v"), "50.00000000");
    // Of the minute that runs nobody is told more than its open.
    pass_to(100 * S);
    ck_assert_int_eq(world_get(&w, "/api/v3/klines?symbol=BTCUSDT&interval=1m&limit=2"), 200);
    json = json_array_get(w.json, 1);
    for (size_t i = 1; i < 5; i++)
        ck_assert_str_eq(json_string_value(json_array_get(json, i)), "111.00000000");
    ck_assert_str_eq(json_string_value(json_array_get(json, 5)), "0.00000000");
    ck_assert_int_eq(world_get(&w, "/api/v3/trades?symbol=BTCUSDT"), 200);
    ck_assert_uint_eq(json_array_size(w.json), 0);
}
END_TEST

START_TEST(an_order_inside_a_bar_acts_at_its_close)
{
    json_t *fill;

    listen_to_user();
    pass_to(20 * S);
    order("side=BUY&type=MARKET&quantity=1");
    ck_assert_str_eq(str(report(0), "x"), "NEW");
    pass_to(60 * S - 1);
    ck_assert_uint_eq(world_events(&w, USER, "executionReport"), 1);
    pass_to(60 * S);
    fill = report(1);
    ck_assert_str_eq(str(fill, "x"), "TRADE");
    ck_assert_str_eq(str(fill, "X"), "FILLED");
    ck_assert_str_eq(str(fill, "L"), "110.01000000"); // half the spread above the close
    ck_assert_int_eq(json_integer_value(json_object_get(fill, "T")), (FIRST + 60 * S) / MS);
}
END_TEST

START_TEST(a_resting_limit_meets_the_next_bar_and_is_told_at_its_close)
{
    json_t *fill;
    int64_t id;

    listen_to_user();
    pass_to(20 * S);
    id = order("side=BUY&type=LIMIT&timeInForce=GTC&quantity=9&price=88");
    pass_to(60 * S);
    ck_assert_uint_eq(world_events(&w, USER, "executionReport"), 1);
    // Its own bar went to 90; the next one goes to 80.
    pass_to(120 * S - 1);
    ck_assert_uint_eq(world_events(&w, USER, "executionReport"), 1);
    ck_assert_int_eq(world_signed(&w, "GET", "/api/v3/openOrders", "symbol=BTCUSDT"), 200);
    ck_assert_int_eq(json_integer_value(json_object_get(json_array_get(w.json, 0), "orderId")), id);
    pass_to(120 * S);
    fill = report(1);
    ck_assert_str_eq(str(fill, "x"), "TRADE");
    ck_assert_str_eq(str(fill, "L"), "88.00000000");
    ck_assert_str_eq(str(fill, "l"), "4.00000000"); // a tenth of its volume
    ck_assert(json_is_true(json_object_get(fill, "m")));
}
END_TEST

START_TEST(a_cancel_inside_a_bar_is_answered_at_its_close)
{
    char params[96];
    int64_t low, high;

    pass_to(20 * S);
    low = order("side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=70");
    high = order("side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=90");
    pass_to(119 * S + 500 * MS);
    snprintf(params, sizeof(params), "symbol=BTCUSDT&orderId=%lld", (long long)low);
    ck_assert_int_eq(world_signed(&w, "DELETE", "/api/v3/order", params), SIM_NO_REPLY);
    pass_to(119 * S + 900 * MS);
    // What is asked is answered: it stands as it stood.
    ck_assert_int_eq(world_signed(&w, "GET", "/api/v3/order", params), 200);
    ck_assert_str_eq(world_str(&w, "status"), "NEW");
    ck_assert_uint_eq(w.n_late_replies, 0);
    pass_to(120 * S);
    ck_assert_uint_eq(w.n_late_replies, 1);
    ck_assert_int_eq(w.late_status, 200);
    ck_assert_str_eq(str(w.late_json, "status"), "CANCELED");
    // The other one was filled in that bar, and nobody knew.
    pass_to(179 * S + 500 * MS);
    snprintf(params, sizeof(params), "symbol=BTCUSDT&orderId=%lld", (long long)high);
    ck_assert_int_eq(world_signed(&w, "GET", "/api/v3/order", params), 200);
    ck_assert_str_eq(world_str(&w, "status"), "FILLED");
    ck_assert_int_eq(world_signed(&w, "DELETE", "/api/v3/order", params), SIM_NO_REPLY);
    pass_to(180 * S);
    ck_assert_uint_eq(w.n_late_replies, 2);
    ck_assert_int_eq(json_integer_value(json_object_get(w.late_json, "code")), -2011);
}
END_TEST

START_TEST(an_answer_that_cannot_come_is_an_unknown_fate)
{
    char params[96];
    int64_t id;

    listen_to_user();
    pass_to(70 * S);
    id = order("side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=70");
    snprintf(params, sizeof(params), "symbol=BTCUSDT&orderId=%lld", (long long)id);
    pass_to(100 * S);
    ck_assert_int_eq(world_signed(&w, "DELETE", "/api/v3/order", params), SIM_NO_REPLY);
    pass_to(100 * S + 900 * MS - 1);
    ck_assert_uint_eq(w.n_late_replies, 0);
    pass_to(100 * S + 900 * MS);
    ck_assert_uint_eq(w.n_late_replies, 1);
    ck_assert_int_eq(w.late_status, 503);
    ck_assert_int_eq(json_integer_value(json_object_get(w.late_json, "code")), -1007);
    // It was taken all the same.
    pass_to(120 * S);
    ck_assert_uint_eq(w.n_late_replies, 1);
    ck_assert_str_eq(str(report(1), "x"), "CANCELED");
}
END_TEST

START_TEST(a_request_socket_waits_as_well)
{
    const struct world_frame *last;
    char params[256];
    int64_t id;

    pass_to(70 * S);
    id = order("side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=70");
    ck_assert_int_eq(world_ws(&w, USER, "/ws-api/v3"), 101);
    ck_assert_int_eq(world_api(&w, USER, "ping", "{}", 0), 200);
    pass_to(119 * S + 500 * MS);
    snprintf(params, sizeof(params),
             "{\"symbol\": \"BTCUSDT\", \"cancelOrderId\": %lld, \"cancelReplaceMode\": "
             "\"STOP_ON_FAILURE\", \"side\": \"BUY\", \"type\": \"LIMIT\", \"timeInForce\": "
             "\"GTC\", \"quantity\": \"2\", \"price\": \"71\"}",
             (long long)id);
    world_api(&w, USER, "order.cancelReplace", params, 1);
    world_clear(&w);
    pass_to(120 * S - 1);
    ck_assert_ptr_null(world_last(&w, USER));
    pass_to(120 * S);
    last = world_last(&w, USER);
    ck_assert_ptr_nonnull(last);
    ck_assert_int_eq(json_integer_value(json_object_get(last->json, "status")), 200);
    ck_assert_str_eq(str(json_object_get(last->json, "result"), "cancelResult"), "SUCCESS");
    ck_assert_str_eq(str(json_object_get(last->json, "result"), "newOrderResult"), "SUCCESS");
}
END_TEST

START_TEST(in_a_hole_the_next_open_counts)
{
    listen_to_user();
    pass_to(200 * S);
    order("side=BUY&type=MARKET&quantity=1");
    pass_to(240 * S - 1);
    ck_assert_uint_eq(world_events(&w, USER, "executionReport"), 1);
    pass_to(240 * S);
    ck_assert_str_eq(str(report(1), "L"), "90.01000000");
    // After the last bar nothing will ever come: what is asked acts.
    pass_to(310 * S);
    ck_assert_int_eq(
        world_signed(&w, "POST", "/api/v3/order",
                     "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=70"),
        200);
    ck_assert_int_eq(world_signed(&w, "DELETE", "/api/v3/openOrders", "symbol=BTCUSDT"), 200);
}
END_TEST

START_TEST(what_bars_did_is_told_before_any_of_them)
{
    listen_to_user();
    ck_assert_int_eq(world_ws(&w, 1, "/ws/btcusdt@kline_1m/ethusdt@kline_1m/ethusdt@bookTicker"),
                     101);
    pass_to(20 * S);
    ck_assert_int_eq(
        world_signed(&w, "POST", "/api/v3/order", "symbol=ETHUSDT&side=BUY&type=MARKET&quantity=1"),
        200);
    pass_to(60 * S - 1);
    world_clear(&w);
    pass_to(60 * S);
    ck_assert_uint_eq(world_events(&w, 1, "kline"), 2);
    ck_assert_uint_eq(w.frames[0].conn, USER);
    for (uint32_t i = 1, is_market = 0; i < w.n_frames; i++) {
        is_market |= w.frames[i].conn == 1;
        ck_assert(!is_market || w.frames[i].conn == 1);
    }
    ck_assert_ptr_nonnull(json_object_get(world_last(&w, 1)->json, "B"));
}
END_TEST

/* The last bar goes to 200 and to 50, and closes at 95: a buy stop at 150 and a sell limit at 140
 * of what it has. Up first, the sell is the better; the stop then costs. */
START_TEST(the_path_decides_what_each_account_gets)
{
    static const struct {
        uint8_t path;
        const char *stop_px;
    } cases[] = {{MATCH_PATH_OHLC, "150.02000000"}, {MATCH_PATH_OLHC, "150.02000000"}};

    world_close(&w);
    for (size_t i = 0; i < 2; i++) {
        open_bars(cases[i].path);
        listen_to_user();
        pass_to(130 * S);
        order("side=BUY&type=STOP_LOSS&stopPrice=150&quantity=1");
        order("side=SELL&type=STOP_LOSS&stopPrice=60&quantity=1");
        pass_to(299 * S);
        ck_assert_uint_eq(world_events(&w, USER, "executionReport"), 2);
        pass_to(300 * S);
        ck_assert_uint_eq(world_events(&w, USER, "executionReport"), 6);
        ck_assert_str_eq(str(report(3), "S"), i == 0 ? "BUY" : "SELL");
        ck_assert_str_eq(str(report(5), "S"), i == 0 ? "SELL" : "BUY");
        ck_assert_str_eq(str(report(i == 0 ? 3 : 5), "L"), cases[i].stop_px);
        if (i == 0)
            world_close(&w);
    }
}
END_TEST

START_TEST(what_cannot_be_silent_is_refused)
{
    static const char five[] = "open_time_ms,open,high,low,close,volume\n"
                               "1723161605000,100,120,90,110,50\n"
                               "1723161610000,111,115,80,85,40\n";
    struct match_bars bars;
    struct stage_file file = {.name = "BTCUSDT.csv", .bytes = five, .n = sizeof(five) - 1};
    struct stage stage = {
        .dialect = sim_dialect_find("binance"), .files = &file, .n_files = 1, .bars = &bars};
    struct error err = {0};
    struct pit *pit;
    agon_ns_t t;

    match_bars_defaults(&bars);
    ck_assert_int_eq(stage_build(&pit, &t, &stage, &err), AGON_EINVAL);
    ck_assert_ptr_nonnull(strstr(err.text, "no bars of 5 s"));
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("bars");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, nothing_is_heard_inside_a_bar);
    tcase_add_test(tcase, a_quote_knows_the_open_and_the_bar_before);
    tcase_add_test(tcase, an_order_inside_a_bar_acts_at_its_close);
    tcase_add_test(tcase, a_resting_limit_meets_the_next_bar_and_is_told_at_its_close);
    tcase_add_test(tcase, a_cancel_inside_a_bar_is_answered_at_its_close);
    tcase_add_test(tcase, an_answer_that_cannot_come_is_an_unknown_fate);
    tcase_add_test(tcase, a_request_socket_waits_as_well);
    tcase_add_test(tcase, in_a_hole_the_next_open_counts);
    tcase_add_test(tcase, what_bars_did_is_told_before_any_of_them);
    tcase_add_test(tcase, the_path_decides_what_each_account_gets);
    tcase_add_test(tcase, what_cannot_be_silent_is_refused);
    return suite_run("bars", tcase);
}
