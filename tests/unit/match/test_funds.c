// SPDX-License-Identifier: Apache-2.0
/* Money: what orders lock, what trades move, and that none of it is ever made or lost. */
#include "base/rng.h"
#include "harness.h"

#define HOLDS(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            ck_abort_msg("%s", #condition);                                                        \
    } while (0)

static const struct match_config checked = {.is_funds_checked = 1, .max_owners = 8};

static void has(const struct world *world, uint32_t owner, agon_asset_t asset, agon_amt_t free_amt,
                agon_amt_t locked_amt)
{
    ck_assert_int_eq(match_free_amt(world->match, owner, asset), free_amt);
    ck_assert_int_eq(match_locked_amt(world->match, owner, asset), locked_amt);
}

START_TEST(buy_locks_quote_at_its_limit_and_gives_back_what_was_cheaper)
{
    struct world *world = world_new(&checked);
    uint64_t id;

    world_snapshot(world, SPOT);
    world_level(world, SPOT, AGON_SELL, 95, 4);
    match_deposit(world->match, 1, QUOTE, 1000);
    ck_assert_int_eq(submit(world, limit(1, AGON_BUY, 100, 11), NULL), MATCH_NO_FUNDS); // 1100
    has(world, 1, QUOTE, 1000, 0);
    id = put(world, limit(1, AGON_BUY, 100, 10));
    // 4 at 95 cost 380; 6 stand at 100: 600 locked, 20 were cheaper than locked.
    has(world, 1, QUOTE, 20, 600);
    has(world, 1, BASE, 4, 0);
    world_trade(world, SPOT, AGON_SELL, 99, 1); // a maker pays its own price
    has(world, 1, QUOTE, 20, 500);
    has(world, 1, BASE, 5, 0);
    match_cancel(world->match, world->t, id);
    has(world, 1, QUOTE, 520, 0);
    world_free(world);
}
END_TEST

START_TEST(sell_locks_base)
{
    struct world *world = world_new(&checked);
    uint64_t id;

    world_snapshot(world, SPOT);
    match_deposit(world->match, 1, BASE, 10);
    ck_assert_int_eq(submit(world, limit(1, AGON_SELL, 100, 11), NULL), MATCH_NO_FUNDS);
    id = put(world, limit(1, AGON_SELL, 100, 10));
    has(world, 1, BASE, 0, 10);
    world_trade(world, SPOT, AGON_BUY, 100, 3);
    has(world, 1, BASE, 0, 7);
    has(world, 1, QUOTE, 300, 0);
    ck_assert_int_eq(match_amend(world->match, world->t, id, 100, 8), MATCH_OK); // 5 left
    has(world, 1, BASE, 2, 5);
    ck_assert_int_eq(match_amend(world->match, world->t, id, 101, 11), MATCH_NO_FUNDS);
    ck_assert_int_eq(match_amend(world->match, world->t, id, 101, 10), MATCH_OK);
    has(world, 1, BASE, 0, 7);
    world_free(world);
}
END_TEST

START_TEST(market_buy_pays_from_what_is_free_or_is_refused)
{
    struct world *world = world_new(&checked);
    struct match_order order = market(1, AGON_BUY, 0);

    world_snapshot(world, SPOT);
    world_level(world, SPOT, AGON_SELL, 100, 5);
    world_level(world, SPOT, AGON_SELL, 110, 5);
    match_deposit(world->match, 1, QUOTE, 609);
    ck_assert_int_eq(submit(world, market(1, AGON_BUY, 6), NULL), MATCH_NO_FUNDS); // 610
    match_deposit(world->match, 1, QUOTE, 1);
    ck_assert_int_eq(submit(world, market(1, AGON_BUY, 6), NULL), MATCH_OK);
    has(world, 1, QUOTE, 0, 0);
    has(world, 1, BASE, 6, 0);
    match_deposit(world->match, 1, QUOTE, 300);
    order.quote_amt = 301;
    ck_assert_int_eq(submit(world, order, NULL), MATCH_NO_FUNDS);
    order.quote_amt = 250; // 2 at 110, 30 come back
    ck_assert_int_eq(submit(world, order, NULL), MATCH_OK);
    has(world, 1, QUOTE, 80, 0);
    has(world, 1, BASE, 8, 0);
    world_free(world);
}
END_TEST

