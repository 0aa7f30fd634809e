// SPDX-License-Identifier: Apache-2.0
/* Tournaments in the engine: capital moves when the calendar says so, by one event, all of it or
 * none, and a replay reaches the same. Slot 0 holds bitcoin that rises, slot 1 ether that falls,
 * slot 2 does nothing. */
#define WORLD_PERPETUAL 3
#include "world.h"

#define MINUTE ((agon_ns_t)60000 * MS)

static struct world *world;
static struct engine *engine;

static const struct record_plan *plans[16];
static uint32_t n_plans;

static void find_plans(void)
{
    n_plans = 0;
    for (uint64_t at = 0; at < world->n_record;) {
        const struct agon_event_hdr *event = (const void *)(world->record + at);

        if (event->type == EVENT_PLAN) {
            plans[n_plans++] = (const void *)event;
            ck_assert_uint_ge(event_bytes(event),
                              sizeof(struct record_plan) +
                                  plans[n_plans - 1]->n_lines * sizeof(struct plan_line));
        }
        at += event_bytes(event);
    }
}

static const struct plan_line *line_of(uint32_t plan, uint16_t slot)
{
    for (uint32_t i = 0; i < plans[plan]->n_lines; i++) {
        if (plan_lines(plans[plan])[i].slot == slot)
            return &plan_lines(plans[plan])[i];
    }
    ck_abort_msg("slot %u is not in plan %u", slot, plan);
}

static struct record_tournament rules(void)
{
    struct record_tournament record = {
        .hdr = {.type = EVENT_CONFIG, .granules = sizeof(record) / EVENT_GRANULE},
        .kind = CONFIG_TOURNAMENT};

    plan_defaults(&record.rules);
    rules_clear_more(&record.rules); // as in journals from before there were settings
    record.rules.failures = 1;
    memcpy(record.rules.schedule, "*/10 * * * *", sizeof("*/10 * * * *"));
    record.rules.sample_s = 60;
    record.rules.min_samples = 3;
    return record;
}

static void buy(uint16_t slot, agon_instrument_t id, agon_px_t px, agon_qty_t qty)
{
    ck_assert_int_eq(world_order(world, slot, id, AGON_BUY, 0, qty, world->n_cmds + 1), AGON_OK);
    ck_assert_int_eq(
        world_report(world, &world->cmds[world->n_cmds - 1], REPORT_FILL, px, qty, qty), AGON_OK);
}

// Prices of one minute after another, and what is due in between.
static void pass(int from, int to)
{
    for (int i = from; i < to; i++) {
        world_due(world, T0 + i * MINUTE + 1);
        world_book(world, BTCUSDT, 6000000 + i * 10000, 100000000, 6000100 + i * 10000, 100000000);
        world_book(world, ETHUSDT, 300000 - i * 500, 100000000, 300010 - i * 500, 100000000);
        world_holds(world);
    }
}

static void begin(const struct record_tournament *with)
{
    struct record_tournament record = with != NULL ? *with : rules();

    world = world_new(RUN_PAPER);
    engine = world->engine;
    ck_assert_int_eq(world_step(world, &record), AGON_OK);
    buy(0, BTCUSDT, 6000100, 100000);
    buy(1, ETHUSDT, 300010, 1000000);
}

