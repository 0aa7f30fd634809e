// SPDX-License-Identifier: Apache-2.0
#include "journal/writer.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/hot.h"
#include "journal/ends.h"
#include "journal/packed.h"
#include "journal/writer_impl.h"

#define ASYNC_SYNC      ((uint64_t)64 << 20) /* class async syncs this often, to have a mark */
#define LOW_EVERY_BYTES ((uint64_t)16 << 20)

#define LACKS_RESERVE(writer) (!(writer)->has_reserve && !(writer)->config.has_no_reserve)

static void tell_state(struct journal_writer *writer)
{
    enum journal_state state = writer->is_failed       ? JOURNAL_FAILED
                               : writer->is_full       ? JOURNAL_FULL
                               : LACKS_RESERVE(writer) ? JOURNAL_RESERVE
                               : writer->is_shedding   ? JOURNAL_SHEDDING
                               : writer->is_low        ? JOURNAL_LOW
                                                       : JOURNAL_RUNNING;

    if (state == writer->state)
        return;
    if (state == JOURNAL_RUNNING)
        (void)snprintf(writer->why, WHY, "there is room again");
    writer->state = state;
    atomic_store_explicit(&writer->buffer->state, (uint32_t)state, memory_order_release);
    if (writer->config.on_state != NULL)
        writer->config.on_state(writer->config.state_ctx, state, writer->why);
}

static void explain(struct journal_writer *writer, const char *what, enum journal_class cls, int rc)
{
    (void)snprintf(writer->why, WHY, "%s of the %s segment: %s", what, segment_class_name(cls),
                   error_name(rc));
}

static int fail(struct journal_writer *writer, const char *what, enum journal_class cls, int rc)
{
    explain(writer, what, cls, rc);
    writer->is_failed = 1;
    tell_state(writer);
    return AGON_EIO;
}

/* Ends the open segment: cut to its length and synced. */
static int finish_segment(struct journal_writer *writer, enum journal_class cls)
{
    const struct disk *disk = &writer->disk;
    struct lane *lane = &writer->lanes[cls];
    int rc;

    if (lane->file < 0)
        return AGON_OK;
    REQUIRE(lane->n == 0); // what is staged would be cut off
    rc = disk->truncate(disk->ctx, lane->file, lane->offset);
    if (rc >= 0)
        rc = disk->sync(disk->ctx, lane->file);
    if (rc < 0)
        return fail(writer, "finishing", cls, rc);
    disk->close(disk->ctx, lane->file);
    lane->file = -1;
    lane->is_dirty = 0;
    // One that took the name of the one before it stands in its place, behind the same older one.
    if (lane->prev_first_seq != lane->first_seq) {
        lane->older_first_seq = lane->prev_first_seq;
        lane->older_crc = lane->prev_crc;
    }
    lane->prev_first_seq = lane->first_seq;
    lane->prev_crc = lane->crc;
    return AGON_OK;
}

/* A preallocated file of that name, or AGON_ENOSPC and no file. */
static int make_file(struct journal_writer *writer, const char *name, uint64_t bytes)
{
    const struct disk *disk = &writer->disk;
    int file, rc = disk->remove(disk->ctx, name);

    if (rc < 0 && rc != AGON_ENOENT)
        return rc;
    file = disk->open(disk->ctx, name, bytes);
    if (file == AGON_ENOSPC)
        (void)disk->remove(disk->ctx, name);
    return file;
}

static int make_reserve(struct journal_writer *writer)
{
    const struct disk *disk = &writer->disk;
    uint64_t bytes = writer->config.segment_bytes[JOURNAL_MONEY];
    int file = make_file(writer, SEGMENT_RESERVE, bytes);
    int rc = file;

    if (file >= 0) {
        // Written and not only preallocated: some file systems promise room and do not keep it. The
        // stage lends its zeros.
        memset(writer->lanes[JOURNAL_MONEY].stage, 0, bytes < STAGE_BYTES ? bytes : STAGE_BYTES);
        for (uint64_t at = 0; rc >= 0 && at < bytes; at += STAGE_BYTES)
            rc = disk->write(disk->ctx, file, at, writer->lanes[JOURNAL_MONEY].stage,
                             bytes - at < STAGE_BYTES ? bytes - at : STAGE_BYTES);
        if (rc >= 0)
            rc = disk->sync(disk->ctx, file);
        disk->close(disk->ctx, file);
        if (rc >= 0)
            rc = disk->sync_dir(disk->ctx);
        if (rc == AGON_ENOSPC)
            (void)disk->remove(disk->ctx, SEGMENT_RESERVE);
    }
    if (rc >= 0)
        writer->has_reserve = 1;
    return rc;
}

