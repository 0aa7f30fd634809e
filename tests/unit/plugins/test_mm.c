// SPDX-License-Identifier: Apache-2.0
/* mm by hand. The slot has 10,000 of the quote asset and the mid price is 100.00, so its money is
 * 100 units: a quote is 5 of them, the most to hold 40, the aim 20. The pair leans by 8 basis
 * points when it is 20 away from its aim, and each quote is 12 from the middle. */
#include <stdlib.h>

#include "../../support/must.h"
#include "fake.h"

static struct fake fake;

static void begin(agon_qty_t held_qty)
{
    fake_open(&fake, "mm");
    fake.held_qty = held_qty;
    fake.quote_amt -= (agon_amt_t)held_qty * 100 / 10000 * 100000000;
    MUST(fake_create(&fake) == AGON_OK);
    MUST(fake_start(&fake, AGON_START_FRESH) == AGON_OK);
}

/* The next book, a second and a bit later. */
static void book(agon_px_t bid, agon_px_t ask)
{
    fake.t += 1100000000;
    fake_top(&fake, bid, ask);
}

/* What was asked for stands now. */
static void stand(void)
{
    fake.n_open = 0;
    for (uint32_t i = 0; i < fake.n_intents; i++) {
        const struct agon_intent *leg = &fake.intents[i];
        if (leg->kind == AGON_INTENT_QUOTE && leg->qty > 0)
            fake.open[fake.n_open++] = (struct agon_order){
                .hdr = {.type = AGON_EVENT_ORDER, .granules = 2, .instrument = 1},
                .client_ref = leg->client_ref,
                .state = AGON_ORDER_OPEN,
                .side = leg->side,
                .px = leg->px,
                .qty = leg->qty};
    }
    fake_taken(&fake);
}

static void must_quote(agon_px_t bid, agon_qty_t bid_qty, agon_px_t ask, agon_qty_t ask_qty)
{
    MUST_EQ(fake.n_intents, 2);
    MUST_EQ(fake.intents[0].kind, AGON_INTENT_QUOTE);
    MUST_EQ(fake.intents[0].side, AGON_BUY);
    MUST_EQ(fake.intents[0].px, bid);
    MUST_EQ(fake.intents[0].qty, bid_qty);
    MUST_EQ(fake.intents[1].side, AGON_SELL);
    MUST_EQ(fake.intents[1].px, ask);
    MUST_EQ(fake.intents[1].qty, ask_qty);
    MUST(fake.intents[0].flags == AGON_POST_ONLY && fake.intents[1].flags == AGON_POST_ONLY);
}

static void signal_of(uint8_t kind, agon_ns_t t_valid, agon_instrument_t instrument)
{
    struct agon_signal signal = {
        .hdr = {.type = AGON_EVENT_SIGNAL, .granules = 5, .instrument = instrument},
        .kind = kind,
        .t_valid = t_valid};

    MUST(fake_event(&fake, &signal) == AGON_OK);
}

static void must_cancel(void)
{
    MUST_EQ(fake.n_intents, 1);
    MUST_EQ(fake.intents[0].kind, AGON_INTENT_CANCEL_ALL);
    MUST_EQ(fake.intents[0].instrument, 1);
    fake.n_open = 0;
    fake_taken(&fake);
}

START_TEST(leans_against_what_it_holds_and_offers_only_that)
{
    static const struct {
        agon_qty_t held_qty;
        agon_px_t bid, ask;
        agon_qty_t bid_qty, ask_qty;
    } cases[] = {
        {0, 9996, 0, 50000, 0},              // middle 100.08: 99.96 and nothing to offer
        {200000, 9988, 10012, 50000, 50000}, // at its aim: 100.00
        {400000, 0, 10004, 0, 50000},        // full: middle 99.92, no bid
        {30000, 9994, 10019, 50000, 30000},  // 3 of 20: leans 0.85 x 8 bps: 100.068
        {380000, 9980, 10005, 20000, 50000}, // 2 left to the most; leans -0.9 x 8 bps: 99.928
    };

    begin(cases[_i].held_qty);
    book(9999, 10001);
    must_quote(cases[_i].bid, cases[_i].bid_qty, cases[_i].ask, cases[_i].ask_qty);
    fake_close(&fake);
}
END_TEST

