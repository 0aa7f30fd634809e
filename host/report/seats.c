// SPDX-License-Identifier: Apache-2.0
#include "report/seats.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct seats {
    struct seat *all; /* owned */
    uint32_t n, room;
    uint32_t newest[SLOTS_MAX]; /* place of the slot's, + 1; 0: none */
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

    // No other event gives a place, frees one, or books what is of who leaves it.
    if (seats->is_begun && event->type != EVENT_CONFIG && event->type != AGON_EVENT_COMMAND &&
        event->type != EVENT_REPORT)
        return AGON_OK;
    seats->is_begun = 1;
    return look(seats, engine, seq);
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

const struct seat *seats_at(const struct seats *seats, uint32_t i)
{
    return i < seats->n ? &seats->all[i] : NULL;
}
