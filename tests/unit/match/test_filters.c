// SPDX-License-Identifier: Apache-2.0
/* Each filter at its limit, one below and one above; trading states; fields that make no sense. */
#include "harness.h"

/* tick 5, lot 10, quantity 20 to 1000, price 50 to 500, at least 3000 in all. */
static struct world *filtered(void)
{
    struct world *world = world_new(&(struct match_config){.max_owners = 10});
    struct agon_instrument def = world_spot();

    def.tick_px = 5;
    def.lot_qty = 10;
    def.min_qty = 20;
    def.max_qty = 1000;
    def.min_px = 50;
    def.max_px = 500;
    def.min_notional_amt = 3000;
    world_set(world, &def);
    return world;
}

static const struct {
    const char *what;
    agon_px_t px;
    agon_qty_t qty;
    int want;
} numbers[] = {
    {"on the tick", 105, 100, MATCH_OK},
    {"one below the tick", 104, 100, MATCH_BAD_PRICE},
    {"one above the tick", 106, 100, MATCH_BAD_PRICE},
    {"lowest price", 50, 100, MATCH_OK},
    {"a tick below the lowest price", 45, 100, MATCH_BAD_PRICE},
    {"a tick above the lowest price", 55, 100, MATCH_OK},
    {"highest price", 500, 100, MATCH_OK},
    {"a tick above the highest price", 505, 100, MATCH_BAD_PRICE},
    {"a tick below the highest price", 495, 100, MATCH_OK},
    {"no price", 0, 100, MATCH_BAD_PRICE},
    {"negative price", -100, 100, MATCH_BAD_PRICE},
    {"largest number as a price", INT64_MAX, 100, MATCH_BAD_PRICE},
    {"on the lot", 100, 110, MATCH_OK},
    {"one below the lot", 100, 109, MATCH_BAD_QTY},
    {"one above the lot", 100, 111, MATCH_BAD_QTY},
    {"least quantity", 200, 20, MATCH_OK},
    {"a lot below the least", 400, 10, MATCH_BAD_QTY},
    {"a lot above the least", 200, 30, MATCH_OK},
    {"most quantity", 100, 1000, MATCH_OK},
    {"a lot above the most", 100, 1010, MATCH_BAD_QTY},
    {"a lot below the most", 100, 990, MATCH_OK},
    {"no quantity", 100, 0, MATCH_BAD_QTY},
    {"negative quantity", 100, -100, MATCH_BAD_QTY},
    {"least notional", 100, 30, MATCH_OK},
    {"below the least notional", 100, 20, MATCH_BAD_NOTIONAL},
    {"a tick below the least notional", 95, 30, MATCH_BAD_NOTIONAL},
    {"a tick above the least notional", 105, 30, MATCH_OK},
};

START_TEST(numbers_are_judged_at_their_limits)
{
    struct world *world = filtered();
    uint64_t id;
    int reason = submit(world, limit(1, AGON_BUY, numbers[_i].px, numbers[_i].qty), &id);

    ck_assert_msg(reason == numbers[_i].want, "%s: %d", numbers[_i].what, reason);
    ck_assert_int_eq(last_of(world, id)->event.kind,
                     numbers[_i].want == MATCH_OK ? MATCH_ACCEPTED : MATCH_REJECTED);
    ck_assert_int_eq(last_of(world, id)->event.reason, numbers[_i].want);
    ck_assert_int_eq(last_of(world, id)->order.state,
                     numbers[_i].want == MATCH_OK ? AGON_ORDER_OPEN : AGON_ORDER_REJECTED);
    world_free(world);
}
END_TEST

START_TEST(market_orders_are_judged_by_the_last_price)
{
    struct world *world = filtered();
    struct match_order order = market(1, AGON_BUY, 30);

    world_snapshot(world, SPOT);
    world_level(world, SPOT, AGON_SELL, 100, 500);
    world_trade(world, SPOT, AGON_BUY, 100, 10);
    ck_assert_int_eq(submit(world, order, NULL), MATCH_OK); // 30 * 100 = 3000
    order.qty = 20;
    ck_assert_int_eq(submit(world, order, NULL), MATCH_BAD_NOTIONAL);
    order.qty = 0;
    order.quote_amt = 2999;
    ck_assert_int_eq(submit(world, order, NULL), MATCH_BAD_NOTIONAL);
    order.quote_amt = 3000;
    ck_assert_int_eq(submit(world, order, NULL), MATCH_OK);
    world_free(world);
}
END_TEST

START_TEST(notional_beyond_any_number_is_refused)
{
    struct world *world = world_new(&(struct match_config){0});

    ck_assert_int_eq(submit(world, limit(1, AGON_BUY, INT64_C(1) << 40, INT64_C(1) << 40), NULL),
                     MATCH_BAD_NOTIONAL);
    ck_assert_int_eq(submit(world, limit(1, AGON_BUY, INT64_C(1) << 30, INT64_C(1) << 30), NULL),
                     MATCH_OK);
    world_free(world);
}
END_TEST

static const struct {
    int state, flags, want;
} states[] = {
    {TRADING_OPEN, 0, MATCH_OK},
    {0, 0, MATCH_OK},
    {TRADING_CANCEL_ONLY, 0, MATCH_NOT_TRADING},
    {TRADING_HALTED, 0, MATCH_NOT_TRADING},
    {TRADING_HALTED, AGON_POST_ONLY, MATCH_NOT_TRADING},
    {TRADING_POST_ONLY, 0, MATCH_NOT_TRADING},
    {TRADING_POST_ONLY, AGON_POST_ONLY, MATCH_OK},
};

