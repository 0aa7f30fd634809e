// SPDX-License-Identifier: Apache-2.0
/* um_orders: requests about orders, and what is answered; what was asked is read in um_asked.c. */
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "base/num.h"
#include "sim/binance/um.h"

#define BATCH_MAX   5
#define CANCELS_MAX 10

const char *const um_type_names[] = {"LIMIT",
                                     "MARKET",
                                     "STOP",
                                     "STOP_MARKET",
                                     "TAKE_PROFIT",
                                     "TAKE_PROFIT_MARKET",
                                     "TRAILING_STOP_MARKET"};
const char *const um_side_names[] = {"BOTH", "LONG", "SHORT"};
const char *const um_working_names[] = {"CONTRACT_PRICE", "MARK_PRICE"};
const char *const um_tif_names[] = {"GTC", "GTC", "IOC", "FOK", "GTD"};

/* --- placing --- */

static int check_rate(struct simb_call *call, uint32_t n)
{
    struct simb_account *account = call->account;
    agon_ns_t now = call->now->transport, ten = 10 * SIMB_NS_PER_S;
    agon_ns_t minute = call->b->venue->orders_long_ns;
    uint32_t weight, per_10s, per_min;

    simb_limits(call->b, &weight, &per_10s, &per_min);
    if (simb_window_get(&account->orders_10s, now, ten) + n > per_10s) {
        call->retry_at = (now / ten + 1) * ten;
        return simb_fail(call, 429, -1015,
                         "Too many new orders; current limit is %u orders per 10 SECOND.", per_10s);
    }
    if (simb_window_get(&account->orders_long, now, minute) + n > per_min) {
        call->retry_at = (now / minute + 1) * minute;
        return simb_fail(call, 429, -1015,
                         "Too many new orders; current limit is %u orders per 1 MINUTE.", per_min);
    }
    simb_window_add(&account->orders_10s, now, ten, n);
    simb_window_add(&account->orders_long, now, minute, n);
    call->has_order_count = 1;
    return 0;
}

static struct simb_order *make_order(struct simb_call *call, const struct um_intent *intent)
{
    struct simb_order *order = calloc(1, sizeof(*order));
    struct simum_order *um = calloc(1, sizeof(*um));

    REQUIRE(order != NULL && um != NULL);
    order->um = um;
    order->account = call->account;
    order->sym = intent->sym;
    order->side = intent->side;
    order->type = um->orig_type = intent->type;
    order->tif = intent->tif;
    order->stp = intent->stp;
    order->px = intent->px;
    order->stop_px = intent->stop_px;
    order->qty = intent->qty;
    order->is_conditional = um_is_conditional(intent->type) != 0;
    order->t_placed = call->now->transport;
    um->side = (uint8_t)intent->ps;
    um->working = intent->working;
    um->is_reduce_only = intent->is_reduce_only;
    um->is_close = intent->is_close;
    um->is_protected = intent->is_protected;
    um->is_post_only = intent->is_post_only;
    um->callback_ppb = intent->callback_ppb;
    um->activate_px = intent->activate_px;
    um->good_till = intent->good_till;
    um->is_algo = intent->is_algo;
    if (intent->client && *intent->client)
        strcpy(order->client, intent->client);
    else
        simb_random_text(call->b, order->client, 22);
    return order;
}

static int place_waiting(struct simb_call *call, struct simb_order *order)
{
    struct simb *b = call->b;
    agon_px_t px = um_trigger_px(b, order->sym, order->um->working);
    agon_ns_t now = pit_now(b->sim.pit);
    const struct match_event event = {.kind = MATCH_ACCEPTED, .t = now};

    if (order->type == UM_TRAILING_STOP_MARKET) {
        // Without a price to wait for it follows at once.
        order->um->is_active = order->um->activate_px == 0;
        order->um->peak_px = px;
        if (order->um->activate_px == 0)
            order->um->activate_px = px;
    } else if (px > 0 && um_is_reached(order, px, px)) {
        free(order->um);
        free(order);
        return simb_fail(call, 400, -2021, "Order would immediately trigger.");
    }
    order->um->is_waiting = 1;
    order->id = b->um->next_id++;
    order->t_create = order->t_update = now;
    simb_enter(b, order);
    um_open_add(b, order);
    um_report(b, order, "NEW", &event, 0, 0);
    simb_log_effect(b, order, "NEW", &event, 0);
    return 0;
}

