// SPDX-License-Identifier: Apache-2.0
/* Whose runner is called for what: who follows is called for what concerns its slot and for nothing
 * else, and who does not at every turn. */
#include "engine/impl.h"
#include "world.h"

#define SECOND_NS (1000 * (agon_ns_t)MS)

struct follower {
    struct world_slot *slot;
    const struct runner_turn *turn;
    uint32_t n_advanced, n_turns, n_follows, n_lost;
    uint64_t last_seq;
    int fails;
};

static int advance(void *ctx, uint64_t seq)
{
    struct follower *follower = ctx;

    follower->n_advanced++;
    follower->last_seq = seq;
    return follower->fails ? AGON_EIO : world_advance(follower->slot, seq);
}

static int follow(void *ctx, const struct runner_turn *turn)
{
    struct follower *follower = ctx;

    follower->n_follows += turn != NULL;
    follower->n_lost += turn == NULL;
    follower->turn = turn;
    return turn != NULL;
}

static int take_turn(void *ctx)
{
    struct follower *follower = ctx;

    ck_assert_ptr_nonnull(follower->turn);
    // What it was spared ends where this turn begins.
    ck_assert_uint_lt(follower->turn->shown_seq, follower->turn->seq);
    ck_assert_uint_le(follower->last_seq, follower->turn->shown_seq);
    follower->n_turns++;
    follower->last_seq = follower->turn->seq;
    return follower->fails ? AGON_EIO : world_advance(follower->slot, follower->turn->seq);
}

static struct follower followers[WORLD_SLOTS];
static uint32_t n_together; /* calls of take_turns */

static void *shared(void *ctx)
{
    return ctx;
}

static uint64_t take_turns(void *const *of, uint64_t slots)
{
    n_together++;
    for (; slots != 0; slots &= slots - 1) {
        if (take_turn(of[__builtin_ctzll(slots)]) < 0)
            break;
    }
    return slots;
}

static void attach(struct world *world, uint16_t id)
{
    followers[id] = (struct follower){.slot = &world->slots[id]};
    world->ports[id] = (struct runner_port){.ctx = &followers[id],
                                            .to_agent = &world->slots[id].to_in,
                                            .from_agent = &world->slots[id].from_out,
                                            .advance = advance,
                                            .follow = follow,
                                            .take_turn = take_turn};
    engine_attach_runner(world->engine, id, &world->ports[id]);
}

static void subscribe(struct world *world, uint16_t id, agon_instrument_t instrument, uint64_t mask,
                      uint8_t depth)
{
    struct record_slot record = world_slot_record(id);

    record.subscription.event_mask = mask;
    record.subscription.n_instruments = 1;
    record.subscription.instruments[0] = instrument;
    record.subscription.depth = depth;
    ck_assert_int_eq(world_step(world, &record), AGON_OK);
}

static void step(struct world *world, void *event)
{
    struct agon_event_hdr *hdr = event;

    world->t += MS;
    hdr->t = world->t;
    ck_assert_int_eq(engine_step(world->engine, hdr), AGON_OK);
}

static void trade(struct world *world, agon_instrument_t instrument)
{
    struct agon_trade trade = {
        .hdr = {.type = AGON_EVENT_TRADE, .granules = 1, .instrument = instrument},
        .px = 6000000,
        .qty = 1000,
        .side = AGON_BUY};

    step(world, &trade);
}

static void quote(struct world *world, agon_instrument_t instrument)
{
    struct agon_quote quote = {
        .hdr = {.type = AGON_EVENT_QUOTE, .granules = 1, .instrument = instrument},
        .bid_px = 5999900,
        .ask_px = 6000100,
        .bid_qty = 1000,
        .ask_qty = 1000};

    step(world, &quote);
}

static void book(struct world *world, agon_instrument_t instrument)
{
    struct {
        struct agon_book_part part;
        struct agon_level levels[4];
    } event = {
        .part = {.hdr = {.type = AGON_EVENT_BOOK_SNAPSHOT, .granules = 2, .instrument = instrument},
                 .n_bid = 1,
                 .n_ask = 1,
                 .flags = BOOK_PART_FIRST | BOOK_PART_LAST},
        .levels = {{6000000, 5}, {6000100, 5}}};

    step(world, &event);
}

