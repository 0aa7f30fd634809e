// SPDX-License-Identifier: Apache-2.0
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "suite.h"
#include "world.h"

#define S 1000000000ll

static struct world w;

static void setup(void)
{
    world_open(&w, NULL);
}

static void teardown(void)
{
    world_close(&w);
}

static const char *str(json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));

    ck_assert_msg(text != NULL, "no %s", key);
    return text;
}

static json_t *answer(const char *key)
{
    // The answer is the last frame that has a status.
    for (uint32_t i = w.n_frames; i-- > 0;)
        if (json_object_get(w.frames[i].json, "status"))
            return json_object_get(w.frames[i].json, key);
    ck_abort_msg("no answer");
}

static int api(const char *method, const char *params)
{
    world_api(&w, 1, method, params, 1);
    return (int)json_integer_value(answer("status"));
}

START_TEST(user_events_bear_microseconds_where_they_were_asked_for)
{
    static const char *const keys[] = {"E", "T", "O", "W"};
    json_t *event;

    ck_assert_int_eq(world_ws(&w, 1, "/ws-api/v3?timeUnit=MICROSECOND"), 101);
    ck_assert_int_eq(world_ws(&w, 2, "/ws-api/v3"), 101);
    ck_assert_int_eq(world_api(&w, 2, "userDataStream.subscribe.signature", "{}", 1), 200);
    ck_assert_int_eq(api("userDataStream.subscribe.signature", "{}"), 200);
    w.now.market += 123456; // ns
    ck_assert_int_eq(api("order.place",
                         "{\"symbol\":\"BTCUSDT\",\"side\":\"BUY\",\"type\":\"LIMIT\","
                         "\"timeInForce\":\"GTC\",\"quantity\":\"1.2\",\"price\":\"30000.01\"}"),
                     200);
    ck_assert_int_eq(json_integer_value(json_object_get(answer("result"), "transactTime")),
                     (WORLD_T0 + 123456) / 1000);
    for (uint64_t conn = 1; conn <= 2; conn++) {
        agon_ns_t unit_ns = conn == 1 ? 1000 : 1000000;

        event = world_event(&w, conn, "executionReport", 0);
        for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
            ck_assert_int_eq(json_integer_value(json_object_get(event, keys[i])),
                             (WORLD_T0 + 123456) / unit_ns);
        event = world_event(&w, conn, "outboundAccountPosition", 0);
        ck_assert_int_eq(json_integer_value(json_object_get(event, "u")),
                         (WORLD_T0 + 123456) / unit_ns);
    }
    // One event for both: the executions' numbers are the same.
    ck_assert_int_eq(
        json_integer_value(json_object_get(world_event(&w, 1, "executionReport", 1), "I")),
        json_integer_value(json_object_get(world_event(&w, 2, "executionReport", 1), "I")));
}
END_TEST

