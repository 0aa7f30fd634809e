// SPDX-License-Identifier: Apache-2.0
/* Queue positions, worked by hand. L: exogenous quantity of the level, a: quantity ahead. */
#include "harness.h"

#define CASES(...)                                                                                 \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }

enum op { END = 0, LEVEL, TRADE, LATE, OWN, WANT, GONE, SNAP };
/* LEVEL: the data sets side px to qty. TRADE: taker side, px, qty. LATE: the same, but its venue
 * time is that of the last LEVEL. OWN: own order of side, px, qty: number 0, 1, ... in order.
 * WANT: order px (its number) has qty ahead and `filled` filled. GONE: order px is filled. SNAP: a
 * snapshot with that one bid. */
struct step {
    enum op op;
    int side;
    agon_px_t px;
    agon_qty_t qty;
    agon_qty_t filled;
};
#define PROPORTION UINT32_MAX

static const struct {
    const char *what;
    uint32_t ppm; /* cancel_ahead_ppm */
    struct step steps[14];
} cases[] = {
    /* 1. Joins behind L = 10, so a = 10. 4 trade: a = 6. The update to 6 shows just those 4:
     * nothing unexplained, a = 6. 6 trade: a = 0. 5 trade with nobody ahead: 3 fill all 3. */
    {"trades at the price advance the queue, then fill", 500000,
     CASES({LEVEL, AGON_BUY, 100, 10, 0}, {OWN, AGON_BUY, 100, 3, 0}, {WANT, 0, 0, 10, 0},
           {TRADE, AGON_SELL, 100, 4, 0}, {WANT, 0, 0, 6, 0}, {LEVEL, AGON_BUY, 100, 6, 0},
           {WANT, 0, 0, 6, 0}, {TRADE, AGON_SELL, 100, 6, 0}, {WANT, 0, 0, 0, 0},
           {TRADE, AGON_SELL, 100, 5, 0}, {GONE, 0, 0, 3, 0})},
    /* 2. a = 10; one trade of 12: 10 go to those ahead, 2 are left for us: 2 of 3. */
    {"one trade larger than what is ahead fills the rest of it", 0,
     CASES({LEVEL, AGON_BUY, 100, 10, 0}, {OWN, AGON_BUY, 100, 3, 0},
           {TRADE, AGON_SELL, 100, 12, 0}, {WANT, 0, 0, 0, 2})},
    /* 3. a = 10, L = 10. L falls to 4 without a trade: 6 cancelled, half of them ahead: a = 7,
     * but only 4 are left at the level: a = min(7, 4) = 4. */
    {"ahead is never more than the level holds", 500000,
     CASES({LEVEL, AGON_BUY, 100, 10, 0}, {OWN, AGON_BUY, 100, 3, 0}, {LEVEL, AGON_BUY, 100, 4, 0},
           {WANT, 0, 0, 4, 0})},
    /* 4. a = 10, then 10 more join behind: L = 20, a = 10. L falls to 14: 6 cancelled, a quarter of
     * them ahead: 6 * 0.25 = 1.5, rounded down 1: a = 9. */
    {"a stated share of cancels stood ahead, rounded down", 250000,
     CASES({LEVEL, AGON_BUY, 100, 10, 0}, {OWN, AGON_BUY, 100, 3, 0}, {LEVEL, AGON_BUY, 100, 20, 0},
           {WANT, 0, 0, 10, 0}, {LEVEL, AGON_BUY, 100, 14, 0}, {WANT, 0, 0, 9, 0})},
    /* 5. a = 10 of L = 20. L falls to 14: 6 cancelled, in proportion 6 * 10 / 20 = 3: a = 7. Falls
     * to 7: 7 cancelled, 7 * 7 / 14 = 3.5, rounded down 3: a = 4. */
    {"in proportion: ahead / level of the cancels", PROPORTION,
     CASES({LEVEL, AGON_BUY, 100, 10, 0}, {OWN, AGON_BUY, 100, 3, 0}, {LEVEL, AGON_BUY, 100, 20, 0},
           {LEVEL, AGON_BUY, 100, 14, 0}, {WANT, 0, 0, 7, 0}, {LEVEL, AGON_BUY, 100, 7, 0},
           {WANT, 0, 0, 4, 0})},
    /* 6. a = 10, L = 20. 4 trade: a = 6. L falls to 12: 8 gone, 4 of them traded, 4 cancelled.
     * In proportion to what the trades left: 4 * 6 / 16 = 1.5, rounded down 1: a = 5. */
    {"what trades explain is not counted as cancels", PROPORTION,
     CASES({LEVEL, AGON_BUY, 100, 10, 0}, {OWN, AGON_BUY, 100, 3, 0}, {LEVEL, AGON_BUY, 100, 20, 0},
           {TRADE, AGON_SELL, 100, 4, 0}, {WANT, 0, 0, 6, 0}, {LEVEL, AGON_BUY, 100, 12, 0},
           {WANT, 0, 0, 5, 0})},
    /* 7. As 1, but all cancels count as behind us: L 10 -> 20 -> 11 leaves a = 10; -> 8 leaves
     * a = 8, because no more is there. */
    {"a share of zero moves only when the level forces it", 0,
     CASES({LEVEL, AGON_BUY, 100, 10, 0}, {OWN, AGON_BUY, 100, 3, 0}, {LEVEL, AGON_BUY, 100, 20, 0},
           {LEVEL, AGON_BUY, 100, 11, 0}, {WANT, 0, 0, 10, 0}, {LEVEL, AGON_BUY, 100, 8, 0},
           {WANT, 0, 0, 8, 0})},
    /* 8. a = 10. 2 trade at 99, through our bid: whoever was ahead is gone, and of the 2 traded 2
     * are ours: at our own price, 100. */
    {"a trade through the price fills up to what was traded", 0,
     CASES({LEVEL, AGON_BUY, 100, 10, 0}, {OWN, AGON_BUY, 100, 3, 0}, {TRADE, AGON_SELL, 99, 2, 0},
           {WANT, 0, 0, 0, 2}, {TRADE, AGON_SELL, 99, 9, 0}, {GONE, 0, 0, 3, 0})},
    /* 9. Bids at 101 (a = 0, we made the price) and 100 (a = 5). 4 trade at 100: 3 fill the bid at
     * 101, which the trade went through; 1 is left and advances the other: a = 4. */
    {"own orders at two prices share one trade, best price first", 0,
     CASES({LEVEL, AGON_BUY, 100, 5, 0}, {OWN, AGON_BUY, 101, 3, 0}, {OWN, AGON_BUY, 100, 3, 0},
           {TRADE, AGON_SELL, 100, 4, 0}, {GONE, 0, 0, 3, 0}, {WANT, 0, 1, 4, 0})},
    /* 10. First a = 5; 3 more join (L = 8), then the second, a = 8: the queue is 5, ours 2, 3, ours
     * 2. 9 trade: 5 ahead, 2 fill the first, 2 of the 3 behind it: second has a = 1. 2 more: 1
     * ahead, 1 fills. */
    {"several own orders at one price share a trade in order", 0,
     CASES({LEVEL, AGON_BUY, 100, 5, 0}, {OWN, AGON_BUY, 100, 2, 0}, {LEVEL, AGON_BUY, 100, 8, 0},
           {OWN, AGON_BUY, 100, 2, 0}, {WANT, 0, 1, 8, 0}, {TRADE, AGON_SELL, 100, 9, 0},
           {GONE, 0, 0, 2, 0}, {WANT, 0, 1, 1, 0}, {TRADE, AGON_SELL, 100, 2, 0},
           {WANT, 0, 1, 0, 1})},
    /* 11. The update comes before its trade. a = 10, L = 20 -> 14: taken for 6 cancels, 3 ahead
     * (half): a = 7. Then the trade of 6 that caused it arrives, stamped no later than the update:
     * the 3 are given back (10) and 6 taken off: a = 4. Counting both would have said 1. */
    {"a trade that the last update had in it is not counted twice", 500000,
     CASES({LEVEL, AGON_BUY, 100, 10, 0}, {OWN, AGON_BUY, 100, 3, 0}, {LEVEL, AGON_BUY, 100, 20, 0},
           {LEVEL, AGON_BUY, 100, 14, 0}, {WANT, 0, 0, 7, 0}, {LATE, AGON_SELL, 100, 6, 0},
           {WANT, 0, 0, 4, 0})},
    /* 12. As 11 with a trade of 4 only: of the 3 taken off for 6 cancels, 3 * 4 / 6 = 2 belong to
     * the trade: back to 9, less 4: a = 5. That is 10 - 4 traded - 1 of the 2 cancelled. */
    {"a late trade explains its part of the reduction", 500000,
     CASES({LEVEL, AGON_BUY, 100, 10, 0}, {OWN, AGON_BUY, 100, 3, 0}, {LEVEL, AGON_BUY, 100, 20, 0},
           {LEVEL, AGON_BUY, 100, 14, 0}, {LATE, AGON_SELL, 100, 4, 0}, {WANT, 0, 0, 5, 0})},
    /* 13. A buyer who trades at 100 took asks at 100; nobody in the bids' queue moved. */
    {"a taker of our own side at our price moves nothing", 500000,
     CASES({LEVEL, AGON_BUY, 100, 10, 0}, {OWN, AGON_BUY, 100, 3, 0}, {TRADE, AGON_BUY, 100, 50, 0},
           {WANT, 0, 0, 10, 0})},
    /* 14. Where the venue does not tell the side, a trade at 100 is taken for one against us. */
    {"an unknown taker counts at our price", 500000,
     CASES({LEVEL, AGON_BUY, 100, 10, 0}, {OWN, AGON_BUY, 100, 3, 0}, {TRADE, 0, 100, 11, 0},
           {WANT, 0, 0, 0, 1})},
    /* 15. The ask comes down to 99, through our bid, without a trade: nothing fills. A trade at 99
     * of 2 then does. */
    {"a crossing update fills nothing until it trades", 500000,
     CASES({LEVEL, AGON_BUY, 100, 0, 0}, {OWN, AGON_BUY, 100, 3, 0}, {LEVEL, AGON_SELL, 99, 7, 0},
           {WANT, 0, 0, 0, 0}, {TRADE, AGON_BUY, 99, 2, 0}, {WANT, 0, 0, 0, 2})},
    /* 16. a = 10 of L = 16. A snapshot shows 8: 8 gone, a quarter of them ahead: a = 8. Another
     * one does not have the level: nothing is there, a = 0. */
    {"a snapshot counts as an update of every level", 250000,
     CASES({LEVEL, AGON_BUY, 100, 10, 0}, {OWN, AGON_BUY, 100, 3, 0}, {LEVEL, AGON_BUY, 100, 16, 0},
           {SNAP, AGON_BUY, 100, 8, 0}, {WANT, 0, 0, 8, 0}, {SNAP, AGON_BUY, 90, 5, 0},
           {WANT, 0, 0, 0, 0})},
    /* 17. Mirrored: asks. a = 10; 4 bought at 100: a = 6; 1 bought at 101, through us: fills 1. */
    {"asks mirror bids", 0,
     CASES({LEVEL, AGON_SELL, 100, 10, 0}, {OWN, AGON_SELL, 100, 3, 0},
           {TRADE, AGON_BUY, 100, 4, 0}, {WANT, 0, 0, 6, 0}, {TRADE, AGON_BUY, 101, 1, 0},
           {WANT, 0, 0, 0, 1})},
    /* 18. 4 traded before an update that left the level at 10 (4 others joined): a = 6. That trade
     * is history: L 10 -> 8 later is 2 cancels, all ahead (share 1): a = 4. */
    {"a trade explains only the update that follows it", 1000000,
     CASES({LEVEL, AGON_BUY, 100, 10, 0}, {OWN, AGON_BUY, 100, 3, 0}, {TRADE, AGON_SELL, 100, 4, 0},
           {LEVEL, AGON_BUY, 99, 1, 0}, {WANT, 0, 0, 6, 0}, {LEVEL, AGON_BUY, 100, 8, 0},
           {WANT, 0, 0, 4, 0})},
    /* 19. a = 5 of L = 9 at 100; an own bid at 101 as well. 4 trade at 100: our 101 has all of
     * them. The update to 5 shows those 4: no cancels, so nothing of them stood ahead of the other:
     * a = 5. */
    {"what own orders at a better price had of a trade explains the level too", 1000000,
     CASES({LEVEL, AGON_BUY, 100, 5, 0}, {OWN, AGON_BUY, 100, 3, 0}, {LEVEL, AGON_BUY, 100, 9, 0},
           {OWN, AGON_BUY, 101, 4, 0}, {TRADE, AGON_SELL, 100, 4, 0}, {GONE, 0, 1, 4, 0},
           {WANT, 0, 0, 5, 0}, {LEVEL, AGON_BUY, 100, 5, 0}, {WANT, 0, 0, 5, 0})},
};

