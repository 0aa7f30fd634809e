// SPDX-License-Identifier: Apache-2.0
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "sim/binance/simb.h"
#include "suite.h"
#include "world.h"

#define MS 1000000ll
#define S  1000000000ll

static struct world w;

static void setup(void)
{
    world_open(&w, NULL);
}

static void teardown(void)
{
    world_close(&w);
}

static struct agon_level level(const char *px, const char *qty)
{
    struct agon_level one;

    ck_assert_int_eq(num_parse(px, strlen(px), PIT_EXP, &one.px), AGON_OK);
    ck_assert_int_eq(num_parse(qty, strlen(qty), PIT_EXP, &one.qty), AGON_OK);
    return one;
}

static void set_bid(const char *px, const char *qty)
{
    struct agon_level one = level(px, qty);

    world_book(&w, "BTCUSDT", 0, &one, 1, NULL, 0);
}

static const char *str(json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));

    ck_assert_msg(text != NULL, "no %s", key);
    return text;
}

static int64_t num(json_t *json, const char *key)
{
    ck_assert_msg(json_is_integer(json_object_get(json, key)), "no %s", key);
    return json_integer_value(json_object_get(json, key));
}

START_TEST(a_trade_goes_to_its_streams)
{
    json_t *event;

    ck_assert_int_eq(world_ws(&w, 1, "/ws/btcusdt@trade/btcusdt@aggTrade"), 101);
    ck_assert_int_eq(world_ws(&w, 2, "/stream?streams=btcusdt@trade/ethusdt@trade"), 101);
    world_pass(&w, MS);
    world_clear(&w);
    world_trade(&w, "BTCUSDT", "30000.01", "0.25", AGON_BUY);
    event = world_event(&w, 1, "trade", 0);
    ck_assert_str_eq(str(event, "s"), "BTCUSDT");
    ck_assert_str_eq(str(event, "p"), "30000.01000000");
    ck_assert_str_eq(str(event, "q"), "0.25000000");
    ck_assert_int_eq(num(event, "t"), 2);
    ck_assert_int_eq(num(event, "T"), WORLD_T0 / MS + 1);
    ck_assert(json_is_false(json_object_get(event, "m")));
    ck_assert_str_eq(str(world_last(&w, 2)->json, "stream"), "btcusdt@trade");
    // The aggregate is told when no further trade can join it.
    ck_assert_ptr_null(world_event(&w, 1, "aggTrade", 0));
    world_trade(&w, "BTCUSDT", "30000.01", "0.5", AGON_BUY);
    world_pass(&w, MS);
    event = world_event(&w, 1, "aggTrade", 0);
    ck_assert_str_eq(str(event, "q"), "0.75000000");
    ck_assert_int_eq(num(event, "f"), 2);
    ck_assert_int_eq(num(event, "l"), 3);
    ck_assert_uint_eq(world_events(&w, 1, "aggTrade"), 1);
}
END_TEST

START_TEST(microseconds_are_given_when_asked_for)
{
    ck_assert_int_eq(world_ws(&w, 1, "/ws/btcusdt@trade?timeUnit=MICROSECOND"), 101);
    world_trade(&w, "BTCUSDT", "30000.01", "0.25", AGON_BUY);
    ck_assert_int_eq(num(world_event(&w, 1, "trade", 0), "T"), WORLD_T0 / 1000);
}
END_TEST

START_TEST(the_best_prices_are_told_when_they_change)
{
    ck_assert_int_eq(world_ws(&w, 1, "/ws/btcusdt@bookTicker"), 101);
    set_bid("29990.00", "7"); // not the best
    ck_assert_uint_eq(w.n_frames, 0);
    set_bid("30000.00", "3");
    ck_assert_uint_eq(w.n_frames, 1);
    ck_assert_str_eq(str(w.frames[0].json, "b"), "30000.00000000");
    ck_assert_str_eq(str(w.frames[0].json, "B"), "3.00000000");
    ck_assert_str_eq(str(w.frames[0].json, "a"), "30000.01000000");
    ck_assert_ptr_null(json_object_get(w.frames[0].json, "e"));
}
END_TEST

