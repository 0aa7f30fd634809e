// SPDX-License-Identifier: Apache-2.0
/* segment: the bytes of one journal file.
 *
 * A journal is a directory of segments, money-<first seq>.aj and market-<first seq>.aj, under one
 * sequence of numbers. A segment is a head of 4096 bytes and frames behind it, 8-byte aligned:
 *
 *   crc32c  u32   over all frames so far, from the head on: bytes 4.. of this one included
 *   units   u16   length of the frame in 8 bytes
 *   kind    u8    enum frame_kind
 *   zero    u8
 *   payload
 *
 * Everything is little-endian. A segment that is written to is preallocated with zeros, so kind 0
 * ends the data; a finished one is cut to its length. What was synced is padded to a sector first,
 * so that no later write touches a sector that holds durable records.
 *
 * A MARK says up to which number both classes were durable when it was written. Marks carry a
 * checksum of their own and are found even behind damage: what a mark vouches for and is not there
 * is damage; what nothing vouches for is a torn tail. */
#ifndef JOURNAL_SEGMENT_H
#define JOURNAL_SEGMENT_H

#include "base/error.h"
#include "journal/buffer.h"

#define SEGMENT_VERSION       1
#define SEGMENT_VERSION_TAPES 2 /* market events of tapes are named: journal/refs.h */
#define SEGMENT_VERSION_ENDS  3 /* ... and ends of their bars */
#define SEGMENT_VERSION_LATE  4 /* ... and tables by what is known at the end alone */
#define SEGMENT_VERSION_LAST  SEGMENT_VERSION_LATE
#define SEGMENT_HEAD          4096
#define SEGMENT_ALIGN         512
#define SEGMENT_NAME          48
#define SEGMENT_BYTES_MIN     ((uint64_t)64 << 10)
#define SEGMENT_BYTES_MAX     ((uint64_t)4 << 30)
#define SEGMENT_RESERVE       "reserve.aj" /* room for money events on a full disk */
#define SEGMENT_NEW           "new.aj"     /* a segment before it has its name */

enum frame_kind {
    FRAME_NONE = 0,  /* no frame: the data ends here */
    FRAME_EVENT = 1, /* an event of the segment's class */
    /* money only: numbers first..last were market events and are not kept. Earlier builds wrote it
     * on a full disk; it is read, and written no more. */
    FRAME_SHED = 2,
    FRAME_MARK = 3, /* durable up to synced_seq */
    FRAME_PAD = 4,  /* zeros up to the next sector */
    /* market only, from SEGMENT_VERSION_TAPES on: journal/refs.h */
    FRAME_TAPE = 5,
    FRAME_REFS = 6
};
#define FRAME_HEAD 8
#define FRAME_MAX  (FRAME_HEAD + EVENT_BYTES_MAX)
#define SHED_BYTES 24
#define MARK_BYTES 48

struct segment_head {
    uint32_t version; /* of its format; encoding: 0 is SEGMENT_VERSION */
    uint32_t cls;     /* enum journal_class */
    uint32_t align;   /* sector that padding goes to */
    uint64_t first_seq;
    uint64_t synced_seq;     /* durable when this segment was made */
    uint64_t dropped_before; /* market events below this number were dropped on purpose */
    uint64_t prev_first_seq; /* the segment before it in its class; 0: none */
    uint32_t prev_crc;       /* last checksum of that one */
    uint32_t run;            /* that made it */
    unsigned char id[16];    /* of the journal: the same in all its segments */
    unsigned char build[16]; /* of the program that wrote it */
};

void segment_name(char name[SEGMENT_NAME], enum journal_class cls, uint64_t first_seq);
/* True when name is one of ours. */
int segment_parse_name(const char *name, enum journal_class *cls, uint64_t *first_seq);
const char *segment_class_name(enum journal_class cls);

/* Can a journal be written in such sectors and sizes? AGON_EINVAL. */
int segment_check_sizes(uint32_t align, const uint64_t bytes[JOURNAL_CLASSES], struct error *err);

/* Writes the head's bytes and returns their checksum, with which the chain of frames begins. */
uint32_t segment_head_encode(const struct segment_head *head, unsigned char bytes[SEGMENT_HEAD]);
/* Could these n bytes be the beginning of a segment? */
int segment_is_ours(const unsigned char *bytes, uint64_t n);
/* AGON_EINVAL: no journal; AGON_EVERSION; AGON_ECORRUPT. The reason without the file's name. */
int segment_head_decode(struct segment_head *head, uint32_t *crc,
                        const unsigned char bytes[SEGMENT_HEAD], struct error *err);

/* Completes a frame whose payload lies at frame + FRAME_HEAD; n: its length, a multiple of 8, head
 * included. Returns the chain's next checksum. */
uint32_t frame_seal(unsigned char *frame, enum frame_kind kind, uint32_t n, uint32_t crc);
/* The frame of an event, which is copied; the same sum. */
uint32_t frame_event(unsigned char *frame, const struct agon_event_hdr *event, uint32_t crc);
/* Shape of the frame at bytes: its length, or 0 when it can be none of at most room bytes. */
uint32_t frame_length(const unsigned char *bytes, uint64_t room, enum frame_kind *kind);
uint32_t frame_crc(const unsigned char *bytes, uint32_t n, uint32_t crc);
uint32_t frame_crc_stored(const unsigned char *bytes);

struct frame_mark {
    uint64_t synced_seq;
    uint64_t offset; /* of the mark in its segment */
    uint64_t first_seq;
    int is_clean; /* the journal was closed behind it */
};
void frame_mark_encode(unsigned char payload[MARK_BYTES - FRAME_HEAD],
                       const struct frame_mark *mark, const unsigned char id[16],
                       enum journal_class cls);
/* True when the bytes are a mark of that segment at that place. */
int frame_mark_decode(struct frame_mark *mark, const unsigned char payload[MARK_BYTES - FRAME_HEAD],
                      const unsigned char id[16], enum journal_class cls);
void frame_shed_decode(const unsigned char payload[SHED_BYTES - FRAME_HEAD], uint64_t *first,
                       uint64_t *last);

#endif
