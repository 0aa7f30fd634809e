// SPDX-License-Identifier: Apache-2.0
/* What a host has at its ceilings: the last account and the last venue, in a plan, a state and a
 * replay, and the last instrument; and what is said of one more. */
#include <stddef.h>
struct world;
static void add_last(struct world *world);
#define WORLD_MORE add_last
#include "world.h"

#include "market/ceilings.h"

#define MINUTE ((agon_ns_t)60000 * MS)
#define LAST   ((agon_account_t)(ACCOUNTS_MAX - 1))
#define FIRST  ((agon_account_t)16) /* that a state of format 9 and a PLAN have no place for */
enum { BTC_LAST = 3, ETH_LAST = 4, BTC_FIRST = 5 };

static struct world *world;
static struct engine *engine;

static void account_of(struct world *to, uint16_t venue, agon_account_t account, int rc)
{
    struct record_account_of record = {.hdr = {.type = EVENT_CONFIG, .granules = 1},
                                       .kind = CONFIG_ACCOUNT,
                                       .venue = venue,
                                       .account = account};

    ck_assert_int_eq(world_step(to, &record), rc);
}

static int picture(struct world *to, agon_account_t account)
{
    struct record_account cash = {.hdr = {.type = EVENT_ACCOUNT, .granules = 1},
                                  .account = account,
                                  .flags = 3,
                                  .asset = USDT,
                                  .free_amt = USD(1000000)};

    return world_step(to, &cash);
}

static void instrument(struct world *to, agon_instrument_t id, agon_instrument_t as, uint16_t venue,
                       int rc)
{
    struct agon_instrument made = world_instrument(as);

    made.hdr.instrument = id;
    made.venue = venue;
    snprintf(made.symbol, sizeof(made.symbol), "%s_%u", as == BTCUSDT ? "BTC" : "ETH", id);
    ck_assert_int_eq(world_step(to, &made), rc);
}

static int is_high; // accounts beyond the first 16 have something
static int is_many; // there are as many instruments as there can be
static void add_last(struct world *to)
{
    struct venue_port venue = {.ctx = to, .send = world_send};

    for (agon_instrument_t id = 3; is_many && id <= INSTRUMENTS_MAX; id++)
        instrument(to, id, BTCUSDT, 1, AGON_OK);
    if (is_many)
        instrument(to, INSTRUMENTS_MAX + 1, BTCUSDT, 1, AGON_EINVAL);
    if (!is_high)
        return;
    account_of(to, 1, 0, AGON_OK);
    account_of(to, VENUES_MAX, LAST, AGON_OK);
    account_of(to, VENUES_MAX / 2 + 1, FIRST, AGON_OK);
    account_of(to, VENUES_MAX + 1, 0, AGON_EINVAL);
    account_of(to, 2, ACCOUNTS_MAX, AGON_EINVAL);
    instrument(to, BTC_LAST, BTCUSDT, VENUES_MAX, AGON_OK);
    instrument(to, ETH_LAST, ETHUSDT, VENUES_MAX, AGON_OK);
    instrument(to, BTC_FIRST, BTCUSDT, VENUES_MAX / 2 + 1, AGON_OK);
    instrument(to, BTC_FIRST + 1, BTCUSDT, VENUES_MAX + 1, AGON_EINVAL);
    ck_assert_int_eq(picture(to, LAST), AGON_OK);
    ck_assert_int_eq(picture(to, FIRST), AGON_OK);
    ck_assert_int_eq(picture(to, ACCOUNTS_MAX), AGON_EINVAL);
    engine_attach_venue(to->engine, LAST, &venue);
    engine_attach_venue(to->engine, FIRST, &venue);
}

// Slots 0 and 1 are on the last account, slot 2 on the first beyond 16.
static void begin(void)
{
    is_high = 1;
    world = world_new(RUN_PAPER);
    engine = world->engine;
    for (uint16_t id = 0; id < WORLD_SLOTS; id++) {
        struct record_slot record = world_slot_record(id);

        record.subscription.instruments[0] = id < 2 ? BTC_LAST : BTC_FIRST;
        record.subscription.n_instruments = id < 2 ? 2 : 1;
        record.subscription.instruments[1] = id < 2 ? ETH_LAST : 0;
        ck_assert_int_eq(world_step(world, &record), AGON_OK);
    }
    for (agon_instrument_t id = BTC_LAST; id <= BTC_FIRST; id++)
        world_book(world, id, id == ETH_LAST ? 300000 : 6000000, 100000000,
                   id == ETH_LAST ? 300010 : 6000100, 100000000);
}

