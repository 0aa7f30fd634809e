// SPDX-License-Identifier: Apache-2.0
/* Ratios against answers that the library empyrical's own tests publish for small series
 * (../shared/data/reference/stats/risk_metrics_expected.ndjson), turned from their year of 252 days
 * to ours of 8,760 hours, and against hand-worked falls. */
#include <check.h>
#include <math.h>

#include "base/num.h"
#include "score/score.h"

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

START_TEST(ratios_equal_the_known_answers)
{
    double to_252 = sqrt(252.0 / 8760.0);
    struct score score;

    feed(&score, known[_i].returns, known[_i].n, 1e15);
    ck_assert_uint_eq(score.n_hours, (uint64_t)known[_i].n);
    ck_assert_double_eq_tol(score_sharpe(&score) * to_252, known[_i].sharpe_252, 1e-6);
    ck_assert_double_eq_tol(score_sortino(&score) * to_252, known[_i].sortino_252, 1e-6);
    ck_assert_double_eq_tol(score_drawdown(&score), known[_i].drawdown, 1e-9);
}
END_TEST

START_TEST(too_little_is_nothing)
{
    static const double flat[N] = {0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01};
    struct score score;

    score_start(&score, 1000);
    ck_assert(score_sharpe(&score) == 0.0 && score_sortino(&score) == 0.0);
    ck_assert(score_drawdown(&score) == 0.0 && score_return(&score) == 0.0);
    ck_assert(score_profit_factor(&score) == 0.0);
    score_hour(&score, 1000);
    score_hour(&score, 1100);
    ck_assert(score_sharpe(&score) == 0.0 && score_sortino(&score) == 0.0); // one hour
    feed(&score, flat, N, 1e15);
    ck_assert(score_sharpe(&score) == 0.0); // no variation: rounding is none
    ck_assert(score_sortino(&score) == 0.0);
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
    score_recapitalise(&score, -500);
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
    score_recapitalise(&score, 1000);
    score_hour(&score, 2020);
    ck_assert_double_eq_tol(score.sum_return, 0.01, 1e-12);
}
END_TEST

START_TEST(wins_and_losses_are_of_fills_that_close)
{
    struct score score;

    score_start(&score, 1000);
    score_fill(&score, 500, 99, 1, 0); // opens: no win, whatever it says
    score_fill(&score, 500, 30, 1, 1);
    score_fill(&score, 500, -20, 1, 1);
    score_fill(&score, 500, 0, 1, 1);
    ck_assert_uint_eq(score.n_fills, 4);
    ck_assert_uint_eq(score.n_wins, 1);
    ck_assert_uint_eq(score.n_losses, 1);
    ck_assert_int_eq(score.fee_amt, 4);
    ck_assert_int_eq(score.volume_amt, 2000);
    ck_assert_double_eq_tol(score_profit_factor(&score), 1.5, 1e-12);
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
    score_save(&score, &enc);
    dec = (struct dec){.at = bytes, .n = enc.used};
    score_load(&again, &dec);
    ck_assert(dec_is_ok(&dec) && dec.used == dec.n);
    score_save(&again, &same);
    ck_assert_mem_eq(bytes, more, enc.used);
    ck_assert(score_sharpe(&again) == score_sharpe(&score));
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
    tcase_add_test(tcase, the_worst_fall_is_by_share_and_not_by_amount);
    tcase_add_test(tcase, hours_that_capital_moved_in_are_no_return);
    tcase_add_test(tcase, wins_and_losses_are_of_fills_that_close);
    tcase_add_test(tcase, what_is_loaded_is_what_was_saved);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
