// SPDX-License-Identifier: Apache-2.0
/* plan: small tournaments worked out by hand: points, ranks, gates, shares, and what is moved. */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "score/plan.h"

#define WEEK_NS ((int64_t)7 * 86400 * 1000000000)

static union plan_event event;
static struct record_plan *const plan = &event.plan;
static struct tournament_rules begins_with;

static void begin(void)
{
    memset(&event, 0, sizeof(event));
    plan_defaults(&begins_with);
    rules_clear_gates(&begins_with);
    rules_clear_more(&begins_with); // those alone that have a place: edition 1
    begins_with.failures = 1;
    plan_take_rules(&event, &begins_with);
    plan->hdr.t = 3 * WEEK_NS;
    plan->t_since = 2 * WEEK_NS;
}

/* A slot of 1,000 whose every measure is value: the drawdown the less the better. */
static struct plan_line *add(uint16_t slot, double value)
{
    struct plan_line *line = &plan_lines(plan)[plan->n_lines++];

    snprintf(line->name, sizeof(line->name), "slot_%u", slot);
    line->slot = slot;
    line->defined = (1u << RECORD_MEASURES) - 1;
    for (int i = 0; i < RECORD_MEASURES; i++)
        line->measures[i] = i == MEASURE_DRAWDOWN ? 0.5 - value / 100.0 : value;
    line->n_samples = 168;
    line->equity_amt = line->parts[0].free_amt = line->capital_before_amt = 1000;
    line->n_accounts = 1;
    return line;
}

static void undefine(struct plan_line *line, int measure)
{
    line->defined &= (uint8_t) ~(1u << measure);
    line->measures[measure] = 0.0;
}

// What must hold of every plan: nothing is made and nothing is lost.
static void make(void)
{
    int64_t moved[ACCOUNTS_MAX] = {0};

    for (uint32_t i = 0; i < plan->n_lines; i++) { // as if it were the first time
        struct plan_line *line = &plan_lines(plan)[i];

        for (uint32_t k = 0; k < line->n_accounts; k++)
            line->parts[k].change_amt = 0;
    }
    plan_make(&event);
    for (uint32_t i = 0; i < plan->n_lines; i++) {
        const struct plan_line *line = &plan_lines(plan)[i];
        int64_t change_amt = 0;

        for (uint32_t k = 0; k < line->n_accounts; k++) {
            change_amt += line->parts[k].change_amt;
            moved[line->accounts[k]] += line->parts[k].change_amt;
            if (line->parts[k].change_amt < 0)
                ck_assert_int_le(-line->parts[k].change_amt, line->parts[k].free_amt);
        }
        ck_assert_int_eq(line->capital_after_amt, line->capital_before_amt + change_amt);
        ck_assert_int_ge(line->capital_after_amt, 0);
        ck_assert(line->score >= 0.0 && line->score <= 1.0);
    }
    for (uint32_t i = 0; i < ACCOUNTS_MAX; i++) {
        const struct plan_pool *pool = plan_pool_of(&event, i);

        ck_assert_int_eq(pool->before_amt, pool->after_amt + moved[i]);
        ck_assert_int_ge(pool->after_amt, 0);
    }
}

START_TEST(three_slots_get_the_first_three_shares_and_the_rest_is_kept)
{
    struct plan_line *a, *b, *c;

    begin();
    a = add(0, 1.0);
    b = add(1, 3.0);
    c = add(2, 2.0);
    make();
    ck_assert_uint_eq(b->rank, 1);
    ck_assert_uint_eq(c->rank, 2);
    ck_assert_uint_eq(a->rank, 3);
    ck_assert(b->score == 1.0 && c->score == 0.5 && a->score == 0.0);
    // 25, 20 and 18 % of 3,000 (TRN-05); 37 % stay in the pool (TRN-06).
    ck_assert_int_eq(b->capital_after_amt, 750);
    ck_assert_int_eq(c->capital_after_amt, 600);
    ck_assert_int_eq(a->capital_after_amt, 540);
    ck_assert_int_eq(plan->pools[0].after_amt, 1110);
    ck_assert_int_eq(plan_whole(&event), 3000);
    ck_assert(plan_points(&event, c, MEASURE_DRAWDOWN) == 0.5);
}
END_TEST

