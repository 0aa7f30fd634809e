// SPDX-License-Identifier: Apache-2.0
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/crc.h"
#include "base/hash.h"
#include "dst/world.h"

#define HEAP_ROOM   65536u
#define WARM_EVENTS 400u
#define LIVENESS_NS (10 * SECOND)
#define HEAL_NS_MAX (180 * SECOND) /* of simulated time until all is quiet, or it never will be */
#define WORLD_MAX   4000000u       /* happenings of one run: more is a loop */

void world_fold(struct world *world, const void *bytes, size_t n)
{
    uint64_t crc = crc32c((uint32_t)world->trace_hash, bytes, n);

    world->trace_hash = hash_mix(world->trace_hash ^ (crc | (uint64_t)n << 32));
}

void world_at(struct world *world, agon_ns_t t, enum happening what, uint64_t b)
{
    // Equal times come out in an order that the seed draws: what nobody promised may not matter.
    struct heap_node node = {.t = t,
                             .order = rng_u64(&world->tie) << 20 | (world->n_pushed++ & 0xfffff),
                             .a = (uint64_t)what | (uint64_t)world->life << 32,
                             .b = b};

    REQUIRE(heap_push(&world->heap, &node) == AGON_OK);
}

int world_fault(struct world *world, enum fault fault)
{
    if (world->phase != PHASE_SAFETY || (world->swarm.faults >> fault & 1) == 0)
        return 0;
    if (!rng_chance(&world->faults[fault], world->swarm.rate_ppm[fault]))
        return 0;
    world->result->n_injected[fault]++;
    return 1;
}

agon_ns_t world_wait(struct world *world, enum fault fault, agon_ns_t mean)
{
    return 1 + (agon_ns_t)rng_below(&world->amounts[fault], 2 * (uint64_t)mean);
}

void world_fail(struct world *world, const char *id, const char *format, ...)
{
    struct dst_result *result = world->result;
    va_list args;

    if (result->is_failed)
        return;
    result->is_failed = 1;
    (void)snprintf(result->id, sizeof(result->id), "%s", id);
    va_start(args, format);
    (void)vsnprintf(result->what, sizeof(result->what), format, args);
    va_end(args);
    result->seq = world->node.engine != NULL ? engine_seq(world->node.engine) : 0;
    result->t = world->now - WORLD_T0;
    world_trace(world, "BROKEN %s: %s", id, result->what);
}

void world_trace(struct world *world, const char *format, ...)
{
    char line[512];
    int n;
    va_list args;

    if (world->config.trace == NULL)
        return;
    n = snprintf(line, sizeof(line), "%14.6f ", (double)(world->now - WORLD_T0) / 1e9);
    va_start(args, format);
    (void)vsnprintf(line + n, sizeof(line) - (size_t)n, format, args);
    va_end(args);
    world->config.trace(world->config.trace_ctx, line);
}

/* --- messages --- */

struct message *world_message(struct world *world, enum message_kind kind)
{
    struct message *message;

    if (world->n_free_messages == 0)
        return NULL;
    message = &world->messages[world->free_messages[--world->n_free_messages]];
    memset(message, 0, offsetof(struct message, u));
    message->kind = (uint8_t)kind;
    message->link = world->link;
    message->life = world->life;
    message->t_sent = world->now;
    return message;
}

static void drop_message(struct world *world, const struct message *message)
{
    world->free_messages[world->n_free_messages++] = (uint32_t)(message - world->messages);
}

static agon_ns_t travel(struct world *world)
{
    agon_ns_t t = world->swarm.latency_ns +
                  (agon_ns_t)rng_below(&world->net, (uint64_t)world->swarm.jitter_ns + 1);

    if (world_fault(world, FAULT_DELAY))
        t += (agon_ns_t)(MS << rng_below(&world->amounts[FAULT_DELAY], 14));
    return t;
}

static void put_on(struct world *world, struct message *message, enum path path, int may_overtake)
{
    agon_ns_t t = world->now + travel(world);

    if (may_overtake)
        t = world->now + 1 + (agon_ns_t)rng_below(&world->net, (uint64_t)world->swarm.latency_ns);
    else if (t <= world->last_arrival[path])
        t = world->last_arrival[path] + 1;
    if (t > world->last_arrival[path])
        world->last_arrival[path] = t;
    world_at(world, t, AT_MESSAGE, (uint64_t)(message - world->messages));
}

void world_post(struct world *world, struct message *message, enum path path)
{
    static const enum fault lost[PATHS] = {FAULT_REQUEST_LOST, FAULT_REPLY_LOST, FAULT_STREAM_LOST,
                                           FAULT_DATA_LOST};
    enum fault twice = path == PATH_DATA ? FAULT_DATA_DUPLICATE : FAULT_DUPLICATE;
    enum fault swapped = path == PATH_DATA ? FAULT_DATA_REORDER : FAULT_REORDER;

    message->is_to_host = path != PATH_REQUEST;
    if (world_fault(world, lost[path])) {
        world_trace(world, "lost %s", dst_fault_name(lost[path]));
        drop_message(world, message);
        return;
    }
    if (world_fault(world, twice) && world->n_free_messages > 0) {
        struct message *copy = world_message(world, (enum message_kind)message->kind);

        *copy = *message;
        put_on(world, copy, path, 0);
    }
    put_on(world, message, path, world_fault(world, swapped));
}

