// SPDX-License-Identifier: Apache-2.0
/* conns: the connections of who listens, HTTP/1.1 and WebSocket, without sockets: bytes come in
 * from a transport and leave through it. net/server.h puts it on a libuv loop, `agon dst` on a
 * simulated network.
 *
 * A connection reads a request (READ), waits for its answer with reading stopped (WAIT), may become
 * a WebSocket (SOCKET), and ends by CLOSING, where what is queued may still leave, and ENDING,
 * where the transport lets go of it; the last word to the owner is said there (conns_gone), so that
 * no call of ours calls back. [the transport's thread] */
#ifndef NET_CONNS_H
#define NET_CONNS_H

#include "net/server.h"

struct conns_port { /* link: the transport's own, one a connection */
    void *ctx;
    int64_t (*now)(void *ctx); /* monotonic */
    int (*send)(void *link, const void *bytes, size_t n);
    uint64_t (*queued)(void *link); /* bytes that have not left */
    void (*pause)(void *link, int is_paused);
    /* What is queued goes, then our side ends, and conns_end is called. */
    void (*finish)(void *link);
    /* No more of it: conns_gone follows, in a turn of its own. */
    void (*drop)(void *link, int is_reset);
    /* conns_timer once, not before due; INT64_MAX: not at all. The one before is forgotten. */
    void (*timer)(void *link, int64_t due);
    /* Have bytes come that were not handed over yet? NULL: nobody can tell. */
    int (*is_pending)(void *link);
};

struct conns;
struct conn;
int conns_new(struct conns **conns, const struct conns_port *port,
              const struct server_options *options, struct error *err);
void conns_free(struct conns *conns); /* after the last conns_gone; NULL is fine */

/* Somebody has connected. NULL: there is no room or no memory, drop it. owner is borrowed while
 * any of its connections lives. */
struct conn *conns_open(struct conns *conns, const struct server_owner *owner, void *link,
                        const char *peer);
void conns_bytes(struct conn *conn, const void *bytes, size_t n);
void conns_end(struct conn *conn); /* the peer has ended it, or it broke */
void conns_timer(struct conn *conn);
void conns_gone(struct conn *conn);                 /* the link is no more; frees */
void *conns_link(struct conns *conns, uint64_t id); /* NULL: gone */

/* As their namesakes of net/server.h. */
int conns_respond(struct conns *conns, uint64_t id, const struct http_response *response);
int conns_again(struct conns *conns, uint64_t id);
int conns_ws_send(struct conns *conns, uint64_t id, enum ws_opcode opcode, const void *bytes,
                  size_t n);
int conns_ws_ping(struct conns *conns, uint64_t id, const void *bytes, size_t n);
int conns_ws_close(struct conns *conns, uint64_t id, int code, const char *reason);
uint64_t conns_unsent(struct conns *conns, uint64_t id);
int conns_kill(struct conns *conns, uint64_t id, int is_reset);
int conns_pause(struct conns *conns, uint64_t id, int is_paused);
int conns_raw(struct conns *conns, uint64_t id, const void *bytes, size_t n);
uint32_t conns_count(const struct conns *conns);
void conns_stop(struct conns *conns, int is_graceful); /* answers from now on are the last */
void conns_end_all(struct conns *conns);

#endif
