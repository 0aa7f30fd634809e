// SPDX-License-Identifier: Apache-2.0
/* orders: the life of an order, from what was asked through the engine to what is told of it. */
#include <stdlib.h>

#include "base/num.h"
#include "sim/kraken/simk.h"

const char *const simk_types[] = {"market",          "limit",       "stop-loss",
                                  "stop-loss-limit", "take-profit", "take-profit-limit"};
const char *const simk_statuses[] = {"open", "closed", "canceled", "expired"};

int simk_type_of(const char *text)
{
    for (int i = 0; text && i < SIMK_TYPES; i++)
        if (strcmp(simk_types[i], text) == 0)
            return i;
    return -1;
}

int simk_has_px(int type)
{
    return type == SIMK_LIMIT || type == SIMK_STOP_LIMIT || type == SIMK_TAKE_LIMIT;
}

int simk_has_stop(int type)
{
    return type >= SIMK_STOP;
}

/* --- which one is it --- */

struct simk_order *simk_order_at(const struct simk *k, uint64_t n)
{
    struct simk_order *order = n ? k->orders[n & (SIMK_ORDERS_KEPT - 1)] : NULL;

    return order && order->n == n ? order : NULL;
}

struct simk_order *simk_find(const struct simk *k, const struct simk_account *account,
                             const char *id)
{
    struct simk_order *order = id[0] == 'O' ? simk_order_at(k, simk_number(k, id)) : NULL;

    return order && order->account == account ? order : NULL;
}

struct simk_order *simk_find_client(const struct simk *k, const struct simk_account *account,
                                    const char *client)
{
    for (uint64_t n = k->n_orders; n > 0 && k->n_orders - n < SIMK_ORDERS_KEPT; n--) {
        struct simk_order *order = simk_order_at(k, n);

        if (order && order->account == account && strcmp(order->client, client) == 0)
            return order;
    }
    return NULL;
}

/* --- what happened to one --- */

static void leave(struct simk_order *order, enum simk_status status, agon_ns_t t,
                  const char *reason)
{
    order->status = (uint8_t)status;
    order->t_close = t;
    order->reason = reason;
    order->account->n_open[order->sym]--;
}

static void log_effect(struct simk *k, const struct simk_order *order, const char *kind,
                       const struct match_event *event, uint64_t trade_id)
{
    struct jout *line = &k->line;
    char id[SIMK_ID_TEXT];

    if (!k->config.sink.log)
        return;
    jout_reset(line);
    jout_open(line, '{');
    jout_kv_str(line, "kind", "effect");
    jout_kv_int(line, "t_market_ns", event->t);
    jout_kv_int(line, "t_transport_ns", k->now.transport);
    jout_kv_str(line, "key", order->account->member->key);
    jout_kv_str(line, "what", kind);
    jout_kv_str(line, "symbol", pit_at(k->pit, order->sym)->name);
    jout_kv_str(line, "orderId", simk_id(k, 'O', order->n, id));
    jout_kv_str(line, "clientOrderId", order->client);
    jout_kv_str(line, "side", order->side == AGON_BUY ? "BUY" : "SELL");
    jout_kv_str(line, "type", simk_types[order->type]);
    jout_kv_str(line, "status", simk_statuses[order->status]);
    jout_kv_dec(line, "price", order->px, SIMK_EXP);
    jout_kv_dec(line, "qty", order->qty, SIMK_EXP);
    jout_kv_dec(line, "executedQty", order->filled_qty, SIMK_EXP);
    if (event->kind == MATCH_TRADE) {
        jout_kv_int(line, "tradeId", (int64_t)trade_id);
        jout_kv_dec(line, "lastPrice", event->px, SIMK_EXP);
        jout_kv_dec(line, "lastQty", event->qty, SIMK_EXP);
        jout_kv_dec(line, "fee", event->fee_amt, SIMK_EXP);
        jout_kv_str(line, "feeAsset", instruments_asset(pit_table(k->pit), event->fee_asset)->name);
        jout_kv_bool(line, "isMaker", event->is_maker);
    }
    jout_close(line, '{');
    simk_log(k, line);
}

