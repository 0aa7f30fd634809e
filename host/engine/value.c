// SPDX-License-Identifier: Apache-2.0
/* value: what amounts are worth in the base currency.
 *
 * An asset is worth what a named instrument says, one way or the other round: BTC by BTCUSDT where
 * the base currency is USDT, USD by USDTUSD. No asset is taken for another, stablecoins least of
 * all. Each product goes through 128 bits and names its rounding; a sum is kept in 128 bits until
 * it is whole. */
#include <agon/plugin.h>

#include "base/hot.h"
#include "engine/impl.h"
#include "market/instrument_kind.h"

#define VALUE_AGE_MS 60000 /* the preset of book_age, where no agent says another */

enum side { SIDE_NONE = 0, SIDE_IS_BASE = 1, SIDE_IS_QUOTE = 2 };

/* On which side of an instrument that prices it in the base currency an asset stands. */
static enum side side_of(const struct engine *engine, agon_asset_t asset,
                         const struct agon_instrument *instrument)
{
    agon_asset_t base_currency = engine->table.base_currency;

    if (!instrument_kind_has_coins(instrument->kind) &&
        (!instrument_kind_has_margin(instrument->kind) || instrument->multiplier > 1 ||
         instrument->multiplier_exp != 0))
        return SIDE_NONE;
    if (instrument->base == asset && instrument->quote == base_currency)
        return SIDE_IS_BASE;
    if (instrument->base == base_currency && instrument->quote == asset)
        return SIDE_IS_QUOTE;
    return SIDE_NONE;
}

int value_config(struct engine *engine, const struct record_valuation *record)
{
    const struct agon_instrument *instrument =
        instruments_get(&engine->table, record->hdr.instrument);

    if (instruments_asset(&engine->table, record->asset) == NULL || instrument == NULL ||
        engine->table.base_currency == 0 || record->asset == engine->table.base_currency ||
        side_of(engine, record->asset, instrument) == SIDE_NONE) {
        engine_note(engine, ALERT_CONFIG,
                    "an instrument that values an asset trades it against the base currency");
        return AGON_EINVAL;
    }
    engine->valued_by[record->asset] = record->hdr.instrument;
    exposure_valued(engine);
    return AGON_OK;
}

int value_has_way(const struct engine *engine, agon_asset_t asset)
{
    return asset == engine->table.base_currency ||
           (asset <= ASSETS_MAX && engine->valued_by[asset] != 0);
}

/* amt * 10^shift / px, where each step is rounded alike; saturates. */
static agon_amt_t divide(agon_amt_t amt, agon_px_t px, int shift, enum num_round round)
{
    if (shift < 0)
        return num_div(num_div(amt, px, round), num_pow10(-shift), round);
    if (shift <= NUM_EXP_MAX)
        return num_mul_div(amt, num_pow10(shift), px, round);
    return num_mul(num_mul_div(amt, num_pow10(NUM_EXP_MAX), px, round),
                   num_pow10(shift - NUM_EXP_MAX));
}

HOT int value_of(const struct engine *engine, agon_asset_t asset, agon_amt_t amt,
                 enum num_round round, agon_amt_t *value)
{
    const struct asset *from = instruments_asset(&engine->table, asset);
    const struct asset *to = instruments_asset(&engine->table, engine->table.base_currency);
    const struct agon_instrument *by;
    agon_px_t px;

    *value = amt;
    if (asset == engine->table.base_currency || amt == 0)
        return AGON_OK;
    *value = 0;
    if (from == NULL || to == NULL || engine->valued_by[asset] == 0)
        return AGON_ENOENT;
    by = instruments_get(&engine->table, engine->valued_by[asset]);
    px = engine_mark_px(engine, engine->valued_by[asset]);
    if (px <= 0)
        return AGON_EAGAIN;
    *value = side_of(engine, asset, by) == SIDE_IS_BASE
                 ? num_notional(px, by->px_exp, amt, from->exp, to->exp, round)
                 : divide(amt, px, by->px_exp + to->exp - from->exp, round);
    return num_is_full(*value) ? AGON_ERANGE : AGON_OK;
}

agon_amt_t value_or_zero(const struct engine *engine, agon_asset_t asset, agon_amt_t amt)
{
    agon_amt_t value;

    return value_of(engine, asset, amt, NUM_EVEN, &value) == AGON_OK ? value : 0;
}

int value_is_old(const struct engine *engine, const struct slot *slot, agon_asset_t asset)
{
    agon_ns_t limit = (agon_ns_t)slot->limits.book_age_ms * 1000000;
    agon_ns_t age = value_age(engine, asset);

    if (asset == engine->table.base_currency)
        return 0;
    if (asset > ASSETS_MAX || age == INT64_MAX)
        return 1;
    return limit > 0 && age > market_age(&engine->markets[engine->valued_by[asset]], limit);
}

