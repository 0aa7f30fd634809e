// SPDX-License-Identifier: Apache-2.0
/* What each type of order does in each state of the book; self-trade prevention; amending; stops.
 */
#include "harness.h"

/* The book of every case. Exogenous: bids 98 x 5, 97 x 5; asks 102 x 5, 103 x 5. Owner 9 rests a
 * sell of 3 at 102, behind the 5: one can buy 8 at 102 and 13 up to 103. */
static struct world *with_levels(const struct match_config *config)
{
    struct world *world = world_new(config);
    struct agon_level bids[] = {{98, 5}, {97, 5}};
    struct agon_level asks[] = {{102, 5}, {103, 5}};

    world_book(world, SPOT, AGON_EVENT_BOOK_SNAPSHOT, BOOK_PART_FIRST | BOOK_PART_LAST, bids, 2,
               asks, 2);
    return world;
}

static struct world *with_book(const struct match_config *config)
{
    struct world *world = with_levels(config);

    put(world, limit(9, AGON_SELL, 102, 3));
    return world;
}

static const struct {
    const char *what;
    int side, type, tif;
    agon_px_t px;
    agon_qty_t qty;
    uint32_t flags;
    /* then */
    int refused; /* enum match_reject */
    agon_qty_t filled;
    agon_amt_t paid;
    int state; /* of the last event */
    const char *story;
} types[] = {
    {"limit away from the book rests", AGON_BUY, AGON_LIMIT, 0, 99, 4, 0, 0, 0, 0, AGON_ORDER_OPEN,
     "A"},
    {"limit at the bid joins", AGON_BUY, AGON_LIMIT, AGON_TIF_GTC, 98, 4, 0, 0, 0, 0,
     AGON_ORDER_OPEN, "A"},
    // exogenous 5 first, then 1 of the own sell behind
    {"limit at the ask takes in the queue's order", AGON_BUY, AGON_LIMIT, 0, 102, 6, 0, 0, 6, 612,
     AGON_ORDER_FILLED, "ATT"},
    {"limit at the ask takes all there and rests", AGON_BUY, AGON_LIMIT, 0, 102, 10, 0, 0, 8, 816,
     AGON_ORDER_PARTIAL, "ATT"},
    {"limit through the ask pays each level's price", AGON_BUY, AGON_LIMIT, 0, 110, 10, 0, 0, 10,
     1022, AGON_ORDER_FILLED, "ATTT"},
    {"limit larger than the book rests with the rest", AGON_BUY, AGON_LIMIT, 0, 110, 20, 0, 0, 13,
     1331, AGON_ORDER_PARTIAL, "ATTT"},
    {"limit sell takes bids downwards", AGON_SELL, AGON_LIMIT, 0, 97, 7, 0, 0, 7, 684,
     AGON_ORDER_FILLED, "ATT"},
    {"market buys what it needs", AGON_BUY, AGON_MARKET, 0, 0, 9, 0, 0, 9, 919, AGON_ORDER_FILLED,
     "ATTT"},
    {"market GTC is IOC", AGON_BUY, AGON_MARKET, AGON_TIF_GTC, 0, 2, 0, 0, 2, 204,
     AGON_ORDER_FILLED, "AT"},
    {"market beyond the book expires with the rest", AGON_BUY, AGON_MARKET, 0, 0, 20, 0, 0, 13,
     1331, AGON_ORDER_EXPIRED, "ATTTX"},
    {"market with a worst price stops there", AGON_BUY, AGON_MARKET, 0, 102, 20, 0, 0, 8, 816,
     AGON_ORDER_EXPIRED, "ATTX"},
    {"market sell", AGON_SELL, AGON_MARKET, 0, 0, 6, 0, 0, 6, 587, AGON_ORDER_FILLED, "ATT"},
    {"market FOK that fits", AGON_BUY, AGON_MARKET, AGON_TIF_FOK, 0, 13, 0, 0, 13, 1331,
     AGON_ORDER_FILLED, "ATTT"},
    {"market FOK one too large does nothing", AGON_BUY, AGON_MARKET, AGON_TIF_FOK, 0, 14, 0, 0, 0,
     0, AGON_ORDER_EXPIRED, "AX"},
    {"IOC takes what is there", AGON_BUY, AGON_LIMIT, AGON_TIF_IOC, 102, 10, 0, 0, 8, 816,
     AGON_ORDER_EXPIRED, "ATTX"},
    {"IOC that fits is filled", AGON_BUY, AGON_LIMIT, AGON_TIF_IOC, 102, 8, 0, 0, 8, 816,
     AGON_ORDER_FILLED, "ATT"},
    {"IOC away from the book expires", AGON_BUY, AGON_LIMIT, AGON_TIF_IOC, 101, 4, 0, 0, 0, 0,
     AGON_ORDER_EXPIRED, "AX"},
    {"FOK exactly what is there", AGON_BUY, AGON_LIMIT, AGON_TIF_FOK, 102, 8, 0, 0, 8, 816,
     AGON_ORDER_FILLED, "ATT"},
    {"FOK one more does nothing", AGON_BUY, AGON_LIMIT, AGON_TIF_FOK, 102, 9, 0, 0, 0, 0,
     AGON_ORDER_EXPIRED, "AX"},
    {"FOK one more at the next price", AGON_BUY, AGON_LIMIT, AGON_TIF_FOK, 103, 9, 0, 0, 9, 919,
     AGON_ORDER_FILLED, "ATTT"},
    {"post-only one tick inside rests", AGON_BUY, AGON_LIMIT, 0, 101, 4, AGON_POST_ONLY, 0, 0, 0,
     AGON_ORDER_OPEN, "A"},
    {"post-only at the ask is refused", AGON_BUY, AGON_LIMIT, 0, 102, 4, AGON_POST_ONLY,
     MATCH_WOULD_TAKE, 0, 0, AGON_ORDER_REJECTED, "R"},
    {"post-only sell at the bid is refused", AGON_SELL, AGON_LIMIT, 0, 98, 4, AGON_POST_ONLY,
     MATCH_WOULD_TAKE, 0, 0, AGON_ORDER_REJECTED, "R"},
    {"post-only sell above it rests", AGON_SELL, AGON_LIMIT, 0, 99, 4, AGON_POST_ONLY, 0, 0, 0,
     AGON_ORDER_OPEN, "A"},
    {"post-only IOC is no order", AGON_BUY, AGON_LIMIT, AGON_TIF_IOC, 101, 4, AGON_POST_ONLY,
     MATCH_BAD_FIELD, 0, 0, AGON_ORDER_REJECTED, "R"},
    {"GTD without a time is refused", AGON_BUY, AGON_LIMIT, AGON_TIF_GTD, 101, 4, 0,
     MATCH_BAD_FIELD, 0, 0, AGON_ORDER_REJECTED, "R"},
    {"reduce-only on spot is refused", AGON_BUY, AGON_LIMIT, 0, 101, 4, AGON_REDUCE_ONLY,
     MATCH_REDUCE_ONLY, 0, 0, AGON_ORDER_REJECTED, "R"},
};

