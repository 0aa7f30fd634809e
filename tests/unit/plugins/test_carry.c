// SPDX-License-Identifier: Apache-2.0
/* carry by hand: funding of 0.01 % each eight hours is 10.95 % a year. */
#include <stdlib.h>

#include "../../support/must.h"
#include "fake.h"

static struct fake fake;

static void begin(const char *const *params)
{
    fake_open(&fake, "carry");
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

static const char *const small[] = {"enter_pct", "15", "leave_pct", "5", "payments", "1", NULL};

/* Three payments a day: 0.01 % each are 10.95 % a year. */
static void funding(int64_t rate_ppb)
{
    fake.at = 2;
    fake_funding(&fake, rate_ppb, 28800);
    fake.at = 1;
}

START_TEST(enters_when_funding_pays_enough)
{
    begin(small);
    books(10000, 10050); // nothing is known of funding
    funding(130000);     // 14.2 %
    books(10000, 10050);
    MUST_EQ(fake.n_intents, 0);
    funding(140000); // 15.3 %
    books(10000, 10050);
    entered();
    fake_close(&fake);
}
END_TEST

START_TEST(leaves_when_it_pays_no_more)
{
    begin(small);
    books(10000, 10050);
    funding(140000);
    books(10000, 10050);
    entered();
    funding(46000); // 5.04 %
    books(10000, 10050);
    MUST_EQ(fake.n_intents, 0);
    funding(45000);
    books(10000, 10050);
    left();
    fake_close(&fake);
}
END_TEST

START_TEST(one_payment_is_one_however_often_it_is_told)
{
    static const char *const long_mean[] = {"enter_pct", "15", "payments", "3", NULL};

    // The mean of 3 gives the coming payment a weight of a half: 0 paid, 30.7 coming, is 15.3.
    begin(long_mean);
    books(10000, 10050);
    funding(0);
    fake.t += (agon_ns_t)28800 * 1000000000;
    for (int i = 0; i < 5; i++) {
        agon_ns_t t = fake.t;
        fake.t = FAKE_T0 + (agon_ns_t)40000 * 1000000000; // the same time of payment
        funding(270000);                                  // 29.6: 14.8
        fake.t = t;
    }
    books(10000, 10050);
    MUST_EQ(fake.n_intents, 0);
    fake.t = FAKE_T0 + (agon_ns_t)40000 * 1000000000;
    funding(280000);
    books(10000, 10050);
    MUST_EQ(fake.n_intents, 1);
    fake_close(&fake);
}
END_TEST

START_TEST(a_perpetual_far_below_spot_is_not_sold)
{
    begin(small);
    books(10000, 9980);
    funding(140000);
    books(10000, 9980); // 22 bps below; basis_min_bps is -10
    MUST_EQ(fake.n_intents, 0);
    fake_close(&fake);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("carry");
    TCase *tcase = tcase_create("all");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, enters_when_funding_pays_enough);
    tcase_add_test(tcase, leaves_when_it_pays_no_more);
    tcase_add_test(tcase, one_payment_is_one_however_often_it_is_told);
    tcase_add_test(tcase, a_perpetual_far_below_spot_is_not_sold);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