static void set_base(struct lane *lane)
{
    lane->base.crc = lane->crc;
    lane->base.marked_seq = lane->marked_seq;
}

static void start_shedding(struct journal_writer *writer)
{
    explain(writer, "no room for the next file", JOURNAL_MARKET, AGON_ENOSPC);
    writer->is_shedding = 1;
    writer->config.named = NULL; // what is copied meanwhile would be missing from a tape's count
    tell_state(writer);
}

static int write_head(struct journal_writer *writer, enum journal_class cls, int file)
{
    const struct disk *disk = &writer->disk;
    struct lane *lane = &writer->lanes[cls];
    struct segment_head head = {.version = cls != JOURNAL_MARKET || !NAMES_TAPES(writer)
                                               ? SEGMENT_VERSION
                                           : writer->config.named->has_tables ? SEGMENT_VERSION_LATE
                                           : writer->config.named->has_ends   ? SEGMENT_VERSION_ENDS
                                                                            : SEGMENT_VERSION_TAPES,
                                .cls = cls,
                                .align = writer->config.align,
                                .first_seq = writer->seq + 1,
                                .synced_seq = writer->synced_seq,
                                .dropped_before = writer->dropped_before,
                                .prev_first_seq = lane->prev_first_seq,
                                .prev_crc = lane->prev_crc,
                                .run = writer->config.run};
    unsigned char bytes[SEGMENT_HEAD];
    int rc;

    if (lane->prev_first_seq == head.first_seq) {
        // Nothing came since the one before was begun: this one takes its name and its place.
        head.prev_first_seq = lane->older_first_seq;
        head.prev_crc = lane->older_crc;
    }
    // Only what a reader takes: segments of a class follow one another, and none vouches for
    // itself.
    REQUIRE(head.synced_seq < head.first_seq && head.prev_first_seq < head.first_seq);
    memcpy(head.id, writer->config.id, sizeof(head.id));
    memcpy(head.build, writer->config.build, sizeof(head.build));
    lane->crc = segment_head_encode(&head, bytes);
    rc = disk->write(disk->ctx, file, 0, bytes, SEGMENT_HEAD);
    return rc < 0 ? rc : disk->sync(disk->ctx, file);
}

/* A new file with its head, durable under the name SEGMENT_NEW; or AGON_ENOSPC and no file. */
static int make_segment(struct journal_writer *writer, enum journal_class cls)
{
    const struct disk *disk = &writer->disk;
    int file = make_file(writer, SEGMENT_NEW, writer->config.segment_bytes[cls]);
    int rc = file < 0 ? file : write_head(writer, cls, file);

    if (rc < 0 && file >= 0) {
        disk->close(disk->ctx, file);
        (void)disk->remove(disk->ctx, SEGMENT_NEW);
    }
    return rc < 0 ? rc : file;
}

/* As make_segment for money events, when all else failed: the reserve, under its own name. */
static int take_reserve(struct journal_writer *writer)
{
    const struct disk *disk = &writer->disk;
    int file, rc;

    if (!writer->has_reserve)
        return AGON_ENOSPC;
    file = disk->open(disk->ctx, SEGMENT_RESERVE, 0);
    rc = file < 0 ? file : write_head(writer, JOURNAL_MONEY, file);
    if (rc < 0 && file >= 0)
        disk->close(disk->ctx, file);
    if (rc < 0)
        return rc;
    explain(writer, "no room for the next file", JOURNAL_MONEY, AGON_ENOSPC);
    writer->has_reserve = 0;
    tell_state(writer);
    return file;
}

