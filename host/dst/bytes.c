// SPDX-License-Identifier: Apache-2.0
#include "dst/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "dst/bytes_impl.h"
#include "run/host_impl.h"
#include "sys/clock.h"

#define WARM_NS        (60 * SECOND)  /* at most until everybody trades */
#define HEAL_NS        (120 * SECOND) /* at most until everything is known again */
#define FALSE_NS       (600 * MS)     /* a false reading of the wall clock */
#define KEEPER_SEES_NS (6 * SECOND)
#define ENTRY_NS       (5 * SECOND) /* at most until orders leave again after a step of it */

const char *bytes_fault_name(enum bytes_fault fault)
{
    static const char *const names[BYTES_FAULTS] = {
        "net",     "slow-net", "venue",     "away",   "crash", "power",  "slow-disk",
        "sync",    "clock",    "operator",  "reload", "agent", "keeper", "tournament",
        "flatten", "room",     "strangers", "recall", "night", "skew",   "dark"};

    return names[fault];
}

const char *bytes_some_name(uint32_t some)
{
    static const char *const names[BYTES_SOMES] = {"fill",
                                                   "order replaced",
                                                   "order cancelled",
                                                   "request of unknown fate",
                                                   "host killed",
                                                   "killed in boot",
                                                   "kill switch",
                                                   "stop",
                                                   "halt",
                                                   "plugin reloaded",
                                                   "agent added",
                                                   "agent failed",
                                                   "wall clock set",
                                                   "exchange away",
                                                   "sync failed",
                                                   "everything closed",
                                                   "agent unloaded",
                                                   "loss limit reached",
                                                   "exit fired",
                                                   "core hung",
                                                   "planned restart",
                                                   "keeper acted",
                                                   "all cancelled by it",
                                                   "tournament held",
                                                   "capital moved",
                                                   "slot excluded",
                                                   "flattened",
                                                   "not flattened in time",
                                                   "target led to an order",
                                                   "quote placed or moved",
                                                   "timer fired",
                                                   "agent quarantined",
                                                   "agent died while the host closed for it",
                                                   "money put in or taken out",
                                                   "disk full",
                                                   "order of a stranger",
                                                   "trade of a stranger",
                                                   "slot suspended",
                                                   "stop called off",
                                                   "new day",
                                                   "host down for long",
                                                   "clock of an exchange wrong",
                                                   "start in the dark"};

    return names[some];
}

uint64_t bytes_stream(uint64_t seed, uint64_t stream)
{
    return rng_at(seed, 0x6279746573, stream, 0, 0);
}

int bytes_has(const struct bytes *world, enum bytes_fault fault)
{
    return (world->swarm.faults >> fault & 1) != 0;
}

void bytes_fail(struct bytes *world, const char *id, const char *format, ...)
{
    struct bytes_result *result = world->result;
    va_list args;

    if (result->is_failed)
        return;
    result->is_failed = 1;
    result->t = world->sched.now - BYTES_T0;
    snprintf(result->id, sizeof(result->id), "%s", id);
    va_start(args, format);
    vsnprintf(result->what, sizeof(result->what), format, args);
    va_end(args);
    bytes_trace(world, "FAILED %s: %s", id, result->what);
}

void bytes_trace(struct bytes *world, const char *format, ...)
{
    char line[1200];
    int n;
    va_list args;

    if (world->config.trace == NULL)
        return;
    n = snprintf(line, sizeof(line), "%.6f ", (double)(world->sched.now - BYTES_T0) / 1e9);
    va_start(args, format);
    vsnprintf(line + n, sizeof(line) - (size_t)n, format, args);
    va_end(args);
    world->config.trace(world->config.trace_ctx, line);
}

/* --- what kind of run this is --- */

static agon_ns_t draw_ns(struct rng *rng, agon_ns_t from, agon_ns_t to)
{
    return from + (agon_ns_t)rng_below(rng, (uint64_t)(to - from));
}

static uint32_t draw_ppm(struct rng *rng, uint32_t to)
{
    // Rates of any size: a third of the runs have few of a kind, a third many.
    return (uint32_t)rng_below(rng, 1 + (uint64_t)to / (1 + rng_below(rng, 10)));
}