static void snap(struct world *world, agon_px_t px, agon_qty_t qty)
{
    struct agon_level level = {px, qty};

    world_book(world, SPOT, AGON_EVENT_BOOK_SNAPSHOT, BOOK_PART_FIRST | BOOK_PART_LAST, &level, 1,
               NULL, 0);
}

START_TEST(position_is_what_a_hand_works_out)
{
    struct world *world = world_new(&(struct match_config){.cancel_ahead_ppm = cases[_i].ppm});
    uint64_t ids[4] = {0};
    agon_ns_t t_level = 0;
    int n = 0;

    world_snapshot(world, SPOT);
    for (const struct step *step = cases[_i].steps; step->op != END; step++) {
        int at = (int)(step - cases[_i].steps);
        const struct match_order *order = match_find(world->match, ids[step->px & 3]);

        switch (step->op) {
        case LEVEL:
            world_level(world, SPOT, (enum agon_side)step->side, step->px, step->qty);
            t_level = world->t;
            break;
        case SNAP:
            snap(world, step->px, step->qty);
            break;
        case TRADE:
            world_trade(world, SPOT, step->side, step->px, step->qty);
            break;
        case LATE:
            world->t += 1000;
            world_trade_at(world, SPOT, step->side, step->px, step->qty, t_level);
            break;
        case OWN:
            ids[n++] = put(world, limit(0, (enum agon_side)step->side, step->px, step->qty));
            break;
        case WANT:
            ck_assert_msg(order != NULL, "%s, step %d: gone", cases[_i].what, at);
            ck_assert_msg(order->ahead_qty == step->qty && order->filled_qty == step->filled,
                          "%s, step %d: ahead %lld, filled %lld", cases[_i].what, at,
                          (long long)order->ahead_qty, (long long)order->filled_qty);
            break;
        case GONE:
            ck_assert_msg(order == NULL, "%s, step %d: still there", cases[_i].what, at);
            ck_assert_msg(filled_of(world, ids[step->px]) == step->qty, "%s, step %d",
                          cases[_i].what, at);
            break;
        default:
            break;
        }
    }
    world_free(world);
}
END_TEST

