// SPDX-License-Identifier: Apache-2.0
/* Alerts of the core: each becomes an event once, whatever happens between the step that raised it
 * and the one that journals it; a storm of one kind is one. */
#include "engine/impl.h"
#include "market/quarantine.h"
#include "world.h"

static struct world *world;
static struct engine *engine;

static void begin(void)
{
    world = world_new(RUN_PAPER);
    engine = world->engine;
}

static void kill_all(void)
{
    struct record_command command = {.hdr = {.type = AGON_EVENT_COMMAND, .granules = 1},
                                     .kind = COMMAND_KILL,
                                     .reason = REASON_KILL};

    // Past the driver, which would take the alert at once.
    ck_assert_int_eq(engine_step(engine, &command.hdr), AGON_OK);
}

static void offer(void)
{
    struct record_alert alert;

    ck_assert_int_eq(engine_take_alert(engine, &alert), 1);
    ck_assert_int_eq(engine_step(engine, &alert.hdr), AGON_OK);
}

START_TEST(what_the_core_raises_becomes_one_event)
{
    const struct alerts *alerts = engine_alerts((begin(), engine));
    struct record_alert alert;

    ck_assert_int_eq(engine_take_alert(engine, &alert), 0);
    kill_all();
    ck_assert_int_eq(engine_take_alert(engine, &alert), 1);
    ck_assert_uint_eq(alert.kind, ALERT_KILL);
    ck_assert_uint_eq(alert.cause_seq, engine_seq(engine));
    ck_assert_uint_eq(alerts->n, 0); // not before it is one
    ck_assert_int_eq(engine_step(engine, &alert.hdr), AGON_OK);
    ck_assert_uint_eq(alerts->n, 1);
    ck_assert_uint_eq(alerts->all[0].seq, engine_seq(engine));
    ck_assert_uint_eq(alerts->counts[ALERT_KILL], 1);
    ck_assert_int_eq(engine_take_alert(engine, &alert), 0);
    world_free(world);
}
END_TEST

START_TEST(one_that_was_not_journaled_before_a_crash_is_raised_by_the_state)
{
    static unsigned char bytes[16u << 20];
    struct engine_config config = {.state_bytes = WORLD_STATE};
    struct engine *again;
    struct record_alert alert;
    uint64_t n;

    begin();
    kill_all();
    n = engine_save(engine, bytes, sizeof(bytes)); // dies here
    ck_assert_int_eq(engine_new(&again, &config, NULL), AGON_OK);
    ck_assert_int_eq(engine_load(again, bytes, n, NULL), AGON_OK);
    ck_assert_int_eq(engine_take_alert(again, &alert), 1);
    ck_assert_uint_eq(alert.kind, ALERT_KILL);
    engine_free(again);
    world_free(world);
}
END_TEST

START_TEST(a_storm_of_one_kind_is_one_alert_and_a_count)
{
    begin();
    for (int i = 0; i < 1000; i++)
        engine_raise(engine, ALERT_LEDGER, 0, BTCUSDT, i, 0, NULL);
    ck_assert_uint_eq(engine->alerts.n_waiting, 1);
    ck_assert_uint_eq(engine->alerts.n_folded, 999);
    offer();
    engine_raise(engine, ALERT_LEDGER, 0, BTCUSDT, 1, 0, NULL);
    ck_assert_uint_eq(engine->alerts.n_waiting, 0); // known already
    engine_raise(engine, ALERT_LEDGER, 1, BTCUSDT, 1, 0, NULL);
    ck_assert_uint_eq(engine->alerts.n_waiting, 1); // of another slot
    engine->t += ALERTS_FOLD_NS;
    engine_raise(engine, ALERT_LEDGER, 0, BTCUSDT, 1, 0, NULL);
    ck_assert_uint_eq(engine->alerts.n_waiting, 2); // it is still so ten seconds later
    world_free(world);
}
END_TEST