START_TEST(triggered_stop_without_money_expires)
{
    struct world *world = world_new(&checked);
    struct match_order order = market(1, AGON_BUY, 5);
    uint64_t id;

    world_snapshot(world, SPOT);
    world_level(world, SPOT, AGON_SELL, 100, 5);
    match_deposit(world->match, 1, QUOTE, 499);
    order.type = AGON_STOP;
    order.trigger_px = 101;
    id = put(world, order);
    has(world, 1, QUOTE, 499, 0);
    world_trade(world, SPOT, AGON_BUY, 101, 1);
    ck_assert_str_eq(story_of(world, id), "AGX");
    ck_assert_int_eq(last_of(world, id)->event.reason, MATCH_NO_FUNDS);
    has(world, 1, QUOTE, 499, 0);
    world_free(world);
}
END_TEST

START_TEST(fees_come_off_what_is_received_rounded_up)
{
    /* Taker 0.1 % of 1500 base = 1.5: 2. Maker of the other side: 0.1 % of 150000 quote = 150. With
     * fees of its own, a rebate of 0.0333 % of 150000 = 49.95: 49, towards nothing. */
    struct world *world = world_new(&checked);
    struct agon_instrument def = world_spot();

    def.maker_fee_ppb = def.taker_fee_ppb = 1000000;
    world_set(world, &def);
    match_deposit(world->match, 1, QUOTE, 1000000);
    match_deposit(world->match, 2, BASE, 10000);
    put(world, limit(2, AGON_SELL, 100, 1500));
    put(world, limit(1, AGON_BUY, 100, 1500));
    has(world, 1, BASE, 1498, 0);
    has(world, 2, QUOTE, 150000 - 150, 0);
    ck_assert_int_eq(last_of(world, 2)->event.fee_amt, 2);
    ck_assert_int_eq(last_of(world, 2)->event.fee_asset, BASE);
    ck_assert_int_eq(last_of(world, 1)->event.fee_amt, 150);
    ck_assert_int_eq(last_of(world, 1)->event.fee_asset, QUOTE);
    ck_assert_int_eq(match_set_fees(world->match, 2, SPOT, -333000, 0), AGON_OK);
    put(world, limit(2, AGON_SELL, 100, 1500));
    put(world, limit(1, AGON_BUY, 100, 1500));
    has(world, 2, QUOTE, 150000 - 150 + 150000 + 49, 0);
    ck_assert_int_eq(match_set_fees(world->match, 8, SPOT, 0, 0), AGON_EINVAL);
    ck_assert_int_eq(match_set_fees(world->match, 1, 9, 0, 0), AGON_ENOENT);
    world_free(world);
}
END_TEST

START_TEST(a_buyer_pays_the_fee_beside_the_price_where_that_is_the_rule)
{
    const struct rules rules = {.is_fee_quote = 1};
    struct world *world = world_new(&checked);
    uint64_t id;

    ck_assert_int_eq(match_set_rules(world->match, SPOT, &rules), AGON_OK);
    ck_assert_int_eq(match_set_fees(world->match, 1, SPOT, 10000000, 20000000), AGON_OK); // 1, 2 %
    world_snapshot(world, SPOT);
    world_level(world, SPOT, AGON_SELL, 100, 4);
    match_deposit(world->match, 1, QUOTE, 1019);
    ck_assert_int_eq(submit(world, limit(1, AGON_BUY, 100, 10), NULL), MATCH_NO_FUNDS); // 1020
    ck_assert_int_eq(submit(world, market(1, AGON_BUY, 4), NULL), MATCH_OK);            // 408
    has(world, 1, QUOTE, 611, 0);
    has(world, 1, BASE, 4, 0);
    id = put(world, limit(1, AGON_BUY, 99, 6)); // 594, and 12 for the fee
    has(world, 1, QUOTE, 5, 606);
    world_trade(world, SPOT, AGON_SELL, 99, 2); // as maker 2 of 198
    has(world, 1, BASE, 6, 0);
    has(world, 1, QUOTE, 7, 404);
    match_cancel(world->match, world->t, id);
    has(world, 1, QUOTE, 411, 0);
    // What is free would pay four, and not their fee.
    world_level(world, SPOT, AGON_SELL, 102, 9);
    ck_assert_int_eq(submit(world, market(1, AGON_BUY, 4), NULL), MATCH_NO_FUNDS); // 408 + 9
    // Who sells pays it of what he gets.
    world_level(world, SPOT, AGON_BUY, 98, 5);
    ck_assert_int_eq(submit(world, market(1, AGON_SELL, 5), NULL), MATCH_OK);
    has(world, 1, QUOTE, 411 + 490 - 10, 0);
    world_free(world);
}
END_TEST

