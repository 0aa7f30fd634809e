// SPDX-License-Identifier: Apache-2.0
#include "ledger/ledger.h"

#include <stdlib.h>

#include "base/num.h"

struct account {
    agon_amt_t total[ASSETS_MAX + 1];
    agon_amt_t part[LEDGER_SUBS][ASSETS_MAX + 1];
};
struct net { /* of a derivative on its account, all slots as one */
    agon_amt_t held_amt, cost_amt;
    agon_amt_t ahead_amt; /* realised here less realised in the slots */
    agon_account_t account;
};
struct ledger {
    const struct instruments *table;
    struct net nets[INSTRUMENTS_MAX + 1];
    struct account accounts[LEDGER_ACCOUNTS_MAX];
    struct position positions[LEDGER_SLOTS_MAX][LEDGER_POSITIONS];
};

struct ledger *ledger_new(const struct instruments *table)
{
    struct ledger *ledger = calloc(1, sizeof(*ledger));

    if (ledger != NULL)
        ledger->table = table;
    return ledger;
}

void ledger_free(struct ledger *ledger)
{
    free(ledger);
}

static int is_place(agon_account_t account, uint32_t sub, agon_asset_t asset)
{
    return account < LEDGER_ACCOUNTS_MAX && sub < LEDGER_SUBS && asset > 0 && asset <= ASSETS_MAX;
}

// a + b, or false when the sum is no number here.
static int add(agon_amt_t a, agon_amt_t b, agon_amt_t *sum)
{
    return !__builtin_add_overflow(a, b, sum) && *sum >= NUM_MIN;
}

int ledger_post(struct ledger *ledger, agon_account_t account, uint32_t sub, agon_asset_t asset,
                agon_amt_t amt)
{
    struct account *in;
    agon_amt_t part;
    agon_amt_t total;

    if (!is_place(account, sub, asset))
        return AGON_EINVAL;
    in = &ledger->accounts[account];
    if (!add(in->part[sub][asset], amt, &part) || !add(in->total[asset], amt, &total))
        return AGON_ERANGE;
    in->part[sub][asset] = part;
    in->total[asset] = total;
    return AGON_OK;
}

int ledger_transfer(struct ledger *ledger, agon_account_t account, uint32_t from, uint32_t to,
                    agon_asset_t asset, agon_amt_t amt)
{
    struct account *in;
    agon_amt_t less;
    agon_amt_t more;

    if (!is_place(account, from, asset) || !is_place(account, to, asset) || amt < NUM_MIN)
        return AGON_EINVAL;
    in = &ledger->accounts[account];
    if (from == to)
        return AGON_OK;
    if (!add(in->part[from][asset], -amt, &less) || !add(in->part[to][asset], amt, &more))
        return AGON_ERANGE;
    in->part[from][asset] = less;
    in->part[to][asset] = more;
    return AGON_OK;
}

agon_amt_t ledger_amt(const struct ledger *ledger, agon_account_t account, uint32_t sub,
                      agon_asset_t asset)
{
    return is_place(account, sub, asset) ? ledger->accounts[account].part[sub][asset] : 0;
}

agon_amt_t ledger_total(const struct ledger *ledger, agon_account_t account, agon_asset_t asset)
{
    return is_place(account, 0, asset) ? ledger->accounts[account].total[asset] : 0;
}

struct position *ledger_position(struct ledger *ledger, uint16_t slot, agon_instrument_t instrument,
                                 int is_made)
{
    struct position *all;

    if (slot >= LEDGER_SLOTS_MAX || instrument == 0)
        return NULL;
    all = ledger->positions[slot];
    for (int i = 0; i < LEDGER_POSITIONS; i++) {
        if (all[i].instrument == instrument)
            return &all[i];
        if (all[i].instrument == 0) {
            if (!is_made)
                return NULL;
            all[i].instrument = instrument;
            return &all[i];
        }
    }
    return NULL;
}

static int has_place(const struct ledger *ledger, uint16_t slot, agon_instrument_t instrument)
{
    const struct position *all = ledger->positions[slot];

    for (int i = 0; i < LEDGER_POSITIONS; i++) {
        if (all[i].instrument == instrument || all[i].instrument == 0)
            return 1;
    }
    return 0;
}

