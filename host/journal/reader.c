// SPDX-License-Identifier: Apache-2.0
#include "journal/reader.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/crc.h"
#include "journal/reader_impl.h"

#define TRIES 100   /* a drop of many segments goes on for a while */
#define ZEROS 4096u /* bytes that are looked at as one, of what was never written */

static void file_name(const struct cursor *cursor, uint32_t at, char name[SEGMENT_NAME])
{
    segment_name(name, cursor->cls, cursor->segments[at].first_seq);
}

static enum cursor_state damage(struct cursor *cursor, const char *what)
{
    char name[SEGMENT_NAME];

    file_name(cursor, cursor->at, name);
    (void)snprintf(cursor->what, sizeof(cursor->what), "%s: offset %llu, record %llu: %s", name,
                   (unsigned long long)cursor->offset, (unsigned long long)cursor->record + 1,
                   what);
    cursor->frame_offset = cursor->offset;
    cursor->frame_chain = cursor->crc;
    return cursor->state = CURSOR_DAMAGE;
}

void reader_leave(struct cursor *cursor)
{
    if (cursor->file >= 0)
        cursor->disk->close(cursor->disk->ctx, cursor->file);
    cursor->file = -1;
    packed_close(cursor->packed);
    cursor->packed = NULL;
}

/* Opens the plain form of the segment, or else the compressed one. Its length, or AGON_E.... */
int64_t reader_open(struct cursor *cursor)
{
    const struct disk *disk = cursor->disk;
    uint64_t first_seq = cursor->segments[cursor->at].first_seq;
    char name[PACKED_NAME];
    int rc;

    segment_name(name, cursor->cls, first_seq);
    cursor->file = disk->open(disk->ctx, name, 0);
    if (cursor->file >= 0)
        return disk->size(disk->ctx, cursor->file);
    if (cursor->file != AGON_ENOENT)
        return cursor->file;
    packed_name(name, cursor->cls, first_seq);
    rc = packed_open(&cursor->packed, disk, name);
    return rc < 0 ? rc : (int64_t)packed_size(cursor->packed);
}

static int cursor_enter(struct cursor *cursor, uint32_t at)
{
    int64_t size;

    REQUIRE(at < cursor->n_segments);
    reader_leave(cursor);
    cursor->at = at;
    cursor->offset = 0;
    cursor->record = 0;
    cursor->chunk_n = 0;
    cursor->is_clean = 0;
    cursor->is_ref = 0;
    cursor->crc = cursor->segments[at].head_crc;
    size = reader_open(cursor);
    if (size < 0)
        return (int)size;
    cursor->size = (uint64_t)size;
    cursor->offset = SEGMENT_HEAD;
    cursor->after.offset = SEGMENT_HEAD;
    cursor->after.chain = cursor->crc;
    if (cursor->segments[at].head.synced_seq > cursor->vouched)
        cursor->vouched = cursor->segments[at].head.synced_seq;
    return AGON_OK;
}

/* Up to n bytes from offset on, in memory; fewer only where the file ends. */
static uint64_t look(struct cursor *cursor, uint64_t offset, uint64_t n,
                     const unsigned char **bytes, int *rc)
{
    uint64_t have = 0;

    if (offset >= cursor->chunk_offset && offset < cursor->chunk_offset + cursor->chunk_n)
        have = cursor->chunk_offset + cursor->chunk_n - offset;
    if (have < n && offset + have < cursor->size) {
        // Frames are 8-byte aligned in the file and stay so in memory: events are read in place.
        int64_t got = cursor->packed != NULL
                          ? packed_read(cursor->packed, offset, cursor->chunk, READER_CHUNK)
                          : cursor->disk->read(cursor->disk->ctx, cursor->file, offset,
                                               cursor->chunk, READER_CHUNK);

        cursor->chunk_offset = offset;
        REQUIRE(got <= (int64_t)READER_CHUNK);
        cursor->chunk_n = got < 0 ? 0 : (uint64_t)got;
        if (got < 0)
            *rc = (int)got;
        have = cursor->chunk_n;
    }
    // What is handed out lies in the chunk, whatever a file or a compressed block says of itself.
    REQUIRE(have == 0 || (offset >= cursor->chunk_offset &&
                          offset - cursor->chunk_offset + have <= cursor->chunk_n));
    *bytes = cursor->chunk + (offset - cursor->chunk_offset);
    return have < n ? have : n;
}

static int is_zero(const unsigned char *bytes, uint64_t n)
{
    return n == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, n - 1) == 0);
}

