// SPDX-License-Identifier: Apache-2.0
/* Loss limits as the engine keeps them: judged at each price and fill, with everything that a
 * breach does, and what neither breaks nor lifts one: a stale book, a restart, capital that moves.
 */
#include "base/rng.h"
#include "engine/impl.h"
#include "world.h"

static struct world *world;

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

static void portfolio(const struct portfolio_limits *limits)
{
    struct record_portfolio record = {
        .hdr = {.type = EVENT_CONFIG, .granules = sizeof(record) / EVENT_GRANULE},
        .kind = CONFIG_PORTFOLIO,
        .limits = *limits};

    ck_assert_int_eq(world_step(world, &record), AGON_OK);
}

static const struct order_cmd *last_cmd(void)
{
    return &world->cmds[world->n_cmds - 1];
}

static void book(agon_px_t bid_px)
{
    world_book(world, BTCUSDT, bid_px, 100000000, bid_px + 2, 100000000);
}

// Slot 0 buys one coin at 60,000 dollars of its 100,000.
static void begin(void)
{
    world = world_new(RUN_PAPER);
    book(6000000 - 2);
    world_order(world, 0, BTCUSDT, AGON_BUY, 6000000, 100000, 1);
    ck_assert_uint_eq(last_cmd()->kind, CMD_NEW);
    world_report(world, last_cmd(), REPORT_ACK, 0, 0, 0);
    world_report(world, last_cmd(), REPORT_FILL, 6000000, 100000, 100000);
    book(6000000);
}

static uint16_t told(uint16_t slot)
{
    const struct told *at = world_last(world, slot, AGON_EVENT_ORDER);

    ck_assert_ptr_nonnull(at);
    return at->u.order.reason;
}

static uint16_t buys(uint16_t slot, uint64_t ref)
{
    world_order(world, slot, BTCUSDT, AGON_BUY, 5500000, 100, ref);
    return told(slot);
}

static agon_amt_t open_loss_of(uint16_t slot)
{
    return exposure_open_loss(world->engine, &world->engine->slots.all[slot]);
}

static void incremental_is_whole(void)
{
    agon_amt_t equity[WORLD_SLOTS], open_loss[WORLD_SLOTS];
    struct risk_reach before, after;

    engine_exposure(world->engine, &before);
    for (uint16_t id = 0; id < WORLD_SLOTS; id++) {
        equity[id] = exposure_equity(world->engine, id);
        open_loss[id] = open_loss_of(id);
    }
    exposure_rebuild(world->engine);
    engine_exposure(world->engine, &after);
    ck_assert_mem_eq(&before, &after, sizeof(before));
    for (uint16_t id = 0; id < WORLD_SLOTS; id++) {
        ck_assert_int_eq(equity[id], exposure_equity(world->engine, id));
        ck_assert_int_eq(open_loss[id], open_loss_of(id));
    }
}

START_TEST(a_price_at_the_limit_closes_and_one_before_it_does_not)
{
    agon_amt_t start;
    uint32_t n;

    begin();
    start = world->engine->risk[0].equity_amt;
    limit(0, LIMIT_DAILY_LOSS_AMT, USD(3000) - start + world->engine->risk[0].equity_amt);
    ck_assert_int_eq(world->engine->risk[0].equity_day_amt, USD(100000));
    // Beneath the limit by a tick, at it, beyond it: the first leaves all as it is.
    n = world->n_cmds;
    book(5700001);
    ck_assert_uint_eq(world->engine->risk[0].is_daily_breached, 0);
    ck_assert_uint_eq(world->n_cmds, n);
    book(5700000);
    ck_assert_uint_eq(world->engine->risk[0].is_daily_breached, 1);
    ck_assert_uint_eq(world->engine->risk[0].breach_reason, REASON_DAILY_LOSS);
    ck_assert_int_eq(world->engine->risk[0].breach_amt, USD(3000));
    ck_assert_uint_eq(world->n_cmds, n + 1);
    ck_assert_uint_eq(last_cmd()->kind, CMD_NEW);
    ck_assert_uint_eq(last_cmd()->side, AGON_SELL);
    ck_assert_int_eq(last_cmd()->qty, 100000);
    incremental_is_whole();
    world_report(world, last_cmd(), REPORT_ACK, 0, 0, 0);
    world_report(world, last_cmd(), REPORT_FILL, 5700000, 100000, 100000);
    ck_assert_int_eq(ledger_position(world->engine->ledger, 0, BTCUSDT, 0)->qty, 0);
    ck_assert_uint_eq(buys(0, 2), REASON_DAILY_LOSS);
    ck_assert_uint_eq(buys(1, 2), REASON_NONE); // its neighbour goes on
    ck_assert_uint_eq(world_alerts(world, ALERT_LOSS_LIMIT), 1);
    world_free(world);
}
END_TEST

