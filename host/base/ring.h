// SPDX-License-Identifier: Apache-2.0
/* A bounded queue of fixed-size slots between exactly one producer and one consumer thread.
 *
 * Both sides work in the slot itself: claim, fill, publish; peek, use, release. Nothing is copied,
 * nothing is allocated after ring_init, and neither side ever waits for the other. */
#ifndef BASE_RING_H
#define BASE_RING_H

#include <stdalign.h>
#include <stdatomic.h>

#include <agon/types.h>

#include "base/error.h"

#define RING_LINE 128 /* two cache lines: neighbours are prefetched in pairs */

struct ring {
    unsigned char *slots; /* owned */
    uint32_t slot_size;
    uint32_t mask;                             /* capacity - 1 */
    _Alignas(RING_LINE) _Atomic uint64_t head; /* next slot to read; the consumer writes it */
    uint64_t tail_seen;                        /* consumer's last look at tail */
    _Alignas(RING_LINE) _Atomic uint64_t tail; /* next slot to fill; the producer writes it */
    uint64_t head_seen;                        /* producer's last look at head */
};

/* capacity is a power of two. AGON_EINVAL, AGON_ENOMEM. [any, before sharing] */
int ring_init(struct ring *ring, uint32_t capacity, uint32_t slot_size);
void ring_deinit(struct ring *ring); /* [any, after sharing] */
/* How many slots are filled: exact for neither side, right when both stand still. [any] */
uint32_t ring_used(struct ring *ring);

/* Inlined, as they are called for each message. */
static inline void *ring_slot(struct ring *ring, uint64_t index)
{
    return ring->slots + (index & ring->mask) * ring->slot_size;
}

/* The next free slot, or NULL when the ring is full; ring_publish shows it. [producer] */
static inline void *ring_claim(struct ring *ring)
{
    uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);

    if (tail - ring->head_seen > ring->mask) {
        // Acquire pairs with the release in ring_release: the consumer is done with the slot.
        ring->head_seen = atomic_load_explicit(&ring->head, memory_order_acquire);
        REQUIRE(tail - ring->head_seen <= (uint64_t)ring->mask + 1);
        if (tail - ring->head_seen > ring->mask)
            return NULL;
    }
    return ring_slot(ring, tail);
}

static inline void ring_publish(struct ring *ring)
{
    uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);

    atomic_store_explicit(&ring->tail, tail + 1, memory_order_release);
}

/* The oldest filled slot, or NULL when the ring is empty; ring_release frees it. [consumer] */
static inline void *ring_peek(struct ring *ring)
{
    uint64_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);

    if (head == ring->tail_seen) {
        // Acquire pairs with the release in ring_publish: the slot is filled.
        ring->tail_seen = atomic_load_explicit(&ring->tail, memory_order_acquire);
        if (head == ring->tail_seen)
            return NULL;
    }
    return ring_slot(ring, head);
}

static inline void ring_release(struct ring *ring)
{
    uint64_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);

    atomic_store_explicit(&ring->head, head + 1, memory_order_release);
}

#endif
