// SPDX-License-Identifier: Apache-2.0
/* What a bar does to orders: answers worked out by hand, and what must hold for any bar. */
#include "harness.h"

#include "base/rng.h"
#include "match/inside.h"

#define MINUTE ((agon_ns_t)60 * 1000000000)
#define T0     (MINUTE * 1000)

static struct world *world;
static agon_ns_t t_open;

static void begin_with(uint8_t path, uint32_t touch_ppm, int32_t maker_ppb, int32_t taker_ppb)
{
    struct match_config config = {.max_orders = 64, .max_owners = 4};
    struct match_bars bars;

    world = world_new(&config);
    match_bars_defaults(&bars);
    bars.path = path;
    bars.touch_ppm = touch_ppm;
    bars.spread_ppm = 0; // one tick: a bid at the price, an ask above it
    bars.drift_ppm = 10000;
    bars.slippage_ppm = 10000;
    bars.volume_ppm = 100000;
    ck_assert_int_eq(match_bars_check(&bars, NULL), AGON_OK);
    for (agon_instrument_t id = SPOT; id <= PERP; id++) {
        ck_assert_int_eq(match_set_bars(world->match, id, &bars), AGON_OK);
        for (uint32_t owner = 0; owner < 4; owner++)
            ck_assert_int_eq(match_set_fees(world->match, owner, id, maker_ppb, taker_ppb),
                             AGON_OK);
    }
    t_open = T0;
}

static void begin(uint8_t path)
{
    begin_with(path, 0, 0, 0);
}

static void end(void)
{
    world_free(world);
}

static void opens_at(agon_instrument_t id, agon_px_t px)
{
    struct agon_quote quote = {.hdr = {.type = AGON_EVENT_QUOTE,
                                       .granules = 1,
                                       .instrument = id,
                                       .t = t_open,
                                       .t_venue = t_open},
                               .bid_px = px,
                               .bid_qty = 5,
                               .ask_px = px + 1,
                               .ask_qty = 5};

    world->t = t_open;
    ck_assert_int_eq(match_on_market(world->match, &quote.hdr), AGON_OK);
}

static void closes(agon_instrument_t id, agon_px_t open, agon_px_t high, agon_px_t low,
                   agon_px_t close, agon_qty_t volume)
{
    struct agon_bar bar = {.hdr = {.type = AGON_EVENT_BAR,
                                   .granules = 2,
                                   .instrument = id,
                                   .t = t_open + MINUTE,
                                   .t_venue = t_open + MINUTE},
                           .t_open = t_open,
                           .length_s = 60,
                           .open_px = open,
                           .high_px = high,
                           .low_px = low,
                           .close_px = close,
                           .volume_qty = volume};

    ck_assert_int_eq(match_on_market(world->match, &bar.hdr), AGON_OK);
    world->t = t_open = t_open + MINUTE;
}

static uint64_t put_at_open(struct match_order order)
{
    uint64_t id;

    ck_assert_int_eq(match_submit(world->match, t_open, &order, &id), MATCH_OK);
    return id;
}

static struct match_order stop(uint32_t owner, enum agon_side side, agon_px_t trigger_px,
                               agon_qty_t qty)
{
    struct match_order order = limit(owner, side, 0, qty);

    order.type = AGON_STOP;
    order.trigger_px = trigger_px;
    return order;
}

static agon_px_t px_of(uint64_t id)
{
    agon_px_t px = 0;

    for (uint32_t i = 0; i < world->n_seen; i++) {
        if (world->seen[i].order.id == id && world->seen[i].event.kind == MATCH_TRADE)
            px = world->seen[i].event.px;
    }
    return px;
}