START_TEST(deposits_are_bounded)
{
    struct world *world = world_new(&checked);

    ck_assert_int_eq(match_deposit(world->match, 1, QUOTE, 100), AGON_OK);
    ck_assert_int_eq(match_deposit(world->match, 1, QUOTE, -101), AGON_ERANGE);
    ck_assert_int_eq(match_deposit(world->match, 1, QUOTE, INT64_MAX), AGON_ERANGE);
    ck_assert_int_eq(match_deposit(world->match, 1, QUOTE, INT64_MIN), AGON_ERANGE);
    ck_assert_int_eq(match_deposit(world->match, 8, QUOTE, 1), AGON_EINVAL);
    ck_assert_int_eq(match_deposit(world->match, 1, 77, 1), AGON_EINVAL);
    ck_assert_int_eq(match_deposit(world->match, 1, QUOTE, -100), AGON_OK);
    has(world, 1, QUOTE, 0, 0);
    world_free(world);
}
END_TEST

START_TEST(derivative_settles_profit_by_average_cost)
{
    /* Buys 4 at 100 and 4 at 110: average 105. Sells 6 at 120: 6 * 15 = 90. Sells 4 more at 100:
     * 2 close at a loss of 10, 2 open a short. Buys 2 at 90: 20. */
    struct world *world = world_new(&checked);
    static const struct {
        enum agon_side side;
        agon_px_t px;
        agon_qty_t qty;
        agon_amt_t after;
        agon_qty_t position;
    } steps[] = {
        {AGON_BUY, 100, 4, 0, 4},    {AGON_BUY, 110, 4, 0, 8},  {AGON_SELL, 120, 6, 90, 2},
        {AGON_SELL, 100, 4, 80, -2}, {AGON_BUY, 90, 2, 100, 0},
    };

    world_snapshot(world, PERP);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        struct match_order order = limit(1, steps[i].side, steps[i].px, steps[i].qty);

        order.instrument = PERP;
        put(world, order);
        world_trade(world, PERP, 0, steps[i].px, steps[i].qty);
        ck_assert_int_eq(match_free_amt(world->match, 1, QUOTE), steps[i].after);
        ck_assert_int_eq(match_position_qty(world->match, 1, PERP), steps[i].position);
    }
    world_free(world);
}
END_TEST

/* The bytes of a world after the same few calls, with one amount, fee or position of choice. */
static uint64_t saved(agon_amt_t amt, int32_t fee_ppb, agon_qty_t perp_qty, unsigned char *bytes)
{
    struct world *world = world_new(&checked);
    struct match_order order = limit(1, AGON_BUY, 100, perp_qty);
    struct enc enc = {.at = bytes, .room = 65536};

    world_snapshot(world, SPOT);
    match_deposit(world->match, 1, QUOTE, amt);
    match_set_fees(world->match, 1, SPOT, fee_ppb, fee_ppb);
    put(world, limit(1, AGON_BUY, 100, 5));
    order.instrument = PERP;
    put(world, order);
    world_trade(world, PERP, AGON_SELL, 99, 50);
    match_save(world->match, &enc);
    ck_assert(enc_is_ok(&enc));
    world_free(world);
    return enc.used;
}

