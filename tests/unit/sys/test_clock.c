// SPDX-License-Identifier: Apache-2.0
#include "sys/clock.h"

#include <pthread.h>

#include "help.h"
#include "sys/machine.h"

#define S CLOCK_SECOND

START_TEST(a_step_of_the_wall_clock_moves_nothing)
{
    static const int64_t steps[] = {3600 * (int64_t)S, -3600 * (int64_t)S, -1700000000 * (int64_t)S,
                                    2 * (int64_t)S};
    struct clock_utc clock;
    int64_t mono = 100 * (int64_t)S, wall = 1700000000 * (int64_t)S;

    clock_utc_init(&clock, mono, wall);
    for (int i = 1; i <= 100; i++) {
        int64_t told =
            clock_utc_observe(&clock, mono + i * (int64_t)S, wall + i * (int64_t)S + steps[_i]);

        ck_assert_int_eq(told, steps[_i]);
        ck_assert_int_eq(clock_utc_at(&clock, mono + i * (int64_t)S), wall + i * (int64_t)S);
    }
}
END_TEST

START_TEST(drift_is_followed_slowly_and_time_always_rises)
{
    // The wall clock runs 200 ppm fast: 100 ms per 500 s.
    struct clock_utc clock;
    int64_t last = INT64_MIN;

    clock_utc_init(&clock, 0, 1000 * (int64_t)S);
    for (int64_t ms = 1; ms <= 600000; ms += 7) {
        int64_t mono = ms * 1000000, wall = 1000 * (int64_t)S + mono + mono / 5000;
        int64_t at;

        if (ms % 1001 < 7)
            ck_assert_int_eq(clock_utc_observe(&clock, mono, wall), 0);
        at = clock_utc_at(&clock, mono);
        ck_assert_int_gt(at, last);
        ck_assert_int_le(llabs(at - wall), 2000000);
        last = at;
    }
}
END_TEST

START_TEST(an_offset_is_slewed_at_most_500_ppm)
{
    struct clock_utc clock;

    clock_utc_init(&clock, 0, 0);
    ck_assert_int_eq(clock_utc_observe(&clock, 0, 900000000), 0);
    ck_assert_int_eq(clock_utc_at(&clock, S), S + 500000);
    ck_assert_int_eq(clock_utc_at(&clock, 1800 * (int64_t)S), 1800 * (int64_t)S + 900000000);
    ck_assert_int_eq(clock_utc_at(&clock, 9000 * (int64_t)S), 9000 * (int64_t)S + 900000000);
}
END_TEST

/* A machine whose wall clock the test sets. */
static _Atomic int64_t machine_mono, machine_off;

static int64_t simulated_mono(void *ctx)
{
    (void)ctx;
    return atomic_load(&machine_mono);
}

static agon_ns_t simulated_wall(void *ctx)
{
    (void)ctx;
    return 1700000000 * (int64_t)S + atomic_load(&machine_mono) + atomic_load(&machine_off);
}

static const struct machine simulated = {.mono = simulated_mono, .wall = simulated_wall};

static void begin_simulated(void)
{
    atomic_store(&machine_mono, 5 * (int64_t)S);
    atomic_store(&machine_off, 0);
    machine_set(&simulated);
    clock_begin();
}

START_TEST(the_clock_of_the_process_does_not_see_a_step)
{
    static const int64_t steps[] = {315360000 * (int64_t)S, 3600 * (int64_t)S, -3600 * (int64_t)S};

    begin_simulated();
    atomic_store(&machine_off, steps[_i]);
    for (int i = 1; i <= 100; i++) {
        atomic_fetch_add(&machine_mono, S);
        ck_assert_int_eq(clock_now(), (1700000005 + i) * (int64_t)S);
        ck_assert_int_eq(clock_keep(), steps[_i]);
        ck_assert_int_eq(clock_now(), (1700000005 + i) * (int64_t)S);
    }
    // Venues know that we are 100 ms slow: followed, slowly, while the wall clock is off.
    clock_follow(1700000000 * (int64_t)S + 100000000);
    for (int i = 0; i < 300; i++) {
        (void)clock_keep();
        atomic_fetch_add(&machine_mono, S);
    }
    ck_assert_int_eq(clock_now(), 1700000405 * (int64_t)S + 100000000);
    atomic_store(&machine_off, 0);
    ck_assert_int_eq(clock_keep(), 0);
    // Or they know better by far: then it jumps.
    clock_take(atomic_load(&machine_mono), 1800000000 * (int64_t)S);
    ck_assert_int_eq(clock_now(), 1800000000 * (int64_t)S);
    machine_set(NULL);
}
END_TEST

