// SPDX-License-Identifier: Apache-2.0
/* market_bars: what a simulated exchange says of its market where that is made of bars.
 *
 * `agon sim` that plays tables of bars is silent inside of them, and says so with its market's time
 * (venue/market_time.h): of which symbols, how long their bars are, and what it assumes of their
 * inside. Of those a host takes quotes and closed bars, as a backtest has them, and its paper
 * exchange assumes the same. A real venue says nothing of the kind. [any] */
#ifndef RUN_MARKET_BARS_H
#define RUN_MARKET_BARS_H

#include "base/error.h"
#include "match/match.h"

#define MARKET_BARS_SYMBOLS 16

struct market_bars {    /* all zero: its market is none of bars */
    uint8_t is_visible; /* bars are played as trades: nothing in there is comparable */
    uint8_t n;
    struct {
        char name[32];
        uint32_t length_s;
    } symbols[MARKET_BARS_SYMBOLS];
    struct match_bars assumed;
};
/* The text of X-Agon-Market-Bars. AGON_ECORRUPT: it is none, and *bars is all zero. */
int market_bars_read(struct market_bars *bars, const char *text);
/* The length of the bars that are all there is of the symbol; 0: it has a market. */
uint32_t market_bars_length_s(const struct market_bars *bars, const char *symbol);

/* Its fills know how their bar closes. */
int market_bars_is_optimistic(const struct market_bars *bars);
/* For people. What is not comparable with a backtest, or worth nothing; "": all is. */
const char *market_bars_warning(int is_visible, int is_optimistic);

#endif
