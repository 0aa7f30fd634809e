// SPDX-License-Identifier: Apache-2.0
/* links: the connections of a gateway: how they come up, what they carry, when they are replaced.
 */
#include <stdio.h>
#include <stdlib.h>

#include "venue/client.h"

#define UPGRADE_NS           5000000000ll
#define PARTIAL_NS           10000000000ll /* a frame must be whole by then, however slowly it comes */
#define IDLE_NS              10000000000ll
#define CONNECT_WAIT_TOLD_NS 1000000000ll
#define FOLLOW_NS            120000000000ll /* so long a follower may take to come up */
#define AGAIN_TRIES          5

/* The Host header: the port only where it is not the scheme's own. */
void link_host(const struct link *link, char *host, size_t room)
{
    if (link->target.port == (link->target.is_tls ? 443 : 80))
        snprintf(host, room, "%s", link->target.host);
    else
        snprintf(host, room, "%s:%u", link->target.host, link->target.port);
}

struct link *gateway_link(struct gateway *gateway, enum link_role role)
{
    for (uint32_t i = 0; i < gateway->n_links; i++) {
        if (gateway->links[i].role == role && !gateway->links[i].is_next)
            return &gateway->links[i];
    }
    return NULL;
}

void gateway_link_works(struct gateway *gateway, struct link *link)
{
    if (!link->backoff.is_up)
        backoff_up(&link->backoff, gateway_now(gateway));
    link->is_fresh = 0;
}

/* A venue that answers is there: its other connections for requests need not wait for long. An
 * answer that says that it cannot now is none. */
static void link_answered(struct gateway *gateway, struct link *link, int status)
{
    int64_t soon_ns = gateway_now(gateway) + BACKOFF_SOON_NS;

    gateway_link_works(gateway, link);
    if (status >= 500)
        return;
    backoff_answered(&link->backoff);
    for (uint32_t i = 0; i < gateway->n_links; i++) {
        struct link *other = &gateway->links[i];

        if (other->is_ws || other == link)
            continue;
        backoff_near(&other->backoff);
        if (other->state == LINK_DOWN && other->retry_ns > soon_ns)
            other->retry_ns = soon_ns;
    }
}

int link_try_again(struct gateway *gateway, struct gateway_request *request)
{
    int64_t now = gateway_now(gateway);

    if (request == NULL || !request->is_again || request->tries >= AGAIN_TRIES ||
        gateway->is_stopped)
        return 0;
    request->is_lost = 1;
    gateway_queue(gateway, request, now + gateway->config.cancel_hold_ns);
    return 1;
}

/* The link is of no use any more: all that hangs on it learns so at once. */
static void link_down(struct gateway *gateway, struct link *link)
{
    int was_open = link->state == LINK_OPEN;
    struct gateway_request *request = link_try_again(gateway, link->request) ? NULL : link->request;

    link->request = NULL;
    if (was_open && link->is_ws)
        venue_on_link(gateway->client, link, 0);
    said_down(gateway, link);
    if (request == NULL)
        return;
    // Only where the port proves that nothing of it left may one say "not sent".
    if (gateway->stream->unsent(gateway->stream->ctx, link->conn) >= link->request_bytes)
        gateway_answer(gateway, request, FATE_NOT_SENT, REASON_VENUE_DOWN, NULL);
    else
        gateway_answer(gateway, request, FATE_UNKNOWN, REASON_TIMEOUT, NULL);
}

void gateway_drop(struct gateway *gateway, struct link *link, const char *why)
{
    if (link->state == LINK_DOWN || link->state == LINK_CLOSING)
        return;
    snprintf(link->end_text, sizeof(link->end_text), "%s", why);
    link_down(gateway, link);
    link->state = LINK_CLOSING;
    gateway->stream->close(gateway->stream->ctx, link->conn, 0);
}

void gateway_take_over(struct gateway *gateway, struct link *next)
{
    struct link *old = gateway_link(gateway, (enum link_role)next->role);

    REQUIRE(next->is_next && old != NULL);
    next->is_next = 0;
    old->is_next = 1;
    gateway_drop(gateway, old, "its planned end; another has taken over");
}

