// SPDX-License-Identifier: Apache-2.0
/* seats: who had a slot, and when. A slot whose agent has left is free, and then another's: what is
 * said of an event names who had it at that event, not who has it when the journal ends. [one
 * thread] */
#ifndef REPORT_SEATS_H
#define REPORT_SEATS_H

#include "engine/engine.h"

struct seat {
    char name[SLOT_NAME];
    uint64_t seq;      /* from that event on; 0: from the beginning */
    uint64_t seq_gone; /* is_gone: up to that event */
    uint16_t slot;
    uint8_t is_strategy, is_gone;
    uint8_t is_kept;       /* is_gone: the engine's figures of all have it */
    uint16_t refused_most; /* reason for which most of its intents were refused */
    uint64_t n_refused;
    /* Of who is unloaded or gone: when last something of its was booked. What went to the pool when
     * it left is neither capital nor equity of who is gone: the pool has it. */
    struct figures figures;
};

struct seats; /* opaque */

struct seats *seats_new(void);        /* NULL: no memory */
void seats_free(struct seats *seats); /* NULL is fine */
/* Each event, behind the engine's step of it. AGON_ENOMEM. */
int seats_take(struct seats *seats, struct engine *engine, const struct agon_event_hdr *event);
/* Who had the slot at that event, or had it last; "": nobody had it. */
const char *seats_name(const struct seats *seats, uint16_t slot, uint64_t seq);
/* The same, whole; NULL: nobody. */
const struct seat *seats_find(const struct seats *seats, uint16_t slot, uint64_t seq);
/* All together, and who is gone: result = equity - capital holds of the sum too. */
void seats_all(const struct seats *seats, struct engine *engine, struct figures *out);
/* Amounts and counts of who is gone; how many they are, those before the first event that was read
 * too where the state has them. */
uint64_t seats_left(const struct seats *seats, struct engine *engine, struct figures *out);
/* In the order in which they came. NULL behind the last. */
const struct seat *seats_at(const struct seats *seats, uint32_t i);

#endif
