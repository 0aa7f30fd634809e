// SPDX-License-Identifier: Apache-2.0
#include "score/score.h"

#include <math.h>

#include "base/hot.h"
#include "base/num.h"

#define HOURS_PER_YEAR 8760.0

void score_start(struct score *score, int64_t equity_amt)
{
    memset(score, 0, sizeof(*score));
    score->start_amt = equity_amt;
    score->last_amt = equity_amt;
    score->high_amt = equity_amt;
}

HOT void score_equity(struct score *score, int64_t equity_amt)
{
    int64_t fall;

    score->last_amt = equity_amt;
    if (equity_amt > score->high_amt)
        score->high_amt = equity_amt;
    fall = num_add(score->high_amt, -equity_amt);
    // Compared as shares of their highs, by products: a / b > c / d.
    if (fall > 0 && (score->worst_fall_amt == 0 ||
                     (double)fall * (double)score->worst_fall_high_amt >
                         (double)score->worst_fall_amt * (double)score->high_amt)) {
        score->worst_fall_amt = fall;
        score->worst_fall_high_amt = score->high_amt;
    }
}

void score_recapitalise(struct score *score, int64_t change_amt)
{
    score->start_amt = num_add(score->start_amt, change_amt);
    score->last_amt = num_add(score->last_amt, change_amt);
    score->high_amt = num_add(score->high_amt, change_amt);
    if (score->hour_amt != 0)
        score->hour_amt = num_add(score->hour_amt, change_amt);
}

void score_hour(struct score *score, int64_t equity_amt)
{
    score_equity(score, equity_amt);
    if (score->hour_amt > 0) {
        double change = (double)num_add(equity_amt, -score->hour_amt) / (double)score->hour_amt;

        score->n_hours++;
        score->sum_return += change;
        score->sum_square += change * change;
        if (change < 0)
            score->sum_down_square += change * change;
    }
    score->hour_amt = equity_amt;
}

void score_fill(struct score *score, int64_t volume_amt, int64_t realised_amt, int64_t fee_amt,
                int is_closing)
{
    score->n_fills++;
    score->volume_amt = num_add(score->volume_amt, volume_amt);
    score->fee_amt = num_add(score->fee_amt, fee_amt);
    if (!is_closing)
        return;
    if (realised_amt > 0) {
        score->n_wins++;
        score->won_amt = num_add(score->won_amt, realised_amt);
    } else if (realised_amt < 0) {
        score->n_losses++;
        score->lost_amt = num_add(score->lost_amt, -realised_amt);
    }
}

double score_sharpe(const struct score *score)
{
    double n = (double)score->n_hours;
    double mean;
    double variance;

    if (score->n_hours < 2)
        return 0.0;
    mean = score->sum_return / n;
    variance = (score->sum_square - n * mean * mean) / (n - 1.0);
    return variance > 1e-12 * mean * mean ? mean / sqrt(variance) * sqrt(HOURS_PER_YEAR) : 0.0;
}

double score_sortino(const struct score *score)
{
    double n = (double)score->n_hours;
    double down;

    if (score->n_hours < 2)
        return 0.0;
    down = score->sum_down_square / n;
    return down > 0.0 ? score->sum_return / n / sqrt(down) * sqrt(HOURS_PER_YEAR) : 0.0;
}

double score_drawdown(const struct score *score)
{
    return score->worst_fall_high_amt > 0
               ? (double)score->worst_fall_amt / (double)score->worst_fall_high_amt
               : 0.0;
}

double score_return(const struct score *score)
{
    return score->start_amt > 0
               ? (double)num_add(score->last_amt, -score->start_amt) / (double)score->start_amt
               : 0.0;
}

double score_profit_factor(const struct score *score)
{
    return score->lost_amt > 0 ? (double)score->won_amt / (double)score->lost_amt : 0.0;
}

void score_save(const struct score *score, struct enc *enc)
{
    enc_i64(enc, score->start_amt);
    enc_i64(enc, score->last_amt);
    enc_i64(enc, score->high_amt);
    enc_i64(enc, score->worst_fall_amt);
    enc_i64(enc, score->worst_fall_high_amt);
    enc_u64(enc, score->n_hours);
    enc_f64(enc, score->sum_return);
    enc_f64(enc, score->sum_square);
    enc_f64(enc, score->sum_down_square);
    enc_u64(enc, score->n_fills);
    enc_u64(enc, score->n_wins);
    enc_u64(enc, score->n_losses);
    enc_i64(enc, score->won_amt);
    enc_i64(enc, score->lost_amt);
    enc_i64(enc, score->fee_amt);
    enc_i64(enc, score->volume_amt);
    enc_i64(enc, score->hour_amt);
}

void score_load(struct score *score, struct dec *dec)
{
    score->start_amt = dec_i64(dec);
    score->last_amt = dec_i64(dec);
    score->high_amt = dec_i64(dec);
    score->worst_fall_amt = dec_i64(dec);
    score->worst_fall_high_amt = dec_i64(dec);
    score->n_hours = dec_u64(dec);
    score->sum_return = dec_f64(dec);
    score->sum_square = dec_f64(dec);
    score->sum_down_square = dec_f64(dec);
    score->n_fills = dec_u64(dec);
    score->n_wins = dec_u64(dec);
    score->n_losses = dec_u64(dec);
    score->won_amt = dec_i64(dec);
    score->lost_amt = dec_i64(dec);
    score->fee_amt = dec_i64(dec);
    score->volume_amt = dec_i64(dec);
    score->hour_amt = dec_i64(dec);
}