agon_ns_t value_age(const struct engine *engine, agon_asset_t asset)
{
    const struct market *market;
    agon_ns_t t;

    if (asset == engine->table.base_currency)
        return 0;
    if (asset > ASSETS_MAX || engine->valued_by[asset] == 0)
        return INT64_MAX;
    market = &engine->markets[engine->valued_by[asset]];
    t = market->t_book > market->t_quote ? market->t_book : market->t_quote;
    t = market->t_mark > t ? market->t_mark : t;
    if (t == 0 || engine_mark_px(engine, engine->valued_by[asset]) <= 0)
        return INT64_MAX;
    return engine->t - t;
}

/* What a position is worth, or what it stands to win, in the unit of its quote. *asset: which. */
static agon_amt_t in_quote(const struct engine *engine, const struct agon_instrument *instrument,
                           const struct position *pos, agon_asset_t *asset)
{
    agon_px_t mark_px = engine_mark_px(engine, pos->instrument);

    *asset = instrument->settle;
    if (!instrument_kind_has_coins(instrument->kind))
        return engine_unrealised_amt(engine, pos);
    *asset = instrument->quote;
    // Without any price it is worth what it cost: nothing would be a loss that nobody made.
    return mark_px == 0
               ? pos->cost_amt
               : num_notional(mark_px, instrument->px_exp, pos->held_amt,
                              instruments_asset(&engine->table, instrument->base)->exp,
                              instruments_asset(&engine->table, instrument->quote)->exp, NUM_DOWN);
}

/* Adds the value of an amount to a sum; a part that has no price yet is not known. */
static void add_value(const struct engine *engine, agon_asset_t asset, agon_amt_t amt,
                      num128_t *sum, int *is_known)
{
    agon_amt_t value;

    if (asset == engine->table.base_currency || amt == 0) {
        *sum += amt;
        return;
    }
    if (value_of(engine, asset, amt, NUM_DOWN, &value) == AGON_EAGAIN)
        *is_known = 0;
    *sum += value;
}

static agon_amt_t fit(num128_t sum)
{
    agon_amt_t narrow = (agon_amt_t)sum; // which most are

    if (narrow == sum && narrow >= NUM_MIN)
        return narrow;
    return sum > 0 ? NUM_MAX : NUM_MIN;
}

__attribute__((noinline)) int value_equity_summed(const struct engine *engine, uint16_t slot,
                                                  agon_amt_t *equity_amt)
{
    num128_t rest[ASSETS_MAX + 1]; // of each asset what is in no position
    num128_t sum = 0;
    int is_known = 1;
    uint32_t n;
    const struct position *all;

    all = ledger_positions(engine->ledger, slot, &n);
    for (agon_asset_t asset = 1; asset <= engine->table.n_assets; asset++)
        rest[asset] = ledger_amt_all(engine->ledger, slot, asset);
    for (uint32_t i = 0; i < n; i++) {
        const struct agon_instrument *instrument =
            instruments_get(&engine->table, all[i].instrument);
        agon_asset_t asset;
        agon_amt_t amt;

        if (instrument == NULL || all[i].held_amt == 0)
            continue;
        if (instrument_kind_has_coins(instrument->kind))
            rest[instrument->base] -= all[i].held_amt;
        amt = in_quote(engine, instrument, &all[i], &asset);
        add_value(engine, asset, amt, &sum, &is_known);
    }
    for (agon_asset_t asset = 1; asset <= engine->table.n_assets; asset++) {
        add_value(engine, asset, fit(rest[asset]), &sum, &is_known);
    }
    *equity_amt = fit(sum);
    return is_known;
}

/* What value_equity_summed comes to beside one position, where that is all that there is. */
static __attribute__((noinline)) void find_rest(const struct engine *engine, uint16_t slot,
                                                struct exposure_rest *rest)
{
    agon_asset_t base_currency = engine->table.base_currency;
    agon_asset_t coins = 0;
    agon_amt_t coins_amt = 0;
    uint32_t n;
    const struct position *all = ledger_positions(engine->ledger, slot, &n);

    *rest = (struct exposure_rest){.changes = ledger_changes(engine->ledger) + 1,
                                   .place = EXPOSURE_NO_PLACE};
    for (uint32_t i = 0; i < n; i++) {
        const struct agon_instrument *instrument =
            instruments_get(&engine->table, all[i].instrument);

        if (instrument == NULL || all[i].held_amt == 0)
            continue;
        if (rest->place != EXPOSURE_NO_PLACE || instrument_kind_unit(instrument) != base_currency)
            return;
        rest->place = i;
        if (instrument_kind_has_coins(instrument->kind)) {
            coins = instrument->base;
            coins_amt = all[i].held_amt;
        }
    }
    for (agon_asset_t asset = 1; asset <= engine->table.n_assets; asset++) {
        num128_t amt = ledger_amt_all(engine->ledger, slot, asset);

        if (asset == coins)
            amt -= coins_amt;
        if (asset == base_currency)
            rest->amt = fit(amt);
        else if (amt != 0)
            return;
    }
    rest->is_simple = 1;
}

