// SPDX-License-Identifier: Apache-2.0
/* A linear perpetual in the core, against figures worked by hand: position, average entry, realised
 * result, fee, funding, worth at the mark price, margin, reduce-only, and the venue's own hand. */
#define WORLD_PERPETUAL 3
#include "world.h"

#define PERP ((agon_instrument_t)WORLD_PERPETUAL)

static struct world *world;
static uint32_t n_alerts;
static uint16_t last_alert;

static void on_alert(void *ctx, const struct record_alert *alert)
{
    (void)ctx;
    n_alerts++;
    last_alert = alert->kind;
}

static void set_leverage(uint16_t id, uint32_t leverage)
{
    struct record_slot record = world_slot_record(id);

    record.limits.leverage = leverage;
    ck_assert_int_eq(world_step(world, &record), AGON_OK);
}

static agon_amt_t cash(uint16_t slot)
{
    return ledger_amt(engine_ledger(world->engine), 0, slot, USDT);
}

static const struct position *held(uint16_t slot)
{
    const struct position *pos = ledger_position(engine_ledger(world->engine), slot, PERP, 0);

    ck_assert_ptr_nonnull(pos);
    return pos;
}

static void mark(agon_px_t px)
{
    struct agon_value value = {.hdr = {.type = AGON_EVENT_MARK, .granules = 1, .instrument = PERP},
                               .value = px};

    ck_assert_int_eq(world_step(world, &value), AGON_OK);
}

static void funding(int64_t rate_ppb, agon_ns_t t, agon_ns_t t_next, agon_px_t mark_px)
{
    struct agon_funding event = {
        .hdr = {.type = AGON_EVENT_FUNDING, .granules = 1, .instrument = PERP, .t_venue = t},
        .rate_ppb = rate_ppb,
        .t_next = t_next,
        .mark_px = mark_px,
        .interval_s = 28800};

    ck_assert_int_eq(world_step(world, &event), AGON_OK);
}

static void book(agon_px_t px)
{
    world_book(world, PERP, px, 100000000, px + 100, 100000000);
}

/* An order of the slot that the venue fills at once, at px. */
static void trade(uint16_t slot, enum agon_side side, agon_px_t px, agon_qty_t qty,
                  agon_amt_t fee_amt)
{
    static uint64_t ref = 100;
    uint32_t n = world->n_cmds;
    struct record_report fill = {
        .hdr = {.type = EVENT_REPORT, .granules = 2, .instrument = PERP},
        .kind = REPORT_FILL,
        .liquidity = LIQUIDITY_TAKER,
        .px = px,
        .qty = qty,
        .cum_qty = qty,
        .fee_amt = fee_amt,
        .fee_asset = USDT,
    };

    ck_assert_int_eq(world_order(world, slot, PERP, side, px, qty, ref++), AGON_OK);
    ck_assert_uint_eq(world->n_cmds, n + 1);
    fill.order_id = world->cmds[n].order_id;
    fill.side = (uint8_t)side;
    fill.venue_fill = ++world->next_fill;
    ck_assert_int_eq(world_report(world, &world->cmds[n], REPORT_ACK, px, qty, 0), AGON_OK);
    ck_assert_int_eq(world_step(world, &fill), AGON_OK);
    world_holds(world);
}

static void begin(void)
{
    world = world_new(RUN_LIVE);
    for (uint16_t id = 0; id < WORLD_SLOTS; id++)
        set_leverage(id, 10);
    n_alerts = 0;
}

static uint16_t refusal(uint16_t slot, enum agon_side side, agon_px_t px, agon_qty_t qty,
                        uint32_t flags)
{
    static uint64_t ref = 500;
    struct agon_intent intent = {.kind = AGON_INTENT_ORDER,
                                 .side = (uint8_t)side,
                                 .type = AGON_LIMIT,
                                 .flags = flags,
                                 .instrument = PERP,
                                 .client_ref = ref++,
                                 .px = px,
                                 .qty = qty};
    const struct told *told;

    ck_assert_int_eq(world_wish(world, slot, &intent), AGON_OK);
    told = world_last(world, slot, AGON_EVENT_ORDER);
    return told->u.order.state == AGON_ORDER_REJECTED ? told->u.order.reason : REASON_NONE;
}

