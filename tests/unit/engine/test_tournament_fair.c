// SPDX-License-Identifier: Apache-2.0
/* Tournaments of edition 2 in the engine: who crashed is given nothing for as long as the rules
 * say, a plan waits for books, days are sampled, and the last plan can be undone. Slot 0 holds
 * bitcoin that rises, slot 1 ether that falls, slot 2 does nothing; 0 and 1 have closed something.
 */
#define WORLD_PERPETUAL 3
#include "engine/impl.h"
#include "world.h"

#define MINUTE ((agon_ns_t)60000 * MS)
#define DAY    (1440 * MINUTE)

static struct world *world;
static struct engine *engine;
static union plan_event last;
static uint32_t n_plans;

static void find_last(void)
{
    static union plan_event plan;

    n_plans = 0;
    memset(&plan, 0, sizeof(plan));
    for (uint64_t at = 0; at < world->n_record;) {
        const struct agon_event_hdr *event = (const void *)(world->record + at);

        if (plan_read(&plan, event)) {
            last = plan;
            n_plans++;
        }
        at += event_bytes(event);
    }
}

static const struct plan_line *line_of(uint16_t slot)
{
    find_last();
    for (uint32_t i = 0; i < last.plan.n_lines; i++) {
        if (plan_lines(&last.plan)[i].slot == slot)
            return &plan_lines(&last.plan)[i];
    }
    ck_abort_msg("slot %u is not in the last of %u plans", slot, n_plans);
}

static agon_amt_t capital(uint16_t slot)
{
    return engine_slots(engine)->all[slot].limits.capital_amt;
}

static struct record_tournament rules(void)
{
    struct record_tournament record = {
        .hdr = {.type = EVENT_CONFIG, .granules = sizeof(record) / EVENT_GRANULE},
        .kind = CONFIG_TOURNAMENT};

    plan_defaults(&record.rules);
    memcpy(record.rules.schedule, "*/10 * * * *", sizeof("*/10 * * * *"));
    record.rules.sample_s = 60;
    record.rules.min_samples = 3;
    record.rules.n_shares = 2;
    record.rules.shares_ppm[0] = 700000;
    record.rules.shares_ppm[1] = 200000;
    rules_set_setting(&record.rules, SETTING_MIN_TRADES, 1.0);
    rules_set_setting(&record.rules, SETTING_FAULT_REST, 2.0);
    return record;
}

static void trade(uint16_t slot, agon_instrument_t id, uint8_t side, agon_px_t px, agon_qty_t qty)
{
    ck_assert_int_eq(world_order(world, slot, id, side, 0, qty, world->n_cmds + 1), AGON_OK);
    ck_assert_int_eq(
        world_report(world, &world->cmds[world->n_cmds - 1], REPORT_FILL, px, qty, qty), AGON_OK);
}

static void pass(int from, int to)
{
    for (int i = from; i < to; i++) {
        world_due(world, T0 + i * MINUTE + 1);
        world_book(world, BTCUSDT, 6000000 + i * 10000, 100000000, 6000100 + i * 10000, 100000000);
        world_book(world, ETHUSDT, 300000 - i * 500, 100000000, 300010 - i * 500, 100000000);
        world_holds(world);
    }
}

static void begin(void)
{
    struct record_tournament record = rules();

    world = world_new(RUN_PAPER);
    engine = world->engine;
    ck_assert_int_eq(world_step(world, &record), AGON_OK);
    trade(0, BTCUSDT, AGON_BUY, 6000100, 20000);
    trade(0, BTCUSDT, AGON_SELL, 6000200, 10000);
    trade(1, ETHUSDT, AGON_BUY, 300010, 200000);
    trade(1, ETHUSDT, AGON_SELL, 299900, 100000);
}

static void end(void)
{
    world_replays(world);
    world_free(world);
}

/* Nobody restarts it. */
static void fall_as(uint16_t slot, uint8_t kind)
{
    struct record_crash record = {.hdr = {.type = EVENT_CRASH, .granules = 3},
                                  .slot = slot,
                                  .kind = kind,
                                  .generation = 1,
                                  .text = "what it ended of"};

    ck_assert_int_eq(world_step(world, &record), AGON_OK);
}