/* A limit: through is below a buy's price and above a sell's; at its own price, never better. */
START_TEST(a_limit_fills_where_prices_go_through_it)
{
    static const struct {
        uint8_t side;
        agon_px_t px, open, high, low, close;
        uint32_t touch_ppm;
        agon_qty_t filled_qty;
    } cases[] = {
        {AGON_BUY, 95, 100, 105, 94, 100, 0, 8},        // through
        {AGON_BUY, 95, 100, 105, 95, 100, 0, 0},        // touched, and none of it said to fill
        {AGON_BUY, 95, 100, 105, 95, 100, 500000, 4},   // half of it
        {AGON_BUY, 95, 100, 105, 96, 100, 1000000, 0},  // not reached
        {AGON_BUY, 95, 90, 99, 90, 99, 0, 8},           // opened below it: still at 95
        {AGON_SELL, 105, 100, 106, 94, 100, 0, 8},      // through
        {AGON_SELL, 105, 100, 105, 94, 100, 250000, 2}, // touched
        {AGON_SELL, 105, 110, 112, 108, 109, 0, 8},     // opened above it
        {AGON_BUY, 100, 100, 100, 100, 100, 500000, 4}, // a bar that stands still touches
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t id;

        begin_with(MATCH_PATH_PESSIMISTIC, cases[i].touch_ppm, 0, 0);
        opens_at(SPOT, 100);
        id = put_at_open(limit(0, cases[i].side, cases[i].px, 8));
        // Whatever the quote was, the path begins at the row's own open.
        closes(SPOT, cases[i].open, cases[i].high, cases[i].low, cases[i].close, 1000);
        ck_assert_msg(filled_of(world, id) == cases[i].filled_qty, "case %zu: %lld", i,
                      (long long)filled_of(world, id));
        ck_assert(cases[i].filled_qty == 0 || px_of(id) == cases[i].px);
        ck_assert(match_find(world->match, id) == NULL || filled_of(world, id) < 8);
        end();
    }
}
END_TEST

/* A tenth of 100 is 10: the nearer has all of its 7, the farther the 3 that are left; in the next
 * bar its rest of 4. Of another owner's it takes nothing. */
START_TEST(orders_of_an_owner_share_a_part_of_the_volume)
{
    uint64_t near, far, other;

    begin(MATCH_PATH_PESSIMISTIC);
    opens_at(SPOT, 100);
    far = put_at_open(limit(0, AGON_BUY, 95, 7));
    near = put_at_open(limit(0, AGON_BUY, 97, 7));
    other = put_at_open(limit(1, AGON_BUY, 95, 9));
    closes(SPOT, 100, 101, 90, 96, 100);
    ck_assert_int_eq(filled_of(world, near), 7);
    ck_assert_int_eq(filled_of(world, far), 3);
    ck_assert_int_eq(filled_of(world, other), 9);
    opens_at(SPOT, 96);
    closes(SPOT, 96, 97, 94, 96, 1000);
    ck_assert_int_eq(filled_of(world, far), 7);
    end();
}
END_TEST

/* 1 % of slippage: at 95 it is 94.05, so 94. Where the bar opens beyond the trigger, the open. */
START_TEST(a_stop_fills_at_the_worse_of_trigger_and_open)
{
    static const struct {
        uint8_t side;
        agon_px_t trigger_px, open, high, low, close, px;
    } cases[] = {
        {AGON_SELL, 95, 100, 101, 94, 98, 94},    {AGON_SELL, 95, 100, 101, 95, 98, 94},
        {AGON_SELL, 95, 100, 101, 96, 98, 0},     {AGON_SELL, 95, 90, 97, 89, 96, 89},
        {AGON_BUY, 105, 100, 106, 99, 101, 107},  {AGON_BUY, 105, 100, 104, 99, 101, 0},
        {AGON_BUY, 105, 110, 111, 104, 105, 112},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t id;

        begin(MATCH_PATH_PESSIMISTIC);
        opens_at(SPOT, 100);
        id = put_at_open(stop(0, cases[i].side, cases[i].trigger_px, 300));
        closes(SPOT, cases[i].open, cases[i].high, cases[i].low, cases[i].close, 1000);
        ck_assert_msg(px_of(id) == cases[i].px, "case %zu: %lld", i, (long long)px_of(id));
        // All of it: a stop is not bounded by the volume.
        ck_assert_int_eq(filled_of(world, id), cases[i].px != 0 ? 300 : 0);
        end();
    }
}
END_TEST

