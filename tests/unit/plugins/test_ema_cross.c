// SPDX-License-Identifier: Apache-2.0
/* ema_cross by hand. With fast 2 (weight 2/3), slow 3 (1/2) and an RSI of 2 changes, the closes
 * 100, 98, 96 give fast 99, 97, slow 98 and RSI 0; then 104 gives fast 101 2/3, slow 101 (a cross
 * upwards) and RSI 100 x 4 / 5 = 80; then 95 gives fast 97 2/9, slow 98 (a cross back). */
#include <stdlib.h>

#include <agon/ta.h>

#include "../../support/must.h"
#include "fake.h"

static const char *const small[] = {"fast", "2", "slow", "3", "rsi", "2", "bar_s", "0", NULL};
static struct fake fake;

static void close_at(agon_px_t px)
{
    fake_bar(&fake, 60, px, px, px, 1000);
}

static void begin(const char *const *more)
{
    fake_open(&fake, "ema_cross");
    for (const char *const *p = small; p[0]; p += 2)
        fake_param(&fake, p[0], p[1]);
    for (; more && more[0]; more += 2) {
        for (uint32_t i = 0; i < fake.n_params; i++)
            if (strcmp(fake.params[i][0], more[0]) == 0)
                fake.params[i][1] = more[1];
        fake_param(&fake, more[0], more[1]);
    }
    MUST(fake_create(&fake) == AGON_OK);
    MUST(fake_start(&fake, AGON_START_FRESH) == AGON_OK);
}

static void up_to_the_cross(void)
{
    close_at(10000);
    close_at(9800);
    close_at(9600);
    MUST_EQ(fake.n_intents, 0);
    close_at(10400);
}

static void bought(void)
{
    up_to_the_cross();
    MUST_EQ(fake.n_intents, 1);
    fake_order(&fake, AGON_ORDER_OPEN, 0);
    fake_fill(&fake, 10400, 96); // 0.1 % in the base asset
    fake_order(&fake, AGON_ORDER_FILLED, 0);
    fake_taken(&fake);
}

START_TEST(enters_on_the_cross_with_a_tenth_of_the_money)
{
    const struct agon_intent *intent = fake.intents;

    begin(NULL);
    up_to_the_cross();
    MUST_EQ(fake.n_intents, 1);
    MUST_EQ(intent->kind, AGON_INTENT_ORDER);
    MUST_EQ(intent->type, AGON_MARKET);
    MUST_EQ(intent->side, AGON_BUY);
    MUST_EQ(intent->instrument, 1);
    MUST_EQ(intent->qty, 96153); // 1000 / 104.00, in lots of 0.0001
    MUST(intent->client_ref != 0);
    close_at(10500); // one order at a time
    MUST_EQ(fake.n_intents, 1);
    fake_close(&fake);
}
END_TEST

START_TEST(does_not_enter_when_a_filter_says_no)
{
    static const struct {
        const char *what;
        const char *params[5];
        agon_qty_t volume; /* of the crossing bar; the others have 1000 */
        uint32_t want;
    } cases[] = {
        {"rsi of 80 above 79", {"rsi_entry", "79"}, 1000, 1},
        {"rsi of 80 not above 80", {"rsi_entry", "80"}, 1000, 0},
        {"volume 429 is half of the mean 857.25", {NULL}, 429, 1},
        {"volume 428 is not", {NULL}, 428, 0},
        {"no volume wanted", {"volume_min", "0"}, 0, 1},
        {"an order that the limit leaves no room for", {NULL}, -1, 0},
        {"bars of another length", {"bar_s", "1"}, 1000, 0},
        {"another symbol is named", {"symbol", "BTCUSDT"}, 1000, 1},
    };

    begin(cases[_i].params[0] ? cases[_i].params : NULL);
    if (cases[_i].volume < 0)
        fake.limit_qty = 0;
    close_at(10000);
    close_at(9800);
    close_at(9600);
    fake_bar(&fake, 60, 10400, 10400, 10400, cases[_i].volume < 0 ? 1000 : cases[_i].volume);
    ck_assert_msg(fake.n_intents == cases[_i].want, "%s", cases[_i].what);
    fake_close(&fake);
}
END_TEST