START_TEST(capital_goes_from_the_weak_to_the_strong)
{
    agon_amt_t external_amt;
    const struct told *told;
    unsigned char first[HASH_SIZE], second[HASH_SIZE];
    struct engine_config config = {.state_bytes = WORLD_STATE, .bus_granules = WORLD_BUS};
    struct engine *again;

    begin(NULL);
    external_amt = ledger_amt(engine_ledger(engine), 0, LEDGER_EXTERNAL, USDT);
    pass(0, 15);
    find_plans();
    ck_assert_uint_eq(n_plans, 1);
    ck_assert_int_eq(plans[0]->t_due, T0 + 10 * MINUTE);
    ck_assert_int_eq(plans[0]->hdr.t, T0 + 10 * MINUTE);
    ck_assert_uint_eq(plans[0]->n_lines, 3);
    ck_assert_uint_eq(line_of(0, 0)->rank, 1);
    ck_assert_uint_eq(line_of(0, 0)->n_samples, 10);
    ck_assert_uint_eq(line_of(0, 2)->rank, 2); // nothing lost is better than something
    ck_assert_uint_eq(line_of(0, 1)->rank, 3);
    for (uint16_t id = 0; id < WORLD_SLOTS; id++) {
        const struct plan_line *line = line_of(0, id);
        agon_amt_t change_amt = line->capital_after_amt - line->capital_before_amt;

        ck_assert_int_eq(line->capital_before_amt, USD(100000));
        ck_assert_int_eq(engine_slots(engine)->all[id].limits.capital_amt, line->capital_after_amt);
        ck_assert_int_lt(change_amt, 0); // 25, 20 and 18 % of all that there is
        external_amt -= change_amt;
        told = world_last(world, id, AGON_EVENT_CAPITAL);
        ck_assert_ptr_nonnull(told);
        ck_assert_int_eq(told->u.capital.capital_amt, line->capital_after_amt);
        // What is free to spend has moved with it: else the next order asks for money that is gone.
        told = world_last(world, id, AGON_EVENT_BALANCE);
        ck_assert_ptr_nonnull(told);
        ck_assert_int_eq(told->u.balance.total_amt, ledger_amt(engine_ledger(engine), 0, id, USDT));
        // What moved is no gain and no loss.
        ck_assert_int_eq(engine_score(engine, id)->start_amt, line->capital_after_amt);
    }
    // Slot 0 has 100,000 - 60,001 at hand and is to give more than that back.
    ck_assert_uint_eq(line_of(0, 0)->flags, 0);
    ck_assert_int_eq(ledger_amt(engine_ledger(engine), 0, LEDGER_EXTERNAL, USDT), external_amt);
    ck_assert_int_eq(plans[0]->given_amt, 3 * USD(100000));

    ck_assert_int_eq(engine_new(&again, &config, NULL), AGON_OK);
    for (uint64_t at = 0; at < world->n_record;) {
        const struct agon_event_hdr *event = (const void *)(world->record + at);

        ck_assert_int_ne(engine_step_recorded(again, event), AGON_ECORRUPT);
        at += event_bytes(event);
    }
    world_hash(world, first);
    ck_assert_int_eq(engine_hash(again, second), AGON_OK);
    ck_assert_mem_eq(first, second, HASH_SIZE);
    ck_assert_uint_eq(engine_output_hash(engine), engine_output_hash(again));
    engine_free(again);
    world_free(world);
}
END_TEST

START_TEST(what_is_in_positions_is_left_there_and_said)
{
    begin(NULL);
    buy(0, BTCUSDT, 6000100, 60000); // 96,001.60 of 100,000 are coins now
    pass(0, 11);
    find_plans();
    ck_assert_uint_eq(line_of(0, 0)->flags, PLAN_CASH_SHORT);
    ck_assert_int_eq(line_of(0, 0)->capital_after_amt, USD(100000) - plan_free(line_of(0, 0)));
    ck_assert_int_eq(ledger_amt(engine_ledger(engine), 0, 0, USDT), 0);
    world_free(world);
}
END_TEST

