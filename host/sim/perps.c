// SPDX-License-Identifier: Apache-2.0
/* perps: what accounts have of linear perpetuals, one way and on cross margin. The engine keeps how
 * much is held and the money of it; what a position cost and what it needs is kept here. */
#include <stdlib.h>

#include "base/num.h"
#include "sim/sim_impl.h"

int sim_perps_open(struct sim *sim)
{
    const struct sim_perp_rules *rules = sim->ways->perps;
    uint32_t n = pit_count(sim->pit);
    struct sim_perps *perps;

    if (!rules)
        return AGON_OK;
    perps = sim->perps = calloc(1, sizeof(*perps));
    if (!perps)
        return AGON_ENOMEM;
    perps->t_funded = pit_now(sim->pit);
    for (uint32_t i = 0; i < n; i++) {
        perps->contracts[i].n_brackets = 1;
        perps->contracts[i].brackets[0] = (struct perp_bracket){
            .cap_amt = NUM_MAX / 2, .leverage = rules->leverage_max, .maint_ppb = rules->maint_ppb};
    }
    for (uint32_t i = 0; i < sim->n_accounts; i++) {
        perp_account_init(&perps->accounts[i], perps->contracts, n, 0);
        for (uint32_t sym = 0; sym < n; sym++)
            perps->accounts[i].symbols[sym].leverage = rules->leverage;
    }
    return AGON_OK;
}

agon_asset_t sim_margin_asset(const struct sim *sim)
{
    return instruments_find_asset(pit_table(sim->pit), sim->ways->perps->margin);
}

agon_px_t sim_mark_px(const struct sim *sim, uint32_t sym)
{
    struct agon_level bid, ask;

    pit_best(sim->pit, sym, &bid, &ask);
    if (bid.px <= 0 || ask.px <= 0)
        return pit_last_px(sim->pit, sym);
    return num_to_step((bid.px + ask.px) / 2, pit_at(sim->pit, sym)->tick_px, NUM_DOWN);
}

const struct perp_position *sim_position(const struct sim *sim, const struct sim_account *account,
                                         uint32_t sym)
{
    return &sim->perps->accounts[account->owner].symbols[sym].positions[PERP_BOTH];
}

const struct perp_contract *sim_contract(const struct sim *sim, uint32_t sym)
{
    sim->perps->contracts[sym].mark_px = sim_mark_px(sim, sym);
    return &sim->perps->contracts[sym];
}

static void add_open(struct sim *sim, struct perp_account *perp, const struct sim_order *order)
{
    struct perp_symbol *symbol = &perp->symbols[order->sym];
    agon_amt_t *amt =
        order->side == AGON_BUY ? &symbol->bid_amt[PERP_BOTH] : &symbol->ask_amt[PERP_BOTH];

    if (pit_at(sim->pit, order->sym)->is_perpetual && !order->is_reduce_only)
        *amt = num_add(*amt, num_notional(order->px, PIT_EXP, order->qty - order->filled_qty,
                                          PIT_EXP, PIT_EXP, NUM_UP));
}

void sim_margin(struct sim *sim, const struct sim_account *account, struct perp_sums *sums)
{
    struct perp_account *perp = &sim->perps->accounts[account->owner];
    const struct sim_order *order = NULL;

    perp->wallet_amt = pit_free_amt(sim->pit, account->owner, sim_margin_asset(sim));
    for (uint32_t i = 0; i < pit_count(sim->pit); i++) {
        sim_contract(sim, i);
        perp->symbols[i].bid_amt[PERP_BOTH] = perp->symbols[i].ask_amt[PERP_BOTH] = 0;
    }
    while (account->has_perps && (order = sim_older_order(sim, account, order)) != NULL)
        if (sim_is_open(order))
            add_open(sim, perp, order);
    perp_sums(perp, sums);
}

/* What is margin is not spent. */
static int check_spot(struct sim *sim, const struct sim_account *account,
                      const struct sim_intent *intent)
{
    agon_px_t px = intent->px > 0 ? intent->px : sim_mark_px(sim, intent->sym);
    agon_amt_t amt = intent->cost_amt > 0
                         ? intent->cost_amt
                         : num_notional(px, PIT_EXP, intent->qty, PIT_EXP, PIT_EXP, NUM_UP);
    struct perp_sums sums;

    if (!account->has_perps || intent->side != AGON_BUY ||
        strcmp(pit_at(sim->pit, intent->sym)->quote, sim->ways->perps->margin) != 0)
        return MATCH_OK;
    sim_margin(sim, account, &sums);
    return amt <= sums.available_amt ? MATCH_OK : MATCH_NO_FUNDS;
}

