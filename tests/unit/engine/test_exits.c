// SPDX-License-Identifier: Apache-2.0
/* Exit plans in the engine: what fires, and that it closes exactly once whatever the venue, the
 * plugin, the operator and the host's own end do meanwhile. Every test ends with a replay. */
#define WORLD_PERPETUAL 3
#include "engine/impl.h"
#include "world.h"

#define SLOT   0
#define SECOND (1000 * MS)
enum { LONG = AGON_BUY, SHORT = AGON_SELL };

static struct world *world;

static int set_of(uint16_t slot, const struct agon_exit_plan *plan)
{
    struct agon_exit_event event = {
        .hdr = {.type = AGON_EVENT_EXIT_PLAN, .granules = 4, .instrument = plan->instrument},
        .origin = {.cause_seq = engine_seq(world->engine),
                   .slot = slot,
                   .generation = world->engine->slots.all[slot].generation},
        .plan = *plan};

    return world_step(world, &event);
}

static void set(const struct agon_exit_plan *plan)
{
    ck_assert_int_eq(set_of(SLOT, plan), AGON_OK);
}

static const struct agon_exit *told(void)
{
    const struct told *last = world_last(world, SLOT, AGON_EVENT_EXIT);

    ck_assert_ptr_nonnull(last);
    return (const struct agon_exit *)(const void *)last;
}

static int n_told(uint8_t state)
{
    int n = 0;

    for (uint32_t i = 0; i < world->slots[SLOT].n_told; i++) {
        const struct agon_exit *exit =
            (const struct agon_exit *)(const void *)&world->slots[SLOT].told[i];

        n += exit->hdr.type == AGON_EVENT_EXIT && exit->state == state;
    }
    return n;
}

static uint32_t n_plans(void)
{
    uint32_t n = 0;

    for (const struct exit_plan *exit = engine_next_exit(world->engine, SLOT, NULL); exit != NULL;
         exit = engine_next_exit(world->engine, SLOT, exit))
        n++;
    return n;
}

static agon_qty_t position(void)
{
    const struct position *pos = ledger_position(world->engine->ledger, SLOT, BTCUSDT, 0);

    return pos != NULL ? pos->qty : 0;
}

// A price is told, and what is due then happens.
static void book(agon_px_t bid_px)
{
    world->t += MS;
    world_book(world, BTCUSDT, bid_px, 100000000, bid_px + 100, 100000000);
    world_due(world, world->t + 1);
}

static const struct order_cmd *last_cmd(void)
{
    return &world->cmds[world->n_cmds - 1];
}

// The venue does what the last command wants, whole.
static void fill(const struct order_cmd *cmd, agon_px_t px, agon_qty_t qty)
{
    world_report(world, cmd, REPORT_FILL, px, qty, qty);
}

static void buy(agon_qty_t qty)
{
    world_order(world, SLOT, BTCUSDT, AGON_BUY, 0, qty, 1);
    fill(last_cmd(), 6000100, qty);
    ck_assert_int_eq(position(), qty); // fees are in the quote
}

static void begin(agon_qty_t qty)
{
    world = world_new(RUN_PAPER);
    if (qty > 0)
        buy(qty);
}

static void end(void)
{
    world_holds(world);
    world_replays(world);
    world_free(world);
}

static const struct agon_exit_plan stop_at_59000 = {
    .instrument = BTCUSDT, .side = LONG, .client_ref = 5, .stop_px = 5900000};

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

static int is_alerted(void)
{
    const struct alerts *alerts = engine_alerts(world->engine);

    for (uint64_t i = 0; i < alerts->n && i < ALERTS_KEPT; i++) {
        if (alerts->all[i].kind == ALERT_EXIT && alerts->all[i].slot == SLOT)
            return 1;
    }
    return 0;
}

static const struct {
    uint8_t kind;
    uint16_t reason;
    agon_qty_t filled_qty;
} ways[] = {
    {REPORT_REJECTED, REASON_VENUE_DOWN, 0},
    {REPORT_EXPIRED, REASON_VENUE_EXPIRED, 0},
    {REPORT_EXPIRED, REASON_VENUE_EXPIRED, 20000},
    {REPORT_NOT_SENT, REASON_NOT_SENT, 0},
    {REPORT_ABSENT, REASON_ABSENT, 0},
};

