// SPDX-License-Identifier: Apache-2.0
#include "net/post.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/http.h"

#define RETRY_NS  ((int64_t)250 * 1000 * 1000)
#define ANSWER_NS ((int64_t)2 * 1000 * 1000 * 1000) /* then the connection is taken for hung */
#define BODY_MAX  ((uint64_t)64 << 10)              /* of an answer, which nobody reads */

enum { TIMER_TRY = 1, TIMER_ANSWER = 2, TIMER_DEADLINE = 3 };

struct item {
    uint64_t id;
    int64_t until_ns;
    size_t n;
    char text[POST_TEXT_MAX];
};
struct post {
    struct post_config config;
    const struct stream_port *port;
    struct stream_owner owner;
    struct http_parse *parse; /* owned; of the answer under way */
    struct item *items;       /* owned: [POST_QUEUE] */
    uint32_t head, n;
    int conn;           /* -1: none */
    uint8_t is_waiting; /* for the next try */
    int64_t answer_timer;
    char why[160]; /* the last try failed */
};

static void begin(struct post *post);
static void drop_connection(struct post *post);

static void finish_head(struct post *post, const char *why)
{
    struct item *item = &post->items[post->head];

    post->head = (post->head + 1) % POST_QUEUE;
    post->n--;
    post->config.on_done(post->config.ctx, item->id, item->text, item->n, why);
}

/* Whose time is over, is over, from the front: the queue is in order of time. */
static void expire(struct post *post)
{
    int64_t now = post->port->now(post->port->ctx);

    // What is on the wire is the first one's: an answer to it would be taken for the next one's.
    if (post->n > 0 && post->items[post->head].until_ns <= now && post->conn >= 0)
        drop_connection(post);
    while (post->n > 0 && post->items[post->head].until_ns <= now)
        finish_head(post, post->why[0] != '\0' ? post->why : "no answer in time");
}

static void retry(struct post *post, const char *why)
{
    snprintf(post->why, sizeof(post->why), "%.159s", why);
    expire(post);
    if (post->n == 0 || post->is_waiting)
        return;
    post->is_waiting = 1;
    if (post->port->timer(post->port->ctx, RETRY_NS, TIMER_TRY, &post->owner) < 0) {
        post->is_waiting = 0; // no timer to be had: nothing would ever come back to them
        while (post->n > 0)
            finish_head(post, "no timer for another try");
    }
}

static void drop_connection(struct post *post)
{
    int conn = post->conn;

    http_free(post->parse);
    post->parse = NULL;
    post->conn = -1;
    if (post->answer_timer >= 0)
        post->port->timer_cancel(post->port->ctx, post->answer_timer);
    post->answer_timer = -1;
    if (conn >= 0)
        post->port->close(post->port->ctx, conn, 0);
}

static void fail(struct post *post, const char *why)
{
    drop_connection(post);
    retry(post, why);
}

static void on_open(void *ctx, int conn)
{
    struct post *post = ctx;
    static const struct http_header headers[] = {{"Content-Type", "application/json"}};
    struct item *item;
    struct http_request request = {.method = "POST",
                                   .host = post->config.target.host,
                                   .target = post->config.target.path,
                                   .headers = headers,
                                   .n_headers = 1,
                                   .is_close = 1};
    char bytes[POST_TEXT_MAX + 2048];
    int64_t n;

    if (conn != post->conn)
        return;
    expire(post);
    if (post->conn != conn) {
        begin(post);
        return;
    }
    item = &post->items[post->head];
    request.body = item->text;
    request.body_n = item->n;
    n = http_write_request(bytes, sizeof(bytes), &request);
    if (n < 0 || post->port->send(post->port->ctx, conn, bytes, (size_t)n) < 0)
        fail(post, "the request could not be written");
}

static void on_bytes(void *ctx, int conn, const void *bytes, size_t n)
{
    struct post *post = ctx;
    struct error err = {0};
    size_t used;
    int rc;

    if (conn != post->conn || post->parse == NULL)
        return;
    rc = http_feed(post->parse, bytes, n, &used, &err);
    if (rc < 0) {
        fail(post, err.text);
    } else if (rc == 1) {
        int status = http_message(post->parse)->status;
        char why[64];

        drop_connection(post);
        if (status < 200 || status > 299) {
            snprintf(why, sizeof(why), "answered %d", status);
            retry(post, why);
            return;
        }
        post->why[0] = '\0';
        finish_head(post, NULL);
        begin(post);
    }
}

static void on_end(void *ctx, int conn, enum stream_end end, const char *text)
{
    struct post *post = ctx;

    (void)end;
    if (conn != post->conn)
        return; // one that was given up
    post->conn = -1;
    fail(post, text);
}

static void on_timer(void *ctx, uint64_t cookie)
{
    struct post *post = ctx;

    if (cookie == TIMER_ANSWER) {
        post->answer_timer = -1;
        if (post->conn >= 0)
            fail(post, "no answer in 2 s");
        return;
    }
    if (cookie == TIMER_TRY)
        post->is_waiting = 0;
    expire(post);
    begin(post);
}

