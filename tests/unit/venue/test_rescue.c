// SPDX-License-Identifier: Apache-2.0
/* rescue, which cancels in a dead host's place, against an exchange in memory and in scripted time:
 * what it asks for, how often, and when it says that it is done. */
#include "venue/rescue.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "net/http.h"
#include "venue/client_id.h"

#define MS         ((int64_t)1000000)
#define S          ((int64_t)1000000000)
#define T0         ((int64_t)1700000000000)
#define CONNS      64
#define ORDERS     2100
#define CAPACITY   6000 /* weight a minute, and the keeper's quarter of it */
#define QUARTER    (CAPACITY / 4)
#define LIST       80
#define SECONDS    1200
#define ANSWER_MS  5
#define BODY_BYTES ((size_t)1 << 20)
#define SECRET     "YWdvbi10ZXN0LXNlY3JldA==" /* in base64, as some want it */

enum speech { BINANCE, KRAKEN, OKX, OKX_SWAP };
static const struct {
    const char *dialect, *symbols[2], *time, *list;
    int list_weight, cancel_weight;
} speeches[] = {
    {"binance_spot", {"BTCUSDT", "ETHUSDT"}, "/api/v3/time", "/openOrders?", LIST, 1},
    {"kraken_spot", {"BTC/USD", "ETH/USD"}, "/0/public/Time", "/private/OpenOrders", 1, 0},
    {"okx_spot", {"BTC-USDT", "ETH-USDT"}, "/api/v5/public/time", "/trade/orders-pending?", 1, 1},
    {"okx_swap",
     {"BTC-USDT-SWAP", "ETH-USDT-SWAP"},
     "/api/v5/public/time",
     "/trade/orders-pending?",
     1,
     1},
};

struct conn {
    int is_used, is_open, is_ending;
    struct stream_owner owner;
    int64_t open_ns, answer_ns; /* INT64_MAX: no answer */
    char *answer;
};
static struct exchange {
    enum speech speech;
    int64_t now;
    struct conn conns[CONNS];
    struct {
        int64_t at;
        struct stream_owner owner;
    } timer;
    uint32_t n_orders;
    struct {
        char id[40];
        const char *symbol;
        int64_t from_ns; /* it arrives then */
        int is_open;
    } orders[ORDERS];
    uint32_t weight[SECONDS]; /* by second */
    uint32_t n_single, n_symbol, n_lists, n_refused;
    int64_t stop_ns, last_ns; /* 429 until then; the last request while it was so */
    int status;               /* of what is signed; 0: as it should be */
    int n_hung;               /* so many lists get no answer */
    uint32_t capacity, window_s, n_out, n_overtaken; /* n_overtaken: nonces that are refused */
    uint64_t nonce;
    struct rescue *rescue;
} x;

static const struct order_ids ours = {.journal = 0x123456};

/* --- the exchange --- */

static const char *const list_begins[] = {
    "[",
    "{\"error\":[],\"result\":{\"open\":{",
    "{\"code\":\"0\",\"msg\":\"\",\"data\":[",
    "{\"code\":\"0\",\"msg\":\"\",\"data\":[",
};
static const char *const list_ends[] = {"]", "}}}", "]}", "]}"};