static void crash_as(uint16_t slot, uint8_t kind)
{
    struct record_generation generation = {
        .hdr = {.type = EVENT_CONFIG, .granules = sizeof(generation) / EVENT_GRANULE},
        .kind = CONFIG_GENERATION,
        .slot = slot,
        .why = GENERATION_RESTORE,
        .agent_kind = AGON_STRATEGY,
        .event_mask = engine_slots(engine)->all[slot].subscription.event_mask,
        .event_more = engine_slots(engine)->all[slot].subscription.event_more,
        .signals = engine_slots(engine)->all[slot].signals};

    fall_as(slot, kind);
    generation.generation = engine_slots(engine)->all[slot].last_generation + 1;
    ck_assert_int_eq(world_step(world, &generation), AGON_OK);
    ck_assert_uint_eq(engine_slots(engine)->all[slot].condition, CONDITION_ACTIVE);
}

static void crash(uint16_t slot)
{
    crash_as(slot, CRASH_DIED);
}

/* Of every kind: also a flood that filled a meter, which is no event's fault. */
START_TEST(who_crashed_is_given_nothing_for_two_tournaments)
{
    begin();
    pass(0, 5);
    crash_as(0, (uint8_t)_i); // the one that gains
    pass(5, 11);
    ck_assert_uint_eq(line_of(0)->verdict, PLAN_FAULTY);
    ck_assert_uint_eq(line_of(0)->flags & PLAN_FAULT_NOW, PLAN_FAULT_NOW);
    ck_assert_int_lt(capital(0), USD(100000)); // a step down
    ck_assert_int_ge(line_of(0)->capital_after_amt, USD(79000));
    ck_assert_uint_eq(line_of(1)->verdict, PLAN_RANKED);
    ck_assert_uint_eq(line_of(2)->verdict, PLAN_IDLE);
    ck_assert_int_eq(capital(2), USD(100000));
    trade(0, BTCUSDT, AGON_SELL, 6110000, 1000);
    pass(11, 21);
    ck_assert_uint_eq(n_plans, 1);
    ck_assert_uint_eq(line_of(0)->verdict, PLAN_FAULTY); // it rests
    ck_assert_uint_eq(n_plans, 2);
    ck_assert_uint_eq(line_of(0)->flags & PLAN_FAULT_NOW, 0);
    ck_assert_int_eq(line_of(0)->capital_after_amt, line_of(0)->capital_before_amt);
    pass(21, 31);
    ck_assert_uint_eq(line_of(0)->verdict, PLAN_RANKED);
    ck_assert_uint_eq(line_of(0)->rank, 1);
    ck_assert_int_gt(line_of(0)->capital_after_amt, line_of(0)->capital_before_amt);
    end();
}
END_TEST

START_TEST(a_plan_waits_for_the_books_of_what_is_held)
{
    struct agon_status stale = {
        .hdr = {.type = AGON_EVENT_STATUS, .granules = 1, .instrument = ETHUSDT},
        .book = BOOK_STALE};

    begin();
    pass(0, 9);
    ck_assert_int_eq(world_step(world, &stale), AGON_OK);
    for (int i = 9; i < 14; i++) {
        world_due(world, T0 + i * MINUTE + 1);
        world_book(world, BTCUSDT, 6090000, 100000000, 6090100, 100000000);
    }
    find_last();
    ck_assert_uint_eq(n_plans, 0);
    world_book(world, ETHUSDT, 295000, 100000000, 295010, 100000000);
    find_last();
    ck_assert_uint_eq(n_plans, 1);
    ck_assert_int_eq(last.plan.t_due, T0 + 10 * MINUTE);
    ck_assert_int_gt(last.plan.hdr.t, T0 + 13 * MINUTE);
    end();
}
END_TEST

static struct record_command undo_of(int64_t number)
{
    return (struct record_command){.hdr = {.type = AGON_EVENT_COMMAND, .granules = 1},
                                   .kind = COMMAND_UNDO_PLAN,
                                   .scope = SCOPE_GLOBAL,
                                   .value = number,
                                   .reason = REASON_OPERATOR};
}

static int undo(int64_t number)
{
    struct record_command command = undo_of(number);

    return world_step(world, &command);
}

static int is_so(int64_t number)
{
    struct record_command command = undo_of(number);

    return engine_is_so(engine, &command);
}

