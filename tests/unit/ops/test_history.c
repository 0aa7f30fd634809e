// SPDX-License-Identifier: Apache-2.0
/* What operators see of before: candles, what happened, health, each kept by looking at views. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/impl.h"
#include "exec/orders.h"
#include "market/alerts.h"
#include "ops/panels.h"
#include "view_rig.h"

START_TEST(a_candle_opens_first_closes_last_and_has_the_extremes_between)
{
    look(NOON, 10000);
    look(NOON + MINUTE / 4, 10250);
    look(NOON + MINUTE / 2, 9900);
    look(NOON + MINUTE - 1, 10100);
    look(NOON + MINUTE, 10110);
    ck_assert_str_eq(
        asked(api_do_candles, "BTCUSDT", NULL),
        "[{\"t_ms\":1767268800000,\"open\":\"100.00\",\"high\":\"102.50\",\"low\":\"99."
        "00\",\"close\":\"101.00\"},{\"t_ms\":1767268860000,\"open\":\"101.10\","
        "\"high\":\"101.10\",\"low\":\"101.10\",\"close\":\"101.10\"}]");
    ck_assert_str_eq(
        asked(api_do_candles, "BTCUSDT", "900"),
        "[{\"t_ms\":1767268800000,\"open\":\"100.00\",\"high\":\"102.50\",\"low\":\"99."
        "00\",\"close\":\"101.10\"}]");
    ck_assert_ptr_nonnull(strstr(asked(api_do_candles, "BTCUSDT", "7"), "60, 900 or 14400"));
    // A market without a price makes none, and the oldest go.
    look(NOON + 2 * MINUTE, 0);
    for (int i = 3; i < 3 + 2 * CANDLES; i++)
        look(NOON + i * MINUTE, 10000 + i);
    ck_assert_uint_eq(api.history->candles[0].n[0], 2 + 2 * CANDLES);
    ck_assert_ptr_null(strstr(asked(api_do_candles, "BTCUSDT", NULL), "1767268860000"));
}
END_TEST

START_TEST(what_happens_between_two_looks_is_an_event_once)
{
    struct host_view_halt *halt = &api.view->halts[0];

    look(NOON, 10000);
    ck_assert_str_eq(asked(api_do_events, NULL, NULL), "[]");
    *halt = (struct host_view_halt){.scope = SCOPE_SLOT, .id = 0, .t = NOON + 5};
    snprintf(halt->who, sizeof(halt->who), "token");
    snprintf(halt->why, sizeof(halt->why), "lunch");
    api.view->n_halts = 1;
    look(NOON + 1, 10000);
    look(NOON + 2, 10000);
    api.view->n_halts = 0;
    snprintf(api.view->slots[0].failure, sizeof(api.view->slots[0].failure), "signal 11");
    look(NOON + 3, 10000);
    look(NOON + 4, 10000);
    ck_assert_uint_eq(api.history->n_events, 3);
    ck_assert_str_eq(api.history->events[0].kind, "halt");
    ck_assert_str_eq(api.history->events[0].of, "alpha");
    ck_assert_str_eq(api.history->events[0].text, "by token: lunch");
    ck_assert_str_eq(api.history->events[1].kind, "crash");
    ck_assert_str_eq(api.history->events[1].text, "signal 11");
    ck_assert_str_eq(api.history->events[2].kind, "resume");
}
END_TEST

/* One that runs again when somebody looks: why it ended is said all the same. */
START_TEST(a_crash_between_two_looks_says_why)
{
    struct host_view_slot *slot = &api.view->slots[0];

    look(NOON, 10000);
    slot->n_crashes = 1;
    snprintf(slot->last_failure, sizeof(slot->last_failure), "signal 11 (Segmentation fault)");
    look(NOON + 1, 10000);
    ck_assert_uint_eq(api.history->n_events, 1);
    ck_assert_str_eq(api.history->events[0].kind, "crash");
    ck_assert_str_eq(api.history->events[0].text, "signal 11 (Segmentation fault)");
}
END_TEST

/* What came of an order is of its time, and was heard of before it. */
START_TEST(of_one_time_an_effect_is_newer_than_its_cause)
{
    struct host_view_asked *asked_ = &api.view->asked[0];
    const char *effect, *cause;

    look(NOON, 10000);
    api.view->alerts.all[0] = (struct alert){
        .seq = 12, .t = NOON + 5, .kind = ALERT_FLOOD, .slot = 0, .text = "alpha exceeds a limit"};
    api.view->alerts.n_kept = 1;
    *asked_ =
        (struct host_view_asked){.t = NOON + 5, .seq = 11, .kind = ASKED_PARAM, .of = "alpha"};
    api.view->n_asked = 1;
    look(NOON + 5, 10000);
    effect = strstr(asked(api_do_events, NULL, NULL), "exceeds a limit");
    cause = strstr(jout_text(&out), "\"kind\":\"asked\"");
    ck_assert_ptr_nonnull(effect);
    ck_assert_ptr_nonnull(cause);
    ck_assert_ptr_nonnull(strstr(jout_text(&out), "\"seq\":11,"));
    ck_assert(effect < cause); // newest first
}
END_TEST

