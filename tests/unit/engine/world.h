// SPDX-License-Identifier: Apache-2.0
/* world: an engine with two coins against a dollar, an account with money, slots with rings that a
 * test fills and reads as their plugins would, and a record of every event taken, for replays. */
#ifndef TEST_ENGINE_WORLD_H
#define TEST_ENGINE_WORLD_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include <agon/agon.h>

#include "base/num.h"
#include "engine/driver.h"
#include "engine/engine.h"
#include "engine/lockstep.h"
#include "engine/paper.h"

enum { USDT = 1, BTC = 2, ETH = 3 };
enum { BTCUSDT = 1, ETHUSDT = 2 };
#define WORLD_SLOTS 3
#ifndef WORLD_EVENTS // a fuzzer builds thousands of worlds, smaller ones
#define WORLD_EVENTS 200000
#define WORLD_CMDS   8192
#define WORLD_TOLD   4096
#define RING         ((uint64_t)1 << 14)
#define WORLD_STATE  ((uint64_t)16 << 20)
#define WORLD_BUS    (1u << 16)
#define WORLD_ORDERS 0 // the engine's own choice
#define WORLD_WINDOW 0
#endif
#define T0     ((agon_ns_t)1723161600000000000) /* 2024-08-09 00:00:00 UTC */
#define MS     ((agon_ns_t)1000000)
#define USD(x) ((agon_amt_t)(x)*100000000)
static agon_ns_t world_begin = T0; /* when the first event is */

struct told {
    union {
        struct agon_event_hdr hdr;
        struct agon_order order;
        struct agon_fill fill;
        struct agon_position position;
        struct agon_balance balance;
        struct agon_capital capital;
        struct agon_timer timer;
        struct agon_job job;
        unsigned char bytes[384];
    } u;
};
struct world_slot {
    void *to_memory, *from_memory;
    struct evring to_in, to_out, from_in, from_out;
    uint64_t n_advanced;
    struct told told[WORLD_TOLD];
    uint32_t n_told;
};
struct world {
    struct engine *engine;
    struct driver driver;
    struct order_cmd cmds[WORLD_CMDS];
    uint32_t n_cmds;
    int is_venue_full;
    int is_plan_left; /* the test itself offers the plans of tournaments */
    struct world_slot slots[WORLD_SLOTS];
    struct runner_port ports[WORLD_SLOTS];
    uint32_t noted[ALERT_KINDS]; /* of events that were refused */
    unsigned char *record;       /* events as taken, one behind the other */
    uint64_t n_record;
    agon_ns_t t;
    uint64_t next_fill;
};

static inline int world_send(void *ctx, const struct order_cmd *cmd)
{
    struct world *world = ctx;

    if (world->is_venue_full)
        return AGON_EAGAIN;
    REQUIRE(world->n_cmds < WORLD_CMDS); // ck_assert allocates, and a test counts that
    world->cmds[world->n_cmds++] = *cmd;
    return AGON_OK;
}

static inline void world_on_alert(void *ctx, const struct record_alert *alert)
{
    struct world *world = ctx;

    // One with a cause comes back as an event; the other is what a refused event is told by.
    if (alert->cause_seq == 0 && alert->kind < ALERT_KINDS)
        world->noted[alert->kind]++;
}

/* How many alerts of a kind there were: events, and what refused events were told by. */
static inline uint64_t world_alerts(const struct world *world, uint16_t kind)
{
    return engine_alerts(world->engine)->counts[kind] + world->noted[kind];
}

static inline int world_advance(void *ctx, uint64_t seq)
{
    struct world_slot *slot = ctx;
    const struct agon_event_hdr *event;

    (void)seq;
    slot->n_advanced++;
    while ((event = evring_peek(&slot->to_out, NULL)) != NULL) {
        if (slot->n_told < WORLD_TOLD)
            memcpy(&slot->told[slot->n_told++], event, event_bytes(event));
        evring_release(&slot->to_out);
    }
    return AGON_OK;
}

// What was taken, for a replay; and the plugins take what they were given.
static inline int world_after(void *ctx, const struct agon_event_hdr *hdr, int rc)
{
    struct world *world = ctx;
    uint16_t failed;

    REQUIRE(rc != AGON_EAGAIN);
    REQUIRE(world->n_record + event_bytes(hdr) <= WORLD_EVENTS * 64);
    memcpy(world->record + world->n_record, hdr, event_bytes(hdr));
    world->n_record += event_bytes(hdr);
    REQUIRE(engine_advance_runners(world->engine, &failed) == AGON_OK);
    return AGON_OK;
}

