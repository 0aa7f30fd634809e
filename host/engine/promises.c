// SPDX-License-Identifier: Apache-2.0
/* promises: what a slot's open orders may still take of an asset, kept up with each order. */
#include "engine/exposure.h"
#include "engine/impl.h"
#include "market/instrument_kind.h"

/* What a position's open orders may take of the asset. */
static num128_t promised_by(const struct engine *engine, const struct position *pos,
                            const struct agon_instrument *instrument, agon_asset_t asset)
{
    num128_t amt = instrument->quote == asset ? pos->working_buy_amt : 0;

    // What one pair pays in may be what another one sells.
    if (instrument->base == asset && instrument_kind_has_coins(instrument->kind))
        amt += num_rescale(pos->working_sell_qty, instrument->qty_exp,
                           instruments_asset(&engine->table, asset)->exp, NUM_UP);
    return amt;
}

const struct exposure_promise *exposure_promise(const struct engine *engine,
                                                const struct slot *slot, agon_account_t account,
                                                agon_asset_t asset)
{
    struct exposure_promise *promise =
        &engine->exposure->promises[slot->id][asset % EXPOSURE_PROMISES];
    uint32_t n;
    const struct position *all = ledger_positions(engine->ledger, slot->id, &n);

    if (promise->is_known && promise->asset == asset && promise->account == account &&
        promise->n == n)
        return promise;
    *promise = (struct exposure_promise){
        .asset = asset, .account = account, .n = (uint8_t)n, .is_known = 1};
    for (uint32_t i = 0; i < n; i++) {
        const struct agon_instrument *other = instruments_get(&engine->table, all[i].instrument);

        if (other == NULL)
            continue;
        promise->is_bound |= instrument_kind_has_margin(other->kind) && other->settle == asset;
        if (engine_account(engine, slot, other) == account)
            promise->amt += promised_by(engine, &all[i], other, asset);
    }
    return promise;
}

void exposure_promised(struct engine *engine, uint16_t slot,
                       const struct agon_instrument *instrument, agon_asset_t asset,
                       num128_t change)
{
    struct exposure_promise *promise = &engine->exposure->promises[slot][asset % EXPOSURE_PROMISES];

    if (promise->is_known && promise->asset == asset &&
        promise->account == engine_account(engine, &engine->slots.all[slot], instrument))
        promise->amt += change;
}

void exposure_accounts(struct engine *engine)
{
    memset(engine->exposure->promises, 0, sizeof(engine->exposure->promises));
}