START_TEST(alerts_of_before_a_restart_are_its_first_events)
{
    struct alert *alerts = api.view->alerts.all;

    alerts[0] =
        (struct alert){.seq = 9, .t = NOON - 1, .kind = ALERT_JOURNAL, .slot = ALERT_NO_SLOT};
    alerts[1] = (struct alert){.seq = 4, .t = NOON - 2, .kind = ALERT_CRASH, .slot = 0};
    api.view->alerts.n_kept = 2;
    look(NOON, 10000);
    look(NOON + 1, 10000);
    ck_assert_uint_eq(api.history->n_events, 2);
    ck_assert_str_eq(api.history->events[0].kind, "crash");
    ck_assert_str_eq(api.history->events[1].kind, "alert");
}
END_TEST

static void say(struct alert *alert, uint64_t n)
{
    snprintf(alert->text, sizeof(alert->text),
             "alpha exceeds a limit: %llu of 20,000 in its meter; it runs on",
             (unsigned long long)n);
}

START_TEST(an_alert_that_comes_again_is_one_event_that_grows)
{
    struct alert *alerts = api.view->alerts.all; // newest first

    look(NOON, 10000);
    for (uint64_t n = 1; n <= 3; n++) {
        alerts[0] = (struct alert){.seq = n, .t = NOON + (agon_ns_t)n, .kind = ALERT_FLOOD};
        say(&alerts[0], 1000 * n);
        api.view->alerts.n_kept = 1;
        look(NOON + (agon_ns_t)n, 10000);
    }
    ck_assert_uint_eq(api.history->n_events, 1);
    ck_assert_uint_eq(api.history->events[0].n, 3);
    ck_assert_int_eq(api.history->events[0].t, NOON + 3);
    ck_assert_int_eq(api.history->events[0].t_first, NOON + 1);
    // Another one is another event. While both go on, each is one, and the newest stands last.
    for (uint64_t n = 4; n <= 9; n++) {
        alerts[0] = (struct alert){.seq = n, .t = NOON + (agon_ns_t)n, .kind = ALERT_FLOOD};
        say(&alerts[0], 1000 * n);
        if (n % 2 == 0)
            snprintf(alerts[0].text, sizeof(alerts[0].text), "other");
        look(NOON + (agon_ns_t)n, 10000);
    }
    ck_assert_uint_eq(api.history->n_events, 2);
    ck_assert_str_eq(api.history->events[0].text, "other");
    ck_assert_uint_eq(api.history->events[0].n, 3);
    // Whose it is stands before it, and its figures are the newest.
    ck_assert_str_eq(api.history->events[1].text,
                     "exceeds a limit: 9000 of 20,000 in its meter; it runs on");
    ck_assert_uint_eq(api.history->events[1].n, 6);
    ck_assert_int_eq(api.history->events[1].t, NOON + 9);
    ck_assert_int_eq(api.history->events[1].t_first, NOON + 1);
    // Behind a crash it is what happened after it.
    snprintf(api.view->slots[0].failure, 160, "signal 11");
    look(NOON + 10, 10000);
    alerts[0].seq = 10;
    look(NOON + 11, 10000);
    ck_assert_uint_eq(api.history->n_events, 4);
    ck_assert_uint_eq(api.history->events[3].n, 0);
}
END_TEST

START_TEST(an_agent_that_is_unloaded_is_no_crash)
{
    struct host_view_slot *slot = &api.view->slots[0];

    look(NOON, 10000);
    slot->is_unloaded = 1;
    snprintf(slot->failure, 160, "unloaded: not in the roster any more; its positions are kept");
    look(NOON + 1, 10000);
    look(NOON + 2, 10000);
    ck_assert_uint_eq(api.history->n_events, 1);
    ck_assert_str_eq(api.history->events[0].kind, "unloaded");
    ck_assert_str_eq(api.history->events[0].text, slot->failure);
    slot->is_used = 0; // nothing of it is left
    look(NOON + 3, 10000);
    ck_assert_uint_eq(api.history->n_events, 1);
    // Another has its place, holds nothing, and has left it before anybody looks.
    *slot = (struct host_view_slot){.is_used = 1, .name = "beta"};
    look(NOON + 4, 10000);
    memset(slot, 0, sizeof(*slot));
    look(NOON + 5, 10000);
    ck_assert_uint_eq(api.history->n_events, 2);
    ck_assert_str_eq(api.history->events[1].kind, "unloaded");
    ck_assert_str_eq(api.history->events[1].of, "beta");
    // Whoever crashed has crashed, and is unloaded then.
    *slot = (struct host_view_slot){.is_used = 1, .name = "gamma", .failure = "SIGSEGV"};
    look(NOON + 6, 10000);
    slot->is_unloaded = 1;
    look(NOON + 7, 10000);
    ck_assert_uint_eq(api.history->n_events, 4);
    ck_assert_str_eq(api.history->events[2].kind, "crash");
    ck_assert_str_eq(api.history->events[3].kind, "unloaded");
}
END_TEST

