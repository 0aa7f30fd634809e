// SPDX-License-Identifier: Apache-2.0
/* The promises of feed.h: order, subscription, nth, overrun, stamps, state, parameters. */
#include <check.h>
#include <stdlib.h>

#include "base/rng.h"
#include "rig.h"

/* Merge: against a reference that sorts what was sent by the rule of the page. */

struct sent {
    uint64_t seq;
    uint32_t sub, is_public, order; /* order: in which it was written within its ring */
    uint16_t type;
    int is_wanted;
};

static int by_rule(const void *a, const void *b)
{
    const struct sent *x = a, *y = b;

    if (x->seq != y->seq)
        return x->seq < y->seq ? -1 : 1;
    if (x->sub != y->sub)
        return x->sub < y->sub ? -1 : 1;
    if (x->is_public != y->is_public)
        return x->is_public < y->is_public ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

START_TEST(events_come_by_seq_and_sub_and_the_private_one_first)
{
    static struct sent sent[20000];
    struct rig rig;
    struct rng rng;
    uint32_t n = 0, k = 0;

    rng_init(&rng, (uint64_t)_i);
    rig_init(&rig);
    ck_assert_int_eq(rig_start(&rig), AGON_OK);
    for (int step = 0; step < 1500; step++) {
        uint8_t sub_public = 0, sub_private = 0;

        for (uint64_t i = rng_below(&rng, 6); i > 0; i--) {
            if (rng_below(&rng, 2)) {
                agon_instrument_t id = (agon_instrument_t)rng_below(&rng, 3) + 1;
                struct agon_trade trade = rig_trade(id, 100 + step);
                struct agon_quote quote = {
                    .hdr = {.type = AGON_EVENT_QUOTE, .granules = 1, .instrument = id}};
                int is_quote = rng_below(&rng, 4) == 0; // not in the mask

                sent[n] = (struct sent){rig.seq + 1,
                                        sub_public,
                                        1,
                                        n,
                                        is_quote ? AGON_EVENT_QUOTE : AGON_EVENT_TRADE,
                                        !is_quote && id != 3};
                rig_public(&rig, is_quote ? (void *)&quote : (void *)&trade, sub_public);
                sub_public = (uint8_t)(sub_public + 1 + rng_below(&rng, 2));
            } else {
                struct agon_order order = rig_order(rng_below(&rng, 50) + 1, AGON_ORDER_OPEN);
                struct agon_balance balance = {.hdr = {.type = AGON_EVENT_BALANCE, .granules = 1}};
                int is_balance = rng_below(&rng, 4) == 0; // not in the mask

                sent[n] = (struct sent){rig.seq + 1,
                                        sub_private,
                                        0,
                                        n,
                                        is_balance ? AGON_EVENT_BALANCE : AGON_EVENT_ORDER,
                                        !is_balance};
                rig_private(&rig, is_balance ? (void *)&balance : (void *)&order, sub_private);
                sub_private = (uint8_t)(sub_private + 1 + rng_below(&rng, 2));
            }
            n++;
        }
        ck_assert_int_eq(rig_step(&rig), AGON_OK);
        // What was asked for has been delivered, no more and no less.
        ck_assert_uint_eq(feed_done_seq(run_inproc_feed(rig.run)), rig.seq);
    }
    qsort(sent, n, sizeof(sent[0]), by_rule);
    for (uint32_t i = 0; i < n; i++) {
        if (!sent[i].is_wanted)
            continue;
        ck_assert_uint_lt(k, script.n_seen);
        ck_assert_uint_eq(script.seen[k].hdr.seq, sent[i].seq);
        ck_assert_uint_eq(script.seen[k].hdr.sub, sent[i].sub);
        ck_assert_uint_eq(script.seen[k].hdr.type, sent[i].type);
        ck_assert_uint_eq(script.seen[k].nth, k + 1);
        k++;
    }
    ck_assert_uint_eq(k, script.n_seen);
    ck_assert_uint_eq(rig.port->nth(rig.port->ctx), k);
    rig_deinit(&rig);
}
END_TEST

START_TEST(nth_is_what_the_subscription_counts)
{
    struct rig rig;
    struct rng rng;
    uint64_t count;

    rng_init(&rng, 99);
    rig_init(&rig);
    rig.setup.head.nth = count = 1000; // goes on where the generation before stood
    ck_assert_int_eq(rig_start(&rig), AGON_OK);
    for (int step = 0; step < 3000; step++) {
        struct agon_trade trade = rig_trade((agon_instrument_t)rng_below(&rng, 3) + 1, 5);
        struct agon_halt halt = {.hdr = {.type = AGON_EVENT_HALT, .granules = 1}};
        struct agon_order order = rig_order(1, AGON_ORDER_OPEN);

        rig_public(&rig, &trade, 0);
        count += (uint64_t)subscription_wants(&rig.setup.head.slot.subscription,
                                              &rig.setup.head.slot.signals, &trade.hdr);
        rig_public(&rig, &halt, 1);
        count += (uint64_t)subscription_wants(&rig.setup.head.slot.subscription,
                                              &rig.setup.head.slot.signals, &halt.hdr);
        rig_private(&rig, &order, 0);
        count +=
            (uint64_t)subscription_wants_private(&rig.setup.head.slot.subscription, &order.hdr);
        ck_assert_int_eq(rig_step(&rig), AGON_OK);
        ck_assert_uint_eq(rig.port->nth(rig.port->ctx), count);
    }
    rig_deinit(&rig);
}
END_TEST

/* Which lengths they are of does not matter to whom the engine calls, and does to what a plugin is
 * given: of one bar in a step, and of several. */
START_TEST(bars_come_by_the_lengths_that_are_subscribed)
{
    static const uint32_t lengths[] = {60, 180, 300, 600, 120};
    const struct subscription *sub;
    struct rig rig;
    struct rng rng;
    uint64_t count = 0;

    rng_init(&rng, 98);
    rig_init(&rig);
    rig.setup.head.slot.subscription.event_mask |= AGON_ON(AGON_EVENT_BAR);
    rig.setup.head.slot.subscription.bar_mask = 1 << 0 | 1 << 2;
    sub = &rig.setup.head.slot.subscription;
    ck_assert_int_eq(rig_start(&rig), AGON_OK);
    for (int step = 0; step < 3000; step++) {
        for (uint8_t n = (uint8_t)rng_below(&rng, 3) + 1; n > 0; n--) {
            struct agon_bar bar = {.hdr = {.type = AGON_EVENT_BAR,
                                           .granules = 2,
                                           .instrument = (agon_instrument_t)rng_below(&rng, 3) + 1},
                                   .length_s = lengths[rng_below(&rng, 5)]};

            rig_public(&rig, &bar, (uint8_t)(10 - n));
            if (bar.hdr.instrument <= 2)
                slot_set_add(&rig.turn.wanting, rig.setup.head.slot.slot);
            count += (uint64_t)subscription_wants(sub, &rig.setup.head.slot.signals, &bar.hdr);
        }
        ck_assert_int_eq(rig_step(&rig), AGON_OK);
        ck_assert_uint_eq(rig.port->nth(rig.port->ctx), count);
    }
    ck_assert_uint_ge(count, 500);
    // Another generation may be given other lengths; without any they stay.
    for (int i = 0; i < 2; i++) {
        struct agon_bar bar = {.hdr = {.type = AGON_EVENT_BAR, .granules = 2, .instrument = 1},
                               .length_s = 180};
        struct feed_live live = {.seq = rig.seq,
                                 .nth = count,
                                 .event_mask = rig.setup.head.slot.subscription.event_mask,
                                 .bar_mask = i == 0 ? 0 : 1 << 1,
                                 .generation = 2 + (uint32_t)i};

        ck_assert_int_eq(feed_go_live(run_inproc_feed(rig.run), &live, &rig.err), AGON_OK);
        rig_public(&rig, &bar, 1);
        slot_set_add(&rig.turn.wanting, rig.setup.head.slot.slot);
        ck_assert_int_eq(rig_step(&rig), AGON_OK);
        count += i == 1;
        ck_assert_uint_eq(rig.port->nth(rig.port->ctx), count);
    }
    rig_deinit(&rig);
}
END_TEST

START_TEST(a_step_that_is_not_complete_is_not_delivered)
{
    struct rig rig;
    struct agon_order order = rig_order(1, AGON_ORDER_OPEN);
    struct agon_trade trade = rig_trade(1, 5);

    rig_init(&rig);
    ck_assert_int_eq(rig_start(&rig), AGON_OK);
    rig_private(&rig, &order, 0); // the step's public half is still to come
    ck_assert_int_eq(feed_run(run_inproc_feed(rig.run), UINT64_MAX), 0);
    ck_assert_uint_eq(script.n_seen, 0);
    rig_public(&rig, &trade, 0);
    ck_assert_int_eq(rig_step(&rig), AGON_OK);
    ck_assert_uint_eq(script.n_seen, 2);
    ck_assert_uint_eq(script.seen[0].hdr.type, AGON_EVENT_ORDER);
    rig_deinit(&rig);
}
END_TEST

START_TEST(what_the_setup_holds_is_not_delivered_again)
{
    struct rig rig;
    struct agon_trade trade = rig_trade(1, 5);

    rig_init(&rig);
    for (int i = 0; i < 10; i++) {
        rig_public(&rig, &trade, 0);
        rig.seq++;
        bus_publish(&rig.bus, rig.seq);
    }
    rig.setup.head.seq = 6; // the bus still has 1 to 10
    ck_assert_int_eq(rig_start(&rig), AGON_OK);
    rig_public(&rig, &trade, 0);
    ck_assert_int_eq(rig_step(&rig), AGON_OK);
    ck_assert_uint_eq(script.n_seen, 5);
    ck_assert_uint_eq(script.seen[0].hdr.seq, 7);
    rig_deinit(&rig);
}
END_TEST

/* Overrun */

START_TEST(an_overrun_is_told_with_its_range_and_the_private_events_are_all_there)
{
    struct rig rig;
    struct agon_trade trade = rig_trade(1, 5);
    uint64_t n = 3 * RIG_BUS_GRANULES, orders = 0;

    rig_init(&rig);
    ck_assert_int_eq(rig_start(&rig), AGON_OK);
    rig_public(&rig, &trade, 0);
    ck_assert_int_eq(rig_step(&rig), AGON_OK);
    for (uint64_t i = 0; i < n; i++) { // the runner sleeps
        if (i % 1000 == 0) {
            struct agon_order order = rig_order(i + 1, AGON_ORDER_OPEN);
            rig_private(&rig, &order, 0);
            orders++;
        }
        rig_public(&rig, &trade, 1);
        rig.seq++;
        bus_publish(&rig.bus, rig.seq);
    }
    ck_assert_int_eq(rig.port->advance(rig.port->ctx, rig.seq), AGON_OK);
    ck_assert_uint_eq(script.seen[1].hdr.type, AGON_EVENT_GAP);
    ck_assert_uint_eq(feed_beat(run_inproc_feed(rig.run))->n_gaps, 1);
    for (uint32_t i = 0; i < script.n_seen; i++) {
        orders -= script.seen[i].hdr.type == AGON_EVENT_ORDER;
        ck_assert_uint_eq(script.seen[i].nth, i + 1);
        if (i > 1)
            ck_assert_uint_ge(script.seen[i].hdr.seq, script.seen[i - 1].hdr.seq);
    }
    ck_assert_uint_eq(orders, 0);
    ck_assert_uint_eq(script.seen[script.n_seen - 1].hdr.seq, rig.seq);
    rig_deinit(&rig);
}
END_TEST

/* State */

static int count_events(struct script *s, const struct agon_event_hdr *event, uint64_t nth)
{
    (void)event;
    (void)nth;
    s->state++;
    return AGON_OK;
}

START_TEST(a_saved_state_is_restored_and_a_damaged_one_refused)
{
    struct agon_trade trade = rig_trade(1, 5);
    unsigned char *bytes;
    uint64_t n;
    struct rig rig;

    rig_init(&rig);
    script.on_event = count_events;
    ck_assert_int_eq(rig_start(&rig), AGON_OK);
    for (int i = 0; i < 12; i++) {
        rig_public(&rig, &trade, 0);
        ck_assert_int_eq(rig_step(&rig), AGON_OK);
    }
    ck_assert_int_eq(feed_save(run_inproc_feed(rig.run), &bytes, &n, &rig.err), AGON_OK);
    ck_assert_uint_eq(n, sizeof(struct agon_state_hdr) + 8);
    rig_deinit(&rig);

    rig_init(&rig);
    rig.setup.state = bytes;
    rig.setup.n_state = (uint32_t)n;
    ck_assert_int_eq(rig_start(&rig), AGON_OK);
    ck_assert_uint_eq(script.state, 12);
    rig_deinit(&rig);

    for (uint64_t i = 0; i < n; i++) { // any byte, but for the header's spare ones and the numbers
        if ((i >= 16 && i < 32) || (i >= 48 && i < 64))
            continue;
        bytes[i] ^= 0x10;
        rig_init(&rig);
        rig.setup.state = bytes;
        rig.setup.n_state = (uint32_t)n;
        ck_assert_msg(rig_start(&rig) < 0, "byte %llu", (unsigned long long)i);
        ck_assert_uint_eq(script.state, 0);
        rig_deinit(&rig);
        bytes[i] ^= 0x10;
    }
    for (uint32_t i = 1; i < n; i++) { // cut short
        rig_init(&rig);
        rig.setup.state = bytes;
        rig.setup.n_state = i;
        ck_assert_int_lt(rig_start(&rig), 0);
        rig_deinit(&rig);
    }
    free(bytes);
}
END_TEST

static int always_fail(struct script *s, const struct agon_event_hdr *event, uint64_t nth)
{
    (void)s;
    (void)event;
    (void)nth;
    return AGON_EINVAL;
}

START_TEST(a_plugin_that_only_fails_is_failed)
{
    struct agon_trade trade = rig_trade(1, 5);
    struct rig rig;
    int n = 0;

    rig_init(&rig);
    script.on_event = always_fail;
    ck_assert_int_eq(rig_start(&rig), AGON_OK);
    do {
        rig_public(&rig, &trade, 0);
        n++;
    } while (rig_step(&rig) == AGON_OK && n < 1000);
    ck_assert_int_eq(n, FEED_ERRORS_MAX);
    ck_assert_ptr_nonnull(strstr(feed_failure(run_inproc_feed(rig.run))->text, "on_event"));
    rig_deinit(&rig);
    ck_assert_uint_eq(script.n_destroyed, 1);
}
END_TEST

static int fail_but_for_one(struct script *s, const struct agon_event_hdr *event, uint64_t nth)
{
    (void)s;
    (void)event;
    return nth % 16 == 8 ? AGON_OK : AGON_EINVAL;
}

START_TEST(errors_that_are_not_in_a_row_fail_nobody)
{
    struct agon_trade trade = rig_trade(1, 5);
    struct rig rig;

    rig_init(&rig);
    script.on_event = fail_but_for_one;
    ck_assert_int_eq(rig_start(&rig), AGON_OK);
    for (int i = 0; i < 1000; i++) {
        rig_public(&rig, &trade, 0);
        ck_assert_int_eq(rig_step(&rig), AGON_OK);
    }
    rig_deinit(&rig);
}
END_TEST

/* Parameters and arena */

static const struct agon_param order_qty = {.size = sizeof(order_qty),
                                            .id = 1,
                                            .type = AGON_INTEGER,
                                            .min = 1,
                                            .max = 100,
                                            .def = 10,
                                            .name = "order_qty"};
static const struct agon_param mode = {.size = sizeof(mode),
                                       .id = 2,
                                       .type = AGON_CHOICE,
                                       .def = 1,
                                       .name = "mode",
                                       .choices = "slow|fast"};
static const struct agon_param ratio = {.size = sizeof(ratio),
                                        .id = 3,
                                        .type = AGON_REAL,
                                        .min = 0,
                                        .max = 1,
                                        .def = 0.5,
                                        .name = "ratio"};
static const struct agon_param *const params[] = {&order_qty, &mode, &ratio};

static int read_params(struct script *s)
{
    const struct agon_host_param *param = s->host->get_extension(s->host, AGON_EXT_PARAM);
    int64_t integer = 0;
    double real = 0;

    ck_assert_int_eq(param->integer(s->host, 1, &integer), AGON_OK);
    ck_assert_int_eq(param->real(s->host, 3, &real), AGON_OK);
    ck_assert_int_eq(param->real(s->host, 1, &real), AGON_EINVAL);
    ck_assert_int_eq(param->real(s->host, 9, &real), AGON_ENOENT);
    s->state = (uint64_t)integer;
    ck_assert_str_eq(param->text(s->host, 2), integer == 10 ? "fast" : "slow");
    return AGON_OK;
}

static const struct {
    const char *name, *text;
    int want;
} given[] = {
    {NULL, NULL, 10},         {"order_qty", "100", 100},
    {"order_qty", "101", -1}, {"order_qty", "0", -1},
    {"order_qty", "1.5", -1}, {"order_qty", "0x10", -1},
    {"order_qty", "", -1},    {"order_qty", "99999999999999999999", -1},
    {"order_size", "5", -1},  {"mode", "medium", -1},
    {"ratio", "nan", -1},     {"ratio", "1e400", -1},
    {"ratio", " 0.5", -1},
};

START_TEST(parameters_are_what_the_roster_says_within_their_bounds)
{
    struct setup_param values[2] = {{{0}, {0}}};
    struct rig rig;

    rig_init(&rig);
    script_descriptor.params = params;
    script_descriptor.n_params = 3;
    script.on_create = read_params;
    if (given[_i].name) {
        strcpy(values[0].name, given[_i].name);
        strcpy(values[0].text, given[_i].text);
        strcpy(values[1].name, "mode");
        strcpy(values[1].text, "slow");
        rig.setup.params = values;
        rig.setup.n_params = 2;
    }
    ck_assert_msg((rig_start(&rig) >= 0) == (given[_i].want >= 0), "%s=%s: %s", given[_i].name,
                  given[_i].text, rig.err.text);
    if (given[_i].want >= 0)
        ck_assert_uint_eq(script.state, (uint64_t)given[_i].want);
    else
        ck_assert_ptr_nonnull(strstr(rig.err.text, given[_i].name)); // the reason names it
    rig_deinit(&rig);
}
END_TEST

static int take_arena(struct script *s)
{
    const struct agon_host_arena *arena = s->host->get_extension(s->host, AGON_EXT_ARENA);
    unsigned char *memory = arena->take(s->host, 8000, 64);

    ck_assert_ptr_nonnull(memory);
    for (int i = 0; i < 8000; i++)
        ck_assert_uint_eq(memory[i], 0);
    ck_assert_ptr_null(arena->take(s->host, 8000, 64)); // 8192 were declared
    ck_assert_ptr_null(arena->take(s->host, 8, 3));
    return AGON_OK;
}

START_TEST(the_arena_is_what_was_declared_and_no_more)
{
    struct rig rig;

    rig_init(&rig);
    script.on_create = take_arena;
    ck_assert_int_eq(rig_start(&rig), AGON_OK);
    rig_deinit(&rig);
    rig_init(&rig);
    rig.setup.head.arena_max = 8191;
    ck_assert_int_eq(rig_start(&rig), AGON_ENOMEM);
    rig_deinit(&rig);
}
END_TEST

static int64_t mono_ns;

static int64_t read_clock(void)
{
    return mono_ns;
}

static void measured(const struct rig *rig, uint64_t n, int64_t most_ns)
{
    struct hist_small small;
    struct hist hist;

    hist_small_copy(&small, &feed_beat(run_inproc_feed(rig->run))->delivery);
    hist_of_small(&hist, &small);
    ck_assert_uint_eq(hist.n, n);
    ck_assert_int_ge(hist.max_ns, most_ns);
    ck_assert_int_le(hist.max_ns, most_ns + most_ns / 8);
}

START_TEST(delivery_is_measured_once_a_run_from_the_steps_stamp)
{
    struct rig rig;
    struct agon_trade trade = rig_trade(1, 5);
    struct agon_trade other = rig_trade(3, 5);

    rig_init(&rig);
    rig.now = read_clock;
    ck_assert_int_eq(rig_start(&rig), AGON_OK);
    mono_ns = 1000000;
    rig_public(&rig, &trade, 0);
    ck_assert_int_eq(rig_step(&rig), AGON_OK);
    measured(&rig, 0, 0); // nobody stamps
    for (int i = 0; i < 10; i++) {
        bus_stamp(rig.bus_memory, rig.seq + 1, mono_ns);
        mono_ns += 200000 * (i + 1);
        rig_public(&rig, &trade, 0);
        rig_public(&rig, &trade, 1);
        ck_assert_int_eq(rig_step(&rig), AGON_OK);
        measured(&rig, (uint64_t)i + 1, 200000 * (i + 1));
    }
    bus_stamp(rig.bus_memory, rig.seq + 1, mono_ns);
    rig_public(&rig, &other, 0); // not for this slot
    mono_ns += 5000000;
    ck_assert_int_eq(rig_step(&rig), AGON_OK);
    measured(&rig, 10, 2000000);
    for (int i = 0; i < 640; i++) { // faster than each could be measured
        bus_stamp(rig.bus_memory, rig.seq + 1, mono_ns++);
        rig_public(&rig, &trade, 0);
        ck_assert_int_eq(rig_step(&rig), AGON_OK);
    }
    measured(&rig, 10 + 12, 2000000); // one in 64, as the steps' numbers have it
    // What it hears is every 64th of the steps: neither all of them nor none.
    for (int i = 0; i < 640; i++) {
        for (int k = 0; k < 63; k++) {
            rig_public(&rig, &other, 0);
            ck_assert_int_eq(rig_step(&rig), AGON_OK);
        }
        bus_stamp(rig.bus_memory, rig.seq + 1, mono_ns++);
        rig_public(&rig, &trade, 0);
        ck_assert_int_eq(rig_step(&rig), AGON_OK);
    }
    measured(&rig, 22 + 10, 2000000);
    ck_assert_int_eq(feed_go_live(run_inproc_feed(rig.run),
                                  &(struct feed_live){.seq = rig.seq,
                                                      .nth = 1300,
                                                      .event_mask = AGON_ON(AGON_EVENT_TRADE),
                                                      .generation = 2},
                                  &rig.err),
                     AGON_OK);
    measured(&rig, 0, 0); // what it caught up with is no delivery
    rig_deinit(&rig);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("feed");
    TCase *tcase = tcase_create("feed");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, events_come_by_seq_and_sub_and_the_private_one_first, 0, 4);
    tcase_add_test(tcase, nth_is_what_the_subscription_counts);
    tcase_add_test(tcase, bars_come_by_the_lengths_that_are_subscribed);
    tcase_add_test(tcase, a_step_that_is_not_complete_is_not_delivered);
    tcase_add_test(tcase, what_the_setup_holds_is_not_delivered_again);
    tcase_add_test(tcase, an_overrun_is_told_with_its_range_and_the_private_events_are_all_there);
    tcase_add_test(tcase, a_saved_state_is_restored_and_a_damaged_one_refused);
    tcase_add_test(tcase, a_plugin_that_only_fails_is_failed);
    tcase_add_test(tcase, errors_that_are_not_in_a_row_fail_nobody);
    tcase_add_loop_test(tcase, parameters_are_what_the_roster_says_within_their_bounds, 0,
                        (int)(sizeof(given) / sizeof(given[0])));
    tcase_add_test(tcase, the_arena_is_what_was_declared_and_no_more);
    tcase_add_test(tcase, delivery_is_measured_once_a_run_from_the_steps_stamp);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
