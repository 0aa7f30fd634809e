// SPDX-License-Identifier: Apache-2.0
#include "match/inside.h"

#include "base/error.h"
#include "base/hash.h"
#include "market/order_type.h"

#define PPM 1000000
#define PPB 1000000000

static agon_qty_t least(agon_qty_t a, agon_qty_t b)
{
    return a < b ? a : b;
}

static int is_within(uint8_t side, agon_px_t px, agon_px_t limit_px)
{
    return limit_px == 0 || (side == AGON_BUY ? px <= limit_px : px >= limit_px);
}

static struct inside_act *act(struct inside_path *path, uint32_t at, uint8_t kind)
{
    struct inside_act *made = &path->acts[path->n_acts++];

    REQUIRE(path->n_acts <= path->n * INSIDE_ACTS);
    *made = (struct inside_act){.at = at, .kind = kind};
    return made;
}

static void end(struct inside_path *path, uint32_t at, enum match_reject reason)
{
    act(path, at, INSIDE_END)->reason = (uint8_t)reason;
    path->orders[at].is_gone = 1;
}

/* How much of its rest an order may fill: a reduce-only one no more than the position. */
static agon_qty_t fillable_qty(const struct inside_path *path, const struct inside_order *order)
{
    agon_qty_t held_qty =
        order->side == AGON_SELL ? path->position_qty : num_add(0, -path->position_qty);

    if (!order->is_reduce_only)
        return order->rest_qty;
    return held_qty > 0
               ? least(order->rest_qty, num_to_step(held_qty, path->terms->lot_qty, NUM_DOWN))
               : 0;
}

static void count(struct inside_path *path, uint8_t side, agon_px_t px, agon_qty_t qty,
                  int is_maker)
{
    const struct inside_terms *terms = path->terms;
    agon_amt_t paid_amt = terms->worth(terms->ctx, px, qty);
    num128_t won = (num128_t)terms->worth(terms->ctx, path->bar->close, qty) - paid_amt;
    int is_buy = side == AGON_BUY;

    path->position_qty = num_add(path->position_qty, is_buy ? qty : -qty);
    path->gain += is_buy != terms->is_inverse ? won : -won;
    path->gain -=
        num_mul_div(paid_amt, is_maker ? terms->maker_ppb : terms->taker_ppb, PPB, NUM_UP);
}

static void fill(struct inside_path *path, uint32_t at, agon_px_t px, agon_qty_t qty, int is_maker,
                 agon_px_t now_px)
{
    const struct inside_terms *terms = path->terms;
    struct inside_order *order = &path->orders[at];
    struct inside_act *made = act(path, at, INSIDE_FILL);

    made->px = px;
    made->qty = qty;
    made->is_maker = (uint8_t)is_maker;
    order->rest_qty -= qty;
    order->is_gone = order->rest_qty == 0;
    if (is_maker)
        path->left_qty -= qty;
    count(path, order->side, px, qty, is_maker);
    if (terms->host != NULL)
        terms->host->filled(terms->host->ctx, path, order->side, px, qty, now_px, is_maker);
}

agon_px_t inside_slipped(const struct inside_terms *terms, uint8_t side, agon_px_t px)
{
    agon_px_t by_px = num_mul_div(px, terms->slippage_ppm, PPM, NUM_UP);

    if (side == AGON_BUY)
        return num_to_step(num_add(px, by_px), terms->tick_px, NUM_UP);
    px = num_to_step(px - by_px, terms->tick_px, NUM_DOWN);
    return px > 0 ? px : terms->tick_px;
}

// A stop meets the worse of its trigger and the price at which that was seen to be passed.
static void fire(struct inside_path *path, uint32_t at, agon_px_t now_px)
{
    struct inside_order *order = &path->orders[at];
    int is_buy = order->side == AGON_BUY;
    agon_px_t px = order->trigger_px;
    agon_qty_t qty;

    act(path, at, INSIDE_TRIGGER);
    order->is_waiting = 0;
    if (is_buy ? now_px > px : now_px < px)
        px = now_px;
    qty = fillable_qty(path, order);
    if (qty == 0) {
        end(path, at, MATCH_REDUCE_ONLY);
        return;
    }
    order->rest_qty = qty; // what it was more than the position is not its to fill any more
    if (order_type_has_px(order->type) && !is_within(order->side, px, order->px)) {
        act(path, at, INSIDE_REST);
        order->type = AGON_LIMIT;
        return;
    }
    if (order->is_post_only) {
        end(path, at, MATCH_WOULD_TAKE);
        return;
    }
    px = inside_slipped(path->terms, order->side, px);
    if (!is_within(order->side, px, order->px))
        px = order->px;
    fill(path, at, px, qty, 0, now_px);
}

