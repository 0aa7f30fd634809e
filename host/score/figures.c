// SPDX-License-Identifier: Apache-2.0
#include "score/figures.h"

#include <math.h>
#include <stdio.h>

#include "base/money.h"
#include "base/num.h"

#define HOUR_S 3600
#define DAY_S  86400
#define YEAR_S (365.0 * DAY_S)

double figures_student(uint64_t n)
{
    // Of every table of the distribution; beyond it an expansion is exact to four decimals.
    static const double table[] = {12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306,
                                   2.262,  2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
                                   2.110,  2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064,
                                   2.060,  2.056, 2.052, 2.048, 2.045, 2.042};
    const double z = 1.959964;
    double x = n > 0 ? 1.0 / (double)n : 1.0;

    if (n == 0 || n > sizeof(table) / sizeof(table[0]))
        return z + x * (z * z * z + z) / 4.0 +
               x * x * (5.0 * z * z * z * z * z + 16.0 * z * z * z + 3.0 * z) / 96.0;
    return table[n - 1];
}

static int mean_of(const struct figures_returns *returns, double *mean, double *variance)
{
    double n = (double)returns->n;

    if (returns->n < 2)
        return 0;
    *mean = returns->sum / n;
    *variance = (returns->square - n * *mean * *mean) / (n - 1.0);
    return *variance > 1e-12 * *mean * *mean;
}

double figures_sharpe(const struct figures_returns *returns)
{
    double mean, variance;

    return mean_of(returns, &mean, &variance)
               ? mean / sqrt(variance) * sqrt(YEAR_S / returns->seconds)
               : 0.0;
}

double figures_sortino(const struct figures_returns *returns)
{
    double n = (double)returns->n;
    double down = n > 0 ? returns->down_square / n : 0.0;

    return returns->n >= 2 && down > 0.0
               ? returns->sum / n / sqrt(down) * sqrt(YEAR_S / returns->seconds)
               : 0.0;
}

int figures_t(const struct figures_returns *returns, double *t, double *low, double *high)
{
    double n = (double)returns->n;
    double mean, variance, width;

    if (!mean_of(returns, &mean, &variance))
        return 0;
    *t = mean / sqrt(variance) * sqrt(n);
    width = figures_student(returns->n - 1) * sqrt(1.0 + *t * *t / (2.0 * n));
    *low = *t - width;
    *high = *t + width;
    return 1;
}

static void judge(const struct score *score, struct figures *out)
{
    struct figures_returns returns = {score->n_hours, score->sum_return, score->sum_square,
                                      score->sum_down_square, HOUR_S};

    if (score->n_days >= FIGURES_DAYS)
        returns = (struct figures_returns){score->n_days, score->sum_day, score->sum_day_square,
                                           score->sum_day_down_square, DAY_S};
    out->sample_s = returns.seconds;
    out->n_samples = returns.n;
    out->n_days = score->n_days;
    out->is_annual = returns.seconds == DAY_S;
    out->has_t = (uint8_t)(returns.n >= FIGURES_T_SAMPLES &&
                           figures_t(&returns, &out->t, &out->t_low, &out->t_high));
    if (!out->is_annual)
        return;
    out->sharpe = figures_sharpe(&returns);
    out->sortino = figures_sortino(&returns);
}

void figures_of(const struct score *score, int64_t equity_amt, int is_kept, struct figures *out)
{
    struct score now = *score;

    score_equity(&now, equity_amt); // the fall of this moment counts too
    *out = (struct figures){.capital_amt = now.start_amt,
                            .equity_amt = equity_amt,
                            .result_amt = num_add(equity_amt, -now.start_amt),
                            .fee_amt = is_kept ? now.paid_amt : now.fee_amt,
                            .volume_amt = now.volume_amt,
                            .is_split = is_kept != 0,
                            .yield = score_return(&now),
                            .drawdown = score_drawdown(&now),
                            .n_fills = now.n_fills,
                            .n_wins = now.n_wins,
                            .n_losses = now.n_losses};
    out->has_factor = (uint8_t)score_profit_factor(&now, &out->profit_factor);
    judge(&now, out);
    if (!is_kept)
        return;
    out->rebate_amt = now.rebate_amt;
    out->funding_amt = now.funding_amt;
    out->slippage_amt = now.slippage_amt;
    out->gross_amt = num_add(num_add(out->result_amt, out->fee_amt),
                             -num_add(out->rebate_amt, out->funding_amt));
}