START_TEST(a_fill_alone_can_reach_the_limit)
{
    begin();
    limit(0, LIMIT_ON_BREACH, ON_BREACH_HALT);
    limit(0, LIMIT_DAILY_LOSS_AMT, USD(10));
    ck_assert_uint_eq(world->engine->risk[0].is_daily_breached, 0);
    world_order(world, 0, BTCUSDT, AGON_SELL, 5990000, 10000, 3);
    // 0.1 of a coin given away for 100 dollars less each: ten dollars.
    world_report(world, last_cmd(), REPORT_ACK, 0, 0, 0);
    world_report(world, last_cmd(), REPORT_FILL, 5990000, 10000, 10000);
    ck_assert_uint_eq(world->engine->risk[0].is_daily_breached, 1);
    incremental_is_whole();
    world_free(world);
}
END_TEST

START_TEST(cancel_leaves_the_position_and_halt_the_orders)
{
    for (uint32_t word = ON_BREACH_CANCEL; word <= ON_BREACH_HALT; word++) {
        uint32_t n;

        begin();
        ck_assert_uint_eq(buys(0, 2), REASON_NONE);
        world_report(world, last_cmd(), REPORT_ACK, 0, 0, 0);
        limit(0, LIMIT_ON_BREACH, word);
        limit(0, LIMIT_DAILY_LOSS_AMT, USD(3000));
        n = world->n_cmds;
        book(5700000);
        ck_assert_uint_eq(world->engine->risk[0].is_daily_breached, 1);
        ck_assert_uint_eq(world->n_cmds, n + (word == ON_BREACH_CANCEL));
        if (word == ON_BREACH_CANCEL)
            ck_assert_uint_eq(last_cmd()->kind, CMD_CANCEL);
        ck_assert_uint_eq(buys(0, 3), REASON_DAILY_LOSS);
        world_free(world);
    }
}
END_TEST

// An order that stands; its number in the engine's commands.
static uint32_t stand(uint16_t slot, enum agon_side side, agon_px_t px, agon_qty_t qty,
                      uint64_t ref)
{
    uint32_t n = world->n_cmds;

    world_order(world, slot, BTCUSDT, side, px, qty, ref);
    ck_assert_uint_eq(told(slot), REASON_NONE);
    ck_assert_uint_eq(world->n_cmds, n + 1);
    world_report(world, last_cmd(), REPORT_ACK, 0, 0, 0);
    return n;
}

/* One coin is held from 60,000. The buy loses 0.5 x (59,000 - P) and its fee of 29.50, the sell no
 * more than its fee of 31.00: the day's limit of 3,000 is where 89,560.50 - 1.5 x P reaches it, at
 * 57,707.00. */
