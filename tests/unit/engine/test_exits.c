// SPDX-License-Identifier: Apache-2.0
/* Exit plans in the engine: what fires, and that it closes exactly once whatever the venue, the
 * plugin, the operator and the host's own end do meanwhile. Every test ends with a replay. */
#include "exits_rig.h"

START_TEST(a_stop_that_a_live_book_crosses_closes_the_position_once)
{
    const struct order_cmd *cmd;
    uint32_t n_cmds;

    begin(50000);
    set(&stop_at_59000);
    ck_assert_uint_eq(told()->state, AGON_EXIT_ARMED);
    ck_assert_uint_eq(told()->client_ref, 5);
    n_cmds = world->n_cmds;
    book(5900001);
    ck_assert_uint_eq(world->n_cmds, n_cmds);
    book(5899900);
    ck_assert_uint_eq(world->n_cmds, n_cmds + 1);
    cmd = last_cmd();
    ck_assert_uint_eq(cmd->kind, CMD_NEW);
    ck_assert_uint_eq(cmd->side, AGON_SELL);
    ck_assert_int_eq(cmd->qty, 50000);
    ck_assert_uint_eq(cmd->tif, AGON_TIF_IOC);
    ck_assert_uint_eq(told()->state, AGON_EXIT_FIRED);
    ck_assert_uint_eq(told()->cause, AGON_EXIT_BY_STOP);
    ck_assert_int_eq(told()->px, 5899900); // cause and price
    ck_assert_uint_eq(world_last(world, SLOT, AGON_EVENT_ORDER)->u.order.reason, REASON_EXIT);
    // The price goes on falling, and comes back, while the order is under way.
    book(5800000);
    book(6100000);
    book(5700000);
    world_due(world, world->t + 10 * SECOND);
    ck_assert_uint_eq(world->n_cmds, n_cmds + 1);
    fill(cmd, 5899900, 50000);
    ck_assert_str_eq(why(cmd), "stop"); // who asks behind the fill, when its plan is gone, too
    ck_assert_str_eq(why(&world->cmds[0]), "agent");
    ck_assert_uint_eq(told()->state, AGON_EXIT_DONE);
    ck_assert_int_eq(told()->closed_qty, 50000);
    ck_assert_int_eq(position(), 0);
    ck_assert_uint_eq(n_plans(), 0);
    book(5000000);
    world_due(world, world->t + 10 * SECOND);
    ck_assert_uint_eq(world->n_cmds, n_cmds + 1);
    ck_assert_int_eq(n_told(AGON_EXIT_FIRED), 1);
    ck_assert_uint_eq(engine_counters(world->engine)->n_exits, 1);
    end();
}
END_TEST

// That it fired, why and at which price, is in the journal: a DUE event.
START_TEST(an_exit_that_fires_is_an_event_of_the_journal)
{
    const struct record_due *fired = NULL;

    begin(50000);
    set(&stop_at_59000);
    book(5899900);
    for (uint64_t at = 0; at < world->n_record;) {
        const struct agon_event_hdr *event =
            (const struct agon_event_hdr *)(const void *)(world->record + at);
        const struct record_due *due = (const struct record_due *)(const void *)event;

        if (event->type == EVENT_DUE && due->kind == DUE_EXIT) {
            ck_assert_ptr_null(fired);
            fired = due;
        }
        at += event_bytes(event);
    }
    ck_assert_ptr_nonnull(fired);
    ck_assert_uint_eq(fired->cause, AGON_EXIT_BY_STOP);
    ck_assert_int_eq(fired->px, 5899900);
    ck_assert_uint_eq(fired->slot, SLOT);
    ck_assert_uint_eq(fired->hdr.instrument, BTCUSDT);
    end();
}
END_TEST

