// SPDX-License-Identifier: Apache-2.0
#include "engine/exposure.h"

#include "base/error.h"
#include "base/hot.h"
#include "engine/close.h"
#include "engine/impl.h"
#include "engine/reach.h"
#include "market/instrument_kind.h"
#include "market/order_type.h"

_Static_assert(LEDGER_POSITIONS <= 32, "a bit of exposure.held for each place");

// In the unit of *unit: what a position is worth there.
static agon_amt_t worth_of(const struct engine *engine, const struct position *pos,
                           const struct agon_instrument *instrument, agon_px_t px)
{
    if (pos->held_amt == 0)
        return 0;
    if (!instrument_kind_has_coins(instrument->kind))
        return px == 0
                   ? 0
                   : num_add(instruments_worth(&engine->table, instrument, px, pos->qty, NUM_DOWN),
                             -pos->cost_amt);
    // Without any price it is worth what it cost: nothing would be a loss that nobody made.
    return px == 0
               ? pos->cost_amt
               : num_notional(px, instrument->px_exp, pos->held_amt,
                              instruments_asset(&engine->table, instrument->base)->exp,
                              instruments_asset(&engine->table, instrument->quote)->exp, NUM_DOWN);
}

// Into the base currency. What cannot be valued makes the slot's equity unknown.
agon_amt_t exposure_in_base(const struct engine *engine, agon_asset_t unit, agon_amt_t amt,
                            uint32_t *is_unknown)
{
    agon_amt_t value_amt = 0;

    if (amt == 0 || unit == engine->table.base_currency)
        return amt;
    if (value_of(engine, unit, amt, NUM_DOWN, &value_amt) != AGON_OK) {
        *is_unknown = 1;
        return 0;
    }
    return value_amt;
}

static inline agon_amt_t in_base(const struct engine *engine, agon_asset_t unit, agon_amt_t amt,
                                 uint32_t *is_unknown)
{
    return unit == engine->table.base_currency ? amt
                                               : exposure_in_base(engine, unit, amt, is_unknown);
}

static void add_value(struct exposure *exposure, uint16_t slot, const struct exposure_line *line,
                      int sign)
{
    exposure->equity[slot] += (num128_t)sign * line->value_amt;
    exposure->total += (num128_t)sign * line->value_amt;
    exposure->n_unknown[slot] += (uint32_t)sign * line->is_unknown;
    exposure->n_unknown_all += (uint32_t)sign * line->is_unknown;
}

static void note_holder(struct exposure *exposure, uint16_t slot, const struct position *pos)
{
    struct slot_set *holders = &exposure->holders[pos->instrument];
    int is_one = pos->held_amt != 0 || pos->working_buy_qty != 0 || pos->working_sell_qty != 0;

    if (is_one == slot_set_has(holders, slot))
        return;
    if (is_one)
        slot_set_add(holders, slot);
    else
        slot_set_remove(holders, slot);
}

static void note_side(struct slot_set *set, uint16_t slot, int is_one)
{
    if (is_one)
        slot_set_add(set, slot);
    else
        slot_set_remove(set, slot);
}

static void note_sides(struct exposure *exposure, uint16_t slot, const struct position *pos)
{
    note_side(&exposure->buyers[pos->instrument], slot, pos->working_buy_qty != 0);
    note_side(&exposure->sellers[pos->instrument], slot, pos->working_sell_qty != 0);
}

