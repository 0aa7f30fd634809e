// SPDX-License-Identifier: Apache-2.0
#include "match/perp.h"

#include "base/error.h"
#include "base/num.h"

#define PPB          1000000000
#define INTEREST_PPB 100000 /* 0.01 % in eight hours */
#define CLAMP_PPB    500000

static agon_amt_t amount(agon_px_t px, agon_qty_t qty)
{
    return num_notional(px, PERP_EXP, qty, PERP_EXP, PERP_EXP, NUM_EVEN);
}

static agon_px_t price(agon_amt_t amt, agon_qty_t qty)
{
    return num_mul_div(amt, num_pow10(PERP_EXP), qty, NUM_EVEN);
}

/* --- brackets --- */

void perp_brackets(struct perp_contract *contract)
{
    for (uint32_t i = 0; i < contract->n_brackets; i++) {
        struct perp_bracket *at = &contract->brackets[i];
        const struct perp_bracket *below = i > 0 ? at - 1 : NULL;

        at->cum_amt =
            below ? below->cum_amt +
                        num_mul_div(below->cap_amt, at->maint_ppb - below->maint_ppb, PPB, NUM_EVEN)
                  : 0;
    }
}

const struct perp_bracket *perp_bracket_of(const struct perp_contract *contract,
                                           agon_amt_t notional_amt)
{
    uint32_t i = 0;

    while (i + 1 < contract->n_brackets && num_abs(notional_amt) > contract->brackets[i].cap_amt)
        i++;
    return &contract->brackets[i];
}

agon_amt_t perp_cap(const struct perp_contract *contract, int32_t leverage)
{
    for (uint32_t i = contract->n_brackets; i-- > 0;)
        if (contract->brackets[i].leverage >= leverage)
            return contract->brackets[i].cap_amt;
    return 0;
}

agon_amt_t perp_maint(const struct perp_contract *contract, agon_amt_t notional_amt)
{
    const struct perp_bracket *bracket = perp_bracket_of(contract, notional_amt);

    if (notional_amt == 0)
        return 0;
    return num_mul_div(num_abs(notional_amt), bracket->maint_ppb, PPB, NUM_UP) - bracket->cum_amt;
}

/* --- positions --- */

void perp_account_init(struct perp_account *account, const struct perp_contract *contracts,
                       uint32_t n, agon_amt_t wallet_amt)
{
    memset(account, 0, sizeof(*account));
    account->contracts = contracts;
    account->n = n;
    account->wallet_amt = wallet_amt;
    for (uint32_t i = 0; i < n; i++)
        account->symbols[i].leverage = 20;
}

agon_px_t perp_entry_px(const struct perp_position *position)
{
    return position->qty ? price(position->cost_amt, num_abs(position->qty)) : 0;
}

agon_px_t perp_break_even_px(const struct perp_position *position)
{
    agon_amt_t cost = position->qty < 0 ? -position->cost_amt : position->cost_amt;

    return position->qty ? price(num_add(cost, -position->gained_amt), position->qty) : 0;
}

agon_amt_t perp_notional(const struct perp_contract *contract, const struct perp_position *position)
{
    if (contract->mark_px == 0)
        return position->qty < 0 ? -position->cost_amt : position->cost_amt;
    return amount(contract->mark_px, position->qty);
}

agon_amt_t perp_unrealised(const struct perp_contract *contract,
                           const struct perp_position *position)
{
    agon_amt_t cost = position->qty < 0 ? -position->cost_amt : position->cost_amt;

    return num_add(perp_notional(contract, position), -cost);
}

int perp_fits(const struct perp_account *account, uint32_t sym, enum perp_side side, agon_px_t px,
              agon_qty_t qty, agon_amt_t fee_amt, int times)
{
    const struct perp_position *position = &account->symbols[sym].positions[side];
    agon_amt_t notional_amt = amount(px, qty);
    num128_t cost_amt = position->cost_amt + ((num128_t)num_abs(notional_amt) + 1) * times;

    if (num_is_full(notional_amt) || cost_amt >= NUM_MAX ||
        (num128_t)num_abs(position->qty) + (num128_t)qty * times >= NUM_MAX)
        return 0;
    // What it realises is at most what the position cost and what closes brings.
    return num_abs(account->wallet_amt) + cost_amt + (num128_t)num_abs(fee_amt) * times < NUM_MAX;
}

