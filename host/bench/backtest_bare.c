// SPDX-License-Identifier: Apache-2.0
#include "bench/backtest_bare.h"

#include <string.h>

#define FAST 10
#define SLOW 30

uint64_t backtest_bare_bars(const int64_t *closes, uint64_t n)
{
    int64_t fast = 0, slow = 0, cash = 0, held = 0;

    for (uint64_t i = 0; i < n; i++) {
        int is_above;

        fast += closes[i] - (i >= FAST ? closes[i - FAST] : 0);
        slow += closes[i] - (i >= SLOW ? closes[i - SLOW] : 0);
        is_above = i + 1 >= SLOW && fast * SLOW > slow * FAST;
        if (is_above != (held != 0)) {
            cash += is_above ? -closes[i] : closes[i];
            held = is_above;
        }
    }
    return (uint64_t)cash + (uint64_t)held;
}

uint64_t backtest_bare_trades(const struct bare_trade *trades, uint64_t n)
{
    int64_t bought = 0, sold = 0, last = 0;
    uint64_t money = 0;

    for (uint64_t i = 0; i < n; i++) {
        const struct bare_trade *trade = &trades[i];

        bought += trade->qty > 0 ? trade->qty : 0;
        sold -= trade->qty < 0 ? trade->qty : 0;
        money += (uint64_t)trade->px * (uint64_t)trade->qty;
        last = trade->px;
    }
    return (uint64_t)bought * 3 + (uint64_t)sold + money + (uint64_t)last;
}

/* The best is the lowest bit on either side: bids stand upside down. */
static inline void set(struct bare_book *book, const struct bare_level *level)
{
    uint32_t at = (uint32_t)(level->tick - book->base);
    uint32_t side = level->side & 1;
    uint64_t bit;

    if (at >= BARE_TICKS)
        return;
    at = side == 0 ? BARE_TICKS - 1 - at : at;
    bit = (uint64_t)1 << at % 64;
    book->qty[side][at] = level->qty;
    if (level->qty != 0)
        book->bits[side][at / 64] |= bit;
    else
        book->bits[side][at / 64] &= ~bit;
    bit = (uint64_t)1 << at / 64 % 64;
    if (book->bits[side][at / 64] != 0)
        book->tops[side][at / 4096] |= bit;
    else
        book->tops[side][at / 4096] &= ~bit;
}

static inline uint64_t best(const struct bare_book *book, uint32_t side)
{
    for (uint32_t i = 0; i < BARE_TICKS / 4096; i++) {
        uint32_t at;

        if (book->tops[side][i] == 0)
            continue;
        at = i * 64 + (uint32_t)__builtin_ctzll(book->tops[side][i]);
        at = at * 64 + (uint32_t)__builtin_ctzll(book->bits[side][at]);
        return at + (uint64_t)book->qty[side][at];
    }
    return 0;
}

uint64_t backtest_bare_books(struct bare_book *book, const struct bare_message *messages,
                             const struct bare_level *levels, uint64_t n)
{
    uint64_t sum = 0;

    memset(book->bits, 0, sizeof(book->bits));
    memset(book->tops, 0, sizeof(book->tops));
    for (uint64_t i = 0; i < n; i++) {
        const struct bare_message *message = &messages[i];

        if (message->is_trade) {
            sum += (uint64_t)message->qty;
            continue;
        }
        if (message->is_first) {
            memset(book->bits, 0, sizeof(book->bits));
            memset(book->tops, 0, sizeof(book->tops));
        }
        for (uint32_t k = 0; k < message->n_levels; k++)
            set(book, levels++);
        sum += best(book, 0) + best(book, 1);
    }
    return sum;
}
