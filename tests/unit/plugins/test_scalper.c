// SPDX-License-Identifier: Apache-2.0
/* scalper by hand. The price is 100.00 and a perpetual's taker pays 5 basis points: in and out is
 * 10, slippage reckoned with 2, the spread 1 more, and the edge wants 1.2 times those 13: 15.6. A
 * signal of 0.5 was followed by 20 basis points each time, so that 0.38 lets expect 15.2 and 0.4
 * lets expect 16. */
#include <stdlib.h>

#include "../../support/must.h"
#include "fake.h"

#define FEE_PPB 500000

static struct fake fake;

static void book(agon_px_t bid, agon_px_t ask)
{
    fake_top(&fake, bid, ask);
    // 20 at the best price, and 500 a basis point behind it to buy, 400 to sell.
    for (uint32_t i = 0; i < 2; i++) {
        fake.top.bid[i] = (struct agon_level){bid - (agon_px_t)i, i == 0 ? 200000 : 4000000};
        fake.top.ask[i] = (struct agon_level){ask + (agon_px_t)i, i == 0 ? 200000 : 5000000};
    }
    fake.top.n_bid = fake.top.n_ask = 2;
}

static void say(double value)
{
    struct agon_signal signal = {.hdr = {.type = AGON_EVENT_SIGNAL, .granules = 5, .instrument = 1},
                                 .p_up = (1 + value) / 2,
                                 .p_down = (1 - value) / 2,
                                 .t_valid = fake.t + 2 * FAKE_MINUTE};

    MUST(fake_event(&fake, &signal) == AGON_OK);
}

/* A candle, and what the model says of the next. */
static void minute(agon_px_t close, double value)
{
    fake_bar(&fake, 60, close + 5, close - 5, close, 10000);
    book(close, close + 1);
    say(value);
}

/* Signals of 0.5 and -0.5 in turn, each right by `bps`, which are units of the price here. */
static void begin(uint8_t kind, agon_px_t bps, const char *name, const char *text)
{
    fake_open(&fake, "scalper");
    fake.instrument.kind = kind;
    fake.instrument.taker_fee_ppb = FEE_PPB;
    fake_param(&fake, "span", "6");
    fake_param(&fake, "size_pct", "50");
    if (name != NULL)
        fake_param(&fake, name, text);
    MUST(fake_create(&fake) == AGON_OK);
    MUST(fake_start(&fake, AGON_START_FRESH) == AGON_OK);
    for (int i = 0; i < 6; i++) {
        minute(10000 + (i % 2) * bps, i % 2 ? -0.5 : 0.5);
        MUST_EQ(fake.n_intents, 0); // it only listens
    }
    // The sixth is known to have been right with the next candle.
    fake_bar(&fake, 60, 10005, 9995, 10000, 10000);
    book(10000, 10001);
}

static void filled(agon_px_t px)
{
    fake_fill(&fake, px, 0);
    fake_order(&fake, AGON_ORDER_FILLED, 0);
}

START_TEST(goes_in_only_where_the_move_beats_the_costs)
{
    static const struct {
        double value;
        agon_px_t ask; /* the bid is 10000 */
        uint32_t n;
        uint8_t side;
    } cases[] = {
        {0.38, 10001, 0, 0},        // 15.2 against 15.6
        {0.40, 10001, 1, AGON_BUY}, // 16.0
        {-0.38, 10001, 0, 0},       {-0.40, 10001, 1, AGON_SELL},
        {0.40, 10003, 0, 0},        // a spread of 3: 18
        {0.50, 10003, 1, AGON_BUY}, // 20
        {0.0, 10001, 0, 0},
    };

    begin(AGON_LINEAR, 20, NULL, NULL);
    book(10000, cases[_i].ask);
    say(cases[_i].value);
    MUST_EQ(fake.n_intents, cases[_i].n);
    if (cases[_i].n == 1) {
        MUST_EQ(fake.intents[0].side, cases[_i].side);
        MUST_EQ(fake.intents[0].type, AGON_MARKET);
        MUST_EQ(fake.intents[0].reason, 1);
    }
    fake_close(&fake);
}
END_TEST