static void turn(struct world *world)
{
    uint16_t failed;

    ck_assert_int_eq(engine_advance_wanting(world->engine, &failed), AGON_OK);
}

#define TRADES AGON_ON(AGON_EVENT_TRADE)
#define QUOTES AGON_ON(AGON_EVENT_QUOTE)

/* Slot 0 wants trades of BTCUSDT, slot 1 those of ETHUSDT, slot 2 follows nothing. */
static struct world *begin(void)
{
    struct world *world = world_new(RUN_PAPER);

    for (uint16_t id = 0; id < 2; id++) {
        attach(world, id);
        subscribe(world, id, id == 0 ? BTCUSDT : ETHUSDT, TRADES, DEPTH_TOP10);
    }
    turn(world);
    for (uint16_t id = 0; id < 2; id++) {
        ck_assert_ptr_nonnull(followers[id].turn);
        followers[id].n_advanced = followers[id].n_turns = 0;
    }
    world->slots[2].n_advanced = 0;
    return world;
}

START_TEST(who_follows_is_called_for_what_concerns_it)
{
    struct world *world = begin();

    for (int i = 0; i < 10; i++) {
        quote(world, BTCUSDT);
        turn(world);
    }
    ck_assert_uint_eq(followers[0].n_turns + followers[1].n_turns, 0);
    ck_assert_uint_eq(world->slots[2].n_advanced, 10); // it follows nothing
    ck_assert(!slot_set_has(engine_called(world->engine), 0));
    ck_assert(slot_set_has(engine_called(world->engine), 2));
    // What it was spared it can know of at any time.
    ck_assert_uint_eq(followers[0].turn->shown_seq, engine_seq(world->engine));

    trade(world, BTCUSDT);
    turn(world);
    ck_assert_uint_eq(followers[0].n_turns, 1);
    ck_assert_uint_eq(followers[1].n_turns, 0);
    ck_assert(slot_set_has(engine_called(world->engine), 0));
    trade(world, ETHUSDT);
    quote(world, ETHUSDT);
    turn(world); // of two steps: once
    ck_assert_uint_eq(followers[0].n_turns, 1);
    ck_assert_uint_eq(followers[1].n_turns, 1);
    turn(world); // of none
    ck_assert_uint_eq(followers[1].n_turns, 1);
    ck_assert_uint_eq(followers[0].n_advanced + followers[1].n_advanced, 0);
    world_free(world);
}
END_TEST

START_TEST(all_are_called_where_all_must_be)
{
    struct world *world = begin();
    uint16_t failed;

    quote(world, BTCUSDT);
    ck_assert_int_eq(engine_advance_runners(world->engine, &failed), AGON_OK);
    ck_assert_uint_eq(followers[0].n_turns, 1);
    ck_assert_uint_eq(followers[1].n_turns, 1);
    world_free(world);
}
END_TEST

START_TEST(a_changed_subscription_changes_who_is_called)
{
    struct world *world = begin();

    subscribe(world, 0, BTCUSDT, QUOTES, DEPTH_TOP10);
    turn(world);
    followers[0].n_turns = 0;
    trade(world, BTCUSDT);
    turn(world);
    ck_assert_uint_eq(followers[0].n_turns, 0);
    quote(world, BTCUSDT);
    turn(world);
    ck_assert_uint_eq(followers[0].n_turns, 1);
    subscribe(world, 0, ETHUSDT, QUOTES, DEPTH_TOP10);
    turn(world);
    followers[0].n_turns = 0;
    quote(world, BTCUSDT);
    turn(world);
    ck_assert_uint_eq(followers[0].n_turns, 0);
    world_free(world);
}
END_TEST

