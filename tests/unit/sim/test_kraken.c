// SPDX-License-Identifier: Apache-2.0
/* Kraken spot as its clients see it: signatures and checksums by the published vectors, shapes by
 * the documented samples, and what a client would lose money by. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "sim/kraken/simk.h"
#include "suite.h"
#include "world.h"

#define EXIT_SKIP 77
#define S         1000000000ll

static struct world w;
static char root[900];
static uint64_t nonce;

static void open_world(void)
{
    world_open_venue(&w, "kraken");
    nonce = 0;
}

static void close_world(void)
{
    world_close(&w);
}

/* --- asking --- */

static json_t *ask(const char *method, const char *path, const char *query, const char *body,
                   const char *key, const char *sign)
{
    const struct sim_header headers[] = {{"api-key", key}, {"api-sign", sign}};
    struct sim_request request = {.method = method,
                                  .path = path,
                                  .query = query,
                                  .body = body,
                                  .body_n = body ? strlen(body) : 0,
                                  .headers = headers,
                                  .n_headers = 2,
                                  .peer = "127.0.0.1",
                                  .conn = WORLD_HTTP_CONN};

    w.dialect->http(w.sim, &w.now, &request, &w.reply);
    json_decref(w.json);
    w.json = json_loadb(w.reply.body, w.reply.body_n, 0, NULL);
    ck_assert_msg(w.json != NULL, "no JSON: %.*s", (int)w.reply.body_n, w.reply.body);
    ck_assert_int_eq(w.reply.status, 200);
    return json_object_get(w.json, "result");
}

static json_t *get(const char *name, const char *query)
{
    char path[64];

    snprintf(path, sizeof(path), "/0/public/%s", name);
    return ask("GET", path, query, NULL, "", "");
}

/* Signed, with the next nonce. params may be "". */
static json_t *call(const char *name, const char *params)
{
    char path[64], body[512], digits[24], sign[96];

    snprintf(path, sizeof(path), "/0/private/%s", name);
    snprintf(digits, sizeof(digits), "%llu", (unsigned long long)++nonce);
    snprintf(body, sizeof(body), "nonce=%s%s%s", digits, *params ? "&" : "", params);
    ck_assert_int_eq(simk_sign(w.secret, path, digits, body, strlen(body), sign), 0);
    return ask("POST", path, "", body, w.key, sign);
}

/* "": none. */
static const char *error_of(void)
{
    const char *text = json_string_value(json_array_get(json_object_get(w.json, "error"), 0));

    return text ? text : "";
}

static const char *add(const char *params)
{
    json_t *result = call("AddOrder", params);

    ck_assert_str_eq(error_of(), "");
    return json_string_value(json_array_get(json_object_get(result, "txid"), 0));
}

static json_t *order_of(const char *id)
{
    char params[64];

    snprintf(params, sizeof(params), "txid=%s", id);
    return json_object_get(call("QueryOrders", params), params + strlen("txid="));
}

static const char *str(json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}

/* The i-th frame of a channel since the last world_clear: its first data; NULL: none. */
static json_t *pushed(const char *channel, uint32_t i)
{
    for (uint32_t j = 0; j < w.n_frames; j++) {
        json_t *json = w.frames[j].json;

        if (json && strcmp(str(json, "channel"), channel) == 0 && i-- == 0)
            return json_array_get(json_object_get(json, "data"), 0);
    }
    return NULL;
}

static json_t *answer_of(const char *method)
{
    for (uint32_t j = w.n_frames; j-- > 0;)
        if (w.frames[j].json && strcmp(str(w.frames[j].json, "method"), method) == 0)
            return w.frames[j].json;
    return NULL;
}

static void open_socket(void)
{
    ck_assert_int_eq(world_ws(&w, 1, "/v2"), 101);
}

/* Says it with a token where a % stands, and returns the answer of that method. */
static json_t *say(const char *method, const char *params)
{
    static char token[64];
    char text[1024];

    if (strchr(params, '%')) {
        snprintf(token, sizeof(token), "%s", str(call("GetWebSocketsToken", ""), "token"));
        ck_assert_str_ne(token, "");
    }
    snprintf(text, sizeof(text), "{\"method\":\"%s\",\"req_id\":7,\"params\":{%.*s%s%s%s}}", method,
             (int)strcspn(params, "%"), params, strchr(params, '%') ? "\"token\":\"" : "",
             strchr(params, '%') ? token : "", strchr(params, '%') ? "\"" : "");
    world_clear(&w);
    world_say(&w, 1, text);
    return answer_of(strcmp(method, "ping") == 0 ? "pong" : method);
}

