// SPDX-License-Identifier: Apache-2.0
/* What the dialect answers has the fields of the venue's own documentation, with their JSON types:
 * the recorded samples are the referee. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "suite.h"
#include "world.h"

#define EXIT_SKIP 77
#define S         1000000000ll

static struct world w;
static char path[1024];

static json_t *sample(const char *source)
{
    FILE *file = fopen(path, "r");
    json_t *found = NULL;
    char *line = NULL;
    size_t room = 0;

    ck_assert_ptr_nonnull(file);
    while (!found && getline(&line, &room, file) > 0) {
        json_t *json = json_loads(line, 0, NULL);

        if (strcmp(json_string_value(json_object_get(json, "source")), source) == 0)
            found = json_incref(json_object_get(json, "payload"));
        json_decref(json);
    }
    free(line);
    fclose(file);
    ck_assert_msg(found != NULL, "no sample %s", source);
    if (json_is_string(found)) {
        json_t *parsed = json_loads(json_string_value(found), 0, NULL);

        json_decref(found);
        found = parsed;
    }
    return found;
}

static int is_kind(json_t *a, json_t *b)
{
    if (json_is_boolean(a))
        return json_is_boolean(b);
    if (json_is_null(a) || json_is_null(b))
        return 1;
    return json_typeof(a) == json_typeof(b);
}

// Fields that the documentation shows and that are there only for orders that use them.
static int is_optional(const char *key)
{
    static const char *const names[] = {"v",
                                        "A",
                                        "B",
                                        "u",
                                        "U",
                                        "Cs",
                                        "pl",
                                        "pL",
                                        "pY",
                                        "d",
                                        "D",
                                        "j",
                                        "J",
                                        "b",
                                        "a",
                                        "k",
                                        "uS",
                                        "gP",
                                        "gOT",
                                        "gOV",
                                        "gp",
                                        "eR",
                                        "stopPrice",
                                        "trailingDelta",
                                        "trailingTime",
                                        "icebergQty",
                                        "strategyId",
                                        "strategyType",
                                        "preventedMatchId",
                                        "preventedQuantity",
                                        "sors",
                                        "tradeGroupId",
                                        "W",
                                        "st",
                                        "AP",
                                        "cr",
                                        "rm",
                                        NULL};

    for (int i = 0; names[i]; i++)
        if (strcmp(names[i], key) == 0)
            return 1;
    return 0;
}

static void compare(const char *what, json_t *want, json_t *have)
{
    const char *key;
    json_t *value;

    ck_assert_msg(is_kind(want, have), "%s: another type", what);
    if (json_is_array(want) && json_array_size(want) > 0 && json_array_size(have) > 0)
        compare(what, json_array_get(want, 0), json_array_get(have, 0));
    if (!json_is_object(want))
        return;
    json_object_foreach(want, key, value)
    {
        json_t *mine = json_object_get(have, key);
        char name[256];

        snprintf(name, sizeof(name), "%s.%s", what, key);
        // The pair is new in books: recordings have none. In an order "ps" is its side.
        if (!mine && (is_optional(key) || strcmp(name, "depthUpdate.ps") == 0 ||
                      strcmp(name, "bookTicker.ps") == 0))
            continue;
        ck_assert_msg(mine != NULL, "%s is missing", name);
        compare(name, value, mine);
    }
}

static const struct {
    const char *source, *target;
} public[] = {
    {"binance/binance-spot-api-docs:rest-api.md#4", "/api/v3/exchangeInfo"},
    {"binance/binance-spot-api-docs:rest-api.md#10", "/api/v3/aggTrades?symbol=BTCUSDT"},
    {"binance/binance-spot-api-docs:rest-api.md#15", "/api/v3/ticker/24hr"},
    {"binance/binance-spot-api-docs:rest-api.md#16",
     "/api/v3/ticker/24hr?symbol=BTCUSDT&type=MINI"},
    {"binance/binance-spot-api-docs:rest-api.md#17", "/api/v3/ticker/24hr?type=MINI"},
    {"binance/binance-spot-api-docs:rest-api.md#20",
     "/api/v3/ticker/tradingDay?symbol=BTCUSDT&type=MINI"},
    {"binance/binance-spot-api-docs:rest-api.md#21",
     "/api/v3/ticker/tradingDay?symbols=%5B%22BTCUSDT%22%5D&type=MINI"},
    {"binance/binance-spot-api-docs:rest-api.md#25", "/api/v3/ticker/bookTicker"},
    {"binance/binance-spot-api-docs:rest-api.md#26", "/api/v3/ticker?symbol=BTCUSDT"},
    {"binance/binance-spot-api-docs:rest-api.md#27", "/api/v3/ticker?symbols=%5B%22BTCUSDT%22%5D"},
    {"binance/binance-spot-api-docs:rest-api.md#29",
     "/api/v3/ticker?symbols=%5B%22BTCUSDT%22%5D&type=MINI"},
};

START_TEST(public_replies_have_the_documented_fields)
{
    json_t *want = sample(public[_i].source);

    world_open(&w, NULL);
    world_pass(&w, S);
    ck_assert_int_eq(world_get(&w, public[_i].target), 200);
    compare(public[_i].target, want, w.json);
    json_decref(want);
    world_close(&w);
}
END_TEST

static void check_reply(const char *source, const char *method, const char *target, int status,
                        const char *params)
{
    char name[128];
    json_t *want;

    snprintf(name, sizeof(name), "binance/binance-spot-api-docs:%s", source);
    want = sample(name);
    ck_assert_int_eq(world_signed(&w, method, target, params), status);
    compare(target, want, w.json);
    json_decref(want);
}

START_TEST(trading_replies_have_the_documented_fields)
{
    json_t *want;

    world_open(&w, NULL);
    ck_assert_int_eq(world_ws(&w, 1, "/ws-api/v3"), 101);
    world_api(&w, 1, "userDataStream.subscribe.signature", "{}", 1);
    ck_assert_int_eq(world_signed(&w, "POST", "/api/v3/order",
                                  "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1.5"
                                  "&price=30000.01&newClientOrderId=a"),
                     200);
    want = sample("binance/binance-spot-api-docs:user-data-stream.md#3");
    compare("executionReport", json_object_get(want, "event"),
            world_event(&w, 1, "executionReport", 0));
    json_decref(want);
    check_reply("rest-api.md#45", "POST", "/api/v3/order/cancelReplace", 200,
                "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=29000"
                "&newClientOrderId=b&cancelReplaceMode=STOP_ON_FAILURE&cancelOrigClientOrderId=a");
    check_reply("rest-api.md#52", "PUT", "/api/v3/order/amend/keepPriority", 200,
                "symbol=BTCUSDT&origClientOrderId=b&newQty=0.5&newClientOrderId=c");
    check_reply("rest-api.md#46", "POST", "/api/v3/order/cancelReplace", 400,
                "symbol=BTCUSDT&side=BUY&type=LIMIT_MAKER&quantity=1&price=29000"
                "&cancelReplaceMode=STOP_ON_FAILURE&cancelOrigClientOrderId=a");
    check_reply("rest-api.md#47", "POST", "/api/v3/order/cancelReplace", 409,
                "symbol=BTCUSDT&side=BUY&type=LIMIT_MAKER&quantity=1&price=30100"
                "&cancelReplaceMode=STOP_ON_FAILURE&cancelOrigClientOrderId=c");
    check_reply("rest-api.md#62", "POST", "/api/v3/order/test", 200,
                "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1&computeCommissionRates=true");
    check_reply("rest-api.md#50", "DELETE", "/api/v3/order", 400, "symbol=BTCUSDT&orderId=99");
    world_api(&w, 1, "order.status", "{\"symbol\":\"BTCUSDT\",\"origClientOrderId\":\"a\"}", 1);
    want = sample("binance/binance-spot-api-docs:web-socket-api.md#132");
    compare("order.status", json_object_get(want, "result"),
            json_object_get(world_last(&w, 1)->json, "result"));
    json_decref(want);
    world_api(&w, 1, "account.status", "{}", 1);
    want = sample("binance/binance-spot-api-docs:web-socket-api.md#130");
    compare("account.status", json_object_get(want, "result"),
            json_object_get(world_last(&w, 1)->json, "result"));
    json_decref(want);
    world_close(&w);
}
END_TEST

/* --- USD-M futures --- */

