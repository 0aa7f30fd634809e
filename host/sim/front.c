// SPDX-License-Identifier: Apache-2.0
#include "sim/front.h"

#include <stdio.h>
#include <stdlib.h>

#define APART_NS 1000000000 /* a market nearer to UTC stands at UTC */

struct held { /* an answer that comes late */
    uint64_t conn;
    agon_ns_t t_due, t_market; /* t_market: of the market that it was made from */
    struct sim_reply reply;
    char *body; /* owned */
};
#define HELD_MAX 256

struct sim_front {
    struct sim_front_config config;
    struct server_owner owner;
    struct held *held[HELD_MAX]; /* owned */
    uint32_t n_held;
    struct sim *sim;     /* owned */
    struct conns *conns; /* borrowed */
    struct sim_place place;
    char bars[PIT_BARS_TEXT]; /* what is said of a market of bars; "": nothing */
    uint8_t is_stopping;
};

static agon_ns_t utc_of(const struct sim_front *front)
{
    return front->config.utc(front->config.utc_ctx);
}

static const struct sim_clock *clock_of(const struct sim_front *front)
{
    return front->config.pace ? &front->config.pace->clock : &front->config.clock;
}

// The time of a call into the dialect, which brings the market there.
static struct sim_time now_of(struct sim_front *front)
{
    struct sim_time now;

    if (!front->config.pace)
        return sim_clock_at(&front->config.clock, utc_of(front));
    now = sim_pace_now(front->config.pace, &front->place, utc_of(front));
    front->place.t_reached = now.market;
    return now;
}

/* Where the market's time is another than UTC, a client is told what it was when the answer was
 * made, and how fast it runs: the venue's own answers name transport time alone. By it a client
 * knows which bars of an answer have closed. */
static int says_market(const struct sim_front *front, agon_ns_t t_market, char text[48])
{
    const struct sim_pace *pace = front->config.pace;
    agon_ns_t transport;

    if (!pace)
        return 0;
    transport = utc_of(front);
    if (pace->clock.speed_milli == 1000 && t_market - transport <= APART_NS &&
        transport - t_market <= APART_NS)
        return 0;
    snprintf(text, 48, "%lld %lld", (long long)t_market, (long long)pace->clock.speed_milli);
    return 1;
}

static void respond(struct sim_front *front, uint64_t conn, const struct sim_reply *reply,
                    const char *body, agon_ns_t t_market)
{
    struct http_header out[SIM_REPLY_HEADERS + 3];
    struct http_response response = {.headers = out};
    char market[48];

    out[response.n_headers++] = (struct http_header){"content-type", reply->type};
    if (says_market(front, t_market, market))
        out[response.n_headers++] = (struct http_header){"x-agon-market-time", market};
    if (front->bars[0] != '\0')
        out[response.n_headers++] = (struct http_header){"x-agon-market-bars", front->bars};
    for (uint32_t i = 0; i < reply->n_headers; i++)
        out[response.n_headers++] =
            (struct http_header){reply->headers[i].name, reply->headers[i].value};
    response.status = reply->status;
    response.body = body;
    response.body_n = reply->body_n;
    conns_respond(front->conns, conn, &response);
}

static void hold(struct sim_front *front, uint64_t conn, const struct sim_reply *reply,
                 const struct sim_time *now)
{
    struct held *held = front->n_held < HELD_MAX ? calloc(1, sizeof(*held)) : NULL;

    if (held)
        held->body = malloc(reply->body_n + 1);
    if (!held || !held->body) { // it is not late, then
        free(held);
        respond(front, conn, reply, reply->body, now->market);
        return;
    }
    held->conn = conn;
    held->t_due = now->transport + reply->late_ns;
    held->t_market = now->market;
    held->reply = *reply;
    memcpy(held->body, reply->body, reply->body_n);
    front->held[front->n_held++] = held;
}

static void drop_held(struct held *held)
{
    free(held->body);
    free(held);
}

