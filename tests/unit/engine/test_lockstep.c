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

START_TEST(what_belongs_to_an_event_comes_behind_it_and_nothing_behind_the_end)
{
    struct world *world = world_new(RUN_BACKTEST);
    struct tape tape = {.at = 0};
    struct lockstep_source source = {.ctx = &tape, .next = next_book};
    struct lockstep_config config = {.engine = world->engine,
                                     .sources = &source,
                                     .n_sources = 1,
                                     .data_latency_ns = 2 * MS,
                                     .mark_every = 1,
                                     .t_end = T0 + 2000 * MS};
    struct lockstep_result result;
    struct error err = {0};

    set_book(&tape, 0, T0 + 1000 * MS, 6000000);
    set_book(&tape, 1, T0 + 2000 * MS, 7000000); // not before the end
    ck_assert_msg(lockstep_run(&config, &result, &err) == AGON_OK, "%s", err.text);
    ck_assert_uint_eq(result.n_market, 1);
    // A mark stands behind it, and behind whatever was due until a minute had passed.
    ck_assert_uint_gt(engine_counters(world->engine)->n_marks, 0);
    ck_assert_uint_eq(engine_counters(world->engine)->n_marks * 2, result.n_events);
    world_free(world);
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

/* --- recordings, which say when each message was received --- */

struct recorded {
    const struct agon_event_hdr *events[8];
    int n, at;
};

static const struct agon_event_hdr *next_recorded(void *ctx)
{
    struct recorded *recorded = ctx;

    return recorded->at < recorded->n ? recorded->events[recorded->at++] : NULL;
}

static agon_ns_t t_heard[8]; /* of the books, at the core */
static int n_heard, has_bought;

// A plugin that buys at the market when it hears of the first book.
static int buy_on_book(void *ctx, uint64_t seq)
{
    struct world_slot *slot = ctx;
    const struct agon_event_hdr *event;

    while ((event = evring_peek(&slot->to_out, NULL)) != NULL) {
        if (slot->n_told < 4096)
            memcpy(&slot->told[slot->n_told++], event, event_bytes(event));
        evring_release(&slot->to_out);
    }
    if (!has_bought) {
        struct agon_intent_event wish = {
            .hdr = {.type = AGON_EVENT_INTENT, .granules = 2, .instrument = BTCUSDT},
            .origin = {.cause_seq = seq, .n_legs = 1},
            .intent = {.kind = AGON_INTENT_ORDER,
                       .side = AGON_BUY,
                       .type = AGON_MARKET,
                       .instrument = BTCUSDT,
                       .client_ref = 1,
                       .qty = 1000}};

        has_bought = 1;
        ck_assert_int_eq(evring_put(&slot->from_in, &wish.hdr), AGON_OK);
    }
    return AGON_OK;
}

static int hear(void *ctx, const struct agon_event_hdr *event, int rc)
{
    (void)ctx;
    (void)rc;
    if (event->type == AGON_EVENT_BOOK_SNAPSHOT && n_heard < 8)
        t_heard[n_heard++] = event->t;
    return AGON_OK;
}

/* The recorder hears the exchange 50 ms later. What is decided at the first message and takes 10 ms
 * is there at 60 ms of the exchange's time, and meets the book of 55 ms, of which the core hears at
 * 105 ms. The latency of market data is that of the recording alone. skew: the recorder's clock is
 * behind the exchange's by so much. */
static void recorded_run(agon_ns_t skew, agon_px_t expected)
{
    struct world *world = world_new(RUN_BACKTEST);
    struct paper_config paper_config = {.entry_ns = 10 * MS, .report_ns = 10 * MS};
    struct paper *paper = paper_new(&paper_config, engine_instruments(world->engine));
    struct venue_port port = paper_port(paper);
    struct tape tape = {.at = 0};
    struct recorded recorded = {.events = {&tape.books[0].part.hdr, &tape.books[1].part.hdr},
                                .n = 2};
    struct received received;
    struct lockstep_source source = {
        .ctx = &recorded, .next = next_recorded, .received = &received};
    struct lockstep_config config = {.engine = world->engine,
                                     .paper = paper,
                                     .sources = &source,
                                     .n_sources = 1,
                                     .data_latency_ns = 7 * MS,
                                     .on_step = hear};
    struct lockstep_result result;
    struct runner_port runner = world->ports[0];
    const struct told *fill;
    struct error err = {0};
    agon_ns_t t = T0 + 10000 * MS;

    n_heard = has_bought = 0;
    received_init(&received);
    ck_assert_int_eq(paper_add(paper, BTCUSDT), AGON_OK);
    engine_attach_venue(world->engine, 0, &port);
    runner.advance = buy_on_book;
    engine_attach_runner(world->engine, 0, &runner);
    set_book(&tape, 0, t, 6000000);
    set_book(&tape, 1, t + 55 * MS, 6050000);
    for (int i = 0; i < 2; i++)
        tape.books[i].part.hdr.t += 50 * MS - skew;
    ck_assert_msg(lockstep_run(&config, &result, &err) == AGON_OK, "%s", err.text);
    ck_assert_int_eq(t_heard[0], t + 50 * MS - skew);
    ck_assert_int_eq(t_heard[1], t + 105 * MS - skew);
    fill = world_last(world, 0, AGON_EVENT_FILL);
    ck_assert_ptr_nonnull(fill);
    ck_assert_int_eq(fill->u.fill.px, expected);
    ck_assert_int_eq(fill->u.hdr.t, t + 70 * MS - skew);
    ck_assert_int_eq((int64_t)received.n_stamped, 2);
    ck_assert_int_eq(received.least_ns, 50 * MS - skew);
    ck_assert_int_eq((int64_t)received.n_early, skew > 50 * MS ? 2 : 0);
    ck_assert_int_eq(received.clock_ns, skew > 50 * MS ? skew - 50 * MS : 0);
    paper_free(paper);
    world_free(world);
}

START_TEST(an_order_meets_the_book_that_the_exchange_has_by_then)
{
    recorded_run(0, 6050100);
}
END_TEST

/* A clock that runs 1.3 s behind makes every message one that came before it was sent: the fastest
 * of them took no time at least, and the book is as young as that allows. */
START_TEST(a_recorders_clock_that_is_behind_makes_no_message_early)
{
    recorded_run(1300 * MS, 6000100);
}
END_TEST

static struct agon_event_hdr message(agon_ns_t t, agon_ns_t t_venue)
{
    return (struct agon_event_hdr){
        .type = AGON_EVENT_QUOTE, .granules = 1, .t = t, .t_venue = t_venue};
}

START_TEST(times_at_the_exchange_follow_from_the_messages_so_far)
{
    static const struct {
        agon_ns_t t, t_venue, expected, clock; /* ms */
    } rows[] = {
        {1050, 1000, 1000, 0},     // believed
        {1060, 0, 1010, 0},        // no stamp: as long as the one before
        {1070, 1040, 1040, 0},     //
        {1080, 1030, 1040, 0},     // in the order of the file
        {1090, 1110, 1090, 20},    // received before it was sent: clocks differ by 20 ms
        {1140, 1110, 1090, 20},    // ... and from here on that is taken off
        {1200, 1190, 1170, 20},    //
        {60000, 1300, 50000, 20},  // no message takes longer than 10 s
        {60001, 0, 50001, 20},     //
        {60002, 60002, 59982, 20}, //
    };
    struct received received;

    received_init(&received);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct agon_event_hdr event =
            message(T0 + rows[i].t * MS, rows[i].t_venue != 0 ? T0 + rows[i].t_venue * MS : 0);

        ck_assert_msg(received_at(&received, &event) == T0 + rows[i].expected * MS, "row %zu", i);
        ck_assert_int_eq(received.clock_ns, rows[i].clock * MS);
    }
    ck_assert_int_eq((int64_t)received.n_early, 1);
    ck_assert_int_eq((int64_t)received.n_long, 1);
    ck_assert_int_eq(received.least_ns, -20 * MS);
    ck_assert_int_eq(received.most_ns, RECEIVED_MOST_NS);
    ck_assert_int_eq((int64_t)received.n, 10);
    ck_assert_int_eq((int64_t)received.n_stamped, 8);
}
END_TEST