START_TEST(the_pool_is_shared_out_again)
{
    struct plan_line *a, *b;

    begin();
    a = add(0, 2.0);
    b = add(1, 1.0);
    plan->pools[0].before_amt = plan->pools[0].at_hand_amt = 8000;
    make();
    // 25 and 20 % of 10,000.
    ck_assert_int_eq(a->capital_after_amt, 2500);
    ck_assert_int_eq(b->capital_after_amt, 2000);
    ck_assert_int_eq(plan->pools[0].after_amt, 5500);
}
END_TEST

START_TEST(a_gain_counts_in_the_whole_and_capital_moves_by_the_difference)
{
    struct plan_line *a, *b;

    begin();
    plan->rules.shares_ppm[0] = 600000;
    plan->rules.shares_ppm[1] = 300000;
    plan->rules.n_shares = 2;
    a = add(0, 2.0);
    b = add(1, 1.0);
    a->equity_amt = a->parts[0].free_amt = 1500;
    b->equity_amt = b->parts[0].free_amt = 500;
    make();
    // 60 % of 2,000 is 1,200: 300 less than it has; 30 % is 600: 100 more.
    ck_assert_int_eq(a->target_amt, 1200);
    ck_assert_int_eq(a->capital_after_amt, 700);
    ck_assert_int_eq(b->capital_after_amt, 1100);
    ck_assert_int_eq(plan->pools[0].after_amt, 200);
}
END_TEST

START_TEST(what_is_in_positions_cannot_be_taken)
{
    struct plan_line *a, *b;

    begin();
    plan->rules.shares_ppm[0] = 800000;
    plan->rules.shares_ppm[1] = 200000;
    plan->rules.n_shares = 2;
    plan->rules.rest_ppm = 0;
    a = add(0, 2.0);
    b = add(1, 1.0);
    b->parts[0].free_amt = 150;
    make();
    // Aimed at 1,600 and 400; b gives back 150 of 600, and a gets those.
    ck_assert_int_eq(b->capital_after_amt, 850);
    ck_assert_uint_eq(b->flags, PLAN_CASH_SHORT);
    ck_assert_int_eq(a->capital_after_amt, 1150);
    ck_assert_uint_eq(a->flags, PLAN_POOL_SHORT);
    ck_assert_int_eq(plan->pools[0].after_amt, 0);
    // With debts it gives nothing, and gets nothing.
    begin();
    a = add(0, 2.0);
    b = add(1, 1.0);
    b->equity_amt = -50;
    b->parts[0].free_amt = -80;
    plan->rules.gates[MEASURE_SHARPE] = 1.5;
    plan->rules.gate_mask = 1u << MEASURE_SHARPE;
    make();
    ck_assert_int_eq(b->capital_after_amt, 1000);
    ck_assert_int_eq(a->capital_after_amt, 250);
}
END_TEST

START_TEST(a_pool_that_is_not_at_hand_is_not_given)
{
    struct plan_line *a;

    begin();
    a = add(0, 1.0);
    plan->pools[0].before_amt = 99000;
    plan->pools[0].at_hand_amt = 500; // somebody took money out of the account
    make();
    ck_assert_int_eq(a->target_amt, 25000);
    ck_assert_int_eq(a->capital_after_amt, 1500);
    ck_assert_uint_eq(a->flags, PLAN_POOL_SHORT);
}
END_TEST

START_TEST(ties_go_by_slot_and_the_rest_is_shared_alike)
{
    struct plan_line *lines[9];

    begin();
    for (uint16_t i = 0; i < 9; i++)
        lines[i] = add(i, 1.0);
    make();
    for (int i = 0; i < 9; i++) {
        ck_assert(lines[i]->score == 0.5);
        ck_assert_uint_eq(lines[i]->rank, (unsigned)i + 1);
    }
    ck_assert_uint_eq(lines[4]->share_ppm, 120000);
    for (int i = 5; i < 9; i++)
        ck_assert_uint_eq(lines[i]->share_ppm, 25000); // 10 % by four
    ck_assert_int_eq(lines[8]->capital_after_amt, 225);
}
END_TEST

