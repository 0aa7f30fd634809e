// SPDX-License-Identifier: Apache-2.0
/* Recorded books, quotes and trades of one source go to exchange and core in one go, up to what has
 * something else before it; what nobody hears of is not on the bus, and no turn is asked for it.
 * Beside it each turn by itself, and a host with a runner that is called for everything: of drawn
 * recordings, subscriptions, orders, exits and latencies all come to the same steps in the same
 * order, the same calls of runners, the same private events and the same state. A price that is
 * said to be the book's best is held to the book at each step. */
struct world;
static void add_samples(struct world *world);
#define WORLD_MORE add_samples
#include "world.h"

#include "base/rng.h"
#include "engine/impl.h"
#include "engine/received.h"

#define CASES  60
#define EVENTS 1500
#define COIN   100000

enum mode { MODE_AT_ONCE, MODE_TURNS, MODE_WHOLE, MODES };

struct drawn_event {
    union {
        struct agon_event_hdr hdr;
        struct agon_quote quote;
        struct agon_trade trade;
        struct agon_status status;
        struct agon_value value;
        struct {
            struct agon_book_part part;
            struct agon_level levels[12];
        } book;
    } u;
};
struct drawn {
    uint64_t seed;
    int is_received;
    agon_ns_t data_ns;
    struct paper_config paper;
    uint64_t masks[2];
    struct drawn_event events[EVENTS];
    int at;
};
struct outcome {
    uint64_t steps, calls, told, n_events, n_fills, n_calls, n_orders, n_best;
    unsigned char state[HASH_SIZE];
};

static struct outcome *out;
static struct world *world;
static struct drawn drawn;
static const struct runner_turn *turn;

static void add_samples(struct world *of)
{
    struct record_samples samples = {
        .hdr = {.type = EVENT_CONFIG, .granules = 1}, .kind = CONFIG_SAMPLES, .is_within = 1};

    ck_assert_int_eq(world_step(of, &samples), AGON_OK);
}

static void mix(uint64_t *hash, const void *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        *hash = (*hash ^ ((const unsigned char *)bytes)[i]) * 0x100000001b3u;
}

/* --- what is drawn --- */

static uint32_t draw_levels(struct rng *rng, struct agon_level *levels, uint32_t n, agon_px_t from,
                            int sign)
{
    for (uint32_t i = 0; i < n; i++)
        levels[i] = (struct agon_level){
            from + sign * (agon_px_t)rng_below(rng, 30),
            rng_chance(rng, 400000) ? 0 : (agon_qty_t)(1 + rng_below(rng, 20)) * COIN};
    return n;
}

static void draw_book(struct rng *rng, struct drawn_event *event, agon_px_t middle, int is_snapshot)
{
    struct agon_book_part *part = &event->u.book.part;

    event->u.hdr.type = is_snapshot ? AGON_EVENT_BOOK_SNAPSHOT : AGON_EVENT_BOOK_DELTA;
    part->flags = is_snapshot ? BOOK_PART_FIRST | BOOK_PART_LAST : 0;
    // Now and then a side is empty, or both cross.
    part->n_bid = (uint16_t)draw_levels(rng, event->u.book.levels, (uint32_t)rng_below(rng, 6),
                                        middle - 1 + (rng_chance(rng, 20000) ? 20 : 0), -1);
    part->n_ask = (uint16_t)draw_levels(rng, event->u.book.levels + part->n_bid,
                                        (uint32_t)rng_below(rng, 6), middle + 1, 1);
    event->u.hdr.granules =
        (uint8_t)((sizeof(*part) + (part->n_bid + part->n_ask) * sizeof(struct agon_level) + 63) /
                  64);
}

