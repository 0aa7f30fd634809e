// SPDX-License-Identifier: Apache-2.0
/* From intents to orders and back: replacements that race fills, legs, targets, quotes, restarts,
 * and what is held back meanwhile. */
#include "booked.h"

START_TEST(a_replacement_to_a_higher_price_is_held_back_at_that_price)
{
    const struct order *order;

    world = world_new(RUN_PAPER);
    order = stand(0, AGON_BUY, 5900000, 10000, 7);
    ck_assert_int_eq(pos_of(0, BTCUSDT)->working_buy_amt, USD(59059) / 10);
    replace(0, 7, 6000000, 10000);
    ck_assert_int_eq(pos_of(0, BTCUSDT)->working_buy_amt, USD(6006));
    world_report(world, last_cmd(), REPORT_REPLACED, 6000000, 10000, 0);
    ck_assert_int_eq(pos_of(0, BTCUSDT)->working_buy_amt, USD(6006));
    ck_assert_int_eq(order->px, 6000000);
    replace(0, 7, 5900000, 10000); // down again: the higher one until it is done
    ck_assert_int_eq(pos_of(0, BTCUSDT)->working_buy_amt, USD(6006));
    world_report(world, last_cmd(), REPORT_REPLACED, 5900000, 10000, 0);
    ck_assert_int_eq(pos_of(0, BTCUSDT)->working_buy_amt, USD(59059) / 10);
    end();
}
END_TEST

START_TEST(a_replacement_that_races_fills_loses_none)
{
    const struct order *order;

    world = world_new(RUN_PAPER);
    order = stand(0, AGON_BUY, 5990000, 10000, 7);
    replace(0, 7, 5990000, 20000);
    ck_assert_int_eq(pos_of(0, BTCUSDT)->working_buy_qty, 20000);
    world_report(world, &world->cmds[0], REPORT_FILL, 5990000, 10000, 10000);
    ck_assert_uint_eq(order->state, AGON_ORDER_PARTIAL); // 10,000 more may stand at the venue
    ck_assert_int_eq(pos_of(0, BTCUSDT)->working_buy_qty, 10000);
    world_report(world, &world->cmds[1], REPORT_REPLACED, 5990000, 20000, 10000);
    ck_assert_int_eq(pos_of(0, BTCUSDT)->working_buy_qty, 10000);
    world_report(world, &world->cmds[1], REPORT_FILL, 5990000, 10000, 20000);
    ck_assert_uint_eq(order->state, AGON_ORDER_FILLED);
    ck_assert_int_eq(pos_of(0, BTCUSDT)->qty, 20000);
    ck_assert_int_eq(pos_of(0, BTCUSDT)->working_buy_amt, 0);
    // Larger than the old order before anything was said of the new one.
    order = stand(0, AGON_BUY, 5980000, 10000, 8);
    replace(0, 8, 5980000, 30000);
    world_report(world, &world->cmds[2], REPORT_FILL, 5980000, 25000, 25000);
    ck_assert_uint_eq(engine_counters(world->engine)->n_over_fills, 0);
    ck_assert_int_eq(order->qty, 30000);
    ck_assert_int_eq(pos_of(0, BTCUSDT)->working_buy_qty, 5000);
    world_report(world, &world->cmds[3], REPORT_CANCELLED, 0, 0, 25000);
    // The old one was full before the venue saw the replacement.
    order = stand(0, AGON_BUY, 5980000, 10000, 9);
    replace(0, 9, 5980000, 30000);
    world_report(world, last_cmd(), REPORT_UNKNOWN, 0, 0, 0);
    ck_assert_uint_eq(last_cmd()->kind, CMD_QUERY);
    {
        struct order_cmd first = *last_cmd();

        world_report(world, &first, REPORT_FILL, 5980000, 10000, 10000);
        ck_assert_int_eq(pos_of(0, BTCUSDT)->working_buy_qty, 20000); // in doubt: held back
        world_report(world, &first, REPORT_REPLACE_REJECTED, 0, 0, 10000);
    }
    ck_assert_uint_eq(order->state, AGON_ORDER_FILLED);
    end();
}
END_TEST

START_TEST(a_replacement_of_unknown_fate_ends_as_the_venue_shows)
{
    struct record_report seen = {
        .hdr = {.type = EVENT_REPORT, .granules = 2, .instrument = BTCUSDT},
        .kind = REPORT_STATE,
        .state = AGON_ORDER_OPEN};
    struct order *order;

    for (uint8_t rev = 0; rev < 2; rev++) {
        world = world_new(RUN_PAPER);
        order = stand(0, AGON_BUY, 5990000, 10000, 7);
        replace(0, 7, 5950000, 5000);
        world_report(world, last_cmd(), REPORT_UNKNOWN, 0, 0, 0);
        ck_assert_uint_eq(order->request_state, AGON_REQUEST_UNKNOWN);
        ck_assert_uint_eq(world->cmds[2].kind, CMD_QUERY);
        replace(0, 7, 5940000, 5000);
        ck_assert_uint_eq(told(0)->reason, REASON_REQUEST_PENDING);
        seen.order_id = order->id;
        seen.rev = rev;
        world_step(world, &seen);
        seen.hdr.t = 0;
        ck_assert_uint_eq(order->request, AGON_REQUEST_NONE);
        ck_assert_int_eq(order->px, rev == 0 ? 5990000 : 5950000);
        ck_assert_int_eq(order->qty, rev == 0 ? 10000 : 5000);
        ck_assert_int_eq(pos_of(0, BTCUSDT)->working_buy_qty, order->qty);
        end();
    }
}
END_TEST

