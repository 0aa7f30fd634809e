// SPDX-License-Identifier: Apache-2.0
/* The outbox in scripted time: what proves that a request was not done, and what becomes of an
 * order that is seen after all. */
#include <check.h>

#include "venue/outbox.h"

#define MS     1000000ll
#define S      1000000000ll
#define LAG    OUTBOX_VIEW_LAG_NS
#define GAP    OUTBOX_ABSENT_GAP_NS
#define WINDOW (5 * S)

static struct outbox outbox;
static struct record_report told[64];
static uint32_t n_told, n_read;

static int take(void *ctx, struct agon_event_hdr *record)
{
    (void)ctx;
    ck_assert_uint_lt(n_told, 64);
    memcpy(&told[n_told++], record, sizeof(told[0]));
    return AGON_OK;
}

static void begin(void)
{
    ck_assert_int_eq(outbox_init(&outbox, 64, 64, WINDOW * 3 / 2 + S, take, NULL), AGON_OK);
    n_told = n_read = 0;
}

static void end(void)
{
    outbox_deinit(&outbox);
}

/* The next report; 0: there is none. */
static int next(void)
{
    return n_read < n_told ? told[n_read++].kind : 0;
}

static struct order_cmd command(uint8_t kind, uint8_t rev)
{
    return (struct order_cmd){.order_id = 7,
                              .instrument = 1,
                              .kind = kind,
                              .side = AGON_BUY,
                              .type = AGON_LIMIT,
                              .rev = rev,
                              .px = 100 + rev,
                              .qty = 10};
}

/* A request that leaves at once and whose answer is lost. */
static struct outbox_entry *lose(uint8_t kind, uint8_t rev, int64_t now)
{
    struct order_cmd cmd = command(kind, rev);
    struct outbox_entry *entry = outbox_command(&outbox, &cmd, now);

    ck_assert_ptr_nonnull(entry);
    outbox_sent(entry, now + WINDOW);
    outbox_outcome(&outbox, entry, OUTCOME_UNKNOWN, REASON_TIMEOUT, 0, now + MS);
    ck_assert_int_eq(next(), REPORT_UNKNOWN);
    return entry;
}

static void see(uint8_t source, uint8_t rev, uint8_t state, int64_t asked_ns, int64_t now)
{
    struct outbox_seen seen = {.order_id = 7,
                               .venue_order = 70u + rev,
                               .instrument = 1,
                               .rev = rev,
                               .state = state,
                               .side = AGON_BUY,
                               .source = source,
                               .px = 100 + rev,
                               .qty = 10,
                               .t_venue = now,
                               .asked_ns = asked_ns};

    outbox_seen(&outbox, &seen, 0, now);
}

/* An order that stands open since the beginning. */
static struct outbox_entry *stand(void)
{
    struct order_cmd cmd = command(CMD_NEW, 0);
    struct outbox_entry *entry = outbox_command(&outbox, &cmd, 0);

    ck_assert_ptr_nonnull(entry);
    outbox_sent(entry, WINDOW);
    see(SEEN_REPLY, 0, AGON_ORDER_OPEN, 0, MS);
    ck_assert_int_eq(next(), REPORT_ACK);
    return entry;
}

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

/* --- seen after its end --- */

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