/* Lots of 10. a = 100 of L = 200; 50 gone, half of them 25, in lots 20 ahead: a = 80. A late trade
 * of 30 explains 30 of the 50: 20 * 30 / 50 = 12, in lots 10, are given back: a = 90 - 30 = 60. Of
 * 70 more 10 are ours: no venue prints 8. */
START_TEST(what_a_late_trade_gives_back_is_whole_lots)
{
    struct world *world = world_new(&(struct match_config){.cancel_ahead_ppm = 500000});
    struct agon_instrument def = world_spot();
    uint64_t id;
    agon_ns_t t_level;

    def.lot_qty = def.min_qty = 10;
    world_set(world, &def);
    world_snapshot(world, SPOT);
    world_level(world, SPOT, AGON_BUY, 100, 100);
    id = put(world, limit(0, AGON_BUY, 100, 30));
    world_level(world, SPOT, AGON_BUY, 100, 200);
    world_level(world, SPOT, AGON_BUY, 100, 150);
    t_level = world->t;
    ck_assert_int_eq(match_find(world->match, id)->ahead_qty, 80);
    world->t += 1000;
    world_trade_at(world, SPOT, AGON_SELL, 100, 30, t_level);
    ck_assert_int_eq(match_find(world->match, id)->ahead_qty, 60);
    world_trade(world, SPOT, AGON_SELL, 100, 70);
    ck_assert_int_eq(match_find(world->match, id)->filled_qty, 10);
    world_free(world);
}
END_TEST