START_TEST(saved_bytes_hold_all_that_decides)
{
    static unsigned char first[65536];
    static unsigned char other[65536];
    uint64_t n = saved(1000, 5, 3, first);

    ck_assert_uint_eq(saved(1000, 5, 3, other), n);
    ck_assert_int_eq(memcmp(first, other, n), 0);
    ck_assert(saved(1001, 5, 3, other) != n || memcmp(first, other, n) != 0);
    ck_assert(saved(1000, 6, 3, other) != n || memcmp(first, other, n) != 0);
    ck_assert(saved(1000, 5, 4, other) != n || memcmp(first, other, n) != 0);
}
END_TEST

/* --- random orders --- */

#define OWNERS 6

struct books { /* kept from events alone, as somebody outside would */
    agon_amt_t amt[OWNERS][3];
    agon_amt_t fees[3];
    agon_amt_t outside[3]; /* what the exogenous side gave, less what it got */
    uint64_t n_trades;
};

static struct books outside_view;

static void on_money(void *ctx, const struct match_event *event)
{
    const struct match_order *order = event->order;
    struct books *books = &outside_view;
    agon_amt_t base_amt;

    (void)ctx;
    if (event->kind != MATCH_TRADE)
        return;
    // quantities have 5 decimals, the base asset 4: rounded down on both sides
    base_amt = event->qty / 10;
    HOLDS(event->fee_amt >= 0);
    HOLDS(event->quote_amt == (agon_amt_t)((num128_t)event->px * event->qty / 100000));
    books->n_trades++;
    if (order->side == AGON_BUY) {
        books->amt[order->owner][BASE] += base_amt - event->fee_amt;
        books->amt[order->owner][QUOTE] -= event->quote_amt;
        books->outside[BASE] += base_amt;
        books->outside[QUOTE] -= event->quote_amt;
    } else {
        books->amt[order->owner][BASE] -= base_amt;
        books->amt[order->owner][QUOTE] += event->quote_amt - event->fee_amt;
        books->outside[BASE] -= base_amt;
        books->outside[QUOTE] += event->quote_amt;
    }
    books->fees[event->fee_asset] += event->fee_amt;
}

/* Prices with 2 decimals, quantities with 5, base with 4 and quote with 2: nearly every product has
 * to be rounded. */
static void make_odd_world(struct world *world)
{
    struct agon_instrument def = world_spot();

    ck_assert_int_eq(instruments_init(&world->table), AGON_OK);
    world_asset(world, BASE, "BASE", 4);
    world_asset(world, QUOTE, "QUOTE", 2);
    world->match = match_new(
        &(struct match_config){.is_funds_checked = 1, .max_owners = OWNERS, .max_orders = 500},
        &world->table, &(struct match_sink){.on_event = on_money});
    def.px_exp = 2;
    def.qty_exp = 5;
    def.maker_fee_ppb = 1000000;
    def.taker_fee_ppb = 1700000;
    world_set(world, &def);
    world->t = 1000;
    memset(&outside_view, 0, sizeof(outside_view));
    for (uint32_t owner = 0; owner < OWNERS; owner++) {
        outside_view.amt[owner][BASE] = 3000000;
        outside_view.amt[owner][QUOTE] = 30000000;
        match_deposit(world->match, owner, BASE, 3000000);
        match_deposit(world->match, owner, QUOTE, 30000000);
    }
}

static void check_money(const struct world *world, int is_closed)
{
    for (agon_asset_t asset = BASE; asset <= QUOTE; asset++) {
        agon_amt_t total = 0;

        for (uint32_t owner = 0; owner < OWNERS; owner++) {
            agon_amt_t free_amt = match_free_amt(world->match, owner, asset);
            agon_amt_t locked_amt = match_locked_amt(world->match, owner, asset);

            HOLDS(free_amt >= 0 && locked_amt >= 0);
            HOLDS(free_amt + locked_amt == outside_view.amt[owner][asset]);
            total += free_amt + locked_amt;
        }
        if (is_closed) // nobody traded with the outside
            HOLDS(total + outside_view.fees[asset] ==
                  OWNERS * (asset == BASE ? 3000000 : 30000000));
    }
}

