// SPDX-License-Identifier: Apache-2.0
/* The paper venue and an engine on both sides of its latencies: requests that meet what has
 * happened at the exchange meanwhile. */
#include "world.h"

enum { WAY = 5 }; /* ms from one side to the other */

static struct world *world;
static struct paper *paper;

static void show(const struct agon_event_hdr *event)
{
    paper_on_market(paper, event);
}

static void begin(void)
{
    struct paper_config config = {.entry_ns = WAY * MS, .report_ns = WAY * MS};
    struct {
        struct agon_book_part part;
        struct agon_level levels[4];
    } book = {.part = {.hdr = {.type = AGON_EVENT_BOOK_SNAPSHOT,
                               .granules = 2,
                               .instrument = BTCUSDT,
                               .t = T0,
                               .t_venue = T0},
                       .n_bid = 1,
                       .n_ask = 1,
                       .flags = BOOK_PART_FIRST | BOOK_PART_LAST},
              .levels = {{6000000, 1000}, {6000100, 100000000}}};
    struct venue_port port;

    world = world_new(RUN_PAPER);
    paper = paper_new(&config, engine_instruments(world->engine));
    ck_assert_ptr_nonnull(paper);
    ck_assert_int_eq(paper_add(paper, BTCUSDT), AGON_OK);
    port = paper_port(paper);
    engine_attach_venue(world->engine, 0, &port);
    show(&book.part.hdr);
}

static void end(void)
{
    world_holds(world);
    world_replays(world);
    paper_free(paper);
    world_free(world);
}

/* Time passes on both sides: what has arrived is taken, what was reported is told. */
static void pass(int ms)
{
    struct record_report *report;

    for (int i = 0; i < ms; i++) {
        world->t += MS;
        paper_advance(paper, world->t);
        while ((report = paper_peek(paper)) != NULL && report->hdr.t <= world->t) {
            struct record_report copy = *report;

            ck_assert_int_eq(world_step(world, &copy), AGON_OK);
            paper_take(paper);
        }
    }
}

static void trade_at_exchange(agon_px_t px, agon_qty_t qty)
{
    struct agon_trade trade = {.hdr = {.type = AGON_EVENT_TRADE,
                                       .granules = 1,
                                       .instrument = BTCUSDT,
                                       .t = world->t,
                                       .t_venue = world->t},
                               .px = px,
                               .qty = qty,
                               .side = AGON_SELL};

    show(&trade.hdr);
}

static void replace(agon_px_t px, agon_qty_t qty)
{
    struct agon_intent intent = {
        .kind = AGON_INTENT_REPLACE, .instrument = BTCUSDT, .client_ref = 7, .px = px, .qty = qty};

    ck_assert_int_eq(world_wish(world, 0, &intent), AGON_OK);
}

/* The order was full before its replacement came: it is filled, whatever was asked for. */
START_TEST(a_replacement_that_meets_a_filled_order_leaves_it_filled)
{
    static const agon_qty_t sizes[] = {500, 1000, 3000}; // less, as much, more than it was for
    const struct told *last;

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        begin();
        world_order(world, 0, BTCUSDT, AGON_BUY, 5990000, 1000, 7);
        pass(4 * WAY);
        last = world_last(world, 0, AGON_EVENT_ORDER);
        ck_assert_uint_eq(last->u.order.state, AGON_ORDER_OPEN);
        trade_at_exchange(5980000, 100000); // through it: its fill is on the way
        replace(5990000, sizes[i]);
        pass(8 * WAY);
        last = world_last(world, 0, AGON_EVENT_ORDER);
        ck_assert_msg(last->u.order.state == AGON_ORDER_FILLED && last->u.order.reason == 0,
                      "to %lld: state %u, reason %u", (long long)sizes[i], last->u.order.state,
                      last->u.order.reason);
        ck_assert_int_eq(last->u.order.filled_qty, 1000);
        ck_assert_uint_eq(last->u.order.request, AGON_REQUEST_NONE);
        end();
    }
}
END_TEST

/* Binance spot replaces in one request only what nothing has filled of (cancelRestrictions
 * ONLY_NEW): the order stays as it was, with its fill, and the agent hears that it was refused. */
