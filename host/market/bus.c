// SPDX-License-Identifier: Apache-2.0
#include "market/bus.h"

#include "base/error.h"
#include "base/hot.h"

#define BUS_MAGIC    0x3173756273474100u /* "AGsbus1" */
#define GRANULES_MIN 1024
#define GRANULES_MAX ((uint64_t)1 << 32)
#define BUS_FILLER   0 /* no event has type 0 */
#define STRETCH_MAX  1024

_Static_assert(sizeof(struct bus_shm) <= BUS_HEAD, "data begins behind the cursors");
_Static_assert(EVENT_GRANULE == HOT_LINE, "rings ask for their granules by lines");

static int is_size(uint64_t granules)
{
    return granules >= GRANULES_MIN && granules <= GRANULES_MAX && (granules & (granules - 1)) == 0;
}

uint64_t bus_bytes(uint64_t granules)
{
    return BUS_HEAD + granules * EVENT_GRANULE;
}

int bus_format(void *memory, uint64_t granules)
{
    struct bus_shm *shm = memory;

    if (memory == NULL || (uintptr_t)memory % 128 != 0 || !is_size(granules))
        return AGON_EINVAL;
    atomic_init(&shm->reserved, 0);
    atomic_init(&shm->tail, 0);
    atomic_init(&shm->tail_seq, 0);
    atomic_init(&shm->wake, 0);
    atomic_init(&shm->is_writer_asleep, 0);
    for (int i = 0; i < BUS_MARKS; i++)
        atomic_init(&shm->mark[i], 0);
    shm->granules = granules;
    shm->magic = BUS_MAGIC;
    return AGON_OK;
}

static int is_bus(const void *memory, uint64_t granules)
{
    const struct bus_shm *shm = memory;

    return memory != NULL && (uintptr_t)memory % 128 == 0 && is_size(granules) &&
           shm->magic == BUS_MAGIC && shm->granules == granules;
}

int bus_writer_attach(struct bus_writer *writer, void *memory, uint64_t granules)
{
    memset(writer, 0, sizeof(*writer));
    if (!is_bus(memory, granules))
        return AGON_ECORRUPT;
    writer->shm = memory;
    writer->data = (unsigned char *)memory + BUS_HEAD;
    writer->mask = granules - 1;
    writer->at = atomic_load_explicit(&writer->shm->tail, memory_order_relaxed);
    writer->reserved = atomic_load_explicit(&writer->shm->reserved, memory_order_relaxed);
    writer->next_mark = writer->at;
    return AGON_OK;
}

int bus_reader_attach(struct bus_reader *reader, const void *memory, uint64_t granules)
{
    memset(reader, 0, sizeof(*reader));
    if (!is_bus(memory, granules))
        return AGON_ECORRUPT;
    reader->shm = memory;
    reader->data = (const unsigned char *)memory + BUS_HEAD;
    reader->mask = granules - 1;
    reader->tail = atomic_load_explicit(&reader->shm->tail, memory_order_acquire);
    reader->at = reader->tail;
    return AGON_OK;
}

/* Records are stored and loaded in words with release and acquire. That orders them after the
 * announcement and before the check of it, without a fence, which thread checkers do not follow; on
 * x86 these are plain moves. */
static inline void store_word(uint64_t *to, const unsigned char *from)
{
    uint64_t word;

    memcpy(&word, from, sizeof(word));
    __atomic_store_n(to, word, __ATOMIC_RELEASE);
}

/* The eight words of a granule, one by one: most records are of one, and a loop over its words is
 * twice as many instructions. */
#define EACH_WORD(_) _(0) _(1) _(2) _(3) _(4) _(5) _(6) _(7)

static inline void store_granules(unsigned char *to, const void *from, uint32_t granules)
{
    uint64_t *at = (uint64_t *)(void *)to;
    const unsigned char *source = from;

    for (; granules > 0; granules--, at += 8, source += EVENT_GRANULE) {
#define STORE(i) store_word(at + (i), source + (size_t)(i)*8);
        EACH_WORD(STORE)
#undef STORE
    }
}

