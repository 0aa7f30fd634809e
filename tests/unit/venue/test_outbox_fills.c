// SPDX-License-Identifier: Apache-2.0
/* The outbox in scripted time: each fill of an order is told once, by whatever tells of it. */
#include "outbox_rig.h"

/* Of 30 an earlier run's wire order filled 12, the one that stands was placed for 18, and 5 of it
 * are filled. A replacement by 40 in all places 23. */
START_TEST(what_an_earlier_run_filled_is_not_placed_again)
{
    struct order_cmd query = command(CMD_QUERY, 2), replace = command(CMD_REPLACE, 3);
    const struct outbox_entry *entry;

    begin();
    query.qty = 30;
    query.filled_qty = replace.filled_qty = 17;
    query.venue_order = 72;
    switch (_i) {
    case 0: // asked by the core, then seen
        outbox_command(&outbox, &query, 10 * S);
        see_part(SEEN_QUERY, 2, AGON_ORDER_PARTIAL, 18, 5, 11 * S);
        break;
    case 1: // in a list of open orders before the core asked
        see_part(SEEN_LIST, 2, AGON_ORDER_PARTIAL, 18, 5, 10 * S);
        outbox_command(&outbox, &query, 11 * S);
        break;
    case 2: // ... and the core does not ask
        see_part(SEEN_LIST, 2, AGON_ORDER_PARTIAL, 18, 5, 10 * S);
        break;
    case 3: // the replacement that made it was in doubt when the run ended
        query.rev = 1;
        query.filled_qty = 12;
        query.qty = 20;
        query.doubt = CMD_REPLACE;
        query.doubt_rev = 2;
        query.doubt_qty = 30;
        outbox_command(&outbox, &query, 10 * S);
        see_part(SEEN_QUERY, 2, AGON_ORDER_PARTIAL, 18, 5, 11 * S);
        break;
    case 4: // ... and it was seen before the core asked
        see_part(SEEN_LIST, 2, AGON_ORDER_PARTIAL, 18, 5, 9 * S);
        query.rev = 1;
        query.filled_qty = 12;
        query.qty = 20;
        query.doubt = CMD_REPLACE;
        query.doubt_rev = 2;
        query.doubt_qty = 30;
        outbox_command(&outbox, &query, 10 * S);
        break;
    case 5: // the run that ended had heard of all, and booked 14; a view that is behind shows 2
        see_part(SEEN_LIST, 2, AGON_ORDER_PARTIAL, 18, 2, 10 * S);
        replace.filled_qty = 14;
        replace.told_qty = 17;
        break;
    case 6: // ... and nothing shows it
        replace.filled_qty = 14;
        replace.told_qty = 17;
        break;
    default: // ... and the fill of 3 more was told in this run, which the core did not know yet
        see_part(SEEN_LIST, 2, AGON_ORDER_PARTIAL, 18, 2, 10 * S);
        replace.filled_qty = 14;
        outbox_command(&outbox, &replace, 11 * S);
        outbox_outcome(&outbox, outbox_find(&outbox, 7), OUTCOME_NOT_SENT, REASON_VENUE_BUSY, 0,
                       11 * S);
        n_read = n_told;
        trade(9, 3, 5, 12 * S);
        break;
    }
    replace.qty = 40;
    entry = outbox_command(&outbox, &replace, 60 * S);
    ck_assert_ptr_nonnull(entry);
    ck_assert_int_eq(outbox_left(entry), 23);
    end();
}
END_TEST

/* Of 15 that the core was told 12 were of earlier wire orders. A trade is listed before anybody has
 * seen the order that stands. */
START_TEST(a_listed_trade_makes_no_part_of_this_wire_order_of_what_was_before)
{
    struct order_cmd query = command(CMD_QUERY, 0);

    begin();
    query.qty = 30;
    query.filled_qty = 15;
    query.venue_order = 70;
    outbox_command(&outbox, &query, 10 * S);
    list_fill(1, 2);
    ck_assert_int_eq(told[n_told - 1].cum_qty, 15);
    see_part(SEEN_QUERY, 0, AGON_ORDER_PARTIAL, 18, 5, 11 * S);
    ck_assert_int_eq(told[n_told - 1].cum_qty, 17);
    ck_assert_uint_eq(told[n_told - 1].is_unasked, 0);
    end();
}
END_TEST

