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
    /* From here on only where figures are kept (record_samples), base currency: */
    int64_t paid_amt, rebate_amt; /* fees paid and fees received, both >= 0 */
    int64_t funding_amt;          /* received; paid: below 0 */
    int64_t slippage_amt;         /* what fills were worse than the mid at their decision */
    int64_t day_amt;              /* equity at the last full day; 0: none yet */
    uint64_t n_days;              /* daily returns taken */
    double sum_day, sum_day_square, sum_day_down_square; /* of daily returns */
};

void score_start(struct score *score, int64_t equity_amt);
/* The first hour and the first day, however short, are samples too, from what it began with: what
 * is in the return is in the evidence. Before any of them was taken; else nothing is done. */
void score_from_start(struct score *score);
/* Capital was given (or, below 0, taken): no gain and no loss. is_from_start: score_from_start. */
void score_recapitalise(struct score *score, int64_t change_amt, int is_from_start);
/* Before it, of an equity as it was: what fell by a share of its high has fallen by that share when
 * there is more capital, or less. */
void score_scale(struct score *score, int64_t equity_amt, int64_t change_amt);
void score_hour(struct score *score, int64_t equity_amt); /* a full hour of engine time */
void score_day(struct score *score, int64_t equity_amt);  /* a full day, behind its hour */
void score_equity(struct score *score,
                  int64_t equity_amt); /* any other sample: high and fall only */
void score_fill(struct score *score, int64_t volume_amt, int64_t realised_amt, int64_t fee_amt,
                int is_closing);
/* A fee of a fill (below 0: a rebate), funding, and what a fill was worse than the mid at the
 * decision (below 0: better). */
void score_fee(struct score *score, int64_t fee_amt);
void score_funding(struct score *score, int64_t amt);
void score_slippage(struct score *score, int64_t amt);
double score_drawdown(const struct score *score); /* 0.2 is 20 % */
double score_return(const struct score *score);   /* 0.1 is 10 % */
/* won / lost. False: nothing was lost. */
int score_profit_factor(const struct score *score, double *value);
void score_save(const struct score *score, struct enc *enc);
void score_load(struct score *score, struct dec *dec);
/* What is there only where figures are kept. */
void score_save_kept(const struct score *score, struct enc *enc);
void score_load_kept(struct score *score, struct dec *dec);
/* From now on they are kept: all is as what was always kept says it. funding_amt: until now. */
void score_keep(struct score *score, int64_t funding_amt);

#endif
