// SPDX-License-Identifier: Apache-2.0
/* Who gets on, who hangs, and who says what cannot be: by what the host knows and the kernel
 * counts. */
#include <check.h>

#include "agent/watchdog.h"

#define MS 1000000ll

static struct watchdog dog;
static struct watchdog_seen seen;
static int64_t now, used; /* ns */

static int64_t cpu(void *ctx)
{
    (void)ctx;
    return used;
}

static void setup(void)
{
    dog = (struct watchdog){.hard_ns = 100 * MS, .cpu_ns = -1};
    seen = (struct watchdog_seen){.published = 10, .done_seq = 10, .enter = 5, .exit = 5};
    now = used = 1000 * MS;
}

/* So much later, of which it has used that much. */
static enum watchdog_word later(int64_t ms, int64_t used_ms)
{
    enum watchdog_word word = WATCHDOG_WELL;

    for (int64_t i = 0; i < ms && word == WATCHDOG_WELL; i++) {
        now += MS;
        used += used_ms * MS / ms;
        word = watchdog_look(&dog, &seen, now, cpu, NULL);
    }
    return word;
}

START_TEST(who_has_nothing_to_do_may_take_his_time)
{
    ck_assert_int_eq(later(60000, 60000), WATCHDOG_WELL);
}
END_TEST

START_TEST(a_callback_that_does_not_end_is_hung)
{
    seen.published = 11;
    seen.enter = 6;
    ck_assert_int_eq(later(101, 101), WATCHDOG_WELL); // counted from when it was first seen
    ck_assert_int_eq(later(3, 3), WATCHDOG_HUNG);
}
END_TEST

START_TEST(time_counts_from_the_first_look)
{
    now = 100000000 * MS; // the machine runs for a day
    seen = (struct watchdog_seen){.published = 1};
    ck_assert_int_eq(later(4990, 0), WATCHDOG_WELL);
    ck_assert_int_eq(later(20, 0), WATCHDOG_BLOCKED);
}
END_TEST

START_TEST(a_busy_machine_is_no_fault_of_his)
{
    seen.published = 11;
    seen.enter = 6;
    ck_assert_int_eq(later(4000, 90), WATCHDOG_WELL);
    ck_assert_int_eq(later(500, 30), WATCHDOG_HUNG);
}
END_TEST

START_TEST(time_in_which_the_host_itself_stood_still_does_not_count)
{
    seen.published = 11;
    seen.enter = 6;
    ck_assert_int_eq(later(3, 0), WATCHDOG_WELL);
    now += 3600000 * MS;
    ck_assert_int_eq(later(3900, 0), WATCHDOG_WELL);
    ck_assert_int_eq(later(200, 0), WATCHDOG_BLOCKED);
}
END_TEST

START_TEST(who_says_that_all_is_done_owes_an_answer_all_the_same)
{
    seen.owes = 1;
    ck_assert_int_eq(later(29990, 0), WATCHDOG_WELL);
    seen.owes = 0;
    ck_assert_int_eq(later(60000, 0), WATCHDOG_WELL);
    seen.owes = 1;
    for (int i = 0; i < 299; i++) { // events come, and are done
        seen.done_seq = ++seen.published;
        ck_assert_int_eq(later(100, 0), WATCHDOG_WELL);
    }
    now += 3600000 * MS;
    ck_assert_int_eq(later(1, 0), WATCHDOG_OWES);
}
END_TEST

START_TEST(who_waits_for_what_does_not_come_is_blocked)
{
    seen.published = 11;
    seen.enter = 6;
    ck_assert_int_eq(later(4990, 0), WATCHDOG_WELL);
    ck_assert_int_eq(later(20, 0), WATCHDOG_BLOCKED);
    ck_assert_int_eq(watchdog_blocked_ns(&dog), 5000 * MS);
    dog.hard_ns = 30000 * MS;
    ck_assert_int_eq(watchdog_blocked_ns(&dog), 1500000 * MS);
}
END_TEST

START_TEST(his_word_that_it_has_ended_is_no_progress)
{
    seen.published = 11;
    seen.enter = seen.exit = 6;
    ck_assert_int_eq(later(110, 110), WATCHDOG_HUNG);
}
END_TEST

START_TEST(callbacks_that_begin_count_for_a_while)
{
    seen.published = 11;
    for (int i = 0; i < 20; i++) { // twenty of one event, each of 99 ms
        seen.enter++;
        ck_assert_int_eq(later(99, 99), WATCHDOG_WELL);
    }
    seen.done_seq = 11;
    seen.exit = seen.enter;
    ck_assert_int_eq(later(1, 1), WATCHDOG_WELL);
    seen.published = 12;
    for (int i = 0; i < 25; i++) { // one that says so for ever
        seen.enter++;
        seen.exit++;
        if (later(99, 99) != WATCHDOG_WELL)
            return;
    }
    ck_abort_msg("it may go on for ever");
}
END_TEST

START_TEST(a_long_way_behind_and_getting_on_is_well)
{
    seen.published = 1000000;
    for (int i = 0; i < 1000; i++) {
        seen.done_seq += 1 + (uint64_t)i % 7;
        seen.enter += 3;
        seen.exit = seen.enter - (uint64_t)(i % 2);
        ck_assert_int_eq(later(90, 90), WATCHDOG_WELL);
    }
}
END_TEST

START_TEST(what_was_never_published_cannot_be_done)
{
    seen.done_seq = 11;
    ck_assert_int_eq(later(1, 0), WATCHDOG_FORGED);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("watchdog");
    TCase *tcase = tcase_create("watchdog");
    SRunner *runner;
    int n_failed;

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, who_has_nothing_to_do_may_take_his_time);
    tcase_add_test(tcase, a_callback_that_does_not_end_is_hung);
    tcase_add_test(tcase, time_counts_from_the_first_look);
    tcase_add_test(tcase, a_busy_machine_is_no_fault_of_his);
    tcase_add_test(tcase, time_in_which_the_host_itself_stood_still_does_not_count);
    tcase_add_test(tcase, who_says_that_all_is_done_owes_an_answer_all_the_same);
    tcase_add_test(tcase, who_waits_for_what_does_not_come_is_blocked);
    tcase_add_test(tcase, his_word_that_it_has_ended_is_no_progress);
    tcase_add_test(tcase, callbacks_that_begin_count_for_a_while);
    tcase_add_test(tcase, a_long_way_behind_and_getting_on_is_well);
    tcase_add_test(tcase, what_was_never_published_cannot_be_done);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
