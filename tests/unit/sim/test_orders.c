// SPDX-License-Identifier: Apache-2.0
#include <check.h>
#include <stdlib.h>

#include "suite.h"
#include "world.h"

#define ORDER "/api/v3/order"

static struct world w;

static void setup(void)
{
    world_open(&w, NULL);
}

static void teardown(void)
{
    world_close(&w);
}

static const struct {
    const char *what, *params;
    int status;
    int64_t code;
    const char *msg;
} refused[] = {
    {"no symbol", "side=BUY", 400, -1102,
     "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed."},
    {"unknown symbol", "symbol=AAABBB&side=BUY&type=MARKET&quantity=1", 400, -1121,
     "Invalid symbol."},
    {"lower case symbol", "symbol=btcusdt&side=BUY&type=MARKET&quantity=1", 400, -1100, NULL},
    {"side", "symbol=BTCUSDT&side=HOLD&type=MARKET&quantity=1", 400, -1117, "Invalid side."},
    {"type", "symbol=BTCUSDT&side=BUY&type=FANCY&quantity=1", 400, -1116, "Invalid orderType."},
    {"time in force", "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTX&quantity=1&price=1", 400,
     -1115, "Invalid timeInForce."},
    {"limit without time in force", "symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=30000",
     400, -1102, "Mandatory parameter 'timeInForce' was not sent, was empty/null, or malformed."},
    {"limit without price", "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1", 400,
     -1102, "Mandatory parameter 'price' was not sent, was empty/null, or malformed."},
    {"market with price", "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1&price=30000", 400, -1106,
     "Parameter 'price' sent when not required."},
    {"market without quantity", "symbol=BTCUSDT&side=BUY&type=MARKET", 400, -1102,
     "Param 'quantity' or 'quoteOrderQty' must be sent, but both were empty/null!"},
    {"maker with time in force",
     "symbol=BTCUSDT&side=BUY&type=LIMIT_MAKER&timeInForce=GTC&quantity=1&price=29000", 400, -1106,
     "Parameter 'timeInForce' sent when not required."},
    {"stop without stop price",
     "symbol=BTCUSDT&side=SELL&type=STOP_LOSS_LIMIT&timeInForce=GTC&quantity=1&price=29000", 400,
     -1102, "Param 'stopPrice' or 'trailingDelta' must be sent, but both were empty/null!"},
    {"illegal quantity", "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1e3", 400, -1100,
     "Illegal characters found in parameter 'quantity'; legal range is "
     "'^([0-9]{1,20})(\\.[0-9]{1,20})?$'."},
    {"negative quantity", "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=-1", 400, -1100, NULL},
    {"empty quantity", "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=", 400, -1105,
     "Parameter 'quantity' was empty."},
    {"precision", "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.123456789", 400, -1111,
     "Parameter 'quantity' has too much precision."},
    {"overflow", "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=99999999999999999999", 400, -1108,
     "Parameter 'quantity' overflowed."},
    {"client id", "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1&newClientOrderId=a%20b", 400,
     -1100, NULL},
    {"client id too long",
     "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1&newClientOrderId="
     "1234567890123456789012345678901234567",
     400, -1100, NULL},
    {"unknown parameter", "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1&foo=1", 400, -1104,
     "Not all sent parameters were read; read '6' parameter(s) but was sent '7'."},
    {"twice the same", "symbol=BTCUSDT&symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1", 400, -1101,
     "Duplicate values for a parameter detected."},
    {"off the tick",
     "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=29000.001", 400, -1013,
     "Filter failure: PRICE_FILTER"},
    {"above the highest price",
     "symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=0.001&price=1000000.01", 400,
     -1013, "Filter failure: PRICE_FILTER"},
    {"five times the mean",
     "symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=0.001&price=150000.01", 400,
     -1013, "Filter failure: PERCENT_PRICE_BY_SIDE"},
    {"under a fifth of the mean",
     "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.01&price=5999.99", 400, -1013,
     "Filter failure: PERCENT_PRICE_BY_SIDE"},
    {"off the lot", "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.000015", 400, -1013,
     "Filter failure: LOT_SIZE"},
    {"above the largest quantity",
     "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=9000.00001&price=29000", 400,
     -1013, "Filter failure: LOT_SIZE"},
    {"too much for a market order", "symbol=BTCUSDT&side=SELL&type=MARKET&quantity=101", 400, -1013,
     "Filter failure: MARKET_LOT_SIZE"},
    {"notional", "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.00017&price=29000",
     400, -1013, "Filter failure: NOTIONAL"},
    {"notional by mean", "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.00016", 400, -1013,
     "Filter failure: NOTIONAL"},
    {"quantity zero", "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0", 400, -1013,
     "Invalid quantity."},
    {"price zero", "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0", 400,
     -1013, "Invalid price."},
    {"funds", "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=100&price=29000", 400,
     -2010, "Account has insufficient balance for requested action."},
    {"maker that would take", "symbol=BTCUSDT&side=BUY&type=LIMIT_MAKER&quantity=1&price=30000.01",
     400, -2010, "Order would immediately match and take."},
    {"stop already passed",
     "symbol=BTCUSDT&side=SELL&type=STOP_LOSS_LIMIT&timeInForce=GTC&quantity=1&price=29000"
     "&stopPrice=30001",
     400, -2010, "Order would trigger immediately."},
    {"iceberg",
     "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=29000&icebergQty=0.1",
     400, -2010, "Iceberg orders are not supported for this symbol."},
    {"trailing", "symbol=BTCUSDT&side=SELL&type=STOP_LOSS&quantity=1&trailingDelta=10", 400, -2010,
     "Trailing stop orders are not supported for this symbol."},
    {"self-trade mode not allowed",
     "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1&selfTradePreventionMode=DECREMENT", 400, -1013,
     "This symbol does not allow the specified self-trade prevention mode."},
    {"strategy type", "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1&strategyType=999999", 400,
     -1134, NULL},
};