/* A client's own book, kept by the rules of web-socket-streams.md. */
struct side {
    int64_t px[256], qty[256];
    int n;
};
static void side_set(struct side *side, json_t *pair)
{
    struct agon_level one = level(json_string_value(json_array_get(pair, 0)),
                                  json_string_value(json_array_get(pair, 1)));
    int i = 0;

    while (i < side->n && side->px[i] != one.px)
        i++;
    if (one.qty == 0) {
        if (i < side->n) {
            side->px[i] = side->px[--side->n];
            side->qty[i] = side->qty[side->n];
        }
        return;
    }
    if (i == side->n)
        side->n++;
    ck_assert_int_lt(side->n, 256);
    side->px[i] = one.px;
    side->qty[i] = one.qty;
}
static void side_fill(struct side *side, json_t *levels)
{
    json_t *pair;
    size_t i;

    json_array_foreach(levels, i, pair) side_set(side, pair);
}
static int64_t side_qty(const struct side *side, int64_t px)
{
    for (int i = 0; i < side->n; i++)
        if (side->px[i] == px)
            return side->qty[i];
    return 0;
}

static void check_side(const struct side *mine, json_t *levels)
{
    json_t *pair;
    size_t i;

    ck_assert_int_eq(mine->n, (int)json_array_size(levels));
    json_array_foreach(levels, i, pair)
    {
        struct agon_level one = level(json_string_value(json_array_get(pair, 0)),
                                      json_string_value(json_array_get(pair, 1)));

        ck_assert_int_eq(side_qty(mine, one.px), one.qty);
    }
}

static void run_chain(const char *target, agon_ns_t pace)
{
    struct side bid = {.n = 0}, ask = {.n = 0};
    int64_t id, last = 0;
    uint32_t n, applied = 0;
    char text[160];

    ck_assert_int_eq(world_ws(&w, 1, target), 101);
    for (int i = 0; i < 40; i++) {
        char px[32], qty[32];

        // Foreign levels and own orders change the same book.
        snprintf(px, sizeof(px), "%d.00", 29900 + (i * 7) % 60);
        snprintf(qty, sizeof(qty), "%d", i % 5);
        set_bid(px, qty);
        if (i % 3 == 0) {
            snprintf(text, sizeof(text),
                     "symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=0.1&price=%d",
                     30020 + i);
            ck_assert_int_eq(world_signed(&w, "POST", "/api/v3/order", text), 200);
        }
        if (i == 10) {
            // Somewhere in the middle of an interval the snapshot is taken.
            ck_assert_int_eq(world_get(&w, "/api/v3/depth?symbol=BTCUSDT&limit=5000"), 200);
            id = world_int(&w, "lastUpdateId");
            side_fill(&bid, json_object_get(w.json, "bids"));
            side_fill(&ask, json_object_get(w.json, "asks"));
        }
        world_pass(&w, pace / 3);
    }
    world_pass(&w, 2 * pace);
    n = world_events(&w, 1, "depthUpdate");
    ck_assert_uint_ge(n, 8);
    for (uint32_t i = 0; i < n; i++) {
        json_t *event = world_event(&w, 1, "depthUpdate", i);

        ck_assert_int_ge(num(event, "u"), num(event, "U"));
        if (last)
            ck_assert_int_eq(num(event, "U"), last + 1);
        last = num(event, "u");
        if (last <= id)
            continue;
        // The first that is kept straddles the snapshot.
        if (applied++ == 0)
            ck_assert_int_le(num(event, "U"), id + 1);
        side_fill(&bid, json_object_get(event, "b"));
        side_fill(&ask, json_object_get(event, "a"));
    }
    ck_assert_uint_gt(applied, 2);
    ck_assert_int_eq(world_get(&w, "/api/v3/depth?symbol=BTCUSDT&limit=5000"), 200);
    ck_assert_int_eq(world_int(&w, "lastUpdateId"), last);
    check_side(&bid, json_object_get(w.json, "bids"));
    check_side(&ask, json_object_get(w.json, "asks"));
}

START_TEST(a_book_kept_by_the_venues_rules_equals_the_venues)
{
    run_chain("/ws/btcusdt@depth@100ms", 100 * MS);
}
END_TEST