/* Where on the way from a to b the order acts next; 0: nowhere. */
static agon_px_t hit(const struct inside_path *path, const struct inside_order *order, agon_px_t a,
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
    if (path->left_qty <= 0)
        return 0;
    if (is_beyond)
        return a;
    if (goes_beyond)
        return px;
    return !order->is_touched && (a == px || b == px) ? px : 0;
}

// Prices have come to a limit, and they go through it or not.
static void meet(struct inside_path *path, uint32_t at, agon_px_t now_px, agon_px_t b)
{
    struct inside_order *order = &path->orders[at];
    int is_through = order->side == AGON_BUY ? now_px < order->px || b < order->px
                                             : now_px > order->px || b > order->px;
    agon_qty_t qty = fillable_qty(path, order);

    if (qty == 0) {
        end(path, at, MATCH_REDUCE_ONLY);
        return;
    }
    if (!is_through) {
        order->is_touched = 1;
        qty = num_to_step(num_mul_div(qty, path->terms->touch_ppm, PPM, NUM_DOWN),
                          path->terms->lot_qty, NUM_DOWN);
    }
    qty = least(qty, path->left_qty);
    if (qty > 0)
        fill(path, at, order->px, qty, 1, now_px);
}

agon_px_t inside_next(const struct inside_path *path, agon_px_t a, agon_px_t b, uint32_t *at)
{
    agon_px_t next_px = 0;

    for (uint32_t i = 0; i < path->n; i++) {
        agon_px_t px = hit(path, &path->orders[i], a, b);

        if (px != 0 && (next_px == 0 || num_abs(px - a) < num_abs(next_px - a))) {
            next_px = px;
            *at = i;
        }
    }
    return next_px;
}

void inside_act(struct inside_path *path, uint32_t at, agon_px_t now_px, agon_px_t b)
{
    if (path->orders[at].is_gone)
        return; // the host has cancelled it there
    if (path->orders[at].is_waiting)
        fire(path, at, now_px);
    else
        meet(path, at, now_px, b);
}

void inside_cancel(struct inside_path *path, uint32_t at)
{
    path->orders[at].is_gone = 1;
}

agon_px_t inside_take(struct inside_path *path, uint8_t side, agon_px_t px, agon_qty_t qty)
{
    px = inside_slipped(path->terms, side, px);
    count(path, side, px, qty, 0);
    return px;
}

/* At one price the host is first. */
static void go(struct inside_path *path, agon_px_t a, agon_px_t b)
{
    const struct inside_host *host = path->terms->host;
    uint32_t turns = 0;

    for (;;) {
        uint32_t at = 0;
        agon_px_t order_px = inside_next(path, a, b, &at);
        agon_px_t host_px = host != NULL && turns < INSIDE_TURNS ? host->next(host->ctx, a, b) : 0;

        if (host_px != 0 && (order_px == 0 || num_abs(host_px - a) <= num_abs(order_px - a))) {
            a = host_px;
            turns++;
            host->at(host->ctx, path, a);
            continue;
        }
        if (order_px == 0)
            break;
        a = order_px;
        if (host != NULL)
            host->at(host->ctx, path, a);
        inside_act(path, at, a, b);
    }
    if (host != NULL)
        host->at(host->ctx, path, b);
}

agon_qty_t inside_volume_qty(const struct inside_bar *bar, const struct inside_terms *terms)
{
    return num_to_step(num_mul_div(bar->volume_qty, terms->volume_ppm, PPM, NUM_DOWN),
                       terms->lot_qty, NUM_DOWN);
}

void inside_points(const struct inside_bar *bar, int is_low_first, agon_px_t points[4])
{
    points[0] = bar->open;
    points[1] = is_low_first ? bar->low : bar->high;
    points[2] = is_low_first ? bar->high : bar->low;
    points[3] = bar->close;
}

uint32_t inside_walk(struct inside_order *orders, uint32_t n, const struct inside_bar *bar,
                     int is_low_first, const struct inside_terms *terms, struct inside_act *acts,
                     num128_t *gain)
{
    struct inside_path path = {
        .orders = orders,
        .n = n,
        .bar = bar,
        .terms = terms,
        .acts = acts,
        .position_qty = terms->position_qty,
        .left_qty = inside_volume_qty(bar, terms),
    };
    agon_px_t points[4];

    inside_points(bar, is_low_first, points);
    if (terms->host != NULL)
        terms->host->at(terms->host->ctx, &path, points[0]);
    go(&path, points[0], points[0]);
    for (int i = 0; i < 3; i++)
        go(&path, points[i], points[i + 1]);
    if (terms->host != NULL)
        terms->host->over(terms->host->ctx, &path, points[3]);
    *gain = path.gain;
    return path.n_acts;
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
        return gains[1] <= gains[0];
    case MATCH_PATH_RANDOM:
        return (int)(hash_mix(hash_mix(seed ^ instrument) ^ (uint64_t)t_open) & 1);
    default:
        return 0;
    }
}
