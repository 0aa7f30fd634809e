// SPDX-License-Identifier: Apache-2.0
/* What stops and unwinds: exits, halts, cancels, limits on losses, capital that moves, and fills
 * that nobody asked for. */
#include "booked.h"
#include "engine/capital.h"

START_TEST(an_exit_without_a_book_leaves_at_market_and_does_not_hammer)
{
    struct agon_status stale = {
        .hdr = {.type = AGON_EVENT_STATUS, .granules = 1, .instrument = BTCUSDT},
        .book = BOOK_STALE};
    uint32_t n;

    world = world_new(RUN_PAPER);
    buy_and_fill(0, BTCUSDT, 6000100, 10000);
    world_step(world, &stale);
    n = world->n_cmds;
    command(COMMAND_FLATTEN, SCOPE_SLOT, 0, 0);
    ck_assert_uint_eq(world->n_cmds, n + 1);
    ck_assert_uint_eq(last_cmd()->type, AGON_MARKET);
    ck_assert_int_eq(last_cmd()->px, 0);
    ck_assert((last_cmd()->flags & AGON_REDUCE_ONLY) != 0);
    ck_assert_uint_eq(last_cmd()->is_exit, 1);
    world_report(world, last_cmd(), REPORT_REJECTED, 0, 0, 0);
    ck_assert_uint_eq(world->n_cmds, n + 1);
    ck_assert_int_eq(engine_next_due(world->engine), world->t + 1000 * MS);
    world_book(world, BTCUSDT, 6000000, 100000000, 6000100, 100000000);
    world_due(world, world->t + 1000 * MS + 1);
    n++;
    ck_assert_uint_eq(world->n_cmds, n + 1);
    ck_assert_uint_eq(last_cmd()->side, AGON_SELL);
    ck_assert_uint_eq(last_cmd()->type, AGON_LIMIT);
    // Nobody there to buy: again after a pause, not in the same breath.
    world_report(world, last_cmd(), REPORT_FILL, 6000000, 3000, 3000);
    world_report(world, last_cmd(), REPORT_EXPIRED, 0, 0, 3000);
    ck_assert_uint_eq(world->n_cmds, n + 1);
    // The slot's own orders are not wanted meanwhile.
    world_order(world, 0, BTCUSDT, AGON_SELL, 6000000, 1000, 5);
    ck_assert_uint_eq(told(0)->reason, REASON_HALTED);
    world_order(world, 0, ETHUSDT, AGON_BUY, 0, 10000, 5); // nor in another instrument
    ck_assert_uint_eq(told(0)->reason, REASON_HALTED);
    ck_assert_uint_eq(world->n_cmds, n + 1);
    n--;
    world->is_venue_full = 1;
    world_due(world, world->t + 1000 * MS + 1);
    ck_assert_uint_eq(told(0)->reason, REASON_VENUE_BUSY);
    world->is_venue_full = 0;
    world_due(world, world->t + 1000 * MS + 1);
    ck_assert_uint_eq(world->n_cmds, n + 3);
    ck_assert_int_eq(last_cmd()->qty, 7000);
    world_report(world, last_cmd(), REPORT_FILL, 6000000, 7000, 7000);
    ck_assert_int_eq(pos_of(0, BTCUSDT)->qty, 0);
    ck_assert_uint_eq(world->engine->wants_flat[0], 0);
    world_order(world, 0, BTCUSDT, AGON_BUY, 5990000, 1000, 5);
    ck_assert_uint_eq(world->n_cmds, n + 4);
    end();
}
END_TEST

