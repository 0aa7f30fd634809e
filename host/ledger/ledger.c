// SPDX-License-Identifier: Apache-2.0
#include "ledger/ledger.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/hot.h"
#include "base/num.h"
#include "market/instrument_kind.h"

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
    uint32_t n_slots;    /* highest slot that money or a position was put to, + 1 */
    uint32_t n_accounts; /* highest account that money was put to, + 1 */
    uint64_t n_changes;  /* of money and positions; no state */
    int sheds_dust;      /* ledger_shed_dust; no state */
    struct net nets[INSTRUMENTS_MAX + 1];
    struct account accounts[ACCOUNTS_MAX];
    struct position positions[SLOTS_MAX][LEDGER_POSITIONS];
    /* Follow from it: how many each slot has, and where that of an instrument is, + 1; 0: nowhere.
     */
    uint8_t n_positions[SLOTS_MAX];
    uint8_t places[SLOTS_MAX][INSTRUMENTS_MAX + 1];
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
    return account < ACCOUNTS_MAX && sub < LEDGER_SUBS && asset > 0 && asset <= ASSETS_MAX;
}

/* Double entry, seen from the books themselves: what the sub-accounts have of an asset is what the
 * account has. */
static int is_whole(const struct account *in, uint32_t n_slots, agon_asset_t asset)
{
    num128_t sum = (num128_t)in->part[LEDGER_EXTERNAL][asset] + in->part[LEDGER_SUSPENSE][asset];

    for (uint32_t slot = 0; slot < n_slots; slot++)
        sum += in->part[slot][asset];
    return sum == in->total[asset];
}

static void note_slot(struct ledger *ledger, uint32_t sub)
{
    if (sub < SLOTS_MAX && sub >= ledger->n_slots)
        ledger->n_slots = sub + 1;
}

static void note_account(struct ledger *ledger, uint32_t account)
{
    if (account >= ledger->n_accounts)
        ledger->n_accounts = account + 1;
}

uint32_t ledger_accounts(const struct ledger *ledger)
{
    return ledger->n_accounts;
}

HOT uint64_t ledger_changes(const struct ledger *ledger)
{
    return ledger->n_changes;
}

static int can_post(const struct account *in, uint32_t sub, agon_asset_t asset, agon_amt_t amt)
{
    agon_amt_t sum;

    return num_add_checked(in->part[sub][asset], amt, &sum) &&
           num_add_checked(in->total[asset], amt, &sum);
}

int ledger_post(struct ledger *ledger, agon_account_t account, uint32_t sub, agon_asset_t asset,
                agon_amt_t amt)
{
    struct account *in;

    if (!is_place(account, sub, asset))
        return AGON_EINVAL;
    in = &ledger->accounts[account];
    if (!can_post(in, sub, asset, amt))
        return AGON_ERANGE;
    note_slot(ledger, sub);
    note_account(ledger, account);
    ledger->n_changes++;
    in->part[sub][asset] += amt;
    in->total[asset] += amt;
    REQUIRE(is_whole(in, ledger->n_slots, asset));
    return AGON_OK;
}

void ledger_spare(struct ledger *ledger, uint32_t n_slots, uint32_t n_accounts,
                  zeroed_spare_fn *spare)
{
    for (uint32_t a = 0; a < n_accounts; a++)
        spare(ledger->accounts[a].part[n_slots],
              (SLOTS_MAX - n_slots) * sizeof(ledger->accounts[a].part[0]));
    spare(&ledger->accounts[n_accounts], (ACCOUNTS_MAX - n_accounts) * sizeof(ledger->accounts[0]));
    spare(ledger->positions[n_slots], (SLOTS_MAX - n_slots) * sizeof(ledger->positions[0]));
    spare(ledger->places[n_slots], (SLOTS_MAX - n_slots) * sizeof(ledger->places[0]));
}

int ledger_can_transfer(const struct ledger *ledger, agon_account_t account, uint32_t from,
                        uint32_t to, agon_asset_t asset, agon_amt_t amt)
{
    const struct account *in;
    agon_amt_t sum;

    if (!is_place(account, from, asset) || !is_place(account, to, asset) || amt < NUM_MIN)
        return 0;
    in = &ledger->accounts[account];
    return num_add_checked(in->part[from][asset], -amt, &sum) &&
           num_add_checked(in->part[to][asset], amt, &sum);
}

