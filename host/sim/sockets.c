// SPDX-License-Identifier: Apache-2.0
/* sockets: what leaves by the connections of a simulated exchange, and what befalls it where faults
 * are told to happen (sim/faults.h). Requests that are held and queries that look back are the
 * dialect's. */
#include <stdio.h>
#include <stdlib.h>

#include "sim/sim_impl.h"

static enum fault_market market_of(const struct sim *sim)
{
    return sim->ways->market ? (enum fault_market)sim->ways->market : FAULT_SPOT;
}

static struct fault *ask(struct sim *sim, struct fault_met *met, const char *what)
{
    struct fault *fault;
    struct jout *line = &sim->line;

    if (!sim->config.faults)
        return NULL;
    met->market = market_of(sim);
    fault = faults_ask(sim->config.faults, sim->now.transport, met);
    if (!fault || !sim_log_begin(sim, "fault", sim->now.market))
        return fault;
    jout_kv_str(line, "market", market_of(sim) == FAULT_UM ? "um" : "spot");
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

void sim_doom(struct sim *sim, struct sim_conn *conn, const struct fault *fault)
{
    if (conn->doom)
        return;
    conn->doom = fault->what;
    conn->doom_code = fault->code ? (int)fault->code : 1001;
    sim->n_doomed++;
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
        sim_doom(sim, conn, fault);
    return 0;
}

/* --- connections --- */

struct sim_conn *sim_conn_of(struct sim *sim, uint64_t id)
{
    for (uint32_t i = 0; i < SIM_CONNS_MAX; i++)
        if (sim->conns[i].id == id)
            return &sim->conns[i];
    return NULL;
}

void sim_forget_conn(struct sim *sim, struct sim_conn *conn)
{
    if (sim->ways->gone)
        sim->ways->gone(sim, conn);
    sim->n_doomed -= conn->doom != 0;
    memset(conn, 0, sizeof(*conn));
}

void sim_end_conn(struct sim *sim, struct sim_conn *conn, enum sim_frame kind, int code,
                  const char *reason)
{
    uint64_t id = conn->id;

    sim_forget_conn(sim, conn);
    if (sim->config.sink.frame)
        sim->config.sink.frame(sim->config.sink.ctx, id, kind, reason, strlen(reason), code);
}

void sim_end_one(struct sim *sim, struct sim_conn *conn)
{
    if (conn->doom == FAULT_RESET) {
        sim_end_conn(sim, conn, SIM_RESET, 0, "");
    } else if (conn->doom == FAULT_STALL) {
        conn->doom = 0;
        sim->n_doomed--;
        if (sim->config.sink.frame)
            sim->config.sink.frame(sim->config.sink.ctx, conn->id, SIM_STALL, "", 0, 0);
    } else {
        sim_end_conn(sim, conn, SIM_CLOSE, conn->doom_code, "");
    }
}

void sim_end_doomed(struct sim *sim)
{
    for (uint32_t i = 0; sim->n_doomed > 0 && i < SIM_CONNS_MAX; i++)
        if (sim->conns[i].doom)
            sim_end_one(sim, &sim->conns[i]);
}

/* --- frames --- */

void sim_emit_kind(struct sim *sim, struct sim_conn *conn, enum sim_frame kind, const void *bytes,
                   size_t n)
{
    conn->t_said = sim->now.transport;
    if (sim->config.sink.frame && conn->id)
        sim->config.sink.frame(sim->config.sink.ctx, conn->id, kind, bytes, n, 0);
}

void sim_emit(struct sim *sim, struct sim_conn *conn, const void *bytes, size_t n)
{
    sim_emit_kind(sim, conn, SIM_TEXT, bytes, n);
}

static void keep(struct sim *sim, const struct sim_conn *conn, const char *stream, const char *text,
                 size_t n, agon_ns_t t_due)
{
    struct sim_late *late = sim->n_late < SIM_LATE_MAX ? &sim->late[sim->n_late++] : NULL;

    if (!late) // as if it were lost: a bound is a bound
        return;
    *late = (struct sim_late){.conn = conn->id, .t_due = t_due, .text = malloc(n), .n = n};
    REQUIRE(late->text != NULL);
    memcpy(late->text, text, n);
    memcpy(late->stream, stream, strnlen(stream, sizeof(late->stream) - 1));
}

void sim_send_in(struct sim *sim, const struct sim_conn *conn, const char *text, size_t n,
                 agon_ns_t late_ns)
{
    keep(sim, conn, "", text, n, sim->now.transport + late_ns);
}

void sim_send_late(struct sim *sim, const struct sim_conn *conn, const struct jout *frame,
                   const struct fault *fault)
{
    sim_send_in(sim, conn, frame->at, frame->n, faults_delay(sim->config.faults, fault));
}

/* Those that wait for the stream's next frame, or (stream NULL) whose time has come, in their
 * order. Those of a connection that is gone are gone too. */
static void send_kept(struct sim *sim, const struct sim_conn *conn, const char *stream)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < sim->n_late; i++) {
        struct sim_late *late = &sim->late[i];
        struct sim_conn *to = sim_conn_of(sim, late->conn);
        int is_due = stream ? late->t_due == 0 && to == conn && strcmp(late->stream, stream) == 0
                            : late->t_due > 0 && late->t_due <= sim->now.transport;

        if (to && !is_due) {
            sim->late[kept++] = *late;
            continue;
        }
        if (to)
            sim_emit(sim, to, late->text, late->n);
        free(late->text);
    }
    sim->n_late = kept;
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

