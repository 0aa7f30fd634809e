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

int main(void)
{
    Suite *suite = suite_create("paper");
    TCase *tcase = tcase_create("paper");
    SRunner *runner;
    int n_failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, a_replacement_that_meets_a_filled_order_leaves_it_filled);
    tcase_add_test(tcase, an_order_that_an_empty_venue_is_asked_about_has_ended);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
