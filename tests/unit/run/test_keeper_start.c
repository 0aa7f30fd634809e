// SPDX-License-Identifier: Apache-2.0
/* When a keeper starts a host again, in injected time: at once, then further and further apart, and
 * not where a person ended it. */
#include "run/keeper_start.h"

#include <check.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "base/exit.h"

#define S      ((int64_t)1000000000)
#define MINUTE (60 * S)

static struct keeper_start start;
static int64_t now;

static int exited(int code)
{
    return W_EXITCODE(code, 0);
}

/* The host is gone, and what it left is cancelled. */
static void begin(void)
{
    memset(&start, 0, sizeof(start));
    now = 1000 * S;
    keeper_start_want(&start, now);
}

/* How long until it is tried? Then it is. */
static int64_t try_after(void)
{
    int64_t from = now;

    ck_assert_int_ge(start.due_ns, from);
    ck_assert(!keeper_start_is_due(&start, 0, start.due_ns - 1));
    now = start.due_ns;
    ck_assert(keeper_start_is_due(&start, 0, now));
    keeper_start_begun(&start, 77);
    return now - from;
}

START_TEST(one_that_ends_before_it_is_a_host_is_tried_again_and_ever_slower)
{
    static const int64_t waits[] = {0, 1, 2, 4, 8, 16, 30, 30, 30};

    begin();
    for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
        ck_assert_int_eq(try_after(), waits[i] * S);
        ck_assert(!keeper_start_is_due(&start, 0, now + MINUTE)); // one at a time
        ck_assert(keeper_start_ended(&start, exited(EXIT_SAFETY), now));
    }
    for (int i = 0; i < 10000; i++) { // for days
        ck_assert_int_eq(try_after(), KEEPER_START_MAX_NS);
        ck_assert(keeper_start_ended(&start, W_EXITCODE(0, 9), now));
    }
}
END_TEST

START_TEST(one_that_cannot_be_begun_is_tried_again_too)
{
    begin();
    for (int64_t wait = 1; wait <= 16; wait *= 2) {
        ck_assert(keeper_start_is_due(&start, 0, now));
        keeper_start_failed(&start, now);
        ck_assert(!keeper_start_is_due(&start, 0, now + wait * S - 1));
        now += wait * S;
    }
}
END_TEST

START_TEST(what_only_a_person_changes_is_looked_at_slowly)
{
    begin();
    try_after();
    ck_assert(keeper_start_ended(&start, exited(_i ? EXIT_CONFIG : EXIT_FLAGS), now));
    ck_assert_int_eq(try_after(), KEEPER_START_MAX_NS);
}
END_TEST

START_TEST(one_that_a_person_ended_is_not_started_again)
{
    static const int ends[] = {W_EXITCODE(EXIT_OK, 0), W_EXITCODE(EXIT_INTERRUPTED, 0),
                               W_EXITCODE(0, 15), W_EXITCODE(0, 2)};

    begin();
    try_after();
    ck_assert(!keeper_start_ended(&start, ends[_i], now));
    ck_assert(!keeper_start_is_due(&start, 0, now));
    ck_assert(!keeper_start_is_due(&start, 0, now + 1000 * MINUTE));
}
END_TEST

START_TEST(a_host_that_has_begun_is_watched_and_not_started_again)
{
    // It took the heartbeat; or another one did, and this one is refused for that.
    begin();
    try_after();
    keeper_start_taken(&start);
    ck_assert_int_eq(start.pid, 0); // how it ends is not asked any more
    ck_assert(!keeper_start_is_due(&start, 0, now + MINUTE));
    // Somebody began while the next try was waited for.
    begin();
    try_after();
    ck_assert(keeper_start_ended(&start, exited(EXIT_SAFETY), now));
    keeper_start_taken(&start);
    ck_assert(!keeper_start_is_due(&start, 0, now + MINUTE));
}
END_TEST

START_TEST(only_a_turn_of_a_host_ends_the_waiting)
{
    // It takes the heartbeat, fails, and gives it back: the keeper acts, and starts another.
    begin();
    ck_assert_int_eq(try_after(), 0);
    keeper_start_taken(&start);
    keeper_start_want(&start, now);
    ck_assert_int_eq(try_after(), S);
    keeper_start_taken(&start);
    keeper_start_want(&start, now);
    ck_assert_int_eq(try_after(), 2 * S);
    keeper_start_taken(&start);
    keeper_start_ran(&start);
    // That one traded: the next is started at once.
    keeper_start_want(&start, now);
    ck_assert_int_eq(try_after(), 0);
}
END_TEST

START_TEST(none_is_started_before_the_old_one_is_gone_but_that_is_not_waited_for_for_ever)
{
    begin();
    ck_assert(!keeper_start_is_due(&start, 1, now));
    ck_assert(!keeper_start_is_due(&start, 1, now + KEEPER_START_MAX_NS - 1));
    ck_assert(keeper_start_is_due(&start, 0, now + S));
    ck_assert(keeper_start_is_due(&start, 1, now + KEEPER_START_MAX_NS));
}
END_TEST

START_TEST(the_log_has_each_try_and_no_flood)
{
    int n_told = 0;

    begin();
    for (int i = 0; i < 2880; i++) { // a day
        try_after();
        n_told += keeper_start_is_told(&start);
        ck_assert(i >= 7 || n_told == i + 1);
        ck_assert(keeper_start_ended(&start, exited(EXIT_SAFETY), now));
    }
    ck_assert_int_le(n_told, 7 + 2880 / 20);
    ck_assert_int_ge(n_told, 2880 / 20);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("keeper_start");
    TCase *tcase = tcase_create("start");
    SRunner *runner = srunner_create(suite);
    int n_failed;

    tcase_add_test(tcase, one_that_ends_before_it_is_a_host_is_tried_again_and_ever_slower);
    tcase_add_test(tcase, one_that_cannot_be_begun_is_tried_again_too);
    tcase_add_loop_test(tcase, what_only_a_person_changes_is_looked_at_slowly, 0, 2);
    tcase_add_loop_test(tcase, one_that_a_person_ended_is_not_started_again, 0, 4);
    tcase_add_test(tcase, a_host_that_has_begun_is_watched_and_not_started_again);
    tcase_add_test(tcase, only_a_turn_of_a_host_ends_the_waiting);
    tcase_add_test(tcase,
                   none_is_started_before_the_old_one_is_gone_but_that_is_not_waited_for_for_ever);
    tcase_add_test(tcase, the_log_has_each_try_and_no_flood);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
