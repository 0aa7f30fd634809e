// SPDX-License-Identifier: Apache-2.0
#include "match/inside.h"

#include "base/error.h"
#include "base/hash.h"

#define PPM 1000000
#define PPB 1000000000

struct walk {
    struct inside_order *orders;
    uint32_t n;
    const struct inside_bar *bar;
    const struct inside_terms *terms;
    struct inside_act *acts;
    uint32_t n_acts;
    agon_qty_t position_qty;
    agon_qty_t left_qty; /* of the bar's volume, what limits may still fill */
    num128_t gain;
};

static agon_qty_t least(agon_qty_t a, agon_qty_t b)
{
    return a < b ? a : b;
}

static int is_within(uint8_t side, agon_px_t px, agon_px_t limit_px)
{
    return limit_px == 0 || (side == AGON_BUY ? px <= limit_px : px >= limit_px);
}

static struct inside_act *act(struct walk *walk, uint32_t at, uint8_t kind)
{
    struct inside_act *made = &walk->acts[walk->n_acts++];

    REQUIRE(walk->n_acts <= walk->n * INSIDE_ACTS);
    *made = (struct inside_act){.at = at, .kind = kind};
    return made;
}

static void end(struct walk *walk, uint32_t at, enum match_reject reason)
{
    act(walk, at, INSIDE_END)->reason = (uint8_t)reason;
    walk->orders[at].is_gone = 1;
}

/* How much of its rest an order may fill: a reduce-only one no more than the position. */
static agon_qty_t fillable_qty(const struct walk *walk, const struct inside_order *order)
{
    agon_qty_t held_qty =
        order->side == AGON_SELL ? walk->position_qty : num_add(0, -walk->position_qty);

    if (!order->is_reduce_only)
        return order->rest_qty;
    return held_qty > 0
               ? least(order->rest_qty, num_to_step(held_qty, walk->terms->lot_qty, NUM_DOWN))
               : 0;
}

static void fill(struct walk *walk, uint32_t at, agon_px_t px, agon_qty_t qty, int is_maker)
{
    const struct inside_terms *terms = walk->terms;
    struct inside_order *order = &walk->orders[at];
    struct inside_act *made = act(walk, at, INSIDE_FILL);
    agon_amt_t paid_amt = terms->worth(terms->ctx, px, qty);
    num128_t won = (num128_t)terms->worth(terms->ctx, walk->bar->close, qty) - paid_amt;
    int is_buy = order->side == AGON_BUY;

    made->px = px;
    made->qty = qty;
    made->is_maker = (uint8_t)is_maker;
    order->rest_qty -= qty;
    order->is_gone = order->rest_qty == 0;
    if (is_maker)
        walk->left_qty -= qty;
    walk->position_qty = num_add(walk->position_qty, is_buy ? qty : -qty);
    walk->gain += is_buy != terms->is_inverse ? won : -won;
    walk->gain -=
        num_mul_div(paid_amt, is_maker ? terms->maker_ppb : terms->taker_ppb, PPB, NUM_UP);
}

static agon_px_t slipped(const struct walk *walk, uint8_t side, agon_px_t px)
{
    const struct inside_terms *terms = walk->terms;
    agon_px_t by_px = num_mul_div(px, terms->slippage_ppm, PPM, NUM_UP);

    if (side == AGON_BUY)
        return num_to_step(num_add(px, by_px), terms->tick_px, NUM_UP);
    px = num_to_step(px - by_px, terms->tick_px, NUM_DOWN);
    return px > 0 ? px : terms->tick_px;
}

// A stop meets the worse of its trigger and the price at which that was seen to be passed.
static void fire(struct walk *walk, uint32_t at, agon_px_t now_px)
{
    struct inside_order *order = &walk->orders[at];
    int is_buy = order->side == AGON_BUY;
    agon_px_t px = order->trigger_px;
    agon_qty_t qty;

    act(walk, at, INSIDE_TRIGGER);
    order->is_waiting = 0;
    if (is_buy ? now_px > px : now_px < px)
        px = now_px;
    qty = fillable_qty(walk, order);
    if (qty == 0) {
        end(walk, at, MATCH_REDUCE_ONLY);
        return;
    }
    order->rest_qty = qty; // what it was more than the position is not its to fill any more
    if (order->type == AGON_STOP_LIMIT && !is_within(order->side, px, order->px)) {
        act(walk, at, INSIDE_REST);
        order->type = AGON_LIMIT;
        return;
    }
    if (order->is_post_only) {
        end(walk, at, MATCH_WOULD_TAKE);
        return;
    }
    px = slipped(walk, order->side, px);
    if (!is_within(order->side, px, order->px))
        px = order->px;
    fill(walk, at, px, qty, 0);
}

