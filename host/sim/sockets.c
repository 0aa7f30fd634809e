// SPDX-License-Identifier: Apache-2.0
/* sockets: what leaves by the connections of a simulated exchange, and what befalls it where faults
 * are told to happen (sim/faults.h). Requests are not held and queries do not look back here. */
#include <stdio.h>
#include <stdlib.h>

#include "sim/sim_impl.h"

static struct fault *ask(struct sim *sim, struct fault_met *met, const char *what)
{
    struct fault *fault;
    struct jout *line = &sim->line;

    if (!sim->config.faults)
        return NULL;
    met->market = FAULT_SPOT;
    fault = faults_ask(sim->config.faults, sim->now.transport, met);
    if (!fault || !sim_log_begin(sim, "fault", sim->now.market))
        return fault;
    jout_kv_str(line, "market", "spot");
    jout_kv_str(line, "name", fault->name);
    jout_kv_int(line, "rule", (int64_t)(fault - sim->config.faults->rules) + 1);
    jout_kv_str(line, "what", what ? what : "");
    jout_kv_int(line, "fired", (int64_t)fault->fired);
    jout_close(line, '{');
    sim_log(sim, line);
    return fault;
}

struct fault *sim_fault_request(struct sim *sim, const char *method, const char *path,
                                const char *symbol)
{
    struct fault_met met = {.on = FAULT_REQUEST, .method = method, .path = path, .symbol = symbol};

    return ask(sim, &met, path);
}

int sim_fault_hides(const struct fault *fault)
{
    return fault && !fault->effect && fault->what != FAULT_LATE && fault->what != FAULT_DUPLICATE;
}

static void doom(struct sim_conn *conn, const struct fault *fault)
{
    conn->doom = fault->what;
    conn->doom_code = fault->code ? (int)fault->code : 1001;
}

int sim_fault_socket(struct sim *sim, struct sim_conn *conn, const char *path, int *status)
{
    struct fault_met met = {.on = FAULT_SOCKET, .path = path};
    struct fault *fault = ask(sim, &met, path);

    if (fault && fault->what == FAULT_REFUSE) {
        *status = fault->status ? (int)fault->status : 503;
        return 1;
    }
    if (fault)
        doom(conn, fault);
    return 0;
}

/* --- frames --- */

void sim_emit(struct sim *sim, struct sim_conn *conn, const void *bytes, size_t n)
{
    conn->t_said = sim->now.transport;
    if (sim->config.sink.frame)
        sim->config.sink.frame(sim->config.sink.ctx, conn->id, SIM_TEXT, bytes, n, 0);
}

void sim_end_conn(struct sim *sim, struct sim_conn *conn, enum sim_frame kind, int code,
                  const char *reason)
{
    uint64_t id = conn->id;

    memset(conn, 0, sizeof(*conn));
    if (sim->config.sink.frame)
        sim->config.sink.frame(sim->config.sink.ctx, id, kind, reason, strlen(reason), code);
}

void sim_send_late(struct sim *sim, const struct sim_conn *conn, const struct jout *frame,
                   const struct fault *fault)
{
    agon_ns_t t_due = sim->now.transport + faults_delay(sim->config.faults, fault);
    struct sim_late *late = sim->n_late < SIM_LATE_MAX ? &sim->late[sim->n_late++] : NULL;

    if (!late) // as if it were lost: a bound is a bound
        return;
    *late = (struct sim_late){conn->id, t_due, malloc(frame->n), frame->n};
    REQUIRE(late->text != NULL);
    memcpy(late->text, frame->at, frame->n);
}

/* Its last digit is another. */
static void spoil_sum(struct jout *frame, const char *key)
{
    char *at = strstr(frame->at, key);

    if (!at)
        return;
    at += strlen(key);
    at += strspn(at, "0123456789") - 1;
    *at = *at == '9' ? '0' : (char)(*at + 1);
}

void sim_send(struct sim *sim, struct sim_conn *conn, const char *stream, const char *event,
              struct jout *frame)
{
    struct fault_met met = {
        .on = event ? FAULT_USER : FAULT_STREAM, .stream = stream, .event = event};
    struct fault *fault = stream || event ? ask(sim, &met, event ? event : stream) : NULL;
    size_t n = frame->n;

    switch (fault ? fault->what : 0) {
    case 0:
        break;
    case FAULT_DROP:
    case FAULT_MUTE:
        return;
    case FAULT_DUPLICATE:
        sim_emit(sim, conn, jout_text(frame), n);
        break;
    case FAULT_DELAY:
    case FAULT_SWAP:
        jout_text(frame);
        sim_send_late(sim, conn, frame, fault);
        return;
    case FAULT_SUM:
        jout_text(frame);
        if (sim->ways->sum_key)
            spoil_sum(frame, sim->ways->sum_key);
        break;
    case FAULT_GARBLE:
        n /= 2;
        break;
    default:
        doom(conn, fault);
        break;
    }
    sim_emit(sim, conn, jout_text(frame), n);
}

int sim_has_sub(const struct sim *sim, uint32_t sym, uint32_t channels)
{
    for (uint32_t i = 0; i < SIM_CONNS_MAX; i++)
        if (sim->conns[i].id && sim->conns[i].subs[sym] & channels)
            return 1;
    return 0;
}

void sim_send_subs(struct sim *sim, uint32_t sym, uint32_t channels, const char *name,
                   const struct sim_conn *but)
{
    char stream[48];

    snprintf(stream, sizeof(stream), "%s:%s", name, pit_at(sim->pit, sym)->name);
    for (uint32_t i = 0; i < SIM_CONNS_MAX; i++) {
        struct sim_conn *conn = &sim->conns[i];

        if (conn->id && conn != but && conn->subs[sym] & channels)
            sim_send(sim, conn, stream, NULL, &sim->frame);
    }
}

/* --- time --- */

static void maintain(struct sim *sim, const struct fault *fault)
{
    sim->maintenance_until = sim->now.transport + fault->for_ns;
    for (uint32_t i = 0; i < SIM_CONNS_MAX; i++) {
        sim->conns[i].doom = sim->conns[i].id ? FAULT_CLOSE : 0;
        sim->conns[i].doom_code = 1001;
    }
}

void sim_faults_tick(struct sim *sim)
{
    struct fault_met met = {.on = FAULT_TIME};
    struct fault *fault;
    uint32_t kept = 0;

    while ((fault = ask(sim, &met, "")) != NULL)
        if (fault->what == FAULT_MAINTENANCE)
            maintain(sim, fault);
    for (uint32_t i = 0; i < sim->n_late; i++) {
        struct sim_late *late = &sim->late[i];
        struct sim_conn *conn = sim->conns;

        while (conn < sim->conns + SIM_CONNS_MAX && conn->id != late->conn)
            conn++;
        if (conn == sim->conns + SIM_CONNS_MAX)
            conn = NULL;
        if (conn && late->t_due > sim->now.transport) {
            sim->late[kept++] = *late;
            continue;
        }
        if (conn)
            sim_emit(sim, conn, late->text, late->n);
        free(late->text);
    }
    sim->n_late = kept;
}

agon_ns_t sim_faults_due(const struct sim *sim)
{
    agon_ns_t next = sim->config.faults ? faults_next(sim->config.faults, FAULT_SPOT) : INT64_MAX;

    for (uint32_t i = 0; i < sim->n_late; i++)
        if (sim->late[i].t_due < next)
            next = sim->late[i].t_due;
    return next;
}
