// SPDX-License-Identifier: Apache-2.0
/* transport: what both markets share around their calls: the dialect's entry points, requests and
 * their answers, limits per address and per account, the life of connections. Where the markets
 * differ is in struct simb_venue. */
#include <stdio.h>
#include <stdlib.h>

#include "sim/binance/simb.h"

#define CONNECTS_PER_5M 300
#define LIFE_NS         (86400 * SIMB_NS_PER_S)

/* --- REST --- */

static const char *header_of(const struct sim_request *request, const char *name)
{
    for (uint32_t i = 0; i < request->n_headers; i++)
        if (strcmp(request->headers[i].name, name) == 0)
            return request->headers[i].value;
    return NULL;
}

static void add_header(struct sim_reply *reply, const char *name, int64_t value)
{
    if (reply->n_headers == SIM_REPLY_HEADERS)
        return;
    snprintf(reply->headers[reply->n_headers].name, sizeof(reply->headers[0].name), "%s", name);
    snprintf(reply->headers[reply->n_headers].value, sizeof(reply->headers[0].value), "%lld",
             (long long)value);
    reply->n_headers++;
}

static void finish(struct simb_call *call, struct sim_reply *reply)
{
    struct simb *b = call->b;
    agon_ns_t now = call->now->transport;
    int64_t used = simb_window_get(&call->peer->weight, now, SIMB_NS_PER_MIN);

    reply->status = call->status;
    reply->type = "application/json;charset=UTF-8";
    reply->body = jout_text(&b->sim.out);
    reply->body_n = b->sim.out.n;
    add_header(reply, "X-MBX-USED-WEIGHT", used);
    add_header(reply, "X-MBX-USED-WEIGHT-1M", used);
    if (call->has_order_count) {
        add_header(reply, "X-MBX-ORDER-COUNT-10S",
                   simb_window_get(&call->account->orders_10s, now, 10 * SIMB_NS_PER_S));
        add_header(reply, b->venue->orders_long_header,
                   simb_window_get(&call->account->orders_long, now, b->venue->orders_long_ns));
    }
    if (call->retry_at)
        add_header(reply, "Retry-After",
                   (call->retry_at - now + SIMB_NS_PER_S - 1) / SIMB_NS_PER_S);
}

struct simb_call *simb_begin(struct simb *b, const struct sim_time *now)
{
    struct simb_call *call = &b->call;

    memset(call, 0, offsetof(struct simb_call, params));
    memset((char *)call + offsetof(struct simb_call, n_params), 0,
           sizeof(*call) - offsetof(struct simb_call, n_params));
    b->sim.now = *now;
    b->text_n = 0;
    call->b = b;
    call->now = &b->sim.now;
    call->t_came = b->t_came;
    call->out = &b->sim.out;
    jout_reset(&b->sim.out);
    b->sim.out.is_micro = 0;
    return call;
}

// The text that was signed: query and body as they came, without the signature itself.
static size_t without_signature(const char *text, size_t n, char *out)
{
    size_t used = 0;

    while (n > 0) {
        const char *end = memchr(text, '&', n);
        size_t pair = end ? (size_t)(end - text) : n;

        if (pair < 10 || memcmp(text, "signature=", 10) != 0) {
            if (used > 0)
                out[used++] = '&';
            memcpy(out + used, text, pair);
            used += pair;
        }
        n -= end ? pair + 1 : pair;
        text += end ? pair + 1 : pair;
    }
    return used;
}

static void http_page(struct sim_reply *reply, int status, const char *body)
{
    reply->status = status;
    reply->type = "text/html";
    reply->body = body;
    reply->body_n = strlen(body);
}

static void answer(struct simb *b, const struct sim_request *request, int is_held,
                   struct sim_reply *reply);

