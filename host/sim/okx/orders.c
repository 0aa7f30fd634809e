// SPDX-License-Identifier: Apache-2.0
/* orders: the life of an order, from what was asked through the engine to what is told of it. */
#include <stdlib.h>

#include "base/num.h"
#include "sim/okx/simo.h"

#define FIRST_ID 600000000000000000ull

const char *const simo_types[] = {"market", "limit", "post_only", "fok", "ioc"};
const char *const simo_states[] = {"live", "partially_filled", "filled", "canceled"};

uint64_t simo_id(uint64_t n)
{
    return n ? FIRST_ID + n : 0;
}

/* --- which one is it --- */

struct simo_order *simo_order_at(const struct simo *o, uint64_t n)
{
    struct simo_order *order = n ? o->orders[n & (SIMO_ORDERS_KEPT - 1)] : NULL;

    return order && order->n == n ? order : NULL;
}

static struct simo_order *find_client(const struct simo *o, const struct simo_account *account,
                                      const char *client)
{
    for (uint64_t n = o->n_orders; n > 0 && o->n_orders - n < SIMO_ORDERS_KEPT; n--) {
        struct simo_order *order = simo_order_at(o, n);

        if (order && order->account == account && strcmp(order->client, client) == 0)
            return order;
    }
    return NULL;
}

int simo_find(struct simo_call *call, struct simo_order **order)
{
    const char *id = simo_arg(call, "ordId"), *client = simo_arg(call, "clOrdId");
    unsigned long long n = id ? strtoull(id, NULL, 10) : 0;
    uint32_t sym;

    *order = NULL;
    if (simo_get_symbol(call, &sym) < 0)
        return -1;
    if (!id && !client)
        return simo_fail(call, 51003, "Either client order ID or order ID is required.");
    *order = !id            ? find_client(call->o, call->account, client)
             : n > FIRST_ID ? simo_order_at(call->o, n - FIRST_ID)
                            : NULL;
    if (*order && ((*order)->account != call->account || (*order)->sym != sym))
        *order = NULL;
    return 0;
}

/* --- what happened to one --- */

static void log_effect(struct simo *o, const struct simo_order *order, const char *kind,
                       const struct match_event *event, uint64_t trade_id)
{
    struct jout *line = &o->line;

    if (!o->config.sink.log)
        return;
    jout_reset(line);
    jout_open(line, '{');
    jout_kv_str(line, "kind", "effect");
    jout_kv_int(line, "t_market_ns", pit_now(o->pit));
    jout_kv_int(line, "t_transport_ns", o->now.transport);
    jout_kv_str(line, "key", order->account->member->key);
    jout_kv_str(line, "what", kind);
    jout_kv_str(line, "symbol", pit_at(o->pit, order->sym)->name);
    simo_kv_id(line, "orderId", simo_id(order->n));
    jout_kv_str(line, "clientOrderId", order->client);
    jout_kv_str(line, "side", order->side == AGON_BUY ? "BUY" : "SELL");
    jout_kv_str(line, "type", simo_types[order->type]);
    jout_kv_str(line, "status", simo_states[order->state]);
    jout_kv_dec(line, "price", order->px, SIMO_EXP);
    jout_kv_dec(line, "qty", order->qty, SIMO_EXP);
    jout_kv_dec(line, "executedQty", order->filled_qty, SIMO_EXP);
    if (event && event->kind == MATCH_TRADE) {
        jout_kv_int(line, "tradeId", (int64_t)trade_id);
        jout_kv_dec(line, "lastPrice", event->px, SIMO_EXP);
        jout_kv_dec(line, "lastQty", event->qty, SIMO_EXP);
        jout_kv_dec(line, "fee", event->fee_amt, SIMO_EXP);
        jout_kv_str(line, "feeAsset", instruments_asset(pit_table(o->pit), event->fee_asset)->name);
        jout_kv_bool(line, "isMaker", event->is_maker);
    }
    jout_close(line, '{');
    simo_log(o, line);
}

static void end(struct simo_order *order, enum simo_state state, agon_ns_t t, const char *source)
{
    order->state = (uint8_t)state;
    order->t_update = t;
    order->source = source;
}