START_TEST(type_meets_liquidity)
{
    struct world *world = with_book(&(struct match_config){0});
    struct match_order order =
        limit(1, (enum agon_side)types[_i].side, types[_i].px, types[_i].qty);
    const struct seen *seen;
    uint64_t id;

    order.type = (uint8_t)types[_i].type;
    order.tif = (uint8_t)types[_i].tif;
    order.flags = types[_i].flags;
    ck_assert_msg(submit(world, order, &id) == types[_i].refused, "%s", types[_i].what);
    seen = last_of(world, id);
    ck_assert_msg(seen->order.filled_qty == types[_i].filled, "%s: filled %lld", types[_i].what,
                  (long long)seen->order.filled_qty);
    ck_assert_msg(seen->order.filled_quote_amt == types[_i].paid, "%s: paid %lld", types[_i].what,
                  (long long)seen->order.filled_quote_amt);
    ck_assert_msg(seen->order.state == types[_i].state, "%s: state %u", types[_i].what,
                  seen->order.state);
    ck_assert_str_eq(story_of(world, id), types[_i].story);
    ck_assert_int_eq(match_find(world->match, id) != NULL, types[_i].state <= AGON_ORDER_PARTIAL);
    ck_assert_int_eq(world->printed_qty, types[_i].filled);
    world_free(world);
}
END_TEST