START_TEST(the_last_plan_is_undone_once)
{
    agon_amt_t external_amt, free_amt;

    begin();
    external_amt = ledger_amt(engine_ledger(engine), 0, LEDGER_EXTERNAL, USDT);
    pass(0, 10);
    ck_assert_int_eq(undo(1), AGON_EINVAL); // there is none yet
    ck_assert_int_eq(is_so(1), 0);
    pass(10, 11);
    ck_assert_int_lt(capital(1), USD(100000));
    ck_assert_int_ne(ledger_amt(engine_ledger(engine), 0, LEDGER_EXTERNAL, USDT), external_amt);
    ck_assert_int_eq(undo(2), AGON_EINVAL);
    ck_assert_int_eq(undo(0), AGON_EINVAL);
    ck_assert_int_eq(is_so(1), 0);
    ck_assert_int_eq(undo(1), AGON_OK);
    ck_assert_int_eq(is_so(1), 1); // an operator who asks again finds it so
    ck_assert_int_eq(is_so(0), 0);
    ck_assert_int_eq(is_so(2), 0);
    for (uint16_t id = 0; id < WORLD_SLOTS; id++)
        ck_assert_int_eq(capital(id), USD(100000));
    ck_assert_int_eq(ledger_amt(engine_ledger(engine), 0, LEDGER_EXTERNAL, USDT), external_amt);
    free_amt = world_last(world, 1, AGON_EVENT_BALANCE)->u.balance.total_amt;
    ck_assert_int_eq(free_amt, ledger_amt(engine_ledger(engine), 0, 1, USDT));
    ck_assert_int_eq(world_last(world, 1, AGON_EVENT_CAPITAL)->u.capital.capital_amt, USD(100000));
    world_holds(world);
    ck_assert_int_eq(undo(1), AGON_EINVAL);
    // What moved both ways is no gain and no loss in any window.
    ck_assert_int_eq(engine_score(engine, 1)->start_amt, USD(100000));
    pass(11, 21);
    ck_assert_uint_eq(line_of(1)->verdict, PLAN_RANKED);
    ck_assert_uint_eq(n_plans, 2);
    end();
}
END_TEST

static agon_amt_t whole(void)
{
    agon_amt_t sum_amt = engine_pool_amt(engine);

    for (uint16_t id = 0; id < engine_slots(engine)->n; id++)
        sum_amt += engine_equity(engine, id);
    return sum_amt;
}

/* From edition 3 on; a journal of edition 2 gives the new one money of its account, as it did. */
START_TEST(the_pool_pays_for_who_is_added_as_far_as_it_can)
{
    for (int edition = 2; edition <= 3; edition++) {
        struct record_tournament record = rules();
        struct record_slot slot = world_slot_record(3);
        agon_amt_t pool_amt, whole_amt, of_the_account_amt;

        begin();
        rules_set_setting(&record.rules, SETTING_EDITION, edition);
        ck_assert_int_eq(world_step(world, &record), AGON_OK);
        pass(0, 5);
        crash(0);
        pass(5, 11);
        pool_amt = engine_pool_amt(engine);
        ck_assert_int_gt(pool_amt, USD(10000));
        whole_amt = whole();
        slot.limits.capital_amt = USD(10000);
        ck_assert_int_eq(world_step(world, &slot), AGON_OK);
        of_the_account_amt = edition == 2 ? USD(10000) : 0;
        ck_assert_int_eq(engine_pool_amt(engine), pool_amt - USD(10000) + of_the_account_amt);
        ck_assert_int_eq(whole(), whole_amt + of_the_account_amt);
        world_holds(world);
        // More than is there: what it lacks is new money.
        slot = world_slot_record(4);
        slot.limits.capital_amt = pool_amt + USD(5000);
        ck_assert_int_eq(world_step(world, &slot), AGON_OK);
        ck_assert_int_eq(engine_pool_amt(engine), edition == 2 ? pool_amt : 0);
        ck_assert_int_eq(whole(),
                         edition == 2 ? whole_amt + pool_amt + USD(15000) : whole_amt + USD(15000));
        pass(11, 21); // over a tournament
        end();
    }
}
END_TEST

