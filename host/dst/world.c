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
#define SETTLE_NS   (16 * SECOND)  /* until two reads prove that a request was not done, and more */
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

int world_fault(struct world *world, enum dst_fault fault)
{
    if (world->phase != PHASE_SAFETY || (world->swarm.faults >> fault & 1) == 0)
        return 0;
    if (!rng_chance(&world->faults[fault], world->swarm.rate_ppm[fault]))
        return 0;
    world->result->n_injected[fault]++;
    return 1;
}

agon_ns_t world_wait(struct world *world, enum dst_fault fault, agon_ns_t mean)
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

struct list *world_list(struct world *world, struct message *message)
{
    if (world->n_free_lists == 0)
        return NULL;
    message->list = world->free_lists[--world->n_free_lists] + 1;
    return &world->lists[message->list - 1];
}

void world_drop(struct world *world, const struct message *message)
{
    if (message->list != 0)
        world->free_lists[world->n_free_lists++] = message->list - 1;
    world->free_messages[world->n_free_messages++] = (uint32_t)(message - world->messages);
}

static agon_ns_t travel(struct world *world)
{
    agon_ns_t t = world->swarm.latency_ns +
                  (agon_ns_t)rng_below(&world->net, (uint64_t)world->swarm.jitter_ns + 1);

    if (world_fault(world, DST_DELAY))
        t += (agon_ns_t)(MS << rng_below(&world->amounts[DST_DELAY], 14));
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
    static const enum dst_fault lost[PATHS] = {DST_REQUEST_LOST, DST_REPLY_LOST, DST_STREAM_LOST,
                                               DST_DATA_LOST};
    enum dst_fault twice = path == PATH_DATA ? DST_DATA_DUPLICATE : DST_DUPLICATE;
    int is_twice;
    enum dst_fault swapped = path == PATH_DATA ? DST_DATA_REORDER : DST_REORDER;

    message->is_to_host = path != PATH_REQUEST;
    if (path == PATH_REQUEST && world_fault(world, DST_HOLD)) {
        // By a connection of its own: others that were sent later come first, as late as this one
        // may be taken and a little later.
        agon_ns_t window = world->swarm.window_ns;
        agon_ns_t least = world->swarm.is_behind ? window / 4 * 3 : 0;
        agon_ns_t most = window + window / 8 - least;

        world_at(world,
                 world->now + least + 1 +
                     (agon_ns_t)rng_below(&world->amounts[DST_HOLD], (uint64_t)most),
                 AT_MESSAGE, (uint64_t)(message - world->messages));
        return;
    }
    if (world_fault(world, lost[path])) {
        world_trace(world, "lost %s", dst_fault_name(lost[path]));
        world_drop(world, message);
        return;
    }
    is_twice = world_fault(world, twice);
    // A host sends no request twice: it is the exchange that takes one so.
    if (path == PATH_REQUEST)
        message->is_again = (uint8_t)is_twice;
    else if (is_twice && message->list == 0 && world->n_free_messages > 0) {
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
        lane_take(world, message);
    else if (world->node.engine != NULL && message->life == world->life &&
             message->link == world->link)
        clerk_take(world, message);
    world_drop(world, message);
}

/* --- what comes next --- */

static void plan(struct world *world)
{
    static const struct {
        enum dst_fault fault;
        enum happening what;
    } plans[] = {{DST_CRASH, AT_CRASH},
                 {DST_DISCONNECT, AT_CUT},
                 {DST_OPERATOR, AT_OPERATOR},
                 {DST_FOREIGN, AT_FOREIGN}};
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

    int is_of_job = hdr->type == EVENT_JOB_WISH;
    int rc = AGON_OK;

    if (world->node.engine != NULL && life == world->life)
        rc = node_step(world, hdr);
    if (is_of_job && rc == AGON_EAGAIN) { // no room in the journal: its copy waits with it
        world_at(world, world->now + MS, AT_WISH, place);
        return;
    }
    if (is_of_job && world->node.engine != NULL && life == world->life)
        jobs_sim_wished(world, (const struct record_job_wish *)(const void *)hdr);
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
    case AT_CLERK:
        if (is_alive)
            clerk_turn(world);
        break;
    case AT_SNAPSHOT:
        if (is_alive)
            node_snapshot(world);
        break;
    case AT_CRASH:
        if (is_safety && world->node.engine != NULL) {
            world->result->n_injected[DST_CRASH]++;
            node_crash(world);
        }
        if (is_safety)
            world_at(world, world->now + world_wait(world, DST_CRASH, world->swarm.crash_ns),
                     AT_CRASH, 0);
        break;
    case AT_BOOT:
        if (world->node.engine == NULL)
            node_boot(world);
        break;
    case AT_CUT:
        if (is_safety && world->node.engine != NULL && world->clerk.is_linked) {
            world->result->n_injected[DST_DISCONNECT]++;
            clerk_cut(world);
        }
        if (is_safety)
            world_at(world, world->now + world_wait(world, DST_DISCONNECT, world->swarm.cut_ns),
                     AT_CUT, 0);
        break;
    case AT_LINK:
        if (is_alive)
            clerk_link(world);
        break;
    case AT_OPERATOR:
        if (is_safety && world->node.engine != NULL)
            node_operate(world);
        if (is_safety)
            world_at(world, world->now + world_wait(world, DST_OPERATOR, world->swarm.operator_ns),
                     AT_OPERATOR, 0);
        break;
    case AT_CARDS:
        if (!world_is_calm(world) || world->phase == PHASE_WARM)
            cards_sim_happen(world);
        break;
    case AT_JOBS:
        if (is_alive)
            jobs_sim_turn(world);
        break;
    case AT_CANCEL:
        lane_cancel(world, node->b);
        break;
    case AT_FOREIGN:
        if (is_safety)
            lane_foreign(world);
        if (is_safety)
            world_at(world, world->now + world_wait(world, DST_FOREIGN, world->swarm.foreign_ns),
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
    cards_sim_begin(world);
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
    while (!is_over(world) && !clerk_is_quiet(world) && world->now < t_end)
        run_until(world, UINT64_MAX, world->now + SECOND);
    if (is_over(world))
        return;
    // What is not known by now, ten seconds later is still not. At last the market stands still, so
    // that nothing is on its way when the truth is compared.
    run_until(world, UINT64_MAX, world->now + LIVENESS_NS);
    world->is_still = 1;
    run_until(world, UINT64_MAX,
              world->now + clerk_round_ns(world) + SETTLE_NS + world->swarm.window_ns);
    // A flatten that finds nobody goes on trying: look between two attempts.
    for (int n = 0; n < 1000 && !is_over(world) && check_has_flight(world); n++)
        run_until(world, UINT64_MAX, world->now + 7 * MS);
    if (is_over(world))
        return;
    world->phase = PHASE_CLOSE;
    check_full(world);
    check_quiet(world);
    jobs_sim_quiet(world);
    ref_ledger_compare(world);
    if (!is_over(world))
        node_finish(world);
}

static int open_world(struct world *world, struct error *err)
{
    uint64_t seed = world->config.seed;
    int rc;

    swarm_draw(&world->swarm, &world->config);
    world->now = WORLD_T0;
    rng_init(&world->tie, swarm_stream(seed, STREAM_TIE));
    rng_init(&world->net, swarm_stream(seed, STREAM_NET));
    for (uint64_t i = 0; i < DST_FAULTS; i++) {
        rng_init(&world->faults[i], swarm_stream(seed, STREAM_FAULT + i));
        rng_init(&world->amounts[i], swarm_stream(seed, STREAM_AMOUNT + i));
    }
    world->messages = aligned_alloc(64, WORLD_MESSAGES * sizeof(*world->messages));
    world->free_messages = calloc(WORLD_MESSAGES, sizeof(*world->free_messages));
    world->wishes = aligned_alloc(64, WISHES * sizeof(*world->wishes));
    world->free_wishes = calloc(WISHES, sizeof(*world->free_wishes));
    world->lists = malloc(LISTS * sizeof(*world->lists));
    if (world->messages == NULL || world->free_messages == NULL || world->wishes == NULL ||
        world->free_wishes == NULL || world->lists == NULL ||
        heap_init(&world->heap, HEAP_ROOM) < 0)
        return error_set(err, AGON_ENOMEM, "dst: out of memory");
    for (uint32_t i = 0; i < WORLD_MESSAGES; i++)
        world->free_messages[i] = WORLD_MESSAGES - 1 - i;
    world->n_free_messages = WORLD_MESSAGES;
    for (uint32_t i = 0; i < LISTS; i++)
        world->free_lists[i] = (uint8_t)i;
    world->n_free_lists = LISTS;
    for (uint32_t i = 0; i < WISHES; i++)
        world->free_wishes[i] = WISHES - 1 - i;
    world->n_free_wishes = WISHES;
    if (check_open(world) < 0 || clerk_open(world) < 0 || scripted_agents_open(world) < 0)
        return error_set(err, AGON_ENOMEM, "dst: out of memory");
    rc = lane_open(world, err);
    return rc < 0 ? rc : node_open(world, err);
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
        result->n_orders = world->lane.n_orders;
        result->n_fills = world->lane.n_fills;
        result->n_restarts = world->node.n_crashes;
        result->faults = world->swarm.faults;
        result->n_agents = world->swarm.n_agents;
        result->n_instruments = world->swarm.n_instruments;
        result->simulated_ns = world->now - WORLD_T0;
    }
    node_close(world);
    scripted_agents_close(world);
    clerk_close(world);
    lane_close(world);
    check_close(world);
    heap_deinit(&world->heap);
    free(world->lists);
    free(world->messages);
    free(world->free_messages);
    free(world->wishes);
    free(world->free_wishes);
    free(world);
    return rc;
}
