// SPDX-License-Identifier: Apache-2.0
/* OKX as its clients see it: what an account has of linear swaps, by which a client would lose
 * money were it otherwise: contracts, positions, margin, results, fees and funding. And orders by
 * the private socket: until when they may be taken, and what becomes of an answer. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/num.h"
#include "sim/okx/simo.h"
#include "suite.h"
#include "world.h"

#define SWAP "\"instId\":\"BTC-USDT-SWAP\",\"tdMode\":\"cross\""
#define HOUR 3600000000000ll

static struct world w;

static json_t *ask(const char *method, const char *name, const char *query, const char *body)
{
    char path[64], whole[256], sign[64], stamp[32];
    const struct sim_header headers[] = {{"ok-access-key", w.key},
                                         {"ok-access-sign", sign},
                                         {"ok-access-timestamp", stamp},
                                         {"ok-access-passphrase", w.members.all[0].passphrase}};
    struct sim_request request = {.method = method,
                                  .path = path,
                                  .query = query,
                                  .body = body,
                                  .body_n = strlen(body),
                                  .headers = headers,
                                  .n_headers = 4,
                                  .peer = "127.0.0.1",
                                  .conn = WORLD_HTTP_CONN};
    time_t seconds = (time_t)(w.now.transport / 1000000000);
    struct tm tm;

    strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S.000Z", gmtime_r(&seconds, &tm));
    snprintf(path, sizeof(path), "/api/v5/%s", name);
    snprintf(whole, sizeof(whole), "%s%s%s", path, *query ? "?" : "", query);
    simo_sign(w.secret, stamp, method, whole, body, strlen(body), sign);
    w.dialect->http(w.sim, &w.now, &request, &w.reply);
    json_decref(w.json);
    w.json = json_loadb(w.reply.body, w.reply.body_n, 0, NULL);
    ck_assert_msg(w.json != NULL, "no JSON: %.*s", (int)w.reply.body_n, w.reply.body);
    return json_object_get(w.json, "data");
}

static const char *str(json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

static int64_t num(json_t *object, const char *key)
{
    const char *text = str(object, key);
    int64_t value;

    ck_assert_msg(num_parse(text, strlen(text), PIT_EXP, &value) == AGON_OK, "%s: '%s'", key, text);
    return value;
}

/* The code of an order's own record. */
static int place(const char *what)
{
    char body[256];

    world_pass(&w, 1000000000);
    snprintf(body, sizeof(body), "{%s,%s}", SWAP, what);
    return atoi(str(json_array_get(ask("POST", "trade/order", "", body), 0), "sCode"));
}

static json_t *position(void)
{
    return json_array_get(ask("GET", "account/positions", "instType=SWAP", ""), 0);
}

static json_t *usdt(void)
{
    json_t *details = json_object_get(
        json_array_get(ask("GET", "account/balance", "ccy=USDT", ""), 0), "details");

    return json_array_get(details, 0);
}

static void book(const char *bid_px, const char *ask_px)
{
    struct agon_level bid = {.qty = 500000000}, offer = {.qty = 500000000};

    num_parse(bid_px, strlen(bid_px), PIT_EXP, &bid.px);
    num_parse(ask_px, strlen(ask_px), PIT_EXP, &offer.px);
    world_book(&w, "BTC-USDT-SWAP", 1, &bid, 1, &offer, 1);
    world_pass(&w, 1000000000);
}

static void open_world(void)
{
    memset(&w, 0, sizeof(w));
    world_open_venue(&w, "okx");
    book("30000", "30000.2");
}

static void close_world(void)
{
    world_close(&w);
}

