// SPDX-License-Identifier: Apache-2.0
/* orders: the life of an order, from what was asked through the engine to what is told of it. */
#include <stdlib.h>

#include "base/num.h"
#include "sim/kraken/simk.h"

const struct sim_type simk_types[] = {{"market", AGON_MARKET, 0, 0, 0},
                                      {"limit", AGON_LIMIT, 0, 0, 0},
                                      {"stop-loss", AGON_STOP, 0, 0, 0},
                                      {"stop-loss-limit", AGON_STOP_LIMIT, 0, 0, 0},
                                      {"take-profit", AGON_STOP, 0, 0, 1},
                                      {"take-profit-limit", AGON_STOP_LIMIT, 0, 0, 1},
                                      {NULL, 0, 0, 0, 0}};
const char *const simk_states[] = {"open", "open", "closed", "canceled", "expired"};

struct sim_order *simk_find(const struct sim *sim, const struct sim_account *account,
                            const char *id)
{
    struct sim_order *order = id[0] == 'O' ? sim_order_at(sim, simk_number(sim, id)) : NULL;

    return order && order->account == account ? order : NULL;
}

/* --- what happened to one --- */

enum sim_state simk_ended(const struct sim_order *order, int reason, const char **why)
{
    *why = reason == MATCH_TIMED_OUT    ? "Order expired"
           : reason == MATCH_SELF_TRADE ? "Self trade prevention"
           : reason == MATCH_WOULD_TAKE ? "Post only order"
           : reason == MATCH_NO_FUNDS   ? "Insufficient funds"
           : order->tif == AGON_TIF_IOC ? "Immediate or cancel"
           : order->tif == AGON_TIF_FOK ? "Fill or kill"
                                        : "Insufficient liquidity";
    return reason == MATCH_TIMED_OUT ? SIM_EXPIRED : SIM_CANCELED;
}

void simk_report(struct sim *sim, struct sim_order *order, enum match_event_kind what,
                 const struct sim_fill *fill)
{
    static const char *const kinds[] = {
        [MATCH_ACCEPTED] = "new",     [MATCH_TRADE] = "filled",     [MATCH_CANCELLED] = "canceled",
        [MATCH_EXPIRED] = "canceled", [MATCH_TRIGGERED] = "status", [MATCH_AMENDED] = "amended"};

    if (what == MATCH_ACCEPTED)
        simk_tell(sim, order, "pending_new", NULL);
    if (fill) {
        if (order->is_by_cost)
            order->qty = order->filled_qty;
        simk_tell(sim, order, "trade", fill);
        simk_tell_ledger(sim, order->account, fill);
        if (sim_is_open(order))
            return;
    }
    simk_tell(sim, order, order->state == SIM_EXPIRED ? "expired" : kinds[what], NULL);
}

/* --- what is counted --- */

/* By how long the order has rested; the first where it is younger. */
static int64_t by_age(const struct sim *sim, const struct sim_order *order, const int8_t adds[6])
{
    static const int limits_s[6] = {5, 10, 15, 45, 90, 300};
    agon_ns_t age = sim->now.transport - order->t_touched;

    for (int i = 0; i < 6; i++)
        if (age < limits_s[i] * SIM_NS_PER_S)
            return adds[i];
    return 0;
}

/* What is asked of a pair counts whether it is done or not. Beyond the limit nothing is done. */
static int count_order(struct sim_call *call, uint32_t sym, int64_t add)
{
    struct simk_owner *owner = simk_owner_of(call->sim, call->account);

    return sim_count_up(&owner->rate[sym], call->sim->now.transport, add, owner->tier->rate_max,
                        owner->tier->rate_milli_per_s)
               ? 0
               : simk_fail(call, "EOrder:Rate limit exceeded");
}

static const struct sim_refusal refusals[] = {
    {MATCH_BAD_PRICE, 1, "EOrder:Invalid price"},
    {MATCH_BAD_QTY, 1, "EGeneral:Invalid arguments:volume"},
    {MATCH_BAD_MARKET_QTY, 1, "EGeneral:Invalid arguments:volume"},
    {MATCH_TOO_LARGE, 1, "EGeneral:Invalid arguments:volume"},
    {MATCH_BAD_NOTIONAL, 1, "EOrder:Cost minimum not met"},
    {MATCH_NO_FUNDS, 1, "EOrder:Insufficient funds"},
    {MATCH_WOULD_TAKE, 1, "EOrder:Post only order"},
    {MATCH_WOULD_TRIGGER, 1, "EOrder:Invalid price"},
    {MATCH_NO_ROOM, 1, "EOrder:Orders limit exceeded"},
    {MATCH_MANY_ORDERS, 1, "EOrder:Orders limit exceeded"},
    {MATCH_MANY_STOPS, 1, "EOrder:Orders limit exceeded"},
    {MATCH_NOT_TRADING, 1, "EService:Market in cancel_only mode"},
    {MATCH_UNKNOWN_ORDER, 1, "EOrder:Unknown order"},
    {0, 1, "EGeneral:Invalid arguments"}};

