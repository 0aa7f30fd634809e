// SPDX-License-Identifier: Apache-2.0
/* Alerts as operators see them: what comes again within a run is one row, and is acknowledged as
 * one. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/impl.h"
#include "market/alerts.h"
#include "ops/api.h"

#define SECOND ((agon_ns_t)1000000000)
#define NOON   (1767268800 * SECOND) /* 2026-01-01 */

static struct api api;
static struct jout out;
static uint64_t seqs[ALERTS_KEPT];

static void begin(void)
{
    api.view = calloc(1, sizeof(*api.view));
    ck_assert_ptr_nonnull(api.view);
    api.view->n_slots = 2;
    strcpy(api.view->slots[0].name, "alpha");
    strcpy(api.view->slots[1].name, "beta");
}

static void end(void)
{
    jout_deinit(&out);
    free(api.view);
}

/* One more, the newest; its number is how many there are, its time noon and as many seconds. */
static struct alert *come(uint16_t kind, uint16_t slot, const char *text)
{
    struct host_view_alerts *alerts = &api.view->alerts;

    memmove(&alerts->all[1], &alerts->all[0], alerts->n_kept * sizeof(alerts->all[0]));
    alerts->n_kept++;
    alerts->all[0] = (struct alert){
        .seq = alerts->n_kept, .t = NOON + alerts->n_kept * SECOND, .kind = kind, .slot = slot};
    snprintf(alerts->all[0].text, sizeof(alerts->all[0].text), "%s", text);
    return &alerts->all[0];
}

/* "number xcount first" of each row that is shown. */
static const char *rows(int is_all)
{
    static char said[1024];
    json_t *list;
    size_t i, used = 0;
    const json_t *row;

    jout_reset(&out);
    api_put_alerts(&api, is_all, &out);
    list = json_loads(jout_text(&out), 0, NULL);
    ck_assert_ptr_nonnull(list);
    said[0] = '\0';
    json_array_foreach(list, i, row)
    {
        const json_t *count = json_object_get(row, "count");
        const char *first = json_string_value(json_object_get(row, "first"));

        used += (size_t)snprintf(said + used, sizeof(said) - used, "%s%lld", i > 0 ? ", " : "",
                                 (long long)json_integer_value(json_object_get(row, "seq")));
        if (count != NULL)
            used += (size_t)snprintf(said + used, sizeof(said) - used, " x%lld %.8s",
                                     (long long)json_integer_value(count), first + 11);
    }
    json_decref(list);
    return said;
}

START_TEST(what_comes_again_is_one_row)
{
    begin();
    come(ALERT_FLOOD, 0,
         "alpha exceeds the limit of 1,000/s: 2,345 of 20,000 in its meter; it runs on");
    come(ALERT_FLOOD, 1,
         "beta exceeds the limit of 1,000/s: 2,345 of 20,000 in its meter; it runs on");
    come(ALERT_CRASH, 0, "signal 11, after event 754 of the slot");
    come(ALERT_FLOOD, 0,
         "alpha exceeds the limit of 1,000/s: 19,000 of 20,000 in its meter; it runs on");
    // Of other figures it is the same, and another word, or another kind, is another.
    come(ALERT_CRASH, 0, "signal 11, after event 1,513.5 of the slot");
    come(ALERT_CRASH, 0, "signal 6, after event 2000 of the slot");
    come(ALERT_CRASH, 0, "it hung, and was ended");
    ck_assert_str_eq(rows(1), "7, 6 x3 12:00:03, 4 x2 12:00:01, 2");
    // A figure that is part of a name is not one.
    come(ALERT_VENUE_DOWN, ALERT_NO_SLOT, "sim_1: it cannot be reached");
    come(ALERT_VENUE_DOWN, ALERT_NO_SLOT, "sim_2: it cannot be reached");
    come(ALERT_VENUE_DOWN, ALERT_NO_SLOT, "sim_1: it cannot be reached");
    ck_assert_str_eq(rows(1), "10 x2 12:00:08, 9, 7, 6 x3 12:00:03, 4 x2 12:00:01, 2");
    end();
}
END_TEST

/* A crash is raised once in ten seconds, and each counts for the quarantine: rows have as many as
 * the agent. */
START_TEST(crashes_that_were_not_raised_again_are_counted)
{
    begin();
    api.view->slots[0].is_used = api.view->slots[1].is_used = 1;
    api.view->slots[0].n_crashes = 3;
    api.view->slots[1].n_crashes = 1;
    come(ALERT_CRASH, 0, "signal 11, after event 39 of the slot");
    come(ALERT_CRASH, 1, "signal 11, after event 39 of the slot");
    ck_assert_str_eq(rows(1), "2, 1 x3 12:00:01");
    // One in other words has those that came behind it, and none is counted twice.
    come(ALERT_CRASH, 0, "it hung, and was ended");
    api.view->slots[0].n_crashes = 5;
    ck_assert_str_eq(rows(1), "3 x4 12:00:03, 2, 1");
    // Of who had the place before is nothing his who has it now.
    api.view->slots[0].freed_seq = 4;
    api.view->slots[0].n_crashes = 1;
    ck_assert_str_eq(rows(1), "3, 2, 1");
    end();
}
END_TEST

START_TEST(runs_markets_and_what_was_seen_to_stay_apart)
{
    begin();
    come(ALERT_FLOOD, 0, "a flood");
    come(ALERT_FLOOD, 0, "a flood");
    api.view->alerts.seq_of_run = 3;
    come(ALERT_FLOOD, 0, "a flood");
    come(ALERT_FLOOD, 0, "a flood")->is_acked = 1;
    come(ALERT_FLOOD, 0, "a flood")->instrument = 1;
    come(ALERT_FLOOD, 0, "a flood");
    ck_assert_str_eq(rows(1), "6 x2 12:00:03, 5, 4, 2 x2 12:00:01");
    ck_assert_str_eq(rows(0), "6 x2 12:00:03, 5, 2 x2 12:00:01");
    end();
}
END_TEST

START_TEST(a_row_is_acknowledged_as_one)
{
    begin();
    come(ALERT_FLOOD, 0, "a flood");
    come(ALERT_FLOOD, 1, "a flood");
    come(ALERT_FLOOD, 0, "a flood");
    come(ALERT_FLOOD, 0, "a flood");
    // What came behind the one that was looked at is not seen to with it.
    ck_assert_uint_eq(api_alerts_up_to(&api, 3, seqs), 1);
    ck_assert_uint_eq(seqs[0], 1);
    ck_assert_uint_eq(api_alerts_up_to(&api, 4, seqs), 2);
    ck_assert_uint_eq(api_alerts_up_to(&api, 2, seqs), 0);
    ck_assert_uint_eq(api_alerts_up_to(&api, 99, seqs), 0);
    api.view->alerts.all[0].is_acked = 1;
    ck_assert_uint_eq(api_alerts_up_to(&api, 4, seqs), 0);
    end();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("alerts");
    TCase *tcase = tcase_create("alerts");
    SRunner *runner;
    int n_failed;

    tcase_add_test(tcase, what_comes_again_is_one_row);
    tcase_add_test(tcase, crashes_that_were_not_raised_again_are_counted);
    tcase_add_test(tcase, runs_markets_and_what_was_seen_to_stay_apart);
    tcase_add_test(tcase, a_row_is_acknowledged_as_one);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
