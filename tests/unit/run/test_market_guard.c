// SPDX-License-Identifier: Apache-2.0
#include "run/market_guard.h"

#include <check.h>
#include <stdlib.h>

#include <agon/event.h>

#define S  ((int64_t)1000000000)
#define MS ((int64_t)1000000)
#define T0 (1723161600 * S) /* of the market */

static struct market_guard guard;

static struct venue_market says(int64_t market_ns, int64_t at_ns, int64_t speed)
{
    return (struct venue_market){
        .t = T0 + market_ns, .at_ns = at_ns, .error_ns = MS, .speed_milli = speed * 1000};
}

static void begin(int64_t speed)
{
    guard = (struct market_guard){.heard = says(0, 0, speed)};
}

/* What it says of market time at at_ns, where our own count is ours_ns. */
static enum market_verdict hear(int64_t market_ns, int64_t at_ns, int64_t speed, int64_t ours_ns)
{
    struct venue_market said = says(market_ns, at_ns, speed);

    return market_guard_judge(&guard, &said, T0 + ours_ns);
}

START_TEST(a_market_that_keeps_its_speed_moves_nothing)
{
    static const int64_t speeds[] = {1, 20, 60};
    int64_t speed = speeds[_i];

    begin(speed);
    for (int64_t at = 5 * S; at < 3600 * S; at += 5 * S)
        ck_assert_int_eq(hear(at * speed + (at / S % 3 - 1) * MS * speed, at, speed, at * speed),
                         MARKET_SAME);
    // The same word once more, as the owner converts it: some microseconds from where it was.
    ck_assert_int_eq(hear(0, 3595 * S + 4000, speed, 3600 * S * speed), MARKET_SAME);
    ck_assert(!guard.is_other);
}
END_TEST

START_TEST(a_market_that_falls_behind_or_catches_up_is_followed)
{
    static const int64_t speeds[] = {1, 20, 60};
    int64_t speed = speeds[_i], market = 0;

    begin(speed);
    for (int64_t at = 5 * S; at < 600 * S; at += 5 * S) {
        market += 5 * S * speed / 2; // half as fast as it should be
        ck_assert_int_eq(hear(market, at, speed, market + 5 * S * speed / 2), MARKET_MOVED);
    }
    // It stands.
    ck_assert_int_eq(hear(market, 605 * S, speed, market + 5 * S * speed), MARKET_MOVED);
    // And goes on as fast as it should, with our count behind it.
    ck_assert_int_eq(hear(market + 5 * S * speed, 610 * S, speed, market), MARKET_MOVED);
    ck_assert(!guard.is_other);
}
END_TEST

START_TEST(what_cannot_be_the_same_market_moves_nothing_from_then_on)
{
    static const struct {
        int64_t market_ns, speed;
    } words[] = {{-3600 * S, 20}, // back
                 {100 * S + 3600 * S, 20},
                 {100 * S + 30 * S, 20}, // further than its speed and its way allow
                 {-30 * S, 20},
                 {365 * 86400 * S, 20},
                 {INT64_MAX - T0, 20},
                 {-T0, 20},
                 {100 * S, 1},
                 {100 * S, 60}};

    begin(20);
    ck_assert_int_eq(hear(words[_i].market_ns, 5 * S, words[_i].speed, 100 * S), MARKET_OTHER);
    ck_assert(guard.is_other);
    for (int64_t at = 10 * S; at < 100 * S; at += 5 * S)
        ck_assert_int_eq(hear(at * 20 + 60 * S, at, 20, at * 20), MARKET_SAME);
}
END_TEST

/* ADR 16: a real venue moves no engine time, whatever it says. */
START_TEST(at_real_speed_only_this_machine_is_heard)
{
    static const char *const others[] = {"api.binance.com", "127.0.0.1.example.com", "10.0.0.7",
                                         "localhost.example.com", ""};
    static const char *const own[] = {"127.0.0.1", "::1", "localhost"};

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        ck_assert(!market_guard_hears(1000, others[i]));
        ck_assert(market_guard_hears(20000, others[i])); // no real venue is faster than the time
    }
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
        ck_assert(market_guard_hears(1000, own[i]));
}
END_TEST

START_TEST(without_a_word_the_data_says_it_and_bars_of_the_past_come_when_they_ended)
{
    struct agon_event_hdr event = {.type = AGON_EVENT_BAR, .t_venue = T0};

    ck_assert(!market_guard_begins(&event));
    ck_assert_int_eq(market_guard_before(&event, 0), T0);
    ck_assert_int_eq(market_guard_before(&event, T0 + 1), T0 + 1); // never back
    event.type = AGON_EVENT_BOOK_SNAPSHOT;
    ck_assert(!market_guard_begins(&event));
    ck_assert_int_eq(market_guard_before(&event, 7), 7);
    event.type = AGON_EVENT_TRADE;
    ck_assert(market_guard_begins(&event));
    event.type = AGON_EVENT_BOOK_DELTA;
    ck_assert(market_guard_begins(&event));
    event.t_venue = 0;
    ck_assert(!market_guard_begins(&event));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("market_guard");
    TCase *tcase = tcase_create("market");
    SRunner *runner = srunner_create(suite);
    int n_failed;

    tcase_add_loop_test(tcase, a_market_that_keeps_its_speed_moves_nothing, 0, 3);
    tcase_add_loop_test(tcase, a_market_that_falls_behind_or_catches_up_is_followed, 0, 3);
    tcase_add_loop_test(tcase, what_cannot_be_the_same_market_moves_nothing_from_then_on, 0, 9);
    tcase_add_test(tcase, at_real_speed_only_this_machine_is_heard);
    tcase_add_test(tcase,
                   without_a_word_the_data_says_it_and_bars_of_the_past_come_when_they_ended);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