// Brings one position's part of every sum to what it is now.
static HOT void count(struct engine *engine, uint16_t slot, uint32_t place,
                      const struct position *pos)
{
    const struct agon_instrument *instrument = instruments_get(&engine->table, pos->instrument);
    struct exposure *exposure = engine->exposure;
    struct exposure_line *line = &exposure->lines[slot][place];
    struct exposure_line now = {0};

    add_value(exposure, slot, line, -1);
    if (instrument != NULL) {
        const struct market *market = &engine->markets[pos->instrument];
        agon_px_t px = exposure_path_px(engine, slot, pos->instrument);

        if (px == 0)
            px = pos->held_amt > 0 ? market->long_px : market->short_px;
        now.value_amt = in_base(engine, instrument_kind_unit(instrument),
                                worth_of(engine, pos, instrument, px), &now.is_unknown);
        reach_place(instrument, &now);
        now.is_plain = instrument_kind_unit(instrument) == engine->table.base_currency;
        if (reach_is_counted(engine, instrument))
            reach_work_out(engine, pos, instrument, &now);
        note_holder(exposure, slot, pos);
        exposure->places[pos->instrument][slot] = (uint8_t)(place + 1);
        exposure->held[slot] &= ~((uint32_t)1 << place);
        exposure->held[slot] |= (uint32_t)(pos->qty != 0) << place;
    }
    if (exposure->is_reach_kept)
        reach_move(&exposure->reach, line, &now);
    *line = now;
    add_value(exposure, slot, line, 1);
}

// Of an asset what the slot has beside its positions.
static agon_amt_t rest_of(const struct engine *engine, uint16_t slot, agon_asset_t asset)
{
    num128_t rest = ledger_amt_all(engine->ledger, slot, asset);
    uint32_t n;
    const struct position *all = ledger_positions(engine->ledger, slot, &n);

    for (uint32_t i = 0; i < n; i++) {
        const struct agon_instrument *instrument =
            instruments_get(&engine->table, all[i].instrument);

        if (instrument != NULL && instrument_kind_has_coins(instrument->kind) &&
            instrument->base == asset)
            rest -= all[i].held_amt;
    }
    return reach_fit(rest);
}

static void count_cash(struct engine *engine, uint16_t slot)
{
    struct exposure *exposure = engine->exposure;
    agon_amt_t cash = rest_of(engine, slot, engine->table.base_currency);
    uint32_t is_unknown = 0;

    for (agon_asset_t asset = 1; asset <= engine->table.n_assets; asset++) {
        if (engine->valued_by[asset] != 0)
            cash = num_add(cash, in_base(engine, asset, rest_of(engine, slot, asset), &is_unknown));
    }
    exposure->equity[slot] += (num128_t)cash - exposure->cash_amt[slot];
    exposure->total += (num128_t)cash - exposure->cash_amt[slot];
    exposure->cash_amt[slot] = cash;
    exposure->n_unknown[slot] += is_unknown - exposure->is_cash_unknown[slot];
    exposure->n_unknown_all += is_unknown - exposure->is_cash_unknown[slot];
    exposure->is_cash_unknown[slot] = (uint8_t)is_unknown;
}

static void count_at(struct engine *engine, uint16_t slot, agon_instrument_t instrument)
{
    uint32_t place = exposure_place(engine, slot, instrument);

    if (place != EXPOSURE_NO_PLACE)
        count(engine, slot, place, ledger_position_at(engine->ledger, slot, place));
}

static void touch(struct engine *engine, uint16_t slot)
{
    slot_set_add(&engine->exposure->touched, slot);
}

/* What an asset is worth changed: whatever is counted in it does. */
static void value_again(struct engine *engine, agon_asset_t asset)
{
    for (uint16_t slot = 0; slot < engine->slots.n; slot++) {
        uint32_t n;
        const struct position *all = ledger_positions(engine->ledger, slot, &n);

        if (!engine->slots.all[slot].is_used)
            continue;
        count_cash(engine, slot);
        exposure_open_valued(engine, slot);
        for (uint32_t i = 0; i < n; i++) {
            const struct agon_instrument *instrument =
                instruments_get(&engine->table, all[i].instrument);

            if (instrument != NULL && (instrument->quote == asset || instrument->settle == asset))
                count(engine, slot, i, &all[i]);
        }
        touch(engine, slot);
    }
}

/* Coins that are held and worth so much in the base currency: a price moves that, and nothing else
 * of what is counted. False: it is another kind of position. */