START_TEST(the_slow_diff_stream_has_the_same_chain)
{
    run_chain("/ws/btcusdt@depth", S);
}
END_TEST

START_TEST(partial_books_have_as_many_levels_as_asked)
{
    ck_assert_int_eq(world_ws(&w, 1, "/ws/btcusdt@depth5@100ms"), 101);
    for (int i = 0; i < 10; i++) {
        char px[32];

        snprintf(px, sizeof(px), "%d.00", 29900 + i);
        set_bid(px, "1");
    }
    world_pass(&w, 100 * MS);
    ck_assert_uint_eq(w.n_frames, 1);
    ck_assert_uint_eq(json_array_size(json_object_get(w.frames[0].json, "bids")), 5);
    ck_assert_uint_eq(json_array_size(json_object_get(w.frames[0].json, "asks")), 3);
    ck_assert_int_gt(num(w.frames[0].json, "lastUpdateId"), 0);
}
END_TEST

START_TEST(bars_roll_and_are_told_closed_once)
{
    json_t *event, *k;
    uint32_t closed = 0, n;

    // 22:13:20 UTC: the minute ends in 40 s.
    ck_assert_int_eq(world_ws(&w, 1, "/ws/btcusdt@kline_1m"), 101);
    world_trade(&w, "BTCUSDT", "30005.00", "1", AGON_BUY);
    world_pass(&w, 2 * S);
    event = world_event(&w, 1, "kline", 0);
    k = json_object_get(event, "k");
    ck_assert_str_eq(str(k, "o"), "30000.00000000");
    ck_assert_str_eq(str(k, "h"), "30005.00000000");
    ck_assert_str_eq(str(k, "v"), "1.50000000");
    ck_assert_str_eq(str(k, "V"), "1.00000000");
    ck_assert_str_eq(str(k, "i"), "1m");
    ck_assert_int_eq(num(k, "n"), 2);
    ck_assert(json_is_false(json_object_get(k, "x")));
    world_pass(&w, 38 * S); // 22:14:00
    world_trade(&w, "BTCUSDT", "29995.00", "2", AGON_SELL);
    world_pass(&w, 62 * S); // 22:15:02
    n = world_events(&w, 1, "kline");
    for (uint32_t i = 0; i < n; i++) {
        k = json_object_get(world_event(&w, 1, "kline", i), "k");
        if (!json_is_true(json_object_get(k, "x")))
            continue;
        closed++;
        ck_assert_int_eq(num(k, "T") - num(k, "t"), 59999);
        ck_assert_str_eq(str(k, "c"), closed == 1 ? "30005.00000000" : "29995.00000000");
    }
    ck_assert_uint_eq(closed, 2);
    ck_assert_int_eq(world_get(&w, "/api/v3/klines?symbol=BTCUSDT&interval=1m"), 200);
    ck_assert_uint_eq(json_array_size(w.json), 3);
    // The third is still without a trade: flat at the last price.
    k = json_array_get(w.json, 2);
    ck_assert_str_eq(json_string_value(json_array_get(k, 1)), "29995.00000000");
    ck_assert_str_eq(json_string_value(json_array_get(k, 5)), "0.00000000");
    ck_assert_int_eq(json_integer_value(json_array_get(k, 8)), 0);
    k = json_array_get(w.json, 0);
    ck_assert_int_eq(json_integer_value(json_array_get(k, 0)), 1699999980000);
    ck_assert_int_eq(json_integer_value(json_array_get(k, 6)), 1700000039999 - 0);
    // From the last moment that a time can say, no bar follows.
    ck_assert_int_eq(
        world_get(&w, "/api/v3/klines?symbol=BTCUSDT&interval=1m&startTime=9223372036854"), 200);
    ck_assert_uint_eq(json_array_size(w.json), 0);
}
END_TEST

