// SPDX-License-Identifier: Apache-2.0
/* Our WebSocket and HTTP against libwebsockets, which shares no line with them: our client talks to
 * its server and its client to our server, so that our two sides cannot merely agree with each
 * other. Plain and TLS. Skipped where libwebsockets lacks its libuv plugin. */
#include "net/server.h"
#include "net/stream_uv.h"
#include "net/tls_ca.h"

#include <check.h>
#include <libwebsockets.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static const size_t lengths[] = {1, 2, 125, 126, 127, 1000, 4095, 4096, 65535, 65536, 70000};
enum { N_LENGTHS = sizeof lengths / sizeof lengths[0] };

static uv_loop_t loop;
static struct tls_ca ca;
static char ca_path[64];

static void fill(char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        text[i] = (char)('a' + (n + i) % 26);
}

#define UNTIL(condition)                                                                           \
    while (!(condition))                                                                           \
    ck_assert_msg(uv_run(&loop, UV_RUN_ONCE) != 0 || (condition), "nothing left to wait for: %s",  \
                  #condition)

/* ---- libwebsockets, either role: echoes what comes, and as a client begins */

static struct {
    struct lws_context *context;
    struct lws *wsi;
    unsigned char buffer[LWS_PRE + 100000];
    size_t n;       /* in buffer, to be written */
    int is_pending; /* a message is to be written */
    int is_open, is_closed, n_messages, is_client, at_length;
    char error[200];
} peer;

static int on_lws(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                  size_t len)
{
    static unsigned char done[4] = {'d', 'o', 'n', 'e'};

    (void)user;
    switch (reason) {
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
        snprintf(peer.error, sizeof peer.error, "%s", in ? (const char *)in : "?");
        peer.is_closed = 1;
        break;
    case LWS_CALLBACK_ESTABLISHED:
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
        peer.wsi = wsi;
        peer.is_open = 1;
        if (peer.is_client) {
            peer.n = lengths[0];
            fill((char *)peer.buffer + LWS_PRE, peer.n);
            peer.is_pending = 1;
            lws_callback_on_writable(wsi);
        }
        break;
    case LWS_CALLBACK_RECEIVE:
    case LWS_CALLBACK_CLIENT_RECEIVE:
        if (lws_is_first_fragment(wsi))
            peer.n = 0;
        ck_assert_uint_le(peer.n + len, 100000);
        memcpy(peer.buffer + LWS_PRE + peer.n, in, len);
        peer.n += len;
        if (!lws_is_final_fragment(wsi))
            break;
        peer.n_messages++;
        if (peer.is_client) {
            static char want[100000];
            ck_assert_uint_eq(peer.n, lengths[peer.at_length]);
            fill(want, peer.n);
            ck_assert_mem_eq(peer.buffer + LWS_PRE, want, peer.n);
            if (++peer.at_length == N_LENGTHS) {
                lws_close_reason(wsi, 3001, done, sizeof done);
                return -1;
            }
            peer.n = lengths[peer.at_length];
            fill((char *)peer.buffer + LWS_PRE, peer.n);
        }
        peer.is_pending = 1;
        lws_callback_on_writable(wsi);
        break;
    case LWS_CALLBACK_SERVER_WRITEABLE:
    case LWS_CALLBACK_CLIENT_WRITEABLE:
        if (!peer.is_pending)
            break;
        ck_assert_int_ge(lws_write(wsi, peer.buffer + LWS_PRE, peer.n, LWS_WRITE_TEXT),
                         (int)peer.n);
        peer.is_pending = 0;
        break;
    case LWS_CALLBACK_CLOSED:
    case LWS_CALLBACK_CLIENT_CLOSED:
        peer.is_closed = 1;
        break;
    default:
        break;
    }
    return 0;
}

static const struct lws_protocols protocols[] = {{"agon-test", on_lws, 0, 65536, 0, NULL, 0},
                                                 {NULL, NULL, 0, 0, 0, NULL, 0}};

static void start_peer(int is_server, int is_tls)
{
    static void *loops[1];
    struct lws_context_creation_info info;

    memset(&info, 0, sizeof info);
    memset(&peer, 0, sizeof peer);
    lws_set_log_level(0, NULL);
    loops[0] = &loop;
    info.foreign_loops = loops;
    info.options = LWS_SERVER_OPTION_LIBUV;
    info.protocols = protocols;
    info.port = CONTEXT_PORT_NO_LISTEN;
    info.gid = info.uid = -1;
    if (is_server) {
        info.port = 0;
        info.iface = "127.0.0.1";
    }
    if (is_tls) {
        info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
        if (is_server) {
            info.server_ssl_cert_mem = ca.cert_pem;
            info.server_ssl_cert_mem_len = (unsigned)strlen(ca.cert_pem);
            info.server_ssl_private_key_mem = ca.key_pem;
            info.server_ssl_private_key_mem_len = (unsigned)strlen(ca.key_pem);
        } else {
            info.client_ssl_ca_filepath = ca_path;
        }
    }
    peer.is_client = !is_server;
    peer.context = lws_create_context(&info);
    ck_assert_ptr_nonnull(peer.context);
}

static void setup(void)
{
    signal(SIGPIPE, SIG_IGN);
    ck_assert_int_eq(uv_loop_init(&loop), 0);
    ck_assert_int_eq(tls_ca_make(&ca, NULL, 0, 0, NULL), AGON_OK);
    snprintf(ca_path, sizeof ca_path, "/tmp/agon-test-peer-%ld.pem", (long)getpid());
    ck_assert_int_eq(tls_ca_write(&ca, ca_path, NULL), AGON_OK);
}

static void teardown(void)
{
    lws_context_destroy(peer.context);
    uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    unlink(ca_path);
    tls_ca_deinit(&ca);
}

/* ---- our client against its server */

static struct {
    const struct stream_port *port;
    struct http_parse *http;
    struct ws *ws;
    int conn, is_open, is_ended, n_messages, close_code;
    size_t length;
    char key[WS_KEY_TEXT];
    char text[200];
} me;

static void on_message(void *ctx, enum ws_opcode opcode, const void *bytes, size_t n)
{
    static char want[100000];

    (void)ctx;
    ck_assert_int_eq(opcode, WS_TEXT);
    ck_assert_uint_eq(n, me.length);
    fill(want, n);
    ck_assert_mem_eq(bytes, want, n);
    me.n_messages++;
}

static void on_ping(void *ctx, const void *bytes, size_t n)
{
    (void)ctx;
    (void)bytes;
    (void)n;
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
    (void)conn;
    me.is_open = 1;
}

static void on_bytes(void *ctx, int conn, const void *bytes, size_t n)
{
    struct ws_owner owner = {NULL, on_message, on_ping, NULL, on_close};
    struct error err = {0};
    size_t used = 0;

    (void)ctx;
    (void)conn;
    if (!me.ws) {
        int rc = http_feed(me.http, bytes, n, &used, &err);
        ck_assert_msg(rc >= 0, "%s", err.text);
        if (rc == 0)
            return;
        ck_assert_msg(ws_check_reply(http_message(me.http), me.key, &err) == AGON_OK, "%s",
                      err.text);
        ck_assert_int_eq(ws_new(&me.ws, WS_CLIENT, NULL, &owner), AGON_OK);
    }
    ck_assert_msg(ws_feed(me.ws, (const char *)bytes + used, n - used, &err) == AGON_OK, "%s",
                  err.text);
}

static void on_end(void *ctx, int conn, enum stream_end end, const char *text)
{
    (void)ctx;
    (void)conn;
    (void)end;
    me.is_ended = 1;
    snprintf(me.text, sizeof me.text, "%s", text);
}

static void say(size_t n)
{
    static char text[100000], wire[100000 + WS_HEADER_MAX];
    int64_t wire_n;

    me.length = n;
    fill(text, n);
    wire_n = ws_write(wire, sizeof wire, WS_CLIENT, WS_TEXT, text, n,
                      (uint32_t)me.port->random(me.port->ctx));
    ck_assert_int_gt(wire_n, 0);
    ck_assert_int_eq(me.port->send(me.port->ctx, me.conn, wire, (size_t)wire_n), AGON_OK);
}

START_TEST(our_client_talks_to_libwebsockets)
{
    const struct stream_owner owner = {NULL, on_open, on_bytes, on_end, NULL};
    struct stream_target target = {.host = "127.0.0.1", .is_tls = (uint8_t)_i};
    unsigned char nonce[16] = "0123456789abcde";
    unsigned char wire[64];
    struct stream_uv *stream;
    char text[512];
    int64_t n;

    memset(&me, 0, sizeof me);
    start_peer(1, _i);
    ck_assert_int_eq(stream_uv_new(&stream, &loop, 4, NULL), AGON_OK);
    ck_assert_int_eq(http_new(&me.http, HTTP_CLIENT, 0), AGON_OK);
    me.port = stream_uv_port(stream);
    target.port =
        (uint16_t)lws_get_vhost_listen_port(lws_get_vhost_by_name(peer.context, "default"));
    snprintf(target.ca_file, sizeof target.ca_file, "%s", _i ? ca_path : "");
    me.conn = me.port->connect(me.port->ctx, &target, &owner);
    ck_assert_int_ge(me.conn, 0);
    UNTIL(me.is_open || me.is_ended);
    ck_assert_msg(me.is_open, "%s", me.text);
    n = ws_write_request(text, sizeof text, "127.0.0.1", "/any", NULL, 0, nonce, me.key);
    ck_assert_int_eq(me.port->send(me.port->ctx, me.conn, text, (size_t)n), AGON_OK);
    UNTIL(me.ws && peer.is_open);
    for (int i = 0; i < N_LENGTHS; i++) {
        say(lengths[i]);
        UNTIL(me.n_messages == i + 1);
    }
    n = ws_write_close(wire, sizeof wire, WS_CLIENT, 1000, "bye", 7);
    ck_assert_int_eq(me.port->send(me.port->ctx, me.conn, wire, (size_t)n), AGON_OK);
    UNTIL(me.is_ended && peer.is_closed);
    ck_assert_int_eq(me.close_code, 1000);
    ws_free(me.ws);
    http_free(me.http);
    stream_uv_stop(stream);
    UNTIL(stream_uv_is_stopped(stream));
    stream_uv_free(stream);
}
END_TEST

/* ---- its client against our server */

static struct server *server;
static int close_code;

static int on_ws_request(void *ctx, uint64_t conn, const struct http_message *request,
                         const char *from)
{
    (void)ctx;
    (void)conn;
    (void)from;
    return strcmp(request->target, "/ws?a=%20") == 0 ? 0 : 404;
}

static void on_ws_open(void *ctx, uint64_t conn)
{
    (void)ctx;
    ck_assert_int_eq(server_ws_ping(server, conn, "are you there", 13), AGON_OK);
}

static void on_ws_message(void *ctx, uint64_t conn, enum ws_opcode opcode, const void *bytes,
                          size_t n)
{
    (void)ctx;
    ck_assert_int_eq(server_ws_send(server, conn, opcode, bytes, n), AGON_OK);
}

static int n_pongs;

static void on_ws_pong(void *ctx, uint64_t conn, const void *bytes, size_t n)
{
    (void)ctx;
    (void)conn;
    ck_assert_uint_eq(n, 13);
    ck_assert_mem_eq(bytes, "are you there", 13);
    n_pongs++;
}

static void on_ws_close(void *ctx, uint64_t conn, int code)
{
    (void)ctx;
    (void)conn;
    close_code = code;
}

START_TEST(libwebsockets_talks_to_our_server)
{
    struct server_listen listen = {.host = "127.0.0.1",
                                   .cert_pem = _i ? ca.cert_pem : NULL,
                                   .key_pem = _i ? ca.key_pem : NULL,
                                   .owner = {.on_ws_request = on_ws_request,
                                             .on_ws_open = on_ws_open,
                                             .on_ws_message = on_ws_message,
                                             .on_ws_pong = on_ws_pong,
                                             .on_ws_close = on_ws_close}};
    struct lws_client_connect_info info;
    struct error err = {0};
    int at;

    start_peer(0, _i);
    ck_assert_int_eq(server_new(&server, &loop, NULL, &err), AGON_OK);
    at = server_add(server, &listen, &err);
    ck_assert_msg(at > 0, "%s", err.text);
    memset(&info, 0, sizeof info);
    info.context = peer.context;
    info.address = "127.0.0.1";
    info.host = info.origin = "localhost";
    info.port = at;
    info.path = "/ws?a=%20";
    info.ssl_connection = _i ? LCCSCF_USE_SSL : 0;
    ck_assert_ptr_nonnull(lws_client_connect_via_info(&info));
    UNTIL(peer.is_closed && close_code);
    ck_assert_msg(peer.is_open, "%s", peer.error);
    ck_assert_int_eq(peer.n_messages, N_LENGTHS);
    ck_assert_int_eq(close_code, 3001);
    ck_assert_int_eq(n_pongs, 1);
    server_stop(server, 0);
    UNTIL(server_is_stopped(server));
    server_free(server);
}
END_TEST

/* Asked in a child, because a context that never ran leaves memory behind when it is destroyed. */
static int has_libuv_plugin(void)
{
    int status = 1;
    pid_t child = fork();

    if (child == 0) {
        static void *loops[1] = {&loop};
        struct lws_context_creation_info info;
        memset(&info, 0, sizeof info);
        lws_set_log_level(0, NULL);
        uv_loop_init(&loop);
        info.foreign_loops = loops;
        info.options = LWS_SERVER_OPTION_LIBUV;
        info.port = CONTEXT_PORT_NO_LISTEN;
        info.protocols = protocols;
        _exit(lws_create_context(&info) ? 0 : 1);
    }
    return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

int main(void)
{
    if (!has_libuv_plugin()) {
        fprintf(stderr, "skipped: libwebsockets has no libuv plugin here "
                        "(package libwebsockets-evlib-uv)\n");
        return 77;
    }

    Suite *suite = suite_create("peer");
    TCase *tcase = tcase_create("peer");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, our_client_talks_to_libwebsockets, 0, 2);
    tcase_add_loop_test(tcase, libwebsockets_talks_to_our_server, 0, 2);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