// The newest is what a client means by an id that it uses again. Conditional orders of their own
// service have ids of their own.
static struct simb_order *find_client(struct simb_call *call, uint32_t sym, const char *client,
                                      int is_algo)
{
    struct simb_order *order = simb_find_client(call->b, call->account, sym, client);

    while (order && (order->account != call->account || order->sym != sym ||
                     order->um->is_algo != is_algo || strcmp(order->client, client) != 0))
        order = order->next_in_bucket;
    return order;
}

static struct simb_order *find_id(struct simb_call *call, uint32_t sym, uint64_t id, int is_algo)
{
    struct simb_order *order = simb_find_id(call->b, call->account, sym, id);

    return order && order->um->is_algo == is_algo ? order : NULL;
}

static int place(struct simb_call *call, struct um_intent *intent, struct simb_order **placed)
{
    struct simb *b = call->b;
    struct simb_order *order, *twin;
    int reason;

    *placed = NULL;
    twin = intent->client ? find_client(call, intent->sym, intent->client, intent->is_algo) : NULL;
    if (twin && twin->is_open)
        return simb_fail(call, 400, -4116, "ClientOrderId is duplicated.");
    if (um_fit_reduction(call, intent) < 0)
        return -1;
    // What waits for its trigger is judged when it has come.
    if (!um_is_conditional(intent->type) && !intent->is_reduce_only &&
        (um_check_margin(call, intent) < 0 || um_check_fok(call, intent) < 0))
        return -1;
    simb_make_room(b);
    if (b->n_orders == SIMB_ORDERS_KEPT)
        return um_refuse_engine(call, MATCH_NO_ROOM);
    order = make_order(call, intent);
    if (um_is_conditional(intent->type)) {
        if (place_waiting(call, order) < 0)
            return -1;
        *placed = order;
        return 0;
    }
    reason = um_submit(b, order);
    if (reason != MATCH_OK) {
        free(order->um);
        free(order);
        return um_refuse_engine(call, reason);
    }
    *placed = order;
    return 0;
}

/* --- what is answered --- */

static void put_avg_px(struct simb *b, struct jout *out, const char *key,
                       const struct simb_order *order)
{
    agon_px_t px = order->filled_qty ? num_mul_div(order->filled_amt, num_pow10(SIMB_EXP),
                                                   order->filled_qty, NUM_EVEN)
                                     : 0;

    jout_kv_dec(out, key, num_div(px, num_pow10(3), NUM_EVEN), SIMB_EXP - 3);
    (void)b;
}

static void put_order(struct simb *b, struct jout *out, const struct simb_order *order, int resp,
                      int with_time)
{
    const struct simum_order *um = order->um;
    static const struct simb_order none;
    const struct simb_order *filled = resp == RESP_ACK ? &none : order;

    jout_open(out, '{');
    jout_kv_int(out, "orderId", (int64_t)order->id);
    jout_kv_str(out, "symbol", pit_at(b->sim.pit, order->sym)->name);
    jout_kv_str(out, "status", simb_status_names[resp == RESP_ACK ? SIMB_NEW : order->status]);
    jout_kv_str(out, "clientOrderId", order->client);
    um_put_px(b, out, "price", order->sym, order->px);
    put_avg_px(b, out, "avgPrice", filled);
    um_put_qty(b, out, "origQty", order->sym, order->qty);
    um_put_qty(b, out, "executedQty", order->sym, filled->filled_qty);
    if (!with_time)
        um_put_qty(b, out, "cumQty", order->sym, filled->filled_qty);
    jout_kv_dec(out, "cumQuote", filled->filled_amt, SIMB_EXP);
    jout_kv_str(out, "timeInForce", um->is_post_only ? "GTX" : um_tif_names[order->tif]);
    jout_kv_str(out, "type", um_type_names[order->type]);
    jout_kv_bool(out, "reduceOnly", um->is_reduce_only);
    jout_kv_bool(out, "closePosition", um->is_close);
    jout_kv_str(out, "side", order->side == AGON_BUY ? "BUY" : "SELL");
    jout_kv_str(out, "positionSide", um_side_names[um->side]);
    um_put_px(b, out, "stopPrice", order->sym, order->stop_px);
    jout_kv_str(out, "workingType", um_working_names[um->working]);
    jout_kv_bool(out, "priceProtect", um->is_protected);
    jout_kv_str(out, "origType", um_type_names[um->orig_type]);
    if (um->orig_type == UM_TRAILING_STOP_MARKET) {
        um_put_px(b, out, "activatePrice", order->sym, um->activate_px);
        jout_key(out, "priceRate");
        simb_put_num(out, (int64_t)um->callback_ppb * 10, 1);
    }
    jout_kv_str(out, "priceMatch", "NONE");
    jout_kv_str(out, "selfTradePreventionMode", simb_stp_names[order->stp]);
    jout_kv_time(out, "goodTillDate", um->good_till);
    if (with_time)
        jout_kv_time(out, "time", order->t_create);
    jout_kv_time(out, "updateTime", order->t_update);
    jout_close(out, '{');
}