static void draw_event(struct rng *rng, struct drawn_event *event, agon_px_t middle, int is_first)
{
    uint64_t kind = is_first ? 0 : rng_below(rng, 100);

    event->u.hdr.granules = 1;
    if (kind < 2) {
        draw_book(rng, event, middle, 1);
    } else if (kind < 25) {
        draw_book(rng, event, middle, 0);
    } else if (kind < 70) {
        event->u.hdr.type = AGON_EVENT_QUOTE;
        event->u.quote.bid_px = middle - 1 - (agon_px_t)rng_below(rng, 3);
        event->u.quote.ask_px = middle + 1 + (agon_px_t)rng_below(rng, 3);
        event->u.quote.bid_qty = event->u.quote.ask_qty = COIN;
    } else if (kind < 97) {
        event->u.hdr.type = AGON_EVENT_TRADE;
        event->u.trade.px = middle + (agon_px_t)rng_below(rng, 9) - 4;
        event->u.trade.qty = (agon_qty_t)(1 + rng_below(rng, 30)) * COIN;
        event->u.trade.side = rng_below(rng, 2) == 0 ? AGON_BUY : AGON_SELL;
    } else if (kind < 98) {
        event->u.hdr.type = AGON_EVENT_STATUS;
        event->u.status.book = rng_below(rng, 2) == 0 ? AGON_BOOK_STALE : AGON_BOOK_LIVE;
    } else if (kind < 99) {
        event->u.hdr.type = AGON_EVENT_MARK;
        event->u.value.value = middle;
    } else {
        event->u.hdr.type = AGON_EVENT_QUOTE; // refused
        event->u.quote.bid_px = -1;
    }
}

static uint64_t draw_mask(struct rng *rng)
{
    static const uint16_t types[] = {AGON_EVENT_QUOTE, AGON_EVENT_TRADE, AGON_EVENT_TOP10,
                                     AGON_EVENT_BOOK_DELTA, AGON_EVENT_BOOK_SNAPSHOT};
    uint64_t mask = AGON_ON(AGON_EVENT_FILL) | AGON_ON(AGON_EVENT_ORDER);

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        mask |= rng_chance(rng, 350000) ? AGON_ON(types[i]) : 0;
    return mask;
}

static void draw(uint64_t seed)
{
    static const agon_ns_t delays[] = {0, MS, 5 * MS, 40 * MS};
    agon_ns_t t = T0 + 1000 * MS;
    agon_px_t middle = 6000000;
    struct rng rng;

    memset(&drawn, 0, sizeof(drawn));
    rng_init(&rng, seed);
    drawn.seed = seed;
    drawn.is_received = rng_below(&rng, 2) == 0;
    drawn.data_ns = delays[rng_below(&rng, 4)];
    drawn.paper = (struct paper_config){.entry_ns = delays[rng_below(&rng, 4)],
                                        .report_ns = delays[rng_below(&rng, 4)]};
    for (int i = 0; i < 2; i++)
        drawn.masks[i] = draw_mask(&rng);
    for (int i = 0; i < EVENTS; i++) {
        struct agon_event_hdr *hdr = &drawn.events[i].u.hdr;

        t += rng_chance(&rng, 400000) ? 0 : (agon_ns_t)rng_below(&rng, 20) * MS;
        t += rng_chance(&rng, 5000) ? 70000 * MS : 0;
        middle += (agon_px_t)rng_below(&rng, 5) - 2;
        draw_event(&rng, &drawn.events[i], middle, i == 0);
        hdr->instrument = BTCUSDT;
        hdr->t = t;
        hdr->t_venue = t - (agon_ns_t)rng_below(&rng, 30) * MS;
    }
}

static const struct agon_event_hdr *next_drawn(void *ctx)
{
    (void)ctx;
    return drawn.at < EVENTS ? &drawn.events[drawn.at++].u.hdr : NULL;
}

/* --- a plugin: what it wants depends on the step in which it is called, and on nothing else --- */

