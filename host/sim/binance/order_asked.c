// SPDX-License-Identifier: Apache-2.0
/* order_asked: what a request for an order says, the filters that it has to pass, and how an answer
 * shows it. */
#include "base/num.h"
#include "match/answers.h"
#include "sim/binance/simb.h"
#include <stdlib.h>

static int is_market(int type)
{
    return type == SIMB_MARKET || type == SIMB_STOP_LOSS || type == SIMB_TAKE_PROFIT;
}

/* --- what was asked --- */

static int find_name(const char *const *names, int n, const char *text)
{
    for (int i = 0; i < n; i++)
        if (strcmp(names[i], text) == 0)
            return i;
    return -1;
}

static int get_enums(struct simb_call *call, struct simb_intent *intent)
{
    static const char *const responses[] = {"ACK", "RESULT", "FULL"};
    const char *text;
    int i;

    if (simb_get_side(call, &intent->side) < 0 || simb_want(call, "type", &text) < 0)
        return -1;
    i = find_name(simb_type_names, SIMB_TYPES, text);
    if (i < 0)
        return simb_fail(call, 400, -1116, "Invalid orderType.");
    intent->type = (uint8_t)i;
    intent->tif = AGON_TIF_GTC;
    text = simb_param(call, "timeInForce");
    if (text) {
        i = find_name(&simb_tif_names[AGON_TIF_GTC], 3, text);
        if (i < 0)
            return simb_fail(call, 400, -1115, "Invalid timeInForce.");
        intent->tif = (uint8_t)(AGON_TIF_GTC + i);
        intent->has |= SIMB_HAS_TIF;
    }
    intent->resp = intent->type == SIMB_MARKET || intent->type == SIMB_LIMIT ? RESP_FULL : RESP_ACK;
    text = simb_param(call, "newOrderRespType");
    if (text) {
        i = find_name(responses, 3, text);
        if (i < 0)
            return simb_fail(call, 400, -1130,
                             "Data sent for parameter 'newOrderRespType' is not valid.");
        intent->resp = (uint8_t)i;
    }
    intent->stp = MATCH_STP_EXPIRE_MAKER;
    text = simb_param(call, "selfTradePreventionMode");
    if (text) {
        i = find_name(simb_stp_names, 4, text);
        if (i < 0 && strcmp(text, "DECREMENT") != 0 && strcmp(text, "TRANSFER") != 0)
            return simb_fail(call, 400, -1130,
                             "Data sent for parameter 'selfTradePreventionMode' is not valid.");
        if (i < 0)
            return simb_fail(
                call, 400, -1013,
                "This symbol does not allow the specified self-trade prevention mode.");
        intent->stp = (uint8_t)i;
    }
    return 0;
}

int simb_get_client_id(struct simb_call *call, const char *name, const char **client)
{
    *client = simb_param(call, name);
    if (*client && !**client)
        return simb_fail(call, 400, -1105, "Parameter '%s' was empty.", name);
    if (*client && !simb_is_client_id(*client))
        return simb_fail(call, 400, -1100,
                         "Illegal characters found in parameter '%s'; legal range is "
                         "'^[\\.A-Z\\:/a-z0-9_-]{1,36}$'.",
                         name);
    return 0;
}