START_TEST(trading_state_lets_in_what_it_says)
{
    struct world *world = world_new(&(struct match_config){0});
    struct agon_instrument def = world_spot();
    uint64_t before = put(world, limit(1, AGON_SELL, 200, 5));
    struct match_order order = limit(1, AGON_BUY, 100, 5);

    def.state = (uint8_t)states[_i].state;
    world_set(world, &def);
    order.flags = (uint32_t)states[_i].flags;
    ck_assert_int_eq(submit(world, order, NULL), states[_i].want);
    // Amending opens no way in, and cancels always pass.
    if (states[_i].want != MATCH_OK)
        ck_assert_int_eq(match_amend(world->match, world->t, before, 201, 5), MATCH_NOT_TRADING);
    ck_assert_int_eq(match_cancel(world->match, world->t, before), MATCH_OK);
    world_free(world);
}
END_TEST

START_TEST(stop_that_triggers_in_a_halt_expires)
{
    struct world *world = world_new(&(struct match_config){0});
    struct agon_instrument def = world_spot();
    struct match_order order = limit(1, AGON_BUY, 101, 5);
    uint64_t id;

    order.type = AGON_STOP_LIMIT;
    order.trigger_px = 105;
    id = put(world, order);
    def.state = TRADING_CANCEL_ONLY;
    world_set(world, &def);
    world_trade(world, SPOT, AGON_BUY, 105, 1);
    ck_assert_str_eq(story_of(world, id), "AGX");
    ck_assert_int_eq(last_of(world, id)->event.reason, MATCH_NOT_TRADING);
    world_free(world);
}
END_TEST

START_TEST(nonsense_is_refused)
{
    struct world *world = world_new(&(struct match_config){.max_owners = 10});
    struct match_order good = limit(1, AGON_BUY, 100, 5);
    struct match_order bad;

#define REFUSES(change)                                                                            \
    bad = good;                                                                                    \
    change;                                                                                        \
    ck_assert_int_eq(submit(world, bad, NULL), MATCH_BAD_FIELD)
    REFUSES(bad.owner = 10);
    REFUSES(bad.instrument = 0);
    REFUSES(bad.instrument = 3);
    REFUSES(bad.instrument = UINT32_MAX);
    REFUSES(bad.side = 0);
    REFUSES(bad.side = 3);
    REFUSES(bad.type = 0);
    REFUSES(bad.type = 5);
    REFUSES(bad.tif = 5);
    REFUSES(bad.stp = 4);
    REFUSES(bad.flags = 4);
    REFUSES(bad.trigger_px = 90);              // a limit order has none
    REFUSES(bad.type = AGON_STOP);             // a stop must have one
    REFUSES(bad.is_take_profit = 1);           // without a stop
    REFUSES(bad.quote_amt = 500);              // with a quantity
    REFUSES(bad.quote_amt = 500; bad.qty = 0); // of a limit order
    REFUSES(bad = market(1, AGON_SELL, 0); bad.quote_amt = 500);
    REFUSES(bad = market(1, AGON_BUY, 0); bad.quote_amt = -1);
    REFUSES(bad = market(1, AGON_BUY, 5); bad.tif = AGON_TIF_GTD; bad.t_expire = INT64_MAX);
    REFUSES(bad = market(1, AGON_BUY, 5); bad.flags = AGON_POST_ONLY);
    ck_assert_int_eq(submit(world, good, NULL), MATCH_OK);
    world_free(world);
}
END_TEST

START_TEST(tick_may_change_under_standing_orders)
{
    struct world *world = world_new(&(struct match_config){0});
    struct agon_instrument def = world_spot();
    uint64_t id;

    world_snapshot(world, SPOT);
    id = put(world, limit(1, AGON_BUY, 101, 5));
    world_level(world, SPOT, AGON_BUY, 101, 7);
    def.tick_px = 10;
    world_set(world, &def);
    ck_assert_int_eq(submit(world, limit(1, AGON_BUY, 101, 5), NULL), MATCH_BAD_PRICE);
    ck_assert_int_eq(match_shown_qty(world->match, SPOT, AGON_BUY, 101), 12);
    world_trade(world, SPOT, AGON_SELL, 101, 5);
    ck_assert_int_eq(filled_of(world, id), 5); // the 7 came after it
    world_free(world);
}
END_TEST

START_TEST(instruments_that_cannot_be_matched_are_refused)
{
    struct world *world = world_new(&(struct match_config){0});
    struct agon_instrument def = world_spot();

    ck_assert_int_eq(match_add(world->match, 3), AGON_ENOENT);
    def.hdr.instrument = 3;
    snprintf(def.symbol, sizeof(def.symbol), "ODD");
    def.settle = BASE; // spot settles in its quote
    ck_assert_int_eq(instruments_set(&world->table, &def, NULL), AGON_OK);
    ck_assert_int_eq(match_add(world->match, 3), AGON_EINVAL);
    world_free(world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("match_filters");
    TCase *tcase = tcase_create("all");
    SRunner *runner;
    int failed;

    tcase_add_loop_test(tcase, numbers_are_judged_at_their_limits, 0,
                        (int)(sizeof(numbers) / sizeof(numbers[0])));
    tcase_add_loop_test(tcase, trading_state_lets_in_what_it_says, 0,
                        (int)(sizeof(states) / sizeof(states[0])));
    tcase_add_test(tcase, market_orders_are_judged_by_the_last_price);
    tcase_add_test(tcase, notional_beyond_any_number_is_refused);
    tcase_add_test(tcase, stop_that_triggers_in_a_halt_expires);
    tcase_add_test(tcase, nonsense_is_refused);
    tcase_add_test(tcase, tick_may_change_under_standing_orders);
    tcase_add_test(tcase, instruments_that_cannot_be_matched_are_refused);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
