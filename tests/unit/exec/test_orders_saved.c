// SPDX-License-Identifier: Apache-2.0
/* The table of orders has a bound, and what is loaded is what was saved. */
#include <stdlib.h>

#include "base/error.h"
#include "market/ceilings.h"
#include "market/exit_reasons.h"
#include "orders_rig.h"

START_TEST(the_table_is_bounded_and_gives_up_the_oldest_final_order)
{
    struct orders *orders = orders_new(16);
    struct order *all[16];

    ck_assert_ptr_null(orders_new(15));
    ck_assert_ptr_null(orders_new((1u << 20) + 1));
    for (uint64_t i = 0; i < 16; i++) {
        all[i] = orders_open(orders, 100 + i, (uint16_t)(i % 2));
        ck_assert_ptr_nonnull(all[i]);
        all[i]->client_ref = i / 4 + 1;
        all[i]->state = AGON_ORDER_OPEN;
        all[i]->qty = 5;
    }
    ck_assert_uint_eq(orders_count(orders, 0), 8);
    ck_assert_ptr_null(orders_open(orders, 200, 0));         // full of open ones
    ck_assert_ptr_null(orders_open(orders, 100, 0));         // there already
    ck_assert_ptr_null(orders_open(orders, 300, SLOTS_MAX)); // no such slot
    ck_assert_uint_eq(orders_count(orders, SLOTS_MAX), 0);
    ck_assert_ptr_null(orders_next(orders, SLOTS_MAX, NULL));
    ck_assert_ptr_null(orders_by_ref(orders, SLOTS_MAX, 1));
    ck_assert_ptr_null(orders_by_ref(orders, 0, 0));
    ck_assert_ptr_null(orders_by_ref(orders, 0, 99));
    ck_assert_ptr_eq(orders_by_ref(orders, 0, 1), all[2]); // the newest of that name
    // Walking while orders settle: the next one is taken before the one in hand goes.
    for (struct order *order = orders_next(orders, 0, NULL), *next; order != NULL; order = next) {
        next = orders_next(orders, 0, order);
        if (order->id % 4 == 0) {
            order->state = AGON_ORDER_FILLED;
            orders_settle(orders, order);
        }
    }
    ck_assert_uint_eq(orders_count(orders, 0), 4);
    ck_assert_ptr_eq(orders_next_final(orders, NULL), all[0]);
    ck_assert_ptr_eq(orders_next_final(orders, all[0]), all[4]);
    ck_assert_int_eq(order_left(all[0]), 0);
    ck_assert_int_eq(order_left(all[1]), 5);
    all[0]->held_back_qty = 3; // fills of it are still on their way
    ck_assert_ptr_nonnull(orders_open(orders, 400, SLOTS_MAX - 1));
    ck_assert_uint_eq(orders_count(orders, SLOTS_MAX - 1), 1);
    ck_assert_ptr_eq(orders_find(orders, 100), all[0]);
    ck_assert_ptr_null(orders_find(orders, 104)); // the oldest that could go
    ck_assert_ptr_nonnull(orders_open(orders, 401, 5));
    ck_assert_ptr_nonnull(orders_open(orders, 402, 5));
    ck_assert_ptr_null(orders_open(orders, 403, 5)); // all that are left are needed
    all[0]->held_back_qty = 0;
    ck_assert_ptr_nonnull(orders_open(orders, 403, 5));
    ck_assert_ptr_null(orders_find(orders, 100));
    ck_assert_ptr_null(orders_find(orders, 999));
    orders_free(orders);
    orders_free(NULL);
}
END_TEST

static uint64_t saved(const struct orders *orders, unsigned char *bytes, uint64_t room)
{
    struct enc enc = {.at = bytes, .room = room};

    orders_save(orders, &enc);
    ck_assert(enc_is_ok(&enc));
    return enc.used;
}