static int refuse_engine(struct sim_call *call, int reason, const struct sim_intent *intent)
{
    const struct pit_symbol *symbol = pit_at(call->sim->pit, intent->sym);
    int decimals = sim_decimals(symbol->tick_px);
    int is_qty =
        reason == MATCH_BAD_QTY || reason == MATCH_BAD_MARKET_QTY || reason == MATCH_TOO_LARGE;

    if (reason == MATCH_BAD_PRICE &&
        (intent->px | intent->stop_px) % num_pow10(PIT_EXP - decimals) != 0)
        return simk_fail(call,
                         "EOrder:Invalid price:%s price can only be specified up to %d decimals.",
                         symbol->name, decimals);
    if (is_qty && intent->qty < symbol->min_qty)
        return simk_fail(call, "EGeneral:Invalid arguments:volume minimum not met");
    return sim_refuse(call, refusals, reason);
}

/* --- what is asked --- */

static int check(struct sim_call *call, const struct sim_intent *intent)
{
    struct sim_order *twin;
    int reason;

    if (call->account->n_open[intent->sym] >=
        simk_owner_of(call->sim, call->account)->tier->open_max)
        return simk_fail(call, "EOrder:Orders limit exceeded");
    twin = intent->client ? sim_find_client(call->sim, call->account, intent->client) : NULL;
    if (twin && sim_is_open(twin))
        return simk_fail(call, "EGeneral:Invalid arguments:cl_ord_id");
    reason = sim_check(call->sim, call->account, intent);
    return reason == MATCH_OK ? 0 : refuse_engine(call, reason, intent);
}

static int submit(struct sim_call *call, const struct sim_intent *intent, struct sim_order **placed)
{
    int reason = sim_submit(call->sim, call->account, intent, placed);

    return reason == MATCH_OK ? 0 : refuse_engine(call, reason, intent);
}

int simk_place(struct sim_call *call, const struct sim_intent *intent, struct sim_order **placed)
{
    *placed = NULL;
    if (count_order(call, intent->sym, 1) < 0 || check(call, intent) < 0)
        return -1;
    return intent->is_checked_only ? 0 : submit(call, intent, placed);
}

/* A cancel counts, and is taken whatever the count is. */
int simk_cancel(struct sim_call *call, struct sim_order *order)
{
    static const int8_t adds[6] = {8, 6, 5, 4, 2, 1};
    struct simk_owner *owner = simk_owner_of(call->sim, call->account);

    if (!order || !sim_is_open(order))
        return simk_fail(call, "EOrder:Unknown order");
    sim_count_up(&owner->rate[order->sym], call->sim->now.transport, by_age(call->sim, order, adds),
                 INT32_MAX, owner->tier->rate_milli_per_s);
    return sim_cancel(call->sim, order, NULL) == MATCH_OK ? 0
                                                          : simk_fail(call, "EOrder:Unknown order");
}

int simk_amend(struct sim_call *call, struct sim_order *order, uint32_t has,
               const struct sim_intent *intent)
{
    static const int8_t adds[6] = {3, 2, 1, 0, 0, 0};
    struct sim_intent now;
    int reason;

    if (!order || !sim_is_open(order))
        return simk_fail(call, "EOrder:Unknown order");
    if (count_order(call, order->sym, 1 + by_age(call->sim, order, adds)) < 0)
        return -1;
    if (has == 0 || ((has & 1) && !sim_has_px(call->sim, order->type)) || (has & 4) ||
        order->is_by_cost)
        return simk_fail(call, "EGeneral:Invalid arguments");
    now = (struct sim_intent){.sym = order->sym,
                              .px = has & 1 ? intent->px : order->px,
                              .qty = has & 2 ? intent->qty : order->qty};
    // Lowered to what is filled already, the rest is cancelled.
    reason = sim_amend(call->sim, order, now.px, now.qty);
    if (reason != MATCH_OK)
        return refuse_engine(call, reason, &now);
    order->t_touched = call->sim->now.transport;
    return 0;
}

/* A new order in the old one's place, with a new id and nothing of what was filled. */
int simk_edit(struct sim_call *call, struct sim_order *order, uint32_t has,
              const struct sim_intent *intent, struct sim_order **placed)
{
    static const int8_t adds[6] = {6, 5, 4, 2, 1, 0};
    struct sim_intent now;
    int rc;

    *placed = NULL;
    if (!order || !sim_is_open(order))
        return simk_fail(call, "EOrder:Unknown order");
    if (count_order(call, order->sym, 1 + by_age(call->sim, order, adds)) < 0)
        return -1;
    if (has == 0 || ((has & 1) && !sim_has_px(call->sim, order->type)) ||
        ((has & 4) && !sim_has_stop(call->sim, order->type)) || order->is_by_cost)
        return simk_fail(call, "EGeneral:Invalid arguments");
    now = (struct sim_intent){.sym = order->sym,
                              .side = order->side,
                              .type = order->type,
                              .tif = order->tif,
                              .stp = MATCH_STP_EXPIRE_TAKER,
                              .is_post = intent->is_post || order->is_post,
                              .has_ref = intent->has_ref,
                              .ref = intent->ref,
                              .px = has & 1 ? intent->px : order->px,
                              .stop_px = has & 4 ? intent->stop_px : order->stop_px,
                              .qty = has & 2 ? intent->qty : order->qty,
                              .t_expire = order->t_expire};
    if (now.qty <= order->filled_qty)
        return simk_fail(call, "EGeneral:Invalid arguments:volume");
    if (check(call, &now) < 0)
        return -1;
    rc = sim_cancel(call->sim, order, "Order replaced");
    return rc == MATCH_OK ? submit(call, &now, placed) : simk_fail(call, "EOrder:Unknown order");
}
