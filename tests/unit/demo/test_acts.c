// SPDX-License-Identifier: Apache-2.0
/* The acts of a demo: they come in order, each at its time, and say what the host's view shows. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "demo/acts.h"
#include "demo/demo_config.h"

#define SECOND ((int64_t)1000000000)

static struct host_view view;
static struct host_changeover changeovers[HOST_CHANGEOVERS_MAX];
static struct acts acts;
static struct acts_seen seen;

static void fresh(void)
{
    static const char *const names[] = {DEMO_NEWCOMER, "crash_1", "hang_1", "flood_1"};
    static struct tournament_rules rules;

    memset(&view, 0, sizeof(view));
    memset(changeovers, 0, sizeof(changeovers));
    view.n_slots = 4;
    for (int i = 0; i < 4; i++) {
        snprintf(view.slots[i].name, sizeof(view.slots[i].name), "%s", names[i]);
        view.slots[i].condition = CONDITION_ACTIVE;
        view.slots[i].is_used = 1;
        view.slots[i].is_playing = 1;
    }
    seen = (struct acts_seen){
        .view = &view, .changeovers = changeovers, .reload_failed = "", .reload_held = ""};
    plan_defaults(&rules);
    acts_init(&acts, 90 * SECOND, &rules);
}

/* By its own rules and the preset's: nobody takes an hour's luck for a week's evidence. */
START_TEST(a_hurried_tournament_says_so)
{
    static struct tournament_rules rules;

    fresh();
    ck_assert_str_eq(acts_about(&acts, ACT_TOURNAMENT), act_words[ACT_TOURNAMENT].about);
    ck_assert_str_eq(acts_about(&acts, ACT_HANG), act_words[ACT_HANG].about);
    plan_defaults(&rules);
    rules.sample_s = 60;
    rules.window = 60;
    acts_init(&acts, 90 * SECOND, &rules);
    ck_assert_ptr_nonnull(strstr(acts_about(&acts, ACT_TOURNAMENT),
                                 " It looks at 1 h of equity (default preset: 7 d)."));
    rules.window = 90;
    acts_init(&acts, 90 * SECOND, &rules);
    ck_assert_ptr_nonnull(strstr(acts_about(&acts, ACT_TOURNAMENT), " It looks at 90 min of"));
}
END_TEST

START_TEST(they_come_in_order_and_end_before_the_proof)
{
    enum act last = ACT_WARM;
    unsigned n_begun = 0;

    fresh();
    for (int64_t t = 0; t <= 100 * SECOND; t += SECOND / 5) {
        int has_begun = acts_look(&acts, &seen, t, 0);

        ck_assert_int_eq(has_begun, acts.now != last);
        ck_assert_uint_eq(acts.now, last + (unsigned)has_begun);
        n_begun += (unsigned)has_begun;
        last = acts.now;
    }
    ck_assert_int_eq(acts.now, ACT_FLOOD);
    ck_assert_uint_eq(n_begun, ACT_FLOOD);
}
END_TEST

START_TEST(the_first_fill_is_timed_from_the_start_of_the_command)
{
    fresh();
    acts_look(&acts, &seen, SECOND, 2 * SECOND);
    ck_assert_str_eq(acts.said[ACT_WARM], "");
    view.counters.n_fills = 3;
    acts_look(&acts, &seen, 2 * SECOND, SECOND / 2);
    ck_assert_msg(strstr(acts.said[ACT_WARM], "First fill 2.5 s") != NULL, "%s",
                  acts.said[ACT_WARM]);
    acts_look(&acts, &seen, 5 * SECOND, SECOND / 2);
    ck_assert_msg(strstr(acts.said[ACT_WARM], "First fill 2.5 s") != NULL, "%s",
                  acts.said[ACT_WARM]);
}
END_TEST