static void draw_net(struct swarm_bytes *swarm, struct rng *rng)
{
    struct net_rates *rates = &swarm->rates;
    int is_bad = (swarm->faults >> BYTES_NET & 1) != 0;
    int is_slow = (swarm->faults >> BYTES_SLOW_NET & 1) != 0;

    rates->latency_ns = draw_ns(rng, 50 * US, is_slow ? 80 * MS : 5 * MS);
    rates->jitter_ns = draw_ns(rng, 1 * US, is_slow ? 100 * MS : 2 * MS);
    rates->slow_ns = draw_ns(rng, 100 * MS, 5 * SECOND);
    rates->stall_ns = draw_ns(rng, 100 * MS, 5 * SECOND);
    for (int i = 0; i < NET_FAULTS; i++) {
        uint32_t up = draw_ppm(rng, 30000), down = draw_ppm(rng, 600);
        int is_late = i == NET_SLOW || i == NET_STALL;

        if (i == NET_SPLIT) {
            rates->up[i] = draw_ppm(rng, 500000);
            rates->down[i] = draw_ppm(rng, 200000);
        } else if (is_late ? is_slow : is_bad) {
            rates->up[i] = up;
            rates->down[i] = down;
        }
    }
    for (int i = 0; i < 2 && is_bad; i++)
        rates->connect[i] = draw_ppm(rng, 200000);
}

/* A third of the worlds have a keeper. Where power fails it dies with the host, and half of the
 * worlds leave the exchanges in reach: there it has to be done in time. */
static void draw_keeper(struct bytes *world)
{
    uint64_t draw = bytes_stream(world->config.seed, DRAW_KEEPER);
    const uint32_t far = (uint32_t)1 << BYTES_NET | (uint32_t)1 << BYTES_SLOW_NET |
                         (uint32_t)1 << BYTES_VENUE | (uint32_t)1 << BYTES_AWAY;

    world->swarm.keeper_ns = 3 * SECOND + (agon_ns_t)((draw >> 16) % (12 * (uint64_t)SECOND));
    if (draw % 3 != 0 || (world->config.without >> BYTES_KEEPER & 1) != 0)
        return;
    world->swarm.faults |= (uint32_t)1 << BYTES_KEEPER;
    world->swarm.faults &= ~((uint32_t)1 << BYTES_POWER);
    if ((draw >> 8) % 2 == 0)
        world->swarm.faults &= ~far;
}

/* A quarter of the worlds. */
static void draw_flatten(struct bytes *world)
{
    struct rng rng;

    rng_init(&rng, bytes_stream(world->config.seed, DRAW_FLATTEN));
    world->swarm.flatten_ns = draw_ns(&rng, 3 * SECOND, 15 * SECOND);
    if (rng_below(&rng, 4) == 0 && (world->config.without >> BYTES_FLATTEN & 1) == 0)
        world->swarm.faults |= (uint32_t)1 << BYTES_FLATTEN;
}

/* A third of the worlds. */
static void draw_skills(struct bytes *world)
{
    world->swarm.is_skilled = bytes_stream(world->config.seed, DRAW_SKILLS) % 3 == 0;
}

/* A quarter, too. */
static void draw_recall(struct bytes *world)
{
    struct rng rng;

    rng_init(&rng, bytes_stream(world->config.seed, DRAW_RECALL));
    world->swarm.recall_ns = draw_ns(&rng, 1 * SECOND, 6 * SECOND);
    if (rng_below(&rng, 4) == 0 && (world->config.without >> BYTES_RECALL & 1) == 0)
        world->swarm.faults |= (uint32_t)1 << BYTES_RECALL;
}