START_TEST(a_replacement_that_cannot_be_changes_nothing)
{
    struct order *order;
    agon_amt_t amt;
    struct record_report seen = {
        .hdr = {.type = EVENT_REPORT, .granules = 2, .instrument = BTCUSDT},
        .kind = REPORT_STATE,
        .state = AGON_ORDER_CANCELLING};

    world = world_new(RUN_PAPER);
    replace(0, 99, 5990000, 10000); // of nothing
    ck_assert_uint_eq(told(0)->reason, REASON_UNKNOWN_ORDER);
    order = stand(0, AGON_BUY, 5990000, 10000, 7);
    world_report(world, &world->cmds[0], REPORT_FILL, 5990000, 4000, 4000);
    amt = pos_of(0, BTCUSDT)->working_buy_amt;
#define REFUSED(px, qty, why)                                                                      \
    do {                                                                                           \
        replace(0, 7, px, qty);                                                                    \
        ck_assert_uint_eq(told(0)->reason, why);                                                   \
        ck_assert_uint_eq(told(0)->request, AGON_REQUEST_REPLACE);                                 \
        ck_assert_int_eq(pos_of(0, BTCUSDT)->working_buy_amt, amt);                                \
        ck_assert_uint_eq(order->state, AGON_ORDER_PARTIAL);                                       \
        ck_assert_uint_eq(order->request, AGON_REQUEST_NONE);                                      \
    } while (0)
    REFUSED(5990000, 4000, REASON_INVALID); // is filled already
    REFUSED(0, 10000, REASON_INVALID);
    REFUSED(-1, 10000, REASON_INVALID);
    REFUSED(5990000, INT64_MIN, REASON_INVALID);
    REFUSED(5000000, 10000, REASON_COLLAR);
    REFUSED(5990000, 899999999, REASON_CAPITAL);
    world->is_venue_full = 1;
    replace(0, 7, 5980000, 10000);
    ck_assert_uint_eq(told(0)->reason, REASON_VENUE_BUSY);
    ck_assert_uint_eq(order->request, AGON_REQUEST_NONE);
    ck_assert_int_eq(pos_of(0, BTCUSDT)->working_buy_amt, amt);
    world->is_venue_full = 0;
    ck_assert_uint_eq(world->n_cmds, 1);
    // While the venue takes the order down it stays what it is.
    seen.order_id = order->id;
    world_step(world, &seen);
    ck_assert_uint_eq(order->state, AGON_ORDER_CANCELLING);
    replace(0, 7, 5980000, 10000);
    ck_assert_uint_eq(told(0)->reason, REASON_REQUEST_PENDING);
    ck_assert_uint_eq(order->state, AGON_ORDER_CANCELLING);
    end();
}
END_TEST

START_TEST(no_two_slots_of_an_account_meet)
{
    struct agon_intent stop = {.kind = AGON_INTENT_ORDER,
                               .side = AGON_BUY,
                               .type = AGON_STOP,
                               .instrument = BTCUSDT,
                               .trigger_px = 6050000,
                               .qty = 10000};

    world = world_new(RUN_PAPER);
    buy_and_fill(0, BTCUSDT, 6000100, 20000);
    stand(0, AGON_SELL, 6010000, 10000, 5);
    world_order(world, 1, BTCUSDT, AGON_BUY, 6010000, 10000, 6);
    ck_assert_uint_eq(told(1)->reason, REASON_SELF_TRADE);
    world_order(world, 0, BTCUSDT, AGON_BUY, 6010000, 10000, 6); // nor does a slot meet itself
    ck_assert_uint_eq(told(0)->reason, REASON_SELF_TRADE);
    world_order(world, 1, BTCUSDT, AGON_BUY, 0, 10000, 6); // a market order reaches 6,120,102
    ck_assert_uint_eq(told(1)->reason, REASON_SELF_TRADE);
    world_order(world, 1, BTCUSDT, AGON_BUY, 6009999, 10000, 7);
    ck_assert_uint_eq(told(1)->reason, REASON_NONE);
    // Where the sell is on its way to counts as much as where it stands.
    replace(0, 5, 6020000, 10000);
    ck_assert_uint_eq(told(0)->request, AGON_REQUEST_REPLACE);
    world_order(world, 1, BTCUSDT, AGON_BUY, 6010000, 10000, 8);
    ck_assert_uint_eq(told(1)->reason, REASON_SELF_TRADE);
    world_report(world, last_cmd(), REPORT_REPLACED, 6020000, 10000, 0);
    world_order(world, 1, BTCUSDT, AGON_BUY, 6015000, 10000, 9);
    ck_assert_uint_eq(told(1)->reason, REASON_NONE);
    replace(0, 5, 6016000, 10000);
    world_order(world, 1, BTCUSDT, AGON_BUY, 6017000, 10000, 10);
    ck_assert_uint_eq(told(1)->reason, REASON_SELF_TRADE);
    // One far beyond the reach of a market order is not in its way.
    world_report(world, last_cmd(), REPORT_REPLACED, 6016000, 10000, 0);
    replace(0, 5, 6300000, 10000);
    world_report(world, last_cmd(), REPORT_REPLACED, 6300000, 10000, 0);
    world_order(world, 1, BTCUSDT, AGON_BUY, 0, 10000, 11);
    ck_assert_uint_eq(told(1)->reason, REASON_NONE);
    ck_assert_int_eq(last_cmd()->px, 6120102);
    // It is in flight up to there, and a sell may not meet it.
    world_order(world, 0, BTCUSDT, AGON_SELL, 6120102, 5000, 12);
    ck_assert_uint_eq(told(0)->reason, REASON_SELF_TRADE);
    world_order(world, 0, BTCUSDT, AGON_SELL, 6120103, 5000, 12);
    ck_assert_uint_eq(told(0)->reason, REASON_NONE);
    world_wish(world, 1, &stop); // waits for its trigger
    ck_assert_uint_eq(told(1)->reason, REASON_NONE);
    end();
}
END_TEST