START_TEST(a_model_that_was_right_by_less_is_not_followed)
{
    begin(AGON_LINEAR, 7, NULL, NULL); // a sure one would let expect 14
    say(1);
    say(-1);
    MUST_EQ(fake.n_intents, 0);
    fake_close(&fake);
    begin(AGON_LINEAR, 8, NULL, NULL); // 16
    say(1);
    MUST_EQ(fake.n_intents, 1);
    fake_close(&fake);
}
END_TEST

START_TEST(one_that_was_wrong_is_done_the_opposite_of)
{
    begin(AGON_LINEAR, -20, NULL, NULL); // what it is followed by counts, not what it says
    say(0.5);
    MUST_EQ(fake.n_intents, 1);
    MUST_EQ(fake.intents[0].side, AGON_SELL);
    fake_close(&fake);
}
END_TEST

START_TEST(dearer_fees_want_a_larger_move)
{
    begin(AGON_LINEAR, 20, NULL, NULL);
    fake.instrument.taker_fee_ppb = 1000000; // in and out 20: 27.6
    say(0.5);
    MUST_EQ(fake.n_intents, 0);
    say(0.7); // 28
    MUST_EQ(fake.n_intents, 1);
    fake_close(&fake);
}
END_TEST

START_TEST(sells_nothing_short_where_it_may_not)
{
    begin(AGON_SPOT, 20, NULL, NULL);
    say(-0.9);
    MUST_EQ(fake.n_intents, 0);
    fake_close(&fake);
    begin(AGON_LINEAR, 20, "sides", "long");
    say(-0.9);
    MUST_EQ(fake.n_intents, 0);
    say(0.9);
    MUST_EQ(fake.n_intents, 1);
    fake_close(&fake);
}
END_TEST

/* Half of the money at 100.01, in lots, no more than the book has within a basis point (20 + 500)
 * or the slot may hold, and nothing below 5 of value. */
START_TEST(is_as_large_as_the_money_the_book_and_the_limits_allow)
{
    static const struct {
        int64_t money; // negative: it sells
        agon_qty_t lot_qty, limit_qty, qty;
    } cases[] = {
        {10000, 1, INT64_MAX, 499950}, // 5,000 at 100.01
        {10000, 1000, INT64_MAX, 499000},
        {100, 1, INT64_MAX, 4999}, // 50
        {11, 1, INT64_MAX, 549},   // 5.5
        {9, 1, INT64_MAX, 0},      // 4.5: too little, and not rounded up
        {11, 1000, INT64_MAX, 0},  // a lot is 10
        {100000, 1, INT64_MAX, 4999500},
        {1000000, 1, INT64_MAX, 5200000}, // the book's 520, and not 5,000
        {1000000, 1000, INT64_MAX, 5200000},
        {10000, 1, 12345, 12345},
        {10000, 1000, 12345, 12000},
        {-10000, 1, INT64_MAX, 500000}, // sold at 100.00
        {-1000000, 1, INT64_MAX, 4200000},
    };

    begin(AGON_LINEAR, 20, NULL, NULL);
    fake.quote_amt = labs(cases[_i].money) * 100000000;
    fake.instrument.lot_qty = cases[_i].lot_qty;
    fake.limit_qty = cases[_i].limit_qty;
    say(cases[_i].money > 0 ? 0.5 : -0.5);
    MUST_EQ(fake.n_intents, cases[_i].qty > 0);
    if (cases[_i].qty > 0)
        MUST_EQ(fake.intents[0].qty, cases[_i].qty);
    fake_close(&fake);
}
END_TEST

START_TEST(what_was_won_is_not_traded_with)
{
    static const struct {
        int64_t capital, equity;
        agon_qty_t qty;
    } cases[] = {{10000, 12500, 499950}, {10000, 10000, 499950}, {10000, 8000, 399960}};

    begin(AGON_LINEAR, 20, NULL, NULL);
    fake.capital_amt = cases[_i].capital * 100000000;
    fake.quote_amt = cases[_i].equity * 100000000;
    say(0.5);
    MUST_EQ(fake.n_intents, 1);
    MUST_EQ(fake.intents[0].qty, cases[_i].qty);
    fake_close(&fake);
}
END_TEST

