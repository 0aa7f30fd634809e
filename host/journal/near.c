// SPDX-License-Identifier: Apache-2.0
#include "journal/near.h"

#include "base/hot.h"
#include "journal/ends.h"
#include "journal/writer_impl.h"

/* The ring has one record, the end of this bar: it is named before it. Not inlined: an open, and a
 * bar of which there is none, need less. */
static HOT __attribute__((noinline)) int take_end(struct journal_writer *writer,
                                                  const struct agon_event_hdr *event, uint32_t tape)
{
    uint64_t at = journal_take_start(writer->buffer);
    const struct record_path *end;

    if (event->seq != writer->seq + 2 || event->type != AGON_EVENT_BAR ||
        !writer->config.named->has_ends)
        return 0;
    end = (const void *)journal_take_hdr(writer->buffer, at);
    if (!ends_follows(end, (const void *)event))
        return 0;
    REQUIRE(end->hdr.seq == writer->seq + 1); // or it would be taken twice, or not at all
    refs_add_end(&writer->refs, lane_at(&writer->lanes[JOURNAL_MARKET]), tape, end);
    journal_take_release(writer->buffer, at + end->hdr.granules);
    writer->n_staged++;
    return 1;
}

/* Ends in the ring wait for their bars, or a step would make records of them. */
static inline void note_waiting(struct journal_writer *writer, const struct agon_event_hdr *event)
{
    uint64_t bit = (uint64_t)1 << event->instrument % 64;

    if (event->type == AGON_EVENT_BAR)
        writer->waiting &= ~bit;
    else if (event->type == EVENT_PATH)
        writer->waiting = (event->seq == writer->seq + 1 ? 0 : writer->waiting) | bit;
}

static HOT int take(void *ctx, const struct agon_event_hdr *event)
{
    struct journal_writer *writer = ctx;
    struct refs_out *refs = &writer->refs;
    unsigned char *payload = lane_at(&writer->lanes[JOURNAL_MARKET]);
    int tape;

    note_waiting(writer, event);
    // None is open where the class has no room, nothing is held or the writer has failed.
    if (event->type >= AGON_EVENT_INTENT || refs->n == 0 ||
        refs->bytes + 2 * REFS_EVENT_MAX > REFS_BYTES_MAX)
        return 0;
    tape = journal_tape_of(writer->config.named, event);
    if (tape < 0 || (event->seq != writer->seq + 1 && !take_end(writer, event, (uint32_t)tape)))
        return 0;
    if (refs_is_next(refs, (uint32_t)tape, event))
        refs_add_next(refs, payload, event);
    else
        refs_add(refs, payload, (uint32_t)tape, event);
    writer->given.n[tape]++;
    writer->seq = event->seq;
    writer->n_staged++;
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