START_TEST(a_position_opens_grows_less_turns_and_settles_in_the_quote)
{
    begin();
    // 1 at 60000, fee 0.04 % = 24: only the fee leaves the wallet, no coin comes.
    trade(0, AGON_BUY, 6000000, 100000, USD(24));
    ck_assert_int_eq(cash(0), USD(99976));
    ck_assert_int_eq(ledger_amt(engine_ledger(world->engine), 0, 0, BTC), 0);
    ck_assert_int_eq(held(0)->qty, 100000);
    ck_assert_int_eq(held(0)->cost_amt, USD(60000));
    // At a mark of 61000 it has made 1000, whatever the book says.
    mark(6100000);
    ck_assert_int_eq(engine_equity(world->engine, 0), USD(100976));
    // 0.4 of it at 61500: 0.4 x 1500 = 600 realised, fee 9.84; the average entry stays.
    book(6150000);
    trade(0, AGON_SELL, 6150000, 40000, 984000000);
    ck_assert_int_eq(cash(0), 10056616000000);
    ck_assert_int_eq(held(0)->cost_amt, USD(36000));
    ck_assert_int_eq(world_last(world, 0, AGON_EVENT_FILL)->u.fill.realised_amt, USD(600));
    // 1.0 at 59000 through zero: -600 for the 0.6 that close, and short 0.4 from there. Fee 23.6.
    book(5900000);
    trade(0, AGON_SELL, 5900000, 100000, 2360000000);
    ck_assert_int_eq(cash(0), 9994256000000);
    ck_assert_int_eq(held(0)->qty, -40000);
    ck_assert_int_eq(held(0)->cost_amt, -USD(23600));
    ck_assert_int_eq(held(0)->realised_amt, USD(600) - USD(600) - 5744000000);
    mark(6000000);
    ck_assert_int_eq(engine_equity(world->engine, 0), 9994256000000 - USD(400));
    ck_assert_int_eq(world_last(world, 0, AGON_EVENT_POSITION)->u.position.qty, -40000);
    world_free(world);
}
END_TEST

START_TEST(funding_goes_from_long_to_short_when_its_time_has_come)
{
    agon_ns_t t1 = T0 + 3600000 * MS;
    agon_ns_t t2 = t1 + 28800000 * MS;

    begin();
    trade(0, AGON_BUY, 6000000, 100000, 0);
    trade(1, AGON_SELL, 6000000, 50000, 0);
    mark(6000000);
    funding(100000, T0, t1, 6000000); // 0.01 %
    funding(200000, T0 + 1, t1, 6000000);
    ck_assert_int_eq(cash(0), USD(100000)); // told, not due
    world_due(world, t1);
    mark(5900000);
    // At 59000: 0.02 % of 59000 = 11.8 out of the long, 5.9 into the short; the third has none.
    funding(-50000, t1, t2, 5900000);
    ck_assert_int_eq(cash(0), USD(100000) - 1180000000);
    ck_assert_int_eq(cash(1), USD(100000) + 590000000);
    ck_assert_int_eq(cash(2), USD(100000));
    ck_assert_int_eq(held(0)->funding_amt, -1180000000);
    ck_assert_int_eq(held(0)->realised_amt, 0);
    funding(-50000, t1 + 1, t2, 5900000);
    ck_assert_int_eq(cash(0), USD(100000) - 1180000000); // paid once
    // Below zero the other way round: 0.005 % of 59000 = 2.95.
    world_due(world, t2);
    mark(5900000);
    funding(0, t2, t2 + 28800000 * MS, 5900000);
    ck_assert_int_eq(cash(0), USD(100000) - 1180000000 + 295000000);
    world_holds(world);
    world_free(world);
}
END_TEST

