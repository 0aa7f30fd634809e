// SPDX-License-Identifier: Apache-2.0
/* The outbox in scripted time: what becomes of an order that is seen after it was given up, by an
 * old picture, or after a request of unknown fate. */
#include "outbox_rig.h"

static void give_up(int how)
{
    struct order_cmd cmd = command(CMD_NEW, 0);
    struct outbox_entry *entry;

    if (how == 0) {
        entry = lose(CMD_NEW, 0, 0);
        outbox_absent(&outbox, entry, 0, 20 * S, 20 * S);
        outbox_absent(&outbox, entry, 0, 30 * S, 30 * S);
        ck_assert_int_eq(next(), REPORT_ABSENT);
        return;
    }
    entry = outbox_command(&outbox, &cmd, 0);
    outbox_sent(entry, WINDOW);
    outbox_outcome(&outbox, entry, how == 1 ? OUTCOME_REJECTED : OUTCOME_NOT_SENT,
                   REASON_VENUE_DOWN, 0, MS);
    ck_assert_int_eq(next(), how == 1 ? REPORT_REJECTED : REPORT_NOT_SENT);
}

START_TEST(any_sight_of_an_order_that_was_given_up_opens_it_again)
{
    static const int ways[] = {0, SEEN_STREAM, SEEN_REPLY, SEEN_QUERY, SEEN_LIST};
    struct outbox_entry *entry;

    for (int how = 0; how < 3; how++) {
        begin();
        give_up(how);
        show(ways[_i], 40 * S);
        ck_assert_int_eq(next(), REPORT_ACK);
        ck_assert_int_eq(told[n_read - 1].reason, REASON_ABSENT);
        ck_assert_uint_eq(outbox.n_reopened, 1);
        entry = outbox_find(&outbox, 7);
        ck_assert(!entry->is_final && !entry->is_told);
        end();
    }
}
END_TEST

START_TEST(one_that_has_ended_meanwhile_is_told_whole)
{
    begin();
    give_up(0);
    see(SEEN_STREAM, 0, AGON_ORDER_CANCELLED, 0, 40 * S);
    ck_assert_int_eq(next(), REPORT_ACK);
    ck_assert_int_eq(next(), REPORT_CANCELLED);
    ck_assert_int_eq(next(), 0);
    end();
}
END_TEST

/* What the venue itself showed to be over is over: an old picture of it is only late. */
START_TEST(a_late_sight_of_what_the_venue_ended_is_nothing)
{
    begin();
    stand();
    see(SEEN_STREAM, 0, AGON_ORDER_CANCELLED, 0, 10 * S);
    ck_assert_int_eq(next(), REPORT_CANCELLED);
    see(SEEN_QUERY, 0, AGON_ORDER_OPEN, 11 * S, 12 * S);
    see(SEEN_LIST, 0, AGON_ORDER_OPEN, 10 * S + LAG, 20 * S);
    see(SEEN_REPLY, 0, AGON_ORDER_OPEN, 0, 21 * S);
    ck_assert_int_eq(next(), 0);
    ck_assert_uint_eq(outbox.n_strays, 0);
    // One that must be newer than its end is none.
    see(SEEN_LIST, 0, AGON_ORDER_OPEN, 10 * S + LAG + 1, 20 * S);
    ck_assert_int_eq(next(), REPORT_STRAY);
    ck_assert_uint_eq(outbox.n_strays, 1);
    end();
}
END_TEST

/* The core asks once; a picture of before the end is no answer to it. */
START_TEST(an_end_that_is_asked_about_is_asked_until_a_picture_shows_it)
{
    struct order_cmd query = command(CMD_QUERY, 0);
    struct outbox_entry *entry;

    begin();
    entry = stand();
    see(SEEN_STREAM, 0, AGON_ORDER_CANCELLED, 0, 10 * S);
    ck_assert_int_eq(next(), REPORT_CANCELLED);
    outbox_command(&outbox, &query, 11 * S);
    ck_assert_int_eq(entry->check_ns, 11 * S);
    entry->check_ns = 0; // the read is on its way
    see(SEEN_QUERY, 0, AGON_ORDER_OPEN, 11 * S, 12 * S);
    ck_assert_int_eq(next(), 0);
    ck_assert_int_eq(entry->check_ns, 12 * S + OUTBOX_RECHECK_NS);
    entry->check_ns = 0;
    see(SEEN_QUERY, 0, AGON_ORDER_CANCELLED, 13 * S, 14 * S);
    ck_assert_int_eq(next(), REPORT_CANCELLED);
    // Who was answered asks no more, whatever an old picture shows then.
    see(SEEN_QUERY, 0, AGON_ORDER_OPEN, 13 * S, 15 * S);
    ck_assert_int_eq(next(), 0);
    ck_assert_int_eq(entry->check_ns, 0);
    end();
}
END_TEST