static void draw_swarm(struct bytes *world)
{
    struct swarm_bytes *swarm = &world->swarm;
    struct rng rng;

    for (uint64_t i = 0; i < BYTES_FAULTS; i++)
        rng_init(&world->faults_rng[i], bytes_stream(world->config.seed, DRAW_FAULT + i));
    rng_init(&rng, bytes_stream(world->config.seed, DRAW_SWARM));
    for (int i = 0; i < BYTES_KEEPER; i++)
        swarm->faults |= (uint32_t)(rng_below(&rng, 2) == 0) << i;
    draw_keeper(world);
    swarm->faults &= ~world->config.without;
    swarm->n_venues = 1 + (uint32_t)rng_below(&rng, 2);
    if (world->config.venues != 0)
        swarm->n_venues = world->config.venues;
    swarm->n_agents = 1 + (uint32_t)rng_below(&rng, BYTES_SLOTS - 1);
    swarm->safety_ns = draw_ns(&rng, 10 * SECOND, 40 * SECOND);
    bytes_tournament_draw(world);
    draw_flatten(world);
    draw_skills(world);
    draw_recall(world);
    bytes_room_draw(world);
    bytes_strangers_draw(world);
    bytes_hours_draw(world);
    swarm->crash_ns = draw_ns(&rng, 3 * SECOND, 30 * SECOND);
    swarm->power_ns = draw_ns(&rng, 2 * SECOND, 20 * SECOND);
    swarm->operator_ns = draw_ns(&rng, 1 * SECOND, 10 * SECOND);
    swarm->reload_ns = draw_ns(&rng, 1 * SECOND, 10 * SECOND);
    swarm->away_ns = draw_ns(&rng, 5 * SECOND, 30 * SECOND);
    swarm->clock_ns = draw_ns(&rng, 3 * SECOND, 30 * SECOND);
    swarm->sync_ns = draw_ns(&rng, 100 * US, 10 * MS);
    swarm->sync_slow_ppm = draw_ppm(&rng, 100000);
    swarm->sync_fail_ppm = draw_ppm(&rng, 2000);
    swarm->journal_segment = (uint64_t)4096 << rng_below(&rng, 6);
    if (swarm->journal_segment < 65536)
        swarm->journal_segment = 65536;
    swarm->mark_every = 200 + rng_below(&rng, 2000);
    swarm->snapshot_every = swarm->mark_every * (1 + rng_below(&rng, 5));
    draw_net(swarm, &rng);
    bytes_hours_net(world, &world->faults_rng[BYTES_SKEW]);
    bytes_money_draw(world);
    if (world->config.safety_ns != 0)
        swarm->safety_ns = world->config.safety_ns;
    swarm->is_wall_off = rng_below(&rng, 4) == 0;
    swarm->is_for_good = rng_below(&rng, 2) == 0;
    rng_init(&world->operator_rng, bytes_stream(world->config.seed, DRAW_OPERATOR));
    world->n_coins = swarm->n_venues > 1 ? BYTES_COINS : BYTES_COINS - 1;
}

/* --- what goes wrong --- */

static agon_ns_t after(struct bytes *world, enum bytes_fault fault, agon_ns_t mean)
{
    return world->sched.now + mean / 4 +
           (agon_ns_t)rng_below(&world->faults_rng[fault], (uint64_t)mean * 3 / 2 + 1);
}

static void strike(void *ctx, uint64_t a, uint64_t b);

static void later(struct bytes *world, enum bytes_fault fault, agon_ns_t mean)
{
    if (bytes_has(world, fault))
        sched_at(&world->sched, after(world, fault, mean), strike, world, fault, 0);
}

static void away(struct bytes *world)
{
    struct rng *rng = &world->faults_rng[BYTES_AWAY];
    uint32_t at = (uint32_t)rng_below(rng, world->swarm.n_venues);
    struct bytes_venue *venue = &world->venues[at];

    venue->is_away = !venue->is_away;
    net_shut(world->net, (uint16_t)(80 + at), venue->is_away);
    if (venue->is_away)
        net_break(world->net, (uint16_t)(80 + at));
    world->result->some[BYTES_SOME_AWAY] += venue->is_away;
    bytes_trace(world, "AWAY venue %u: %u", at, venue->is_away);
}