static void send_held(struct sim_front *front, agon_ns_t now)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < front->n_held; i++) {
        struct held *held = front->held[i];

        if (held->t_due > now) {
            front->held[kept++] = held;
            continue;
        }
        respond(front, held->conn, &held->reply, held->body, held->t_market);
        drop_held(held);
    }
    front->n_held = kept;
}

/* --- requests --- */

static void peer_address(const char *peer, char address[64])
{
    const char *colon = strrchr(peer, ':');
    size_t n = colon ? (size_t)(colon - peer) : strlen(peer);

    n = n > 63 ? 63 : n;
    memcpy(address, peer, n);
    address[n] = '\0';
}

static void to_request(const struct http_message *message, const char *address,
                       struct sim_header headers[HTTP_HEADERS_MAX], struct sim_request *request)
{
    uint32_t n = message->n_headers < HTTP_HEADERS_MAX ? message->n_headers : HTTP_HEADERS_MAX;

    for (uint32_t i = 0; i < n; i++)
        headers[i] = (struct sim_header){message->headers[i].name, message->headers[i].value};
    *request = (struct sim_request){.method = message->method,
                                    .path = message->path,
                                    .query = message->query,
                                    .body = message->body_n ? message->body : NULL,
                                    .body_n = message->body_n,
                                    .headers = headers,
                                    .n_headers = n,
                                    .peer = address};
}

static void on_request(void *ctx, uint64_t conn, const struct http_message *message,
                       const char *peer)
{
    struct sim_header headers[HTTP_HEADERS_MAX];
    struct sim_front *front = ctx;
    struct sim_time now = now_of(front);
    struct sim_request request;
    struct sim_reply reply;
    char address[64];

    peer_address(peer, address);
    to_request(message, address, headers, &request);
    request.conn = conn;
    front->config.dialect->http(front->sim, &now, &request, &reply);
    if (reply.status == SIM_NO_REPLY)
        return; // the connection waits until its client has had enough
    if (reply.status == SIM_RESET_REPLY)
        conns_kill(front->conns, conn, 1);
    else if (reply.late_ns > 0)
        hold(front, conn, &reply, &now);
    else
        respond(front, conn, &reply, reply.body, now.market);
}

static int on_ws_request(void *ctx, uint64_t conn, const struct http_message *message,
                         const char *peer)
{
    struct sim_header headers[HTTP_HEADERS_MAX];
    struct sim_front *front = ctx;
    struct sim_time now = now_of(front);
    struct sim_request request;
    struct sim_reply reply;
    char address[64];

    if (front->is_stopping)
        return 503;
    peer_address(peer, address);
    to_request(message, address, headers, &request);
    if (front->config.dialect->ws_open(front->sim, &now, conn, &request, &reply))
        return 0;
    return reply.status;
}

static void on_ws_open(void *ctx, uint64_t conn)
{
    (void)ctx;
    (void)conn;
}

static void on_ws_message(void *ctx, uint64_t conn, enum ws_opcode opcode, const void *bytes,
                          size_t n)
{
    struct sim_front *front = ctx;
    struct sim_time now = now_of(front);

    front->config.dialect->ws_frame(front->sim, &now, conn,
                                    opcode == WS_TEXT ? SIM_TEXT : SIM_BINARY, bytes, n);
}

static void on_ws_pong(void *ctx, uint64_t conn, const void *bytes, size_t n)
{
    struct sim_front *front = ctx;
    struct sim_time now = now_of(front);

    front->config.dialect->ws_frame(front->sim, &now, conn, SIM_PONG, bytes, n);
}

static void on_ws_close(void *ctx, uint64_t conn, int code)
{
    struct sim_front *front = ctx;
    struct sim_time now = now_of(front);

    (void)code;
    front->config.dialect->ws_gone(front->sim, &now, conn);
}