HOT int value_equity_now(const struct engine *engine, uint16_t slot, agon_amt_t *equity_amt)
{
    struct exposure_rest *rest = &engine->exposure->rests[slot];
    const struct position *pos;
    agon_asset_t unit;

    if (rest->changes != ledger_changes(engine->ledger) + 1)
        find_rest(engine, slot, rest);
    if (!rest->is_simple)
        return value_equity_summed(engine, slot, equity_amt);
    *equity_amt = rest->amt;
    if (rest->place == EXPOSURE_NO_PLACE)
        return 1;
    pos = ledger_position_at(engine->ledger, slot, rest->place);
    *equity_amt =
        fit((num128_t)rest->amt +
            in_quote(engine, instruments_get(&engine->table, pos->instrument), pos, &unit));
    return 1;
}

void value_calm(const struct engine *engine, struct engine_calm *calm)
{
    uint16_t slot = engine->exposure->calm.slot;
    const struct exposure_rest *rest = &engine->exposure->rests[slot];
    const struct agon_instrument *instrument = instruments_get(&engine->table, calm->instrument);
    const struct position *pos;
    int shift;

    calm->unit = 0;
    if (!calm->has_prices || !rest->is_simple || rest->place == EXPOSURE_NO_PLACE ||
        rest->changes != ledger_changes(engine->ledger) + 1)
        return;
    pos = ledger_position_at(engine->ledger, slot, rest->place);
    shift = instrument->px_exp + instruments_asset(&engine->table, instrument->base)->exp -
            instruments_asset(&engine->table, instrument->quote)->exp;
    if (pos->instrument != calm->instrument || !instrument_kind_has_coins(instrument->kind) ||
        shift < 0 || shift > NUM_EXP_MAX)
        return;
    calm->rest_amt = rest->amt;
    calm->held_amt = pos->held_amt;
    calm->unit = num_pow10(shift);
}

void value_unknown(struct engine *engine)
{
    for (uint32_t slot = 0; slot < SLOTS_MAX; slot++)
        engine->exposure->rests[slot].changes = 0;
}

agon_amt_t engine_equity(const struct engine *engine, uint16_t slot)
{
    agon_amt_t equity_amt;

    (void)value_equity(engine, slot, &equity_amt);
    return equity_amt;
}

HOT void value_watch(struct engine *engine, const struct slot *slot)
{
    agon_ns_t limit = (agon_ns_t)slot->limits.book_age_ms * 1000000;

    for (uint32_t i = 0; i < slot->subscription.n_instruments && i < SLOT_INSTRUMENTS_MAX; i++) {
        const struct agon_instrument *instrument =
            instruments_get(&engine->table, slot->subscription.instruments[i]);

        if (instrument == NULL || instrument->quote == engine->table.base_currency ||
            slot->agent_kind != AGON_STRATEGY)
            continue;
        if (value_is_old(engine, slot, instrument->quote)) {
            engine_raise(engine, ALERT_VALUATION, slot->id, engine->valued_by[instrument->quote],
                         value_age(engine, instrument->quote), limit, NULL);
            return;
        }
    }
}

agon_instrument_t engine_valued_by(const struct engine *engine, agon_asset_t asset)
{
    return asset <= ASSETS_MAX ? engine->valued_by[asset] : 0;
}

agon_ns_t engine_value_age(const struct engine *engine, agon_asset_t asset)
{
    return value_age(engine, asset);
}

static int trades_in(const struct engine *engine, const struct slot *slot, agon_asset_t asset)
{
    const struct subscription *sub = &slot->subscription;

    for (uint32_t i = 0; i < sub->n_instruments && i < SLOT_INSTRUMENTS_MAX; i++) {
        const struct agon_instrument *instrument =
            instruments_get(&engine->table, sub->instruments[i]);

        if (instrument != NULL && instrument->quote == asset)
            return slot->is_used && slot->agent_kind == AGON_STRATEGY;
    }
    return 0;
}

int engine_value_is_stale(const struct engine *engine, agon_asset_t asset)
{
    struct slot preset = {.limits.book_age_ms = VALUE_AGE_MS};
    int is_traded = 0;

    for (uint32_t id = 0; id < engine->slots.n; id++) {
        const struct slot *slot = &engine->slots.all[id];

        if (!trades_in(engine, slot, asset))
            continue;
        is_traded = 1;
        if (value_is_old(engine, slot, asset))
            return 1;
    }
    return !is_traded && value_is_old(engine, &preset, asset);
}