START_TEST(inv_23_a_price_cancels_what_could_carry_the_loss_to_the_limit)
{
    struct order_cmd cut;
    uint32_t n, buy, sell;

    begin();
    limit(0, LIMIT_DAILY_LOSS_AMT, USD(3000));
    buy = stand(0, AGON_BUY, 5900000, 50000, 2);
    sell = stand(0, AGON_SELL, 6200000, 50000, 3);
    n = world->n_cmds;
    book(5770701);
    ck_assert_uint_eq(world->n_cmds, n);
    ck_assert_int_eq(open_loss_of(0), 70699500000); // 646.495, 29.50 and 31.00
    book(5770700);
    ck_assert_uint_eq(world->n_cmds, n + 1);
    ck_assert_uint_eq(last_cmd()->kind, CMD_CANCEL);
    ck_assert_uint_eq(last_cmd()->order_id, world->cmds[buy].order_id);
    ck_assert_uint_ne(last_cmd()->order_id, world->cmds[sell].order_id);
    ck_assert_uint_eq(told(0), REASON_DAILY_LOSS);
    ck_assert_uint_eq(world->engine->risk[0].is_daily_breached, 0);
    cut = *last_cmd();
    book(5770600); // it is on its way
    ck_assert_uint_eq(world->n_cmds, n + 1);
    world_report(world, &cut, REPORT_CANCELLED, 0, 0, 0);
    // 2,293.00 lost and 31.00 to be paid: there is room for what loses less than 676.00.
    book(5770700);
    ck_assert_uint_eq(world->n_cmds, n + 1);
    ck_assert_uint_eq(buys(0, 4), REASON_NONE);
    incremental_is_whole();
    world_replays(world);
    world_free(world);
}
END_TEST

/* The same of one order alone: half a coin more at 59,000 loses 0.5 x (59,000 - P) and its fee
 * of 29.50, and the coin that is held 60,000 - P: 89,529.50 - 1.5 x P, which is the limit of 3,000
 * at 57,686.33. */
START_TEST(inv_23_the_only_order_of_a_slot_is_cut_like_any_other)
{
    uint32_t n;

    begin();
    limit(0, LIMIT_DAILY_LOSS_AMT, USD(3000));
    stand(0, AGON_BUY, 5900000, 50000, 2);
    n = world->n_cmds;
    book(5768634);
    ck_assert_uint_eq(world->n_cmds, n);
    book(5768633);
    ck_assert_uint_eq(world->n_cmds, n + 1);
    ck_assert_uint_eq(last_cmd()->kind, CMD_CANCEL);
    ck_assert_uint_eq(told(0), REASON_DAILY_LOSS);
    ck_assert_uint_eq(world->engine->risk[0].is_daily_breached, 0);
    world_free(world);
}
END_TEST

/* The same of a slot that holds nothing: its equity does not move. Half a coin at 59,000 loses
 * 0.5 x (59,000 - P) and 29.50, which is the limit of 500 at 58,059.00. */
START_TEST(inv_23_a_price_cancels_the_order_of_a_slot_that_holds_nothing)
{
    uint32_t n, buy;

    world = world_new(RUN_PAPER); // nobody holds anything
    book(6000000);
    limit(1, LIMIT_DAILY_LOSS_AMT, USD(500));
    buy = stand(1, AGON_BUY, 5900000, 50000, 2);
    n = world->n_cmds;
    book(5805901);
    ck_assert_uint_eq(world->n_cmds, n);
    book(5805900);
    ck_assert_uint_eq(world->n_cmds, n + 1);
    ck_assert_uint_eq(last_cmd()->kind, CMD_CANCEL);
    ck_assert_uint_eq(last_cmd()->order_id, world->cmds[buy].order_id);
    ck_assert_uint_eq(world->engine->risk[1].is_daily_breached, 0);
    incremental_is_whole();
    world_replays(world);
    world_free(world);
}
END_TEST

