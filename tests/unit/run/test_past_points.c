// SPDX-License-Identifier: Apache-2.0
/* Points of equity that are thinned: what a day brought is the same before and after, and there is
 * room for more behind it. */
#include "run/past.h"

#include <check.h>
#include <stdlib.h>

#define DAY    ((agon_ns_t)86400 * 1000000000)
#define PLACES 1024

static struct past_point points[PLACES], before[PLACES];

/* Results are no multiple of anything that places are. */
static void fill(uint32_t per_day)
{
    for (uint32_t i = 0; i < PLACES; i++) {
        points[i] = (struct past_point){.t = (agon_ns_t)(20000 + i / per_day) * DAY +
                                             (agon_ns_t)(i % per_day + 1) * (DAY / (per_day + 1)),
                                        .equity_amt = (agon_amt_t)(i * 7919u % 1009u),
                                        .capital_amt = 500};
        before[i] = points[i];
    }
}

/* The equity of the last point up to t, as a page looks for it. */
static agon_amt_t equity_at(const struct past_point *of, uint32_t n, agon_ns_t t)
{
    agon_amt_t equity_amt = of[0].equity_amt;

    for (uint32_t i = 0; i < n && of[i].t <= t; i++)
        equity_amt = of[i].equity_amt;
    return equity_amt;
}

START_TEST(what_a_day_brought_is_the_same)
{
    static const uint32_t per_day[] = {1023, 400, 33, 7, 4};

    for (size_t k = 0; k < sizeof(per_day) / sizeof(per_day[0]); k++) {
        uint32_t n = PLACES;

        fill(per_day[k]);
        n = past_thin(points, n);
        ck_assert_uint_le(n, PLACES / 2 + PLACES / 4);
        ck_assert_int_eq(points[0].t, before[0].t);
        ck_assert_int_eq(points[n - 1].t, before[PLACES - 1].t);
        for (uint32_t i = 1; i < n; i++)
            ck_assert_int_lt(points[i - 1].t, points[i].t);
        for (uint32_t i = 0; i < PLACES; i++) {
            agon_ns_t t = (before[i].t / DAY + 1) * DAY;

            ck_assert_int_eq(equity_at(points, n, t), equity_at(before, PLACES, t));
        }
    }
}
END_TEST

START_TEST(there_is_room_however_many_days)
{
    uint32_t n;

    for (uint32_t per_day = 1; per_day < 4; per_day++) {
        fill(per_day);
        n = past_thin(points, PLACES);
        ck_assert_uint_le(n, PLACES / 2 + PLACES / 4);
        ck_assert_uint_ge(n, PLACES / 2);
        while (n > PLACES / 4) { // over and over: years
            uint32_t less = past_thin(points, n);

            ck_assert_uint_le(less, n - n / 4);
            n = less;
        }
    }
    ck_assert_uint_eq(past_thin(points, 1), 1);
    ck_assert_uint_eq(past_thin(points, 0), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("past_points");
    TCase *tcase = tcase_create("past_points");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tcase, what_a_day_brought_is_the_same);
    tcase_add_test(tcase, there_is_room_however_many_days);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