static void take_one(struct simb *b, const struct simb_held *held, int is_answered)
{
    const struct sim_header headers[] = {{"x-mbx-apikey", held->key},
                                         {"x-mbx-time-unit", held->unit}};
    struct sim_request request = {.method = held->method,
                                  .path = held->path,
                                  .query = held->query,
                                  .body = held->body,
                                  .body_n = held->body_n,
                                  .headers = headers,
                                  .n_headers = held->unit[0] != '\0' ? 2 : 1,
                                  .peer = held->peer,
                                  .conn = held->conn};
    struct sim_reply reply;

    memset(&reply, 0, sizeof(reply));
    answer(b, &request, 1, &reply);
    if (is_answered && reply.status != SIM_NO_REPLY && held->conn != 0 && b->sim.config.sink.reply)
        b->sim.config.sink.reply(b->sim.config.sink.ctx, held->conn, &reply);
}

// What was held is taken now: the time stamp is judged by this moment, not by that of its coming.
static void take_held(struct simb *b)
{
    struct simb_held held;

    while (b->n_held > 0 && simb_fault_held(b, &held)) {
        take_one(b, &held, held.answer == FAULT_COMES);
        free(held.query);
        free(held.body);
    }
}

void simb_take_waiting(struct simb *b, uint32_t sym)
{
    struct simb_wait wait;

    while (b->n_waits > 0 && simb_wait_next(b, sym, &wait)) {
        struct simb_conn *conn = wait.text ? simb_conn_of(b, wait.rest.conn) : NULL;

        b->t_came = wait.t_came;
        if (conn)
            simb_api_text(b, conn, wait.text, wait.n);
        else if (!wait.text)
            take_one(b, &wait.rest, !wait.is_told);
        b->t_came = 0;
        simb_wait_free(&wait);
    }
}

static void finish(struct simb_call *call, struct sim_reply *reply);

// As at the venue when what is behind its front does not answer: nobody knows what became of it.
static void tell_late(struct simb *b)
{
    struct simb_wait *wait;

    while (b->n_waits > 0 && (wait = simb_wait_late(b)) != NULL) {
        struct simb_conn *conn = wait->text ? simb_conn_of(b, wait->rest.conn) : NULL;
        struct sim_reply reply;
        struct simb_call *call;

        if (conn)
            simb_api_late(b, conn, wait->text, wait->n);
        if (wait->text || wait->rest.conn == 0 || !b->sim.config.sink.reply)
            continue;
        memset(&reply, 0, sizeof(reply));
        call = simb_begin(b, &b->sim.now);
        call->peer = simb_peer_of(b, wait->rest.peer, b->sim.now.transport);
        simb_fault_error(call, &(struct fault){0});
        simb_error_body(call, &b->sim.out);
        finish(call, &reply);
        b->sim.config.sink.reply(b->sim.config.sink.ctx, wait->rest.conn, &reply);
    }
}

static void advance(struct simb *b, const struct sim_time *now)
{
    b->sim.now = *now;
    if (now->market > pit_now(b->sim.pit))
        pit_advance(b->sim.pit, now->market);
    if (b->venue->settle)
        b->venue->settle(b);
    simb_flush_balances(b);
    sim_faults_tick(&b->sim);
    sim_end_doomed(&b->sim);
    simb_past_note(b);
    take_held(b);
    tell_late(b);
}

static void spoil(struct simb *b, struct sim_reply *reply, const struct fault *fault)
{
    if (fault->what == FAULT_TIMEOUT)
        reply->status = SIM_NO_REPLY;
    else if (fault->what == FAULT_RESET)
        reply->status = SIM_RESET_REPLY;
    else if (fault->what == FAULT_LATE)
        reply->late_ns = faults_delay(b->sim.config.faults, fault);
}

/* A request that waits: what its client is told at once. */
static void put_off(struct simb_call *call, const struct sim_request *request,
                    const struct fault *fault, struct sim_reply *reply)
{
    struct simb *b = call->b;

    simb_fault_hold(b, fault, request, header_of(request, "x-mbx-apikey"),
                    header_of(request, "x-mbx-time-unit"));
    if (fault->answer == FAULT_FAILS) {
        simb_fault_error(call, fault);
        jout_reset(&b->sim.out);
        simb_error_body(call, &b->sim.out);
        finish(call, reply);
    } else {
        reply->status = fault->answer == FAULT_CUT ? SIM_RESET_REPLY : SIM_NO_REPLY;
    }
}

