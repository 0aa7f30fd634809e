// SPDX-License-Identifier: Apache-2.0
/* Signals: who publishes what its plugin declared is heard by whom the roster names as a reader,
 * and by nobody else; what was not declared is refused, counted, and in a replay too. */
#include "engine/impl.h"
#include "world.h"

static struct world *world;
static struct bus_reader reader;

static void begin(void)
{
    uint64_t at;
    uint64_t granules;
    const struct bus_shm *shm;

    world = world_new(RUN_PAPER);
    shm = engine_bus(world->engine, &granules, &at);
    ck_assert_int_eq(bus_reader_attach(&reader, shm, granules), AGON_OK);
    reader.at = at;
}

static const struct slot *slot_at(uint16_t id)
{
    return slots_get(engine_slots(world->engine), id);
}

static uint64_t nth_of(uint16_t id)
{
    return slots_nth(engine_slots(world->engine), id);
}

static int publish(uint16_t slot, uint32_t series)
{
    struct record_signal record = {.hdr = {.type = AGON_EVENT_SIGNAL, .granules = 6},
                                   .origin = {.slot = slot, .generation = 1},
                                   .signal = {.key = series, .confidence = 0.5, .slot = 63}};

    return world_step(world, &record);
}

/* How many SIGNALs are on the bus since the last look; slot and series of the last. */
static int heard(uint16_t *slot, uint32_t *series)
{
    union {
        struct agon_event_hdr hdr;
        struct agon_signal signal;
        unsigned char bytes[EVENT_BYTES_MAX];
    } event;
    int n = 0;

    while (bus_next(&reader, &event.hdr) == 1) {
        if (event.hdr.type != AGON_EVENT_SIGNAL)
            continue;
        *slot = event.signal.slot;
        *series = event.signal.key;
        n++;
    }
    return n;
}

START_TEST(a_reader_hears_the_publisher_that_it_is_bound_to)
{
    uint64_t nth[2];
    uint16_t slot;
    uint32_t series;

    begin();
    nth[0] = nth_of(0);
    nth[1] = nth_of(1);
    ck_assert_int_eq(publish(0, slot_series("slot_0", "trend")), AGON_OK);
    ck_assert_int_eq(heard(&slot, &series), 1);
    ck_assert_uint_eq(slot, 0); // by its ring, whatever the record says
    ck_assert_uint_eq(series, slot_series("slot_0", "trend"));
    ck_assert_uint_eq(nth_of(0), nth[0] + 1); // both are bound to it
    ck_assert_uint_eq(nth_of(1), nth[1] + 1);
    // The same name of another publisher is another series, which nobody reads.
    ck_assert_int_eq(publish(1, slot_series("slot_1", "trend")), AGON_OK);
    ck_assert_int_eq(heard(&slot, &series), 1);
    ck_assert_uint_eq(nth_of(0), nth[0] + 1);
    ck_assert_uint_eq(nth_of(1), nth[1] + 1);
    ck_assert_uint_eq(slot_at(0)->n_refused + slot_at(1)->n_refused, 0);
    world_holds(world);
    world_free(world);
}
END_TEST

START_TEST(a_forged_key_is_refused_counted_and_heard_by_nobody)
{
    uint64_t nth[2];
    uint16_t slot;
    uint32_t series;

    begin();
    nth[0] = nth_of(0);
    nth[1] = nth_of(1);
    ck_assert_int_eq(publish(1, slot_series("slot_0", "trend")), AGON_OK); // another's
    ck_assert_int_eq(publish(1, 4711), AGON_OK);                           // nobody's
    ck_assert_int_eq(publish(1, 0), AGON_OK);                              // an input without one
    ck_assert_int_eq(heard(&slot, &series), 0);
    ck_assert_uint_eq(nth_of(0), nth[0]);
    ck_assert_uint_eq(nth_of(1), nth[1]);
    ck_assert_uint_eq(slot_at(1)->n_refused, 3);
    ck_assert_uint_eq(slot_at(0)->n_refused, 0);
    ck_assert_uint_eq(engine_refused(world->engine, 1, REASON_UNAUTHORISED), 3);
    ck_assert(!reason_is_outside(REASON_UNAUTHORISED)); // its meter counts it
    ck_assert_int_eq(publish(1, slot_series("slot_1", "mood")), AGON_OK);
    ck_assert_uint_eq(nth_of(1), nth[1] + 1);
    world_replays(world);
    world_holds(world);
    world_free(world);
}
END_TEST