/* Of 12 that two earlier wire orders filled the core was told 10; the one that stands has filled 5,
 * and the core was told all of them. What is missing is not of it. */
START_TEST(a_fill_that_is_missing_of_an_earlier_wire_order_is_looked_for_there)
{
    struct order_cmd query = command(CMD_QUERY, 2);
    struct outbox_entry *entry;
    struct outbox_fill fill;
    uint8_t rev = 9;

    begin();
    query.qty = 30;
    query.filled_qty = 15;
    query.venue_order = 72;
    outbox_command(&outbox, &query, 10 * S);
    see_part(SEEN_QUERY, 2, AGON_ORDER_PARTIAL, 18, 5, 11 * S);
    entry = outbox_find(&outbox, 7);
    ck_assert_ptr_nonnull(entry);
    ck_assert_int_eq(outbox_fills_before(entry, &rev), 0); // first its own
    fill = (struct outbox_fill){
        .order_id = 7, .venue_order = 72, .fill = 9, .instrument = 1, .rev = 2, .qty = 5};
    outbox_fill(&outbox, &fill, 12 * S);
    ck_assert_int_ne(entry->fills_ns, 0);
    ck_assert_int_eq(outbox_fills_before(entry, &rev), 1);
    ck_assert_uint_eq(rev, 1);
    see_part(SEEN_QUERY, 1, AGON_ORDER_CANCELLED, 20, 12, 13 * S); // its number is known from here
    ck_assert_ptr_eq(outbox_find_venue(&outbox, 1, 71), entry);
    fill = (struct outbox_fill){
        .order_id = 7, .venue_order = 71, .fill = 8, .instrument = 1, .rev = 1, .qty = 12};
    outbox_fill(&outbox, &fill, 14 * S);
    ck_assert_int_eq(entry->fills_ns, 0);
    ck_assert_int_eq(told[n_told - 1].cum_qty, 17);
    end();
}
END_TEST

/* What an old view hid of the last wire order: all that was seen of it is here, and the earlier
 * ones have no more. Each is asked again in turn, the last one too. */
START_TEST(a_fill_that_an_old_view_hid_is_looked_for_in_each_wire_order)
{
    static const int before[] = {1, 1, 0, 1, 1, 0}, revs[] = {1, 0, 0, 1, 0, 0};
    struct order_cmd query = command(CMD_QUERY, 2);
    struct outbox_entry *entry;
    uint8_t rev;

    begin();
    query.qty = 30;
    query.filled_qty = 15;
    query.told_qty = 25;
    query.venue_order = 72;
    outbox_command(&outbox, &query, 10 * S);
    see_part(SEEN_QUERY, 2, AGON_ORDER_PARTIAL, 18, 0, 11 * S);
    entry = outbox_find(&outbox, 7);
    ck_assert_ptr_nonnull(entry);
    ck_assert_int_ne(entry->fills_ns, 0);
    for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
        rev = 0;
        ck_assert_int_eq(outbox_fills_before(entry, &rev), before[i]);
        ck_assert_int_eq(rev, revs[i]);
    }
    end();
}
END_TEST

/* The core has its end and lacks fills; a list that is behind shows it open, and the core, which
 * cannot know, lets it go as a stray. Its fills are asked for all the same. */
START_TEST(a_stray_that_is_none_keeps_its_missing_fills)
{
    struct order_cmd query = command(CMD_QUERY, 0), stray = command(CMD_STRAY, 0);
    struct outbox_entry *entry;

    begin();
    see(SEEN_LIST, 0, AGON_ORDER_OPEN, S, S);
    query.filled_qty = 2;
    query.told_qty = 10;
    query.is_over = 1;
    outbox_command(&outbox, &query, 2 * S);
    entry = outbox_find(&outbox, 7);
    ck_assert_ptr_nonnull(entry);
    ck_assert_uint_eq(entry->is_final, 1);
    outbox_command(&outbox, &stray, 3 * S);
    ck_assert_int_ne(entry->fills_ns, 0);
    see_part(SEEN_QUERY, 0, AGON_ORDER_CANCELLED, 20, 10, 8 * S);
    ck_assert_int_ne(entry->fills_ns, 0);
    end();
}
END_TEST