START_TEST(what_funding_leaves_of_rounding_is_the_accounts_own)
{
    struct ledger *ledger;
    agon_ns_t t1 = T0 + 3600000 * MS;
    struct record_account picture = {
        .hdr = {.type = EVENT_ACCOUNT, .granules = 1}, .flags = 3, .asset = USDT};

    begin();
    ledger = engine_ledger(world->engine);
    trade(0, AGON_BUY, 6000000, 100000, 0);
    funding(100000, T0, t1, 6000000);
    world_due(world, t1);
    funding(100000, t1, t1 + 28800000 * MS, 5900000); // 5.9 by our mark price
    ck_assert_int_eq(ledger_total(ledger, 0, USDT), USD(1000000) - 590000000);
    // The venue's had more digits: 5.90000005. Twice the same: it is no suspense.
    for (int i = 0; i < 2; i++) {
        struct record_account told = picture;

        told.free_amt = USD(1000000) - 590000005;
        ck_assert_int_eq(world_step(world, &told), AGON_OK);
    }
    ck_assert_int_eq(ledger_amt(ledger, 0, LEDGER_SUSPENSE, USDT), 0);
    ck_assert_int_eq(ledger_total(ledger, 0, USDT), USD(1000000) - 590000005);
    // More than funding explains stays in suspense.
    for (int i = 0; i < 2; i++) {
        struct record_account told = picture;

        told.free_amt = USD(1000000) - 592000005;
        ck_assert_int_eq(world_step(world, &told), AGON_OK);
    }
    ck_assert_int_eq(ledger_amt(ledger, 0, LEDGER_SUSPENSE, USDT), -2000000);
    world_holds(world);
    world_free(world);
}
END_TEST

START_TEST(capital_counts_margin_and_not_worth)
{
    begin();
    set_leverage(0, 1);
    // 2 at 60000 is 120000 of 100000.
    ck_assert_uint_eq(refusal(0, AGON_BUY, 6000000, 200000, 0), REASON_CAPITAL);
    ck_assert_uint_eq(refusal(0, AGON_SELL, 6000100, 200000, 0), REASON_CAPITAL);
    set_leverage(0, 2);
    trade(0, AGON_BUY, 6000000, 200000, 0); // binds 60000
    // 40000 are free: 1.3 more would bind 39000 and 31.2 of fee, 1.4 too much.
    ck_assert_uint_eq(refusal(0, AGON_BUY, 6000000, 140000, 0), REASON_CAPITAL);
    // A loss that is not realised binds too: at 50000 it is 20000, and margin of 50000.
    mark(5000000);
    book(5000000);
    ck_assert_uint_eq(refusal(0, AGON_BUY, 5000000, 140000, 0), REASON_CAPITAL);
    ck_assert_uint_eq(refusal(0, AGON_BUY, 5000000, 110000, 0), REASON_NONE);
    // The way out needs none.
    ck_assert_uint_eq(refusal(0, AGON_SELL, 5000100, 200000, AGON_REDUCE_ONLY), REASON_NONE);
    world_holds(world);
    world_free(world);
}
END_TEST

START_TEST(reduce_only_is_the_slots_and_goes_out_where_the_venue_can_keep_it)
{
    begin();
    ck_assert_uint_eq(refusal(0, AGON_BUY, 6000000, 10000, AGON_REDUCE_ONLY), REASON_REDUCE_ONLY);
    trade(0, AGON_BUY, 6000000, 100000, 0);
    ck_assert_uint_eq(refusal(0, AGON_SELL, 6000100, 100000, AGON_REDUCE_ONLY), REASON_NONE);
    ck_assert_uint_eq(world->cmds[world->n_cmds - 1].flags, AGON_REDUCE_ONLY);
    // Another slot stands against it: the account holds less than this order closes.
    trade(1, AGON_SELL, 6000000, 70000, 0);
    ck_assert_uint_eq(refusal(1, AGON_BUY, 5990000, 70000, AGON_REDUCE_ONLY), REASON_NONE);
    ck_assert_uint_eq(world->cmds[world->n_cmds - 1].flags, 0);
    world_free(world);
}
END_TEST