START_TEST(an_exit_closes_what_its_scope_says_and_nothing_else)
{
    world = world_new(RUN_PAPER);
    buy_and_fill(0, BTCUSDT, 6000100, 10000);
    buy_and_fill(0, ETHUSDT, 300010, 100000);
    buy_and_fill(1, BTCUSDT, 6000100, 10000);
    stand(1, AGON_BUY, 5990000, 1000, 3);
    ck_assert_uint_eq(world->n_cmds, 4);
    command(COMMAND_FLATTEN, SCOPE_INSTRUMENT, ETHUSDT, 0);
    ck_assert_uint_eq(world->n_cmds, 5);
    ck_assert_uint_eq(last_cmd()->instrument, ETHUSDT);
    command(COMMAND_FLATTEN, SCOPE_VENUE, 9, 0); // nothing is there
    ck_assert_uint_eq(world->n_cmds, 5);
    command(COMMAND_FLATTEN, SCOPE_SLOT, 1, 0);
    ck_assert_uint_eq(world->n_cmds, 6);
    ck_assert_uint_eq(last_cmd()->kind, CMD_CANCEL);
    world_report(world, last_cmd(), REPORT_CANCELLED, 0, 0, 0);
    ck_assert_uint_eq(world->n_cmds, 7);
    ck_assert_uint_eq(ORDER_ID_SLOT(last_cmd()->order_id), 1);
    command(COMMAND_FLATTEN, SCOPE_VENUE, 1, 0);
    ck_assert_uint_eq(world->n_cmds, 8); // BTC of slot 0; the others are on their way
    end();
}
END_TEST

START_TEST(an_exit_is_the_hosts_own)
{
    struct record_slot record = world_slot_record(0);
    struct agon_instrument made = world_instrument(BTCUSDT);

    world = world_new(RUN_PAPER);
    buy_and_fill(0, BTCUSDT, 6000100, 10000);
    // Quarantined, demoted, without the instrument, halted: the position is closed all the same.
    command(COMMAND_SLOT_CONDITION, 0, 0, CONDITION_QUARANTINED);
    command(COMMAND_SLOT_STAGE, 0, 0, STAGE_SHADOW);
    command(COMMAND_HALT, SCOPE_GLOBAL, 0, 0);
    record.subscription.n_instruments = 1;
    record.subscription.instruments[0] = ETHUSDT;
    record.stage = STAGE_SHADOW;
    world_step(world, &record);
    made.max_qty = 6000; // in two pieces: the venue takes no more at once
    world_step(world, &made);
    world_order(world, 0, BTCUSDT, AGON_SELL, 0, 1000, 2);
    ck_assert_uint_eq(told(0)->reason, REASON_UNAUTHORISED);
    // The kill switch bars what agents send. What the host closes passes it.
    command(COMMAND_KILL, 0, 0, 0);
    command(COMMAND_FLATTEN, SCOPE_GLOBAL, 0, 0);
    ck_assert_uint_eq(world->n_cmds, 2);
    ck_assert_int_eq(last_cmd()->qty, 6000);
    world_report(world, last_cmd(), REPORT_FILL, 6000000, 6000, 6000);
    ck_assert_int_eq(last_cmd()->qty, 4000);
    ck_assert_uint_eq(world->n_cmds, 3);
    world_report(world, last_cmd(), REPORT_REJECTED, 0, 0, 0);
    ck_assert_uint_eq(world->engine->wants_flat[0], 1);
    command(COMMAND_RESUME, SCOPE_SLOT, 0, 0); // a person calls it off
    world_due(world, world->t + 5000 * MS);
    ck_assert_uint_eq(world->n_cmds, 3);
    // What no venue would take stays and is no reason to try for ever.
    made.min_qty = 5000;
    world_step(world, &made);
    command(COMMAND_FLATTEN, SCOPE_SLOT, 0, 0);
    ck_assert_uint_eq(world->engine->wants_flat[0], 0);
    made.min_qty = 1;
    made.min_notional_amt = USD(2401);
    made.hdr.t = 0;
    world_step(world, &made);
    command(COMMAND_FLATTEN, SCOPE_SLOT, 0, 0);
    ck_assert_uint_eq(world->engine->wants_flat[0], 0);
    ck_assert_uint_eq(world->n_cmds, 3);
    end();
}
END_TEST

