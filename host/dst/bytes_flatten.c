// SPDX-License-Identifier: Apache-2.0
/* `flatten` in a byte-level run: an operator orders it for a slot or for all and looks at what is
 * left, as `agon ctl` does, until nothing is or the time is up.
 *
 *   when the host counts a slot as closed, no order of it is open at the   the exchange's word,
 *   exchange and nothing but dust is held there, at that moment            at each such step
 *   who is told that it is done: so it was at some moment since the        the same; an agent that
 *   order, and still is where nobody may trade                             goes on may buy again
 *   who is told that it is not done is told what is left                   what has been open or
 *                                                                          held for long
 *   where everything can be reached it is done in time                     the same
 */
#include <stdlib.h>

#include "dst/bytes_impl.h"
#include "engine/close.h"
#include "run/host_impl.h"

#define LOOK_NS  (50 * MS)
#define CLOSE_NS (10 * SECOND) /* beside what it takes until all is known */
#define ALL      BYTES_SLOTS

int bytes_flatten_open(struct bytes *world)
{
    world->view = calloc(1, sizeof(*world->view));
    for (uint32_t i = 0; i <= ALL; i++)
        world->clear[i].is_clear = 1;
    return world->view != NULL ? AGON_OK : AGON_ENOMEM;
}

void bytes_flatten_close(struct bytes *world)
{
    free(world->view);
}

static void stand(agon_ns_t *since, int is_so, agon_ns_t now)
{
    if (!is_so)
        *since = 0;
    else if (*since == 0)
        *since = now;
}

static void look(struct bytes *world, uint16_t slot)
{
    struct bytes_clear *clear = &world->clear[slot], *all = &world->clear[ALL];
    agon_ns_t now = world->sched.now;
    int is_held = 0, is_any_held = 0, is_any_open = 0;

    // It was so up to now.
    if (clear->is_clear)
        clear->t_clear = now;
    if (all->is_clear)
        all->t_clear = now;
    for (uint32_t i = 0; i < world->n_coins; i++)
        is_held |= !bytes_is_dust(world, slot, i);
    stand(&clear->t_held, is_held, now);
    stand(&clear->t_open, clear->n_open > 0, now);
    clear->is_clear = clear->t_held == 0 && clear->t_open == 0;
    for (uint32_t i = 0; i < ALL; i++) {
        is_any_held |= world->clear[i].t_held != 0;
        is_any_open |= world->clear[i].t_open != 0;
    }
    stand(&all->t_held, is_any_held, now);
    stand(&all->t_open, is_any_open, now);
    all->is_clear = all->t_held == 0 && all->t_open == 0;
    if (clear->is_clear)
        clear->t_clear = now;
    if (all->is_clear)
        all->t_clear = now;
}

void bytes_flatten_effect(struct bytes *world, const struct truth *truth, int was_open)
{
    if (!truth->is_ours || truth->slot >= BYTES_SLOTS)
        return;
    world->clear[truth->slot].n_open += (uint32_t)truth->is_open - (uint32_t)was_open;
    look(world, truth->slot);
}

/* Does it hold, from the order on, that no agent may open anything? */
static int is_still(const struct bytes *world, int slot)
{
    const struct order_word *word = &world->word;

    return !word->is_unsure && (word->is_killed || word->is_stopped || word->is_halted ||
                                (slot >= 0 && word->is_slot_halted[slot]));
}

void bytes_flatten_ordered(struct bytes *world, int slot, uint64_t n_closed, agon_ns_t t)
{
    if (world->flatten.t != 0)
        return; // one after the other
    world->flatten = (struct bytes_flatten){.t = t,
                                            .until = t + bytes_known_ns(world) + CLOSE_NS + SECOND,
                                            .slot = slot,
                                            .n_closed = n_closed,
                                            .is_still = (uint8_t)is_still(world, slot)};
}

