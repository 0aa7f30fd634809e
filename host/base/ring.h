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
/* The next free slot, or NULL when the ring is full; ring_publish shows it. [producer] */
void *ring_claim(struct ring *ring);
void ring_publish(struct ring *ring);
/* The oldest filled slot, or NULL when the ring is empty; ring_release frees it. [consumer] */
void *ring_peek(struct ring *ring);
void ring_release(struct ring *ring);
/* How many slots are filled: exact for neither side, right when both stand still. [any] */
uint32_t ring_used(struct ring *ring);

#endif
