// SPDX-License-Identifier: Apache-2.0
/* Which of two costs a step has, by what is chosen: the smaller is found, and found again when it
 * has changed. */
#include "agent/core_choice.h"

#include <check.h>
#include <stdlib.h>

static struct core_choice choice;
static int64_t now_ns, cost_ns[2]; /* of a step on all, on one */
static uint64_t n_on[2];

static void run(uint64_t n_steps, int64_t cheap_ns)
{
    n_on[0] = n_on[1] = 0;
    for (uint64_t i = 0; i < n_steps; i++) {
        if (core_choice_step(&choice))
            core_choice_next(&choice, now_ns, cheap_ns);
        n_on[choice.is_one]++;
        now_ns += cost_ns[choice.is_one];
    }
}

static void begin(int64_t all_ns, int64_t one_ns)
{
    choice = (struct core_choice){0};
    cost_ns[0] = all_ns;
    cost_ns[1] = one_ns;
    now_ns = 1000000000;
}

START_TEST(what_costs_little_on_one_core_stays_there)
{
    begin(1, 20000); // what all cores would cost is not looked at
    run(1000000, 80000);
    ck_assert_uint_eq(n_on[0], 0);
    ck_assert_uint_eq(n_on[1], 1000000);
}
END_TEST

START_TEST(the_smaller_cost_is_chosen_and_the_other_seldom_tried)
{
    for (int is_one = 0; is_one < 2; is_one++) {
        begin(is_one ? 300000 : 100000, is_one ? 100000 : 300000);
        run(1000000, 80000);
        ck_assert_uint_ge(n_on[!is_one], CORE_CHOICE_TRY);
        ck_assert_uint_le(n_on[!is_one], 8 * CORE_CHOICE_TRY); // 8,192, 16,384 and so on between
    }
}
END_TEST

START_TEST(a_choice_that_is_none_any_more_is_found_again)
{
    begin(100000, 300000);
    run(100000, 0);
    ck_assert_int_eq(choice.is_one, 0);
    cost_ns[0] = 500000;
    run(300000, 0);
    ck_assert_int_eq(choice.is_one, 1);
    ck_assert_uint_gt(n_on[1], n_on[0]);
    // Cheap on one core by now: all are not tried again.
    cost_ns[1] = 20000;
    run(1000000, 80000);
    run(3000000, 80000);
    ck_assert_uint_eq(n_on[0], 0);
}
END_TEST

START_TEST(where_nothing_is_cheap_both_are_always_tried)
{
    begin(30000, 20000);
    run(100000, 0);
    ck_assert_uint_ge(n_on[0], 2 * CORE_CHOICE_TRY);
    ck_assert_int_eq(choice.is_one, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core_choice");
    TCase *tcase = tcase_create("core_choice");
    SRunner *runner;
    int n_failed;

    tcase_add_test(tcase, what_costs_little_on_one_core_stays_there);
    tcase_add_test(tcase, the_smaller_cost_is_chosen_and_the_other_seldom_tried);
    tcase_add_test(tcase, a_choice_that_is_none_any_more_is_found_again);
    tcase_add_test(tcase, where_nothing_is_cheap_both_are_always_tried);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
