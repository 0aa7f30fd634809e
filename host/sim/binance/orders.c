// SPDX-License-Identifier: Apache-2.0
/* orders: the life of an order, from the request through the engine to reports. */
#include <stdlib.h>

#include "base/num.h"
#include "match/answers.h"
#include "sim/binance/simb.h"

const char *const simb_type_names[] = {"LIMIT",           "MARKET",      "STOP_LOSS",
                                       "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT",
                                       "LIMIT_MAKER"};
const char *const simb_status_names[] = {
    "NEW", "PARTIALLY_FILLED", "FILLED", "CANCELED", "REJECTED", "EXPIRED", "EXPIRED_IN_MATCH"};
const char *const simb_tif_names[] = {"GTC", "GTC", "IOC", "FOK", "GTC"};
const char *const simb_stp_names[] = {"NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH"};

static int is_algo(int type)
{
    return type >= SIMB_STOP_LOSS && type <= SIMB_TAKE_PROFIT_LIMIT;
}

// An order's first fill gives its place in the unfilled count back, if its interval still runs.
static void uncount(struct simb *b, struct simb_order *order)
{
    struct simb_account *account = order->account;
    agon_ns_t day = 1440 * SIMB_NS_PER_MIN;

    if (!order->is_counted)
        return;
    order->is_counted = 0;
    if (account->orders_10s.n > 0 &&
        account->orders_10s.index == order->t_placed / (10 * SIMB_NS_PER_S) &&
        account->orders_10s.index == b->sim.now.transport / (10 * SIMB_NS_PER_S))
        account->orders_10s.n--;
    if (account->orders_long.n > 0 && account->orders_long.index == order->t_placed / day &&
        account->orders_long.index == b->sim.now.transport / day)
        account->orders_long.n--;
}

static void on_expired(struct simb_order *order, const struct match_event *event)
{
    if (event->reason == MATCH_SELF_TRADE) {
        order->prevented_qty = order->qty - order->filled_qty;
        simb_leave(order, SIMB_EXPIRED_IN_MATCH);
        return;
    }
    simb_leave(order, SIMB_EXPIRED);
    if (event->reason != MATCH_OK && event->reason != MATCH_NO_LIQUIDITY) {
        order->expiry_reason = "REJECTED"; // a stop that was triggered and then could not act
        return;
    }
    order->expiry_reason = order->tif == AGON_TIF_IOC   ? "UNFILLED_IOC_QUANTITY_EXPIRED"
                           : order->tif == AGON_TIF_FOK ? "UNFILLED_FOK_ORDER_EXPIRED"
                                                        : "INSUFFICIENT_LIQUIDITY";
}

struct execution {
    const struct simb_order *order;
    const char *kind;
    const struct match_event *event;
    uint64_t id, trade_id;
};