#define CRATE "nautechsystems/nautilus_trader:crates/adapters/binance/test_data/futures/"
#define HTTP                                                                                       \
    "nautechsystems/nautilus_trader:tests/integration_tests/adapters/binance/resources/"           \
    "http_responses/http_futures_"
#define TAPE "thrasher-corp/gocryptotrader:exchanges/binance/testdata/http.json#GET /fapi/v1/"

static const struct {
    const char *source, *target;
    int is_signed;
} futures[] = {
    {TAPE "exchangeInfo 0", "/fapi/v1/exchangeInfo", 0},
    {TAPE "trades 1", "/fapi/v1/trades?symbol=BTCUSDT", 0},
    {TAPE "aggTrades 1", "/fapi/v1/aggTrades?symbol=BTCUSDT", 0},
    {TAPE "fundingInfo 0", "/fapi/v1/fundingInfo", 0},
    {TAPE "openInterest 0", "/fapi/v1/openInterest?symbol=BTCUSDT", 0},
    {HTTP "market_ticker_24hr.json", "/fapi/v1/ticker/24hr?symbol=BTCUSDT", 0},
    {TAPE "ticker/bookTicker 0", "/fapi/v1/ticker/bookTicker", 0},
    {HTTP "market_depth.json", "/fapi/v1/depth?symbol=BTCUSDT", 0},
    {HTTP "market_klines.json", "/fapi/v1/klines?symbol=BTCUSDT&interval=1m", 0},
    {HTTP "market_mark_price_klines.json", "/fapi/v1/markPriceKlines?symbol=BTCUSDT&interval=1m",
     0},
    {HTTP "market_index_price_klines.json", "/fapi/v1/indexPriceKlines?pair=BTCUSDT&interval=1m",
     0},
    {HTTP "market_ticker_price.json", "/fapi/v1/ticker/price?symbol=BTCUSDT", 0},
    {HTTP "account_orders.json", "/fapi/v1/openOrders", 1},
    {HTTP "account_position_side_dual.json", "/fapi/v1/positionSide/dual", 1},
    {HTTP "account_positions_one_way.json", "/fapi/v2/positionRisk", 1},
    {HTTP "account_symbol_config.json", "/fapi/v1/symbolConfig", 1},
    {HTTP "account_trades.json", "/fapi/v1/userTrades?symbol=BTCUSDT", 1},
    {HTTP "wallet_commission_rate_btcusdt.json", "/fapi/v1/commissionRate?symbol=BTCUSDT", 1},
    {CRATE "http_json/account_info_v2.json", "/fapi/v2/account", 1},
    {CRATE "http_json/balance.json", "/fapi/v2/balance", 1},
    {CRATE "market_data_json/agg_trade_stream.json", "aggTrade", 2},
    {CRATE "market_data_json/book_ticker_stream.json", "bookTicker", 2},
    {CRATE "market_data_json/depth_update_stream.json", "depthUpdate", 2},
    {CRATE "market_data_json/kline_stream_closed.json", "kline", 2},
    {CRATE "market_data_json/mark_price_stream.json", "markPriceUpdate", 2},
    {CRATE "market_data_json/ticker_stream.json", "24hrTicker", 2},
    {CRATE "market_data_json/trade_stream.json", "trade", 2},
    {CRATE "user_data_json/account_update.json", "ACCOUNT_UPDATE", 3},
    {CRATE "user_data_json/order_update_new.json", "ORDER_TRADE_UPDATE", 3},
    {CRATE "user_data_json/order_update_trade.json", "ORDER_TRADE_UPDATE", 4},
    {CRATE "user_data_json/algo_update_new.json", "ALGO_UPDATE", 3},
    {CRATE "user_data_json/trade_lite.json", "TRADE_LITE", 3},
};

