// SPDX-License-Identifier: Apache-2.0
/* um_risk: what becomes of orders and positions by themselves: fills, triggers, mark and funding,
 * margin calls and liquidation, the dead-man's switch; and the user events that tell of it.
 *
 * The hooks are inside the engine's calls and only book. What submits or cancels (triggers,
 * liquidation) waits for um_settle, which comes after each call and each step of time. */
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "sim/binance/um.h"

#define PPB            1000000000
#define CALL_PERCENT   80       /* maintenance margin in per cent of what backs it: told then */
#define RATE_CAP_PPB   20000000 /* of funding: 2 % */
#define IMPACT_AMT     (25000 * 100000000ll) /* impact margin notional: 200 USDT, 125 times */
#define PROTECT_PPB    50000000              /* priceProtect: mark and last within 5 % */
#define TAKE_BOUND_PPB 50000000              /* a market order reaches no farther from the mark */
#define SETTLE_ROUNDS  64

/* --- events --- */

/* --- open orders --- */

void um_open_add(struct simb *b, struct simb_order *order)
{
    struct simum *um = b->um;

    if (um->n_open == um->open_room) {
        uint32_t room = um->open_room ? um->open_room * 2 : 256;
        struct simb_order **open = realloc(um->open, room * sizeof(struct simb_order *));

        REQUIRE(open != NULL);
        um->open = open;
        um->open_room = room;
    }
    order->um->at = um->n_open;
    um->open[um->n_open++] = order;
}

// What a conditional order became has ended, and so it has itself.
static void finish_algo(struct simb *b, const struct simb_order *order)
{
    struct simb_order *algo = simb_find_id(b, order->account, order->sym, order->um->algo_id);

    if (!algo)
        return;
    algo->um->algo_state = UM_ALGO_FINISHED;
    algo->t_update = pit_now(b->sim.pit);
    um_report_algo(b, algo, NULL);
}

static void end_order(struct simb *b, struct simb_order *order, enum simb_status status)
{
    struct simum *um = b->um;

    if (order->is_open) {
        um->open[order->um->at] = um->open[--um->n_open];
        um->open[order->um->at]->um->at = order->um->at;
    }
    order->um->is_waiting = 0;
    simb_leave(order, status);
    if (order->um->algo_id)
        finish_algo(b, order);
}

// Hedged, only what opens holds margin: buying long, selling short.
static int is_opening(const struct simb_order *order)
{
    if (order->um->is_waiting || order->um->is_reduce_only || order->um->is_liquidation)
        return 0;
    return order->um->side == PERP_BOTH ||
           (order->um->side == PERP_LONG) == (order->side == AGON_BUY);
}

void um_reserve(struct simb *b, const struct simb_account *account)
{
    struct perp_account *perp = um_account(b, account);

    for (uint32_t i = 0; i < perp->n; i++) {
        memset(perp->symbols[i].bid_amt, 0, sizeof(perp->symbols[i].bid_amt));
        memset(perp->symbols[i].ask_amt, 0, sizeof(perp->symbols[i].ask_amt));
    }
    for (uint32_t i = 0; i < b->um->n_open; i++) {
        const struct simb_order *order = b->um->open[i];
        struct perp_symbol *symbol = &perp->symbols[order->sym];
        agon_amt_t *amt = order->side == AGON_BUY ? &symbol->bid_amt[order->um->side]
                                                  : &symbol->ask_amt[order->um->side];

        if (order->account == account && is_opening(order))
            *amt = num_add(*amt, num_notional(order->px, SIMB_EXP, order->qty - order->filled_qty,
                                              SIMB_EXP, SIMB_EXP, NUM_EVEN));
    }
}

static int closes_hedged(const struct simb_order *order)
{
    return order->um->side != PERP_BOTH &&
           (order->um->side == PERP_LONG) != (order->side == AGON_BUY);
}

agon_qty_t um_closable(struct simb *b, const struct simb_account *account, uint32_t sym,
                       enum perp_side ps, int is_buy, const struct simb_order *but)
{
    agon_qty_t held = um_account(b, account)->symbols[sym].positions[ps].qty;

    held = is_buy ? -held : held;
    for (uint32_t i = 0; i < b->um->n_open; i++) {
        const struct simb_order *order = b->um->open[i];

        if (order != but && order->account == account && order->sym == sym &&
            order->um->side == ps && !order->um->is_waiting &&
            (order->side == AGON_BUY) == is_buy &&
            (order->um->is_reduce_only || closes_hedged(order)))
            held -= order->qty - order->filled_qty;
    }
    return held;
}

/* --- to and from the engine --- */

