// SPDX-License-Identifier: Apache-2.0
#include <math.h>

#include "engine/impl.h"
#include "world.h"

/* History of a market that is hours ahead of an engine whose time has not come there: each bar has
 * the time at which it ended. One that opens ahead of its own time is refused, as ever. */
START_TEST(bars_of_the_past_are_taken_when_they_come_with_the_time_at_which_they_ended)
{
    struct world *world = world_new(RUN_PAPER);
    uint32_t n = 0;

    for (int i = 0; i < 500; i++) {
        agon_ns_t open = T0 + ((agon_ns_t)10 * 3600 + i * 60) * 1000 * MS;
        struct agon_bar bar = {.hdr = {.type = AGON_EVENT_BAR,
                                       .granules = 2,
                                       .instrument = BTCUSDT,
                                       .t = open + 60000 * MS,
                                       .t_venue = open + 60000 * MS},
                               .t_open = open,
                               .length_s = 60,
                               .n_trades = 3,
                               .open_px = 6000000,
                               .high_px = 6001000,
                               .low_px = 5999000,
                               .close_px = 6000000 + i,
                               .volume_qty = 1000};
        struct agon_bar early = bar;

        early.hdr.t = T0;
        if (i == 0)
            ck_assert_int_eq(world_step(world, &early), AGON_EINVAL);
        n += world_step(world, &bar) == AGON_OK;
    }
    ck_assert_uint_eq(n, 500);
    ck_assert_int_eq(engine_mark_px(world->engine, BTCUSDT), 6000050); // the book's, still
    ck_assert_int_eq(engine_t(world->engine), T0 + (agon_ns_t)(10 * 3600 + 30000) * 1000 * MS);
    world_holds(world);
    world_replays(world);
    world_free(world);
}
END_TEST

START_TEST(an_order_lives_from_wish_to_ledger)
{
    struct world *world = world_new(RUN_PAPER);
    const struct order_cmd *cmd;
    const struct told *told;
    const struct position *pos;

    world_order(world, 0, BTCUSDT, AGON_BUY, 6000000, 10000, 77); // 0.1 BTC at 60,000.00
    ck_assert_uint_eq(world->n_cmds, 1);
    cmd = &world->cmds[0];
    ck_assert_uint_eq(cmd->kind, CMD_NEW);
    ck_assert_uint_eq(cmd->depends_seq, engine_seq(world->engine));
    ck_assert_uint_eq(ORDER_ID_SLOT(cmd->order_id), 0);
    ck_assert_uint_eq(ORDER_ID_RUN(cmd->order_id), 1);
    told = world_last(world, 0, AGON_EVENT_ORDER);
    ck_assert_uint_eq(told->u.order.state, AGON_ORDER_PENDING);
    ck_assert_uint_eq(told->u.order.client_ref, 77);
    ck_assert_uint_eq(told->u.order.request, AGON_REQUEST_NEW);
    pos = ledger_position(engine_ledger(world->engine), 0, BTCUSDT, 0);
    ck_assert_int_eq(pos->working_buy_qty, 10000);
    ck_assert_int_eq(pos->working_buy_amt, USD(6006)); // 6,000 and the fee of 0.1 %

    world_report(world, cmd, REPORT_ACK, 0, 0, 0);
    ck_assert_uint_eq(world_last(world, 0, AGON_EVENT_ORDER)->u.order.state, AGON_ORDER_OPEN);
    world_report(world, cmd, REPORT_FILL, 6000000, 4000, 4000);
    told = world_last(world, 0, AGON_EVENT_FILL);
    ck_assert_int_eq(told->u.fill.position_qty, 4000);
    ck_assert_uint_eq(world_last(world, 0, AGON_EVENT_ORDER)->u.order.state, AGON_ORDER_PARTIAL);
    world_report(world, cmd, REPORT_FILL, 5999900, 6000, 10000);
    ck_assert_uint_eq(world_last(world, 0, AGON_EVENT_ORDER)->u.order.state, AGON_ORDER_FILLED);
    ck_assert_int_eq(pos->working_buy_qty, 0);
    ck_assert_int_eq(pos->working_buy_amt, 0);
    ck_assert_int_eq(pos->held_amt, 10000000); // 0.1 BTC in 1e-8
    // 0.04 * 60,000 + 0.06 * 59,999 = 5,999.94
    ck_assert_int_eq(pos->cost_amt, USD(599994) / 100);
    ck_assert_int_eq(ledger_amt(engine_ledger(world->engine), 0, 0, USDT),
                     USD(100000) - USD(599994) / 100);
    // The mark is the middle, 60,000.50: 0.1 * 60,000.50 = 6,000.05
    ck_assert_int_eq(engine_equity(world->engine, 0),
                     USD(100000) - USD(599994) / 100 + USD(600005) / 100);
    world_holds(world);
    world_free(world);
}
END_TEST

START_TEST(a_market_order_leaves_with_the_collar_as_its_limit)
{
    struct world *world = world_new(RUN_PAPER);

    world_order(world, 0, BTCUSDT, AGON_BUY, 0, 10000, 1);
    ck_assert_uint_eq(world->cmds[0].type, AGON_LIMIT);
    ck_assert_uint_eq(world->cmds[0].tif, AGON_TIF_IOC);
    ck_assert_int_eq(world->cmds[0].px, 6120102); // 60,001.00 and 2 %
    world_free(world);
}
END_TEST

