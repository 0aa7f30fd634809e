// SPDX-License-Identifier: Apache-2.0
/* um_orders: requests about orders: what was asked, whether the filters and the margin let it in,
 * and what is answered. */
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
static const char *const tif_names[] = {"GTC", "GTC", "IOC", "FOK", "GTD"};

enum { RESP_ACK, RESP_RESULT };
enum { HAS_PX = 1, HAS_QTY = 2, HAS_STOP = 4, HAS_TIF = 8, HAS_CALLBACK = 16 };

/* --- what was asked --- */

static int find_name(const char *const *names, int n, const char *text)
{
    for (int i = 0; i < n; i++)
        if (strcmp(names[i], text) == 0)
            return i;
    return -1;
}

static int not_valid(struct simb_call *call, const char *name)
{
    return simb_fail(call, 400, -1130, "Data sent for parameter '%s' is not valid.", name);
}

// One of a list of names; *value stays where it was not sent.
static int get_choice(struct simb_call *call, const char *name, const char *const *names, int n,
                      uint8_t *value)
{
    const char *text = simb_param(call, name);
    int i;

    if (!text || !*text)
        return 0;
    i = find_name(names, n, text);
    if (i < 0)
        return not_valid(call, name);
    *value = (uint8_t)i;
    return 0;
}

static int get_flag(struct simb_call *call, const char *name, uint8_t *value)
{
    int flag = *value;

    if (simb_get_bool(call, name, &flag) < 0)
        return -1;
    *value = flag != 0;
    return 0;
}

static int get_tif(struct simb_call *call, struct um_wish *wish)
{
    const char *text = simb_param(call, "timeInForce");
    int i, has;

    wish->tif = AGON_TIF_GTC;
    if (!text)
        return 0;
    wish->has |= HAS_TIF;
    wish->is_post_only = strcmp(text, "GTX") == 0;
    if (wish->is_post_only)
        return 0;
    i = find_name(&tif_names[AGON_TIF_GTC], 4, text);
    if (i < 0)
        return simb_fail(call, 400, -1115, "Invalid timeInForce.");
    wish->tif = (uint8_t)(AGON_TIF_GTC + i);
    if (wish->tif != AGON_TIF_GTD)
        return 0;
    if (simb_get_time(call, "goodTillDate", &wish->good_till, &has) < 0)
        return -1;
    if (!has)
        return simb_fail(call, 400, -1102,
                         "Mandatory parameter 'goodTillDate' was not sent, was empty/null, or "
                         "malformed.");
    if (wish->good_till <= pit_now(call->b->pit) + 600 * SIMB_NS_PER_S)
        return simb_fail(call, 400, -5040,
                         "The goodTillDate timestamp must be greater than the current time plus "
                         "600 seconds and smaller than 253402300799000");
    return 0;
}

static int get_enums(struct simb_call *call, struct um_wish *wish)
{
    static const char *const responses[] = {"ACK", "RESULT"};
    static const char *const stps[] = {"NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH"};
    const char *text;
    uint8_t ps = PERP_BOTH;
    int i;

    if (simb_want(call, "side", &text) < 0)
        return -1;
    if (strcmp(text, "BUY") != 0 && strcmp(text, "SELL") != 0)
        return simb_fail(call, 400, -1117, "Invalid side.");
    wish->side = text[0] == 'B' ? AGON_BUY : AGON_SELL;
    if (simb_want(call, "type", &text) < 0)
        return -1;
    i = find_name(um_type_names, UM_TYPES, text);
    if (i < 0)
        return simb_fail(call, 400, -1116, "Invalid orderType.");
    wish->type = (uint8_t)i;
    wish->stp = MATCH_STP_EXPIRE_MAKER;
    if (get_tif(call, wish) < 0 || get_choice(call, "positionSide", um_side_names, 3, &ps) < 0 ||
        get_choice(call, "newOrderRespType", responses, 2, &wish->resp) < 0 ||
        get_choice(call, "selfTradePreventionMode", stps, 4, &wish->stp) < 0 ||
        get_choice(call, "workingType", um_working_names, 2, &wish->working) < 0 ||
        get_flag(call, "reduceOnly", &wish->is_reduce_only) < 0 ||
        get_flag(call, "closePosition", &wish->is_close) < 0 ||
        get_flag(call, "priceProtect", &wish->is_protected) < 0)
        return -1;
    wish->ps = (enum perp_side)ps;
    text = simb_param(call, "priceMatch");
    if (text && *text && strcmp(text, "NONE") != 0)
        return simb_fail(call, 400, -4120, "priceMatch is not supported for this symbol.");
    return 0;
}