static void to_engine(struct simb *b, struct simb_order *order, struct match_order *out)
{
    const struct pit_symbol *spec = pit_at(b->sim.pit, order->sym);
    const struct simum_order *um = order->um;
    int is_limit = order->type == UM_LIMIT;

    *out = (struct match_order){
        .tag = (uint64_t)(uintptr_t)order,
        .owner = 3 * order->account->owner + um->side,
        .instrument = pit_instrument(b->sim.pit, order->sym),
        .side = order->side,
        .type = is_limit ? AGON_LIMIT : AGON_MARKET,
        .tif = is_limit ? order->tif : 0,
        .stp = order->stp,
        .flags = (um->is_post_only ? AGON_POST_ONLY : 0u) |
                 (um->is_reduce_only || closes_hedged(order) ? AGON_REDUCE_ONLY : 0u),
        .px = is_limit ? order->px : 0,
        .qty = order->qty,
        .t_expire = order->tif == AGON_TIF_GTD ? um->good_till : 0,
    };
    if (!is_limit && um_mark_px(b, order->sym) > 0) {
        agon_px_t mark = um_mark_px(b, order->sym);
        int is_buy = order->side == AGON_BUY;
        agon_px_t px =
            num_mul_div(mark, PPB + (is_buy ? TAKE_BOUND_PPB : -TAKE_BOUND_PPB), PPB, NUM_EVEN);

        px = num_to_step(px, spec->tick_px, is_buy ? NUM_DOWN : NUM_UP);
        if (px >= spec->min_px && px <= spec->max_px)
            out->px = px;
    }
}

int um_submit(struct simb *b, struct simb_order *order)
{
    struct match_order asked;
    int reason;

    to_engine(b, order, &asked);
    b->sim.submit_reason = MATCH_OK;
    reason = pit_submit(b->sim.pit, &asked, &order->um->engine_id);
    return reason != MATCH_OK ? reason : b->sim.submit_reason;
}

int um_cancel(struct simb *b, struct simb_order *order)
{
    const struct match_event event = {.kind = MATCH_CANCELLED, .t = pit_now(b->sim.pit)};

    if (!order->um->is_waiting)
        return pit_cancel(b->sim.pit, order->um->engine_id) == MATCH_OK;
    end_order(b, order, SIMB_CANCELED);
    order->t_update = event.t;
    um_report(b, order, "CANCELED", &event, 0, 0);
    simb_log_effect(b, order, "CANCELED", &event, 0);
    return 1;
}

static agon_amt_t book_fill(struct simb *b, struct simb_order *order,
                            const struct match_event *event, uint64_t trade_id)
{
    struct perp_account *perp = um_account(b, order->account);
    agon_amt_t realised =
        perp_fill(perp, order->sym, (enum perp_side)order->um->side, order->side == AGON_BUY,
                  event->px, event->qty, event->fee_amt, event->t);

    REQUIRE(num_add_checked(order->um->realised_amt, realised, &order->um->realised_amt)); // fits
    simb_keep_fill(b, order, event, trade_id);
    b->fills[(b->n_fills - 1) % SIMB_FILLS_KEPT].realised_amt = realised;
    b->fills[(b->n_fills - 1) % SIMB_FILLS_KEPT].side = order->um->side;
    um_earn(b, order->account, "REALIZED_PNL", order->sym, realised, trade_id);
    um_earn(b, order->account, "COMMISSION", order->sym, -event->fee_amt, trade_id);
    return realised;
}

static void on_expired(struct simb *b, struct simb_order *order, const struct match_event *event)
{
    if (event->reason == MATCH_SELF_TRADE) {
        order->prevented_qty = order->qty - order->filled_qty;
        end_order(b, order, SIMB_EXPIRED_IN_MATCH);
        return;
    }
    end_order(b, order, SIMB_EXPIRED);
}

// The same fill in few words, for those who are in a hurry.
static void tell_lite(struct simb *b, const struct simb_order *order,
                      const struct match_event *event, uint64_t trade_id)
{
    struct jout *out = &b->sim.frame;
    uint32_t sym = order->sym;

    jout_reset(out);
    jout_open(out, '{');
    jout_kv_str(out, "e", "TRADE_LITE");
    jout_kv_time(out, "E", event->t);
    jout_kv_time(out, "T", event->t);
    jout_kv_str(out, "s", pit_at(b->sim.pit, sym)->name);
    um_put_qty(b, out, "q", sym, order->qty);
    um_put_px(b, out, "p", sym, order->px);
    jout_kv_bool(out, "m", event->is_maker);
    jout_kv_str(out, "c", order->client);
    jout_kv_str(out, "S", order->side == AGON_BUY ? "BUY" : "SELL");
    um_put_px(b, out, "L", sym, event->px);
    um_put_qty(b, out, "l", sym, event->qty);
    jout_kv_int(out, "t", (int64_t)trade_id);
    jout_kv_int(out, "i", (int64_t)order->id);
    jout_close(out, '{');
    simb_user_event(b, order->account, out);
}