START_TEST(an_order_is_reported_step_by_step)
{
    json_t *event;

    ck_assert_int_eq(world_ws(&w, 1, "/ws-api/v3"), 101);
    ck_assert_int_eq(api("userDataStream.subscribe.signature", "{}"), 200);
    ck_assert_int_eq(json_integer_value(json_object_get(answer("result"), "subscriptionId")), 0);
    ck_assert_int_eq(api("order.place",
                         "{\"symbol\":\"BTCUSDT\",\"side\":\"BUY\",\"type\":\"LIMIT\","
                         "\"timeInForce\":\"GTC\",\"quantity\":\"1.2\",\"price\":\"30000.01\","
                         "\"newClientOrderId\":\"u-1\"}"),
                     200);
    ck_assert_str_eq(str(answer("result"), "status"), "PARTIALLY_FILLED");
    ck_assert_uint_eq(json_array_size(answer("rateLimits")), 3);

    event = world_event(&w, 1, "executionReport", 0);
    ck_assert_str_eq(str(event, "x"), "NEW");
    ck_assert_str_eq(str(event, "X"), "NEW");
    ck_assert_str_eq(str(event, "c"), "u-1");
    ck_assert_str_eq(str(event, "C"), "");
    ck_assert_str_eq(str(event, "n"), "0");
    ck_assert(json_is_null(json_object_get(event, "N")));
    ck_assert_int_eq(json_integer_value(json_object_get(event, "t")), -1);
    event = world_event(&w, 1, "executionReport", 1);
    ck_assert_str_eq(str(event, "x"), "TRADE");
    ck_assert_str_eq(str(event, "X"), "PARTIALLY_FILLED");
    ck_assert_str_eq(str(event, "l"), "1.00000000");
    ck_assert_str_eq(str(event, "L"), "30000.01000000");
    ck_assert_str_eq(str(event, "Y"), "30000.01000000");
    ck_assert_str_eq(str(event, "n"), "0.00100000");
    ck_assert_str_eq(str(event, "N"), "BTC");
    ck_assert(json_is_false(json_object_get(event, "m")));
    event = world_event(&w, 1, "outboundAccountPosition", 0);
    ck_assert_uint_eq(json_array_size(json_object_get(event, "B")), 2);

    // A taker comes and the rest is filled as maker.
    world_trade(&w, "BTCUSDT", "30000.01", "5", AGON_SELL);
    event = world_event(&w, 1, "executionReport", 2);
    ck_assert_str_eq(str(event, "X"), "FILLED");
    ck_assert_str_eq(str(event, "z"), "1.20000000");
    ck_assert(json_is_true(json_object_get(event, "m")));
    ck_assert_int_gt(json_integer_value(json_object_get(event, "t")), 0);
}
END_TEST

START_TEST(a_cancel_names_both_ids)
{
    json_t *event;

    world_ws(&w, 1, "/ws-api/v3");
    api("userDataStream.subscribe.signature", "{}");
    ck_assert_int_eq(api("order.place",
                         "{\"symbol\":\"BTCUSDT\",\"side\":\"BUY\",\"type\":\"LIMIT_MAKER\","
                         "\"quantity\":\"1\",\"price\":\"29000\",\"newClientOrderId\":\"u-1\"}"),
                     200);
    ck_assert_int_eq(api("order.cancel", "{\"symbol\":\"BTCUSDT\",\"origClientOrderId\":\"u-1\","
                                         "\"newClientOrderId\":\"c-1\"}"),
                     200);
    event = world_event(&w, 1, "executionReport", 1);
    ck_assert_str_eq(str(event, "x"), "CANCELED");
    ck_assert_str_eq(str(event, "c"), "c-1");
    ck_assert_str_eq(str(event, "C"), "u-1");
    ck_assert_int_eq(api("order.status", "{\"symbol\":\"BTCUSDT\",\"origClientOrderId\":\"u-1\"}"),
                     200);
    ck_assert_str_eq(str(answer("result"), "status"), "CANCELED");
    ck_assert_int_eq(api("openOrders.cancelAll", "{\"symbol\":\"BTCUSDT\"}"), 400);
    ck_assert_int_eq(json_integer_value(json_object_get(answer("error"), "code")), -2011);
}
END_TEST

static const struct {
    const char *what, *text;
    int status;
    int64_t code;
} bad[] = {
    {"no JSON", "hello", 400, -1135},
    {"no object", "[1]", 400, -1135},
    {"no method", "{\"id\":1}", 400, -1135},
    {"unknown method", "{\"id\":1,\"method\":\"order.guess\"}", 400, -1020},
    {"params no object", "{\"id\":1,\"method\":\"ping\",\"params\":[1]}", 400, -1135},
    {"no key", "{\"id\":1,\"method\":\"account.status\",\"params\":{\"timestamp\":1}}", 400, -1102},
    {"unknown key",
     "{\"id\":1,\"method\":\"account.status\",\"params\":{\"apiKey\":\"x\",\"timestamp\":1,"
     "\"signature\":\"00\"}}",
     401, -2015},
    {"bad signature",
     "{\"id\":1,\"method\":\"account.status\",\"params\":{\"apiKey\":\"agon-sim-key\","
     "\"timestamp\":1700000000000,\"signature\":\"00\"}}",
     400, -1022},
    {"not logged on", "{\"id\":1,\"method\":\"userDataStream.subscribe\"}", 401, -2015},
    {"too many", "{\"id\":1,\"method\":\"ping\",\"params\":{\"a\":1}}", 400, -1101},
};