START_TEST(stop_and_time_are_the_hosts_and_of_the_real_entry)
{
    static const struct {
        double value;
        const char *stop_pct;
        agon_px_t first, fill, stop;
    } cases[] = {
        {0.5, "0.2", 9981, 10003, 9983}, // 10001 less 20.002; of the fill 20.006
        {0.5, "0.1", 9991, 10003, 9993},   {0.5, "0.3", 9971, 10003, 9973},
        {-0.5, "0.2", 10020, 9998, 10017}, // 10000 and 20; of the fill 19.996
        {-0.5, "0.1", 10010, 9998, 10007}, {-0.5, "0.3", 10030, 9998, 10027},
    };

    begin(AGON_LINEAR, 20, "stop_pct", cases[_i].stop_pct);
    say(cases[_i].value);
    MUST_EQ(fake.n_exits, 1);
    MUST_EQ(fake.exits[0].side, cases[_i].value > 0 ? AGON_BUY : AGON_SELL);
    MUST_EQ(fake.exits[0].stop_px, cases[_i].first);
    MUST_EQ(fake.exits[0].watch, AGON_EXIT_BOOK);
    MUST_EQ(fake.exits[0].t_exit, fake.t + 5 * FAKE_MINUTE);
    filled(cases[_i].fill);
    MUST_EQ(fake.n_exits, 1);
    MUST_EQ(fake.exits[0].stop_px, cases[_i].stop);
    fake_taken(&fake);
    minute(10000, 1.8 * cases[_i].value); // said again: the time goes on, the stop stays
    MUST_EQ(fake.n_intents, 0);
    MUST_EQ(fake.exits[0].t_exit, fake.t + 5 * FAKE_MINUTE);
    MUST_EQ(fake.exits[0].stop_px, cases[_i].stop);
    fake_close(&fake);
}
END_TEST

START_TEST(turns_by_way_of_flat_and_at_once)
{
    begin(AGON_LINEAR, 20, NULL, NULL);
    say(0.5);
    filled(10001);
    fake_taken(&fake);
    minute(10020, -0.5);
    MUST_EQ(fake.n_intents, 1);
    MUST_EQ(fake.intents[0].side, AGON_SELL);
    MUST_EQ(fake.intents[0].reason, 2);
    MUST_EQ(fake.intents[0].flags, AGON_REDUCE_ONLY);
    MUST_EQ(fake.intents[0].qty, 499950);
    fake.t += 1000000000;
    filled(10020);
    MUST_EQ(fake.held_qty, 0);
    MUST_EQ(fake.n_intents, 2);
    MUST_EQ(fake.intents[1].side, AGON_SELL);
    MUST_EQ(fake.intents[1].reason, 1);
    MUST_EQ(fake.exits[0].side, AGON_SELL);
    fake_close(&fake);
}
END_TEST

START_TEST(a_turn_that_comes_late_or_dear_is_none)
{
    for (int late = 0; late < 2; late++) {
        begin(AGON_LINEAR, 20, NULL, NULL);
        say(0.5);
        filled(10001);
        fake_taken(&fake);
        minute(10020, -0.5);
        MUST_EQ(fake.n_intents, 1);
        fake.t += (late ? 11 : 1) * (agon_ns_t)1000000000;
        if (!late)
            book(10000, 10009);
        filled(10020);
        MUST_EQ(fake.n_intents, 1);
        fake_close(&fake);
    }
}
END_TEST

START_TEST(leaves_where_the_signal_is_against_it)
{
    begin(AGON_LINEAR, 20, NULL, NULL);
    say(0.5);
    filled(10001);
    fake_taken(&fake);
    minute(10000, -0.2); // as far as it may be
    MUST_EQ(fake.n_intents, 0);
    minute(10000, -0.21);
    MUST_EQ(fake.n_intents, 1);
    MUST_EQ(fake.intents[0].side, AGON_SELL);
    MUST_EQ(fake.intents[0].reason, 3);
    filled(10000);
    MUST_EQ(fake.n_intents, 1); // flat, and it stays so
    fake_close(&fake);
}
END_TEST

