// SPDX-License-Identifier: Apache-2.0
/* Every check at its limit, one below and one above (RELIABILITY 6.1), asked through the gate as
 * the engine asks it. Each case begins with a view in which everything is in order. */
#include <check.h>
#include <stdio.h>

#include "base/error.h"
#include "base/num.h"
#include "risk/checks/checks.h"
#include "risk/risk.h"

#define T   ((agon_ns_t)1723161600000000000)
#define SEC ((agon_ns_t)1000000000)

static struct agon_instrument instrument;
static struct risk_slot slot;
static struct risk_view view;
static struct slot_limits limits;
static struct risk_slot all;
static struct portfolio_limits all_limits;
static struct agon_intent intent;

// A slot with 10 of a coin, the market at 1000 to 1002, and a buy of 5 at 1000.
static void begin(void)
{
    instrument = (struct agon_instrument){.kind = INSTRUMENT_SPOT,
                                          .tick_px = 2,
                                          .lot_qty = 5,
                                          .min_qty = 5,
                                          .max_qty = 1000,
                                          .min_notional_amt = 5000,
                                          .min_px = 10,
                                          .max_px = 100000};
    slot = (struct risk_slot){
        .equity_amt = 100000, .equity_high_amt = 100000, .equity_day_amt = 100000};
    limits = (struct slot_limits){0};
    all = (struct risk_slot){
        .equity_amt = 300000, .equity_high_amt = 300000, .equity_day_amt = 300000};
    all_limits = (struct portfolio_limits){0};
    view = (struct risk_view){.t = T,
                              .limits = &limits,
                              .portfolio = &all,
                              .portfolio_limits = &all_limits,
                              .slot = &slot,
                              .instrument = &instrument,
                              .may_trade = 1,
                              .is_authorised = 1,
                              .trading = TRADING_OPEN,
                              .is_book_live = 1,
                              .bid_px = 1000,
                              .ask_px = 1002,
                              .judge_px = 1000,
                              .held_qty = 10,
                              .notional_amt = 5000,
                              .position_amt = 15000,
                              .free_amt = 5000,
                              .cost_amt = 5000,
                              .free_qty = 10};
    intent = (struct agon_intent){
        .kind = AGON_INTENT_ORDER, .side = AGON_BUY, .type = AGON_LIMIT, .px = 1000, .qty = 5};
}

static void judged(uint16_t want, const char *what)
{
    struct risk_slot before = slot;
    uint32_t place = slot.next_recent;
    uint16_t reason = risk_judge(&view, &intent);

    ck_assert_msg(reason == want, "%s: %s, not %s", what, reason_name(reason), reason_name(want));
    if (reason != REASON_NONE) {
        // A refused order changes nothing of what the gate remembers.
        ck_assert_msg(memcmp(&before, &slot, sizeof(slot)) == 0, "%s", what);
        return;
    }
    ck_assert_uint_eq(slot.next_recent, (place + 1) % RISK_DUPLICATES);
    ck_assert_uint_eq(slot.recent[place].fingerprint, risk_fingerprint(&intent));
    ck_assert_int_eq(slot.recent[place].t, view.t);
}

static int marked(struct risk_slot *at, agon_amt_t equity_amt, agon_amt_t daily_loss_amt,
                  uint32_t drawdown_ppm)
{
    const struct risk_losses losses = {.daily_loss_amt = daily_loss_amt,
                                       .drawdown_ppm = drawdown_ppm,
                                       .daily_reason = REASON_DAILY_LOSS,
                                       .drawdown_reason = REASON_DRAWDOWN};

    return risk_mark(at, equity_amt, T, &losses) != REASON_NONE;
}

