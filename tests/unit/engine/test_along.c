// SPDX-License-Identifier: Apache-2.0
/* What the host's exits do along the path inside a bar, on bars of which each
 * answer is worked out by hand (prices: along_rig.h). */
#include "along_rig.h"
#include "base/rng.h"

#ifndef ALONG_ROUNDS
#define ALONG_ROUNDS 100
#endif

/* Long from the open at 100.01, stop at 99, target at 102, and a bar that goes to both. */
START_TEST(of_a_stop_and_a_target_in_one_bar_it_is_the_stop)
{
    static const struct bar bars[] = {{10000, 10000, 10000, 10000},
                                      {10000, 10300, 9850, 10250},
                                      {10250, 10250, 10250, 10250},
                                      {0, 0, 0, 0}};
    static const struct wish wishes[] = {
        {AGON_EVENT_BAR, 0, 0, ORDER(AGON_BUY, COIN), {0}},
        {AGON_EVENT_BAR, 0, 0, {0}, {.side = AGON_BUY, .stop_px = 9900, .take_px = {10200}}},
        WISHES_END};
    static const struct {
        uint8_t path;
        agon_px_t px;
    } cases[] = {{MATCH_PATH_PESSIMISTIC, 9900},
                 {MATCH_PATH_OPTIMISTIC, 10200},
                 {MATCH_PATH_OHLC, 10200},
                 {MATCH_PATH_OLHC, 9900}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct play what = {.bars = bars, .wishes = wishes, .path = cases[i].path};

        play(&what);
        ck_assert_int_eq(px_of(0, 0), 10001);
        ck_assert_msg(px_of(0, 1) == cases[i].px, "path %u: %lld", cases[i].path,
                      (long long)px_of(0, 1));
        ck_assert_int_eq(fill_of(0, 1).hdr.t, close_of(1));
        ck_assert_int_eq(fill_of(0, 2).qty, 0);
        ck_assert_int_eq(held(0), 0);
        end();
    }
}
END_TEST

/* The same of a short one: entered at 100, stop at 101, target at 98. */
START_TEST(a_short_position_is_left_likewise)
{
    static const struct bar bars[] = {
        {10000, 10000, 10000, 10000}, {10000, 10150, 9700, 9800}, {0, 0, 0, 0}};
    static const struct wish wishes[] = {
        {AGON_EVENT_BAR, 0, 0, ORDER(AGON_SELL, COIN), {0}},
        {AGON_EVENT_BAR, 0, 0, {0}, {.side = AGON_SELL, .stop_px = 10100, .take_px = {9800}}},
        WISHES_END};
    struct play what = {.bars = bars, .wishes = wishes};

    play(&what);
    ck_assert_int_eq(px_of(0, 0), 10000);
    ck_assert_int_eq(px_of(0, 1), 10100);
    ck_assert_int_eq(held(0), 0);
    end();
}
END_TEST

/* A limit to buy at 99.50 that the bar reaches on its way to 98.90, past the stop at 99. A target
 * at 100.50 has been passed by then where the high comes first: it counts from the entry only, and
 * the pessimist takes that path. */
START_TEST(a_plan_lives_from_the_fill_of_its_entry_on)
{
    static const struct bar stopped[] = {
        {10000, 10000, 10000, 10000}, {10000, 10100, 9890, 9960}, {0, 0, 0, 0}};
    static const struct bar missed[] = {{10000, 10000, 10000, 10000},
                                        {10000, 10100, 9930, 9960},
                                        {9960, 9960, 9960, 9960},
                                        {0, 0, 0, 0}};
    static const struct wish wishes[] = {
        {AGON_EVENT_BAR, 0, 0, REST(AGON_BUY, COIN, 9950), {0}},
        {AGON_EVENT_BAR, 0, 0, {0}, {.side = AGON_BUY, .stop_px = 9900, .take_px = {10050}}},
        WISHES_END};
    struct play what = {.bars = stopped, .wishes = wishes};

    play(&what);
    ck_assert_int_eq(px_of(0, 0), 9950);
    ck_assert_int_eq(px_of(0, 1), 9900);
    ck_assert_int_eq(held(0), 0);
    end();
    what.bars = missed;
    play(&what);
    ck_assert_int_eq(px_of(0, 0), 9950);
    ck_assert_int_eq(fill_of(0, 1).qty, 0);
    ck_assert_int_eq(held(0), COIN);
    end();
    what.path = MATCH_PATH_OLHC;
    play(&what);
    ck_assert_int_eq(px_of(0, 1), 10050);
    end();
}
END_TEST