START_TEST(no_order_leaves_that_could_cost_more_than_was_judged)
{
    struct agon_intent stop = {.kind = AGON_INTENT_ORDER,
                               .side = AGON_BUY,
                               .type = AGON_STOP,
                               .instrument = BTCUSDT,
                               .trigger_px = 6100000,
                               .qty = 10000};
    struct record_slot record = world_slot_record(1);

    world = world_new(RUN_PAPER);
    buy_and_fill(0, BTCUSDT, 6000100, 20000);
    world_order(world, 0, BTCUSDT, AGON_SELL, 0, 10000, 2);
    ck_assert_uint_eq(last_cmd()->type, AGON_LIMIT);
    ck_assert_uint_eq(last_cmd()->tif, AGON_TIF_IOC);
    ck_assert_int_eq(last_cmd()->px, 5880000); // the bid less 2 %
    world_wish(world, 0, &stop);
    ck_assert_uint_eq(last_cmd()->type, AGON_STOP_LIMIT);
    ck_assert_int_eq(last_cmd()->px, 6222000);
    ck_assert_int_eq(last_cmd()->trigger_px, 6100000);
    stop.side = AGON_SELL;
    stop.trigger_px = 5900000;
    world_wish(world, 0, &stop);
    ck_assert_uint_eq(last_cmd()->type, AGON_STOP); // a way out has no floor
    // A slot without a collar has the default of the house.
    world_report(world, &world->cmds[1], REPORT_EXPIRED, 0, 0, 0);
    record.limits.collar_marketable_ppm = 0;
    world_step(world, &record);
    world_order(world, 1, BTCUSDT, AGON_BUY, 0, 10000, 2);
    ck_assert_uint_eq(last_cmd()->type, AGON_LIMIT);
    ck_assert_int_eq(last_cmd()->px, 6120102);
    ck_assert_int_eq(pos_of(1, BTCUSDT)->working_buy_amt, 612622210200); // with the fee
    end();
}
END_TEST

START_TEST(account_0_means_the_slots_own)
{
    struct record_slot record = world_slot_record(0);
    struct record_account cash = {.hdr = {.type = EVENT_ACCOUNT, .granules = 1},
                                  .account = 5,
                                  .flags = 3,
                                  .asset = USDT,
                                  .free_amt = USD(1000000)};
    struct venue_port port;
    struct agon_intent intent = {.kind = AGON_INTENT_ORDER,
                                 .side = AGON_BUY,
                                 .type = AGON_LIMIT,
                                 .instrument = BTCUSDT,
                                 .px = 5990000,
                                 .qty = 10000};

    world = world_new(RUN_PAPER);
    port = (struct venue_port){.ctx = world, .send = world_send};
    engine_attach_venue(world->engine, 5, &port);
    world_step(world, &cash);
    record.slot = 3;
    record.account = 5;
    world_rename(&record, "fourth");
    ck_assert_int_eq(world_step(world, &record), AGON_OK);
    world_wish(world, 3, &intent);
    ck_assert_uint_eq(world->n_cmds, 1);
    ck_assert_uint_eq(last_cmd()->account, 5);
    intent.account = 5;
    world_wish(world, 3, &intent);
    ck_assert_uint_eq(world->n_cmds, 2);
    intent.account = 4;
    world_wish(world, 3, &intent);
    ck_assert_uint_eq(world->n_cmds, 2);
    end();
}
END_TEST