/* Opens the next segment of a class; all stages are empty. AGON_ENOSPC leaves the class without. */
static int roll(struct journal_writer *writer, enum journal_class cls)
{
    const struct disk *disk = &writer->disk;
    struct lane *lane = &writer->lanes[cls];
    const char *from = SEGMENT_NEW;
    char name[SEGMENT_NAME];
    int file, rc;

    // The next segment begins behind all that is written: none of it may still be on its way.
    REQUIRE(writer->lanes[0].n == 0 && writer->lanes[1].n == 0 && writer->seq == writer->base_seq);
    rc = finish_segment(writer, cls);
    if (rc < 0)
        return rc;
    file = cls == JOURNAL_MONEY && writer->is_deceived ? AGON_ENOSPC : make_segment(writer, cls);
    if (file == AGON_ENOSPC && cls == JOURNAL_MONEY && !writer->is_shedding) {
        // The market goes first: what its segment had preallocated is room for money.
        start_shedding(writer);
        rc = finish_segment(writer, JOURNAL_MARKET);
        if (rc < 0)
            return rc;
        file = make_segment(writer, cls);
    }
    if (file == AGON_ENOSPC && cls == JOURNAL_MONEY) {
        file = take_reserve(writer);
        from = SEGMENT_RESERVE;
    }
    if (file == AGON_ENOSPC)
        return AGON_ENOSPC;
    if (file < 0)
        return fail(writer, "making", cls, file);
    segment_name(name, cls, writer->seq + 1);
    // Head first, name after it: no reader ever meets a segment without its head.
    rc = disk->rename(disk->ctx, from, name);
    if (rc >= 0)
        rc = disk->sync_dir(disk->ctx);
    if (rc < 0) {
        disk->close(disk->ctx, file);
        return fail(writer, "naming", cls, rc);
    }
    lane->file = file;
    lane->bytes = writer->config.segment_bytes[cls];
    lane->offset = SEGMENT_HEAD;
    lane->first_seq = writer->seq + 1;
    lane->is_dirty = 0;
    lane->marked_seq = writer->synced_seq;
    set_base(lane);
    writer->stats.n_segments++;
    return AGON_OK;
}

static void stage_mark(struct journal_writer *writer, enum journal_class cls, int is_clean)
{
    struct lane *lane = &writer->lanes[cls];
    struct frame_mark mark = {.synced_seq = writer->synced_seq,
                              .offset = lane->offset + lane->n,
                              .first_seq = lane->first_seq,
                              .is_clean = is_clean};

    // A mark vouches for more than the one before it, or for as much, and for nothing unwritten.
    REQUIRE(lane->file >= 0 && lane->marked_seq <= writer->synced_seq);
    REQUIRE(writer->synced_seq <= writer->base_seq);
    frame_mark_encode(lane_at(lane), &mark, writer->config.id, cls);
    lane_seal(lane, FRAME_MARK, MARK_BYTES);
    lane->marked_seq = writer->synced_seq;
}

/* The open run of references ends here: what comes next in its lane stands behind it. */
static void end_refs(struct journal_writer *writer)
{
    struct lane *lane = &writer->lanes[JOURNAL_MARKET];

    if (writer->refs.n > 0)
        lane_seal(lane, FRAME_REFS, FRAME_HEAD + refs_end(&writer->refs, lane_at(lane)));
    writer->refs.n = 0;
}

static void stage_tapes(struct journal_writer *writer, int is_closed)
{
    const struct journal_named *named = writer->config.named;
    struct lane *lane = &writer->lanes[JOURNAL_MARKET];

    REQUIRE(writer->refs.n == 0 && named->n <= JOURNAL_TAPES);
    for (uint32_t i = 0; i < named->n; i++) {
        struct journal_tape tape = {0};

        named->describe(named->ctx, i, is_closed, &tape);
        tape.number = i;
        tape.last_row = is_closed ? tape.last_row : 0;
        tape.n_events += writer->given.n[i];
        if (tape.path[0] == '\0') // nothing is named of it
            continue;
        REQUIRE(journal_tape_is_good(&tape));
        memcpy(lane_at(lane), &tape, sizeof(tape));
        lane_seal(lane, FRAME_TAPE, TAPE_FRAME_BYTES);
    }
    writer->given.named_seq = lane->first_seq;
}

/* Room for a frame of n bytes in class cls? 1: staged behind the rest it fits; 0: the batch must be
 * written first; AGON_ENOSPC: the class has no segment and gets none. */
