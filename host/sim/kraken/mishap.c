// SPDX-License-Identifier: Apache-2.0
/* mishap: what goes wrong when faults are told to (sim/faults.h): where the dialect asks, and what
 * it then does. Requests are not held and queries do not look back here. */
#include <stdlib.h>

#include "sim/kraken/simk.h"

static struct fault *ask(struct simk *k, struct fault_met *met, const char *what)
{
    struct fault *fault;
    struct jout *line = &k->line;

    met->market = FAULT_SPOT;
    fault = faults_ask(k->config.faults, k->now.transport, met);
    if (!fault || !k->config.sink.log)
        return fault;
    jout_reset(line);
    jout_open(line, '{');
    jout_kv_str(line, "kind", "fault");
    jout_kv_int(line, "t_market_ns", k->now.market);
    jout_kv_int(line, "t_transport_ns", k->now.transport);
    jout_kv_str(line, "market", "spot");
    jout_kv_str(line, "name", fault->name);
    jout_kv_int(line, "rule", (int64_t)(fault - k->config.faults->rules) + 1);
    jout_kv_str(line, "what", what ? what : "");
    jout_kv_int(line, "fired", (int64_t)fault->fired);
    jout_close(line, '{');
    simk_log(k, line);
    return fault;
}

struct fault *simk_mishap_request(struct simk *k, const char *method, const char *path,
                                  const char *symbol)
{
    struct fault_met met = {.on = FAULT_REQUEST, .method = method, .path = path, .symbol = symbol};

    return k->config.faults ? ask(k, &met, path) : NULL;
}

int simk_mishap_hides(const struct fault *fault)
{
    return fault && !fault->effect && fault->what != FAULT_LATE && fault->what != FAULT_DUPLICATE;
}

int simk_mishap_socket(struct simk *k, struct simk_conn *conn, const char *path, int *status)
{
    struct fault_met met = {.on = FAULT_SOCKET, .path = path};
    struct fault *fault = k->config.faults ? ask(k, &met, path) : NULL;

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

static void keep(struct simk *k, const struct simk_conn *conn, const struct jout *frame,
                 agon_ns_t t_due)
{
    struct simk_late *late = k->n_late < SIMK_LATE_MAX ? &k->late[k->n_late++] : NULL;

    if (!late) // as if it were lost: a bound is a bound
        return;
    *late = (struct simk_late){conn->id, t_due, malloc(frame->n), frame->n};
    REQUIRE(late->text != NULL);
    memcpy(late->text, frame->at, frame->n);
}

/* Its last digit is another. */
static void spoil_sum(struct jout *frame)
{
    char *at = strstr(frame->at, "\"checksum\":");

    if (!at)
        return;
    at += strlen("\"checksum\":");
    at += strspn(at, "0123456789") - 1;
    *at = *at == '9' ? '0' : (char)(*at + 1);
}

void simk_mishap_keep(struct simk *k, const struct simk_conn *conn, const struct jout *frame,
                      const struct fault *fault)
{
    keep(k, conn, frame, k->now.transport + faults_delay(k->config.faults, fault));
}

void simk_send(struct simk *k, struct simk_conn *conn, const char *stream, const char *event,
               struct jout *frame)
{
    struct fault_met met = {
        .on = event ? FAULT_USER : FAULT_STREAM, .stream = stream, .event = event};
    struct fault *fault =
        k->config.faults && (stream || event) ? ask(k, &met, event ? event : stream) : NULL;
    const char *text = jout_text(frame);

    if (!fault) {
        simk_emit(k, conn, text, frame->n);
        return;
    }
    switch (fault->what) {
    case FAULT_DROP:
    case FAULT_MUTE:
        return;
    case FAULT_DUPLICATE:
        simk_emit(k, conn, text, frame->n);
        break;
    case FAULT_DELAY:
    case FAULT_SWAP:
        keep(k, conn, frame, k->now.transport + faults_delay(k->config.faults, fault));
        return;
    case FAULT_SUM:
        spoil_sum(frame);
        text = jout_text(frame);
        break;
    case FAULT_GARBLE:
        simk_emit(k, conn, text, frame->n / 2);
        return;
    default:
        conn->doom = fault->what;
        conn->doom_code = fault->code ? (int)fault->code : 1001;
        break;
    }
    simk_emit(k, conn, text, frame->n);
}

void simk_mishap_tick(struct simk *k)
{
    struct fault_met met = {.on = FAULT_TIME};
    struct fault *fault;
    uint32_t kept = 0;

    if (!k->config.faults)
        return;
    while ((fault = ask(k, &met, "")) != NULL) {
        if (fault->what != FAULT_MAINTENANCE)
            continue;
        k->maintenance_until = k->now.transport + fault->for_ns;
        for (uint32_t i = 0; i < SIMK_CONNS_MAX; i++) {
            k->conns[i].doom = k->conns[i].id ? FAULT_CLOSE : 0;
            k->conns[i].doom_code = 1001;
        }
    }
    for (uint32_t i = 0; i < k->n_late; i++) {
        struct simk_conn *conn = simk_conn_of(k, k->late[i].conn);

        if (conn && k->late[i].t_due > k->now.transport) {
            k->late[kept++] = k->late[i];
            continue;
        }
        if (conn)
            simk_emit(k, conn, k->late[i].text, k->late[i].n);
        free(k->late[i].text);
    }
    k->n_late = kept;
}

agon_ns_t simk_mishap_due(const struct simk *k)
{
    agon_ns_t next = k->config.faults ? faults_next(k->config.faults, FAULT_SPOT) : INT64_MAX;

    for (uint32_t i = 0; i < k->n_late; i++)
        if (k->late[i].t_due < next)
            next = k->late[i].t_due;
    return next;
}
