// SPDX-License-Identifier: Apache-2.0
#include <check.h>
#include <stdlib.h>

#include "market/history.h"

#define MINUTE_NS ((agon_ns_t)60 * 1000000000)

static struct history *history;
static struct agon_bar out[HISTORY_ALL];
static uint64_t seq;

static struct agon_bar bar_of(agon_instrument_t instrument, uint32_t length_s, int64_t minute)
{
    return (struct agon_bar){
        .hdr = {.type = AGON_EVENT_BAR, .granules = 2, .instrument = instrument, .seq = ++seq},
        .t_open = minute * MINUTE_NS,
        .length_s = length_s,
        .close_px = 100 + minute};
}

static void add(agon_instrument_t instrument, uint32_t length_s, int64_t minute)
{
    struct agon_bar bar = bar_of(instrument, length_s, minute);

    history_add(history, &bar);
}

static void open_for(uint32_t n_instruments)
{
    seq = 0;
    ck_assert_int_eq(history_new(&history, n_instruments), AGON_OK);
}

START_TEST(bars_come_back_oldest_first_whatever_came_first)
{
    static const int64_t came[] = {7, 3, 4, 9, 5, 1};
    static const int64_t sorted[] = {1, 3, 4, 5, 7, 9};

    open_for(2);
    for (int i = 0; i < 6; i++) {
        add(1, 60, came[i]);
        add(2, 300, 5 * came[i]);
    }
    ck_assert_uint_eq(history_count(history), 12);
    ck_assert_uint_eq(history_copy(history, UINT64_MAX, out), 12);
    for (int i = 0; i < 6; i++) {
        ck_assert_int_eq(out[i].t_open, sorted[i] * MINUTE_NS);
        ck_assert_uint_eq(out[i].hdr.instrument, 1);
        ck_assert_int_eq(out[6 + i].t_open, 5 * sorted[i] * MINUTE_NS);
        ck_assert_uint_eq(out[6 + i].hdr.instrument, 2);
    }
    history_free(history);
}
END_TEST

START_TEST(the_same_interval_is_there_once_as_it_was_told_last)
{
    struct agon_bar again;

    open_for(1);
    for (int i = 0; i < 10; i++)
        add(1, 60, i);
    again = bar_of(1, 60, 4);
    again.close_px = 7;
    history_add(history, &again);
    ck_assert_uint_eq(history_copy(history, UINT64_MAX, out), 10);
    ck_assert_int_eq(out[4].close_px, 7);
    ck_assert_int_eq(out[5].close_px, 105);
    history_free(history);
}
END_TEST

START_TEST(a_full_series_forgets_its_oldest)
{
    open_for(1);
    for (int i = 10; i < HISTORY_BARS + 10; i++)
        add(1, 60, i);
    add(1, 3600, 0);
    add(1, 60, 3); // older than all that is there
    ck_assert_uint_eq(history_count(history), HISTORY_BARS + 1);
    add(1, 60, HISTORY_BARS + 11);
    add(1, 60, HISTORY_BARS + 10); // late, and not the newest
    ck_assert_uint_eq(history_copy(history, UINT64_MAX, out), HISTORY_BARS + 1);
    for (int i = 0; i < HISTORY_BARS; i++)
        ck_assert_int_eq(out[i].t_open, (i + 12) * MINUTE_NS);
    ck_assert_uint_eq(out[HISTORY_BARS].length_s, 3600);
    history_free(history);
}
END_TEST

START_TEST(what_is_of_later_events_stays_back)
{
    open_for(1);
    for (int i = 0; i < 10; i++)
        add(1, 60, i);
    ck_assert_uint_eq(history_copy(history, 4, out), 4);
    ck_assert_int_eq(out[3].t_open, 3 * MINUTE_NS);
    ck_assert_uint_eq(history_copy(history, 0, out), 0);
    history_free(history);
}
END_TEST

START_TEST(what_is_none_of_its_own_is_ignored)
{
    open_for(2);
    add(0, 60, 1);
    add(3, 60, 1);
    add(UINT32_MAX, 60, 1);
    add(1, 61, 1);
    ck_assert_uint_eq(history_count(history), 0);
    history_free(history);
    history_free(NULL);
}
END_TEST

START_TEST(longer_bars_are_made_of_the_minutes)
{
    struct agon_bar bar;
    uint32_t n, n_fives = 0, n_hours = 0;

    open_for(2);
    for (int64_t i = 62; i < 182; i++) {
        bar = bar_of(2, 60, i);
        bar.open_px = 100 + i;
        bar.close_px = bar.high_px = 101 + i;
        bar.low_px = 99 + i;
        bar.volume_qty = 1;
        history_add(history, &bar);
    }
    bar = bar_of(2, 300, 70); // cut short, and before the minutes
    history_add(history, &bar);
    bar = bar_of(2, 300, 55);
    history_add(history, &bar);
    history_lengthen(history);
    history_lengthen(history); // once more changes nothing
    n = history_copy(history, UINT64_MAX, out);
    for (uint32_t i = 0; i < n; i++) {
        int64_t minutes = out[i].length_s / 60;
        int64_t at = out[i].t_open / MINUTE_NS;

        ck_assert_uint_eq(out[i].hdr.instrument, 2);
        n_fives += minutes == 5;
        n_hours += minutes == 60;
        if (at < 62)
            continue;
        ck_assert_int_eq(at % minutes, 0);
        ck_assert_int_eq(out[i].open_px, 100 + at);
        ck_assert_int_eq(out[i].close_px, 100 + at + minutes);
        ck_assert_int_eq(out[i].low_px, 99 + at);
        ck_assert_int_eq(out[i].volume_qty, minutes);
        ck_assert_uint_eq(out[i].hdr.seq, (uint64_t)(at + minutes - 62)); // its last minute's
    }
    ck_assert_uint_eq(n_fives, 24); // [55, 60), and [65, 70) to [175, 180)
    ck_assert_uint_eq(n_hours, 1);  // [120, 180)
    ck_assert_uint_eq(history_copy(history, 0, out), 0);
    history_free(history);
}
END_TEST

START_TEST(many_instruments_share_the_room)
{
    open_for(64);
    for (agon_instrument_t id = 1; id <= 64; id++) {
        for (int i = 0; i < 300; i++)
            add(id, 60, i);
    }
    ck_assert_uint_eq(history_copy(history, UINT64_MAX, out), 64 * HISTORY_ALL / (64 * 8));
    ck_assert_int_eq(out[0].t_open, (300 - HISTORY_ALL / (64 * 8)) * MINUTE_NS);
    history_free(history);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("history");
    TCase *tcase = tcase_create("history");
    SRunner *runner;
    int n_failed;

    tcase_add_test(tcase, bars_come_back_oldest_first_whatever_came_first);
    tcase_add_test(tcase, the_same_interval_is_there_once_as_it_was_told_last);
    tcase_add_test(tcase, a_full_series_forgets_its_oldest);
    tcase_add_test(tcase, what_is_of_later_events_stays_back);
    tcase_add_test(tcase, what_is_none_of_its_own_is_ignored);
    tcase_add_test(tcase, longer_bars_are_made_of_the_minutes);
    tcase_add_test(tcase, many_instruments_share_the_room);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