START_TEST(what_was_filled_in_part_meanwhile_is_not_replaced_in_one_request)
{
    const struct told *last;

    begin();
    world_order(world, 0, BTCUSDT, AGON_BUY, 5990000, 1000, 7);
    pass(4 * WAY);
    trade_at_exchange(5980000, 300); // its fill is on the way
    replace(5980000, 1000);
    pass(8 * WAY);
    last = world_last(world, 0, AGON_EVENT_ORDER);
    ck_assert_uint_eq(last->u.order.state, AGON_ORDER_PARTIAL);
    ck_assert_uint_eq(last->u.order.request, AGON_REQUEST_NONE);
    ck_assert_int_eq(last->u.order.px, 5990000);
    ck_assert_int_eq(last->u.order.filled_qty, 300);
    replace(5980000, 1000); // now that the fill is known
    pass(8 * WAY);
    last = world_last(world, 0, AGON_EVENT_ORDER);
    ck_assert_int_eq(last->u.order.px, 5980000);
    end();
}
END_TEST

/* Between the cancel of what is replaced and its new order nothing stands that a trade could fill.
 */
START_TEST(what_is_swapped_is_not_filled_in_between)
{
    const struct told *last;

    begin();
    world_order(world, 0, BTCUSDT, AGON_BUY, 5990000, 1000, 7);
    pass(4 * WAY);
    trade_at_exchange(5980000, 300);
    pass(4 * WAY);
    last = world_last(world, 0, AGON_EVENT_ORDER);
    ck_assert_int_eq(last->u.order.filled_qty, 300);
    replace(5985000, 1300);
    paper_swap(paper, world->t, last->u.order.order_id);
    trade_at_exchange(5980000, 100000);
    pass(4 * WAY);
    last = world_last(world, 0, AGON_EVENT_ORDER);
    ck_assert_int_eq(last->u.order.filled_qty, 300);
    ck_assert_int_eq(last->u.order.px, 5985000);
    trade_at_exchange(5980000, 100000);
    pass(4 * WAY);
    last = world_last(world, 0, AGON_EVENT_ORDER);
    ck_assert_uint_eq(last->u.order.state, AGON_ORDER_FILLED);
    ck_assert_int_eq(last->u.order.filled_qty, 1300);
    end();
}
END_TEST

/* A run later this venue is empty: what was open is not open any more. */
START_TEST(an_order_that_an_empty_venue_is_asked_about_has_ended)
{
    struct paper_config config = {.entry_ns = WAY * MS, .report_ns = WAY * MS};
    struct order_cmd query = {.kind = CMD_QUERY,
                              .order_id = 99,
                              .instrument = BTCUSDT,
                              .side = AGON_BUY,
                              .qty = 1000,
                              .filled_qty = 400,
                              .t = T0};
    struct venue_port port;

    world = world_new(RUN_PAPER);
    paper = paper_new(&config, engine_instruments(world->engine));
    port = paper_port(paper);
    ck_assert_int_eq(port.send(port.ctx, &query), AGON_OK);
    paper_advance(paper, T0 + WAY * MS);
    ck_assert_ptr_nonnull(paper_peek(paper));
    ck_assert_uint_eq(paper_peek(paper)->kind, REPORT_CANCELLED);
    ck_assert_uint_eq(paper_peek(paper)->reason, REASON_VENUE_DOWN);
    ck_assert_int_eq(paper_peek(paper)->cum_qty, 400);
    end();
}
END_TEST

/* --- bars --- */

#define MINUTE ((agon_ns_t)60000 * MS)

static struct venue_port bars_port;
static struct record_report seen[64];
static int n_seen;
static agon_ns_t way_ns; // of a request to the exchange

static void begin_bars_with(agon_ns_t way, int is_behind_opens)
{
    struct paper_config config = {.entry_ns = way, .is_behind_opens = is_behind_opens};
    struct match_bars bars;

    world = world_new(RUN_PAPER);
    paper = paper_new(&config, engine_instruments(world->engine));
    ck_assert_ptr_nonnull(paper);
    match_bars_defaults(&bars);
    for (agon_instrument_t id = BTCUSDT; id <= ETHUSDT; id++) {
        ck_assert_int_eq(paper_add(paper, id), AGON_OK);
        ck_assert_int_eq(paper_set_bars(paper, id, &bars), AGON_OK);
    }
    bars_port = paper_port(paper);
    way_ns = way;
}

static void begin_bars(agon_ns_t way)
{
    begin_bars_with(way, 0);
}

static void end_bars(void)
{
    paper_free(paper);
    world_free(world);
}

