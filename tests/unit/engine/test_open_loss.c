// SPDX-License-Identifier: Apache-2.0
/* What open orders stand to lose is kept up with each of them. Here it is worked out from nothing,
 * order by order in 128 bits, after each of 10^5 random steps: orders of every type, replacements,
 * everything that a venue says, prices, fees, limits that come and go. A loss limit judges by this
 * sum: an order too few in it, and a slot may lose more than its limit; one too many, and its
 * orders are refused. */
#include <stdlib.h>

#include "base/rng.h"
#include "engine/impl.h"
#include "market/order_type.h"

#define EUR    4
#define EURBTC 3
static void add_more(void *world);
#define WORLD_MORE add_more
#include "world.h"

#define WORLDS 250
#define STEPS  400

static struct rng rng;
static struct world *world;

static uint64_t below(uint64_t n)
{
    return rng_below(&rng, n);
}

// A coin that is paid for in another coin: its losses are valued by that one's price.
static void add_more(void *at)
{
    struct world *made = at;
    struct agon_instrument instrument = world_instrument(ETHUSDT);
    struct record_valuation value = {
        .hdr = {.type = EVENT_CONFIG, .granules = 1, .instrument = BTCUSDT},
        .kind = CONFIG_VALUATION,
        .asset = BTC};

    world_asset(made, EUR, "EUR");
    instrument.hdr.instrument = EURBTC;
    instrument.base = EUR;
    instrument.quote = instrument.settle = BTC;
    instrument.min_notional_amt = 0;
    snprintf(instrument.symbol, sizeof(instrument.symbol), "EURBTC");
    ck_assert_int_eq(world_step(made, &instrument), AGON_OK);
    ck_assert_int_eq(world_step(made, &value), AGON_OK);
}

/* In the unit of its quote, of 8 digits where price and quantity have 7 together. */
static num128_t loss_of(const struct order *order)
{
    const struct engine *engine = world->engine;
    const struct agon_instrument *instrument = instruments_get(&engine->table, order->instrument);
    const struct market *market = &engine->markets[order->instrument];
    int is_buy = order->side == AGON_BUY;
    num128_t worth = is_buy ? market->long_px : market->short_px, px, off, fee, loss = 0;
    int64_t ppb = instrument->taker_fee_ppb > instrument->maker_fee_ppb ? instrument->taker_fee_ppb
                                                                        : instrument->maker_fee_ppb;

    px = order_type_is_at_market(order->type) ? order->guard_px : order->px;
    if (!order_type_is_at_market(order->type) && order->request == AGON_REQUEST_REPLACE &&
        (is_buy ? order->new_px > px : order->new_px < px))
        px = order->new_px;
    if (px <= 0 || order->held_back_qty <= 0)
        return 0;
    off = is_buy ? px - worth : worth - px;
    if (worth > 0 && off > 0)
        loss = off * order->held_back_qty * 10;
    fee = px * order->held_back_qty * 10 * ppb;
    return loss + (fee + 999999999) / 1000000000;
}

static num128_t of_slot(uint16_t slot)
{
    agon_px_t btc_px = engine_mark_px(world->engine, BTCUSDT);
    num128_t sum = 0;

    for (struct order *order = orders_next(world->engine->orders, slot, NULL); order != NULL;
         order = orders_next(world->engine->orders, slot, order)) {
        num128_t loss = order_type_is_stop(order->type) ? 0 : loss_of(order);

        sum += order->instrument == EURBTC ? loss * btc_px / 100 : loss;
    }
    return sum;
}

static void agrees(int has_limits)
{
    num128_t all = 0;

    // Asked now and then, so that what is kept has to hold over many changes.
    for (uint16_t slot = 0; slot < WORLD_SLOTS; slot++) {
        num128_t sum = of_slot(slot);

        all += sum;
        ck_assert(exposure_open_loss(world->engine, &world->engine->slots.all[slot]) ==
                  (agon_amt_t)sum);
    }
    ck_assert(exposure_open_loss_all(world->engine) == (has_limits ? (agon_amt_t)all : 0));
}

static int is_clear(const struct risk_slot *risk, num128_t equity, num128_t open_loss,
                    const struct risk_losses *losses)
{
    return equity == risk->equity_amt && !risk->is_daily_breached && !risk->is_drawdown_breached &&
           !risk->is_floor_breached && open_loss <= NUM_MAX &&
           risk_worst(risk, (agon_amt_t)open_loss, losses) == REASON_NONE;
}

/* Each limit a unit below what is left, at it, and a unit above: whether judging again would say
 * anything is what the judge's own question says. */
