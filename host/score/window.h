// SPDX-License-Identifier: Apache-2.0
/* window: what a slot made of its capital in the last samples of its equity, and the six measures
 * of it that a tournament ranks by.
 *
 * A sample is taken at every full hour of engine time (or as the rules say). It holds the equity
 * then, what that equity is compared with (the equity of the sample before, with what capital was
 * given or taken since), and the closing fills in between. Capital that moves is so no gain and no
 * loss. Only + - * / and sqrt, in the order of the samples: every machine and every language that
 * does the same gets the same bits. [core] */
#ifndef SCORE_WINDOW_H
#define SCORE_WINDOW_H

#include "base/codec.h"
#include "market/records.h"

#define WINDOW_MAX 168 /* a week of hours */

struct window_sample {
    int64_t base_amt, equity_amt;
    int64_t won_amt, lost_amt; /* of closing fills, fees of the quote included; both >= 0 */
    uint32_t n_wins, n_losses;
};
struct window {
    uint32_t n, next;          /* samples there are, and the place of the next */
    struct window_sample open; /* fills since the last sample; base_amt; equity_amt unused */
    struct window_sample samples[WINDOW_MAX];
};

void window_start(struct window *window, int64_t equity_amt);
void window_recapitalise(struct window *window, int64_t change_amt);
void window_fill(struct window *window, int64_t result_amt, int is_closing);
void window_sample(struct window *window, int64_t equity_amt);
/* The sample n places back; 0: the last. NULL: there are not so many. */
const struct window_sample *window_at(const struct window *window, uint32_t back);

/* The measures of the last n samples, sample_s seconds apart. r is equity / base - 1 of a sample
 * with a base above 0, N their number (others are left out), m their mean, s their standard
 * deviation with N - 1, Y the samples of a year of 365 days.
 *
 *   Sharpe           m / s * sqrt(Y); undefined for N < 2 and for s below a millionth of m
 *                    (W. F. Sharpe, The Sharpe Ratio, 1994, ex post, without a risk-free rate)
 *   Calmar           m * Y / drawdown, 1000 at most; without a drawdown 1000 for a gain, else
 *                    undefined (T. W. Young, Calmar Ratio, 1991; the yearly return is the mean's)
 *   drawdown         largest fall of the product of (1 + r) below its highest value before, which
 *                    begins at 1, as a share of that; undefined for N = 0
 *   win rate         closing fills that won / those that won or lost; undefined without any
 *   profit factor    won / lost of closing fills, 1000 at most; without losses 1000 for a gain,
 *                    else undefined
 *   volatility-adjusted return  (product of (1 + r) - 1) / (s * sqrt(N)): the return of the window
 *                    over its volatility; undefined as Sharpe (W. F. Sharpe, Mutual Fund
 *                    Performance, 1966, reward to variability)
 *
 * kelly is m / s^2, the share of growth-optimal capital (E. O. Thorp, The Kelly Criterion, 2006);
 * 0 where Sharpe is undefined. An undefined measure is 0 and has no bit in defined. */
struct window_measures {
    double measures[MEASURES];
    double kelly;
    uint8_t defined;
    uint32_t n_samples, n_wins, n_losses;
    int64_t won_amt, lost_amt;
};
#define WINDOW_RATIO_MAX 1000.0
struct window_measures window_measure(const struct window *window, uint32_t n, uint32_t sample_s);

void window_save(const struct window *window, struct enc *enc);
void window_load(struct window *window, struct dec *dec);

#endif