/* What stands in scratch; and then no longer: it may hold a token. */
static int give(struct gateway *gateway, struct link *link, int64_t n)
{
    int rc;

    if (n < 0)
        return (int)n;
    rc = gateway->stream->send(gateway->stream->ctx, link->conn, gateway->scratch, (size_t)n);
    memset(gateway->scratch, 0, (size_t)n);
    if (rc == AGON_OK)
        link->n_given += (uint64_t)n;
    return rc;
}

static int write_frame(struct gateway *gateway, struct link *link, enum ws_opcode opcode,
                       const void *bytes, size_t n)
{
    return give(gateway, link,
                ws_write(gateway->scratch, sizeof(gateway->scratch), WS_CLIENT, opcode, bytes, n,
                         (uint32_t)gateway_random(gateway)));
}

int gateway_say(struct gateway *gateway, struct link *link, const char *text, size_t n)
{
    return link->state == LINK_OPEN ? write_frame(gateway, link, WS_TEXT, text, n) : AGON_EAGAIN;
}

int gateway_send(struct gateway *gateway, struct link *link, const char *text, size_t n)
{
    int64_t now = gateway_now(gateway);
    int rc;

    if (now < link->message_ns)
        return AGON_EAGAIN;
    rc = gateway_say(gateway, link, text, n);
    if (rc == AGON_OK)
        link->message_ns = now + gateway->config.message_gap_ns;
    return rc;
}

/* What was in it is lost: the connection is built anew, and everything on it asked for again. */
static void on_packed(struct gateway *gateway, struct link *link, const void *bytes, size_t n)
{
    const void *text;
    size_t n_text;
    int rc = pack_read(gateway->pack, bytes, n, &text, &n_text);
    char why[96];

    if (rc == AGON_OK) {
        venue_on_message(gateway->client, link, text, n_text);
        return;
    }
    snprintf(why, sizeof(why), "a frame of %zu bytes %s", n,
             rc == AGON_ENOSPC ? "that holds more than 1 MiB" : "that cannot be decompressed");
    gateway_drop(gateway, link, why);
}

static void on_message(void *ctx, enum ws_opcode opcode, const void *bytes, size_t n)
{
    struct link *link = ctx;
    struct gateway *gateway = link->gateway;

    gateway->n_messages++;
    if (opcode == WS_BINARY && gateway->pack != NULL) {
        on_packed(gateway, link, bytes, n);
    } else if (opcode == WS_TEXT || gateway->wire->frames == FRAMES_PLAIN) {
        venue_on_message(gateway->client, link, bytes, n);
    } else if (gateway->n_binary++ == 0) {
        gateway_log(gateway, 4, "binary",
                    "%s: a binary frame of %zu bytes cannot be read; more of them are only counted",
                    gateway->config.name, n);
    }
}

static void on_ping(void *ctx, const void *bytes, size_t n)
{
    struct link *link = ctx;

    if (pong_gate_ping(&link->pong, gateway_now(link->gateway), bytes, n))
        write_frame(link->gateway, link, WS_PONG, bytes, n);
}

static void on_close(void *ctx, int code, const char *reason, size_t n)
{
    struct link *link = ctx;
    struct gateway *gateway = link->gateway;
    char text[96];
    int64_t length;

    (void)reason;
    (void)n;
    length = ws_write_close(gateway->scratch, sizeof(gateway->scratch), WS_CLIENT, code, NULL,
                            (uint32_t)gateway_random(gateway));
    give(gateway, link, length);
    snprintf(text, sizeof(text), "the venue closed it with code %d", code);
    gateway_drop(gateway, link, text);
}

void link_free_parsers(struct link *link)
{
    ws_free(link->ws);
    http_free(link->http);
    link->ws = NULL;
    link->http = NULL;
}