static void begin(struct post *post)
{
    int rc;

    if (post->n == 0 || post->conn >= 0 || post->is_waiting)
        return;
    if (http_new(&post->parse, HTTP_CLIENT, BODY_MAX) < 0) {
        retry(post, "no memory");
        return;
    }
    rc = post->port->connect(post->port->ctx, &post->config.target.stream, &post->owner);
    if (rc < 0) {
        fail(post, error_name(rc));
        return;
    }
    post->conn = rc;
    post->answer_timer = post->port->timer(post->port->ctx, ANSWER_NS, TIMER_ANSWER, &post->owner);
}

int post_new(struct post **out, const struct stream_port *port, const struct post_config *config)
{
    struct post *post = calloc(1, sizeof(*post));

    *out = NULL;
    if (post == NULL)
        return AGON_ENOMEM;
    post->items = calloc(POST_QUEUE, sizeof(*post->items));
    if (post->items == NULL) {
        free(post);
        return AGON_ENOMEM;
    }
    post->config = *config;
    post->port = port;
    post->conn = -1;
    post->answer_timer = -1;
    post->owner = (struct stream_owner){.ctx = post,
                                        .on_open = on_open,
                                        .on_bytes = on_bytes,
                                        .on_end = on_end,
                                        .on_timer = on_timer};
    *out = post;
    return AGON_OK;
}

void post_free(struct post *post)
{
    if (post == NULL)
        return;
    http_free(post->parse);
    free(post->items);
    free(post);
}

void post_put(struct post *post, uint64_t id, const char *text, size_t n)
{
    struct item *item = &post->items[(post->head + post->n) % POST_QUEUE];

    if (n > POST_TEXT_MAX || post->n == POST_QUEUE) {
        post->config.on_done(post->config.ctx, id, text, n, "too many wait");
        return;
    }
    item->id = id;
    item->n = n;
    item->until_ns = post->port->now(post->port->ctx) + post->config.deadline_ns;
    memcpy(item->text, text, n);
    post->n++;
    // Each has a timer at its deadline, so that nothing depends on the peer's doing anything.
    if (post->port->timer(post->port->ctx, post->config.deadline_ns, TIMER_DEADLINE, &post->owner) <
            0 &&
        post->n > 1) {
        post->n--;
        post->config.on_done(post->config.ctx, id, text, n, "no timer for its deadline");
        return;
    }
    begin(post);
}

uint32_t post_waiting(const struct post *post)
{
    return post->n;
}

static int is_loopback(const char *host)
{
    unsigned char v6[16];
    struct in_addr v4;

    if (inet_pton(AF_INET, host, &v4) == 1)
        return (ntohl(v4.s_addr) >> 24) == 127;
    if (inet_pton(AF_INET6, host, v6) == 1)
        return memcmp(v6, &in6addr_loopback, 16) == 0;
    return strcmp(host, "localhost") == 0;
}

int post_target_parse(struct post_target *target, const char *url, struct error *err)
{
    const char *at = url, *end, *colon;
    size_t n;
    unsigned long port;
    char *rest;

    memset(target, 0, sizeof(*target));
    if (strncmp(at, "https://", 8) == 0) {
        target->stream.is_tls = 1;
        at += 8;
    } else if (strncmp(at, "http://", 7) == 0) {
        at += 7;
    } else {
        return error_set(err, AGON_EINVAL, "not an address; expected https://HOST[:PORT]/PATH");
    }
    end = at + strcspn(at, "/?#");
    if ((size_t)(end - at) >= sizeof(target->host) || end == at ||
        memchr(at, '@', (size_t)(end - at)))
        return error_set(err, AGON_EINVAL, "no usable host name in the address");
    memcpy(target->host, at, (size_t)(end - at));
    if (*end == '#' || strlen(end) + 2 > sizeof(target->path) || strpbrk(end, " \t\r\n#") != NULL)
        return error_set(err, AGON_EINVAL, "the path of the address is not usable");
    snprintf(target->path, sizeof(target->path), "%s%s", *end == '/' ? "" : "/", end);
    colon = at[0] == '[' ? memchr(at, ']', (size_t)(end - at)) : at;
    if (colon == NULL)
        return error_set(err, AGON_EINVAL, "no usable host name in the address");
    colon = memchr(colon, ':', (size_t)(end - colon));
    n = (size_t)((colon != NULL ? colon : end) - at);
    if (at[0] == '[') {
        at++;
        n -= 2;
    }
    if (n == 0 || n >= sizeof(target->stream.host))
        return error_set(err, AGON_EINVAL, "no usable host name in the address");
    memcpy(target->stream.host, at, n);
    port = colon != NULL ? strtoul(colon + 1, &rest, 10) : target->stream.is_tls ? 443 : 80;
    if (port == 0 || port > 65535 || (colon != NULL && (rest != end || colon + 1 == end)))
        return error_set(err, AGON_EINVAL, "the port of the address is not 1 to 65535");
    target->stream.port = (uint16_t)port;
    if (!target->stream.is_tls && !is_loopback(target->stream.host))
        return error_set(err, AGON_EINVAL,
                         "http:// only to a loopback address; elsewhere https:// is needed");
    return AGON_OK;
}