int ledger_transfer(struct ledger *ledger, agon_account_t account, uint32_t from, uint32_t to,
                    agon_asset_t asset, agon_amt_t amt)
{
    struct account *in;

    if (!is_place(account, from, asset) || !is_place(account, to, asset) || amt < NUM_MIN)
        return AGON_EINVAL;
    if (from == to)
        return AGON_OK;
    if (!ledger_can_transfer(ledger, account, from, to, asset, amt))
        return AGON_ERANGE;
    in = &ledger->accounts[account];
    note_slot(ledger, from);
    note_slot(ledger, to);
    note_account(ledger, account);
    ledger->n_changes++;
    in->part[from][asset] -= amt;
    in->part[to][asset] += amt;
    REQUIRE(is_whole(in, ledger->n_slots, asset)); // the total did not move
    return AGON_OK;
}

static int holds_derivative(const struct ledger *ledger, uint16_t slot)
{
    for (int i = 0; i < LEDGER_POSITIONS; i++) {
        const struct position *pos = &ledger->positions[slot][i];
        const struct agon_instrument *instrument = instruments_get(ledger->table, pos->instrument);

        if (instrument != NULL && instrument_kind_has_margin(instrument->kind) &&
            pos->held_amt != 0)
            return 1;
    }
    return 0;
}

int ledger_vacate(struct ledger *ledger, uint16_t slot)
{
    for (int is_done = 0; is_done < 2; is_done++) {
        for (agon_account_t account = 0; account < ledger->n_accounts; account++) {
            for (agon_asset_t asset = 1; asset <= ledger->table->n_assets; asset++) {
                agon_amt_t amt = ledger->accounts[account].part[slot][asset];

                // All of it can be done, or none is.
                if (!is_done &&
                    !ledger_can_transfer(ledger, account, slot, LEDGER_EXTERNAL, asset, amt))
                    return AGON_ERANGE;
                if (is_done)
                    REQUIRE(ledger_transfer(ledger, account, slot, LEDGER_EXTERNAL, asset, amt) ==
                            AGON_OK);
            }
        }
    }
    // Coins went as money did; a derivative would be missing from the sum of the slots.
    REQUIRE(!holds_derivative(ledger, slot));
    ledger->n_changes++;
    memset(ledger->positions[slot], 0, sizeof(ledger->positions[slot]));
    memset(ledger->places[slot], 0, sizeof(ledger->places[slot]));
    ledger->n_positions[slot] = 0;
    return AGON_OK;
}

agon_amt_t ledger_amt(const struct ledger *ledger, agon_account_t account, uint32_t sub,
                      agon_asset_t asset)
{
    return is_place(account, sub, asset) ? ledger->accounts[account].part[sub][asset] : 0;
}

HOT num128_t ledger_amt_all(const struct ledger *ledger, uint32_t sub, agon_asset_t asset)
{
    num128_t sum = 0;

    for (uint32_t account = 0; account < ledger->n_accounts && is_place(0, sub, asset); account++)
        sum += ledger->accounts[account].part[sub][asset];
    return sum;
}

agon_amt_t ledger_total(const struct ledger *ledger, agon_account_t account, agon_asset_t asset)
{
    return is_place(account, 0, asset) ? ledger->accounts[account].total[asset] : 0;
}

HOT struct position *ledger_position(struct ledger *ledger, uint16_t slot,
                                     agon_instrument_t instrument, int is_made)
{
    uint32_t place, n;

    if (slot >= SLOTS_MAX || instrument == 0 || instrument > INSTRUMENTS_MAX)
        return NULL;
    place = ledger->places[slot][instrument];
    n = ledger->n_positions[slot];
    if (place != 0) {
        REQUIRE(place <= n && ledger->positions[slot][place - 1].instrument == instrument);
        return &ledger->positions[slot][place - 1];
    }
    if (!is_made || n == LEDGER_POSITIONS)
        return NULL;
    note_slot(ledger, slot);
    ledger->positions[slot][n].instrument = instrument;
    ledger->n_positions[slot] = (uint8_t)(n + 1);
    ledger->places[slot][instrument] = (uint8_t)(n + 1);
    return &ledger->positions[slot][n];
}