void bytes_set_wall(struct bytes *world, int64_t off)
{
    world->wall_off = off;
    world->t_wall = world->sched.now;
    world->result->some[BYTES_SOME_CLOCK]++;
    bytes_trace(world, "WALL CLOCK off by %lld s", (long long)(off / SECOND));
}

/* Whoever set it saw his mistake. */
static void set_back(void *ctx, uint64_t a, uint64_t b)
{
    struct bytes *world = ctx;

    (void)b;
    if (world->t_wall == (agon_ns_t)a)
        bytes_set_wall(world, 0);
}

static void set_clock(struct bytes *world)
{
    static const int64_t offs[] = {0, 3600ll, -3600ll, 10ll * 365 * 86400, 2, -2, 86400, -60};
    struct rng *rng = &world->faults_rng[BYTES_CLOCK];

    bytes_set_wall(world, offs[rng_below(rng, sizeof(offs) / sizeof(offs[0]))] * SECOND);
    if (rng_below(rng, 3) == 0)
        sched_at(&world->sched, world->sched.now + FALSE_NS, set_back, world,
                 (uint64_t)world->t_wall, 0);
}

static void strike(void *ctx, uint64_t a, uint64_t b)
{
    struct bytes *world = ctx;
    enum bytes_fault fault = (enum bytes_fault)a;
    struct swarm_bytes *swarm = &world->swarm;
    agon_ns_t mean = SECOND;

    (void)b;
    if (world->phase != BYTES_SAFETY)
        return;
    world->result->injected[fault]++;
    switch (fault) {
    case BYTES_CRASH:
        mean = swarm->crash_ns;
        if (world->host != NULL && !world->is_stopping)
            bytes_kill(world);
        break;
    case BYTES_POWER:
        mean = swarm->power_ns;
        if (world->host != NULL)
            disk_mem_stop_at(world->disk_mem, 1 + rng_below(&world->disk_rng, 30));
        break;
    case BYTES_AWAY:
        mean = swarm->away_ns;
        away(world);
        break;
    case BYTES_CLOCK:
        mean = swarm->clock_ns;
        set_clock(world);
        break;
    case BYTES_KEEPER:
        mean = swarm->keeper_ns;
        bytes_keeper_strike(world);
        break;
    case BYTES_OPERATOR:
        mean = swarm->operator_ns;
        bytes_operate(world, BYTES_OPERATOR);
        break;
    case BYTES_FLATTEN:
        mean = swarm->flatten_ns;
        bytes_operate(world, BYTES_FLATTEN);
        break;
    case BYTES_RELOAD:
        mean = swarm->reload_ns;
        bytes_operate(world, BYTES_RELOAD);
        break;
    case BYTES_RECALL:
        mean = swarm->recall_ns;
        bytes_operate(world, BYTES_RECALL);
        break;
    case BYTES_ROOM:
        mean = swarm->room_ns;
        bytes_room_strike(world);
        break;
    case BYTES_STRANGERS:
        mean = swarm->stranger_ns;
        bytes_strangers_strike(world);
        break;
    default:
        break;
    }
    later(world, fault, mean);
}

/* --- the run --- */

/* Where the exchanges can be reached, a wall clock that was set stops nobody for long. */
static void check_entry(struct bytes *world)
{
    const uint32_t far = (uint32_t)1 << BYTES_NET | (uint32_t)1 << BYTES_VENUE |
                         (uint32_t)1 << BYTES_AWAY | (uint32_t)1 << BYTES_SKEW |
                         (uint32_t)1 << BYTES_DARK;
    const struct net_rates *rates = &world->swarm.rates;
    agon_ns_t entry = ENTRY_NS;

    // An answer that stalls, or comes late, is waited for.
    if (bytes_has(world, BYTES_SLOW_NET))
        entry += rates->stall_ns > rates->slow_ns ? rates->stall_ns : rates->slow_ns;
    if ((world->swarm.faults & far) == 0 && world->host->view->clock.is_paused &&
        world->sched.now - world->t_wall > entry && world->sched.now - world->t_boot > entry &&
        world->sched.now - world->keeper.hung_until > entry)
        bytes_fail(world, "inv-25",
                   "the wall clock was set %lld s ago, and still no new order may leave",
                   (long long)((world->sched.now - world->t_wall) / SECOND));
}

