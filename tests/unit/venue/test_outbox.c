// SPDX-License-Identifier: Apache-2.0
/* The outbox in scripted time: what proves that a request was not done, and the requests of one
 * order. */
#include "outbox_rig.h"

/* Reads that were sent so early may show what was before the request's last moment. */
START_TEST(a_read_that_was_sent_too_early_proves_nothing_however_late_it_arrives)
{
    struct outbox_entry *entry;

    begin();
    entry = lose(CMD_NEW, 0, 0);
    outbox_absent(&outbox, entry, 0, 10 * MS, 20 * MS);
    outbox_absent(&outbox, entry, 0, 4900 * MS, 5100 * MS);
    outbox_absent(&outbox, entry, 0, WINDOW + MS, 11 * S);
    outbox_absent(&outbox, entry, 0, WINDOW + LAG, 12 * S);
    ck_assert_int_eq(next(), 0);
    see(SEEN_STREAM, 0, AGON_ORDER_OPEN, 0, 13 * S);
    ck_assert_int_eq(next(), REPORT_ACK);
    ck_assert_int_eq(next(), 0);
    ck_assert_uint_eq(outbox.n_reopened, 0);
    end();
}
END_TEST

START_TEST(two_reads_prove_absence_and_are_apart_by_their_sending)
{
    int64_t first = WINDOW + LAG + 1;
    struct outbox_entry *entry;

    begin();
    entry = lose(CMD_NEW, 0, 0);
    outbox_absent(&outbox, entry, 0, first, first + MS);
    // Both were sent in one moment; one of them was long on its way.
    outbox_absent(&outbox, entry, 0, first + MS, first + 9 * S);
    outbox_absent(&outbox, entry, 0, first + GAP - 1, first + 9 * S);
    ck_assert_int_eq(next(), 0);
    outbox_absent(&outbox, entry, 0, first + GAP, first + 9 * S);
    ck_assert_int_eq(next(), REPORT_ABSENT);
    end();
}
END_TEST

START_TEST(a_cancel_counts_as_not_done_by_the_same_two_reads)
{
    int64_t t = 100 * S;
    int64_t first = t + WINDOW + LAG + 1;

    begin();
    stand();
    lose(CMD_CANCEL, 0, t);
    see(SEEN_QUERY, 0, AGON_ORDER_OPEN, t + 10 * MS, t + 20 * MS);
    see(SEEN_QUERY, 0, AGON_ORDER_OPEN, t + WINDOW + MS, t + 11 * S);
    see(SEEN_QUERY, 0, AGON_ORDER_OPEN, first, first + MS);
    see(SEEN_QUERY, 0, AGON_ORDER_OPEN, first + GAP - 1, first + 20 * S);
    ck_assert_int_eq(next(), 0);
    see(SEEN_QUERY, 0, AGON_ORDER_OPEN, first + GAP, first + 20 * S);
    ck_assert_int_eq(next(), REPORT_CANCEL_REJECTED);
    end();
}
END_TEST

START_TEST(a_replacement_counts_as_not_done_by_the_same_two_reads)
{
    int64_t t = 100 * S;
    int64_t first = t + WINDOW + LAG + 1;
    struct outbox_entry *entry;

    begin();
    stand();
    entry = lose(CMD_REPLACE, 1, t);
    outbox_absent(&outbox, entry, 1, t + 10 * MS, t + 20 * MS);
    see(SEEN_QUERY, 0, AGON_ORDER_OPEN, t + 30 * MS, t + 40 * MS);
    outbox_absent(&outbox, entry, 1, t + WINDOW, t + 11 * S);
    see(SEEN_QUERY, 0, AGON_ORDER_OPEN, t + WINDOW + MS, t + 12 * S);
    outbox_absent(&outbox, entry, 1, first, first + MS);
    see(SEEN_QUERY, 0, AGON_ORDER_OPEN, first + 2 * MS, first + 9 * S);
    ck_assert_int_eq(next(), 0);
    outbox_absent(&outbox, entry, 1, first + GAP, first + GAP + MS);
    see(SEEN_QUERY, 0, AGON_ORDER_OPEN, first + GAP + MS, first + GAP + 2 * MS);
    ck_assert_int_eq(next(), REPORT_REPLACE_REJECTED);
    end();
}
END_TEST

