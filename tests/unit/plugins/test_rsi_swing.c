// SPDX-License-Identifier: Apache-2.0
/* rsi_swing by hand: RSI and ranges of two candles. */
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

static const char *const small[] = {"rsi", "2",        "low", "30",    "high", "60", "atr",
                                    "2",   "stop_atr", "2",   "bar_s", "0",    NULL};

static void close_at(agon_px_t px)
{
    fake_bar(&fake, 60, px + 100, px - 100, px, 1000);
}

/* RSI of 2 changes: 100, 98, 96 give 0; 99 gives gain 1.5, loss 1: 60. */
static void up_to_the_turn(void)
{
    close_at(10000);
    close_at(9800);
    close_at(9600);
    MUST_EQ(fake.n_intents, 0);
    close_at(9890); // gain 1.45, loss 1: 59.2
}

START_TEST(buys_the_turn_and_not_the_fall)
{
    fake_begin(&fake, "rsi_swing", small);
    up_to_the_turn();
    MUST_EQ(fake.n_intents, 1);
    MUST_EQ(fake.intents[0].side, AGON_BUY);
    MUST_EQ(fake.intents[0].type, AGON_MARKET);
    MUST_EQ(fake.intents[0].qty, 101112); // 1000 / 98.90 in lots of 0.0001
    close_at(9890);                       // one order at a time
    MUST_EQ(fake.n_intents, 1);
    fake_close(&fake);
}
END_TEST

START_TEST(leaves_when_the_rsi_is_high)
{
    fake_begin(&fake, "rsi_swing", small);
    up_to_the_turn();
    filled(9890);
    close_at(9870); // gain 0.725, loss 0.6: 54.7
    MUST_EQ(fake.n_intents, 0);
    close_at(10100);
    MUST_EQ(fake.n_intents, 1);
    MUST_EQ(fake.intents[0].side, AGON_SELL);
    MUST_EQ(fake.intents[0].qty, 101112);
    MUST_EQ(fake.intents[0].reason, 2);
    fake_close(&fake);
}
END_TEST

START_TEST(the_stop_is_as_far_as_the_entry_said)
{
    // True ranges 3, 3, then 3.9 (100 above the close, 2.9 from the one before): the mean of 2 is
    // 3, then (3 + 3.9) / 2 = 3.45; two of them below 98.90 is 92.00.
    fake_begin(&fake, "rsi_swing", small);
    up_to_the_turn();
    filled(9890);
    fake_trade(&fake, 9201);
    MUST_EQ(fake.n_intents, 0);
    fake_trade(&fake, 9200);
    MUST_EQ(fake.n_intents, 1);
    MUST_EQ(fake.intents[0].reason, 3);
    fake_close(&fake);
}
END_TEST

START_TEST(leaves_when_the_time_is_up)
{
    static const char *const brief[] = {"rsi",  "2",  "atr",   "2", "hold_max", "2",
                                        "high", "99", "bar_s", "0", NULL};

    fake_begin(&fake, "rsi_swing", brief);
    up_to_the_turn();
    filled(9890);
    close_at(9890);
    MUST_EQ(fake.n_intents, 0);
    close_at(9890);
    MUST_EQ(fake.n_intents, 1);
    MUST_EQ(fake.intents[0].reason, 4);
    fake_close(&fake);
}
END_TEST

START_TEST(shorts_a_contract_only_where_both_sides_are_wanted)
{
    for (int both = 0; both < 2; both++) {
        fake_open(&fake, "rsi_swing");
        fake.instrument.kind = AGON_LINEAR;
        fake_param(&fake, "rsi", "2");
        fake_param(&fake, "bar_s", "0");
        fake_param(&fake, "sides", both ? "1" : "0");
        MUST(fake_create(&fake) == AGON_OK);
        MUST(fake_start(&fake, AGON_START_FRESH) == AGON_OK);
        close_at(10000);
        close_at(10200);
        close_at(10400);
        close_at(10200); // gain 1, loss 1: 50, down from 100
        MUST_EQ(fake.n_intents, (uint32_t)both);
        if (both)
            MUST_EQ(fake.intents[0].side, AGON_SELL);
        fake_close(&fake);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rsi_swing");
    TCase *tcase = tcase_create("all");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, buys_the_turn_and_not_the_fall);
    tcase_add_test(tcase, leaves_when_the_rsi_is_high);
    tcase_add_test(tcase, the_stop_is_as_far_as_the_entry_said);
    tcase_add_test(tcase, leaves_when_the_time_is_up);
    tcase_add_test(tcase, shorts_a_contract_only_where_both_sides_are_wanted);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
