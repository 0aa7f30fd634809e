// SPDX-License-Identifier: Apache-2.0
/* Exit plans as machines: hand-made walks of prices and positions with what must come of each
 * step, worked out on paper. Prices have no unit here; a long entry is at 1000. */
#include <check.h>

#include "base/error.h"
#include "exec/exit.h"

#define T0 ((agon_ns_t)1000)
enum { LONG = AGON_BUY, SHORT = AGON_SELL };
enum {
    NOTHING = 0,
    STOP = AGON_EXIT_BY_STOP,
    TRAIL = AGON_EXIT_BY_TRAIL,
    EVEN = AGON_EXIT_BY_EVEN,
    TAKE = AGON_EXIT_BY_TAKE,
    TIME = AGON_EXIT_BY_TIME
};

struct walk_step {
    agon_px_t px;
    agon_px_t stop_px; /* where the stop stands after it */
    uint8_t cause;     /* what has come due */
    agon_qty_t qty;    /* wanted closed once that has fired */
};
#define STEPS 8
static const struct walk {
    const char *name;
    struct agon_exit_plan plan;
    agon_qty_t held_qty;
    agon_px_t entry_px;
    struct walk_step steps[STEPS]; /* until px 0 */
} walks[] = {
    {"a stop of a long position fires at its price and not above it",
     {.side = LONG, .stop_px = 950},
     100,
     1000,
     {{1000, 950, NOTHING, 0}, {951, 950, NOTHING, 0}, {950, 950, STOP, 100}}},
    {"a stop of a short position fires at its price and not below it",
     {.side = SHORT, .stop_px = 1050},
     100,
     1000,
     {{1000, 1050, NOTHING, 0}, {1049, 1050, NOTHING, 0}, {1050, 1050, STOP, 100}}},
    {"a gap through the stop fires it once",
     {.side = LONG, .stop_px = 950},
     100,
     1000,
     {{1000, 950, NOTHING, 0}, {700, 950, STOP, 100}, {700, 950, NOTHING, 100}}},
    {"a stop for a part closes that part",
     {.side = LONG, .stop_px = 950, .qty = 30},
     100,
     1000,
     {{940, 950, STOP, 30}}},
    {"a plan for more than is held closes what is held",
     {.side = LONG, .stop_px = 950, .qty = 300},
     100,
     1000,
     {{940, 950, STOP, 100}}},
    // EXE-18: from +0.5 % on, 0.2 % from the best price: 1010 * 0.002 = 2.02, down: 2.
    {"a trailing stop waits for its activation, follows the best price and never goes back",
     {.side = LONG, .trail_from_px = 1005, .trail_ppm = 2000},
     100,
     1000,
     {{1004, 0, NOTHING, 0},
      {990, 0, NOTHING, 0},
      {1005, 1003, NOTHING, 0},
      {1010, 1008, NOTHING, 0},
      {1009, 1008, NOTHING, 0},
      {1008, 1008, TRAIL, 100}}},
    {"a trailing stop by price of a short position, active at once",
     {.side = SHORT, .trail_px = 30},
     40,
     1000,
     {{1000, 1030, NOTHING, 0},
      {970, 1000, NOTHING, 0},
      {999, 1000, NOTHING, 0},
      {960, 990, NOTHING, 0},
      {991, 990, TRAIL, 40}}},
    {"a fixed stop holds until the trailing one is better",
     {.side = LONG, .stop_px = 980, .trail_px = 50},
     100,
     1000,
     {{1000, 980, NOTHING, 0},
      {1029, 980, NOTHING, 0},
      {1031, 981, NOTHING, 0},
      {981, 981, TRAIL, 100}}},
    {"a fixed stop that was never passed fires as one",
     {.side = LONG, .stop_px = 980, .trail_px = 50},
     100,
     1000,
     {{1000, 980, NOTHING, 0}, {980, 980, STOP, 100}}},
    // EXE-19: at +0.25 % profit the stop moves to the entry: 1000 * 0.0025 = 2.5, up: 3.
    {"break-even moves the stop to the entry once",
     {.side = LONG, .stop_px = 950, .even_ppm = 2500},
     100,
     1000,
     {{1002, 950, NOTHING, 0},
      {1003, 1000, NOTHING, 0},
      {1001, 1000, NOTHING, 0},
      {1000, 1000, EVEN, 100}}},
    {"break-even with an offset, of a short position",
     {.side = SHORT, .stop_px = 1050, .even_px = 20, .even_offset_px = 5},
     100,
     1000,
     {{981, 1050, NOTHING, 0}, {980, 995, NOTHING, 0}, {995, 995, EVEN, 100}}},
    {"break-even on the losing side of the entry",
     {.side = LONG, .even_px = 20, .even_offset_px = -5},
     100,
     1000,
     {{1019, 0, NOTHING, 0}, {1020, 995, NOTHING, 0}, {995, 995, EVEN, 100}}},
    {"break-even counts from the plan's own entry, where it names one",
     {.side = LONG, .even_px = 20, .entry_px = 900},
     100,
     1000,
     {{919, 0, NOTHING, 0}, {920, 900, NOTHING, 0}, {900, 900, EVEN, 100}}},
    {"break-even never lowers a stop that trails above the entry",
     {.side = LONG, .trail_px = 10, .even_px = 100},
     100,
     1000,
     {{1050, 1040, NOTHING, 0}, {1100, 1090, NOTHING, 0}, {1090, 1090, TRAIL, 100}}},
    {"without an entry there is no break-even",
     {.side = LONG, .even_px = 20},
     100,
     0,
     {{2000, 0, NOTHING, 0}}},
    {"a target fires at its price, a share of what is held",
     {.side = LONG, .take_px = {1100}, .take_ppm = {250000}},
     100,
     1000,
     {{1099, 0, NOTHING, 0}, {1100, 0, TAKE, 25}, {1200, 0, NOTHING, 25}}},
    {"a target of a short position",
     {.side = SHORT, .take_px = {900}, .take_ppm = {1000000}},
     7,
     1000,
     {{901, 0, NOTHING, 0}, {900, 0, TAKE, 7}}},
    // EXE-21: half at the first, half at the second.
    {"two targets at two prices close it whole",
     {.side = LONG, .take_px = {1010, 1020}, .take_ppm = {500000, 500000}},
     100,
     1000,
     {{1010, 0, TAKE, 50}, {1015, 0, NOTHING, 50}, {1020, 0, TAKE, 100}}},
    {"two targets that one price reaches fire one behind the other",
     {.side = LONG, .take_px = {1010, 1020}, .take_ppm = {300000, 200000}},
     100,
     1000,
     {{1025, 0, TAKE, 30}, {0}}},
    {"a share of nothing said is all that is left",
     {.side = LONG, .stop_px = 900, .take_px = {1010, 1020}, .take_ppm = {300000, 0}},
     10,
     1000,
     {{1010, 900, TAKE, 3}, {1020, 900, TAKE, 10}}},
    {"behind a target the stop closes the rest",
     {.side = LONG, .stop_px = 990, .take_px = {1010}, .take_ppm = {400000}},
     100,
     1000,
     {{1010, 990, TAKE, 40}, {989, 990, STOP, 100}}},
};