static size_t put_order(char *to, uint32_t i)
{
    const char *symbol = x.orders[i].symbol;
    const char *id = x.orders[i].id;

    switch (x.speech) {
    case KRAKEN:
        return (size_t)sprintf(to,
                               "\"O%05u-AAAAA-AAAAAA\":{\"status\":\"open\",\"opentm\":"
                               "1700000000.1,\"vol\":\"0.01\",\"vol_exec\":\"0\","
                               "\"cl_ord_id\":\"%s\",\"oflags\":\"fciq\",\"descr\":{\"pair\":"
                               "\"%s%s\",\"type\":\"buy\",\"ordertype\":\"limit\",\"price\":"
                               "\"30000.0\",\"price2\":\"0\"}}",
                               i, id, strncmp(symbol, "BTC", 3) == 0 ? "XBT" : "ETH",
                               strncmp(symbol, "SOL", 3) == 0 ? "EUR" : "USD");
    case OKX:
    case OKX_SWAP:
        return (size_t)sprintf(to,
                               "{\"instId\":\"%s\",\"ordId\":\"%u\",\"clOrdId\":\"%s\","
                               "\"px\":\"30000\",\"sz\":\"0.01\",\"ordType\":\"limit\",\"side\":"
                               "\"buy\",\"accFillSz\":\"0\",\"state\":\"live\",\"uTime\":"
                               "\"%lld\"}",
                               symbol, i + 1, id, (long long)T0);
    default:
        return (size_t)sprintf(to,
                               "{\"symbol\":\"%s\",\"orderId\":%u,\"clientOrderId\":\"%s\","
                               "\"price\":\"30000.00\",\"origQty\":\"0.01000\","
                               "\"executedQty\":\"0.00000\",\"status\":\"NEW\",\"timeInForce\":"
                               "\"GTC\",\"type\":\"LIMIT\",\"side\":\"BUY\",\"time\":%lld,"
                               "\"updateTime\":%lld}",
                               symbol, i + 1, id, (long long)T0, (long long)T0);
    }
}

static void put_list(char *to)
{
    size_t n = (size_t)sprintf(to, "%s", list_begins[x.speech]);
    uint32_t n_listed = 0;

    for (uint32_t i = 0; i < x.n_orders; i++) {
        if (!x.orders[i].is_open || x.now < x.orders[i].from_ns ||
            (x.speech >= OKX && n_listed == 100))
            continue;
        ck_assert_uint_lt(n + 512, BODY_BYTES);
        if (n_listed++ > 0)
            to[n++] = ',';
        n += put_order(to + n, i);
    }
    sprintf(to + n, "%s", list_ends[x.speech]);
}

/* All of the account, or those that are named. */
static void end_named(const char *body, int is_all)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < x.n_orders; i++) {
        if (x.now < x.orders[i].from_ns || !x.orders[i].is_open ||
            (!is_all && strstr(body, x.orders[i].id) == NULL))
            continue;
        // It takes an order by its instrument, too.
        ck_assert(x.speech == KRAKEN || strstr(body, x.orders[i].symbol) != NULL);
        x.orders[i].is_open = 0;
        n++;
    }
    ck_assert_uint_le(n, is_all ? ORDERS : x.speech == KRAKEN ? 1 : 20);
    x.n_single += !is_all;
    x.n_symbol += is_all != 0;
}

static void end_orders(const char *target)
{
    const char *symbol = strstr(target, "symbol=") + strlen("symbol=");
    const char *id = strstr(target, "origClientOrderId=");

    for (uint32_t i = 0; i < x.n_orders; i++) {
        size_t n = strlen(x.orders[i].symbol);

        if (x.now < x.orders[i].from_ns || strncmp(symbol, x.orders[i].symbol, n) != 0)
            continue;
        if (id == NULL ||
            strncmp(id + strlen("origClientOrderId="), x.orders[i].id, strlen(x.orders[i].id)) == 0)
            x.orders[i].is_open = 0;
    }
    x.n_single += id != NULL;
    x.n_symbol += id == NULL;
}

/* Rising from each to the next, over the host that was here before too. */
static int is_overtaken(const char *form)
{
    const char *at = strstr(form, "nonce=");
    uint64_t nonce;

    ck_assert_ptr_nonnull(at);
    nonce = strtoull(at + strlen("nonce="), NULL, 10);
    ck_assert_uint_gt(nonce, x.nonce);
    x.nonce = nonce;
    if (x.n_overtaken == 0)
        return 0;
    x.n_overtaken--;
    return 1;
}

static void say_time(char *body)
{
    long long ms = (long long)(T0 + x.now / MS);

    if (x.speech == KRAKEN)
        sprintf(body, "{\"error\":[],\"result\":{\"unixtime\":%lld}}", ms / 1000);
    else
        sprintf(body, "{\"code\":\"0\",\"msg\":\"\",\"data\":[{\"ts\":\"%lld\"}]}", ms);
}