agon_amt_t perp_fill(struct perp_account *account, uint32_t sym, enum perp_side side, int is_buy,
                     agon_px_t px, agon_qty_t qty, agon_amt_t fee_amt, agon_ns_t t)
{
    struct perp_symbol *symbol = &account->symbols[sym];
    struct perp_position *position = &symbol->positions[side];
    agon_qty_t held = position->qty, closes = 0;
    agon_amt_t realised = 0;

    if (held != 0 && (held > 0) != (is_buy != 0))
        closes = num_abs(held) < qty ? num_abs(held) : qty;
    if (closes > 0) {
        agon_amt_t cost = num_mul_div(position->cost_amt, closes, num_abs(held), NUM_EVEN);
        agon_amt_t got = amount(px, closes);

        realised = held > 0 ? got - cost : cost - got;
        position->cost_amt -= cost;
        position->isolated_amt -=
            num_mul_div(position->isolated_amt, closes, num_abs(held), NUM_EVEN);
    }
    if (qty > closes) {
        agon_amt_t opened = amount(px, qty - closes);

        REQUIRE(num_add_checked(position->cost_amt, opened, &position->cost_amt)); // perp_fits
        if (symbol->is_isolated)
            position->isolated_amt += num_div(opened, symbol->leverage, NUM_UP);
    }
    REQUIRE(num_add_checked(held, is_buy ? qty : -qty, &position->qty)); // perp_fits
    if (position->qty == 0)
        position->gained_amt = 0;
    else if (held != 0 && (held > 0) != (position->qty > 0)) // turned round: its part of the fee
        position->gained_amt = num_mul_div(-fee_amt, num_abs(position->qty), qty, NUM_EVEN);
    else
        position->gained_amt = num_add(position->gained_amt, realised - fee_amt);
    position->t_update = t;
    REQUIRE(num_add_checked(account->wallet_amt, realised - fee_amt, &account->wallet_amt));
    return realised;
}

int perp_fund(struct perp_account *account, uint32_t sym, enum perp_side side, int64_t rate_ppb,
              agon_amt_t *amt)
{
    struct perp_symbol *symbol = &account->symbols[sym];
    struct perp_position *position = &symbol->positions[side];
    agon_amt_t isolated_amt = position->isolated_amt;
    agon_amt_t notional_amt = perp_notional(&account->contracts[sym], position);

    *amt = -num_mul_div(notional_amt, rate_ppb, PPB, NUM_EVEN);
    if (num_is_full(notional_amt) ||
        (symbol->is_isolated && !num_add_checked(isolated_amt, *amt, &isolated_amt)) ||
        !num_add_checked(account->wallet_amt, *amt, &account->wallet_amt))
        return AGON_ERANGE;
    position->isolated_amt = isolated_amt;
    return AGON_OK;
}

/* --- margin --- */

static agon_amt_t larger(agon_amt_t a, agon_amt_t b)
{
    return a > b ? a : b;
}

static agon_amt_t needed(const struct perp_account *account, uint32_t sym,
                         const agon_amt_t bid_amt[3], const agon_amt_t ask_amt[3])
{
    const struct perp_symbol *symbol = &account->symbols[sym];
    const struct perp_contract *contract = &account->contracts[sym];
    agon_amt_t sum = 0;

    for (int side = PERP_BOTH; side <= PERP_SHORT; side++) {
        agon_amt_t held = perp_notional(contract, &symbol->positions[side]);
        agon_amt_t up = side == PERP_SHORT ? 0 : num_abs(num_add(held, bid_amt[side]));
        agon_amt_t down = side == PERP_LONG ? 0 : num_abs(num_add(held, -ask_amt[side]));

        sum = num_add(sum, larger(up, down));
    }
    return num_div(sum, symbol->leverage, NUM_UP);
}

