// SPDX-License-Identifier: Apache-2.0
/* What <agon/leg.h> promises: one order at a time from what is held to what is wanted, whole lots
 * that the venue takes, a rest after a refusal, and a position that is what the ledger says. */
#include <stdlib.h>

#include <agon/leg.h>

#include "../../support/must.h"

static struct {
    struct agon_instrument instrument;
    struct agon_position position;
    struct agon_order open[2];
    int n_open, submit_rc;
    agon_qty_t limit;
    struct agon_intent sent[16];
    uint32_t n_sent;
} world;
static struct agon_host host;
static struct agon_desk desk;
static struct agon_leg leg;

static int submit(const struct agon_host *h, const struct agon_intent *legs, uint32_t n)
{
    (void)h;
    (void)n;
    if (world.submit_rc < 0)
        return world.submit_rc;
    MUST(world.n_sent < 16);
    world.sent[world.n_sent++] = legs[0];
    return AGON_OK;
}

static int open_orders(const struct agon_host *h, struct agon_order *orders, uint32_t max)
{
    (void)h;
    for (int i = 0; i < world.n_open && (uint32_t)i < max; i++)
        orders[i] = world.open[i];
    return world.n_open;
}

static int position(const struct agon_host *h, agon_account_t account, agon_instrument_t id,
                    struct agon_position *out)
{
    (void)h;
    (void)account;
    (void)id;
    *out = world.position;
    return AGON_OK;
}

static int balance(const struct agon_host *h, agon_account_t account, agon_asset_t asset,
                   struct agon_balance *out)
{
    (void)h;
    (void)account;
    if (asset != 2)
        return AGON_ENOENT;
    memset(out, 0, sizeof(*out));
    out->free_amt = 1000000; // 10,000.00
    return AGON_OK;
}

static agon_qty_t limit(const struct agon_host *h, agon_account_t account, agon_instrument_t id)
{
    (void)h;
    (void)account;
    (void)id;
    return world.limit;
}

static int get(const struct agon_host *h, agon_instrument_t id, struct agon_instrument *out)
{
    (void)h;
    if (id != 7)
        return AGON_ENOENT;
    *out = world.instrument;
    return AGON_OK;
}

static int asset(const struct agon_host *h, agon_asset_t id, char name[16], int *exp)
{
    (void)h;
    (void)id;
    (void)name;
    *exp = 2;
    return AGON_OK;
}

static const void *extension(const struct agon_host *h, const char *id)
{
    static const struct agon_host_orders orders = {submit, open_orders};
    static const struct agon_host_account account = {NULL, position, balance, limit};
    static const struct agon_host_instrument instruments = {NULL, get, asset};

    (void)h;
    return strcmp(id, AGON_EXT_ORDERS) == 0       ? (const void *)&orders
           : strcmp(id, AGON_EXT_ACCOUNT) == 0    ? (const void *)&account
           : strcmp(id, AGON_EXT_INSTRUMENT) == 0 ? (const void *)&instruments
                                                  : NULL;
}

/* Prices in hundredths, quantities in thousandths, lots of 0.010, 5.00 at least. */
static void begin(uint8_t kind, agon_qty_t held, agon_amt_t cost)
{
    memset(&world, 0, sizeof(world));
    memset(&leg, 0, sizeof(leg));
    world.instrument = (struct agon_instrument){.kind = kind,
                                                .state = AGON_TRADING_OPEN,
                                                .px_exp = 2,
                                                .qty_exp = 3,
                                                .base = 1,
                                                .quote = 2,
                                                .settle = 2,
                                                .lot_qty = 10,
                                                .min_qty = 10,
                                                .min_notional_amt = 500,
                                                .multiplier = 1};
    world.position.qty = held;
    world.position.cost_amt = cost;
    world.limit = INT64_MAX;
    host = (struct agon_host){.size = sizeof(host), .get_extension = extension};
    MUST(agon_desk_init(&desk, &host) == AGON_OK);
    MUST(agon_leg_start(&desk, &leg, 7) == AGON_OK);
}

static int tell_order(uint64_t ref, uint8_t state, agon_ns_t t)
{
    struct agon_order order = {.hdr = {.type = AGON_EVENT_ORDER, .instrument = 7, .t = t},
                               .client_ref = ref,
                               .state = state};

    return agon_leg_update(&desk, &leg, &order.hdr);
}

static int tell_fill(uint8_t side, agon_qty_t qty, agon_px_t px, agon_qty_t held)
{
    struct agon_fill fill = {.hdr = {.type = AGON_EVENT_FILL, .instrument = 7},
                             .side = side,
                             .qty = qty,
                             .px = px,
                             .position_qty = held};

    return agon_leg_update(&desk, &leg, &fill.hdr);
}