static void put_execution(struct simb *b, struct jout *out, const void *what)
{
    const struct execution *execution = what;
    const struct simb_order *order = execution->order;
    const struct match_event *event = execution->event;
    const char *kind = execution->kind;
    int is_trade = event->kind == MATCH_TRADE;
    int is_cancel = strcmp(kind, "CANCELED") == 0, is_replace = strcmp(kind, "REPLACED") == 0;
    agon_ns_t t = event->t;
    const struct asset *asset =
        is_trade ? instruments_asset(pit_table(b->sim.pit), event->fee_asset) : NULL;

    jout_open(out, '{');
    jout_kv_str(out, "e", "executionReport");
    jout_kv_time(out, "E", t);
    jout_kv_str(out, "s", pit_at(b->sim.pit, order->sym)->name);
    jout_kv_str(out, "c", is_cancel ? order->shown_client : order->client);
    jout_kv_str(out, "S", order->side == AGON_BUY ? "BUY" : "SELL");
    jout_kv_str(out, "o", simb_type_names[order->type]);
    jout_kv_str(out, "f", simb_tif_names[order->tif]);
    jout_kv_dec(out, "q", order->qty, SIMB_EXP);
    jout_kv_dec(out, "p", order->px, SIMB_EXP);
    jout_kv_dec(out, "P", order->stop_px, SIMB_EXP);
    jout_kv_dec(out, "F", 0, SIMB_EXP);
    jout_kv_int(out, "g", -1);
    jout_kv_str(out, "C", is_cancel ? order->client : is_replace ? order->shown_client : "");
    jout_kv_str(out, "x", kind);
    jout_kv_str(out, "X", simb_status_names[order->status]);
    jout_kv_str(out, "r", "NONE");
    jout_kv_int(out, "i", (int64_t)order->id);
    jout_kv_dec(out, "l", is_trade ? event->qty : 0, SIMB_EXP);
    jout_kv_dec(out, "z", order->filled_qty, SIMB_EXP);
    jout_kv_dec(out, "L", is_trade ? event->px : 0, SIMB_EXP);
    if (is_trade) {
        simb_kv_amt(b, out, "n", event->fee_asset, event->fee_amt);
        jout_kv_str(out, "N", asset ? asset->name : "");
    } else {
        jout_kv_str(out, "n", "0");
        jout_key(out, "N");
        jout_null(out);
    }
    jout_kv_time(out, "T", t);
    jout_kv_int(out, "t", is_trade ? (int64_t)execution->trade_id : -1);
    if (order->status == SIMB_EXPIRED_IN_MATCH) {
        jout_kv_dec(out, "A", order->prevented_qty, SIMB_EXP);
        jout_kv_dec(out, "B", order->prevented_qty, SIMB_EXP);
        jout_kv_int(out, "u", -1);
    }
    jout_kv_int(out, "I", (int64_t)execution->id);
    jout_kv_bool(out, "w", order->is_working);
    jout_kv_bool(out, "m", is_trade && event->is_maker);
    jout_kv_bool(out, "M", is_trade);
    jout_kv_time(out, "O", order->t_create);
    jout_kv_dec(out, "Z", order->filled_amt, SIMB_EXP);
    jout_kv_dec(out, "Y", is_trade ? event->quote_amt : 0, SIMB_EXP);
    jout_kv_dec(out, "Q", order->quote_order_amt, SIMB_EXP);
    if (order->t_working)
        jout_kv_time(out, "W", order->t_working);
    if (order->has_strategy)
        jout_kv_int(out, "j", order->strategy_id);
    if (order->has_strategy_type)
        jout_kv_int(out, "J", order->strategy_type);
    jout_kv_str(out, "V", simb_stp_names[order->stp]);
    if (order->expiry_reason)
        jout_kv_str(out, "eR", order->expiry_reason);
    jout_close(out, '{');
}

void simb_on_order(void *ctx, uint32_t sym, const struct match_event *event, uint64_t trade_id)
{
    struct simb_order *order = (struct simb_order *)(uintptr_t)event->order->tag;
    struct simb *b = ctx;
    const char *kind;

    (void)sym;
    if (event->kind == MATCH_REJECTED) {
        b->sim.submit_reason = event->reason;
        return;
    }
    order->t_update = event->t;
    switch (event->kind) {
    case MATCH_ACCEPTED:
        order->id = event->order->id;
        order->t_create = event->t;
        order->is_working = !is_algo(order->type);
        order->t_working = order->is_working ? event->t : 0;
        simb_enter(b, order);
        kind = "NEW";
        break;
    case MATCH_TRADE:
        order->filled_qty = event->order->filled_qty;
        order->filled_amt = event->order->filled_quote_amt;
        uncount(b, order);
        simb_keep_fill(b, order, event, trade_id);
        if (order->is_by_quote)
            order->qty = order->filled_qty;
        if (event->order->state == AGON_ORDER_FILLED)
            simb_leave(order, SIMB_FILLED);
        else
            order->status = SIMB_PARTIALLY_FILLED;
        kind = "TRADE";
        break;
    case MATCH_CANCELLED:
        simb_leave(order, SIMB_CANCELED);
        kind = "CANCELED";
        break;
    case MATCH_EXPIRED:
        on_expired(order, event);
        kind = order->status == SIMB_EXPIRED_IN_MATCH ? "TRADE_PREVENTION" : "EXPIRED";
        break;
    case MATCH_TRIGGERED:
        order->is_working = 1;
        order->t_working = event->t;
        kind = "NEW";
        break;
    case MATCH_AMENDED:
        order->px = event->order->px;
        order->qty = event->order->qty;
        kind = "REPLACED";
        break;
    default:
        return;
    }
    simb_user_build(b, order->account, put_execution,
                    &(struct execution){.order = order,
                                        .kind = kind,
                                        .event = event,
                                        .id = ++b->n_executions,
                                        .trade_id = trade_id});
    simb_log_effect(b, order, kind, event, trade_id);
}

/* --- placing --- */

static int check_rate(struct simb_call *call)
{
    struct simb_account *account = call->account;
    agon_ns_t now = call->now->transport, ten = 10 * SIMB_NS_PER_S, day = 1440 * SIMB_NS_PER_MIN;
    uint32_t weight, per_10s, per_day;

    simb_limits(call->b, &weight, &per_10s, &per_day);
    if (simb_window_get(&account->orders_10s, now, ten) >= per_10s) {
        call->retry_at = (now / ten + 1) * ten;
        return simb_fail(call, 429, -1015,
                         "Too many new orders; current limit is %u orders per 10 SECOND.", per_10s);
    }
    if (simb_window_get(&account->orders_long, now, day) >= per_day) {
        call->retry_at = (now / day + 1) * day;
        return simb_fail(call, 429, -1015,
                         "Too many new orders; current limit is %u orders per 1 DAY.", per_day);
    }
    return 0;
}