START_TEST(a_liquidation_is_booked_to_who_held_the_position)
{
    struct record_report forced = {
        .hdr = {.type = EVENT_REPORT, .granules = 2, .instrument = PERP},
        .kind = REPORT_FILL,
        .side = AGON_SELL,
        .is_forced = 1,
        .px = 5500000,
        .qty = 90000,
        .cum_qty = 90000,
        .venue_fill = 900,
        .fee_amt = USD(9),
        .fee_asset = USDT,
    };
    struct record_report again;

    begin();
    trade(0, AGON_BUY, 6000000, 100000, 0);
    trade(1, AGON_BUY, 6000000, 50000, 0);
    again = forced;
    // 0.9 of 1.5: 0.6 and 0.3, each 5000 below its entry, and the fee alike.
    ck_assert_int_eq(world_step(world, &forced), AGON_OK);
    ck_assert_int_eq(held(0)->qty, 40000);
    ck_assert_int_eq(held(1)->qty, 20000);
    ck_assert_int_eq(cash(0), USD(100000) - USD(3000) - USD(6));
    ck_assert_int_eq(cash(1), USD(100000) - USD(1500) - USD(3));
    ck_assert_int_eq(world_last(world, 1, AGON_EVENT_FILL)->u.fill.qty, 30000);
    ck_assert_uint_eq(world_alerts(world, ALERT_LIQUIDATION), 1);
    again.hdr.t = 0;
    ck_assert_int_eq(world_step(world, &again), AGON_OK); // told twice
    ck_assert_int_eq(held(0)->qty, 40000);
    // More than they hold: both are flat and no shorter.
    again.hdr.t = 0;
    again.venue_fill = 901;
    ck_assert_int_eq(world_step(world, &again), AGON_OK);
    ck_assert_int_eq(held(0)->qty, 0);
    ck_assert_int_eq(held(1)->qty, 0);
    ck_assert_int_eq(held(1)->cost_amt, 0);
    world_holds(world);
    world_free(world);
}
END_TEST

START_TEST(a_venue_that_nets_two_slots_has_realised_what_they_have_not)
{
    struct ledger *ledger;

    begin();
    ledger = engine_ledger(world->engine);
    trade(0, AGON_BUY, 6000000, 100000, 0);
    book(6100000);
    trade(1, AGON_SELL, 6100000, 40000, 0);
    // For the venue 0.4 of the long is closed with 400; for the slots nothing is.
    ck_assert_int_eq(ledger_total(ledger, 0, USDT), USD(1000000));
    ck_assert_int_eq(ledger_netted(ledger, 0, USDT), USD(400));
    for (int i = 0; i < 2; i++) {
        struct record_account picture = {.hdr = {.type = EVENT_ACCOUNT, .granules = 1},
                                         .flags = 3,
                                         .asset = USDT,
                                         .free_amt = USD(1000400)};

        ck_assert_int_eq(world_step(world, &picture), AGON_OK);
        ck_assert_int_eq(ledger_amt(ledger, 0, LEDGER_SUSPENSE, USDT), 0);
    }
    // When both are flat again nothing is ahead of anything.
    trade(1, AGON_BUY, 6100000, 40000, 0);
    trade(0, AGON_SELL, 6100000, 100000, 0);
    ck_assert_int_eq(ledger_netted(ledger, 0, USDT), 0);
    ck_assert_int_eq(ledger_total(ledger, 0, USDT), USD(1001000));
    world_holds(world);
    world_free(world);
}
END_TEST

START_TEST(a_perpetual_survives_a_snapshot)
{
    static unsigned char bytes[16u << 20];
    unsigned char before[HASH_SIZE];
    unsigned char after[HASH_SIZE];
    struct engine_config config = {.state_bytes = WORLD_STATE};
    struct engine *engine;
    uint64_t n;

    begin();
    trade(0, AGON_BUY, 6000000, 100000, USD(24));
    mark(6100000);
    funding(100000, T0, T0 + 3600000 * MS, 6000000);
    n = engine_save(world->engine, bytes, sizeof(bytes));
    ck_assert_uint_le(n, sizeof(bytes));
    ck_assert_int_eq(engine_new(&engine, &config, NULL), AGON_OK);
    ck_assert_int_eq(engine_load(engine, bytes, n, NULL), AGON_OK);
    world_hash(world, before);
    ck_assert_int_eq(engine_hash(engine, after), AGON_OK);
    ck_assert_mem_eq(before, after, sizeof(before));
    ck_assert_int_eq(engine_equity(engine, 0), USD(100976));
    engine_free(engine);
    world_free(world);
}
END_TEST

