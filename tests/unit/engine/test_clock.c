// SPDX-License-Identifier: Apache-2.0
/* Engine time: days and weeks turn once however the receive times come, and the one event that sets
 * time back changes nothing but time. */
#include "world.h"

#include "engine/impl.h"
#include "sys/clock.h"

#define SECOND (1000 * MS)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
#define AHEAD  (10 * 365 * DAY) /* of a wrong clock */

static struct world *world;
static struct engine *engine;
static struct driver driver;
static agon_px_t px;

static void begin(void)
{
    struct record_tournament weekly = {
        .hdr = {.type = EVENT_CONFIG, .granules = sizeof(weekly) / EVENT_GRANULE},
        .kind = CONFIG_TOURNAMENT};

    world = world_new(RUN_PAPER);
    engine = world->engine;
    px = 6000000;
    plan_defaults(&weekly.rules);
    memcpy(weekly.rules.schedule, "0 0 * * 0", sizeof("0 0 * * 0"));
    ck_assert_int_eq(world_step(world, &weekly), AGON_OK);
    ck_assert_int_eq(world_order(world, 0, BTCUSDT, AGON_BUY, 0, 10000, 1), AGON_OK);
    ck_assert_int_eq(
        world_report(world, &world->cmds[world->n_cmds - 1], REPORT_FILL, px, 10000, 10000),
        AGON_OK);
    driver = (struct driver){
        .engine = engine, .port = {.ctx = world, .after = world_after}, .is_late = 1};
}

/* A book at t by some clock, as a live host offers it: another price each time, so that each sample
 * is another equity. */
static void hear(agon_ns_t t)
{
    struct {
        struct agon_book_part part;
        struct agon_level levels[2];
    } book = {.part = {.hdr = {.type = AGON_EVENT_BOOK_SNAPSHOT, .instrument = BTCUSDT, .t = t},
                       .n_bid = 1,
                       .n_ask = 1,
                       .flags = BOOK_PART_FIRST | BOOK_PART_LAST}};

    px += 100;
    book.levels[0] = (struct agon_level){.px = px, .qty = 100000000};
    book.levels[1] = (struct agon_level){.px = px + 100, .qty = 100000000};
    book.part.hdr.granules = (uint8_t)((sizeof(book) + EVENT_GRANULE - 1) / EVENT_GRANULE);
    union {
        struct agon_event_hdr hdr;
        unsigned char bytes[256];
    } event = {0};
    memcpy(&event, &book, sizeof(book));
    ck_assert_int_eq(driver_step(&driver, &event.hdr), AGON_OK);
    ck_assert_int_eq(driver.rc, AGON_OK);
}

static uint32_t n_plans(void)
{
    return engine->tournament.number;
}

START_TEST(inv_25_days_and_weeks_turn_once)
{
    /* From Friday 00:00 to Monday, each in hours; T0 is a Friday. Nights: Saturday 24, Sunday 48,
     * Monday 72. */
    static const double steady[] = {1, 12, 23, 23.99, 24.01, 30, 47.99, 48.001, 60, 71.9, 72.1, -1};
    static const double repeated[] = {1,    23.9,  24.1,  23.2, 23.99, 24.05, 24.2, 47.9, 48.1,
                                      47.1, 47.99, 48.05, 48.2, 72.1,  71.5,  72.2, -1};
    static const double suspended[] = {1, 23.5, 47.5, 72.5, 72.6, -1};
    static const double leaps[] = {24, 24, 24.0000001, 48, 48, 47.9999999, 48, 72, 72, -1};
    static const double *const all[] = {steady, repeated, suspended, leaps};
    static const int days[] = {3, 3, 2, 3}; // nights that nobody saw turn into one day
    agon_amt_t day_amt;
    int n_days = 0;

    begin();
    hear(T0 + SECOND);
    day_amt = engine->risk[0].equity_day_amt;
    for (const double *at = all[_i]; *at >= 0; at++) {
        agon_ns_t t_before = engine_t(engine);

        hear(T0 + (agon_ns_t)(*at * (double)HOUR));
        hear(T0 + (agon_ns_t)(*at * (double)HOUR) + 61 * SECOND);
        ck_assert_int_ge(engine_t(engine), t_before);
        n_days += engine->risk[0].equity_day_amt != day_amt;
        day_amt = engine->risk[0].equity_day_amt;
        world_holds(world);
    }
    ck_assert_int_eq(n_days, days[_i]);
    ck_assert_uint_eq(n_plans(), 1);
    ck_assert_int_eq(engine->tournament.t_due, T0 + 9 * DAY);
    world_replays(world);
    world_free(world);
}
END_TEST