START_TEST(what_services_answer_of_concerns_a_slot_too)
{
    struct world *world = begin();
    struct agon_status status = {
        .hdr = {.type = AGON_EVENT_STATUS, .granules = 1, .instrument = BTCUSDT},
        .book = BOOK_STALE,
        .trading = TRADING_OPEN};

    // Its subscription has neither, and the book service shows both.
    book(world, BTCUSDT);
    turn(world);
    ck_assert_uint_eq(followers[0].n_turns, 1); // a top-10 follows from it
    ck_assert_uint_eq(followers[1].n_turns, 0);
    followers[0].n_turns = followers[1].n_turns = 0;
    step(world, &status);
    turn(world);
    ck_assert_uint_eq(followers[0].n_turns, 1);
    ck_assert_uint_eq(followers[1].n_turns, 0);
    world_free(world);
}
END_TEST

START_TEST(a_private_event_calls_its_slot)
{
    struct world *world = begin();
    uint32_t before = world->slots[0].n_told;
    struct agon_intent_event event = {
        .hdr = {.type = AGON_EVENT_INTENT, .granules = 2, .instrument = BTCUSDT},
        .origin = {.cause_seq = engine_seq(world->engine), .slot = 0, .n_legs = 1},
        .intent = {.kind = AGON_INTENT_ORDER,
                   .side = AGON_BUY,
                   .type = AGON_LIMIT,
                   .instrument = BTCUSDT,
                   .client_ref = 1,
                   .px = 5990000,
                   .qty = 1000}};

    step(world, &event);
    turn(world);
    ck_assert_uint_eq(followers[0].n_turns, 1);
    ck_assert_uint_eq(followers[1].n_turns, 0);
    ck_assert_uint_gt(world->slots[0].n_told, before);
    world_free(world);
}
END_TEST

/* All want trades of BTCUSDT, and can be called together. */
static struct world *begin_together(void)
{
    struct world *world = world_new(RUN_PAPER);

    for (uint16_t id = 0; id < WORLD_SLOTS; id++) {
        attach(world, id);
        world->ports[id].take_turns = take_turns;
        world->ports[id].shared = shared;
        engine_attach_runner(world->engine, id, &world->ports[id]);
        subscribe(world, id, BTCUSDT, TRADES, DEPTH_TOP10);
    }
    turn(world);
    for (uint16_t id = 0; id < WORLD_SLOTS; id++)
        followers[id].n_turns = 0;
    n_together = 0;
    return world;
}

START_TEST(a_turn_of_one_record_is_given_to_all_in_one_go)
{
    struct world *world = begin_together();
    struct agon_intent_event event = {
        .hdr = {.type = AGON_EVENT_INTENT, .granules = 2, .instrument = BTCUSDT},
        .origin = {.cause_seq = engine_seq(world->engine), .slot = 1, .n_legs = 1},
        .intent = {.kind = AGON_INTENT_ORDER,
                   .side = AGON_BUY,
                   .type = AGON_LIMIT,
                   .instrument = BTCUSDT,
                   .client_ref = 1,
                   .px = 5990000,
                   .qty = 1000}};

    trade(world, BTCUSDT);
    turn(world);
    ck_assert_uint_eq(n_together, 1);
    ck_assert_uint_eq(followers[0].n_turns, 1);
    ck_assert_uint_eq(followers[1].n_turns, 1);
    ck_assert_uint_eq(followers[2].n_turns, 1);
    // Two records: each takes its turn by itself. Something private: its slot does, between the
    // others.
    trade(world, BTCUSDT);
    trade(world, BTCUSDT);
    turn(world);
    ck_assert_uint_eq(n_together, 1);
    ck_assert_uint_eq(followers[2].n_turns, 2);
    step(world, &event);
    trade(world, BTCUSDT);
    turn(world);
    ck_assert_uint_eq(followers[0].n_turns, 3);
    ck_assert_uint_eq(followers[1].n_turns, 3);
    ck_assert_uint_eq(followers[2].n_turns, 3);
    ck_assert_uint_eq(n_together, 3);
    // Nobody wants it.
    quote(world, BTCUSDT);
    turn(world);
    ck_assert_uint_eq(followers[0].n_turns, 3);
    ck_assert_uint_eq(n_together, 3);
    world_free(world);
}
END_TEST