// Whatever becomes of its order, a fired exit goes on until the position is closed.
START_TEST(what_has_fired_and_failed_goes_again_until_it_is_done)
{
    agon_qty_t left_qty = 50000 - ways[_i].filled_qty;
    struct order_cmd cmd;

    begin(50000);
    set(&stop_at_59000);
    book(5899900);
    cmd = *last_cmd();
    for (int i = 0; i < 3; i++) {
        uint32_t n_cmds = world->n_cmds;
        struct record_report report = {
            .hdr = {.type = EVENT_REPORT, .granules = 2, .instrument = BTCUSDT},
            .order_id = cmd.order_id,
            .kind = ways[_i].kind,
            .reason = ways[_i].reason,
            .cum_qty = i == 0 ? ways[_i].filled_qty : 0};

        if (i == 0 && ways[_i].filled_qty > 0)
            fill(&cmd, 5899900, ways[_i].filled_qty);
        ck_assert_int_eq(world_step(world, &report), AGON_OK);
        ck_assert_uint_eq(world->n_cmds, n_cmds); // not at once
        if (i == 0) {
            ck_assert_uint_eq(told()->state, AGON_EXIT_FAILED);
            ck_assert_uint_eq(told()->order_id, cmd.order_id);
            ck_assert_uint_ne(told()->reason, 0);
        }
        world_due(world, world->t + SECOND + 1);
        world_book(world, BTCUSDT, 5899900, 100000000, 5900000, 100000000);
        ck_assert_uint_eq(world->n_cmds, n_cmds + 1);
        cmd = *last_cmd();
        ck_assert_int_eq(cmd.qty, left_qty);
    }
    ck_assert(is_alerted());
    fill(&cmd, 5899900, left_qty);
    ck_assert_int_eq(position(), 0);
    ck_assert_uint_eq(told()->state, AGON_EXIT_DONE);
    ck_assert_int_eq(n_told(AGON_EXIT_FIRED), 1);
    end();
}
END_TEST

START_TEST(a_port_without_room_is_one_of_the_ways_to_fail)
{
    uint32_t n_cmds;

    begin(50000);
    set(&stop_at_59000);
    n_cmds = world->n_cmds;
    world->is_venue_full = 1;
    book(5899900);
    ck_assert_uint_eq(told()->state, AGON_EXIT_FAILED);
    ck_assert_uint_eq(told()->reason, REASON_VENUE_BUSY);
    world->is_venue_full = 0;
    world_due(world, world->t + SECOND + 1);
    ck_assert_uint_eq(world->n_cmds, n_cmds + 1);
    fill(last_cmd(), 5899900, 50000);
    ck_assert_uint_eq(told()->state, AGON_EXIT_DONE);
    end();
}
END_TEST

static void crash(uint8_t orders)
{
    struct record_crash record = {.hdr = {.type = EVENT_CRASH, .granules = 3},
                                  .slot = SLOT,
                                  .kind = CRASH_DIED,
                                  .orders = orders,
                                  .generation = 1};

    ck_assert_int_eq(world_step(world, &record), AGON_OK);
}

static void begin_anew(uint32_t generation)
{
    struct record_generation fresh = {.hdr = {.type = EVENT_CONFIG, .granules = 4},
                                      .kind = CONFIG_GENERATION,
                                      .slot = SLOT,
                                      .generation = generation,
                                      .event_mask = ~(uint64_t)0,
                                      .why = GENERATION_FRESH,
                                      .agent_kind = AGON_STRATEGY};

    ck_assert_int_eq(world_step(world, &fresh), AGON_OK);
}