START_TEST(refuses_with_the_venues_code_and_words)
{
    int status = world_signed(&w, "POST", ORDER, refused[_i].params);

    ck_assert_msg(status == refused[_i].status && world_code(&w) == refused[_i].code,
                  "%s: %d %lld %s", refused[_i].what, status, (long long)world_code(&w),
                  world_msg(&w));
    if (refused[_i].msg)
        ck_assert_str_eq(world_msg(&w), refused[_i].msg);
    // A test order is judged alike, up to what only the engine knows.
    if (refused[_i].code != -2010) {
        ck_assert_int_eq(world_signed(&w, "POST", ORDER "/test", refused[_i].params), 400);
        ck_assert_int_eq(world_code(&w), refused[_i].code);
    }
}
END_TEST

static void check_balance(const char *asset, const char *free_text, const char *locked_text)
{
    json_t *item;
    size_t i;

    ck_assert_int_eq(world_signed(&w, "GET", "/api/v3/account", ""), 200);
    json_array_foreach(json_object_get(w.json, "balances"), i, item)
    {
        if (strcmp(json_string_value(json_object_get(item, "asset")), asset) != 0)
            continue;
        ck_assert_str_eq(json_string_value(json_object_get(item, "free")), free_text);
        ck_assert_str_eq(json_string_value(json_object_get(item, "locked")), locked_text);
        return;
    }
    ck_abort_msg("no %s in the account", asset);
}

