// SPDX-License-Identifier: Apache-2.0
#include "net/conns.h"

#include "net/grow.h"

#include <stdio.h>
#include <stdlib.h>

#define CLOSE_NS   2000000000ll
#define READ_NS    1000000ll     /* a turn of the transport's loop: what has come is handed over */
#define FRAME_NS   10000000000ll /* a message of a WebSocket, first byte to last */
#define OVER_CONNS 32            /* beyond the cap */
#define INDEX_BITS 20
#define CONNS_MAX  (1u << INDEX_BITS)

enum stage { STAGE_READ, STAGE_WAIT, STAGE_SOCKET, STAGE_CLOSING, STAGE_ENDING };

struct conn {
    struct conns *conns;
    const struct server_owner *owner;
    void *link; /* the transport's */
    struct http_parse *http;
    struct ws *ws;
    struct grow held; /* read, and not yet looked at: a request is being answered */
    uint64_t id;
    int64_t since;      /* begin of what the stage's deadline is about */
    int64_t next_ping;  /* when is_pinged by us */
    int64_t ping_since; /* the oldest ping without a pong, 0: none */
    int64_t partial_since;
    struct pong_gate pongs;
    uint64_t pings;
    int code; /* what on_ws_close will be told */
    enum stage stage;
    uint8_t is_over, is_head, is_last, is_told_open, is_close_sent, is_paused, is_busy;
    uint8_t is_heard; /* its pong is overdue, and what had come by then was read first */
    char peer[64];
};

struct conns {
    struct conns_port port;
    struct server_options options;
    struct conn **all; /* by the low bits of the id */
    uint32_t n, room, next_index;
    uint64_t serial;
    struct grow scratch; /* one outgoing message, within one call */
    uint8_t is_stopping;
};

static int64_t time_now(const struct conn *conn)
{
    return conn->conns->port.now(conn->conns->port.ctx);
}

static int send_bytes(struct conn *conn, const void *bytes, size_t n)
{
    return conn->conns->port.send(conn->link, bytes, n);
}

static uint64_t queued(const struct conn *conn)
{
    return conn->conns->port.queued(conn->link);
}

static struct conn *find(struct conns *conns, uint64_t id)
{
    uint64_t at = id & ((1u << INDEX_BITS) - 1);
    struct conn *conn = at < conns->room ? conns->all[at] : NULL;

    return conn && conn->id == id && conn->stage != STAGE_ENDING ? conn : NULL;
}

/* ---- end */

void conns_gone(struct conn *conn)
{
    struct conns *conns = conn->conns;
    const struct server_owner *owner = conn->owner;

    if (conn->is_told_open)
        owner->on_ws_close(owner->ctx, conn->id, conn->code ? conn->code : WS_CODE_ABNORMAL);
    else if (conn->is_busy && owner->on_gone)
        owner->on_gone(owner->ctx, conn->id);
    conns->all[conn->id & ((1u << INDEX_BITS) - 1)] = NULL;
    conns->n--;
    http_free(conn->http);
    ws_free(conn->ws);
    grow_free(&conn->held);
    free(conn);
}

static void end_conn(struct conn *conn, int is_reset)
{
    if (conn->stage == STAGE_ENDING)
        return;
    conn->is_busy = conn->stage == STAGE_WAIT;
    conn->stage = STAGE_ENDING;
    if (conn->ws)
        ws_stop(conn->ws);
    conn->conns->port.drop(conn->link, is_reset);
}

static void set_timer(struct conn *conn, int64_t due)
{
    if (conn->stage != STAGE_ENDING)
        conn->conns->port.timer(conn->link, due);
}

/* What is queued goes, then the connection ends. */
static void finish(struct conn *conn)
{
    if (conn->stage == STAGE_ENDING || conn->stage == STAGE_CLOSING)
        return;
    conn->stage = STAGE_CLOSING;
    conn->since = time_now(conn);
    conn->conns->port.finish(conn->link);
    set_timer(conn, conn->since + CLOSE_NS);
}

/* ---- answers */

