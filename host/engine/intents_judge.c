// SPDX-License-Identifier: Apache-2.0
/* intents_judge: what is known of an intent when the gate judges it, and what an order holds back.
 */
#include "engine/close.h"
#include "engine/impl.h"
#include "market/instrument_kind.h"
#include "market/order_type.h"

/* How far a market order of a slot without a collar may reach: the default of RELIABILITY 6.1. No
 * order leaves that could cost more than was judged. */
#define DEFAULT_BAND_PPM 20000u

uint32_t intents_band_ppm(const struct slot *slot)
{
    return slot->limits.collar_marketable_ppm > 0 ? slot->limits.collar_marketable_ppm
                                                  : DEFAULT_BAND_PPM;
}

/* The price an order is judged and its cost held back by: the limit, or the worst that the collar
 * lets a market order reach. 0: nothing is known. */
agon_px_t intents_judge_px(const struct engine *engine, const struct slot *slot,
                           const struct agon_intent *intent, agon_px_t bid_px, agon_px_t ask_px)
{
    agon_px_t from;

    if (!order_type_is_at_market(intent->type))
        return intent->px;
    if (order_type_waits(intent->type))
        from = intent->trigger_px;
    else
        from = intent->side == AGON_BUY ? ask_px : bid_px;
    if (from == 0)
        from = engine_mark_px(engine, intent->instrument);
    if (intent->side == AGON_BUY)
        return num_add(from, num_mul_div(from, intents_band_ppm(slot), 1000000, NUM_UP));
    return from;
}

/* The limit that a market order leaves with: an IOC at the edge of the collar does what a market
 * order does and cannot cost more than was judged. A stop that buys gets one too; one that sells is
 * a way out and stays without (0), it costs no more than what is held. */
agon_px_t intents_guard_px(const struct slot *slot, const struct agon_instrument *instrument,
                           const struct agon_intent *intent, agon_px_t judged_px)
{
    agon_px_t px;

    if (!order_type_is_at_market(intent->type) || judged_px <= 0 ||
        (order_type_waits(intent->type) && intent->side == AGON_SELL))
        return 0;
    if (intent->side == AGON_BUY) {
        px = num_to_step(judged_px, instrument->tick_px, NUM_DOWN);
        return instrument->max_px > 0 && px > instrument->max_px ? instrument->max_px : px;
    }
    px = num_add(judged_px, -num_mul_div(judged_px, intents_band_ppm(slot), 1000000, NUM_DOWN));
    px = num_to_step(px, instrument->tick_px, NUM_UP);
    if (px < instrument->tick_px)
        px = instrument->tick_px;
    return px < instrument->min_px ? instrument->min_px : px;
}

static agon_amt_t with_fee(const struct agon_instrument *instrument, agon_amt_t amt)
{
    return num_add(amt, instruments_fee(instrument, amt));
}

static agon_amt_t notional(const struct engine *engine, const struct agon_instrument *instrument,
                           agon_px_t px, agon_qty_t qty)
{
    return instruments_worth(&engine->table, instrument, px, qty, NUM_UP);
}

// Of the base, what sells of so much may take.
static agon_amt_t sold_amt(const struct engine *engine, const struct agon_instrument *instrument,
                           agon_qty_t qty)
{
    return instrument_kind_has_coins(instrument->kind)
               ? num_rescale(qty, instrument->qty_exp,
                             instruments_asset(&engine->table, instrument->base)->exp, NUM_UP)
               : 0;
}

/* Brings the position's working sums to what the order may still do. Due fills of a cancelled order
 * go on being held back: they are the slot's, only the news of them is late. */
