// SPDX-License-Identifier: Apache-2.0
/* ticker: the market that is not ours. A book of a few levels about a price that wanders and now
 * and then leaps, and trades at its best prices. What it does goes to the exchange's market at
 * once, and to the host as numbered updates. */
#include "base/hash.h"
#include "dst/world.h"

struct update {
    struct agon_book_part part;
    struct agon_level levels[4 * TICKER_LEVELS];
};

uint64_t ticker_hash(const struct agon_level *bid, uint32_t n_bid, const struct agon_level *ask,
                     uint32_t n_ask)
{
    uint64_t hash = n_bid << 8 | n_ask;

    for (uint32_t i = 0; i < n_bid; i++)
        hash = hash_mix(hash ^ (uint64_t)bid[i].px * 31 ^ (uint64_t)bid[i].qty << 20);
    for (uint32_t i = 0; i < n_ask; i++)
        hash = hash_mix(hash ^ (uint64_t)ask[i].px * 37 ^ (uint64_t)ask[i].qty << 21);
    return hash;
}

static void note(struct ticker *ticker)
{
    ticker->history[ticker->last_id % TICKER_HISTORY] =
        ticker_hash(ticker->bid, TICKER_LEVELS, ticker->ask, TICKER_LEVELS);
}

static agon_qty_t any_qty(struct rng *rng, const struct agon_instrument *instrument)
{
    return instrument->lot_qty * (agon_qty_t)(1 + rng_below(rng, 1 << rng_below(rng, 12)));
}

static agon_qty_t qty_at(const struct agon_level *levels, agon_px_t px)
{
    for (int i = 0; i < TICKER_LEVELS; i++) {
        if (levels[i].px == px)
            return levels[i].qty;
    }
    return 0;
}

/* One side anew about the middle; what changed goes into the update. */
static uint32_t move_side(struct rng *rng, const struct agon_instrument *instrument,
                          struct agon_level *levels, agon_px_t from_px, int sign,
                          struct agon_level *changed)
{
    struct agon_level before[TICKER_LEVELS];
    uint32_t n = 0;
    agon_px_t px = from_px;

    memcpy(before, levels, sizeof(before));
    for (int i = 0; i < TICKER_LEVELS; i++) {
        px += sign * instrument->tick_px * (agon_px_t)(i == 0 ? 1 : 1 + rng_below(rng, 2));
        levels[i].px = px;
        levels[i].qty = qty_at(before, px);
        if (levels[i].qty == 0 || rng_below(rng, 4) == 0)
            levels[i].qty = any_qty(rng, instrument);
    }
    for (int i = 0; i < TICKER_LEVELS; i++) {
        if (before[i].px != 0 && qty_at(levels, before[i].px) == 0)
            changed[n++] = (struct agon_level){.px = before[i].px};
        if (qty_at(before, levels[i].px) != levels[i].qty)
            changed[n++] = levels[i];
    }
    return n;
}

static void show(struct world *world, const struct agon_event_hdr *event)
{
    struct message *message = world_message(world, MESSAGE_DATA);

    REQUIRE(event_bytes(event) <= DATA_BYTES);
    if (message == NULL)
        return;
    memcpy(message->u.data, event, event_bytes(event));
    world_post(world, message, PATH_DATA);
}

