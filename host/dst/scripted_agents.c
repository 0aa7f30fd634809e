// SPDX-License-Identifier: Apache-2.0
/* scripted_agents: the plugins, played by C code behind the rings that real ones would have. Some
 * trade, one kind only makes trouble. They see the bus and their private ring as a runner does and
 * count what they are delivered; what they want goes through their ring. */
#include <stdio.h>
#include <stdlib.h>

#include "dst/world.h"

#define RING 1024

enum kind {
    KIND_TRADER = 0, /* limit, market, IOC, FOK, GTD, stops */
    KIND_MAKER = 1,  /* quotes both sides */
    KIND_CANCELLER = 2 /* places and cancels at once */,
    KIND_FLOODER = 3,
    KIND_HOSTILE = 4, /* nonsense in every field */
    KIND_MODEL = 5,   /* publishes signals */
    KIND_TIMER = 6,   /* timers and target positions */
    KIND_MOVER = 7    /* replaces, and groups of orders */
};

static uint64_t below(struct agent *agent, uint64_t n)
{
    return rng_below(&agent->rng, n);
}

static void want(struct agent *agent, const struct agon_intent *intent, uint8_t leg, uint8_t n_legs)
{
    struct agon_intent_event event = {
        .hdr = {.type = AGON_EVENT_INTENT, .granules = 2, .instrument = intent->instrument},
        .origin = {.cause_seq = agent->cause_seq,
                   .nth = agent->nth,
                   .n = agent->n_wishes++,
                   .generation = agent->generation,
                   .slot = agent->slot,
                   .leg = leg,
                   .n_legs = n_legs},
        .intent = *intent,
    };

    (void)evring_put(&agent->from_in, &event.hdr); // full: the wish is gone, as for a plugin
}

static agon_instrument_t any_instrument(struct agent *agent)
{
    return 1 + (agon_instrument_t)below(agent, agent->world->swarm.n_instruments);
}

static agon_qty_t any_qty(struct agent *agent, agon_instrument_t id)
{
    const struct agon_instrument *instrument = instruments_get(&agent->world->lane.table, id);
    agon_px_t px = agent->bid_px[id] > 0 ? agent->bid_px[id] : 1;
    // About 6 to 3,000 of the quote: px has 2 decimals, quantities 5, amounts 8.
    agon_amt_t amt = (agon_amt_t)(600000000 + below(agent, 300000000000));
    agon_qty_t qty = num_mul_div(amt, 1, px * 10, NUM_UP);

    return num_to_step(qty, instrument->lot_qty, NUM_UP);
}

uint32_t scripted_agents_series(uint16_t slot)
{
    char name[SLOT_NAME];

    (void)snprintf(name, sizeof(name), "slot_%u", slot);
    return slot_series(name, "word");
}

static struct agon_intent any_order(struct agent *agent, agon_instrument_t id)
{
    const struct agon_instrument *instrument = instruments_get(&agent->world->lane.table, id);
    struct agon_intent intent = {.kind = AGON_INTENT_ORDER, .instrument = id, .type = AGON_LIMIT};
    int64_t off = (int64_t)below(agent, 12) - 4;

    intent.side = below(agent, 5) < 3 ? AGON_BUY : AGON_SELL;
    intent.qty = any_qty(agent, id);
    if (intent.side == AGON_SELL && agent->held_qty[id] > 0 && below(agent, 4) != 0 &&
        intent.qty > agent->held_qty[id])
        intent.qty = num_to_step(agent->held_qty[id], instrument->lot_qty, NUM_DOWN);
    intent.client_ref = ++agent->next_ref;
    intent.px = (intent.side == AGON_BUY ? agent->bid_px[id] - off * instrument->tick_px
                                         : agent->ask_px[id] + off * instrument->tick_px);
    switch (below(agent, 12)) {
    case 0:
    case 1:
        intent.type = AGON_MARKET;
        intent.px = 0;
        break;
    case 2:
        intent.tif = AGON_TIF_IOC;
        break;
    case 3:
        intent.tif = AGON_TIF_FOK;
        break;
    case 4:
        intent.tif = AGON_TIF_GTD;
        intent.t_expire =
            engine_t(agent->world->node.engine) + (agon_ns_t)below(agent, 8 * (uint64_t)SECOND);
        break;
    case 5:
        intent.flags = AGON_POST_ONLY;
        break;
    case 6:
        intent.type = AGON_STOP_LIMIT;
        intent.trigger_px = intent.side == AGON_BUY ? agent->ask_px[id] + 5 * instrument->tick_px
                                                    : agent->bid_px[id] - 5 * instrument->tick_px;
        intent.px = intent.trigger_px;
        break;
    default:
        break;
    }
    return intent;
}

