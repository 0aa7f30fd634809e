// SPDX-License-Identifier: Apache-2.0
#include "sim/bare.h"

#include <stdio.h>

#include "sim/binance/simb.h"

/* --- calls without text --- */

static struct simb *of(struct sim *sim)
{
    return (struct simb *)sim;
}

static struct simb_call *begin(struct sim *sim, uint32_t member, agon_ns_t t_view)
{
    struct simb *b = of(sim);
    struct sim_time now = b->sim.now;
    struct simb_call *call = simb_begin(b, &now);

    REQUIRE(member < b->sim.n_accounts);
    call->account = &b->accounts[member];
    call->t_view = t_view;
    return call;
}

static void settle(struct simb *b)
{
    if (b->venue->settle)
        b->venue->settle(b);
    simb_flush_balances(b);
    simb_past_note(b);
}

static void judge(const struct simb_call *call, int rc, struct bare_verdict *verdict)
{
    verdict->status = rc == 0 ? 200 : call->status;
    verdict->code = rc == 0 ? 0 : call->code;
    verdict->text[0] = '\0';
    if (rc != 0)
        snprintf(verdict->text, sizeof(verdict->text), "%.*s", (int)sizeof(verdict->text) - 1,
                 call->msg);
}

static void judge_half(const struct simb_half *half, int is_done, int is_tried,
                       struct bare_verdict *verdict)
{
    *verdict = (struct bare_verdict){.status = is_done    ? 200
                                               : is_tried ? half->status
                                                          : 0,
                                     .code = is_done || !is_tried ? 0 : half->code};
    if (!is_done && is_tried)
        snprintf(verdict->text, sizeof(verdict->text), "%.*s", (int)sizeof(verdict->text) - 1,
                 half->msg);
}

/* --- what it has --- */

static void show_order(const struct simb_order *order, struct bare_order *shown)
{
    static const uint8_t states[] = {[SIMB_NEW] = AGON_ORDER_OPEN,
                                     [SIMB_PARTIALLY_FILLED] = AGON_ORDER_PARTIAL,
                                     [SIMB_FILLED] = AGON_ORDER_FILLED,
                                     [SIMB_CANCELED] = AGON_ORDER_CANCELLED,
                                     [SIMB_REJECTED] = AGON_ORDER_REJECTED,
                                     [SIMB_EXPIRED] = AGON_ORDER_EXPIRED,
                                     [SIMB_EXPIRED_IN_MATCH] = AGON_ORDER_EXPIRED};

    *shown = (struct bare_order){.id = order->id,
                                 .sym = order->sym,
                                 .side = order->side,
                                 .state = states[order->status],
                                 .is_stp = order->status == SIMB_EXPIRED_IN_MATCH,
                                 .px = order->px,
                                 .qty = order->qty,
                                 .filled_qty = order->filled_qty,
                                 .t_create = order->t_create,
                                 .t_update = order->t_update};
    memcpy(shown->client, order->client, sizeof(shown->client));
}

static void show_fill(const struct simb_fill *fill, struct bare_fill *shown)
{
    *shown = (struct bare_fill){.id = fill->trade_id,
                                .order_id = fill->order_id,
                                .sym = fill->sym,
                                .side = fill->is_buyer ? AGON_BUY : AGON_SELL,
                                .is_maker = fill->is_maker,
                                .fee_asset = fill->fee_asset,
                                .px = fill->px,
                                .qty = fill->qty,
                                .fee_amt = fill->fee_amt,
                                .t = fill->t};
}

void simb_tell_effect(struct simb *b, const struct simb_order *order,
                      const struct match_event *event, uint64_t trade_id)
{
    struct bare_effect effect = {.kind = event->kind};

    if (!b->sim.config.sink.effect)
        return;
    show_order(order, &effect.order);
    if (event->kind == MATCH_TRADE)
        effect.fill = (struct bare_fill){.id = trade_id,
                                         .order_id = order->id,
                                         .sym = order->sym,
                                         .side = order->side,
                                         .is_maker = event->is_maker,
                                         .fee_asset = event->fee_asset,
                                         .px = event->px,
                                         .qty = event->qty,
                                         .fee_amt = event->fee_amt,
                                         .t = event->t};
    b->sim.config.sink.effect(b->sim.config.sink.effect_ctx, &effect);
}

/* --- time --- */

void bare_advance(struct sim *sim, const struct sim_time *now)
{
    struct simb *b = of(sim);

    b->sim.now = *now;
    if (now->market > pit_now(b->sim.pit))
        pit_advance(b->sim.pit, now->market);
    settle(b);
}

int bare_market(struct sim *sim, const struct agon_event_hdr *event)
{
    int rc = pit_inject(of(sim)->sim.pit, event);

    settle(of(sim));
    return rc;
}

/* --- orders --- */

static void read_intent(const struct bare_wish *from, struct simb_intent *intent)
{
    int is_limit = from->type == AGON_LIMIT || from->type == AGON_STOP_LIMIT;
    int is_stop = from->type == AGON_STOP || from->type == AGON_STOP_LIMIT;

    *intent =
        (struct simb_intent){.sym = from->sym,
                             .side = from->side,
                             .tif = is_limit && !from->is_post_only ? from->tif : AGON_TIF_GTC,
                             .stp = MATCH_STP_EXPIRE_MAKER,
                             .px = is_limit ? from->px : 0,
                             .stop_px = is_stop ? from->stop_px : 0,
                             .qty = from->qty,
                             .client = from->client};
    intent->type = from->type == AGON_MARKET       ? SIMB_MARKET
                   : from->type == AGON_STOP       ? SIMB_STOP_LOSS
                   : from->type == AGON_STOP_LIMIT ? SIMB_STOP_LOSS_LIMIT
                   : from->is_post_only            ? SIMB_LIMIT_MAKER
                                                   : SIMB_LIMIT;
    intent->has = SIMB_HAS_QTY | (is_limit ? SIMB_HAS_PX : 0u) | (is_stop ? SIMB_HAS_STOP : 0u) |
                  (is_limit && !from->is_post_only ? SIMB_HAS_TIF : 0u);
}