/* Where on the way from a to b the order acts next; 0: nowhere. */
static agon_px_t hit(const struct walk *walk, const struct inside_order *order, agon_px_t a,
                     agon_px_t b)
{
    // A falling order acts where prices are below it.
    int is_falling = order->is_waiting ? !order->waits_a_rise : order->side == AGON_BUY;
    agon_px_t px = order->is_waiting ? order->trigger_px : order->px;
    int is_beyond = is_falling ? a < px : a > px;
    int goes_beyond = is_falling ? b < px : b > px;

    if (order->is_gone)
        return 0;
    if (order->is_waiting)
        return is_beyond || a == px ? a : goes_beyond || b == px ? px : 0;
    if (walk->left_qty <= 0)
        return 0;
    if (is_beyond)
        return a;
    if (goes_beyond)
        return px;
    return !order->is_touched && (a == px || b == px) ? px : 0;
}

// Prices have come to a limit, and they go through it or not.
static void meet(struct walk *walk, uint32_t at, agon_px_t now_px, agon_px_t b)
{
    struct inside_order *order = &walk->orders[at];
    int is_through = order->side == AGON_BUY ? now_px < order->px || b < order->px
                                             : now_px > order->px || b > order->px;
    agon_qty_t qty = fillable_qty(walk, order);

    if (qty == 0) {
        end(walk, at, MATCH_REDUCE_ONLY);
        return;
    }
    if (!is_through) {
        order->is_touched = 1;
        qty = num_to_step(num_mul_div(qty, walk->terms->touch_ppm, PPM, NUM_DOWN),
                          walk->terms->lot_qty, NUM_DOWN);
    }
    qty = least(qty, walk->left_qty);
    if (qty > 0)
        fill(walk, at, order->px, qty, 1);
}

static void go(struct walk *walk, agon_px_t a, agon_px_t b)
{
    for (;;) {
        agon_px_t next_px = 0;
        uint32_t next = 0;

        for (uint32_t at = 0; at < walk->n; at++) {
            agon_px_t px = hit(walk, &walk->orders[at], a, b);

            if (px != 0 && (next_px == 0 || num_abs(px - a) < num_abs(next_px - a))) {
                next_px = px;
                next = at;
            }
        }
        if (next_px == 0)
            return;
        a = next_px;
        if (walk->orders[next].is_waiting)
            fire(walk, next, a);
        else
            meet(walk, next, a, b);
    }
}

uint32_t inside_walk(struct inside_order *orders, uint32_t n, const struct inside_bar *bar,
                     int is_low_first, const struct inside_terms *terms, struct inside_act *acts,
                     num128_t *gain)
{
    struct walk walk = {
        .orders = orders,
        .n = n,
        .bar = bar,
        .terms = terms,
        .acts = acts,
        .position_qty = terms->position_qty,
        .left_qty = num_to_step(num_mul_div(bar->volume_qty, terms->volume_ppm, PPM, NUM_DOWN),
                                terms->lot_qty, NUM_DOWN),
    };
    agon_px_t first_px = is_low_first ? bar->low : bar->high;
    agon_px_t second_px = is_low_first ? bar->high : bar->low;

    go(&walk, bar->open, bar->open);
    go(&walk, bar->open, first_px);
    go(&walk, first_px, second_px);
    go(&walk, second_px, bar->close);
    *gain = walk.gain;
    return walk.n_acts;
}

int inside_pick(enum match_path path, uint64_t seed, agon_instrument_t instrument, agon_ns_t t_open,
                const num128_t gains[2])
{
    switch (path) {
    case MATCH_PATH_OLHC:
        return 1;
    case MATCH_PATH_OPTIMISTIC:
        return gains[1] > gains[0];
    case MATCH_PATH_PESSIMISTIC:
        return gains[1] < gains[0];
    case MATCH_PATH_RANDOM:
        return (int)(hash_mix(hash_mix(seed ^ instrument) ^ (uint64_t)t_open) & 1);
    default:
        return 0;
    }
}
