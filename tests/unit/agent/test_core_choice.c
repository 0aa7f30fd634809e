// SPDX-License-Identifier: Apache-2.0
/* Which of three costs a step has, by what is chosen: the smallest is found, and found again when
 * it has changed. */
#include "agent/core_choice.h"

#include <check.h>
#include <stdlib.h>

#define EACH (CORE_CHOICE_LOOK + (CORE_CHOICE_ROUNDS - 1) * CORE_CHOICE_TRY) /* steps of one */

static struct core_choice choice;
static int64_t now_ns, cost_ns[CORE_KINDS]; /* of a step */
static uint64_t n_on[CORE_KINDS];

static void run(uint64_t n_steps)
{
    for (enum core_kind kind = CORES_ALL; kind < CORE_KINDS; kind++)
        n_on[kind] = 0;
    for (uint64_t i = 0; i < n_steps; i++) {
        if (core_choice_step(&choice))
            core_choice_next(&choice, now_ns);
        n_on[choice.kind]++;
        now_ns += cost_ns[choice.kind];
    }
}

static void begin(int64_t all_ns, int64_t one_ns, int64_t halves_ns)
{
    choice = (struct core_choice){0};
    cost_ns[CORES_ALL] = all_ns;
    cost_ns[CORES_ONE] = one_ns;
    cost_ns[CORES_HALVES] = halves_ns;
    now_ns = 1000000000;
}

START_TEST(the_smallest_cost_is_chosen_and_the_others_seldom_tried)
{
    for (enum core_kind best = CORES_ALL; best < CORE_KINDS; best++) {
        begin(300000, 300001, 300002);
        cost_ns[best] = 100000;
        run(1000000);
        for (enum core_kind kind = CORES_ALL; kind < CORE_KINDS; kind++) {
            if (kind == best)
                continue;
            ck_assert_uint_ge(n_on[kind], CORE_CHOICE_LOOK);
            // 8,192, 16,384 and so on between.
            ck_assert_uint_le(n_on[kind], (uint64_t)8 * EACH);
        }
        ck_assert_uint_eq(n_on[0] + n_on[1] + n_on[2], 1000000);
    }
}
END_TEST

START_TEST(a_choice_that_is_none_any_more_is_found_again)
{
    begin(100000, 300000, 200000);
    run(100000);
    ck_assert_int_eq(choice.kind, CORES_ALL);
    cost_ns[CORES_ALL] = 500000;
    run(300000);
    ck_assert_int_eq(choice.kind, CORES_HALVES);
    ck_assert_uint_gt(n_on[CORES_HALVES], n_on[CORES_ALL]);
    cost_ns[CORES_ONE] = 20000;
    run(1000000);
    run(1000000);
    ck_assert_int_eq(choice.kind, CORES_ONE);
}
END_TEST

START_TEST(each_is_tried_before_one_is_chosen)
{
    begin(30000, 20000, 25000);
    run(CORE_KINDS * EACH);
    for (enum core_kind kind = CORES_ALL; kind < CORE_KINDS; kind++)
        ck_assert_uint_eq(n_on[kind], EACH);
    run(CORE_CHOICE_HOLD);
    ck_assert_uint_eq(n_on[CORES_ONE], CORE_CHOICE_HOLD);
}
END_TEST

/* Another program's turn in one of the stretches behind the first. */
START_TEST(one_stretch_that_took_long_decides_nothing)
{
    for (uint64_t late = CORE_KINDS * CORE_CHOICE_LOOK; late < CORE_KINDS * EACH; late += 7) {
        begin(190000, 180000, 100000);
        run(late);
        now_ns += 10000000000;
        run(CORE_KINDS * EACH);
        ck_assert_int_eq(choice.kind, CORES_HALVES);
    }
}
END_TEST

START_TEST(what_is_far_from_the_best_is_tried_once)
{
    begin(310000, 100000, 120000);
    run(CORE_CHOICE_HOLD);
    ck_assert_uint_eq(n_on[CORES_ALL], CORE_CHOICE_LOOK);
    ck_assert_uint_eq(n_on[CORES_HALVES], EACH);
    ck_assert_int_eq(choice.kind, CORES_ONE);
}
END_TEST

/* Steps that are only done with a later one: what is left of them is no other's cost. */
START_TEST(a_stretch_ends_where_all_is_done)
{
    uint64_t n = 0;

    begin(1000, 1500, 800);
    for (uint64_t i = 0; i < (uint64_t)4 * CORE_CHOICE_HOLD; i++) {
        int is_settled = i % 50 == 0;

        if (core_choice_step(&choice) && is_settled)
            core_choice_next(&choice, now_ns);
        now_ns += is_settled ? 50 * cost_ns[choice.kind] : 1;
        n += choice.kind == CORES_HALVES;
    }
    ck_assert_int_eq(choice.kind, CORES_HALVES);
    ck_assert_uint_ge(n, (uint64_t)3 * CORE_CHOICE_HOLD);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("core_choice");
    TCase *tcase = tcase_create("core_choice");
    SRunner *runner;
    int n_failed;

    tcase_add_test(tcase, the_smallest_cost_is_chosen_and_the_others_seldom_tried);
    tcase_add_test(tcase, a_choice_that_is_none_any_more_is_found_again);
    tcase_add_test(tcase, each_is_tried_before_one_is_chosen);
    tcase_add_test(tcase, one_stretch_that_took_long_decides_nothing);
    tcase_add_test(tcase, what_is_far_from_the_best_is_tried_once);
    tcase_add_test(tcase, a_stretch_ends_where_all_is_done);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