/* Kraken and OKX: form is what the request has as its body. */
static int judge_signed(const char *method, const char *target, const char *form, char *body)
{
    const char *const good = x.speech == KRAKEN ? "{\"error\":[],\"result\":{\"count\":1}}"
                                                : "{\"code\":\"0\",\"msg\":\"\",\"data\":[]}";
    int is_list = strstr(target, speeches[x.speech].list) != NULL;

    x.weight[x.now / S] +=
        (uint32_t)(is_list ? speeches[x.speech].list_weight : speeches[x.speech].cancel_weight);
    if (strcmp(target, speeches[x.speech].time) == 0) {
        say_time(body);
    } else if (x.speech == KRAKEN && is_overtaken(form)) {
        x.n_refused++;
        sprintf(body, "{\"error\":[\"EAPI:Invalid nonce\"]}");
    } else if (x.status != 0) {
        x.n_refused++;
        sprintf(body, "%s",
                x.speech == KRAKEN ? "{\"error\":[\"EAPI:Invalid key\"]}"
                                   : "{\"code\":\"50111\",\"msg\":\"Invalid OK-ACCESS-KEY\"}");
        return x.speech == KRAKEN ? 200 : x.status;
    } else if (is_list) {
        x.n_lists++;
        put_list(body);
    } else {
        ck_assert_str_eq(method, "POST");
        ck_assert(strstr(target, "/private/CancelAll") != NULL ||
                  strstr(target, "/private/CancelOrder") != NULL ||
                  strcmp(target, "/api/v5/trade/cancel-batch-orders") == 0);
        end_named(form, strstr(target, "/private/CancelAll") != NULL);
        sprintf(body, "%s", good);
    }
    return 200;
}

static int judge(const char *method, const char *target, const char *form, char *body)
{
    int is_time = strncmp(target, "/api/v3/time", 12) == 0;
    int is_list = strcmp(method, "GET") == 0 && strstr(target, "/openOrders?") != NULL;

    if (x.speech != BINANCE)
        return judge_signed(method, target, form, body);
    x.weight[x.now / S] += is_list ? LIST : 1;
    if (x.now < x.stop_ns) {
        x.n_refused++;
        x.last_ns = x.now;
        sprintf(body, "{\"code\":-1003,\"msg\":\"Too many requests.\"}");
        return 429;
    }
    if (is_time) {
        sprintf(body, "{\"serverTime\":%lld}", (long long)(T0 + x.now / MS));
    } else if (x.status != 0) {
        x.n_refused++;
        sprintf(body, "{\"code\":-2015,\"msg\":\"Invalid API-key, IP, or permissions.\"}");
        return x.status;
    } else if (is_list) {
        x.n_lists++;
        put_list(body);
    } else {
        ck_assert_str_eq(method, "DELETE");
        end_orders(target);
        sprintf(body, "[]");
    }
    return 200;
}

/* --- the port --- */

static int port_connect(void *ctx, const struct stream_target *target,
                        const struct stream_owner *owner)
{
    (void)ctx;
    (void)target;
    for (int i = 0; i < CONNS; i++) {
        if (x.conns[i].is_used)
            continue;
        x.conns[i] = (struct conn){.is_used = 1,
                                   .owner = *owner,
                                   .open_ns = x.now + ANSWER_MS * MS,
                                   .answer_ns = INT64_MAX};
        return i;
    }
    return AGON_EAGAIN;
}

