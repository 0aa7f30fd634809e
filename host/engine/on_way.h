// SPDX-License-Identifier: Apache-2.0
/* on_way: events between the exchange and the core of a run in one thread, in the order in which
 * they left: a ring of granules that this thread alone writes to and reads. For lockstep.c. [one
 * thread] */
#ifndef ENGINE_ON_WAY_H
#define ENGINE_ON_WAY_H

#include <stdlib.h>

#include "base/error.h"
#include "market/records.h"

union on_way_room {
    struct agon_event_hdr hdr;
    unsigned char bytes[EVENT_BYTES_MAX];
};
struct on_way {
    unsigned char *ring;          /* owned; nothing of it is read before it is written */
    uint64_t room, in, out;       /* granules */
    struct agon_event_hdr *first; /* here or in the ring; NULL: nothing is on its way */
    uint64_t n_behind;            /* in the ring, behind the first */
    union on_way_room
        here; /* what comes while nothing is on its way: without a delay that is all */
};

/* Of memory that is not touched: where a process takes it for the second time it may not be zero,
 * and zeroing all of it took longer than what a short run had on its way. AGON_ENOMEM. */
static inline int on_way_init(struct on_way *queue, uint64_t granules)
{
    queue->ring = aligned_alloc(128, granules * EVENT_GRANULE);
    queue->room = granules;
    return queue->ring != NULL ? AGON_OK : AGON_ENOMEM;
}

static inline void on_way_deinit(struct on_way *queue)
{
    free(queue->ring);
}

static inline struct agon_event_hdr *on_way_at(const struct on_way *queue, uint64_t granule)
{
    return (struct agon_event_hdr *)(void *)(queue->ring + granule * EVENT_GRANULE);
}

/* A place behind all that is on its way, in one piece: where there is none before the ring's end,
 * an event of no granules says so. NULL: the ring is full. */
static inline struct agon_event_hdr *on_way_claim(struct on_way *queue, uint32_t granules)
{
    struct agon_event_hdr *place;

    if (queue->n_behind == 0 && queue->first == &queue->here.hdr)
        queue->in = queue->out = 0; // where those before it lay, and not in new lines
    if (queue->in < queue->out) {
        if (queue->out - queue->in <= granules)
            return NULL;
    } else if (queue->room - queue->in < granules) {
        if (queue->out <= granules)
            return NULL;
        if (queue->in < queue->room)
            on_way_at(queue, queue->in)->granules = 0;
        queue->in = 0;
    }
    place = on_way_at(queue, queue->in);
    queue->in += granules;
    queue->n_behind++;
    return place;
}

/* The first is done with. */
static inline void on_way_pop(struct on_way *queue)
{
    if (queue->first != &queue->here.hdr)
        queue->out += queue->first->granules;
    queue->first = NULL;
    if (queue->n_behind == 0)
        return;
    if (queue->out == queue->room || on_way_at(queue, queue->out)->granules == 0)
        queue->out = 0;
    queue->first = on_way_at(queue, queue->out);
    queue->n_behind--;
}

static inline void on_way_copy(struct agon_event_hdr *to, const struct agon_event_hdr *from)
{
    memcpy(to, from, EVENT_GRANULE); // none has less
    for (uint32_t i = 1; i < from->granules; i++)
        memcpy((unsigned char *)to + (size_t)i * EVENT_GRANULE,
               (const unsigned char *)from + (size_t)i * EVENT_GRANULE, EVENT_GRANULE);
}

#endif
