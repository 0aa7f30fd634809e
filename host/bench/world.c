// SPDX-License-Identifier: Apache-2.0
#include "bench/world.h"

#include <stdio.h>
#include <stdlib.h>

#include <agon/agon.h>

#include "agent/setup.h"
#include "base/num.h"
#include "run/slots.h"
#include "sys/memory.h"

#define ASSET_USDT   1
#define ASSET_BASE   2
#define BUS_GRANULES ((uint64_t)1 << 20)
#define CAPITAL      WORLD_CAPITAL

/* --- plugins --- */

static struct world_agent *last_made; /* create has no other way to tell */

int world_count(void *plugin, const struct agon_event_hdr *event, uint64_t nth)
{
    struct world_agent *self = plugin;

    self->n++;
    self->sum += event->seq ^ nth;
    return AGON_OK;
}

static int trade_event(void *plugin, const struct agon_event_hdr *event, uint64_t nth)
{
    struct world_agent *self = plugin;
    struct agon_intent intent = {.kind = AGON_INTENT_ORDER,
                                 .side = AGON_BUY,
                                 .type = AGON_LIMIT,
                                 .tif = AGON_TIF_GTC,
                                 .instrument = event->instrument,
                                 .qty = 1000};

    (void)nth;
    self->n++;
    if (event->type == AGON_EVENT_ORDER)
        self->n_refused +=
            ((const struct agon_order *)(const void *)event)->state == AGON_ORDER_REJECTED;
    if (event->type != AGON_EVENT_QUOTE)
        return AGON_OK;
    intent.px = ((const struct agon_quote *)(const void *)event)->bid_px - 100;
    intent.client_ref = ++self->next_ref;
    self->n_orders++;
    return self->orders->submit(self->host, &intent, 1);
}

static void destroy(void *plugin)
{
    (void)plugin;
}

void *world_create(const struct agon_host *host, struct agon_agent *agent, uint64_t size,
                   int (*on_event)(void *, const struct agon_event_hdr *, uint64_t))
{
    const struct agon_host_arena *arena = host->get_extension(host, AGON_EXT_ARENA);
    struct agon_agent mine = {.size = sizeof(mine), .on_event = on_event, .destroy = destroy};

    mine.self = arena != NULL ? arena->take(host, size, 64) : NULL;
    if (mine.self == NULL)
        return NULL;
    agon_agent_set(agent, &mine);
    return mine.self;
}

static int create_with(const struct agon_host *host, struct agon_agent *agent,
                       int (*on_event)(void *, const struct agon_event_hdr *, uint64_t))
{
    struct world_agent *self = world_create(host, agent, sizeof(*self), on_event);

    if (self == NULL)
        return AGON_ENOMEM;
    self->host = host;
    self->orders = host->get_extension(host, AGON_EXT_ORDERS);
    last_made = self;
    return AGON_OK;
}

static int create_counter(const struct agon_host *host, uint32_t index, struct agon_agent *agent)
{
    return index == 0 ? create_with(host, agent, world_count) : AGON_EINVAL;
}

static int create_trader(const struct agon_host *host, uint32_t index, struct agon_agent *agent)
{
    return index == 0 ? create_with(host, agent, trade_event) : AGON_EINVAL;
}

static const struct agon_descriptor descriptor = {.size = sizeof(descriptor),
                                                  .kind = AGON_STRATEGY,
                                                  .id = "org.agon.bench",
                                                  .name = "bench",
                                                  .vendor = "Agon",
                                                  .version = "1.0.0",
                                                  .summary = "Counts events.",
                                                  .budget_ns = 1000,
                                                  .arena_bytes = sizeof(struct world_agent) + 2048};
static const struct agon_descriptor *const descriptors[] = {&descriptor};
static const struct agon_entry counter = {.size = sizeof(struct agon_entry),
                                          .abi_major = AGON_ABI_MAJOR,
                                          .abi_minor = AGON_ABI_MINOR,
                                          .n_plugins = 1,
                                          .plugins = descriptors,
                                          .create = create_counter};
static const struct agon_entry trader = {.size = sizeof(struct agon_entry),
                                         .abi_major = AGON_ABI_MAJOR,
                                         .abi_minor = AGON_ABI_MINOR,
                                         .n_plugins = 1,
                                         .plugins = descriptors,
                                         .create = create_trader};

/* --- the engine around them --- */

static int on_send(void *ctx, const struct order_cmd *cmd)
{
    struct world *world = ctx;

    world->cmd = *cmd;
    world->n_cmds++;
    return AGON_OK;
}