static struct agon_intent_event leg_of(uint8_t leg, uint8_t n_legs, agon_px_t px)
{
    return (struct agon_intent_event){
        .hdr = {.type = AGON_EVENT_INTENT, .granules = 2},
        .origin = {.slot = 0, .leg = leg, .n_legs = n_legs, .cause_seq = 77},
        .intent = {.kind = AGON_INTENT_ORDER,
                   .side = AGON_BUY,
                   .type = AGON_LIMIT,
                   .instrument = BTCUSDT,
                   .client_ref = leg + 1u,
                   .px = px,
                   .qty = 1000}};
}

START_TEST(forged_legs_reach_no_memory_and_no_venue)
{
    world = world_new(RUN_PAPER);
    // Seven of eight, then one that claims to be of two, then the ninth place.
    for (uint8_t leg = 0; leg < 7; leg++) {
        struct agon_intent_event event = leg_of(leg, 8, 5990000);

        world_step(world, &event);
    }
    for (int i = 0; i < 300; i++) {
        struct agon_intent_event event =
            leg_of((uint8_t)(7 + i % 250), (uint8_t)(2 + i % 9), 5990000);

        world_step(world, &event);
        ck_assert_uint_lt(world->engine->legs[0].n, ENGINE_LEGS);
    }
    ck_assert_uint_eq(world->n_cmds, 0);
    ck_assert_uint_eq(world->engine->legs[1].n, 0);
    // Legs of two calls are no group.
    {
        struct agon_intent_event first = leg_of(0, 2, 5990000);
        struct agon_intent_event second = leg_of(1, 2, 5980000);

        second.origin.cause_seq = 78;
        world_step(world, &first);
        world_step(world, &second);
        ck_assert_uint_eq(world->n_cmds, 0);
        ck_assert_uint_eq(told(0)->reason, REASON_INVALID);
        second.origin.cause_seq = 77;
        first.hdr.t = second.hdr.t = 0;
        world_step(world, &first);
        world_step(world, &second);
        ck_assert_uint_eq(world->n_cmds, 2);
    }
    end();
}
END_TEST

// As many as a plugin may hand over, and one more, which no plugin's runner lets pass.
START_TEST(a_group_has_as_many_legs_as_a_plugin_may_hand_over)
{
    world = world_new(RUN_PAPER);
    ck_assert_uint_eq(ENGINE_LEGS, AGON_LEGS_MAX);
    for (uint8_t leg = 0; leg < AGON_LEGS_MAX; leg++) {
        struct agon_intent_event event = leg_of(leg, AGON_LEGS_MAX, 5990000 - 10 * leg);

        world_step(world, &event);
    }
    ck_assert_uint_eq(world->n_cmds, AGON_LEGS_MAX);
    {
        struct agon_intent_event event = leg_of(0, AGON_LEGS_MAX + 1, 5990000);

        world_step(world, &event);
        ck_assert_uint_eq(told(0)->reason, REASON_INVALID);
        ck_assert_uint_eq(world->n_cmds, AGON_LEGS_MAX);
    }
    end();
}
END_TEST

START_TEST(a_group_passes_the_gate_whole_or_leaves_no_trace_there)
{
    struct agon_intent_event legs[3] = {leg_of(0, 3, 5990000), leg_of(1, 3, 5980000),
                                        leg_of(2, 3, 5970000)};

    world = world_new(RUN_PAPER);
    // A leg that the gate refuses takes the gate's memory of the others back too.
    limit(0, LIMIT_ORDERS_PER_S, 2);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 3; i++) {
            legs[i].hdr.t = 0;
            world_step(world, &legs[i]);
        }
        ck_assert_uint_eq(told(0)->reason, REASON_RATE);
    }
    world_order(world, 0, BTCUSDT, AGON_BUY, 5990000, 1000, 9);
    ck_assert_uint_eq(told(0)->reason, REASON_NONE);
    // A group is of orders only.
    limit(0, LIMIT_ORDERS_PER_S, 0);
    legs[1].intent.kind = AGON_INTENT_CANCEL_ALL;
    for (int i = 0; i < 3; i++) {
        legs[i].hdr.t = 0;
        world_step(world, &legs[i]);
    }
    ck_assert_uint_eq(told(0)->reason, REASON_INVALID);
    end();
}
END_TEST

START_TEST(each_leg_is_judged_beside_those_before_it)
{
    struct agon_intent_event legs[2] = {leg_of(0, 2, 5990000), leg_of(1, 2, 5980000)};

    world = world_new(RUN_PAPER);
    limit(0, LIMIT_POSITION_AMT, USD(900)); // one leg is 599, both are not within it
    for (int i = 0; i < 2; i++)
        world_step(world, &legs[i]);
    ck_assert_uint_eq(told(0)->reason, REASON_POSITION);
    ck_assert_uint_eq(world->n_cmds, 0);
    ck_assert_int_eq(pos_of(0, BTCUSDT)->working_buy_qty, 0);
    limit(0, LIMIT_POSITION_AMT, USD(1200));
    for (int i = 0; i < 2; i++) {
        legs[i].hdr.t = 0;
        world_step(world, &legs[i]);
    }
    ck_assert_uint_eq(world->n_cmds, 2);
    ck_assert_int_eq(pos_of(0, BTCUSDT)->working_buy_qty, 2000);
    end();
}
END_TEST