static struct record_clock set_back(agon_ns_t t_before, agon_ns_t t)
{
    return (struct record_clock){.hdr = {.type = EVENT_CLOCK, .granules = 1, .t = t},
                                 .t_before = t_before};
}

START_TEST(a_clock_event_sets_back_time_and_nothing_else)
{
    struct record_arm arm = {
        .hdr = {.type = EVENT_ARM, .granules = 2}, .origin = {.slot = 1}, .id = 7, .cookie = 5};
    agon_ns_t wrong = T0 + HOUR + AHEAD;
    agon_ns_t now = T0 + 2 * HOUR;
    struct record_clock clock;
    const struct position *position;
    agon_amt_t cash_amt, held_amt;
    uint64_t n_late;
    uint32_t n_open;
    struct agon_trade trade = {
        .hdr = {.type = AGON_EVENT_TRADE, .granules = 1, .instrument = BTCUSDT, .t_venue = now},
        .venue_id = 99,
        .px = 6100000,
        .qty = 10,
        .side = AGON_BUY};

    begin();
    world->t = T0 + HOUR;
    hear(world->t);
    world_trade(world, BTCUSDT, 6000100, 10, 1);
    ck_assert_int_eq(world_order(world, 0, BTCUSDT, AGON_BUY, 5900000, 10000, 2), AGON_OK);
    // The clock is wrong for a moment: bars, samples and the calendar run ahead, a timer is armed.
    hear(wrong);
    ck_assert_uint_eq(n_plans(), 1);
    arm.hdr.t = arm.t_at = wrong;
    arm.t_at += HOUR;
    ck_assert_int_eq(world_step(world, &arm), AGON_OK);
    position = ledger_position(engine->ledger, 0, BTCUSDT, 0);
    cash_amt = ledger_amt(engine->ledger, 0, 0, USDT);
    n_open = orders_count(engine_orders(engine), 0);
    held_amt = position->held_amt;
    ck_assert_int_gt(held_amt, 0);

    clock = set_back(wrong, now);
    ck_assert_int_eq(world_step(world, &clock), AGON_OK);
    ck_assert_int_eq(engine_t(engine), now);
    ck_assert_int_eq(position->held_amt, held_amt);
    ck_assert_int_eq(ledger_amt(engine->ledger, 0, 0, USDT), cash_amt);
    ck_assert_uint_eq(orders_count(engine_orders(engine), 0), n_open);
    ck_assert_uint_eq(n_plans(), 1);
    ck_assert_uint_eq(world_alerts(world, ALERT_CLOCK_VENUE), 1);
    world_holds(world);
    // Calendars go on from now, and what is left of a wait stays.
    ck_assert_int_eq(engine->sample_due, now + MINUTE);
    ck_assert_int_eq(engine->tournament.t_due, T0 + 2 * DAY);
    ck_assert_int_eq(heap_top(&engine->timers)->t, now + HOUR);
    ck_assert_int_le(engine_next_due(engine), now + MINUTE + SECOND);
    // Trades count again, and orders pass.
    n_late = engine->markets[BTCUSDT].bars.n_late;
    ck_assert_int_eq(world_step(world, &trade), AGON_OK);
    ck_assert_uint_eq(engine->markets[BTCUSDT].bars.n_late, n_late);
    ck_assert_int_eq(engine->markets[BTCUSDT].bars.open[0].close_px, 6100000);
    world->t = now + SECOND;
    hear(world->t);
    ck_assert_int_eq(world_order(world, 0, BTCUSDT, AGON_BUY, 5900100, 10000, 3), AGON_OK);
    ck_assert_uint_eq(orders_count(engine_orders(engine), 0), n_open + 1);
    hear(T0 + 2 * DAY + SECOND);
    ck_assert_uint_eq(n_plans(), 2);
    world_replays(world);
    world_free(world);
}
END_TEST

/* As a live host has it: each ten seconds the wall clock is looked at, and events are stamped by
 * the host's clock. The week of the tournament and a day end at T0 + 48 h; the wall clock is set an
 * hour and a quarter before, so that an hour or ten years more reach that, and an hour less is
 * late. */
