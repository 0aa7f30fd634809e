// SPDX-License-Identifier: Apache-2.0
#include "rig.h"

#include <stdlib.h>

#include "base/error.h"

struct script script;

static int script_event(void *self, const struct agon_event_hdr *event, uint64_t nth)
{
    struct script *s = self;

    REQUIRE(s->n_seen < SCRIPT_SEEN_MAX);
    s->seen[s->n_seen].hdr = *event;
    s->seen[s->n_seen++].nth = nth;
    return s->on_event ? s->on_event(s, event, nth) : AGON_OK;
}

static int script_start(void *self, uint32_t reason)
{
    struct script *s = self;

    return s->on_start ? s->on_start(s, reason) : AGON_OK;
}

static int script_save(void *self, struct agon_out *out)
{
    return agon_write(out, &((struct script *)self)->state, sizeof(uint64_t));
}

static int script_load(void *self, struct agon_in *in, uint32_t schema)
{
    struct script *s = self;

    return s->load ? s->load(s, in, schema) : agon_read(in, &s->state, sizeof(s->state));
}

static void script_destroy(void *self)
{
    ((struct script *)self)->n_destroyed++;
}

static int script_create(const struct agon_host *host, uint32_t index, struct agon_agent *agent)
{
    static const struct agon_agent mine = {.size = sizeof(mine),
                                           .self = &script,
                                           .on_start = script_start,
                                           .on_event = script_event,
                                           .save_state = script_save,
                                           .load_state = script_load,
                                           .destroy = script_destroy};

    (void)index;
    script.host = host;
    script.orders = host->get_extension(host, AGON_EXT_ORDERS);
    script.account = host->get_extension(host, AGON_EXT_ACCOUNT);
    script.clock = host->get_extension(host, AGON_EXT_CLOCK);
    script.book = host->get_extension(host, AGON_EXT_BOOK);
    script.signal = host->get_extension(host, AGON_EXT_SIGNAL);
    script.rng = host->get_extension(host, AGON_EXT_RNG);
    if (script.on_create && script.on_create(&script) < 0)
        return AGON_EINVAL;
    return agon_agent_set(agent, &mine);
}

struct agon_descriptor script_descriptor = {.size = sizeof(script_descriptor),
                                            .kind = AGON_STRATEGY,
                                            .id = "org.example.script",
                                            .name = "script",
                                            .version = "1.0.0",
                                            .state_schema = 1,
                                            .event_mask = 1,
                                            .arena_bytes = 8192};
static const struct agon_descriptor *const descriptors[] = {&script_descriptor};
const struct agon_entry script_entry = {.size = sizeof(script_entry),
                                        .abi_major = AGON_ABI_MAJOR,
                                        .abi_minor = AGON_ABI_MINOR,
                                        .n_plugins = 1,
                                        .plugins = descriptors,
                                        .create = script_create};

static struct agon_instrument instrument(agon_instrument_t id, const char *symbol)
{
    struct agon_instrument made = {
        .hdr = {.type = AGON_EVENT_INSTRUMENT, .granules = 3, .instrument = id},
        .venue = 1,
        .kind = INSTRUMENT_SPOT,
        .state = TRADING_OPEN,
        .px_exp = 2,
        .qty_exp = 4,
        .base = 1,
        .quote = 2,
        .settle = 2,
        .tick_px = 1,
        .lot_qty = 1,
        .multiplier = 1};

    strcpy(made.symbol, symbol);
    return made;
}

