// SPDX-License-Identifier: Apache-2.0
#include "net/post.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/http.h"

#define RETRY_NS  ((int64_t)250 * 1000 * 1000)
#define SECOND_NS ((int64_t)2 * 1000 * 1000 * 1000) /* without an answer it goes once more */
#define BODY_MAX  ((uint64_t)64 << 10)              /* of an answer, which nobody reads */

enum { TIMER_TRY = 1, TIMER_SECOND = 2, TIMER_DEADLINE = 3 };

struct item {
    uint64_t id;
    int64_t until_ns;
    size_t n;
    char text[POST_TEXT_MAX];
};
struct attempt {
    int conn;                 /* -1: none */
    struct http_parse *parse; /* owned; of the answer under way */
};
struct post {
    struct post_config config;
    const struct stream_port *port;
    struct stream_owner owner;
    struct item *items; /* owned: [POST_QUEUE] */
    uint32_t head, n;
    /* Of the first one: a peer that is slow has all the time there is, and one connection that
     * hangs costs no more than the wait for the second. */
    struct attempt attempts[2];
    uint8_t is_waiting; /* for the next try */
    int64_t second_timer;
    char why[160]; /* the last try failed */
};

static void begin(struct post *post);

static struct attempt *attempt_of(struct post *post, int conn)
{
    for (int i = 0; conn >= 0 && i < 2; i++) {
        if (post->attempts[i].conn == conn)
            return &post->attempts[i];
    }
    return NULL;
}

static int is_under_way(const struct post *post)
{
    return post->attempts[0].conn >= 0 || post->attempts[1].conn >= 0;
}

static void drop(struct post *post, struct attempt *attempt)
{
    int conn = attempt->conn;

    http_free(attempt->parse);
    attempt->parse = NULL;
    attempt->conn = -1;
    if (conn >= 0)
        post->port->close(post->port->ctx, conn, 0);
    if (!is_under_way(post) && post->second_timer >= 0) {
        post->port->timer_cancel(post->port->ctx, post->second_timer);
        post->second_timer = -1;
    }
}

// What is on the wire is the first one's: an answer to it would be taken for the next one's.
static void finish_head(struct post *post, const char *why)
{
    struct item *item = &post->items[post->head];

    drop(post, &post->attempts[0]);
    drop(post, &post->attempts[1]);
    post->head = (post->head + 1) % POST_QUEUE;
    post->n--;
    post->config.on_done(post->config.ctx, item->id, item->text, item->n, why);
}

/* Whose time is over, is over, from the front: the queue is in order of time. */
static void expire(struct post *post)
{
    int64_t now = post->port->now(post->port->ctx);

    while (post->n > 0 && post->items[post->head].until_ns <= now)
        finish_head(post, post->why[0] != '\0' ? post->why : "no answer in time");
}

static void fail(struct post *post, struct attempt *attempt, const char *why)
{
    drop(post, attempt);
    snprintf(post->why, sizeof(post->why), "%.159s", why);
    expire(post);
    // The other one may still be answered.
    if (post->n == 0 || post->is_waiting || is_under_way(post))
        return;
    post->is_waiting = 1;
    if (post->port->timer(post->port->ctx, RETRY_NS, TIMER_TRY, &post->owner) < 0) {
        post->is_waiting = 0; // no timer to be had: nothing would ever come back to them
        while (post->n > 0)
            finish_head(post, "no timer for another try");
    }
}

static void on_open(void *ctx, int conn)
{
    struct post *post = ctx;
    static const struct http_header headers[] = {{"Content-Type", "application/json"}};
    struct attempt *attempt;
    struct item *item;
    struct http_request request = {.method = "POST",
                                   .host = post->config.target.host,
                                   .target = post->config.target.path,
                                   .headers = headers,
                                   .n_headers = 1,
                                   .is_close = 1};
    char bytes[POST_TEXT_MAX + 2048];
    int64_t n;

    if (attempt_of(post, conn) == NULL)
        return;
    expire(post);
    attempt = attempt_of(post, conn);
    if (attempt == NULL) {
        begin(post);
        return;
    }
    item = &post->items[post->head];
    request.body = item->text;
    request.body_n = item->n;
    n = http_write_request(bytes, sizeof(bytes), &request);
    if (n < 0 || post->port->send(post->port->ctx, conn, bytes, (size_t)n) < 0)
        fail(post, attempt, "the request could not be written");
}

static void take_answer(struct post *post, struct attempt *attempt)
{
    int status = http_message(attempt->parse)->status;
    char why[64];

    if (status < 200 || status > 299) {
        snprintf(why, sizeof(why), "answered %d", status);
        fail(post, attempt, why);
        return;
    }
    post->why[0] = '\0';
    finish_head(post, NULL);
    begin(post);
}

static void on_bytes(void *ctx, int conn, const void *bytes, size_t n)
{
    struct post *post = ctx;
    struct attempt *attempt = attempt_of(post, conn);
    struct error err = {0};
    size_t used;
    int rc;

    if (attempt == NULL)
        return;
    rc = http_feed(attempt->parse, bytes, n, &used, &err);
    if (rc < 0)
        fail(post, attempt, err.text);
    else if (rc == 1)
        take_answer(post, attempt);
}

static void on_end(void *ctx, int conn, enum stream_end end, const char *text)
{
    struct post *post = ctx;
    struct attempt *attempt = attempt_of(post, conn);
    struct error err = {0};

    if (attempt == NULL)
        return; // one that was given up
    attempt->conn = -1;
    // An answer without a length ends with its connection.
    if (end == STREAM_END_PEER && http_finish(attempt->parse, &err) == 1)
        take_answer(post, attempt);
    else
        fail(post, attempt, text);
}

static void connect_one(struct post *post, struct attempt *attempt)
{
    int rc;

    if (http_new(&attempt->parse, HTTP_CLIENT, BODY_MAX) < 0) {
        fail(post, attempt, "no memory");
        return;
    }
    rc = post->port->connect(post->port->ctx, &post->config.target.stream, &post->owner);
    if (rc < 0)
        fail(post, attempt, error_name(rc));
    else
        attempt->conn = rc;
}

static void begin(struct post *post)
{
    if (post->n == 0 || is_under_way(post) || post->is_waiting)
        return;
    connect_one(post, &post->attempts[0]);
    if (is_under_way(post))
        post->second_timer =
            post->port->timer(post->port->ctx, SECOND_NS, TIMER_SECOND, &post->owner);
}

static void on_timer(void *ctx, uint64_t cookie)
{
    struct post *post = ctx;

    if (cookie == TIMER_SECOND)
        post->second_timer = -1;
    if (cookie == TIMER_TRY)
        post->is_waiting = 0;
    expire(post);
    if (cookie == TIMER_SECOND && is_under_way(post))
        connect_one(post, &post->attempts[post->attempts[0].conn >= 0]);
    begin(post);
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
    post->attempts[0].conn = post->attempts[1].conn = -1;
    post->second_timer = -1;
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
    http_free(post->attempts[0].parse);
    http_free(post->attempts[1].parse);
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
    // Each has a timer at its deadline, so that nothing depends on the peer's doing anything.
    if (post->port->timer(post->port->ctx, post->config.deadline_ns, TIMER_DEADLINE, &post->owner) <
        0) {
        post->config.on_done(post->config.ctx, id, text, n, "no timer for its deadline");
        return;
    }
    item->id = id;
    item->n = n;
    item->until_ns = post->port->now(post->port->ctx) + post->config.deadline_ns;
    memcpy(item->text, text, n);
    post->n++;
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