static void on_trade(struct simb *b, struct simb_order *order, const struct match_event *event,
                     uint64_t trade_id)
{
    agon_amt_t realised;

    order->filled_qty = event->order->filled_qty;
    order->filled_amt = event->order->filled_quote_amt;
    realised = book_fill(b, order, event, trade_id);
    if (event->order->state == AGON_ORDER_FILLED)
        end_order(b, order, SIMB_FILLED);
    else
        order->status = SIMB_PARTIALLY_FILLED;
    um_reserve(b, order->account);
    um_tell_account(b, order->account, "ORDER", order->sym, 0);
    tell_lite(b, order, event, trade_id);
    um_report(b, order, order->um->is_liquidation ? "CALCULATED" : "TRADE", event, trade_id,
              realised);
    simb_log_effect(b, order, "TRADE", event, trade_id);
}

static int fits(struct simb *b, const struct simb_order *order, agon_px_t px, agon_qty_t qty,
                int times)
{
    agon_amt_t amt = num_notional(px, SIMB_EXP, qty, SIMB_EXP, SIMB_EXP, NUM_UP);
    agon_amt_t twice_amt;
    agon_amt_t total_amt;

    // No fee is above what it is taken of, and no result above cost and notional together.
    return num_mul_checked(amt, 2, &twice_amt) &&
           num_add_checked(order->filled_amt, amt, &total_amt) &&
           num_add_checked(num_abs(order->um->realised_amt), twice_amt, &total_amt) &&
           perp_fits(um_account(b, order->account), order->sym, (enum perp_side)order->um->side, px,
                     qty, amt, times);
}

int um_may_fill(void *ctx, const struct match_order *order, agon_px_t px, agon_qty_t qty, int times)
{
    return fits(ctx, (const struct simb_order *)(uintptr_t)order->tag, px, qty, times);
}

void um_on_order(void *ctx, uint32_t sym, const struct match_event *event, uint64_t trade_id)
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
        order->um->engine_id = event->order->id;
        order->is_working = 1;
        order->t_working = event->t;
        if (order->id == 0) { // one that waited has its name and its place already
            order->id = b->um->next_id++;
            order->t_create = event->t;
            simb_enter(b, order);
            um_open_add(b, order);
        }
        um_reserve(b, order->account);
        kind = "NEW";
        break;
    case MATCH_TRADE:
        on_trade(b, order, event, trade_id);
        return;
    case MATCH_CANCELLED:
        end_order(b, order, SIMB_CANCELED);
        um_reserve(b, order->account);
        kind = "CANCELED";
        break;
    case MATCH_EXPIRED:
        on_expired(b, order, event);
        um_reserve(b, order->account);
        kind = "EXPIRED";
        break;
    case MATCH_AMENDED:
        order->px = event->order->px;
        order->qty = event->order->qty;
        um_reserve(b, order->account);
        kind = "AMENDMENT";
        break;
    default:
        return;
    }
    um_report(b, order, kind, event, 0, 0);
    simb_log_effect(b, order, kind, event, 0);
}

/* --- triggers --- */

agon_px_t um_trigger_px(const struct simb *b, uint32_t sym, int working)
{
    return working == UM_MARK_PRICE ? um_mark_px(b, sym) : pit_last_px(b->sim.pit, sym);
}

static int waits_for_rise(const struct simb_order *order)
{
    int type = order->um->orig_type;
    int is_profit = type == UM_TAKE_PROFIT || type == UM_TAKE_PROFIT_MARKET;

    return (order->side == AGON_BUY) != is_profit;
}

int um_is_reached(const struct simb_order *order, agon_px_t high_px, agon_px_t low_px)
{
    return waits_for_rise(order) ? high_px >= order->stop_px : low_px <= order->stop_px;
}

// A trailing stop that sells follows the highest price down by its rate, one that buys the lowest.
static int is_trailed(struct simb_order *order, agon_px_t high_px, agon_px_t low_px, agon_px_t px)
{
    struct simum_order *um = order->um;
    int is_sell = order->side == AGON_SELL;

    if (!um->is_active) {
        if (is_sell ? high_px < um->activate_px : low_px > um->activate_px)
            return 0;
        um->is_active = 1;
        um->peak_px = px;
    }
    if (is_sell ? high_px > um->peak_px : low_px < um->peak_px)
        um->peak_px = is_sell ? high_px : low_px;
    order->stop_px = num_mul_div(
        um->peak_px, PPB + (is_sell ? -um->callback_ppb : um->callback_ppb), PPB, NUM_EVEN);
    return is_sell ? px <= order->stop_px : px >= order->stop_px;
}