START_TEST(a_position_that_the_venue_sees_otherwise_is_told_when_it_stays_so)
{
    struct alert_port alert = {.alert = on_alert};
    struct engine_config config = {.state_bytes = WORLD_STATE, .alert = alert};
    struct engine *engine;
    static unsigned char bytes[16u << 20];
    struct record_account picture = {
        .hdr = {.type = EVENT_ACCOUNT, .granules = 1, .instrument = PERP},
        .flags = 1,
        .free_amt = 90000};
    uint64_t n;

    begin();
    trade(0, AGON_BUY, 6000000, 100000, 0);
    n = engine_save(world->engine, bytes, sizeof(bytes));
    ck_assert_int_eq(engine_new(&engine, &config, NULL), AGON_OK);
    ck_assert_int_eq(engine_load(engine, bytes, n, NULL), AGON_OK);
    n_alerts = 0;
    ck_assert_int_eq(engine_step(engine, &picture.hdr), AGON_OK);
    ck_assert_uint_eq(n_alerts, 0); // a fill may be on its way
    ck_assert_int_eq(engine_step(engine, &picture.hdr), AGON_OK);
    ck_assert_uint_eq(n_alerts, 1);
    ck_assert_uint_eq(last_alert, ALERT_POSITION);
    picture.free_amt = 100000;
    ck_assert_int_eq(engine_step(engine, &picture.hdr), AGON_OK);
    ck_assert_int_eq(engine_step(engine, &picture.hdr), AGON_OK);
    ck_assert_uint_eq(n_alerts, 1);
    engine_free(engine);
    world_free(world);
}
END_TEST

START_TEST(one_slot_trades_a_basis_on_two_accounts)
{
    struct ledger *ledger;
    struct agon_intent spot = {.kind = AGON_INTENT_ORDER,
                               .side = AGON_BUY,
                               .type = AGON_LIMIT,
                               .instrument = BTCUSDT,
                               .client_ref = 1,
                               .px = 6000100,
                               .qty = 50000};
    struct agon_intent perp = {.kind = AGON_INTENT_ORDER,
                               .side = AGON_SELL,
                               .type = AGON_LIMIT,
                               .instrument = PERP,
                               .client_ref = 2,
                               .px = 6000000,
                               .qty = 50000};
    const struct order_cmd *cmd;

    world_is_split = 1;
    begin();
    ledger = engine_ledger(world->engine);
    // Its capital of 100000 is on both, half each; it is worth what it was.
    ck_assert_int_eq(ledger_amt(ledger, 0, 0, USDT), USD(50000));
    ck_assert_int_eq(ledger_amt(ledger, 1, 0, USDT), USD(50000));
    ck_assert_int_eq(engine_equity(world->engine, 0), USD(100000));
    // Each leg goes to its venue's account without being told so.
    ck_assert_int_eq(world_wish(world, 0, &spot), AGON_OK);
    ck_assert_int_eq(world_wish(world, 0, &perp), AGON_OK);
    ck_assert_uint_eq(world->n_cmds, 2);
    cmd = world->cmds;
    ck_assert_uint_eq(cmd[0].account, 0);
    ck_assert_uint_eq(cmd[0].venue, 1);
    ck_assert_uint_eq(cmd[1].account, 1);
    ck_assert_uint_eq(cmd[1].venue, 2);
    ck_assert_int_eq(world_report(world, &cmd[0], REPORT_FILL, 6000100, 50000, 50000), AGON_OK);
    ck_assert_int_eq(world_report(world, &cmd[1], REPORT_FILL, 6000000, 50000, 50000), AGON_OK);
    ck_assert_int_eq(ledger_amt(ledger, 0, 0, USDT), USD(50000) - 3000050000000);
    ck_assert_int_eq(ledger_amt(ledger, 0, 0, BTC), 50000000);
    ck_assert_int_eq(ledger_amt(ledger, 1, 0, USDT), USD(50000));
    ck_assert_int_eq(ledger_amt(ledger, 1, 0, BTC), 0);
    // What the market does to one leg it undoes in the other.
    world_book(world, BTCUSDT, 6999900, 100000000, 7000100, 100000000);
    mark(7000000);
    ck_assert_int_eq(engine_equity(world->engine, 0), USD(100000) - 50000000);
    // The money of one account buys nothing on the other.
    spot.client_ref = 3;
    spot.px = 7000100;
    ck_assert_int_eq(world_wish(world, 0, &spot), AGON_OK);
    ck_assert_uint_eq(world_last(world, 0, AGON_EVENT_ORDER)->u.order.reason, REASON_CAPITAL);
    // A wrong account is no account.
    perp.client_ref = 4;
    perp.account = 5;
    ck_assert_int_eq(world_wish(world, 0, &perp), AGON_OK);
    ck_assert_uint_eq(world_last(world, 0, AGON_EVENT_ORDER)->u.order.reason, REASON_UNAUTHORISED);
    world_holds(world);
    world_free(world);
}
END_TEST