/* 10 contracts are 0.1 of the base. */
START_TEST(a_swap_is_counted_in_contracts_and_settled_in_its_quote)
{
    int64_t before = num(usdt(), "cashBal"), paid;
    json_t *row;

    ck_assert_int_eq(place("\"side\":\"buy\",\"ordType\":\"market\",\"sz\":\"10\""), 0);
    row = position();
    ck_assert_str_eq(str(row, "pos"), "10");
    ck_assert_str_eq(str(row, "posSide"), "net");
    ck_assert_str_eq(str(row, "mgnMode"), "cross");
    ck_assert_str_eq(str(row, "avgPx"), "30000.2");
    row = json_array_get(ask("GET", "trade/fills", "instType=SWAP", ""), 0);
    ck_assert_str_eq(str(row, "instType"), "SWAP");
    ck_assert_str_eq(str(row, "fillSz"), "10");
    ck_assert_str_eq(str(row, "feeCcy"), "USDT");
    paid = -num(row, "fee");
    ck_assert_int_eq(paid, 150001000); // 0.05 % of 3000.02
    ck_assert_int_eq(num(usdt(), "cashBal"), before - paid);
    book("31000", "31000.2");
    ck_assert_int_eq(num(position(), "upl"), 9999000000); // to the mark, the middle
    ck_assert_int_eq(num(usdt(), "cashBal"), before - paid);
    // Half of it, and more than there is: it turns.
    ck_assert_int_eq(place("\"side\":\"sell\",\"ordType\":\"market\",\"sz\":\"5\""), 0);
    row = json_array_get(ask("GET", "trade/fills", "instType=SWAP", ""), 0);
    ck_assert_int_eq(num(row, "fillPnl"), 4999000000); // 999.8 of 0.05
    paid += -num(row, "fee");
    ck_assert_int_eq(num(usdt(), "cashBal"), before - paid + 4999000000);
    ck_assert_int_eq(place("\"side\":\"sell\",\"ordType\":\"market\",\"sz\":\"8\""), 0);
    ck_assert_str_eq(str(position(), "pos"), "-3");
    ck_assert_str_eq(str(position(), "avgPx"), "31000");
    row = json_array_get(ask("GET", "trade/orders-history", "instType=SWAP", ""), 0);
    ck_assert_str_eq(str(row, "sz"), "8");
    ck_assert_str_eq(str(row, "accFillSz"), "8");
    ck_assert_str_eq(str(row, "tdMode"), "cross");
    ck_assert_int_eq((int)json_array_size(ask("GET", "trade/fills", "instType=SPOT", "")), 0);
}
END_TEST

START_TEST(what_only_reduces_never_opens)
{
    ck_assert_int_eq(
        place("\"side\":\"sell\",\"ordType\":\"market\",\"sz\":\"1\",\"reduceOnly\":\"true\""),
        51169);
    ck_assert_int_eq(place("\"side\":\"buy\",\"ordType\":\"market\",\"sz\":\"2\""), 0);
    ck_assert_int_eq(
        place("\"side\":\"buy\",\"ordType\":\"market\",\"sz\":\"1\",\"reduceOnly\":\"true\""),
        51169);
    ck_assert_int_eq(
        place("\"side\":\"sell\",\"ordType\":\"market\",\"sz\":\"2\",\"reduceOnly\":\"true\""), 0);
    ck_assert_ptr_null(position());
}
END_TEST

START_TEST(margin_is_held_and_what_it_does_not_suffice_for_is_refused)
{
    int64_t cash = num(usdt(), "cashBal"), held;
    char what[128];

    ck_assert_int_eq(place("\"side\":\"buy\",\"ordType\":\"market\",\"sz\":\"1.001\""), 51121);
    ck_assert_int_eq(place("\"side\":\"buy\",\"ordType\":\"limit\",\"px\":\"29000\",\"sz\":\"10\""),
                     0);
    held = cash - num(usdt(), "availBal");
    ck_assert_int_eq(held, 29000000000); // 2900 at ten times
    // Ten times the money, and a tenth more of it.
    snprintf(what, sizeof(what),
             "\"side\":\"buy\",\"ordType\":\"limit\",\"px\":\"29000\",\"sz\":\"%lld\"",
             (long long)(cash / 100000000 * 11 / 290));
    ck_assert_int_eq(place(what), 51008);
    // Spot takes nothing that is margin.
    ck_assert_int_eq(place("\"side\":\"sell\",\"ordType\":\"market\",\"sz\":\"300\""), 0);
    ck_assert_int_lt(num(usdt(), "availBal"), cash - 90000000000);
    snprintf(what, sizeof(what),
             "{\"instId\":\"BTC-USDT\",\"tdMode\":\"cash\",\"side\":\"buy\",\"ordType\":\"market\","
             "\"sz\":\"%lld\"}",
             (long long)(num(usdt(), "availBal") / 100000000 + 10));
    world_pass(&w, 1000000000);
    ck_assert_str_eq(str(json_array_get(ask("POST", "trade/order", "", what), 0), "sCode"),
                     "51008");
}
END_TEST

/* Each eight hours, by the mark of that moment, from who is long. */
START_TEST(funding_is_paid_where_a_position_is_held)
{
    int64_t cash;

    ck_assert_int_eq(place("\"side\":\"buy\",\"ordType\":\"market\",\"sz\":\"10\""), 0);
    cash = num(usdt(), "cashBal");
    world_pass(&w, HOUR - w.now.market % HOUR);
    while (w.now.market / (8 * HOUR) * 8 * HOUR != w.now.market)
        world_pass(&w, HOUR);
    ck_assert_int_eq(num(usdt(), "cashBal"), cash - 30000100); // 0.01 % of 3000.01
    cash = num(usdt(), "cashBal");
    world_pass(&w, HOUR);
    ck_assert_int_eq(num(usdt(), "cashBal"), cash);
    ck_assert_int_eq(place("\"side\":\"sell\",\"ordType\":\"market\",\"sz\":\"20\""), 0);
    cash = num(usdt(), "cashBal");
    world_pass(&w, 8 * HOUR);
    ck_assert_int_eq(num(usdt(), "cashBal"), cash + 30000100);
}
END_TEST