START_TEST(halts_hold_within_their_scope)
{
    static const struct {
        uint8_t scope;
        uint32_t id;
        int is_btc_0, is_eth_0, is_btc_1; // refused
    } cases[] = {{SCOPE_GLOBAL, 0, 1, 1, 1},
                 {SCOPE_VENUE, 1, 1, 1, 1},
                 {SCOPE_VENUE, 2, 0, 0, 0},
                 {SCOPE_VENUE, 32, 0, 0, 0},
                 {SCOPE_INSTRUMENT, BTCUSDT, 1, 0, 1},
                 {SCOPE_SLOT, 0, 1, 1, 0}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        world = world_new(RUN_PAPER);
        buy_and_fill(0, BTCUSDT, 6000100, 10000);
        ck_assert_int_eq(command(COMMAND_HALT, cases[i].scope, cases[i].id, 0), AGON_OK);
        for (int is_over = 0; is_over < 2; is_over++) {
            world_order(world, 0, BTCUSDT, AGON_BUY, 5990000, 1000, 2);
            ck_assert_uint_eq(told(0)->reason,
                              !is_over && cases[i].is_btc_0 ? REASON_HALTED : REASON_NONE);
            world_order(world, 0, ETHUSDT, AGON_BUY, 299000, 10000, 3);
            ck_assert_uint_eq(told(0)->reason,
                              !is_over && cases[i].is_eth_0 ? REASON_HALTED : REASON_NONE);
            world_order(world, 1, BTCUSDT, AGON_BUY, 5990000, 1000, 4);
            ck_assert_uint_eq(told(1)->reason,
                              !is_over && cases[i].is_btc_1 ? REASON_HALTED : REASON_NONE);
            world_order(world, 0, BTCUSDT, AGON_SELL, 6010000, 1000, 5); // the way out stays open
            ck_assert_uint_eq(told(0)->reason, REASON_NONE);
            ck_assert_int_eq(command(COMMAND_RESUME, cases[i].scope, cases[i].id, 0), AGON_OK);
        }
        end();
    }
}
END_TEST

START_TEST(cancels_go_on_by_sweeps_and_each_goes_once)
{
    world = world_new(RUN_PAPER);
    for (uint64_t i = 0; i < 520; i++) {
        world_order(world, 0, BTCUSDT, AGON_BUY, 5990000 - (agon_px_t)i, 100, i + 1);
        ck_assert_uint_eq(world->n_cmds, i + 1);
        if (i % 3 != 0)
            world_report(world, last_cmd(), REPORT_ACK, 0, 0, 0);
    }
    command(COMMAND_CANCEL_ALL, SCOPE_SLOT, 0, 0);
    ck_assert_uint_eq(world->n_cmds, 520 + 200);
    world_due(world, world->t + 1);
    ck_assert_uint_eq(world->n_cmds, 520 + 346); // those that wait for their acknowledgement remain
    command(COMMAND_CANCEL_ALL, SCOPE_GLOBAL, 0, 0);
    world_due(world, world->t + 1);
    ck_assert_uint_eq(world->n_cmds, 520 + 346);
    for (uint32_t i = 0; i < 520; i += 3)
        world_report(world, &world->cmds[i], REPORT_ACK, 0, 0, 0);
    ck_assert_uint_eq(world->n_cmds, 520 * 2);
    for (uint32_t i = 0; i < 520; i++)
        ck_assert_uint_eq(world->cmds[520 + i].kind, CMD_CANCEL);
    for (uint32_t i = 0; i < 520; i++)
        world_report(world, &world->cmds[i], REPORT_CANCELLED, 0, 0, 0);
    ck_assert_uint_eq(orders_count(world->engine->orders, 0), 0);
    ck_assert_int_eq(pos_of(0, BTCUSDT)->working_buy_amt, 0);
    end();
}
END_TEST