static void end(void)
{
    world_holds(world);
    world_replays(world);
    world_free(world);
}

static agon_amt_t cash(agon_account_t account, uint32_t sub)
{
    return ledger_amt(engine_ledger(engine), account, sub, USDT);
}

static void buy(uint16_t slot, agon_instrument_t id, agon_px_t px, agon_qty_t qty)
{
    const struct order_cmd *cmd;

    ck_assert_int_eq(world_order(world, slot, id, AGON_BUY, 0, qty, world->n_cmds + 1), AGON_OK);
    cmd = &world->cmds[world->n_cmds - 1];
    ck_assert_uint_eq(cmd->account, slot < 2 ? LAST : FIRST);
    ck_assert_uint_eq(cmd->venue, slot < 2 ? VENUES_MAX : VENUES_MAX / 2 + 1);
    ck_assert_int_eq(world_report(world, cmd, REPORT_FILL, px, qty, qty), AGON_OK);
}

START_TEST(capital_orders_and_fills_are_on_the_last_account)
{
    begin();
    for (uint16_t slot = 0; slot < WORLD_SLOTS; slot++) {
        ck_assert_int_eq(cash(0, slot), 0);
        ck_assert_int_eq(cash(slot < 2 ? LAST : FIRST, slot), USD(100000));
    }
    buy(0, BTC_LAST, 6000100, 100000);
    ck_assert_int_lt(cash(LAST, 0), USD(100000) - USD(60000));
    ck_assert_int_eq(cash(LAST, LEDGER_EXTERNAL), USD(800000));
    ck_assert_uint_eq(world_last(world, 0, AGON_EVENT_BALANCE)->u.balance.account, LAST);
    ck_assert_int_eq(world_last(world, 0, AGON_EVENT_POSITION)->u.position.qty, 100000);
    ck_assert_int_eq(ledger_total(engine_ledger(engine), LAST, BTC), 100000000);
    // What is told of capital counts the money of every account.
    ck_assert_int_eq(engine_equity(engine, 2), USD(100000));
    end();
}
END_TEST

START_TEST(a_halt_of_the_last_venue_holds_its_slots_alone)
{
    struct record_command command = {.hdr = {.type = AGON_EVENT_COMMAND, .granules = 1},
                                     .kind = COMMAND_HALT,
                                     .scope = SCOPE_VENUE,
                                     .id = VENUES_MAX,
                                     .reason = REASON_OPERATOR};
    struct record_command beyond = command;
    uint32_t n;

    begin();
    beyond.id = VENUES_MAX + 1;
    ck_assert_int_eq(world_step(world, &beyond), AGON_EINVAL);
    ck_assert_int_eq(world_step(world, &command), AGON_OK);
    ck_assert_ptr_nonnull(engine_halt(engine, SCOPE_VENUE, VENUES_MAX));
    n = world->n_cmds;
    ck_assert_int_eq(world_order(world, 0, BTC_LAST, AGON_BUY, 0, 1000, 1), AGON_OK);
    ck_assert_uint_eq(world->n_cmds, n);
    buy(2, BTC_FIRST, 6000100, 1000);
    command.kind = COMMAND_RESUME;
    command.hdr.t = 0;
    ck_assert_int_eq(world_step(world, &command), AGON_OK);
    buy(0, BTC_LAST, 6000100, 1000);
    end();
}
END_TEST

START_TEST(a_stop_cancels_the_last_account_as_a_whole)
{
    struct record_command stop = {.hdr = {.type = AGON_EVENT_COMMAND, .granules = 1},
                                  .kind = COMMAND_KILL,
                                  .reason = REASON_OPERATOR};
    uint32_t n;
    int n_all = 0;

    begin();
    ck_assert_int_eq(world_order(world, 0, BTC_LAST, AGON_BUY, 5990000, 1000, 1), AGON_OK);
    n = world->n_cmds;
    ck_assert_int_eq(world_step(world, &stop), AGON_OK);
    for (; n < world->n_cmds; n++) {
        if (world->cmds[n].kind == CMD_CANCEL_ALL) {
            ck_assert_uint_eq(world->cmds[n].account, LAST);
            n_all++;
        }
    }
    ck_assert_int_eq(n_all, 1);
    end();
}
END_TEST

