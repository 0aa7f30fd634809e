// SPDX-License-Identifier: Apache-2.0
/* vol by hand: returns of +1 % and -1 % in turn have textbook moments. Of five, three up: their
 * variance is 4 x 0.6 x 0.4 x 0.01^2, the excess kurtosis below -1; of six, half up: the deviation
 * is 1 %. */
#include <math.h>
#include <stdlib.h>

#include "../../support/must.h"
#include "fake.h"

static struct fake fake;
static double price;

static void begin(const char *n_short, const char *n_long)
{
    fake_open(&fake, "vol");
    fake_param(&fake, "short", n_short);
    fake_param(&fake, "long", n_long);
    MUST(fake_create(&fake) == AGON_OK);
    MUST(fake_start(&fake, AGON_START_FRESH) == AGON_OK);
    price = 1e12;
}

static void move(double change)
{
    agon_px_t px;

    price *= 1 + change;
    px = (agon_px_t)price;
    fake_bar(&fake, 60, px, px, px, 1000);
}

START_TEST(publishes_moments_and_frequencies)
{
    const struct agon_signal *signal;
    double deviation = sqrt(4 * 0.6 * 0.4) * 0.01;

    begin("5", "6");
    move(0);
    for (int i = 0; i < 4; i++)
        move(i % 2 ? 0.01 : -0.01);
    MUST_EQ(fake.n_signals, 0); // four returns are not five
    move(-0.01);
    MUST_EQ(fake.n_signals, 1);
    move(0.01);
    MUST_EQ(fake.n_signals, 2);
    signal = &fake.signals[1]; // the last five returns: + - + - +
    MUST_EQ(signal->hdr.instrument, 1);
    MUST_EQ(signal->key, 0);
    ck_assert_double_eq_tol(signal->value, deviation * 1e4, 1e-4);
    ck_assert_double_eq_tol(signal->p_up, 4.0 / 8, 1e-12);
    ck_assert_double_eq_tol(signal->p_down, 3.0 / 8, 1e-12);
    ck_assert_double_eq_tol(signal->p_flat, 1.0 / 8, 1e-12);
    ck_assert_double_eq_tol(signal->p_up + signal->p_flat + signal->p_down, 1, 1e-12);
    ck_assert_double_eq_tol(signal->confidence, 1 - 2 * sqrt(1.0 / 20), 1e-12);
    MUST_EQ(signal->kind, 1);
    MUST_EQ(signal->reason, 98); // 0.0098 / 0.01
    MUST_EQ(signal->t_valid, fake.t + 2 * FAKE_MINUTE);
    MUST_EQ(signal->text_len, strlen("volatility normal: 98.0 bps a candle, 0.98 x the usual"));
    MUST(memcmp(signal->text, "volatility normal: 98.0 bps a candle, 0.98 x the usual",
                signal->text_len) == 0);
    fake_close(&fake);
}
END_TEST

START_TEST(goes_up_with_the_market_and_comes_down_with_a_margin)
{
    uint8_t before = 1;
    unsigned n_up = 0, n_down = 0;

    begin("5", "100");
    move(0);
    for (int i = 0; i < 150; i++)
        move(i % 2 ? 0.001 : -0.001);
    MUST_EQ(fake.signals[fake.n_signals - 1].kind, 1);
    for (int i = 0; i < 6; i++)
        move(i % 2 ? 0.02 : -0.02);
    MUST_EQ(fake.signals[fake.n_signals - 1].kind, 3);
    MUST(memcmp(fake.signals[fake.n_signals - 1].text, "volatility extreme", 18) == 0);
    for (int i = 0; i < 20; i++)
        move(i % 2 ? 0.001 : -0.001);
    MUST_EQ(fake.signals[fake.n_signals - 1].kind, 1);
    for (uint32_t i = 0; i < fake.n_signals; i++) {
        n_up += fake.signals[i].kind > before;
        n_down += fake.signals[i].kind < before;
        before = fake.signals[i].kind;
        // Within a tenth below a threshold a state is kept, from it on it is entered.
        if (fake.signals[i].reason > 250)
            MUST_EQ(fake.signals[i].kind, 3);
        if (fake.signals[i].reason < 134)
            MUST_EQ(fake.signals[i].kind, 1);
    }
    MUST(n_up >= 1 && n_up <= 2 && n_down >= 1 && n_down <= 2);
    fake_close(&fake);
}
END_TEST

START_TEST(a_market_that_stands_still_is_normal)
{
    begin("5", "10");
    for (int i = 0; i < 20; i++)
        move(0);
    MUST_EQ(fake.n_signals, 15);
    for (uint32_t i = 0; i < fake.n_signals; i++) {
        MUST_EQ(fake.signals[i].kind, 1);
        MUST(fake.signals[i].value >= 0 && fake.signals[i].value < 1e-9);
        MUST(isfinite(fake.signals[i].confidence) && isfinite(fake.signals[i].p_flat));
    }
    fake_close(&fake);
}
END_TEST

START_TEST(keeps_instruments_apart_up_to_its_room)
{
    begin("5", "10");
    for (int i = 0; i < 20; i++) {
        for (agon_instrument_t id = 1; id <= 12; id++) {
            struct agon_bar bar = {.hdr = {.type = AGON_EVENT_BAR, .granules = 2, .instrument = id},
                                   .t_open = fake.t,
                                   .length_s = 60,
                                   .close_px = 100000 + (i % 2) * 100 * (agon_px_t)id};
            MUST(fake_event(&fake, &bar) == AGON_OK);
        }
        fake.t += FAKE_MINUTE;
    }
    MUST_EQ(fake.n_signals, 8 * 15);
    for (uint32_t i = 0; i < fake.n_signals; i++) {
        MUST(fake.signals[i].hdr.instrument >= 1 && fake.signals[i].hdr.instrument <= 8);
        MUST(fabs(fake.signals[i].value - 10.0 * fake.signals[i].hdr.instrument) <
             fake.signals[i].hdr.instrument);
    }
    fake_close(&fake);
}
END_TEST

START_TEST(thresholds_may_change_in_flight)
{
    struct agon_param_change change = {
        .hdr = {.type = AGON_EVENT_PARAM, .granules = 1}, .id = 3, .real = 1.0};

    begin("5", "100");
    move(0);
    for (int i = 0; i < 50; i++)
        move(i % 2 ? 0.001 : -0.001);
    for (int i = 0; i < 2; i++)
        move(i % 2 ? 0.0014 : -0.0014);
    MUST_EQ(fake.signals[fake.n_signals - 1].kind, 1);
    MUST(fake_event(&fake, &change) == AGON_OK);
    move(0.0014);
    MUST_EQ(fake.signals[fake.n_signals - 1].kind, 2);
    fake_close(&fake);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("vol");
    TCase *tcase = tcase_create("all");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, publishes_moments_and_frequencies);
    tcase_add_test(tcase, goes_up_with_the_market_and_comes_down_with_a_margin);
    tcase_add_test(tcase, a_market_that_stands_still_is_normal);
    tcase_add_test(tcase, keeps_instruments_apart_up_to_its_room);
    tcase_add_test(tcase, thresholds_may_change_in_flight);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
