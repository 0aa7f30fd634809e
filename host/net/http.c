// SPDX-License-Identifier: Apache-2.0
/* http: the parser's side of net/http.h. Lines are collected and given to the grammar of
 * net/http_head.h; framing, storage and limits are here. Text of the head lies in one growing
 * buffer by offset and turns into pointers when the head is whole. */
#include "net/http.h"

#include "net/grow.h"
#include "net/http_head.h"

#include <stdlib.h>

#define INTERIM_MAX 8
#define EMPTY_MAX   4   /* empty lines before a message */
#define LINE_MORE   256 /* of a line, beside what counts as head: method, version, blanks */

/* What the next byte is part of. Up to AT_TRAILER_LINE they are lines. */
enum at {
    AT_FIRST_LINE,
    AT_FIELD_LINE,
    AT_CHUNK_LINE,
    AT_TRAILER_LINE,
    AT_BODY,      /* `left` bytes of it */
    AT_CHUNK,     /* the same of a chunk */
    AT_CHUNK_END, /* CR LF behind a chunk */
    AT_REST       /* a body up to the end of the connection */
};

struct http_parse {
    enum at at;
    uint64_t body_cap, left;
    struct grow line, head, body;
    struct http_head_framing framing;
    struct {
        uint32_t name, value;
    } places[HTTP_HEADERS_MAX];
    struct http_header headers[HTTP_HEADERS_MAX];
    uint32_t n_headers;
    uint32_t head_cost; /* target, names, values and four bytes a field, trailers included */
    uint32_t path_at, query_at;
    struct http_message message;
    const char *why;
    int status;
    int error; /* AGON_E... */
    int minor;
    uint8_t interim, n_empty, before; /* before: the byte of the line before this one */
    uint8_t is_client, is_begun, is_done, is_dead, is_final, is_head_expected;
    uint8_t is_continue_wanted;
};

static int refuse(struct http_parse *parse, int status, const char *why)
{
    parse->status = status;
    parse->why = why;
    parse->error = AGON_ECORRUPT;
    return -1;
}

static int out_of_memory(struct http_parse *parse)
{
    parse->status = 503;
    parse->why = "out of memory";
    parse->error = AGON_ENOMEM;
    return -1;
}

/* Of the grammar's answer. */
static int judged(struct http_parse *parse, int status)
{
    return status == 0 ? 0 : refuse(parse, status, parse->why);
}

static void begin(struct http_parse *parse)
{
    parse->head.n = 0;
    parse->body.n = 0;
    parse->n_headers = 0;
    parse->head_cost = 0;
    parse->left = 0;
    parse->n_empty = 0;
    parse->is_continue_wanted = 0;
    memset(&parse->framing, 0, sizeof(parse->framing));
    memset(&parse->message, 0, sizeof(parse->message));
    parse->message.method = parse->message.target = parse->message.path = parse->message.query =
        parse->message.body = "";
}

static int spend(struct http_parse *parse, size_t n, const char *why)
{
    if (n > HTTP_HEAD_MAX || parse->head_cost + n > HTTP_HEAD_MAX)
        return refuse(parse, 431, why);
    parse->head_cost += (uint32_t)n;
    return 0;
}

/* Keeps a text in the head's buffer, with a NUL. */
static int keep(struct http_parse *parse, struct http_slice text, uint32_t *place)
{
    *place = (uint32_t)parse->head.n;
    return grow_add(&parse->head, text.at, text.n) < 0 || grow_add(&parse->head, "", 1) < 0
               ? out_of_memory(parse)
               : 0;
}