void figures_add(struct figures *sum, const struct figures *of)
{
    sum->capital_amt = num_add(sum->capital_amt, of->capital_amt);
    sum->equity_amt = num_add(sum->equity_amt, of->equity_amt);
    sum->result_amt = num_add(sum->result_amt, of->result_amt);
    sum->gross_amt = num_add(sum->gross_amt, of->gross_amt);
    sum->fee_amt = num_add(sum->fee_amt, of->fee_amt);
    sum->rebate_amt = num_add(sum->rebate_amt, of->rebate_amt);
    sum->funding_amt = num_add(sum->funding_amt, of->funding_amt);
    sum->slippage_amt = num_add(sum->slippage_amt, of->slippage_amt);
    sum->volume_amt = num_add(sum->volume_amt, of->volume_amt);
    sum->is_split |= of->is_split;
    sum->n_fills += of->n_fills;
    sum->n_wins += of->n_wins;
    sum->n_losses += of->n_losses;
}

void figures_whole(struct figures *sum, const struct score *score, int64_t pool_amt)
{
    struct score now = *score;

    sum->capital_amt = num_add(sum->capital_amt, pool_amt);
    sum->equity_amt = num_add(sum->equity_amt, pool_amt);
    sum->yield = sum->capital_amt > 0 ? (double)sum->result_amt / (double)sum->capital_amt : 0.0;
    score_equity(&now, sum->equity_amt);
    sum->drawdown = sum->is_split ? score_drawdown(&now) : 0.0;
    judge(&now, sum);
}

char *figures_share_text(double share, int is_difference, char text[FIGURES_TEXT])
{
    double shown = money_shown(100.0 * share, 2);

    (void)snprintf(text, FIGURES_TEXT, "%s%.2f %%", is_difference && shown > 0 ? "+" : "", shown);
    return text;
}

int figures_is_deeper(const struct figures *of)
{
    return of->yield < 0.0 && floor(-of->yield * 1e4 + 0.5) > floor(of->drawdown * 1e4 + 0.5);
}

const char *figures_judgement(const struct figures *of)
{
    return of->n_samples < FIGURES_T_SAMPLES ? FIGURES_FEW : of->is_annual ? NULL : FIGURES_SHORT;
}

char *figures_yield_text(const struct figures *of, char text[FIGURES_TEXT])
{
    return figures_share_text(of->yield, 0, text);
}

char *figures_drawdown_text(const struct figures *of, char text[FIGURES_TEXT])
{
    return figures_share_text(of->drawdown, 0, text);
}

static char *ratio_text(const struct figures *of, double value, char text[FIGURES_TEXT])
{
    if (of->is_annual)
        (void)snprintf(text, FIGURES_TEXT, "%.2f", money_shown(value, 2));
    else
        (void)snprintf(text, FIGURES_TEXT, "-");
    return text;
}

char *figures_sharpe_text(const struct figures *of, char text[FIGURES_TEXT])
{
    return ratio_text(of, of->sharpe, text);
}

char *figures_sortino_text(const struct figures *of, char text[FIGURES_TEXT])
{
    return ratio_text(of, of->sortino, text);
}

char *figures_factor_text(const struct figures *of, char text[FIGURES_TEXT])
{
    if (of->has_factor)
        (void)snprintf(text, FIGURES_TEXT, "%.2f", of->profit_factor);
    else
        (void)snprintf(text, FIGURES_TEXT, of->n_wins > 0 && of->n_losses == 0 ? "none lost" : "-");
    return text;
}

char *figures_t_text(const struct figures *of, char text[FIGURES_TEXT])
{
    if (of->has_t)
        (void)snprintf(text, FIGURES_TEXT, "%.2f [%.2f, %.2f]", money_shown(of->t, 2),
                       money_shown(of->t_low, 2), money_shown(of->t_high, 2));
    else
        (void)snprintf(text, FIGURES_TEXT, "-");
    return text;
}
