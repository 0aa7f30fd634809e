// SPDX-License-Identifier: Apache-2.0
/* The lock-step driver with the paper venue: what is wanted in a long silence meets the market of
 * that moment, and two runs of the same are equal. */
#include "world.h"

struct tape {
    struct {
        struct agon_book_part part;
        struct agon_level levels[4];
    } books[2];
    int at;
};

static const struct agon_event_hdr *next_book(void *ctx)
{
    struct tape *tape = ctx;

    return tape->at < 2 ? &tape->books[tape->at++].part.hdr : NULL;
}

static void set_book(struct tape *tape, int i, agon_ns_t t, agon_px_t bid_px)
{
    tape->books[i].part = (struct agon_book_part){.hdr = {.type = AGON_EVENT_BOOK_SNAPSHOT,
                                                          .granules = 2,
                                                          .instrument = BTCUSDT,
                                                          .t_venue = t,
                                                          .t = t},
                                                  .n_bid = 1,
                                                  .n_ask = 1,
                                                  .flags = BOOK_PART_FIRST | BOOK_PART_LAST};
    tape->books[i].levels[0] = (struct agon_level){bid_px, 100000000};
    tape->books[i].levels[1] = (struct agon_level){bid_px + 100, 100000000};
}

// A plugin that buys at the market whenever its timer fires.
static int buy_on_timer(void *ctx, uint64_t seq)
{
    struct world_slot *slot = ctx;
    const struct agon_event_hdr *event;

    while ((event = evring_peek(&slot->to_out, NULL)) != NULL) {
        if (event->type == AGON_EVENT_TIMER) {
            struct agon_intent_event wish = {
                .hdr = {.type = AGON_EVENT_INTENT, .granules = 2, .instrument = BTCUSDT},
                .origin = {.cause_seq = seq, .n_legs = 1},
                .intent = {.kind = AGON_INTENT_ORDER,
                           .side = AGON_BUY,
                           .type = AGON_MARKET,
                           .instrument = BTCUSDT,
                           .client_ref = seq,
                           .qty = 1000}};

            ck_assert_int_eq(evring_put(&slot->from_in, &wish.hdr), AGON_OK);
        }
        if (slot->n_told < 4096)
            memcpy(&slot->told[slot->n_told++], event, event_bytes(event));
        evring_release(&slot->to_out);
    }
    return AGON_OK;
}

static agon_px_t run_once(unsigned char hash[HASH_SIZE])
{
    struct world *world = world_new(RUN_BACKTEST);
    struct paper_config paper_config = {.entry_ns = 5 * MS, .report_ns = 5 * MS};
    struct paper *paper = paper_new(&paper_config, engine_instruments(world->engine));
    struct venue_port port = paper_port(paper);
    struct tape tape = {.at = 0};
    struct lockstep_source source = {.ctx = &tape, .next = next_book};
    struct lockstep_config config = {.engine = world->engine,
                                     .paper = paper,
                                     .sources = &source,
                                     .n_sources = 1,
                                     .data_latency_ns = 2 * MS};
    struct lockstep_result result;
    struct record_arm arm = {.hdr = {.type = EVENT_ARM, .granules = 2},
                             .origin = {.slot = 0},
                             .id = 1,
                             .t_at = T0 + 60000 * MS};
    struct runner_port runner = world->ports[0];
    const struct told *fill;
    struct error err = {0};
    agon_px_t px;

    ck_assert_ptr_nonnull(paper);
    ck_assert_int_eq(paper_add(paper, BTCUSDT), AGON_OK);
    engine_attach_venue(world->engine, 0, &port);
    runner.advance = buy_on_timer;
    engine_attach_runner(world->engine, 0, &runner);
    set_book(&tape, 0, T0 + 1000 * MS, 6000000);
    set_book(&tape, 1, T0 + 3600000 * MS, 7000000);
    ck_assert_int_eq(world_step(world, &arm), AGON_OK);
    ck_assert_msg(lockstep_run(&config, &result, &err) == AGON_OK, "%s", err.text);
    fill = world_last(world, 0, AGON_EVENT_FILL);
    ck_assert_ptr_nonnull(fill);
    px = fill->u.fill.px;
    // Wanted at one minute, at the venue 5 ms later, known here 5 ms after that.
    ck_assert_int_eq(fill->u.hdr.t, T0 + 60000 * MS + 10 * MS);
    world_hash(world, hash);
    paper_free(paper);
    world_free(world);
    return px;
}

START_TEST(a_wish_in_a_silence_meets_the_market_of_that_moment)
{
    unsigned char hash[HASH_SIZE];

    ck_assert_int_eq(run_once(hash), 6000100);
}
END_TEST

START_TEST(two_runs_of_the_same_end_in_the_same_state)
{
    unsigned char first[HASH_SIZE];
    unsigned char second[HASH_SIZE];

    run_once(first);
    run_once(second);
    ck_assert_mem_eq(first, second, HASH_SIZE);
}
END_TEST

