// SPDX-License-Identifier: Apache-2.0
/* What <agon/ta.h> promises beside its figures (test_reference has those): bounds, bad input,
 * states that are saved and restored, moments with closed forms, and the ways from doubles to
 * units. */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include <agon/ta.h>

#include "../../support/must.h"

static double next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (double)(*state >> 11) / 9007199254740992.0;
}

/* All of them, as a plugin keeps them. */
struct all {
    struct agon_sma sma;
    struct agon_ema ema, ema_first;
    struct agon_rsi rsi;
    struct agon_bollinger bands;
    struct agon_atr atr;
    struct agon_vwap vwap, session;
    struct agon_moments moments;
};

static void all_init(struct all *all, uint32_t period)
{
    MUST(agon_sma_init(&all->sma, period) == AGON_OK);
    MUST(agon_ema_init(&all->ema, period, AGON_SEED_SMA) == AGON_OK);
    MUST(agon_ema_init(&all->ema_first, period, AGON_SEED_FIRST) == AGON_OK);
    MUST(agon_rsi_init(&all->rsi, period) == AGON_OK);
    MUST(agon_bollinger_init(&all->bands, period, 2, 3) == AGON_OK);
    MUST(agon_atr_init(&all->atr, period, AGON_SEED_SMA) == AGON_OK);
    MUST(agon_vwap_init(&all->vwap, period) == AGON_OK);
    MUST(agon_vwap_init(&all->session, 0) == AGON_OK);
    MUST(agon_moments_init(&all->moments, period) == AGON_OK);
}

static int all_update(struct all *all, double x, double qty)
{
    int rc = 0;

    rc |= agon_sma_update(&all->sma, x);
    rc |= agon_ema_update(&all->ema, x);
    rc |= agon_ema_update(&all->ema_first, x);
    rc |= agon_rsi_update(&all->rsi, x);
    rc |= agon_bollinger_update(&all->bands, x);
    rc |= agon_atr_update(&all->atr, x, x, x);
    rc |= agon_vwap_update(&all->vwap, x, qty);
    rc |= agon_vwap_update(&all->session, x, qty);
    rc |= agon_moments_update(&all->moments, x);
    return rc;
}

static int all_check(const struct all *all)
{
    int rc = 0;

    rc |= agon_sma_check(&all->sma);
    rc |= agon_ema_check(&all->ema) | agon_ema_check(&all->ema_first);
    rc |= agon_rsi_check(&all->rsi);
    rc |= agon_bollinger_check(&all->bands);
    rc |= agon_atr_check(&all->atr);
    rc |= agon_vwap_check(&all->vwap) | agon_vwap_check(&all->session);
    rc |= agon_moments_check(&all->moments);
    return rc;
}

/* Every figure that can be read. */
static void all_values(const struct all *all, double out[14])
{
    struct agon_shape shape;

    agon_moments_value(&all->moments, &shape);
    out[0] = agon_sma_value(&all->sma);
    out[1] = agon_ema_value(&all->ema);
    out[2] = agon_ema_value(&all->ema_first);
    out[3] = agon_rsi_value(&all->rsi);
    out[4] = agon_bollinger_lower(&all->bands);
    out[5] = agon_bollinger_middle(&all->bands);
    out[6] = agon_bollinger_upper(&all->bands);
    out[7] = agon_atr_value(&all->atr);
    out[8] = agon_vwap_value(&all->vwap);
    out[9] = agon_vwap_value(&all->session);
    out[10] = shape.mean;
    out[11] = shape.variance;
    out[12] = shape.skew;
    out[13] = shape.kurtosis;
}

static int all_are_finite(const struct all *all)
{
    double value[14];
    int i;

    all_values(all, value);
    for (i = 0; i < 14; i++)
        if (!isfinite(value[i]))
            return 0;
    return 1;
}

START_TEST(a_restored_copy_goes_on_to_the_last_bit)
{
    static struct all one, two;
    uint64_t random = 1;
    int i;

    all_init(&one, 20);
    for (i = 0; i < 5000; i++) {
        double x = 100 + 10 * next_random(&random), qty = next_random(&random);
        MUST(all_update(&one, x, qty) == AGON_OK);
        if (i % 7 == 0) { // the bytes are all there is
            MUST(all_check(&one) == AGON_OK);
            memcpy(&two, &one, sizeof(two));
        } else {
            MUST(all_update(&two, x, qty) == AGON_OK);
        }
        MUST(memcmp(&one, &two, sizeof(one)) == 0);
        MUST(all_are_finite(&one));
    }
}
END_TEST

