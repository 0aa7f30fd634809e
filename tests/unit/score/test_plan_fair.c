// SPDX-License-Identifier: Apache-2.0
/* plan, edition 2: small tournaments worked out by hand: who is not judged, ties, steps up and
 * down, the floor and the way back to it, and gates that are not judged yet. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "score/plan.h"

#define WEEK_NS ((int64_t)7 * 86400 * 1000000000)

static union plan_event event;
static struct record_plan *const plan = &event.plan;
static struct tournament_rules begins_with;

/* Shares of 50 and 30 %, the rest of 20 % for all others; an increase of 10, a decrease of 20, a
 * floor of 2 and a hysteresis of 1 %; nobody has a pool. */
static void begin(void)
{
    memset(&event, 0, sizeof(event));
    plan_defaults(&begins_with);
    rules_clear_gates(&begins_with);
    for (uint32_t i = RECORD_MEASURES; i < MEASURES; i++)
        rules_set_weight(&begins_with, i, 0.0);
    begins_with.n_shares = 2;
    begins_with.shares_ppm[0] = 500000;
    begins_with.shares_ppm[1] = 300000;
    begins_with.rest_ppm = 200000;
    rules_set_setting(&begins_with, SETTING_FLOOR, 0.02);
    rules_set_setting(&begins_with, SETTING_EVIDENCE, 0.0);
}

static void take(void)
{
    plan_take_rules(&event, &begins_with);
    plan->hdr.t = 3 * WEEK_NS;
    plan->t_since = 2 * WEEK_NS;
}

/* A slot whose every measure is value: the drawdown the less the better. */
static struct plan_line *add(double value, agon_amt_t equity_amt)
{
    uint16_t slot = plan->n_lines;
    struct plan_line *line = &plan_lines(plan)[plan->n_lines++];

    snprintf(line->name, sizeof(line->name), "slot_%u", slot);
    line->slot = slot;
    line->defined = (1u << RECORD_MEASURES) - 1;
    for (int i = 0; i < RECORD_MEASURES; i++)
        line->measures[i] = i == MEASURE_DRAWDOWN ? 0.5 - value / 100.0 : value;
    line->n_samples = 168;
    plan_note(&event, line, SETTING_MIN_TRADES, 20.0);
    line->equity_amt = line->parts[0].free_amt = line->capital_before_amt = equity_amt;
    line->n_accounts = 1;
    return line;
}

static void make(agon_amt_t pool_amt)
{
    agon_amt_t before_amt = pool_amt;
    agon_amt_t after_amt = 0;

    plan->pools[0].before_amt = plan->pools[0].at_hand_amt = pool_amt;
    for (uint32_t i = 0; i < plan->n_lines; i++)
        before_amt += plan_lines(plan)[i].capital_before_amt;
    plan_make(&event);
    for (uint32_t i = 0; i < plan->n_lines; i++)
        after_amt += plan_lines(plan)[i].capital_after_amt;
    ck_assert_int_eq(before_amt, after_amt + plan->pools[0].after_amt);
    ck_assert_int_ge(plan->pools[0].after_amt, 0);
}

START_TEST(equal_scores_share_alike)
{
    struct plan_line *a, *b, *c;

    begin();
    rules_set_setting(&begins_with, SETTING_INCREASE, 10.0);
    rules_set_setting(&begins_with, SETTING_DECREASE, 1.0);
    take();
    a = add(1.0, 1000);
    b = add(1.0, 1000);
    c = add(0.5, 1000);
    make(0);
    ck_assert_uint_eq(a->rank, 1);
    ck_assert_uint_eq(b->rank, 1);
    ck_assert_uint_eq(c->rank, 3);
    ck_assert_uint_eq(a->share_ppm, 400000); // the mean of 50 and 30 %
    ck_assert_uint_eq(b->share_ppm, 400000);
    ck_assert_uint_eq(c->share_ppm, 200000);
    ck_assert_int_eq(a->capital_after_amt, 1200);
    ck_assert_int_eq(b->capital_after_amt, 1200);
    ck_assert_int_eq(c->capital_after_amt, 600);
}
END_TEST

