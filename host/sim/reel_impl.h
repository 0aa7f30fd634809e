// SPDX-License-Identifier: Apache-2.0
/* reel_impl: what the reel and the readers of venues' recorded messages share. */
#ifndef SIM_REEL_IMPL_H
#define SIM_REEL_IMPL_H

#include "market/lines.h"
#include "market/table.h"
#include "sim/reel.h"

#define REEL_SOURCES_MAX 32
#define REEL_EXP         8
#define REEL_NS_PER_MS   1000000

struct source;

/* How the messages of a venue's recording (`<local ns> <message>`) are read: a file of its folder,
 * and a line in table.c. A file is of the first venue whose look knows its first line. */
struct reel_venue {
    const char *name;
    /* Is the line one of it? Then what it tells of the whole goes into look. */
    int (*look)(const char *line, size_t n, struct reel_look *look);
    void *(*open)(void); /* what it keeps between lines; NULL: out of memory */
    /* Queues what the line says; one that is not understood is a bad row. */
    void (*read)(struct reel *reel, struct source *source, char *line, size_t n);
    void (*end)(struct source *source); /* there are no more lines: what is held is queued */
    void (*close)(void *messages);      /* NULL is fine */
};
const struct reel_venue *reel_venue_at(uint32_t i); /* of the table; NULL past its end */

struct source {
    enum reel_kind kind;
    const struct reel_venue *venue; /* REEL_BOOK: whose messages they are */
    void *messages;                 /* owned by it */
    struct lines *lines;            /* owned */
    struct table table;
    const struct agon_instrument *instrument;
    struct gen *gen; /* owned */
    const struct agon_event_hdr *gen_event;
    unsigned char *queue; /* owned: events one after the other */
    size_t queue_at, queue_n, queue_room;
    agon_ns_t t; /* of the last event */
    agon_ns_t bar_ns;
    agon_ns_t t_closed;                         /* when the last bar did */
    agon_qty_t before_qty;                      /* its volume */
    agon_px_t book_px;                          /* the price that the made-up book stands around */
    struct agon_level levels[EVENT_LEVELS_MAX]; /* of the part that is being made */
    char rows_of[RECORDING_SYMBOL]; /* what the column symbol says in the rows to play; "": all */
    uint8_t is_ended, is_silent, pad[6];
    int px_exp, qty_exp; /* of the symbol's tick and lot; finer quantities are cut */
    uint64_t n_trades, n_cut;
};

struct reel {
    const struct instruments *table;
    struct source *sources[REEL_SOURCES_MAX];
    uint32_t n;
    struct match_bars bars;
    int is_silent;
    uint64_t n_bad;
    struct error bad[REEL_BAD_MAX]; /* the first ones */
};

/* An event of the source, zeroed, not before the one before it. */
void *reel_queue(struct source *source, uint16_t type, uint32_t bytes, agon_ns_t t);
/* id 0: the source counts. */
void reel_queue_trade(struct source *source, agon_ns_t t, agon_px_t px, agon_qty_t qty, uint64_t id,
                      int side);
/* Levels of a book's part, to be filled. */
struct agon_level *reel_queue_part(struct source *source, uint16_t type, agon_ns_t t,
                                   uint32_t n_bid, uint32_t n_ask, uint32_t flags, uint64_t first,
                                   uint64_t last);
/* The texts of a price and of a quantity as counts of 10^-REEL_EXP; quantities finer than the lot
 * are cut. reel_book.c, as what follows. */
int reel_read_px(const struct source *source, const char *text, agon_px_t *px);
int reel_read_qty(struct source *source, const char *text, agon_qty_t *qty);

/* The book of a stream that brings it whole and has a fixed number of levels. */
#define REEL_LEVELS 4096 /* of a side, also while a message is taken */
struct reel_side {
    uint32_t n;
    struct agon_level levels[REEL_LEVELS]; /* the best first */
};
struct reel_book {
    struct reel_side bid, ask;
    uint32_t limit; /* levels of a side that the venue tells of */
};
/* What a message says goes into the book; what falls out behind its limit is added to said, with
 * nothing left. AGON_ENOSPC: more than there is room for. */
int reel_book_take(struct reel_book *book, struct reel_book *said, int is_whole);
/* In as many parts as it takes. */
void reel_queue_book(struct source *source, uint16_t type, agon_ns_t t,
                     const struct reel_book *book, uint64_t id);
/* What rc says of a quantity counted in 10^-qty_exp becomes one of 10^-REEL_EXP. */
int reel_shown_qty(struct source *source, int rc, int is_cut, agon_qty_t *qty);
void reel_bad_row(struct reel *reel, struct source *source, uint32_t column, const char *format,
                  ...) __attribute__((format(printf, 4, 5)));
#endif