/* --- handlers --- */

static int new_one(struct simb_call *call, struct jout *out)
{
    struct simb_order *order;
    struct um_intent intent;

    if (um_get_intent(call, &intent) < 0 || um_check_filters(call, &intent) < 0 ||
        place(call, &intent, &order) < 0)
        return -1;
    put_order(call->b, out, order, intent.resp, 0);
    return 0;
}

int um_order_new(struct simb_call *call)
{
    return check_rate(call, 1) < 0 ? -1 : new_one(call, call->out);
}

int um_order_test(struct simb_call *call)
{
    struct um_intent intent;

    if (um_get_intent(call, &intent) < 0 || um_check_filters(call, &intent) < 0)
        return -1;
    return simb_ping(call);
}

// By id or by client id; *order NULL: there is none.
static int get_named(struct simb_call *call, uint32_t sym, struct simb_order **order)
{
    const char *client = simb_param(call, "origClientOrderId");
    int64_t id = 0;
    int has;

    *order = NULL;
    if (simb_get_int(call, "orderId", &id, &has) < 0)
        return -1;
    if (!has && (!client || !*client))
        return simb_fail(call, 400, -1102,
                         "Param 'origClientOrderId' or 'orderId' must be sent, but both were "
                         "empty/null!");
    *order = has ? find_id(call, sym, (uint64_t)id, 0) : find_client(call, sym, client, 0);
    return 0;
}

int um_order_query(struct simb_call *call)
{
    const struct simb_order *seen;
    struct simb_order *order;
    uint32_t sym;

    if (simb_want_symbol(call, &sym) < 0 || get_named(call, sym, &order) < 0)
        return -1;
    seen = simb_past_order(call, order);
    if (!seen)
        return simb_fail(call, 400, -2013, "Order does not exist.");
    put_order(call->b, call->out, seen, RESP_RESULT, 1);
    return 0;
}

int um_open_order(struct simb_call *call)
{
    const struct simb_order *seen;
    struct simb_order *order;
    uint32_t sym;

    if (simb_want_symbol(call, &sym) < 0 || get_named(call, sym, &order) < 0)
        return -1;
    seen = simb_past_order(call, order);
    if (!seen || !seen->is_open)
        return simb_fail(call, 400, -2013, "Order does not exist.");
    put_order(call->b, call->out, seen, RESP_RESULT, 1);
    return 0;
}

static int cancel_one(struct simb_call *call, struct simb_order *order, struct jout *out)
{
    if (!order || !order->is_open || !um_cancel(call->b, order))
        return um_refuse_engine(call, MATCH_UNKNOWN_ORDER);
    put_order(call->b, out, order, RESP_RESULT, 0);
    return 0;
}

int um_order_cancel(struct simb_call *call)
{
    struct simb_order *order;
    uint32_t sym;

    if (simb_want_symbol(call, &sym) < 0 || get_named(call, sym, &order) < 0)
        return -1;
    return cancel_one(call, order, call->out);
}

uint32_t um_weigh_open(struct simb_call *call)
{
    return simb_param(call, "symbol") ? 1 : 40;
}

