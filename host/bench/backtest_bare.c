// SPDX-License-Identifier: Apache-2.0
#include "bench/backtest_bare.h"

#include <string.h>

#define FAST 10
#define SLOW 30

struct crossing {
    int64_t closes[32]; /* the last ones, by their number */
    int64_t fast, slow;
    uint64_t n;
    int is_above, is_long; /* 1, -1: not; 0: not known yet */
};

static int on_bar(void *ctx, int64_t close)
{
    struct crossing *crossing = ctx;
    uint64_t at = crossing->n++;
    int before = crossing->is_above;
    int64_t ahead;

    crossing->fast += close - (at >= FAST ? crossing->closes[(at - FAST) % 32] : 0);
    crossing->slow += close - (at >= SLOW ? crossing->closes[(at - SLOW) % 32] : 0);
    crossing->closes[at % 32] = close;
    if (at + 1 < SLOW)
        return 0;
    ahead = crossing->fast * SLOW - crossing->slow * FAST;
    crossing->is_above = ahead > 0 ? 1 : ahead < 0 ? -1 : before;
    if (before != 0 && crossing->is_above != before)
        crossing->is_long = crossing->is_above > 0;
    return crossing->is_long;
}

/* Not to be seen through: a plugin is called by its address. */
static int (*volatile strategy)(void *ctx, int64_t close) = on_bar;

uint64_t backtest_bare_bars(const int64_t *closes, uint64_t n, uint64_t *sums)
{
    struct crossing crossing = {0};
    int (*const call)(void *ctx, int64_t close) = strategy;
    const int64_t qty = 100, capital = (int64_t)100000 * 10000000; // 10^-5 of prices in 10^-2
    int64_t cash = capital, held = 0, high = capital, equity = capital, fees = 0;
    double sum = 0, squares = 0, fall = 0;
    uint64_t n_changes = 0;

    for (uint64_t i = 0; i < n; i++) {
        int64_t target = call(&crossing, closes[i]) ? qty : 0, before = equity;
        double change;

        if (target != held) {
            int64_t notional = closes[i] * qty, fee = notional / 1000;

            cash += held - target > 0 ? notional : -notional;
            cash -= fee;
            fees += fee;
            held = target;
            n_changes++;
        }
        equity = cash + held * closes[i];
        change = (double)(equity - before) / (double)before;
        sum += change;
        squares += change * change;
        if (equity > high)
            high = equity;
        else if ((double)(high - equity) > fall * (double)high)
            fall = (double)(high - equity) / (double)high;
    }
    *sums = (uint64_t)(equity + fees) + (uint64_t)(1e6 * (sum + squares + fall));
    return n_changes;
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