static void check_done(struct bytes *world)
{
    const struct bytes_flatten *flatten = &world->flatten;
    const struct bytes_clear *clear = &world->clear[flatten->slot < 0 ? (int)ALL : flatten->slot];
    int is_now = flatten->is_still && is_still(world, flatten->slot);

    world->result->some[BYTES_SOME_FLAT]++;
    if (clear->is_clear || (!is_now && clear->t_clear >= flatten->t))
        return;
    bytes_fail(
        world, "inv-24",
        "the answer to the operator was that all of slot %d (-1: of all) is closed, and at the "
        "exchange %s for %.3f s",
        flatten->slot, clear->t_open != 0 ? "an order is open" : "a position is held",
        (double)(world->sched.now - (clear->t_open != 0 ? clear->t_open : clear->t_held)) / 1e9);
}

static int is_long(const struct bytes *world, agon_ns_t since, agon_ns_t long_ns)
{
    return since != 0 && world->sched.now - since > long_ns;
}

static void check_left(struct bytes *world, const struct host_left *left)
{
    const struct bytes_flatten *flatten = &world->flatten;
    const struct bytes_clear *clear = &world->clear[flatten->slot < 0 ? (int)ALL : flatten->slot];
    agon_ns_t known = bytes_known_ns(world);
    agon_ns_t since = flatten->t > world->t_able ? flatten->t : world->t_able;

    world->result->some[BYTES_SOME_NOT_FLAT]++;
    if (is_long(world, world->t_healthy, known) && left->is_heard &&
        ((is_long(world, clear->t_open, known) && left->n_orders == 0) ||
         (is_long(world, clear->t_held, known) && left->n_positions == 0)))
        bytes_fail(world, "inv-24",
                   "the operator's answer had %u orders and %u positions that are left of slot %d, "
                   "and at the exchange there are more",
                   left->n_orders, left->n_positions, flatten->slot);
    // All at once are rarely without anything where agents trade on.
    if ((flatten->slot >= 0 || flatten->is_still) && world->t_able != 0 &&
        world->sched.now - since > known + CLOSE_NS)
        bytes_fail(world, "inv-24",
                   "%.3f s after `flatten` of slot %d, with everything in reach, %u orders and %u "
                   "positions are left",
                   (double)(world->sched.now - flatten->t) / 1e9, flatten->slot, left->n_orders,
                   left->n_positions);
}

static void wait_for(struct bytes *world)
{
    struct bytes_flatten *flatten = &world->flatten;
    struct host_left left;
    int is_done;

    flatten->t_look = world->sched.now + LOOK_NS;
    host_view(world->host, world->view);
    host_left(world->view, flatten->slot, &left);
    is_done = left.is_done || (flatten->slot >= 0 &&
                               world->view->slots[flatten->slot].n_closed > flatten->n_closed);
    if (!is_done && world->sched.now < flatten->until)
        return;
    bytes_trace(world, "FLATTEN of slot %d: %s, %u orders and %u positions", flatten->slot,
                is_done ? "done" : "left", left.n_orders, left.n_positions);
    if (is_done)
        check_done(world);
    else
        check_left(world, &left);
    flatten->t = 0;
}

void bytes_flatten_look(struct bytes *world)
{
    const struct slots *slots;

    if (world->host == NULL || !world->host->is_running)
        return;
    slots = engine_slots(world->host->engine);
    for (uint16_t slot = 0; slot < BYTES_SLOTS && slot < slots->n; slot++) {
        struct bytes_clear *clear = &world->clear[slot];
        uint64_t n_closed = close_count(world->host->engine, slot);

        if (n_closed == clear->n_closed)
            continue;
        clear->n_closed = n_closed;
        look(world, slot);
        if (!clear->is_clear)
            bytes_fail(
                world, "inv-24",
                "the host counts slot %u as closed, and at the exchange %s for %.3f s", slot,
                clear->t_open != 0 ? "an order is open" : "a position is held",
                (double)(world->sched.now - (clear->t_open != 0 ? clear->t_open : clear->t_held)) /
                    1e9);
    }
    if (world->flatten.t != 0 && world->sched.now >= world->flatten.t_look)
        wait_for(world);
}

void bytes_flatten_boot(struct bytes *world)
{
    const struct slots *slots = engine_slots(world->host->engine);

    for (uint16_t slot = 0; slot < BYTES_SLOTS && slot < slots->n; slot++)
        world->clear[slot].n_closed = close_count(world->host->engine, slot);
}