/* Looks through the rest of the file for marks that vouch for more than the chain can prove.
 * Returns where the last byte that is not zero ends. */
static uint64_t scan_rest(struct cursor *cursor, const unsigned char *id, uint64_t from, int *rc)
{
    uint64_t first_seq = cursor->segments[cursor->at].first_seq;
    uint64_t last_set = from;

    for (uint64_t offset = from / 8 * 8; offset < cursor->size; offset += 8) {
        const unsigned char *bytes = NULL;
        struct frame_mark mark;
        uint64_t have = look(cursor, offset, ZEROS, &bytes, rc);

        if (*rc < 0)
            return last_set;
        // Most of it is room that was never written: no mark begins in that but at its very end.
        if (have == ZEROS && is_zero(bytes, ZEROS)) {
            offset += ZEROS - MARK_BYTES;
            continue;
        }
        for (unsigned i = 0; i < 8 && i < have; i++)
            last_set = bytes[i] != 0 && offset + i >= from ? offset + i + 1 : last_set;
        if (have >= MARK_BYTES && frame_mark_decode(&mark, bytes + FRAME_HEAD, id, cursor->cls) &&
            mark.offset == offset && mark.first_seq == first_seq &&
            mark.synced_seq > cursor->vouched)
            cursor->vouched = mark.synced_seq;
    }
    return last_set;
}

static enum cursor_state at_end(struct cursor *cursor, int *rc)
{
    const struct segment *next = cursor->segments + cursor->at + 1;

    if (cursor->at + 1 == cursor->n_segments) {
        cursor->frame_offset = cursor->offset;
        cursor->frame_chain = cursor->crc;
        return cursor->state = CURSOR_END;
    }
    if (cursor->offset != cursor->size)
        return damage(cursor, "the records end before the segment does, and another follows");
    if (next->head.prev_first_seq != cursor->segments[cursor->at].first_seq)
        return damage(cursor, "the next segment follows another one: a segment is missing");
    if (next->head.prev_crc != cursor->crc)
        return damage(cursor, "the next segment does not follow from this one's records");
    *rc = cursor_enter(cursor, cursor->at + 1);
    return *rc < 0 ? damage(cursor, "cannot be read") : (enum cursor_state)0;
}

/* Judges the payload of a frame whose checksum is right. Text of what is wrong, or NULL. */
static const char *take_frame(struct cursor *cursor, enum frame_kind kind,
                              const unsigned char *frame, uint32_t n, const unsigned char *id)
{
    const struct agon_event_hdr *event = (const void *)(frame + FRAME_HEAD);
    struct frame_mark mark;

    switch (kind) {
    case FRAME_EVENT:
        if (event_bytes(event) + FRAME_HEAD != n || event->sub != 0 ||
            (cursor->cls != JOURNAL_MONEY && journal_class_of(event->type) != cursor->cls))
            return "an event whose length, class or origin cannot be";
        if (event->seq <= cursor->last_seq || event->seq < cursor->segments[cursor->at].first_seq)
            return "an event whose number is not above the one before";
        if (event->seq <= cursor->vouched)
            return "an event behind the mark that calls it durable";
        cursor->last_seq = event->seq;
        return NULL;
    case FRAME_SHED:
        frame_shed_decode(frame + FRAME_HEAD, &cursor->shed_first, &cursor->shed_last);
        if (cursor->cls != JOURNAL_MONEY || cursor->shed_first <= cursor->last_seq ||
            cursor->shed_last < cursor->shed_first || cursor->shed_last >= UINT64_MAX - 1)
            return "a range of shed numbers that cannot be";
        if (cursor->shed_first <= cursor->vouched)
            return "a range of shed numbers behind the mark that calls them durable";
        cursor->last_seq = cursor->shed_last;
        return NULL;
    case FRAME_MARK:
        if (!frame_mark_decode(&mark, frame + FRAME_HEAD, id, cursor->cls) ||
            mark.offset != cursor->offset ||
            mark.first_seq != cursor->segments[cursor->at].first_seq)
            return "a mark of another place: the write went astray";
        if (mark.synced_seq > cursor->vouched)
            cursor->vouched = mark.synced_seq;
        cursor->is_clean = mark.is_clean;
        return NULL;
    case FRAME_TAPE:
        return reader_take_tape(cursor, frame + FRAME_HEAD);
    case FRAME_REFS:
        return reader_take_refs(cursor, frame + FRAME_HEAD, n - FRAME_HEAD);
    default:
        return is_zero(frame + FRAME_HEAD, n - FRAME_HEAD) ? NULL : "padding that is not zero";
    }
}

