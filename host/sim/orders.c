// SPDX-License-Identifier: Apache-2.0
/* orders: the life of an order at a simulated exchange, from what was asked through the engine to
 * what is told of it, and the fills that it had. */
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "market/order_type.h"
#include "sim/sim_impl.h"

int sim_type_of(const struct sim *sim, const char *name)
{
    for (int i = 0; name && sim->ways->types[i].name; i++)
        if (strcmp(sim->ways->types[i].name, name) == 0)
            return i;
    return -1;
}

int sim_has_px(const struct sim *sim, uint8_t type)
{
    return order_type_has_px(sim->ways->types[type].type);
}

int sim_has_stop(const struct sim *sim, uint8_t type)
{
    return order_type_waits(sim->ways->types[type].type);
}

/* --- which one is it --- */

struct sim_order *sim_order_at(const struct sim *sim, uint64_t n)
{
    struct sim_order *order = n ? sim->orders[n & (SIM_ORDERS_KEPT - 1)] : NULL;

    return order && order->n == n ? order : NULL;
}

const struct sim_fill *sim_fill_at(const struct sim *sim, uint64_t n)
{
    return n > 0 && n <= sim->n_fills && sim->n_fills - n < SIM_FILLS_KEPT
               ? &sim->fills[(n - 1) & (SIM_FILLS_KEPT - 1)]
               : NULL;
}

struct sim_order *sim_older_order(const struct sim *sim, const struct sim_account *account,
                                  const struct sim_order *than)
{
    uint64_t n = than ? than->n - 1 : sim->n_orders;

    for (; n > 0 && sim->n_orders - n < SIM_ORDERS_KEPT; n--) {
        struct sim_order *order = sim_order_at(sim, n);

        if (order && order->account == account)
            return order;
    }
    return NULL;
}

const struct sim_fill *sim_older_fill(const struct sim *sim, const struct sim_account *account,
                                      const struct sim_fill *than)
{
    const struct sim_fill *fill = sim_fill_at(sim, than ? than->n - 1 : sim->n_fills);

    while (fill && fill->account != account)
        fill = sim_fill_at(sim, fill->n - 1);
    return fill;
}

struct sim_order *sim_find_client(const struct sim *sim, const struct sim_account *account,
                                  const char *client)
{
    struct sim_order *order = sim_older_order(sim, account, NULL);

    while (order && strcmp(order->client, client) != 0)
        order = sim_older_order(sim, account, order);
    return order;
}

agon_px_t sim_mean_px(const struct sim_order *order)
{
    return order->filled_qty > 0
               ? num_mul_div(order->cost_amt, num_pow10(PIT_EXP), order->filled_qty, NUM_EVEN)
               : 0;
}

/* --- what happened to one --- */

static void log_effect(struct sim *sim, const struct sim_order *order, const char *kind,
                       const struct sim_fill *fill)
{
    struct jout *line = &sim->line;
    char id[SIM_ID_TEXT];

    if (!sim_log_begin(sim, "effect", pit_now(sim->pit)))
        return;
    jout_kv_str(line, "key", order->account->member->key);
    jout_kv_str(line, "what", kind);
    jout_kv_str(line, "symbol", pit_at(sim->pit, order->sym)->name);
    jout_kv_str(line, "orderId", sim->ways->id(sim, order->n, id));
    jout_kv_str(line, "clientOrderId", order->client);
    jout_kv_str(line, "side", order->side == AGON_BUY ? "BUY" : "SELL");
    jout_kv_str(line, "type", sim->ways->types[order->type].name);
    jout_kv_str(line, "status", sim->ways->states[order->state]);
    jout_kv_dec(line, "price", order->px, PIT_EXP);
    jout_kv_dec(line, "qty", order->qty, PIT_EXP);
    jout_kv_dec(line, "executedQty", order->filled_qty, PIT_EXP);
    if (fill) {
        jout_kv_int(line, "tradeId", (int64_t)fill->trade_id);
        jout_kv_dec(line, "lastPrice", fill->px, PIT_EXP);
        jout_kv_dec(line, "lastQty", fill->qty, PIT_EXP);
        jout_kv_dec(line, "fee", fill->fee_amt, PIT_EXP);
        jout_kv_str(line, "feeAsset",
                    instruments_asset(pit_table(sim->pit), fill->fee_asset)->name);
        jout_kv_bool(line, "isMaker", fill->is_maker);
    }
    jout_close(line, '{');
    sim_log(sim, line);
}

static void end(struct sim_order *order, enum sim_state state, agon_ns_t t, const char *why)
{
    order->state = (uint8_t)state;
    order->t_update = order->t_end = t;
    order->why = why;
}