START_TEST(leaves_on_the_cross_back_with_what_the_ledger_holds)
{
    begin(NULL);
    bought();
    close_at(9500);
    MUST_EQ(fake.n_intents, 1);
    MUST_EQ(fake.intents[0].side, AGON_SELL);
    MUST_EQ(fake.intents[0].qty, 96153 - 96);
    fake_close(&fake);
}
END_TEST

START_TEST(leaves_on_a_weak_rsi)
{
    static const char *const weak[] = {"rsi_exit", "90", NULL};

    begin(weak);
    bought();
    close_at(10500); // fast above slow; RSI 100 x 2.5 / 3 = 83.3
    MUST_EQ(fake.n_intents, 1);
    MUST_EQ(fake.intents[0].side, AGON_SELL);
    fake_close(&fake);
}
END_TEST

START_TEST(leaves_at_the_stop_between_two_bars)
{
    begin(NULL);
    bought(); // at 104.00: the stop is 101.92
    fake_trade(&fake, 10193);
    MUST_EQ(fake.n_intents, 0);
    fake_trade(&fake, 10192);
    MUST_EQ(fake.n_intents, 1);
    MUST_EQ(fake.intents[0].side, AGON_SELL);
    MUST_EQ(fake.intents[0].qty, 96057);
    fake_trade(&fake, 9000); // the sale is under way
    MUST_EQ(fake.n_intents, 1);
    fake_close(&fake);
}
END_TEST

START_TEST(holds_while_nothing_says_leave)
{
    begin(NULL);
    bought();
    close_at(10500);
    close_at(10600);
    fake_trade(&fake, 10300);
    MUST_EQ(fake.n_intents, 0);
    fake_close(&fake);
}
END_TEST

START_TEST(order_events_may_come_in_any_order)
{
    begin(NULL);
    up_to_the_cross();
    fake_order(&fake, AGON_ORDER_FILLED, 0); // final first, the fill behind it
    fake_fill(&fake, 10400, 0);
    fake_order(&fake, AGON_ORDER_OPEN, 0); // and an old one repeated
    fake_taken(&fake);
    close_at(9500);
    MUST_EQ(fake.n_intents, 1);
    MUST_EQ(fake.intents[0].qty, 96153);
    fake_close(&fake);
}
END_TEST

START_TEST(rests_after_a_refusal_and_does_not_think_it_holds)
{
    begin(NULL);
    up_to_the_cross();
    fake_order(&fake, AGON_ORDER_REJECTED, AGON_REASON_CAPITAL);
    fake_taken(&fake);
    close_at(9500);
    MUST_EQ(fake.n_intents, 0); // nothing to sell
    close_at(10500);            // the next cross, more than a minute later
    MUST_EQ(fake.n_intents, 1);
    fake_close(&fake);
}
END_TEST

START_TEST(a_full_ring_is_tried_again_by_the_stop)
{
    begin(NULL);
    bought();
    fake.submit_rc = AGON_EAGAIN;
    fake_trade(&fake, 10000);
    MUST_EQ(fake.n_intents, 0);
    fake.submit_rc = AGON_OK;
    fake_trade(&fake, 10000);
    MUST_EQ(fake.n_intents, 1);
    fake_close(&fake);
}
END_TEST

START_TEST(sends_nothing_while_halted)
{
    static const struct {
        uint8_t scope;
        uint32_t id;
        int is_ours;
    } cases[] = {{AGON_SCOPE_GLOBAL, 0, 1},
                 {AGON_SCOPE_VENUE, 1, 1},
                 {AGON_SCOPE_VENUE, 2, 0},
                 {AGON_SCOPE_INSTRUMENT, 1, 1},
                 {AGON_SCOPE_INSTRUMENT, 2, 0}};

    begin(NULL);
    bought();
    fake_halt(&fake, cases[_i].scope, cases[_i].id, 1);
    fake_trade(&fake, 9000);
    MUST_EQ(fake.n_intents, !cases[_i].is_ours);
    if (cases[_i].is_ours) {
        fake_halt(&fake, cases[_i].scope, cases[_i].id, 0);
        fake_trade(&fake, 9000);
        MUST_EQ(fake.n_intents, 1);
    }
    fake_close(&fake);
}
END_TEST