/* --- vectors --- */

static FILE *reference(const char *name)
{
    char path[1024];
    FILE *file;

    snprintf(path, sizeof(path), "%s/../shared/data/%s", root, name);
    file = fopen(path, "r");
    ck_assert_msg(file != NULL, "%s", path);
    return file;
}

/* Prices count in their last digit: there are pairs of ten decimals. */
static uint32_t levels_of(json_t *list, struct agon_level level[10])
{
    uint32_t n = (uint32_t)json_array_size(list);

    for (uint32_t i = 0; i < n; i++) {
        const char *px = json_string_value(json_array_get(json_array_get(list, i), 0));
        const char *qty = json_string_value(json_array_get(json_array_get(list, i), 1));
        const char *point = strchr(px, '.');

        ck_assert_int_eq(
            num_parse(px, strlen(px), point ? (int)strlen(point + 1) : 0, &level[i].px), AGON_OK);
        ck_assert_int_eq(num_parse(qty, strlen(qty), PIT_EXP, &level[i].qty), AGON_OK);
    }
    return n;
}

START_TEST(checksums_are_the_published_ones)
{
    FILE *file = reference("reference/book_checksums.ndjson");
    struct agon_level bid[10], ask_levels[10];
    char *line = NULL;
    size_t room = 0;
    int n = 0;

    while (getline(&line, &room, file) > 0) {
        json_t *row = json_loads(line, 0, NULL);
        const char *text = str(row, "input");
        uint32_t crc = (uint32_t)json_integer_value(json_object_get(row, "crc32"));

        if (strcmp(str(row, "venue"), "kraken") == 0) {
            uint32_t n_ask = levels_of(json_object_get(row, "asks"), ask_levels);
            uint32_t n_bid = levels_of(json_object_get(row, "bids"), bid);

            ck_assert_uint_eq(simk_crc32(0, text, strlen(text)), crc);
            ck_assert_uint_eq(simk_checksum(bid, n_bid, ask_levels, n_ask, 1, 1), crc);
            n++;
        }
        json_decref(row);
    }
    ck_assert_int_eq(n, 41);
    free(line);
    fclose(file);
}
END_TEST

START_TEST(signatures_are_the_published_ones)
{
    FILE *file = reference("reference/signing_hmac.ndjson");
    char *line = NULL, sign[96];
    size_t room = 0;
    int n = 0;

    while (getline(&line, &room, file) > 0) {
        json_t *row = json_loads(line, 0, NULL);
        const char *body = str(row, "postdata");

        if (strcmp(str(row, "venue"), "kraken") == 0 &&
            strncmp(str(row, "scheme"), "spot", 4) == 0) {
            ck_assert_int_eq(simk_sign(str(row, "secret"), str(row, "path"), str(row, "nonce"),
                                       body, strlen(body), sign),
                             0);
            ck_assert_str_eq(sign, str(row, "expected"));
            n++;
        }
        json_decref(row);
    }
    ck_assert_int_eq(n, 5);
    free(line);
    fclose(file);
}
END_TEST

/* --- shapes --- */

/* Each field of the sample is there, with its kind; of a map by ids the first entry counts. */
static void check_shape(json_t *want, json_t *have, const char *where)
{
    const char *key;
    json_t *value;

    if (json_is_null(want))
        return;
    ck_assert_msg(have != NULL, "%s: is not there", where);
    ck_assert_msg(json_typeof(want) == json_typeof(have) ||
                      (json_is_number(want) && json_is_number(have)) ||
                      (json_is_boolean(want) && json_is_boolean(have)),
                  "%s: another kind", where);
    if (json_is_array(want) && json_array_size(want) > 0 && json_array_size(have) > 0)
        check_shape(json_array_get(want, 0), json_array_get(have, 0), where);
    json_object_foreach(want, key, value)
    {
        json_t *mine = json_object_get(have, key);

        // Ids and pairs are other ones here.
        if (!mine && strlen(key) == 19 && key[6] == '-')
            mine = json_object_iter_value(json_object_iter(have));
        if (!mine && strcmp(key, "XBTUSDT") == 0)
            mine = json_object_get(have, "XXBTZUSD");
        if (strcmp(key, "ledgers") == 0 || strcmp(key, "OCLOSED-2-TESTID") == 0 ||
            strcmp(key, "long_position_limit") == 0 || strcmp(key, "short_position_limit") == 0)
            continue;
        check_shape(value, mine, key);
    }
}