START_TEST(the_undefined_counts_as_nothing)
{
    struct plan_line *a, *b, *c;

    begin();
    memset(plan->rules.weights, 0, sizeof(plan->rules.weights));
    plan->rules.weights[MEASURE_SHARPE] = 3.0;
    plan->rules.weights[MEASURE_WIN_RATE] = 1.0;
    a = add(0, -5.0);
    b = add(1, 1.0);
    c = add(2, 1.0);
    undefine(b, MEASURE_SHARPE);
    undefine(c, MEASURE_SHARPE);
    a->measures[MEASURE_WIN_RATE] = 0.1;
    undefine(b, MEASURE_WIN_RATE);
    make();
    // Sharpe: b and c tie before the loser a. Win rate: c before a before b, who closed nothing.
    ck_assert(a->score == (3.0 * 0.0 + 1.0 * 0.5) / 4.0);
    ck_assert(b->score == (3.0 * 0.75 + 1.0 * 0.0) / 4.0);
    ck_assert(c->score == (3.0 * 0.75 + 1.0 * 1.0) / 4.0);
    ck_assert_uint_eq(c->rank, 1);
    ck_assert_uint_eq(b->rank, 2);
    ck_assert_uint_eq(a->rank, 3);
}
END_TEST

START_TEST(a_gate_is_passed_on_the_right_side_of_its_value)
{
    static const struct {
        int measure;
        double at, passes, fails;
    } gates[] = {
        {MEASURE_SHARPE, 1.5, 1.5000001, 1.5},        {MEASURE_CALMAR, 2.0, 2.0000001, 2.0},
        {MEASURE_DRAWDOWN, 0.2, 0.1999999, 0.2},      {MEASURE_WIN_RATE, 0.52, 0.52, 0.5199999},
        {MEASURE_PROFIT_FACTOR, 1.3, 1.3000001, 1.3}, {MEASURE_VOL_RETURN, 0.0, 0.0000001, 0.0}};
    struct plan_line *good, *bad, *none;
    int measure = gates[_i].measure;

    begin();
    plan->rules.gates[measure] = gates[_i].at;
    plan->rules.gate_mask = 1u << measure;
    plan->rules.failures = 2;
    good = add(0, 1.0);
    bad = add(1, 1.0);
    none = add(2, 1.0);
    good->measures[measure] = gates[_i].passes;
    bad->measures[measure] = gates[_i].fails;
    undefine(none, measure);
    good->failures = 1;
    none->failures = 1; // once before
    make();
    ck_assert_uint_eq(good->verdict, PLAN_RANKED);
    ck_assert_uint_eq(good->failures, 0);
    ck_assert_int_eq(good->capital_after_amt, 750);
    ck_assert_uint_eq(bad->verdict, PLAN_UNDER_GATE);
    ck_assert_uint_eq(bad->failed, 1u << measure);
    ck_assert_uint_eq(bad->failures, 1);
    ck_assert_int_eq(bad->capital_after_amt, 0);
    ck_assert_uint_eq(none->verdict, PLAN_UNLOADED);
    ck_assert_uint_eq(none->failures, 2);
    ck_assert_uint_eq(none->rank, 0);
    ck_assert_int_eq(plan->pools[0].after_amt, 2250);
    plan->rules.failures = 0; // never
    bad->verdict = good->verdict = none->verdict = 0;
    bad->failures = 98;
    make();
    ck_assert_uint_eq(bad->verdict, PLAN_UNDER_GATE);
}
END_TEST

START_TEST(who_is_not_judged_keeps_what_it_has)
{
    struct plan_line *a, *fresh, *aside, *gone, *stuck;

    begin();
    a = add(0, 1.0);
    fresh = add(1, 9.0);
    fresh->n_samples = plan->rules.min_samples - 1;
    aside = add(2, 9.0);
    aside->verdict = PLAN_ASIDE;
    gone = add(3, 9.0);
    gone->verdict = PLAN_GONE;
    stuck = add(4, 9.0);
    stuck->verdict = PLAN_GONE;
    stuck->parts[0].free_amt = 400;
    make();
    ck_assert_uint_eq(a->rank, 1);
    ck_assert(a->score == 1.0); // alone
    ck_assert_uint_eq(fresh->verdict, PLAN_TOO_NEW);
    ck_assert_int_eq(fresh->capital_after_amt, 1000);
    ck_assert_int_eq(aside->capital_after_amt, 1000);
    ck_assert_int_eq(gone->capital_after_amt, 0); // HST-28: back to the pool
    ck_assert_int_eq(stuck->capital_after_amt, 600);
    ck_assert_uint_eq(stuck->flags, PLAN_CASH_SHORT);
    ck_assert_int_eq(a->capital_after_amt, 250);
    ck_assert_int_eq(plan->pools[0].after_amt, 750 + 1000 + 400);
}
END_TEST