static void opens(agon_instrument_t id, agon_ns_t t, agon_px_t px)
{
    struct agon_quote quote = {
        .hdr = {.type = AGON_EVENT_QUOTE, .granules = 1, .instrument = id, .t = t, .t_venue = t},
        .bid_px = px - 100,
        .bid_qty = 1000,
        .ask_px = px + 100,
        .ask_qty = 1000};

    paper_advance(paper, t - 1);
    paper_on_market(paper, &quote.hdr);
}

// A bar of a minute from t on that goes 1 % both ways.
static void closes(agon_instrument_t id, agon_ns_t t, agon_px_t open_px, agon_px_t close_px)
{
    struct agon_bar bar = {.hdr = {.type = AGON_EVENT_BAR,
                                   .granules = 2,
                                   .instrument = id,
                                   .t = t + MINUTE,
                                   .t_venue = t + MINUTE},
                           .t_open = t,
                           .length_s = 60,
                           .open_px = open_px,
                           .high_px = open_px + open_px / 100,
                           .low_px = open_px - open_px / 100,
                           .close_px = close_px,
                           .volume_qty = 1000000};

    paper_advance(paper, t + MINUTE - 1);
    paper_on_market(paper, &bar.hdr);
}

static void ask(uint8_t kind, uint64_t id, uint8_t side, agon_px_t px, agon_ns_t t)
{
    struct order_cmd cmd = {.kind = kind,
                            .order_id = id,
                            .instrument = BTCUSDT,
                            .side = side,
                            .type = AGON_LIMIT,
                            .px = px,
                            .qty = 1000,
                            .t = t};

    ck_assert_int_eq(bars_port.send(bars_port.ctx, &cmd), AGON_OK);
    paper_advance(paper, t + way_ns);
}

static void collect_reports(void)
{
    struct record_report *report;

    n_seen = 0;
    while ((report = paper_peek(paper)) != NULL) {
        ck_assert_int_lt(n_seen, 64);
        seen[n_seen++] = *report;
        paper_take(paper);
    }
}

static void expect(int i, uint64_t id, uint8_t kind, agon_ns_t t, agon_px_t px)
{
    ck_assert_int_lt(i, n_seen);
    ck_assert_uint_eq(seen[i].order_id, id);
    ck_assert_uint_eq(seen[i].kind, kind);
    ck_assert_int_eq(seen[i].hdr.t, t);
    ck_assert_int_eq(seen[i].hdr.t_venue, t);
    if (kind == REPORT_FILL)
        ck_assert_int_eq(seen[i].px, px);
}

/* Decided at a bar's close, at the exchange when the next one opens: it has that open's price. */
START_TEST(what_is_decided_at_a_close_trades_at_the_open)
{
    begin_bars(0);
    opens(BTCUSDT, T0, 6000000);
    closes(BTCUSDT, T0, 6000000, 6010000);
    opens(BTCUSDT, T0 + MINUTE, 6020000);
    ask(CMD_NEW, 1, AGON_BUY, 6100000, T0 + MINUTE);
    collect_reports();
    ck_assert_int_eq(n_seen, 2);
    expect(0, 1, REPORT_ACK, T0 + MINUTE, 0);
    expect(1, 1, REPORT_FILL, T0 + MINUTE, 6020100);
    end_bars();
}
END_TEST

/* A live host hears of an open behind it: who decided in between had the open before him, and what
 * he asks for is at the exchange before that is heard. */
START_TEST(what_is_decided_behind_an_open_does_not_trade_at_it)
{
    begin_bars(0);
    opens(BTCUSDT, T0, 6000000);
    closes(BTCUSDT, T0, 6000000, 6010000);
    ask(CMD_NEW, 1, AGON_BUY, 6100000, T0 + MINUTE + 10 * MS);
    opens(BTCUSDT, T0 + MINUTE, 6020000);
    collect_reports();
    ck_assert_int_eq(n_seen, 0);
    closes(BTCUSDT, T0 + MINUTE, 6020000, 6040000);
    collect_reports();
    ck_assert_int_eq(n_seen, 2);
    expect(1, 1, REPORT_FILL, T0 + 2 * MINUTE, 6040604);
    end_bars();
}
END_TEST

/* A host whose clock is behind the market's hears of a close at the very time of it, and its clock
 * stands there until the open has come too: who decides then knows the close, and does not trade at
 * the open of the same time, whether he or the open is there first. */