START_TEST(goes_from_what_is_held_to_what_is_wanted)
{
    static const struct {
        uint8_t kind;
        agon_qty_t held, target;
        int rc;
        uint8_t side;
        agon_qty_t qty;
        uint32_t flags;
    } cases[] = {
        {AGON_SPOT, 0, 1000, 1, AGON_BUY, 1000, 0},
        {AGON_SPOT, 0, 1009, 1, AGON_BUY, 1000, 0},      // whole lots
        {AGON_SPOT, 995, 0, 1, AGON_SELL, 990, 0},       // the rest is dust
        {AGON_SPOT, 1000, 1040, 0, 0, 0, 0},             // 4.00 are too little
        {AGON_SPOT, 1000, 1050, 1, AGON_BUY, 50, 0},     // 5.00 are enough
        {AGON_SPOT, 1000, -500, 1, AGON_SELL, 1000, 0},  // no shorts on spot
        {AGON_SPOT, 5, 0, 0, 0, 0, 0},                   // less than a lot
        {AGON_LINEAR, 0, -500, 1, AGON_SELL, 500, 0},    //
        {AGON_LINEAR, 500, -500, 1, AGON_SELL, 1000, 0}, // through zero
        {AGON_LINEAR, 500, 200, 1, AGON_SELL, 300, AGON_REDUCE_ONLY},
        {AGON_LINEAR, -500, 0, 1, AGON_BUY, 500, AGON_REDUCE_ONLY},
        {AGON_LINEAR, INT64_MIN, INT64_MAX, 1, AGON_BUY, ((int64_t)1 << 62) / 10 * 10, 0},
        {AGON_INVERSE, 0, 500, AGON_ENOTSUP, 0, 0, 0},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        begin(cases[i].kind, cases[i].held, 0);
        ck_assert_int_eq(agon_leg_go(&desk, &leg, cases[i].target, 10000, 9, 1), cases[i].rc);
        MUST_EQ(world.n_sent, cases[i].rc == 1);
        if (cases[i].rc != 1)
            continue;
        MUST_EQ(world.sent[0].type, AGON_MARKET);
        MUST_EQ(world.sent[0].side, cases[i].side);
        ck_assert_int_eq(world.sent[0].qty, cases[i].qty);
        MUST_EQ(world.sent[0].flags, cases[i].flags);
        MUST_EQ(world.sent[0].reason, 9);
        // One order at a time.
        ck_assert_int_eq(agon_leg_go(&desk, &leg, 77000, 10000, 9, 2), AGON_EAGAIN);
    }
}
END_TEST

START_TEST(is_free_again_when_its_order_has_ended)
{
    uint64_t ref;

    begin(AGON_SPOT, 0, 0);
    MUST_EQ(agon_leg_go(&desk, &leg, 1000, 10000, 1, 100), 1);
    ref = world.sent[0].client_ref;
    MUST_EQ(tell_order(ref + 1, AGON_ORDER_FILLED, 100), AGON_LEG_NOTHING); // somebody else's
    MUST_EQ(tell_order(ref, AGON_ORDER_OPEN, 100), AGON_LEG_NOTHING);
    MUST(!agon_leg_is_free(&desk, &leg, 100));
    MUST_EQ(tell_order(ref, AGON_ORDER_CANCELLED, 100), AGON_LEG_DONE);
    MUST(agon_leg_is_free(&desk, &leg, 100));
    MUST_EQ(agon_leg_go(&desk, &leg, 1000, 10000, 1, 100), 1);
    MUST(world.sent[1].client_ref != ref);
}
END_TEST

START_TEST(rests_after_a_refusal_until_the_next_bar)
{
    begin(AGON_SPOT, 0, 0);
    MUST_EQ(agon_leg_go(&desk, &leg, 1000, 10000, 1, 100), 1);
    MUST_EQ(tell_order(world.sent[0].client_ref, AGON_ORDER_REJECTED, 100), AGON_LEG_REFUSED);
    ck_assert_int_eq(agon_leg_go(&desk, &leg, 1000, 10000, 1, 99 + AGON_LEG_REST_NS), AGON_EAGAIN);
    MUST_EQ(agon_leg_go(&desk, &leg, 1000, 10000, 1, 100 + AGON_LEG_REST_NS), 1);
}
END_TEST

