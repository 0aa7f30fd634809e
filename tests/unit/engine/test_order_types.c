// SPDX-License-Identifier: Apache-2.0
/* Types of orders: what one row of AGON_ORDER_TYPES says is what SDK, risk gate, engine, journal,
 * pages and venues say. A row that lacks a page, a name of its own, or a venue that takes no plain
 * order is a fault here; one that cannot mean anything does not compile (market/order_type.c). */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "journal/text.h"
#include "venue/wire.h"
#include "world.h"

START_TEST(what_a_type_has_is_what_it_always_was)
{
    static const struct {
        const char *name;
        uint8_t type, has_px, waits, with_px;
    } known[] = {{"limit", AGON_LIMIT, 1, 0, AGON_LIMIT},
                 {"market", AGON_MARKET, 0, 0, AGON_LIMIT},
                 {"stop", AGON_STOP, 0, 1, AGON_STOP_LIMIT},
                 {"stop_limit", AGON_STOP_LIMIT, 1, 1, AGON_STOP_LIMIT}};

    for (size_t i = 0; i < 4; i++) {
        uint8_t type = known[i].type;

        ck_assert_uint_eq(type, i + 1); // in every journal
        ck_assert_str_eq(order_type_name(type), known[i].name);
        ck_assert_int_eq(order_type_has_px(type), known[i].has_px);
        ck_assert_int_eq(order_type_is_at_market(type), !known[i].has_px);
        ck_assert_int_eq(order_type_waits(type), known[i].waits);
        ck_assert_int_eq(order_type_is_stop(type), known[i].waits);
        ck_assert_uint_eq(order_type_with_px(type), known[i].with_px);
        ck_assert_int_eq(order_type_waits_for_rise(type, AGON_BUY), 1);
        ck_assert_int_eq(order_type_waits_for_rise(type, AGON_SELL), 0);
    }
}
END_TEST

START_TEST(a_number_that_is_no_type_has_nothing)
{
    for (int type = 0; type < 256; type++) {
        if (order_type_name((uint8_t)type) != NULL)
            continue;
        ck_assert_int_eq(order_type_is((uint8_t)type), 0);
        ck_assert_int_eq(order_type_has_px((uint8_t)type), 0);
        ck_assert_int_eq(order_type_is_at_market((uint8_t)type), 0);
        ck_assert_int_eq(order_type_waits((uint8_t)type), 0);
        ck_assert_uint_eq(order_type_with_px((uint8_t)type), 0);
        for (uint32_t i = 0; venue_table_at(i) != NULL; i++)
            ck_assert(!venue_table_at(i)->has_orders ||
                      !wire_takes(venue_table_at(i), (uint8_t)type));
    }
    ck_assert_uint_eq(order_type_of("none"), 0);
}
END_TEST

START_TEST(each_row_has_a_name_of_its_own_and_its_page)
{
    const char *root = getenv("AGON_SOURCE_ROOT");

    for (uint8_t type = 1; type < ORDER_TYPES_MAX; type++) {
        const char *name = order_type_name(type);
        char path[512], want[512], page[4096] = "";
        FILE *file;

        if (name == NULL)
            continue;
        ck_assert_uint_eq(order_type_of(name), type); // a second row of that name never is
        ck_assert_str_eq(text_name(TEXT_ORDER_TYPE, type), name);
        snprintf(path, sizeof(path), "%s/docs/order-types/%s.md", root != NULL ? root : ".", name);
        snprintf(want, sizeof(want), "| `%s` | %u | %s | %s | %s |\n", name, type,
                 order_type_has_px(type) ? "yes" : "no",
                 !order_type_waits(type)    ? "none"
                 : order_type_is_stop(type) ? "against its side"
                                            : "towards its side",
                 order_type_text(type));
        file = fopen(path, "r");
        ck_assert_msg(file != NULL, "%s is not there", path);
        ck_assert_uint_gt(fread(page, 1, sizeof(page) - 1, file), 0);
        fclose(file);
        ck_assert_msg(strstr(page, want) != NULL, "%s should have:\n%s", path, want);
    }
}
END_TEST

START_TEST(each_venue_with_orders_takes_the_plain_ones)
{
    for (uint32_t i = 0; venue_table_at(i) != NULL; i++) {
        const struct venue_wire *wire = venue_table_at(i);

        if (!wire->has_orders)
            continue;
        ck_assert_msg(wire->order_types != NULL, "%s: order_types", wire->name);
        // What the host sends itself: exits and closings leave at market, bounded by a limit.
        ck_assert_msg(wire_takes(wire, AGON_LIMIT) && wire_takes(wire, AGON_MARKET),
                      "%s takes no plain orders", wire->name);
    }
}
END_TEST

/* The gate asks for a price and a trigger exactly where the row has them. */
START_TEST(the_gate_asks_for_what_the_row_has)
{
    struct world *world = world_new(RUN_PAPER);
    uint64_t ref = 1;

    for (int at = 0; at < 256 * 4; at++) {
        uint8_t type = (uint8_t)(at / 4);
        int has_px = (at & 1) != 0;
        int has_trigger = (at & 2) != 0;
        struct agon_intent intent = {.kind = AGON_INTENT_ORDER,
                                     .side = AGON_BUY,
                                     .type = type,
                                     .instrument = BTCUSDT,
                                     .client_ref = ref++,
                                     .px = has_px ? 5990000 : 0,
                                     .trigger_px = has_trigger ? 5990000 : 0,
                                     .qty = 10000};
        int is_good = order_type_is(type) && has_px == order_type_has_px(type) &&
                      has_trigger == order_type_waits(type);
        const struct told *told;

        world_wish(world, 0, &intent);
        told = world_last(world, 0, AGON_EVENT_ORDER);
        ck_assert_ptr_nonnull(told);
        ck_assert_uint_eq(told->u.order.client_ref, intent.client_ref);
        ck_assert_msg((told->u.order.reason == REASON_INVALID) == !is_good,
                      "type %u, price %d, trigger %d: reason %u", type, has_px, has_trigger,
                      told->u.order.reason);
    }
    world_free(world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("order_types");
    TCase *cases = tcase_create("order_types");
    SRunner *runner;
    int failed;

    tcase_add_test(cases, what_a_type_has_is_what_it_always_was);
    tcase_add_test(cases, a_number_that_is_no_type_has_nothing);
    tcase_add_test(cases, each_row_has_a_name_of_its_own_and_its_page);
    tcase_add_test(cases, each_venue_with_orders_takes_the_plain_ones);
    tcase_add_test(cases, the_gate_asks_for_what_the_row_has);
    suite_add_tcase(suite, cases);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
