// SPDX-License-Identifier: Apache-2.0
/* fmath: against values of 80 digits; the largest error is printed and bounded. */
#include <math.h>
#include <stdio.h>

#include "../../support/must.h"
#include "base/fmath.h"
#include "fmath_table.h"

// Error in units of the last place of the true value.
static double ulps(double got, double high, double low)
{
    int exponent;

    frexp(high, &exponent);
    if (exponent < -1021)
        exponent = -1021;
    return fabs((got - high) - low) / ldexp(1.0, exponent - 53);
}

static const struct {
    const char *name;
    double (*function)(double);
    const struct point *points;
    size_t n;
    double bound;
} functions[] = {
    {"exp", fmath_exp, exp_points, sizeof(exp_points) / sizeof(exp_points[0]), 1.5},
    {"log", fmath_log, log_points, sizeof(log_points) / sizeof(log_points[0]), 1.5},
    {"sin", fmath_sin, sin_points, sizeof(sin_points) / sizeof(sin_points[0]), 2},
    {"cos", fmath_cos, cos_points, sizeof(cos_points) / sizeof(cos_points[0]), 2},
    {"tanh", fmath_tanh, tanh_points, sizeof(tanh_points) / sizeof(tanh_points[0]), 2},
};

START_TEST(errors_stay_within_their_bound)
{
    double worst = 0;
    double at = 0;

    for (size_t i = 0; i < functions[_i].n; i++) {
        const struct point *point = &functions[_i].points[i];
        double error = ulps(functions[_i].function(point->x), point->high, point->low);

        if (!(error <= worst)) {
            worst = error;
            at = point->x;
        }
    }
    printf("%s: at most %.3f ulp, at %.17g\n", functions[_i].name, worst, at);
    ck_assert(worst <= functions[_i].bound);
}
END_TEST

START_TEST(pow_keeps_twelve_digits)
{
    double worst = 0;

    for (size_t i = 0; i < sizeof(pow_points) / sizeof(pow_points[0]); i++) {
        const struct point2 *point = &pow_points[i];
        double got = fmath_pow(point->x, point->y);
        double error = fabs((got - point->high) - point->low) / fabs(point->high);

        if (!(error <= worst))
            worst = error;
    }
    printf("pow: relative error at most %.3g\n", worst);
    ck_assert(worst <= 1.5e-13);
}
END_TEST

START_TEST(edges_are_those_of_annex_f)
{
    const double infinite = (double)INFINITY;
    const double nan_ = (double)NAN;

    MUST(fmath_exp(0.0) == 1.0);
    MUST(fmath_exp(infinite) == infinite);
    MUST(fmath_exp(-infinite) == 0.0);
    MUST(isnan(fmath_exp(nan_)));
    MUST(fmath_exp(710.0) == infinite);
    MUST(fmath_exp(-746.0) == 0.0);
    MUST(fmath_exp(-745.13) > 0.0); // the smallest numbers are reached
    MUST(isfinite(fmath_exp(709.782712893383)));
    MUST(fmath_log(1.0) == 0.0 && !signbit(fmath_log(1.0)));
    MUST(fmath_log(0.0) == -infinite);
    MUST(fmath_log(-0.0) == -infinite);
    MUST(isnan(fmath_log(-1.0)));
    MUST(isnan(fmath_log(-infinite)));
    MUST(isnan(fmath_log(nan_)));
    MUST(fmath_log(infinite) == infinite);
    MUST(fmath_pow(0.0, 0.0) == 1.0);
    MUST(fmath_pow(nan_, 0.0) == 1.0);
    MUST(fmath_pow(1.0, nan_) == 1.0);
    MUST(isnan(fmath_pow(nan_, 1.0)));
    MUST(isnan(fmath_pow(2.0, nan_)));
    MUST(isnan(fmath_pow(0.0, nan_)));
    MUST(fmath_pow(0.0, 2.0) == 0.0);
    MUST(fmath_pow(0.0, -2.0) == infinite);
    MUST(fmath_pow(infinite, 2.0) == infinite);
    MUST(fmath_pow(infinite, -2.0) == 0.0);
    MUST(fmath_pow(0.5, infinite) == 0.0);
    MUST(fmath_pow(2.0, infinite) == infinite);
    MUST(fmath_pow(2.0, -infinite) == 0.0);
    MUST(fmath_sin(0.0) == 0.0);
    MUST(fmath_sin(-0.0) == 0.0 && signbit(fmath_sin(-0.0)));
    MUST(fmath_cos(0.0) == 1.0);
    MUST(isnan(fmath_sin(infinite)));
    MUST(isnan(fmath_cos(-infinite)));
    MUST(isnan(fmath_sin(nan_)));
    MUST(fmath_tanh(0.0) == 0.0);
    MUST(fmath_tanh(-0.0) == 0.0 && signbit(fmath_tanh(-0.0)));
    MUST(fmath_tanh(infinite) == 1.0);
    MUST(fmath_tanh(-infinite) == -1.0);
    MUST(isnan(fmath_tanh(nan_)));
}
END_TEST

START_TEST(tanh_and_exp_never_step_back)
{
    double last_tanh = -2;
    double last_exp = 0;

    for (int i = -300000; i <= 300000; i++) {
        double x = i * 1e-4;

        MUST(fmath_tanh(x) >= last_tanh);
        MUST(fmath_exp(x) >= last_exp);
        last_tanh = fmath_tanh(x);
        last_exp = fmath_exp(x);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fmath");
    TCase *tcase = tcase_create("promises");
    SRunner *runner = srunner_create(suite);
    int n_failed;

    tcase_add_loop_test(tcase, errors_stay_within_their_bound, 0,
                        (int)(sizeof(functions) / sizeof(functions[0])));
    tcase_add_test(tcase, pow_keeps_twelve_digits);
    tcase_add_test(tcase, edges_are_those_of_annex_f);
    tcase_add_test(tcase, tanh_and_exp_never_step_back);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed != 0;
}