static int take_first(struct http_parse *parse, const char *line, size_t n)
{
    struct http_head_request request = {0};
    struct http_head_reply reply = {0};
    uint32_t place;

    if (n == 0)
        return ++parse->n_empty > EMPTY_MAX ? refuse(parse, 400, "empty lines without end") : 0;
    begin(parse);
    parse->at = AT_FIELD_LINE;
    if (parse->is_client) {
        if (judged(parse, http_head_reply(line, n, &reply, &parse->why)) < 0)
            return -1;
        parse->minor = reply.minor;
        parse->message.status = reply.status;
        return 0;
    }
    if (judged(parse, http_head_request(line, n, &request, &parse->why)) < 0 ||
        spend(parse, request.target.n, "the head is over 64 KiB") < 0)
        return -1;
    parse->minor = request.minor;
    parse->message.method = request.method;
    parse->message.is_head = strcmp(request.method, "HEAD") == 0;
    return keep(parse, request.target, &place);
}

static int take_field(struct http_parse *parse, const char *line, size_t n)
{
    struct http_head_field field;
    char *name;

    if (judged(parse, http_head_field(line, n, &field, &parse->why)) < 0)
        return -1;
    if (parse->n_headers == HTTP_HEADERS_MAX)
        return refuse(parse, 431, "more than 100 headers");
    if (spend(parse, field.name.n + field.value.n + 4, "the head is over 64 KiB") < 0 ||
        keep(parse, field.name, &parse->places[parse->n_headers].name) < 0 ||
        keep(parse, field.value, &parse->places[parse->n_headers].value) < 0)
        return -1;
    name = (char *)parse->head.bytes + parse->places[parse->n_headers++].name;
    for (char *at = name; *at; at++) {
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at + 32);
    }
    return judged(
        parse, http_head_frame(&parse->framing, name, field.value.at, field.value.n, &parse->why));
}

/* The target stays whole, so path and query are a copy behind everything else. It may move when
 * room is made for the copy. */
static int split_target(struct http_parse *parse)
{
    size_t n = strlen((char *)parse->head.bytes) + 1;
    char *mark;

    if (grow_reserve(&parse->head, n) < 0)
        return out_of_memory(parse);
    parse->path_at = (uint32_t)parse->head.n;
    (void)grow_add(&parse->head, parse->head.bytes, n);
    mark = strchr((char *)parse->head.bytes + parse->path_at, '?');
    if (mark) {
        *mark = '\0';
        parse->query_at = (uint32_t)(mark + 1 - (char *)parse->head.bytes);
    } else {
        parse->query_at = (uint32_t)parse->head.n - 1;
    }
    return 0;
}

static int check_request(struct http_parse *parse)
{
    uint32_t hosts = 0;

    for (uint32_t i = 0; i < parse->n_headers; i++)
        hosts += strcmp(parse->headers[i].name, "host") == 0;
    if (hosts > 1 || (hosts == 0 && parse->minor == 1))
        return refuse(parse, 400, "a request needs one Host header");
    return 0;
}

static int check_reply(struct http_parse *parse)
{
    const char *coding = http_header_find(&parse->message, "content-encoding");

    // None was asked for, and a small coded body may hide a very large one.
    if (coding && *coding && strcasecmp(coding, "identity") != 0)
        return refuse(parse, 400, "the body has a content coding that was not asked for");
    return 0;
}

/* Texts are where they stay: offsets become pointers. */
static void point(struct http_parse *parse)
{
    struct http_message *message = &parse->message;
    char *bytes = (char *)parse->head.bytes;

    for (uint32_t i = 0; i < parse->n_headers; i++) {
        parse->headers[i].name = bytes + parse->places[i].name;
        parse->headers[i].value = bytes + parse->places[i].value;
    }
    message->headers = parse->headers;
    message->n_headers = parse->n_headers;
    if (parse->is_client)
        return;
    message->target = bytes;
    message->path = bytes + parse->path_at;
    message->query = bytes + parse->query_at;
}

static int is_upgrade(const struct http_parse *parse)
{
    const struct http_message *message = &parse->message;

    return http_header_find(message, "upgrade") != NULL &&
           http_header_has_token(message, "connection", "upgrade") &&
           (!parse->is_client || message->status == 101);
}

