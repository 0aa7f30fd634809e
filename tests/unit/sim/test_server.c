// SPDX-License-Identifier: Apache-2.0
/* The dialect behind real sockets on loopback, asked by a client of our own codecs. The clock is
 * the test's. */
#include <check.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "net/http.h"
#include "net/ws.h"
#include "sim/server.h"
#include "sim/stage.h"
#include "suite.h"
#include "world.h"

static agon_ns_t test_utc = WORLD_T0;
static uv_loop_t loop;
static struct sim_server *server;
static struct pit *pit;
static struct members members;
static struct faults faults;
static int port;

/* A venue on a machine that keeps up with twice the market's time and no more: what a tick moves of
 * the market takes half of that. */
static const struct sim_dialect *quick;
static struct sim_dialect slow;
static struct sim_pace pace;
static struct {
    agon_ns_t t_market;     /* where the last tick went */
    int64_t longest;        /* most that a tick moved the market by */
    int64_t furthest;       /* most that it was behind the clock */
    int64_t market, passed; /* of the last time that it was told */
    agon_ns_t t_told;
    int n_ticks, n_told, is_idle;
} work;

// Of a path that nothing else here asks for.
static const char rules[] =
    "faults:\n"
    "  - {on: request, path: /api/v3/avgPrice, nth: 1, do: reset}\n"
    "  - {on: request, path: /api/v3/avgPrice, nth: 2, do: late, delay: 5s}\n"
    "  - {on: request, path: /api/v3/avgPrice, nth: 3, do: timeout}\n"
    "  - {on: socket, path: /ws/bnbusdt@trade, do: reset}\n";

static agon_ns_t utc(void *ctx)
{
    (void)ctx;
    return test_utc;
}

static void slow_tick(struct sim *sim, const struct sim_time *now)
{
    int64_t moved = now->market - work.t_market;
    int64_t behind = sim_clock_at(&pace.clock, test_utc).market - now->market;

    quick->tick(sim, now);
    work.t_market = now->market;
    work.n_ticks++;
    if (work.is_idle)
        return;
    work.longest = moved > work.longest ? moved : work.longest;
    work.furthest = behind > work.furthest ? behind : work.furthest;
    test_utc += moved / 2 + 1000000; // and a millisecond for all else
}

static void on_slow(void *ctx, int64_t market_ns, int64_t transport_ns)
{
    (void)ctx;
    ck_assert(work.n_told == 0 || test_utc - work.t_told >= 10000000000);
    work.t_told = test_utc;
    work.market = market_ns;
    work.passed = transport_ns;
    work.n_told++;
}

static void open_server(struct sim_pace *paced)
{
    struct stage stage = {.dialect = sim_dialect_find("binance"),
                          .seed = 3,
                          .t_start = WORLD_T0,
                          .history_minutes = 60};
    struct sim_server_config config = {.front = {.dialect = stage.dialect, .utc = utc},
                                       .host = "127.0.0.1"};
    struct error err = {0};
    agon_ns_t t;

    members_default(&members);
    ck_assert_msg(stage_build(&pit, &t, &stage, &err) == AGON_OK, "%s", err.text);
    if (paced) {
        config.front.dialect = &slow;
        paced->clock = (struct sim_clock){test_utc, t, 60000};
        config.front.pace = paced;
        work.t_market = t;
    }
    config.front.clock = (struct sim_clock){WORLD_T0, t, 1000};
    ck_assert_msg(faults_parse(&faults, "faults.yaml", rules, strlen(rules), &err) == AGON_OK, "%s",
                  err.text);
    config.front.sim =
        (struct sim_config){.pit = pit, .members = &members, .seed = 3, .faults = &faults};
    uv_loop_init(&loop);
    port = sim_server_open(&server, &loop, &config, &err);
    ck_assert_msg(port > 0, "%s", err.text);
}

/* The machine has other things to do between an answer and its way out. */
static int64_t held_up_ns;
static void held_up_http(struct sim *sim, const struct sim_time *now,
                         const struct sim_request *request, struct sim_reply *reply)
{
    quick->http(sim, now, request, reply);
    test_utc += held_up_ns;
}