/* The venue showed the old one cancelled and refused the new one: nothing of that was concluded. */
START_TEST(an_old_picture_of_a_replacement_half_done_opens_nothing_again)
{
    struct order_cmd replace = command(CMD_REPLACE, 1);
    struct outbox_entry *entry;

    begin();
    entry = stand();
    ck_assert_ptr_eq(outbox_command(&outbox, &replace, 10 * S), entry);
    outbox_sent(entry, 10 * S + WINDOW);
    see(SEEN_STREAM, 0, AGON_ORDER_CANCELLED, 0, 11 * S);
    ck_assert_int_eq(next(), 0);
    outbox_outcome(&outbox, entry, OUTCOME_REJECTED, REASON_VENUE_REJECT, 0, 12 * S);
    ck_assert_int_eq(next(), REPORT_CANCELLED);
    see(SEEN_QUERY, 0, AGON_ORDER_OPEN, 11 * S, 13 * S);
    see(SEEN_QUERY, 0, AGON_ORDER_CANCELLED, 12 * S, 13 * S);
    ck_assert_int_eq(next(), 0);
    ck_assert_uint_eq(outbox.n_reopened, 0);
    // The new one all the same.
    see(SEEN_STREAM, 1, AGON_ORDER_OPEN, 0, 20 * S);
    ck_assert_int_eq(next(), REPORT_ACK);
    ck_assert_int_eq(next(), REPORT_REPLACED);
    end();
}
END_TEST

START_TEST(an_earlier_revision_that_is_still_open_is_cancelled)
{
    struct outbox_stray *stray;

    begin();
    stand();
    replace(20 * S);
    see(SEEN_LIST, 0, AGON_ORDER_OPEN, 20 * S + LAG, 30 * S); // may be a picture of before
    ck_assert_uint_eq(outbox.n_strays, 0);
    see(SEEN_LIST, 0, AGON_ORDER_OPEN, 20 * S + LAG + 1, 31 * S);
    see(SEEN_LIST, 0, AGON_ORDER_OPEN, 60 * S, 60 * S);
    ck_assert_int_eq(next(), REPORT_STRAY);
    ck_assert_int_eq(next(), 0); // once
    ck_assert_uint_eq(outbox.n_strays, 1);
    stray = outbox_stray_due(&outbox, 60 * S, 20 * S);
    ck_assert_ptr_nonnull(stray);
    ck_assert_uint_eq(stray->order_id, 7);
    ck_assert_uint_eq(stray->rev, 0);
    ck_assert_ptr_null(outbox_stray_due(&outbox, 60 * S, 20 * S)); // its answer is awaited
    outbox_stray_answer(&outbox, 7, 0, 0, 0, 61 * S);
    ck_assert_uint_eq(outbox.n_strays, 1);
    ck_assert_ptr_nonnull(outbox_stray_due(&outbox, 63 * S, 20 * S));
    outbox_stray_answer(&outbox, 7, 0, 1, 1, 63 * S);
    ck_assert_uint_eq(outbox.n_strays, 0);
    ck_assert_int_eq(next(), REPORT_STRAY);
    ck_assert_uint_eq(told[n_read - 1].state, AGON_ORDER_CANCELLED);
    end();
}
END_TEST

START_TEST(a_replacement_that_was_given_up_and_is_there_is_the_order)
{
    struct outbox_entry *entry;

    begin();
    stand();
    entry = lose(CMD_REPLACE, 1, 100 * S);
    outbox_outcome(&outbox, entry, OUTCOME_REJECTED, REASON_VENUE_DOWN, 0, 101 * S);
    ck_assert_int_eq(next(), REPORT_REPLACE_REJECTED);
    see(SEEN_STREAM, 0, AGON_ORDER_CANCELLED, 0, 102 * S);
    ck_assert_int_eq(next(), REPORT_CANCELLED);
    see(SEEN_STREAM, 1, AGON_ORDER_OPEN, 0, 103 * S);
    ck_assert_int_eq(next(), REPORT_ACK);
    ck_assert_int_eq(next(), REPORT_REPLACED);
    ck_assert_uint_eq(told[n_read - 1].rev, 1);
    ck_assert_int_eq(told[n_read - 1].px, 101);
    ck_assert_int_eq(told[n_read - 1].qty, 10);
    ck_assert_int_eq(next(), 0);
    end();
}
END_TEST