START_TEST(what_is_decided_at_a_close_that_was_told_does_not_trade_at_the_open)
{
    begin_bars_with(20 * MS, 1);
    opens(BTCUSDT, T0, 6000000);
    closes(BTCUSDT, T0, 6000000, 6010000);
    ask(CMD_NEW, 1, AGON_BUY, 6100000, T0 + MINUTE);
    opens(BTCUSDT, T0 + MINUTE, 6020000);
    ask(CMD_NEW, 2, AGON_BUY, 6100000, T0 + MINUTE);
    collect_reports();
    ck_assert_int_eq(n_seen, 0);
    closes(BTCUSDT, T0 + MINUTE, 6020000, 6040000);
    collect_reports();
    ck_assert_int_eq(n_seen, 4);
    expect(1, 1, REPORT_FILL, T0 + 2 * MINUTE, 6040604);
    expect(3, 2, REPORT_FILL, T0 + 2 * MINUTE, 6040604);
    end_bars();
}
END_TEST

/* The same with 4 seconds on the way: 1 basis point in the first second, so 2 of them. The default
 * drift of 100 ppm x 2 of 60201.00 is 12.0402, to the next cent. */
START_TEST(what_arrives_after_the_open_pays_for_the_time)
{
    begin_bars(4000 * MS);
    opens(BTCUSDT, T0, 6020000);
    ask(CMD_NEW, 1, AGON_BUY, 6100000, T0);
    collect_reports();
    ck_assert_int_eq(n_seen, 2);
    expect(1, 1, REPORT_FILL, T0 + 4000 * MS, 6020100 + 1205);
    end_bars();
}
END_TEST

/* Decided inside a bar it acts when that has closed: nothing of it is heard before, it trades
 * around the close, and what rests is not met by that bar. */
START_TEST(what_is_decided_in_a_bar_acts_at_its_close)
{
    begin_bars(0);
    opens(BTCUSDT, T0, 6000000);
    ask(CMD_NEW, 1, AGON_BUY, 6100000, T0 + 1000 * MS);
    ask(CMD_NEW, 2, AGON_BUY, 5990000, T0 + 1000 * MS); // the bar goes through it
    collect_reports();
    ck_assert_int_eq(n_seen, 0);
    closes(BTCUSDT, T0, 6000000, 6010000);
    collect_reports();
    ck_assert_int_eq(n_seen, 3);
    expect(0, 1, REPORT_ACK, T0 + MINUTE, 0);
    expect(1, 1, REPORT_FILL, T0 + MINUTE, 6010601); // half of 2 basis points above the close
    expect(2, 2, REPORT_ACK, T0 + MINUTE, 0);
    opens(BTCUSDT, T0 + MINUTE, 6010000);
    closes(BTCUSDT, T0 + MINUTE, 6010000, 6010000);
    collect_reports();
    ck_assert_int_eq(n_seen, 1);
    expect(0, 2, REPORT_FILL, T0 + 2 * MINUTE, 5990000);
    end_bars();
}
END_TEST

/* A cancel that is decided in a bar finds what the bar has left of its order. */
START_TEST(a_cancel_in_a_bar_comes_behind_its_path)
{
    begin_bars(0);
    opens(BTCUSDT, T0, 6000000);
    ask(CMD_NEW, 1, AGON_BUY, 5990000, T0);
    ask(CMD_NEW, 2, AGON_BUY, 5000000, T0);
    ask(CMD_CANCEL, 1, AGON_BUY, 0, T0 + 1000 * MS);
    ask(CMD_CANCEL, 2, AGON_BUY, 0, T0 + 1000 * MS);
    closes(BTCUSDT, T0, 6000000, 6010000);
    collect_reports();
    ck_assert_int_eq(n_seen, 5);
    expect(2, 1, REPORT_FILL, T0 + MINUTE, 5990000);
    expect(3, 1, REPORT_CANCEL_REJECTED, T0 + MINUTE, 0);
    expect(4, 2, REPORT_CANCELLED, T0 + MINUTE, 0);
    // One that was decided before the bar opened is there when it does.
    opens(BTCUSDT, T0 + MINUTE, 6000000);
    ask(CMD_NEW, 3, AGON_BUY, 5990000, T0 + MINUTE);
    ask(CMD_CANCEL, 3, AGON_BUY, 0, T0 + MINUTE);
    closes(BTCUSDT, T0 + MINUTE, 6000000, 6010000);
    collect_reports();
    ck_assert_int_eq(n_seen, 2);
    expect(1, 3, REPORT_CANCELLED, T0 + MINUTE, 0);
    end_bars();
}
END_TEST