START_TEST(a_refusal_is_told_and_nothing_leaves)
{
    struct world *world = world_new(RUN_PAPER);
    unsigned char before[HASH_SIZE];
    unsigned char after[HASH_SIZE];

    world_hash(world, before);
    world_order(world, 0, BTCUSDT, AGON_BUY, 6000000, 200000000, 5); // 2,000 BTC
    ck_assert_uint_eq(world->n_cmds, 0);
    ck_assert_uint_eq(world_last(world, 0, AGON_EVENT_ORDER)->u.order.state, AGON_ORDER_REJECTED);
    ck_assert_uint_eq(world_last(world, 0, AGON_EVENT_ORDER)->u.order.reason, REASON_CAPITAL);
    world_hash(world, after);
    ck_assert(memcmp(before, after, sizeof(before)) != 0); // it happened
    world_holds(world);
    world_free(world);
}
END_TEST

START_TEST(a_cancel_waits_for_the_request_in_flight)
{
    struct world *world = world_new(RUN_PAPER);
    struct agon_intent cancel = {
        .kind = AGON_INTENT_CANCEL, .instrument = BTCUSDT, .client_ref = 9};

    world_order(world, 0, BTCUSDT, AGON_BUY, 5990000, 10000, 9);
    world_wish(world, 0, &cancel);
    ck_assert_uint_eq(world->n_cmds, 1);
    world_report(world, &world->cmds[0], REPORT_ACK, 0, 0, 0);
    ck_assert_uint_eq(world->n_cmds, 2);
    ck_assert_uint_eq(world->cmds[1].kind, CMD_CANCEL);
    world_report(world, &world->cmds[1], REPORT_CANCELLED, 0, 0, 0);
    ck_assert_uint_eq(world_last(world, 0, AGON_EVENT_ORDER)->u.order.state, AGON_ORDER_CANCELLED);
    ck_assert_uint_eq(orders_count(engine_orders(world->engine), 0), 0);
    world_holds(world);
    world_free(world);
}
END_TEST

START_TEST(legs_pass_or_fail_together)
{
    struct world *world = world_new(RUN_PAPER);
    struct agon_intent_event legs[2] = {
        {.hdr = {.type = AGON_EVENT_INTENT, .granules = 2},
         .origin = {.slot = 0, .leg = 0, .n_legs = 2},
         .intent = {.kind = AGON_INTENT_ORDER,
                    .side = AGON_BUY,
                    .type = AGON_LIMIT,
                    .instrument = BTCUSDT,
                    .px = 5990000,
                    .qty = 10000}},
        {.hdr = {.type = AGON_EVENT_INTENT, .granules = 2},
         .origin = {.slot = 0, .leg = 1, .n_legs = 2},
         .intent = {.kind = AGON_INTENT_ORDER,
                    .side = AGON_SELL, // there is nothing to sell
                    .type = AGON_LIMIT,
                    .instrument = ETHUSDT,
                    .px = 301000,
                    .qty = 100000}},
    };

    world_step(world, &legs[0]);
    ck_assert_uint_eq(world->n_cmds, 0); // half a wish is no order
    world_step(world, &legs[1]);
    ck_assert_uint_eq(world->n_cmds, 0);
    ck_assert_uint_eq(orders_count(engine_orders(world->engine), 0), 0);
    legs[1].intent.side = AGON_BUY;
    legs[1].intent.px = 299000;
    legs[0].hdr.t = 0;
    legs[1].hdr.t = 0;
    world_step(world, &legs[0]);
    world_step(world, &legs[1]);
    ck_assert_uint_eq(world->n_cmds, 2);
    world_holds(world);
    world_free(world);
}
END_TEST

START_TEST(a_quote_stands_moves_and_goes)
{
    struct world *world = world_new(RUN_PAPER);
    struct agon_intent quote = {.kind = AGON_INTENT_QUOTE,
                                .side = AGON_BUY,
                                .instrument = BTCUSDT,
                                .px = 5999000,
                                .qty = 10000};

    world_wish(world, 0, &quote);
    ck_assert_uint_eq(world->cmds[0].kind, CMD_NEW);
    world_report(world, &world->cmds[0], REPORT_ACK, 0, 0, 0);
    world_wish(world, 0, &quote);
    ck_assert_uint_eq(world->n_cmds, 1); // the same again: it stands already
    quote.px = 5999500;
    world_wish(world, 0, &quote);
    ck_assert_uint_eq(world->cmds[1].kind, CMD_REPLACE);
    ck_assert_uint_eq(world->cmds[1].rev, 1);
    world_report(world, &world->cmds[1], REPORT_REPLACED, 5999500, 10000, 0);
    quote.qty = 0;
    world_wish(world, 0, &quote);
    ck_assert_uint_eq(world->cmds[2].kind, CMD_CANCEL);
    world_holds(world);
    world_free(world);
}
END_TEST

START_TEST(an_unknown_request_is_asked_about_and_never_sent_again)
{
    struct world *world = world_new(RUN_PAPER);
    const struct position *pos;

    world_order(world, 0, BTCUSDT, AGON_BUY, 5990000, 10000, 9);
    world_report(world, &world->cmds[0], REPORT_UNKNOWN, 0, 0, 0);
    ck_assert_uint_eq(world->n_cmds, 2);
    ck_assert_uint_eq(world->cmds[1].kind, CMD_QUERY);
    pos = ledger_position(engine_ledger(world->engine), 0, BTCUSDT, 0);
    ck_assert_int_eq(pos->working_buy_qty, 10000); // what may have been done stays held back
    world_report(world, &world->cmds[0], REPORT_ABSENT, 0, 0, 0);
    ck_assert_uint_eq(world_last(world, 0, AGON_EVENT_ORDER)->u.order.reason, REASON_ABSENT);
    ck_assert_int_eq(pos->working_buy_qty, 0);
    ck_assert_uint_eq(world->n_cmds, 2);
    world_free(world);
}
END_TEST