static void pass(int from, int to)
{
    for (int i = from; i < to; i++) {
        world_due(world, T0 + i * MINUTE + 1);
        world_book(world, BTC_LAST, 6000000 + i * 10000, 100000000, 6000100 + i * 10000, 100000000);
        world_book(world, ETH_LAST, 300000 - i * 500, 100000000, 300010 - i * 500, 100000000);
        world_book(world, BTC_FIRST, 6000000 + i * 100, 100000000, 6000100 + i * 100, 100000000);
        world_holds(world);
    }
}

static void hold_tournaments(void)
{
    struct record_tournament record = {
        .hdr = {.type = EVENT_CONFIG, .granules = sizeof(record) / EVENT_GRANULE},
        .kind = CONFIG_TOURNAMENT};

    plan_defaults(&record.rules);
    rules_clear_more(&record.rules); // edition 1: who has closed nothing shares too
    memcpy(record.rules.schedule, "*/10 * * * *", sizeof("*/10 * * * *"));
    record.rules.sample_s = 60;
    record.rules.min_samples = 3;
    ck_assert_int_eq(world_step(world, &record), AGON_OK);
}

/* The n-th plan of the record, with all that came before it. */
static int plan_of(uint32_t n, union plan_event *plan)
{
    for (uint64_t at = 0; at < world->n_record;) {
        const struct agon_event_hdr *event = (const void *)(world->record + at);

        if (plan_read(plan, event) && n-- == 0)
            return 1;
        at += event_bytes(event);
    }
    return 0;
}

START_TEST(a_plan_has_the_pools_of_every_account)
{
    static union plan_event plan;
    union plan_values_event more;
    uint32_t n_pools = 0;

    begin();
    hold_tournaments();
    buy(0, BTC_LAST, 6000100, 100000);
    buy(1, ETH_LAST, 300010, 1000000);
    pass(0, 15);
    ck_assert_int_eq(plan_of(0, &plan), 1);
    ck_assert_uint_eq(plan.plan.n_lines, 3);
    for (uint32_t i = 0; i < 3; i++) {
        const struct plan_line *line = &plan_lines(&plan.plan)[i];

        ck_assert_uint_eq(line->n_accounts, 1);
        ck_assert_uint_eq(line->accounts[0], i < 2 ? LAST : FIRST);
    }
    // What was taken from the slots there is in the pools there, as the journal has it.
    ck_assert_int_gt(plan_pool_of(&plan, LAST)->after_amt, 0);
    ck_assert_int_gt(plan_pool_of(&plan, FIRST)->after_amt, 0);
    ck_assert_int_eq(plan_pool_of(&plan, LAST)->at_hand_amt, USD(800000));
    ck_assert_int_eq(plan_pool_of(&plan, 17)->after_amt, 0);
    ck_assert_int_eq(cash(LAST, LEDGER_EXTERNAL),
                     USD(800000) + plan_pool_of(&plan, LAST)->after_amt);
    ck_assert_int_eq(plan_whole(&plan) > USD(290000), 1);
    for (uint32_t k = 0; plan_values(&plan, k, &more); k++)
        n_pools += more.hdr.type == EVENT_PLAN_POOLS;
    ck_assert_uint_eq(n_pools, 1);
    // The next one begins with what is there now: the pools are of the state.
    pass(15, 25);
    {
        agon_amt_t before_amt = plan_pool_of(&plan, LAST)->after_amt;

        ck_assert_int_eq(plan_of(1, &plan), 1);
        ck_assert_int_eq(plan_pool_of(&plan, LAST)->before_amt, before_amt);
    }
    end();
}
END_TEST

static unsigned char *save(uint64_t *n)
{
    unsigned char *bytes;

    *n = engine_save(engine, NULL, 0);
    bytes = malloc(*n);
    ck_assert_ptr_nonnull(bytes);
    ck_assert_uint_eq(engine_save(engine, bytes, *n), *n);
    return bytes;
}

