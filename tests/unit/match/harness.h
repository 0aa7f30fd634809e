// SPDX-License-Identifier: Apache-2.0
/* harness: a small world for tests of match: two assets, one spot instrument (1) and one linear
 * perpetual (2), all at exponent 0 so that the arithmetic can be done by hand, and a record of what
 * the sink was told. */
#ifndef TEST_MATCH_HARNESS_H
#define TEST_MATCH_HARNESS_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/num.h"
#include "match/match.h"

enum { BASE = 1, QUOTE = 2 };
enum { SPOT = 1, PERP = 2 };
#define HARNESS_EVENTS 4096

struct seen { /* an event without its borrowed pointer */
    struct match_event event;
    struct match_order order;
};
struct world {
    struct instruments table;
    struct match *match;
    struct seen seen[HARNESS_EVENTS];
    uint32_t n_seen;
    struct match_print last_print;
    uint64_t n_prints;
    agon_qty_t printed_qty;
    agon_ns_t t;
};

static inline void on_event(void *ctx, const struct match_event *event)
{
    struct world *world = ctx;

    ck_assert(world->n_seen < HARNESS_EVENTS);
    world->seen[world->n_seen].event = *event;
    world->seen[world->n_seen].order = *event->order;
    world->n_seen++;
}
static inline void on_print(void *ctx, const struct match_print *print)
{
    struct world *world = ctx;

    world->last_print = *print;
    world->n_prints++;
    world->printed_qty += print->qty;
}

static inline void world_asset(struct world *world, agon_asset_t id, const char *name, int exp)
{
    struct record_asset asset = {.asset = id, .exp = (int8_t)exp};

    snprintf(asset.name, sizeof(asset.name), "%s", name);
    ck_assert_int_eq(instruments_set_asset(&world->table, &asset, NULL), AGON_OK);
}

static inline struct agon_instrument world_spot(void)
{
    struct agon_instrument spot = {
        .hdr = {.type = AGON_EVENT_INSTRUMENT, .granules = 3, .instrument = SPOT},
        .kind = INSTRUMENT_SPOT,
        .state = TRADING_OPEN,
        .base = BASE,
        .quote = QUOTE,
        .settle = QUOTE,
        .symbol = "SPOT",
        .tick_px = 1,
        .lot_qty = 1,
        .multiplier = 1,
    };
    return spot;
}

static inline void world_set(struct world *world, const struct agon_instrument *def)
{
    struct error err = {0};

    ck_assert_msg(instruments_set(&world->table, def, &err) == AGON_OK, "%s", err.text);
    ck_assert_int_eq(match_add(world->match, def->hdr.instrument), AGON_OK);
}

static inline struct world *world_new(const struct match_config *config)
{
    struct world *world = calloc(1, sizeof(*world));
    struct agon_instrument def = world_spot();

    ck_assert_int_eq(instruments_init(&world->table), AGON_OK);
    world_asset(world, BASE, "BASE", 0);
    world_asset(world, QUOTE, "QUOTE", 0);
    world->match =
        match_new(config, &world->table,
                  &(struct match_sink){.ctx = world, .on_event = on_event, .on_print = on_print});
    ck_assert_ptr_nonnull(world->match);
    world_set(world, &def);
    def.hdr.instrument = PERP;
    def.kind = INSTRUMENT_LINEAR;
    snprintf(def.symbol, sizeof(def.symbol), "PERP");
    world_set(world, &def);
    world->t = 1000;
    return world;
}

static inline void world_free(struct world *world)
{
    match_free(world->match);
    instruments_deinit(&world->table);
    free(world);
}

/* --- market data; each call is 1000 ns after the last --- */

struct harness_part {
    struct agon_book_part part;
    struct agon_level levels[60];
};

