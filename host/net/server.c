// SPDX-License-Identifier: Apache-2.0
/* server: see the header. A connection reads a request (READ), waits for its answer with reading
 * stopped (WAIT), may become a WebSocket (SOCKET), and ends by CLOSING, where what is queued may
 * still leave, and ENDING, where libuv gives back the timer; the last word to the owner is said
 * there, so that no call of ours calls back. */
#include "net/server.h"

#include "net/grow.h"
#include "net/link.h"
#include "net/tls.h"

#include <stdio.h>
#include <stdlib.h>

#define CLOSE_NS   2000000000ll
#define FRAME_NS   10000000000ll /* a message of a WebSocket, first byte to last */
#define OVER_CONNS 32            /* beyond the cap, to tell them so */
#define INDEX_BITS 20

enum stage { STAGE_READ, STAGE_WAIT, STAGE_SOCKET, STAGE_CLOSING, STAGE_ENDING };

struct listener {
    uv_tcp_t tcp;
    struct server *server;
    struct server_owner owner;
    SSL_CTX *context; /* owned, NULL: plain */
    struct listener *next;
};

struct conn {
    struct server *server;
    struct listener *listener;
    struct link *link; /* owned */
    struct http_parse *http;
    struct ws *ws;
    struct grow held; /* read, and not yet looked at: a request is being answered */
    uv_timer_t timer;
    uint64_t id;
    int64_t since;      /* begin of what the stage's deadline is about */
    int64_t next_ping;  /* when is_pinged by us */
    int64_t ping_since; /* the oldest ping without a pong, 0: none */
    int64_t partial_since;
    struct pong_gate pongs;
    uint64_t pings;
    int code; /* what on_ws_close will be told */
    enum stage stage;
    uint8_t is_over, is_head, is_last, is_told_open, is_close_sent, is_paused, is_busy;
    char peer[64];
};

struct server {
    struct link_pool pool;
    struct server_options options;
    struct listener *listeners;
    struct conn **conns; /* by the low bits of the id */
    uint32_t n_conns, room, next_index, handles;
    uint64_t serial;
    struct grow scratch; /* one outgoing message, within one call */
    uv_timer_t stop_timer;
    uint8_t is_stopping, is_pool_closed;
};

static int64_t time_now(void)
{
    return (int64_t)uv_hrtime();
}

static struct conn *find(struct server *server, uint64_t id)
{
    uint64_t at = id & ((1u << INDEX_BITS) - 1);
    struct conn *conn = at < server->room ? server->conns[at] : NULL;

    return conn && conn->id == id && conn->stage != STAGE_ENDING ? conn : NULL;
}

/* ---- end */

static void on_handle_closed(uv_handle_t *handle)
{
    ((struct server *)handle->data)->handles--;
}

static void close_pool(struct server *server)
{
    if (!server->is_stopping || server->is_pool_closed || server->n_conns)
        return;
    server->is_pool_closed = 1;
    link_pool_close(&server->pool);
    uv_close((uv_handle_t *)&server->stop_timer, on_handle_closed);
}

static void on_conn_closed(uv_handle_t *handle)
{
    struct conn *conn = handle->data;
    struct server *server = conn->server;
    const struct server_owner *owner = &conn->listener->owner;

    if (conn->is_told_open)
        owner->on_ws_close(owner->ctx, conn->id, conn->code ? conn->code : WS_CODE_ABNORMAL);
    else if (conn->is_busy && owner->on_gone)
        owner->on_gone(owner->ctx, conn->id);
    server->conns[conn->id & ((1u << INDEX_BITS) - 1)] = NULL;
    server->n_conns--;
    server->handles--;
    http_free(conn->http);
    ws_free(conn->ws);
    grow_free(&conn->held);
    free(conn);
    close_pool(server);
}