static void count_order(struct simb_call *call)
{
    simb_window_add(&call->account->orders_10s, call->now->transport, 10 * SIMB_NS_PER_S, 1);
    simb_window_add(&call->account->orders_long, call->now->transport, 1440 * SIMB_NS_PER_MIN, 1);
    call->has_order_count = 1;
}

// How much of the base has to be sold to get amt of the quote, rounded down to the lot.
static agon_qty_t sell_for(const struct pit *pit, uint32_t sym, agon_amt_t amt)
{
    const struct pit_symbol *symbol = pit_at(pit, sym);
    agon_qty_t total = 0;
    struct pit_view view;

    pit_view(pit, sym, &view);
    for (uint32_t i = 0; i < view.n_bid && amt > 0; i++) {
        agon_qty_t qty =
            num_to_step(num_mul_div(amt, num_pow10(SIMB_EXP), view.bid[i].px, NUM_DOWN),
                        symbol->lot_qty, NUM_DOWN);

        if (qty > view.bid[i].qty)
            qty = view.bid[i].qty;
        if (qty == 0)
            break;
        total += qty;
        amt -= num_notional(view.bid[i].px, SIMB_EXP, qty, SIMB_EXP, SIMB_EXP, NUM_UP);
    }
    return total;
}

static struct simb_order *make_order(struct simb_call *call, const struct simb_intent *intent)
{
    struct simb_order *order = calloc(1, sizeof(*order));

    REQUIRE(order != NULL);
    order->account = call->account;
    order->sym = intent->sym;
    order->side = intent->side;
    order->type = intent->type;
    order->tif = intent->tif;
    order->stp = intent->stp;
    order->px = intent->px;
    order->stop_px = intent->stop_px;
    order->qty = intent->qty;
    order->quote_order_amt = intent->quote_amt;
    order->is_by_quote = (intent->has & SIMB_HAS_QUOTE) != 0;
    order->strategy_id = intent->strategy_id;
    order->strategy_type = intent->strategy_type;
    order->has_strategy = intent->has_strategy != 0;
    order->has_strategy_type = intent->has_strategy_type != 0;
    order->t_placed = call->now->transport;
    order->is_counted = 1;
    order->is_conditional = is_algo(intent->type) != 0;
    if (intent->client)
        strcpy(order->client, intent->client);
    else
        simb_random_text(call->b, order->client, 22);
    return order;
}

// Filters and counts were looked at.
static int place(struct simb_call *call, const struct simb_intent *intent,
                 struct simb_order **placed)
{
    struct simb *b = call->b;
    struct simb_order *order, *twin;
    struct match_order asked;
    uint64_t id;
    int reason;

    *placed = NULL;
    twin = intent->client ? simb_find_client(b, call->account, intent->sym, intent->client) : NULL;
    if (twin && twin->is_open)
        return simb_fail(call, 400, -2010, "Duplicate order sent.");
    simb_make_room(b);
    if (b->n_orders == SIMB_ORDERS_KEPT)
        return simb_refuse_engine(call, MATCH_NO_ROOM);
    order = make_order(call, intent);
    simb_to_engine(b, intent, call->account, order, &asked);
    if (intent->side == AGON_SELL && (intent->has & SIMB_HAS_QUOTE)) {
        asked.qty = sell_for(b->sim.pit, intent->sym, intent->quote_amt);
        asked.quote_amt = 0;
        if (asked.qty == 0) {
            free(order);
            return simb_fail(call, 400, -2010,
                             "Order book liquidity is less than `LOT_SIZE` filter minimum "
                             "quantity.");
        }
        order->qty = asked.qty;
    }
    b->sim.submit_reason = MATCH_OK;
    count_order(call); // before its first fill may give the place back
    reason = pit_submit(b->sim.pit, &asked, &id);
    if (reason != MATCH_OK || b->sim.submit_reason != MATCH_OK) {
        uncount(b, order);
        call->has_order_count = 0;
        free(order);
        return simb_refuse_engine(call, reason != MATCH_OK ? reason : b->sim.submit_reason);
    }
    *placed = order;
    return 0;
}

/* --- what is answered --- */

