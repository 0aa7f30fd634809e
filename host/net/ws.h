// SPDX-License-Identifier: Apache-2.0
/* ws: WebSocket (RFC 6455) without any I/O: bytes in, messages out, and frames written into a
 * buffer of the caller. Client and server role; the same code runs over TCP, in the simulated world
 * and in tests.
 *
 * The reader joins fragments, checks UTF-8, masks, control frames and limits, and says which close
 * code the peer has earned. It never answers by itself: pong and close are the owner's to send, so
 * that the venue's message limits and the cap on pongs (pong_gate) stay in one place. Any split of
 * the input gives the same callbacks. permessage-deflate is neither offered nor accepted. [any, one
 * thread per reader] */
#ifndef NET_WS_H
#define NET_WS_H

#include "base/error.h"
#include "net/http.h"

enum ws_role { WS_CLIENT = 1, WS_SERVER = 2 }; /* what we are */
enum ws_opcode { WS_TEXT = 1, WS_BINARY = 2, WS_CLOSE = 8, WS_PING = 9, WS_PONG = 10 };

#define WS_FRAME_MAX     (4u << 20)
#define WS_MESSAGE_MAX   (8u << 20)
#define WS_FRAGMENTS_MAX 1024u
#define WS_HEADER_MAX    14u  /* most bytes a frame adds to its payload */
#define WS_CONTROL_MAX   125u /* longest payload of ping, pong and close */

#define WS_CODE_NORMAL      1000
#define WS_CODE_AWAY        1001
#define WS_CODE_PROTOCOL    1002
#define WS_CODE_UNSUPPORTED 1003
#define WS_CODE_NONE        1005 /* never on the wire: the peer's close frame had no code */
#define WS_CODE_ABNORMAL    1006 /* never on the wire: the connection ended without a close frame */
#define WS_CODE_BAD_DATA    1007
#define WS_CODE_POLICY      1008
#define WS_CODE_TOO_BIG     1009
#define WS_CODE_INTERNAL    1011
#define WS_CODE_TRY_LATER   1013

struct ws_limits { /* 0 takes the default above; a larger value is cut to it */
    uint32_t frame_bytes, message_bytes, fragments;
};

/* bytes are borrowed until the callback returns. A callback must not free the reader; it may call
 * ws_stop, after which nothing more is delivered. */
struct ws_owner {
    void *ctx;
    void (*on_message)(void *ctx, enum ws_opcode opcode, const void *bytes, size_t n);
    void (*on_ping)(void *ctx, const void *bytes, size_t n);
    void (*on_pong)(void *ctx, const void *bytes, size_t n); /* may be NULL */
    /* The peer's close frame; WS_CODE_NONE when it has no code. Nothing follows it. Answer with a
     * close frame (ws_write_close, the same code) unless one was sent already. */
    void (*on_close)(void *ctx, int code, const char *reason, size_t n);
};

struct ws;
/* AGON_ENOMEM. limits may be NULL; owner is copied. */
int ws_new(struct ws **ws, enum ws_role role, const struct ws_limits *limits,
           const struct ws_owner *owner);
void ws_free(struct ws *ws);
/* Takes all n bytes. AGON_ECORRUPT: the peer broke the protocol; ws_code tells the close code to
 * send, err (may be NULL) says why, and every later call returns AGON_ESTATE. AGON_ENOMEM. Bytes
 * after a close frame or ws_stop are dropped and give AGON_OK. */
int ws_feed(struct ws *ws, const void *bytes, size_t n, struct error *err);
/* The close code for a feed that failed: 1002, 1007, 1009 or 1011; 0 while all is well. */
int ws_code(const struct ws *ws);
void ws_stop(struct ws *ws);
/* True in the middle of a frame or of a fragmented message: the owner's frame deadline runs. */
int ws_is_partial(const struct ws *ws);

/* ---- writing. All return the bytes written, or AGON_ENOSPC when room is too small (nothing usable
 * was written), AGON_EINVAL for what must not be sent: a control frame over 125 bytes, a close code
 * that is not for the wire. A client passes a fresh random mask for every frame; a server's mask is
 * ignored. out must not overlap bytes. */
int64_t ws_write(void *out, size_t room, enum ws_role role, enum ws_opcode opcode,
                 const void *bytes, size_t n, uint32_t mask);
/* code WS_CODE_NONE writes a close frame without one; reason may be NULL, is cut to 123 bytes. */
int64_t ws_write_close(void *out, size_t room, enum ws_role role, int code, const char *reason,
                       uint32_t mask);

/* ---- opening handshake */
#define WS_KEY_TEXT    25 /* 16 bytes in base64 and a NUL */
#define WS_ACCEPT_TEXT 29 /* a SHA-1 in base64 and a NUL */
/* The accept value for a key. */
void ws_accept(const char *key, char accept[WS_ACCEPT_TEXT]);
/* Writes a client's upgrade request. host is the Host header ("name" or "name:port"), target the
 * path and query; headers (may be NULL) are added. nonce: 16 fresh random bytes; key_text receives
 * what ws_check_reply needs. Bytes written, AGON_ENOSPC, AGON_EINVAL (a control character). */
int64_t ws_write_request(char *out, size_t room, const char *host, const char *target,
                         const struct http_header *headers, uint32_t n_headers,
                         const unsigned char nonce[16], char key_text[WS_KEY_TEXT]);
/* Is this the 101 that our request has earned? AGON_OK, or AGON_ECORRUPT with the reason. */
int ws_check_reply(const struct http_message *reply, const char *key_text, struct error *err);
/* Does this request ask for a WebSocket, and rightly? AGON_OK: key points into the request.
 * AGON_ENOENT: it is a plain request. AGON_ECORRUPT: answer 400 (wrong version: 426). */
int ws_check_request(const struct http_message *request, const char **key, struct error *err);
/* Writes the 101. Bytes written or AGON_ENOSPC. */
int64_t ws_write_reply(char *out, size_t room, const char *key);

/* ---- pongs under a ping flood (RFC 6455 5.5.3: only the latest ping needs an answer). One pong
 * at once, then at most one per PONG_GAP_NS; in between the latest ping is held. All zero is ready
 * to use. now is transport time, ns. */
#define PONG_GAP_NS 200000000ll
struct pong_gate {
    int64_t next_ns; /* no pong before */
    uint8_t is_held, n;
    uint8_t bytes[WS_CONTROL_MAX + 1];
};
/* 1: answer this ping now. 0: it is held; ask pong_gate_due from a timer. */
int pong_gate_ping(struct pong_gate *gate, int64_t now, const void *bytes, size_t n);
/* 1: send a pong with gate->bytes[0..gate->n) now. 0: nothing is due. */
int pong_gate_due(struct pong_gate *gate, int64_t now);

#endif