START_TEST(halt_leaves_open_orders_and_so_does_a_limit_that_they_cannot_reach)
{
    uint32_t n;

    for (int is_halt = 0; is_halt < 2; is_halt++) {
        begin();
        limit(0, LIMIT_DAILY_LOSS_AMT, is_halt ? USD(3000) : USD(9000));
        if (is_halt)
            limit(0, LIMIT_ON_BREACH, ON_BREACH_HALT);
        stand(0, AGON_BUY, 5900000, 50000, 2);
        n = world->n_cmds;
        book(5700100);
        ck_assert_uint_eq(world->n_cmds, n);
        world_free(world);
    }
}
END_TEST

/* The same of all slots together: what one holds and another has open. 89,529.50 - 1.5 x P. */
START_TEST(inv_23_the_portfolio_counts_the_open_orders_of_every_slot)
{
    struct portfolio_limits limits = {.daily_loss_amt = USD(3000)};
    uint32_t n, buy;

    begin();
    portfolio(&limits);
    buy = stand(1, AGON_BUY, 5900000, 50000, 2);
    book(5770000);
    world_order(world, 2, BTCUSDT, AGON_BUY, 5700000, 50000, 2); // 2,979.50 and a fee of 28.50
    ck_assert_uint_eq(told(2), REASON_PORTFOLIO_DAILY_LOSS);
    world_order(world, 2, BTCUSDT, AGON_BUY, 5700000, 10000, 3); // ... of 5.70
    ck_assert_uint_eq(told(2), REASON_NONE);
    world_report(world, last_cmd(), REPORT_CANCELLED, 0, 0, 0);
    n = world->n_cmds;
    book(5768634);
    ck_assert_uint_eq(world->n_cmds, n);
    book(5768633);
    ck_assert_uint_eq(world->n_cmds, n + 1);
    ck_assert_uint_eq(last_cmd()->kind, CMD_CANCEL);
    ck_assert_uint_eq(last_cmd()->order_id, world->cmds[buy].order_id);
    ck_assert_uint_eq(told(1), REASON_PORTFOLIO_DAILY_LOSS);
    ck_assert_uint_eq(world->engine->portfolio.is_daily_breached, 0);
    incremental_is_whole();
    world_free(world);
}
END_TEST

/* What is kept from event to event is what a walk over everything gives. */
START_TEST(open_orders_are_counted_as_if_each_time_anew)
{
    uint64_t x = 7;
    agon_px_t px = 6000000;

    begin();
    for (uint64_t i = 0; i < 400; i++) {
        uint16_t slot;
        enum agon_side side;

        x = x * 6364136223846793005u + 1442695040888963407u;
        slot = (uint16_t)(x >> 40) % WORLD_SLOTS;
        side = (x >> 50 & 1) != 0 ? AGON_BUY : AGON_SELL;
        px += (agon_px_t)(x >> 33 & 0x7ff) - 1024;
        if ((x >> 51 & 3) == 0)
            book(px);
        else
            world_order(world, slot, BTCUSDT, side,
                        px + (agon_px_t)(x >> 20 & 0xfff) - (side == AGON_BUY ? 4000 : 100),
                        (agon_qty_t)(x >> 8 & 1023) + 100, 1000 + i);
        if (world->n_cmds > 0 && (x >> 53 & 1) != 0) {
            struct order_cmd cmd = world->cmds[(x >> 12) % world->n_cmds];

            world_report(world, &cmd, (x >> 54 & 1) != 0 ? REPORT_ACK : REPORT_CANCELLED, 0, 0, 0);
        }
        incremental_is_whole();
    }
    world_free(world);
}
END_TEST

