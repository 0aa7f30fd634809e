// SPDX-License-Identifier: Apache-2.0
/* Exit plans outlive what is around them: orders that fail, a plugin that crashes, halts, the
 * host's own end. Every test ends with a replay. */
#include "exits_rig.h"

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
    if (_i == 1)
        ck_assert_str_eq(why(&cmd), "stop"); // no part of the state, and known again
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

int main(void)
{
    Suite *suite = suite_create("exits_outlive");
    TCase *tcase = tcase_create("exits_outlive");
    SRunner *runner;
    int n_failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, what_has_fired_and_failed_goes_again_until_it_is_done, 0,
                        (int)(sizeof(ways) / sizeof(ways[0])));
    tcase_add_test(tcase, a_port_without_room_is_one_of_the_ways_to_fail);
    tcase_add_loop_test(tcase, a_crash_cancels_orders_and_the_exits_stand, 0, 2);
    tcase_add_test(tcase, a_crash_that_flattens_ends_the_plans);
    tcase_add_loop_test(tcase, no_halt_no_kill_and_no_limit_stands_in_the_way, 0, 5);
    tcase_add_loop_test(tcase, a_restart_of_the_host_keeps_plans_and_what_has_fired, 0, 2);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