static inline int world_step(struct world *world, void *event)
{
    struct agon_event_hdr *hdr = event;
    struct driver *driver = &world->driver;
    int rc;

    if (hdr->t == 0)
        hdr->t = world->t;
    if (world->is_plan_left) {
        rc = engine_step(world->engine, hdr);
        return world_after(world, hdr, rc) < 0 ? AGON_EAGAIN : rc;
    }
    // Timers come when a test says so: world_due.
    *driver = (struct driver){
        .engine = world->engine, .port = {.ctx = world, .after = world_after}, .is_held = 1};
    rc = driver_step(driver, hdr);
    return rc < 0 ? rc : driver->rc;
}

static inline void *world_ring(struct evring *in, struct evring *out)
{
    uint64_t bytes = (evring_bytes(RING) + 127) & ~(uint64_t)127;
    void *memory = aligned_alloc(128, bytes);

    ck_assert_ptr_nonnull(memory);
    memset(memory, 0, bytes);
    ck_assert_int_eq(evring_format(memory, RING), AGON_OK);
    ck_assert_int_eq(evring_attach(in, memory, RING), AGON_OK);
    ck_assert_int_eq(evring_attach(out, memory, RING), AGON_OK);
    return memory;
}

static inline void world_asset(struct world *world, agon_asset_t id, const char *name)
{
    struct record_asset asset = {.hdr = {.type = EVENT_CONFIG, .granules = 1},
                                 .kind = CONFIG_ASSET,
                                 .asset = id,
                                 .exp = 8,
                                 .is_base_currency = id == USDT};

    snprintf(asset.name, sizeof(asset.name), "%s", name);
    ck_assert_int_eq(world_step(world, &asset), AGON_OK);
}

static inline struct agon_instrument world_instrument(agon_instrument_t id)
{
    struct agon_instrument made = {
        .hdr = {.type = AGON_EVENT_INSTRUMENT, .granules = 3, .instrument = id},
        .venue = 1,
        .kind = INSTRUMENT_SPOT,
        .state = TRADING_OPEN,
        .px_exp = 2,
        .qty_exp = 5,
        .base = id == BTCUSDT ? BTC : ETH,
        .quote = USDT,
        .settle = USDT,
        .maker_fee_ppb = 1000000,
        .taker_fee_ppb = 1000000,
        .tick_px = 1,
        .lot_qty = 1,
        .min_qty = 1,
        .max_qty = 900000000,
        .min_notional_amt = USD(5),
        .multiplier = 1,
    };

    snprintf(made.symbol, sizeof(made.symbol), "%s", id == BTCUSDT ? "BTCUSDT" : "ETHUSDT");
    return made;
}

#ifdef WORLD_PERPETUAL
static int world_is_split; /* the perpetual is another venue's, on account 1 */
/* A perpetual on BTC. */
static inline struct agon_instrument world_perpetual(void)
{
    struct agon_instrument made = world_instrument(BTCUSDT);

    made.hdr.instrument = WORLD_PERPETUAL;
    made.kind = INSTRUMENT_LINEAR;
    made.venue = world_is_split ? 2 : 1;
    made.maker_fee_ppb = 200000;
    made.taker_fee_ppb = 400000;
    snprintf(made.symbol, sizeof(made.symbol), "BTCUSDT_PERP");
    return made;
}
#endif

static inline struct slot_input world_input(uint32_t id, const char *name)
{
    char agent[SLOT_NAME];

    snprintf(agent, sizeof(agent), "slot_%u", id);
    return (struct slot_input){.series = slot_series(agent, name), .agent = slot_agent(agent)};
}

static inline struct record_slot world_slot_record(uint16_t id)
{
    struct record_slot slot = {
        .hdr = {.type = EVENT_CONFIG, .granules = sizeof(struct record_slot) / EVENT_GRANULE},
        .kind = CONFIG_SLOT,
        .slot = id,
        .account = 0,
        .stage = STAGE_LIVE,
        .agent_kind = AGON_STRATEGY,
        .seed = 7,
        .subscription = {.event_mask = ~(uint64_t)0,
                         .n_instruments = 2,
                         .bar_mask = 0xff,
                         .instruments = {BTCUSDT, ETHUSDT}},
        .limits = {.capital_amt = USD(100000),
                   .collar_marketable_ppm = 20000,
                   .collar_passive_ppm = 100000},
    };

#ifdef WORLD_PERPETUAL
    slot.subscription.instruments[slot.subscription.n_instruments++] = WORLD_PERPETUAL;
#endif
    snprintf(slot.name, sizeof(slot.name), "slot_%u", id);
    slot.signals.n_keys = 2;
    slot.signals.keys[0] = slot_series(slot.name, "trend");
    slot.signals.keys[1] = slot_series(slot.name, "mood");
    slot.signals.n_inputs = 2; // of the slot before it, and of itself
    slot.signals.inputs[0] = world_input(id > 0 ? id - 1 : id, "trend");
    slot.signals.inputs[1] = world_input(id, "mood");
    return slot;
}