START_TEST(sends_nothing_while_suspended_or_closed)
{
    struct agon_capital capital = {.hdr = {.type = AGON_EVENT_CAPITAL, .granules = 1},
                                   .condition = 2};
    struct agon_status status = {.hdr = {.type = AGON_EVENT_STATUS, .granules = 1, .instrument = 1},
                                 .trading = AGON_TRADING_HALTED,
                                 .book = AGON_BOOK_LIVE};

    begin(NULL);
    bought();
    MUST(fake_event(&fake, &capital) == AGON_OK);
    fake_trade(&fake, 9000);
    MUST_EQ(fake.n_intents, 0);
    capital.condition = 1;
    MUST(fake_event(&fake, &capital) == AGON_OK);
    MUST(fake_event(&fake, &status) == AGON_OK);
    fake_trade(&fake, 9000);
    MUST_EQ(fake.n_intents, 0);
    status.trading = AGON_TRADING_OPEN;
    MUST(fake_event(&fake, &status) == AGON_OK);
    fake_trade(&fake, 9000);
    MUST_EQ(fake.n_intents, 1);
    fake_close(&fake);
}
END_TEST

START_TEST(adopts_a_position_and_what_it_cost)
{
    static const char *const named[] = {"symbol", "BTCUSDT", NULL};

    fake_open(&fake, "ema_cross");
    for (const char *const *p = small; p[0]; p += 2)
        fake_param(&fake, p[0], p[1]);
    fake_param(&fake, named[0], named[1]);
    fake.held_qty = 20000; // 2 for 200: the stop is 98.00
    fake.cost = 200;
    MUST(fake_create(&fake) == AGON_OK);
    MUST(fake_start(&fake, AGON_START_RELOAD) == AGON_OK);
    fake_trade(&fake, 9801);
    MUST_EQ(fake.n_intents, 0);
    fake_trade(&fake, 9800);
    MUST_EQ(fake.n_intents, 1);
    MUST_EQ(fake.intents[0].qty, 20000);
    fake_close(&fake);
}
END_TEST

START_TEST(what_is_too_little_to_sell_is_nothing_held)
{
    static const char *const named[] = {"symbol", "BTCUSDT", NULL};

    fake_open(&fake, "ema_cross");
    for (const char *const *p = small; p[0]; p += 2)
        fake_param(&fake, p[0], p[1]);
    fake_param(&fake, named[0], named[1]);
    fake.held_qty = 400; // 0.04 x 100 = 4, the venue wants 5
    fake.cost = 4;
    MUST(fake_create(&fake) == AGON_OK);
    MUST(fake_start(&fake, AGON_START_FRESH) == AGON_OK);
    fake_trade(&fake, 5000); // no stop for dust
    MUST_EQ(fake.n_intents, 0);
    up_to_the_cross();
    MUST_EQ(fake.n_intents, 1);
    MUST_EQ(fake.intents[0].side, AGON_BUY);
    fake_close(&fake);
}
END_TEST

START_TEST(history_makes_it_warm)
{
    static const agon_px_t closes[] = {10000, 9800, 9600};

    fake_open(&fake, "ema_cross");
    for (const char *const *p = small; p[0]; p += 2)
        fake_param(&fake, p[0], p[1]);
    fake_param(&fake, "symbol", "BTCUSDT");
    for (int i = 0; i < 3; i++)
        fake.history[i] = (struct agon_bar){.hdr = {.type = AGON_EVENT_BAR, .instrument = 1},
                                            .t_open = FAKE_T0 - (3 - i) * FAKE_MINUTE,
                                            .length_s = 60,
                                            .close_px = closes[i],
                                            .volume_qty = 1000};
    fake.n_history = 3;
    MUST(fake_create(&fake) == AGON_OK);
    MUST(fake_start(&fake, AGON_START_FRESH) == AGON_OK);
    close_at(10400);
    MUST_EQ(fake.n_intents, 1);
    fake_close(&fake);
}
END_TEST

