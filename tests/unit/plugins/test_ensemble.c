// SPDX-License-Identifier: Apache-2.0
/* ensemble by hand: what models say is made up, and so is what is right. */
#include <math.h>
#include <string.h>

#include "../../support/must.h"
#include "fake.h"

enum { FIRST, SECOND, THIRD, FOURTH, VETO };

static struct fake fake;
static agon_px_t price;

static void begin(const char *const *params)
{
    fake_open(&fake, "ensemble");
    for (uint32_t i = 0; params[i] != NULL; i += 2)
        fake_param(&fake, params[i], params[i + 1]);
    MUST(fake_create(&fake) == AGON_OK);
    MUST(fake_start(&fake, AGON_START_FRESH) == AGON_OK);
    price = 1000000;
}

static void candle(agon_px_t move)
{
    price += move;
    fake_bar(&fake, 60, price + 5, price - 5, price, 10000);
}

static void say(uint32_t who, double up, double down)
{
    struct agon_signal signal = {.hdr = {.type = AGON_EVENT_SIGNAL, .granules = 5, .instrument = 1},
                                 .key = who,
                                 .p_up = up,
                                 .p_down = down,
                                 .p_flat = 1 - up - down,
                                 .t_valid = fake.t + 2 * FAKE_MINUTE};

    MUST(fake_event(&fake, &signal) == AGON_OK);
}

static const struct agon_signal *last(void)
{
    MUST(fake.n_signals > 0);
    return &fake.signals[fake.n_signals - 1];
}

static int text_has(const char *words)
{
    char text[sizeof(last()->text) + 1] = "";

    memcpy(text, last()->text, last()->text_len);
    return strstr(text, words) != NULL;
}

#define IS(value, expected) MUST(fabs((value) - (expected)) < 1e-9)

/* 70 and 30 of the hundred, as they are given. */
START_TEST(is_the_mean_by_the_weights)
{
    static const char *const params[] = {"rate", "0", NULL};

    begin(params);
    say(FIRST, 0.9, 0.1);
    MUST_EQ(fake.n_signals, 0); // before any candle
    candle(10);
    say(FIRST, 0.8, 0.1); // nobody is waited for at the first candle
    MUST_EQ(fake.n_signals, 1);
    say(SECOND, 0.2, 0.6);
    MUST_EQ(fake.n_signals, 2);
    IS(last()->p_up, 0.7 * 0.8 + 0.3 * 0.2);
    IS(last()->p_down, 0.7 * 0.1 + 0.3 * 0.6);
    IS(last()->value, last()->p_up - last()->p_down);
    IS(last()->confidence, 0.7);
    MUST_EQ(last()->direction, AGON_UP);
    MUST(text_has("calm: first 70% second 30%, agreed 70%"));
    say(FIRST, 0.1, 0.8); // a second word of one candle
    MUST_EQ(fake.n_signals, 2);
    fake_close(&fake);
}
END_TEST

START_TEST(speaks_once_a_candle_when_all_have_spoken)
{
    static const char *const params[] = {"rate", "0", NULL};

    begin(params);
    candle(10);
    say(FIRST, 0.8, 0.1);
    say(SECOND, 0.8, 0.1);
    candle(10);
    fake.n_signals = 0;
    say(SECOND, 0.2, 0.7);
    MUST_EQ(fake.n_signals, 0); // the first is waited for
    say(FIRST, 0.2, 0.7);
    MUST_EQ(fake.n_signals, 1);
    candle(10);
    say(SECOND, 0.2, 0.7); // the first is silent: nothing
    MUST_EQ(fake.n_signals, 1);
    candle(10);
    say(SECOND, 0.2, 0.7); // and is waited for no more
    MUST_EQ(fake.n_signals, 2);
    IS(last()->p_down, 0.7);
    MUST(text_has("calm: second 100%, agreed 100%"));
    fake_close(&fake);
}
END_TEST

