// SPDX-License-Identifier: Apache-2.0
/* Several quote currencies in one engine, valued by named instruments, against figures worked by
 * hand. The base currency is USDT; nothing is taken for a dollar. */
struct world;
static void add_pairs(struct world *world);
#define WORLD_MORE add_pairs
#include "world.h"

enum { USD_ASSET = 4 };
enum { ETHBTC = 3, BTCUSD = 4, USDTUSD = 5, COINUSDT = 6 };

static struct world *world;

static void pair(struct world *to, agon_instrument_t id, const char *symbol, agon_asset_t base,
                 agon_asset_t quote, int8_t px_exp, int8_t qty_exp)
{
    struct agon_instrument made = world_instrument(BTCUSDT);

    made.hdr.instrument = id;
    memset(made.symbol, 0, sizeof(made.symbol));
    snprintf(made.symbol, sizeof(made.symbol), "%s", symbol);
    made.base = base;
    made.quote = made.settle = quote;
    made.px_exp = px_exp;
    made.qty_exp = qty_exp;
    made.min_notional_amt = 0;
    made.maker_fee_ppb = made.taker_fee_ppb = 0;
    ck_assert_int_eq(world_step(to, &made), AGON_OK);
}

static void add_pairs(struct world *to)
{
    world_asset(to, USD_ASSET, "USD");
    pair(to, ETHBTC, "ETHBTC", ETH, BTC, 5, 4);
    pair(to, BTCUSD, "BTCUSD", BTC, USD_ASSET, 2, 5);
    pair(to, USDTUSD, "USDTUSD", USDT, USD_ASSET, 4, 2);
    pair(to, COINUSDT, "COINUSDT", ETH, USDT, 1, 8);
}

static int values(agon_asset_t asset, agon_instrument_t by)
{
    struct record_valuation record = {
        .hdr = {.type = EVENT_CONFIG, .granules = 1, .instrument = by},
        .kind = CONFIG_VALUATION,
        .asset = asset};

    return world_step(world, &record);
}

static int subscribe_within(uint16_t slot, agon_instrument_t one, agon_instrument_t other,
                            agon_amt_t order_amt, agon_amt_t loss_amt)
{
    struct record_slot record = world_slot_record(slot);

    record.subscription.instruments[0] = one;
    record.subscription.instruments[1] = other;
    record.limits.order_amt = order_amt;
    record.limits.daily_loss_amt = loss_amt;
    record.limits.book_age_ms = 60000;
    return world_step(world, &record);
}

static int subscribe(uint16_t slot, agon_instrument_t one, agon_instrument_t other,
                     agon_amt_t order_amt)
{
    return subscribe_within(slot, one, other, order_amt, 0);
}

static void setup(void)
{
    world = world_new(RUN_PAPER);
}

static void books(void)
{
    world_book(world, BTCUSDT, 6000000, 100000000, 6000100, 100000000); // 60,000.50
    world_book(world, ETHBTC, 5000, 100000000, 5002, 100000000);        // 0.05001
    world_book(world, BTCUSD, 5995000, 100000000, 5995200, 100000000);  // 59,951
    world_book(world, USDTUSD, 9990, 1000000000, 9994, 1000000000);     // 0.9992
}

static void teardown(void)
{
    world_holds(world);
    world_replays(world);
    world_free(world);
}

/* An order that the venue fills at once; the reason when it does not come to that. */
static uint16_t trade(uint16_t slot, agon_instrument_t id, enum agon_side side, agon_px_t px,
                      agon_qty_t qty)
{
    static uint64_t ref = 1;
    uint32_t n = world->n_cmds;

    world_order(world, slot, id, side, px, qty, ref++);
    if (world->n_cmds == n)
        return world_last(world, slot, AGON_EVENT_ORDER)->u.order.reason;
    world_report(world, &world->cmds[n], REPORT_FILL, px, qty, qty);
    return REASON_NONE;
}

START_TEST(what_nothing_values_is_refused)
{
    ck_assert_int_eq(subscribe(0, BTCUSDT, ETHBTC, 0), AGON_EINVAL);
    ck_assert_int_eq(values(BTC, ETHBTC), AGON_EINVAL);   // BTC for ETH
    ck_assert_int_eq(values(BTC, BTCUSD), AGON_EINVAL);   // a dollar is no USDT
    ck_assert_int_eq(values(USDT, BTCUSDT), AGON_EINVAL); // the base currency itself
    ck_assert_int_eq(values(BTC, 99), AGON_EINVAL);
    ck_assert_int_eq(values(99, BTCUSDT), AGON_EINVAL);
    ck_assert_int_eq(values(BTC, BTCUSDT), AGON_OK);
    ck_assert_int_eq(subscribe(0, BTCUSDT, ETHBTC, 0), AGON_OK);
    ck_assert_int_eq(subscribe(1, BTCUSDT, BTCUSD, 0), AGON_EINVAL);
    ck_assert_int_eq(values(USD_ASSET, USDTUSD), AGON_OK);
    ck_assert_int_eq(subscribe(1, BTCUSDT, BTCUSD, 0), AGON_OK);
    books();
}
END_TEST