static const struct {
    const char *interval;
    int64_t t_ms, open_ms;
} opens[] = {
    {"1s", 1700000000123, 1700000000000},
    {"1m", 1700000000123, 1699999980000},
    {"3m", 1700000000123, 1699999920000},
    {"5m", 1700000000123, 1699999800000},
    {"15m", 1700000000123, 1699999200000},
    {"30m", 1700000000123, 1699999200000},
    {"1h", 1700000000123, 1699999200000},
    {"2h", 1700000000123, 1699999200000},
    {"4h", 1700000000123, 1699992000000},
    {"6h", 1700000000123, 1699984800000},
    {"8h", 1700000000123, 1699977600000},
    {"12h", 1700000000123, 1699963200000},
    {"1d", 1700000000123, 1699920000000},
    {"1w", 1700000000123, 1699833600000}, /* Monday, 2023-11-13 */
    {"1M", 1700000000123, 1698796800000}, /* 2023-11-01 */
    {"1M", 1709251199999, 1706745600000}, /* 2024-02-29 23:59:59.999: February */
    {"1M", 1709251200000, 1709251200000}, /* 2024-03-01 */
};

START_TEST(intervals_open_where_the_calendar_says)
{
    int interval = simb_interval(opens[_i].interval);
    agon_ns_t t = opens[_i].t_ms * MS, open = opens[_i].open_ms * MS;

    ck_assert_int_ge(interval, 0);
    ck_assert_int_eq(simb_interval_open(interval, t, 0), open);
    ck_assert_int_gt(simb_interval_next(interval, open, 0), t);
    ck_assert_int_eq(simb_interval_open(interval, simb_interval_next(interval, open, 0) - 1, 0),
                     open);
}
END_TEST

static const struct {
    const char *what, *text, *want;
} controls[] = {
    {"subscribe", "{\"method\":\"SUBSCRIBE\",\"params\":[\"btcusdt@trade\"],\"id\":1}",
     "{\"result\":null,\"id\":1}"},
    {"a text as id", "{\"method\":\"UNSUBSCRIBE\",\"params\":[\"btcusdt@trade\"],\"id\":\"abc\"}",
     "{\"result\":null,\"id\":\"abc\"}"},
    {"null as id", "{\"method\":\"LIST_SUBSCRIPTIONS\",\"id\":null}",
     "{\"result\":[\"ethusdt@trade\"],\"id\":null}"},
    {"property", "{\"method\":\"GET_PROPERTY\",\"params\":[\"combined\"],\"id\":2}",
     "{\"result\":false,\"id\":2}"},
    {"unknown property", "{\"method\":\"GET_PROPERTY\",\"params\":[\"x\"],\"id\":2}",
     "{\"code\":0,\"msg\":\"Unknown property\",\"id\":2}"},
    {"value", "{\"method\":\"SET_PROPERTY\",\"params\":[\"combined\",1],\"id\":2}",
     "{\"code\":1,\"msg\":\"Invalid value type: expected Boolean\",\"id\":2}"},
    {"name", "{\"method\":\"SET_PROPERTY\",\"params\":[1],\"id\":2}",
     "{\"code\":2,\"msg\":\"Invalid request: property name must be a string\",\"id\":2}"},
    {"no id", "{\"method\":\"SUBSCRIBE\",\"params\":[\"btcusdt@trade\"]}",
     "{\"code\":2,\"msg\":\"Invalid request: request ID must be an unsigned integer\"}"},
    {"too many", "{\"method\":\"LIST_SUBSCRIPTIONS\",\"params\":[1],\"id\":3}",
     "{\"code\":2,\"msg\":\"Invalid request: too many parameters\",\"id\":3}"},
    {"method", "{\"method\":\"SUB\",\"id\":3}", "unknown variant `SUB`"},
    {"no method", "{\"id\":3}", "missing field `method`"},
    {"no JSON", "hello", "{\"code\":3,\"msg\":\"Invalid JSON: expected value at line 1"},
};

START_TEST(control_messages_are_answered_as_documented)
{
    const struct world_frame *last;

    ck_assert_int_eq(world_ws(&w, 1, "/ws/ethusdt@trade"), 101);
    world_say(&w, 1, controls[_i].text);
    last = world_last(&w, 1);
    ck_assert_ptr_nonnull(last);
    ck_assert_msg(strstr(last->text, controls[_i].want) != NULL, "%s: %s", controls[_i].what,
                  last->text);
}
END_TEST