// Of the first nine slots, and of nine up to the last.
START_TEST(what_is_loaded_is_what_was_saved)
{
    const uint64_t apart = _i == 0 ? 1 : 31;
    struct orders *orders = orders_new(256);
    struct orders *again = orders_new(256);
    struct orders *small = orders_new(16);
    uint64_t room = 1 << 20;
    unsigned char *bytes = malloc(room);
    unsigned char *more = malloc(room);
    uint64_t x = 88172645463325252u;
    uint64_t n;
    struct dec dec;

    for (int i = 0; i < 3000; i++) {
        struct record_report report;
        struct order *order;

        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        if (x % 4 == 0) {
            order = orders_open(orders, ((x >> 8) % 9 * apart << 48) + (uint64_t)i + 1,
                                (uint16_t)((x >> 8) % 9 * apart));
            if (order == NULL)
                continue;
            order->instrument = (agon_instrument_t)(1 + x % 3);
            order->side = (uint8_t)(1 + (x >> 16) % 2);
            order->state = AGON_ORDER_PENDING;
            order->request = AGON_REQUEST_NEW;
            order->request_state = AGON_REQUEST_IN_FLIGHT;
            order->qty = 10;
            order->px = (agon_px_t)(x % 1000) + 1;
            order->client_ref = x;
            continue;
        }
        order = orders_next(orders, (uint16_t)(x % 9 * apart), NULL);
        if (order == NULL)
            continue;
        report = report_of(order, (uint8_t)(1 + (x >> 8) % 13), 100, (agon_qty_t)(x >> 16) % 8, 0,
                           (x >> 20) % 4000);
        report.state = (uint8_t)((x >> 24) % 9);
        orders_report(orders, order, &report);
        if (order_is_final(order))
            orders_settle(orders, order);
    }
    n = saved(orders, bytes, room);
    dec = (struct dec){.at = bytes, .n = n};
    ck_assert_int_eq(orders_load(again, &dec), AGON_OK);
    ck_assert_uint_eq(dec.used, n);
    ck_assert_uint_eq(saved(again, more, room), n);
    ck_assert_mem_eq(bytes, more, n);
    for (uint16_t slot = 0; slot < SLOTS_MAX; slot++)
        ck_assert_uint_eq(orders_count(again, slot), orders_count(orders, slot));
    dec = (struct dec){.at = bytes, .n = n};
    ck_assert_int_eq(orders_load(small, &dec), AGON_ECORRUPT); // does not fit
    for (uint64_t cut = 0; cut < n; cut += 1 + n / 300) {
        dec = (struct dec){.at = bytes, .n = cut};
        ck_assert_int_eq(orders_load(again, &dec), AGON_ECORRUPT);
    }
    // Whatever the bytes are, loading ends, and what was loaded can be walked.
    for (int i = 0; i < 2000; i++) {
        memcpy(more, bytes, n);
        for (int k = 0; k < 3; k++) {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            more[x % n] = (unsigned char)(x >> 32);
        }
        dec = (struct dec){.at = more, .n = n};
        if (orders_load(again, &dec) < 0)
            continue;
        for (uint16_t slot = 0; slot < SLOTS_MAX; slot++) {
            uint32_t count = 0;

            for (struct order *at = orders_next(again, slot, NULL); at != NULL;
                 at = orders_next(again, slot, at)) {
                ck_assert(!order_is_final(at));
                ck_assert_int_le(at->filled_qty, at->qty);
                count++;
            }
            ck_assert_uint_eq(count, orders_count(again, slot));
        }
    }
    free(bytes);
    free(more);
    orders_free(small);
    orders_free(orders);
    orders_free(again);
}
END_TEST

/* What its order was made for stands with a fill: the host's reason, else the agent's, else that
 * the venue closed it by force; and of an order that nobody knows there is none. */