/* From edition 5 on; a journal of before has plans that say neither, and replays. */
START_TEST(who_is_excluded_is_suspended_or_quarantined)
{
    for (int edition = 4; edition <= 5; edition++) {
        struct record_tournament record = rules();
        int is_said = edition == 5;

        begin();
        rules_set_setting(&record.rules, SETTING_EDITION, edition);
        ck_assert_int_eq(world_step(world, &record), AGON_OK);
        pass(0, 5);
        crash(0);
        crash(0);
        fall_as(0, CRASH_DIED);
        fall_as(1, CRASH_DIED);
        ck_assert_uint_eq(engine_slots(engine)->all[0].condition, CONDITION_QUARANTINED);
        ck_assert_uint_eq(engine_slots(engine)->all[1].condition, CONDITION_SUSPENDED);
        pass(5, 11);
        ck_assert_uint_eq(line_of(0)->verdict, PLAN_ASIDE);
        ck_assert_uint_eq(line_of(0)->flags, is_said ? PLAN_QUARANTINED : 0);
        ck_assert_uint_eq(line_of(1)->verdict, PLAN_ASIDE);
        ck_assert_uint_eq(line_of(1)->flags, is_said ? PLAN_SUSPENDED : 0);
        ck_assert_str_eq(plan_line_doc(line_of(0)),
                         is_said ? "quarantined, its file crashed too often: not judged, keeps "
                                   "what it has"
                                 : "suspended or quarantined: not judged, keeps what it has");
        ck_assert_msg(strncmp(plan_line_doc(line_of(1)), "suspended, ", 11) == 0 || !is_said, "%s",
                      plan_line_doc(line_of(1)));
        ck_assert_int_eq(line_of(0)->capital_after_amt, line_of(0)->capital_before_amt);
        end();
    }
}
END_TEST

START_TEST(days_are_sampled_and_saved_with_all_else)
{
    struct engine_config config = {.state_bytes = WORLD_STATE, .bus_granules = WORLD_BUS};
    unsigned char first[HASH_SIZE], second[HASH_SIZE];
    const struct fair_slot *fair, *loaded;
    struct error err = {0};
    struct engine *again;
    unsigned char *bytes;
    uint64_t n;

    begin();
    pass(0, 5);
    crash(1);
    pass(5, 11);
    for (int day = 1; day <= 3; day++) {
        world_due(world, (T0 / DAY + day) * DAY + MINUTE);
        world_book(world, BTCUSDT, 6000000, 100000000, 6000100, 100000000);
        world_book(world, ETHUSDT, 300000, 100000000, 300010, 100000000);
    }
    fair = &engine->tournament.fair[1];
    ck_assert_uint_eq(fair->days.n, 3);
    ck_assert_int_eq(engine->tournament.day, T0 / DAY + 3);
    n = engine_save(engine, NULL, 0);
    bytes = malloc(n);
    ck_assert_ptr_nonnull(bytes);
    ck_assert_uint_eq(engine_save(engine, bytes, n), n);
    ck_assert_int_eq(engine_new(&again, &config, NULL), AGON_OK);
    ck_assert_msg(engine_load(again, bytes, n, &err) == AGON_OK, "%s", err.text);
    loaded = &again->tournament.fair[1];
    ck_assert_uint_eq(loaded->days.n, 3);
    ck_assert_uint_eq(loaded->n_crashes, fair->n_crashes);
    ck_assert_uint_eq(loaded->n_crashes, 1);
    world_hash(world, first);
    ck_assert_int_eq(engine_hash(again, second), AGON_OK);
    ck_assert_mem_eq(first, second, HASH_SIZE);
    for (uint64_t cut = 0; cut < 300; cut++) // whatever is missing is found to be
        ck_assert_int_lt(engine_load(again, bytes, n - 1 - cut, NULL), 0);
    engine_free(again);
    free(bytes);
    end();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tournament_fair");
    TCase *tcase = tcase_create("tournament_fair");
    SRunner *runner;
    int n_failed;

    tcase_add_loop_test(tcase, who_crashed_is_given_nothing_for_two_tournaments, CRASH_DIED,
                        CRASH_FLOODED + 1);
    tcase_add_test(tcase, a_plan_waits_for_the_books_of_what_is_held);
    tcase_add_test(tcase, the_last_plan_is_undone_once);
    tcase_add_test(tcase, the_pool_pays_for_who_is_added_as_far_as_it_can);
    tcase_add_test(tcase, who_is_excluded_is_suspended_or_quarantined);
    tcase_add_test(tcase, days_are_sampled_and_saved_with_all_else);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