START_TEST(what_is_taken_stays_taken_until_the_data_sets_it)
{
    struct world *world = with_book(&(struct match_config){0});

    put(world, market(1, AGON_BUY, 4));
    ck_assert_int_eq(match_shown_qty(world->match, SPOT, AGON_SELL, 102), 1 + 3);
    world_level(world, SPOT, AGON_SELL, 103, 6);
    ck_assert_int_eq(match_shown_qty(world->match, SPOT, AGON_SELL, 102), 1 + 3);
    world_level(world, SPOT, AGON_SELL, 102, 5);
    ck_assert_int_eq(match_shown_qty(world->match, SPOT, AGON_SELL, 102), 5 + 3);
    world_free(world);
}
END_TEST

START_TEST(fok_sees_the_whole_depth)
{
    struct world *world = world_new(&(struct match_config){0});
    struct match_order order = limit(1, AGON_BUY, 200, 100);
    struct agon_level levels[3];

    world_snapshot(world, SPOT);
    for (agon_px_t px = 101; px <= 150; px++)
        world_level(world, SPOT, AGON_SELL, px, 2);
    ck_assert_uint_eq(match_levels(world->match, SPOT, AGON_SELL, levels, 3), 50);
    order.tif = AGON_TIF_FOK;
    order.qty = 101;
    ck_assert_int_eq(filled_of(world, put(world, order)), 0);
    order.qty = 100;
    ck_assert_int_eq(filled_of(world, put(world, order)), 100);
    world_free(world);
}
END_TEST

START_TEST(shown_levels_are_never_crossed)
{
    struct world *world = with_book(&(struct match_config){0});
    struct agon_level levels[8];

    put(world, limit(1, AGON_BUY, 101, 2));
    world_level(world, SPOT, AGON_SELL, 100, 7); // through the own bid, without a trade
    ck_assert_uint_eq(match_levels(world->match, SPOT, AGON_SELL, levels, 8), 2);
    ck_assert_int_eq(levels[0].px, 102);
    ck_assert_int_eq(levels[0].qty, 8);
    ck_assert_int_eq(levels[1].px, 103);
    ck_assert_uint_eq(match_levels(world->match, SPOT, AGON_BUY, levels, 8), 3);
    ck_assert_int_eq(levels[0].px, 101);
    ck_assert_int_eq(levels[0].qty, 2);
    ck_assert_uint_eq(match_levels(world->match, SPOT, AGON_BUY, levels, 1), 3); // writes one
    world_free(world);
}
END_TEST

START_TEST(icebergs_are_refused)
{
    struct world *world = with_book(&(struct match_config){0});
    struct match_order order = limit(1, AGON_BUY, 99, 10);

    order.show_qty = 2;
    ck_assert_int_eq(submit(world, order, NULL), MATCH_BAD_FIELD);
    order.show_qty = 10;
    ck_assert_int_eq(submit(world, order, NULL), MATCH_OK);
    world_free(world);
}
END_TEST

START_TEST(gtd_expires_at_its_time)
{
    struct world *world = with_book(&(struct match_config){0});
    struct match_order order = limit(1, AGON_BUY, 101, 4);
    uint64_t id;

    order.tif = AGON_TIF_GTD;
    order.t_expire = world->t + 1000;
    ck_assert_int_eq(submit(world, order, NULL), MATCH_BAD_FIELD); // t is t_expire by then
    order.t_expire = world->t + 5000;
    id = put(world, order);
    ck_assert_int_eq(match_next(world->match), order.t_expire);
    match_on_time(world->match, order.t_expire - 1);
    ck_assert_ptr_nonnull(match_find(world->match, id));
    // A trade at the very time comes too late for it.
    world->t = order.t_expire - 1000;
    world_trade(world, SPOT, AGON_SELL, 90, 4);
    ck_assert_str_eq(story_of(world, id), "AX");
    ck_assert_int_eq(last_of(world, id)->event.reason, MATCH_TIMED_OUT);
    ck_assert_int_eq(match_next(world->match), INT64_MAX);
    world_free(world);
}
END_TEST