START_TEST(one_that_fails_among_many_fails_alone)
{
    struct world *world = begin_together();
    uint16_t failed = SLOTS_MAX;

    followers[1].fails = 1;
    trade(world, BTCUSDT);
    ck_assert_int_eq(engine_advance_wanting(world->engine, &failed), AGON_EIO);
    ck_assert_uint_eq(failed, 1);
    ck_assert_uint_eq(followers[0].n_turns, 1);
    ck_assert_uint_eq(followers[2].n_turns, 0);
    engine_attach_runner(world->engine, 1, NULL);
    ck_assert_int_eq(engine_advance_wanting(world->engine, &failed), AGON_OK);
    ck_assert_uint_eq(followers[0].n_turns, 1); // it was not called again
    ck_assert_uint_eq(followers[2].n_turns, 1);
    trade(world, BTCUSDT);
    turn(world);
    ck_assert_uint_eq(followers[0].n_turns, 2);
    ck_assert_uint_eq(followers[1].n_turns, 1);
    ck_assert_uint_eq(followers[2].n_turns, 2);
    // Nor is who failed, where nobody has taken it away: the turn goes on behind it.
    followers[0].fails = 1;
    trade(world, BTCUSDT);
    ck_assert_int_eq(engine_advance_wanting(world->engine, &failed), AGON_EIO);
    ck_assert_uint_eq(failed, 0);
    ck_assert_int_eq(engine_advance_wanting(world->engine, &failed), AGON_OK);
    ck_assert_uint_eq(followers[0].n_turns, 3);
    ck_assert_uint_eq(followers[2].n_turns, 3);
    world_free(world);
}
END_TEST

START_TEST(one_that_fails_at_several_records_fails_alone)
{
    struct world *world = begin_together();
    uint16_t failed = SLOTS_MAX;

    followers[1].fails = 1;
    trade(world, BTCUSDT);
    trade(world, BTCUSDT);
    ck_assert_int_eq(engine_advance_wanting(world->engine, &failed), AGON_EIO);
    ck_assert_uint_eq(failed, 1);
    ck_assert_uint_eq(followers[0].n_turns, 1);
    ck_assert_uint_eq(followers[2].n_turns, 0);
    ck_assert_int_eq(engine_advance_nobody(world->engine), 0); // some are still to be called
    ck_assert_int_eq(engine_advance_wanting(world->engine, &failed), AGON_OK);
    ck_assert_uint_eq(n_together, 0);
    for (uint16_t id = 0; id < WORLD_SLOTS; id++)
        ck_assert_uint_eq(followers[id].n_turns, 1);
    // Of two that nobody wants no runner is called.
    quote(world, BTCUSDT);
    quote(world, BTCUSDT);
    turn(world);
    for (uint16_t id = 0; id < WORLD_SLOTS; id++)
        ck_assert_uint_eq(followers[id].n_turns, 1);
    world_free(world);
}
END_TEST

START_TEST(a_plain_turn_says_whether_it_has_ended)
{
    struct world *world = begin_together();
    uint16_t failed = SLOTS_MAX;

    trade(world, BTCUSDT);
    trade(world, BTCUSDT);
    ck_assert_int_eq(engine_advance_plain(world->engine, &failed), 1);
    for (uint16_t id = 0; id < WORLD_SLOTS; id++)
        ck_assert_uint_eq(followers[id].n_turns, 1);
    ck_assert(!slot_set_is_empty(engine_called(world->engine)));
    quote(world, BTCUSDT);
    ck_assert_int_eq(engine_advance_plain(world->engine, &failed), 1);
    ck_assert(slot_set_is_empty(engine_called(world->engine)));
    ck_assert_uint_eq(failed, SLOTS_MAX);
    // Where one fails it has not: those behind it are called by whoever goes on.
    followers[1].fails = 1;
    trade(world, BTCUSDT);
    ck_assert_int_eq(engine_advance_plain(world->engine, &failed), AGON_EIO);
    ck_assert_uint_eq(failed, 1);
    ck_assert_uint_eq(followers[2].n_turns, 1);
    ck_assert_int_eq(engine_advance_plain(world->engine, &failed), 0);
    ck_assert_int_eq(engine_advance_wanting(world->engine, &failed), AGON_OK);
    ck_assert_uint_eq(followers[0].n_turns, 2);
    ck_assert_uint_eq(followers[2].n_turns, 2);
    // Nor is it plain where one reads by itself.
    attach(world, 2);
    trade(world, BTCUSDT);
    ck_assert_int_eq(engine_advance_plain(world->engine, &failed), 0);
    ck_assert_uint_eq(followers[0].n_turns, 2);
    world_free(world);
}
END_TEST