static void on_trade(struct simo *o, struct simo_order *order, const struct match_event *event,
                     uint64_t trade_id)
{
    struct simo_fill *fill = &o->fills[o->n_fills & (SIMO_FILLS_KEPT - 1)];

    *fill = (struct simo_fill){.n = ++o->n_fills,
                               .order_n = order->n,
                               .trade_id = trade_id,
                               .account = order->account,
                               .sym = order->sym,
                               .side = order->side,
                               .is_maker = event->is_maker,
                               .fee_asset = event->fee_asset,
                               .px = event->px,
                               .qty = event->qty,
                               .fee_amt = event->fee_amt,
                               .t = event->t};
    if (simo_is_swap(pit_at(o->pit, order->sym))) {
        fill->pnl_amt = simo_swap_fill(o, order, event);
        order->pnl_amt = num_add(order->pnl_amt, fill->pnl_amt);
    }
    order->filled_qty = event->order->filled_qty;
    order->cost_amt = event->order->filled_quote_amt;
    order->fee_amt += event->fee_amt;
    order->fee_asset = event->fee_asset;
    order->last_fill = fill->n;
    order->t_update = event->t;
    order->state = event->order->state == AGON_ORDER_FILLED ? SIMO_FILLED : SIMO_PARTIAL;
    simo_tell_order(o, order, fill);
}

/* The number of why an order ended that nobody cancelled. */
static const char *source_of(const struct simo_order *order, int reason)
{
    return reason == MATCH_SELF_TRADE   ? "32"
           : reason == MATCH_WOULD_TAKE ? "31"
           : reason == MATCH_NO_FUNDS   ? "9"
           : order->type == SIMO_FOK    ? "13"
                                        : "14";
}

void simo_on_order(void *ctx, uint32_t sym, const struct match_event *event, uint64_t trade_id)
{
    struct simo_order *order = (struct simo_order *)(uintptr_t)event->order->tag;
    struct simo *o = ctx;
    const char *kind = "";

    (void)sym;
    switch (event->kind) {
    case MATCH_REJECTED:
        o->submit_reason = event->reason;
        return;
    case MATCH_ACCEPTED:
        order->engine_id = event->order->id;
        order->t_create = order->t_update = event->t;
        o->orders[order->n & (SIMO_ORDERS_KEPT - 1)] = order;
        simo_tell_order(o, order, NULL);
        kind = "NEW";
        break;
    case MATCH_TRADE:
        on_trade(o, order, event, trade_id);
        kind = "TRADE";
        break;
    case MATCH_CANCELLED:
        // Lowered to what is filled already, it is filled.
        end(order, order->is_cut ? SIMO_FILLED : SIMO_CANCELED, event->t,
            order->is_cut ? "" : (o->why ? o->why : "1"));
        simo_tell_order(o, order, NULL);
        kind = "CANCELED";
        break;
    case MATCH_EXPIRED:
        // An order by cost buys what it gets for that: what is left over is less than a lot.
        if (order->is_by_cost && order->filled_qty > 0)
            end(order, SIMO_FILLED, event->t, "");
        else
            end(order, SIMO_CANCELED, event->t, source_of(order, event->reason));
        simo_tell_order(o, order, NULL);
        kind = "CANCELED";
        break;
    case MATCH_AMENDED:
        order->px = event->order->px;
        order->qty = event->order->qty;
        order->t_update = event->t;
        simo_tell_order(o, order, NULL);
        kind = "REPLACED";
        break;
    default:
        return;
    }
    log_effect(o, order, kind, event, trade_id);
}

/* --- what is asked --- */

static int refuse_engine(struct simo_call *call, int reason, uint32_t sym, agon_qty_t qty)
{
    const struct pit_symbol *symbol = pit_at(call->o->pit, sym);

    switch (reason) {
    case MATCH_BAD_PRICE:
        return simo_fail(call, 51006,
                         "Order price is not within the price limit, or no multiple "
                         "of the tick size");
    case MATCH_BAD_QTY:
    case MATCH_BAD_MARKET_QTY:
    case MATCH_TOO_LARGE:
        if (qty < symbol->min_qty)
            return simo_fail(call, 51020,
                             "Your order should meet or exceed the minimum order "
                             "amount.");
        return qty % symbol->lot_qty != 0
                   ? simo_fail(call, 51121, "Order quantity must be a multiple of the lot size.")
                   : simo_fail(call, 51005, "Your order amount exceeds the max order amount.");
    case MATCH_NO_FUNDS:
        return simo_fail(call, 51008, "Order failed. Insufficient %s balance in account.",
                         symbol->quote);
    case MATCH_NOT_TRADING:
        return simo_fail(call, 51022, "Contract suspended.");
    case MATCH_NO_ROOM:
    case MATCH_MANY_ORDERS:
        return simo_fail(call, 51025, "Order count exceeds the limit");
    case MATCH_REDUCE_ONLY:
        return simo_fail(call, 51169,
                         "Order failed because you don't have any positions in this direction for "
                         "this contract to reduce or close.");
    case MATCH_UNKNOWN_ORDER:
        return simo_fail(call, 51503, "Your order has already been filled or canceled.");
    default:
        return simo_fail(call, 51000, "Parameter error");
    }
}