/* 0.1 and 0.2 of two measures are 0.3 of a third, and 0.30000000000000004 as doubles. */
START_TEST(scores_that_differ_by_their_rounding_are_equal)
{
    for (int edition = 3; edition <= 4; edition++) {
        struct plan_line *b, *a;

        begin();
        rules_set_setting(&begins_with, SETTING_EDITION, edition);
        for (uint32_t i = 0; i < RECORD_MEASURES; i++)
            rules_set_weight(&begins_with, i, 0.0);
        rules_set_weight(&begins_with, MEASURE_SHARPE, 0.1);
        rules_set_weight(&begins_with, MEASURE_CALMAR, 0.2);
        rules_set_weight(&begins_with, MEASURE_WIN_RATE, 0.3);
        take();
        b = add(1.0, 1000);
        a = add(1.0, 1000);
        a->measures[MEASURE_SHARPE] = a->measures[MEASURE_CALMAR] = 2.0;
        b->measures[MEASURE_WIN_RATE] = 2.0;
        make(0);
        ck_assert(a->score > b->score && a->score - b->score < 1e-15);
        ck_assert_uint_eq(a->rank, 1);
        ck_assert_uint_eq(b->rank, edition == 3 ? 2 : 1);
        ck_assert_uint_eq(b->share_ppm, edition == 3 ? 300000 : 400000);
    }
}
END_TEST

START_TEST(two_hundred_and_fifty_six_have_ranks_of_their_own)
{
    begin();
    take();
    for (uint32_t i = 0; i < PLAN_LINES_MAX; i++)
        (void)add((double)i / 8.0, 1000);
    make(0);
    for (uint32_t i = 0; i < PLAN_LINES_MAX; i++)
        ck_assert_uint_eq(plan_rank(&plan_lines(plan)[i]), PLAN_LINES_MAX - i);
}
END_TEST

START_TEST(who_has_not_traded_enough_keeps_what_it_has)
{
    struct plan_line *a, *idle, *new;

    begin();
    take();
    a = add(1.0, 1000);
    idle = add(50.0, 1000);
    plan_note(&event, idle, SETTING_MIN_TRADES, 4.0); // 5 are asked for
    new = add(60.0, 1000);
    new->n_samples = 23; // and 24 of these
    make(5000);
    ck_assert_uint_eq(a->verdict, PLAN_RANKED);
    ck_assert_uint_eq(idle->verdict, PLAN_IDLE);
    ck_assert_uint_eq(new->verdict, PLAN_TOO_NEW);
    ck_assert_int_eq(idle->capital_after_amt, 1000);
    ck_assert_int_eq(new->capital_after_amt, 1000);
    ck_assert(idle->score == 0.0);
    ck_assert(a->score == 1.0); // they are not compared with
}
END_TEST

START_TEST(who_crashed_steps_down_and_is_given_nothing_for_a_while)
{
    struct plan_line *a, *fresh, *rests;

    begin();
    take();
    a = add(1.0, 1000);
    fresh = add(50.0, 1000);
    fresh->verdict = PLAN_FAULTY;
    fresh->flags = PLAN_FAULT_NOW;
    plan_note(&event, fresh, SETTING_FAULT_REST, 4.0);
    rests = add(60.0, 1000);
    rests->verdict = PLAN_FAULTY;
    plan_note(&event, rests, SETTING_FAULT_REST, 1.0);
    make(0);
    ck_assert_uint_eq(a->rank, 1);
    ck_assert_uint_eq(fresh->rank, 0);
    ck_assert_int_eq(fresh->capital_after_amt, 800);
    ck_assert_int_eq(rests->capital_after_amt, 1000);
    // Half of 1,000 is a's share: it is reduced by no more than a step.
    ck_assert_int_eq(a->capital_after_amt, 800);
    ck_assert_uint_eq(a->flags, PLAN_DECREASE_BOUND);
}
END_TEST

START_TEST(a_failed_gate_is_a_step_and_not_the_end)
{
    struct plan_line *good, *bad;

    begin();
    rules_set_gate(&begins_with, GATE_DRAWDOWN, 0.49);
    take();
    good = add(2.0, 1000); // a drawdown of 48 %
    bad = add(0.5, 1000);
    make(0);
    ck_assert_uint_eq(good->verdict, PLAN_RANKED);
    ck_assert_uint_eq(bad->verdict, PLAN_UNDER_GATE);
    ck_assert_uint_eq(bad->failures, 1);
    ck_assert_int_eq(bad->target_amt, 800);
    // Three in a row, as rules preset, and it goes.
    bad->failures = 2;
    bad->verdict = good->verdict = 0;
    bad->parts[0].change_amt = good->parts[0].change_amt = 0;
    make(0);
    ck_assert_uint_eq(bad->verdict, PLAN_UNLOADED);
    ck_assert_int_eq(bad->target_amt, 0);
}
END_TEST

