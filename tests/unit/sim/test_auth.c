// SPDX-License-Identifier: Apache-2.0
#include <check.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "suite.h"
#include "world.h"

#define ORDER "/api/v3/order"
#define TEST  "/api/v3/order/test"

static struct world w;

// The venue's own documentation key, the vectors of docs/venues, and an Ed25519 key made of the
// seed SHA-256("agon test key").
static const char members[] =
    "accounts:\n"
    "  - key: vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A\n"
    "    secret: NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j\n"
    "    balances: {USDT: 1000000}\n"
    "  - {key: agon-test-key, secret: agon-test-secret, passphrase: agon-pass, balances: {USDT: "
    "1000000}}\n"
    "  - {key: reader, secret: s, permissions: [USER_DATA]}\n"
    "  - key: agon-ed-key\n"
    "    public_key: %s\n";

static void make_world(void)
{
    unsigned char seed[32], public_key[32], secret_key[64];
    char text[2048], base64[64];

    ck_assert_int_ge(sodium_init(), 0);
    crypto_hash_sha256(seed, (const unsigned char *)"agon test key", 13);
    crypto_sign_seed_keypair(public_key, secret_key, seed);
    sodium_bin2base64(base64, sizeof(base64), public_key, 32, sodium_base64_VARIANT_ORIGINAL);
    snprintf(text, sizeof(text), members, base64);
    world_open_members(&w, NULL, text);
}

static void teardown(void)
{
    world_close(&w);
}

static const struct {
    const char *what, *key, *payload, *signature;
    int64_t t_ms; /* of the server */
    int status;
    int64_t code;
} vectors[] = {
    // rest-api.md, "SIGNED Endpoint Examples"; the symbol is not traded here, so the signature is
    // proven by what is found wrong after it.
    {"the reference's example", "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A",
     "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000"
     "&timestamp=1499827319559",
     "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71", 1499827319600, 400, -1121},
    {"upper case hex is as good",
     "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A",
     "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000"
     "&timestamp=1499827319559",
     "C8DB56825AE71D6D79447849E617115F4A920FA2ACDCAB2B053C4B2838BD6B71", 1499827319600, 400, -1121},
    {"the reference's percent-encoded example",
     "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A",
     "symbol=%EF%BC%91%EF%BC%92%EF%BC%93%EF%BC%94%EF%BC%95%EF%BC%96&side=BUY&type=LIMIT"
     "&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559",
     "e1353ec6b14d888f1164ae9af8228a3dbd508bc82eb867db8ab6046442f33ef3", 1499827319600, 400, -1121},
    {"VENUES 14: HMAC", "agon-test-key",
     "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.01&price=30000"
     "&newClientOrderId=ag-1&recvWindow=5000&timestamp=1700000000000",
     "d48ab3c179d8d1b92e7b2a7c924180b31f2b389db6e5ea6311e9d7bbeee982d3", 1700000000000, 200, 0},
    {"VENUES 14: percent-encoded symbol", "agon-test-key",
     "symbol=%EF%BC%91%EF%BC%92&timestamp=1700000000000",
     "ef2161f3fddbb9368a6f70f1e68fb719dc7ba3a5575f87fba3cb5ed6132f7528", 1700000000000, 400, -1121},
    {"VENUES 14: Ed25519, here for what it lacks", "agon-ed-key",
     "symbol=BTCUSDT&timestamp=1700000000000",
     "1nDT20e2yQKZwdiSt6fnnrBNN8quMlbJ3mhGRzdFQdA1IdOGyyPbg41XA6Fh9j%2BYcRLj1P0eyquuSOqgpISTBw%3D"
     "%3D",
     1700000000000, 400, -1102},
    {"another secret's", "agon-test-key", "symbol=BTCUSDT&timestamp=1700000000000",
     "ef2161f3fddbb9368a6f70f1e68fb719dc7ba3a5575f87fba3cb5ed6132f7528", 1700000000000, 400, -1022},
    {"not hex", "agon-test-key", "symbol=BTCUSDT&timestamp=1700000000000", "xyz", 1700000000000,
     400, -1022},
    {"no key of ours", "nobody", "symbol=BTCUSDT&timestamp=1700000000000", "00", 1700000000000, 401,
     -2015},
    {"no key", NULL, "symbol=BTCUSDT&timestamp=1700000000000", "00", 1700000000000, 401, -2014},
    {"a key that is none", "a b", "symbol=BTCUSDT&timestamp=1700000000000", "00", 1700000000000,
     401, -2014},
    {"a key that may not trade", "reader", "symbol=BTCUSDT&timestamp=1700000000000", "00",
     1700000000000, 401, -2015},
    {"no signature", "agon-test-key", "symbol=BTCUSDT&timestamp=1700000000000", NULL, 1700000000000,
     400, -1102},
    {"no timestamp", "agon-test-key", "symbol=BTCUSDT", "00", 1700000000000, 400, -1102},
    {"a timestamp that is none", "agon-test-key", "symbol=BTCUSDT&timestamp=now", "00",
     1700000000000, 400, -1100},
};