static void on_frame(void *ctx, uint64_t conn, enum sim_frame kind, const void *bytes, size_t n,
                     int code)
{
    struct sim_front *front = ctx;
    int rc = AGON_OK;

    switch (kind) {
    case SIM_TEXT:
    case SIM_BINARY:
        rc = conns_ws_send(front->conns, conn, kind == SIM_TEXT ? WS_TEXT : WS_BINARY, bytes, n);
        break;
    case SIM_PING:
        rc = conns_ws_ping(front->conns, conn, bytes, n);
        break;
    case SIM_PONG: // the codec has answered
    case SIM_RESET:
    case SIM_STALL:
        break;
    case SIM_CLOSE:
        conns_ws_close(front->conns, conn, code, bytes);
        break;
    }
    if (kind == SIM_RESET)
        conns_kill(front->conns, conn, 1);
    else if (kind == SIM_STALL)
        conns_pause(front->conns, conn, 1);
    // A client that does not read is cut off, as the venue does.
    if (rc == AGON_EAGAIN)
        conns_ws_close(front->conns, conn, WS_CODE_POLICY, "slow consumer");
}

// A request that was held has its answer. The client may have gone, or sent no more since.
static void on_reply(void *ctx, uint64_t conn, const struct sim_reply *reply)
{
    struct sim_front *front = ctx;

    respond(front, conn, reply, reply->body, front->place.t_reached);
}

/* --- life --- */

agon_ns_t sim_front_due(const struct sim_front *front)
{
    struct sim_time next;
    agon_ns_t due;

    if (front->place.is_behind)
        return 0;
    front->config.dialect->due(front->sim, &next);
    due = sim_clock_when(clock_of(front), next.market);
    for (uint32_t i = 0; i < front->n_held; i++)
        if (front->held[i]->t_due < due)
            due = front->held[i]->t_due;
    return next.transport < due ? next.transport : due;
}

void sim_front_tick(struct sim_front *front)
{
    struct sim_pace *pace = front->config.pace;
    struct sim_time now = pace ? sim_pace_step(pace, &front->place, utc_of(front)) : now_of(front);

    front->place.t_reached = now.market;
    front->config.dialect->tick(front->sim, &now);
    send_held(front, now.transport);
    if (pace)
        sim_pace_judge(pace, &front->place, utc_of(front));
}

int sim_front_new(struct sim_front **made, const struct sim_front_config *config, struct error *err)
{
    struct sim_front *front = calloc(1, sizeof(*front));
    int rc;

    *made = NULL;
    if (!front)
        return error_set(err, AGON_ENOMEM, "out of memory");
    front->config = *config;
    front->place.t_reached = clock_of(front)->t_market;
    pit_bars_text(config->sim.pit, front->bars);
    front->config.sim.sink.ctx = front;
    front->config.sim.sink.frame = on_frame;
    front->config.sim.sink.reply = on_reply;
    front->owner = (struct server_owner){.ctx = front,
                                         .on_request = on_request,
                                         .on_ws_request = on_ws_request,
                                         .on_ws_open = on_ws_open,
                                         .on_ws_message = on_ws_message,
                                         .on_ws_pong = on_ws_pong,
                                         .on_ws_close = on_ws_close};
    rc = config->dialect->open(&front->sim, &front->config.sim, err);
    if (rc < 0) {
        sim_front_free(front);
        return rc;
    }
    *made = front;
    return AGON_OK;
}

void sim_front_on(struct sim_front *front, struct conns *conns)
{
    front->conns = conns;
}

const struct server_owner *sim_front_owner(const struct sim_front *front)
{
    return &front->owner;
}

void sim_front_stop(struct sim_front *front)
{
    struct sim_time now = now_of(front);

    if (front->is_stopping)
        return;
    front->config.dialect->shutdown(front->sim, &now);
    front->is_stopping = 1;
}

struct sim *sim_front_sim(struct sim_front *front, struct sim_time *now)
{
    *now = now_of(front);
    return front->sim;
}

void sim_front_free(struct sim_front *front)
{
    if (!front)
        return;
    for (uint32_t i = 0; i < front->n_held; i++)
        drop_held(front->held[i]);
    if (front->sim)
        front->config.dialect->close(front->sim);
    free(front);
}
