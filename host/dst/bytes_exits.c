// SPDX-License-Identifier: Apache-2.0
/* Exit plans in a byte-level run. Scripted agents hand them over (script.c), the host keeps them,
 * and this judges what came of them:
 *
 *   each stop, target and time fires at most once, over all lives   the journal's own DUE events
 *   a stop that the exchange's best price has reached fires         the exchange's book; only what
 *                                                                   was ordered is read of the plan
 *   what a stop or the time fired for is closed in CLOSED_S         the exchange's trades
 *   no way out is for more than the slot has                        the exchange's trades
 *
 * A stop that is reached may stand for a while: the host may be down, its book not live, its
 * market stream late. It counts when the exchange's price stood beyond it for REACHED_S seconds,
 * at each of which the host was healthy. Whether the slot's plugin lives makes no difference. */
#include <stdlib.h>

#include "base/hash.h"
#include "base/num.h"
#include "dst/bytes_impl.h"
#include "exec/exit.h"
#include "run/host_impl.h"

#define REACHED_S 12
#define CLOSED_S  25 /* ... and of what fired, at each of which it could be closed */

static int64_t in_units(int64_t px, int exp)
{
    for (; exp < 8; exp++)
        px *= 10;
    return px;
}

static int is_reached(const struct bytes *world, const struct exit_plan *exit)
{
    uint32_t coin = exit->plan.instrument - 1;
    const struct bytes_market *market = &world->markets[coin];
    int64_t stop = in_units(exit->plan.stop_px, world->instruments[coin].px_exp);

    if (stop == 0 || market->bid_px == 0)
        return 0;
    return exit->plan.side == AGON_BUY ? market->bid_px <= stop : market->ask_px >= stop;
}

/* All of a position is to be closed. What the exchange takes no order for stays. */
static void look_closing(struct bytes *world, uint16_t slot, const struct exit_plan *exit,
                         struct bytes_exit *watch)
{
    uint32_t coin = exit->plan.instrument - 1;
    int64_t held = world->coins[coin].slot_net[slot];
    int is_left = exit->is_all && exit->plan.qty == 0 && world->t_able != 0 &&
                  (exit->plan.side == AGON_BUY ? held : -held) > 0 &&
                  num_mul_div(world->markets[coin].bid_px, llabs((long long)held), 100000000,
                              NUM_DOWN) > bytes_dust(coin);

    watch->closing = is_left ? watch->closing + 1 : 0;
    if (watch->closing >= CLOSED_S)
        bytes_fail(world, "exit",
                   "slot %u: plan %u fired %u s ago and %lld of instrument %u are held", slot,
                   exit->id, watch->closing, (long long)held, coin);
}

static void look(struct bytes *world, uint16_t slot, const struct exit_plan *exit)
{
    struct bytes_exit *watch = &world->exits[slot][exit->id % AGON_EXITS_MAX];
    const struct slot *owner = slots_get(engine_slots(world->host->engine), slot);

    if (watch->id != exit->id)
        *watch = (struct bytes_exit){.id = exit->id};
    look_closing(world, slot, exit, watch);
    if (world->t_healthy == 0 || exit->state != AGON_EXIT_ARMED || exit->is_all ||
        !is_reached(world, exit)) {
        watch->seconds = 0;
        return;
    }
    if (++watch->seconds < REACHED_S)
        return;
    bytes_fail(world, "exit",
               "slot %u, whose plugin %s: the price stands beyond the stop of plan %u for %u s, "
               "and it is armed",
               slot, owner != NULL && owner->condition == CONDITION_ACTIVE ? "runs" : "failed",
               exit->id, watch->seconds);
}

void bytes_exits_turn(struct bytes *world)
{
    struct engine *engine = world->host->engine;

    for (uint16_t slot = 0; slot < BYTES_SLOTS && slot < engine_slots(engine)->n; slot++) {
        for (const struct exit_plan *exit = engine_next_exit(engine, slot, NULL); exit != NULL;
             exit = engine_next_exit(engine, slot, exit)) {
            if (exit->plan.watch == AGON_EXIT_BOOK)
                look(world, slot, exit);
        }
    }
}

/* On spot the account holds what all slots have together: only this keeps one from selling what is
 * another's. What the host does not know yet makes the slot's share larger, never smaller: a fill
 * of a buy adds to it, a fill of a sell takes as much from the order. */
void bytes_exits_new(struct bytes *world, const struct truth *truth)
{
    int64_t held = world->coins[truth->coin].slot_net[truth->slot], open = 0;

    if (truth->side != AGON_SELL || truth->coin == 2)
        return;
    for (uint32_t i = 0; i < world->n_truths; i++) {
        const struct truth *one = &world->truths[i];

        if (one->is_open && one->is_ours && one->slot == truth->slot && one->coin == truth->coin &&
            one->side == AGON_SELL)
            open += one->qty - one->done;
    }
    if (open > held)
        bytes_fail(world, "exit", "by order %s slot %u sells %lld, and has %lld", truth->client,
                   truth->slot, (long long)open, (long long)held);
}

void bytes_exits_due(struct bytes *world, const struct record_due *due)
{
    struct bytes_result *result = world->result;
    uint64_t what = due->cause == AGON_EXIT_BY_TAKE ? 1 + due->cookie : 0;
    uint64_t key = hash_mix((uint64_t)due->slot << 40 | (uint64_t)due->id << 8 | what);

    if (due->kind != DUE_EXIT)
        return;
    result->some[BYTES_SOME_EXIT]++;
    if (map_get(&world->fired, key, NULL))
        bytes_fail(world, "exit", "slot %u: plan %u fires a second time by cause %u, target %llu",
                   due->slot, due->id, due->cause, (unsigned long long)due->cookie);
    else if (map_count(&world->fired) < BYTES_FIRED / 2)
        (void)map_put(&world->fired, key, 1);
}