static struct exit_plan open_plan(const struct agon_exit_plan *plan, agon_qty_t held_qty)
{
    struct agon_exit_plan named = *plan;
    struct exit_plan exit;

    named.instrument = 1;
    ck_assert(exit_is_sane(&named) && !exit_is_end(&named));
    exit_open(&exit, &named, 1);
    ck_assert_uint_eq(exit.state, AGON_EXIT_WAITING);
    ck_assert_int_eq(exit_hold(&exit, held_qty), held_qty > 0 ? EXIT_ARMS : EXIT_SAME);
    return exit;
}

START_TEST(walks_of_prices_fire_what_they_shall)
{
    const struct walk *walk = &walks[_i];
    struct exit_plan exit = open_plan(&walk->plan, walk->held_qty);

    for (int i = 0; i < STEPS && walk->steps[i].px != 0; i++) {
        const struct walk_step *step = &walk->steps[i];
        agon_ns_t t = T0 + i;
        unsigned did = exit_look(&exit, step->px, walk->entry_px, t);
        uint8_t take;
        agon_px_t px;
        uint8_t cause = exit_due(&exit, t, &take, &px);

        ck_assert_msg(cause == step->cause, "%s: step %d: cause %u", walk->name, i, cause);
        ck_assert_msg(((did & EXIT_IS_DUE) != 0) == (cause != 0), "%s: step %d", walk->name, i);
        ck_assert_msg(exit.stop_px == step->stop_px, "%s: step %d: the stop stands at %lld",
                      walk->name, i, (long long)exit.stop_px);
        if (cause != 0) {
            ck_assert_int_eq(px, step->px);
            ck_assert_int_eq(exit_next(&exit), t);
            // What is due is latched: no price changes it until it has fired.
            ck_assert_uint_eq(exit_look(&exit, 1000, walk->entry_px, t + 1), 0);
            exit_fire(&exit, cause, take);
        }
        ck_assert_msg(exit_wants(&exit) == step->qty, "%s: step %d: wants %lld", walk->name, i,
                      (long long)exit_wants(&exit));
    }
}
END_TEST

