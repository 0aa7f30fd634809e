// SPDX-License-Identifier: Apache-2.0
/* What a runner tells of gaps and of calls that found no room, and that the same events with those
 * lapses are delivered and answered as they were. */
#include <stdlib.h>

#include <check.h>

#include "rig.h"

#define LAPSES 64
#define SEEN   4096

static struct record_lapse lapses[LAPSES];
static uint32_t n_lapses;

static int keep_lapse(void *ctx, const struct record_lapse *lapse)
{
    (void)ctx;
    if (n_lapses == LAPSES)
        return 0;
    lapses[n_lapses++] = *lapse;
    return 1;
}

static struct seen {
    struct agon_event_hdr hdr;
    uint64_t nth;
} seen[SEEN];
static uint32_t n_seen;

/* A hundred orders and so many trades that the bus overtakes a reader that does not read; one that
 * is_again reads each step. */
static void overrun(struct rig *rig)
{
    struct agon_trade trade = rig_trade(1, 5);

    rig_public(rig, &trade, 0);
    ck_assert_int_eq(rig_step(rig), AGON_OK);
    for (uint64_t i = 0; i < 3 * RIG_BUS_GRANULES; i++) {
        if (i % 100 == 0) {
            struct agon_order order = rig_order(i + 1, AGON_ORDER_OPEN);

            rig_private(rig, &order, 1);
        }
        rig_public(rig, &trade, 1);
        rig_public(rig, &trade, 2);
        rig->seq++;
        bus_publish(&rig->bus, rig->seq);
        if (rig->is_again)
            ck_assert_int_eq(rig->port->advance(rig->port->ctx, rig->seq), AGON_OK);
    }
    ck_assert_int_eq(rig->port->advance(rig->port->ctx, rig->seq), AGON_OK);
}

START_TEST(a_gap_is_told_and_the_same_events_come_again)
{
    struct rig rig;

    rig_init(&rig);
    rig.on_lapse = keep_lapse;
    ck_assert_int_eq(rig_start(&rig), AGON_OK);
    overrun(&rig);
    ck_assert_uint_eq(n_lapses, 1);
    ck_assert_uint_eq(lapses[0].kind, LAPSE_GAP);
    ck_assert_uint_eq(lapses[0].nth, 1);
    ck_assert_uint_eq(lapses[0].last_seq, 1);
    ck_assert_uint_gt(lapses[0].next_seq, 2);
    n_seen = script.n_seen;
    ck_assert_uint_lt(n_seen, SEEN * 3);
    memcpy(seen, script.seen, (n_seen < SEEN ? n_seen : SEEN) * sizeof(*seen));
    rig_deinit(&rig);

    rig_init(&rig);
    rig.is_again = 1;
    rig.lapses = lapses;
    rig.n_lapses = n_lapses;
    ck_assert_int_eq(rig_start(&rig), AGON_OK);
    overrun(&rig);
    ck_assert_uint_eq(script.n_seen, n_seen);
    for (uint32_t i = 0; i < n_seen && i < SEEN; i++) {
        ck_assert_uint_eq(script.seen[i].hdr.seq, seen[i].hdr.seq);
        ck_assert_uint_eq(script.seen[i].hdr.sub, seen[i].hdr.sub);
        ck_assert_uint_eq(script.seen[i].hdr.type, seen[i].hdr.type);
        ck_assert_uint_eq(script.seen[i].nth, seen[i].nth);
    }
    rig_deinit(&rig);
}
END_TEST

/* Wants so much that a ring of the usual size is full in the middle of it. */
static int want_much(struct script *s, const struct agon_event_hdr *event, uint64_t nth)
{
    struct agon_intent leg = {.kind = AGON_INTENT_ORDER,
                              .side = AGON_BUY,
                              .type = AGON_LIMIT,
                              .tif = AGON_TIF_GTC,
                              .instrument = 1,
                              .px = 100,
                              .qty = 1};

    (void)event;
    for (uint32_t i = 0; i < 1500; i++) {
        leg.client_ref = nth * 10000 + i + 1;
        // What it does next depends on what it was told.
        if (s->orders->submit(s->host, &leg, 1) == AGON_EAGAIN)
            i += 3;
    }
    return AGON_OK;
}

/* The references of what it wants, in order, over ten steps; take: so many are taken after each, as
 * a host with other things to do. */
static uint32_t flood(struct rig *rig, uint64_t *refs, uint32_t take)
{
    static _Alignas(64) unsigned char wish[EVENT_BYTES_MAX];
    struct agon_trade trade = rig_trade(1, 5);
    uint32_t n = 0;

    for (int i = 0; i < 10; i++) {
        rig_public(rig, &trade, 0);
        ck_assert_int_eq(rig_step(rig), AGON_OK);
        for (uint32_t k = 0; k < take && rig_wish(rig, wish); k++)
            refs[n++] = ((struct agon_intent_event *)(void *)wish)->intent.client_ref;
    }
    while (rig_wish(rig, wish))
        refs[n++] = ((struct agon_intent_event *)(void *)wish)->intent.client_ref;
    return n;
}

START_TEST(calls_that_found_no_room_are_told_and_find_none_again)
{
    static uint64_t was[20000], is[20000];
    struct agon_trade trade = rig_trade(1, 5);
    struct rig rig;
    uint32_t n;

    rig_init(&rig);
    rig.on_lapse = keep_lapse;
    script.on_event = want_much;
    ck_assert_int_eq(rig_start(&rig), AGON_OK);
    for (uint32_t i = 0; i < 2; i++) { // of two the second finds none, and that is told at once
        rig_public(&rig, &trade, 0);
        ck_assert_int_eq(rig_step(&rig), AGON_OK);
        ck_assert_uint_eq(n_lapses, i);
    }
    n = flood(&rig, was, 1000);
    ck_assert_uint_gt(n_lapses, 5);
    ck_assert_uint_eq(lapses[0].kind, LAPSE_NO_ROOM);
    ck_assert_uint_eq(feed_beat(run_inproc_feed(rig.run))->n_lapses_lost, 0);
    rig_deinit(&rig);

    rig_init(&rig);
    rig.is_again = 1;
    rig.lapses = lapses;
    rig.n_lapses = n_lapses;
    rig.from_granules = 65536;
    script.on_event = want_much;
    ck_assert_int_eq(rig_start(&rig), AGON_OK);
    for (uint32_t i = 0; i < 2; i++) {
        rig_public(&rig, &trade, 0);
        ck_assert_int_eq(rig_step(&rig), AGON_OK);
    }
    ck_assert_uint_eq(flood(&rig, is, UINT32_MAX), n);
    ck_assert_mem_eq(is, was, n * sizeof(*is));
    rig_deinit(&rig);

    // Without them it finds room for more.
    rig_init(&rig);
    rig.is_again = 1;
    rig.from_granules = 65536;
    script.on_event = want_much;
    ck_assert_int_eq(rig_start(&rig), AGON_OK);
    ck_assert_uint_gt(flood(&rig, is, UINT32_MAX), n);
    rig_deinit(&rig);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lapse");
    TCase *tcase = tcase_create("lapse");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_test(tcase, a_gap_is_told_and_the_same_events_come_again);
    tcase_add_test(tcase, calls_that_found_no_room_are_told_and_find_none_again);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