static inline int move_value(struct engine *engine, uint16_t slot, uint32_t place,
                             const struct agon_instrument *instrument, agon_px_t px)
{
    struct exposure *exposure = engine->exposure;
    struct exposure_line *line = &exposure->lines[slot][place];
    const struct position *pos = ledger_position_at(engine->ledger, slot, place);
    agon_amt_t value_amt;
    num128_t by;

    if (pos->held_amt <= 0 || line->is_unknown || line->reach_amt != 0 || line->up_amt != 0 ||
        line->down_amt != 0)
        return 0;
    value_amt = worth_of(engine, pos, instrument, px);
    by = (num128_t)value_amt - line->value_amt;
    exposure->equity[slot] += by;
    exposure->total += by;
    line->value_amt = value_amt;
    return 1;
}

int exposure_is_value_all(const struct engine *engine, const struct agon_instrument *instrument)
{
    return instrument != NULL && instrument_kind_has_coins(instrument->kind) &&
           !reach_is_counted(engine, instrument) &&
           engine->exposure->path_instrument != instrument->hdr.instrument;
}

// Not inlined: most who have something at a price that moves have orders alone, or are calm.
HOT __attribute__((noinline)) uint32_t exposure_price_held(struct engine *engine, uint16_t slot,
                                                           agon_instrument_t instrument)
{
    const struct agon_instrument *def = instruments_get(&engine->table, instrument);
    int is_counted = engine->exposure->places[instrument][slot] != 0;
    uint32_t place = exposure_place(engine, slot, instrument);

    if (place != EXPOSURE_NO_PLACE &&
        !(is_counted && exposure_is_value_all(engine, def) &&
          move_value(engine, slot, place, def, engine->markets[instrument].long_px)))
        count(engine, slot, place, ledger_position_at(engine->ledger, slot, place));
    touch(engine, slot);
    return place;
}

/* All that a price moves, where it reaches and passes nothing. That what open orders may lose is to
 * be found once more would be noted too, if there were any. */
static inline void move_calm(struct engine *engine, agon_px_t px)
{
    struct exposure *exposure = engine->exposure;
    const struct exposure_calm *calm = &exposure->calm;
    struct exposure_line *line = &exposure->lines[calm->slot][calm->place];
    agon_amt_t value_amt =
        worth_of(engine, ledger_position_at(engine->ledger, calm->slot, calm->place),
                 instruments_get(&engine->table, calm->instrument), px);
    num128_t by = (num128_t)value_amt - line->value_amt;

    exposure->equity[calm->slot] += by;
    exposure->total += by;
    line->value_amt = value_amt;
    risk_move(&engine->risk[calm->slot], reach_fit(exposure->equity[calm->slot]));
    risk_move(&engine->portfolio, reach_fit(exposure->total));
}

/* Inlined: into where prices are looked up, and where they are known. */
static inline __attribute__((always_inline)) void take_prices(struct engine *engine,
                                                              agon_instrument_t instrument,
                                                              struct market *market,
                                                              struct market_prices now)
{
    const struct exposure_calm *calm = &engine->exposure->calm;
    const struct market_prices before = {market->long_px, market->short_px};

    market->t_price = engine->t;
    if (now.long_px == before.long_px && now.short_px == before.short_px)
        return;
    market->long_px = now.long_px;
    market->short_px = now.short_px;
    if (calm->instrument == instrument && now.long_px >= calm->low_px &&
        now.long_px <= calm->high_px) {
        move_calm(engine, now.long_px);
        return;
    }
    if (!slot_set_is_empty(&engine->exposure->holders[instrument]))
        reach_price(engine, instrument, before.long_px, before.short_px);
    if (engine->exposure->values[instrument] != 0)
        value_again(engine, engine->exposure->values[instrument]);
}

HOT void exposure_price(struct engine *engine, agon_instrument_t instrument)
{
    struct market *market = &engine->markets[instrument];
    struct market_prices now = {market->long_px, market->short_px};
    uint8_t is_best = market->book_state == BOOK_LIVE && market->mark_px <= 0;

    if (!(market->has_best && is_best))
        now = market_prices(engine, instrument);
    if (now.long_px == 0)
        return;
    market->has_best = is_best;
    take_prices(engine, instrument, market, now);
}