/* The bar opens at 98, behind the stop at 99: it gets the open, less 1 % of slippage. Where the
 * stop lies on the way it gets its own price, less that: 98.01. */
START_TEST(a_stop_gets_the_worse_of_its_price_and_the_open_and_slippage)
{
    static const struct bar gap[] = {{10000, 10000, 10000, 10000},
                                     {10000, 10000, 10000, 10000},
                                     {9800, 9990, 9700, 9980},
                                     {0, 0, 0, 0}};
    static const struct bar way[] = {{10000, 10000, 10000, 10000},
                                     {10000, 10000, 10000, 10000},
                                     {10000, 10010, 9700, 9980},
                                     {0, 0, 0, 0}};
    static const struct wish wishes[] = {
        {AGON_EVENT_BAR, 0, 0, ORDER(AGON_BUY, COIN), {0}},
        {AGON_EVENT_BAR, 0, 0, {0}, {.side = AGON_BUY, .stop_px = 9900}},
        WISHES_END};
    struct play what = {.bars = gap, .wishes = wishes};

    play(&what);
    ck_assert_int_eq(px_of(0, 1), 9800);
    ck_assert_int_eq(fill_of(0, 1).hdr.t, close_of(2));
    end();
    what.slippage_ppm = 10000;
    play(&what);
    ck_assert_int_eq(px_of(0, 1), 9702);
    end();
    what.bars = way;
    play(&what);
    ck_assert_int_eq(px_of(0, 1), 9801);
    end();
}
END_TEST

/* One dollar behind the best price. By the high first the best is 103, and 102 comes on the way
 * down; by the low first 99.50 is above the stop at 99, and at the close of 102.50 it is still
 * held. The first leaves less. In the next bar it has kept what the path before taught it. */
START_TEST(a_trailing_stop_follows_the_path)
{
    static const struct bar bars[] = {
        {10000, 10000, 10000, 10000}, {10000, 10300, 9950, 10250}, {0, 0, 0, 0}};
    static const struct bar later[] = {{10000, 10000, 10000, 10000},
                                       {10000, 10300, 9950, 10300},
                                       {10300, 10310, 10150, 10200},
                                       {0, 0, 0, 0}};
    static const struct wish wishes[] = {
        {AGON_EVENT_BAR, 0, 0, ORDER(AGON_BUY, COIN), {0}},
        {AGON_EVENT_BAR, 0, 0, {0}, {.side = AGON_BUY, .trail_px = 100}},
        WISHES_END};
    struct play what = {.bars = bars, .wishes = wishes};

    play(&what);
    ck_assert_int_eq(px_of(0, 1), 10200);
    ck_assert_int_eq(fill_of(0, 1).hdr.t, close_of(1));
    end();
    what.bars = later;
    what.path = MATCH_PATH_OLHC;
    play(&what);
    ck_assert_int_eq(px_of(0, 1), 10200); // 103 was the best until the low of the next
    ck_assert_int_eq(fill_of(0, 1).hdr.t, close_of(2));
    end();
}
END_TEST

/* One is long and one is short, each with a stop and a target at the other's stop. */
START_TEST(each_slot_has_the_path_that_is_worse_for_it)
{
    static const struct bar bars[] = {
        {10000, 10000, 10000, 10000}, {10000, 10150, 9850, 10000}, {0, 0, 0, 0}};
    static const struct wish wishes[] = {
        {AGON_EVENT_BAR, 0, 0, ORDER(AGON_BUY, COIN), {0}},
        {AGON_EVENT_BAR, 0, 0, {0}, {.side = AGON_BUY, .stop_px = 9900, .take_px = {10100}}},
        {AGON_EVENT_BAR, 0, 1, ORDER(AGON_SELL, COIN), {0}},
        {AGON_EVENT_BAR, 0, 1, {0}, {.side = AGON_SELL, .stop_px = 10100, .take_px = {9900}}},
        WISHES_END};
    struct play what = {.bars = bars, .wishes = wishes};

    play(&what);
    ck_assert_int_eq(px_of(0, 1), 9900);
    ck_assert_int_eq(px_of(1, 1), 10100);
    ck_assert_int_eq(held(0), 0);
    ck_assert_int_eq(held(1), 0);
    end();
}
END_TEST