static void put_optional(struct jout *out, const struct simb_order *order, int with_stop)
{
    if (with_stop && is_algo(order->type))
        jout_kv_dec(out, "stopPrice", order->stop_px, SIMB_EXP);
    if (order->has_strategy)
        jout_kv_int(out, "strategyId", order->strategy_id);
    if (order->has_strategy_type)
        jout_kv_int(out, "strategyType", order->strategy_type);
    if (order->status == SIMB_EXPIRED_IN_MATCH)
        jout_kv_dec(out, "preventedQuantity", order->prevented_qty, SIMB_EXP);
    if (order->expiry_reason)
        jout_kv_str(out, "expiryReason", order->expiry_reason);
}

static void put_common(struct jout *out, const struct simb_order *order)
{
    jout_kv_dec(out, "price", order->px, SIMB_EXP);
    jout_kv_dec(out, "origQty", order->qty, SIMB_EXP);
    jout_kv_dec(out, "executedQty", order->filled_qty, SIMB_EXP);
    jout_kv_dec(out, "origQuoteOrderQty", order->quote_order_amt, SIMB_EXP);
    jout_kv_dec(out, "cummulativeQuoteQty", order->filled_amt, SIMB_EXP);
    jout_kv_str(out, "status", simb_status_names[order->status]);
    jout_kv_str(out, "timeInForce", simb_tif_names[order->tif]);
    jout_kv_str(out, "type", simb_type_names[order->type]);
    jout_kv_str(out, "side", order->side == AGON_BUY ? "BUY" : "SELL");
}

static void put_fills(struct simb *b, struct jout *out, const struct simb_order *order,
                      uint64_t from)
{
    jout_key(out, "fills");
    jout_open(out, '[');
    for (uint64_t i = from; i < b->n_fills; i++) {
        const struct simb_fill *fill = &b->fills[i % SIMB_FILLS_KEPT];

        if (fill->order_id != order->id)
            continue;
        jout_open(out, '{');
        jout_kv_dec(out, "price", fill->px, SIMB_EXP);
        jout_kv_dec(out, "qty", fill->qty, SIMB_EXP);
        simb_kv_amt(b, out, "commission", fill->fee_asset, fill->fee_amt);
        jout_kv_str(out, "commissionAsset",
                    instruments_asset(pit_table(b->sim.pit), fill->fee_asset)->name);
        jout_kv_int(out, "tradeId", (int64_t)fill->trade_id);
        jout_close(out, '{');
    }
    jout_close(out, '[');
}

static void put_placed(struct simb *b, struct jout *out, const struct simb_order *order, int resp,
                       uint64_t fills_from)
{
    jout_open(out, '{');
    jout_kv_str(out, "symbol", pit_at(b->sim.pit, order->sym)->name);
    jout_kv_int(out, "orderId", (int64_t)order->id);
    jout_kv_int(out, "orderListId", -1);
    jout_kv_str(out, "clientOrderId", order->client);
    jout_kv_time(out, "transactTime", order->t_create);
    if (resp != RESP_ACK) {
        put_common(out, order);
        if (order->t_working)
            jout_kv_time(out, "workingTime", order->t_working);
        put_optional(out, order, 1);
        if (resp == RESP_FULL)
            put_fills(b, out, order, fills_from);
        jout_kv_str(out, "selfTradePreventionMode", simb_stp_names[order->stp]);
    }
    jout_close(out, '{');
}

static void put_cancelled(struct simb *b, struct jout *out, const struct simb_order *order)
{
    jout_open(out, '{');
    jout_kv_str(out, "symbol", pit_at(b->sim.pit, order->sym)->name);
    jout_kv_str(out, "origClientOrderId", order->client);
    jout_kv_int(out, "orderId", (int64_t)order->id);
    jout_kv_int(out, "orderListId", -1);
    jout_kv_str(out, "clientOrderId", order->shown_client);
    jout_kv_time(out, "transactTime", order->t_update);
    put_common(out, order);
    put_optional(out, order, 1);
    jout_kv_str(out, "selfTradePreventionMode", simb_stp_names[order->stp]);
    jout_close(out, '{');
}