START_TEST(a_stop_limit_trades_within_its_limit_or_rests_for_the_rest_of_the_path)
{
    struct match_order order;
    uint64_t at_once, beyond, too_late;

    begin(MATCH_PATH_OHLC);
    opens_at(SPOT, 100);
    order = stop(0, AGON_SELL, 95, 5);
    order.type = AGON_STOP_LIMIT;
    order.px = 95;
    at_once = put_at_open(order); // slippage would be worse than its limit
    closes(SPOT, 100, 101, 90, 98, 1000);
    ck_assert_int_eq(px_of(at_once), 95);
    ck_assert_str_eq(story_of(world, at_once), "AGT");
    opens_at(SPOT, 98);
    order.px = 93;
    order.trigger_px = 94;
    beyond = put_at_open(order);
    too_late = put_at_open(order);
    ck_assert_int_eq(match_cancel(world->match, t_open, too_late), MATCH_OK);
    closes(SPOT, 90, 97, 89, 91, 1000); // opens beyond the limit, comes back through it
    ck_assert_int_eq(px_of(beyond), 93);
    ck_assert_str_eq(story_of(world, beyond), "AGT");
    ck_assert_str_eq(story_of(world, too_late), "AC");
    end();
}
END_TEST

/* A stop at 95 that becomes a limit to sell at 103. By the high first 95 is seen behind it, and 103
 * is not reached any more; by the low first it sells at 103. At a close of 100 that has won 3 each:
 * the pessimist has none of it. */
START_TEST(the_path_is_the_worse_one_for_each_owner)
{
    static const struct {
        uint8_t path;
        agon_px_t close;
        agon_qty_t filled_qty;
    } cases[] = {
        {MATCH_PATH_PESSIMISTIC, 100, 0},
        {MATCH_PATH_OPTIMISTIC, 100, 5},
        {MATCH_PATH_OHLC, 100, 0},
        {MATCH_PATH_OLHC, 100, 5},
        // A close of 104 is beyond it: both paths sell.
        {MATCH_PATH_PESSIMISTIC, 104, 5},
        {MATCH_PATH_OPTIMISTIC, 104, 5},
        // At 103 it is neither: a tie is open-low-high-close, and the optimist's the other.
        {MATCH_PATH_PESSIMISTIC, 103, 5},
        {MATCH_PATH_OPTIMISTIC, 103, 0},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct match_order order;
        uint64_t id;

        begin(cases[i].path);
        opens_at(SPOT, 100);
        order = stop(0, AGON_SELL, 95, 5);
        order.type = AGON_STOP_LIMIT;
        order.px = 103;
        id = put_at_open(order);
        closes(SPOT, 100, 105, 90, cases[i].close, 1000);
        ck_assert_msg(filled_of(world, id) == cases[i].filled_qty, "case %zu: %lld", i,
                      (long long)filled_of(world, id));
        end();
    }
}
END_TEST

/* The same order, and what it costs: gross it would be won on the low-first path (3 x 5 = 15), with
 * a fee of 4 % of 515, rounded up to 21, it is lost. */
START_TEST(fees_are_part_of_the_choice)
{
    struct match_order order;
    uint64_t id;

    begin_with(MATCH_PATH_PESSIMISTIC, 0, 40000000, 0);
    opens_at(SPOT, 100);
    order = stop(0, AGON_SELL, 95, 5);
    order.type = AGON_STOP_LIMIT;
    order.px = 103;
    id = put_at_open(order);
    closes(SPOT, 100, 105, 90, 100, 1000);
    ck_assert_int_eq(filled_of(world, id), 5);
    end();
}
END_TEST

