// SPDX-License-Identifier: Apache-2.0
#include "market/evring.h"

#include "base/error.h"
#include "base/hot.h"

#define EVRING_MAGIC 0x31676e7276654741u /* "AGevrng1" */
#define GRANULES_MIN 256
#define GRANULES_MAX ((uint64_t)1 << 32)
#define TYPE_FILLER  0 /* no event has type 0 */

_Static_assert(sizeof(struct evring_shm) <= EVRING_HEAD, "data begins behind the cursors");
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "cursors are shared between processes");

static int is_size(uint64_t granules)
{
    return granules >= GRANULES_MIN && granules <= GRANULES_MAX && (granules & (granules - 1)) == 0;
}

uint64_t evring_bytes(uint64_t granules)
{
    return EVRING_HEAD + granules * EVENT_GRANULE;
}

int evring_format(void *memory, uint64_t granules)
{
    struct evring_shm *shm = memory;

    if (memory == NULL || (uintptr_t)memory % 128 != 0 || !is_size(granules))
        return AGON_EINVAL;
    atomic_init(&shm->tail, 0);
    atomic_init(&shm->head, 0);
    shm->granules = granules;
    shm->magic = EVRING_MAGIC;
    return AGON_OK;
}

int evring_attach(struct evring *ring, void *memory, uint64_t granules)
{
    struct evring_shm *shm = memory;

    memset(ring, 0, sizeof(*ring));
    if (memory == NULL || (uintptr_t)memory % 128 != 0 || !is_size(granules))
        return AGON_ECORRUPT;
    if (shm->magic != EVRING_MAGIC || shm->granules != granules)
        return AGON_ECORRUPT;
    ring->shm = shm;
    ring->data = (unsigned char *)memory + EVRING_HEAD;
    ring->mask = granules - 1;
    return AGON_OK;
}

static struct agon_event_hdr *record_at(const struct evring *ring, uint64_t at)
{
    return (struct agon_event_hdr *)(void *)(ring->data + (at & ring->mask) * EVENT_GRANULE);
}

/* Granules that the producer may fill. A head that is ahead of the tail or more than the ring
 * behind it is a lie, and then there is no room. */
static uint64_t room(const struct evring *ring)
{
    uint64_t used = ring->at - ring->other;

    return used <= ring->mask + 1 ? ring->mask + 1 - used : 0;
}

static inline int has_room(struct evring *ring, uint64_t granules)
{
    if (ring->is_begun && room(ring) >= granules)
        return 1;
    if (!ring->is_begun) {
        ring->at = atomic_load_explicit(&ring->shm->tail, memory_order_relaxed);
        ring->is_begun = 1;
    }
    // Acquire pairs with the release of head: the consumer is done with what it gave back.
    ring->other = atomic_load_explicit(&ring->shm->head, memory_order_acquire);
    return room(ring) >= granules;
}

/* A place for granules in one piece at the producer's cursor, or NULL. */
static inline struct agon_event_hdr *reserve(struct evring *ring, uint32_t granules)
{
    struct agon_event_hdr *record;
    uint64_t rest;

    ring->claimed = 0;
    if (!has_room(ring, granules))
        return NULL;
    rest = ring->mask + 1 - (ring->at & ring->mask);
    if (__builtin_expect(rest < granules, 0)) {
        // The filler is shown at once and alone: in a small ring there may never be room for both.
        record = record_at(ring, ring->at);
        memset(record, 0, sizeof(*record));
        record->granules = (uint8_t)rest;
        ring->at += rest;
        atomic_store_explicit(&ring->shm->tail, ring->at, memory_order_release);
        if (!has_room(ring, granules))
            return NULL;
    }
    ring->claimed = granules;
    hot_will_write_ring(ring->data, ring->at, ring->mask);
    return record_at(ring, ring->at);
}

void *evring_claim(struct evring *ring, uint32_t granules)
{
    struct agon_event_hdr *record;

    REQUIRE(granules > 0 && granules <= UINT8_MAX);
    record = reserve(ring, granules);
    if (record == NULL)
        return NULL;
    memset(record, 0, sizeof(*record));
    record->granules = (uint8_t)granules;
    return record;
}

void evring_publish(struct evring *ring)
{
    if (ring->claimed == 0)
        return;
    // The length is the claimed one whatever was written into the header since.
    record_at(ring, ring->at)->granules = (uint8_t)ring->claimed;
    ring->at += ring->claimed;
    ring->claimed = 0;
    atomic_store_explicit(&ring->shm->tail, ring->at, memory_order_release);
}