START_TEST(a_fault_is_told_with_its_reason_and_what_became_of_it)
{
    fresh();
    acts_look(&acts, &seen, acts_begin(ACT_CRASH, 90 * SECOND), 0);
    view.counters.n_fills = 5;
    view.slots[1].n_crashes = 1;
    view.alerts.n_kept = 1;
    view.alerts.all[0] = (struct alert){.kind = ALERT_CRASH, .slot = 1};
    snprintf(view.alerts.all[0].text, sizeof(view.alerts.all[0].text),
             "signal 11 (Segmentation fault), after event 246 of the slot");
    acts_look(&acts, &seen, 15 * SECOND, 0);
    ck_assert_str_eq(acts.said[ACT_CRASH], "crash_1 ended, is restarted; the others had 5 fills "
                                           "meanwhile. Why: signal 11 (Segmentation fault).");
    // Active in the engine's book, and its start failed: nobody runs.
    view.slots[1].is_playing = 0;
    snprintf(view.slots[1].failure, sizeof(view.slots[1].failure), "it did not begin");
    acts_look(&acts, &seen, 16 * SECOND, 0);
    ck_assert_ptr_nonnull(strstr(acts.said[ACT_CRASH], "crash_1 ended, and does not run so far;"));
    ck_assert_str_eq(acts.brief[ACT_CRASH], "crash_1 has ended; others: 5 fills in the act");
    view.slots[1].condition = CONDITION_SUSPENDED; // ended, and not yet started again
    acts_look(&acts, &seen, 16 * SECOND, 0);
    ck_assert_str_eq(acts.brief[ACT_CRASH], "crash_1 has ended; others: 5 fills in the act");
    view.slots[1].failure[0] = '\0'; // by an operator
    acts_look(&acts, &seen, 16 * SECOND, 0);
    ck_assert_ptr_nonnull(strstr(acts.said[ACT_CRASH], "crash_1 ended, is suspended;"));
    ck_assert_str_eq(acts.brief[ACT_CRASH], "crash_1 is suspended; others: 5 fills in the act");
    view.slots[1].condition = CONDITION_ACTIVE; // it reads the past
    acts_look(&acts, &seen, 16 * SECOND, 0);
    ck_assert_str_eq(acts.brief[ACT_CRASH], "crash_1 restarts; others: 5 fills in the act");
    view.slots[1].condition = CONDITION_QUARANTINED;
    view.slots[1].n_crashes = 3;
    acts_look(&acts, &seen, 16 * SECOND, 0);
    ck_assert_ptr_nonnull(
        strstr(acts.said[ACT_CRASH], "crash_1 ended, is quarantined after 3 crashes;"));
}
END_TEST

/* What stands above its state at the end is its state, and the others' fills are those of the act.
 */
START_TEST(what_became_of_a_fault_later_is_told_in_its_act)
{
    fresh();
    acts_look(&acts, &seen, acts_begin(ACT_CRASH, 90 * SECOND), 0);
    view.counters.n_fills = 5;
    view.slots[1].n_crashes = 1;
    acts_look(&acts, &seen, 15 * SECOND, 0);
    ck_assert_str_eq(acts.brief[ACT_CRASH], "crash_1 is restarted; others: 5 fills in the act");
    acts_look(&acts, &seen, acts_begin(ACT_HANG, 90 * SECOND), 0);
    view.counters.n_fills = 50;
    view.slots[1].n_crashes = 3;
    view.slots[1].condition = CONDITION_QUARANTINED;
    acts_look(&acts, &seen, acts_begin(ACT_HANG, 90 * SECOND) + SECOND, 0);
    ck_assert_str_eq(acts.brief[ACT_CRASH], "crash_1 is quarantined; others: 5 fills in the act");
    ck_assert_str_eq(acts.brief[ACT_HANG], "");
}
END_TEST