START_TEST(maker_fills_at_its_own_price)
{
    struct world *world = world_new(&(struct match_config){0});
    uint64_t id;

    world_snapshot(world, SPOT);
    id = put(world, limit(0, AGON_BUY, 100, 3));
    world_trade(world, SPOT, AGON_SELL, 95, 9);
    ck_assert_int_eq(last_of(world, id)->event.px, 100);
    ck_assert_int_eq(last_of(world, id)->event.is_maker, 1);
    ck_assert_int_eq(world->last_print.is_exogenous, 1);
    ck_assert_int_eq(match_last_px(world->match, SPOT), 95);
    world_free(world);
}
END_TEST

START_TEST(unknown_depth_waits_for_data)
{
    /* Only a quote is known: 100 x 5. An own bid at 99 stands behind what nobody has told; a trade
     * at 99 is no proof that its turn came. When the quote shows 99 x 7, a = 7; then 8 trade: 1. */
    struct world *world = world_new(&(struct match_config){0});
    struct agon_quote quote = {
        .hdr = {.type = AGON_EVENT_QUOTE, .granules = 1, .instrument = SPOT, .t = 5000},
        .bid_px = 100,
        .bid_qty = 5,
        .ask_px = 101,
        .ask_qty = 5};
    uint64_t id;

    ck_assert_int_eq(match_on_market(world->match, &quote.hdr), AGON_OK);
    world->t = 6000;
    id = put(world, limit(0, AGON_BUY, 99, 3));
    world_trade(world, SPOT, AGON_SELL, 99, 50);
    ck_assert_int_eq(match_find(world->match, id)->filled_qty, 0);
    quote.bid_px = 99;
    quote.bid_qty = 7;
    quote.hdr.t = world->t + 10;
    ck_assert_int_eq(match_on_market(world->match, &quote.hdr), AGON_OK);
    ck_assert_int_eq(match_find(world->match, id)->ahead_qty, 7);
    world_trade(world, SPOT, AGON_SELL, 99, 8);
    ck_assert_int_eq(match_find(world->match, id)->filled_qty, 1);
    world_free(world);
}
END_TEST

