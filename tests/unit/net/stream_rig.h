// SPDX-License-Identifier: Apache-2.0
/* stream_rig: a server that echoes and a stream that dials it, plain and TLS, on one loop, for the
 * programs that test the streams. Tests are one process each. */
#ifndef TESTS_UNIT_NET_STREAM_RIG_H
#define TESTS_UNIT_NET_STREAM_RIG_H

#include "net/server.h"
#include "net/stream_uv.h"
#include "net/tls_ca.h"

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

static inline void answer(uint64_t conn, const char *body, size_t n)
{
    struct http_header header = {"X-MBX-USED-WEIGHT-1M", "5"};
    struct http_response response = {
        .status = 200, .headers = &header, .n_headers = 1, .body = body, .body_n = n};

    ck_assert_int_eq(server_respond(server, conn, &response), AGON_OK);
}

static inline void on_request(void *ctx, uint64_t conn, const struct http_message *request,
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

static inline int on_ws_request(void *ctx, uint64_t conn, const struct http_message *request,
                                const char *peer)
{
    (void)ctx;
    (void)conn;
    (void)peer;
    snprintf(host.path, sizeof host.path, "%s", request->path);
    snprintf(host.query, sizeof host.query, "%s", request->query);
    return strncmp(request->path, "/ws", 3) == 0 ? 0 : 404;
}

static inline void on_ws_open(void *ctx, uint64_t conn)
{
    (void)ctx;
    host.n_opens++;
    host.socket = conn;
}

static inline void on_ws_message(void *ctx, uint64_t conn, enum ws_opcode opcode, const void *bytes,
                                 size_t n)
{
    (void)ctx;
    ck_assert_int_eq(server_ws_send(server, conn, opcode, bytes, n), AGON_OK);
}

static inline void on_ws_pong(void *ctx, uint64_t conn, const void *bytes, size_t n)
{
    (void)ctx;
    (void)conn;
    (void)bytes;
    (void)n;
    host.n_pongs++;
}

static inline void on_ws_close(void *ctx, uint64_t conn, int code)
{
    (void)ctx;
    (void)conn;
    host.n_closes++;
    host.close_code = code;
}

static inline void on_gone(void *ctx, uint64_t conn)
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
    int is_raw, is_head, pauses; /* pauses: after each piece that comes */
    char key[WS_KEY_TEXT];
} me;

static inline void on_message(void *ctx, enum ws_opcode opcode, const void *bytes, size_t n)
{
    (void)ctx;
    (void)opcode;
    me.n_messages++;
    snprintf(me.message, sizeof me.message, "%.*s", n < 200 ? (int)n : 200, (const char *)bytes);
}

static inline void on_ping(void *ctx, const void *bytes, size_t n)
{
    unsigned char wire[200];
    int64_t wire_n = ws_write(wire, sizeof wire, WS_CLIENT, WS_PONG, bytes, n, 7);

    (void)ctx;
    me.n_pings++;
    ck_assert_int_gt(wire_n, 0);
    ck_assert_int_eq(port->send(port->ctx, me.conn, wire, (size_t)wire_n), AGON_OK);
}

static inline void on_close(void *ctx, int code, const char *reason, size_t n)
{
    (void)ctx;
    (void)reason;
    (void)n;
    me.close_code = code;
}

static inline void on_open(void *ctx, int conn)
{
    (void)ctx;
    ck_assert(!me.in_call);
    ck_assert_int_eq(conn, me.conn);
    me.is_open = 1;
}

static inline void on_bytes(void *ctx, int conn, const void *bytes, size_t n)
{
    const char *at = bytes;
    struct error err = {0};

    (void)ctx;
    ck_assert(!me.in_call);
    ck_assert_int_eq(conn, me.conn);
    me.raw_bytes += n;
    if (me.pauses)
        port->pause(port->ctx, conn, 1);
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

static inline void on_end(void *ctx, int conn, enum stream_end end, const char *text)
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

static inline void on_timer(void *ctx, uint64_t cookie)
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

static inline void forget(void)
{
    http_free(me.http);
    ws_free(me.ws);
    memset(&me, 0, sizeof me);
    me.conn = -1;
    ck_assert_int_eq(http_new(&me.http, HTTP_CLIENT, 64u << 20), AGON_OK);
}

static inline void dial(const char *name, int to, int is_tls, const char *ca_file)
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

static inline void dial_ours(int is_tls)
{
    dial("127.0.0.1", is_tls ? tls_port : plain_port, is_tls, is_tls ? ca_path : "");
    UNTIL(me.is_open || me.is_ended);
    ck_assert_msg(me.is_open, "%s", me.text);
}

static inline void put(const void *bytes, size_t n)
{
    me.in_call = 1;
    ck_assert_int_eq(port->send(port->ctx, me.conn, bytes, n), AGON_OK);
    me.in_call = 0;
}

static inline void ask(const char *method, const char *target, const char *body)
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

static inline void open_socket(int is_tls, const char *target)
{
    unsigned char nonce[16] = {1, 2, 3};
    char text[1024];
    int64_t n;

    dial_ours(is_tls);
    n = ws_write_request(text, sizeof text, "localhost", target, NULL, 0, nonce, me.key);
    ck_assert_int_gt(n, 0);
    put(text, (size_t)n);
}

static inline void say(const char *text)
{
    unsigned char wire[512];
    int64_t n = ws_write(wire, sizeof wire, WS_CLIENT, WS_TEXT, text, strlen(text),
                         (uint32_t)port->random(port->ctx));

    ck_assert_int_gt(n, 0);
    put(wire, (size_t)n);
}

/* ---- fixture */

static inline void start_with(const struct server_options *options)
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

static inline void setup(void)
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

static inline void stop_server(int is_graceful)
{
    server_stop(server, is_graceful);
    UNTIL(server_is_stopped(server));
    server_free(server);
    server = NULL;
}

static inline void teardown(void)
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

#endif