static void on_trade(struct simk *k, struct simk_order *order, const struct match_event *event,
                     uint64_t trade_id)
{
    struct simk_fill *fill = &k->fills[k->n_fills & (SIMK_FILLS_KEPT - 1)];
    int is_in_base = event->fee_asset ==
                     instruments_find_asset(pit_table(k->pit), pit_at(k->pit, order->sym)->base);

    *fill = (struct simk_fill){.n = ++k->n_fills,
                               .order_n = order->n,
                               .trade_id = trade_id,
                               .account = order->account,
                               .sym = order->sym,
                               .side = order->side,
                               .type = order->type,
                               .is_maker = event->is_maker,
                               .fee_asset = event->fee_asset,
                               .px = event->px,
                               .qty = event->qty,
                               .amt = event->quote_amt,
                               .fee_amt = event->fee_amt,
                               .t = event->t};
    order->filled_qty = event->order->filled_qty;
    order->cost_amt = event->order->filled_quote_amt;
    // An order's fee is told in the quote.
    order->fee_amt +=
        is_in_base ? num_notional(event->px, SIMK_EXP, event->fee_amt, SIMK_EXP, SIMK_EXP, NUM_UP)
                   : event->fee_amt;
    if (order->is_by_cost)
        order->qty = order->filled_qty;
    simk_tell(k, order, "trade", fill);
    simk_tell_ledger(k, order->account, fill);
    if (event->order->state == AGON_ORDER_FILLED) {
        leave(order, SIMK_CLOSED, event->t, NULL);
        simk_tell(k, order, "filled", NULL);
    }
}

static void on_expired(struct simk *k, struct simk_order *order, const struct match_event *event)
{
    if (event->reason == MATCH_TIMED_OUT) {
        leave(order, SIMK_EXPIRED, event->t, "Order expired");
        simk_tell(k, order, "expired", NULL);
        return;
    }
    leave(order, SIMK_CANCELED, event->t,
          event->reason == MATCH_SELF_TRADE   ? "Self trade prevention"
          : event->reason == MATCH_WOULD_TAKE ? "Post only order"
          : event->reason == MATCH_NO_FUNDS   ? "Insufficient funds"
          : order->tif == AGON_TIF_IOC        ? "Immediate or cancel"
          : order->tif == AGON_TIF_FOK        ? "Fill or kill"
                                              : "Insufficient liquidity");
    simk_tell(k, order, "canceled", NULL);
}

void simk_on_order(void *ctx, uint32_t sym, const struct match_event *event, uint64_t trade_id)
{
    struct simk_order *order = (struct simk_order *)(uintptr_t)event->order->tag;
    struct simk *k = ctx;
    const char *kind = "";

    (void)sym;
    switch (event->kind) {
    case MATCH_REJECTED:
        k->submit_reason = event->reason;
        return;
    case MATCH_ACCEPTED:
        order->engine_id = event->order->id;
        order->t_open = event->t;
        order->account->n_open[order->sym]++;
        k->orders[order->n & (SIMK_ORDERS_KEPT - 1)] = order;
        simk_tell(k, order, "pending_new", NULL);
        simk_tell(k, order, "new", NULL);
        kind = "NEW";
        break;
    case MATCH_TRADE:
        on_trade(k, order, event, trade_id);
        kind = "TRADE";
        break;
    case MATCH_CANCELLED:
        leave(order, SIMK_CANCELED, event->t, k->why ? k->why : "User requested");
        simk_tell(k, order, "canceled", NULL);
        kind = "CANCELED";
        break;
    case MATCH_EXPIRED:
        on_expired(k, order, event);
        kind = order->status == SIMK_EXPIRED ? "EXPIRED" : "CANCELED";
        break;
    case MATCH_TRIGGERED:
        order->is_triggered = 1;
        simk_tell(k, order, "status", NULL);
        kind = "NEW";
        break;
    case MATCH_AMENDED:
        order->px = event->order->px;
        order->qty = event->order->qty;
        simk_tell(k, order, "amended", NULL);
        kind = "REPLACED";
        break;
    default:
        return;
    }
    log_effect(k, order, kind, event, trade_id);
}