START_TEST(a_limit_order_rests_is_found_and_is_cancelled)
{
    int64_t id;
    char text[160];

    ck_assert_int_eq(world_signed(&w, "POST", ORDER,
                                  "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.5"
                                  "&price=29999.50&newClientOrderId=ag-1"),
                     200);
    id = world_int(&w, "orderId");
    ck_assert_str_eq(world_str(&w, "status"), "NEW");
    ck_assert_str_eq(world_str(&w, "clientOrderId"), "ag-1");
    ck_assert_str_eq(world_str(&w, "price"), "29999.50000000");
    ck_assert_str_eq(world_str(&w, "origQty"), "0.50000000");
    ck_assert_str_eq(world_str(&w, "selfTradePreventionMode"), "EXPIRE_MAKER");
    ck_assert_int_eq(world_int(&w, "transactTime"), WORLD_T0 / 1000000);
    ck_assert_uint_eq(json_array_size(json_object_get(w.json, "fills")), 0);
    ck_assert_str_eq(world_header(&w, "X-MBX-ORDER-COUNT-10S"), "1");
    ck_assert_str_eq(world_header(&w, "X-MBX-ORDER-COUNT-1D"), "1");
    ck_assert_str_eq(world_header(&w, "X-MBX-USED-WEIGHT-1M"), "0");
    check_balance("USDT", "985000.25000000", "14999.75000000");

    ck_assert_int_eq(world_signed(&w, "GET", ORDER, "symbol=BTCUSDT&origClientOrderId=ag-1"), 200);
    ck_assert_int_eq(world_int(&w, "orderId"), id);
    ck_assert_str_eq(world_str(&w, "icebergQty"), "0.00000000");
    ck_assert(json_is_true(json_object_get(w.json, "isWorking")));
    ck_assert_int_eq(world_signed(&w, "GET", "/api/v3/openOrders", ""), 200);
    ck_assert_uint_eq(json_array_size(w.json), 1);
    ck_assert_int_eq(world_get(&w, "/api/v3/depth?symbol=BTCUSDT&limit=5"), 200);
    ck_assert_str_eq(
        json_string_value(json_array_get(json_array_get(json_object_get(w.json, "bids"), 2), 0)),
        "29999.50000000");

    // The same client id again, while it is open.
    ck_assert_int_eq(world_signed(&w, "POST", ORDER,
                                  "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.5"
                                  "&price=29999.50&newClientOrderId=ag-1"),
                     400);
    ck_assert_int_eq(world_code(&w), -2010);
    ck_assert_str_eq(world_msg(&w), "Duplicate order sent.");

    snprintf(text, sizeof(text), "symbol=BTCUSDT&orderId=%lld&newClientOrderId=my-cancel",
             (long long)id);
    ck_assert_int_eq(world_signed(&w, "DELETE", ORDER, text), 200);
    ck_assert_str_eq(world_str(&w, "status"), "CANCELED");
    ck_assert_str_eq(world_str(&w, "origClientOrderId"), "ag-1");
    ck_assert_str_eq(world_str(&w, "clientOrderId"), "my-cancel");
    check_balance("USDT", "1000000.00000000", "0.00000000");
    ck_assert_int_eq(world_signed(&w, "DELETE", ORDER, text), 400);
    ck_assert_int_eq(world_code(&w), -2011);
    ck_assert_str_eq(world_msg(&w), "Unknown order sent.");
    ck_assert_int_eq(world_signed(&w, "GET", ORDER, "symbol=BTCUSDT&orderId=999"), 400);
    ck_assert_int_eq(world_code(&w), -2013);
    ck_assert_str_eq(world_msg(&w), "Order does not exist.");
    ck_assert_int_eq(world_signed(&w, "GET", ORDER, "symbol=BTCUSDT"), 400);
    ck_assert_int_eq(world_code(&w), -1102);
    ck_assert_int_eq(
        world_signed(&w, "GET", ORDER, "symbol=BTCUSDT&orderId=1&origClientOrderId=other"), 400);
    ck_assert_int_eq(world_code(&w), -2039);
    ck_assert_int_eq(world_signed(&w, "GET", "/api/v3/allOrders", "symbol=BTCUSDT"), 200);
    ck_assert_uint_eq(json_array_size(w.json), 1);
}
END_TEST