static struct at_send {
    struct journal_buffer journal;
    uint64_t journal_seq, output_hash;
    agon_qty_t working_qty;
} at_send;

static int look_at_send(void *ctx, const struct order_cmd *cmd)
{
    const struct position *pos = pos_of(0, BTCUSDT);

    at_send.journal_seq = atomic_load(&at_send.journal.seq);
    at_send.output_hash = world->engine->output_hash;
    at_send.working_qty = pos != NULL ? pos->working_buy_qty : -1;
    REQUIRE(at_send.journal_seq >= cmd->depends_seq);
    return world_send(ctx, cmd);
}

/* Whoever writes an order's bytes has its command from the send on: before that is what it rests
 * on, and behind it what follows from it. */
START_TEST(inv_03_an_order_leaves_behind_its_record_and_before_what_follows_from_it)
{
    struct venue_port port = {.send = look_at_send};
    struct order *order;
    uint64_t before;

    world = world_new(RUN_PAPER);
    port.ctx = world;
    engine_attach_venue(world->engine, 0, &port);
    ck_assert_int_eq(journal_buffer_init(&at_send.journal, 65536, world->engine->seq + 1), AGON_OK);
    world->engine->config.journal = &at_send.journal;
    for (uint64_t ref = 1; ref <= 3; ref++) {
        before = world->engine->output_hash;
        world_order(world, 0, BTCUSDT, AGON_BUY, 5990000, 1000, ref);
        ck_assert_uint_eq(world->n_cmds, ref);
        ck_assert_uint_eq(at_send.journal_seq, world->engine->seq);
        ck_assert_uint_eq(at_send.output_hash, before);
        ck_assert_int_eq(at_send.working_qty, (agon_qty_t)(ref - 1) * 1000);
        ck_assert_int_eq(pos_of(0, BTCUSDT)->working_buy_qty, (agon_qty_t)ref * 1000);
        order = orders_find(world->engine->orders, last_cmd()->order_id);
        ck_assert_int_eq(order->held_back_qty, 1000);
        ck_assert_uint_ne(world->engine->output_hash, before);
        ck_assert_uint_eq(told(0)->client_ref, ref);
    }
    world->engine->config.journal = NULL;
    journal_buffer_deinit(&at_send.journal);
    end();
}
END_TEST

START_TEST(a_target_counts_what_is_on_its_way)
{
    struct agon_intent target = {.kind = AGON_INTENT_TARGET, .instrument = BTCUSDT, .qty = 10000};

    world = world_new(RUN_PAPER);
    world_wish(world, 0, &target);
    ck_assert_int_eq(last_cmd()->qty, 10000);
    world_wish(world, 0, &target);
    ck_assert_uint_eq(world->n_cmds, 1);
    world_report(world, last_cmd(), REPORT_FILL, 6000100, 4000, 4000);
    world_wish(world, 0, &target);
    ck_assert_uint_eq(world->n_cmds, 1);
    world_report(world, last_cmd(), REPORT_EXPIRED, 0, 0, 4000);
    world_wish(world, 0, &target);
    ck_assert_uint_eq(world->n_cmds, 2);
    ck_assert_int_eq(last_cmd()->qty, 6000);
    world_report(world, last_cmd(), REPORT_FILL, 6000100, 6000, 6000);
    target.qty = 2500;
    world_wish(world, 0, &target);
    ck_assert_uint_eq(last_cmd()->side, AGON_SELL);
    ck_assert_int_eq(last_cmd()->qty, 7500);
    target.qty = INT64_MIN;
    world_wish(world, 0, &target);
    ck_assert_uint_eq(told(0)->state, AGON_ORDER_REJECTED);
    target.instrument = 77;
    world_wish(world, 0, &target);
    ck_assert_uint_eq(told(0)->reason, REASON_UNAUTHORISED);
    ck_assert_uint_eq(world->n_cmds, 3);
    target = (struct agon_intent){.kind = AGON_INTENT_TARGET,
                                  .type = AGON_LIMIT,
                                  .instrument = ETHUSDT,
                                  .px = 299000,
                                  .qty = 10000};
    world_wish(world, 0, &target);
    ck_assert_uint_eq(world->n_cmds, 4);
    ck_assert_int_eq(last_cmd()->px, 299000);
    end();
}
END_TEST

