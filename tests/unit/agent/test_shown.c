// SPDX-License-Identifier: Apache-2.0
/* What a plugin of this process is handed is the record on the bus; that it writes to it stops that
 * plugin, and the record stays. */
#include <check.h>
#include <signal.h>
#include <stdlib.h>

#include "rig.h"

#include "agent/shown.h"

static const struct agon_event_hdr *seen_at;
static int is_writing;

static int on_event(struct script *self, const struct agon_event_hdr *event, uint64_t nth)
{
    (void)self;
    (void)nth;
    seen_at = event;
    if (is_writing) {
        struct agon_trade *mine = (struct agon_trade *)(uintptr_t)event;

        mine->px = 666;
        mine->hdr.t = 666; // of the same page, without another fault
        ck_assert_int_eq(mine->px, 666);
    }
    return AGON_OK;
}

static int is_in(const void *at, const void *from, uint64_t bytes)
{
    return (uintptr_t)at >= (uintptr_t)from && (uintptr_t)at < (uintptr_t)from + bytes;
}

static void step(struct rig *rig, agon_px_t px, int rc)
{
    struct agon_trade trade = rig_trade(1, px);

    rig_public(rig, &trade, 0);
    ck_assert_int_eq(rig_step(rig), rc);
}

static const struct agon_trade *record_of(const struct rig *rig, uint64_t seq)
{
    const unsigned char *at = (const unsigned char *)rig->shared.memory + BUS_HEAD;

    return (const struct agon_trade *)(const void *)(at + (seq - 1) * EVENT_GRANULE);
}

START_TEST(an_event_is_handed_on_as_it_stands_on_the_bus)
{
    struct rig rig;

    rig_init(&rig);
    script.on_event = on_event;
    ck_assert_int_eq(rig_start(&rig), AGON_OK);
    for (agon_px_t px = 1; px <= 5; px++)
        step(&rig, px, AGON_OK);
    ck_assert_uint_eq(script.n_seen, 5);
    ck_assert_uint_eq(rig.n_turns, 5);    // it followed from the first on
    ck_assert_uint_eq(rig.n_together, 4); // ... and each after that was of one record
    ck_assert(is_in(seen_at, rig.shared.shown, bus_bytes(RIG_BUS_GRANULES)));
    ck_assert_int_eq(((const struct agon_trade *)(const void *)seen_at)->px, 5);
    // ... and what is not wanted is passed over: of another instrument, of another type.
    {
        struct agon_trade other = rig_trade(3, 9);
        struct agon_halt halt = {.hdr = {.type = AGON_EVENT_HALT, .granules = 1}};

        rig_public(&rig, &other, 0);
        rig_public(&rig, &halt, 1);
        ck_assert_int_eq(rig_step(&rig), AGON_OK);
    }
    ck_assert_uint_eq(script.n_seen, 5);
    ck_assert_uint_eq(feed_done_seq(run_inproc_feed(rig.run)), 6);
    rig_deinit(&rig);
}
END_TEST

START_TEST(a_write_stops_the_plugin_and_alters_no_record)
{
    struct rig rig;
    struct agon_trade before;
    const struct error *failure;

    rig_init(&rig);
    script.on_event = on_event;
    ck_assert_int_eq(rig_start(&rig), AGON_OK);
    step(&rig, 100, AGON_OK);
    step(&rig, 101, AGON_OK);
    is_writing = 1;
    step(&rig, 102, AGON_EIO);
    // Its word, its number, and nothing of what it wrote: neither in the record nor in the view.
    failure = feed_failure(run_inproc_feed(rig.run));
    ck_assert_int_eq(failure->code, AGON_EIO);
    ck_assert_msg(strstr(failure->text, "wrote into the events") != NULL, "%s", failure->text);
    ck_assert_int_eq(record_of(&rig, 3)->px, 102);
    before = *(const struct agon_trade *)(const void *)seen_at;
    ck_assert_int_eq(before.px, 102);
    ck_assert_int_eq(before.hdr.t, record_of(&rig, 3)->hdr.t);
    ck_assert_int_eq(shown_is_torn, 0);
    // The view is whole again: what is written to the bus from now on is seen in it.
    script.n_seen = 0;
    step(&rig, 103, AGON_EIO);
    ck_assert_uint_eq(script.n_seen, 0); // it is not called again
    ck_assert_int_eq(((const struct agon_trade *)(const void *)(seen_at + 2))->px, 103);
    rig_deinit(&rig);
}
END_TEST

static struct rig pair[2];
static _Atomic uint32_t who;
static _Atomic uint64_t hash;
static uint32_t at_event[4]; /* who was said to be called, when events came */
static uint64_t hash_at_event[4];
static uint32_t n_events;

static int on_event_of_pair(struct script *self, const struct agon_event_hdr *event, uint64_t nth)
{
    ck_assert_uint_lt(n_events, 4);
    at_event[n_events] = who;
    hash_at_event[n_events++] = hash;
    return on_event(self, event, nth);
}