static void each_second(void *ctx, uint64_t a, uint64_t b)
{
    struct bytes *world = ctx;

    (void)a;
    (void)b;
    if (world->host != NULL && world->host->is_running) {
        for (uint16_t id = 0; id < BYTES_SLOTS; id++) {
            const struct slot *slot = slots_get(engine_slots(world->host->engine), id);

            if (slot != NULL && slot->n_crashes > 0)
                world->result->some[BYTES_SOME_AGENT_CRASH]++;
        }
        world->result->some[BYTES_SOME_UNKNOWN] += world->host->io_status.n_unknown > 0;
        bytes_check_turn(world);
        bytes_room_turn(world);
        check_entry(world);
        // What a supervisor does: a journal that failed stays so until a restart.
        if (journal_state(&world->host->buffer) == JOURNAL_FAILED && !world->is_stopping)
            bytes_kill(world);
    }
    sched_at(&world->sched, world->sched.now + SECOND, each_second, world, 0, 0);
}

int bytes_step(struct bytes *world, agon_ns_t until)
{
    if (!sched_step(&world->sched, until))
        return 0;
    world->result->n_calls++;
    bytes_tournament_look(world);
    bytes_flatten_look(world);
    bytes_money_look(world);
    if (world->host != NULL && world->host->is_running)
        host_io_turn(world->host);
    bytes_poll(world);
    if (disk_mem_is_stopped(world->disk_mem) && world->host != NULL)
        bytes_kill(world);
    return 1;
}

static void run_until(struct bytes *world, agon_ns_t t)
{
    while (!world->result->is_failed && bytes_step(world, t))
        ;
    if (!world->result->is_failed && world->sched.now < t)
        world->sched.now = t;
}

static int is_trading(const struct bytes *world)
{
    return world->host != NULL && world->host->is_running && world->host->has_joined &&
           world->host->io_status.is_ready && (world->host->halts & HOST_HALT_CLOCK) == 0;
}

static void warm(struct bytes *world)
{
    agon_ns_t end = world->sched.now + WARM_NS;

    world->phase = BYTES_WARM;
    if (bytes_has(world, BYTES_CLOCK) && world->swarm.is_wall_off)
        set_clock(world);
    bytes_strangers_warm(world);
    bytes_hours_warm(world);
    bytes_boot(world);
    while (!world->result->is_failed && !is_trading(world) && world->sched.now < end)
        run_until(world, world->sched.now + 100 * MS);
    if (!world->result->is_failed && !is_trading(world))
        bytes_fail(world, "inv-34", "a minute after the start nobody trades");
    run_until(world, world->sched.now + 2 * SECOND);
}

static void safety(struct bytes *world)
{
    struct swarm_bytes *swarm = &world->swarm;

    world->phase = BYTES_SAFETY;
    bytes_trace(world, "SAFETY for %lld s", (long long)(swarm->safety_ns / SECOND));
    *net_rates(world->net) = swarm->rates;
    later(world, BYTES_CRASH, swarm->crash_ns);
    later(world, BYTES_POWER, swarm->power_ns);
    later(world, BYTES_AWAY, swarm->away_ns);
    later(world, BYTES_CLOCK, swarm->clock_ns);
    later(world, BYTES_OPERATOR, swarm->operator_ns);
    later(world, BYTES_RELOAD, swarm->reload_ns);
    later(world, BYTES_KEEPER, swarm->keeper_ns);
    later(world, BYTES_FLATTEN, swarm->flatten_ns);
    later(world, BYTES_RECALL, swarm->recall_ns);
    later(world, BYTES_ROOM, swarm->room_ns);
    later(world, BYTES_STRANGERS, swarm->stranger_ns);
    bytes_hours_safety(world);
    bytes_tournament_safety(world);
    run_until(world, world->sched.now + swarm->safety_ns);
}