#define CASE(want, ...)                                                                            \
    do {                                                                                           \
        begin();                                                                                   \
        __VA_ARGS__;                                                                               \
        judged(want, #__VA_ARGS__);                                                                \
    } while (0)
#define SELL (intent.side = AGON_SELL, view.cost_amt = 0)

START_TEST(an_order_in_order_passes)
{
    CASE(REASON_NONE, (void)0);
    CASE(REASON_NONE, SELL);
}
END_TEST

START_TEST(kill_authorised_session_halt)
{
    CASE(REASON_KILL, view.is_killed = 1);
    CASE(REASON_KILL, view.is_killed = 1, view.is_reducing = 1);
    CASE(REASON_UNAUTHORISED, view.is_authorised = 0);
    CASE(REASON_UNAUTHORISED, view.instrument = NULL);
    CASE(REASON_SLOT_STATE, view.may_trade = 0);
    CASE(REASON_SLOT_STATE, view.trading = TRADING_HALTED);
    CASE(REASON_SLOT_STATE, view.trading = TRADING_CANCEL_ONLY);
    CASE(REASON_SLOT_STATE, view.trading = 0);
    CASE(REASON_SLOT_STATE, view.trading = TRADING_POST_ONLY);
    CASE(REASON_NONE, view.trading = TRADING_POST_ONLY, intent.flags = AGON_POST_ONLY);
    CASE(REASON_HALTED, view.is_halted = 1);
    CASE(REASON_NONE, view.is_halted = 1, view.is_reducing = 1);
}
END_TEST

START_TEST(bounds)
{
    CASE(REASON_INVALID, intent.side = 0);
    CASE(REASON_INVALID, intent.side = 3);
    CASE(REASON_INVALID, intent.type = 0);
    CASE(REASON_INVALID, intent.type = AGON_STOP_LIMIT + 1);
    CASE(REASON_NONE, intent.tif = AGON_TIF_FOK);
    CASE(REASON_INVALID, intent.tif = AGON_TIF_GTD + 1);
    CASE(REASON_INVALID, intent.flags = 4);
    CASE(REASON_INVALID, intent.flags = 1u << 16);
    CASE(REASON_INVALID, intent.qty = 0);
    CASE(REASON_INVALID, intent.qty = -5);
    CASE(REASON_INVALID, intent.qty = INT64_MIN);
    CASE(REASON_INVALID, intent.show_qty = -1);
    CASE(REASON_NONE, intent.show_qty = 5);
    CASE(REASON_INVALID, intent.show_qty = 6);
    CASE(REASON_INVALID, intent.px = 0);
    CASE(REASON_INVALID, intent.px = -2);
    CASE(REASON_INVALID, intent.px = INT64_MIN);
    CASE(REASON_INVALID, intent.trigger_px = 1000);
    CASE(REASON_INVALID, intent.type = AGON_MARKET);
    CASE(REASON_NONE, intent.type = AGON_MARKET, intent.px = 0);
    CASE(REASON_INVALID, intent.type = AGON_STOP, intent.px = 0);
    CASE(REASON_NONE, intent.type = AGON_STOP, intent.px = 0, intent.trigger_px = 1010);
    CASE(REASON_INVALID, intent.type = AGON_STOP, intent.px = 0, intent.trigger_px = INT64_MIN);
    CASE(REASON_INVALID, intent.type = AGON_STOP, intent.trigger_px = 1010);
    CASE(REASON_INVALID, intent.type = AGON_STOP_LIMIT);
    CASE(REASON_INVALID, intent.type = AGON_STOP_LIMIT, intent.px = 0, intent.trigger_px = 1010);
    CASE(REASON_NONE, intent.type = AGON_STOP_LIMIT, intent.trigger_px = 1010);
    CASE(REASON_NONE, intent.flags = AGON_POST_ONLY);
    CASE(REASON_INVALID, intent.flags = AGON_POST_ONLY, intent.tif = AGON_TIF_IOC);
    CASE(REASON_INVALID, intent.flags = AGON_POST_ONLY, intent.tif = AGON_TIF_FOK);
    CASE(REASON_INVALID, intent.flags = AGON_POST_ONLY, intent.type = AGON_MARKET, intent.px = 0);
    CASE(REASON_INVALID, intent.tif = AGON_TIF_GTD);
    CASE(REASON_INVALID, intent.tif = AGON_TIF_GTD, intent.t_expire = T);
    CASE(REASON_NONE, intent.tif = AGON_TIF_GTD, intent.t_expire = T + 1);
    CASE(REASON_INVALID, intent.tif = AGON_TIF_GTC, intent.t_expire = T + 1);
}
END_TEST

START_TEST(filter_and_size)
{
    CASE(REASON_FILTER, intent.px = 1001);
    CASE(REASON_FILTER, intent.px = 8);
    CASE(REASON_NONE, intent.px = 10);
    CASE(REASON_NONE, intent.px = 100000);
    CASE(REASON_FILTER, intent.px = 100002);
    CASE(REASON_NONE, intent.px = 100002, instrument.max_px = 0);
    CASE(REASON_NONE, intent.px = 2, instrument.min_px = 0);
    CASE(REASON_FILTER, intent.type = AGON_STOP, intent.px = 0, intent.trigger_px = 1011);
    CASE(REASON_FILTER, intent.qty = 4);
    CASE(REASON_FILTER, intent.qty = 6);
    CASE(REASON_FILTER, instrument.min_qty = 10);
    CASE(REASON_NONE, intent.qty = 1000);
    CASE(REASON_FILTER, intent.qty = 1005);
    CASE(REASON_NONE, intent.qty = 1005, instrument.max_qty = 0);
    CASE(REASON_FILTER, view.notional_amt = 4999);
    CASE(REASON_NONE, view.notional_amt = 5000);
    CASE(REASON_NONE, view.notional_amt = 5001);
    CASE(REASON_NONE, view.notional_amt = 0, view.judge_px = 0); // no price to judge by
    CASE(REASON_TOO_LARGE, view.notional_amt = NUM_MAX);         // a worth that no amount holds
    CASE(REASON_TOO_LARGE, view.notional_amt = NUM_MAX, limits.order_amt = 5, view.is_reducing = 1);
    // Sums that leave 63 bits. The lot divides INT64_MAX - 2.
    CASE(REASON_NONE, instrument.max_qty = 0, view.held_qty = 0, intent.qty = INT64_MAX - 2);
    CASE(REASON_NONE, instrument.max_qty = 0, view.held_qty = 2, intent.qty = INT64_MAX - 2);
    CASE(REASON_SIZE, instrument.max_qty = 0, view.held_qty = 3, intent.qty = INT64_MAX - 2);
    CASE(REASON_SIZE, instrument.max_qty = 0, view.held_qty = -3, intent.qty = INT64_MAX - 2);
    CASE(REASON_SIZE, view.working_buy_qty = INT64_MAX - 4);
    CASE(REASON_NONE, view.working_sell_qty = INT64_MAX - 4);
    CASE(REASON_SIZE, SELL, view.working_sell_qty = INT64_MAX - 4);
    CASE(REASON_SIZE, view.held_qty = INT64_MIN);
    ck_assert(risk_size.judge(&view, &intent) == RISK_REFUSE);
    // The check itself also holds the instrument's largest quantity, whatever the filter said.
    begin();
    intent.qty = 1000;
    ck_assert(risk_size.judge(&view, &intent) == RISK_PASS);
    intent.qty = 1001;
    ck_assert(risk_size.judge(&view, &intent) == RISK_REFUSE);
}
END_TEST

START_TEST(reduce_only_and_book)
{
    CASE(REASON_REDUCE_ONLY, intent.flags = AGON_REDUCE_ONLY);
    CASE(REASON_NONE, intent.flags = AGON_REDUCE_ONLY, view.is_reducing = 1);
    CASE(REASON_NO_BOOK, view.is_book_live = 0);
    CASE(REASON_NONE, view.is_book_live = 0, view.is_reducing = 1);
    CASE(REASON_NO_BOOK, view.is_book_live = 0, view.is_reducing = 1, intent.type = AGON_MARKET,
         intent.px = 0);
}
END_TEST

START_TEST(collar)
{
    // 2 % of the ask 1000: 1020 is through the market by exactly that.
#define BANDS limits.collar_marketable_ppm = 20000, limits.collar_passive_ppm = 100000
    CASE(REASON_NONE, BANDS, view.ask_px = 1000, intent.px = 1018);
    CASE(REASON_NONE, BANDS, view.ask_px = 1000, intent.px = 1020);
    CASE(REASON_COLLAR, BANDS, view.ask_px = 1000, intent.px = 1022);
    CASE(REASON_NONE, view.ask_px = 1000, intent.px = 50000); // no limit
    // 10 % below the bid 1000 for one that rests.
    CASE(REASON_NONE, BANDS, intent.px = 902);
    CASE(REASON_NONE, BANDS, intent.px = 900);
    CASE(REASON_COLLAR, BANDS, intent.px = 898);
    CASE(REASON_NONE, limits.collar_marketable_ppm = 20000, intent.px = 10);
    // A sell: 2 % below the bid, 10 % above the ask.
    CASE(REASON_NONE, SELL, BANDS, intent.px = 980);
    CASE(REASON_COLLAR, SELL, BANDS, intent.px = 978);
    CASE(REASON_NONE, SELL, BANDS, view.ask_px = 1020, intent.px = 1122);
    CASE(REASON_COLLAR, SELL, BANDS, view.ask_px = 1020, intent.px = 1124);
    // An empty own side is measured from the other.
    CASE(REASON_NONE, BANDS, view.bid_px = 0, view.ask_px = 1000, intent.px = 900);
    CASE(REASON_COLLAR, BANDS, view.bid_px = 0, view.ask_px = 1000, intent.px = 898);
    CASE(REASON_NONE, BANDS, view.bid_px = 0, view.ask_px = 0, intent.px = 10);
    CASE(REASON_NONE, BANDS, intent.type = AGON_MARKET, intent.px = 0);
    // No product of a price and a band wraps.
    CASE(REASON_COLLAR, BANDS, view.ask_px = 2, view.bid_px = 2, instrument.max_px = 0,
         intent.px = INT64_MAX - 1);
    CASE(REASON_NONE, BANDS, view.ask_px = INT64_MAX - 1, view.bid_px = INT64_MAX - 3,
         instrument.max_px = 0, intent.px = INT64_MAX - 1);
    CASE(REASON_COLLAR, limits.collar_passive_ppm = 999999, view.bid_px = INT64_MAX - 3,
         view.ask_px = INT64_MAX - 1, intent.px = 10);
    // One that waits is measured from its trigger, both ways.
    CASE(REASON_NONE, BANDS, intent.type = AGON_STOP_LIMIT, intent.trigger_px = 2000,
         intent.px = 2040);
    CASE(REASON_COLLAR, BANDS, intent.type = AGON_STOP_LIMIT, intent.trigger_px = 2000,
         intent.px = 2042);
    CASE(REASON_NONE, BANDS, SELL, intent.type = AGON_STOP_LIMIT, intent.trigger_px = 500,
         intent.px = 490);
    CASE(REASON_COLLAR, BANDS, SELL, intent.type = AGON_STOP_LIMIT, intent.trigger_px = 500,
         intent.px = 488);
}
END_TEST

START_TEST(notional_position_open_orders)
{
    CASE(REASON_NONE, limits.order_amt = 5001);
    CASE(REASON_NONE, limits.order_amt = 5000);
    CASE(REASON_NOTIONAL, limits.order_amt = 4999);
    CASE(REASON_NONE, limits.order_amt = 1, view.is_reducing = 1);
    CASE(REASON_TOO_LARGE, limits.order_amt = 4999, view.notional_amt = NUM_MAX);
    CASE(REASON_NONE, limits.position_amt = 15001);
    CASE(REASON_NONE, limits.position_amt = 15000);
    CASE(REASON_POSITION, limits.position_amt = 14999);
    CASE(REASON_NONE, limits.position_amt = 1, view.is_reducing = 1);
    CASE(REASON_TOO_LARGE, limits.position_amt = NUM_MAX - 1, view.position_amt = NUM_MAX);
    CASE(REASON_NONE, limits.max_open_orders = 3, view.n_open = 2);
    CASE(REASON_OPEN_ORDERS, limits.max_open_orders = 3, view.n_open = 3);
    CASE(REASON_OPEN_ORDERS, limits.max_open_orders = 3, view.n_open = 4);
    CASE(REASON_NONE, limits.max_open_orders = 3, view.n_open = 4, view.is_reducing = 1);
    CASE(REASON_NONE, view.n_open = UINT32_MAX);
}
END_TEST

START_TEST(capital)
{
    CASE(REASON_NONE, view.free_amt = 5001);
    CASE(REASON_NONE, view.free_amt = 5000);
    CASE(REASON_CAPITAL, view.free_amt = 4999);
    CASE(REASON_CAPITAL, view.free_amt = -1);
    CASE(REASON_TOO_LARGE, view.cost_amt = NUM_MAX, view.free_amt = NUM_MAX - 1);
    CASE(REASON_CAPITAL, view.free_amt = 4999, view.is_reducing = 1); // money is no soft limit
    CASE(REASON_NONE, SELL, view.free_qty = 6);
    CASE(REASON_NONE, SELL, view.free_qty = 5);
    CASE(REASON_CAPITAL, SELL, view.free_qty = 4);
    CASE(REASON_CAPITAL, SELL, view.free_qty = -1, view.is_reducing = 1);
    CASE(REASON_NONE, SELL, view.free_qty = 0, instrument.kind = INSTRUMENT_LINEAR);
    // What opens a derivative binds margin on either side; what brings it closer to zero needs
    // none.
    CASE(REASON_NONE, SELL, instrument.kind = INSTRUMENT_LINEAR, view.cost_amt = view.free_amt);
    CASE(REASON_CAPITAL, SELL, instrument.kind = INSTRUMENT_LINEAR,
         view.cost_amt = view.free_amt + 1);
    CASE(REASON_CAPITAL, instrument.kind = INSTRUMENT_LINEAR, view.cost_amt = view.free_amt + 1);
    CASE(REASON_NONE, SELL, instrument.kind = INSTRUMENT_LINEAR, view.cost_amt = view.free_amt + 1,
         view.is_reducing = 1);
}
END_TEST

START_TEST(loss_limits)
{
#define LOST(x) slot.equity_amt = 100000 - (x)
    CASE(REASON_NONE, limits.daily_loss_amt = 3000, LOST(2999));
    CASE(REASON_DAILY_LOSS, limits.daily_loss_amt = 3000, LOST(3000));
    CASE(REASON_DAILY_LOSS, limits.daily_loss_amt = 3000, LOST(3001));
    CASE(REASON_NONE, limits.daily_loss_amt = 3000, LOST(3000), view.is_reducing = 1);
    CASE(REASON_NONE, LOST(90000));
    CASE(REASON_DAILY_LOSS, limits.daily_loss_amt = 3000, slot.is_daily_breached = 1);
    CASE(REASON_DAILY_LOSS, limits.daily_loss_amt = 3000, slot.equity_amt = NUM_MIN);
    CASE(REASON_NONE, limits.drawdown_ppm = 200000, LOST(19999));
    CASE(REASON_DRAWDOWN, limits.drawdown_ppm = 200000, LOST(20000));
    CASE(REASON_DRAWDOWN, limits.drawdown_ppm = 200000, LOST(20001));
    CASE(REASON_NONE, limits.drawdown_ppm = 200000, LOST(20000), view.is_reducing = 1);
    CASE(REASON_DRAWDOWN, limits.drawdown_ppm = 200000, slot.is_drawdown_breached = 1);
    CASE(REASON_NONE, limits.drawdown_ppm = 200000, slot.equity_high_amt = 0, slot.equity_amt = -5);
    // A million at eight decimals: its product with the share is more than 64 bits.
    CASE(REASON_NONE, limits.drawdown_ppm = 200000, slot.equity_high_amt = 100000000000000,
         slot.equity_amt = 80000000000001);
    CASE(REASON_DRAWDOWN, limits.drawdown_ppm = 200000, slot.equity_high_amt = 100000000000000,
         slot.equity_amt = 80000000000000);
    CASE(REASON_DRAWDOWN, limits.drawdown_ppm = 999999, slot.equity_high_amt = NUM_MAX,
         slot.equity_amt = NUM_MIN);
}
END_TEST

START_TEST(self_match_is_refused_also_on_the_way_out)
{
    CASE(REASON_SELF_TRADE, view.would_self_match = 1);
    CASE(REASON_SELF_TRADE, view.would_self_match = 1, view.is_reducing = 1);
}
END_TEST

START_TEST(copies_within_the_window_are_counted)
{
    begin();
    limits.duplicate_window_ms = 1000;
    limits.duplicate_max = 3;
    for (int i = 0; i < 3; i++)
        judged(REASON_NONE, "a copy");
    judged(REASON_DUPLICATE, "one copy too many");
    view.is_reducing = 1;
    judged(REASON_DUPLICATE, "also of one that reduces");
    view.is_reducing = 0;
    view.t = T + SEC - 1;
    judged(REASON_DUPLICATE, "still within");
    intent.px = 1002;
    judged(REASON_NONE, "another price");
    intent.px = 1000;
    intent.qty = 10;
    judged(REASON_NONE, "another quantity");
    intent.qty = 5;
    intent.side = AGON_SELL;
    judged(REASON_NONE, "another side");
    intent.side = AGON_BUY;
    intent.instrument = 7;
    judged(REASON_NONE, "another instrument");
    intent.instrument = 0;
    intent.type = AGON_STOP_LIMIT;
    intent.trigger_px = 1010;
    judged(REASON_NONE, "another type");
    intent.trigger_px = 1012;
    judged(REASON_NONE, "another trigger");
    intent.type = AGON_LIMIT;
    intent.trigger_px = 0;
    view.t = T + SEC;
    judged(REASON_NONE, "the window has passed");
    // A limit beyond what is remembered is what is remembered, not none.
    begin();
    limits.duplicate_window_ms = UINT32_MAX;
    limits.duplicate_max = 1000;
    for (int i = 0; i < RISK_DUPLICATES; i++)
        judged(REASON_NONE, "a copy");
    judged(REASON_DUPLICATE, "more than are remembered");
    limits.duplicate_max = 0;
    judged(REASON_NONE, "no limit");
    limits.duplicate_max = 1;
    limits.duplicate_window_ms = 0;
    judged(REASON_NONE, "no window");
}
END_TEST

START_TEST(the_rate_bucket_fills_with_engine_time)
{
    begin();
    limits.orders_per_s = 10;
    limits.orders_burst = 3;
    ck_assert_int_eq(risk_tokens_ppm(&view), 3000000);
    for (int i = 0; i < 3; i++)
        judged(REASON_NONE, "of the burst");
    judged(REASON_RATE, "beyond the burst");
    view.t = T + SEC / 10 - 1;
    judged(REASON_RATE, "a nanosecond too early");
    view.t = T + SEC / 10;
    judged(REASON_NONE, "one more each tenth of a second");
    judged(REASON_RATE, "and one only");
    view.is_reducing = 1;
    judged(REASON_NONE, "one that reduces passes");
    ck_assert_int_eq(slot.tokens_ppm, 0); // ... and leaves no debt
    view.is_reducing = 0;
    view.t += SEC / 10;
    judged(REASON_NONE, "so the next is on time");
    view.t += 100 * SEC;
    ck_assert_int_eq(risk_tokens_ppm(&view), 3000000); // never above the burst
    view.t = INT64_MAX;
    ck_assert_int_eq(risk_tokens_ppm(&view), 3000000);
    // Without a burst a second's worth.
    begin();
    limits.orders_per_s = 2;
    judged(REASON_NONE, "first");
    judged(REASON_NONE, "second");
    judged(REASON_RATE, "third");
    begin();
    limits.orders_per_s = UINT32_MAX;
    limits.orders_burst = UINT32_MAX;
    judged(REASON_NONE, "the largest rate");
    view.t = INT64_MAX;
    judged(REASON_NONE, "for ever");
}
END_TEST

/* Broken in every way at once; then mended check by check in the order that RELIABILITY gives and
 * the gate promises: the first that refuses names the reason. */
START_TEST(the_first_refusal_wins)
{
    begin();
    instrument.min_notional_amt = 5001;
    view.is_killed = view.is_halted = view.would_self_match = 1;
    view.is_authorised = view.may_trade = view.is_book_live = 0;
    limits.order_amt = limits.position_amt = view.free_amt = 1;
    limits.max_open_orders = view.n_open = 1;
    limits.daily_loss_amt = 1;
    limits.drawdown_ppm = 1;
    slot.is_daily_breached = slot.is_drawdown_breached = 1;
    limits.orders_per_s = limits.duplicate_max = 1;
    limits.duplicate_window_ms = 1000;
    limits.collar_marketable_ppm = limits.collar_passive_ppm = 1;
    slot.t_tokens = T;
    intent.px = 2000;
    slot.recent[0] = (struct risk_recent){.t = T};
    view.working_buy_qty = INT64_MAX;
    intent.show_qty = -1;
    intent.flags = AGON_REDUCE_ONLY;
    view.is_unpriced = 1;
    all.is_daily_breached = all.is_drawdown_breached = all.is_floor_breached = 1;
    all_limits = (struct portfolio_limits){.equity_amt = 1,
                                           .daily_loss_amt = 1,
                                           .drawdown_ppm = 1,
                                           .gross_amt = 1,
                                           .net_amt = 1,
                                           .venue_amt = 1,
                                           .asset_amt = 1};
    view.reach = (struct risk_reach){2, 2, 2, 2};
    judged(REASON_KILL, "kill");
    view.is_killed = 0;
    judged(REASON_UNAUTHORISED, "authorised");
    view.is_authorised = 1;
    judged(REASON_SLOT_STATE, "session");
    view.may_trade = 1;
    judged(REASON_INVALID, "bounds");
    intent.show_qty = 0;
    judged(REASON_HALTED, "halt");
    view.is_halted = 0;
    view.notional_amt = NUM_MAX;
    judged(REASON_TOO_LARGE, "too_large");
    view.notional_amt = 5000;
    judged(REASON_FILTER, "filter");
    instrument.min_notional_amt = 0;
    judged(REASON_SIZE, "size");
    view.working_buy_qty = 0;
    judged(REASON_REDUCE_ONLY, "reduce_only");
    intent.flags = 0;
    judged(REASON_NO_BOOK, "book");
    view.is_book_live = 1;
    judged(REASON_COLLAR, "collar");
    intent.px = 1000;
    slot.recent[0].fingerprint = risk_fingerprint(&intent);
    view.is_unvalued = 1;
    judged(REASON_NO_VALUATION, "valuation");
    view.is_unvalued = 0;
    judged(REASON_NOTIONAL, "notional");
    limits.order_amt = 0;
    judged(REASON_POSITION, "position");
    limits.position_amt = 0;
    judged(REASON_CAPITAL, "capital");
    view.free_amt = 5000;
    judged(REASON_OPEN_ORDERS, "open_orders");
    limits.max_open_orders = 0;
    judged(REASON_UNPRICED, "priced");
    view.is_unpriced = 0;
    judged(REASON_DAILY_LOSS, "daily_loss");
    slot.is_daily_breached = 0;
    judged(REASON_DRAWDOWN, "drawdown");
    slot.is_drawdown_breached = 0;
    judged(REASON_PORTFOLIO_EQUITY, "portfolio_equity");
    all_limits.equity_amt = 0;
    judged(REASON_PORTFOLIO_DAILY_LOSS, "portfolio_daily_loss");
    all_limits.daily_loss_amt = 0;
    judged(REASON_PORTFOLIO_DRAWDOWN, "portfolio_drawdown");
    all_limits.drawdown_ppm = 0;
    judged(REASON_PORTFOLIO_GROSS, "portfolio_gross");
    all_limits.gross_amt = 0;
    judged(REASON_PORTFOLIO_NET, "portfolio_net");
    all_limits.net_amt = 0;
    judged(REASON_PORTFOLIO_VENUE, "portfolio_venue");
    all_limits.venue_amt = 0;
    judged(REASON_PORTFOLIO_ASSET, "portfolio_asset");
    all_limits.asset_amt = 0;
    judged(REASON_SELF_TRADE, "self_match");
    view.would_self_match = 0;
    judged(REASON_DUPLICATE, "duplicate");
    limits.duplicate_max = 0;
    judged(REASON_RATE, "rate");
    limits.orders_per_s = 0;
    judged(REASON_NONE, "nothing left");
    ck_assert_uint_ge(risk_n_checks, 29); // the first ones; further limits have tests of their own
}
END_TEST

START_TEST(what_no_64_bits_hold_is_refused_also_when_it_reduces)
{
    agon_amt_t *const figures[] = {&view.notional_amt, &view.position_amt, &view.cost_amt,
                                   &view.reach_qty, &view.reach_amt};

    for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
        begin();
        view.free_amt = NUM_MAX;
        view.is_reducing = 1;
        *figures[i] = NUM_MAX - 1;
        judged(REASON_NONE, "one below the edge");
        begin();
        view.is_reducing = 1;
        *figures[i] = NUM_MAX;
        judged(REASON_TOO_LARGE, "at the edge");
        *figures[i] = NUM_MIN;
        judged(REASON_TOO_LARGE, "at the other edge");
    }
}
END_TEST

