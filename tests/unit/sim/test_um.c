// SPDX-License-Identifier: Apache-2.0
/* USD-M futures as a client of the venue meets them. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "sim/stage.h"
#include "suite.h"
#include "world.h"

#define ORDER "/fapi/v1/order"
#define S     1000000000ll

static struct world w;

static void setup(void)
{
    world_open_um(&w, NULL);
    world_pass(&w, S); // the first mark
}

static void teardown(void)
{
    world_close(&w);
}

static json_t *first(void)
{
    return json_array_get(w.json, 0);
}

static const char *text(json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));

    ck_assert_msg(value != NULL, "no %s in %.*s", key, (int)w.reply.body_n, w.reply.body);
    return value;
}

static void amount(const char *value, const char *wanted)
{
    int64_t a, b;

    ck_assert_int_eq(num_parse(value, strlen(value), 8, &a), AGON_OK);
    ck_assert_int_eq(num_parse(wanted, strlen(wanted), 8, &b), AGON_OK);
    ck_assert_msg(a == b, "%s is not %s", value, wanted);
}

static void post(const char *params, int status)
{
    int got = world_signed(&w, "POST", ORDER, params);

    ck_assert_msg(got == status, "%s: %d %.*s", params, got, (int)w.reply.body_n, w.reply.body);
}

// What stands in positionRisk of BTCUSDT.
static json_t *position(const char *side)
{
    json_t *item;
    size_t i;

    ck_assert_int_eq(world_signed(&w, "GET", "/fapi/v2/positionRisk", "symbol=BTCUSDT"), 200);
    json_array_foreach(w.json, i,
                       item) if (strcmp(text(item, "positionSide"), side) == 0) return item;
    ck_abort_msg("no position %s", side);
}

static const char *available(void)
{
    ck_assert_int_eq(world_signed(&w, "GET", "/fapi/v2/balance", ""), 200);
    return text(first(), "availableBalance");
}

static uint64_t listen(uint64_t conn)
{
    char path[160];

    ck_assert_int_eq(world_raw(&w, "POST", "/fapi/v1/listenKey", "", NULL, w.key), 200);
    snprintf(path, sizeof(path), "/ws/%s", world_str(&w, "listenKey"));
    ck_assert_int_eq(world_ws(&w, conn, path), 101);
    world_clear(&w);
    return conn;
}

static void book(const char *bid_px, const char *ask_px)
{
    struct agon_level bid = {.qty = 1000000000}, ask = {.qty = 1000000000};

    num_parse(bid_px, strlen(bid_px), 8, &bid.px);
    num_parse(ask_px, strlen(ask_px), 8, &ask.px);
    world_book(&w, "BTCUSDT", 1, &bid, 1, &ask, 1);
}

static void mark(const char *px)
{
    int64_t value;

    ck_assert_int_eq(num_parse(px, strlen(px), 8, &value), AGON_OK);
    pit_note(w.pit, 0, PIT_INDEX, value);
    world_trade(&w, "BTCUSDT", px, "0.001", AGON_SELL);
    world_pass(&w, 6 * 60 * S); // the mean basis of five minutes is that of this book
}

START_TEST(exchange_info_has_the_contracts)
{
    json_t *symbol;

    ck_assert_int_eq(world_get(&w, "/fapi/v1/exchangeInfo"), 200);
    symbol = json_array_get(json_object_get(w.json, "symbols"), 0);
    ck_assert_str_eq(text(symbol, "symbol"), "BTCUSDT");
    ck_assert_str_eq(text(symbol, "contractType"), "PERPETUAL");
    ck_assert_str_eq(text(symbol, "marginAsset"), "USDT");
    ck_assert_str_eq(world_header(&w, "X-MBX-USED-WEIGHT-1M"), "1");
    ck_assert_int_eq(world_get(&w, "/fapi/v1/depth?symbol=BTCUSDT&limit=5"), 200);
    ck_assert_str_eq(
        json_string_value(json_array_get(json_array_get(json_object_get(w.json, "asks"), 0), 0)),
        "30000.10");
    ck_assert_int_eq(world_get(&w, "/fapi/v1/depth?symbol=BTCUSDT&limit=7"), 400);
    ck_assert_int_eq(world_code(&w), -4021);
}
END_TEST

START_TEST(diffs_chain_by_pu_from_the_snapshot)
{
    struct agon_level level = {.px = 2999980000000, .qty = 300000000};
    int64_t id, last;
    json_t *event;

    ck_assert_int_eq(world_ws(&w, 1, "/public/stream?streams=btcusdt@depth@100ms"), 101);
    ck_assert_int_eq(world_get(&w, "/fapi/v1/depth?symbol=BTCUSDT&limit=1000"), 200);
    id = world_int(&w, "lastUpdateId");
    world_book(&w, "BTCUSDT", 0, &level, 1, NULL, 0);
    world_pass(&w, S / 10);
    event = world_event(&w, 1, "depthUpdate", 0);
    ck_assert_ptr_nonnull(event);
    ck_assert_int_eq(json_integer_value(json_object_get(event, "pu")), id);
    last = json_integer_value(json_object_get(event, "u"));
    level.qty = 0;
    world_book(&w, "BTCUSDT", 0, &level, 1, NULL, 0);
    world_pass(&w, S / 10);
    event = world_event(&w, 1, "depthUpdate", 1);
    ck_assert_int_eq(json_integer_value(json_object_get(event, "pu")), last);
    ck_assert_str_eq(
        json_string_value(json_array_get(json_array_get(json_object_get(event, "b"), 0), 1)),
        "0.000");
}
END_TEST

START_TEST(an_order_rests_is_told_is_found_and_is_cancelled)
{
    json_t *event, *order;
    int64_t id;

    listen(1);
    post("symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTX&quantity=0.010&price=29990.00"
         "&newClientOrderId=ag-1",
         200);
    id = world_int(&w, "orderId");
    ck_assert_str_eq(world_str(&w, "status"), "NEW");
    ck_assert_str_eq(world_str(&w, "timeInForce"), "GTX");
    ck_assert_str_eq(world_header(&w, "X-MBX-ORDER-COUNT-1M"), "1");
    event = world_event(&w, 1, "ORDER_TRADE_UPDATE", 0);
    ck_assert_ptr_nonnull(event);
    order = json_object_get(event, "o");
    ck_assert_str_eq(json_string_value(json_object_get(order, "x")), "NEW");
    ck_assert_str_eq(json_string_value(json_object_get(order, "c")), "ag-1");
    ck_assert_int_eq(json_integer_value(json_object_get(order, "i")), id);
    // 299.90 at 20 times.
    amount(available(), "999985.005");
    post("symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.010&price=29990.00"
         "&newClientOrderId=ag-1",
         400);
    ck_assert_int_eq(world_code(&w), -4116);
    ck_assert_int_eq(world_signed(&w, "GET", ORDER, "symbol=BTCUSDT&origClientOrderId=ag-1"), 200);
    ck_assert_int_eq(world_int(&w, "orderId"), id);
    ck_assert_int_eq(world_signed(&w, "DELETE", ORDER, "symbol=BTCUSDT&origClientOrderId=ag-1"),
                     200);
    ck_assert_str_eq(world_str(&w, "status"), "CANCELED");
    ck_assert_int_eq(world_signed(&w, "DELETE", ORDER, "symbol=BTCUSDT&origClientOrderId=ag-1"),
                     400);
    ck_assert_int_eq(world_code(&w), -2011);
    ck_assert_int_eq(world_signed(&w, "GET", ORDER, "symbol=BTCUSDT&orderId=7"), 400);
    ck_assert_int_eq(world_code(&w), -2013);
    amount(available(), "1000000");
}
END_TEST

static const struct {
    const char *what, *params;
    int64_t code;
} refused[] = {
    {"tick", "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.01&price=29990.05",
     -4014},
    {"precision", "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.0105&price=29990",
     -1111},
    {"notional", "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.003&price=29990",
     -4164},
    {"zero", "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0", -4003},
    {"too high", "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.01&price=32000",
     -4016},
    {"too low", "symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=0.01&price=28000",
     -4024},
    {"margin", "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=700&price=29990",
     -2019},
    {"bracket", "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=4000&price=29990",
     -4005},
    {"post only", "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTX&quantity=0.01&price=30000.10",
     -5022},
    {"fill or kill", "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=FOK&quantity=9&price=30000.10",
     -5021},
    {"reduce only", "symbol=BTCUSDT&side=SELL&type=MARKET&quantity=0.01&reduceOnly=true", -2022},
    {"hedged", "symbol=BTCUSDT&side=SELL&type=MARKET&quantity=0.01&positionSide=SHORT", -4061},
    {"triggers", "symbol=BTCUSDT&side=SELL&type=STOP_MARKET&quantity=0.01&stopPrice=30010", -2021},
    {"no price", "symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=0.01", -1102},
    {"symbol", "symbol=NOPEUSDT&side=SELL&type=MARKET&quantity=0.01", -1121},
};

START_TEST(refuses_with_the_venues_codes)
{
    int status = world_signed(&w, "POST", ORDER, refused[_i].params);

    ck_assert_msg(status == 400 && world_code(&w) == refused[_i].code, "%s: %d %lld %s",
                  refused[_i].what, status, (long long)world_code(&w), world_msg(&w));
}
END_TEST

START_TEST(a_fill_opens_a_position_and_its_close_realises)
{
    json_t *event, *item;

    listen(1);
    post("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1&newOrderRespType=RESULT", 200);
    ck_assert_str_eq(world_str(&w, "status"), "FILLED");
    amount(world_str(&w, "avgPrice"), "30000.10");
    item = position("BOTH");
    amount(text(item, "positionAmt"), "1");
    amount(text(item, "entryPrice"), "30000.10");
    ck_assert_str_eq(text(item, "marginType"), "cross");
    event = world_event(&w, 1, "ACCOUNT_UPDATE", 0);
    ck_assert_ptr_nonnull(event);
    item = json_array_get(json_object_get(json_object_get(event, "a"), "P"), 0);
    amount(json_string_value(json_object_get(item, "pa")), "1");
    // 0.05 % of 30000.10.
    item = json_array_get(json_object_get(json_object_get(event, "a"), "B"), 0);
    amount(json_string_value(json_object_get(item, "wb")), "999984.99995");
    book("30100", "30100.10");
    post("symbol=BTCUSDT&side=SELL&type=MARKET&quantity=5&reduceOnly=true", 200);
    amount(text(position("BOTH"), "positionAmt"), "0");
    ck_assert_int_eq(world_signed(&w, "GET", "/fapi/v1/income", "incomeType=REALIZED_PNL"), 200);
    amount(text(first(), "income"), "99.9");
    ck_assert_int_eq(world_signed(&w, "GET", "/fapi/v1/userTrades", "symbol=BTCUSDT"), 200);
    ck_assert_int_eq((int)json_array_size(w.json), 2);
    amount(text(json_array_get(w.json, 1), "realizedPnl"), "99.9");
    ck_assert_int_eq(world_signed(&w, "GET", "/fapi/v2/balance", ""), 200);
    amount(text(first(), "balance"), "1000069.84995");
}
END_TEST

START_TEST(hedged_positions_stand_side_by_side)
{
    ck_assert_int_eq(
        world_signed(&w, "POST", "/fapi/v1/positionSide/dual", "dualSidePosition=true"), 200);
    ck_assert_int_eq(
        world_signed(&w, "POST", "/fapi/v1/positionSide/dual", "dualSidePosition=true"), 400);
    ck_assert_int_eq(world_code(&w), -4059);
    post("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.5&positionSide=LONG", 200);
    post("symbol=BTCUSDT&side=SELL&type=MARKET&quantity=0.2&positionSide=SHORT", 200);
    amount(text(position("LONG"), "positionAmt"), "0.5");
    amount(text(position("SHORT"), "positionAmt"), "-0.2");
    post("symbol=BTCUSDT&side=SELL&type=MARKET&quantity=0.6&positionSide=LONG", 400);
    ck_assert_int_eq(world_code(&w), -2022);
    post("symbol=BTCUSDT&side=SELL&type=MARKET&quantity=0.5&positionSide=LONG", 200);
    amount(text(position("LONG"), "positionAmt"), "0");
    amount(text(position("SHORT"), "positionAmt"), "-0.2");
    ck_assert_int_eq(
        world_signed(&w, "POST", "/fapi/v1/positionSide/dual", "dualSidePosition=false"), 400);
    ck_assert_int_eq(world_code(&w), -4068);
}
END_TEST

START_TEST(stops_wait_for_the_price_that_was_asked)
{
    post("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1", 200);
    post("symbol=BTCUSDT&side=SELL&type=STOP_MARKET&closePosition=true&stopPrice=29950"
         "&newClientOrderId=stop&workingType=CONTRACT_PRICE",
         200);
    post("symbol=BTCUSDT&side=SELL&type=STOP_MARKET&quantity=0.4&stopPrice=29000"
         "&newClientOrderId=mark&workingType=MARK_PRICE",
         200);
    world_trade(&w, "BTCUSDT", "29951", "0.01", AGON_SELL);
    amount(text(position("BOTH"), "positionAmt"), "1");
    book("29940", "29940.10");
    world_trade(&w, "BTCUSDT", "29949", "0.01", AGON_SELL);
    amount(text(position("BOTH"), "positionAmt"), "0");
    ck_assert_int_eq(world_signed(&w, "GET", ORDER, "symbol=BTCUSDT&origClientOrderId=stop"), 200);
    ck_assert_str_eq(world_str(&w, "status"), "FILLED");
    ck_assert_str_eq(world_str(&w, "type"), "MARKET");
    ck_assert_str_eq(world_str(&w, "origType"), "STOP_MARKET");
    // A last price below it does not fire the one that watches the mark.
    world_trade(&w, "BTCUSDT", "28900", "0.01", AGON_SELL);
    ck_assert_int_eq(world_signed(&w, "GET", ORDER, "symbol=BTCUSDT&origClientOrderId=mark"), 200);
    ck_assert_str_eq(world_str(&w, "status"), "NEW");
}
END_TEST

START_TEST(a_trailing_stop_follows_and_turns)
{
    post("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1", 200);
    post("symbol=BTCUSDT&side=SELL&type=TRAILING_STOP_MARKET&quantity=1&callbackRate=1"
         "&reduceOnly=true&newClientOrderId=trail",
         200);
    book("30490", "30490.10");
    world_trade(&w, "BTCUSDT", "30500", "0.01", AGON_SELL); // the peak: out at 30195
    world_trade(&w, "BTCUSDT", "30196", "0.01", AGON_SELL);
    amount(text(position("BOTH"), "positionAmt"), "1");
    world_trade(&w, "BTCUSDT", "30195", "0.01", AGON_SELL);
    amount(text(position("BOTH"), "positionAmt"), "0");
}
END_TEST

START_TEST(conditional_orders_of_the_algo_service_become_orders)
{
    static const char *const states[] = {"NEW", "TRIGGERING", "TRIGGERED", "FINISHED"};
    int64_t algo;

    listen(1);
    post("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1", 200);
    ck_assert_int_eq(world_signed(&w, "POST", "/fapi/v1/algoOrder",
                                  "algoType=CONDITIONAL&symbol=BTCUSDT&side=SELL&type=STOP_MARKET"
                                  "&quantity=1&triggerPrice=29950&reduceOnly=true"
                                  "&clientAlgoId=al-1"),
                     200);
    algo = world_int(&w, "algoId");
    ck_assert_int_eq(world_signed(&w, "GET", "/fapi/v1/openOrders", ""), 200);
    ck_assert_int_eq((int)json_array_size(w.json), 0);
    ck_assert_int_eq(world_signed(&w, "GET", "/fapi/v1/openAlgoOrders", ""), 200);
    ck_assert_int_eq((int)json_array_size(w.json), 1);
    world_trade(&w, "BTCUSDT", "29949", "0.01", AGON_SELL);
    amount(text(position("BOTH"), "positionAmt"), "0");
    for (uint32_t i = 0; i < 4; i++)
        ck_assert_str_eq(json_string_value(json_object_get(
                             json_object_get(world_event(&w, 1, "ALGO_UPDATE", i), "o"), "X")),
                         states[i]);
    ck_assert_int_eq(world_signed(&w, "GET", "/fapi/v1/algoOrder", "clientAlgoId=al-1"), 200);
    ck_assert_int_eq(world_int(&w, "algoId"), algo);
    ck_assert_str_eq(world_str(&w, "algoStatus"), "FINISHED");
    ck_assert_int_eq(world_signed(&w, "GET", ORDER, "symbol=BTCUSDT&origClientOrderId=al-1"), 200);
    ck_assert_str_eq(world_str(&w, "status"), "FILLED");
}
END_TEST

START_TEST(an_order_is_amended)
{
    listen(1);
    post("symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.010&price=29990.00"
         "&newClientOrderId=ag-1",
         200);
    ck_assert_int_eq(world_signed(&w, "PUT", ORDER,
                                  "symbol=BTCUSDT&side=BUY&origClientOrderId=ag-1&quantity=0.02"
                                  "&price=29995"),
                     200);
    ck_assert_str_eq(world_str(&w, "price"), "29995.00");
    ck_assert_str_eq(world_str(&w, "origQty"), "0.020");
    ck_assert_int_eq(world_signed(&w, "PUT", ORDER,
                                  "symbol=BTCUSDT&side=BUY&origClientOrderId=ag-1&quantity=0.02"
                                  "&price=29995"),
                     400);
    ck_assert_int_eq(world_code(&w), -5027);
    ck_assert_str_eq(json_string_value(json_object_get(
                         json_object_get(world_event(&w, 1, "ORDER_TRADE_UPDATE", 1), "o"), "x")),
                     "AMENDMENT");
    amount(available(), "999970.005");
}
END_TEST

START_TEST(batches_answer_each_order)
{
    ck_assert_int_eq(
        world_signed(&w, "POST", "/fapi/v1/batchOrders",
                     "batchOrders=%5B%7B%22symbol%22%3A%22BTCUSDT%22%2C%22side%22%3A%22BUY%22%2C"
                     "%22type%22%3A%22LIMIT%22%2C%22timeInForce%22%3A%22GTC%22%2C%22quantity%22%3A"
                     "%220.01%22%2C%22price%22%3A%2229990%22%7D%2C%7B%22symbol%22%3A%22NOPE%22%7D"
                     "%5D"),
        200);
    ck_assert_str_eq(text(first(), "status"), "NEW");
    ck_assert_int_eq(json_integer_value(json_object_get(json_array_get(w.json, 1), "code")), -1121);
    ck_assert_int_eq(world_signed(&w, "DELETE", "/fapi/v1/allOpenOrders", "symbol=BTCUSDT"), 200);
    ck_assert_int_eq(world_signed(&w, "GET", "/fapi/v1/openOrders", ""), 200);
    ck_assert_int_eq((int)json_array_size(w.json), 0);
}
END_TEST

START_TEST(the_dead_mans_switch_cancels_unless_renewed)
{
    static const char countdown[] = "/fapi/v1/countdownCancelAll";

    post("symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.010&price=29990.00", 200);
    ck_assert_int_eq(world_signed(&w, "POST", countdown, "symbol=BTCUSDT&countdownTime=5000"), 200);
    world_pass(&w, 4 * S);
    ck_assert_int_eq(world_signed(&w, "POST", countdown, "symbol=BTCUSDT&countdownTime=5000"), 200);
    world_pass(&w, 4 * S);
    ck_assert_int_eq(world_signed(&w, "GET", "/fapi/v1/openOrders", ""), 200);
    ck_assert_int_eq((int)json_array_size(w.json), 1);
    world_pass(&w, S);
    ck_assert_int_eq(world_signed(&w, "GET", "/fapi/v1/openOrders", ""), 200);
    ck_assert_int_eq((int)json_array_size(w.json), 0);
}
END_TEST

START_TEST(an_isolated_position_is_liquidated_and_loses_its_margin_at_most)
{
    json_t *event, *order;

    listen(1);
    ck_assert_int_eq(world_ws(&w, 2, "/ws/!forceOrder@arr"), 101);
    ck_assert_int_eq(
        world_signed(&w, "POST", "/fapi/v1/marginType", "symbol=BTCUSDT&marginType=ISOLATED"), 200);
    ck_assert_int_eq(world_signed(&w, "POST", "/fapi/v1/leverage", "symbol=BTCUSDT&leverage=100"),
                     200);
    post("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1", 200);
    amount(text(position("BOTH"), "isolatedWallet"), "300.001");
    // 300.001 + p - 30000.10 = 0.004 p  <=>  p = 29700.099 / 0.996 = 29819.37650602
    amount(text(position("BOTH"), "liquidationPrice"), "29819.37650602");
    post("symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.01&price=28600", 200);
    world_clear(&w);
    book("29800", "29800.10");
    mark("29800");
    amount(text(position("BOTH"), "positionAmt"), "0");
    ck_assert_int_eq(world_signed(&w, "GET", "/fapi/v1/openOrders", ""), 200);
    ck_assert_int_eq((int)json_array_size(w.json), 0);
    for (uint32_t i = 0; (event = world_event(&w, 1, "ORDER_TRADE_UPDATE", i)) != NULL; i++) {
        order = json_object_get(event, "o");
        if (strcmp(json_string_value(json_object_get(order, "x")), "CALCULATED") == 0)
            break;
    }
    ck_assert_ptr_nonnull(event);
    ck_assert(strncmp(json_string_value(json_object_get(order, "c")), "autoclose-", 10) == 0);
    ck_assert_uint_eq(world_events(&w, 2, "forceOrder"), 1);
    // Sold at 29800: 200.10 lost, 14.9 taker fee; the fund's 372.5 is cut to what was left.
    ck_assert_int_eq(world_signed(&w, "GET", "/fapi/v1/income", "incomeType=INSURANCE_CLEAR"), 200);
    amount(text(first(), "income"), "-85.001");
    ck_assert_int_eq(world_signed(&w, "GET", "/fapi/v2/balance", ""), 200);
    amount(text(first(), "balance"), "999684.99895");
}
END_TEST

static const char *income_of(const char *type)
{
    char params[64];

    snprintf(params, sizeof(params), "incomeType=%s", type);
    ck_assert_int_eq(world_signed(&w, "GET", "/fapi/v1/income", params), 200);
    ck_assert_uint_ge(json_array_size(w.json), 1);
    return text(first(), "income");
}

// The book takes 0.4; at 29700.10 nothing of the margin is left, and there the fund takes 0.6.
START_TEST(the_insurance_fund_takes_what_the_book_does_not)
{
    struct agon_level bid = {2980000000000, 40000000}, ask = {2980010000000, 100000000};

    ck_assert_int_eq(
        world_signed(&w, "POST", "/fapi/v1/marginType", "symbol=BTCUSDT&marginType=ISOLATED"), 200);
    ck_assert_int_eq(world_signed(&w, "POST", "/fapi/v1/leverage", "symbol=BTCUSDT&leverage=100"),
                     200);
    post("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1", 200);
    world_book(&w, "BTCUSDT", 1, &bid, 1, &ask, 1);
    mark("29800");
    amount(text(position("BOTH"), "positionAmt"), "0");
    ck_assert_int_eq(world_signed(&w, "GET", "/fapi/v1/userTrades", "symbol=BTCUSDT"), 200);
    ck_assert_int_eq((int)json_array_size(w.json), 3);
    amount(text(json_array_get(w.json, 1), "price"), "29800");
    amount(text(json_array_get(w.json, 1), "qty"), "0.4");
    amount(text(json_array_get(w.json, 2), "price"), "29700.1");
    amount(text(json_array_get(w.json, 2), "qty"), "0.6");
    // 15.00005 to open; 300.001 of margin: 80.04 and 180 lost, 5.96 fee, the rest is the fund's.
    amount(income_of("INSURANCE_CLEAR"), "-34.001");
    ck_assert_int_eq(world_signed(&w, "GET", "/fapi/v2/balance", ""), 200);
    amount(text(first(), "balance"), "999684.99895");
    // Nothing is left in the engine either: the next order opens.
    post("symbol=BTCUSDT&side=SELL&type=MARKET&quantity=0.01&reduceOnly=true", 400);
    ck_assert_int_eq(world_code(&w), -2022);
}
END_TEST

// A hundred at 29,900 backed by a million: nothing is left at 19,900.
START_TEST(a_cross_account_is_told_and_then_liquidated)
{
    struct agon_level bid = {2990000000000, 10000000000}, ask = {2990010000000, 10000000000};

    listen(1);
    ck_assert_int_eq(world_signed(&w, "POST", "/fapi/v1/leverage", "symbol=BTCUSDT&leverage=50"),
                     200);
    world_book(&w, "BTCUSDT", 1, &bid, 1, &ask, 1);
    mark("29900");
    post("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=100&newOrderRespType=RESULT", 200);
    bid.px = 2000000000000;
    ask.px = 2000010000000;
    world_book(&w, "BTCUSDT", 1, &bid, 1, &ask, 1);
    mark("20500");
    ck_assert_uint_eq(world_events(&w, 1, "MARGIN_CALL"), 0);
    amount(text(position("BOTH"), "positionAmt"), "100");
    mark("20060"); // 14,500 are left, 12,089 are needed
    ck_assert_uint_eq(world_events(&w, 1, "MARGIN_CALL"), 1);
    mark("20000");
    amount(text(position("BOTH"), "positionAmt"), "0");
    ck_assert_int_eq(world_signed(&w, "GET", "/fapi/v2/balance", ""), 200);
    ck_assert_ptr_null(strchr(text(first(), "balance"), '-'));
    ck_assert_int_eq(world_signed(&w, "GET", "/fapi/v1/forceOrders", ""), 200);
    ck_assert_int_eq((int)json_array_size(w.json), 1);
}
END_TEST

START_TEST(funding_comes_every_eight_hours)
{
    post("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1", 200);
    listen(1);
    ck_assert_int_eq(world_get(&w, "/fapi/v1/premiumIndex?symbol=BTCUSDT"), 200);
    world_pass(&w, world_int(&w, "nextFundingTime") * 1000000 - w.now.market);
    ck_assert_int_eq(world_signed(&w, "GET", "/fapi/v1/income", "incomeType=FUNDING_FEE"), 200);
    ck_assert_int_eq((int)json_array_size(w.json), 1);
    ck_assert_int_eq(world_get(&w, "/fapi/v1/fundingRate?symbol=BTCUSDT"), 200);
    ck_assert_int_eq((int)json_array_size(w.json), 1);
    ck_assert_str_eq(text(first(), "fundingRate"), "0.00010000");
}
END_TEST

// 20 hours of history, 0.1 % above the index: P - 0.05 % at each of the two or three fundings in
// it.
START_TEST(fundings_of_the_history_are_known)
{
    struct pit_symbol symbol;
    static agon_px_t marks[1200], indexes[1200];
    struct sim_config config = {.members = &w.members};
    struct error err = {0};
    json_t *item;
    size_t i;

    world_close(&w);
    memset(&w, 0, sizeof(w));
    members_default(&w.members);
    w.now = (struct sim_time){WORLD_T0, WORLD_T0};
    w.dialect = sim_dialect_find("binance_um");
    w.peer = "127.0.0.1";
    for (i = 0; i < 1200; i++) {
        indexes[i] = 3000000000000;
        marks[i] = 3003000000000;
    }
    ck_assert_int_eq(w.dialect->symbol("BTCUSDT", 2, 4, &symbol), AGON_OK);
    ck_assert_int_eq(pit_new(&w.pit, &symbol, 1, WORLD_T0, &err), AGON_OK);
    ck_assert_int_eq(pit_note_history(w.pit, 0, PIT_INDEX, indexes, 1200), AGON_OK);
    ck_assert_int_eq(pit_note_history(w.pit, 0, PIT_MARK, marks, 1200), AGON_OK);
    config.pit = w.pit;
    ck_assert_int_eq(w.dialect->open(&w.sim, &config, &err), AGON_OK);
    ck_assert_int_eq(world_get(&w, "/fapi/v1/fundingRate?symbol=BTCUSDT"), 200);
    ck_assert_uint_ge(json_array_size(w.json), 2);
    json_array_foreach(w.json, i, item)
    {
        ck_assert_str_eq(text(item, "fundingRate"), "0.00050000");
        ck_assert_int_eq(
            json_integer_value(json_object_get(item, "fundingTime")) % (8 * 3600 * 1000), 0);
    }
    ck_assert_int_eq(world_get(&w, "/fapi/v1/premiumIndex?symbol=BTCUSDT"), 200);
    ck_assert_str_eq(world_str(&w, "lastFundingRate"), "0.00050000");
    ck_assert_int_gt(world_int(&w, "nextFundingTime"), WORLD_T0 / 1000000);
}
END_TEST

static const struct {
    const char *venue, *name, *symbol, *depth, *stream, *bid, *recording;
} tapes[] = {
    {"binance_um", "binance_um_BTCUSDT_1.raw", "BTCUSDT", "/fapi/v1/depth?symbol=BTCUSDT&limit=5",
     "/ws/btcusdt@depth@100ms", "61773.50",
     "1700000000000000000 {\"stream\":\"btcusdt@depth@0ms\",\"data\":{\"e\":\"depthUpdate\","
     "\"E\":1700000000100,\"T\":1700000000100,\"s\":\"BTCUSDT\",\"U\":3,\"u\":5,\"pu\":2,"
     "\"b\":[[\"61773.60\",\"1.000\"]],\"a\":[]}}\n"
     "1700000000100000000 {\"lastUpdateId\":5,\"E\":1700000000150,\"T\":1700000000150,\"bids\":"
     "[[\"61773.60\",\"1.000\"]],\"asks\":[[\"61774.60\",\"3.000\"]]}\n"
     "1700000000300000000 {\"stream\":\"btcusdt@depth@0ms\",\"data\":{\"e\":\"depthUpdate\","
     "\"E\":1700000000300,\"T\":1700000000300,\"s\":\"BTCUSDT\",\"U\":6,\"u\":9,\"pu\":5,"
     "\"b\":[[\"61773.60\",\"0.000\"],[\"61773.50\",\"4.000\"]],\"a\":[]}}\n"},
    {"binance_cm", "binance_cm_BTCUSD_PERP_1.raw", "BTCUSD_PERP",
     "/dapi/v1/depth?symbol=BTCUSD_PERP&limit=5", "/ws/btcusd_perp@depth@100ms", "61773.5",
     "1700000000000000000 {\"stream\":\"btcusd_perp@depth@0ms\",\"data\":{\"e\":\"depthUpdate\","
     "\"E\":1700000000100,\"T\":1700000000100,\"s\":\"BTCUSD_PERP\",\"ps\":\"BTCUSD\",\"U\":3,"
     "\"u\":5,\"pu\":2,\"b\":[[\"61773.6\",\"1\"]],\"a\":[]}}\n"
     "1700000000100000000 {\"lastUpdateId\":5,\"E\":1700000000150,\"T\":1700000000150,\"bids\":"
     "[[\"61773.6\",\"1\"]],\"asks\":[[\"61774.6\",\"3\"]]}\n"
     "1700000000300000000 {\"stream\":\"btcusd_perp@depth@0ms\",\"data\":{\"e\":\"depthUpdate\","
     "\"E\":1700000000300,\"T\":1700000000300,\"s\":\"BTCUSD_PERP\",\"ps\":\"BTCUSD\",\"U\":6,"
     "\"u\":9,\"pu\":5,\"b\":[[\"61773.6\",\"0\"],[\"61773.5\",\"4\"]],\"a\":[]}}\n"},
};

START_TEST(recorded_futures_books_are_played)
{
    const struct stage_file file = {
        .name = tapes[_i].name, .bytes = tapes[_i].recording, .n = strlen(tapes[_i].recording)};
    struct stage stage = {.files = &file, .n_files = 1};
    struct sim_config config = {.members = &w.members};
    struct error err = {0};
    json_t *level, *event;
    int64_t id;
    agon_ns_t t;

    world_close(&w);
    memset(&w, 0, sizeof(w));
    members_default(&w.members);
    w.peer = "127.0.0.1";
    stage.dialect = w.dialect = sim_dialect_find(tapes[_i].venue);
    ck_assert_msg(stage_build(&w.pit, &t, &stage, &err) == AGON_OK, "%s", err.text);
    w.now = (struct sim_time){t, t};
    config.pit = w.pit;
    config.sink = (struct sim_sink){.ctx = &w, .frame = world_take};
    ck_assert_int_eq(w.dialect->open(&w.sim, &config, &err), AGON_OK);
    ck_assert_str_eq(pit_at(w.pit, 0)->name, tapes[_i].symbol);
    ck_assert_int_eq(world_ws(&w, 1, tapes[_i].stream), 101);
    ck_assert_int_eq(world_get(&w, tapes[_i].depth), 200);
    id = world_int(&w, "lastUpdateId");
    world_pass(&w, S);
    event = world_event(&w, 1, "depthUpdate", 0);
    ck_assert_ptr_nonnull(event);
    ck_assert_int_eq(json_integer_value(json_object_get(event, "pu")), id);
    ck_assert(!json_object_get(event, "ps") == (_i == 0));
    ck_assert_int_eq(world_get(&w, tapes[_i].depth), 200);
    level = json_array_get(json_array_get(json_object_get(w.json, "bids"), 0), 0);
    ck_assert_str_eq(json_string_value(level), tapes[_i].bid);
}
END_TEST

START_TEST(marks_and_rates_are_streamed)
{
    json_t *event;

    ck_assert_int_eq(world_ws(&w, 1, "/market/ws/btcusdt@markPrice@1s"), 101);
    world_pass(&w, 3 * S);
    ck_assert_uint_eq(world_events(&w, 1, "markPriceUpdate"), 3);
    event = world_event(&w, 1, "markPriceUpdate", 0);
    ck_assert_ptr_nonnull(json_object_get(event, "i"));
    ck_assert_ptr_nonnull(json_object_get(event, "r"));
    ck_assert_int_gt(json_integer_value(json_object_get(event, "T")), 0);
}
END_TEST

START_TEST(the_request_socket_trades)
{
    ck_assert_int_eq(world_ws(&w, 1, "/ws-fapi/v1"), 101);
    ck_assert_int_eq(world_api(&w, 1, "order.place",
                               "{\"symbol\":\"BTCUSDT\",\"side\":\"BUY\",\"type\":\"LIMIT\","
                               "\"timeInForce\":\"GTC\",\"quantity\":\"0.01\",\"price\":\"29990\","
                               "\"newClientOrderId\":\"a\"}",
                               1),
                     200);
    ck_assert_int_eq(
        world_api(&w, 1, "order.cancel", "{\"symbol\":\"BTCUSDT\",\"origClientOrderId\":\"a\"}", 1),
        200);
    ck_assert_int_eq(
        world_api(&w, 1, "order.status", "{\"symbol\":\"BTCUSDT\",\"origClientOrderId\":\"b\"}", 1),
        400);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("um");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, exchange_info_has_the_contracts);
    tcase_add_test(tcase, diffs_chain_by_pu_from_the_snapshot);
    tcase_add_test(tcase, an_order_rests_is_told_is_found_and_is_cancelled);
    tcase_add_loop_test(tcase, refuses_with_the_venues_codes, 0,
                        sizeof(refused) / sizeof(refused[0]));
    tcase_add_test(tcase, a_fill_opens_a_position_and_its_close_realises);
    tcase_add_test(tcase, hedged_positions_stand_side_by_side);
    tcase_add_test(tcase, stops_wait_for_the_price_that_was_asked);
    tcase_add_test(tcase, a_trailing_stop_follows_and_turns);
    tcase_add_test(tcase, conditional_orders_of_the_algo_service_become_orders);
    tcase_add_test(tcase, an_order_is_amended);
    tcase_add_test(tcase, batches_answer_each_order);
    tcase_add_test(tcase, the_dead_mans_switch_cancels_unless_renewed);
    tcase_add_test(tcase, an_isolated_position_is_liquidated_and_loses_its_margin_at_most);
    tcase_add_test(tcase, the_insurance_fund_takes_what_the_book_does_not);
    tcase_add_test(tcase, a_cross_account_is_told_and_then_liquidated);
    tcase_add_test(tcase, funding_comes_every_eight_hours);
    tcase_add_test(tcase, fundings_of_the_history_are_known);
    tcase_add_loop_test(tcase, recorded_futures_books_are_played, 0, 2);
    tcase_add_test(tcase, marks_and_rates_are_streamed);
    tcase_add_test(tcase, the_request_socket_trades);
    return suite_run("sim_um", tcase);
}