agon_amt_t perp_initial(const struct perp_account *account, uint32_t sym, agon_amt_t *position_amt)
{
    static const agon_amt_t none[3];
    const struct perp_symbol *symbol = &account->symbols[sym];

    if (position_amt)
        *position_amt = needed(account, sym, none, none);
    return needed(account, sym, symbol->bid_amt, symbol->ask_amt);
}

/* Margins are bounds: a sum of them that does not fit stands at the edge, and asks for more than
 * any wallet has. */
static void raise_by(agon_amt_t *sum, agon_amt_t amt)
{
    *sum = num_add(*sum, amt);
}

void perp_sums(const struct perp_account *account, struct perp_sums *sums)
{
    agon_amt_t cross_initial = 0, isolated = 0;

    memset(sums, 0, sizeof(*sums));
    for (uint32_t i = 0; i < account->n; i++) {
        const struct perp_symbol *symbol = &account->symbols[i];
        agon_amt_t position_amt, all_amt = perp_initial(account, i, &position_amt);

        raise_by(&sums->position_initial_amt, position_amt);
        raise_by(&sums->order_initial_amt, all_amt - position_amt);
        raise_by(&cross_initial, symbol->is_isolated ? all_amt - position_amt : all_amt);
        for (int side = PERP_BOTH; side <= PERP_SHORT; side++) {
            const struct perp_position *position = &symbol->positions[side];
            agon_amt_t unrealised = perp_unrealised(&account->contracts[i], position);
            agon_amt_t maint =
                perp_maint(&account->contracts[i], perp_notional(&account->contracts[i], position));

            raise_by(&sums->unrealised_amt, unrealised);
            raise_by(&sums->maint_amt, maint);
            raise_by(&isolated, position->isolated_amt);
            if (!symbol->is_isolated) {
                raise_by(&sums->cross_unrealised_amt, unrealised);
                raise_by(&sums->cross_maint_amt, maint);
            }
        }
    }
    sums->cross_wallet_amt = num_add(account->wallet_amt, -isolated);
    sums->available_amt = larger(
        0, num_add(num_add(sums->cross_wallet_amt, sums->cross_unrealised_amt), -cross_initial));
}

agon_amt_t perp_order_cost(const struct perp_account *account, uint32_t sym, enum perp_side side,
                           int is_buy, agon_px_t px, agon_qty_t qty)
{
    const struct perp_symbol *symbol = &account->symbols[sym];
    agon_px_t mark = account->contracts[sym].mark_px, worse = 0;
    agon_amt_t bid_amt[3], ask_amt[3], more;

    memcpy(bid_amt, symbol->bid_amt, sizeof(bid_amt));
    memcpy(ask_amt, symbol->ask_amt, sizeof(ask_amt));
    if (is_buy)
        bid_amt[side] = num_add(bid_amt[side], amount(px, qty));
    else
        ask_amt[side] = num_add(ask_amt[side], amount(px, qty));
    more = needed(account, sym, bid_amt, ask_amt) - perp_initial(account, sym, NULL);
    if (mark > 0)
        worse = is_buy ? larger(0, px - mark) : larger(0, mark - px);
    // What only reduces asks for nothing, whatever its price.
    return more > 0 ? num_add(more, amount(worse, qty)) : 0;
}

/* The venue's formula: where wallet, maintenance amounts and results of all positions of the symbol
 * leave exactly the maintenance margin. */
