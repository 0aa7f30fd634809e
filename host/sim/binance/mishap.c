// SPDX-License-Identifier: Apache-2.0
/* mishap: what goes wrong when faults are told to (sim/faults.h): where the dialect asks, and what
 * it then does. A connection that is to end does so when nobody walks over it any more
 * (simb_mishap_sweep). */
#include <stdio.h>
#include <stdlib.h>

#include "sim/binance/simb.h"

static enum fault_market market_of(const struct simb *b)
{
    return b->um ? FAULT_UM : FAULT_SPOT;
}

static struct fault *ask(struct simb *b, struct fault_met *met)
{
    met->market = market_of(b);
    return faults_ask(b->sim.config.faults, b->sim.now.transport, met);
}

static void log_fault(struct simb *b, const struct fault *fault, const char *what)
{
    struct jout *line = &b->sim.line;

    if (!b->sim.config.sink.log)
        return;
    jout_reset(line);
    jout_open(line, '{');
    jout_kv_str(line, "kind", "fault");
    jout_kv_int(line, "t_market_ns", b->sim.now.market);
    jout_kv_int(line, "t_transport_ns", b->sim.now.transport);
    jout_kv_str(line, "market", b->um ? "um" : "spot");
    jout_kv_str(line, "name", fault->name);
    jout_kv_int(line, "rule", (int64_t)(fault - b->sim.config.faults->rules) + 1);
    jout_kv_str(line, "what", what ? what : "");
    jout_kv_int(line, "fired", (int64_t)fault->fired);
    jout_close(line, '{');
    sim_log(&b->sim, line);
}

/* --- requests --- */

struct fault *simb_mishap_request(struct simb_call *call, const char *method, const char *path)
{
    struct fault_met met = {
        .on = FAULT_REQUEST, .method = method, .path = path, .symbol = simb_param(call, "symbol")};
    struct fault *fault = ask(call->b, &met);

    if (!fault)
        return NULL;
    log_fault(call->b, fault, path);
    if (fault->what == FAULT_WITHDRAW) {
        call->is_rich = 1;
        return NULL;
    }
    if (fault->what != FAULT_LAG)
        return fault;
    // Nothing else happens to it: it is done, on an old picture.
    call->t_view = call->now->transport - faults_delay(call->b->sim.config.faults, fault);
    return NULL;
}

int simb_mishap_hides(const struct fault *fault)
{
    return fault && !fault->effect && fault->what != FAULT_LATE && fault->what != FAULT_DUPLICATE;
}

int simb_mishap_hold(struct simb *b, const struct fault *fault, const struct sim_request *request,
                     const char *key, const char *unit)
{
    struct simb_held *held;

    if (b->n_held == SIMB_HELD_MAX || strlen(request->path) >= sizeof(held->path))
        return 0;
    if (b->n_held == b->held_room) {
        b->held_room = b->held_room ? b->held_room * 2 : 16;
        b->held = realloc(b->held, b->held_room * sizeof(*b->held));
        REQUIRE(b->held != NULL);
    }
    held = &b->held[b->n_held++];
    simb_hold_request(held, request, key, unit);
    held->t_due = b->sim.now.transport + faults_delay(b->sim.config.faults, fault);
    held->answer = fault->answer;
    return 1;
}

void simb_hold_request(struct simb_held *held, const struct sim_request *request, const char *key,
                       const char *unit)
{
    *held = (struct simb_held){.conn = request->conn,
                               .query = strdup(request->query),
                               .body = request->body ? malloc(request->body_n + 1) : NULL,
                               .body_n = request->body_n};
    REQUIRE(held->query != NULL && (held->body != NULL || request->body == NULL));
    if (held->body)
        memcpy(held->body, request->body, request->body_n);
    snprintf(held->method, sizeof(held->method), "%s", request->method);
    snprintf(held->path, sizeof(held->path), "%s", request->path);
    snprintf(held->key, sizeof(held->key), "%s", key ? key : "");
    snprintf(held->unit, sizeof(held->unit), "%s", unit ? unit : "");
    snprintf(held->peer, sizeof(held->peer), "%s", request->peer);
}