/* --- what is counted --- */

/* By how long the order has rested; the first where it is younger. */
static int64_t by_age(const struct simk *k, const struct simk_order *order, const int8_t adds[6])
{
    static const int limits_s[6] = {5, 10, 15, 45, 90, 300};
    agon_ns_t age = k->now.transport - order->t_touched;

    for (int i = 0; i < 6; i++)
        if (age < limits_s[i] * SIMK_NS_PER_S)
            return adds[i];
    return 0;
}

/* What is asked of a pair counts whether it is done or not. Beyond the limit nothing is done. */
static int count_order(struct simk_call *call, uint32_t sym, int64_t add)
{
    const struct simk_tier *tier = call->account->tier;

    return simk_count(&call->account->rate[sym], call->k->now.transport, add, tier->rate_max,
                      tier->rate_milli_per_s)
               ? 0
               : simk_fail(call, "EOrder:Rate limit exceeded");
}

static int refuse_engine(struct simk_call *call, int reason, const struct simk_wish *wish)
{
    const struct pit_symbol *symbol = pit_at(call->k->pit, wish->sym);
    const char *text = "EGeneral:Invalid arguments";

    switch (reason) {
    case MATCH_BAD_PRICE:
        if ((wish->px | wish->stop_px) % num_pow10(SIMK_EXP - simk_decimals(symbol->tick_px)) != 0)
            return simk_fail(call,
                             "EOrder:Invalid price:%s price can only be specified up to %d "
                             "decimals.",
                             symbol->name, simk_decimals(symbol->tick_px));
        text = "EOrder:Invalid price";
        break;
    case MATCH_BAD_QTY:
    case MATCH_BAD_MARKET_QTY:
    case MATCH_TOO_LARGE:
        text = wish->qty < symbol->min_qty ? "EGeneral:Invalid arguments:volume minimum not met"
                                           : "EGeneral:Invalid arguments:volume";
        break;
    case MATCH_BAD_NOTIONAL:
        text = "EOrder:Cost minimum not met";
        break;
    case MATCH_NO_FUNDS:
        text = "EOrder:Insufficient funds";
        break;
    case MATCH_WOULD_TAKE:
        text = "EOrder:Post only order";
        break;
    case MATCH_WOULD_TRIGGER:
        text = "EOrder:Invalid price";
        break;
    case MATCH_NO_ROOM:
    case MATCH_MANY_ORDERS:
    case MATCH_MANY_STOPS:
        text = "EOrder:Orders limit exceeded";
        break;
    case MATCH_NOT_TRADING:
        text = "EService:Market in cancel_only mode";
        break;
    case MATCH_UNKNOWN_ORDER:
        text = "EOrder:Unknown order";
        break;
    default:
        break;
    }
    return simk_fail(call, "%s", text);
}

/* --- what is asked --- */

static struct match_order to_engine(const struct simk_call *call, const struct simk_wish *wish,
                                    struct simk_order *order)
{
    static const uint8_t types[SIMK_TYPES] = {AGON_MARKET,     AGON_LIMIT, AGON_STOP,
                                              AGON_STOP_LIMIT, AGON_STOP,  AGON_STOP_LIMIT};