static void want(struct world_slot *slot, uint16_t id, uint64_t seq)
{
    struct agon_origin origin = {.cause_seq = seq, .n_legs = 1};
    struct agon_intent_event order = {
        .hdr = {.type = AGON_EVENT_INTENT, .granules = 2, .instrument = BTCUSDT},
        .origin = origin,
        .intent = {.kind = AGON_INTENT_ORDER,
                   .type = AGON_LIMIT,
                   .instrument = BTCUSDT,
                   .client_ref = seq,
                   .qty = COIN}};
    struct agon_exit_event exit = {
        .hdr = {.type = AGON_EVENT_EXIT_PLAN, .granules = 4, .instrument = BTCUSDT},
        .origin = origin,
        .plan = {.instrument = BTCUSDT, .side = AGON_BUY}};
    struct record_arm arm = {
        .hdr = {.type = EVENT_ARM, .granules = 2}, .origin = origin, .id = 1 + (uint32_t)seq % 4};
    struct rng rng;
    agon_px_t px = world->engine->markets[BTCUSDT].last_px;

    rng_init(&rng, drawn.seed * 1000003 + seq * 31 + id);
    if (rng_below(&rng, 12) != 0 || px == 0)
        return;
    order.intent.side = rng_below(&rng, 2) == 0 ? AGON_BUY : AGON_SELL;
    order.intent.px = px + (agon_px_t)rng_below(&rng, 13) - 6;
    arm.t_at = world->engine->t + (agon_ns_t)rng_below(&rng, 500) * MS;
    exit.plan.stop_px = px - 10;
    exit.plan.take_px[0] = px + 10;
    switch (rng_below(&rng, 6)) {
    case 0:
        order.intent.kind = AGON_INTENT_CANCEL_ALL;
        ck_assert_int_eq(evring_put(&slot->from_in, &order.hdr), AGON_OK);
        break;
    case 1:
        ck_assert_int_eq(evring_put(&slot->from_in, &exit.hdr), AGON_OK);
        break;
    case 2:
        ck_assert_int_eq(evring_put(&slot->from_in, &arm.hdr), AGON_OK);
        break;
    default:
        order.intent.type = rng_below(&rng, 4) == 0 ? AGON_MARKET : AGON_LIMIT;
        order.intent.px = order.intent.type == AGON_LIMIT ? order.intent.px : 0;
        ck_assert_int_eq(evring_put(&slot->from_in, &order.hdr), AGON_OK);
        break;
    }
}

static int follow(void *ctx, const struct runner_turn *of)
{
    (void)ctx;
    turn = of;
    return of != NULL;
}

static int take_turn(void *ctx)
{
    struct world_slot *slot = ctx;
    uint16_t id = (uint16_t)(slot - world->slots);
    const struct agon_event_hdr *event;

    mix(&out->calls, &id, sizeof(id));
    mix(&out->calls, &turn->seq, sizeof(turn->seq));
    out->n_calls++;
    while ((event = evring_peek(&slot->to_out, NULL)) != NULL) {
        mix(&out->told, event, event_bytes(event));
        evring_release(&slot->to_out);
    }
    want(slot, id, turn->seq);
    return AGON_OK;
}

static uint64_t take_turns(void *const *shared, uint64_t slots)
{
    for (; slots != 0; slots &= slots - 1)
        (void)take_turn(shared[__builtin_ctzll(slots)]);
    return 0;
}

static void *shared(void *ctx)
{
    return ctx;
}

/* --- runs --- */

static void see_best(void)
{
    const struct market *market = &world->engine->markets[BTCUSDT];
    agon_px_t bid_px, ask_px;

    if (!market->has_best || market->book_state != BOOK_LIVE || market->mark_px > 0)
        return;
    ck_assert_int_eq(market_best(world->engine, BTCUSDT, &bid_px, &ask_px, 0), 1);
    ck_assert_int_eq(market->long_px, bid_px);
    ck_assert_int_eq(market->short_px, ask_px);
    out->n_best++;
}

static int on_step(void *ctx, const struct agon_event_hdr *event, int rc)
{
    uint64_t seq = world->engine->seq;

    (void)ctx;
    out->n_events++;
    mix(&out->steps, &seq, sizeof(seq));
    mix(&out->steps, &rc, sizeof(rc));
    mix(&out->steps, event, event_bytes(event));
    mix(&out->steps, &world->engine->output_hash, sizeof(uint64_t));
    out->n_orders += event->type == AGON_EVENT_INTENT;
    out->n_fills += event->type == EVENT_REPORT &&
                    ((const struct record_report *)(const void *)event)->kind == REPORT_FILL;
    see_best();
    return AGON_OK;
}