START_TEST(one_that_was_seen_first_is_replaced_by_an_order_of_its_kind)
{
    struct order_cmd query = command(CMD_QUERY, 2), replace = command(CMD_REPLACE, 3);
    const struct outbox_entry *entry;

    begin();
    query.type = replace.type = AGON_STOP_LIMIT;
    query.tif = replace.tif = AGON_TIF_GTC;
    query.flags = replace.flags = AGON_REDUCE_ONLY;
    query.trigger_px = replace.trigger_px = 90;
    see_part(SEEN_LIST, 2, AGON_ORDER_OPEN, 10, 0, 10 * S);
    if (_i == 0)
        outbox_command(&outbox, &query, 11 * S);
    entry = outbox_command(&outbox, &replace, 60 * S);
    ck_assert_ptr_nonnull(entry);
    ck_assert_uint_eq(entry->type, AGON_STOP_LIMIT);
    ck_assert_uint_eq(entry->tif, AGON_TIF_GTC);
    ck_assert_uint_eq(entry->flags, AGON_REDUCE_ONLY);
    ck_assert_int_eq(entry->trigger_px, 90);
    end();
}
END_TEST

/* The core has its end and not all of its fills. A view of before that end, right after a start,
 * makes no stray of it: it is asked about until a read shows the end, and its fills are due at
 * once. */
START_TEST(an_old_picture_of_what_an_earlier_run_saw_end_is_no_stray)
{
    struct order_cmd query = command(CMD_QUERY, 0);
    struct outbox_entry *entry;

    begin();
    query.filled_qty = 2;
    query.told_qty = 10;
    query.is_over = 1;
    outbox_command(&outbox, &query, S);
    entry = outbox_find(&outbox, 7);
    ck_assert_ptr_nonnull(entry);
    ck_assert_int_ne(entry->fills_ns, 0);
    see_part(SEEN_QUERY, 0, AGON_ORDER_PARTIAL, 20, 4, 2 * S);
    see_part(SEEN_LIST, 0, AGON_ORDER_PARTIAL, 20, 4, 2 * S);
    ck_assert_int_eq(next(), 0);
    ck_assert_uint_eq(outbox.n_strays, 0);
    ck_assert_int_ne(entry->check_ns, 0);
    see_part(SEEN_QUERY, 0, AGON_ORDER_CANCELLED, 20, 10, 7 * S);
    ck_assert_int_eq(next(), REPORT_CANCELLED);
    ck_assert_int_ne(entry->fills_ns, 0);
    see_part(SEEN_QUERY, 0, AGON_ORDER_PARTIAL, 20, 10, 8 * S); // beyond any lag: it stands there
    ck_assert_uint_eq(outbox.n_strays, 1);
}
END_TEST

/* A list that is behind shows the wire order of before a replacement to a gateway that the core has
 * named nothing yet: the core's word is newer. */
START_TEST(an_old_picture_that_came_before_the_question_is_not_the_order)
{
    struct order_cmd query = command(CMD_QUERY, 2);
    struct outbox_entry *entry;

    begin();
    see(SEEN_LIST, 0, _i == 0 ? AGON_ORDER_OPEN : AGON_ORDER_CANCELLED, S, S);
    query.venue_order = 72;
    if (_i >= 2) {
        query.doubt = _i == 2 ? CMD_REPLACE : CMD_CANCEL;
        query.doubt_rev = _i == 2 ? 3 : 2;
    }
    outbox_command(&outbox, &query, 2 * S);
    entry = outbox_find(&outbox, 7);
    ck_assert_ptr_nonnull(entry);
    ck_assert_uint_eq(entry->query_rev, _i == 2 ? 3 : 2);
    ck_assert_uint_eq(entry->venue_order, 72);
    ck_assert_uint_eq(entry->pending, query.doubt);
    ck_assert_int_eq(entry->is_final + entry->is_told, 0); // its end is still to be told
    n_read = n_told;
    if (_i >= 2) {
        end();
        return;
    }
    see(SEEN_QUERY, 0, AGON_ORDER_CANCELLED, 3 * S, 3 * S);
    ck_assert_int_eq(next(), 0);
    see(SEEN_QUERY, 2, AGON_ORDER_OPEN, 4 * S, 4 * S);
    ck_assert_int_eq(next(), REPORT_STATE);
    ck_assert_uint_eq(told[n_told - 1].rev, 2);
    end();
}
END_TEST

/* ... nor is the end of the wire order that a replacement of unknown fate was to replace, which may
 * be the half of it; nor any picture of an order that is replaced in its place, which never says of
 * what revision it is. */