START_TEST(no_plan_but_the_engines_own_is_taken)
{
    union plan_event plan, other;
    unsigned char before[HASH_SIZE], after[HASH_SIZE];
    struct record_tournament none = {
        .hdr = {.type = EVENT_CONFIG, .granules = sizeof(none) / EVENT_GRANULE},
        .kind = CONFIG_TOURNAMENT};

    begin(NULL);
    world->is_plan_left = 1;
    ck_assert_int_eq(engine_dry_plan(engine, NULL, &other), AGON_OK);
    ck_assert_uint_eq(other.plan.n_lines, 3);
    ck_assert_int_eq(world_step(world, &other), AGON_EINVAL); // none is due
    pass(0, 10);
    world_due(world, T0 + 10 * MINUTE + 1);
    ck_assert_int_eq(engine_take_plan(engine, &plan), 1);
    world_hash(world, before);
    for (size_t byte = sizeof(plan.plan.hdr); byte < event_bytes(&plan.plan.hdr); byte += 37) {
        other = plan;
        other.bytes[byte] ^= 1;
        ck_assert_int_eq(world_step(world, &other), AGON_ECORRUPT);
    }
    other = plan;
    other.plan.hdr.granules--;
    ck_assert_int_eq(world_step(world, &other), AGON_ECORRUPT);
    ck_assert_uint_gt(world_alerts(world, ALERT_TOURNAMENT), 0);
    for (uint16_t id = 0; id < WORLD_SLOTS; id++)
        ck_assert_int_eq(engine_slots(engine)->all[id].limits.capital_amt, USD(100000));
    ck_assert_int_eq(engine_take_plan(engine, &plan), 1);
    ck_assert_int_eq(world_step(world, &plan), AGON_OK);
    ck_assert_int_eq(engine_take_plan(engine, &plan), 0);
    ck_assert_int_eq(world_step(world, &plan), AGON_EINVAL); // and not twice
    world_hash(world, after);
    ck_assert_mem_ne(before, after, HASH_SIZE);
    // Rules that are none change nothing; none at all end it.
    none.rules.mode = 1;
    ck_assert_int_eq(world_step(world, &none), AGON_EINVAL);
    ck_assert_uint_eq(engine_tournament(engine)->mode, TOURNAMENT_RANK_SHARES);
    none.rules.mode = 0;
    ck_assert_int_eq(world_step(world, &none), AGON_OK);
    pass(11, 25);
    ck_assert_int_eq(engine_take_plan(engine, &plan), 0);
    ck_assert_int_eq(engine_dry_plan(engine, NULL, &plan), AGON_ESTATE);
    world_free(world);
}
END_TEST

START_TEST(a_state_saved_between_due_and_plan_goes_on_to_the_same_plan)
{
    struct engine_config config = {.state_bytes = WORLD_STATE, .bus_granules = WORLD_BUS};
    unsigned char first[HASH_SIZE], second[HASH_SIZE];
    union plan_event plan, same;
    struct error err = {0};
    struct engine *again;
    unsigned char *bytes;
    uint64_t n;

    begin(NULL);
    world->is_plan_left = 1;
    pass(0, 10);
    world_due(world, T0 + 10 * MINUTE + 1);
    n = engine_save(engine, NULL, 0);
    bytes = malloc(n);
    ck_assert_ptr_nonnull(bytes);
    ck_assert_uint_eq(engine_save(engine, bytes, n), n);
    ck_assert_int_eq(engine_new(&again, &config, NULL), AGON_OK);
    ck_assert_msg(engine_load(again, bytes, n, &err) == AGON_OK, "%s", err.text);
    ck_assert_int_eq(engine_take_plan(engine, &plan), 1);
    ck_assert_int_eq(engine_take_plan(again, &same), 1);
    ck_assert_mem_eq(&plan, &same, sizeof(plan));
    ck_assert_int_eq(world_step(world, &plan), AGON_OK);
    ck_assert_int_eq(engine_step(again, &same.plan.hdr), AGON_OK);
    world_hash(world, first);
    ck_assert_int_eq(engine_hash(again, second), AGON_OK);
    ck_assert_mem_eq(first, second, HASH_SIZE);
    ck_assert_int_eq(engine_next_due(engine), engine_next_due(again));
    engine_free(again);
    free(bytes);
    world_free(world);
}
END_TEST

