// SPDX-License-Identifier: Apache-2.0
/* The promises of feed.h to a plugin that is being called: services as of the event, wishes with
 * their cause, refusals in the call, draws that depend on nothing before. */
#include <check.h>
#include <fenv.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/rng.h"
#include "rig.h"

static _Alignas(64) unsigned char wish[EVENT_BYTES_MAX];
#define WISH(T) ((const struct T *)(const void *)wish)

/* Services */

static int check_orders(struct script *s, const struct agon_event_hdr *event, uint64_t nth)
{
    struct agon_order orders[8];
    int n = s->orders->open_orders(s->host, orders, 8);

    (void)nth;
    // Order k opens at seq k and closes at seq k + 3: as of seq q, q-2 .. q are open.
    if (event->type == AGON_EVENT_TRADE) {
        int first = (int)event->seq - 2 > 1 ? (int)event->seq - 2 : 1;

        ck_assert_int_eq(n, (int)event->seq - first + 1);
        for (int i = 0; i < n; i++)
            ck_assert_uint_eq(orders[i].order_id, (uint64_t)(first + i));
    }
    return AGON_OK;
}

START_TEST(open_orders_are_those_of_the_event_being_delivered)
{
    struct rig rig;
    struct agon_trade trade = rig_trade(1, 5);

    rig_init(&rig);
    script.on_event = check_orders;
    ck_assert_int_eq(rig_start(&rig), AGON_OK);
    for (uint64_t step = 1; step < 200; step++) {
        struct agon_order order = rig_order(step, AGON_ORDER_OPEN);

        rig_private(&rig, &order, 0);
        if (step > 3) {
            order = rig_order(step - 3, AGON_ORDER_FILLED);
            rig_private(&rig, &order, 1);
        }
        rig_public(&rig, &trade, 2);
        rig.seq++;
        bus_publish(&rig.bus, rig.seq);
    }
    // All at once: the fold must follow the deliveries and not run ahead of them.
    ck_assert_int_eq(rig.port->advance(rig.port->ctx, rig.seq), AGON_OK);
    rig_deinit(&rig);
}
END_TEST

static int check_position(struct script *s, const struct agon_event_hdr *event, uint64_t nth)
{
    struct agon_position position;
    struct agon_top10 top;

    (void)nth;
    if (event->type == AGON_EVENT_FILL) {
        ck_assert_int_eq(s->account->position(s->host, 0, 1, &position), AGON_OK);
        ck_assert_int_eq(position.qty,
                         ((const struct agon_fill *)(const void *)event)->position_qty);
        ck_assert_int_eq(s->account->position(s->host, 0, 2, &position), AGON_OK);
        ck_assert_int_eq(position.qty, 0);
        ck_assert_int_eq(s->account->position(s->host, 0, 77, &position), AGON_ENOENT);
    }
    if (event->type == AGON_EVENT_TOP10) {
        ck_assert_int_eq(s->book->top(s->host, 1, &top), AGON_OK);
        ck_assert_int_eq(memcmp(&top, event, sizeof(top)), 0);
        ck_assert_int_eq(s->book->top(s->host, 3, &top), AGON_ENOENT);
    }
    return AGON_OK;
}

START_TEST(positions_and_books_are_those_of_the_event_being_delivered)
{
    struct rig rig;

    rig_init(&rig);
    script.on_event = check_position;
    ck_assert_int_eq(rig_start(&rig), AGON_OK);
    for (int step = 1; step < 100; step++) {
        struct agon_fill fill = {.hdr = {.type = AGON_EVENT_FILL, .granules = 2, .instrument = 1},
                                 .account = 9,
                                 .position_qty = step * 7};
        struct agon_top10 top = {.hdr = {.type = AGON_EVENT_TOP10, .granules = 6, .instrument = 1},
                                 .n_bid = 1,
                                 .n_ask = 1,
                                 .book = BOOK_LIVE};

        top.bid[0].px = step;
        top.ask[0].px = step + 1;
        rig_private(&rig, &fill, 0);
        rig_public(&rig, &top, 1);
        rig.seq++;
        bus_publish(&rig.bus, rig.seq);
    }
    ck_assert_int_eq(rig.port->advance(rig.port->ctx, rig.seq), AGON_OK);
    ck_assert_uint_eq(script.n_seen, 198);
    rig_deinit(&rig);
}
END_TEST