START_TEST(an_end_that_came_before_the_question_may_be_half_a_replacement)
{
    struct order_cmd query = command(CMD_QUERY, _i == 0 ? 0 : 3);
    struct outbox_seen seen = {.order_id = 7,
                               .venue_order = 70,
                               .instrument = 1,
                               .is_total = _i == 1,
                               .state = _i == 0 ? AGON_ORDER_CANCELLED : AGON_ORDER_FILLED,
                               .side = AGON_BUY,
                               .source = SEEN_QUERY,
                               .px = 100,
                               .qty = 10,
                               .cum_qty = 4,
                               .t_venue = S,
                               .asked_ns = S};
    struct outbox_entry *entry;

    begin();
    outbox_seen(&outbox, &seen, 0, S);
    query.venue_order = 70;
    query.doubt = _i == 0 ? CMD_REPLACE : 0;
    query.doubt_rev = _i == 0;
    outbox_command(&outbox, &query, 2 * S);
    entry = outbox_find(&outbox, 7);
    ck_assert_ptr_nonnull(entry);
    ck_assert_int_eq(entry->is_final + entry->is_told, 0);
    ck_assert_uint_eq(entry->rev, query.rev);
    ck_assert_uint_eq(entry->pending, query.doubt);
    ck_assert_uint_eq(entry->query_rev, _i == 0 ? 1 : 3);
    end();
}
END_TEST

/* ... also where the core does not ask, and cancels it: of a size that an old view
 * shows nothing follows about what was filled, and what is told is the order that the core names.
 */
START_TEST(a_command_to_what_an_old_view_showed_is_of_the_order_that_the_core_names)
{
    struct order_cmd cmd = command(CMD_CANCEL, 4);
    struct outbox_seen seen = {.order_id = 7,
                               .venue_order = 70,
                               .instrument = 1,
                               .is_total = _i < 2,
                               .cum_qty = _i % 2 == 0 ? 0 : 3,
                               .state = AGON_ORDER_OPEN,
                               .side = AGON_BUY,
                               .source = SEEN_LIST,
                               .px = 90,
                               .qty = 8,
                               .t_venue = S,
                               .asked_ns = S};
    struct outbox_entry *entry;

    begin();
    outbox_seen(&outbox, &seen, 0, S);
    n_read = n_told;
    cmd.venue_order = _i < 2 ? 70 : 74;
    entry = outbox_command(&outbox, &cmd, 2 * S);
    ck_assert_ptr_nonnull(entry);
    ck_assert_uint_eq(entry->rev, 4);
    ck_assert_uint_eq(entry->venue_order, cmd.venue_order);
    outbox_sent(entry, 2 * S + WINDOW);
    outbox_outcome(&outbox, entry, OUTCOME_UNKNOWN, REASON_TIMEOUT, 0, 3 * S);
    ck_assert_int_eq(next(), REPORT_UNKNOWN);
    ck_assert_int_eq(told[n_read - 1].cum_qty, seen.cum_qty); // what was seen of it stays
    ck_assert_uint_eq(told[n_read - 1].rev, cmd.rev);
    ck_assert_int_eq(told[n_read - 1].px, cmd.px);
    ck_assert_int_eq(told[n_read - 1].qty, 10);
    end();
}
END_TEST

/* A venue that breaks its word shows it open where it is over, and the core still waits for what
 * became of it: it is asked about until its end is told. */
START_TEST(a_stray_ends_no_question)
{
    struct order_cmd query = command(CMD_QUERY, 0);
    struct outbox_entry *entry;

    begin();
    entry = stand();
    see(SEEN_STREAM, 0, AGON_ORDER_CANCELLED, 0, 10 * S);
    ck_assert_int_eq(next(), REPORT_CANCELLED);
    outbox_command(&outbox, &query, 11 * S);
    ck_assert_int_eq(entry->check_ns, 11 * S);
    entry->check_ns = 0; // the gateway reads it
    see(SEEN_QUERY, 0, AGON_ORDER_OPEN, 10 * S + LAG + MS, 20 * S);
    ck_assert_int_eq(next(), REPORT_STRAY);
    ck_assert_int_ne(entry->check_ns, 0);
    see(SEEN_QUERY, 0, AGON_ORDER_CANCELLED, 21 * S, 21 * S);
    ck_assert_int_eq(next(), REPORT_CANCELLED);
    ck_assert_int_eq(entry->check_ns, 0);
    end();
}
END_TEST

/* The core cancels, and the end came before that: taken with the sweep or by itself, its place is
 * free again. */