static void is_judged_as_the_worst_says(uint16_t slot, uint32_t n[2])
{
    struct engine *engine = world->engine;
    const struct exposure *exposure = engine->exposure;
    const struct risk_slot *risk = &engine->risk[slot], *portfolio = &engine->portfolio;
    struct slot_limits *limits = &engine->slots.all[slot].limits;
    const struct slot_limits limits_before = *limits;
    const struct portfolio_limits all_before = engine->portfolio_limits;

    for (int i = 0; i < 16; i++) {
        agon_amt_t left_amt = risk->equity_amt - (agon_amt_t)exposure->open[slot].loss;
        agon_amt_t all_amt = portfolio->equity_amt - (agon_amt_t)exposure->open_loss;
        agon_amt_t by = (agon_amt_t)below(3) - 1;
        struct risk_losses of_slot, of_all;
        int is;

        limits->daily_loss_amt = i % 8 == 1 ? risk->equity_day_amt - left_amt + by : 0;
        limits->drawdown_ppm = i % 8 == 2 ? (uint32_t)below(3) : i % 8 == 3 ? 1000000 : 0;
        engine->portfolio_limits.daily_loss_amt =
            i % 8 == 4 ? portfolio->equity_day_amt - all_amt + by : 0;
        engine->portfolio_limits.drawdown_ppm = i % 8 == 5 ? (uint32_t)below(3) : 0;
        engine->portfolio_limits.equity_amt = i % 8 == 6 ? all_amt + by : 0;
        of_slot = exposure_losses(limits);
        of_all = exposure_losses_all(&engine->portfolio_limits);
        is = slot_set_is_empty(&exposure->open_unknown) && exposure->n_unknown_all == 0 &&
             is_clear(risk, exposure->equity[slot], exposure->open[slot].loss, &of_slot) &&
             is_clear(portfolio, exposure->total, exposure->open_loss, &of_all);
        // Set past the engine: it has not heard of them.
        risk_forget(&engine->risk[slot]);
        risk_forget(&engine->portfolio);
        ck_assert_int_eq(exposure_is_judged(engine, slot), is);
        ck_assert_int_eq(exposure_is_judged(engine, slot), is);
        n[is]++;
    }
    *limits = limits_before;
    engine->portfolio_limits = all_before;
    risk_forget(&engine->risk[slot]);
    risk_forget(&engine->portfolio);
}

static void set_limits(int has_limits)
{
    struct record_portfolio record = {
        .hdr = {.type = EVENT_CONFIG, .granules = sizeof(record) / EVENT_GRANULE},
        .kind = CONFIG_PORTFOLIO,
        .limits = {.daily_loss_amt = has_limits ? USD(900000) : 0,
                   .gross_amt = has_limits ? NUM_MAX : 0}};

    ck_assert_int_eq(world_step(world, &record), AGON_OK);
}

/* Each sum of what all slots reach, brought along by differences, is what it is from nothing. */
static void reach_is_whole(void)
{
    const struct exposure *exposure = world->engine->exposure;
    const struct exposure_reach kept = exposure->reach;
    const int is_kept = exposure->is_reach_kept;

    exposure_rebuild(world->engine);
    if (is_kept)
        ck_assert_mem_eq(&kept, &exposure->reach, sizeof(kept));
}

static void set_fee(void)
{
    struct agon_instrument instrument = world_instrument(BTCUSDT);

    instrument.taker_fee_ppb = (int32_t)below(3000000);
    ck_assert_int_eq(world_step(world, &instrument), AGON_OK);
}

static agon_px_t px[4];

static void say(void)
{
    static const uint8_t kinds[] = {REPORT_ACK,      REPORT_FILL,     REPORT_CANCELLED,
                                    REPORT_EXPIRED,  REPORT_REJECTED, REPORT_UNKNOWN,
                                    REPORT_REPLACED, REPORT_ABSENT,   REPORT_REPLACE_REJECTED};
    struct order_cmd cmd;
    agon_qty_t qty;

    if (world->n_cmds == 0)
        return;
    // Of one of the last, or of one that is over since long.
    cmd = world->cmds[below(4) == 0
                          ? below(world->n_cmds)
                          : world->n_cmds - 1 - below(world->n_cmds < 8 ? world->n_cmds : 8)];
    qty = 1 + (agon_qty_t)below((uint64_t)cmd.qty + 1) / (1 + (agon_qty_t)below(2));
    switch (kinds[below(sizeof(kinds))]) {
    case REPORT_FILL:
        world_report(world, &cmd, REPORT_FILL, cmd.px > 0 ? cmd.px : px[cmd.instrument], qty,
                     below(4) == 0 ? qty + 100 : qty);
        break;
    case REPORT_CANCELLED: // and fills of it are still to come
        world_report(world, &cmd, REPORT_CANCELLED, 0, 0, below(3) == 0 ? qty : 0);
        break;
    case REPORT_REPLACED:
        world_report(world, &cmd, REPORT_REPLACED, cmd.px, cmd.qty, 0);
        break;
    default:
        world_report(world, &cmd,
                     kinds[below(sizeof(kinds))] == REPORT_ABSENT ? REPORT_ABSENT : REPORT_ACK, 0,
                     0, 0);
        break;
    }
}