static struct agon_intent order_intent(void)
{
    return (struct agon_intent){.kind = AGON_INTENT_ORDER,
                                .side = AGON_BUY,
                                .type = AGON_LIMIT,
                                .instrument = 1,
                                .client_ref = 1,
                                .px = 100,
                                .qty = 10};
}

static int submit_some(struct script *s, const struct agon_event_hdr *event, uint64_t nth)
{
    struct agon_intent legs[2] = {order_intent(), order_intent()};

    (void)event;
    (void)nth;
    ck_assert_int_eq(s->orders->submit(s->host, legs, 1), AGON_OK);
    ck_assert_int_eq(s->orders->submit(s->host, legs, 2), AGON_OK);
    ck_assert_int_eq(s->clock->arm(s->host, event->t + 5, 0, 77), (int)nth);
    return AGON_OK;
}

START_TEST(wishes_are_stamped_with_their_cause)
{
    struct rig rig;
    struct agon_trade trade = rig_trade(1, 5);

    rig_init(&rig);
    rig.setup.head.nth = 0;
    script.on_event = submit_some;
    ck_assert_int_eq(rig_start(&rig), AGON_OK);
    rig.seq = 40;
    rig_public(&rig, &trade, 0);
    rig_public(&rig, &trade, 1);
    ck_assert_int_eq(rig_step(&rig), AGON_OK);
    for (uint32_t delivery = 0; delivery < 2; delivery++) {
        for (uint32_t i = 0; i < 3; i++) {
            const struct agon_origin *origin = &WISH(agon_intent_event)->origin;

            ck_assert_int_eq(rig_wish(&rig, wish), 1);
            ck_assert_uint_eq(WISH(agon_event_hdr)->type, AGON_EVENT_INTENT);
            ck_assert_uint_eq(origin->cause_seq, 41);
            ck_assert_uint_eq(origin->nth, delivery + 1);
            // n goes on within a cause, also from one of its events to the next.
            ck_assert_uint_eq(origin->n, delivery * 4 + i);
            ck_assert_uint_eq(origin->generation, 7);
            ck_assert_uint_eq(origin->slot, 5);
            ck_assert_uint_eq(origin->n_legs, i == 0 ? 1 : 2);
            ck_assert_uint_eq(origin->leg, i == 2 ? 1 : 0);
            // 0 is the account of the instrument's venue, which the engine knows.
            ck_assert_uint_eq(WISH(agon_intent_event)->intent.account, 0);
        }
        ck_assert_int_eq(rig_wish(&rig, wish), 1);
        ck_assert_uint_eq(WISH(agon_event_hdr)->type, EVENT_ARM);
        ck_assert_uint_eq(WISH(record_arm)->id, delivery + 1);
        ck_assert_uint_eq(WISH(record_arm)->cookie, 77);
        ck_assert_uint_eq(WISH(record_arm)->origin.n, delivery * 4 + 3);
    }
    ck_assert_int_eq(rig_wish(&rig, wish), 0);
    rig_deinit(&rig);
}
END_TEST

#define BAD(field_, value_)                                                                        \
    {                                                                                              \
#field_ " = " #value_, offsetof(struct agon_intent, field_),                               \
            sizeof(((struct agon_intent *)0)->field_), (int64_t)(value_)                           \
    }
static const struct {
    const char *what;
    size_t offset, bytes;
    int64_t value;
} bad_fields[] = {
    BAD(kind, 0),           BAD(kind, 7),        BAD(kind, 255),       BAD(side, 0),
    BAD(side, 3),           BAD(type, 0),        BAD(type, 5),         BAD(tif, 5),
    BAD(tif, 255),          BAD(flags, 4),       BAD(flags, 1u << 31), BAD(instrument, 0),
    BAD(instrument, 4),     BAD(instrument, -1), BAD(px, 0),           BAD(px, -1),
    BAD(px, INT64_MIN),     BAD(trigger_px, 1),  BAD(qty, 0),          BAD(qty, -1),
    BAD(qty, INT64_MIN),    BAD(show_qty, 11),   BAD(show_qty, -1),    BAD(t_expire, 1),
    BAD(tif, AGON_TIF_GTD),
};
static size_t bad_field;