START_TEST(a_chain_of_pairs_is_worth_what_its_instruments_say)
{
    ck_assert_int_eq(values(BTC, BTCUSDT), AGON_OK);
    ck_assert_int_eq(subscribe(0, BTCUSDT, ETHBTC, 0), AGON_OK);
    books();
    ck_assert_uint_eq(trade(0, BTCUSDT, AGON_BUY, 6000100, 100000), REASON_NONE);
    // 39,999 and 1 BTC at 60,000.50
    ck_assert_int_eq(engine_equity(world->engine, 0), 9999950000000);
    ck_assert_uint_eq(trade(0, ETHBTC, AGON_BUY, 5002, 100000), REASON_NONE);
    // 39,999 + 60,000.50 + 10 x 0.05001 x 60,000.50 - 0.5002 x 60,000.50
    ck_assert_int_eq(engine_equity(world->engine, 0), 9999349995000);
    // Half of the coin paid for it: so much can be sold, and no more.
    ck_assert_uint_eq(trade(0, BTCUSDT, AGON_SELL, 6000000, 49981), REASON_CAPITAL);
    ck_assert_uint_eq(trade(0, BTCUSDT, AGON_SELL, 6000000, 49980), REASON_NONE);
    // The volume of both pairs in USDT: 60,001, 0.5002 x 60,000.50, 0.4998 x 60,000
    ck_assert_int_eq(engine_score(world->engine, 0)->volume_amt,
                     6000100000000 + 3001225010000 + 2998800000000);
}
END_TEST

START_TEST(a_coin_that_one_pair_sells_buys_nothing_in_another)
{
    ck_assert_int_eq(values(BTC, BTCUSDT), AGON_OK);
    ck_assert_int_eq(subscribe(0, BTCUSDT, ETHBTC, 0), AGON_OK);
    books();
    ck_assert_uint_eq(trade(0, BTCUSDT, AGON_BUY, 6000100, 100000), REASON_NONE);
    // 0.6 of the coin stands to be sold: 8 ETH are 0.40016 BTC, which is more than is left.
    world_order(world, 0, BTCUSDT, AGON_SELL, 6100000, 60000, 1000);
    ck_assert_uint_eq(world->cmds[world->n_cmds - 1].kind, CMD_NEW);
    ck_assert_uint_eq(trade(0, ETHBTC, AGON_BUY, 5002, 80000), REASON_CAPITAL);
    ck_assert_uint_eq(trade(0, ETHBTC, AGON_BUY, 5002, 79900), REASON_NONE);
}
END_TEST

START_TEST(dollars_and_their_coins_are_two_things)
{
    ck_assert_int_eq(values(USD_ASSET, USDTUSD), AGON_OK);
    ck_assert_int_eq(subscribe(1, USDTUSD, BTCUSD, 0), AGON_OK);
    books();
    ck_assert_uint_eq(trade(1, BTCUSD, AGON_BUY, 5995200, 10000), REASON_CAPITAL); // no dollar yet
    ck_assert_uint_eq(trade(1, USDTUSD, AGON_SELL, 9990, 1000000), REASON_NONE);
    // 90,000 USDT and 9,990 USD at 0.9992: 9,997.99839871...
    ck_assert_int_eq(engine_equity(world->engine, 1), 9999799839871);
    ck_assert_uint_eq(trade(1, BTCUSD, AGON_BUY, 5995200, 10000), REASON_NONE);
    // 90,000 + 3,994.80 / 0.9992 + 0.1 x 59,951 / 0.9992, each rounded down
    ck_assert_int_eq(engine_equity(world->engine, 1), 9999789831864);
    world_book(world, USDTUSD, 4990, 1000000000, 4994, 1000000000); // a coin that breaks
    // 90,000 + (3,994.80 + 5,995.10) / 0.4992: what is in dollars is worth twice the coins.
    ck_assert_int_eq(engine_equity(world->engine, 1), 9000000000000 + 800240384615 + 1200941506410);
}
END_TEST