START_TEST(stays_while_the_market_comes_and_follows_when_it_goes)
{
    begin(200000);
    book(9999, 10001);
    must_quote(9988, 50000, 10012, 50000);
    stand();
    book(9999, 10001);
    book(9997, 9999); // the bid comes nearer, the offer is left behind by 2 bps: both stay
    MUST_EQ(fake.n_intents, 0);
    book(9994, 9996); // left behind by 5 bps: the offer follows, the bid keeps its place
    MUST_EQ(fake.n_intents, 2);
    MUST_EQ(fake.intents[0].px, 9988);
    MUST_EQ(fake.intents[1].px, 10007);
    stand();
    book(9989, 9991); // 2 from the bid, less than a quarter of its 12: it steps back
    MUST_EQ(fake.intents[0].px, 9978);
    fake_close(&fake);
}
END_TEST

START_TEST(waits_for_its_interval_and_for_requests_on_their_way)
{
    begin(200000);
    book(9999, 10001);
    stand();
    fake.t += 500000000;
    fake_top(&fake, 10099, 10101);
    MUST_EQ(fake.n_intents, 0); // too early
    fake.open[0].request = AGON_REQUEST_REPLACE;
    book(10099, 10101);
    MUST_EQ(fake.n_intents, 0); // still busy
    fake.open[0].request = AGON_REQUEST_NONE;
    book(10099, 10101);
    MUST_EQ(fake.n_intents, 2);
    fake_close(&fake);
}
END_TEST

START_TEST(is_wider_when_the_model_says_so)
{
    begin(200000);
    book(9999, 10001);
    stand();
    signal_of(2, fake.t + 2 * FAKE_MINUTE, 1);
    book(9999, 10001);
    must_quote(9976, 50000, 10024, 50000);
    stand();
    signal_of(1, fake.t + 2 * FAKE_MINUTE, 1);
    book(9999, 10001);
    must_quote(9988, 50000, 10012, 50000);
    stand();
    signal_of(3, fake.t + 2 * FAKE_MINUTE, 1);
    book(9999, 10001);
    must_cancel();
    book(9999, 10001);
    MUST_EQ(fake.n_intents, 0);
    fake_close(&fake);
}
END_TEST

START_TEST(a_silent_model_is_no_calm_one)
{
    begin(200000);
    fake_top(&fake, 9999, 10001); // names the instrument
    stand();
    signal_of(1, fake.t + FAKE_MINUTE, 1);
    fake.n_open = 0;
    fake.t += 2 * FAKE_MINUTE;
    book(9999, 10001);
    must_quote(9976, 50000, 10024, 50000);
    fake_close(&fake);
}
END_TEST

START_TEST(listens_of_its_own_instrument_and_knows_the_last_word_on_it)
{
    fake_open(&fake, "mm");
    fake_param(&fake, "symbol", "BTCUSDT");
    fake.held_qty = 200000;
    fake.quote_amt = (agon_amt_t)8000 * 100000000;
    fake.signals[fake.n_signals++] = (struct agon_signal){.hdr = {.instrument = 1}, .kind = 2};
    MUST(fake_create(&fake) == AGON_OK);
    MUST(fake_start(&fake, AGON_START_FRESH) == AGON_OK);
    signal_of(3, 0, 2); // of another instrument
    book(9999, 10001);
    must_quote(9976, 50000, 10024, 50000);
    fake_close(&fake);
}
END_TEST