static int submit_bad(struct script *s, const struct agon_event_hdr *event, uint64_t nth)
{
    struct agon_intent legs[17];

    (void)event;
    (void)nth;
    legs[0] = order_intent();
    memcpy((char *)&legs[0] + bad_fields[bad_field].offset, &bad_fields[bad_field].value,
           bad_fields[bad_field].bytes);
    ck_assert_msg(s->orders->submit(s->host, legs, 1) == AGON_EINVAL, "%s",
                  bad_fields[bad_field].what);
    // All or none: a good leg beside a bad one is not sent.
    legs[1] = legs[0];
    legs[0] = order_intent();
    ck_assert_int_eq(s->orders->submit(s->host, legs, 2), AGON_EINVAL);
    for (int i = 0; i < 17; i++)
        legs[i] = order_intent();
    ck_assert_int_eq(s->orders->submit(s->host, legs, 0), AGON_EINVAL);
    ck_assert_int_eq(s->orders->submit(s->host, legs, 17), AGON_EINVAL);
    ck_assert_int_eq(s->orders->submit(s->host, NULL, 1), AGON_EINVAL);
    return AGON_OK;
}

START_TEST(a_field_out_of_range_is_refused_in_the_call)
{
    struct rig rig;
    struct agon_trade trade = rig_trade(1, 5);

    rig_init(&rig);
    bad_field = (size_t)_i;
    script.on_event = submit_bad;
    ck_assert_int_eq(rig_start(&rig), AGON_OK);
    rig_public(&rig, &trade, 0);
    ck_assert_int_eq(rig_step(&rig), AGON_OK);
    ck_assert_uint_eq(script.n_seen, 1);
    ck_assert_int_eq(rig_wish(&rig, wish), 0);
    rig_deinit(&rig);
}
END_TEST

static int n_sent, n_refused;

static int submit_flood(struct script *s, const struct agon_event_hdr *event, uint64_t nth)
{
    struct agon_intent leg = order_intent();

    (void)event;
    (void)nth;
    for (int i = 0; i < 100000; i++) {
        int rc = s->orders->submit(s->host, &leg, 1);

        ck_assert(rc == AGON_OK || rc == AGON_EAGAIN);
        n_sent += rc == AGON_OK;
        n_refused += rc == AGON_EAGAIN;
    }
    return AGON_OK;
}

START_TEST(a_full_ring_says_again_and_loses_nothing)
{
    struct rig rig;
    struct agon_trade trade = rig_trade(1, 5);
    int n = 0;

    rig_init(&rig);
    script.on_event = submit_flood;
    ck_assert_int_eq(rig_start(&rig), AGON_OK);
    rig_public(&rig, &trade, 0);
    ck_assert_int_eq(rig_step(&rig), AGON_OK);
    ck_assert_int_gt(n_refused, 0);
    ck_assert_int_gt(n_sent, 1000);
    for (; rig_wish(&rig, wish); n++)
        ck_assert_uint_eq(WISH(agon_intent_event)->origin.n, (uint32_t)n); // no number is skipped
    ck_assert_int_eq(n, n_sent);
    rig_deinit(&rig);
}
END_TEST

static const struct agon_host_orders *strategy_orders;
static const struct agon_host *strategy_host;

static void *from_another_thread(void *arg)
{
    struct agon_intent leg = order_intent();

    *(int *)arg = strategy_orders->submit(strategy_host, &leg, 1);
    return NULL;
}

static int call_from_thread(struct script *s, const struct agon_event_hdr *event, uint64_t nth)
{
    pthread_t thread;
    int rc = AGON_OK;

    (void)event;
    (void)nth;
    strategy_orders = s->orders;
    strategy_host = s->host;
    ck_assert_int_eq(pthread_create(&thread, NULL, from_another_thread, &rc), 0);
    pthread_join(thread, NULL);
    ck_assert_int_eq(rc, AGON_ETHREAD);
    return AGON_OK;
}

