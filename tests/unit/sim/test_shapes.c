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
        if (!mine && is_optional(key))
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
    return suite_run("sim_shapes", tcase);
}
