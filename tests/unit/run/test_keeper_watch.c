// SPDX-License-Identifier: Apache-2.0
/* The keeper's judge, in injected time: what is a host that is gone, and what only looks like one.
 * The system's clocks are the test's too (--wrap=clock_gettime), so that a machine can sleep. */
#include "run/keeper_watch.h"

#include <check.h>
#include <stdlib.h>
#include <time.h>

#include "sys/clock.h"

#define MS       ((int64_t)1000000)
#define S        ((int64_t)1000000000)
#define HOUR     (3600 * S)
#define LOOK_NS  KEEPER_TICK_NS
#define WOKEN_NS S /* what a keeper that stood still waits for a turn */

static struct keeper_watch watch;
static struct beat beat;
static int64_t now; /* the monotonic clock of host and keeper */
static int is_alive;

/* The machine's clocks: CLOCK_MONOTONIC stands while it sleeps, the two others do not. */
static int64_t mono_ns, slept_ns;

int __wrap_clock_gettime(clockid_t id, struct timespec *at);
int __wrap_clock_gettime(clockid_t id, struct timespec *at)
{
    int64_t ns = id == CLOCK_MONOTONIC  ? mono_ns
                 : id == CLOCK_BOOTTIME ? mono_ns + slept_ns
                                        : 1700000000 * S + mono_ns + slept_ns;

    *at = (struct timespec){.tv_sec = ns / S, .tv_nsec = ns % S};
    return 0;
}

static int look(void)
{
    (void)keeper_watch_turn(&watch, &beat, now);
    return keeper_watch_is_gone(&watch, &beat, is_alive, now);
}

static void turns(uint32_t state)
{
    atomic_store(&beat.beat_ns, now);
    atomic_store(&beat.state, state);
}

/* Looks for so long, with or without turns of the host. Returns when it was gone, or -1. */
static int64_t looks(int64_t length_ns, int is_turning)
{
    int64_t from = now;

    for (int64_t end = now + length_ns; now < end;) {
        now += LOOK_NS;
        if (is_turning)
            turns(BEAT_RUNNING);
        if (look())
            return now - from;
    }
    return -1;
}

/* A host that has been running for a minute, watched for as long. */
static void begin(void)
{
    memset(&watch, 0, sizeof(watch));
    memset(&beat, 0, sizeof(beat));
    now = 1000 * S;
    watch.tick_ns = now;
    is_alive = 1;
    beat_begin(&beat, 7, 0, now);
    ck_assert(!look());
    ck_assert_int_eq(looks(60 * S, 1), -1);
}

/* The next host takes the place: it reads its journal. */
static void begins_again(void)
{
    beat_begin(&beat, 8, 0, now);
    is_alive = 1;
}

START_TEST(three_seconds_without_a_turn_and_not_less_are_gone_and_once)
{
    begin();
    is_alive = _i;
    ck_assert_int_eq(looks(KEEPER_QUIET_NS, 0), -1);
    ck_assert_int_eq(looks(S, 0), LOOK_NS);
    watch.has_fired = 1;
    ck_assert_int_eq(looks(HOUR, 0), -1);
}
END_TEST

START_TEST(a_machine_that_slept_moves_no_clock_that_is_judged_by)
{
    int64_t before;

    begin();
    mono_ns = now;
    slept_ns = 0;
    before = clock_mono();
    ck_assert_int_eq(before, now);
    slept_ns = 8 * HOUR;
    // Host and keeper wake up together: no time has passed for either.
    ck_assert_int_eq(clock_mono(), before);
    now = clock_mono() + LOOK_NS;
    ck_assert(!look());
    ck_assert_int_eq(looks(KEEPER_QUIET_NS - 2 * LOOK_NS, 0), -1);
}
END_TEST

START_TEST(a_machine_whose_clocks_both_jumped_over_its_sleep_is_no_hung_host)
{
    static const int64_t slept[] = {2 * S, 4 * S, 60 * S, 8 * HOUR, 30 * 24 * HOUR};

    // As under some hypervisors: the monotonic clock counts on, for both of them.
    begin();
    now += slept[_i];
    ck_assert(!look());
    // A parked core makes a turn within half a second, and all is as before.
    ck_assert_int_eq(looks(500 * MS, 0), -1);
    ck_assert_int_eq(looks(60 * S, 1), -1);
    // Again, and now it does not come back.
    now += slept[_i];
    ck_assert(!look());
    ck_assert_int_ge(looks(KEEPER_QUIET_NS, 0), WOKEN_NS - LOOK_NS);
}
END_TEST

START_TEST(a_keeper_that_stood_still_waits_for_a_turn)
{
    begin();
    // The host hangs when the keeper is stopped, and is seen hung only when the keeper goes on.
    now += HOUR;
    ck_assert(!look());
    ck_assert_int_eq(looks(2 * WOKEN_NS, 0), WOKEN_NS + LOOK_NS);
}
END_TEST

