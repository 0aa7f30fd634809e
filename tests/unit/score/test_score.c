// SPDX-License-Identifier: Apache-2.0
/* Figures of a score. Ratios against answers that the library empyrical's own tests publish for
 * small series
 * (../shared/data/reference/stats/risk_metrics_expected.ndjson), turned from their year of 252 days
 * to ours of 8,760 hours, and against hand-worked falls. */
#include <check.h>
#include <math.h>

#include "base/num.h"
#include "score/figures.h"

#define N 9

static const struct {
    const char *what;
    double returns[N]; // hourly here, daily there
    int n;
    double sharpe_252, sortino_252, drawdown;
} known[] = {
    {"mixed_returns",
     {0.01, 0.1, -0.04, 0.02, 0.03, 0.02, 0.01, -0.1},
     8,
     1.7238613961706866,
     2.605531251673693,
     0.1},
    {"positive_returns",
     {0.01, 0.02, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01},
     9,
     52.915026221291804,
     0.0, // infinite there, 0 here: nothing was lost
     0.0},
    {"negative_returns",
     {0.0, -0.06, -0.07, -0.01, -0.09, -0.02, -0.06, -0.08, -0.05},
     9,
     -24.406808633910085,
     -13.532743075043401,
     1.0 - 1.0 * 0.94 * 0.93 * 0.99 * 0.91 * 0.98 * 0.94 * 0.92 * 0.95},
};

static void feed(struct score *score, const double *returns, int n, double start)
{
    double equity = start;

    score_start(score, (int64_t)start);
    score_hour(score, (int64_t)equity);
    for (int i = 0; i < n; i++) {
        equity *= 1.0 + returns[i];
        score_hour(score, (int64_t)floor(equity + 0.5));
    }
}

static struct figures_returns hourly(const struct score *score)
{
    return (struct figures_returns){score->n_hours, score->sum_return, score->sum_square,
                                    score->sum_down_square, 3600};
}

static double sharpe(const struct score *score)
{
    struct figures_returns returns = hourly(score);

    return figures_sharpe(&returns);
}

static double sortino(const struct score *score)
{
    struct figures_returns returns = hourly(score);

    return figures_sortino(&returns);
}

START_TEST(ratios_equal_the_known_answers)
{
    double to_252 = sqrt(252.0 / 8760.0);
    struct score score;

    feed(&score, known[_i].returns, known[_i].n, 1e15);
    ck_assert_uint_eq(score.n_hours, (uint64_t)known[_i].n);
    ck_assert_double_eq_tol(sharpe(&score) * to_252, known[_i].sharpe_252, 1e-6);
    ck_assert_double_eq_tol(sortino(&score) * to_252, known[_i].sortino_252, 1e-6);
    ck_assert_double_eq_tol(score_drawdown(&score), known[_i].drawdown, 1e-9);
}
END_TEST

START_TEST(too_little_is_nothing)
{
    static const double flat[N] = {0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01};
    struct score score;
    double factor;

    score_start(&score, 1000);
    ck_assert(sharpe(&score) == 0.0 && sortino(&score) == 0.0);
    ck_assert(score_drawdown(&score) == 0.0 && score_return(&score) == 0.0);
    ck_assert(!score_profit_factor(&score, &factor) && factor == 0.0);
    score_hour(&score, 1000);
    score_hour(&score, 1100);
    ck_assert(sharpe(&score) == 0.0 && sortino(&score) == 0.0); // one hour
    feed(&score, flat, N, 1e15);
    ck_assert(sharpe(&score) == 0.0); // no variation: rounding is none
    ck_assert(sortino(&score) == 0.0);
    score_start(&score, 0);
    score_hour(&score, 0);
    score_hour(&score, 5);
    score_hour(&score, 5);
    ck_assert(score_return(&score) == 0.0);
}
END_TEST

START_TEST(the_worst_fall_is_by_share_and_not_by_amount)
{
    struct score score;

    score_start(&score, 100);
    score_equity(&score, 80); // 20 of 100
    score_equity(&score, 1000);
    score_equity(&score, 850); // 150 of 1000 is less
    ck_assert_int_eq(score.worst_fall_amt, 20);
    ck_assert_double_eq_tol(score_drawdown(&score), 0.2, 1e-12);
    score_equity(&score, 799);
    ck_assert_int_eq(score.worst_fall_amt, 201);
    ck_assert_int_eq(score.worst_fall_high_amt, 1000);
    ck_assert_double_eq_tol(score_return(&score), 6.99, 1e-12);
    // Money given or taken is no gain and no fall.
    score_recapitalise(&score, -500, 0);
    score_equity(&score, 299);
    ck_assert_int_eq(score.high_amt, 500);
    ck_assert_int_eq(score.start_amt, -400);
    score_start(&score, INT64_MAX);
    score_equity(&score, -INT64_MAX);
    ck_assert_int_eq(score.worst_fall_amt, INT64_MAX); // saturates
}
END_TEST

