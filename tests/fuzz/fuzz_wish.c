// SPDX-License-Identifier: Apache-2.0
/* fuzz_wish: what a hostile agent may put into its ring, and whatever a venue may answer to what
 * comes of it. The engine takes it, refuses it or calls the ring broken; what must hold between two
 * steps holds, and a replay of what was taken reaches the same state.
 *
 * Byte 0: 1: replay at the end. Then steps, a byte each and what it takes:
 *   0 order, 1 replace or cancel, 2 target or quote: 8 bytes   3 group of two orders: 8 bytes
 *   4 a record as it is: its granules, then its bytes          5 time passes
 *   6 the venue answers an order: 4 bytes                      7 the market moves: 2 bytes
 *   8 a byte of the ring's own memory is changed: 3 bytes      9 arm, signal, exit plan: 8 bytes
 *
 * decodes: host/engine/intents.c host/engine/intents_judge.c host/engine/reports.c
 * host/engine/control.c host/engine/timers.c host/exec/orders.c host/risk/gate.c
 * host/ledger/ledger.c host/market/evring.c */
#define WORLD_EVENTS 16384
#define WORLD_CMDS   2048
#define WORLD_TOLD   64
#define RING         ((uint64_t)1 << 10)
#define WORLD_STATE  ((uint64_t)2 << 20)
#define WORLD_BUS    (1u << 12)
#define WORLD_ORDERS 512
#define WORLD_WINDOW 512
#include <check.h>

#include "../unit/engine/world.h"
#include "base/num.h"
#include "fuzz.h"

#define STEPS_MAX 100
#define DUES_MAX  64

struct input {
    const uint8_t *at;
    size_t n;
};
static uint8_t byte(struct input *input)
{
    if (input->n == 0)
        return 0;
    input->n--;
    return *input->at++;
}

// Numbers at the edges come by a byte; what lies between comes from two.
static int64_t number(struct input *input, int64_t usual)
{
    static const int64_t edges[] = {0,           1,         -1,
                                    INT64_MAX,   INT64_MIN, INT64_MAX / 2,
                                    1000000,     INT32_MAX, (int64_t)UINT32_MAX + 1,
                                    999999999999};
    uint8_t code = byte(input);

    if (code < sizeof(edges) / sizeof(edges[0]))
        return edges[code];
    return code < 64 ? usual : usual + (code - 160) * (usual > 1000 ? 100 : 1);
}

static struct agon_intent_event wish(struct input *input, uint8_t kind)
{
    uint8_t shape = byte(input);
    uint8_t flags = byte(input);
    struct agon_intent_event event = {.hdr = {.type = AGON_EVENT_INTENT, .granules = 2},
                                      .intent = {.kind = kind,
                                                 .side = shape & 1 ? AGON_BUY : AGON_SELL,
                                                 .type = shape >> 1 & 7,
                                                 .tif = shape >> 4 & 7,
                                                 .flags = flags & 15,
                                                 .instrument = flags >> 4 & 3}};

    event.hdr.instrument = event.intent.instrument;
    event.intent.client_ref = byte(input) % 16;
    event.intent.px = number(input, 6000000);
    event.intent.qty = number(input, 1000);
    event.intent.trigger_px = flags & 64 ? number(input, 6000000) : 0;
    event.intent.account = flags & 128 ? byte(input) : 0;
    event.intent.show_qty = shape & 128 ? number(input, 100) : 0;
    return event;
}

static void put(struct world *world, uint16_t slot, const void *event)
{
    (void)evring_put(&world->slots[slot].from_in, event);
}

