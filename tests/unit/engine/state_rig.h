// SPDX-License-Identifier: Apache-2.0
/* A world with one of everything that is state, and what changes one field of it: STATE fails
 * unless the state's hash changes, NO_STATE if it does. For test_state*.c. */
#ifndef TESTS_UNIT_ENGINE_STATE_RIG_H
#define TESTS_UNIT_ENGINE_STATE_RIG_H

#include "engine/impl.h"
#include "world.h"

static struct world *world;
static struct engine *engine;
static unsigned char before[HASH_SIZE];

/* Slot 0: a position and fills, an open order, a replacement in flight, a final order. Slot 1: half
 * a group, a timer. Bars, books, quotes. */
static inline void begin(void)
{
    struct agon_intent replace = {
        .kind = AGON_INTENT_REPLACE, .client_ref = 2, .px = 5980000, .qty = 20000};
    struct agon_intent_event leg = {
        .hdr = {.type = AGON_EVENT_INTENT, .granules = 2},
        .origin = {.slot = 1, .leg = 0, .n_legs = 2, .cause_seq = 5},
        .intent = {.kind = AGON_INTENT_ORDER, .side = AGON_BUY, .instrument = BTCUSDT}};
    struct record_arm arm = {.hdr = {.type = EVENT_ARM, .granules = 2},
                             .origin = {.slot = 1},
                             .id = 1,
                             .t_at = T0 + 5000 * MS,
                             .every_ns = 10 * MS,
                             .cookie = 99};
    struct agon_quote quote = {
        .hdr = {.type = AGON_EVENT_QUOTE, .granules = 1, .instrument = BTCUSDT},
        .bid_px = 1,
        .ask_px = 2};

    world = world_new(RUN_PAPER);
    engine = world->engine;
    world_order(world, 0, BTCUSDT, AGON_BUY, 0, 10000, 1);
    world_report(world, &world->cmds[0], REPORT_FILL, 6000100, 10000, 10000);
    world_order(world, 0, BTCUSDT, AGON_BUY, 5990000, 10000, 2);
    world_report(world, &world->cmds[1], REPORT_ACK, 0, 0, 0);
    world_wish(world, 0, &replace);
    world_trade(world, BTCUSDT, 6000000, 5, AGON_BUY);
    world_step(world, &quote);
    world_step(world, &leg);
    ck_assert_int_eq(world_step(world, &arm), AGON_OK);
    world_hash(world, before);
}

static inline void heard(const char *what, int is_heard)
{
    unsigned char after[HASH_SIZE];

    world_hash(world, after);
    ck_assert_msg((memcmp(before, after, sizeof(after)) != 0) == is_heard, "%s: %s", what,
                  is_heard ? "changed unheard" : "is no state and was heard of");
}

static inline void poke(void *field, const char *what, int is_heard)
{
    unsigned char *byte = field;

    *byte ^= 1;
    heard(what, is_heard);
    *byte ^= 1;
    heard(what, 0);
}

#define STATE(field)    poke((void *)(uintptr_t) & (field), #field, 1)
#define NO_STATE(field) poke((void *)(uintptr_t) & (field), #field, 0)

#endif