static int by_id(const void *a, const void *b)
{
    uint64_t left = (*(struct simb_order *const *)a)->id;
    uint64_t right = (*(struct simb_order *const *)b)->id;

    return left < right ? -1 : left > right;
}

// An account's open orders by id, as a copy: what is done to one may end others. NULL: none.
static struct simb_order **open_of(struct simb *b, const struct simb_account *account, uint32_t sym,
                                   enum um_which which, uint32_t *n)
{
    struct simb_order **list = calloc(b->um->n_open + 1, sizeof(struct simb_order *));

    REQUIRE(list != NULL);
    *n = 0;
    for (uint32_t i = 0; i < b->um->n_open; i++)
        if (b->um->open[i]->account == account &&
            (sym == UINT32_MAX || b->um->open[i]->sym == sym) &&
            (which == UM_EVERY || b->um->open[i]->um->is_algo == (which == UM_ALGO)))
            list[(*n)++] = b->um->open[i];
    qsort(list, *n, sizeof(struct simb_order *), by_id);
    return list;
}

// Those that were open when the call looks at them.
static int were_open(struct simb_call *call, uint32_t sym)
{
    struct simb *b = call->b;

    jout_open(call->out, '[');
    for (uint32_t i = 0; i < b->n_orders; i++) {
        const struct simb_order *order = simb_past_order(call, b->orders[i]);

        if (order && order->is_open && order->account == call->account && !order->um->is_algo &&
            (sym == UINT32_MAX || order->sym == sym))
            put_order(b, call->out, order, RESP_RESULT, 1);
    }
    jout_close(call->out, '[');
    return 0;
}

int um_open_orders(struct simb_call *call)
{
    struct simb_order **list;
    uint32_t sym = UINT32_MAX, n;

    if (simb_param(call, "symbol") && simb_want_symbol(call, &sym) < 0)
        return -1;
    if (call->t_view != 0)
        return were_open(call, sym);
    list = open_of(call->b, call->account, sym, UM_NORMAL, &n);
    jout_open(call->out, '[');
    for (uint32_t i = 0; i < n; i++)
        put_order(call->b, call->out, list[i], RESP_RESULT, 1);
    jout_close(call->out, '[');
    free(list);
    return 0;
}

void um_cancel_where(struct simb *b, const struct simb_account *account, uint32_t sym,
                     enum um_which which)
{
    uint32_t n;
    struct simb_order **list = open_of(b, account, sym, which, &n);

    for (uint32_t i = 0; i < n; i++)
        if (list[i]->is_open)
            um_cancel(b, list[i]);
    free(list);
}

int um_cancel_all(struct simb_call *call)
{
    uint32_t sym;

    if (simb_want_symbol(call, &sym) < 0)
        return -1;
    um_cancel_where(call->b, call->account, sym, UM_NORMAL);
    jout_open(call->out, '{');
    jout_kv_int(call->out, "code", 200);
    jout_kv_str(call->out, "msg", "The operation of cancel all open order is done.");
    jout_close(call->out, '{');
    return 0;
}

int um_all_orders(struct simb_call *call)
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
    if (has_start && has_end && end - start > 7 * 1440 * SIMB_NS_PER_MIN)
        return simb_fail(call, 400, -4166, "Search window is restricted to recent 90 days only.");
    jout_open(call->out, '[');
    for (int pass = 0; pass < 2; pass++) {
        // The newest are wanted unless there is a beginning: the first pass counts.
        int64_t skip = pass == 0 || has_id || has_start || count <= limit ? 0 : count - limit;
        int64_t n = 0;

        for (uint32_t i = 0; i < b->n_orders; i++) {
            const struct simb_order *order = simb_past_order(call, b->orders[i]);
            agon_ns_t ms = order ? order->t_create - order->t_create % SIMB_NS_PER_MS : 0;

            if (!order || order->account != call->account || order->sym != sym ||
                order->id < (uint64_t)id || order->um->is_algo || ms < start || ms > end)
                continue;
            if (pass == 1 && n >= skip && n - skip < limit)
                put_order(b, call->out, order, RESP_RESULT, 1);
            n++;
        }
        count = n;
    }
    jout_close(call->out, '[');
    return 0;
}