/* The text that was signed, into payload; -1: it is too long. */
static int64_t signed_part(struct simb *b, const struct sim_request *request)
{
    size_t query_n = strlen(request->query), n;

    if (query_n + request->body_n + 2 > sizeof(b->payload))
        return -1;
    n = without_signature(request->query, query_n, b->payload);
    return (int64_t)(n + without_signature(request->body, request->body_n, b->payload + n));
}

static const struct simb_route *route_of(const struct simb *b, const struct sim_request *request)
{
    for (const struct simb_route *route = b->venue->routes; route->run; route++)
        if (route->path && strcmp(route->path, request->path) == 0 &&
            strcmp(route->method, request->method) == 0)
            return route;
    return NULL;
}

static int check_unit(struct simb_call *call, const char *unit)
{
    if (!unit || call->b->sim.out.is_micro || strcmp(unit, "MILLISECOND") == 0 ||
        strcmp(unit, "millisecond") == 0)
        return 0;
    return simb_fail(call, 400, -1194,
                     "Invalid value for time unit; expected either MICROSECOND or MILLISECOND.");
}

static void answer(struct simb *b, const struct sim_request *request, int is_held,
                   struct sim_reply *reply)
{
    const struct simb_route *route = route_of(b, request);
    const char *unit = header_of(request, "x-mbx-time-unit");
    const char *key = header_of(request, "x-mbx-apikey");
    struct fault *fault = NULL;
    struct simb_call *call;
    int64_t n;
    int rc;

    if (!route) {
        http_page(reply, 404, "<html><head><title>404 Not Found</title></head></html>\n");
        return;
    }
    call = simb_begin(b, &b->sim.now);
    call->route = route;
    call->peer = simb_peer_of(b, request->peer, b->sim.now.transport);
    b->sim.out.is_micro =
        unit && (strcmp(unit, "MICROSECOND") == 0 || strcmp(unit, "microsecond") == 0);
    n = signed_part(b, request);
    if (n < 0) {
        http_page(reply, 414, "<html><head><title>414 URI Too Large</title></head></html>\n");
        return;
    }
    rc = check_unit(call, unit) < 0 ||
                 simb_params_add(call, request->query, strlen(request->query), 0) < 0 ||
                 simb_params_add(call, request->body, request->body_n, 1) < 0
             ? -1
             : 0;
    if (rc == 0 && !is_held)
        fault = simb_fault_request(call, request->method, request->path);
    if (fault && fault->what == FAULT_HOLD) {
        put_off(call, request, fault, reply);
        return;
    }
    if (rc == 0 && !sim_fault_hides(fault))
        rc = simb_run(call, key, b->payload, (size_t)n);
    if (rc == SIMB_WAITS) {
        rc = simb_wait_rest(call, request, key, unit)
                 ? SIMB_WAITS
                 : simb_fail(call, 503, -1008, "Server is currently overloaded.");
        if (rc == SIMB_WAITS) {
            reply->status = SIM_NO_REPLY;
            return;
        }
    }
    if (rc == 0 && fault && fault->what == FAULT_DUPLICATE) {
        jout_reset(&b->sim.out);
        rc = simb_run(call, key, b->payload, (size_t)n);
    }
    if (fault && fault->what == FAULT_ERROR)
        rc = simb_fault_error(call, fault);
    if (rc < 0) {
        jout_reset(&b->sim.out);
        simb_error_body(call, &b->sim.out);
    }
    finish(call, reply);
    if (fault)
        spoil(b, reply, fault);
}

void simb_http(struct sim *sim, const struct sim_time *now, const struct sim_request *request,
               struct sim_reply *reply)
{
    struct simb *b = (struct simb *)sim;