START_TEST(a_market_order_takes_level_by_level)
{
    json_t *fills, *fill;

    ck_assert_int_eq(
        world_signed(&w, "POST", ORDER, "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1.5"), 200);
    ck_assert_str_eq(world_str(&w, "status"), "FILLED");
    ck_assert_str_eq(world_str(&w, "executedQty"), "1.50000000");
    // 1 x 30000.01 and 0.5 x 30000.02
    ck_assert_str_eq(world_str(&w, "cummulativeQuoteQty"), "45000.02000000");
    fills = json_object_get(w.json, "fills");
    ck_assert_uint_eq(json_array_size(fills), 2);
    fill = json_array_get(fills, 0);
    ck_assert_str_eq(json_string_value(json_object_get(fill, "price")), "30000.01000000");
    ck_assert_str_eq(json_string_value(json_object_get(fill, "qty")), "1.00000000");
    // A tenth of a per cent of what is received.
    ck_assert_str_eq(json_string_value(json_object_get(fill, "commission")), "0.00100000");
    ck_assert_str_eq(json_string_value(json_object_get(fill, "commissionAsset")), "BTC");
    check_balance("USDT", "954999.98000000", "0.00000000");
    check_balance("BTC", "11.49850000", "0.00000000");
    // A filled order no longer counts as unfilled.
    ck_assert_int_eq(world_signed(&w, "GET", "/api/v3/rateLimit/order", ""), 200);
    ck_assert_int_eq(json_integer_value(json_object_get(json_array_get(w.json, 0), "count")), 0);
    ck_assert_int_eq(world_signed(&w, "GET", "/api/v3/myTrades", "symbol=BTCUSDT"), 200);
    ck_assert_uint_eq(json_array_size(w.json), 2);
    ck_assert(json_is_true(json_object_get(json_array_get(w.json, 0), "isBuyer")));
    ck_assert(json_is_false(json_object_get(json_array_get(w.json, 0), "isMaker")));
    // And the tape shows both prints after the first one.
    ck_assert_int_eq(world_get(&w, "/api/v3/trades?symbol=BTCUSDT"), 200);
    ck_assert_uint_eq(json_array_size(w.json), 3);
}
END_TEST

START_TEST(a_quote_quantity_buys_and_sells_what_it_is_worth)
{
    ck_assert_int_eq(
        world_signed(&w, "POST", ORDER, "symbol=BTCUSDT&side=BUY&type=MARKET&quoteOrderQty=300"),
        200);
    ck_assert_str_eq(world_str(&w, "status"), "FILLED");
    // 300 / 30000.01 is 0.0099999966: 0.00999 lots of 0.00001
    ck_assert_str_eq(world_str(&w, "executedQty"), "0.00999000");
    ck_assert_str_eq(world_str(&w, "origQuoteOrderQty"), "300.00000000");
    ck_assert_int_eq(
        world_signed(&w, "POST", ORDER, "symbol=BTCUSDT&side=SELL&type=MARKET&quoteOrderQty=300"),
        200);
    ck_assert_str_eq(world_str(&w, "status"), "FILLED");
    ck_assert_str_eq(world_str(&w, "executedQty"), "0.01000000");
}
END_TEST

static void pepe_asks(struct world *pepe, const char *qty)
{
    struct agon_level ask[8];
    int64_t px, count;

    ck_assert_int_eq(num_parse("0.00001", 7, 8, &px), AGON_OK);
    ck_assert_int_eq(num_parse(qty, strlen(qty), 8, &count), AGON_OK);
    for (int i = 0; i < 8; i++)
        ask[i] = (struct agon_level){px + i, count};
    world_book(pepe, "PEPEUSDT", 1, NULL, 0, ask, 8);
}

static const char *pepe_free(const struct world *pepe)
{
    const json_t *balances = json_object_get(pepe->json, "balances");
    const json_t *one;
    size_t i;

    json_array_foreach(balances, i, one)
    {
        if (strcmp(json_string_value(json_object_get(one, "asset")), "PEPE") == 0)
            return json_string_value(json_object_get(one, "free"));
    }
    return "none";
}