static int make_room(struct journal_writer *writer, enum journal_class cls, uint64_t n)
{
    struct lane *lane = &writer->lanes[cls];
    // An open run of references is of no length yet, and has numbers.
    int is_empty = writer->lanes[0].n == 0 && writer->lanes[1].n == 0 && writer->refs.n == 0;

    // What closes a journal names its tapes once more.
    uint64_t closing = cls == JOURNAL_MARKET && NAMES_TAPES(writer) && writer->given.named_seq != 0
                           ? (uint64_t)writer->config.named->n * TAPE_FRAME_BYTES
                           : 0;

    if (lane->file >= 0 &&
        lane->offset + lane->n + n + closing + MARK_BYTES + SEGMENT_SLACK <= lane->bytes) {
        if (lane->n + n > STAGE_BYTES)
            return 0;
    } else {
        int rc = is_empty ? roll(writer, cls) : 0;

        if (!is_empty || rc < 0)
            return rc;
    }
    if (lane->n == 0 && lane->marked_seq < writer->synced_seq)
        stage_mark(writer, cls, 0);
    return 1;
}

/* As stage_record, of an event that tape number `tape` gives, or of the end of its next bar. */
static HOT int stage_ref(struct journal_writer *writer, uint64_t *at, uint32_t tape, int is_end)
{
    struct lane *lane = &writer->lanes[JOURNAL_MARKET];
    const struct agon_event_hdr *event;

    if (writer->refs.n > 0 && refs_is_full(&writer->refs))
        end_refs(writer);
    if (writer->refs.n == 0) {
        uint64_t seq = journal_take_hdr(writer->buffer, *at)->seq;
        int rc = make_room(writer, JOURNAL_MARKET,
                           FRAME_MAX + (uint64_t)writer->config.named->n * TAPE_FRAME_BYTES);

        if (rc == AGON_ENOSPC) {
            start_shedding(writer);
            return 1; // the same record comes again, and goes among the money
        }
        if (rc != 1)
            return rc;
        if (writer->given.named_seq != lane->first_seq)
            stage_tapes(writer, 0);
        refs_begin(&writer->refs, seq);
    }
    event = journal_take_whole(writer->buffer, *at, &writer->whole);
    *at += event->granules;
    writer->seq = event->seq;
    if (is_end) {
        refs_add_end(&writer->refs, lane_at(lane), tape, (const void *)event);
    } else {
        refs_add(&writer->refs, lane_at(lane), tape, event);
        writer->given.n[tape]++;
    }
    writer->n_staged++;
    return 1;
}

/* Which tape gives the event, or has the bar that it is the end of; below 0: none. */
static HOT int tape_of(const struct journal_writer *writer, enum journal_class cls, uint64_t at,
                       uint64_t limit, int *is_end)
{
    const struct journal_named *named = writer->config.named;
    const struct agon_event_hdr *event = journal_take_hdr(writer->buffer, at);

    *is_end = cls != JOURNAL_MARKET;
    if (cls == JOURNAL_MARKET)
        return journal_tape_of(named, event);
    return event->type == EVENT_PATH && named->has_ends
               ? ends_tape_of(named, writer->buffer, at, limit)
               : AGON_ENOENT;
}

/* Stages one record of those below limit. 1: done; 0: the batch is full; AGON_E... */
static HOT int stage_record(struct journal_writer *writer, uint64_t *at, uint64_t limit)
{
    const struct agon_event_hdr *event = journal_take_hdr(writer->buffer, *at);
    enum journal_class cls = journal_class_of(event->type);
    uint32_t n = FRAME_HEAD + event_bytes(event);
    uint64_t seq = event->seq;
    int rc;

    REQUIRE(seq == writer->seq + 1); // each number once, and in order
    if (writer->is_shedding)
        cls = JOURNAL_MONEY; // what has a number is kept: a state cannot be rebuilt over a hole
    else if (NAMES_TAPES(writer)) {
        int is_end, tape = tape_of(writer, cls, *at, limit, &is_end);

        if (tape >= 0)
            return stage_ref(writer, at, (uint32_t)tape, is_end);
        if (cls == JOURNAL_MARKET)
            end_refs(writer);
    }
    rc = make_room(writer, cls, n);
    if (rc == AGON_ENOSPC && cls == JOURNAL_MARKET) {
        start_shedding(writer);
        return stage_record(writer, at, limit);
    }
    if (rc != 1)
        return rc;
    *at = journal_take_at(writer->buffer, *at, lane_at(&writer->lanes[cls]));
    lane_seal(&writer->lanes[cls], FRAME_EVENT, n);
    writer->seq = seq;
    writer->n_staged++;
    return 1;
}

