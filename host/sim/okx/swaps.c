// SPDX-License-Identifier: Apache-2.0
/* swaps: what an account has of linear swaps, one way and on cross margin. The engine keeps how
 * much is held and the money of it; what a position cost and what it needs is kept here. */
#include <stdlib.h>

#include "base/num.h"
#include "sim/okx/simo.h"

#define PPB       1000000000
#define LEVERAGE  10
#define MAINT_PPB 4000000 /* of the first tier of BTC and ETH */

static agon_asset_t margin_asset(const struct simo *o)
{
    return instruments_find_asset(pit_table(o->pit), SIMO_MARGIN);
}

agon_px_t simo_mark_px(const struct simo *o, uint32_t sym)
{
    struct agon_level bid, ask;

    pit_best(o->pit, sym, &bid, &ask);
    if (bid.px <= 0 || ask.px <= 0)
        return pit_last_px(o->pit, sym);
    return num_to_step((bid.px + ask.px) / 2, pit_at(o->pit, sym)->tick_px, NUM_DOWN);
}

void simo_swaps_open(struct simo *o)
{
    uint32_t n = pit_count(o->pit);

    o->t_funded = pit_now(o->pit);
    for (uint32_t i = 0; i < n; i++) {
        o->contracts[i].n_brackets = 1;
        o->contracts[i].brackets[0] =
            (struct perp_bracket){.cap_amt = NUM_MAX / 2, .leverage = 100, .maint_ppb = MAINT_PPB};
    }
    for (uint32_t i = 0; i < o->n_accounts; i++) {
        perp_account_init(&o->perps[i], o->contracts, n, 0);
        for (uint32_t sym = 0; sym < n; sym++)
            o->perps[i].symbols[sym].leverage = LEVERAGE;
    }
}

static struct perp_account *perp_of(struct simo *o, const struct simo_account *account)
{
    return &o->perps[account->owner];
}

static void add_open(struct simo *o, struct perp_account *perp, const struct simo_order *order)
{
    struct perp_symbol *symbol = &perp->symbols[order->sym];
    agon_amt_t *amt =
        order->side == AGON_BUY ? &symbol->bid_amt[PERP_BOTH] : &symbol->ask_amt[PERP_BOTH];

    if (simo_is_swap(pit_at(o->pit, order->sym)) && !order->is_reduce_only)
        *amt = num_add(*amt, num_notional(order->px, SIMO_EXP, order->qty - order->filled_qty,
                                          SIMO_EXP, SIMO_EXP, NUM_UP));
}

void simo_sums(struct simo *o, const struct simo_account *account, struct perp_sums *sums)
{
    struct perp_account *perp = perp_of(o, account);
    uint64_t n = account->has_swaps ? o->n_orders : 0;

    perp->wallet_amt = pit_free_amt(o->pit, account->owner, margin_asset(o));
    for (uint32_t i = 0; i < pit_count(o->pit); i++) {
        o->contracts[i].mark_px = simo_mark_px(o, i);
        perp->symbols[i].bid_amt[PERP_BOTH] = perp->symbols[i].ask_amt[PERP_BOTH] = 0;
    }
    for (; n > 0 && o->n_orders - n < SIMO_ORDERS_KEPT; n--) {
        const struct simo_order *order = simo_order_at(o, n);

        if (order && order->account == account && simo_is_open(order))
            add_open(o, perp, order);
    }
    perp_sums(perp, sums);
}

/* --- orders --- */

static int short_of_it(struct simo_call *call)
{
    return simo_fail(call, 51008, "Order failed. Insufficient %s margin in account", SIMO_MARGIN);
}

/* What is margin is not spent. */
static int check_spot(struct simo_call *call, const struct simo_wish *wish)
{
    struct simo *o = call->o;
    agon_px_t px = wish->px > 0 ? wish->px : simo_mark_px(o, wish->sym);
    agon_amt_t amt = wish->is_by_cost
                         ? wish->cost_amt
                         : num_notional(px, SIMO_EXP, wish->qty, SIMO_EXP, SIMO_EXP, NUM_UP);
    struct perp_sums sums;

    if (!call->account->has_swaps || wish->side != AGON_BUY ||
        strcmp(pit_at(o->pit, wish->sym)->quote, SIMO_MARGIN) != 0)
        return 0;
    simo_sums(o, call->account, &sums);
    return amt <= sums.available_amt ? 0 : short_of_it(call);
}

int simo_check_margin(struct simo_call *call, const struct simo_wish *wish)
{
    const struct pit_symbol *symbol = pit_at(call->o->pit, wish->sym);
    struct simo *o = call->o;
    struct perp_sums sums;
    agon_px_t px;

    if (!simo_is_swap(symbol))
        return check_spot(call, wish);
    if (strcmp(symbol->quote, SIMO_MARGIN) != 0)
        return simo_fail(call, 51010,
                         "You can't complete this request under your current account mode.");
    if (wish->is_reduce_only)
        return 0;
    simo_sums(o, call->account, &sums);
    px = wish->px > 0 ? wish->px : o->contracts[wish->sym].mark_px;
    return perp_order_cost(perp_of(o, call->account), wish->sym, PERP_BOTH, wish->side == AGON_BUY,
                           px, wish->qty) <= sums.available_amt
               ? 0
               : short_of_it(call);
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
    now = num_notional(px, SIMO_EXP, closes, SIMO_EXP, SIMO_EXP, NUM_DOWN);
    return position->qty > 0 ? cost - now : now - cost;
}