static void put_other(struct world *world, uint16_t slot, struct input *input)
{
    uint8_t what = byte(input);
    struct record_arm arm = {.hdr = {.type = EVENT_ARM, .granules = 2}};
    struct record_signal signal = {.hdr = {.type = AGON_EVENT_SIGNAL, .granules = 6}};
    struct agon_exit_event exit_plan = {.hdr = {.type = AGON_EVENT_EXIT_PLAN}};
    unsigned char *bytes = what % 3 == 0   ? (unsigned char *)&arm
                           : what % 3 == 1 ? (unsigned char *)&signal
                                           : (unsigned char *)&exit_plan;
    size_t room = what % 3 == 0 ? sizeof(arm) : what % 3 == 1 ? sizeof(signal) : sizeof(exit_plan);

    exit_plan.hdr.granules = (uint8_t)(sizeof(exit_plan) / EVENT_GRANULE);
    for (int i = 0; i < 3; i++) {
        size_t at = sizeof(struct agon_event_hdr) + sizeof(struct agon_origin) + byte(input);
        int64_t value = number(input, T0);

        if (at + sizeof(value) <= room)
            memcpy(bytes + at, &value, sizeof(value));
    }
    put(world, slot, bytes);
}

static void put_raw(struct world *world, uint16_t slot, struct input *input)
{
    _Alignas(64) unsigned char bytes[8 * EVENT_GRANULE] = {0};
    uint32_t granules = 1 + byte(input) % 8;
    size_t n = granules * EVENT_GRANULE < input->n ? granules * EVENT_GRANULE : input->n;

    memcpy(bytes, input->at, n);
    input->at += n;
    input->n -= n;
    ((struct agon_event_hdr *)(void *)bytes)->granules = (uint8_t)granules;
    put(world, slot, bytes);
}

/* Could an exchange that keeps its word fill the order at that price? */
static int is_honest(const struct order_cmd *cmd, agon_px_t px)
{
    agon_px_t limit_px = cmd->px > 0 ? cmd->px : cmd->side == AGON_BUY ? 6600000 : 5400000;

    return cmd->side == AGON_BUY ? px <= limit_px && px > 0 : px >= limit_px;
}

/* 0: it is a fill at a price that no order allows. */
static int answer(struct world *world, struct input *input)
{
    uint8_t which = byte(input);
    uint8_t kind = byte(input);
    const struct order_cmd *cmd;
    int64_t px;
    int64_t qty;

    if (world->n_cmds == 0)
        return 1;
    cmd = &world->cmds[world->n_cmds - 1 - which % world->n_cmds];
    px = number(input, cmd->px);
    qty = number(input, cmd->qty / 2 + 1);
    world_report(world, cmd, kind % 16, px, qty, kind & 16 ? qty : num_add(cmd->filled_qty, qty));
    return kind % 16 != REPORT_FILL || is_honest(cmd, px);
}

static void market(struct world *world, struct input *input)
{
    uint8_t what = byte(input);
    int64_t px = number(input, 6000000);
    agon_instrument_t id = what & 1 ? BTCUSDT : ETHUSDT;

    if (what & 2) {
        struct agon_trade trade = {
            .hdr = {.type = AGON_EVENT_TRADE, .granules = 1, .instrument = id, .t_venue = world->t},
            .px = px,
            .qty = 1000,
            .side = what >> 2 & 3};

        world_step(world, &trade);
    } else if (px > 200 && px < INT64_MAX / 4) {
        world_book(world, id, px - 50, 100000, px + 50, 100000);
    }
}

static void pass(struct world *world, agon_ns_t ns)
{
    struct record_due due;

    // What is armed too often is left for the next time.
    for (int i = 0; i < DUES_MAX && engine_next_due(world->engine) < world->t + ns; i++) {
        engine_due(world->engine, &due);
        world_step(world, &due);
    }
    world->t += ns;
}

static void taken(struct world *world, int *is_broken)
{
    _Alignas(64) unsigned char bytes[ENGINE_WISH_BYTES];
    struct agon_event_hdr *event = (struct agon_event_hdr *)(void *)bytes;

    for (uint16_t slot = 0; slot < WORLD_SLOTS; slot++) {
        for (int i = 0; i < 64 && !is_broken[slot]; i++) {
            int rc = engine_take_wish(world->engine, slot, event);

            if (rc == 0)
                break;
            REQUIRE(rc == 1 || rc == AGON_EINVAL || rc == AGON_ECORRUPT);
            is_broken[slot] = rc == AGON_ECORRUPT;
            if (rc != 1)
                continue;
            REQUIRE(((struct agon_intent_event *)(void *)event)->origin.slot == slot);
            event->t = world->t;
            rc = world_step(world, event);
            REQUIRE(rc == AGON_OK || rc == AGON_EINVAL);
        }
    }
}