START_TEST(every_check_has_a_name_and_a_reason)
{
    for (uint32_t i = 0; i < risk_n_checks; i++) {
        ck_assert_ptr_nonnull(risk_checks[i]->name);
        ck_assert_ptr_nonnull(reason_name(risk_checks[i]->reason));
        ck_assert_uint_ne(risk_checks[i]->reason, REASON_NONE);
    }
}
END_TEST

START_TEST(samples_break_limits_once)
{
    struct risk_slot one = {0};

    risk_slot_start(&one, 1000);
    ck_assert(!marked(&one, 901, 100, 0));
    ck_assert(marked(&one, 900, 100, 0));
    ck_assert(one.is_daily_breached && !one.is_drawdown_breached);
    ck_assert(!marked(&one, 800, 100, 0)); // known already
    risk_day(&one);
    ck_assert(!one.is_daily_breached);
    ck_assert_int_eq(one.equity_day_amt, 800);
    ck_assert(!marked(&one, 750, 100, 300000)); // 25 % below 1000
    ck_assert(!marked(&one, 1200, 100, 300000));
    ck_assert_int_eq(one.equity_high_amt, 1200);
    ck_assert(!marked(&one, 841, 0, 300000));
    ck_assert(marked(&one, 840, 0, 300000)); // 30 % below 1200
    ck_assert(one.is_drawdown_breached);
    ck_assert(!marked(&one, 100, 0, 300000));
    ck_assert(!marked(&one, 100, 0, 0));
    risk_slot_start(&one, 0);
    one.is_drawdown_breached = 0;
    ck_assert(!marked(&one, -50, 0, 1)); // nothing to fall from
    risk_slot_start(&one, NUM_MAX);
    ck_assert(marked(&one, NUM_MIN, NUM_MAX, 0));
}
END_TEST