    memset(reply, 0, sizeof(*reply));
    advance(b, now);
    answer(b, request, 0, reply);
}

/* --- connections --- */

struct simb_conn *simb_conn_of(struct simb *b, uint64_t id)
{
    const struct sim_conn *base = id != 0 ? sim_conn_of(&b->sim, id) : NULL;

    return base ? &b->conns[sim_place_of(&b->sim, base)] : NULL;
}

static int starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

// "/public/ws/..." and its like: which of the three it is decides nothing here.
static const char *past_split(const char *path)
{
    static const char *const prefixes[] = {"/public/", "/market/", "/private/"};

    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
        if (starts_with(path, prefixes[i]))
            return path + strlen(prefixes[i]) - 1;
    return path;
}

int simb_ws_open(struct sim *sim, const struct sim_time *now, uint64_t id,
                 const struct sim_request *request, struct sim_reply *reply)
{
    struct simb *b = (struct simb *)sim;
    struct simb_conn *conn;
    struct sim_conn *base;
    struct simb_call *call;
    int status = 0;
    const char *path = b->venue->is_split ? past_split(request->path) : request->path;
    int is_api = strcmp(request->path, b->venue->api_path) == 0;
    uint32_t connects_max = b->sim.config.limits.connects_per_5min
                                ? b->sim.config.limits.connects_per_5min
                                : CONNECTS_PER_5M;

    memset(reply, 0, sizeof(*reply));
    advance(b, now);
    if (!is_api && strcmp(path, "/ws") != 0 && !starts_with(path, "/ws/") &&
        strcmp(path, "/stream") != 0) {
        http_page(reply, 404, "<html><head><title>404 Not Found</title></head></html>\n");
        return 0;
    }
    base = sim_conn_of(sim, 0);
    call = simb_begin(b, now);
    call->peer = simb_peer_of(b, request->peer, now->transport);
    if (simb_is_away(call)) {
        simb_error_body(call, &b->sim.out);
        finish(call, reply);
        return 0;
    }
    if (simb_window_add(&call->peer->connects, now->transport, 5 * SIMB_NS_PER_MIN, 1) >
            connects_max ||
        !base) {
        call->retry_at = (now->transport / (5 * SIMB_NS_PER_MIN) + 1) * 5 * SIMB_NS_PER_MIN;
        simb_fail(call, 429, -1034,
                  "Too many connection attempts from IP; current limit is %u per '5 MINUTE'.",
                  connects_max);
        simb_error_body(call, &b->sim.out);
        finish(call, reply);
        return 0;
    }
    // A connection to the request API weighs two; market streams cost nothing but their number.
    if (simb_charge(call, is_api ? 2 : 0) < 0) {
        simb_error_body(call, &b->sim.out);
        finish(call, reply);
        return 0;
    }
    *base = (struct sim_conn){.id = id, .t_open = now->transport};
    conn = &b->conns[sim_place_of(sim, base)];
    conn->peer = call->peer;
    conn->is_api = is_api != 0;
    conn->next_ping =
        now->transport + (b->sim.config.limits.ping_every_ns ? b->sim.config.limits.ping_every_ns
                                                             : b->venue->ping_every_ns);
    conn->is_micro = strstr(request->query, "timeUnit=MICROSECOND") != NULL ||
                     strstr(request->query, "timeUnit=microsecond") != NULL;
    conn->hides_limits = strstr(request->query, "returnRateLimits=false") != NULL;
    if (!is_api && simb_stream_open(b, conn, path, request->query) < 0) {
        sim_forget_conn(&b->sim, conn->base);
        http_page(reply, 400, "<html><head><title>400 Bad Request</title></head></html>\n");
        return 0;
    }
    if (sim_fault_socket(sim, conn->base, request->path, &status)) {
        sim_forget_conn(&b->sim, conn->base);
        http_page(reply, status, "<html><head><title>Refused</title></head></html>\n");
        return 0;
    }
    reply->status = 101;
    return 1;
}