static void show(int how, int64_t now)
{
    struct outbox_fill fill = {.order_id = 7,
                               .venue_order = 70,
                               .fill = 1,
                               .instrument = 1,
                               .side = AGON_BUY,
                               .px = 100,
                               .qty = 3,
                               .t_venue = now};

    if (how == 0)
        outbox_fill(&outbox, &fill, now);
    else
        see((uint8_t)how, 0, AGON_ORDER_OPEN, now - MS, now);
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

static void replace(int64_t now)
{
    struct order_cmd cmd = command(CMD_REPLACE, 1);
    struct outbox_entry *entry = outbox_command(&outbox, &cmd, now);

    outbox_sent(entry, now + WINDOW);
    see(SEEN_REPLY, 1, AGON_ORDER_OPEN, 0, now);
    ck_assert_int_eq(next(), REPORT_REPLACED);
}

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

/* The wire order of rev, of qty, as the venue shows it, part of which is filled. */
static void see_part(uint8_t source, uint8_t rev, uint8_t state, agon_qty_t qty, agon_qty_t cum_qty,
                     int64_t now)
{
    struct outbox_seen seen = {.order_id = 7,
                               .venue_order = 70u + rev,
                               .instrument = 1,
                               .rev = rev,
                               .state = state,
                               .side = AGON_BUY,
                               .source = source,
                               .px = 100 + rev,
                               .qty = qty,
                               .cum_qty = cum_qty,
                               .t_venue = now,
                               .asked_ns = now - MS};

    outbox_seen(&outbox, &seen, 0, now);
}

static void trade(uint64_t number, agon_qty_t qty, agon_qty_t cum_qty, int64_t now)
{
    const struct outbox_fill fill = {.order_id = 7,
                                     .venue_order = 70,
                                     .fill = number,
                                     .instrument = 1,
                                     .side = AGON_BUY,
                                     .px = 100,
                                     .qty = qty,
                                     .wire_cum_qty = cum_qty,
                                     .t_venue = now};

    outbox_fill(&outbox, &fill, now);
    ck_assert_int_eq(next(), REPORT_FILL);
}

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

/* Trades of order 7 as the venue lists them: without a total. */
static void list_fill(uint64_t number, agon_qty_t qty)
{
    struct outbox_fill fill = {.order_id = 7,
                               .venue_order = 70,
                               .fill = number,
                               .instrument = 1,
                               .side = AGON_BUY,
                               .px = 100,
                               .qty = qty};

    outbox_fill(&outbox, &fill, 12 * S);
}

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

static void see_in_place(agon_px_t px, agon_qty_t qty, agon_qty_t cum_qty, int64_t now)
{
    struct outbox_seen seen = {.order_id = 7,
                               .venue_order = 70,
                               .instrument = 1,
                               .is_total = 1,
                               .state = AGON_ORDER_PARTIAL,
                               .side = AGON_BUY,
                               .source = SEEN_QUERY,
                               .px = px,
                               .qty = qty,
                               .cum_qty = cum_qty,
                               .t_venue = now,
                               .asked_ns = now - MS};

    outbox_in_place(&outbox, &seen);
    outbox_seen(&outbox, &seen, 0, now);
}

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

/* A request of another order; its place or NULL. */
static struct outbox_entry *command_of(uint64_t id, uint8_t kind, int64_t now)
{
    struct order_cmd cmd = command(kind, 0);

    cmd.order_id = id;
    return outbox_command(&outbox, &cmd, now);
}

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
    Suite *suite = suite_create("outbox");
    TCase *proof = tcase_create("proof");
    TCase *sights = tcase_create("sights");
    SRunner *runner;
    int failed;

    tcase_add_test(proof, a_read_that_was_sent_too_early_proves_nothing_however_late_it_arrives);
    tcase_add_test(proof, two_reads_prove_absence_and_are_apart_by_their_sending);
    tcase_add_test(proof, a_cancel_counts_as_not_done_by_the_same_two_reads);
    tcase_add_test(proof, a_replacement_counts_as_not_done_by_the_same_two_reads);
    tcase_add_test(proof, a_request_of_an_earlier_run_may_have_left_right_before_this_one);
    tcase_add_test(
        proof, an_order_that_stands_is_not_missing_in_a_read_that_was_sent_soon_after_its_sight);
    tcase_add_loop_test(sights, any_sight_of_an_order_that_was_given_up_opens_it_again, 0, 5);
    tcase_add_test(sights, one_that_has_ended_meanwhile_is_told_whole);
    tcase_add_test(sights, a_late_sight_of_what_the_venue_ended_is_nothing);
    tcase_add_test(sights, an_end_that_is_asked_about_is_asked_until_a_picture_shows_it);
    tcase_add_test(sights, what_an_earlier_wire_order_traded_counts_once_however_late_it_is_listed);
    tcase_add_test(sights, a_command_from_before_a_replacement_was_told_names_no_older_wire_order);
    tcase_add_test(sights, a_fill_between_question_and_answer_does_not_take_the_answers_place);
    tcase_add_test(sights, trades_of_an_earlier_run_are_not_taken_for_those_that_are_missing);
    tcase_add_test(sights, a_fill_that_was_told_before_the_question_is_not_asked_for);
    tcase_add_test(sights, what_an_earlier_run_was_told_of_is_missing_though_a_view_shows_less);
    tcase_add_test(sights, one_that_was_taken_for_less_and_filled_is_told_to_be_over);
    tcase_add_test(sights, one_that_was_filled_whole_is_told_by_its_fills);
    tcase_add_test(sights,
                   a_request_of_unknown_fate_for_an_order_that_is_over_is_answered_by_its_end);
    tcase_add_test(sights, a_replacement_of_unknown_fate_of_what_was_cancelled_before_is_answered);
    tcase_add_test(sights,
                   a_request_for_an_order_that_is_over_is_answered_by_its_end_before_its_answer);
    tcase_add_test(sights, who_does_not_answer_is_asked_less_and_less_until_he_does);
    tcase_add_test(sights, a_replacement_in_place_that_was_given_up_and_is_there_is_known_again);
    tcase_add_test(sights, an_older_sight_of_one_replaced_in_its_place_fills_nothing);
    tcase_add_test(sights, trades_of_an_order_replaced_in_its_place_count_once);
    tcase_add_test(sights, a_read_of_before_the_start_tells_of_no_replacement_back_to_it);
    tcase_add_test(sights, the_end_of_one_replaced_in_its_place_is_told_of_the_replacement);
    tcase_add_test(sights, an_old_picture_of_a_replacement_half_done_opens_nothing_again);
    tcase_add_test(sights, an_earlier_revision_that_is_still_open_is_cancelled);
    tcase_add_test(sights, a_replacement_that_was_given_up_and_is_there_is_the_order);
    tcase_add_loop_test(sights, what_an_earlier_run_filled_is_not_placed_again, 0, 8);
    tcase_add_test(sights, a_total_that_was_smaller_before_leaves_nothing_out);
    tcase_add_loop_test(sights, one_that_was_seen_first_is_replaced_by_an_order_of_its_kind, 0, 2);
    tcase_add_test(sights, a_listed_trade_makes_no_part_of_this_wire_order_of_what_was_before);
    tcase_add_test(sights, a_fill_that_is_missing_of_an_earlier_wire_order_is_looked_for_there);
    tcase_add_test(sights, a_fill_that_an_old_view_hid_is_looked_for_in_each_wire_order);
    tcase_add_loop_test(sights, an_old_picture_that_came_before_the_question_is_not_the_order, 0,
                        4);
    tcase_add_loop_test(sights, an_end_that_came_before_the_question_may_be_half_a_replacement, 0,
                        2);
    tcase_add_loop_test(
        sights, a_command_to_what_an_old_view_showed_is_of_the_order_that_the_core_names, 0, 4);
    tcase_add_test(sights, a_stray_that_is_none_keeps_its_missing_fills);
    tcase_add_test(sights, a_stray_ends_no_question);
    tcase_add_test(sights, a_cancel_of_what_is_over_leaves_its_place_free);
    tcase_add_test(sights, what_the_venue_forgot_after_its_end_is_not_opened_again);
    tcase_add_loop_test(sights, a_request_in_doubt_is_known_though_its_order_was_seen_first, 0, 2);
    tcase_add_test(sights, an_old_picture_of_what_an_earlier_run_saw_end_is_no_stray);
    tcase_add_test(sights,
                   what_the_core_does_not_hold_open_is_told_until_it_says_so_and_then_cancelled);
    tcase_add_test(sights, a_cancel_that_was_taken_is_waited_for_beyond_old_pictures);
    tcase_add_test(sights, a_cancel_that_was_taken_and_did_nothing_is_wanted_again);
    tcase_add_test(sights, a_number_of_an_order_that_gave_up_its_place_names_no_other);
    tcase_add_test(proof, one_request_at_a_time_and_no_id_twice);
    tcase_add_test(proof, an_order_that_may_be_open_keeps_its_place_and_a_full_table_refuses);
    tcase_add_test(proof, an_order_of_an_earlier_run_is_cancelled_and_replaced_like_any_other);
    tcase_add_test(proof, a_replacement_that_was_half_done_ends_the_order_by_two_reads);
    tcase_add_test(proof, a_new_order_that_a_query_shows_as_refused_is_over);
    tcase_add_test(sights, what_was_taken_is_told_once_by_whatever_comes_first);
    tcase_add_test(sights, a_fill_is_told_once_while_as_many_newer_ones_are_remembered);
    tcase_add_test(sights, a_late_fill_of_an_earlier_wire_order_is_none_of_the_later_one);
    tcase_add_test(sights, strays_beyond_the_table_are_told_and_the_answer_of_none_changes_nothing);
    suite_add_tcase(suite, proof);
    suite_add_tcase(suite, sights);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