START_TEST(hours_that_capital_moved_in_are_no_return)
{
    struct score score;

    score_start(&score, 1000);
    score_hour(&score, 1000);
    score_recapitalise(&score, 1000, 0);
    score_hour(&score, 2020);
    ck_assert_double_eq_tol(score.sum_return, 0.01, 1e-12);
}
END_TEST

/* Half an hour that lost 5 %, and then hours that won a little each: whoever leaves that half hour
 * out has a t far above 0 for an agent that lost. */
START_TEST(the_first_hour_however_short_is_evidence)
{
    struct figures of;
    struct score score;
    int64_t equity = 950000;

    score_start(&score, 1000000);
    score_from_start(&score);
    score_hour(&score, equity);
    for (int hour = 0; hour < 12; hour++)
        score_hour(&score, equity += hour % 3 == 0 ? -100 : 300);
    figures_of(&score, equity, 1, &of);
    ck_assert_uint_eq(of.n_samples, 13);
    ck_assert_double_lt(of.yield, -0.04);
    ck_assert(of.has_t);
    ck_assert_double_lt(of.t, 0);
    ck_assert_double_lt(of.t_low, -2);
    // Capital that comes before the first full hour, also where there was none, is no return.
    score_start(&score, 0);
    score_from_start(&score);
    score_recapitalise(&score, 1000000, 1);
    score_hour(&score, 990000);
    ck_assert_uint_eq(score.n_hours, 1);
    ck_assert_double_eq_tol(score.sum_return, -0.01, 1e-12);
    score_day(&score, 990000);
    ck_assert_uint_eq(score.n_days, 1);
    ck_assert_double_eq_tol(score.sum_day, -0.01, 1e-12);
    // Where hours were counted already, none is counted twice.
    score_from_start(&score);
    score_hour(&score, 990000);
    ck_assert_uint_eq(score.n_hours, 2);
    ck_assert_double_eq_tol(score.sum_return, -0.01, 1e-12);
}
END_TEST

START_TEST(wins_and_losses_are_of_fills_that_close)
{
    struct figures of;
    struct score score;
    double factor;

    score_start(&score, 1000);
    score_fill(&score, 500, 99, 1, 0); // opens: no win, whatever it says
    score_fill(&score, 500, 30, 1, 1);
    // Who lost nothing has no factor of 0.
    ck_assert(!score_profit_factor(&score, &factor));
    figures_of(&score, 1000, 1, &of);
    ck_assert(!of.has_factor);
    score_fill(&score, 500, -20, 1, 1);
    score_fill(&score, 500, 0, 1, 1);
    ck_assert_uint_eq(score.n_fills, 4);
    ck_assert_uint_eq(score.n_wins, 1);
    ck_assert_uint_eq(score.n_losses, 1);
    ck_assert_int_eq(score.fee_amt, 4);
    ck_assert_int_eq(score.volume_amt, 2000);
    ck_assert(score_profit_factor(&score, &factor));
    ck_assert_double_eq_tol(factor, 1.5, 1e-12);
    score_fill(&score, INT64_MAX, INT64_MAX, INT64_MAX, 1);
    score_fill(&score, INT64_MAX, NUM_MIN, INT64_MAX, 1);
    ck_assert_int_eq(score.volume_amt, INT64_MAX);
    ck_assert_int_eq(score.won_amt, INT64_MAX);
    ck_assert_int_eq(score.lost_amt, INT64_MAX);
}
END_TEST

START_TEST(what_is_loaded_is_what_was_saved)
{
    unsigned char bytes[256];
    unsigned char more[256];
    struct enc enc = {.at = bytes, .room = sizeof(bytes)};
    struct enc same = {.at = more, .room = sizeof(more)};
    struct score score;
    struct score again;
    struct dec dec;

    feed(&score, known[0].returns, known[0].n, 1e12);
    score_fill(&score, 5, -3, 1, 1);
    score_fill(&score, 5, 3, 1, 1);
    score_fee(&score, 5);
    score_day(&score, 1000);
    score_day(&score, 1100);
    score_save(&score, &enc);
    score_save_kept(&score, &enc);
    dec = (struct dec){.at = bytes, .n = enc.used};
    memset(&again, 0, sizeof(again));
    score_load(&again, &dec);
    score_load_kept(&again, &dec);
    ck_assert(dec_is_ok(&dec) && dec.used == dec.n);
    score_save(&again, &same);
    score_save_kept(&again, &same);
    ck_assert_mem_eq(bytes, more, enc.used);
    ck_assert(sharpe(&again) == sharpe(&score));
}
END_TEST