static void end_conn(struct conn *conn, int is_reset)
{
    if (conn->stage == STAGE_ENDING)
        return;
    conn->is_busy = conn->stage == STAGE_WAIT;
    conn->stage = STAGE_ENDING;
    if (conn->ws)
        ws_stop(conn->ws);
    if (conn->link)
        link_drop(conn->link, is_reset);
    conn->link = NULL;
    uv_close((uv_handle_t *)&conn->timer, on_conn_closed);
}

static void on_conn_timer(uv_timer_t *timer);

static void set_timer(struct conn *conn, int64_t due)
{
    int64_t left = due - time_now();

    if (conn->stage != STAGE_ENDING)
        uv_timer_start(&conn->timer, on_conn_timer,
                       left <= 0 ? 0 : (uint64_t)((left + 999999) / 1000000), 0);
}

/* What is queued goes, then the connection ends. */
static void finish(struct conn *conn)
{
    if (conn->stage == STAGE_ENDING || conn->stage == STAGE_CLOSING)
        return;
    conn->stage = STAGE_CLOSING;
    conn->since = time_now();
    link_finish(conn->link, 1);
    set_timer(conn, conn->since + CLOSE_NS);
}

/* ---- answers */

static int send_response(struct conn *conn, const struct http_response *response)
{
    struct http_response copy = *response;
    uint64_t room;
    int64_t n;

    copy.is_head |= conn->is_head;
    copy.is_close |= conn->is_last || conn->server->is_stopping;
    room = http_response_room(&copy);
    if (room > INT32_MAX / 2)
        return AGON_EINVAL;
    conn->server->scratch.n = 0;
    if (grow_reserve(&conn->server->scratch, (size_t)room) < 0)
        return AGON_ENOMEM;
    n = http_write_response((char *)conn->server->scratch.bytes, conn->server->scratch.room, &copy);
    if (n < 0)
        return (int)n;
    int rc = link_send(conn->link, conn->server->scratch.bytes, (size_t)n);
    grow_trim(&conn->server->scratch, 1u << 18);
    if (rc < 0)
        return rc;
    if (copy.is_close) {
        finish(conn);
    } else {
        conn->stage = STAGE_READ;
        conn->since = time_now();
    }
    return AGON_OK;
}

static void refuse(struct conn *conn, int status, const char *text)
{
    static const struct http_header header = {"Content-Type", "text/plain; charset=utf-8"};
    struct http_response response = {.status = status,
                                     .headers = &header,
                                     .n_headers = 1,
                                     .is_close = 1,
                                     .body = text,
                                     .body_n = strlen(text)};

    conn->is_last = 1;
    if (send_response(conn, &response) < 0)
        end_conn(conn, 0);
}

int server_respond(struct server *server, uint64_t id, const struct http_response *response)
{
    struct conn *conn = find(server, id);
    int rc;

    if (!conn)
        return AGON_ENOENT;
    if (conn->stage != STAGE_WAIT)
        return AGON_ESTATE;
    rc = send_response(conn, response);
    if (rc == AGON_OK && conn->stage == STAGE_READ) {
        if (!conn->is_paused)
            link_pause(conn->link, 0);
        // The next request may lie here already; it is looked at in a turn of its own.
        set_timer(conn, conn->held.n ? 0 : conn->since + server->options.idle_ns);
    }
    return rc;
}

/* ---- WebSocket */

static int send_frame(struct conn *conn, enum ws_opcode opcode, const void *bytes, size_t n)
{
    struct grow *scratch = &conn->server->scratch;
    int64_t wire_n;

    if (link_queued(conn->link) + n > conn->server->options.queue_bytes)
        return AGON_EAGAIN;
    scratch->n = 0;
    if (grow_reserve(scratch, n + WS_HEADER_MAX) < 0)
        return AGON_ENOMEM;
    wire_n = ws_write(scratch->bytes, scratch->room, WS_SERVER, opcode, bytes, n, 0);
    return wire_n < 0 ? (int)wire_n : link_send(conn->link, scratch->bytes, (size_t)wire_n);
}