START_TEST(a_crash_cancels_orders_and_the_exits_stand)
{
    struct agon_exit_plan waiting = {
        .instrument = ETHUSDT, .side = LONG, .client_ref = 1, .stop_px = 200000};
    uint32_t n_cmds;

    begin(50000);
    set(&stop_at_59000);
    set(&waiting);
    world_order(world, SLOT, BTCUSDT, AGON_BUY, 5950000, 10000, 9);
    world_report(world, last_cmd(), REPORT_ACK, 0, 0, 0);
    n_cmds = world->n_cmds;
    crash(_i == 0 ? ORDERS_CANCEL_ALL : ORDERS_KEEP);
    ck_assert_uint_eq(world->n_cmds, n_cmds + (_i == 0));
    if (_i == 0) {
        ck_assert_uint_eq(last_cmd()->kind, CMD_CANCEL);
        world_report(world, last_cmd(), REPORT_CANCELLED, 0, 0, 0);
    }
    ck_assert_uint_eq(n_plans(), 2);
    // Nobody is there, and the price falls.
    n_cmds = world->n_cmds;
    book(5800000);
    ck_assert_uint_ge(world->n_cmds, n_cmds + 1);
    for (uint32_t i = n_cmds; i < world->n_cmds; i++) {
        if (world->cmds[i].kind == CMD_CANCEL)
            continue;
        ck_assert_uint_eq(world->cmds[i].side, AGON_SELL);
        ck_assert_int_eq(world->cmds[i].qty, 50000);
        n_cmds = i;
    }
    // Another crash, of who came after, does not take the closing order back.
    begin_anew(2);
    crash(ORDERS_CANCEL_ALL);
    for (uint32_t i = n_cmds + 1; i < world->n_cmds; i++)
        ck_assert_uint_ne(world->cmds[i].order_id, world->cmds[n_cmds].order_id);
    fill(&world->cmds[n_cmds], 5800000, 50000);
    ck_assert_int_eq(position(), 0);
    ck_assert_int_eq(n_told(AGON_EXIT_FIRED), 1);
    // What waits for a position that nobody will open is gone with who wanted it.
    ck_assert_uint_eq(n_plans(), 0);
    end();
}
END_TEST

START_TEST(a_crash_that_flattens_ends_the_plans)
{
    begin(50000);
    set(&stop_at_59000);
    crash(ORDERS_FLATTEN);
    ck_assert_uint_eq(last_cmd()->side, AGON_SELL);
    ck_assert_int_eq(last_cmd()->qty, 50000);
    book(5800000); // it fires, and two do not sell the same
    fill(last_cmd(), 6000000, 50000);
    ck_assert_int_eq(position(), 0);
    world_due(world, world->t + 5 * SECOND);
    ck_assert_uint_eq(n_plans(), 0);
    ck_assert_int_eq(ledger_position(world->engine->ledger, SLOT, BTCUSDT, 0)->working_sell_qty, 0);
    end();
}
END_TEST

static void command(uint8_t kind, uint8_t scope, uint32_t id)
{
    struct record_command record = {.hdr = {.type = AGON_EVENT_COMMAND, .granules = 1},
                                    .kind = kind,
                                    .scope = scope,
                                    .id = id,
                                    .reason = REASON_OPERATOR};

    ck_assert_int_eq(world_step(world, &record), AGON_OK);
}