START_TEST(fills_missing_of_an_ended_order_are_asked_for_after_a_restart)
{
    struct world *world = world_new(RUN_PAPER);
    struct record_start start = {
        .hdr = {.type = EVENT_START, .granules = 1}, .run = 2, .mode = RUN_PAPER};
    uint32_t n_cmds;

    world_order(world, 0, BTCUSDT, AGON_BUY, 5990000, 10000, 8);
    world_report(world, &world->cmds[0], REPORT_ACK, 0, 0, 0);
    world_report(world, &world->cmds[0], REPORT_CANCELLED, 0, 0, 0);
    world_order(world, 0, BTCUSDT, AGON_BUY, 5990000, 10000, 9);
    world_report(world, &world->cmds[1], REPORT_ACK, 0, 0, 0);
    world_report(world, &world->cmds[1], REPORT_CANCELLED, 0, 0, 4000); // and no fill was told
    ck_assert_uint_eq(world_last(world, 0, AGON_EVENT_ORDER)->u.order.state, AGON_ORDER_CANCELLED);
    n_cmds = world->n_cmds;
    ck_assert_int_eq(world_step(world, &start), AGON_OK);
    ck_assert_uint_eq(world->n_cmds, n_cmds + 1);
    ck_assert_uint_eq(world->cmds[n_cmds].kind, CMD_QUERY);
    ck_assert_uint_eq(world->cmds[n_cmds].order_id, world->cmds[1].order_id);
    world_free(world);
}
END_TEST

START_TEST(the_kill_switch_cancels_everything_and_refuses_all)
{
    struct world *world = world_new(RUN_PAPER);
    struct record_command kill = {.hdr = {.type = AGON_EVENT_COMMAND, .granules = 1},
                                  .kind = COMMAND_KILL,
                                  .reason = REASON_KILL};

    for (uint64_t i = 0; i < 3; i++) {
        world_order(world, (uint16_t)i, BTCUSDT, AGON_BUY, 5990000, 10000, i + 1);
        world_report(world, &world->cmds[i], REPORT_ACK, 0, 0, 0);
    }
    world_step(world, &kill);
    // First the venue's own way to cancel all at once, then each by its own name.
    ck_assert_uint_eq(world->n_cmds, 7);
    ck_assert_uint_eq(world->cmds[3].kind, CMD_CANCEL_ALL);
    for (int i = 4; i < 7; i++)
        ck_assert_uint_eq(world->cmds[i].kind, CMD_CANCEL);
    world_order(world, 0, BTCUSDT, AGON_BUY, 5990000, 10000, 10);
    ck_assert_uint_eq(world->n_cmds, 7);
    ck_assert_uint_eq(world_last(world, 0, AGON_EVENT_ORDER)->u.order.reason, REASON_KILL);
    world_free(world);
}
END_TEST

START_TEST(a_kill_stands_until_it_is_lifted_by_name)
{
    struct world *world = world_new(RUN_PAPER);
    struct record_command command = {.hdr = {.type = AGON_EVENT_COMMAND, .granules = 1},
                                     .kind = COMMAND_KILL,
                                     .scope = SCOPE_GLOBAL,
                                     .reason = REASON_KILL};

    world_step(world, &command);
    ck_assert_int_eq(engine_halted(world->engine), 2);
    command.kind = COMMAND_RESUME;
    command.reason = REASON_DISK; // of another halt that is over
    world_step(world, &command);
    ck_assert_int_eq(engine_halted(world->engine), 2);
    command.reason = REASON_KILL;
    world_step(world, &command);
    ck_assert_int_eq(engine_halted(world->engine), 0);
    world_free(world);
}
END_TEST

/* What happened at the venue cannot be refused: where no sum holds it, everything stops. */
START_TEST(what_the_books_cannot_hold_halts_everything)
{
    const struct record_report fill = {
        .hdr = {.type = EVENT_REPORT, .granules = 2, .instrument = BTCUSDT},
        .order_id = 1, // nobody's
        .kind = REPORT_FILL,
        .side = AGON_BUY,
        .venue_fill = 1,
        .px = NUM_MAX / 2,
        .qty = NUM_MAX / 2};
    const struct record_account cash = {.hdr = {.type = EVENT_ACCOUNT, .granules = 1},
                                        .asset = USDT,
                                        .flags = 1,
                                        .free_amt = NUM_MAX - 1,
                                        .held_amt = 2};

    for (int i = 0; i < 2; i++) {
        struct world *world = world_new(RUN_PAPER);
        agon_amt_t before = ledger_total(engine_ledger(world->engine), 0, USDT);
        struct record_report report = fill;
        struct record_account account = cash;

        ck_assert_int_eq(engine_halted(world->engine), 0);
        if (i == 0)
            world_step(world, &report);
        else
            world_step(world, &account);
        ck_assert_int_eq(engine_halted(world->engine), 1);
        ck_assert_int_eq(ledger_total(engine_ledger(world->engine), 0, USDT), before);
        world_order(world, 0, BTCUSDT, AGON_BUY, 5990000, 10000, 10);
        ck_assert_uint_eq(world_last(world, 0, AGON_EVENT_ORDER)->u.order.reason, REASON_HALTED);
        ck_assert_ptr_nonnull(engine_halt(world->engine, SCOPE_GLOBAL, HALT_BOOKS));
        ck_assert_uint_eq(world_alerts(world, ALERT_OVERFLOW), 1);
        ck_assert_uint_eq(world_alerts(world, ALERT_HALT), 1);
        world_holds(world);
        world_free(world);
    }
}
END_TEST

