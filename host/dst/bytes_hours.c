// SPDX-License-Identifier: Apache-2.0
/* What the hour brings. Drawn here; what must hold is asked elsewhere:
 *
 *   night  midnight (00:00 UTC) comes while agents trade, most of them with a loss of a day that
 * they reach; or the host is down for more than a minute, over midnight or over two turns of the
 *          tournaments' calendar (bytes_turns.c, bytes_losses.c)
 *   skew   of two exchanges one has a wrong clock, and the wall clock is set meanwhile: our time
 *          stays true, by the word of the other (bytes_check.c)
 *   dark   the host starts by a wrong wall clock while no exchange answers: nothing that a clock
 * says for which nobody vouches comes into a journal (bytes_check.c)
 */
#include <stdio.h>

#include "dst/bytes_impl.h"
#include "run/host_impl.h"

#define MINUTE   (60 * SECOND)
#define MIDNIGHT (BYTES_T0 + MINUTE)
#define SHORT_NS (800 * MS) /* the wall clock is wrong while an exchange's is */

enum hour { HOUR_DOWN, HOUR_WALL, HOUR_WALL_BACK, HOUR_DARK, HOUR_LIGHT };

static agon_ns_t draw_ns(struct rng *rng, agon_ns_t from, agon_ns_t to)
{
    return from + (agon_ns_t)rng_below(rng, (uint64_t)(to - from));
}

static int is_on(struct bytes *world, struct rng *rng, uint64_t one_of, enum bytes_fault fault)
{
    if (rng_below(rng, one_of) != 0 || (world->config.without >> fault & 1) != 0)
        return 0;
    world->swarm.faults |= (uint32_t)1 << fault;
    return 1;
}

/* The longer half of them is spent without a host, which costs next to nothing. */
static void draw_night(struct bytes *world, struct rng *rng)
{
    struct swarm_bytes *swarm = &world->swarm;
    int is_outage = rng_below(rng, 2) == 0;

    if (!is_on(world, rng, 6, BYTES_NIGHT))
        return;
    if (bytes_has(world, BYTES_TOURNAMENT)) {
        // Samples and the calendar of the first minute are behind it.
        swarm->down_from = MIDNIGHT + draw_ns(rng, 10 * SECOND, 55 * SECOND);
        swarm->down_until = MIDNIGHT + 2 * MINUTE + draw_ns(rng, 1 * SECOND, 15 * SECOND);
        swarm->safety_ns = swarm->down_until + 20 * SECOND - BYTES_T0;
    } else if (is_outage) {
        // The last sample of the day is due a minute before it ends, and nobody is there.
        world->t_begin = MIDNIGHT - MINUTE - draw_ns(rng, 30 * SECOND, 50 * SECOND);
        swarm->down_from = MIDNIGHT - MINUTE - draw_ns(rng, 50 * MS, 5 * SECOND);
        swarm->down_until = MIDNIGHT + draw_ns(rng, 50 * MS, 8 * SECOND);
        swarm->safety_ns =
            swarm->down_until + draw_ns(rng, 10 * SECOND, 20 * SECOND) - world->t_begin;
    } else {
        world->t_begin = MIDNIGHT - draw_ns(rng, 15 * SECOND, 40 * SECOND);
        swarm->safety_ns = MIDNIGHT + draw_ns(rng, 8 * SECOND, 20 * SECOND) - world->t_begin;
    }
}

/* Without anything that keeps an exchange from answering: else the one that is right may be the one
 * that is not heard. Our wall clock is never wrong as that exchange's is: two of one mind against
 * one would be believed. */
static void draw_skew(struct bytes *world, struct rng *rng)
{
    static const int64_t skews_ms[] = {3000, 5000, 30000, 3600000, 60000, -5000};
    const uint32_t far = (uint32_t)1 << BYTES_NET | (uint32_t)1 << BYTES_SLOW_NET |
                         (uint32_t)1 << BYTES_VENUE | (uint32_t)1 << BYTES_AWAY |
                         (uint32_t)1 << BYTES_CLOCK;
    struct swarm_bytes *swarm = &world->swarm;

    if (swarm->n_venues < 2 || !is_on(world, rng, 5, BYTES_SKEW))
        return;
    swarm->faults &= ~far;
    swarm->skew_ms = skews_ms[rng_below(rng, sizeof(skews_ms) / sizeof(skews_ms[0]))];
    swarm->skew_at = (uint32_t)rng_below(rng, 2);
    swarm->skew_from = draw_ns(rng, 6 * SECOND, 12 * SECOND);
    swarm->skew_until = swarm->skew_from + draw_ns(rng, 6 * SECOND, 15 * SECOND);
}

void bytes_hours_draw(struct bytes *world)
{
    struct rng rng;

    rng_init(&rng, bytes_stream(world->config.seed, DRAW_HOURS));
    draw_night(world, &rng);
    draw_skew(world, &rng);
    if (!bytes_has(world, BYTES_SKEW))
        (void)is_on(world, &rng, 6, BYTES_DARK);
}