static int amend_one(struct simb_call *call, struct jout *out)
{
    struct simb *b = call->b;
    struct simb_order *order;
    agon_px_t px = 0;
    agon_qty_t qty = 0;
    int has_px, has_qty, reason;
    const char *text;
    uint32_t sym;

    if (simb_want_symbol(call, &sym) < 0 || simb_want(call, "side", &text) < 0 ||
        simb_want(call, "quantity", &text) < 0 || simb_want(call, "price", &text) < 0 ||
        simb_get_dec(call, "quantity", &qty, &has_qty) < 0 ||
        simb_get_dec(call, "price", &px, &has_px) < 0 || get_named(call, sym, &order) < 0)
        return -1;
    if (!order)
        return simb_fail(call, 400, -2013, "Order does not exist.");
    text = simb_param(call, "side");
    if (!order->is_open || order->um->is_waiting || order->type != UM_LIMIT ||
        strcmp(text, order->side == AGON_BUY ? "BUY" : "SELL") != 0)
        return um_refuse_engine(call, MATCH_UNKNOWN_ORDER);
    if (um_check_px(call, pit_at(b->sim.pit, sym), b->um->symbols[sym].px_dec, px) < 0 ||
        um_check_qty(call, pit_at(b->sim.pit, sym), 0, qty) < 0 ||
        um_check_percent(call, sym, order->side, px) < 0)
        return -1;
    if (px == order->px && qty == order->qty)
        return simb_fail(call, 400, -5027, "No need to modify the order.");
    if (!order->um->is_reduce_only && um_check_notional(call, sym, px, qty) < 0)
        return -1;
    if (qty > order->filled_qty && !order->um->is_reduce_only) {
        struct um_intent intent = {.sym = sym,
                                   .ps = (enum perp_side)order->um->side,
                                   .side = order->side,
                                   .has = HAS_PX,
                                   .px = px,
                                   .qty = qty - order->filled_qty};
        int rc;

        // Judged as if the old one stood there no more.
        order->um->is_waiting = 1;
        rc = um_check_margin(call, &intent);
        order->um->is_waiting = 0;
        um_reserve(b, call->account);
        if (rc < 0)
            return -1;
    }
    // Lowered to what is filled already, it ends; so does a post-only one that would take.
    reason = qty <= order->filled_qty ? MATCH_WOULD_TAKE
                                      : pit_amend(b->sim.pit, order->um->engine_id, px, qty);
    if (reason == MATCH_WOULD_TAKE)
        um_cancel(b, order);
    else if (reason != MATCH_OK)
        return um_refuse_engine(call, reason);
    put_order(b, out, order, RESP_RESULT, 0);
    return 0;
}

int um_order_amend(struct simb_call *call)
{
    return check_rate(call, 1) < 0 ? -1 : amend_one(call, call->out);
}

/* --- several at once --- */

static int put_fields(struct simb_call *call, json_t *item)
{
    const char *name;
    json_t *value;

    call->n_params = 0;
    json_object_foreach(item, name, value)
    {
        char *text = json_is_string(value) ? NULL : json_dumps(value, JSON_ENCODE_ANY);
        const char *shown = text ? text : json_string_value(value);
        int rc =
            simb_param_put(call, name, strlen(name), shown ? shown : "", shown ? strlen(shown) : 0);

        free(text);
        if (rc < 0)
            return -1;
    }
    return 0;
}

static int run_batch(struct simb_call *call, int (*one)(struct simb_call *call, struct jout *out))
{
    const char *text;
    json_t *list, *item;
    size_t i;

    if (simb_want(call, "batchOrders", &text) < 0)
        return -1;
    list = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_array(list) || json_array_size(list) == 0 || json_array_size(list) > BATCH_MAX) {
        int is_long = json_array_size(list) > BATCH_MAX;

        json_decref(list);
        return is_long ? simb_fail(call, 400, -4082, "Invalid number of batch place orders.")
                       : um_not_valid(call, "batchOrders");
    }
    if (check_rate(call, (uint32_t)json_array_size(list)) < 0) {
        json_decref(list);
        return -1;
    }
    jout_open(call->out, '[');
    json_array_foreach(list, i, item)
    {
        if (put_fields(call, item) < 0 || one(call, call->out) < 0) {
            jout_open(call->out, '{');
            jout_kv_int(call->out, "code", call->code);
            jout_kv_str(call->out, "msg", call->msg);
            jout_close(call->out, '{');
        }
        call->status = 200;
        call->code = 0;
        call->b->venue->settle(call->b);
    }
    jout_close(call->out, '[');
    json_decref(list);
    return 0;
}