static void send_close(struct conn *conn, int code, const char *reason)
{
    unsigned char wire[WS_CONTROL_MAX + WS_HEADER_MAX];
    int64_t n = ws_write_close(wire, sizeof wire, WS_SERVER, code, reason, 0);

    if (conn->is_close_sent || n < 0)
        return;
    conn->is_close_sent = 1;
    (void)link_send(conn->link, wire, (size_t)n);
}

static void on_message(void *ctx, enum ws_opcode opcode, const void *bytes, size_t n)
{
    struct conn *conn = ctx;

    if (conn->stage == STAGE_SOCKET && !conn->is_close_sent)
        conn->listener->owner.on_ws_message(conn->listener->owner.ctx, conn->id, opcode, bytes, n);
}

static void on_ping(void *ctx, const void *bytes, size_t n)
{
    struct conn *conn = ctx;

    if (conn->stage != STAGE_SOCKET || conn->is_close_sent)
        return;
    if (pong_gate_ping(&conn->pongs, time_now(), bytes, n))
        (void)send_frame(conn, WS_PONG, bytes, n);
    else
        set_timer(conn, conn->pongs.next_ns);
}

static void on_pong(void *ctx, const void *bytes, size_t n)
{
    struct conn *conn = ctx;
    const struct server_owner *owner = &conn->listener->owner;

    conn->ping_since = 0;
    if (conn->stage == STAGE_SOCKET && owner->on_ws_pong)
        owner->on_ws_pong(owner->ctx, conn->id, bytes, n);
}

static void on_close(void *ctx, int code, const char *reason, size_t n)
{
    struct conn *conn = ctx;

    (void)reason;
    (void)n;
    if (conn->stage != STAGE_SOCKET)
        return;
    if (!conn->is_close_sent)
        conn->code = code;
    send_close(conn, code, NULL);
    finish(conn);
}

static int64_t socket_due(const struct conn *conn, int64_t now)
{
    const struct server_options *options = &conn->server->options;
    int64_t due = now + 60000000000ll;

    if (conn->is_close_sent)
        return conn->since + CLOSE_NS;
    if (options->ping_ns && conn->next_ping < due)
        due = conn->next_ping;
    if (conn->ping_since && conn->ping_since + options->pong_ns < due)
        due = conn->ping_since + options->pong_ns;
    if (conn->pongs.is_held && conn->pongs.next_ns < due)
        due = conn->pongs.next_ns;
    if (conn->partial_since && conn->partial_since + FRAME_NS < due)
        due = conn->partial_since + FRAME_NS;
    return due;
}

static void feed_socket(struct conn *conn, const void *bytes, size_t n)
{
    struct error err = {0};
    int is_partial;

    if (ws_feed(conn->ws, bytes, n, &err) < 0 && conn->stage == STAGE_SOCKET) {
        if (!conn->is_close_sent)
            conn->code = ws_code(conn->ws);
        send_close(conn, conn->code, err.text);
        finish(conn);
    }
    if (conn->stage != STAGE_SOCKET)
        return;
    is_partial = ws_is_partial(conn->ws);
    if (!is_partial) {
        conn->partial_since = 0;
    } else if (!conn->partial_since) {
        conn->partial_since = time_now();
        set_timer(conn, socket_due(conn, conn->partial_since));
    }
}

static void on_socket_timer(struct conn *conn)
{
    int64_t now = time_now();
    char text[24];

    if (conn->is_close_sent && now >= conn->since + CLOSE_NS) {
        end_conn(conn, 0);
        return;
    }
    if (!conn->is_close_sent) {
        int is_late = conn->ping_since && now - conn->ping_since >= conn->server->options.pong_ns;
        if (is_late || (conn->partial_since && now - conn->partial_since >= FRAME_NS)) {
            conn->code = WS_CODE_POLICY;
            send_close(conn, WS_CODE_POLICY, is_late ? "no pong" : "a message without end");
            finish(conn);
            return;
        }
        if (pong_gate_due(&conn->pongs, now))
            (void)send_frame(conn, WS_PONG, conn->pongs.bytes, conn->pongs.n);
        if (conn->server->options.ping_ns && now >= conn->next_ping) {
            int n = snprintf(text, sizeof text, "%llu", (unsigned long long)++conn->pings);
            (void)send_frame(conn, WS_PING, text, (size_t)n);
            if (!conn->ping_since)
                conn->ping_since = now;
            conn->next_ping = now + conn->server->options.ping_ns;
        }
    }
    set_timer(conn, socket_due(conn, now));
}