static int port_send(void *ctx, int at, const void *bytes, size_t n)
{
    struct conn *conn = &x.conns[at];
    char method[8], target[3072], text[8192];
    char *body = malloc(BODY_BYTES);
    size_t room = BODY_BYTES + 256;
    int is_list;

    (void)ctx;
    ck_assert(conn->is_open && !conn->is_ending && conn->answer == NULL && body != NULL);
    ck_assert_uint_lt(n, sizeof(text));
    memcpy(text, bytes, n);
    text[n] = '\0';
    ck_assert_int_eq(sscanf(text, "%7s %3071s", method, target), 2);
    ck_assert(strstr(text, SECRET) == NULL && strstr(text, "agon-test-secret") == NULL);
    is_list = strstr(target, speeches[x.speech].list) != NULL;
    x.n_out++;
    // Who has nonces asks one thing at a time: two on their way may arrive in any order.
    ck_assert(x.speech != KRAKEN || x.n_out == 1);
    conn->answer = malloc(room);
    ck_assert_ptr_nonnull(conn->answer);
    snprintf(conn->answer, room,
             "HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: ",
             judge(method, target, strstr(text, "\r\n\r\n"), body));
    n = strlen(conn->answer);
    snprintf(conn->answer + n, room - n, "%zu\r\n\r\n%s", strlen(body), body);
    conn->answer_ns = x.now + ANSWER_MS * MS;
    if (is_list && x.n_hung > 0) {
        x.n_hung--;
        conn->answer_ns = INT64_MAX;
    }
    free(body);
    return AGON_OK;
}

static void port_close(void *ctx, int at, int is_flush)
{
    (void)ctx;
    (void)is_flush;
    x.conns[at].is_ending = 1;
}

static int64_t port_timer(void *ctx, int64_t delay, uint64_t cookie,
                          const struct stream_owner *owner)
{
    (void)ctx;
    (void)cookie;
    ck_assert_int_eq(x.timer.at, 0);
    x.timer.at = x.now + delay;
    x.timer.owner = *owner;
    return 0;
}

static int64_t port_now(void *ctx)
{
    (void)ctx;
    return x.now;
}

static agon_ns_t port_utc(void *ctx)
{
    (void)ctx;
    return T0 * MS + x.now;
}

static const struct stream_port port = {.connect = port_connect,
                                        .utc = port_utc,
                                        .send = port_send,
                                        .close = port_close,
                                        .timer = port_timer,
                                        .now = port_now};

static void step(void)
{
    x.now += MS;
    for (int i = 0; i < CONNS; i++) {
        struct conn *conn = &x.conns[i];

        if (!conn->is_used)
            continue;
        if (conn->is_ending) {
            x.n_out -= conn->answer != NULL;
            free(conn->answer);
            conn->is_used = 0;
            conn->owner.on_end(conn->owner.ctx, i, STREAM_END_LOCAL, "closed");
        } else if (!conn->is_open && x.now >= conn->open_ns) {
            conn->is_open = 1;
            conn->owner.on_open(conn->owner.ctx, i);
        } else if (conn->answer != NULL && x.now >= conn->answer_ns) {
            char *answer = conn->answer;

            conn->answer = NULL;
            x.n_out--;
            conn->owner.on_bytes(conn->owner.ctx, i, answer, strlen(answer));
            free(answer);
        }
    }
    if (x.timer.at != 0 && x.now >= x.timer.at) {
        x.timer.at = 0;
        x.timer.owner.on_timer(x.timer.owner.ctx, 0);
    }
}

/* --- what it is given --- */

static void add_order(const struct order_ids *ids, const char *symbol, int64_t from_ns)
{
    uint32_t at = x.n_orders++;

    ck_assert_uint_lt(at, ORDERS);
    if (ids != NULL)
        client_id_format(ids, (uint64_t)1 << 48 | (uint64_t)1 << 32 | (at + 1), 0, x.orders[at].id);
    else
        snprintf(x.orders[at].id, sizeof(x.orders[at].id), "web_%u", at);
    x.orders[at].symbol = symbol;
    x.orders[at].from_ns = from_ns;
    x.orders[at].is_open = 1;
}

static uint32_t n_open(int is_ours)
{
    struct client_id id;
    uint32_t n = 0;

    for (uint32_t i = 0; i < x.n_orders; i++)
        n += x.orders[i].is_open && (client_id_read(&ours, x.orders[i].id, strlen(x.orders[i].id),
                                                    &id) == CLIENT_ID_OURS) == is_ours;
    return n;
}