// A day on which everything happens once.
static void live_a_little(void)
{
    static const char order[] = "/fapi/v1/order";
    char target[160];

    world_open_um(&w, NULL);
    ck_assert_int_eq(
        world_ws(&w, 1,
                 "/stream?streams=btcusdt@aggTrade/btcusdt@bookTicker/btcusdt@depth@100ms/"
                 "btcusdt@kline_1m/btcusdt@markPrice@1s/btcusdt@ticker/btcusdt@trade"),
        101);
    ck_assert_int_eq(world_raw(&w, "POST", "/fapi/v1/listenKey", "", NULL, w.key), 200);
    snprintf(target, sizeof(target), "/ws/%s", world_str(&w, "listenKey"));
    ck_assert_int_eq(world_ws(&w, 2, target), 101);
    ck_assert_int_eq(world_signed(&w, "POST", order,
                                  "symbol=BTCUSDT&side=BUY&type=TRAILING_STOP_MARKET&quantity=0.01"
                                  "&callbackRate=1&activationPrice=29000"),
                     200);
    ck_assert_int_eq(world_signed(&w, "POST", "/fapi/v1/algoOrder",
                                  "algoType=CONDITIONAL&symbol=BTCUSDT&side=SELL&type=TAKE_PROFIT"
                                  "&quantity=0.01&price=31000&triggerPrice=31000&timeInForce=GTC"),
                     200);
    ck_assert_int_eq(
        world_signed(&w, "POST", order, "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.01"), 200);
    world_trade(&w, "BTCUSDT", "30000", "0.01", AGON_SELL);
    for (int i = 0; i < 30; i++)
        world_pass(&w, S / 10);
}

