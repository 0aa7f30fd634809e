// SPDX-License-Identifier: Apache-2.0
/* score: what a slot has made of its capital, from the ledger alone, never from the plugin.
 *
 * Fed with the equity at every full hour of engine time and with every fill. The ranking of a
 * tournament is built on these figures; here they are kept and reported. Ratios are doubles by sqrt
 * and arithmetic only, so that they are the same on every machine. [core] */
#ifndef SCORE_SCORE_H
#define SCORE_SCORE_H

#include "base/codec.h"

struct score {
    int64_t start_amt, last_amt, high_amt; /* equity, base currency */
    int64_t worst_fall_amt; /* largest fall from a high, in amount, and the high it fell from */
    int64_t worst_fall_high_amt;
    uint64_t n_hours;                               /* hourly returns taken */
    double sum_return, sum_square, sum_down_square; /* of hourly returns */
    uint64_t n_fills, n_wins, n_losses; /* wins and losses: fills that closed something */
    int64_t won_amt, lost_amt, fee_amt, volume_amt; /* base currency; lost_amt is positive */
    int64_t hour_amt;                               /* equity at the last full hour; 0: none yet */
};

void score_start(struct score *score, int64_t equity_amt);
/* Capital was given (or, below 0, taken): no gain and no loss. */
void score_recapitalise(struct score *score, int64_t change_amt);
void score_hour(struct score *score, int64_t equity_amt); /* a full hour of engine time */
void score_equity(struct score *score,
                  int64_t equity_amt); /* any other sample: high and fall only */
void score_fill(struct score *score, int64_t volume_amt, int64_t realised_amt, int64_t fee_amt,
                int is_closing);
/* Yearly Sharpe ratio of hourly returns without a risk-free rate: mean / deviation * sqrt(8760),
 * deviation with n - 1 (Sharpe 1994). 0 below 2 hours or without variation (deviation below a
 * millionth of the mean: rounding). */
double score_sharpe(const struct score *score);
/* The same with the root mean square of returns below 0 (Sortino and Price 1994). */
double score_sortino(const struct score *score);
double score_drawdown(const struct score *score);      /* 0.2 is 20 % */
double score_return(const struct score *score);        /* 0.1 is 10 % */
double score_profit_factor(const struct score *score); /* won / lost; 0 when nothing was lost */
void score_save(const struct score *score, struct enc *enc);
void score_load(struct score *score, struct dec *dec);

#endif