static void upgrade(struct conn *conn, const struct http_message *request)
{
    const struct server_owner *owner = &conn->listener->owner;
    const struct ws_owner reader = {conn, on_message, on_ping, on_pong, on_close};
    struct http_response refusal = {.status = 404};
    struct error err = {0};
    const char *key;
    char reply[256];
    int64_t n;

    if (ws_check_request(request, &key, &err) < 0) {
        const char *version = http_header_find(request, "sec-websocket-version");
        refuse(conn, version && strcmp(version, "13") != 0 ? 426 : 400, err.text);
        return;
    }
    if (owner->on_ws_request)
        refusal.status = owner->on_ws_request(owner->ctx, conn->id, request, conn->peer);
    if (conn->stage != STAGE_WAIT) // the owner has killed it
        return;
    if (refusal.status != 0) {
        if (send_response(conn, &refusal) < 0)
            end_conn(conn, 0);
        return;
    }
    n = ws_write_reply(reply, sizeof reply, key);
    if (n < 0 || ws_new(&conn->ws, WS_SERVER, NULL, &reader) < 0 ||
        link_send(conn->link, reply, (size_t)n) < 0) {
        end_conn(conn, 0);
        return;
    }
    conn->stage = STAGE_SOCKET;
    conn->next_ping = time_now() + conn->server->options.ping_ns;
    set_timer(conn, socket_due(conn, time_now()));
    conn->is_told_open = 1;
    owner->on_ws_open(owner->ctx, conn->id);
}

/* ---- HTTP */

static void take_request(struct conn *conn)
{
    const struct http_message *request = http_message(conn->http);
    const struct server_owner *owner = &conn->listener->owner;
    const char *key;

    conn->stage = STAGE_WAIT;
    conn->partial_since = 0;
    conn->is_head = request->is_head;
    conn->is_last = !request->is_keep_alive && !request->is_upgrade;
    if (conn->is_over) {
        refuse(conn, 503, "too many connections");
        return;
    }
    if (ws_check_request(request, &key, NULL) != AGON_ENOENT)
        upgrade(conn, request);
    else
        owner->on_request(owner->ctx, conn->id, request, conn->peer);
}

/* Looks at bytes until there are no more, or a request waits for its answer; what is left then is
 * held. */
static void feed(struct conn *conn, const char *bytes, size_t n)
{
    while (n > 0 && conn->stage == STAGE_READ) {
        struct error err = {0};
        size_t used = 0;
        int rc = http_feed(conn->http, bytes, n, &used, &err);

        bytes += used;
        n -= used;
        if (rc < 0) {
            int status = http_status(conn->http);
            refuse(conn, status ? status : 400, err.text);
            return;
        }
        if (rc == 1)
            take_request(conn);
        else if (http_wants_continue(conn->http))
            (void)link_send(conn->link, HTTP_CONTINUE, sizeof HTTP_CONTINUE - 1);
    }
    if (conn->stage == STAGE_SOCKET) {
        if (n > 0)
            feed_socket(conn, bytes, n);
    } else if (conn->stage == STAGE_WAIT) {
        // The parser's message is over for the owner, so its memory may be touched again.
        link_pause(conn->link, 1);
        uv_timer_stop(&conn->timer);
        if (n > 0 && grow_add(&conn->held, bytes, n) < 0)
            end_conn(conn, 0);
    } else if (conn->stage == STAGE_READ) {
        const struct server_options *options = &conn->server->options;
        int64_t now = time_now();
        // One deadline for the whole request: a byte now and then does not move it.
        if (!http_is_partial(conn->http)) {
            conn->partial_since = 0;
            set_timer(conn, now + options->idle_ns);
        } else if (!conn->partial_since) {
            conn->partial_since = now;
            set_timer(conn, now + options->request_ns);
        } else {
            set_timer(conn, conn->partial_since + options->request_ns);
        }
    }
}