/* Pads what is about to be synced to a whole sector. */
static void stage_pad(struct journal_writer *writer, enum journal_class cls)
{
    struct lane *lane = &writer->lanes[cls];
    uint64_t rest = (lane->offset + lane->n) % writer->config.align;

    if (lane->file < 0 || rest == 0)
        return;
    REQUIRE(rest % FRAME_HEAD == 0); // the rest of a sector holds at least a frame's head
    rest = writer->config.align - rest;
    memset(lane->stage + lane->n, 0, rest);
    lane_seal(lane, FRAME_PAD, (uint32_t)rest);
}

static void unstage(struct journal_writer *writer)
{
    for (int cls = 0; cls < JOURNAL_CLASSES; cls++) {
        struct lane *lane = &writer->lanes[cls];

        lane->n = 0;
        lane->crc = lane->base.crc;
        lane->marked_seq = lane->base.marked_seq;
    }
    writer->refs.n = 0;
    writer->given = writer->base_given;
    writer->seq = writer->base_seq;
    writer->n_staged = 0;
}

static void commit_stage(struct journal_writer *writer)
{
    for (int cls = 0; cls < JOURNAL_CLASSES; cls++) {
        struct lane *lane = &writer->lanes[cls];

        REQUIRE(lane->offset + lane->n <= lane->bytes); // within what was preallocated
        writer->stats.n_bytes += lane->n;
        writer->written_since_sync += lane->n;
        writer->written_since_low += lane->n;
        lane->offset += lane->n;
        lane->n = 0;
        set_base(lane);
    }
    writer->base_given = writer->given;
    writer->base_seq = writer->seq;
    writer->stats.n_records += writer->n_staged;
    writer->n_staged = 0;
}

/* Writes what is staged. On failure *cls says where. */
static int write_stage(struct journal_writer *writer, enum journal_class *cls)
{
    const struct disk *disk = &writer->disk;

    for (int i = 0; i < JOURNAL_CLASSES; i++) {
        struct lane *lane = &writer->lanes[i];
        int rc;

        if (lane->n == 0)
            continue;
        REQUIRE(lane->file >= 0);
        *cls = (enum journal_class)i;
        lane->is_dirty = 1;
        rc = disk->write(disk->ctx, lane->file, lane->offset, lane->stage, lane->n);
        if (rc < 0)
            return rc;
    }
    return AGON_OK;
}

/* May what is staged wait for more? Not where a segment may have to be made beside a record. */
static int may_hold(const struct journal_writer *writer)
{
    uint32_t hold = writer->config.hold_bytes;

    return !writer->is_closing && !writer->is_shedding &&
           writer->lanes[JOURNAL_MARKET].n + writer->refs.bytes < hold &&
           writer->lanes[JOURNAL_MONEY].n < hold;
}

/* Stages and writes one batch from *at on. 1: more is left; 0: all up to limit is written;
 * AGON_ENOSPC: no room for money events, *at stands where they begin; AGON_EIO. */
static int write_batch(struct journal_writer *writer, uint64_t *at, uint64_t limit, int is_synced)
{
    uint64_t from = *at;

    for (int n_tries = 0;; n_tries++) {
        enum journal_class cls = JOURNAL_MONEY;
        int rc = 1, is_last;

        *at = from;
        while (rc == 1 && *at < limit)
            rc = stage_record(writer, at, limit);
        if (rc < 0) {
            unstage(writer);
            *at = from;
            return rc;
        }
        is_last = rc == 1;
        if (is_last && !is_synced && may_hold(writer)) {
            writer->is_held = 1;
            return 0;
        }
        end_refs(writer);
        for (int i = 0; is_last && is_synced && i < JOURNAL_CLASSES; i++)
            stage_pad(writer, (enum journal_class)i);
        rc = write_stage(writer, &cls);
        if (rc >= 0) {
            commit_stage(writer);
            writer->is_held = 0;
            return !is_last;
        }
        unstage(writer);
        if (rc != AGON_ENOSPC || writer->is_held)
            return fail(writer, "writing", cls, rc);
        // The file system took back room that it had promised. The class ends its segment where it
        // was, and the batch is staged anew: in the next segment, or all of it among the money.
        rc = finish_segment(writer, cls);
        if (rc < 0)
            return rc;
        if (cls == JOURNAL_MONEY && writer->is_shedding)
            writer->is_deceived = 1; // a fresh file would only promise as well: the reserve
        if (!writer->is_shedding) {
            start_shedding(writer);
            rc = finish_segment(writer, JOURNAL_MARKET);
            if (rc < 0)
                return rc;
        }
        if (n_tries >= 3) {
            *at = from;
            return AGON_ENOSPC;
        }
    }
}