START_TEST(what_finds_no_room_is_counted)
{
    begin();
    for (uint16_t i = 0; i < ALERTS_WAITING + 3; i++)
        engine_raise(engine, ALERT_LEDGER, i, 0, 0, 0, NULL);
    ck_assert_uint_eq(engine->alerts.n_waiting, ALERTS_WAITING);
    ck_assert_uint_eq(engine->alerts.n_lost, 3);
    for (int i = 0; i < ALERTS_WAITING; i++)
        offer();
    ck_assert_uint_eq(engine->alerts.n, ALERTS_WAITING);
    world_free(world);
}
END_TEST

START_TEST(one_of_another_thread_does_not_take_the_place_of_one_that_waits)
{
    struct record_alert alert;

    begin();
    engine_raise(engine, ALERT_LEDGER, 0, 0, 0, 0, NULL);
    alert_make(&alert, ALERT_LEDGER, 0, 0, 0, 0, "from outside"); // cause_seq 0
    ck_assert_int_eq(engine_step(engine, &alert.hdr), AGON_OK);
    ck_assert_uint_eq(engine->alerts.n_waiting, 1);
    world_free(world);
}
END_TEST

START_TEST(a_quarantine_is_one)
{
    struct record_quarantine record = {
        .hdr = {.type = EVENT_QUARANTINE, .granules = sizeof(record) / EVENT_GRANULE},
        .is_set = 1,
        .text = "crashed three times"};

    begin();
    ck_assert_int_eq(world_step(world, &record), AGON_OK);
    ck_assert_uint_eq(world_alerts(world, ALERT_QUARANTINE), 1);
    ck_assert_str_eq(engine->alerts.all[0].text, "crashed three times");
    // A journal of before names no agent in it: its alert is of none, as it was.
    ck_assert_uint_eq(engine->alerts.all[0].slot, ALERT_NO_SLOT);
    record.hdr.t = 0;
    record.is_set = 0; // an operator cleared it
    ck_assert_int_eq(world_step(world, &record), AGON_OK);
    ck_assert_uint_eq(world_alerts(world, ALERT_QUARANTINE), 1);
    world_free(world);
}
END_TEST

START_TEST(a_quarantine_is_of_the_agent_that_it_names)
{
    struct record_quarantine record = {
        .hdr = {.type = EVENT_QUARANTINE, .granules = sizeof(record) / EVENT_GRANULE},
        .is_set = 1,
        .is_named = 1,
        .slot = 2};

    begin();
    quarantine_put(record.text, "crash_1", 3, "signal 11 (Segmentation fault), after event 9");
    ck_assert_int_eq(world_step(world, &record), AGON_OK);
    ck_assert_uint_eq(engine->alerts.all[0].slot, 2);
    ck_assert_str_eq(engine->alerts.all[0].text, record.text);
    record.hdr.t = 0;
    record.slot = UINT16_MAX; // of nobody who is there
    ck_assert_int_eq(world_step(world, &record), AGON_OK);
    ck_assert_uint_eq(engine->alerts.all[1].slot, ALERT_NO_SLOT);
    world_free(world);
}
END_TEST

START_TEST(acknowledging_names_one_or_all)
{
    struct record_command ack = {.hdr = {.type = AGON_EVENT_COMMAND, .granules = 1},
                                 .kind = COMMAND_ACK_ALERT};

    begin();
    for (uint16_t i = 0; i < 3; i++) {
        engine_raise(engine, ALERT_LEDGER, i, 0, 0, 0, NULL);
        offer();
    }
    ack.value = 12345678;
    ck_assert_int_eq(world_step(world, &ack), AGON_EINVAL);
    ack.value = (int64_t)engine->alerts.all[1].seq;
    ck_assert_int_eq(world_step(world, &ack), AGON_OK);
    ck_assert(!engine->alerts.all[0].is_acked && engine->alerts.all[1].is_acked);
    ack.value = 0;
    ck_assert_int_eq(world_step(world, &ack), AGON_OK);
    ck_assert(engine->alerts.all[0].is_acked && engine->alerts.all[2].is_acked);
    ack.value = -1;
    ck_assert_int_eq(world_step(world, &ack), AGON_EINVAL);
    world_free(world);
}
END_TEST