/* A later run reads fills from there on. One that comes ahead of others, on the stream or in a list
 * of one order, says nothing of those before it; in a journal of before there is nothing else to go
 * by. */
START_TEST(fills_are_read_on_from_where_all_were_read)
{
    struct world *world = world_new(RUN_LIVE);
    struct record_report fill = {
        .hdr = {.type = EVENT_REPORT, .granules = 2, .instrument = BTCUSDT},
        .order_id = 1, // nobody's
        .kind = REPORT_FILL,
        .side = AGON_BUY,
        .px = 6000000,
        .qty = 1000};
    struct record_fills_read read = {
        .hdr = {.type = EVENT_FILLS_READ, .granules = 1, .instrument = BTCUSDT}};
    static const struct {
        uint64_t fill, read, from; /* fill 0: it is told what was read */
    } steps[] = {{0, 0, 0}, {40, 0, 0}, {0, 38, 38}, {41, 0, 38}, {39, 0, 38}, {0, 41, 41}};
    uint64_t from;

    ck_assert_int_eq(engine_fills_read(world->engine, BTCUSDT, &from), 0);
    fill.venue_fill = 35;
    world_step(world, &fill);
    ck_assert_int_eq(engine_fills_read(world->engine, BTCUSDT, &from), 1);
    ck_assert_uint_eq(from, 35);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        fill.venue_fill = steps[i].fill;
        read.venue_fill = steps[i].read;
        if (steps[i].fill != 0)
            world_step(world, &fill);
        else
            world_step(world, &read);
        ck_assert_int_eq(engine_fills_read(world->engine, BTCUSDT, &from), 1);
        ck_assert_uint_eq(from, steps[i].from);
    }
    ck_assert_uint_eq(world_alerts(world, ALERT_FOREIGN_FILL), 1);
    world_holds(world);
    world_free(world);
}
END_TEST

START_TEST(flatten_closes_what_is_held_through_the_gate)
{
    struct world *world = world_new(RUN_PAPER);
    struct record_command flatten = {.hdr = {.type = AGON_EVENT_COMMAND, .granules = 1},
                                     .kind = COMMAND_FLATTEN,
                                     .scope = SCOPE_SLOT,
                                     .id = 0};

    world_order(world, 0, BTCUSDT, AGON_BUY, 0, 10000, 1);
    world_report(world, &world->cmds[0], REPORT_FILL, 6000100, 10000, 10000);
    world_order(world, 0, BTCUSDT, AGON_SELL, 6100000, 10000, 2);
    world_report(world, &world->cmds[1], REPORT_ACK, 0, 0, 0);
    world_step(world, &flatten);
    ck_assert_uint_eq(world->cmds[2].kind, CMD_CANCEL);
    ck_assert_uint_eq(world->n_cmds, 3); // the coins are still promised to the open sell
    world_report(world, &world->cmds[2], REPORT_CANCELLED, 0, 0, 0);
    ck_assert_uint_eq(world->n_cmds, 4);
    ck_assert_uint_eq(world->cmds[3].side, AGON_SELL);
    ck_assert_int_eq(world->cmds[3].qty, 10000);
    ck_assert((world->cmds[3].flags & AGON_REDUCE_ONLY) != 0);
    world_holds(world);
    world_free(world);
}
END_TEST

static struct record_generation generation_of(uint16_t slot, uint32_t number, uint8_t why)
{
    return (struct record_generation){.hdr = {.type = EVENT_CONFIG, .granules = 4},
                                      .kind = CONFIG_GENERATION,
                                      .slot = slot,
                                      .generation = number,
                                      .generation_hash = 77,
                                      .event_mask = UINT64_MAX,
                                      .why = why,
                                      .agent_kind = AGON_STRATEGY};
}

START_TEST(a_generation_takes_over_by_an_event_and_orders_stay_with_the_slot)
{
    struct world *world = world_new(RUN_PAPER);
    struct record_generation next = generation_of(0, 2, GENERATION_RELOAD);
    const struct slot *slot = slots_get(engine_slots(world->engine), 0);
    uint8_t lengths = slot->subscription.bar_mask;
    uint64_t nth;

    world_order(world, 0, BTCUSDT, AGON_BUY, 5990000, 10000, 1);
    next.event_mask = slot->subscription.event_mask;
    nth = slots_nth(engine_slots(world->engine), 0);
    ck_assert_int_eq(world_step(world, &next), AGON_OK);
    ck_assert_uint_eq(slot->generation, 2);
    ck_assert_uint_eq(slot->generation_hash, 77);
    ck_assert_uint_eq(slot->subscription.bar_mask, lengths); // a record of before has none
    ck_assert_uint_eq(slots_nth(engine_slots(world->engine), 0),
                      nth); // a change of hands is no event of the slot
    ck_assert_uint_eq(world->n_cmds, 1);
    ck_assert_uint_eq(orders_count(engine_orders(world->engine), 0), 1);
    next.generation = 1; // back again
    next.why = GENERATION_ROLLBACK;
    next.bar_mask = 1 << 4;
    ck_assert_int_eq(world_step(world, &next), AGON_OK);
    ck_assert_uint_eq(slot->generation, 1);
    ck_assert_uint_eq(slot->subscription.bar_mask, 1 << 4);
    next.generation = 4; // a number that nobody gave
    ck_assert_int_eq(world_step(world, &next), AGON_EINVAL);
    next.generation = 3;
    next.agent_kind = AGON_MODEL; // a slot does not change its trade
    ck_assert_int_eq(world_step(world, &next), AGON_EINVAL);
    ck_assert_uint_eq(slot->last_generation, 2);
    world_holds(world);
    world_free(world);
}
END_TEST