static int sync_all(struct journal_writer *writer)
{
    const struct disk *disk = &writer->disk;

    for (int i = 0; i < JOURNAL_CLASSES; i++) {
        struct lane *lane = &writer->lanes[i];
        int rc;

        if (lane->file < 0 || !lane->is_dirty)
            continue;
        rc = disk->sync(disk->ctx, lane->file);
        if (rc < 0)
            return fail(writer, "syncing", (enum journal_class)i, rc);
        lane->is_dirty = 0;
        writer->stats.n_syncs++;
    }
    REQUIRE(writer->base_seq >= writer->synced_seq);
    writer->synced_seq = writer->base_seq;
    writer->written_since_sync = 0;
    return AGON_OK;
}

static void look_at_room(struct journal_writer *writer)
{
    int64_t total = 0, room;
    int was_low = writer->is_low;

    writer->written_since_low = 0;
    if (writer->config.free_bytes == NULL)
        return;
    room = writer->config.free_bytes(writer->config.free_ctx, &total);
    if (room < 0)
        return;
    writer->is_low = (uint64_t)room < writer->config.low_water_bytes ||
                     (uint64_t)room < (uint64_t)total / 1000000 * writer->config.low_water_ppm;
    if (writer->is_low && !was_low)
        (void)snprintf(writer->why, WHY, "%lld MiB are free, the low water is %llu MiB or %u ppm",
                       (long long)room >> 20,
                       (unsigned long long)writer->config.low_water_bytes >> 20,
                       writer->config.low_water_ppm);
}

/* Now and then: try to get back what the lack of room took. */
static int recover_room(struct journal_writer *writer)
{
    int rc = AGON_OK;

    look_at_room(writer);
    writer->is_full = 0;
    writer->is_deceived = 0;
    if (LACKS_RESERVE(writer))
        rc = make_reserve(writer);
    if (rc >= 0 && writer->is_shedding) {
        rc = roll(writer, JOURNAL_MARKET);
        writer->is_shedding = rc < 0;
    }
    return rc < 0 && rc != AGON_ENOSPC ? fail(writer, "making", JOURNAL_MONEY, rc) : AGON_OK;
}

static int discard(struct journal_writer *writer)
{
    // seq first: what is numbered up to here lies below the limit read after it.
    uint64_t seq = atomic_load_explicit(&writer->buffer->seq, memory_order_acquire);
    uint64_t limit = journal_take_limit(writer->buffer);

    if (seq > writer->seq)
        writer->stats.n_lost += seq - writer->seq;
    writer->seq = seq > writer->seq ? seq : writer->seq;
    journal_take_release(writer->buffer, limit);
    return AGON_EIO;
}

static void publish(struct journal_writer *writer)
{
    uint64_t durable = writer->config.is_async ? writer->base_seq : writer->synced_seq;

    // Orders have left on what was durable, and none leaves on what nobody has numbered yet.
    REQUIRE(durable >= atomic_load_explicit(&writer->buffer->durable_seq, memory_order_relaxed));
    // (One further than given: journal_append lays the record down before it moves the number.)
    REQUIRE(durable <= atomic_load_explicit(&writer->buffer->seq, memory_order_acquire) + 1);
    // Release pairs with the acquire in journal_durable_seq: who sees the number may send.
    atomic_store_explicit(&writer->buffer->durable_seq, durable, memory_order_release);
}

static int step(struct journal_writer *writer)
{
    uint64_t limit = journal_take_limit(writer->buffer);
    uint64_t at = journal_take_start(writer->buffer);
    uint64_t before = writer->base_seq;
    int is_synced = !writer->config.is_async || writer->written_since_sync >= ASYNC_SYNC;
    int rc = AGON_OK, is_more = 1;

    while (is_more && (at < limit || (writer->is_held && writer->is_closing))) {
        rc = write_batch(writer, &at, limit, is_synced);
        is_more = rc == 1;
        if (rc == AGON_EIO)
            return discard(writer);
        journal_take_release(writer->buffer, at);
    }
    if (rc == AGON_ENOSPC)
        writer->is_full = 1;
    if (writer->base_seq > before && is_synced && sync_all(writer) < 0)
        return discard(writer);
    publish(writer);
    tell_state(writer);
    if (rc == AGON_ENOSPC)
        return rc;
    return writer->base_seq > before;
}