/* Another agent, whose plugin declares no signals: the record's own are those of its name. */
static inline void world_rename(struct record_slot *record, const char *name)
{
    snprintf(record->name, sizeof(record->name), "%s", name);
    memset(&record->signals, 0, sizeof(record->signals));
}

static inline void world_free(struct world *world)
{
    engine_free(world->engine);
    for (int i = 0; i < WORLD_SLOTS; i++) {
        free(world->slots[i].to_memory);
        free(world->slots[i].from_memory);
    }
    free(world->record);
    free(world);
}

static inline void world_book(struct world *world, agon_instrument_t id, agon_px_t bid_px,
                              agon_qty_t bid_qty, agon_px_t ask_px, agon_qty_t ask_qty)
{
    struct {
        struct agon_book_part part;
        struct agon_level levels[4];
    } event = {.part = {.hdr = {.type = AGON_EVENT_BOOK_SNAPSHOT,
                                .granules = 2,
                                .instrument = id,
                                .t = world->t,
                                .t_venue = world->t},
                        .n_bid = 1,
                        .n_ask = 1,
                        .flags = BOOK_PART_FIRST | BOOK_PART_LAST},
               .levels = {{bid_px, bid_qty}, {ask_px, ask_qty}}};

    ck_assert_int_eq(world_step(world, &event), AGON_OK);
}

static inline void world_trade(struct world *world, agon_instrument_t id, agon_px_t px,
                               agon_qty_t qty, uint8_t side)
{
    struct agon_trade trade = {.hdr = {.type = AGON_EVENT_TRADE,
                                       .granules = 1,
                                       .instrument = id,
                                       .t = world->t,
                                       .t_venue = world->t},
                               .px = px,
                               .qty = qty,
                               .side = side};

    ck_assert_int_eq(world_step(world, &trade), AGON_OK);
}

static inline struct world *world_new(uint32_t mode)
{
    struct world *world = calloc(1, sizeof(*world));
    struct engine_config config = {.state_bytes = WORLD_STATE,
                                   .bus_granules = WORLD_BUS,
                                   .max_orders = WORLD_ORDERS,
                                   .book_window = WORLD_WINDOW,
                                   .alert = {.ctx = world, .alert = world_on_alert}};
    struct venue_port venue = {.ctx = world, .send = world_send};
    struct record_start start = {
        .hdr = {.type = EVENT_START, .granules = 1}, .run = 1, .mode = (uint8_t)mode, .seed = 42};
    struct record_account cash = {.hdr = {.type = EVENT_ACCOUNT, .granules = 1},
                                  .account = 0,
                                  .flags = 3,
                                  .asset = USDT,
                                  .free_amt = USD(1000000)};
    struct error err = {0};

    ck_assert_ptr_nonnull(world);
    world->t = world_begin;
    world->record = malloc((size_t)WORLD_EVENTS * 64);
    ck_assert_ptr_nonnull(world->record);
    ck_assert_msg(engine_new(&world->engine, &config, &err) == AGON_OK, "%s", err.text);
    engine_attach_venue(world->engine, 0, &venue);
    world_asset(world, USDT, "USDT");
    world_asset(world, BTC, "BTC");
    world_asset(world, ETH, "ETH");
    for (agon_instrument_t id = BTCUSDT; id <= ETHUSDT; id++) {
        struct agon_instrument made = world_instrument(id);

        ck_assert_int_eq(world_step(world, &made), AGON_OK);
    }
#ifdef WORLD_PERPETUAL
    {
        struct agon_instrument made = world_perpetual();
        struct record_account_of account = {
            .hdr = {.type = EVENT_CONFIG, .granules = 1}, .kind = CONFIG_ACCOUNT, .venue = 1};
        struct record_account more = cash;

        ck_assert_int_eq(world_step(world, &made), AGON_OK);
        if (world_is_split) {
            ck_assert_int_eq(world_step(world, &account), AGON_OK);
            account.hdr.t = 0;
            account.venue = 2;
            account.account = more.account = 1;
            ck_assert_int_eq(world_step(world, &account), AGON_OK);
            ck_assert_int_eq(world_step(world, &more), AGON_OK);
            engine_attach_venue(world->engine, 1, &venue);
        }
    }
#endif
#ifdef WORLD_MORE
    WORLD_MORE(world); // instruments of the test's own, which have to be there before START
#endif
    ck_assert_int_eq(world_step(world, &cash), AGON_OK);
    for (uint16_t id = 0; id < WORLD_SLOTS; id++) {
        struct record_slot record = world_slot_record(id);
        struct world_slot *slot = &world->slots[id];

        slot->to_memory = world_ring(&slot->to_in, &slot->to_out);
        slot->from_memory = world_ring(&slot->from_in, &slot->from_out);
        world->ports[id] = (struct runner_port){.ctx = slot,
                                                .to_agent = &slot->to_in,
                                                .from_agent = &slot->from_out,
                                                .advance = world_advance};
        engine_attach_runner(world->engine, id, &world->ports[id]);
        ck_assert_int_eq(world_step(world, &record), AGON_OK);
    }
    ck_assert_int_eq(world_step(world, &start), AGON_OK);
    world_book(world, BTCUSDT, 6000000, 100000000, 6000100, 100000000);
    world_book(world, ETHUSDT, 300000, 100000000, 300010, 100000000);
#ifdef WORLD_PERPETUAL
    world_book(world, WORLD_PERPETUAL, 6000000, 100000000, 6000100, 100000000);
#endif
    return world;
}