/* Between two looks one may crash, begin again and crash: each is counted, and none twice, whether
 * the engine counted it before its failure was seen or behind it. */
START_TEST(crashes_between_two_looks_are_each_counted)
{
    struct host_view_slot *slot = &api.view->slots[0];
    const struct api_event *events = api.history->events;

    slot->n_crashes = 7; // of runs before
    look(NOON, 10000);
    ck_assert_uint_eq(api.history->n_events, 0);
    slot->n_crashes = 9;
    look(NOON + 1, 10000); // it runs again
    ck_assert_uint_eq(api.history->n_events, 1);
    ck_assert_str_eq(events[0].kind, "crash");
    ck_assert_uint_eq(events[0].n, 2);
    snprintf(slot->failure, 160, "SIGSEGV");
    look(NOON + 2, 10000); // seen, and not counted yet
    slot->n_crashes = 10;
    look(NOON + 3, 10000);
    ck_assert_uint_eq(api.history->n_events, 2);
    ck_assert_uint_eq(events[1].n, 1);
    ck_assert_int_eq(events[1].t, NOON + 2);
    slot->n_crashes = 11; // once more, with nothing between that was seen
    look(NOON + 4, 10000);
    ck_assert_uint_eq(api.history->n_events, 3);
    ck_assert_uint_eq(events[2].n, 1);
    // Another in its place begins with none.
    *slot = (struct host_view_slot){.is_used = 1, .name = "beta", .freed_seq = 5};
    look(NOON + 5, 10000);
    slot->n_crashes = 1;
    look(NOON + 6, 10000);
    ck_assert_uint_eq(events[api.history->n_events - 1].n, 1);
    ck_assert_str_eq(events[api.history->n_events - 1].of, "beta");
}
END_TEST

static struct alert crash_at(uint64_t seq, agon_ns_t t, const char *text)
{
    struct alert alert = {.seq = seq, .t = t, .kind = ALERT_CRASH, .slot = 0};

    snprintf(alert.text, sizeof(alert.text), "%s", text);
    return alert;
}

/* One of ten seconds ago is not raised again: the words of the newest never stand with its time. */
START_TEST(time_event_and_words_are_of_the_newest_crash)
{
    struct host_view_slot *slot = &api.view->slots[0];
    const struct api_event *events = api.history->events;

    look(NOON, 10000);
    slot->n_crashes = 2;
    slot->last_failure_t = NOON + 7;
    snprintf(slot->last_failure, sizeof(slot->last_failure), "SIGSEGV");
    api.view->alerts.all[0] = crash_at(12, NOON + 3, "overdue");
    api.view->alerts.n_kept = 1;
    api.view->asked[0] =
        (struct host_view_asked){.t = NOON + 5, .seq = 13, .kind = ASKED_PARAM, .of = "alpha"};
    api.view->n_asked = 1;
    look(NOON + 9, 10000);
    ck_assert_uint_eq(api.history->n_events, 2);
    ck_assert_str_eq(events[1].text, "SIGSEGV");
    ck_assert_uint_eq(events[1].n, 2);
    ck_assert_int_eq(events[1].t, NOON + 7);
    ck_assert_int_eq(events[1].t_first, NOON + 3);
    ck_assert_uint_eq(events[1].seq, 0); // that event is the other one's
    asked(api_do_events, NULL, NULL);    // newest first
    ck_assert_ptr_nonnull(strstr(jout_text(&out), "\"kind\":\"asked\""));
    ck_assert(strstr(jout_text(&out), "\"kind\":\"crash\"") <
              strstr(jout_text(&out), "\"kind\":\"asked\""));
    // The next is raised: of the same look, and of the two before.
    slot->n_crashes = 4;
    slot->last_failure_t = NOON + 30;
    api.view->alerts.all[1] = crash_at(20, NOON + 20, "SIGBUS");
    api.view->alerts.all[0] = crash_at(22, NOON + 31, "SIGILL");
    api.view->alerts.n_kept = 2;
    snprintf(slot->last_failure, sizeof(slot->last_failure), "SIGILL");
    look(NOON + 32, 10000);
    ck_assert_uint_eq(api.history->n_events, 3);
    ck_assert_str_eq(events[2].text, "SIGILL");
    ck_assert_int_eq(events[2].t, NOON + 31);
    ck_assert_int_eq(events[2].t_first, NOON + 20);
    ck_assert_uint_eq(events[2].seq, 22);
}
END_TEST

static void was_held(uint32_t number)
{
    api.view->n_plans = number;
    api.view->plan.plan = (struct record_plan){
        .hdr = {.t = NOON + (agon_ns_t)number * MINUTE}, .number = number, .exp = 8};
}