START_TEST(a_cancel_of_what_is_over_leaves_its_place_free)
{
    struct order_cmd cancel = command(CMD_CANCEL, 0);
    struct outbox_entry *entry;

    begin();
    entry = stand();
    see(SEEN_STREAM, 0, AGON_ORDER_CANCELLED, 0, 10 * S);
    ck_assert_uint_eq(entry->is_final, 1);
    entry = outbox_command(&outbox, &cancel, 11 * S);
    ck_assert_ptr_nonnull(entry);
    outbox_outcome(&outbox, entry, OUTCOME_ACCEPTED, 0, 0, 11 * S);
    ck_assert_uint_eq(entry->is_told, 1);
    ck_assert_uint_eq(entry->pending, 0);
    end();
}
END_TEST

/* That a venue has forgotten an order whose end it had shown concludes nothing: a late fill of it
 * opens nothing again. */
START_TEST(what_the_venue_forgot_after_its_end_is_not_opened_again)
{
    struct order_cmd query = command(CMD_QUERY, 0);
    struct outbox_entry *entry;

    begin();
    query.filled_qty = 2;
    query.told_qty = 10;
    query.is_over = 1;
    outbox_command(&outbox, &query, S);
    entry = outbox_find(&outbox, 7);
    ck_assert_ptr_nonnull(entry);
    outbox_absent(&outbox, entry, 0, 20 * S, 20 * S);
    outbox_absent(&outbox, entry, 0, 30 * S, 30 * S);
    ck_assert_int_eq(next(), REPORT_ABSENT);
    list_fill(5, 3);
    ck_assert_int_eq(next(), REPORT_FILL);
    ck_assert_int_eq(next(), 0);
    ck_assert_uint_eq(entry->is_final, 1);
    end();
}
END_TEST

/* The last run left a request in doubt. That a list shows the order as it was does not end the
 * doubt, whether the list came before the core's question or after. */
START_TEST(a_request_in_doubt_is_known_though_its_order_was_seen_first)
{
    static const uint8_t doubts[] = {CMD_REPLACE, CMD_CANCEL};
    struct order_cmd query = command(CMD_QUERY, 0);
    struct outbox_entry *entry;

    begin();
    see(SEEN_LIST, 0, AGON_ORDER_OPEN, S, S);
    query.doubt = doubts[_i];
    query.doubt_rev = query.doubt == CMD_REPLACE;
    query.doubt_px = 200;
    query.doubt_qty = 30;
    outbox_command(&outbox, &query, 2 * S);
    entry = outbox_find(&outbox, 7);
    ck_assert_ptr_nonnull(entry);
    ck_assert_uint_eq(entry->pending, doubts[_i]);
    ck_assert_uint_eq(entry->query_rev, query.doubt_rev);
    n_read = n_told;
    see(SEEN_QUERY, 0, AGON_ORDER_OPEN, 3 * S, 3 * S);
    ck_assert_int_eq(next(), 0);
    end();
}
END_TEST

/* A venue that answers no question is asked ever less: what many orders are asked about each second
 * is the weight that its account and books are read by. */
START_TEST(who_does_not_answer_is_asked_less_and_less_until_he_does)
{
    static const int64_t waits[] = {S, 2 * S, 4 * S, 8 * S, 16 * S, 16 * S};
    struct outbox_entry *entry;

    begin();
    entry = lose(CMD_NEW, 0, 0);
    for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
        outbox_no_answer(entry, 10 * S);
        ck_assert_int_eq(entry->check_ns, 10 * S + waits[i]);
    }
    outbox_absent(&outbox, entry, 0, WINDOW + LAG + S, 60 * S); // the first of two reads
    ck_assert_int_eq(next(), 0);
    outbox_no_answer(entry, 70 * S);
    ck_assert_int_eq(entry->check_ns, 71 * S);
    outbox_no_answer(entry, 80 * S);
    see(SEEN_STREAM, 0, AGON_ORDER_OPEN, 0, 81 * S);
    ck_assert_int_eq(entry->n_unanswered, 0);
    end();
}
END_TEST

/* Of an order that the venue changes in its place price and quantity alone tell which revision it
 * is: also after its first replacement was given up, and was done. */
