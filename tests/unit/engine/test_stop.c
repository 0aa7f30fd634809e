// SPDX-License-Identifier: Apache-2.0
/* What an operator orders in an emergency, as the engine does it: halts with who and why, kill,
 * stop, flatten, and the host's own closing orders. */
#define WORLD_PERPETUAL 3
#include "world.h"

#include "engine/close.h"
#include "engine/impl.h"

static struct world *world;

static int order(uint8_t kind, uint8_t scope, uint32_t id, uint8_t which, uint16_t reason)
{
    struct record_command_by by = {.command = {.hdr = {.type = AGON_EVENT_COMMAND, .granules = 3},
                                               .kind = kind,
                                               .scope = scope,
                                               .which = which,
                                               .id = id,
                                               .reason = reason},
                                   .who = "alice",
                                   .why = "fat finger"};

    return world_step(world, &by);
}

static int by_operator(uint8_t kind)
{
    return order(kind, SCOPE_GLOBAL, 0, 0, REASON_OPERATOR);
}

static const struct order_cmd *last_cmd(void)
{
    ck_assert_uint_gt(world->n_cmds, 0);
    return &world->cmds[world->n_cmds - 1];
}

static uint32_t n_of(uint8_t kind, uint32_t from)
{
    uint32_t n = 0;

    for (uint32_t i = from; i < world->n_cmds; i++)
        n += world->cmds[i].kind == kind;
    return n;
}

static void buy_and_fill(uint16_t slot, agon_instrument_t id, agon_px_t px, agon_qty_t qty)
{
    world_order(world, slot, id, AGON_BUY, 0, qty, 1000 + id);
    ck_assert_uint_eq(last_cmd()->kind, CMD_NEW);
    world_report(world, last_cmd(), REPORT_FILL, px, qty, qty);
}

static agon_qty_t held(uint16_t slot, agon_instrument_t id)
{
    const struct position *pos = ledger_position(world->engine->ledger, slot, id, 0);

    return pos != NULL ? pos->qty : 0;
}

static uint16_t told(uint16_t slot)
{
    return world_last(world, slot, AGON_EVENT_ORDER)->u.order.reason;
}

static void begin(void)
{
    world = world_new(RUN_PAPER);
}

static void end(void)
{
    world_holds(world);
    world_free(world);
}

// Everything that was sent as a new order since from fills at the best bid or ask.
static void fill_all(uint32_t from)
{
    for (uint32_t i = from; i < world->n_cmds; i++) {
        struct order_cmd cmd = world->cmds[i];

        if (cmd.kind == CMD_CANCEL)
            world_report(world, &cmd, REPORT_CANCELLED, 0, 0, 0);
        else if (cmd.kind == CMD_NEW)
            world_report(world, &cmd, REPORT_FILL, cmd.instrument == ETHUSDT ? 300000 : 6000000,
                         cmd.qty, cmd.qty);
    }
}

START_TEST(a_halt_says_who_and_why_and_each_cause_is_lifted_by_itself)
{
    const struct halt *halt;

    begin();
    ck_assert_int_eq(by_operator(COMMAND_HALT), AGON_OK);
    halt = engine_halt(world->engine, SCOPE_GLOBAL, HALT_OPERATOR);
    ck_assert_ptr_nonnull(halt);
    ck_assert_str_eq(halt->who, "alice");
    ck_assert_str_eq(halt->why, "fat finger");
    ck_assert_uint_eq(halt->reason, REASON_OPERATOR);
    // The disk comes and goes, the host ends and begins: the operator's word stands.
    order(COMMAND_HALT, SCOPE_GLOBAL, 0, HALT_JOURNAL, REASON_DISK);
    order(COMMAND_RESUME, SCOPE_GLOBAL, 0, HALT_JOURNAL, REASON_DISK);
    ck_assert_int_eq(engine_halted(world->engine), 1);
    order(COMMAND_HALT, SCOPE_GLOBAL, 0, HALT_STOPPING, REASON_OPERATOR);
    order(COMMAND_RESUME, SCOPE_GLOBAL, 0, HALT_STOPPING, REASON_OPERATOR);
    ck_assert_int_eq(engine_halted(world->engine), 1);
    world_order(world, 0, BTCUSDT, AGON_BUY, 5990000, 1000, 1);
    ck_assert_uint_eq(told(0), REASON_HALTED);
    // And the other way round.
    order(COMMAND_HALT, SCOPE_GLOBAL, 0, HALT_JOURNAL, REASON_DISK);
    by_operator(COMMAND_RESUME);
    ck_assert_ptr_null(engine_halt(world->engine, SCOPE_GLOBAL, HALT_OPERATOR));
    ck_assert_int_eq(engine_halted(world->engine), 1);
    order(COMMAND_RESUME, SCOPE_GLOBAL, 0, HALT_JOURNAL, REASON_DISK);
    ck_assert_int_eq(engine_halted(world->engine), 0);
    ck_assert_int_eq(order(COMMAND_HALT, SCOPE_GLOBAL, 0, HALT_CAUSES, REASON_DISK), AGON_EINVAL);
    ck_assert_int_eq(order(COMMAND_HALT, SCOPE_SLOT, 0, HALT_JOURNAL, REASON_DISK), AGON_EINVAL);
    ck_assert_int_eq(order(COMMAND_HALT, SCOPE_SLOT, 1, 0, REASON_OPERATOR), AGON_OK);
    ck_assert_str_eq(engine_halt(world->engine, SCOPE_SLOT, 1)->who, "alice");
    ck_assert_int_eq(order(COMMAND_HALT, SCOPE_INSTRUMENT, BTCUSDT, 0, REASON_OPERATOR), AGON_OK);
    ck_assert_str_eq(engine_halt(world->engine, SCOPE_INSTRUMENT, BTCUSDT)->why, "fat finger");
    end();
}
END_TEST