START_TEST(market_buy_by_amount_spends_no_more)
{
    static const struct {
        agon_amt_t amt;
        agon_qty_t filled;
        agon_amt_t paid;
        const char *story;
    } cases[] = {
        {101, 0, 0, "AX"},        // not even one at 102
        {102, 1, 102, "AT"},      // exactly one
        {250, 2, 204, "AT"},      // 46 left buy nothing
        {816, 8, 816, "ATT"},     // all at 102
        {1000, 9, 919, "ATTT"},   // one more at 103
        {5000, 13, 1331, "ATTTX"} // the book ends first
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct world *world = with_book(&(struct match_config){0});
        struct match_order order = market(1, AGON_BUY, 0);
        uint64_t id;

        order.quote_amt = cases[i].amt;
        id = put(world, order);
        ck_assert_int_eq(last_of(world, id)->order.filled_qty, cases[i].filled);
        ck_assert_int_eq(last_of(world, id)->order.filled_quote_amt, cases[i].paid);
        ck_assert_str_eq(story_of(world, id), cases[i].story);
        world_free(world);
    }
}
END_TEST

/* Owner 1 has a sell of 4 at 102, behind the exogenous 5 and owner 9's 3; owner 1 then buys 20 at
 * 103 IOC: 5 + 3 stand before its own order, 5 more at 103 behind it. */