START_TEST(a_quote_keeps_its_size_through_fills_and_asks_for_nothing_twice)
{
    struct agon_intent quote = {.kind = AGON_INTENT_QUOTE,
                                .side = AGON_BUY,
                                .instrument = BTCUSDT,
                                .px = 5999000,
                                .qty = 10000};
    uint64_t n_refused;

    world = world_new(RUN_PAPER);
    world_wish(world, 0, &quote);
    n_refused = world->engine->counters.n_refused;
    world_wish(world, 0, &quote); // while it is on its way
    ck_assert_uint_eq(world->n_cmds, 1);
    ck_assert_uint_eq(world->engine->counters.n_refused, n_refused);
    world_report(world, &world->cmds[0], REPORT_ACK, 0, 0, 0);
    world_report(world, &world->cmds[0], REPORT_FILL, 5999000, 4000, 4000);
    world_wish(world, 0, &quote);
    ck_assert_uint_eq(last_cmd()->kind, CMD_REPLACE);
    ck_assert_int_eq(last_cmd()->qty, 14000); // 10,000 shall stand
    ck_assert_int_eq(last_cmd()->filled_qty, 4000);
    world_wish(world, 0, &quote);
    ck_assert_uint_eq(world->n_cmds, 2);
    ck_assert_uint_eq(world->engine->counters.n_refused, n_refused);
    world_report(world, last_cmd(), REPORT_REPLACED, 5999000, 14000, 4000);
    ck_assert_int_eq(pos_of(0, BTCUSDT)->working_buy_qty, 10000);
    quote.px = 5998000;
    world_wish(world, 0, &quote);
    world_report(world, last_cmd(), REPORT_REPLACE_REJECTED, 0, 0, 4000);
    ck_assert_int_eq(pos_of(0, BTCUSDT)->working_buy_qty, 10000);
    quote.qty = -1;
    world_wish(world, 0, &quote);
    ck_assert_uint_eq(told(0)->reason, REASON_INVALID);
    quote.qty = 0;
    world_wish(world, 0, &quote);
    ck_assert_uint_eq(last_cmd()->kind, CMD_CANCEL);
    quote.side = 0;
    world_wish(world, 0, &quote); // nothing stands there
    world_report(world, last_cmd(), REPORT_CANCELLED, 0, 0, 4000);
    end();
}
END_TEST

START_TEST(an_intent_of_a_later_build_is_done_whole_or_not_at_all)
{
    union {
        struct agon_intent_event event;
        unsigned char bytes[3 * EVENT_GRANULE];
    } wish = {.event = {.hdr = {.type = AGON_EVENT_INTENT, .granules = 3, .instrument = BTCUSDT},
                        .origin = {.n_legs = 1},
                        .intent = {.kind = AGON_INTENT_ORDER,
                                   .side = AGON_BUY,
                                   .type = AGON_LIMIT,
                                   .instrument = BTCUSDT,
                                   .client_ref = 1,
                                   .px = 6000000,
                                   .qty = 1000}}};
    uint32_t n_cmds;

    world = world_new(RUN_PAPER);
    world_book(world, BTCUSDT, 5999900, 100000000, 6000000, 100000000);
    ck_assert_int_eq(world_step(world, &wish), AGON_OK);
    ck_assert_uint_eq(told(0)->reason, REASON_NONE);
    ck_assert_uint_eq(world->n_cmds, 1);
    n_cmds = world->n_cmds;
    wish.event.hdr.t = 0;
    wish.event.intent.client_ref = 2;
    wish.bytes[sizeof(wish) - 1] = 1;
    ck_assert_int_eq(world_step(world, &wish), AGON_OK);
    ck_assert_uint_eq(told(0)->client_ref, 2);
    ck_assert_uint_eq(told(0)->reason, REASON_INVALID);
    ck_assert_uint_eq(world->n_cmds, n_cmds);
    world_replays(world);
    world_free(world);
}
END_TEST

START_TEST(a_restart_asks_and_assumes_nothing)
{
    struct record_start start = {
        .hdr = {.type = EVENT_START, .granules = 1}, .run = 2, .mode = RUN_PAPER};
    struct agon_intent_event half = leg_of(0, 2, 5990000);
    struct order *asked;
    uint64_t first;

    world = world_new(RUN_PAPER);
    stand(0, AGON_BUY, 5990000, 10000, 1);
    world_order(world, 1, BTCUSDT, AGON_BUY, 5980000, 10000, 2); // on its way
    first = last_cmd()->order_id;
    world_step(world, &half);
    ck_assert_int_eq(world_step(world, &start), AGON_OK);
    ck_assert_uint_eq(world->n_cmds, 4);
    ck_assert_uint_eq(world->cmds[2].kind, CMD_QUERY);
    ck_assert_uint_eq(world->cmds[3].kind, CMD_QUERY);
    ck_assert_uint_eq(world->cmds[2].doubt, 0);       // it stood open, nothing was on its way
    ck_assert_uint_eq(world->cmds[3].doubt, CMD_NEW); // what a gateway of this run cannot know
    ck_assert_int_eq(world->cmds[3].doubt_qty, 10000);
    asked = orders_find(world->engine->orders, first);
    ck_assert_uint_eq(asked->request_state, AGON_REQUEST_UNKNOWN);
    ck_assert_int_eq(pos_of(1, BTCUSDT)->working_buy_qty, 10000);
    ck_assert_uint_eq(world->engine->legs[0].n, 0);
    world_order(world, 1, BTCUSDT, AGON_BUY, 5970000, 10000, 3);
    ck_assert_uint_eq(told(1)->reason, REASON_NO_BOOK); // what was proven before is no proof now
    world_book(world, BTCUSDT, 6000000, 100000000, 6000100, 100000000);
    world_order(world, 1, BTCUSDT, AGON_BUY, 5970000, 10000, 3);
    ck_assert_uint_eq(ORDER_ID_RUN(last_cmd()->order_id), 2);
    ck_assert_uint_eq(ORDER_ID_COUNTER(last_cmd()->order_id), 1);
    start.hdr.t = 0;
    ck_assert_int_eq(world_step(world, &start), AGON_EINVAL); // run 2 was
    start.run = 70000;
    start.hdr.t = 0;
    ck_assert_int_eq(world_step(world, &start), AGON_EINVAL);
    end();
}
END_TEST