START_TEST(one_tournament_moves_a_step_up_and_a_step_down)
{
    struct plan_line *a, *b, *c;

    begin();
    take();
    a = add(3.0, 1000);
    b = add(2.0, 2000);
    c = add(1.0, 3000);
    make(0); // shares come to 3,000, 1,800 and 1,200 of 6,000
    ck_assert_int_eq(a->target_amt, 1100);
    ck_assert_uint_eq(a->flags, PLAN_INCREASE_BOUND);
    ck_assert_int_eq(b->target_amt, 1800);
    ck_assert_uint_eq(b->flags, 0);
    ck_assert_int_eq(c->target_amt, 2400);
    ck_assert_uint_eq(c->flags, PLAN_DECREASE_BOUND);
    ck_assert_int_eq(plan->pools[0].after_amt, 700);
}
END_TEST

START_TEST(a_small_change_is_not_made)
{
    struct plan_line *a, *b;

    begin();
    begins_with.shares_ppm[0] = 504000;
    begins_with.shares_ppm[1] = 480000;
    begins_with.rest_ppm = 0;
    take();
    a = add(3.0, 10000);
    b = add(2.0, 10000);
    make(0); // 10,080 and 9,600
    ck_assert_int_eq(a->target_amt, 10000);
    ck_assert_uint_eq(a->flags, PLAN_STILL);
    ck_assert_int_eq(b->target_amt, 9600);
}
END_TEST

START_TEST(what_may_be_chance_moves_nothing)
{
    static const double ts[] = {2.0, 1.9, -1.9, -2.0};
    static const agon_amt_t targets[] = {1100, 1000, 1000, 800};
    struct plan_line *lines[4], *poor, *silent;

    begin();
    begins_with.n_shares = 3;
    begins_with.shares_ppm[2] = 0;
    begins_with.rest_ppm = 0;
    begins_with.shares_ppm[0] = begins_with.shares_ppm[1] = 500000;
    rules_set_setting(&begins_with, SETTING_EVIDENCE, 2.0);
    take();
    for (int i = 0; i < 4; i++) { // two that are to get more, two that are to get nothing
        lines[i] = add(10.0 - i, 1000);
        plan_note(&event, lines[i], SETTING_EVIDENCE, ts[i]);
    }
    silent = add(1.0, 1000); // it never moved, and has no t
    poor = add(0.5, 10);
    plan_note(&event, poor, SETTING_EVIDENCE, 0.0);
    make(5000);
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(lines[i]->target_amt, targets[i]);
        ck_assert_int_eq((lines[i]->flags & PLAN_BY_CHANCE) != 0, i == 1 || i == 2);
        ck_assert_int_eq((lines[i]->flags & (PLAN_INCREASE_BOUND | PLAN_DECREASE_BOUND)) != 0,
                         i == 0 || i == 3);
    }
    ck_assert_int_eq(silent->target_amt, 1000);
    ck_assert_int_eq(poor->target_amt, 10); // nothing is to be taken of it
}
END_TEST

START_TEST(who_is_below_the_floor_needs_no_evidence_to_come_back_to_it)
{
    struct plan_line *poor;

    begin();
    rules_set_setting(&begins_with, SETTING_EVIDENCE, 2.0);
    take();
    poor = add(3.0, 10); // the first, and its share is half of all
    (void)add(1.0, 9990);
    make(0);
    ck_assert_int_eq(poor->target_amt, 200); // 2 % of 10,000
}
END_TEST

START_TEST(nobody_is_cut_below_the_floor_and_who_is_below_comes_back)
{
    struct plan_line *a, *b, *poor, *new, *faulty;

    begin();
    begins_with.rest_ppm = 0;
    take();
    a = add(3.0, 5000);
    b = add(2.0, 4890);
    poor = add(1.0, 210); // its share is 0, and the floor 2 % of 10,100 and the pool
    new = add(0.0, 0);
    new->n_samples = 0;
    plan_note(&event, new, SETTING_BACK_AFTER, 1.0);
    faulty = add(0.0, 10);
    faulty->verdict = PLAN_FAULTY;
    plan_note(&event, faulty, SETTING_BACK_AFTER, 1.0);
    make(0);
    ck_assert_int_eq(poor->target_amt, 202);
    ck_assert_uint_eq(poor->flags, PLAN_DECREASE_BOUND);
    ck_assert_uint_eq(new->verdict, PLAN_TOO_NEW);
    ck_assert_int_eq(new->target_amt, 202); // the second tournament of two
    ck_assert_uint_eq(new->flags &PLAN_BACK, PLAN_BACK);
    ck_assert(plan_noted(&event, new, SETTING_BACK_AFTER) == 0.0);
    ck_assert_int_eq(faulty->target_amt, 10); // it begins to wait anew
    ck_assert(plan_noted(&event, faulty, SETTING_BACK_AFTER) == 0.0);
    ck_assert_int_eq(a->target_amt, 5050);
    (void)b;
}
END_TEST