/* Half at 101 and the rest at 102, and the stop for what is left. */
START_TEST(targets_close_their_shares_on_the_way)
{
    static const struct bar bars[] = {
        {10000, 10000, 10000, 10000}, {10000, 10150, 9890, 10000}, {0, 0, 0, 0}};
    static const struct wish wishes[] = {
        {AGON_EVENT_BAR, 0, 0, ORDER(AGON_BUY, COIN), {0}},
        {AGON_EVENT_BAR,
         0,
         0,
         {0},
         {.side = AGON_BUY, .stop_px = 9900, .take_px = {10100, 10200}, .take_ppm = {500000, 0}}},
        WISHES_END};
    struct play what = {.bars = bars, .wishes = wishes, .path = MATCH_PATH_OHLC};

    play(&what);
    ck_assert_int_eq(px_of(0, 1), 10100);
    ck_assert_int_eq(fill_of(0, 1).qty, COIN / 2);
    ck_assert_int_eq(px_of(0, 2), 9900);
    ck_assert_int_eq(fill_of(0, 2).qty, COIN / 2);
    end();
}
END_TEST

/* Once in profit by a dollar the stop goes to the entry, 100.01, and fires there in the same bar.
 */
START_TEST(a_stop_goes_to_the_entry_on_the_way)
{
    static const struct bar bars[] = {
        {10000, 10000, 10000, 10000}, {10000, 10150, 9950, 10050}, {0, 0, 0, 0}};
    static const struct wish wishes[] = {
        {AGON_EVENT_BAR, 0, 0, ORDER(AGON_BUY, COIN), {0}},
        {AGON_EVENT_BAR, 0, 0, {0}, {.side = AGON_BUY, .stop_px = 9900, .even_px = 100}},
        WISHES_END};
    struct play what = {.bars = bars, .wishes = wishes, .path = MATCH_PATH_OHLC};

    play(&what);
    ck_assert_int_eq(px_of(0, 1), 10001);
    end();
}
END_TEST

/* A resting limit to sell above what the stop closes: it is gone before the path comes to it. */
START_TEST(what_an_exit_closes_is_not_sold_again_on_the_way)
{
    static const struct bar bars[] = {
        {10000, 10000, 10000, 10000}, {10000, 10300, 9850, 10000}, {0, 0, 0, 0}};
    static const struct wish wishes[] = {
        {AGON_EVENT_BAR, 0, 0, ORDER(AGON_BUY, COIN), {0}},
        {AGON_EVENT_QUOTE, 1, 0, REST(AGON_SELL, COIN, 10200), {0}},
        {AGON_EVENT_BAR, 0, 0, {0}, {.side = AGON_BUY, .stop_px = 9900}},
        WISHES_END};
    struct play what = {.bars = bars, .wishes = wishes, .path = MATCH_PATH_OLHC};

    play(&what);
    ck_assert_int_eq(px_of(0, 1), 9900);
    ck_assert_int_eq(fill_of(0, 2).qty, 0);
    ck_assert_int_eq(held(0), 0);
    end();
}
END_TEST

/* An order that is on its way while the bar is open would be there at its close. The stop comes
 * before that, and takes it back. */
