// SPDX-License-Identifier: Apache-2.0
/* What comes from outside and is not what it should be: events, wishes, timers, stamps. It is
 * refused, counted, and nothing else happens. */
#include "engine/impl.h"
#include "world.h"

static struct world *world;

/* The state but for what numbering alone changes. */
static void digest_without_number(uint64_t seq, agon_ns_t t, unsigned char hash[HASH_SIZE])
{
    uint64_t seq_now = world->engine->seq;
    agon_ns_t t_now = world->engine->t;

    world->engine->seq = seq;
    world->engine->t = t;
    world_hash(world, hash);
    world->engine->seq = seq_now;
    world->engine->t = t_now;
}

static void nothing_but_a_number(void *event, const char *what)
{
    uint64_t seq = engine_seq(world->engine);
    agon_ns_t t = engine_t(world->engine);
    uint64_t n_bad = engine_counters(world->engine)->n_bad;
    unsigned char before[HASH_SIZE];
    unsigned char after[HASH_SIZE];
    struct agon_event_hdr *hdr = event;
    uint32_t n_cmds = world->n_cmds;
    int rc;

    hdr->t = 0;
    digest_without_number(seq, t, before);
    rc = world_step(world, event);
    ck_assert_msg(rc == AGON_EINVAL, "%s: %d", what, rc);
    ck_assert_uint_eq(engine_seq(world->engine), seq + 1);
    ck_assert_uint_eq(engine_counters(world->engine)->n_bad, n_bad + 1);
    digest_without_number(seq, t, after);
    ck_assert_msg(memcmp(before, after, HASH_SIZE) == 0, "%s changed the state", what);
    ck_assert_uint_eq(world->n_cmds, n_cmds);
}

static union {
    struct agon_event_hdr hdr;
    struct agon_status status;
    struct agon_book_part book;
    struct agon_quote quote;
    struct agon_trade trade;
    struct agon_bar bar;
    struct agon_instrument instrument;
    struct agon_intent_event intent;
    struct record_signal signal;
    struct record_command command;
    struct record_report report;
    struct record_account account;
    struct record_fills_read read;
    struct record_asset asset;
    struct record_valuation valuation;
    struct record_portfolio portfolio;
    struct record_slot slot;
    struct record_arm arm;
    struct record_due due;
    struct record_path path;
    struct record_step step;
    struct record_start start;
    unsigned char bytes[EVENT_BYTES_MAX];
} event;