START_TEST(a_cancel_that_did_not_get_through_goes_again)
{
    struct order *order;
    struct agon_intent cancel = {
        .kind = AGON_INTENT_CANCEL, .instrument = BTCUSDT, .client_ref = 7};
    struct record_report seen = {
        .hdr = {.type = EVENT_REPORT, .granules = 2, .instrument = BTCUSDT},
        .kind = REPORT_STATE,
        .state = AGON_ORDER_OPEN};

    world = world_new(RUN_PAPER);
    order = stand(0, AGON_BUY, 5990000, 10000, 7);
    world->is_venue_full = 1;
    world_wish(world, 0, &cancel);
    ck_assert_uint_eq(world->n_cmds, 1);
    ck_assert_int_eq(engine_next_due(world->engine), world->t + ENGINE_BUSY_NS);
    replace(0, 7, 5980000, 10000); // it shall go, not move
    ck_assert_uint_eq(told(0)->reason, REASON_REQUEST_PENDING);
    world_due(world, world->t + ENGINE_BUSY_NS + 1);
    world->is_venue_full = 0;
    world_due(world, world->t + ENGINE_BUSY_NS);
    ck_assert_uint_eq(world->n_cmds, 2);
    world_wish(world, 0, &cancel); // twice is once
    ck_assert_uint_eq(world->n_cmds, 2);
    world_report(world, last_cmd(), REPORT_NOT_SENT, 0, 0, 0);
    ck_assert_uint_eq(world->n_cmds, 2);
    world_due(world, world->t + ENGINE_RETRY_NS + 1);
    ck_assert_uint_eq(world->n_cmds, 3);
    ck_assert_uint_eq(last_cmd()->kind, CMD_CANCEL);
    world_report(world, last_cmd(), REPORT_UNKNOWN, 0, 0, 0);
    ck_assert_uint_eq(last_cmd()->kind, CMD_QUERY);
    world_wish(world, 0, &cancel);
    ck_assert_uint_eq(world->n_cmds, 4); // in doubt: never sent again
    seen.order_id = order->id;
    world_step(world, &seen); // proven not done
    ck_assert_uint_eq(world->n_cmds, 5);
    ck_assert_uint_eq(last_cmd()->kind, CMD_CANCEL);
    world_report(world, last_cmd(), REPORT_CANCELLED, 0, 0, 0);
    ck_assert_uint_eq(order->state, AGON_ORDER_CANCELLED);
    world_wish(world, 0, &cancel);
    ck_assert_uint_eq(told(0)->reason, REASON_UNKNOWN_ORDER);
    end();
}
END_TEST

static void mark(agon_px_t px)
{
    world_book(world, BTCUSDT, px, 100000000, px + 2, 100000000);
}