static int get_numbers(struct simb_call *call, struct simb_intent *intent)
{
    int px, qty, stop, quote, has;
    int64_t delta;

    if (simb_get_dec(call, "quantity", &intent->qty, &qty) < 0 ||
        simb_get_dec(call, "quoteOrderQty", &intent->quote_amt, &quote) < 0 ||
        simb_get_dec(call, "price", &intent->px, &px) < 0 ||
        simb_get_dec(call, "stopPrice", &intent->stop_px, &stop) < 0 ||
        simb_get_int(call, "strategyId", &intent->strategy_id, &intent->has_strategy) < 0 ||
        simb_get_int(call, "strategyType", &intent->strategy_type, &intent->has_strategy_type) < 0)
        return -1;
    if (intent->has_strategy_type && intent->strategy_type < 1000000)
        return simb_fail(call, 400, -1134, "`strategyType` was less than 1000000.");
    intent->has |= (px ? SIMB_HAS_PX : 0u) | (qty ? SIMB_HAS_QTY : 0u) |
                   (stop ? SIMB_HAS_STOP : 0u) | (quote ? SIMB_HAS_QUOTE : 0u);
    if (simb_get_int(call, "trailingDelta", &delta, &has) < 0)
        return -1;
    if (has)
        return simb_fail(call, 400, -2010,
                         "Trailing stop orders are not supported for this symbol.");
    if (simb_get_dec(call, "icebergQty", &delta, &has) < 0)
        return -1;
    if (has && delta > 0)
        return simb_fail(call, 400, -2010, "Iceberg orders are not supported for this symbol.");
    if (simb_param(call, "pegPriceType") || simb_param(call, "pegOffsetType") ||
        simb_param(call, "pegOffsetValue"))
        return simb_fail(call, 400, -2010, "Pegged orders are not supported for this symbol.");
    return 0;
}

static int check_combination(struct simb_call *call, const struct simb_intent *intent)
{
    static const struct {
        uint32_t needed, allowed;
    } rules[SIMB_TYPES] = {
        [SIMB_LIMIT] = {SIMB_HAS_TIF | SIMB_HAS_QTY | SIMB_HAS_PX,
                        SIMB_HAS_TIF | SIMB_HAS_QTY | SIMB_HAS_PX},
        [SIMB_MARKET] = {0, SIMB_HAS_QTY | SIMB_HAS_QUOTE},
        [SIMB_STOP_LOSS] = {SIMB_HAS_QTY | SIMB_HAS_STOP, SIMB_HAS_QTY | SIMB_HAS_STOP},
        [SIMB_STOP_LOSS_LIMIT] = {SIMB_HAS_TIF | SIMB_HAS_QTY | SIMB_HAS_PX | SIMB_HAS_STOP,
                                  SIMB_HAS_TIF | SIMB_HAS_QTY | SIMB_HAS_PX | SIMB_HAS_STOP},
        [SIMB_TAKE_PROFIT] = {SIMB_HAS_QTY | SIMB_HAS_STOP, SIMB_HAS_QTY | SIMB_HAS_STOP},
        [SIMB_TAKE_PROFIT_LIMIT] = {SIMB_HAS_TIF | SIMB_HAS_QTY | SIMB_HAS_PX | SIMB_HAS_STOP,
                                    SIMB_HAS_TIF | SIMB_HAS_QTY | SIMB_HAS_PX | SIMB_HAS_STOP},
        [SIMB_LIMIT_MAKER] = {SIMB_HAS_QTY | SIMB_HAS_PX, SIMB_HAS_QTY | SIMB_HAS_PX},
    };
    static const struct {
        uint32_t bit;
        const char *name;
    } names[] = {{SIMB_HAS_TIF, "timeInForce"},
                 {SIMB_HAS_QTY, "quantity"},
                 {SIMB_HAS_PX, "price"},
                 {SIMB_HAS_STOP, "stopPrice"},
                 {SIMB_HAS_QUOTE, "quoteOrderQty"}};
    uint32_t needed = rules[intent->type].needed, allowed = rules[intent->type].allowed;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if ((needed & ~intent->has & names[i].bit) == 0)
            continue;
        if (names[i].bit == SIMB_HAS_STOP)
            return simb_fail(call, 400, -1102,
                             "Param 'stopPrice' or 'trailingDelta' must be sent, but both were "
                             "empty/null!");
        return simb_fail(call, 400, -1102,
                         "Mandatory parameter '%s' was not sent, was empty/null, or malformed.",
                         names[i].name);
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (intent->has & ~allowed & names[i].bit)
            return simb_fail(call, 400, -1106, "Parameter '%s' sent when not required.",
                             names[i].name);
    if (intent->type == SIMB_MARKET && !(intent->has & (SIMB_HAS_QTY | SIMB_HAS_QUOTE)))
        return simb_fail(call, 400, -1102,
                         "Param 'quantity' or 'quoteOrderQty' must be sent, but both were "
                         "empty/null!");
    if (intent->type == SIMB_MARKET && (intent->has & SIMB_HAS_QTY) &&
        (intent->has & SIMB_HAS_QUOTE))
        return simb_fail(call, 400, -1128, "Combination of optional parameters invalid.");
    return 0;
}

