// SPDX-License-Identifier: Apache-2.0
/* ref_ledger: whose money is what, computed the slow way from the truth. It knows nothing of the
 * ledger but its questions: it walks the list of everything that was ever filled at the venue, once
 * for each slot and asset, in 128 bits. */
#include "dst/world.h"

__extension__ typedef __int128 wide_t;

static wide_t tens(int n)
{
    wide_t value = 1;

    while (n-- > 0)
        value *= 10;
    return value;
}

/* What a slot has of an asset: what it was given, and what its fills brought and took. Exponents
 * are chosen so that px * qty is a whole number of the asset's unit. */
static wide_t amount(const struct world *world, uint16_t slot, agon_asset_t asset)
{
    const struct lane *lane = &world->lane;
    wide_t sum = 0;

    for (uint64_t i = 0; i < lane->n_fills; i++) {
        const struct truth_fill *fill = &lane->fills[i];
        const struct truth *truth = &lane->orders[fill->truth];
        const struct agon_instrument *instrument = instruments_get(&lane->table, truth->instrument);
        wide_t sign = truth->side == AGON_BUY ? 1 : -1;

        if (truth->is_foreign || truth->slot != slot)
            continue;
        if (instrument->base == asset)
            sum += sign * (wide_t)fill->qty * tens(8 - instrument->qty_exp);
        if (instrument->quote == asset)
            sum -= sign * (wide_t)fill->px * (wide_t)fill->qty *
                   tens(8 - instrument->qty_exp - instrument->px_exp);
        if (fill->fee_asset == asset)
            sum -= fill->fee_amt;
    }
    return sum;
}

void ref_ledger_compare(struct world *world)
{
    struct engine *engine = world->node.engine;

    if (engine == NULL || world->result->is_failed)
        return;
    for (uint16_t slot = 0; slot < world->swarm.n_agents; slot++) {
        for (agon_asset_t asset = USDT; asset <= world->swarm.n_instruments + 1; asset++) {
            wide_t want = amount(world, slot, asset);
            agon_amt_t have = ledger_amt(engine_ledger(engine), 0, slot, asset);
            const struct position *pos;

            if (asset == USDT)
                want += engine_slots(engine)->all[slot].limits.capital_amt;
            if (want != have)
                world_fail(world, "inv-13", "slot %u has %lld of asset %u and should have %lld",
                           slot, (long long)have, asset, (long long)want);
            pos = asset == USDT ? NULL : ledger_position(engine_ledger(engine), slot, asset - 1, 0);
            if (pos != NULL && pos->held_amt != want)
                world_fail(world, "inv-13", "slot %u: its position in %u is %lld, its coins %lld",
                           slot, asset - 1, (long long)pos->held_amt, (long long)want);
        }
    }
}
