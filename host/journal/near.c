// SPDX-License-Identifier: Apache-2.0
#include "journal/near.h"

#include "base/hot.h"
#include "journal/ends.h"
#include "journal/writer_impl.h"

static inline uint64_t bit_of(const struct agon_event_hdr *event)
{
    return (uint64_t)1 << event->instrument % 64;
}

/* Where an event of a tape would be named: none is open where the class has no room, nothing is
 * held or the writer has failed. */
static inline int is_open(const struct refs_out *refs)
{
    return refs->n != 0 && refs->bytes + 2 * REFS_EVENT_MAX <= REFS_BYTES_MAX;
}

/* The end that waits goes into the ring, which is empty, and so does what comes behind it. */
void near_let_go(struct journal_writer *writer)
{
    if (!writer->has_end)
        return;
    writer->has_end = 0;
    writer->waiting = bit_of(&writer->end.hdr);
    // There is room: who steps when he is told to has most of the ring free (ROOM).
    REQUIRE(journal_append_behind(writer->buffer, &writer->end.hdr) == AGON_OK);
}

/* What is of no tape. An end waits here for its bar, where that may be named with it. */
static HOT __attribute__((noinline)) int keep(struct journal_writer *writer,
                                              const struct agon_event_hdr *event)
{
    near_let_go(writer);
    if (event->type != EVENT_PATH || event_bytes(event) != sizeof(writer->end))
        return 0;
    // With something in the ring before it, it has to stand there too.
    if (event->seq != writer->seq + 1 || !is_open(&writer->refs) ||
        !writer->config.named->has_ends) {
        writer->waiting = (event->seq == writer->seq + 1 ? 0 : writer->waiting) | bit_of(event);
        return 0;
    }
    writer->waiting = 0;
    writer->end = *(const struct record_path *)(const void *)event;
    writer->has_end = 1;
    return 1;
}

/* Of this bar: it is named before it. */
static inline int name_end(struct journal_writer *writer, const struct agon_event_hdr *event,
                           uint32_t tape)
{
    if (event->type != AGON_EVENT_BAR || event->seq != writer->seq + 2 ||
        !ends_follows(&writer->end, (const void *)event))
        return 0;
    REQUIRE(writer->end.hdr.seq == writer->seq + 1); // or it would be named twice, or not at all
    refs_add_end(&writer->refs, lane_at(&writer->lanes[JOURNAL_MARKET]), tape, &writer->end);
    writer->has_end = 0;
    writer->n_staged++;
    return 1;
}

static inline void note_bar(struct journal_writer *writer, const struct agon_event_hdr *event)
{
    if (event->type == AGON_EVENT_BAR)
        writer->waiting &= ~bit_of(event);
}

/* The bar of the end that waits, where neither has anything of its own: most are such. */
static inline int take_pair(struct journal_writer *writer, const struct agon_event_hdr *event)
{
    struct refs_out *refs = &writer->refs;

    if (event->type != AGON_EVENT_BAR || !is_open(refs) ||
        (uint32_t)journal_tape_of(writer->config.named, event) != refs->tape ||
        !ends_follows(&writer->end, (const void *)event) ||
        !refs_add_pair(refs, lane_at(&writer->lanes[JOURNAL_MARKET]), refs->tape, &writer->end,
                       event))
        return 0;
    writer->has_end = 0;
    writer->given.n[refs->tape]++;
    writer->seq = event->seq;
    writer->n_staged += 2;
    note_bar(writer, event);
    return 1;
}

/* Not inlined: most need less (take). */
static HOT __attribute__((noinline)) int take_other(struct journal_writer *writer,
                                                    const struct agon_event_hdr *event)
{
    struct refs_out *refs = &writer->refs;
    unsigned char *payload = lane_at(&writer->lanes[JOURNAL_MARKET]);
    int tape;

    tape = is_open(refs) ? journal_tape_of(writer->config.named, event) : AGON_ENOENT;
    if (tape < 0 || (event->seq != writer->seq + 1 &&
                     (!writer->has_end || !name_end(writer, event, (uint32_t)tape)))) {
        near_let_go(writer);
        note_bar(writer, event);
        return 0;
    }
    note_bar(writer, event);
    writer->given.n[tape]++;
    writer->seq = event->seq;
    writer->n_staged++;
    if (refs_is_next(refs, (uint32_t)tape, event))
        refs_add_next(refs, payload, event);
    else
        refs_add(refs, payload, (uint32_t)tape, event);
    return 1;
}

/* Of most nothing is its own but that it comes next of the tape of the one before. */
static HOT int take(void *ctx, const struct agon_event_hdr *event)
{
    struct journal_writer *writer = ctx;
    struct refs_out *refs = &writer->refs;

    if (event->type >= AGON_EVENT_INTENT)
        return keep(writer, event);
    if (writer->has_end)
        return take_pair(writer, event) || take_other(writer, event);
    // With something in the ring its number is not the frame's next.
    if (!is_open(refs) || (uint32_t)journal_tape_of(writer->config.named, event) != refs->tape ||
        !refs_is_next(refs, refs->tape, event))
        return take_other(writer, event);
    writer->given.n[refs->tape]++;
    writer->seq++;
    writer->n_staged++;
    refs_add_next(refs, lane_at(&writer->lanes[JOURNAL_MARKET]), event);
    return 1;
}

void journal_near(struct journal_writer *writer)
{
    REQUIRE(writer->config.is_async);
    writer->buffer->near = (struct journal_near){.ctx = writer, .take = take};
}

HOT int journal_near_is_due(const struct journal_writer *writer, const struct agon_event_hdr *event)
{
    return NAMES_TAPES(writer) && writer->waiting == 0 &&
           journal_class_of(event->type) == JOURNAL_MARKET;
}