START_TEST(bytes_from_outside_are_refused_or_harmless)
{
    static struct all all;
    unsigned char *bytes = (unsigned char *)&all;
    uint64_t random = 7;
    unsigned n_taken = 0;
    int round, i;

    for (round = 0; round < 2000; round++) {
        all_init(&all, 20);
        for (i = 0; i < 40; i++)
            MUST(all_update(&all, 100 + i, 1) == AGON_OK);
        for (i = 0; i < 1 + round % 50; i++)
            bytes[(size_t)(next_random(&random) * sizeof(all))] =
                (unsigned char)(256 * next_random(&random));
        if (all_check(&all) != AGON_OK)
            continue;
        n_taken++;
        for (i = 0; i < 600; i++)
            all_update(&all, 100, 1);
        MUST(all_are_finite(&all));
    }
    ck_assert_uint_gt(n_taken, 0);
    memset(&all, 0xff, sizeof(all));
    ck_assert_int_ne(all_check(&all), AGON_OK);
    memset(&all, 0, sizeof(all));
    ck_assert_int_ne(all_check(&all), AGON_OK);
}
END_TEST

START_TEST(periods_out_of_bounds_are_refused_and_stay_unusable)
{
    static struct all all;

    ck_assert_int_eq(agon_sma_init(&all.sma, 0), AGON_EINVAL);
    ck_assert_int_eq(agon_sma_init(&all.sma, AGON_TA_WINDOW_MAX + 1), AGON_EINVAL);
    ck_assert_int_eq(agon_sma_update(&all.sma, 1), AGON_EINVAL);
    ck_assert(!agon_sma_is_ready(&all.sma));
    ck_assert_int_eq(agon_ema_init(&all.ema, 0, AGON_SEED_SMA), AGON_EINVAL);
    ck_assert_int_eq(agon_ema_init(&all.ema, AGON_TA_PERIOD_MAX + 1, AGON_SEED_SMA), AGON_EINVAL);
    ck_assert_int_eq(agon_ema_init(&all.ema, 5, (enum agon_seed)2), AGON_EINVAL);
    ck_assert_int_eq(agon_ema_update(&all.ema, 1), AGON_EINVAL);
    ck_assert(!agon_ema_is_ready(&all.ema));
    ck_assert_int_eq(agon_rsi_init(&all.rsi, 1), AGON_EINVAL);
    ck_assert_int_eq(agon_rsi_update(&all.rsi, 1), AGON_EINVAL);
    ck_assert(!agon_rsi_is_ready(&all.rsi));
    ck_assert_int_eq(agon_bollinger_init(&all.bands, 20, -1, 2), AGON_EINVAL);
    ck_assert_int_eq(agon_bollinger_init(&all.bands, 20, 2, (double)INFINITY), AGON_EINVAL);
    ck_assert_int_eq(agon_bollinger_update(&all.bands, 1), AGON_EINVAL);
    ck_assert(!agon_bollinger_is_ready(&all.bands));
    ck_assert_int_eq(agon_atr_init(&all.atr, 0, AGON_SEED_SMA), AGON_EINVAL);
    ck_assert_int_eq(agon_atr_update(&all.atr, 1, 1, 1), AGON_EINVAL);
    ck_assert(!agon_atr_is_ready(&all.atr));
    ck_assert_int_eq(agon_vwap_init(&all.vwap, AGON_TA_WINDOW_MAX + 1), AGON_EINVAL);
    ck_assert_int_eq(agon_vwap_update(&all.vwap, 1, 1), AGON_EINVAL);
    ck_assert(!agon_vwap_is_ready(&all.vwap));
    ck_assert_int_eq(agon_moments_init(&all.moments, 1), AGON_EINVAL);
    ck_assert_int_eq(agon_moments_update(&all.moments, 1), AGON_EINVAL);
    ck_assert(!agon_moments_is_ready(&all.moments));
    ck_assert(all_are_finite(&all));
}
END_TEST

START_TEST(bad_input_changes_nothing)
{
    static const double bad[] = {(double)NAN, (double)INFINITY, -(double)INFINITY, 1.1e70, -1e300};
    static struct all all, before;
    unsigned i;

    all_init(&all, 5);
    for (i = 0; i < 20; i++)
        MUST(all_update(&all, 100 + i, 2) == AGON_OK);
    before = all;
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ck_assert_int_ne(all_update(&all, bad[i], 1), AGON_OK);
        ck_assert_int_eq(agon_vwap_update(&all.vwap, 1, bad[i]), AGON_EINVAL);
        ck_assert_int_eq(agon_vwap_update(&all.session, 1, bad[i]), AGON_EINVAL);
    }
    ck_assert_int_eq(agon_vwap_update(&all.vwap, 1, -1), AGON_EINVAL);
    ck_assert_int_eq(agon_vwap_update(&all.session, 1e65, 1e65), AGON_ERANGE);
    ck_assert_int_eq(agon_atr_update(&all.atr, 1, 2, 1), AGON_EINVAL);
    ck_assert_mem_eq(&all, &before, sizeof(all));
}
END_TEST