void world_instrument(struct agon_instrument *instrument, agon_instrument_t id)
{
    *instrument = (struct agon_instrument){
        .hdr = {.type = AGON_EVENT_INSTRUMENT, .granules = 3, .instrument = id},
        .venue = 1,
        .kind = INSTRUMENT_SPOT,
        .state = TRADING_OPEN,
        .px_exp = 2,
        .qty_exp = 5,
        .base = ASSET_BASE,
        .quote = ASSET_USDT,
        .settle = ASSET_USDT,
        .maker_fee_ppb = 1000000,
        .taker_fee_ppb = 1000000,
        .tick_px = 1,
        .lot_qty = 1,
        .min_qty = 1,
        .min_notional_amt = (agon_amt_t)5 * 100000000,
        .multiplier = 1};
    if (id == 1)
        memcpy(instrument->symbol, "BTCUSDT", 8);
    else
        snprintf(instrument->symbol, sizeof(instrument->symbol), "B%03uUSDT", id);
}

/* A live host's bus is there before it is needed. Where that cannot be, pages come one by one. */
static void place_bus(const struct world *world)
{
    uint64_t granules, at;
    const struct bus_shm *bus = engine_bus(world->engine, &granules, &at);

    (void)memory_place((void *)(uintptr_t)bus, bus_bytes(granules));
}

static int take(struct world *world, void *event, struct error *err)
{
    struct agon_event_hdr *hdr = event;
    int rc;

    hdr->t = world->t;
    rc = engine_step(world->engine, hdr);
    return rc < 0 ? error_set(err, rc, "configuring: event type %u: %s", hdr->type, error_name(rc))
                  : AGON_OK;
}

static int configure(struct world *world, const struct world_config *config,
                     struct record_slot *slots, struct error *err)
{
    static const char *const names[] = {"USDT", "BTC"};
    struct record_start start = {
        .hdr = {.type = EVENT_START, .granules = 1}, .run = 1, .mode = RUN_BACKTEST, .seed = 1};
    struct record_account cash = {.hdr = {.type = EVENT_ACCOUNT, .granules = 1},
                                  .flags = 3,
                                  .asset = ASSET_USDT,
                                  .free_amt = CAPITAL * config->n_slots};
    int rc = AGON_OK;

    for (uint32_t i = 0; i < 2 && rc >= 0; i++) {
        struct record_asset asset = {.hdr = {.type = EVENT_CONFIG, .granules = 1},
                                     .kind = CONFIG_ASSET,
                                     .asset = i + 1,
                                     .exp = 8,
                                     .is_base_currency = i == 0};

        memcpy(asset.name, names[i], strlen(names[i]) + 1);
        rc = take(world, &asset, err);
    }
    for (agon_instrument_t id = 1; id <= config->n_instruments && rc >= 0; id++) {
        struct agon_instrument instrument;

        world_instrument(&instrument, id);
        rc = take(world, &instrument, err);
    }
    if (rc >= 0)
        rc = take(world, &cash, err);
    for (uint16_t id = 0; id < config->n_slots && rc >= 0; id++) {
        struct record_slot copy;

        memset(&slots[id], 0, sizeof(slots[id]));
        slots_defaults(&slots[id], CAPITAL);
        slots[id].slot = id;
        snprintf(slots[id].name, sizeof(slots[id].name), "bench_%u", id);
        slots[id].subscription.event_mask = config->event_mask;
        for (agon_instrument_t i = 1; i <= config->n_instruments && i <= SLOT_INSTRUMENTS_MAX; i++)
            slots[id].subscription.instruments[slots[id].subscription.n_instruments++] = i;
        slots[id].limits.max_open_orders =
            config->max_open_orders != 0 ? config->max_open_orders : 1000;
        slots[id].limits.orders_per_s = 10000000;
        slots[id].limits.orders_burst = 1000;
        slots[id].limits.duplicate_max = 1000;
        slots[id].limits.daily_loss_amt = config->has_no_loss_limits ? 0 : CAPITAL / 10;
        if (config->has_no_loss_limits)
            slots[id].limits.drawdown_ppm = 0;
        copy = slots[id];
        rc = take(world, &copy, err);
    }
    return rc < 0 ? rc : take(world, &start, err);
}

static int join(struct world *world, const struct world_config *config,
                const struct record_slot *slot, struct error *err)
{
    static const struct setup_venue venue = {.venue = 1, .name = "binance"};
    struct setup_asset assets[2] = {{.id = ASSET_USDT, .exp = 8, .name = "USDT"},
                                    {.id = ASSET_BASE, .exp = 8, .name = "BTC"}};
    struct setup setup = {.n_venues = 1,
                          .venues = &venue,
                          .n_assets = 2,
                          .assets = assets,
                          .n_instruments = config->n_instruments,
                          .instruments = engine_instruments(world->engine)->all + 1};
    struct run_inproc_config run = {.entry = config->entry != NULL            ? config->entry
                                             : config->plugin == WORLD_TRADER ? &trader
                                                                              : &counter,
                                    .now = config->now};
    void *bytes;
    int rc;

    run.bus = engine_bus(world->engine, &run.bus_granules, &setup.head.bus_at);
    run.shown = world->bus.shown;
    setup.head.seq = engine_seq(world->engine);
    setup.head.t = engine_t(world->engine);
    setup.head.generation = 1;
    setup.head.next_timer = 1;
    setup.head.base_currency = ASSET_USDT;
    setup.head.start = AGON_START_FRESH;
    setup.head.slot = *slot;
    bytes = setup_encode_dup(&setup, &run.setup_bytes);
    if (bytes == NULL)
        return error_set(err, AGON_ENOMEM, "no memory for a setup");
    run.setup = bytes;
    last_made = NULL;
    rc = run_inproc_new(&world->runs[slot->slot], &run, err);
    free(bytes);
    if (rc < 0)
        return rc;
    world->agents[slot->slot] = last_made;
    engine_attach_runner(world->engine, slot->slot, run_inproc_port(world->runs[slot->slot]));
    return AGON_OK;
}