/* What one exchange says comes well before what the other does, and both within a second. */
void bytes_hours_net(struct bytes *world, struct rng *rng)
{
    struct net_rates *rates = &world->swarm.rates;

    if (!bytes_has(world, BYTES_SKEW))
        return;
    rates->latency_ns = draw_ns(rng, 2 * MS, 20 * MS);
    rates->jitter_ns = draw_ns(rng, 20 * MS, 60 * MS);
}

agon_amt_t bytes_hours_loss(const struct bytes *world, uint16_t slot)
{
    uint64_t draw = rng_at(world->config.seed, DRAW_HOURS, 100 + slot, 0, 0);

    if (!bytes_has(world, BYTES_NIGHT) || bytes_has(world, BYTES_TOURNAMENT) || (draw & 3) == 0)
        return 0;
    return (agon_amt_t)(2 + (draw >> 2) % 5) * 100000000;
}

size_t bytes_hours_faults(const struct bytes *world, uint32_t at, char *text, size_t room)
{
    const struct swarm_bytes *swarm = &world->swarm;

    if (!bytes_has(world, BYTES_SKEW) || swarm->skew_at != at)
        return 0;
    return (size_t)snprintf(text, room,
                            "  - {on: time, after: %lldms, times: 1, do: skew, for: %lldms, "
                            "skew_ms: %lld}\n",
                            (long long)(swarm->skew_from / MS),
                            (long long)((swarm->skew_until - swarm->skew_from) / MS),
                            (long long)swarm->skew_ms);
}

/* --- as it comes --- */

static void set_dark(struct bytes *world, int is_dark)
{
    for (uint32_t at = 0; at < world->swarm.n_venues; at++) {
        world->venues[at].is_away = is_dark != 0;
        net_shut(world->net, (uint16_t)(80 + at), is_dark);
        if (is_dark)
            net_break(world->net, (uint16_t)(80 + at));
    }
}

static void set_wall(struct bytes *world)
{
    static const int64_t offs[] = {11, 500, 7200, 86400, 10ll * 365 * 86400, -120};
    struct rng *rng = &world->faults_rng[BYTES_DARK];

    bytes_set_wall(world, offs[rng_below(rng, sizeof(offs) / sizeof(offs[0]))] * SECOND);
}

static void strike(void *ctx, uint64_t a, uint64_t b)
{
    struct bytes *world = ctx;
    struct bytes_result *result = world->result;

    (void)b;
    if ((enum hour)a == HOUR_LIGHT) {
        set_dark(world, 0);
        return;
    }
    if (world->phase != BYTES_SAFETY || world->is_stopping)
        return;
    switch ((enum hour)a) {
    case HOUR_DOWN:
        world->down_until = world->swarm.down_until;
        result->injected[BYTES_NIGHT]++;
        result->some[BYTES_SOME_OUTAGE]++;
        if (world->host != NULL)
            bytes_kill(world);
        break;
    case HOUR_WALL:
        set_wall(world);
        result->injected[BYTES_SKEW]++;
        result->some[BYTES_SOME_SKEWED]++;
        break;
    case HOUR_WALL_BACK:
        bytes_set_wall(world, 0);
        break;
    case HOUR_DARK:
        result->injected[BYTES_DARK]++;
        result->some[BYTES_SOME_DARK]++;
        set_wall(world);
        set_dark(world, 1);
        if (world->host != NULL)
            bytes_kill(world);
        break;
    default:
        break;
    }
}

static void at(struct bytes *world, enum hour what, agon_ns_t t)
{
    if (t > world->sched.now)
        sched_at(&world->sched, t, strike, world, what, 0);
}

void bytes_hours_warm(struct bytes *world)
{
    struct rng *rng = &world->faults_rng[BYTES_DARK];

    if (!bytes_has(world, BYTES_DARK) || rng_below(rng, 2) != 0)
        return;
    world->result->injected[BYTES_DARK]++;
    world->result->some[BYTES_SOME_DARK]++;
    set_wall(world);
    set_dark(world, 1);
    at(world, HOUR_LIGHT, world->sched.now + draw_ns(rng, 5500 * MS, 14 * SECOND));
}

void bytes_hours_safety(struct bytes *world)
{
    struct rng *rng = &world->faults_rng[BYTES_DARK];
    const struct swarm_bytes *swarm = &world->swarm;
    agon_ns_t t = world->sched.now + draw_ns(rng, 2 * SECOND, 12 * SECOND);

    if (swarm->down_from != 0)
        at(world, HOUR_DOWN, swarm->down_from);
    if (bytes_has(world, BYTES_DARK)) {
        at(world, HOUR_DARK, t);
        at(world, HOUR_LIGHT, t + draw_ns(rng, 7 * SECOND, 14 * SECOND));
    }
    for (int i = 0; i < 4 && bytes_has(world, BYTES_SKEW); i++) {
        t = world->t_begin + draw_ns(rng, swarm->skew_from, swarm->skew_until);
        at(world, HOUR_WALL, t);
        at(world, HOUR_WALL_BACK, t + draw_ns(rng, SHORT_NS, 3 * SHORT_NS));
    }
}