/* An order that was replaced in its place shows its total: a picture of before that is no part. */
START_TEST(a_total_that_was_smaller_before_leaves_nothing_out)
{
    struct order_cmd query = command(CMD_QUERY, 0);
    struct outbox_seen seen = {.order_id = 7,
                               .venue_order = 70,
                               .instrument = 1,
                               .is_total = 1,
                               .state = AGON_ORDER_OPEN,
                               .side = AGON_BUY,
                               .source = SEEN_STREAM,
                               .px = 100,
                               .qty = 10};

    begin();
    query.qty = 30;
    outbox_command(&outbox, &query, 10 * S);
    outbox_seen(&outbox, &seen, 0, 11 * S);
    ck_assert_int_eq(outbox_find(&outbox, 7)->base_qty, 0);
    end();
}
END_TEST

/* A start sees it before the core names it, and as it was two replacements ago: such a sight tells
 * of no revision, and the total that the core knows is no part that somebody filled. */
START_TEST(an_older_sight_of_one_replaced_in_its_place_fills_nothing)
{
    struct order_cmd query = command(CMD_QUERY, 5);
    const struct outbox_entry *entry;

    begin();
    see_in_place(99, 12, 3, 10 * S); // revision 3 was for 12
    query.qty = 30;
    query.filled_qty = 3;
    query.venue_order = 70;
    outbox_command(&outbox, &query, 11 * S);
    see_in_place(100, 30, 4, 12 * S);
    entry = outbox_find(&outbox, 7);
    ck_assert_uint_eq(entry->rev, 5);
    ck_assert_int_eq(entry->qty, 30);
    ck_assert_int_eq(entry->base_qty, 0);
    ck_assert_int_eq(told[n_told - 1].cum_qty, 4);
    end();
}
END_TEST

/* It has one wire order, of an earlier run, and one list of its trades: those of before it was
 * replaced are no part of what came since. */
START_TEST(trades_of_an_order_replaced_in_its_place_count_once)
{
    struct order_cmd query = command(CMD_QUERY, 0), to = command(CMD_REPLACE, 1);
    const struct outbox_entry *entry;
    uint8_t rev;

    begin();
    query.filled_qty = 4;
    query.venue_order = 70;
    outbox_command(&outbox, &query, 5 * S);
    see_in_place(100, 10, 7, 11 * S);
    to.qty = 20;
    to.filled_qty = 4;
    ck_assert_ptr_nonnull(outbox_command(&outbox, &to, 12 * S));
    see_in_place(101, 20, 7, 13 * S);
    entry = outbox_find(&outbox, 7);
    ck_assert_uint_eq(entry->rev, 1);
    ck_assert_int_ne(entry->fills_ns, 0); // 3 are missing
    for (uint64_t number = 1; number <= 7; number++) {
        struct outbox_fill fill = {.order_id = 7,
                                   .venue_order = 70,
                                   .fill = number,
                                   .instrument = 1,
                                   .side = AGON_BUY,
                                   .rev = 1,
                                   .px = 100,
                                   .qty = 1};

        outbox_fill(&outbox, &fill, 14 * S);
        ck_assert_int_eq(told[n_told - 1].kind, REPORT_FILL);
        ck_assert_int_eq(told[n_told - 1].cum_qty, 7);
        ck_assert_int_eq(outbox_fills_before(outbox_find(&outbox, 7), &rev), 0);
    }
    ck_assert_int_eq(entry->fills_ns, 0);
    end();
}
END_TEST

/* The core asks, and waits for a state. A fill that is told between question and answer is none. */
START_TEST(a_fill_between_question_and_answer_does_not_take_the_answers_place)
{
    struct order_cmd query = command(CMD_QUERY, 0);

    begin();
    stand();
    outbox_command(&outbox, &query, 10 * S);
    trade(1, 4, 4, 10 * S + MS);
    see_part(SEEN_QUERY, 0, AGON_ORDER_PARTIAL, 10, 4, 11 * S);
    ck_assert_int_eq(next(), REPORT_STATE);
    see_part(SEEN_QUERY, 0, AGON_ORDER_PARTIAL, 10, 4, 12 * S);
    ck_assert_int_eq(next(), 0);
    outbox_command(&outbox, &query, 20 * S);
    trade(2, 6, 10, 20 * S + MS);
    see_part(SEEN_QUERY, 0, AGON_ORDER_FILLED, 10, 10, 21 * S);
    ck_assert_int_eq(next(), REPORT_STATE);
    ck_assert_uint_eq(told[n_read - 1].state, AGON_ORDER_FILLED);
    see_part(SEEN_QUERY, 0, AGON_ORDER_FILLED, 10, 10, 22 * S);
    ck_assert_int_eq(next(), 0);
    end();
}
END_TEST

