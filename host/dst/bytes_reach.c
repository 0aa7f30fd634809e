// SPDX-License-Identifier: Apache-2.0
/* Net and asset limits of all slots together, over both markets: coins and perpetuals of one base
 * are one asset, longs stand against shorts. What could be, if every open order of one side filled,
 * is summed up from the exchange's own word.
 *
 * Who closes a short is asked by no limit, and brings longs less shorts up: that more than the
 * limit could be is no mistake in itself. It is one of an order that was let pass, though, if at
 * all times from its decision until the exchange had it the rest left too little room for it. What
 * the host counted when it decided is at least what really was: a buy of which it knows nothing yet
 * there is not, a sell that filled and was not told yet only makes it count more. So the least of
 * what was is taken, over as long as an order may be under way. */
#include <stdlib.h>

#include "base/num.h"
#include "dst/bytes_impl.h"

#define UNIT       100000000ll
#define UNDER_WAY  (3 * SECOND) /* beside what it takes until all is known */
#define NET        2            /* behind bitcoin and ether */
#define GROSS_PART 100          /* the markets of one asset differ by less than that of it */

static int64_t amt_of(const struct bytes *world, uint32_t coin, int64_t qty)
{
    const struct bytes_market *market = &world->markets[coin];

    return num_mul_div((market->bid_px + market->ask_px) / 2, qty, UNIT, NUM_DOWN);
}

static uint32_t asset_of(uint32_t coin)
{
    return coin == 1;
}

/* With everything but one order. */
static struct bytes_reach reach_without(const struct bytes *world, const struct truth *without)
{
    struct bytes_reach reach = {.t = world->sched.now};
    int64_t buys[BYTES_COINS] = {0}, sells[BYTES_COINS] = {0};

    for (uint32_t i = 0; i < world->n_truths; i++) {
        const struct truth *one = &world->truths[i];

        if (!one->is_open || !one->is_ours || one == without)
            continue;
        if (one->side == AGON_BUY)
            buys[one->coin] += one->qty - one->done;
        else
            sells[one->coin] += one->qty - one->done;
    }
    for (uint32_t i = 0; i < world->n_coins; i++) {
        int64_t held = 0, up, down;

        for (uint16_t slot = 0; slot < BYTES_SLOTS; slot++) {
            int64_t net = world->coins[i].slot_net[slot];

            held += net;
            reach.gross += amt_of(world, i, llabs((long long)net));
        }
        up = amt_of(world, i, held + buys[i]);
        down = amt_of(world, i, sells[i] - held);
        reach.gross += amt_of(world, i, buys[i] + sells[i]);
        reach.up[asset_of(i)] += up;
        reach.up[NET] += up;
        reach.down[asset_of(i)] += down;
        reach.down[NET] += down;
    }
    return reach;
}

void bytes_reach_note(struct bytes *world, const struct truth *without)
{
    if (world->markets[0].bid_px == 0)
        return;
    world->reaches[world->next_reach] = reach_without(world, without);
    world->next_reach = (world->next_reach + 1) % BYTES_REACHES;
}

static void check(struct bytes *world, const struct truth *truth, const char *what, int which,
                  int64_t limit)
{
    agon_ns_t since = world->sched.now - bytes_known_ns(world) - UNDER_WAY;
    int64_t least = INT64_MAX, own = amt_of(world, truth->coin, truth->qty), slack = 0;

    for (uint32_t i = 0; limit != 0 && i < BYTES_REACHES; i++) {
        const struct bytes_reach *reach = &world->reaches[i];
        int64_t amt = truth->side == AGON_BUY ? reach->up[which] : reach->down[which];

        if (reach->t == 0 || reach->t < since)
            continue;
        if (amt < least)
            least = amt;
        if (reach->gross / GROSS_PART > slack)
            slack = reach->gross / GROSS_PART;
    }
    if (limit == 0 || least == INT64_MAX)
        return;
    limit += num_mul_div(limit, PX_SLACK_PPM, 1000000, NUM_UP);
    if (least > limit + slack - own)
        bytes_fail(world, "inv-10",
                   "by order %s all slots together can come to %s of %lld, with %lld of it at "
                   "least before, and the limit is %lld",
                   truth->client, what, (long long)(least + own), (long long)least,
                   (long long)limit);
}

void bytes_reach_new(struct bytes *world, const struct truth *truth)
{
    if (world->markets[0].bid_px == 0)
        return;
    check(world, truth, "net", NET, world->portfolio.net_amt);
    check(world, truth, "an asset", (int)asset_of(truth->coin), world->portfolio.asset_amt);
}