START_TEST(a_planned_stop_fires_nothing)
{
    begin();
    // Its cancels are answered slowly: it may take half a minute.
    turns(BEAT_STOPPING);
    ck_assert_int_eq(looks(30 * S, 0), -1);
    turns(BEAT_ENDED);
    is_alive = 0;
    ck_assert_int_eq(looks(30 * 24 * HOUR / 100, 0), -1);
    now += 365 * 24 * HOUR;
    ck_assert(!look());
    ck_assert_int_eq(looks(60 * S, 0), -1);
}
END_TEST

START_TEST(a_host_that_dies_or_hangs_in_its_stop_is_gone_all_the_same)
{
    begin();
    turns(BEAT_STOPPING);
    is_alive = _i;
    ck_assert_int_eq(looks(60 * S, 0), (_i ? 30 * S : KEEPER_QUIET_NS) + LOOK_NS);
}
END_TEST

START_TEST(an_upgrade_fires_nothing)
{
    // After a planned stop an hour ago, and at once.
    static const int64_t between[] = {0, 10 * S, HOUR};

    begin();
    turns(BEAT_STOPPING);
    ck_assert_int_eq(looks(5 * S, 0), -1);
    turns(BEAT_ENDED);
    is_alive = 0;
    ck_assert_int_eq(looks(between[_i], 0), -1);
    begins_again();
    ck_assert(keeper_watch_turn(&watch, &beat, now)); // it is another one
    ck_assert(!keeper_watch_is_gone(&watch, &beat, is_alive, now));
    // A long journal is read for two minutes before the first turn.
    ck_assert_int_eq(looks(120 * S, 0), -1);
    turns(BEAT_RUNNING);
    ck_assert_int_eq(looks(60 * S, 1), -1);
}
END_TEST

START_TEST(a_new_version_that_does_not_come_up_is_gone)
{
    begin();
    turns(BEAT_ENDED);
    begins_again();
    is_alive = _i;
    ck_assert_int_eq(looks(200 * S, 0), (_i ? 120 * S : KEEPER_QUIET_NS) + LOOK_NS);
}
END_TEST

START_TEST(a_host_that_begins_is_not_judged_by_the_last_turn_of_the_one_before)
{
    begin();
    // Killed, acted for, and started again by hand an hour later.
    is_alive = 0;
    ck_assert_int_ge(looks(10 * S, 0), 0);
    watch.has_fired = 1;
    ck_assert_int_eq(looks(HOUR / 10, 0), -1);
    begins_again();
    ck_assert(!look());
    ck_assert_int_eq(atomic_load(&beat.beat_ns), now);
    ck_assert_int_eq(looks(119 * S, 0), -1);
}
END_TEST

START_TEST(a_host_that_died_with_its_machine_is_gone_after_the_machine_is_back)
{
    begin();
    // The monotonic clock begins anew, the file stays.
    memset(&watch, 0, sizeof(watch));
    now = 40 * S;
    is_alive = _i; // its number may be another process' now
    watch.tick_ns = now;
    ck_assert(!look());
    ck_assert_int_eq(looks(10 * S, 0), KEEPER_QUIET_NS + LOOK_NS);
}
END_TEST

START_TEST(a_turn_between_reading_the_clock_and_the_heartbeat_is_a_turn)
{
    begin();
    for (int i = 0; i < 200; i++) {
        now += LOOK_NS;
        turns(BEAT_RUNNING);
        atomic_fetch_add(&beat.beat_ns, 30 * MS);
        ck_assert(!look());
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("keeper_watch");
    TCase *tcase = tcase_create("judge");
    SRunner *runner = srunner_create(suite);
    int n_failed;

    tcase_add_loop_test(tcase, three_seconds_without_a_turn_and_not_less_are_gone_and_once, 0, 2);
    tcase_add_test(tcase, a_machine_that_slept_moves_no_clock_that_is_judged_by);
    tcase_add_loop_test(tcase, a_machine_whose_clocks_both_jumped_over_its_sleep_is_no_hung_host, 0,
                        5);
    tcase_add_test(tcase, a_keeper_that_stood_still_waits_for_a_turn);
    tcase_add_test(tcase, a_planned_stop_fires_nothing);
    tcase_add_loop_test(tcase, a_host_that_dies_or_hangs_in_its_stop_is_gone_all_the_same, 0, 2);
    tcase_add_loop_test(tcase, an_upgrade_fires_nothing, 0, 3);
    tcase_add_loop_test(tcase, a_new_version_that_does_not_come_up_is_gone, 0, 2);
    tcase_add_test(tcase, a_host_that_begins_is_not_judged_by_the_last_turn_of_the_one_before);
    tcase_add_loop_test(tcase, a_host_that_died_with_its_machine_is_gone_after_the_machine_is_back,
                        0, 2);
    tcase_add_test(tcase, a_turn_between_reading_the_clock_and_the_heartbeat_is_a_turn);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
