// SPDX-License-Identifier: Apache-2.0
/* exits_rig: a host on paper with one slot that holds a position, its exit plans, and what became
 * of them, for the programs that test them. Tests are one process each. */
#ifndef TESTS_UNIT_ENGINE_EXITS_RIG_H
#define TESTS_UNIT_ENGINE_EXITS_RIG_H

#define WORLD_PERPETUAL 3
#include "engine/impl.h"
#include "world.h"

#define SLOT   0
#define SECOND (1000 * MS)
enum { LONG = AGON_BUY, SHORT = AGON_SELL };

static struct world *world;

static inline int set_of(uint16_t slot, const struct agon_exit_plan *plan)
{
    struct agon_exit_event event = {
        .hdr = {.type = AGON_EVENT_EXIT_PLAN, .granules = 4, .instrument = plan->instrument},
        .origin = {.cause_seq = engine_seq(world->engine),
                   .slot = slot,
                   .generation = world->engine->slots.all[slot].generation},
        .plan = *plan};

    return world_step(world, &event);
}

static inline void set(const struct agon_exit_plan *plan)
{
    ck_assert_int_eq(set_of(SLOT, plan), AGON_OK);
}

static inline const struct agon_exit *told(void)
{
    const struct told *last = world_last(world, SLOT, AGON_EVENT_EXIT);

    ck_assert_ptr_nonnull(last);
    return (const struct agon_exit *)(const void *)last;
}

static inline int n_told(uint8_t state)
{
    int n = 0;

    for (uint32_t i = 0; i < world->slots[SLOT].n_told; i++) {
        const struct agon_exit *exit =
            (const struct agon_exit *)(const void *)&world->slots[SLOT].told[i];

        n += exit->hdr.type == AGON_EVENT_EXIT && exit->state == state;
    }
    return n;
}

static inline uint32_t n_plans(void)
{
    uint32_t n = 0;

    for (const struct exit_plan *exit = engine_next_exit(world->engine, SLOT, NULL); exit != NULL;
         exit = engine_next_exit(world->engine, SLOT, exit))
        n++;
    return n;
}

static inline agon_qty_t position(void)
{
    const struct position *pos = ledger_position(world->engine->ledger, SLOT, BTCUSDT, 0);

    return pos != NULL ? pos->qty : 0;
}

// A price is told, and what is due then happens.
static inline void book(agon_px_t bid_px)
{
    world->t += MS;
    world_book(world, BTCUSDT, bid_px, 100000000, bid_px + 100, 100000000);
    world_due(world, world->t + 1);
}

static inline const struct order_cmd *last_cmd(void)
{
    return &world->cmds[world->n_cmds - 1];
}

// Why what a fill of that order closes is closed.
static inline const char *why(const struct order_cmd *cmd)
{
    struct record_report fill = {.order_id = cmd->order_id};

    return exit_reasons_name(orders_exit_reason(world->engine->orders, &fill));
}

// The venue does what the last command wants, whole.
static inline void fill(const struct order_cmd *cmd, agon_px_t px, agon_qty_t qty)
{
    world_report(world, cmd, REPORT_FILL, px, qty, qty);
}

static inline void buy(agon_qty_t qty)
{
    world_order(world, SLOT, BTCUSDT, AGON_BUY, 0, qty, 1);
    fill(last_cmd(), 6000100, qty);
    ck_assert_int_eq(position(), qty); // fees are in the quote
}

static inline void begin(agon_qty_t qty)
{
    world = world_new(RUN_PAPER);
    if (qty > 0)
        buy(qty);
}

static inline void end(void)
{
    world_holds(world);
    world_replays(world);
    world_free(world);
}

static inline void begin_anew(uint32_t generation)
{
    struct record_generation fresh = {.hdr = {.type = EVENT_CONFIG, .granules = 4},
                                      .kind = CONFIG_GENERATION,
                                      .slot = SLOT,
                                      .generation = generation,
                                      .event_mask = ~(uint64_t)0,
                                      .why = GENERATION_FRESH,
                                      .agent_kind = AGON_STRATEGY};

    ck_assert_int_eq(world_step(world, &fresh), AGON_OK);
}

static const struct agon_exit_plan stop_at_59000 = {
    .instrument = BTCUSDT, .side = LONG, .client_ref = 5, .stop_px = 5900000};

#endif