START_TEST(a_text_that_is_too_long_says_that_more_follows)
{
    char text[200];
    struct record_alert alert;

    memset(text, 'x', sizeof(text));
    text[127] = '\0';
    alert_make(&alert, ALERT_LEDGER, 0, 0, 0, 0, text);
    ck_assert_str_eq(alert.text, text);
    memset(text, 'x', 128);
    text[128] = '\0';
    alert_make(&alert, ALERT_LEDGER, 0, 0, 0, 0, text);
    ck_assert_uint_eq(strlen(alert.text), 127);
    ck_assert_str_eq(alert.text + 123, "x...");
    // No half of a character.
    snprintf(text + 123, sizeof(text) - 123, "\xe2\x82\xac\xe2\x82\xac");
    alert_make(&alert, ALERT_LEDGER, 0, 0, 0, 0, text);
    ck_assert_str_eq(alert.text + 122, "x...");
}
END_TEST

START_TEST(a_malformed_one_changes_nothing)
{
    struct record_alert alert;

    begin();
    alert_make(&alert, ALERT_KINDS, ALERT_NO_SLOT, 0, 0, 0, "of no kind");
    ck_assert_int_eq(world_step(world, &alert), AGON_EINVAL);
    alert_make(&alert, ALERT_KILL, SLOTS_MAX, 0, 0, 0, "of no slot");
    ck_assert_int_eq(world_step(world, &alert), AGON_EINVAL);
    alert_make(&alert, ALERT_KILL, 0, 0, 0, 0, "without an end");
    memset(alert.text, 'x', sizeof(alert.text));
    ck_assert_int_eq(world_step(world, &alert), AGON_EINVAL);
    ck_assert_uint_eq(engine->alerts.n, 0);
    world_free(world);
}
END_TEST

/* A journal of before there was a kind replays, to the hashes that it holds. */
START_TEST(a_kind_that_never_came_is_not_in_the_state)
{
    struct enc before = {0}, after = {0};

    begin();
    ck_assert_uint_eq(engine->alerts.n + engine->alerts.n_waiting, 0);
    alerts_save(&engine->alerts, &before);
    // n, the count of kinds, each of 35, folded, lost, waiting.
    ck_assert_uint_eq(before.used, 8 + 2 + 35 * 8 + 8 + 8 + 4);
    engine->alerts.counts[ALERT_SLOW_JOURNAL] = 1;
    alerts_save(&engine->alerts, &after);
    ck_assert_uint_eq(after.used, before.used + 8);
    world_free(world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("alerts");
    TCase *tcase = tcase_create("alerts");
    SRunner *runner;
    int n_failed;

    tcase_add_test(tcase, what_the_core_raises_becomes_one_event);
    tcase_add_test(tcase, one_that_was_not_journaled_before_a_crash_is_raised_by_the_state);
    tcase_add_test(tcase, a_storm_of_one_kind_is_one_alert_and_a_count);
    tcase_add_test(tcase, what_finds_no_room_is_counted);
    tcase_add_test(tcase, one_of_another_thread_does_not_take_the_place_of_one_that_waits);
    tcase_add_test(tcase, a_quarantine_is_one);
    tcase_add_test(tcase, a_quarantine_is_of_the_agent_that_it_names);
    tcase_add_test(tcase, acknowledging_names_one_or_all);
    tcase_add_test(tcase, a_text_that_is_too_long_says_that_more_follows);
    tcase_add_test(tcase, a_malformed_one_changes_nothing);
    tcase_add_test(tcase, a_kind_that_never_came_is_not_in_the_state);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