START_TEST(capital_that_comes_or_goes_is_no_gain_and_no_loss)
{
    struct risk_slot one = {0};

    risk_slot_start(&one, 1000);
    marked(&one, 950, 0, 0);
    risk_recapitalise(&one, -475, 1); // half of what is there
    ck_assert(!marked(&one, 475, 26, 50001));
    ck_assert_int_eq(one.equity_high_amt, 500);
    ck_assert_int_eq(one.equity_day_amt, 500);
    ck_assert(marked(&one, 475, 25, 0));           // five in a hundred, as before
    ck_assert_int_eq(risk_day_lost_amt(&one), 50); // and 50 were lost, whatever was taken
    ck_assert_int_eq(risk_day_scaled_amt(&one), 25);
    ck_assert_int_eq(one.breach_amt - one.breach_moved_amt, 50);
    risk_recapitalise(&one, 9025, 1);
    ck_assert_int_eq(risk_day_lost_amt(&one), 50);
    ck_assert_int_eq(risk_day_scaled_amt(&one), 500);
    ck_assert_int_eq(one.equity_amt, 9500);
    ck_assert_int_eq(one.equity_high_amt, 10000); // no fall is made smaller by what comes
    ck_assert(!marked(&one, 9500, 0, 50001));
    ck_assert(marked(&one, 9500, 0, 50000));
    ck_assert_int_eq(one.breach_amt - one.breach_moved_amt, 50); // of the drawdown, too
    // Won back in part, by who has ten times as much: more than was lost.
    ck_assert(!marked(&one, 9700, 0, 0));
    ck_assert_int_eq(risk_day_lost_amt(&one), -150);
    ck_assert_int_eq(risk_day_scaled_amt(&one), 300);
    // A new high, a resume and a day begin with nothing that was moved.
    risk_resume(&one);
    ck_assert_int_eq(one.high_moved_amt, 0);
    one.high_moved_amt = 7;
    ck_assert(!marked(&one, 9701, 0, 0));
    ck_assert_int_eq(one.high_moved_amt, 0);
    risk_day(&one);
    ck_assert_int_eq(risk_day_lost_amt(&one), 0);
    ck_assert_int_eq(risk_day_scaled_amt(&one), 0);
    // Journals of before do not note it.
    risk_slot_start(&one, 1000);
    marked(&one, 950, 0, 0);
    risk_recapitalise(&one, 950, 0);
    ck_assert_int_eq(risk_day_lost_amt(&one), 100);
    // Out of nothing there is no proportion.
    risk_slot_start(&one, 0);
    risk_recapitalise(&one, 700, 1);
    ck_assert_int_eq(one.equity_high_amt, 700);
    ck_assert_int_eq(one.equity_day_amt, 700);
    risk_slot_start(&one, 100);
    marked(&one, -50, 0, 0);
    risk_recapitalise(&one, 150, 1);
    ck_assert_int_eq(one.equity_amt, 100);
    ck_assert_int_eq(one.equity_high_amt, 250);
    ck_assert_int_eq(risk_day_lost_amt(&one), 150);
}
END_TEST