HOT void exposure_quoted(struct engine *engine, agon_instrument_t instrument)
{
    struct market *market = &engine->markets[instrument];

    if (market->quote_bid_px > 0 && market->quote_ask_px > market->quote_bid_px)
        take_prices(engine, instrument, market,
                    (struct market_prices){market->quote_bid_px, market->quote_ask_px});
    else
        exposure_price(engine, instrument);
}

agon_px_t exposure_path_px(const struct engine *engine, uint16_t slot, agon_instrument_t instrument)
{
    return engine->exposure->path_instrument == instrument ? engine->exposure->path_px[slot] : 0;
}

void exposure_path(struct engine *engine, uint16_t slot, agon_instrument_t instrument, agon_px_t px)
{
    struct exposure *exposure = engine->exposure;

    if (exposure->path_instrument != instrument)
        memset(exposure->path_px, 0, sizeof(exposure->path_px));
    exposure->path_instrument = instrument;
    exposure->path_px[slot] = px;
    count_at(engine, slot, instrument);
    touch(engine, slot);
}

void exposure_path_end(struct engine *engine, agon_instrument_t instrument)
{
    struct exposure *exposure = engine->exposure;
    struct slot_set holders = exposure->holders[instrument];
    uint16_t slot;

    if (exposure->path_instrument != instrument)
        return;
    exposure->path_instrument = 0;
    memset(exposure->path_px, 0, sizeof(exposure->path_px));
    while (slot_set_take(&holders, &slot)) {
        count_at(engine, slot, instrument);
        touch(engine, slot);
    }
}

void exposure_valued(struct engine *engine)
{
    memset(engine->exposure->values, 0,
           (engine->table.n_instruments + 1) * sizeof(engine->exposure->values[0]));
    for (agon_asset_t asset = 1; asset <= engine->table.n_assets; asset++) {
        if (engine->valued_by[asset] == 0)
            continue;
        engine->exposure->values[engine->valued_by[asset]] = asset;
        value_again(engine, asset);
    }
}

void exposure_fill(struct engine *engine, uint16_t slot, agon_instrument_t instrument)
{
    count_cash(engine, slot);
    count_at(engine, slot, instrument);
    touch(engine, slot);
}

void exposure_working(struct engine *engine, uint16_t slot, const struct position *pos)
{
    const struct agon_instrument *instrument = instruments_get(&engine->table, pos->instrument);
    uint32_t place = engine->exposure->places[pos->instrument][slot];

    note_sides(engine->exposure, slot, pos);
    if (instrument == NULL || place == 0 ||
        instrument_kind_unit(instrument) != engine->table.base_currency) {
        count_at(engine, slot, pos->instrument);
        return;
    }
    note_holder(engine->exposure, slot, pos);
    if (engine->exposure->is_reach_kept)
        reach_count(engine, slot, place - 1, pos, instrument);
}

int exposure_judges_all(const struct engine *engine)
{
    return reach_has_limits(&engine->portfolio_limits) || exposure_judges_loss_all(engine);
}

void exposure_transfer(struct engine *engine, uint16_t slot, agon_amt_t change_amt)
{
    count_cash(engine, slot);
    risk_recapitalise(&engine->risk[slot], change_amt, figures_are_lasting(engine));
    risk_recapitalise(&engine->portfolio, change_amt, figures_are_lasting(engine));
    touch(engine, slot);
}