START_TEST(a_stale_book_breaks_and_lifts_nothing_and_bars_new_risk)
{
    struct agon_status stale = {
        .hdr = {.type = AGON_EVENT_STATUS, .granules = 1, .instrument = BTCUSDT},
        .book = BOOK_STALE};
    struct agon_quote quote = {
        .hdr = {.type = AGON_EVENT_QUOTE, .granules = 1, .instrument = BTCUSDT},
        .bid_px = 4000000,
        .bid_qty = 1,
        .ask_px = 4000001,
        .ask_qty = 1};
    agon_amt_t equity;

    begin();
    limit(0, LIMIT_DAILY_LOSS_AMT, USD(3000));
    equity = world->engine->risk[0].equity_amt;
    world_step(world, &stale);
    world_step(world, &quote); // of a market whose book is known to be wrong
    ck_assert_int_eq(world->engine->risk[0].equity_amt, equity);
    ck_assert_uint_eq(world->engine->risk[0].is_daily_breached, 0);
    world_order(world, 0, ETHUSDT, AGON_BUY, 300000, 100, 4);
    ck_assert_uint_ne(told(0), REASON_NONE);
    world_book(world, ETHUSDT, 300000, 100000000, 300002, 100000000);
    world_order(world, 0, ETHUSDT, AGON_BUY, 299000, 1000, 5);
    ck_assert_uint_eq(told(0), REASON_UNPRICED);
    world_order(world, 1, ETHUSDT, AGON_BUY, 299000, 1000, 5);
    ck_assert_uint_eq(told(1), REASON_NONE); // it holds nothing of the other
    book(5700000);
    ck_assert_uint_eq(world->engine->risk[0].is_daily_breached, 1);
    world_step(world, &stale);
    ck_assert_uint_eq(world->engine->risk[0].is_daily_breached, 1);
    world_free(world);
}
END_TEST

START_TEST(day_and_peak_survive_a_restart)
{
    struct record_start start = {
        .hdr = {.type = EVENT_START, .granules = 1}, .run = 2, .mode = RUN_PAPER};
    unsigned char *bytes = malloc(1 << 22);
    struct world *again = world_new(RUN_PAPER);
    struct error err = {0};
    uint64_t n;

    begin();
    book(6600000); // a new highest
    limit(0, LIMIT_DRAWDOWN_PPM, 100000);
    book(6000000);
    n = engine_save(world->engine, bytes, 1 << 22);
    ck_assert_int_eq(engine_load(again->engine, bytes, n, &err), AGON_OK);
    ck_assert_int_eq(again->engine->risk[0].equity_high_amt,
                     world->engine->risk[0].equity_high_amt);
    ck_assert_int_eq(again->engine->risk[0].equity_day_amt, USD(100000));
    ck_assert_int_eq(exposure_equity(again->engine, 0), exposure_equity(world->engine, 0));
    ck_assert_int_eq(world_step(again, &start), AGON_OK);
    world_book(again, BTCUSDT, 5540000, 100000000, 5540002, 100000000);
    ck_assert_uint_eq(again->engine->risk[0].is_drawdown_breached, 1); // from the highest before
    world_free(again);
    world_free(world);
    free(bytes);
}
END_TEST

START_TEST(capital_that_moves_is_no_loss_and_no_gain)
{
    struct record_slot record = world_slot_record(0);

    begin();
    book(5700000); // three in a hundred lost
    limit(0, LIMIT_DAILY_LOSS_AMT, USD(1940));
    limit(0, LIMIT_DAILY_LOSS_AMT, 0);
    record.limits.capital_amt = USD(100000) - USD(30000);
    record.hdr.t = 0;
    ck_assert_int_eq(world_step(world, &record), AGON_OK);
    ck_assert_int_eq(world->engine->risk[0].equity_amt, USD(67000));
    ck_assert_int_ge(world->engine->risk[0].equity_high_amt, USD(67000) / 97 * 100);
    ck_assert_int_le(world->engine->risk[0].equity_high_amt, USD(67000) / 97 * 100 + 200);
    ck_assert_int_eq(world->engine->portfolio.equity_amt,
                     (WORLD_SLOTS - 1) * USD(100000) + USD(67000));
    world_free(world);
}
END_TEST