START_TEST(a_turn_that_concerns_nobody_ends_at_once)
{
    struct world *world = begin_together();
    struct record_quarantine unheard = {.hdr = {.type = EVENT_QUARANTINE, .granules = 3}};
    struct agon_intent_event intent = {
        .hdr = {.type = AGON_EVENT_INTENT, .granules = 2, .instrument = BTCUSDT},
        .origin = {.cause_seq = engine_seq(world->engine), .slot = 1, .n_legs = 1},
        .intent = {.kind = AGON_INTENT_ORDER,
                   .side = AGON_BUY,
                   .type = AGON_LIMIT,
                   .instrument = BTCUSDT,
                   .client_ref = 1,
                   .px = 5990000,
                   .qty = 1000}};

    step(world, &unheard);
    ck_assert_int_eq(engine_advance_nobody(world->engine), 1);
    quote(world, BTCUSDT);
    ck_assert_int_eq(engine_advance_nobody(world->engine), 1);
    ck_assert(slot_set_is_empty(engine_called(world->engine)));
    // What the next turn shows begins behind it, and it is for whom it concerns.
    trade(world, BTCUSDT);
    ck_assert_int_eq(engine_advance_nobody(world->engine), 0);
    ck_assert_uint_eq(followers[0].n_turns, 0);
    turn(world);
    for (uint16_t id = 0; id < WORLD_SLOTS; id++)
        ck_assert_uint_eq(followers[id].n_turns, 1);
    ck_assert_uint_eq(n_together, 1);
    step(world, &intent); // of which one slot alone hears
    ck_assert_int_eq(engine_advance_nobody(world->engine), 0);
    turn(world);
    ck_assert_uint_eq(followers[0].n_turns, 1);
    ck_assert_uint_eq(followers[1].n_turns, 2);
    // Who reads by itself is called at each turn.
    attach(world, 2);
    step(world, &unheard);
    ck_assert_int_eq(engine_advance_nobody(world->engine), 0);
    turn(world);
    ck_assert_uint_eq(followers[2].n_advanced, 1);
    world_free(world);
}
END_TEST

START_TEST(one_that_fails_keeps_nobody_from_the_turn)
{
    struct world *world = begin();
    uint16_t failed = SLOTS_MAX;
    struct world_slot *last = &world->slots[2];

    followers[0].fails = 1;
    trade(world, BTCUSDT);
    trade(world, ETHUSDT);
    ck_assert_int_eq(engine_advance_wanting(world->engine, &failed), AGON_EIO);
    ck_assert_uint_eq(failed, 0);
    ck_assert_uint_eq(followers[1].n_turns, 0);
    engine_attach_runner(world->engine, 0, NULL);
    ck_assert_uint_eq(followers[0].n_lost, 1);
    ck_assert_ptr_null(followers[0].turn);
    ck_assert_int_eq(engine_advance_wanting(world->engine, &failed), AGON_OK);
    ck_assert_uint_eq(followers[1].n_turns, 1);
    ck_assert_uint_eq(last->n_advanced, 1); // once, though there were two calls
    ck_assert_uint_eq(followers[0].n_turns, 1);
    // Who comes in its place is advanced to where the others are before it follows.
    attach(world, 0);
    quote(world, ETHUSDT);
    turn(world);
    ck_assert_uint_eq(followers[0].n_advanced, 1);
    ck_assert_uint_eq(followers[0].last_seq, engine_seq(world->engine));
    ck_assert_uint_eq(followers[0].n_follows, 1);
    world_free(world);
}
END_TEST

/* --- books of bars that nobody is told --- */

static void quote_at(struct world *world, agon_px_t bid_px)
{
    struct agon_quote quote = {
        .hdr = {.type = AGON_EVENT_QUOTE, .granules = 1, .instrument = BTCUSDT},
        .bid_px = bid_px,
        .ask_px = bid_px + 100,
        .bid_qty = 1000,
        .ask_qty = 2000};

    step(world, &quote);
}

