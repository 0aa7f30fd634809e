// SPDX-License-Identifier: Apache-2.0
/* http_head: the grammar of HTTP/1.1 heads and chunk sizes, one line at a time (RFC 9110, 9112).
 *
 * Strict: what a proxy and we could read differently is refused, not guessed. A line ends with CR
 * LF and holds neither alone; no field is folded over lines or has a blank before its colon; a
 * length is digits, a coding is `chunked` and nothing else, and never both or twice. A refusal is
 * the status that a server answers, with *why for people; 0: taken. Slices point into the line.
 * [any] */
#ifndef NET_HTTP_HEAD_H
#define NET_HTTP_HEAD_H

#include <stddef.h>
#include <stdint.h>

#define HTTP_HEAD_CHUNK_LINE 256 /* of a chunk's size with its extensions */

struct http_slice {
    const char *at;
    size_t n;
};
struct http_head_request {
    const char *method; /* static */
    struct http_slice target;
    int minor; /* HTTP/1.minor */
};
struct http_head_reply {
    int minor, status;
};
struct http_head_field {
    struct http_slice name, value; /* as they came, without the blanks around the value */
};
/* What the fields of a message say of where its body ends. */
struct http_head_framing {
    uint64_t length;
    uint8_t has_length, is_chunked;
};

/* Can a line that begins so be a first line? 0, or the refusal. To be asked byte by byte, so that a
 * peer that speaks something else is told at once. */
int http_head_begins(int is_reply, const char *line, size_t n, const char **why);
int http_head_request(const char *line, size_t n, struct http_head_request *out, const char **why);
int http_head_reply(const char *line, size_t n, struct http_head_reply *out, const char **why);
int http_head_field(const char *line, size_t n, struct http_head_field *out, const char **why);
/* Takes a field into account; name in lower case. */
int http_head_frame(struct http_head_framing *framing, const char *name, const char *value,
                    size_t value_n, const char **why);
int http_head_chunk(const char *line, size_t n, uint64_t *size, const char **why);
/* The next byte of a line whose byte before it was `before` (0: none): 1: the line is whole; 0: it
 * goes on; < 0: -status. */
int http_head_byte(unsigned char before, unsigned char byte, const char **why);

#endif