START_TEST(a_reload_is_the_newcomers_alone)
{
    fresh();
    view.slots[0].generation = 2;
    seen.n_changeovers = 1;
    seen.reload_held = "0.5 BTC";
    changeovers[0] = (struct host_changeover){.slot = 1, .cut_ns = 1000};
    acts_look(&acts, &seen, acts_begin(ACT_RELOAD, 90 * SECOND), 0);
    acts_look(&acts, &seen, 23 * SECOND, 0);
    ck_assert_str_eq(acts.said[ACT_RELOAD],
                     DEMO_NEWCOMER " holds no position yet; the reload waits for one until act 6.");
    ck_assert_str_eq(acts.brief[ACT_RELOAD], "");
    changeovers[1] = (struct host_changeover){.slot = 0, .cut_ns = 20000, .swap_ns = 5000};
    seen.n_changeovers = 2;
    acts_look(&acts, &seen, 24 * SECOND, 0);
    ck_assert_str_eq(acts.said[ACT_RELOAD], DEMO_NEWCOMER
                     " held 0.5 BTC when it was reloaded; generation 2 has it now. The "
                     "engine paused 25.0 us, 0 bytes of state went over.");
    ck_assert_str_eq(acts.brief[ACT_RELOAD], DEMO_NEWCOMER " held 0.5 BTC; engine paused 25.0 us");
    // One that had to wait for a position is said too, and stays as it was said.
    fresh();
    acts_look(&acts, &seen, acts_begin(ACT_RELOAD, 90 * SECOND), 0);
    acts_look(&acts, &seen, acts_begin(ACT_HANG, 90 * SECOND), 0);
    view.slots[0].generation = 2;
    seen.n_changeovers = 2;
    seen.reload_held = "0.25 BTC";
    acts_look(&acts, &seen, acts_begin(ACT_HANG, 90 * SECOND) + SECOND, 0);
    ck_assert_msg(strstr(acts.said[ACT_RELOAD],
                         "held 0.25 BTC when it was reloaded, after this act; gen") != NULL,
                  "%s", acts.said[ACT_RELOAD]);
    // A demo may be too short for a position: what it promises is true then too.
    ck_assert_ptr_nonnull(strstr(act_words[ACT_RELOAD].about, "without one when act 6 begins"));
    ck_assert_ptr_nonnull(strstr(act_words[ACT_RELOAD].look, "its position where it has one"));
    // Never a size that is none.
    seen.reload_held = "";
    acts.brief[ACT_RELOAD][0] = '\0';
    acts_look(&acts, &seen, acts_begin(ACT_HANG, 90 * SECOND) + 2 * SECOND, 0);
    ck_assert_str_eq(acts.brief[ACT_RELOAD], DEMO_NEWCOMER " held no position; engine paused 0 s");
}
END_TEST

START_TEST(nobody_ranked_is_said_with_what_moved)
{
    union plan_event *plan = &view.plan;
    struct plan_line *line = plan_lines(&plan->plan);

    fresh();
    snprintf(view.base_currency, sizeof(view.base_currency), "USDT");
    plan->plan.number = 3;
    plan->plan.n_lines = 1;
    plan->plan.exp = 8;
    memset(line, 0, sizeof(*line));
    snprintf(line->name, sizeof(line->name), "crash_1");
    acts_look(&acts, &seen, acts_begin(ACT_TOURNAMENT, 90 * SECOND), 0);
    view.n_plans = 1;
    acts_look(&acts, &seen, acts_begin(ACT_TOURNAMENT, 90 * SECOND) + SECOND, 0);
    ck_assert_str_eq(acts.said[ACT_TOURNAMENT],
                     "Tournament 3: nobody is ranked, too few samples or trades; no capital "
                     "moved.");
    ck_assert_str_eq(acts.brief[ACT_TOURNAMENT], "no. 3: nobody is ranked; no capital moved");
    // Who was at fault gave some back all the same.
    line->capital_before_amt = 1000000000000;
    line->capital_after_amt = 750000000000;
    acts_look(&acts, &seen, acts_begin(ACT_TOURNAMENT, 90 * SECOND) + 2 * SECOND, 0);
    ck_assert_str_eq(
        acts.said[ACT_TOURNAMENT],
        "Tournament 3: nobody is ranked, too few samples or "
        "trades; 2,500.00 USDT went to the pool: crash_1 10,000.00 -> 7,500.00 (-2,500.00).");
    ck_assert_str_eq(acts.brief[ACT_TOURNAMENT],
                     "no. 3: nobody is ranked; 2,500.00 USDT went to the pool");
    line->capital_before_amt = INT64_MAX - 1;
    line->capital_after_amt = 0;
    acts_look(&acts, &seen, acts_begin(ACT_TOURNAMENT, 90 * SECOND) + 3 * SECOND, 0);
    ck_assert_uint_le(strlen(acts.brief[ACT_TOURNAMENT]), ACT_BRIEF);
}
END_TEST