static uint64_t bus_at(const struct world *world)
{
    return world->engine->bus.at;
}

static const struct agon_top10 *top_at(const struct world *world, uint64_t at)
{
    const struct bus_writer *bus = &world->engine->bus;

    return (const void *)(bus->data + (at & bus->mask) * EVENT_GRANULE);
}

static int late(const struct world *world, uint64_t seq, struct agon_top10 *top)
{
    const struct runner_turn *turn = &world->engine->turn;

    return turn->late(turn->late_ctx, BTCUSDT, seq, top);
}

/* A backtest over bars of BTCUSDT, whose slots all follow and want trades; two quotes have come. */
static struct world *begin_bars(void)
{
    struct world *world = world_new(RUN_BACKTEST);

    world->engine->is_within = 1;
    world->engine->markets[BTCUSDT].is_bars = STEP_PATHS;
    for (uint16_t id = 0; id < WORLD_SLOTS; id++) {
        attach(world, id);
        subscribe(world, id, BTCUSDT, TRADES, DEPTH_TOP10);
    }
    turn(world);
    quote_at(world, 5999000);
    turn(world);
    for (uint16_t id = 0; id < WORLD_SLOTS; id++)
        followers[id].n_turns = 0;
    return world;
}

START_TEST(a_book_that_nobody_is_told_is_there_for_who_looks)
{
    struct world *world = begin_bars();
    uint64_t at = bus_at(world), seq = engine_seq(world->engine);
    struct agon_top10 top;

    quote_at(world, 5999500);
    ck_assert_uint_eq(bus_at(world), at); // nor is the quote, of which nobody hears
    turn(world);
    ck_assert_uint_eq(followers[0].n_turns + followers[1].n_turns + followers[2].n_turns, 0);
    ck_assert_uint_eq(world->engine->turn.late_seq, seq + 1);
    ck_assert_int_eq(late(world, seq, &top), 1);
    ck_assert_int_eq(top.bid[0].px, 5999500);
    ck_assert_int_eq(top.ask[0].qty, 2000);
    ck_assert_uint_eq(top.hdr.seq, seq + 1);
    ck_assert_uint_eq(top.hdr.sub, 1);
    ck_assert_int_eq(top.hdr.t, world->t);
    ck_assert_int_eq(late(world, seq + 1, &top), 0);

    // One that is told quotes, whose place among the records counts; or one that reads for itself.
    subscribe(world, 1, BTCUSDT, QUOTES, DEPTH_TOP10);
    turn(world);
    at = bus_at(world);
    quote_at(world, 5999600);
    ck_assert_uint_eq(bus_at(world), at + 7);
    ck_assert_int_eq(top_at(world, at + 1)->bid[0].px, 5999600);
    ck_assert_int_eq(late(world, 0, &top), 0);
    turn(world);
    subscribe(world, 1, BTCUSDT, TRADES, DEPTH_TOP10);
    followers[2] = (struct follower){.slot = &world->slots[2]};
    world->ports[2].follow = NULL;
    engine_attach_runner(world->engine, 2, &world->ports[2]);
    turn(world);
    at = bus_at(world);
    quote_at(world, 5999700);
    ck_assert_uint_eq(bus_at(world), at + 7);
    world_free(world);
}
END_TEST