static void deliver(struct world *world, uint64_t place)
{
    struct message *message = &world->messages[place];

    if (!message->is_to_host)
        exchange_take(world, message);
    else if (world->node.engine != NULL && message->life == world->life &&
             message->link == world->link)
        courier_take(world, message);
    drop_message(world, message);
}

/* --- what comes next --- */

static void plan(struct world *world)
{
    static const struct {
        enum fault fault;
        enum happening what;
    } plans[] = {{FAULT_CRASH, AT_CRASH},
                 {FAULT_DISCONNECT, AT_CUT},
                 {FAULT_OPERATOR, AT_OPERATOR},
                 {FAULT_FOREIGN, AT_FOREIGN}};
    const agon_ns_t means[] = {world->swarm.crash_ns, world->swarm.cut_ns, world->swarm.operator_ns,
                               world->swarm.foreign_ns};

    for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
        if ((world->swarm.faults >> plans[i].fault & 1) != 0)
            world_at(world, world->now + world_wait(world, plans[i].fault, means[i]), plans[i].what,
                     0);
    }
}

static void wish(struct world *world, uint64_t place, uint32_t life)
{
    struct agon_event_hdr *hdr = (struct agon_event_hdr *)(void *)world->wishes[place].bytes;

    if (world->node.engine != NULL && life == world->life)
        node_step(world, hdr);
    world->free_wishes[world->n_free_wishes++] = (uint32_t)place;
}

static void happen(struct world *world, const struct heap_node *node)
{
    uint32_t life = (uint32_t)(node->a >> 32);
    enum happening what = (enum happening)(uint32_t)node->a;
    int is_alive = world->node.engine != NULL && life == world->life;
    int is_safety = world->phase == PHASE_SAFETY;

    switch (what) {
    case AT_TICK:
        if (!world->is_still)
            ticker_tick(world, (agon_instrument_t)node->b);
        break;
    case AT_RETIRE:
        if (is_alive)
            node_crash(world);
        break;
    case AT_MESSAGE:
        deliver(world, node->b);
        break;
    case AT_WISH:
        wish(world, node->b, life);
        break;
    case AT_WRITER:
        if (is_alive)
            node_write(world);
        break;
    case AT_COURIER:
        if (is_alive)
            courier_turn(world);
        break;
    case AT_SNAPSHOT:
        if (is_alive)
            node_snapshot(world);
        break;
    case AT_CRASH:
        if (is_safety && world->node.engine != NULL) {
            world->result->n_injected[FAULT_CRASH]++;
            node_crash(world);
        }
        if (is_safety)
            world_at(world, world->now + world_wait(world, FAULT_CRASH, world->swarm.crash_ns),
                     AT_CRASH, 0);
        break;
    case AT_BOOT:
        if (world->node.engine == NULL)
            node_boot(world);
        break;
    case AT_CUT:
        if (is_safety && world->node.engine != NULL && world->courier.is_linked) {
            world->result->n_injected[FAULT_DISCONNECT]++;
            courier_cut(world);
        }
        if (is_safety)
            world_at(world, world->now + world_wait(world, FAULT_DISCONNECT, world->swarm.cut_ns),
                     AT_CUT, 0);
        break;
    case AT_LINK:
        if (is_alive)
            courier_link(world);
        break;
    case AT_OPERATOR:
        if (is_safety && world->node.engine != NULL)
            node_operate(world);
        if (is_safety)
            world_at(world,
                     world->now + world_wait(world, FAULT_OPERATOR, world->swarm.operator_ns),
                     AT_OPERATOR, 0);
        break;
    case AT_CANCEL:
        exchange_cancel(world, node->b);
        break;
    case AT_FOREIGN:
        if (is_safety)
            exchange_foreign(world);
        if (is_safety)
            world_at(world, world->now + world_wait(world, FAULT_FOREIGN, world->swarm.foreign_ns),
                     AT_FOREIGN, 0);
        break;
    }
}

/* Runs until the engine has taken n events in all, or is over, or t has come. */
static void run_until(struct world *world, uint64_t n_events, agon_ns_t t)
{
    struct heap_node node;

    while (!world->result->is_failed && world->node.n_events < n_events) {
        const struct heap_node *top = heap_top(&world->heap);
        agon_ns_t due =
            world->node.engine != NULL ? engine_next_due(world->node.engine) : INT64_MAX;

        REQUIRE(top != NULL);
        if (top->t > t)
            break;
        if (world->config.until != 0 && world->node.engine != NULL &&
            engine_seq(world->node.engine) >= world->config.until)
            break;
        if (++world->result->n_world > WORLD_MAX) {
            world_fail(world, "world", "%u happenings and no end", WORLD_MAX);
            break;
        }
        // Timers come before the first event with a later time.
        if (due < top->t) {
            world->now = due > world->now ? due : world->now;
            node_due(world);
            continue;
        }
        REQUIRE(heap_pop(&world->heap, &node));
        world->now = node.t;
        happen(world, &node);
    }
}