/* A refusal is heard behind its bar, now 30 ms, now 10: the rule is asked again at the next bar. */
START_TEST(asks_again_at_the_next_minute)
{
    const agon_ns_t ms = 1000000, bar = 60000 * ms;

    begin(AGON_SPOT, 0, 0);
    MUST_EQ(agon_leg_go(&desk, &leg, 1000, 10000, 1, bar), 1);
    MUST_EQ(tell_order(world.sent[0].client_ref, AGON_ORDER_REJECTED, bar + 900 * ms),
            AGON_LEG_REFUSED);
    MUST_EQ(agon_leg_go(&desk, &leg, 1000, 10000, 1, 2 * bar + 10 * ms), 1);
}
END_TEST

START_TEST(a_full_ring_leaves_it_free)
{
    begin(AGON_SPOT, 0, 0);
    world.submit_rc = AGON_EAGAIN;
    ck_assert_int_eq(agon_leg_go(&desk, &leg, 1000, 10000, 1, 1), AGON_EAGAIN);
    world.submit_rc = AGON_OK;
    MUST_EQ(agon_leg_go(&desk, &leg, 1000, 10000, 1, 1), 1);
}
END_TEST

START_TEST(an_order_that_nobody_knows_is_given_up)
{
    begin(AGON_SPOT, 0, 0);
    MUST_EQ(agon_leg_go(&desk, &leg, 1000, 10000, 1, 100), 1);
    world.n_open = 1;
    MUST(!agon_leg_is_free(&desk, &leg, 101 + AGON_LEG_LOST_NS)); // the host knows it
    world.n_open = 0;
    MUST(!agon_leg_is_free(&desk, &leg, 100 + AGON_LEG_LOST_NS));
    MUST(agon_leg_is_free(&desk, &leg, 101 + AGON_LEG_LOST_NS));
}
END_TEST

START_TEST(knows_what_its_position_cost)
{
    begin(AGON_LINEAR, 0, 0);
    MUST_EQ(tell_fill(AGON_BUY, 100, 10000, 100), AGON_LEG_FILL);
    tell_fill(AGON_BUY, 100, 11000, 200);
    MUST(leg.entry_px > 10499.99 && leg.entry_px < 10500.01);
    tell_fill(AGON_SELL, 50, 12000, 150); // a part of it: the rest cost what it cost
    MUST(leg.entry_px > 10499.99 && leg.entry_px < 10500.01);
    tell_fill(AGON_SELL, 250, 9000, -100); // through zero
    MUST(leg.entry_px > 8999.99 && leg.entry_px < 9000.01);
    tell_fill(AGON_BUY, 100, 9500, 0);
    MUST(!(leg.entry_px > 0) && leg.held_qty == 0);
}
END_TEST

START_TEST(takes_over_a_position_and_its_cost)
{
    begin(AGON_SPOT, 2000, 18000); // 2 for 180.00
    MUST_EQ(leg.held_qty, 2000);
    MUST(leg.entry_px > 8999.99 && leg.entry_px < 9000.01);
    begin(AGON_LINEAR, -2000, -18000);
    MUST(leg.entry_px > 8999.99 && leg.entry_px < 9000.01);
    MUST_EQ(agon_leg_held(&desk, &leg, 10000), -2000);
}
END_TEST

START_TEST(orders_of_others_are_cancelled_first)
{
    begin(AGON_SPOT, 0, 0);
    world.n_open = 1;
    world.open[0] =
        (struct agon_order){.hdr = {.instrument = 7, .t = 50}, .client_ref = 3, .type = AGON_LIMIT};
    MUST(agon_leg_start(&desk, &leg, 7) == AGON_OK);
    ck_assert_int_eq(agon_leg_go(&desk, &leg, 1000, 10000, 1, 100), AGON_EAGAIN);
    MUST_EQ(world.n_sent, 1);
    MUST_EQ(world.sent[0].kind, AGON_INTENT_CANCEL_ALL);
    MUST_EQ(world.sent[0].instrument, 7);
    MUST_EQ(tell_order(3, AGON_ORDER_CANCELLED, 101), AGON_LEG_DONE);
    MUST_EQ(agon_leg_go(&desk, &leg, 1000, 10000, 1, 102), 1);
}
END_TEST