/* A halt leaves the way out open. Where another host trades the account even that would come up
 * there as a rival's order; an operator's own halt before it hides nothing. */
START_TEST(nothing_of_an_agent_leaves_while_another_host_trades_the_account)
{
    uint32_t n;

    begin();
    buy_and_fill(0, BTCUSDT, 6000000, 2000);
    by_operator(COMMAND_HALT);
    n = world->n_cmds;
    world_order(world, 0, BTCUSDT, AGON_SELL, 6010000, 500, 2);
    ck_assert_uint_eq(n_of(CMD_NEW, n), 1);
    world_report(world, last_cmd(), REPORT_FILL, 6010000, 500, 500);
    order(COMMAND_HALT, SCOPE_GLOBAL, 0, HALT_OPERATOR, REASON_OTHER_HOST);
    n = world->n_cmds;
    world_order(world, 0, BTCUSDT, AGON_SELL, 6020000, 500, 3);
    ck_assert_uint_eq(told(0), REASON_OTHER_HOST);
    ck_assert_uint_eq(n_of(CMD_NEW, n), 0);
    // What the host closes by an operator's word still goes.
    order(COMMAND_FLATTEN, SCOPE_SLOT, 0, 0, REASON_OPERATOR);
    ck_assert_uint_eq(n_of(CMD_NEW, n), 1);
    fill_all(n);
    by_operator(COMMAND_RESUME);
    ck_assert_int_eq(engine_halted(world->engine), 0);
    n = world->n_cmds;
    world_order(world, 0, BTCUSDT, AGON_BUY, 5990000, 1000, 4);
    ck_assert_uint_eq(n_of(CMD_NEW, n), 1);
    end();
}
END_TEST

START_TEST(halts_outlive_a_run_and_their_words_too)
{
    struct record_start start = {
        .hdr = {.type = EVENT_START, .granules = 1}, .run = 2, .mode = RUN_PAPER};
    struct record_slot slot = world_slot_record(0);
    struct agon_instrument made = world_instrument(BTCUSDT);
    struct engine_config config = {.state_bytes = WORLD_STATE, .bus_granules = WORLD_BUS};
    struct engine *loaded = NULL;
    struct error err = {0};
    unsigned char *bytes = malloc(WORLD_STATE);
    uint64_t n;

    begin();
    by_operator(COMMAND_HALT);
    order(COMMAND_HALT, SCOPE_SLOT, 0, 0, REASON_OPERATOR);
    order(COMMAND_HALT, SCOPE_INSTRUMENT, BTCUSDT, 0, REASON_OPERATOR);
    order(COMMAND_HALT, SCOPE_VENUE, 1, 0, REASON_OPERATOR);
    // What a start steps of instruments and slots changes none of it.
    made.hdr.t = slot.hdr.t = 0;
    ck_assert_int_eq(world_step(world, &made), AGON_OK);
    ck_assert_int_eq(world_step(world, &slot), AGON_OK);
    ck_assert_int_eq(world_step(world, &start), AGON_OK);
    n = engine_save(world->engine, bytes, WORLD_STATE);
    ck_assert_int_eq(engine_new(&loaded, &config, &err), AGON_OK);
    ck_assert_msg(engine_load(loaded, bytes, n, &err) == AGON_OK, "%s", err.text);
    for (int i = 0; i < 2; i++) {
        const struct engine *engine = i == 0 ? world->engine : loaded;

        ck_assert_str_eq(engine_halt(engine, SCOPE_GLOBAL, HALT_OPERATOR)->who, "alice");
        ck_assert_str_eq(engine_halt(engine, SCOPE_SLOT, 0)->why, "fat finger");
        ck_assert_str_eq(engine_halt(engine, SCOPE_INSTRUMENT, BTCUSDT)->who, "alice");
        ck_assert_str_eq(engine_halt(engine, SCOPE_VENUE, 1)->who, "alice");
        ck_assert_int_eq(engine_halted(engine), 1);
    }
    engine_free(loaded);
    free(bytes);
    end();
}
END_TEST

