// SPDX-License-Identifier: Apache-2.0
/* What a report's candles are made of: what the market did in the run, and nothing of before it. */
#include "report/trail.h"

#include "../engine/world.h"

#define MINUTE ((agon_ns_t)60 * 1000000000)
#define START  (1000000 * MINUTE) /* of the run, by the market's clock */

static struct world *world;
static struct trail *trail;

static void tell(void *event, agon_ns_t t)
{
    struct agon_event_hdr *hdr = event;

    hdr->t = t;
    ck_assert_int_eq(trail_event(trail, world->engine, hdr), AGON_OK);
}

/* A bar from `begin` on; px: all that it is of. */
static void bar(agon_ns_t begin, agon_px_t px, agon_ns_t t)
{
    struct agon_bar made = {.hdr = {.type = AGON_EVENT_BAR, .instrument = BTCUSDT},
                            .t_open = begin,
                            .length_s = 60,
                            .open_px = px,
                            .high_px = px + 1,
                            .low_px = px - 1,
                            .close_px = px};

    tell(&made, t);
}

static void trade(agon_px_t px, agon_ns_t t)
{
    struct agon_trade made = {.hdr = {.type = AGON_EVENT_TRADE, .instrument = BTCUSDT},
                              .px = px,
                              .qty = 1,
                              .side = AGON_BUY};

    tell(&made, t);
}

static void run_begins(agon_ns_t t)
{
    struct record_start start = {.hdr = {.type = EVENT_START, .granules = 1}, .run = 1};

    tell(&start, t);
}

static void setup(void)
{
    world = world_new(RUN_PAPER);
    trail = trail_new();
    ck_assert_ptr_nonnull(trail);
}

static void teardown(void)
{
    trail_free(trail);
    world_free(world);
}

/* The least and the greatest of all candles, in ticks. */
static void check_range(double low, double high)
{
    double least = 1e9, most = 0;

    ck_assert_uint_eq(trail->n_prices, 1);
    for (uint32_t i = 0; i < trail->prices[0]->n; i++) {
        const struct trail_candle *candle = &trail->prices[0]->candles[i];

        least = candle->low < least ? candle->low : least;
        most = candle->high > most ? candle->high : most;
    }
    ck_assert_double_eq_tol(least, low / 100, 1e-9);
    ck_assert_double_eq_tol(most, high / 100, 1e-9);
}

START_TEST(history_told_at_a_start_is_in_no_candle)
{
    run_begins(0); // no clock yet
    for (int i = 0; i < 50; i++)
        bar(START - (51 - i) * MINUTE - 1, 6100000, START + i);
    trade(6000000, START + MINUTE / 2);
    trade(6000500, START + MINUTE);
    check_range(6000000, 6000500);
    ck_assert_double_eq_tol(trail->prices[0]->first, 60000, 1e-9);
    // Nor what the next run is told of the time until it began.
    run_begins(START + 10 * MINUTE);
    bar(START + 8 * MINUTE, 6200000, START + 10 * MINUTE + 5);
    trade(6001000, START + 11 * MINUTE);
    check_range(6000000, 6001000);
}
END_TEST

START_TEST(bars_of_a_recording_are_its_prices_from_the_first_on)
{
    run_begins(0);
    bar(START, 6000000, START + MINUTE);
    bar(START + MINUTE, 6001000, START + 2 * MINUTE);
    check_range(5999999, 6001001);
    ck_assert_double_eq_tol(trail->prices[0]->first, 60000, 1e-9);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("trail");
    TCase *tcase = tcase_create("trail");
    SRunner *runner = srunner_create(suite);
    int n_failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, history_told_at_a_start_is_in_no_candle);
    tcase_add_test(tcase, bars_of_a_recording_are_its_prices_from_the_first_on);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
