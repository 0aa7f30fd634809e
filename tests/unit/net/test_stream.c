// SPDX-License-Identifier: Apache-2.0
/* Our outgoing streams against our server, over real loopback sockets on one loop, plain and TLS:
 * both are used through their headers only. Nothing here waits for a time; the loop turns until
 * what was promised has happened, and the test's time limit is the only judge of "never". */
#include "net/server.h"
#include "net/stream_uv.h"
#include "net/tls_ca.h"
#include "sys/clock.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static uv_loop_t loop;
static struct stream_uv *stream;
static const struct stream_port *port;
static struct server *server;
static struct tls_ca ca;
static char ca_path[64];
static int plain_port, tls_port;

/* ---- the server's owner: echoes */

static struct {
    uint64_t socket, waiting;
    int n_requests, n_opens, n_closes, close_code, n_gone, n_pongs;
    int is_late; /* do not answer from within on_request */
    size_t reply_bytes;
    char path[256], query[256], key[64];
    char peer[64];
} host;

static void answer(uint64_t conn, const char *body, size_t n)
{
    struct http_header header = {"X-MBX-USED-WEIGHT-1M", "5"};
    struct http_response response = {
        .status = 200, .headers = &header, .n_headers = 1, .body = body, .body_n = n};

    ck_assert_int_eq(server_respond(server, conn, &response), AGON_OK);
}

static void on_request(void *ctx, uint64_t conn, const struct http_message *request,
                       const char *peer)
{
    const char *key = http_header_find(request, "x-mbx-apikey");
    char body[600];

    (void)ctx;
    host.n_requests++;
    snprintf(host.path, sizeof host.path, "%s", request->path);
    snprintf(host.query, sizeof host.query, "%s", request->query);
    snprintf(host.key, sizeof host.key, "%s", key ? key : "");
    snprintf(host.peer, sizeof host.peer, "%s", peer);
    host.waiting = conn;
    if (host.is_late)
        return;
    if (host.reply_bytes) {
        char *large = calloc(1, host.reply_bytes);
        ck_assert_ptr_nonnull(large);
        memset(large, 'x', host.reply_bytes);
        answer(conn, large, host.reply_bytes);
        free(large);
        return;
    }
    snprintf(body, sizeof body, "%s %s?%s [%s]", request->method, request->path, request->query,
             request->body);
    answer(conn, body, strlen(body));
}

static int on_ws_request(void *ctx, uint64_t conn, const struct http_message *request,
                         const char *peer)
{
    (void)ctx;
    (void)conn;
    (void)peer;
    snprintf(host.path, sizeof host.path, "%s", request->path);
    snprintf(host.query, sizeof host.query, "%s", request->query);
    return strncmp(request->path, "/ws", 3) == 0 ? 0 : 404;
}

static void on_ws_open(void *ctx, uint64_t conn)
{
    (void)ctx;
    host.n_opens++;
    host.socket = conn;
}

static void on_ws_message(void *ctx, uint64_t conn, enum ws_opcode opcode, const void *bytes,
                          size_t n)
{
    (void)ctx;
    ck_assert_int_eq(server_ws_send(server, conn, opcode, bytes, n), AGON_OK);
}

static void on_ws_pong(void *ctx, uint64_t conn, const void *bytes, size_t n)
{
    (void)ctx;
    (void)conn;
    (void)bytes;
    (void)n;
    host.n_pongs++;
}

static void on_ws_close(void *ctx, uint64_t conn, int code)
{
    (void)ctx;
    (void)conn;
    host.n_closes++;
    host.close_code = code;
}

static void on_gone(void *ctx, uint64_t conn)
{
    (void)ctx;
    (void)conn;
    host.n_gone++;
}

/* ---- the client's owner */

static struct client {
    int conn, is_open, is_ended, n_replies, n_timers, in_call;
    enum stream_end end;
    char text[400];
    struct http_parse *http;
    struct ws *ws;
    char body[4096];
    int64_t t_timer;             /* when the last one came */
    uint64_t body_n, cookies[4]; /* of timers, in the order in which they came */
    int status;
    int n_messages, n_pings, close_code;
    char message[256];
    uint64_t raw_bytes, unsent_at_end;
    int is_raw, is_head;
    char key[WS_KEY_TEXT];
} me;

static void on_message(void *ctx, enum ws_opcode opcode, const void *bytes, size_t n)
{
    (void)ctx;
    (void)opcode;
    me.n_messages++;
    snprintf(me.message, sizeof me.message, "%.*s", n < 200 ? (int)n : 200, (const char *)bytes);
}

static void on_ping(void *ctx, const void *bytes, size_t n)
{
    unsigned char wire[200];
    int64_t wire_n = ws_write(wire, sizeof wire, WS_CLIENT, WS_PONG, bytes, n, 7);

    (void)ctx;
    me.n_pings++;
    ck_assert_int_gt(wire_n, 0);
    ck_assert_int_eq(port->send(port->ctx, me.conn, wire, (size_t)wire_n), AGON_OK);
}