static int get_numbers(struct simb_call *call, struct um_wish *wish)
{
    int px, qty, stop, activate, callback;
    int64_t rate = 0;

    if (simb_get_dec(call, "quantity", &wish->qty, &qty) < 0 ||
        simb_get_dec(call, "price", &wish->px, &px) < 0 ||
        simb_get_dec(call, "stopPrice", &wish->stop_px, &stop) < 0 ||
        simb_get_dec(call, "activationPrice", &wish->activate_px, &activate) < 0 ||
        simb_get_dec(call, "callbackRate", &rate, &callback) < 0)
        return -1;
    if (!activate && simb_get_dec(call, "activatePrice", &wish->activate_px, &activate) < 0)
        return -1;
    wish->has |= (px ? HAS_PX : 0u) | (qty ? HAS_QTY : 0u) | (stop ? HAS_STOP : 0u) |
                 (callback ? HAS_CALLBACK : 0u);
    if (callback && (rate < 10000000 || rate > 10 * num_pow10(SIMB_EXP)))
        return simb_fail(call, 400, -2007, "Invalid callBack rate");
    wish->callback_ppb = (int32_t)(rate / 10); // per cent in 10^-8 is 10^-10
    return 0;
}

static int is_market(int type)
{
    return type == UM_MARKET || type == UM_STOP_MARKET || type == UM_TAKE_PROFIT_MARKET ||
           type == UM_TRAILING_STOP_MARKET;
}

static int is_conditional(int type)
{
    return type >= UM_STOP;
}

static int check_combination(struct simb_call *call, const struct um_wish *wish)
{
    static const uint32_t needed[UM_TYPES] = {
        [UM_LIMIT] = HAS_TIF | HAS_QTY | HAS_PX,
        [UM_MARKET] = HAS_QTY,
        [UM_STOP] = HAS_QTY | HAS_PX | HAS_STOP,
        [UM_STOP_MARKET] = HAS_STOP,
        [UM_TAKE_PROFIT] = HAS_QTY | HAS_PX | HAS_STOP,
        [UM_TAKE_PROFIT_MARKET] = HAS_STOP,
        [UM_TRAILING_STOP_MARKET] = HAS_QTY | HAS_CALLBACK,
    };
    static const struct {
        uint32_t bit;
        const char *name;
    } names[] = {{HAS_TIF, "timeinforce"},
                 {HAS_QTY, "quantity"},
                 {HAS_PX, "price"},
                 {HAS_STOP, "stopprice"},
                 {HAS_CALLBACK, "callbackrate"}};
    uint32_t wants = needed[wish->type];

    if ((wish->type == UM_STOP_MARKET || wish->type == UM_TAKE_PROFIT_MARKET) && !wish->is_close)
        wants |= HAS_QTY;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (wants & ~wish->has & names[i].bit)
            return simb_fail(call, 400, -1102,
                             "Mandatory parameter '%s' was not sent, was empty/null, or "
                             "malformed.",
                             names[i].name);
    if (is_market(wish->type) && (wish->has & HAS_PX))
        return simb_fail(call, 400, -1106, "Parameter 'price' sent when not required.");
    if (wish->type == UM_MARKET && (wish->has & HAS_TIF))
        return simb_fail(call, 400, -1106, "Parameter 'timeinforce' sent when not required.");
    if (!is_conditional(wish->type) && (wish->has & HAS_STOP))
        return simb_fail(call, 400, -1106, "Parameter 'stopprice' sent when not required.");
    if (wish->is_close && wish->type != UM_STOP_MARKET && wish->type != UM_TAKE_PROFIT_MARKET)
        return simb_fail(call, 400, -4136,
                         "Target strategy invalid for orderType %s,closePosition "
                         "true",
                         um_type_names[wish->type]);
    if (wish->is_close && (wish->has & HAS_QTY))
        return simb_fail(call, 400, -4137, "Quantity must be zero with closePosition equals true");
    if (wish->is_close && wish->is_reduce_only)
        return simb_fail(call, 400, -1106, "Parameter 'reduceonly' sent when not required.");
    if (wish->is_post_only && is_market(wish->type))
        return simb_fail(call, 400, -1115, "Invalid timeInForce.");
    return 0;
}