static int send_response(struct conn *conn, const struct http_response *response)
{
    struct http_response copy = *response;
    uint64_t room;
    int64_t n;

    copy.is_head |= conn->is_head;
    copy.is_close |= conn->is_last || conn->conns->is_stopping;
    room = http_response_room(&copy);
    if (room > INT32_MAX / 2)
        return AGON_EINVAL;
    conn->conns->scratch.n = 0;
    if (grow_reserve(&conn->conns->scratch, (size_t)room) < 0)
        return AGON_ENOMEM;
    n = http_write_response((char *)conn->conns->scratch.bytes, conn->conns->scratch.room, &copy);
    if (n < 0)
        return (int)n;
    int rc = send_bytes(conn, conn->conns->scratch.bytes, (size_t)n);
    grow_trim(&conn->conns->scratch, 1u << 18);
    if (rc < 0)
        return rc;
    if (copy.is_close) {
        finish(conn);
    } else {
        conn->stage = STAGE_READ;
        conn->since = time_now(conn);
    }
    return AGON_OK;
}

static void refuse(struct conn *conn, int status, const char *text)
{
    static const struct http_header header = {"Content-Type", "text/plain; charset=utf-8"};
    struct http_response response = {.status = status,
                                     .headers = &header,
                                     .n_headers = 1,
                                     .is_close = 1,
                                     .body = text,
                                     .body_n = strlen(text)};

    conn->is_last = 1;
    if (send_response(conn, &response) < 0)
        end_conn(conn, 0);
}

int conns_respond(struct conns *conns, uint64_t id, const struct http_response *response)
{
    struct conn *conn = find(conns, id);
    int rc;

    if (!conn)
        return AGON_ENOENT;
    if (conn->stage != STAGE_WAIT)
        return AGON_ESTATE;
    rc = send_response(conn, response);
    if (rc == AGON_OK && conn->stage == STAGE_READ) {
        if (!conn->is_paused)
            conn->conns->port.pause(conn->link, 0);
        // The next request may lie here already; it is looked at in a turn of its own.
        set_timer(conn, conn->held.n ? 0 : conn->since + conns->options.idle_ns);
    }
    return rc;
}

int conns_again(struct conns *conns, uint64_t id)
{
    struct conn *conn = find(conns, id);

    if (!conn)
        return AGON_ENOENT;
    if (conn->stage != STAGE_WAIT)
        return AGON_ESTATE;
    conn->owner->on_request(conn->owner->ctx, id, http_message(conn->http), conn->peer);
    return AGON_OK;
}

/* ---- WebSocket */

static int send_frame(struct conn *conn, enum ws_opcode opcode, const void *bytes, size_t n)
{
    struct grow *scratch = &conn->conns->scratch;
    int64_t wire_n;

    if (queued(conn) + n > conn->conns->options.queue_bytes)
        return AGON_EAGAIN;
    scratch->n = 0;
    if (grow_reserve(scratch, n + WS_HEADER_MAX) < 0)
        return AGON_ENOMEM;
    wire_n = ws_write(scratch->bytes, scratch->room, WS_SERVER, opcode, bytes, n, 0);
    return wire_n < 0 ? (int)wire_n : send_bytes(conn, scratch->bytes, (size_t)wire_n);
}

static void send_close(struct conn *conn, int code, const char *reason)
{
    unsigned char wire[WS_CONTROL_MAX + WS_HEADER_MAX];
    int64_t n = ws_write_close(wire, sizeof wire, WS_SERVER, code, reason, 0);

    if (conn->is_close_sent || n < 0)
        return;
    conn->is_close_sent = 1;
    (void)send_bytes(conn, wire, (size_t)n);
}

static void on_message(void *ctx, enum ws_opcode opcode, const void *bytes, size_t n)
{
    struct conn *conn = ctx;

    if (conn->stage == STAGE_SOCKET && !conn->is_close_sent)
        conn->owner->on_ws_message(conn->owner->ctx, conn->id, opcode, bytes, n);
}

static void on_ping(void *ctx, const void *bytes, size_t n)
{
    struct conn *conn = ctx;

    if (conn->stage != STAGE_SOCKET || conn->is_close_sent)
        return;
    if (pong_gate_ping(&conn->pongs, time_now(conn), bytes, n))
        (void)send_frame(conn, WS_PONG, bytes, n);
    else
        set_timer(conn, conn->pongs.next_ns);
}

