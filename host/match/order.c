// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"
#include "base/hot.h"
#include "match/state.h"

HOT struct market *market_get(const struct match *match, agon_instrument_t instrument)
{
    if (instrument > INSTRUMENTS_MAX || match->market_of[instrument] == 0)
        return NULL;
    return &match->markets[match->market_of[instrument] - 1];
}

struct order *order_get(const struct match *match, uint64_t id)
{
    uint64_t at;

    return map_get(&match->by_id, id, &at) ? &match->orders[at] : NULL;
}

void order_emit(struct match *match, const struct order *order, enum match_event_kind kind,
                enum match_reject reason, agon_ns_t t)
{
    struct match_event event = {
        .kind = (uint8_t)kind, .reason = (uint8_t)reason, .t = t, .order = &order->pub};

    if (match->sink.on_event)
        match->sink.on_event(match->sink.ctx, &event);
}

void order_forget(struct match *match, struct order *order)
{
    uint32_t at = place_of(match, order);
    uint32_t owner = order->pub.owner;

    REQUIRE(order->is_live && order->level == 0 && order->locked_amt == 0);
    // Where there are bars, what ends in one does so at its close (bar.c).
    if (order->pub.tif == AGON_TIF_GTD && match->markets[order->market].bars == NULL)
        tree_remove(&match->expiries, at);
    if (order->own_prev != 0)
        match->orders[order->own_prev].own_next = order->own_next;
    else
        match->own_first[owner] = order->own_next;
    if (order->own_next != 0)
        match->orders[order->own_next].own_prev = order->own_prev;
    else
        match->own_last[owner] = order->own_prev;
    match->markets[order->market].owners[owner].n_open--;
    match->markets[order->market].owners[owner].n_stops -= order->pub.trigger_px != 0;
    map_remove(&match->by_id, order->pub.id);
    order->is_live = 0;
    match->free_orders[match->n_free_orders++] = at;
}

void order_end(struct match *match, struct order *order, enum match_event_kind kind,
               enum match_reject reason, agon_ns_t t)
{
    struct market *market = &match->markets[order->market];
    enum agon_side side = order->pub.side;
    agon_px_t px = order->pub.px;
    int was_shown = order->level != 0;

    if (was_shown)
        queue_leave(match, order);
    else if (order->is_parked)
        bar_unpark(match, market, order);
    else if (order->pub.trigger_px != 0 && !order->pub.is_triggered)
        stops_leave(match, market, order);
    order->pub.state = kind == MATCH_CANCELLED ? AGON_ORDER_CANCELLED : AGON_ORDER_EXPIRED;
    order->pub.is_working = 0;
    order->pub.t_update = t;
    funds_relock(match, order, 0, order->locked_asset);
    order_emit(match, order, kind, reason, t);
    order_forget(match, order);
    if (was_shown)
        queue_show(match, market, side, px);
}