static int is_triggered(struct simb *b, struct simb_order *order)
{
    const struct um_symbol *symbol = &b->um->symbols[order->sym];
    agon_px_t px = um_trigger_px(b, order->sym, order->um->working), high = px, low = px;

    if (px <= 0)
        return 0;
    if (order->um->working == UM_CONTRACT_PRICE && symbol->high_px > 0) {
        high = symbol->high_px;
        low = symbol->low_px;
    }
    if (order->um->is_protected) {
        agon_px_t mark = um_mark_px(b, order->sym), last = pit_last_px(b->sim.pit, order->sym);

        if (num_abs(last - mark) > num_mul_div(mark, PROTECT_PPB, PPB, NUM_DOWN))
            return 0;
    }
    return order->um->orig_type == UM_TRAILING_STOP_MARKET ? is_trailed(order, high, low, px)
                                                           : um_is_reached(order, high, low);
}

static int has_margin(struct simb *b, const struct simb_order *order)
{
    const struct perp_account *perp = um_account(b, order->account);
    agon_px_t px = order->type == UM_LIMIT ? order->px : um_mark_px(b, order->sym);
    struct perp_sums sums;

    if (order->um->is_reduce_only)
        return 1;
    um_reserve(b, order->account);
    perp_sums(perp, &sums);
    return perp_order_cost(perp, order->sym, (enum perp_side)order->um->side,
                           order->side == AGON_BUY, px, order->qty) <= sums.available_amt;
}

// A conditional order of the other service ends when it triggers, and an order of its own takes its
// place; the classic one goes on as what it has become.
static int trigger_algo(struct simb *b, struct simb_order *algo)
{
    struct simb_order *order = calloc(1, sizeof(*order));
    struct simum_order *um = calloc(1, sizeof(*um));

    REQUIRE(order != NULL && um != NULL);
    algo->um->t_trigger = algo->t_update = pit_now(b->sim.pit);
    um_report_algo(b, algo, "TRIGGERING");
    *order = *algo;
    *um = *algo->um;
    order->um = um;
    order->is_conditional = 0;
    um->orig_type = order->type;
    um->is_algo = um->is_waiting = 0;
    um->algo_id = algo->id;
    end_order(b, algo, SIMB_EXPIRED);
    algo->um->algo_state = UM_ALGO_TRIGGERED;
    algo->um->actual_id = order->id = b->um->next_id++;
    um_report_algo(b, algo, NULL);
    simb_make_room(b); // never the algo: it is among the newest
    order->t_create = order->t_update = pit_now(b->sim.pit);
    simb_enter(b, order);
    um_open_add(b, order);
    return um_submit(b, order);
}

static void trigger(struct simb *b, struct simb_order *order)
{
    struct match_event event = {.kind = MATCH_EXPIRED, .t = pit_now(b->sim.pit)};
    int type = order->um->orig_type, is_buy = order->side == AGON_BUY;
    int reduces = order->um->is_reduce_only || order->um->is_close || closes_hedged(order);
    int reason = MATCH_OK;

    order->type = type == UM_STOP || type == UM_TAKE_PROFIT ? UM_LIMIT : UM_MARKET;
    if (reduces) {
        agon_qty_t closable = um_closable(b, order->account, order->sym,
                                          (enum perp_side)order->um->side, is_buy, order);

        if (order->um->is_close || order->qty > closable)
            order->qty = closable;
        if (order->um->is_close)
            order->um->is_reduce_only = 1;
        if (closable <= 0)
            reason = MATCH_REDUCE_ONLY;
    }
    if (reason == MATCH_OK && !reduces && !has_margin(b, order))
        reason = MATCH_NO_FUNDS;
    if (reason == MATCH_OK && order->um->is_algo) {
        reason = trigger_algo(b, order);
        order = b->orders[b->n_orders - 1];
    } else if (reason == MATCH_OK) {
        order->um->is_waiting = 0;
        reason = um_submit(b, order);
    }
    if (reason == MATCH_OK)
        return;
    order->um->reason = (uint8_t)reason;
    if (order->qty < 0)
        order->qty = 0;
    end_order(b, order, SIMB_EXPIRED);
    order->t_update = event.t;
    um_report(b, order, "EXPIRED", &event, 0, 0);
    simb_log_effect(b, order, "EXPIRED", &event, 0);
}