START_TEST(the_largest_inputs_give_finite_figures)
{
    static struct all all;
    int i;

    all_init(&all, AGON_TA_WINDOW_MAX);
    for (i = 0; i < 2000; i++) {
        MUST(all_update(&all, i % 2 ? AGON_TA_ABS_MAX : -AGON_TA_ABS_MAX, 0) == AGON_OK);
        if (i % 100 == 0)
            MUST(all_are_finite(&all) && all_check(&all) == AGON_OK);
    }
    MUST(agon_vwap_init(&all.vwap, 3) == AGON_OK);
    for (i = 0; i < 5; i++)
        MUST(agon_vwap_update(&all.vwap, AGON_TA_ABS_MAX, AGON_TA_ABS_MAX) == AGON_OK);
    ck_assert_double_eq_tol(agon_vwap_value(&all.vwap) / AGON_TA_ABS_MAX, 1, 1e-12);
}
END_TEST

START_TEST(ready_comes_with_the_documented_update)
{
    static struct all all;
    int i;

    all_init(&all, 14);
    for (i = 1; i <= 20; i++) {
        MUST(all_update(&all, i, 1) == AGON_OK);
        ck_assert_int_eq(agon_sma_is_ready(&all.sma), i >= 14);
        ck_assert_int_eq(agon_ema_is_ready(&all.ema), i >= 14);
        ck_assert_int_eq(agon_ema_is_ready(&all.ema_first), i >= 14);
        ck_assert_int_eq(agon_rsi_is_ready(&all.rsi), i >= 15);
        ck_assert_int_eq(agon_bollinger_is_ready(&all.bands), i >= 14);
        ck_assert_int_eq(agon_atr_is_ready(&all.atr), i >= 15);
        ck_assert_int_eq(agon_vwap_is_ready(&all.vwap), i >= 14);
        ck_assert_int_eq(agon_vwap_is_ready(&all.session), 1);
        ck_assert_int_eq(agon_moments_is_ready(&all.moments), i >= 14);
    }
}
END_TEST

START_TEST(a_market_that_does_not_move_is_neither_cheap_nor_dear)
{
    static struct all all;
    struct agon_shape shape;
    int i;

    all_init(&all, 14);
    for (i = 0; i < 1000; i++)
        MUST(all_update(&all, 0.1, 3) == AGON_OK);
    agon_moments_value(&all.moments, &shape);
    ck_assert_double_eq(agon_rsi_value(&all.rsi), 50);
    ck_assert_double_eq_tol(agon_bollinger_lower(&all.bands), 0.1, 1e-15);
    ck_assert_double_eq_tol(agon_vwap_value(&all.session), 0.1, 1e-13);
    ck_assert_double_eq(shape.variance, 0);
    ck_assert_double_eq(shape.skew, 0);
    ck_assert_double_eq(shape.kurtosis, 0);
    ck_assert_double_eq(agon_atr_value(&all.atr), 0);
}
END_TEST

/* k ones among n zeros are a Bernoulli variable with p = k / n, whose moments are textbook:
 * variance p q, skew (q - p) / sqrt(p q), excess kurtosis (1 - 6 p q) / (p q). */
START_TEST(moments_are_those_of_a_bernoulli_variable)
{
    static const struct {
        uint32_t n, k;
    } cases[] = {{4, 1}, {2, 1}, {10, 3}, {512, 1}, {512, 300}};
    static struct agon_moments moments;
    struct agon_shape shape;
    double p = (double)cases[_i].k / cases[_i].n, q = 1 - p;
    double levels[] = {0, 1e6, -1e9};
    double steps[] = {1, 0.25, 1024};
    uint32_t i, k;

    for (k = 0; k < 3; k++) {
        MUST(agon_moments_init(&moments, cases[_i].n) == AGON_OK);
        for (i = 0; i < 3 * cases[_i].n + 1; i++) // older values must have gone
            MUST(agon_moments_update(&moments, 12345.678) == AGON_OK);
        for (i = 0; i < cases[_i].n; i++)
            MUST(agon_moments_update(&moments, levels[k] + (i < cases[_i].k ? steps[k] : 0)) ==
                 AGON_OK);
        agon_moments_value(&moments, &shape);
        ck_assert_double_eq_tol(shape.mean, levels[k] + p * steps[k], 1e-6);
        ck_assert_double_eq_tol(shape.variance / (steps[k] * steps[k]), p * q, 1e-6);
        ck_assert_double_eq_tol(shape.skew, (q - p) / sqrt(p * q), 1e-5 * (1 + fabs(1 / (p * q))));
        ck_assert_double_eq_tol(shape.kurtosis, (1 - 6 * p * q) / (p * q), 1e-5 / (p * q));
    }
}
END_TEST

