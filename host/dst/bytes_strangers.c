// SPDX-License-Identifier: Apache-2.0
/* Orders of others on the account: a person by hand, another program. On spot they rest far from
 * the market, come and go, or trade at once, also just behind a kill. Nothing of the host's is any
 * of theirs:
 *
 *   no order of a stranger is cancelled but by himself   the exchange's word
 *   what he traded is the account's, and no sum of it in suspense   bytes_check.c
 *
 * One that has just come may go with ours: the exchange's one request for all orders of an
 * instrument asks nobody whose they are, and the host cannot know yet. It knows of those that stood
 * there before its life began, since it sends none before it has read what stands, and of others
 * bytes_known_ns after it could hear of them. */
#include <stdio.h>

#include "dst/bytes_impl.h"
#include "run/host_impl.h"
#include "sim/bare.h"
#include "sim/pit.h"

#define STANDING 4u /* at most at one moment */

void bytes_strangers_draw(struct bytes *world)
{
    struct rng rng;

    rng_init(&rng, bytes_stream(world->config.seed, DRAW_STRANGERS));
    world->swarm.stranger_ns = SECOND + (agon_ns_t)rng_below(&rng, 5 * (uint64_t)SECOND);
    if (rng_below(&rng, 4) == 0 && (world->config.without >> BYTES_STRANGERS & 1) == 0)
        world->swarm.faults |= (uint32_t)1 << BYTES_STRANGERS;
}

int bytes_strangers_is(const char *client)
{
    return strncmp(client, "by-hand-", 8) == 0;
}

int bytes_strangers_alone(struct bytes *world, uint32_t coin, uint8_t side,
                          const struct agon_level *level)
{
    int64_t qty = 0;

    for (uint32_t i = 0; i < world->n_strangers; i++) {
        const struct truth *truth = bytes_truth(world, world->strangers[i].client);

        if (truth != NULL && truth->is_open && truth->coin == coin && truth->side == side &&
            truth->px == level->px)
            qty += truth->qty - truth->done;
    }
    return qty >= level->qty;
}

static struct sim *sim_of(struct bytes *world)
{
    struct sim_time now;
    struct sim *sim = sim_front_sim(world->venues[0].front, &now);

    bare_advance(sim, &now);
    return sim;
}

static void come(struct bytes *world)
{
    struct rng *rng = &world->faults_rng[BYTES_STRANGERS];
    uint32_t sym = (uint32_t)rng_below(rng, 2);
    struct bare_wish wish = {.sym = sym, .type = AGON_LIMIT, .tif = AGON_TIF_GTC};
    struct bare_order placed;
    struct bare_verdict verdict;
    struct stranger *stranger;
    struct pit_view view;
    uint32_t n_open = 0;

    for (uint32_t i = 0; i < world->n_strangers; i++)
        n_open += world->strangers[i].is_open;
    if (world->n_strangers == BYTES_FOREIGN || n_open >= STANDING)
        return;
    pit_view(world->venues[0].pit, sym, &view);
    if (view.n_bid == 0 || view.n_ask == 0)
        return;
    stranger = &world->strangers[world->n_strangers++];
    snprintf(stranger->client, sizeof(stranger->client), "by-hand-%u", world->n_strangers);
    stranger->t = world->sched.now;
    memcpy(wish.client, stranger->client, sizeof(stranger->client));
    wish.side = rng_below(rng, 2) == 0 ? AGON_BUY : AGON_SELL;
    // Half as much, or half as much again: nobody comes there. Whole units of the quote are ticks.
    wish.px = wish.side == AGON_BUY ? view.bid[0].px / 2 : view.ask[0].px / 2 * 3;
    wish.px -= wish.px % 100000000;
    wish.qty = sym == 0 ? 1000000 : 10000000; // 0.01 BTC, 0.1 ETH
    bare_new(sim_of(world), 0, &wish, &placed, &verdict);
    bytes_trace(world, "STRANGER %s: %d %s", stranger->client, verdict.status, verdict.text);
    if (verdict.status != 200) {
        bytes_fail(world, "world", "a stranger's order is refused: %s", verdict.text);
        return;
    }
    world->result->some[BYTES_SOME_STRANGER]++;
}