/* What is locked is what the open orders need, and nothing else. */
static void check_locks(const struct world *world)
{
    for (uint32_t owner = 0; owner < OWNERS; owner++) {
        const struct match_order *open[500];
        uint32_t n = match_open(world->match, owner, 0, open, 500);
        agon_amt_t need[3] = {0};

        for (uint32_t i = 0; i < n; i++) {
            agon_qty_t rest = open[i]->qty - open[i]->filled_qty;

            if (open[i]->side == AGON_SELL)
                need[BASE] += (rest + 9) / 10;
            else
                need[QUOTE] += (agon_amt_t)(((num128_t)open[i]->px * rest + 99999) / 100000);
        }
        HOLDS(match_locked_amt(world->match, owner, BASE) == need[BASE]);
        HOLDS(match_locked_amt(world->match, owner, QUOTE) == need[QUOTE]);
    }
}

static void act(struct world *world, struct rng *rng)
{
    uint32_t owner = (uint32_t)rng_below(rng, OWNERS);
    const struct match_order *open[500];
    uint32_t n = match_open(world->match, owner, 0, open, 500);
    struct match_order order =
        limit(owner, rng_below(rng, 2) ? AGON_BUY : AGON_SELL,
              (agon_px_t)(9900 + rng_below(rng, 200)), (agon_qty_t)(1 + rng_below(rng, 3000000)));
    uint64_t what = rng_below(rng, 16);

    order.stp = (uint8_t)rng_below(rng, 4);
    world->t += 10;
    if (n > 0 && (what < 3 || n > 40)) {
        match_cancel(world->match, world->t, open[rng_below(rng, n)]->id);
        return;
    }
    if (n > 0 && what < 6) {
        match_amend(world->match, world->t, open[rng_below(rng, n)]->id, order.px, order.qty);
        return;
    }
    if (what == 6 || what == 7)
        order.type = AGON_MARKET;
    if (what == 6)
        order.px = 0;
    if (what == 8 && order.side == AGON_BUY) {
        order.type = AGON_MARKET;
        order.px = 0;
        order.qty = 0;
        order.quote_amt = (agon_amt_t)(1 + rng_below(rng, 3000000));
    }
    if (what == 9)
        order.tif = AGON_TIF_FOK;
    if (what == 10)
        order.tif = AGON_TIF_IOC;
    if (what == 11) {
        order.type = AGON_STOP_LIMIT;
        order.trigger_px = (agon_px_t)(9900 + rng_below(rng, 200));
    }
    if (what == 12) {
        order.type = AGON_STOP;
        order.trigger_px = (agon_px_t)(9900 + rng_below(rng, 200));
        order.px = rng_below(rng, 2) ? order.px : 0;
    }
    match_submit(world->match, world->t, &order, NULL);
}

static void move_market(struct world *world, struct rng *rng)
{
    enum agon_side side = rng_below(rng, 2) ? AGON_BUY : AGON_SELL;
    agon_px_t px =
        (agon_px_t)(side == AGON_BUY ? 9900 + rng_below(rng, 100) : 10000 + rng_below(rng, 100));

    if (rng_below(rng, 3) == 0)
        world_trade(world, SPOT, (int)rng_below(rng, 3), (agon_px_t)(9900 + rng_below(rng, 200)),
                    (agon_qty_t)(1 + rng_below(rng, 900000)));
    else
        world_level(world, SPOT, side, px, (agon_qty_t)rng_below(rng, 900000));
}