static int has_end(const struct http_parse *parse)
{
    return !parse->is_client || parse->framing.has_length || parse->framing.is_chunked ||
           parse->message.is_head || parse->message.status < 200 || parse->message.status == 204 ||
           parse->message.status == 304;
}

static int is_kept_alive(const struct http_parse *parse)
{
    const struct http_message *message = &parse->message;

    if (!has_end(parse) || http_header_has_token(message, "connection", "close"))
        return 0;
    return parse->minor == 1 || http_header_has_token(message, "connection", "keep-alive");
}

static int done(struct http_parse *parse)
{
    struct http_message *message = &parse->message;

    parse->at = AT_FIRST_LINE;
    parse->is_begun = 0;
    if (parse->is_client && message->status < 200 && message->status != 101)
        return ++parse->interim > INTERIM_MAX ? refuse(parse, 400, "interim replies without end")
                                              : 0;
    if (grow_add(&parse->body, "", 1) < 0)
        return out_of_memory(parse);
    message->body = (char *)parse->body.bytes;
    message->body_n = parse->body.n - 1;
    message->is_upgrade = (uint8_t)is_upgrade(parse);
    message->is_keep_alive = (uint8_t)is_kept_alive(parse);
    parse->is_final = !message->is_keep_alive && !message->is_upgrade;
    parse->is_done = 1;
    parse->interim = 0;
    parse->is_head_expected = 0;
    return 0;
}

static int head_done(struct http_parse *parse)
{
    struct http_message *message = &parse->message;

    if (!parse->is_client && split_target(parse) < 0)
        return -1;
    point(parse);
    if (parse->minor == 0 && parse->framing.is_chunked)
        return refuse(parse, 400, "HTTP/1.0 has no chunks");
    if (parse->is_client)
        message->is_head = message->status >= 200 && parse->is_head_expected;
    if ((parse->is_client ? check_reply(parse) : check_request(parse)) < 0)
        return -1;
    // These have no body, whatever length they name (RFC 9112 6.3).
    if (parse->is_client && (message->is_head || message->status < 200 || message->status == 204 ||
                             message->status == 304))
        return done(parse);
    parse->is_continue_wanted =
        !parse->is_client && http_header_has_token(message, "expect", "100-continue");
    if (parse->framing.is_chunked) {
        parse->at = AT_CHUNK_LINE;
        return 0;
    }
    if (!has_end(parse)) {
        parse->at = AT_REST;
        return 0;
    }
    parse->left = parse->framing.length;
    if (parse->left > parse->body_cap)
        return refuse(parse, 413, "the body is over the cap");
    parse->at = AT_BODY;
    return parse->left == 0 ? done(parse) : 0;
}

static int take_chunk_line(struct http_parse *parse, const char *line, size_t n)
{
    if (judged(parse, http_head_chunk(line, n, &parse->left, &parse->why)) < 0)
        return -1;
    if (parse->left > parse->body_cap - parse->body.n)
        return refuse(parse, 413, "the body is over the cap");
    parse->at = parse->left == 0 ? AT_TRAILER_LINE : AT_CHUNK;
    return 0;
}

/* Bounded like the head, and dropped. */
static int take_trailer(struct http_parse *parse, const char *line, size_t n)
{
    struct http_head_field field;

    if (n == 0)
        return done(parse);
    if (judged(parse, http_head_field(line, n, &field, &parse->why)) < 0)
        return -1;
    return spend(parse, field.name.n + field.value.n + 4, "the trailers are too long");
}

static int take_line(struct http_parse *parse)
{
    const char *line = (const char *)parse->line.bytes;
    size_t n = parse->line.n - 1; // without its CR; the LF was not kept

    parse->line.n = 0;
    parse->before = 0;
    switch (parse->at) {
    case AT_FIRST_LINE:
        return take_first(parse, line, n);
    case AT_FIELD_LINE:
        return n == 0 ? head_done(parse) : take_field(parse, line, n);
    case AT_CHUNK_LINE:
        return take_chunk_line(parse, line, n);
    default:
        return take_trailer(parse, line, n);
    }
}