const struct position *ledger_positions(const struct ledger *ledger, uint16_t slot, uint32_t *n)
{
    const struct position *all = ledger->positions[slot];

    *n = 0;
    while (*n < LEDGER_POSITIONS && all[*n].instrument != 0)
        (*n)++;
    return all;
}

/* Moves the position by change_amt of the base at a cost of change_cost in the quote (both signed
 * alike; positive: bought). What closes is taken out at average cost, rounded to even; the rest of
 * the cost stays with the rest of the position, so that nothing is lost to rounding. Returns the
 * result. */
static agon_amt_t move_position(struct position *pos, agon_amt_t change_amt, agon_amt_t change_cost)
{
    agon_amt_t realised = 0;

    if ((pos->held_amt > 0 && change_amt < 0) || (pos->held_amt < 0 && change_amt > 0)) {
        agon_amt_t held = num_abs(pos->held_amt);
        agon_amt_t moved = num_abs(change_amt);
        agon_amt_t closed = moved < held ? moved : held;
        agon_amt_t cost_out = num_mul_div(pos->cost_amt, closed, held, NUM_EVEN);
        agon_amt_t part = num_mul_div(change_cost, closed, moved, NUM_EVEN);

        // Closing a long brings in -part and gives up cost_out; a short the other way round: both
        // signs are those of the position, so one formula serves.
        realised = num_add(-part, -cost_out);
        pos->cost_amt = num_add(pos->cost_amt, -cost_out);
        change_cost = num_add(change_cost, -part);
    }
    pos->held_amt = num_add(pos->held_amt, change_amt);
    pos->cost_amt = num_add(pos->cost_amt, change_cost);
    return realised;
}

/* Base and quote legs and the fee, all or none: an asset may be in two of them, so each is posted
 * on what the one before left, and taken back when a later one does not fit. */
static int post_fill(struct ledger *ledger, const struct ledger_fill *fill,
                     const struct agon_instrument *instrument, agon_amt_t base_amt,
                     agon_amt_t quote_amt)
{
    const struct {
        agon_asset_t asset;
        agon_amt_t amt;
    } legs[3] = {{instrument->base, base_amt},
                 {instrument->quote, quote_amt},
                 {fill->fee_asset, fill->fee_amt < NUM_MIN ? 0 : -fill->fee_amt}};
    int n = fill->fee_amt != 0 ? 3 : 2;

    if (fill->fee_amt < NUM_MIN)
        return AGON_ERANGE;
    for (int i = 0; i < n; i++) {
        int rc = ledger_post(ledger, fill->account, fill->slot, legs[i].asset, legs[i].amt);

        if (rc >= 0)
            continue;
        while (i-- > 0)
            ledger_post(ledger, fill->account, fill->slot, legs[i].asset, -legs[i].amt);
        return rc;
    }
    return AGON_OK;
}

static void net_fill(struct net *net, const struct ledger_fill *fill, agon_amt_t cost_amt,
                     agon_amt_t slot_result)
{
    struct position as_one = {.held_amt = net->held_amt, .cost_amt = net->cost_amt};
    int is_buy = fill->side == AGON_BUY;
    agon_amt_t result =
        move_position(&as_one, is_buy ? fill->qty : -fill->qty, is_buy ? cost_amt : -cost_amt);

    net->account = fill->account;
    net->held_amt = as_one.held_amt;
    net->cost_amt = as_one.cost_amt;
    net->ahead_amt = num_add(net->ahead_amt, num_add(result, -slot_result));
}

agon_amt_t ledger_netted(const struct ledger *ledger, agon_account_t account, agon_asset_t asset)
{
    agon_amt_t amt = 0;

    for (agon_instrument_t id = 1; id <= ledger->table->n_instruments; id++) {
        const struct net *net = &ledger->nets[id];

        if (net->ahead_amt != 0 && net->account == account &&
            instruments_get(ledger->table, id)->settle == asset)
            amt = num_add(amt, net->ahead_amt);
    }
    return amt;
}