START_TEST(signatures_are_those_of_the_reference)
{
    char query[1024];
    int status;

    w.now.transport = vectors[_i].t_ms * 1000000;
    snprintf(query, sizeof(query), "%s%s%s", vectors[_i].payload,
             vectors[_i].signature ? "&signature=" : "",
             vectors[_i].signature ? vectors[_i].signature : "");
    status = world_raw(&w, "POST", TEST, query, NULL, vectors[_i].key);
    ck_assert_msg(status == vectors[_i].status && world_code(&w) == vectors[_i].code,
                  "%s: %d %lld %s", vectors[_i].what, status, (long long)world_code(&w),
                  world_msg(&w));
    // The same in the body, and with the parameters split over both.
    if (vectors[_i].signature) {
        const char *cut = strchr(query, '&');
        char first[64];

        ck_assert_int_eq(world_raw(&w, "POST", TEST, "", query, vectors[_i].key), status);
        ck_assert_int_eq(world_code(&w), vectors[_i].code);
        if (status == 200 && cut && (size_t)(cut - query) < sizeof(first)) {
            char hex[65], payload[1024], body[1200];

            memcpy(first, query, (size_t)(cut - query));
            first[cut - query] = '\0';
            snprintf(payload, sizeof(payload), "%s%s", first, strchr(vectors[_i].payload, '&') + 1);
            world_hmac("agon-test-secret", payload, hex);
            snprintf(body, sizeof(body), "%s&signature=%s", strchr(vectors[_i].payload, '&') + 1,
                     hex);
            ck_assert_int_eq(world_raw(&w, "POST", TEST, first, body, vectors[_i].key), 200);
        }
    }
}
END_TEST

START_TEST(raw_bytes_are_no_signed_payload)
{
    const char *payload = "symbol=\xef\xbc\x91&timestamp=1700000000000";
    char hex[65], query[256];

    world_hmac("agon-test-secret", payload, hex);
    snprintf(query, sizeof(query), "%s&signature=%s", payload, hex);
    ck_assert_int_eq(world_raw(&w, "POST", TEST, query, NULL, "agon-test-key"), 400);
    ck_assert_int_eq(world_code(&w), -1022);
}
END_TEST

static const struct {
    const char *what, *stamp, *window;
    int64_t code;
    const char *msg;
} times[] = {
    // The server stands at 1700000000000 ms.
    {"now", "1700000000000", NULL, 0, NULL},
    {"in microseconds", "1700000000000000", NULL, 0, NULL},
    {"at the edge of the default window", "1699999995000", NULL, 0, NULL},
    {"past it", "1699999994999", NULL, -1021,
     "Timestamp for this request is outside of the recvWindow."},
    {"at the edge of its own window", "1699999940000", "60000", 0, NULL},
    {"past its own window", "1699999999899", "100", -1021, NULL},
    {"window with three places", "1699999999899", "101.5", 0, NULL},
    {"window with four places", "1700000000000", "100.1234", -1100, NULL},
    {"window too long", "1700000000000", "60000.001", -1102,
     "'recvWindow' contains unexpected value. Cannot be greater than 60000."},
    {"ahead, within a second", "1700000000999", NULL, 0, NULL},
    {"a second ahead", "1700000001000", NULL, -1021,
     "Timestamp for this request was 1000ms ahead of the server's time."},
};