static void unload_slot_1(uint8_t on_unload)
{
    struct record_tournament record = rules();

    record.rules.gates[MEASURE_SHARPE] = 0.0;
    record.rules.gate_mask = 1u << MEASURE_SHARPE;
    record.rules.on_unload = on_unload;
    record.rules.failures = 2;
    begin(&record);
    ck_assert_int_eq(world_order(world, 1, BTCUSDT, AGON_BUY, 5900000, 10000, 77), AGON_OK);
    world_report(world, &world->cmds[world->n_cmds - 1], REPORT_ACK, 0, 0, 0);
    pass(0, 15);
    find_plans();
    ck_assert_uint_eq(line_of(0, 1)->verdict, PLAN_UNDER_GATE);
    ck_assert_uint_eq(engine_slots(engine)->all[1].condition, CONDITION_ACTIVE);
    pass(15, 20);
}

START_TEST(who_is_under_the_gate_too_often_is_closed_and_gives_all_back)
{
    const struct slot *slot;
    const struct order_cmd *cmd;
    uint32_t n_cmds;

    unload_slot_1(UNLOAD_CLOSE);
    slot = &engine_slots(engine)->all[1];
    n_cmds = world->n_cmds;
    world_due(world, T0 + 20 * MINUTE + 1);
    find_plans();
    ck_assert_uint_eq(line_of(1, 1)->verdict, PLAN_UNLOADED);
    ck_assert_uint_eq(slot->condition, CONDITION_RETIRED);
    ck_assert_uint_eq(slot->condition_reason, REASON_TOURNAMENT);
    ck_assert_uint_eq(world_last(world, 1, AGON_EVENT_CAPITAL)->u.capital.condition,
                      CONDITION_RETIRED);
    // The open order is cancelled, and the ether sold.
    ck_assert_uint_eq(world->n_cmds, n_cmds + 2);
    ck_assert_uint_eq(world->cmds[n_cmds].kind, CMD_CANCEL);
    cmd = &world->cmds[n_cmds + 1];
    ck_assert_uint_eq(cmd->instrument, ETHUSDT);
    ck_assert_uint_eq(cmd->side, AGON_SELL);
    ck_assert_int_eq(cmd->qty, 1000000);
    world_report(world, &world->cmds[n_cmds], REPORT_CANCELLED, 0, 0, 0);
    world_report(world, cmd, REPORT_FILL, 290000, 1000000, 1000000);
    ck_assert_int_eq(world_order(world, 1, BTCUSDT, AGON_BUY, 0, 10000, 5), AGON_OK);
    ck_assert_uint_eq(world_last(world, 1, AGON_EVENT_ORDER)->u.order.reason, REASON_SLOT_STATE);
    pass(21, 31);
    find_plans();
    ck_assert_uint_eq(line_of(2, 1)->verdict, PLAN_GONE);
    ck_assert_int_eq(ledger_amt(engine_ledger(engine), 0, 1, USDT), 0); // HST-28
    // What it lost stays in the books as its capital.
    ck_assert_int_eq(slot->limits.capital_amt, (300010 - 290000) * USD(10) / 100);
    world_free(world);
}
END_TEST

START_TEST(no_resume_ends_the_closing_of_who_was_unloaded)
{
    struct record_command resume = {.hdr = {.type = AGON_EVENT_COMMAND, .granules = 1},
                                    .kind = COMMAND_RESUME,
                                    .scope = SCOPE_SLOT,
                                    .id = 1,
                                    .reason = REASON_OPERATOR};
    uint32_t n_cmds;

    unload_slot_1(UNLOAD_CLOSE);
    n_cmds = world->n_cmds;
    world_due(world, T0 + 20 * MINUTE + 1);
    ck_assert_uint_eq(world->n_cmds, n_cmds + 2);
    ck_assert_int_eq(world_step(world, &resume), AGON_OK);
    world_report(world, &world->cmds[n_cmds + 1], REPORT_CANCELLED, 0, 0, 0);
    world_due(world, world->t + 1000 * MS + 1);
    ck_assert_uint_eq(world->n_cmds, n_cmds + 3);
    ck_assert_uint_eq(world->cmds[n_cmds + 2].kind, CMD_NEW);
    ck_assert_uint_eq(world->cmds[n_cmds + 2].side, AGON_SELL);
    ck_assert_int_eq(world->cmds[n_cmds + 2].qty, 1000000);
    world_free(world);
}
END_TEST

