// SPDX-License-Identifier: Apache-2.0
#include "journal/buffer.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/hot.h"
#include "market/events.h"

#define GRANULES_MAX 255 /* of one event */

int journal_buffer_init(struct journal_buffer *buffer, uint64_t bytes, uint64_t next_seq)
{
    uint64_t granules = bytes / EVENT_GRANULE;

    memset(buffer, 0, sizeof(*buffer));
    if (bytes < 65536 || (bytes & (bytes - 1)) != 0 || next_seq == 0)
        return AGON_EINVAL;
    buffer->data = aligned_alloc(4096, bytes);
    if (buffer->data == NULL)
        return AGON_ENOMEM;
    // Touched now, so that no append meets a page fault later.
    memset(buffer->data, 0, bytes);
    buffer->mask = granules - 1;
    atomic_init(&buffer->seq, next_seq - 1);
    atomic_init(&buffer->durable_seq, next_seq - 1);
    return AGON_OK;
}

void journal_buffer_deinit(struct journal_buffer *buffer)
{
    free(buffer->data);
    buffer->data = NULL;
}

// What is not known here is kept for years rather than dropped; so is what only the host sees.
static __attribute__((noinline)) enum journal_class class_of_more(uint16_t type)
{
    return event_kind_of(type) == NULL || event_is(type, AGON_EV_KEPT) ? JOURNAL_MONEY
                                                                       : JOURNAL_MARKET;
}

HOT enum journal_class journal_class_of(uint16_t type)
{
    if (type >= AGON_EVENT_INTENT)
        return class_of_more(type);
    return event_is(type, AGON_EV_KEPT) ? JOURNAL_MONEY : JOURNAL_MARKET;
}

static uint64_t used_now(struct journal_buffer *buffer, uint64_t tail, uint64_t want)
{
    if (tail - buffer->head_seen + want > buffer->mask + 1) {
        // Acquire pairs with the release in journal_take_release: those granules are copied out.
        buffer->head_seen = atomic_load_explicit(&buffer->head, memory_order_acquire);
        REQUIRE(tail - buffer->head_seen <= buffer->mask + 1);
    }
    return tail - buffer->head_seen;
}

int journal_has_room(struct journal_buffer *buffer)
{
    uint64_t tail = atomic_load_explicit(&buffer->tail, memory_order_relaxed);

    return used_now(buffer, tail, GRANULES_MAX) + GRANULES_MAX <= buffer->mask + 1;
}

// Most are of one or two: a call for each costs more than they do.
static inline void copy(unsigned char *to, const void *from, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        memcpy(to + i * EVENT_GRANULE, (const unsigned char *)from + i * EVENT_GRANULE,
               EVENT_GRANULE);
}

/* Not inlined: what is taken where it stands needs none of it. */
HOT __attribute__((noinline)) int journal_append_behind(struct journal_buffer *buffer,
                                                        const struct agon_event_hdr *event)
{
    uint64_t tail = atomic_load_explicit(&buffer->tail, memory_order_relaxed);
    uint64_t n = event->granules;
    uint64_t used = used_now(buffer, tail, n);
    uint64_t at = tail & buffer->mask;
    uint64_t first = buffer->mask + 1 - at;

    if (used + n > buffer->mask + 1)
        return AGON_EAGAIN;
    if (first >= n) {
        copy(buffer->data + at * EVENT_GRANULE, event, n);
    } else {
        memcpy(buffer->data + at * EVENT_GRANULE, event, first * EVENT_GRANULE);
        memcpy(buffer->data, (const unsigned char *)event + first * EVENT_GRANULE,
               (n - first) * EVENT_GRANULE);
    }
    hot_will_write_ring(buffer->data, tail, buffer->mask);
    // The tail moves before seq: who sees the number also sees its record.
    atomic_store_explicit(&buffer->tail, tail + n, memory_order_release);
    atomic_store_explicit(&buffer->seq, event->seq, memory_order_release);
    return AGON_OK;
}

uint64_t journal_durable_seq(const struct journal_buffer *buffer)
{
    return atomic_load_explicit(&buffer->durable_seq, memory_order_acquire);
}

enum journal_state journal_state(const struct journal_buffer *buffer)
{
    return (enum journal_state)atomic_load_explicit(&buffer->state, memory_order_acquire);
}

const char *journal_state_name(enum journal_state state)
{
    static const char *const names[] = {"running", "low", "shedding", "reserve", "full", "failed"};

    return (unsigned)state < sizeof(names) / sizeof(names[0]) ? names[state] : "unknown";
}

uint64_t journal_take_limit(const struct journal_buffer *buffer)
{
    return atomic_load_explicit(&buffer->tail, memory_order_acquire);
}

uint64_t journal_take_start(const struct journal_buffer *buffer)
{
    return atomic_load_explicit(&buffer->head, memory_order_relaxed);
}

const struct agon_event_hdr *journal_take_hdr(const struct journal_buffer *buffer, uint64_t at)
{
    // A header never crosses the end of the ring: it lies in the record's first granule.
    return (const void *)(buffer->data + (at & buffer->mask) * EVENT_GRANULE);
}

uint64_t journal_take_at(const struct journal_buffer *buffer, uint64_t at, void *out)
{
    uint64_t n = journal_take_hdr(buffer, at)->granules;
    uint64_t place = at & buffer->mask;
    uint64_t first = buffer->mask + 1 - place;

    // Or the writer would take the same record for ever.
    REQUIRE(n > 0);
    if (first >= n) {
        memcpy(out, buffer->data + place * EVENT_GRANULE, n * EVENT_GRANULE);
    } else {
        memcpy(out, buffer->data + place * EVENT_GRANULE, first * EVENT_GRANULE);
        memcpy((unsigned char *)out + first * EVENT_GRANULE, buffer->data,
               (n - first) * EVENT_GRANULE);
    }
    return at + n;
}

HOT const struct agon_event_hdr *journal_take_whole(const struct journal_buffer *buffer,
                                                    uint64_t at, void *room)
{
    const struct agon_event_hdr *event = journal_take_hdr(buffer, at);

    REQUIRE(event->granules > 0);
    if ((at & buffer->mask) + event->granules <= buffer->mask + 1)
        return event;
    (void)journal_take_at(buffer, at, room);
    return room;
}

void journal_take_release(struct journal_buffer *buffer, uint64_t at)
{
    uint64_t head = atomic_load_explicit(&buffer->head, memory_order_relaxed);

    // Room comes back once, and none that holds no record yet.
    REQUIRE(at >= head);
    REQUIRE(at <= atomic_load_explicit(&buffer->tail, memory_order_acquire));
    atomic_store_explicit(&buffer->head, at, memory_order_release);
}