START_TEST(targets_of_one_price_add_up_and_each_fires_once)
{
    struct agon_exit_plan plan = {.side = LONG,
                                  .stop_px = 900,
                                  .take_px = {1010, 1020, 1030},
                                  .take_ppm = {300000, 200000, 500000}};
    struct exit_plan exit = open_plan(&plan, 100);
    uint8_t take;
    agon_px_t px;

    ck_assert_uint_eq(exit_look(&exit, 1025, 1000, T0), EXIT_IS_DUE);
    ck_assert_uint_eq(exit_due(&exit, T0, &take, &px), TAKE);
    ck_assert_uint_eq(take, 0);
    exit_fire(&exit, TAKE, take);
    ck_assert_int_eq(exit_wants(&exit), 30);
    ck_assert_uint_eq(exit_due(&exit, T0, &take, &px), TAKE);
    ck_assert_uint_eq(take, 1);
    exit_fire(&exit, TAKE, take);
    ck_assert_int_eq(exit_wants(&exit), 50); // 30, and 200000 of the 700000 left of 70
    ck_assert_uint_eq(exit_look(&exit, 1025, 1000, T0), 0);
    exit_filled(&exit, 50);
    exit_hold(&exit, 50);
    ck_assert_int_eq(exit_wants(&exit), 0);
    ck_assert(!exit_is_done(&exit));
    ck_assert_uint_eq(exit_look(&exit, 1030, 1000, T0), EXIT_IS_DUE);
    exit_fire(&exit, TAKE, 2);
    ck_assert_int_eq(exit_wants(&exit), 50);
    exit_filled(&exit, 50);
    ck_assert_int_eq(exit_hold(&exit, 0), EXIT_OVER);
    ck_assert(exit_is_done(&exit));
}
END_TEST

