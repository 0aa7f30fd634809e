// SPDX-License-Identifier: Apache-2.0
#include "report/seats.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/num.h"

struct seats {
    struct seat *all; /* owned */
    uint32_t n, room;
    uint32_t newest[SLOTS_MAX]; /* place of the slot's, + 1; 0: none */
    agon_amt_t pool_amt;        /* behind the event before */
    struct figures left;        /* ... and what the engine kept of who left */
    uint64_t n_left;
    int is_begun;
};

struct seats *seats_new(void)
{
    return calloc(1, sizeof(struct seats));
}

void seats_free(struct seats *seats)
{
    if (seats != NULL)
        free(seats->all);
    free(seats);
}

static int add(struct seats *seats, const struct slot *slot, uint64_t seq)
{
    struct seat *seat;

    if (seats->n == seats->room) {
        uint32_t room = seats->room == 0 ? 64 : 2 * seats->room;
        struct seat *more = realloc(seats->all, room * sizeof(*more));

        if (more == NULL)
            return AGON_ENOMEM;
        seats->all = more;
        seats->room = room;
    }
    seat = &seats->all[seats->n++];
    *seat = (struct seat){
        .seq = seq, .slot = slot->id, .is_strategy = slot->agent_kind == AGON_STRATEGY};
    snprintf(seat->name, sizeof(seat->name), "%s", slot->name);
    seats->newest[slot->id] = seats->n;
    return AGON_OK;
}

/* What the place forgets as soon as it is free. */
static void note(struct seat *seat, struct engine *engine, const struct slot *slot)
{
    engine_figures(engine, slot->id, &seat->figures);
    seat->n_refused = slot->n_refused;
    for (uint16_t reason = 0; reason < REASONS_MAX; reason++) {
        if (engine_refused(engine, slot->id, reason) >
            engine_refused(engine, slot->id, seat->refused_most))
            seat->refused_most = reason;
    }
}

/* What the engine keeps of who leaves is one sum: the difference is who left now. */
static void leave(struct seats *seats, struct engine *engine, struct seat *seat,
                  agon_amt_t pooled_amt)
{
    struct figures *of = &seat->figures;
    struct figures left;
    uint64_t n_left = engine_figures_left(engine, &left);

    if (n_left > seats->n_left) {
        agon_amt_t given_amt = of->capital_amt; // with what the pool takes back

        seat->is_kept = 1;
        of->capital_amt = num_add(left.capital_amt, -seats->left.capital_amt);
        of->equity_amt = num_add(left.equity_amt, -seats->left.equity_amt);
        of->result_amt = num_add(left.result_amt, -seats->left.result_amt);
        of->gross_amt = num_add(left.gross_amt, -seats->left.gross_amt);
        // Crumbs of coins were at another price when it was looked at last.
        of->yield = given_amt > 0 ? (double)of->result_amt / (double)given_amt : 0.0;
        return;
    }
    of->capital_amt = num_add(of->capital_amt, -pooled_amt);
    of->equity_amt = num_add(of->equity_amt, -pooled_amt);
}

static int look(struct seats *seats, struct engine *engine, uint64_t seq)
{
    const struct slots *slots = engine_slots(engine);

    for (uint32_t id = 0; id < slots->n; id++) {
        const struct slot *slot = &slots->all[id];
        struct seat *seat = seats->newest[id] > 0 ? &seats->all[seats->newest[id] - 1] : NULL;
        int is_same =
            slot->is_used && seat != NULL && !seat->is_gone && strcmp(seat->name, slot->name) == 0;

        if (seat != NULL && !is_same && !seat->is_gone) {
            seat->is_gone = 1;
            seat->seq_gone = seq;
            leave(seats, engine, seat, num_add(engine_pool_amt(engine), -seats->pool_amt));
        }
        if (is_same && slot->condition == CONDITION_RETIRED)
            note(seat, engine, slot);
        if (slot->is_used && !is_same && add(seats, slot, seq) < 0)
            return AGON_ENOMEM;
    }
    return AGON_OK;
}

int seats_take(struct seats *seats, struct engine *engine, const struct agon_event_hdr *event)
{
    uint64_t seq = seats->is_begun ? engine_seq(engine) : 0;
    int rc = AGON_OK;

    // No other event gives a place, frees one, or books what is of who leaves it.
    if (!seats->is_begun || event->type == EVENT_CONFIG || event->type == AGON_EVENT_COMMAND ||
        event->type == EVENT_REPORT) {
        rc = look(seats, engine, seq);
        seats->n_left = engine_figures_left(engine, &seats->left);
    }
    seats->is_begun = 1;
    seats->pool_amt = engine_pool_amt(engine);
    return rc;
}

const struct seat *seats_find(const struct seats *seats, uint16_t slot, uint64_t seq)
{
    const struct seat *first = NULL;

    for (uint32_t i = slot < SLOTS_MAX ? seats->newest[slot] : 0; i > 0; i--) {
        const struct seat *seat = &seats->all[i - 1];

        if (seat->slot != slot)
            continue;
        if (seat->seq <= seq)
            return seat;
        first = seat;
    }
    return first;
}

const char *seats_name(const struct seats *seats, uint16_t slot, uint64_t seq)
{
    const struct seat *seat = seats_find(seats, slot, seq);

    return seat != NULL ? seat->name : "";
}

void seats_all(const struct seats *seats, struct engine *engine, struct figures *out)
{
    engine_figures_all(engine, out);
    for (uint32_t i = 0; i < seats->n; i++) {
        if (seats->all[i].is_gone && !seats->all[i].is_kept)
            figures_add(out, &seats->all[i].figures);
    }
    out->yield = out->capital_amt > 0 ? (double)out->result_amt / (double)out->capital_amt : 0.0;
}

const struct seat *seats_at(const struct seats *seats, uint32_t i)
{
    return i < seats->n ? &seats->all[i] : NULL;
}

uint64_t seats_left(const struct seats *seats, struct engine *engine, struct figures *out)
{
    uint64_t n = engine_figures_left(engine, out);

    for (uint32_t i = 0; i < seats->n; i++) {
        if (!seats->all[i].is_gone || seats->all[i].is_kept)
            continue;
        figures_add(out, &seats->all[i].figures);
        n++;
    }
    return n;
}
