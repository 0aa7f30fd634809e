// SPDX-License-Identifier: Apache-2.0
/* bus: the broadcast ring of public events. One writer that never waits, any number of readers.
 *
 * It lies in one stretch of memory (a sealed memfd in a live host) that readers map read-only. The
 * writer announces how far it will overwrite before it writes, and moves the tail afterwards; a
 * reader copies a record out and then looks whether it was overwritten meanwhile. A reader that
 * fell behind by more than the ring is told so and goes on where the ring begins now; nothing it
 * does can delay the writer.
 *
 * Announcements are made for a stretch ahead and on a line of their own, so that readers and writer
 * share only the tail's line, and that once a batch. */
#ifndef MARKET_BUS_H
#define MARKET_BUS_H

#include <stdatomic.h>
#include <string.h>

#include "market/records.h"

#define BUS_MARKS  64
#define BUS_STAMPS 4096 /* a power of two */

struct bus_shm { /* at the front of the memory; data follows at BUS_HEAD */
    uint64_t magic;
    uint64_t granules;                       /* power of two */
    _Alignas(128) _Atomic uint64_t reserved; /* granules below reserved - size may be overwritten */
    _Alignas(128) _Atomic uint64_t tail;     /* granules that are whole */
    _Atomic uint64_t tail_seq;               /* seq of the last event whose step is complete */
    /* Futex word: readers in lock-step sleep on it, each with its bits; + 1 with each call. */
    _Alignas(128) _Atomic uint32_t wake;
    uint32_t to_wake; /* bits of readers that sleep on it and are about to be woken; the writer's */
    /* The writer's thread sleeps, or is about to look a last time before it does: a reader that has
       something for it wakes it, by a word of its own. */
    _Atomic uint32_t is_writer_asleep;
    /* Where the first record that begins in each 64th of the ring stands, counted from the
       beginning: where a reader that fell behind can go on. */
    _Alignas(128) _Atomic uint64_t mark[BUS_MARKS];
    /* When the newest steps began, at seq % BUS_STAMPS: monotonic ns of a driver that has a clock,
       for measuring; 0: it has none. */
    _Alignas(128) _Atomic int64_t stamp[BUS_STAMPS];
};
#define BUS_HEAD   36864
#define BUS_FILLER 0 /* no event has this type */

struct bus_writer {
    struct bus_shm *shm; /* borrowed */
    unsigned char *data;
    uint64_t mask;
    uint64_t at;
    uint64_t reserved;  /* as in shm */
    uint64_t next_mark; /* the first record at or after this place is marked */
};
struct bus_reader {
    const struct bus_shm *shm; /* borrowed; may be mapped read-only */
    const unsigned char *data;
    uint64_t mask;
    uint64_t at;
    uint64_t tail; /* as last seen */
};

uint64_t bus_bytes(uint64_t granules);
/* Formats zeroed memory; granules is a power of two, at least 1024. [any, before sharing] */
int bus_format(void *memory, uint64_t granules);
int bus_writer_attach(struct bus_writer *writer, void *memory, uint64_t granules);
/* A reader that begins at the tail. AGON_ECORRUPT. [any] */
int bus_reader_attach(struct bus_reader *reader, const void *memory, uint64_t granules);

/* Writes a copy of the record behind the tail; not yet to be seen. Never fails. [core] */
void bus_write(struct bus_writer *writer, const struct agon_event_hdr *event);
/* Shows all that was written, as complete up to seq. [core] */
void bus_publish(struct bus_writer *writer, uint64_t seq);

/* The step of that seq begins now. [core] */
void bus_stamp(struct bus_shm *shm, uint64_t seq, int64_t mono_ns);
/* When the step of that seq began; of one that is too long ago: when the oldest did that is known.
 * 0: not known. [any] */
int64_t bus_stamped(const struct bus_reader *reader, uint64_t seq);

/* Copies the next record into out (EVENT_BYTES_MAX bytes of room). 1: a record; 0: none yet;
 * AGON_ERANGE: overrun, and the cursor stands at a record again: about the oldest that the writer
 * will not overwrite within the next eighth of the ring. AGON_ECORRUPT: these bytes are no bus.
 * [one thread per reader] */
int bus_next(struct bus_reader *reader, struct agon_event_hdr *out);
/* seq up to which the bus is complete: who reads it and then calls bus_next until there is none has
 * every record up to that seq. [any] */
uint64_t bus_seq(const struct bus_reader *reader);

_Static_assert(sizeof(struct agon_event_hdr) == EVENT_GRANULE / 2, "a header is half a granule");

/* Sets the cursor on a marked record that is safe for a while, or on the tail: AGON_ERANGE. */
int bus_fall_forward(struct bus_reader *reader);

static inline void bus_load_word(unsigned char *to, const uint64_t *from)
{
    uint64_t word = __atomic_load_n(from, __ATOMIC_ACQUIRE); // as bus.c stores them

    memcpy(to, &word, sizeof(word));
}

/* Half a granule, one word by one: a loop over them is twice as many instructions. */
static inline void bus_load_half(void *to, const unsigned char *from, uint32_t half)
{
    const uint64_t *at = (const uint64_t *)(const void *)from + half * 4;
    unsigned char *target = (unsigned char *)to + (size_t)half * EVENT_GRANULE / 2;

    bus_load_word(target, at);
    bus_load_word(target + 8, at + 1);
    bus_load_word(target + 16, at + 2);
    bus_load_word(target + 24, at + 3);
}

static inline int bus_is_overrun(const struct bus_reader *reader)
{
    uint64_t reserved = atomic_load_explicit(&reader->shm->reserved, memory_order_acquire);

    return reserved > reader->mask + 1 && reader->at < reserved - (reader->mask + 1);
}

static inline const unsigned char *bus_place(const struct bus_reader *reader)
{
    return reader->data + (reader->at & reader->mask) * EVENT_GRANULE;
}

/* The same in two steps, so that what is not wanted is not copied. bus_look copies the next
 * record's header, and returns as bus_next; the record stays the next one. What it says is true
 * once bus_copy (the rest goes into the same out) or bus_pass (the record is left out) returned 1;
 * AGON_ERANGE: it was overwritten meanwhile, as above. [one thread per reader] */
static inline int bus_look(struct bus_reader *reader, struct agon_event_hdr *out)
{
    for (;;) {
        uint64_t rest = reader->mask + 1 - (reader->at & reader->mask);

        if (reader->at == reader->tail) {
            reader->tail = atomic_load_explicit(&reader->shm->tail, memory_order_acquire);
            if (reader->at == reader->tail)
                return 0;
        }
        bus_load_half(out, bus_place(reader), 0);
        if (out->granules == 0 || out->granules > rest || out->granules > reader->tail - reader->at)
            return bus_is_overrun(reader) ? bus_fall_forward(reader) : AGON_ECORRUPT;
        if (__builtin_expect(out->type != BUS_FILLER, 1))
            return 1;
        if (bus_is_overrun(reader))
            return bus_fall_forward(reader);
        reader->at += out->granules;
    }
}

static inline int bus_pass(struct bus_reader *reader, const struct agon_event_hdr *header)
{
    if (bus_is_overrun(reader))
        return bus_fall_forward(reader);
    reader->at += header->granules;
    return 1;
}

static inline int bus_copy(struct bus_reader *reader, struct agon_event_hdr *out)
{
    for (uint32_t half = 1; half < 2u * out->granules; half++)
        bus_load_half(out, bus_place(reader), half);
    return bus_pass(reader, out);
}

#endif