START_TEST(tournaments_and_equal_alerts_in_turns_are_two_events)
{
    look(NOON, 10000);
    for (uint32_t n = 1; n <= 5; n++) {
        was_held(n);
        look(NOON + n * MINUTE, 10000);
        api.view->alerts.all[0] =
            (struct alert){.seq = n, .t = NOON + n * MINUTE + 1, .kind = ALERT_FLOOD};
        snprintf(api.view->alerts.all[0].text, sizeof(api.view->alerts.all[0].text), "a flood");
        api.view->alerts.n_kept = 1;
        look(NOON + n * MINUTE + 1, 10000);
    }
    ck_assert_uint_eq(api.history->n_events, 2);
    ck_assert_str_eq(api.history->events[0].kind, "tournament");
    ck_assert_uint_eq(api.history->events[0].n, 5);
    ck_assert_str_eq(api.history->events[1].text, "a flood");
    ck_assert_uint_eq(api.history->events[1].n, 5);
}
END_TEST

/* People read events by their times: what stands between two tournaments is what happened between
 * them, and not what the host heard of between them. */
START_TEST(tournaments_that_stand_one_behind_the_other_are_one_event)
{
    struct host_view_slot *slot = &api.view->slots[0];

    look(NOON, 10000);
    was_held(1);
    look(NOON + MINUTE, 10000);
    // Of the second it hears in one look with a crash that came behind it.
    was_held(2);
    snprintf(slot->failure, sizeof(slot->failure), "signal 11");
    look(NOON + 2 * MINUTE + MINUTE / 2, 10000);
    ck_assert_uint_eq(api.history->n_events, 2);
    ck_assert_str_eq(api.history->events[0].kind, "crash");
    ck_assert_uint_eq(api.history->events[1].n, 2);
    // Behind the crash another begins,
    was_held(3);
    look(NOON + 3 * MINUTE, 10000);
    was_held(4);
    look(NOON + 4 * MINUTE, 10000);
    ck_assert_uint_eq(api.history->n_events, 3);
    ck_assert_uint_eq(api.history->events[2].n, 2);
    // and what is heard of late, of before the last one, does not part it from the next.
    slot->failure[0] = '\0';
    look(NOON + 4 * MINUTE + 1, 10000);
    api.view->alerts.all[0] =
        (struct alert){.seq = 1, .t = NOON + 3 * MINUTE + 1, .kind = ALERT_CRASH};
    api.view->alerts.n_kept = 1;
    snprintf(slot->failure, sizeof(slot->failure), "signal 6");
    look(NOON + 4 * MINUTE + 2, 10000);
    ck_assert_uint_eq(api.history->n_events, 4);
    ck_assert_str_eq(api.history->events[3].text, "signal 6");
    was_held(5);
    look(NOON + 5 * MINUTE, 10000);
    ck_assert_uint_eq(api.history->n_events, 4);
    ck_assert_uint_eq(api.history->events[3].n, 3);
}
END_TEST

/* However many alerts take turns with them: they move on, and would leave two behind each other. */
START_TEST(alerts_that_move_on_leave_no_two_tournaments_behind_each_other)
{
    look(NOON, 10000);
    for (uint32_t n = 1; n <= 3; n++) {
        was_held(n);
        look(NOON + n * MINUTE, 10000);
        for (uint32_t k = 0; k < 12; k++) {
            struct alert *alert = &api.view->alerts.all[0];

            *alert = (struct alert){.seq = 100 * n + k,
                                    .t = NOON + n * MINUTE + (k + 1) * 1000000000ll,
                                    .kind = ALERT_FLOOD};
            snprintf(alert->text, sizeof(alert->text), "flood %u", k);
            api.view->alerts.n_kept = 1;
            look(alert->t, 10000);
        }
    }
    for (uint64_t i = 0, n = 0; i < api.history->n_events; i++) {
        n += strcmp(api.history->events[i].kind, "tournament") == 0;
        ck_assert_uint_le(n, 1);
    }
}
END_TEST

/* Whose it is stands in `of`, and not once more in the text. */
START_TEST(an_alert_names_its_agent_once)
{
    struct alert *alert = &api.view->alerts.all[0];

    look(NOON, 10000);
    for (uint32_t n = 1; n <= 3; n++) {
        *alert = (struct alert){.seq = n, .t = NOON + n, .kind = ALERT_QUARANTINE};
        snprintf(alert->text, sizeof(alert->text), "alpha%s is quarantined: 3 crashes",
                 n == 3 ? "bet" : "");
        api.view->alerts.n_kept = 1;
        look(NOON + n, 10000);
    }
    ck_assert_uint_eq(api.history->n_events, 2);
    ck_assert_str_eq(api.history->events[0].of, "alpha");
    ck_assert_str_eq(api.history->events[0].text, "is quarantined: 3 crashes");
    ck_assert_uint_eq(api.history->events[0].n, 2);
    ck_assert_str_eq(api.history->events[1].text, "alphabet is quarantined: 3 crashes");
}
END_TEST