/* Goes to the next event or shed range. */
static enum cursor_state cursor_next(struct cursor *cursor, const unsigned char *id, int *rc)
{
    if (cursor->state == CURSOR_END || cursor->state == CURSOR_DAMAGE)
        return cursor->state;
    for (;;) {
        enum frame_kind kind = FRAME_NONE;
        const unsigned char *bytes = NULL;
        const char *wrong;
        enum cursor_state state;
        uint64_t have;
        uint32_t n, crc;

        if (cursor->is_ref) {
            int more = reader_next_ref(cursor);

            if (more == 1)
                return cursor->state = CURSOR_EVENT;
            cursor->is_ref = 0;
            *rc = more < 0 ? more : *rc;
            if (more < 0)
                return damage(cursor, "a tape that it names is not there as it was");
            continue;
        }
        have = look(cursor, cursor->offset, FRAME_HEAD, &bytes, rc);
        REQUIRE(cursor->offset % FRAME_HEAD == 0); // events are read where they lie
        if (*rc < 0)
            return damage(cursor, "cannot be read");
        if (have == 0 || (have == FRAME_HEAD && is_zero(bytes, FRAME_HEAD))) {
            state = at_end(cursor, rc);
            if (state != 0)
                return state;
            continue;
        }
        n = have < FRAME_HEAD ? 0 : frame_length(bytes, cursor->size - cursor->offset, &kind);
        if (n == 0)
            return damage(cursor, "no frame has this length and kind");
        have = look(cursor, cursor->offset, n, &bytes, rc);
        if (*rc < 0 || have < n)
            return damage(cursor, "cannot be read");
        crc = frame_crc(bytes, n, cursor->crc);
        if (crc != frame_crc_stored(bytes))
            return damage(cursor, "the checksum is wrong");
        wrong = take_frame(cursor, kind, bytes, n, id);
        if (wrong != NULL)
            return damage(cursor, wrong);
        cursor->frame_offset = cursor->offset;
        cursor->frame_chain = cursor->crc;
        cursor->frame_n = n;
        cursor->frame = bytes;
        cursor->crc = crc;
        cursor->offset += n;
        if (kind != FRAME_MARK)
            cursor->is_clean = 0;
        if (kind == FRAME_EVENT || kind == FRAME_SHED || kind == FRAME_REFS) {
            cursor->before = cursor->after;
            cursor->after.offset = cursor->offset;
            cursor->after.chain = crc;
        }
        if (kind == FRAME_EVENT) {
            cursor->record++;
            return cursor->state = CURSOR_EVENT;
        }
        if (kind == FRAME_SHED)
            return cursor->state = CURSOR_SHED;
        cursor->is_ref = kind == FRAME_REFS;
    }
}

static const struct agon_event_hdr *cursor_event(const struct cursor *cursor)
{
    return cursor->is_ref ? cursor->event : (const void *)(cursor->frame + FRAME_HEAD);
}

static uint64_t cursor_seq(const struct cursor *cursor)
{
    if (cursor->state == CURSOR_EVENT)
        return cursor->is_ref ? cursor->refs.seq : cursor_event(cursor)->seq;
    return cursor->state == CURSOR_SHED ? cursor->shed_first : UINT64_MAX;
}

/* Sets both cursors on the first event not below from_seq. */
static int start(struct journal_reader *reader, uint64_t from_seq)
{
    for (int cls = 0; cls < JOURNAL_CLASSES; cls++) {
        struct cursor *cursor = &reader->cursors[cls];
        uint32_t at = 0;
        int rc;

        cursor->state = CURSOR_END;
        cursor->is_ref = 0;
        cursor->last_seq = 0;
        cursor->vouched = 0;
        if (cursor->n_segments == 0)
            continue;
        while (at + 1 < cursor->n_segments && cursor->segments[at + 1].first_seq <= from_seq)
            at++;
        rc = cursor_enter(cursor, at);
        if (rc < 0)
            return rc;
        cursor->state = CURSOR_EVENT;
        do {
            (void)cursor_next(cursor, reader->id, &rc);
        } while ((cursor->state == CURSOR_EVENT && cursor_seq(cursor) < from_seq) ||
                 (cursor->state == CURSOR_SHED && cursor->shed_last < from_seq));
        if (cursor->state == CURSOR_SHED && cursor->shed_first < from_seq)
            cursor->shed_first = from_seq;
        if (rc < 0)
            return rc;
    }
    reader->next_seq = from_seq;
    return AGON_OK;
}

