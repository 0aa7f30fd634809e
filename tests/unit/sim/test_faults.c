// SPDX-License-Identifier: Apache-2.0
/* What a venue that was told to do wrong does, and that it does just that. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "suite.h"
#include "world.h"

#define S 1000000000ll

static struct world w;

static const struct {
    const char *venue, *order, *listen;
} markets[] = {{"binance", "/api/v3/order", "/api/v3/userDataStream"},
               {"binance_um", "/fapi/v1/order", "/fapi/v1/listenKey"}};

static const char buy[] =
    "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.01&price=29990";

static void open_with(int market, const char *text)
{
    world_open_faults(&w, markets[market].venue, text);
}

static int place(int market, const char *client)
{
    char params[256];

    snprintf(params, sizeof(params), "%s&newClientOrderId=%s", buy, client);
    return world_signed(&w, "POST", markets[market].order, params);
}

static int query(int market, const char *client)
{
    char params[128];

    snprintf(params, sizeof(params), "symbol=BTCUSDT&origClientOrderId=%s", client);
    return world_signed(&w, "GET", markets[market].order, params);
}

START_TEST(a_lost_reply_leaves_the_order_and_a_lost_request_none)
{
    open_with(_i, "faults:\n"
                  "  - {on: request, method: POST, nth: 2, do: timeout, effect: true}\n"
                  "  - {on: request, method: POST, nth: 3, do: timeout}\n");
    ck_assert_int_eq(place(_i, "one"), 200);
    ck_assert_int_eq(place(_i, "two"), SIM_NO_REPLY);
    ck_assert_int_eq(place(_i, "three"), SIM_NO_REPLY);
    ck_assert_int_eq(place(_i, "four"), 200);
    ck_assert_int_eq(query(_i, "two"), 200);
    ck_assert_int_eq(query(_i, "three"), 400);
    ck_assert_int_eq(world_code(&w), -2013);
    ck_assert_ptr_nonnull(strstr(w.log, "\"kind\":\"fault\""));
    world_close(&w);
}
END_TEST

START_TEST(an_error_is_told_with_and_without_effect)
{
    open_with(_i, "faults:\n"
                  "  - {on: request, method: POST, nth: 1, do: error, effect: true}\n"
                  "  - {on: request, method: POST, nth: 2, do: error, status: 502, code: -1000, "
                  "msg: gone}\n");
    ck_assert_int_eq(place(_i, "one"), 503);
    ck_assert_int_eq(world_code(&w), -1007);
    ck_assert_int_eq(place(_i, "two"), 502);
    ck_assert_int_eq(world_code(&w), -1000);
    ck_assert_str_eq(world_msg(&w), "gone");
    ck_assert_int_eq(query(_i, "one"), 200);
    ck_assert_int_eq(query(_i, "two"), 400);
    world_close(&w);
}
END_TEST

static void listen(int market, uint64_t conn)
{
    char path[160];

    ck_assert_int_eq(world_raw(&w, "POST", markets[market].listen, "", NULL, w.key), 200);
    snprintf(path, sizeof(path), "/ws/%s", world_str(&w, "listenKey"));
    ck_assert_int_eq(world_ws(&w, conn, path), 101);
    world_clear(&w);
}

START_TEST(user_events_are_lost_doubled_and_late)
{
    const char *event = _i == 0 ? "executionReport" : "ORDER_TRADE_UPDATE";
    char text[512];

    snprintf(text, sizeof(text),
             "faults:\n"
             "  - {on: user, event: %s, nth: 1, do: drop}\n"
             "  - {on: user, event: %s, nth: 2, do: duplicate}\n"
             "  - {on: user, event: %s, nth: 3, do: delay, delay: 2s}\n",
             event, event, event);
    open_with(_i, text);
    listen(_i, 1);
    place(_i, "one");
    ck_assert_uint_eq(world_events(&w, 1, event), 0);
    place(_i, "two");
    ck_assert_uint_eq(world_events(&w, 1, event), 2);
    place(_i, "three");
    ck_assert_uint_eq(world_events(&w, 1, event), 2);
    world_pass(&w, S);
    ck_assert_uint_eq(world_events(&w, 1, event), 2);
    world_pass(&w, S);
    ck_assert_uint_eq(world_events(&w, 1, event), 3);
    world_close(&w);
}
END_TEST

static void change_book(int i)
{
    struct agon_level level = {.px = 2999980000000, .qty = (i + 1) * 100000000ll};

    world_book(&w, "BTCUSDT", 0, &level, 1, NULL, 0);
    world_pass(&w, S / 10);
}

START_TEST(a_diff_is_lost_and_the_chain_has_a_gap)
{
    json_t *first, *second;

    open_with(_i, "faults:\n  - {on: stream, stream: \"btcusdt@depth*\", nth: 2, do: drop}\n");
    ck_assert_int_eq(world_ws(&w, 1, "/ws/btcusdt@depth@100ms"), 101);
    for (int i = 0; i < 3; i++)
        change_book(i);
    ck_assert_uint_eq(world_events(&w, 1, "depthUpdate"), 2);
    first = world_event(&w, 1, "depthUpdate", 0);
    second = world_event(&w, 1, "depthUpdate", 1);
    ck_assert_int_gt(json_integer_value(json_object_get(second, "U")),
                     json_integer_value(json_object_get(first, "u")) + 1);
    world_close(&w);
}
END_TEST

START_TEST(frames_come_in_the_wrong_order)
{
    open_with(_i, "faults:\n  - {on: stream, stream: \"btcusdt@depth*\", nth: 1, do: swap}\n");
    ck_assert_int_eq(world_ws(&w, 1, "/ws/btcusdt@depth@100ms"), 101);
    for (int i = 0; i < 2; i++)
        change_book(i);
    ck_assert_uint_eq(world_events(&w, 1, "depthUpdate"), 2);
    ck_assert_int_gt(
        json_integer_value(json_object_get(world_event(&w, 1, "depthUpdate", 0), "u")),
        json_integer_value(json_object_get(world_event(&w, 1, "depthUpdate", 1), "u")));
    world_close(&w);
}
END_TEST

START_TEST(connections_are_refused_reset_and_stalled)
{
    open_with(_i, "faults:\n"
                  "  - {on: socket, nth: 1, do: refuse, status: 502}\n"
                  "  - {on: stream, stream: \"btcusdt@depth*\", nth: 1, do: reset}\n"
                  "  - {on: stream, stream: \"btcusdt@trade\", nth: 1, do: stall}\n");
    ck_assert_int_eq(world_ws(&w, 1, "/ws/btcusdt@trade"), 502);
    ck_assert_int_eq(world_ws(&w, 2, "/ws/btcusdt@depth@100ms"), 101);
    ck_assert_int_eq(world_ws(&w, 3, "/ws/btcusdt@trade"), 101);
    change_book(1);
    world_pass(&w, 0);
    ck_assert_int_eq(world_last(&w, 2)->kind, SIM_RESET);
    world_trade(&w, "BTCUSDT", "30000", "0.01", AGON_SELL);
    world_pass(&w, 0);
    ck_assert_int_eq(world_last(&w, 3)->kind, SIM_STALL);
    world_close(&w);
}
END_TEST

START_TEST(maintenance_halved_limits_and_a_wrong_clock_come_and_go)
{
    const char *time = _i == 0 ? "/api/v3/time" : "/fapi/v1/time";
    const char *info = _i == 0 ? "/api/v3/exchangeInfo" : "/fapi/v1/exchangeInfo";
    json_t *limit;

    open_with(_i, "faults:\n"
                  "  - {on: time, after: 10s, do: maintenance, for: 5s}\n"
                  "  - {on: time, after: 20s, do: halve, for: 5s}\n"
                  "  - {on: time, after: 30s, do: skew, skew_ms: 1500, for: 5s}\n");
    world_pass(&w, 0);
    ck_assert_int_eq(world_ws(&w, 1, "/ws/btcusdt@trade"), 101);
    world_pass(&w, 10 * S);
    ck_assert_int_eq(world_last(&w, 1)->kind, SIM_CLOSE);
    ck_assert_int_eq(world_get(&w, time), 503);
    ck_assert_int_eq(world_code(&w), -1016);
    ck_assert_int_eq(world_ws(&w, 2, "/ws/btcusdt@trade"), 503);
    world_pass(&w, 5 * S);
    ck_assert_int_eq(world_get(&w, time), 200);
    world_pass(&w, 5 * S);
    ck_assert_int_eq(world_get(&w, info), 200);
    limit = json_array_get(json_object_get(w.json, "rateLimits"), 0);
    ck_assert_int_eq(json_integer_value(json_object_get(limit, "limit")), _i == 0 ? 3000 : 1200);
    world_pass(&w, 10 * S);
    ck_assert_int_eq(world_get(&w, time), 200);
    ck_assert_int_eq(world_int(&w, "serverTime"), w.now.transport / 1000000 + 1500);
    // A window of a second holds no clock that is a second and a half away.
    ck_assert_int_eq(world_signed(&w, "GET", markets[_i].order,
                                  "symbol=BTCUSDT&orderId=1"
                                  "&recvWindow=1000"),
                     400);
    ck_assert_int_eq(world_code(&w), -1021);
    world_pass(&w, 5 * S);
    ck_assert_int_eq(world_get(&w, time), 200);
    ck_assert_int_eq(world_int(&w, "serverTime"), w.now.transport / 1000000);
    world_close(&w);
}
END_TEST

START_TEST(chances_are_the_seeds)
{
    char first[64], second[64];

    for (int k = 0; k < 2; k++) {
        char *out = k == 0 ? first : second;

        open_with(_i, "seed: 5\nfaults:\n"
                      "  - {on: request, path: \"/*\", chance: 50%, do: error}\n");
        for (int i = 0; i < 40; i++)
            out[i] = world_get(&w, _i == 0 ? "/api/v3/time" : "/fapi/v1/time") == 503 ? 'x' : '.';
        out[40] = '\0';
        world_close(&w);
    }
    ck_assert_str_eq(first, second);
    ck_assert_ptr_nonnull(strchr(first, 'x'));
    ck_assert_ptr_nonnull(strchr(first, '.'));
}
END_TEST

START_TEST(a_held_request_is_taken_later_and_its_client_is_cut_off)
{
    open_with(_i,
              "faults:\n"
              "  - {on: request, method: POST, nth: 1, do: hold, delay: 4500ms, answer: cut}\n"
              "  - {on: request, method: POST, nth: 2, do: hold, delay: 4500ms, answer: lost}\n"
              "  - {on: request, method: POST, nth: 3, do: hold, delay: 4500ms}\n"
              "  - {on: request, method: POST, nth: 4, do: hold, delay: 4500ms, answer: error}\n");
    ck_assert_int_eq(place(_i, "one"), SIM_RESET_REPLY);
    ck_assert_int_eq(place(_i, "two"), SIM_NO_REPLY);
    ck_assert_int_eq(place(_i, "three"), SIM_NO_REPLY);
    ck_assert_int_eq(place(_i, "four"), 503);
    ck_assert_int_eq(world_code(&w), -1007);
    world_pass(&w, 4400 * S / 1000);
    ck_assert_int_eq(query(_i, "one"), 400);
    ck_assert_int_eq(world_code(&w), -2013);
    world_pass(&w, S / 10);
    ck_assert_int_eq(query(_i, "one"), 200);
    ck_assert_int_eq(query(_i, "two"), 200);
    ck_assert_int_eq(query(_i, "three"), 200);
    ck_assert_int_eq(query(_i, "four"), 200);
    ck_assert_uint_eq(w.n_late_replies, 1);
    ck_assert_int_eq(w.late_status, 200);
    ck_assert_str_eq(json_string_value(json_object_get(w.late_json, "clientOrderId")), "three");
    world_close(&w);
}
END_TEST

START_TEST(a_request_held_beyond_its_window_is_refused_by_its_time_stamp)
{
    open_with(_i, "faults:\n  - {on: request, method: POST, nth: 1, do: hold, delay: 5100ms}\n");
    ck_assert_int_eq(place(_i, "one"), SIM_NO_REPLY);
    world_pass(&w, 5 * S);
    ck_assert_uint_eq(w.n_late_replies, 0);
    world_pass(&w, S / 10);
    ck_assert_uint_eq(w.n_late_replies, 1);
    ck_assert_int_eq(w.late_status, 400);
    ck_assert_int_eq(json_integer_value(json_object_get(w.late_json, "code")), -1021);
    ck_assert_int_eq(query(_i, "one"), 400);
    world_close(&w);
}
END_TEST

START_TEST(a_request_taken_twice_is_refused_the_second_time)
{
    const char *open = _i == 0 ? "/api/v3/openOrders" : "/fapi/v1/openOrders";

    open_with(_i, "faults:\n  - {on: request, method: POST, nth: 1, do: duplicate}\n");
    ck_assert_int_eq(place(_i, "one"), 400);
    ck_assert_int_eq(world_code(&w), _i == 0 ? -2010 : -4116);
    ck_assert_int_eq(world_signed(&w, "GET", open, ""), 200);
    ck_assert_uint_eq(json_array_size(w.json), 1);
    world_close(&w);
}
END_TEST

static const char lagging[] = "faults:\n  - {on: request, method: GET, do: lag, delay: 2s}\n";

static size_t n_listed(int market, const char *what)
{
    char path[64];

    snprintf(path, sizeof(path), "%s%s", market == 0 ? "/api/v3/" : "/fapi/v1/", what);
    ck_assert_int_eq(world_signed(&w, "GET", path, "symbol=BTCUSDT"), 200);
    return json_array_size(w.json);
}

START_TEST(queries_show_what_was_two_seconds_ago)
{
    char params[128];

    open_with(_i, lagging);
    world_pass(&w, 5 * S);
    ck_assert_int_eq(place(_i, "one"), 200);
    world_pass(&w, 1999 * S / 1000);
    ck_assert_int_eq(query(_i, "one"), 400);
    ck_assert_int_eq(world_code(&w), -2013);
    ck_assert_uint_eq(n_listed(_i, "openOrders"), 0);
    ck_assert_uint_eq(n_listed(_i, "allOrders"), 0);
    world_pass(&w, S / 1000);
    ck_assert_int_eq(query(_i, "one"), 200);
    ck_assert_str_eq(world_str(&w, "status"), "NEW");
    ck_assert_uint_eq(n_listed(_i, "openOrders"), 1);
    ck_assert_uint_eq(n_listed(_i, "allOrders"), 1);

    snprintf(params, sizeof(params), "symbol=BTCUSDT&origClientOrderId=one");
    ck_assert_int_eq(world_signed(&w, "DELETE", markets[_i].order, params), 200);
    world_pass(&w, 1999 * S / 1000);
    ck_assert_int_eq(query(_i, "one"), 200);
    ck_assert_str_eq(world_str(&w, "status"), "NEW");
    ck_assert_uint_eq(n_listed(_i, "openOrders"), 1);
    world_pass(&w, S / 1000);
    ck_assert_int_eq(query(_i, "one"), 200);
    ck_assert_str_eq(world_str(&w, "status"), "CANCELED");
    ck_assert_uint_eq(n_listed(_i, "openOrders"), 0);
    world_close(&w);
}
END_TEST

static json_t *row_of(json_t *rows, const char *key, const char *value)
{
    size_t i;
    json_t *row;

    json_array_foreach(rows, i, row)
    {
        if (strcmp(json_string_value(json_object_get(row, key)), value) == 0)
            return row;
    }
    return NULL;
}

static double held_btc(int market)
{
    json_t *row;

    if (market == 0) {
        ck_assert_int_eq(world_signed(&w, "GET", "/api/v3/account", ""), 200);
        row = row_of(json_object_get(w.json, "balances"), "asset", "BTC");
        return atof(json_string_value(json_object_get(row, "free"))) - 10;
    }
    ck_assert_int_eq(world_signed(&w, "GET", "/fapi/v2/positionRisk", "symbol=BTCUSDT"), 200);
    row = row_of(w.json, "symbol", "BTCUSDT");
    return atof(json_string_value(json_object_get(row, "positionAmt")));
}

START_TEST(fills_and_money_show_what_was_two_seconds_ago)
{
    const char *trades = _i == 0 ? "myTrades" : "userTrades";

    open_with(_i, lagging);
    world_pass(&w, 5 * S);
    ck_assert_int_eq(world_signed(&w, "POST", markets[_i].order,
                                  "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.5"
                                  "&newClientOrderId=one"),
                     200);
    world_pass(&w, 1999 * S / 1000);
    ck_assert_uint_eq(n_listed(_i, trades), 0);
    ck_assert_double_eq(held_btc(_i), 0);
    world_pass(&w, S / 1000);
    ck_assert_uint_eq(n_listed(_i, trades), 1);
    ck_assert_double_gt(held_btc(_i), 0.49);
    world_close(&w);
}
END_TEST

START_TEST(user_events_come_late_by_a_range)
{
    const char *event = _i == 0 ? "executionReport" : "ORDER_TRADE_UPDATE";
    uint32_t n_at[3] = {0};
    char text[256], client[16];

    snprintf(text, sizeof(text),
             "faults:\n  - {on: user, event: %s, do: delay, delay: 7s, delay_max: 9s}\n", event);
    open_with(_i, text);
    listen(_i, 1);
    for (int i = 0; i < 40; i++) {
        snprintf(client, sizeof(client), "o%d", i);
        ck_assert_int_eq(place(_i, client), 200);
    }
    world_pass(&w, 6999 * S / 1000);
    n_at[0] = world_events(&w, 1, event);
    world_pass(&w, S);
    n_at[1] = world_events(&w, 1, event);
    world_pass(&w, 1001 * S / 1000);
    n_at[2] = world_events(&w, 1, event);
    ck_assert_uint_eq(n_at[0], 0);
    ck_assert(n_at[1] > 8 && n_at[1] < 32);
    ck_assert_uint_eq(n_at[2], 40);
    world_close(&w);
}
END_TEST

static const char *const wrong[] = {
    "faults: []\n",
    "faults:\n  - {on: request, do: drop}\n",
    "faults:\n  - {on: stream, do: delay}\n",
    "faults:\n  - {on: time, do: halve}\n",
    "faults:\n  - {on: moon, do: drop}\n",
    "faults:\n  - {on: user, do: drop, chanse: 3%}\n",
    "faults:\n  - {do: drop}\n",
    "faults:\n  - {on: request, do: hold}\n",
    "faults:\n  - {on: request, do: lag, delay: 61s}\n",
    "faults:\n  - {on: request, do: lag, delay: 3s, delay_max: 2s}\n",
    "faults:\n  - {on: request, do: timeout, answer: cut}\n",
    "faults:\n  - {on: user, do: hold, delay: 3s}\n",
};

START_TEST(a_rule_that_cannot_be_is_refused)
{
    static struct faults faults;
    struct error err = {0};

    ck_assert_int_eq(faults_parse(&faults, "f.yaml", wrong[_i], strlen(wrong[_i]), &err),
                     AGON_EINVAL);
    ck_assert(strncmp(err.text, "f.yaml:", 7) == 0);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("faults");

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, a_lost_reply_leaves_the_order_and_a_lost_request_none, 0, 2);
    tcase_add_loop_test(tcase, an_error_is_told_with_and_without_effect, 0, 2);
    tcase_add_loop_test(tcase, user_events_are_lost_doubled_and_late, 0, 2);
    tcase_add_loop_test(tcase, a_diff_is_lost_and_the_chain_has_a_gap, 0, 2);
    tcase_add_loop_test(tcase, frames_come_in_the_wrong_order, 0, 2);
    tcase_add_loop_test(tcase, connections_are_refused_reset_and_stalled, 0, 2);
    tcase_add_loop_test(tcase, maintenance_halved_limits_and_a_wrong_clock_come_and_go, 0, 2);
    tcase_add_loop_test(tcase, a_held_request_is_taken_later_and_its_client_is_cut_off, 0, 2);
    tcase_add_loop_test(tcase, a_request_held_beyond_its_window_is_refused_by_its_time_stamp, 0, 2);
    tcase_add_loop_test(tcase, a_request_taken_twice_is_refused_the_second_time, 0, 2);
    tcase_add_loop_test(tcase, queries_show_what_was_two_seconds_ago, 0, 2);
    tcase_add_loop_test(tcase, fills_and_money_show_what_was_two_seconds_ago, 0, 2);
    tcase_add_loop_test(tcase, user_events_come_late_by_a_range, 0, 2);
    tcase_add_loop_test(tcase, chances_are_the_seeds, 0, 2);
    tcase_add_loop_test(tcase, a_rule_that_cannot_be_is_refused, 0,
                        sizeof(wrong) / sizeof(wrong[0]));
    return suite_run("sim_faults", tcase);
}