static void minute_had(agon_ns_t t, agon_qty_t qty)
{
    api.view->traded[0][t / MINUTE % HOST_VIEW_MINUTES] =
        (struct host_view_traded){.t = t - t % MINUTE, .qty = qty};
}

/* A host under load is looked at late: many trades later, and minutes. */
START_TEST(what_was_traded_is_its_own_minutes_however_late_the_look)
{
    look(NOON, 10000);
    minute_had(NOON, 1000);             // more trades than the view's ring has, and ...
    look(NOON + MINUTE + 5, 10000);     // ... another minute has begun when they are seen
    minute_had(NOON, 1007);             // the last of it came behind the copy
    minute_had(NOON + MINUTE, 20);      //
    minute_had(NOON + 2 * MINUTE, 300); // no look at all in this one
    look(NOON + 3 * MINUTE + 5, 10000); //
    minute_had(NOON + 3 * MINUTE, 4);   //
    look(NOON + 3 * MINUTE + 9, 10000); //
    look(NOON + 3 * MINUTE + 9, 10000); // the same once more
    asked(api_do_candles, "BTCUSDT", NULL);
    ck_assert_uint_eq(count_of(jout_text(&out), "t_ms"), 3);
    ck_assert_uint_eq(count_of(jout_text(&out), "\"volume\":\"1007\""), 1);
    ck_assert_uint_eq(count_of(jout_text(&out), "\"volume\":\"20\""), 1);
    ck_assert_uint_eq(count_of(jout_text(&out), "\"volume\":\"4\""), 1);
    // The quarter of an hour has that minute too; a minute of the ring's next turn is another one.
    ck_assert_ptr_nonnull(strstr(asked(api_do_candles, "BTCUSDT", "900"), "\"volume\":\"1331\""));
    minute_had(NOON + HOST_VIEW_MINUTES * MINUTE, 5);
    look(NOON + HOST_VIEW_MINUTES * MINUTE + 1, 10000);
    ck_assert_ptr_nonnull(strstr(asked(api_do_candles, "BTCUSDT", "60"), "\"volume\":\"5\"}]"));
}
END_TEST

START_TEST(volume_is_of_trades_or_of_bars_and_of_neither_there_is_none)
{
    look(NOON, 10000);
    ck_assert_ptr_null(strstr(asked(api_do_candles, "BTCUSDT", NULL), "volume"));
    // Bars of before are of no candle here; the same one is not counted twice.
    for (int i = 0; i < 2; i++)
        api.view->bars[api.view->n_bars++] = (struct host_view_bar){
            .t_open = NOON, .volume_qty = 7, .instrument = 1, .length_s = 60};
    look(NOON + MINUTE, 10000);
    ck_assert_ptr_nonnull(strstr(asked(api_do_candles, "BTCUSDT", NULL), "\"volume\":\"7\"}"));
    ck_assert_ptr_nonnull(strstr(asked(api_do_candles, "BTCUSDT", "900"), "\"volume\":\"7\"}"));
    // Trades go before.
    minute_had(NOON + MINUTE, 12);
    look(NOON + MINUTE + 2, 10000);
    ck_assert_ptr_nonnull(strstr(asked(api_do_candles, "BTCUSDT", NULL), "\"volume\":\"12\"}"));
    api.view->bars[api.view->n_bars++] = (struct host_view_bar){
        .t_open = NOON + MINUTE, .volume_qty = 9, .instrument = 1, .length_s = 60};
    look(NOON + 2 * MINUTE, 10000);
    ck_assert_ptr_nonnull(strstr(asked(api_do_candles, "BTCUSDT", NULL), "\"volume\":\"12\"}"));
    ck_assert_uint_eq(count_of(asked(api_do_candles, "BTCUSDT", "60"), "t_ms"), 3);
}
END_TEST

START_TEST(only_a_new_event_is_sent_to_the_page)
{
    static struct control_live live;

    look(NOON, 10000);
    live.open = -1;
    panel_events(&api, &live);
    ck_assert_uint_eq(live.n, 0);
    for (int i = 0; i < EVENTS_LIVE + 2; i++) {
        snprintf(api.view->slots[0].failure, 160, "%s", i % 2 == 0 ? "signal 11" : "");
        look(NOON + i, 10000);
    }
    live.open = -1;
    panel_events(&api, &live);
    ck_assert_uint_eq(live.n, EVENTS_LIVE / 2 + 1); // one for each that failed
}
END_TEST

static void fill(uint16_t slot, uint64_t seq, int is_closing)
{
    api.view->fills[api.view->n_fills++ % HOST_VIEW_FILLS] =
        (struct host_view_fill){.t = NOON,
                                .slot = slot,
                                .seq = seq,
                                .instrument = 1,
                                .px = 10000,
                                .is_closing = (uint8_t)is_closing,
                                .result_amt = 250};
}

