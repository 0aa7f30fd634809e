// SPDX-License-Identifier: Apache-2.0
/* bollinger by hand. With 3 closes, bands of one deviation and an RSI of 2 changes, the closes 100,
 * 100, 100, 94 give the mean 98, the deviation sqrt(8) and so the lower band 95.17; the changes 0,
 * -6 give RSI 0. */
#include <stdlib.h>

#include <agon/ta.h>

#include "../../support/must.h"
#include "fake.h"

static struct fake fake;

static void begin(const char *name, const char *value)
{
    fake_open(&fake, "bollinger");
    fake_param(&fake, name ? name : "stop_pct", name ? value : "0");
    fake_param(&fake, "period", "3");
    fake_param(&fake, "width", "1");
    fake_param(&fake, "rsi", "2");
    fake_param(&fake, "bar_s", "0");
    MUST(fake_create(&fake) == AGON_OK);
    MUST(fake_start(&fake, AGON_START_FRESH) == AGON_OK);
}

static void close_at(agon_px_t high, agon_px_t low, agon_px_t close)
{
    fake_bar(&fake, 60, high, low, close, 1000);
}

static void calm(void)
{
    close_at(10000, 10000, 10000);
    close_at(10000, 10000, 10000);
    close_at(10000, 10000, 10000);
    MUST_EQ(fake.n_intents, 0); // the price is at its band, but an RSI of 50 is not low
}

static void bought(void)
{
    calm();
    close_at(9500, 9300, 9400);
    MUST_EQ(fake.n_intents, 1);
    fake_order(&fake, AGON_ORDER_OPEN, 0);
    fake_fill(&fake, 9400, 100);
    fake_order(&fake, AGON_ORDER_FILLED, 0);
    fake_taken(&fake);
}

START_TEST(enters_when_the_lower_band_is_touched_and_the_rsi_is_low)
{
    begin(NULL, NULL);
    calm();
    close_at(9500, 9300, 9400);
    MUST_EQ(fake.n_intents, 1);
    MUST_EQ(fake.intents[0].kind, AGON_INTENT_ORDER);
    MUST_EQ(fake.intents[0].type, AGON_MARKET);
    MUST_EQ(fake.intents[0].side, AGON_BUY);
    MUST_EQ(fake.intents[0].qty, 106382); // 1000 / 94.00
    fake_close(&fake);
}
END_TEST

START_TEST(the_low_of_the_bar_is_what_touches)
{
    begin(NULL, NULL);
    calm();
    // Closes 100, 100, 97: mean 99, deviation sqrt(2), band 97.586. RSI 0.
    close_at(10000, 9759, 9700 + 59); // 97.59: mean 99.1967, band 98.06: touched by the low
    MUST_EQ(fake.n_intents, 1);
    fake_close(&fake);
    begin("width", "2"); // the first of a name counts: bands of two deviations
    calm();
    close_at(10000, 9759, 9759); // band 96.92: not touched
    MUST_EQ(fake.n_intents, 0);
    fake_close(&fake);
}
END_TEST

START_TEST(leaves_at_the_middle_band_between_two_bars)
{
    begin(NULL, NULL);
    bought(); // the middle is 98.00
    fake_trade(&fake, 9799);
    MUST_EQ(fake.n_intents, 0);
    fake_trade(&fake, 9800);
    MUST_EQ(fake.n_intents, 1);
    MUST_EQ(fake.intents[0].side, AGON_SELL);
    MUST_EQ(fake.intents[0].qty, 106382 - 100);
    fake_trade(&fake, 9900);
    MUST_EQ(fake.n_intents, 1);
    fake_close(&fake);
}
END_TEST

START_TEST(leaves_on_a_high_rsi)
{
    // Closes 100, 94, 94.5: middle 96.17, not reached; the changes give RSI 100 x 0.25 / 1.75
    // = 14.3.
    begin("rsi_exit", "14");
    bought();
    close_at(9460, 9400, 9450);
    MUST_EQ(fake.n_intents, 1);
    MUST_EQ(fake.intents[0].side, AGON_SELL);
    fake_close(&fake);
    begin("rsi_exit", "15");
    bought();
    close_at(9460, 9400, 9450);
    MUST_EQ(fake.n_intents, 0);
    fake_close(&fake);
}
END_TEST