static int submit_at_start(struct script *s, uint32_t reason)
{
    struct agon_intent leg = order_intent();

    (void)reason;
    ck_assert_int_eq(s->orders->submit(s->host, &leg, 1), AGON_ESTATE);
    ck_assert_int_ge(s->clock->arm(s->host, 5, 0, 0), 1);
    return AGON_OK;
}

START_TEST(services_called_from_the_wrong_place_say_so)
{
    struct rig rig;
    struct agon_trade trade = rig_trade(1, 5);
    struct agon_intent leg = order_intent();

    rig_init(&rig);
    script.on_start = submit_at_start;
    script.on_event = call_from_thread;
    ck_assert_int_eq(rig_start(&rig), AGON_OK);
    rig_public(&rig, &trade, 0);
    ck_assert_int_eq(rig_step(&rig), AGON_OK);
    ck_assert_int_eq(script.orders->submit(script.host, &leg, 1), AGON_ETHREAD);
    ck_assert_ptr_null(script.host->get_extension(script.host, AGON_EXT_ORDERS));
    rig_deinit(&rig);
}
END_TEST

START_TEST(only_a_strategy_is_served_orders)
{
    struct rig rig;

    rig_init(&rig);
    script_descriptor.kind = AGON_MODEL;
    ck_assert_int_eq(rig_start(&rig), AGON_OK);
    ck_assert_ptr_null(script.orders);
    ck_assert_ptr_nonnull(script.signal);
    rig_deinit(&rig);
}
END_TEST

static int ruin_rounding(struct script *s, const struct agon_event_hdr *event, uint64_t nth)
{
    (void)s;
    (void)event;
    (void)nth;
    fesetround(FE_UPWARD);
    __builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() | 0x8040); // flush to zero
    return AGON_OK;
}

#if defined(__x86_64__)
static uint32_t control;

static int set_control(struct script *s, const struct agon_event_hdr *event, uint64_t nth)
{
    (void)s;
    (void)event;
    (void)nth;
    __builtin_ia32_ldmxcsr(control);
    return AGON_OK;
}

START_TEST(each_control_word_that_alters_results_is_put_back_at_once)
{
    static const uint32_t others[] = {0x3f80, 0x5f80, 0x7f80, 0x9f80, 0x1fc0}; // rounding, FTZ, DAZ
    const uint32_t mine = __builtin_ia32_stmxcsr() & 0xffc0u;
    struct rig rig;
    struct agon_trade trade = rig_trade(1, 5);
    const struct feed_beat *beat;

    rig_init(&rig);
    script.on_event = set_control;
    ck_assert_int_eq(rig_start(&rig), AGON_OK);
    beat = feed_beat(run_inproc_feed(rig.run));
    for (uint32_t i = 0; i < 100; i++) {
        control = others[i % 5];
        rig_public(&rig, &trade, 0);
        ck_assert_int_eq(rig_step(&rig), AGON_OK);
        ck_assert_uint_eq(__builtin_ia32_stmxcsr() & 0xffc0u, mine);
        ck_assert_uint_eq(atomic_load(&beat->n_fp), i + 1);
    }
    // A division by zero that would be a signal: no result is another by it, and soon it is none.
    script.on_event = NULL;
    control = 0x1d80;
    __builtin_ia32_ldmxcsr(control);
    for (uint32_t i = 0; i < 32; i++) { // about one step in 16 is looked at
        rig_public(&rig, &trade, 0);
        ck_assert_int_eq(rig_step(&rig), AGON_OK);
    }
#ifdef RIG_BY_TURN
    ck_assert_uint_eq(__builtin_ia32_stmxcsr() & 0xffc0u, mine);
#endif
    // Whoever was found with them once is looked at behind each call, or was behind each run.
    script.on_event = set_control;
    for (uint32_t i = 0; i < 100; i++) {
        rig_public(&rig, &trade, 0);
        ck_assert_int_eq(rig_step(&rig), AGON_OK);
    }
#ifdef RIG_BY_TURN
    ck_assert_uint_ge(atomic_load(&beat->n_fp), 100 + 100 - 32);
    ck_assert_uint_eq(__builtin_ia32_stmxcsr() & 0xffc0u, mine);
#endif
    __builtin_ia32_ldmxcsr(mine);
    rig_deinit(&rig);
}
END_TEST
#endif