START_TEST(without_a_live_book_or_a_fresh_word_nothing_is_sent)
{
    begin(AGON_LINEAR, 20, NULL, NULL);
    fake.top.book = AGON_BOOK_STALE;
    say(0.9);
    MUST_EQ(fake.n_intents, 0);
    fake.top.book = AGON_BOOK_LIVE;
    fake.top.n_ask = 0;
    say(0.9);
    MUST_EQ(fake.n_intents, 0);
    fake.top.n_ask = 2;
    {
        struct agon_signal old = {
            .hdr = {.type = AGON_EVENT_SIGNAL, .granules = 5, .instrument = 1},
            .p_up = 0.9,
            .p_down = 0.1,
            .t_valid = fake.t - 1};
        struct agon_signal other = old, another = old;

        MUST(fake_event(&fake, &old) == AGON_OK);
        other.t_valid = 0;
        other.hdr.instrument = 2;
        MUST(fake_event(&fake, &other) == AGON_OK);
        another.t_valid = 0;
        another.key = 1;
        MUST(fake_event(&fake, &another) == AGON_OK);
    }
    MUST_EQ(fake.n_intents, 0);
    say(0.9);
    MUST_EQ(fake.n_intents, 1);
    fake_close(&fake);
}
END_TEST

START_TEST(a_state_goes_on_and_one_that_is_none_is_refused)
{
    static unsigned char state[FAKE_STATE];
    uint64_t n = 0;
    double nan = 0;

    begin(AGON_LINEAR, 20, NULL, NULL);
    MUST(fake_save(&fake, state, &n) == AGON_OK);
    fake_close(&fake);
    fake_open(&fake, "scalper");
    fake.instrument.kind = AGON_LINEAR;
    fake.instrument.taker_fee_ppb = FEE_PPB;
    fake_param(&fake, "span", "6");
    fake_param(&fake, "size_pct", "50");
    MUST(fake_create(&fake) == AGON_OK);
    nan = nan / nan;
    {
        unsigned char kept[sizeof(double)];

        // Behind t_bar, the leg, two counts: the closes.
        memcpy(kept, state + 8 + 64 + 16, sizeof(kept));
        memcpy(state + 8 + 64 + 16, &nan, sizeof(nan));
        MUST(fake_load(&fake, state, n, 1) == AGON_ECORRUPT);
        memcpy(state + 8 + 64 + 16, kept, sizeof(kept));
    }
    MUST(fake_load(&fake, state, n, 1) == AGON_OK);
    MUST(fake_start(&fake, AGON_START_RELOAD) == AGON_OK);
    fake.t = FAKE_T0 + 8 * FAKE_MINUTE;
    book(10000, 10001);
    say(0.5); // what it has learnt is there
    MUST_EQ(fake.n_intents, 1);
    fake_close(&fake);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scalper");
    TCase *tcase = tcase_create("all");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 30);
    tcase_add_loop_test(tcase, goes_in_only_where_the_move_beats_the_costs, 0, 7);
    tcase_add_test(tcase, a_model_that_was_right_by_less_is_not_followed);
    tcase_add_test(tcase, one_that_was_wrong_is_done_the_opposite_of);
    tcase_add_test(tcase, dearer_fees_want_a_larger_move);
    tcase_add_test(tcase, sells_nothing_short_where_it_may_not);
    tcase_add_loop_test(tcase, is_as_large_as_the_money_the_book_and_the_limits_allow, 0, 13);
    tcase_add_loop_test(tcase, what_was_won_is_not_traded_with, 0, 3);
    tcase_add_loop_test(tcase, stop_and_time_are_the_hosts_and_of_the_real_entry, 0, 6);
    tcase_add_test(tcase, turns_by_way_of_flat_and_at_once);
    tcase_add_test(tcase, a_turn_that_comes_late_or_dear_is_none);
    tcase_add_test(tcase, leaves_where_the_signal_is_against_it);
    tcase_add_test(tcase, without_a_live_book_or_a_fresh_word_nothing_is_sent);
    tcase_add_test(tcase, a_state_goes_on_and_one_that_is_none_is_refused);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
