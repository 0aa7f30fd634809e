// SPDX-License-Identifier: Apache-2.0
#include <check.h>
#include <stdio.h>

#include <agon/plugin.h>

#include "base/rng.h"
#include "market/events.h"
#include "slot/slot.h"
#include "slot/unjudged.h"

static struct subscription all_of(void)
{
    return (struct subscription){.event_mask = ~(uint64_t)0,
                                 .n_instruments = 2,
                                 .bar_mask = 0xff,
                                 .depth = DEPTH_FULL,
                                 .instruments = {5, 7}};
}

static int wants(const struct subscription *sub, uint16_t type, agon_instrument_t instrument,
                 uint32_t length_s)
{
    static const struct slot_signals signals = {.n_inputs = 2, .inputs = {{0, 0}, {77, 1}}};
    struct agon_bar bar = {.hdr = {.type = type, .granules = 2, .instrument = instrument},
                           .length_s = length_s};
    struct agon_signal signal = {.hdr = bar.hdr, .key = 77};

    return subscription_wants(sub, &signals, type == AGON_EVENT_SIGNAL ? &signal.hdr : &bar.hdr);
}

START_TEST(a_subscription_is_types_instruments_lengths_and_depth)
{
    static const uint32_t lengths[] = {60, 180, 300, 600, 900, 3600, 14400, 86400};
    struct subscription sub = all_of();

    for (uint16_t type = 1; type < 64; type++) {
        // A row that came later is what it says; these here are written by hand once more.
        int is_later = (type > AGON_EVENT_HEALTH && type < AGON_EVENT_ORDER) ||
                       (type > AGON_EVENT_EXIT && type < AGON_EVENT_INTENT);
        const struct event_kind *kind = is_later ? event_kind_of(type) : NULL;
        int is_shared = kind != NULL ? kind->reach == AGON_OF_ALL || kind->reach == AGON_OF_INPUTS
                                     : type == AGON_EVENT_SIGNAL || type == AGON_EVENT_REGIME ||
                                           type == AGON_EVENT_HALT || type == AGON_EVENT_HEALTH;

        sub = all_of();
        ck_assert(wants(&sub, type, 5, 60));
        ck_assert(wants(&sub, type, 7, 60));
        ck_assert(wants(&sub, type, 6, 60) == is_shared);
        ck_assert(wants(&sub, type, 0, 60) == is_shared);
        sub.event_mask = ~AGON_ON(type);
        ck_assert(!wants(&sub, type, 5, 60));
        sub.event_mask = AGON_ON(type);
        ck_assert(wants(&sub, type, 5, 60));
        sub.depth = DEPTH_TOP10;
        ck_assert(wants(&sub, type, 5, 60) ==
                  (type != AGON_EVENT_BOOK_SNAPSHOT && type != AGON_EVENT_BOOK_DELTA));
        sub.n_instruments = 0;
        ck_assert(wants(&sub, type, 5, 60) == is_shared);
    }
    sub = all_of();
    ck_assert(!wants(&sub, 64, 5, 60)); // beyond any mask
    ck_assert(!wants(&sub, UINT16_MAX, 5, 60));
    for (int i = 0; i < 8; i++) {
        sub.bar_mask = (uint8_t)(1 << i);
        for (int k = 0; k < 8; k++)
            ck_assert(wants(&sub, AGON_EVENT_BAR, 5, lengths[k]) == (i == k));
        ck_assert(!wants(&sub, AGON_EVENT_BAR, 5, 61));
        ck_assert(!wants(&sub, AGON_EVENT_BAR, 5, 0));
    }
    sub = all_of();
    sub.n_instruments = UINT32_MAX; // whatever it says, the table is as long as it is
    ck_assert(!wants(&sub, AGON_EVENT_TRADE, 99, 0));
}
END_TEST