static int add_byte(struct http_parse *parse, unsigned char byte)
{
    size_t room = parse->at == AT_CHUNK_LINE ? HTTP_HEAD_CHUNK_LINE
                                             : HTTP_HEAD_MAX - parse->head_cost + (size_t)LINE_MORE;

    if (parse->line.n >= room)
        return parse->at == AT_CHUNK_LINE ? refuse(parse, 400, "a chunk's size is too long")
                                          : refuse(parse, 431, "the head is over 64 KiB");
    if (grow_add(&parse->line, &byte, 1) < 0)
        return out_of_memory(parse);
    // A peer that speaks something else may never send a line's end.
    if (parse->at != AT_FIRST_LINE || parse->line.bytes[0] == '\r' || parse->line.n > 10)
        return 0;
    if (parse->line.n == 1)
        parse->head_cost = 0;
    parse->is_begun = 1;
    return judged(parse, http_head_begins(parse->is_client, (const char *)parse->line.bytes,
                                          parse->line.n, &parse->why));
}

/* Bytes up to the end of a line. Returns how many, < 0: refused. */
static int64_t feed_line(struct http_parse *parse, const unsigned char *at, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int rc = 0;

        // What cannot be a first line is told as that, whatever the byte.
        if (parse->at == AT_FIRST_LINE && parse->line.n == 0 && at[i] != '\r' &&
            judged(parse,
                   http_head_begins(parse->is_client, (const char *)&at[i], 1, &parse->why)) < 0)
            return -1;
        rc = http_head_byte(parse->before, at[i], &parse->why);
        if (rc < 0)
            return refuse(parse, -rc, parse->why);
        if (rc == 1)
            return take_line(parse) < 0 ? -1 : (int64_t)i + 1;
        parse->before = at[i];
        if (add_byte(parse, at[i]) < 0)
            return -1;
    }
    return (int64_t)n;
}

static int add_body(struct http_parse *parse, const unsigned char *at, size_t n)
{
    if (n > parse->body_cap - parse->body.n)
        return refuse(parse, 413, "the body is over the cap");
    return grow_add(&parse->body, at, n) < 0 ? out_of_memory(parse) : 0;
}

/* The same of a body. */
static int64_t feed_body(struct http_parse *parse, const unsigned char *at, size_t n)
{
    if (parse->at != AT_REST && n > parse->left)
        n = (size_t)parse->left;
    if (add_body(parse, at, n) < 0)
        return -1;
    if (parse->at == AT_REST)
        return (int64_t)n;
    parse->left -= n;
    if (parse->left > 0)
        return (int64_t)n;
    if (parse->at == AT_BODY)
        return done(parse) < 0 ? -1 : (int64_t)n;
    parse->at = AT_CHUNK_END;
    return (int64_t)n;
}

static int64_t feed_chunk_end(struct http_parse *parse, unsigned char byte)
{
    if (byte != (parse->before == '\r' ? '\n' : '\r'))
        return refuse(parse, 400, "a chunk is longer than its size");
    parse->before = byte == '\r' ? byte : 0;
    if (byte == '\n')
        parse->at = AT_CHUNK_LINE;
    return 1;
}

static int64_t feed_some(struct http_parse *parse, const unsigned char *at, size_t n)
{
    if (parse->at <= AT_TRAILER_LINE)
        return feed_line(parse, at, n);
    return parse->at == AT_CHUNK_END ? feed_chunk_end(parse, at[0]) : feed_body(parse, at, n);
}