/* 92,233,720,368.54775807 are all that 8 decimals hold. */
START_TEST(what_an_account_cannot_hold_is_not_bought)
{
    static struct world pepe;
    static const struct {
        const char *members, *amount, *answer, *held;
        int status;
    } cases[] = {{"accounts: [{key: agon-sim-key, secret: s, taker_fee: 0, maker_fee: 0,"
                  " balances: {USDT: 6000000, PEPE: 9e10}}]",
                  "4999999", "Order would make a balance too large.", "90000000000.00000000", 400},
                 {"accounts: [{key: agon-sim-key, secret: s, taker_fee: 0, maker_fee: 0,"
                  " balances: {USDT: 6000000, PEPE: 9e10}}]",
                  "22337.20", NULL, "92233720000.00000000", 200},
                 {"assets: {PEPE: 2}\naccounts: [{key: agon-sim-key, secret: s, taker_fee: 0,"
                  " maker_fee: 0, balances: {USDT: 6000000, PEPE: 1e12}}]",
                  "500000", NULL, "1050000000000.00000000", 200}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char order[128];

        world_open_pepe(&pepe, cases[i].members);
        pepe_asks(&pepe, "92000000000");
        snprintf(order, sizeof(order), "symbol=PEPEUSDT&side=BUY&type=MARKET&quoteOrderQty=%s",
                 cases[i].amount);
        ck_assert_int_eq(world_signed(&pepe, "POST", ORDER, order), cases[i].status);
        if (cases[i].answer)
            ck_assert_str_eq(world_str(&pepe, "msg"), cases[i].answer);
        ck_assert_int_eq(world_signed(&pepe, "GET", "/api/v3/account", ""), 200);
        ck_assert_str_eq(pepe_free(&pepe), cases[i].held);
        world_close(&pepe);
    }
}
END_TEST

START_TEST(an_order_by_amount_keeps_the_lot_filter)
{
    ck_assert_int_eq(world_signed(&w, "POST", ORDER,
                                  "symbol=BTCUSDT&side=BUY&type=MARKET&quoteOrderQty=3500000"),
                     400);
    ck_assert_str_eq(world_str(&w, "msg"), "Filter failure: MARKET_LOT_SIZE");
}
END_TEST

START_TEST(immediate_orders_expire_with_what_they_did_not_get)
{
    ck_assert_int_eq(world_signed(&w, "POST", ORDER,
                                  "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=IOC&quantity=3"
                                  "&price=30000.01"),
                     200);
    ck_assert_str_eq(world_str(&w, "status"), "EXPIRED");
    ck_assert_str_eq(world_str(&w, "executedQty"), "1.00000000");
    ck_assert_int_eq(world_signed(&w, "POST", ORDER,
                                  "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=FOK&quantity=3"
                                  "&price=30000.02"),
                     200);
    ck_assert_str_eq(world_str(&w, "status"), "EXPIRED");
    ck_assert_str_eq(world_str(&w, "executedQty"), "0.00000000");
    ck_assert_str_eq(world_str(&w, "expiryReason"), "UNFILLED_FOK_ORDER_EXPIRED");
}
END_TEST

START_TEST(a_market_order_without_a_market_expires)
{
    ck_assert_int_eq(
        world_signed(&w, "POST", ORDER, "symbol=ETHUSDT&side=SELL&type=MARKET&quantity=1"), 200);
    ck_assert_str_eq(world_str(&w, "status"), "EXPIRED");
    ck_assert_str_eq(world_str(&w, "expiryReason"), "INSUFFICIENT_LIQUIDITY");
    check_balance("ETH", "100.00000000", "0.00000000");
}
END_TEST

START_TEST(response_types_are_ack_result_full)
{
    ck_assert_int_eq(
        world_signed(&w, "POST", ORDER,
                     "symbol=BTCUSDT&side=BUY&type=LIMIT_MAKER&quantity=1&price=29000"),
        200);
    ck_assert_ptr_null(json_object_get(w.json, "status"));
    ck_assert_int_eq(world_signed(&w, "POST", ORDER,
                                  "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1"
                                  "&newOrderRespType=RESULT"),
                     200);
    ck_assert_str_eq(world_str(&w, "status"), "FILLED");
    ck_assert_ptr_null(json_object_get(w.json, "fills"));
    ck_assert_int_eq(world_signed(&w, "POST", ORDER,
                                  "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1"
                                  "&newOrderRespType=ACK"),
                     200);
    ck_assert_uint_eq(json_object_size(w.json), 5);
}
END_TEST