int sim_check_margin(struct sim *sim, const struct sim_account *account,
                     const struct sim_intent *intent)
{
    const struct pit_symbol *symbol = pit_at(sim->pit, intent->sym);
    struct perp_sums sums;
    agon_px_t px;

    if (!symbol->is_perpetual)
        return check_spot(sim, account, intent);
    if (strcmp(symbol->quote, sim->ways->perps->margin) != 0)
        return MATCH_BAD_FIELD;
    if (intent->is_reduce_only)
        return MATCH_OK;
    sim_margin(sim, account, &sums);
    px = intent->px > 0 ? intent->px : sim->perps->contracts[intent->sym].mark_px;
    return perp_order_cost(&sim->perps->accounts[account->owner], intent->sym, PERP_BOTH,
                           intent->side == AGON_BUY, px, intent->qty) <= sums.available_amt
               ? MATCH_OK
               : MATCH_NO_FUNDS;
}

/* What a fill at px would take from the account by what it closes. */
static agon_amt_t loss_of(const struct perp_position *position, int is_buy, agon_px_t px,
                          agon_qty_t qty)
{
    agon_qty_t held = num_abs(position->qty), closes = qty < held ? qty : held;
    agon_amt_t cost, now;

    if (held == 0 || (position->qty > 0) == is_buy)
        return 0;
    cost = num_mul_div(position->cost_amt, closes, held, NUM_UP);
    now = num_notional(px, PIT_EXP, closes, PIT_EXP, PIT_EXP, NUM_DOWN);
    return position->qty > 0 ? cost - now : now - cost;
}

/* Nobody's money falls below nothing. */
int sim_may_fill(void *ctx, const struct match_order *order, agon_px_t px, agon_qty_t qty,
                 int times)
{
    const struct sim_order *mine = (const struct sim_order *)(uintptr_t)order->tag;
    struct sim *sim = ctx;
    uint32_t owner = mine->account->owner;
    struct perp_account *perp = &sim->perps->accounts[owner];
    agon_amt_t amt = num_notional(px, PIT_EXP, qty, PIT_EXP, PIT_EXP, NUM_UP);
    agon_amt_t free_amt = pit_free_amt(sim->pit, owner, sim_margin_asset(sim));

    if (!pit_at(sim->pit, mine->sym)->is_perpetual)
        return 1;
    return perp_fits(perp, mine->sym, PERP_BOTH, px, qty, amt, times) &&
           num_add(loss_of(sim_position(sim, mine->account, mine->sym), mine->side == AGON_BUY, px,
                           qty),
                   amt / 100) <= free_amt;
}

agon_amt_t sim_realise(struct sim *sim, const struct sim_order *order,
                       const struct match_event *event)
{
    struct perp_account *perp = &sim->perps->accounts[order->account->owner];

    perp->wallet_amt = 0; // the engine keeps it
    return perp_fill(perp, order->sym, PERP_BOTH, order->side == AGON_BUY, event->px, event->qty,
                     event->fee_amt, event->t);
}

static void fund(struct sim *sim, const struct sim_account *account, uint32_t sym)
{
    struct perp_account *perp = &sim->perps->accounts[account->owner];
    agon_amt_t amt = 0;

    perp->wallet_amt = 0;
    sim_contract(sim, sym);
    if (perp_fund(perp, sym, PERP_BOTH, sim->ways->perps->rate_ppb, &amt) == AGON_OK && amt != 0)
        pit_deposit(sim->pit, account->owner, sim_margin_asset(sim), amt);
}

int sim_fund(struct sim *sim, agon_ns_t t)
{
    agon_ns_t every = sim->ways->perps->every_ns;

    if (t / every == sim->perps->t_funded / every)
        return 0;
    sim->perps->t_funded = t;
    for (uint32_t i = 0; i < sim->n_accounts; i++)
        for (uint32_t sym = 0; sym < pit_count(sim->pit); sym++)
            if (pit_at(sim->pit, sym)->is_perpetual)
                fund(sim, &sim->accounts[i], sym);
    return 1;
}