int world_open(struct world *world, const struct world_config *config, struct error *err)
{
    struct engine_config engine = {.bus_memory = config->bus_memory,
                                   .bus_granules = config->bus_granules};
    struct record_slot *slots = calloc(SLOTS_MAX, sizeof(*slots));
    int rc = AGON_OK;

    memset(world, 0, sizeof(*world));
    if (slots == NULL)
        return error_set(err, AGON_ENOMEM, "no memory");
    world->t = WORLD_T0;
    if (config->journal_bytes != 0) {
        rc = journal_buffer_init(&world->buffer, config->journal_bytes, 1);
        world->has_buffer = rc >= 0;
        engine.journal = &world->buffer;
    }
    if (rc >= 0 && config->bus_memory == NULL && !config->is_copied) {
        if (engine.bus_granules == 0)
            engine.bus_granules = BUS_GRANULES;
        rc = process_bus_new(&world->bus, engine.bus_granules, err);
        engine.bus_memory = world->bus.memory;
    }
    if (rc >= 0)
        rc = engine_new(&world->engine, &engine, err);
    if (rc >= 0 && !config->is_backtest)
        place_bus(world);
    if (rc >= 0)
        rc = configure(world, config, slots, err);
    world->n_slots = config->n_slots;
    world->venue = (struct venue_port){.ctx = world, .send = on_send};
    if (rc >= 0)
        engine_attach_venue(world->engine, 0, &world->venue);
    for (uint16_t id = 0; id < config->n_slots && rc >= 0 && config->plugin != WORLD_NOBODY; id++)
        rc = join(world, config, &slots[id], err);
    free(slots);
    if (rc < 0)
        world_close(world);
    return rc;
}

void world_close(struct world *world)
{
    for (int id = 0; id < SLOTS_MAX; id++)
        run_inproc_free(world->runs[id]);
    engine_free(world->engine);
    process_bus_free(&world->bus);
    if (world->has_buffer)
        journal_buffer_deinit(&world->buffer);
    memset(world, 0, sizeof(*world));
}

int world_step(struct world *world, struct agon_event_hdr *event)
{
    uint16_t failed;
    int rc;

    event->t = world->t;
    rc = engine_step(world->engine, event);
    while (rc >= 0 && engine_advance_wanting(world->engine, &failed) < 0)
        engine_attach_runner(world->engine, failed, NULL);
    return rc;
}

int world_wish(struct world *world, uint16_t slot)
{
    _Alignas(64) unsigned char wish[ENGINE_WISH_BYTES];
    struct agon_event_hdr *event = (struct agon_event_hdr *)(void *)wish;
    int rc = engine_take_wish(world->engine, slot, event);

    if (rc <= 0)
        return rc;
    rc = world_step(world, event);
    return rc < 0 ? rc : 1;
}

int world_limit_all(struct world *world)
{
    const agon_amt_t much = 100 * CAPITAL;
    struct record_portfolio portfolio = {
        .hdr = {.type = EVENT_CONFIG, .granules = sizeof(portfolio) / EVENT_GRANULE},
        .kind = CONFIG_PORTFOLIO,
        .limits = {.equity_amt = 1,
                   .daily_loss_amt = much,
                   .drawdown_ppm = 500000,
                   .gross_amt = much,
                   .net_amt = much,
                   .venue_amt = much,
                   .asset_amt = much}};

    return world_step(world, &portfolio.hdr);
}

int world_expire(struct world *world, const struct order_cmd *cmd)
{
    struct record_report report = {
        .hdr = {.type = EVENT_REPORT, .granules = 2, .instrument = cmd->instrument},
        .order_id = cmd->order_id,
        .account = cmd->account,
        .reason = REASON_VENUE_EXPIRED,
        .kind = REPORT_EXPIRED,
        .side = cmd->side};

    return world_step(world, &report.hdr);
}

int world_fill(struct world *world, const struct order_cmd *cmd)
{
    struct record_report report = {
        .hdr = {.type = EVENT_REPORT, .granules = 2, .instrument = cmd->instrument},
        .order_id = cmd->order_id,
        .venue_fill = cmd->order_id,
        .account = cmd->account,
        .kind = REPORT_FILL,
        .state = AGON_ORDER_FILLED,
        .side = cmd->side,
        .px = cmd->px,
        .qty = cmd->qty,
        .cum_qty = cmd->qty,
        .rev = cmd->rev};

    return world_step(world, &report.hdr);
}