START_TEST(who_is_called_is_said_before_each_and_that_nobody_is_behind_the_last)
{
    is_writing = 0;
    for (uint16_t i = 0; i < 2; i++) {
        rig_init(&pair[i]);
        pair[i].called = (struct called){.who = &who, .hash = &hash};
        pair[i].hash = 7000 + i;
        pair[i].setup.head.slot.slot = (uint16_t)(pair[i].setup.head.slot.slot + i);
        script.on_event = on_event_of_pair;
        ck_assert_int_eq(rig_start(&pair[i]), AGON_OK);
        for (agon_px_t px = 1; px < 3; px++) {
            n_events = 0;
            step(&pair[i], px, AGON_OK); // by itself: advanced, then in its turn
            ck_assert_uint_eq(n_events, 1);
            ck_assert_uint_eq(at_event[0], 6 + i);
            ck_assert_uint_eq(who, 0);
        }
    }
    pair[0].beside = pair[1].port;
    n_events = 0;
    step(&pair[0], 3, AGON_OK);
    ck_assert_uint_eq(n_events, 2);
    for (uint32_t i = 0; i < 2; i++) {
        ck_assert_uint_eq(at_event[i], 6 + i);
        ck_assert_uint_eq(hash_at_event[i], 7000 + i);
    }
    ck_assert_uint_eq(who, 0);
    // The first fails: the other is not called, and nobody is said to be.
    is_writing = 1;
    n_events = 0;
    step(&pair[0], 4, AGON_EIO);
    ck_assert_uint_eq(n_events, 1);
    ck_assert_uint_eq(at_event[0], 6);
    ck_assert_uint_eq(who, 0);
    for (int i = 0; i < 2; i++)
        rig_deinit(&pair[i]);
}
END_TEST

static int submit_one(struct script *self, const struct agon_event_hdr *event, uint64_t nth)
{
    const struct agon_intent intent = {.kind = AGON_INTENT_ORDER,
                                       .side = AGON_BUY,
                                       .type = AGON_LIMIT,
                                       .tif = AGON_TIF_GTC,
                                       .instrument = event->instrument,
                                       .client_ref = nth,
                                       .px = 100,
                                       .qty = 10};

    return self->orders->submit(self->host, &intent, 1);
}

/* Cause and n name an intent, whatever turns a step has. */
START_TEST(what_it_wants_in_a_second_turn_of_a_step_goes_on_numbering)
{
    _Alignas(64) unsigned char wish[EVENT_BYTES_MAX];
    const struct agon_intent_event *intent = (const struct agon_intent_event *)(const void *)wish;
    static const uint32_t n[] = {0, 0, 1, 0};
    struct rig rig;

    rig_init(&rig);
    ck_assert_int_eq(rig_start(&rig), AGON_OK);
    step(&rig, 1, AGON_OK);
    script.on_event = submit_one;
    step(&rig, 2, AGON_OK);
    step(&rig, 3, AGON_OK);
    rig.seq--;
    step(&rig, 4, AGON_OK);
    step(&rig, 5, AGON_OK);
    ck_assert_uint_eq(rig.n_together, 4);
    for (uint32_t i = 0; i < 4; i++) {
        ck_assert_int_eq(rig_wish(&rig, wish), 1);
        ck_assert_uint_eq(intent->origin.cause_seq, 2 + i - (i > 1));
        ck_assert_uint_eq(intent->origin.n, n[i]);
    }
    rig_deinit(&rig);
}
END_TEST

START_TEST(what_it_wrote_is_not_seen_by_the_next)
{
    struct process_bus bus;
    const struct agon_event_hdr *view;

    // Two writers one after the other, on one view: the second sees the record.
    for (int i = 0; i < 2; i++) {
        struct rig rig;

        rig_init(&rig);
        script.on_event = on_event;
        is_writing = 0;
        ck_assert_int_eq(rig_start(&rig), AGON_OK);
        step(&rig, 7, AGON_OK);
        is_writing = 1;
        step(&rig, 8, AGON_EIO);
        rig_deinit(&rig);
    }
    // A view of which somebody else has torn nothing is as good as ever.
    ck_assert_int_eq(process_bus_new(&bus, RIG_BUS_GRANULES, NULL), AGON_OK);
    view = (const struct agon_event_hdr *)(const void *)((const char *)bus.shown + BUS_HEAD);
    ck_assert_uint_eq(view->seq, 0);
    ((struct agon_event_hdr *)(void *)((char *)bus.memory + BUS_HEAD))->seq = 5;
    ck_assert_uint_eq(*(const volatile uint64_t *)&view->seq, 5);
    process_bus_free(&bus);
}
END_TEST

static unsigned char *first, *second;

