// SPDX-License-Identifier: Apache-2.0
/* book_impl: what a book is made of. For book.c and book_follow.c. */
#ifndef MARKET_BOOK_IMPL_H
#define MARKET_BOOK_IMPL_H

#include "market/book.h"

#define BOOK_NONE        UINT32_MAX
#define BOOK_DIFFERS_MAX 8

/* One side. Everything inside is in keys: the price for bids, minus the price for asks. A higher
 * key is a better one, so that both sides are one piece of code. */
struct half {
    int64_t sign;
    int64_t base;      /* key, in ticks, of the window's place 0 */
    uint64_t start;    /* the same as a key, of 64 bits (near_place) */
    uint32_t best;     /* highest place that is taken, or BOOK_NONE */
    uint32_t n_near;   /* levels in the window */
    uint32_t n_far;    /* levels in the overflow */
    uint32_t n_misses; /* levels set near the best but outside the window since it was placed */
    agon_qty_t *qty;   /* of each place */
    uint64_t *bits;    /* places that are taken */
    uint64_t *summary; /* words of bits that are not 0 */
    struct agon_level *far; /* sorted, best last; px is the key */
};

/* A price at which a leader was set by itself, and that no part has named since. */
struct differ {
    agon_px_t px;
    enum agon_side side;
};

struct book {
    int64_t tick_px;
    uint64_t magic; /* px / tick_px = (px * magic) >> 64 >> shift; 0: tick_px is 1 */
    uint32_t shift;
    uint32_t turn;    /* tick_px is an odd number times 2^turn */
    uint64_t inverse; /* of that odd number, of 64 bits */
    uint32_t window, n_summary;
    uint32_t near; /* the window, or 0: of places that are found by a product */
    uint32_t levels_max;
    uint8_t is_cut;
    uint8_t is_shown;           /* all that there is are these (shown), and halves are empty */
    uint8_t is_led;             /* has followers (book_follow.c) */
    uint8_t is_astray;          /* holds what no part said, until it is said from the beginning */
    struct agon_level shown[2]; /* one a side (qty 0: none) */
    struct half half[2];
    uint64_t print;     /* of the parts since it was last said from the beginning */
    uint64_t n_begun;   /* how often it was */
    uint32_t n_differs; /* of a leader: prices at which it holds what no part said */
    struct differ differs[BOOK_DIFFERS_MAX];
    struct book *leader;    /* borrowed; NULL: it follows none */
    unsigned char *waiting; /* owned, of a follower: parts that it had and has not set */
    uint32_t n_waiting;     /* bytes of them */
    void *memory; /* owned: all arrays, of which no page is taken before there is a level in it */
};

static inline int book_begins(const struct agon_book_part *part)
{
    return part->hdr.type == AGON_EVENT_BOOK_SNAPSHOT && (part->flags & BOOK_PART_FIRST) != 0;
}

/* One level a side, which costs nothing to set. */
static inline int book_is_pair(const struct agon_book_part *part)
{
    const struct agon_level *levels = (const struct agon_level *)(const void *)(part + 1);

    return part->n_bid == 1 && part->n_ask == 1 && levels[0].qty > 0 && levels[1].qty > 0;
}

/* The levels of a part that was judged. */
void book_set_part(struct book *book, const struct agon_book_part *part);

/* --- book_follow.c --- */

/* Sets what waits. */
void book_set_waiting(struct book *book);
/* A part of a follower, of which all but its levels was judged. True: it waits. */
int book_wait(struct book *book, const struct agon_book_part *part);
/* Of a leader or a follower: this part will be set. */
void book_note_part(struct book *book, const struct agon_book_part *part);
/* ... and this price, which no part says. */
void book_note_differ(struct book *book, enum agon_side side, agon_px_t px);

/* From here on its levels are what no part said. */
static inline void book_go_astray(struct book *book)
{
    book->n_waiting = 0;
    book->is_astray = 1;
    book->n_differs = 0;
}

/* Has it had what its leader has had, and has neither anything else? */
static inline int book_is_level(const struct book *book, const struct book *leader)
{
    return book->print == leader->print && book->n_begun == leader->n_begun &&
           leader->n_differs == 0 && (book->is_astray | leader->is_astray) == 0;
}

/* Whose levels this book's are. */
static inline const struct book *book_of(const struct book *book)
{
    if (__builtin_expect(book->n_waiting == 0, 1))
        return book;
    if (book_is_level(book, book->leader))
        return book->leader;
    // The book is what is const; what waits is its own business.
    book_set_waiting((struct book *)(uintptr_t)book);
    return book;
}

#endif
