// SPDX-License-Identifier: Apache-2.0
/* writer_impl: what a writer knows of its files and of what it is about to write. [writer] */
#ifndef JOURNAL_WRITER_IMPL_H
#define JOURNAL_WRITER_IMPL_H

#include "journal/writer.h"

#define STAGE_BYTES   ((uint64_t)256 << 10) /* written in one piece; stays in the cache */
#define STAGE_SLACK   ((uint64_t)FRAME_MAX + SEGMENT_HEAD + MARK_BYTES) /* beyond a full stage */
#define SEGMENT_SLACK ((uint64_t)2 * SEGMENT_HEAD) /* for padding and the last mark */
#define WHY           160

struct lane {               /* one class */
    int file;               /* -1: no segment is open */
    uint64_t bytes, offset; /* of the open segment: its size, and where the stage will go */
    uint64_t first_seq;
    uint32_t crc;
    int is_dirty;            /* written since the last sync */
    uint64_t marked_seq;     /* of the last mark */
    uint64_t prev_first_seq; /* of the segment before the open one */
    uint32_t prev_crc;
    uint64_t older_first_seq; /* of the one before that */
    uint32_t older_crc;
    unsigned char *stage; /* owned: STAGE_BYTES + STAGE_SLACK */
    uint64_t n;           /* staged */
    struct {              /* what was true with an empty stage: the way back when a write fails */
        uint32_t crc;
        uint64_t marked_seq;
    } base;
};
struct journal_writer {
    struct disk disk;
    struct journal_buffer *buffer; /* borrowed */
    struct journal_config config;
    struct lane lanes[JOURNAL_CLASSES];
    uint64_t seq;        /* last number that is staged, or of the end that waits (has_end) */
    uint64_t base_seq;   /* ... is written */
    uint64_t synced_seq; /* ... is synced in both classes */
    uint64_t n_staged;
    struct refs_out refs; /* the market's frame that is open at the end of its stage; n 0: none */
    struct refs_given given, base_given;
    uint64_t waiting; /* instruments, modulo 64, with an end in the ring whose bar has not come */
    /* The ring is empty, and an end waits for its bar (journal/near.h); how many bytes were staged
     * in the class of money when it came, and the sum over them. */
    int has_end;
    uint32_t end_crc;
    uint64_t end_at;
    struct record_path end;
    union {
        struct agon_event_hdr hdr;
        unsigned char bytes[EVENT_BYTES_MAX];
    } whole; /* the event that is named */
    uint64_t dropped_before;
    uint64_t written_since_sync, written_since_low;
    uint64_t n_steps;
    int is_held, is_closing; /* the stage has what is not in the buffer; nothing more is to come */
    int is_deceived;         /* the file system does not keep room that it promised */
    int has_reserve, is_low, is_shedding, is_full, is_failed;
    enum journal_state state; /* as told last */
    char why[WHY];
    struct journal_stats stats;
};
#define NAMES_TAPES(writer) ((writer)->config.named != NULL && (writer)->config.named->n > 0)

/* Puts the end that waits at hand for its bar, if one does, into the ring. */
void near_let_go(struct journal_writer *writer);

/* Where the payload of the next frame goes. */
static inline unsigned char *lane_at(const struct lane *lane)
{
    return lane->stage + lane->n + FRAME_HEAD;
}

/* What is there is a frame of n bytes, with its head. */
static inline void lane_seal(struct lane *lane, enum frame_kind kind, uint32_t n)
{
    REQUIRE(lane->n + n <= STAGE_BYTES + STAGE_SLACK);
    lane->crc = frame_seal(lane->stage + lane->n, kind, n, lane->crc);
    lane->n += n;
}

#endif