// What the slot's plugin wants, straight into the engine as a lock-step driver would offer it.
static inline int world_wish(struct world *world, uint16_t slot, const struct agon_intent *intent)
{
    struct agon_intent_event event = {
        .hdr = {.type = AGON_EVENT_INTENT, .granules = 2, .instrument = intent->instrument},
        .origin = {.cause_seq = engine_seq(world->engine), .slot = slot, .n_legs = 1},
        .intent = *intent,
    };

    return world_step(world, &event);
}

static inline int world_order(struct world *world, uint16_t slot, agon_instrument_t id,
                              enum agon_side side, agon_px_t px, agon_qty_t qty, uint64_t ref)
{
    struct agon_intent intent = {.kind = AGON_INTENT_ORDER,
                                 .side = (uint8_t)side,
                                 .type = px > 0 ? AGON_LIMIT : AGON_MARKET,
                                 .instrument = id,
                                 .client_ref = ref,
                                 .px = px,
                                 .qty = qty};

    return world_wish(world, slot, &intent);
}

static inline const struct told *world_last(struct world *world, uint16_t slot, uint16_t type)
{
    for (uint32_t i = world->slots[slot].n_told; i-- > 0;) {
        if (world->slots[slot].told[i].u.hdr.type == type)
            return &world->slots[slot].told[i];
    }
    return NULL;
}

static inline int world_report(struct world *world, const struct order_cmd *cmd, uint8_t kind,
                               agon_px_t px, agon_qty_t qty, agon_qty_t cum_qty)
{
    struct record_report report = {
        .hdr = {.type = EVENT_REPORT, .granules = 2, .instrument = cmd->instrument},
        .order_id = cmd->order_id,
        .venue_order = cmd->order_id + 1,
        .account = cmd->account,
        .kind = kind,
        .side = cmd->side,
        .liquidity = LIQUIDITY_TAKER,
        .px = px,
        .qty = qty,
        .cum_qty = cum_qty,
        .rev = cmd->rev,
    };

    if (kind == REPORT_FILL)
        report.venue_fill = ++world->next_fill;
    return world_step(world, &report);
}

static inline void world_hash(struct world *world, unsigned char hash[HASH_SIZE])
{
    ck_assert_int_eq(engine_hash(world->engine, hash), AGON_OK);
}

// The record alone leads another engine to the same state and the same outputs.
static inline void world_replays(struct world *world)
{
    struct engine_config config = {.state_bytes = WORLD_STATE,
                                   .bus_granules = WORLD_BUS,
                                   .max_orders = WORLD_ORDERS,
                                   .book_window = WORLD_WINDOW};
    unsigned char here[HASH_SIZE];
    unsigned char there[HASH_SIZE];
    struct engine *again;

    ck_assert_int_eq(engine_new(&again, &config, NULL), AGON_OK);
    for (uint64_t at = 0; at < world->n_record;) {
        struct agon_event_hdr *event = (struct agon_event_hdr *)(void *)(world->record + at);
        int rc = engine_step_recorded(again, event);

        ck_assert(rc == AGON_OK || rc == AGON_EINVAL);
        at += event_bytes(event);
    }
    world_hash(world, here);
    ck_assert_int_eq(engine_hash(again, there), AGON_OK);
    ck_assert(memcmp(here, there, HASH_SIZE) == 0);
    ck_assert(engine_output_hash(world->engine) == engine_output_hash(again));
    engine_free(again);
}

static inline void world_due(struct world *world, agon_ns_t until)
{
    while (engine_next_due(world->engine) < until) {
        struct record_due due;

        engine_due(world->engine, &due);
        ck_assert_int_eq(world_step(world, &due), AGON_OK);
    }
    world->t = until;
}

static inline void world_holds(struct world *world)
{
    char text[256];
    const char *broken = engine_check(world->engine, text);

    ck_assert_msg(broken == NULL, "%s", broken);
}

#endif