static void put_queried(struct simb *b, struct jout *out, const struct simb_order *order)
{
    jout_open(out, '{');
    jout_kv_str(out, "symbol", pit_at(b->sim.pit, order->sym)->name);
    jout_kv_int(out, "orderId", (int64_t)order->id);
    jout_kv_int(out, "orderListId", -1);
    jout_kv_str(out, "clientOrderId", order->client);
    jout_kv_dec(out, "price", order->px, SIMB_EXP);
    jout_kv_dec(out, "origQty", order->qty, SIMB_EXP);
    jout_kv_dec(out, "executedQty", order->filled_qty, SIMB_EXP);
    jout_kv_dec(out, "cummulativeQuoteQty", order->filled_amt, SIMB_EXP);
    jout_kv_str(out, "status", simb_status_names[order->status]);
    jout_kv_str(out, "timeInForce", simb_tif_names[order->tif]);
    jout_kv_str(out, "type", simb_type_names[order->type]);
    jout_kv_str(out, "side", order->side == AGON_BUY ? "BUY" : "SELL");
    jout_kv_dec(out, "stopPrice", order->stop_px, SIMB_EXP);
    jout_kv_dec(out, "icebergQty", 0, SIMB_EXP);
    jout_kv_time(out, "time", order->t_create);
    jout_kv_time(out, "updateTime", order->t_update);
    jout_kv_bool(out, "isWorking", order->t_working != 0);
    jout_kv_time(out, "workingTime", order->t_working ? order->t_working : -1000000);
    jout_kv_dec(out, "origQuoteOrderQty", order->quote_order_amt, SIMB_EXP);
    put_optional(out, order, 0);
    jout_kv_str(out, "selfTradePreventionMode", simb_stp_names[order->stp]);
    jout_close(out, '{');
}

/* --- handlers --- */

int simb_place_order(struct simb_call *call, const struct simb_intent *intent,
                     struct simb_order **placed)
{
    *placed = NULL;
    if (simb_check_filters(call, intent) < 0 || check_rate(call) < 0)
        return -1;
    return place(call, intent, placed);
}

int simb_order_new(struct simb_call *call)
{
    struct simb *b = call->b;
    uint64_t fills_from = b->n_fills;
    struct simb_order *order;
    struct simb_intent intent;

    if (simb_get_intent(call, &intent) < 0 || simb_place_order(call, &intent, &order) < 0)
        return -1;
    put_placed(b, call->out, order, intent.resp, fills_from);
    return 0;
}

uint32_t simb_weigh_test(struct simb_call *call)
{
    const char *text = simb_param(call, "computeCommissionRates");

    return text && strcmp(text, "true") == 0 ? 20 : 1;
}

int simb_order_test(struct simb_call *call)
{
    int with_rates = 0;
    struct simb_intent intent;

    if (simb_get_intent(call, &intent) < 0 ||
        simb_get_bool(call, "computeCommissionRates", &with_rates) < 0 ||
        simb_check_filters(call, &intent) < 0)
        return -1;
    jout_open(call->out, '{');
    if (with_rates)
        simb_commission_fields(call, call->out, "CommissionForOrder", intent.sym, 0);
    jout_close(call->out, '{');
    return 0;
}

// The order a call names by id, by client id, or by both. *order NULL: there is none.
static int get_named(struct simb_call *call, const char *id_name, const char *client_name,
                     uint32_t sym, struct simb_order **order)
{
    const char *client = simb_param(call, client_name);
    int64_t id = 0;
    int has;

    *order = NULL;
    if (simb_get_int(call, id_name, &id, &has) < 0)
        return -1;
    if (!has && (!client || !*client))
        return simb_fail(call, 400, -1102,
                         "Param '%s' or '%s' must be sent, but both were empty/null!", client_name,
                         id_name);
    if (has)
        *order = simb_find_id(call->b, call->account, sym, (uint64_t)id);
    else
        *order = simb_find_client(call->b, call->account, sym, client);
    if (has && client && *order && strcmp((*order)->client, client) != 0)
        return simb_fail(call, 400, -2039, "Client order ID is not correct for this order ID.");
    return 0;
}

int simb_order_query(struct simb_call *call)
{
    const struct simb_order *seen;
    struct simb_order *order;
    uint32_t sym;

    if (simb_want_symbol(call, &sym) < 0 ||
        get_named(call, "orderId", "origClientOrderId", sym, &order) < 0)
        return -1;
    seen = simb_past_order(call, order);
    if (!seen)
        return simb_fail(call, 400, -2013, "Order does not exist.");
    put_queried(call->b, call->out, seen);
    return 0;
}

static int cancel(struct simb_call *call, struct simb_order *order, const char *new_client)
{
    if (!order || !order->is_open)
        return simb_fail(call, 400, -2011, "Unknown order sent.");
    if (new_client)
        strcpy(order->shown_client, new_client);
    else
        simb_random_text(call->b, order->shown_client, 22);
    if (pit_cancel(call->b->sim.pit, order->id) != MATCH_OK)
        return simb_fail(call, 400, -2011, "Unknown order sent.");
    return 0;
}

static uint8_t get_restriction(const struct simb_call *call)
{
    const char *text = simb_param(call, "cancelRestrictions");

    if (!text)
        return SIMB_ANY_STATUS;
    return strcmp(text, "ONLY_NEW") == 0                ? SIMB_ONLY_NEW
           : strcmp(text, "ONLY_PARTIALLY_FILLED") == 0 ? SIMB_ONLY_PARTLY
                                                        : SIMB_BAD_RESTRICTION;
}