void rig_init(struct rig *rig)
{
    struct record_slot *slot = &rig->setup.head.slot;

    memset(rig, 0, sizeof(*rig));
    memset(&script, 0, sizeof(script));
    rig->t = RIG_T0;
#ifdef RIG_BY_TURN
    REQUIRE(process_bus_new(&rig->shared, RIG_BUS_GRANULES, NULL) == AGON_OK);
    rig->bus_memory = rig->shared.memory;
#else
    rig->bus_memory = aligned_alloc(4096, (bus_bytes(RIG_BUS_GRANULES) + 4095) / 4096 * 4096);
    REQUIRE(rig->bus_memory);
    memset(rig->bus_memory, 0, bus_bytes(RIG_BUS_GRANULES));
    REQUIRE(bus_format(rig->bus_memory, RIG_BUS_GRANULES) == AGON_OK);
#endif
    REQUIRE(bus_writer_attach(&rig->bus, rig->bus_memory, RIG_BUS_GRANULES) == AGON_OK);
    rig->venue = (struct setup_venue){.venue = 1, .name = "binance"};
    rig->assets[0] = (struct setup_asset){.id = 1, .exp = 8, .name = "BTC"};
    rig->assets[1] = (struct setup_asset){.id = 2, .exp = 8, .name = "USDT"};
    rig->instruments[0] = instrument(1, "BTCUSDT");
    rig->instruments[1] = instrument(2, "ETHUSDT");
    rig->instruments[2] = instrument(3, "XRPUSDT");
    rig->setup = (struct setup){.n_venues = 1,
                                .venues = &rig->venue,
                                .n_assets = 2,
                                .assets = rig->assets,
                                .n_instruments = RIG_INSTRUMENTS,
                                .instruments = rig->instruments};
    rig->setup.head.generation = 7;
    rig->setup.head.start = AGON_START_FRESH;
    rig->setup.head.base_currency = 2;
    rig->setup.head.t = rig->t;
    slot->slot = 5;
    slot->account = 9;
    slot->agent_kind = AGON_STRATEGY;
    slot->seed = 42;
    slot->subscription =
        (struct subscription){.event_mask = AGON_ON(AGON_EVENT_TRADE) | AGON_ON(AGON_EVENT_TOP10) |
                                            AGON_ON(AGON_EVENT_SIGNAL) | AGON_ON(AGON_EVENT_ORDER) |
                                            AGON_ON(AGON_EVENT_FILL) | AGON_ON(AGON_EVENT_TIMER),
                              .n_instruments = 2,
                              .instruments = {1, 2}};
    slot->signals = (struct slot_signals){
        .n_keys = 2, .n_inputs = 3, .keys = {700, 701}, .inputs = {{900, 1}, {0, 0}, {902, 2}}};
}

int rig_start(struct rig *rig)
{
    struct run_inproc_config config = {.bus = rig->bus_memory,
                                       .shown = rig->shared.shown,
                                       .bus_granules = RIG_BUS_GRANULES,
                                       .entry = &script_entry,
                                       .now = rig->now,
                                       .log = rig->log,
                                       .called = rig->called.who != NULL ? &rig->called : NULL,
                                       .hash = rig->hash,
                                       .on_lapse = rig->on_lapse,
                                       .lapses = rig->lapses,
                                       .n_lapses = rig->n_lapses,
                                       .is_again = rig->is_again,
                                       .n_leases = rig->setup.n_leases,
                                       .from_granules = rig->from_granules};
    int rc;

    rig->block = setup_encode_dup(&rig->setup, &rig->block_bytes);
    REQUIRE(rig->block);
    config.setup = rig->block;
    config.setup_bytes = rig->block_bytes;
    memcpy(config.files, rig->files, sizeof(config.files));
    rc = run_inproc_new(&rig->run, &config, &rig->err);
    if (rc >= 0)
        rig->port = run_inproc_port(rig->run);
    return rc;
}

void rig_deinit(struct rig *rig)
{
    run_inproc_free(rig->run);
    free(rig->block);
    if (rig->shared.memory != NULL)
        process_bus_free(&rig->shared);
    else
        free(rig->bus_memory);
}

struct agon_trade rig_trade(agon_instrument_t id, agon_px_t px)
{
    return (struct agon_trade){.hdr = {.type = AGON_EVENT_TRADE, .granules = 1, .instrument = id},
                               .px = px,
                               .qty = 10,
                               .side = AGON_BUY};
}