/* Two owners with opposite interests in one bar have a path each. */
START_TEST(owners_are_on_their_own)
{
    struct match_order order;
    uint64_t seller, buyer, crossing[2];

    begin(MATCH_PATH_PESSIMISTIC);
    opens_at(SPOT, 100);
    order = stop(0, AGON_SELL, 95, 5);
    order.type = AGON_STOP_LIMIT;
    order.px = 103;
    seller = put_at_open(order);
    order = stop(1, AGON_BUY, 104, 5);
    order.type = AGON_STOP_LIMIT;
    order.px = 97;
    buyer = put_at_open(order); // bought at 97 and closed at 100: only by the high first
    crossing[0] = put_at_open(limit(2, AGON_SELL, 120, 1));
    crossing[1] = put_at_open(limit(3, AGON_BUY, 80, 1));
    closes(SPOT, 100, 105, 90, 100, 1000);
    ck_assert_int_eq(filled_of(world, seller), 0); // it has the high first
    ck_assert_int_eq(filled_of(world, buyer), 0);  // and it the low
    // Between bars the bid is 100: a buy at 120 takes the ask of 101, not the other's 120.
    crossing[1] = put_at_open(limit(3, AGON_BUY, 120, 1));
    ck_assert_int_eq(px_of(crossing[1]), 101);
    ck_assert_int_eq(filled_of(world, crossing[0]), 0);
    end();
}
END_TEST

START_TEST(a_quote_of_two_sides_fills_where_the_path_reaches_both)
{
    static const struct {
        agon_px_t high, low;
        agon_qty_t bought_qty, sold_qty;
    } cases[] = {{106, 94, 3, 3}, {106, 96, 0, 3}, {104, 94, 3, 0}, {104, 96, 0, 0}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t bid, ask;

        begin(MATCH_PATH_PESSIMISTIC);
        opens_at(SPOT, 100);
        bid = put_at_open(limit(0, AGON_BUY, 95, 3));
        ask = put_at_open(limit(0, AGON_SELL, 105, 3));
        closes(SPOT, 100, cases[i].high, cases[i].low, 100, 1000);
        ck_assert_int_eq(filled_of(world, bid), cases[i].bought_qty);
        ck_assert_int_eq(filled_of(world, ask), cases[i].sold_qty);
        end();
    }
}
END_TEST

/* Two limits of a flat owner and volume for one of them: high first sells at 105, low first buys at
 * 95. With the close at 101 the sale won 4 each, the purchase 6: the pessimist sold. At 99 it
 * bought. */
START_TEST(volume_goes_to_the_order_that_is_worse)
{
    for (agon_px_t close = 99; close <= 101; close += 2) {
        uint64_t bid, ask;

        begin(MATCH_PATH_PESSIMISTIC);
        opens_at(SPOT, 100);
        bid = put_at_open(limit(0, AGON_BUY, 95, 10));
        ask = put_at_open(limit(0, AGON_SELL, 105, 10));
        closes(SPOT, 100, 106, 94, close, 100);
        ck_assert_int_eq(filled_of(world, bid), close == 99 ? 10 : 0);
        ck_assert_int_eq(filled_of(world, ask), close == 99 ? 0 : 10);
        end();
    }
}
END_TEST

/* The position is 4: of a stop for 10 that may only reduce, 4 sell, and the limit has nothing left.
 */
START_TEST(reduce_only_orders_end_with_the_position)
{
    struct match_order order;
    uint64_t first, second;

    begin(MATCH_PATH_OLHC);
    ck_assert_int_eq(match_set_position(world->match, 0, PERP, 4), AGON_OK);
    opens_at(PERP, 100);
    order = stop(0, AGON_SELL, 95, 4);
    order.instrument = PERP;
    order.flags = AGON_REDUCE_ONLY;
    first = put_at_open(order);
    order = limit(0, AGON_SELL, 105, 4);
    order.instrument = PERP;
    order.flags = AGON_REDUCE_ONLY;
    second = put_at_open(order);
    ck_assert_int_eq(match_set_position(world->match, 0, PERP, 3), AGON_OK);
    closes(PERP, 100, 110, 90, 100, 1000);
    ck_assert_int_eq(filled_of(world, first), 3);
    ck_assert_int_eq(filled_of(world, second), 0);
    ck_assert_str_eq(story_of(world, second), "AX");
    ck_assert_int_eq(match_position_qty(world->match, 0, PERP), 0);
    end();
}
END_TEST

/* The ask is 101; 1 % in the first second, and with its root: after 4 seconds 2 %, 103.02, so 104.
 */