int simb_mishap_held(struct simb *b, struct simb_held *held)
{
    uint32_t first = b->n_held;

    for (uint32_t i = 0; i < b->n_held; i++)
        if (b->held[i].t_due <= b->sim.now.transport &&
            (first == b->n_held || b->held[i].t_due < b->held[first].t_due))
            first = i;
    if (first == b->n_held)
        return 0;
    *held = b->held[first];
    b->n_held--;
    memmove(&b->held[first], &b->held[first + 1], (b->n_held - first) * sizeof(*b->held));
    return 1;
}

// What a client is told instead; the standard one is the venue's own time-out.
int simb_mishap_error(struct simb_call *call, const struct fault *fault)
{
    return simb_fail(call, fault->status ? (int)fault->status : 503,
                     fault->code ? (int)fault->code : -1007, "%s",
                     fault->msg[0] ? fault->msg
                                   : "Timeout waiting for response from backend server. Send "
                                     "status unknown; execution status unknown.");
}

int simb_is_away(struct simb_call *call)
{
    if (call->now->transport >= call->b->sim.maintenance_until)
        return 0;
    simb_fail(call, 503, -1016, "This service is no longer available.");
    return 1;
}

/* --- connections --- */

static void doom(struct simb *b, struct simb_conn *conn, const struct fault *fault)
{
    if (conn->doom)
        return;
    conn->doom = fault->what;
    conn->doom_code = fault->code ? (int)fault->code : 1001;
    b->n_doomed++;
}

void simb_mishap_sweep(struct simb *b)
{
    for (uint32_t i = 0; b->n_doomed > 0 && i < SIMB_CONNS_MAX; i++) {
        struct simb_conn *conn = &b->conns[i];
        uint64_t id = conn->id;

        if (!id || !conn->doom)
            continue;
        b->n_doomed--;
        if (conn->doom == FAULT_STALL) {
            conn->doom = 0;
            if (b->sim.config.sink.frame)
                b->sim.config.sink.frame(b->sim.config.sink.ctx, id, SIM_STALL, "", 0, 0);
        } else if (conn->doom == FAULT_RESET) {
            simb_conn_forget(b, conn);
            if (b->sim.config.sink.frame)
                b->sim.config.sink.frame(b->sim.config.sink.ctx, id, SIM_RESET, "", 0, 0);
        } else {
            simb_drop(b, conn, conn->doom_code, "");
        }
    }
}

void simb_mishap_reset(struct simb *b, struct simb_conn *conn)
{
    const struct fault reset = {.what = FAULT_RESET};

    doom(b, conn, &reset);
    simb_mishap_sweep(b);
}

int simb_mishap_socket(struct simb *b, struct simb_conn *conn, const char *path, int *status)
{
    struct fault_met met = {.on = FAULT_SOCKET, .path = path};
    struct fault *fault = ask(b, &met);

    if (!fault)
        return 0;
    log_fault(b, fault, path);
    if (fault->what != FAULT_REFUSE) {
        doom(b, conn, fault);
        return 0;
    }
    *status = fault->status ? (int)fault->status : 503;
    return 1;
}

/* --- frames --- */

static void keep(struct simb *b, const struct simb_conn *conn, const char *stream, const char *text,
                 size_t n, agon_ns_t t_due)
{
    struct simb_late *late;

    if (b->n_late == SIMB_LATE_MAX) // as if it were lost: a bound is a bound
        return;
    late = &b->late[b->n_late++];
    late->conn = conn->id;
    late->t_due = t_due;
    late->n = n;
    late->text = malloc(n);
    REQUIRE(late->text != NULL);
    memcpy(late->text, text, n);
    memset(late->stream, 0, sizeof(late->stream));
    memcpy(late->stream, stream, strnlen(stream, sizeof(late->stream) - 1));
}

void simb_mishap_keep(struct simb *b, struct simb_conn *conn, const char *text, size_t n,
                      agon_ns_t late_ns)
{
    keep(b, conn, "", text, n, b->sim.now.transport + late_ns);
}

static struct simb_conn *conn_of(struct simb *b, uint64_t id)
{
    for (uint32_t i = 0; i < SIMB_CONNS_MAX; i++)
        if (b->conns[i].id == id)
            return &b->conns[i];
    return NULL;
}