/* Base and quote stay where they are: only what is closed is realised. */
static int fill_linear(struct ledger *ledger, const struct ledger_fill *fill,
                       const struct agon_instrument *instrument, agon_amt_t *realised_amt)
{
    agon_amt_t cost_amt =
        instruments_notional(ledger->table, instrument, fill->px, fill->qty, NUM_EVEN);
    int is_buy = fill->side == AGON_BUY;
    int is_fee_settled = fill->fee_asset == instrument->settle;
    struct position *pos;
    struct position after = {0};
    agon_amt_t result;
    agon_amt_t settled;
    int rc;

    if (cost_amt == NUM_MAX || fill->fee_amt < NUM_MIN)
        return AGON_ERANGE;
    if (!has_place(ledger, fill->slot, fill->instrument))
        return AGON_ENOSPC;
    pos = ledger_position(ledger, fill->slot, fill->instrument, 0);
    if (pos != NULL)
        after = *pos;
    result = move_position(&after, is_buy ? fill->qty : -fill->qty, is_buy ? cost_amt : -cost_amt);
    if (realised_amt != NULL)
        *realised_amt = result;
    settled = is_fee_settled ? num_add(result, -fill->fee_amt) : result;
    rc = ledger_post(ledger, fill->account, fill->slot, instrument->settle, settled);
    if (rc < 0)
        return rc;
    if (fill->fee_amt != 0 && !is_fee_settled) {
        rc = ledger_post(ledger, fill->account, fill->slot, fill->fee_asset, -fill->fee_amt);
        if (rc < 0) {
            ledger_post(ledger, fill->account, fill->slot, instrument->settle, -settled);
            return rc;
        }
    }
    pos = ledger_position(ledger, fill->slot, fill->instrument, 1);
    pos->account = fill->account;
    net_fill(&ledger->nets[fill->instrument], fill, cost_amt, result);
    pos->held_amt = pos->qty = after.held_amt;
    pos->cost_amt = after.cost_amt;
    pos->realised_amt = num_add(pos->realised_amt, settled);
    if (is_fee_settled)
        pos->fee_amt = num_add(pos->fee_amt, fill->fee_amt);
    pos->n_fills++;
    return AGON_OK;
}

int ledger_funding(struct ledger *ledger, uint16_t slot, agon_instrument_t instrument,
                   agon_amt_t amt)
{
    const struct agon_instrument *at = instruments_get(ledger->table, instrument);
    struct position *pos = ledger_position(ledger, slot, instrument, 0);
    int rc;

    if (at == NULL || pos == NULL || at->kind != INSTRUMENT_LINEAR)
        return AGON_EINVAL;
    rc = ledger_post(ledger, pos->account, slot, at->settle, amt);
    if (rc >= 0)
        pos->funding_amt = num_add(pos->funding_amt, amt);
    return rc;
}

int ledger_fill(struct ledger *ledger, const struct ledger_fill *fill, agon_amt_t *realised_amt)
{
    const struct agon_instrument *instrument = instruments_get(ledger->table, fill->instrument);
    const struct asset *base;
    const struct asset *quote;
    struct position *pos;
    agon_amt_t base_amt;
    agon_amt_t quote_amt;
    agon_amt_t fee_quote_amt = 0;
    agon_amt_t result;
    int rc;

    if (instrument == NULL || fill->slot >= LEDGER_SLOTS_MAX || fill->qty <= 0 || fill->px <= 0 ||
        (fill->side != AGON_BUY && fill->side != AGON_SELL))
        return AGON_EINVAL;
    if (instrument->kind == INSTRUMENT_LINEAR)
        return fill_linear(ledger, fill, instrument, realised_amt);
    if (instrument->kind != INSTRUMENT_SPOT)
        return AGON_EINVAL;
    base = instruments_asset(ledger->table, instrument->base);
    quote = instruments_asset(ledger->table, instrument->quote);
    if (base == NULL || quote == NULL)
        return AGON_EINVAL; // an index has no base
    base_amt = num_rescale(fill->qty, instrument->qty_exp, base->exp, NUM_ZERO);
    quote_amt = num_notional(fill->px, instrument->px_exp, fill->qty, instrument->qty_exp,
                             quote->exp, NUM_EVEN);
    if (base_amt == NUM_MAX || quote_amt == NUM_MAX)
        return AGON_ERANGE;
    if (fill->side == AGON_SELL)
        base_amt = -base_amt;
    else
        quote_amt = -quote_amt;
    if (!has_place(ledger, fill->slot, fill->instrument))
        return AGON_ENOSPC;
    rc = post_fill(ledger, fill, instrument, base_amt, quote_amt);
    if (rc < 0)
        return rc;

    pos = ledger_position(ledger, fill->slot, fill->instrument, 1);
    pos->account = fill->account;
    result = move_position(pos, base_amt, -quote_amt);
    if (realised_amt != NULL)
        *realised_amt = result;
    if (fill->fee_amt != 0 && fill->fee_asset == instrument->base) {
        // The fee came off what was bought: the position is smaller, its cost is not.
        fee_quote_amt = num_notional(fill->px, instrument->px_exp, fill->fee_amt, base->exp,
                                     quote->exp, NUM_EVEN);
        pos->held_amt = num_add(pos->held_amt, -fill->fee_amt);
        // Where the fee took all of it there is nothing left that could bear the cost.
        if (pos->cost_amt != 0 &&
            (pos->held_amt == 0 || (pos->held_amt < 0) != (pos->cost_amt < 0))) {
            result = num_add(result, -pos->cost_amt);
            pos->cost_amt = 0;
        }
    } else if (fill->fee_amt != 0 && fill->fee_asset == instrument->quote) {
        fee_quote_amt = fill->fee_amt;
        result = num_add(result, -fill->fee_amt);
    }
    pos->qty = num_rescale(pos->held_amt, base->exp, instrument->qty_exp, NUM_ZERO);
    pos->realised_amt = num_add(pos->realised_amt, result);
    pos->fee_amt = num_add(pos->fee_amt, fee_quote_amt);
    pos->n_fills++;
    return AGON_OK;
}