// Granule by granule, in registers: most records are one or two, and a call of memcpy costs more.
static inline void copy(void *to, const void *from, uint32_t granules)
{
    for (uint32_t i = 0; i < granules; i++)
        memcpy((unsigned char *)to + (size_t)i * EVENT_GRANULE,
               (const unsigned char *)from + (size_t)i * EVENT_GRANULE, EVENT_GRANULE);
}

HOT int evring_put(struct evring *ring, const struct agon_event_hdr *event)
{
    uint32_t granules = event->granules;
    void *record;

    if (granules == 0 || event->type == TYPE_FILLER)
        return AGON_EINVAL;
    record = reserve(ring, granules);
    if (record == NULL)
        return AGON_EAGAIN;
    copy(record, event, granules);
    evring_publish(ring);
    return AGON_OK;
}

static const struct agon_event_hdr *corrupt(int *rc)
{
    if (rc != NULL)
        *rc = AGON_ECORRUPT;
    return NULL;
}

HOT const struct agon_event_hdr *evring_peek(struct evring *ring, int *rc)
{
    if (rc != NULL)
        *rc = AGON_OK;
    ring->claimed = 0;
    if (!ring->is_begun) {
        ring->at = atomic_load_explicit(&ring->shm->head, memory_order_relaxed);
        ring->other = ring->at;
        ring->is_begun = 1;
    }
    // At most two rounds a lap: a filler is believed only at the ring's end.
    for (;;) {
        struct agon_event_hdr *record = record_at(ring, ring->at);
        uint64_t rest = ring->mask + 1 - (ring->at & ring->mask);
        uint32_t granules;
        uint16_t type;

        if (ring->at == ring->other) {
            // Acquire pairs with the release of tail: the record is whole.
            uint64_t tail = atomic_load_explicit(&ring->shm->tail, memory_order_acquire);

            if (tail - ring->at > ring->mask + 1)
                return corrupt(rc);
            ring->other = tail;
            if (ring->at == tail)
                return NULL;
        }
        // Each is read once: a hostile producer may change them between two looks.
        granules = __atomic_load_n(&record->granules, __ATOMIC_RELAXED);
        type = __atomic_load_n(&record->type, __ATOMIC_RELAXED);
        if (granules == 0 || granules > rest || granules > ring->other - ring->at)
            return corrupt(rc);
        if (type != TYPE_FILLER) {
            ring->claimed = granules;
            return record;
        }
        if (granules != rest)
            return corrupt(rc);
        ring->at += granules;
        atomic_store_explicit(&ring->shm->head, ring->at, memory_order_release);
    }
}

HOT void evring_pass(struct evring *ring)
{
    ring->at += ring->claimed;
    ring->claimed = 0;
}

HOT void evring_give_back(struct evring *ring)
{
    if (ring->is_begun && atomic_load_explicit(&ring->shm->head, memory_order_relaxed) != ring->at)
        atomic_store_explicit(&ring->shm->head, ring->at, memory_order_release);
}

HOT void evring_release(struct evring *ring)
{
    if (ring->claimed == 0)
        return;
    ring->at += ring->claimed;
    ring->claimed = 0;
    atomic_store_explicit(&ring->shm->head, ring->at, memory_order_release);
}

HOT void evring_rewind(struct evring *producer, struct evring *consumer)
{
    uint64_t front = (producer->at + producer->mask) & ~producer->mask;

    if (!producer->is_begun || !consumer->is_begun || producer->at != consumer->at)
        return;
    producer->at = producer->other = consumer->at = consumer->other = front;
    atomic_store_explicit(&producer->shm->tail, front, memory_order_relaxed);
    atomic_store_explicit(&producer->shm->head, front, memory_order_relaxed);
}

int evring_take(struct evring *ring, struct agon_event_hdr *out)
{
    int rc;
    const struct agon_event_hdr *record = evring_peek(ring, &rc);

    if (record == NULL)
        return rc;
    copy(out, record, ring->claimed);
    out->granules = (uint8_t)ring->claimed;
    evring_release(ring);
    return out->type != TYPE_FILLER ? 1 : AGON_ECORRUPT;
}

uint64_t evring_used(const struct evring *ring)
{
    uint64_t tail = atomic_load_explicit(&ring->shm->tail, memory_order_relaxed);
    uint64_t head = atomic_load_explicit(&ring->shm->head, memory_order_relaxed);
    uint64_t used = tail - head;

    // The two looks are not one: a head read later may be ahead.
    return used <= ring->mask + 1 ? used : 0;
}
