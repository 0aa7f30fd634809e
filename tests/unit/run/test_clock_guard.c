// SPDX-License-Identifier: Apache-2.0
#include "run/clock_guard.h"

#include <check.h>
#include <stdlib.h>

#define S    ((int64_t)1000000000)
#define OURS (1700000000 * S) /* UTC less the monotonic clock, as we have it */
#define HOUR (3600 * S)

static struct clock_guard guard;
static int64_t offset_ns;

static void begin(void)
{
    guard = (struct clock_guard){.trust = CLOCK_PROVEN};
    offset_ns = 0;
}

static struct gateway_times says(int64_t off_ns, uint32_t n, int64_t error_ns)
{
    return (struct gateway_times){.round = guard.round,
                                  .n = n,
                                  .offset_ns = {OURS + off_ns, OURS + off_ns},
                                  .error_ns = {error_ns, error_ns}};
}

static enum clock_verdict judge(int64_t mono_ns, const struct gateway_times *times, uint32_t n)
{
    return clock_guard_judge(&guard, mono_ns, OURS, times, n, &offset_ns);
}

START_TEST(a_step_is_doubted_once_and_until_two_readings_agree)
{
    static const int64_t steps[] = {10 * 365 * 24 * HOUR, HOUR, -HOUR, 2 * S};
    struct gateway_times times;

    begin();
    ck_assert(!clock_guard_wall(&guard, 1 * S, 0));
    ck_assert(clock_guard_wall(&guard, 2 * S, steps[_i]));
    ck_assert_int_eq(guard.trust, CLOCK_DOUBTED);
    // It stays there: whatever the wall clock goes on saying, it is one step.
    ck_assert(!clock_guard_wall(&guard, 3 * S, steps[_i]));
    ck_assert(!clock_guard_wall(&guard, 4 * S, steps[_i] + S / 2));
    times = says(0, 0, 0);
    ck_assert_int_eq(judge(3 * S, &times, 1), CLOCK_WAIT);
    times = says(S, 1, S / 10);
    ck_assert_int_eq(judge(3 * S, &times, 1), CLOCK_WAIT);
    times = says(S, 2, S / 10);
    ck_assert_int_eq(judge(3 * S, &times, 1), CLOCK_RIGHT);
    ck_assert_int_eq(guard.trust, CLOCK_PROVEN);
    ck_assert_uint_eq(guard.n_steps, 1);
    // It is set right again: nothing is in doubt.
    ck_assert(!clock_guard_wall(&guard, 5 * S, 0));
    ck_assert_int_eq(guard.trust, CLOCK_PROVEN);
    // And once more somewhere else.
    ck_assert(clock_guard_wall(&guard, 6 * S, -steps[_i]));
    ck_assert_int_eq(guard.trust, CLOCK_DOUBTED);
}
END_TEST

START_TEST(a_clock_that_runs_away_slowly_is_doubted_once)
{
    int n = 0;

    begin();
    for (int64_t i = 0; i < 100; i++)
        n += clock_guard_wall(&guard, i * S, S + S / 10 + i * S / 10);
    ck_assert_int_eq(n, 1);
}
END_TEST

START_TEST(readings_of_an_earlier_round_or_too_vague_prove_nothing)
{
    struct gateway_times times;

    begin();
    ck_assert(clock_guard_wall(&guard, S, HOUR));
    times = says(0, 2, S / 10);
    times.round--;
    ck_assert_int_eq(judge(9 * S, &times, 1), CLOCK_WAIT);
    times = says(0, 2, S + 1);
    ck_assert_int_eq(judge(9 * S, &times, 1), CLOCK_WAIT);
    times = says(0, 2, S / 10); // one of the two is another opinion
    times.offset_ns[1] += 3 * S;
    ck_assert_int_eq(judge(9 * S, &times, 1), CLOCK_WAIT);
    times = says(2 * S, 2, S);
    ck_assert_int_eq(judge(9 * S, &times, 1), CLOCK_RIGHT);
}
END_TEST

START_TEST(venues_that_agree_with_each_other_and_not_with_us_are_right)
{
    struct gateway_times times[2];

    begin();
    ck_assert(clock_guard_wall(&guard, 10 * S, HOUR));
    times[0] = says(HOUR, 2, S / 10);
    times[1] = says(0, 0, 0);
    // The other may still contradict.
    ck_assert_int_eq(judge(10 * S + S / 2, times, 2), CLOCK_WAIT);
    times[1] = says(0, 2, S / 10);
    ck_assert_int_eq(judge(10 * S + S / 2, times, 2), CLOCK_RIGHT);
    guard.trust = CLOCK_DOUBTED;
    times[1] = says(-HOUR, 2, S / 10);
    ck_assert_int_eq(judge(20 * S, times, 2), CLOCK_WAIT);
    ck_assert_int_eq(guard.trust, CLOCK_DISPUTED);
    times[1] = says(HOUR + S, 2, S / 10);
    ck_assert_int_eq(judge(20 * S, times, 2), CLOCK_WRONG);
    ck_assert_int_eq(offset_ns, OURS + HOUR);
    times[1] = says(0, 0, 0);
    ck_assert_int_eq(judge(20 * S, times, 2), CLOCK_WRONG);
    // Two seconds and a little are not two seconds.
    times[0] = says(2 * S + 1, 2, S / 10);
    ck_assert_int_eq(judge(20 * S, times, 1), CLOCK_WRONG);
}
END_TEST

START_TEST(no_offset_is_too_large_to_be_judged)
{
    struct gateway_times times;

    begin();
    ck_assert(clock_guard_wall(&guard, 10 * S, INT64_MIN));
    times = says(0, 2, 0);
    times.offset_ns[0] = times.offset_ns[1] = INT64_MIN;
    ck_assert_int_eq(judge(20 * S, &times, 1), CLOCK_WRONG);
    times.offset_ns[0] = INT64_MAX;
    ck_assert_int_eq(judge(20 * S, &times, 1), CLOCK_WAIT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("clock_guard");
    TCase *tcase = tcase_create("guard");
    SRunner *runner = srunner_create(suite);
    int n_failed;

    tcase_add_loop_test(tcase, a_step_is_doubted_once_and_until_two_readings_agree, 0, 4);
    tcase_add_test(tcase, a_clock_that_runs_away_slowly_is_doubted_once);
    tcase_add_test(tcase, readings_of_an_earlier_round_or_too_vague_prove_nothing);
    tcase_add_test(tcase, venues_that_agree_with_each_other_and_not_with_us_are_right);
    tcase_add_test(tcase, no_offset_is_too_large_to_be_judged);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