agon_amt_t ledger_reconcile(struct ledger *ledger, agon_account_t account, agon_asset_t asset,
                            agon_amt_t venue_amt, int is_first)
{
    uint32_t sub = is_first ? LEDGER_EXTERNAL : LEDGER_SUSPENSE;
    agon_amt_t difference;

    if (!is_place(account, sub, asset))
        return 0;
    if (!add(venue_amt, -ledger->accounts[account].total[asset], &difference))
        return ledger->accounts[account].part[LEDGER_SUSPENSE][asset];
    ledger_post(ledger, account, sub, asset, difference);
    return ledger->accounts[account].part[LEDGER_SUSPENSE][asset];
}

/* What the slots hold of each derivative is what the account does. */
static int are_nets_whole(const struct ledger *ledger, agon_account_t *account, agon_asset_t *asset)
{
    num128_t sums[INSTRUMENTS_MAX + 1] = {0};

    for (uint16_t slot = 0; slot < LEDGER_SLOTS_MAX; slot++) {
        uint32_t n;
        const struct position *all = ledger_positions(ledger, slot, &n);

        for (uint32_t i = 0; i < n; i++) {
            const struct agon_instrument *instrument =
                instruments_get(ledger->table, all[i].instrument);

            if (instrument != NULL && instrument->kind == INSTRUMENT_LINEAR)
                sums[all[i].instrument] += all[i].held_amt;
        }
    }
    for (agon_instrument_t id = 1; id <= ledger->table->n_instruments; id++) {
        const struct net *net = &ledger->nets[id];

        if (sums[id] == net->held_amt)
            continue;
        if (account != NULL)
            *account = net->account;
        if (asset != NULL)
            *asset = instruments_get(ledger->table, id)->settle;
        return 0;
    }
    return 1;
}

int ledger_check(const struct ledger *ledger, agon_account_t *account, agon_asset_t *asset)
{
    if (!are_nets_whole(ledger, account, asset))
        return 0;
    for (agon_account_t a = 0; a < LEDGER_ACCOUNTS_MAX; a++) {
        for (agon_asset_t s = 1; s <= ledger->table->n_assets; s++) {
            num128_t sum = 0;

            for (uint32_t sub = 0; sub < LEDGER_SUBS; sub++)
                sum += ledger->accounts[a].part[sub][s];
            if (sum == ledger->accounts[a].total[s])
                continue;
            if (account != NULL)
                *account = a;
            if (asset != NULL)
                *asset = s;
            return 0;
        }
    }
    return 1;
}