void exposure_vacate(struct engine *engine, uint16_t slot)
{
    struct exposure *exposure = engine->exposure;
    agon_amt_t gone_amt = exposure_equity(engine, slot);

    for (uint32_t i = 0; i < LEDGER_POSITIONS; i++) {
        add_value(exposure, slot, &exposure->lines[slot][i], -1);
        if (exposure->is_reach_kept)
            reach_add(&exposure->reach, &exposure->lines[slot][i], -1);
    }
    memset(exposure->lines[slot], 0, sizeof(exposure->lines[slot]));
    exposure->held[slot] = 0;
    for (uint32_t i = 1; i <= engine->table.n_instruments; i++) {
        exposure->places[i][slot] = 0;
        slot_set_remove(&exposure->holders[i], slot);
        slot_set_remove(&exposure->buyers[i], slot);
        slot_set_remove(&exposure->sellers[i], slot);
    }
    memset(exposure->promises[slot], 0, sizeof(exposure->promises[slot]));
    exposure->total -= exposure->cash_amt[slot];
    exposure->cash_amt[slot] = 0;
    exposure->equity[slot] = 0;
    exposure->n_unknown_all -= exposure->is_cash_unknown[slot];
    exposure->n_unknown[slot] = exposure->is_cash_unknown[slot] = 0;
    slot_set_remove(&exposure->touched, slot);
    exposure_open_vacate(engine, slot);
    risk_recapitalise(&engine->portfolio, -gone_amt, figures_are_lasting(engine));
}

HOT void exposure_look(struct engine *engine, uint16_t slot)
{
    touch(engine, slot);
}

agon_amt_t exposure_equity(const struct engine *engine, uint16_t slot)
{
    return reach_fit(engine->exposure->equity[slot]);
}

agon_amt_t exposure_equity_all(const struct engine *engine)
{
    return reach_fit(engine->exposure->total);
}

agon_amt_t exposure_worth(const struct engine *engine, const struct position *pos, agon_px_t px)
{
    const struct agon_instrument *instrument = instruments_get(&engine->table, pos->instrument);
    uint32_t is_unknown = 0;

    return instrument == NULL ? 0
                              : in_base(engine, instrument_kind_unit(instrument),
                                        worth_of(engine, pos, instrument, px), &is_unknown);
}

agon_amt_t exposure_worth_now(const struct engine *engine, uint16_t slot,
                              agon_instrument_t instrument)
{
    uint32_t place = exposure_place(engine, slot, instrument);

    return place != EXPOSURE_NO_PLACE ? engine->exposure->lines[slot][place].value_amt : 0;
}

/* All of it, as far as there are slots and instruments: the rest was never written. */
static void forget(struct engine *engine)
{
    struct exposure *exposure = engine->exposure;
    const uint32_t n_slots = engine->slots.n, n = engine->table.n_instruments + 1;

    memset(exposure->lines, 0, n_slots * sizeof(exposure->lines[0]));
    memset(exposure->open, 0, n_slots * sizeof(exposure->open[0]));
    memset(exposure->places, 0, n * sizeof(exposure->places[0]));
    memset(exposure->holders, 0, n * sizeof(exposure->holders[0]));
    memset(exposure->buyers, 0, n * sizeof(exposure->buyers[0]));
    memset(exposure->sellers, 0, n * sizeof(exposure->sellers[0]));
    memset(exposure->values, 0, n * sizeof(exposure->values[0]));
    memset((unsigned char *)exposure + offsetof(struct exposure, cash_amt), 0,
           sizeof(*exposure) - offsetof(struct exposure, cash_amt));
}

void exposure_rebuild(struct engine *engine)
{
    struct exposure *exposure = engine->exposure;

    forget(engine);
    exposure->is_reach_kept = (uint8_t)reach_has_limits(&engine->portfolio_limits);
    for (agon_asset_t asset = 1; asset <= engine->table.n_assets; asset++) {
        if (engine->valued_by[asset] != 0)
            exposure->values[engine->valued_by[asset]] = asset;
    }
    for (uint16_t slot = 0; slot < engine->slots.n; slot++) {
        uint32_t n;
        const struct position *all = ledger_positions(engine->ledger, slot, &n);

        if (!engine->slots.all[slot].is_used)
            continue;
        exposure_open_forget(engine, slot);
        count_cash(engine, slot);
        for (uint32_t i = 0; i < n; i++) {
            if (all[i].instrument == 0)
                continue;
            note_sides(exposure, slot, &all[i]);
            count(engine, slot, i, &all[i]);
        }
    }
}