// A way out stays open, whatever is halted and whatever the slot is refused.
START_TEST(no_halt_no_kill_and_no_limit_stands_in_the_way)
{
    struct slot *slot;

    begin(50000);
    slot = slots_get(engine_slots(world->engine), SLOT);
    set(&stop_at_59000);
    switch (_i) {
    case 0:
        command(COMMAND_HALT, SCOPE_GLOBAL, 0);
        break;
    case 1:
        command(COMMAND_HALT, SCOPE_SLOT, SLOT);
        break;
    case 2:
        command(COMMAND_KILL, SCOPE_GLOBAL, 0);
        break;
    case 3:
        slot->limits.order_amt = 1;
        slot->limits.position_amt = 1;
        slot->limits.max_open_orders = 1;
        world_order(world, SLOT, ETHUSDT, AGON_BUY, 290000, 10000, 7);
        break;
    default:
        slot->condition = CONDITION_QUARANTINED;
        break;
    }
    book(5899900);
    ck_assert_uint_eq(last_cmd()->side, AGON_SELL);
    ck_assert_int_eq(last_cmd()->qty, 50000);
    fill(last_cmd(), 5899900, 50000);
    ck_assert_uint_eq(told()->state, AGON_EXIT_DONE);
    world_holds(world);
    world_free(world); // a limit was changed by hand: that is no event
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
    ck_assert_int_eq(position(), 15000);
    ck_assert_uint_eq(n_plans(), 1);
    // Bought at 60001; at 2 % the stop had gone there.
    ck_assert_int_eq(engine_next_exit(world->engine, SLOT, NULL)->stop_px, 6000100);
    book(6000100);
    ck_assert_uint_eq(told()->cause, AGON_EXIT_BY_EVEN);
    ck_assert_int_eq(last_cmd()->qty, 15000);
    fill(last_cmd(), 6000100, 15000);
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

// The host dies with a plan armed, or with its order under way, and is there again.
START_TEST(a_restart_of_the_host_keeps_plans_and_what_has_fired)
{
    struct record_start start = {
        .hdr = {.type = EVENT_START, .granules = 1}, .run = 2, .mode = RUN_PAPER};
    struct engine_config config = {.state_bytes = WORLD_STATE, .bus_granules = WORLD_BUS};
    struct venue_port port = {.ctx = world, .send = world_send};
    unsigned char *bytes;
    struct engine *again;
    struct order_cmd cmd = {0};
    uint32_t n_cmds;
    uint64_t n;

    begin(50000);
    port.ctx = world;
    set(&stop_at_59000);
    if (_i == 1) {
        book(5899900);
        cmd = *last_cmd();
    }
    n = engine_save(world->engine, NULL, 0);
    bytes = malloc(n);
    ck_assert_uint_eq(engine_save(world->engine, bytes, n), n);
    ck_assert_int_eq(engine_new(&again, &config, NULL), AGON_OK);
    ck_assert_int_eq(engine_load(again, bytes, n, NULL), AGON_OK);
    free(bytes);
    engine_free(world->engine);
    world->engine = again;
    engine_attach_venue(again, 0, &port);
    engine_attach_runner(again, SLOT, &world->ports[SLOT]);
    ck_assert_int_eq(world_step(world, &start), AGON_OK);
    ck_assert_uint_eq(n_plans(), 1);
    world_due(world, world->t + 3 * SECOND);
    n_cmds = world->n_cmds;
    world_book(world, BTCUSDT, 5800000, 100000000, 5800100, 100000000);
    world_due(world, world->t + 3 * SECOND);
    if (_i == 1) { // asked about and not sent again, until it is known that it never was there
        struct record_report absent = {
            .hdr = {.type = EVENT_REPORT, .granules = 2, .instrument = BTCUSDT},
            .order_id = cmd.order_id,
            .kind = REPORT_ABSENT};

        ck_assert_uint_eq(last_cmd()->kind, CMD_QUERY);
        ck_assert_uint_eq(world->n_cmds, n_cmds);
        ck_assert_int_eq(world_step(world, &absent), AGON_OK);
        world_due(world, world->t + SECOND + 1);
    }
    ck_assert_uint_eq(world->n_cmds, n_cmds + 1);
    ck_assert_uint_eq(last_cmd()->kind, CMD_NEW);
    ck_assert_int_eq(last_cmd()->qty, 50000);
    fill(last_cmd(), 5800000, 50000);
    ck_assert_uint_eq(told()->state, AGON_EXIT_DONE);
    ck_assert_int_eq(n_told(AGON_EXIT_FIRED), 1);
    world_holds(world);
    world_free(world);
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
    tcase_add_loop_test(tcase, what_has_fired_and_failed_goes_again_until_it_is_done, 0,
                        (int)(sizeof(ways) / sizeof(ways[0])));
    tcase_add_test(tcase, a_port_without_room_is_one_of_the_ways_to_fail);
    tcase_add_loop_test(tcase, a_crash_cancels_orders_and_the_exits_stand, 0, 2);
    tcase_add_test(tcase, a_crash_that_flattens_ends_the_plans);
    tcase_add_loop_test(tcase, no_halt_no_kill_and_no_limit_stands_in_the_way, 0, 5);
    tcase_add_test(tcase, while_a_plan_leaves_all_the_plugins_own_orders_there_give_way);
    tcase_add_test(tcase, a_plugin_that_leaves_by_itself_ends_its_plan);
    tcase_add_test(tcase, targets_close_their_shares_and_the_stop_the_rest);
    tcase_add_test(tcase, its_time_comes_without_any_price);
    tcase_add_test(tcase, what_no_venue_takes_stays_and_the_plan_is_done);
    tcase_add_test(tcase, a_plan_does_not_end_over_what_comes_while_its_order_works);
    tcase_add_test(tcase, what_may_not_be_is_refused_and_told);
    tcase_add_loop_test(tcase, a_restart_of_the_host_keeps_plans_and_what_has_fired, 0, 2);
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
