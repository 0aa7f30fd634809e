// SPDX-License-Identifier: Apache-2.0
/* lockstep_queue: events of the market on their way from the exchange to the core, in order. One
 * thread writes and reads. [engine] */
#ifndef ENGINE_LOCKSTEP_QUEUE_H
#define ENGINE_LOCKSTEP_QUEUE_H

#include <string.h>

#include "base/hot.h"
#include "market/events.h"

union lockstep_room {
    struct agon_event_hdr hdr;
    unsigned char bytes[EVENT_BYTES_MAX];
};

struct lockstep_queue {
    void *memory;        /* owned */
    unsigned char *ring; /* of granules */
    uint64_t room, in, out;
    struct agon_event_hdr *first; /* here or in the ring; NULL: nothing is on its way */
    uint64_t n_behind;            /* in the ring, behind the first */
    union lockstep_room
        here; /* what comes while nothing is on its way: without a delay that is all */
};

static inline struct agon_event_hdr *queue_at(const struct lockstep_queue *queue, uint64_t granule)
{
    return (struct agon_event_hdr *)(void *)(queue->ring + granule * EVENT_GRANULE);
}

/* A place behind all that is on its way, in one piece: where there is none before the ring's end,
 * an event of no granules says so. NULL: the ring is full. */
static inline HOT struct agon_event_hdr *queue_claim(struct lockstep_queue *queue,
                                                     uint32_t granules)
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
            queue_at(queue, queue->in)->granules = 0;
        queue->in = 0;
    }
    place = queue_at(queue, queue->in);
    queue->in += granules;
    queue->n_behind++;
    return place;
}

/* The first is done with. */
static inline HOT void queue_pop(struct lockstep_queue *queue)
{
    if (queue->first != &queue->here.hdr)
        queue->out += queue->first->granules;
    queue->first = NULL;
    if (queue->n_behind == 0)
        return;
    if (queue->out == queue->room || queue_at(queue, queue->out)->granules == 0)
        queue->out = 0;
    queue->first = queue_at(queue, queue->out);
    queue->n_behind--;
}

static inline void copy_event(struct agon_event_hdr *to, const struct agon_event_hdr *from)
{
    memcpy(to, from, EVENT_GRANULE); // none has less
    for (uint32_t i = 1; i < from->granules; i++)
        memcpy((unsigned char *)to + (size_t)i * EVENT_GRANULE,
               (const unsigned char *)from + (size_t)i * EVENT_GRANULE, EVENT_GRANULE);
}

#endif