void intents_hold(struct engine *engine, struct order *order)
{
    const struct agon_instrument *instrument = instruments_get(&engine->table, order->instrument);
    struct position *pos = ledger_position(engine->ledger, order->slot, order->instrument, 1);
    agon_qty_t qty;
    agon_px_t px = order_type_is_at_market(order->type) ? order->hold_px : order->px;
    agon_amt_t before_amt, amt = 0;

    if (order_is_final(order)) {
        // What a venue claims beyond the order is not the slot's.
        qty = order->venue_cum_qty < order->qty ? order->venue_cum_qty : order->qty;
        qty -= order->filled_qty;
    } else {
        qty = order->qty;
        if (order->request == AGON_REQUEST_REPLACE) {
            qty = order->new_qty > qty ? order->new_qty : qty;
            px = order->new_px > px ? order->new_px : px;
        }
        qty -= order->filled_qty;
    }
    if (qty < 0)
        qty = 0;
    // A derivative binds margin, worked out of the position when it is asked for.
    if (order->side == AGON_BUY && instrument_kind_has_coins(instrument->kind))
        amt = with_fee(instrument, notional(engine, instrument, px, qty));
    REQUIRE(pos != NULL);
    if (order->side == AGON_BUY) {
        pos->working_buy_qty = num_add(pos->working_buy_qty, qty - order->held_back_qty);
        before_amt = pos->working_buy_amt;
        pos->working_buy_amt = num_add(before_amt, amt - order->held_back_amt);
        exposure_promised(engine, order->slot, instrument, instrument->quote,
                          (num128_t)pos->working_buy_amt - before_amt);
    } else {
        before_amt = sold_amt(engine, instrument, pos->working_sell_qty);
        pos->working_sell_qty = num_add(pos->working_sell_qty, qty - order->held_back_qty);
        exposure_promised(engine, order->slot, instrument, instrument->base,
                          (num128_t)sold_amt(engine, instrument, pos->working_sell_qty) -
                              before_amt);
    }
    if (qty != order->held_back_qty)
        exposure_working(engine, order->slot, pos);
    order->held_back_qty = qty;
    order->held_back_amt = amt;
    exposure_order(engine, order);
}

int intents_may_reduce(const struct engine *engine, const struct agon_instrument *instrument,
                       agon_account_t account, uint8_t side, agon_qty_t qty)
{
    agon_qty_t net_qty = 0;

    for (uint16_t id = 0; id < engine->slots.n; id++) {
        const struct position *pos =
            ledger_position(engine->ledger, id, instrument->hdr.instrument, 0);

        if (pos != NULL && pos->account == account)
            net_qty = num_add(net_qty, pos->qty);
    }
    return (side == AGON_BUY ? -net_qty : net_qty) >= qty;
}

static int is_reducing(agon_qty_t held_qty, agon_qty_t reach_qty)
{
    return held_qty > 0 ? reach_qty >= 0 && reach_qty < held_qty
                        : reach_qty <= 0 && reach_qty > held_qty;
}

agon_px_t intents_reach_px(const struct order *order)
{
    if (order_type_is_at_market(order->type))
        return order->guard_px;
    if (order->request != AGON_REQUEST_REPLACE)
        return order->px;
    return (order->new_px > order->px) == (order->side == AGON_BUY) ? order->new_px : order->px;
}

/* Would this meet an order that the same account has on the other side? px: to which it may trade;
 * 0: any. What waits for its trigger is not in the market yet. */
static int would_self_match(const struct engine *engine, const struct agon_intent *intent,
                            agon_px_t px)
{
    const struct agon_instrument *instrument = instruments_get(&engine->table, intent->instrument);
    const struct slot_set *there = intent->side == AGON_BUY
                                       ? &engine->exposure->sellers[intent->instrument]
                                       : &engine->exposure->buyers[intent->instrument];
    struct slot_set others;
    uint16_t id;

    if (order_type_waits(intent->type) || slot_set_is_empty(there))
        return 0;
    others = *there;
    while (slot_set_take(&others, &id)) {
        const struct slot *other = &engine->slots.all[id];
        const struct position *pos;

        if (!other->is_used || engine_account(engine, other, instrument) != intent->account ||
            orders_count(engine->orders, id) == 0)
            continue;
        pos = ledger_position(engine->ledger, id, intent->instrument, 0);
        if (pos == NULL ||
            (intent->side == AGON_BUY ? pos->working_sell_qty : pos->working_buy_qty) == 0)
            continue;
        for (struct order *order = orders_next(engine->orders, id, NULL); order != NULL;
             order = orders_next(engine->orders, id, order)) {
            agon_px_t other_px;

            if (order->instrument != intent->instrument || order->side == intent->side ||
                order->held_back_qty == 0 || order_type_waits(order->type))
                continue;
            other_px = intents_reach_px(order);
            if (px == 0 || other_px == 0 ||
                (intent->side == AGON_BUY ? px >= other_px : px <= other_px))
                return 1;
        }
    }
    return 0;
}

/* What an order of a derivative binds beside what is bound: margin of where it may lead, less that
 * of where the orders before it may, and its fee. */
static agon_amt_t margin_cost(const struct engine *engine, const struct slot *slot,
                              const struct agon_instrument *instrument,
                              const struct risk_view *view, agon_qty_t reach_qty)
{
    agon_qty_t up_qty = num_abs(num_add(view->held_qty, view->working_buy_qty));
    agon_qty_t down_qty = num_abs(num_add(view->held_qty, -view->working_sell_qty));
    agon_qty_t before_qty = up_qty > down_qty ? up_qty : down_qty;
    agon_amt_t fee_amt = num_add(with_fee(instrument, view->notional_amt), -view->notional_amt);
    agon_amt_t more_amt;

    if (num_abs(reach_qty) <= before_qty)
        return fee_amt;
    more_amt = num_add(engine_margin_amt(engine, slot, instrument, view->judge_px, reach_qty),
                       -engine_margin_amt(engine, slot, instrument, view->judge_px, before_qty));
    return num_add(more_amt, fee_amt);
}