START_TEST(a_book_is_shown_before_what_is_told_beside_it)
{
    struct world *world = begin_bars();
    uint64_t at, seq;
    struct agon_top10 top;

    // Something of a slot's own in its step, before which it knows the one before.
    quote_at(world, 5999500);
    turn(world);
    seq = engine_seq(world->engine);
    at = bus_at(world);
    quote_at(world, 5999600);
    deliver_position(world->engine, 0, BTCUSDT);
    ck_assert_uint_eq(bus_at(world), at + 12);
    ck_assert_int_eq(top_at(world, at)->bid[0].px, 5999500);
    ck_assert_uint_eq(top_at(world, at)->hdr.seq, seq);
    ck_assert_int_eq(top_at(world, at + 6)->bid[0].px, 5999600);
    ck_assert_uint_eq(top_at(world, at + 6)->hdr.seq, seq + 1);
    ck_assert_uint_eq(top_at(world, at + 6)->hdr.sub, 1);
    ck_assert_int_eq(late(world, 0, &top), 0);
    turn(world);
    ck_assert_uint_eq(followers[0].n_turns, 1);
    ck_assert_uint_eq(followers[1].n_turns, 1); // it keeps them too

    // A book that comes from elsewhere.
    quote_at(world, 5999700);
    turn(world);
    seq = engine_seq(world->engine);
    at = bus_at(world);
    book(world, BTCUSDT);
    ck_assert_int_eq(top_at(world, at)->bid[0].px, 5999700);
    ck_assert_uint_eq(top_at(world, at)->hdr.seq, seq);
    ck_assert_uint_eq(bus_at(world), at + 6 + 6); // of the book itself nobody hears
    ck_assert_int_eq(late(world, 0, &top), 0);
    world_free(world);
}
END_TEST

START_TEST(a_bar_that_nobody_wants_is_counted_and_not_shown)
{
    struct world *world = begin_bars();
    struct agon_bar bar = {.hdr = {.type = AGON_EVENT_BAR, .granules = 2, .instrument = BTCUSDT},
                           .length_s = 60,
                           .open_px = 5999000,
                           .high_px = 5999900,
                           .low_px = 5998000,
                           .close_px = 5999500,
                           .volume_qty = 1000};

    for (int is_wanted = 0; is_wanted <= 1; is_wanted++) {
        uint64_t shown = 0, folded = world->engine->output_hash;

        if (is_wanted) {
            struct record_slot record = world_slot_record(1);

            record.subscription.event_mask = AGON_ON(AGON_EVENT_BAR);
            record.subscription.bar_mask = UINT8_MAX;
            record.subscription.n_instruments = 1;
            record.subscription.instruments[0] = BTCUSDT;
            ck_assert_int_eq(world_step(world, &record), AGON_OK);
            turn(world);
        }
        for (int minute = 0; minute < 6; minute++) {
            uint64_t at = bus_at(world);

            bar.t_open = world->t / (300 * SECOND_NS) * (300 * SECOND_NS) + minute * 60 * SECOND_NS;
            if (is_wanted)
                bar.t_open += 600 * SECOND_NS;
            bar.hdr.t_venue = bar.t_open + 60 * SECOND_NS;
            bar.hdr.t = world->t > bar.hdr.t_venue ? world->t : bar.hdr.t_venue;
            world->t = bar.hdr.t;
            ck_assert_int_eq(engine_step(world->engine, &bar.hdr), AGON_OK);
            shown += bus_at(world) - at;
            turn(world);
        }
        // The minutes themselves, and the longer ones that end among them.
        ck_assert(is_wanted ? shown > 6 * 2 : shown == 0);
        ck_assert_uint_ne(world->engine->output_hash, folded);
    }
    world_free(world);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("engine_turn");
    TCase *tcase = tcase_create("turn");
    SRunner *runner;
    int n_failed;

    tcase_add_test(tcase, who_follows_is_called_for_what_concerns_it);
    tcase_add_test(tcase, all_are_called_where_all_must_be);
    tcase_add_test(tcase, a_changed_subscription_changes_who_is_called);
    tcase_add_test(tcase, what_services_answer_of_concerns_a_slot_too);
    tcase_add_test(tcase, a_private_event_calls_its_slot);
    tcase_add_test(tcase, a_turn_of_one_record_is_given_to_all_in_one_go);
    tcase_add_test(tcase, one_that_fails_among_many_fails_alone);
    tcase_add_test(tcase, one_that_fails_at_several_records_fails_alone);
    tcase_add_test(tcase, a_plain_turn_says_whether_it_has_ended);
    tcase_add_test(tcase, a_turn_that_concerns_nobody_ends_at_once);
    tcase_add_test(tcase, one_that_fails_keeps_nobody_from_the_turn);
    tcase_add_test(tcase, a_book_that_nobody_is_told_is_there_for_who_looks);
    tcase_add_test(tcase, a_book_is_shown_before_what_is_told_beside_it);
    tcase_add_test(tcase, a_bar_that_nobody_wants_is_counted_and_not_shown);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