/* A reduce-only order is taken for what is left of the position, 6 of 10, and its fills come first:
 * who waits for ten is told that six were all. */
START_TEST(one_that_was_taken_for_less_and_filled_is_told_to_be_over)
{
    struct outbox_seen seen = {.order_id = 7,
                               .venue_order = 70,
                               .instrument = 1,
                               .state = AGON_ORDER_FILLED,
                               .side = AGON_BUY,
                               .source = SEEN_STREAM,
                               .is_total = 1,
                               .px = 100,
                               .qty = 6,
                               .cum_qty = 6,
                               .t_venue = S};

    begin();
    stand();
    trade(1, 2, 2, S);
    trade(2, 4, 6, S);
    outbox_seen(&outbox, &seen, 0, S);
    ck_assert_int_eq(next(), REPORT_STATE);
    ck_assert_uint_eq(told[n_read - 1].state, AGON_ORDER_FILLED);
    ck_assert_int_eq(told[n_read - 1].cum_qty, 6);
    outbox_seen(&outbox, &seen, 0, 2 * S);
    ck_assert_int_eq(next(), 0);
    end();
}
END_TEST

/* One that was filled whole is told by its fills alone. */
START_TEST(one_that_was_filled_whole_is_told_by_its_fills)
{
    begin();
    stand();
    trade(1, 4, 4, S);
    trade(2, 6, 10, S);
    ck_assert_uint_eq(told[n_read - 1].state, AGON_ORDER_FILLED);
    see_part(SEEN_STREAM, 0, AGON_ORDER_FILLED, 10, 10, S);
    ck_assert_int_eq(next(), 0);
    end();
}
END_TEST

/* Another run told 4 of them, by trades that this one does not know. A list that shows one of those
 * again is not what is missing. */
START_TEST(trades_of_an_earlier_run_are_not_taken_for_those_that_are_missing)
{
    struct order_cmd query = command(CMD_QUERY, 0);
    struct outbox_entry *entry;

    begin();
    query.filled_qty = 4;
    outbox_command(&outbox, &query, S);
    entry = outbox_find(&outbox, 7);
    ck_assert_ptr_nonnull(entry);
    see_part(SEEN_QUERY, 0, AGON_ORDER_FILLED, 10, 10, 10 * S);
    ck_assert_int_eq(next(), REPORT_STATE);
    ck_assert_int_ne(entry->fills_ns, 0);
    trade(1, 4, 0, 11 * S);
    ck_assert_int_ne(entry->fills_ns, 0);
    trade(2, 4, 0, 12 * S);
    ck_assert_int_ne(entry->fills_ns, 0);
    trade(3, 2, 0, 13 * S);
    ck_assert_int_eq(entry->fills_ns, 0);
    end();
}
END_TEST

/* A fill that this run told before the core asked, which did not know of it yet, is not missing. */
START_TEST(a_fill_that_was_told_before_the_question_is_not_asked_for)
{
    struct order_cmd query = command(CMD_QUERY, 0);
    struct outbox_entry *entry;

    begin();
    see_in_place(100, 10, 0, 10 * S);
    ck_assert_int_eq(next(), REPORT_STATE);
    trade(1, 4, 4, 11 * S);
    outbox_command(&outbox, &query, 12 * S);
    entry = outbox_find(&outbox, 7);
    ck_assert_ptr_nonnull(entry);
    see_in_place(100, 10, 4, 60 * S);
    ck_assert_int_eq(entry->fills_ns, 0);
    end();
}
END_TEST

/* The venue told another run of 10, of which the last 2 came by the stream; a view that is behind
 * shows 4, and lists the trades of those. The 4 between are asked for until they are here. */