static void reserve(struct bus_writer *writer, uint64_t until)
{
    uint64_t stretch = (writer->mask + 1) / 16;

    if (until <= writer->reserved)
        return;
    if (stretch > STRETCH_MAX)
        stretch = STRETCH_MAX;
    writer->reserved = until + stretch;
    atomic_store_explicit(&writer->shm->reserved, writer->reserved, memory_order_relaxed);
}

static void mark(struct bus_writer *writer)
{
    uint64_t part = (writer->mask + 1) / BUS_MARKS;
    uint64_t index = writer->at / part;

    if (writer->at < writer->next_mark)
        return;
    atomic_store_explicit(&writer->shm->mark[index % BUS_MARKS], writer->at, memory_order_relaxed);
    writer->next_mark = (index + 1) * part;
}

HOT void bus_write(struct bus_writer *writer, const struct agon_event_hdr *event)
{
    uint32_t granules = event->granules;
    uint64_t rest = writer->mask + 1 - (writer->at & writer->mask);

    REQUIRE(granules > 0 && event->type != BUS_FILLER);
    if (rest < granules) {
        struct agon_event_hdr filler[2] = {{.granules = (uint8_t)rest}};

        reserve(writer, writer->at + rest);
        store_granules(writer->data + (writer->at & writer->mask) * EVENT_GRANULE, filler, 1);
        writer->at += rest;
    }
    reserve(writer, writer->at + granules);
    mark(writer);
    store_granules(writer->data + (writer->at & writer->mask) * EVENT_GRANULE, event, granules);
    writer->at += granules;
    hot_will_write_ring(writer->data, writer->at, writer->mask);
}

HOT void bus_publish(struct bus_writer *writer, uint64_t seq)
{
    struct bus_shm *shm = writer->shm;
    uint32_t wake = atomic_load_explicit(&shm->wake, memory_order_relaxed);

    atomic_store_explicit(&shm->tail, writer->at, memory_order_release);
    // After the tail: who sees this seq sees every record up to it.
    atomic_store_explicit(&shm->tail_seq, seq, memory_order_release);
    atomic_store_explicit(&shm->wake, wake + 1, memory_order_release);
}

int bus_fall_forward(struct bus_reader *reader)
{
    const struct bus_shm *shm = reader->shm;
    uint64_t size = reader->mask + 1;
    uint64_t tail = atomic_load_explicit(&shm->tail, memory_order_acquire);
    uint64_t reserved = atomic_load_explicit(&shm->reserved, memory_order_acquire);
    uint64_t least = (reserved > size ? reserved - size : 0) + size / 8;

    reader->tail = tail;
    reader->at = tail;
    for (int i = 0; i < BUS_MARKS; i++) {
        uint64_t at = atomic_load_explicit(&shm->mark[i], memory_order_relaxed);

        if (at >= least && at < reader->at)
            reader->at = at;
    }
    return AGON_ERANGE;
}

HOT int bus_next(struct bus_reader *reader, struct agon_event_hdr *out)
{
    int rc = bus_look(reader, out);

    return rc == 1 ? bus_copy(reader, out) : rc;
}

HOT uint64_t bus_seq(const struct bus_reader *reader)
{
    return atomic_load_explicit(&reader->shm->tail_seq, memory_order_acquire);
}

void bus_stamp(struct bus_shm *shm, uint64_t seq, int64_t mono_ns)
{
    atomic_store_explicit(&shm->stamp[seq % BUS_STAMPS], mono_ns, memory_order_release);
}

int64_t bus_stamped(const struct bus_reader *reader, uint64_t seq)
{
    uint64_t newest = bus_seq(reader);
    int64_t mono_ns;

    // Who is that late is shown less late than it is, and not as if it were in time.
    if (newest > seq && newest - seq > BUS_STAMPS / 2)
        seq = newest - BUS_STAMPS / 2;
    mono_ns = atomic_load_explicit(&reader->shm->stamp[seq % BUS_STAMPS], memory_order_acquire);
    return bus_seq(reader) - newest < BUS_STAMPS / 2 - 1 ? mono_ns : 0;
}