/* --- judging --- */

static void act(struct engine *engine, uint16_t slot, uint32_t on_breach, uint16_t reason)
{
    if (on_breach == ON_BREACH_CLOSE)
        close_want(engine, slot, 0, reason);
    else if (on_breach == ON_BREACH_CANCEL)
        intents_cancel_all(engine, slot, 0, reason);
    deliver_capital(engine, slot);
}

/* Not at a limit yet, but its open orders could lead there: those that add risk go. Where a limit
 * was reached already, on_breach has had its say. */
static void cut_open(struct engine *engine, uint16_t slot, const struct risk_slot *risk,
                     agon_amt_t open_loss_amt, const struct risk_losses *losses)
{
    uint16_t reason;

    if (risk->is_daily_breached || risk->is_drawdown_breached || risk->is_floor_breached)
        return;
    reason = risk_worst(risk, open_loss_amt, losses);
    if (reason != REASON_NONE)
        intents_cancel_raising(engine, slot, reason);
}

static void cut_all(struct engine *engine, const struct risk_losses *losses)
{
    agon_amt_t open_loss_amt;

    if (engine->portfolio_limits.on_breach == ON_BREACH_HALT || !exposure_judges_loss_all(engine))
        return;
    open_loss_amt = exposure_open_loss_all(engine);
    for (uint16_t id = 0; id < engine->slots.n && open_loss_amt > 0; id++) {
        if (engine->slots.all[id].is_used)
            cut_open(engine, id, &engine->portfolio, open_loss_amt, losses);
    }
}

static void judge_slot(struct engine *engine, uint16_t id)
{
    const struct slot_limits *limits = &engine->slots.all[id].limits;
    const struct risk_losses losses = exposure_losses(limits);
    uint16_t reason = risk_mark(&engine->risk[id], exposure_equity(engine, id), engine->t, &losses);

    if (reason == REASON_NONE) {
        if (limits->on_breach != ON_BREACH_HALT &&
            (limits->daily_loss_amt > 0 || limits->drawdown_ppm > 0) &&
            orders_count(engine->orders, id) > 0)
            cut_open(engine, id, &engine->risk[id],
                     exposure_open_loss(engine, &engine->slots.all[id]), &losses);
        return;
    }
    losses_raise(engine, id, reason);
    act(engine, id, limits->on_breach, reason);
}

static void judge_portfolio(struct engine *engine)
{
    const struct portfolio_limits *limits = &engine->portfolio_limits;
    const struct risk_losses losses = exposure_losses_all(limits);
    uint16_t reason;

    if (engine->exposure->n_unknown_all != 0)
        return;
    reason = risk_mark(&engine->portfolio, reach_fit(engine->exposure->total), engine->t, &losses);
    if (reason == REASON_NONE) {
        cut_all(engine, &losses);
        return;
    }
    losses_raise_all(engine, reason);
    for (uint16_t id = 0; id < engine->slots.n; id++) {
        if (engine->slots.all[id].is_used)
            act(engine, id, limits->on_breach, reason);
    }
}

// Not inlined: most events touch nobody.
static HOT __attribute__((noinline)) void judge_touched(struct engine *engine)
{
    struct slot_set touched;
    uint16_t slot;

    touched = engine->exposure->touched;
    engine->exposure->touched = (struct slot_set){0};
    engine->exposure->calm.instrument = 0;
    engine->is_settling = 1;
    while (slot_set_take(&touched, &slot)) {
        if (engine->slots.all[slot].is_used)
            judge_slot(engine, slot);
    }
    judge_portfolio(engine);
    engine->is_settling = 0;
    // What a breach made leaves no fill in this event, and nothing to be judged.
    engine->exposure->touched = (struct slot_set){0};
}

HOT void exposure_settle(struct engine *engine)
{
    if (!slot_set_is_empty(&engine->exposure->touched))
        judge_touched(engine);
}
