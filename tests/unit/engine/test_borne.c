// SPDX-License-Identifier: Apache-2.0
/* What is remembered of losses that would reach no limit, against the limits themselves, after each
 * of 10^5 random steps: orders, fills, prices, limits that come near and go, days that turn, halts
 * that are lifted. A memory that outlives what it follows from lets a slot lose more than its
 * limit. And what open orders reach, moved by each price and each order, against what a sum over
 * everything gives. */
#include <stdlib.h>

#include "base/rng.h"
#include "engine/reach.h"
#include "world.h"

#define WORLDS 150
#define STEPS  600
#define ROOM   ((agon_amt_t)1 << 60) /* more than anybody has */

static struct rng rng;
static struct world *world;
static agon_px_t px[3];
static uint64_t ref;

static uint64_t below(uint64_t n)
{
    return rng_below(&rng, n);
}

/* --- the long way --- */

static int is_clear(const struct risk_slot *risk, num128_t loss, const struct risk_losses *losses)
{
    num128_t left = risk->equity_amt - loss;

    return !risk->is_daily_breached && !risk->is_drawdown_breached && !risk->is_floor_breached &&
           (losses->daily_loss_amt == 0 || risk->equity_day_amt - left < losses->daily_loss_amt) &&
           (losses->drawdown_ppm == 0 || risk->equity_high_amt <= 0 ||
            (risk->equity_high_amt - left) * 1000000 <
                (num128_t)risk->equity_high_amt * losses->drawdown_ppm) &&
           (losses->floor_amt == 0 || left > losses->floor_amt);
}

/* The largest loss that is borne; below 0: none is. */
static agon_amt_t room_of(const struct risk_slot *risk, const struct risk_losses *losses)
{
    agon_amt_t low = -1;

    for (agon_amt_t step = ROOM; step > 0; step /= 2) {
        if (is_clear(risk, low + step, losses))
            low += step;
    }
    return low;
}

/* Of a slot, or of all (SLOTS_MAX): whatever is remembered is so; and asked at the edge, where any
 * change that is forgotten shows, it says what the limits say. */
static void is_remembered(uint32_t slot, uint64_t n[3])
{
    struct engine *engine = world->engine;
    struct risk_slot *risk = slot < SLOTS_MAX ? &engine->risk[slot] : &engine->portfolio;
    const struct risk_losses losses = slot < SLOTS_MAX
                                          ? exposure_losses(&engine->slots.all[slot].limits)
                                          : exposure_losses_all(&engine->portfolio_limits);
    agon_amt_t room_amt = room_of(risk, &losses);
    agon_amt_t asked_amt[] = {room_amt, room_amt + 1, (agon_amt_t)below(USD(1000)), 0,
                              room_amt > 0 ? room_amt / 2 : 0};

    ck_assert_msg(risk->borne_amt == 0 || is_clear(risk, risk->borne_amt - 1, &losses),
                  "slot %u: losses below %lld are said to be borne, and %lld is all that is", slot,
                  (long long)risk->borne_amt, (long long)room_amt);
    n[0] += risk->borne_amt > 0;
    for (size_t i = 0; i < sizeof(asked_amt) / sizeof(asked_amt[0]); i++) {
        agon_amt_t amt = asked_amt[(i + below(2)) % 5];
        int is;

        if (amt < 0)
            continue;
        is = is_clear(risk, amt, &losses);
        ck_assert_int_eq(slot < SLOTS_MAX ? exposure_bears(engine, (uint16_t)slot, amt)
                                          : exposure_bears_all(engine, amt),
                         is);
        n[1 + is]++;
    }
    if (below(4) == 0)
        risk_forget(risk);
}

static void judges_as_the_limits_say(uint16_t slot)
{
    struct engine *engine = world->engine;
    const struct exposure *exposure = engine->exposure;
    const struct risk_losses losses = exposure_losses(&engine->slots.all[slot].limits);
    const struct risk_losses all = exposure_losses_all(&engine->portfolio_limits);
    int is = slot_set_is_empty(&exposure->open_unknown) && exposure->n_unknown_all == 0 &&
             exposure->equity[slot] == engine->risk[slot].equity_amt &&
             exposure->total == engine->portfolio.equity_amt &&
             is_clear(&engine->risk[slot], exposure->open[slot].loss, &losses) &&
             is_clear(&engine->portfolio, exposure->open_loss, &all);

    ck_assert_int_eq(exposure_is_judged(engine, slot), is);
}

/* Each sum, and each position's own part, is what it is from nothing. */
static void reaches_what_a_sum_gives(void)
{
    struct exposure *exposure = world->engine->exposure;
    const struct exposure_reach kept = exposure->reach;
    static struct exposure_line lines[WORLD_SLOTS][LEDGER_POSITIONS];

    memcpy(lines, exposure->lines, sizeof(lines));
    exposure_rebuild(world->engine);
    ck_assert_mem_eq(&kept, &exposure->reach, sizeof(kept));
    ck_assert_mem_eq(lines, exposure->lines, sizeof(lines));
}