START_TEST(a_resting_order_is_filled_behind_the_queue)
{
    ck_assert_int_eq(world_signed(&w, "POST", ORDER,
                                  "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1"
                                  "&price=30000&newClientOrderId=q"),
                     200);
    world_trade(&w, "BTCUSDT", "30000.00", "1", AGON_SELL); // 1.5 stood ahead
    ck_assert_int_eq(world_signed(&w, "GET", ORDER, "symbol=BTCUSDT&origClientOrderId=q"), 200);
    ck_assert_str_eq(world_str(&w, "status"), "NEW");
    world_trade(&w, "BTCUSDT", "30000.00", "0.9", AGON_SELL);
    ck_assert_int_eq(world_signed(&w, "GET", ORDER, "symbol=BTCUSDT&origClientOrderId=q"), 200);
    ck_assert_str_eq(world_str(&w, "status"), "PARTIALLY_FILLED");
    ck_assert_str_eq(world_str(&w, "executedQty"), "0.40000000");
    // The tape shows the trade once: our part and the rest of it.
    ck_assert_int_eq(world_get(&w, "/api/v3/trades?symbol=BTCUSDT"), 200);
    ck_assert_uint_eq(json_array_size(w.json), 4);
    ck_assert_str_eq(json_string_value(json_object_get(json_array_get(w.json, 2), "qty")),
                     "0.40000000");
    ck_assert_str_eq(json_string_value(json_object_get(json_array_get(w.json, 3), "qty")),
                     "0.50000000");
}
END_TEST

#define REST_BUY "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.5&price=29000"
#define REPLACE  "/api/v3/order/cancelReplace"

static int64_t rest(const char *client)
{
    char text[256];

    snprintf(text, sizeof(text), REST_BUY "&newClientOrderId=%s", client);
    ck_assert_int_eq(world_signed(&w, "POST", ORDER, text), 200);
    return world_int(&w, "orderId");
}

START_TEST(cancel_replace_tells_both_halves)
{
    json_t *data;

    rest("a");
    ck_assert_int_eq(world_signed(&w, "POST", REPLACE,
                                  REST_BUY "&newClientOrderId=b&cancelReplaceMode=STOP_ON_FAILURE"
                                           "&cancelOrigClientOrderId=a"),
                     200);
    ck_assert_str_eq(world_str(&w, "cancelResult"), "SUCCESS");
    ck_assert_str_eq(world_str(&w, "newOrderResult"), "SUCCESS");
    ck_assert_str_eq(
        json_string_value(json_object_get(json_object_get(w.json, "cancelResponse"), "status")),
        "CANCELED");
    ck_assert_str_eq(json_string_value(json_object_get(json_object_get(w.json, "newOrderResponse"),
                                                       "clientOrderId")),
                     "b");

    // The old one is gone: nothing is tried.
    ck_assert_int_eq(world_signed(&w, "POST", REPLACE,
                                  REST_BUY "&newClientOrderId=c&cancelReplaceMode=STOP_ON_FAILURE"
                                           "&cancelOrigClientOrderId=a"),
                     400);
    ck_assert_int_eq(world_code(&w), -2022);
    ck_assert_str_eq(world_msg(&w), "Order cancel-replace failed.");
    data = json_object_get(w.json, "data");
    ck_assert_str_eq(json_string_value(json_object_get(data, "newOrderResult")), "NOT_ATTEMPTED");
    ck_assert(json_is_null(json_object_get(data, "newOrderResponse")));
    ck_assert_int_eq(
        json_integer_value(json_object_get(json_object_get(data, "cancelResponse"), "code")),
        -2011);

    // Cancelled, and the new one refused by the engine: half done.
    ck_assert_int_eq(world_signed(&w, "POST", REPLACE,
                                  "symbol=BTCUSDT&side=BUY&type=LIMIT_MAKER&quantity=0.5"
                                  "&price=30000.05&cancelReplaceMode=STOP_ON_FAILURE"
                                  "&cancelOrigClientOrderId=b"),
                     409);
    ck_assert_int_eq(world_code(&w), -2021);
    ck_assert_str_eq(world_msg(&w), "Order cancel-replace partially failed.");
    data = json_object_get(w.json, "data");
    ck_assert_str_eq(json_string_value(json_object_get(data, "cancelResult")), "SUCCESS");
    ck_assert_str_eq(json_string_value(json_object_get(data, "newOrderResult")), "FAILURE");
    ck_assert_str_eq(
        json_string_value(json_object_get(json_object_get(data, "newOrderResponse"), "msg")),
        "Order would immediately match and take.");

    // Not cancelled, but placed all the same: half done the other way.
    ck_assert_int_eq(world_signed(&w, "POST", REPLACE,
                                  REST_BUY "&newClientOrderId=d&cancelReplaceMode=ALLOW_FAILURE"
                                           "&cancelOrigClientOrderId=b"),
                     409);
    data = json_object_get(w.json, "data");
    ck_assert_str_eq(json_string_value(json_object_get(data, "cancelResult")), "FAILURE");
    ck_assert_str_eq(json_string_value(json_object_get(data, "newOrderResult")), "SUCCESS");

    // A filter refuses before anything is cancelled.
    ck_assert_int_eq(world_signed(&w, "POST", REPLACE,
                                  "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.5"
                                  "&price=29000.001&cancelReplaceMode=STOP_ON_FAILURE"
                                  "&cancelOrigClientOrderId=d"),
                     400);
    ck_assert_int_eq(world_code(&w), -1013);
    ck_assert_int_eq(world_signed(&w, "GET", ORDER, "symbol=BTCUSDT&origClientOrderId=d"), 200);
    ck_assert_str_eq(world_str(&w, "status"), "NEW");
}
END_TEST