static void setup(void)
{
    open_server(NULL);
}

static void setup_slow(void)
{
    quick = sim_dialect_find("binance");
    slow = *quick;
    slow.tick = slow_tick;
    slow.http = held_up_http;
    held_up_ns = 0;
    pace = (struct sim_pace){.slow = on_slow};
    memset(&work, 0, sizeof(work));
    work.is_idle = 1; // until the test lets it go
    open_server(&pace);
}

static void teardown(void)
{
    sim_server_stop(server);
    while (!sim_server_is_stopped(server))
        uv_run(&loop, UV_RUN_ONCE);
    sim_server_free(server);
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    pit_free(pit);
}

struct client {
    uv_tcp_t tcp;
    uv_connect_t connect;
    struct http_parse *http;
    struct ws *ws;
    char in[65536];
    int status, is_connected, is_ended, n_texts, n_pongs, close_code;
    json_t *json; /* the last reply or frame; owned */
    char weight[16], market[48];
    char key[WS_KEY_TEXT];
};

static void on_text(void *ctx, enum ws_opcode opcode, const void *bytes, size_t n)
{
    struct client *client = ctx;

    ck_assert_int_eq(opcode, WS_TEXT);
    json_decref(client->json);
    client->json = json_loadb(bytes, n, 0, NULL);
    ck_assert_ptr_nonnull(client->json);
    client->n_texts++;
}

static void on_ping(void *ctx, const void *bytes, size_t n)
{
    (void)ctx;
    (void)bytes;
    (void)n;
}

static void on_pong(void *ctx, const void *bytes, size_t n)
{
    (void)bytes;
    (void)n;
    ((struct client *)ctx)->n_pongs++;
}

static void on_close(void *ctx, int code, const char *reason, size_t n)
{
    (void)reason;
    (void)n;
    ((struct client *)ctx)->close_code = code;
}

static void on_alloc(uv_handle_t *handle, size_t hint, uv_buf_t *buf)
{
    struct client *client = handle->data;

    (void)hint;
    *buf = uv_buf_init(client->in, sizeof(client->in));
}

static void take_reply(struct client *client, const struct http_message *message)
{
    const char *weight = http_header_find(message, "x-mbx-used-weight-1m");
    const char *market = http_header_find(message, "x-agon-market-time");

    client->status = message->status;
    snprintf(client->market, sizeof(client->market), "%s", market ? market : "");
    snprintf(client->weight, sizeof(client->weight), "%s", weight ? weight : "");
    json_decref(client->json);
    client->json = json_loadb(message->body, message->body_n, 0, NULL);
    if (message->status == 101) {
        const struct ws_owner owner = {client, on_text, on_ping, on_pong, on_close};

        ck_assert_int_eq(ws_check_reply(message, client->key, NULL), AGON_OK);
        ck_assert_int_eq(ws_new(&client->ws, WS_CLIENT, NULL, &owner), AGON_OK);
    }
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
    struct client *client = stream->data;
    const char *at = buf->base;

    if (n < 0) {
        client->is_ended = 1;
        return;
    }
    while (n > 0) {
        struct error err = {0};
        size_t used = 0;

        if (client->ws) {
            ck_assert_int_eq(ws_feed(client->ws, at, (size_t)n, &err), AGON_OK);
            return;
        }
        if (http_feed(client->http, at, (size_t)n, &used, &err) == 1)
            take_reply(client, http_message(client->http));
        ck_assert_msg(err.code == 0, "%s", err.text);
        at += used;
        n -= (ssize_t)used;
    }
}

static void on_connected(uv_connect_t *connect, int status)
{
    struct client *client = connect->data;

    ck_assert_int_eq(status, 0);
    client->is_connected = 1;
    uv_read_start((uv_stream_t *)&client->tcp, on_alloc, on_read);
}