START_TEST(a_stop_cancels_closes_and_stays)
{
    uint32_t n;

    begin();
    buy_and_fill(0, BTCUSDT, 6000100, 10000);
    buy_and_fill(1, ETHUSDT, 300010, 100000);
    buy_and_fill(2, WORLD_PERPETUAL, 6000100, 5000);
    world_order(world, 0, ETHUSDT, AGON_BUY, 299000, 10000, 7);
    world_report(world, last_cmd(), REPORT_ACK, 0, 0, 0);
    n = world->n_cmds;
    ck_assert_int_eq(by_operator(COMMAND_STOP), AGON_OK);
    ck_assert_uint_eq(world->cmds[n].kind, CMD_CANCEL_ALL);
    ck_assert_uint_eq(n_of(CMD_CANCEL, n), 1);
    ck_assert_uint_eq(n_of(CMD_NEW, n), 3);
    fill_all(n);
    ck_assert_int_eq(held(0, BTCUSDT), 0);
    ck_assert_int_eq(held(1, ETHUSDT), 0);
    ck_assert_int_eq(held(2, WORLD_PERPETUAL), 0);
    for (uint16_t slot = 0; slot < 3; slot++)
        ck_assert_uint_eq(world->engine->wants_flat[slot], 0);
    // Closed is not over: it stays until a person says so.
    ck_assert_int_eq(engine_halted(world->engine), 1);
    ck_assert_str_eq(engine_halt(world->engine, SCOPE_GLOBAL, HALT_STOP)->who, "alice");
    n = world->n_cmds;
    world_order(world, 0, BTCUSDT, AGON_BUY, 0, 10000, 9);
    ck_assert_uint_eq(told(0), REASON_HALTED);
    ck_assert_uint_eq(world->n_cmds, n);
    by_operator(COMMAND_RESUME);
    ck_assert_int_eq(engine_halted(world->engine), 0);
    world_order(world, 0, BTCUSDT, AGON_BUY, 0, 10000, 9);
    ck_assert_uint_eq(world->n_cmds, n + 1);
    end();
}
END_TEST

static const struct alert *last_alert(void)
{
    const struct alerts *alerts = engine_alerts(world->engine);

    ck_assert_uint_gt(alerts->n, 0);
    return &alerts->all[(alerts->n - 1) % ALERTS_KEPT];
}

START_TEST(a_stop_is_an_alert_and_so_is_each_minute_in_which_it_could_not_close)
{
    uint32_t n;

    begin();
    buy_and_fill(0, BTCUSDT, 6000100, 10000);
    world_order(world, 0, ETHUSDT, AGON_BUY, 299000, 10000, 7);
    world_report(world, last_cmd(), REPORT_ACK, 0, 0, 0);
    n = world->n_cmds;
    by_operator(COMMAND_STOP);
    ck_assert_uint_eq(world_alerts(world, ALERT_STOP), 1);
    ck_assert_uint_eq(last_alert()->kind, ALERT_STOP);
    ck_assert_int_eq(last_alert()->value, 2); // an order and a position
    // Nobody answers. The order that closes is one more that is open.
    world_due(world, T0 + 60 * 1000 * MS);
    ck_assert_uint_eq(world_alerts(world, ALERT_STOP), 1);
    world_due(world, T0 + 60 * 1000 * MS + 1);
    ck_assert_uint_eq(world_alerts(world, ALERT_STOP), 2);
    ck_assert_int_eq(last_alert()->value, 3);
    ck_assert_ptr_nonnull(strstr(last_alert()->text, "2 orders and 1 positions are left"));
    world_due(world, T0 + 121 * 1000 * MS);
    ck_assert_uint_eq(world_alerts(world, ALERT_STOP), 3);
    fill_all(n);
    ck_assert_int_eq(held(0, BTCUSDT), 0);
    world_due(world, T0 + 600 * 1000 * MS);
    ck_assert_uint_eq(world_alerts(world, ALERT_STOP), 3);
    by_operator(COMMAND_RESUME);
    // One that closed everything in time says nothing more.
    by_operator(COMMAND_STOP);
    ck_assert_uint_eq(world_alerts(world, ALERT_STOP), 4);
    ck_assert_int_eq(last_alert()->value, 0);
    world_due(world, T0 + 900 * 1000 * MS);
    ck_assert_uint_eq(world_alerts(world, ALERT_STOP), 4);
    ck_assert_uint_eq(world_alerts(world, ALERT_HALT), 0);
    end();
}
END_TEST

START_TEST(what_fills_after_a_stop_is_closed_too)
{
    struct order_cmd late;
    uint32_t n;

    begin();
    world_order(world, 0, BTCUSDT, AGON_BUY, 6000100, 10000, 7);
    late = *last_cmd();
    by_operator(COMMAND_STOP); // while the new order's fate is not known
    ck_assert_uint_eq(n_of(CMD_CANCEL, 0), 0);
    world_report(world, &late, REPORT_UNKNOWN, 0, 0, 0);
    world_due(world, world->t + 3000 * MS);
    n = world->n_cmds;
    world_report(world, &late, REPORT_FILL, 6000100, 10000, 10000);
    world_due(world, world->t + 1000 * MS + 1);
    ck_assert_uint_eq(n_of(CMD_NEW, n), 1);
    ck_assert_uint_eq(last_cmd()->side, AGON_SELL);
    ck_assert_int_eq(last_cmd()->qty, 10000);
    end();
}
END_TEST