static int check_restriction(struct simb_call *call, const struct simb_order *order,
                             uint8_t restriction)
{
    enum simb_status only = restriction == SIMB_ONLY_NEW ? SIMB_NEW : SIMB_PARTIALLY_FILLED;

    if (restriction == SIMB_ANY_STATUS)
        return 0;
    if (restriction == SIMB_BAD_RESTRICTION)
        return simb_fail(call, 400, -1145, "Invalid cancelRestrictions");
    if (order && order->is_open && order->status != only)
        return simb_fail(call, 400, -2011, "Order was not canceled due to cancel restrictions.");
    return 0;
}

int simb_cancel_order(struct simb_call *call, struct simb_order *order, uint8_t restriction,
                      const char *new_client)
{
    if (check_restriction(call, order, restriction) < 0)
        return -1;
    return cancel(call, order, new_client);
}

int simb_modify_order(struct simb_call *call, struct simb_order *order, agon_px_t px,
                      agon_qty_t qty)
{
    int reason;

    if (check_rate(call) < 0)
        return -1;
    if (!order)
        return simb_fail(call, 400, -2013, "Order does not exist.");
    if (!order->is_open || (order->type != SIMB_LIMIT && order->type != SIMB_LIMIT_MAKER))
        return simb_fail(call, 400, -2011, "Unknown order sent.");
    if (px == order->px && qty == order->qty)
        return simb_fail(call, 400, -5027, "No need to modify the order.");
    count_order(call);
    // Lowered to what is filled already, it ends; so does a post-only one that would take.
    reason = qty <= order->filled_qty ? MATCH_WOULD_TAKE
                                      : pit_amend(call->b->sim.pit, order->id, px, qty);
    if (reason == MATCH_WOULD_TAKE)
        return cancel(call, order, NULL);
    return reason == MATCH_OK ? 0 : simb_refuse_engine(call, reason);
}

int simb_order_cancel(struct simb_call *call)
{
    struct simb_order *order;
    const char *new_client;
    uint32_t sym;

    if (simb_want_symbol(call, &sym) < 0 ||
        get_named(call, "orderId", "origClientOrderId", sym, &order) < 0 ||
        simb_get_client_id(call, "newClientOrderId", &new_client) < 0 ||
        simb_cancel_order(call, order, get_restriction(call), new_client) < 0)
        return -1;
    put_cancelled(call->b, call->out, order);
    return 0;
}

static int get_replace_modes(struct simb_call *call, struct simb_replacing *how)
{
    const char *text;

    if (simb_want(call, "cancelReplaceMode", &text) < 0)
        return -1;
    how->is_stop = strcmp(text, "STOP_ON_FAILURE") == 0;
    if (!how->is_stop && strcmp(text, "ALLOW_FAILURE") != 0)
        return simb_fail(call, 400, -1130,
                         "Data sent for parameter 'cancelReplaceMode' is not valid.");
    text = simb_param(call, "orderRateLimitExceededMode");
    how->is_cancel_only = text && strcmp(text, "CANCEL_ONLY") == 0;
    if (text && !how->is_cancel_only && strcmp(text, "DO_NOTHING") != 0)
        return simb_fail(call, 400, -1130,
                         "Data sent for parameter 'orderRateLimitExceededMode' is not valid.");
    how->restriction = get_restriction(call);
    return 0;
}

static void keep_failure(const struct simb_call *call, struct simb_half *half)
{
    half->status = call->status;
    half->code = call->code;
    memcpy(half->msg, call->msg, sizeof(half->msg));
}

int simb_replace_order(struct simb_call *call, struct simb_order *old,
                       const struct simb_intent *intent, const struct simb_replacing *how,
                       struct simb_replaced *done)
{
    memset(done, 0, sizeof(*done));
    if (simb_check_filters(call, intent) < 0)
        return -1;
    done->is_over = check_rate(call) < 0;
    if (done->is_over && !how->is_cancel_only)
        return -1;
    if (done->is_over)
        keep_failure(call, &done->place_half);
    done->is_cancelled = simb_cancel_order(call, old, how->restriction, how->cancel_client) == 0;
    if (!done->is_cancelled)
        keep_failure(call, &done->cancel_half);
    if (done->is_over) {
        done->is_tried = done->is_cancelled;
    } else if (done->is_cancelled || !how->is_stop) {
        done->is_tried = 1;
        if (place(call, intent, &done->placed) < 0)
            keep_failure(call, &done->place_half);
    } else {
        count_order(call); // one that was not tried counts as well
    }
    return 0;
}