static int n_passed;

static int pass_by(void *ctx, uint64_t seq)
{
    (void)ctx;
    (void)seq;
    n_passed++;
    return AGON_OK;
}

START_TEST(a_runner_is_passed_by_where_nothing_is_wanted)
{
    struct world *world = world_new(RUN_PAPER);
    struct runner_port runner = world->ports[1];
    struct record_slot record = world_slot_record(1);
    uint64_t n_advanced;

    record.subscription.event_mask = AGON_ON(AGON_EVENT_TRADE);
    record.subscription.n_instruments = 1; // BTCUSDT
    ck_assert_int_eq(world_step(world, &record), AGON_OK);
    runner.pass = pass_by;
    engine_attach_runner(world->engine, 1, &runner);
    world_trade(world, BTCUSDT, 6000000, 1000, AGON_BUY);
    n_advanced = world->slots[1].n_advanced;
    n_passed = 0;
    world_trade(world, ETHUSDT, 300000, 1000, AGON_BUY);
    world_book(world, BTCUSDT, 6000000, 90000000, 6000100, 100000000);
    ck_assert_uint_eq(world->slots[1].n_advanced, n_advanced);
    ck_assert_int_eq(n_passed, 2);
    world_trade(world, BTCUSDT, 6000000, 1000, AGON_SELL);
    ck_assert_uint_eq(world->slots[1].n_advanced, n_advanced + 1);
    ck_assert_int_eq(n_passed, 2);
    // Who is new is called, whatever there is; and who has no such function always.
    engine_attach_runner(world->engine, 1, &runner);
    world_trade(world, ETHUSDT, 300000, 1000, AGON_BUY);
    ck_assert_uint_eq(world->slots[1].n_advanced, n_advanced + 2);
    runner.pass = NULL;
    engine_attach_runner(world->engine, 1, &runner);
    world_trade(world, ETHUSDT, 300000, 1000, AGON_BUY);
    world_trade(world, ETHUSDT, 300000, 1000, AGON_BUY);
    ck_assert_uint_eq(world->slots[1].n_advanced, n_advanced + 4);
    world_free(world);
}
END_TEST