/* All that was taken and given to nobody is the pool's: nothing of it went to who is first. */
START_TEST(where_the_capital_went_is_said)
{
    static const struct {
        agon_amt_t given_amt, taken_amt;
        const char *said, *brief;
        uint32_t share_ppm;
    } table[] = {
        {0, 0, "no capital moved, as no result confirms what its rank asks for.",
         "no capital moved"},
        {0, 1249375000000,
         "12,493.75 USDT went to the pool: rev_1 50,000.00 -> 37,506.25 (-12,493.75).",
         "12,493.75 USDT went to the pool"},
        {1249375000000, 0,
         "12,493.75 USDT came from the pool: basis_1 50,000.00 -> 62,493.75 (+12,493.75).",
         "12,493.75 USDT came from the pool"},
        {100000000, 100000000,
         "1.00 USDT moved: basis_1 50,000.00 -> 50,001.00 (+1.00) and 1 more.", "1.00 USDT moved"},
        {849375000000, 1249375000000,
         "12,493.75 USDT moved, 4,000.00 of it to the pool: rev_1 50,000.00 -> 37,506.25 "
         "(-12,493.75) and 1 more.",
         "12,493.75 USDT moved"},
        {200000000, 100000000,
         "2.00 USDT moved, 1.00 of it from the pool: basis_1 50,000.00 -> 50,002.00 (+2.00) and 1 "
         "more.",
         "2.00 USDT moved"},
        // By how much its rank asks for more than it has, whether it was given or not.
        {1249375000000, 0,
         "12,493.75 USDT came from the pool: basis_1 50,000.00 -> 62,493.75 (+12,493.75; its rank "
         "asks for +30,000.00).",
         "12,493.75 USDT came from the pool", 800000},
        {0, 0, "no capital moved, as no result confirms what its rank asks for: +30,000.00 USDT.",
         "no capital moved", 800000}};
    union plan_event *plan = &view.plan;
    struct plan_line *lines = plan_lines(&plan->plan);

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        char text[320];

        fresh();
        snprintf(view.base_currency, sizeof(view.base_currency), "USDT");
        plan->plan.number = 3;
        plan->plan.n_lines = 2;
        plan->plan.exp = 8;
        memset(lines, 0, 2 * sizeof(*lines));
        snprintf(lines[0].name, sizeof(lines[0].name), "basis_1");
        snprintf(lines[1].name, sizeof(lines[1].name), "rev_1");
        lines[0].rank = 1;
        lines[0].verdict = lines[1].verdict = table[i].share_ppm > 0 ? PLAN_RANKED : 0;
        lines[0].equity_amt = lines[1].equity_amt = table[i].share_ppm > 0 ? 5000000000000 : 0;
        lines[0].share_ppm = table[i].share_ppm;
        lines[0].capital_before_amt = lines[1].capital_before_amt = 5000000000000;
        lines[0].capital_after_amt = 5000000000000 + table[i].given_amt;
        lines[1].capital_after_amt = 5000000000000 - table[i].taken_amt;
        acts_look(&acts, &seen, acts_begin(ACT_TOURNAMENT, 90 * SECOND), 0);
        view.n_plans = 1;
        acts_look(&acts, &seen, acts_begin(ACT_TOURNAMENT, 90 * SECOND) + SECOND, 0);
        snprintf(text, sizeof(text), "Tournament 3: basis_1 is first; %s", table[i].said);
        ck_assert_str_eq(acts.said[ACT_TOURNAMENT], text);
        snprintf(text, sizeof(text), "no. 3: basis_1 first; %s", table[i].brief);
        ck_assert_str_eq(acts.brief[ACT_TOURNAMENT], text);
    }
}
END_TEST