START_TEST(bounded_shares_are_kellys_between_least_and_most)
{
    struct plan_line *a, *b, *c;

    begin();
    plan->rules.mode = TOURNAMENT_BOUNDED;
    a = add(0, 3.0);
    b = add(1, 2.0);
    c = add(2, 1.0);
    a->kelly = 40.0; // a quarter of it is far beyond
    b->kelly = 0.4;  // 10 %
    c->kelly = -1.0;
    make();
    ck_assert_uint_eq(a->share_ppm, 150000);
    ck_assert_uint_eq(a->flags & PLAN_CAPPED, PLAN_CAPPED);
    ck_assert_uint_eq(b->share_ppm, 100000);
    ck_assert_uint_eq(c->share_ppm, 50000);
    ck_assert_int_eq(a->capital_after_amt, 450);
    ck_assert_int_eq(b->capital_after_amt, 300);
    ck_assert_int_eq(c->capital_after_amt, 150);
    ck_assert_int_eq(plan->pools[0].after_amt, 2100);
}
END_TEST

START_TEST(nobody_grows_faster_than_ten_percent_a_week)
{
    struct plan_line *a;

    begin();
    plan->rules.mode = TOURNAMENT_BOUNDED;
    plan->rules.most_ppm = plan->rules.least_ppm = 500000;
    a = add(0, 1.0);
    plan->pools[0].before_amt = plan->pools[0].at_hand_amt = 9000;
    make();
    ck_assert_int_eq(a->target_amt, 1100); // TRN-17, and not 5,000
    ck_assert_uint_eq(a->flags & PLAN_GROWTH_BOUND, PLAN_GROWTH_BOUND);
    ck_assert_int_eq(a->capital_after_amt, 1100);
    a->verdict = 0;
    a->flags = 0;
    plan->hdr.t = plan->t_since + WEEK_NS / 2;
    make();
    ck_assert_int_eq(a->capital_after_amt, 1050);
    a->verdict = 0;
    a->flags = 0;
    plan->hdr.t = plan->t_since + 52 * WEEK_NS; // a year's leave is no leave to grow in one go
    make();
    ck_assert_int_eq(a->capital_after_amt, 1100);
}
END_TEST

START_TEST(more_than_all_is_scaled_down_alike)
{
    begin();
    plan->rules.mode = TOURNAMENT_BOUNDED;
    plan->rules.least_ppm = plan->rules.most_ppm = 400000;
    plan->rules.reserve_ppm = 100000;
    for (uint16_t i = 0; i < 5; i++)
        add(i, i);
    make();
    for (int i = 0; i < 5; i++) {
        ck_assert_uint_eq(plan_lines(plan)[i].share_ppm, 200000);
        ck_assert_int_eq(plan_lines(plan)[i].capital_after_amt, 900); // 10 % stay
    }
}
END_TEST

START_TEST(money_stays_on_its_account)
{
    struct plan_line *a, *b;

    begin();
    a = add(0, 1.0);
    b = add(1, 2.0);
    b->accounts[0] = 3;
    plan->pools[3].before_amt = plan->pools[3].at_hand_amt = 100;
    make();
    // One ranking: 25 and 20 % of 2,100.
    ck_assert_uint_eq(b->rank, 1);
    ck_assert_uint_eq(a->rank, 2);
    ck_assert_int_eq(b->capital_after_amt, 525);
    ck_assert_int_eq(a->capital_after_amt, 420);
    ck_assert_int_eq(plan->pools[0].after_amt, 580);
    ck_assert_int_eq(plan->pools[3].after_amt, 575);
    // What is taken on one account cannot be given on another.
    begin();
    a = add(0, 1.0);
    b = add(1, 2.0);
    b->accounts[0] = 3;
    b->equity_amt = b->parts[0].free_amt = b->capital_before_amt = 100;
    make();
    ck_assert_int_eq(b->target_amt, 275);
    ck_assert_int_eq(b->capital_after_amt, 100);
    ck_assert_uint_eq(b->flags, PLAN_POOL_SHORT);
    ck_assert_int_eq(a->capital_after_amt, 220);
}
END_TEST