static void on_open(void *ctx, int conn)
{
    struct link *link = ctx;
    struct gateway *gateway = link->gateway;
    struct ws_owner owner = {
        .ctx = link, .on_message = on_message, .on_ping = on_ping, .on_close = on_close};
    int64_t now = gateway_now(gateway);
    unsigned char nonce[16];
    char host[300];
    int64_t n;

    if (link->state != LINK_CONNECTING || conn != link->conn)
        return;
    link->open_ns = link->bytes_ns = now;
    link->ping_ns = link->partial_ns = link->message_ns = 0;
    link->is_retiring = 0;
    link->n_given = 0;
    memset(&link->pong, 0, sizeof(link->pong));
    link_free_parsers(link);
    if (http_new(&link->http, HTTP_CLIENT, 0) < 0 ||
        (link->is_ws && ws_new(&link->ws, WS_CLIENT, NULL, &owner) < 0)) {
        link->state = LINK_UPGRADING;
        gateway_drop(gateway, link, "out of memory");
        return;
    }
    if (gateway->is_paused)
        gateway->stream->pause(gateway->stream->ctx, conn, 1);
    if (!link->is_ws) {
        link->state = LINK_OPEN;
        gateway_dispatch(gateway, now);
        return;
    }
    link->state = LINK_UPGRADING;
    for (int i = 0; i < 2; i++) {
        uint64_t random = gateway_random(gateway);

        memcpy(nonce + 8 * i, &random, 8);
    }
    link_host(link, host, sizeof(host));
    n = ws_write_request((char *)gateway->scratch, sizeof(gateway->scratch), host, link->path, NULL,
                         0, nonce, link->key_text);
    if (n < 0 || gateway->stream->send(gateway->stream->ctx, conn, gateway->scratch, (size_t)n) < 0)
        gateway_drop(gateway, link, "the upgrade could not be asked for");
}

static void feed_ws(struct gateway *gateway, struct link *link, const void *bytes, size_t n)
{
    uint64_t n_before = gateway->n_messages;
    struct error err = {0};
    char text[128];

    if (n == 0)
        return;
    if (ws_feed(link->ws, bytes, n, &err) < 0 && link->state == LINK_OPEN) {
        int64_t length = ws_write_close(gateway->scratch, sizeof(gateway->scratch), WS_CLIENT,
                                        ws_code(link->ws), NULL, (uint32_t)gateway_random(gateway));

        give(gateway, link, length);
        snprintf(text, sizeof(text), "broken frames: %.100s", err.text);
        gateway_drop(gateway, link, text);
        return;
    }
    if (link->state != LINK_OPEN)
        return;
    if (!ws_is_partial(link->ws))
        link->partial_ns = 0;
    else if (link->partial_ns == 0 || gateway->n_messages != n_before)
        link->partial_ns = link->bytes_ns; // in a rush no read ends where a frame does
}

static void feed_http(struct gateway *gateway, struct link *link, const char *bytes, size_t n)
{
    while (n > 0 && (link->state == LINK_OPEN || link->state == LINK_UPGRADING)) {
        struct error err = {0};
        size_t used = 0;
        int rc = http_feed(link->http, bytes, n, &used, &err);
        const struct http_message *reply;
        struct gateway_request *request;
        int is_last;

        if (rc < 0) {
            gateway_drop(gateway, link, "a broken HTTP answer");
            return;
        }
        if (rc == 0)
            return;
        bytes += used;
        n -= used;
        reply = http_message(link->http);
        if (link->state == LINK_UPGRADING) {
            char text[128];

            if (ws_check_reply(reply, link->key_text, &err) < 0) {
                snprintf(text, sizeof(text), "no WebSocket: %.100s", err.text);
                gateway_drop(gateway, link, text);
                return;
            }
            link->state = LINK_OPEN;
            venue_on_link(gateway->client, link, 1);
            feed_ws(gateway, link, bytes, n);
            return;
        }
        request = link->request;
        if (request == NULL) {
            gateway_drop(gateway, link, "an answer that nobody asked for");
            return;
        }
        is_last = !reply->is_keep_alive;
        gateway_tell_sent(gateway, link, request, 1, 0);
        link->request = NULL;
        link_answered(gateway, link, reply->status);
        gateway_answer(gateway, request, FATE_REPLY, 0, reply);
        if (is_last)
            gateway_drop(gateway, link, "the venue keeps it no longer");
    }
}