static void on_pong(void *ctx, const void *bytes, size_t n)
{
    struct conn *conn = ctx;
    const struct server_owner *owner = conn->owner;

    conn->ping_since = 0;
    conn->is_heard = 0;
    if (conn->stage == STAGE_SOCKET && owner->on_ws_pong)
        owner->on_ws_pong(owner->ctx, conn->id, bytes, n);
}

static void on_close(void *ctx, int code, const char *reason, size_t n)
{
    struct conn *conn = ctx;

    (void)reason;
    (void)n;
    if (conn->stage != STAGE_SOCKET)
        return;
    if (!conn->is_close_sent)
        conn->code = code;
    send_close(conn, code, NULL);
    finish(conn);
}

static int64_t socket_due(const struct conn *conn, int64_t now)
{
    const struct server_options *options = &conn->conns->options;
    int64_t due = now + 60000000000ll;

    if (conn->is_close_sent)
        return conn->since + CLOSE_NS;
    if (options->ping_ns && conn->next_ping < due)
        due = conn->next_ping;
    if (conn->ping_since && conn->ping_since + options->pong_ns < due)
        due = conn->ping_since + options->pong_ns;
    if (conn->pongs.is_held && conn->pongs.next_ns < due)
        due = conn->pongs.next_ns;
    if (conn->partial_since && conn->partial_since + FRAME_NS < due)
        due = conn->partial_since + FRAME_NS;
    return due;
}

static void feed_socket(struct conn *conn, const void *bytes, size_t n)
{
    struct error err = {0};
    int is_partial;

    if (ws_feed(conn->ws, bytes, n, &err) < 0 && conn->stage == STAGE_SOCKET) {
        if (!conn->is_close_sent)
            conn->code = ws_code(conn->ws);
        send_close(conn, conn->code, err.text);
        finish(conn);
    }
    if (conn->stage != STAGE_SOCKET)
        return;
    is_partial = ws_is_partial(conn->ws);
    if (!is_partial) {
        conn->partial_since = 0;
    } else if (!conn->partial_since) {
        conn->partial_since = time_now(conn);
        set_timer(conn, socket_due(conn, conn->partial_since));
    }
}

/* Of a pong that is overdue: has something come that nobody has read? It was we then who were held
 * up, and that is read before anybody is judged by it; once, or who sends other things alone would
 * never be. */
static int is_to_be_heard(struct conn *conn)
{
    const struct conns_port *port = &conn->conns->port;

    if (conn->is_heard || port->is_pending == NULL || !port->is_pending(conn->link))
        return 0;
    conn->is_heard = 1;
    return 1;
}

static void on_socket_timer(struct conn *conn)
{
    int64_t now = time_now(conn);
    char text[24];

    if (conn->is_close_sent && now >= conn->since + CLOSE_NS) {
        end_conn(conn, 0);
        return;
    }
    if (!conn->is_close_sent) {
        int is_late = conn->ping_since && now - conn->ping_since >= conn->conns->options.pong_ns;

        if (is_late && is_to_be_heard(conn)) {
            set_timer(conn, now + READ_NS);
            return;
        }
        if (is_late || (conn->partial_since && now - conn->partial_since >= FRAME_NS)) {
            conn->code = WS_CODE_POLICY;
            send_close(conn, WS_CODE_POLICY, is_late ? "no pong" : "a message without end");
            finish(conn);
            return;
        }
        if (pong_gate_due(&conn->pongs, now))
            (void)send_frame(conn, WS_PONG, conn->pongs.bytes, conn->pongs.n);
        if (conn->conns->options.ping_ns && now >= conn->next_ping) {
            int n = snprintf(text, sizeof text, "%llu", (unsigned long long)++conn->pings);
            (void)send_frame(conn, WS_PING, text, (size_t)n);
            if (!conn->ping_since)
                conn->ping_since = now;
            conn->next_ping = now + conn->conns->options.ping_ns;
        }
    }
    set_timer(conn, socket_due(conn, now));
}