static struct sim_fill *on_trade(struct sim *sim, struct sim_order *order,
                                 const struct match_event *event, uint64_t trade_id)
{
    struct sim_fill *fill = &sim->fills[sim->n_fills & (SIM_FILLS_KEPT - 1)];
    const char *fee_asset = instruments_asset(pit_table(sim->pit), event->fee_asset)->name;
    int is_in_base = strcmp(fee_asset, pit_at(sim->pit, order->sym)->base) == 0;

    *fill = (struct sim_fill){
        .n = ++sim->n_fills,
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
        .fee_quote_amt =
            is_in_base ? num_notional(event->px, PIT_EXP, event->fee_amt, PIT_EXP, PIT_EXP, NUM_UP)
                       : event->fee_amt,
        .t = event->t,
    };
    if (sim->perps && pit_at(sim->pit, order->sym)->is_perpetual)
        fill->pnl_amt = sim_realise(sim, order, event);
    order->pnl_amt = num_add(order->pnl_amt, fill->pnl_amt);
    order->filled_qty = event->order->filled_qty;
    order->cost_amt = event->order->filled_quote_amt;
    order->fee_amt += fill->fee_amt;
    order->fee_quote_amt += fill->fee_quote_amt;
    order->fee_asset = event->fee_asset;
    order->t_update = event->t;
    order->state = SIM_PARTIAL;
    if (event->order->state == AGON_ORDER_FILLED)
        end(order, SIM_FILLED, event->t, NULL);
    return fill;
}

static void tell(struct sim *sim, struct sim_order *order, enum match_event_kind what,
                 const struct sim_fill *fill)
{
    static const char *const kinds[] = {
        [MATCH_ACCEPTED] = "NEW",     [MATCH_TRADE] = "TRADE",   [MATCH_CANCELLED] = "CANCELED",
        [MATCH_EXPIRED] = "CANCELED", [MATCH_TRIGGERED] = "NEW", [MATCH_AMENDED] = "REPLACED"};

    if (!sim_is_open(order))
        order->account->n_open[order->sym]--;
    sim->ways->report(sim, order, what, fill);
    log_effect(sim, order, order->state == SIM_EXPIRED ? "EXPIRED" : kinds[what], fill);
}

void sim_on_order(void *ctx, uint32_t sym, const struct match_event *event, uint64_t trade_id)
{
    struct sim_order *order = (struct sim_order *)(uintptr_t)event->order->tag;
    struct sim *sim = ctx;
    const struct sim_fill *fill = NULL;
    const char *why = NULL;
    enum sim_state state;

    (void)sym;
    switch (event->kind) {
    case MATCH_REJECTED:
        sim->submit_reason = event->reason;
        return;
    case MATCH_ACCEPTED:
        order->engine_id = event->order->id;
        order->t_create = order->t_update = event->t;
        order->account->n_open[order->sym]++;
        sim->orders[order->n & (SIM_ORDERS_KEPT - 1)] = order;
        break;
    case MATCH_TRADE:
        fill = on_trade(sim, order, event, trade_id);
        break;
    case MATCH_CANCELLED:
        if (order->is_cut)
            end(order, SIM_FILLED, event->t, NULL);
        else
            end(order, SIM_CANCELED, event->t, sim->why ? sim->why : sim->ways->cancel_why);
        break;
    case MATCH_EXPIRED:
        state = sim->ways->ended(order, event->reason, &why);
        end(order, state, event->t, why);
        break;
    case MATCH_TRIGGERED:
        order->is_triggered = 1;
        break;
    case MATCH_AMENDED:
        order->px = event->order->px;
        order->qty = event->order->qty;
        order->t_update = event->t;
        break;
    default:
        return;
    }
    tell(sim, order, event->kind, fill);
}

/* --- what is asked --- */

static struct match_order to_engine(const struct sim *sim, const struct sim_account *account,
                                    const struct sim_intent *intent, const struct sim_order *order)
{
    const struct sim_type *type = &sim->ways->types[intent->type];
    uint8_t tif = type->tif ? type->tif : intent->tif;

    return (struct match_order){
        .tag = (uint64_t)(uintptr_t)order,
        .owner = account->owner,
        .instrument = pit_instrument(sim->pit, intent->sym),
        .side = intent->side,
        .type = type->type,
        .tif = order_type_has_px(type->type) ? tif : 0,
        .stp = intent->stp,
        .flags = (intent->is_post || type->is_post ? AGON_POST_ONLY : 0u) |
                 (intent->is_reduce_only ? AGON_REDUCE_ONLY : 0u),
        .is_take_profit = type->is_take_profit,
        .px = intent->px,
        .trigger_px = intent->stop_px,
        .qty = intent->qty,
        .quote_amt = intent->cost_amt,
        .t_expire = tif == AGON_TIF_GTD ? intent->t_expire : 0,
    };
}