static int check_side(struct simb_call *call, const struct um_wish *wish)
{
    const struct perp_account *account = um_account(call->b, call->account);

    if (account->is_hedged != (wish->ps != PERP_BOTH))
        return simb_fail(call, 400, -4061, "Order's position side does not match user's setting.");
    if (account->is_hedged && wish->is_reduce_only)
        return simb_fail(call, 400, -1106, "Parameter 'reduceonly' sent when not required.");
    return 0;
}

static int get_client(struct simb_call *call, const char *name, const char **client)
{
    *client = simb_param(call, name);
    if (*client && !simb_is_client_id(*client))
        return simb_fail(call, 400, -4015, "Client order id is not valid.");
    return 0;
}

static int get_wish(struct simb_call *call, struct um_wish *wish)
{
    memset(wish, 0, sizeof(*wish));
    if (simb_want_symbol(call, &wish->sym) < 0 || get_enums(call, wish) < 0 ||
        get_numbers(call, wish) < 0 || get_client(call, "newClientOrderId", &wish->client) < 0 ||
        check_combination(call, wish) < 0)
        return -1;
    return check_side(call, wish);
}

/* --- filters --- */

static int check_px(struct simb_call *call, const struct pit_symbol *symbol, int px_dec,
                    agon_px_t px)
{
    if (px == 0)
        return simb_fail(call, 400, -4001, "Price less than 0.");
    if (px > symbol->max_px)
        return simb_fail(call, 400, -4002, "Price greater than max price.");
    if (px < symbol->min_px)
        return simb_fail(call, 400, -4013, "Price less than min price.");
    if (px % num_pow10(SIMB_EXP - px_dec) != 0)
        return simb_fail(call, 400, -1111, "Precision is over the maximum defined for this asset.");
    if (px % symbol->tick_px != 0)
        return simb_fail(call, 400, -4014, "Price not increased by tick size.");
    return 0;
}

static int check_qty(struct simb_call *call, const struct pit_symbol *symbol, int is_taker,
                     agon_qty_t qty)
{
    if (qty == 0)
        return simb_fail(call, 400, -4003, "Quantity less than or equal to zero.");
    if (qty % symbol->lot_qty != 0)
        return simb_fail(call, 400, -1111, "Precision is over the maximum defined for this asset.");
    if (qty < symbol->min_qty)
        return simb_fail(call, 400, -4004, "Quantity less than min quantity.");
    if (qty > (is_taker ? symbol->rules.market_max_qty : symbol->max_qty))
        return simb_fail(call, 400, -4005, "Quantity greater than max quantity.");
    return 0;
}