/* At 80 columns a result stands behind number and title, and nothing of it is left out. */
START_TEST(a_brief_result_fits_whatever_its_figures)
{
    static const uint64_t most[] = {0, 99999, 100000, 999949, 999950, 123456789012, UINT64_MAX};
    static const char *const held[] = {"nothing", "12345.67890123 BTC",
                                       "1234567.12345678 BTC, 1234567.12345678 BTC"};

    for (size_t i = 0; i < sizeof(most) / sizeof(most[0]); i++) {
        union plan_event *plan;

        fresh();
        plan = &view.plan;
        view.counters.n_fills = most[i] + (most[i] == 0);
        view.counters.n_orders = most[i];
        seen.reload_held = held[i % 3];
        acts_look(&acts, &seen, SECOND, 86400 * SECOND);
        for (int k = 0; k < 4; k++) {
            view.slots[k].n_crashes = 1;
            view.slots[k].n_refused = most[i] / 4 + 1;
            view.slots[k].condition = i % 2 == 0 ? CONDITION_QUARANTINED : CONDITION_ACTIVE;
        }
        changeovers[0] = (struct host_changeover){
            .slot = 0, .cut_ns = (int64_t)(most[i] >> 2) % (86400 * SECOND)};
        seen.changeovers = changeovers;
        seen.n_changeovers = 1;
        snprintf(view.base_currency, sizeof(view.base_currency), "USDT");
        plan->plan.n_lines = 1;
        plan->plan.exp = 8;
        memset(plan_lines(&plan->plan), 0, sizeof(struct plan_line));
        snprintf(plan_lines(&plan->plan)[0].name, sizeof(plan_lines(&plan->plan)[0].name),
                 "momentum_1");
        plan_lines(&plan->plan)[0].rank = 1;
        plan_lines(&plan->plan)[0].capital_after_amt = INT64_MAX - 1;
        for (int64_t t = 2 * SECOND; t <= 90 * SECOND; t += SECOND / 2) {
            view.n_plans = acts.now == ACT_TOURNAMENT ? acts.n_plans + 1 : acts.n_plans;
            view.counters.n_fills = acts.n_fills + most[i]; // of each act
            acts_look(&acts, &seen, t, 0);
        }
        for (int act = 0; act < 2 * ACT_PROOF; act++) {
            if (act == ACT_PROOF) { // and once more, summed up
                view.pool_amt = INT64_MAX - 1;
                view.base_exp = 8;
                view.n_plans = UINT32_MAX;
                acts_sum_up(&acts, &seen);
            }
            ck_assert_msg(acts.brief[act % ACT_PROOF][0] != '\0', "act %d has no brief result",
                          act % ACT_PROOF + 1);
            ck_assert_msg(strlen(acts.brief[act % ACT_PROOF]) <= ACT_BRIEF, "act %d: %s",
                          act % ACT_PROOF + 1, acts.brief[act % ACT_PROOF]);
        }
    }
}
END_TEST

START_TEST(a_flood_is_told_beside_the_others)
{
    fresh();
    acts_look(&acts, &seen, acts_begin(ACT_FLOOD, 90 * SECOND), 0);
    acts_look(&acts, &seen, 70 * SECOND, 0);
    ck_assert_str_eq(acts.said[ACT_FLOOD], "");
    view.slots[3].n_refused = 1000;
    view.slots[0].n_refused = 2;
    acts_look(&acts, &seen, 71 * SECOND, 0);
    ck_assert_msg(strstr(acts.said[ACT_FLOOD], "1,000 intents of flood_1") != NULL &&
                      strstr(acts.said[ACT_FLOOD], "of the others 2;") != NULL,
                  "%s", acts.said[ACT_FLOOD]);
}
END_TEST