static int is_flood(struct simb *b, struct simb_conn *conn)
{
    uint32_t most = b->sim.config.limits.messages_per_s ? b->sim.config.limits.messages_per_s
                                                        : b->venue->messages_per_s;

    return simb_window_add(&conn->messages, b->sim.now.transport, SIMB_NS_PER_S, 1) > most;
}

void simb_ws_frame(struct sim *sim, const struct sim_time *now, uint64_t id, enum sim_frame kind,
                   const void *bytes, size_t n)
{
    struct simb *b = (struct simb *)sim;
    struct simb_conn *conn = simb_conn_of(b, id);

    advance(b, now);
    conn = simb_conn_of(b, id); // it may have ended by what the time brought
    if (!conn)
        return;
    if ((!conn->is_api || kind == SIM_PING || kind == SIM_PONG) && is_flood(b, conn)) {
        sim_end_conn(&b->sim, conn->base, SIM_CLOSE, 1008, "Too many requests");
        return;
    }
    switch (kind) {
    case SIM_PING:
        sim_emit_kind(&b->sim, conn->base, SIM_PONG, bytes, n);
        break;
    case SIM_PONG:
        // Only a copy of our ping's payload is an answer.
        if (conn->ping_n == n && n > 0 && memcmp(conn->ping, bytes, n) == 0)
            conn->unanswered_since = 0;
        break;
    case SIM_TEXT:
        if (conn->is_api)
            simb_api_text(b, conn, bytes, n);
        else
            simb_stream_text(b, conn, bytes, n);
        break;
    case SIM_BINARY:
        sim_end_conn(&b->sim, conn->base, SIM_CLOSE, 1003, "Binary frames are not accepted");
        break;
    case SIM_CLOSE:
        sim_forget_conn(&b->sim, conn->base);
        break;
    case SIM_RESET:
    case SIM_STALL:
        break; // never from a client
    }
}

static void tick_conn(struct simb *b, struct simb_conn *conn)
{
    const struct sim_limits *limits = &b->sim.config.limits;
    agon_ns_t now = b->sim.now.transport;

    if (now - conn->base->t_open >=
        (limits->connection_life_ns ? limits->connection_life_ns : LIFE_NS)) {
        sim_end_conn(&b->sim, conn->base, SIM_CLOSE, 1001, "");
        return;
    }
    if (conn->unanswered_since &&
        now - conn->unanswered_since >=
            (limits->pong_within_ns ? limits->pong_within_ns : b->venue->pong_within_ns)) {
        sim_end_conn(&b->sim, conn->base, SIM_CLOSE, 1008, "Pong timeout");
        return;
    }
    if (now < conn->next_ping)
        return;
    conn->next_ping =
        now + (limits->ping_every_ns ? limits->ping_every_ns : b->venue->ping_every_ns);
    if (!conn->unanswered_since)
        conn->unanswered_since = now;
    conn->ping_n = (uint32_t)snprintf(conn->ping, sizeof(conn->ping), "%lld",
                                      (long long)(now / SIMB_NS_PER_MS));
    sim_emit_kind(&b->sim, conn->base, SIM_PING, conn->ping, conn->ping_n);
}

void simb_tick(struct sim *sim, const struct sim_time *now)
{
    struct simb *b = (struct simb *)sim;

    advance(b, now);
    simb_tick_keys(b);
    for (uint32_t i = 0; i < SIM_CONNS_MAX; i++)
        if (b->sim.conns[i].id)
            tick_conn(b, &b->conns[i]);
}

static agon_ns_t earlier(agon_ns_t a, agon_ns_t b)
{
    return a < b ? a : b;
}

