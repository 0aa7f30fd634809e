// SPDX-License-Identifier: Apache-2.0
/* Scenarios and sweeps against what was known before: the log-normal law, the reflection principle,
 * the mean of a random walk's deepest fall, and rules that a pencil follows. Draws are the same at
 * each run, so that nothing here is left to chance. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../../support/must.h"
#include "agon/tail.h"
#include "kernels/cpu.h"
#include "kernels/lane.h"

#define PATHS  200000u
#define Z_05   (-1.6448536269514722)
#define BROWN  1.2533141373155001 /* the mean of a Brownian motion's deepest fall: sqrt(pi / 2) */
#define COARSE 0.5826 /* what steps hide of an extreme: Broadie, Glasserman, Kou, 1997 */

static double normal_cdf(double z)
{
    return erfc(-z / sqrt(2)) / 2;
}

/* y of those positions; freed by the caller. */
static real *paths(const real *value, const real *drift, const real *factor, uint32_t n, uint32_t m,
                   uint32_t steps, uint64_t stream)
{
    struct device *device = cpu_device_new(CPU_BEST, 2);
    struct scenarios_args args = {.value = value,
                                  .drift = drift,
                                  .factor = factor,
                                  .y = malloc(3 * (size_t)n * sizeof(real)),
                                  .seed = 7,
                                  .stream = stream,
                                  .n = n,
                                  .m = m,
                                  .steps = steps};

    ck_assert_ptr_nonnull(device);
    ck_assert_ptr_nonnull(args.y);
    kernel_scenarios(device, &args);
    device->free(device);
    return args.y;
}

static void expect_near(double got, double want, double within, const char *what)
{
    ck_assert_msg(fabs(got - want) <= within, "%s: %.9g, not %.9g", what, got, want);
}

/* A position of 1,000 whose log price moves in a day by 0.001 and 0.02: risks of 10 days have a
 * closed form. Within 3.5 standard errors, at most. */
START_TEST(risks_of_one_position_are_the_log_normal_laws)
{
    const real value = _i == 0 ? 1000 : -1000, drift = (real)0.001, sigma = (real)0.02;
    const double mean = 0.01, s = 0.02 * sqrt(10), side = _i == 0 ? 1 : -1;
    double worst_z = side * Z_05;
    double in_tail =
        exp(mean + s * s / 2) * (side > 0 ? normal_cdf(Z_05 - s) : normal_cdf(s - worst_z)) / 0.05;
    real *y = paths(&value, &drift, &sigma, PATHS, 1, 10, 0);
    float *outcomes = malloc(PATHS * sizeof(float));
    struct agon_tail tail;

    ck_assert_ptr_nonnull(outcomes);
    for (uint32_t i = 0; i < PATHS; i++)
        outcomes[i] = (float)y[i];
    ck_assert_int_eq(agon_tail_of(outcomes, PATHS, 0.05, &tail), AGON_OK);
    expect_near(tail.mean, side * 1000 * (exp(mean + s * s / 2) - 1), 0.5, "mean");
    expect_near(tail.at_risk, -side * 1000 * (exp(mean + s * worst_z) - 1), 1, "value at risk");
    expect_near(tail.shortfall, -side * 1000 * (in_tail - 1), 1.2, "shortfall");
    expect_near(_i == 0 ? tail.p_loss : tail.p_profit, normal_cdf(-mean / s), 0.004, "below 0");
    free(outcomes);
    free(y);
}
END_TEST

/* The least on the way is twice as often below a level as the end is; the deepest fall has a known
 * mean; both of what steps let see. */
START_TEST(extremes_on_the_way_are_a_random_walks)
{
    const uint32_t steps = 500, n = 40000;
    const double s = 1e-3;
    const real value = 1, drift = 0, sigma = (real)(s / sqrt(steps));
    real *y = paths(&value, &drift, &sigma, n, 1, steps, 1);
    double level = s, n_below = 0, falls = 0;

    for (uint32_t i = 0; i < n; i++) {
        n_below += (double)y[n + i] <= -level;
        falls += (double)y[2 * n + i];
        MUST(y[n + i] <= 0 && y[n + i] <= y[i] && y[2 * n + i] >= -y[n + i]);
    }
    expect_near(n_below / n, 2 * normal_cdf(-(level / s + COARSE / sqrt(steps))), 0.008, "below");
    expect_near(falls / n / s, BROWN - 2 * COARSE / sqrt(steps), 0.01, "falls");
    free(y);
}
END_TEST

/* Three positions, of which the third moves with the first two: the variance is that of the sum. */
START_TEST(positions_move_together_as_the_factor_says)
{
    const real value[3] = {3, -2, 4}, drift[3] = {0}, unread = (real)NAN;
    const real factor[9] = {(real)1e-3, unread,      unread,     (real)5e-4, (real)2e-3,
                            unread,     (real)-1e-3, (real)1e-3, (real)5e-4};
    const real hedge[2] = {4, -4}, one[4] = {(real)0.02, unread, (real)0.02, 0};
    double variance = 0, want = 0;
    real *y = paths(value, drift, factor, PATHS, 3, 1, 2);

    for (uint32_t i = 0; i < PATHS; i++)
        variance += (double)y[i] * (double)y[i] / PATHS;
    for (int k = 0; k < 3; k++) {
        double of = 0;

        for (int j = k; j < 3; j++)
            of += (double)value[j] * (double)factor[3 * j + k];
        want += of * of;
    }
    expect_near(sqrt(variance / want), 1, 0.006, "variance");
    free(y);
    y = paths(hedge, drift, one, 1000, 2, 20, 3); // the same moves, long and short: nothing
    for (uint32_t i = 0; i < 3000; i++)
        MUST(y[i] == 0);
    free(y);
}
END_TEST

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* All four numbers of a draw: the distance of Kolmogorov and Smirnov, which 1 in 100 passes, and
 * what each has to do with the next. */
