// SPDX-License-Identifier: Apache-2.0
#include "sim/server.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "net/server.h"

#define TICK_MAX_MS 250
#define NS_PER_MS   1000000

struct held { /* an answer that comes late */
    uint64_t conn;
    agon_ns_t t_due;
    struct sim_reply reply;
    char *body; /* owned */
};
#define HELD_MAX 256

struct sim_server {
    struct sim_server_config config;
    struct held *held[HELD_MAX]; /* owned */
    uint32_t n_held;
    struct sim *sim;        /* owned */
    struct server *sockets; /* owned */
    uv_timer_t timer;
    uint8_t is_timer_closed, is_stopping;
};

struct sim_time sim_clock_at(const struct sim_clock *clock, agon_ns_t transport)
{
    int64_t passed = transport - clock->t_transport;

    return (struct sim_time){
        .transport = transport,
        .market =
            num_add(clock->t_market, num_mul_div(passed, clock->speed_milli, 1000, NUM_DOWN))};
}

agon_ns_t sim_clock_when(const struct sim_clock *clock, agon_ns_t market)
{
    if (market == INT64_MAX)
        return INT64_MAX;
    return num_add(clock->t_transport,
                   num_mul_div(market - clock->t_market, 1000, clock->speed_milli, NUM_UP));
}

static struct sim_time now_of(const struct sim_server *server)
{
    return sim_clock_at(&server->config.clock, server->config.utc(server->config.utc_ctx));
}

static void on_timer(uv_timer_t *timer);

static void arm(struct sim_server *server)
{
    struct sim_time now = now_of(server), next;
    agon_ns_t due;
    int64_t ms;

    if (server->is_stopping)
        return;
    server->config.dialect->due(server->sim, &next);
    due = sim_clock_when(&server->config.clock, next.market);
    for (uint32_t i = 0; i < server->n_held; i++)
        if (server->held[i]->t_due < due)
            due = server->held[i]->t_due;
    if (next.transport < due)
        due = next.transport;
    ms = due <= now.transport ? 0 : (due - now.transport + NS_PER_MS - 1) / NS_PER_MS;
    uv_timer_start(&server->timer, on_timer, (uint64_t)(ms > TICK_MAX_MS ? TICK_MAX_MS : ms), 0);
}

static void respond(struct sim_server *server, uint64_t conn, const struct sim_reply *reply,
                    const char *body)
{
    struct http_header out[SIM_REPLY_HEADERS + 1];
    struct http_response response = {.headers = out};

    out[response.n_headers++] = (struct http_header){"content-type", reply->type};
    for (uint32_t i = 0; i < reply->n_headers; i++)
        out[response.n_headers++] =
            (struct http_header){reply->headers[i].name, reply->headers[i].value};
    response.status = reply->status;
    response.body = body;
    response.body_n = reply->body_n;
    server_respond(server->sockets, conn, &response);
}

static void hold(struct sim_server *server, uint64_t conn, const struct sim_reply *reply,
                 agon_ns_t now)
{
    struct held *held = server->n_held < HELD_MAX ? calloc(1, sizeof(*held)) : NULL;

    if (held)
        held->body = malloc(reply->body_n + 1);
    if (!held || !held->body) { // it is not late, then
        free(held);
        respond(server, conn, reply, reply->body);
        return;
    }
    held->conn = conn;
    held->t_due = now + reply->late_ns;
    held->reply = *reply;
    memcpy(held->body, reply->body, reply->body_n);
    server->held[server->n_held++] = held;
}

static void drop_held(struct held *held)
{
    free(held->body);
    free(held);
}

static void send_held(struct sim_server *server, agon_ns_t now)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < server->n_held; i++) {
        struct held *held = server->held[i];

        if (held->t_due > now) {
            server->held[kept++] = held;
            continue;
        }
        respond(server, held->conn, &held->reply, held->body);
        drop_held(held);
    }
    server->n_held = kept;
}