static void wish(uint64_t i)
{
    static const uint8_t types[] = {AGON_LIMIT, AGON_LIMIT,      AGON_LIMIT,
                                    AGON_STOP,  AGON_STOP_LIMIT, AGON_MARKET};
    agon_instrument_t id = (agon_instrument_t)(below(4) < 3 ? 1 + below(2) : EURBTC);
    struct agon_intent intent = {.kind = AGON_INTENT_ORDER,
                                 .side = (uint8_t)(1 + below(2)),
                                 .type = types[below(sizeof(types))],
                                 .instrument = id,
                                 .client_ref = i,
                                 .qty = (agon_qty_t)(50 + below(500))};
    agon_px_t near_px = px[id] + (agon_px_t)below((uint64_t)px[id] / 50) - px[id] / 100;

    if (order_type_has_px(intent.type))
        intent.px = near_px;
    if (order_type_waits(intent.type))
        intent.trigger_px = near_px;
    switch (below(8)) {
    case 0:
        intent.kind = AGON_INTENT_CANCEL;
        intent.client_ref = i - below(20);
        break;
    case 1:
    case 2:
        intent.kind = AGON_INTENT_REPLACE;
        intent.client_ref = i - below(20);
        intent.type = AGON_LIMIT;
        intent.px = near_px;
        break;
    }
    world_wish(world, (uint16_t)below(WORLD_SLOTS), &intent);
}

static void move(void)
{
    agon_instrument_t id = (agon_instrument_t)(1 + below(3));

    px[id] += (agon_px_t)below((uint64_t)px[id] / 100) - px[id] / 200;
    world_book(world, id, px[id], 100000000, px[id] + 2, 100000000);
}

START_TEST(kept_up_it_is_what_all_orders_give)
{
    uint64_t n_orders = 0, n_open = 0;
    uint32_t n_judged[2] = {0};

    rng_init(&rng, 23);
    for (int round = 0; round < WORLDS; round++) {
        int has_limits = round % 4 != 0;
        // Some slots trade nothing but what is valued in itself.
        px[BTCUSDT] = 6000000;
        px[ETHUSDT] = 300000;
        px[EURBTC] = 1700;
        world = world_new(RUN_PAPER);
        set_limits(has_limits);
        move();
        for (uint64_t i = 1; i <= STEPS; i++) {
            uint64_t what = below(32);

            world->t += MS;
            if (what < 14)
                wish(i);
            else if (what < 24)
                say();
            else if (what < 30)
                move();
            else if (what == 30)
                set_fee();
            else if (below(4) == 0)
                set_limits(has_limits ^= 1);
            else if (below(4) == 0)
                exposure_rebuild(world->engine);
            agrees(has_limits);
            if (i % 16 == 0)
                is_judged_as_the_worst_says((uint16_t)(i / 16 % WORLD_SLOTS), n_judged);
        }
        reach_is_whole();
        for (uint16_t slot = 0; slot < WORLD_SLOTS; slot++)
            n_open += orders_count(world->engine->orders, slot);
        n_orders += engine_counters(world->engine)->n_orders;
        world_holds(world);
        world_free(world);
    }
    ck_assert_uint_gt(n_orders, 5000);
    ck_assert_uint_gt(n_open, WORLDS);
    ck_assert_uint_gt(n_judged[0], 1000);
    ck_assert_uint_gt(n_judged[1], 1000);
}
END_TEST

/* Orders near the market come and go while others stand far away: a price that falls beneath those
 * that are gone concerns none that is there, and no sum is forgotten. */
START_TEST(what_is_gone_is_not_looked_for)
{
    const uint32_t n = 40;

    px[BTCUSDT] = 6000000;
    world = world_new(RUN_PAPER);
    set_limits(1);
    for (uint32_t i = 0; i < n; i++)
        world_order(world, 0, BTCUSDT, AGON_BUY, 5950000 - i % 7, 100, 1000 + i);
    agrees(1);
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t k = 0; k < EXPOSURE_FURTHEST; k++)
            world_order(world, 0, BTCUSDT, AGON_BUY, 5999900 - 10 * i - k, 100, 2000 + k);
        for (uint32_t k = 0; k < EXPOSURE_FURTHEST; k++) {
            struct order_cmd cmd = world->cmds[world->n_cmds - 1 - k];

            world_report(world, &cmd, REPORT_CANCELLED, 0, 0, 0);
        }
        world_book(world, BTCUSDT, i % 2 == 0 ? 5999000 : 6000000, 100000000, 6000100, 100000000);
        ck_assert_uint_eq(world->engine->exposure->open[0].is_unknown, 0);
        agrees(1);
    }
    ck_assert_uint_eq(orders_count(world->engine->orders, 0), n);
    // One that stands is concerned.
    world_book(world, BTCUSDT, 5949999, 100000000, 6000100, 100000000);
    agrees(1);
    ck_assert_int_gt(exposure_open_loss(world->engine, &world->engine->slots.all[0]), 0);
    world_free(world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("open_loss");
    TCase *tcase = tcase_create("open_loss");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tcase, 100);
    tcase_add_test(tcase, kept_up_it_is_what_all_orders_give);
    tcase_add_test(tcase, what_is_gone_is_not_looked_for);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