START_TEST(requests_live_as_long_as_their_window)
{
    char payload[256], hex[65], query[400];

    snprintf(payload, sizeof(payload), "%s%s%stimestamp=%s", times[_i].window ? "recvWindow=" : "",
             times[_i].window ? times[_i].window : "", times[_i].window ? "&" : "",
             times[_i].stamp);
    world_hmac("agon-test-secret", payload, hex);
    snprintf(query, sizeof(query), "%s&signature=%s", payload, hex);
    world_raw(&w, "GET", "/api/v3/account", query, NULL, "agon-test-key");
    ck_assert_msg(world_code(&w) == times[_i].code, "%s: %lld %s", times[_i].what,
                  (long long)world_code(&w), world_msg(&w));
    if (times[_i].msg)
        ck_assert_str_eq(world_msg(&w), times[_i].msg);
}
END_TEST

START_TEST(the_published_vectors_hold)
{
    const char *root = getenv("AGON_SOURCE_ROOT");
    char path[1024], line[4096];
    uint32_t seen = 0;
    FILE *file;

    snprintf(path, sizeof(path), "%s/../shared/data/reference/signing_hmac.ndjson",
             root ? root : ".");
    file = fopen(path, "r");
    if (!file) {
        fprintf(stderr, "%s is not there: not compared\n", path);
        return;
    }
    while (fgets(line, sizeof(line), file)) {
        json_t *json = json_loads(line, 0, NULL);
        const char *scheme = json_string_value(json_object_get(json, "scheme"));
        const char *venue = json_string_value(json_object_get(json, "venue"));

        if (scheme && venue && strcmp(venue, "binance") == 0 &&
            strcmp(scheme, "hmac-sha256-hex") == 0) {
            const char *payload = json_string_value(json_object_get(json, "payload"));
            const char *stamp = strstr(payload, "timestamp=");
            char text[512], query[2048];

            world_close(&w);
            snprintf(text, sizeof(text), "{\"accounts\": [{\"key\": \"%s\", \"secret\": \"%s\"}]}",
                     json_string_value(json_object_get(json, "api_key")),
                     json_string_value(json_object_get(json, "secret")));
            world_open_members(&w, NULL, text);
            w.now.transport = atoll(stamp + 10) * 1000000;
            snprintf(query, sizeof(query), "%s&signature=%s", payload,
                     json_string_value(json_object_get(json, "expected")));
            world_raw(&w, "POST", TEST, query, NULL, w.members.all[0].key);
            ck_assert_msg(world_code(&w) != -1022 && world_code(&w) != -1021, "%s: %s", payload,
                          world_msg(&w));
            query[strlen(query) - 1] = query[strlen(query) - 1] == '0' ? '1' : '0';
            world_raw(&w, "POST", TEST, query, NULL, w.members.all[0].key);
            ck_assert_int_eq(world_code(&w), -1022);
            seen++;
        }
        json_decref(json);
    }
    fclose(file);
    ck_assert_uint_ge(seen, 3);
}
END_TEST

/* --- limits --- */

START_TEST(weights_are_counted_and_forgotten_by_the_minute)
{
    ck_assert_int_eq(world_get(&w, "/api/v3/ping"), 200);
    ck_assert_str_eq(world_header(&w, "X-MBX-USED-WEIGHT-1M"), "1");
    world_get(&w, "/api/v3/depth?symbol=BTCUSDT");
    ck_assert_str_eq(world_header(&w, "X-MBX-USED-WEIGHT-1M"), "6");
    world_get(&w, "/api/v3/depth?symbol=BTCUSDT&limit=101");
    ck_assert_str_eq(world_header(&w, "X-MBX-USED-WEIGHT-1M"), "31");
    world_get(&w, "/api/v3/depth?symbol=BTCUSDT&limit=1000");
    ck_assert_str_eq(world_header(&w, "X-MBX-USED-WEIGHT-1M"), "81");
    world_get(&w, "/api/v3/depth?symbol=BTCUSDT&limit=5000");
    ck_assert_str_eq(world_header(&w, "X-MBX-USED-WEIGHT-1M"), "331");
    world_get(&w, "/api/v3/exchangeInfo");
    ck_assert_str_eq(world_header(&w, "X-MBX-USED-WEIGHT-1M"), "351");
    world_get(&w, "/api/v3/ticker/24hr");
    ck_assert_str_eq(world_header(&w, "X-MBX-USED-WEIGHT-1M"), "431");
    w.peer = "10.0.0.9"; // another address has its own count
    world_get(&w, "/api/v3/ping");
    ck_assert_str_eq(world_header(&w, "X-MBX-USED-WEIGHT-1M"), "1");
    w.peer = "127.0.0.1";
    world_pass(&w, 60000000000);
    world_get(&w, "/api/v3/ping");
    ck_assert_str_eq(world_header(&w, "X-MBX-USED-WEIGHT-1M"), "1");
}
END_TEST