START_TEST(what_comes_late_pays_the_drift_and_no_more_than_its_limit)
{
    struct match_order order = limit(0, AGON_BUY, 103, 2);
    uint64_t id;

    begin(MATCH_PATH_PESSIMISTIC);
    opens_at(SPOT, 100);
    t_open += (agon_ns_t)4000000000;
    id = put_at_open(market(0, AGON_BUY, 2));
    ck_assert_int_eq(px_of(id), 104);
    id = put_at_open(market(0, AGON_SELL, 2));
    ck_assert_int_eq(px_of(id), 98);
    id = put_at_open(order);
    ck_assert_int_eq(px_of(id), 103);
    order.px = 100;
    order.tif = AGON_TIF_IOC;
    id = put_at_open(order);
    ck_assert_str_eq(story_of(world, id), "AX");
    t_open -= (agon_ns_t)4000000000;
    closes(SPOT, 100, 105, 95, 104, 1000);
    id = put_at_open(market(0, AGON_BUY, 2)); // and at the close nothing has passed
    ck_assert_int_eq(px_of(id), 105);
    end();
}
END_TEST

START_TEST(what_expires_in_a_bar_does_so_at_its_close)
{
    struct match_order order = limit(0, AGON_BUY, 95, 2);
    uint64_t filled, left;

    begin(MATCH_PATH_PESSIMISTIC);
    opens_at(SPOT, 100);
    order.tif = AGON_TIF_GTD;
    order.t_expire = t_open + MINUTE / 2;
    filled = put_at_open(order);
    order.px = 90;
    left = put_at_open(order);
    ck_assert_int_eq(match_next(world->match), INT64_MAX);
    match_on_time(world->match, t_open + MINUTE / 2 + 1);
    ck_assert_str_eq(story_of(world, left), "A");
    closes(SPOT, 100, 101, 91, 100, 1000);
    ck_assert_str_eq(story_of(world, filled), "AT");
    ck_assert_str_eq(story_of(world, left), "AX");
    ck_assert_int_eq(last_of(world, left)->event.t, t_open);
    end();
}
END_TEST

// A bar that is not the one that opened does nothing: none of its orders were there.
START_TEST(only_the_bar_that_opened_closes)
{
    uint64_t id;

    begin(MATCH_PATH_PESSIMISTIC);
    opens_at(SPOT, 100);
    id = put_at_open(limit(0, AGON_BUY, 95, 2));
    t_open -= MINUTE;
    closes(SPOT, 100, 101, 91, 100, 1000);
    ck_assert_int_eq(filled_of(world, id), 0);
    closes(SPOT, 100, 101, 91, 100, 1000);
    ck_assert_int_eq(filled_of(world, id), 2);
    end();
}
END_TEST

static size_t saved(const struct world *of, unsigned char *bytes, size_t room)
{
    struct enc enc = {.at = bytes, .room = room};

    match_save(of->match, &enc);
    ck_assert_uint_le(enc.used, room);
    return enc.used;
}

static void is_as(const struct world *of, const struct world *other)
{
    static unsigned char bytes[2][1 << 20];
    size_t n = saved(of, bytes[0], sizeof(bytes[0]));

    ck_assert_uint_eq(n, saved(other, bytes[1], sizeof(bytes[1])));
    ck_assert_mem_eq(bytes[0], bytes[1], n);
}

/* Of drawn bars, with an order at rest now and then, and opens that are none: at once, and in a row
 * of which the last open is taken before anybody looks. */