START_TEST(has_a_stop_only_when_asked)
{
    begin(NULL, NULL);
    bought();
    fake_trade(&fake, 100);
    MUST_EQ(fake.n_intents, 0);
    fake_close(&fake);
    begin("stop_pct", "5"); // of 94.00: 89.30
    bought();
    fake_trade(&fake, 8931);
    MUST_EQ(fake.n_intents, 0);
    fake_trade(&fake, 8930);
    MUST_EQ(fake.n_intents, 1);
    fake_close(&fake);
}
END_TEST

START_TEST(sends_nothing_while_halted)
{
    begin(NULL, NULL);
    calm();
    fake_halt(&fake, AGON_SCOPE_GLOBAL, 0, 1);
    close_at(9500, 9300, 9400);
    MUST_EQ(fake.n_intents, 0);
    fake_halt(&fake, AGON_SCOPE_GLOBAL, 0, 0);
    close_at(9300, 9000, 9000);
    MUST_EQ(fake.n_intents, 1);
    fake_close(&fake);
}
END_TEST

START_TEST(does_not_buy_twice)
{
    begin(NULL, NULL);
    bought();
    close_at(9300, 8900, 8900); // another touch
    close_at(8800, 8500, 8500);
    MUST_EQ(fake.n_intents, 0);
    fake_close(&fake);
}
END_TEST

/* A state as 1.0.0 wrote it: the position, what it cost, and the bands. */
START_TEST(reads_what_the_earlier_version_saved)
{
    static struct {
        struct agon_bollinger bands;
        struct agon_rsi rsi;
        double entry_px;
        int64_t held_qty;
        uint64_t last_ref, working_ref;
        int64_t t_working, t_rest, t_bar;
        uint32_t instrument;
        struct agon_gate gate;
        uint32_t pad;
    } old = {.bands = {.up = 1, .down = 1, .window = {.period = 3}},
             .rsi = {.period = 2},
             .entry_px = 10000,
             .held_qty = 10000,
             .last_ref = 4,
             .t_bar = FAKE_T0,
             .instrument = 1};

    fake_open(&fake, "bollinger");
    fake_param(&fake, "period", "3");
    fake_param(&fake, "width", "1");
    fake_param(&fake, "rsi", "2");
    fake_param(&fake, "bar_s", "0");
    fake_param(&fake, "stop_pct", "2");
    fake.held_qty = old.held_qty;
    MUST(fake_create(&fake) == AGON_OK);
    MUST(fake_load(&fake, (const unsigned char *)&old, sizeof(old) - 1, 1) == AGON_ECORRUPT);
    MUST(fake_load(&fake, (const unsigned char *)&old, sizeof(old), 1) == AGON_OK);
    MUST(fake_load(&fake, (const unsigned char *)&old, sizeof(old), 3) == AGON_EVERSION);
    MUST(fake_start(&fake, AGON_START_RESTORE) == AGON_OK);
    fake_trade(&fake, 9801);
    MUST_EQ(fake.n_intents, 0);
    fake_trade(&fake, 9800); // 2 % below the entry
    MUST_EQ(fake.n_intents, 1);
    MUST_EQ(fake.intents[0].side, AGON_SELL);
    MUST_EQ(fake.intents[0].qty, 10000);
    MUST_EQ(fake.intents[0].client_ref, 5);
    fake_close(&fake);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bollinger");
    TCase *tcase = tcase_create("all");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, enters_when_the_lower_band_is_touched_and_the_rsi_is_low);
    tcase_add_test(tcase, the_low_of_the_bar_is_what_touches);
    tcase_add_test(tcase, leaves_at_the_middle_band_between_two_bars);
    tcase_add_test(tcase, leaves_on_a_high_rsi);
    tcase_add_test(tcase, has_a_stop_only_when_asked);
    tcase_add_test(tcase, sends_nothing_while_halted);
    tcase_add_test(tcase, does_not_buy_twice);
    tcase_add_test(tcase, reads_what_the_earlier_version_saved);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