/* One that is decided at the open and is at the exchange when half of the bar is over acts at the
 * close as well: nobody knows which half of the path came first. */
START_TEST(a_cancel_that_arrives_in_a_bar_comes_behind_its_path)
{
    begin_bars(30 * 1000 * MS);
    opens(BTCUSDT, T0, 6000000);
    ask(CMD_NEW, 1, AGON_BUY, 5000000, T0);
    closes(BTCUSDT, T0, 6000000, 6010000);
    opens(BTCUSDT, T0 + MINUTE, 5040000);
    collect_reports();
    ask(CMD_CANCEL, 1, AGON_BUY, 0, T0 + MINUTE);
    closes(BTCUSDT, T0 + MINUTE, 5040000, 5040000);
    collect_reports();
    ck_assert_int_eq(n_seen, 2);
    expect(0, 1, REPORT_FILL, T0 + 2 * MINUTE, 5000000);
    expect(1, 1, REPORT_CANCEL_REJECTED, T0 + 2 * MINUTE, 0);
    end_bars();
}
END_TEST

START_TEST(what_arrives_in_a_hole_waits_for_the_next_open)
{
    begin_bars(0);
    opens(BTCUSDT, T0, 6000000);
    closes(BTCUSDT, T0, 6000000, 6010000);
    ask(CMD_NEW, 1, AGON_BUY, 6100000, T0 + MINUTE + 1000 * MS);
    ask(CMD_QUERY, 1, AGON_BUY, 6100000, T0 + MINUTE + 2000 * MS);
    opens(ETHUSDT, T0 + 2 * MINUTE, 300000); // another market is no open of this one
    collect_reports();
    ck_assert_int_eq(n_seen, 0);
    opens(BTCUSDT, T0 + 5 * MINUTE, 6020000);
    collect_reports();
    expect(1, 1, REPORT_FILL, T0 + 5 * MINUTE, 6020100);
    end_bars();
}
END_TEST

/* Two slots in one bar, one of which buys what the other sells: neither is the other's market. */
START_TEST(slots_do_not_trade_with_each_other_on_bars)
{
    uint64_t other = (uint64_t)1 << 48 | 1;

    begin_bars(0);
    opens(BTCUSDT, T0, 6000000);
    ask(CMD_NEW, 1, AGON_SELL, 6000100, T0);
    ask(CMD_NEW, other, AGON_BUY, 6000100, T0);
    collect_reports();
    ck_assert_int_eq(n_seen, 3);
    expect(2, other, REPORT_FILL, T0, 6000100);
    ck_assert_uint_eq(seen[2].liquidity, LIQUIDITY_TAKER);
    closes(BTCUSDT, T0, 6000000, 6000000);
    collect_reports();
    ck_assert_int_eq(n_seen, 1);
    expect(0, 1, REPORT_FILL, T0 + MINUTE, 6000100);
    end_bars();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("paper");
    TCase *tcase = tcase_create("paper");
    SRunner *runner;
    int n_failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, a_replacement_that_meets_a_filled_order_leaves_it_filled);
    tcase_add_test(tcase, what_was_filled_in_part_meanwhile_is_not_replaced_in_one_request);
    tcase_add_test(tcase, what_is_swapped_is_not_filled_in_between);
    tcase_add_test(tcase, an_order_that_an_empty_venue_is_asked_about_has_ended);
    tcase_add_test(tcase, what_is_decided_at_a_close_trades_at_the_open);
    tcase_add_test(tcase, what_is_decided_behind_an_open_does_not_trade_at_it);
    tcase_add_test(tcase, what_is_decided_at_a_close_that_was_told_does_not_trade_at_the_open);
    tcase_add_test(tcase, what_arrives_after_the_open_pays_for_the_time);
    tcase_add_test(tcase, what_is_decided_in_a_bar_acts_at_its_close);
    tcase_add_test(tcase, a_cancel_in_a_bar_comes_behind_its_path);
    tcase_add_test(tcase, a_cancel_that_arrives_in_a_bar_comes_behind_its_path);
    tcase_add_test(tcase, what_arrives_in_a_hole_waits_for_the_next_open);
    tcase_add_test(tcase, slots_do_not_trade_with_each_other_on_bars);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
