// SPDX-License-Identifier: Apache-2.0
/* soonest: against a walk over all, while times change and numbers come. */
#include <check.h>
#include <stdlib.h>

#include "base/rng.h"
#include "base/soonest.h"

#define N 4096u

static int64_t due[N];

static void holds(const struct soonest *all)
{
    int64_t t = SOONEST_NEVER;
    uint32_t number = 0;

    for (uint32_t i = 0; i < N; i++) {
        if (due[i] < t) {
            t = due[i];
            number = i;
        }
    }
    ck_assert_int_eq(soonest_t(all), t);
    if (t != SOONEST_NEVER)
        ck_assert_uint_eq(soonest_number(all), number);
}

START_TEST(the_first_is_what_a_walk_over_all_finds)
{
    struct soonest all = {.at = calloc(SOONEST_ROOM(N), sizeof(uint64_t))};
    struct rng rng;

    ck_assert_ptr_nonnull(all.at);
    rng_init(&rng, 7);
    for (uint32_t i = 0; i < N; i++)
        due[i] = SOONEST_NEVER;
    holds(&all);
    soonest_set(&all, N - 1, SOONEST_NEVER); // what is not there is no reason to grow
    ck_assert_uint_eq(all.room, 0);
    for (uint32_t n = 1; n <= N; n *= 2) {
        for (int i = 0; i < 400; i++) {
            uint32_t number = (uint32_t)rng_below(&rng, n);

            // Few times, so that many are equal.
            due[number] = rng_below(&rng, 4) == 0 ? SOONEST_NEVER : (int64_t)rng_below(&rng, 50);
            soonest_set(&all, number, due[number]);
            holds(&all);
        }
        ck_assert_uint_le(all.room, n);
    }
    soonest_clear(&all);
    ck_assert_int_eq(soonest_t(&all), SOONEST_NEVER);
    free(all.at);
}
END_TEST

START_TEST(one_number_has_no_page_of_those_that_may_come)
{
    uint64_t *at = calloc(SOONEST_ROOM(N), sizeof(*at));
    struct soonest all = {.at = at};

    ck_assert_ptr_nonnull(at);
    soonest_set(&all, 2, 5);
    ck_assert_uint_eq(all.room, 4);
    for (uint64_t i = 2 * all.room; i < SOONEST_ROOM(N); i++)
        ck_assert_uint_eq(at[i], 0);
    free(at);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base_soonest");
    TCase *tcase = tcase_create("soonest");
    SRunner *runner;
    int n_failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, the_first_is_what_a_walk_over_all_finds);
    tcase_add_test(tcase, one_number_has_no_page_of_those_that_may_come);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
