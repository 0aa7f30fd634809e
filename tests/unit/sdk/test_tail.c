// SPDX-License-Identifier: Apache-2.0
/* tail: what numpy and a pencil say of the same outcomes. */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include "agon/codes.h"
#include "agon/tail.h"

/* 1 to 100 in an order of its own (37 is prime to 101), less 20. */
static void hundred(float *outcomes)
{
    for (uint32_t i = 0; i < 100; i++)
        outcomes[i] = (float)((i + 1) * 37 % 101) - 20;
}

static const struct {
    double share, at_risk, shortfall;
    uint32_t k;
} tails[] = {
    {0.05, 15, 17, 5},    {0.01, 19, 19, 1}, {0.001, 19, 19, 1},
    {0.051, 14, 16.5, 6}, {0.25, -5, 7, 25}, {1, -80, -30.5, 100},
};

START_TEST(the_worst_of_a_hundred)
{
    float outcomes[100];
    struct agon_tail tail;

    hundred(outcomes);
    ck_assert_int_eq(agon_tail_of(outcomes, 100, tails[_i].share, &tail), AGON_OK);
    ck_assert_double_eq_tol(tail.at_risk, tails[_i].at_risk, 1e-12);
    ck_assert_double_eq_tol(tail.shortfall, tails[_i].shortfall, 1e-12);
    ck_assert_uint_eq(tail.k, tails[_i].k);
    ck_assert_double_eq_tol(tail.mean, 30.5, 1e-12);
    ck_assert_double_eq_tol(tail.worst, -19, 1e-12);
    ck_assert_double_eq_tol(tail.best, 80, 1e-12);
    ck_assert_double_eq_tol(tail.p_profit, 0.8, 1e-12); // one is 0
    ck_assert_double_eq_tol(tail.p_loss, 0.19, 1e-12);
    ck_assert_double_eq_tol(tail.profit, 40.5, 1e-12);
    ck_assert_double_eq_tol(tail.loss, 10, 1e-12);
    for (int i = 1; i < 100; i++)
        ck_assert(outcomes[i] > outcomes[i - 1]);
}
END_TEST

START_TEST(what_is_no_outcome_is_refused)
{
    float outcomes[3] = {1, NAN, 2}, one = 5;
    struct agon_tail tail;

    ck_assert_int_eq(agon_tail_of(outcomes, 3, 0.05, &tail), AGON_EINVAL);
    ck_assert(outcomes[0] == 1 && outcomes[2] == 2);
    outcomes[1] = INFINITY;
    ck_assert_int_eq(agon_tail_of(outcomes, 3, 0.05, &tail), AGON_EINVAL);
    outcomes[1] = 0;
    ck_assert_int_eq(agon_tail_of(outcomes, 0, 0.05, &tail), AGON_EINVAL);
    ck_assert_int_eq(agon_tail_of(outcomes, 3, 0, &tail), AGON_EINVAL);
    ck_assert_int_eq(agon_tail_of(outcomes, 3, 1.01, &tail), AGON_EINVAL);
    ck_assert_int_eq(agon_tail_of(outcomes, 3, (double)NAN, &tail), AGON_EINVAL);
    ck_assert_int_eq(agon_tail_of(NULL, 3, 0.5, &tail), AGON_EINVAL);
    ck_assert_int_eq(agon_tail_of(&one, 1, 0.5, &tail), AGON_OK);
    ck_assert(tail.at_risk == -5 && tail.p_loss == 0 && tail.loss == 0);
}
END_TEST

/* Of any number and with many that are alike: in order, and the same ones. */
START_TEST(any_number_is_put_in_order)
{
    for (uint32_t n = 1; n < 300; n++) {
        float outcomes[300], sum = 0, again = 0;
        struct agon_tail tail;

        for (uint32_t i = 0; i < n; i++)
            sum += outcomes[i] = (float)(i * i * 7919 % 64) - 32;
        ck_assert_int_eq(agon_tail_of(outcomes, n, 0.1, &tail), AGON_OK);
        for (uint32_t i = 0; i < n; i++) {
            again += outcomes[i];
            if (i > 0 && outcomes[i] < outcomes[i - 1])
                ck_abort_msg("%u of %u", i, n);
        }
        ck_assert(sum == again);
        ck_assert_uint_eq(tail.k, (n + 9) / 10);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tail");
    TCase *tcase = tcase_create("tail");
    SRunner *runner;
    int failed;

    tcase_add_loop_test(tcase, the_worst_of_a_hundred, 0, (int)(sizeof(tails) / sizeof(tails[0])));
    tcase_add_test(tcase, what_is_no_outcome_is_refused);
    tcase_add_test(tcase, any_number_is_put_in_order);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