START_TEST(a_fill_has_the_reason_and_the_tag_of_its_order)
{
    struct orders *orders = orders_new(16);
    struct order *own = orders_open(orders, 100, 0);
    struct order *hosts = orders_open(orders, 101, SLOTS_MAX - 1);
    struct order *done = orders_open(orders, 102, 1);
    unsigned char bytes[256];
    struct enc enc = {.at = bytes, .room = sizeof(bytes)};
    struct dec dec = {.at = bytes, .n = 6};
    struct record_report fill;

    own->tag = 3;
    hosts->tag = 4;
    hosts->why = EXIT_REASON_STOP;
    done->tag = 5;
    done->state = AGON_ORDER_FILLED;
    orders_settle(orders, done);
    fill = report_of(own, REPORT_FILL, 100, 1, 1, 7);
    ck_assert_uint_eq(orders_exit_reason(orders, &fill), EXIT_REASON_AGENT);
    ck_assert_uint_eq(orders_tag(orders, &fill), 3);
    fill.is_forced = 1;
    ck_assert_uint_eq(orders_exit_reason(orders, &fill), EXIT_REASON_LIQUIDATION);
    ck_assert_uint_eq(orders_tag(orders, &fill), 0);
    fill = report_of(hosts, REPORT_FILL, 100, 1, 1, 8);
    ck_assert_uint_eq(orders_exit_reason(orders, &fill), EXIT_REASON_STOP);
    ck_assert_uint_eq(orders_tag(orders, &fill), 4);
    fill.order_id = 999;
    ck_assert_uint_eq(orders_exit_reason(orders, &fill), EXIT_REASON_NONE);
    ck_assert_uint_eq(orders_tag(orders, &fill), 0);
    // Saved beside the orders, of all that are kept, and taken from nobody else's.
    orders_save_tags(orders, &enc);
    ck_assert_uint_eq(enc.used, 6);
    orders_forget_tags(orders);
    ck_assert(own->tag == 0 && hosts->tag == 0 && done->tag == 0);
    orders_load_tags(orders, &dec);
    ck_assert_uint_eq(own->tag, 3);
    ck_assert_uint_eq(hosts->tag, 4);
    ck_assert_uint_eq(done->tag, 5);
    orders_free(orders);
}
END_TEST

START_TEST(fills_that_were_saved_stay_known)
{
    struct orders *orders = orders_new(16);
    struct orders *again = orders_new(16);
    uint64_t room = (uint64_t)1 << 20;
    unsigned char *bytes = malloc(room);
    struct dec dec;
    uint64_t n;

    for (uint64_t i = 0; i < 70000; i++)
        ck_assert(orders_fill_is_new(orders, 0, 1, AGON_BUY, i));
    n = saved(orders, bytes, room);
    dec = (struct dec){.at = bytes, .n = n};
    ck_assert_int_eq(orders_load(again, &dec), AGON_OK);
    ck_assert(!orders_fill_is_new(again, 0, 1, AGON_BUY, 70000 - 65536));
    ck_assert(!orders_fill_is_new(again, 0, 1, AGON_BUY, 69999));
    ck_assert(orders_fill_is_new(again, 0, 1, AGON_BUY, 70000)); // takes the oldest one's place
    ck_assert(orders_fill_is_new(again, 0, 1, AGON_BUY, 70000 - 65536));
    // More fills than there can be are no state of ours.
    bytes[n - 65536 * 8 - 8 + 3] = 1;
    dec = (struct dec){.at = bytes, .n = n};
    ck_assert_int_eq(orders_load(again, &dec), AGON_ECORRUPT);
    free(bytes);
    orders_free(orders);
    orders_free(again);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("orders_saved");
    TCase *tcase = tcase_create("orders_saved");
    SRunner *runner;
    int n_failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, the_table_is_bounded_and_gives_up_the_oldest_final_order);
    tcase_add_loop_test(tcase, what_is_loaded_is_what_was_saved, 0, 2);
    tcase_add_test(tcase, a_fill_has_the_reason_and_the_tag_of_its_order);
    tcase_add_test(tcase, fills_that_were_saved_stay_known);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