// A limit order stays within 5 % of the mark on the side where it would hurt.
static int check_percent(struct simb_call *call, uint32_t sym, int side, agon_px_t px)
{
    agon_px_t mark = um_mark_px(call->b, sym);
    const struct rules *rules = &pit_at(call->b->pit, sym)->rules;
    agon_px_t high = num_mul_div(mark, rules->up_ppm[AGON_BUY], RULES_PPM, NUM_DOWN);
    agon_px_t low = num_mul_div(mark, rules->down_ppm[AGON_SELL], RULES_PPM, NUM_UP);
    char text[NUM_TEXT];

    if (mark == 0)
        return 0;
    if (side == AGON_BUY && px > high) {
        num_format_short(high, SIMB_EXP, text);
        return simb_fail(call, 400, -4016, "Limit price can't be higher than %s.", text);
    }
    if (side == AGON_SELL && px < low) {
        num_format_short(low, SIMB_EXP, text);
        return simb_fail(call, 400, -4024, "Limit price can't be lower than %s.", text);
    }
    return 0;
}

static int check_notional(struct simb_call *call, uint32_t sym, agon_px_t px, agon_qty_t qty)
{
    const struct pit_symbol *symbol = pit_at(call->b->pit, sym);
    char text[NUM_TEXT];

    if (num_notional(px, SIMB_EXP, qty, SIMB_EXP, SIMB_EXP, NUM_DOWN) >= symbol->min_notional_amt)
        return 0;
    num_format_short(symbol->min_notional_amt, SIMB_EXP, text);
    return simb_fail(call, 400, -4164,
                     "Order's notional must be no smaller than %s (unless you choose reduce "
                     "only).",
                     text);
}

// A price to judge a market order by: what it would meet, or the mark.
static agon_px_t market_px(const struct simb *b, uint32_t sym, int side)
{
    struct pit_view view;

    pit_view(b->pit, sym, &view);
    if (side == AGON_BUY && view.n_ask > 0)
        return num_mul_div(view.ask[0].px, 10005, 10000, NUM_EVEN);
    if (side == AGON_SELL && view.n_bid > 0)
        return view.bid[0].px;
    return um_mark_px(b, sym);
}

static int check_filters(struct simb_call *call, const struct um_wish *wish)
{
    const struct pit_symbol *symbol = pit_at(call->b->pit, wish->sym);
    int px_dec = call->b->um->symbols[wish->sym].px_dec;
    const struct simb_account *account = call->account;
    agon_px_t px = wish->has & HAS_PX     ? wish->px
                   : wish->has & HAS_STOP ? wish->stop_px
                                          : um_mark_px(call->b, wish->sym);

    if ((wish->has & HAS_PX) && check_px(call, symbol, px_dec, wish->px) < 0)
        return -1;
    if ((wish->has & HAS_STOP) && wish->stop_px == 0)
        return simb_fail(call, 400, -4006, "Stop price less than zero.");
    if ((wish->has & HAS_STOP) && check_px(call, symbol, px_dec, wish->stop_px) < 0)
        return -1;
    if (!wish->is_close && check_qty(call, symbol, is_market(wish->type), wish->qty) < 0)
        return -1;
    if (wish->type == UM_LIMIT && check_percent(call, wish->sym, wish->side, wish->px) < 0)
        return -1;
    if (!wish->is_reduce_only && !wish->is_close &&
        check_notional(call, wish->sym, px, wish->qty) < 0)
        return -1;
    if (account->n_open[wish->sym] >= symbol->rules.max_orders && wish->type != UM_MARKET)
        return simb_fail(call, 400, -2025, "Reach max open order limit.");
    if (is_conditional(wish->type) && account->n_algo[wish->sym] >= symbol->rules.max_stops)
        return simb_fail(call, 400, -4045, "Reach max stop order limit.");
    return 0;
}

/* --- margin --- */

