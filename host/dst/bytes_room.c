// SPDX-License-Identifier: Apache-2.0
/* A disk that is full for a while: other programs took what was free, and give it back. In a third
 * of these worlds room is promised when a file is made, and kept; in another a write is the first
 * to hear that there is none, whatever was promised; in the last one what is written over takes
 * room anew, as on a copy-on-write file system: there the journal's reserve is no help.
 *
 *   with room again the halt for the journal's disk ends, without a restart   the room, true time
 *   what has a number is in the journal, also when the host ends meanwhile    bytes_check.c */
#include "dst/bytes_impl.h"
#include "journal/writer.h"
#include "run/host_impl.h"

#define LEFT_BYTES (192u * 1024)

void bytes_room_draw(struct bytes *world)
{
    struct rng rng;

    rng_init(&rng, bytes_stream(world->config.seed, DRAW_ROOM));
    world->swarm.room_ns = 4 * SECOND + (agon_ns_t)rng_below(&rng, 10 * (uint64_t)SECOND);
    if (rng_below(&rng, 5) != 0 || (world->config.without >> BYTES_ROOM & 1) != 0)
        return;
    world->swarm.faults |= (uint32_t)1 << BYTES_ROOM;
    world->room.is_lazy = rng_below(&rng, 3) == 0;
    world->room.is_anew = !world->room.is_lazy && rng_below(&rng, 2) == 0;
}

static void give_back(struct bytes *world)
{
    if (!world->room.is_full)
        return;
    disk_mem_room(world->disk_mem, UINT64_MAX, world->room.is_lazy);
    world->room.is_full = 0;
    world->room.t_back = world->sched.now;
    bytes_trace(world, "ROOM on the disk again");
}

static void has_room(void *ctx, uint64_t a, uint64_t b)
{
    (void)a;
    (void)b;
    give_back(ctx);
}

void bytes_room_strike(struct bytes *world)
{
    struct rng *rng = &world->faults_rng[BYTES_ROOM];
    uint64_t left = rng_below(rng, LEFT_BYTES);
    agon_ns_t length = 200 * MS + (agon_ns_t)rng_below(rng, 5 * (uint64_t)SECOND);

    if (world->room.is_full)
        return;
    disk_mem_room(world->disk_mem, disk_mem_taken(world->disk_mem) + left, world->room.is_lazy);
    world->room.is_full = 1;
    world->room.left = left;
    world->result->some[BYTES_SOME_FULL]++;
    bytes_trace(world, "ROOM for %llu bytes is left on the disk", (unsigned long long)left);
    sched_at(&world->sched, world->sched.now + length, has_room, world, 0, 0);
}

int bytes_room_takes(struct bytes *world, uint64_t n)
{
    struct room *room = &world->room;

    if (!room->is_full || !room->is_anew)
        return 1;
    if (n > room->left)
        return 0;
    room->left -= n;
    return 1;
}

void bytes_room_heal(struct bytes *world)
{
    give_back(world);
}

int bytes_room_lacked(const struct bytes *world)
{
    return world->room.is_full ||
           (world->room.t_back != 0 && world->room.t_back >= world->t_booting);
}

/* The writer looks for room so many steps after the last time, and a step lasts as long as its
 * syncs: two files of each class, and now and then one that is slow. */
static agon_ns_t until_seen(const struct bytes *world)
{
    agon_ns_t step = MS + 2 * world->swarm.sync_ns;

    if (bytes_has(world, BYTES_SLOW_DISK))
        step += 2 * SECOND / 1000000 * world->swarm.sync_slow_ppm * 2;
    return 3 * SECOND + 4 * JOURNAL_RETRY_STEPS * step;
}

void bytes_room_turn(struct bytes *world)
{
    const struct bytes *now = world;
    agon_ns_t since = now->room.t_back > now->t_boot ? now->room.t_back : now->t_boot;

    if (now->keeper.hung_until > since)
        since = now->keeper.hung_until; // the core hears of nothing while it hangs

    if (bytes_has(world, BYTES_ROOM))
        bytes_trace(world, "JOURNAL is %s",
                    journal_state_name(journal_state(&world->host->buffer)));
    if (!bytes_has(world, BYTES_ROOM) || world->room.is_full || world->is_stopping ||
        world->sched.now - since < until_seen(world) ||
        journal_state(&world->host->buffer) == JOURNAL_FAILED ||
        engine_halt(world->host->engine, SCOPE_GLOBAL, HALT_JOURNAL) == NULL)
        return;
    bytes_fail(world, "inv-34",
               "the disk has room for %.3f s, and new orders still wait for it (the journal is %s)",
               (double)(world->sched.now - since) / 1e9,
               journal_state_name(journal_state(&world->host->buffer)));
}
