// SPDX-License-Identifier: Apache-2.0
/* um_asked: what a request for an order says, and whether the filters and the margin let it in. */
#include "base/num.h"
#include "sim/binance/um.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static int find_name(const char *const *names, int n, const char *text)
{
    for (int i = 0; i < n; i++)
        if (strcmp(names[i], text) == 0)
            return i;
    return -1;
}

int um_not_valid(struct simb_call *call, const char *name)
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
        return um_not_valid(call, name);
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

static int get_tif(struct simb_call *call, struct um_intent *intent)
{
    const char *text = simb_param(call, "timeInForce");
    int i, has;

    intent->tif = AGON_TIF_GTC;
    if (!text)
        return 0;
    intent->has |= HAS_TIF;
    intent->is_post_only = strcmp(text, "GTX") == 0;
    if (intent->is_post_only)
        return 0;
    i = find_name(&um_tif_names[AGON_TIF_GTC], 4, text);
    if (i < 0)
        return simb_fail(call, 400, -1115, "Invalid timeInForce.");
    intent->tif = (uint8_t)(AGON_TIF_GTC + i);
    if (intent->tif != AGON_TIF_GTD)
        return 0;
    if (simb_get_time(call, "goodTillDate", &intent->good_till, &has) < 0)
        return -1;
    if (!has)
        return simb_fail(call, 400, -1102,
                         "Mandatory parameter 'goodTillDate' was not sent, was empty/null, or "
                         "malformed.");
    if (intent->good_till <= pit_now(call->b->sim.pit) + 600 * SIMB_NS_PER_S)
        return simb_fail(call, 400, -5040,
                         "The goodTillDate timestamp must be greater than the current time plus "
                         "600 seconds and smaller than 253402300799000");
    return 0;
}

static int get_enums(struct simb_call *call, struct um_intent *intent)
{
    static const char *const responses[] = {"ACK", "RESULT"};
    static const char *const stps[] = {"NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH"};
    const char *text;
    uint8_t ps = PERP_BOTH;
    int i;

    if (simb_get_side(call, &intent->side) < 0 || simb_want(call, "type", &text) < 0)
        return -1;
    i = find_name(um_type_names, UM_TYPES, text);
    if (i < 0)
        return simb_fail(call, 400, -1116, "Invalid orderType.");
    intent->type = (uint8_t)i;
    intent->stp = MATCH_STP_EXPIRE_MAKER;
    if (get_tif(call, intent) < 0 || get_choice(call, "positionSide", um_side_names, 3, &ps) < 0 ||
        get_choice(call, "newOrderRespType", responses, 2, &intent->resp) < 0 ||
        get_choice(call, "selfTradePreventionMode", stps, 4, &intent->stp) < 0 ||
        get_choice(call, "workingType", um_working_names, 2, &intent->working) < 0 ||
        get_flag(call, "reduceOnly", &intent->is_reduce_only) < 0 ||
        get_flag(call, "closePosition", &intent->is_close) < 0 ||
        get_flag(call, "priceProtect", &intent->is_protected) < 0)
        return -1;
    intent->ps = (enum perp_side)ps;
    text = simb_param(call, "priceMatch");
    if (text && *text && strcmp(text, "NONE") != 0)
        return simb_fail(call, 400, -4120, "priceMatch is not supported for this symbol.");
    return 0;
}

static int get_numbers(struct simb_call *call, struct um_intent *intent)
{
    int px, qty, stop, activate, callback;
    int64_t rate = 0;

    if (simb_get_dec(call, "quantity", &intent->qty, &qty) < 0 ||
        simb_get_dec(call, "price", &intent->px, &px) < 0 ||
        simb_get_dec(call, "stopPrice", &intent->stop_px, &stop) < 0 ||
        simb_get_dec(call, "activationPrice", &intent->activate_px, &activate) < 0 ||
        simb_get_dec(call, "callbackRate", &rate, &callback) < 0)
        return -1;
    if (!activate && simb_get_dec(call, "activatePrice", &intent->activate_px, &activate) < 0)
        return -1;
    intent->has |= (px ? HAS_PX : 0u) | (qty ? HAS_QTY : 0u) | (stop ? HAS_STOP : 0u) |
                   (callback ? HAS_CALLBACK : 0u);
    if (callback && (rate < 10000000 || rate > 10 * num_pow10(SIMB_EXP)))
        return simb_fail(call, 400, -2007, "Invalid callBack rate");
    intent->callback_ppb = (int32_t)(rate / 10); // per cent in 10^-8 is 10^-10
    return 0;
}