static void crash_as(struct world *world, uint16_t slot, uint8_t kind, uint8_t orders,
                     uint64_t last_seq)
{
    struct record_crash record = {.hdr = {.type = EVENT_CRASH, .granules = 3},
                                  .slot = slot,
                                  .kind = kind,
                                  .orders = orders,
                                  .signal = 11,
                                  .generation = 1,
                                  .last_seq = last_seq,
                                  .text = "signal 11"};

    ck_assert_int_eq(world_step(world, &record), AGON_OK);
}

static void crash(struct world *world, uint16_t slot, uint8_t orders, uint64_t last_seq)
{
    crash_as(world, slot, CRASH_DIED, orders, last_seq);
}

START_TEST(a_crash_cancels_and_the_next_generation_trades_again)
{
    struct world *world = world_new(RUN_PAPER);
    struct record_generation next = generation_of(0, 2, GENERATION_RESTORE);
    const struct slot *slot = slots_get(engine_slots(world->engine), 0);

    world_order(world, 0, BTCUSDT, AGON_BUY, 5990000, 10000, 1);
    world_report(world, &world->cmds[0], REPORT_ACK, 0, 0, 0);
    crash(world, 0, ORDERS_CANCEL_ALL, 5);
    ck_assert_uint_eq(world->n_cmds, 2);
    ck_assert_uint_eq(world->cmds[1].kind, CMD_CANCEL);
    ck_assert_uint_eq(slot->condition, CONDITION_SUSPENDED);
    ck_assert_uint_eq(slot->condition_reason, REASON_SLOT_GONE);
    ck_assert_uint_eq(world_last(world, 0, AGON_EVENT_CAPITAL)->u.capital.condition,
                      CONDITION_SUSPENDED);
    world_step(world, &next);
    ck_assert_uint_eq(slot->condition, CONDITION_ACTIVE);
    ck_assert_uint_eq(slot->condition_reason, REASON_NONE);
    world_order(world, 0, BTCUSDT, AGON_BUY, 5990000, 10000, 2);
    world_report(world, &world->cmds[2], REPORT_ACK, 0, 0, 0);
    crash(world, 0, ORDERS_KEEP, 9);
    ck_assert_uint_eq(world->n_cmds, 3);
    world_holds(world);
    world_free(world);
}
END_TEST

START_TEST(what_crashes_too_often_is_quarantined)
{
    struct world *world = world_new(RUN_PAPER);
    struct record_generation next = generation_of(0, 2, GENERATION_FRESH);
    const struct slot *slot = slots_get(engine_slots(world->engine), 0);
    struct record_command word = {.hdr = {.type = AGON_EVENT_COMMAND, .granules = 1},
                                  .kind = COMMAND_SLOT_CONDITION,
                                  .id = 1,
                                  .value = CONDITION_SUSPENDED,
                                  .reason = REASON_OPERATOR};
    const agon_ns_t minute = 60000 * MS;
    agon_ns_t begin = world->t;

    crash(world, 0, ORDERS_KEEP, 1);
    world->t = begin + 9 * minute;
    crash(world, 0, ORDERS_KEEP, 2);
    world->t = begin + 10 * minute + 1; // the first is longer ago than 10 minutes
    crash(world, 0, ORDERS_KEEP, 3);
    ck_assert_uint_eq(slot->condition, CONDITION_SUSPENDED);
    world->t = begin + 19 * minute;
    crash(world, 0, ORDERS_KEEP, 4);
    ck_assert_uint_eq(slot->condition, CONDITION_QUARANTINED);
    world_step(world, &next); // cleared and loaded again
    ck_assert_uint_eq(slot->condition, CONDITION_ACTIVE);
    world->t = begin + 24 * 60 * minute; // the fifth in 24 hours
    crash(world, 0, ORDERS_KEEP, 5);
    ck_assert_uint_eq(slot->condition, CONDITION_QUARANTINED);
    // What an operator said stands.
    world_step(world, &word);
    crash(world, 1, ORDERS_KEEP, 6);
    slot = slots_get(engine_slots(world->engine), 1);
    ck_assert_uint_eq(slot->condition_reason, REASON_OPERATOR);
    next.slot = 1;
    world_step(world, &next);
    ck_assert_uint_eq(slot->condition, CONDITION_SUSPENDED);
    ck_assert_int_eq(engine_halted(world->engine), 0);
    world_free(world);
}
END_TEST