START_TEST(rounding_and_denormals_are_as_they_were_after_a_callback)
{
    struct rig rig;
    struct agon_trade trade = rig_trade(1, 5);
    volatile double small = 1e-308;

    rig_init(&rig);
    script.on_event = ruin_rounding;
    ck_assert_int_eq(rig_start(&rig), AGON_OK);
    rig_public(&rig, &trade, 0);
    ck_assert_int_eq(rig_step(&rig), AGON_OK);
    ck_assert_int_eq(fegetround(), FE_TONEAREST);
    ck_assert(small / 4 > 0);
    rig_deinit(&rig);
}
END_TEST

static uint64_t draws[2][64];
static int draw_run;

static int draw(struct script *s, const struct agon_event_hdr *event, uint64_t nth)
{
    (void)event;
    for (uint32_t k = 0; k < 2; k++)
        draws[draw_run][(nth - 1) * 4 + k] = s->rng->u64(s->host, 3);
    draws[draw_run][(nth - 1) * 4 + 2] = s->rng->u64(s->host, 4);
    return AGON_OK;
}

START_TEST(random_numbers_depend_on_nth_and_on_nothing_that_went_before)
{
    struct agon_trade trade = rig_trade(1, 5);
    struct rig rig;

    for (draw_run = 0; draw_run < 2; draw_run++) {
        rig_init(&rig);
        script.on_event = draw;
        rig.setup.head.nth = draw_run == 0 ? 0 : 8; // the second generation begins at 8
        ck_assert_int_eq(rig_start(&rig), AGON_OK);
        for (int i = draw_run == 0 ? 0 : 8; i < 16; i++) {
            rig_public(&rig, &trade, 0);
            ck_assert_int_eq(rig_step(&rig), AGON_OK);
        }
        rig_deinit(&rig);
    }
    ck_assert_int_eq(memcmp(&draws[0][32], &draws[1][32], 32 * sizeof(uint64_t)), 0);
    ck_assert_uint_eq(draws[0][0], rng_at(42, 5, 3, 1, 0)); // hash(seed, slot, stream, nth, k)
    ck_assert_uint_eq(draws[0][1], rng_at(42, 5, 3, 1, 1));
    ck_assert_uint_eq(draws[0][6], rng_at(42, 5, 4, 2, 0));
}
END_TEST

static double p_up;
static uint32_t key = 1;

static int publish(struct script *s, const struct agon_event_hdr *event, uint64_t nth)
{
    struct agon_signal signal = {.key = key, .value = 1.5, .confidence = 0.5, .slot = 63};

    (void)nth;
    if (event->type != AGON_EVENT_TRADE)
        return AGON_OK;
    signal.p_up = p_up;
    signal.p_down = 1 - p_up;
    memcpy(signal.text, "up", 2);
    signal.text_len = 2;
    return s->signal->publish(s->host, &signal);
}

START_TEST(a_signal_carries_the_slot_that_published_it)
{
    struct rig rig;
    struct agon_trade trade = rig_trade(1, 5);

    rig_init(&rig);
    script.on_event = publish;
    p_up = 0.75;
    ck_assert_int_eq(rig_start(&rig), AGON_OK);
    rig_public(&rig, &trade, 0);
    ck_assert_int_eq(rig_step(&rig), AGON_OK);
    ck_assert_int_eq(rig_wish(&rig, wish), 1);
    ck_assert_uint_eq(WISH(agon_event_hdr)->type, AGON_EVENT_SIGNAL);
    ck_assert_uint_eq(WISH(agon_event_hdr)->granules, 6);
    ck_assert_uint_eq(WISH(record_signal)->signal.slot, 5);  // not what the plugin said
    ck_assert_uint_eq(WISH(record_signal)->signal.key, 701); // the second that it declared
    key = 2;                                                 // there is no third
    rig_public(&rig, &trade, 0);
    ck_assert_int_eq(rig_step(&rig), AGON_OK);
    ck_assert_int_eq(rig_wish(&rig, wish), 0);
    key = 1;
    p_up = NAN;
    rig_public(&rig, &trade, 0);
    ck_assert_int_eq(rig_step(&rig), AGON_OK);
    p_up = 1.5;
    rig_public(&rig, &trade, 0);
    ck_assert_int_eq(rig_step(&rig), AGON_OK);
    ck_assert_int_eq(rig_wish(&rig, wish), 0);
    ck_assert_uint_eq(feed_beat(run_inproc_feed(rig.run))->n_errors, 3);
    rig_deinit(&rig);
}
END_TEST