START_TEST(a_request_of_an_earlier_run_may_have_left_right_before_this_one)
{
    int64_t t = 50 * S; /* the core asks when the run begins */
    int64_t first = t + outbox.window_ns;
    struct outbox_entry *entry;
    struct order_cmd cmd = command(CMD_QUERY, 0);

    begin();
    cmd.doubt = CMD_NEW;
    cmd.doubt_px = cmd.px;
    cmd.doubt_qty = cmd.qty;
    outbox_command(&outbox, &cmd, t);
    entry = outbox_find(&outbox, 7);
    ck_assert_ptr_nonnull(entry);
    first = t + outbox.window_ns + LAG + 1;
    outbox_absent(&outbox, entry, 0, t + MS, t + 2 * MS);
    outbox_absent(&outbox, entry, 0, t + WINDOW + LAG, t + 11 * S);
    outbox_absent(&outbox, entry, 0, first, first + MS);
    outbox_absent(&outbox, entry, 0, first + GAP - 1, first + GAP);
    ck_assert_int_eq(next(), 0);
    outbox_absent(&outbox, entry, 0, first + GAP, first + GAP + MS);
    ck_assert_int_eq(next(), REPORT_ABSENT);
    end();
}
END_TEST

/* A copy that is behind may not know an order that was seen a moment ago. */
START_TEST(an_order_that_stands_is_not_missing_in_a_read_that_was_sent_soon_after_its_sight)
{
    struct outbox_entry *entry;

    begin();
    entry = stand();
    outbox_absent(&outbox, entry, 0, 10 * MS, 20 * MS);
    outbox_absent(&outbox, entry, 0, LAG, LAG + GAP);
    outbox_absent(&outbox, entry, 0, LAG + 2 * MS, LAG + GAP);
    ck_assert_int_eq(next(), 0);
    outbox_absent(&outbox, entry, 0, LAG + GAP + 2 * MS, 11 * S);
    ck_assert_int_eq(next(), REPORT_ABSENT);
    end();
}
END_TEST

START_TEST(one_request_at_a_time_and_no_id_twice)
{
    begin();
    ck_assert_ptr_nonnull(command_of(7, CMD_NEW, 0));
    ck_assert_ptr_null(command_of(7, CMD_NEW, MS));
    ck_assert_int_eq(next(), REPORT_NOT_SENT);
    ck_assert_uint_eq(told[n_read - 1].reason, REASON_DUPLICATE);
    ck_assert_ptr_null(command_of(7, CMD_CANCEL, MS));
    ck_assert_int_eq(next(), REPORT_NOT_SENT);
    ck_assert_uint_eq(told[n_read - 1].reason, REASON_REQUEST_PENDING);
    // The first stands as it was.
    ck_assert_uint_eq(outbox_find(&outbox, 7)->pending, CMD_NEW);
    see(SEEN_REPLY, 0, AGON_ORDER_OPEN, 0, 2 * MS);
    ck_assert_int_eq(next(), REPORT_ACK);
    ck_assert_ptr_nonnull(command_of(7, CMD_CANCEL, 3 * MS));
    end();
}
END_TEST

START_TEST(an_order_that_may_be_open_keeps_its_place_and_a_full_table_refuses)
{
    begin();
    for (uint64_t id = 100; id < 100 + 64; id++)
        ck_assert_ptr_nonnull(command_of(id, CMD_NEW, 0));
    ck_assert_ptr_null(command_of(500, CMD_NEW, S));
    ck_assert_int_eq(next(), REPORT_NOT_SENT);
    ck_assert_uint_eq(told[n_read - 1].reason, REASON_NO_ROOM);
    ck_assert_ptr_null(command_of(501, CMD_CANCEL, S));
    ck_assert_int_eq(next(), REPORT_NOT_SENT);
    ck_assert_uint_eq(told[n_read - 1].reason, REASON_NO_ROOM);
    ck_assert_ptr_null(command_of(502, CMD_QUERY, S)); // asks nothing, concludes nothing
    see(SEEN_LIST, 0, AGON_ORDER_OPEN, S, S);          // of 7, for which there is no place
    ck_assert_int_eq(next(), 0);
    for (uint64_t id = 100; id < 100 + 64; id++)
        ck_assert_ptr_nonnull(outbox_find(&outbox, id));
    // One ends; its place, and no other's, is the next one's.
    outbox_outcome(&outbox, outbox_find(&outbox, 140), OUTCOME_REJECTED, REASON_VENUE_REJECT, 0, S);
    ck_assert_int_eq(next(), REPORT_REJECTED);
    ck_assert_ptr_nonnull(command_of(500, CMD_NEW, 2 * S));
    for (uint64_t id = 100; id < 100 + 64; id++)
        ck_assert_int_eq(outbox_find(&outbox, id) != NULL, id != 140);
    ck_assert_ptr_nonnull(outbox_find(&outbox, 500));
    end();
}
END_TEST