START_TEST(an_end_and_the_open_behind_it_at_once_are_as_one_by_one)
{
    struct world *by_one, *at_once, *in_a_row;
    const struct rules rules = {.band_minutes = 5, .up_ppm = {0, 2000000, 2000000}};
    uint32_t n_at_once = 0, n_left = 0, n_looks = 0;
    uint64_t ids[3] = {0, 0, 0};
    struct agon_quote last_open = {.bid_px = 0}; // it is to be taken
    struct rng rng;

    rng_init(&rng, 7);
    begin(MATCH_PATH_PESSIMISTIC);
    by_one = world;
    begin(MATCH_PATH_PESSIMISTIC);
    at_once = world;
    begin(MATCH_PATH_PESSIMISTIC);
    in_a_row = world;
    ck_assert_int_eq(match_set_rules(by_one->match, SPOT, &rules), AGON_OK);
    ck_assert_int_eq(match_set_rules(at_once->match, SPOT, &rules), AGON_OK);
    ck_assert_int_eq(match_set_rules(in_a_row->match, SPOT, &rules), AGON_OK);
    for (int row = 0; row < 2000; row++) {
        agon_px_t px = 100 + (agon_px_t)rng_below(&rng, 50), last = px + 1;
        struct agon_bar bar = {.hdr = {.type = AGON_EVENT_BAR,
                                       .granules = 2,
                                       .instrument = SPOT,
                                       .t = t_open,
                                       .t_venue = t_open},
                               .t_open = t_open - MINUTE,
                               .length_s = 60,
                               .open_px = px,
                               .high_px = last + (agon_px_t)rng_below(&rng, 3) - 1,
                               .low_px = px - 3,
                               .close_px = last,
                               .volume_qty = (agon_qty_t)rng_below(&rng, 50)};
        struct agon_quote quote = {.hdr = {.type = AGON_EVENT_QUOTE,
                                           .granules = 1,
                                           .instrument = SPOT,
                                           .t = t_open,
                                           .t_venue = t_open},
                                   .bid_px = px,
                                   .bid_qty = (agon_qty_t)rng_below(&rng, 9),
                                   .ask_px = px + (agon_px_t)rng_below(&rng, 9),
                                   .ask_qty = 5};
        int is_taken, is_looked_at = rng_below(&rng, 3) == 0;

        if (rng_below(&rng, 5) == 0)
            bar.t_open -= MINUTE; // of no bar that was opened
        ck_assert_int_eq(match_on_market(by_one->match, &bar.hdr),
                         bar.high_px < last ? AGON_EINVAL : AGON_OK);
        (void)match_on_market(by_one->match, &quote.hdr);
        is_taken = match_bar_turn(at_once->match, &bar, &quote);
        ck_assert_int_eq(match_bar_follow(in_a_row->match, &bar, &quote), is_taken);
        if (!is_taken && last_open.bid_px != 0)
            match_bar_followed(in_a_row->match, &last_open);
        last_open.bid_px = 0;
        if (is_taken) {
            ck_assert(match_is_empty(at_once->match));
            last_open = quote;
            n_at_once++;
        } else {
            for (int i = 0; i < 2; i++) {
                struct match *match = i == 0 ? at_once->match : in_a_row->match;

                (void)match_on_market(match, &bar.hdr);
                (void)match_on_market(match, &quote.hdr);
            }
            n_left++;
        }
        is_as(by_one, at_once);
        if (!is_looked_at && is_taken)
            goto next;
        n_looks++;
        if (is_taken)
            match_bar_followed(in_a_row->match, &last_open);
        last_open.bid_px = 0;
        is_as(by_one, in_a_row);
        if (ids[0] != 0 && rng_below(&rng, 2) == 0) {
            int rc = match_cancel(by_one->match, t_open, ids[0]);

            ck_assert_int_eq(match_cancel(at_once->match, t_open, ids[1]), rc);
            ck_assert_int_eq(match_cancel(in_a_row->match, t_open, ids[2]), rc);
            ids[0] = 0;
        } else if (ids[0] == 0 && rng_below(&rng, 5) == 0) {
            struct match_order order = limit(0, AGON_BUY, 90 + (agon_px_t)rng_below(&rng, 9), 2);
            int rc = match_submit(by_one->match, t_open, &order, &ids[0]);

            ck_assert_int_eq(match_submit(at_once->match, t_open, &order, &ids[1]), rc);
            ck_assert_int_eq(match_submit(in_a_row->match, t_open, &order, &ids[2]), rc);
        }
        is_as(by_one, at_once);
        is_as(by_one, in_a_row);
    next:
        t_open += MINUTE;
        by_one->t = at_once->t = in_a_row->t = t_open;
    }
    ck_assert_uint_eq(by_one->n_seen, in_a_row->n_seen);
    ck_assert_uint_ge(n_looks, 200);
    ck_assert_uint_eq(by_one->n_seen, at_once->n_seen);
    ck_assert_uint_ge(n_at_once, 200);
    ck_assert_uint_ge(n_left, 200);
    world_free(by_one);
    world_free(at_once);
    world_free(in_a_row);
}
END_TEST