#define BAD(of, granules_, instrument_, ...)                                                       \
    do {                                                                                           \
        memset(&event, 0, sizeof(event));                                                          \
        event.hdr.type = (of);                                                                     \
        event.hdr.granules = (granules_);                                                          \
        event.hdr.instrument = (instrument_);                                                      \
        __VA_ARGS__;                                                                               \
        nothing_but_a_number(&event, #of ": " #__VA_ARGS__);                                       \
    } while (0)

START_TEST(inv_30_malformed_events_are_refused_without_a_trace)
{
    struct agon_intent open = {.kind = AGON_INTENT_ORDER,
                               .side = AGON_BUY,
                               .type = AGON_LIMIT,
                               .instrument = BTCUSDT,
                               .px = 5990000,
                               .qty = 10000};
    uint64_t id;

    world = world_new(RUN_PAPER);
    world_wish(world, 0, &open);
    id = world->cmds[0].order_id;
    for (uint32_t type = 0; type < 70; type++) { // too short for its kind, or of no kind
        if (type != AGON_EVENT_STATUS && type != AGON_EVENT_QUOTE && type != AGON_EVENT_TRADE &&
            (type < AGON_EVENT_FUNDING || type > AGON_EVENT_OPEN_INTEREST) &&
            type != AGON_EVENT_HEALTH && type != EVENT_MARK && type != AGON_EVENT_BOOK_SNAPSHOT &&
            type != AGON_EVENT_BOOK_DELTA && type != EVENT_FILLS_READ)
            BAD((uint16_t)type, 1, BTCUSDT, event.bytes[40] = 0);
        BAD((uint16_t)type, 1, INSTRUMENTS_MAX + 1, (void)0);
    }
    BAD(65535, 255, 0, (void)0);
    BAD(AGON_EVENT_STATUS, 1, BTCUSDT, event.status.book = BOOK_STALE + 1);
    BAD(AGON_EVENT_STATUS, 1, BTCUSDT, event.status.trading = TRADING_HALTED + 1);
    BAD(AGON_EVENT_STATUS, 1, 0, event.status.book = BOOK_LIVE);
    BAD(AGON_EVENT_STATUS, 1, 3, event.status.book = BOOK_LIVE);
    BAD(AGON_EVENT_BOOK_DELTA, 1, BTCUSDT, event.book.n_bid = 1);
    BAD(AGON_EVENT_BOOK_DELTA, 1, BTCUSDT, event.book.n_bid = event.book.n_ask = UINT16_MAX);
    BAD(AGON_EVENT_BOOK_SNAPSHOT, 2, BTCUSDT, event.book.n_bid = 1);
    BAD(AGON_EVENT_BOOK_DELTA, 1, 9, (void)0);
    BAD(AGON_EVENT_QUOTE, 1, BTCUSDT, event.quote.bid_px = -1);
    BAD(AGON_EVENT_QUOTE, 1, BTCUSDT, event.quote.ask_qty = INT64_MIN);
    BAD(AGON_EVENT_QUOTE, 1, 9, event.quote.bid_px = 1);
    BAD(AGON_EVENT_TRADE, 1, BTCUSDT, event.trade.px = 0, event.trade.qty = 1);
    BAD(AGON_EVENT_TRADE, 1, BTCUSDT, event.trade.px = 1, event.trade.qty = -1);
    BAD(AGON_EVENT_TRADE, 1, BTCUSDT, event.trade.px = 1, event.trade.qty = 1,
        event.trade.side = 3);
    BAD(AGON_EVENT_BAR, 2, BTCUSDT, event.bar.close_px = 0);
    BAD(AGON_EVENT_BAR, 2, BTCUSDT, event.bar.close_px = 1, event.bar.length_s = 61);
    BAD(AGON_EVENT_BAR, 2, BTCUSDT,
        event.bar = (struct agon_bar){.hdr = event.hdr,
                                      .t_open = T0 + 86400 * (agon_ns_t)1000 * 1000 * MS,
                                      .length_s = 60,
                                      .open_px = 1,
                                      .high_px = 1,
                                      .low_px = 1,
                                      .close_px = 1}); // a bar of the future
    BAD(AGON_EVENT_INSTRUMENT, 3, BTCUSDT, event.instrument.tick_px = 0);
    BAD(AGON_EVENT_INSTRUMENT, 3, 3, event.instrument = world_instrument(3),
        event.instrument.symbol[0] = 'X'); // not configured at the start
    BAD(AGON_EVENT_INTENT, 2, 0, event.intent.origin.slot = WORLD_SLOTS);
    BAD(AGON_EVENT_INTENT, 2, 0, event.intent.origin.slot = UINT16_MAX);
    BAD(AGON_EVENT_SIGNAL, 6, 0, event.signal.origin.slot = 9);
    BAD(AGON_EVENT_SIGNAL, 6, 0, event.signal.signal.text_len = 201);
    BAD(AGON_EVENT_SIGNAL, 6, 0, event.signal.signal.confidence = 1.5);
    BAD(AGON_EVENT_SIGNAL, 6, 0, event.signal.signal.confidence = 0.0 / 0.0);
    BAD(AGON_EVENT_SIGNAL, 6, 0, event.signal.signal.value = 1e308 * 10);
    BAD(AGON_EVENT_SIGNAL, 6, 0, event.signal.signal.p_up = 0.5);
    BAD(AGON_EVENT_SIGNAL, 6, 0, event.signal.signal.p_up = -0.5, event.signal.signal.p_flat = 1.0,
        event.signal.signal.p_down = 0.5);
    BAD(AGON_EVENT_SIGNAL, 6, 0, event.signal.signal.p_flat = 2.0);
    BAD(AGON_EVENT_SIGNAL, 6, 0, event.signal.signal.p_down = -1.0);
    BAD(AGON_EVENT_SIGNAL, 6, 0, event.signal.signal.hdr.instrument = INSTRUMENTS_MAX + 1);
    for (int kind = 0; kind < 12; kind++) { // of nothing that there is
        BAD(AGON_EVENT_COMMAND, 1, 0,
            event.command.kind = (uint8_t)(kind == COMMAND_KILL || kind == COMMAND_STOP ? 0 : kind),
            event.command.scope = SCOPE_SLOT, event.command.id = 9, event.command.value = 1,
            event.command.which = 1);
        BAD(AGON_EVENT_COMMAND, 1, 0,
            event.command.kind = (uint8_t)(kind == COMMAND_KILL || kind == COMMAND_STOP ? 0 : kind),
            event.command.scope = SCOPE_SLOT, event.command.id = 65536, event.command.value = 1,
            event.command.which = 1);
        if (kind > 4)
            continue;
        BAD(AGON_EVENT_COMMAND, 1, 0, event.command.kind = (uint8_t)kind);
        BAD(AGON_EVENT_COMMAND, 1, 0, event.command.kind = (uint8_t)kind, event.command.scope = 5);
        BAD(AGON_EVENT_COMMAND, 1, 0, event.command.kind = (uint8_t)kind,
            event.command.scope = SCOPE_INSTRUMENT, event.command.id = 3);
        BAD(AGON_EVENT_COMMAND, 1, 0, event.command.kind = (uint8_t)kind,
            event.command.scope = SCOPE_INSTRUMENT);
        BAD(AGON_EVENT_COMMAND, 1, 0, event.command.kind = (uint8_t)kind,
            event.command.scope = SCOPE_VENUE, event.command.id = VENUES_MAX + 1);
    }
    BAD(AGON_EVENT_COMMAND, 1, 0, event.command.kind = COMMAND_SLOT_CONDITION,
        event.command.value = CONDITION_RETIRED + 1);
    BAD(AGON_EVENT_COMMAND, 1, 0, event.command.kind = COMMAND_SLOT_STAGE, event.command.value = 0);
    BAD(AGON_EVENT_COMMAND, 1, 0, event.command.kind = COMMAND_LIMIT,
        event.command.which = LIMIT_ORDER_AMT, event.command.value = -1);
    BAD(AGON_EVENT_COMMAND, 1, 0, event.command.kind = COMMAND_LIMIT,
        event.command.which = LIMIT_DRAWDOWN_PPM, event.command.value = (int64_t)1 << 32);
    BAD(AGON_EVENT_COMMAND, 1, 0, event.command.kind = COMMAND_LIMIT, event.command.which = 200);
    BAD(EVENT_REPORT, 2, BTCUSDT, event.report.order_id = id);
    BAD(EVENT_REPORT, 2, BTCUSDT, event.report.order_id = id, event.report.kind = 15);
    BAD(EVENT_REPORT, 2, ETHUSDT, event.report.order_id = id, event.report.kind = REPORT_ACK);
    BAD(EVENT_REPORT, 2, BTCUSDT, event.report.order_id = id, event.report.kind = REPORT_ACK,
        event.report.account = 1);
    BAD(EVENT_REPORT, 2, BTCUSDT, event.report.order_id = id, event.report.kind = REPORT_ACK,
        event.report.account = ACCOUNTS_MAX);
    BAD(EVENT_REPORT, 2, BTCUSDT, event.report.order_id = id, event.report.kind = REPORT_FILL,
        event.report.qty = -1);
    BAD(EVENT_REPORT, 2, BTCUSDT, event.report.order_id = id, event.report.kind = REPORT_FILL,
        event.report.px = INT64_MIN);
    BAD(EVENT_REPORT, 2, BTCUSDT, event.report.order_id = id, event.report.kind = REPORT_FILL,
        event.report.cum_qty = -1);
    BAD(EVENT_REPORT, 2, BTCUSDT, event.report.order_id = id, event.report.kind = REPORT_FILL,
        event.report.side = 3);
    BAD(EVENT_ACCOUNT, 1, 0, event.account.asset = 4);
    BAD(EVENT_ACCOUNT, 1, 0, event.account.asset = USDT, event.account.account = ACCOUNTS_MAX);
    BAD(EVENT_FILLS_READ, 1, 0, event.read.venue_fill = 7);
    BAD(EVENT_FILLS_READ, 1, 9, event.read.venue_fill = 7);
    BAD(EVENT_FILLS_READ, 1, BTCUSDT, event.read.account = ACCOUNTS_MAX);
    BAD(EVENT_CONFIG, 1, 0, event.asset.kind = 99);
    ck_assert_uint_gt(world_alerts(world, ALERT_CONFIG), 0);
    BAD(EVENT_CONFIG, 1, BTCUSDT, event.valuation.kind = CONFIG_VALUATION,
        event.valuation.asset = USDT);
    BAD(EVENT_CONFIG, sizeof(event.portfolio) / EVENT_GRANULE, 0,
        event.portfolio.kind = CONFIG_PORTFOLIO, event.portfolio.limits.gross_amt = -1);
    BAD(EVENT_CONFIG, 1, 0, event.asset.kind = CONFIG_ASSET, event.asset.asset = 9);
    BAD(EVENT_CONFIG, 1, 0, event.asset.kind = CONFIG_SLOT);
    BAD(EVENT_CONFIG, sizeof(event.slot) / EVENT_GRANULE, 0,
        event.slot = world_slot_record(SLOTS_MAX));
    BAD(EVENT_CONFIG, sizeof(event.slot) / EVENT_GRANULE, 0, event.slot = world_slot_record(3),
        event.slot.account = ACCOUNTS_MAX);
    BAD(EVENT_CONFIG, sizeof(event.slot) / EVENT_GRANULE, 0, event.slot = world_slot_record(3),
        event.slot.subscription.instruments[1] = 3);
    BAD(EVENT_CONFIG, sizeof(event.slot) / EVENT_GRANULE, 0, event.slot = world_slot_record(3),
        event.slot.subscription.n_instruments = 33);
    BAD(EVENT_CONFIG, sizeof(event.slot) / EVENT_GRANULE, 0, event.slot = world_slot_record(0),
        event.slot.account = 1);
    BAD(EVENT_CONFIG, sizeof(event.slot) / EVENT_GRANULE, 0, event.slot = world_slot_record(3),
        event.slot.name[5] = '1');
    BAD(EVENT_CONFIG, sizeof(event.slot) / EVENT_GRANULE, 0, event.slot = world_slot_record(3),
        event.slot.stage = 0);
    BAD(EVENT_ARM, 2, 0, event.arm.origin.slot = 9, event.arm.id = 1);
    BAD(EVENT_ARM, 2, 0, event.arm.id = 0);
    BAD(EVENT_ARM, 2, 0, event.arm.id = 1, event.arm.every_ns = -1);
    BAD(EVENT_ARM, 2, 0, event.arm.id = 1, event.arm.every_ns = 999999);
    BAD(EVENT_START, 1, 0, event.start.run = 1, event.start.mode = RUN_PAPER);
    BAD(EVENT_START, 1, 0, event.start.run = 65536, event.start.mode = RUN_PAPER);
    BAD(EVENT_START, 1, 0, event.start.run = 2, event.start.mode = 0);
    BAD(EVENT_START, 1, 0, event.start.run = 2, event.start.mode = RUN_DST + 1);
    // Of no length: it cannot even be numbered.
    memset(&event, 0, sizeof(event));
    event.hdr.type = AGON_EVENT_TRADE;
    {
        uint64_t seq = engine_seq(world->engine);

        ck_assert_int_eq(engine_step(world->engine, &event.hdr), AGON_EINVAL);
        ck_assert_uint_eq(engine_seq(world->engine), seq);
    }
    world_holds(world);
    world_free(world);
}
END_TEST

START_TEST(only_what_is_due_is_due)
{
    struct record_arm arm = {.hdr = {.type = EVENT_ARM, .granules = 2},
                             .origin = {.slot = 1},
                             .id = 3,
                             .t_at = T0 + 5 * MS,
                             .cookie = 99};
    struct record_due right;

    world = world_new(RUN_PAPER);
    world_step(world, &arm);
    engine_due(world->engine, &right);
    ck_assert_uint_eq(right.kind, DUE_TIMER);
    BAD(EVENT_DUE, 1, 0, event.due = right); // too early
    world->t = T0 + 5 * MS;
    BAD(EVENT_DUE, 1, 0, event.due = right, event.due.kind = DUE_SAMPLE);
    BAD(EVENT_DUE, 1, 0, event.due = right, event.due.kind = 0);
    BAD(EVENT_DUE, 1, 0, event.due = right, event.due.id = 4);
    BAD(EVENT_DUE, 1, 0, event.due = right, event.due.slot = 2);
    BAD(EVENT_DUE, 1, 0, event.due = right, event.due.cookie = 98);
    BAD(EVENT_DUE, 1, 0, event.due = right, event.due.t_due--);
    BAD(EVENT_DUE, 1, 0, event.due = right, event.due.hdr.instrument = 1);
    right.hdr.t = 0;
    ck_assert_int_eq(world_step(world, &right), AGON_OK);
    ck_assert_uint_eq(world_last(world, 1, AGON_EVENT_TIMER)->u.timer.cookie, 99);
    BAD(EVENT_DUE, 1, 0, event.due = right); // once is once
    world_free(world);
}
END_TEST

/* A path is told of bars with paths, and has a price. */
START_TEST(a_path_is_of_bars_and_has_a_price)
{
    world = world_new(RUN_PAPER);
    BAD(EVENT_PATH, 1, BTCUSDT, event.path.kind = PATH_POINT, event.path.px = 5); // no bars
    BAD(EVENT_PATH, 1, 0, event.path.kind = PATH_POINT, event.path.px = 5);
    BAD(EVENT_CONFIG, 1, BTCUSDT, event.step.kind = CONFIG_STEP, event.step.is_bars = 3,
        event.step.step_ns = 60000 * MS);
    BAD(EVENT_CONFIG, 1, BTCUSDT, event.step.kind = CONFIG_STEP, event.step.is_bars = STEP_PATHS,
        event.step.step_ns = 60000 * MS + 1);
    memset(&event, 0, sizeof(event));
    event.step =
        (struct record_step){.hdr = {.type = EVENT_CONFIG, .granules = 1, .instrument = BTCUSDT},
                             .kind = CONFIG_STEP,
                             .is_bars = STEP_PATHS,
                             .step_ns = 60000 * MS};
    ck_assert_int_eq(world_step(world, &event.step), AGON_OK);
    BAD(EVENT_PATH, 1, BTCUSDT, event.path.kind = PATH_POINT);
    BAD(EVENT_PATH, 1, BTCUSDT, event.path.kind = PATH_POINT, event.path.px = -1);
    BAD(EVENT_PATH, 1, BTCUSDT, event.path.px = 5);
    BAD(EVENT_PATH, 1, BTCUSDT, event.path.kind = PATH_END + 1, event.path.px = 5);
    memset(&event, 0, sizeof(event));
    event.path =
        (struct record_path){.hdr = {.type = EVENT_PATH, .granules = 1, .instrument = BTCUSDT},
                             .kind = PATH_POINT,
                             .px = 5,
                             .slots = ~(uint64_t)0}; // of slots that nobody has, too
    ck_assert_int_eq(world_step(world, &event.path), AGON_OK);
    world_free(world);
}
END_TEST

START_TEST(timers_at_the_ends_of_time_and_beyond_the_slots_share)
{
    struct record_arm arm = {.hdr = {.type = EVENT_ARM, .granules = 2},
                             .origin = {.slot = 0},
                             .id = 1,
                             .t_at = INT64_MIN,
                             .every_ns = INT64_MAX};

    world = world_new(RUN_PAPER);
    ck_assert_int_eq(world_step(world, &arm), AGON_OK);
    ck_assert_int_eq(engine_next_due(world->engine), T0); // at once, not before the beginning
    world_due(world, T0 + 1);
    ck_assert_uint_eq(engine_counters(world->engine)->n_timers, 1);
    ck_assert_int_gt(engine_next_due(world->engine), T0 + 1000 * MS); // and not again
    arm.id = 2;
    arm.t_at = INT64_MAX;
    arm.every_ns = 0;
    arm.hdr.t = 0;
    ck_assert_int_eq(world_step(world, &arm), AGON_OK);
    // A slot's share, and another's is its own.
    arm.t_at = T0 + (agon_ns_t)3600 * 1000 * MS;
    for (uint32_t id = 3; id <= 64; id++) {
        arm.id = id;
        arm.hdr.t = 0;
        ck_assert_int_eq(world_step(world, &arm), AGON_OK);
    }
    arm.id = 65;
    arm.hdr.t = 0;
    ck_assert_uint_eq(world_alerts(world, ALERT_TIMERS), 0);
    ck_assert_int_eq(world_step(world, &arm), AGON_EINVAL);
    ck_assert_uint_eq(world_alerts(world, ALERT_TIMERS), 1);
    arm.id = 64; // armed anew: the same one
    arm.hdr.t = 0;
    ck_assert_int_eq(world_step(world, &arm), AGON_OK);
    arm.origin.slot = 1;
    arm.hdr.t = 0;
    ck_assert_int_eq(world_step(world, &arm), AGON_OK);
    arm.is_disarm = 1;
    arm.origin.slot = 0;
    for (uint32_t id = 1; id <= 70; id++) {
        arm.id = id;
        arm.hdr.t = 0;
        ck_assert_int_eq(world_step(world, &arm), AGON_OK);
    }
    ck_assert_uint_eq(world->engine->timers.n, 1);
    // A timer that is late comes once and keeps its step.
    arm = (struct record_arm){.hdr = {.type = EVENT_ARM, .granules = 2},
                              .id = 1,
                              .t_at = T0 + 10 * MS,
                              .every_ns = 10 * MS};
    world_step(world, &arm);
    world->t = T0 + 1005 * MS;
    world_book(world, BTCUSDT, 6000000, 100000000, 6000100, 100000000);
    {
        struct record_due due;
        uint64_t n = engine_counters(world->engine)->n_timers;

        engine_due(world->engine, &due);
        ck_assert_int_eq(due.t_due, T0 + 10 * MS);
        world_step(world, &due);
        ck_assert_int_eq(engine_next_due(world->engine), T0 + 1010 * MS);
        ck_assert_uint_eq(engine_counters(world->engine)->n_timers, n + 1);
    }
    world_free(world);
}
END_TEST

static void put(struct evring *ring, const void *record)
{
    ck_assert_int_eq(evring_put(ring, record), AGON_OK);
}

START_TEST(a_plugin_can_wish_for_what_plugins_wish_and_only_for_itself)
{
    _Alignas(64) unsigned char room[ENGINE_WISH_BYTES];
    struct agon_event_hdr *wish = (void *)room;
    struct evring *ring;
    struct agon_intent_event intent = {
        .hdr = {.type = AGON_EVENT_INTENT, .granules = 2},
        .origin = {.slot = 0, .n_legs = 1}, // another's
        .intent = {.kind = AGON_INTENT_ORDER, .instrument = BTCUSDT}};
    static const uint16_t never[] = {
        EVENT_FILLS_READ, EVENT_REPORT, EVENT_ACCOUNT,      EVENT_CONFIG,     EVENT_START,
        EVENT_MARK,       EVENT_DUE,    AGON_EVENT_COMMAND, AGON_EVENT_TRADE, AGON_EVENT_FILL};

    world = world_new(RUN_PAPER);
    ring = &world->slots[2].from_in;
    ck_assert_int_eq(engine_take_wish(world->engine, 2, wish), 0);
    ck_assert_int_eq(engine_take_wish(world->engine, SLOTS_MAX, wish), 0);
    ck_assert_int_eq(engine_take_wish(world->engine, 40, wish), 0);
    put(ring, &intent);
    ck_assert_int_eq(engine_take_wish(world->engine, 2, wish), 1);
    ck_assert_uint_eq(((struct agon_intent_event *)(void *)room)->origin.slot, 2);
    for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
        memset(&event, 0, sizeof(event));
        event.hdr.type = never[i];
        event.hdr.granules = 2;
        put(ring, &event);
        ck_assert_int_eq(engine_take_wish(world->engine, 2, wish), AGON_EINVAL);
    }
    for (uint8_t n = 1; n < 40; n++) { // an intent of every length but its own
        memset(&event, 0, sizeof(event));
        event.hdr.type = n == 2 ? EVENT_ARM + 1 : AGON_EVENT_INTENT;
        event.hdr.granules = n;
        put(ring, &event);
        ck_assert_int_eq(engine_take_wish(world->engine, 2, wish), AGON_EINVAL);
    }
    ck_assert_uint_eq(engine_counters(world->engine)->n_bad_wishes, 10 + 39);
    put(ring, &intent);
    ck_assert_int_eq(engine_take_wish(world->engine, 2, wish), 1);
    // A cursor that jumps beyond the ring.
    atomic_store(&ring->shm->tail, (uint64_t)1 << 40);
    ck_assert_int_eq(engine_take_wish(world->engine, 2, wish), AGON_ECORRUPT);
    world_free(world);
}
END_TEST