START_TEST(losses_stop_new_risk_and_the_way_out_stays)
{
    world = world_new(RUN_PAPER);
    limit(0, LIMIT_ON_BREACH, ON_BREACH_CANCEL);
    buy_and_fill(0, BTCUSDT, 6000000, 100000); // 60,000 dollars
    limit(0, LIMIT_DAILY_LOSS_AMT, USD(1000));
    limit(0, LIMIT_DRAWDOWN_PPM, 50000);
    stand(0, AGON_BUY, 5900000, 1000, 3);
    mark(5900060);
    world_due(world, T0 + 61000 * MS);
    ck_assert_uint_eq(world->n_cmds, 2); // 999.40 lost, and 0.59 to be paid if the order fills
    mark(5899999);
    world_due(world, T0 + 121000 * MS);
    ck_assert_uint_eq(last_cmd()->kind, CMD_CANCEL);
    world_report(world, last_cmd(), REPORT_CANCELLED, 0, 0, 0);
    world_order(world, 0, BTCUSDT, AGON_BUY, 5890000, 1000, 4);
    ck_assert_uint_eq(told(0)->reason, REASON_DAILY_LOSS);
    world_order(world, 1, BTCUSDT, AGON_BUY, 5880000, 1000, 4);
    ck_assert_uint_eq(told(1)->reason, REASON_NONE);
    world_order(world, 0, BTCUSDT, AGON_SELL, 5950000, 1000, 5);
    ck_assert_uint_eq(told(0)->reason, REASON_NONE);
    // The next day begins with what there is.
    world_due(world, T0 + (agon_ns_t)86401 * 1000 * MS);
    mark(5899999);
    world_order(world, 0, BTCUSDT, AGON_BUY, 5890000, 1000, 4);
    ck_assert_uint_eq(told(0)->reason, REASON_NONE);
    // 5 % below the highest: until a person says otherwise, whatever day it is.
    limit(0, LIMIT_DAILY_LOSS_AMT, 0);
    mark(5480000);
    world_due(world, world->t + 120000 * MS);
    world_order(world, 0, BTCUSDT, AGON_BUY, 5470000, 1000, 4);
    ck_assert_uint_eq(told(0)->reason, REASON_DRAWDOWN);
    world_due(world, world->t + (agon_ns_t)86401 * 1000 * MS);
    mark(5480000);
    world_order(world, 0, BTCUSDT, AGON_BUY, 5470000, 1000, 4);
    ck_assert_uint_eq(told(0)->reason, REASON_DRAWDOWN);
    command(COMMAND_RESUME, SCOPE_SLOT, 0, 0);
    world_order(world, 0, BTCUSDT, AGON_BUY, 5470000, 1000, 4);
    ck_assert_uint_eq(told(0)->reason, REASON_NONE);
    world_due(world, world->t + 120000 * MS);
    mark(5480000);
    world_order(world, 0, BTCUSDT, AGON_BUY, 5460000, 1000, 4);
    ck_assert_uint_eq(told(0)->reason, REASON_NONE); // the old fall is not fallen twice
    end();
}
END_TEST

START_TEST(a_book_that_is_gone_is_no_loss)
{
    struct agon_status stale = {
        .hdr = {.type = AGON_EVENT_STATUS, .granules = 1, .instrument = BTCUSDT},
        .book = BOOK_STALE};
    agon_amt_t equity;

    world = world_new(RUN_PAPER);
    limit(0, LIMIT_DRAWDOWN_PPM, 50000);
    buy_and_fill(0, BTCUSDT, 6000000, 100000);
    equity = engine_equity(world->engine, 0);
    world_step(world, &stale); // no trade was ever seen: the last live book is what is known
    ck_assert_int_eq(engine_equity(world->engine, 0), equity);
    world_due(world, T0 + 61000 * MS);
    ck_assert_uint_eq(world->engine->risk[0].is_drawdown_breached, 0);
    world->engine->markets[BTCUSDT].has_top = 0; // not even that: what it cost
    ck_assert_int_eq(engine_equity(world->engine, 0), USD(100000));
    world->engine->markets[BTCUSDT].has_top = 1;
    end();
}
END_TEST