static int is_market(int type)
{
    return type == UM_MARKET || type == UM_STOP_MARKET || type == UM_TAKE_PROFIT_MARKET ||
           type == UM_TRAILING_STOP_MARKET;
}

int um_is_conditional(int type)
{
    return type >= UM_STOP;
}

static int check_combination(struct simb_call *call, const struct um_intent *intent)
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
    uint32_t wants = needed[intent->type];

    if ((intent->type == UM_STOP_MARKET || intent->type == UM_TAKE_PROFIT_MARKET) &&
        !intent->is_close)
        wants |= HAS_QTY;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (wants & ~intent->has & names[i].bit)
            return simb_fail(call, 400, -1102,
                             "Mandatory parameter '%s' was not sent, was empty/null, or "
                             "malformed.",
                             names[i].name);
    if (is_market(intent->type) && (intent->has & HAS_PX))
        return simb_fail(call, 400, -1106, "Parameter 'price' sent when not required.");
    if (intent->type == UM_MARKET && (intent->has & HAS_TIF))
        return simb_fail(call, 400, -1106, "Parameter 'timeinforce' sent when not required.");
    if (!um_is_conditional(intent->type) && (intent->has & HAS_STOP))
        return simb_fail(call, 400, -1106, "Parameter 'stopprice' sent when not required.");
    if (intent->is_close && intent->type != UM_STOP_MARKET && intent->type != UM_TAKE_PROFIT_MARKET)
        return simb_fail(call, 400, -4136,
                         "Target strategy invalid for orderType %s,closePosition "
                         "true",
                         um_type_names[intent->type]);
    if (intent->is_close && (intent->has & HAS_QTY))
        return simb_fail(call, 400, -4137, "Quantity must be zero with closePosition equals true");
    if (intent->is_close && intent->is_reduce_only)
        return simb_fail(call, 400, -1106, "Parameter 'reduceonly' sent when not required.");
    if (intent->is_post_only && is_market(intent->type))
        return simb_fail(call, 400, -1115, "Invalid timeInForce.");
    return 0;
}