static void client_open(struct client *client)
{
    struct sockaddr_in address;

    memset(client, 0, sizeof(*client));
    ck_assert_int_eq(http_new(&client->http, HTTP_CLIENT, 0), AGON_OK);
    uv_tcp_init(&loop, &client->tcp);
    uv_tcp_nodelay(&client->tcp, 1);
    client->tcp.data = client;
    client->connect.data = client;
    uv_ip4_addr("127.0.0.1", port, &address);
    uv_tcp_connect(&client->connect, &client->tcp, (const struct sockaddr *)&address, on_connected);
    while (!client->is_connected)
        uv_run(&loop, UV_RUN_ONCE);
}

static void client_close(struct client *client)
{
    uv_close((uv_handle_t *)&client->tcp, NULL);
    uv_run(&loop, UV_RUN_NOWAIT);
    http_free(client->http);
    ws_free(client->ws);
    json_decref(client->json);
}

static void client_send(struct client *client, const char *bytes, size_t n)
{
    uv_buf_t buf = uv_buf_init((char *)(uintptr_t)bytes, (unsigned)n);

    ck_assert_int_eq(uv_try_write((uv_stream_t *)&client->tcp, &buf, 1), (int)n);
}

static int ask(struct client *client, const char *method, const char *target, const char *body)
{
    char text[4096];
    int n = snprintf(text, sizeof(text),
                     "%s %s HTTP/1.1\r\nHost: localhost\r\nX-MBX-APIKEY: agon-sim-key\r\n"
                     "Content-Type: application/x-www-form-urlencoded\r\n"
                     "Content-Length: %zu\r\n\r\n%s",
                     method, target, strlen(body), body);

    client->status = 0;
    client_send(client, text, (size_t)n);
    while (!client->status && !client->is_ended)
        uv_run(&loop, UV_RUN_ONCE);
    return client->status;
}

static void upgrade(struct client *client, const char *target)
{
    unsigned char nonce[16] = {1, 2, 3};
    char text[1024];
    int64_t n =
        ws_write_request(text, sizeof(text), "localhost", target, NULL, 0, nonce, client->key);

    ck_assert_int_gt(n, 0);
    client_send(client, text, (size_t)n);
    while (!client->status && !client->is_ended)
        uv_run(&loop, UV_RUN_ONCE);
}

static void sign(const char *params, char *body, size_t room)
{
    char hex[65];
    int n = snprintf(body, room, "%s&timestamp=%lld", params, (long long)(test_utc / 1000000));

    world_hmac(members.all[0].secret, body, hex);
    snprintf(body + n, room - (size_t)n, "&signature=%s", hex);
}

START_TEST(a_client_asks_trades_and_listens)
{
    struct client rest, socket;
    char body[512];

    client_open(&rest);
    ck_assert_int_eq(ask(&rest, "GET", "/api/v3/time", ""), 200);
    ck_assert_int_eq(json_integer_value(json_object_get(rest.json, "serverTime")),
                     WORLD_T0 / 1000000);
    ck_assert_str_eq(rest.weight, "1");
    // The same connection goes on.
    ck_assert_int_eq(ask(&rest, "GET", "/api/v3/exchangeInfo", ""), 200);
    ck_assert_uint_eq(json_array_size(json_object_get(rest.json, "symbols")), 4);
    ck_assert_int_eq(ask(&rest, "GET", "/nothing", ""), 404);

    client_open(&socket);
    upgrade(&socket, "/stream?streams=btcusdt@trade");
    ck_assert_int_eq(socket.status, 101);
    test_utc += 1000000000; // the market's first second brings a book
    sign("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.001", body, sizeof(body));
    ck_assert_int_eq(ask(&rest, "POST", "/api/v3/order", body), 200);
    ck_assert_str_eq(json_string_value(json_object_get(rest.json, "status")), "FILLED");
    while (socket.n_texts == 0)
        uv_run(&loop, UV_RUN_ONCE);
    ck_assert_str_eq(json_string_value(json_object_get(socket.json, "stream")), "btcusdt@trade");

    sim_server_stop(server);
    while (!socket.close_code && !socket.is_ended)
        uv_run(&loop, UV_RUN_ONCE);
    ck_assert_str_eq(json_string_value(json_object_get(socket.json, "stream")), "!serverShutdown");
    ck_assert_int_eq(socket.close_code, WS_CODE_AWAY);
    client_close(&rest);
    client_close(&socket);
}
END_TEST