START_TEST(cancel_all_cancels_the_symbol)
{
    ck_assert_int_eq(world_signed(&w, "DELETE", "/api/v3/openOrders", "symbol=BTCUSDT"), 400);
    ck_assert_int_eq(world_code(&w), -2011);
    rest("a");
    rest("b");
    ck_assert_int_eq(world_signed(&w, "DELETE", "/api/v3/openOrders", "symbol=BTCUSDT"), 200);
    ck_assert_uint_eq(json_array_size(w.json), 2);
    ck_assert_int_eq(world_signed(&w, "GET", "/api/v3/openOrders", "symbol=BTCUSDT"), 200);
    ck_assert_uint_eq(json_array_size(w.json), 0);
}
END_TEST

START_TEST(self_trades_are_prevented_as_asked)
{
    ck_assert_int_eq(world_signed(&w, "POST", ORDER,
                                  "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.5"
                                  "&price=30000.005&newClientOrderId=x"),
                     400); // off the tick
    ck_assert_int_eq(world_signed(&w, "POST", ORDER,
                                  "symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC"
                                  "&quantity=0.5&price=30000.01&newClientOrderId=maker"),
                     200);
    ck_assert_int_eq(world_signed(&w, "POST", ORDER,
                                  "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1.2"
                                  "&price=30000.01&selfTradePreventionMode=EXPIRE_TAKER"),
                     200);
    ck_assert_str_eq(world_str(&w, "status"), "EXPIRED_IN_MATCH");
    ck_assert_str_eq(world_str(&w, "executedQty"), "1.00000000");
    ck_assert_str_eq(world_str(&w, "preventedQuantity"), "0.20000000");
    ck_assert_int_eq(world_signed(&w, "POST", ORDER,
                                  "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1"
                                  "&price=30000.01&selfTradePreventionMode=EXPIRE_MAKER"),
                     200);
    ck_assert_str_eq(world_str(&w, "status"), "NEW");
    ck_assert_int_eq(world_signed(&w, "GET", ORDER, "symbol=BTCUSDT&origClientOrderId=maker"), 200);
    ck_assert_str_eq(world_str(&w, "status"), "EXPIRED_IN_MATCH");
}
END_TEST