static int check_side(struct simb_call *call, const struct um_intent *intent)
{
    const struct perp_account *account = um_account(call->b, call->account);

    if (account->is_hedged != (intent->ps != PERP_BOTH))
        return simb_fail(call, 400, -4061, "Order's position side does not match user's setting.");
    if (account->is_hedged && intent->is_reduce_only)
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

int um_get_intent(struct simb_call *call, struct um_intent *intent)
{
    memset(intent, 0, sizeof(*intent));
    if (simb_want_symbol(call, &intent->sym) < 0 || get_enums(call, intent) < 0 ||
        get_numbers(call, intent) < 0 ||
        get_client(call, "newClientOrderId", &intent->client) < 0 ||
        check_combination(call, intent) < 0)
        return -1;
    return check_side(call, intent);
}

/* --- filters --- */

int um_check_px(struct simb_call *call, const struct pit_symbol *symbol, int px_dec, agon_px_t px)
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

int um_check_qty(struct simb_call *call, const struct pit_symbol *symbol, int is_taker,
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
int um_check_percent(struct simb_call *call, uint32_t sym, int side, agon_px_t px)
{
    agon_px_t mark = um_mark_px(call->b, sym);
    const struct rules *rules = &pit_at(call->b->sim.pit, sym)->rules;
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

int um_check_notional(struct simb_call *call, uint32_t sym, agon_px_t px, agon_qty_t qty)
{
    const struct pit_symbol *symbol = pit_at(call->b->sim.pit, sym);
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

    pit_view(b->sim.pit, sym, &view);
    if (side == AGON_BUY && view.n_ask > 0)
        return num_mul_div(view.ask[0].px, 10005, 10000, NUM_EVEN);
    if (side == AGON_SELL && view.n_bid > 0)
        return view.bid[0].px;
    return um_mark_px(b, sym);
}

int um_check_filters(struct simb_call *call, const struct um_intent *intent)
{
    const struct pit_symbol *symbol = pit_at(call->b->sim.pit, intent->sym);
    int px_dec = call->b->um->symbols[intent->sym].px_dec;
    const struct simb_account *account = call->account;
    agon_px_t px = intent->has & HAS_PX     ? intent->px
                   : intent->has & HAS_STOP ? intent->stop_px
                                            : um_mark_px(call->b, intent->sym);

    if ((intent->has & HAS_PX) && um_check_px(call, symbol, px_dec, intent->px) < 0)
        return -1;
    if ((intent->has & HAS_STOP) && intent->stop_px == 0)
        return simb_fail(call, 400, -4006, "Stop price less than zero.");
    if ((intent->has & HAS_STOP) && um_check_px(call, symbol, px_dec, intent->stop_px) < 0)
        return -1;
    if (!intent->is_close && um_check_qty(call, symbol, is_market(intent->type), intent->qty) < 0)
        return -1;
    if (intent->type == UM_LIMIT &&
        um_check_percent(call, intent->sym, intent->side, intent->px) < 0)
        return -1;
    if (!intent->is_reduce_only && !intent->is_close &&
        um_check_notional(call, intent->sym, px, intent->qty) < 0)
        return -1;
    if (account->n_open[intent->sym] >= symbol->rules.max_orders && intent->type != UM_MARKET)
        return simb_fail(call, 400, -2025, "Reach max open order limit.");
    if (um_is_conditional(intent->type) && account->n_algo[intent->sym] >= symbol->rules.max_stops)
        return simb_fail(call, 400, -4045, "Reach max stop order limit.");
    return 0;
}

/* --- margin --- */

int um_refuse_engine(struct simb_call *call, int reason)
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

int um_check_margin(struct simb_call *call, const struct um_intent *intent)
{
    const struct perp_account *account = um_account(call->b, call->account);
    const struct perp_symbol *symbol = &account->symbols[intent->sym];
    const struct perp_contract *contract = &call->b->um->contracts[intent->sym];
    agon_px_t px =
        intent->has & HAS_PX ? intent->px : market_px(call->b, intent->sym, intent->side);
    agon_amt_t held, notional = num_notional(px, SIMB_EXP, intent->qty, SIMB_EXP, SIMB_EXP, NUM_UP);
    struct perp_sums sums;
    agon_amt_t cost;

    um_reserve(call->b, call->account);
    cost = perp_order_cost(account, intent->sym, intent->ps, intent->side == AGON_BUY, px,
                           intent->qty);
    if (cost == 0)
        return 0;
    held = perp_notional(contract, &symbol->positions[intent->ps]);
    held =
        num_abs(intent->side == AGON_BUY ? num_add(held, symbol->bid_amt[intent->ps] + notional)
                                         : num_add(held, -symbol->ask_amt[intent->ps] - notional));
    if (held > perp_cap(contract, symbol->leverage))
        return simb_fail(call, 400, -2027,
                         "Exceeded the maximum allowable position at current leverage.");
    perp_sums(account, &sums);
    if (cost > sums.available_amt)
        return um_refuse_engine(call, MATCH_NO_FUNDS);
    return 0;
}

// What reduces is cut to what there is to reduce; hedged, a closing order must fit.
int um_fit_reduction(struct simb_call *call, struct um_intent *intent)
{
    int is_buy = intent->side == AGON_BUY;
    int closes = intent->is_reduce_only || (intent->ps == PERP_LONG && !is_buy) ||
                 (intent->ps == PERP_SHORT && is_buy);
    agon_qty_t closable;

    if (!closes || intent->is_close)
        return 0;
    closable = um_closable(call->b, call->account, intent->sym, intent->ps, is_buy, NULL);
    if (closable <= 0 || (!intent->is_reduce_only && intent->qty > closable))
        return um_refuse_engine(call, MATCH_REDUCE_ONLY);
    if (intent->qty > closable)
        intent->qty = closable;
    return 0;
}

int um_check_fok(struct simb_call *call, const struct um_intent *intent)
{
    agon_qty_t left = intent->qty;
    struct pit_view view;

    if (intent->tif != AGON_TIF_FOK)
        return 0;
    pit_view(call->b->sim.pit, intent->sym, &view);
    if (intent->side == AGON_BUY)
        for (uint32_t i = 0; i < view.n_ask && view.ask[i].px <= intent->px && left > 0; i++)
            left -= view.ask[i].qty < left ? view.ask[i].qty : left;
    else
        for (uint32_t i = 0; i < view.n_bid && view.bid[i].px >= intent->px && left > 0; i++)
            left -= view.bid[i].qty < left ? view.bid[i].qty : left;
    if (left == 0)
        return 0;
    return simb_fail(call, 400, -5021,
                     "Due to the order could not be filled immediately, the FOK order has been "
                     "rejected. The order will not be recorded in the order history");
}