// The oldest of those whose price has come; NULL: none.
static struct simb_order *next_triggered(struct simb *b)
{
    struct simb_order *found = NULL;

    for (uint32_t i = 0; i < b->um->n_open; i++) {
        struct simb_order *order = b->um->open[i];

        if (order->um->is_waiting && is_triggered(b, order) && (!found || order->id < found->id))
            found = order;
    }
    return found;
}

/* --- liquidation --- */

static void force(struct simb *b, const struct simb_order *order, agon_px_t avg_px)
{
    struct um_forced *forced = &b->um->forced[b->um->n_forced++ % UM_FORCED_KEPT];

    *forced = (struct um_forced){.sym = order->sym,
                                 .is_buy = order->side == AGON_BUY,
                                 .px = order->px,
                                 .avg_px = avg_px,
                                 .qty = order->qty,
                                 .t = order->t_update};
    um_push_forced(b, forced);
}

// What the book did not take goes to the insurance fund at the price where nothing is left.
static void take_over(struct simb *b, struct simb_order *order, agon_px_t px)
{
    struct perp_position *position =
        &um_account(b, order->account)->symbols[order->sym].positions[order->um->side];
    agon_qty_t qty = num_abs(position->qty);
    struct match_event event = {.kind = MATCH_TRADE,
                                .t = pit_now(b->sim.pit),
                                .px = px,
                                .qty = qty,
                                .quote_amt =
                                    num_notional(px, SIMB_EXP, qty, SIMB_EXP, SIMB_EXP, NUM_EVEN)};
    agon_amt_t realised;

    if (qty == 0)
        return;
    if (!fits(b, order, px, qty, 1)) {
        // No wallet holds what it comes to at that price: the fund has the position as it stands.
        *position = (struct perp_position){.t_update = event.t};
        pit_set_position(b->sim.pit, 3 * order->account->owner + order->um->side, order->sym, 0);
        order->status = SIMB_EXPIRED;
        um_tell_account(b, order->account, "ORDER", order->sym, 0);
        return;
    }
    event.fee_asset =
        instruments_get(pit_table(b->sim.pit), pit_instrument(b->sim.pit, order->sym))->settle;
    order->filled_qty += qty;
    order->filled_amt += event.quote_amt;
    realised = book_fill(b, order, &event, 0);
    pit_set_position(b->sim.pit, 3 * order->account->owner + order->um->side, order->sym, 0);
    order->status = SIMB_FILLED;
    um_tell_account(b, order->account, "ORDER", order->sym, 0);
    um_report(b, order, "CALCULATED", &event, 0, realised);
    simb_log_effect(b, order, "TRADE", &event, 0);
}

static agon_px_t bankruptcy_px(struct simb *b, const struct simb_account *account, uint32_t sym,
                               enum perp_side side)
{
    const struct perp_account *perp = um_account(b, account);
    const struct perp_position *position = &perp->symbols[sym].positions[side];
    const struct pit_symbol *spec = pit_at(b->sim.pit, sym);
    agon_amt_t backed = position->isolated_amt, cost = position->cost_amt;
    agon_qty_t qty = num_abs(position->qty);
    struct perp_sums sums;
    agon_px_t px;

    if (!perp->symbols[sym].is_isolated) {
        perp_sums(perp, &sums);
        backed = sums.cross_wallet_amt + sums.cross_unrealised_amt -
                 perp_unrealised(&b->um->contracts[sym], position);
    }
    px = num_mul_div(position->qty > 0 ? cost - backed : cost + backed, num_pow10(SIMB_EXP), qty,
                     NUM_EVEN);
    px = num_to_step(px, spec->tick_px, position->qty > 0 ? NUM_UP : NUM_DOWN);
    return px < spec->min_px ? spec->min_px : px > spec->max_px ? spec->max_px : px;
}

static void liquidate(struct simb *b, struct simb_account *account, uint32_t sym,
                      enum perp_side side)
{
    struct perp_account *perp = um_account(b, account);
    struct perp_symbol *symbol = &perp->symbols[sym];
    struct simb_order *order = calloc(1, sizeof(*order));
    agon_amt_t wallet = perp->wallet_amt, margin = symbol->positions[side].isolated_amt, fee;
    int was_isolated = symbol->is_isolated;