static int is_wished(void *ctx)
{
    return evring_used(&((struct world_slot *)ctx)->from_out) > 0;
}

START_TEST(an_engine_says_whether_a_ring_holds_an_intent)
{
    struct world *world = world_new(RUN_PAPER);
    struct runner_port runner = world->ports[1];
    struct agon_intent_event wish = {
        .hdr = {.type = AGON_EVENT_INTENT, .granules = 2, .instrument = BTCUSDT}};

    ck_assert(!engine_is_wished(world->engine));
    ck_assert_int_eq(evring_put(&world->slots[1].from_in, &wish.hdr), AGON_OK);
    ck_assert(!engine_is_wished(world->engine)); // nobody is asked
    runner.is_wished = is_wished;
    engine_attach_runner(world->engine, 1, &runner);
    ck_assert(engine_is_wished(world->engine));
    world_free(world);
}
END_TEST

/* --- much on its way --- */

struct flood { /* changes of a book, a millisecond apart, of many sizes */
    struct {
        struct agon_book_part part;
        struct agon_level levels[24];
    } event;
    int64_t n, at, delay_ms;
    int64_t n_heard, n_wrong;
};

static void flood_event(struct flood *flood, int64_t at)
{
    uint32_t n = (uint32_t)(at * 7 % 24) + 1;

    flood->event.part = (struct agon_book_part){.hdr = {.type = AGON_EVENT_BOOK_DELTA,
                                                        .granules = (uint8_t)(1 + (n + 3) / 4),
                                                        .instrument = BTCUSDT,
                                                        .t_venue = T0 + at * MS,
                                                        .t = T0 + at * MS},
                                                .n_bid = (uint16_t)n,
                                                .last_id = (uint64_t)at};
    for (uint32_t i = 0; i < n; i++)
        flood->event.levels[i] = (struct agon_level){6000000 - 100 * (agon_px_t)i, at + i + 1};
}