struct agon_order rig_order(uint64_t order_id, uint8_t state)
{
    return (struct agon_order){.hdr = {.type = AGON_EVENT_ORDER, .granules = 2, .instrument = 1},
                               .order_id = order_id,
                               .client_ref = order_id + 100,
                               .account = 9,
                               .state = state,
                               .side = AGON_BUY,
                               .type = AGON_LIMIT,
                               .px = 100,
                               .qty = 10};
}

static struct agon_event_hdr *number(struct rig *rig, void *event, uint8_t sub)
{
    struct agon_event_hdr *hdr = event;

    hdr->seq = rig->seq + 1;
    hdr->sub = sub;
    hdr->t = rig->t;
    return hdr;
}

void rig_public(struct rig *rig, void *event, uint8_t sub)
{
    const struct record_slot *slot = &rig->setup.head.slot;
    const struct agon_event_hdr *hdr = number(rig, event, sub);

    bus_write(&rig->bus, hdr);
    rig->turn.n_public++;
    rig->turn.last_at = rig->bus.at - hdr->granules;
    if (subscription_wants(&slot->subscription, &slot->signals, hdr))
        slot_set_add(&rig->turn.wanting, slot->slot);
}

void rig_private(struct rig *rig, void *event, uint8_t sub)
{
    REQUIRE(evring_put(rig->port->to_agent, number(rig, event, sub)) == AGON_OK);
    slot_set_add(&rig->turn.private, rig->setup.head.slot.slot);
    slot_set_add(&rig->turn.wanting, rig->setup.head.slot.slot);
}

/* As engine/turn.c, of one runner that everything concerns. */
static int take_turn(struct rig *rig)
{
    const struct runner_port *port = rig->port;
    uint16_t slot = rig->setup.head.slot.slot;
    int rc;

    rig->turn.seq = rig->turn.public_seq = rig->seq;
    rig->turn.at = rig->bus.at;
    if (rig->is_following && rig->turn.n_public == 1 && slot_set_is_empty(&rig->turn.private) &&
        slot_set_has(&rig->turn.wanting, slot)) {
        void *shared[64] = {0};
        uint64_t bit = (uint64_t)1 << slot % 64, left;

        shared[slot % 64] = port->shared(port->ctx);
        if (rig->beside != NULL) {
            shared[(slot + 1) % 64] = rig->beside->shared(rig->beside->ctx);
            left = port->take_turns(shared, bit | bit << 1);
            REQUIRE(left == 0 || left == (bit | bit << 1));
        } else {
            left = port->take_turns(shared, bit);
            REQUIRE(left == 0 || left == bit);
        }
        rc = left == 0 ? AGON_OK : AGON_EIO;
        rig->n_together++;
    } else if (rig->is_following)
        rc = port->take_turn(port->ctx);
    else {
        rc = port->advance(port->ctx, rig->seq);
        rig->is_following = rc >= 0 && port->follow(port->ctx, &rig->turn);
    }
    rig->n_turns += (uint32_t)rig->is_following;
    rig->turn.shown_seq = rig->turn.shown_public_seq = rig->turn.seq;
    rig->turn.shown_at = rig->turn.at;
    rig->turn.n_public = 0;
    rig->turn.wanting = rig->turn.private = (struct slot_set){0};
    return rc;
}

int rig_step(struct rig *rig)
{
    rig->seq++;
    rig->t += 1000000;
    bus_publish(&rig->bus, rig->seq);
    return rig->shared.memory != NULL ? take_turn(rig)
                                      : rig->port->advance(rig->port->ctx, rig->seq);
}

int rig_wish(struct rig *rig, void *record)
{
    const struct agon_event_hdr *next = evring_peek(rig->port->from_agent, NULL);

    if (next == NULL)
        return 0;
    memcpy(record, next, event_bytes(next));
    evring_release(rig->port->from_agent);
    return 1;
}