static void on_timer(uv_timer_t *timer)
{
    struct sim_server *server = timer->data;
    struct sim_time now = now_of(server);

    server->config.dialect->tick(server->sim, &now);
    send_held(server, now.transport);
    arm(server);
}

/* --- requests --- */

static void peer_address(const char *peer, char address[64])
{
    const char *colon = strrchr(peer, ':');
    size_t n = colon ? (size_t)(colon - peer) : strlen(peer);

    n = n > 63 ? 63 : n;
    memcpy(address, peer, n);
    address[n] = '\0';
}

static void to_request(const struct http_message *message, const char *address,
                       struct sim_header headers[HTTP_HEADERS_MAX], struct sim_request *request)
{
    uint32_t n = message->n_headers < HTTP_HEADERS_MAX ? message->n_headers : HTTP_HEADERS_MAX;

    for (uint32_t i = 0; i < n; i++)
        headers[i] = (struct sim_header){message->headers[i].name, message->headers[i].value};
    *request = (struct sim_request){.method = message->method,
                                    .path = message->path,
                                    .query = message->query,
                                    .body = message->body_n ? message->body : NULL,
                                    .body_n = message->body_n,
                                    .headers = headers,
                                    .n_headers = n,
                                    .peer = address};
}

static void on_request(void *ctx, uint64_t conn, const struct http_message *message,
                       const char *peer)
{
    struct sim_header headers[HTTP_HEADERS_MAX];
    struct sim_server *server = ctx;
    struct sim_time now = now_of(server);
    struct sim_request request;
    struct sim_reply reply;
    char address[64];

    peer_address(peer, address);
    to_request(message, address, headers, &request);
    request.conn = conn;
    server->config.dialect->http(server->sim, &now, &request, &reply);
    if (reply.status == SIM_NO_REPLY)
        return; // the connection waits until its client has had enough
    if (reply.status == SIM_RESET_REPLY)
        server_kill(server->sockets, conn, 1);
    else if (reply.late_ns > 0)
        hold(server, conn, &reply, now.transport);
    else
        respond(server, conn, &reply, reply.body);
}

static int on_ws_request(void *ctx, uint64_t conn, const struct http_message *message,
                         const char *peer)
{
    struct sim_header headers[HTTP_HEADERS_MAX];
    struct sim_server *server = ctx;
    struct sim_time now = now_of(server);
    struct sim_request request;
    struct sim_reply reply;
    char address[64];

    if (server->is_stopping)
        return 503;
    peer_address(peer, address);
    to_request(message, address, headers, &request);
    if (server->config.dialect->ws_open(server->sim, &now, conn, &request, &reply))
        return 0;
    return reply.status;
}

static void on_ws_open(void *ctx, uint64_t conn)
{
    (void)ctx;
    (void)conn;
}

static void on_ws_message(void *ctx, uint64_t conn, enum ws_opcode opcode, const void *bytes,
                          size_t n)
{
    struct sim_server *server = ctx;
    struct sim_time now = now_of(server);

    server->config.dialect->ws_frame(server->sim, &now, conn,
                                     opcode == WS_TEXT ? SIM_TEXT : SIM_BINARY, bytes, n);
}

static void on_ws_pong(void *ctx, uint64_t conn, const void *bytes, size_t n)
{
    struct sim_server *server = ctx;
    struct sim_time now = now_of(server);

    server->config.dialect->ws_frame(server->sim, &now, conn, SIM_PONG, bytes, n);
}

static void on_ws_close(void *ctx, uint64_t conn, int code)
{
    struct sim_server *server = ctx;
    struct sim_time now = now_of(server);

    (void)code;
    server->config.dialect->ws_gone(server->sim, &now, conn);
}