/* A little at once, half a per cent behind the best price. */
static void trade(struct bytes *world)
{
    struct rng *rng = &world->faults_rng[BYTES_STRANGERS];
    struct bare_wish wish = {
        .sym = (uint32_t)rng_below(rng, 2), .type = AGON_LIMIT, .tif = AGON_TIF_IOC};
    struct bare_order placed;
    struct bare_verdict verdict;
    struct pit_view view;

    wish.side = rng_below(rng, 2) == 0 ? AGON_BUY : AGON_SELL;
    pit_view(world->venues[0].pit, wish.sym, &view);
    if (view.n_bid == 0 || view.n_ask == 0)
        return;
    snprintf(wish.client, sizeof(wish.client), "by-hand-at-once-%u", ++world->n_strange_trades);
    wish.px = wish.side == AGON_BUY ? view.ask[0].px / 200 * 201 : view.bid[0].px / 200 * 199;
    wish.px -= wish.px % 100000000;
    wish.qty = wish.sym == 0 ? 1000000 : 10000000; // 0.01 BTC, 0.1 ETH
    bare_new(sim_of(world), 0, &wish, &placed, &verdict);
    bytes_trace(world, "STRANGER %s: %d %s", wish.client, verdict.status, verdict.text);
    if (verdict.status != 200)
        bytes_fail(world, "world", "a stranger's order is refused: %s", verdict.text);
    world->result->some[BYTES_SOME_STRANGE_TRADE] += placed.filled_qty > 0;
}

static void go(struct bytes *world, uint32_t which)
{
    for (uint32_t i = 0; i < world->n_strangers; i++) {
        struct stranger *stranger = &world->strangers[(which + i) % world->n_strangers];
        struct truth *truth = bytes_truth(world, stranger->client);
        struct bare_order cancelled;
        struct bare_verdict verdict;

        if (!stranger->is_open || truth == NULL)
            continue;
        stranger->is_leaving = 1;
        bare_cancel(sim_of(world), 0, truth->coin, stranger->client, &cancelled, &verdict);
        return;
    }
}

void bytes_strangers_strike(struct bytes *world)
{
    struct rng *rng = &world->faults_rng[BYTES_STRANGERS];

    switch (rng_below(rng, 4)) {
    case 0:
        go(world, (uint32_t)rng_below(rng, BYTES_FOREIGN));
        break;
    case 1:
        trade(world);
        break;
    default:
        come(world);
    }
}

void bytes_strangers_warm(struct bytes *world)
{
    for (int i = 0; i < 2 && bytes_has(world, BYTES_STRANGERS); i++) {
        if (rng_below(&world->faults_rng[BYTES_STRANGERS], 2) == 0)
            come(world);
    }
}

static void come_behind(void *ctx, uint64_t is_trade, uint64_t b)
{
    (void)b;
    if (is_trade != 0)
        trade(ctx);
    else
        come(ctx);
}

void bytes_strangers_killed(struct bytes *world)
{
    struct rng *rng = &world->faults_rng[BYTES_STRANGERS];

    for (uint64_t is_trade = 0; is_trade < 2 && bytes_has(world, BYTES_STRANGERS); is_trade++) {
        if (rng_below(rng, 2) == 0)
            sched_at(&world->sched,
                     world->sched.now + (agon_ns_t)rng_below(rng, 1500 * (uint64_t)MS), come_behind,
                     world, is_trade, 0);
    }
}

static int is_known(const struct bytes *world, const struct stranger *stranger)
{
    agon_ns_t known = bytes_known_ns(world);
    agon_ns_t since = stranger->t > world->t_healthy ? stranger->t : world->t_healthy;

    // Without a host only the keeper can have done it, who reads what stands when he acts.
    if (world->host == NULL || stranger->t + known < world->t_booting)
        return stranger->t + known < world->sched.now;
    return world->t_healthy != 0 && since + known < world->sched.now;
}

void bytes_strangers_effect(struct bytes *world, const struct truth *truth, const char *what)
{
    struct stranger *stranger = NULL;

    if (!bytes_strangers_is(truth->client))
        return;
    for (uint32_t i = 0; i < world->n_strangers; i++) {
        if (strcmp(world->strangers[i].client, truth->client) == 0)
            stranger = &world->strangers[i];
    }
    if (stranger == NULL)
        return;
    stranger->is_open = truth->is_open;
    if (strcmp(what, "CANCELED") != 0 || stranger->is_leaving || !is_known(world, stranger))
        return;
    bytes_fail(world, "inv-24",
               "order %s of a stranger, which stood on the account for %.3f s, was cancelled, and "
               "not by him",
               stranger->client, (double)(world->sched.now - stranger->t) / 1e9);
}