START_TEST(a_breach_says_when_by_what_and_how_much)
{
    struct risk_losses losses = {.daily_loss_amt = 100,
                                 .drawdown_ppm = 200000,
                                 .floor_amt = 500,
                                 .daily_reason = REASON_PORTFOLIO_DAILY_LOSS,
                                 .drawdown_reason = REASON_PORTFOLIO_DRAWDOWN,
                                 .floor_reason = REASON_PORTFOLIO_EQUITY};
    struct risk_slot one = {0};

    risk_slot_start(&one, 1000);
    ck_assert_uint_eq(risk_mark(&one, 901, T, &losses), REASON_NONE);
    ck_assert_uint_eq(one.n_breaches, 0);
    ck_assert_uint_eq(risk_mark(&one, 890, T + 1, &losses), REASON_PORTFOLIO_DAILY_LOSS);
    ck_assert_int_eq(one.t_breach, T + 1);
    ck_assert_int_eq(one.breach_amt, 110);
    ck_assert_int_eq(one.breach_base_amt, 1000);
    ck_assert_uint_eq(risk_mark(&one, 800, T + 2, &losses), REASON_PORTFOLIO_DRAWDOWN);
    ck_assert_uint_eq(one.breach_reason, REASON_PORTFOLIO_DRAWDOWN);
    ck_assert_uint_eq(risk_mark(&one, 501, T + 3, &losses), REASON_NONE);
    ck_assert_uint_eq(risk_mark(&one, 500, T + 3, &losses), REASON_PORTFOLIO_EQUITY);
    ck_assert_uint_eq(one.n_breaches, 3);
    risk_resume(&one);
    ck_assert(!one.is_floor_breached && !one.is_drawdown_breached && one.is_daily_breached);
}
END_TEST