/* R. A. Fisher's tables: 97.5 % points. */
START_TEST(students_distribution_is_the_published_one)
{
    static const struct {
        uint64_t n;
        double q;
    } table[] = {{1, 12.706}, {2, 4.303},  {5, 2.571},  {10, 2.228},  {29, 2.045},
                 {30, 2.042}, {40, 2.021}, {60, 2.000}, {120, 1.980}, {1000, 1.962}};

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        ck_assert_double_eq_tol(figures_student(table[i].n), table[i].q, 0.0006);
}
END_TEST

/* Gosset's own example of 1908 (sleep of ten patients under two drugs): t of the differences is
 * 4.06, of 9 degrees of freedom. */
START_TEST(the_t_value_is_gossets)
{
    static const double hours[] = {1.2, 2.4, 1.3, 1.3, 0.0, 1.0, 1.8, 0.8, 4.6, 1.4};
    struct figures_returns returns = {.seconds = 3600};
    double t, low, high;

    for (size_t i = 0; i < sizeof(hours) / sizeof(hours[0]); i++) {
        returns.n++;
        returns.sum += hours[i];
        returns.square += hours[i] * hours[i];
    }
    ck_assert(figures_t(&returns, &t, &low, &high));
    ck_assert_double_eq_tol(t, 4.0621, 0.0001);
    // q 2.262, sqrt(1 + 4.0621^2 / 20) = 1.35096
    ck_assert_double_eq_tol(low, 4.0621 - 2.262 * 1.35096, 0.001);
    ck_assert_double_eq_tol(high, 4.0621 + 2.262 * 1.35096, 0.001);
    returns.n = 1;
    ck_assert(!figures_t(&returns, &t, &low, &high));
}
END_TEST

/* Two hours give a t of any size, with an interval of -100 to 100: that is none. */
START_TEST(a_t_takes_ten_returns)
{
    struct figures of;
    struct score score;
    int64_t equity = 1000000;

    score_start(&score, equity);
    for (int hour = 1; hour <= 12; hour++) {
        score_hour(&score, equity += hour % 3 == 0 ? 500 : -900);
        figures_of(&score, equity, 1, &of);
        ck_assert_uint_le(of.n_samples, (uint64_t)hour);
        ck_assert_int_eq(of.has_t, of.n_samples >= FIGURES_T_SAMPLES);
        ck_assert_str_eq(figures_judgement(&of), of.has_t ? FIGURES_SHORT : FIGURES_FEW);
    }
    ck_assert(of.has_t);
}
END_TEST

START_TEST(a_year_is_told_from_thirty_days_on)
{
    struct figures of;
    struct score score;
    int64_t equity = 1000000;

    score_start(&score, equity);
    score_day(&score, equity);
    for (int day = 1; day <= 30; day++) {
        for (int hour = 0; hour < 24; hour++)
            score_hour(&score, equity += hour % 2 == 0 ? 900 : -500);
        score_day(&score, equity);
        figures_of(&score, equity, 1, &of);
        ck_assert_uint_eq(of.n_days, (uint64_t)day);
        ck_assert_int_eq(of.is_annual, day >= 30);
        ck_assert(of.has_t);
        ck_assert_uint_eq(of.sample_s, day >= 30 ? 86400 : 3600);
        ck_assert_uint_eq(of.n_samples, day >= 30 ? 30u : (uint64_t)day * 24 - 1);
        ck_assert((of.sharpe > 0) == (day >= 30)); // nothing is told before
    }
    // The same thirty returns by hand: 4,800 of an equity that grows by 4,800.
    {
        double sum = 0, square = 0, mean, deviation;

        for (int day = 0; day < 30; day++) {
            double r = 4800.0 / (1000000.0 + 4800.0 * day);

            sum += r;
            square += r * r;
        }
        mean = sum / 30;
        deviation = sqrt((square - 30 * mean * mean) / 29);
        ck_assert_double_eq_tol(of.sharpe, mean / deviation * sqrt(365), 1e-6);
        ck_assert_double_eq_tol(of.t, mean / deviation * sqrt(30), 1e-6);
    }
}
END_TEST