/* The next event in the order of numbers; 0: the number after reader->next_seq - 1 is nowhere. */
static int merge(struct journal_reader *reader, const struct agon_event_hdr **event,
                 uint64_t *n_shed, uint64_t *n_dropped, int *rc)
{
    struct cursor *money = &reader->cursors[JOURNAL_MONEY];

    for (;;) {
        uint64_t lowest = UINT64_MAX;

        for (int cls = 0; cls < JOURNAL_CLASSES; cls++) {
            struct cursor *cursor = &reader->cursors[cls];
            uint64_t seq = cursor_seq(cursor);

            if (cursor->state == CURSOR_EVENT && seq == reader->next_seq) {
                *event = cursor_event(cursor);
                return 1;
            }
            lowest = seq < lowest ? seq : lowest;
        }
        if (money->state == CURSOR_SHED && money->shed_first == reader->next_seq) {
            REQUIRE(money->shed_last >= money->shed_first); // or the walk would go back
            *n_shed += money->shed_last - money->shed_first + 1;
            reader->next_seq = money->shed_last + 1;
            (void)cursor_next(money, reader->id, rc);
            continue;
        }
        if (reader->next_seq >= reader->dropped_before)
            return 0;
        // Market events below dropped_before are gone by intent; money events are not.
        if (lowest > reader->dropped_before)
            lowest = reader->dropped_before;
        if (lowest <= reader->next_seq)
            return 0;
        *n_dropped += lowest - reader->next_seq;
        reader->next_seq = lowest;
    }
}

static void pass(struct journal_reader *reader, int *rc)
{
    int is_passed = 0;

    for (int cls = 0; !is_passed && cls < JOURNAL_CLASSES; cls++) {
        struct cursor *cursor = &reader->cursors[cls];

        if (cursor->state == CURSOR_EVENT && cursor_seq(cursor) == reader->next_seq) {
            reader->next_seq++;
            (void)cursor_next(cursor, reader->id, rc);
            is_passed = 1;
        }
    }
    REQUIRE(is_passed); // the event that was handed out is the one that is passed
}

static int note_segment(void *arg, const char *name)
{
    struct journal_reader *reader = arg;
    enum journal_class cls;
    struct cursor *cursor;
    uint64_t first_seq;

    if (!packed_parse_name(name, &cls, &first_seq))
        return AGON_OK;
    reader->listing = crc32c(reader->listing, name, strlen(name));
    cursor = &reader->cursors[cls];
    if (cursor->n_segments > 0 && cursor->segments[cursor->n_segments - 1].first_seq == first_seq)
        return AGON_OK; // the compressed form of the one before, which a crash kept from going
    if (cursor->n_segments == cursor->room) {
        uint32_t room = cursor->room * 2 + 64;
        struct segment *more = realloc(cursor->segments, room * sizeof(*more));

        if (more == NULL)
            return AGON_ENOMEM;
        cursor->segments = more;
        cursor->room = room;
    }
    memset(&cursor->segments[cursor->n_segments], 0, sizeof(struct segment));
    cursor->segments[cursor->n_segments].is_packed =
        strcmp(name + strlen(name) - strlen(PACKED_SUFFIX), PACKED_SUFFIX) == 0;
    cursor->segments[cursor->n_segments++].first_seq = first_seq;
    return AGON_OK;
}

static int add_rubbish(struct journal_reader *reader, enum journal_class cls, uint64_t first_seq,
                       int is_bad)
{
    void *more = realloc(reader->rubbish, (reader->n_rubbish + 1u) * sizeof(*reader->rubbish));

    if (more == NULL)
        return AGON_ENOMEM;
    reader->rubbish = more;
    reader->rubbish[reader->n_rubbish++] =
        (struct rubbish){.cls = cls, .first_seq = first_seq, .is_bad = is_bad};
    return AGON_OK;
}

static void note_build(struct journal_summary *summary, const unsigned char build[16])
{
    uint32_t at = 0;

    while (at < summary->n_builds && memcmp(summary->builds[at], build, 16) != 0)
        at++;
    if (at == JOURNAL_BUILDS)
        at = 0;
    else if (at == summary->n_builds)
        summary->n_builds++;
    REQUIRE(at < summary->n_builds && summary->n_builds <= JOURNAL_BUILDS);
    memmove(summary->builds + at, summary->builds + at + 1,
            (size_t)(summary->n_builds - 1 - at) * sizeof(summary->builds[0]));
    memcpy(summary->builds[summary->n_builds - 1], build, 16);
}

/* Reads the head of one segment. A segment gets its name when its head is durable, so a bad head is
 * damage. */
