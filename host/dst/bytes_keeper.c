// SPDX-License-Identifier: Apache-2.0
/* The keeper beside the host: its own judge and its own rescue (run/keeper_watch, venue/rescue), on
 * a process of its own that may be stopped. What is simulated is that a core hangs, and how long a
 * supervisor takes to start a host again. */
#include <stdlib.h>

#include "dst/bytes_impl.h"
#include "run/host_impl.h"

#define GONE_NS  (5 * SECOND) /* after the last turn nothing of ours is open */
#define SLACK_NS (500 * MS)   /* a parked core makes a turn so often */

static int is_calm(const struct bytes *world)
{
    const uint32_t far = (uint32_t)1 << BYTES_NET | (uint32_t)1 << BYTES_SLOW_NET |
                         (uint32_t)1 << BYTES_VENUE | (uint32_t)1 << BYTES_AWAY |
                         (uint32_t)1 << BYTES_DARK;

    return (world->swarm.faults & far) == 0;
}

void bytes_silent(struct bytes *world)
{
    if (world->keeper.t_silent == 0)
        world->keeper.t_silent = world->sched.now;
}

int bytes_is_hung(const struct bytes *world)
{
    return world->sched.now < world->keeper.hung_until;
}

/* --- what must hold --- */

/* With the keeper awake and the exchanges in reach: five seconds, and none is left. */
static void check_gone(struct bytes *world)
{
    const struct keeper *keeper = &world->keeper;
    agon_ns_t since =
        keeper->t_silent > keeper->stopped_until ? keeper->t_silent : keeper->stopped_until;

    // Who began to start and failed cares for nothing, and was waited for.
    since = since > keeper->t_tried ? since : keeper->t_tried;
    if (keeper->t_silent == 0 || world->is_booting || keeper->is_planned || !is_calm(world) ||
        world->sched.now - since <= GONE_NS)
        return;
    for (uint32_t i = 0; i < world->n_truths; i++) {
        const struct truth *truth = &world->truths[i];

        if (truth->is_open && truth->is_ours)
            bytes_fail(world, "keeper",
                       "%.3f s after the last turn of the host order %s is still open",
                       (double)(world->sched.now - since) / 1e9, truth->client);
    }
}

static void check_fired(struct bytes *world)
{
    const struct keeper *keeper = &world->keeper;

    world->result->some[BYTES_SOME_KEEPER]++;
    if (keeper->is_planned)
        bytes_fail(world, "keeper", "the keeper acts on a host that was stopped in good order");
    else if (keeper->t_silent == 0 ||
             world->sched.now - keeper->t_silent < KEEPER_QUIET_NS - SLACK_NS)
        bytes_fail(world, "keeper", "the keeper acts on a host that lives");
}

/* --- the process --- */

static void end_rescues(struct bytes *world)
{
    struct keeper *keeper = &world->keeper;

    if (world->net != NULL)
        net_die(world->net, NET_KEEPER);
    for (uint32_t at = 0; at < BYTES_VENUES; at++) {
        rescue_free(keeper->rescues[at]);
        keeper->rescues[at] = NULL;
    }
    keeper->is_rescuing = 0;
}

static void act(struct bytes *world)
{
    struct keeper *keeper = &world->keeper;
    struct host_config config;
    struct error err = {0};

    keeper->watch.has_fired = 1;
    bytes_trace(world, "KEEPER acts");
    check_fired(world);
    // A hung host is ended first. Its supervisor starts another.
    if (world->host != NULL && !world->result->is_failed)
        bytes_kill(world);
    bytes_config_host(world, &config);
    for (uint32_t at = 0; at < world->swarm.n_venues; at++) {
        if (keeper_rescue_new(&keeper->rescues[at], &config, at, &keeper->beat,
                              net_stream(world->net, NET_KEEPER), &err) < 0)
            bytes_fail(world, "world", "the keeper: %s", err.text);
        else
            rescue_start(keeper->rescues[at]);
    }
    keeper->is_rescuing = 1;
}

static void go_on(struct bytes *world)
{
    struct keeper *keeper = &world->keeper;
    int is_done = 1;

    for (uint32_t at = 0; at < world->swarm.n_venues; at++) {
        struct rescue_status status;

        rescue_status(keeper->rescues[at], &status);
        is_done &= status.state != RESCUE_RUNNING;
    }
    // Another host has begun: what is open is its own.
    if (!is_done && atomic_load(&keeper->beat.n_hosts) == keeper->watch.n_hosts)
        return;
    world->result->some[BYTES_SOME_RESCUED] += is_done != 0;
    bytes_trace(world, "KEEPER is done: %d", is_done);
    end_rescues(world);
}

static void turn(void *ctx, uint64_t a, uint64_t b)
{
    struct bytes *world = ctx;
    struct keeper *keeper = &world->keeper;
    int64_t now = world->machine.mono(world->machine.ctx);
    int is_alive = world->host != NULL || world->is_booting;

    (void)a;
    (void)b;
    if (world->sched.now >= keeper->stopped_until || keeper->is_rescuing) {
        if (keeper->is_rescuing)
            go_on(world);
        (void)keeper_watch_turn(&keeper->watch, &keeper->beat, now);
        if (!keeper->is_rescuing &&
            keeper_watch_is_gone(&keeper->watch, &keeper->beat, is_alive, now))
            act(world);
        check_gone(world);
    }
    if (!world->result->is_failed)
        sched_at(&world->sched, world->sched.now + KEEPER_TICK_NS, turn, world, 0, 0);
}

void bytes_keeper_open(struct bytes *world)
{
    if (bytes_has(world, BYTES_KEEPER))
        turn(world, 0, 0);
}

void bytes_keeper_close(struct bytes *world)
{
    end_rescues(world);
}

/* --- what happens to it and to the host --- */

static void revive(void *ctx, uint64_t a, uint64_t b)
{
    struct bytes *world = ctx;

    (void)b;
    // The core goes on where it was: it hung, and nobody ended it.
    if (world->host != NULL && world->keeper.hung_until == (agon_ns_t)a)
        world->keeper.t_silent = 0;
}

static void hang(struct bytes *world, agon_ns_t length)
{
    if (world->host == NULL || !world->host->is_running || world->is_stopping ||
        bytes_is_hung(world))
        return;
    world->keeper.hung_until = world->sched.now + length;
    world->result->some[BYTES_SOME_HUNG]++;
    bytes_silent(world);
    sched_at(&world->sched, world->keeper.hung_until, revive, world,
             (uint64_t)world->keeper.hung_until, 0);
    bytes_trace(world, "HANG of the core for %lld ms", (long long)(length / MS));
}

static void stop_keeper(struct bytes *world, agon_ns_t length)
{
    if (world->keeper.is_rescuing)
        return;
    world->keeper.stopped_until = world->sched.now + length;
    bytes_trace(world, "KEEPER is suspended for %lld ms", (long long)(length / MS));
}

void bytes_keeper_strike(struct bytes *world)
{
    struct rng *rng = &world->faults_rng[BYTES_KEEPER];
    agon_ns_t length = 500 * MS + (agon_ns_t)rng_below(rng, 12 * (uint64_t)SECOND);
    uint64_t what = rng_below(rng, 5);

    if (what < 2) {
        hang(world, length);
    } else if (what == 2) {
        stop_keeper(world, length);
    } else if (what == 3) {
        hang(world, length);
        stop_keeper(world, length);
    } else {
        (void)bytes_order(world, OP_RESTART, 0, 0);
    }
}