START_TEST(vwap_weighs_by_volume_and_forgets)
{
    static struct agon_vwap vwap;

    MUST(agon_vwap_init(&vwap, 2) == AGON_OK);
    MUST(agon_vwap_update(&vwap, 10, 1) == AGON_OK);
    ck_assert_double_eq(agon_vwap_value(&vwap), 10);
    MUST(agon_vwap_update(&vwap, 20, 3) == AGON_OK);
    ck_assert_double_eq(agon_vwap_value(&vwap), 17.5);
    MUST(agon_vwap_update(&vwap, 30, 1) == AGON_OK);
    ck_assert_double_eq(agon_vwap_value(&vwap), 22.5);
    MUST(agon_vwap_update(&vwap, 31, 0) == AGON_OK);
    MUST(agon_vwap_update(&vwap, 32, 0) == AGON_OK);
    ck_assert_double_eq(agon_vwap_value(&vwap), 32); // no volume: the last price
    MUST(agon_vwap_init(&vwap, 0) == AGON_OK);
    ck_assert_double_eq(agon_vwap_value(&vwap), 0);
    MUST(agon_vwap_update(&vwap, 10, 1) == AGON_OK);
    MUST(agon_vwap_update(&vwap, 20, 3) == AGON_OK);
    MUST(agon_vwap_update(&vwap, 30, 4) == AGON_OK);
    ck_assert_double_eq(agon_vwap_value(&vwap), 23.75);
}
END_TEST

START_TEST(doubles_become_units_as_the_name_says)
{
    static const struct {
        double x;
        int64_t step, floor, ceil, round;
    } cases[] = {
        {0, 5, 0, 0, 0},
        {12, 5, 10, 15, 10},
        {12.5, 5, 10, 15, 15},
        {-12.5, 5, -15, -10, -15},
        {-12, 5, -15, -10, -10},
        {15, 5, 15, 15, 15},
        {14.999, 5, 10, 15, 15},
        {0.4, 1, 0, 1, 0},
        {-0.5, 1, -1, 0, -1},
        {7, 0, 7, 7, 7}, // a step below 1 counts as 1
        {7, -3, 7, 7, 7},
        {(double)NAN, 5, 0, 0, 0},
        {1e300, 1, (int64_t)1 << 62, (int64_t)1 << 62, (int64_t)1 << 62},
        {-1e300, 1, -((int64_t)1 << 62), -((int64_t)1 << 62), -((int64_t)1 << 62)},
    };
    unsigned i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        MUST_EQ(agon_floor_to(cases[i].x, cases[i].step), cases[i].floor);
        MUST_EQ(agon_ceil_to(cases[i].x, cases[i].step), cases[i].ceil);
        MUST_EQ(agon_round_to(cases[i].x, cases[i].step), cases[i].round);
    }
    for (i = 0; i < 1000; i++) { // whatever the step, nothing overflows
        static const double xs[] = {1e300, -1e300, 9e18, -9e18, 4.6e18, 3};
        int64_t step = (int64_t)((uint64_t)i * 0x9e3779b97f4a7c15u >> 1);
        agon_floor_to(xs[i % 6], step);
        agon_ceil_to(xs[i % 6], step);
        agon_round_to(xs[i % 6], step);
    }
}
END_TEST

START_TEST(powers_of_ten_are_exact_and_clamped)
{
    int64_t want = 1;
    int i;

    for (i = 0; i <= 18; i++, want = i <= 18 ? want * 10 : want)
        MUST_EQ(agon_pow10(i), want);
    MUST_EQ(agon_pow10(19), 1000000000000000000);
    MUST_EQ(agon_pow10(-1), 1);
    ck_assert_double_eq(agon_to_double(-1250, 2), -12.5);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ta");
    TCase *tcase = tcase_create("all");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, a_restored_copy_goes_on_to_the_last_bit);
    tcase_add_test(tcase, bytes_from_outside_are_refused_or_harmless);
    tcase_add_test(tcase, periods_out_of_bounds_are_refused_and_stay_unusable);
    tcase_add_test(tcase, bad_input_changes_nothing);
    tcase_add_test(tcase, the_largest_inputs_give_finite_figures);
    tcase_add_test(tcase, ready_comes_with_the_documented_update);
    tcase_add_test(tcase, a_market_that_does_not_move_is_neither_cheap_nor_dear);
    tcase_add_loop_test(tcase, moments_are_those_of_a_bernoulli_variable, 0, 5);
    tcase_add_test(tcase, vwap_weighs_by_volume_and_forgets);
    tcase_add_test(tcase, doubles_become_units_as_the_name_says);
    tcase_add_test(tcase, powers_of_ten_are_exact_and_clamped);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