static const struct agon_event_hdr *next_of_flood(void *ctx)
{
    struct flood *flood = ctx;

    if (flood->at == flood->n)
        return NULL;
    flood_event(flood, flood->at++);
    return &flood->event.part.hdr;
}

static int hear_flood(void *ctx, const struct agon_event_hdr *event, int rc)
{
    struct flood *flood = ctx;
    const struct agon_book_part *part = (const void *)event;
    struct flood expected = {.n = 0};

    if (event->type != AGON_EVENT_BOOK_DELTA)
        return AGON_OK;
    flood_event(&expected, flood->n_heard);
    flood->n_wrong += rc < 0 || event->granules != expected.event.part.hdr.granules ||
                      event->t != T0 + (flood->n_heard + flood->delay_ms) * MS ||
                      part->last_id != (uint64_t)flood->n_heard ||
                      memcmp(part + 1, expected.event.levels, part->n_bid * 16u) != 0;
    flood->n_heard++;
    return AGON_OK;
}

static int run_flood(struct flood *flood)
{
    struct world *world = world_new(RUN_BACKTEST);
    struct lockstep_source source = {.ctx = flood, .next = next_of_flood};
    struct lockstep_config config = {.engine = world->engine,
                                     .sources = &source,
                                     .n_sources = 1,
                                     .data_latency_ns = flood->delay_ms * MS,
                                     .on_step = hear_flood,
                                     .ctx = flood};
    struct lockstep_result result;
    struct error err = {0};
    int rc = lockstep_run(&config, &result, &err);

    world_free(world);
    return rc;
}

/* Of 4.5 granules on average 110,000 events are 94 % of what may be on its way, and 300,000 go
 * round its end twice. */
START_TEST(much_on_its_way_arrives_whole_and_in_order)
{
    struct flood flood = {.n = 300000, .delay_ms = 110000};

    ck_assert_int_eq(run_flood(&flood), AGON_OK);
    ck_assert_int_eq(flood.n_heard, flood.n);
    ck_assert_int_eq(flood.n_wrong, 0);
}
END_TEST

START_TEST(too_much_on_its_way_ends_the_run)
{
    struct flood flood = {.n = 300000, .delay_ms = 125000};

    ck_assert_int_eq(run_flood(&flood), AGON_ENOMEM);
    ck_assert_int_eq(flood.n_wrong, 0);
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
    tcase_add_test(tcase, what_belongs_to_an_event_comes_behind_it_and_nothing_behind_the_end);
    tcase_add_test(tcase, a_bar_closes_before_anything_opens_and_behind_its_reports);
    tcase_add_test(tcase, an_order_meets_the_book_that_the_exchange_has_by_then);
    tcase_add_test(tcase, a_recorders_clock_that_is_behind_makes_no_message_early);
    tcase_add_test(tcase, times_at_the_exchange_follow_from_the_messages_so_far);
    tcase_add_test(tcase, a_runner_is_passed_by_where_nothing_is_wanted);
    tcase_add_test(tcase, an_engine_says_whether_a_ring_holds_an_intent);
    tcase_add_test(tcase, much_on_its_way_arrives_whole_and_in_order);
    tcase_add_test(tcase, too_much_on_its_way_ends_the_run);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