static void feed_held(struct conn *conn)
{
    struct grow held = conn->held;

    conn->held = (struct grow){0};
    conn->partial_since = 0;
    feed(conn, (const char *)held.bytes, held.n);
    grow_free(&held);
}

static void on_conn_timer(uv_timer_t *timer)
{
    struct conn *conn = timer->data;

    switch (conn->stage) {
    case STAGE_READ:
        if (conn->held.n)
            feed_held(conn);
        else if (conn->partial_since && http_is_partial(conn->http))
            refuse(conn, 408, "the request did not arrive in time");
        else
            end_conn(conn, 0);
        break;
    case STAGE_SOCKET:
        on_socket_timer(conn);
        break;
    case STAGE_CLOSING:
        end_conn(conn, 0);
        break;
    case STAGE_WAIT:
    case STAGE_ENDING:
        break;
    }
}

/* ---- links */

static void on_link_ready(void *ctx)
{
    (void)ctx;
}

static void on_link_bytes(void *ctx, const void *bytes, size_t n)
{
    struct conn *conn = ctx;

    if (conn->stage == STAGE_SOCKET)
        feed_socket(conn, bytes, n);
    else if (conn->stage == STAGE_READ && conn->held.n == 0)
        feed(conn, bytes, n);
    else if (conn->stage == STAGE_READ || conn->stage == STAGE_WAIT) {
        // Reading is stopped by now, so at most what TLS had in hand comes here.
        if (grow_add(&conn->held, bytes, n) < 0)
            end_conn(conn, 0);
    }
}

static void on_link_end(void *ctx, enum stream_end end, const char *text)
{
    (void)end;
    (void)text;
    end_conn(ctx, 0);
}

static void on_connection(uv_stream_t *stream, int status)
{
    struct listener *listener = stream->data;
    struct server *server = listener->server;
    struct link_owner owner = {
        .on_ready = on_link_ready, .on_bytes = on_link_bytes, .on_end = on_link_end};
    struct conn *conn;
    uint32_t at;

    if (status < 0 || server->is_stopping)
        return;
    conn = server->n_conns < server->room ? calloc(1, sizeof *conn) : NULL;
    if (!conn || http_new(&conn->http, HTTP_SERVER, server->options.body_cap) < 0 ||
        uv_timer_init(server->pool.loop, &conn->timer) != 0) {
        // It must be taken all the same, or libuv would not offer the next one.
        static const struct link_owner nobody = {.on_ready = on_link_ready};
        struct link *link;
        if (conn)
            http_free(conn->http);
        free(conn);
        if (link_accept(&link, &server->pool, &nobody, stream, NULL) == AGON_OK)
            link_drop(link, 1);
        return;
    }
    conn->server = server;
    conn->listener = listener;
    conn->timer.data = conn;
    conn->is_over = server->n_conns >= server->options.conns;
    server->handles++;
    do
        at = server->next_index++ % server->room;
    while (server->conns[at]);
    conn->id = ++server->serial << INDEX_BITS | at;
    server->conns[at] = conn;
    server->n_conns++;
    conn->since = time_now();
    set_timer(conn, conn->since + server->options.idle_ns);
    owner.ctx = conn;
    if (link_accept(&conn->link, &server->pool, &owner, stream, listener->context) < 0)
        end_conn(conn, 0);
    else
        link_peer(conn->link, conn->peer, sizeof conn->peer);
}

/* ---- calls about one connection */

static struct conn *find_socket(struct server *server, uint64_t id)
{
    struct conn *conn = find(server, id);

    return conn && conn->stage == STAGE_SOCKET && !conn->is_close_sent ? conn : NULL;
}