int http_new(struct http_parse **out, enum http_role role, uint64_t body_cap)
{
    struct http_parse *parse = calloc(1, sizeof *parse);

    *out = parse;
    if (!parse)
        return AGON_ENOMEM;
    parse->body_cap = body_cap ? body_cap : HTTP_BODY_MAX;
    parse->is_client = role == HTTP_CLIENT;
    begin(parse);
    return AGON_OK;
}

void http_free(struct http_parse *parse)
{
    if (!parse)
        return;
    grow_free(&parse->line);
    grow_free(&parse->head);
    grow_free(&parse->body);
    free(parse);
}

static int failed(struct http_parse *parse, struct error *err)
{
    parse->is_dead = 1;
    return error_set(err, parse->error, "HTTP %s refused: %s",
                     parse->is_client ? "reply" : "request", parse->why);
}

int http_feed(struct http_parse *parse, const void *bytes, size_t n, size_t *used,
              struct error *err)
{
    const unsigned char *at = bytes;

    *used = 0;
    if (parse->is_dead)
        return error_set(err, AGON_ESTATE, "this HTTP connection was refused before");
    if (parse->is_done) {
        // Line ends after a message harm nobody; anything else after the last one is not ours.
        while (parse->is_final && *used < n && (at[*used] == '\r' || at[*used] == '\n'))
            ++*used;
        if (parse->is_final && *used < n) {
            (void)refuse(parse, 400, "bytes after the final message");
            return failed(parse, err);
        }
        if (parse->is_final)
            return 0;
        parse->is_done = 0;
        // One large body is no reason to hold its memory for the life of the connection.
        grow_trim(&parse->body, 1u << 16);
        begin(parse);
    }
    while (*used < n && !parse->is_done) {
        int64_t taken = feed_some(parse, at + *used, n - *used);

        if (taken < 0)
            return failed(parse, err);
        *used += (size_t)taken;
    }
    return parse->is_done;
}

int http_finish(struct http_parse *parse, struct error *err)
{
    if (parse->is_dead)
        return error_set(err, AGON_ESTATE, "this HTTP connection was refused before");
    if (parse->is_done || !parse->is_begun)
        return 0;
    if (parse->at == AT_REST && done(parse) == 0) {
        parse->message.is_keep_alive = 0;
        parse->is_final = 1;
        return 1;
    }
    if (parse->at != AT_REST)
        (void)refuse(parse, 400, "the connection ended in the middle of a message");
    return failed(parse, err);
}

const struct http_message *http_message(const struct http_parse *parse)
{
    return &parse->message;
}

int http_status(const struct http_parse *parse)
{
    return parse->status;
}

int http_is_partial(const struct http_parse *parse)
{
    return parse->is_begun && !parse->is_dead;
}

int http_wants_continue(struct http_parse *parse)
{
    int is_wanted = parse->is_continue_wanted;

    parse->is_continue_wanted = 0;
    return is_wanted && parse->is_begun && !parse->is_dead && parse->body.n == 0;
}

void http_expect_head(struct http_parse *parse)
{
    parse->is_head_expected = 1;
}

const char *http_header_find(const struct http_message *message, const char *name)
{
    for (uint32_t i = 0; i < message->n_headers; i++) {
        if (strcmp(message->headers[i].name, name) == 0)
            return message->headers[i].value;
    }
    return NULL;
}

int http_header_has_token(const struct http_message *message, const char *name, const char *token)
{
    size_t token_n = strlen(token);

    for (uint32_t i = 0; i < message->n_headers; i++) {
        const char *at = message->headers[i].value;
        if (strcmp(message->headers[i].name, name) != 0)
            continue;
        for (;;) {
            size_t n;
            at += strspn(at, " \t,");
            n = strcspn(at, ",");
            if (n == 0)
                break;
            while (n > 0 && (at[n - 1] == ' ' || at[n - 1] == '\t'))
                n--;
            if (n == token_n && strncasecmp(at, token, n) == 0)
                return 1;
            at += strcspn(at, ",");
        }
    }
    return 0;
}