START_TEST(a_result_is_what_trading_costs_and_funding_left)
{
    struct figures of, sum = {0};
    struct score score, whole;

    score_start(&score, 1000000);
    score_fee(&score, 300);
    score_fee(&score, -120); // a rebate
    score_funding(&score, -70);
    score_slippage(&score, 45);
    figures_of(&score, 1000750, 1, &of);
    ck_assert_int_eq(of.result_amt, 750);
    ck_assert_int_eq(of.fee_amt, 300);
    ck_assert_int_eq(of.rebate_amt, 120);
    ck_assert_int_eq(of.funding_amt, -70);
    ck_assert_int_eq(of.slippage_amt, 45);
    ck_assert_int_eq(of.gross_amt, 1000); // 750 + 300 - 120 + 70
    ck_assert_double_eq_tol(of.yield, 0.00075, 1e-12);
    // Slots and pool are the whole.
    figures_add(&sum, &of);
    figures_add(&sum, &of);
    score_start(&whole, 2000500);
    figures_whole(&sum, &whole, 500);
    ck_assert_int_eq(sum.equity_amt, 2 * 1000750 + 500);
    ck_assert_int_eq(sum.capital_amt, 2 * 1000000 + 500);
    ck_assert_int_eq(sum.result_amt, sum.equity_amt - sum.capital_amt);
    ck_assert_int_eq(sum.result_amt,
                     sum.gross_amt - sum.fee_amt + sum.rebate_amt + sum.funding_amt);
    // A journal of before does not say.
    figures_of(&score, 1000750, 0, &of);
    ck_assert(!of.is_split && of.gross_amt == 0);
}
END_TEST

START_TEST(what_is_not_known_is_shown_as_a_dash)
{
    struct figures of = {.yield = -0.0123456, .drawdown = 0.05, .sharpe = 1.5};
    char text[FIGURES_TEXT];

    ck_assert_str_eq(figures_yield_text(&of, text), "-1.23 %");
    ck_assert_str_eq(figures_drawdown_text(&of, text), "5.00 %");
    // A sign only where the digits that are shown are below 0; a difference says plus besides.
    ck_assert_str_eq(figures_share_text(-0.0000499, 0, text), "0.00 %");
    ck_assert_str_eq(figures_share_text(-0.0000501, 0, text), "-0.01 %");
    ck_assert_str_eq(figures_share_text(0.0000499, 1, text), "0.00 %");
    ck_assert_str_eq(figures_share_text(0.00013, 1, text), "+0.01 %");
    ck_assert_str_eq(figures_share_text(0.00013, 0, text), "0.01 %");
    ck_assert_str_eq(figures_sharpe_text(&of, text), "-");
    ck_assert_str_eq(figures_t_text(&of, text), "-");
    of.is_annual = of.has_t = 1;
    of.t_low = -1;
    ck_assert_str_eq(figures_sharpe_text(&of, text), "1.50");
    ck_assert_str_eq(figures_t_text(&of, text), "0.00 [-1.00, 0.00]");
    // Without a loss.
    ck_assert_str_eq(figures_factor_text(&of, text), "-");
    of.n_wins = 3;
    ck_assert_str_eq(figures_factor_text(&of, text), "none lost");
    of.n_losses = 1; // of all together, of which only the counts are kept
    ck_assert_str_eq(figures_factor_text(&of, text), "-");
    of.has_factor = 1;
    of.profit_factor = 0.5;
    ck_assert_str_eq(figures_factor_text(&of, text), "0.50");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("score");
    TCase *tcase = tcase_create("score");
    SRunner *runner;
    int n_failed;

    tcase_add_loop_test(tcase, ratios_equal_the_known_answers, 0,
                        (int)(sizeof(known) / sizeof(known[0])));
    tcase_add_test(tcase, too_little_is_nothing);
    tcase_add_test(tcase, students_distribution_is_the_published_one);
    tcase_add_test(tcase, the_t_value_is_gossets);
    tcase_add_test(tcase, a_t_takes_ten_returns);
    tcase_add_test(tcase, a_year_is_told_from_thirty_days_on);
    tcase_add_test(tcase, a_result_is_what_trading_costs_and_funding_left);
    tcase_add_test(tcase, what_is_not_known_is_shown_as_a_dash);
    tcase_add_test(tcase, the_worst_fall_is_by_share_and_not_by_amount);
    tcase_add_test(tcase, hours_that_capital_moved_in_are_no_return);
    tcase_add_test(tcase, the_first_hour_however_short_is_evidence);
    tcase_add_test(tcase, wins_and_losses_are_of_fills_that_close);
    tcase_add_test(tcase, what_is_loaded_is_what_was_saved);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