START_TEST(an_order_on_its_way_holds_no_exit_up)
{
    static const struct bar bars[] = {{10000, 10000, 10000, 10000},
                                      {10000, 10000, 9990, 10000},
                                      {10000, 10000, 9850, 9990},
                                      {9990, 9990, 9990, 9990},
                                      {0, 0, 0, 0}};
    static const struct wish wishes[] = {
        {AGON_EVENT_BAR, 0, 0, ORDER(AGON_BUY, COIN), {0}},
        {AGON_EVENT_BAR, 0, 0, {0}, {.side = AGON_BUY, .stop_px = 9900}},
        {AGON_EVENT_QUOTE, 2, 0, ORDER(AGON_SELL, COIN), {0}},
        WISHES_END};
    struct play what = {.bars = bars, .wishes = wishes, .entry_ns = 5 * MS, .data_ns = 20 * MS};
    const struct told *last;

    play(&what);
    // Decided with latency: the entry is there at the close of bar 1, the sale behind the open
    // of 2.
    ck_assert_int_eq(fill_of(0, 0).qty, COIN);
    ck_assert_int_eq(px_of(0, 1), 9900);
    ck_assert_int_eq(fill_of(0, 2).qty, 0);
    ck_assert_int_eq(held(0), 0);
    last = NULL;
    for (uint32_t i = 0; i < world->slots[0].n_told; i++) {
        if (world->slots[0].told[i].u.hdr.type == AGON_EVENT_ORDER &&
            world->slots[0].told[i].u.order.client_ref == 3)
            last = &world->slots[0].told[i];
    }
    ck_assert_ptr_nonnull(last);
    ck_assert_uint_eq(last->u.order.state, AGON_ORDER_CANCELLED);
    end();
}
END_TEST

/* What is wanted of a plan while the bar is open happens when it has closed: an end does not save
 * it, a stop nearer by is not there yet, and a new plan sees nothing of it. */
START_TEST(what_is_wanted_of_a_plan_inside_a_bar_happens_at_its_close)
{
    static const struct bar bars[] = {{10000, 10000, 10000, 10000},
                                      {10000, 10050, 9850, 9990},
                                      {9990, 10000, 9700, 9800},
                                      {9800, 9800, 9800, 9800},
                                      {0, 0, 0, 0}};
    static const struct wish ends[] = {
        {AGON_EVENT_BAR, 0, 0, ORDER(AGON_BUY, COIN), {0}},
        {AGON_EVENT_BAR, 0, 0, {0}, {.side = AGON_BUY, .stop_px = 9900}},
        {AGON_EVENT_QUOTE, 1, 0, {0}, {.side = AGON_BUY}},
        WISHES_END};
    static const struct wish replaces[] = {
        {AGON_EVENT_BAR, 0, 0, ORDER(AGON_BUY, COIN), {0}},
        {AGON_EVENT_BAR, 0, 0, {0}, {.side = AGON_BUY, .stop_px = 9840}},
        {AGON_EVENT_QUOTE, 1, 0, {0}, {.side = AGON_BUY, .stop_px = 9900}},
        WISHES_END};
    static const struct wish begins[] = {
        {AGON_EVENT_BAR, 0, 0, ORDER(AGON_BUY, COIN), {0}},
        {AGON_EVENT_QUOTE, 1, 0, {0}, {.side = AGON_BUY, .stop_px = 9900}},
        WISHES_END};
    static const struct wish lets_go[] = {
        {AGON_EVENT_BAR, 0, 0, ORDER(AGON_BUY, COIN), {0}},
        {AGON_EVENT_BAR, 0, 0, {0}, {.side = AGON_BUY, .stop_px = 9800}},
        {AGON_EVENT_QUOTE, 1, 0, {0}, {.side = AGON_BUY}},
        WISHES_END};
    static const struct {
        const struct wish *wishes;
        int bar; /* in which it is closed */
        agon_px_t px;
    } cases[] = {{ends, 1, 9900}, {replaces, 2, 9900}, {begins, 2, 9900}, {lets_go, 0, 0}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct play what = {.bars = bars, .wishes = cases[i].wishes};

        play(&what);
        ck_assert_msg(px_of(0, 1) == cases[i].px, "case %zu: %lld", i, (long long)px_of(0, 1));
        if (cases[i].px != 0)
            ck_assert_int_eq(fill_of(0, 1).hdr.t, close_of(cases[i].bar));
        end();
    }
}
END_TEST

/* 10 % below the open, where the venue takes no limit farther than 5 % from its price: by then its
 * price is there. */
