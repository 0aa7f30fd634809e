// SPDX-License-Identifier: Apache-2.0
/* backoff, limiter and clock_offset: pure functions of state and time, so whole hours are run in
 * microseconds (F-04, F-05, F-32, F-33, F-34, F-50 to F-52). */
#include "net/backoff.h"
#include "net/clock_offset.h"
#include "net/limiter.h"

#include <check.h>
#include <stdlib.h>

#define MS 1000000ll
#define S  1000000000ll

static uint64_t dice(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* ---- backoff */

START_TEST(delays_double_from_the_first_to_the_cap)
{
    uint64_t seed = 88172645463325252u + (uint64_t)_i;
    struct backoff backoff = {0};
    int64_t last = backoff_down(&backoff, 0, dice(&seed));

    ck_assert(last >= 100 * MS && last <= 500 * MS);
    for (int i = 0; i < 20; i++) {
        int64_t delay = backoff_down(&backoff, 0, dice(&seed));
        if (i + 1 < BACKOFF_SOON)
            ck_assert_int_eq(delay, last * 2 < 5 * S ? last * 2 : 5 * S);
        else if (last * 2 < 30 * S && last < 28 * S)
            ck_assert_int_eq(delay, last * 2);
        else
            ck_assert(delay > 28 * S && delay <= 30 * S);
        last = delay;
    }
    ck_assert_uint_eq(backoff.attempts, 21);
}
END_TEST

START_TEST(first_delays_cover_their_range)
{
    uint64_t seed = 1;
    int64_t least = INT64_MAX, most = 0;

    for (int i = 0; i < 1000; i++) {
        struct backoff backoff = {0};
        int64_t delay = backoff_down(&backoff, 0, dice(&seed));
        least = delay < least ? delay : least;
        most = delay > most ? delay : most;
    }
    ck_assert(least >= 100 * MS && least < 105 * MS);
    ck_assert(most <= 500 * MS && most > 495 * MS);
    struct backoff edge = {0};
    ck_assert_int_eq(backoff_down(&edge, 0, UINT64_MAX - UINT64_MAX % 400000001), 100 * MS);
}
END_TEST

/* F-04 refused for an hour; F-05 accepted and closed 10 ms later, for an hour */
START_TEST(f_04_f_05_an_hour_holds_at_most_135_attempts)
{
    uint64_t seed = 77 + (uint64_t)_i;
    struct backoff backoff = {0};
    int64_t now = 0;
    int attempts = 0;

    for (;;) {
        now += backoff_down(&backoff, now, dice(&seed));
        if (now >= 3600 * S)
            break;
        attempts++;
        if (_i % 2) {
            backoff_up(&backoff, now);
            now += 10 * MS;
        }
    }
    ck_assert_int_le(attempts, 135);
    ck_assert_int_ge(attempts, 100);
}
END_TEST

/* A venue that was away for twenty seconds is found within 5 s of being back. */
START_TEST(a_short_absence_ends_within_five_seconds)
{
    uint64_t seed = 3 + (uint64_t)_i;
    struct backoff backoff = {0};
    int64_t now = 0;

    while (now < 20 * S) {
        int64_t delay = backoff_down(&backoff, now, dice(&seed));

        ck_assert_int_le(delay, 5 * S);
        now += delay;
    }
}
END_TEST

START_TEST(only_five_seconds_of_good_data_reset)
{
    struct backoff backoff = {0};

    for (int i = 0; i < 14; i++)
        backoff_down(&backoff, 0, 0);
    backoff_up(&backoff, 1000 * S);
    backoff_up(&backoff, 1004 * S); // said again: it counts from the first time
    ck_assert_int_eq(backoff_down(&backoff, 1005 * S - 1, 0), 30 * S);
    // Time without data does not count, however long the connection stood.
    ck_assert_int_eq(backoff_down(&backoff, 1900 * S, 0), 30 * S);
    backoff_up(&backoff, 2000 * S);
    ck_assert_int_eq(backoff_down(&backoff, 2005 * S, 0), 100 * MS);
    // Time that it was down does not count as health.
    ck_assert_int_eq(backoff_down(&backoff, 9000 * S, 0), 200 * MS);
}
END_TEST

/* ---- limiter */

static struct limiter limiter;

static uint32_t add(int64_t window_ns, uint32_t capacity)
{
    struct limiter_rule rule = {.window_ns = window_ns, .capacity = capacity};
    int at = limiter_add(&limiter, &rule, 0);

    ck_assert_int_ge(at, 0);
    return (uint32_t)at;
}

static int take(int64_t now, enum limiter_class class, uint32_t cost)
{
    return limiter_take(&limiter, now, class, &cost, 1, NULL);
}

static int spend(int64_t now, enum limiter_class class)
{
    int n = 0;

    while (take(now, class, 1) == AGON_OK)
        n++;
    return n;
}

START_TEST(the_share_and_its_reserves_are_kept)
{
    limiter_init(&limiter);
    add(60 * S, 1200);
    // 80 % of 1200 is 960; a tenth of it is for cancels, another for them and queries
    ck_assert_uint_eq(limiter_free(&limiter, 0, 0, LIMITER_OTHER), 768);
    ck_assert_int_eq(spend(0, LIMITER_OTHER), 768);
    ck_assert_int_eq(spend(0, LIMITER_QUERY), 96);
    ck_assert_int_eq(spend(0, LIMITER_CANCEL), 96);
    ck_assert_uint_eq(limiter_free(&limiter, 0, 0, LIMITER_CANCEL), 0);
    ck_assert_uint_eq(limiter.refused[LIMITER_OTHER], 1);
    ck_assert_int_eq(take(0, LIMITER_OTHER, 769), AGON_ERANGE);
    ck_assert_int_eq(take(0, LIMITER_CANCEL, 960), AGON_EAGAIN);
    ck_assert_int_eq(take(0, LIMITER_CANCEL, 961), AGON_ERANGE);
}
END_TEST

static const struct {
    uint32_t capacity;
    int other, query, cancel; /* how many of each pass when asked in this order */
} smalls[] = {{1, 1, 0, 0}, {2, 1, 0, 0}, {5, 2, 1, 1}, {10, 6, 1, 1}, {50, 32, 4, 4}};

START_TEST(small_limits_still_keep_something_back)
{
    limiter_init(&limiter);
    add(S, smalls[_i].capacity);
    ck_assert_int_eq(spend(0, LIMITER_OTHER), smalls[_i].other);
    ck_assert_int_eq(spend(0, LIMITER_QUERY), smalls[_i].query);
    ck_assert_int_eq(spend(0, LIMITER_CANCEL), smalls[_i].cancel);
}
END_TEST

/* Greedy takers at random times: no stretch of a window's length may hold more than the share. */
START_TEST(no_stretch_of_window_length_passes_the_share)
{
    enum { N = 4000 };
    static int64_t when[N];
    static uint32_t cost[N];
    uint64_t seed = 4711 + (uint64_t)_i;
    int64_t window = (_i % 3 == 0) ? 10 * S : (_i % 3 == 1) ? 7 * S + 13 : 60 * S;
    int64_t now = (int64_t)(dice(&seed) % 1000000000000u);
    int n = 0;

    limiter_init(&limiter);
    add(window, 100);
    for (int i = 0; i < 20000 && n < N; i++) {
        uint32_t weight = 1 + (uint32_t)(dice(&seed) % 5);
        int64_t retry = 0;
        int rc =
            limiter_take(&limiter, now, (enum limiter_class)(dice(&seed) % 3), &weight, 1, &retry);
        if (rc == AGON_OK) {
            when[n] = now;
            cost[n++] = weight;
        } else {
            ck_assert_int_gt(retry, now);
        }
        now += dice(&seed) % 4 ? (int64_t)(dice(&seed) % (uint64_t)(window / 50))
                               : (dice(&seed) % 20 == 0 ? window : 0);
    }
    for (int first = 0, last = 0, sum = 0; last < n; last++) {
        sum += (int)cost[last];
        while (when[last] - when[first] >= window)
            sum -= (int)cost[first++];
        ck_assert_int_le(sum, 80);
    }
    ck_assert_int_gt(n, 500);
}
END_TEST

START_TEST(retry_is_a_time_at_which_it_passes)
{
    uint64_t seed = 99 + (uint64_t)_i;
    int64_t now = 5 * S;
    int64_t begin = now;
    uint32_t passed = 0;

    limiter_init(&limiter);
    add(10 * S, 100);
    for (int i = 0; i < 2000; i++) {
        uint32_t weight = 1 + (uint32_t)(dice(&seed) % 20);
        int64_t retry;
        if (limiter_take(&limiter, now, LIMITER_OTHER, &weight, 1, &retry) == AGON_OK) {
            passed += weight;
            continue;
        }
        ck_assert_int_eq(limiter_take(&limiter, retry - 1, LIMITER_OTHER, &weight, 1, NULL),
                         AGON_EAGAIN);
        ck_assert_int_eq(limiter_take(&limiter, retry, LIMITER_OTHER, &weight, 1, NULL), AGON_OK);
        passed += weight;
        now = retry;
    }
    // Of 64 per window it lends at least 85 % to who is always there.
    ck_assert_int_ge((int64_t)passed * 10 * S, (now - begin) * 64 * 85 / 100);
}
END_TEST

START_TEST(a_request_takes_from_all_its_limits_or_none)
{
    uint32_t cost[3] = {10, 1, 1};

    limiter_init(&limiter);
    add(60 * S, 1000); // weight
    add(10 * S, 5);    // orders in ten seconds: 2 for others
    add(86400 * S, 1000);
    ck_assert_int_eq(limiter_take(&limiter, 0, LIMITER_OTHER, cost, 3, NULL), AGON_OK);
    ck_assert_int_eq(limiter_take(&limiter, 0, LIMITER_OTHER, cost, 3, NULL), AGON_OK);
    ck_assert_int_eq(limiter_take(&limiter, 0, LIMITER_OTHER, cost, 3, NULL), AGON_EAGAIN);
    ck_assert_uint_eq(limiter.buckets[0].total, 20);
    ck_assert_uint_eq(limiter.buckets[2].total, 2);
    // Weight alone still goes.
    ck_assert_int_eq(limiter_take(&limiter, 0, LIMITER_OTHER, cost, 1, NULL), AGON_OK);
    limiter_undo(&limiter, S, cost, 3);
    ck_assert_uint_eq(limiter.buckets[0].total, 20);
    ck_assert_uint_eq(limiter.buckets[1].total, 1);
    ck_assert_int_eq(limiter_take(&limiter, S, LIMITER_OTHER, cost, 3, NULL), AGON_OK);
}
END_TEST

START_TEST(the_venues_count_wins_when_it_is_higher)
{
    limiter_init(&limiter);
    add(60 * S, 1200);
    ck_assert_int_eq(take(0, LIMITER_OTHER, 100), AGON_OK);
    limiter_used(&limiter, 0, 0, 50);
    ck_assert_uint_eq(limiter.buckets[0].total, 100);
    limiter_used(&limiter, 0, 0, 700); // another program on our address
    ck_assert_uint_eq(limiter_free(&limiter, 0, 0, LIMITER_OTHER), 68);
    limiter_used(&limiter, 0, 0, UINT32_MAX);
    ck_assert_uint_eq(limiter_free(&limiter, 0, 0, LIMITER_CANCEL), 0);
    // and it leaves the window like what we spent ourselves
    ck_assert_uint_eq(limiter_free(&limiter, 64 * S, 0, LIMITER_OTHER), 768);
}
END_TEST

START_TEST(f_34_a_lowered_limit_is_obeyed_at_once)
{
    limiter_init(&limiter);
    add(60 * S, 1200);
    ck_assert_int_eq(take(0, LIMITER_OTHER, 300), AGON_OK);
    limiter_capacity(&limiter, 0, 0, 600);
    ck_assert_uint_eq(limiter_free(&limiter, 0, 0, LIMITER_OTHER), 84);
    limiter_capacity(&limiter, 0, 0, 300);
    ck_assert_uint_eq(limiter_free(&limiter, 0, 0, LIMITER_OTHER), 0);
    limiter_capacity(&limiter, 0, 0, 0); // nonsense changes nothing
    ck_assert_uint_eq(limiter.buckets[0].rule.capacity, 300);
}
END_TEST

START_TEST(f_32_after_429_nothing_goes_then_half_speed_growing_for_a_minute)
{
    uint32_t one = 1;
    int64_t retry;

    limiter_init(&limiter);
    add(60 * S, 1200);
    add(10 * S, 100);
    limiter_stop(&limiter, 0, 0, 30 * S);
    limiter_stop(&limiter, S, 0, 20 * S); // an earlier time does not shorten it
    ck_assert_int_eq(limiter_take(&limiter, 29 * S, LIMITER_CANCEL, &one, 1, &retry), AGON_EAGAIN);
    ck_assert_int_eq(retry, 30 * S);
    ck_assert_uint_eq(limiter_free(&limiter, 29 * S, 0, LIMITER_CANCEL), 0);
    // the other bucket is not stopped
    uint32_t second[2] = {0, 1};
    ck_assert_int_eq(limiter_take(&limiter, 29 * S, LIMITER_OTHER, second, 2, NULL), AGON_OK);
    ck_assert_uint_eq(limiter_free(&limiter, 30 * S, 0, LIMITER_CANCEL), 480);
    ck_assert_uint_eq(limiter_free(&limiter, 60 * S, 0, LIMITER_CANCEL), 720);
    ck_assert_uint_eq(limiter_free(&limiter, 90 * S - 1, 0, LIMITER_CANCEL), 959);
    ck_assert_uint_eq(limiter_free(&limiter, 90 * S, 0, LIMITER_CANCEL), 960);
    // a 429 without a time stops for one window
    limiter_stop(&limiter, 100 * S, 0, 0);
    ck_assert_int_eq(take(160 * S - 1, LIMITER_CANCEL, 1), AGON_EAGAIN);
    ck_assert_int_eq(take(160 * S, LIMITER_CANCEL, 1), AGON_OK);
    // one that ran out long ago without anybody asking is over
    limiter_stop(&limiter, 200 * S, 0, 201 * S);
    ck_assert_uint_eq(limiter_free(&limiter, 500 * S, 0, LIMITER_CANCEL), 960);
}
END_TEST

START_TEST(at_half_speed_a_dear_request_still_passes_an_empty_bucket)
{
    limiter_init(&limiter);
    add(60 * S, 100);
    limiter_stop(&limiter, 0, 0, S);
    ck_assert_int_eq(take(S, LIMITER_OTHER, 60), AGON_OK);
    ck_assert_int_eq(take(S, LIMITER_OTHER, 1), AGON_EAGAIN);
}
END_TEST

START_TEST(f_33_a_ban_stops_everything_until_its_time)
{
    uint32_t cost[2] = {0, 1};
    int64_t retry;

    limiter_init(&limiter);
    add(60 * S, 1200);
    add(10 * S, 100);
    limiter_ban(&limiter, 0, 120 * S);
    limiter_ban(&limiter, 1, 60 * S);
    ck_assert(limiter_is_banned(&limiter, 120 * S - 1));
    ck_assert_int_eq(limiter_take(&limiter, 120 * S - 1, LIMITER_CANCEL, cost, 2, &retry),
                     AGON_EAGAIN);
    ck_assert_int_eq(retry, 120 * S);
    ck_assert(!limiter_is_banned(&limiter, 120 * S));
    ck_assert_int_eq(limiter_take(&limiter, 120 * S, LIMITER_CANCEL, cost, 2, NULL), AGON_OK);
    ck_assert_uint_eq(limiter_free(&limiter, 120 * S, 0, LIMITER_CANCEL), 480);
}
END_TEST

START_TEST(rules_that_make_no_sense_are_refused)
{
    struct limiter_rule rule = {.window_ns = S, .capacity = 0};

    limiter_init(&limiter);
    ck_assert_int_eq(limiter_add(&limiter, &rule, 0), AGON_EINVAL);
    rule.capacity = 1;
    rule.window_ns = 0;
    ck_assert_int_eq(limiter_add(&limiter, &rule, 0), AGON_EINVAL);
    rule.window_ns = S;
    rule.share_ppm = 1000001;
    ck_assert_int_eq(limiter_add(&limiter, &rule, 0), AGON_EINVAL);
    rule.share_ppm = 1000000;
    for (int i = 0; i < LIMITER_BUCKETS; i++)
        ck_assert_int_eq(limiter_add(&limiter, &rule, 0), i);
    ck_assert_int_eq(limiter_add(&limiter, &rule, 0), AGON_ENOSPC);
    // Time that goes backwards is no reason to lend more.
    ck_assert_int_eq(take(10 * S, LIMITER_CANCEL, 1), AGON_OK);
    ck_assert_int_eq(take(5 * S, LIMITER_CANCEL, 1), AGON_EAGAIN);
}
END_TEST

/* ---- clock_offset */

#define UTC 1753180000000000000ll

START_TEST(the_median_of_five_counts)
{
    // round trips in ms, and how much of it the way there takes
    static const int trips[5][2] = {{20, 10}, {20, 10}, {400, 390}, {22, 11}, {18, 9}};
    struct clock_offset clock = {0};
    int64_t now = 1000 * S;

    ck_assert(clock_offset_is_due(&clock, now));
    ck_assert_int_eq(clock_offset_now(&clock, now), 0);
    ck_assert_int_eq(clock_offset_uncertainty(&clock, now), INT64_MAX);
    for (int i = 0; i < 5; i++) {
        int64_t venue = UTC + now + trips[i][1] * MS;
        ck_assert(clock_offset_is_due(&clock, now));
        ck_assert_int_eq(clock_offset_sample(&clock, now, now + trips[i][0] * MS, venue, 0),
                         AGON_OK);
        now += trips[i][0] * MS;
    }
    ck_assert(!clock_offset_is_due(&clock, now));
    ck_assert(clock_offset_is_due(&clock, now + 60 * S));
    ck_assert_int_eq(clock_offset_now(&clock, now), UTC + now);
    ck_assert_int_ge(clock_offset_uncertainty(&clock, now), 9 * MS);
    ck_assert_int_le(clock_offset_uncertainty(&clock, now), 11 * MS);
    // an old estimate is worth less
    ck_assert_int_ge(clock_offset_uncertainty(&clock, now + 3600 * S), 700 * MS);
}
END_TEST

START_TEST(the_truth_lies_within_the_uncertainty)
{
    uint64_t seed = 31 + (uint64_t)_i;
    struct clock_offset clock = {0};
    int64_t now = 0;
    int64_t error;

    for (int i = 0; i < 5; i++) {
        int64_t there = (int64_t)(dice(&seed) % 80) * MS;
        int64_t back = (int64_t)(dice(&seed) % 80) * MS;
        int64_t stamp = (UTC + now + there) / MS * MS; // venues stamp in whole milliseconds
        ck_assert_int_eq(clock_offset_sample(&clock, now, now + there + back, stamp, MS), AGON_OK);
        now += there + back + 1234567;
    }
    error = llabs(clock_offset_now(&clock, now) - (UTC + now));
    ck_assert_int_le(error, clock_offset_uncertainty(&clock, now));
}
END_TEST

START_TEST(f_52_a_refused_timestamp_measures_anew_at_once)
{
    struct clock_offset clock = {0};

    for (int i = 0; i < 5; i++)
        clock_offset_sample(&clock, i * S, i * S + 10 * MS, UTC + i * S + 5 * MS, 0);
    ck_assert(!clock_offset_is_due(&clock, 5 * S));
    clock_offset_refused(&clock);
    ck_assert(clock_offset_is_due(&clock, 5 * S));
    ck_assert_int_eq(clock_offset_uncertainty(&clock, 5 * S), INT64_MAX);
    // The venue's clock has jumped 1.5 s: the first sample tells already.
    clock_offset_sample(&clock, 5 * S, 5 * S + 10 * MS, UTC + 6500 * MS + 5 * MS, 0);
    ck_assert_int_eq(clock_offset_now(&clock, 6 * S), UTC + 7500 * MS);
    ck_assert_int_le(clock_offset_uncertainty(&clock, 5 * S + 10 * MS), 5 * MS);
}
END_TEST

/* A venue sets its clock in the middle of a round. Half the samples of before and half of after
 * made a median that was wrong, or uncertain, until the next round a minute later: no order left.
 */
START_TEST(a_venue_that_sets_its_clock_is_known_by_the_next_sample)
{
    static const int64_t steps[] = {3600 * S, -3600 * S, 3 * S, -1 * S, 200 * MS};
    int64_t now = 1000 * S;

    for (int before = 1; before <= 7; before++) {
        struct clock_offset clock = {0};

        for (int i = 0; i < before; i++, now += 50 * MS)
            clock_offset_sample(&clock, now, now + 20 * MS, UTC + now + 10 * MS, MS);
        for (int i = 0; i < 6; i++, now += 50 * MS) {
            int64_t venue = UTC + now + steps[_i];

            clock_offset_sample(&clock, now, now + 20 * MS, venue + 10 * MS, MS);
            ck_assert_int_le(llabs(clock_offset_now(&clock, now) - venue), 12 * MS);
            ck_assert_int_le(clock_offset_uncertainty(&clock, now + 20 * MS), 12 * MS);
        }
    }
}
END_TEST

/* Two servers behind one name that disagree for ever: asked as often as any venue, and not
 * believed. */
START_TEST(a_venue_that_contradicts_itself_is_asked_no_more_often)
{
    struct clock_offset clock = {0};
    int64_t now = 1000 * S;
    int n_asked = 0;

    for (int64_t end = now + 600 * S; now < end; now += 50 * MS) {
        if (!clock_offset_is_due(&clock, now))
            continue;
        clock_offset_sample(&clock, now, now + 20 * MS, UTC + now + n_asked % 2 * 10 * S, MS);
        n_asked++;
    }
    ck_assert_int_le(n_asked, 11 * (2 * CLOCK_OFFSET_SAMPLES));
    ck_assert_int_ge(clock_offset_uncertainty(&clock, now), 5 * S);
}
END_TEST

START_TEST(nonsense_samples_are_refused)
{
    struct clock_offset clock = {0};

    ck_assert_int_eq(clock_offset_sample(&clock, 10, 9, UTC, 0), AGON_EINVAL);
    ck_assert_int_eq(clock_offset_sample(&clock, INT64_MIN, INT64_MAX, UTC, 0), AGON_EINVAL);
    ck_assert_int_eq(clock_offset_sample(&clock, 1000 * S, 1000 * S, INT64_MIN, 0), AGON_EINVAL);
    ck_assert_int_eq(clock_offset_sample(&clock, 0, 1, UTC, -1), AGON_EINVAL);
    ck_assert(!clock.is_known);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("limits");
    TCase *tcase = tcase_create("limits");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_loop_test(tcase, delays_double_from_the_first_to_the_cap, 0, 20);
    tcase_add_test(tcase, first_delays_cover_their_range);
    tcase_add_loop_test(tcase, f_04_f_05_an_hour_holds_at_most_135_attempts, 0, 20);
    tcase_add_test(tcase, only_five_seconds_of_good_data_reset);
    tcase_add_loop_test(tcase, a_short_absence_ends_within_five_seconds, 0, 50);
    tcase_add_test(tcase, the_share_and_its_reserves_are_kept);
    tcase_add_loop_test(tcase, small_limits_still_keep_something_back, 0,
                        (int)(sizeof smalls / sizeof smalls[0]));
    tcase_add_loop_test(tcase, no_stretch_of_window_length_passes_the_share, 0, 12);
    tcase_add_loop_test(tcase, retry_is_a_time_at_which_it_passes, 0, 5);
    tcase_add_test(tcase, a_request_takes_from_all_its_limits_or_none);
    tcase_add_test(tcase, the_venues_count_wins_when_it_is_higher);
    tcase_add_test(tcase, f_34_a_lowered_limit_is_obeyed_at_once);
    tcase_add_test(tcase, f_32_after_429_nothing_goes_then_half_speed_growing_for_a_minute);
    tcase_add_test(tcase, at_half_speed_a_dear_request_still_passes_an_empty_bucket);
    tcase_add_test(tcase, f_33_a_ban_stops_everything_until_its_time);
    tcase_add_test(tcase, rules_that_make_no_sense_are_refused);
    tcase_add_test(tcase, the_median_of_five_counts);
    tcase_add_loop_test(tcase, the_truth_lies_within_the_uncertainty, 0, 50);
    tcase_add_test(tcase, f_52_a_refused_timestamp_measures_anew_at_once);
    tcase_add_loop_test(tcase, a_venue_that_sets_its_clock_is_known_by_the_next_sample, 0, 5);
    tcase_add_test(tcase, a_venue_that_contradicts_itself_is_asked_no_more_often);
    tcase_add_test(tcase, nonsense_samples_are_refused);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
