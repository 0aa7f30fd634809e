// SPDX-License-Identifier: Apache-2.0
/* window: the six measures. Sharpe and drawdown against answers that the library empyrical's own
 * tests publish for small series (year of 252 days there, of 8,760 hours here); the rest by hand.
 */
#include <check.h>
#include <math.h>

#include "score/measure.h"

#define HOUR_S 3600

static void feed(struct window *window, const double *returns, int n)
{
    window_start(window, 1000000000000);
    for (int i = 0; i < n; i++) {
        window_sample(window, (int64_t)((double)window->open.base_amt * (1.0 + returns[i]) + 0.5));
        // The next begins at the same height again: capital was given or taken.
        window_recapitalise(window, 1000000000000 - window->open.base_amt);
    }
}

struct window_measures {
    double measures[MEASURES];
    uint32_t defined;
    double kelly;
    uint32_t n_samples, n_wins, n_losses;
    int64_t won_amt, lost_amt;
};

static struct window_measures window_measure(const struct window *window, uint32_t n,
                                             uint32_t sample_s)
{
    struct window_figures figures = window_figures(window, n, sample_s);
    struct window_measures of = {.kelly = figures.kelly,
                                 .n_samples = figures.n_samples,
                                 .n_wins = figures.n_wins,
                                 .n_losses = figures.n_losses,
                                 .won_amt = figures.won_amt,
                                 .lost_amt = figures.lost_amt};

    for (uint32_t i = 0; i < RECORD_MEASURES; i++) {
        double value = 0.0;

        if (measure_at(i)->of(&figures, &value)) {
            of.measures[i] = value;
            of.defined |= 1u << i;
        }
    }
    return of;
}

static int is_defined(const struct window_measures *of, int measure)
{
    return of->defined >> measure & 1;
}

START_TEST(ratios_equal_the_known_answers)
{
    static const double mixed[] = {0.01, 0.1, -0.04, 0.02, 0.03, 0.02, 0.01, -0.1};
    static const double negative[] = {0.0, -0.06, -0.07, -0.01, -0.09, -0.02, -0.06, -0.08, -0.05};
    double to_252 = sqrt(252.0 / 8760.0);
    struct window window;
    struct window_measures of;

    feed(&window, mixed, 8);
    of = window_measure(&window, WINDOW_MAX, HOUR_S);
    ck_assert_uint_eq(of.n_samples, 8);
    ck_assert_double_eq_tol(of.measures[MEASURE_SHARPE] * to_252, 1.7238613961706866, 1e-9);
    ck_assert_double_eq_tol(of.measures[MEASURE_DRAWDOWN], 0.1, 1e-12);
    // Mean 0.00625 an hour, a year's over the fall.
    ck_assert_double_eq_tol(of.measures[MEASURE_CALMAR], 0.00625 * 8760 / 0.1, 1e-6);
    // Sharpe without the year is mean / s; the return of the window is 4.0 %.
    ck_assert_double_eq_tol(of.measures[MEASURE_VOL_RETURN],
                            (1.01 * 1.1 * 0.96 * 1.02 * 1.03 * 1.02 * 1.01 * 0.9 - 1) /
                                (0.00625 * sqrt(8760) / of.measures[MEASURE_SHARPE] * sqrt(8)),
                            1e-9);
    feed(&window, negative, 9);
    of = window_measure(&window, WINDOW_MAX, HOUR_S);
    ck_assert_double_eq_tol(of.measures[MEASURE_SHARPE] * to_252, -24.406808633910085, 1e-9);
    ck_assert_double_eq_tol(of.measures[MEASURE_DRAWDOWN],
                            1.0 - 0.94 * 0.93 * 0.99 * 0.91 * 0.98 * 0.94 * 0.92 * 0.95, 1e-12);
    ck_assert_double_lt(of.kelly, 0.0);
    // Only the last two: -8 %, -5 %.
    of = window_measure(&window, 2, HOUR_S);
    ck_assert_uint_eq(of.n_samples, 2);
    ck_assert_double_eq_tol(of.measures[MEASURE_DRAWDOWN], 1.0 - 0.92 * 0.95, 1e-12);
    // Mean -0.065, variance 0.00045: m / s^2.
    ck_assert_double_eq_tol(of.kelly, -0.065 / 0.00045, 1e-6);
}
END_TEST

START_TEST(what_is_undefined_is_said)
{
    static const double flat[] = {0, 0, 0, 0};
    static const double even[] = {0.01, 0.01, 0.01};
    struct window window;
    struct window_measures of;

    window_start(&window, 1000);
    of = window_measure(&window, 10, HOUR_S);
    ck_assert_uint_eq(of.n_samples, 0);
    ck_assert_uint_eq(of.defined, 0);
    // Nothing done: no fall, and nothing else that could be told.
    feed(&window, flat, 4);
    of = window_measure(&window, 10, HOUR_S);
    ck_assert_uint_eq(of.defined, 1u << MEASURE_DRAWDOWN);
    ck_assert(of.measures[MEASURE_DRAWDOWN] == 0.0 && of.kelly == 0.0);
    // A gain without variation and without a fall.
    feed(&window, even, 3);
    of = window_measure(&window, 10, HOUR_S);
    ck_assert(!is_defined(&of, MEASURE_SHARPE) && !is_defined(&of, MEASURE_VOL_RETURN));
    ck_assert(of.measures[MEASURE_CALMAR] == MEASURE_RATIO_MAX);
    // Without capital there is no return to speak of.
    window_start(&window, 0);
    window_sample(&window, 0);
    window_sample(&window, 0);
    of = window_measure(&window, 10, HOUR_S);
    ck_assert_uint_eq(of.n_samples, 0);
}
END_TEST