int simb_judge_replaced(struct simb_call *call, const struct simb_replaced *done)
{
    if (done->is_cancelled && done->placed)
        return 0;
    if (done->is_over)
        return simb_fail(call, 429, done->is_cancelled ? -2021 : -2022,
                         done->is_cancelled ? "Order cancel-replace partially failed."
                                            : "Order cancel-replace failed.");
    if (done->is_cancelled || done->placed)
        return simb_fail(call, 409, -2021, "Order cancel-replace partially failed.");
    return simb_fail(call, 400, -2022, "Order cancel-replace failed.");
}

static void put_half_error(struct jout *out, const char *key, const struct simb_half *half)
{
    jout_key(out, key);
    jout_open(out, '{');
    jout_kv_int(out, "code", half->code);
    jout_kv_str(out, "msg", half->msg);
    jout_close(out, '{');
}

int simb_order_replace(struct simb_call *call)
{
    struct simb *b = call->b;
    uint64_t fills_from = b->n_fills;
    struct simb_replacing how = {0};
    struct simb_replaced done;
    struct simb_order *old;
    struct simb_intent intent;
    struct jout *out;
    int rc;

    if (simb_get_intent(call, &intent) < 0 || get_replace_modes(call, &how) < 0 ||
        get_named(call, "cancelOrderId", "cancelOrigClientOrderId", intent.sym, &old) < 0 ||
        simb_get_client_id(call, "cancelNewClientOrderId", &how.cancel_client) < 0 ||
        simb_replace_order(call, old, &intent, &how, &done) < 0)
        return -1;
    rc = simb_judge_replaced(call, &done);
    out = rc == 0 ? call->out : &b->data;
    if (out == &b->data) {
        jout_reset(out);
        out->is_micro = call->out->is_micro;
    }
    jout_open(out, '{');
    jout_kv_str(out, "cancelResult", done.is_cancelled ? "SUCCESS" : "FAILURE");
    jout_kv_str(out, "newOrderResult",
                done.placed     ? "SUCCESS"
                : done.is_tried ? "FAILURE"
                                : "NOT_ATTEMPTED");
    if (done.is_cancelled) {
        jout_key(out, "cancelResponse");
        put_cancelled(b, out, old);
    } else {
        put_half_error(out, "cancelResponse", &done.cancel_half);
    }
    if (done.placed) {
        jout_key(out, "newOrderResponse");
        put_placed(b, out, done.placed, intent.resp, fills_from);
    } else if (done.is_tried) {
        put_half_error(out, "newOrderResponse", &done.place_half);
    } else {
        jout_key(out, "newOrderResponse");
        jout_null(out);
    }
    jout_close(out, '{');
    call->has_data = rc < 0;
    return rc;
}

int simb_order_amend(struct simb_call *call)
{
    struct simb *b = call->b;
    struct jout *out = call->out;
    struct simb_order *order;
    const char *new_client, *text;
    char random_client[SIMB_CLIENT_TEXT];
    agon_qty_t qty;
    uint32_t sym;
    int has, reason;

    if (simb_want_symbol(call, &sym) < 0 || simb_want(call, "newQty", &text) < 0 ||
        simb_get_dec(call, "newQty", &qty, &has) < 0 ||
        get_named(call, "orderId", "origClientOrderId", sym, &order) < 0 ||
        simb_get_client_id(call, "newClientOrderId", &new_client) < 0)
        return -1;
    if (!order || !order->is_open)
        return simb_fail(call, 400, -2038, "Unknown order sent.");
    if (qty == 0)
        return simb_fail(call, 400, -1013, "Invalid quantity.");
    if (qty > order->qty)
        return simb_fail(call, 400, -2038, "Order amend (quantity increase) is not supported.");
    if (qty == order->qty)
        return simb_fail(call, 400, -2038, "The requested action would change no state; rejecting");
    strcpy(order->shown_client, order->client); // what it was called before
    if (!new_client) {
        simb_random_text(b, random_client, 22);
        new_client = random_client;
    }
    simb_rename(b, order, new_client);
    reason = pit_amend(b->sim.pit, order->id, order->px, qty);
    if (reason != MATCH_OK) {
        simb_rename(b, order, order->shown_client);
        return simb_refuse_engine(call, reason);
    }
    jout_open(out, '{');
    jout_kv_time(out, "transactTime", order->t_update);
    jout_kv_int(out, "executionId", (int64_t)b->n_executions);
    jout_key(out, "amendedOrder");
    jout_open(out, '{');
    jout_kv_str(out, "symbol", pit_at(b->sim.pit, sym)->name);
    jout_kv_int(out, "orderId", (int64_t)order->id);
    jout_kv_int(out, "orderListId", -1);
    jout_kv_str(out, "origClientOrderId", order->shown_client);
    jout_kv_str(out, "clientOrderId", order->client);
    jout_kv_dec(out, "price", order->px, SIMB_EXP);
    jout_kv_dec(out, "qty", order->qty, SIMB_EXP);
    jout_kv_dec(out, "executedQty", order->filled_qty, SIMB_EXP);
    jout_kv_dec(out, "preventedQty", order->prevented_qty, SIMB_EXP);
    jout_kv_dec(out, "quoteOrderQty", order->quote_order_amt, SIMB_EXP);
    jout_kv_dec(out, "cumulativeQuoteQty", order->filled_amt, SIMB_EXP);
    jout_kv_str(out, "status", simb_status_names[order->status]);
    jout_kv_str(out, "timeInForce", simb_tif_names[order->tif]);
    jout_kv_str(out, "type", simb_type_names[order->type]);
    jout_kv_str(out, "side", order->side == AGON_BUY ? "BUY" : "SELL");
    if (order->t_working)
        jout_kv_time(out, "workingTime", order->t_working);
    jout_kv_str(out, "selfTradePreventionMode", simb_stp_names[order->stp]);
    jout_close(out, '{');
    jout_close(out, '{');
    return 0;
}