/* By the private socket, logged in. The answer; NULL: there is none. */
static json_t *say(const char *text)
{
    const struct world_frame *frame;

    world_clear(&w);
    world_say(&w, 1, text);
    frame = world_last(&w, 1);
    return frame == NULL ? NULL : frame->json;
}

static void open_socket(void)
{
    char text[400], stamp[24], sign[64];

    snprintf(stamp, sizeof(stamp), "%lld", (long long)(w.now.transport / 1000000000));
    simo_sign(w.secret, stamp, "GET", "/users/self/verify", "", 0, sign);
    snprintf(text, sizeof(text),
             "{\"op\":\"login\",\"args\":[{\"apiKey\":\"%s\",\"passphrase\":\"%s\",\"timestamp\":"
             "\"%s\",\"sign\":\"%s\"}]}",
             w.key, w.members.all[0].passphrase, stamp, sign);
    ck_assert_int_eq(world_ws(&w, 1, "/ws/v5/private"), 101);
    ck_assert_str_eq(str(say(text), "event"), "login");
}

/* A resting order of spot, by that op. end_ns: from now on it is not taken any more. */
static json_t *say_order(const char *id, agon_ns_t end_ns)
{
    char text[320], expiry[48] = "";

    if (end_ns != 0)
        snprintf(expiry, sizeof(expiry), "\"expTime\":\"%lld\",",
                 (long long)((w.now.transport + end_ns) / 1000000));
    snprintf(
        text, sizeof(text),
        "{\"id\":\"%s\",\"op\":\"order\",%s\"args\":[{\"instIdCode\":10000,\"tdMode\":\"cash\","
        "\"clOrdId\":\"agon%s\",\"side\":\"buy\",\"ordType\":\"limit\",\"px\":\"29000\","
        "\"sz\":\"0.01\"}]}",
        id, expiry, id);
    return say(text);
}

static size_t n_open(void)
{
    return json_array_size(ask("GET", "trade/orders-pending", "instType=SPOT", ""));
}

START_TEST(an_order_by_socket_that_comes_too_late_is_not_taken)
{
    open_socket();
    ck_assert_str_eq(str(say_order("1", -1000000), "code"), "50036");
    ck_assert_str_eq(str(say_order("2", 0), "code"), "0");
    ck_assert_str_eq(str(say_order("3", 1000000000), "code"), "0");
    ck_assert_uint_eq(n_open(), 2);
}
END_TEST

/* Faults of requests by socket are of the answer too: done and not answered, or answered late. */
START_TEST(an_answer_by_socket_is_lost_or_late_as_told)
{
    static const char *const answers[] = {NULL, NULL, "50004", NULL};
    static const char *const ids[] = {"1", "2", "3", "4"};

    world_close(&w);
    world_open_faults(
        &w, "okx",
        "faults:\n"
        "  - {on: request, method: WS, path: order, nth: 1, do: timeout, effect: true}\n"
        "  - {on: request, method: WS, path: order, nth: 2, do: timeout}\n"
        "  - {on: request, method: WS, path: order, nth: 3, do: error, effect: true}\n"
        "  - {on: request, method: WS, path: order, nth: 4, do: late, delay: 2s}\n");
    open_socket();
    for (int i = 0; i < 4; i++) {
        json_t *answer = say_order(ids[i], 0);

        ck_assert_int_eq(answer != NULL, answers[i] != NULL);
        if (answers[i] != NULL) {
            ck_assert_str_eq(str(answer, "code"), answers[i]);
            ck_assert_str_eq(str(answer, "id"), ids[i]);
        }
    }
    world_pass(&w, 3000000000);
    ck_assert_ptr_nonnull(world_last(&w, 1));
    ck_assert_str_eq(str(world_last(&w, 1)->json, "id"), "4");
    ck_assert_uint_eq(n_open(), 3);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("okx");

    tcase_add_checked_fixture(tcase, open_world, close_world);
    tcase_add_test(tcase, a_swap_is_counted_in_contracts_and_settled_in_its_quote);
    tcase_add_test(tcase, what_only_reduces_never_opens);
    tcase_add_test(tcase, margin_is_held_and_what_it_does_not_suffice_for_is_refused);
    tcase_add_test(tcase, funding_is_paid_where_a_position_is_held);
    tcase_add_test(tcase, an_order_by_socket_that_comes_too_late_is_not_taken);
    tcase_add_test(tcase, an_answer_by_socket_is_lost_or_late_as_told);
    return suite_run("okx", tcase);
}