START_TEST(after_a_reload_the_new_declaration_holds)
{
    struct record_generation next = {
        .hdr = {.type = EVENT_CONFIG, .granules = sizeof(next) / EVENT_GRANULE},
        .kind = CONFIG_GENERATION,
        .slot = 0,
        .generation = 2,
        .event_mask = ~(uint64_t)0,
        .why = GENERATION_RELOAD,
        .agent_kind = AGON_STRATEGY,
        .signals = {.n_keys = 1, .keys = {slot_series("slot_0", "breadth")}}};
    uint16_t slot;
    uint32_t series;

    begin();
    ck_assert_int_eq(world_step(world, &next), AGON_OK);
    ck_assert_int_eq(publish(0, slot_series("slot_0", "trend")), AGON_OK); // was dropped
    ck_assert_int_eq(heard(&slot, &series), 0);
    ck_assert_uint_eq(slot_at(0)->n_refused, 1);
    ck_assert_int_eq(publish(0, slot_series("slot_0", "breadth")), AGON_OK);
    ck_assert_int_eq(heard(&slot, &series), 1);
    next.generation = 1; // the one before again, and what it had declared
    next.why = GENERATION_ROLLBACK;
    next.signals = world_slot_record(0).signals;
    ck_assert_int_eq(world_step(world, &next), AGON_OK);
    ck_assert_int_eq(publish(0, slot_series("slot_0", "trend")), AGON_OK);
    ck_assert_int_eq(heard(&slot, &series), 1);
    next.hdr.granules = 1; // as an earlier build wrote it: it says nothing of signals
    ck_assert_int_eq(world_step(world, &next), AGON_EINVAL);
    world_holds(world);
    world_free(world);
}
END_TEST

START_TEST(no_series_is_taken_for_another_agents)
{
    struct record_generation next = {
        .hdr = {.type = EVENT_CONFIG, .granules = sizeof(next) / EVENT_GRANULE},
        .kind = CONFIG_GENERATION,
        .slot = 1,
        .generation = 2,
        .event_mask = ~(uint64_t)0,
        .why = GENERATION_RELOAD,
        .agent_kind = AGON_STRATEGY,
        .signals = {.n_keys = 1, .keys = {slot_series("slot_0", "trend")}}};
    struct record_slot reader_of = world_slot_record(0), before = world_slot_record(1);

    // Two names with one number: nobody is mistaken for the other.
    begin();
    ck_assert_int_eq(world_step(world, &next), AGON_EINVAL);
    ck_assert_uint_eq(slot_at(1)->generation, 1);
    ck_assert_mem_eq(&slot_at(1)->signals, &before.signals, sizeof(before.signals));
    // Nor where only a reader waits for it, whose publisher is not there.
    reader_of.signals.inputs[0] = world_input(9, "trend");
    ck_assert_int_eq(world_step(world, &reader_of), AGON_OK);
    next.signals.keys[0] = slot_series("slot_9", "trend");
    ck_assert_int_eq(world_step(world, &next), AGON_EINVAL);
    // And who begins to read may not mean another than who has it.
    next.signals.keys[0] = 4711;
    ck_assert_int_eq(world_step(world, &next), AGON_OK);
    reader_of.signals.inputs[0] =
        (struct slot_input){.series = 4711, .agent = slot_agent("slot_9")};
    ck_assert_int_eq(world_step(world, &reader_of), AGON_EINVAL);
    reader_of.signals.inputs[0].agent = slot_agent("slot_1");
    ck_assert_int_eq(world_step(world, &reader_of), AGON_OK);
    reader_of.signals.n_inputs = SLOT_INPUTS_MAX + 1;
    ck_assert_int_eq(world_step(world, &reader_of), AGON_EINVAL);
    world_holds(world);
    world_free(world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("signals");
    TCase *tcase = tcase_create("signals");
    SRunner *runner;
    int n_failed;

    tcase_add_test(tcase, a_reader_hears_the_publisher_that_it_is_bound_to);
    tcase_add_test(tcase, a_forged_key_is_refused_counted_and_heard_by_nobody);
    tcase_add_test(tcase, after_a_reload_the_new_declaration_holds);
    tcase_add_test(tcase, no_series_is_taken_for_another_agents);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