START_TEST(one_print_far_away_fires_only_who_asked_for_it)
{
    struct agon_exit_plan plan = stop_at_59000;
    uint32_t n_cmds;

    begin(50000);
    set(&plan);
    n_cmds = world->n_cmds;
    world_trade(world, BTCUSDT, 3000000, 5, AGON_SELL); // half the price, and back
    world_due(world, world->t + 1);
    world_trade(world, BTCUSDT, 6000000, 5, AGON_SELL);
    world_due(world, world->t + SECOND);
    ck_assert_uint_eq(world->n_cmds, n_cmds);
    ck_assert_int_eq(n_told(AGON_EXIT_FIRED), 0);
    plan.watch = AGON_EXIT_LAST;
    set(&plan);
    world_due(world, world->t + SECOND);
    ck_assert_uint_eq(world->n_cmds, n_cmds); // a trade before it was told is none of its
    world_trade(world, BTCUSDT, 3000000, 5, AGON_SELL);
    world_due(world, world->t + 1);
    ck_assert_uint_eq(world->n_cmds, n_cmds + 1);
    ck_assert_int_eq(told()->px, 3000000);
    end();
}
END_TEST

START_TEST(no_stale_and_no_crossed_book_fires_anything)
{
    struct agon_status stale = {
        .hdr = {.type = AGON_EVENT_STATUS, .granules = 1, .instrument = BTCUSDT},
        .book = BOOK_STALE};
    uint32_t n_cmds;

    begin(50000);
    set(&stop_at_59000);
    n_cmds = world->n_cmds;
    world_book(world, BTCUSDT, 5800000, 100000000, 5700000, 100000000); // crossed
    world_due(world, world->t + SECOND);
    ck_assert_uint_eq(world->n_cmds, n_cmds);
    world_book(world, BTCUSDT, 5950000, 100000000, 5950100, 100000000);
    ck_assert_int_eq(world_step(world, &stale), AGON_OK);
    {
        struct {
            struct agon_book_part part;
            struct agon_level levels[4];
        } delta = {.part = {.hdr = {.type = AGON_EVENT_BOOK_DELTA,
                                    .granules = 2,
                                    .instrument = BTCUSDT,
                                    .t = world->t},
                            .n_bid = 1},
                   .levels = {{5950000, 0}}};

        ck_assert_int_eq(world_step(world, &delta), AGON_OK); // its bid is gone
    }
    world_due(world, world->t + SECOND);
    ck_assert_uint_eq(world->n_cmds, n_cmds);
    ck_assert_int_eq(n_told(AGON_EXIT_FIRED), 0);
    book(5800000); // live again, and there it is
    ck_assert_uint_eq(world->n_cmds, n_cmds + 1);
    end();
}
END_TEST

START_TEST(a_plan_that_comes_before_its_position_waits_for_it)
{
    begin(0);
    set(&stop_at_59000);
    ck_assert_uint_eq(told()->state, AGON_EXIT_WAITING);
    book(5800000);
    ck_assert_int_eq(n_told(AGON_EXIT_FIRED), 0);
    book(6000000);
    world_order(world, SLOT, BTCUSDT, AGON_BUY, 0, 50000, 1);
    world_report(world, last_cmd(), REPORT_FILL, 6000100, 20000, 20000);
    ck_assert_uint_eq(told()->state, AGON_EXIT_ARMED);
    world_report(world, last_cmd(), REPORT_FILL, 6000100, 30000, 50000);
    ck_assert_int_eq(n_told(AGON_EXIT_ARMED), 1);
    book(5800000);
    ck_assert_int_eq(last_cmd()->qty, 50000);
    fill(last_cmd(), 5800000, 50000);
    ck_assert_uint_eq(told()->state, AGON_EXIT_DONE);
    end();
}
END_TEST

/* Two plans of one slot at one price, and its own order to sell: all that is ever promised to
 * orders is what it holds. */