START_TEST(the_portfolio_stops_every_slot)
{
    struct portfolio_limits limits = {.daily_loss_amt = USD(3000)};

    begin();
    ck_assert_uint_eq(buys(1, 2), REASON_NONE);
    world_report(world, last_cmd(), REPORT_ACK, 0, 0, 0);
    portfolio(&limits);
    book(5700001);
    ck_assert_uint_eq(world->engine->portfolio.is_daily_breached, 0);
    ck_assert_uint_eq(buys(2, 2), REASON_PORTFOLIO_DAILY_LOSS); // its fee would be too much
    book(5710000);
    ck_assert_uint_eq(buys(2, 2), REASON_NONE);
    world_report(world, last_cmd(), REPORT_CANCELLED, 0, 0, 0);
    book(5700000);
    ck_assert_uint_eq(world->engine->portfolio.is_daily_breached, 1);
    ck_assert_uint_eq(world->engine->portfolio.breach_reason, REASON_PORTFOLIO_DAILY_LOSS);
    ck_assert_uint_eq(world_alerts(world, ALERT_PORTFOLIO_LIMIT), 1);
    ck_assert_uint_eq(buys(2, 3), REASON_PORTFOLIO_DAILY_LOSS);
    world_due(world, T0 + (agon_ns_t)86401 * 1000 * MS);
    ck_assert_uint_eq(world->engine->portfolio.is_daily_breached, 0);
    world_free(world);
}
END_TEST

START_TEST(the_portfolio_may_hold_so_much_and_no_more)
{
    // 60,000 dollars are held; a hundredth of a coin is 550 more.
    struct portfolio_limits limits = {0};
    agon_amt_t *const each[] = {&limits.gross_amt, &limits.net_amt, &limits.venue_amt,
                                &limits.asset_amt};
    static const uint16_t reasons[] = {REASON_PORTFOLIO_GROSS, REASON_PORTFOLIO_NET,
                                       REASON_PORTFOLIO_VENUE, REASON_PORTFOLIO_ASSET};

    for (size_t i = 0; i < sizeof(each) / sizeof(each[0]); i++) {
        struct risk_reach reach;

        begin();
        memset(&limits, 0, sizeof(limits));
        engine_exposure(world->engine, &reach);
        ck_assert_int_eq(reach.gross_amt, USD(60000) + 2 * USD(1) / 100);
        *each[i] = reach.gross_amt + USD(55) - 1;
        portfolio(&limits);
        ck_assert_uint_eq(buys(1, 2), reasons[i]);
        *each[i] += 1;
        portfolio(&limits);
        ck_assert_uint_eq(buys(1, 3), REASON_NONE);
        ck_assert_uint_eq(buys(1, 4), reasons[i]); // an open order counts as filled
        world_order(world, 0, BTCUSDT, AGON_SELL, 6100000, 1000, 5);
        ck_assert_uint_eq(told(0), REASON_NONE); // the way out
        world_free(world);
    }
}
END_TEST

/* Orders of three slots that rest, fill in part, fill and go, and prices that move. */
static void trade_on(uint64_t step)
{
    uint16_t slot = (uint16_t)(rng_at(11, step, 0, 0, 0) % 3);
    agon_px_t px = 5900000 + (agon_px_t)(rng_at(11, step, 1, 0, 0) % 200000) / 100 * 100;
    uint32_t n = world->n_cmds;

    book(px);
    world_order(world, slot, BTCUSDT, AGON_BUY, px - 1000, 400, 100 + step);
    if (world->n_cmds == n)
        return;
    world_report(world, last_cmd(), REPORT_ACK, 0, 0, 0);
    switch (rng_at(11, step, 2, 0, 0) % 4) {
    case 0:
        world_report(world, last_cmd(), REPORT_FILL, px - 1000, 400, 400);
        break;
    case 1:
        world_report(world, last_cmd(), REPORT_FILL, px - 1000, 100, 100);
        break;
    case 2:
        world_report(world, last_cmd(), REPORT_CANCELLED, 0, 0, 0);
        break;
    default:
        break; // it stays open
    }
}