static void begin_at(enum speech speech, uint32_t capacity, uint32_t window_s)
{
    memset(&x, 0, sizeof(x));
    x.now = 10 * S;
    x.speech = speech;
    x.capacity = capacity;
    x.window_s = window_s;
    x.nonce = (uint64_t)(T0 * MS + 7 * S) / 1000; // the host's last, three seconds ago
}

static void begin(void)
{
    begin_at(BINANCE, CAPACITY, 60);
}

static void start(void)
{
    const char *const *symbols = speeches[x.speech].symbols;
    struct agon_instrument instruments[2] = {0};
    struct venue_config config;
    struct error err = {0};

    ck_assert_int_eq(venue_config_default(&config, speeches[x.speech].dialect), AGON_OK);
    snprintf(config.name, sizeof(config.name), "scripted");
    snprintf(config.rest.host, sizeof(config.rest.host), "rest.test");
    config.recv_window_ms = 1000;
    config.n_limits = 1;
    config.limits[0] = (struct venue_limit){"weight", x.capacity, x.window_s * S};
    ck_assert_int_eq(secret_set(&config.key, "agon-test-key", 13), AGON_OK);
    ck_assert_int_eq(secret_set(&config.secret, SECRET, strlen(SECRET)), AGON_OK);
    ck_assert_int_eq(secret_set(&config.passphrase, "agon-test-phrase", 16), AGON_OK);
    for (uint32_t i = 0; i < 2; i++) {
        instruments[i].kind = x.speech == OKX_SWAP ? INSTRUMENT_LINEAR : INSTRUMENT_SPOT;
        instruments[i].px_exp = 2;
        instruments[i].qty_exp = 5;
        instruments[i].tick_px = instruments[i].lot_qty = 1;
        snprintf(instruments[i].symbol, sizeof(instruments[i].symbol), "%s", symbols[i]);
    }
    ck_assert_msg(rescue_new(&x.rescue, &config, &port, &ours, instruments, 2, &err) >= 0, "%s",
                  err.text);
    secret_wipe(&config.key);
    secret_wipe(&config.secret);
    secret_wipe(&config.passphrase);
    rescue_start(x.rescue);
}

/* Until it is over, or for so long. */
static struct rescue_status run(int64_t length_ns)
{
    struct rescue_status status;

    for (int64_t end = x.now + length_ns; x.now < end;) {
        step();
        rescue_status(x.rescue, &status);
        if (status.state != RESCUE_RUNNING)
            break;
    }
    return status;
}

static void end(void)
{
    rescue_free(x.rescue);
    for (int i = 0; i < CONNS; i++) {
        if (x.conns[i].is_used)
            free(x.conns[i].answer);
    }
}

/* The most of any minute, by seconds: a minute and the rest of a second more than the venue's. */
static uint32_t most_of_a_minute(void)
{
    uint32_t most = 0;

    for (int from = 0; from + 60 <= SECONDS; from++) {
        uint32_t sum = 0;

        for (int i = from; i < from + 60; i++)
            sum += x.weight[i];
        most = sum > most ? sum : most;
    }
    return most;
}

/* --- the promises --- */

START_TEST(its_own_limiter_takes_a_quarter_of_the_venues_limit_and_no_more)
{
    struct rescue_status status;

    // A stranger's order stands on the symbol: each of ours is cancelled by itself.
    begin();
    add_order(NULL, "BTCUSDT", 0);
    for (int i = 0; i < 2000; i++)
        add_order(&ours, "BTCUSDT", 0);
    start();
    status = run(600 * S);
    ck_assert_uint_eq(status.state, RESCUE_DONE);
    ck_assert_uint_eq(status.n_found, 2000);
    ck_assert_uint_eq(status.n_left, 0);
    ck_assert_uint_eq(status.n_foreign, 1);
    ck_assert_uint_eq(n_open(1), 0);
    ck_assert_uint_eq(n_open(0), 1);
    ck_assert_uint_ge(x.n_single, 2000);
    ck_assert_uint_eq(x.n_symbol, 0);
    ck_assert_uint_le(most_of_a_minute(), QUARTER);
    // ... and it uses what it may: all of it in the first minute, the rest in the next ones.
    ck_assert_uint_ge(most_of_a_minute(), QUARTER * 9 / 10);
    ck_assert_int_lt(x.now, 10 * S + 150 * S);
    end();
}
END_TEST