START_TEST(a_state_of_high_accounts_is_read_again_and_goes_on_alike)
{
    struct engine_config config = {.state_bytes = WORLD_STATE, .bus_granules = WORLD_BUS};
    struct record_command halt = {.hdr = {.type = AGON_EVENT_COMMAND, .granules = 1},
                                  .kind = COMMAND_HALT,
                                  .scope = SCOPE_VENUE,
                                  .id = VENUES_MAX,
                                  .reason = REASON_OPERATOR};
    unsigned char first[HASH_SIZE], second[HASH_SIZE];
    struct error err = {0};
    struct engine *again;
    unsigned char *bytes;
    uint64_t n, n_before;

    begin();
    hold_tournaments();
    buy(0, BTC_LAST, 6000100, 100000);
    ck_assert_int_eq(world_order(world, 1, ETH_LAST, AGON_BUY, 299000, 1000, 9), AGON_OK);
    pass(0, 15);
    ck_assert_int_eq(world_step(world, &halt), AGON_OK);
    bytes = save(&n);
    ck_assert_uint_eq(bytes[0], 10); // what a build before refuses by its number
    ck_assert_int_eq(engine_new(&again, &config, NULL), AGON_OK);
    ck_assert_msg(engine_load(again, bytes, n, &err) == AGON_OK, "%s", err.text);
    world_hash(world, first);
    ck_assert_int_eq(engine_hash(again, second), AGON_OK);
    ck_assert_mem_eq(first, second, HASH_SIZE);
    ck_assert_ptr_nonnull(engine_halt(again, SCOPE_VENUE, VENUES_MAX));
    n_before = world->n_record;
    pass(15, 25); // over a tournament: pools and accounts are as they were
    for (uint64_t at = n_before; at < world->n_record;) {
        struct agon_event_hdr *event = (struct agon_event_hdr *)(void *)(world->record + at);

        ck_assert_int_eq(engine_step_recorded(again, event), AGON_OK);
        at += event_bytes(event);
    }
    world_hash(world, first);
    ck_assert_int_eq(engine_hash(again, second), AGON_OK);
    ck_assert_mem_eq(first, second, HASH_SIZE);
    ck_assert_uint_eq(engine_output_hash(again), engine_output_hash(engine));
    engine_free(again);
    // A section that names more than there can be, or ends early, is no state.
    ck_assert_int_eq(engine_new(&again, &config, NULL), AGON_OK);
    ck_assert_int_eq(engine_load(again, bytes, n - 1, NULL), AGON_ECORRUPT);
    engine_free(again);
    bytes[0] = 11;
    ck_assert_int_eq(engine_new(&again, &config, NULL), AGON_OK);
    ck_assert_int_eq(engine_load(again, bytes, n, &err), AGON_EVERSION);
    ck_assert_str_eq(err.text, "state of format 11: this host reads 9 and 10; start it with a "
                               "build that reads it");
    engine_free(again);
    free(bytes);
    end();
}
END_TEST

START_TEST(without_high_accounts_the_state_is_of_the_format_before)
{
    unsigned char *bytes;
    uint64_t n;

    is_high = 0;
    world = world_new(RUN_PAPER);
    engine = world->engine;
    bytes = save(&n);
    ck_assert_uint_eq(bytes[0], 9);
    free(bytes);
    end();
}
END_TEST

/* A trade begins a bar in each of three markets: what is due first is found among all. */
static void trade_in(agon_instrument_t id, agon_ns_t t)
{
    world->t = t;
    world_trade(world, id, 6000000, 1000, AGON_BUY);
}

