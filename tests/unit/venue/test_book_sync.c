// SPDX-License-Identifier: Apache-2.0
/* A book that the stream brings whole and that each message has a checksum of: it is live while
 * both come to the same, and asked for anew by itself when they do not. */
#include <check.h>
#include <stdio.h>

#include "venue/book_sync.h"

static struct symbols symbols;
static struct book_sync sync;
static struct book *shown; /* what the core has made of the records */
static struct wire_depth depth;
static int n_stale;
static uint32_t reason;

static int on_record(void *ctx, struct agon_event_hdr *record)
{
    (void)ctx;
    if (record->type == AGON_EVENT_STATUS) {
        const struct agon_status *status = (const void *)record;

        n_stale += status->book == BOOK_STALE;
        reason = status->reason;
    } else {
        ck_assert_int_eq(book_apply(shown, (const struct agon_book_part *)(const void *)record),
                         AGON_OK);
    }
    return AGON_OK;
}

/* Of the levels and the decimals alone: any function of them does. */
static uint32_t checksum(const struct wire_top *top)
{
    uint64_t sum = 7;

    ck_assert_uint_eq(top->px_decimals, 1);
    for (uint32_t i = 0; i < top->n_bid; i++)
        sum = sum * 31 + (uint64_t)(top->bid[i].px * 1000 + top->bid[i].qty);
    for (uint32_t i = 0; i < top->n_ask; i++)
        sum = sum * 37 + (uint64_t)(top->ask[i].px * 1000 + top->ask[i].qty);
    return (uint32_t)sum;
}

static void level(struct agon_level *levels, uint32_t *n, int64_t px, int64_t qty)
{
    levels[(*n)++] = (struct agon_level){.px = px, .qty = qty};
}

static void set_checksum(const struct agon_level *bid, uint32_t n_bid, const struct agon_level *ask,
                         uint32_t n_ask)
{
    struct wire_top top = {.px_decimals = 1, .n_bid = n_bid, .n_ask = n_ask};

    memcpy(top.bid, bid, n_bid * sizeof(*bid));
    memcpy(top.ask, ask, n_ask * sizeof(*ask));
    depth.checksum = checksum(&top);
}

static void fresh(void)
{
    depth.symbol = &symbols.all[0];
    depth.px_decimals = 1;
    depth.n_bid = depth.n_ask = 0;
}

/* Bids 99, 98, 97 and asks 101, 102, one of each. */
static void whole(int64_t now)
{
    fresh();
    for (int64_t px = 99; px >= 97; px--)
        level(depth.bid, &depth.n_bid, px, 1);
    for (int64_t px = 101; px <= 102; px++)
        level(depth.ask, &depth.n_ask, px, 1);
    set_checksum(depth.bid, depth.n_bid, depth.ask, depth.n_ask);
    book_sync_snapshot(&sync, &depth, now, 0);
}

static void setup(void)
{
    struct agon_instrument instrument = {.hdr.instrument = 1, .base = 1, .quote = 2, .tick_px = 1};

    snprintf(instrument.symbol, sizeof(instrument.symbol), "BTC/USD");
    symbols_init(&symbols);
    ck_assert_int_eq(symbols_add_asset(&symbols, "USD", 2, 8, NULL), AGON_OK);
    ck_assert_int_eq(symbols_add(&symbols, &instrument, NULL), AGON_OK);
    shown = book_new(&(struct book_config){.tick_px = 1});
    ck_assert_ptr_nonnull(shown);
    ck_assert_int_eq(book_sync_init(&sync, &symbols.all[0], 1, 0, on_record, NULL), AGON_OK);
    ck_assert_int_eq(book_sync_push(&sync, checksum), AGON_OK);
    sync.snapshot_limit = 3;
    n_stale = 0;
    reason = 0;
    book_sync_start(&sync, 0);
}

static void teardown(void)
{
    book_sync_deinit(&sync);
    book_free(shown);
}

START_TEST(it_comes_with_the_subscription)
{
    ck_assert(!book_sync_wants(&sync, 1)); // the subscription has asked
    fresh();
    level(depth.bid, &depth.n_bid, 99, 5);
    book_sync_diff(&sync, &depth, 1, 0); // before the whole: it is in it
    ck_assert_int_eq(sync.state, BOOK_SYNCING);
    whole(2);
    ck_assert_int_eq(sync.state, BOOK_LIVE);
    ck_assert_uint_eq(book_count(shown, AGON_BUY), 3);
    ck_assert_int_eq(book_qty(shown, AGON_BUY, 99), 1);
}
END_TEST

START_TEST(what_falls_out_of_its_depth_is_removed)
{
    const struct agon_level bid[] = {{100, 2}, {99, 1}, {98, 1}};
    const struct agon_level ask[] = {{101, 1}, {102, 1}};

    whole(1);
    fresh();
    level(depth.bid, &depth.n_bid, 100, 2);
    set_checksum(bid, 3, ask, 2);
    book_sync_diff(&sync, &depth, 2, 0);
    ck_assert_int_eq(sync.state, BOOK_LIVE);
    ck_assert_uint_eq(book_count(shown, AGON_BUY), 3);
    ck_assert_int_eq(book_qty(shown, AGON_BUY, 97), 0);
    ck_assert_int_eq(book_qty(shown, AGON_BUY, 100), 2);
}
END_TEST