START_TEST(the_first_tournament_below_the_floor_is_only_counted)
{
    struct plan_line *new;

    begin();
    take();
    (void)add(3.0, 5000);
    new = add(0.0, 0);
    new->n_samples = 0;
    make(0);
    ck_assert_int_eq(new->target_amt, 0);
    ck_assert(plan_noted(&event, new, SETTING_BACK_AFTER) == 1.0);
}
END_TEST

// Equity from sample to sample, one every hour or every day.
static struct window_figures walk(struct window *window, uint32_t n, double up)
{
    double equity = 1e12;

    window_start(window, (int64_t)equity);
    for (uint32_t i = 0; i < n; i++) {
        equity *= 1.0 + up + (i % 2 == 0 ? 0.01 : -0.01);
        window_sample(window, (int64_t)equity);
    }
    return window_figures(window, WINDOW_MAX, 86400);
}

START_TEST(a_gate_of_a_year_waits_for_thirty_daily_samples)
{
    static struct window days, hours;
    struct window_figures of_days, figures;
    struct plan_line *line;
    struct plan_gate gate;

    begin();
    rules_set_gate(&begins_with, GATE_ANNUAL_SHARPE, 1.5);
    for (uint32_t n = 29; n <= 30; n++) {
        memset(&event, 0, sizeof(event));
        take();
        line = add(3.0, 1000);
        of_days = walk(&days, n, 0.01);
        figures = walk(&hours, 168, 0.001);
        figures.is_yearly = 0;
        figures.days = &of_days;
        plan_measure(&event, line, &figures);
        plan_note(&event, line, SETTING_MIN_TRADES, 20.0);
        make(5000);
        ck_assert_int_eq(plan_gate_of(&event, line, GATE_ANNUAL_SHARPE, &gate), 1);
        ck_assert_int_eq(gate.is_failed, 0);
        ck_assert_uint_eq(line->verdict, PLAN_RANKED);
        ck_assert_int_eq(gate.is_not_yet, n < 30);
        ck_assert_int_eq(line->capital_after_amt, n < 30 ? 1000 : 1100);
        ck_assert_uint_eq(line->flags & PLAN_NOT_YET, n < 30 ? PLAN_NOT_YET : 0);
    }
    // A mean of 0.01 over a deviation of about 0.01, of a year of 365 days.
    ck_assert(gate.value > 18.0 && gate.value < 20.0);
    // What is ranked by is not of a year: the mean of the hours over their deviation.
    ck_assert(line->measures[MEASURE_SHARPE] > 0.09 && line->measures[MEASURE_SHARPE] < 0.11);
    // Over 168 samples that is a t of about 1.3.
    {
        double t;

        ck_assert_int_eq(plan_value_of(&event, line, MEASURE_T_VALUE, &t), 0); // it has no weight
        ck_assert_int_eq(measure_t_value.of(&figures, &t), 1);
        ck_assert(t > 1.2 && t < 1.4);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plan_fair");
    TCase *tcase = tcase_create("plan_fair");
    SRunner *runner;
    int n_failed;

    tcase_add_test(tcase, equal_scores_share_alike);
    tcase_add_test(tcase, scores_that_differ_by_their_rounding_are_equal);
    tcase_add_test(tcase, two_hundred_and_fifty_six_have_ranks_of_their_own);
    tcase_add_test(tcase, who_has_not_traded_enough_keeps_what_it_has);
    tcase_add_test(tcase, who_crashed_steps_down_and_is_given_nothing_for_a_while);
    tcase_add_test(tcase, a_failed_gate_is_a_step_and_not_the_end);
    tcase_add_test(tcase, one_tournament_moves_a_step_up_and_a_step_down);
    tcase_add_test(tcase, a_small_change_is_not_made);
    tcase_add_test(tcase, what_may_be_chance_moves_nothing);
    tcase_add_test(tcase, who_is_below_the_floor_needs_no_evidence_to_come_back_to_it);
    tcase_add_test(tcase, nobody_is_cut_below_the_floor_and_who_is_below_comes_back);
    tcase_add_test(tcase, the_first_tournament_below_the_floor_is_only_counted);
    tcase_add_test(tcase, a_gate_of_a_year_waits_for_thirty_daily_samples);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