START_TEST(there_are_4096_instruments_and_the_last_is_traded)
{
    struct engine_config config = {.state_bytes = WORLD_STATE, .bus_granules = WORLD_BUS};
    struct record_slot record = world_slot_record(0);
    unsigned char first[HASH_SIZE], second[HASH_SIZE];
    struct error err = {0};
    struct record_due due;
    struct engine *again;
    unsigned char *bytes;
    uint64_t n;

    is_high = 0;
    is_many = 1;
    world = world_new(RUN_PAPER);
    engine = world->engine;
    is_many = 0;
    ck_assert_uint_eq(engine_instruments(engine)->n_instruments, INSTRUMENTS_MAX);
    record.subscription.instruments[1] = INSTRUMENTS_MAX;
    ck_assert_int_eq(world_step(world, &record), AGON_OK);
    record = world_slot_record(1);
    record.subscription.instruments[1] = INSTRUMENTS_MAX + 1;
    ck_assert_int_eq(world_step(world, &record), AGON_EINVAL);
    world_book(world, INSTRUMENTS_MAX, 6000000, 100000000, 6000100, 100000000);
    ck_assert_int_eq(world_order(world, 0, INSTRUMENTS_MAX, AGON_BUY, 0, 1000, 1), AGON_OK);
    ck_assert_uint_eq(world->cmds[world->n_cmds - 1].instrument, INSTRUMENTS_MAX);
    ck_assert_int_eq(
        world_report(world, &world->cmds[world->n_cmds - 1], REPORT_FILL, 6000100, 1000, 1000),
        AGON_OK);
    ck_assert_int_eq(world_last(world, 0, AGON_EVENT_POSITION)->u.position.qty, 1000);
    // Of bars that are due at one time the lowest instrument's comes first, whoever traded first.
    trade_in(INSTRUMENTS_MAX, T0 + 100 * MS);
    trade_in(1000, T0 + 200 * MS);
    trade_in(2, T0 + 300 * MS);
    for (int i = 0; i < 3;) {
        static const agon_instrument_t order[] = {2, 1000, INSTRUMENTS_MAX};

        engine_due(engine, &due);
        if (due.kind == DUE_BARS)
            ck_assert_uint_eq(due.hdr.instrument, order[i++]);
        ck_assert_int_eq(world_step(world, &due), AGON_OK);
    }
    bytes = save(&n);
    ck_assert_int_eq(engine_new(&again, &config, NULL), AGON_OK);
    ck_assert_msg(engine_load(again, bytes, n, &err) == AGON_OK, "%s", err.text);
    world_hash(world, first);
    ck_assert_int_eq(engine_hash(again, second), AGON_OK);
    ck_assert_mem_eq(first, second, HASH_SIZE);
    ck_assert_int_eq(engine_next_due(again), engine_next_due(engine));
    engine_free(again);
    free(bytes);
    end();
}
END_TEST

static uint64_t nth_of(uint16_t slot)
{
    return slots_nth(engine_slots(engine), slot);
}

// Of what is told to all who trade an instrument each slot's count is its plugin's, wherever in the
// table it stands.
START_TEST(a_public_event_counts_for_a_slot_anywhere_in_the_table)
{
    static const uint16_t high[] = {64, 65, SLOTS_MAX - 1};
    uint64_t before[5];

    is_high = 0;
    world = world_new(RUN_PAPER);
    engine = world->engine;
    for (uint16_t id = WORLD_SLOTS; id < SLOTS_MAX; id++) {
        struct record_slot record = world_slot_record(id);

        record.subscription.n_instruments = id < 64 ? 0 : id == 65 ? 2 : 1;
        record.subscription.instruments[0] = id == 64 ? BTCUSDT : ETHUSDT;
        record.subscription.instruments[1] = id == 65 ? BTCUSDT : 0;
        record.limits.capital_amt = USD(1);
        ck_assert_int_eq(world_step(world, &record), AGON_OK);
    }
    before[0] = nth_of(0);
    before[1] = nth_of(WORLD_SLOTS);
    for (int i = 0; i < 3; i++)
        before[2 + i] = nth_of(high[i]);
    world_trade(world, BTCUSDT, 6000000, 1000, AGON_BUY);
    ck_assert_uint_eq(nth_of(0), before[0] + 1);
    ck_assert_uint_eq(nth_of(WORLD_SLOTS), before[1]);
    ck_assert_uint_eq(nth_of(64), before[2] + 1);
    ck_assert_uint_eq(nth_of(65), before[3] + 1);
    ck_assert_uint_eq(nth_of(SLOTS_MAX - 1), before[4]);
    world_trade(world, ETHUSDT, 300000, 1000, AGON_BUY);
    ck_assert_uint_eq(nth_of(0), before[0] + 2);
    ck_assert_uint_eq(nth_of(64), before[2] + 1);
    ck_assert_uint_eq(nth_of(65), before[3] + 2);
    ck_assert_uint_eq(nth_of(SLOTS_MAX - 1), before[4] + 1);
    end();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine_ceilings");
    TCase *tcase = tcase_create("ceilings");
    SRunner *runner;
    int n_failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, capital_orders_and_fills_are_on_the_last_account);
    tcase_add_test(tcase, a_halt_of_the_last_venue_holds_its_slots_alone);
    tcase_add_test(tcase, a_stop_cancels_the_last_account_as_a_whole);
    tcase_add_test(tcase, a_plan_has_the_pools_of_every_account);
    tcase_add_test(tcase, a_state_of_high_accounts_is_read_again_and_goes_on_alike);
    tcase_add_test(tcase, without_high_accounts_the_state_is_of_the_format_before);
    tcase_add_test(tcase, there_are_4096_instruments_and_the_last_is_traded);
    tcase_add_test(tcase, a_public_event_counts_for_a_slot_anywhere_in_the_table);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