static void note_ref(struct agent *agent, uint64_t ref)
{
    agent->refs[agent->n_refs++ % 16] = ref;
}

static uint64_t any_ref(struct agent *agent)
{
    return agent->n_refs == 0 ? 1
                              : agent->refs[below(agent, agent->n_refs < 16 ? agent->n_refs : 16)];
}

static void place(struct agent *agent, agon_instrument_t id)
{
    struct agon_intent intent = any_order(agent, id);

    note_ref(agent, intent.client_ref);
    want(agent, &intent, 0, 1);
}

static void cancel(struct agent *agent)
{
    struct agon_intent intent = {.kind = AGON_INTENT_CANCEL, .client_ref = any_ref(agent)};

    if (below(agent, 8) == 0)
        intent.kind = AGON_INTENT_CANCEL_ALL;
    want(agent, &intent, 0, 1);
}

static void make(struct agent *agent, agon_instrument_t id)
{
    const struct agon_instrument *instrument = instruments_get(&agent->world->lane.table, id);

    for (uint8_t leg = 0; leg < 2; leg++) {
        struct agon_intent intent = {.kind = AGON_INTENT_QUOTE,
                                     .instrument = id,
                                     .side = leg == 0 ? AGON_BUY : AGON_SELL,
                                     .type = AGON_LIMIT,
                                     .client_ref = 1000000 + (uint64_t)id * 2 + leg};

        intent.qty = below(agent, 10) == 0 ? 0 : any_qty(agent, id);
        intent.px = leg == 0 ? agent->bid_px[id] - (agon_px_t)below(agent, 4) * instrument->tick_px
                             : agent->ask_px[id] + (agon_px_t)below(agent, 4) * instrument->tick_px;
        if (leg == 1 && intent.qty > agent->held_qty[id])
            intent.qty = num_to_step(agent->held_qty[id] > 0 ? agent->held_qty[id] : 0,
                                     instrument->lot_qty, NUM_DOWN);
        want(agent, &intent, leg, 2);
    }
}

static void move(struct agent *agent, agon_instrument_t id)
{
    struct agon_intent intent = any_order(agent, id);

    switch (below(agent, 5)) {
    case 0:
        place(agent, id);
        return;
    case 1: { // a group: all or none
        uint8_t n = (uint8_t)(2 + below(agent, 3));

        for (uint8_t leg = 0; leg < n; leg++) {
            intent = any_order(agent, any_instrument(agent));
            note_ref(agent, intent.client_ref);
            want(agent, &intent, leg, n);
        }
        return;
    }
    default:
        intent.kind = AGON_INTENT_REPLACE;
        intent.client_ref = any_ref(agent);
        want(agent, &intent, 0, 1);
        return;
    }
}

static void publish(struct agent *agent, agon_instrument_t id)
{
    uint16_t other = (uint16_t)((agent->slot + 1u) % agent->world->swarm.n_agents);

    struct record_signal record = {
        .hdr = {.type = AGON_EVENT_SIGNAL, .granules = 6, .instrument = id},
        .origin = {.cause_seq = agent->cause_seq,
                   .n = agent->n_wishes++,
                   .generation = agent->generation,
                   .slot = agent->slot},
        .signal = {.hdr = {.instrument = id},
                   .kind = 1,
                   .key = scripted_agents_series(agent->slot),
                   .value = 1.5,
                   .confidence = 0.5},
    };

    switch (below(agent, 6)) {
    case 0:
        record.signal.confidence = 2.0;
        break;
    case 1:
        record.signal.p_up = 0.7; // alone: the three do not sum to 1
        break;
    case 2:
        record.signal.text_len = 60000;
        break;
    case 3:
        record.signal.key = scripted_agents_series(other); // another's
        break;
    default:
        break;
    }
    (void)evring_put(&agent->from_in, &record.hdr);
}