int server_ws_send(struct server *server, uint64_t id, enum ws_opcode opcode, const void *bytes,
                   size_t n)
{
    struct conn *conn = find_socket(server, id);

    return conn ? send_frame(conn, opcode, bytes, n) : AGON_ENOENT;
}

int server_ws_ping(struct server *server, uint64_t id, const void *bytes, size_t n)
{
    return server_ws_send(server, id, WS_PING, bytes, n);
}

int server_ws_close(struct server *server, uint64_t id, int code, const char *reason)
{
    struct conn *conn = find_socket(server, id);

    if (!conn)
        return AGON_ENOENT;
    conn->code = code;
    send_close(conn, code, reason);
    if (!conn->is_close_sent)
        return AGON_EINVAL;
    conn->since = time_now();
    set_timer(conn, conn->since + CLOSE_NS);
    return AGON_OK;
}

uint64_t server_unsent(struct server *server, uint64_t id)
{
    struct conn *conn = find(server, id);

    return conn && conn->link ? link_queued(conn->link) : 0;
}

int server_kill(struct server *server, uint64_t id, int is_reset)
{
    struct conn *conn = find(server, id);

    if (!conn)
        return AGON_ENOENT;
    conn->code = WS_CODE_ABNORMAL;
    end_conn(conn, is_reset);
    return AGON_OK;
}

int server_pause(struct server *server, uint64_t id, int is_paused)
{
    struct conn *conn = find(server, id);

    if (!conn)
        return AGON_ENOENT;
    conn->is_paused = is_paused != 0;
    if (conn->stage != STAGE_WAIT)
        link_pause(conn->link, is_paused);
    return AGON_OK;
}

int server_raw(struct server *server, uint64_t id, const void *bytes, size_t n)
{
    struct conn *conn = find(server, id);

    if (!conn)
        return AGON_ENOENT;
    if (link_queued(conn->link) + n > server->options.queue_bytes)
        return AGON_EAGAIN;
    return link_send(conn->link, bytes, n);
}

/* ---- life */

static int64_t or_else(int64_t value, int64_t other)
{
    return value > 0 ? value : other;
}

int server_new(struct server **out, uv_loop_t *loop, const struct server_options *options,
               struct error *err)
{
    struct server *server = calloc(1, sizeof *server);
    struct server_options *mine;

    *out = NULL;
    if (!server)
        return error_set(err, AGON_ENOMEM, "out of memory for a server");
    mine = &server->options;
    if (options)
        *mine = *options;
    mine->conns = (uint32_t)or_else(mine->conns, 1024);
    mine->queue_bytes = (uint32_t)or_else(mine->queue_bytes, 1 << 20);
    mine->body_cap = mine->body_cap ? mine->body_cap : 1u << 20;
    mine->request_ns = or_else(mine->request_ns, 10000000000ll);
    mine->idle_ns = or_else(mine->idle_ns, 60000000000ll);
    mine->ping_ns = or_else(mine->ping_ns, 0);
    mine->pong_ns = or_else(mine->pong_ns, 3 * mine->ping_ns);
    if (mine->conns > (1u << INDEX_BITS) - OVER_CONNS) {
        free(server);
        return error_set(err, AGON_EINVAL, "more than %u connections cannot be served",
                         (1u << INDEX_BITS) - OVER_CONNS);
    }
    server->room = mine->conns + OVER_CONNS;
    server->conns = calloc(server->room, sizeof *server->conns);
    if (!server->conns || uv_timer_init(loop, &server->stop_timer) != 0 ||
        link_pool_init(&server->pool, loop) < 0) {
        free(server->conns);
        free(server);
        return error_set(err, AGON_ENOMEM, "out of memory for a server");
    }
    server->stop_timer.data = server;
    server->handles = 1;
    *out = server;
    return AGON_OK;
}

