// SPDX-License-Identifier: Apache-2.0
/* stops: orders that wait for the last trade price, and what else a trade entails.
 *
 * All stops that a price has reached fire before any of them acts: nearest trigger first, then the
 * older. Each then acts to its end before the next, and what it trades may fire more. */
#include "base/error.h"
#include "base/hot.h"
#include "base/num.h"
#include "market/order_type.h"
#include "match/state.h"

/* A take-profit waits the other way than its type says. */
int stops_wait_for_rise(const struct match_order *order)
{
    return order_type_waits_for_rise(order->type, order->side) != (order->is_take_profit != 0);
}

int stops_would_trigger(const struct market *market, const struct match_order *order)
{
    if (market->last_px == 0)
        return 0;
    return stops_wait_for_rise(order) ? market->last_px >= order->trigger_px
                                      : market->last_px <= order->trigger_px;
}

void stops_wait(struct match *match, struct market *market, struct order *order)
{
    int is_rise = stops_wait_for_rise(&order->pub);

    tree_insert(&market->stops[is_rise ? 0 : 1], place_of(match, order),
                is_rise ? order->pub.trigger_px : -order->pub.trigger_px, order->pub.id);
}

void stops_leave(struct match *match, struct market *market, struct order *order)
{
    tree_remove(&market->stops[stops_wait_for_rise(&order->pub) ? 0 : 1], place_of(match, order));
}

static HOT void fire_tree(struct match *match, struct tree *tree, int64_t reach)
{
    uint32_t at;

    while ((at = tree_first(tree)) != 0 && tree->nodes[at].key <= reach) {
        tree_remove(tree, at);
        match->orders[at].pub.is_triggered = 1;
        match->orders[at].next = 0;
        if (match->fired_last != 0)
            match->orders[match->fired_last].next = at;
        else
            match->fired_first = at;
        match->fired_last = at;
    }
}

static void fire(struct match *match, struct market *market)
{
    if (market->high_px != 0)
        fire_tree(match, &market->stops[0], market->high_px);
    if (market->low_px != 0)
        fire_tree(match, &market->stops[1], -market->low_px);
    market->high_px = 0;
    market->low_px = 0;
}

/* A position may have shrunk while a reduce-only stop waited: it then acts for what is left. */
static int fit_reduce_only(const struct market *market, struct order *order)
{
    const struct owner_market *mine = &market->owners[order->pub.owner];
    agon_qty_t held = order->pub.side == AGON_SELL ? mine->position_qty : -mine->position_qty;

    if (!(order->pub.flags & AGON_REDUCE_ONLY))
        return 1;
    held -= mine->reduce_qty;
    if (held <= 0)
        return 0;
    if (order->pub.qty > held)
        order->pub.qty = held;
    return 1;
}

static enum match_reject judge(const struct match *match, const struct market *market,
                               struct order *order)
{
    const struct match_order *pub = &order->pub;
    int is_post_only = (pub->flags & AGON_POST_ONLY) != 0;
    agon_amt_t cost;

    if (!filters_is_open(market->def, pub))
        return MATCH_NOT_TRADING;
    if (!fit_reduce_only(market, order))
        return MATCH_REDUCE_ONLY;
    if (is_post_only && take_would(match, market, pub->side, pub->px))
        return MATCH_WOULD_TAKE;
    if (match->balances && is_spot(market) && pub->side == AGON_BUY && pub->px == 0) {
        take_measure(match, market, pub, 1, &cost);
        if (!funds_has(match, pub->owner, market->def->quote, cost))
            return MATCH_NO_FUNDS;
    }
    return MATCH_OK;
}

static void act(struct match *match, struct market *market, struct order *order, agon_ns_t t)
{
    enum match_reject reason;

    order->pub.t_update = t;
    order_emit(match, order, MATCH_TRIGGERED, MATCH_OK, t);
    reason = judge(match, market, order);
    if (reason != MATCH_OK)
        order_end(match, order, MATCH_EXPIRED, reason, t);
    else
        take_execute(match, market, order, t);
}

/* Newest first, until what is left fits the position. */
static void shrink_reduce_only(struct match *match, struct market *market, uint32_t owner,
                               agon_ns_t t)
{
    const struct owner_market *mine = &market->owners[owner];
    uint32_t prev;

    for (uint32_t at = match->own_last[owner]; at != 0 && mine->reduce_qty > 0; at = prev) {
        struct order *order = &match->orders[at];
        agon_qty_t held;

        prev = order->own_prev;
        if (order->level == 0 || !(order->pub.flags & AGON_REDUCE_ONLY) ||
            &match->markets[order->market] != market)
            continue;
        held = order->pub.side == AGON_SELL ? mine->position_qty : -mine->position_qty;
        if (mine->reduce_qty > (held > 0 ? held : 0))
            order_end(match, order, MATCH_EXPIRED, MATCH_REDUCE_ONLY, t);
    }
}

/* Not inlined: few events reach a stop. */
static __attribute__((noinline)) void run_reached(struct match *match, struct market *market,
                                                  agon_ns_t t)
{
    fire(match, market);
    while (match->fired_first != 0) {
        struct order *order = &match->orders[match->fired_first];

        match->fired_first = order->next;
        if (match->fired_first == 0)
            match->fired_last = 0;
        act(match, market, order, t);
        fire(match, market);
    }
    if (match->is_reduce_due) {
        match->is_reduce_due = 0;
        for (uint32_t owner = 0; owner < match->n_owners; owner++)
            if (market->owners[owner].reduce_qty > 0)
                shrink_reduce_only(match, market, owner, t);
    }
}

void stops_run(struct match *match, struct market *market, agon_ns_t t)
{
    if ((market->high_px | market->low_px) != 0 || match->fired_first != 0 || match->is_reduce_due)
        run_reached(match, market, t);
}