START_TEST(draws_are_normal_and_apart)
{
    const uint32_t n = 400000;
    double *z = malloc(n * sizeof(double));
    double most = 0, with_next = 0;

    ck_assert_ptr_nonnull(z);
    for (uint32_t i = 0; i < n; i += 4) {
        struct lane_normals four = lane_normals(lane_philox(i / 4, 0, 0, 0, 1, 2));

        for (uint32_t k = 0; k < 4; k++)
            z[i + k] = (double)four.at[k];
    }
    for (uint32_t i = 0; i + 1 < n; i++)
        with_next += z[i] * z[i + 1] / n;
    expect_near(with_next, 0, 3 / sqrt(n), "with the next");
    qsort(z, n, sizeof(double), by_size);
    for (uint32_t i = 0; i < n; i++)
        most = fmax(most, fabs(normal_cdf(z[i]) - (i + 0.5) / n));
    ck_assert_msg(most * sqrt(n) < 1.63, "%g", most * sqrt(n));
    expect_near(z[0], -4.6, 0.5, "the least of 400,000");
    free(z);
}
END_TEST

/* By a pencil: two series and a price, and what the rule makes of them at a fee of 1/4. */
#define N (real) NAN
static const struct {
    const char *what;
    real a[2][8], fill[8], enter, leave;
    double gain, fall;
    uint32_t trades;
} worked_out[] = {
    // Long from fill 3 on, at 4, marked at 8: 0.75 * 8 / 4; before a rise a loss of the fee.
    {"bought and kept",
     {{0, 0, 2, 2, 2, 2, 2, 2}, {1, 1, 1, 1, 1, 1, 1, 1}},
     {9, 9, 9, 4, 9, 9, 9, 9},
     0,
     0,
     0.5,
     0.25,
     1},
    // Sold behind the first fall, at fill 6, for 2: 0.75 * 2 / 4 * 0.75.
    {"bought and sold",
     {{0, 0, 2, 2, 2, 0, 0, 0}, {1, 1, 1, 1, 1, 1, 1, 1}},
     {9, 9, 9, 4, 9, 9, 2, 9},
     0,
     0,
     -0.71875,
     0.8125,
     2},
    // Above from the beginning: no cross.
    {"never below",
     {{2, 2, 2, 2, 2, 2, 2, 2}, {1, 1, 1, 1, 1, 1, 1, 1}},
     {9, 9, 9, 4, 9, 9, 9, 9},
     0,
     0,
     0,
     0,
     0},
    // What is no number says nothing, nor does what is equal.
    {"nothing said",
     {{N, 0, N, 1, N, N, 2, 2}, {1, 1, 1, 1, 1, 1, N, 1}},
     {9, 9, 9, 9, 9, 9, 9, 9},
     0,
     0,
     0,
     0,
     0},
    // A band: within it, it stays what it is.
    {"a band",
     {{0, 5, 9, 5, 5, 1, 5, 5}, {4, 4, 4, 4, 4, 4, 4, 4}},
     {9, 9, 9, 4, 9, 9, 4, 9},
     4,
     -2,
     -0.4375,
     0.625,
     2},
    // Said at the last step: too late for a fill.
    {"at the end",
     {{0, 0, 0, 0, 0, 0, 0, 2}, {1, 1, 1, 1, 1, 1, 1, 1}},
     {9, 9, 9, 9, 9, 9, 9, 9},
     0,
     0,
     0,
     0,
     0},
};

START_TEST(a_rule_makes_what_a_pencil_does)
{
    static const real prices[][8] = {{8, 8, 8, 4, 8, 8, 8, 8}, {8, 8, 8, 8, 8, 8, 8, 8}};
    struct device *device = cpu_device_new(CPU_BEST, 1);
    const uint32_t pairs[4] = {0, 1, 1, 0};
    real enter[2] = {worked_out[_i].enter, 1000}, leave[2] = {worked_out[_i].leave, -1000}, y[6];
    struct sweeps_args args = {.a = worked_out[_i].a[0],
                               .price = prices[_i > 0],
                               .fill = worked_out[_i].fill,
                               .pairs = pairs,
                               .enter = enter,
                               .leave = leave,
                               .y = y,
                               .n = 2,
                               .steps = 8,
                               .rows = 2,
                               .fee = (real)0.25};

    ck_assert_ptr_nonnull(device);
    kernel_sweeps(device, &args);
    device->free(device);
    expect_near((double)y[0], worked_out[_i].gain, 0, worked_out[_i].what);
    expect_near((double)y[2], worked_out[_i].fall, 0, worked_out[_i].what);
    expect_near((double)y[4], worked_out[_i].trades, 0, worked_out[_i].what);
    ck_assert(y[1] == 0 && y[3] == 0 && y[5] == 0); // its band is never left
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("paths");
    TCase *tcase = tcase_create("paths");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, risks_of_one_position_are_the_log_normal_laws, 0, 2);
    tcase_add_test(tcase, extremes_on_the_way_are_a_random_walks);
    tcase_add_test(tcase, positions_move_together_as_the_factor_says);
    tcase_add_test(tcase, draws_are_normal_and_apart);
    tcase_add_loop_test(tcase, a_rule_makes_what_a_pencil_does, 0,
                        (int)(sizeof(worked_out) / sizeof(worked_out[0])));
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
