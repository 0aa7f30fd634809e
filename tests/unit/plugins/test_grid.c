// SPDX-License-Identifier: Apache-2.0
/* grid by hand: a ladder of three rungs, one per cent apart. */
#include <stdlib.h>

#include "../../support/must.h"
#include "fake.h"

static struct fake fake;

/* Three rungs of 1 % below 100.00: buys at 99.00, 98.00, 97.00, each sold one rung higher. */
static const char *const small[] = {"levels",     "3", "step_bps", "100", "size_pct", "30",
                                    "stop_steps", "2", "rest_s",   "600", NULL};

static void book(agon_px_t mid)
{
    fake.t += 2000000000;
    fake_top(&fake, mid - 1, mid + 1);
}

/* So many books at that price: what wants to be sent is sent, one at a time. */
static void books(agon_px_t mid, int n)
{
    while (n-- > 0)
        book(mid);
}

static void pick_filled(uint32_t i)
{
    fake.picked = i;
    fake_fill(&fake, fake.intents[i - 1].px, 0);
    fake_order(&fake, AGON_ORDER_FILLED, 0);
    fake.picked = 0;
}

START_TEST(hangs_a_ladder_of_post_only_bids)
{
    static const agon_px_t rungs[] = {9900, 9800, 9700};

    fake_begin(&fake, "grid", small);
    books(10000, 6);
    MUST_EQ(fake.n_intents, 3);
    for (int i = 0; i < 3; i++) {
        MUST_EQ(fake.intents[i].px, rungs[i]);
        MUST_EQ(fake.intents[i].side, AGON_BUY);
        MUST_EQ(fake.intents[i].flags, AGON_POST_ONLY);
        MUST_EQ(fake.intents[i].qty, 100000); // 30 % of 10,000 over three, at 100.00
    }
    MUST(fake.intents[0].client_ref != fake.intents[1].client_ref);
    fake_close(&fake);
}
END_TEST

START_TEST(sells_each_purchase_one_rung_higher_and_buys_again)
{
    fake_begin(&fake, "grid", small);
    books(10000, 6);
    pick_filled(1);
    books(9900, 2);
    MUST_EQ(fake.n_intents, 4);
    MUST_EQ(fake.intents[3].side, AGON_SELL);
    MUST_EQ(fake.intents[3].px, 10000);
    MUST_EQ(fake.intents[3].qty, 100000);
    pick_filled(4);
    books(10000, 2);
    MUST_EQ(fake.n_intents, 5);
    MUST_EQ(fake.intents[4].side, AGON_BUY);
    MUST_EQ(fake.intents[4].px, 9900);
    fake_close(&fake);
}
END_TEST

START_TEST(sells_what_the_fee_has_left)
{
    fake_begin(&fake, "grid", small);
    books(10000, 6);
    fake.picked = 1;
    fake_fill(&fake, 9900, 100);
    fake_order(&fake, AGON_ORDER_FILLED, 0);
    fake.picked = 0;
    books(9900, 2);
    MUST_EQ(fake.intents[3].qty, 99900);
    fake_close(&fake);
}
END_TEST

START_TEST(follows_the_price_up_when_all_is_sold)
{
    fake_begin(&fake, "grid", small);
    books(10000, 6);
    book(10101); // a step above, and more
    MUST_EQ(fake.n_intents, 6);
    for (uint32_t i = 4; i <= 6; i++) {
        MUST_EQ(fake.intents[i - 1].kind, AGON_INTENT_CANCEL);
        MUST_EQ(fake.intents[i - 1].client_ref, fake.intents[i - 4].client_ref);
        fake.picked = i;
        fake_order(&fake, AGON_ORDER_CANCELLED, 0);
    }
    fake.picked = 0;
    fake_taken(&fake);
    books(10101, 6);
    MUST_EQ(fake.n_intents, 3);
    MUST_EQ(fake.intents[0].px, 9999); // 101.01 x 0.99 = 99.9999
    fake_close(&fake);
}
END_TEST

START_TEST(does_not_follow_while_it_holds)
{
    fake_begin(&fake, "grid", small);
    books(10000, 6);
    pick_filled(1);
    books(9900, 1);
    fake_taken(&fake);
    books(10101, 3);
    MUST_EQ(fake.n_intents, 0);
    fake_close(&fake);
}
END_TEST

START_TEST(sells_everything_below_the_ladder_and_rests)
{
    uint32_t n;

    fake_begin(&fake, "grid", small);
    books(10000, 6);
    pick_filled(1);
    pick_filled(2);
    pick_filled(3);
    books(9650, 4); // three offers
    MUST_EQ(fake.n_intents, 6);
    books(9499, 2); // five steps below: the stop
    n = fake.n_intents;
    MUST_EQ(n, 9); // their cancels
    for (uint32_t i = 7; i <= 9; i++) {
        MUST_EQ(fake.intents[i - 1].kind, AGON_INTENT_CANCEL);
        fake.picked = i;
        fake_order(&fake, AGON_ORDER_CANCELLED, 0);
    }
    fake.picked = 0;
    book(9499);
    MUST_EQ(fake.n_intents, 10);
    MUST_EQ(fake.intents[9].type, AGON_MARKET);
    MUST_EQ(fake.intents[9].side, AGON_SELL);
    MUST_EQ(fake.intents[9].qty, 300000);
    fake_fill(&fake, 9499, 0);
    fake_order(&fake, AGON_ORDER_FILLED, 0);
    fake_taken(&fake);
    books(9499, 250); // 500 s
    MUST_EQ(fake.n_intents, 0);
    books(9499, 60);
    MUST_EQ(fake.n_intents, 3);
    fake_close(&fake);
}
END_TEST

START_TEST(sells_a_position_that_no_rung_bought)
{
    fake_open(&fake, "grid");
    for (const char *const *p = small; p[0]; p += 2)
        fake_param(&fake, p[0], p[1]);
    fake_param(&fake, "symbol", "BTCUSDT");
    fake.held_qty = 20000;
    fake.cost = 200;
    MUST(fake_create(&fake) == AGON_OK);
    MUST(fake_start(&fake, AGON_START_FRESH) == AGON_OK);
    books(10000, 2);
    MUST_EQ(fake.n_intents, 1);
    MUST_EQ(fake.intents[0].side, AGON_SELL);
    MUST_EQ(fake.intents[0].qty, 20000);
    MUST_EQ(fake.intents[0].px, 10000);
    fake_close(&fake);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("grid");
    TCase *tcase = tcase_create("all");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, hangs_a_ladder_of_post_only_bids);
    tcase_add_test(tcase, sells_each_purchase_one_rung_higher_and_buys_again);
    tcase_add_test(tcase, sells_what_the_fee_has_left);
    tcase_add_test(tcase, follows_the_price_up_when_all_is_sold);
    tcase_add_test(tcase, does_not_follow_while_it_holds);
    tcase_add_test(tcase, sells_everything_below_the_ladder_and_rests);
    tcase_add_test(tcase, sells_a_position_that_no_rung_bought);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
