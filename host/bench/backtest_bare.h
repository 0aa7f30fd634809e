// SPDX-License-Identifier: Apache-2.0
/* backtest_bare: what a backtest's rows cost where nothing but the work itself is done: the loops
 * that the rows of backtest_rows are measured against. Free-standing: they use nothing of the host.
 * [one thread] */
#ifndef BENCH_BACKTEST_BARE_H
#define BENCH_BACKTEST_BARE_H

#include <stdint.h>

/* Two moving averages over closes and a position that follows them, as the product's plugin has
 * them: asked through a pointer once a bar, with a fee for each change of the position, equity by
 * each bar's close, its highest and deepest fall, and sums of its returns. Returns the number of
 * changes; *sums: what keeps all of it from being left out. */
uint64_t backtest_bare_bars(const int64_t *closes, uint64_t n, uint64_t *sums);

struct bare_trade {
    int64_t px, qty; /* qty below 0: a sale */
};
/* Sums of quantity and of money by side, and the last price. */
uint64_t backtest_bare_trades(const struct bare_trade *trades, uint64_t n);

#define BARE_TICKS 32768 /* a side; a price outside of it is forgotten */

struct bare_level {
    int32_t tick;
    uint32_t side; /* 0 bids, 1 asks */
    int64_t qty;
};
/* A message: so many levels are next in their array. */
struct bare_message {
    uint32_t n_levels;
    uint8_t is_first; /* of a snapshot: the book begins anew */
    uint8_t is_trade; /* none; qty has traded */
    int64_t qty;
};
struct bare_book {
    int64_t qty[2][BARE_TICKS];
    uint64_t bits[2][BARE_TICKS / 64], tops[2][BARE_TICKS / 4096];
    int32_t base; /* of the lowest place */
};
/* Applies n messages; the best of both sides is looked up behind each change of the book. */
uint64_t backtest_bare_books(struct bare_book *book, const struct bare_message *messages,
                             const struct bare_level *levels, uint64_t n);

#endif