int um_batch_new(struct simb_call *call)
{
    return run_batch(call, new_one);
}

int um_batch_amend(struct simb_call *call)
{
    return run_batch(call, amend_one);
}

int um_batch_cancel(struct simb_call *call)
{
    const char *ids = simb_param(call, "orderIdList");
    const char *clients = simb_param(call, "origClientOrderIdList");
    json_t *list, *item;
    uint32_t sym;
    size_t i;

    if (simb_want_symbol(call, &sym) < 0)
        return -1;
    if (!ids && !clients)
        return simb_fail(call, 400, -1102,
                         "Param 'origClientOrderIdList' or 'orderIdList' must be sent, but both "
                         "were empty/null!");
    list = json_loads(ids ? ids : clients, 0, NULL);
    if (!json_is_array(list) || json_array_size(list) == 0 || json_array_size(list) > CANCELS_MAX) {
        json_decref(list);
        return um_not_valid(call, ids ? "orderIdList" : "origClientOrderIdList");
    }
    jout_open(call->out, '[');
    json_array_foreach(list, i, item)
    {
        struct simb_order *order = NULL;

        if (json_is_integer(item))
            order = find_id(call, sym, (uint64_t)json_integer_value(item), 0);
        else if (json_is_string(item))
            order = find_client(call, sym, json_string_value(item), 0);
        if (cancel_one(call, order, call->out) < 0) {
            jout_open(call->out, '{');
            jout_kv_int(call->out, "code", call->code);
            jout_kv_str(call->out, "msg", call->msg);
            jout_close(call->out, '{');
        }
        call->status = 200;
        call->code = 0;
    }
    jout_close(call->out, '[');
    json_decref(list);
    return 0;
}

/* --- dead-man's switch --- */

int um_countdown(struct simb_call *call)
{
    const char *text;
    int64_t ms = 0;
    uint32_t sym;
    int has;

    if (simb_want_symbol(call, &sym) < 0 || simb_want(call, "countdownTime", &text) < 0 ||
        simb_get_int(call, "countdownTime", &ms, &has) < 0)
        return -1;
    if (ms > 86400000)
        return um_not_valid(call, "countdownTime");
    call->b->um->countdown[call->account->owner][sym] =
        ms > 0 ? call->now->transport + ms * SIMB_NS_PER_MS : 0;
    jout_open(call->out, '{');
    jout_kv_str(call->out, "symbol", pit_at(call->b->sim.pit, sym)->name);
    jout_kv_str(call->out, "countdownTime", text);
    jout_close(call->out, '{');
    return 0;
}

/* --- conditional orders by their own service --- */

static const char *algo_state(const struct simb_order *order)
{
    if (order->um->algo_state == UM_ALGO_TRIGGERED)
        return "TRIGGERED";
    if (order->um->algo_state == UM_ALGO_FINISHED)
        return "FINISHED";
    return order->is_open ? "NEW" : simb_status_names[order->status];
}

static void put_actual(struct jout *out, const char *key, const struct simb_order *order)
{
    char id[24] = "";

    if (order->um->actual_id)
        snprintf(id, sizeof(id), "%llu", (unsigned long long)order->um->actual_id);
    jout_kv_str(out, key, id);
}