START_TEST(the_draw_of_a_path_knows_nothing_of_the_bar)
{
    const num128_t up[2] = {5, -5}, down[2] = {-5, 5};
    uint32_t n = 0, n_of[3] = {0};

    for (agon_ns_t i = 0; i < 10000; i++) {
        int first = inside_pick(MATCH_PATH_RANDOM, 7, 1, i * MINUTE, up);

        ck_assert_int_eq(first, inside_pick(MATCH_PATH_RANDOM, 7, 1, i * MINUTE, down));
        n += (uint32_t)first;
        n_of[0] += first == inside_pick(MATCH_PATH_RANDOM, 8, 1, i * MINUTE, up);
        n_of[1] += first == inside_pick(MATCH_PATH_RANDOM, 7, 2, i * MINUTE, up);
        n_of[2] += first == inside_pick(MATCH_PATH_RANDOM, 7, 1, i * MINUTE + MINUTE, up);
    }
    // Five standard deviations of a fair coin thrown 10,000 times are 250.
    ck_assert(n > 4750 && n < 5250);
    for (int i = 0; i < 3; i++)
        ck_assert(n_of[i] > 4750 && n_of[i] < 5250);
}
END_TEST

static agon_amt_t worth(void *ctx, agon_px_t px, agon_qty_t qty)
{
    (void)ctx;
    return px * qty;
}

/* Any orders on any bar: a limit fills at its own price and only where the bar went, a stop no
 * better than its trigger, limits together within the share, none more than it is for, and the
 * pessimist has no more than either path gives. */