/* Where the rules ask for evidence, a first rank without it is said to be no more. */
START_TEST(a_first_rank_by_chance_is_said_to_be_one)
{
    static const struct {
        double ts[2];
        const char *said, *brief, *summed;
    } table[] = {{{-0.56, 1.99},
                  "Tournament 6: mean_rev_1 is first; nobody beats chance yet; no capital moved.",
                  "no. 6: mean_rev_1 first, may be chance; no capital moved",
                  "6 held, nothing moved; mean_rev_1 first, may be chance"},
                 {{-0.56, -3.0},
                  "Tournament 6: mean_rev_1 is first; nobody beats chance yet; no capital moved.",
                  "no. 6: mean_rev_1 first, may be chance; no capital moved",
                  "6 held, nothing moved; mean_rev_1 first, may be chance"},
                 {{2.0, 3.0},
                  "Tournament 6: mean_rev_1 is first and beats chance (chance alone: 1 tournament "
                  "in 22); no "
                  "capital moved, as no result confirms what its rank asks for.",
                  "no. 6: mean_rev_1 first, beats chance; no capital moved",
                  "6 held, nothing moved; mean_rev_1 first, beats chance"},
                 {{1.9, 2.1},
                  "Tournament 6: mean_rev_1 is first; basis_1 beats chance (chance alone: 1 "
                  "tournament in 22); "
                  "no capital moved, as no result confirms what its rank asks for.",
                  "no. 6: mean_rev_1 first, basis_1 beats chance",
                  "6 held; mean_rev_1 first, basis_1 beats chance"}};
    union plan_event *plan = &view.plan;
    struct plan_line *lines = plan_lines(&plan->plan);

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct tournament_rules rules;

        fresh();
        memset(&rules, 0, sizeof(rules));
        plan_defaults(&rules);
        rules_set_setting(&rules, SETTING_EVIDENCE, 2.0);
        snprintf(view.base_currency, sizeof(view.base_currency), "USDT");
        view.base_exp = 8;
        view.pool_amt = 1747407000000;
        plan->plan.number = 6;
        plan->plan.n_lines = 2;
        plan->plan.exp = 8;
        memset(lines, 0, 2 * sizeof(*lines));
        plan_take_rules(plan, &rules);
        for (uint32_t k = 0; k < 2; k++) {
            snprintf(lines[k].name, sizeof(lines[k].name), k == 0 ? "mean_rev_1" : "basis_1");
            lines[k].slot = (uint16_t)k;
            lines[k].rank = (uint8_t)(k + 1);
            plan_note(plan, &lines[k], SETTING_EVIDENCE, table[i].ts[k]);
        }
        acts_look(&acts, &seen, acts_begin(ACT_TOURNAMENT, 90 * SECOND), 0);
        view.n_plans = 6;
        acts_look(&acts, &seen, acts_begin(ACT_TOURNAMENT, 90 * SECOND) + SECOND, 0);
        ck_assert_str_eq(acts.said[ACT_TOURNAMENT], table[i].said);
        ck_assert_str_eq(acts.brief[ACT_TOURNAMENT], table[i].brief);
        acts.now = ACT_PROOF;
        acts_sum_up(&acts, &seen);
        ck_assert_str_eq(acts.brief[ACT_TOURNAMENT], table[i].summed);
        ck_assert_str_eq(acts.said[ACT_TOURNAMENT], table[i].said);
        ck_assert_uint_le(strlen(acts.brief[ACT_TOURNAMENT]), ACT_BRIEF);
    }
}
END_TEST

/* Under the picture stand the acts above a table of that moment: the same figures, though an act is
 * over. */