    REQUIRE(order != NULL);
    order->um = calloc(1, sizeof(*order->um));
    REQUIRE(order->um != NULL);
    simb_make_room(b);
    order->account = account;
    order->sym = sym;
    order->side = symbol->positions[side].qty > 0 ? AGON_SELL : AGON_BUY;
    order->type = order->um->orig_type = UM_LIMIT;
    order->tif = AGON_TIF_IOC;
    order->qty = num_abs(symbol->positions[side].qty);
    order->px = bankruptcy_px(b, account, sym, side);
    order->um->side = (uint8_t)side;
    order->um->is_reduce_only = 1;
    order->um->is_liquidation = 1;
    snprintf(order->client, sizeof(order->client), "autoclose-%lld%04u",
             (long long)(pit_now(b->sim.pit) / SIMB_NS_PER_MS),
             (unsigned)(b->um->next_close++ % 10000));
    if (um_submit(b, order) != MATCH_OK) { // nobody there: the fund takes all of it
        order->id = b->um->next_id++;
        order->t_create = order->t_update = pit_now(b->sim.pit);
        simb_enter(b, order);
        simb_leave(order, SIMB_NEW);
    }
    take_over(b, order, order->px);
    force(b, order,
          order->filled_qty
              ? num_mul_div(order->filled_amt, num_pow10(SIMB_EXP), order->filled_qty, NUM_EVEN)
              : 0);
    // The fund's fee comes out of what is left, and it covers what is missing.
    fee = num_mul_div(order->filled_amt, pit_at(b->sim.pit, sym)->liq_fee_ppb, PPB, NUM_UP);
    if (was_isolated) {
        agon_amt_t left = margin + perp->wallet_amt - wallet;

        fee = fee < left ? fee : left;
    } else {
        fee = fee < perp->wallet_amt ? fee : perp->wallet_amt;
    }
    perp->wallet_amt -= fee;
    um_earn(b, account, "INSURANCE_CLEAR", sym, -fee, 0);
    um_tell_account(b, account, "INSURANCE_CLEAR", sym, -fee);
}

static void put_call(struct simb *b, struct simb_account *account, const struct perp_sums *sums)
{
    const struct perp_account *perp = um_account(b, account);
    struct jout *out = &b->sim.frame;

    jout_reset(out);
    jout_open(out, '{');
    jout_kv_str(out, "e", "MARGIN_CALL");
    jout_kv_time(out, "E", pit_now(b->sim.pit));
    jout_kv_dec(out, "cw", sums->cross_wallet_amt, SIMB_EXP);
    jout_key(out, "p");
    jout_open(out, '[');
    for (uint32_t i = 0; i < perp->n; i++)
        for (int side = PERP_BOTH; side <= PERP_SHORT; side++) {
            const struct perp_position *position = &perp->symbols[i].positions[side];
            const struct perp_contract *contract = &b->um->contracts[i];

            if (position->qty == 0)
                continue;
            jout_open(out, '{');
            jout_kv_str(out, "s", pit_at(b->sim.pit, i)->name);
            jout_kv_str(out, "ps", um_side_names[side]);
            um_put_qty(b, out, "pa", i, position->qty);
            jout_kv_str(out, "mt", perp->symbols[i].is_isolated ? "ISOLATED" : "CROSSED");
            jout_kv_dec(out, "iw", position->isolated_amt, SIMB_EXP);
            jout_kv_dec(out, "mp", contract->mark_px, SIMB_EXP);
            jout_kv_dec(out, "up", perp_unrealised(contract, position), SIMB_EXP);
            jout_kv_dec(out, "mm", perp_maint(contract, perp_notional(contract, position)),
                        SIMB_EXP);
            jout_close(out, '{');
        }
    jout_close(out, '[');
    jout_close(out, '{');
    simb_user_event(b, account, out);
}

static void check_account(struct simb *b, struct simb_account *account)
{
    struct perp_account *perp = um_account(b, account);
    struct perp_sums sums;
    int has_position = 0, is_near;

    for (uint32_t i = 0; i < perp->n; i++)
        for (int side = PERP_BOTH; side <= PERP_SHORT; side++)
            has_position |= perp->symbols[i].positions[side].qty != 0;
    if (!has_position)
        return;
    for (uint32_t i = 0; i < perp->n; i++)
        for (int side = PERP_BOTH; side <= PERP_SHORT; side++) {
            if (!perp_is_under(perp, i, (enum perp_side)side))
                continue;
            // Orders go first: of the symbol, and with cross margin all that share it.
            um_cancel_where(b, account, perp->symbols[i].is_isolated ? i : UINT32_MAX, UM_EVERY);
            liquidate(b, account, i, (enum perp_side)side);
        }
    if (perp->wallet_amt < 0) { // closed at worse than nothing: the fund pays
        um_earn(b, account, "INSURANCE_CLEAR", UINT32_MAX, -perp->wallet_amt, 0);
        perp->wallet_amt = 0;
        um_tell_account(b, account, "INSURANCE_CLEAR", UINT32_MAX, 0);
    }
    perp_sums(perp, &sums);
    is_near = num_mul(sums.cross_maint_amt, 100) >=
                  num_mul(sums.cross_wallet_amt + sums.cross_unrealised_amt, CALL_PERCENT) &&
              sums.cross_maint_amt > 0;
    if (is_near && !b->um->is_called[account->owner])
        put_call(b, account, &sums);
    b->um->is_called[account->owner] = is_near != 0;
}

