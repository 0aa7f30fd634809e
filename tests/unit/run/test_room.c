// SPDX-License-Identifier: Apache-2.0
/* What the host takes from a gateway for each state of its journal (ADR 35), in injected time. */
#include "run/host_impl.h"

#include <check.h>
#include <stdlib.h>

#include "sys/machine.h"

#define S ((int64_t)1000000000)

static struct host *host;
static int64_t mono_ns;

static int64_t mono(void *ctx)
{
    (void)ctx;
    return mono_ns;
}

static const struct machine machine = {.mono = mono};

static void begin(void)
{
    host = calloc(1, sizeof(*host));
    ck_assert_ptr_nonnull(host);
    mono_ns = 1000 * S;
    machine_set(&machine);
}

static void end(void)
{
    machine_set(NULL);
    free(host);
}

static void enter(enum journal_state state)
{
    atomic_store(&host->buffer.state, (uint32_t)state);
}

static int takes(uint16_t type, agon_instrument_t instrument)
{
    const struct agon_event_hdr record = {.type = type, .instrument = instrument};

    return host_takes(host, &record);
}

static int takes_mark(agon_instrument_t instrument)
{
    return takes(AGON_EVENT_MARK, instrument);
}

static const enum journal_state without_room[] = {JOURNAL_SHEDDING, JOURNAL_RESERVE, JOURNAL_FULL};
#define N_WITHOUT_ROOM 3

START_TEST(without_room_the_core_is_told_how_markets_and_their_venue_stand)
{
    enter(without_room[_i]);
    ck_assert(takes(AGON_EVENT_HEALTH, 0));
    ck_assert(takes(AGON_EVENT_STATUS, 1));
    ck_assert(takes(AGON_EVENT_FUNDING, 1));
}
END_TEST

START_TEST(without_room_what_changes_money_is_taken)
{
    static const uint16_t types[] = {EVENT_REPORT, EVENT_ACCOUNT, AGON_EVENT_HALT,
                                     AGON_EVENT_INSTRUMENT};

    enter(without_room[_i]);
    for (size_t k = 0; k < sizeof(types) / sizeof(types[0]); k++)
        ck_assert_msg(takes(types[k], 1), "type %u", types[k]);
}
END_TEST

START_TEST(without_room_no_other_market_event_is_taken)
{
    static const uint16_t types[] = {
        AGON_EVENT_TRADE,      AGON_EVENT_QUOTE, AGON_EVENT_BAR,        AGON_EVENT_BOOK_SNAPSHOT,
        AGON_EVENT_BOOK_DELTA, AGON_EVENT_INDEX, AGON_EVENT_LIQUIDATION};

    enter(without_room[_i]);
    for (size_t k = 0; k < sizeof(types) / sizeof(types[0]); k++)
        ck_assert_msg(!takes(types[k], 1), "type %u", types[k]);
}
END_TEST

START_TEST(without_room_one_mark_price_in_ten_seconds_is_taken_of_each_instrument)
{
    static const enum journal_state states[] = {JOURNAL_SHEDDING, JOURNAL_RESERVE};

    enter(states[_i]);
    for (int round = 0; round < 3; round++) {
        ck_assert(takes_mark(1));
        ck_assert(!takes_mark(1));
        ck_assert(takes_mark(HOST_INSTRUMENTS_MAX)); // each has its own ten seconds
        mono_ns += 10 * S - 1;
        ck_assert(!takes_mark(1));
        ck_assert(!takes_mark(HOST_INSTRUMENTS_MAX));
        mono_ns++;
    }
    ck_assert(!takes_mark(HOST_INSTRUMENTS_MAX + 1)); // none of ours
}
END_TEST

START_TEST(once_the_reserve_is_used_up_no_mark_price_is_taken)
{
    enter(JOURNAL_FULL);
    ck_assert(!takes_mark(1));
    mono_ns += 60 * S;
    ck_assert(!takes_mark(1));
    // What was refused is not counted as taken: with the reserve back the next one is.
    enter(JOURNAL_RESERVE);
    ck_assert(takes_mark(1));
}
END_TEST

START_TEST(with_room_and_behind_a_failed_write_everything_is_taken)
{
    static const enum journal_state states[] = {JOURNAL_RUNNING, JOURNAL_LOW, JOURNAL_FAILED};

    enter(states[_i]);
    ck_assert(takes(AGON_EVENT_TRADE, 1));
    ck_assert(takes(AGON_EVENT_BOOK_DELTA, 1));
    ck_assert(takes(AGON_EVENT_HEALTH, 0));
    for (int k = 0; k < 3; k++)
        ck_assert(takes_mark(1));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("room");
    TCase *tcase = tcase_create("room");
    SRunner *runner;
    int n_failed;

    tcase_add_checked_fixture(tcase, begin, end);
    tcase_add_loop_test(tcase, without_room_the_core_is_told_how_markets_and_their_venue_stand, 0,
                        N_WITHOUT_ROOM);
    tcase_add_loop_test(tcase, without_room_what_changes_money_is_taken, 0, N_WITHOUT_ROOM);
    tcase_add_loop_test(tcase, without_room_no_other_market_event_is_taken, 0, N_WITHOUT_ROOM);
    tcase_add_loop_test(
        tcase, without_room_one_mark_price_in_ten_seconds_is_taken_of_each_instrument, 0, 2);
    tcase_add_test(tcase, once_the_reserve_is_used_up_no_mark_price_is_taken);
    tcase_add_loop_test(tcase, with_room_and_behind_a_failed_write_everything_is_taken, 0, 3);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