static void arm(struct agent *agent)
{
    struct record_arm record = {
        .hdr = {.type = EVENT_ARM, .granules = 2},
        .origin = {.cause_seq = agent->cause_seq,
                   .n = agent->n_wishes++,
                   .generation = agent->generation,
                   .slot = agent->slot},
        .id = 1 + (uint32_t)below(agent, 6),
        .is_disarm = below(agent, 5) == 0,
        .t_at = agent->world->now + (agon_ns_t)below(agent, 2 * (uint64_t)SECOND),
        .every_ns = below(agent, 2) == 0 ? 0 : (agon_ns_t)below(agent, (uint64_t)SECOND),
        .cookie = rng_u64(&agent->rng),
    };

    (void)evring_put(&agent->from_in, &record.hdr);
}

static void aim(struct agent *agent, agon_instrument_t id)
{
    struct agon_intent intent = {.kind = AGON_INTENT_TARGET,
                                 .instrument = id,
                                 .qty = below(agent, 3) == 0 ? 0 : any_qty(agent, id),
                                 .client_ref = ++agent->next_ref};

    want(agent, &intent, 0, 1);
}

static int64_t nonsense(struct agent *agent)
{
    static const int64_t values[] = {0,         -1,        INT64_MIN, INT64_MAX,          1,
                                     INT32_MAX, INT32_MIN, -100000,   1000000000000000000};
    uint64_t at = below(agent, sizeof(values) / sizeof(values[0]) + 2);

    return at < sizeof(values) / sizeof(values[0]) ? values[at] : (int64_t)rng_u64(&agent->rng);
}

static void rave(struct agent *agent, agon_instrument_t id)
{
    struct agon_intent_event event = {
        .hdr = {.type = AGON_EVENT_INTENT, .granules = 2, .instrument = id},
        .origin = {.cause_seq = (uint64_t)nonsense(agent),
                   .slot = (uint16_t)nonsense(agent),
                   .n = (uint32_t)nonsense(agent),
                   .n_legs = 1},
        .intent = any_order(agent, id),
    };
    int64_t value = nonsense(agent);

    switch (below(agent, 14)) {
    case 0:
        event.intent.qty = value;
        break;
    case 1:
        event.intent.px = value;
        break;
    case 2:
        event.intent.kind = (uint8_t)value;
        break;
    case 3:
        event.intent.side = (uint8_t)value;
        break;
    case 4:
        event.intent.instrument = (uint32_t)value;
        break;
    case 5:
        event.hdr.instrument = (uint32_t)value;
        break;
    case 6:
        event.intent.account = (uint16_t)value;
        break;
    case 7:
        event.intent.flags = (uint32_t)value;
        break;
    case 8:
        event.origin.leg = (uint8_t)value;
        event.origin.n_legs = (uint8_t)nonsense(agent);
        break;
    case 9: // a record that a plugin may not send
        event.hdr.type = (uint16_t)(below(agent, 2) == 0 ? EVENT_REPORT : AGON_EVENT_COMMAND);
        break;
    case 10:
        event.intent.trigger_px = value;
        event.intent.type = AGON_STOP;
        break;
    case 11:
        event.intent.t_expire = value;
        event.intent.tif = AGON_TIF_GTD;
        break;
    case 12:
        event.intent.show_qty = value;
        break;
    default:
        event.intent.type = (uint8_t)value;
        event.intent.tif = (uint8_t)nonsense(agent);
        break;
    }
    (void)evring_put(&agent->from_in, &event.hdr);
}

