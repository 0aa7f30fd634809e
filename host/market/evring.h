// SPDX-License-Identifier: Apache-2.0
/* evring: a byte ring of event records between one producer and one consumer, with flow control.
 *
 * Records are whole granules, stand in one piece (a filler ends the ring's last stretch where the
 * next does not fit) and are written and read in place. It lies in memory that its owner gives, so
 * that two processes can share it: there are no pointers inside. It carries venue events to the
 * core, private events to a slot, intents back and commands out. Neither side waits.
 *
 * The other side may be hostile when it is another process. Its cursor is believed only as far as
 * it is sane, and no call here reads or writes outside the ring whatever the memory holds. But a
 * hostile producer can change a record after evring_peek looked at it: who reads from another
 * process takes a copy with evring_take and judges that. */
#ifndef MARKET_EVRING_H
#define MARKET_EVRING_H

#include <stdatomic.h>

#include "market/records.h"

struct evring_shm { /* at the front of the memory; data follows at EVRING_HEAD */
    uint64_t magic;
    uint64_t granules;                   /* power of two */
    _Alignas(128) _Atomic uint64_t tail; /* granules written since the beginning; the producer's */
    _Alignas(128) _Atomic uint64_t head; /* granules read; the consumer's */
    _Alignas(128) uint64_t pad;
};
#define EVRING_HEAD 512

struct evring {             /* one side's view; each side has its own */
    struct evring_shm *shm; /* borrowed */
    unsigned char *data;
    uint64_t mask;
    uint64_t at;       /* own cursor: tail of the producer, head of the consumer */
    uint64_t other;    /* the other's cursor as last seen */
    uint32_t claimed;  /* granules of the record in hand */
    uint32_t is_begun; /* at and other have been read from the ring */
};

/* Bytes of memory for a ring of that many granules (a power of two, at least 256). */
uint64_t evring_bytes(uint64_t granules);
/* Formats zeroed memory of evring_bytes(granules), aligned to 128. [any, before sharing] */
int evring_format(void *memory, uint64_t granules);
/* A view of a formatted ring, for one side: which one is decided by the first call. It goes on
 * where that side's cursor stands, so that a new process can take over from a dead one.
 * AGON_ECORRUPT: no such ring, or not of that many granules. */
int evring_attach(struct evring *ring, void *memory, uint64_t granules);

/* Room for one record of n granules (1 to 255), its header zeroed but for granules; what was in the
 * rest is still there. NULL when the ring is full. [producer] */
void *evring_claim(struct evring *ring, uint32_t granules);
void evring_publish(struct evring *ring); /* shows what was claimed last. [producer] */
/* Copies a whole record in. AGON_EAGAIN: the ring is full; AGON_EINVAL: type or granules is 0.
 * [producer] */
int evring_put(struct evring *ring, const struct agon_event_hdr *event);

/* The oldest record, or NULL when there is none; stays valid until evring_release. AGON_ECORRUPT in
 * *rc (may be NULL) when the bytes there are no record: a hostile producer. [consumer] */
const struct agon_event_hdr *evring_peek(struct evring *ring, int *rc);
void evring_release(struct evring *ring); /* [consumer] */
/* The same of one of several: the producer hears of the room when evring_give_back says it, so that
 * the line of the cursors goes from one processor to the other less often. [consumer] */
void evring_pass(struct evring *ring);
void evring_give_back(struct evring *ring); /* what was passed; nothing: no harm. [consumer] */
/* The same as a look that finds none, and cheaper. 0: evring_peek is to be asked. [consumer] */
static inline int evring_is_empty(const struct evring *ring)
{
    return ring->is_begun && ring->at == ring->other &&
           atomic_load_explicit(&ring->shm->tail, memory_order_relaxed) == ring->at;
}
/* Does another record lie behind the one in hand, by the last look at the producer's cursor?
 * [consumer] */
static inline int evring_has_behind(const struct evring *ring)
{
    return ring->other - ring->at > ring->claimed;
}
/* Copies the oldest record into out (EVENT_BYTES_MAX bytes of room) and releases it: 1; 0 when
 * there is none; AGON_ECORRUPT. The copy's length is the one that was checked. [consumer] */
int evring_take(struct evring *ring, struct agon_event_hdr *out);
/* Where both sides are one thread's: with nothing in the ring the next record goes to its front, so
 * that a large ring that is mostly empty takes few pages and stays in the cache. [any; one thread]
 */
void evring_rewind(struct evring *producer, struct evring *consumer);
/* Granules in use, for a metric. [any] */
uint64_t evring_used(const struct evring *ring);

#endif