/* Below the margin, and below the agreement, is no side, and nothing is left of one. */
START_TEST(without_margin_or_agreement_there_is_no_side)
{
    static const struct {
        const char *margin, *agree;
        double first, second; // up; down is the rest
        int direction;
    } cases[] = {
        {"0.1", "0.5", 0.56, 0.54, AGON_UP},      // 0.108
        {"0.1", "0.5", 0.55, 0.54, AGON_NEUTRAL}, // 0.094
        {"0.1", "0.5", 0.44, 0.46, AGON_DOWN},
        {"0", "0.8", 0.9, 0.4, AGON_NEUTRAL}, // up by 0.5, and 70 % agree
        {"0", "0.7", 0.9, 0.4, AGON_UP},
        {"0", "0", 0.5, 0.5, AGON_NEUTRAL},
    };
    const char *const params[] = {"rate",          "0", "margin", cases[_i].margin, "agree",
                                  cases[_i].agree, NULL};

    begin(params);
    candle(10);
    say(FIRST, cases[_i].first, 1 - cases[_i].first);
    say(SECOND, cases[_i].second, 1 - cases[_i].second);
    MUST_EQ(last()->direction, cases[_i].direction);
    if (cases[_i].direction == AGON_NEUTRAL) {
        IS(last()->value, 0);
        IS(last()->p_up, 0);
        IS(last()->p_down, 0);
        IS(last()->p_flat, 1);
    }
    fake_close(&fake);
}
END_TEST

/* n candles up and down in turn; the first says the opposite of what comes, the second is right. */
static void run(uint32_t n, agon_px_t move, double wrong, double right)
{
    for (uint32_t i = 0; i < n; i++) {
        int is_up = i % 2 == 0; // the next one
        double up = is_up ? right : 1 - right;

        say(FIRST, is_up ? 1 - wrong : wrong, is_up ? wrong : 1 - wrong);
        say(SECOND, up, 1 - up);
        candle(is_up ? move : -move);
    }
}

/* Each loss is what its memory leaves of ln 2 and of what it was since; the weights follow it. */
START_TEST(who_was_right_lately_weighs_more)
{
    static const char *const params[] = {"rate",   "2",        "memory", "10",    "weight_1",
                                         "50",     "weight_2", "50",     "agree", "0",
                                         "margin", "0",        NULL};
    double left = exp2(-4), first, second, part;

    begin(params);
    candle(10);
    run(40, 100, 0.7, 0.7);
    first = left * log(2) - (1 - left) * log(0.3);
    second = left * log(2) - (1 - left) * log(0.7);
    part = 1 / (1 + exp(-2 * (first - second)));
    say(FIRST, 1, 0);
    say(SECOND, 0, 1);
    MUST_EQ(last()->direction, AGON_DOWN);
    IS(last()->p_down, part);
    IS(last()->confidence, part);
    MUST(part > 0.8 && part < 0.9);
    fake_close(&fake);
}
END_TEST

START_TEST(the_best_one_alone_where_that_is_asked)
{
    static const char *const params[] = {"of", "1",      "weight_1", "60", "weight_2",
                                         "40", "memory", "10",       NULL};

    begin(params);
    candle(10);
    say(FIRST, 0.2, 0.8);
    say(SECOND, 0.9, 0.1);
    MUST_EQ(last()->direction, AGON_DOWN); // the larger weight
    IS(last()->p_down, 0.8);
    candle(10);
    run(40, 100, 0.7, 0.7);
    say(FIRST, 0.2, 0.8);
    say(SECOND, 0.9, 0.1);
    MUST_EQ(last()->direction, AGON_UP);
    IS(last()->p_up, 0.9);
    MUST(text_has("second 100%"));
    fake_close(&fake);
}
END_TEST