/* --- what happens --- */

static void limit(uint16_t slot, uint8_t which, int64_t value)
{
    struct record_command command = {.hdr = {.type = AGON_EVENT_COMMAND, .granules = 1},
                                     .kind = COMMAND_LIMIT,
                                     .scope = SCOPE_SLOT,
                                     .id = slot,
                                     .which = which,
                                     .value = value};

    ck_assert_int_eq(world_step(world, &command), AGON_OK);
}

/* A little beyond what is lost already, and what orders may lose. */
static agon_amt_t near_amt(const struct risk_slot *risk, num128_t open_loss)
{
    agon_amt_t amt = risk->equity_day_amt - risk->equity_amt + (agon_amt_t)open_loss +
                     (agon_amt_t)below(USD(3)) - USD(1) / 2;

    return amt > 0 ? amt : 1;
}

static void limit_slot(uint16_t slot)
{
    const struct exposure *exposure = world->engine->exposure;
    const struct risk_slot *risk = &world->engine->risk[slot];

    switch (below(6)) {
    case 0:
        limit(slot, LIMIT_DAILY_LOSS_AMT, near_amt(risk, exposure->open[slot].loss));
        break;
    case 1:
        limit(slot, LIMIT_DRAWDOWN_PPM, 1 + (int64_t)below(20000));
        break;
    case 2:
        limit(slot, LIMIT_DRAWDOWN_PPM, 0);
        break;
    default:
        limit(slot, LIMIT_DAILY_LOSS_AMT, below(2) == 0 ? 0 : USD(90000));
    }
}

static void limit_all(int is_near)
{
    const struct risk_slot *risk = &world->engine->portfolio;
    struct record_portfolio record = {
        .hdr = {.type = EVENT_CONFIG, .granules = sizeof(record) / EVENT_GRANULE},
        .kind = CONFIG_PORTFOLIO,
        .limits = {.daily_loss_amt = USD(200000), .gross_amt = NUM_MAX}};

    if (is_near && below(2) == 0)
        record.limits.daily_loss_amt = near_amt(risk, world->engine->exposure->open_loss);
    if (is_near && below(3) == 0)
        record.limits.drawdown_ppm = 1 + (uint32_t)below(20000);
    if (is_near && below(3) == 0)
        record.limits.equity_amt = risk->equity_amt - (agon_amt_t)below(USD(100));
    ck_assert_int_eq(world_step(world, &record), AGON_OK);
}

static void resume(uint16_t slot)
{
    struct record_command command = {.hdr = {.type = AGON_EVENT_COMMAND, .granules = 1},
                                     .kind = COMMAND_RESUME,
                                     .scope = below(2) == 0 ? SCOPE_SLOT : SCOPE_GLOBAL,
                                     .id = slot};

    world_step(world, &command); // refused where nothing is to be lifted
}

static void move(void)
{
    agon_instrument_t id = (agon_instrument_t)(1 + below(2));

    px[id] += (agon_px_t)below((uint64_t)px[id] / 100) - px[id] / 200;
    world_book(world, id, px[id], 100000000, px[id] + 2, 100000000);
}

static void wish(uint16_t slot)
{
    agon_instrument_t id = (agon_instrument_t)(1 + below(2));
    uint8_t side = (uint8_t)(1 + below(2));
    agon_px_t at_px = px[id] + (agon_px_t)below((uint64_t)px[id] / 50) - px[id] / 100;

    world_order(world, slot, id, side, at_px, (agon_qty_t)(50 + below(500)), ++ref);
}

static void say(void)
{
    struct order_cmd cmd;
    int is_all;

    if (world->n_cmds == 0)
        return;
    cmd = world->cmds[world->n_cmds - 1 - below(world->n_cmds < 12 ? world->n_cmds : 12)];
    is_all = below(2) == 0;
    switch (below(4)) {
    case 0:
        world_report(world, &cmd, REPORT_CANCELLED, 0, 0, 0);
        break;
    case 1:
        world_report(world, &cmd, REPORT_ACK, 0, 0, 0);
        break;
    default:
        world_report(world, &cmd, REPORT_FILL, cmd.px > 0 ? cmd.px : px[cmd.instrument],
                     is_all ? cmd.qty : 1 + cmd.qty / 2, is_all ? cmd.qty : 1 + cmd.qty / 2);
    }
}

/* Hours that nobody saw, and often a new day. */
static void wait_long(void)
{
    struct record_due due;

    world->t += (agon_ns_t)below(86400) * 1000000000;
    engine_due(world->engine, &due);
    ck_assert_int_eq(world_step(world, &due), AGON_OK);
}