START_TEST(capital_moves_only_where_it_is)
{
    struct record_slot record = world_slot_record(0);

    world = world_new(RUN_PAPER);
    limit(0, LIMIT_DRAWDOWN_PPM, 50000);
    record.limits.drawdown_ppm = 50000;
    buy_and_fill(0, BTCUSDT, 6000000, 100000); // 40,000 are left
    stand(0, AGON_BUY, 5900000, 50000, 3);     // of which 29,529.5 are promised
    record.limits.capital_amt = USD(100000) - USD(10471);
    ck_assert_int_eq(world_step(world, &record), AGON_EINVAL);
    record.limits.capital_amt = USD(100000) - USD(10470);
    record.hdr.t = 0;
    ck_assert_int_eq(world_step(world, &record), AGON_OK);
    ck_assert_int_eq(world_last(world, 0, AGON_EVENT_CAPITAL)->u.capital.free_amt, USD(1) / 2);
    world_due(world, T0 + 61000 * MS);
    ck_assert_uint_eq(world->engine->risk[0].is_drawdown_breached, 0); // taken, not lost
    ck_assert(score_drawdown(&world->engine->scores[0]) < 0.001);
    record.limits.capital_amt = USD(100000) + USD(710470);
    record.hdr.t = 0;
    ck_assert_int_eq(world_step(world, &record), AGON_EINVAL); // the account has 700,000 + 10,470
    record.limits.capital_amt = USD(100000) + USD(700000);
    record.hdr.t = 0;
    ck_assert_int_eq(world_step(world, &record), AGON_OK);
    ck_assert_int_eq(ledger_amt(world->engine->ledger, 0, LEDGER_EXTERNAL, USDT), 0);
    record.limits.capital_amt = INT64_MAX;
    record.hdr.t = 0;
    ck_assert_int_eq(world_step(world, &record), AGON_EINVAL);
    record.limits.capital_amt = -1;
    record.hdr.t = 0;
    ck_assert_int_eq(world_step(world, &record), AGON_EINVAL);
    end();
}
END_TEST

/* What changes before another one take is not there for it, what they give back is. */
START_TEST(capital_at_hand_is_of_all_changes_together)
{
    agon_amt_t taken_amt[ACCOUNTS_MAX] = {0};
    struct record_slot record = world_slot_record(0), other = world_slot_record(1);
    struct record_slot none = world_slot_record(0);

    world = world_new(RUN_PAPER);
    none.slot = WORLD_SLOTS; // a new one
    record.limits.capital_amt = USD(100000) + USD(500000);
    ck_assert_int_eq(engine_capital_at_hand(world->engine, &record, taken_amt), USD(600000));
    engine_capital_take(world->engine, &record, taken_amt);
    ck_assert_int_eq(taken_amt[0], USD(500000));
    // Of the 700,000 that nobody was given 200,000 are left: for a slot that is there ...
    other.limits.capital_amt = USD(100000) + USD(300000);
    ck_assert_int_eq(engine_capital_at_hand(world->engine, &other, NULL), USD(400000));
    ck_assert_int_eq(engine_capital_at_hand(world->engine, &other, taken_amt), USD(300000));
    // ... and for one that comes.
    none.limits.capital_amt = USD(200001);
    ck_assert_int_eq(engine_capital_at_hand(world->engine, &none, NULL), USD(200001));
    ck_assert_int_eq(engine_capital_at_hand(world->engine, &none, taken_amt), USD(200000));
    none.limits.capital_amt = USD(200000);
    engine_capital_take(world->engine, &none, taken_amt);
    ck_assert_int_eq(taken_amt[0], USD(700000));
    ck_assert_int_eq(engine_capital_at_hand(world->engine, &other, taken_amt), USD(100000));
    other.limits.capital_amt = USD(60000); // gives back
    ck_assert_int_eq(engine_capital_at_hand(world->engine, &other, taken_amt), USD(60000));
    engine_capital_take(world->engine, &other, taken_amt);
    none.limits.capital_amt = USD(50000);
    ck_assert_int_eq(engine_capital_at_hand(world->engine, &none, taken_amt), USD(40000));
    end();
}
END_TEST