static void on_close(void *ctx, int code, const char *reason, size_t n)
{
    (void)ctx;
    (void)reason;
    (void)n;
    me.close_code = code;
}

static void on_open(void *ctx, int conn)
{
    (void)ctx;
    ck_assert(!me.in_call);
    ck_assert_int_eq(conn, me.conn);
    me.is_open = 1;
}

static void on_bytes(void *ctx, int conn, const void *bytes, size_t n)
{
    const char *at = bytes;
    struct error err = {0};

    (void)ctx;
    ck_assert(!me.in_call);
    ck_assert_int_eq(conn, me.conn);
    me.raw_bytes += n;
    if (me.is_raw)
        return;
    while (n > 0 && !me.ws) {
        size_t used;
        int rc = http_feed(me.http, at, n, &used, &err);
        ck_assert_msg(rc >= 0, "%s", err.text);
        at += used;
        n -= used;
        if (rc == 1) {
            const struct http_message *reply = http_message(me.http);
            me.n_replies++;
            me.status = reply->status;
            me.body_n = reply->body_n;
            snprintf(me.body, sizeof me.body, "%.4000s", reply->body);
            if (reply->is_upgrade) {
                struct ws_owner owner = {&me, on_message, on_ping, NULL, on_close};
                ck_assert_msg(ws_check_reply(reply, me.key, &err) == AGON_OK, "%s", err.text);
                ck_assert_int_eq(ws_new(&me.ws, WS_CLIENT, NULL, &owner), AGON_OK);
            }
        }
    }
    if (me.ws)
        ck_assert_msg(ws_feed(me.ws, at, n, &err) == AGON_OK, "%s", err.text);
}

static void on_end(void *ctx, int conn, enum stream_end end, const char *text)
{
    (void)ctx;
    ck_assert(!me.in_call);
    ck_assert_int_eq(conn, me.conn);
    ck_assert(!me.is_ended);
    me.is_ended = 1;
    me.end = end;
    me.unsent_at_end = port->unsent(port->ctx, conn);
    snprintf(me.text, sizeof me.text, "%s", text);
}

static void on_timer(void *ctx, uint64_t cookie)
{
    (void)ctx;
    if (me.n_timers < 4)
        me.cookies[me.n_timers] = cookie;
    me.n_timers++;
    me.t_timer = port->now(port->ctx);
}

static const struct stream_owner owner = {&me, on_open, on_bytes, on_end, on_timer};