START_TEST(two_that_die_of_one_event_halt_everything)
{
    struct world *world = world_new(RUN_PAPER);
    struct record_generation other = generation_of(1, 2, GENERATION_RELOAD);

    crash(world, 0, ORDERS_KEEP, 8); // of one binary: it is the suspect itself
    crash(world, 2, ORDERS_KEEP, 8);
    ck_assert_int_eq(engine_halted(world->engine), 0);
    world->t += 2000 * MS;
    crash(world, 1, ORDERS_KEEP, 8);
    ck_assert_int_eq(engine_halted(world->engine), 0);
    ck_assert_uint_eq(world_alerts(world, ALERT_COMMON_CRASH), 0);
    world_step(world, &other);
    // Who fills his meter does so by himself, and the host finds several in one look.
    crash_as(world, 2, CRASH_FLOODED, ORDERS_KEEP, 8);
    ck_assert_int_eq(engine_halted(world->engine), 0);
    world->t += 2000 * MS;
    crash_as(world, 1, CRASH_FLOODED, ORDERS_KEEP, 9);
    crash(world, 2, ORDERS_KEEP, 9);
    ck_assert_int_eq(engine_halted(world->engine), 0);
    world->t += 2000 * MS;
    crash(world, 1, ORDERS_KEEP, 10);
    crash(world, 2, ORDERS_KEEP, 10);
    ck_assert_int_eq(engine_halted(world->engine), 1);
    ck_assert_uint_eq(world_alerts(world, ALERT_COMMON_CRASH), 1);
    ck_assert_uint_ge(world_alerts(world, ALERT_CRASH), 3);
    world_free(world);
}
END_TEST

START_TEST(a_cancel_of_what_raises_leaves_the_way_out)
{
    struct world *world = world_new(RUN_PAPER);
    struct record_command cancel = {.hdr = {.type = AGON_EVENT_COMMAND, .granules = 1},
                                    .kind = COMMAND_CANCEL_ALL,
                                    .scope = SCOPE_SLOT,
                                    .which = CANCEL_NON_REDUCING,
                                    .reason = REASON_OPERATOR};

    world_order(world, 0, BTCUSDT, AGON_BUY, 0, 10000, 1);
    world_report(world, &world->cmds[0], REPORT_FILL, 6000100, 10000, 10000);
    world_order(world, 0, BTCUSDT, AGON_SELL, 6100000, 5000, 2);
    world_report(world, &world->cmds[1], REPORT_ACK, 0, 0, 0);
    world_order(world, 0, BTCUSDT, AGON_BUY, 5990000, 10000, 3);
    world_report(world, &world->cmds[2], REPORT_ACK, 0, 0, 0);
    world_step(world, &cancel);
    ck_assert_uint_eq(world->n_cmds, 4);
    ck_assert_uint_eq(world->cmds[3].kind, CMD_CANCEL);
    ck_assert_uint_eq(world->cmds[3].order_id, world->cmds[2].order_id);
    world_free(world);
}
END_TEST

START_TEST(a_parameter_reaches_its_slot_alone_and_is_counted)
{
    struct world *world = world_new(RUN_PAPER);
    struct record_param param = {.hdr = {.type = EVENT_CONFIG, .granules = 1},
                                 .kind = CONFIG_PARAM,
                                 .slot = 1,
                                 .id = 7,
                                 .real = 1.5};
    uint64_t nth = slots_nth(engine_slots(world->engine), 1);
    const struct agon_param_change *change;

    ck_assert_int_eq(world_step(world, &param), AGON_OK);
    ck_assert_ptr_null(world_last(world, 0, AGON_EVENT_PARAM));
    change = (const void *)&world_last(world, 1, AGON_EVENT_PARAM)->u;
    ck_assert_uint_eq(change->id, 7);
    ck_assert_double_eq(change->real, 1.5);
    ck_assert_uint_eq(slots_nth(engine_slots(world->engine), 1), nth + 1);
    param.hdr.t = 0;
    param.slot = SLOTS_MAX;
    ck_assert_int_eq(world_step(world, &param), AGON_EINVAL);
    param.hdr.t = 0;
    param.slot = 1;
    param.real = (double)INFINITY;
    ck_assert_int_eq(world_step(world, &param), AGON_EINVAL);
    world_free(world);
}
END_TEST

START_TEST(timers_come_at_their_time_and_before_later_events)
{
    struct world *world = world_new(RUN_PAPER);
    struct record_arm arm = {.hdr = {.type = EVENT_ARM, .granules = 2},
                             .origin = {.slot = 1},
                             .id = 1,
                             .t_at = T0 + 5 * MS,
                             .every_ns = 10 * MS,
                             .cookie = 99};

    ck_assert_int_eq(world_step(world, &arm), AGON_OK);
    ck_assert_int_eq(engine_next_due(world->engine), T0 + 5 * MS);
    world_due(world, T0 + 30 * MS);
    ck_assert_uint_eq(engine_counters(world->engine)->n_timers, 3); // 5, 15, 25 ms
    ck_assert_int_eq(world_last(world, 1, AGON_EVENT_TIMER)->u.timer.t_due, T0 + 25 * MS);
    arm.is_disarm = 1;
    arm.hdr.t = 0;
    world_step(world, &arm);
    ck_assert_int_gt(engine_next_due(world->engine), T0 + 30 * MS);
    world_free(world);
}
END_TEST