START_TEST(the_kill_switch_bars_agents_and_lets_the_hosts_close_pass)
{
    uint32_t n;

    begin();
    buy_and_fill(0, BTCUSDT, 6000100, 10000);
    order(COMMAND_KILL, SCOPE_GLOBAL, 0, 0, REASON_KILL);
    n = world->n_cmds;
    world_order(world, 0, BTCUSDT, AGON_SELL, 0, 10000, 9);
    ck_assert_uint_eq(told(0), REASON_KILL);
    ck_assert_uint_eq(world->n_cmds, n);
    by_operator(COMMAND_STOP);
    ck_assert_uint_eq(n_of(CMD_NEW, n), 1);
    fill_all(n);
    ck_assert_int_eq(held(0, BTCUSDT), 0);
    // Neither lifts the other.
    by_operator(COMMAND_RESUME);
    ck_assert_int_eq(engine_halted(world->engine), 2);
    order(COMMAND_RESUME, SCOPE_GLOBAL, 0, 0, REASON_KILL);
    ck_assert_int_eq(engine_halted(world->engine), 0);
    end();
}
END_TEST

START_TEST(nobody_buys_back_what_is_being_closed)
{
    uint32_t n;

    begin();
    buy_and_fill(0, BTCUSDT, 6000100, 10000);
    buy_and_fill(0, ETHUSDT, 300010, 100000);
    n = world->n_cmds;
    order(COMMAND_FLATTEN, SCOPE_SLOT, 0, 0, REASON_OPERATOR);
    ck_assert_uint_eq(n_of(CMD_NEW, n), 2);
    // One is closed; in both the agent is told to wait until the other is too.
    world_report(world, &world->cmds[n], REPORT_FILL, 6000000, 10000, 10000);
    world_order(world, 0, BTCUSDT, AGON_BUY, 0, 10000, 9);
    ck_assert_uint_eq(told(0), REASON_HALTED);
    world_order(world, 1, BTCUSDT, AGON_BUY, 0, 10000, 9); // another slot's affair
    ck_assert_uint_eq(last_cmd()->kind, CMD_NEW);
    ck_assert_uint_eq(close_count(world->engine, 0), 0);
    world_report(world, &world->cmds[n + 1], REPORT_FILL, 300000, 100000, 100000);
    ck_assert_uint_eq(close_count(world->engine, 0), 1); // whatever it buys from here on
    world_order(world, 0, BTCUSDT, AGON_BUY, 0, 10000, 9);
    ck_assert_uint_eq(last_cmd()->side, AGON_BUY);
    ck_assert_uint_eq(ORDER_ID_SLOT(last_cmd()->order_id), 0);
    ck_assert_uint_eq(close_count(world->engine, 0), 1);
    end();
}
END_TEST

/* A sell whose cancel nobody answers for: the rest of the coins does not wait for it, and not one
 * more is sold than are free. */
START_TEST(a_close_does_not_wait_for_ever_and_sells_no_more_than_is_free)
{
    uint32_t n;

    begin();
    buy_and_fill(0, BTCUSDT, 6000100, 10000);
    world_order(world, 0, BTCUSDT, AGON_SELL, 6100000, 4000, 7);
    world_report(world, last_cmd(), REPORT_ACK, 0, 0, 0);
    n = world->n_cmds;
    order(COMMAND_FLATTEN, SCOPE_SLOT, 0, 0, REASON_OPERATOR);
    ck_assert_uint_eq(n_of(CMD_NEW, n), 0);
    world_due(world, world->t + 1000 * MS + 1);
    ck_assert_uint_eq(n_of(CMD_NEW, n), 1);
    ck_assert_int_eq(last_cmd()->qty, 6000);
    world_report(world, last_cmd(), REPORT_FILL, 6000000, 6000, 6000);
    world_due(world, world->t + 3000 * MS);
    ck_assert_uint_eq(n_of(CMD_NEW, n), 1);
    world_report(world, &world->cmds[n], REPORT_CANCELLED, 0, 0, 0); // at last
    ck_assert_int_eq(last_cmd()->qty, 4000);
    world_report(world, last_cmd(), REPORT_FILL, 6000000, 4000, 4000);
    ck_assert_uint_eq(world->engine->wants_flat[0], 0);
    ck_assert_uint_eq(world->engine->is_closing_all[0], 0);
    end();
}
END_TEST

START_TEST(a_part_is_closed_by_the_same_rules)
{
    uint16_t refused;

    begin();
    buy_and_fill(0, BTCUSDT, 6000100, 10000);
    order(COMMAND_KILL, SCOPE_GLOBAL, 0, 0, REASON_KILL);
    ck_assert_ptr_nonnull(close_part(world->engine, 0, BTCUSDT, 6000, REASON_DAILY_LOSS, &refused));
    world_trade(world, BTCUSDT, 6000000, 5, AGON_BUY); // the next step shows it
    ck_assert_uint_eq(told(0), REASON_DAILY_LOSS);
    ck_assert_uint_eq(last_cmd()->is_exit, 1);
    ck_assert_ptr_null(close_part(world->engine, 0, BTCUSDT, 6000, REASON_DAILY_LOSS, &refused));
    ck_assert_uint_eq(refused, REASON_REDUCE_ONLY);
    ck_assert_ptr_null(close_part(world->engine, 0, ETHUSDT, 1, REASON_DAILY_LOSS, &refused));
    end();
}
END_TEST