START_TEST(what_an_agent_closed_is_kept_however_much_others_trade)
{
    api.view->n_slots = 2;
    api.view->slots[1].is_used = 1;
    snprintf(api.view->slots[1].name, sizeof(api.view->slots[1].name), "loud");
    ck_assert_str_eq(asked(api_do_closings, "alpha", NULL), "[]");
    fill(0, 1, 0);
    fill(0, 2, 1);
    look(NOON, 10000);
    for (uint64_t seq = 3; seq < 3 + 2 * HOST_VIEW_FILLS; seq++) {
        fill(1, seq, 1);
        look(NOON + (agon_ns_t)seq, 10000);
    }
    ck_assert_uint_eq(count_of(asked(api_do_closings, "alpha", NULL), "\"seq\":"), 1);
    ck_assert_ptr_nonnull(strstr(jout_text(&out), "\"seq\":2}"));
    ck_assert_uint_eq(count_of(asked(api_do_closings, "loud", NULL), "\"seq\":"), CLOSINGS);
    // Who has them up to an event asks for those after it.
    ck_assert_str_eq(asked(api_do_closings, "alpha", "2"), "[]");
    ck_assert_uint_eq(count_of(asked(api_do_closings, "loud", "512"), "\"seq\":"), 2);
    ck_assert_ptr_nonnull(
        strstr(asked(api_do_closings, "loud", "x"), "not the number of an event"));
    ck_assert_ptr_nonnull(strstr(asked(api_do_closings, "lod", NULL), "did you mean 'loud'"));
}
END_TEST

START_TEST(what_another_had_who_was_there_before_is_not_its_own)
{
    fill(0, 1, 1);
    look(NOON, 10000);
    snprintf(api.view->slots[0].name, sizeof(api.view->slots[0].name), "beta");
    look(NOON + 1, 10000);
    ck_assert_str_eq(asked(api_do_closings, "beta", NULL), "[]");
    fill(0, 2, 1);
    look(NOON + 2, 10000);
    ck_assert_uint_eq(count_of(asked(api_do_closings, "beta", NULL), "\"seq\":"), 1);
}
END_TEST

static void tournament(uint32_t number, agon_amt_t before_amt, agon_amt_t after_amt)
{
    struct record_plan *plan = &api.view->plan.plan;
    struct plan_line *lines = plan_lines(plan);

    plan->hdr.t = NOON + number * MINUTE;
    plan->number = number;
    plan->exp = 2;
    plan->n_lines = 2;
    lines[0] = (struct plan_line){.capital_before_amt = before_amt, .capital_after_amt = after_amt};
    lines[1] = (struct plan_line){.capital_before_amt = after_amt, .capital_after_amt = before_amt};
    api.view->n_plans = number;
    look(plan->hdr.t, 10000);
}

START_TEST(tournaments_one_behind_the_other_are_one_event)
{
    snprintf(api.view->base_currency, sizeof(api.view->base_currency), "USDT");
    api.view->base_exp = 2;
    tournament(3, 500, 500);
    ck_assert_uint_eq(api.history->n_events, 1);
    ck_assert_str_eq(api.history->events[0].text,
                     "tournament 3 was held, 2 agents; no capital moved");
    tournament(4, 500, 625);
    tournament(5, 625, 650);
    ck_assert_uint_eq(api.history->n_events, 1);
    ck_assert_str_eq(api.history->events[0].text,
                     "tournaments 3 to 5 were held, 2 agents; 1.50 USDT moved");
    ck_assert_ptr_nonnull(strstr(asked(api_do_events, NULL, NULL), "\"count\":3,\"first_ms\":"));
    // What happens between them begins another.
    snprintf(api.view->slots[0].failure, sizeof(api.view->slots[0].failure), "signal 11");
    look(NOON + 6 * MINUTE, 10000);
    tournament(7, 650, 650);
    ck_assert_uint_eq(api.history->n_events, 3);
    ck_assert_str_eq(api.history->events[2].text,
                     "tournament 7 was held, 2 agents; no capital moved");
    // Of plans the newest can be had alone.
    ck_assert_uint_eq(count_of(asked(api_do_plans, NULL, NULL), "\"number\":"), 4);
    ck_assert_uint_eq(count_of(asked(api_do_plans, "1", NULL), "\"number\":7"), 1);
    ck_assert_uint_eq(count_of(jout_text(&out), "\"number\":"), 1);
    ck_assert_ptr_nonnull(strstr(asked(api_do_plans, "0", NULL), "expected 1 to 96"));
    // Each of them can be had whole, as the last one; one that was not held cannot.
    ck_assert_ptr_nonnull(strstr(asked(api_do_tournament, "4", NULL), "{\"number\":4,"));
    ck_assert_ptr_nonnull(strstr(jout_text(&out), "\"before\":\"5.00\",\"after\":\"6.25\""));
    ck_assert_ptr_nonnull(strstr(jout_text(&out), "\"measures\":[{"));
    ck_assert_ptr_nonnull(strstr(asked(api_do_tournament, "7", NULL), "{\"number\":7,"));
    ck_assert_ptr_nonnull(strstr(asked(api_do_tournament, "6", NULL), "is not kept here"));
    ck_assert_ptr_nonnull(strstr(asked(api_do_tournament, "0", NULL), "not a tournament's number"));
}
END_TEST

