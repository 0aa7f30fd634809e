// SPDX-License-Identifier: Apache-2.0
/* faults: what faults do to requests of this venue beside what they do everywhere (sim/sockets.c):
 * those that are held, those that look back, and its words for an error. */
#include <stdio.h>
#include <stdlib.h>

#include "sim/binance/simb.h"

struct fault *simb_fault_request(struct simb_call *call, const char *method, const char *path)
{
    struct fault *fault =
        sim_fault_request(&call->b->sim, method, path, simb_param(call, "symbol"));

    if (!fault)
        return NULL;
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

int simb_fault_hold(struct simb *b, const struct fault *fault, const struct sim_request *request,
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

int simb_fault_held(struct simb *b, struct simb_held *held)
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
int simb_fault_error(struct simb_call *call, const struct fault *fault)
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

agon_ns_t simb_held_due(const struct simb *b)
{
    agon_ns_t next = INT64_MAX;

    for (uint32_t i = 0; i < b->n_held; i++)
        if (b->held[i].t_due < next)
            next = b->held[i].t_due;
    return next;
}

void simb_held_free(struct simb *b)
{
    for (uint32_t i = 0; i < b->n_held; i++) {
        free(b->held[i].query);
        free(b->held[i].body);
    }
    free(b->held);
    b->n_held = 0;
}