static void upgrade(struct conn *conn, const struct http_message *request)
{
    const struct server_owner *owner = conn->owner;
    const struct ws_owner reader = {conn, on_message, on_ping, on_pong, on_close};
    struct http_response refusal = {.status = 404};
    struct error err = {0};
    const char *key;
    char reply[256];
    int64_t n;

    if (ws_check_request(request, &key, &err) < 0) {
        const char *version = http_header_find(request, "sec-websocket-version");
        refuse(conn, version && strcmp(version, "13") != 0 ? 426 : 400, err.text);
        return;
    }
    if (owner->on_ws_request)
        refusal.status = owner->on_ws_request(owner->ctx, conn->id, request, conn->peer);
    if (conn->stage != STAGE_WAIT) // the owner has killed it
        return;
    if (refusal.status != 0) {
        if (send_response(conn, &refusal) < 0)
            end_conn(conn, 0);
        return;
    }
    n = ws_write_reply(reply, sizeof reply, key);
    if (n < 0 || ws_new(&conn->ws, WS_SERVER, NULL, &reader) < 0 ||
        send_bytes(conn, reply, (size_t)n) < 0) {
        end_conn(conn, 0);
        return;
    }
    conn->stage = STAGE_SOCKET;
    conn->next_ping = time_now(conn) + conn->conns->options.ping_ns;
    set_timer(conn, socket_due(conn, time_now(conn)));
    conn->is_told_open = 1;
    owner->on_ws_open(owner->ctx, conn->id);
}

/* ---- HTTP */

static void take_request(struct conn *conn)
{
    const struct http_message *request = http_message(conn->http);
    const struct server_owner *owner = conn->owner;
    const char *key;

    conn->stage = STAGE_WAIT;
    conn->partial_since = 0;
    conn->is_head = request->is_head;
    conn->is_last = !request->is_keep_alive && !request->is_upgrade;
    if (conn->is_over && (!owner->is_urgent || !owner->is_urgent(owner->ctx, request))) {
        refuse(conn, 503, "too many connections");
        return;
    }
    if (ws_check_request(request, &key, NULL) != AGON_ENOENT)
        upgrade(conn, request);
    else
        owner->on_request(owner->ctx, conn->id, request, conn->peer);
}

/* Looks at bytes until there are no more, or a request waits for its answer; what is left then is
 * held. */
static void feed(struct conn *conn, const char *bytes, size_t n)
{
    while (n > 0 && conn->stage == STAGE_READ) {
        struct error err = {0};
        size_t used = 0;
        int rc = http_feed(conn->http, bytes, n, &used, &err);

        bytes += used;
        n -= used;
        if (rc < 0) {
            int status = http_status(conn->http);
            refuse(conn, status ? status : 400, err.text);
            return;
        }
        if (rc == 1)
            take_request(conn);
        else if (http_wants_continue(conn->http))
            (void)send_bytes(conn, HTTP_CONTINUE, sizeof HTTP_CONTINUE - 1);
    }
    if (conn->stage == STAGE_SOCKET) {
        if (n > 0)
            feed_socket(conn, bytes, n);
    } else if (conn->stage == STAGE_WAIT) {
        // The parser's message is over for the owner, so its memory may be touched again.
        conn->conns->port.pause(conn->link, 1);
        set_timer(conn, INT64_MAX);
        if (n > 0 && grow_add(&conn->held, bytes, n) < 0)
            end_conn(conn, 0);
    } else if (conn->stage == STAGE_READ) {
        const struct server_options *options = &conn->conns->options;
        int64_t now = time_now(conn);
        // One deadline for the whole request: a byte now and then does not move it.
        if (!http_is_partial(conn->http)) {
            conn->partial_since = 0;
            set_timer(conn, now + options->idle_ns);
        } else if (!conn->partial_since) {
            conn->partial_since = now;
            set_timer(conn, now + options->request_ns);
        } else {
            set_timer(conn, conn->partial_since + options->request_ns);
        }
    }
}

static void feed_held(struct conn *conn)
{
    struct grow held = conn->held;

    conn->held = (struct grow){0};
    conn->partial_since = 0;
    feed(conn, (const char *)held.bytes, held.n);
    grow_free(&held);
}

