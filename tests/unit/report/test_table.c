// SPDX-License-Identifier: Apache-2.0
/* The table of a running host: what it shows before there is anything, and after. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/table.h"
#include "run/agent_state.h"

static struct host_view view;

/* What is drawn elapsed_s behind the begin of a run of length_s. columns: of a screen; 0: of none.
 */
static char *drawn_after(int64_t length_s, int64_t elapsed_s, agon_ns_t t, int is_end, int columns)
{
    struct table table;
    char *text = NULL;
    size_t n;
    FILE *out = tmpfile();
    FILE *copy = open_memstream(&text, &n);
    int c;

    view.t = t;
    table_init(&table, out, length_s * 1000000000);
    if (columns != 0) {
        table.frame.is_screen = 1;
        table.frame.rows = 24;
        table.frame.columns = columns;
    }
    if (is_end)
        table_end(&table, &view, table.began_ns + elapsed_s * 1000000000);
    else
        table_draw(&table, &view, table.began_ns + elapsed_s * 1000000000);
    rewind(out);
    while ((c = fgetc(out)) != EOF)
        fputc(c, copy);
    fclose(out);
    fclose(copy);
    return text;
}

static char *drawn_by(agon_ns_t t, int is_end, int columns)
{
    return drawn_after(60, 20, t, is_end, columns);
}

static char *drawn(agon_ns_t t, int is_end)
{
    return drawn_by(t, is_end, 0);
}

START_TEST(how_long_it_runs_has_the_form_that_spans_have_and_fits_80_columns)
{
    static const struct {
        int64_t length_s, elapsed_s;
        const char *text;
    } all[] = {{60, 20, "[####........] 20 s of 1 min\033"},
               {86340, 86340, "[############] 23 h 59 min of 23 h 59 min\033"},
               {0, 393, "UTC  running 6 min 33 s\033"}};

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        char *text = drawn_after(all[i].length_s, all[i].elapsed_s,
                                 (agon_ns_t)1723161600 * 1000000000, 0, 80);
        const char *head = strstr(text, "agon");

        ck_assert_msg(strstr(text, all[i].text) != NULL, "%s", text);
        ck_assert_msg(head != NULL && strcspn(head, "\033") <= 80, "%s", text);
        free(text);
    }
}
END_TEST

START_TEST(the_head_fits_80_columns_after_days_too)
{
    char *text;

    view.counters = (struct engine_counters){
        .n_events = 987654321, .n_orders = 1234567, .n_fills = 2345678, .n_refused = 876543210};
    view.seq = 987654321;
    view.durable_seq = 987654318;
    view.venue.health = GATEWAY_UP;
    view.venue.n_live = 15;
    view.venue.n_books = 16;
    text = drawn_by((agon_ns_t)1723161600 * 1000000000, 0, 80);
    ck_assert_msg(strstr(text, "refused 876,543,210") != NULL, "%s", text);
    ck_assert_msg(strstr(text, "books 15/16 live") != NULL, "%s", text);
    ck_assert_msg(strstr(text, "not on disk 3") != NULL, "%s", text);
    free(text);
    view = (struct host_view){0};
}
END_TEST

START_TEST(no_time_is_shown_before_the_market_has_one)
{
    for (int is_end = 0; is_end < 2; is_end++) {
        char *text = drawn(_i == 0 ? 0 : 12345678901, is_end);

        ck_assert_msg(strstr(text, "1970") == NULL, "%s", text);
        ck_assert_msg(strstr(text, "no time yet") != NULL, "%s", text);
        free(text);
    }
}
END_TEST

START_TEST(the_markets_time_is_shown)
{
    for (int is_end = 0; is_end < 2; is_end++) {
        char *text = drawn((agon_ns_t)1723161600 * 1000000000, is_end);

        ck_assert_msg(strstr(text, "2024-08-09T00:00:00") != NULL, "%s", text);
        free(text);
    }
}
END_TEST

static void fill_slots(void)
{
    view = (struct host_view){.base_exp = 8, .n_slots = 6};
    snprintf(view.base_currency, sizeof(view.base_currency), "USDT");
    for (uint32_t i = 0; i < view.n_slots; i++) {
        struct host_view_slot *slot = &view.slots[i];

        snprintf(slot->name, sizeof(slot->name), "agent_%u_long", i);
        slot->is_used = slot->is_playing = 1;
        slot->agent_kind = AGON_STRATEGY;
        slot->condition = CONDITION_ACTIVE;
        slot->figures.equity_amt = 12345678912345678;
        slot->figures.result_amt = -123456789123456;
        slot->figures.n_fills = slot->n_refused = 987654321;
        slot->n_open = 50;
    }
}