/* Tried until it is done: the host may be down, or another operator at work. */
static void insist(struct bytes *world, enum op op, uint32_t slot)
{
    agon_ns_t end = world->sched.now + HEAL_NS;

    while (!world->result->is_failed && !bytes_order(world, op, slot, 0) && world->sched.now < end)
        run_until(world, world->sched.now + 50 * MS);
    while (!world->result->is_failed && bytes_is_operated(world) && world->sched.now < end)
        run_until(world, world->sched.now + 5 * MS);
}

static void heal(struct bytes *world)
{
    struct net_rates *rates = net_rates(world->net);
    agon_ns_t end = world->sched.now + HEAL_NS;

    world->phase = BYTES_HEAL;
    bytes_trace(world, "HEAL");
    memset(rates->up, 0, sizeof(rates->up));
    memset(rates->down, 0, sizeof(rates->down));
    memset(rates->connect, 0, sizeof(rates->connect));
    bytes_venue_calm(world);
    if (!world->swarm.is_for_good)
        world->wall_off = 0;
    disk_mem_stop_at(world->disk_mem, 0);
    bytes_room_heal(world);
    while (!world->result->is_failed && !is_trading(world) && world->sched.now < end)
        run_until(world, world->sched.now + 100 * MS);
    if (!world->result->is_failed && !is_trading(world))
        bytes_fail(world, "inv-34", "two minutes after the last fault the host does not trade");
    insist(world, OP_RESUME_KILL, 0);
    insist(world, OP_RESUME_ALL, 0);
    for (uint32_t slot = 0; slot < world->swarm.n_agents; slot++) {
        insist(world, OP_RESUME_SLOT, slot);
        if (world->word.is_suspended[slot])
            insist(world, OP_ACTIVATE, slot);
    }
    world->word.is_unsure = 0;
    run_until(world, world->sched.now + 3 * SECOND);
}

/* Nothing new, nothing open, everything known: then host and exchange have to be one. */
static void quiet(struct bytes *world)
{
    agon_ns_t end = world->sched.now + HEAL_NS;
    uint64_t n_wired;

    world->phase = BYTES_QUIET;
    bytes_trace(world, "QUIET");
    insist(world, OP_KILL, 0); // a halt lets pass what makes positions smaller
    while (!world->result->is_failed && world->sched.now < end) {
        for (uint32_t slot = 0; slot < world->swarm.n_agents && !world->result->is_failed; slot++)
            insist(world, OP_CANCEL, slot);
        run_until(world, world->sched.now + 2 * SECOND);
        if (!world->result->is_failed && bytes_check_is_quiet(world))
            break;
    }
    // What is on its way by then, ten seconds later has come. An exit that fires meanwhile begins
    // it anew: the kill switch lets pass what closes.
    do {
        n_wired = world->n_wired;
        run_until(world, world->sched.now + 12 * SECOND);
    } while (!world->result->is_failed && world->sched.now < end &&
             (world->n_wired != n_wired || !bytes_check_is_quiet(world)));
    if (!world->result->is_failed)
        bytes_check_quiet(world);
}

static void *stop_host(void *ctx)
{
    struct bytes *world = ctx;
    struct error err = {0};
    int rc = host_stop(world->host, 5 * SECOND, -1, &err);

    if (rc < 0 && !world->is_dying)
        bytes_fail(world, "inv-16", "an orderly end failed: %s", err.text);
    world->is_over = 1;
    return NULL;
}

static void close_run(struct bytes *world)
{
    agon_ns_t end = world->sched.now + 60 * SECOND;

    world->phase = BYTES_CLOSE;
    while (!world->result->is_failed && world->host == NULL && world->sched.now < end)
        run_until(world, world->sched.now + 100 * MS);
    if (world->host == NULL) {
        bytes_fail(world, "inv-34", "a minute after the run was quiet there is no host");
        return;
    }
    world->is_stopping = 1;
    world->keeper.is_planned = 1;
    (void)bytes_start(world, stop_host, world, 1);
    while (!world->result->is_failed && !world->is_over && world->sched.now < end)
        run_until(world, world->sched.now + 100 * MS);
    if (!world->result->is_failed && !world->is_over)
        bytes_fail(world, "inv-34", "a minute after the order to end the host still runs");
    if (world->result->is_failed)
        return;
    // Nobody acts in its place.
    if (bytes_has(world, BYTES_KEEPER))
        run_until(world, world->sched.now + KEEPER_SEES_NS);
    host_state(world->host, world->last_hash, &world->last_seq);
    world->result->n_events += engine_seq(world->host->engine) - world->journal_seen;
    bytes_check_close_run(world);
}