static void replay(struct world *world)
{
    struct engine_config config = {.state_bytes = WORLD_STATE,
                                   .bus_granules = WORLD_BUS,
                                   .max_orders = WORLD_ORDERS,
                                   .book_window = WORLD_WINDOW};
    struct engine *again;
    unsigned char hash[HASH_SIZE];
    unsigned char hash_again[HASH_SIZE];

    REQUIRE(engine_new(&again, &config, NULL) == AGON_OK);
    for (uint64_t at = 0; at < world->n_record;) {
        const struct agon_event_hdr *event = (const void *)(world->record + at);
        int rc = engine_step_recorded(again, event);

        REQUIRE(rc == AGON_OK || rc == AGON_EINVAL);
        at += event_bytes(event);
    }
    world_hash(world, hash);
    REQUIRE(engine_hash(again, hash_again) == AGON_OK);
    REQUIRE(memcmp(hash, hash_again, HASH_SIZE) == 0);
    engine_free(again);
}

/* What somebody pays whose limit the exchange does not keep may be more than he has: all else holds
 * all the same. */
static void holds(struct world *world, int is_honest_venue)
{
    char text[256];
    const char *broken = engine_check(world->engine, text);

    if (broken != NULL && !is_honest_venue && strncmp(broken, "inv-10: slot", 12) == 0 &&
        strstr(broken, "spent more than it had") != NULL)
        return;
    ck_assert_msg(broken == NULL, "%s", broken);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct input input = {data, n};
    struct world *world;
    int is_broken[WORLD_SLOTS] = {0};
    int is_honest_venue = 1;
    uint8_t mode = byte(&input);

    if (n < 2)
        return 0;
    world = world_new(RUN_PAPER);
    for (int i = 0; i < STEPS_MAX && input.n > 0 && world->n_record < WORLD_EVENTS / 2 * 64 &&
                    world->n_cmds < WORLD_CMDS / 2;
         i++) {
        uint8_t what = byte(&input);
        uint16_t slot = what >> 4 & 1;

        switch (what & 15) {
        case 0: {
            struct agon_intent_event event = wish(&input, AGON_INTENT_ORDER);

            put(world, slot, &event);
            break;
        }
        case 1: {
            struct agon_intent_event event = wish(&input, what & 32   ? AGON_INTENT_REPLACE
                                                          : what & 64 ? AGON_INTENT_CANCEL_ALL
                                                                      : AGON_INTENT_CANCEL);

            put(world, slot, &event);
            break;
        }
        case 2: {
            struct agon_intent_event event =
                wish(&input, what & 32 ? AGON_INTENT_TARGET : AGON_INTENT_QUOTE);

            put(world, slot, &event);
            event.intent.side = event.intent.side == AGON_BUY ? AGON_SELL : AGON_BUY;
            event.origin.leg = 1;
            event.origin.n_legs = 2;
            if (what & 64)
                put(world, slot, &event);
            break;
        }
        case 3:
            for (uint8_t leg = 0; leg < 2; leg++) {
                struct agon_intent_event event = wish(&input, AGON_INTENT_ORDER);

                event.origin.leg = leg;
                event.origin.n_legs = what & 32 ? byte(&input) : 2;
                put(world, slot, &event);
            }
            break;
        case 4:
            put_raw(world, slot, &input);
            break;
        case 5:
            pass(world, ((agon_ns_t)(what >> 5) * 4 + 1) * 250 * MS);
            break;
        case 6:
            is_honest_venue &= answer(world, &input);
            break;
        case 7:
            market(world, &input);
            break;
        case 8: {
            size_t at = ((size_t)byte(&input) << 8 | byte(&input)) % evring_bytes(RING);
            unsigned char *memory = world->slots[slot].from_memory;

            // The host keeps its own mask: what it was told once is not asked for again.
            memory[at] = byte(&input);
            break;
        }
        case 9:
            put_other(world, slot, &input);
            break;
        default:
            break;
        }
        taken(world, is_broken);
    }
    holds(world, is_honest_venue);
    if (mode & 1)
        replay(world);
    world_free(world);
    return 0;
}