static int load_head(struct journal_reader *reader, struct cursor *cursor, uint32_t at,
                     struct error *err)
{
    struct segment *segment = &cursor->segments[at];
    unsigned char head[SEGMENT_HEAD] = {0};
    const unsigned char *bytes = NULL;
    struct error why = {0};
    char name[SEGMENT_NAME];
    int rc = cursor_enter(cursor, at);
    uint64_t n;

    file_name(cursor, at, name);
    n = rc < 0 ? 0 : look(cursor, 0, SEGMENT_HEAD, &bytes, &rc);
    if (rc == AGON_ECORRUPT)
        return error_set(err, rc,
                         "%s" PACKED_SUFFIX ": the file is truncated or its seek table, which is "
                         "its end, is damaged. Go on with a copy of the directory from before; "
                         "`agon journal stats DIR --force` reads this one as far as it goes",
                         name);
    if (rc < 0)
        return error_set(err, rc, "%s: %s", name, error_name(rc));
    memcpy(head, bytes, n);
    if (n < SEGMENT_HEAD && segment_is_ours(head, n))
        return error_set(err, AGON_ECORRUPT, "%s: offset %llu: the file ends inside its head", name,
                         (unsigned long long)n);
    rc = segment_head_decode(&segment->head, &segment->head_crc, head, &why);
    if (rc < 0)
        return error_set(err, rc, "%s: offset 0: %s", name, why.text);
    if (segment->head.cls != (uint32_t)cursor->cls || segment->head.first_seq != segment->first_seq)
        return error_set(err, AGON_ECORRUPT,
                         "%s: offset 0: the file's name and its head differ; it was written as "
                         "%s from %llu on",
                         name, segment_class_name((enum journal_class)segment->head.cls),
                         (unsigned long long)segment->head.first_seq);
    if (reader->has_id && memcmp(reader->id, segment->head.id, sizeof(reader->id)) != 0)
        return error_set(err, AGON_ECORRUPT, "%s: offset 0: it belongs to another journal", name);
    memcpy(reader->id, segment->head.id, sizeof(reader->id));
    reader->has_id = 1;
    note_build(&reader->summary, segment->head.build);
    if (segment->head.dropped_before > reader->dropped_before)
        reader->dropped_before = segment->head.dropped_before;
    if (segment->head.run > reader->summary.end.last_run)
        reader->summary.end.last_run = segment->head.run;
    return AGON_OK;
}

static int load(struct journal_reader *reader, struct error *err)
{
    struct cursor *market = &reader->cursors[JOURNAL_MARKET];
    struct cursor *money = &reader->cursors[JOURNAL_MONEY];
    uint32_t n_stale = 0;
    int rc = reader->disk.list(reader->disk.ctx, note_segment, reader);

    if (rc < 0)
        return error_set(err, rc, "listing the journal: %s", error_name(rc));
    for (int i = JOURNAL_CLASSES - 1; i >= 0; i--) { // money first: it says what was dropped
        struct cursor *cursor = &reader->cursors[i];

        for (uint32_t at = 0; at < cursor->n_segments; at++) {
            rc = load_head(reader, cursor, at, err);
            if (rc < 0 && reader->reading.is_forced && rc != AGON_EVERSION) {
                (void)snprintf(reader->summary.torn, sizeof(reader->summary.torn), "%.200s",
                               err->text);
                reader->summary.is_forced = 1;
                rc = AGON_OK;
                for (uint32_t bad = at; rc >= 0 && bad < cursor->n_segments; bad++)
                    rc = add_rubbish(reader, cursor->cls, cursor->segments[bad].first_seq, 1);
                cursor->n_segments = at;
            }
            if (rc < 0)
                return rc;
        }
    }
    // A crash amid dropping may leave any of what was to go.
    while (n_stale < market->n_segments &&
           market->segments[n_stale].first_seq < reader->dropped_before) {
        rc = add_rubbish(reader, JOURNAL_MARKET, market->segments[n_stale++].first_seq, 0);
        if (rc < 0)
            return error_set(err, rc, "journal: %s", error_name(rc));
    }
    market->n_segments -= n_stale;
    if (n_stale > 0)
        memmove(market->segments, market->segments + n_stale,
                market->n_segments * sizeof(*market->segments));
    if (money->n_segments > 0 && money->segments[0].head.prev_first_seq != 0 &&
        !reader->reading.is_forced) {
        char name[SEGMENT_NAME];

        segment_name(name, JOURNAL_MONEY, money->segments[0].head.prev_first_seq);
        return error_set(err, AGON_ECORRUPT, "%s is missing: the next segment names it", name);
    }
    return AGON_OK;
}

