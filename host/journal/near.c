// SPDX-License-Identifier: Apache-2.0
#include "journal/near.h"

#include "base/hot.h"
#include "journal/ends.h"
#include "journal/writer_impl.h"

#define END_BYTES (FRAME_HEAD + (uint32_t)sizeof(struct record_path))

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

static inline int may_be_end(const struct journal_writer *writer,
                             const struct agon_event_hdr *event)
{
    return event->type == EVENT_PATH && ends_is_plain((const void *)event) && NAMES_TAPES(writer) &&
           writer->config.named->has_ends;
}

/* Field by field, as it was written a moment ago: in pieces it would wait for that. */
static inline void copy_end(struct record_path *to, const struct record_path *from)
{
    to->hdr.instrument = from->hdr.instrument;
    to->hdr.seq = from->hdr.seq;
    to->hdr.t_venue = from->hdr.t_venue;
    to->hdr.t = from->hdr.t;
    to->px = from->px;
    to->slots = from->slots;
}

/* A frame of its own behind others that wait (what is written leaves none, and the first goes by
 * make_room), where nothing has to be made or written first, and where an end that waits would
 * still have room before it. */
static inline int stage(struct journal_writer *writer, const struct agon_event_hdr *event)
{
    struct lane *lane = &writer->lanes[JOURNAL_MONEY];
    uint32_t n = FRAME_HEAD + event_bytes(event);
    uint64_t all = lane->n + n + (writer->has_end ? END_BYTES : 0);

    if (lane->n == 0 || all >= writer->config.hold_bytes || all > STAGE_BYTES ||
        lane->offset + all + MARK_BYTES + SEGMENT_SLACK > lane->bytes ||
        journal_class_of(event->type) != JOURNAL_MONEY)
        return 0;
    REQUIRE(event->seq == writer->seq + 1); // each number once, and in order
    lane->crc = frame_event(lane->stage + lane->n, event, lane->crc);
    lane->n += n;
    writer->seq = event->seq;
    writer->n_staged++;
    return 1;
}

/* The end that waits becomes a frame before those that were staged since. */
static void stage_before(struct journal_writer *writer)
{
    struct lane *lane = &writer->lanes[JOURNAL_MONEY];
    uint64_t n = lane->n;
    enum frame_kind kind;

    REQUIRE(n > writer->end_at && n + END_BYTES <= STAGE_BYTES);
    memmove(lane->stage + writer->end_at + END_BYTES, lane->stage + writer->end_at,
            n - writer->end_at);
    lane->n = writer->end_at;
    lane->crc = writer->end_crc;
    memcpy(lane_at(lane), &writer->end, sizeof(writer->end));
    lane_seal(lane, FRAME_EVENT, END_BYTES);
    while (lane->n < n + END_BYTES) {
        uint32_t bytes = frame_length(lane->stage + lane->n, n + END_BYTES - lane->n, &kind);

        REQUIRE(bytes != 0); // it was sealed here
        lane_seal(lane, kind, bytes);
    }
    writer->n_staged++;
}

/* The end that waits will not be named with its bar here: it goes into the ring, which is empty,
 * and so does what comes behind it; or behind what is staged already, and that goes on. */
void near_let_go(struct journal_writer *writer)
{
    if (!writer->has_end)
        return;
    writer->has_end = 0;
    if (writer->seq != writer->end.hdr.seq) {
        stage_before(writer);
        return;
    }
    REQUIRE(journal_buffer_used(writer->buffer) == 0); // or it would stand behind what comes later
    writer->seq--;
    writer->waiting = bit_of(&writer->end.hdr);
    // There is room: who steps when he is told to has most of the ring free (ROOM).
    REQUIRE(journal_append_behind(writer->buffer, &writer->end.hdr) == AGON_OK);
}

/* What is of no tape. An end waits here for its bar, where that may be named with it, and lets pass
 * what is staged. */
static HOT __attribute__((noinline)) int keep(struct journal_writer *writer,
                                              const struct agon_event_hdr *event)
{
    const struct lane *lane = &writer->lanes[JOURNAL_MONEY];
    int is_end = may_be_end(writer, event), is_next;

    if (!is_end && event->seq == writer->seq + 1 && stage(writer, event))
        return 1;
    near_let_go(writer);
    is_next = event->seq == writer->seq + 1; // or it has to stand in the ring, as what is before it
    if (!is_end)
        return 0;
    if (!is_next || !is_open(&writer->refs)) {
        writer->waiting = (is_next ? 0 : writer->waiting) | bit_of(event);
        return 0;
    }
    writer->waiting = 0;
    writer->seq = event->seq;
    copy_end(&writer->end, (const void *)event);
    writer->end_at = lane->n;
    writer->end_crc = lane->crc;
    writer->has_end = 1;
    return 1;
}

/* Of this bar: it is named before it. */
static inline int name_end(struct journal_writer *writer, const struct agon_event_hdr *event,
                           uint32_t tape)
{
    if (event->type != AGON_EVENT_BAR || !ends_is_of(&writer->end, (const void *)event))
        return 0;
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

/* A bar and its end, where neither has anything of its own: most are such. */
static inline int name_pair(struct journal_writer *writer, const struct record_path *end,
                            const struct agon_event_hdr *event)
{
    struct refs_out *refs = &writer->refs;

    if (event->type != AGON_EVENT_BAR || !is_open(refs) ||
        (uint32_t)journal_tape_of(writer->config.named, event) != refs->tape ||
        !ends_is_of(end, (const void *)event) ||
        !refs_add_pair(refs, lane_at(&writer->lanes[JOURNAL_MARKET]), refs->tape, end, event))
        return 0;
    writer->given.n[refs->tape]++;
    writer->seq = event->seq;
    writer->n_staged += 2;
    note_bar(writer, event);
    return 1;
}

/* The bar of the end that waits. */
static inline int take_its_bar(struct journal_writer *writer, const struct agon_event_hdr *event)
{
    if (!name_pair(writer, &writer->end, event))
        return 0;
    writer->has_end = 0;
    return 1;
}

/* With something in the ring, or an end that waits, the end's number is not the frame's next. */
static HOT int take_pair(void *ctx, const struct record_path *end, const struct agon_bar *bar)
{
    struct journal_writer *writer = ctx;

    if (!may_be_end(writer, &end->hdr) || !name_pair(writer, end, &bar->hdr))
        return 0;
    writer->waiting = 0;
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
    if (writer->has_end && (tape < 0 || !name_end(writer, event, (uint32_t)tape)))
        near_let_go(writer);
    if (tape < 0 || event->seq != writer->seq + 1) {
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
        return take_its_bar(writer, event) || take_other(writer, event);
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
    static const struct agon_bar none;

    REQUIRE(writer->config.is_async);
    ends_make(&writer->end, &none, 0); // copy_end leaves what all of them have
    writer->buffer->near =
        (struct journal_near){.ctx = writer, .take = take, .take_pair = take_pair};
}

HOT int journal_near_is_due(const struct journal_writer *writer, const struct agon_event_hdr *event)
{
    return NAMES_TAPES(writer) && writer->waiting == 0 &&
           journal_class_of(event->type) == JOURNAL_MARKET;
}