START_TEST(stops_wait_for_their_price)
{
    ck_assert_int_eq(world_signed(&w, "POST", ORDER,
                                  "symbol=BTCUSDT&side=SELL&type=STOP_LOSS_LIMIT&timeInForce=GTC"
                                  "&quantity=0.5&price=29980&stopPrice=29990&newClientOrderId=s"
                                  "&newOrderRespType=RESULT"),
                     200);
    ck_assert_str_eq(world_str(&w, "status"), "NEW");
    ck_assert_str_eq(world_str(&w, "stopPrice"), "29990.00000000");
    ck_assert_ptr_null(json_object_get(w.json, "workingTime"));
    ck_assert_int_eq(world_signed(&w, "GET", ORDER, "symbol=BTCUSDT&origClientOrderId=s"), 200);
    ck_assert(json_is_false(json_object_get(w.json, "isWorking")));
    world_trade(&w, "BTCUSDT", "29990.00", "0.1", AGON_SELL);
    ck_assert_int_eq(world_signed(&w, "GET", ORDER, "symbol=BTCUSDT&origClientOrderId=s"), 200);
    ck_assert_str_eq(world_str(&w, "status"), "FILLED");
    for (int i = 0; i < 6; i++)
        world_signed(&w, "POST", ORDER,
                     "symbol=BTCUSDT&side=SELL&type=STOP_LOSS&quantity=0.1&stopPrice=25000");
    ck_assert_str_eq(world_msg(&w), "Filter failure: MAX_NUM_ALGO_ORDERS");
}
END_TEST

START_TEST(an_amended_order_keeps_its_place)
{
    int64_t id = rest("a");
    char text[160];

    snprintf(text, sizeof(text), "symbol=BTCUSDT&orderId=%lld&newQty=0.3&newClientOrderId=a2",
             (long long)id);
    ck_assert_int_eq(world_signed(&w, "PUT", "/api/v3/order/amend/keepPriority", text), 200);
    ck_assert_str_eq(
        json_string_value(json_object_get(json_object_get(w.json, "amendedOrder"), "qty")),
        "0.30000000");
    ck_assert_int_eq(world_signed(&w, "GET", ORDER, "symbol=BTCUSDT&origClientOrderId=a2"), 200);
    ck_assert_int_eq(world_int(&w, "orderId"), id);
    ck_assert_int_eq(world_signed(&w, "GET", ORDER, "symbol=BTCUSDT&origClientOrderId=a"), 400);
    snprintf(text, sizeof(text), "symbol=BTCUSDT&orderId=%lld&newQty=0.4", (long long)id);
    ck_assert_int_eq(world_signed(&w, "PUT", "/api/v3/order/amend/keepPriority", text), 400);
    ck_assert_int_eq(world_code(&w), -2038);
}
END_TEST

START_TEST(every_request_and_effect_stands_in_the_log)
{
    rest("a");
    ck_assert_ptr_nonnull(strstr(w.log, "\"kind\":\"request\""));
    ck_assert_ptr_nonnull(strstr(w.log, "\"what\":\"order.place\""));
    ck_assert_ptr_nonnull(strstr(w.log, "\"kind\":\"effect\""));
    ck_assert_ptr_null(strstr(w.log, "signature"));
    ck_assert_ptr_null(strstr(w.log, w.secret));
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("orders");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, refuses_with_the_venues_code_and_words, 0,
                        (int)(sizeof(refused) / sizeof(refused[0])));
    tcase_add_test(tcase, a_limit_order_rests_is_found_and_is_cancelled);
    tcase_add_test(tcase, a_market_order_takes_level_by_level);
    tcase_add_test(tcase, a_quote_quantity_buys_and_sells_what_it_is_worth);
    tcase_add_test(tcase, what_an_account_cannot_hold_is_not_bought);
    tcase_add_test(tcase, an_order_by_amount_keeps_the_lot_filter);
    tcase_add_test(tcase, immediate_orders_expire_with_what_they_did_not_get);
    tcase_add_test(tcase, a_market_order_without_a_market_expires);
    tcase_add_test(tcase, response_types_are_ack_result_full);
    tcase_add_test(tcase, a_resting_order_is_filled_behind_the_queue);
    tcase_add_test(tcase, cancel_replace_tells_both_halves);
    tcase_add_test(tcase, cancel_all_cancels_the_symbol);
    tcase_add_test(tcase, self_trades_are_prevented_as_asked);
    tcase_add_test(tcase, stops_wait_for_their_price);
    tcase_add_test(tcase, an_amended_order_keeps_its_place);
    tcase_add_test(tcase, every_request_and_effect_stands_in_the_log);
    return suite_run("sim_orders", tcase);
}
