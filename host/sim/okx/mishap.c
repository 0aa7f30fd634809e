// SPDX-License-Identifier: Apache-2.0
/* mishap: what goes wrong when faults are told to (sim/faults.h): where the dialect asks, and what
 * it then does. Requests are not held and queries do not look back here. */
#include <stdlib.h>

#include "sim/okx/simo.h"

static struct fault *ask(struct simo *o, struct fault_met *met, const char *what)
{
    struct fault *fault;
    struct jout *line = &o->line;

    met->market = FAULT_SPOT;
    fault = faults_ask(o->config.faults, o->now.transport, met);
    if (!fault || !o->config.sink.log)
        return fault;
    jout_reset(line);
    jout_open(line, '{');
    jout_kv_str(line, "kind", "fault");
    jout_kv_int(line, "t_market_ns", o->now.market);
    jout_kv_int(line, "t_transport_ns", o->now.transport);
    jout_kv_str(line, "market", "spot");
    jout_kv_str(line, "name", fault->name);
    jout_kv_int(line, "rule", (int64_t)(fault - o->config.faults->rules) + 1);
    jout_kv_str(line, "what", what ? what : "");
    jout_kv_int(line, "fired", (int64_t)fault->fired);
    jout_close(line, '{');
    simo_log(o, line);
    return fault;
}

struct fault *simo_mishap_request(struct simo *o, const char *method, const char *path,
                                  const char *symbol)
{
    struct fault_met met = {.on = FAULT_REQUEST, .method = method, .path = path, .symbol = symbol};

    return o->config.faults ? ask(o, &met, path) : NULL;
}

int simo_mishap_hides(const struct fault *fault)
{
    return fault && !fault->effect && fault->what != FAULT_LATE && fault->what != FAULT_DUPLICATE;
}

int simo_mishap_socket(struct simo *o, struct simo_conn *conn, const char *path, int *status)
{
    struct fault_met met = {.on = FAULT_SOCKET, .path = path};
    struct fault *fault = o->config.faults ? ask(o, &met, path) : NULL;

    if (fault && fault->what == FAULT_REFUSE) {
        *status = fault->status ? (int)fault->status : 503;
        return 1;
    }
    if (fault) {
        conn->doom = fault->what;
        conn->doom_code = fault->code ? (int)fault->code : 1001;
    }
    return 0;
}

static void keep(struct simo *o, const struct simo_conn *conn, const struct jout *frame,
                 agon_ns_t t_due)
{
    struct simo_late *late = o->n_late < SIMO_LATE_MAX ? &o->late[o->n_late++] : NULL;

    if (!late) // as if it were lost: a bound is a bound
        return;
    *late = (struct simo_late){conn->id, t_due, malloc(frame->n), frame->n};
    REQUIRE(late->text != NULL);
    memcpy(late->text, frame->at, frame->n);
}

void simo_send(struct simo *o, struct simo_conn *conn, const char *stream, const char *event,
               struct jout *frame)
{
    struct fault_met met = {
        .on = event ? FAULT_USER : FAULT_STREAM, .stream = stream, .event = event};
    struct fault *fault =
        o->config.faults && (stream || event) ? ask(o, &met, event ? event : stream) : NULL;
    const char *text = jout_text(frame);

    if (!fault) {
        simo_emit(o, conn, text, frame->n);
        return;
    }
    switch (fault->what) {
    case FAULT_DROP:
    case FAULT_MUTE:
        return;
    case FAULT_DUPLICATE:
        simo_emit(o, conn, text, frame->n);
        break;
    case FAULT_DELAY:
    case FAULT_SWAP:
        keep(o, conn, frame, o->now.transport + faults_delay(o->config.faults, fault));
        return;
    case FAULT_SUM: // it has none
        break;
    case FAULT_GARBLE:
        simo_emit(o, conn, text, frame->n / 2);
        return;
    default:
        conn->doom = fault->what;
        conn->doom_code = fault->code ? (int)fault->code : 1001;
        break;
    }
    simo_emit(o, conn, text, frame->n);
}

void simo_mishap_tick(struct simo *o)
{
    struct fault_met met = {.on = FAULT_TIME};
    struct fault *fault;
    uint32_t kept = 0;

    if (!o->config.faults)
        return;
    while ((fault = ask(o, &met, "")) != NULL) {
        if (fault->what != FAULT_MAINTENANCE)
            continue;
        o->maintenance_until = o->now.transport + fault->for_ns;
        for (uint32_t i = 0; i < SIMO_CONNS_MAX; i++) {
            o->conns[i].doom = o->conns[i].id ? FAULT_CLOSE : 0;
            o->conns[i].doom_code = 1001;
        }
    }
    for (uint32_t i = 0; i < o->n_late; i++) {
        struct simo_conn *conn = simo_conn_of(o, o->late[i].conn);

        if (conn && o->late[i].t_due > o->now.transport) {
            o->late[kept++] = o->late[i];
            continue;
        }
        if (conn)
            simo_emit(o, conn, o->late[i].text, o->late[i].n);
        free(o->late[i].text);
    }
    o->n_late = kept;
}

agon_ns_t simo_mishap_due(const struct simo *o)
{
    agon_ns_t next = o->config.faults ? faults_next(o->config.faults, FAULT_SPOT) : INT64_MAX;

    for (uint32_t i = 0; i < o->n_late; i++)
        if (o->late[i].t_due < next)
            next = o->late[i].t_due;
    return next;
}