/* A tournament as the core keeps it beside the view. */
static void held(uint32_t number, agon_amt_t moved_amt)
{
    struct host_plans *planned = &api.history->planned;
    union plan_event *event = &planned->all[planned->n++ % HOST_PLANS_MAX];

    memset(event, 0, sizeof(*event));
    event->plan.hdr.t = NOON + number * MINUTE;
    event->plan.number = number;
    event->plan.exp = 2;
    event->plan.n_lines = 1;
    plan_lines(&event->plan)[0].capital_after_amt = moved_amt;
    api.view->plan = *event;
    api.view->n_plans = number;
}

START_TEST(tournaments_between_two_looks_are_all_seen)
{
    struct host_plans *planned = &api.history->planned;

    snprintf(api.view->base_currency, sizeof(api.view->base_currency), "USDT");
    api.view->base_exp = 2;
    tournament(1, 500, 500);
    for (uint32_t number = 2; number <= 5; number++)
        held(number, 100);
    look(NOON + 5 * MINUTE, 10000);
    look(NOON + 6 * MINUTE, 10000);
    ck_assert_uint_eq(api.history->n_plans, 5);
    ck_assert_uint_eq(api.history->n_events, 1);
    ck_assert_str_eq(api.history->events[0].text,
                     "tournaments 1 to 5 were held, 1 agents; 4.00 USDT moved");
    ck_assert_ptr_nonnull(
        strstr(asked(api_do_events, NULL, NULL),
               "\"held_ms\":[1767268860000,1767268920000,1767268980000,1767269040000,"
               "1767269100000]"));
    // One that was taken back before the next was held says so, in its plan too.
    held(6, 100);
    planned->all[planned->n % HOST_PLANS_MAX] = planned->all[(planned->n - 1) % HOST_PLANS_MAX];
    planned->all[planned->n % HOST_PLANS_MAX].in_memory.undone =
        (struct plan_undone){.t = NOON + 6 * MINUTE + 1, .number = 6, .who = "token"};
    planned->n++;
    held(7, 0);
    look(NOON + 7 * MINUTE, 10000);
    ck_assert_uint_eq(api.history->n_plans, 7);
    ck_assert_ptr_nonnull(strstr(asked(api_do_events, NULL, NULL), "tournament 6 is undone by"));
    ck_assert_ptr_nonnull(strstr(asked(api_do_tournament, "6", NULL), "\"undone\":{"));
    ck_assert_ptr_nonnull(strstr(asked(api_do_events, NULL, NULL), "tournament 7 was held"));
    // More than are kept between two looks: the newest.
    for (uint32_t number = 8; number < 8 + 2 * HOST_PLANS_MAX; number++)
        held(number, 0);
    look(NOON + 40 * MINUTE, 10000);
    ck_assert_uint_eq(api.history->n_plans, 7 + HOST_PLANS_MAX);
}
END_TEST

START_TEST(each_market_has_its_newest_trades)
{
    api.view->n_instruments = 2;
    snprintf(api.view->instruments[1].symbol, sizeof(api.view->instruments[1].symbol), "ETHUSDT");
    for (uint32_t i = 0; i < 60; i++) { // one of bitcoin, then many of ether
        api.view->trades[api.view->n_trades++ % HOST_VIEW_TRADES] =
            (struct host_view_trade){.t = NOON + i * 1000000,
                                     .px = 10000 + i,
                                     .qty = 7,
                                     .instrument = i == 0 ? 1 : 2,
                                     .side = i == 0 ? AGON_SELL : 0};
        look(NOON + i, 10000);
    }
    ck_assert_str_eq(asked(api_do_trades, "BTCUSDT", NULL),
                     "[{\"n\":1,\"t_ms\":1767268800000,\"price\":\"100.00\",\"quantity\":\"7\","
                     "\"side\":\"sell\"}]");
    ck_assert_str_eq(asked(api_do_trades, "BTCUSDT", "1"), "[]");
    ck_assert_uint_eq(count_of(asked(api_do_trades, "ETHUSDT", NULL), "\"side\":\"\"}"), TRADES);
    ck_assert_uint_eq(count_of(asked(api_do_trades, "ETHUSDT", "57"), "\"side\":\"\"}"), 2);
    ck_assert_int_eq(strncmp(jout_text(&out), "[{\"n\":59,\"t_ms\":1767268800059,", 30), 0);
    ck_assert_ptr_nonnull(strstr(asked(api_do_trades, "ETHUSDT", "-1"), "not the number"));
}
END_TEST