/* What has lost more than the slot has can be closed all the same, and a short is bought back. */
START_TEST(a_derivative_is_closed_reduce_only_whatever_is_left_of_the_slots_money)
{
    struct agon_status stale = {
        .hdr = {.type = AGON_EVENT_STATUS, .granules = 1, .instrument = WORLD_PERPETUAL},
        .book = BOOK_STALE};
    uint32_t n;

    begin();
    world_order(world, 0, WORLD_PERPETUAL, AGON_SELL, 0, 100000, 7);
    world_report(world, last_cmd(), REPORT_FILL, 6000000, 100000, 100000);
    world_book(world, WORLD_PERPETUAL, 60000000, 100000000, 60000100, 100000000);
    ck_assert_int_lt(engine_equity(world->engine, 0), 0);
    world_step(world, &stale);
    n = world->n_cmds;
    by_operator(COMMAND_STOP);
    ck_assert_uint_eq(n_of(CMD_NEW, n), 1);
    ck_assert_uint_eq(last_cmd()->side, AGON_BUY);
    ck_assert_uint_eq(last_cmd()->type, AGON_MARKET);
    ck_assert_int_eq(last_cmd()->qty, 100000);
    ck_assert((last_cmd()->flags & AGON_REDUCE_ONLY) != 0);
    end();
}
END_TEST

/* 8 lots are worth 4.8 USDT of the 5 that an order needs: no venue takes it, unless it only reduces
 * what the account holds. It does once the other slot, which stood against this one, has closed. */
START_TEST(a_stop_closes_what_only_another_slots_position_made_dust)
{
    uint32_t from;

    begin();
    buy_and_fill(0, WORLD_PERPETUAL, 6000000, 50000);
    world_order(world, 0, WORLD_PERPETUAL, AGON_SELL, 0, 49992, 1);
    world_report(world, last_cmd(), REPORT_FILL, 6000000, 49992, 49992);
    ck_assert_int_eq(held(0, WORLD_PERPETUAL), 8);
    world_order(world, 1, WORLD_PERPETUAL, AGON_SELL, 0, 50000, 2);
    world_report(world, last_cmd(), REPORT_FILL, 6000000, 50000, 50000);
    from = world->n_cmds;
    ck_assert_int_eq(by_operator(COMMAND_STOP), AGON_OK);
    ck_assert_uint_eq(n_of(CMD_NEW, from), 1);
    world_report(world, last_cmd(), REPORT_FILL, 6000000, 50000, 50000);
    from = world->n_cmds;
    world_due(world, world->t + 3000 * MS);
    ck_assert_uint_eq(n_of(CMD_NEW, from), 1);
    ck_assert_uint_eq(last_cmd()->flags & AGON_REDUCE_ONLY, AGON_REDUCE_ONLY);
    world_report(world, last_cmd(), REPORT_FILL, 6000000, 8, 8);
    world_due(world, world->t + 3000 * MS);
    ck_assert_int_eq(held(0, WORLD_PERPETUAL), 0);
    end();
}
END_TEST

START_TEST(a_place_is_anothers_when_nothing_of_the_one_before_is_left)
{
    struct record_slot other = world_slot_record(0);
    struct engine *engine;
    agon_amt_t external_amt, had_amt;
    struct order_cmd old;
    uint32_t n;

    begin();
    engine = world->engine;
    buy_and_fill(0, BTCUSDT, 6000100, 10000);
    old = *last_cmd();
    order(COMMAND_HALT, SCOPE_SLOT, 0, 0, REASON_OPERATOR);
    ck_assert_int_eq(order(COMMAND_VACATE, 0, 0, 0, REASON_OPERATOR), AGON_EINVAL);
    {
        struct record_command retire = {.hdr = {.type = AGON_EVENT_COMMAND, .granules = 1},
                                        .kind = COMMAND_SLOT_CONDITION,
                                        .value = CONDITION_RETIRED,
                                        .reason = REASON_OPERATOR};

        ck_assert_int_eq(world_step(world, &retire), AGON_OK);
    }
    ck_assert_int_eq(order(COMMAND_VACATE, 0, 0, 0, REASON_OPERATOR), AGON_EINVAL); // it holds
    n = world->n_cmds;
    order(COMMAND_FLATTEN, SCOPE_SLOT, 0, 0, REASON_OPERATOR);
    ck_assert_int_eq(engine_can_vacate(engine, 0), 0); // on its way
    // A crumb is left that no order can take.
    world_report(world, &world->cmds[n], REPORT_FILL, 6000000, 9999, 9999);
    ck_assert_int_eq(engine_can_vacate(engine, 0), 0);
    world_report(world, &world->cmds[n], REPORT_CANCELLED, 0, 0, 9999);
    world_due(world, world->t + 1000 * MS + 1);
    ck_assert_int_eq(engine_can_vacate(engine, 0), 1);
    external_amt = ledger_amt(engine->ledger, 0, LEDGER_EXTERNAL, USDT);
    had_amt = ledger_amt(engine->ledger, 0, 0, USDT);
    ck_assert_int_eq(order(COMMAND_VACATE, 0, 0, 0, REASON_OPERATOR), AGON_OK);
    ck_assert_ptr_null(slots_get(&engine->slots, 0));
    ck_assert_int_eq(ledger_amt(engine->ledger, 0, 0, USDT), 0);
    ck_assert_int_eq(ledger_amt(engine->ledger, 0, 0, BTC), 0);
    ck_assert_int_eq(ledger_amt(engine->ledger, 0, LEDGER_EXTERNAL, USDT), external_amt + had_amt);
    ck_assert_int_gt(ledger_amt(engine->ledger, 0, LEDGER_EXTERNAL, BTC), 0);
    world_holds(world);
    // Another, of another name: nothing of the first is its own, and no id of an order comes back.
    world_rename(&other, "somebody_else");
    ck_assert_int_eq(world_step(world, &other), AGON_OK);
    ck_assert_ptr_null(engine_halt(engine, SCOPE_SLOT, 0));
    ck_assert_int_eq(held(0, BTCUSDT), 0);
    ck_assert_uint_gt(engine->slots.all[0].generation, 1);
    world_report(world, &old, REPORT_FILL, 6000100, 5, 10005); // a late one of the first's
    ck_assert_int_eq(held(0, BTCUSDT), 0);
    ck_assert_uint_eq(engine_counters(engine)->n_foreign, 1);
    world_order(world, 0, BTCUSDT, AGON_BUY, 5990000, 1000, 1);
    for (uint32_t i = 0; i + 1 < world->n_cmds; i++)
        ck_assert_uint_ne(world->cmds[i].order_id, last_cmd()->order_id);
    ck_assert_uint_eq(ORDER_ID_SLOT(last_cmd()->order_id), 0);
    end();
}
END_TEST