START_TEST(what_open_orders_could_lose_counts)
{
    // 100,000 when the day began, 90,000 now: ten thousand lost.
#define LESS slot.equity_amt = 90000
    CASE(REASON_NONE, LESS, limits.daily_loss_amt = 10001);
    CASE(REASON_DAILY_LOSS, LESS, limits.daily_loss_amt = 10000);
    CASE(REASON_NONE, LESS, limits.daily_loss_amt = 10011, view.open_loss_amt = 10);
    CASE(REASON_DAILY_LOSS, LESS, limits.daily_loss_amt = 10010, view.open_loss_amt = 10);
    CASE(REASON_NONE, LESS, limits.daily_loss_amt = 10010, view.open_loss_amt = 10,
         view.is_reducing = 1);
    CASE(REASON_NONE, LESS, limits.drawdown_ppm = 150001, view.open_loss_amt = 5000);
    CASE(REASON_DRAWDOWN, LESS, limits.drawdown_ppm = 150000, view.open_loss_amt = 5000);
    CASE(REASON_UNPRICED, view.is_unpriced = 1);
    CASE(REASON_NONE, view.is_unpriced = 1, view.is_reducing = 1);
}
END_TEST

START_TEST(all_slots_together)
{
#define ALL_LOST all.equity_amt = 270000
    CASE(REASON_NONE, ALL_LOST, all_limits.daily_loss_amt = 30001);
    CASE(REASON_PORTFOLIO_DAILY_LOSS, ALL_LOST, all_limits.daily_loss_amt = 30000);
    CASE(REASON_PORTFOLIO_DAILY_LOSS, all_limits.daily_loss_amt = 1, all.is_daily_breached = 1);
    CASE(REASON_NONE, ALL_LOST, all_limits.drawdown_ppm = 100001);
    CASE(REASON_PORTFOLIO_DRAWDOWN, ALL_LOST, all_limits.drawdown_ppm = 100000);
    CASE(REASON_NONE, ALL_LOST, all_limits.equity_amt = 269999);
    CASE(REASON_PORTFOLIO_EQUITY, ALL_LOST, all_limits.equity_amt = 270000);
    CASE(REASON_PORTFOLIO_EQUITY, ALL_LOST, all_limits.equity_amt = 269999,
         view.open_loss_all_amt = 1);
    CASE(REASON_NONE, all_limits.gross_amt = 50, view.reach.gross_amt = 50);
    CASE(REASON_PORTFOLIO_GROSS, all_limits.gross_amt = 50, view.reach.gross_amt = 51);
    CASE(REASON_NONE, all_limits.gross_amt = 50, view.reach.gross_amt = 51, view.is_reducing = 1);
    CASE(REASON_NONE, all_limits.net_amt = 50, view.reach.net_amt = 50);
    CASE(REASON_PORTFOLIO_NET, all_limits.net_amt = 50, view.reach.net_amt = 51);
    CASE(REASON_NONE, all_limits.venue_amt = 50, view.reach.venue_amt = 50);
    CASE(REASON_PORTFOLIO_VENUE, all_limits.venue_amt = 50, view.reach.venue_amt = 51);
    CASE(REASON_NONE, all_limits.asset_amt = 50, view.reach.asset_amt = 50);
    CASE(REASON_PORTFOLIO_ASSET, all_limits.asset_amt = 50, view.reach.asset_amt = 51);
    CASE(REASON_NONE, view.reach.gross_amt = NUM_MAX); // nothing is limited that is not named
}
END_TEST