START_TEST(no_stamp_of_a_venue_ends_minutes_that_are_not_over)
{
    struct agon_trade trade = {
        .hdr = {.type = AGON_EVENT_TRADE, .granules = 1, .instrument = BTCUSDT, .t_venue = T0},
        .px = 6000000,
        .qty = 1};
    struct record_start start = {
        .hdr = {.type = EVENT_START, .granules = 1}, .run = 2, .mode = RUN_PAPER};
    struct bus_reader reader;
    static union {
        struct agon_bar bar;
        unsigned char bytes[EVENT_BYTES_MAX];
    } out;
    uint64_t granules;
    uint64_t at;
    uint64_t n_minutes = 0;
    agon_ns_t next = T0;

    world = world_new(RUN_PAPER);
    ck_assert_int_eq(bus_reader_attach(&reader, engine_bus(world->engine, &granules, &at), 1 << 16),
                     AGON_OK);
    world_step(world, &trade);
    // Ten minutes, a day, a week and a century ahead: the receipt's time counts.
    for (int i = 0; i < 4; i++) {
        static const agon_ns_t ahead_s[] = {600, 86400, 604800, 3155760000};

        trade.hdr.t_venue = T0 + ahead_s[i] * 1000 * MS;
        trade.hdr.t = 0;
        ck_assert_int_eq(world_step(world, &trade), AGON_OK);
    }
    ck_assert_uint_eq(world->engine->markets[BTCUSDT].bars.n_late, 0);
    ck_assert_uint_eq(world->engine->markets[BTCUSDT].bars.open[0].n_trades, 5);
    // The host sleeps and is told of a new run before what was due meanwhile: an hour and a half is
    // filled minute by minute in one event, three days and a year are a hole.
    for (uint32_t run = 2; run < 5; run++) {
        static const agon_ns_t asleep_s[] = {5400, 3 * 86400, 365 * 86400};

        world->t += asleep_s[run - 2] * 1000 * MS;
        start.run = run;
        start.hdr.t = 0;
        ck_assert_int_eq(world_step(world, &start), AGON_OK);
        world_due(world, world->t + 1);
        for (int rc; (rc = bus_next(&reader, &out.bar.hdr)) != 0;) {
            ck_assert_int_eq(rc, 1);
            if (out.bar.hdr.type != AGON_EVENT_BAR || out.bar.length_s != 60)
                continue;
            ck_assert_int_eq(out.bar.t_open, next);
            next += (agon_ns_t)60 * 1000 * MS;
            n_minutes++;
        }
        ck_assert_uint_eq(n_minutes, run == 2 ? 89 : 89 + run - 2);
        next = world->engine->markets[BTCUSDT].bars.open[0].t_open;
    }
    // So does a trade after a day in which nothing that was due was offered.
    world->t += (agon_ns_t)86400 * 1000 * MS;
    trade.hdr.t_venue = world->t;
    trade.hdr.t = 0;
    ck_assert_int_eq(world_step(world, &trade), AGON_OK);
    world_due(world, world->t + 120000 * MS);
    world_free(world);
}
END_TEST