START_TEST(two_plans_and_the_plugin_never_sell_more_than_is_held)
{
    struct agon_exit_plan plan = stop_at_59000;
    const struct position *pos;
    uint32_t first;

    begin(50000);
    plan.qty = 40000;
    set(&plan);
    plan.client_ref = 6;
    plan.qty = 30000;
    set(&plan);
    world_order(world, SLOT, BTCUSDT, AGON_SELL, 6100000, 15000, 9); // 35000 are free
    world_report(world, last_cmd(), REPORT_ACK, 0, 0, 0);
    first = world->n_cmds;
    pos = ledger_position(world->engine->ledger, SLOT, BTCUSDT, 0);
    book(5800000);
    // The first takes what is free of its 40000, and what its own order holds has to give way.
    for (uint32_t i = first; i < world->n_cmds; i++)
        ck_assert(world->cmds[i].kind == CMD_CANCEL || world->cmds[i].side == AGON_SELL);
    ck_assert_int_le(pos->working_sell_qty, pos->qty);
    ck_assert_int_eq(pos->working_sell_qty, 50000);
    for (uint32_t i = first; i < world->n_cmds; i++) {
        const struct order_cmd cmd = world->cmds[i];
        struct order *order = orders_find(world->engine->orders, cmd.order_id);

        if (cmd.kind == CMD_CANCEL)
            world_report(world, &cmd, REPORT_CANCELLED, 0, 0, 0);
        else if (!order_is_final(order))
            fill(&cmd, 5800000, cmd.qty);
        ck_assert_int_ge(pos->qty, 0);
        ck_assert_int_le(pos->working_sell_qty, pos->qty);
    }
    ck_assert_int_eq(pos->qty, 0);
    ck_assert_uint_eq(n_plans(), 0);
    ck_assert_int_eq(n_told(AGON_EXIT_FIRED), 2);
    end();
}
END_TEST

// Nobody buys back what is being sold.
START_TEST(while_a_plan_leaves_all_the_plugins_own_orders_there_give_way)
{
    begin(50000);
    set(&stop_at_59000);
    world_order(world, SLOT, BTCUSDT, AGON_BUY, 5950000, 10000, 9);
    world_report(world, last_cmd(), REPORT_ACK, 0, 0, 0);
    book(5899900);
    ck_assert_uint_eq(world->cmds[world->n_cmds - 2].kind, CMD_CANCEL);
    world_order(world, SLOT, BTCUSDT, AGON_BUY, 5850000, 10000, 10);
    ck_assert_uint_eq(world_last(world, SLOT, AGON_EVENT_ORDER)->u.order.reason, REASON_EXIT);
    world_order(world, SLOT, ETHUSDT, AGON_BUY, 290000, 10000, 11); // elsewhere it may
    ck_assert_uint_eq(last_cmd()->instrument, ETHUSDT);
    end();
}
END_TEST

START_TEST(a_plugin_that_leaves_by_itself_ends_its_plan)
{
    begin(50000);
    set(&stop_at_59000);
    world_order(world, SLOT, BTCUSDT, AGON_SELL, 0, 20000, 2);
    fill(last_cmd(), 6000000, 20000);
    ck_assert_int_eq(engine_next_exit(world->engine, SLOT, NULL)->held_qty, 30000);
    world_order(world, SLOT, BTCUSDT, AGON_SELL, 0, 30000, 3);
    fill(last_cmd(), 6000000, 30000);
    ck_assert_uint_eq(told()->state, AGON_EXIT_ENDED);
    ck_assert_uint_eq(n_plans(), 0);
    buy(10000); // another position, and no plan of the one before
    book(5800000);
    ck_assert_int_eq(n_told(AGON_EXIT_FIRED), 0);
    end();
}
END_TEST

START_TEST(targets_close_their_shares_and_the_stop_the_rest)
{
    struct agon_exit_plan plan = {.instrument = BTCUSDT,
                                  .side = LONG,
                                  .stop_px = 5900000,
                                  .even_ppm = 20000,
                                  .take_px = {6100000, 6200000},
                                  .take_ppm = {500000, 200000}};

    begin(50000);
    set(&plan);
    book(6100000);
    ck_assert_int_eq(last_cmd()->qty, 25000);
    ck_assert_uint_eq(told()->cause, AGON_EXIT_BY_TAKE);
    ck_assert_uint_eq(told()->take, 0);
    book(6210000); // the first is still under way: the second goes too, and no more
    ck_assert_int_eq(last_cmd()->qty, 10000);
    ck_assert_uint_eq(told()->take, 1);
    fill(&world->cmds[world->n_cmds - 2], 6100000, 25000);
    fill(last_cmd(), 6210000, 10000);
    ck_assert_str_eq(why(&world->cmds[world->n_cmds - 2]), "target");
    ck_assert_str_eq(why(last_cmd()), "target");
    ck_assert_int_eq(position(), 15000);
    ck_assert_uint_eq(n_plans(), 1);
    // Bought at 60001; at 2 % the stop had gone there.
    ck_assert_int_eq(engine_next_exit(world->engine, SLOT, NULL)->stop_px, 6000100);
    book(6000100);
    ck_assert_uint_eq(told()->cause, AGON_EXIT_BY_EVEN);
    ck_assert_int_eq(last_cmd()->qty, 15000);
    fill(last_cmd(), 6000100, 15000);
    ck_assert_str_eq(why(last_cmd()), "break_even");
    ck_assert_uint_eq(n_plans(), 0);
    ck_assert_int_eq(n_told(AGON_EXIT_FIRED), 3);
    end();
}
END_TEST

