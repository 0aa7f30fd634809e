// SPDX-License-Identifier: Apache-2.0
/* What a tournament came to in words: who is first beside who beats chance, and how rules that look
 * at less than the preset differ from it, by the rules themselves. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "score/plan.h"

static union plan_event event;
static struct tournament_rules rules;

/* Two agents of these ranks and t-values; evidence: what the rules ask for. */
static const char *first_of(double evidence, const uint8_t ranks[2], const double ts[2])
{
    static const char *const names[] = {"mm_1", "basis_1"};
    static char text[PLAN_FIRST_TEXT];

    memset(&event, 0, sizeof(event));
    plan_defaults(&rules);
    rules_set_setting(&rules, SETTING_EVIDENCE, evidence);
    event.plan.n_lines = 2;
    plan_take_rules(&event, &rules);
    for (uint32_t i = 0; i < 2; i++) {
        struct plan_line *line = &plan_lines(&event.plan)[i];

        snprintf(line->name, sizeof(line->name), "%s", names[i]);
        line->slot = (uint16_t)i;
        line->rank = ranks[i];
        plan_note(&event, line, SETTING_EVIDENCE, ts[i]);
    }
    return plan_first_text(&event, text);
}

START_TEST(who_is_first_stands_beside_who_beats_chance)
{
    static const uint8_t in_order[] = {1, 2}, turned[] = {2, 1}, none[] = {0, 0}, tied[] = {1, 1};
    static const double luck[] = {0.5, -0.5}, both[] = {2.0, 3.0}, second[] = {1.9, 2.0},
                        sure[] = {11.0, 0.0};

    ck_assert_str_eq(first_of(0.0, in_order, luck), "mm_1 is first");
    ck_assert_str_eq(first_of(2.0, in_order, luck), "mm_1 is first; nobody beats chance yet");
    ck_assert_str_eq(first_of(2.0, in_order, both),
                     "mm_1 is first and beats chance (chance alone: 1 tournament in 22)");
    ck_assert_str_eq(first_of(2.0, turned, both),
                     "basis_1 is first and beats chance (chance alone: 1 tournament in 22)");
    ck_assert_str_eq(first_of(2.0, in_order, second),
                     "mm_1 is first; basis_1 beats chance (chance alone: 1 tournament in 22)");
    ck_assert_str_eq(first_of(2.0, tied, luck), "mm_1 is first; nobody beats chance yet");
    ck_assert_str_eq(first_of(2.0, none, both), "nobody is ranked, too few samples or trades");
    ck_assert_ptr_null(plan_result(&event).first);
    // Of the normal distribution above 1 there is 0.1587, above 3 0.00135, above 4 0.0000317.
    ck_assert_str_eq(first_of(3.0, in_order, second), "mm_1 is first; nobody beats chance yet");
    ck_assert_str_eq(first_of(3.0, turned, both),
                     "basis_1 is first and beats chance (chance alone: 1 tournament in 371)");
    ck_assert_str_eq(first_of(1.0, in_order, second),
                     "mm_1 is first and beats chance (chance alone: 1 tournament in 3)");
    ck_assert_str_eq(first_of(4.0, in_order, sure),
                     "mm_1 is first and beats chance (chance alone: 1 tournament in 15800)");
    ck_assert_str_eq(
        first_of(10.0, in_order, sure),
        "mm_1 is first and beats chance (chance alone: fewer than 1 tournament in 1000000)");
}
END_TEST

static const char *hurried(void)
{
    static char texts[2][PLAN_HURRIED_TEXT];

    memset(&event, 0, sizeof(event));
    plan_take_rules(&event, &rules);
    event.plan.rules.window = rules.window;
    event.plan.rules.sample_s = rules.sample_s;
    (void)plan_hurried_rules(&rules, texts[0]);
    // Of a plan as of the rules that it was made by.
    ck_assert_str_eq(plan_hurried_text(&event, texts[1]), texts[0]);
    return texts[0];
}

START_TEST(rules_that_look_at_less_name_all_that_differs)
{
    plan_defaults(&rules);
    ck_assert_str_eq(hurried(), "");
    rules.sample_s = 60;
    rules.window = 60;
    ck_assert_str_eq(hurried(), "looks at 1 h of equity (default preset: 7 d)");
    rules.window = 90;
    ck_assert_str_eq(hurried(), "looks at 90 min of equity (default preset: 7 d)");
    rules_set_setting(&rules, SETTING_MIN_TRADES, 1.0);
    ck_assert_str_eq(hurried(), "looks at 90 min of equity (default preset: 7 d), judges from 1 "
                                "closing fill on (5)");
    rules_set_setting(&rules, SETTING_MIN_TRADES, 3.0);
    rules_set_setting(&rules, SETTING_INCREASE, 0.25);
    rules_set_setting(&rules, SETTING_DECREASE, 0.3);
    ck_assert_str_eq(hurried(), "looks at 90 min of equity (default preset: 7 d), judges from 3 "
                                "closing fills on (5), moves up to +25 % and -30 % (+10 %, -20 %)");
    // Those of the preset or slower are none to be named.
    rules_set_setting(&rules, SETTING_MIN_TRADES, 5.0);
    rules_set_setting(&rules, SETTING_INCREASE, 0.05);
    rules_set_setting(&rules, SETTING_DECREASE, 0.2);
    ck_assert_str_eq(hurried(), "looks at 90 min of equity (default preset: 7 d)");
}
END_TEST

/* With the largest figures that a roster can have it is whole. */
START_TEST(it_has_room_for_every_figure)
{
    plan_defaults(&rules);
    rules.sample_s = 60;
    rules.window = 10079;
    rules_set_setting(&rules, SETTING_MIN_TRADES, 4.0);
    rules_set_setting(&rules, SETTING_INCREASE, 9.999999);
    rules_set_setting(&rules, SETTING_DECREASE, 0.999999);
    ck_assert_ptr_nonnull(strstr(hurried(), " (+10 %, -20 %)"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("score_plan_words");
    TCase *tcase = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int n_failed;

    tcase_add_test(tcase, who_is_first_stands_beside_who_beats_chance);
    tcase_add_test(tcase, rules_that_look_at_less_name_all_that_differs);
    tcase_add_test(tcase, it_has_room_for_every_figure);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed != 0;
}