    return (struct match_order){
        .tag = (uint64_t)(uintptr_t)order,
        .owner = call->account->owner,
        .instrument = pit_instrument(call->k->pit, wish->sym),
        .side = wish->side,
        .type = types[wish->type],
        .tif = simk_has_px(wish->type) ? wish->tif : 0,
        .stp = wish->stp,
        .flags = wish->is_post ? AGON_POST_ONLY : 0,
        .is_take_profit = wish->type >= SIMK_TAKE,
        .px = wish->px,
        .trigger_px = wish->stop_px,
        .qty = wish->qty,
        .quote_amt = wish->cost_amt,
        .t_expire = wish->tif == AGON_TIF_GTD ? wish->t_expire : 0,
    };
}

static int check(struct simk_call *call, const struct simk_wish *wish)
{
    struct match_order asked = to_engine(call, wish, NULL);
    struct simk_order *twin;
    int reason;

    if (call->account->n_open[wish->sym] >= call->account->tier->open_max)
        return simk_fail(call, "EOrder:Orders limit exceeded");
    twin = wish->client ? simk_find_client(call->k, call->account, wish->client) : NULL;
    if (twin && twin->status == SIMK_OPEN)
        return simk_fail(call, "EGeneral:Invalid arguments:cl_ord_id");
    reason = wish->cost_amt > 0
                 ? pit_check_amount(call->k->pit, wish->sym, wish->side, wish->cost_amt)
                 : pit_check(call->k->pit, &asked);
    return reason == MATCH_OK ? 0 : refuse_engine(call, reason, wish);
}

static struct simk_order *make_order(struct simk_call *call, const struct simk_wish *wish)
{
    struct simk_order *order = calloc(1, sizeof(*order));

    REQUIRE(order != NULL);
    *order = (struct simk_order){.n = call->k->n_orders + 1,
                                 .account = call->account,
                                 .sym = wish->sym,
                                 .side = wish->side,
                                 .type = wish->type,
                                 .tif = wish->tif,
                                 .is_post = wish->is_post,
                                 .is_by_cost = wish->cost_amt > 0,
                                 .has_userref = wish->has_userref,
                                 .userref = wish->userref,
                                 .px = wish->px,
                                 .stop_px = wish->stop_px,
                                 .qty = wish->qty,
                                 .asked_amt = wish->cost_amt,
                                 .t_expire = wish->t_expire,
                                 .t_touched = call->k->now.transport};
    if (wish->client)
        strcpy(order->client, wish->client);
    return order;
}

static int submit(struct simk_call *call, const struct simk_wish *wish, struct simk_order **placed)
{
    struct simk *k = call->k;
    struct simk_order **place = &k->orders[(k->n_orders + 1) & (SIMK_ORDERS_KEPT - 1)];
    struct match_order asked;
    uint64_t id;
    int reason;

    if (*place && (*place)->status == SIMK_OPEN)
        return simk_fail(call, "EOrder:Orders limit exceeded");
    free(*place);
    *place = NULL;
    *placed = make_order(call, wish);
    asked = to_engine(call, wish, *placed);
    k->submit_reason = MATCH_OK;
    k->n_orders++; // what the engine tells at once is of this one
    reason = pit_submit(k->pit, &asked, &id);
    if (reason == MATCH_OK)
        reason = k->submit_reason;
    if (reason == MATCH_OK)
        return 0;
    k->n_orders--;
    free(*placed);
    *placed = NULL;
    return refuse_engine(call, reason, wish);
}

int simk_place(struct simk_call *call, const struct simk_wish *wish, struct simk_order **placed)
{
    *placed = NULL;
    if (count_order(call, wish->sym, 1) < 0 || check(call, wish) < 0)
        return -1;
    return wish->is_checked_only ? 0 : submit(call, wish, placed);
}

/* A cancel counts, and is taken whatever the count is. */
int simk_cancel(struct simk_call *call, struct simk_order *order)
{
    static const int8_t adds[6] = {8, 6, 5, 4, 2, 1};
    const struct simk_tier *tier = call->account->tier;

    if (!order || order->status != SIMK_OPEN)
        return simk_fail(call, "EOrder:Unknown order");
    simk_count(&call->account->rate[order->sym], call->k->now.transport,
               by_age(call->k, order, adds), INT32_MAX, tier->rate_milli_per_s);
    return pit_cancel(call->k->pit, order->engine_id) == MATCH_OK
               ? 0
               : simk_fail(call, "EOrder:Unknown order");
}