START_TEST(a_wall_clock_that_is_off_holds_no_tournament_early_and_skips_none_and_turns_no_day)
{
    static const struct {
        int64_t off_ns, length_ns;
    } steps[] = {{HOUR, 10 * SECOND},        {HOUR, 10 * DAY},           {-HOUR, 10 * SECOND},
                 {-HOUR, 10 * DAY},          {AHEAD, 10 * SECOND},       {AHEAD, 10 * DAY},
                 {HOUR, HOUR + 20 * MINUTE}, {-HOUR, HOUR + 20 * MINUTE}};
    const agon_ns_t midnight = T0 + 48 * HOUR;
    const agon_ns_t t_set = midnight - HOUR - 15 * MINUTE;
    const int64_t mono_from = 5 * SECOND; // since some point
    agon_ns_t t_from = T0 + 46 * HOUR;
    struct clock_utc clock;
    agon_amt_t day_amt;

    begin();
    clock_utc_init(&clock, mono_from, t_from);
    hear(T0 + SECOND);
    hear(t_from);
    hear(t_from + 61 * SECOND);
    day_amt = engine->risk[0].equity_day_amt;
    for (agon_ns_t t = t_from + 71 * SECOND; t < midnight + 2 * HOUR; t += 10 * SECOND) {
        int is_off = t >= t_set && t < t_set + steps[_i].length_ns;
        int64_t mono_ns = mono_from + (t - t_from);

        (void)clock_utc_observe(&clock, mono_ns, t + (is_off ? steps[_i].off_ns : 0));
        hear(clock_utc_at(&clock, mono_ns));
        ck_assert_int_eq(engine_t(engine), t);
        ck_assert_uint_eq(n_plans(), t >= midnight);
        ck_assert_msg((engine->risk[0].equity_day_amt != day_amt) == (t >= midnight),
                      "the day %s at %lld s before midnight", t < midnight ? "turned" : "stayed",
                      (long long)((midnight - t) / SECOND));
        if (t >= midnight && t < midnight + 10 * SECOND)
            ck_assert_int_ne(engine->risk[0].equity_day_amt, day_amt);
    }
    ck_assert_int_eq(engine->tournament.t_due, T0 + 9 * DAY);
    world_holds(world);
    world_replays(world);
    world_free(world);
}
END_TEST

START_TEST(nothing_else_sets_time_back)
{
    struct record_clock clock;
    struct record_command halt = {.hdr = {.type = AGON_EVENT_COMMAND, .granules = 1, .t = T0},
                                  .kind = COMMAND_HALT,
                                  .scope = SCOPE_GLOBAL};
    agon_ns_t t = T0 + HOUR;

    begin();
    hear(t);
    ck_assert_int_eq(world_step(world, &halt), AGON_OK);
    ck_assert_int_eq(engine_t(engine), t);
    clock = set_back(t - 1, T0); // of another moment
    ck_assert_int_eq(world_step(world, &clock), AGON_EINVAL);
    ck_assert_int_eq(engine_t(engine), t);
    clock = set_back(t, t + HOUR); // ahead
    ck_assert_int_eq(world_step(world, &clock), AGON_EINVAL);
    ck_assert_int_eq(engine_t(engine), t + HOUR);
    clock = set_back(t + HOUR, -5);
    ck_assert_int_eq(world_step(world, &clock), AGON_EINVAL);
    ck_assert_int_eq(engine_t(engine), t + HOUR);
    clock = set_back(t + HOUR, t);
    ck_assert_int_eq(world_step(world, &clock), AGON_OK);
    ck_assert_int_eq(world_step(world, &clock), AGON_EINVAL); // once
    ck_assert_int_eq(engine_t(engine), t);
    world_holds(world);
    world_replays(world);
    world_free(world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine_clock");
    TCase *tcase = tcase_create("clock");
    SRunner *runner = srunner_create(suite);
    int n_failed;

    tcase_set_timeout(tcase, 30);
    tcase_add_loop_test(tcase, inv_25_days_and_weeks_turn_once, 0, 4);
    tcase_add_test(tcase, a_clock_event_sets_back_time_and_nothing_else);
    tcase_add_loop_test(
        tcase, a_wall_clock_that_is_off_holds_no_tournament_early_and_skips_none_and_turns_no_day,
        0, 8);
    tcase_add_test(tcase, nothing_else_sets_time_back);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