START_TEST(a_resumed_slot_may_fall_anew)
{
    begin();
    limits.drawdown_ppm = 200000;
    marked(&slot, 80000, 0, 200000);
    judged(REASON_DRAWDOWN, "reached");
    risk_resume(&slot);
    judged(REASON_NONE, "resumed");
    ck_assert(!marked(&slot, 64001, 0, 200000));
    ck_assert(marked(&slot, 64000, 0, 200000));
    slot.is_drawdown_breached = 0;
    slot.equity_high_amt = 100000;
    risk_resume(&slot); // of another halt: the high stays
    ck_assert_int_eq(slot.equity_high_amt, 100000);
}
END_TEST

START_TEST(what_is_loaded_is_what_was_saved)
{
    unsigned char bytes[512];
    unsigned char again[512];
    struct enc enc = {.at = bytes, .room = sizeof(bytes)};
    struct enc more = {.at = again, .room = sizeof(again)};
    struct risk_slot loaded;
    struct dec dec;

    begin();
    limits.orders_per_s = 3;
    for (int i = 0; i < 21; i++) {
        view.t += SEC;
        judged(REASON_NONE, "some");
    }
    slot.is_daily_breached = 1;
    slot.is_drawdown_breached = 1;
    slot.is_floor_breached = 1;
    slot.t_breach = T;
    slot.breach_amt = 3;
    slot.breach_base_amt = 4;
    slot.n_breaches = 5;
    slot.breach_reason = REASON_DRAWDOWN;
    risk_slot_save(&slot, &enc);
    dec = (struct dec){.at = bytes, .n = enc.used};
    risk_slot_load(&loaded, &dec);
    ck_assert(dec_is_ok(&dec) && dec.used == dec.n);
    ck_assert_mem_eq(&loaded, &slot, sizeof(slot));
    risk_slot_save(&loaded, &more);
    ck_assert_mem_eq(bytes, again, enc.used);
    for (uint64_t cut = 0; cut < enc.used; cut++) {
        dec = (struct dec){.at = bytes, .n = cut};
        risk_slot_load(&loaded, &dec);
        ck_assert(!dec_is_ok(&dec));
        ck_assert_uint_lt(loaded.next_recent, RISK_DUPLICATES);
    }
    bytes[16 + 16 * RISK_DUPLICATES] = RISK_DUPLICATES; // a place beside the table
    dec = (struct dec){.at = bytes, .n = enc.used};
    risk_slot_load(&loaded, &dec);
    ck_assert(!dec_is_ok(&dec));
    ck_assert_uint_lt(loaded.next_recent, RISK_DUPLICATES);
    slot.tokens_ppm = -1; // tokens that were never there
    enc = (struct enc){.at = bytes, .room = sizeof(bytes)};
    risk_slot_save(&slot, &enc);
    dec = (struct dec){.at = bytes, .n = enc.used};
    risk_slot_load(&loaded, &dec);
    ck_assert(!dec_is_ok(&dec));
}
END_TEST