static void move_book(struct world *world, agon_instrument_t id)
{
    struct ticker *ticker = &world->tickers[id];
    struct rng *rng = &world->ticks[id];
    const struct agon_instrument *instrument = instruments_get(&world->lane.table, id);
    struct agon_level asks[2 * TICKER_LEVELS];
    struct update update;
    uint32_t n_ask;
    int64_t ticks = (int64_t)rng_below(rng, 7) - 3;

    if (rng_below(rng, 200) == 0)
        ticks *= 40; // a leap
    memset(&update, 0, sizeof(update));
    ticker->mid_px += ticks * instrument->tick_px;
    if (ticker->mid_px < 1000 * instrument->tick_px)
        ticker->mid_px = 1000 * instrument->tick_px;
    update.part.n_bid =
        (uint16_t)move_side(rng, instrument, ticker->bid, ticker->mid_px, -1, update.levels);
    n_ask = move_side(rng, instrument, ticker->ask, ticker->mid_px, 1, asks);
    memcpy(update.levels + update.part.n_bid, asks, n_ask * sizeof(*asks));
    update.part.n_ask = (uint16_t)n_ask;
    update.part.hdr.type = AGON_EVENT_BOOK_DELTA;
    update.part.hdr.granules = (uint8_t)(1 + (update.part.n_bid + n_ask + 3) / 4);
    update.part.hdr.instrument = id;
    update.part.hdr.t = world->now;
    update.part.hdr.t_venue = world->now;
    update.part.flags = BOOK_PART_FIRST | BOOK_PART_LAST;
    update.part.first_id = ++ticker->last_id;
    update.part.last_id = ticker->last_id;
    note(ticker);
    lane_market(world, &update.part.hdr);
    show(world, &update.part.hdr);
}

static void trade(struct world *world, agon_instrument_t id)
{
    struct ticker *ticker = &world->tickers[id];
    struct rng *rng = &world->ticks[id];
    uint8_t side = rng_below(rng, 2) == 0 ? AGON_BUY : AGON_SELL;
    const struct agon_level *levels = side == AGON_BUY ? ticker->ask : ticker->bid;
    struct agon_trade event = {
        .hdr = {.type = AGON_EVENT_TRADE,
                .granules = 1,
                .instrument = id,
                .t = world->now,
                .t_venue = world->now},
        .px = levels[rng_below(rng, 3) == 0 ? 1 : 0].px,
        .qty = any_qty(rng, instruments_get(&world->lane.table, id)),
        .venue_id = ++ticker->trade_id,
        .side = side,
    };

    lane_market(world, &event.hdr);
    show(world, &event.hdr);
}

void ticker_snapshot(struct world *world, agon_instrument_t id, struct agon_book_part *part)
{
    const struct ticker *ticker = &world->tickers[id];
    struct agon_level *levels = (struct agon_level *)(void *)(part + 1);

    memset(part, 0, sizeof(*part));
    part->hdr.type = AGON_EVENT_BOOK_SNAPSHOT;
    part->hdr.granules = (uint8_t)(1 + (2 * TICKER_LEVELS + 3) / 4);
    part->hdr.instrument = id;
    part->hdr.t = world->now;
    part->hdr.t_venue = world->now;
    part->n_bid = TICKER_LEVELS;
    part->n_ask = TICKER_LEVELS;
    part->flags = BOOK_PART_FIRST | BOOK_PART_LAST;
    part->first_id = ticker->last_id;
    part->last_id = ticker->last_id;
    memcpy(levels, ticker->bid, sizeof(ticker->bid));
    memcpy(levels + TICKER_LEVELS, ticker->ask, sizeof(ticker->ask));
}

void ticker_start(struct world *world, agon_instrument_t id)
{
    struct ticker *ticker = &world->tickers[id];
    const struct agon_instrument *instrument = instruments_get(&world->lane.table, id);

    rng_init(&world->ticks[id], swarm_stream(world->config.seed, STREAM_TICKER + id));
    ticker->mid_px = instrument->tick_px * (agon_px_t)(5000 + rng_below(&world->ticks[id], 50000));
    move_book(world, id);
    world_at(world, world->now + 1, AT_TICK, id);
}

void ticker_tick(struct world *world, agon_instrument_t id)
{
    struct rng *rng = &world->ticks[id];

    lane_advance(world);
    if (rng_below(rng, 10) < 7)
        move_book(world, id);
    else
        trade(world, id);
    world_at(world, world->now + 1 + (agon_ns_t)rng_below(rng, 2 * (uint64_t)world->swarm.tick_ns),
             AT_TICK, id);
}