START_TEST(one_that_differs_is_asked_for_anew)
{
    whole(1);
    fresh();
    level(depth.ask, &depth.n_ask, 101, 4);
    depth.checksum = 12345;
    book_sync_diff(&sync, &depth, 2, 0);
    ck_assert_int_eq(sync.state, BOOK_STALE);
    ck_assert_uint_eq(reason, BOOK_SYNC_CHECKSUM);
    ck_assert_uint_eq(sync.n_differ, 1);
    ck_assert(book_sync_wants(&sync, 2)); // at once, the first time
    book_sync_asked(&sync);
    sync.asked_ns = 2;
    book_sync_diff(&sync, &depth, 3, 0); // of what is not believed nothing is shown
    ck_assert_int_eq(book_qty(shown, AGON_SELL, 102), 1);
    ck_assert_int_eq(sync.state, BOOK_SYNCING);
    whole(4);
    ck_assert_int_eq(sync.state, BOOK_LIVE);
    ck_assert_int_eq(book_qty(shown, AGON_SELL, 101), 1);
    // The second in a row waits.
    fresh();
    book_sync_diff(&sync, &depth, 5, 0);
    depth.checksum++;
    book_sync_diff(&sync, &depth, 5, 0);
    ck_assert_int_eq(sync.state, BOOK_STALE);
    ck_assert(!book_sync_wants(&sync, 5));
    ck_assert(book_sync_wants(&sync, 5 + 60000000000));
}
END_TEST

START_TEST(a_whole_book_that_differs_is_none)
{
    whole(1);
    depth.checksum++;
    book_sync_snapshot(&sync, &depth, 2, 0);
    ck_assert_int_eq(sync.state, BOOK_STALE);
    ck_assert_int_eq(n_stale, 1);
}
END_TEST

START_TEST(one_that_does_not_come_is_asked_for_again)
{
    book_sync_turn(&sync, BOOK_SYNC_WAIT_NS, 0);
    ck_assert(!book_sync_wants(&sync, BOOK_SYNC_WAIT_NS));
    book_sync_turn(&sync, BOOK_SYNC_WAIT_NS + 1, 0);
    ck_assert(book_sync_wants(&sync, BOOK_SYNC_WAIT_NS + 1));
    book_sync_asked(&sync);
    book_sync_lost(&sync, BOOK_SYNC_LOST); // the next subscription asks
    ck_assert(!book_sync_wants(&sync, 100 * BOOK_SYNC_WAIT_NS));
    book_sync_start(&sync, 100 * BOOK_SYNC_WAIT_NS);
    whole(100 * BOOK_SYNC_WAIT_NS);
    ck_assert_int_eq(sync.state, BOOK_LIVE);
}
END_TEST

START_TEST(a_crossed_one_is_not_believed)
{
    const struct agon_level bid[] = {{101, 2}, {99, 1}, {98, 1}};
    const struct agon_level ask[] = {{101, 1}, {102, 1}};

    whole(1);
    fresh();
    level(depth.bid, &depth.n_bid, 101, 2);
    set_checksum(bid, 3, ask, 2);
    book_sync_diff(&sync, &depth, 2, 0);
    ck_assert_int_eq(sync.state, BOOK_STALE);
    ck_assert_uint_eq(reason, BOOK_SYNC_CROSSED);
}
END_TEST

/* --- by ids instead of a sum --- */

static void setup_chain(void)
{
    setup();
    sync.checksum = NULL;
    sync.is_chained = 1;
}

static void part(uint64_t prev, uint64_t id, int64_t px, int64_t qty)
{
    fresh();
    depth.prev_id = prev;
    depth.last_id = id;
    if (px != 0)
        level(depth.bid, &depth.n_bid, px, qty);
    book_sync_diff(&sync, &depth, 2, 0);
}

static void whole_at(uint64_t id)
{
    depth.last_id = id;
    whole(1);
}

START_TEST(a_message_names_the_one_before_it)
{
    whole_at(100);
    ck_assert_int_eq(sync.state, BOOK_LIVE);
    part(100, 117, 98, 4); // ids have holes
    ck_assert_int_eq(sync.state, BOOK_LIVE);
    part(117, 117, 0, 0); // nothing has changed: it lives
    part(117, 120, 98, 5);
    ck_assert_int_eq(sync.state, BOOK_LIVE);
    ck_assert_uint_eq(sync.id, 120);
    part(121, 125, 98, 6); // one is missing
    ck_assert_int_eq(sync.state, BOOK_STALE);
    ck_assert_uint_eq(reason, BOOK_SYNC_GAP);
    ck_assert_uint_eq(sync.n_gaps, 1);
    part(125, 126, 98, 7); // until the whole comes nothing is believed
    ck_assert_int_eq(sync.state, BOOK_STALE);
    whole_at(130);
    ck_assert_int_eq(sync.state, BOOK_LIVE);
}
END_TEST

/* After maintenance. */
START_TEST(an_id_may_be_lower_than_the_one_before_it)
{
    whole_at(100);
    part(100, 3, 98, 4);
    ck_assert_int_eq(sync.state, BOOK_LIVE);
    part(3, 5, 98, 5);
    ck_assert_int_eq(sync.state, BOOK_LIVE);
    ck_assert_uint_eq(sync.n_gaps, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("book_sync");
    TCase *tcase = tcase_create("pushed");
    TCase *chain = tcase_create("pushed by ids");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, it_comes_with_the_subscription);
    tcase_add_test(tcase, what_falls_out_of_its_depth_is_removed);
    tcase_add_test(tcase, one_that_differs_is_asked_for_anew);
    tcase_add_test(tcase, a_whole_book_that_differs_is_none);
    tcase_add_test(tcase, one_that_does_not_come_is_asked_for_again);
    tcase_add_test(tcase, a_crossed_one_is_not_believed);
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(chain, setup_chain, teardown);
    tcase_add_test(chain, a_message_names_the_one_before_it);
    tcase_add_test(chain, an_id_may_be_lower_than_the_one_before_it);
    suite_add_tcase(suite, chain);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
