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

START_TEST(the_stop_follows_the_best_price)
{
    // True ranges 1.5, 1.5 (mean 1.5), then 2.5 of the candle at 102.00: (1.5 + 2.5) / 2 = 2.
    fake_begin(&fake, "breakout", small);
    range();
    close_at(10200);
    filled(10200);
    fake_trade(&fake, 9801); // 102.00 less 4.00 is 98.00
    MUST_EQ(fake.n_intents, 0);
    fake_trade(&fake, 10400);
    fake_trade(&fake, 10001);
    MUST_EQ(fake.n_intents, 0);
    fake_trade(&fake, 10000);
    MUST_EQ(fake.n_intents, 1);
    MUST_EQ(fake.intents[0].reason, 3);
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
    tcase_add_test(tcase, the_stop_follows_the_best_price);
    tcase_add_test(tcase, shorts_a_contract_where_both_sides_are_wanted);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