START_TEST(its_lists_alone_stay_within_its_quarter)
{
    struct rescue_status status;

    // It cannot name that symbol to the venue: it says so, and goes on looking.
    begin();
    add_order(&ours, "BTCUSDT", 0);
    add_order(&ours, "SOLUSDT", 0);
    start();
    status = run(300 * S);
    ck_assert_uint_eq(status.state, RESCUE_RUNNING);
    ck_assert_uint_eq(status.n_elsewhere, 1);
    ck_assert_uint_eq(n_open(1), 1);
    ck_assert_ptr_nonnull(strstr(status.text, "symbols that the configuration does not name"));
    ck_assert_uint_le(most_of_a_minute(), QUARTER);
    ck_assert_uint_ge(most_of_a_minute(), QUARTER * 9 / 10);
    end();
}
END_TEST

START_TEST(one_request_ends_a_symbol_where_all_are_ours)
{
    static const struct order_ids other = {.journal = 0x654321};
    struct rescue_status status;

    begin();
    for (int i = 0; i < 500; i++)
        add_order(&ours, "BTCUSDT", 0);
    add_order(&ours, "ETHUSDT", 0);
    add_order(&other, "ETHUSDT", 0); // of our form, from another journal: another host's
    start();
    status = run(60 * S);
    ck_assert_uint_eq(status.state, RESCUE_DONE);
    ck_assert_uint_eq(n_open(1), 0);
    ck_assert_uint_eq(n_open(0), 1);
    ck_assert_uint_eq(x.n_symbol, 1);
    ck_assert_uint_eq(x.n_single, 1);
    ck_assert_uint_eq(status.n_cancels, 2);
    end();
}
END_TEST

START_TEST(it_is_done_only_when_what_was_on_its_way_has_expired)
{
    struct rescue_status status;

    // Sent by the host with its last breath, taken at the end of its window.
    begin();
    add_order(&ours, "BTCUSDT", 0);
    add_order(&ours, "BTCUSDT", x.now + 990 * MS);
    start();
    status = run(60 * S);
    ck_assert_uint_eq(status.state, RESCUE_DONE);
    ck_assert_uint_eq(n_open(1), 0);
    ck_assert_int_gt(x.now, 11 * S);
    ck_assert_int_lt(x.now, 10 * S + 5 * S);
    end();
    // Where there is nothing at all it waits as long.
    begin();
    start();
    ck_assert_uint_eq(run(60 * S).state, RESCUE_DONE);
    ck_assert_int_gt(x.now, 11 * S);
    ck_assert_uint_ge(x.n_lists, 2);
    end();
}
END_TEST

START_TEST(too_many_requests_are_followed_by_none_for_a_second_and_then_it_goes_on)
{
    begin();
    add_order(NULL, "BTCUSDT", 0);
    for (int i = 0; i < 20; i++)
        add_order(&ours, "BTCUSDT", 0);
    x.stop_ns = x.now + 10 * S;
    start();
    ck_assert_uint_eq(run(60 * S).state, RESCUE_DONE);
    ck_assert_uint_eq(n_open(1), 0);
    // One each second on its four connections, not one each 20 ms.
    ck_assert_uint_ge(x.n_refused, 2);
    ck_assert_uint_le(x.n_refused, 4 * 11);
    ck_assert_int_lt(x.now, 10 * S + 10 * S + 10 * S);
    end();
}
END_TEST

START_TEST(a_key_that_is_refused_three_times_is_given_up)
{
    struct rescue_status status;

    begin();
    add_order(&ours, "BTCUSDT", 0);
    x.status = 401;
    start();
    status = run(60 * S);
    ck_assert_uint_eq(status.state, RESCUE_GIVEN_UP);
    ck_assert_ptr_nonnull(strstr(status.text, "Invalid API-key"));
    ck_assert_uint_eq(x.n_refused, 3);
    end();
}
END_TEST