/* A signal is judged by the close `ahead` candles later, and where that is the same by none. */
START_TEST(is_judged_by_the_candle_that_it_spoke_of)
{
    static const char *const params[] = {"ahead",    "2",  "memory",   "1",  "rate", "1",
                                         "weight_1", "50", "weight_2", "50", NULL};

    begin(params);
    candle(10);
    say(FIRST, 0.9, 0.1);
    say(SECOND, 0.1, 0.9);
    candle(-100); // one later it is lower, and that is nobody's matter
    say(FIRST, 0.5, 0.5);
    say(SECOND, 0.5, 0.5);
    MUST(text_has("first 50% second 50%"));
    candle(200); // two later higher
    say(FIRST, 0.5, 0.5);
    say(SECOND, 0.5, 0.5);
    MUST(text_has("first 75% second 25%")); // half of ln 9 apart: 3 to 1
    candle(-100);                           // two behind the second one: as it was then
    say(FIRST, 0.5, 0.5);
    say(SECOND, 0.5, 0.5);
    fake_close(&fake);
}
END_TEST

START_TEST(where_nothing_moved_nobody_was_right)
{
    static const char *const params[] = {"memory", "1", "weight_1", "50", "weight_2", "50", NULL};

    begin(params);
    candle(10);
    say(FIRST, 0.9, 0.1);
    say(SECOND, 0.1, 0.9);
    candle(0);
    say(FIRST, 0.5, 0.5);
    say(SECOND, 0.5, 0.5);
    MUST(text_has("first 50% second 50%"));
    fake_close(&fake);
}
END_TEST

/* Right in a calm market, wrong in a wild one: each market has its own memory. */
START_TEST(what_it_is_right_in_is_remembered_apart)
{
    static const char *const both[] = {"0", "1"};

    for (int apart = 0; apart < 2; apart++) {
        const char *const params[] = {"markets",  both[apart], "memory",   "20", "rate", "2",
                                      "weight_1", "50",        "weight_2", "50", NULL};

        begin(params);
        candle(10);
        run(400, 100, 0.2, 0.5); // calm: the first is right, with 0.8
        MUST(text_has("calm: first"));
        run(60, 2000, 0.8, 0.5); // wild: it is wrong
        say(FIRST, 0.9, 0.1);
        say(SECOND, 0.5, 0.5);
        MUST_EQ(text_has("wild:"), apart == 1);
        MUST(last()->confidence < 0.5 || last()->direction == AGON_NEUTRAL);
        candle(10);
        for (uint32_t i = 0; i < 800 && apart == 1 && !text_has("calm:"); i++) {
            say(FIRST, 0.9, 0.1); // and nothing moves, so that nobody is judged
            say(SECOND, 0.5, 0.5);
            candle(0);
        }
        say(FIRST, 0.9, 0.1);
        say(SECOND, 0.5, 0.5);
        if (apart == 1) {
            MUST(text_has("calm:"));
            MUST(last()->confidence > 0.6);
            MUST_EQ(last()->direction, AGON_UP);
        }
        fake_close(&fake);
    }
}
END_TEST

START_TEST(a_veto_takes_a_side_away_while_it_holds)
{
    static const char *const params[] = {"rate", "0", "veto", "0.6", NULL};
    static const struct {
        double up, down;
        int is_old, is_vetoed;
    } cases[] = {{0.1, 0.75, 0, 1}, {0.1, 0.69, 0, 0}, {0.9, 0.1, 0, 0}, {0.1, 0.9, 1, 0}};

    begin(params);
    candle(10);
    say(VETO, cases[_i].up, cases[_i].down);
    MUST_EQ(fake.n_signals, 0); // by itself it says nothing
    if (cases[_i].is_old) {
        fake.t += 3 * FAKE_MINUTE;
        candle(10);
    }
    say(FIRST, 0.9, 0.1);
    MUST_EQ(last()->direction, cases[_i].is_vetoed ? AGON_NEUTRAL : AGON_UP);
    MUST_EQ(text_has("vetoed, calm:"), cases[_i].is_vetoed);
    fake_close(&fake);
}
END_TEST

