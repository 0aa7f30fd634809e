// SPDX-License-Identifier: Apache-2.0
/* link: one TCP connection on a libuv loop, with TLS over memory BIOs when asked. Internal to net:
 * stream_uv (what connects) and server (what listens) are built on it.
 *
 * Callbacks come from the loop only, never from inside a call. After on_end, or whenever it likes,
 * the owner calls link_drop, and from then on hears nothing more; the memory goes when libuv has
 * let go of the handle. [the loop's thread] */
#ifndef NET_LINK_H
#define NET_LINK_H

#include "net/stream.h"

#include <openssl/ssl.h>
#include <uv.h>

struct link;

struct link_pool { /* what the links of one loop share */
    uv_loop_t *loop;
    struct link *first;
    uint32_t handles; /* libuv handles not yet closed, the kick among them */
    uint8_t is_closing;
    uv_timer_t kick;              /* resumed links that hold bytes already read */
    char *in_bytes, *plain_bytes; /* owned; the read buffers, used within one callback */
};

struct link_owner {
    void *ctx;
    void (*on_ready)(void *ctx);   /* connected, or accepted; TLS is up */
    void (*on_connect)(void *ctx); /* TCP is up and TLS follows; may be NULL */
    void (*on_bytes)(void *ctx, const void *bytes, size_t n);
    void (*on_end)(void *ctx, enum stream_end end, const char *text);
    void (*on_sent)(void *ctx); /* the queue is empty; may be NULL */
};

int link_pool_init(struct link_pool *pool, uv_loop_t *loop);
void link_pool_close(struct link_pool *pool); /* drops all; turn the loop until handles is 0 */
void link_pool_deinit(struct link_pool *pool);

/* context NULL: plain. target: whom a client expects (host, is_undated). The context is referenced.
 * AGON_ENOMEM, AGON_EINVAL. */
int link_connect(struct link **link, struct link_pool *pool, const struct link_owner *owner,
                 const struct sockaddr *address, SSL_CTX *context,
                 const struct stream_target *target);
int link_accept(struct link **link, struct link_pool *pool, const struct link_owner *owner,
                uv_stream_t *listener, SSL_CTX *context);
void link_peer(const struct link *link, char *text, size_t room);
/* Queues a copy. AGON_ESTATE, AGON_ENOMEM, AGON_EIO. */
int link_send(struct link *link, const void *bytes, size_t n);
/* Bytes of link_send of which certainly nothing left. */
uint64_t link_unsent(const struct link *link);
/* Bytes queued on the way to the kernel, TLS included. */
uint64_t link_queued(const struct link *link);
/* Have bytes come that nobody has read? */
int link_has_pending(const struct link *link);
void link_pause(struct link *link, int is_paused);
/* What is queued goes, then our side ends, then on_end(STREAM_END_LOCAL). is_linger: wait for the
 * peer's end too, so that a reset does not eat what it has not read. The owner bounds the time. */
void link_finish(struct link *link, int is_linger);
void link_drop(struct link *link, int is_reset);

#endif