START_TEST(its_time_comes_without_any_price)
{
    struct agon_exit_plan plan = {.instrument = BTCUSDT, .side = LONG};

    begin(50000);
    plan.t_exit = world->t + 60 * SECOND;
    set(&plan);
    world_due(world, plan.t_exit);
    ck_assert_int_eq(n_told(AGON_EXIT_FIRED), 0);
    world_due(world, plan.t_exit + 1);
    ck_assert_uint_eq(told()->cause, AGON_EXIT_BY_TIME);
    ck_assert_int_eq(last_cmd()->qty, 50000);
    fill(last_cmd(), 6000000, 50000);
    ck_assert_str_eq(why(last_cmd()), "time");
    ck_assert_uint_eq(told()->state, AGON_EXIT_DONE);
    // Before any position it just ends.
    plan.t_exit = world->t + 60 * SECOND;
    set(&plan);
    world_due(world, plan.t_exit + 1);
    ck_assert_uint_eq(told()->state, AGON_EXIT_ENDED);
    end();
}
END_TEST

START_TEST(what_no_venue_takes_stays_and_the_plan_is_done)
{
    begin(50000);
    set(&stop_at_59000);
    book(5899900);
    world_report(world, last_cmd(), REPORT_FILL, 5899900, 49992, 49992);
    world_report(world, last_cmd(), REPORT_EXPIRED, 0, 0, 49992);
    world_due(world, world->t + 5 * SECOND);
    ck_assert_int_eq(position(), 8); // worth 4.72 USDT: the venue takes no less than 5
    ck_assert_uint_eq(told()->state, AGON_EXIT_DONE);
    ck_assert_uint_eq(n_plans(), 0);
    end();
}
END_TEST

/* The stop has fired and its order is at the venue when 8 lots more are bought by the order that is
 * being cancelled: too little for an order of their own, and no reason to forget the rest. */
START_TEST(a_plan_does_not_end_over_what_comes_while_its_order_works)
{
    struct order_cmd buys, leaves = {0};

    begin(0);
    world_order(world, SLOT, BTCUSDT, AGON_BUY, 0, 60000, 1);
    buys = *last_cmd();
    world_report(world, &buys, REPORT_FILL, 6000100, 49990, 49990);
    set(&stop_at_59000);
    book(5899900);
    for (uint32_t i = 0; i < world->n_cmds; i++) {
        if (world->cmds[i].side == AGON_SELL && world->cmds[i].kind == CMD_NEW)
            leaves = world->cmds[i];
    }
    ck_assert_int_eq(leaves.qty, 49990);
    world_report(world, &buys, REPORT_FILL, 5899900, 8, 49998);
    ck_assert_uint_eq(n_plans(), 1);
    world_report(world, &buys, REPORT_CANCELLED, 0, 0, 49998);
    ck_assert_uint_eq(n_plans(), 1);
    world_report(world, &leaves, REPORT_EXPIRED, 0, 0, 0);
    book(5899900); // the book has to be there for another
    world_due(world, world->t + 2 * SECOND);
    ck_assert_uint_eq(last_cmd()->side, AGON_SELL);
    ck_assert_int_eq(last_cmd()->qty, 49998);
    fill(last_cmd(), 5899900, 49998);
    ck_assert_uint_eq(told()->state, AGON_EXIT_DONE);
    ck_assert_int_eq(position(), 0);
    end();
}
END_TEST

static uint16_t refused(const struct agon_exit_plan *plan)
{
    set(plan);
    return told()->state == AGON_EXIT_REFUSED ? told()->reason : REASON_NONE;
}