/* Numbers from 128 on have a mask of their own: as many as records have room for. */
START_TEST(types_beyond_the_first_mask_have_a_second)
{
    for (uint16_t type = 64; type < 300; type++) {
        int is_there = type >= AGON_EVENT_MORE && type < AGON_EVENT_MORE + EVENTS_MORE;
        struct agon_event_hdr event = {.type = type, .instrument = 5};
        struct subscription sub = all_of();

        ck_assert(!wants(&sub, type, 5, 60)); // the first mask says nothing of it
        sub.event_mask = 0;
        sub.event_more = 0xffff;
        ck_assert(wants(&sub, type, 5, 60) == is_there);
        ck_assert(!wants(&sub, type, 6, 60));
        ck_assert(subscription_wants_private(&sub, &event) == is_there);
        ck_assert((event_place(type) < EVENTS_PLACES) == is_there);
        if (!is_there)
            continue;
        sub.event_more = (uint16_t)AGON_ON_MORE(type);
        ck_assert(wants(&sub, type, 5, 60));
        sub.event_more = (uint16_t)~AGON_ON_MORE(type);
        ck_assert(!wants(&sub, type, 5, 60));
        ck_assert(!subscription_wants_private(&sub, &event));
    }
}
END_TEST

START_TEST(private_events_go_by_mask_and_a_gap_is_never_hidden)
{
    struct subscription sub = {0};

    for (uint16_t type = 1; type < 66; type++) {
        struct agon_event_hdr event = {.type = type};

        sub.event_mask = 0;
        ck_assert(subscription_wants_private(&sub, &event) == (type == AGON_EVENT_GAP));
        sub.event_mask = ~(uint64_t)0;
        ck_assert(subscription_wants_private(&sub, &event) == (type < 64));
    }
}
END_TEST

static struct record_slot record_of(uint16_t id)
{
    struct record_slot record = {.slot = id,
                                 .stage = STAGE_PAPER,
                                 .agent_kind = AGON_STRATEGY,
                                 .account = 3,
                                 .limits = {.capital_amt = 1}};

    snprintf(record.name, sizeof(record.name), "slot %u", id);
    return record;
}