static void set_cut(struct journal_reader *reader, enum journal_class cls)
{
    const struct cursor *cursor = &reader->cursors[cls];
    struct cut *cut = &reader->cuts[cls];
    int has_head = cursor->state == CURSOR_EVENT || cursor->state == CURSOR_SHED;

    *cut = (struct cut){.at = cursor->at,
                        .offset = cursor->frame_offset,
                        .chain = cursor->frame_chain,
                        .bare_offset = has_head ? cursor->before.offset : cursor->after.offset,
                        .bare_chain = has_head ? cursor->before.chain : cursor->after.chain,
                        .state = cursor->state};
    // A segment that begins behind the end has nothing of the journal in it: it goes, and the end
    // of this class is that of the one before.
    for (cut->keep = cursor->n_segments == 0 ? 0 : cut->at + 1;
         cut->keep > 0 && cursor->segments[cut->keep - 1].first_seq > reader->next_seq;
         cut->keep--) {
    }
    REQUIRE(cut->keep <= cursor->n_segments); // nothing that is not there is kept
}

/* Walks a cursor to its last readable byte, for what vouches behind the end. */
static int drain(struct journal_reader *reader, enum journal_class cls)
{
    struct cursor *cursor = &reader->cursors[cls];
    struct cut *cut = &reader->cuts[cls];
    uint64_t end;
    int rc = AGON_OK;

    if (cursor->n_segments == 0)
        return AGON_OK;
    while (cursor->state == CURSOR_EVENT || cursor->state == CURSOR_SHED)
        (void)cursor_next(cursor, reader->id, &rc);
    if (rc < 0)
        return rc;
    end = scan_rest(cursor, reader->id, cursor->offset, &rc);
    if (cursor->state == CURSOR_DAMAGE && cursor->at + 1 < cursor->n_segments &&
        cursor->segments[cursor->at + 1].first_seq - 1 > cursor->vouched)
        // The next segment is only made once this one is synced as a whole.
        cursor->vouched = cursor->segments[cursor->at + 1].first_seq - 1;
    for (uint32_t at = cut->at + 1; at <= cursor->at; at++)
        reader->summary.n_torn += SEGMENT_HEAD;
    reader->summary.n_torn += cursor->at == cut->at ? end - cut->offset : end;
    return rc;
}

/* A host that writes meanwhile explains that the last segments end anywhere, not that earlier ones
 * do. */
static int has_hole(const struct journal_reader *reader)
{
    for (int cls = 0; cls < JOURNAL_CLASSES; cls++) {
        const struct cursor *cursor = &reader->cursors[cls];

        if (cursor->state == CURSOR_DAMAGE && cursor->at + 1 < cursor->n_segments)
            return 1;
    }
    return 0;
}

/* Something vouches for more than there is: is that damage? In a copy the market's files are the
 * earlier ones, so what they vouch for was there when money's were read. */
static int is_damage(const struct journal_reader *reader)
{
    if (reader->reading.is_copy)
        return has_hole(reader) || reader->cursors[JOURNAL_MARKET].vouched >= reader->next_seq;
    return !reader->reading.is_live || has_hole(reader);
}

/* Of a copy: does a money segment behind its end say that market data was dropped, which then is
 * neither there nor said to be gone? */
static int is_overtaken(const struct journal_reader *reader)
{
    const struct cursor *money = &reader->cursors[JOURNAL_MONEY];
    uint32_t keep = reader->cuts[JOURNAL_MONEY].keep;
    uint64_t said = keep > 0 ? money->segments[keep - 1].head.dropped_before : 0;

    return reader->reading.is_copy && reader->dropped_before > said;
}