static void retire(uint16_t slot)
{
    struct record_command retired = {.hdr = {.type = AGON_EVENT_COMMAND, .granules = 1},
                                     .kind = COMMAND_SLOT_CONDITION,
                                     .id = slot,
                                     .value = CONDITION_RETIRED,
                                     .reason = REASON_OPERATOR};

    ck_assert_int_eq(world_step(world, &retired), AGON_OK);
}

START_TEST(what_an_unloaded_agent_holds_is_closed_whatever_is_resumed)
{
    uint32_t n;

    begin();
    buy_and_fill(0, BTCUSDT, 6000100, 10000);
    retire(0);
    n = world->n_cmds;
    order(COMMAND_FLATTEN, SCOPE_SLOT, 0, 0, REASON_OPERATOR);
    ck_assert_uint_eq(n_of(CMD_NEW, n), 1);
    by_operator(COMMAND_STOP);
    by_operator(COMMAND_RESUME);
    order(COMMAND_RESUME, SCOPE_SLOT, 0, 0, REASON_OPERATOR);
    world_report(world, &world->cmds[n], REPORT_CANCELLED, 0, 0, 0);
    n = world->n_cmds;
    world_due(world, world->t + 1000 * MS + 1);
    ck_assert_uint_eq(n_of(CMD_NEW, n), 1);
    world_report(world, last_cmd(), REPORT_FILL, 6000000, 10000, 10000);
    ck_assert_int_eq(held(0, BTCUSDT), 0);
    ck_assert_int_eq(engine_can_vacate(world->engine, 0), 1);
    end();
}
END_TEST

START_TEST(what_an_unloaded_agent_keeps_is_closed_by_a_stop_only_while_that_stands)
{
    uint32_t n;

    begin();
    buy_and_fill(0, BTCUSDT, 6000100, 10000);
    retire(0);
    n = world->n_cmds;
    order(COMMAND_CANCEL_ALL, SCOPE_SLOT, 0, 0, REASON_OPERATOR);
    by_operator(COMMAND_STOP);
    ck_assert_uint_eq(n_of(CMD_NEW, n), 1);
    by_operator(COMMAND_RESUME);
    world_report(world, last_cmd(), REPORT_CANCELLED, 0, 0, 0);
    n = world->n_cmds;
    world_due(world, world->t + 1000 * MS + 1);
    ck_assert_uint_eq(n_of(CMD_NEW, n), 0);
    ck_assert_int_eq(held(0, BTCUSDT), 10000);
    end();
}
END_TEST

/* The venue counts a fill of an order that has ended and has not told of it yet: the place is
 * nobody else's before that, and what came is closed. */
START_TEST(a_place_is_not_free_while_a_fill_is_due)
{
    struct order_cmd bought;

    begin();
    world_order(world, 0, BTCUSDT, AGON_BUY, 5990000, 10000, 1);
    bought = *last_cmd();
    world_report(world, &bought, REPORT_ACK, 0, 0, 0);
    retire(0);
    order(COMMAND_FLATTEN, SCOPE_SLOT, 0, 0, REASON_OPERATOR);
    ck_assert_uint_eq(last_cmd()->kind, CMD_CANCEL);
    world_report(world, &bought, REPORT_CANCELLED, 0, 0, 3000);
    world_due(world, world->t + 1000 * MS + 1);
    ck_assert_int_eq(held(0, BTCUSDT), 0);
    ck_assert_int_eq(engine_can_vacate(world->engine, 0), 0);
    ck_assert_int_eq(order(COMMAND_VACATE, 0, 0, 0, REASON_OPERATOR), AGON_EINVAL);
    world_report(world, &bought, REPORT_FILL, 5990000, 3000, 3000);
    world_due(world, world->t + 1000 * MS + 1);
    ck_assert_uint_eq(last_cmd()->kind, CMD_NEW);
    ck_assert_uint_eq(last_cmd()->side, AGON_SELL);
    ck_assert_int_eq(last_cmd()->qty, 3000);
    world_report(world, last_cmd(), REPORT_FILL, 6000000, 3000, 3000);
    ck_assert_int_eq(engine_can_vacate(world->engine, 0), 1);
    end();
}
END_TEST

