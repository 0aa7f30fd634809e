// SPDX-License-Identifier: Apache-2.0
/* server: see the header. Here are the sockets: listeners, links and a timer for each connection;
 * what is said on them is net/conns.c. */
#include "net/conns.h"
#include "net/link.h"
#include "net/tls.h"

#include <stdlib.h>

#define CLOSE_NS 2000000000ll

struct listener {
    uv_tcp_t tcp;
    struct server *server;
    struct server_owner owner;
    SSL_CTX *context; /* owned, NULL: plain */
    struct listener *next;
    uint32_t n_accepted; /* in this turn */
    uint8_t is_held;     /* somebody has not been let in yet */
};

struct peer { /* who has connected */
    struct server *server;
    struct link *link; /* owned */
    struct conn *conn; /* lives until the timer is closed */
    uv_timer_t timer;
};

struct server {
    struct link_pool pool;
    struct conns *conns; /* owned */
    struct listener *listeners;
    uint32_t handles;
    uv_timer_t stop_timer;
    uint32_t accepts; /* of a listener in one turn; 0: all */
    uint8_t is_stopping, is_pool_closed;
};

static int64_t time_now(void *ctx)
{
    (void)ctx;
    return (int64_t)uv_hrtime();
}

/* ---- the transport of conns */

static int send_link(void *link, const void *bytes, size_t n)
{
    return link_send(((struct peer *)link)->link, bytes, n);
}

static uint64_t queued_link(void *link)
{
    return link_queued(((struct peer *)link)->link);
}

static void pause_link(void *link, int is_paused)
{
    link_pause(((struct peer *)link)->link, is_paused);
}

static void finish_link(void *link)
{
    link_finish(((struct peer *)link)->link, 1);
}

static int has_pending(void *link)
{
    return link_has_pending(((struct peer *)link)->link);
}

static void on_handle_closed(uv_handle_t *handle)
{
    ((struct server *)handle->data)->handles--;
}

static void close_pool(struct server *server)
{
    if (!server->is_stopping || server->is_pool_closed || conns_count(server->conns) > 0)
        return;
    server->is_pool_closed = 1;
    link_pool_close(&server->pool);
    uv_close((uv_handle_t *)&server->stop_timer, on_handle_closed);
}

static void on_peer_closed(uv_handle_t *handle)
{
    struct peer *peer = handle->data;
    struct server *server = peer->server;

    server->handles--;
    if (peer->conn)
        conns_gone(peer->conn);
    free(peer);
    close_pool(server);
}

static void drop_link(void *ctx, int is_reset)
{
    struct peer *peer = ctx;

    if (peer->link)
        link_drop(peer->link, is_reset);
    peer->link = NULL;
    uv_close((uv_handle_t *)&peer->timer, on_peer_closed);
}

static void on_peer_timer(uv_timer_t *timer)
{
    conns_timer(((struct peer *)timer->data)->conn);
}

static void set_timer(void *ctx, int64_t due)
{
    struct peer *peer = ctx;
    int64_t left = due - time_now(NULL);

    if (due == INT64_MAX)
        uv_timer_stop(&peer->timer);
    else
        uv_timer_start(&peer->timer, on_peer_timer,
                       left <= 0 ? 0 : (uint64_t)((left + 999999) / 1000000), 0);
}

/* ---- links */

static void on_link_ready(void *ctx)
{
    (void)ctx;
}

static void on_link_bytes(void *ctx, const void *bytes, size_t n)
{
    conns_bytes(((struct peer *)ctx)->conn, bytes, n);
}

static void on_link_end(void *ctx, enum stream_end end, const char *text)
{
    (void)end;
    (void)text;
    conns_end(((struct peer *)ctx)->conn);
}