int journal_writer_step(struct journal_writer *writer)
{
    int is_turn = ++writer->n_steps % JOURNAL_RETRY_STEPS == 0;
    int rc = AGON_OK;

    if (writer->is_failed)
        return discard(writer);
    if (is_turn)
        rc = recover_room(writer);
    else if (writer->written_since_low >= LOW_EVERY_BYTES)
        look_at_room(writer);
    if (rc < 0)
        return discard(writer);
    if (writer->is_full)
        return AGON_ENOSPC;
    return step(writer);
}

struct journal_writer *journal_writer_new(const struct disk *disk, struct journal_buffer *buffer,
                                          const struct journal_config *config,
                                          const struct journal_end *end, struct error *err)
{
    struct journal_writer *writer = calloc(1, sizeof(*writer));
    int rc;

    if (writer == NULL)
        goto no_memory;
    writer->disk = *disk;
    writer->buffer = buffer;
    writer->config = *config;
    writer->config.align = config->align == 0 ? SEGMENT_ALIGN : config->align;
    if (config->segment_bytes[JOURNAL_MARKET] == 0)
        writer->config.segment_bytes[JOURNAL_MARKET] = (uint64_t)64 << 20;
    if (config->segment_bytes[JOURNAL_MONEY] == 0)
        writer->config.segment_bytes[JOURNAL_MONEY] = (uint64_t)16 << 20;
    if (end->has_id)
        memcpy(writer->config.id, end->id, sizeof(end->id));
    writer->seq = writer->base_seq = writer->synced_seq = end->next_seq - 1;
    writer->dropped_before = end->dropped_before;
    for (int cls = 0; cls < JOURNAL_CLASSES; cls++) {
        struct lane *lane = &writer->lanes[cls];

        lane->file = -1;
        lane->prev_first_seq = end->prev_first_seq[cls];
        lane->prev_crc = end->prev_crc[cls];
        lane->older_first_seq = end->older_first_seq[cls];
        lane->older_crc = end->older_crc[cls];
        lane->stage = malloc(STAGE_BYTES + STAGE_SLACK);
        if (lane->stage == NULL)
            goto no_memory;
    }
    rc = segment_check_sizes(writer->config.align, writer->config.segment_bytes, err);
    if (rc < 0)
        goto fail;
    rc = LACKS_RESERVE(writer) ? make_reserve(writer) : AGON_OK;
    if (rc < 0) {
        (void)error_set(err, rc, "journal: making the reserve of %llu bytes: %s",
                        (unsigned long long)writer->config.segment_bytes[JOURNAL_MONEY],
                        error_name(rc));
        goto fail;
    }
    look_at_room(writer);
    tell_state(writer);
    return writer;

no_memory:
    (void)error_set(err, AGON_ENOMEM, "journal: out of memory");
fail:
    journal_writer_free(writer);
    return NULL;
}

/* The last words of a lane: a mark that vouches for everything, and no preallocated rest. */
static int close_lane(struct journal_writer *writer, enum journal_class cls)
{
    const struct disk *disk = &writer->disk;
    struct lane *lane = &writer->lanes[cls];
    int rc = AGON_OK;

    if (lane->file >= 0) {
        REQUIRE(lane->n == 0); // a clean end has nothing behind its mark
        if (cls == JOURNAL_MARKET && NAMES_TAPES(writer) && writer->given.named_seq != 0)
            stage_tapes(writer, 1); // up to which row it goes is known now, and what tables are
        stage_mark(writer, cls, 1);
        rc = disk->write(disk->ctx, lane->file, lane->offset, lane->stage, lane->n);
        lane->offset += lane->n;
        lane->n = 0;
    }
    return rc < 0 ? rc : finish_segment(writer, cls);
}