START_TEST(a_replacement_in_place_that_was_given_up_and_is_there_is_known_again)
{
    struct order_cmd to = command(CMD_REPLACE, 1);
    struct outbox_entry *entry;

    begin();
    stand();
    see_in_place(100, 10, 0, 10 * S);
    n_read = n_told;
    entry = outbox_command(&outbox, &to, 100 * S);
    ck_assert_ptr_nonnull(entry);
    outbox_sent(entry, 100 * S + WINDOW);
    outbox_outcome(&outbox, entry, OUTCOME_REJECTED, REASON_VENUE_DOWN, 0, 101 * S);
    ck_assert_int_eq(next(), REPORT_REPLACE_REJECTED);
    see_in_place(101, 10, 0, 110 * S);
    ck_assert_uint_eq(entry->rev, 1);
    ck_assert_int_eq(entry->px, 101);
    ck_assert_int_eq(next(), REPORT_REPLACED);
    ck_assert_uint_eq(told[n_read - 1].rev, 1);
    ck_assert_int_eq(told[n_read - 1].px, 101);
    end();
}
END_TEST

/* A replacement that the last run asked for goes back to what the order was before. A read right
 * after the start may show it as it was then: only one that was sent late enough tells that the
 * replacement was done. */
START_TEST(a_read_of_before_the_start_tells_of_no_replacement_back_to_it)
{
    struct order_cmd query = command(CMD_QUERY, 1);
    const struct outbox_entry *entry;

    begin();
    query.venue_order = 70;
    query.doubt = CMD_REPLACE;
    query.doubt_rev = 2;
    query.doubt_px = 100;
    query.doubt_qty = 10;
    outbox_command(&outbox, &query, 10 * S);
    entry = outbox_find(&outbox, 7);
    see_in_place(100, 10, 0, 12 * S);
    see_in_place(100, 10, 0, 10 * S + LAG + MS);
    ck_assert_uint_eq(entry->rev, 1);
    ck_assert_uint_eq(entry->pending, CMD_REPLACE);
    see_in_place(100, 10, 0, 10 * S + LAG + 2 * MS);
    ck_assert_uint_eq(entry->rev, 2);
    ck_assert_uint_eq(entry->pending, 0);
    ck_assert_int_eq(told[n_told - 1].kind, REPORT_STATE);
    end();
}
END_TEST

/* So may an event of the stream that was long on its way; but what has ended is no more what it was
 * before. */
START_TEST(the_end_of_one_replaced_in_its_place_is_told_of_the_replacement)
{
    struct order_cmd query = command(CMD_QUERY, 1);
    struct outbox_seen seen = {.order_id = 7,
                               .venue_order = 70,
                               .instrument = 1,
                               .is_total = 1,
                               .state = AGON_ORDER_PARTIAL,
                               .side = AGON_BUY,
                               .source = SEEN_STREAM,
                               .px = 100,
                               .qty = 10,
                               .cum_qty = 4,
                               .t_venue = 9 * S};
    const struct outbox_entry *entry;

    begin();
    query.venue_order = 70;
    query.doubt = CMD_REPLACE;
    query.doubt_rev = 2;
    query.doubt_px = 100;
    query.doubt_qty = 10;
    outbox_command(&outbox, &query, 10 * S);
    entry = outbox_find(&outbox, 7);
    outbox_in_place(&outbox, &seen);
    outbox_seen(&outbox, &seen, 0, 11 * S);
    ck_assert_uint_eq(entry->rev, 1);
    seen.state = AGON_ORDER_FILLED;
    seen.cum_qty = 10;
    seen.t_venue = 12 * S;
    outbox_in_place(&outbox, &seen);
    outbox_seen(&outbox, &seen, 0, 12 * S);
    ck_assert_uint_eq(entry->rev, 2);
    ck_assert_uint_eq(entry->is_final, 1);
    ck_assert_int_eq(told[n_told - 1].rev, 2);
    ck_assert_int_eq(told[n_told - 1].cum_qty, 10);
    end();
}
END_TEST

/* The core asks for more before it knows of the last fill, and what became of that is not known.
 * The end was told by the fills: who waits for an answer is told it all the same. */
START_TEST(a_request_of_unknown_fate_for_an_order_that_is_over_is_answered_by_its_end)
{
    begin();
    stand();
    trade(1, 10, 10, S);
    see_part(SEEN_STREAM, 0, AGON_ORDER_FILLED, 10, 10, S);
    ck_assert_int_eq(next(), 0);
    lose(CMD_REPLACE, 1, 2 * S);
    see_part(SEEN_QUERY, 0, AGON_ORDER_FILLED, 10, 10, 20 * S);
    ck_assert_int_eq(next(), REPORT_STATE);
    ck_assert_uint_eq(told[n_read - 1].state, AGON_ORDER_FILLED);
    see_part(SEEN_QUERY, 0, AGON_ORDER_FILLED, 10, 10, 21 * S);
    ck_assert_int_eq(next(), 0);
    end();
}
END_TEST