/* What the host itself sends to close a position: a sell of the 10 that are held, of which 10 are
 * free. */
static void closes(uint16_t want, const char *what)
{
    uint16_t reason = risk_judge_close(&view, &intent);

    ck_assert_msg(reason == want, "%s: %s, not %s", what, reason_name(reason), reason_name(want));
}

#define CLOSE(want, ...)                                                                           \
    do {                                                                                           \
        begin();                                                                                   \
        intent = (struct agon_intent){.kind = AGON_INTENT_ORDER,                                   \
                                      .side = AGON_SELL,                                           \
                                      .type = AGON_MARKET,                                         \
                                      .flags = AGON_REDUCE_ONLY,                                   \
                                      .qty = 10};                                                  \
        __VA_ARGS__;                                                                               \
        closes(want, #__VA_ARGS__);                                                                \
    } while (0)

START_TEST(the_host_closes_what_is_held_at_market_and_no_more)
{
    CLOSE(REASON_NONE, (void)0);
    CLOSE(REASON_NONE, view.is_killed = view.is_halted = 1, slot.is_drawdown_breached = 1);
    CLOSE(REASON_NONE, view.held_qty = -10, intent.side = AGON_BUY);
    CLOSE(REASON_NONE, instrument.max_qty = 0);
    CLOSE(REASON_NONE, intent.qty = 5);
    CLOSE(REASON_UNAUTHORISED, view.is_authorised = 0);
    CLOSE(REASON_INVALID, intent.qty = 0);
    // Of a side that would open, of nothing, of more than is free, at a price, not reduce-only.
    CLOSE(REASON_REDUCE_ONLY, intent.side = AGON_BUY);
    CLOSE(REASON_REDUCE_ONLY, view.held_qty = -10);
    CLOSE(REASON_REDUCE_ONLY, view.held_qty = 0);
    CLOSE(REASON_REDUCE_ONLY, view.free_qty = 5);
    CLOSE(REASON_REDUCE_ONLY, intent.type = AGON_LIMIT, intent.px = 1000);
    CLOSE(REASON_REDUCE_ONLY, intent.flags = 0);
    // What the venue would refuse.
    CLOSE(REASON_REDUCE_ONLY, intent.qty = 7);
    CLOSE(REASON_REDUCE_ONLY, instrument.min_qty = 15);
    CLOSE(REASON_REDUCE_ONLY, instrument.max_qty = 5);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("risk");
    TCase *tcase = tcase_create("gate");
    SRunner *runner;
    int n_failed;

    tcase_add_test(tcase, an_order_in_order_passes);
    tcase_add_test(tcase, kill_authorised_session_halt);
    tcase_add_test(tcase, bounds);
    tcase_add_test(tcase, filter_and_size);
    tcase_add_test(tcase, reduce_only_and_book);
    tcase_add_test(tcase, collar);
    tcase_add_test(tcase, notional_position_open_orders);
    tcase_add_test(tcase, capital);
    tcase_add_test(tcase, loss_limits);
    tcase_add_test(tcase, self_match_is_refused_also_on_the_way_out);
    tcase_add_test(tcase, copies_within_the_window_are_counted);
    tcase_add_test(tcase, the_rate_bucket_fills_with_engine_time);
    tcase_add_test(tcase, the_first_refusal_wins);
    tcase_add_test(tcase, what_no_64_bits_hold_is_refused_also_when_it_reduces);
    tcase_add_test(tcase, every_check_has_a_name_and_a_reason);
    tcase_add_test(tcase, samples_break_limits_once);
    tcase_add_test(tcase, capital_that_comes_or_goes_is_no_gain_and_no_loss);
    tcase_add_test(tcase, a_breach_says_when_by_what_and_how_much);
    tcase_add_test(tcase, what_open_orders_could_lose_counts);
    tcase_add_test(tcase, all_slots_together);
    tcase_add_test(tcase, the_host_closes_what_is_held_at_market_and_no_more);
    tcase_add_test(tcase, a_resumed_slot_may_fall_anew);
    tcase_add_test(tcase, what_is_loaded_is_what_was_saved);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