static void something(uint64_t i)
{
    uint16_t slot = (uint16_t)below(i < STEPS / 4 ? 1 : WORLD_SLOTS); // one alone, then several
    uint64_t what = below(64);

    world->t += MS;
    if (what < 20)
        wish(slot);
    else if (what < 34)
        say();
    else if (what < 54)
        move();
    else if (what < 58)
        limit_slot(slot);
    else if (what < 60)
        limit_all(1);
    else if (what < 61)
        limit_all(0);
    else if (what < 63)
        resume(slot);
    else
        wait_long();
}

START_TEST(what_is_remembered_of_losses_is_so)
{
    uint64_t n[3] = {0}, n_open = 0;

    rng_init(&rng, 41);
    for (int round = 0; round < WORLDS; round++) {
        px[BTCUSDT] = 6000000;
        px[ETHUSDT] = 300000;
        world = world_new(RUN_PAPER);
        limit_all(0);
        move();
        for (uint64_t i = 1; i <= STEPS; i++) {
            something(i);
            for (uint16_t slot = 0; slot < WORLD_SLOTS; slot++) {
                judges_as_the_limits_say(slot);
                is_remembered(slot, n);
            }
            is_remembered(SLOTS_MAX, n);
            if (below(32) == 0)
                reaches_what_a_sum_gives();
        }
        for (uint16_t slot = 0; slot < WORLD_SLOTS; slot++)
            n_open += orders_count(world->engine->orders, slot);
        world_holds(world);
        world_replays(world); // who never asked comes to the same
        world_free(world);
    }
    ck_assert_uint_gt(n_open, WORLDS);
    for (int i = 0; i < 3; i++)
        ck_assert_uint_gt(n[i], WORLDS * STEPS);
}
END_TEST

/* From a long position as large as numbers are to a short one, and back: a difference that 64 bits
 * do not hold. */
START_TEST(what_a_position_reaches_moves_by_any_difference)
{
    struct exposure *exposure;
    const struct exposure_line *line;
    const struct agon_instrument *instrument;
    uint64_t n_full = 0;

    rng_init(&rng, 43);
    world = world_new(RUN_PAPER);
    limit_all(0);
    world_book(world, BTCUSDT, 6000000, 100000000, 6000002, 100000000);
    world_order(world, 0, BTCUSDT, AGON_BUY, 5999000, 100, 1);
    exposure = world->engine->exposure;
    ck_assert_uint_ne(exposure->places[BTCUSDT][0], 0);
    line = &exposure->lines[0][exposure->places[BTCUSDT][0] - 1];
    instrument = instruments_get(&world->engine->table, BTCUSDT);
    for (int i = 0; i < 20000; i++) {
        struct position pos = *exposure_position(world->engine, 0, BTCUSDT);
        const int64_t most = below(2) == 0 ? NUM_MAX : (int64_t)1 << (1 + below(61));
        agon_amt_t up_amt, down_amt;

        pos.qty = (int64_t)below((uint64_t)most) * (below(2) == 0 ? 1 : -1);
        pos.working_buy_qty = below(2) == 0 ? 0 : (int64_t)below((uint64_t)most);
        pos.working_sell_qty = below(2) == 0 ? 0 : (int64_t)below((uint64_t)most);
        reach_count(world->engine, 0, exposure->places[BTCUSDT][0] - 1u, &pos, instrument);
        up_amt = instruments_notional(&world->engine->table, instrument, 6000002,
                                      num_add(pos.qty, pos.working_buy_qty), NUM_AWAY);
        down_amt = instruments_notional(&world->engine->table, instrument, 6000002,
                                        num_add(pos.qty, -pos.working_sell_qty), NUM_AWAY);
        n_full += num_is_full(up_amt) && num_is_full(down_amt);
        ck_assert_int_eq(line->up_amt, up_amt);
        ck_assert_int_eq(line->down_amt, down_amt);
        ck_assert_int_eq(line->reach_amt,
                         num_abs(up_amt) > num_abs(down_amt) ? num_abs(up_amt) : num_abs(down_amt));
        ck_assert(exposure->reach.net_up == up_amt && exposure->reach.net_down == down_amt);
        ck_assert(exposure->reach.gross == line->reach_amt);
        ck_assert(exposure->reach.venue[line->venue] == line->reach_amt);
        ck_assert(exposure->reach.asset_up[line->asset] == up_amt);
        ck_assert(exposure->reach.asset_down[line->asset] == down_amt);
    }
    ck_assert_uint_gt(n_full, 100);
    world_free(world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("borne");
    TCase *tcase = tcase_create("borne");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tcase, 200);
    tcase_add_test(tcase, what_is_remembered_of_losses_is_so);
    tcase_add_test(tcase, what_a_position_reaches_moves_by_any_difference);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