static void on_connection(uv_stream_t *stream, int status)
{
    struct listener *listener = stream->data;
    struct server *server = listener->server;
    static const struct link_owner nobody = {.on_ready = on_link_ready};
    struct link_owner owner = {
        .on_ready = on_link_ready, .on_bytes = on_link_bytes, .on_end = on_link_end};
    struct link *link = NULL;
    struct peer *peer;
    char name[64] = "";

    if (status < 0 || server->is_stopping)
        return;
    listener->is_held = server->accepts > 0 && listener->n_accepted == server->accepts;
    if (listener->is_held)
        return; // libuv asks for nobody else until he is in
    listener->n_accepted++;
    peer = calloc(1, sizeof *peer);
    owner.ctx = peer;
    // It must be taken in any case, or libuv would not offer the next one.
    if (!peer || link_accept(&link, &server->pool, &owner, stream, listener->context) < 0) {
        free(peer);
        if (!peer && link_accept(&link, &server->pool, &nobody, stream, NULL) == AGON_OK)
            link_drop(link, 1);
        return;
    }
    if (uv_timer_init(server->pool.loop, &peer->timer) != 0) {
        link_drop(link, 1);
        free(peer);
        return;
    }
    peer->server = server;
    peer->timer.data = peer;
    peer->link = link;
    server->handles++;
    link_peer(link, name, sizeof name);
    peer->conn = conns_open(server->conns, &listener->owner, peer, name);
    if (!peer->conn)
        drop_link(peer, 1);
}

void server_turn(struct server *server)
{
    for (struct listener *listener = server->listeners; listener; listener = listener->next) {
        listener->n_accepted = 0;
        if (listener->is_held)
            on_connection((uv_stream_t *)&listener->tcp, 0);
    }
}

/* ---- calls about one connection */

int server_respond(struct server *server, uint64_t id, const struct http_response *response)
{
    return conns_respond(server->conns, id, response);
}

int server_again(struct server *server, uint64_t id)
{
    return conns_again(server->conns, id);
}

int server_ws_send(struct server *server, uint64_t id, enum ws_opcode opcode, const void *bytes,
                   size_t n)
{
    return conns_ws_send(server->conns, id, opcode, bytes, n);
}

int server_ws_ping(struct server *server, uint64_t id, const void *bytes, size_t n)
{
    return conns_ws_ping(server->conns, id, bytes, n);
}

int server_ws_close(struct server *server, uint64_t id, int code, const char *reason)
{
    return conns_ws_close(server->conns, id, code, reason);
}

uint64_t server_unsent(struct server *server, uint64_t id)
{
    return conns_unsent(server->conns, id);
}

int server_kill(struct server *server, uint64_t id, int is_reset)
{
    return conns_kill(server->conns, id, is_reset);
}

int server_pause(struct server *server, uint64_t id, int is_paused)
{
    return conns_pause(server->conns, id, is_paused);
}

int server_raw(struct server *server, uint64_t id, const void *bytes, size_t n)
{
    return conns_raw(server->conns, id, bytes, n);
}

struct conns *server_all(struct server *server)
{
    return server->conns;
}

/* ---- life */

int server_new(struct server **out, uv_loop_t *loop, const struct server_options *options,
               struct error *err)
{
    struct server *server = calloc(1, sizeof *server);
    const struct conns_port port = {.ctx = server,
                                    .now = time_now,
                                    .send = send_link,
                                    .queued = queued_link,
                                    .pause = pause_link,
                                    .finish = finish_link,
                                    .drop = drop_link,
                                    .timer = set_timer,
                                    .is_pending = has_pending};
    int rc;

    *out = NULL;
    if (!server)
        return error_set(err, AGON_ENOMEM, "out of memory for a server");
    rc = conns_new(&server->conns, &port, options, err);
    if (rc < 0) {
        free(server);
        return rc;
    }
    if (uv_timer_init(loop, &server->stop_timer) != 0 || link_pool_init(&server->pool, loop) < 0) {
        conns_free(server->conns);
        free(server);
        return error_set(err, AGON_ENOMEM, "out of memory for a server");
    }
    server->accepts = options != NULL ? options->accepts : 0;
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
        return error_set(
            err, AGON_EINVAL,
            "'%s' is not an address to listen on; expected digits, such as 127.0.0.1 or ::1",
            listen->host);
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
    return conns_count(server->conns);
}

static void on_listener_closed(uv_handle_t *handle)
{
    ((struct listener *)handle->data)->server->handles--;
}

static void on_stop_timer(uv_timer_t *timer)
{
    conns_end_all(((struct server *)timer->data)->conns);
}

void server_stop(struct server *server, int is_graceful)
{
    if (server->is_stopping) {
        if (!is_graceful)
            conns_end_all(server->conns);
        return;
    }
    server->is_stopping = 1;
    for (struct listener *listener = server->listeners; listener; listener = listener->next)
        uv_close((uv_handle_t *)&listener->tcp, on_listener_closed);
    conns_stop(server->conns, is_graceful);
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
    conns_free(server->conns);
    free(server);
}