START_TEST(what_may_not_be_is_refused_and_told)
{
    struct agon_exit_plan plan = stop_at_59000;
    struct agon_exit_plan none = {.instrument = BTCUSDT, .client_ref = 5};
    struct agon_exit_event orphan = {
        .hdr = {.type = AGON_EVENT_EXIT_PLAN, .granules = 4, .instrument = BTCUSDT},
        .origin = {.slot = SLOT, .generation = 1},
        .plan = stop_at_59000};

    begin(50000);
    ck_assert_uint_eq(refused(&none), REASON_UNKNOWN_ORDER);
    plan.instrument = 77;
    ck_assert_uint_eq(refused(&plan), REASON_UNAUTHORISED);
    plan.instrument = UINT32_MAX;
    ck_assert_int_eq(set_of(SLOT, &plan), AGON_EINVAL); // its header names it too
    plan.instrument = BTCUSDT;
    plan.account = 3;
    ck_assert_uint_eq(refused(&plan), REASON_UNAUTHORISED);
    plan.account = 0;
    plan.side = 0;
    ck_assert_uint_eq(refused(&plan), REASON_INVALID);
    plan.side = LONG;
    plan.watch = AGON_EXIT_MARK; // nobody tells a mark price of spot
    ck_assert_uint_eq(refused(&plan), REASON_INVALID);
    plan.watch = AGON_EXIT_BOOK;
    ck_assert_int_eq(set_of(9, &plan), AGON_EINVAL);
    for (uint64_t ref = 1; ref <= AGON_EXITS_MAX; ref++) {
        plan.client_ref = ref;
        ck_assert_uint_eq(refused(&plan), REASON_NONE);
    }
    plan.client_ref = 99;
    ck_assert_uint_eq(refused(&plan), REASON_NO_ROOM);
    ck_assert_uint_eq(refused(&stop_at_59000), REASON_NONE); // in place of its own
    set(&none);
    ck_assert_uint_eq(told()->state, AGON_EXIT_ENDED);
    ck_assert_uint_eq(told()->reason, REASON_USER);
    ck_assert_uint_eq(n_plans(), AGON_EXITS_MAX - 1);
    book(5899900);
    plan.client_ref = 1;
    plan.stop_px = 1;
    ck_assert_uint_eq(refused(&plan), REASON_REQUEST_PENDING); // what has fired has fired
    none.client_ref = 1;
    ck_assert_uint_eq(refused(&none), REASON_REQUEST_PENDING);
    begin_anew(2);
    ck_assert_int_eq(world_step(world, &orphan), AGON_OK);
    ck_assert_uint_eq(told()->reason, REASON_SLOT_GONE);
    end();
}
END_TEST

// A short position of a derivative, by the mark price; the venue closes part of it by its own hand.
START_TEST(a_short_by_the_mark_price_and_a_forced_fill)
{
    struct agon_exit_plan plan = {
        .instrument = WORLD_PERPETUAL, .side = SHORT, .watch = AGON_EXIT_MARK, .trail_ppm = 10000};
    struct agon_value mark = {
        .hdr = {.type = AGON_EVENT_MARK, .granules = 1, .instrument = WORLD_PERPETUAL},
        .value = 5900000};
    struct record_report forced = {
        .hdr = {.type = EVENT_REPORT, .granules = 2, .instrument = WORLD_PERPETUAL},
        .order_id = 77,
        .venue_fill = 4711,
        .kind = REPORT_FILL,
        .side = AGON_BUY,
        .px = 5950000,
        .qty = 20000,
        .cum_qty = 20000,
        .is_forced = 1};
    uint32_t n_cmds;

    begin(0);
    world_order(world, SLOT, WORLD_PERPETUAL, AGON_SELL, 0, 50000, 1);
    fill(last_cmd(), 6000000, 50000);
    set(&plan);
    n_cmds = world->n_cmds;
    ck_assert_int_eq(world_step(world, &mark), AGON_OK); // best: 59000, so the stop is at 59590
    world_due(world, world->t + 1);
    mark.hdr.t = 0;
    mark.value = 5958999;
    ck_assert_int_eq(world_step(world, &mark), AGON_OK);
    world_due(world, world->t + 1);
    ck_assert_uint_eq(world->n_cmds, n_cmds);
    ck_assert_int_eq(world_step(world, &forced), AGON_OK);
    mark.hdr.t = 0;
    mark.value = 5959000;
    ck_assert_int_eq(world_step(world, &mark), AGON_OK);
    world_due(world, world->t + 1);
    ck_assert_uint_eq(told()->cause, AGON_EXIT_BY_TRAIL);
    ck_assert_uint_eq(last_cmd()->side, AGON_BUY);
    ck_assert_int_eq(last_cmd()->qty, 30000); // what the venue left of it
    ck_assert_uint_eq(last_cmd()->flags & AGON_REDUCE_ONLY, AGON_REDUCE_ONLY);
    fill(last_cmd(), 5959000, 30000);
    ck_assert_str_eq(why(last_cmd()), "trailing_stop");
    ck_assert_uint_eq(orders_exit_reason(world->engine->orders, &forced), EXIT_REASON_LIQUIDATION);
    ck_assert_uint_eq(told()->state, AGON_EXIT_DONE);
    end();
}
END_TEST