/* --- mark, premium, funding --- */

// The price at which a whole impact notional would be taken; 0: the book does not hold as much.
static agon_px_t impact_px(const struct agon_level *levels, uint32_t n)
{
    agon_amt_t left = IMPACT_AMT;
    agon_qty_t qty = 0;

    for (uint32_t i = 0; i < n; i++) {
        agon_amt_t amt =
            num_notional(levels[i].px, SIMB_EXP, levels[i].qty, SIMB_EXP, SIMB_EXP, NUM_DOWN);

        if (amt >= left) {
            qty += num_mul_div(left, num_pow10(SIMB_EXP), levels[i].px, NUM_UP);
            return num_mul_div(IMPACT_AMT, num_pow10(SIMB_EXP), qty, NUM_EVEN);
        }
        left -= amt;
        qty += levels[i].qty;
    }
    return 0;
}

// The later a sample the heavier.
static void add_premium(struct um_symbol *symbol, int64_t premium_ppb)
{
    int64_t weight = ++symbol->premium_weight;

    symbol->premium_sum = num_add(symbol->premium_sum, num_mul(weight, premium_ppb));
    symbol->next_rate_ppb = perp_funding_ppb(
        num_div(symbol->premium_sum, weight * (weight + 1) / 2, NUM_EVEN), RATE_CAP_PPB);
}

static void keep_rate(struct um_symbol *symbol, agon_ns_t t, agon_px_t mark_px)
{
    symbol->rate_ppb = symbol->next_rate_ppb;
    symbol->rates[symbol->n_rates % UM_RATES_KEPT].t = t;
    symbol->rates[symbol->n_rates % UM_RATES_KEPT].rate_ppb = symbol->rate_ppb;
    symbol->rates[symbol->n_rates % UM_RATES_KEPT].mark_px = mark_px;
    symbol->n_rates++;
    symbol->premium_sum = symbol->premium_weight = 0;
    symbol->next_funding += UM_FUNDING_NS;
}

void um_past(struct simb *b, uint32_t sym)
{
    struct um_symbol *symbol = &b->um->symbols[sym];
    uint32_t n = pit_notes(b->sim.pit, sym, PIT_MARK);

    if (n == 0 || n != pit_notes(b->sim.pit, sym, PIT_INDEX))
        return;
    symbol->next_funding = pit_note_at(b->sim.pit, sym, PIT_MARK, 0)->t_open;
    symbol->next_funding += UM_FUNDING_NS - symbol->next_funding % UM_FUNDING_NS;
    for (uint32_t i = 0; i < n; i++) {
        const struct pit_bar *mark = pit_note_at(b->sim.pit, sym, PIT_MARK, i);
        agon_px_t index_px = pit_note_at(b->sim.pit, sym, PIT_INDEX, i)->close_px;

        if (mark->t_open >= symbol->next_funding)
            keep_rate(symbol, symbol->next_funding, mark->open_px);
        for (int k = 0; k < 12 && index_px > 0; k++) // a minute of samples
            add_premium(symbol, perp_premium_ppb(index_px, mark->close_px, mark->close_px));
    }
}

static void fund(struct simb *b, uint32_t sym, agon_ns_t t)
{
    struct um_symbol *symbol = &b->um->symbols[sym];

    keep_rate(symbol, t, um_mark_px(b, sym));
    for (uint32_t i = 0; i < b->sim.n_accounts; i++) {
        struct perp_account *perp = &b->um->accounts[i];

        for (int side = PERP_BOTH; side <= PERP_SHORT; side++) {
            agon_amt_t amt;

            if (perp->symbols[sym].positions[side].qty == 0)
                continue;
            if (perp_fund(perp, sym, (enum perp_side)side, symbol->rate_ppb, &amt) < 0)
                continue; // beyond what a wallet can hold: what it has stays true
            um_earn(b, &b->accounts[i], "FUNDING_FEE", sym, amt, 0);
            um_tell_account(b, &b->accounts[i], "FUNDING_FEE",
                            perp->symbols[sym].is_isolated ? sym : UINT32_MAX, amt);
        }
    }
}