START_TEST(an_order_of_an_earlier_run_is_cancelled_and_replaced_like_any_other)
{
    struct order_cmd cmd = command(CMD_CANCEL, 2);
    struct outbox_entry *entry;

    begin();
    cmd.filled_qty = 3;
    entry = outbox_command(&outbox, &cmd, 0);
    ck_assert_ptr_nonnull(entry);
    outbox_sent(entry, WINDOW);
    outbox_outcome(&outbox, entry, OUTCOME_ACCEPTED, 0, 0, MS);
    ck_assert_int_eq(next(), REPORT_CANCEL_ACK);
    see(SEEN_STREAM, 2, AGON_ORDER_CANCELLED, 0, 2 * MS);
    ck_assert_int_eq(next(), REPORT_CANCELLED);
    end();

    begin();
    cmd = command(CMD_REPLACE, 2);
    cmd.filled_qty = 4;
    entry = outbox_command(&outbox, &cmd, 0);
    ck_assert_ptr_nonnull(entry);
    ck_assert_uint_eq(entry->rev, 1); // what stands there
    outbox_sent(entry, WINDOW);
    see(SEEN_STREAM, 2, AGON_ORDER_OPEN, 0, MS);
    ck_assert_int_eq(next(), REPORT_REPLACED);
    ck_assert_int_eq(told[n_read - 1].qty, 10);
    ck_assert_int_eq(told[n_read - 1].cum_qty, 4); // or the rest would be placed anew
    end();
}
END_TEST

/* A replacement whose old half was cancelled and whose new half never came: the order is over, by
 * two reads, and not before. */
START_TEST(a_replacement_that_was_half_done_ends_the_order_by_two_reads)
{
    int64_t first = S + WINDOW + LAG + 1;
    struct outbox_entry *entry;

    begin();
    entry = stand();
    ck_assert_ptr_eq(lose(CMD_REPLACE, 1, S), entry);
    see(SEEN_QUERY, 0, AGON_ORDER_CANCELLED, 2 * S, 2 * S);
    outbox_absent(&outbox, entry, 1, first, first + MS);
    see(SEEN_QUERY, 0, AGON_ORDER_CANCELLED, first + GAP - 1, first + GAP);
    ck_assert_int_eq(next(), 0);
    outbox_absent(&outbox, entry, 1, first + GAP, first + GAP + MS);
    see(SEEN_QUERY, 0, AGON_ORDER_CANCELLED, first + GAP, first + GAP + 2 * MS);
    ck_assert_int_eq(next(), REPORT_CANCELLED);
    ck_assert_uint_eq(told[n_read - 1].reason, REASON_ABSENT);
    ck_assert_int_eq(next(), 0);
    // It was our conclusion: the new half that comes all the same is the order.
    see(SEEN_STREAM, 1, AGON_ORDER_OPEN, 0, first + 3 * GAP);
    ck_assert_int_eq(next(), REPORT_ACK);
    ck_assert_int_eq(next(), REPORT_REPLACED);
    ck_assert_uint_eq(entry->is_final, 0);
    ck_assert_int_eq(entry->px, 101);
    end();
}
END_TEST

START_TEST(a_new_order_that_a_query_shows_as_refused_is_over)
{
    begin();
    (void)lose(CMD_NEW, 0, 0);
    see(SEEN_QUERY, 0, AGON_ORDER_REJECTED, S, S);
    ck_assert_int_eq(next(), REPORT_REJECTED);
    ck_assert_uint_eq(told[n_read - 1].reason, REASON_VENUE_REJECT);
    ck_assert_int_eq(next(), 0);
    end();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("outbox");
    TCase *all = tcase_create("proof");
    SRunner *runner;
    int failed;

    tcase_add_test(all, a_read_that_was_sent_too_early_proves_nothing_however_late_it_arrives);
    tcase_add_test(all, two_reads_prove_absence_and_are_apart_by_their_sending);
    tcase_add_test(all, a_cancel_counts_as_not_done_by_the_same_two_reads);
    tcase_add_test(all, a_replacement_counts_as_not_done_by_the_same_two_reads);
    tcase_add_test(all, a_request_of_an_earlier_run_may_have_left_right_before_this_one);
    tcase_add_test(
        all, an_order_that_stands_is_not_missing_in_a_read_that_was_sent_soon_after_its_sight);
    tcase_add_test(all, one_request_at_a_time_and_no_id_twice);
    tcase_add_test(all, an_order_that_may_be_open_keeps_its_place_and_a_full_table_refuses);
    tcase_add_test(all, an_order_of_an_earlier_run_is_cancelled_and_replaced_like_any_other);
    tcase_add_test(all, a_replacement_that_was_half_done_ends_the_order_by_two_reads);
    tcase_add_test(all, a_new_order_that_a_query_shows_as_refused_is_over);
    suite_add_tcase(suite, all);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