#define UNTIL(condition)                                                                           \
    while (!(condition))                                                                           \
    ck_assert_msg(uv_run(&loop, UV_RUN_ONCE) != 0 || (condition), "nothing left to wait for: %s",  \
                  #condition)

static void forget(void)
{
    http_free(me.http);
    ws_free(me.ws);
    memset(&me, 0, sizeof me);
    me.conn = -1;
    ck_assert_int_eq(http_new(&me.http, HTTP_CLIENT, 64u << 20), AGON_OK);
}

static void dial(const char *name, int to, int is_tls, const char *ca_file)
{
    struct stream_target target = {.port = (uint16_t)to, .is_tls = (uint8_t)is_tls};

    forget();
    snprintf(target.host, sizeof target.host, "%s", name);
    snprintf(target.ca_file, sizeof target.ca_file, "%s", ca_file);
    me.in_call = 1;
    me.conn = port->connect(port->ctx, &target, &owner);
    me.in_call = 0;
    ck_assert_int_ge(me.conn, 0);
}

static void dial_ours(int is_tls)
{
    dial("127.0.0.1", is_tls ? tls_port : plain_port, is_tls, is_tls ? ca_path : "");
    UNTIL(me.is_open || me.is_ended);
    ck_assert_msg(me.is_open, "%s", me.text);
}

static void put(const void *bytes, size_t n)
{
    me.in_call = 1;
    ck_assert_int_eq(port->send(port->ctx, me.conn, bytes, n), AGON_OK);
    me.in_call = 0;
}

static void ask(const char *method, const char *target, const char *body)
{
    struct http_header header = {"X-MBX-APIKEY",
                                 "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8"};
    struct http_request request = {.method = method,
                                   .host = "localhost",
                                   .target = target,
                                   .headers = &header,
                                   .n_headers = 1,
                                   .body = body,
                                   .body_n = body ? strlen(body) : 0};
    char text[2048];
    int64_t n = http_write_request(text, sizeof text, &request);

    ck_assert_int_gt(n, 0);
    put(text, (size_t)n);
}

static void open_socket(int is_tls, const char *target)
{
    unsigned char nonce[16] = {1, 2, 3};
    char text[1024];
    int64_t n;

    dial_ours(is_tls);
    n = ws_write_request(text, sizeof text, "localhost", target, NULL, 0, nonce, me.key);
    ck_assert_int_gt(n, 0);
    put(text, (size_t)n);
}

static void say(const char *text)
{
    unsigned char wire[512];
    int64_t n = ws_write(wire, sizeof wire, WS_CLIENT, WS_TEXT, text, strlen(text),
                         (uint32_t)port->random(port->ctx));

    ck_assert_int_gt(n, 0);
    put(wire, (size_t)n);
}

/* ---- fixture */

static void start_with(const struct server_options *options)
{
    struct server_listen listen = {.host = "127.0.0.1",
                                   .owner = {NULL, on_request, on_ws_request, on_ws_open,
                                             on_ws_message, on_ws_pong, on_ws_close, on_gone}};
    struct error err = {0};

    ck_assert_msg(server_new(&server, &loop, options, &err) == AGON_OK, "%s", err.text);
    plain_port = server_add(server, &listen, &err);
    ck_assert_msg(plain_port > 0, "%s", err.text);
    listen.cert_pem = ca.cert_pem;
    listen.key_pem = ca.key_pem;
    tls_port = server_add(server, &listen, &err);
    ck_assert_msg(tls_port > 0, "%s", err.text);
}

static void setup(void)
{
    struct error err = {0};

    signal(SIGPIPE, SIG_IGN);
    memset(&host, 0, sizeof host);
    memset(&me, 0, sizeof me);
    ck_assert_int_eq(uv_loop_init(&loop), 0);
    ck_assert_int_eq(tls_ca_make(&ca, NULL, 0, 0, &err), AGON_OK);
    snprintf(ca_path, sizeof ca_path, "/tmp/agon-test-ca-%ld.pem", (long)getpid());
    ck_assert_msg(tls_ca_write(&ca, ca_path, &err) == AGON_OK, "%s", err.text);
    ck_assert_int_eq(stream_uv_new(&stream, &loop, 8, &err), AGON_OK);
    port = stream_uv_port(stream);
    start_with(NULL);
}

static void stop_server(int is_graceful)
{
    server_stop(server, is_graceful);
    UNTIL(server_is_stopped(server));
    server_free(server);
    server = NULL;
}

static void teardown(void)
{
    if (server)
        stop_server(0);
    stream_uv_stop(stream);
    UNTIL(stream_uv_is_stopped(stream));
    stream_uv_free(stream);
    http_free(me.http);
    ws_free(me.ws);
    memset(&me, 0, sizeof me);
    unlink(ca_path);
    tls_ca_deinit(&ca);
    ck_assert_int_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
}

/* ---- tests; _i: plain, TLS */

START_TEST(requests_keep_the_connection)
{
    char want[128];

    dial_ours(_i);
    for (int i = 0; i < 100; i++) {
        char target[64];
        snprintf(target, sizeof target, "/api/v3/order?n=%d&s=%%5B%%22", i);
        ask("GET", target, NULL);
        UNTIL(me.n_replies == i + 1 || me.is_ended);
        snprintf(want, sizeof want, "GET %s []", target);
        ck_assert_str_eq(me.body, want);
    }
    ck_assert_str_eq(host.query, "n=99&s=%5B%22");
    ck_assert_uint_eq(strlen(host.key), 63);
    ck_assert(strncmp(host.peer, "127.0.0.1:", 10) == 0);
    ask("DELETE", "/api/v3/order?x", "symbol=BTCUSDT");
    UNTIL(me.n_replies == 101);
    ck_assert_str_eq(me.body, "DELETE /api/v3/order?x [symbol=BTCUSDT]");
    ck_assert_uint_eq(server_conns(server), 1);
    me.in_call = 1;
    port->close(port->ctx, me.conn, 1);
    me.in_call = 0;
    UNTIL(me.is_ended);
    ck_assert_int_eq(me.end, STREAM_END_LOCAL);
    UNTIL(server_conns(server) == 0);
}
END_TEST

START_TEST(who_waits_for_100_continue_gets_it)
{
    static const char head[] = "POST /x HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
                               "Content-Length: 3\r\n\r\n";

    dial_ours(_i);
    put(head, sizeof head - 1);
    UNTIL(me.raw_bytes == sizeof HTTP_CONTINUE - 1);
    put("abc", 3);
    UNTIL(me.n_replies == 1);
    ck_assert_str_eq(me.body, "POST /x? [abc]");
    // Who does not wait is not told.
    me.raw_bytes = 0;
    put("POST /y HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nz", 71);
    UNTIL(me.n_replies == 2);
    ck_assert_str_eq(me.body, "POST /y? [z]");
}
END_TEST

START_TEST(a_late_answer_is_an_answer)
{
    host.is_late = 1;
    dial_ours(_i);
    // Three at once: the second is looked at only when the first was answered.
    ask("GET", "/1", NULL);
    ask("GET", "/2", NULL);
    ask("GET", "/3", NULL);
    for (int i = 1; i <= 3; i++) {
        UNTIL(host.n_requests == i);
        ck_assert_int_eq(me.n_replies, i - 1);
        answer(host.waiting, host.path, strlen(host.path));
        ck_assert_int_eq(
            server_respond(server, host.waiting, &(struct http_response){.status = 200}),
            AGON_ESTATE);
        UNTIL(me.n_replies == i);
        ck_assert_int_eq(me.body[1], '0' + i);
    }
}
END_TEST

START_TEST(a_large_reply_arrives_whole)
{
    host.reply_bytes = 20u << 20;
    dial_ours(_i);
    ask("GET", "/large", NULL);
    UNTIL(me.n_replies == 1 || me.is_ended);
    ck_assert_uint_eq(me.body_n, 20u << 20);
}
END_TEST

START_TEST(reading_pauses_and_goes_on)
{
    uint64_t before;

    host.reply_bytes = 4u << 20;
    dial_ours(_i);
    me.is_raw = 1;
    ask("GET", "/large", NULL);
    UNTIL(me.raw_bytes > 0);
    port->pause(port->ctx, me.conn, 1);
    before = me.raw_bytes;
    // A timer, so that the loop has turned often enough for anything to come that wanted to.
    ck_assert_int_ge(port->timer(port->ctx, 50000000, 1, &owner), 0);
    UNTIL(me.n_timers == 1);
    ck_assert_uint_eq(me.raw_bytes, before);
    port->pause(port->ctx, me.conn, 0);
    UNTIL(me.raw_bytes > 4u << 20);
}
END_TEST

START_TEST(a_thousand_messages_come_back_in_order)
{
    char text[32];

    open_socket(_i, "/ws/btcusdt@trade?x=%20");
    UNTIL(host.n_opens == 1 && me.ws);
    ck_assert_str_eq(host.path, "/ws/btcusdt@trade");
    ck_assert_str_eq(host.query, "x=%20");
    for (int i = 0; i < 1000; i++) {
        snprintf(text, sizeof text, "message %d", i);
        say(text);
        if (i % 50 == 49) {
            UNTIL(me.n_messages == i + 1);
            ck_assert_str_eq(me.message, text);
        }
    }
    ck_assert_int_eq(server_ws_ping(server, host.socket, "hi", 2), AGON_OK);
    UNTIL(host.n_pongs == 1);
    ck_assert_int_eq(me.n_pings, 1);
    ck_assert_int_eq(server_ws_close(server, host.socket, 1001, "bye"), AGON_OK);
    ck_assert_int_eq(server_ws_send(server, host.socket, WS_TEXT, "x", 1), AGON_ENOENT);
    UNTIL(me.close_code == 1001);
    unsigned char wire[32];
    int64_t n = ws_write_close(wire, sizeof wire, WS_CLIENT, 1001, NULL, 5);
    put(wire, (size_t)n);
    UNTIL(me.is_ended && host.n_closes == 1);
    ck_assert_int_eq(host.close_code, 1001);
    ck_assert_int_eq(me.end, STREAM_END_PEER);
}
END_TEST

START_TEST(a_websocket_elsewhere_is_refused_and_the_connection_lives)
{
    open_socket(_i, "/nowhere");
    UNTIL(me.n_replies == 1);
    ck_assert_int_eq(me.status, 404);
    ask("GET", "/x", NULL);
    UNTIL(me.n_replies == 2);
    ck_assert_int_eq(me.status, 200);
}
END_TEST

START_TEST(the_clients_close_is_answered)
{
    unsigned char wire[32];
    int64_t n = ws_write_close(wire, sizeof wire, WS_CLIENT, 3000, "done", 5);

    open_socket(_i, "/ws");
    UNTIL(me.ws);
    put(wire, (size_t)n);
    UNTIL(me.is_ended && host.n_closes);
    ck_assert_int_eq(me.close_code, 3000);
    ck_assert_int_eq(host.close_code, 3000);
}
END_TEST

START_TEST(a_protocol_error_closes_with_its_code)
{
    open_socket(_i, "/ws");
    UNTIL(me.ws);
    put("\x81\x01x", 3); // not masked
    UNTIL(me.is_ended && host.n_closes);
    ck_assert_int_eq(me.close_code, 1002);
    ck_assert_int_eq(host.close_code, 1002);
}
END_TEST

START_TEST(a_killed_connection_is_told_to_both)
{
    open_socket(_i, "/ws");
    UNTIL(me.ws);
    ck_assert_int_eq(server_kill(server, host.socket, 1), AGON_OK);
    ck_assert_int_eq(host.n_closes, 0); // not from inside the call
    ck_assert_int_eq(server_kill(server, host.socket, 1), AGON_ENOENT);
    UNTIL(me.is_ended && host.n_closes);
    ck_assert_int_eq(me.end, STREAM_END_RESET);
    ck_assert_int_eq(host.close_code, WS_CODE_ABNORMAL);
}
END_TEST

START_TEST(a_slow_reader_meets_the_queues_bound)
{
    static char large[100000];
    int rc = AGON_OK;
    int n = 0;

    open_socket(_i, "/ws");
    UNTIL(me.ws);
    port->pause(port->ctx, me.conn, 1);
    memset(large, 'x', sizeof large);
    while (rc == AGON_OK) {
        ck_assert_uint_le(server_unsent(server, host.socket), (1u << 20) + 100000);
        rc = server_ws_send(server, host.socket, WS_TEXT, large, sizeof large);
        ck_assert_int_lt(++n, 10000);
        uv_run(&loop, UV_RUN_NOWAIT);
    }
    ck_assert_int_eq(rc, AGON_EAGAIN);
    // When it reads again, all that was taken comes.
    port->pause(port->ctx, me.conn, 0);
    UNTIL(me.n_messages == n - 1);
}
END_TEST

START_TEST(our_own_queue_is_bounded_and_unsent_is_told)
{
    static char large[200000];
    int rc = AGON_OK;
    int n = 0;

    open_socket(_i, "/ws");
    UNTIL(me.ws);
    server_pause(server, host.socket, 1);
    ck_assert_uint_eq(port->unsent(port->ctx, me.conn), 0);
    while (rc == AGON_OK) {
        rc = port->send(port->ctx, me.conn, large, sizeof large);
        ck_assert_int_lt(++n, 1000);
    }
    ck_assert_int_eq(rc, AGON_EAGAIN);
    ck_assert_uint_gt(port->unsent(port->ctx, me.conn), 0);
    ck_assert_uint_le(port->unsent(port->ctx, me.conn), STREAM_UV_SEND_MAX);
    // The last piece has not begun to leave, so all of it counts.
    ck_assert_uint_ge(port->unsent(port->ctx, me.conn), sizeof large);
    ck_assert_int_eq(port->send(port->ctx, me.conn, large, STREAM_UV_SEND_MAX + 1), AGON_ERANGE);
    port->close(port->ctx, me.conn, 0);
    UNTIL(me.is_ended);
    ck_assert_int_eq(me.end, STREAM_END_LOCAL);
    ck_assert_uint_ge(me.unsent_at_end, sizeof large);
    ck_assert_int_eq(port->send(port->ctx, me.conn, "x", 1), AGON_ESTATE);
}
END_TEST

static const struct {
    const char *what, *text;
    int status;
} bad_requests[] = {
    {"not HTTP", "hello\r\n\r\n", 501},
    {"two lengths", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
     400},
    {"body over the cap", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1048577\r\n\r\n", 413},
    {"no host", "GET / HTTP/1.1\r\n\r\n", 400},
    {"half a websocket",
     "GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
     "Sec-WebSocket-Version: 13\r\n\r\n",
     400},
    {"old websocket",
     "GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
     "Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
     426},
};

START_TEST(bad_requests_are_answered_and_closed)
{
    dial_ours(0);
    put(bad_requests[_i].text, strlen(bad_requests[_i].text));
    UNTIL(me.is_ended);
    ck_assert_msg(me.n_replies == 1 && me.status == bad_requests[_i].status, "%s: %d",
                  bad_requests[_i].what, me.status);
    ck_assert_int_eq(me.end, STREAM_END_PEER);
    ck_assert_int_eq(host.n_requests, 0);
}
END_TEST

START_TEST(b_65_a_request_that_never_ends_is_ended)
{
    struct server_options options = {.request_ns = 30000000};

    stop_server(0);
    start_with(&options);
    dial_ours(_i);
    put("GET / HT", 8);
    UNTIL(me.is_ended);
    ck_assert_int_eq(me.status, 408);
}
END_TEST

START_TEST(an_idle_connection_is_closed)
{
    struct server_options options = {.idle_ns = 30000000};

    stop_server(0);
    start_with(&options);
    dial_ours(_i);
    ask("GET", "/", NULL);
    UNTIL(me.is_ended);
    ck_assert_int_eq(me.n_replies, 1);
    ck_assert_int_eq(me.status, 200);
}
END_TEST

START_TEST(a_socket_that_does_not_pong_is_closed)
{
    struct server_options options = {.ping_ns = 20000000, .pong_ns = 30000000};

    stop_server(0);
    start_with(&options);
    open_socket(_i, "/ws");
    UNTIL(host.n_pongs == 3); // while it answers it lives
    ck_assert_int_eq(host.n_closes, 0);
    me.is_raw = 1;
    UNTIL(host.n_closes == 1);
    ck_assert_int_eq(host.close_code, WS_CODE_POLICY);
}
END_TEST

START_TEST(one_connection_too_many_is_told)
{
    struct server_options options = {.conns = 1};
    struct stream_target target = {.host = "127.0.0.1"};
    int first;

    stop_server(0);
    start_with(&options);
    dial_ours(0);
    first = me.conn;
    target.port = (uint16_t)plain_port;
    me.is_open = 0;
    me.conn = port->connect(port->ctx, &target, &owner);
    ck_assert_int_ne(me.conn, first);
    UNTIL(me.is_open);
    ask("GET", "/", NULL);
    UNTIL(me.is_ended);
    ck_assert_int_eq(me.status, 503);
    ck_assert_int_eq(host.n_requests, 0);
    me.conn = first; // it ends with the server
    me.is_ended = 0;
}
END_TEST

START_TEST(a_graceful_stop_answers_what_waits_and_says_goodbye)
{
    host.is_late = 1;
    dial_ours(_i);
    ask("GET", "/1", NULL);
    UNTIL(host.n_requests == 1);
    server_stop(server, 1);
    ck_assert(!server_is_stopped(server));
    answer(host.waiting, "x", 1);
    UNTIL(me.is_ended && server_is_stopped(server));
    ck_assert_int_eq(me.n_replies, 1);
    server_free(server);
    start_with(NULL);
    open_socket(_i, "/ws");
    UNTIL(me.ws);
    server_stop(server, 1);
    UNTIL(me.close_code == 1001);
    port->close(port->ctx, me.conn, 0);
    UNTIL(server_is_stopped(server));
    ck_assert_int_eq(host.n_closes, 1);
}
END_TEST

/* ---- what must not connect (F-04, F-07, F-08) */

START_TEST(nobody_there_is_refused)
{
    int closed = plain_port;

    stop_server(0);
    dial("127.0.0.1", closed, 0, "");
    UNTIL(me.is_ended);
    ck_assert_int_eq(me.end, STREAM_END_REFUSED);
    ck_assert(!me.is_open);
    ck_assert_ptr_nonnull(strstr(me.text, "127.0.0.1"));
}
END_TEST

START_TEST(a_name_that_does_not_resolve_ends_so)
{
    dial("no-such-host.invalid", 1, 0, "");
    UNTIL(me.is_ended);
    ck_assert(me.end == STREAM_END_NAME || me.end == STREAM_END_TIMEOUT);
}
END_TEST

START_TEST(localhost_resolves_and_verifies)
{
    dial("localhost", tls_port, 1, ca_path);
    UNTIL(me.is_open || me.is_ended);
    ck_assert_msg(me.is_open, "%s", me.text);
    ask("GET", "/", NULL);
    UNTIL(me.n_replies == 1);
}
END_TEST

static const struct {
    const char *what, *names;
    int days_from, days_to;
    int is_other_ca; /* trust another authority */
    const char *why;
} bad_certs[] = {
    {"expired", NULL, -2, -1, 0, "expired"},
    {"not yet valid", NULL, 1, 2, 0, "not yet valid"},
    {"another host", "example.org,10.0.0.1", 0, 0, 0, "mismatch"},
    {"another authority", NULL, 0, 0, 1, "certificate"},
};

START_TEST(f_08_bad_certificates_are_refused)
{
    struct server_listen listen = {.host = "127.0.0.1", .owner = {.on_request = on_request}};
    struct tls_ca bad, other;
    struct error err = {0};
    int at;

    ck_assert_msg(tls_ca_make(&bad, bad_certs[_i].names, bad_certs[_i].days_from,
                              bad_certs[_i].days_to, &err) == AGON_OK,
                  "%s", err.text);
    ck_assert_int_eq(tls_ca_make(&other, NULL, 0, 0, &err), AGON_OK);
    ck_assert_int_eq(tls_ca_write(bad_certs[_i].is_other_ca ? &other : &bad, ca_path, &err),
                     AGON_OK);
    listen.cert_pem = bad.cert_pem;
    listen.key_pem = bad.key_pem;
    at = server_add(server, &listen, &err);
    ck_assert_int_gt(at, 0);
    for (int i = 0; i < 2; i++) {
        dial(i ? "localhost" : "127.0.0.1", at, 1, ca_path);
        UNTIL(me.is_ended);
        ck_assert_int_eq(me.end, STREAM_END_TLS);
        ck_assert(!me.is_open);
        ck_assert_msg(strstr(me.text, bad_certs[_i].why), "%s: %s", bad_certs[_i].what, me.text);
    }
    tls_ca_deinit(&bad);
    tls_ca_deinit(&other);
}
END_TEST

/* A certificate is judged by the clock of the process, which venues may have set right. */
START_TEST(f_08_certificates_are_judged_by_our_own_clock)
{
    static const int days[] = {3650, -3650};
    struct stream_target target = {
        .host = "127.0.0.1", .port = (uint16_t)tls_port, .is_tls = 1, .is_undated = 1};

    struct tls_ca other;

    snprintf(target.ca_file, sizeof(target.ca_file), "%s", ca_path);
    clock_take(clock_mono(), clock_now() + days[_i] * (86400 * (agon_ns_t)CLOCK_SECOND));
    dial("127.0.0.1", tls_port, 1, ca_path);
    UNTIL(me.is_open || me.is_ended);
    ck_assert_int_eq(me.end, STREAM_END_TLS);
    ck_assert_ptr_nonnull(strstr(me.text, _i == 0 ? "expired" : "not yet valid"));
    // Who asks for nothing but the time looks at chain and name alone.
    forget();
    me.conn = port->connect(port->ctx, &target, &owner);
    UNTIL(me.is_open || me.is_ended);
    ck_assert_msg(me.is_open, "%s", me.text);
    port->close(port->ctx, me.conn, 0);
    UNTIL(me.is_ended);
    ck_assert_int_eq(tls_ca_make(&other, NULL, 0, 0, NULL), AGON_OK);
    ck_assert_int_eq(tls_ca_write(&other, target.ca_file, NULL), AGON_OK);
    forget();
    me.conn = port->connect(port->ctx, &target, &owner);
    UNTIL(me.is_ended);
    ck_assert_int_eq(me.end, STREAM_END_TLS);
    ck_assert_int_eq(tls_ca_write(&ca, target.ca_file, NULL), AGON_OK);
    tls_ca_deinit(&other);
    clock_take(clock_mono(), clock_now() - days[_i] * (86400 * (agon_ns_t)CLOCK_SECOND));
    dial("127.0.0.1", tls_port, 1, ca_path);
    UNTIL(me.is_open || me.is_ended);
    ck_assert_msg(me.is_open, "%s", me.text);
}
END_TEST

START_TEST(f_08_a_plain_port_is_no_tls_port)
{
    dial("127.0.0.1", plain_port, 1, ca_path);
    UNTIL(me.is_ended);
    ck_assert_int_eq(me.end, STREAM_END_TLS);
    dial("127.0.0.1", tls_port, 1, "/nonexistent/ca.pem");
    UNTIL(me.is_ended);
    ck_assert_int_eq(me.end, STREAM_END_TLS);
    ck_assert_ptr_nonnull(strstr(me.text, "/nonexistent/ca.pem"));
    // The system's authorities do not know ours.
    dial("127.0.0.1", tls_port, 1, "");
    UNTIL(me.is_ended);
    ck_assert_int_eq(me.end, STREAM_END_TLS);
}
END_TEST

/* ---- the rest of the port */

START_TEST(timers_fire_once_and_not_before_their_time)
{
    int64_t begin = port->now(port->ctx);
    int64_t id[3];

    forget();
    id[0] = port->timer(port->ctx, 20000000, 10, &owner);
    id[1] = port->timer(port->ctx, 5000000, 11, &owner);
    id[2] = port->timer(port->ctx, 1000000, 12, &owner);
    ck_assert(id[0] >= 0 && id[1] >= 0 && id[2] >= 0);
    port->timer_cancel(port->ctx, id[2]);
    port->timer_cancel(port->ctx, id[2]);
    UNTIL(me.n_timers >= 1);
    ck_assert_int_ge(me.t_timer - begin, me.n_timers == 1 ? 5000000 : 20000000);
    port->timer_cancel(port->ctx, id[1]);
    // On a machine that stood still for so long both have come in one turn.
    UNTIL(me.n_timers >= 2);
    ck_assert_int_eq(me.n_timers, 2);
    ck_assert_uint_eq(me.cookies[0], 11);
    ck_assert_uint_eq(me.cookies[1], 10);
    ck_assert_int_ge(me.t_timer - begin, 20000000);
    for (int i = 0; i < 200; i++)
        ck_assert_int_ge(port->timer(port->ctx, 3600000000000ll, 1, &owner), 0);
    // stop takes the rest along
}
END_TEST

START_TEST(connections_are_bounded_and_ids_do_not_come_back)
{
    struct stream_target target = {.host = "127.0.0.1", .port = (uint16_t)plain_port};
    int last = -1;

    forget();
    for (int i = 0; i < 8; i++)
        ck_assert_int_ge(port->connect(port->ctx, &target, &(struct stream_owner){0}), 0);
    ck_assert_int_eq(port->connect(port->ctx, &target, &owner), AGON_EAGAIN);
    target.port = 0;
    ck_assert_int_eq(port->connect(port->ctx, &target, &owner), AGON_EINVAL);
    stream_uv_stop(stream);
    UNTIL(stream_uv_is_stopped(stream));
    stream_uv_free(stream);
    ck_assert_int_eq(stream_uv_new(&stream, &loop, 1, NULL), AGON_OK);
    port = stream_uv_port(stream);
    for (int i = 0; i < 20; i++) {
        dial("127.0.0.1", plain_port, 0, "");
        ck_assert_int_ne(me.conn, last);
        last = me.conn;
        port->close(port->ctx, me.conn, 0);
        port->close(port->ctx, me.conn, 0);
        UNTIL(me.is_ended);
        ck_assert_int_eq(me.end, STREAM_END_LOCAL);
    }
}
END_TEST

START_TEST(random_and_clocks_move)
{
    ck_assert_uint_ne(port->random(port->ctx), port->random(port->ctx));
    ck_assert_int_gt(port->utc(port->ctx), 1700000000000000000ll);
    ck_assert_int_gt(port->now(port->ctx), 0);
}
END_TEST

START_TEST(a_port_that_is_taken_is_said)
{
    struct server_listen listen = {.host = "127.0.0.1", .port = (uint16_t)plain_port};
    struct error err = {0};

    ck_assert_int_eq(server_add(server, &listen, &err), AGON_EBUSY);
    ck_assert_ptr_nonnull(strstr(err.text, "127.0.0.1"));
    listen.host = "localhost";
    ck_assert_int_eq(server_add(server, &listen, &err), AGON_EINVAL);
    listen.host = "::1";
    listen.port = 0;
    listen.cert_pem = "x";
    listen.key_pem = "y";
    ck_assert_int_eq(server_add(server, &listen, &err), AGON_EINVAL);
    struct tls_ca other;
    ck_assert_int_eq(tls_ca_make(&other, "a,b.c", 0, 0, &err), AGON_OK);
    listen.cert_pem = other.cert_pem;
    listen.key_pem = ca.key_pem;
    ck_assert_int_eq(server_add(server, &listen, &err), AGON_EINVAL);
    tls_ca_deinit(&other);
    ck_assert_int_eq(tls_ca_make(&other, "a,DNS:b", 0, 0, &err), AGON_EINVAL);
    ck_assert_int_eq(tls_ca_make(&other, "", 0, 0, &err), AGON_EINVAL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("stream");
    TCase *tcase = tcase_create("stream");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, requests_keep_the_connection, 0, 2);
    tcase_add_loop_test(tcase, who_waits_for_100_continue_gets_it, 0, 2);
    tcase_add_loop_test(tcase, a_late_answer_is_an_answer, 0, 2);
    tcase_add_loop_test(tcase, a_large_reply_arrives_whole, 0, 2);
    tcase_add_loop_test(tcase, reading_pauses_and_goes_on, 0, 2);
    tcase_add_loop_test(tcase, a_thousand_messages_come_back_in_order, 0, 2);
    tcase_add_loop_test(tcase, a_websocket_elsewhere_is_refused_and_the_connection_lives, 0, 2);
    tcase_add_loop_test(tcase, the_clients_close_is_answered, 0, 2);
    tcase_add_loop_test(tcase, a_protocol_error_closes_with_its_code, 0, 2);
    tcase_add_loop_test(tcase, a_killed_connection_is_told_to_both, 0, 2);
    tcase_add_loop_test(tcase, a_slow_reader_meets_the_queues_bound, 0, 2);
    tcase_add_loop_test(tcase, our_own_queue_is_bounded_and_unsent_is_told, 0, 2);
    tcase_add_loop_test(tcase, bad_requests_are_answered_and_closed, 0,
                        (int)(sizeof bad_requests / sizeof bad_requests[0]));
    tcase_add_loop_test(tcase, b_65_a_request_that_never_ends_is_ended, 0, 2);
    tcase_add_loop_test(tcase, an_idle_connection_is_closed, 0, 2);
    tcase_add_loop_test(tcase, a_socket_that_does_not_pong_is_closed, 0, 2);
    tcase_add_test(tcase, one_connection_too_many_is_told);
    tcase_add_loop_test(tcase, a_graceful_stop_answers_what_waits_and_says_goodbye, 0, 2);
    tcase_add_test(tcase, nobody_there_is_refused);
    tcase_add_test(tcase, a_name_that_does_not_resolve_ends_so);
    tcase_add_test(tcase, localhost_resolves_and_verifies);
    tcase_add_loop_test(tcase, f_08_bad_certificates_are_refused, 0,
                        (int)(sizeof bad_certs / sizeof bad_certs[0]));
    tcase_add_loop_test(tcase, f_08_certificates_are_judged_by_our_own_clock, 0, 2);
    tcase_add_test(tcase, f_08_a_plain_port_is_no_tls_port);
    tcase_add_test(tcase, timers_fire_once_and_not_before_their_time);
    tcase_add_test(tcase, connections_are_bounded_and_ids_do_not_come_back);
    tcase_add_test(tcase, random_and_clocks_move);
    tcase_add_test(tcase, a_port_that_is_taken_is_said);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