void conns_timer(struct conn *conn)
{
    switch (conn->stage) {
    case STAGE_READ:
        if (conn->held.n)
            feed_held(conn);
        else if (conn->partial_since && http_is_partial(conn->http))
            refuse(conn, 408, "the request did not arrive in time");
        else
            end_conn(conn, 0);
        break;
    case STAGE_SOCKET:
        on_socket_timer(conn);
        break;
    case STAGE_CLOSING:
        end_conn(conn, 0);
        break;
    case STAGE_WAIT:
    case STAGE_ENDING:
        break;
    }
}

void conns_bytes(struct conn *conn, const void *bytes, size_t n)
{
    if (conn->stage == STAGE_SOCKET)
        feed_socket(conn, bytes, n);
    else if (conn->stage == STAGE_READ && conn->held.n == 0)
        feed(conn, bytes, n);
    else if (conn->stage == STAGE_READ || conn->stage == STAGE_WAIT) {
        // Reading is stopped by now, so at most what TLS had in hand comes here.
        if (grow_add(&conn->held, bytes, n) < 0)
            end_conn(conn, 0);
    }
}

void conns_end(struct conn *conn)
{
    end_conn(conn, 0);
}

/* Whoever holds a place and asks for nothing gives it up, the oldest first. */
static void make_room(struct conns *conns)
{
    const struct conns_port *port = &conns->port;
    struct conn *oldest;
    int64_t after = INT64_MIN;

    do {
        oldest = NULL;
        for (uint32_t i = 0; i < conns->room; i++) {
            struct conn *conn = conns->all[i];

            if (conn && conn->stage == STAGE_READ && conn->held.n == 0 && conn->since > after &&
                (!oldest || conn->since < oldest->since))
                oldest = conn;
        }
        if (!oldest)
            return;
        after = oldest->since;
        // Who has said something is heard first.
    } while (port->is_pending != NULL && port->is_pending(oldest->link));
    end_conn(oldest, 0);
}

struct conn *conns_open(struct conns *conns, const struct server_owner *owner, void *link,
                        const char *peer)
{
    struct conn *conn = conns->n < conns->room ? calloc(1, sizeof *conn) : NULL;
    uint32_t at;

    if (owner->is_urgent && conns->n >= conns->options.conns)
        make_room(conns);
    if (!conn || http_new(&conn->http, HTTP_SERVER, conns->options.body_cap) < 0) {
        free(conn);
        return NULL;
    }
    conn->conns = conns;
    conn->owner = owner;
    conn->link = link;
    conn->is_over = conns->n >= conns->options.conns;
    do
        at = conns->next_index++ % conns->room;
    while (conns->all[at]);
    conn->id = ++conns->serial << INDEX_BITS | at;
    conns->all[at] = conn;
    conns->n++;
    snprintf(conn->peer, sizeof conn->peer, "%.63s", peer);
    conn->since = time_now(conn);
    set_timer(conn, conn->since + conns->options.idle_ns);
    return conn;
}

void *conns_link(struct conns *conns, uint64_t id)
{
    struct conn *conn = find(conns, id);

    return conn ? conn->link : NULL;
}

/* ---- calls about one connection */

static struct conn *find_socket(struct conns *conns, uint64_t id)
{
    struct conn *conn = find(conns, id);

    return conn && conn->stage == STAGE_SOCKET && !conn->is_close_sent ? conn : NULL;
}

int conns_ws_send(struct conns *conns, uint64_t id, enum ws_opcode opcode, const void *bytes,
                  size_t n)
{
    struct conn *conn = find_socket(conns, id);

    return conn ? send_frame(conn, opcode, bytes, n) : AGON_ENOENT;
}

int conns_ws_ping(struct conns *conns, uint64_t id, const void *bytes, size_t n)
{
    return conns_ws_send(conns, id, WS_PING, bytes, n);
}

int conns_ws_close(struct conns *conns, uint64_t id, int code, const char *reason)
{
    struct conn *conn = find_socket(conns, id);

    if (!conn)
        return AGON_ENOENT;
    conn->code = code;
    send_close(conn, code, reason);
    if (!conn->is_close_sent)
        return AGON_EINVAL;
    conn->since = time_now(conn);
    set_timer(conn, conn->since + CLOSE_NS);
    return AGON_OK;
}

