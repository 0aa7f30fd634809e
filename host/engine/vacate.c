// SPDX-License-Identifier: Apache-2.0
/* vacate: the place of a slot that has gone for good is free for another.
 *
 * What was the old one's must not be the new one's: money and dust go to the account, its orders
 * that have ended are forgotten (what a venue still tells of them is a stranger's from then on),
 * and so are its exit plans, timers, limits, score and halts. Numbers stay with the place, because
 * a venue, a disk and a journal remember them: of its order ids, its last generation and its last
 * plan. */
#include "engine/close.h"
#include "engine/impl.h"
#include "market/instrument_kind.h"

int engine_can_vacate(const struct engine *engine, uint16_t id)
{
    const struct slot *slot = id < engine->slots.n ? &engine->slots.all[id] : NULL;
    uint32_t n;
    const struct position *all;

    if (slot == NULL || !slot->is_used || slot->condition != CONDITION_RETIRED ||
        orders_count(engine->orders, id) > 0 || orders_owes_fills(engine->orders, id))
        return 0;
    all = ledger_positions(engine->ledger, id, &n);
    for (uint32_t i = 0; i < n; i++) {
        const struct agon_instrument *instrument =
            instruments_get(&engine->table, all[i].instrument);

        // A derivative of whatever size stands at the venue; a crumb of a coin is money.
        if (instrument != NULL && (instrument_kind_has_coins(instrument->kind)
                                       ? !close_is_dust(engine, id, all[i].instrument)
                                       : all[i].qty != 0))
            return 0;
    }
    return 1;
}

struct pool {
    agon_amt_t amt[ACCOUNTS_MAX], all_amt;
};

/* With rules in force the slot's capital goes to the pool, as far as there is money. */
static struct pool pool_of(const struct engine *engine, uint16_t id)
{
    agon_amt_t capital_amt = engine->slots.all[id].limits.capital_amt;
    struct pool pool = {0};

    const uint32_t n_accounts =
        engine->tournament.rules.mode != 0 ? ledger_accounts(engine->ledger) : 0;

    for (agon_account_t account = 0; account < n_accounts; account++) {
        agon_amt_t there_amt = ledger_amt(engine->ledger, account, id, engine->table.base_currency);
        agon_amt_t left_amt = capital_amt - pool.all_amt;

        pool.amt[account] = there_amt < left_amt ? there_amt : left_amt;
        if (pool.amt[account] < 0)
            pool.amt[account] = 0;
        pool.all_amt += pool.amt[account];
    }
    return pool;
}

/* What the operator gave to the slot and what it had when it went need not be the same: tournaments
 * move capital. */
static void settle_capital(struct engine *engine, uint16_t id, const struct pool *pool)
{
    struct tournament *tournament = &engine->tournament;
    agon_amt_t gone_amt = num_add(engine->slots.all[id].limits.capital_amt, -pool->all_amt);

    for (agon_account_t account = 0; account < ACCOUNTS_MAX; account++)
        tournament->pool_amt[account] = num_add(tournament->pool_amt[account], pool->amt[account]);
    tournament->left_amt =
        num_add(tournament->left_amt, num_add(tournament->given_amt[id], -gone_amt));
    tournament->given_amt[id] = tournament->scale_amt[id] = 0;
    tournament->failures[id] = 0;
    memset(&tournament->windows[id], 0, sizeof(tournament->windows[id]));
    memset(&tournament->fair[id], 0, sizeof(tournament->fair[id]));
}

int vacate(struct engine *engine, uint32_t id)
{
    uint16_t slot = (uint16_t)id;
    struct pool pool;
    struct figures of;

    if (id >= SLOTS_MAX || !engine_can_vacate(engine, slot))
        return AGON_EINVAL;
    pool = pool_of(engine, slot);
    engine_figures(engine, slot, &of);
    figures_capital(engine, num_add(pool.all_amt, -of.equity_amt), 0);
    if (ledger_vacate(engine->ledger, slot) < 0) {
        engine_note(engine, ALERT_LEDGER, "a slot's money cannot go back to its account");
        return AGON_EINVAL;
    }
    figures_leave(engine, &of, pool.all_amt);
    exposure_vacate(engine, slot);
    settle_capital(engine, slot, &pool);
    orders_forget(engine->orders, slot);
    exits_forget(engine, slot);
    jobs_forget(engine, slot);
    control_begin_anew(engine, slot);
    close_forget(engine, slot);
    memset(&engine->slot_halts[slot], 0, sizeof(engine->slot_halts[slot]));
    memset(&engine->risk[slot], 0, sizeof(engine->risk[slot]));
    memset(&engine->scores[slot], 0, sizeof(engine->scores[slot]));
    memset(engine->refused[slot], 0, sizeof(engine->refused[slot]));
    engine->losses_refused[slot] = (struct engine_loss_refused){0};
    engine->asked[slot] = 0;
    engine->close_ended[slot] = REASON_NONE;
    slots_vacate(&engine->slots, slot);
    control_watch(engine);
    return AGON_OK;
}
