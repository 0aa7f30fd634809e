// SPDX-License-Identifier: Apache-2.0
/* Closed trades with their sums, and orders that ended, as operators are given them. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/impl.h"
#include "exec/orders.h"
#include "ops/panels.h"
#include "view_rig.h"

static void traded(uint64_t seq, uint8_t side, agon_qty_t qty, agon_px_t px, agon_qty_t held,
                   agon_amt_t realised)
{
    api.view->fills[api.view->n_fills++ % HOST_VIEW_FILLS] = (struct host_view_fill){
        .t = NOON + (agon_ns_t)seq,
        .seq = seq,
        .order_id = seq / 10,
        .instrument = 1,
        .side = side,
        .px = px,
        .qty = qty,
        .fee_amt = 2,
        .fee_exp = 2,
        .fee_name = "USDT",
        .trade = {.t = NOON + (agon_ns_t)seq,
                  .seq = seq,
                  .px = px,
                  .qty = qty,
                  .side = side,
                  .is_over = held == 0,
                  .is_first = seq == 10,
                  .why = side == AGON_SELL ? EXIT_REASON_TAKE : EXIT_REASON_AGENT,
                  .tag = side == AGON_SELL ? 7
                         : seq == 10       ? 2
                                           : 1, // of 7 there is no name
                  .held_qty = held,
                  .realised_amt = realised,
                  .fee_amt = 2 * (agon_amt_t)(seq % 10 + 1)}};
}

static void ended(uint64_t id, uint64_t seq, uint8_t end, agon_qty_t filled)
{
    api.view->ended[api.view->n_ended++ % HOST_VIEW_ENDED] =
        (struct host_view_ended){.id = id,
                                 .seq = seq,
                                 .t = NOON + (agon_ns_t)seq,
                                 .t_create = NOON,
                                 .instrument = 1,
                                 .side = AGON_BUY,
                                 .end = end,
                                 .why = end == ORDER_END_FILLED ? EXIT_REASON_TAKE : 0,
                                 .tag = (uint16_t)id,
                                 .px = 10500,
                                 .qty = 3,
                                 .filled_qty = filled};
}

START_TEST(a_closed_trade_and_its_orders_are_listed_once)
{
    snprintf(api.view->instruments[0].unit, sizeof(api.view->instruments[0].unit), "USDT");
    api.view->instruments[0].quote_exp = 2;
    api.view->slots[0].n_tags = 2;
    snprintf(api.view->slots[0].tags[0], INFO_TAG, "pullback");
    snprintf(api.view->slots[0].tags[1], INFO_TAG, "breakout");
    traded(10, AGON_BUY, 1, 10000, 1, -2);
    traded(11, AGON_BUY, 1, 10100, 2, -4);
    ended(1, 12, ORDER_END_CANCELLED, 2);
    look(NOON + 20, 10000);
    ck_assert_str_eq(asked(api_do_closed, "alpha", NULL), "[]");
    // What is realised and in no closed trade yet has a row, so that all of them come to the
    // ledger's.
    ck_assert_ptr_nonnull(strstr(
        asked(api_do_performance, "alpha", NULL),
        "\"exit_reason\":\"not_closed_yet\",\"exit_why\":\"in positions not closed yet\","
        "\"entry_tag\":\"\",\"trades\":0,\"won\":0,\"lost\":0,\"result\":\"-0.04\",\"best\":null,"
        "\"worst\":null,\"currency\":\"USDT\",\"timed\":0,\"held_s\":null}]"));
    ck_assert_ptr_nonnull(strstr(asked(api_do_ended, "alpha", NULL),
                                 "\"filled\":\"2\",\"average\":\"100.5000\",\"fee\":\"0.04\","
                                 "\"fee_asset\":\"USDT\",\"end\":\"cancelled\""));
    // A fill that came late: the same order, with a later number.
    traded(13, AGON_BUY, 1, 10200, 3, -6);
    ended(1, 13, ORDER_END_CANCELLED, 3);
    traded(24, AGON_SELL, 3, 11000, 0, 292);
    ended(2, 24, ORDER_END_FILLED, 3);
    look(NOON + 30, 10000);
    ck_assert_uint_eq(count_of(asked(api_do_ended, "alpha", NULL), "\"id\":"), 2);
    ck_assert_uint_eq(count_of(asked(api_do_ended, "alpha", "12"), "\"id\":"), 2);
    ck_assert_uint_eq(count_of(asked(api_do_ended, "alpha", "13"), "\"id\":"), 1);
    ck_assert_ptr_nonnull(strstr(asked(api_do_ended, "alpha", NULL),
                                 "\"filled\":\"3\",\"average\":\"101.0000\",\"fee\":\"0.06\""));
    ck_assert_ptr_nonnull(
        strstr(asked(api_do_closed, "alpha", NULL),
               "\"quantity\":\"3\",\"entry\":\"101.0000\",\"exit\":\"110.0000\",\"result\":"
               "\"2.92\",\"fees\":\"0.10\",\"currency\":\"USDT\""));
    ck_assert_ptr_nonnull(strstr(
        jout_text(&out), "\"exit_reason\":\"target\",\"exit_why\":\"a target of an exit plan\","
                         "\"entry_tag\":\"breakout\",\"exit_tag\":\"7\""));
    ck_assert_uint_eq(count_of(asked(api_do_ended, "alpha", NULL), "\"exit_reason\":\"target\""),
                      1);
    ck_assert_uint_eq(count_of(jout_text(&out), "\"exit_reason\":\"\""), 1);
    ck_assert_uint_eq(count_of(jout_text(&out), "\"tag\":\"pullback\""), 1);
    ck_assert_uint_eq(count_of(jout_text(&out), "\"tag\":\"breakout\""), 1);
    // Of another generation's names what came before it has none.
    api.view->slots[0].tags_seq = 14;
    ck_assert_uint_eq(count_of(asked(api_do_ended, "alpha", NULL), "\"tag\":\"1\""), 1);
    ck_assert_uint_eq(count_of(jout_text(&out), "\"tag\":\"breakout\""), 1);
    ck_assert_uint_eq(count_of(asked(api_do_performance, "alpha", NULL), "\"entry_tag\":\"2\""), 1);
    api.view->slots[0].tags_seq = 0;
    (void)asked(api_do_ended, "alpha", NULL);
    ck_assert_str_eq(asked(api_do_closed, "alpha", "24"), "[]");
    ck_assert_ptr_nonnull(
        strstr(asked(api_do_performance, "alpha", NULL),
               "\"exit_reason\":\"target\",\"exit_why\":\"a target of an exit plan\","
               "\"entry_tag\":\"breakout\",\"trades\":1,"
               "\"won\":1,\"lost\":0,\"result\":\"2.92\",\"best\":\"2.92\",\"worst\":\"2.92\","
               "\"currency\":\"USDT\",\"timed\":1,\"held_s\":"));
    ck_assert_ptr_null(strstr(jout_text(&out), "not_closed_yet"));
    // What is held, and what it paid, have rows too, as its positions have them.
    api.view->slots[0].n_positions = 1;
    api.view->slots[0].positions[0] = (struct host_view_position){
        .instrument = 1, .funding_amt = -7, .figures = {.unrealised_amt = 250}};
    ck_assert_ptr_nonnull(strstr(asked(api_do_performance, "alpha", NULL),
                                 "\"exit_reason\":\"unrealised\",\"exit_why\":\"unrealised in "
                                 "open positions\",\"entry_tag\":\"\",\"trades\":0,\"won\":0,"
                                 "\"lost\":0,\"result\":\"2.50\",\"best\":null"));
    ck_assert_ptr_nonnull(strstr(jout_text(&out), "\"exit_reason\":\"funding\",\"exit_why\":"
                                                  "\"funding\",\"entry_tag\":\"\",\"trades\":0"));
    ck_assert_ptr_nonnull(strstr(jout_text(&out), "\"result\":\"-0.07\""));
    api.view->slots[0].n_positions = 0;
    ck_assert_ptr_nonnull(strstr(asked(api_do_closed, "alpha", "x"), "not the number of an event"));
    // Whose fills are older than what is kept has no mean price.
    ended(9, 31, ORDER_END_FILLED, 3);
    look(NOON + 40, 10000);
    ck_assert_ptr_nonnull(strstr(asked(api_do_ended, "alpha", "30"),
                                 "\"average\":null,\"fee\":null,\"fee_asset\":\"\""));
    // Sums are of all trades, also of those that are kept no more.
    for (unsigned i = 0; i < TRADES_CLOSED + 5; i++) {
        traded(100 + 2 * i, AGON_BUY, 3, 10000, 3, 292);
        traded(101 + 2 * i, AGON_SELL, 3, 10000, 0, 292);
        look(NOON + 50 + i, 10000);
    }
    ck_assert_uint_eq(count_of(asked(api_do_closed, "alpha", NULL), "\"seq\":"), TRADES_CLOSED);
    ck_assert_ptr_nonnull(strstr(asked(api_do_performance, "alpha", NULL), "\"trades\":133,"));
    ck_assert_ptr_nonnull(strstr(asked(api_do_performance, NULL, NULL), "\"won\":1,\"lost\":0,"));
    ck_assert_ptr_nonnull(strstr(asked(api_do_performance, "nobody", NULL), "nobody"));
}
END_TEST

START_TEST(tables_hold_the_newest_and_no_more)
{
    for (uint64_t n = 1; n <= ENDED + 40; n++) {
        ended(1000 + n, n, ORDER_END_UNSENT, 0);
        look(NOON + (agon_ns_t)n, 10000);
    }
    ck_assert_uint_eq(count_of(asked(api_do_ended, "alpha", NULL), "\"end\":\"never sent\""),
                      ENDED);
    // Another one in its place begins with nothing.
    snprintf(api.view->slots[0].name, sizeof(api.view->slots[0].name), "beta");
    ck_assert_str_eq(asked(api_do_ended, "beta", NULL), "[]");
    // Nor does one of the same name, once nobody had it.
    snprintf(api.view->slots[0].name, sizeof(api.view->slots[0].name), "alpha");
    ck_assert_str_ne(asked(api_do_ended, "alpha", NULL), "[]");
    api.view->slots[0].is_used = 0;
    look(NOON + MINUTE, 10000);
    api.view->slots[0].is_used = 1;
    look(NOON + 2 * MINUTE, 10000);
    ck_assert_str_eq(asked(api_do_ended, "alpha", NULL), "[]");
}
END_TEST

/* Between two looks one leaves, and another of its name takes its place: the page is a new agent's.
 */