agon_px_t perp_liquidation_px(const struct perp_account *account, uint32_t sym, enum perp_side side)
{
    const struct perp_symbol *symbol = &account->symbols[sym];
    const struct perp_contract *contract = &account->contracts[sym];
    agon_amt_t balance, above = 0;
    agon_qty_t below = 0;
    agon_px_t px;
    int first = (int)side, last = (int)side;

    if (symbol->positions[side].qty == 0)
        return 0;
    if (symbol->is_isolated) {
        balance = symbol->positions[side].isolated_amt;
    } else {
        struct perp_sums sums;

        perp_sums(account, &sums);
        balance = sums.cross_wallet_amt + sums.cross_unrealised_amt - sums.cross_maint_amt;
        first = PERP_BOTH;
        last = PERP_SHORT;
        for (int i = first; i <= last; i++) // the other contracts' alone
            balance += perp_maint(contract, perp_notional(contract, &symbol->positions[i])) -
                       perp_unrealised(contract, &symbol->positions[i]);
    }
    above = balance;
    for (int i = first; i <= last; i++) {
        const struct perp_position *position = &symbol->positions[i];
        const struct perp_bracket *bracket =
            perp_bracket_of(contract, perp_notional(contract, position));

        if (position->qty == 0)
            continue;
        above += bracket->cum_amt;
        above -= position->qty < 0 ? -position->cost_amt : position->cost_amt;
        below +=
            num_mul_div(num_abs(position->qty), bracket->maint_ppb, PPB, NUM_EVEN) - position->qty;
    }
    if (below == 0)
        return 0;
    px = price(above, below);
    return px > 0 ? px : 0;
}

int perp_is_under(const struct perp_account *account, uint32_t sym, enum perp_side side)
{
    const struct perp_symbol *symbol = &account->symbols[sym];
    const struct perp_contract *contract = &account->contracts[sym];
    const struct perp_position *position = &symbol->positions[side];
    struct perp_sums sums;

    if (position->qty == 0)
        return 0;
    if (symbol->is_isolated)
        return position->isolated_amt + perp_unrealised(contract, position) <=
               perp_maint(contract, perp_notional(contract, position));
    perp_sums(account, &sums);
    return sums.cross_wallet_amt + sums.cross_unrealised_amt <= sums.cross_maint_amt;
}

int perp_move_margin(struct perp_account *account, uint32_t sym, enum perp_side side,
                     agon_amt_t amt)
{
    struct perp_symbol *symbol = &account->symbols[sym];
    struct perp_position *position = &symbol->positions[side];
    struct perp_sums sums;

    if (!symbol->is_isolated || position->qty == 0)
        return AGON_EINVAL;
    perp_sums(account, &sums);
    if (amt > sums.available_amt)
        return AGON_ERANGE;
    position->isolated_amt += amt;
    // What is taken out leaves at least the initial margin of the position as it stands.
    if (amt < 0 && position->isolated_amt + perp_unrealised(&account->contracts[sym], position) <
                       num_div(num_abs(perp_notional(&account->contracts[sym], position)),
                               symbol->leverage, NUM_UP)) {
        position->isolated_amt -= amt;
        return AGON_EINVAL;
    }
    return AGON_OK;
}

/* --- prices and rates --- */

static agon_px_t median(agon_px_t a, agon_px_t b, agon_px_t c)
{
    if (a > b) {
        agon_px_t swap = a;

        a = b;
        b = swap;
    }
    return c <= a ? a : c >= b ? b : c;
}

agon_px_t perp_mark(agon_px_t index_px, agon_px_t basis_px, agon_px_t last_px, int64_t rate_ppb,
                    agon_ns_t left_ns, agon_ns_t interval_ns)
{
    int64_t part_ppb = num_mul_div(rate_ppb, left_ns, interval_ns, NUM_EVEN);
    agon_px_t one = num_add(index_px, num_mul_div(index_px, part_ppb, PPB, NUM_EVEN));
    agon_px_t two = num_add(index_px, basis_px);

    return median(one, two, last_px > 0 ? last_px : two);
}

int64_t perp_premium_ppb(agon_px_t index_px, agon_px_t bid_px, agon_px_t ask_px)
{
    if (index_px <= 0 || bid_px <= 0 || ask_px <= 0)
        return 0;
    return num_mul_div(larger(0, bid_px - index_px) - larger(0, index_px - ask_px), PPB, index_px,
                       NUM_EVEN);
}

int64_t perp_funding_ppb(int64_t premium_ppb, int64_t cap_ppb)
{
    int64_t part = INTEREST_PPB - premium_ppb, rate;

    part = part > CLAMP_PPB ? CLAMP_PPB : part < -CLAMP_PPB ? -CLAMP_PPB : part;
    rate = premium_ppb + part;
    return rate > cap_ppb ? cap_ppb : rate < -cap_ppb ? -cap_ppb : rate;
}