START_TEST(a_summary_has_the_figures_of_its_own_moment)
{
    union plan_event *plan = &view.plan;
    struct plan_line *line = plan_lines(&plan->plan);

    fresh();
    snprintf(view.base_currency, sizeof(view.base_currency), "USDT");
    view.base_exp = 8;
    plan->plan.n_lines = 1;
    plan->plan.number = 4;
    plan->plan.exp = 8;
    memset(line, 0, sizeof(*line));
    snprintf(line->name, sizeof(line->name), "basis_1");
    line->rank = 1;
    for (int64_t t = 0; t <= 89 * SECOND; t += SECOND / 5) {
        if (acts.now == ACT_HANG)
            view.slots[2].n_crashes = 1;
        view.n_plans = acts.now >= ACT_TOURNAMENT ? 4 : 3;
        view.slots[3].n_refused = acts.now == ACT_FLOOD ? 261780 : 0;
        acts_look(&acts, &seen, t, 0);
    }
    ck_assert_str_eq(acts.brief[ACT_TOURNAMENT], "no. 4: basis_1 first; no capital moved");
    ck_assert_str_eq(acts.brief[ACT_HANG], "hang_1 is restarted; others: 0 fills in the act");
    acts.now = ACT_PROOF;
    view.slots[2].condition = CONDITION_QUARANTINED;
    view.slots[3].n_refused = 1155707;
    view.n_plans = 6;
    snprintf(line->name, sizeof(line->name), "mm_1");
    view.pool_amt = 1497661000000;
    plan->plan.number = 6;
    acts.n_plans = 6; // none since the act began
    acts_sum_up(&acts, &seen);
    ck_assert_str_eq(acts.brief[ACT_TOURNAMENT], "6 held, nothing moved; mm_1 first");
    // The page of a kept demo has the long form: of the same tournament.
    ck_assert_msg(strncmp(acts.said[ACT_TOURNAMENT], "Tournament 6: mm_1 is first; ", 29) == 0,
                  "%s", acts.said[ACT_TOURNAMENT]);
    ck_assert_str_eq(acts.brief[ACT_HANG], "hang_1 is quarantined; others: 0 fills in the act");
    ck_assert_str_eq(acts.brief[ACT_FLOOD], "1.16M refused, of the others 0; runs on");
    view.n_plans = 1;
    line->rank = 0;
    acts_sum_up(&acts, &seen);
    ck_assert_str_eq(acts.brief[ACT_TOURNAMENT], "1 held, nothing moved; nobody is ranked");
}
END_TEST

/* One of a demo's tournaments: what agents have of it, and how sure its first one is. */
static union plan_event *held(struct host_plans *plans, uint32_t number, agon_amt_t change_amt)
{
    static struct tournament_rules rules;
    union plan_event *event = &plans->all[plans->n++ % HOST_PLANS_MAX];
    struct plan_line *line = plan_lines(&event->plan);

    plan_defaults(&rules);
    rules_set_setting(&rules, SETTING_EVIDENCE, 2.0);
    memset(event, 0, sizeof(*event));
    event->plan.number = number;
    event->plan.n_lines = 1;
    event->plan.exp = 8;
    plan_take_rules(event, &rules);
    snprintf(line->name, sizeof(line->name), "mm_1");
    line->rank = 1;
    line->capital_before_amt = 5000000000000;
    line->capital_after_amt = 5000000000000 + change_amt;
    plan_note(event, line, SETTING_EVIDENCE, 0.5);
    view.plan = *event;
    view.n_plans = number;
    return event;
}