START_TEST(a_bad_slot_is_refused_with_a_reason_and_changes_nothing)
{
    static struct slots slots;
    static struct slots before;
    struct record_slot bad;

    slots_init(&slots);
    bad = record_of(2);
    ck_assert_int_eq(slots_set(&slots, &bad, NULL), AGON_OK);
    before = slots;
#define REFUSED(want, ...)                                                                         \
    do {                                                                                           \
        struct error err = {0};                                                                    \
                                                                                                   \
        bad = record_of(1);                                                                        \
        __VA_ARGS__;                                                                               \
        ck_assert_msg(slots_set(&slots, &bad, &err) == (want), #__VA_ARGS__);                      \
        ck_assert_uint_gt(strlen(err.text), 10);                                                   \
        ck_assert(memcmp(&slots, &before, sizeof(slots)) == 0);                                    \
    } while (0)
    REFUSED(AGON_ERANGE, bad.slot = SLOTS_MAX);
    REFUSED(AGON_ERANGE, bad.slot = UINT16_MAX);
    REFUSED(AGON_EINVAL, bad.name[0] = '\0');
    REFUSED(AGON_EINVAL, memset(bad.name, 'x', sizeof(bad.name)));
    REFUSED(AGON_EINVAL, bad.name[0] = (char)0xff);
    REFUSED(AGON_EINVAL, bad.name[5] = '2'); // taken
    REFUSED(AGON_ERANGE, bad.subscription.n_instruments = SLOT_INSTRUMENTS_MAX + 1);
    REFUSED(AGON_EINVAL, bad.subscription.depth = DEPTH_FULL + 1);
    REFUSED(AGON_EINVAL, bad.stage = 0);
    REFUSED(AGON_EINVAL, bad.stage = STAGE_LIVE + 1);
    REFUSED(AGON_EINVAL, bad.agent_kind = 0);
    REFUSED(AGON_EINVAL, bad.agent_kind = AGON_ANALYTIC + 1);
    REFUSED(AGON_EINVAL, bad.limits.capital_amt = -1);
    REFUSED(AGON_EINVAL, bad.limits.order_amt = -1);
    REFUSED(AGON_EINVAL, bad.limits.position_amt = -1);
    REFUSED(AGON_EINVAL, bad.limits.daily_loss_amt = INT64_MIN);
    REFUSED(AGON_EINVAL, bad.intent_latency_ns = -1);
    REFUSED(AGON_ESTATE, bad = record_of(2), bad.account = 4);
    ck_assert_ptr_null(slots_get(&slots, 1));
    ck_assert_ptr_null(slots_get(&slots, 3));
    ck_assert_ptr_null(slots_get(&slots, UINT16_MAX));
    ck_assert_ptr_nonnull(slots_get(&slots, 2));
    ck_assert_ptr_eq(slots_find(&slots, "slot 2"), slots_get(&slots, 2));
    ck_assert_ptr_null(slots_find(&slots, "slot 1"));
    // A change keeps what is the slot's own.
    slots_get(&slots, 2)->counted = 77;
    slots_get(&slots, 2)->condition = CONDITION_QUARANTINED;
    bad = record_of(2);
    bad.seed = 9;
    memset(bad.name + 6, 'x', 25);
    ck_assert_int_eq(slots_set(&slots, &bad, NULL), AGON_OK);
    ck_assert_uint_eq(slots_nth(&slots, 2), 77);
    ck_assert_uint_eq(slots_get(&slots, 2)->condition, CONDITION_QUARANTINED);
    ck_assert_uint_eq(slots_get(&slots, 2)->seed, 9);
    ck_assert_uint_eq(strlen(slots_get(&slots, 2)->name), 31);
    ck_assert_uint_eq(slots.n, 3);
}
END_TEST

START_TEST(who_may_trade)
{
    static const struct {
        uint32_t mode;
        uint8_t least;
    } modes[] = {{RUN_BACKTEST, STAGE_CHECKED},
                 {RUN_PAPER, STAGE_PAPER},
                 {RUN_LIVE, STAGE_TESTNET},
                 {RUN_DST, STAGE_CHECKED}};

    for (size_t m = 0; m < sizeof(modes) / sizeof(modes[0]); m++) {
        for (uint8_t stage = 0; stage <= STAGE_LIVE; stage++) {
            for (uint8_t condition = 0; condition <= CONDITION_RETIRED; condition++) {
                for (uint8_t kind = 0; kind <= AGON_ANALYTIC; kind++) {
                    struct slot slot = {.stage = stage, .condition = condition, .agent_kind = kind};

                    ck_assert(slot_may_trade(&slot, modes[m].mode) ==
                              (stage >= modes[m].least && condition == CONDITION_ACTIVE &&
                               kind == AGON_STRATEGY));
                }
            }
        }
    }
    ck_assert_str_eq(slot_stage_name(STAGE_LIVE_SMALL), "LIVE_SMALL");
    ck_assert_str_eq(slot_stage_name(99), "?");
    ck_assert_str_eq(slot_condition_name(CONDITION_RETIRED), "RETIRED");
    ck_assert_str_eq(slot_condition_name(99), "?");
}
END_TEST

START_TEST(what_is_loaded_is_what_was_saved)
{
    static struct slots slots;
    static struct slots again;
    static unsigned char bytes[131072];
    static unsigned char more[131072];
    struct enc enc = {.at = bytes, .room = sizeof(bytes)};
    struct enc same = {.at = more, .room = sizeof(more)};
    struct dec dec;

    slots_init(&slots);
    for (uint16_t id = 1; id < SLOTS_MAX; id += 3) {
        struct record_slot record = record_of(id);

        record.subscription = all_of();
        record.subscription.n_instruments = id % 33u;
        record.limits.duplicate_max = id;
        ck_assert_int_eq(slots_set(&slots, &record, NULL), AGON_OK);
        slots.all[id].counted = id * 1000u;
    }
    slots_save(&slots, &enc);
    ck_assert(enc_is_ok(&enc));
    dec = (struct dec){.at = bytes, .n = enc.used};
    ck_assert_int_eq(slots_load(&again, &dec), AGON_OK);
    ck_assert_uint_eq(dec.used, dec.n);
    slots_save(&again, &same);
    ck_assert_uint_eq(enc.used, same.used);
    ck_assert_mem_eq(bytes, more, enc.used);
    for (uint64_t cut = 0; cut < enc.used; cut += 7) {
        dec = (struct dec){.at = bytes, .n = cut};
        ck_assert_int_eq(slots_load(&again, &dec), AGON_ECORRUPT);
    }
    bytes[0] = (SLOTS_MAX + 1) & 0xff;
    bytes[1] = (SLOTS_MAX + 1) >> 8;
    dec = (struct dec){.at = bytes, .n = enc.used};
    ck_assert_int_eq(slots_load(&again, &dec), AGON_ECORRUPT);
    bytes[0] = SLOTS_MAX - 1;
    bytes[1] = 0;
    for (uint64_t at = 4; at < 400; at++) { // more instruments than there is room for
        unsigned char was = bytes[at];

        bytes[at] = 0xff;
        dec = (struct dec){.at = bytes, .n = enc.used};
        slots_load(&again, &dec);
        for (uint32_t i = 0; i < SLOTS_MAX; i++) {
            ck_assert(memchr(again.all[i].name, '\0', SLOT_NAME) != NULL);
            ck_assert(!dec_is_ok(&dec) ||
                      again.all[i].subscription.n_instruments <= SLOT_INSTRUMENTS_MAX);
        }
        bytes[at] = was;
    }
}
END_TEST

/* Events of four kinds, to one slot, a few, more than a word of 64 and nobody, in runs: what each
 * slot has been delivered is what a count of each by itself says, whenever it is asked for. */
START_TEST(what_goes_to_the_same_slots_is_counted_once_and_is_each_ones)
{
    static struct slots slots, again;
    static unsigned char bytes[1 << 19];
    static uint64_t mine[SLOTS_MAX];
    struct slot_set sets[4] = {{0}, {0}, {0}, {0}};
    struct rng rng;

    rng_init(&rng, 7);
    slots_init(&slots);
    for (uint16_t id = 0; id < SLOTS_MAX; id++) {
        struct record_slot record = record_of(id);

        ck_assert_int_eq(slots_set(&slots, &record, NULL), AGON_OK);
        if (id == 5)
            slot_set_add(&sets[0], id);
        if (id < 64 && id % 3 == 0)
            slot_set_add(&sets[1], id);
        if (id % 2 == 0)
            slot_set_add(&sets[2], id);
    }
    for (int i = 0; i < 4000; i++) {
        const struct slot_set *to = &sets[rng_below(&rng, 4)];

        for (uint64_t n = rng_below(&rng, 5); n > 0; n--) {
            if (to->words <= 1)
                slots_count_first(&slots, to->bits[0]);
            else
                slots_count(&slots, to);
            for (uint32_t id = 0; id < SLOTS_MAX; id++)
                mine[id] += (uint64_t)slot_set_has(to, id);
        }
        if (i % 1000 == 999) { // its place is another's, who begins with nothing
            uint16_t id = (uint16_t)rng_below(&rng, SLOTS_MAX);

            slots_vacate(&slots, id);
            mine[id] = 0;
        }
        for (uint16_t id = 0; id < SLOTS_MAX; id++)
            ck_assert_uint_eq(slots_nth(&slots, id), mine[id]);
        if (i % 1000 == 500) {
            struct enc enc = {.at = bytes, .room = sizeof(bytes)};
            struct dec dec;

            slots_save(&slots, &enc);
            ck_assert(enc_is_ok(&enc));
            dec = (struct dec){.at = bytes, .n = enc.used};
            ck_assert_int_eq(slots_load(&again, &dec), AGON_OK);
            for (uint16_t id = 0; id < SLOTS_MAX; id++)
                ck_assert_uint_eq(slots_nth(&again, id), slots.all[id].is_used ? mine[id] : 0);
        }
    }
}
END_TEST

START_TEST(more_than_one_order_in_twenty_without_a_price_is_much)
{
    static const struct {
        uint64_t n_orders, n_refused;
        int is_much;
    } cases[] = {{0, 0, 0},    {1, 0, 0},  {1, 1, 1},         {20, 1, 0},  {19, 1, 1},
                 {39, 1, 0},   {39, 2, 1}, {100, 5, 0},       {100, 6, 1}, {1000, 50, 0},
                 {999, 50, 1}, {0, 1, 1},  {UINT64_MAX, 1, 0}};
    struct slot_unjudged of = {.book_age_ms = 60000};
    char text[UNJUDGED_TEXT];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        of.n_orders = cases[i].n_orders;
        of.n_refused = cases[i].n_refused;
        ck_assert_int_eq(unjudged_is_much(&of), cases[i].is_much);
    }
    of.n_orders = 400;
    of.n_refused = 120;
    unjudged_text(&of, "mm", text, sizeof(text));
    ck_assert_ptr_nonnull(strstr(text, "mm: 120 of 400 orders (30.0 %)"));
    ck_assert_ptr_nonnull(strstr(text, "book_age of 60 s"));
    ck_assert_ptr_nonnull(strstr(text, "raise limits.book_age"));
}
END_TEST