START_TEST(a_slot_on_two_accounts_gives_and_gets_on_both)
{
    struct plan_line *a, *b;

    begin();
    a = add(0, 1.0);
    b = add(1, 2.0);
    for (int i = 0; i < 2; i++) {
        struct plan_line *line = i == 0 ? a : b;

        line->n_accounts = 2;
        line->accounts[1] = 1;
        line->parts[0].free_amt = line->parts[1].free_amt = 500;
    }
    plan->rules.shares_ppm[0] = 701000;
    plan->rules.shares_ppm[1] = 200000;
    plan->rules.n_shares = 2;
    plan->rules.rest_ppm = 0;
    a->parts[0].free_amt = 100;
    make();
    // a gives 600: 100 is all that it has on the first account. b lacks 402: 201 on each.
    ck_assert_int_eq(a->parts[0].change_amt, -100);
    ck_assert_int_eq(a->parts[1].change_amt, -500);
    ck_assert_int_eq(b->target_amt, 1402);
    ck_assert_int_eq(b->parts[0].change_amt, 100);
    ck_assert_int_eq(b->parts[1].change_amt, 201);
    ck_assert_uint_eq(b->flags, PLAN_POOL_SHORT);
    ck_assert_int_eq(plan->pools[1].after_amt, 299);
    // Odd units are the first account's.
    begin();
    a = add(0, 1.0);
    a->n_accounts = 3;
    a->accounts[1] = 1;
    a->accounts[2] = 2;
    a->parts[0].free_amt = a->parts[1].free_amt = a->parts[2].free_amt = 1000;
    plan->rules.shares_ppm[0] = 200000;
    make();
    ck_assert_int_eq(a->parts[0].change_amt, -268);
    ck_assert_int_eq(a->parts[1].change_amt, -266);
    ck_assert_int_eq(a->parts[2].change_amt, -266);
}
END_TEST

static void no_weights(struct tournament_rules *rules)
{
    for (uint32_t i = 0; i < MEASURES; i++)
        rules_set_weight(rules, i, 0.0);
}