START_TEST(a_book_made_of_bars_is_as_young_as_its_bars_let_it_be)
{
    struct record_slot record = world_slot_record(1);
    struct record_step step = {.hdr = {.type = EVENT_CONFIG, .granules = 1, .instrument = BTCUSDT},
                               .kind = CONFIG_STEP,
                               .step_ns = 3600 * 1000 * MS};
    struct slot_unjudged of;
    agon_ns_t t;

    world = world_new(RUN_BACKTEST);
    record.limits.book_age_ms = 60000;
    ck_assert_int_eq(world_step(world, &record), AGON_OK);
    world_book(world, BTCUSDT, 6000000, 100000000, 6000100, 100000000);
    t = world->t;
    world->t = t + 60000 * MS;
    world_order(world, 1, BTCUSDT, AGON_BUY, 5970000, 10000, 1);
    ck_assert_uint_eq(world->n_cmds, 1);
    world->t++;
    world_order(world, 1, BTCUSDT, AGON_BUY, 5970000, 10000, 2);
    ck_assert_uint_eq(told(1)->reason, REASON_NO_BOOK);
    // A book in two bars of an hour, and not later.
    ck_assert_int_eq(world_step(world, &step), AGON_OK);
    world->t = t + 2 * step.step_ns;
    world_order(world, 1, BTCUSDT, AGON_BUY, 5970000, 10000, 3);
    ck_assert_uint_eq(world->n_cmds, 2);
    world->t++;
    world_order(world, 1, BTCUSDT, AGON_BUY, 5970000, 10000, 4);
    ck_assert_uint_eq(told(1)->reason, REASON_NO_BOOK);
    engine_unjudged(world->engine, 1, &of);
    ck_assert_uint_eq(of.n_orders, 4);
    ck_assert_uint_eq(of.n_refused, 2);
    ck_assert_uint_eq(of.book_age_ms, 60000);
    // A step shorter than that takes nothing away.
    step.hdr.t = 0;
    step.step_ns = 1000 * MS;
    ck_assert_int_eq(world_step(world, &step), AGON_OK);
    world_book(world, BTCUSDT, 6000000, 100000000, 6000100, 100000000);
    world->t += 60000 * MS;
    world_order(world, 1, BTCUSDT, AGON_BUY, 5970000, 10000, 5);
    ck_assert_uint_eq(world->n_cmds, 3);
    for (int i = 0; i < 3; i++) {
        step.hdr.t = 0;
        step.step_ns = i == 0 ? 0 : i == 1 ? -1 : INT64_MAX;
        step.is_bars = i == 0;
        ck_assert_int_eq(world_step(world, &step), AGON_EINVAL);
    }
    // None at all: in this run the venue has a book of its own, which is as young as any.
    step.is_bars = 0;
    step.step_ns = 0;
    ck_assert_int_eq(world_step(world, &step), AGON_OK);
    world->t++;
    world_order(world, 1, BTCUSDT, AGON_BUY, 5970000, 10000, 6);
    ck_assert_uint_eq(told(1)->reason, REASON_NO_BOOK);
    end();
}
END_TEST

START_TEST(the_numbers_of_a_numbered_journal_stay_within_its_client_ids)
{
    struct record_start start = {.hdr = {.type = EVENT_START, .granules = 1},
                                 .run = 2,
                                 .mode = RUN_PAPER,
                                 .journal = {0x56, 0x34, 0x12}};

    world = world_new(RUN_PAPER);
    ck_assert_uint_eq(engine_order_ids(world->engine).journal, 0);
    ck_assert_int_eq(world_step(world, &start), AGON_OK);
    ck_assert_uint_eq(engine_order_ids(world->engine).journal, 0x123456);
    ck_assert_uint_eq(engine_order_ids(world->engine).since_run, 2);
    world_book(world, BTCUSDT, 6000000, 100000000, 6000100, 100000000);
    world->engine->slots.all[1].next_counter = ORDER_COUNTER_MAX;
    world_order(world, 1, BTCUSDT, AGON_BUY, 5970000, 10000, 3);
    ck_assert_uint_eq(ORDER_ID_COUNTER(last_cmd()->order_id), ORDER_COUNTER_MAX);
    world_order(world, 1, BTCUSDT, AGON_BUY, 5960000, 10000, 4);
    ck_assert_uint_eq(told(1)->reason, REASON_NO_ROOM); // and no id comes twice
    // Its number is drawn once, and its runs end where the ids would.
    start.run = 3;
    start.journal[0] ^= 1;
    start.hdr.t = 0;
    ck_assert_int_eq(world_step(world, &start), AGON_EINVAL);
    start.journal[0] ^= 1;
    start.run = ORDER_RUN_MAX + 1;
    start.hdr.t = 0;
    ck_assert_int_eq(world_step(world, &start), AGON_EINVAL);
    start.run = ORDER_RUN_MAX;
    start.hdr.t = 0;
    ck_assert_int_eq(world_step(world, &start), AGON_OK);
    ck_assert_uint_eq(engine_order_ids(world->engine).since_run, 2);
    end();
}
END_TEST