/* Limits are in the base currency. Where nothing fresh says what a notional is worth in it, new
 * risk cannot be judged. */
static void into_base(const struct engine *engine, const struct slot *slot,
                      const struct agon_instrument *instrument, struct risk_view *view)
{
    agon_asset_t unit = instrument->settle;

    if (unit == engine->table.base_currency)
        return; // they are there
    view->is_unvalued =
        (uint8_t)(value_of(engine, unit, view->notional_amt, NUM_UP, &view->notional_amt) ==
                      AGON_EAGAIN ||
                  value_of(engine, unit, view->position_amt, NUM_UP, &view->position_amt) ==
                      AGON_EAGAIN ||
                  !value_has_way(engine, unit) ||
                  (slot->limits.book_age_ms > 0 && value_is_old(engine, slot, unit)));
}

/* What the order could lose, and what all slots would hold with it. */
static void judge_losses(struct engine *engine, const struct slot *slot,
                         const struct agon_instrument *instrument, const struct agon_intent *intent,
                         agon_px_t px, struct risk_view *view)
{
    agon_amt_t loss_amt = 0;

    if (view->is_reducing)
        return; // it passes those limits unasked
    view->is_unpriced = (uint8_t)!exposure_is_priced(engine, slot);
    // What no limit is about is not worked out.
    if (exposure_judges_loss(engine, slot)) {
        if (!order_type_is_stop(intent->type))
            loss_amt = exposure_order_loss(engine, instrument, intent->side, px, intent->qty,
                                           view->least_amt);
        view->open_loss_amt = num_add(exposure_open_loss(engine, slot), loss_amt);
        view->is_borne = (uint8_t)exposure_bears(engine, slot->id, view->open_loss_amt);
    }
    if (!exposure_judges_all(engine))
        return;
    view->open_loss_all_amt = num_add(exposure_open_loss_all(engine), loss_amt);
    view->is_borne_all = (uint8_t)exposure_bears_all(engine, view->open_loss_all_amt);
    view->portfolio = &engine->portfolio;
    view->portfolio_limits = &engine->portfolio_limits;
    exposure_reach(engine, slot->id, instrument, intent->side, view->notional_amt, &view->reach);
}

/* What is asked for last is far away, and brought near first. */
static inline void expect(const struct engine *engine, uint16_t slot, agon_instrument_t instrument)
{
    const struct exposure *exposure = engine->exposure;
    const char *risk = (const char *)&engine->risk[slot];
    uint32_t place = exposure->places[instrument][slot];

    for (uint32_t i = 0; i < sizeof(engine->risk[slot]); i += 64)
        __builtin_prefetch(risk + i, 1);
    if (place == 0)
        return;
    __builtin_prefetch(&exposure->lines[slot][place - 1], 1);
    __builtin_prefetch(&exposure->open[slot].buys[place - 1], 1);
    __builtin_prefetch(&exposure->open[slot].sells[place - 1], 1);
}

/* For people: why an order is refused while nothing, or little, was lost. */
static uint16_t note_loss(struct engine *engine, const struct slot *slot,
                          const struct risk_view *view, uint16_t reason)
{
    agon_amt_t open_amt;

    if (reason != REASON_DAILY_LOSS && reason != REASON_DRAWDOWN)
        return reason;
    open_amt = exposure_open_loss(engine, slot);
    engine->losses_refused[slot->id] = (struct engine_loss_refused){
        .order_amt = num_add(view->open_loss_amt, -open_amt), .open_amt = open_amt};
    return reason;
}