START_TEST(words_without_probabilities_or_sense)
{
    static const char *const params[] = {"rate", "0", NULL};
    struct agon_signal signal = {.hdr = {.type = AGON_EVENT_SIGNAL, .granules = 5, .instrument = 1},
                                 .direction = AGON_DOWN,
                                 .confidence = 0.9};
    struct agon_signal other = signal, beyond = signal;

    begin(params);
    candle(10);
    other.hdr.instrument = 2;
    beyond.key = VETO + 1;
    MUST(fake_event(&fake, &other) == AGON_OK);
    MUST(fake_event(&fake, &beyond) == AGON_OK);
    say(FIRST, NAN, 0.1);
    say(FIRST, 1.5, -0.5);
    MUST_EQ(fake.n_signals, 0);
    MUST(fake_event(&fake, &signal) == AGON_OK);
    MUST_EQ(fake.n_signals, 1);
    MUST_EQ(last()->direction, AGON_DOWN);
    IS(last()->p_down, 0.9);
    fake_close(&fake);
}
END_TEST

START_TEST(a_state_goes_on_and_one_that_is_none_is_refused)
{
    static const char *const params[] = {"rate", "2", "memory", "10", NULL};
    static unsigned char bytes[FAKE_STATE], again[FAKE_STATE];
    uint64_t n = sizeof(bytes), n_again = sizeof(again);
    struct agon_signal before;

    begin(params);
    candle(10);
    run(30, 100, 0.7, 0.7);
    MUST(fake_save(&fake, bytes, &n) == AGON_OK);
    say(FIRST, 0.6, 0.4);
    say(SECOND, 0.9, 0.1);
    before = *last();
    fake_close(&fake);
    begin(params);
    MUST(fake_load(&fake, bytes, n, 1) == AGON_OK);
    MUST(fake_start(&fake, AGON_START_RELOAD) == AGON_OK);
    MUST(fake_save(&fake, again, &n_again) == AGON_OK);
    MUST(n == n_again && memcmp(bytes, again, n) == 0);
    say(FIRST, 0.6, 0.4);
    say(SECOND, 0.9, 0.1);
    IS(last()->p_up, before.p_up);
    memset(bytes, 0xff, n);
    MUST(fake_load(&fake, bytes, n, 1) < 0);
    fake_close(&fake);
}
END_TEST

START_TEST(somebody_has_to_be_heard)
{
    fake_open(&fake, "ensemble");
    fake_param(&fake, "weight_1", "0");
    fake_param(&fake, "weight_2", "0");
    MUST(fake_create(&fake) < 0);
    fake_close(&fake);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plugins_ensemble");
    TCase *tcase = tcase_create("ensemble");
    SRunner *runner = srunner_create(suite);
    int n_failed;

    tcase_add_test(tcase, is_the_mean_by_the_weights);
    tcase_add_test(tcase, speaks_once_a_candle_when_all_have_spoken);
    tcase_add_loop_test(tcase, without_margin_or_agreement_there_is_no_side, 0, 6);
    tcase_add_test(tcase, who_was_right_lately_weighs_more);
    tcase_add_test(tcase, the_best_one_alone_where_that_is_asked);
    tcase_add_test(tcase, is_judged_by_the_candle_that_it_spoke_of);
    tcase_add_test(tcase, where_nothing_moved_nobody_was_right);
    tcase_add_test(tcase, what_it_is_right_in_is_remembered_apart);
    tcase_add_loop_test(tcase, a_veto_takes_a_side_away_while_it_holds, 0, 4);
    tcase_add_test(tcase, words_without_probabilities_or_sense);
    tcase_add_test(tcase, a_state_goes_on_and_one_that_is_none_is_refused);
    tcase_add_test(tcase, somebody_has_to_be_heard);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