static void swap(struct sim *sim, struct sim_conn *conn, const char *stream,
                 const struct jout *frame, const struct fault *fault)
{
    if (sim->ways->is_swap_next)
        keep(sim, conn, stream, frame->at, frame->n, 0);
    else
        sim_send_late(sim, conn, frame, fault);
}

void sim_send_met(struct sim *sim, struct sim_conn *conn, enum fault_on on, const char *stream,
                  const char *event, struct jout *frame)
{
    int is_user = on == FAULT_USER;
    struct fault_met met = {.on = on, .stream = is_user ? NULL : stream, .event = event};
    struct fault *fault = stream || event ? ask(sim, &met, is_user ? event : stream) : NULL;
    const char *text = jout_text(frame);
    size_t n = frame->n;

    switch (fault ? fault->what : 0) {
    case 0:
        break;
    case FAULT_DROP:
    case FAULT_MUTE:
        return;
    case FAULT_DUPLICATE:
        sim_emit(sim, conn, text, n);
        break;
    case FAULT_DELAY:
        sim_send_late(sim, conn, frame, fault);
        return;
    case FAULT_SWAP:
        swap(sim, conn, stream ? stream : "", frame, fault);
        return;
    case FAULT_SUM:
        if (sim->ways->sum_key)
            spoil_sum(frame, sim->ways->sum_key);
        break;
    case FAULT_GARBLE:
        n /= 2;
        break;
    default:
        sim_doom(sim, conn, fault);
        break;
    }
    sim_emit(sim, conn, text, n);
    if (!fault && stream && sim->n_late > 0)
        send_kept(sim, conn, stream);
}

void sim_send(struct sim *sim, struct sim_conn *conn, const char *stream, const char *event,
              struct jout *frame)
{
    sim_send_met(sim, conn, event ? FAULT_USER : FAULT_STREAM, stream, event, frame);
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

static void begin_state(struct sim *sim, const struct fault *fault)
{
    agon_ns_t until = sim->now.transport + fault->for_ns;

    if (fault->what == FAULT_MAINTENANCE) {
        sim->maintenance_until = until;
        for (uint32_t i = 0; i < SIM_CONNS_MAX; i++)
            if (sim->conns[i].id)
                sim_doom(sim, &sim->conns[i], fault);
    } else if (fault->what == FAULT_HALVE) {
        sim->halved_until = until;
    } else {
        sim->skew_ns = fault->skew_ms * 1000000;
        sim->skewed_until = until;
    }
}

void sim_faults_tick(struct sim *sim)
{
    struct fault_met met = {.on = FAULT_TIME};
    struct fault *fault;

    while ((fault = ask(sim, &met, "")) != NULL)
        begin_state(sim, fault);
    if (sim->now.transport >= sim->skewed_until)
        sim->skew_ns = 0;
    send_kept(sim, NULL, NULL);
}

agon_ns_t sim_faults_due(const struct sim *sim)
{
    agon_ns_t next =
        sim->config.faults ? faults_next(sim->config.faults, market_of(sim)) : INT64_MAX;

    for (uint32_t i = 0; i < sim->n_late; i++)
        if (sim->late[i].t_due > 0 && sim->late[i].t_due < next)
            next = sim->late[i].t_due;
    return next;
}