uint64_t conns_unsent(struct conns *conns, uint64_t id)
{
    struct conn *conn = find(conns, id);

    return conn ? queued(conn) : 0;
}

int conns_kill(struct conns *conns, uint64_t id, int is_reset)
{
    struct conn *conn = find(conns, id);

    if (!conn)
        return AGON_ENOENT;
    conn->code = WS_CODE_ABNORMAL;
    end_conn(conn, is_reset);
    return AGON_OK;
}

int conns_pause(struct conns *conns, uint64_t id, int is_paused)
{
    struct conn *conn = find(conns, id);

    if (!conn)
        return AGON_ENOENT;
    conn->is_paused = is_paused != 0;
    if (conn->stage != STAGE_WAIT)
        conns->port.pause(conn->link, is_paused);
    return AGON_OK;
}

int conns_raw(struct conns *conns, uint64_t id, const void *bytes, size_t n)
{
    struct conn *conn = find(conns, id);

    if (!conn)
        return AGON_ENOENT;
    if (queued(conn) + n > conns->options.queue_bytes)
        return AGON_EAGAIN;
    return send_bytes(conn, bytes, n);
}

/* ---- life */

static int64_t or_else(int64_t value, int64_t other)
{
    return value > 0 ? value : other;
}

int conns_new(struct conns **out, const struct conns_port *port,
              const struct server_options *options, struct error *err)
{
    struct conns *conns = calloc(1, sizeof *conns);
    struct server_options *mine;

    *out = NULL;
    if (!conns)
        return error_set(err, AGON_ENOMEM, "out of memory for a server");
    conns->port = *port;
    mine = &conns->options;
    if (options)
        *mine = *options;
    mine->conns = (uint32_t)or_else(mine->conns, 1024);
    mine->over = (uint32_t)or_else(mine->over, OVER_CONNS);
    mine->queue_bytes = (uint32_t)or_else(mine->queue_bytes, 1 << 20);
    mine->body_cap = mine->body_cap ? mine->body_cap : 1u << 20;
    mine->request_ns = or_else(mine->request_ns, 10000000000ll);
    mine->idle_ns = or_else(mine->idle_ns, 60000000000ll);
    mine->ping_ns = or_else(mine->ping_ns, 0);
    mine->pong_ns = or_else(mine->pong_ns, 3 * mine->ping_ns);
    if (mine->conns > CONNS_MAX || mine->over > CONNS_MAX - mine->conns) {
        free(conns);
        return error_set(err, AGON_EINVAL, "more than %u connections cannot be served", CONNS_MAX);
    }
    conns->room = mine->conns + mine->over;
    conns->all = calloc(conns->room, sizeof *conns->all);
    if (!conns->all) {
        free(conns);
        return error_set(err, AGON_ENOMEM, "out of memory for a server");
    }
    *out = conns;
    return AGON_OK;
}

void conns_free(struct conns *conns)
{
    if (!conns)
        return;
    REQUIRE(conns->n == 0);
    grow_free(&conns->scratch);
    free(conns->all);
    free(conns);
}

uint32_t conns_count(const struct conns *conns)
{
    return conns->n;
}

void conns_end_all(struct conns *conns)
{
    for (uint32_t i = 0; i < conns->room; i++) {
        if (conns->all[i])
            end_conn(conns->all[i], 0);
    }
}

void conns_stop(struct conns *conns, int is_graceful)
{
    conns->is_stopping = 1;
    if (!is_graceful)
        conns_end_all(conns);
    for (uint32_t i = 0; is_graceful && i < conns->room; i++) {
        struct conn *conn = conns->all[i];
        if (!conn)
            continue;
        if (conn->stage == STAGE_SOCKET)
            (void)conns_ws_close(conns, conn->id, WS_CODE_AWAY, "going away");
        else if (conn->stage == STAGE_READ && !http_is_partial(conn->http) && !conn->held.n)
            finish(conn); // replies that are still queued may go
    }
}