START_TEST(money_is_neither_made_nor_lost)
{
    int is_closed = _i % 2 == 0; // own orders only, or an exogenous market as well
    static struct world world;
    struct rng rng;

    memset(&world, 0, sizeof(world));
    rng_init(&rng, (uint64_t)_i + 100);
    make_odd_world(&world);
    if (!is_closed)
        world_snapshot(&world, SPOT);
    for (int i = 0; i < 20000; i++) {
        if (!is_closed && rng_below(&rng, 3) == 0)
            move_market(&world, &rng);
        else
            act(&world, &rng);
        check_money(&world, is_closed);
        if (i % 50 == 0)
            check_locks(&world);
    }
    HOLDS(outside_view.n_trades > 2000);
    for (uint32_t owner = 0; owner < OWNERS; owner++) {
        const struct match_order *open[1];

        while (match_open(world.match, owner, 0, open, 1) > 0)
            match_cancel(world.match, world.t, open[0]->id);
        HOLDS(match_locked_amt(world.match, owner, BASE) == 0);
        HOLDS(match_locked_amt(world.match, owner, QUOTE) == 0);
    }
    check_money(&world, is_closed);
    match_free(world.match);
    instruments_deinit(&world.table);
}
END_TEST

/* --- reduce-only at random --- */

static agon_qty_t held[OWNERS];

static void on_position(void *ctx, const struct match_event *event)
{
    const struct match_order *order = event->order;
    agon_qty_t before = held[order->owner];

    (void)ctx;
    if (event->kind != MATCH_TRADE)
        return;
    held[order->owner] += order->side == AGON_BUY ? event->qty : -event->qty;
    if (order->flags & AGON_REDUCE_ONLY) // closer to zero and not past it
        HOLDS(num_abs(held[order->owner]) == num_abs(before) - event->qty);
}

static void check_reduce_only(const struct world *world)
{
    for (uint32_t owner = 0; owner < OWNERS; owner++) {
        const struct match_order *open[500];
        uint32_t n = match_open(world->match, owner, 0, open, 500);
        agon_qty_t sum = 0;

        HOLDS(match_position_qty(world->match, owner, PERP) == held[owner]);
        for (uint32_t i = 0; i < n; i++) {
            if (!open[i]->is_working || !(open[i]->flags & AGON_REDUCE_ONLY))
                continue;
            HOLDS((open[i]->side == AGON_SELL) == (held[owner] > 0));
            sum += open[i]->qty - open[i]->filled_qty;
        }
        HOLDS(sum <= num_abs(held[owner]));
    }
}

START_TEST(reduce_only_orders_only_reduce)
{
    static struct world world;
    struct agon_instrument def = world_spot();
    struct rng rng;
    uint64_t n_reduced = 0;

    memset(&world, 0, sizeof(world));
    memset(held, 0, sizeof(held));
    rng_init(&rng, (uint64_t)_i + 1);
    ck_assert_int_eq(instruments_init(&world.table), AGON_OK);
    world_asset(&world, BASE, "BASE", 0);
    world_asset(&world, QUOTE, "QUOTE", 0);
    world.match = match_new(&(struct match_config){.max_owners = OWNERS, .max_orders = 500},
                            &world.table, &(struct match_sink){.on_event = on_position});
    world_set(&world, &def);
    def.hdr.instrument = PERP;
    def.kind = INSTRUMENT_LINEAR;
    snprintf(def.symbol, sizeof(def.symbol), "PERP");
    world_set(&world, &def);
    world.t = 1000;
    world_snapshot(&world, PERP);
    for (int i = 0; i < 20000; i++) {
        uint32_t owner = (uint32_t)rng_below(&rng, OWNERS);
        enum agon_side side = rng_below(&rng, 2) ? AGON_BUY : AGON_SELL;
        const struct match_order *open[500];
        uint32_t n = match_open(world.match, owner, 0, open, 500);
        struct match_order order = limit(owner, side, (agon_px_t)(90 + rng_below(&rng, 21)),
                                         (agon_qty_t)(1 + rng_below(&rng, 30)));

        order.instrument = PERP;
        order.stp = (uint8_t)rng_below(&rng, 4);
        world.t += 10;
        if (rng_below(&rng, 2) && held[owner] != 0) {
            order.side = held[owner] > 0 ? AGON_SELL : AGON_BUY;
            order.flags = AGON_REDUCE_ONLY;
        }
        if (rng_below(&rng, 4) == 0) {
            order.type = AGON_STOP_LIMIT;
            order.trigger_px = (agon_px_t)(90 + rng_below(&rng, 21));
        }
        if (rng_below(&rng, 6) == 0)
            world_trade(&world, PERP, (int)rng_below(&rng, 3),
                        (agon_px_t)(90 + rng_below(&rng, 21)),
                        (agon_qty_t)(1 + rng_below(&rng, 40)));
        else if (n > 0 && (rng_below(&rng, 4) == 0 || n > 60))
            match_amend(world.match, world.t, open[rng_below(&rng, n)]->id, order.px, order.qty);
        else if (n > 60)
            match_cancel(world.match, world.t, open[0]->id);
        else if (match_submit(world.match, world.t, &order, NULL) == MATCH_OK)
            n_reduced += order.flags == AGON_REDUCE_ONLY;
        check_reduce_only(&world);
    }
    HOLDS(n_reduced > 500);
    match_free(world.match);
    instruments_deinit(&world.table);
}
END_TEST