static void end_of(uint32_t i, uint8_t condition, const char *why)
{
    view.slots[i].condition = condition;
    view.slots[i].is_playing = 0;
    snprintf(view.slots[i].failure, sizeof(view.slots[i].failure), "%s", why);
}

/* However long the figures are: a state is its word, and why stands where there is room. */
START_TEST(a_state_keeps_its_meaning_at_80_columns)
{
    static const char *const rows[] = {"agent_0_long active ",    "agent_1_long QUARANTINED ",
                                       "agent_2_long ended ",     "agent_3_long ended ",
                                       "agent_4_long SUSPENDED ", "agent_5_long daily loss "};
    static const int widths[] = {80, 100, 200};
    char *text;

    for (size_t k = 0; k < sizeof(widths) / sizeof(widths[0]); k++) {
        fill_slots();
        end_of(1, CONDITION_QUARANTINED,
               "signal 11 (Segmentation fault), after event 9 of the slot");
        end_of(2, CONDITION_SUSPENDED,
               "a callback took longer than 1000 ms (after event 9); killed");
        // The engine has it active, and its start failed: nothing runs.
        end_of(3, CONDITION_ACTIVE, "slot agent_3_long: its plugin did not begin");
        view.slots[4].condition = CONDITION_SUSPENDED;
        view.slots[5].stop_reason = REASON_DAILY_LOSS;
        text = drawn_by((agon_ns_t)1723161600 * 1000000000, 0, widths[k]);
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
            ck_assert_msg(strstr(text, rows[i]) != NULL, "%d columns lack '%s':\n%s", widths[k],
                          rows[i], text);
        ck_assert_msg(strstr(text, "signal 11 (Segmentation fault)") != NULL, "%s", text);
        ck_assert_msg(strstr(text, "a callback took longer than 1000 ms") != NULL, "%s", text);
        ck_assert_msg(strstr(text, ": slot agent_3_long") == NULL &&
                          strstr(text, "its plugin did not begin") != NULL,
                      "%s", text);
        free(text);
    }
    // The lines that a run leaves behind have it too.
    text = drawn((agon_ns_t)1723161600 * 1000000000, 1);
    ck_assert_msg(strstr(text, "agent_2_long ended: a callback took longer than 1000 ms") != NULL,
                  "%s", text);
    free(text);
    view = (struct host_view){0};
}
END_TEST

/* Cut at the width it ended in the middle of a word. */
START_TEST(why_it_ended_is_whole_or_ends_between_words)
{
    struct frame frame = {.columns = 80};

    fill_slots();
    end_of(1, CONDITION_QUARANTINED,
           "signal 11 (Segmentation fault) at address 0x0, after event 1528 of the slot");
    for (int rows = 1; rows <= 3; rows++) {
        char *text = NULL;
        size_t n;
        FILE *out = open_memstream(&text, &n);

        ck_assert_ptr_nonnull(out);
        ck_assert_int_eq(table_ended(out, &frame, &view, rows), rows < 2 ? 1 : 2);
        ck_assert_int_eq(fclose(out), 0);
        ck_assert_str_eq(
            text,
            rows == 1
                ? "agent_1_long QUARANTINED: signal 11 (Segmentation fault) at address 0x0, ...\n"
                : "agent_1_long QUARANTINED: signal 11 (Segmentation fault) at address 0x0, after\n"
                  "        event 1528 of the slot\n");
        free(text);
    }
    view = (struct host_view){0};
}
END_TEST

/* An orderly end halts everything: that is no state of an agent, and an operator's halt is. */
START_TEST(the_end_of_a_host_is_no_state_of_an_agent)
{
    fill_slots();
    view.is_halted = 1;
    view.n_halts = 1;
    view.halts[0] = (struct host_view_halt){.scope = SCOPE_GLOBAL, .cause = HALT_STOPPING};
    ck_assert_str_eq(host_agent_state(&view, &view.slots[0]), "active");
    view.halts[0].cause = HALT_OPERATOR;
    ck_assert_str_eq(host_agent_state(&view, &view.slots[0]), "halted");
    view.is_killed = 1;
    ck_assert_str_eq(host_agent_state(&view, &view.slots[0]), "killed");
    view = (struct host_view){0};
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("table");
    TCase *tcase = tcase_create("table");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_loop_test(tcase, no_time_is_shown_before_the_market_has_one, 0, 2);
    tcase_add_test(tcase, the_markets_time_is_shown);
    tcase_add_test(tcase, a_state_keeps_its_meaning_at_80_columns);
    tcase_add_test(tcase, why_it_ended_is_whole_or_ends_between_words);
    tcase_add_test(tcase, the_end_of_a_host_is_no_state_of_an_agent);
    tcase_add_test(tcase, how_long_it_runs_has_the_form_that_spans_have_and_fits_80_columns);
    tcase_add_test(tcase, the_head_fits_80_columns_after_days_too);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