static int step_ids(uint32_t journal, uint32_t since_run)
{
    struct record_ids ids = {.hdr = {.type = EVENT_CONFIG, .granules = 1},
                             .kind = CONFIG_IDS,
                             .journal = journal,
                             .since_run = since_run};

    return world_step(world, &ids);
}
static int step_start(uint32_t journal, uint32_t run)
{
    struct record_start start = {
        .hdr = {.type = EVENT_START, .granules = 1},
        .run = run,
        .mode = RUN_PAPER,
        .journal = {journal & 0xff, journal >> 8 & 0xff, (unsigned char)(journal >> 16)}};

    return world_step(world, &start);
}

START_TEST(a_restored_journal_goes_on_under_another_number_and_keeps_those_of_before)
{
    struct order_ids ids;

    world = world_new(RUN_PAPER);
    ck_assert_int_eq(step_ids(0x111111, 9), AGON_EINVAL); // there is none that it could follow
    ck_assert_int_eq(step_start(0x111111, 2), AGON_OK);
    ck_assert_int_eq(step_ids(0x111111, 9), AGON_EINVAL); // the same is no other
    ck_assert_int_eq(step_ids(0, 9), AGON_EINVAL);
    ck_assert_int_eq(step_ids(0x1000000, 9), AGON_EINVAL);
    ck_assert_int_eq(step_ids(0x222222, 2), AGON_EINVAL); // this run has its number
    ck_assert_int_eq(step_ids(0x222222, ORDER_RUN_MAX + 1), AGON_EINVAL);
    ck_assert_int_eq(step_ids(0x222222, 66), AGON_OK);
    ck_assert_int_eq(step_start(0x111111, 66), AGON_EINVAL);
    ck_assert_int_eq(step_start(0x222222, 65), AGON_EINVAL);
    ck_assert_int_eq(step_start(0x222222, 66), AGON_OK);
    ck_assert_int_eq(step_ids(0x111111, 99), AGON_EINVAL); // an old one would come again
    ids = engine_order_ids(world->engine);
    ck_assert_uint_eq(ids.journal, 0x222222);
    ck_assert_uint_eq(ids.since_run, 66);
    ck_assert_uint_eq(ids.n_earlier, 1);
    ck_assert_uint_eq(ids.earlier[0].journal, 0x111111);
    ck_assert_uint_eq(ids.earlier[0].since_run, 2);
    for (uint32_t i = 1; i < ORDER_IDS_EARLIER; i++)
        ck_assert_int_eq(step_ids(0x300000 + i, 66 + i), AGON_OK);
    ck_assert_int_eq(step_ids(0x400000, 200), AGON_ENOSPC); // and it stays as it is
    ck_assert_int_eq(step_start(0x300000 + ORDER_IDS_EARLIER - 1, 200), AGON_OK);
    end();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine_intents");
    TCase *tcase = tcase_create("intents");
    SRunner *runner;
    int n_failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, a_book_made_of_bars_is_as_young_as_its_bars_let_it_be);
    tcase_add_test(tcase, the_numbers_of_a_numbered_journal_stay_within_its_client_ids);
    tcase_add_test(tcase,
                   a_restored_journal_goes_on_under_another_number_and_keeps_those_of_before);
    tcase_add_test(tcase, a_replacement_to_a_higher_price_is_held_back_at_that_price);
    tcase_add_test(tcase, a_replacement_that_races_fills_loses_none);
    tcase_add_test(tcase, a_replacement_of_unknown_fate_ends_as_the_venue_shows);
    tcase_add_test(tcase, a_replacement_that_cannot_be_changes_nothing);
    tcase_add_test(tcase, no_two_slots_of_an_account_meet);
    tcase_add_test(tcase, no_order_leaves_that_could_cost_more_than_was_judged);
    tcase_add_test(tcase, account_0_means_the_slots_own);
    tcase_add_test(tcase, forged_legs_reach_no_memory_and_no_venue);
    tcase_add_test(tcase, a_group_has_as_many_legs_as_a_plugin_may_hand_over);
    tcase_add_test(tcase, a_group_passes_the_gate_whole_or_leaves_no_trace_there);
    tcase_add_test(tcase, each_leg_is_judged_beside_those_before_it);
    tcase_add_test(tcase, inv_03_an_order_leaves_behind_its_record_and_before_what_follows_from_it);
    tcase_add_test(tcase, a_target_counts_what_is_on_its_way);
    tcase_add_test(tcase, a_quote_keeps_its_size_through_fills_and_asks_for_nothing_twice);
    tcase_add_test(tcase, an_intent_of_a_later_build_is_done_whole_or_not_at_all);
    tcase_add_test(tcase, a_restart_asks_and_assumes_nothing);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
