// SPDX-License-Identifier: Apache-2.0
/* All tournaments at a glance, in a terminal of 80 columns: no line is longer, what has no room is
 * counted, and all of it is there where there is room. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/plan_history.h"
#include "sys/wrap.h"

static char text[16384];

static void add(struct plan_history *history, uint32_t number, const char *const names[2],
                agon_amt_t capital_amt)
{
    static union plan_event event;

    memset(&event, 0, sizeof(event));
    event.plan.number = number;
    event.plan.exp = 8;
    event.plan.n_lines = 2;
    event.plan.hdr.t = (agon_ns_t)1700000000 * 1000000000;
    snprintf(event.in_memory.currency, sizeof(event.in_memory.currency), "USDT");
    event.plan.pools[0].after_amt = capital_amt;
    for (uint32_t i = 0; i < 2; i++) {
        struct plan_line *line = &plan_lines(&event.plan)[i];

        snprintf(line->name, sizeof(line->name), "%s", names[i]);
        line->slot = (uint16_t)i;
        line->verdict = i == 0 ? PLAN_RANKED : PLAN_FAULTY;
        line->rank = (uint8_t)(i == 0);
        line->capital_before_amt = line->capital_after_amt = capital_amt;
    }
    ck_assert_int_eq(plan_history_add(history, &event), AGON_OK);
}

/* Of two tournaments, of which the second was taken back. */
static const char *printed(int columns, const char *const names[2], agon_amt_t capital_amt)
{
    struct plan_history *history = plan_history_new();
    struct record_command undo = {.kind = COMMAND_UNDO_PLAN, .value = 12};
    FILE *file = tmpfile();
    int kept = dup(STDOUT_FILENO);
    size_t n;

    ck_assert(history != NULL && file != NULL && kept >= 0);
    add(history, 11, names, capital_amt);
    add(history, 12, names, capital_amt);
    plan_history_undone(history, &undo);
    wrap_limit(columns);
    fflush(stdout);
    ck_assert_int_ge(dup2(fileno(file), STDOUT_FILENO), 0);
    plan_history_print(history);
    fflush(stdout);
    ck_assert_int_ge(dup2(kept, STDOUT_FILENO), 0);
    close(kept);
    rewind(file);
    n = fread(text, 1, sizeof(text) - 1, file);
    text[n] = '\0';
    fclose(file);
    plan_history_free(history);
    for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1) {
        ck_assert_msg((int)strcspn(line, "\n") <= columns, "%s", line);
        ck_assert_msg(strcspn(line, "\n") == 0 || line[strcspn(line, "\n") - 1] != ' ',
                      "blanks at the end of %s", line);
    }
    return text;
}

START_TEST(a_line_is_whole_in_80_columns)
{
    static const char *const names[] = {"momentum_1", "mean_rev_1"};
    static const char *const long_names[] = {"an_agent_of_one_and_thirty_char",
                                             "another_of_one_and_thirty_chars"};

    ck_assert_ptr_nonnull(strstr(printed(80, names, 5000000000000), "undone\n"));
    ck_assert_ptr_nonnull(strstr(text,
                                 "number time              first      ranked faulty to agents "
                                 "in the pool\n"));
    ck_assert_ptr_null(strstr(text, "wider terminal"));
    // Names and amounts are whole, whatever they are; what may be missed makes room for them.
    (void)printed(80, long_names, 99999999900000000);
    ck_assert_ptr_nonnull(strstr(text, long_names[0]));
    ck_assert_ptr_nonnull(strstr(text, long_names[1]));
    ck_assert_ptr_nonnull(strstr(text, "999,999,999.00"));
    ck_assert_ptr_nonnull(strstr(text, "undone\n"));
    ck_assert_ptr_nonnull(strstr(text, " more: a wider terminal or --json shows "));
    // A file has all of it.
    (void)printed(WRAP_NONE, long_names, 99999999900000000);
    ck_assert_ptr_nonnull(strstr(text, " ranked faulty "));
    ck_assert_ptr_null(strstr(text, "wider terminal"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("report_plan_history");
    TCase *tcase = tcase_create("all");
    SRunner *runner = srunner_create(suite);
    int n_failed;

    tcase_add_test(tcase, a_line_is_whole_in_80_columns);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed != 0;
}