/* Finds where the journal ends and whether that can be. */
static int judge(struct journal_reader *reader, struct error *err)
{
    struct journal_summary *summary = &reader->summary;
    const char *where = NULL;
    char text[256];
    const struct agon_event_hdr *event;
    int is_clean = 0, rc = AGON_OK;

    while (merge(reader, &event, &summary->n_shed, &summary->n_dropped, &rc) == 1 && rc >= 0) {
        summary->n_records++;
        pass(reader, &rc);
    }
    for (int cls = 0; cls < JOURNAL_CLASSES; cls++)
        set_cut(reader, (enum journal_class)cls);
    for (int cls = 0; rc >= 0 && cls < JOURNAL_CLASSES; cls++) {
        struct cursor *cursor = &reader->cursors[cls];

        rc = drain(reader, (enum journal_class)cls);
        if (cursor->vouched > summary->durable_seq)
            summary->durable_seq = cursor->vouched;
        if (cursor->state == CURSOR_DAMAGE)
            where = cursor->what;
        if (cursor->is_clean && cursor->vouched == reader->next_seq - 1)
            is_clean = 1;
    }
    if (rc < 0)
        return error_set(err, rc, "%s", error_name(rc));
    if (is_overtaken(reader))
        return error_set(err, AGON_ECORRUPT,
                         "market data before event %llu was dropped while it was copied",
                         (unsigned long long)reader->dropped_before);
    summary->is_clean = is_clean && summary->n_torn == 0 && reader->n_rubbish == 0;
    summary->end.next_seq = reader->next_seq;
    if (where == NULL) {
        const struct cursor *cursor = &reader->cursors[JOURNAL_MONEY];
        char name[SEGMENT_NAME] = "the journal";

        if (reader->cuts[JOURNAL_MONEY].state != CURSOR_END || cursor->n_segments == 0)
            cursor = &reader->cursors[JOURNAL_MARKET];
        if (cursor->n_segments > 0)
            file_name(cursor, cursor->at, name);
        (void)snprintf(text, sizeof(text), "%s: offset %llu, record %llu: event %llu is not there",
                       name, (unsigned long long)cursor->offset,
                       (unsigned long long)cursor->record + 1,
                       (unsigned long long)reader->next_seq);
        where = text;
    }
    if (summary->durable_seq >= reader->next_seq && is_damage(reader)) {
        if (!reader->reading.is_forced)
            return error_set(err, AGON_ECORRUPT,
                             "damage before the tail: %s; the journal ends before event %llu and "
                             "was durable up to %llu. Go on with a copy of the directory from "
                             "before, or with a new one; `agon journal stats DIR --force` reads "
                             "this one as far as it goes",
                             where, (unsigned long long)reader->next_seq,
                             (unsigned long long)summary->durable_seq);
        summary->is_forced = 1;
    }
    // What vouched for the part that is given up goes with it.
    if (summary->durable_seq >= reader->next_seq &&
        (summary->is_forced || reader->reading.is_copy)) {
        for (int cls = 0; cls < JOURNAL_CLASSES; cls++) {
            reader->cuts[cls].offset = reader->cuts[cls].bare_offset;
            reader->cuts[cls].chain = reader->cuts[cls].bare_chain;
        }
    }
    if (summary->torn[0] == '\0' && (summary->n_torn > 0 || summary->is_forced))
        (void)snprintf(summary->torn, sizeof(summary->torn), "%s", where);
    return AGON_OK;
}

static void find_end(struct journal_reader *reader)
{
    struct journal_end *end = &reader->summary.end;

    end->dropped_before = reader->dropped_before;
    end->has_id = reader->has_id;
    memcpy(end->id, reader->id, sizeof(end->id));
    for (int cls = 0; cls < JOURNAL_CLASSES; cls++) {
        const struct cursor *cursor = &reader->cursors[cls];
        const struct cut *cut = &reader->cuts[cls];
        const struct segment *last;

        reader->summary.n_segments[cls] = cursor->n_segments;
        for (uint32_t at = 0; at < cursor->n_segments; at++)
            reader->summary.n_packed[cls] += (uint32_t)cursor->segments[at].is_packed;
        if (cut->keep == 0) {
            if (cursor->n_segments > 0) {
                end->prev_first_seq[cls] = cursor->segments[0].head.prev_first_seq;
                end->prev_crc[cls] = cursor->segments[0].head.prev_crc;
            }
            continue;
        }
        // Where an earlier segment is the last that stays, the next one says how it ended.
        REQUIRE(cut->keep == cut->at + 1 || cut->keep < cursor->n_segments);
        last = &cursor->segments[cut->keep - 1];
        end->prev_first_seq[cls] = last->first_seq;
        end->prev_crc[cls] = cut->keep == cut->at + 1 ? cut->chain : last[1].head.prev_crc;
        end->older_first_seq[cls] = last->head.prev_first_seq;
        end->older_crc[cls] = last->head.prev_crc;
    }
}

static struct journal_reader *open_once(const struct disk *disk,
                                        const struct journal_reading *reading, uint32_t *listing,
                                        struct error *err)
{
    struct journal_reader *reader = calloc(1, sizeof(*reader));
    struct error why = {0};
    int rc = AGON_ENOMEM;

