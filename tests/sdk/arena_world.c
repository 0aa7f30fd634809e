// SPDX-License-Identifier: Apache-2.0
#include "arena_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/sandbox.h"
#include "market/bus.h"
#include "market/evring.h"

#define BUS_GRANULES 65536

const char *world_plugin(const char *name)
{
    static char path[1024];
    const char *root = getenv("AGON_BUILD_ROOT");

    if (strchr(name, '/') != NULL)
        return name;
    snprintf(path, sizeof(path), "%s/tests/sdk/plugins/%s.so", root ? root : "build", name);
    return path;
}

void world_init(struct world *world)
{
    struct record_slot *slot = &world->setup.head.slot;

    memset(world, 0, sizeof(*world));
    world->file.fd = -1;
    world->t = WORLD_T0;
    world->venue = (struct setup_venue){.venue = 1, .name = "binance"};
    world->assets[0] = (struct setup_asset){.id = 1, .exp = 8, .name = "BTC"};
    world->assets[1] = (struct setup_asset){.id = 2, .exp = 8, .name = "USDT"};
    world->instrument = (struct agon_instrument){
        .hdr = {.type = AGON_EVENT_INSTRUMENT, .granules = 3, .instrument = 1},
        .venue = 1,
        .kind = INSTRUMENT_SPOT,
        .state = TRADING_OPEN,
        .px_exp = 2,
        .qty_exp = 4,
        .base = 1,
        .quote = 2,
        .settle = 2,
        .symbol = "BTCUSDT",
        .tick_px = 1,
        .lot_qty = 1,
        .multiplier = 1};
    world->setup = (struct setup){.n_venues = 1,
                                  .venues = &world->venue,
                                  .n_assets = 2,
                                  .assets = world->assets,
                                  .n_instruments = 1,
                                  .instruments = &world->instrument,
                                  .params = world->params};
    world->setup.head.generation = 1;
    world->setup.head.start = AGON_START_FRESH;
    world->setup.head.base_currency = 2;
    world->setup.head.t = world->t;
    slot->slot = 3;
    slot->account = 1;
    slot->agent_kind = AGON_STRATEGY;
    slot->seed = 7;
    slot->subscription =
        (struct subscription){.event_mask = AGON_ON(AGON_EVENT_TRADE) | AGON_ON(AGON_EVENT_ORDER) |
                                            AGON_ON(AGON_EVENT_FILL) | AGON_ON(AGON_EVENT_TIMER),
                              .n_instruments = 1,
                              .instruments = {1}};
    REQUIRE(process_bus_new(&world->bus, BUS_GRANULES, NULL) >= 0);
    REQUIRE(bus_writer_attach(&world->writer, world->bus.memory, BUS_GRANULES) >= 0);
    hash_init(&world->hash);
}

void world_param(struct world *world, const char *name, const char *text)
{
    struct setup_param *param = &world->params[world->setup.n_params++];

    snprintf(param->name, sizeof(param->name), "%s", name);
    snprintf(param->text, sizeof(param->text), "%s", text);
}

static void on_log(void *ctx, uint32_t level, agon_ns_t t, const char *text)
{
    struct world *world = ctx;

    (void)level;
    (void)t;
    if (world->n_log < 16)
        snprintf(world->log[world->n_log++], sizeof(world->log[0]), "%s", text);
}

static int start_inproc(struct world *world, const char *plugin)
{
    const char *root = getenv("TMPDIR");
    struct run_inproc_config config = {.setup = world->block,
                                       .setup_bytes = world->block_bytes,
                                       .bus = world->bus.memory,
                                       .bus_granules = BUS_GRANULES,
                                       .log = on_log,
                                       .ctx = world};
    int rc;

    snprintf(world->directory, sizeof(world->directory), "%s/agon-world-XXXXXX",
             root ? root : "/tmp");
    REQUIRE(mkdtemp(world->directory));
    rc = plugin_file_stage(&world->file, world_plugin(plugin), world->directory, 3, &world->err);
    if (rc >= 0)
        rc = plugin_open(&world->plugin, &world->file, &world->err);
    if (rc < 0)
        return rc;
    config.entry = world->plugin.entry;
    rc = run_inproc_new(&world->inproc, &config, &world->err);
    if (rc >= 0)
        world->port = run_inproc_port(world->inproc);
    return rc;
}

static int start_process(struct world *world, const char *plugin,
                         const struct run_process_config *with)
{
    struct run_process_config config =
        with ? *with : (struct run_process_config){.is_lock_step = 1, .layers_wanted = SANDBOX_ALL};
    int rc = plugin_file_stage(&world->file, world_plugin(plugin), NULL, 3, &world->err);

    if (rc < 0)
        return rc;
    // Of its presets: a busy machine may interrupt a callback or a start for longer.
    if (config.hard_ns == 0)
        config.hard_ns = 60000000000;
    if (config.start_ns == 0)
        config.start_ns = 60000000000;
    config.file = &world->file;
    config.setup = world->block;
    config.setup_bytes = world->block_bytes;
    config.bus = &world->bus;
    config.slot = 3;
    config.log = on_log;
    config.ctx = world;
    rc = run_process_new(&world->process, &config, &world->err);
    if (rc >= 0)
        world->port = run_process_port(world->process);
    return rc;
}