START_TEST(self_trade_prevention_modes)
{
    static const struct {
        int stp;
        agon_qty_t filled;
        const char *taker, *maker;
    } cases[] = {
        {MATCH_STP_NONE, 17, "ATTTTX", "AT"},
        {MATCH_STP_EXPIRE_TAKER, 8, "ATTX", "A"},
        {MATCH_STP_EXPIRE_MAKER, 13, "ATTTX", "AX"},
        {MATCH_STP_EXPIRE_BOTH, 8, "ATTX", "AX"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct world *world = with_book(&(struct match_config){0});
        uint64_t own = put(world, limit(1, AGON_SELL, 102, 4));
        struct match_order order = limit(1, AGON_BUY, 103, 20);
        uint64_t id;

        order.tif = AGON_TIF_IOC;
        order.stp = (uint8_t)cases[i].stp;
        id = put(world, order);
        ck_assert_int_eq(last_of(world, id)->order.filled_qty, cases[i].filled);
        ck_assert_str_eq(story_of(world, id), cases[i].taker);
        ck_assert_str_eq(story_of(world, own), cases[i].maker);
        if (cases[i].stp == MATCH_STP_EXPIRE_TAKER || cases[i].stp == MATCH_STP_EXPIRE_BOTH)
            ck_assert_int_eq(last_of(world, id)->event.reason, MATCH_SELF_TRADE);
        // FOK looks ahead with the same eyes: one more than can be had does nothing at all.
        world_free(world);
        world = with_book(&(struct match_config){0});
        put(world, limit(1, AGON_SELL, 102, 4));
        order.tif = AGON_TIF_FOK;
        order.qty = cases[i].filled + 1;
        ck_assert_int_eq(filled_of(world, put(world, order)), 0);
        order.qty = cases[i].filled;
        ck_assert_int_eq(filled_of(world, put(world, order)), cases[i].filled);
        world_free(world);
    }
}
END_TEST

START_TEST(self_trade_shows_on_both_sides)
{
    struct world *world = world_new(&(struct match_config){0});
    uint64_t sell = put(world, limit(1, AGON_SELL, 102, 4));
    uint64_t buy = put(world, limit(1, AGON_BUY, 102, 4));

    ck_assert_int_eq(last_of(world, sell)->event.is_self, 1);
    ck_assert_int_eq(last_of(world, buy)->event.is_self, 1);
    ck_assert_uint_eq(last_of(world, sell)->event.trade_id, last_of(world, buy)->event.trade_id);
    ck_assert_int_eq(last_of(world, sell)->event.is_maker, 1);
    ck_assert_int_eq(last_of(world, buy)->event.is_maker, 0);
    ck_assert_uint_eq(world->n_prints, 1);
    ck_assert_int_eq(world->last_print.taker_side, AGON_BUY);
    ck_assert_int_eq(world->last_print.is_exogenous, 0);
    world_free(world);
}
END_TEST

/* --- amending --- */

START_TEST(lowering_keeps_the_place_in_the_queue)
{
    struct world *world = world_new(&(struct match_config){0});
    uint64_t first;
    uint64_t second;

    world_snapshot(world, SPOT);
    first = put(world, limit(1, AGON_BUY, 100, 5));
    second = put(world, limit(2, AGON_BUY, 100, 5));
    ck_assert_int_eq(match_amend(world->match, world->t, first, 100, 3), MATCH_OK);
    world_trade(world, SPOT, AGON_SELL, 100, 4);
    ck_assert_int_eq(filled_of(world, first), 3);
    ck_assert_int_eq(filled_of(world, second), 1);
    world_free(world);
}
END_TEST

START_TEST(raising_or_moving_loses_the_place)
{
    struct world *world = world_new(&(struct match_config){0});
    uint64_t first;
    uint64_t second;

    world_snapshot(world, SPOT);
    first = put(world, limit(1, AGON_BUY, 100, 5));
    second = put(world, limit(2, AGON_BUY, 100, 5));
    ck_assert_int_eq(match_amend(world->match, world->t, first, 100, 6), MATCH_OK);
    world_trade(world, SPOT, AGON_SELL, 100, 6);
    ck_assert_int_eq(filled_of(world, second), 5);
    ck_assert_int_eq(filled_of(world, first), 1);
    // Moved away and back: behind again, with what it had filled.
    second = put(world, limit(2, AGON_BUY, 100, 5));
    ck_assert_int_eq(match_amend(world->match, world->t, first, 99, 6), MATCH_OK);
    ck_assert_int_eq(match_amend(world->match, world->t, first, 100, 6), MATCH_OK);
    world_trade(world, SPOT, AGON_SELL, 100, 5);
    ck_assert_int_eq(filled_of(world, second), 5);
    ck_assert_int_eq(filled_of(world, first), 1);
    ck_assert_str_eq(story_of(world, first), "AMTMM");
    world_free(world);
}
END_TEST

START_TEST(moving_into_the_book_takes)
{
    struct world *world = with_book(&(struct match_config){0});
    uint64_t id = put(world, limit(1, AGON_BUY, 99, 6));

    ck_assert_int_eq(match_amend(world->match, world->t, id, 102, 6), MATCH_OK);
    ck_assert_str_eq(story_of(world, id), "AMTT");
    ck_assert_ptr_null(match_find(world->match, id));
    world_free(world);
}
END_TEST

START_TEST(refused_amend_changes_nothing)
{
    struct world *world = with_book(&(struct match_config){0});
    struct match_order order = limit(1, AGON_BUY, 99, 6);
    uint64_t id;
    uint32_t n_seen;

    order.flags = AGON_POST_ONLY;
    id = put(world, order);
    n_seen = world->n_seen;
    ck_assert_int_eq(match_amend(world->match, world->t, id, 102, 6), MATCH_WOULD_TAKE);
    ck_assert_int_eq(match_amend(world->match, world->t, id, 0, 6), MATCH_BAD_PRICE);
    ck_assert_int_eq(match_amend(world->match, world->t, id, 99, 0), MATCH_BAD_QTY);
    ck_assert_int_eq(match_amend(world->match, world->t, id + 1, 99, 1), MATCH_UNKNOWN_ORDER);
    ck_assert_int_eq(match_cancel(world->match, world->t, id + 1), MATCH_UNKNOWN_ORDER);
    ck_assert_uint_eq(world->n_seen, n_seen);
    world_trade(world, SPOT, AGON_SELL, 99, 4);
    // 4 are filled; it cannot become 4 in all, for then nothing would be left to stand.
    ck_assert_int_eq(match_amend(world->match, world->t, id, 99, 4), MATCH_BAD_QTY);
    ck_assert_int_eq(match_amend(world->match, world->t, id, 99, 5), MATCH_OK);
    ck_assert_int_eq(match_shown_qty(world->match, SPOT, AGON_BUY, 99), 1);
    world_free(world);
}
END_TEST

/* --- stops --- */

static struct match_order stop(uint32_t owner, enum agon_side side, agon_px_t trigger_px,
                               int is_take_profit, agon_px_t px, agon_qty_t qty)
{
    struct match_order order = limit(owner, side, px, qty);

    order.type = px != 0 ? AGON_STOP_LIMIT : AGON_STOP;
    order.trigger_px = trigger_px;
    order.is_take_profit = (uint8_t)is_take_profit;
    return order;
}

START_TEST(stops_trigger_on_their_side_of_the_price)
{
    static const struct {
        enum agon_side side;
        int is_take_profit;
        agon_px_t not_at, at; /* the last trade stands at 100 */
        int refused_at_100;
    } cases[] = {
        {AGON_BUY, 0, 104, 105, MATCH_WOULD_TRIGGER},
        {AGON_SELL, 0, 96, 95, MATCH_WOULD_TRIGGER},
        {AGON_BUY, 1, 96, 95, MATCH_WOULD_TRIGGER},
        {AGON_SELL, 1, 104, 105, MATCH_WOULD_TRIGGER},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct world *world = with_levels(&(struct match_config){0});
        struct match_order order =
            stop(1, cases[i].side, cases[i].at, cases[i].is_take_profit, 0, 2);
        uint64_t id;

        world_trade(world, SPOT, AGON_BUY, 100, 1);
        id = put(world, order);
        ck_assert_int_eq(match_find(world->match, id)->is_working, 0);
        world_trade(world, SPOT, AGON_BUY, cases[i].not_at, 1);
        ck_assert_str_eq(story_of(world, id), "A");
        world_trade(world, SPOT, AGON_BUY, cases[i].at, 1);
        ck_assert_str_eq(story_of(world, id), "AGT");
        world_trade(world, SPOT, AGON_BUY, 100, 1);
        order.trigger_px = 100;
        ck_assert_int_eq(submit(world, order, NULL), cases[i].refused_at_100);
        world_free(world);
    }
}
END_TEST

START_TEST(own_trades_trigger_stops_in_a_cascade)
{
    /* Asks 102 x 5 (and 3 own), 103 x 5. A buy of 8 trades at 102: fires the stop at 102, whose 2
     * trade at 103: fires the one at 103, whose 2 trade there too. The one at 104 stays. */
    struct world *world = with_book(&(struct match_config){0});
    uint64_t third = put(world, stop(1, AGON_BUY, 104, 0, 0, 2));
    uint64_t second = put(world, stop(1, AGON_BUY, 103, 0, 0, 2));
    uint64_t first = put(world, stop(1, AGON_BUY, 102, 0, 0, 2));

    put(world, market(2, AGON_BUY, 8));
    ck_assert_str_eq(story_of(world, first), "AGT");
    ck_assert_str_eq(story_of(world, second), "AGT");
    ck_assert_str_eq(story_of(world, third), "A");
    ck_assert_int_eq(last_of(world, first)->event.px, 103);
    ck_assert_int_lt((int)(last_of(world, first) - last_of(world, second)), 0);
    world_free(world);
}
END_TEST

START_TEST(nearest_stop_acts_first_then_the_older)
{
    struct world *world = with_levels(&(struct match_config){0});
    uint64_t far = put(world, stop(1, AGON_BUY, 106, 0, 0, 1));
    uint64_t near_old = put(world, stop(1, AGON_BUY, 105, 0, 0, 1));
    uint64_t near_new = put(world, stop(1, AGON_BUY, 105, 0, 0, 1));

    world_trade(world, SPOT, AGON_BUY, 110,
                1); // one leap past all of them
    ck_assert_uint_eq(world->seen[world->n_seen - 6].order.id, near_old);
    ck_assert_uint_eq(world->seen[world->n_seen - 4].order.id, near_new);
    ck_assert_uint_eq(world->seen[world->n_seen - 2].order.id, far);
    world_free(world);
}
END_TEST

START_TEST(stop_limit_rests_and_post_only_expires_if_it_would_take)
{
    struct world *world = with_book(&(struct match_config){0});
    struct match_order order = stop(1, AGON_BUY, 105, 0, 101, 2);
    uint64_t rests = put(world, order);
    uint64_t posts;

    order.px = 103;
    order.flags = AGON_POST_ONLY;
    posts = put(world, order);
    world_trade(world, SPOT, 0, 105, 1);
    ck_assert_str_eq(story_of(world, rests), "AG");
    ck_assert_int_eq(match_find(world->match, rests)->is_working, 1);
    ck_assert_str_eq(story_of(world, posts), "AGX");
    ck_assert_int_eq(last_of(world, posts)->event.reason, MATCH_WOULD_TAKE);
    world_free(world);
}
END_TEST

START_TEST(waiting_stop_can_be_cancelled_amended_and_expires)
{
    struct world *world = with_book(&(struct match_config){0});
    struct match_order order = stop(1, AGON_BUY, 105, 0, 101, 2);
    uint64_t gone = put(world, order);
    uint64_t changed = put(world, order);
    uint64_t timed;

    order.tif = AGON_TIF_GTD;
    order.t_expire = world->t + 3000;
    timed = put(world, order);
    ck_assert_int_eq(match_cancel(world->match, world->t, gone), MATCH_OK);
    ck_assert_int_eq(match_amend(world->match, world->t, changed, 100, 7), MATCH_OK);
    match_on_time(world->match, order.t_expire);
    world->t = order.t_expire;
    world_trade(world, SPOT, 0, 105, 1);
    ck_assert_str_eq(story_of(world, gone), "AC");
    ck_assert_str_eq(story_of(world, timed), "AX");
    ck_assert_str_eq(story_of(world, changed), "AMG");
    ck_assert_int_eq(match_shown_qty(world->match, SPOT, AGON_BUY, 100), 7);
    world_free(world);
}
END_TEST

/* --- reduce-only --- */

START_TEST(reduce_only_never_opens_a_position)
{
    struct world *world = world_new(&(struct match_config){0});
    struct match_order order = limit(1, AGON_SELL, 110, 5);
    uint64_t older;
    uint64_t newer;

    world_snapshot(world, PERP);
    world_level(world, PERP, AGON_SELL, 102, 50);
    world_level(world, PERP, AGON_BUY, 98, 50);
    order.instrument = PERP;
    order.flags = AGON_REDUCE_ONLY;
    ck_assert_int_eq(submit(world, order, NULL), MATCH_REDUCE_ONLY); // nothing is held
    order.flags = 0;
    order.side = AGON_BUY;
    put(world, order); // long 5 at 102
    ck_assert_int_eq(match_position_qty(world->match, 1, PERP), 5);
    ck_assert_int_eq(submit(world,
                            (struct match_order){.owner = 1,
                                                 .instrument = PERP,
                                                 .side = AGON_BUY,
                                                 .type = AGON_MARKET,
                                                 .qty = 1,
                                                 .flags = AGON_REDUCE_ONLY},
                            NULL),
                     MATCH_REDUCE_ONLY); // would add
    order.side = AGON_SELL;
    order.flags = AGON_REDUCE_ONLY;
    order.qty = 6;
    ck_assert_int_eq(submit(world, order, NULL), MATCH_REDUCE_ONLY); // one more than is held
    order.qty = 3;
    older = put(world, order);
    order.qty = 3;
    ck_assert_int_eq(submit(world, order, NULL), MATCH_REDUCE_ONLY); // 3 + 3 > 5
    order.qty = 2;
    newer = put(world, order);
    // 2 are sold otherwise: 3 are left, and the newer of the two no longer fits.
    put(world,
        (struct match_order){
            .owner = 1, .instrument = PERP, .side = AGON_SELL, .type = AGON_MARKET, .qty = 2});
    ck_assert_str_eq(story_of(world, newer), "AX");
    ck_assert_int_eq(last_of(world, newer)->event.reason, MATCH_REDUCE_ONLY);
    ck_assert_str_eq(story_of(world, older), "A");
    world_trade(world, PERP, AGON_BUY, 111, 50);
    ck_assert_int_eq(match_position_qty(world->match, 1, PERP), 0);
    ck_assert_str_eq(story_of(world, older), "AT");
    world_free(world);
}
END_TEST

START_TEST(reduce_only_stop_acts_for_what_is_left)
{
    struct world *world = world_new(&(struct match_config){0});
    struct match_order order = stop(1, AGON_SELL, 90, 0, 0, 5);
    uint64_t id;

    world_snapshot(world, PERP);
    world_level(world, PERP, AGON_SELL, 102, 50);
    world_level(world, PERP, AGON_BUY, 98, 50);
    put(world,
        (struct match_order){
            .owner = 1, .instrument = PERP, .side = AGON_BUY, .type = AGON_MARKET, .qty = 5});
    order.instrument = PERP;
    order.flags = AGON_REDUCE_ONLY;
    id = put(world, order);
    put(world,
        (struct match_order){
            .owner = 1, .instrument = PERP, .side = AGON_SELL, .type = AGON_MARKET, .qty = 2});
    world_trade(world, PERP, AGON_SELL, 90, 1);
    ck_assert_str_eq(story_of(world, id), "AGT");
    ck_assert_int_eq(filled_of(world, id), 3);
    ck_assert_int_eq(match_position_qty(world->match, 1, PERP), 0);
    world_free(world);
}
END_TEST

START_TEST(open_orders_of_an_owner_come_by_id)
{
    struct world *world = with_book(&(struct match_config){.max_orders = 4});
    const struct match_order *open[4];
    uint64_t ids[3];

    for (int i = 0; i < 3; i++)
        ids[i] = put(world, limit(1, AGON_BUY, 95 - i, 1));
    ck_assert_int_eq(submit(world, limit(1, AGON_BUY, 90, 1), NULL), MATCH_NO_ROOM);
    match_cancel(world->match, world->t, ids[1]);
    ck_assert_uint_eq(match_open(world->match, 1, 0, open, 4), 2);
    ck_assert_uint_eq(open[0]->id, ids[0]);
    ck_assert_uint_eq(open[1]->id, ids[2]);
    ck_assert_uint_eq(match_open(world->match, 1, PERP, open, 4), 0);
    ck_assert_uint_eq(match_open(world->match, 1, SPOT, NULL, 0), 2);
    ck_assert_uint_eq(match_open(world->match, 99, 0, open, 4), 0);
    world_free(world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("match_orders");
    TCase *tcase = tcase_create("all");
    SRunner *runner;
    int failed;

    tcase_add_loop_test(tcase, type_meets_liquidity, 0, (int)(sizeof(types) / sizeof(types[0])));
    tcase_add_test(tcase, what_is_taken_stays_taken_until_the_data_sets_it);
    tcase_add_test(tcase, fok_sees_the_whole_depth);
    tcase_add_test(tcase, shown_levels_are_never_crossed);
    tcase_add_test(tcase, icebergs_are_refused);
    tcase_add_test(tcase, gtd_expires_at_its_time);
    tcase_add_test(tcase, market_buy_by_amount_spends_no_more);
    tcase_add_test(tcase, self_trade_prevention_modes);
    tcase_add_test(tcase, self_trade_shows_on_both_sides);
    tcase_add_test(tcase, lowering_keeps_the_place_in_the_queue);
    tcase_add_test(tcase, raising_or_moving_loses_the_place);
    tcase_add_test(tcase, moving_into_the_book_takes);
    tcase_add_test(tcase, refused_amend_changes_nothing);
    tcase_add_test(tcase, stops_trigger_on_their_side_of_the_price);
    tcase_add_test(tcase, own_trades_trigger_stops_in_a_cascade);
    tcase_add_test(tcase, nearest_stop_acts_first_then_the_older);
    tcase_add_test(tcase, stop_limit_rests_and_post_only_expires_if_it_would_take);
    tcase_add_test(tcase, waiting_stop_can_be_cancelled_amended_and_expires);
    tcase_add_test(tcase, reduce_only_never_opens_a_position);
    tcase_add_test(tcase, reduce_only_stop_acts_for_what_is_left);
    tcase_add_test(tcase, open_orders_of_an_owner_come_by_id);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