static void on_bytes(void *ctx, int conn, const void *bytes, size_t n)
{
    struct link *link = ctx;
    struct gateway *gateway = link->gateway;

    if (conn != link->conn || link->http == NULL)
        return;
    link->bytes_ns = gateway_now(gateway);
    if (link->role == LINK_MARKET) {
        // All that a read brought was received then, and the clock is asked once for it.
        gateway->read_ns = link->bytes_ns;
        gateway->read_utc = gateway->stream->utc(gateway->stream->ctx);
        gateway->is_reading = 1;
    }
    if (link->state == LINK_OPEN && link->is_ws)
        feed_ws(gateway, link, bytes, n);
    else
        feed_http(gateway, link, bytes, n);
    gateway->is_reading = 0;
    if (link->role != LINK_MARKET)
        gateway_turn(gateway);
}

static const char *role_name(const struct link *link)
{
    static const char *const names[] = {"venue", "market",  "user",   "orders",
                                        "data",  "cancels", "rights", "order socket"};

    return names[link->role <= LINK_SAY ? link->role : 0];
}

static void on_end(void *ctx, int conn, enum stream_end end, const char *text)
{
    struct link *link = ctx;
    struct gateway *gateway = link->gateway;
    int64_t now = gateway_now(gateway);
    // Venues close connections that nobody uses: that is no failure, and orders want another soon.
    int is_idle = !link->is_ws && link->state == LINK_OPEN && link->request == NULL &&
                  end == STREAM_END_PEER && now - link->open_ns >= IDLE_NS;

    if (conn != link->conn || link->state == LINK_DOWN)
        return;
    // A reply without a length ends with its connection.
    if (link->http != NULL && !link->is_ws && link->request != NULL && end == STREAM_END_PEER &&
        http_finish(link->http, NULL) == 1) {
        struct gateway_request *request = link->request;

        link->request = NULL;
        gateway_answer(gateway, request, FATE_REPLY, 0, http_message(link->http));
    }
    if (link->state != LINK_CLOSING) {
        snprintf(link->end_text, sizeof(link->end_text), "%s", text != NULL ? text : "ended");
        link_down(gateway, link);
    }
    link->state = LINK_DOWN;
    link->conn = -1;
    link_free_parsers(link);
    if (is_idle)
        memset(&link->backoff, 0, sizeof(link->backoff));
    link->retry_ns = now + backoff_down(&link->backoff, now, gateway_random(gateway));
    if (is_idle || (link->role == LINK_RIGHTS && link->is_waiting))
        return;
    if (link->is_next) {
        gateway_log(gateway, 6, "follower", "%s: the %s connection that follows ended: %s",
                    gateway->config.name, role_name(link), link->end_text);
        return;
    }
    gateway->n_reconnects++;
    // At most one line for each long wait: what repeats is folded by its key.
    if (!gateway->is_stopped)
        gateway_log(gateway, end == STREAM_END_TLS ? 3 : 4, "link",
                    "%s: the %s connection ended: %s; again in %lld ms", gateway->config.name,
                    role_name(link), link->end_text, (long long)(link->retry_ns - now) / 1000000);
}