/* Of an arena of 5,000 bytes: pieces that fit it where it begins at a page, and not a byte more. */
static int take_aligned(struct script *s)
{
    const struct agon_host_arena *arena = s->host->get_extension(s->host, AGON_EXT_ARENA);

    first = arena->take(s->host, 4000, 16);
    second = arena->take(s->host, 904, 4096);
    ck_assert_ptr_nonnull(first);
    ck_assert_ptr_nonnull(second);
    ck_assert_ptr_null(arena->take(s->host, 1, 1));
    ck_assert(first + 4000 <= second);
    memset(first, 1, 4000);
    memset(second, 2, 904);
    return AGON_OK;
}

START_TEST(arenas_begin_a_line_behind_each_other_and_hold_what_they_did)
{
    for (uint16_t slot = 0; slot < 70; slot++) {
        struct rig rig;

        rig_init(&rig);
        rig.setup.head.slot.slot = slot;
        script_descriptor.arena_bytes = 5000;
        script.on_create = take_aligned;
        ck_assert_int_eq(rig_start(&rig), AGON_OK);
        // 3,192 bytes are left of its last page.
        ck_assert_uint_eq((uintptr_t)first % 4096, slot % 50 * 64u);
        ck_assert_uint_eq((uintptr_t)second % 4096, 0);
        rig_deinit(&rig);
    }
}
END_TEST

static int write_behind(struct script *s)
{
    const struct agon_host_arena *arena = s->host->get_extension(s->host, AGON_EXT_ARENA);

    first = arena->take(s->host, 4800, 64);
    ck_assert_ptr_nonnull(first);
    *(volatile unsigned char *)(first + 5000 - 1) = 1;
    *(volatile unsigned char *)(first + 5056) = 1; // 5,000 and what a line has beside
    return AGON_OK;
}

/* Shifted as far as it goes: the guard is a line behind it. */
START_TEST(behind_a_shifted_arena_is_its_guard)
{
    struct rig rig;

    rig_init(&rig);
    rig.setup.head.slot.slot = 49;
    script_descriptor.arena_bytes = 5000;
    script.on_create = write_behind;
    (void)rig_start(&rig);
}
END_TEST

START_TEST(a_write_of_the_host_itself_is_a_fault)
{
    struct process_bus bus;

    ck_assert_int_eq(process_bus_new(&bus, RIG_BUS_GRANULES, NULL), AGON_OK);
    *(volatile char *)(uintptr_t)bus.shown = 1;
}
END_TEST

static volatile int *volatile nowhere;

static int touch_nothing(struct script *self, const struct agon_event_hdr *event, uint64_t nth)
{
    (void)self;
    (void)event;
    (void)nth;
    *nowhere = 1;
    return AGON_OK;
}

START_TEST(a_fault_anywhere_else_is_what_it_was)
{
    struct rig rig;

    rig_init(&rig);
    script.on_event = touch_nothing;
    ck_assert_int_eq(rig_start(&rig), AGON_OK);
    step(&rig, 100, AGON_OK);
}
END_TEST

/* As an operator does, or the kernel's limits: who has a view ends of it as who has none. */
START_TEST(a_fault_that_somebody_sends_ends_the_process)
{
    struct process_bus bus;

    ck_assert_int_eq(process_bus_new(&bus, RIG_BUS_GRANULES, NULL), AGON_OK);
    ck_assert_int_eq(kill(getpid(), SIGSEGV), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("agent_shown");
    TCase *tcase = tcase_create("shown");
    SRunner *runner;
    int n_failed;

    tcase_add_test(tcase, an_event_is_handed_on_as_it_stands_on_the_bus);
    tcase_add_test(tcase, a_write_stops_the_plugin_and_alters_no_record);
    tcase_add_test(tcase, who_is_called_is_said_before_each_and_that_nobody_is_behind_the_last);
    tcase_add_test(tcase, what_it_wants_in_a_second_turn_of_a_step_goes_on_numbering);
    tcase_add_test(tcase, what_it_wrote_is_not_seen_by_the_next);
    tcase_add_test(tcase, arenas_begin_a_line_behind_each_other_and_hold_what_they_did);
// A sanitizer of memory or threads has handlers of its own for these.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    tcase_add_test_raise_signal(tcase, behind_a_shifted_arena_is_its_guard, SIGSEGV);
    tcase_add_test_raise_signal(tcase, a_write_of_the_host_itself_is_a_fault, SIGSEGV);
    tcase_add_test_raise_signal(tcase, a_fault_anywhere_else_is_what_it_was, SIGSEGV);
    tcase_add_test_raise_signal(tcase, a_fault_that_somebody_sends_ends_the_process, SIGSEGV);
#else
    (void)behind_a_shifted_arena_is_its_guard;
    (void)a_write_of_the_host_itself_is_a_fault;
    (void)a_fault_anywhere_else_is_what_it_was;
    (void)a_fault_that_somebody_sends_ends_the_process;
#endif
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