// As the real port's.
static agon_ns_t host_utc(void *ctx)
{
    (void)ctx;
    return clock_now();
}

static void on_sent(void *ctx, uint16_t port, const void *bytes, size_t n)
{
    char form[8192];
    size_t n_form = bytes_said(bytes, n, form, sizeof(form));

    if (n_form > 0)
        bytes_check_sent(ctx, port, form, n_form);
    else
        bytes_check_sent(ctx, port, bytes, n);
}

static int open_world(struct bytes *world, struct error *err)
{
    struct net_tap tap = {.ctx = world, .sent = on_sent};
    uint64_t seed = world->config.seed;
    int rc;

    world->t_begin = BYTES_T0;
    draw_swarm(world);
    world->slots = calloc(SLOTS_MAX, sizeof(*world->slots));
    if (world->slots == NULL || bytes_check_open(world) < 0 || bytes_flatten_open(world) < 0 ||
        sched_init(&world->sched, bytes_stream(seed, DRAW_TIE), world->t_begin) < 0 ||
        bytes_machine_open(world) < 0)
        return error_set(err, AGON_ENOMEM, "dst: out of memory");
    rc = net_new(&world->net, &world->sched, bytes_stream(seed, DRAW_NET), err);
    if (rc < 0)
        return rc;
    net_tap(world->net, &tap);
    net_utc(world->net, host_utc, world);
    net_rates(world->net)->latency_ns = MS;
    for (uint32_t at = 0; at < world->swarm.n_venues && rc >= 0; at++)
        rc = bytes_venue_open(world, at, err);
    bytes_roster(world);
    for (uint32_t id = 0; id < BYTES_SLOTS; id++) {
        world->limits_max[id] = world->limits_told[id] = world->slots[id].record.limits;
        world->tournament.capital[id] = world->slots[id].record.limits.capital_amt;
    }
    sched_at(&world->sched, world->sched.now + SECOND, each_second, world, 0, 0);
    bytes_keeper_open(world);
    return rc;
}

static void report(struct bytes *world)
{
    struct bytes_result *result = world->result;

    result->hash = hash_mix(net_hash(world->net) ^ hash_bytes(world->last_hash, HASH_SIZE));
    result->n_messages = net_messages(world->net);
    result->simulated_ns = world->sched.now - world->t_begin;
    result->faults = world->swarm.faults;
    result->n_agents = world->swarm.n_agents;
    result->n_venues = world->swarm.n_venues;
    for (int i = 0; i < NET_FAULTS; i++)
        result->net[i] = net_counts(world->net)[i];
}

int bytes_run(const struct bytes_config *config, struct bytes_result *result, struct error *err)
{
    static void (*const phases[])(struct bytes *) = {warm, safety, heal, quiet, close_run};
    struct bytes *world = calloc(1, sizeof(*world));
    int rc;

    memset(result, 0, sizeof(*result));
    if (world == NULL)
        return error_set(err, AGON_ENOMEM, "dst: out of memory");
    world->config = *config;
    world->result = result;
    rc = open_world(world, err);
    for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]) && rc >= 0 && !result->is_failed; i++)
        phases[i](world);
    if (rc >= 0)
        report(world);
    bytes_machine_close(world);
    bytes_keeper_close(world);
    net_free(world->net);
    for (uint32_t at = 0; at < BYTES_VENUES; at++)
        bytes_venue_close(&world->venues[at]);
    sched_deinit(&world->sched);
    bytes_check_close(world);
    bytes_flatten_close(world);
    free(world->slots);
    free(world);
    return rc;
}
