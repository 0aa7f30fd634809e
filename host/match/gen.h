// SPDX-License-Identifier: Apache-2.0
/* gen: a seeded market. It makes the events that a venue would send: instruments' books, trades and
 * quotes of several correlated symbols, with volatility regimes and clustering, an intraday
 * pattern, jumps and crashes.
 *
 * Behind the events a hidden fair price of each symbol moves in steps of one minute: variance is
 * shared (GARCH(1,1) driven by the leader's shocks, a Markov chain of three regimes, a U over the
 * UTC day) and a little each symbol's own; shocks have the configured correlation; jumps hit one
 * symbol, crashes all. Within the minute the price walks a random bridge to its end, so that the
 * minutes are the same whether events are drawn or not. The book follows the fair price at every
 * interval; trades come in clusters (a Hawkes process), prefer the side the fair price has moved
 * to, have heavy-tailed sizes, and take what the book shows.
 *
 * The seed and the configuration decide every byte: integer draws, fmath for what is
 * transcendental. Events come in order of time; gen_next gives one at a time and the caller decides
 * how fast. A book starts as a snapshot and goes on as deltas whose ids are contiguous (first_id =
 * last_id + 1), so a simulated venue can send them on as they are. [one thread] */
#ifndef MATCH_GEN_H
#define MATCH_GEN_H

#include "base/error.h"
#include "market/instruments.h"

#define GEN_SYMBOLS_MAX 128 /* 64 spot markets, and the perpetuals that follow them */

/* What a market does that has a known structure (synth/synth.h). All zeros: what the file's head
 * says. Draws that it needs come from a stream of their own, so that the shocks of a seed are the
 * same with and without it. */
struct gen_process {
    uint8_t is_steady;       /* volatility is what each symbol's says, at all times */
    uint8_t is_flat;         /* the hours of the day do not differ */
    double autocorrelation;  /* of one-minute returns, which keep their variance */
    double trend_per_day;    /* of a trend: log return a day, up or down by a draw */
    double trend_min;        /* minutes that a trend lasts on average; 0: there are none */
    double range_min;        /* minutes between two trends, on average */
    double range_half_min;   /* between trends, half of the way from where that began is gone back
                                in so many minutes; 0: it wanders */
    double crash_from_min;   /* a crash begins so many minutes after the start ... */
    double crash_within_min; /* ... or up to that much later, by a draw */
    double crash_depth;      /* share of the price that is lost; 0: no crash */
    double crash_takes_min;
    double crash_back;     /* share of the fall (of its logarithm) that comes back ... */
    double crash_half_min; /* ... half of what is left of it in so many minutes */
};

struct gen_premium { /* of a follower: log of its price over what it follows */
    uint8_t is_set;  /* 0: the generator's own two parts */
    double mean;
    double sd[2], half_life_s[2]; /* two parts that revert */
};

struct gen_symbol {
    agon_instrument_t instrument;
    agon_px_t start_px;
    agon_qty_t unit_qty; /* typical size of one trade */
    double volatility;   /* yearly, of the calm regime: 0.5 is 50 % */
    double trades_per_s; /* mean over the day, calm regime */
    double beta;         /* -1 to 1: correlation of i and j is their product, where the matrix is
                            not given (correlation[0][0] is 0); the leader's should be 1 */
    uint32_t follows;    /* place + 1 of the symbol whose fair price it shares, but for a premium
                            that comes and goes (a perpetual beside its spot market): it has a book
                            and trades of its own. 0: none. Followers stand behind all others, and
                            change no event of theirs */
    struct gen_premium premium;
    uint8_t is_scaled; /* a follower's price is start_px where the other's is (a pair of two
                          assets); 0: the same number, whatever start_px says */
    double spread;     /* of the book, as a share of the price; 0: by the volatility */
    uint8_t has_flow;  /* 0: informed is 0.25, repeat 0 */
    double informed;   /* how far takers lean to where the fair price is, off the book's middle:
                          of half a spread away, that much more than a half of them. 0: they know
                          nothing */
    double repeat;     /* chance that a taker takes the side of the one before, without a draw */
};
struct gen_config {
    uint64_t seed;
    agon_ns_t t_start;
    uint32_t n_symbols;
    uint32_t depth;            /* levels a side to show, at most 500; 0: 100 */
    uint32_t book_interval_ms; /* between deltas; 0: 100 */
    uint32_t is_quoted;        /* also a QUOTE whenever the best bid or ask changed */
    struct gen_symbol symbols[GEN_SYMBOLS_MAX];
    double correlation[GEN_SYMBOLS_MAX][GEN_SYMBOLS_MAX]; /* of one-minute log returns; symmetric */
    double jumps_per_day;                                 /* per symbol; < 0: the default */
    double crashes_per_year; /* of the whole market; < 0: the default */
    struct gen_process process;
};
struct gen;

/* Sensible defaults for the first GEN_SYMBOLS_MAX instruments of the table that are no index
 * (majors first: the first is the market's leader). t_start is 0: the caller sets it. */
void gen_defaults(struct gen_config *config, const struct instruments *table, uint64_t seed);
/* AGON_EINVAL with the reason (a correlation matrix that is not positive definite, a price <= 0,
 * ...). */
int gen_new(struct gen **gen, const struct gen_config *config, const struct instruments *table,
            struct error *err);
void gen_free(struct gen *gen);
/* The next event; borrowed until the next call. hdr.t_venue is its time, seq is 0, t equals
 * t_venue. It never ends. */
const struct agon_event_hdr *gen_next(struct gen *gen);
/* Where a follower's premium over what it follows is, as a share of it; 0 of what follows nobody.
 */
double gen_premium(const struct gen *gen, uint32_t symbol);
/* Leaps over one minute without events. After n calls the fair prices are those n minutes after the
 * start, the same as with events. */
void gen_minute(struct gen *gen);
/* Where a symbol's hidden fair price is, in px units as a double: for tests of the statistics. */
double gen_fair_px(const struct gen *gen, uint32_t symbol);

#endif