START_TEST(it_holds_for_any_bar_and_any_orders)
{
    struct rng rng;

    rng_init(&rng, 20240809);
    for (int round = 0; round < 20000; round++) {
        struct inside_order orders[6], work[6];
        struct inside_act acts[6 * INSIDE_ACTS];
        struct inside_bar bar = {.open = 90 + (agon_px_t)rng_below(&rng, 20),
                                 .close = 90 + (agon_px_t)rng_below(&rng, 20),
                                 .volume_qty = (agon_qty_t)rng_below(&rng, 300)};
        struct inside_terms terms = {.tick_px = 1,
                                     .lot_qty = 1,
                                     .position_qty = (agon_qty_t)rng_below(&rng, 20) - 10,
                                     .maker_ppb = 10000000,
                                     .taker_ppb = 20000000,
                                     .touch_ppm = 300000,
                                     .volume_ppm = 100000,
                                     .slippage_ppm = 5000,
                                     .worth = worth};
        num128_t gains[2];
        uint32_t n = 1 + (uint32_t)rng_below(&rng, 6);
        int pick;

        bar.high = (bar.open > bar.close ? bar.open : bar.close) + (agon_px_t)rng_below(&rng, 10);
        bar.low = (bar.open < bar.close ? bar.open : bar.close) - (agon_px_t)rng_below(&rng, 10);
        for (uint32_t i = 0; i < n; i++) {
            uint8_t type = (uint8_t)rng_below(&rng, 3);

            orders[i] = (struct inside_order){
                .side = rng_below(&rng, 2) == 0 ? AGON_BUY : AGON_SELL,
                .type = type == 0   ? AGON_LIMIT
                        : type == 1 ? AGON_STOP
                                    : AGON_STOP_LIMIT,
                .is_waiting = type != 0,
                .waits_a_rise = (uint8_t)rng_below(&rng, 2),
                .is_reduce_only = rng_below(&rng, 4) == 0,
                .is_post_only = type != 1 && rng_below(&rng, 4) == 0,
                .px = type == 1 ? 0 : 80 + (agon_px_t)rng_below(&rng, 40),
                .trigger_px = type != 0 ? 80 + (agon_px_t)rng_below(&rng, 40) : 0,
                .rest_qty = 1 + (agon_qty_t)rng_below(&rng, 30)};
        }
        for (int path = 0; path < 2; path++) {
            agon_qty_t made_qty = 0, filled_qty[6] = {0}, position_qty = terms.position_qty;
            num128_t gain = 0;
            uint32_t n_acts;

            memcpy(work, orders, sizeof(work));
            n_acts = inside_walk(work, n, &bar, path, &terms, acts, &gains[path]);
            ck_assert_uint_le(n_acts, n * INSIDE_ACTS);
            for (uint32_t i = 0; i < n_acts; i++) {
                const struct inside_order *order = &orders[acts[i].at];
                int sign = order->side == AGON_BUY ? 1 : -1;

                if (acts[i].kind != INSIDE_FILL)
                    continue;
                ck_assert_int_gt(acts[i].qty, 0);
                filled_qty[acts[i].at] += acts[i].qty;
                gain += sign * (bar.close - acts[i].px) * acts[i].qty;
                gain -= (acts[i].px * acts[i].qty * (acts[i].is_maker ? 1 : 2) + 99) / 100;
                if (order->is_reduce_only)
                    ck_assert(position_qty * -sign >= acts[i].qty);
                position_qty += sign * acts[i].qty;
                if (acts[i].is_maker) {
                    made_qty += acts[i].qty;
                    ck_assert_int_eq(acts[i].px, order->px);
                    ck_assert(sign > 0 ? bar.low <= order->px : bar.high >= order->px);
                } else {
                    ck_assert_int_ne(order->trigger_px, 0);
                    ck_assert(!order->is_post_only);
                    ck_assert(order->waits_a_rise ? bar.high >= order->trigger_px
                                                  : bar.low <= order->trigger_px);
                    ck_assert(order->px == 0 || sign * (order->px - acts[i].px) >= 0);
                    if (order->px == 0)
                        ck_assert(sign * (acts[i].px - order->trigger_px) > 0);
                }
            }
            for (uint32_t i = 0; i < n; i++)
                ck_assert_int_le(filled_qty[i], orders[i].rest_qty);
            ck_assert_int_le(made_qty, bar.volume_qty / 10);
            ck_assert(gain == gains[path]);
        }
        pick = inside_pick(MATCH_PATH_PESSIMISTIC, 1, 1, 0, gains);
        ck_assert(gains[pick] <= gains[0] && gains[pick] <= gains[1]);
        ck_assert(gains[0] != gains[1] || pick == 1);
        pick = inside_pick(MATCH_PATH_OPTIMISTIC, 1, 1, 0, gains);
        ck_assert(gains[pick] >= gains[0] && gains[pick] >= gains[1]);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("inside");
    TCase *tcase = tcase_create("inside");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, a_limit_fills_where_prices_go_through_it);
    tcase_add_test(tcase, orders_of_an_owner_share_a_part_of_the_volume);
    tcase_add_test(tcase, a_stop_fills_at_the_worse_of_trigger_and_open);
    tcase_add_test(tcase, a_stop_limit_trades_within_its_limit_or_rests_for_the_rest_of_the_path);
    tcase_add_test(tcase, the_path_is_the_worse_one_for_each_owner);
    tcase_add_test(tcase, fees_are_part_of_the_choice);
    tcase_add_test(tcase, owners_are_on_their_own);
    tcase_add_test(tcase, a_quote_of_two_sides_fills_where_the_path_reaches_both);
    tcase_add_test(tcase, volume_goes_to_the_order_that_is_worse);
    tcase_add_test(tcase, reduce_only_orders_end_with_the_position);
    tcase_add_test(tcase, what_comes_late_pays_the_drift_and_no_more_than_its_limit);
    tcase_add_test(tcase, what_expires_in_a_bar_does_so_at_its_close);
    tcase_add_test(tcase, only_the_bar_that_opened_closes);
    tcase_add_test(tcase, an_end_and_the_open_behind_it_at_once_are_as_one_by_one);
    tcase_add_test(tcase, the_draw_of_a_path_knows_nothing_of_the_bar);
    tcase_add_test(tcase, it_holds_for_any_bar_and_any_orders);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
