// SPDX-License-Identifier: Apache-2.0
/* A plan that an operator took back says so, and what is said of each agent is how its capital
 * went.
 */
#include "score/undone.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static union plan_event *plan;

static void setup(void)
{
    struct plan_line *line;

    plan = calloc(1, sizeof(*plan));
    ck_assert_ptr_nonnull(plan);
    plan->plan.number = 4;
    plan->plan.exp = 8;
    plan->plan.n_lines = 1;
    line = plan_lines(&plan->plan);
    line->capital_before_amt = 1000000000000;
    line->capital_after_amt = 950000000000;
}

static void teardown(void)
{
    free(plan);
}

static struct record_command_by undo(int64_t number)
{
    struct record_command_by by = {.command = {.hdr = {.type = AGON_EVENT_COMMAND,
                                                       .granules = sizeof(by) / EVENT_GRANULE,
                                                       .seq = 77,
                                                       .t = 5},
                                               .kind = COMMAND_UNDO_PLAN,
                                               .value = number},
                                   .who = "ada",
                                   .why = "wrong fees"};

    return by;
}

static const char *text(void)
{
    static char said[PLAN_UNDONE_TEXT];

    return plan_undone_text(plan, "USDT", said);
}

START_TEST(only_its_own_number_takes_a_plan_back_and_once)
{
    struct record_command_by by = undo(3);

    ck_assert_int_eq(plan_undo(plan, &by.command.hdr, 1), 0);
    ck_assert_ptr_null(plan_undone_of(plan));
    ck_assert_str_eq(text(), "");
    by = undo(4);
    by.command.kind = COMMAND_HALT;
    ck_assert_int_eq(plan_undo(plan, &by.command.hdr, 1), 0);
    by = undo(4);
    ck_assert_int_eq(plan_undo(plan, &by.command.hdr, 50000000000), 1);
    ck_assert_uint_eq(plan_undone_of(plan)->seq, 77);
    ck_assert_int_eq(plan_undone_of(plan)->t, 5);
    ck_assert_str_eq(text(),
                     "undone by ada: wrong fees; all of the 500.00 USDT that moved went back");
    by.command.hdr.seq = 99;
    ck_assert_int_eq(plan_undo(plan, &by.command.hdr, 0), 0); // refused: it is undone
    ck_assert_uint_eq(plan_undone_of(plan)->seq, 77);
    // The next plan in the same place is another.
    plan->plan.number = 5;
    ck_assert_ptr_null(plan_undone_of(plan));
}
END_TEST

START_TEST(what_did_not_go_back_is_said)
{
    static const struct {
        agon_amt_t back_amt, after_amt;
        const char *want;
    } cases[] = {
        {20000000000, 950000000000, "200.00 of the 500.00 USDT that moved went back"},
        {0, 950000000000, "0.00 of the 500.00 USDT that moved went back"},
        {0, 1000000000000, "no capital had moved"},
        {PLAN_BACK_UNKNOWN, 950000000000, "what was free of the 500.00 USDT that moved went back"},
    };
    char want[160];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct record_command by = {.hdr = {.type = AGON_EVENT_COMMAND, .granules = 1},
                                    .kind = COMMAND_UNDO_PLAN,
                                    .value = 10 + (int64_t)i};

        plan->plan.number = 10 + (uint32_t)i;
        plan_lines(&plan->plan)->capital_after_amt = cases[i].after_amt;
        ck_assert_int_eq(plan_undo(plan, &by.hdr, cases[i].back_amt), 1);
        snprintf(want, sizeof(want), "undone by an operator; %s", cases[i].want);
        ck_assert_str_eq(text(), want);
    }
}
END_TEST

START_TEST(a_step_down_is_said_of_who_has_less)
{
    static const struct {
        uint8_t verdict;
        uint16_t flags;
        int is_less, is_down;
    } cases[] = {
        {PLAN_UNDER_GATE, 0, 1, 1},
        {PLAN_UNDER_GATE, 0, 0, 0},
        {PLAN_FAULTY, PLAN_FAULT_NOW, 1, 1},
        {PLAN_FAULTY, PLAN_FAULT_NOW, 0, 0},
        {PLAN_FAULTY, 0, 0, 0},
        {PLAN_ASIDE, 0, 0, 0},
        {PLAN_RANKED, PLAN_FAULT_NOW, 0, 0},
    };
    const struct plan_bound *bound;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct plan_line line = {.verdict = cases[i].verdict,
                                 .flags = cases[i].flags,
                                 .capital_before_amt = 100,
                                 .capital_after_amt = cases[i].is_less ? 90 : 100};
        const char *said = plan_line_doc(&line);

        ck_assert_msg((strstr(said, "a step down") != NULL) == cases[i].is_down, "%s", said);
        ck_assert_msg((strstr(said, "keeps what it has") != NULL) ==
                          (!cases[i].is_down && line.verdict != PLAN_RANKED),
                      "%s", said);
    }
    // What stands beside it of a fault says nothing of capital.
    for (uint32_t i = 0; (bound = plan_bound_at(i)) != NULL; i++)
        ck_assert_ptr_null(strstr(bound->doc, "step down"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("undone");
    TCase *tcase = tcase_create("undone");
    SRunner *runner = srunner_create(suite);
    int n_failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, only_its_own_number_takes_a_plan_back_and_once);
    tcase_add_test(tcase, what_did_not_go_back_is_said);
    tcase_add_test(tcase, a_step_down_is_said_of_who_has_less);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed != 0;
}