START_TEST(takes_everything_away_when_it_cannot_know_the_market)
{
    struct agon_status status = {.hdr = {.type = AGON_EVENT_STATUS, .granules = 1, .instrument = 1},
                                 .trading = AGON_TRADING_OPEN,
                                 .book = AGON_BOOK_STALE};
    struct agon_gap gap = {.hdr = {.type = AGON_EVENT_GAP, .granules = 1}};
    struct agon_timer timer = {.hdr = {.type = AGON_EVENT_TIMER, .granules = 1}, .cookie = 0x6d6d};
    struct agon_capital capital = {.hdr = {.type = AGON_EVENT_CAPITAL, .granules = 1},
                                   .condition = 2};
    struct agon_top10 top = {.hdr = {.type = AGON_EVENT_TOP10, .granules = 6, .instrument = 1},
                             .n_bid = 1,
                             .n_ask = 1,
                             .book = AGON_BOOK_STALE,
                             .bid = {{9999, 1}},
                             .ask = {{10001, 1}}};

    begin(200000);
    MUST_EQ(fake.n_timers, 1);
    book(9999, 10001);
    stand();
    switch (_i) {
    case 0:
        fake_halt(&fake, AGON_SCOPE_GLOBAL, 0, 1);
        break;
    case 1:
        MUST(fake_event(&fake, &status) == AGON_OK);
        break;
    case 2:
        MUST(fake_event(&fake, &gap) == AGON_OK);
        break;
    case 3:
        fake.t += 4 * 1000000000ll;
        MUST(fake_event(&fake, &timer) == AGON_OK);
        MUST_EQ(fake.n_intents, 0); // silent for less than stale_ms
        fake.t += 2 * 1000000000ll;
        MUST(fake_event(&fake, &timer) == AGON_OK);
        break;
    case 4:
        MUST(fake_event(&fake, &top) == AGON_OK);
        break;
    default:
        MUST(fake_event(&fake, &capital) == AGON_OK); // at once, not with the next book
        break;
    }
    must_cancel();
    book(9999, 10001);
    // A gap, a silence and a bad book are over with the next good one; the others must be lifted.
    MUST_EQ(fake.n_intents, _i >= 2 && _i <= 4 ? 2 : 0);
    fake_close(&fake);
}
END_TEST

START_TEST(a_refusal_is_followed_by_a_rest)
{
    begin(200000);
    book(9999, 10001);
    fake_order(&fake, AGON_ORDER_REJECTED, AGON_REASON_RATE);
    fake_taken(&fake);
    book(9999, 10001);
    MUST_EQ(fake.n_intents, 0);
    fake.t += 5 * 1000000000ll;
    book(9999, 10001);
    MUST_EQ(fake.n_intents, 2);
    fake_close(&fake);
}
END_TEST

START_TEST(a_fill_moves_both_sides)
{
    begin(200000);
    book(9999, 10001);
    stand();
    fake.intents[0] = (struct agon_intent){.side = AGON_BUY, .qty = 50000};
    fake.n_intents = 1;
    fake_fill(&fake, 9988, 50);
    fake_taken(&fake);
    fake.n_open = 1; // the offer is left
    fake.open[0].side = AGON_SELL;
    fake.open[0].px = 10012;
    fake.open[0].qty = 50000;
    book(9999, 10001);
    MUST_EQ(fake.n_intents, 2);
    MUST(fake.intents[0].qty > 0 && fake.intents[0].px < 9988);
    MUST(fake.intents[1].px < 10012); // a quarter more than the aim: leans down by 2 bps
    fake_close(&fake);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mm");
    TCase *tcase = tcase_create("all");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 30);
    tcase_add_loop_test(tcase, leans_against_what_it_holds_and_offers_only_that, 0, 5);
    tcase_add_test(tcase, stays_while_the_market_comes_and_follows_when_it_goes);
    tcase_add_test(tcase, waits_for_its_interval_and_for_requests_on_their_way);
    tcase_add_test(tcase, is_wider_when_the_model_says_so);
    tcase_add_test(tcase, a_silent_model_is_no_calm_one);
    tcase_add_test(tcase, listens_of_its_own_instrument_and_knows_the_last_word_on_it);
    tcase_add_loop_test(tcase, takes_everything_away_when_it_cannot_know_the_market, 0, 6);
    tcase_add_test(tcase, a_refusal_is_followed_by_a_rest);
    tcase_add_test(tcase, a_fill_moves_both_sides);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