START_TEST(a_full_journal_leaves_no_trace)
{
    struct engine_config config = {.state_bytes = (uint64_t)4 << 20, .bus_granules = 1 << 14};
    struct journal_buffer buffer;
    struct engine *engine;
    struct record_asset asset = {.hdr = {.type = EVENT_CONFIG, .granules = 1},
                                 .kind = CONFIG_ASSET,
                                 .asset = 1,
                                 .name = "A"};
    struct agon_event_hdr health = {.type = AGON_EVENT_HEALTH, .granules = 1};
    unsigned char bytes[64] = {0};
    unsigned char before[HASH_SIZE];
    unsigned char after[HASH_SIZE];
    struct agon_event_hdr *hdr = (void *)bytes;
    uint64_t seq;

    ck_assert_int_eq(journal_buffer_init(&buffer, 65536, 1), AGON_OK);
    config.journal = &buffer;
    ck_assert_int_eq(engine_new(&engine, &config, NULL), AGON_OK);
    ck_assert_int_eq(engine_step(engine, &asset.hdr), AGON_OK);
    for (int i = 0; i < 1023; i++) {
        memcpy(bytes, &health, sizeof(health));
        ck_assert_int_eq(engine_step(engine, hdr), AGON_OK);
        ck_assert_uint_eq(hdr->seq, (uint64_t)i + 2);
    }
    ck_assert_int_eq(engine_hash(engine, before), AGON_OK);
    seq = engine_seq(engine);
    hdr->t = 5000;
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(engine_step(engine, hdr), AGON_EAGAIN);
        ck_assert_int_eq(engine_hash(engine, after), AGON_OK);
        ck_assert_mem_eq(before, after, HASH_SIZE);
        ck_assert_uint_eq(engine_seq(engine), seq);
        ck_assert_int_eq(engine_t(engine), 0);
    }
    journal_take_release(&buffer, journal_take_limit(&buffer));
    ck_assert_int_eq(engine_step(engine, hdr), AGON_OK);
    ck_assert_uint_eq(engine_seq(engine), 1025);
    ck_assert_int_eq(engine_t(engine), 5000);
    // Time never goes back, whatever a source says (inv-25).
    hdr->t = 3;
    ck_assert_int_eq(engine_step(engine, hdr), AGON_OK);
    ck_assert_int_eq(hdr->t, 5000);
    // What comes out of a journal has to be the next one.
    hdr->seq = 1028;
    ck_assert_int_eq(engine_step_recorded(engine, hdr), AGON_ERANGE);
    hdr->seq = 1027;
    hdr->t = 4999;
    ck_assert_int_eq(engine_step_recorded(engine, hdr), AGON_ERANGE);
    hdr->t = 5001;
    ck_assert_int_eq(engine_step_recorded(engine, hdr), AGON_OK);
    engine_free(engine);
    journal_buffer_deinit(&buffer);
}
END_TEST

