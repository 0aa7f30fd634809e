// SPDX-License-Identifier: Apache-2.0
#include "score/score.h"

#include "base/hot.h"
#include "base/num.h"

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

void score_from_start(struct score *score)
{
    if (score->hour_amt == 0 && score->n_hours == 0)
        score->hour_amt = score->start_amt;
    if (score->day_amt == 0 && score->n_days == 0)
        score->day_amt = score->start_amt;
}

void score_recapitalise(struct score *score, int64_t change_amt, int is_from_start)
{
    score->start_amt = num_add(score->start_amt, change_amt);
    score->last_amt = num_add(score->last_amt, change_amt);
    score->high_amt = num_add(score->high_amt, change_amt);
    if (score->hour_amt != 0 || is_from_start)
        score->hour_amt = num_add(score->hour_amt, change_amt);
    if (score->day_amt != 0 || is_from_start)
        score->day_amt = num_add(score->day_amt, change_amt);
}

void score_scale(struct score *score, int64_t equity_amt, int64_t change_amt)
{
    int64_t after_amt = num_add(equity_amt, change_amt);

    score_equity(score, equity_amt);
    if (equity_amt > 0 && after_amt > 0)
        score->high_amt =
            num_add(num_mul_div(score->high_amt, after_amt, equity_amt, NUM_UP), -change_amt);
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

void score_day(struct score *score, int64_t equity_amt)
{
    if (score->day_amt > 0) {
        double change = (double)num_add(equity_amt, -score->day_amt) / (double)score->day_amt;

        score->n_days++;
        score->sum_day += change;
        score->sum_day_square += change * change;
        if (change < 0)
            score->sum_day_down_square += change * change;
    }
    score->day_amt = equity_amt;
}

void score_fee(struct score *score, int64_t fee_amt)
{
    if (fee_amt >= 0)
        score->paid_amt = num_add(score->paid_amt, fee_amt);
    else
        score->rebate_amt = num_add(score->rebate_amt, -fee_amt);
}

void score_funding(struct score *score, int64_t amt)
{
    score->funding_amt = num_add(score->funding_amt, amt);
}

void score_slippage(struct score *score, int64_t amt)
{
    score->slippage_amt = num_add(score->slippage_amt, amt);
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

int score_profit_factor(const struct score *score, double *value)
{
    *value = score->lost_amt > 0 ? (double)score->won_amt / (double)score->lost_amt : 0.0;
    return score->lost_amt > 0;
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

void score_save_kept(const struct score *score, struct enc *enc)
{
    enc_i64(enc, score->paid_amt);
    enc_i64(enc, score->rebate_amt);
    enc_i64(enc, score->funding_amt);
    enc_i64(enc, score->slippage_amt);
    enc_i64(enc, score->day_amt);
    enc_u64(enc, score->n_days);
    enc_f64(enc, score->sum_day);
    enc_f64(enc, score->sum_day_square);
    enc_f64(enc, score->sum_day_down_square);
}

void score_load_kept(struct score *score, struct dec *dec)
{
    score->paid_amt = dec_i64(dec);
    score->rebate_amt = dec_i64(dec);
    score->funding_amt = dec_i64(dec);
    score->slippage_amt = dec_i64(dec);
    score->day_amt = dec_i64(dec);
    score->n_days = dec_u64(dec);
    score->sum_day = dec_f64(dec);
    score->sum_day_square = dec_f64(dec);
    score->sum_day_down_square = dec_f64(dec);
}

void score_keep(struct score *score, int64_t funding_amt)
{
    score->paid_amt = 0;
    score->rebate_amt = 0;
    score_fee(score, score->fee_amt);
    score->funding_amt = funding_amt;
    score->slippage_amt = 0;
    score->day_amt = 0;
    score->n_days = 0;
    score->sum_day = 0;
    score->sum_day_square = 0;
    score->sum_day_down_square = 0;
}
