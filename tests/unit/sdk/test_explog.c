// SPDX-License-Identifier: Apache-2.0
/* agon_exp and agon_ln against libm's in long double over their whole range, with the bounds of
 * <agon/ta.h>; what stands at the ends; and the bits of all answers, which are the same for every
 * compiler, option and processor. */
#include <check.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <agon/ta.h>

#include "../../support/must.h"

static uint64_t mix(uint64_t hash, double x)
{
    uint64_t bits;

    memcpy(&bits, &x, sizeof(bits));
    return hash * 1099511628211u ^ bits;
}

START_TEST(exp_is_within_a_unit_in_the_last_place)
{
    double most = 0;
    int i;

    for (i = -381440; i <= 363385; i++) { // -745 to 709.736
        double x = i / 512.0 + (i & 15) * 0x1p-14;
        long double want = expl((long double)x);
        double unit = ldexp(1, want < 0x1p-1022L ? -1074 : ilogb((double)want) - 52);
        double wrong = (double)(fabsl((long double)agon_exp(x) - want) / (long double)unit);

        most = wrong > most ? wrong : most;
    }
    ck_assert_double_lt(most, 1);
}
END_TEST

START_TEST(ln_is_within_its_bound)
{
    double most = 0, x;

    for (x = 0x1p-1074; x < 0x1p1000; x *= 1.0007 + 0x1p-8 * (x < 0x1p-1060)) {
        long double want = logl((long double)x);
        long double size = fabsl(want) > 1 ? fabsl(want) : 1;
        double wrong = (double)(fabsl((long double)agon_ln(x) - want) / size);

        most = wrong > most ? wrong : most;
        x = x < 0x1p-1060 ? x + 0x1p-1074 : x;
    }
    ck_assert_double_lt(most, 2e-16);
}
END_TEST

START_TEST(ends_are_as_written)
{
    ck_assert(agon_exp(0) == 1 && agon_exp(-0.0) == 1);
    ck_assert(agon_exp(-746) == 0 && agon_exp(-INFINITY) == 0 && agon_exp(-1e300) == 0);
    ck_assert(agon_exp(-745.1) == 0x1p-1074);
    ck_assert(isinf(agon_exp(709.79)) && isinf(agon_exp(INFINITY)) && isinf(agon_exp(1e300)));
    ck_assert(isfinite(agon_exp(709.78)));
    ck_assert(isnan(agon_exp(NAN)) && isnan(agon_ln(NAN)) && isnan(agon_ln(-1)));
    ck_assert(agon_ln(1) == 0 && agon_ln(0) == -INFINITY && agon_ln(INFINITY) == INFINITY);
}
END_TEST

START_TEST(bits_are_these_everywhere)
{
    uint64_t hash = 0;
    int i;

    for (i = -95360; i <= 90846; i++) { // -745 to 709.73
        double x = i / 128.0;

        hash = mix(mix(hash, agon_exp(x)), i > 0 ? agon_ln(x) : 0);
    }
    ck_assert_uint_eq(hash, 0x79159d3d328ddb8du);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("explog");
    TCase *tcase = tcase_create("explog");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tcase, exp_is_within_a_unit_in_the_last_place);
    tcase_add_test(tcase, ln_is_within_its_bound);
    tcase_add_test(tcase, ends_are_as_written);
    tcase_add_test(tcase, bits_are_these_everywhere);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