START_TEST(fills_count_where_they_fall)
{
    struct window window;
    struct window_measures of;

    window_start(&window, 1000);
    window_fill(&window, 500, 0); // opened something
    window_fill(&window, 30, 1);
    window_fill(&window, -20, 1);
    window_fill(&window, 0, 1);
    of = window_measure(&window, 10, HOUR_S);
    ck_assert_uint_eq(of.n_wins + of.n_losses, 0); // the sample is not taken yet
    window_sample(&window, 1010);
    of = window_measure(&window, 10, HOUR_S);
    ck_assert_uint_eq(of.n_wins, 1);
    ck_assert_uint_eq(of.n_losses, 1);
    ck_assert_double_eq_tol(of.measures[MEASURE_WIN_RATE], 0.5, 1e-15);
    ck_assert_double_eq_tol(of.measures[MEASURE_PROFIT_FACTOR], 1.5, 1e-15);
    window_fill(&window, 1, 1);
    window_sample(&window, 1011);
    of = window_measure(&window, 1, HOUR_S); // only the last sample
    ck_assert_uint_eq(of.n_wins, 1);
    ck_assert(of.measures[MEASURE_PROFIT_FACTOR] == MEASURE_RATIO_MAX);
    // What is small beside what was won is no more than the largest ratio.
    window_fill(&window, INT64_MAX, 1);
    window_fill(&window, -1, 1);
    window_sample(&window, 1011);
    of = window_measure(&window, 1, HOUR_S);
    ck_assert(of.measures[MEASURE_PROFIT_FACTOR] == MEASURE_RATIO_MAX);
}
END_TEST

START_TEST(capital_that_moves_is_no_gain)
{
    struct window window;
    struct window_measures of;

    window_start(&window, 1000);
    window_sample(&window, 1000);
    window_recapitalise(&window, 1000);
    window_sample(&window, 2020);
    window_recapitalise(&window, -1520);
    window_sample(&window, 495);
    of = window_measure(&window, 10, HOUR_S);
    ck_assert_double_eq_tol(of.measures[MEASURE_DRAWDOWN], 0.01, 1e-12); // 1.01 to 0.9999
    ck_assert_int_eq(window_at(&window, 1)->base_amt, 2000);
    ck_assert_int_eq(window_at(&window, 0)->base_amt, 500);
    ck_assert_ptr_null(window_at(&window, 3));
}
END_TEST

START_TEST(a_full_window_forgets_the_oldest_and_is_saved_as_it_is)
{
    static unsigned char bytes[16384];
    static unsigned char more[16384];
    struct enc enc = {.at = bytes, .room = sizeof(bytes)};
    struct enc same = {.at = more, .room = sizeof(more)};
    struct dec dec;
    static struct window window;
    static struct window again;

    window_start(&window, 1);
    for (int i = 0; i < WINDOW_MAX + 30; i++) {
        window_fill(&window, i - 50, 1);
        window_sample(&window, i);
    }
    window_fill(&window, 7, 1);
    ck_assert_int_eq(window_at(&window, 0)->equity_amt, WINDOW_MAX + 29);
    ck_assert_int_eq(window_at(&window, WINDOW_MAX - 1)->equity_amt, 30);
    ck_assert_ptr_null(window_at(&window, WINDOW_MAX));
    window_save(&window, &enc);
    ck_assert(enc_is_ok(&enc));
    dec = (struct dec){.at = bytes, .n = enc.used};
    window_load(&again, &dec);
    ck_assert(dec_is_ok(&dec) && dec.used == dec.n);
    window_save(&again, &same);
    ck_assert_uint_eq(enc.used, same.used);
    ck_assert_mem_eq(bytes, more, enc.used);
    window_sample(&window, 5);
    window_sample(&again, 5);
    for (uint32_t i = 0; i < WINDOW_MAX; i++)
        ck_assert_mem_eq(window_at(&window, i), window_at(&again, i),
                         sizeof(*window_at(&again, i)));
    bytes[1] = 1; // more samples than there is room for
    dec = (struct dec){.at = bytes, .n = enc.used};
    window_load(&again, &dec);
    ck_assert(!dec_is_ok(&dec));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("window");
    TCase *tcase = tcase_create("window");
    SRunner *runner;
    int n_failed;

    tcase_add_test(tcase, ratios_equal_the_known_answers);
    tcase_add_test(tcase, what_is_undefined_is_said);
    tcase_add_test(tcase, fills_count_where_they_fall);
    tcase_add_test(tcase, capital_that_moves_is_no_gain);
    tcase_add_test(tcase, a_full_window_forgets_the_oldest_and_is_saved_as_it_is);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
