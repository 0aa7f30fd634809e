// SPDX-License-Identifier: Apache-2.0
/* pairs by hand: two instruments on a line of slope 2. */
#include <stdlib.h>

#include "../../support/must.h"
#include "fake.h"

static struct fake fake;

/* The second closes at 50, 51, ..., 54 and so on, the first at twice that and one tick more or
 * less in turn: a line of slope 2 and a spread of about 0.01. */
static const char *const small[] = {"bar_s",    "0",       "period",   "10",     "enter_z",
                                    "3",        "leave_z", "1",        "stop_z", "20",
                                    "hold_max", "5",       "size_pct", "20",     NULL};
static int n_bars;

static void both(agon_px_t first, agon_px_t second)
{
    fake.at = 1;
    fake_bar(&fake, 60, first, first, first, 1000);
    fake.t -= FAKE_MINUTE;
    fake.at = 2;
    fake_bar(&fake, 60, second, second, second, 1000);
    fake.at = 1;
}

static void ordinary(int off)
{
    agon_px_t second = 5000 + 100 * (n_bars % 5);

    both(2 * second + (n_bars % 2 ? 1 : -1) + off, second);
    n_bars++;
}

static void begin(uint8_t kind)
{
    fake_open(&fake, "pairs");
    fake.instrument.kind = fake.second.instrument.kind = kind;
    for (const char *const *p = small; p[0]; p += 2)
        fake_param(&fake, p[0], p[1]);
    fake_param(&fake, "symbol_a", "BTCUSDT");
    fake_param(&fake, "symbol_b", "ETHUSDT");
    MUST(fake_create(&fake) == AGON_OK);
    MUST(fake_start(&fake, AGON_START_FRESH) == AGON_OK);
    n_bars = 0;
    while (n_bars < 10)
        ordinary(0);
    MUST_EQ(fake.n_intents, 0);
}

static void fill_all(void)
{
    uint32_t n = fake.n_intents;

    for (uint32_t i = 1; i <= n; i++) {
        fake.picked = i;
        fake_fill(&fake, fake.intents[i - 1].instrument == 1 ? 10000 : 5000, 0);
        fake_order(&fake, AGON_ORDER_FILLED, 0);
    }
    fake.picked = 0;
    fake_taken(&fake);
}

START_TEST(sells_the_dear_one_against_the_cheap_one_by_the_ratio)
{
    begin(AGON_LINEAR);
    ordinary(10);
    MUST_EQ(fake.n_intents, 2);
    MUST_EQ(fake.intents[0].instrument, 1);
    MUST_EQ(fake.intents[0].side, AGON_SELL);
    MUST_EQ(fake.intents[1].instrument, 2);
    MUST_EQ(fake.intents[1].side, AGON_BUY);
    // As many of the second as the slope says, which the noise moves by less than a hundredth.
    MUST(llabs(fake.intents[1].qty - 2 * fake.intents[0].qty) < fake.intents[0].qty / 50);
    // Half of a fifth of 10,000, at 100.09.
    MUST_EQ(fake.intents[0].qty, 99910);
    fake_close(&fake);
}
END_TEST

START_TEST(leaves_when_the_spread_is_back)
{
    begin(AGON_LINEAR);
    ordinary(-10);
    MUST_EQ(fake.intents[0].side, AGON_BUY);
    fill_all();
    ordinary(0);
    MUST_EQ(fake.n_intents, 2);
    MUST_EQ(fake.intents[0].side, AGON_SELL);
    MUST_EQ(fake.intents[1].side, AGON_BUY);
    fill_all();
    MUST(fake.held_qty == 0 && fake.second.held_qty == 0);
    fake_close(&fake);
}
END_TEST

START_TEST(stops_when_it_breaks_and_waits_for_it_to_come_back)
{
    begin(AGON_LINEAR);
    ordinary(10);
    fill_all();
    ordinary(100);
    MUST_EQ(fake.n_intents, 2);
    MUST_EQ(fake.intents[0].reason, 3);
    fill_all();
    MUST_EQ(fake.held_qty, 0);
    ordinary(150); // far again, but it has not been back
    MUST_EQ(fake.n_intents, 0);
    ordinary(20);
    ordinary(250);
    MUST_EQ(fake.n_intents, 2);
    fake_close(&fake);
}
END_TEST

START_TEST(half_a_pair_is_undone)
{
    begin(AGON_LINEAR);
    ordinary(10);
    fake.picked = 1;
    fake_fill(&fake, 10000, 0);
    fake_order(&fake, AGON_ORDER_FILLED, 0);
    fake.picked = 2;
    fake_order(&fake, AGON_ORDER_REJECTED, AGON_REASON_CAPITAL);
    MUST_EQ(fake.n_intents, 3);
    MUST_EQ(fake.intents[2].instrument, 1);
    MUST_EQ(fake.intents[2].side, AGON_BUY);
    MUST_EQ(fake.intents[2].qty, fake.intents[0].qty);
    MUST_EQ(fake.intents[2].reason, 5);
    fake.picked = 0;
    fake_close(&fake);
}
END_TEST

START_TEST(spot_only_holds_the_cheap_one)
{
    begin(AGON_SPOT);
    ordinary(10);
    MUST_EQ(fake.n_intents, 1);
    MUST_EQ(fake.intents[0].instrument, 2);
    MUST_EQ(fake.intents[0].side, AGON_BUY);
    fake_fill(&fake, 5000, fake.intents[0].qty / 100); // 20 of 2000
    fake_order(&fake, AGON_ORDER_FILLED, 0);
    fake_taken(&fake);
    ordinary(15);
    MUST_EQ(fake.n_intents, 0); // the fee is not bought once more
    fake_close(&fake);
}
END_TEST

START_TEST(what_does_not_correlate_is_left_alone)
{
    fake_open(&fake, "pairs");
    fake.instrument.kind = fake.second.instrument.kind = AGON_LINEAR;
    for (const char *const *p = small; p[0]; p += 2)
        fake_param(&fake, p[0], p[1]);
    MUST(fake_create(&fake) == AGON_OK);
    MUST(fake_start(&fake, AGON_START_FRESH) == AGON_OK);
    // Three of five rises are common: a correlation of 0.2, a slope of 0.2, and z is then about 4.
    for (int i = 0; i < 10; i++)
        both(10000 + 100 * (i % 2), 5000 + 100 * (i == 1 || (i >= 3 && i <= 5) || i == 8));
    both(10250, 5000);
    MUST_EQ(fake.n_intents, 0);
    fake_close(&fake);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pairs");
    TCase *tcase = tcase_create("all");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, sells_the_dear_one_against_the_cheap_one_by_the_ratio);
    tcase_add_test(tcase, leaves_when_the_spread_is_back);
    tcase_add_test(tcase, stops_when_it_breaks_and_waits_for_it_to_come_back);
    tcase_add_test(tcase, half_a_pair_is_undone);
    tcase_add_test(tcase, spot_only_holds_the_cheap_one);
    tcase_add_test(tcase, what_does_not_correlate_is_left_alone);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