static void like_sample(const char *name, json_t *have)
{
    FILE *file = reference("wire/kraken/samples.ndjson");
    char *line = NULL;
    size_t room = 0;
    int found = 0;

    while (!found && getline(&line, &room, file) > 0) {
        json_t *row = json_loads(line, 0, NULL), *want = json_object_get(row, "payload");

        found = strcmp(str(row, "name"), name) == 0;
        if (found && json_is_string(want)) {
            want = json_loads(json_string_value(want), 0, NULL);
            check_shape(want, have, name);
            json_decref(want);
        } else if (found) {
            check_shape(want, have, name);
        }
        json_decref(row);
    }
    ck_assert_msg(found, "no sample %s", name);
    free(line);
    fclose(file);
}

START_TEST(answers_have_the_documented_fields)
{
    get("Time", "");
    like_sample("http_server_time", w.json);
    get("SystemStatus", "");
    like_sample("http_system_status", w.json);
    get("AssetPairs", "pair=XBTUSD");
    like_sample("http_asset_pairs", w.json);
    get("Ticker", "pair=XXBTZUSD");
    like_sample("http_ticker", w.json);
    add("pair=XBTUSD&type=buy&ordertype=limit&price=29000&volume=0.01");
    like_sample("example-addorder-response-data", w.json);
    call("OpenOrders", "");
    like_sample("example-openorders-data", w.json);
    call("CancelAll", "");
    like_sample("http_cancel_order_spot", w.json);
    call("ClosedOrders", "");
    like_sample("http_closed_orders", w.json);
    add("pair=XBTUSD&type=sell&ordertype=market&volume=0.01");
    call("TradesHistory", "");
    like_sample("http_trades_history", w.json);
    call("GetWebSocketsToken", "");
    like_sample("example-krakenWebsocketToken-data", w.json);
}
END_TEST

/* --- who asks --- */

START_TEST(keys_signatures_and_nonces)
{
    char sign[96];

    call("Balance", "");
    ck_assert_str_eq(error_of(), "");
    ck_assert_str_eq(str(json_object_get(w.json, "result"), "XXBT"), "10.00000000");
    simk_sign(w.secret, "/0/private/Balance", "1", "nonce=1", 7, sign);
    ask("POST", "/0/private/Balance", "", "nonce=1", w.key, sign); // it was taken
    ck_assert_str_eq(error_of(), "EAPI:Invalid nonce");
    ask("POST", "/0/private/Balance", "", "nonce=2", w.key, sign);
    ck_assert_str_eq(error_of(), "EAPI:Invalid signature");
    ask("POST", "/0/private/Balance", "", "nonce=2", "nobody", sign);
    ck_assert_str_eq(error_of(), "EAPI:Invalid key");
    // A signature that is wrong takes no nonce.
    simk_sign(w.secret, "/0/private/Balance", "2", "nonce=2", 7, sign);
    ask("POST", "/0/private/Balance", "", "nonce=2", w.key, sign);
    ck_assert_str_eq(error_of(), "");
    nonce = 2;
    call("WithdrawMethods", ""); // is for a key that may withdraw
    ck_assert_str_eq(error_of(), "EGeneral:Permission denied");
}
END_TEST

START_TEST(calls_are_counted_and_the_count_falls)
{
    for (int i = 0; i < 20; i++) {
        call("Balance", "");
        ck_assert_str_eq(error_of(), "");
    }
    call("Balance", "");
    ck_assert_str_eq(error_of(), "EAPI:Rate limit exceeded");
    world_pass(&w, 2 * S); // half a call a second
    call("Balance", "");
    ck_assert_str_eq(error_of(), "");
    call("TradesHistory", ""); // costs two
    ck_assert_str_eq(error_of(), "EAPI:Rate limit exceeded");
}
END_TEST