START_TEST(a_bar_is_counted_once)
{
    struct agon_bar bar;

    begin(NULL);
    close_at(10000);
    close_at(9800);
    bar = (struct agon_bar){.hdr = {.type = AGON_EVENT_BAR, .granules = 2, .instrument = 1},
                            .t_open = fake.t - FAKE_MINUTE,
                            .length_s = 60,
                            .close_px = 9800,
                            .volume_qty = 1000};
    MUST(fake_event(&fake, &bar) == AGON_OK); // repeated
    close_at(9600);
    close_at(10400);
    MUST_EQ(fake.n_intents, 1);
    fake_close(&fake);
}
END_TEST

/* What 2.0.0 saved, 2.1.0 goes on with; from there its stop follows the price up. */
START_TEST(the_next_version_goes_on_and_its_stop_trails)
{
    static unsigned char state[FAKE_STATE];
    uint64_t n = sizeof(state);
    struct fake *next = calloc(1, sizeof(*next));

    MUST(next != NULL);
    begin(NULL);
    bought(); // at 104.00
    MUST(fake_save(&fake, state, &n) == AGON_OK);
    fake_open(next, "ema_cross/ema_cross_trailing");
    MUST(strcmp(next->descriptor->id, fake.descriptor->id) == 0);
    MUST_EQ(next->descriptor->state_schema, fake.descriptor->state_schema);
    for (const char *const *p = small; p[0]; p += 2)
        fake_param(next, p[0], p[1]);
    next->held_qty = fake.held_qty;
    next->cost = fake.cost;
    MUST(fake_create(next) == AGON_OK);
    MUST(fake_load(next, state, n - 1, 3) == AGON_ECORRUPT);
    MUST(fake_load(next, state, n, 3) == AGON_OK);
    MUST(fake_start(next, AGON_START_RELOAD) == AGON_OK);
    fake_trade(next, 11000);
    fake_trade(next, 10781);
    MUST_EQ(next->n_intents, 0);
    fake_trade(next, 10780); // 2 % below 110.00
    MUST_EQ(next->n_intents, 1);
    MUST_EQ(next->intents[0].side, AGON_SELL);
    fake_trade(&fake, 11000);
    fake_trade(&fake, 10780);
    MUST_EQ(fake.n_intents, 0); // 2.0.0 counts from the entry
    // And back: the other reads what this one saved.
    n = sizeof(state);
    MUST(fake_save(next, state, &n) == AGON_OK);
    MUST(fake_load(&fake, state, n, 3) == AGON_OK);
    MUST(fake_load(&fake, state, n, 4) == AGON_EVERSION);
    fake_close(&fake);
    fake_close(next);
    free(next);
}
END_TEST

/* What is left of a sale is too little to be sold, and the next entry's stop is its own. */
START_TEST(a_stop_that_trails_begins_anew_with_each_entry)
{
    fake_open(&fake, "ema_cross/ema_cross_trailing");
    for (const char *const *p = small; p[0]; p += 2)
        fake_param(&fake, p[0], p[1]);
    MUST(fake_create(&fake) == AGON_OK);
    MUST(fake_start(&fake, AGON_START_FRESH) == AGON_OK);
    bought();
    fake_trade(&fake, 13000);
    fake_trade(&fake, 12000);
    MUST_EQ(fake.n_intents, 1);
    fake.held_qty += 3; // will be left, and is worth less than the venue takes
    fake_fill(&fake, 12000, 0);
    fake_order(&fake, AGON_ORDER_FILLED, 0);
    fake_taken(&fake);
    close_at(9800);
    close_at(9600);
    close_at(10400);
    MUST_EQ(fake.n_intents, 1);
    MUST_EQ(fake.intents[0].side, AGON_BUY);
    fake_fill(&fake, 10400, 0);
    fake_order(&fake, AGON_ORDER_FILLED, 0);
    fake_taken(&fake);
    fake_trade(&fake, 10399); // far below 130.00
    MUST_EQ(fake.n_intents, 0);
    fake_trade(&fake, 10192);
    MUST_EQ(fake.n_intents, 1);
    fake_close(&fake);
}
END_TEST