void simb_due(const struct sim *sim, struct sim_time *next)
{
    const struct simb *b = (const struct simb *)sim;
    const struct sim_limits *limits = &b->sim.config.limits;

    next->market = pit_next(b->sim.pit);
    next->transport = b->venue->due ? b->venue->due(b) : INT64_MAX;
    next->transport = earlier(next->transport, sim_faults_due(sim));
    next->transport = earlier(next->transport, simb_held_due(b));
    next->transport = earlier(next->transport, simb_wait_due(b));
    for (uint32_t i = 0; i < SIM_CONNS_MAX; i++) {
        const struct simb_conn *conn = &b->conns[i];

        if (!conn->base->id)
            continue;
        next->transport = earlier(next->transport, conn->next_ping);
        next->transport =
            earlier(next->transport,
                    conn->base->t_open +
                        (limits->connection_life_ns ? limits->connection_life_ns : LIFE_NS));
        if (conn->unanswered_since)
            next->transport =
                earlier(next->transport, conn->unanswered_since + (limits->pong_within_ns
                                                                       ? limits->pong_within_ns
                                                                       : b->venue->pong_within_ns));
    }
    for (uint32_t i = 0; i < b->sim.n_accounts; i++)
        if (b->accounts[i].listen_until)
            next->transport = earlier(next->transport, b->accounts[i].listen_until);
}

void simb_shutdown(struct sim *sim, const struct sim_time *now)
{
    struct simb *b = (struct simb *)sim;

    b->sim.now = *now;
    for (uint32_t i = 0; i < SIM_CONNS_MAX; i++) {
        struct simb_conn *conn = &b->conns[i];
        struct jout *out = &b->sim.frame;

        if (!conn->base->id)
            continue;
        jout_reset(out);
        out->is_micro = conn->is_micro;
        jout_open(out, '{');
        if (conn->is_api) {
            jout_key(out, "event");
            jout_open(out, '{');
        } else if (conn->is_combined) {
            jout_kv_str(out, "stream", "!serverShutdown");
            jout_key(out, "data");
            jout_open(out, '{');
        }
        jout_kv_str(out, "e", "serverShutdown");
        jout_kv_time(out, "E", now->transport);
        if (conn->is_api || conn->is_combined)
            jout_close(out, '{');
        jout_close(out, '{');
        out->is_micro = 0;
        sim_emit(&b->sim, conn->base, jout_text(out), out->n);
    }
}

/* --- life --- */

void simb_end(struct sim *sim)
{
    struct simb *b = (struct simb *)sim;
    const struct pit_hooks none = {0};

    pit_set_hooks(sim->pit, &none);
    if (!b->venue) // it did not get as far as simb_begin_venue
        return;
    simb_past_close(b);
    simb_records_free(b);
    simb_held_free(b);
    for (uint32_t i = 0; i < b->n_waits; i++)
        simb_wait_free(&b->waits[i]);
    free(b->waits);
    if (b->venue->close)
        b->venue->close(b);
    for (uint32_t i = 0; i < SIM_CONNS_MAX; i++)
        free(b->conns[i].streams);
    for (uint32_t i = 0; i < PIT_SYMBOLS_MAX; i++)
        for (int j = 0; j < SIMB_SPEEDS; j++) {
            free(b->sent[i][j].bid);
            free(b->sent[i][j].ask);
        }
    jout_deinit(&b->data);
    jout_deinit(&b->wrapped);
}

int simb_begin_venue(struct sim *sim, struct error *err)
{
    struct simb *b = (struct simb *)sim;
    int rc;

    b->venue = (const struct simb_venue *)sim->ways;
    for (uint32_t i = 0; i < SIM_CONNS_MAX; i++)
        b->conns[i].base = &sim->conns[i];
    for (uint32_t i = 0; i < sim->n_accounts; i++) {
        b->accounts[i].member = sim->accounts[i].member;
        b->accounts[i].owner = i;
        b->accounts[i].t_update = pit_now(sim->pit);
    }
    rc = simb_records_init(b);
    rc = rc < 0 ? error_set(err, rc, "out of memory") : b->venue->open(b, err);
    if (rc >= 0 && simb_past_open(b) < 0)
        rc = error_set(err, AGON_ENOMEM, "out of memory");
    return rc;
}
