// SPDX-License-Identifier: Apache-2.0
/* stream: the port to byte streams and transport time for what must run over a simulated network
 * too.
 *
 * Implementations: net/stream_uv.c (libuv, TLS by OpenSSL memory BIOs), dst/net.c (simulated), and
 * the recorded one of tests. Calls never block. Callbacks come from the implementation's own turn,
 * never from inside a call of the same owner. Transport time is monotonic and real; it is never
 * scaled. [io] */
#ifndef NET_STREAM_H
#define NET_STREAM_H

#include "base/error.h"

struct stream_target {
    char host[256]; /* a name or an address */
    uint16_t port;
    uint8_t is_tls; /* minimum TLS 1.2; name, chain and dates are verified, SNI is sent */
    /* The certificate's dates are not judged: to learn the time from it, and for nothing else. */
    uint8_t is_undated;
    char ca_file[256]; /* PEM with the authorities to trust instead of the system's; may be empty */
};

enum stream_end {
    STREAM_END_PEER = 1,    /* orderly close by the peer */
    STREAM_END_RESET = 2,   /* reset, or a write failed */
    STREAM_END_REFUSED = 3, /* nothing listens there */
    STREAM_END_NAME = 4,    /* the name does not resolve */
    STREAM_END_TLS = 5,     /* handshake or certificate refused */
    STREAM_END_TIMEOUT = 6, /* name 2 s, connect 3 s or TLS 5 s passed */
    STREAM_END_LOCAL = 7    /* we closed it */
};

struct stream_owner { /* what a user of the port offers; ctx is its own */
    void *ctx;
    void (*on_open)(void *ctx, int conn);
    /* bytes are borrowed until the callback returns */
    void (*on_bytes)(void *ctx, int conn, const void *bytes, size_t n);
    /* Last callback of conn. text says why, for people. */
    void (*on_end)(void *ctx, int conn, enum stream_end end, const char *text);
    void (*on_timer)(void *ctx, uint64_t cookie);
};

struct stream_port {
    void *ctx;
    /* Begins to connect; returns conn >= 0, or AGON_E... when not even that is possible:
     * AGON_EINVAL (host or port), AGON_EAGAIN (all connections are in use), AGON_ESTATE (stopping).
     * Everything else, a ca_file that cannot be read too, comes as on_end. */
    int (*connect)(void *ctx, const struct stream_target *target, const struct stream_owner *owner);
    /* Queues a copy. AGON_EAGAIN: more than the bound (1 MiB) is queued, nothing was taken;
     * AGON_ESTATE: not open; AGON_ERANGE: n alone is over the bound. */
    int (*send)(void *ctx, int conn, const void *bytes, size_t n);
    /* Bytes given to send of which certainly nothing has left the host, counted from the last one
     * back; TLS does not blur it. When that is at least what was sent from some request on, the
     * request is proven NOT_SENT. It can still be asked from within on_end, and is 0 after. */
    uint64_t (*unsent)(void *ctx, int conn);
    /* Ends it; on_end(STREAM_END_LOCAL) follows. With is_flush what is queued goes first. */
    void (*close)(void *ctx, int conn, int is_flush);
    /* Stop or go on reading: the back-pressure of a full inbound ring. */
    void (*pause)(void *ctx, int conn, int is_paused);
    /* on_timer(cookie) once, not before delay_ns. Returns an id >= 0 for cancel. */
    int64_t (*timer)(void *ctx, int64_t delay_ns, uint64_t cookie,
                     const struct stream_owner *owner);
    void (*timer_cancel)(void *ctx, int64_t id);
    /* Monotonic transport time, ns. */
    int64_t (*now)(void *ctx);
    /* UTC by the host's own clock (sys/clock.h), ns: the same for all threads. It does not follow a
     * wall clock that is set. */
    agon_ns_t (*utc)(void *ctx);
    /* For jitter, masks and nonces. */
    uint64_t (*random)(void *ctx);
};

#endif
