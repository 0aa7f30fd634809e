// SPDX-License-Identifier: Apache-2.0
/* sync: one instrument's book, brought together from a REST snapshot and the stream of diffs by
 * Binance's rules: on spot a diff's first id follows the last one's last, on futures it names the
 * last id of the one before (pu), since its own ids have holes.
 *
 * Diffs are kept while a snapshot is on its way; one older than what is kept is taken again; then
 * each diff must join on to the last. A gap, a bad message, a book that stays crossed, or diffs
 * that the core had no room for make the book STALE at once, and only this book is built anew, with
 * a bounded backoff and one snapshot in flight. What comes out is BOOK_SNAPSHOT parts, BOOK_DELTA
 * and STATUS records. A book of our own is kept beside, to see it crossed, and to compare it.
 *
 * By BOOK_CHECKSUM there are no ids and nothing is kept: the stream brings the whole book first,
 * each message says what the book then comes to, and one that comes to something else is asked for
 * anew. It has a fixed number of levels; those that fall out of it are removed, as the venue says
 * nothing of them any more.
 * A pushed book that is chained (BOOK_CHAIN_PUSHED) has ids and no sum: a message that does not
 * name the id of the one before it has a hole before it. Time is transport time, ns. [io] */
#ifndef VENUE_BOOK_SYNC_H
#define VENUE_BOOK_SYNC_H

#include "market/book.h"
#include "net/backoff.h"
#include "venue/wire.h"

enum book_sync_reason { /* agon_status.reason, with BOOK_STALE */
                        BOOK_SYNC_GAP = 1,
                        BOOK_SYNC_BAD = 2,
                        BOOK_SYNC_CROSSED = 3,
                        BOOK_SYNC_LOST = 4,    /* the connection */
                        BOOK_SYNC_SILENT = 5,  /* the channel */
                        BOOK_SYNC_NO_ROOM = 6, /* towards the core */
                        BOOK_SYNC_OLD = 7,     /* the snapshot was older than the diffs */
                        BOOK_SYNC_CHECKSUM = 8 /* the venue's book is another */
};

#define BOOK_SYNC_WORST 4096
#define BOOK_SYNC_WAIT_NS                                                                          \
    10000000000ll /* a pushed book that has not come by then is asked for again */

struct book_sync {
    const struct symbol *symbol; /* borrowed */
    uint16_t venue;
    uint8_t state;      /* enum book_state */
    uint8_t trading;    /* enum trading_state; the owner's to set, see book_sync_trading */
    uint8_t is_fed;     /* the stream is subscribed: diffs come */
    uint8_t is_asked;   /* a snapshot is on its way */
    uint8_t is_crossed; /* after the last batch; one is tolerated */
    uint8_t reason;
    uint8_t is_chained;      /* futures: each diff names the one before it; the owner's to set */
    uint8_t is_first;        /* chained: no diff was applied to the snapshot yet */
    uint32_t snapshot_limit; /* levels of a side that a snapshot may have; as many: cut */
    uint8_t is_pushed;       /* the stream brings the whole book; the owner's to set, with: */
    uint32_t (*checksum)(const struct wire_top *top); /* NULL: is_chained */
    struct agon_level *worst; /* owned; BOOK_SYNC_WORST: what is to fall out */
    int64_t asked_ns;         /* pushed: when the book was asked for; the owner's to set */
    uint64_t id;              /* the book's */
    int64_t next_ns;          /* no snapshot is asked for before */
    struct backoff backoff;
    struct book *book;    /* owned */
    unsigned char *diffs; /* owned; what is kept: wire_depth without its unused levels */
    uint64_t diffs_room, diffs_used;
    uint64_t first_kept;   /* U of the first kept diff; 0: none is kept */
    uint64_t first_prev;   /* ... and its pu */
    unsigned char *record; /* owned; EVENT_BYTES_MAX */
    /* Hands a record on. Below 0: no room. */
    int (*emit)(void *ctx, struct agon_event_hdr *record);
    void *ctx;
    uint64_t n_gaps, n_old, n_duplicates, n_bad, n_crossed, n_resyncs, n_overflows,
        n_differ; /* checksums that did not fit */
};

/* AGON_ENOMEM. diffs_room: bytes for kept diffs; 0: 256 KiB. */
int book_sync_init(struct book_sync *sync, const struct symbol *symbol, uint16_t venue,
                   uint64_t diffs_room, int (*emit)(void *ctx, struct agon_event_hdr *record),
                   void *ctx);
/* From now on by BOOK_CHECKSUM, or by ids where checksum is NULL. AGON_ENOMEM. */
int book_sync_push(struct book_sync *sync, uint32_t (*checksum)(const struct wire_top *top));
void book_sync_deinit(struct book_sync *sync);
/* The stream is subscribed from now on. */
void book_sync_start(struct book_sync *sync, int64_t now);
/* It is not any more. */
void book_sync_lost(struct book_sync *sync, enum book_sync_reason reason);
/* The book cannot be trusted: a bad message of this instrument, or silence. */
void book_sync_stale(struct book_sync *sync, enum book_sync_reason reason, int64_t now,
                     uint64_t random);
void book_sync_diff(struct book_sync *sync, const struct wire_depth *diff, int64_t now,
                    uint64_t random);
/* True: ask for a snapshot now, and tell it with book_sync_asked. */
int book_sync_wants(const struct book_sync *sync, int64_t now);
void book_sync_asked(struct book_sync *sync);
/* Pushed books: one that was asked for and has not come is asked for again. */
void book_sync_turn(struct book_sync *sync, int64_t now, uint64_t random);
void book_sync_snapshot(struct book_sync *sync, const struct wire_depth *snapshot, int64_t now,
                        uint64_t random);
/* The request failed or its answer was bad. */
void book_sync_failed(struct book_sync *sync, int64_t now, uint64_t random);
/* The instrument's trading state changed: told in a STATUS record. */
void book_sync_trading(struct book_sync *sync, enum trading_state trading);

#endif