START_TEST(who_begins_with_nothing_has_no_timers_no_half_group_and_nothing_on_its_way)
{
    struct world *world = world_new(RUN_PAPER);
    struct record_arm arm = {.hdr = {.type = EVENT_ARM, .granules = 2},
                             .origin = {.slot = 0, .generation = 1}};
    struct record_generation fresh = {.hdr = {.type = EVENT_CONFIG, .granules = 4},
                                      .kind = CONFIG_GENERATION,
                                      .slot = 0,
                                      .event_mask = ~(uint64_t)0,
                                      .why = GENERATION_FRESH,
                                      .agent_kind = AGON_STRATEGY};
    struct agon_intent_event late = {
        .hdr = {.type = AGON_EVENT_INTENT, .granules = 2, .instrument = BTCUSDT},
        .origin = {.slot = 0, .generation = 1, .n_legs = 1},
        .intent = {.kind = AGON_INTENT_ORDER,
                   .side = AGON_BUY,
                   .type = AGON_LIMIT,
                   .instrument = BTCUSDT,
                   .px = 5990000,
                   .qty = 10000,
                   .client_ref = 9}};
    struct agon_intent_event leg = late;
    uint32_t n_cmds;

    arm.origin.slot = 1; // of another slot
    arm.id = 1;
    arm.t_at = world->t + 3600 * 1000 * MS;
    ck_assert_int_eq(world_step(world, &arm), AGON_OK);
    arm.origin.slot = 0;
    // Each restart with nothing arms a timer: more often than a slot has timers.
    for (uint32_t i = 1; i <= 3 * ENGINE_SLOT_TIMERS; i++) {
        arm.hdr.t = 0;
        arm.id = i;
        arm.origin.generation = i;
        ck_assert_int_eq(world_step(world, &arm), AGON_OK);
        fresh.hdr.t = 0;
        fresh.generation = i + 1;
        ck_assert_int_eq(world_step(world, &fresh), AGON_OK);
    }
    ck_assert_uint_eq(world->engine->timers.n, 1); // the other slot's
    // What the dead one wanted later, or half, is nobody's.
    leg.origin.generation = fresh.generation;
    leg.origin.n_legs = 2;
    leg.hdr.t = 0;
    ck_assert_int_eq(world_step(world, &leg), AGON_OK);
    ck_assert_uint_eq(world->engine->legs[0].n, 1);
    fresh.hdr.t = 0;
    fresh.generation++;
    ck_assert_int_eq(world_step(world, &fresh), AGON_OK);
    ck_assert_uint_eq(world->engine->legs[0].n, 0);
    n_cmds = world->n_cmds;
    late.hdr.t = 0;
    ck_assert_int_eq(world_step(world, &late), AGON_OK);
    ck_assert_uint_eq(world->n_cmds, n_cmds);
    ck_assert_uint_eq(world_last(world, 0, AGON_EVENT_ORDER)->u.order.reason, REASON_SLOT_GONE);
    arm.hdr.t = 0;
    ck_assert_int_eq(world_step(world, &arm), AGON_OK);
    ck_assert_uint_eq(world->engine->timers.n, 1);
    late.hdr.t = 0;
    late.origin.generation = fresh.generation;
    ck_assert_int_eq(world_step(world, &late), AGON_OK);
    ck_assert_uint_eq(world->n_cmds, n_cmds + 1);
    world_replays(world);
    world_free(world);
}
END_TEST

// A morning of trading by three slots, with bars, fills, refusals and timers in it.
static struct world *busy_world(void)
{
    struct world *world = world_new(RUN_PAPER);
    struct record_arm arm = {.hdr = {.type = EVENT_ARM, .granules = 2},
                             .origin = {.slot = 2},
                             .id = 1,
                             .t_at = T0 + 700 * MS,
                             .every_ns = 900 * MS};

    world_step(world, &arm);
    for (int i = 0; i < 400; i++) {
        agon_px_t px = 6000000 + (i * 37) % 501;
        uint32_t n_cmds = world->n_cmds;

        world_due(world, T0 + i * 500 * MS);
        world_book(world, BTCUSDT, px, 100000000 + i, px + 100, 100000000);
        world_trade(world, BTCUSDT, px, 1000 + i, i % 2 == 0 ? AGON_BUY : AGON_SELL);
        if (i % 3 == 0)
            world_order(world, (uint16_t)(i % 2), BTCUSDT, AGON_BUY, i % 4 == 0 ? 0 : px - 500,
                        1000 + i, (uint64_t)i + 1);
        if (i % 11 == 5)
            world_order(world, 0, BTCUSDT, AGON_SELL, 0, 500, (uint64_t)i + 1);
        while (n_cmds < world->n_cmds) {
            const struct order_cmd *cmd = &world->cmds[n_cmds++];

            if (cmd->kind != CMD_NEW)
                continue;
            world_report(world, cmd, REPORT_ACK, 0, 0, 0);
            if (cmd->tif == AGON_TIF_IOC || i % 7 == 0)
                world_report(world, cmd, REPORT_FILL, cmd->side == AGON_BUY ? px + 100 : px,
                             cmd->qty, cmd->qty);
        }
        if (i % 100 == 99) {
            struct record_mark mark;

            ck_assert_int_eq(engine_make_mark(world->engine, &mark), AGON_OK);
            mark.hdr.t = 0;
            ck_assert_int_eq(world_step(world, &mark), AGON_OK);
        }
        world_holds(world);
    }
    ck_assert_uint_gt(engine_counters(world->engine)->n_fills, 20);
    return world;
}