static void act(struct agent *agent, agon_instrument_t id)
{
    switch ((enum kind)agent->kind) {
    case KIND_TRADER:
        if (below(agent, 3) == 0)
            cancel(agent);
        else
            place(agent, id);
        break;
    case KIND_MAKER:
        make(agent, id);
        break;
    case KIND_CANCELLER:
        place(agent, id);
        if (below(agent, 2) == 0)
            cancel(agent);
        break;
    case KIND_FLOODER:
        if (below(agent, 8) == 0) {
            for (uint64_t n = below(agent, 12); n > 0; n--)
                place(agent, id);
        }
        break;
    case KIND_HOSTILE:
        rave(agent, id);
        break;
    case KIND_MODEL:
        publish(agent, id);
        break;
    case KIND_TIMER:
        if (below(agent, 2) == 0)
            arm(agent);
        else
            aim(agent, id);
        break;
    case KIND_MOVER:
        move(agent, id);
        break;
    }
}

/* The table has room for every order of a run: no room is an id that came back. */
static void see_order(struct agent *agent, const struct agon_order *order)
{
    if (order->reason == REASON_NO_ROOM && order->state == AGON_ORDER_REJECTED &&
        order->request == AGON_REQUEST_NEW)
        world_fail(agent->world, "liveness", "slot %u can place no order any more", agent->slot);
}

static void see_signal(struct agent *agent, const struct agon_signal *signal)
{
    if (signal->key != scripted_agents_series(signal->slot))
        world_fail(agent->world, "inv-19", "slot %u hears of slot %u what is not its own",
                   agent->slot, signal->slot);
}

static void see(struct agent *agent, const struct agon_event_hdr *event)
{
    const struct world *world = agent->world;

    if (event->type == AGON_EVENT_TOP10 && event->instrument <= WORLD_INSTRUMENTS) {
        const struct agon_top10 *top = (const struct agon_top10 *)(const void *)event;

        agent->bid_px[event->instrument] = top->bid[0].px;
        agent->ask_px[event->instrument] = top->ask[0].px;
    }
    if (event->type == AGON_EVENT_ORDER)
        see_order(agent, (const struct agon_order *)(const void *)event);
    if (event->type == AGON_EVENT_JOB)
        jobs_sim_seen(agent->world, agent->slot, (const struct agon_job *)(const void *)event);
    if (event->type == AGON_EVENT_SIGNAL)
        see_signal(agent, (const struct agon_signal *)(const void *)event);
    if (event->type == AGON_EVENT_POSITION && event->instrument <= WORLD_INSTRUMENTS)
        agent->held_qty[event->instrument] =
            ((const struct agon_position *)(const void *)event)->qty;
    if (world->node.is_muted || world->phase > PHASE_SAFETY || event->instrument == 0 ||
        event->instrument > world->swarm.n_instruments || agent->bid_px[event->instrument] <= 0)
        return;
    agent->cause_seq = event->seq;
    if (rng_chance(&agent->rng, world->swarm.eager_ppm))
        act(agent, event->instrument);
}

static int advance(void *ctx, uint64_t seq)
{
    struct agent *agent = ctx;
    const struct slot *slot = &engine_slots(agent->world->node.engine)->all[agent->slot];
    const struct subscription *sub = &slot->subscription;
    const struct agon_event_hdr *event;
    union {
        struct agon_event_hdr hdr;
        unsigned char bytes[EVENT_BYTES_MAX];
    } copy;
    int rc;

    (void)seq;
    agent->n_wishes = 0;
    while ((event = evring_peek(&agent->to_out, NULL)) != NULL) {
        if (subscription_wants_private(sub, event)) {
            agent->nth++;
            see(agent, event);
        }
        evring_release(&agent->to_out);
    }
    while ((rc = bus_next(&agent->bus, &copy.hdr)) == 1) {
        if (subscription_wants(sub, &slot->signals, &copy.hdr)) {
            agent->nth++;
            see(agent, &copy.hdr);
        }
    }
    if (rc < 0)
        world_fail(agent->world, "inv-18", "slot %u: the bus says %s", agent->slot, error_name(rc));
    return AGON_OK;
}

static const void *box(void *ctx, uint32_t place)
{
    const struct agent *agent = ctx;

    return jobs_sim_box(agent->world, agent->slot, place);
}