// Fills in parts, a plugin that sells itself, one that buys more: the plan never wants more than is
// held.
START_TEST(a_position_that_changes_keeps_the_plan_true)
{
    struct agon_exit_plan plan = {.side = LONG, .stop_px = 900};
    struct exit_plan exit = open_plan(&plan, 0);

    ck_assert_uint_eq(exit_look(&exit, 800, 1000, T0), 0); // it waits: there is nothing to leave
    ck_assert_int_eq(exit_hold(&exit, 40), EXIT_ARMS);
    ck_assert_int_eq(exit_hold(&exit, 100), EXIT_SAME);
    ck_assert_int_eq(exit_left(&exit), 100);
    ck_assert_uint_eq(exit_look(&exit, 900, 1000, T0), EXIT_IS_DUE);
    exit_fire(&exit, STOP, 0);
    exit_filled(&exit, 30);
    exit_hold(&exit, 70);
    ck_assert_int_eq(exit_wants(&exit), 70);
    exit_hold(&exit, 20); // the rest went otherwise
    ck_assert_int_eq(exit_wants(&exit), 20);
    exit_hold(&exit, 25); // an order that was under way filled late
    ck_assert_int_eq(exit_wants(&exit), 25);
    exit_filled(&exit, 25);
    ck_assert_int_eq(exit_hold(&exit, 0), EXIT_OVER);

    plan.qty = 50;
    plan.take_px[0] = 1100;
    plan.take_ppm[0] = 500000;
    exit = open_plan(&plan, 80);
    ck_assert_int_eq(exit_left(&exit), 50);
    ck_assert_uint_eq(exit_look(&exit, 1100, 1000, T0), EXIT_IS_DUE);
    exit_fire(&exit, TAKE, 0);
    ck_assert_int_eq(exit_wants(&exit), 25);
    exit_hold(&exit, 10);
    ck_assert_int_eq(exit_wants(&exit), 10);
    exit_filled(&exit, 10);
    ck_assert_int_eq(exit_hold(&exit, 200), EXIT_SAME); // bought again: 40 of the 50 are the plan's
    ck_assert_int_eq(exit_left(&exit), 40);
    ck_assert_int_eq(exit_wants(&exit), 0);
    ck_assert_uint_eq(exit_look(&exit, 890, 1000, T0), EXIT_IS_DUE);
    exit_fire(&exit, STOP, 0);
    ck_assert_int_eq(exit_wants(&exit), 40);
    exit_filled(&exit, 40);
    exit_hold(&exit, 160);
    ck_assert(exit_is_done(&exit)); // though the slot holds more
}
END_TEST

START_TEST(time_comes_once_and_a_stop_before_it_wins)
{
    struct agon_exit_plan plan = {.side = LONG, .t_exit = T0 + 10};
    struct exit_plan exit = open_plan(&plan, 100);
    uint8_t take;
    agon_px_t px;

    ck_assert_int_eq(exit_next(&exit), T0 + 10);
    ck_assert_uint_eq(exit_due(&exit, T0 + 9, &take, &px), NOTHING);
    ck_assert_uint_eq(exit_due(&exit, T0 + 10, &take, &px), TIME);
    exit_fire(&exit, TIME, 0);
    ck_assert_int_eq(exit_wants(&exit), 100);
    ck_assert_int_eq(exit_next(&exit), INT64_MAX);
    plan.stop_px = 900;
    exit = open_plan(&plan, 100);
    ck_assert_uint_eq(exit_look(&exit, 900, 1000, T0 + 3), EXIT_IS_DUE);
    ck_assert_uint_eq(exit_due(&exit, T0 + 20, &take, &px), STOP);
    exit_fire(&exit, STOP, 0);
    ck_assert_int_eq(exit_next(&exit), INT64_MAX);
}
END_TEST

static const struct {
    const char *why;
    struct agon_exit_plan plan;
} insane[] = {
    {"no side", {.instrument = 1, .stop_px = 5}},
    {"a side that is none", {.instrument = 1, .side = 3, .stop_px = 5}},
    {"no instrument", {.side = LONG, .stop_px = 5}},
    {"a price below 0", {.instrument = 1, .side = LONG, .stop_px = -5}},
    {"a target below 0", {.instrument = 1, .side = LONG, .take_px = {-5}}},
    {"a share without a target", {.instrument = 1, .side = LONG, .stop_px = 5, .take_ppm = {1}}},
    {"shares of more than all",
     {.instrument = 1, .side = LONG, .take_px = {5, 6}, .take_ppm = {900000, 100001}}},
    {"two distances", {.instrument = 1, .side = LONG, .trail_px = 5, .trail_ppm = 5}},
    {"a distance of all", {.instrument = 1, .side = LONG, .trail_ppm = 1000000}},
    {"two profits", {.instrument = 1, .side = LONG, .even_px = 5, .even_ppm = 5}},
    {"an activation of nothing", {.instrument = 1, .side = LONG, .stop_px = 5, .trail_from_px = 6}},
    {"an offset of nothing", {.instrument = 1, .side = LONG, .stop_px = 5, .even_offset_px = 6}},
    {"an entry of nothing", {.instrument = 1, .side = LONG, .stop_px = 5, .entry_px = 6}},
    {"a stop beyond the price that moves it",
     {.instrument = 1, .side = LONG, .even_px = 5, .even_offset_px = 5}},
    {"a price to look at that is none", {.instrument = 1, .side = LONG, .stop_px = 5, .watch = 3}},
    {"a quantity below 0", {.instrument = 1, .side = LONG, .stop_px = 5, .qty = -1}},
    {"a time below 0", {.instrument = 1, .side = LONG, .t_exit = -1}},
    {"the least number",
     {.instrument = 1, .side = LONG, .even_px = 5, .even_offset_px = INT64_MIN}},
    {"padding", {.instrument = 1, .side = LONG, .stop_px = 5, .pad = {[6] = 1}}},
};