START_TEST(answers_are_reset_late_and_never_there)
{
    static const char request[] = "GET /api/v3/avgPrice?symbol=BTCUSDT HTTP/1.1\r\n"
                                  "Host: localhost\r\nContent-Length: 0\r\n\r\n";
    struct client cut, late, other, never, socket;

    client_open(&cut);
    ck_assert_int_eq(ask(&cut, "GET", "/api/v3/avgPrice?symbol=BTCUSDT", ""), 0);
    ck_assert(cut.is_ended);
    client_open(&late);
    client_open(&other);
    client_send(&late, request, sizeof(request) - 1);
    for (int i = 0; i < 10; i++) // long enough for an answer, counted in other answers
        ck_assert_int_eq(ask(&other, "GET", "/api/v3/time", ""), 200);
    ck_assert_int_eq(late.status, 0);
    test_utc += 5000000000;
    while (!late.status && !late.is_ended)
        uv_run(&loop, UV_RUN_ONCE);
    ck_assert_int_eq(late.status, 200);
    client_open(&never);
    client_send(&never, request, sizeof(request) - 1);
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(ask(&other, "GET", "/api/v3/time", ""), 200);
    ck_assert(never.status == 0 && !never.is_ended);
    client_open(&socket);
    upgrade(&socket, "/ws/bnbusdt@trade");
    while (!socket.is_ended)
        uv_run(&loop, UV_RUN_ONCE);
    ck_assert_int_eq(socket.close_code, 0);
    client_close(&cut);
    client_close(&late);
    client_close(&other);
    client_close(&never);
    client_close(&socket);
}
END_TEST

START_TEST(a_socket_to_nowhere_is_refused)
{
    struct client client;

    client_open(&client);
    upgrade(&client, "/nowhere");
    ck_assert_int_eq(client.status, 404);
    client_close(&client);
}
END_TEST

START_TEST(market_time_is_scaled_and_transport_time_is_not)
{
    const struct sim_clock clock = {1000, 5000, 60000};
    struct sim_time now = sim_clock_at(&clock, 1000 + 1000000000);

    ck_assert_int_eq(now.transport, 1000 + 1000000000);
    ck_assert_int_eq(now.market, 5000 + 60000000000);
    ck_assert_int_eq(sim_clock_when(&clock, 5000 + 60), 1001);
    ck_assert_int_eq(sim_clock_when(&clock, 5000 + 61), 1002); // never early
    ck_assert_int_eq(sim_clock_when(&clock, INT64_MAX), INT64_MAX);
}
END_TEST

static void ping(struct client *client)
{
    char frame[64];
    int64_t n = ws_write(frame, sizeof(frame), WS_CLIENT, WS_PING, "here", 4, 7);

    ck_assert_int_gt(n, 0);
    client_send(client, frame, (size_t)n);
}

// The bars of the run, as a client finds them: one for each minute up to where the market stands.
static void no_bar_is_missing(struct client *rest, agon_ns_t from)
{
    char target[128];
    int64_t open = from / 60000000000 * 60000;
    size_t n;

    snprintf(target, sizeof(target),
             "/api/v3/klines?symbol=BTCUSDT&interval=1m&limit=1000&startTime=%lld",
             (long long)open);
    ck_assert_int_eq(ask(rest, "GET", target, ""), 200);
    n = json_array_size(rest->json);
    ck_assert_uint_gt(n, 1);
    for (size_t i = 0; i < n; i++, open += 60000) {
        const json_t *bar = json_array_get(rest->json, i);

        ck_assert_int_eq(json_integer_value(json_array_get(bar, 0)), open);
        if (i + 1 < n)
            ck_assert_int_gt(json_integer_value(json_array_get(bar, 8)), 0); // trades
    }
    ck_assert_int_eq(open / 60000 - 1, work.t_market / 60000000000);
}

