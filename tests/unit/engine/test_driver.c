// SPDX-License-Identifier: Apache-2.0
/* The contract of who feeds the engine: what comes before an event, what follows it, and in which
 * order. Each rule is looked at from outside, by the events as the engine took them. */
#include "world.h"

#define SEEN 64
static struct seen {
    uint16_t types[SEEN];
    agon_ns_t t[SEEN];
    uint32_t n, n_waits, n_marked;
    int stop;
} seen;

static int saw(void *ctx, const struct agon_event_hdr *event, int rc)
{
    (void)ctx;
    (void)rc;
    REQUIRE(seen.n < SEEN);
    seen.types[seen.n] = event->type;
    seen.t[seen.n++] = event->t;
    return seen.stop;
}

static int wait_for(void *ctx, int is_bound)
{
    (void)ctx;
    (void)is_bound;
    seen.n_waits++;
    return 0;
}

static void saw_mark(void *ctx)
{
    (void)ctx;
    seen.n_marked++;
}

static struct driver begin(struct engine *engine)
{
    memset(&seen, 0, sizeof(seen));
    return (struct driver){.engine = engine,
                           .port = {.after = saw, .wait = wait_for, .marked = saw_mark}};
}

static struct agon_trade trade_at(agon_ns_t t)
{
    return (struct agon_trade){
        .hdr = {.type = AGON_EVENT_TRADE, .granules = 1, .instrument = BTCUSDT, .t = t},
        .px = 6000000,
        .qty = 1000,
        .side = AGON_BUY};
}

static void arm(struct world *world, agon_ns_t t, agon_ns_t every_ns)
{
    struct record_arm record = {.hdr = {.type = EVENT_ARM, .granules = 2},
                                .origin = {.slot = 1},
                                .id = 1,
                                .t_at = t,
                                .every_ns = every_ns};

    ck_assert_int_eq(world_step(world, &record), AGON_OK);
}

START_TEST(timers_that_are_due_before_an_event_come_before_it)
{
    struct world *world = world_new(RUN_PAPER);
    struct driver driver = begin(world->engine);
    struct agon_trade trade = trade_at(T0 + 25 * MS);

    arm(world, T0 + 5 * MS, 10 * MS);
    ck_assert_int_eq(driver_step(&driver, &trade.hdr), AGON_OK);
    ck_assert_uint_eq(seen.n, 3); // 5, 15; that of 25 ms is not before it
    ck_assert_uint_eq(seen.types[0], EVENT_DUE);
    ck_assert_int_eq(seen.t[0], T0 + 5 * MS);
    ck_assert_int_eq(seen.t[1], T0 + 15 * MS);
    ck_assert_uint_eq(seen.types[2], AGON_EVENT_TRADE);
    // Late is late, where a driver says so.
    driver.is_late = 1;
    trade.hdr.t = T0 + 26 * MS;
    ck_assert_int_eq(driver_step(&driver, &trade.hdr), AGON_OK);
    ck_assert_uint_eq(seen.n, 5);
    ck_assert_int_eq(seen.t[3], T0 + 26 * MS);
    // Held ones wait for the end of a start, and come then, however late.
    driver.is_held = 1;
    trade.hdr.t = T0 + 60 * MS;
    ck_assert_int_eq(driver_step(&driver, &trade.hdr), AGON_OK);
    ck_assert_uint_eq(seen.n, 6);
    driver.is_held = 0;
    trade.hdr.t = T0; // time does not go back: it is taken at 60 ms
    ck_assert_int_eq(driver_step(&driver, &trade.hdr), AGON_OK);
    ck_assert_uint_eq(seen.n, 8); // one for all that was missed, and the trade
    world_free(world);
}
END_TEST