int world_start(struct world *world, const char *plugin, enum world_kind kind,
                const struct run_process_config *with)
{
    // As a driver does it: the mask is the descriptor's.
    if (strcmp(plugin, "faulty") == 0)
        world->setup.head.slot.subscription.event_mask = AGON_ON(AGON_EVENT_TRADE);
    world->block = setup_encode_dup(&world->setup, &world->block_bytes);
    REQUIRE(world->block);
    return kind == WORLD_INPROC ? start_inproc(world, plugin) : start_process(world, plugin, with);
}

static void answer(struct world *world, const struct agon_intent_event *wish, uint8_t *sub)
{
    struct agon_order order = {.hdr = {.type = AGON_EVENT_ORDER, .granules = 2, .instrument = 1},
                               .order_id = ++world->next_order,
                               .client_ref = wish->intent.client_ref,
                               .account = 1,
                               .state = wish->intent.client_ref % 3 ? AGON_ORDER_OPEN
                                                                    : AGON_ORDER_FILLED,
                               .side = wish->intent.side,
                               .px = wish->intent.px,
                               .qty = wish->intent.qty};
    struct agon_fill fill = {.hdr = {.type = AGON_EVENT_FILL, .granules = 2, .instrument = 1},
                             .order_id = order.order_id,
                             .client_ref = order.client_ref,
                             .account = 1,
                             .side = order.side,
                             .px = order.px,
                             .qty = order.qty};

    if (wish->intent.kind != AGON_INTENT_ORDER || *sub > 200)
        return;
    if (order.state == AGON_ORDER_FILLED) {
        world->held_qty += order.side == AGON_BUY ? order.qty : -order.qty;
        fill.position_qty = world->held_qty;
        fill.hdr.seq = world->seq;
        fill.hdr.sub = ++*sub;
        fill.hdr.t = world->t;
        REQUIRE(evring_put(world->port->to_agent, &fill.hdr) == AGON_OK);
    }
    order.hdr.seq = world->seq;
    order.hdr.sub = ++*sub;
    order.hdr.t = world->t;
    REQUIRE(evring_put(world->port->to_agent, &order.hdr) == AGON_OK);
}

/* Timers fire at once; what is armed is answered like an order. */
static void fire(struct world *world, const struct record_arm *arm, uint8_t *sub)
{
    struct agon_timer timer = {.hdr = {.type = AGON_EVENT_TIMER,
                                       .granules = 1,
                                       .seq = world->seq,
                                       .sub = (uint8_t)(*sub + 1),
                                       .t = world->t},
                               .cookie = arm->cookie,
                               .t_due = arm->t_at,
                               .id = arm->id};

    if (arm->is_disarm || *sub > 200)
        return;
    ++*sub;
    REQUIRE(evring_put(world->port->to_agent, &timer.hdr) == AGON_OK);
}

int world_step(struct world *world)
{
    static _Alignas(64) unsigned char wish[EVENT_BYTES_MAX];
    const struct agon_event_hdr *next;
    struct agon_trade trade = {.hdr = {.type = AGON_EVENT_TRADE, .granules = 1, .instrument = 1},
                               .qty = 5,
                               .side = AGON_BUY};
    uint8_t sub = 0;

    world->seq++;
    world->t += 1000000;
    while ((next = evring_peek(world->port->from_agent, NULL)) != NULL) {
        memcpy(wish, next, event_bytes(next)); // then judge the copy: the ring may be hostile
        evring_release(world->port->from_agent);
        hash_update(&world->hash, wish, event_bytes((struct agon_event_hdr *)(void *)wish));
        world->n_wishes++;
        if (((struct agon_event_hdr *)(void *)wish)->type == AGON_EVENT_INTENT)
            answer(world, (struct agon_intent_event *)(void *)wish, &sub);
        if (((struct agon_event_hdr *)(void *)wish)->type == EVENT_ARM)
            fire(world, (struct record_arm *)(void *)wish, &sub);
    }
    trade.px = 10000 + (agon_px_t)(world->seq * 7919 % 100);
    trade.hdr.seq = world->seq;
    trade.hdr.t = world->t;
    bus_write(&world->writer, &trade.hdr);
    bus_publish(&world->writer, world->seq);
    return world->port->advance(world->port->ctx, world->seq);
}

void world_deinit(struct world *world)
{
    run_inproc_free(world->inproc);
    run_process_free(world->process);
    plugin_close(&world->plugin);
    plugin_file_drop(&world->file);
    process_bus_free(&world->bus);
    free(world->block);
    if (world->directory[0])
        (void)rmdir(world->directory);
}