/* What an operator asked for stands in the journal and changes nothing. */
START_TEST(what_was_asked_for_changes_nothing)
{
    struct record_command_by by = {
        .command = {.hdr = {.type = AGON_EVENT_COMMAND, .granules = sizeof(by) / EVENT_GRANULE},
                    .kind = COMMAND_ASKED,
                    .scope = SCOPE_SLOT,
                    .which = ASKED_RELOAD,
                    .id = 1},
        .who = "ada",
        .why = "ema.so"};
    uint32_t n_told, n_cmds;

    world = world_new(RUN_PAPER);
    n_cmds = world->n_cmds;
    n_told = world->slots[1].n_told;
    for (uint8_t which = 1; which < ASKED_MAX; which++) {
        by.command.which = which;
        by.command.hdr.t = 0;
        ck_assert_int_eq(world_step(world, &by), AGON_OK);
    }
    ck_assert_uint_eq(world->n_cmds, n_cmds);
    ck_assert_uint_eq(world->slots[1].n_told, n_told);
    by.command.hdr.t = 0;
    by.command.which = ASKED_MAX; // of a later build
    ck_assert_int_eq(world_step(world, &by), AGON_EINVAL);
    by.command.which = 0;
    by.command.hdr.t = 0;
    ck_assert_int_eq(world_step(world, &by), AGON_EINVAL);
    by.command.which = ASKED_APPLY;
    by.command.id = WORLD_SLOTS; // nobody's
    by.command.hdr.t = 0;
    ck_assert_int_eq(world_step(world, &by), AGON_EINVAL);
    end();
}
END_TEST

START_TEST(strangers_trades_and_over_fills_are_booked_where_they_belong)
{
    struct record_report report = {
        .hdr = {.type = EVENT_REPORT, .granules = 2, .instrument = BTCUSDT},
        .order_id = 4711,
        .venue_fill = 1,
        .kind = REPORT_FILL,
        .side = AGON_SELL,
        .px = 6000000,
        .qty = 10000,
        .fee_asset = USDT,
        .fee_amt = 100};
    struct agon_instrument index = {
        .hdr = {.type = AGON_EVENT_INSTRUMENT, .granules = 3, .instrument = 3},
        .kind = INSTRUMENT_INDEX,
        .quote = USDT,
        .symbol = "INDEX",
        .tick_px = 1,
        .lot_qty = 1};
    struct ledger *ledger;

    world = world_new(RUN_PAPER);
    ledger = world->engine->ledger;
    world_step(world, &report);
    ck_assert_int_eq(ledger_amt(ledger, 0, LEDGER_EXTERNAL, BTC), -10000000);
    ck_assert_int_eq(ledger_amt(ledger, 0, LEDGER_EXTERNAL, USDT), USD(700000 + 6000) - 100);
    report.hdr.t = 0;
    world_step(world, &report); // told twice
    ck_assert_int_eq(ledger_amt(ledger, 0, LEDGER_EXTERNAL, BTC), -10000000);
    report.side = 0;
    report.venue_fill = 2;
    report.hdr.t = 0;
    ck_assert_int_eq(world_step(world, &report), AGON_EINVAL);
    // Of an instrument without a base, and of none.
    instruments_set(&world->engine->table, &index, NULL);
    report.side = AGON_BUY;
    report.hdr.instrument = 3;
    report.hdr.t = 0;
    ck_assert_int_eq(world_step(world, &report), AGON_OK);
    report.hdr.instrument = 1000;
    report.hdr.t = 0;
    ck_assert_int_eq(world_step(world, &report), AGON_OK);
    // A venue that fills more than was asked for: ours is ours, the rest is in suspense.
    stand(0, AGON_BUY, 5990000, 10000, 7);
    report =
        (struct record_report){.hdr = {.type = EVENT_REPORT, .granules = 2, .instrument = BTCUSDT},
                               .order_id = last_cmd()->order_id,
                               .venue_fill = 9,
                               .kind = REPORT_FILL,
                               .px = 5990000,
                               .qty = 15000,
                               .cum_qty = 15000};
    world_step(world, &report);
    ck_assert_int_eq(pos_of(0, BTCUSDT)->qty, 10000);
    ck_assert_int_eq(ledger_amt(ledger, 0, LEDGER_SUSPENSE, BTC), 5000000);
    ck_assert_int_eq(ledger_amt(ledger, 0, LEDGER_SUSPENSE, USDT), -USD(2995));
    ck_assert_uint_eq(engine_counters(world->engine)->n_over_fills, 1);
    ck_assert_uint_eq(world_alerts(world, ALERT_OVER_FILL), 1);
    ck_assert_uint_ge(world_alerts(world, ALERT_FOREIGN_FILL), 1);
    ck_assert_int_eq(pos_of(0, BTCUSDT)->working_buy_qty, 0);
    // A total that no order could have is no reason to hold everything back.
    stand(0, AGON_BUY, 5990000, 10000, 8);
    report.order_id = last_cmd()->order_id;
    report.kind = REPORT_CANCELLED;
    report.cum_qty = INT64_MAX;
    report.hdr.t = 0;
    world_step(world, &report);
    ck_assert_int_eq(pos_of(0, BTCUSDT)->working_buy_qty, 10000);
    holds_exactly();
    world->engine->slots.n = WORLD_SLOTS;
    world_free(world);
}
END_TEST