uint16_t intents_judge(struct engine *engine, struct slot *slot, const struct agon_intent *intent,
                       int is_replacement, agon_px_t *hold_px)
{
    const struct agon_instrument *instrument = instruments_get(&engine->table, intent->instrument);
    const struct slot_limits *limits = &slot->limits;
    const struct position *pos;
    agon_qty_t reach_qty;
    struct risk_view view = {
        .t = engine->t,
        .slot = &engine->risk[slot->id],
        .instrument = instrument,
        .may_trade = (uint8_t)slot_may_trade(slot, engine->mode),
        .is_killed = (uint8_t)halts_has(engine, HALT_KILL),
        .is_other_host = (uint8_t)(halts_has(engine, HALT_OPERATOR) &&
                                   engine->halts[HALT_OPERATOR].reason == REASON_OTHER_HOST),
        .n_open = orders_count(engine->orders, slot->id) - (uint32_t)(is_replacement != 0),
        .limits = limits,
    };

    if (instrument != NULL && intent->account == engine_account(engine, slot, instrument) &&
        intent->account < ACCOUNTS_MAX) {
        // What it subscribes to, a bit for each slot (control_watch).
        view.is_authorised =
            (uint8_t)slot_set_has(&engine->markets[intent->instrument].watchers, slot->id);
    }
    if (!view.is_authorised)
        return risk_judge(&view, intent);
    expect(engine, slot->id, intent->instrument);
    // While the host closes a position the slot's own orders would only be in the way.
    if (!view.is_killed && close_is_wanted(engine, slot->id, intent->instrument))
        return REASON_HALTED;
    if (exits_are_leaving(engine, slot->id, intent->instrument))
        return REASON_EXIT;
    view.is_halted = (uint8_t)(halts_any(engine) || engine->slot_halts[slot->id].is_set ||
                               engine->markets[intent->instrument].halt.is_set ||
                               engine->venue_halts[instrument->venue].is_set);
    view.trading = engine->markets[intent->instrument].trading;
    view.is_book_live = (uint8_t)market_best(engine, intent->instrument, &view.bid_px, &view.ask_px,
                                             (agon_ns_t)limits->book_age_ms * 1000000);
    view.last_px = engine->markets[intent->instrument].last_px;
    view.judge_px = intents_judge_px(engine, slot, intent, view.bid_px, view.ask_px);
    *hold_px = view.judge_px;
    // Of what it pays with alone: each is a walk over all positions of the slot.
    if (!instrument_kind_has_coins(instrument->kind) || intent->side == AGON_BUY)
        view.free_amt = engine_free_of(engine, slot, intent->account, instrument->quote);
    pos = exposure_position(engine, slot->id, intent->instrument);
    if (pos != NULL) {
        view.held_qty = pos->qty;
        view.working_buy_qty = pos->working_buy_qty;
        view.working_sell_qty = pos->working_sell_qty;
    }
    view.free_qty = num_add(view.held_qty, -view.working_sell_qty);
    // Another pair may have spent what this one bought.
    if (instrument_kind_has_coins(instrument->kind) && intent->side != AGON_BUY) {
        agon_qty_t there_qty =
            num_rescale(engine_free_of(engine, slot, intent->account, instrument->base),
                        instruments_asset(&engine->table, instrument->base)->exp,
                        instrument->qty_exp, NUM_DOWN);

        // The base currency is sold out of the capital: what it buys is the position.
        if (instrument->base == engine->table.base_currency || there_qty < view.free_qty)
            view.free_qty = there_qty;
    }
    reach_qty = intent->side == AGON_BUY
                    ? num_add(view.held_qty, num_add(view.working_buy_qty, intent->qty))
                    : num_add(view.held_qty, -num_add(view.working_sell_qty, intent->qty));
    view.is_reducing = (uint8_t)is_reducing(view.held_qty, reach_qty);
    view.reach_qty = reach_qty;
    if (instrument_kind_has_coins(instrument->kind))
        view.reach_amt =
            num_rescale(reach_qty, instrument->qty_exp,
                        instruments_asset(&engine->table, instrument->base)->exp, NUM_AWAY);
    if (view.judge_px > 0) {
        agon_px_t leave_px = intents_guard_px(slot, instrument, intent, view.judge_px);

        view.notional_amt = notional(engine, instrument, view.judge_px, num_abs(intent->qty));
        view.least_amt = leave_px > 0 ? notional(engine, instrument, leave_px, num_abs(intent->qty))
                                      : view.notional_amt;
        view.position_amt = num_abs(reach_qty) == num_abs(intent->qty)
                                ? view.notional_amt
                                : notional(engine, instrument, view.judge_px, num_abs(reach_qty));
        judge_losses(engine, slot, instrument, intent, leave_px > 0 ? leave_px : view.judge_px,
                     &view);
        if (instrument_kind_has_margin(instrument->kind))
            view.cost_amt = margin_cost(engine, slot, instrument, &view, reach_qty);
        else if (intent->side == AGON_BUY)
            view.cost_amt = with_fee(instrument, view.notional_amt);
        into_base(engine, slot, instrument, &view);
    }
    view.would_self_match =
        (uint8_t)would_self_match(engine, intent,
                                  order_type_is_at_market(intent->type)
                                      ? intents_guard_px(slot, instrument, intent, view.judge_px)
                                      : intent->px);
    return note_loss(engine, slot, &view, risk_judge(&view, intent));
}