START_TEST(subscriptions_start_and_end)
{
    ck_assert_int_eq(world_ws(&w, 1, "/ws"), 101);
    world_trade(&w, "BTCUSDT", "30000.00", "1", AGON_SELL);
    ck_assert_uint_eq(w.n_frames, 0);
    world_say(&w, 1, "{\"method\":\"SUBSCRIBE\",\"params\":[\"btcusdt@trade\"],\"id\":1}");
    world_trade(&w, "BTCUSDT", "30000.00", "1", AGON_SELL);
    ck_assert_uint_eq(world_events(&w, 1, "trade"), 1);
    world_say(&w, 1, "{\"method\":\"UNSUBSCRIBE\",\"params\":[\"btcusdt@trade\"],\"id\":1}");
    world_trade(&w, "BTCUSDT", "30000.00", "1", AGON_SELL);
    ck_assert_uint_eq(world_events(&w, 1, "trade"), 1);
    // A name nobody knows is accepted and stays silent.
    world_say(&w, 1, "{\"method\":\"SUBSCRIBE\",\"params\":[\"nope@trade\"],\"id\":1}");
    ck_assert_ptr_nonnull(strstr(world_last(&w, 1)->text, "\"result\":null"));
}
END_TEST

START_TEST(more_than_five_messages_a_second_end_the_connection)
{
    ck_assert_int_eq(world_ws(&w, 1, "/ws"), 101);
    for (int i = 0; i < 5; i++)
        world_say(&w, 1, "{\"method\":\"LIST_SUBSCRIPTIONS\",\"id\":1}");
    ck_assert_int_eq(world_last(&w, 1)->kind, SIM_TEXT);
    world_pass(&w, S);
    for (int i = 0; i < 6; i++)
        world_say(&w, 1, "{\"method\":\"LIST_SUBSCRIPTIONS\",\"id\":1}");
    ck_assert_int_eq(world_last(&w, 1)->kind, SIM_CLOSE);
    ck_assert_int_eq(world_last(&w, 1)->code, 1008);
}
END_TEST

START_TEST(a_connection_holds_1024_streams)
{
    char *text = malloc(65536);
    size_t n;

    ck_assert_ptr_nonnull(text);
    ck_assert_int_eq(world_ws(&w, 1, "/ws"), 101);
    n = (size_t)sprintf(text, "{\"method\":\"SUBSCRIBE\",\"id\":1,\"params\":[");
    for (int i = 0; i < 1024; i++)
        n += (size_t)sprintf(text + n, "%s\"s%d@trade\"", i ? "," : "", i);
    sprintf(text + n, "]}");
    world_say(&w, 1, text);
    ck_assert_int_eq(world_last(&w, 1)->kind, SIM_TEXT);
    world_say(&w, 1, "{\"method\":\"SUBSCRIBE\",\"params\":[\"one@more\"],\"id\":1}");
    ck_assert_int_eq(world_last(&w, 1)->kind, SIM_CLOSE);
    free(text);
}
END_TEST

START_TEST(who_does_not_answer_pings_is_cut_off)
{
    const struct world_frame *last;
    char payload[64];

    ck_assert_int_eq(world_ws(&w, 1, "/ws/btcusdt@trade"), 101);
    ck_assert_int_eq(world_ws(&w, 2, "/ws/btcusdt@trade"), 101);
    for (int i = 0; i < 4; i++) {
        world_pass(&w, 20 * S);
        last = world_last(&w, 1);
        ck_assert_int_eq(last->kind, i < 3 ? SIM_PING : SIM_CLOSE);
        if (i == 3)
            ck_assert_int_eq(last->code, 1008);
        // The second copies the payload and lives.
        last = world_last(&w, 2);
        ck_assert_int_eq(last->kind, SIM_PING);
        strcpy(payload, last->text);
        w.dialect->ws_frame(w.sim, &w.now, 2, SIM_PONG, payload, strlen(payload));
    }
    // A pong nobody asked for does not help.
    for (int i = 0; i < 3; i++) {
        world_pass(&w, 20 * S);
        w.dialect->ws_frame(w.sim, &w.now, 2, SIM_PONG, "", 0);
    }
    world_pass(&w, 20 * S);
    ck_assert_int_eq(world_last(&w, 2)->kind, SIM_CLOSE);
}
END_TEST