START_TEST(what_found_no_room_to_a_venue_is_the_very_next_event)
{
    struct world *world = world_new(RUN_PAPER);
    struct driver driver = begin(world->engine);
    struct agon_intent_event intent = {
        .hdr = {.type = AGON_EVENT_INTENT, .granules = 2, .instrument = BTCUSDT, .t = T0},
        .origin = {.cause_seq = engine_seq(world->engine), .slot = 1, .n_legs = 1},
        .intent = {.kind = AGON_INTENT_ORDER,
                   .side = AGON_BUY,
                   .type = AGON_LIMIT,
                   .instrument = BTCUSDT,
                   .client_ref = 7,
                   .px = 5999000,
                   .qty = 1000}};
    struct order *order = NULL;

    world->is_venue_full = 1;
    ck_assert_int_eq(driver_step(&driver, &intent.hdr), AGON_OK);
    ck_assert_int_eq(driver.rc, AGON_OK);
    ck_assert_uint_eq(seen.n, 2);
    ck_assert_uint_eq(seen.types[1], EVENT_REPORT);
    ck_assert_ptr_null(orders_next(engine_orders(world->engine), 1, order));
    world_free(world);
}
END_TEST

START_TEST(a_mark_is_made_behind_the_event_that_fills_the_count)
{
    struct world *world = world_new(RUN_PAPER);
    struct driver driver = begin(world->engine);
    struct agon_trade trade = trade_at(T0);
    uint64_t before = engine_seq(world->engine);

    driver.mark_every = 3;
    driver.next_mark = before + 3;
    for (int i = 0; i < 6; i++)
        ck_assert_int_eq(driver_step(&driver, &trade.hdr), AGON_OK);
    ck_assert_uint_eq(seen.n_marked, 2); // a mark counts too
    ck_assert_uint_eq(seen.types[3], EVENT_MARK);
    ck_assert_uint_eq(seen.types[6], EVENT_MARK);
    ck_assert_uint_eq(engine_seq(world->engine), before + seen.n);
    world_free(world);
}
END_TEST

START_TEST(a_full_journal_gives_an_event_back_and_nothing_has_happened)
{
    struct engine_config config = {.state_bytes = WORLD_STATE, .bus_granules = WORLD_BUS};
    struct record_asset asset = {.hdr = {.type = EVENT_CONFIG, .granules = 1},
                                 .kind = CONFIG_ASSET,
                                 .asset = 1,
                                 .name = "A"};
    _Alignas(64) unsigned char bytes[64] = {0};
    struct agon_event_hdr *health = (void *)bytes;
    struct journal_buffer journal;
    struct driver driver = begin(NULL);
    uint64_t seq;

    ck_assert_int_eq(journal_buffer_init(&journal, 65536, 1), AGON_OK);
    config.journal = &journal;
    ck_assert_int_eq(engine_new(&driver.engine, &config, NULL), AGON_OK);
    ck_assert_int_eq(driver_step(&driver, &asset.hdr), AGON_OK);
    *health = (struct agon_event_hdr){.type = AGON_EVENT_HEALTH, .granules = 1};
    do {
        seen.n = 0;
    } while (driver_step(&driver, health) == AGON_OK);
    seq = engine_seq(driver.engine);
    ck_assert_int_eq(driver_step(&driver, health), AGON_EAGAIN);
    ck_assert_uint_eq(seen.n, 0);
    ck_assert_uint_eq(seen.n_waits, 2);
    ck_assert_uint_eq(engine_seq(driver.engine), seq);
    journal_take_release(&journal, journal_take_limit(&journal));
    ck_assert_int_eq(driver_step(&driver, health), AGON_OK);
    ck_assert_uint_eq(engine_seq(driver.engine), seq + 1);
    engine_free(driver.engine);
    journal_buffer_deinit(&journal);
}
END_TEST

START_TEST(who_looks_at_each_event_can_stop_the_run)
{
    struct world *world = world_new(RUN_PAPER);
    struct driver driver = begin(world->engine);
    struct agon_trade trade = trade_at(T0 + 25 * MS);

    arm(world, T0 + 5 * MS, 10 * MS);
    seen.stop = AGON_EIO;
    ck_assert_int_eq(driver_step(&driver, &trade.hdr), AGON_EIO);
    ck_assert_uint_eq(seen.n, 1); // the timer before it, and no more
    world_free(world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("driver");
    TCase *tests = tcase_create("driver");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tests, timers_that_are_due_before_an_event_come_before_it);
    tcase_add_test(tests, what_found_no_room_to_a_venue_is_the_very_next_event);
    tcase_add_test(tests, a_mark_is_made_behind_the_event_that_fills_the_count);
    tcase_add_test(tests, a_full_journal_gives_an_event_back_and_nothing_has_happened);
    tcase_add_test(tests, who_looks_at_each_event_can_stop_the_run);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