/* The last one alone moved nothing; who looks at the end finds what the earlier ones did. */
START_TEST(what_all_tournaments_moved_is_said_at_the_end)
{
    static struct host_plans plans;
    const char *said = acts.said[ACT_TOURNAMENT];

    fresh();
    memset(&plans, 0, sizeof(plans));
    seen.plans = &plans;
    snprintf(view.base_currency, sizeof(view.base_currency), "USDT");
    view.base_exp = 8;
    acts_look(&acts, &seen, acts_begin(ACT_TOURNAMENT, 90 * SECOND), 0);
    (void)held(&plans, 1, -1250000000000);
    view.pool_amt = 1250000000000;
    acts_look(&acts, &seen, acts_begin(ACT_TOURNAMENT, 90 * SECOND) + SECOND, 0);
    // Of one alone there is no sum to be said.
    ck_assert_ptr_null(strstr(said, "So far"));
    // Two between two looks are two.
    (void)held(&plans, 2, 6409000000000);
    (void)held(&plans, 3, 0);
    acts_look(&acts, &seen, acts_begin(ACT_TOURNAMENT, 90 * SECOND) + 2 * SECOND, 0);
    ck_assert_str_eq(said, "Tournament 3: mm_1 is first; nobody beats chance yet; no capital "
                           "moved. So far 2 of 3 moved 76,590.00 USDT, the last no. 2; the pool "
                           "has 12,500.00.");
    // One behind its act is of the act too; one that is beyond the view is not of this look.
    acts_look(&acts, &seen, acts_begin(ACT_FLOOD, 90 * SECOND), 0);
    (void)held(&plans, 4, 0);
    (void)held(&plans, 5, 100000000);
    view.n_plans = 4;
    view.plan = plans.all[3];
    acts_look(&acts, &seen, acts_begin(ACT_FLOOD, 90 * SECOND) + SECOND, 0);
    ck_assert_ptr_nonnull(strstr(said, "Tournament 4: "));
    ck_assert_ptr_nonnull(strstr(said, " So far 2 of 4 moved 76,590.00 USDT, the last no. 2;"));
    acts_sum_up(&acts, &seen);
    ck_assert_str_eq(acts.brief[ACT_TOURNAMENT],
                     "4 held, 76,590.00 moved; mm_1 first, nobody beats chance");
    ck_assert_uint_le(strlen(acts.brief[ACT_TOURNAMENT]), ACT_BRIEF);
    view.n_plans = 5;
    view.plan = plans.all[4];
    acts_sum_up(&acts, &seen);
    ck_assert_ptr_nonnull(strstr(said, " So far 3 of 5 moved 76,591.00 USDT; the pool has"));
    // What was taken back moved nothing, and counts once.
    view.plan.in_memory.undone.number = 5;
    acts_sum_up(&acts, &seen);
    acts_sum_up(&acts, &seen);
    ck_assert_ptr_nonnull(strstr(said, " So far 2 of 5 moved 76,590.00 USDT, the last no. 2;"));
}
END_TEST

/* On a slow machine: "nothing happened" beside an agent that has ended is no account of it. */
START_TEST(what_came_after_its_act_is_said_all_the_same)
{
    fresh();
    acts_look(&acts, &seen, acts_begin(ACT_TOURNAMENT, 90 * SECOND), 0);
    ck_assert_str_eq(acts.brief[ACT_HANG], "");
    view.slots[0].generation = 2;
    view.slots[2].n_crashes = 1;
    changeovers[0] = (struct host_changeover){.slot = 0, .cut_ns = 20000, .swap_ns = 5000};
    seen.n_changeovers = 1;
    seen.reload_held = "nothing";
    acts_look(&acts, &seen, acts_begin(ACT_FLOOD, 90 * SECOND), 0);
    ck_assert_str_eq(acts.brief[ACT_HANG], "hang_1 is restarted, after this act");
    ck_assert_str_eq(acts.said[ACT_HANG], "hang_1 ended after this act, is restarted.");
    acts_sum_up(&acts, &seen);
    ck_assert_str_eq(acts.brief[ACT_RELOAD], "momentum_1 held nothing; engine paused 25.0 us");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("acts");
    TCase *tcase = tcase_create("acts");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tcase, a_hurried_tournament_says_so);
    tcase_add_test(tcase, they_come_in_order_and_end_before_the_proof);
    tcase_add_test(tcase, the_first_fill_is_timed_from_the_start_of_the_command);
    tcase_add_test(tcase, a_fault_is_told_with_its_reason_and_what_became_of_it);
    tcase_add_test(tcase, what_became_of_a_fault_later_is_told_in_its_act);
    tcase_add_test(tcase, a_reload_is_the_newcomers_alone);
    tcase_add_test(tcase, a_flood_is_told_beside_the_others);
    tcase_add_test(tcase, nobody_ranked_is_said_with_what_moved);
    tcase_add_test(tcase, where_the_capital_went_is_said);
    tcase_add_test(tcase, a_brief_result_fits_whatever_its_figures);
    tcase_add_test(tcase, a_first_rank_by_chance_is_said_to_be_one);
    tcase_add_test(tcase, a_summary_has_the_figures_of_its_own_moment);
    tcase_add_test(tcase, what_all_tournaments_moved_is_said_at_the_end);
    tcase_add_test(tcase, what_came_after_its_act_is_said_all_the_same);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