/* Where on the way something comes due: nearest first, where it starts if it is due already. */
START_TEST(reach_says_where_on_the_way_something_comes_due)
{
    static const struct {
        struct agon_exit_plan plan;
        agon_px_t start_px, from_px, to_px, px;
    } cases[] = {
        {{.side = LONG, .stop_px = 950, .take_px = {1050, 1020}}, 1000, 1000, 940, 950},
        {{.side = LONG, .stop_px = 950, .take_px = {1050, 1020}}, 1000, 1000, 950, 950},
        {{.side = LONG, .stop_px = 950, .take_px = {1050, 1020}}, 1000, 1000, 951, 0},
        {{.side = LONG, .stop_px = 950, .take_px = {1050, 1020}}, 1000, 1000, 1060, 1020},
        {{.side = LONG, .stop_px = 950, .take_px = {1050, 1020}}, 1000, 1000, 1019, 0},
        {{.side = LONG, .stop_px = 950}, 1000, 940, 990, 940},
        {{.side = LONG, .take_px = {1020}}, 1000, 1030, 990, 1030},
        {{.side = LONG, .trail_px = 30}, 1000, 1000, 960, 970},
        {{.side = LONG, .trail_px = 30}, 1000, 1000, 1100, 0}, // it follows
        {{.side = SHORT, .stop_px = 1050, .take_px = {980}}, 1000, 1000, 1060, 1050},
        {{.side = SHORT, .stop_px = 1050, .take_px = {980}}, 1000, 1000, 970, 980},
        {{.side = SHORT, .trail_px = 30}, 1000, 1000, 1040, 1030},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct exit_plan exit;

        exit_open(&exit, &cases[i].plan, 1);
        ck_assert_int_eq(exit_reach(&exit, cases[i].from_px, cases[i].to_px), 0); // no position
        exit_hold(&exit, 100);
        exit.is_young = 1;
        ck_assert_uint_eq(exit_look(&exit, 1, 1000, T0), 0);
        ck_assert_int_eq(exit_reach(&exit, cases[i].from_px, cases[i].to_px), 0);
        exit.is_young = 0;
        exit_look(&exit, cases[i].start_px, 1000, T0);
        ck_assert_msg(exit_reach(&exit, cases[i].from_px, cases[i].to_px) == cases[i].px,
                      "case %zu: %lld", i,
                      (long long)exit_reach(&exit, cases[i].from_px, cases[i].to_px));
        if (cases[i].px != 0)
            ck_assert_uint_ne(exit_look(&exit, cases[i].px, 1000, T0) & EXIT_IS_DUE, 0);
    }
}
END_TEST

START_TEST(a_time_comes_at_the_end_that_is_told)
{
    struct agon_exit_plan plan = {.side = LONG, .t_exit = T0 + 5};
    struct exit_plan exit;
    agon_px_t px;
    uint8_t take;

    exit_open(&exit, &plan, 1);
    ck_assert_uint_eq(exit_time(&exit, T0 + 9, 990, T0 + 9), 0); // no position
    exit_hold(&exit, 100);
    ck_assert_uint_eq(exit_time(&exit, T0 + 4, 990, T0 + 9), 0);
    ck_assert_uint_eq(exit_time(&exit, T0 + 5, 990, T0 + 9), EXIT_IS_DUE);
    ck_assert_int_eq(exit_next(&exit), T0 + 9);
    ck_assert_uint_eq(exit_due(&exit, T0 + 9, &take, &px), TIME);
    ck_assert_int_eq(px, 990);
    exit_fire(&exit, TIME, 0);
    ck_assert_int_eq(exit_wants(&exit), 100);
}
END_TEST