uint32_t simk_cancel_all(struct simk *k, const struct simk_account *account, const char *why)
{
    uint64_t first = k->n_orders > SIMK_ORDERS_KEPT ? k->n_orders - SIMK_ORDERS_KEPT : 0;
    uint32_t n = 0;

    k->why = why;
    for (uint64_t i = first + 1; i <= k->n_orders; i++) {
        struct simk_order *order = simk_order_at(k, i);

        if (order && order->account == account && order->status == SIMK_OPEN)
            n += pit_cancel(k->pit, order->engine_id) == MATCH_OK;
    }
    k->why = NULL;
    return n;
}

int simk_amend(struct simk_call *call, struct simk_order *order, uint32_t has,
               const struct simk_wish *wish)
{
    static const int8_t adds[6] = {3, 2, 1, 0, 0, 0};
    struct simk_wish now;
    int reason;

    if (!order || order->status != SIMK_OPEN)
        return simk_fail(call, "EOrder:Unknown order");
    if (count_order(call, order->sym, 1 + by_age(call->k, order, adds)) < 0)
        return -1;
    if (has == 0 || ((has & 1) && !simk_has_px(order->type)) || (has & 4) || order->is_by_cost)
        return simk_fail(call, "EGeneral:Invalid arguments");
    now = (struct simk_wish){.sym = order->sym,
                             .px = has & 1 ? wish->px : order->px,
                             .qty = has & 2 ? wish->qty : order->qty};
    // Lowered to what is filled already, the rest is cancelled.
    reason = now.qty <= order->filled_qty
                 ? pit_cancel(call->k->pit, order->engine_id)
                 : pit_amend(call->k->pit, order->engine_id, now.px, now.qty);
    if (reason != MATCH_OK)
        return refuse_engine(call, reason, &now);
    order->t_touched = call->k->now.transport;
    return 0;
}

/* A new order in the old one's place, with a new id and nothing of what was filled. */
int simk_edit(struct simk_call *call, struct simk_order *order, uint32_t has,
              const struct simk_wish *wish, struct simk_order **placed)
{
    static const int8_t adds[6] = {6, 5, 4, 2, 1, 0};
    struct simk_wish now;
    int rc;

    *placed = NULL;
    if (!order || order->status != SIMK_OPEN)
        return simk_fail(call, "EOrder:Unknown order");
    if (count_order(call, order->sym, 1 + by_age(call->k, order, adds)) < 0)
        return -1;
    if (has == 0 || ((has & 1) && !simk_has_px(order->type)) ||
        ((has & 4) && !simk_has_stop(order->type)) || order->is_by_cost)
        return simk_fail(call, "EGeneral:Invalid arguments");
    now = (struct simk_wish){.sym = order->sym,
                             .side = order->side,
                             .type = order->type,
                             .tif = order->tif,
                             .stp = MATCH_STP_EXPIRE_TAKER,
                             .is_post = wish->is_post || order->is_post,
                             .has_userref = wish->has_userref,
                             .userref = wish->userref,
                             .px = has & 1 ? wish->px : order->px,
                             .stop_px = has & 4 ? wish->stop_px : order->stop_px,
                             .qty = has & 2 ? wish->qty : order->qty,
                             .t_expire = order->t_expire};
    if (now.qty <= order->filled_qty)
        return simk_fail(call, "EGeneral:Invalid arguments:volume");
    if (check(call, &now) < 0)
        return -1;
    call->k->why = "Order replaced";
    rc = pit_cancel(call->k->pit, order->engine_id);
    call->k->why = NULL;
    return rc == MATCH_OK ? submit(call, &now, placed) : simk_fail(call, "EOrder:Unknown order");
}