START_TEST(a_replay_reaches_every_mark_and_the_same_outputs)
{
    struct world *world = busy_world();
    struct engine_config config = {.state_bytes = (uint64_t)16 << 20, .bus_granules = 1 << 16};
    struct engine *again;
    unsigned char first[HASH_SIZE];
    unsigned char second[HASH_SIZE];
    uint64_t n_marks = 0;

    ck_assert_int_eq(engine_new(&again, &config, NULL), AGON_OK);
    for (uint64_t at = 0; at < world->n_record;) {
        const struct agon_event_hdr *event = (const void *)(world->record + at);

        ck_assert_int_ne(engine_step_recorded(again, event), AGON_ECORRUPT);
        n_marks += event->type == EVENT_MARK;
        at += event_bytes(event);
    }
    ck_assert_uint_eq(n_marks, 4);
    world_hash(world, first);
    ck_assert_int_eq(engine_hash(again, second), AGON_OK);
    ck_assert_mem_eq(first, second, HASH_SIZE);
    ck_assert_uint_eq(engine_output_hash(world->engine), engine_output_hash(again));
    engine_free(again);
    world_free(world);
}
END_TEST

START_TEST(a_loaded_state_is_the_saved_one_and_goes_on_alike)
{
    struct world *world = busy_world();
    struct engine_config config = {.state_bytes = (uint64_t)16 << 20, .bus_granules = 1 << 16};
    uint64_t n = engine_save(world->engine, NULL, 0);
    unsigned char *bytes = malloc(n);
    struct engine *again;
    unsigned char first[HASH_SIZE];
    unsigned char second[HASH_SIZE];
    struct error err = {0};
    uint64_t from;

    ck_assert_ptr_nonnull(bytes);
    ck_assert_uint_eq(engine_save(world->engine, bytes, n), n);
    ck_assert_int_eq(engine_new(&again, &config, NULL), AGON_OK);
    ck_assert_msg(engine_load(again, bytes, n, &err) == AGON_OK, "%s", err.text);
    world_hash(world, first);
    ck_assert_int_eq(engine_hash(again, second), AGON_OK);
    ck_assert_mem_eq(first, second, HASH_SIZE);
    from = world->n_record;
    world_due(world, world->t + 70000 * MS);
    world_order(world, 0, BTCUSDT, AGON_BUY, 0, 1000, 999);
    world_report(world, &world->cmds[world->n_cmds - 1], REPORT_FILL, 6000100, 1000, 1000);
    for (uint64_t at = from; at < world->n_record;) {
        const struct agon_event_hdr *event = (const void *)(world->record + at);

        ck_assert_int_eq(engine_step_recorded(again, event), AGON_OK);
        at += event_bytes(event);
    }
    world_hash(world, first);
    ck_assert_int_eq(engine_hash(again, second), AGON_OK);
    ck_assert_mem_eq(first, second, HASH_SIZE);
    for (uint64_t cut = 0; cut < n; cut += 1 + n / 500) {
        struct engine *none;

        ck_assert_int_eq(engine_new(&none, &config, NULL), AGON_OK);
        ck_assert_int_lt(engine_load(none, bytes, cut, NULL), 0);
        engine_free(none);
    }
    free(bytes);
    engine_free(again);
    world_free(world);
}
END_TEST

START_TEST(a_false_mark_is_found)
{
    struct world *world = world_new(RUN_PAPER);
    struct record_mark mark;

    ck_assert_int_eq(engine_make_mark(world->engine, &mark), AGON_OK);
    mark.hash[5] ^= 1;
    ck_assert_int_eq(world_step(world, &mark), AGON_ECORRUPT);
    world_free(world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine");
    TCase *tcase = tcase_create("engine");
    SRunner *runner;
    int n_failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase,
                   bars_of_the_past_are_taken_when_they_come_with_the_time_at_which_they_ended);
    tcase_add_test(tcase, an_order_lives_from_wish_to_ledger);
    tcase_add_test(tcase, a_market_order_leaves_with_the_collar_as_its_limit);
    tcase_add_test(tcase, a_refusal_is_told_and_nothing_leaves);
    tcase_add_test(tcase, a_cancel_waits_for_the_request_in_flight);
    tcase_add_test(tcase, legs_pass_or_fail_together);
    tcase_add_test(tcase, a_quote_stands_moves_and_goes);
    tcase_add_test(tcase, an_unknown_request_is_asked_about_and_never_sent_again);
    tcase_add_test(tcase, fills_missing_of_an_ended_order_are_asked_for_after_a_restart);
    tcase_add_test(tcase, the_kill_switch_cancels_everything_and_refuses_all);
    tcase_add_test(tcase, a_kill_stands_until_it_is_lifted_by_name);
    tcase_add_test(tcase, what_the_books_cannot_hold_halts_everything);
    tcase_add_test(tcase, fills_are_read_on_from_where_all_were_read);
    tcase_add_test(tcase, flatten_closes_what_is_held_through_the_gate);
    tcase_add_test(tcase, a_generation_takes_over_by_an_event_and_orders_stay_with_the_slot);
    tcase_add_test(tcase, a_crash_cancels_and_the_next_generation_trades_again);
    tcase_add_test(tcase, what_crashes_too_often_is_quarantined);
    tcase_add_test(tcase, two_that_die_of_one_event_halt_everything);
    tcase_add_test(tcase, a_cancel_of_what_raises_leaves_the_way_out);
    tcase_add_test(tcase, timers_come_at_their_time_and_before_later_events);
    tcase_add_test(tcase,
                   who_begins_with_nothing_has_no_timers_no_half_group_and_nothing_on_its_way);
    tcase_add_test(tcase, a_parameter_reaches_its_slot_alone_and_is_counted);
    tcase_add_test(tcase, a_replay_reaches_every_mark_and_the_same_outputs);
    tcase_add_test(tcase, a_loaded_state_is_the_saved_one_and_goes_on_alike);
    tcase_add_test(tcase, a_false_mark_is_found);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