static void on_frame(void *ctx, uint64_t conn, enum sim_frame kind, const void *bytes, size_t n,
                     int code)
{
    struct sim_server *server = ctx;
    int rc = AGON_OK;

    switch (kind) {
    case SIM_TEXT:
    case SIM_BINARY:
        rc =
            server_ws_send(server->sockets, conn, kind == SIM_TEXT ? WS_TEXT : WS_BINARY, bytes, n);
        break;
    case SIM_PING:
        rc = server_ws_ping(server->sockets, conn, bytes, n);
        break;
    case SIM_PONG: // the codec has answered
    case SIM_RESET:
    case SIM_STALL:
        break;
    case SIM_CLOSE:
        server_ws_close(server->sockets, conn, code, bytes);
        break;
    }
    if (kind == SIM_RESET)
        server_kill(server->sockets, conn, 1);
    else if (kind == SIM_STALL)
        server_pause(server->sockets, conn, 1);
    // A client that does not read is cut off, as the venue does.
    if (rc == AGON_EAGAIN)
        server_ws_close(server->sockets, conn, WS_CODE_POLICY, "slow consumer");
}

// A request that was held has its answer. The client may have gone, or sent no more since.
static void on_reply(void *ctx, uint64_t conn, const struct sim_reply *reply)
{
    respond(ctx, conn, reply, reply->body);
}

/* --- life --- */

static void on_timer_closed(uv_handle_t *handle)
{
    ((struct sim_server *)handle->data)->is_timer_closed = 1;
}

static int listen_on(struct sim_server *server, struct error *err)
{
    struct server_listen listen = {.host = server->config.host,
                                   .port = server->config.port,
                                   .cert_pem = server->config.cert_pem,
                                   .key_pem = server->config.key_pem};

    listen.owner = (struct server_owner){.ctx = server,
                                         .on_request = on_request,
                                         .on_ws_request = on_ws_request,
                                         .on_ws_open = on_ws_open,
                                         .on_ws_message = on_ws_message,
                                         .on_ws_pong = on_ws_pong,
                                         .on_ws_close = on_ws_close};
    return server_add(server->sockets, &listen, err);
}

int sim_server_open(struct sim_server **made, uv_loop_t *loop,
                    const struct sim_server_config *config, struct error *err)
{
    const struct server_options options = {.queue_bytes = 4u << 20};
    struct sim_server *server = calloc(1, sizeof(*server));
    int rc;

    *made = NULL;
    if (!server)
        return error_set(err, AGON_ENOMEM, "out of memory");
    server->config = *config;
    server->config.sim.sink.ctx = server;
    server->config.sim.sink.frame = on_frame;
    server->config.sim.sink.reply = on_reply;
    *made = server;
    uv_timer_init(loop, &server->timer);
    server->timer.data = server;
    rc = server_new(&server->sockets, loop, &options, err);
    if (rc < 0)
        return rc;
    rc = config->dialect->open(&server->sim, &server->config.sim, err);
    if (rc < 0)
        return rc;
    rc = listen_on(server, err);
    if (rc < 0)
        return rc;
    arm(server);
    return rc;
}

void sim_server_stop(struct sim_server *server)
{
    struct sim_time now;

    if (!server || server->is_stopping)
        return;
    now = now_of(server);
    if (server->sim)
        server->config.dialect->shutdown(server->sim, &now);
    server->is_stopping = 1;
    uv_timer_stop(&server->timer);
    uv_close((uv_handle_t *)&server->timer, on_timer_closed);
    if (server->sockets)
        server_stop(server->sockets, 1);
}

int sim_server_is_stopped(const struct sim_server *server)
{
    return !server ||
           (server->is_timer_closed && (!server->sockets || server_is_stopped(server->sockets)));
}

void sim_server_free(struct sim_server *server)
{
    if (!server)
        return;
    server_free(server->sockets);
    for (uint32_t i = 0; i < server->n_held; i++)
        drop_held(server->held[i]);
    if (server->sim)
        server->config.dialect->close(server->sim);
    free(server);
}