uint32_t simb_weigh_open(struct simb_call *call)
{
    return simb_param(call, "symbol") ? 6 : 80;
}

int simb_open_orders(struct simb_call *call)
{
    struct simb *b = call->b;
    uint32_t sym = UINT32_MAX;

    if (simb_param(call, "symbol") && simb_want_symbol(call, &sym) < 0)
        return -1;
    jout_open(call->out, '[');
    for (uint32_t i = 0; i < b->n_orders; i++) {
        const struct simb_order *order = simb_past_order(call, b->orders[i]);

        if (order && order->is_open && order->account == call->account &&
            (sym == UINT32_MAX || order->sym == sym))
            put_queried(b, call->out, order);
    }
    jout_close(call->out, '[');
    return 0;
}

int simb_cancel_all(struct simb_call *call)
{
    struct simb *b = call->b;
    uint32_t sym, n = 0;

    if (simb_want_symbol(call, &sym) < 0)
        return -1;
    if (call->account->n_open[sym] == 0)
        return simb_fail(call, 400, -2011, "Unknown order sent.");
    jout_open(call->out, '[');
    for (uint32_t i = 0; i < b->n_orders; i++) {
        struct simb_order *order = b->orders[i];

        if (!order->is_open || order->account != call->account || order->sym != sym)
            continue;
        if (cancel(call, order, NULL) == 0) {
            put_cancelled(b, call->out, order);
            n++;
        }
    }
    jout_close(call->out, '[');
    return n > 0 ? 0 : -1;
}

int simb_all_orders(struct simb_call *call)
{
    struct simb *b = call->b;
    int64_t id = 0, limit, count = 0;
    agon_ns_t start = 0, end = INT64_MAX;
    int has_id, has_start, has_end;
    uint32_t sym;

    if (simb_want_symbol(call, &sym) < 0 || simb_get_int(call, "orderId", &id, &has_id) < 0 ||
        simb_get_limit(call, 500, 1000, &limit) < 0 ||
        simb_get_time(call, "startTime", &start, &has_start) < 0 ||
        simb_get_time(call, "endTime", &end, &has_end) < 0)
        return -1;
    if (has_start && has_end && end - start > 1440 * SIMB_NS_PER_MIN)
        return simb_fail(call, 400, -1127, "More than 24 hours between startTime and endTime.");
    for (int pass = 0; pass < 2; pass++) {
        // The newest are wanted unless there is a beginning: the first pass counts.
        int64_t skip = has_id || has_start || count <= limit ? 0 : count - limit, n = 0;

        if (pass == 1)
            jout_open(call->out, '[');
        for (uint32_t i = 0; i < b->n_orders && n - skip < limit; i++) {
            const struct simb_order *order = simb_past_order(call, b->orders[i]);
            agon_ns_t ms = order ? order->t_create - order->t_create % SIMB_NS_PER_MS : 0;

            if (!order || order->account != call->account || order->sym != sym ||
                order->id < (uint64_t)id || ms < start || ms > end)
                continue;
            if (pass == 1 && n >= skip)
                put_queried(b, call->out, order);
            n++;
            if (pass == 0)
                skip = n; // never stop while counting
        }
        count = n;
    }
    jout_close(call->out, '[');
    return 0;
}

int simb_refuse_list(struct simb_call *call)
{
    return simb_fail(call, 400, -2010, "OCO orders are not supported for this symbol");
}