START_TEST(an_exit_is_as_near_to_the_market_as_prices_are)
{
    static const struct bar bars[] = {{10000, 10000, 10000, 10000},
                                      {10000, 10000, 8900, 9900},
                                      {9900, 9900, 9900, 9900},
                                      {0, 0, 0, 0}};
    static const struct wish wishes[] = {
        {AGON_EVENT_BAR, 0, 0, ORDER(AGON_BUY, COIN), {0}},
        {AGON_EVENT_BAR, 0, 0, {0}, {.side = AGON_BUY, .stop_px = 9000}},
        WISHES_END};
    struct play what = {.bars = bars, .wishes = wishes, .band_ppm = 50000};

    play(&what);
    ck_assert_int_eq(px_of(0, 1), 9000);
    end();
}
END_TEST

/* What the venue tells between an open and a close moves no order that waits for the close. */
START_TEST(a_mark_price_is_no_close)
{
    static const struct bar bars[] = {{10000, 10000, 10000, 10000},
                                      {10000, 10000, 9850, 9990},
                                      {9990, 9990, 9990, 9990},
                                      {0, 0, 0, 0}};
    static const struct wish wishes[] = {{AGON_EVENT_QUOTE, 1, 0, ORDER(AGON_BUY, COIN), {0}},
                                         WISHES_END};
    struct play what = {
        .bars = bars, .wishes = wishes, .has_marks = 1, .data_ns = 20 * MS, .entry_ns = 5 * MS};

    play(&what);
    ck_assert_int_eq(px_of(0, 0), 9991);
    ck_assert_int_eq(fill_of(0, 0).hdr.t, close_of(1));
    end();
}
END_TEST

/* A time in the middle of a bar comes at its close. */
START_TEST(a_time_inside_a_bar_comes_at_its_close)
{
    static const struct bar bars[] = {{10000, 10000, 10000, 10000},
                                      {10000, 10050, 9850, 9990},
                                      {9980, 9980, 9980, 9980},
                                      {0, 0, 0, 0}};
    static const struct wish wishes[] = {
        {AGON_EVENT_BAR, 0, 0, ORDER(AGON_BUY, COIN), {0}},
        {AGON_EVENT_BAR,
         0,
         0,
         {0},
         {.side = AGON_BUY, .t_exit = T0 + 2 * MINUTE + MINUTE / 3, .stop_px = 9000}},
        WISHES_END};
    struct play what = {.bars = bars, .wishes = wishes};

    play(&what);
    ck_assert_int_eq(px_of(0, 1), 9990);
    ck_assert_int_eq(fill_of(0, 1).hdr.t, close_of(1));
    end();
}
END_TEST

/* Whichever is farther away, what happened in a bar is told before it, at once and in path order,
 * and nothing of it before its end. */
START_TEST(what_happens_inside_is_told_behind_its_end_and_before_the_bar)
{
    static const struct bar bars[] = {{10000, 10000, 10000, 10000},
                                      {10000, 10000, 10000, 10000},
                                      {10000, 10100, 9890, 9960},
                                      {9960, 9960, 9960, 9960},
                                      {0, 0, 0, 0}};
    static const struct wish wishes[] = {
        {AGON_EVENT_BAR, 0, 0, REST(AGON_BUY, COIN, 9950), {0}},
        {AGON_EVENT_BAR, 0, 0, {0}, {.side = AGON_BUY, .stop_px = 9900}},
        WISHES_END};
    static const int64_t ways[][2] = {{0, 0}, {20 * MS, 50 * MS}, {50 * MS, 20 * MS}};

    for (size_t i = 0; i < 3; i++) {
        struct play what = {
            .bars = bars, .wishes = wishes, .data_ns = ways[i][0], .report_ns = ways[i][1]};
        int is_over = 0, n_paths = 0, n_reports = 0;

        play(&what);
        ck_assert_int_eq(px_of(0, 0), 9950);
        ck_assert_int_eq(px_of(0, 1), 9900);
        ck_assert_int_eq(fill_of(0, 0).hdr.t, close_of(2) + ways[i][1]);
        ck_assert_int_eq(fill_of(0, 1).hdr.t, close_of(2) + ways[i][1]);
        for (int at = 0; at < n_order; at++) {
            if (order_of[at].t < close_of(2))
                continue;
            if (order_of[at].type == AGON_EVENT_BAR)
                is_over = 1;
            if (order_of[at].type == EVENT_PATH || order_of[at].type == EVENT_REPORT) {
                n_paths += order_of[at].type == EVENT_PATH;
                n_reports += order_of[at].type == EVENT_REPORT;
                ck_assert_int_eq(order_of[at].t, close_of(2) + ways[i][1]);
                ck_assert_int_eq(is_over, 0);
            }
        }
        ck_assert_int_eq(is_over, 1);
        // Open, limit, stop, both extremes, the close and the end; both fills and an ack.
        ck_assert_int_ge(n_paths, 5);
        ck_assert_int_eq(n_reports, 3);
        end();
    }
}
END_TEST