static void keep_figures(void)
{
    struct record_samples samples = {
        .hdr = {.type = EVENT_CONFIG, .granules = 1}, .kind = CONFIG_SAMPLES, .is_figured = 1};

    ck_assert_int_eq(world_step(world, &samples), AGON_OK);
}

static struct position_figures shown(uint16_t slot)
{
    struct position_figures of;

    engine_position_figures(world->engine, held(slot), &of);
    return of;
}

static void is_split(agon_amt_t result, agon_amt_t fees, agon_amt_t rebates, agon_amt_t funded,
                     agon_amt_t slippage)
{
    struct figures of, all;

    engine_figures(world->engine, 0, &of);
    ck_assert_int_eq(of.result_amt, result);
    ck_assert_int_eq(of.equity_amt, engine_equity(world->engine, 0));
    ck_assert_int_eq(of.fee_amt, fees);
    ck_assert_int_eq(of.rebate_amt, rebates);
    ck_assert_int_eq(of.funding_amt, funded);
    ck_assert_int_eq(of.slippage_amt, slippage);
    ck_assert_int_eq(of.gross_amt, result + fees - rebates - funded);
    // Gross is what the position alone has won: here no other slot trades.
    ck_assert_int_eq(of.gross_amt, held(0)->realised_amt + held(0)->fee_amt +
                                       engine_equity(world->engine, 0) - cash(0));
    engine_figures_all(world->engine, &all);
    ck_assert_int_eq(all.result_amt, result);
    ck_assert_int_eq(all.capital_amt, (agon_amt_t)WORLD_SLOTS * USD(100000));
    ck_assert_int_eq(all.equity_amt, all.capital_amt + result);
}

/* The venue's break-even price (Binance support, "breakeven price"): (total cost - total gained) /
 * size, here with the fees of the position's fills. */