START_TEST(a_list_without_an_answer_is_asked_for_anew_after_a_second)
{
    begin();
    add_order(&ours, "BTCUSDT", 0);
    x.n_hung = 2;
    start();
    ck_assert_uint_eq(run(60 * S).state, RESCUE_DONE);
    ck_assert_uint_eq(n_open(1), 0);
    ck_assert_int_lt(x.now, 10 * S + 2 * (S + 300 * MS) + 3 * S);
    end();
}
END_TEST

static uint32_t most_of(uint32_t window_s)
{
    uint32_t most = 0;

    for (uint32_t from = 0; from + window_s <= SECONDS; from++) {
        uint32_t sum = 0;

        for (uint32_t i = from; i < from + window_s; i++)
            sum += x.weight[i];
        most = sum > most ? sum : most;
    }
    return most;
}

START_TEST(kraken_ends_all_of_an_account_that_has_no_others_at_once)
{
    struct rescue_status status;

    begin_at(KRAKEN, 15, 45);
    for (int i = 0; i < 50; i++)
        add_order(&ours, i % 2 == 0 ? "BTC/USD" : "ETH/USD", 0);
    add_order(&ours, "SOL/EUR", 0); // the configuration does not name it; its id is enough there
    start();
    status = run(60 * S);
    ck_assert_uint_eq(status.state, RESCUE_DONE);
    ck_assert_uint_eq(status.n_found, 51);
    ck_assert_uint_eq(n_open(1), 0);
    ck_assert_uint_eq(x.n_symbol, 1);
    ck_assert_uint_eq(x.n_single, 0);
    ck_assert_int_lt(x.now, 10 * S + 10 * S);
    ck_assert_uint_le(most_of(45), 7);
    end();
}
END_TEST

START_TEST(kraken_leaves_what_others_have_on_the_account)
{
    static const struct order_ids other = {.journal = 0x654321};
    struct rescue_status status;

    begin_at(KRAKEN, 15, 45);
    for (int i = 0; i < 20; i++)
        add_order(&ours, "BTC/USD", 0);
    add_order(&other, "SOL/EUR", 0); // somebody's, of whatever instrument: nothing ends all
    start();
    status = run(120 * S);
    ck_assert_uint_eq(status.state, RESCUE_DONE);
    ck_assert_uint_eq(status.n_foreign, 1);
    ck_assert_uint_eq(n_open(1), 0);
    ck_assert_uint_eq(n_open(0), 1);
    ck_assert_uint_eq(x.n_symbol, 0);
    ck_assert_uint_eq(x.n_single, 20);
    end();
}
END_TEST

START_TEST(kraken_is_not_asked_often_by_nonces_that_it_refuses)
{
    begin_at(KRAKEN, 15, 45);
    add_order(&ours, "BTC/USD", 0);
    x.n_overtaken = 4;
    start();
    ck_assert_uint_eq(run(120 * S).state, RESCUE_DONE);
    ck_assert_uint_eq(n_open(1), 0);
    ck_assert_uint_eq(x.n_refused, 4);
    ck_assert_int_gt(x.now, 10 * S + 4 * S); // a second behind each
    end();
}
END_TEST

static void okx_cancels_in_batches(enum speech speech)
{
    struct rescue_status status;

    begin_at(speech, 20, 2);
    add_order(NULL, speeches[speech].symbols[0], 0);
    for (int i = 0; i < 50; i++)
        add_order(&ours, speeches[speech].symbols[i % 2], 0);
    start();
    status = run(60 * S);
    ck_assert_uint_eq(status.state, RESCUE_DONE);
    ck_assert_uint_eq(status.n_found, 50);
    ck_assert_uint_eq(status.n_foreign, 1);
    ck_assert_uint_eq(n_open(1), 0);
    ck_assert_uint_eq(n_open(0), 1);
    ck_assert_uint_eq(status.n_cancels, 3);
    ck_assert_int_lt(x.now, 10 * S + 5 * S);
    ck_assert_uint_le(most_of(2), 20 / 4);
    end();
}