START_TEST(a_machine_that_cannot_keep_up_slows_market_time_and_its_sockets_are_served)
{
    struct client rest, socket;
    agon_ns_t from, asked;

    client_open(&rest);
    client_open(&socket);
    upgrade(&socket, "/ws/btcusdt@trade");
    ck_assert_int_eq(socket.status, 101);
    // A second late, which are sixty of the market: 200 slices, each of which makes it later.
    from = work.t_market;
    test_utc += 1000000000;
    work.is_idle = 0;
    for (int i = 0; i < 200; i++) {
        asked = work.t_market;
        ck_assert_int_eq(ask(&rest, "GET", "/api/v3/time", ""), 200);
        if (i == 100) // once: of a flood of pings one in 200 ms has a pong
            ping(&socket);
        while (i == 100 && !socket.n_pongs && !socket.is_ended)
            uv_run(&loop, UV_RUN_ONCE);
        ck_assert(!socket.is_ended);
        ck_assert_int_le(work.t_market - asked, 3000000000);
    }
    while (work.n_told < 3)
        uv_run(&loop, UV_RUN_ONCE);
    ck_assert_int_le(work.longest, 300000000);
    // Twice as fast is what it is told to do; and the clock waits for it.
    ck_assert_int_ge(work.market * 10, work.passed * 19);
    ck_assert_int_le(work.market * 10, work.passed * 21);
    ck_assert_int_le(work.furthest, 180000000000);
    ck_assert_int_gt(socket.n_texts, 0);
    no_bar_is_missing(&rest, from);
    client_close(&rest);
    client_close(&socket);
}
END_TEST

START_TEST(a_market_that_was_stopped_for_a_while_catches_up_and_no_time_is_lost)
{
    struct client rest;

    client_open(&rest);
    // Ten seconds late at 60x, on a machine that does ten minutes of market in no time.
    test_utc += 10000000000;
    ck_assert_int_eq(ask(&rest, "GET", "/api/v3/time", ""), 200);
    while (work.t_market < sim_clock_at(&pace.clock, test_utc).market)
        uv_run(&loop, UV_RUN_ONCE);
    ck_assert_int_eq(work.t_market, WORLD_T0 + 600000000000);
    ck_assert_int_eq(work.n_told, 0);
    client_close(&rest);
}
END_TEST

static void is_said(const struct client *client, agon_ns_t t, int64_t speed_milli)
{
    char text[48];

    snprintf(text, sizeof(text), "%lld %lld", (long long)t, (long long)speed_milli);
    ck_assert_str_eq(client->market, text);
}

START_TEST(a_market_with_a_time_of_its_own_says_it_and_no_other_does)
{
    struct client rest;

    client_open(&rest);
    test_utc += 5000000; // five milliseconds, which are 300 of the market
    ck_assert_int_eq(ask(&rest, "GET", "/api/v3/time", ""), 200);
    is_said(&rest, WORLD_T0 + 300000000, 60000);
    // At real speed, where UTC is.
    pace.clock = (struct sim_clock){test_utc, WORLD_T0 + 300000000, 1000};
    ck_assert_int_eq(ask(&rest, "GET", "/api/v3/time", ""), 200);
    ck_assert_str_eq(rest.market, "");
    // And on another day.
    test_utc += (agon_ns_t)86400 * 1000000000;
    pace.clock.t_transport = test_utc;
    ck_assert_int_eq(ask(&rest, "GET", "/api/v3/time", ""), 200);
    is_said(&rest, WORLD_T0 + 300000000, 1000);
    client_close(&rest);
}
END_TEST

/* A client judges by the time beside an answer which of its bars have closed: where it says more
 * than the answer knew, one that still grows is taken for a closed one. */