void bare_new(struct sim *sim, uint32_t member, const struct bare_wish *intent,
              struct bare_order *placed, struct bare_verdict *verdict)
{
    struct simb_call *call = begin(sim, member, 0);
    struct simb_order *order;
    struct simb_intent asked;
    int rc;

    read_intent(intent, &asked);
    rc = simb_place_order(call, &asked, &order);
    judge(call, rc, verdict);
    if (rc == 0)
        show_order(order, placed);
    settle(of(sim));
}

void bare_cancel(struct sim *sim, uint32_t member, uint32_t sym, const char *client,
                 struct bare_order *cancelled, struct bare_verdict *verdict)
{
    struct simb_call *call = begin(sim, member, 0);
    struct simb_order *order = simb_find_client(of(sim), call->account, sym, client);
    int rc = simb_cancel_order(call, order, SIMB_ANY_STATUS, NULL);

    judge(call, rc, verdict);
    if (rc == 0)
        show_order(order, cancelled);
    settle(of(sim));
}

void bare_replace(struct sim *sim, uint32_t member, const char *old_client,
                  const struct bare_wish *intent, struct bare_replaced *replaced,
                  struct bare_verdict *verdict)
{
    const struct simb_replacing how = {.restriction = SIMB_ONLY_NEW, .is_stop = 1};
    struct simb_call *call = begin(sim, member, 0);
    struct simb_order *old = simb_find_client(of(sim), call->account, intent->sym, old_client);
    struct simb_replaced done;
    struct simb_intent asked;
    int rc;

    read_intent(intent, &asked);
    memset(replaced, 0, sizeof(*replaced));
    rc = simb_replace_order(call, old, &asked, &how, &done);
    if (rc == 0) {
        rc = simb_judge_replaced(call, &done);
        replaced->is_cancelled = done.is_cancelled;
        replaced->is_placed = done.placed != NULL;
        judge_half(&done.cancel_half, done.is_cancelled, 1, &replaced->cancel);
        judge_half(&done.place_half, done.placed != NULL, done.is_tried, &replaced->place);
        if (done.is_cancelled)
            show_order(old, &replaced->cancelled);
        if (done.placed)
            show_order(done.placed, &replaced->placed);
    }
    judge(call, rc, verdict);
    settle(of(sim));
}

void bare_modify(struct sim *sim, uint32_t member, uint32_t sym, const char *client, agon_px_t px,
                 agon_qty_t qty, struct bare_order *modified, struct bare_verdict *verdict)
{
    struct simb_call *call = begin(sim, member, 0);
    struct simb_order *order = simb_find_client(of(sim), call->account, sym, client);
    int rc = simb_modify_order(call, order, px, qty);

    judge(call, rc, verdict);
    if (rc == 0)
        show_order(order, modified);
    settle(of(sim));
}

/* --- what is read --- */

void bare_query(struct sim *sim, uint32_t member, uint32_t sym, uint64_t id, const char *client,
                agon_ns_t t_view, struct bare_order *order, struct bare_verdict *verdict)
{
    struct simb_call *call = begin(sim, member, t_view);
    const struct simb_order *seen =
        simb_past_order(call, id != 0 ? simb_find_id(of(sim), call->account, sym, id)
                                      : simb_find_client(of(sim), call->account, sym, client));

    judge(call, seen ? 0 : simb_fail(call, 400, -2013, "Order does not exist."), verdict);
    if (seen)
        show_order(seen, order);
}

uint32_t bare_open(struct sim *sim, uint32_t member, agon_ns_t t_view, struct bare_order *orders,
                   uint32_t room)
{
    struct simb_call *call = begin(sim, member, t_view);
    const struct simb *b = of(sim);
    uint32_t n = 0;

    for (uint32_t i = 0; i < b->n_orders; i++) {
        const struct simb_order *order = simb_past_order(call, b->orders[i]);

        if (!order || !order->is_open || order->account != call->account)
            continue;
        if (n < room)
            show_order(order, &orders[n]);
        n++;
    }
    return n;
}

uint32_t bare_fills(struct sim *sim, uint32_t member, uint32_t sym, uint64_t order_id,
                    uint64_t from, agon_ns_t t_view, struct bare_fill *fills, uint32_t room)
{
    struct simb_call *call = begin(sim, member, t_view);
    const struct simb *b = of(sim);
    uint64_t first = b->n_fills > SIMB_FILLS_KEPT ? b->n_fills - SIMB_FILLS_KEPT : 0;
    uint32_t n = 0;

    for (uint64_t i = first; i < b->n_fills && n < room; i++) {
        const struct simb_fill *fill = &b->fills[i % SIMB_FILLS_KEPT];

        if (fill->account == call->account && fill->sym == sym && fill->trade_id >= from &&
            (order_id == 0 || fill->order_id == order_id) && simb_past_is_seen(call, fill))
            show_fill(fill, &fills[n++]);
    }
    return n;
}

void bare_balance(struct sim *sim, uint32_t member, agon_asset_t asset, agon_ns_t t_view,
                  agon_amt_t *free_amt, agon_amt_t *locked_amt)
{
    simb_past_balance(begin(sim, member, t_view), asset, free_amt, locked_amt);
}
