// SPDX-License-Identifier: Apache-2.0
/* gen_book: the order book of one generated symbol, and what of it has been shown. Only gen
 * includes this. [one thread] */
#ifndef MATCH_GEN_BOOK_H
#define MATCH_GEN_BOOK_H

#include "base/rng.h"
#include "market/records.h"

#define GEN_DEPTH_MAX 500

struct gen_half {
    struct agon_level now[GEN_DEPTH_MAX]; /* best first */
    struct agon_level shown[GEN_DEPTH_MAX];
    uint32_t n_now, n_shown;
    int sign; /* 1: asks, -1: bids. Key of a price is sign * px: the smaller the better */
};
struct gen_book {
    struct gen_half half[2]; /* bids, asks */
    agon_px_t tick_px;
    agon_qty_t lot_qty, min_qty;
    double unit_qty;
    double near, far; /* the best level stays within so many times half the asked spread */
    int is_whole;     /* no two neighbours are far apart */
    uint32_t depth;
    uint32_t gap_ticks; /* typical distance of neighbouring levels */
    agon_px_t round_px; /* at its multiples more is waiting */
};

/* fair_px is where the book begins, in px units. near and far are what a book has whose spread
 * follows the volatility. */
void gen_book_init(struct gen_book *book, double fair_px);
/* Moves the book to the fair price: what is beyond it goes, gaps fill, some levels change. half_px:
 * half of the spread that makers ask for now. Never crossed, never empty. */
void gen_book_follow(struct gen_book *book, double fair_px, double half_px, struct rng *rng);
/* Writes the differences between what was shown and what is: removals first, then sets, best
 * first; returns how many. levels has room for 2 * GEN_DEPTH_MAX. n_gone: how many removals. */
uint32_t gen_book_diff(struct gen_half *half, struct agon_level *levels, uint32_t *n_gone);
/* A taker's trade against the best level: how much of qty it takes there, *px at which price. The
 * last two levels are left alone: 0 then. */
agon_qty_t gen_book_take(struct gen_half *half, agon_qty_t qty, agon_px_t *px);
agon_qty_t gen_book_size(const struct gen_book *book, double units, struct rng *rng);

#endif
