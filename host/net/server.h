// SPDX-License-Identifier: Apache-2.0
/* server: HTTP/1.1 and WebSocket for what listens, plain or TLS, on a libuv loop of the caller. It
 * is a thin shell over net/conns.h, which `agon dst` drives without sockets; docs/adr/ says why
 * libwebsockets is not under it.
 *
 * Everything is bounded: connections, heads, bodies, time to send a request (10 s in all, however
 * slowly), queued bytes per WebSocket. Connections have ids that never come back, so a call about
 * one that is gone is harmless: it returns AGON_ENOENT. No callback comes from inside a call.
 * [the loop's thread] */
#ifndef NET_SERVER_H
#define NET_SERVER_H

#include "net/http.h"
#include "net/ws.h"

#include <uv.h>

struct server;

struct server_owner {
    void *ctx;
    /* A whole request; everything in it is borrowed until the callback returns. Answer it with
     * server_respond(conn), now or later; until then the connection reads nothing further. peer:
     * "127.0.0.1:51234". */
    void (*on_request)(void *ctx, uint64_t conn, const struct http_message *request,
                       const char *peer);
    /* A WebSocket is asked for. 0: welcome, on_ws_open follows in the same turn; else the status of
     * the refusal (404). NULL: refuse all with 404. */
    int (*on_ws_request)(void *ctx, uint64_t conn, const struct http_message *request,
                         const char *peer);
    void (*on_ws_open)(void *ctx, uint64_t conn);
    void (*on_ws_message)(void *ctx, uint64_t conn, enum ws_opcode opcode, const void *bytes,
                          size_t n);
    /* Each pong; for a venue that counts them. May be NULL. */
    void (*on_ws_pong)(void *ctx, uint64_t conn, const void *bytes, size_t n);
    /* The last callback of a connection that on_ws_open was called for. code: the peer's, ours, or
     * WS_CODE_ABNORMAL. */
    void (*on_ws_close)(void *ctx, uint64_t conn, int code);
    /* A plain HTTP connection ended while a request waited for its answer. May be NULL. */
    void (*on_gone)(void *ctx, uint64_t conn);
    /* Is this request one for which places are kept? Asked for connections beyond the cap. With
     * it a new connection that finds the cap reached ends the oldest that has asked for nothing.
     * NULL: none is, and none is ended. */
    int (*is_urgent)(void *ctx, const struct http_message *request);
};

struct server_options {   /* 0 takes the default */
    uint32_t over;        /* places beyond conns: for what is_urgent says, all else is answered 503;
                             32 */
    uint32_t conns;       /* over all ports; 1024. One too many is answered 503 and closed */
    uint32_t accepts;     /* of each port between two calls of server_turn; all that come */
    uint32_t queue_bytes; /* per connection; 1 MiB */
    uint64_t body_cap;    /* of a request; 1 MiB */
    int64_t request_ns;   /* first byte of a request to its last; 10 s */
    int64_t idle_ns;      /* keep-alive without a request; 60 s */
    int64_t ping_ns;      /* a ping this often on each WebSocket; 0: none */
    int64_t pong_ns;      /* close when no pong came for that long after a ping; 3 x ping_ns */
};

struct server_listen {
    const char *host; /* an address: "127.0.0.1", "::1" */
    uint16_t port;    /* 0: any; the call tells which */
    /* TLS when both are set: PEM in memory, copied. */
    const char *cert_pem, *key_pem;
    struct server_owner owner;
};

/* loop is borrowed and outlives the server. options may be NULL. AGON_ENOMEM. */
int server_new(struct server **server, uv_loop_t *loop, const struct server_options *options,
               struct error *err);
/* Returns the port, or AGON_EBUSY (taken), AGON_EINVAL (address, certificate or key), AGON_EIO. */
int server_add(struct server *server, const struct server_listen *listen, struct error *err);
/* The answer to the request that conn waits with. is_close and is_head are decided by the request
 * and may be forced. AGON_ENOENT: gone. AGON_ESTATE: no request waits. AGON_EINVAL: see
 * http_write_response. */
int server_respond(struct server *server, uint64_t conn, const struct http_response *response);
/* on_request once more for the request that conn waits with: its owner had no time. As
 * server_respond. */
int server_again(struct server *server, uint64_t conn);
/* Queues a copy. AGON_EAGAIN: over the queue's bound, nothing was taken; the usual answer is
 * server_ws_close(WS_CODE_TRY_LATER). AGON_ENOENT. */
int server_ws_send(struct server *server, uint64_t conn, enum ws_opcode opcode, const void *bytes,
                   size_t n);
int server_ws_ping(struct server *server, uint64_t conn, const void *bytes, size_t n);
/* Sends a close frame after what is queued and waits 2 s for the peer's. */
int server_ws_close(struct server *server, uint64_t conn, int code, const char *reason);
/* Bytes queued and not yet given to the kernel; 0 also for what is gone. */
uint64_t server_unsent(struct server *server, uint64_t conn);
/* ---- misbehaviour, for a simulated venue. AGON_ENOENT. */
/* Drops it: with a TCP reset, or by an end without a close frame. */
int server_kill(struct server *server, uint64_t conn, int is_reset);
/* Stops or goes on reading: a peer that no longer listens. */
int server_pause(struct server *server, uint64_t conn, int is_paused);
/* Puts raw bytes on the wire past all framing. AGON_EAGAIN. */
int server_raw(struct server *server, uint64_t conn, const void *bytes, size_t n);

/* With options.accepts, in each turn of the loop, before it waits (uv_prepare). A loop lets in
 * until nobody is left, and in a flood somebody always is. */
void server_turn(struct server *server);

uint32_t server_conns(const struct server *server);
/* Its connections (net/conns.h), for who serves on another transport too. */
struct conns;
struct conns *server_all(struct server *server);
/* Closes all listeners and connections (WebSockets with 1001 when is_graceful, and what is queued
 * gets up to 2 s). on_ws_close is called for each. Turn the loop until server_is_stopped. */
void server_stop(struct server *server, int is_graceful);
int server_is_stopped(const struct server *server);
void server_free(struct server *server); /* after server_is_stopped */

#endif