START_TEST(a_currency_that_falls_is_a_loss)
{
    ck_assert_int_eq(values(USD_ASSET, USDTUSD), AGON_OK);
    ck_assert_int_eq(subscribe_within(1, USDTUSD, BTCUSD, 0, USD(3000)), AGON_OK);
    books();
    ck_assert_uint_eq(trade(1, USDTUSD, AGON_SELL, 9990, 1000000), REASON_NONE);
    ck_assert_uint_eq(world_alerts(world, ALERT_LOSS_LIMIT), 0);
    // 9,990 USD were worth 9,998 of the base currency, and are worth 5,000.
    world_book(world, USDTUSD, 19978, 1000000000, 19982, 1000000000);
    ck_assert_int_eq(engine_equity(world->engine, 1), 9000000000000 + 500000000000);
    ck_assert_uint_eq(world_alerts(world, ALERT_LOSS_LIMIT), 1);
    ck_assert_uint_eq(engine_risk(world->engine, 1)->is_daily_breached, 1);
}
END_TEST

START_TEST(what_an_order_may_lose_is_in_the_base_currency)
{
    ck_assert_int_eq(values(BTC, BTCUSDT), AGON_OK);
    ck_assert_int_eq(subscribe_within(0, BTCUSDT, ETHBTC, 0, USD(1000)), AGON_OK);
    books();
    ck_assert_uint_eq(trade(0, BTCUSDT, AGON_BUY, 6000100, 100000), REASON_NONE);
    // 10 ETH at 0.05050, for which 0.05000 would be given: some 300 USDT are lost. 9 more would
    // lose 270, which is beyond 350 together; the 0.0045 BTC that they are would be nothing.
    ck_assert_uint_eq(trade(0, ETHBTC, AGON_BUY, 5050, 100000), REASON_NONE);
    ck_assert_int_eq(subscribe_within(0, BTCUSDT, ETHBTC, 0, USD(350)), AGON_OK);
    ck_assert_uint_eq(trade(0, ETHBTC, AGON_BUY, 5050, 90000), REASON_DAILY_LOSS);
}
END_TEST

START_TEST(limits_are_in_the_base_currency)
{
    ck_assert_int_eq(values(BTC, BTCUSDT), AGON_OK);
    ck_assert_int_eq(subscribe(0, BTCUSDT, ETHBTC, 0), AGON_OK);
    books();
    ck_assert_uint_eq(trade(0, BTCUSDT, AGON_BUY, 6000100, 100000), REASON_NONE);
    ck_assert_int_eq(subscribe(0, BTCUSDT, ETHBTC, USD(1000)), AGON_OK);
    // 1 ETH is 0.05002 BTC, which is 3,001.22501 USDT; 0.3332 of it 1,000.008..., 0.3331 999.708...
    ck_assert_uint_eq(trade(0, ETHBTC, AGON_BUY, 5002, 10000), REASON_NOTIONAL);
    ck_assert_uint_eq(trade(0, ETHBTC, AGON_BUY, 5002, 3332), REASON_NOTIONAL);
    ck_assert_uint_eq(trade(0, ETHBTC, AGON_BUY, 5002, 3331), REASON_NONE);
}
END_TEST

START_TEST(a_stale_price_bars_new_risk_and_nothing_else)
{
    ck_assert_int_eq(values(BTC, BTCUSDT), AGON_OK);
    ck_assert_int_eq(subscribe(0, BTCUSDT, ETHBTC, 0), AGON_OK);
    ck_assert_int_eq(engine_value_age(world->engine, USD_ASSET), INT64_MAX);
    books();
    ck_assert_uint_eq(trade(0, BTCUSDT, AGON_BUY, 6000100, 100000), REASON_NONE);
    ck_assert_uint_eq(trade(0, ETHBTC, AGON_BUY, 5002, 10000), REASON_NONE);
    world->t += 61 * 1000 * MS;
    world_book(world, ETHBTC, 5000, 90000000, 5002, 90000000);
    ck_assert_int_gt(engine_value_age(world->engine, BTC), 60 * 1000 * MS);
    ck_assert_uint_eq(trade(0, ETHBTC, AGON_BUY, 5002, 10000), REASON_NO_VALUATION);
    ck_assert_uint_eq(trade(0, ETHBTC, AGON_SELL, 5000, 5000), REASON_NONE);
    world_book(world, BTCUSDT, 6000000, 90000000, 6000100, 90000000);
    ck_assert_uint_eq(trade(0, ETHBTC, AGON_BUY, 5002, 10000), REASON_NONE);
    // Nobody has to ask for it to be told.
    world_due(world, world->t + 59 * 1000 * MS);
    ck_assert_uint_eq(world_alerts(world, ALERT_VALUATION), 0);
    world_due(world, world->t + 61 * 1000 * MS);
    ck_assert_uint_eq(world_alerts(world, ALERT_VALUATION), 1);
}
END_TEST

