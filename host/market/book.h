// SPDX-License-Identifier: Apache-2.0
/* book: price levels of one instrument on one venue.
 *
 * Inside, a price is a tick index into a dense window per side with an occupancy bitmap and a
 * summary bitmap above it; levels outside the window or off the tick stand in a small sorted
 * overflow. Setting a level and reading the best one cost a few nanoseconds whatever the depth.
 * Prices and quantities go in and come out in the instrument's own units: the index is nobody's
 * business and is rebuilt when the tick changes. Not thread-safe. [core, agent] */
#ifndef MARKET_BOOK_H
#define MARKET_BOOK_H

#include "base/codec.h"
#include "market/records.h"

struct book_config {
    agon_px_t tick_px;     /* > 0 */
    uint32_t window_ticks; /* per side, a power of two from 256 to 262144; 0: 32768 */
    uint32_t levels_max;   /* levels per side in all, window and overflow; 0: 16384 */
};
struct book; /* opaque; all memory is taken by book_new */

struct book *book_new(const struct book_config *config); /* NULL: out of memory or a bad config */
void book_free(struct book *book);
void book_clear(struct book *book);
/* Sets the quantity at a price; 0 removes. AGON_EINVAL: px <= 0 or qty < 0; AGON_ENOSPC: the side
 * had levels_max levels (the worst of them, or the new one, was dropped and book_is_cut says so).
 * What is kept depends on the levels alone, not on where the window stands. */
int book_set(struct book *book, enum agon_side side, agon_px_t px, agon_qty_t qty);
/* All that there is from here on is one level a side, or none where its price or quantity is not
 * above 0: what is assumed of a trade or a bar is a book so, again and again. */
void book_show(struct book *book, const struct agon_level *bid, const struct agon_level *ask);
agon_qty_t book_qty(const struct book *book, enum agon_side side, agon_px_t px);
/* False and *best zeroed when the side is empty. */
int book_best(const struct book *book, enum agon_side side, struct agon_level *best);
/* Copies the n best levels, best first; returns how many there are. */
uint32_t book_levels(const struct book *book, enum agon_side side, struct agon_level *levels,
                     uint32_t n);
uint32_t book_count(const struct book *book, enum agon_side side);
int book_is_crossed(const struct book *book); /* best bid >= best ask */
int book_is_cut(const struct book *book);     /* a level was dropped since the last book_clear */
/* The index is rebuilt, the levels stay. AGON_EINVAL: tick_px <= 0. */
int book_set_tick(struct book *book, agon_px_t tick_px);
/* Applies a BOOK_SNAPSHOT or BOOK_DELTA part; a snapshot's first part clears the book. AGON_EINVAL:
 * another type, counts beyond the record, a bad level (then nothing of the part was applied). A
 * full side is no failure here: book_is_cut tells. */
int book_apply(struct book *book, const struct agon_book_part *part);
/* Whether it is cut, and the levels, best first, bids then asks, in canonical bytes. */
void book_save(const struct book *book, struct enc *enc);
/* AGON_ECORRUPT: no saved book, or one of more levels than fit; the book is then empty. */
int book_load(struct book *book, struct dec *dec);

#endif