START_TEST(range_of_a_snapshot_bounds_what_is_known)
{
    /* The book reaches down to 95. At 97 nothing stands: a = 0. At 90 nobody knows. */
    struct world *world = world_new(&(struct match_config){0});
    struct agon_level bids[] = {{100, 5}, {95, 5}};
    uint64_t inside;
    uint64_t outside;

    world_book(world, SPOT, AGON_EVENT_BOOK_SNAPSHOT,
               BOOK_PART_FIRST | BOOK_PART_LAST | BOOK_PART_RANGE, bids, 2, NULL, 0);
    inside = put(world, limit(0, AGON_BUY, 97, 3));
    outside = put(world, limit(0, AGON_BUY, 90, 3));
    world_trade(world, SPOT, AGON_SELL, 97, 1);
    ck_assert_int_eq(match_find(world->match, inside)->filled_qty, 1);
    world_level(world, SPOT, AGON_BUY, 90, 40);
    ck_assert_int_eq(match_find(world->match, outside)->ahead_qty, 40);
    world_free(world);
}
END_TEST

START_TEST(bad_market_data_is_refused)
{
    struct world *world = world_new(&(struct match_config){0});
    struct harness_part book = {
        .part = {.hdr = {.type = AGON_EVENT_BOOK_SNAPSHOT, .granules = 2, .instrument = SPOT},
                 .n_bid = 5,
                 .flags = 3}};
    struct agon_trade trade = {
        .hdr = {.type = AGON_EVENT_TRADE, .granules = 1, .instrument = SPOT}, .px = 5, .qty = 0};

    ck_assert_int_eq(match_on_market(world->match, &book.part.hdr), AGON_EINVAL);
    book.part.n_bid = 1;
    book.levels[0] = (struct agon_level){-1, 5};
    ck_assert_int_eq(match_on_market(world->match, &book.part.hdr), AGON_EINVAL);
    ck_assert_int_eq(match_on_market(world->match, &trade.hdr), AGON_EINVAL);
    trade.qty = 5;
    trade.side = 3;
    ck_assert_int_eq(match_on_market(world->match, &trade.hdr), AGON_EINVAL);
    trade.hdr.instrument = 77;
    ck_assert_int_eq(match_on_market(world->match, &trade.hdr), AGON_ENOENT);
    trade.hdr.type = AGON_EVENT_BAR;
    ck_assert_int_eq(match_on_market(world->match, &trade.hdr), AGON_OK);
    world_free(world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("match_queue");
    TCase *tcase = tcase_create("all");
    SRunner *runner;
    int failed;

    tcase_add_loop_test(tcase, position_is_what_a_hand_works_out, 0,
                        (int)(sizeof(cases) / sizeof(cases[0])));
    tcase_add_test(tcase, what_a_late_trade_gives_back_is_whole_lots);
    tcase_add_test(tcase, maker_fills_at_its_own_price);
    tcase_add_test(tcase, unknown_depth_waits_for_data);
    tcase_add_test(tcase, range_of_a_snapshot_bounds_what_is_known);
    tcase_add_test(tcase, bad_market_data_is_refused);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
