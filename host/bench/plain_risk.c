// SPDX-License-Identifier: Apache-2.0
#include "bench/plain_risk.h"

#include <agon/event.h>

#define FULL(value) ((value) >= INT64_MAX || (value) <= -INT64_MAX)

enum { OPEN = 1, POST_ONLY = 3 }; /* of trading, as the host numbers them */

__extension__ typedef __int128 wide;

static inline int is_lost(const struct plain_loss *loss, int64_t open_loss, int64_t most)
{
    return most > 0 && (loss->day_lost || (wide)loss->day - loss->equity + open_loss >= most);
}

static inline int is_fallen(const struct plain_loss *loss, int64_t open_loss, int64_t ppm)
{
    return ppm > 0 && (loss->fallen ||
                       (loss->high > 0 && ((wide)loss->high - loss->equity + open_loss) * 1000000 >=
                                              (wide)loss->high * ppm));
}

int plain_risk_judge(const struct plain_view *view, const struct plain_order *order, int64_t t)
{
    const struct plain_limits *limits = view->limits;
    const struct plain_all *all = view->all;
    struct plain_slot *slot = view->slot;
    int is_buy = order->side == AGON_BUY;
    int is_hard = !view->reducing;
    int has_px = order->type == AGON_LIMIT || order->type == AGON_STOP_LIMIT;
    int waits = order->type == AGON_STOP || order->type == AGON_STOP_LIMIT;
    uint64_t what = order->instrument | (uint64_t)order->side << 32 | (uint64_t)order->type << 40;
    int64_t working = is_buy ? view->working_buy : view->working_sell;
    int64_t full = (limits->burst > 0 ? limits->burst : limits->per_s) * 1000000;
    int64_t tokens = full, held = view->held < 0 ? -view->held : view->held, sum;

    if (view->killed)
        return 1;
    if (view->other_host)
        return 2;
    if (!view->exists || !view->allowed)
        return 3;
    if (!view->trades || (view->trading != OPEN &&
                          (view->trading != POST_ONLY || (order->flags & AGON_POST_ONLY) == 0)))
        return 4;
    if ((!is_buy && order->side != AGON_SELL) || order->type < AGON_LIMIT ||
        order->type > AGON_STOP_LIMIT || order->tif > AGON_TIF_GTD ||
        (order->flags & ~(uint32_t)(AGON_POST_ONLY | AGON_REDUCE_ONLY)) != 0 || order->qty <= 0 ||
        order->show_qty < 0 || order->show_qty > order->qty ||
        (has_px ? order->px <= 0 : order->px != 0) ||
        (waits ? order->trigger_px <= 0 : order->trigger_px != 0) ||
        ((order->flags & AGON_POST_ONLY) != 0 &&
         (!has_px || waits || order->tif == AGON_TIF_IOC || order->tif == AGON_TIF_FOK)) ||
        (order->tif == AGON_TIF_GTD ? order->t_expire <= t : order->t_expire != 0))
        return 5;
    if (is_hard && view->halted)
        return 6;
    if (FULL(view->notional) || FULL(view->position) || FULL(view->cost) || FULL(view->reach_qty) ||
        FULL(view->reach_amt))
        return 7;
    if ((order->px != 0 && (order->px % view->tick != 0 || order->px < view->min_px ||
                            (view->max_px > 0 && order->px > view->max_px))) ||
        order->trigger_px % view->tick != 0 || order->qty % view->lot != 0 ||
        order->qty < view->min_qty || (view->max_qty > 0 && order->qty > view->max_qty) ||
        (view->judge_px > 0 &&
         (view->least > 0 ? view->least : view->notional) < view->min_notional))
        return 8;
    if ((view->max_qty > 0 && order->qty > view->max_qty) ||
        __builtin_add_overflow(working, order->qty, &sum) ||
        __builtin_add_overflow(sum, held, &sum))
        return 9;
    if ((order->flags & AGON_REDUCE_ONLY) != 0 && is_hard)
        return 10;
    if (!view->book && (is_hard || order->type != AGON_LIMIT))
        return 11;
    if (order->px != 0 && view->book) {
        int64_t other = waits ? order->trigger_px : is_buy ? view->ask : view->bid;
        int64_t own = waits ? order->trigger_px : is_buy ? view->bid : view->ask;
        int takes = other > 0 && (is_buy ? order->px >= other : order->px <= other);
        int64_t from = takes ? other : own > 0 ? own : other;
        int64_t band = takes ? limits->collar : limits->collar_passive;
        wide off = order->px > from ? (wide)order->px - from : (wide)from - order->px;

        if (from > 0 && band > 0 && off * 1000000 > (wide)from * band)
            return 12;
    }
    if (is_hard) {
        if (view->unvalued)
            return 13;
        if (limits->order > 0 && view->notional > limits->order)
            return 14;
        if (limits->position > 0 && view->position > limits->position)
            return 15;
    }
    if (view->coins ? (is_buy ? view->cost > view->free_amt : order->qty > view->free_qty)
                    : is_hard && view->cost > view->free_amt)
        return 16;
    if (is_hard) {
        if (limits->open_orders > 0 && view->n_open >= limits->open_orders)
            return 17;
        if (view->unpriced)
            return 18;
        if (is_lost(&slot->loss, view->open_loss, limits->daily_loss))
            return 19;
        if (is_fallen(&slot->loss, view->open_loss, limits->drawdown))
            return 20;
        if (all != NULL) {
            if (all->floor > 0 &&
                (all->loss.below_floor || all->loss.equity - view->open_loss_all <= all->floor))
                return 21;
            if (is_lost(&all->loss, view->open_loss_all, all->daily_loss))
                return 22;
            if (is_fallen(&all->loss, view->open_loss_all, all->drawdown))
                return 23;
            if (all->gross > 0 && view->gross > all->gross)
                return 24;
            if (all->net > 0 && view->net > all->net)
                return 25;
            if (all->venue > 0 && view->venue > all->venue)
                return 26;
            if (all->asset > 0 && view->asset > all->asset)
                return 27;
        }
    }
    if (view->meets_own)
        return 28;
    if (limits->duplicates > 0 && limits->window_ns > 0) {
        int64_t most = limits->duplicates < 16 ? limits->duplicates : 16, n = 0;

        for (int i = 0; i < 16; i++)
            n += slot->recent[i].px == order->px && slot->recent[i].qty == order->qty &&
                 slot->recent[i].what == what && slot->recent[i].trigger_px == order->trigger_px &&
                 slot->recent[i].t != 0 && slot->recent[i].t > t - limits->window_ns;
        if (n >= most)
            return 29;
    }
    if (limits->per_s > 0) {
        if (slot->t_tokens != 0) {
            tokens = slot->tokens + (t - slot->t_tokens) * limits->per_s / 1000;
            tokens = tokens < full ? tokens : full;
        }
        if (is_hard && tokens < 1000000)
            return 30;
        slot->tokens = tokens > 1000000 ? tokens - 1000000 : 0;
        slot->t_tokens = t;
    }
    slot->recent[slot->next].px = order->px;
    slot->recent[slot->next].trigger_px = order->trigger_px;
    slot->recent[slot->next].qty = order->qty;
    slot->recent[slot->next].what = what;
    slot->recent[slot->next].t = t;
    slot->next = (slot->next + 1) % 16;
    return 0;
}