START_TEST(okx_ends_twenty_with_one_request)
{
    okx_cancels_in_batches(OKX);
    okx_cancels_in_batches(OKX_SWAP);
}
END_TEST

START_TEST(okx_is_not_done_where_a_list_may_not_be_all)
{
    struct rescue_status status;

    begin_at(OKX, 20, 2);
    for (int i = 0; i < 100; i++)
        add_order(NULL, "BTC-USDT", 0);
    add_order(&ours, "BTC-USDT", 0); // on the second page
    start();
    status = run(30 * S);
    ck_assert_uint_eq(status.state, RESCUE_RUNNING);
    ck_assert_ptr_nonnull(strstr(status.text, "ours may be among those"));
    ck_assert_uint_eq(n_open(0), 100);
    // One of them goes, and ours is seen.
    x.orders[0].is_open = 0;
    x.orders[1].is_open = 0;
    ck_assert_uint_eq(run(30 * S).state, RESCUE_DONE);
    ck_assert_uint_eq(n_open(1), 0);
    end();
}
END_TEST

START_TEST(okx_cannot_name_an_instrument_that_nobody_named)
{
    struct rescue_status status;

    begin_at(OKX_SWAP, 20, 2);
    add_order(&ours, "SOL-USDT-SWAP", 0);
    start();
    status = run(30 * S);
    ck_assert_uint_eq(status.state, RESCUE_RUNNING);
    ck_assert_uint_eq(status.n_elsewhere, 1);
    ck_assert_uint_eq(x.n_single, 0);
    end();
}
END_TEST

START_TEST(a_key_that_any_of_them_refuses_is_given_up)
{
    for (enum speech speech = KRAKEN; speech <= OKX_SWAP; speech++) {
        begin_at(speech, 15, 2);
        add_order(&ours, speeches[speech].symbols[0], 0);
        x.status = 401;
        start();
        ck_assert_uint_eq(run(60 * S).state, RESCUE_GIVEN_UP);
        ck_assert_uint_eq(x.n_refused, 3);
        end();
    }
}
END_TEST

START_TEST(orders_of_a_market_without_orders_cannot_be_cancelled)
{
    struct venue_config config;
    struct rescue *rescue;
    struct error err = {0};

    begin();
    ck_assert_int_eq(venue_config_default(&config, "binance_cm"), AGON_OK);
    ck_assert_int_eq(rescue_new(&rescue, &config, &port, &ours, NULL, 0, &err), AGON_ENOTSUP);
    ck_assert_ptr_null(rescue);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rescue");
    TCase *tcase = tcase_create("rescue");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, its_own_limiter_takes_a_quarter_of_the_venues_limit_and_no_more);
    tcase_add_test(tcase, its_lists_alone_stay_within_its_quarter);
    tcase_add_test(tcase, one_request_ends_a_symbol_where_all_are_ours);
    tcase_add_test(tcase, it_is_done_only_when_what_was_on_its_way_has_expired);
    tcase_add_test(tcase, too_many_requests_are_followed_by_none_for_a_second_and_then_it_goes_on);
    tcase_add_test(tcase, a_key_that_is_refused_three_times_is_given_up);
    tcase_add_test(tcase, a_list_without_an_answer_is_asked_for_anew_after_a_second);
    tcase_add_test(tcase, kraken_ends_all_of_an_account_that_has_no_others_at_once);
    tcase_add_test(tcase, kraken_leaves_what_others_have_on_the_account);
    tcase_add_test(tcase, kraken_is_not_asked_often_by_nonces_that_it_refuses);
    tcase_add_test(tcase, okx_ends_twenty_with_one_request);
    tcase_add_test(tcase, okx_is_not_done_where_a_list_may_not_be_all);
    tcase_add_test(tcase, okx_cannot_name_an_instrument_that_nobody_named);
    tcase_add_test(tcase, a_key_that_any_of_them_refuses_is_given_up);
    tcase_add_test(tcase, orders_of_a_market_without_orders_cannot_be_cancelled);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