/* A venue asks for no least notional of what only reduces the account's position. Where another
 * slot stands against this one nothing does, and what is worth too little can be closed by no
 * order. */
START_TEST(too_little_of_a_derivative_is_closed_only_where_the_account_gets_smaller)
{
    struct agon_exit_plan plan = {.instrument = WORLD_PERPETUAL, .side = SHORT};
    uint32_t n_cmds;

    begin(0);
    for (int is_against = 0; is_against < 2; is_against++) {
        world_order(world, SLOT, WORLD_PERPETUAL, AGON_SELL, 0, 50000, 10);
        fill(last_cmd(), 6000000, 50000);
        world_order(world, SLOT, WORLD_PERPETUAL, AGON_BUY, 0, 49992, 11);
        fill(last_cmd(), 6000000, 49992);
        if (is_against) {
            world_order(world, SLOT + 1, WORLD_PERPETUAL, AGON_BUY, 0, 50000, 12);
            fill(last_cmd(), 6000000, 50000);
        }
        n_cmds = world->n_cmds;
        plan.t_exit = world->t + 60 * SECOND;
        set(&plan);
        world_due(world, plan.t_exit + 10 * SECOND);
        ck_assert_uint_eq(world->n_cmds, n_cmds + !is_against);
        if (!is_against) {
            ck_assert_int_eq(last_cmd()->qty, 8); // worth 4.8 USDT of the 5 that an order needs
            ck_assert_uint_eq(last_cmd()->flags & AGON_REDUCE_ONLY, AGON_REDUCE_ONLY);
            fill(last_cmd(), 6000000, 8);
        }
        ck_assert_uint_eq(told()->state, AGON_EXIT_DONE);
        ck_assert_uint_eq(n_plans(), 0);
    }
    end();
}
END_TEST

// A plan of the first would sell what the second bought, at a price that the second never named.
START_TEST(the_plans_of_an_unloaded_agent_are_not_its_successors)
{
    struct record_command gone = {.hdr = {.type = AGON_EVENT_COMMAND, .granules = 1},
                                  .kind = COMMAND_SLOT_CONDITION,
                                  .scope = SCOPE_SLOT,
                                  .id = SLOT,
                                  .value = CONDITION_RETIRED,
                                  .reason = REASON_OPERATOR};
    struct record_slot other = world_slot_record(SLOT);
    struct agon_exit_plan targets = {.instrument = BTCUSDT,
                                     .side = LONG,
                                     .client_ref = 6,
                                     .take_px = {6100000},
                                     .take_ppm = {250000},
                                     .t_exit = T0 + 60 * SECOND};
    struct agon_exit_plan waiting = {
        .instrument = ETHUSDT, .side = LONG, .client_ref = 7, .stop_px = 290000};
    uint32_t n_cmds;

    begin(50000);
    world_order(world, SLOT, BTCUSDT, AGON_SELL, 0, 49992, 2);
    fill(last_cmd(), 6000000, 49992);
    ck_assert_int_eq(position(), 8); // lots enough, and of less than the minimum notional
    set(&stop_at_59000);
    set(&targets);
    set(&waiting);
    ck_assert_uint_eq(n_plans(), 3);
    ck_assert_int_eq(world_step(world, &gone), AGON_OK);
    ck_assert_uint_eq(n_plans(), 3); // as long as the position may be kept
    gone.kind = COMMAND_VACATE;
    ck_assert_int_eq(world_step(world, &gone), AGON_OK);
    ck_assert_uint_eq(n_plans(), 0);
    ck_assert_int_eq(world->engine->exits_due, INT64_MAX);
    world_rename(&other, "somebody_else");
    ck_assert_int_eq(world_step(world, &other), AGON_OK);
    buy(50000);
    n_cmds = world->n_cmds;
    book(6100000);
    book(5899900);
    world_due(world, T0 + 61 * SECOND);
    ck_assert_uint_eq(world->n_cmds, n_cmds);
    ck_assert_int_eq(position(), 50000);
    end();
}
END_TEST