static int refuse_engine(struct simb_call *call, int reason)
{
    switch (reason) {
    case MATCH_NO_FUNDS:
        return simb_fail(call, 400, -2019, "Margin is insufficient.");
    case MATCH_WOULD_TAKE:
        return simb_fail(call, 400, -5022,
                         "Due to the order could not be executed as maker, the Post Only order "
                         "will be rejected. The order will not be recorded in the order history");
    case MATCH_REDUCE_ONLY:
        return simb_fail(call, 400, -2022, "ReduceOnly Order is rejected.");
    case MATCH_UNKNOWN_ORDER:
        return simb_fail(call, 400, -2011, "Unknown order sent.");
    case MATCH_BAD_PRICE:
        return simb_fail(call, 400, -4014, "Price not increased by tick size.");
    case MATCH_BAD_QTY:
        return simb_fail(call, 400, -4004, "Quantity less than min quantity.");
    case MATCH_TOO_LARGE:
        return simb_fail(call, 400, -2010, "Order would make a balance or position too large.");
    case MATCH_NO_ROOM:
        return simb_fail(call, 503, -1008,
                         "Server is currently overloaded with other requests. Please try again in "
                         "a few minutes.");
    default:
        return simb_fail(call, 400, -2010, "NEW_ORDER_REJECTED");
    }
}

static int check_margin(struct simb_call *call, const struct um_wish *wish)
{
    const struct perp_account *account = um_account(call->b, call->account);
    const struct perp_symbol *symbol = &account->symbols[wish->sym];
    const struct perp_contract *contract = &call->b->um->contracts[wish->sym];
    agon_px_t px = wish->has & HAS_PX ? wish->px : market_px(call->b, wish->sym, wish->side);
    agon_amt_t held, notional = num_notional(px, SIMB_EXP, wish->qty, SIMB_EXP, SIMB_EXP, NUM_UP);
    struct perp_sums sums;
    agon_amt_t cost;

    um_reserve(call->b, call->account);
    cost = perp_order_cost(account, wish->sym, wish->ps, wish->side == AGON_BUY, px, wish->qty);
    if (cost == 0)
        return 0;
    held = perp_notional(contract, &symbol->positions[wish->ps]);
    held = num_abs(wish->side == AGON_BUY ? num_add(held, symbol->bid_amt[wish->ps] + notional)
                                          : num_add(held, -symbol->ask_amt[wish->ps] - notional));
    if (held > perp_cap(contract, symbol->leverage))
        return simb_fail(call, 400, -2027,
                         "Exceeded the maximum allowable position at current leverage.");
    perp_sums(account, &sums);
    if (cost > sums.available_amt)
        return refuse_engine(call, MATCH_NO_FUNDS);
    return 0;
}

// What reduces is cut to what there is to reduce; hedged, a closing order must fit.
static int fit_reduction(struct simb_call *call, struct um_wish *wish)
{
    int is_buy = wish->side == AGON_BUY;
    int closes = wish->is_reduce_only || (wish->ps == PERP_LONG && !is_buy) ||
                 (wish->ps == PERP_SHORT && is_buy);
    agon_qty_t closable;

    if (!closes || wish->is_close)
        return 0;
    closable = um_closable(call->b, call->account, wish->sym, wish->ps, is_buy, NULL);
    if (closable <= 0 || (!wish->is_reduce_only && wish->qty > closable))
        return refuse_engine(call, MATCH_REDUCE_ONLY);
    if (wish->qty > closable)
        wish->qty = closable;
    return 0;
}

static int check_fok(struct simb_call *call, const struct um_wish *wish)
{
    agon_qty_t left = wish->qty;
    struct pit_view view;

    if (wish->tif != AGON_TIF_FOK)
        return 0;
    pit_view(call->b->pit, wish->sym, &view);
    if (wish->side == AGON_BUY)
        for (uint32_t i = 0; i < view.n_ask && view.ask[i].px <= wish->px && left > 0; i++)
            left -= view.ask[i].qty < left ? view.ask[i].qty : left;
    else
        for (uint32_t i = 0; i < view.n_bid && view.bid[i].px >= wish->px && left > 0; i++)
            left -= view.bid[i].qty < left ? view.bid[i].qty : left;
    if (left == 0)
        return 0;
    return simb_fail(call, 400, -5021,
                     "Due to the order could not be filled immediately, the FOK order has been "
                     "rejected. The order will not be recorded in the order history");
}

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