START_TEST(positions_are_kept_where_that_is_the_policy)
{
    uint32_t n_cmds;

    unload_slot_1(UNLOAD_KEEP);
    n_cmds = world->n_cmds;
    world_due(world, T0 + 20 * MINUTE + 1);
    ck_assert_uint_eq(world->n_cmds, n_cmds + 1);
    ck_assert_uint_eq(world->cmds[n_cmds].kind, CMD_CANCEL);
    world_free(world);
}
END_TEST

START_TEST(the_operators_word_and_the_tournaments_add_up)
{
    struct record_slot record = world_slot_record(2);
    const struct slot_limits *limits;
    agon_amt_t capital_amt;

    world = world_new(RUN_PAPER);
    engine = world->engine;
    limits = &engine_slots(engine)->all[2].limits;
    record.limits.order_amt = USD(10000);
    record.limits.position_amt = USD(50000);
    record.limits.daily_loss_amt = USD(3000);
    ck_assert_int_eq(world_step(world, &record), AGON_OK);
    ck_assert_int_eq(limits->order_amt, USD(10000));
    {
        struct record_tournament tournament = rules();

        ck_assert_int_eq(world_step(world, &tournament), AGON_OK);
    }
    pass(0, 12);
    capital_amt = limits->capital_amt;
    ck_assert_int_eq(capital_amt, USD(300000) * 18 / 100);
    // Limits keep their proportion: 10, 50 and 3 %.
    ck_assert_int_eq(limits->order_amt, capital_amt / 10);
    ck_assert_int_eq(limits->position_amt, capital_amt / 2);
    ck_assert_int_eq(limits->daily_loss_amt, capital_amt / 100 * 3);
    // The same roster again, as a restart brings it: nothing moves.
    record.hdr.t = 0;
    ck_assert_int_eq(world_step(world, &record), AGON_OK);
    ck_assert_int_eq(limits->capital_amt, capital_amt);
    ck_assert_int_eq(limits->order_amt, capital_amt / 10);
    world_holds(world);
    // 5,000 more from the operator.
    record.limits.capital_amt = USD(105000);
    ck_assert_int_eq(world_step(world, &record), AGON_OK);
    ck_assert_int_eq(limits->capital_amt, capital_amt + USD(5000));
    ck_assert_int_eq(ledger_amt(engine_ledger(engine), 0, 2, USDT), capital_amt + USD(5000));
    world_holds(world);
    // More than it has left cannot be taken.
    record.limits.capital_amt = USD(105000) - capital_amt - USD(5001);
    ck_assert_int_eq(world_step(world, &record), AGON_EINVAL);
    record.limits.capital_amt = USD(105000) - capital_amt - USD(5000);
    ck_assert_int_eq(world_step(world, &record), AGON_OK);
    ck_assert_int_eq(limits->capital_amt, 0);
    world_holds(world);
    world_free(world);
}
END_TEST

START_TEST(a_host_that_was_away_holds_one_late_and_not_all)
{
    struct record_tournament record = rules();

    begin(NULL);
    pass(0, 5);
    // Nothing for an hour and a half, then the same rules again.
    world->t = T0 + 95 * MINUTE;
    ck_assert_int_eq(world_step(world, &record), AGON_OK);
    ck_assert_int_eq(engine_next_due(engine), T0 + 5 * MINUTE);
    for (int i = 0; i < 8 && engine_next_due(engine) <= world->t; i++) {
        struct record_due due;

        engine_due(engine, &due);
        due.hdr.t = world->t;
        ck_assert_int_eq(world_step(world, &due), AGON_OK);
    }
    find_plans();
    ck_assert_uint_eq(n_plans, 1);
    ck_assert_int_eq(plans[0]->t_due, T0 + 10 * MINUTE);
    ck_assert_int_eq(plans[0]->hdr.t, T0 + 95 * MINUTE);
    pass(96, 102);
    find_plans();
    ck_assert_uint_eq(n_plans, 2);
    ck_assert_int_eq(plans[1]->hdr.t, T0 + 100 * MINUTE);
    world_free(world);
}
END_TEST