START_TEST(every_slot_has_plans_of_its_own)
{
    begin(50000);
    set(&stop_at_59000);
    ck_assert_int_eq(set_of(1, &stop_at_59000), AGON_OK); // it holds nothing
    book(5899900);
    ck_assert_int_eq(last_cmd()->qty, 50000);
    fill(last_cmd(), 5899900, 50000);
    ck_assert_ptr_nonnull(engine_next_exit(world->engine, 1, NULL));
    ck_assert_uint_eq(engine_next_exit(world->engine, 1, NULL)->state, AGON_EXIT_WAITING);
    end();
}
END_TEST

/* Nobody was there when a target was reached and when the plan's time came: both are late, and
 * behind the first target the next one is due by a price of now, before the time that has passed.
 */
START_TEST(what_is_due_late_by_price_and_by_time_comes_once_each)
{
    struct agon_exit_plan plan = {.instrument = BTCUSDT,
                                  .side = LONG,
                                  .client_ref = 5,
                                  .take_px = {6010000, 6020000, 6090000},
                                  .take_ppm = {200000, 200000, 200000}};
    struct record_due due;
    int n = 0;

    begin(100000);
    plan.t_exit = world->t + 10 * SECOND;
    set(&plan);
    world->t += MS;
    world_book(world, BTCUSDT, 6010000, 100000000, 6010100, 100000000);
    world->t += MS;
    world_book(world, BTCUSDT, 6020000, 100000000, 6020100, 100000000);
    world->t = plan.t_exit + SECOND;
    while (engine_next_due(world->engine) < world->t) {
        ck_assert_int_lt(n++, 20);
        engine_due(world->engine, &due);
        ck_assert_uint_ne(due.kind, 0);
        due.hdr.t = world->t; // late is late
        ck_assert_int_eq(world_step(world, &due), AGON_OK);
        world->t += MS;
    }
    ck_assert_int_eq(n_told(AGON_EXIT_FIRED), 3); // two targets, and the time
    end();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine_exits");
    TCase *tcase = tcase_create("exits");
    SRunner *runner;
    int n_failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, what_is_due_late_by_price_and_by_time_comes_once_each);
    tcase_add_test(tcase, a_stop_that_a_live_book_crosses_closes_the_position_once);
    tcase_add_test(tcase, an_exit_that_fires_is_an_event_of_the_journal);
    tcase_add_test(tcase, one_print_far_away_fires_only_who_asked_for_it);
    tcase_add_test(tcase, no_stale_and_no_crossed_book_fires_anything);
    tcase_add_test(tcase, a_plan_that_comes_before_its_position_waits_for_it);
    tcase_add_test(tcase, two_plans_and_the_plugin_never_sell_more_than_is_held);
    tcase_add_test(tcase, while_a_plan_leaves_all_the_plugins_own_orders_there_give_way);
    tcase_add_test(tcase, a_plugin_that_leaves_by_itself_ends_its_plan);
    tcase_add_test(tcase, targets_close_their_shares_and_the_stop_the_rest);
    tcase_add_test(tcase, its_time_comes_without_any_price);
    tcase_add_test(tcase, what_no_venue_takes_stays_and_the_plan_is_done);
    tcase_add_test(tcase, a_plan_does_not_end_over_what_comes_while_its_order_works);
    tcase_add_test(tcase, what_may_not_be_is_refused_and_told);
    tcase_add_test(tcase, a_short_by_the_mark_price_and_a_forced_fill);
    tcase_add_test(tcase, too_little_of_a_derivative_is_closed_only_where_the_account_gets_smaller);
    tcase_add_test(tcase, the_plans_of_an_unloaded_agent_are_not_its_successors);
    tcase_add_test(tcase, every_slot_has_plans_of_its_own);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