/* Nobody's money falls below nothing. */
int simo_may_fill(void *ctx, const struct match_order *order, agon_px_t px, agon_qty_t qty,
                  int times)
{
    const struct simo_order *mine = (const struct simo_order *)(uintptr_t)order->tag;
    struct simo *o = ctx;
    struct perp_account *perp = perp_of(o, mine->account);
    agon_amt_t amt = num_notional(px, SIMO_EXP, qty, SIMO_EXP, SIMO_EXP, NUM_UP);
    agon_amt_t free_amt = pit_free_amt(o->pit, mine->account->owner, margin_asset(o));

    if (!simo_is_swap(pit_at(o->pit, mine->sym)))
        return 1;
    return perp_fits(perp, mine->sym, PERP_BOTH, px, qty, amt, times) &&
           num_add(loss_of(&perp->symbols[mine->sym].positions[PERP_BOTH], mine->side == AGON_BUY,
                           px, qty),
                   amt / 100) <= free_amt;
}

agon_amt_t simo_swap_fill(struct simo *o, const struct simo_order *order,
                          const struct match_event *event)
{
    struct perp_account *perp = perp_of(o, order->account);

    perp->wallet_amt = 0; // the engine keeps it
    return perp_fill(perp, order->sym, PERP_BOTH, order->side == AGON_BUY, event->px, event->qty,
                     event->fee_amt, event->t);
}

/* --- funding --- */

static void fund(struct simo *o, struct simo_account *account, uint32_t sym)
{
    struct perp_account *perp = perp_of(o, account);
    agon_amt_t amt = 0;

    perp->wallet_amt = 0;
    o->contracts[sym].mark_px = simo_mark_px(o, sym);
    if (perp_fund(perp, sym, PERP_BOTH, SIMO_RATE_PPB, &amt) == AGON_OK && amt != 0)
        pit_deposit(o->pit, account->owner, margin_asset(o), amt);
}

int simo_fund(struct simo *o, agon_ns_t t)
{
    if (t / SIMO_FUNDING_NS == o->t_funded / SIMO_FUNDING_NS)
        return 0;
    o->t_funded = t;
    for (uint32_t i = 0; i < o->n_accounts; i++)
        for (uint32_t sym = 0; sym < pit_count(o->pit); sym++)
            if (simo_is_swap(pit_at(o->pit, sym)))
                fund(o, &o->accounts[i], sym);
    return 1;
}

/* --- what is told of it --- */

void simo_put_position(struct simo *o, struct jout *out, const struct simo_account *account,
                       uint32_t sym)
{
    const struct perp_position *position = &perp_of(o, account)->symbols[sym].positions[PERP_BOTH];
    const struct pit_symbol *symbol = pit_at(o->pit, sym);
    agon_px_t mark_px = simo_mark_px(o, sym);
    agon_amt_t worth_amt;

    o->contracts[sym].mark_px = mark_px;
    worth_amt = num_abs(perp_notional(&o->contracts[sym], position));
    jout_open(out, '{');
    jout_kv_str(out, "instType", "SWAP");
    jout_kv_str(out, "instId", symbol->name);
    simo_kv_id(out, "posId", simo_id(((uint64_t)account->owner << 8) + sym + 1));
    jout_kv_str(out, "mgnMode", "cross");
    jout_kv_str(out, "posSide", "net");
    simo_kv_size(out, "pos", position->qty, symbol);
    jout_kv_str(out, "availPos", "");
    jout_kv_str(out, "posCcy", "");
    jout_kv_str(out, "ccy", SIMO_MARGIN);
    simo_kv_num(out, "avgPx", perp_entry_px(position));
    simo_kv_num(out, "markPx", mark_px);
    simo_kv_num(out, "last", pit_last_px(o->pit, sym));
    simo_kv_num(out, "upl", perp_unrealised(&o->contracts[sym], position));
    jout_kv_str(out, "lever", "10");
    simo_kv_num(out, "notionalUsd", worth_amt);
    simo_kv_num(out, "imr", worth_amt / LEVERAGE);
    simo_kv_num(out, "mmr", num_mul_div(worth_amt, MAINT_PPB, PPB, NUM_UP));
    jout_kv_str(out, "margin", "");
    jout_kv_str(out, "liqPx", "");
    simo_kv_ms(out, "cTime", position->t_update);
    simo_kv_ms(out, "uTime", position->t_update);
    simo_kv_ms(out, "pTime", pit_now(o->pit));
    jout_close(out, '{');
}

/* Those that are held. */
void simo_put_positions(struct simo *o, struct jout *out, const struct simo_account *account,
                        const char *only)
{
    for (uint32_t sym = 0; sym < pit_count(o->pit); sym++)
        if (perp_of(o, account)->symbols[sym].positions[PERP_BOTH].qty != 0 &&
            (!only || strstr(only, pit_at(o->pit, sym)->name)))
            simo_put_position(o, out, account, sym);
}

int simo_positions(struct simo_call *call)
{
    const char *kind = simo_arg(call, "instType");

    if (!kind || strcmp(kind, "SWAP") == 0)
        simo_put_positions(call->o, call->out, call->account, simo_arg(call, "instId"));
    return 0;
}