START_TEST(what_is_shown_as_stale_is_what_bars_new_risk)
{
    struct record_step step = {.hdr = {.type = EVENT_CONFIG, .granules = 1, .instrument = BTCUSDT},
                               .kind = CONFIG_STEP,
                               .step_ns = 3600 * 1000 * MS};

    ck_assert_int_eq(values(BTC, BTCUSDT), AGON_OK);
    ck_assert_int_eq(subscribe(0, BTCUSDT, ETHBTC, 0), AGON_OK);
    ck_assert_int_eq(engine_value_is_stale(world->engine, USD_ASSET), 1); // nothing says a price
    books();
    ck_assert_uint_eq(trade(0, BTCUSDT, AGON_BUY, 6000100, 100000), REASON_NONE);
    ck_assert_int_eq(engine_value_is_stale(world->engine, BTC), 0);
    world->t += 61 * 1000 * MS;
    world_book(world, ETHBTC, 5000, 90000000, 5002, 90000000);
    ck_assert_int_eq(engine_value_is_stale(world->engine, BTC), 1);
    ck_assert_uint_eq(trade(0, ETHBTC, AGON_BUY, 5002, 10000), REASON_NO_VALUATION);
    // The same age, of data that comes by the hour.
    ck_assert_int_eq(world_step(world, &step), AGON_OK);
    ck_assert_int_eq(engine_value_is_stale(world->engine, BTC), 0);
    ck_assert_uint_eq(trade(0, ETHBTC, AGON_BUY, 5002, 10000), REASON_NONE);
    world->t += 7200 * 1000 * MS;
    world_book(world, ETHBTC, 5000, 80000000, 5002, 80000000);
    ck_assert_int_eq(engine_value_is_stale(world->engine, BTC), 1);
    ck_assert_uint_eq(trade(0, ETHBTC, AGON_BUY, 5002, 10000), REASON_NO_VALUATION);
}
END_TEST

/* What the venue says that there is of the base currency, twice: one that passes is no difference.
 */
static agon_amt_t suspense_at(agon_amt_t amt)
{
    for (int i = 0; i < 2; i++) {
        struct record_account picture = {.hdr = {.type = EVENT_ACCOUNT, .granules = 1},
                                         .flags = 3,
                                         .asset = USDT,
                                         .free_amt = amt};

        ck_assert_int_eq(world_step(world, &picture), AGON_OK);
    }
    return ledger_amt(engine_ledger(world->engine), 0, LEDGER_SUSPENSE, USDT);
}

START_TEST(a_notional_of_more_digits_than_its_asset_has_is_the_venues_to_round)
{
    agon_amt_t total_amt;

    ck_assert_int_eq(values(ETH, COINUSDT), AGON_OK);
    ck_assert_int_eq(subscribe(0, COINUSDT, COINUSDT, 0), AGON_OK);
    world_book(world, COINUSDT, 599626, 100000000, 599627, 100000000);
    total_amt = ledger_total(engine_ledger(world->engine), 0, USDT);
    ck_assert_int_eq(suspense_at(total_amt), 0);
    // 268.192170155: here 268.19217016, there 268.19217015.
    ck_assert_uint_eq(trade(0, COINUSDT, AGON_BUY, 599627, 447265), REASON_NONE);
    ck_assert_int_eq(ledger_total(engine_ledger(world->engine), 0, USDT), total_amt - 26819217016);
    ck_assert_int_eq(suspense_at(total_amt - 26819217015), 0);
    ck_assert_uint_eq(world_alerts(world, ALERT_SUSPENSE), 0);
    // One that is exact leaves nothing to round.
    ck_assert_uint_eq(trade(0, COINUSDT, AGON_BUY, 599627, 1000000), REASON_NONE);
    ck_assert_int_eq(suspense_at(total_amt - 26819217015 - 59962700000 + 1), 1);
    ck_assert_uint_ge(world_alerts(world, ALERT_SUSPENSE), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("value");
    TCase *tcase = tcase_create("value");
    SRunner *runner;
    int n_failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, what_nothing_values_is_refused);
    tcase_add_test(tcase, a_chain_of_pairs_is_worth_what_its_instruments_say);
    tcase_add_test(tcase, a_coin_that_one_pair_sells_buys_nothing_in_another);
    tcase_add_test(tcase, dollars_and_their_coins_are_two_things);
    tcase_add_test(tcase, a_currency_that_falls_is_a_loss);
    tcase_add_test(tcase, what_an_order_may_lose_is_in_the_base_currency);
    tcase_add_test(tcase, limits_are_in_the_base_currency);
    tcase_add_test(tcase, a_stale_price_bars_new_risk_and_nothing_else);
    tcase_add_test(tcase, what_is_shown_as_stale_is_what_bars_new_risk);
    tcase_add_test(tcase, a_notional_of_more_digits_than_its_asset_has_is_the_venues_to_round);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
