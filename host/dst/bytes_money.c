// SPDX-License-Identifier: Apache-2.0
/* Worlds in which money is short or moves by itself, each in a share of the seeds, drawn from a
 * stream of their own:
 *
 *   poor       slots have a few hundred of the quote, and limits of a position near it: what is
 *              promised twice is spent twice
 *   rebate     makers are paid on both markets
 *   deposit    somebody puts money into the account on spot, or takes it out. The host has to know
 *              of it as of what nobody has explained, to the unit, and give it to no slot
 *   premium    the perpetual stands above its index now and then, so that the rate of funding is
 *              another at each look
 *   edgy       most slots have one order open at most, and a loss limit near its fee
 *   snapped    states are kept so often that hardly a start reads without one
 *   unmarked   no mark price of the perpetual is told any more, its book goes on
 *
 * And what an account is held to besides: no order is refused by the exchange for being worth too
 * little, and the futures' wallet differs from the books by roundings and funding alone. */
#include <jansson.h>

#include "base/num.h"
#include "dst/bytes_impl.h"
#include "run/host_impl.h"
#include "venue/client_id.h"

#define UNIT        100000000ll
#define PERPETUAL   2u
#define FUNDING_NS  (60 * SECOND) /* from the start until it is paid */
#define FUNDING_PPM 5000          /* of what is held: more than the rate is in a usual market, */
#define RATE_PPM    20000         /* ... and in any */

void bytes_money_draw(struct bytes *world)
{
    struct swarm_bytes *swarm = &world->swarm;
    struct rng rng;
    int is_deposit, is_premium;

    rng_init(&rng, bytes_stream(world->config.seed, DRAW_MONEY));
    swarm->is_poor = rng_below(&rng, 4) == 0;
    swarm->rebate_ppb = rng_below(&rng, 6) == 0 ? 50000 * (int32_t)(1 + rng_below(&rng, 4)) : 0;
    is_deposit = rng_below(&rng, 5) == 0;
    swarm->deposit_ns = 4 * SECOND + (agon_ns_t)rng_below(&rng, 6 * (uint64_t)SECOND);
    swarm->deposit_amt = (int64_t)(1 + rng_below(&rng, 500000)) * UNIT / 100;
    if (rng_below(&rng, 3) == 0)
        swarm->deposit_amt = -swarm->deposit_amt;
    if (!is_deposit)
        swarm->deposit_ns = 0;
    is_premium = rng_below(&rng, 5) == 0;
    swarm->premium_ppm = is_premium ? 1000 + (int32_t)rng_below(&rng, 2000) : 0;
    swarm->is_unmarked = rng_below(&rng, 4) == 0 && swarm->n_venues > 1;
    // A mark price is believed for a minute.
    if (swarm->is_unmarked && swarm->safety_ns < 75 * SECOND)
        swarm->safety_ns = 75 * SECOND + (agon_ns_t)rng_below(&rng, 15 * (uint64_t)SECOND);
    swarm->is_edgy = rng_below(&rng, 5) == 0;
    swarm->is_snapped = rng_below(&rng, 6) == 0;
    if (!swarm->is_snapped)
        return;
    swarm->mark_every = 40 + rng_below(&rng, 60);
    swarm->snapshot_every = swarm->mark_every * (1 + rng_below(&rng, 3));
}

void bytes_money_roster(const struct bytes *world, uint16_t id, struct slot_limits *limits)
{
    uint64_t draw = rng_at(world->config.seed, DRAW_MONEY, 100 + id, 0, 0);

    if (world->swarm.is_edgy && (draw >> 48 & 3) != 0) {
        limits->max_open_orders = 1;
        limits->daily_loss_amt = (int64_t)(50 + (draw >> 40) % 300) * UNIT / 100;
        limits->on_breach = (draw >> 50 & 1) != 0 ? ON_BREACH_CLOSE : ON_BREACH_CANCEL;
    }
    if (!world->swarm.is_poor)
        return;
    limits->capital_amt = (int64_t)(200 + draw % 2000) * UNIT;
    // In proportion it would be reached by the first fee.
    limits->drawdown_ppm *= 20;
    if ((draw >> 16 & 1) == 0)
        return;
    limits->position_amt = (int64_t)(200 + (draw >> 24) % 1500) * UNIT;
    if (limits->order_amt > limits->position_amt)
        limits->order_amt = limits->position_amt;
}

void bytes_money_fees(const struct bytes *world, struct member *member, uint32_t at)
{
    if (world->swarm.rebate_ppb == 0)
        return;
    member->has_fees = 1;
    member->maker_fee_ppb = -world->swarm.rebate_ppb;
    member->taker_fee_ppb = at == 0 ? 1000000 : 500000;
}

/* Which trade of the index is the last before a second is over is the market's doing, so that now
 * and then this one is, and now and then none of it. */
