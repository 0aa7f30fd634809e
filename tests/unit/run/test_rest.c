// SPDX-License-Identifier: Apache-2.0
/* When the core goes on spinning, by the time that it has had nothing to do. */
#include "run/host_impl.h"

#include <check.h>
#include <stdlib.h>

#define US ((int64_t)1000)

static const struct {
    enum host_core core;
    int64_t idle_ns, lull_ns;
    int spins;
} cases[] = {
    {CORE_HOT, 0, 0, 1},          {CORE_HOT, INT64_MAX, 0, 1}, {CORE_HOT, 10 * US, 75 * US, 1},
    {CORE_WARM, 0, 0, 1},         {CORE_WARM, 50 * US, 0, 1},  {CORE_WARM, 100 * US, 0, 0},
    {CORE_WARM, INT64_MAX, 0, 0}, {CORE_WARM, 0, 75 * US, 0},  {CORE_WARM, 10 * US, 50 * US, 1},
    {CORE_COLD, 0, 0, 0},         {CORE_COLD, 10 * US, 0, 0},
};

START_TEST(a_core_spins_for_a_time_and_not_for_turns)
{
    ck_assert_int_eq(host_core_spins(cases[_i].core, cases[_i].idle_ns, cases[_i].lull_ns),
                     cases[_i].spins);
}
END_TEST

START_TEST(a_warm_core_leaves_off_what_brings_nothing)
{
    int64_t lull_ns = 0;
    int n = 0;

    // A feed of 300 ticks a second: no spin meets the next one.
    for (; n < 10 && host_core_spins(CORE_WARM, 0, lull_ns); n++)
        lull_ns = host_core_lull(lull_ns, 3333 * US);
    ck_assert_int_ge(n, 2);
    ck_assert_int_le(n, 5);
    ck_assert_int_eq(host_core_lull(lull_ns, INT64_MAX), lull_ns);
    // A rush comes, or agents that answer at once: one such pause is enough.
    lull_ns = host_core_lull(lull_ns, 40 * US);
    ck_assert_int_eq(lull_ns, 0);
    ck_assert_int_eq(host_core_lull(lull_ns, 0), 0);
}
END_TEST

START_TEST(io_spins_besides_a_hot_core_where_processors_are_many)
{
    ck_assert(host_io_spins(CORE_HOT, 4) && host_io_spins(CORE_HOT, 64));
    ck_assert(!host_io_spins(CORE_HOT, 3) && !host_io_spins(CORE_HOT, 1));
    ck_assert(!host_io_spins(CORE_WARM, 64) && !host_io_spins(CORE_COLD, 64));
}
END_TEST

START_TEST(a_host_that_says_nothing_is_warm)
{
    struct host_config config = {0};

    ck_assert_int_eq(config.core, CORE_WARM);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rest");
    TCase *tcase = tcase_create("rest");
    SRunner *runner = srunner_create(suite);
    int n_failed;

    tcase_add_loop_test(tcase, a_core_spins_for_a_time_and_not_for_turns, 0,
                        (int)(sizeof(cases) / sizeof(cases[0])));
    tcase_add_test(tcase, io_spins_besides_a_hot_core_where_processors_are_many);
    tcase_add_test(tcase, a_host_that_says_nothing_is_warm);
    tcase_add_test(tcase, a_warm_core_leaves_off_what_brings_nothing);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
