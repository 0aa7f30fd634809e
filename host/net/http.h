// SPDX-License-Identifier: Apache-2.0
/* http: HTTP/1.1 messages without any I/O. A parser takes bytes and gives whole messages, writers
 * put messages into a buffer of the caller; client and server role.
 *
 * Strict where laxness is a hole: both lengths, two lengths, a bad chunk size, more than 100
 * headers or 64 KiB of them, a body over the cap, more than eight interim (1xx) replies, a content
 * coding (none was asked for), a folded field, an LF or CR alone and a transfer coding other than
 * chunked are errors, found before memory is spent. Redirects are replies like any other: nothing
 * here follows them. Any split of the input gives the same messages. The grammar is in
 * net/http_head.h. [any, one thread per parser] */
#ifndef NET_HTTP_H
#define NET_HTTP_H

#include "base/error.h"

#define HTTP_HEADERS_MAX 100u
#define HTTP_HEAD_MAX    (64u << 10) /* bytes of target, names and values together */
#define HTTP_BODY_MAX    (16u << 20) /* default cap */

struct http_header {
    const char *name; /* parsed: lower case. Both NUL-terminated; a value holds no control char */
    const char *value;
};

struct http_message {   /* all pointers are borrowed, see http_feed */
    int status;         /* replies: 100..599, else 0 */
    const char *method; /* requests, upper case: "GET"; else "" */
    const char *target; /* requests: as it came, raw: path?query */
    const char *path;   /* raw, before the '?' */
    const char *query;  /* raw, after the '?'; "" when there is none. Signatures are over this */
    const char *body;   /* NUL-terminated, chunks joined */
    uint64_t body_n;
    const struct http_header *headers;
    uint32_t n_headers;
    uint8_t is_keep_alive; /* the connection may carry another message */
    uint8_t is_upgrade;    /* bytes after this message are another protocol's */
    uint8_t is_head;       /* replies: answers HEAD; requests: is HEAD */
    uint8_t pad;
};
/* The value of the first header of that name (lower case), or NULL. */
const char *http_header_find(const struct http_message *message, const char *name);
/* True when a comma-separated header holds the token; case does not matter. */
int http_header_has_token(const struct http_message *message, const char *name, const char *token);

enum http_role { HTTP_CLIENT = 1, HTTP_SERVER = 2 }; /* what we are: a client parses replies */

struct http_parse;
/* body_cap 0: HTTP_BODY_MAX. AGON_ENOMEM. */
int http_new(struct http_parse **parse, enum http_role role, uint64_t body_cap);
void http_free(struct http_parse *parse);
/* Takes bytes up to the end of one message; *used says how many. Returns 1: a message is complete,
 * http_message gives it until the next call on parse. 0: all n were taken, more is needed.
 * AGON_ECORRUPT: not HTTP, or over a limit; http_status says what a server should answer; every
 * later call returns AGON_ESTATE. AGON_ENOMEM. After an upgrade call it no more: bytes from *used
 * on are the other protocol's. Interim replies (1xx but 101) are passed over. */
int http_feed(struct http_parse *parse, const void *bytes, size_t n, size_t *used,
              struct error *err);
/* The peer closed. Returns 1: a reply without a length is complete now. 0: no message was begun.
 * AGON_ECORRUPT: it was cut. */
int http_finish(struct http_parse *parse, struct error *err);
const struct http_message *http_message(const struct http_parse *parse);
/* A server's answer to what http_feed refused: 400, 413, 417, 431, 501. */
int http_status(const struct http_parse *parse);
/* True between the first byte of a message and its end: the owner's total deadline runs (B-65). */
int http_is_partial(const struct http_parse *parse);
/* Server: true once per request that waits for "100 Continue" before it sends its body (curl does
 * for large ones). A reply may come without it, but such a client then hesitates for a second. */
int http_wants_continue(struct http_parse *parse);
#define HTTP_CONTINUE "HTTP/1.1 100 Continue\r\n\r\n"
/* Client: the next reply answers HEAD, so a length in it announces no body. */
void http_expect_head(struct http_parse *parse);

/* ---- writing. Bytes written; AGON_ENOSPC: does not fit; AGON_EINVAL: a control character in a
 * name, value or target, or one of Host, Content-Length, Transfer-Encoding, Connection among the
 * headers, which are ours to write. */
struct http_request {
    const char *method;
    const char *host;   /* the Host header */
    const char *target; /* path and query, already percent-encoded */
    const struct http_header *headers;
    uint32_t n_headers;
    uint32_t n_lines;
    const char *lines; /* more of them, as http_write_lines wrote them */
    uint8_t is_close;  /* ask for the connection to end after the reply */
    const void *body;  /* NULL: none, and a length is written for POST and PUT only */
    uint64_t body_n;
};
/* Headers as whole lines, judged once for all requests that have them. */
int64_t http_write_lines(char *out, size_t room, const struct http_header *headers, uint32_t n);
int64_t http_write_request(char *out, size_t room, const struct http_request *request);
/* What all requests without a body of a method to a host have around their target and their lines,
 * judged and written once. */
struct http_frame {
    uint32_t n_before, n_host, n_end;
    char before[16], end[32]; /* the method; the length and the end of the head */
    char host[320];           /* the version and the Host header */
};
/* AGON_EINVAL, AGON_ENOSPC as above: there is no room for such a method or host. */
int http_frame_init(struct http_frame *frame, const char *method, const char *host);
/* The request that http_write_request writes of these; the target has n_target bytes. */
int64_t http_frame_write(char *out, size_t room, const struct http_frame *frame, const char *target,
                         size_t n_target, const char *lines, size_t n_lines);
struct http_response {
    int status;
    const struct http_header *headers;
    uint32_t n_headers;
    uint8_t is_close;
    uint8_t is_head; /* write the head as for GET, but no body */
    const void *body;
    uint64_t body_n;
};
int64_t http_write_response(char *out, size_t room, const struct http_response *response);
/* Room that surely holds the response. */
uint64_t http_response_room(const struct http_response *response);
/* "Not Found"; "Unknown" for codes nobody named. Static. */
const char *http_reason(int status);

/* ---- percent encoding (RFC 3986) */
/* Everything but A-Z a-z 0-9 - . _ ~ becomes %XX. Length written without the NUL, or AGON_ENOSPC.
 */
int64_t http_pct_encode(const void *bytes, size_t n, char *out, size_t room);
/* The other way; is_form also turns '+' into a space. The result may hold any byte; a NUL is added.
 * Length, AGON_ENOSPC, or AGON_ECORRUPT: a '%' without two hex digits. */
int64_t http_pct_decode(const char *text, size_t n, int is_form, char *out, size_t room);
/* Walks "a=1&b=%20": at is where to go on, at first the query. 1: *name and *value are raw slices
 * of it (value_n 0 and has_value 0 without '='); 0: the end. Empty pieces are passed over. */
struct http_pair {
    const char *name, *value;
    size_t name_n, value_n;
    int has_value;
};
int http_query_next(const char **at, struct http_pair *pair);
/* The decoded value of the first pair of that name. Length, AGON_ENOENT, AGON_ENOSPC,
 * AGON_ECORRUPT. */
int64_t http_query_get(const char *query, const char *name, char *out, size_t room);

#endif