START_TEST(what_moves_stays_on_its_account)
{
    struct record_slot record = world_slot_record(3);
    struct record_tournament tournament = rules();
    const struct plan_line *line;
    struct ledger *ledger;
    agon_amt_t moved_amt = 0;

    world_is_split = 1;
    world = world_new(RUN_PAPER);
    engine = world->engine;
    ck_assert_int_eq(world_step(world, &tournament), AGON_OK);
    // Slot 3 trades the perpetual alone: all of its capital is on account 1.
    record.subscription.n_instruments = 1;
    record.subscription.instruments[0] = WORLD_PERPETUAL;
    record.hdr.t = 0;
    ck_assert_int_eq(world_step(world, &record), AGON_OK);
    ledger = engine_ledger(engine);
    ck_assert_int_eq(ledger_amt(ledger, 1, 3, USDT), USD(100000));
    pass(0, 12);
    find_plans();
    ck_assert_uint_eq(plans[0]->n_lines, 4);
    line = line_of(0, 3);
    ck_assert_uint_eq(line->n_accounts, 1);
    ck_assert_uint_eq(line->accounts[0], 1);
    ck_assert_int_eq(line->parts[0].free_amt, USD(100000));
    for (uint16_t id = 0; id < 4; id++) {
        line = line_of(0, id);
        for (uint32_t i = 0; i < line->n_accounts; i++) {
            agon_amt_t before_amt = line->n_accounts == 2 ? USD(50000) : USD(100000);

            moved_amt += line->accounts[i] == 1 ? line->parts[i].change_amt : 0;
            // Nobody traded on account 1: what is there now is what was, and what was moved.
            if (line->accounts[i] == 1)
                ck_assert_int_eq(ledger_amt(ledger, 1, id, USDT),
                                 before_amt + line->parts[i].change_amt);
        }
    }
    // Nobody did anything: 25, 20, 18 and 15 % of 400,000 by number; of slots 1 and 2 the half.
    ck_assert_int_eq(moved_amt, -(USD(20000) / 2 + USD(28000) / 2 + USD(40000)));
    ck_assert_int_eq(plans[0]->pools[1].after_amt, -moved_amt);
    ck_assert_int_eq(ledger_amt(ledger, 1, LEDGER_EXTERNAL, USDT),
                     ledger_total(ledger, 1, USDT) - (3 * USD(50000) + USD(100000) + moved_amt));
    world_free(world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tournament");
    TCase *tcase = tcase_create("tournament");
    SRunner *runner;
    int n_failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, capital_goes_from_the_weak_to_the_strong);
    tcase_add_test(tcase, what_is_in_positions_is_left_there_and_said);
    tcase_add_test(tcase, no_plan_but_the_engines_own_is_taken);
    tcase_add_test(tcase, a_state_saved_between_due_and_plan_goes_on_to_the_same_plan);
    tcase_add_test(tcase, who_is_under_the_gate_too_often_is_closed_and_gives_all_back);
    tcase_add_test(tcase, no_resume_ends_the_closing_of_who_was_unloaded);
    tcase_add_test(tcase, positions_are_kept_where_that_is_the_policy);
    tcase_add_test(tcase, the_operators_word_and_the_tournaments_add_up);
    tcase_add_test(tcase, a_host_that_was_away_holds_one_late_and_not_all);
    tcase_add_test(tcase, what_moves_stays_on_its_account);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