START_TEST(a_result_is_split_and_break_even_has_the_fees)
{
    agon_ns_t t1 = T0 + 3600000 * MS;
    unsigned char before[HASH_SIZE], after[HASH_SIZE];
    struct engine_config config = {.state_bytes = (uint64_t)16 << 20, .bus_granules = 1 << 14};
    struct engine *again;
    unsigned char *bytes;
    struct error err;
    uint64_t n;

    begin();
    keep_figures();
    book(5999900); // the mid is 59999.5
    trade(0, AGON_BUY, 6000000, 100000, USD(24));
    mark(6100000);
    is_split(USD(976), USD(24), 0, 0, 50000000);
    ck_assert_int_eq(shown(0).entry_px, USD(60000));
    ck_assert_int_eq(shown(0).break_even_px, USD(60024));
    ck_assert_int_eq(shown(0).notional_amt, USD(61000));
    ck_assert_int_eq(shown(0).unrealised_amt, USD(1000));
    book(6150000); // 61500.5
    trade(0, AGON_SELL, 6150000, 40000, 984000000);
    ck_assert_int_eq(shown(0).entry_px, USD(60000));
    // 36000 less 600 won, with 33.84 of fees, by 0.6.
    ck_assert_int_eq(shown(0).break_even_px, 5905640000000);
    // Turned round, with a rebate of 2: 0.4 of it is the new position's.
    book(5900000);
    trade(0, AGON_SELL, 5900000, 100000, -USD(2));
    mark(6000000);
    ck_assert_int_eq(shown(0).entry_px, USD(59000));
    ck_assert_int_eq(shown(0).break_even_px, USD(59002));
    is_split(-USD(400) - 3384000000 + USD(2), 3384000000, USD(2), 0, 120000000);
    funding(100000, T0, t1, 6000000);
    world_due(world, t1);
    mark(6000000);
    funding(0, t1, t1 + 28800000 * MS, 6000000); // 0.01 % of 24000, to the short
    is_split(-USD(400) - 3384000000 + USD(2) + 240000000, 3384000000, USD(2), 240000000, 120000000);
    // All of it is in the state.
    ck_assert_int_eq(engine_hash(world->engine, before), AGON_OK);
    n = engine_save(world->engine, NULL, 0);
    bytes = malloc(n);
    ck_assert_ptr_nonnull(bytes);
    ck_assert_uint_eq(engine_save(world->engine, bytes, n), n);
    ck_assert_int_eq(engine_new(&again, &config, &err), AGON_OK);
    ck_assert_int_eq(engine_load(again, bytes, n, &err), AGON_OK);
    ck_assert_int_eq(engine_hash(again, after), AGON_OK);
    ck_assert_mem_eq(before, after, HASH_SIZE);
    ck_assert(engine_is_figured(again));
    engine_free(again);
    free(bytes);
    world_free(world);
}
END_TEST

/* A run directory of before goes on: what it always had is taken over, the rest begins. */
START_TEST(figures_may_begin_later)
{
    struct figures of;

    begin();
    trade(0, AGON_BUY, 6000000, 100000, USD(24));
    engine_figures(world->engine, 0, &of);
    ck_assert(!of.is_split);
    ck_assert_int_eq(of.fee_amt, USD(24));
    keep_figures();
    mark(6100000);
    is_split(USD(976), USD(24), 0, 0, 0);
    ck_assert_int_eq(shown(0).break_even_px, USD(60000)); // as a state of before would have it
    trade(0, AGON_SELL, 6100000, 50000, USD(12));
    ck_assert_int_eq(shown(0).break_even_px, USD(59024)); // 30000 - 500 + 12, by 0.5
    keep_figures();                                       // said again: nothing changes
    ck_assert_int_eq(shown(0).break_even_px, USD(59024));
    world_free(world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine_perpetual");
    TCase *tcase = tcase_create("perpetual");
    SRunner *runner;
    int n_failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, a_position_opens_grows_less_turns_and_settles_in_the_quote);
    tcase_add_test(tcase, a_result_is_split_and_break_even_has_the_fees);
    tcase_add_test(tcase, figures_may_begin_later);
    tcase_add_test(tcase, funding_goes_from_long_to_short_when_its_time_has_come);
    tcase_add_test(tcase, what_funding_leaves_of_rounding_is_the_accounts_own);
    tcase_add_test(tcase, capital_counts_margin_and_not_worth);
    tcase_add_test(tcase, reduce_only_is_the_slots_and_goes_out_where_the_venue_can_keep_it);
    tcase_add_test(tcase, a_liquidation_is_booked_to_who_held_the_position);
    tcase_add_test(tcase, a_venue_that_nets_two_slots_has_realised_what_they_have_not);
    tcase_add_test(tcase, a_perpetual_survives_a_snapshot);
    tcase_add_test(tcase, a_position_that_the_venue_sees_otherwise_is_told_when_it_stays_so);
    tcase_add_test(tcase, one_slot_trades_a_basis_on_two_accounts);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