static int is_over(const struct world *world)
{
    return world->result->is_failed || (world->config.until != 0 && world->node.engine != NULL &&
                                        engine_seq(world->node.engine) >= world->config.until);
}

static void run_phases(struct world *world)
{
    uint64_t n_safety = world->config.n_safety != 0 ? world->config.n_safety : 5000;
    agon_ns_t t_end;

    world->phase = PHASE_WARM;
    node_boot(world);
    run_until(world, world->node.n_events + WARM_EVENTS, INT64_MAX);
    if (is_over(world))
        return;
    world->phase = PHASE_SAFETY;
    world_trace(world, "SAFETY");
    plan(world);
    run_until(world, world->node.n_events + n_safety, INT64_MAX);
    if (is_over(world))
        return;
    world->phase = PHASE_HEAL;
    world_trace(world, "HEAL");
    if (world->node.engine == NULL)
        node_boot(world);
    node_heal(world);
    t_end = world->now + HEAL_NS_MAX;
    while (!is_over(world) && !courier_is_quiet(world) && world->now < t_end)
        run_until(world, UINT64_MAX, world->now + SECOND);
    if (is_over(world))
        return;
    // What is not known by now, ten seconds later is still not. At last the market stands still, so
    // that nothing is on its way when the truth is compared.
    run_until(world, UINT64_MAX, world->now + LIVENESS_NS);
    world->is_still = 1;
    run_until(world, UINT64_MAX, world->now + world->swarm.reconcile_ns + 8 * SECOND);
    // A flatten that finds nobody goes on trying: look between two attempts.
    for (int n = 0; n < 1000 && !is_over(world) && check_has_flight(world); n++)
        run_until(world, UINT64_MAX, world->now + 7 * MS);
    if (is_over(world))
        return;
    world->phase = PHASE_CLOSE;
    check_full(world);
    check_quiet(world);
    ref_ledger_compare(world);
    if (!is_over(world))
        node_finish(world);
}

static int open_world(struct world *world, struct error *err)
{
    uint64_t seed = world->config.seed;

    swarm_draw(&world->swarm, &world->config);
    world->now = WORLD_T0;
    rng_init(&world->tie, swarm_stream(seed, STREAM_TIE));
    rng_init(&world->net, swarm_stream(seed, STREAM_NET));
    for (uint64_t i = 0; i < FAULTS; i++) {
        rng_init(&world->faults[i], swarm_stream(seed, STREAM_FAULT + i));
        rng_init(&world->amounts[i], swarm_stream(seed, STREAM_AMOUNT + i));
    }
    world->messages = aligned_alloc(64, WORLD_MESSAGES * sizeof(*world->messages));
    world->free_messages = calloc(WORLD_MESSAGES, sizeof(*world->free_messages));
    world->wishes = aligned_alloc(64, WISHES * sizeof(*world->wishes));
    world->free_wishes = calloc(WISHES, sizeof(*world->free_wishes));
    if (world->messages == NULL || world->free_messages == NULL || world->wishes == NULL ||
        world->free_wishes == NULL || heap_init(&world->heap, HEAP_ROOM) < 0)
        return error_set(err, AGON_ENOMEM, "dst: out of memory");
    for (uint32_t i = 0; i < WORLD_MESSAGES; i++)
        world->free_messages[i] = WORLD_MESSAGES - 1 - i;
    world->n_free_messages = WORLD_MESSAGES;
    for (uint32_t i = 0; i < WISHES; i++)
        world->free_wishes[i] = WISHES - 1 - i;
    world->n_free_wishes = WISHES;
    if (check_open(world) < 0 || exchange_open(world) < 0 || courier_open(world) < 0 ||
        crowd_open(world) < 0)
        return error_set(err, AGON_ENOMEM, "dst: out of memory");
    return node_open(world, err);
}

int dst_run(const struct dst_config *config, struct dst_result *result, struct error *err)
{
    struct world *world = calloc(1, sizeof(*world));
    int rc;

    memset(result, 0, sizeof(*result));
    if (world == NULL)
        return error_set(err, AGON_ENOMEM, "dst: out of memory");
    world->config = *config;
    world->result = result;
    rc = open_world(world, err);
    if (rc >= 0) {
        run_phases(world);
        result->trace_hash = world->trace_hash;
        result->n_events = world->node.n_events;
        result->n_orders = world->exchange.n_orders;
        result->n_fills = world->exchange.n_fills;
        result->n_restarts = world->node.n_crashes;
        result->faults = world->swarm.faults;
        result->n_agents = world->swarm.n_agents;
        result->n_instruments = world->swarm.n_instruments;
        result->simulated_ns = world->now - WORLD_T0;
    }
    node_close(world);
    crowd_close(world);
    courier_close(world);
    exchange_close(world);
    check_close(world);
    heap_deinit(&world->heap);
    free(world->messages);
    free(world->free_messages);
    free(world->wishes);
    free(world->free_wishes);
    free(world);
    return rc;
}