static void play(enum mode mode, struct outcome *outcome)
{
    static const int together;
    struct received received;
    struct lockstep_source source = {.next = next_drawn,
                                     .received = drawn.is_received ? &received : NULL};
    struct lockstep_config config = {.sources = &source,
                                     .n_sources = 1,
                                     .data_latency_ns = drawn.data_ns,
                                     .on_step = on_step,
                                     .is_single = mode == MODE_TURNS};
    struct lockstep_result result;
    struct venue_port port;
    struct error err = {0};

    memset(outcome, 0, sizeof(*outcome));
    out = outcome;
    drawn.at = 0;
    received_init(&received);
    world = world_new(RUN_BACKTEST);
    config.engine = world->engine;
    config.paper = paper_new(&drawn.paper, engine_instruments(world->engine));
    ck_assert_ptr_nonnull(config.paper);
    ck_assert_int_eq(paper_add(config.paper, BTCUSDT), AGON_OK);
    for (uint16_t id = 0; id < WORLD_SLOTS; id++) {
        struct record_slot slot = world_slot_record(id);
        struct runner_port runner = world->ports[id];

        slot.subscription.event_mask = drawn.masks[id < 2 ? id : 0];
        ck_assert_int_eq(world_step(world, &slot), AGON_OK);
        runner.follow = follow;
        runner.take_turn = take_turn;
        runner.take_turns = take_turns;
        runner.shared = shared;
        runner.together = &together;
        if (id < 2)
            engine_attach_runner(world->engine, id, &runner);
        else // it wants nothing, and in one mode it is called for everything
            engine_attach_runner(world->engine, id, mode == MODE_WHOLE ? &world->ports[id] : NULL);
    }
    port = paper_port(config.paper);
    engine_attach_venue(world->engine, 0, &port);
    ck_assert_msg(lockstep_run(&config, &result, &err) == AGON_OK, "%s", err.text);
    ck_assert_uint_eq(result.n_market, EVENTS);
    ck_assert_int_eq(engine_hash(world->engine, outcome->state), AGON_OK);
    paper_free(config.paper);
    world_free(world);
}

START_TEST(data_that_go_in_one_go_come_to_what_each_turn_comes_to)
{
    uint64_t n_fills = 0, n_calls = 0, n_orders = 0, n_best = 0;

    for (uint64_t seed = 1; seed <= CASES; seed++) {
        struct outcome outcomes[MODES];

        draw(seed);
        for (enum mode mode = 0; mode < MODES; mode++) {
            play(mode, &outcomes[mode]);
            ck_assert_msg(outcomes[mode].n_events == outcomes[0].n_events,
                          "case %llu, mode %d: %llu steps, and %llu", (unsigned long long)seed,
                          (int)mode, (unsigned long long)outcomes[mode].n_events,
                          (unsigned long long)outcomes[0].n_events);
            ck_assert_msg(outcomes[mode].steps == outcomes[0].steps, "case %llu, mode %d: steps",
                          (unsigned long long)seed, (int)mode);
            ck_assert_msg(outcomes[mode].calls == outcomes[0].calls, "case %llu, mode %d: calls",
                          (unsigned long long)seed, (int)mode);
            ck_assert_msg(outcomes[mode].told == outcomes[0].told, "case %llu, mode %d: told",
                          (unsigned long long)seed, (int)mode);
            ck_assert_mem_eq(outcomes[mode].state, outcomes[0].state, HASH_SIZE);
        }
        n_fills += outcomes[0].n_fills;
        n_calls += outcomes[0].n_calls;
        n_orders += outcomes[0].n_orders;
        n_best += outcomes[0].n_best;
    }
    // It was about something.
    ck_assert_uint_ge(n_fills, CASES * 5);
    ck_assert_uint_ge(n_orders, CASES * 20);
    ck_assert_uint_ge(n_calls, CASES * 200);
    ck_assert_uint_ge(n_best, CASES * 50);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("books");
    TCase *tcase = tcase_create("books");
    SRunner *runner;
    int n_failed;

    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, data_that_go_in_one_go_come_to_what_each_turn_comes_to);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