static void take_result(void *ctx, uint32_t place, const void *bytes, uint64_t n)
{
    const struct agent *agent = ctx;

    jobs_sim_result(agent->world, agent->slot, place, bytes, n);
}

static uint64_t nth_of(void *ctx)
{
    return ((struct agent *)ctx)->nth;
}

void scripted_agents_collect(struct world *world)
{
    struct engine *engine = world->node.engine;

    // An account that is not known through and through is not traded on.
    if (world->node.is_muted && clerk_is_quiet(world))
        world->node.is_muted = 0;
    for (uint16_t id = 0; id < world->swarm.n_agents; id++) {
        struct slot *slot = slots_get(engine_slots(engine), id);
        int rc = slot != NULL;

        while (rc != 0 && world->n_free_wishes > 0) {
            uint32_t place = world->free_wishes[world->n_free_wishes - 1];
            struct agon_event_hdr *wish =
                (struct agon_event_hdr *)(void *)world->wishes[place].bytes;

            rc = engine_take_wish(engine, id, wish);
            if (rc == AGON_EINVAL)
                world->result->some[SOME_BAD_WISH]++;
            if (rc == AGON_ECORRUPT)
                world_fail(world, "inv-18", "slot %u: its ring is broken", id);
            if (rc != 1)
                continue;
            world->n_free_wishes--;
            world_at(world, world->now + slot->intent_latency_ns, AT_WISH, place);
        }
    }
}

static int join_ring(void *memory, struct evring *in, struct evring *out)
{
    memset(memory, 0, evring_bytes(RING));
    memset(in, 0, sizeof(*in));
    memset(out, 0, sizeof(*out));
    if (evring_format(memory, RING) < 0 || evring_attach(in, memory, RING) < 0)
        return AGON_EINVAL;
    return evring_attach(out, memory, RING);
}

void scripted_agents_join(struct world *world)
{
    for (uint16_t id = 0; id < world->swarm.n_agents; id++) {
        struct agent *agent = &world->agents[id];
        const struct slot *slot = slots_get(engine_slots(world->node.engine), id);
        uint64_t granules;
        uint64_t at;
        const struct bus_shm *shm = engine_bus(world->node.engine, &granules, &at);

        REQUIRE(join_ring(agent->to_memory, &agent->to_in, &agent->to_out) == AGON_OK);
        REQUIRE(join_ring(agent->from_memory, &agent->from_in, &agent->from_out) == AGON_OK);
        REQUIRE(bus_reader_attach(&agent->bus, shm, granules) == AGON_OK);
        agent->nth = slot != NULL ? slots_nth(engine_slots(world->node.engine), id) : 0;
        agent->generation = slot != NULL && slot->generation != 0 ? slot->generation : 1;
        agent->port = (struct runner_port){.ctx = agent,
                                           .to_agent = &agent->to_in,
                                           .from_agent = &agent->from_out,
                                           .advance = advance,
                                           .box = box,
                                           .result = take_result,
                                           .nth = nth_of};
        engine_attach_runner(world->node.engine, id, &agent->port);
    }
}

int scripted_agents_open(struct world *world)
{
    uint64_t bytes = (evring_bytes(RING) + 127) & ~(uint64_t)127;

    for (uint16_t id = 0; id < world->swarm.n_agents; id++) {
        struct agent *agent = &world->agents[id];

        agent->world = world;
        agent->slot = id;
        agent->kind = world->swarm.agent_kinds[id];
        rng_init(&agent->rng, swarm_stream(world->config.seed, (uint64_t)STREAM_AGENT + id));
        agent->to_memory = aligned_alloc(128, bytes);
        agent->from_memory = aligned_alloc(128, bytes);
        if (agent->to_memory == NULL || agent->from_memory == NULL)
            return AGON_ENOMEM;
    }
    return AGON_OK;
}

void scripted_agents_close(struct world *world)
{
    for (uint16_t id = 0; id < WORLD_AGENTS; id++) {
        free(world->agents[id].to_memory);
        free(world->agents[id].from_memory);
    }
}