int sim_check(const struct sim *sim, const struct sim_account *account,
              const struct sim_intent *intent)
{
    struct match_order asked = to_engine(sim, account, intent, NULL);

    return intent->cost_amt > 0 ? pit_check_amount(sim->pit, intent->sym,
                                                   (enum agon_side)intent->side, intent->cost_amt)
                                : pit_check(sim->pit, &asked);
}

static struct sim_order *make_order(struct sim *sim, struct sim_account *account,
                                    const struct sim_intent *intent)
{
    struct sim_order *order = calloc(1, sizeof(*order));

    REQUIRE(order != NULL);
    *order = (struct sim_order){.n = ++sim->n_orders, // what the engine tells at once is of it
                                .account = account,
                                .sym = intent->sym,
                                .side = intent->side,
                                .type = intent->type,
                                .tif = intent->tif,
                                .is_post = intent->is_post,
                                .is_reduce_only = intent->is_reduce_only,
                                .is_by_cost = intent->cost_amt > 0,
                                .has_ref = intent->has_ref,
                                .ref = intent->ref,
                                .px = intent->px,
                                .stop_px = intent->stop_px,
                                .qty = intent->qty,
                                .asked_amt = intent->cost_amt,
                                .t_expire = intent->t_expire,
                                .t_touched = sim->now.transport};
    snprintf(order->client, sizeof(order->client), "%s", intent->client ? intent->client : "");
    snprintf(order->tag, sizeof(order->tag), "%s", intent->tag ? intent->tag : "");
    return order;
}

/* It was taken, and has ended at once. */
static void end_at_once(struct sim *sim, struct sim_order *order, int reason)
{
    const char *why = NULL;
    enum sim_state state = sim->ways->ended(order, reason, &why);

    order->t_create = pit_now(sim->pit);
    sim->orders[order->n & (SIM_ORDERS_KEPT - 1)] = order;
    order->account->n_open[order->sym]++;
    end(order, state, order->t_create, why);
    tell(sim, order, MATCH_EXPIRED, NULL);
}

int sim_submit(struct sim *sim, struct sim_account *account, const struct sim_intent *intent,
               struct sim_order **placed)
{
    struct sim_order **place = &sim->orders[(sim->n_orders + 1) & (SIM_ORDERS_KEPT - 1)], *order;
    struct match_order asked;
    uint64_t id;
    int reason;

    *placed = NULL;
    if (*place && sim_is_open(*place))
        return MATCH_NO_ROOM;
    free(*place);
    *place = NULL;
    order = make_order(sim, account, intent);
    asked = to_engine(sim, account, intent, order);
    account->has_perps |= pit_at(sim->pit, intent->sym)->is_perpetual;
    sim->submit_reason = MATCH_OK;
    reason = pit_submit(sim->pit, &asked, &id);
    if (reason == MATCH_OK)
        reason = sim->submit_reason;
    if (reason == MATCH_WOULD_TAKE && sim->ways->is_post_taken) {
        end_at_once(sim, order, reason);
        reason = MATCH_OK;
    }
    if (reason == MATCH_OK) {
        *placed = order;
        return MATCH_OK;
    }
    sim->n_orders--;
    free(order);
    return reason;
}

int sim_amend(struct sim *sim, struct sim_order *order, agon_px_t px, agon_qty_t qty)
{
    int reason;

    order->is_cut = qty <= order->filled_qty && sim->ways->is_cut_filled;
    reason = qty <= order->filled_qty ? pit_cancel(sim->pit, order->engine_id)
                                      : pit_amend(sim->pit, order->engine_id, px, qty);
    if (reason != MATCH_OK)
        order->is_cut = 0;
    return reason;
}

int sim_cancel(struct sim *sim, const struct sim_order *order, const char *why)
{
    int reason;

    sim->why = why;
    reason = pit_cancel(sim->pit, order->engine_id);
    sim->why = NULL;
    return reason;
}

uint32_t sim_cancel_all(struct sim *sim, const struct sim_account *account, const char *why)
{
    uint64_t first = sim->n_orders > SIM_ORDERS_KEPT ? sim->n_orders - SIM_ORDERS_KEPT : 0;
    uint32_t n = 0;

    for (uint64_t i = first + 1; i <= sim->n_orders; i++) {
        const struct sim_order *order = sim_order_at(sim, i);

        if (order && order->account == account && sim_is_open(order))
            n += sim_cancel(sim, order, why) == MATCH_OK;
    }
    return n;
}