START_TEST(what_can_mean_nothing_is_no_plan)
{
    struct agon_exit_plan end = {.instrument = 1, .client_ref = 7};

    ck_assert_msg(!exit_is_sane(&insane[_i].plan), "%s", insane[_i].why);
    ck_assert(exit_is_sane(&end) && exit_is_end(&end));
}
END_TEST

START_TEST(numbers_at_the_ends_do_not_wrap)
{
    struct agon_exit_plan plan = {.side = SHORT,
                                  .even_px = INT64_MAX,
                                  .even_offset_px = -INT64_MAX,
                                  .entry_px = INT64_MAX,
                                  .trail_px = INT64_MAX,
                                  .take_px = {1},
                                  .take_ppm = {500000}};
    struct exit_plan exit = open_plan(&plan, INT64_MAX);

    ck_assert_uint_eq(exit_look(&exit, INT64_MAX, 1, T0), 0);
    ck_assert_uint_eq(exit_look(&exit, 1, INT64_MAX, T0), EXIT_IS_DUE);
    exit_fire(&exit, TAKE, 0);
    ck_assert_int_eq(exit_wants(&exit), INT64_MAX / 2);
    exit_filled(&exit, INT64_MAX);
    ck_assert_int_eq(exit_wants(&exit), 0);
}
END_TEST

START_TEST(a_saved_plan_is_the_same_and_a_damaged_one_is_none)
{
    struct agon_exit_plan plan = {.side = LONG,
                                  .stop_px = 950,
                                  .trail_px = 7,
                                  .take_px = {1010, 1020},
                                  .take_ppm = {300000, 200000},
                                  .t_exit = 77};
    struct exit_plan exit = open_plan(&plan, 100);
    struct exit_plan again;
    unsigned char bytes[512];
    struct enc enc = {.at = bytes, .room = sizeof(bytes)};
    struct dec dec;

    ck_assert_uint_eq(exit_look(&exit, 1011, 1000, T0), EXIT_IS_DUE);
    exit_save(&exit, &enc);
    ck_assert_uint_le(enc.used, sizeof(bytes));
    dec = (struct dec){.at = bytes, .n = enc.used};
    exit_load(&again, &dec);
    ck_assert(dec_is_ok(&dec) && dec.used == enc.used);
    ck_assert_mem_eq(&exit, &again, sizeof(exit));
    bytes[6] = 9; // the side
    dec = (struct dec){.at = bytes, .n = enc.used};
    exit_load(&again, &dec);
    ck_assert(!dec_is_ok(&dec));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("exec_exit");
    TCase *tcase = tcase_create("exits");
    SRunner *runner;
    int n_failed;

    tcase_add_loop_test(tcase, walks_of_prices_fire_what_they_shall, 0,
                        (int)(sizeof(walks) / sizeof(walks[0])));
    tcase_add_test(tcase, targets_of_one_price_add_up_and_each_fires_once);
    tcase_add_test(tcase, a_position_that_changes_keeps_the_plan_true);
    tcase_add_test(tcase, time_comes_once_and_a_stop_before_it_wins);
    tcase_add_test(tcase, reach_says_where_on_the_way_something_comes_due);
    tcase_add_test(tcase, a_time_comes_at_the_end_that_is_told);
    tcase_add_loop_test(tcase, what_can_mean_nothing_is_no_plan, 0,
                        (int)(sizeof(insane) / sizeof(insane[0])));
    tcase_add_test(tcase, numbers_at_the_ends_do_not_wrap);
    tcase_add_test(tcase, a_saved_plan_is_the_same_and_a_damaged_one_is_none);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
