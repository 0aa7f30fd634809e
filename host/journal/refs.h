// SPDX-License-Identifier: Apache-2.0
/* refs: market events that a journal names instead of copying them.
 *
 * A backtest plays tapes (lab/tape_file.h) and tables, which stay where they are. Both are called
 * tapes here. Its market segments, of format SEGMENT_VERSION_TAPES, have two kinds of frames
 * besides those of every segment:
 *
 *   FRAME_TAPE  which tape is meant, by hash, and how its rows become events: struct journal_tape.
 *               Behind the head of each segment that names any, and once more when the journal is
 *               closed. From SEGMENT_VERSION_LATE on hash and length of a table stand in the last
 *               alone (journal_tape_is_late).
 *   FRAME_REFS  a run of events of tapes, each the next of its tape. Of an event stand in it its
 *               number, of which tape it is and how far t lies behind t_venue, one byte where
 *               nothing of that changed; and CRC-32C over all the events as they were numbered, so
 *               that a tape that gives other events is found.
 *
 *     first u64, last u64   numbers of the first and the last event
 *     n u32                 events
 *     crc u32               over their bytes
 *     bytes u32, zero u32   of what follows, filled up with zeros to 8 bytes
 *     each event            bits 0-2: numbers passed over since the one before, 7: u64 + 7 follows;
 *                           8: another tape than before, which follows; 16: another distance of t
 *                           than this tape's before, which follows, zigzag
 *                           32, from SEGMENT_VERSION_ENDS on: it is no event of the tape but the
 *                           end of the bar that the tape gives next (journal/ends.h); 64: for
 *                           other slots than this tape's end before, which follow
 *
 * Tape, distances (those of ends are their own) and slots begin with 0 in each frame. Numbers that
 * follow are LEB128, in the order of their bits. Of an end nothing is in the sum: it follows from
 * the bar, which is. Who reads has to bring the tapes (struct journal_play). [any] */
#ifndef JOURNAL_REFS_H
#define JOURNAL_REFS_H

#include "base/crc.h"
#include "base/error.h"
#include "base/hash.h"
#include "journal/segment.h"

#define JOURNAL_TAPES     32
#define REFS_HEAD         32
#define REFS_BYTES_MAX    16000 /* of what follows the head */
#define REFS_EVENT_MAX    32    /* bytes of one event at most */
#define REFS_END          32u /* of an event's first byte: it is the end of the bar that comes next */
#define JOURNAL_TAPE_PATH 512

struct journal_tape { /* payload of FRAME_TAPE */
    uint32_t number;  /* below JOURNAL_TAPES; within this journal */
    uint32_t spread_ppm, volume_ppm;
    int32_t quote_exp;
    uint8_t has_book, is_lenient;
    uint8_t is_table;  /* not made by `agon tape make`: hash is of its bytes, n_rows how many */
    uint8_t is_joined; /* a trade and its book are one event; before there were such: 0 */
    uint8_t pad[4];
    uint64_t n_rows;              /* that it has; of a table its bytes: no fewer; 0: late */
    uint64_t first_row, last_row; /* that were played, from 1; last_row 0: not known yet */
    uint64_t n_events;            /* of it that were given before this place */
    unsigned char hash[HASH_SIZE];
    struct agon_instrument instrument;
    char path[JOURNAL_TAPE_PATH];
};
_Static_assert(sizeof(struct journal_tape) % 8 == 0, "frames are whole units");
#define TAPE_FRAME_BYTES (FRAME_HEAD + (uint32_t)sizeof(struct journal_tape))
/* What may stand in the bytes of a frame. */
int journal_tape_is_good(const struct journal_tape *tape);
/* A table whose hash and length are not known yet: those stand behind what was played of it. */
static inline int journal_tape_is_late(const struct journal_tape *tape)
{
    return tape->is_table && tape->n_rows == 0;
}

