// SPDX-License-Identifier: Apache-2.0
/* basis by hand: spot around 100.00, the perpetual beside it. */
#include <stdlib.h>

#include "../../support/must.h"
#include "fake.h"

static struct fake fake;

static void begin(const char *const *params)
{
    fake_open(&fake, "basis");
    fake.second.instrument.kind = AGON_LINEAR;
    fake.second.instrument.base = 1;
    fake.second.instrument.lot_qty = 100; // coarser than spot's
    for (; params[0]; params += 2)
        fake_param(&fake, params[0], params[1]);
    MUST(fake_create(&fake) == AGON_OK);
    MUST(fake_start(&fake, AGON_START_FRESH) == AGON_OK);
}

static void books(agon_px_t spot, agon_px_t perp)
{
    fake.t += 1000000000;
    fake.at = 1;
    fake_top(&fake, spot - 1, spot + 1);
    fake.at = 2;
    fake_top(&fake, perp - 1, perp + 1);
    fake.at = 1;
}

static void fill_last(agon_px_t px, agon_qty_t fee_qty)
{
    fake.picked = fake.n_intents;
    fake_fill(&fake, px, fee_qty);
    fake_order(&fake, AGON_ORDER_FILLED, 0);
    fake.picked = 0;
}

/* In with 20.0000 of spot, of which the fee takes 0.0600, and short as much in lots of 0.0100. */
static void entered(void)
{
    MUST_EQ(fake.n_intents, 1);
    MUST_EQ(fake.intents[0].instrument, 1);
    MUST_EQ(fake.intents[0].side, AGON_BUY);
    fake.picked = 1;
    fake_fill(&fake, 10001, 600);
    fake.picked = 0;
    MUST_EQ(fake.n_intents, 2); // with the fill, not with the next book
    MUST_EQ(fake.intents[1].instrument, 2);
    MUST_EQ(fake.intents[1].side, AGON_SELL);
    MUST(llabs(fake.intents[1].qty - fake.held_qty) <= 50);
    MUST_EQ(fake.intents[1].qty % 100, 0);
    fake.picked = 1;
    fake_order(&fake, AGON_ORDER_FILLED, 0);
    MUST_EQ(fake.n_intents, 2); // the fee is not bought once more
    fake.picked = 2;
    fake_fill(&fake, 10050, 0);
    fake_order(&fake, AGON_ORDER_FILLED, 0);
    fake.picked = 0;
    MUST_EQ(fake.n_intents, 2);
    fake_taken(&fake);
}

static void left(void)
{
    MUST_EQ(fake.n_intents, 1);
    MUST_EQ(fake.intents[0].instrument, 1);
    MUST_EQ(fake.intents[0].side, AGON_SELL);
    fill_last(10000, 0);
    MUST_EQ(fake.n_intents, 2);
    MUST_EQ(fake.intents[1].instrument, 2);
    MUST_EQ(fake.intents[1].side, AGON_BUY);
    MUST(fake.intents[1].flags & AGON_REDUCE_ONLY);
    fill_last(10000, 0);
    MUST(fake.held_qty == 0 && fake.second.held_qty == 0);
}

static const char *const small[] = {"enter_bps", "40", "leave_bps", "5", NULL};

START_TEST(enters_when_the_perpetual_is_dear_enough)
{
    begin(small);
    books(10000, 10041); // bid 100.40 over offer 100.01: 39 bps
    MUST_EQ(fake.n_intents, 0);
    books(10000, 10045);
    entered();
    books(10000, 10045);
    MUST_EQ(fake.n_intents, 0);
    fake_close(&fake);
}
END_TEST

START_TEST(undoes_both_when_they_meet)
{
    begin(small);
    books(10000, 10045);
    entered();
    books(10000, 10004); // offer 100.05 over bid 99.99: 6 bps
    MUST_EQ(fake.n_intents, 0);
    books(10000, 10000);
    left();
    fake_close(&fake);
}
END_TEST

START_TEST(without_its_hedge_the_spot_is_sold_again)
{
    begin(small);
    books(10000, 10045);
    fill_last(10001, 0);
    MUST_EQ(fake.n_intents, 2);
    fake_order(&fake, AGON_ORDER_REJECTED, AGON_REASON_CAPITAL);
    MUST_EQ(fake.n_intents, 3);
    MUST_EQ(fake.intents[2].instrument, 1);
    MUST_EQ(fake.intents[2].side, AGON_SELL);
    MUST_EQ(fake.intents[2].qty, fake.intents[0].qty);
    fill_last(9999, 0);
    fake_taken(&fake);
    books(10000, 10045); // and rests before it tries again
    MUST_EQ(fake.n_intents, 0);
    fake.t += FAKE_MINUTE;
    books(10000, 10045);
    MUST_EQ(fake.n_intents, 1);
    fake_close(&fake);
}
END_TEST

START_TEST(a_silent_book_is_not_traded_on)
{
    begin(small);
    fake.at = 2;
    fake_top(&fake, 10044, 10046);
    fake.t += 6000000000; // stale_ms is 5000
    fake.at = 1;
    fake_top(&fake, 9999, 10001);
    MUST_EQ(fake.n_intents, 0);
    fake_close(&fake);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("basis");
    TCase *tcase = tcase_create("all");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, enters_when_the_perpetual_is_dear_enough);
    tcase_add_test(tcase, undoes_both_when_they_meet);
    tcase_add_test(tcase, without_its_hedge_the_spot_is_sold_again);
    tcase_add_test(tcase, a_silent_book_is_not_traded_on);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