static agon_px_t drawn_px(struct rng *rng, agon_px_t low, agon_px_t high)
{
    return low + (agon_px_t)rng_below(rng, (uint64_t)(high - low + 1));
}

// What the slot has won by the close, in ticks times quantity: no fees here.
static int64_t won_at(uint16_t slot, agon_px_t close)
{
    int64_t won = held(slot) * close;

    for (int n = 0; fill_of(slot, n).qty != 0; n++) {
        struct agon_fill fill = fill_of(slot, n);

        won += (fill.side == AGON_SELL ? 1 : -1) * fill.px * fill.qty;
    }
    return won;
}

/* Whatever the bar, the plan, the orders and the limit: the path that is taken is the one that
 * leaves less, by what the engine does on each and not by what its image says it would. */
START_TEST(the_path_that_is_taken_leaves_the_least)
{
    struct rng rng;
    int n_differ = 0;

    rng_init(&rng, 7);
    for (int round = 0; round < ALONG_ROUNDS; round++) {
        agon_px_t low = drawn_px(&rng, 9700, 9990);
        agon_px_t high = drawn_px(&rng, 10010, 10300);
        struct bar bars[3] = {{10000, 10000, 10000, 10000},
                              {drawn_px(&rng, low, high), high, low, drawn_px(&rng, low, high)},
                              {0, 0, 0, 0}};
        int is_long = rng_below(&rng, 2) != 0;
        uint8_t side = is_long ? AGON_BUY : AGON_SELL;
        agon_px_t sign = is_long ? 1 : -1;
        struct wish wishes[5] = {{AGON_EVENT_BAR, 0, 0, ORDER(side, 2 * COIN), {0}},
                                 {AGON_EVENT_BAR, 0, 0, {0}, {.side = side}}};
        struct agon_exit_plan *plan = &wishes[1].plan;
        struct play what = {.bars = bars, .wishes = wishes, .slippage_ppm = 100};
        int64_t won[3];
        int n = 2;

        if (rng_below(&rng, 3) == 0)
            wishes[0].intent =
                (struct agon_intent)REST(side, 2 * COIN, 10000 - sign * drawn_px(&rng, 1, 150));
        if (rng_below(&rng, 4) != 0)
            plan->stop_px = 10000 - sign * drawn_px(&rng, 20, 250);
        if (rng_below(&rng, 3) == 0)
            plan->trail_px = drawn_px(&rng, 20, 300);
        if (rng_below(&rng, 3) == 0)
            plan->even_px = drawn_px(&rng, 20, 200);
        if (rng_below(&rng, 2) == 0) {
            plan->take_px[0] = 10000 + sign * drawn_px(&rng, 20, 150);
            plan->take_ppm[0] = rng_below(&rng, 2) != 0 ? 500000 : 0;
        }
        if (rng_below(&rng, 5) == 0)
            plan->t_exit = T0 + 2 * MINUTE + MINUTE / 2;
        if (plan->stop_px == 0 && plan->trail_px == 0)
            plan->stop_px = 10000 - sign * 100;
        if (rng_below(&rng, 3) == 0)
            wishes[n++] = (struct wish){
                AGON_EVENT_BAR, 0, 0, REST(side, COIN, 10000 - sign * drawn_px(&rng, 1, 200)), {0}};
        else if (rng_below(&rng, 2) == 0)
            what.daily_loss_amt = USD(1 + (int)rng_below(&rng, 4));
        for (int path = 0; path < 3; path++) {
            static const uint8_t paths[] = {MATCH_PATH_PESSIMISTIC, MATCH_PATH_OHLC,
                                            MATCH_PATH_OLHC};

            what.path = paths[path];
            play(&what);
            won[path] = won_at(0, bars[1].close);
            end();
        }
        ck_assert_msg(won[0] == (won[1] < won[2] ? won[1] : won[2]),
                      "round %d: %lld, of %lld by the high first and %lld by the low", round,
                      (long long)won[0], (long long)won[1], (long long)won[2]);
        n_differ += won[1] != won[2];
    }
    ck_assert_int_ge(n_differ, ALONG_ROUNDS * 12 / 100); // or it would say little
}
END_TEST

