// SPDX-License-Identifier: Apache-2.0
/* lane: exp, tanh and sigmoid against libm's in long double, whose last 11 bits (40 in float) are
 * beyond ours; what stands at the ends of their range; and Philox against its authors' answers. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "../../support/must.h"
#include "kernels/lane.h"

#if REAL_BITS == 32
#define EPSILON   0x1p-23L
#define LEAST     0x1p-149L /* the smallest that is not 0 */
#define EXP_MOST  88.72283f /* the last before infinity */
#define EXP_LEAST (-103.9f)
#else
#define EPSILON   0x1p-52L
#define LEAST     0x1p-1074L
#define EXP_MOST  709.782712893384
#define EXP_LEAST (-745.1)
#endif

static long double sigmoid(long double x)
{
    return 1 / (1 + expl(-x));
}

static real own_exp(real x)
{
    return lane_exp(x);
}
static real own_log(real x)
{
    return lane_log(x);
}
static real own_tanh(real x)
{
    return lane_tanh(x);
}
static real own_sigmoid(real x)
{
    return lane_sigmoid(x);
}

static const struct {
    const char *name;
    real (*own)(real x);
    long double (*exact)(long double x);
    double from, to, bound;
} functions[] = {
    {"exp", own_exp, expl, (double)EXP_LEAST, (double)EXP_MOST, 1.1},
    {"exp near 0", own_exp, expl, -1, 1, 1.1},
    {"tanh", own_tanh, tanhl, -25, 25, 2.5},
    {"tanh near 0", own_tanh, tanhl, -0.01, 0.01, 2.5},
    {"log", own_log, logl, 0x1p-32, 1, 2},
    {"log near 1", own_log, logl, 0.7, 1.5, 2},
    {"log of anything", own_log, logl, 1e-30, 1e30, 2},
    {"sigmoid", own_sigmoid, sigmoid, -80, 40, 2.5},
};

/* In units of the last place of the exact value; below the normal numbers, of the smallest. */
static double ulps(real got, long double exact)
{
    long double unit = EPSILON;
    int exponent;

    (void)frexpl(exact, &exponent);
    unit = ldexpl(EPSILON, exponent - 1);
    return (double)(fabsl((long double)got - exact) / (unit < LEAST ? LEAST : unit));
}

START_TEST(errors_stay_within_their_bound)
{
    const int n = 2000003;
    double worst = 0;
    real at = 0;

    for (int i = 0; i < n; i++) {
        real x = (real)(functions[_i].from + (functions[_i].to - functions[_i].from) * i / (n - 1));
        double error = ulps(functions[_i].own(x), functions[_i].exact((long double)x));

        if (!(error <= worst)) {
            worst = error;
            at = x;
        }
    }
    printf(REAL_NAME " %s: at most %.3f ulp, at %.17g\n", functions[_i].name, worst, (double)at);
    fflush(stdout);
    ck_assert(worst <= functions[_i].bound);
}
END_TEST

START_TEST(ends_of_the_range_are_exact)
{
    const real infinity = (real)INFINITY;

    ck_assert(lane_exp(0) == 1);
    ck_assert(lane_exp(-infinity) == 0);
    ck_assert(lane_exp(infinity) == infinity);
    ck_assert(isinf(lane_exp((real)1e4)));
    ck_assert(lane_exp((real)-1e4) == 0);
    ck_assert(lane_exp(EXP_LEAST) > 0); // a number below the normal ones, not 0
    ck_assert(isnan(lane_exp((real)NAN)));
    ck_assert(lane_tanh(infinity) == 1);
    ck_assert(lane_tanh(-infinity) == -1);
    ck_assert(lane_tanh((real)1e4) == 1);
    ck_assert(lane_tanh(0) == 0 && !signbit(lane_tanh((real)0.0)));
    ck_assert(signbit(lane_tanh((real)-0.0)));
    ck_assert(lane_tanh((real)1e-30) == (real)1e-30);
    ck_assert(isnan(lane_tanh((real)NAN)));
    ck_assert(lane_sigmoid(infinity) == 1);
    ck_assert(lane_sigmoid(-infinity) == 0);
    ck_assert(lane_sigmoid(0) == (real)0.5);
    ck_assert(isnan(lane_nan()));
}
END_TEST

/* kat_vectors of Random123, for philox4x32 of 10 rounds: counter, key, answer. */
static const struct {
    uint32_t counter[4], key[2], want[4];
} known[] = {
    {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
    {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
     {0xffffffff, 0xffffffff},
     {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
    {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
     {0xa4093822, 0x299f31d0},
     {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
};

START_TEST(philox_gives_its_authors_answers)
{
    const uint32_t *c = known[_i].counter;
    struct lane_philox got =
        lane_philox(c[0], c[1], c[2], c[3], known[_i].key[0], known[_i].key[1]);

    for (int i = 0; i < 4; i++)
        ck_assert_uint_eq(got.word[i], known[_i].want[i]);
}
END_TEST

/* Of each eighth of a turn, with both sides of it, and of a million others. */
START_TEST(turns_are_near_what_libm_says)
{
    const long double turn = 6.283185307179586476925286766559L;
    double worst = 0;

    for (uint32_t i = 0; i < 1 << 20; i++) {
        uint32_t w = i < 24 ? (i / 3) * 0x20000000u + i % 3 - 1 : i * 4099;
        struct lane_turn got = lane_turn(w);
        long double at = turn * w / 4294967296.0L;
        double far = (double)fabsl((long double)got.sine - sinl(at));
        double across = (double)fabsl((long double)got.cosine - cosl(at));

        worst = far > worst ? far : worst;
        worst = across > worst ? across : worst;
    }
    printf(REAL_NAME " sine, cosine: at most %.3f of EPSILON\n", worst / (double)EPSILON);
    fflush(stdout);
    ck_assert(worst <= (double)EPSILON);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lane");
    TCase *tcase = tcase_create("lane");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, errors_stay_within_their_bound, 0,
                        (int)(sizeof(functions) / sizeof(functions[0])));
    tcase_add_test(tcase, ends_of_the_range_are_exact);
    tcase_add_test(tcase, turns_are_near_what_libm_says);
    tcase_add_loop_test(tcase, philox_gives_its_authors_answers, 0,
                        (int)(sizeof(known) / sizeof(known[0])));
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