int server_add(struct server *server, const struct server_listen *listen, struct error *err)
{
    struct sockaddr_storage address = {0};
    struct listener *listener;
    int n = sizeof address;
    int rc;

    if (server->is_stopping)
        return error_set(err, AGON_ESTATE, "the server is stopping");
    if (uv_ip4_addr(listen->host, listen->port, (struct sockaddr_in *)(void *)&address) != 0 &&
        uv_ip6_addr(listen->host, listen->port, (struct sockaddr_in6 *)(void *)&address) != 0)
        return error_set(err, AGON_EINVAL, "'%s' is no address to listen on", listen->host);
    listener = calloc(1, sizeof *listener);
    if (!listener)
        return error_set(err, AGON_ENOMEM, "out of memory for a port");
    listener->server = server;
    listener->owner = listen->owner;
    if (listen->cert_pem && listen->key_pem) {
        rc = tls_server_context(&listener->context, listen->cert_pem, listen->key_pem, err);
        if (rc < 0) {
            free(listener);
            return rc;
        }
    }
    if (uv_tcp_init(server->pool.loop, &listener->tcp) != 0) {
        SSL_CTX_free(listener->context);
        free(listener);
        return error_set(err, AGON_EIO, "no socket could be made");
    }
    listener->tcp.data = listener;
    listener->next = server->listeners;
    server->listeners = listener;
    server->handles++;
    rc = uv_tcp_bind(&listener->tcp, (const struct sockaddr *)&address, 0);
    if (rc == 0)
        rc = uv_listen((uv_stream_t *)&listener->tcp, 511, on_connection);
    if (rc == 0)
        rc = uv_tcp_getsockname(&listener->tcp, (struct sockaddr *)&address, &n);
    if (rc < 0) {
        // It stays in the list, mute; server_stop closes it.
        return error_set(err, rc == UV_EADDRINUSE ? AGON_EBUSY : AGON_EIO,
                         "port %u on %s cannot be listened on: %s", listen->port, listen->host,
                         uv_strerror(rc));
    }
    return address.ss_family == AF_INET6
               ? ntohs(((struct sockaddr_in6 *)(void *)&address)->sin6_port)
               : ntohs(((struct sockaddr_in *)(void *)&address)->sin_port);
}

uint32_t server_conns(const struct server *server)
{
    return server->n_conns;
}

static void on_listener_closed(uv_handle_t *handle)
{
    ((struct listener *)handle->data)->server->handles--;
}

static void end_all(struct server *server)
{
    for (uint32_t i = 0; i < server->room; i++) {
        if (server->conns[i])
            end_conn(server->conns[i], 0);
    }
}

static void on_stop_timer(uv_timer_t *timer)
{
    end_all(timer->data);
}

void server_stop(struct server *server, int is_graceful)
{
    if (server->is_stopping) {
        if (!is_graceful)
            end_all(server);
        return;
    }
    server->is_stopping = 1;
    for (struct listener *listener = server->listeners; listener; listener = listener->next)
        uv_close((uv_handle_t *)&listener->tcp, on_listener_closed);
    if (!is_graceful)
        end_all(server);
    for (uint32_t i = 0; is_graceful && i < server->room; i++) {
        struct conn *conn = server->conns[i];
        if (!conn)
            continue;
        if (conn->stage == STAGE_SOCKET)
            (void)server_ws_close(server, conn->id, WS_CODE_AWAY, "going away");
        else if (conn->stage == STAGE_READ && !http_is_partial(conn->http) && !conn->held.n)
            finish(conn); // replies that are still queued may go
    }
    uv_timer_start(&server->stop_timer, on_stop_timer, (uint64_t)(CLOSE_NS / 1000000), 0);
    close_pool(server);
}

int server_is_stopped(const struct server *server)
{
    return server->is_pool_closed && server->handles == 0 && server->pool.handles == 0;
}

void server_free(struct server *server)
{
    if (!server)
        return;
    REQUIRE(server_is_stopped(server));
    while (server->listeners) {
        struct listener *next = server->listeners->next;
        SSL_CTX_free(server->listeners->context);
        free(server->listeners);
        server->listeners = next;
    }
    link_pool_deinit(&server->pool);
    grow_free(&server->scratch);
    free(server->conns);
    free(server);
}