static void use_default_world(const struct sim_limits *limits)
{
    world_close(&w);
    world_open(&w, limits);
}

START_TEST(orders_cost_weight_only_when_refused)
{
    use_default_world(NULL);
    world_signed(&w, "POST", ORDER,
                 "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=29000");
    ck_assert_str_eq(world_header(&w, "X-MBX-USED-WEIGHT-1M"), "0");
    world_signed(&w, "POST", ORDER,
                 "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=29000.001");
    ck_assert_str_eq(world_header(&w, "X-MBX-USED-WEIGHT-1M"), "1");
}
END_TEST

START_TEST(too_much_weight_is_429_and_going_on_is_418)
{
    const struct sim_limits limits = {.weight_per_minute = 10, .bans_after = 3};

    use_default_world(&limits);
    // The clock stands 20 s into a minute.
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(world_get(&w, "/api/v3/ping"), 200);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(world_get(&w, "/api/v3/ping"), 429);
        ck_assert_int_eq(world_code(&w), -1003);
        ck_assert_str_eq(world_header(&w, "Retry-After"), "40");
    }
    ck_assert_str_eq(world_msg(&w),
                     "Too much request weight used; current limit is 10 request weight per 1 "
                     "MINUTE. Please use WebSocket Streams for live updates to avoid polling the "
                     "API.");
    ck_assert_int_eq(world_get(&w, "/api/v3/ping"), 418);
    ck_assert_int_eq(world_code(&w), -1003);
    ck_assert_str_eq(world_header(&w, "Retry-After"), "120");
    ck_assert_ptr_nonnull(strstr(world_msg(&w), "IP banned until 1700000120000."));
    world_pass(&w, 119000000000);
    ck_assert_int_eq(world_get(&w, "/api/v3/ping"), 418);
    ck_assert_str_eq(world_header(&w, "Retry-After"), "1");
    ck_assert_int_eq(world_ws(&w, 1, "/ws/btcusdt@trade"), 418);
    world_pass(&w, 1000000000);
    ck_assert_int_eq(world_get(&w, "/api/v3/ping"), 200);
    // The next ban is twice as long.
    for (int i = 0; i < 20 && w.reply.status != 418; i++)
        world_get(&w, "/api/v3/ping");
    ck_assert_int_eq(w.reply.status, 418);
    ck_assert_str_eq(world_header(&w, "Retry-After"), "240");
}
END_TEST

START_TEST(orders_are_limited_in_ten_seconds_and_the_day)
{
    const struct sim_limits limits = {.orders_per_10s = 3, .orders_per_day = 5};
    const char *rest =
        "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.1&price=29000";

    use_default_world(&limits);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(world_signed(&w, "POST", ORDER, rest), 200);
    ck_assert_str_eq(world_header(&w, "X-MBX-ORDER-COUNT-10S"), "3");
    ck_assert_int_eq(world_signed(&w, "POST", ORDER, rest), 429);
    ck_assert_int_eq(world_code(&w), -1015);
    ck_assert_str_eq(world_msg(&w),
                     "Too many new orders; current limit is 3 orders per 10 SECOND.");
    ck_assert_str_eq(world_header(&w, "Retry-After"), "10");
    world_pass(&w, 10000000000);
    ck_assert_int_eq(world_signed(&w, "POST", ORDER, rest), 200);
    // What trades at once does not count.
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(
            world_signed(&w, "POST", ORDER, "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.001"),
            200);
    ck_assert_int_eq(world_signed(&w, "POST", ORDER, rest), 200);
    world_pass(&w, 10000000000);
    ck_assert_int_eq(world_signed(&w, "POST", ORDER, rest), 429);
    ck_assert_str_eq(world_msg(&w), "Too many new orders; current limit is 5 orders per 1 DAY.");
}
END_TEST