static struct simb_order *make_order(struct simb_call *call, const struct um_wish *wish)
{
    struct simb_order *order = calloc(1, sizeof(*order));
    struct simum_order *um = calloc(1, sizeof(*um));

    REQUIRE(order != NULL && um != NULL);
    order->um = um;
    order->account = call->account;
    order->sym = wish->sym;
    order->side = wish->side;
    order->type = um->orig_type = wish->type;
    order->tif = wish->tif;
    order->stp = wish->stp;
    order->px = wish->px;
    order->stop_px = wish->stop_px;
    order->qty = wish->qty;
    order->is_conditional = is_conditional(wish->type) != 0;
    order->t_placed = call->now->transport;
    um->side = (uint8_t)wish->ps;
    um->working = wish->working;
    um->is_reduce_only = wish->is_reduce_only;
    um->is_close = wish->is_close;
    um->is_protected = wish->is_protected;
    um->is_post_only = wish->is_post_only;
    um->callback_ppb = wish->callback_ppb;
    um->activate_px = wish->activate_px;
    um->good_till = wish->good_till;
    um->is_algo = wish->is_algo;
    if (wish->client && *wish->client)
        strcpy(order->client, wish->client);
    else
        simb_random_text(call->b, order->client, 22);
    return order;
}

static int place_waiting(struct simb_call *call, struct simb_order *order)
{
    struct simb *b = call->b;
    agon_px_t px = um_trigger_px(b, order->sym, order->um->working);
    agon_ns_t now = pit_now(b->pit);
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

static int place(struct simb_call *call, struct um_wish *wish, struct simb_order **placed)
{
    struct simb *b = call->b;
    struct simb_order *order, *twin;
    int reason;

    *placed = NULL;
    twin = wish->client ? find_client(call, wish->sym, wish->client, wish->is_algo) : NULL;
    if (twin && twin->is_open)
        return simb_fail(call, 400, -4116, "ClientOrderId is duplicated.");
    if (fit_reduction(call, wish) < 0)
        return -1;
    // What waits for its trigger is judged when it has come.
    if (!is_conditional(wish->type) && !wish->is_reduce_only &&
        (check_margin(call, wish) < 0 || check_fok(call, wish) < 0))
        return -1;
    simb_make_room(b);
    if (b->n_orders == SIMB_ORDERS_KEPT)
        return refuse_engine(call, MATCH_NO_ROOM);
    order = make_order(call, wish);
    if (is_conditional(wish->type)) {
        if (place_waiting(call, order) < 0)
            return -1;
        *placed = order;
        return 0;
    }
    reason = um_submit(b, order);
    if (reason != MATCH_OK) {
        free(order->um);
        free(order);
        return refuse_engine(call, reason);
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
    jout_kv_str(out, "symbol", pit_at(b->pit, order->sym)->name);
    jout_kv_str(out, "status", simb_status_names[resp == RESP_ACK ? SIMB_NEW : order->status]);
    jout_kv_str(out, "clientOrderId", order->client);
    um_put_px(b, out, "price", order->sym, order->px);
    put_avg_px(b, out, "avgPrice", filled);
    um_put_qty(b, out, "origQty", order->sym, order->qty);
    um_put_qty(b, out, "executedQty", order->sym, filled->filled_qty);
    if (!with_time)
        um_put_qty(b, out, "cumQty", order->sym, filled->filled_qty);
    jout_kv_dec(out, "cumQuote", filled->filled_amt, SIMB_EXP);
    jout_kv_str(out, "timeInForce", um->is_post_only ? "GTX" : tif_names[order->tif]);
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
    struct um_wish wish;

    if (get_wish(call, &wish) < 0 || check_filters(call, &wish) < 0 ||
        place(call, &wish, &order) < 0)
        return -1;
    put_order(call->b, out, order, wish.resp, 0);
    return 0;
}

int um_order_new(struct simb_call *call)
{
    return check_rate(call, 1) < 0 ? -1 : new_one(call, call->out);
}

int um_order_test(struct simb_call *call)
{
    struct um_wish wish;

    if (get_wish(call, &wish) < 0 || check_filters(call, &wish) < 0)
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
        return refuse_engine(call, MATCH_UNKNOWN_ORDER);
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
        return refuse_engine(call, MATCH_UNKNOWN_ORDER);
    if (check_px(call, pit_at(b->pit, sym), b->um->symbols[sym].px_dec, px) < 0 ||
        check_qty(call, pit_at(b->pit, sym), 0, qty) < 0 ||
        check_percent(call, sym, order->side, px) < 0)
        return -1;
    if (px == order->px && qty == order->qty)
        return simb_fail(call, 400, -5027, "No need to modify the order.");
    if (!order->um->is_reduce_only && check_notional(call, sym, px, qty) < 0)
        return -1;
    if (qty > order->filled_qty && !order->um->is_reduce_only) {
        struct um_wish wish = {.sym = sym,
                               .ps = (enum perp_side)order->um->side,
                               .side = order->side,
                               .has = HAS_PX,
                               .px = px,
                               .qty = qty - order->filled_qty};
        int rc;

        // Judged as if the old one stood there no more.
        order->um->is_waiting = 1;
        rc = check_margin(call, &wish);
        order->um->is_waiting = 0;
        um_reserve(b, call->account);
        if (rc < 0)
            return -1;
    }
    // Lowered to what is filled already, it ends; so does a post-only one that would take.
    reason = qty <= order->filled_qty ? MATCH_WOULD_TAKE
                                      : pit_amend(b->pit, order->um->engine_id, px, qty);
    if (reason == MATCH_WOULD_TAKE)
        um_cancel(b, order);
    else if (reason != MATCH_OK)
        return refuse_engine(call, reason);
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
                       : not_valid(call, "batchOrders");
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
        return not_valid(call, ids ? "orderIdList" : "origClientOrderIdList");
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
        return not_valid(call, "countdownTime");
    call->b->um->countdown[call->account->owner][sym] =
        ms > 0 ? call->now->transport + ms * SIMB_NS_PER_MS : 0;
    jout_open(call->out, '{');
    jout_kv_str(call->out, "symbol", pit_at(call->b->pit, sym)->name);
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
    jout_kv_str(out, "symbol", pit_at(b->pit, sym)->name);
    jout_kv_str(out, "side", order->side == AGON_BUY ? "BUY" : "SELL");
    jout_kv_str(out, "positionSide", um_side_names[um->side]);
    jout_kv_str(out, "timeInForce", um->is_post_only ? "GTX" : tif_names[order->tif]);
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
    struct um_wish wish;
    const char *type;

    if (simb_want(call, "algoType", &type) < 0)
        return -1;
    if (strcmp(type, "CONDITIONAL") != 0)
        return not_valid(call, "algoType");
    if (check_rate(call, 1) < 0 || copy_param(call, "triggerPrice", "stopPrice") < 0 ||
        copy_param(call, "clientAlgoId", "newClientOrderId") < 0 || get_wish(call, &wish) < 0)
        return -1;
    if (!is_conditional(wish.type))
        return simb_fail(call, 400, -1116, "Invalid orderType.");
    wish.is_algo = 1;
    if (check_filters(call, &wish) < 0 || place(call, &wish, &order) < 0)
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
    for (uint32_t sym = 0; sym < pit_count(call->b->pit) && !*order; sym++)
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
        return refuse_engine(call, MATCH_UNKNOWN_ORDER);
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
    struct jout *out = &b->frame;
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
    jout_kv_str(out, "s", pit_at(b->pit, sym)->name);
    jout_kv_str(out, "S", order->side == AGON_BUY ? "BUY" : "SELL");
    jout_kv_str(out, "ps", um_side_names[um->side]);
    jout_kv_str(out, "f", um->is_post_only ? "GTX" : tif_names[order->tif]);
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
