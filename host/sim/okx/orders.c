// SPDX-License-Identifier: Apache-2.0
/* orders: which order is meant, what an order is refused for, and what is told of one. */
#include <stdio.h>
#include <stdlib.h>

#include "sim/okx/simo.h"

#define FIRST_ID 600000000000000000ull

const struct sim_type simo_types[] = {{"market", AGON_MARKET, 0, 0, 0},
                                      {"limit", AGON_LIMIT, AGON_TIF_GTC, 0, 0},
                                      {"post_only", AGON_LIMIT, AGON_TIF_GTC, 1, 0},
                                      {"fok", AGON_LIMIT, AGON_TIF_FOK, 0, 0},
                                      {"ioc", AGON_LIMIT, AGON_TIF_IOC, 0, 0},
                                      {NULL, 0, 0, 0, 0}};
const char *const simo_states[] = {"live", "partially_filled", "filled", "canceled", "canceled"};

uint64_t simo_id(uint64_t n)
{
    return n ? FIRST_ID + n : 0;
}

const char *simo_id_text(const struct sim *sim, uint64_t n, char text[SIM_ID_TEXT])
{
    (void)sim;
    snprintf(text, SIM_ID_TEXT, "%llu", (unsigned long long)simo_id(n));
    return text;
}

int simo_find(struct sim_call *call, struct sim_order **order)
{
    const char *id = simo_arg(call, "ordId"), *client = simo_arg(call, "clOrdId");
    unsigned long long n = id ? strtoull(id, NULL, 10) : 0;
    uint32_t sym;

    *order = NULL;
    if (simo_get_symbol(call, &sym) < 0)
        return -1;
    if (!id && !client)
        return sim_fail(call, 51003, "Either client order ID or order ID is required.");
    *order = !id            ? sim_find_client(call->sim, call->account, client)
             : n > FIRST_ID ? sim_order_at(call->sim, n - FIRST_ID)
                            : NULL;
    if (*order && ((*order)->account != call->account || (*order)->sym != sym))
        *order = NULL;
    return 0;
}

/* --- what happened to one --- */

/* Why one ended that nobody cancelled is a number. */
enum sim_state simo_ended(const struct sim_order *order, int reason, const char **why)
{
    // An order by cost buys what it gets for that: what is left over is less than a lot.
    if (order->is_by_cost && order->filled_qty > 0)
        return SIM_FILLED;
    *why = reason == MATCH_SELF_TRADE                             ? "32"
           : reason == MATCH_WOULD_TAKE                           ? "31"
           : reason == MATCH_NO_FUNDS                             ? "9"
           : simo_types[order->type].tif == (uint8_t)AGON_TIF_FOK ? "13"
                                                                  : "14";
    return SIM_CANCELED;
}

void simo_report(struct sim *sim, struct sim_order *order, enum match_event_kind what,
                 const struct sim_fill *fill)
{
    (void)what;
    simo_tell_order(sim, order, fill);
}

/* --- what is asked --- */

static const struct sim_refusal refusals[] = {
    {MATCH_BAD_PRICE, 51006,
     "Order price is not within the price limit, or no multiple of the tick size"},
    {MATCH_BAD_QTY, 51005, "Your order amount exceeds the max order amount."},
    {MATCH_BAD_MARKET_QTY, 51005, "Your order amount exceeds the max order amount."},
    {MATCH_TOO_LARGE, 51005, "Your order amount exceeds the max order amount."},
    {MATCH_NOT_TRADING, 51022, "Contract suspended."},
    {MATCH_NO_ROOM, 51025, "Order count exceeds the limit"},
    {MATCH_MANY_ORDERS, 51025, "Order count exceeds the limit"},
    {MATCH_REDUCE_ONLY, 51169,
     "Order failed because you don't have any positions in this direction for this contract to "
     "reduce or close."},
    {MATCH_UNKNOWN_ORDER, 51503, "Your order has already been filled or canceled."},
    {0, 51000, "Parameter error"}};

static int refuse_engine(struct sim_call *call, int reason, const struct sim_intent *intent)
{
    const struct pit_symbol *symbol = pit_at(call->sim->pit, intent->sym);
    int is_qty =
        reason == MATCH_BAD_QTY || reason == MATCH_BAD_MARKET_QTY || reason == MATCH_TOO_LARGE;

    if (reason == MATCH_NO_FUNDS)
        return sim_fail(call, 51008, "Order failed. Insufficient %s balance in account.",
                        symbol->quote);
    if (is_qty && intent->qty < symbol->min_qty)
        return sim_fail(call, 51020, "Your order should meet or exceed the minimum order amount.");
    if (is_qty && intent->qty % symbol->lot_qty != 0)
        return sim_fail(call, 51121, "Order quantity must be a multiple of the lot size.");
    return sim_refuse(call, refusals, reason);
}

int simo_place(struct sim_call *call, const struct sim_intent *intent, struct sim_order **placed)
{
    struct sim *sim = call->sim;
    int reason = sim_check(sim, call->account, intent);

    if (intent->client && sim_find_client(sim, call->account, intent->client))
        return sim_fail(call, 51016, "Client order ID already exists.");
    if (reason != MATCH_OK)
        return refuse_engine(call, reason, intent);
    reason = sim_check_margin(sim, call->account, intent);
    if (reason == MATCH_NO_FUNDS)
        return sim_fail(call, 51008, "Order failed. Insufficient %s margin in account",
                        SIMO_MARGIN);
    if (reason != MATCH_OK)
        return sim_fail(call, 51010,
                        "You can't complete this request under your current account mode.");
    reason = sim_submit(sim, call->account, intent, placed);
    return reason == MATCH_OK ? 0 : refuse_engine(call, reason, intent);
}
