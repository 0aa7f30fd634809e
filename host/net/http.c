// SPDX-License-Identifier: Apache-2.0
/* http: the parser's side of net/http.h. http-parser splits the bytes; storage, limits and whatever
 * the packaged library lets through (it is built without its strict mode: blanks in header names,
 * bytes after a final message) are checked here. Text of the head lies in one growing buffer by
 * offset and turns into pointers when the head is whole. */
#include "net/http.h"

#include "net/grow.h"

#include <http_parser.h>
#include <stdlib.h>

#define INTERIM_MAX 8

enum part { PART_NONE, PART_NAME, PART_VALUE };

struct http_parse {
    http_parser parser;
    http_parser_settings settings;
    uint64_t body_cap;
    struct grow head, body;
    struct {
        uint32_t name, value;
    } at[HTTP_HEADERS_MAX];
    struct http_header headers[HTTP_HEADERS_MAX];
    uint32_t n_headers;
    uint32_t head_cost; /* text and four bytes a header, trailers included */
    uint32_t path_at, query_at;
    struct http_message message;
    const char *why; /* of our own refusals */
    int status;
    int error; /* AGON_E... */
    uint8_t part, interim;
    uint8_t is_client, is_begun, is_head_done, is_done, is_dead, is_final, is_head_expected;
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

/* RFC 9110 5.6.2. */
static int is_token_char(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c != 0 && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static int add_head(struct http_parse *parse, const char *at, size_t n)
{
    if (n > HTTP_HEAD_MAX || parse->head_cost + n > HTTP_HEAD_MAX)
        return refuse(parse, 431, "the head is over 64 KiB");
    parse->head_cost += (uint32_t)n;
    return grow_add(&parse->head, at, n) < 0 ? out_of_memory(parse) : 0;
}

static int on_begin(http_parser *parser)
{
    struct http_parse *parse = parser->data;

    parse->head.n = 0;
    parse->body.n = 0;
    parse->n_headers = 0;
    parse->head_cost = 0;
    parse->part = PART_NONE;
    parse->is_head_done = 0;
    parse->is_continue_wanted = 0;
    parse->is_begun = 1;
    memset(&parse->message, 0, sizeof parse->message);
    return 0;
}

static int on_url(http_parser *parser, const char *at, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if ((unsigned char)at[i] <= ' ' || (unsigned char)at[i] >= 127 || at[i] == '#')
            return refuse(parser->data, 400, "the target holds a character that must be encoded");
    }
    return add_head(parser->data, at, n);
}

/* Ends the text that is being collected: a name, a value or the target. */
static int end_text(struct http_parse *parse)
{
    if (parse->part == PART_VALUE) {
        uint32_t start = parse->at[parse->n_headers - 1].value;
        char *text = (char *)parse->head.bytes;
        while (parse->head.n > start &&
               (text[parse->head.n - 1] == ' ' || text[parse->head.n - 1] == '\t'))
            parse->head.n--;
    }
    return grow_add(&parse->head, "", 1) < 0 ? out_of_memory(parse) : 0;
}

static int on_name(http_parser *parser, const char *at, size_t n)
{
    struct http_parse *parse = parser->data;

    for (size_t i = 0; i < n; i++) {
        if (!is_token_char((unsigned char)at[i]))
            return refuse(parse, 400, "a header's name holds a character it must not");
    }
    if (parse->is_head_done) { // a trailer: bounded like the head, and dropped
        if (n > HTTP_HEAD_MAX || (parse->head_cost += (uint32_t)n + 4) > HTTP_HEAD_MAX)
            return refuse(parse, 431, "the trailers are too long");
        return 0;
    }
    if (parse->part != PART_NAME) {
        if (parse->n_headers == HTTP_HEADERS_MAX)
            return refuse(parse, 431, "more than 100 headers");
        if (end_text(parse) < 0)
            return -1;
        parse->head_cost += 4;
        parse->at[parse->n_headers].name = (uint32_t)parse->head.n;
        parse->at[parse->n_headers].value = 0;
        parse->n_headers++;
        parse->part = PART_NAME;
    }
    if (add_head(parse, at, n) < 0)
        return -1;
    for (size_t i = parse->head.n - n; i < parse->head.n; i++) {
        if (parse->head.bytes[i] >= 'A' && parse->head.bytes[i] <= 'Z')
            parse->head.bytes[i] = (unsigned char)(parse->head.bytes[i] + 32);
    }
    return 0;
}

static int on_value(http_parser *parser, const char *at, size_t n)
{
    struct http_parse *parse = parser->data;

    for (size_t i = 0; i < n; i++) {
        if (((unsigned char)at[i] < ' ' && at[i] != '\t') || at[i] == 127)
            return refuse(parse, 400, "a header's value holds a control character");
    }
    if (parse->is_head_done) {
        if (n > HTTP_HEAD_MAX || (parse->head_cost += (uint32_t)n) > HTTP_HEAD_MAX)
            return refuse(parse, 431, "the trailers are too long");
        return 0;
    }
    if (parse->part == PART_NAME) {
        if (end_text(parse) < 0)
            return -1;
        parse->at[parse->n_headers - 1].value = (uint32_t)parse->head.n;
        parse->part = PART_VALUE;
    }
    return add_head(parse, at, n);
}

static int check_request(struct http_parse *parse)
{
    struct http_message *message = &parse->message;
    char *text = (char *)parse->head.bytes;
    uint32_t hosts = 0;
    char *mark;
    size_t n;

    message->method = http_method_str((enum http_method)parse->parser.method);
    message->is_head = parse->parser.method == HTTP_HEAD;
    if (text[0] != '/')
        return refuse(parse, parse->parser.method == HTTP_CONNECT ? 501 : 400,
                      "the target does not begin with '/'");
    // The target stays whole, so path and query are a copy behind everything else. It may move when
    // room is made for the copy.
    n = strlen(text) + 1;
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
    for (uint32_t i = 0; i < parse->n_headers; i++)
        hosts += strcmp((char *)parse->head.bytes + parse->at[i].name, "host") == 0;
    if (hosts > 1 || (hosts == 0 && parse->parser.http_minor == 1))
        return refuse(parse, 400, "a request needs one Host header");
    return 0;
}

static int check_reply(struct http_parse *parse)
{
    const char *coding = http_header_find(&parse->message, "content-encoding");

    if (parse->message.status < 100 || parse->message.status > 599)
        return refuse(parse, 400, "the status is not between 100 and 599");
    // None was asked for, and a small coded body may hide a very large one.
    if (coding && *coding && strcasecmp(coding, "identity") != 0)
        return refuse(parse, 400, "the body has a content coding that was not asked for");
    return 0;
}

static int on_head_done(http_parser *parser)
{
    struct http_parse *parse = parser->data;
    struct http_message *message = &parse->message;
    int status = (int)parser->status_code;

    if (end_text(parse) < 0)
        return -1;
    parse->is_head_done = 1;
    if (parser->http_major != 1 || parser->http_minor > 1)
        return refuse(parse, 505, "the version is neither HTTP/1.1 nor HTTP/1.0");
    message->method = message->target = message->path = message->query = message->body = "";
    if (!parse->is_client && check_request(parse) < 0)
        return -1;
    for (uint32_t i = 0; i < parse->n_headers; i++) {
        parse->headers[i].name = (char *)parse->head.bytes + parse->at[i].name;
        // A name that no value callback followed has the empty value.
        parse->headers[i].value =
            parse->at[i].value ? (char *)parse->head.bytes + parse->at[i].value : "";
    }
    message->headers = parse->headers;
    message->n_headers = parse->n_headers;
    if (!parse->is_client) {
        message->target = (char *)parse->head.bytes;
        message->path = (char *)parse->head.bytes + parse->path_at;
        message->query = (char *)parse->head.bytes + parse->query_at;
    } else {
        message->status = status;
        message->is_head = status >= 200 && parse->is_head_expected;
        if (check_reply(parse) < 0)
            return -1;
        // These have no body, whatever length they name (RFC 9112 6.3).
        if (message->is_head || status < 200 || status == 204 || status == 304)
            return 1;
    }
    if (parser->content_length != UINT64_MAX && !(parser->flags & F_CHUNKED) &&
        parser->content_length > parse->body_cap)
        return refuse(parse, 413, "the body is over the cap");
    parse->is_continue_wanted =
        !parse->is_client && http_header_has_token(message, "expect", "100-continue");
    return 0;
}

static int on_chunk(http_parser *parser)
{
    struct http_parse *parse = parser->data;

    if (parser->content_length > parse->body_cap - parse->body.n)
        return refuse(parse, 413, "the body is over the cap");
    return 0;
}

static int on_body(http_parser *parser, const char *at, size_t n)
{
    struct http_parse *parse = parser->data;

    if (n > parse->body_cap - parse->body.n)
        return refuse(parse, 413, "the body is over the cap");
    return grow_add(&parse->body, at, n) < 0 ? out_of_memory(parse) : 0;
}

static int on_done(http_parser *parser)
{
    struct http_parse *parse = parser->data;
    struct http_message *message = &parse->message;

    if (parse->is_client && message->status < 200 && message->status != 101) {
        if (++parse->interim > INTERIM_MAX)
            return refuse(parse, 400, "interim replies without end");
        parse->is_begun = 0;
        return 0;
    }
    if (grow_add(&parse->body, "", 1) < 0)
        return out_of_memory(parse);
    message->body = (char *)parse->body.bytes;
    message->body_n = parse->body.n - 1;
    message->is_upgrade = parser->upgrade;
    message->is_keep_alive = !!http_should_keep_alive(parser);
    parse->is_final = !message->is_keep_alive && !message->is_upgrade;
    parse->is_done = 1;
    parse->is_begun = 0;
    parse->interim = 0;
    parse->is_head_expected = 0;
    http_parser_pause(parser, 1);
    return 0;
}

int http_new(struct http_parse **out, enum http_role role, uint64_t body_cap)
{
    struct http_parse *parse = calloc(1, sizeof *parse);

    *out = parse;
    if (!parse)
        return AGON_ENOMEM;
    parse->body_cap = body_cap ? body_cap : HTTP_BODY_MAX;
    parse->is_client = role == HTTP_CLIENT;
    http_parser_init(&parse->parser, parse->is_client ? HTTP_RESPONSE : HTTP_REQUEST);
    parse->parser.data = parse;
    parse->settings = (http_parser_settings){
        .on_message_begin = on_begin,
        .on_url = on_url,
        .on_header_field = on_name,
        .on_header_value = on_value,
        .on_headers_complete = on_head_done,
        .on_body = on_body,
        .on_chunk_header = on_chunk,
        .on_message_complete = on_done,
    };
    return AGON_OK;
}

void http_free(struct http_parse *parse)
{
    if (!parse)
        return;
    grow_free(&parse->head);
    grow_free(&parse->body);
    free(parse);
}

static int failed(struct http_parse *parse, struct error *err)
{
    enum http_errno code = HTTP_PARSER_ERRNO(&parse->parser);

    parse->is_dead = 1;
    if (!parse->why) {
        parse->error = AGON_ECORRUPT;
        parse->status = code == HPE_INVALID_METHOD ? 501 : code == HPE_HEADER_OVERFLOW ? 431 : 400;
        parse->why = http_errno_description(code);
    }
    return error_set(err, parse->error, "HTTP %s refused: %s",
                     parse->is_client ? "reply" : "request", parse->why);
}

int http_feed(struct http_parse *parse, const void *bytes, size_t n, size_t *used,
              struct error *err)
{
    const char *at = bytes;

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
        http_parser_pause(&parse->parser, 0);
        // One large body is no reason to hold its memory for the life of the connection.
        grow_trim(&parse->body, 1u << 16);
    }
    if (n == 0)
        return 0;
    *used = http_parser_execute(&parse->parser, &parse->settings, at, n);
    if (parse->is_done)
        return 1;
    if (HTTP_PARSER_ERRNO(&parse->parser) != HPE_OK)
        return failed(parse, err);
    return 0;
}

int http_finish(struct http_parse *parse, struct error *err)
{
    if (parse->is_dead)
        return error_set(err, AGON_ESTATE, "this HTTP connection was refused before");
    if (parse->is_done || !parse->is_begun)
        return 0;
    (void)http_parser_execute(&parse->parser, &parse->settings, "", 0);
    if (parse->is_done) {
        parse->message.is_keep_alive = 0;
        parse->is_final = 1;
        return 1;
    }
    if (!parse->why)
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
