// SPDX-License-Identifier: Apache-2.0
/* rules: on which terms a venue takes orders, one description for whoever stands in for it:
 * backtest, paper and simulator.
 *
 * Tick, lot, bounds, least notional and fees are in an instrument's own record; what a venue asks
 * beside them is here, as its exchange information has it, or as it publishes it where that is not
 * at hand. match/filters.c holds orders to it, match/answers.h says what is answered. [any] */
#ifndef MARKET_RULES_H
#define MARKET_RULES_H

#include <agon/event.h>

#define RULES_PPM 1000000

enum rules_market { /* whose words a refusal has */
                    RULES_SPOT = 0,
                    RULES_UM = 1,
                    RULES_MARKETS = 2
};
struct rules {
    uint8_t market;          /* enum rules_market */
    uint8_t is_least_market; /* the least notional counts for orders at market */
    uint8_t is_most_market;  /* and the greatest */
    uint8_t is_fee_quote;    /* a buyer pays the fee beside the price, in the quote; else it comes
                                off what he gets */
    /* A limit stays between down and up times a reference: the mean price of so many minutes (0:
     * the last), of perpetuals the mark. By side, from AGON_BUY; 0: no bound. */
    uint32_t band_minutes;
    uint32_t up_ppm[3], down_ppm[3];
    uint32_t max_orders, max_stops; /* open at a time, of an account in the instrument; 0: any */
    agon_qty_t market_max_qty;      /* of an order at market, in the instrument's exponent; 0: as of
                                       others */
    agon_amt_t max_notional_amt;    /* in the quote's; 0: none */
};

/* What the venue publishes of a market, without what is of an instrument (market_max_qty,
 * max_notional_amt). */
void rules_preset(enum rules_market market, struct rules *rules);
/* The fees that an account pays there who has no discount, in parts per billion. */
struct rules_fees {
    int32_t maker_ppb, taker_ppb;
};
struct rules_fees rules_fees(enum rules_market market);
enum rules_market rules_market_of(uint8_t kind); /* of an agon_instrument_kind */

/* What the venue lists of the majors; all numbers are counts of 10^-8. */
struct rules_major {
    const char *symbol, *base, *quote;
    uint8_t market; /* enum rules_market */
    int64_t tick_px, min_px, max_px, lot_qty, max_qty, market_max_qty;
    int64_t min_notional_amt, max_notional_amt,
        start_px; /* start_px: about what it costs; 0: none */
};
#define RULES_MAJOR_EXP 8
extern const struct rules_major rules_majors[];
extern const uint32_t rules_n_majors;
const struct rules_major *rules_major(enum rules_market market, const char *symbol); /* or NULL */

#endif