HOT void ledger_expect(const struct ledger *ledger, uint16_t slot, agon_instrument_t instrument)
{
    const struct position *pos;

    if (slot >= SLOTS_MAX || instrument > INSTRUMENTS_MAX || ledger->places[slot][instrument] == 0)
        return;
    pos = &ledger->positions[slot][ledger->places[slot][instrument] - 1];
    __builtin_prefetch(pos, 1);
    __builtin_prefetch((const char *)(pos + 1) - 1, 1);
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

HOT const struct position *ledger_positions(const struct ledger *ledger, uint16_t slot, uint32_t *n)
{
    *n = ledger->n_positions[slot];
    return ledger->positions[slot];
}

HOT const struct position *ledger_position_at(const struct ledger *ledger, uint16_t slot,
                                              uint32_t place)
{
    REQUIRE(slot < SLOTS_MAX && place < LEDGER_POSITIONS);
    return &ledger->positions[slot][place];
}

/* Moves the position by change_amt of the base at a cost of change_cost in the quote (both signed
 * alike; positive: bought). What closes is taken out at average cost, rounded to even; the rest of
 * the cost stays with the rest of the position, so that nothing is lost to rounding. AGON_ERANGE: a
 * sum does not fit, and the position is not to be used. */
static int move_position(struct position *pos, agon_amt_t change_amt, agon_amt_t change_cost,
                         agon_amt_t *realised)
{
    *realised = 0;
    if ((pos->held_amt > 0 && change_amt < 0) || (pos->held_amt < 0 && change_amt > 0)) {
        agon_amt_t held = num_abs(pos->held_amt);
        agon_amt_t moved = num_abs(change_amt);
        agon_amt_t closed = moved < held ? moved : held;
        agon_amt_t cost_out = num_mul_div(pos->cost_amt, closed, held, NUM_EVEN);
        agon_amt_t part = num_mul_div(change_cost, closed, moved, NUM_EVEN);

        // Closing a long brings in -part and gives up cost_out; a short the other way round: both
        // signs are those of the position, so one formula serves.
        if (!num_add_checked(-part, -cost_out, realised))
            return AGON_ERANGE;
        pos->cost_amt -= cost_out; // parts of each: these two come nearer to 0
        change_cost -= part;
    }
    if (!num_add_checked(pos->held_amt, change_amt, &pos->held_amt) ||
        !num_add_checked(pos->cost_amt, change_cost, &pos->cost_amt))
        return AGON_ERANGE;
    return AGON_OK;
}

/* All that a fill changes, worked out before any of it is: it is booked whole or not at all. */
struct booking {
    const struct ledger_fill *fill;
    const struct agon_instrument *instrument;
    struct position after;
    struct net net;
    agon_amt_t realised_amt;
    struct {
        agon_asset_t asset;
        agon_amt_t amt;
    } legs[3];
    int n_legs;
};

static void add_leg(struct booking *booking, agon_asset_t asset, agon_amt_t amt)
{
    REQUIRE(booking->n_legs < (int)(sizeof(booking->legs) / sizeof(booking->legs[0])));
    booking->legs[booking->n_legs].asset = asset;
    booking->legs[booking->n_legs++].amt = amt;
}

/* An asset may be in several legs, so each is posted on what the one before left, and taken back
 * when a later one does not fit. */
static int post_legs(struct ledger *ledger, const struct booking *booking)
{
    const struct ledger_fill *fill = booking->fill;

    for (int i = 0; i < booking->n_legs; i++) {
        int rc = ledger_post(ledger, fill->account, fill->slot, booking->legs[i].asset,
                             booking->legs[i].amt);

        if (rc >= 0)
            continue;
        while (i-- > 0)
            REQUIRE(ledger_post(ledger, fill->account, fill->slot, booking->legs[i].asset,
                                -booking->legs[i].amt) == AGON_OK);
        return rc;
    }
    return AGON_OK;
}

static int net_fill(struct net *net, const struct ledger_fill *fill, agon_amt_t cost_amt,
                    agon_amt_t slot_result)
{
    struct position as_one = {.held_amt = net->held_amt, .cost_amt = net->cost_amt};
    int is_buy = fill->side == AGON_BUY;
    agon_amt_t result;

    if (move_position(&as_one, is_buy ? fill->qty : -fill->qty, is_buy ? cost_amt : -cost_amt,
                      &result) < 0 ||
        !num_add_checked(result, -slot_result, &result) ||
        !num_add_checked(net->ahead_amt, result, &net->ahead_amt))
        return AGON_ERANGE;
    net->account = fill->account;
    net->held_amt = as_one.held_amt;
    net->cost_amt = as_one.cost_amt;
    return AGON_OK;
}

agon_amt_t ledger_netted(const struct ledger *ledger, agon_account_t account, agon_asset_t asset)
{
    agon_amt_t amt = 0;

    for (agon_instrument_t id = 1; id <= ledger->table->n_instruments; id++) {
        const struct net *net = &ledger->nets[id];

        if (net->ahead_amt != 0 && net->account == account &&
            instruments_get(ledger->table, id)->settle == asset)
            amt = num_add(amt, net->ahead_amt); // full: ledger_reconcile takes no such picture
    }
    return amt;
}

/* Base and quote stay where they are: only what is closed is realised. */
static int plan_linear(const struct ledger *ledger, struct booking *booking)
{
    const struct ledger_fill *fill = booking->fill;
    const struct agon_instrument *instrument = booking->instrument;
    struct position *after = &booking->after;
    agon_amt_t cost_amt =
        instruments_notional(ledger->table, instrument, fill->px, fill->qty, NUM_EVEN);
    int is_buy = fill->side == AGON_BUY;
    int is_fee_settled = fill->fee_asset == instrument->settle;
    agon_amt_t settled;

    if (num_is_full(cost_amt) || fill->fee_amt < NUM_MIN ||
        move_position(after, is_buy ? fill->qty : -fill->qty, is_buy ? cost_amt : -cost_amt,
                      &booking->realised_amt) < 0)
        return AGON_ERANGE;
    settled = booking->realised_amt;
    if (is_fee_settled && (!num_add_checked(settled, -fill->fee_amt, &settled) ||
                           !num_add_checked(after->fee_amt, fill->fee_amt, &after->fee_amt)))
        return AGON_ERANGE;
    if (!num_add_checked(after->realised_amt, settled, &after->realised_amt))
        return AGON_ERANGE;
    after->qty = after->held_amt;
    add_leg(booking, instrument->settle, settled);
    if (fill->fee_amt != 0 && !is_fee_settled)
        add_leg(booking, fill->fee_asset, -fill->fee_amt);
    booking->net = ledger->nets[fill->instrument];
    return net_fill(&booking->net, fill, cost_amt, booking->realised_amt);
}

/* The fee came off what was bought (the position is smaller, its cost is not), out of the quote, or
 * out of something else, where it is no part of the position. *result: of the fill after it. */
static int plan_fee(const struct booking *booking, struct position *after, int base_exp,
                    int quote_exp, agon_amt_t *result)
{
    const struct ledger_fill *fill = booking->fill;
    agon_amt_t fee_quote_amt = fill->fee_amt;

    if (fill->fee_amt == 0)
        return AGON_OK;
    if (fill->fee_asset == booking->instrument->base) {
        fee_quote_amt = num_notional(fill->px, booking->instrument->px_exp, fill->fee_amt, base_exp,
                                     quote_exp, NUM_EVEN);
        if (num_is_full(fee_quote_amt) ||
            !num_add_checked(after->held_amt, -fill->fee_amt, &after->held_amt))
            return AGON_ERANGE;
        // Where the fee took all of it there is nothing left that could bear the cost.
        if (after->cost_amt != 0 &&
            (after->held_amt == 0 || (after->held_amt < 0) != (after->cost_amt < 0))) {
            if (!num_add_checked(*result, -after->cost_amt, result))
                return AGON_ERANGE;
            after->cost_amt = 0;
        }
    } else if (fill->fee_asset != booking->instrument->quote) {
        return AGON_OK;
    } else if (!num_add_checked(*result, -fill->fee_amt, result)) {
        return AGON_ERANGE;
    }
    return num_add_checked(after->fee_amt, fee_quote_amt, &after->fee_amt) ? AGON_OK : AGON_ERANGE;
}

static int plan_spot(const struct ledger *ledger, struct booking *booking)
{
    const struct ledger_fill *fill = booking->fill;
    const struct agon_instrument *instrument = booking->instrument;
    const struct asset *base = instruments_asset(ledger->table, instrument->base);
    const struct asset *quote = instruments_asset(ledger->table, instrument->quote);
    struct position *after = &booking->after;
    agon_amt_t base_amt;
    agon_amt_t quote_amt;
    agon_amt_t result;

    if (base == NULL || quote == NULL || base == quote)
        return AGON_EINVAL; // an index has no base, and nothing is paid for with itself
    base_amt = num_rescale(fill->qty, instrument->qty_exp, base->exp, NUM_ZERO);
    quote_amt = num_notional(fill->px, instrument->px_exp, fill->qty, instrument->qty_exp,
                             quote->exp, NUM_EVEN);
    if (num_is_full(base_amt) || num_is_full(quote_amt) || fill->fee_amt < NUM_MIN)
        return AGON_ERANGE;
    if (fill->side == AGON_SELL)
        base_amt = -base_amt;
    else
        quote_amt = -quote_amt;
    if (move_position(after, base_amt, -quote_amt, &booking->realised_amt) < 0)
        return AGON_ERANGE;
    result = booking->realised_amt;
    if (plan_fee(booking, after, base->exp, quote->exp, &result) < 0 ||
        !num_add_checked(after->realised_amt, result, &after->realised_amt))
        return AGON_ERANGE;
    after->qty = num_rescale(after->held_amt, base->exp, instrument->qty_exp, NUM_ZERO);
    if (num_is_full(after->qty))
        return AGON_ERANGE;
    add_leg(booking, instrument->base, base_amt);
    add_leg(booking, instrument->quote, quote_amt);
    if (fill->fee_amt != 0)
        add_leg(booking, fill->fee_asset, -fill->fee_amt);
    return AGON_OK;
}

/* What the slots hold of a derivative, added up anew. */
static num128_t held_by_slots(const struct ledger *ledger, agon_instrument_t instrument)
{
    num128_t sum = 0;

    for (uint16_t slot = 0; slot < ledger->n_slots; slot++) {
        for (int i = 0; i < LEDGER_POSITIONS; i++) {
            if (ledger->positions[slot][i].instrument == instrument)
                sum += ledger->positions[slot][i].held_amt;
        }
    }
    return sum;
}

struct balance { /* of an asset, what the account has and what the slot has of that */
    agon_amt_t total_amt, part_amt;
};

/* What the legs of a booking move of one asset. */
static num128_t moved_of(const struct booking *booking, agon_asset_t asset)
{
    num128_t sum = 0;

    for (int i = 0; i < booking->n_legs; i++)
        sum += booking->legs[i].asset == asset ? booking->legs[i].amt : 0;
    return sum;
}

/* Double entry, after the booking and by each currency that it moved: what the account has more of
 * it the slot has, and nobody else; and what the slot paid in the currency of its results is the
 * position's cost and result. before: of the account, from when nothing was posted. */
static void check_booking(const struct ledger *ledger, const struct booking *booking,
                          const struct position *pos, const struct position *was,
                          const struct balance before[3])
{
    const struct account *in = &ledger->accounts[booking->fill->account];
    const struct agon_instrument *instrument = booking->instrument;
    int is_linear = instrument_kind_has_margin(instrument->kind);
    num128_t paid = moved_of(booking, is_linear ? instrument->settle : instrument->quote);
    num128_t won = (num128_t)pos->realised_amt - was->realised_amt;

    for (int i = 0; i < booking->n_legs; i++) {
        agon_asset_t asset = booking->legs[i].asset;
        num128_t moved = moved_of(booking, asset);

        REQUIRE((num128_t)in->total[asset] - before[i].total_amt == moved);
        REQUIRE((num128_t)in->part[booking->fill->slot][asset] - before[i].part_amt == moved);
    }
    REQUIRE(won == paid + (is_linear ? 0 : (num128_t)pos->cost_amt - was->cost_amt));
    REQUIRE(is_linear ||
            (num128_t)pos->held_amt - was->held_amt == moved_of(booking, instrument->base));
}

/* What account and slot have of the asset of each leg. */
static void look_before(const struct ledger *ledger, const struct booking *booking,
                        struct balance before[3])
{
    const struct ledger_fill *fill = booking->fill;

    for (int i = 0; i < booking->n_legs; i++) {
        before[i].total_amt = ledger_total(ledger, fill->account, booking->legs[i].asset);
        before[i].part_amt = ledger_amt(ledger, fill->account, fill->slot, booking->legs[i].asset);
    }
}

int ledger_is_dust(const struct agon_instrument *instrument, agon_qty_t qty, agon_px_t px,
                   int quote_exp)
{
    qty = num_abs(qty);
    if (qty == 0 || !instrument_kind_has_coins(instrument->kind))
        return qty == 0;
    return qty < instrument->lot_qty || qty < instrument->min_qty ||
           num_notional(px, instrument->px_exp, qty, instrument->qty_exp, quote_exp, NUM_DOWN) <
               instrument->min_notional_amt;
}

/* Of a spot position too little is left behind a fill that made it smaller. */
static int is_shed(const struct ledger *ledger, const struct booking *booking)
{
    const struct position *after = &booking->after;
    const struct asset *quote = instruments_asset(ledger->table, booking->instrument->quote);

    return ledger->sheds_dust && (booking->fill->side == AGON_SELL) == (after->held_amt > 0) &&
           quote != NULL &&
           ledger_is_dust(booking->instrument, after->qty, booking->fill->px, quote->exp);
}

void ledger_shed_dust(struct ledger *ledger, int is_shed)
{
    ledger->sheds_dust = is_shed;
}

/* What the position that stands after a fill has realised. One that is turned round bears of the
 * fee what its part of the fill is. A first fill may be as small as dust, and is none. */
static agon_amt_t open_after(const struct ledger *ledger, const struct booking *booking,
                             const struct position *was)
{
    const struct position *after = &booking->after;
    agon_amt_t change = num_add(after->realised_amt, -was->realised_amt);
    agon_amt_t moved = num_abs(num_add(after->held_amt, -was->held_amt));

    if (after->held_amt == 0 || is_shed(ledger, booking))
        return 0;
    if (was->held_amt == 0)
        return change;
    if ((was->held_amt < 0) != (after->held_amt < 0))
        return num_mul_div(num_add(change, -booking->realised_amt), num_abs(after->held_amt), moved,
                           NUM_EVEN);
    return num_add(was->open_amt, change);
}

int ledger_fill(struct ledger *ledger, const struct ledger_fill *fill, agon_amt_t *realised_amt)
{
    struct booking booking = {.fill = fill,
                              .instrument = instruments_get(ledger->table, fill->instrument)};
    struct position was = {0};
    struct position *pos;
    struct balance before[3];
    int is_linear;
    int rc;

    if (booking.instrument == NULL || fill->slot >= SLOTS_MAX || fill->qty <= 0 || fill->px <= 0 ||
        (fill->side != AGON_BUY && fill->side != AGON_SELL))
        return AGON_EINVAL;
    is_linear = instrument_kind_has_margin(booking.instrument->kind);
    if (!is_linear && !instrument_kind_has_coins(booking.instrument->kind))
        return AGON_EINVAL;
    if (!has_place(ledger, fill->slot, fill->instrument))
        return AGON_ENOSPC;
    pos = ledger_position(ledger, fill->slot, fill->instrument, 0);
    if (pos != NULL)
        was = booking.after = *pos;
    rc = is_linear ? plan_linear(ledger, &booking) : plan_spot(ledger, &booking);
    if (rc >= 0) {
        look_before(ledger, &booking, before);
        rc = post_legs(ledger, &booking);
    }
    if (rc < 0)
        return rc;
    booking.after.instrument = fill->instrument;
    booking.after.account = fill->account;
    booking.after.n_fills++;
    booking.after.open_amt = open_after(ledger, &booking, &was);
    pos = ledger_position(ledger, fill->slot, fill->instrument, 1);
    *pos = booking.after;
    ledger->n_changes++;
    if (is_linear) {
        ledger->nets[fill->instrument] = booking.net;
        REQUIRE(held_by_slots(ledger, fill->instrument) == booking.net.held_amt);
    }
    check_booking(ledger, &booking, pos, &was, before);
    // Nobody holds what cost nothing less than nothing: cost and position have one sign.
    REQUIRE(pos->held_amt == 0 || pos->cost_amt == 0 || (pos->held_amt < 0) == (pos->cost_amt < 0));
    if (realised_amt != NULL)
        *realised_amt = booking.realised_amt;
    return AGON_OK;
}

int ledger_funding(struct ledger *ledger, uint16_t slot, agon_instrument_t instrument,
                   agon_amt_t amt)
{
    const struct agon_instrument *at = instruments_get(ledger->table, instrument);
    struct position *pos = ledger_position(ledger, slot, instrument, 0);
    agon_amt_t sum, part_amt, total_amt;
    int rc;

    if (at == NULL || pos == NULL || !instrument_kind_has_margin(at->kind))
        return AGON_EINVAL;
    if (!num_add_checked(pos->funding_amt, amt, &sum))
        return AGON_ERANGE;
    part_amt = ledger_amt(ledger, pos->account, slot, at->settle);
    total_amt = ledger_total(ledger, pos->account, at->settle);
    rc = ledger_post(ledger, pos->account, slot, at->settle, amt);
    if (rc < 0)
        return rc;
    // Double entry: what the position has got, the slot and the account have, and nobody else.
    REQUIRE((num128_t)sum - pos->funding_amt ==
            (num128_t)ledger_amt(ledger, pos->account, slot, at->settle) - part_amt);
    REQUIRE((num128_t)sum - pos->funding_amt ==
            (num128_t)ledger_total(ledger, pos->account, at->settle) - total_amt);
    pos->funding_amt = sum;
    return AGON_OK;
}

int ledger_reconcile(struct ledger *ledger, agon_account_t account, agon_asset_t asset,
                     agon_amt_t venue_amt, int is_first, agon_amt_t *suspense_amt)
{
    uint32_t sub = is_first ? LEDGER_EXTERNAL : LEDGER_SUSPENSE;
    int rc;
    agon_amt_t difference;

    *suspense_amt = 0;
    if (!is_place(account, sub, asset))
        return AGON_EINVAL;
    *suspense_amt = ledger->accounts[account].part[LEDGER_SUSPENSE][asset];
    if (num_is_full(venue_amt) ||
        !num_add_checked(venue_amt, -ledger->accounts[account].total[asset], &difference))
        return AGON_ERANGE;
    rc = ledger_post(ledger, account, sub, asset, difference);
    if (rc < 0)
        return rc;
    REQUIRE(ledger->accounts[account].total[asset] == venue_amt);
    *suspense_amt = ledger->accounts[account].part[LEDGER_SUSPENSE][asset];
    return AGON_OK;
}

/* What the slots hold of each derivative is what the account does. */
static int are_nets_whole(const struct ledger *ledger, agon_account_t *account, agon_asset_t *asset)
{
    for (agon_instrument_t id = 1; id <= ledger->table->n_instruments; id++) {
        const struct net *net = &ledger->nets[id];

        if (!instrument_kind_has_margin(instruments_get(ledger->table, id)->kind) ||
            held_by_slots(ledger, id) == net->held_amt)
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
    for (agon_account_t a = 0; a < ledger->n_accounts; a++) {
        for (agon_asset_t s = 1; s <= ledger->table->n_assets; s++) {
            if (is_whole(&ledger->accounts[a], ledger->n_slots, s))
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

/* In an encoding, slots from 64 on stand behind external and suspense: there were 64 once, and what
 * their journals come to stays. */
#define FIRST_HIGH 66
static uint32_t sub_of(uint32_t number)
{
    return number < 64 ? number : number < FIRST_HIGH ? LEDGER_EXTERNAL + number - 64 : number - 2;
}

void ledger_save(const struct ledger *ledger, struct enc *enc)
{
    // Only what is not zero, each with its place: the encoding does not grow with the table's room.
    for (agon_account_t a = 0; a < ledger->n_accounts; a++) {
        for (agon_asset_t s = 1; s <= ledger->table->n_assets; s++) {
            for (uint32_t number = 0; number < ledger->n_slots + 2 || number < FIRST_HIGH;
                 number++) {
                uint32_t sub = sub_of(number);

                if (ledger->accounts[a].part[sub][s] == 0)
                    continue;
                enc_u8(enc, 1);
                enc_u16(enc, a);
                enc_u16(enc, (uint16_t)number);
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
    for (uint16_t slot = 0; slot < ledger->n_slots; slot++) {
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

// What was never used is zero, and takes no page.
static void forget_all(struct ledger *ledger)
{
    for (agon_account_t a = 0; a < ledger->n_accounts; a++) {
        struct account *in = &ledger->accounts[a];

        memset(in->total, 0, sizeof(in->total));
        memset(in->part, 0, ledger->n_slots * sizeof(in->part[0]));
        memset(in->part[LEDGER_EXTERNAL], 0, 2 * sizeof(in->part[0]));
    }
    ledger->n_changes++;
    memset(ledger->positions, 0, ledger->n_slots * sizeof(ledger->positions[0]));
    memset(ledger->places, 0, ledger->n_slots * sizeof(ledger->places[0]));
    memset(ledger->n_positions, 0, sizeof(ledger->n_positions));
    ledger->n_slots = 0;
    ledger->n_accounts = 0;
}

int ledger_load(struct ledger *ledger, struct dec *dec)
{
    forget_all(ledger);
    ledger->n_changes++;
    memset(ledger->nets, 0, (ledger->table->n_instruments + 1) * sizeof(ledger->nets[0]));
    for (;;) {
        uint8_t kind = dec_u8(dec);

        if (!dec_is_ok(dec))
            return AGON_ECORRUPT;
        if (kind == 0) // books that do not add up are not taken on
            return ledger_check(ledger, NULL, NULL) ? AGON_OK : AGON_ECORRUPT;
        if (kind == 1 || kind == 2) {
            agon_account_t account = dec_u16(dec);
            uint32_t sub = kind == 1 ? sub_of(dec_u16(dec)) : 0;
            agon_asset_t asset = dec_u32(dec);
            agon_amt_t amt = dec_i64(dec);

            if (!is_place(account, sub, asset))
                return AGON_ECORRUPT;
            note_account(ledger, account);
            if (kind == 1) {
                note_slot(ledger, sub);
                ledger->accounts[account].part[sub][asset] = amt;
            } else
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

void ledger_save_open(const struct ledger *ledger, struct enc *enc)
{
    for (uint16_t slot = 0; slot < ledger->n_slots; slot++) {
        for (uint32_t i = 0; i < ledger->n_positions[slot]; i++)
            enc_i64(enc, ledger->positions[slot][i].open_amt);
    }
}

void ledger_load_open(struct ledger *ledger, struct dec *dec)
{
    for (uint16_t slot = 0; slot < ledger->n_slots; slot++) {
        for (uint32_t i = 0; i < ledger->n_positions[slot]; i++)
            ledger->positions[slot][i].open_amt = dec_i64(dec);
    }
}

void ledger_forget_open(struct ledger *ledger)
{
    for (uint16_t slot = 0; slot < ledger->n_slots; slot++) {
        for (uint32_t i = 0; i < ledger->n_positions[slot]; i++)
            ledger->positions[slot][i].open_amt = 0;
    }
}