START_TEST(what_an_earlier_run_was_told_of_is_missing_though_a_view_shows_less)
{
    struct order_cmd query = command(CMD_QUERY, 0);
    struct outbox_entry *entry;

    begin();
    query.filled_qty = 2;
    query.told_qty = 10;
    outbox_command(&outbox, &query, S);
    entry = outbox_find(&outbox, 7);
    ck_assert_ptr_nonnull(entry);
    see_part(SEEN_QUERY, 0, AGON_ORDER_PARTIAL, 20, 4, 10 * S);
    ck_assert_int_eq(next(), REPORT_STATE);
    ck_assert_int_ne(entry->fills_ns, 0);
    trade(1, 4, 0, 11 * S);
    ck_assert_int_ne(entry->fills_ns, 0);
    trade(2, 4, 0, 15 * S);
    ck_assert_int_ne(entry->fills_ns, 0);
    trade(3, 2, 0, 15 * S);
    ck_assert_int_eq(entry->fills_ns, 0);
    end();
}
END_TEST

START_TEST(what_was_taken_is_told_once_by_whatever_comes_first)
{
    struct outbox_entry *entry;

    begin();
    entry = command_of(7, CMD_NEW, 0);
    outbox_sent(entry, WINDOW);
    outbox_outcome(&outbox, entry, OUTCOME_ACCEPTED, 0, 0, MS);
    ck_assert_int_eq(next(), REPORT_ACK);
    see(SEEN_STREAM, 0, AGON_ORDER_OPEN, 0, 2 * MS);
    // The answer of a request that has one is no doubt.
    outbox_outcome(&outbox, entry, OUTCOME_UNKNOWN, REASON_TIMEOUT, 0, 3 * MS);
    ck_assert_int_eq(next(), 0);
    ck_assert_uint_eq(outbox.n_unknown, 0);
    end();
}
END_TEST

static void trade_of(uint64_t number, uint8_t rev, agon_qty_t qty)
{
    struct outbox_fill fill = {.order_id = 7,
                               .venue_order = 70u + rev,
                               .fill = number,
                               .instrument = 1,
                               .rev = rev,
                               .side = AGON_BUY,
                               .px = 100,
                               .qty = qty};

    outbox_fill(&outbox, &fill, S);
}

START_TEST(a_fill_is_told_once_while_as_many_newer_ones_are_remembered)
{
    begin();
    (void)stand();
    for (uint64_t number = 1; number <= 200; number++) {
        n_told = n_read = 0;
        trade_of(number, 0, 1);
        ck_assert_int_eq(next(), REPORT_FILL);
        for (uint64_t again = number < 64 ? 1 : number - 63; again <= number; again++)
            trade_of(again, 0, 1);
        ck_assert_int_eq(next(), 0);
    }
    end();
}
END_TEST

/* A list of trades tells no totals: what an earlier wire order filled leaves the later one whole.
 */
START_TEST(a_late_fill_of_an_earlier_wire_order_is_none_of_the_later_one)
{
    struct outbox_entry *entry;

    begin();
    entry = stand();
    replace(S);
    n_read = n_told;
    trade_of(1, 0, 4);
    ck_assert_int_eq(next(), REPORT_FILL);
    ck_assert_int_eq(told[n_read - 1].cum_qty, 4);
    ck_assert_int_eq(entry->base_qty, 4);
    ck_assert_int_eq(entry->cum_qty, 0);
    trade_of(2, 1, 6);
    ck_assert_int_eq(next(), REPORT_FILL);
    ck_assert_int_eq(told[n_read - 1].cum_qty, 10);
    ck_assert_uint_eq(told[n_read - 1].state, AGON_ORDER_FILLED);
    end();
}
END_TEST

/* Of the order before 4 had traded when it was replaced, and nobody was told. The list shows first
 * what the new one traded, and then that: it is no more than it was. */
START_TEST(what_an_earlier_wire_order_traded_counts_once_however_late_it_is_listed)
{
    struct outbox_entry *entry;

    begin();
    entry = stand();
    replace(S);
    entry->base_qty = 4;
    n_read = n_told;
    trade_of(11, 1, 3);
    ck_assert_int_eq(entry->cum_qty, 3);
    for (uint64_t number = 1; number <= 4; number++)
        trade_of(number, 0, 1);
    ck_assert_int_eq(entry->base_qty, 4);
    ck_assert_int_eq(entry->cum_qty, 3);
    ck_assert_int_eq(told[n_told - 1].cum_qty, 7);
    end();
}
END_TEST

/* The core asks what became of a replacement, and names the order that it knows; meanwhile the new
 * one is shown. Its trades are its own. */