START_TEST(transport_time_alone_fills_and_empties_windows)
{
    const struct sim_limits limits = {.weight_per_minute = 2};

    use_default_world(&limits);
    world_get(&w, "/api/v3/ping");
    world_get(&w, "/api/v3/ping");
    w.now.market += 3600 * 1000000000ll; // an hour of market passes in no time
    ck_assert_int_eq(world_get(&w, "/api/v3/ping"), 429);
    ck_assert_int_eq(world_get(&w, "/api/v3/time"), 429);
}
END_TEST

static const struct {
    const char *what, *text, *want;
} bad_members[] = {
    {"empty", "", "a.yaml:1:1: error[AG-1011]: the file is empty"},
    {"a list", "[1]", "a.yaml:1:1: error[AG-1011]: a list at the top"},
    {"a typing error", "accounts:\n  - kee: x\n",
     "a.yaml:2:5: error[AG-1013]: accounts[0]: unknown key 'kee'"},
    {"no secret", "accounts: [{key: x}]", "expected a secret or a public_key"},
    {"the same twice", "accounts: [{key: x, secret: y}, {key: x, secret: z}]",
     "a.yaml:1:39: error[AG-1012]: accounts[1].key: is the key of the account in line 1 too"},
    {"a balance", "accounts: [{key: x, secret: y, balances: {BTC: ten}}]",
     "a.yaml:1:48: error[AG-1017]: accounts[0].balances.BTC: is not an amount"},
    {"more than 64 bits hold", "accounts: [{key: x, secret: y, balances: {PEPE: 1e12}}]",
     "a.yaml:1:49: error[AG-1017]: accounts[0].balances.PEPE: is too large; expected at most "
     "92233720368.54775807"},
    {"finer than it has decimals",
     "assets: {PEPE: 2}\naccounts: [{key: x, secret: y, balances: {PEPE: 1e-3}}]",
     "accounts[0].balances.PEPE: has more places than PEPE has decimals; expected at most 2"},
    {"decimals that are none", "assets: {PEPE: 9}\naccounts: [{key: x, secret: y}]",
     "expected 0 to 8"},
    {"no YAML", "accounts: [", "a.yaml:"},
};

START_TEST(a_bad_accounts_file_is_told_with_its_place)
{
    static struct members out;
    struct error err = {0};

    ck_assert_int_eq(
        members_parse(&out, "a.yaml", bad_members[_i].text, strlen(bad_members[_i].text), &err),
        AGON_EINVAL);
    ck_assert_msg(strstr(err.text, bad_members[_i].want) != NULL, "%s: %s", bad_members[_i].what,
                  err.text);
}
END_TEST

int main(void)
{
    TCase *tcase = tcase_create("auth");

    tcase_add_checked_fixture(tcase, make_world, teardown);
    tcase_add_loop_test(tcase, signatures_are_those_of_the_reference, 0,
                        (int)(sizeof(vectors) / sizeof(vectors[0])));
    tcase_add_test(tcase, raw_bytes_are_no_signed_payload);
    tcase_add_loop_test(tcase, requests_live_as_long_as_their_window, 0,
                        (int)(sizeof(times) / sizeof(times[0])));
    tcase_add_test(tcase, the_published_vectors_hold);
    tcase_add_test(tcase, weights_are_counted_and_forgotten_by_the_minute);
    tcase_add_test(tcase, orders_cost_weight_only_when_refused);
    tcase_add_test(tcase, too_much_weight_is_429_and_going_on_is_418);
    tcase_add_test(tcase, orders_are_limited_in_ten_seconds_and_the_day);
    tcase_add_test(tcase, transport_time_alone_fills_and_empties_windows);
    tcase_add_loop_test(tcase, a_bad_accounts_file_is_told_with_its_place, 0,
                        (int)(sizeof(bad_members) / sizeof(bad_members[0])));
    return suite_run("sim_auth", tcase);
}