START_TEST(feeds_are_kept_of_each_venue_by_itself)
{
    api.view->n_venues = 2;
    snprintf(api.view->venues[0].name, sizeof(api.view->venues[0].name), "binance");
    snprintf(api.view->venues[1].name, sizeof(api.view->venues[1].name), "kraken");
    api.view->venues[0].uptime.is_up = 1;
    api.view->venues[0].status.n_messages = 40;
    api.view->venues[1].status.n_messages = 7;
    look(NOON, 10000);
    api.view->venues[1].status.n_gaps = 2;
    api.view->venues[1].uptime.is_up = 1;
    while (api.history->n_health < 1)
        look(api.view->t + 1, 10000);
    ck_assert_ptr_nonnull(
        strstr(asked(api_do_health, NULL, NULL), "\"venues\":[\"binance\",\"kraken\"]"));
    ck_assert_ptr_nonnull(strstr(jout_text(&out), "\"feeds\":[[40,0,1],[7,2,0.9"));
    while (api.history->n_health < 2)
        look(api.view->t + 1, 10000);
    ck_assert_ptr_nonnull(strstr(asked(api_do_health, "1", NULL), "\"feeds\":[[0,0,1],[0,0,1]]"));
}
END_TEST

START_TEST(health_counts_what_is_new_and_halves_when_it_is_full)
{
    int64_t before;

    for (int i = 0; i < 3; i++)
        hist_add(&api.view->step_ns, 300);
    hist_add(&api.view->step_ns, 81);
    hist_add(&api.view->step_ns, 600);
    api.view->seq = 12;
    api.view->durable_seq = 2;
    api.view->venue.n_messages = 100;
    look(NOON, 10000);
    api.view->durable_seq = 12;
    while (api.history->n_health < 2)
        look(api.view->t + 1, 10000);
    // What is shorter than 512 ns is all in the first.
    ck_assert_uint_eq(api.history->health[0].step[0], 4);
    ck_assert_uint_eq(api.history->health[0].step[1], 1);
    ck_assert_uint_eq(api.history->health[0].n_lag_most, 10);
    ck_assert_uint_eq(api.history->health[0].n_messages, 100);
    ck_assert_uint_eq(api.history->health[1].step[0], 0);
    ck_assert_uint_eq(api.history->health[1].n_lag_most, 0);
    before = api.history->health_every_ns;
    while (api.history->health_every_ns == before)
        look(api.view->t + 1, 10000);
    ck_assert_uint_eq(api.history->n_health, HEALTH / 2 + 1);
    ck_assert_uint_eq(api.history->health[0].step[0], 4);
    ck_assert_uint_eq(api.history->health[0].n_messages, 100);
    ck_assert_ptr_nonnull(strstr(asked(api_do_health, "1", NULL), "\"every_s\":10"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ops_history");
    TCase *tcase = tcase_create("history");
    SRunner *runner;
    int n_failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_candle_opens_first_closes_last_and_has_the_extremes_between);
    tcase_add_test(tcase, what_happens_between_two_looks_is_an_event_once);
    tcase_add_test(tcase, a_crash_between_two_looks_says_why);
    tcase_add_test(tcase, of_one_time_an_effect_is_newer_than_its_cause);
    tcase_add_test(tcase, alerts_of_before_a_restart_are_its_first_events);
    tcase_add_test(tcase, an_alert_that_comes_again_is_one_event_that_grows);
    tcase_add_test(tcase, an_agent_that_is_unloaded_is_no_crash);
    tcase_add_test(tcase, crashes_between_two_looks_are_each_counted);
    tcase_add_test(tcase, time_event_and_words_are_of_the_newest_crash);
    tcase_add_test(tcase, tournaments_and_equal_alerts_in_turns_are_two_events);
    tcase_add_test(tcase, tournaments_that_stand_one_behind_the_other_are_one_event);
    tcase_add_test(tcase, an_alert_names_its_agent_once);
    tcase_add_test(tcase, alerts_that_move_on_leave_no_two_tournaments_behind_each_other);
    tcase_add_test(tcase, volume_is_of_trades_or_of_bars_and_of_neither_there_is_none);
    tcase_add_test(tcase, what_was_traded_is_its_own_minutes_however_late_the_look);
    tcase_add_test(tcase, only_a_new_event_is_sent_to_the_page);
    tcase_add_test(tcase, what_an_agent_closed_is_kept_however_much_others_trade);
    tcase_add_test(tcase, what_another_had_who_was_there_before_is_not_its_own);
    tcase_add_test(tcase, tournaments_one_behind_the_other_are_one_event);
    tcase_add_test(tcase, tournaments_between_two_looks_are_all_seen);
    tcase_add_test(tcase, each_market_has_its_newest_trades);
    tcase_add_test(tcase, feeds_are_kept_of_each_venue_by_itself);
    tcase_add_test(tcase, health_counts_what_is_new_and_halves_when_it_is_full);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