static inline void world_book(struct world *world, agon_instrument_t instrument, int type,
                              uint32_t flags, const struct agon_level *bids, uint16_t n_bid,
                              const struct agon_level *asks, uint16_t n_ask)
{
    struct harness_part book = {
        .part = {.hdr = {.type = (uint16_t)type, .granules = 16, .instrument = instrument},
                 .n_bid = n_bid,
                 .n_ask = n_ask,
                 .flags = flags}};

    ck_assert(n_bid + n_ask <= 60);
    world->t += 1000;
    book.part.hdr.t = book.part.hdr.t_venue = world->t;
    for (int i = 0; i < n_bid; i++)
        book.levels[i] = bids[i];
    for (int i = 0; i < n_ask; i++)
        book.levels[n_bid + i] = asks[i];
    ck_assert_int_eq(match_on_market(world->match, &book.part.hdr), AGON_OK);
}

static inline void world_snapshot(struct world *world, agon_instrument_t instrument)
{
    world_book(world, instrument, AGON_EVENT_BOOK_SNAPSHOT, BOOK_PART_FIRST | BOOK_PART_LAST, NULL,
               0, NULL, 0);
}

static inline void world_level(struct world *world, agon_instrument_t instrument,
                               enum agon_side side, agon_px_t px, agon_qty_t qty)
{
    struct agon_level level = {px, qty};

    world_book(world, instrument, AGON_EVENT_BOOK_DELTA, BOOK_PART_FIRST | BOOK_PART_LAST, &level,
               side == AGON_BUY, &level, side == AGON_SELL);
}

static inline void world_trade_at(struct world *world, agon_instrument_t instrument, int side,
                                  agon_px_t px, agon_qty_t qty, agon_ns_t t_venue)
{
    struct agon_trade trade = {
        .hdr = {.type = AGON_EVENT_TRADE, .granules = 1, .instrument = instrument},
        .px = px,
        .qty = qty,
        .side = (uint8_t)side};

    trade.hdr.t = world->t;
    trade.hdr.t_venue = t_venue;
    ck_assert_int_eq(match_on_market(world->match, &trade.hdr), AGON_OK);
}

static inline void world_trade(struct world *world, agon_instrument_t instrument, int side,
                               agon_px_t px, agon_qty_t qty)
{
    world->t += 1000;
    world_trade_at(world, instrument, side, px, qty, world->t);
}

/* --- orders --- */

static inline struct match_order limit(uint32_t owner, enum agon_side side, agon_px_t px,
                                       agon_qty_t qty)
{
    struct match_order order = {.owner = owner,
                                .instrument = SPOT,
                                .side = (uint8_t)side,
                                .type = AGON_LIMIT,
                                .px = px,
                                .qty = qty};
    return order;
}

static inline struct match_order market(uint32_t owner, enum agon_side side, agon_qty_t qty)
{
    struct match_order order = limit(owner, side, 0, qty);

    order.type = AGON_MARKET;
    return order;
}

static inline int submit(struct world *world, struct match_order order, uint64_t *id)
{
    world->t += 1000;
    return match_submit(world->match, world->t, &order, id);
}

static inline uint64_t put(struct world *world, struct match_order order)
{
    uint64_t id;
    int reason = submit(world, order, &id);

    ck_assert_msg(reason == MATCH_OK, "refused with %d", reason);
    return id;
}

/* What became of an order, by the last event that told of it. */
static inline const struct seen *last_of(const struct world *world, uint64_t id)
{
    for (uint32_t i = world->n_seen; i > 0; i--)
        if (world->seen[i - 1].order.id == id)
            return &world->seen[i - 1];
    return NULL;
}

static inline agon_qty_t filled_of(const struct world *world, uint64_t id)
{
    const struct seen *seen = last_of(world, id);

    return seen ? seen->order.filled_qty : 0;
}

/* The kinds of an order's events as letters: A R T C X(expired) G(triggered) M(amended). */
static inline const char *story_of(const struct world *world, uint64_t id)
{
    static char story[HARNESS_EVENTS + 1];
    int n = 0;

    for (uint32_t i = 0; i < world->n_seen; i++)
        if (world->seen[i].order.id == id)
            story[n++] = "?ARTCXGM"[world->seen[i].event.kind];
    story[n] = '\0';
    return story;
}

#endif