/* --- bars --- */

#define MINUTE ((agon_ns_t)60000 * MS)

struct row { /* one bar: its open and its close */
    struct agon_quote quote;
    struct agon_bar bar;
    int at;
};

static const struct agon_event_hdr *next_of_row(void *ctx)
{
    struct row *row = ctx;

    row->at++;
    return row->at == 1 ? &row->quote.hdr : row->at == 2 ? &row->bar.hdr : NULL;
}

static struct row row_of(agon_instrument_t id, agon_ns_t t, agon_px_t px)
{
    return (struct row){.quote = {.hdr = {.type = AGON_EVENT_QUOTE,
                                          .granules = 1,
                                          .instrument = id,
                                          .t = t,
                                          .t_venue = t},
                                  .bid_px = px - 100,
                                  .bid_qty = 1000,
                                  .ask_px = px + 100,
                                  .ask_qty = 1000},
                        .bar = {.hdr = {.type = AGON_EVENT_BAR,
                                        .granules = 2,
                                        .instrument = id,
                                        .t = t + MINUTE,
                                        .t_venue = t + MINUTE},
                                .t_open = t,
                                .length_s = 60,
                                .open_px = px,
                                .high_px = px + px / 100,
                                .low_px = px - px / 100,
                                .close_px = px,
                                .volume_qty = 1000000}};
}

static struct {
    uint16_t type;
    agon_instrument_t instrument;
    agon_ns_t t;
} steps[256];
static int n_steps;

static int note_step(void *ctx, const struct agon_event_hdr *event, int rc)
{
    (void)ctx;
    (void)rc;
    if (event->type == AGON_EVENT_QUOTE || event->type == AGON_EVENT_BAR ||
        event->type == EVENT_REPORT) {
        ck_assert_int_lt(n_steps, 256);
        steps[n_steps].type = event->type;
        steps[n_steps].instrument = event->instrument;
        steps[n_steps++].t = event->t;
    }
    return AGON_OK;
}

/* The file of what opens stands before the file of what closes, and at one time the bar is first;
 * an order that lies in it is reported before it, at its end. */
START_TEST(a_bar_closes_before_anything_opens_and_behind_its_reports)
{
    struct world *world = world_new(RUN_BACKTEST);
    struct paper_config paper_config = {0};
    struct paper *paper = paper_new(&paper_config, engine_instruments(world->engine));
    struct venue_port port = paper_port(paper);
    struct row rows[2] = {row_of(ETHUSDT, T0 + MINUTE, 300000), row_of(BTCUSDT, T0, 6000000)};
    struct lockstep_source sources[2] = {{.ctx = &rows[0], .next = next_of_row},
                                         {.ctx = &rows[1], .next = next_of_row}};
    struct lockstep_config config = {.engine = world->engine,
                                     .paper = paper,
                                     .sources = sources,
                                     .n_sources = 2,
                                     .on_step = note_step};
    struct lockstep_result result;
    struct match_bars bars;
    struct order_cmd cmd = {.kind = CMD_NEW,
                            .order_id = 1,
                            .instrument = BTCUSDT,
                            .side = AGON_BUY,
                            .type = AGON_LIMIT,
                            .px = 5990000,
                            .qty = 1000,
                            .t = T0};
    struct error err = {0};

    match_bars_defaults(&bars);
    for (agon_instrument_t id = BTCUSDT; id <= ETHUSDT; id++) {
        ck_assert_int_eq(paper_add(paper, id), AGON_OK);
        ck_assert_int_eq(paper_set_bars(paper, id, &bars), AGON_OK);
    }
    n_steps = 0; // the engine does not know of the order, and its own requests go elsewhere
    ck_assert_int_eq(port.send(port.ctx, &cmd), AGON_OK);
    ck_assert_msg(lockstep_run(&config, &result, &err) == AGON_OK, "%s", err.text);
    ck_assert_int_eq(n_steps, 6);
    ck_assert(steps[0].type == EVENT_REPORT && steps[0].t == T0); // it is there from the open on
    ck_assert(steps[1].type == AGON_EVENT_QUOTE && steps[1].instrument == BTCUSDT);
    ck_assert(steps[2].type == EVENT_REPORT && steps[2].t == T0 + MINUTE);
    ck_assert(steps[3].type == AGON_EVENT_BAR && steps[3].instrument == BTCUSDT);
    ck_assert(steps[4].type == AGON_EVENT_QUOTE && steps[4].instrument == ETHUSDT);
    ck_assert(steps[5].type == AGON_EVENT_BAR && steps[5].instrument == ETHUSDT);
    paper_free(paper);
    world_free(world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lockstep");
    TCase *tcase = tcase_create("lockstep");
    SRunner *runner;
    int n_failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, a_wish_in_a_silence_meets_the_market_of_that_moment);
    tcase_add_test(tcase, two_runs_of_the_same_end_in_the_same_state);
    tcase_add_test(tcase, a_bar_closes_before_anything_opens_and_behind_its_reports);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