/* The same where the answer is on its way, and the stream is faster. */
START_TEST(a_request_for_an_order_that_is_over_is_answered_by_its_end_before_its_answer)
{
    struct order_cmd cmd = command(CMD_REPLACE, 1);
    struct outbox_entry *entry;

    begin();
    stand();
    trade(1, 10, 10, S);
    see_part(SEEN_STREAM, 0, AGON_ORDER_FILLED, 10, 10, S);
    ck_assert_int_eq(next(), 0);
    entry = outbox_command(&outbox, &cmd, 2 * S);
    outbox_sent(entry, 2 * S + WINDOW);
    see_part(SEEN_STREAM, 0, AGON_ORDER_FILLED, 10, 10, 2 * S);
    ck_assert_int_eq(next(), REPORT_STATE);
    ck_assert_uint_eq(told[n_read - 1].state, AGON_ORDER_FILLED);
    outbox_outcome(&outbox, entry, OUTCOME_REJECTED, REASON_VENUE_UNKNOWN_ORDER, 0, 3 * S);
    see_part(SEEN_QUERY, 0, AGON_ORDER_FILLED, 10, 10, 21 * S);
    ck_assert_int_eq(next(), 0);
    end();
}
END_TEST

/* The same where it had been cancelled: two reads, that the new one is not there and that the old
 * one is gone. */
START_TEST(a_replacement_of_unknown_fate_of_what_was_cancelled_before_is_answered)
{
    int64_t t = 100 * S;
    int64_t first = t + WINDOW + LAG + 1;
    struct outbox_entry *entry;

    begin();
    stand();
    see(SEEN_STREAM, 0, AGON_ORDER_CANCELLED, 0, 90 * S);
    ck_assert_int_eq(next(), REPORT_CANCELLED);
    entry = lose(CMD_REPLACE, 1, t);
    outbox_absent(&outbox, entry, 1, first, first + MS);
    see(SEEN_QUERY, 0, AGON_ORDER_CANCELLED, first + 2 * MS, first + 9 * S);
    outbox_absent(&outbox, entry, 1, first + GAP, first + GAP + MS);
    see(SEEN_QUERY, 0, AGON_ORDER_CANCELLED, first + GAP + MS, first + GAP + 2 * MS);
    ck_assert_int_eq(next(), REPORT_CANCELLED);
    ck_assert_int_eq(next(), 0);
    end();
}
END_TEST

START_TEST(what_the_core_does_not_hold_open_is_told_until_it_says_so_and_then_cancelled)
{
    struct order_cmd cmd = command(CMD_STRAY, 0);

    begin();
    see(SEEN_LIST, 0, AGON_ORDER_OPEN, S, 2 * S);
    see(SEEN_LIST, 0, AGON_ORDER_OPEN, 30 * S, 31 * S);
    ck_assert_int_eq(next(), REPORT_STATE);
    ck_assert_int_eq(next(), REPORT_STATE);
    ck_assert_uint_eq(told[n_told - 1].is_unasked, 1);
    outbox_command(&outbox, &cmd, 32 * S);
    ck_assert_int_eq(next(), REPORT_STRAY);
    ck_assert_uint_eq(outbox.n_strays, 1);
    ck_assert_ptr_nonnull(outbox_stray_due(&outbox, 32 * S, 20 * S));
    end();
}
END_TEST

/* The venue took a cancel; copies show the order open for a while. */
START_TEST(a_cancel_that_was_taken_is_waited_for_beyond_old_pictures)
{
    struct order_cmd cmd = command(CMD_CANCEL, 0);
    struct outbox_entry *entry;

    begin();
    stand();
    entry = outbox_command(&outbox, &cmd, 10 * S);
    outbox_outcome(&outbox, entry, OUTCOME_ACCEPTED, 0, 0, 10 * S);
    ck_assert_int_eq(next(), REPORT_CANCEL_ACK);
    see(SEEN_QUERY, 0, AGON_ORDER_OPEN, 11 * S, 11 * S);
    ck_assert_int_eq(next(), 0);
    ck_assert_int_eq(entry->check_ns, 12 * S);
    see(SEEN_STREAM, 0, AGON_ORDER_OPEN, 0, 11 * S); // late, and no answer
    ck_assert_int_eq(entry->check_ns, 12 * S);
    see(SEEN_QUERY, 0, AGON_ORDER_CANCELLED, 12 * S, 12 * S);
    ck_assert_int_eq(next(), REPORT_CANCELLED);
    end();
}
END_TEST