START_TEST(the_time_beside_an_answer_is_the_one_that_it_was_made_at)
{
    struct client rest, cut, late;
    static const char price[] = "GET /api/v3/avgPrice?symbol=BTCUSDT HTTP/1.1\r\nHost: x\r\n\r\n";
    agon_ns_t t = WORLD_T0 + 39900000000;
    const json_t *last;

    client_open(&rest);
    test_utc += 665000000; // at 60x: 100 ms of the market before its minute ends
    while (work.t_market < t)
        uv_run(&loop, UV_RUN_ONCE);
    held_up_ns = 4000000;
    ck_assert_int_eq(ask(&rest, "GET", "/api/v3/klines?symbol=BTCUSDT&interval=1m&limit=5", ""),
                     200);
    is_said(&rest, t, 60000);
    last = json_array_get(rest.json, json_array_size(rest.json) - 1);
    ck_assert_int_eq(json_integer_value(json_array_get(last, 6)), (t + 100000000) / 1000000 - 1);

    // And where it comes late.
    held_up_ns = 0;
    while (work.t_market < sim_clock_at(&pace.clock, test_utc).market)
        uv_run(&loop, UV_RUN_ONCE);
    client_open(&cut);
    ck_assert_int_eq(ask(&cut, "GET", "/api/v3/avgPrice?symbol=BTCUSDT", ""), 0);
    t = work.t_market;
    client_open(&late);
    client_send(&late, price, sizeof(price) - 1);
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(ask(&rest, "GET", "/api/v3/time", ""), 200);
    ck_assert_int_eq(late.status, 0);
    test_utc += 5000000000;
    while (!late.status && !late.is_ended)
        uv_run(&loop, UV_RUN_ONCE);
    ck_assert_int_eq(late.status, 200);
    is_said(&late, t, 60000);
    client_close(&late);
    client_close(&cut);
    client_close(&rest);
}
END_TEST

START_TEST(markets_of_a_run_have_one_clock_and_none_goes_back)
{
    struct sim_pace shared = {.clock = {1000, 0, 60000}};
    struct sim_place slow_one = {0}, quick_one = {0};
    agon_ns_t now = 1000;

    for (int i = 0; i < 2000; i++) {
        agon_ns_t before = quick_one.t_reached;

        now += 10000000; // both are asked to go by 600 ms, and one can by 20
        quick_one.t_reached = sim_pace_step(&shared, &quick_one, now).market;
        quick_one.t_reached = sim_pace_step(&shared, &quick_one, now).market;
        ck_assert_int_ge(quick_one.t_reached, before);
        if (i % 5 == 0)
            slow_one.t_reached = sim_pace_step(&shared, &slow_one, now).market;
        sim_pace_judge(&shared, &slow_one, now);
        sim_pace_judge(&shared, &quick_one, now);
        ck_assert_int_le(quick_one.t_reached - slow_one.t_reached, 180000000000);
    }
    ck_assert_int_gt(slow_one.t_reached, 60000000000); // 400 slices of 300 ms
}
END_TEST

int main(void)
{
    TCase *lagging = tcase_create("lagging");
    TCase *tcase = tcase_create("server");

    signal(SIGPIPE, SIG_IGN); // a venue goes on speaking for a moment to a client that has left
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_client_asks_trades_and_listens);
    tcase_add_test(tcase, answers_are_reset_late_and_never_there);
    tcase_add_test(tcase, a_socket_to_nowhere_is_refused);
    tcase_add_test(tcase, market_time_is_scaled_and_transport_time_is_not);
    tcase_set_timeout(tcase, 30);
    tcase_add_checked_fixture(lagging, setup_slow, teardown);
    tcase_add_test(lagging,
                   a_machine_that_cannot_keep_up_slows_market_time_and_its_sockets_are_served);
    tcase_add_test(lagging, a_market_that_was_stopped_for_a_while_catches_up_and_no_time_is_lost);
    tcase_add_test(lagging, a_market_with_a_time_of_its_own_says_it_and_no_other_does);
    tcase_add_test(lagging, the_time_beside_an_answer_is_the_one_that_it_was_made_at);
    tcase_add_test(lagging, markets_of_a_run_have_one_clock_and_none_goes_back);
    tcase_set_timeout(lagging, 120);
    return suite_run_all("sim_server", (TCase *[]){tcase, lagging, NULL});
}