void ledger_save(const struct ledger *ledger, struct enc *enc)
{
    // Only what is not zero, each with its place: the encoding does not grow with the table's room.
    for (agon_account_t a = 0; a < LEDGER_ACCOUNTS_MAX; a++) {
        for (agon_asset_t s = 1; s <= ledger->table->n_assets; s++) {
            for (uint32_t sub = 0; sub < LEDGER_SUBS; sub++) {
                if (ledger->accounts[a].part[sub][s] == 0)
                    continue;
                enc_u8(enc, 1);
                enc_u16(enc, a);
                enc_u16(enc, (uint16_t)sub);
                enc_u32(enc, s);
                enc_i64(enc, ledger->accounts[a].part[sub][s]);
            }
            if (ledger->accounts[a].total[s] != 0) {
                enc_u8(enc, 2);
                enc_u16(enc, a);
                enc_u32(enc, s);
                enc_i64(enc, ledger->accounts[a].total[s]);
            }
        }
    }
    for (uint16_t slot = 0; slot < LEDGER_SLOTS_MAX; slot++) {
        uint32_t n;
        const struct position *all = ledger_positions(ledger, slot, &n);

        for (uint32_t i = 0; i < n; i++) {
            enc_u8(enc, 3);
            enc_u16(enc, slot);
            enc_u32(enc, all[i].instrument);
            enc_u16(enc, all[i].account);
            enc_i64(enc, all[i].held_amt);
            enc_i64(enc, all[i].qty);
            enc_i64(enc, all[i].cost_amt);
            enc_i64(enc, all[i].realised_amt);
            enc_i64(enc, all[i].fee_amt);
            enc_i64(enc, all[i].working_buy_qty);
            enc_i64(enc, all[i].working_sell_qty);
            enc_i64(enc, all[i].working_buy_amt);
            enc_u64(enc, all[i].n_fills);
            enc_i64(enc, all[i].funding_amt);
        }
    }
    for (agon_instrument_t id = 1; id <= ledger->table->n_instruments; id++) {
        const struct net *net = &ledger->nets[id];

        if (net->held_amt == 0 && net->cost_amt == 0 && net->ahead_amt == 0)
            continue;
        enc_u8(enc, 4);
        enc_u32(enc, id);
        enc_u16(enc, net->account);
        enc_i64(enc, net->held_amt);
        enc_i64(enc, net->cost_amt);
        enc_i64(enc, net->ahead_amt);
    }
    enc_u8(enc, 0);
}

int ledger_load(struct ledger *ledger, struct dec *dec)
{
    memset(ledger->accounts, 0, sizeof(ledger->accounts));
    memset(ledger->positions, 0, sizeof(ledger->positions));
    memset(ledger->nets, 0, sizeof(ledger->nets));
    for (;;) {
        uint8_t kind = dec_u8(dec);

        if (!dec_is_ok(dec))
            return AGON_ECORRUPT;
        if (kind == 0)
            return AGON_OK;
        if (kind == 1 || kind == 2) {
            agon_account_t account = dec_u16(dec);
            uint32_t sub = kind == 1 ? dec_u16(dec) : 0;
            agon_asset_t asset = dec_u32(dec);
            agon_amt_t amt = dec_i64(dec);

            if (!is_place(account, sub, asset))
                return AGON_ECORRUPT;
            if (kind == 1)
                ledger->accounts[account].part[sub][asset] = amt;
            else
                ledger->accounts[account].total[asset] = amt;
        } else if (kind == 3) {
            uint16_t slot = dec_u16(dec);
            agon_instrument_t instrument = dec_u32(dec);
            struct position *pos = ledger_position(ledger, slot, instrument, 1);

            if (pos == NULL)
                return AGON_ECORRUPT;
            pos->account = dec_u16(dec);
            pos->held_amt = dec_i64(dec);
            pos->qty = dec_i64(dec);
            pos->cost_amt = dec_i64(dec);
            pos->realised_amt = dec_i64(dec);
            pos->fee_amt = dec_i64(dec);
            pos->working_buy_qty = dec_i64(dec);
            pos->working_sell_qty = dec_i64(dec);
            pos->working_buy_amt = dec_i64(dec);
            pos->n_fills = dec_u64(dec);
            pos->funding_amt = dec_i64(dec);
        } else if (kind == 4) {
            agon_instrument_t id = dec_u32(dec);
            struct net *net;

            if (id == 0 || id > ledger->table->n_instruments)
                return AGON_ECORRUPT;
            net = &ledger->nets[id];
            net->account = dec_u16(dec);
            net->held_amt = dec_i64(dec);
            net->cost_amt = dec_i64(dec);
            net->ahead_amt = dec_i64(dec);
        } else {
            return AGON_ECORRUPT;
        }
    }
}