// In their order; those of a connection that is gone are gone too.
static void send_late(struct simb *b, const struct simb_conn *conn, const char *stream)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < b->n_late; i++) {
        struct simb_late *late = &b->late[i];
        struct simb_conn *to = conn_of(b, late->conn);
        int is_due = stream ? late->t_due == 0 && to == conn && strcmp(late->stream, stream) == 0
                            : late->t_due > 0 && late->t_due <= b->sim.now.transport;

        if (to && !is_due) {
            b->late[kept++] = *late;
            continue;
        }
        if (to)
            simb_send(b, to, SIM_TEXT, late->text, late->n);
        free(late->text);
    }
    b->n_late = kept;
}

void simb_emit(struct simb *b, struct simb_conn *conn, int is_user, const char *stream,
               const char *event, const char *text, size_t n)
{
    struct fault_met met = {.on = is_user ? FAULT_USER : FAULT_STREAM,
                            .stream = is_user ? NULL : stream,
                            .event = event};
    struct fault *fault = b->sim.config.faults ? ask(b, &met) : NULL;

    if (!fault) {
        simb_send(b, conn, SIM_TEXT, text, n);
        if (b->n_late > 0)
            send_late(b, conn, stream);
        return;
    }
    log_fault(b, fault, is_user ? event : stream);
    switch (fault->what) {
    case FAULT_DROP:
    case FAULT_MUTE:
        return;
    case FAULT_DUPLICATE:
        simb_send(b, conn, SIM_TEXT, text, n);
        simb_send(b, conn, SIM_TEXT, text, n);
        return;
    case FAULT_DELAY:
        keep(b, conn, stream, text, n,
             b->sim.now.transport + faults_delay(b->sim.config.faults, fault));
        return;
    case FAULT_SWAP:
        keep(b, conn, stream, text, n, 0);
        return;
    case FAULT_SUM: // it has none
        simb_send(b, conn, SIM_TEXT, text, n);
        return;
    case FAULT_GARBLE:
        simb_send(b, conn, SIM_TEXT, text, n / 2);
        return;
    default:
        simb_send(b, conn, SIM_TEXT, text, n);
        doom(b, conn, fault);
        return;
    }
}

/* --- time --- */

void simb_mishap_tick(struct simb *b)
{
    struct fault_met met = {.on = FAULT_TIME};
    struct fault *fault;

    if (!b->sim.config.faults)
        return;
    while ((fault = ask(b, &met)) != NULL) {
        agon_ns_t until = b->sim.now.transport + fault->for_ns;

        log_fault(b, fault, "");
        if (fault->what == FAULT_MAINTENANCE) {
            b->sim.maintenance_until = until;
            for (uint32_t i = 0; i < SIMB_CONNS_MAX; i++)
                if (b->conns[i].id)
                    doom(b, &b->conns[i], fault);
        } else if (fault->what == FAULT_HALVE) {
            b->halved_until = until;
        } else {
            b->skew_ns = fault->skew_ms * SIMB_NS_PER_MS;
            b->skewed_until = until;
        }
    }
    if (b->sim.now.transport >= b->skewed_until)
        b->skew_ns = 0;
    send_late(b, NULL, NULL);
    simb_mishap_sweep(b);
}

agon_ns_t simb_mishap_due(const struct simb *b)
{
    agon_ns_t next = faults_next(b->sim.config.faults, market_of(b));

    for (uint32_t i = 0; i < b->n_late; i++)
        if (b->late[i].t_due > 0 && b->late[i].t_due < next)
            next = b->late[i].t_due;
    for (uint32_t i = 0; i < b->n_held; i++)
        if (b->held[i].t_due < next)
            next = b->held[i].t_due;
    return next;
}

void simb_mishap_free(struct simb *b)
{
    for (uint32_t i = 0; i < b->n_late; i++)
        free(b->late[i].text);
    b->n_late = 0;
    for (uint32_t i = 0; i < b->n_held; i++) {
        free(b->held[i].query);
        free(b->held[i].body);
    }
    free(b->held);
    b->n_held = 0;
}
