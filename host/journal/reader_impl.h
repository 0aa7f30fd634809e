// SPDX-License-Identifier: Apache-2.0
/* reader_impl: what a reader knows of the files, for reader.c, which only looks, and recover.c,
 * which cuts. [any] */
#ifndef JOURNAL_READER_IMPL_H
#define JOURNAL_READER_IMPL_H

#include "journal/packed.h"
#include "journal/reader.h"

#define READER_CHUNK ((uint64_t)256 << 10)

struct segment {
    uint64_t first_seq;
    int is_packed; /* as it was listed */
    struct segment_head head;
    uint32_t head_crc;
};
enum cursor_state { CURSOR_EVENT = 1, CURSOR_SHED = 2, CURSOR_END = 3, CURSOR_DAMAGE = 4 };
struct cursor { /* walks the segments of one class */
    const struct disk *disk;
    enum journal_class cls;
    struct segment *segments; /* owned */
    uint32_t n_segments, room;
    uint32_t at;           /* the segment we are in */
    int file;              /* -1: none, or a compressed one */
    struct packed *packed; /* owned; the segment in its compressed form */
    uint64_t size;
    uint64_t offset; /* of the next frame */
    uint64_t record; /* events so far in this segment */
    uint32_t crc;
    uint64_t last_seq; /* of this class so far */
    enum cursor_state state;
    /* the frame found: where it lies, and the chain before it */
    uint64_t frame_offset;
    uint32_t frame_chain;
    uint32_t frame_n;
    const unsigned char *frame;
    /* in this segment, behind the last event or shed range: before the frame found, and after it */
    struct {
        uint64_t offset;
        uint32_t chain;
    } before, after;
    uint64_t shed_first, shed_last;
    uint64_t vouched;     /* highest number that marks and heads of this class vouch for */
    int is_clean;         /* the last frame seen was a closing mark */
    unsigned char *chunk; /* owned: CHUNK bytes */
    uint64_t chunk_offset, chunk_n;
    char what[200]; /* of the damage */
    /* market: events of tapes */
    struct journal_reader *reader; /* borrowed */
    struct refs_in refs;           /* of the frame found */
    int is_ref;                    /* the event found is one of them: event */
    const struct agon_event_hdr *event;
};
struct cut { /* where a class ends */
    uint32_t at;
    uint64_t offset;
    uint32_t chain;
    uint64_t bare_offset; /* the same without the marks that stand behind the last event */
    uint32_t bare_chain;
    uint32_t keep; /* that many segments stay */
    enum cursor_state state;
};
struct rubbish {
    enum journal_class cls;
    uint64_t first_seq;
    int is_bad; /* put aside as bad-<name>, not removed */
};
struct journal_reader {
    struct disk disk;
    struct cursor cursors[JOURNAL_CLASSES];
    struct journal_reading reading;
    struct journal_summary summary;
    struct cut cuts[JOURNAL_CLASSES];
    /* files that are no part of it: market segments that were being dropped at a crash, and those
     * whose head is beyond repair */
    struct rubbish *rubbish; /* owned */
    uint32_t n_rubbish;
    uint64_t next_seq; /* to be handed out */
    int has_current;   /* next_seq was handed out and is not yet passed */
    uint64_t dropped_before;
    int has_id;
    unsigned char id[16];
    uint32_t listing; /* a sum over the names that were listed */
    int is_giving;    /* events are wanted, and not only their numbers */
    uint64_t given[JOURNAL_TAPES];
    struct journal_tape tapes[JOURNAL_TAPES]; /* as they were named last; n of them */
    uint32_t n_tapes;
    struct error refused;                 /* of a tape */
    struct agon_bar ahead[JOURNAL_TAPES]; /* whose end was given, and it not yet; else of type 0 */
    struct agon_bar given_bar;
    struct record_path end;
};

/* What a frame of the market's says of tapes: text of what is wrong, or NULL. */
const char *reader_take_tape(struct cursor *cursor, const unsigned char *payload);
const char *reader_take_refs(struct cursor *cursor, const unsigned char *payload, uint32_t n);
/* All that are named, before the first event is given: one that is missing is found at once. */
int reader_open_tapes(struct journal_reader *reader, struct error *err);
/* The next event of the run that was taken. 1: cursor->event; 0: there is no more; below 0: the
 * tape does not give it, and reader->refused says why. */
int reader_next_ref(struct cursor *cursor);
void reader_leave(struct cursor *cursor);
/* Opens the segment it is at; its size, or an error. */
int64_t reader_open(struct cursor *cursor);
#endif
