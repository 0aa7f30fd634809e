// SPDX-License-Identifier: Apache-2.0
/* sma_cross by hand: averages of one and of three closes. */
#include <stdlib.h>

#include "../../support/must.h"
#include "fake.h"

static struct fake fake;

static const char *const small[] = {"fast", "1", "slow", "3", "bar_s", "0", NULL};

/* The last order trades at that price, without a fee. */
static void filled(agon_px_t px)
{
    fake_order(&fake, AGON_ORDER_OPEN, 0);
    fake_fill(&fake, px, 0);
    fake_order(&fake, AGON_ORDER_FILLED, 0);
    fake_taken(&fake);
}

static void close_at(agon_px_t px)
{
    fake_bar(&fake, 60, px + 100, px - 100, px, 1000);
}

/* 100, 98, 96: the close is below the mean. 99 is above 97.67. */
static void up_to_the_cross(void)
{
    close_at(10000);
    close_at(9800);
    close_at(9600);
    MUST_EQ(fake.n_intents, 0);
    close_at(9900);
}

START_TEST(buys_the_cross_and_sells_the_cross_back)
{
    fake_begin(&fake, "sma_cross", small);
    up_to_the_cross();
    MUST_EQ(fake.n_intents, 1);
    MUST_EQ(fake.intents[0].side, AGON_BUY);
    MUST_EQ(fake.intents[0].type, AGON_MARKET);
    MUST_EQ(fake.intents[0].qty, 101010); // 1000 / 99.00 in lots of 0.0001
    MUST(fake.metrics[0] == 9900);        // what its lines are: SMA(1) and SMA(3)
    MUST(fake.metrics[1] > 9766.6 && fake.metrics[1] < 9766.7);
    close_at(9900); // one order at a time
    MUST_EQ(fake.n_intents, 1);
    filled(9900);
    close_at(9900); // equal to the mean: no cross
    MUST_EQ(fake.n_intents, 0);
    close_at(9800); // mean 98.67
    MUST_EQ(fake.n_intents, 1);
    MUST_EQ(fake.intents[0].side, AGON_SELL);
    MUST_EQ(fake.intents[0].qty, 101010);
    fake_close(&fake);
}
END_TEST

START_TEST(buys_a_size_where_it_is_given)
{
    static const char *const sized[] = {"fast", "1",     "slow", "3", "size",
                                        "2.5",  "bar_s", "0",    NULL};

    fake_begin(&fake, "sma_cross", sized);
    up_to_the_cross();
    MUST_EQ(fake.n_intents, 1);
    MUST_EQ(fake.intents[0].qty, 25000);
    fake_close(&fake);
}
END_TEST

/* Above from the first full window on: nobody has seen it cross. */
START_TEST(does_not_buy_what_did_not_cross)
{
    fake_begin(&fake, "sma_cross", small);
    close_at(9600);
    close_at(9800);
    close_at(10000);
    close_at(10200);
    MUST_EQ(fake.n_intents, 0);
    fake_close(&fake);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sma_cross");
    TCase *tcase = tcase_create("all");
    SRunner *runner;
    int failed;

    tcase_add_test(tcase, buys_the_cross_and_sells_the_cross_back);
    tcase_add_test(tcase, buys_a_size_where_it_is_given);
    tcase_add_test(tcase, does_not_buy_what_did_not_cross);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