/* Sums in these are near 2^63, so nothing is added up but by 128 bits. */
static void holds_in_all(const struct world *world, agon_asset_t asset, num128_t wanted)
{
    num128_t sum = 0;

    for (uint32_t owner = 0; owner < 8; owner++)
        sum += (num128_t)match_free_amt(world->match, owner, asset) +
               match_locked_amt(world->match, owner, asset);
    HOLDS(sum == wanted);
}

#define LARGE 9000000000000000000 /* of 9,223,372,036,854,775,807 */

START_TEST(a_buy_that_no_balance_can_hold_is_refused)
{
    struct world *world = world_new(&checked);
    struct match_order by_amount = market(1, AGON_BUY, 0);

    world_snapshot(world, SPOT);
    world_level(world, SPOT, AGON_SELL, 1, LARGE);
    match_deposit(world->match, 1, BASE, LARGE);
    match_deposit(world->match, 1, QUOTE, LARGE);
    by_amount.quote_amt = 500000000000000000;
    ck_assert_int_eq(submit(world, by_amount, NULL), MATCH_TOO_LARGE);
    ck_assert_int_eq(submit(world, market(1, AGON_BUY, 500000000000000000), NULL), MATCH_TOO_LARGE);
    ck_assert_int_eq(submit(world, limit(1, AGON_BUY, 1, 500000000000000000), NULL),
                     MATCH_TOO_LARGE);
    has(world, 1, BASE, LARGE, 0);
    has(world, 1, QUOTE, LARGE, 0);
    by_amount.quote_amt = 200000000000000000; // and what fits is bought
    put(world, by_amount);
    has(world, 1, BASE, LARGE + 200000000000000000, 0);
    world_free(world);
}
END_TEST

/* Each order alone would fit; together they do not, and the one that comes too late ends untouched.
 * Whoever stands behind it trades instead. */
START_TEST(a_fill_that_no_balance_can_hold_ends_the_order_before_it)
{
    struct world *world = world_new(&checked);
    const agon_amt_t half = 150000000000000000;
    uint64_t first, second, other;

    world_snapshot(world, SPOT);
    match_deposit(world->match, 1, BASE, LARGE);
    match_deposit(world->match, 1, QUOTE, LARGE);
    match_deposit(world->match, 2, QUOTE, LARGE);
    match_deposit(world->match, 3, BASE, LARGE);
    first = put(world, limit(1, AGON_BUY, 1, half));
    second = put(world, limit(1, AGON_BUY, 1, half));
    other = put(world, limit(2, AGON_BUY, 1, half));
    put(world, limit(3, AGON_SELL, 1, 2 * half));
    ck_assert_int_eq(last_of(world, first)->event.kind, MATCH_TRADE);
    ck_assert_int_eq(last_of(world, second)->event.kind, MATCH_EXPIRED);
    ck_assert_int_eq(last_of(world, second)->event.reason, MATCH_TOO_LARGE);
    ck_assert_int_eq(last_of(world, second)->order.filled_qty, 0);
    ck_assert_int_eq(last_of(world, other)->event.kind, MATCH_TRADE);
    has(world, 1, BASE, LARGE + half, 0);
    has(world, 1, QUOTE, LARGE - half, 0);
    holds_in_all(world, BASE, (num128_t)LARGE * 2);
    holds_in_all(world, QUOTE, (num128_t)LARGE * 2);
    // By a print of the market alike.
    second = put(world, limit(1, AGON_BUY, 1, 70000000000000000));
    first = put(world, limit(1, AGON_BUY, 1, 70000000000000000));
    world_trade(world, SPOT, AGON_SELL, 1, 70000000000000000);
    world_trade(world, SPOT, AGON_SELL, 1, 70000000000000000);
    ck_assert_int_eq(last_of(world, second)->event.kind, MATCH_TRADE);
    ck_assert_int_eq(last_of(world, first)->event.reason, MATCH_TOO_LARGE);
    has(world, 1, BASE, LARGE + half + 70000000000000000, 0);
    world_free(world);
}
END_TEST