START_TEST(bad_requests_are_answered_in_the_envelope)
{
    world_ws(&w, 1, "/ws-api/v3");
    world_say(&w, 1, bad[_i].text);
    ck_assert_msg(json_integer_value(answer("status")) == bad[_i].status &&
                      json_integer_value(json_object_get(answer("error"), "code")) == bad[_i].code,
                  "%s: %s", bad[_i].what, world_last(&w, 1)->text);
}
END_TEST

START_TEST(ids_come_back_as_they_were)
{
    world_ws(&w, 1, "/ws-api/v3?returnRateLimits=false");
    world_say(&w, 1, "{\"id\":\"e2a85d9f\",\"method\":\"v3/ping\"}");
    ck_assert_str_eq(world_last(&w, 1)->text, "{\"id\":\"e2a85d9f\",\"status\":200,\"result\":{}}");
    world_say(&w, 1, "{\"id\":null,\"method\":\"ping\",\"params\":{\"returnRateLimits\":true}}");
    ck_assert_ptr_nonnull(strstr(world_last(&w, 1)->text, "\"id\":null"));
    // Two for the connection, one for each ping.
    ck_assert_ptr_nonnull(strstr(world_last(&w, 1)->text, "\"count\":4"));
}
END_TEST

START_TEST(hmac_keys_cannot_log_on_but_subscribe_once)
{
    world_ws(&w, 1, "/ws-api/v3");
    ck_assert_int_eq(api("session.logon", "{}"), 400);
    ck_assert_str_eq(str(answer("error"), "msg"), "HMAC_SHA256 API key is not supported.");
    world_api(&w, 1, "session.status", NULL, 0);
    ck_assert(json_is_null(json_object_get(answer("result"), "apiKey")));
    ck_assert_int_eq(api("userDataStream.subscribe.signature", "{}"), 200);
    ck_assert_int_eq(api("userDataStream.subscribe.signature", "{}"), 400);
    ck_assert_int_eq(json_integer_value(json_object_get(answer("error"), "code")), -2035);
    world_api(&w, 1, "session.subscriptions", NULL, 0);
    ck_assert_uint_eq(json_array_size(answer("result")), 1);
    ck_assert_int_eq(world_api(&w, 1, "userDataStream.unsubscribe", "{\"subscriptionId\":7}", 0),
                     400);
    ck_assert_int_eq(world_api(&w, 1, "userDataStream.unsubscribe", NULL, 0), 200);
    world_clear(&w);
    world_signed(&w, "POST", "/api/v3/order",
                 "symbol=BTCUSDT&side=BUY&type=LIMIT_MAKER&quantity=1&price=29000");
    ck_assert_uint_eq(w.n_frames, 0);
}
END_TEST