static void connect_link(struct gateway *gateway, struct link *link, int64_t now)
{
    struct stream_owner owner = {
        .ctx = link, .on_open = on_open, .on_bytes = on_bytes, .on_end = on_end};
    uint32_t cost = 1;
    int rc;

    // Venues count WebSocket connections; requests are counted themselves, whatever carries them.
    // What orders need goes first when many connections are lost at once.
    rc = link->is_ws ? limiter_take(&gateway->connects, now,
                                    link->role == LINK_MARKET ? LIMITER_OTHER : LIMITER_CANCEL,
                                    &cost, 1, &link->retry_ns)
                     : AGON_OK;
    if (rc < 0) {
        // Named once for each time that is waited for, and shown while it lasts.
        if (now >= gateway->connect_wait_ns && link->retry_ns - now >= CONNECT_WAIT_TOLD_NS)
            gateway_log(gateway, 4, "connect-limit",
                        "%s: waiting for the venue's connect limit, %lld s", gateway->config.name,
                        (long long)((link->retry_ns - now) / 1000000000));
        if (link->retry_ns > gateway->connect_wait_ns)
            gateway->connect_wait_ns = link->retry_ns;
        return;
    }
    rc = gateway->stream->connect(gateway->stream->ctx, &link->target, &owner);
    if (rc < 0) {
        link->retry_ns = now + backoff_down(&link->backoff, now, gateway_random(gateway));
        return;
    }
    link->conn = rc;
    link->state = LINK_CONNECTING;
}

/* Is it time that another takes its place? */
static int is_ageing(const struct gateway *gateway, const struct link *link, int64_t now)
{
    return link->is_ws && link->state == LINK_OPEN &&
           (link->is_retiring || now - link->open_ns > gateway->config.life_ns);
}

static int ask_for_life(struct gateway *gateway, struct link *link)
{
    const char *ping = gateway->wire->ping;

    return ping != NULL ? write_frame(gateway, link, WS_TEXT, ping, strlen(ping))
                        : write_frame(gateway, link, WS_PING, "agon", 4);
}

void link_keep(struct gateway *gateway, struct link *link, int64_t now)
{
    int64_t silence =
        link->role == LINK_MARKET ? gateway->config.silence_ns : gateway->config.user_silence_ns;
    const struct link *main = gateway_link(gateway, (enum link_role)link->role);

    if (link->is_next && !is_ageing(gateway, main, now)) {
        // Orders may be under way on a follower: what ended is replaced by it.
        if (said_can_follow(gateway, link) && main->state != LINK_OPEN)
            gateway_take_over(gateway, link);
        else
            gateway_drop(gateway, link, "what it was to replace has ended, or is new");
        return;
    }
    switch (link->state) {
    case LINK_DOWN:
        if (now >= link->retry_ns && !link->is_waiting)
            connect_link(gateway, link, now);
        return;
    case LINK_UPGRADING:
        if (now - link->open_ns > UPGRADE_NS)
            gateway_drop(gateway, link, "no answer to the upgrade");
        return;
    case LINK_OPEN:
        break;
    default:
        return;
    }
    if (!link->is_ws) {
        gateway_tell_sent(gateway, link, link->request, 0, 0);
        if (link->request != NULL &&
            now - link->request->sent_ns >
                (link->request->is_again ? gateway->config.cancel_ns : gateway->config.request_ns))
            gateway_drop(gateway, link, "no answer to a request");
        return;
    }
    if (gateway->is_paused) {
        link->bytes_ns = now; // it is we who do not listen
        link->partial_ns = link->partial_ns != 0 ? now : 0;
        return;
    }
    said_keep(gateway, link, now);
    if (link->state != LINK_OPEN)
        return;
    if (pong_gate_due(&link->pong, now))
        write_frame(gateway, link, WS_PONG, link->pong.bytes, link->pong.n);
    if (now - link->bytes_ns > silence)
        gateway_drop(gateway, link, "silent");
    else if (now - link->bytes_ns > silence / 3 * 2 && link->ping_ns <= link->bytes_ns &&
             ask_for_life(gateway, link) == AGON_OK)
        link->ping_ns = now; // a quiet market is not a dead one: ask
    else if (link->partial_ns != 0 && now - link->partial_ns > PARTIAL_NS)
        gateway_drop(gateway, link, "a frame that does not end");
    else if (now - link->open_ns > gateway->config.life_ns + FOLLOW_NS)
        gateway_drop(gateway, link, "its planned end, and none could follow");
}