static void put_algo(struct simb *b, struct jout *out, const struct simb_order *order)
{
    const struct simum_order *um = order->um;
    uint32_t sym = order->sym;

    jout_open(out, '{');
    jout_kv_int(out, "algoId", (int64_t)order->id);
    jout_kv_str(out, "clientAlgoId", order->client);
    jout_kv_str(out, "algoType", "CONDITIONAL");
    jout_kv_str(out, "orderType", um_type_names[um->orig_type]);
    jout_kv_str(out, "symbol", pit_at(b->sim.pit, sym)->name);
    jout_kv_str(out, "side", order->side == AGON_BUY ? "BUY" : "SELL");
    jout_kv_str(out, "positionSide", um_side_names[um->side]);
    jout_kv_str(out, "timeInForce", um->is_post_only ? "GTX" : um_tif_names[order->tif]);
    um_put_qty(b, out, "quantity", sym, order->qty);
    jout_kv_str(out, "algoStatus", algo_state(order));
    put_actual(out, "actualOrderId", order);
    um_put_px(b, out, "triggerPrice", sym, order->stop_px);
    um_put_px(b, out, "price", sym, order->px);
    jout_key(out, "icebergQuantity");
    jout_null(out);
    jout_kv_str(out, "selfTradePreventionMode", simb_stp_names[order->stp]);
    jout_kv_str(out, "workingType", um_working_names[um->working]);
    jout_kv_str(out, "priceMatch", "NONE");
    jout_kv_bool(out, "closePosition", um->is_close);
    jout_kv_bool(out, "priceProtect", um->is_protected);
    jout_kv_bool(out, "reduceOnly", um->is_reduce_only);
    if (um->orig_type == UM_TRAILING_STOP_MARKET) {
        um_put_px(b, out, "activatePrice", sym, um->activate_px);
        jout_key(out, "callbackRate");
        simb_put_num(out, (int64_t)um->callback_ppb * 10, 1);
    }
    jout_kv_time(out, "createTime", order->t_create);
    jout_kv_time(out, "updateTime", order->t_update);
    jout_kv_time(out, "triggerTime", um->t_trigger);
    jout_kv_time(out, "goodTillDate", um->good_till);
    jout_close(out, '{');
}

static int copy_param(struct simb_call *call, const char *from, const char *to)
{
    const char *value = simb_param(call, from);

    if (!value || simb_param(call, to))
        return 0;
    return simb_param_put(call, to, strlen(to), value, strlen(value));
}

int um_algo_new(struct simb_call *call)
{
    struct simb_order *order;
    struct um_intent intent;
    const char *type;

    if (simb_want(call, "algoType", &type) < 0)
        return -1;
    if (strcmp(type, "CONDITIONAL") != 0)
        return um_not_valid(call, "algoType");
    if (check_rate(call, 1) < 0 || copy_param(call, "triggerPrice", "stopPrice") < 0 ||
        copy_param(call, "clientAlgoId", "newClientOrderId") < 0 ||
        um_get_intent(call, &intent) < 0)
        return -1;
    if (!um_is_conditional(intent.type))
        return simb_fail(call, 400, -1116, "Invalid orderType.");
    intent.is_algo = 1;
    if (um_check_filters(call, &intent) < 0 || place(call, &intent, &order) < 0)
        return -1;
    put_algo(call->b, call->out, order);
    return 0;
}

// Named without a symbol.
static int get_algo(struct simb_call *call, struct simb_order **order)
{
    const char *client = simb_param(call, "clientAlgoId");
    int64_t id = 0;
    int has;

    *order = NULL;
    if (simb_get_int(call, "algoId", &id, &has) < 0)
        return -1;
    if (!has && (!client || !*client))
        return simb_fail(call, 400, -1102,
                         "Param 'clientAlgoId' or 'algoId' must be sent, but both were "
                         "empty/null!");
    for (uint32_t sym = 0; sym < pit_count(call->b->sim.pit) && !*order; sym++)
        *order = has ? find_id(call, sym, (uint64_t)id, 1) : find_client(call, sym, client, 1);
    return 0;
}

int um_algo_query(struct simb_call *call)
{
    struct simb_order *order;

    if (get_algo(call, &order) < 0)
        return -1;
    if (!order)
        return simb_fail(call, 400, -2013, "Order does not exist.");
    put_algo(call->b, call->out, order);
    return 0;
}