static _Atomic int is_over;

static void *watch(void *ctx)
{
    int64_t last = INT64_MIN;

    (void)ctx;
    while (!atomic_load(&is_over)) {
        int64_t now = clock_now();

        if (now < last)
            return &is_over;
        last = now;
    }
    return NULL;
}

START_TEST(all_threads_have_one_clock)
{
    pthread_t threads[2];
    void *result;

    begin_simulated();
    atomic_store(&is_over, 0);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, watch, NULL), 0);
    for (int i = 0; i < 200000; i++) {
        atomic_fetch_add(&machine_mono, 1000);
        (void)clock_keep();
    }
    atomic_store(&is_over, 1);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(pthread_join(threads[i], &result), 0);
        ck_assert_ptr_null(result);
    }
    machine_set(NULL);
}
END_TEST

START_TEST(market_time_is_scaled_and_waits_are_its_inverse)
{
    struct clock_market clock;

    ck_assert_int_eq(clock_market_init(&clock, 5000, 100, 999), AGON_ERANGE);
    ck_assert_int_eq(clock_market_init(&clock, 5000, 100, 60001), AGON_ERANGE);
    ck_assert_int_eq(clock_market_init(&clock, 5000, 100, 60000), AGON_OK);
    ck_assert_int_eq(clock_market_at(&clock, 100), 5000);
    ck_assert_int_eq(clock_market_at(&clock, 110), 5600);
    ck_assert_int_eq(clock_market_wait(&clock, 110, 5600), 0);
    ck_assert_int_eq(clock_market_wait(&clock, 110, 5601), 1);
    ck_assert_int_eq(clock_market_wait(&clock, 110, 6200), 10);
    ck_assert_int_eq(clock_market_init(&clock, 1700000000 * (int64_t)S, 0, 1500), AGON_OK);
    ck_assert_int_eq(clock_market_at(&clock, 86400 * 365 * (int64_t)S),
                     (1700000000 + 86400 * 365 + 86400 * 365 / 2) * (int64_t)S);
}
END_TEST

START_TEST(text_is_that_of_the_calendar)
{
    char text[CLOCK_TEXT];

    (void)clock_text(0, text);
    ck_assert_str_eq(text, "1970-01-01T00:00:00.000000Z");
    (void)clock_text(951827696123456789, text); // date -u -d @951827696
    ck_assert_str_eq(text, "2000-02-29T12:34:56.123456Z");
    (void)clock_text(-1, text);
    ck_assert_str_eq(text, "1969-12-31T23:59:59.999999Z");
}
END_TEST

START_TEST(the_monotonic_clock_does_not_go_back)
{
    int64_t last = clock_mono();

    for (int i = 0; i < 10000; i++) {
        int64_t now = clock_mono();

        ck_assert_int_ge(now, last);
        last = now;
    }
    ck_assert_int_gt(clock_now(), 1600000000 * (int64_t)S);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sys_clock");
    TCase *tcase = tcase_create("clock");

    tcase_add_loop_test(tcase, a_step_of_the_wall_clock_moves_nothing, 0, 4);
    tcase_add_loop_test(tcase, the_clock_of_the_process_does_not_see_a_step, 0, 3);
    tcase_add_test(tcase, all_threads_have_one_clock);
    tcase_add_test(tcase, drift_is_followed_slowly_and_time_always_rises);
    tcase_add_test(tcase, an_offset_is_slewed_at_most_500_ppm);
    tcase_add_test(tcase, market_time_is_scaled_and_waits_are_its_inverse);
    tcase_add_test(tcase, text_is_that_of_the_calendar);
    tcase_add_test(tcase, the_monotonic_clock_does_not_go_back);
    suite_add_tcase(suite, tcase);
    return help_main(suite);
}