    if (reader == NULL)
        goto fail;
    reader->disk = *disk;
    if (reading != NULL)
        reader->reading = *reading;
    if (reader->reading.from_seq == 0)
        reader->reading.from_seq = 1;
    for (int cls = 0; cls < JOURNAL_CLASSES; cls++) {
        reader->cursors[cls].disk = &reader->disk;
        reader->cursors[cls].cls = (enum journal_class)cls;
        reader->cursors[cls].file = -1;
        reader->cursors[cls].reader = reader;
    }
    for (int cls = 0; cls < JOURNAL_CLASSES; cls++) {
        reader->cursors[cls].chunk = malloc(READER_CHUNK);
        if (reader->cursors[cls].chunk == NULL)
            goto fail;
    }
    rc = load(reader, &why);
    if (rc >= 0)
        rc = start(reader, reader->reading.from_seq);
    if (rc >= 0) {
        reader->summary.first_seq = reader->next_seq;
        rc = judge(reader, &why);
    }
    if (rc < 0)
        goto fail;
    find_end(reader);
    if (reader->n_tapes > 0 && reader->reading.needs_all && reader->reading.play == NULL) {
        rc = error_set(&why, AGON_ENOTSUP,
                       "it names tapes instead of holding the market's events, and they are not "
                       "looked for here");
        goto fail;
    }
    rc = reader_open_tapes(reader, &why);
    if (rc < 0)
        goto fail;
    reader->is_giving = 1;
    rc = start(reader, reader->reading.from_seq);
    if (reader->refused.code < 0)
        rc = error_set(&why, reader->refused.code, "%s", reader->refused.text);
    if (rc < 0)
        goto fail;
    return reader;

fail:
    (void)error_set(err, rc, "%s",
                    rc == why.code && why.text[0] != '\0' ? why.text : error_name(rc));
    error_wrap(err, "reading the journal");
    *listing = reader != NULL ? reader->listing : 0;
    journal_reader_close(reader);
    return NULL;
}

static int sum_names(void *arg, const char *name)
{
    enum journal_class cls;
    uint64_t first_seq;
    uint32_t *sum = arg;

    if (packed_parse_name(name, &cls, &first_seq))
        *sum = crc32c(*sum, name, strlen(name));
    return AGON_OK;
}

struct journal_reader *journal_reader_open(const struct disk *disk,
                                           const struct journal_reading *reading, struct error *err)
{
    // Beside a host segments change their form, and old ones go, while they are listed and read:
    // what looks like a hole is believed when the names stay the same.
    for (int try = 1;; try++) {
        uint32_t before = 0, after = 0;
        struct error why = {0};
        struct journal_reader *reader = open_once(disk, reading, &before, &why);

        if (reader != NULL)
            return reader;
        if (try == TRIES || disk->list(disk->ctx, sum_names, &after) < 0 || after == before) {
            (void)error_set(err, why.code, "%s", why.text);
            return NULL;
        }
    }
}

void journal_reader_close(struct journal_reader *reader)
{
    if (reader == NULL)
        return;
    for (int cls = 0; cls < JOURNAL_CLASSES; cls++) {
        if (reader->cursors[cls].disk != NULL)
            reader_leave(&reader->cursors[cls]);
        free(reader->cursors[cls].segments);
        free(reader->cursors[cls].chunk);
    }
    free(reader->rubbish);
    free(reader);
}

const struct journal_summary *journal_reader_summary(const struct journal_reader *reader)
{
    return &reader->summary;
}

const struct journal_tape *journal_reader_tapes(const struct journal_reader *reader, uint32_t *n)
{
    *n = reader->n_tapes;
    return reader->tapes;
}

int journal_reader_next(struct journal_reader *reader, const struct agon_event_hdr **event,
                        struct error *err)
{
    uint64_t n_shed = 0, n_dropped = 0;
    int rc = AGON_OK;

    *event = NULL;
    if (reader->has_current) {
        reader->has_current = 0;
        pass(reader, &rc);
    }
    while (rc >= 0 && reader->next_seq < reader->summary.end.next_seq &&
           merge(reader, event, &n_shed, &n_dropped, &rc) == 1 && rc >= 0) {
        reader->has_current = *event != NULL;
        if (reader->has_current)
            return 1;
        pass(reader, &rc); // a tape's, and nobody brings it
    }
    if (reader->refused.code < 0)
        return error_set(err, reader->refused.code, "%s", reader->refused.text);
    if (rc < 0)
        return error_set(err, rc, "reading the journal: %s", error_name(rc));
    if (reader->next_seq < reader->summary.end.next_seq)
        return error_set(err, AGON_EIO, "the journal changed while it was read, at event %llu",
                         (unsigned long long)reader->next_seq);
    return 0;
}