START_TEST(young_orders_that_are_cancelled_use_up_the_pair)
{
    char params[64];
    int n = 0;

    for (; n < 100; n++) {
        json_t *result = call("AddOrder", "pair=XBTUSD&type=buy&ordertype=limit&price=29000&"
                                          "volume=0.01");
        const char *id = json_string_value(json_array_get(json_object_get(result, "txid"), 0));

        if (!id)
            break;
        snprintf(params, sizeof(params), "txid=%s", id);
        call("CancelOrder", params);
        ck_assert_str_eq(error_of(), ""); // a cancel is never refused
    }
    ck_assert_str_eq(error_of(), "EOrder:Rate limit exceeded");
    ck_assert_int_eq(n, 14); // 1 + 8 each, of 125
    call("AddOrder", "pair=ETHUSD&type=buy&ordertype=limit&price=1000&volume=1");
    ck_assert_str_eq(error_of(), ""); // each pair by itself
    world_pass(&w, 60 * S);
    add("pair=XBTUSD&type=buy&ordertype=limit&price=29000&volume=0.01");
}
END_TEST

/* --- orders --- */

START_TEST(orders_are_held_to_the_filters)
{
    static const struct {
        const char *params, *error;
    } rows[] = {
        {"pair=XBTUSD&type=buy&ordertype=limit&price=29000.05&volume=0.01",
         "EOrder:Invalid price:BTC/USD price can only be specified up to 1 decimals."},
        {"pair=XBTUSD&type=buy&ordertype=limit&price=29000&volume=0.00001",
         "EGeneral:Invalid arguments:volume minimum not met"},
        {"pair=XBTUSD&type=buy&ordertype=limit&price=1000&volume=0.0001",
         "EOrder:Cost minimum not met"},
        {"pair=XBTUSD&type=buy&ordertype=limit&price=29000&volume=100",
         "EOrder:Insufficient funds"},
        {"pair=XBTUSD&type=buy&ordertype=limit&price=30100&volume=0.01&oflags=post",
         "EOrder:Post only order"},
        {"pair=NOPE&type=buy&ordertype=limit&price=1&volume=1", "EQuery:Unknown asset pair"},
        {"pair=XBTUSD&type=hold&ordertype=limit&price=1&volume=1",
         "EGeneral:Invalid arguments:type"},
        {"pair=XBTUSD&type=buy&ordertype=limit&volume=1", "EGeneral:Invalid arguments:price"},
        {"pair=XBTUSD&type=buy&ordertype=limit&price=29000&volume=0.01&deadline="
         "2023-11-14T22:13:19Z",
         "EService:Deadline elapsed"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        call("AddOrder", rows[i].params);
        ck_assert_str_eq(error_of(), rows[i].error);
    }
    ck_assert_uint_eq(json_object_size(json_object_get(call("OpenOrders", ""), "open")), 0);
}
END_TEST

START_TEST(a_fee_is_paid_in_the_quote)
{
    json_t *order = order_of(add("pair=XBTUSD&type=buy&ordertype=market&volume=0.1"));

    ck_assert_str_eq(str(order, "status"), "closed");
    ck_assert_str_eq(str(order, "cost"), "3000.01000000");
    ck_assert_str_eq(str(order, "fee"), "12.00004000"); // 0.4 %
    call("Balance", "");
    ck_assert_str_eq(str(json_object_get(w.json, "result"), "XXBT"), "10.10000000");
    ck_assert_str_eq(str(json_object_get(w.json, "result"), "ZUSD"), "996987.98996000");
}
END_TEST

START_TEST(what_a_limit_may_cost_is_held_with_its_fee)
{
    json_t *usd;

    add("pair=XBTUSD&type=buy&ordertype=limit&price=20000&volume=1");
    usd = json_object_get(call("BalanceEx", ""), "ZUSD");
    ck_assert_str_eq(str(usd, "balance"), "1000000.00000000");
    ck_assert_str_eq(str(usd, "hold_trade"), "20080.00000000");
    call("CancelAll", "");
    ck_assert_int_eq(
        json_integer_value(json_object_get(json_object_get(w.json, "result"), "count")), 1);
    usd = json_object_get(call("BalanceEx", ""), "ZUSD");
    ck_assert_str_eq(str(usd, "hold_trade"), "0.00000000");
}
END_TEST

START_TEST(a_clients_id_is_one_while_its_order_is_open)
{
    const char *params =
        "pair=XBTUSD&type=buy&ordertype=limit&price=29000&volume=0.01&cl_ord_id=agon-1";
    char id[32];
    json_t *open;

    snprintf(id, sizeof(id), "%s", add(params));
    call("AddOrder", params);
    ck_assert_str_eq(error_of(), "EGeneral:Invalid arguments:cl_ord_id");
    open = json_object_get(call("OpenOrders", "cl_ord_id=agon-1"), "open");
    ck_assert_uint_eq(json_object_size(open), 1);
    ck_assert_ptr_nonnull(json_object_get(open, id));
    call("CancelOrder", "cl_ord_id=agon-1");
    ck_assert_str_eq(error_of(), "");
    ck_assert_str_eq(str(order_of(id), "status"), "canceled");
    ck_assert_uint_eq(
        json_object_size(json_object_get(call("ClosedOrders", "cl_ord_id=agon-1"), "closed")), 1);
    add(params);
}
END_TEST

START_TEST(an_amendment_keeps_the_id_and_an_edit_does_not)
{
    char id[32], params[160];
    json_t *order;

    snprintf(id, sizeof(id), "%s",
             add("pair=XBTUSD&type=buy&ordertype=limit&price=29000&volume=0.01"));
    snprintf(params, sizeof(params), "txid=%s&limit_price=28000&order_qty=0.02", id);
    call("AmendOrder", params);
    ck_assert_str_eq(error_of(), "");
    order = order_of(id);
    ck_assert_str_eq(str(order, "vol"), "0.02000000");
    ck_assert_str_eq(str(json_object_get(order, "descr"), "price"), "28000.0");
    snprintf(params, sizeof(params), "pair=XBTUSD&txid=%s&price=27000", id);
    order = call("EditOrder", params);
    ck_assert_str_eq(error_of(), "");
    ck_assert_str_ne(str(order, "txid"), id);
    ck_assert_str_eq(str(order, "originaltxid"), id);
    ck_assert_str_eq(str(order_of(id), "status"), "canceled");
}
END_TEST

START_TEST(the_switch_cancels_when_nobody_renews_it)
{
    char id[32];

    snprintf(id, sizeof(id), "%s",
             add("pair=XBTUSD&type=buy&ordertype=limit&price=29000&volume=0.01"));
    call("CancelAllOrdersAfter", "timeout=60");
    world_pass(&w, 50 * S);
    call("CancelAllOrdersAfter", "timeout=60");
    world_pass(&w, 50 * S);
    ck_assert_str_eq(str(order_of(id), "status"), "open");
    world_pass(&w, 11 * S);
    ck_assert_str_eq(str(order_of(id), "status"), "canceled");
}
END_TEST

/* --- by socket --- */

/* Asks, then bids, without points and leading zeros. */
#define CHECKED                                                                                    \
    "300001100000000300002200000000300100500000000300000150000000299999200000000299900500000000"

START_TEST(a_book_is_told_so_that_its_checksum_holds)
{
    struct agon_level more[12];
    json_t *book;

    open_socket();
    ck_assert_str_eq(str(pushed("status", 0), "system"), "online");
    book = say("subscribe", "\"channel\":\"book\",\"symbol\":[\"BTC/USD\"]");
    ck_assert(json_is_true(json_object_get(book, "success")));
    like_sample("ws_book_snapshot", w.frames[w.n_frames - 1].json);
    book = pushed("book", 0);
    ck_assert_uint_eq(json_array_size(json_object_get(book, "bids")), 3);
    // As text: numbers keep the zeros that the checksum is made of.
    ck_assert_ptr_nonnull(
        strstr(w.frames[w.n_frames - 1].text, "{\"price\":30000.0,\"qty\":1.50000000}"));
    ck_assert_int_eq(json_integer_value(json_object_get(book, "checksum")),
                     simk_crc32(0, CHECKED, strlen(CHECKED)));
    world_clear(&w);
    // Twelve better bids push three out of ten: of those nothing is said.
    for (int i = 0; i < 12; i++)
        more[i] = (struct agon_level){(3000000 + 1) * 1000000ll - (i + 1) * 1000000ll,
                                      (i + 1) * 100000000ll};
    world_book(&w, "BTC/USD", 0, more, 12, NULL, 0);
    world_pass(&w, S / 5);
    book = pushed("book", 0);
    ck_assert_ptr_nonnull(book);
    for (size_t i = 0; i < json_array_size(json_object_get(book, "bids")); i++)
        ck_assert(json_number_value(json_object_get(
                      json_array_get(json_object_get(book, "bids"), i), "qty")) > 0);
}
END_TEST

/* --- a client that keeps ten levels, by the page that tells how --- */

struct kept {
    struct agon_level level[64];
    uint32_t n;
};

static int64_t number(json_t *level, const char *key)
{
    int64_t count;

    ck_assert_int_eq(
        num_from_double(json_number_value(json_object_get(level, key)), PIT_EXP, NUM_EVEN, &count),
        AGON_OK);
    return count;
}

/* sign 1: bids, the highest first. */
static void apply(struct kept *kept, json_t *levels, int sign)
{
    json_t *level;
    size_t i;

    json_array_foreach(levels, i, level)
    {
        struct agon_level now = {number(level, "price"), number(level, "qty")};
        uint32_t at = 0;

        while (at < kept->n && sign * kept->level[at].px > sign * now.px)
            at++;
        if (at < kept->n && kept->level[at].px == now.px)
            memmove(&kept->level[at], &kept->level[at + 1],
                    (--kept->n - at) * sizeof(kept->level[0]));
        if (now.qty == 0)
            continue;
        ck_assert_uint_lt(kept->n, 64);
        memmove(&kept->level[at + 1], &kept->level[at], (kept->n++ - at) * sizeof(kept->level[0]));
        kept->level[at] = now;
    }
    if (kept->n > 10)
        kept->n = 10;
}

START_TEST(a_client_that_keeps_ten_levels_has_the_venues_book)
{
    struct kept bid = {.n = 0}, ask_side = {.n = 0};
    uint32_t at = 0, n_told = 0;
    struct rng rng;

    rng_init(&rng, 11);
    open_socket();
    say("subscribe", "\"channel\":\"book\",\"symbol\":[\"BTC/USD\"]");
    for (int turn = 0; turn < 400; turn++) {
        struct agon_level below, above;
        int64_t place = (int64_t)rng_below(&rng, 30);

        below = (struct agon_level){3000000000000 - place * 10000000,
                                    (int64_t)rng_below(&rng, 3) * 12345678};
        above = (struct agon_level){3000010000000 + place * 10000000,
                                    (int64_t)rng_below(&rng, 3) * 87654321};
        world_book(&w, "BTC/USD", 0, &below, 1, &above, 1);
        if (turn % 50 == 7) // an own order stands in it too
            add("pair=XBTUSD&type=buy&ordertype=limit&price=29999.7&volume=0.01&oflags=post");
        world_pass(&w, S / 10);
        for (; at < w.n_frames; at++) {
            json_t *json = w.frames[at].json, *data;

            if (strcmp(str(json, "channel"), "book") != 0)
                continue;
            data = json_array_get(json_object_get(json, "data"), 0);
            apply(&bid, json_object_get(data, "bids"), 1);
            apply(&ask_side, json_object_get(data, "asks"), -1);
            ck_assert_int_eq(
                json_integer_value(json_object_get(data, "checksum")),
                simk_checksum(bid.level, bid.n, ask_side.level, ask_side.n, 10000000, 1));
            n_told++;
        }
    }
    ck_assert_uint_gt(n_told, 100);
}
END_TEST

START_TEST(an_order_is_told_step_by_step)
{
    static const char *const steps[] = {"pending_new", "new", "trade", "filled"};
    json_t *answer;

    open_socket();
    answer = say("subscribe", "\"channel\":\"executions\",%");
    ck_assert(json_is_true(json_object_get(answer, "success")));
    answer = say("add_order", "\"order_type\":\"limit\",\"side\":\"buy\",\"order_qty\":0.01,"
                              "\"symbol\":\"BTC/USD\",\"limit_price\":30000.1,"
                              "\"cl_ord_id\":\"agon-9\",%");
    like_sample("ws_add_order_response_success", answer);
    for (uint32_t i = 0; i < 4; i++) {
        json_t *told = pushed("executions", i);

        ck_assert_str_eq(str(told, "exec_type"), steps[i]);
        ck_assert_str_eq(str(told, "order_id"), str(json_object_get(answer, "result"), "order_id"));
        ck_assert_str_eq(str(told, "cl_ord_id"), "agon-9");
    }
    // What a trade says: it may have been the last, and the status does not tell.
    ck_assert_str_eq(str(pushed("executions", 2), "order_status"), "partially_filled");
    ck_assert_str_eq(str(pushed("executions", 3), "order_status"), "filled");
    ck_assert_str_eq(
        str(json_array_get(json_object_get(pushed("executions", 2), "fees"), 0), "asset"), "USD");
    for (uint32_t i = 0, n = 1; i < w.n_frames; i++)
        if (strcmp(str(w.frames[i].json, "channel"), "executions") == 0)
            ck_assert_int_eq(json_integer_value(json_object_get(w.frames[i].json, "sequence")),
                             ++n);
}
END_TEST

START_TEST(requests_by_socket_are_refused_in_its_words)
{
    json_t *answer;

    open_socket();
    answer = say("add_order", "\"token\":\"nobody\"");
    ck_assert_str_eq(str(answer, "error"), "ESession:Invalid session");
    ck_assert_int_eq(json_integer_value(json_object_get(answer, "req_id")), 7);
    answer = say("add_order", "\"order_type\":\"limit\",\"side\":\"buy\",\"order_qty\":100,"
                              "\"symbol\":\"BTC/USD\",\"limit_price\":29000,%");
    like_sample("ws_add_order_response_failure", answer);
    ck_assert_str_eq(str(answer, "error"), "EOrder:Insufficient funds");
    answer = say("add_order", "\"price\":1,%");
    ck_assert_str_eq(str(answer, "error"),
                     "Unsupported field: 'price' for the given msg type: add order");
    answer = say("cancel_order", "\"order_id\":[\"OAAAAA-AAAAA-AAAAAA\"],%");
    ck_assert_str_eq(str(answer, "error"), "EOrder:Unknown order");
    answer = say("subscribe", "\"channel\":\"book\",\"symbol\":[\"XBT/USD\"]");
    ck_assert_str_eq(str(answer, "error"), "Currency pair not supported XBT/USD");
    answer = say("subscribe", "\"channel\":\"book\",\"symbol\":[\"BTC/USD\"],\"depth\":11");
    ck_assert_str_eq(str(answer, "error"), "Subscription depth not supported");
    like_sample("ws_pong", say("ping", ""));
}
END_TEST

/* Faults of requests by socket are of the answer too: done and not answered, or answered late. */
START_TEST(an_answer_by_socket_is_lost_or_late_as_told)
{
    static const char order[] =
        "\"order_type\":\"limit\",\"side\":\"buy\",\"order_qty\":0.01,\"symbol\":"
        "\"BTC/USD\",\"limit_price\":2900%u,%%";
    char params[160];
    const char *answer;

    world_close(&w);
    world_open_faults(
        &w, "kraken",
        "faults:\n"
        "  - {on: request, method: WS, path: add_order, nth: 1, do: timeout, effect: true}\n"
        "  - {on: request, method: WS, path: add_order, nth: 2, do: timeout}\n"
        "  - {on: request, method: WS, path: add_order, nth: 3, do: error, effect: true}\n"
        "  - {on: request, method: WS, path: add_order, nth: 4, do: late, delay: 2s}\n");
    nonce = 0;
    open_socket();
    for (unsigned i = 1; i <= 4; i++) {
        world_clear(&w);
        snprintf(params, sizeof(params), order, i);
        answer = str(say("add_order", params), "error");
        ck_assert_str_eq(answer, i == 3 ? "EService:Timeout" : "");
        ck_assert_int_eq(answer_of("add_order") != NULL, i == 3);
    }
    world_pass(&w, 3 * S);
    ck_assert(json_is_true(json_object_get(answer_of("add_order"), "success")));
    ck_assert_uint_eq(json_object_size(json_object_get(call("OpenOrders", ""), "open")), 3);
}
END_TEST

START_TEST(a_wrong_checksum_is_told_when_it_is_to_be)
{
    int64_t sums[2];

    for (int is_wrong = 0; is_wrong < 2; is_wrong++) {
        world_close(&w);
        world_open_faults(
            &w, "kraken",
            is_wrong ? "faults:\n  - {on: stream, stream: \"book*\", every: 1, do: checksum}\n"
                     : "faults:\n  - {on: stream, stream: none, do: checksum}\n");
        open_socket();
        say("subscribe", "\"channel\":\"book\",\"symbol\":[\"BTC/USD\"]");
        world_pass(&w, S / 5);
        ck_assert_ptr_nonnull(pushed("book", 0));
        sums[is_wrong] = json_integer_value(json_object_get(pushed("book", 0), "checksum"));
    }
    ck_assert_int_ne(sums[0], 0);
    ck_assert_int_ne(sums[0], sums[1]);
}
END_TEST

START_TEST(market_channels_have_the_documented_fields)
{
    open_socket();
    like_sample("ws_subscribe_response",
                say("subscribe", "\"channel\":\"ticker\",\"symbol\":[\"BTC/USD\"]"));
    like_sample("ws_ticker_snapshot", w.frames[w.n_frames - 1].json);
    say("subscribe", "\"channel\":\"ohlc\",\"symbol\":[\"BTC/USD\"],\"interval\":1");
    world_clear(&w);
    world_trade(&w, "BTC/USD", "30000.1", "0.25", AGON_BUY);
    world_pass(&w, S / 5);
    ck_assert_ptr_nonnull(pushed("ohlc", 0));
    ck_assert(json_number_value(json_object_get(pushed("ticker", 0), "last")) > 30000.05);
    for (uint32_t i = 0; i < w.n_frames; i++)
        if (strcmp(str(w.frames[i].json, "channel"), "ohlc") == 0)
            like_sample("ws_ohlc_update", w.frames[i].json);
}
END_TEST

START_TEST(a_token_ends_unless_it_is_used)
{
    char text[160], token[64];

    open_socket();
    snprintf(token, sizeof(token), "%s", str(call("GetWebSocketsToken", ""), "token"));
    snprintf(text, sizeof(text),
             "{\"method\":\"cancel_all\",\"params\":{\"token\":\"%s\"},\"req_id\":1}", token);
    world_say(&w, 1, text);
    ck_assert(json_is_true(json_object_get(answer_of("cancel_all"), "success")));
    world_pass(&w, 1000 * S);
    world_clear(&w);
    world_say(&w, 1, text); // it was used here in time
    ck_assert(json_is_true(json_object_get(answer_of("cancel_all"), "success")));
    ck_assert_int_eq(world_ws(&w, 2, "/v2"), 101);
    world_clear(&w);
    world_say(&w, 2, text);
    ck_assert_str_eq(str(answer_of("cancel_all"), "error"), "ESession:Invalid session");
}
END_TEST

START_TEST(heartbeats_fill_the_silence)
{
    open_socket();
    world_pass(&w, 3 * S);
    ck_assert_ptr_null(answer_of("x"));
    say("subscribe", "\"channel\":\"trade\",\"symbol\":[\"BTC/USD\"]");
    world_clear(&w);
    for (int i = 0; i < 5; i++)
        world_pass(&w, S);
    ck_assert_uint_eq(w.n_frames, 5);
    ck_assert_str_eq(w.frames[0].text, "{\"channel\":\"heartbeat\"}");
}
END_TEST

int main(void)
{
    const char *source = getenv("AGON_SOURCE_ROOT");
    TCase *vectors = tcase_create("vectors"), *world = tcase_create("world");
    TCase *tcases[] = {vectors, world, NULL};
    char path[1024];
    FILE *file;

    snprintf(root, sizeof(root), "%s", source ? source : ".");
    snprintf(path, sizeof(path), "%s/../shared/data/wire/kraken/samples.ndjson", root);
    file = fopen(path, "r");
    if (!file) {
        printf("skipped: no %s\n", path);
        return EXIT_SKIP;
    }
    fclose(file);
    tcase_add_test(vectors, checksums_are_the_published_ones);
    tcase_add_test(vectors, signatures_are_the_published_ones);
    tcase_add_checked_fixture(world, open_world, close_world);
    tcase_add_test(world, answers_have_the_documented_fields);
    tcase_add_test(world, keys_signatures_and_nonces);
    tcase_add_test(world, calls_are_counted_and_the_count_falls);
    tcase_add_test(world, young_orders_that_are_cancelled_use_up_the_pair);
    tcase_add_test(world, orders_are_held_to_the_filters);
    tcase_add_test(world, a_fee_is_paid_in_the_quote);
    tcase_add_test(world, what_a_limit_may_cost_is_held_with_its_fee);
    tcase_add_test(world, a_clients_id_is_one_while_its_order_is_open);
    tcase_add_test(world, an_amendment_keeps_the_id_and_an_edit_does_not);
    tcase_add_test(world, the_switch_cancels_when_nobody_renews_it);
    tcase_add_test(world, a_book_is_told_so_that_its_checksum_holds);
    tcase_add_test(world, a_client_that_keeps_ten_levels_has_the_venues_book);
    tcase_add_test(world, an_order_is_told_step_by_step);
    tcase_add_test(world, requests_by_socket_are_refused_in_its_words);
    tcase_add_test(world, an_answer_by_socket_is_lost_or_late_as_told);
    tcase_add_test(world, a_wrong_checksum_is_told_when_it_is_to_be);
    tcase_add_test(world, market_channels_have_the_documented_fields);
    tcase_add_test(world, a_token_ends_unless_it_is_used);
    tcase_add_test(world, heartbeats_fill_the_silence);
    return suite_run_all("sim_kraken", tcases);
}