START_TEST(a_position_that_no_sum_can_hold_is_refused)
{
    struct world *world = world_new(&(struct match_config){.max_owners = 8});
    struct match_order order = market(1, AGON_BUY, 500000000000000000);

    order.instrument = PERP;
    world_snapshot(world, PERP);
    world_level(world, PERP, AGON_SELL, 1, LARGE);
    match_set_position(world->match, 1, PERP, LARGE);
    ck_assert_int_eq(submit(world, order, NULL), MATCH_TOO_LARGE);
    ck_assert_int_eq(match_position_qty(world->match, 1, PERP), LARGE);
    order.qty = 200000000000000000;
    ck_assert_int_eq(submit(world, order, NULL), MATCH_OK);
    ck_assert_int_eq(match_position_qty(world->match, 1, PERP), LARGE + order.qty);
    world_free(world);
}
END_TEST

START_TEST(a_buy_by_amount_has_to_come_to_a_quantity_that_the_filter_lets_in)
{
    struct world *world = world_new(&checked);
    struct agon_instrument def = world_spot();
    struct match_order order = market(1, AGON_BUY, 0);

    def.max_qty = 50;
    world_set(world, &def);
    world_snapshot(world, SPOT);
    world_level(world, SPOT, AGON_SELL, 10, 1000);
    match_deposit(world->match, 1, QUOTE, 10000);
    order.quote_amt = 510;
    ck_assert_int_eq(submit(world, order, NULL), MATCH_BAD_QTY);
    order.quote_amt = 509;
    ck_assert_int_eq(submit(world, order, NULL), MATCH_OK);
    has(world, 1, BASE, 50, 0);
    world_free(world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("match_funds");
    TCase *tcase = tcase_create("all");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, buy_locks_quote_at_its_limit_and_gives_back_what_was_cheaper);
    tcase_add_test(tcase, sell_locks_base);
    tcase_add_test(tcase, market_buy_pays_from_what_is_free_or_is_refused);
    tcase_add_test(tcase, triggered_stop_without_money_expires);
    tcase_add_test(tcase, fees_come_off_what_is_received_rounded_up);
    tcase_add_test(tcase, a_buyer_pays_the_fee_beside_the_price_where_that_is_the_rule);
    tcase_add_test(tcase, deposits_are_bounded);
    tcase_add_test(tcase, a_buy_that_no_balance_can_hold_is_refused);
    tcase_add_test(tcase, a_fill_that_no_balance_can_hold_ends_the_order_before_it);
    tcase_add_test(tcase, a_position_that_no_sum_can_hold_is_refused);
    tcase_add_test(tcase, a_buy_by_amount_has_to_come_to_a_quantity_that_the_filter_lets_in);
    tcase_add_test(tcase, derivative_settles_profit_by_average_cost);
    tcase_add_test(tcase, saved_bytes_hold_all_that_decides);
    tcase_add_loop_test(tcase, money_is_neither_made_nor_lost, 0, 6);
    tcase_add_loop_test(tcase, reduce_only_orders_only_reduce, 0, 4);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