int journal_writer_close(struct journal_writer *writer, struct error *err)
{
    int rc = AGON_OK;

    writer->is_closing = 1;
    near_let_go(writer);
    if (!writer->is_failed) {
        do {
            rc = step(writer);
        } while (rc == 1);
    }
    if (rc >= 0 && !writer->is_failed)
        rc = sync_all(writer);
    for (int cls = 0; rc >= 0 && !writer->is_failed && cls < JOURNAL_CLASSES; cls++)
        rc = close_lane(writer, (enum journal_class)cls);
    if (writer->is_failed)
        rc = AGON_EIO;
    if (rc < 0)
        return error_set(err, rc,
                         "the journal was not closed cleanly, durable up to event %llu: %s",
                         (unsigned long long)journal_durable_seq(writer->buffer),
                         writer->why[0] != '\0' ? writer->why : error_name(rc));
    return AGON_OK;
}

void journal_writer_free(struct journal_writer *writer)
{
    if (writer == NULL)
        return;
    for (int cls = 0; cls < JOURNAL_CLASSES; cls++) {
        if (writer->lanes[cls].file >= 0 && writer->lanes[cls].stage != NULL)
            writer->disk.close(writer->disk.ctx, writer->lanes[cls].file);
        free(writer->lanes[cls].stage);
    }
    free(writer);
}

void journal_writer_stats(const struct journal_writer *writer, struct journal_stats *stats)
{
    *stats = writer->stats;
}

const char *journal_writer_why(const struct journal_writer *writer)
{
    return writer->why;
}

struct old_segments {    /* market segments, oldest first */
    uint64_t *first_seq; /* owned */
    uint32_t n, room;
};

static int note_market(void *arg, const char *name)
{
    struct old_segments *old = arg;
    enum journal_class cls;
    uint64_t first_seq;

    if (!packed_parse_name(name, &cls, &first_seq) || cls != JOURNAL_MARKET)
        return AGON_OK;
    if (old->n > 0 && old->first_seq[old->n - 1] == first_seq)
        return AGON_OK; // its compressed form
    if (old->n == old->room) {
        uint64_t *more = realloc(old->first_seq, (old->room * 2 + 64) * sizeof(*more));

        if (more == NULL)
            return AGON_ENOMEM;
        old->first_seq = more;
        old->room = old->room * 2 + 64;
    }
    old->first_seq[old->n++] = first_seq;
    return AGON_OK;
}

int journal_writer_drop(struct journal_writer *writer, uint64_t covered_seq, uint64_t keep_bytes,
                        struct error *err)
{
    const struct disk *disk = &writer->disk;
    struct old_segments old = {0};
    uint64_t total = 0;
    uint32_t n_drop = 0;
    int rc;

    if (writer->is_failed)
        return error_set(err, AGON_EIO, "dropping old market segments: the journal has failed");
    rc = disk->list(disk->ctx, note_market, &old);

    for (uint32_t i = 0; rc >= 0 && i < old.n; i++) {
        int64_t bytes = packed_disk_bytes(disk, JOURNAL_MARKET, old.first_seq[i]);

        if (bytes < 0)
            rc = (int)bytes;
        else
            total += (uint64_t)bytes;
    }
    // A segment's events end below the next one's first number; the last one is being written to.
    while (rc >= 0 && n_drop + 1 < old.n && total > keep_bytes &&
           old.first_seq[n_drop + 1] <= covered_seq + 1) {
        int64_t bytes = packed_disk_bytes(disk, JOURNAL_MARKET, old.first_seq[n_drop]);

        total -= bytes > 0 ? (uint64_t)bytes : 0;
        n_drop++;
    }
    // Everything is durable before the segment that names the gap: its first number then stands.
    if (rc >= 0 && n_drop > 0)
        rc = sync_all(writer);
    if (rc >= 0 && n_drop > 0) {
        writer->dropped_before = old.first_seq[n_drop];
        rc = roll(writer, JOURNAL_MONEY);
    }
    for (uint32_t i = 0; rc >= 0 && i < n_drop; i++) {
        rc = packed_remove(disk, JOURNAL_MARKET, old.first_seq[i]);
        if (rc == AGON_ENOENT) // the packer put away what it found gone
            rc = AGON_OK;
    }
    if (rc >= 0 && n_drop > 0)
        rc = disk->sync_dir(disk->ctx);
    free(old.first_seq);
    if (rc < 0)
        return error_set(err, rc, "dropping old market segments: %s", error_name(rc));
    return (int)n_drop;
}