START_TEST(listen_keys_still_work)
{
    char target[128], text[128], key[80];

    ck_assert_int_eq(world_raw(&w, "POST", "/api/v3/userDataStream", "", NULL, NULL), 401);
    ck_assert_int_eq(world_raw(&w, "POST", "/api/v3/userDataStream", "", NULL, w.key), 200);
    strcpy(key, world_str(&w, "listenKey"));
    ck_assert_uint_eq(strlen(key), 64);
    snprintf(target, sizeof(target), "/stream?streams=%s", key);
    ck_assert_int_eq(world_ws(&w, 1, target), 101);
    world_signed(&w, "POST", "/api/v3/order",
                 "symbol=BTCUSDT&side=BUY&type=LIMIT_MAKER&quantity=1&price=29000");
    ck_assert_str_eq(str(w.frames[0].json, "stream"), key);
    ck_assert_ptr_nonnull(world_event(&w, 1, "executionReport", 0));
    ck_assert_int_eq(world_raw(&w, "PUT", "/api/v3/userDataStream", "listenKey=wrong", NULL, w.key),
                     400);
    ck_assert_int_eq(world_code(&w), -1125);
    ck_assert_str_eq(world_msg(&w), "This listenKey does not exist.");
    // It lives an hour from the last word of its owner.
    w.now.transport += 1800 * S;
    snprintf(text, sizeof(text), "listenKey=%s", key);
    ck_assert_int_eq(world_raw(&w, "PUT", "/api/v3/userDataStream", text, NULL, w.key), 200);
    w.now.transport += 3599 * S;
    world_clear(&w);
    ck_assert_int_eq(world_raw(&w, "PUT", "/api/v3/userDataStream", text, NULL, w.key), 200);
    snprintf(target, sizeof(target), "/ws/%s", key);
    ck_assert_int_eq(world_ws(&w, 2, target), 101);
    w.now.transport += 3600 * S;
    w.dialect->tick(w.sim, &w.now);
    ck_assert_ptr_nonnull(world_event(&w, 2, "listenKeyExpired", 0));
    ck_assert_int_eq(world_raw(&w, "PUT", "/api/v3/userDataStream", text, NULL, w.key), 400);
}
END_TEST

START_TEST(a_half_done_replace_is_a_409_with_both_halves)
{
    world_ws(&w, 1, "/ws-api/v3");
    ck_assert_int_eq(api("order.cancelReplace",
                         "{\"symbol\":\"BTCUSDT\",\"side\":\"BUY\",\"type\":\"LIMIT_MAKER\","
                         "\"quantity\":\"1\",\"price\":\"29000\","
                         "\"cancelReplaceMode\":\"ALLOW_FAILURE\",\"cancelOrderId\":77}"),
                     409);
    ck_assert_str_eq(str(json_object_get(answer("error"), "data"), "newOrderResult"), "SUCCESS");
}
END_TEST

START_TEST(what_client_libraries_ask_is_answered)
{
    ck_assert_int_eq(world_signed(&w, "GET", "/sapi/v1/capital/config/getall", ""), 200);
    ck_assert_uint_ge(json_array_size(w.json), 5);
    ck_assert_int_eq(world_signed(&w, "GET", "/sapi/v1/account/apiRestrictions", ""), 200);
    ck_assert(json_is_false(json_object_get(w.json, "enableWithdrawals")));
    ck_assert_int_eq(world_signed(&w, "GET", "/api/v3/account/commission", "symbol=BTCUSDT"), 200);
    ck_assert_str_eq(str(json_object_get(w.json, "standardCommission"), "taker"), "0.00100000");
    ck_assert_int_eq(world_signed(&w, "GET", "/api/v3/account", "omitZeroBalances=true"), 200);
    ck_assert_uint_eq(json_array_size(json_object_get(w.json, "balances")), 3);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("user");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, user_events_bear_microseconds_where_they_were_asked_for);
    tcase_add_test(tcase, an_order_is_reported_step_by_step);
    tcase_add_test(tcase, a_cancel_names_both_ids);
    tcase_add_loop_test(tcase, bad_requests_are_answered_in_the_envelope, 0,
                        (int)(sizeof(bad) / sizeof(bad[0])));
    tcase_add_test(tcase, ids_come_back_as_they_were);
    tcase_add_test(tcase, hmac_keys_cannot_log_on_but_subscribe_once);
    tcase_add_test(tcase, listen_keys_still_work);
    tcase_add_test(tcase, a_half_done_replace_is_a_409_with_both_halves);
    tcase_add_test(tcase, what_client_libraries_ask_is_answered);
    return suite_run("sim_user", tcase);
}