/* Where bars have no paths from now on, what was wanted inside one happens. */
START_TEST(without_paths_no_plan_waits_for_the_end_of_one)
{
    static const struct bar bars[] = {{10000, 10000, 10000, 10000}, {0, 0, 0, 0}};
    static const struct wish none[] = {WISHES_END};
    struct play what = {.bars = bars, .wishes = none};
    struct record_step step = {.hdr = {.type = EVENT_CONFIG, .granules = 1, .instrument = BARS},
                               .kind = CONFIG_STEP,
                               .is_bars = STEP_BARS,
                               .step_ns = MINUTE};
    struct agon_exit_event plan = {
        .hdr = {.type = AGON_EVENT_EXIT_PLAN, .granules = 4, .instrument = BARS},
        .origin = {.n_legs = 1},
        .plan = {.instrument = BARS, .side = AGON_BUY, .stop_px = 9900}};
    struct agon_quote quote;

    play(&what);
    quote = quotes[0];
    quote.hdr.t = step.hdr.t = plan.hdr.t = close_of(0);
    quote.hdr.seq = 0;
    ck_assert_int_eq(world_step(world, &quote), AGON_OK);
    ck_assert_int_eq(world_step(world, &plan), AGON_OK);
    ck_assert_int_ne(engine_next_exit(world->engine, 0, NULL)->is_young, 0);
    ck_assert_int_eq(engine_bars(world->engine, BARS), STEP_PATHS);
    ck_assert_int_eq(world_step(world, &step), AGON_OK);
    ck_assert_int_eq(engine_bars(world->engine, BARS), STEP_BARS);
    ck_assert_int_eq(engine_next_exit(world->engine, 0, NULL)->is_young, 0);
    comes_back();
    end();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("along");
    TCase *tcase = tcase_create("along");
    SRunner *runner;
    int n_failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, of_a_stop_and_a_target_in_one_bar_it_is_the_stop);
    tcase_add_test(tcase, a_short_position_is_left_likewise);
    tcase_add_test(tcase, a_plan_lives_from_the_fill_of_its_entry_on);
    tcase_add_test(tcase, a_stop_gets_the_worse_of_its_price_and_the_open_and_slippage);
    tcase_add_test(tcase, a_trailing_stop_follows_the_path);
    tcase_add_test(tcase, each_slot_has_the_path_that_is_worse_for_it);
    tcase_add_test(tcase, targets_close_their_shares_on_the_way);
    tcase_add_test(tcase, a_stop_goes_to_the_entry_on_the_way);
    tcase_add_test(tcase, what_an_exit_closes_is_not_sold_again_on_the_way);
    tcase_add_test(tcase, an_order_on_its_way_holds_no_exit_up);
    tcase_add_test(tcase, what_is_wanted_of_a_plan_inside_a_bar_happens_at_its_close);
    tcase_add_test(tcase, an_exit_is_as_near_to_the_market_as_prices_are);
    tcase_add_test(tcase, a_mark_price_is_no_close);
    tcase_add_test(tcase, a_time_inside_a_bar_comes_at_its_close);
    tcase_add_test(tcase, what_happens_inside_is_told_behind_its_end_and_before_the_bar);
    tcase_add_test(tcase, the_path_that_is_taken_leaves_the_least);
    tcase_add_test(tcase, without_paths_no_plan_waits_for_the_end_of_one);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