START_TEST(a_cancel_that_was_taken_and_did_nothing_is_wanted_again)
{
    struct order_cmd cmd = command(CMD_CANCEL, 0);
    struct outbox_entry *entry;

    begin();
    stand();
    entry = outbox_command(&outbox, &cmd, 10 * S);
    outbox_outcome(&outbox, entry, OUTCOME_ACCEPTED, 0, 0, 10 * S);
    ck_assert_int_eq(next(), REPORT_CANCEL_ACK);
    see(SEEN_QUERY, 0, AGON_ORDER_OPEN, 10 * S + LAG + 1, 16 * S);
    ck_assert_int_eq(next(), REPORT_CANCEL_REJECTED);
    end();
}
END_TEST

START_TEST(a_number_of_an_order_that_gave_up_its_place_names_no_other)
{
    struct order_cmd cmd = command(CMD_NEW, 0);

    begin();
    stand();
    replace(S);
    see(SEEN_STREAM, 1, AGON_ORDER_CANCELLED, 0, 2 * S);
    for (uint64_t id = 100; id < 100 + 64; id++) {
        struct outbox_entry *entry;

        cmd.order_id = id;
        entry = outbox_command(&outbox, &cmd, 3 * S);
        ck_assert_ptr_nonnull(entry);
        outbox_outcome(&outbox, entry, OUTCOME_NOT_SENT, REASON_NOT_SENT, 0, 3 * S);
        n_told = n_read = 0;
    }
    ck_assert_ptr_null(outbox_find(&outbox, 7));
    ck_assert_ptr_null(outbox_find_venue(&outbox, 1, 70));
    ck_assert_ptr_null(outbox_find_venue(&outbox, 1, 71));
    end();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("outbox_seen");
    TCase *all = tcase_create("sights");
    SRunner *runner;
    int failed;

    tcase_add_loop_test(all, any_sight_of_an_order_that_was_given_up_opens_it_again, 0, 5);
    tcase_add_test(all, one_that_has_ended_meanwhile_is_told_whole);
    tcase_add_test(all, a_late_sight_of_what_the_venue_ended_is_nothing);
    tcase_add_test(all, an_end_that_is_asked_about_is_asked_until_a_picture_shows_it);
    tcase_add_test(all, a_request_of_unknown_fate_for_an_order_that_is_over_is_answered_by_its_end);
    tcase_add_test(all, a_replacement_of_unknown_fate_of_what_was_cancelled_before_is_answered);
    tcase_add_test(all,
                   a_request_for_an_order_that_is_over_is_answered_by_its_end_before_its_answer);
    tcase_add_test(all, who_does_not_answer_is_asked_less_and_less_until_he_does);
    tcase_add_test(all, a_replacement_in_place_that_was_given_up_and_is_there_is_known_again);
    tcase_add_test(all, a_read_of_before_the_start_tells_of_no_replacement_back_to_it);
    tcase_add_test(all, the_end_of_one_replaced_in_its_place_is_told_of_the_replacement);
    tcase_add_test(all, an_old_picture_of_a_replacement_half_done_opens_nothing_again);
    tcase_add_test(all, an_earlier_revision_that_is_still_open_is_cancelled);
    tcase_add_test(all, a_replacement_that_was_given_up_and_is_there_is_the_order);
    tcase_add_loop_test(all, one_that_was_seen_first_is_replaced_by_an_order_of_its_kind, 0, 2);
    tcase_add_loop_test(all, an_old_picture_that_came_before_the_question_is_not_the_order, 0, 4);
    tcase_add_loop_test(all, an_end_that_came_before_the_question_may_be_half_a_replacement, 0, 2);
    tcase_add_loop_test(
        all, a_command_to_what_an_old_view_showed_is_of_the_order_that_the_core_names, 0, 4);
    tcase_add_test(all, a_stray_ends_no_question);
    tcase_add_test(all, a_cancel_of_what_is_over_leaves_its_place_free);
    tcase_add_test(all, what_the_venue_forgot_after_its_end_is_not_opened_again);
    tcase_add_loop_test(all, a_request_in_doubt_is_known_though_its_order_was_seen_first, 0, 2);
    tcase_add_test(all, an_old_picture_of_what_an_earlier_run_saw_end_is_no_stray);
    tcase_add_test(all,
                   what_the_core_does_not_hold_open_is_told_until_it_says_so_and_then_cancelled);
    tcase_add_test(all, a_cancel_that_was_taken_is_waited_for_beyond_old_pictures);
    tcase_add_test(all, a_cancel_that_was_taken_and_did_nothing_is_wanted_again);
    tcase_add_test(all, a_number_of_an_order_that_gave_up_its_place_names_no_other);
    suite_add_tcase(suite, all);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