int um_algo_cancel(struct simb_call *call)
{
    struct simb_order *order;

    if (get_algo(call, &order) < 0)
        return -1;
    if (!order || !order->is_open || !um_cancel(call->b, order))
        return um_refuse_engine(call, MATCH_UNKNOWN_ORDER);
    jout_open(call->out, '{');
    jout_kv_int(call->out, "algoId", (int64_t)order->id);
    jout_kv_str(call->out, "clientAlgoId", order->client);
    jout_kv_str(call->out, "code", "200");
    jout_kv_str(call->out, "msg", "success");
    jout_close(call->out, '{');
    return 0;
}

int um_algo_cancel_all(struct simb_call *call)
{
    uint32_t sym;

    if (simb_want_symbol(call, &sym) < 0)
        return -1;
    um_cancel_where(call->b, call->account, sym, UM_ALGO);
    jout_open(call->out, '{');
    jout_kv_int(call->out, "code", 200);
    jout_kv_str(call->out, "msg", "The operation of cancel all open order is done.");
    jout_close(call->out, '{');
    return 0;
}

int um_algo_open(struct simb_call *call)
{
    struct simb_order **list;
    uint32_t sym = UINT32_MAX, n;

    if (simb_param(call, "symbol") && simb_want_symbol(call, &sym) < 0)
        return -1;
    list = open_of(call->b, call->account, sym, UM_ALGO, &n);
    jout_open(call->out, '[');
    for (uint32_t i = 0; i < n; i++)
        put_algo(call->b, call->out, list[i]);
    jout_close(call->out, '[');
    free(list);
    return 0;
}

int um_algo_all(struct simb_call *call)
{
    struct simb *b = call->b;
    uint32_t sym;

    if (simb_want_symbol(call, &sym) < 0)
        return -1;
    jout_open(call->out, '[');
    for (uint32_t i = 0; i < b->n_orders; i++)
        if (b->orders[i]->account == call->account && b->orders[i]->sym == sym &&
            b->orders[i]->um->is_algo)
            put_algo(b, call->out, b->orders[i]);
    jout_close(call->out, '[');
    return 0;
}

void um_report_algo(struct simb *b, const struct simb_order *order, const char *state)
{
    const struct simum_order *um = order->um;
    struct jout *out = &b->sim.frame;
    uint32_t sym = order->sym;

    jout_reset(out);
    jout_open(out, '{');
    jout_kv_str(out, "e", "ALGO_UPDATE");
    jout_kv_time(out, "T", order->t_update);
    jout_kv_time(out, "E", order->t_update);
    jout_key(out, "o");
    jout_open(out, '{');
    jout_kv_str(out, "caid", order->client);
    jout_kv_int(out, "aid", (int64_t)order->id);
    jout_kv_str(out, "at", "CONDITIONAL");
    jout_kv_str(out, "o", um_type_names[um->orig_type]);
    jout_kv_str(out, "s", pit_at(b->sim.pit, sym)->name);
    jout_kv_str(out, "S", order->side == AGON_BUY ? "BUY" : "SELL");
    jout_kv_str(out, "ps", um_side_names[um->side]);
    jout_kv_str(out, "f", um->is_post_only ? "GTX" : um_tif_names[order->tif]);
    um_put_qty(b, out, "q", sym, order->qty);
    jout_kv_str(out, "X", state ? state : algo_state(order));
    put_actual(out, "ai", order);
    jout_kv_str(out, "ap", "0.00000");
    jout_kv_str(out, "aq", "0.00000");
    jout_kv_str(out, "act", "0");
    um_put_px(b, out, "tp", sym, order->stop_px);
    um_put_px(b, out, "p", sym, order->px);
    jout_kv_str(out, "V", simb_stp_names[order->stp]);
    jout_kv_str(out, "wt", um_working_names[um->working]);
    jout_kv_str(out, "pm", "NONE");
    jout_kv_bool(out, "cp", um->is_close);
    jout_kv_bool(out, "pP", um->is_protected);
    jout_kv_bool(out, "R", um->is_reduce_only);
    jout_kv_time(out, "tt", um->t_trigger);
    jout_kv_time(out, "gtd", um->good_till);
    if (um->reason)
        jout_kv_str(out, "rm",
                    um->reason == MATCH_REDUCE_ONLY ? "Reduce Only reject"
                                                    : "Margin is insufficient.");
    jout_close(out, '{');
    jout_close(out, '{');
    simb_user_event(b, order->account, out);
}