/* The venue said at the end that nothing had filled, and tells of a fill when all seems closed. */
START_TEST(what_fills_of_an_unloaded_agent_when_all_seems_closed_is_closed_too)
{
    struct order_cmd bought;

    begin();
    world_order(world, 0, BTCUSDT, AGON_BUY, 5990000, 10000, 1);
    bought = *last_cmd();
    world_report(world, &bought, REPORT_ACK, 0, 0, 0);
    retire(0);
    order(COMMAND_FLATTEN, SCOPE_SLOT, 0, 0, REASON_OPERATOR);
    world_report(world, &bought, REPORT_CANCELLED, 0, 0, 0);
    world_due(world, world->t + 5000 * MS);
    world_report(world, &bought, REPORT_FILL, 5990000, 4000, 4000);
    world_due(world, world->t + 1000 * MS + 1);
    ck_assert_int_eq(held(0, BTCUSDT), 4000);
    ck_assert_uint_eq(last_cmd()->kind, CMD_NEW);
    ck_assert_uint_eq(last_cmd()->side, AGON_SELL);
    ck_assert_int_eq(last_cmd()->qty, 4000);
    world_report(world, last_cmd(), REPORT_FILL, 6000000, 4000, 4000);
    ck_assert_int_eq(held(0, BTCUSDT), 0);
    end();
}
END_TEST

START_TEST(a_second_way_out_of_one_position_is_a_way_in)
{
    uint32_t n;

    begin();
    buy_and_fill(2, WORLD_PERPETUAL, 6000100, 5000);
    world_order(world, 2, WORLD_PERPETUAL, AGON_SELL, 6100000, 4000, 7);
    world_report(world, last_cmd(), REPORT_ACK, 0, 0, 0);
    world_order(world, 2, WORLD_PERPETUAL, AGON_SELL, 6200000, 4000, 8);
    world_report(world, last_cmd(), REPORT_ACK, 0, 0, 0);
    n = world->n_cmds;
    order(COMMAND_CANCEL_ALL, SCOPE_SLOT, 2, CANCEL_NON_REDUCING, REASON_OPERATOR);
    ck_assert_uint_eq(n_of(CMD_CANCEL, n), 1);
    ck_assert_uint_eq(last_cmd()->order_id, world->cmds[n - 1].order_id);
    end();
}
END_TEST

// With value: the order, or the instrument.
static int order_of(uint8_t kind, uint16_t slot, uint8_t which, int64_t value)
{
    struct record_command command = {.hdr = {.type = AGON_EVENT_COMMAND, .granules = 1},
                                     .kind = kind,
                                     .scope = SCOPE_SLOT,
                                     .which = which,
                                     .id = slot,
                                     .value = value,
                                     .reason = REASON_OPERATOR};

    return world_step(world, &command);
}

START_TEST(one_order_is_cancelled_and_the_others_stay)
{
    uint64_t first, second;
    uint32_t n;

    begin();
    world_order(world, 0, BTCUSDT, AGON_BUY, 5990000, 1000, 1);
    world_report(world, last_cmd(), REPORT_ACK, 0, 0, 0);
    first = last_cmd()->order_id;
    world_order(world, 0, BTCUSDT, AGON_BUY, 5980000, 1000, 2);
    world_report(world, last_cmd(), REPORT_ACK, 0, 0, 0);
    second = last_cmd()->order_id;
    n = world->n_cmds;
    // Another slot's, one that nobody has, and everybody's are refused.
    ck_assert_int_eq(order_of(COMMAND_CANCEL_ALL, 1, CANCEL_ORDER, (int64_t)first), AGON_EINVAL);
    ck_assert_int_eq(order_of(COMMAND_CANCEL_ALL, 0, CANCEL_ORDER, 12345), AGON_EINVAL);
    ck_assert_uint_eq(world->n_cmds, n);
    ck_assert_int_eq(order_of(COMMAND_CANCEL_ALL, 0, CANCEL_ORDER, (int64_t)first), AGON_OK);
    ck_assert_uint_eq(n_of(CMD_CANCEL, n), 1);
    ck_assert_uint_eq(last_cmd()->order_id, first);
    // Again: it is on its way.
    ck_assert_int_eq(order_of(COMMAND_CANCEL_ALL, 0, CANCEL_ORDER, (int64_t)first), AGON_OK);
    ck_assert_uint_eq(n_of(CMD_CANCEL, n), 1);
    ck_assert_int_eq(order_of(COMMAND_CANCEL_ALL, 0, CANCEL_ORDER, (int64_t)second), AGON_OK);
    ck_assert_uint_eq(n_of(CMD_CANCEL, n), 2);
    end();
}
END_TEST