START_TEST(a_record_without_further_limits_is_what_it_always_was)
{
    struct record_slot from = {
        .hdr = {.type = EVENT_CONFIG, .granules = sizeof(struct record_slot) / EVENT_GRANULE},
        .kind = CONFIG_SLOT,
        .slot = 3,
        .name = "a",
        .limits = {.capital_amt = 5, .on_breach = ON_BREACH_HALT},
        .generation_hash = 77,
        .signals = {.n_keys = 1, .keys = {9}}};
    static union slot_event event;
    struct record_slot to;

    slot_record_write(&event, &from);
    ck_assert_uint_eq(event_bytes(&event.hdr), 512);
    ck_assert_uint_eq(offsetof(struct record_slot_short, generation_hash), 320);
    ck_assert_uint_eq(event.shorter.generation_hash, 77);
    memset(&to, 0xff, sizeof(to));
    ck_assert_int_eq(slot_record_read(&to, &event.hdr), AGON_OK);
    ck_assert_mem_eq(&to, &from, sizeof(to));
    // The long one is read as it is, and no third size is.
    from.limits.room[0] = 1;
    ck_assert_int_eq(slot_record_read(&to, &from.hdr), AGON_OK);
    ck_assert_mem_eq(&to, &from, sizeof(to));
    from.hdr.granules--;
    ck_assert_int_eq(slot_record_read(&to, &from.hdr), AGON_EINVAL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("slot");
    TCase *tcase = tcase_create("slot");
    SRunner *runner;
    int n_failed;

    tcase_add_test(tcase, a_subscription_is_types_instruments_lengths_and_depth);
    tcase_add_test(tcase, a_record_without_further_limits_is_what_it_always_was);
    tcase_add_test(tcase, private_events_go_by_mask_and_a_gap_is_never_hidden);
    tcase_add_test(tcase, types_beyond_the_first_mask_have_a_second);
    tcase_add_test(tcase, a_bad_slot_is_refused_with_a_reason_and_changes_nothing);
    tcase_add_test(tcase, who_may_trade);
    tcase_add_test(tcase, more_than_one_order_in_twenty_without_a_price_is_much);
    tcase_add_test(tcase, what_is_loaded_is_what_was_saved);
    tcase_add_test(tcase, what_goes_to_the_same_slots_is_counted_once_and_is_each_ones);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
