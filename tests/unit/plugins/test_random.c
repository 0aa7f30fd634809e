// SPDX-License-Identifier: Apache-2.0
/* random: its trades are those of its draws, and of nothing else. */
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

/* Sides over n candles, as one letter each. */
static void play(const char *turn_pct, uint8_t kind, const char *sides, int n, char *text)
{
    fake_open(&fake, "random");
    fake.instrument.kind = kind;
    fake_param(&fake, "bar_s", "0");
    fake_param(&fake, "turn_pct", turn_pct);
    fake_param(&fake, "sides", sides);
    MUST(fake_create(&fake) == AGON_OK);
    MUST(fake_start(&fake, AGON_START_FRESH) == AGON_OK);
    for (int i = 0; i < n; i++) {
        fake_bar(&fake, 60, 10000, 10000, 10000, 1000);
        if (fake.n_intents > 0)
            filled(10000);
        text[i] = fake.held_qty > 0 ? 'L' : fake.held_qty < 0 ? 'S' : '-';
    }
    text[n] = 0;
    fake_close(&fake);
}

static int count(const char *text, char wanted)
{
    int n = 0;

    for (; *text; text++)
        n += *text == wanted;
    return n;
}

START_TEST(equal_draws_make_equal_trades)
{
    static char a[401], b[401];

    play("20", AGON_SPOT, "0", 400, a);
    play("20", AGON_SPOT, "0", 400, b);
    ck_assert_str_eq(a, b);
}
END_TEST

START_TEST(turns_as_often_as_it_is_told)
{
    static char text[2001];
    int turns = 0;

    // A tenth of the candles think anew, half of them otherwise than before: 100 of 2000, and the
    // deviation of such a count is below 10.
    play("10", AGON_SPOT, "0", 2000, text);
    for (int i = 1; i < 2000; i++)
        turns += text[i] != text[i - 1];
    MUST(turns > 50 && turns < 150);
    play("0", AGON_SPOT, "0", 50, text);
    MUST_EQ(count(text, '-'), 50);
}
END_TEST

START_TEST(no_side_is_preferred)
{
    static char text[3001];

    play("100", AGON_SPOT, "0", 2000, text);
    MUST(count(text, 'L') > 850 && count(text, 'L') < 1150);
    MUST_EQ(count(text, 'S'), 0);
    // With shorts it goes through flat between the sides: those are equal.
    play("100", AGON_LINEAR, "1", 3000, text);
    MUST(count(text, 'L') > 500 && count(text, 'S') > 500);
    MUST(abs(count(text, 'L') - count(text, 'S')) < 200);
}
END_TEST

START_TEST(spot_is_never_short)
{
    static char text[501];

    play("100", AGON_SPOT, "1", 500, text);
    MUST_EQ(count(text, 'S'), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("random");
    TCase *tcase = tcase_create("all");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, equal_draws_make_equal_trades);
    tcase_add_test(tcase, turns_as_often_as_it_is_told);
    tcase_add_test(tcase, no_side_is_preferred);
    tcase_add_test(tcase, spot_is_never_short);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