void bytes_money_index(struct bytes *world)
{
    const struct pit *spot = world->venues[0].pit;
    agon_px_t px = pit_last_px(spot, 0);

    if (world->swarm.premium_ppm == 0 || px <= 0)
        return;
    px -= num_mul_div(px, world->swarm.premium_ppm, 1000000, NUM_DOWN);
    pit_note(world->venues[1].pit, 0, PIT_INDEX, px);
}

static void deposit(struct bytes *world)
{
    struct pit *pit = world->venues[0].pit;
    agon_asset_t usdt = instruments_find_asset(pit_table(pit), "USDT");
    int64_t amt = world->swarm.deposit_amt;

    world->swarm.deposit_ns = 0;
    if (pit_deposit(pit, 0, usdt, amt) < 0)
        return;
    world->deposited += amt;
    world->result->some[BYTES_SOME_DEPOSIT]++;
    bytes_trace(world, "DEPOSIT of %lld", (long long)amt);
}

/* A host books funding when it hears that its time has come, on what is held by then: how late that
 * is depends on who was away. The most that was held since bounds it. */
static void note_held(struct bytes *world)
{
    int64_t held = 0;

    world->is_funded = 1;
    world->n_held_fills = world->coins[PERPETUAL].n_fills;
    for (uint16_t slot = 0; slot < BYTES_SLOTS; slot++) {
        int64_t net = world->coins[PERPETUAL].slot_net[slot];

        held += num_mul_div(world->markets[PERPETUAL].ask_px, net < 0 ? -net : net, UNIT, NUM_UP);
    }
    if (held > world->held_at_funding)
        world->held_at_funding = held;
}

void bytes_money_look(struct bytes *world)
{
    if (world->phase == BYTES_SAFETY && world->t_safety == 0)
        world->t_safety = world->sched.now;
    if (world->phase == BYTES_SAFETY && world->swarm.deposit_ns != 0 &&
        world->sched.now - world->t_safety >= world->swarm.deposit_ns)
        deposit(world);
    // An exchange whose clock is wrong takes it when its clock says so, and who was away at
    // midnight has closed positions before anybody looks.
    if ((world->sched.now >= BYTES_T0 + FUNDING_NS || bytes_has(world, BYTES_SKEW) ||
         bytes_has(world, BYTES_NIGHT)) &&
        (!world->is_funded || world->n_held_fills != world->coins[PERPETUAL].n_fills))
        note_held(world);
}

/* Of a new order of an agent, and no answer to another one: what is left of an order that is
 * placed anew depends on its fills, and what the host closes on what the others hold. */
static int is_plain(struct bytes *world, const json_t *line)
{
    const char *client = json_string_value(json_object_get(line, "newClientOrderId"));
    const struct order *order;
    uint64_t order_id;
    uint8_t rev;

    if (client == NULL || world->host == NULL ||
        client_id_parse(&world->ids, client, strlen(client), &order_id, &rev) < 0 || rev != 0)
        return 0;
    order = orders_find(engine_orders(world->host->engine), order_id);
    return order != NULL && (order->flags & (ORDER_IS_EXIT | AGON_REDUCE_ONLY)) == 0;
}

/* What an order has to be worth is known before it leaves, by its own price. */
void bytes_money_answered(struct bytes *world, uint8_t venue, const char *text, size_t n)
{
    json_t *line;

    if (venue == 0 ? memmem(text, n, "NOTIONAL", 8) == NULL : memmem(text, n, "-4164", 5) == NULL)
        return;
    line = json_loadb(text, n, 0, NULL);
    if (is_plain(world, line))
        bytes_fail(world, "inv-14", "an order is refused for its notional: %.*s",
                   (int)(n < 300 ? n : 300), text);
    json_decref(line);
}

/* The wallet of the futures is their exchange's own sum. Ours is that of what each slot realised
 * and what the account did beyond that, each fill rounded twice, and funding by a mark price that
 * has fewer digits and may be told late. */
void bytes_money_quiet(struct bytes *world)
{
    struct engine *engine = world->host->engine;
    struct ledger *ledger = engine_ledger(engine);
    agon_asset_t usdt = instruments_find_asset(engine_instruments(engine), "USDT");
    int64_t slack = 4 * (int64_t)world->coins[PERPETUAL].n_fills +
                    num_mul_div(world->held_at_funding,
                                bytes_wild(world) > 1 ? RATE_PPM : FUNDING_PPM, 1000000, NUM_UP);
    int64_t suspense;

    if (world->swarm.n_venues < 2 || world->swarm.premium_ppm != 0)
        return;
    suspense = ledger_amt(ledger, 1, LEDGER_SUSPENSE, usdt);
    if (suspense > slack || suspense < -slack)
        bytes_fail(world, "inv-13",
                   "%lld of the futures' wallet stand in suspense, by roundings and funding it is "
                   "%lld at most",
                   (long long)suspense, (long long)slack);
}