START_TEST(a_fee_in_a_third_asset_is_told_and_realised_is_before_fees)
{
    struct record_report report = {
        .hdr = {.type = EVENT_REPORT, .granules = 2, .instrument = BTCUSDT},
        .venue_fill = 1,
        .kind = REPORT_FILL,
        .px = 6000000,
        .qty = 10000,
        .cum_qty = 10000,
        .fee_asset = ETH,
        .fee_amt = 5};

    world = world_new(RUN_PAPER);
    world_order(world, 0, BTCUSDT, AGON_BUY, 0, 10000, 1);
    report.order_id = last_cmd()->order_id;
    world_step(world, &report);
    ck_assert_uint_eq(world_last(world, 0, AGON_EVENT_BALANCE)->u.hdr.type, AGON_EVENT_BALANCE);
    ck_assert_int_eq(ledger_amt(world->engine->ledger, 0, 0, ETH), -5);
    world_order(world, 0, BTCUSDT, AGON_SELL, 0, 10000, 2);
    report.order_id = last_cmd()->order_id;
    report.venue_fill = 2;
    report.px = 6001000;
    report.fee_asset = USDT;
    report.fee_amt = USD(2);
    report.hdr.t = 0;
    world_step(world, &report);
    ck_assert_int_eq(world_last(world, 0, AGON_EVENT_FILL)->u.fill.realised_amt, USD(1));
    ck_assert_uint_eq(world->engine->scores[0].n_losses, 1); // the score counts after it
    ck_assert_int_eq(world->engine->scores[0].lost_amt, USD(1));
    end();
}
END_TEST

/* Room for what later builds say of an intent is behind the record: a build that does not know it
 * takes the order only where nothing is said there. */

int main(void)
{
    Suite *suite = suite_create("engine_control");
    TCase *tcase = tcase_create("control");
    SRunner *runner;
    int n_failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, an_exit_without_a_book_leaves_at_market_and_does_not_hammer);
    tcase_add_test(tcase, an_exit_closes_what_its_scope_says_and_nothing_else);
    tcase_add_test(tcase, an_exit_is_the_hosts_own);
    tcase_add_test(tcase, halts_hold_within_their_scope);
    tcase_add_test(tcase, cancels_go_on_by_sweeps_and_each_goes_once);
    tcase_add_test(tcase, a_cancel_that_did_not_get_through_goes_again);
    tcase_add_test(tcase, losses_stop_new_risk_and_the_way_out_stays);
    tcase_add_test(tcase, a_book_that_is_gone_is_no_loss);
    tcase_add_test(tcase, capital_moves_only_where_it_is);
    tcase_add_test(tcase, capital_at_hand_is_of_all_changes_together);
    tcase_add_test(tcase, what_was_asked_for_changes_nothing);
    tcase_add_test(tcase, strangers_trades_and_over_fills_are_booked_where_they_belong);
    tcase_add_test(tcase, a_fee_in_a_third_asset_is_told_and_realised_is_before_fees);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