/* Who knows what is of a tape while a journal is written. [writer] */
struct journal_named {
    void *ctx;
    uint32_t n;   /* tapes, by number; 0: none, and all is copied */
    int has_ends; /* ends of their bars are named too: segments are of SEGMENT_VERSION_ENDS */
    /* Which tape gives just this event as its next one, but for seq and t; below 0: none does. The
     * same for an event whenever it is asked. */
    int (*tape_of)(void *ctx, const struct agon_event_hdr *event);
    /* The same where it is known by instrument and type alone: number + 1 of the tape, 0 where
     * there is none, for each instrument below n_of, and bits of the types. NULL: tape_of says it.
     */
    const uint8_t *of;
    uint64_t types;
    uint32_t n_of;
    int has_tables; /* what they are is known at the end: SEGMENT_VERSION_LATE */
    /* What is to be known of it; n_events: at the begin. A path of "": nothing of it is named.
     * is_closed: at the end, where it may wait for what is not known before. */
    void (*describe)(void *ctx, uint32_t number, int is_closed, struct journal_tape *tape);
};
static inline int journal_tape_of(const struct journal_named *named,
                                  const struct agon_event_hdr *event)
{
    if (named->of == NULL)
        return named->tape_of(named->ctx, event);
    return event->instrument < named->n_of && event->type < 64 &&
                   (named->types >> event->type & 1) != 0
               ? (int)named->of[event->instrument] - 1
               : -1;
}
/* Who brings the tapes while a journal is read. [any] */
struct journal_play {
    void *ctx;
    /* The tape that is named is to give its events from its event n_events on. Called again for one
     * that is open, wherever the journal names it again. AGON_E... with the reason. */
    int (*open)(void *ctx, const struct journal_tape *tape, struct error *err);
    /* The next event of it, until the next call its caller's to number. NULL with the reason. */
    struct agon_event_hdr *(*next)(void *ctx, uint32_t number, struct error *err);
};

struct refs_given {            /* tapes that are named */
    uint64_t named_seq;        /* first of the segment that names them already */
    uint64_t n[JOURNAL_TAPES]; /* events of each so far */
};

/* A frame that is being written; payload has room for REFS_HEAD + REFS_BYTES_MAX. */
struct refs_out {
    uint64_t first, last;
    uint32_t n, crc, bytes, tape;
    int64_t lags[JOURNAL_TAPES], end_lags[JOURNAL_TAPES];
    uint64_t slots[JOURNAL_TAPES]; /* of ends */
};
void refs_begin(struct refs_out *out, uint64_t first);
int refs_is_full(const struct refs_out *out);
void refs_add(struct refs_out *out, unsigned char *payload, uint32_t tape,
              const struct agon_event_hdr *event);
void refs_add_end(struct refs_out *out, unsigned char *payload, uint32_t tape,
                  const struct record_path *end);
/* How long it was on its way. */
static inline int64_t refs_lag(const struct agon_event_hdr *event)
{
    return (int64_t)((uint64_t)event->t - (uint64_t)event->t_venue);
}
/* Is the event's own nothing but that it comes next? Most are: a byte of 0. */
static inline int refs_is_next(const struct refs_out *out, uint32_t tape,
                               const struct agon_event_hdr *event)
{
    return event->seq == out->last + 1 && tape == out->tape && refs_lag(event) == out->lags[tape];
}
/* As refs_add, of such a one. */
static inline void refs_add_next(struct refs_out *out, unsigned char *payload,
                                 const struct agon_event_hdr *event)
{
    payload[REFS_HEAD + out->bytes++] = 0;
    out->last++;
    out->n++;
    out->crc = crc32c(out->crc, event, event_bytes(event));
}
/* As refs_add_end and refs_add, of a bar that comes next behind its end, where that has nothing of
 * its own either: 1, or 0 and nothing was added. */
static inline int refs_add_pair(struct refs_out *out, unsigned char *payload, uint32_t tape,
                                const struct record_path *end, const struct agon_event_hdr *bar)
{
    if (end->hdr.seq != out->last + 1 || bar->seq != out->last + 2 || tape != out->tape ||
        refs_lag(&end->hdr) != out->end_lags[tape] || end->slots != out->slots[tape] ||
        refs_lag(bar) != out->lags[tape])
        return 0;
    payload[REFS_HEAD + out->bytes++] = REFS_END;
    payload[REFS_HEAD + out->bytes++] = 0;
    out->last += 2;
    out->n += 2;
    out->crc = crc32c(out->crc, bar, event_bytes(bar));
    return 1;
}
/* Completes it. The payload's length, filled up. */
uint32_t refs_end(const struct refs_out *out, unsigned char *payload);

/* A frame that is read. */
struct refs_in {
    const unsigned char *at, *end;
    uint64_t first, last, seq; /* seq: of the event that was taken last */
    uint32_t n, crc, sum, tape;
    int has_ends, is_end; /* it may have some; what was taken last is one, for end_slots */
    int64_t lag;
    uint64_t end_slots;
    int64_t lags[JOURNAL_TAPES], end_lags[JOURNAL_TAPES];
    uint64_t slots[JOURNAL_TAPES];
};
/* False: it is no such frame. Its payload is borrowed while it is read. has_ends is its caller's to
 * set, who knows the segment's version. */
int refs_open(struct refs_in *in, const unsigned char *payload, uint32_t n);
/* The next one's seq, tape and lag. 1; 0: there is no more and that is as its head says; below 0:
 * what is there cannot be. */
int refs_next(struct refs_in *in);

#endif