START_TEST(what_no_limit_is_about_is_summed_up_when_asked_and_changes_nothing)
{
    unsigned char hashes[60][HASH_SIZE], hash[HASH_SIZE];
    struct risk_reach kept, asked;
    struct portfolio_limits limits = {0};

    begin();
    // As if a limit were set all along.
    world->engine->portfolio_limits.gross_amt = NUM_MAX;
    exposure_rebuild(world->engine);
    world->engine->portfolio_limits.gross_amt = 0;
    for (uint64_t step = 0; step < 60; step++) {
        trade_on(step);
        world_hash(world, hashes[step]);
    }
    engine_exposure(world->engine, &kept);
    ck_assert_int_gt(kept.gross_amt, USD(60000));
    ck_assert_uint_gt(orders_count(world->engine->orders, 1), 0);
    world_free(world);

    begin();
    for (uint64_t step = 0; step < 60; step++) {
        trade_on(step);
        ck_assert_uint_eq(world->engine->exposure->is_reach_kept, 0);
        world_hash(world, hash);
        ck_assert_mem_eq(hash, hashes[step], HASH_SIZE);
    }
    engine_exposure(world->engine, &asked);
    ck_assert_mem_eq(&asked, &kept, sizeof(asked));
    incremental_is_whole();
    // A limit that is set now knows what is held and open since long.
    limits.gross_amt = kept.gross_amt + USD(50);
    portfolio(&limits);
    book(5900000);
    engine_exposure(world->engine, &kept);
    limits.gross_amt = kept.gross_amt + USD(55) - 1;
    portfolio(&limits);
    ck_assert_uint_eq(buys(1, 1000), REASON_PORTFOLIO_GROSS);
    limits.gross_amt += 1;
    portfolio(&limits);
    ck_assert_uint_eq(buys(1, 1001), REASON_NONE);
    ck_assert_uint_eq(buys(1, 1002), REASON_PORTFOLIO_GROSS);
    for (uint64_t step = 60; step < 90; step++) {
        trade_on(step);
        incremental_is_whole();
    }
    // And when it goes, and comes back, after everything has changed.
    portfolio(&(struct portfolio_limits){0});
    for (uint64_t step = 90; step < 110; step++)
        trade_on(step);
    engine_exposure(world->engine, &asked);
    portfolio(&limits);
    engine_exposure(world->engine, &kept);
    ck_assert_mem_eq(&asked, &kept, sizeof(asked));
    incremental_is_whole();
    world_free(world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("losses");
    TCase *tcase = tcase_create("losses");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tcase, a_price_at_the_limit_closes_and_one_before_it_does_not);
    tcase_add_test(tcase, a_fill_alone_can_reach_the_limit);
    tcase_add_test(tcase, cancel_leaves_the_position_and_halt_the_orders);
    tcase_add_test(tcase, inv_23_a_price_cancels_what_could_carry_the_loss_to_the_limit);
    tcase_add_test(tcase, inv_23_the_only_order_of_a_slot_is_cut_like_any_other);
    tcase_add_test(tcase, inv_23_a_price_cancels_the_order_of_a_slot_that_holds_nothing);
    tcase_add_test(tcase, halt_leaves_open_orders_and_so_does_a_limit_that_they_cannot_reach);
    tcase_add_test(tcase, inv_23_the_portfolio_counts_the_open_orders_of_every_slot);
    tcase_add_test(tcase, open_orders_are_counted_as_if_each_time_anew);
    tcase_add_test(tcase, a_stale_book_breaks_and_lifts_nothing_and_bars_new_risk);
    tcase_add_test(tcase, day_and_peak_survive_a_restart);
    tcase_add_test(tcase, capital_that_moves_is_no_loss_and_no_gain);
    tcase_add_test(tcase, the_portfolio_stops_every_slot);
    tcase_add_test(tcase, the_portfolio_may_hold_so_much_and_no_more);
    tcase_add_test(tcase, what_no_limit_is_about_is_summed_up_when_asked_and_changes_nothing);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
