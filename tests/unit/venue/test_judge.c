// SPDX-License-Identifier: Apache-2.0
/* What answers of the venue mean: which of them prove that nothing was done, and which prove
 * nothing. */
#include <check.h>

#include "venue/binance/judge.h"

/* A venue that takes a request twice answers the second copy: what that says of what is there
 * already is no refusal of the first. */
START_TEST(an_answer_to_a_second_copy_does_not_say_that_the_first_did_nothing)
{
    ck_assert_int_eq(binance_judge(400, -5027, "No need to modify the order."), ANSWER_DUPLICATE);
    ck_assert_int_eq(binance_judge(400, -2010, "Duplicate order sent."), ANSWER_DUPLICATE);
    ck_assert_int_eq(binance_judge(400, -4116, "ClientOrderId is duplicated."), ANSWER_DUPLICATE);
}
END_TEST

START_TEST(an_error_without_a_verdict_proves_nothing)
{
    ck_assert_int_eq(binance_judge(503, -1007, "Timeout waiting for response"), ANSWER_UNKNOWN);
    ck_assert_int_eq(binance_judge(502, 0, ""), ANSWER_UNKNOWN);
    ck_assert_int_eq(binance_judge(400, 0, ""), ANSWER_UNKNOWN);
    ck_assert_int_eq(binance_judge(500, -1100, "Illegal characters"), ANSWER_UNKNOWN);
}
END_TEST

START_TEST(a_verdict_is_a_verdict)
{
    ck_assert_int_eq(binance_judge(400, -2010, "insufficient balance"), ANSWER_REJECT);
    ck_assert_int_eq(binance_judge(400, -2011, "Unknown order sent."), ANSWER_NO_ORDER);
    ck_assert_int_eq(binance_judge(503, -1008, "overloaded"), ANSWER_LATER);
    ck_assert_int_eq(binance_judge(400, -1021, "Timestamp"), ANSWER_CLOCK);
    ck_assert_int_eq(binance_judge(429, -1003, "Too much"), ANSWER_RATE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("judge");
    TCase *tcase = tcase_create("judge");
    SRunner *runner;
    int failed;

    tcase_add_test(tcase, an_answer_to_a_second_copy_does_not_say_that_the_first_did_nothing);
    tcase_add_test(tcase, an_error_without_a_verdict_proves_nothing);
    tcase_add_test(tcase, a_verdict_is_a_verdict);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