START_TEST(one_position_is_closed_and_the_others_stay)
{
    begin();
    buy_and_fill(2, WORLD_PERPETUAL, 6000100, 5000);
    buy_and_fill(2, BTCUSDT, 6000100, 5000);
    ck_assert_int_eq(order_of(COMMAND_FLATTEN, 2, 0, 12345), AGON_EINVAL);
    ck_assert_int_eq(order_of(COMMAND_FLATTEN, 2, 0, -1), AGON_EINVAL);
    ck_assert_int_eq(order_of(COMMAND_FLATTEN, 2, 0, BTCUSDT), AGON_OK);
    ck_assert(close_is_wanted(world->engine, 2, BTCUSDT));
    ck_assert(!close_is_wanted(world->engine, 2, WORLD_PERPETUAL));
    ck_assert_uint_eq(last_cmd()->kind, CMD_NEW);
    ck_assert_uint_eq(last_cmd()->instrument, BTCUSDT);
    ck_assert_uint_eq(last_cmd()->side, AGON_SELL);
    end();
}
END_TEST

static int by_key(uint8_t kind)
{
    return order(kind, SCOPE_VENUE, 1, 0, REASON_KEY_RIGHTS);
}

START_TEST(a_key_that_may_withdraw_halts_its_venue_and_lifts_its_own_halt_alone)
{
    const struct halt *halt;

    begin();
    ck_assert_int_eq(by_key(COMMAND_HALT), AGON_OK);
    halt = engine_halt(world->engine, SCOPE_VENUE, 1);
    ck_assert_ptr_nonnull(halt);
    ck_assert_uint_eq(halt->reason, REASON_KEY_RIGHTS);
    ck_assert_int_eq(engine_halted(world->engine), 0); // other venues go on
    ck_assert_uint_eq(world_alerts(world, ALERT_CREDENTIAL), 1);
    world_order(world, 0, BTCUSDT, AGON_BUY, 0, 10, 1);
    ck_assert_uint_eq(world->n_cmds, 0);
    ck_assert_uint_eq(told(0), REASON_HALTED);
    ck_assert_int_eq(by_key(COMMAND_RESUME), AGON_OK);
    ck_assert_ptr_null(engine_halt(world->engine, SCOPE_VENUE, 1));

    // A person's halt stands, whatever the key gained and lost meanwhile.
    ck_assert_int_eq(order(COMMAND_HALT, SCOPE_VENUE, 1, 0, REASON_OPERATOR), AGON_OK);
    ck_assert_int_eq(by_key(COMMAND_HALT), AGON_OK);
    ck_assert_int_eq(by_key(COMMAND_RESUME), AGON_OK);
    halt = engine_halt(world->engine, SCOPE_VENUE, 1);
    ck_assert_ptr_nonnull(halt);
    ck_assert_uint_eq(halt->reason, REASON_OPERATOR);
    // And a person lifts what the key halted.
    ck_assert_int_eq(order(COMMAND_RESUME, SCOPE_VENUE, 1, 0, REASON_OPERATOR), AGON_OK);
    ck_assert_int_eq(by_key(COMMAND_HALT), AGON_OK);
    ck_assert_int_eq(order(COMMAND_RESUME, SCOPE_VENUE, 1, 0, REASON_OPERATOR), AGON_OK);
    ck_assert_ptr_null(engine_halt(world->engine, SCOPE_VENUE, 1));
    world_order(world, 0, BTCUSDT, AGON_BUY, 0, 10, 2);
    ck_assert_uint_eq(last_cmd()->kind, CMD_NEW);
    end();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine_stop");
    TCase *tcase = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tcase, a_halt_says_who_and_why_and_each_cause_is_lifted_by_itself);
    tcase_add_test(tcase, nothing_of_an_agent_leaves_while_another_host_trades_the_account);
    tcase_add_test(tcase, halts_outlive_a_run_and_their_words_too);
    tcase_add_test(tcase, a_stop_cancels_closes_and_stays);
    tcase_add_test(tcase, a_stop_is_an_alert_and_so_is_each_minute_in_which_it_could_not_close);
    tcase_add_test(tcase, what_fills_after_a_stop_is_closed_too);
    tcase_add_test(tcase, the_kill_switch_bars_agents_and_lets_the_hosts_close_pass);
    tcase_add_test(tcase, nobody_buys_back_what_is_being_closed);
    tcase_add_test(tcase, a_close_does_not_wait_for_ever_and_sells_no_more_than_is_free);
    tcase_add_test(tcase, a_part_is_closed_by_the_same_rules);
    tcase_add_test(tcase, a_derivative_is_closed_reduce_only_whatever_is_left_of_the_slots_money);
    tcase_add_test(tcase, a_stop_closes_what_only_another_slots_position_made_dust);
    tcase_add_test(tcase, a_place_is_anothers_when_nothing_of_the_one_before_is_left);
    tcase_add_test(tcase, what_an_unloaded_agent_holds_is_closed_whatever_is_resumed);
    tcase_add_test(tcase, what_an_unloaded_agent_keeps_is_closed_by_a_stop_only_while_that_stands);
    tcase_add_test(tcase, a_place_is_not_free_while_a_fill_is_due);
    tcase_add_test(tcase, what_fills_of_an_unloaded_agent_when_all_seems_closed_is_closed_too);
    tcase_add_test(tcase, a_second_way_out_of_one_position_is_a_way_in);
    tcase_add_test(tcase, one_order_is_cancelled_and_the_others_stay);
    tcase_add_test(tcase, one_position_is_closed_and_the_others_stay);
    tcase_add_test(tcase, a_key_that_may_withdraw_halts_its_venue_and_lifts_its_own_halt_alone);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