static agon_px_t next_index(struct simb *b, uint32_t sym)
{
    struct um_symbol *symbol = &b->um->symbols[sym];
    int at =
        b->sim.config.index ? pit_find(b->sim.config.index, pit_at(b->sim.pit, sym)->name) : -1;

    if (pit_noted(b->sim.pit, sym, PIT_INDEX) == 0)
        symbol->is_own_index = 1;
    if (!symbol->is_own_index)
        return pit_noted(b->sim.pit, sym, PIT_INDEX);
    if (at >= 0 && pit_last_px(b->sim.config.index, (uint32_t)at) > 0)
        return pit_last_px(b->sim.config.index, (uint32_t)at);
    return pit_last_px(b->sim.pit, sym);
}

static void move_mark(struct simb *b, uint32_t sym, agon_ns_t t)
{
    struct um_symbol *symbol = &b->um->symbols[sym];
    agon_px_t index = next_index(b, sym), last = pit_last_px(b->sim.pit, sym), mark, basis = 0;
    agon_ns_t left = symbol->next_funding > t ? symbol->next_funding - t : 0;
    struct pit_view view;

    if (index <= 0)
        return;
    pit_view(b->sim.pit, sym, &view);
    if (view.n_bid > 0 && view.n_ask > 0 && (t % SIMB_NS_PER_MIN == 0 || symbol->n_basis == 0)) {
        symbol->basis[symbol->n_basis % UM_BASIS_KEPT] =
            (view.bid[0].px + view.ask[0].px) / 2 - index;
        symbol->n_basis++;
    }
    if (t % (5 * SIMB_NS_PER_S) == 0 && view.n_bid > 0 && view.n_ask > 0) {
        add_premium(symbol, perp_premium_ppb(index, impact_px(view.bid, view.n_bid),
                                             impact_px(view.ask, view.n_ask)));
    }
    for (uint32_t i = 0; i < symbol->n_basis && i < UM_BASIS_KEPT; i++)
        basis += symbol->basis[i];
    if (symbol->n_basis > 0)
        basis /= (int64_t)(symbol->n_basis < UM_BASIS_KEPT ? symbol->n_basis : UM_BASIS_KEPT);
    mark = perp_mark(index, basis, last, symbol->rate_ppb, left, UM_FUNDING_NS);
    b->um->contracts[sym].mark_px = mark;
    pit_note(b->sim.pit, sym, PIT_MARK, mark);
    if (symbol->is_own_index)
        pit_note(b->sim.pit, sym, PIT_INDEX, index);
}

void um_second(struct simb *b, agon_ns_t t)
{
    for (uint32_t i = 0; i < pit_count(b->sim.pit); i++) {
        move_mark(b, i, t);
        if (t >= b->um->symbols[i].next_funding)
            fund(b, i, t);
    }
    b->um->is_mark_new = 1;
}

/* --- settling --- */

static void run_countdowns(struct simb *b)
{
    for (uint32_t i = 0; i < b->sim.n_accounts; i++)
        for (uint32_t sym = 0; sym < pit_count(b->sim.pit); sym++) {
            agon_ns_t until = b->um->countdown[i][sym];

            if (until == 0 || b->sim.now.transport < until)
                continue;
            b->um->countdown[i][sym] = 0;
            um_cancel_where(b, &b->accounts[i], sym, UM_EVERY);
        }
}

agon_ns_t um_due(const struct simb *b)
{
    agon_ns_t next = INT64_MAX;

    for (uint32_t i = 0; i < b->sim.n_accounts; i++)
        for (uint32_t sym = 0; sym < pit_count(b->sim.pit); sym++)
            if (b->um->countdown[i][sym] && b->um->countdown[i][sym] < next)
                next = b->um->countdown[i][sym];
    return next;
}

void um_settle(struct simb *b)
{
    struct simum *um = b->um;
    struct simb_order *order;

    if (um->is_settling)
        return;
    um->is_settling = 1;
    run_countdowns(b);
    for (int i = 0; i < SETTLE_ROUNDS && (order = next_triggered(b)) != NULL; i++)
        trigger(b, order);
    for (uint32_t i = 0; i < pit_count(b->sim.pit); i++)
        um->symbols[i].high_px = um->symbols[i].low_px = 0;
    if (um->is_mark_new)
        for (uint32_t i = 0; i < b->sim.n_accounts; i++)
            check_account(b, &b->accounts[i]);
    um->is_mark_new = 0;
    um->is_settling = 0;
}