static struct agon_signal last_heard;
static int n_heard;

static int hear(struct script *s, const struct agon_event_hdr *event, uint64_t nth)
{
    struct agon_signal last;

    (void)nth;
    if (event->type != AGON_EVENT_SIGNAL)
        return AGON_OK;
    n_heard++;
    last_heard = *(const struct agon_signal *)(const void *)event;
    ck_assert_int_eq(s->signal->last(s->host, last_heard.key, event->instrument, &last), AGON_OK);
    ck_assert_mem_eq(&last, &last_heard, sizeof(last));
    ck_assert_int_eq(s->signal->last(s->host, last_heard.key, 99, &last), AGON_ENOENT);
    ck_assert_int_eq(s->signal->last(s->host, 1, event->instrument, &last), AGON_ENOENT);
    ck_assert_int_eq(s->signal->last(s->host, 3, event->instrument, &last), AGON_EINVAL);
    ck_assert_int_eq(s->signal->last(s->host, UINT32_MAX, 0, &last), AGON_EINVAL);
    return AGON_OK;
}

static void tell_signal(struct rig *rig, uint32_t series, agon_instrument_t id)
{
    struct agon_signal signal = {
        .hdr = {.type = AGON_EVENT_SIGNAL, .granules = 5, .instrument = id}, .key = series};

    rig_public(rig, &signal, 0);
    ck_assert_int_eq(rig_step(rig), AGON_OK);
}

START_TEST(what_is_heard_is_what_an_input_is_bound_to_and_says_which)
{
    struct rig rig;

    rig_init(&rig);
    script.on_event = hear;
    ck_assert_int_eq(rig_start(&rig), AGON_OK);
    tell_signal(&rig, 902, 3); // of an instrument that the slot does not trade, too
    ck_assert_int_eq(n_heard, 1);
    ck_assert_uint_eq(last_heard.key, 2); // the third input
    tell_signal(&rig, 900, 0);
    ck_assert_int_eq(n_heard, 2);
    ck_assert_uint_eq(last_heard.key, 0);
    tell_signal(&rig, 901, 1); // nobody's that the roster names
    tell_signal(&rig, 700, 1); // its own, which it does not read
    tell_signal(&rig, 0, 1);   // an input that is none hears nothing
    tell_signal(&rig, 1, 1);   // no number of its own means one
    ck_assert_int_eq(n_heard, 2);
    ck_assert_uint_eq(rig.port->nth(rig.port->ctx), 2);
    // One publisher leaves room for the other.
    for (agon_instrument_t id = 100; id < 300; id++) {
        struct agon_signal signal = {
            .hdr = {.type = AGON_EVENT_SIGNAL, .granules = 5, .instrument = id}, .key = 900};

        script.on_event = NULL;
        rig_public(&rig, &signal, 0);
        ck_assert_int_eq(rig_step(&rig), AGON_OK);
    }
    script.on_event = hear;
    tell_signal(&rig, 902, 2);
    ck_assert_int_eq(n_heard, 3);
    ck_assert_uint_eq(feed_beat(run_inproc_feed(rig.run))->n_errors, 0);
    rig_deinit(&rig);
}
END_TEST

#ifdef RIG_BY_TURN
/* Books that the engine has not put on the bus (engine/port.h: late). */
static struct agon_top10 late_top, looked_top;

static int say_late(const void *ctx, agon_instrument_t instrument, uint64_t seq,
                    struct agon_top10 *top)
{
    (void)ctx;
    if (instrument != 1 || late_top.hdr.seq <= seq)
        return 0;
    *top = late_top;
    return 1;
}

static int look_at_top(struct script *s, const struct agon_event_hdr *event, uint64_t nth)
{
    (void)nth;
    if (event->type == AGON_EVENT_TRADE)
        ck_assert_int_eq(s->book->top(s->host, 1, &looked_top), AGON_OK);
    return AGON_OK;
}