/* States as 1.0.0 and 1.1.0 wrote them: what was held and what it cost, and the averages. */
START_TEST(reads_what_earlier_versions_saved)
{
    struct {
        struct agon_ema fast, slow;
        struct agon_rsi rsi;
        struct agon_sma volume;
        double entry_px;
        int64_t held_qty;
        uint64_t last_ref, working_ref;
        int64_t t_working, t_rest, t_bar;
        uint32_t instrument;
        int32_t was_above;
        struct agon_gate gate;
        double top_px;
    } old = {.fast = {.period = 2},
             .slow = {.period = 3},
             .rsi = {.period = 2},
             .volume = {.window = {.period = 20}},
             .entry_px = 10400,
             .held_qty = 96057,
             .last_ref = 7,
             .t_bar = FAKE_T0,
             .instrument = 1,
             .was_above = 1,
             .top_px = 11000};
    uint32_t schema = (uint32_t)_i + 1;
    uint64_t n = schema == 1 ? offsetof(__typeof__(old), top_px) : sizeof(old);

    fake_open(&fake, "ema_cross/ema_cross_trailing");
    for (const char *const *p = small; p[0]; p += 2)
        fake_param(&fake, p[0], p[1]);
    fake.held_qty = old.held_qty;
    MUST(fake_create(&fake) == AGON_OK);
    MUST(fake_load(&fake, (const unsigned char *)&old, n - 1, schema) == AGON_ECORRUPT);
    MUST(fake_load(&fake, (const unsigned char *)&old, n, schema) == AGON_OK);
    MUST(fake_start(&fake, AGON_START_RESTORE) == AGON_OK);
    fake_trade(&fake, 10780); // 2 % below what 1.1.0 had seen
    MUST_EQ(fake.n_intents, schema == 2);
    fake_trade(&fake, 10192); // 2 % below the entry
    MUST_EQ(fake.n_intents, 1);
    MUST_EQ(fake.intents[0].side, AGON_SELL);
    MUST_EQ(fake.intents[0].client_ref, 8);
    fake_close(&fake);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ema_cross");
    TCase *tcase = tcase_create("all");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, enters_on_the_cross_with_a_tenth_of_the_money);
    tcase_add_loop_test(tcase, does_not_enter_when_a_filter_says_no, 0, 8);
    tcase_add_test(tcase, leaves_on_the_cross_back_with_what_the_ledger_holds);
    tcase_add_test(tcase, leaves_on_a_weak_rsi);
    tcase_add_test(tcase, leaves_at_the_stop_between_two_bars);
    tcase_add_test(tcase, holds_while_nothing_says_leave);
    tcase_add_test(tcase, order_events_may_come_in_any_order);
    tcase_add_test(tcase, rests_after_a_refusal_and_does_not_think_it_holds);
    tcase_add_test(tcase, a_full_ring_is_tried_again_by_the_stop);
    tcase_add_loop_test(tcase, sends_nothing_while_halted, 0, 5);
    tcase_add_test(tcase, sends_nothing_while_suspended_or_closed);
    tcase_add_test(tcase, adopts_a_position_and_what_it_cost);
    tcase_add_test(tcase, what_is_too_little_to_sell_is_nothing_held);
    tcase_add_test(tcase, history_makes_it_warm);
    tcase_add_test(tcase, a_bar_is_counted_once);
    tcase_add_test(tcase, the_next_version_goes_on_and_its_stop_trails);
    tcase_add_test(tcase, a_stop_that_trails_begins_anew_with_each_entry);
    tcase_add_loop_test(tcase, reads_what_earlier_versions_saved, 0, 2);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