static struct match_order to_engine(const struct simo_call *call, const struct simo_wish *wish,
                                    struct simo_order *order)
{
    return (struct match_order){
        .tag = (uint64_t)(uintptr_t)order,
        .owner = call->account->owner,
        .instrument = pit_instrument(call->o->pit, wish->sym),
        .side = wish->side,
        .type = wish->type == SIMO_MARKET ? AGON_MARKET : AGON_LIMIT,
        .tif = wish->type == SIMO_MARKET ? 0
               : wish->type == SIMO_IOC  ? AGON_TIF_IOC
               : wish->type == SIMO_FOK  ? AGON_TIF_FOK
                                         : AGON_TIF_GTC,
        .stp = wish->stp,
        .flags = (wish->type == SIMO_POST ? AGON_POST_ONLY : 0u) |
                 (wish->is_reduce_only ? AGON_REDUCE_ONLY : 0u),
        .px = wish->px,
        .qty = wish->qty,
        .quote_amt = wish->cost_amt,
    };
}

/* Taken, and cancelled at once: a post-only order that would take. */
static void refuse_softly(struct simo *o, struct simo_order *order)
{
    order->t_create = order->t_update = pit_now(o->pit);
    o->orders[order->n & (SIMO_ORDERS_KEPT - 1)] = order;
    end(order, SIMO_CANCELED, order->t_create, "31");
    simo_tell_order(o, order, NULL);
    log_effect(o, order, "CANCELED", NULL, 0);
}

int simo_place(struct simo_call *call, const struct simo_wish *wish, struct simo_order **placed)
{
    struct simo *o = call->o;
    struct simo_order **place = &o->orders[(o->n_orders + 1) & (SIMO_ORDERS_KEPT - 1)];
    struct match_order asked = to_engine(call, wish, NULL);
    struct simo_order *order;
    uint64_t id;
    int reason = wish->is_by_cost ? pit_check_amount(o->pit, wish->sym, (enum agon_side)wish->side,
                                                     wish->cost_amt)
                                  : pit_check(o->pit, &asked);

    *placed = NULL;
    if (wish->client && find_client(o, call->account, wish->client))
        return simo_fail(call, 51016, "Client order ID already exists.");
    if (reason != MATCH_OK)
        return refuse_engine(call, reason, wish->sym, wish->qty);
    if (simo_check_margin(call, wish) < 0)
        return -1;
    if (*place && simo_is_open(*place))
        return simo_fail(call, 51025, "Order count exceeds the limit");
    free(*place);
    *place = NULL;
    order = calloc(1, sizeof(*order));
    REQUIRE(order != NULL);
    *order = (struct simo_order){.n = ++o->n_orders, // what the engine tells at once is of it
                                 .account = call->account,
                                 .sym = wish->sym,
                                 .side = wish->side,
                                 .type = wish->type,
                                 .is_by_cost = wish->is_by_cost,
                                 .is_reduce_only = wish->is_reduce_only,
                                 .px = wish->px,
                                 .qty = wish->qty,
                                 .asked_amt = wish->cost_amt};
    if (wish->client)
        strcpy(order->client, wish->client);
    if (wish->tag)
        strcpy(order->tag, wish->tag);
    asked.tag = (uint64_t)(uintptr_t)order;
    call->account->has_swaps |= simo_is_swap(pit_at(o->pit, wish->sym)) != 0;
    o->submit_reason = MATCH_OK;
    reason = pit_submit(o->pit, &asked, &id);
    if (reason == MATCH_OK)
        reason = o->submit_reason;
    if (reason == MATCH_OK || (reason == MATCH_WOULD_TAKE && wish->type == SIMO_POST)) {
        *placed = order;
        if (reason != MATCH_OK)
            refuse_softly(o, order);
        return 0;
    }
    o->n_orders--;
    free(order);
    return refuse_engine(call, reason, wish->sym, wish->qty);
}

uint32_t simo_cancel_all(struct simo *o, const struct simo_account *account, const char *why)
{
    uint64_t first = o->n_orders > SIMO_ORDERS_KEPT ? o->n_orders - SIMO_ORDERS_KEPT : 0;
    uint32_t n = 0;

    o->why = why;
    for (uint64_t i = first + 1; i <= o->n_orders; i++) {
        struct simo_order *order = simo_order_at(o, i);

        if (order && order->account == account && simo_is_open(order))
            n += pit_cancel(o->pit, order->engine_id) == MATCH_OK;
    }
    o->why = NULL;
    return n;
}