static struct agon_top10 top_of(agon_px_t px)
{
    struct agon_top10 top = {.hdr = {.type = AGON_EVENT_TOP10, .granules = 6, .instrument = 1},
                             .n_bid = 1,
                             .n_ask = 1,
                             .book = BOOK_LIVE};

    top.bid[0].px = px;
    top.ask[0].px = px + 1;
    return top;
}

// One in a step that concerns nobody.
static void be_late(struct rig *rig, agon_px_t px)
{
    ck_assert_int_eq(rig_step(rig), AGON_OK);
    late_top = top_of(px);
    late_top.hdr.seq = rig->turn.late_seq = rig->seq;
}

static void look(struct rig *rig)
{
    struct agon_trade trade = rig_trade(1, 5);

    rig_public(rig, &trade, 0);
    ck_assert_int_eq(rig_step(rig), AGON_OK);
}

START_TEST(a_book_that_is_not_on_the_bus_is_seen_as_of_the_event)
{
    struct rig rig;
    struct agon_status status = {.hdr = {.type = AGON_EVENT_STATUS, .granules = 1, .instrument = 1},
                                 .book = BOOK_STALE};
    struct agon_top10 shown = top_of(70);

    rig_init(&rig);
    memset(&late_top, 0, sizeof(late_top));
    rig.turn.late = say_late;
    script.on_event = look_at_top;
    ck_assert_int_eq(rig_start(&rig), AGON_OK);
    rig_public(&rig, &shown, 0);
    ck_assert_int_eq(rig_step(&rig), AGON_OK);
    look(&rig);
    ck_assert_int_eq(looked_top.bid[0].px, 70);
    be_late(&rig, 77);
    look(&rig);
    ck_assert_int_eq(memcmp(&looked_top, &late_top, sizeof(looked_top)), 0);
    // What came of the book behind it stands, and so does one that is on the bus.
    be_late(&rig, 78);
    rig_public(&rig, &status, 0);
    ck_assert_int_eq(rig_step(&rig), AGON_OK);
    look(&rig);
    ck_assert_int_eq(looked_top.bid[0].px, 78);
    ck_assert_int_eq(looked_top.book, BOOK_STALE);
    be_late(&rig, 79);
    shown = top_of(80);
    rig_public(&rig, &shown, 0);
    ck_assert_int_eq(rig_step(&rig), AGON_OK);
    look(&rig);
    ck_assert_int_eq(looked_top.bid[0].px, 80);
    // Who no longer follows has them too.
    be_late(&rig, 81);
    ck_assert_int_eq(rig.port->follow(rig.port->ctx, NULL), 0);
    rig.is_following = 0;
    look(&rig);
    ck_assert_int_eq(looked_top.bid[0].px, 81);
    rig_deinit(&rig);
}
END_TEST
#endif

int main(void)
{
    Suite *suite = suite_create("services");
    TCase *tcase = tcase_create("services");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, open_orders_are_those_of_the_event_being_delivered);
    tcase_add_test(tcase, positions_and_books_are_those_of_the_event_being_delivered);
#ifdef RIG_BY_TURN
    tcase_add_test(tcase, a_book_that_is_not_on_the_bus_is_seen_as_of_the_event);
#endif
    tcase_add_test(tcase, wishes_are_stamped_with_their_cause);
    tcase_add_loop_test(tcase, a_field_out_of_range_is_refused_in_the_call, 0,
                        (int)(sizeof(bad_fields) / sizeof(bad_fields[0])));
    tcase_add_test(tcase, a_full_ring_says_again_and_loses_nothing);
    tcase_add_test(tcase, services_called_from_the_wrong_place_say_so);
    tcase_add_test(tcase, only_a_strategy_is_served_orders);
#if defined(__x86_64__)
    tcase_add_test(tcase, each_control_word_that_alters_results_is_put_back_at_once);
#endif
    tcase_add_test(tcase, rounding_and_denormals_are_as_they_were_after_a_callback);
    tcase_add_test(tcase, random_numbers_depend_on_nth_and_on_nothing_that_went_before);
    tcase_add_test(tcase, a_signal_carries_the_slot_that_published_it);
    tcase_add_test(tcase, what_is_heard_is_what_an_input_is_bound_to_and_says_which);
    suite_add_tcase(suite, tcase);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