START_TEST(futures_have_the_documented_fields)
{
    json_t *taken = sample(futures[_i].source), *want = taken, *have = NULL;
    const char *mark;
    char target[160];

    live_a_little();
    if (json_object_get(want, "response"))
        want = json_object_get(want, "response");
    if (futures[_i].is_signed == 0) {
        ck_assert_int_eq(world_get(&w, futures[_i].target), 200);
        have = w.json;
    } else if (futures[_i].is_signed == 1) {
        mark = strchr(futures[_i].target, '?');
        snprintf(target, sizeof(target), "%s", futures[_i].target);
        target[strcspn(target, "?")] = '\0';
        ck_assert_int_eq(world_signed(&w, "GET", target, mark ? mark + 1 : ""), 200);
        have = w.json;
    } else {
        // A new order's report, and the one of its fill after it.
        uint32_t nth = 0;

        do
            have = world_event(&w, futures[_i].is_signed == 2 ? 1 : 2, futures[_i].target, nth++);
        while (have && futures[_i].is_signed == 4 &&
               strcmp("TRADE",
                      json_string_value(json_object_get(json_object_get(have, "o"), "x"))) != 0);
    }
    ck_assert_msg(have != NULL, "no %s", futures[_i].target);
    compare(futures[_i].target, want, have);
    json_decref(taken);
    world_close(&w);
}
END_TEST

int main(void)
{
    const char *root = getenv("AGON_SOURCE_ROOT");
    TCase *tcase = tcase_create("shapes");
    FILE *file;

    snprintf(path, sizeof(path), "%s/../shared/data/wire/binance/samples.ndjson",
             root ? root : ".");
    file = fopen(path, "r");
    if (!file) {
        fprintf(stderr, "%s is not there: skipped\n", path);
        return EXIT_SKIP;
    }
    fclose(file);
    tcase_add_loop_test(tcase, public_replies_have_the_documented_fields, 0,
                        (int)(sizeof(public) / sizeof(public[0])));
    tcase_add_test(tcase, trading_replies_have_the_documented_fields);
    tcase_add_loop_test(tcase, futures_have_the_documented_fields, 0,
                        (int)(sizeof(futures) / sizeof(futures[0])));
    return suite_run("sim_shapes", tcase);
}