START_TEST(rules_that_cannot_be_kept_are_refused)
{
    struct tournament_rules rules;
    struct error err = {0};

    plan_defaults(&rules);
    ck_assert_int_eq(plan_check_rules(&rules, NULL), AGON_OK);
#define REFUSED(change, word)                                                                      \
    do {                                                                                           \
        plan_defaults(&rules);                                                                     \
        err = (struct error){0};                                                                   \
        change;                                                                                    \
        ck_assert_int_eq(plan_check_rules(&rules, &err), AGON_EINVAL);                             \
        ck_assert_msg(strstr(err.text, word) != NULL, "%s: %s", #change, err.text);                \
    } while (0)
    REFUSED(rules.schedule[0] = 'x', "minute");
    REFUSED(memset(rules.schedule, '*', sizeof(rules.schedule)), "too long");
    REFUSED(rules.weights[2] = -1.0, "drawdown");
    REFUSED(rules.weights[0] = NAN, "sharpe");
    REFUSED(rules.gates[0] = INFINITY, "sharpe");
    REFUSED(no_weights(&rules), "weight");
    REFUSED(rules.rest_ppm = 100001, "100.0001%");
    REFUSED(rules.n_shares = TOURNAMENT_SHARES + 1, "shares");
    REFUSED(rules.reserve_ppm = 1000001, "bound");
    REFUSED(rules.least_ppm = 150001, "bound");
    REFUSED(rules.sample_s = 61, "minutes");
    REFUSED(rules.sample_s = 0, "minutes");
    REFUSED(rules.window = 0, "window");
    REFUSED(rules.window = WINDOW_MAX + 1, "window");
    REFUSED(rules.min_samples = rules.window + 1, "window");
    REFUSED(rules.min_samples = 0, "window");
    REFUSED(rules.mode = 3, "mode");
    REFUSED(rules.on_unload = 0, "mode");
}
END_TEST

/* What was taken on an account stays there, on the last as on the first, and is read as it was
 * written: pools beyond those that a PLAN has room for go before it. */
START_TEST(the_last_account_has_a_pool_like_the_first)
{
    static union plan_event read;
    union plan_values_event more;
    struct record_plan_pools *pools = &more.pools;
    struct plan_line *a, *b;
    uint32_t k, n = 0;

    begin();
    a = add(0, 1.0);
    b = add(1, 3.0);
    a->accounts[0] = ACCOUNTS_MAX - 1;
    b->accounts[0] = PLAN_ACCOUNTS - 1;
    plan_pool(&event, ACCOUNTS_MAX - 1)->before_amt = 100;
    plan_pool(&event, ACCOUNTS_MAX - 1)->at_hand_amt = 100;
    plan->number = 7;
    plan->hdr.type = EVENT_PLAN;
    plan->hdr.granules = plan_granules(2);
    make();
    ck_assert_int_eq(plan_whole(&event), 2100);
    ck_assert_int_eq(a->capital_after_amt, 420); // 20 % of 2,100
    ck_assert_int_eq(plan_pool_of(&event, ACCOUNTS_MAX - 1)->after_amt, 680);
    ck_assert_int_eq(plan_pool_of(&event, PLAN_ACCOUNTS - 1)->after_amt, 475);
    for (k = 0; plan_values(&event, k, &more); k++) {
        if (more.hdr.type != EVENT_PLAN_POOLS)
            continue;
        ck_assert_uint_eq(pools->n_pools, ACCOUNTS_MAX - PLAN_ACCOUNTS);
        ck_assert_uint_ge(event_bytes(&more.hdr),
                          sizeof(*pools) + pools->n_pools * sizeof(struct plan_pool));
        ck_assert_int_eq(plan_read(&read, &more.hdr), 0);
        n++;
    }
    ck_assert_uint_eq(n, 1);
    ck_assert_int_eq(plan_read(&read, &plan->hdr), 1);
    ck_assert_int_eq(plan_pool_of(&read, ACCOUNTS_MAX - 1)->after_amt, 680);
    ck_assert_int_eq(plan_pool_of(&read, ACCOUNTS_MAX - 1)->before_amt, 100);
    // Of another plan they are not, nor one that says more than there can be or than it holds.
    plan->number = 8;
    ck_assert_int_eq(plan_read(&read, &plan->hdr), 1);
    ck_assert_int_eq(plan_pool_of(&read, ACCOUNTS_MAX - 1)->after_amt, 0);
    ck_assert_int_eq(plan_values(&event, k - 1, &more), 1);
    ck_assert_uint_eq(more.hdr.type, EVENT_PLAN_POOLS);
    pools->n_pools++;
    (void)plan_read(&read, &more.hdr);
    pools->n_pools--;
    more.hdr.granules--;
    (void)plan_read(&read, &more.hdr);
    ck_assert_int_eq(plan_read(&read, &plan->hdr), 1);
    ck_assert_int_eq(plan_pool_of(&read, ACCOUNTS_MAX - 1)->after_amt, 0);
    // Where the first accounts alone have something there is no such event.
    begin();
    add(0, 1.0);
    make();
    for (k = 0; plan_values(&event, k, &more); k++)
        ck_assert_uint_ne(more.hdr.type, EVENT_PLAN_POOLS);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plan");
    TCase *tcase = tcase_create("plan");
    SRunner *runner;
    int n_failed;

    tcase_add_test(tcase, three_slots_get_the_first_three_shares_and_the_rest_is_kept);
    tcase_add_test(tcase, the_pool_is_shared_out_again);
    tcase_add_test(tcase, a_gain_counts_in_the_whole_and_capital_moves_by_the_difference);
    tcase_add_test(tcase, what_is_in_positions_cannot_be_taken);
    tcase_add_test(tcase, a_pool_that_is_not_at_hand_is_not_given);
    tcase_add_test(tcase, ties_go_by_slot_and_the_rest_is_shared_alike);
    tcase_add_test(tcase, the_undefined_counts_as_nothing);
    tcase_add_loop_test(tcase, a_gate_is_passed_on_the_right_side_of_its_value, 0, RECORD_MEASURES);
    tcase_add_test(tcase, who_is_not_judged_keeps_what_it_has);
    tcase_add_test(tcase, bounded_shares_are_kellys_between_least_and_most);
    tcase_add_test(tcase, nobody_grows_faster_than_ten_percent_a_week);
    tcase_add_test(tcase, more_than_all_is_scaled_down_alike);
    tcase_add_test(tcase, money_stays_on_its_account);
    tcase_add_test(tcase, a_slot_on_two_accounts_gives_and_gets_on_both);
    tcase_add_test(tcase, rules_that_cannot_be_kept_are_refused);
    tcase_add_test(tcase, the_last_account_has_a_pool_like_the_first);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
