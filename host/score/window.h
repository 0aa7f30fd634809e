// SPDX-License-Identifier: Apache-2.0
/* window: what a slot made of its capital in the last samples of its equity, and the figures of it
 * that measures and gates of a tournament are worked out from.
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

/* What measures and gates are worked out from: the last n samples, sample_s seconds apart. r is
 * equity / base - 1 of a sample with a base above 0; others are left out.
 *
 * kelly is mean / variance, the share of growth-optimal capital (E. O. Thorp, The Kelly Criterion,
 * 2006); 0 without spread. */
struct window_figures {
    const struct window
        *window; /* borrowed: whoever needs the samples asks window_at(0 .. n - 1) */
    uint32_t n;
    uint32_t n_samples; /* of the n, with a base above 0 */
    uint32_t n_wins, n_losses;
    int64_t won_amt, lost_amt;
    double per_year;                   /* samples of a year of 365 days */
    int is_yearly;                     /* ratios are of a year; else of the samples as they are */
    const struct window_figures *days; /* borrowed: of daily samples; NULL: there are none */
    double mean, variance;             /* of r; by n_samples - 1 */
    double growth;                     /* product of (1 + r) */
    double drawdown; /* its largest fall below its highest value before, which begins at 1 */
    int has_spread;  /* two samples or more, and a deviation above a millionth of the mean */
    double kelly;
};
struct window_figures window_figures(const struct window *window, uint32_t n, uint32_t sample_s);

void window_save(const struct window *window, struct enc *enc);
void window_load(struct window *window, struct dec *dec);

#endif