START_TEST(a_newcomer_of_the_leavers_name_begins_with_nothing)
{
    struct host_view_slot *slot = &api.view->slots[0];

    traded(1, AGON_BUY, 100, 10000, 100, 0);
    ended(1000, 2, ORDER_END_UNSENT, 0);
    snprintf(slot->failure, sizeof(slot->failure), "signal 11");
    look(NOON, 10000);
    ck_assert_str_ne(asked(api_do_ended, "alpha", NULL), "[]");
    ck_assert_ptr_nonnull(api_fills_of(&api, 0));
    slot->freed_seq = 3;
    look(NOON + 1, 10000);
    ck_assert_str_eq(asked(api_do_ended, "alpha", NULL), "[]");
    ck_assert_ptr_null(api_fills_of(&api, 0));
    ck_assert_uint_eq(count_of(asked(api_do_events, NULL, NULL), "\"kind\":\"unloaded\""), 1);
    // It fails too, which is another crash.
    ck_assert_uint_eq(count_of(asked(api_do_events, NULL, NULL), "\"kind\":\"crash\""), 2);
    // What it has by itself is kept.
    ended(1001, 4, ORDER_END_UNSENT, 0);
    look(NOON + 2, 10000);
    ck_assert_uint_eq(count_of(asked(api_do_ended, "alpha", NULL), "never sent"), 1);
    ck_assert_uint_eq(count_of(asked(api_do_events, NULL, NULL), "\"kind\":\"unloaded\""), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ended");
    TCase *tcase = tcase_create("ended");
    SRunner *runner;
    int n_failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_closed_trade_and_its_orders_are_listed_once);
    tcase_add_test(tcase, tables_hold_the_newest_and_no_more);
    tcase_add_test(tcase, a_newcomer_of_the_leavers_name_begins_with_nothing);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