START_TEST(a_command_from_before_a_replacement_was_told_names_no_older_wire_order)
{
    struct order_cmd query = command(CMD_QUERY, 0);
    struct outbox_entry *entry;

    begin();
    entry = stand();
    query.venue_order = entry->venue_order;
    query.doubt = CMD_REPLACE;
    query.doubt_rev = 1;
    lose(CMD_REPLACE, 1, S);
    see(SEEN_STREAM, 1, AGON_ORDER_OPEN, 0, 2 * S);
    ck_assert_int_eq(next(), REPORT_REPLACED);
    ck_assert_uint_eq(entry->venue_order, 71);
    outbox_command(&outbox, &query, 2 * S + MS);
    ck_assert_uint_eq(entry->venue_order, 71);
    // Late trades of the order before are found by its number all the same.
    ck_assert_ptr_eq(outbox_find_venue(&outbox, 1, 70), entry);
    ck_assert_ptr_eq(outbox_find_venue(&outbox, 1, 71), entry);
    end();
}
END_TEST

START_TEST(strays_beyond_the_table_are_told_and_the_answer_of_none_changes_nothing)
{
    begin();
    for (uint64_t id = 1000; id < 1000 + OUTBOX_STRAYS + 10; id++) {
        n_told = n_read = 0;
        (void)command_of(id, CMD_STRAY, 0);
        ck_assert_int_eq(next(), REPORT_STRAY);
    }
    ck_assert_uint_eq(outbox.n_strays, OUTBOX_STRAYS);
    ck_assert_uint_eq(outbox.n_strays_seen, OUTBOX_STRAYS + 10);
    n_told = n_read = 0;
    outbox_stray_answer(&outbox, 5, 0, 1, 1, S);    // of none
    outbox_stray_answer(&outbox, 1000, 1, 1, 1, S); // of another revision
    outbox_stray_answer(&outbox, 1001, 0, 1, 0, S); // gone, and not by our cancel
    ck_assert_int_eq(next(), 0);
    ck_assert_uint_eq(outbox.n_strays, OUTBOX_STRAYS - 1);
    outbox_stray_answer(&outbox, 1000, 0, 1, 1, S);
    ck_assert_int_eq(next(), REPORT_STRAY);
    ck_assert_uint_eq(told[n_read - 1].state, AGON_ORDER_CANCELLED);
    end();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("outbox_fills");
    TCase *all = tcase_create("fills");
    SRunner *runner;
    int failed;

    tcase_add_test(all, what_an_earlier_wire_order_traded_counts_once_however_late_it_is_listed);
    tcase_add_test(all, a_command_from_before_a_replacement_was_told_names_no_older_wire_order);
    tcase_add_test(all, a_fill_between_question_and_answer_does_not_take_the_answers_place);
    tcase_add_test(all, trades_of_an_earlier_run_are_not_taken_for_those_that_are_missing);
    tcase_add_test(all, a_fill_that_was_told_before_the_question_is_not_asked_for);
    tcase_add_test(all, what_an_earlier_run_was_told_of_is_missing_though_a_view_shows_less);
    tcase_add_test(all, one_that_was_taken_for_less_and_filled_is_told_to_be_over);
    tcase_add_test(all, one_that_was_filled_whole_is_told_by_its_fills);
    tcase_add_test(all, an_older_sight_of_one_replaced_in_its_place_fills_nothing);
    tcase_add_test(all, trades_of_an_order_replaced_in_its_place_count_once);
    tcase_add_loop_test(all, what_an_earlier_run_filled_is_not_placed_again, 0, 8);
    tcase_add_test(all, a_total_that_was_smaller_before_leaves_nothing_out);
    tcase_add_test(all, a_listed_trade_makes_no_part_of_this_wire_order_of_what_was_before);
    tcase_add_test(all, a_fill_that_is_missing_of_an_earlier_wire_order_is_looked_for_there);
    tcase_add_test(all, a_fill_that_an_old_view_hid_is_looked_for_in_each_wire_order);
    tcase_add_test(all, a_stray_that_is_none_keeps_its_missing_fills);
    tcase_add_test(all, what_was_taken_is_told_once_by_whatever_comes_first);
    tcase_add_test(all, a_fill_is_told_once_while_as_many_newer_ones_are_remembered);
    tcase_add_test(all, a_late_fill_of_an_earlier_wire_order_is_none_of_the_later_one);
    tcase_add_test(all, strays_beyond_the_table_are_told_and_the_answer_of_none_changes_nothing);
    suite_add_tcase(suite, all);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