/* Orders of the slot on any instrument are known by their numbers, and none is used twice. */
START_TEST(the_only_leg_of_a_plugin_counts_from_one)
{
    static const uint64_t other = 12;

    begin(AGON_SPOT, 0, 0);
    MUST_EQ(agon_leg_go(&desk, &leg, 1000, 10000, 1, 100), 1);
    MUST_EQ(world.sent[0].client_ref, ((uint64_t)7 << 32) + 1);
    begin(AGON_SPOT, 0, 0);
    desk.is_alone = 1;
    memset(&leg, 0, sizeof(leg));
    MUST(agon_leg_start(&desk, &leg, 7) == AGON_OK);
    MUST_EQ(agon_leg_go(&desk, &leg, 1000, 10000, 1, 100), 1);
    MUST_EQ(world.sent[0].client_ref, 1);
    MUST_EQ(tell_order(1, AGON_ORDER_CANCELLED, 101), AGON_LEG_DONE);
    world.n_open = 1;
    world.open[0] = (struct agon_order){.hdr = {.instrument = 8, .t = 50}, .client_ref = other};
    MUST(agon_leg_start(&desk, &leg, 7) == AGON_OK);
    MUST_EQ(agon_leg_go(&desk, &leg, 1000, 10000, 1, 102), 1);
    MUST_EQ(world.sent[1].client_ref, other + 1);
    // Another instrument: what was known is forgotten, but for the numbers.
    leg.instrument = 9;
    world.n_open = 0;
    MUST(agon_leg_start(&desk, &leg, 7) == AGON_OK);
    MUST_EQ(leg.working_ref, 0);
    MUST_EQ(leg.last_ref, other + 1);
}
END_TEST

START_TEST(sizes_what_the_money_and_the_limits_allow)
{
    begin(AGON_SPOT, 0, 0);
    MUST_EQ(agon_leg_size(&desk, &leg, 10, 10000), 10000); // 1000.00 at 100.00
    MUST_EQ(agon_leg_size(&desk, &leg, 10, 10001), 9990);  // 9.999 in lots of 0.010
    world.limit = 4321;
    MUST_EQ(agon_leg_size(&desk, &leg, 10, 10000), 4320);
    world.limit = 0;
    MUST_EQ(agon_leg_size(&desk, &leg, 10, 10000), 0);
    begin(AGON_LINEAR, 0, 0);
    world.instrument.multiplier = 5;
    world.instrument.multiplier_exp = 1; // half a unit a contract
    MUST_EQ(agon_leg_size(&desk, &leg, 10, 10000), 20000);
    MUST(agon_leg_units(&desk, &leg, 20000) > 9.9999 &&
         agon_leg_units(&desk, &leg, 20000) < 10.0001);
    MUST_EQ(agon_leg_qty(&desk, &leg, -10.003), -20010);
    MUST_EQ(agon_leg_size(&desk, &leg, 10, 0), 0);
}
END_TEST

START_TEST(sends_nothing_while_halted)
{
    struct agon_halt halt = {
        .hdr = {.type = AGON_EVENT_HALT}, .scope = AGON_SCOPE_GLOBAL, .mode = 1};

    begin(AGON_SPOT, 0, 0);
    agon_leg_update(&desk, &leg, &halt.hdr);
    ck_assert_int_eq(agon_leg_go(&desk, &leg, 1000, 10000, 1, 1), AGON_EAGAIN);
    halt.mode = 0;
    agon_leg_update(&desk, &leg, &halt.hdr);
    MUST_EQ(agon_leg_go(&desk, &leg, 1000, 10000, 1, 1), 1);
}
END_TEST

START_TEST(another_instrument_or_a_bad_state_is_told)
{
    begin(AGON_SPOT, 0, 0);
    MUST_EQ(agon_leg_check(&leg), AGON_OK);
    ck_assert_int_eq(agon_leg_start(&desk, &leg, 8), AGON_ENOENT);
    ck_assert_int_eq(agon_leg_start(&desk, &leg, 0), AGON_ENOENT);
    leg.t_rest = INT64_MAX;
    ck_assert_int_eq(agon_leg_check(&leg), AGON_ECORRUPT);
    leg.t_rest = 0;
    leg.entry_px = -1;
    ck_assert_int_eq(agon_leg_check(&leg), AGON_ECORRUPT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("leg");
    TCase *tcase = tcase_create("all");
    SRunner *runner;
    int failed;

    tcase_add_test(tcase, goes_from_what_is_held_to_what_is_wanted);
    tcase_add_test(tcase, is_free_again_when_its_order_has_ended);
    tcase_add_test(tcase, rests_after_a_refusal_until_the_next_bar);
    tcase_add_test(tcase, asks_again_at_the_next_minute);
    tcase_add_test(tcase, a_full_ring_leaves_it_free);
    tcase_add_test(tcase, an_order_that_nobody_knows_is_given_up);
    tcase_add_test(tcase, knows_what_its_position_cost);
    tcase_add_test(tcase, takes_over_a_position_and_its_cost);
    tcase_add_test(tcase, orders_of_others_are_cancelled_first);
    tcase_add_test(tcase, the_only_leg_of_a_plugin_counts_from_one);
    tcase_add_test(tcase, sizes_what_the_money_and_the_limits_allow);
    tcase_add_test(tcase, sends_nothing_while_halted);
    tcase_add_test(tcase, another_instrument_or_a_bad_state_is_told);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
