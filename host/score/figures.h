// SPDX-License-Identifier: Apache-2.0
/* figures: the numbers of a slot, or of all together, that people and programs are shown. Every
 * surface takes them from here and works out none itself; docs/figures.md has names, formulas and
 * units. Of a score and an equity, by sqrt and arithmetic only. [core] */
#ifndef SCORE_FIGURES_H
#define SCORE_FIGURES_H

#include "score/score.h"

#define FIGURES_DAYS      30 /* daily returns from which ratios of a year are shown */
#define FIGURES_T_SAMPLES 10 /* returns from which a t and its interval are shown */

struct figures {
    /* Base currency. result = equity - capital = gross - fee + rebate + funding. */
    int64_t capital_amt; /* given, less what was taken */
    int64_t equity_amt, result_amt, gross_amt;
    int64_t fee_amt, rebate_amt, funding_amt;
    int64_t slippage_amt; /* part of gross */
    int64_t volume_amt;
    uint8_t is_split;   /* gross, rebates, funding and slippage are known */
    uint8_t is_annual;  /* there are FIGURES_DAYS: sharpe and sortino are known */
    uint8_t has_t;      /* t, t_low and t_high are known: FIGURES_T_SAMPLES, and they differ */
    uint8_t has_factor; /* profit_factor is known: something was lost */
    uint8_t pad[4];
    double yield;    /* result / capital; 0.1 is 10 %; without capital 0 */
    double drawdown; /* deepest fall from a high, as a share of it; 0.2 is 20 % */
    double profit_factor;
    uint64_t n_fills, n_wins, n_losses;
    uint32_t sample_s;  /* returns are of so many seconds: an hour, from FIGURES_DAYS on a day */
    uint64_t n_samples; /* returns of that length */
    uint64_t n_days;    /* daily returns */
    double t, t_low, t_high; /* of the mean return against 0, with 95 % */
    double sharpe, sortino;  /* of a year of 365 days */
};

/* Returns of one length, as their sums. */
struct figures_returns {
    uint64_t n;
    double sum, square, down_square; /* down_square: of those below 0 */
    uint32_t seconds;
};
/* Ratios of a year of 365 days, without a risk-free rate: mean / deviation * sqrt(returns of a
 * year), the deviation by n - 1 (Sharpe 1994), or by the root mean square of returns below 0
 * (Sortino and Price 1994). 0 below 2 returns or without variation (a deviation below a millionth
 * of the mean: rounding). */
double figures_sharpe(const struct figures_returns *returns);
double figures_sortino(const struct figures_returns *returns);
/* The same for their t-value, mean / (deviation / sqrt(n)), and its interval of 95 %:
 * t +- q * sqrt(1 + t^2 / 2n), q of Student's t with n - 1 (Lo 2002). False: none. */
int figures_t(const struct figures_returns *returns, double *t, double *low, double *high);

/* is_kept: the score has what record_samples says. */
void figures_of(const struct score *score, int64_t equity_amt, int is_kept, struct figures *out);
/* All together: amounts and counts of one more are added to a sum that began with zeros. */
void figures_add(struct figures *sum, const struct figures *of);
/* ... and its ratios, by the score of the whole. A pool is capital and equity that no slot has. */
void figures_whole(struct figures *sum, const struct score *score, int64_t pool_amt);
/* How people are shown them: "1.23 %", "0.57 %", "1.23", "-0.45 [-2.53, 1.63]"; "-" is what is
 * not known. Each returns text. */
#define FIGURES_TEXT 64
/* Any share of something, 0.1 as "10.00 %": a minus below 0, none where 0.00 is shown; a difference
 * has a plus besides. */
char *figures_share_text(double share, int is_difference, char text[FIGURES_TEXT]);
#define FIGURES_SHORT "too short to judge"
#define FIGURES_FEW   "too few samples to judge"
/* Why ratios are not there: FIGURES_FEW without a t, FIGURES_SHORT without those of a year; NULL:
 * all are. */
const char *figures_judgement(const struct figures *of);
/* Is what is shown as lost a larger share than the deepest fall that is shown? It is where capital
 * was taken since: a return is by the capital of now, and the drawdown's high moves with capital.
 */
int figures_is_deeper(const struct figures *of);
#define FIGURES_DEEPER                                                                             \
    "a larger share was lost than the deepest fall: capital was taken since, and a return is by "  \
    "the capital of now"
char *figures_yield_text(const struct figures *of, char text[FIGURES_TEXT]);
char *figures_drawdown_text(const struct figures *of, char text[FIGURES_TEXT]);
char *figures_sharpe_text(const struct figures *of, char text[FIGURES_TEXT]);
char *figures_sortino_text(const struct figures *of, char text[FIGURES_TEXT]);
/* "none lost" where something was won. */
char *figures_factor_text(const struct figures *of, char text[FIGURES_TEXT]);
char *figures_t_text(const struct figures *of, char text[FIGURES_TEXT]);
/* 97.5 % quantile of Student's t distribution; n of 1 or more. */
double figures_student(uint64_t n);

#endif
