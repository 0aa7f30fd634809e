// SPDX-License-Identifier: Apache-2.0
/* buffer: where the engine leaves each numbered event for the journal, in memory only.
 *
 * A byte ring of whole granules between one producer (the core) and one consumer (the writer). An
 * append is a copy and one store; checksums, framing and files are the writer's. Numbers are
 * consecutive: the buffer stops the host when they are not. What has a number is kept: an event
 * that finds no room the engine must not take from its source.
 *
 * The buffer also carries back what the writer has to tell: how far the journal is durable, and how
 * the writer fares. Whoever lets an order out compares its depends_seq with journal_durable_seq. */
#ifndef JOURNAL_BUFFER_H
#define JOURNAL_BUFFER_H

#include <stdatomic.h>

#include "base/error.h"
#include "market/records.h"

#define JOURNAL_BUFFER_BYTES ((uint64_t)64 << 20) /* default */

enum journal_class {
    JOURNAL_MARKET =
        0,            /* inputs; kept for a configured size, droppable once a snapshot covers it */
    JOURNAL_MONEY = 1 /* intents, reports, commands, configuration: kept for years */
};
#define JOURNAL_CLASSES 2

/* How the writer fares. Above RUNNING the host raises no new risk; cancels go on. */
enum journal_state {
    JOURNAL_RUNNING = 0,
    JOURNAL_LOW = 1,      /* free space fell below the low-water mark */
    JOURNAL_SHEDDING = 2, /* disk full: the host takes only those market events that it must */
    JOURNAL_RESERVE = 3,  /* disk full: money events go to the reserve segment */
    JOURNAL_FULL = 4,     /* the reserve is used up: nothing more is durable until there is room */
    JOURNAL_FAILED = 5    /* write or sync failed: never again durable in this run */
};

/* Who takes events from the producer where it stands, before they are in the ring: the writer of
 * the same thread (journal/near.h). take: 1, it has the event; 0, the ring is to have it.
 * take_pair: both, or neither. */
struct journal_near {
    void *ctx;
    int (*take)(void *ctx, const struct agon_event_hdr *event);
    int (*take_pair)(void *ctx, const struct record_path *end, const struct agon_bar *bar);
};

struct journal_buffer {
    unsigned char *data;                        /* owned */
    uint64_t mask;                              /* granules - 1 */
    struct journal_near near;                   /* take may be NULL: all go into the ring */
    _Alignas(128) _Atomic uint64_t tail;        /* granules written; the producer's */
    _Atomic uint64_t seq;                       /* last number given; the producer's */
    uint64_t head_seen;                         /* producer's last look at head */
    _Alignas(128) _Atomic uint64_t head;        /* granules taken; the consumer's */
    _Alignas(128) _Atomic uint64_t durable_seq; /* the writer's word */
    _Atomic uint32_t state;                     /* enum journal_state */
};

/* bytes: a power of two, at least 64 KiB; all of it is touched. next_seq: number of the first event
 * to come (1 in a new journal). AGON_EINVAL, AGON_ENOMEM. [any, before sharing] */
int journal_buffer_init(struct journal_buffer *buffer, uint64_t bytes, uint64_t next_seq);
void journal_buffer_deinit(struct journal_buffer *buffer); /* [any, after sharing] */

/* Which class an event type belongs to. INSTRUMENT and HALT are money: a state without them could
 * not be rebuilt once market segments are dropped. [any] */
enum journal_class journal_class_of(uint16_t type);

/* Room for one more event of any size. The engine asks before it takes an event from a source and
 * leaves it there when the answer is no. [core] */
int journal_has_room(struct journal_buffer *buffer);
/* Into the ring, whoever may take it: of one that near.take had, and gives back before the event
 * that it is called with. [core] */
int journal_append_behind(struct journal_buffer *buffer, const struct agon_event_hdr *event);
/* Takes a copy of a journaled event (sub 0) whose seq is the next one. AGON_EAGAIN: no room,
 * nothing was taken and the event must not be acted on. [core] */
static inline int journal_append(struct journal_buffer *buffer, const struct agon_event_hdr *event)
{
    uint64_t seq = atomic_load_explicit(&buffer->seq, memory_order_relaxed);

    REQUIRE(event->sub == 0 && event->granules > 0 && event->seq == seq + 1);
    if (buffer->near.take == NULL || !buffer->near.take(buffer->near.ctx, event))
        return journal_append_behind(buffer, event);
    atomic_store_explicit(&buffer->seq, seq + 1, memory_order_release);
    return AGON_OK;
}

/* The end of a bar and that bar, where they are but a word of what is written: 1. 0: neither was
 * taken, and they are to be appended one by one. [core] */
static inline int journal_append_pair(struct journal_buffer *buffer, const struct record_path *end,
                                      const struct agon_bar *bar)
{
    uint64_t seq = atomic_load_explicit(&buffer->seq, memory_order_relaxed);

    REQUIRE(end->hdr.seq == seq + 1 && bar->hdr.seq == seq + 2);
    if (buffer->near.take_pair == NULL || !buffer->near.take_pair(buffer->near.ctx, end, bar))
        return 0;
    atomic_store_explicit(&buffer->seq, seq + 2, memory_order_release);
    return 1;
}

/* Every event up to this number is safe: on disk (class sync) or
 * handed to the kernel (class async). [any] */
uint64_t journal_durable_seq(const struct journal_buffer *buffer);
enum journal_state journal_state(const struct journal_buffer *buffer); /* [any] */
/* Bytes. [any] */
static inline uint64_t journal_buffer_used(const struct journal_buffer *buffer)
{
    uint64_t head = atomic_load_explicit(&buffer->head, memory_order_acquire);
    uint64_t tail = atomic_load_explicit(&buffer->tail, memory_order_acquire);

    return (tail - head) * EVENT_GRANULE;
}
const char *journal_state_name(enum journal_state state);

/* The writer's side. journal_take_limit freezes how far this turn goes. journal_take_at copies the
 * record at a cursor into out and gives the cursor behind it; journal_take_whole gives it where it
 * lies, and where that is both ends of the ring its copy in room; journal_take_release frees
 * everything below. [writer] */
uint64_t journal_take_limit(const struct journal_buffer *buffer);
uint64_t journal_take_start(const struct journal_buffer *buffer);
const struct agon_event_hdr *journal_take_hdr(const struct journal_buffer *buffer, uint64_t at);
uint64_t journal_take_at(const struct journal_buffer *buffer, uint64_t at, void *out);
const struct agon_event_hdr *journal_take_whole(const struct journal_buffer *buffer, uint64_t at,
                                                void *room);
void journal_take_release(struct journal_buffer *buffer, uint64_t at);

#endif
