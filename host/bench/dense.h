// SPDX-License-Identifier: Apache-2.0
/* dense: the barest book there is, a yardstick: an array of ticks a side and a two-level bitmap.
 * The window stands still; a price outside of it is forgotten. [one thread] */
#ifndef BENCH_DENSE_H
#define BENCH_DENSE_H

#include <agon/types.h>

#define DENSE_CENTRE 6000000
#define DENSE_WINDOW 8192

struct dense {
    int64_t qty[2][DENSE_WINDOW];
    uint64_t bits[2][DENSE_WINDOW / 64];
    uint64_t top[2][DENSE_WINDOW / 4096];
};

static inline void dense_set(struct dense *dense, int side, int64_t px, int64_t qty)
{
    // Asks grow upwards, bids downwards: the best is the lowest bit on either side.
    uint32_t at = (uint32_t)(side == 0 ? DENSE_CENTRE + DENSE_WINDOW / 2 - px
                                       : px - DENSE_CENTRE + DENSE_WINDOW / 2);
    uint64_t *word;

    if (at >= DENSE_WINDOW)
        return;
    word = &dense->bits[side][at / 64];
    dense->qty[side][at] = qty;
    if (qty != 0) {
        *word |= (uint64_t)1 << at % 64;
        dense->top[side][at / 4096] |= (uint64_t)1 << at / 64 % 64;
    } else {
        *word &= ~((uint64_t)1 << at % 64);
        if (*word == 0)
            dense->top[side][at / 4096] &= ~((uint64_t)1 << at / 64 % 64);
    }
}

static inline int64_t dense_best(const struct dense *dense, int side, int64_t *qty)
{
    for (uint32_t i = 0; i < DENSE_WINDOW / 4096; i++) {
        uint32_t at;

        if (dense->top[side][i] == 0)
            continue;
        at = i * 64 + (uint32_t)__builtin_ctzll(dense->top[side][i]);
        at = at * 64 + (uint32_t)__builtin_ctzll(dense->bits[side][at]);
        *qty = dense->qty[side][at];
        return side == 0 ? DENSE_CENTRE + DENSE_WINDOW / 2 - (int64_t)at
                         : (int64_t)at + DENSE_CENTRE - DENSE_WINDOW / 2;
    }
    *qty = 0;
    return 0;
}

#endif