int simb_get_intent(struct simb_call *call, struct simb_intent *intent)
{
    memset(intent, 0, sizeof(*intent));
    if (simb_want_symbol(call, &intent->sym) < 0 || get_enums(call, intent) < 0 ||
        get_numbers(call, intent) < 0 ||
        simb_get_client_id(call, "newClientOrderId", &intent->client) < 0)
        return -1;
    return check_combination(call, intent);
}

/* --- filters --- */

int simb_refuse_engine(struct simb_call *call, int reason)
{
    struct match_answer answer = match_answer(RULES_SPOT, NULL, NULL, (enum match_reject)reason);

    return simb_fail(call, answer.status, answer.code, "%s", answer.text);
}

void simb_to_engine(const struct simb *b, const struct simb_intent *intent,
                    const struct simb_account *account, struct simb_order *order,
                    struct match_order *out)
{
    static const uint8_t types[SIMB_TYPES] = {
        [SIMB_LIMIT] = AGON_LIMIT,       [SIMB_MARKET] = AGON_MARKET,
        [SIMB_STOP_LOSS] = AGON_STOP,    [SIMB_STOP_LOSS_LIMIT] = AGON_STOP_LIMIT,
        [SIMB_TAKE_PROFIT] = AGON_STOP,  [SIMB_TAKE_PROFIT_LIMIT] = AGON_STOP_LIMIT,
        [SIMB_LIMIT_MAKER] = AGON_LIMIT,
    };

    *out = (struct match_order){
        .tag = (uint64_t)(uintptr_t)order,
        .owner = account->owner,
        .instrument = pit_instrument(b->sim.pit, intent->sym),
        .side = intent->side,
        .type = types[intent->type],
        .tif = is_market(intent->type) ? 0 : intent->tif,
        .stp = intent->stp,
        .flags = intent->type == SIMB_LIMIT_MAKER ? AGON_POST_ONLY : 0,
        .is_take_profit =
            intent->type == SIMB_TAKE_PROFIT || intent->type == SIMB_TAKE_PROFIT_LIMIT,
        .px = intent->px,
        .trigger_px = intent->stop_px,
        .qty = intent->qty,
        .quote_amt = intent->quote_amt,
    };
}

// What is no number of the engine's is refused in the venue's own words; the rest by its filters.
int simb_check_filters(struct simb_call *call, const struct simb_intent *intent)
{
    struct match_order asked;
    int reason;

    if ((intent->has & SIMB_HAS_PX) && intent->px == 0)
        return simb_fail(call, 400, -1013, "Invalid price.");
    if ((intent->has & SIMB_HAS_STOP) && intent->stop_px == 0)
        return simb_fail(call, 400, -1013, "Stop price is not valid.");
    if ((intent->has & SIMB_HAS_QTY) && intent->qty == 0)
        return simb_fail(call, 400, -1013, "Invalid quantity.");
    if ((intent->has & SIMB_HAS_QUOTE) && intent->quote_amt == 0)
        return simb_fail(call, 400, -1013, "Invalid quote order qty.");
    simb_to_engine(call->b, intent, call->account, NULL, &asked);
    reason = intent->has & SIMB_HAS_QUOTE
                 ? pit_check_amount(call->b->sim.pit, intent->sym, intent->side, intent->quote_amt)
                 : pit_check(call->b->sim.pit, &asked);
    return reason == MATCH_OK ? 0 : simb_refuse_engine(call, reason);
}

/* --- reports --- */