START_TEST(a_connection_lives_a_day)
{
    const struct sim_limits limits = {.connection_life_ns = 30 * S};

    world_close(&w);
    world_open(&w, &limits);
    ck_assert_int_eq(world_ws(&w, 1, "/ws/btcusdt@trade"), 101);
    world_pass(&w, 29 * S);
    ck_assert_int_eq(world_last(&w, 1)->kind, SIM_PING);
    world_pass(&w, S);
    ck_assert_int_eq(world_last(&w, 1)->kind, SIM_CLOSE);
}
END_TEST

START_TEST(shutdown_is_announced)
{
    world_ws(&w, 1, "/ws/btcusdt@trade");
    world_ws(&w, 2, "/stream?streams=btcusdt@trade");
    world_ws(&w, 3, "/ws-api/v3");
    w.dialect->shutdown(w.sim, &w.now);
    ck_assert_ptr_nonnull(world_event(&w, 1, "serverShutdown", 0));
    ck_assert_str_eq(str(world_last(&w, 2)->json, "stream"), "!serverShutdown");
    ck_assert_ptr_nonnull(world_event(&w, 3, "serverShutdown", 0));
}
END_TEST

START_TEST(wrong_paths_are_not_found)
{
    ck_assert_int_eq(world_ws(&w, 1, "/wsx"), 404);
    ck_assert_int_eq(world_get(&w, "/api/v3/nothing"), 404);
    ck_assert_int_eq(world_raw(&w, "POST", "/api/v3/depth", "", NULL, NULL), 404);
}
END_TEST

START_TEST(tickers_come_each_second)
{
    json_t *event;

    world_ws(&w, 1, "/ws/btcusdt@ticker/btcusdt@miniTicker/btcusdt@avgPrice/!miniTicker@arr");
    world_trade(&w, "BTCUSDT", "30300.00", "1", AGON_BUY);
    world_pass(&w, S);
    event = world_event(&w, 1, "24hrTicker", 0);
    ck_assert_str_eq(str(event, "c"), "30300.00000000");
    ck_assert_str_eq(str(event, "o"), "30000.00000000");
    ck_assert_str_eq(str(event, "p"), "300.00000000");
    ck_assert_str_eq(str(event, "P"), "1.000");
    ck_assert_str_eq(str(world_event(&w, 1, "24hrMiniTicker", 0), "v"), "1.50000000");
    ck_assert_str_eq(str(world_event(&w, 1, "avgPrice", 0), "w"), "30200.00000000");
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("streams");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_trade_goes_to_its_streams);
    tcase_add_test(tcase, microseconds_are_given_when_asked_for);
    tcase_add_test(tcase, the_best_prices_are_told_when_they_change);
    tcase_add_test(tcase, a_book_kept_by_the_venues_rules_equals_the_venues);
    tcase_add_test(tcase, the_slow_diff_stream_has_the_same_chain);
    tcase_add_test(tcase, partial_books_have_as_many_levels_as_asked);
    tcase_add_test(tcase, bars_roll_and_are_told_closed_once);
    tcase_add_loop_test(tcase, intervals_open_where_the_calendar_says, 0,
                        (int)(sizeof(opens) / sizeof(opens[0])));
    tcase_add_loop_test(tcase, control_messages_are_answered_as_documented, 0,
                        (int)(sizeof(controls) / sizeof(controls[0])));
    tcase_add_test(tcase, subscriptions_start_and_end);
    tcase_add_test(tcase, more_than_five_messages_a_second_end_the_connection);
    tcase_add_test(tcase, a_connection_holds_1024_streams);
    tcase_add_test(tcase, who_does_not_answer_pings_is_cut_off);
    tcase_add_test(tcase, a_connection_lives_a_day);
    tcase_add_test(tcase, shutdown_is_announced);
    tcase_add_test(tcase, wrong_paths_are_not_found);
    tcase_add_test(tcase, tickers_come_each_second);
    return suite_run("sim_streams", tcase);
}
