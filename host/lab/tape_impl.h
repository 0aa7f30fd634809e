// SPDX-License-Identifier: Apache-2.0
/* tape_impl: what looking at a file, opening it and reading it share. */
#ifndef LAB_TAPE_IMPL_H
#define LAB_TAPE_IMPL_H

#include "lab/read_ahead.h"
#include "lab/tape.h"
#include "lab/tape_file.h"
#include "market/evring.h"
#include "market/lines.h"
#include "market/table.h"
#include "match/match.h"
#include "venue/book_sync.h"

#define TAPE_BAR_S_MAX (366 * 86400) /* no bar is longer than a year */
#define TAPE_SECOND_NS ((agon_ns_t)1000000000)

/* Which one rows are in the order of: where each says when it was received, that. [any] */
enum table_column tape_order(const struct tape_info *info, const struct table *table);
/* enum tape_kind; 0: it is neither of trades nor of bars. [any] */
uint8_t tape_kind_of(enum table_kind kind);

struct tape {
    struct tape_config config;
    struct lines *lines;    /* owned; NULL: it is a tape's */
    struct tape_file *file; /* owned; NULL: they are lines */
    struct tape_rows *rows; /* owned; of file */
    void *queue_memory;     /* owned; the queue lies in it */
    struct evring in, out;
    int has_shown; /* the head of the queue was handed out and is released with the next call */
    const struct agon_event_hdr
        *whole; /* of the row just read, where it lies; NULL: it is queued */
    /* A row of bars: its open and its end, where they stay until the next row is read. */
    _Alignas(EVENT_GRANULE) struct agon_quote open;
    _Alignas(EVENT_GRANULE) struct agon_bar bar;
    const struct agon_event_hdr *behind; /* the bar, where the open comes before it; NULL: none */
    struct table table;
    struct table_plan plan;
    struct record_trade_book joined; /* of the row just read */
    int is_queued;                 /* the events of a row may be several, and stand in the queue */
    int is_l2;                     /* a tape of all that a stream brings */
    int is_plain;                  /* the row in hand was read by it: its values are in the row */
    struct recording_step step;    /* bars */
    struct symbols *symbols;       /* owned; raw */
    const struct venue_wire *wire; /* raw: whose messages these are */
    void *reader;                  /* owned; the wire's */
    struct wire_out *decoded;      /* owned; raw */
    struct book_sync sync;
    int has_sync;
    int is_over;               /* nothing more is read */
    int is_scanning;           /* a bad row was found: only more of them are looked for */
    agon_ns_t t;               /* of the line being read */
    agon_qty_t last_qty;       /* bars: volume of the row before */
    int has_bar;               /* there was one */
    int has_plain_bars;        /* a table's rows are all of it, and their time is all of order */
    struct match_bars assumed; /* of the config */
    struct tape_report report;
    struct read_ahead *ahead; /* owned; its thread has all of the above. NULL: the caller has */
};

/* Of a tape that is being opened, by what its file is. AGON_E... with the reason. */
int tape_open_raw(struct tape *tape, struct error *err);
int tape_open_table(struct tape *tape, struct error *err);
int tape_open_file(struct tape *tape, struct error *err);
/* One more event of the row that is being read. For book_sync_emit_fn with ctx = tape. */
int tape_put(void *ctx, struct agon_event_hdr *event);

#endif