START_TEST(bad_configurations_make_no_engine)
{
    struct engine_config config = {.max_orders = 3};
    struct engine *engine;
    struct error err = {0};

    ck_assert_int_eq(engine_new(&engine, &config, &err), AGON_ENOMEM);
    ck_assert_ptr_null(engine);
    config = (struct engine_config){.bus_granules = 1000};
    ck_assert_int_lt(engine_new(&engine, &config, &err), 0);
    ck_assert_ptr_null(engine);
    config = (struct engine_config){.bus_granules = 1 << 14, .state_bytes = 64};
    ck_assert_int_eq(engine_new(&engine, &config, &err), AGON_OK);
    {
        unsigned char hash[HASH_SIZE];
        struct record_mark mark;

        ck_assert_int_eq(engine_hash(engine, hash), AGON_ENOSPC); // said, not overrun
        ck_assert_int_eq(engine_make_mark(engine, &mark), AGON_ENOSPC);
        // A journal may hold more than is configured: then there is more room, and never less.
        ck_assert_int_eq(engine_state_widen(engine, 1 << 20), AGON_OK);
        ck_assert_int_eq(engine_make_mark(engine, &mark), AGON_OK);
        ck_assert_int_eq(engine_state_widen(engine, 64), AGON_OK);
        ck_assert_int_eq(engine_hash(engine, hash), AGON_OK);
        ck_assert_mem_eq(hash, mark.hash, HASH_SIZE);
    }
    engine_free(engine);
    engine_free(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine_hostile");
    TCase *tcase = tcase_create("hostile");
    SRunner *runner;
    int n_failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, inv_30_malformed_events_are_refused_without_a_trace);
    tcase_add_test(tcase, only_what_is_due_is_due);
    tcase_add_test(tcase, a_path_is_of_bars_and_has_a_price);
    tcase_add_test(tcase, timers_at_the_ends_of_time_and_beyond_the_slots_share);
    tcase_add_test(tcase, a_plugin_can_wish_for_what_plugins_wish_and_only_for_itself);
    tcase_add_test(tcase, no_stamp_of_a_venue_ends_minutes_that_are_not_over);
    tcase_add_test(tcase, a_full_journal_leaves_no_trace);
    tcase_add_test(tcase, bad_configurations_make_no_engine);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? 0 : 1;
}
