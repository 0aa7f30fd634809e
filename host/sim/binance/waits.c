// SPDX-License-Identifier: Apache-2.0
/* waits: what changes orders of a market of bars waits until one closes or opens. A new order is
 * taken at once and acts then (match_park); a cancel or a change cannot be answered before it is
 * known what became of the order meanwhile. */
#include <stdlib.h>

#include "sim/binance/simb.h"

#define WAITS_MAX 4096

int simb_must_wait(struct simb_call *call)
{
    static int (*const changes[])(struct simb_call *) = {simb_order_cancel, simb_order_replace,
                                                         simb_order_amend, simb_cancel_all};
    const char *name = simb_param(call, "symbol");
    int sym = name != NULL ? pit_find(call->b->sim.pit, name) : -1;

    if (sym < 0 || call->t_came != 0 || pit_acts(call->b->sim.pit, (uint32_t)sym))
        return 0;
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
        if (call->route->run == changes[i])
            return 1;
    return 0;
}

static struct simb_wait *add(struct simb_call *call)
{
    struct simb *b = call->b;
    struct simb_wait *wait;

    if (b->n_waits == WAITS_MAX)
        return NULL;
    if (b->n_waits == b->waits_room) {
        b->waits_room = b->waits_room ? b->waits_room * 2 : 16;
        b->waits = realloc(b->waits, b->waits_room * sizeof(*b->waits));
        REQUIRE(b->waits != NULL);
    }
    wait = &b->waits[b->n_waits++];
    *wait = (struct simb_wait){.sym = (uint32_t)pit_find(b->sim.pit, simb_param(call, "symbol")),
                               .t_came = call->now->transport};
    return wait;
}

int simb_wait_rest(struct simb_call *call, const struct sim_request *request, const char *key,
                   const char *unit)
{
    struct simb_wait *wait = add(call);

    if (wait == NULL)
        return 0;
    simb_hold_request(&wait->rest, request, key, unit);
    return 1;
}

int simb_wait_text(struct simb_call *call, const char *text, size_t n)
{
    struct simb_wait *wait = add(call);

    if (wait == NULL)
        return 0;
    wait->text = malloc(n + 1);
    REQUIRE(wait->text != NULL);
    memcpy(wait->text, text, n);
    wait->n = n;
    wait->rest.conn = call->conn->base->id;
    return 1;
}

int simb_wait_next(struct simb *b, uint32_t sym, struct simb_wait *wait)
{
    for (uint32_t i = 0; i < b->n_waits; i++) {
        if (b->waits[i].sym != sym)
            continue;
        *wait = b->waits[i];
        b->n_waits--;
        memmove(&b->waits[i], &b->waits[i + 1], (b->n_waits - i) * sizeof(*b->waits));
        return 1;
    }
    return 0;
}

struct simb_wait *simb_wait_late(struct simb *b)
{
    for (uint32_t i = 0; i < b->n_waits; i++) {
        struct simb_wait *wait = &b->waits[i];

        if (wait->is_told || b->sim.now.transport - wait->t_came < SIMB_WAIT_NS)
            continue;
        wait->is_told = 1;
        return wait;
    }
    return NULL;
}

agon_ns_t simb_wait_due(const struct simb *b)
{
    for (uint32_t i = 0; i < b->n_waits; i++)
        if (!b->waits[i].is_told)
            return b->waits[i].t_came + SIMB_WAIT_NS;
    return INT64_MAX;
}

void simb_wait_free(struct simb_wait *wait)
{
    free(wait->rest.query);
    free(wait->rest.body);
    free(wait->text);
}
