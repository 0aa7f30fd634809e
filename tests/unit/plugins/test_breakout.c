// SPDX-License-Identifier: Apache-2.0
/* breakout by hand: ranges of three and of two candles. */
#include <stdlib.h>

#include "../../support/must.h"
#include "fake.h"

static struct fake fake;

/* The last order trades at that price, without a fee. */
static void filled(agon_px_t px)
{
    fake_order(&fake, AGON_ORDER_OPEN, 0);
    fake_fill(&fake, px, 0);
    fake_order(&fake, AGON_ORDER_FILLED, 0);
    fake_taken(&fake);
}

static const char *const small[] = {"enter_bars", "3", "leave_bars", "2", "atr", "2",
                                    "stop_atr",   "2", "bar_s",      "0", NULL};

static void close_at(agon_px_t px)
{
    fake_bar(&fake, 60, px + 50, px - 50, px, 1000);
}

/* Highs 100.50, 101.50, 100.50: the range ends at 101.50. */
static void range(void)
{
    close_at(10000);
    close_at(10100);
    close_at(10000);
    MUST_EQ(fake.n_intents, 0);
}

START_TEST(buys_beyond_the_range_and_not_at_it)
{
    for (int beyond = 0; beyond < 2; beyond++) {
        fake_begin(&fake, "breakout", small);
        range();
        close_at(10150 + beyond);
        MUST_EQ(fake.n_intents, (uint32_t)beyond);
        if (beyond)
            MUST_EQ(fake.intents[0].side, AGON_BUY);
        fake_close(&fake);
    }
}
END_TEST

START_TEST(waits_until_it_knows_a_range)
{
    fake_begin(&fake, "breakout", small);
    close_at(10000);
    close_at(10100);
    close_at(20000); // two candles before it, three are wanted
    MUST_EQ(fake.n_intents, 0);
    fake_close(&fake);
}
END_TEST

START_TEST(leaves_below_the_shorter_range)
{
    static const char *const no_stop[] = {"enter_bars", "3", "leave_bars", "2", "atr", "2",
                                          "stop_atr",   "0", "bar_s",      "0", NULL};

    fake_begin(&fake, "breakout", no_stop);
    range();
    close_at(10200);
    filled(10200);
    close_at(10080); // the lowest of 102.00 and 100.00 less 0.50 is 99.50
    MUST_EQ(fake.n_intents, 0);
    close_at(10020); // of 102.00 and 100.80 it is 100.30; of three it would still be 99.50
    MUST_EQ(fake.n_intents, 1);
    MUST_EQ(fake.intents[0].side, AGON_SELL);
    MUST_EQ(fake.intents[0].reason, 2);
    fake_close(&fake);
}
END_TEST

START_TEST(the_stop_is_handed_to_the_host_with_the_entry)
{
    // True ranges 1.5 (of 101.00 against 100.00) and 1.5: the mean is 1.50, and two of them 3.00.
    fake_begin(&fake, "breakout", small);
    range();
    MUST_EQ(fake.n_exits, 0);
    close_at(10200);
    MUST_EQ(fake.n_intents, 1);
    MUST_EQ(fake.n_exits, 1);
    MUST_EQ(fake.exits[0].side, AGON_BUY);
    MUST_EQ(fake.exits[0].instrument, 1);
    MUST_EQ(fake.exits[0].trail_px, 300);
    MUST_EQ(fake.exits[0].stop_px, 0);
    fake_close(&fake);
}
END_TEST

// Of somebody else's position, or one from before a restart with nothing.
START_TEST(a_position_without_a_plan_gets_one)
{
    fake_begin(&fake, "breakout", small);
    range();
    close_at(10200);
    filled(10200);
    fake.n_exits = 0;
    close_at(10210);
    MUST_EQ(fake.n_exits, 1);
    close_at(10220);
    MUST_EQ(fake.n_exits, 1);
    fake_close(&fake);
}
END_TEST

START_TEST(without_a_stop_there_is_no_plan)
{
    static const char *const no_stop[] = {"enter_bars", "3", "leave_bars", "2", "atr", "2",
                                          "stop_atr",   "0", "bar_s",      "0", NULL};

    fake_begin(&fake, "breakout", no_stop);
    range();
    close_at(10200);
    filled(10200);
    close_at(10210);
    MUST_EQ(fake.n_exits, 0);
    fake_close(&fake);
}
END_TEST

START_TEST(shorts_a_contract_where_both_sides_are_wanted)
{
    fake_open(&fake, "breakout");
    fake.instrument.kind = AGON_LINEAR;
    for (const char *const *p = small; p[0]; p += 2)
        fake_param(&fake, p[0], p[1]);
    fake_param(&fake, "sides", "1");
    MUST(fake_create(&fake) == AGON_OK);
    MUST(fake_start(&fake, AGON_START_FRESH) == AGON_OK);
    range();
    close_at(9949); // below the lowest, 99.50
    MUST_EQ(fake.n_intents, 1);
    MUST_EQ(fake.intents[0].side, AGON_SELL);
    MUST_EQ(fake.exits[0].side, AGON_SELL);
    filled(9949);
    MUST(fake.held_qty < 0);
    close_at(10200);
    MUST_EQ(fake.n_intents, 1);
    MUST_EQ(fake.intents[0].side, AGON_BUY);
    MUST(fake.intents[0].flags & AGON_REDUCE_ONLY);
    fake_close(&fake);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("breakout");
    TCase *tcase = tcase_create("all");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, buys_beyond_the_range_and_not_at_it);
    tcase_add_test(tcase, waits_until_it_knows_a_range);
    tcase_add_test(tcase, leaves_below_the_shorter_range);
    tcase_add_test(tcase, the_stop_is_handed_to_the_host_with_the_entry);
    tcase_add_test(tcase, a_position_without_a_plan_gets_one);
    tcase_add_test(tcase, without_a_stop_there_is_no_plan);
    tcase_add_test(tcase, shorts_a_contract_where_both_sides_are_wanted);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
