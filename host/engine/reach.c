// SPDX-License-Identifier: Apache-2.0
#include "engine/reach.h"

#include "base/error.h"
#include "base/hot.h"

static agon_amt_t magnitude(num128_t sum)
{
    return reach_fit(sum < 0 ? -sum : sum);
}

static agon_amt_t larger(num128_t up, num128_t down)
{
    agon_amt_t up_amt = magnitude(up);
    agon_amt_t down_amt = magnitude(down);

    return up_amt > down_amt ? up_amt : down_amt;
}

void reach_add(struct exposure_reach *reach, const struct exposure_line *line, int sign)
{
    reach->gross += (num128_t)sign * line->reach_amt;
    reach->net_up += (num128_t)sign * line->up_amt;
    reach->net_down += (num128_t)sign * line->down_amt;
    reach->venue[line->venue] += (num128_t)sign * line->reach_amt;
    reach->asset_up[line->asset] += (num128_t)sign * line->up_amt;
    reach->asset_down[line->asset] += (num128_t)sign * line->down_amt;
}

void reach_move(struct exposure_reach *reach, const struct exposure_line *before,
                const struct exposure_line *line)
{
    num128_t up = (num128_t)line->up_amt - before->up_amt;
    num128_t down = (num128_t)line->down_amt - before->down_amt;
    num128_t more = (num128_t)line->reach_amt - before->reach_amt;

    if (line->venue != before->venue || line->asset != before->asset) {
        reach_add(reach, before, -1);
        reach_add(reach, line, 1);
        return;
    }
    reach->gross += more;
    reach->net_up += up;
    reach->net_down += down;
    reach->venue[line->venue] += more;
    reach->asset_up[line->asset] += up;
    reach->asset_down[line->asset] += down;
}

static inline agon_amt_t worth_at(const struct engine *engine,
                                  const struct agon_instrument *instrument, agon_px_t px,
                                  agon_qty_t qty)
{
    return qty != 0 ? instruments_worth(&engine->table, instrument, px, qty, NUM_AWAY) : 0;
}

static inline agon_px_t px_of(const struct market *market)
{
    return market->long_px > market->short_px ? market->long_px : market->short_px;
}

/* Notional in the instrument's unit with all buys filled, and with all sells filled. */
static inline agon_amt_t up_at(const struct engine *engine, const struct position *pos,
                               const struct agon_instrument *instrument, agon_px_t px)
{
    return worth_at(engine, instrument, px, num_add(pos->qty, pos->working_buy_qty));
}

static inline agon_amt_t down_at(const struct engine *engine, const struct position *pos,
                                 const struct agon_instrument *instrument, agon_px_t px)
{
    return worth_at(engine, instrument, px, num_add(pos->qty, -pos->working_sell_qty));
}

static inline agon_amt_t larger_of(agon_amt_t up_amt, agon_amt_t down_amt)
{
    return num_abs(up_amt) > num_abs(down_amt) ? num_abs(up_amt) : num_abs(down_amt);
}

static agon_amt_t in_base(const struct engine *engine, agon_asset_t unit, agon_amt_t amt,
                          uint32_t *is_unknown)
{
    return unit == engine->table.base_currency ? amt
                                               : exposure_in_base(engine, unit, amt, is_unknown);
}

void reach_work_out(const struct engine *engine, const struct position *pos,
                    const struct agon_instrument *instrument, struct exposure_line *line)
{
    const agon_px_t px = px_of(&engine->markets[pos->instrument]);
    agon_asset_t unit = instrument_kind_unit(instrument);

    line->up_amt = in_base(engine, unit, up_at(engine, pos, instrument, px), &line->is_unknown);
    line->down_amt = in_base(engine, unit, down_at(engine, pos, instrument, px), &line->is_unknown);
    line->reach_amt = larger_of(line->up_amt, line->down_amt);
    reach_place(instrument, line);
}

/* Differences of amounts of unlike signs may not fit. Not inlined: none does so. */
static __attribute__((noinline)) void move_far(struct exposure_reach *reach,
                                               struct exposure_line *line, agon_amt_t up_amt,
                                               agon_amt_t down_amt, agon_amt_t reach_amt)
{
    const struct exposure_line before = *line;

    line->up_amt = up_amt;
    line->down_amt = down_amt;
    line->reach_amt = reach_amt;
    reach_move(reach, &before, line);
}

/* What a position reaches is so much now, and counts where it did. Most often on one side. */
static inline __attribute__((always_inline)) void move_line(struct exposure_reach *reach,
                                                            struct exposure_line *line,
                                                            agon_amt_t up_amt, agon_amt_t down_amt,
                                                            agon_amt_t reach_amt)
{
    int64_t up, down, more; // of 64 bits: sums are of 128, and few registers are there for two

    if (__builtin_sub_overflow(up_amt, line->up_amt, &up) ||
        __builtin_sub_overflow(down_amt, line->down_amt, &down) ||
        __builtin_sub_overflow(reach_amt, line->reach_amt, &more)) {
        move_far(reach, line, up_amt, down_amt, reach_amt);
        return;
    }
    reach->net_up += up;
    reach->asset_up[line->asset] += up;
    if (down != 0) {
        reach->net_down += down;
        reach->asset_down[line->asset] += down;
        line->down_amt = down_amt;
    }
    reach->gross += more;
    reach->venue[line->venue] += more;
    line->up_amt = up_amt;
    line->reach_amt = reach_amt;
}

HOT void reach_count(struct engine *engine, uint16_t slot, uint32_t place,
                     const struct position *pos, const struct agon_instrument *instrument)
{
    const agon_px_t px = px_of(&engine->markets[pos->instrument]);
    const agon_amt_t up_amt = up_at(engine, pos, instrument, px);
    const agon_amt_t down_amt = down_at(engine, pos, instrument, px);

    move_line(&engine->exposure->reach, &engine->exposure->lines[slot][place], up_amt, down_amt,
              larger_of(up_amt, down_amt));
}

/* --- a price --- */

/* Nothing is held, and counted in the base currency: a price moves what the open orders reach, and
 * no value. False: it is another kind of position. */
static inline __attribute__((always_inline)) int move_orders(struct engine *engine, uint16_t slot,
                                                             uint32_t place, agon_instrument_t id,
                                                             agon_px_t px)
{
    const struct agon_instrument *instrument = &engine->table.all[id];
    struct exposure_line *line = &engine->exposure->lines[slot][place];
    const struct position *pos = ledger_position_at(engine->ledger, slot, place);
    agon_amt_t buys_amt, sells_amt;

    REQUIRE(pos->instrument == id);
    if (pos->held_amt != 0 || line->value_amt != 0 || !line->is_plain)
        return 0;
    if (!engine->exposure->is_reach_kept)
        return 1;
    buys_amt = worth_at(engine, instrument, px, pos->working_buy_qty);
    sells_amt = worth_at(engine, instrument, px, pos->working_sell_qty);
    move_line(&engine->exposure->reach, line, buys_amt, -sells_amt,
              buys_amt > sells_amt ? buys_amt : sells_amt);
    return 1;
}

/* Could a price from the one before on, as it was worst, have an order trade at a loss? Of others
 * only the fees are at stake. */
static inline int is_at_loss(const struct exposure_open *open, uint32_t place, agon_px_t low_px,
                             agon_px_t high_px)
{
    return exposure_side_furthest(&open->buys[place]) > low_px ||
           exposure_side_furthest(&open->sells[place]) > INT64_MAX - high_px;
}

static inline __attribute__((always_inline)) void price_holder(struct engine *engine, uint16_t slot,
                                                               agon_instrument_t id,
                                                               agon_px_t before_long_px,
                                                               agon_px_t before_short_px)
{
    const struct market *market = &engine->markets[id];
    const struct exposure_open *open = &engine->exposure->open[slot];
    agon_px_t low_px = before_long_px < market->long_px ? before_long_px : market->long_px;
    agon_px_t high_px = before_short_px > market->short_px ? before_short_px : market->short_px;
    uint32_t place = engine->exposure->places[id][slot];

    if (place != 0 && move_orders(engine, slot, place - 1, id, px_of(market))) {
        if (is_at_loss(open, place - 1, low_px, high_px))
            exposure_open_forget(engine, slot);
        if (!exposure_is_judged(engine, slot))
            exposure_look(engine, slot);
        return;
    }
    place = exposure_price_held(engine, slot, id);
    if (place >= LEDGER_POSITIONS || is_at_loss(open, place, low_px, high_px))
        exposure_open_forget(engine, slot);
}

/* Walked, and not copied: of the set nothing is changed on the way but the slot itself. Not
 * inlined: most often one has something there. */
static HOT __attribute__((noinline)) void price_holders(struct engine *engine, agon_instrument_t id,
                                                        agon_px_t before_long_px,
                                                        agon_px_t before_short_px)
{
    const struct slot_set *holders = &engine->exposure->holders[id];

    for (uint64_t words = holders->words; words != 0; words &= words - 1) {
        uint32_t word = (uint32_t)__builtin_ctzll(words);

        for (uint64_t bits = holders->bits[word]; bits != 0; bits &= bits - 1)
            price_holder(engine, (uint16_t)(word * 64 + (uint32_t)__builtin_ctzll(bits)), id,
                         before_long_px, before_short_px);
    }
}

HOT __attribute__((noinline)) void reach_price(struct engine *engine, agon_instrument_t id,
                                               agon_px_t before_long_px, agon_px_t before_short_px)
{
    const struct slot_set *holders = &engine->exposure->holders[id];
    uint64_t bits = holders->bits[0];

    if (holders->words == 1 && (bits & (bits - 1)) == 0)
        price_holder(engine, (uint16_t)__builtin_ctzll(bits), id, before_long_px, before_short_px);
    else
        price_holders(engine, id, before_long_px, before_short_px);
}

/* --- of all slots --- */

/* What all slots reach, summed up anew. */
static void sum_reach(const struct engine *engine, struct exposure_reach *reach)
{
    memset(reach, 0, sizeof(*reach));
    for (uint16_t slot = 0; slot < engine->slots.n; slot++) {
        uint32_t n;
        const struct position *all = ledger_positions(engine->ledger, slot, &n);

        if (!engine->slots.all[slot].is_used)
            continue;
        for (uint32_t i = 0; i < n; i++) {
            const struct agon_instrument *instrument =
                instruments_get(&engine->table, all[i].instrument);
            struct exposure_line line = engine->exposure->lines[slot][i];

            // In another currency it stands as it was valued last.
            if (instrument != NULL &&
                instrument_kind_unit(instrument) == engine->table.base_currency)
                reach_work_out(engine, &all[i], instrument, &line);
            reach_add(reach, &line, 1);
        }
    }
}

/* The lines of what is counted from now on, as if it had been all along. */
static void keep_reach(struct engine *engine)
{
    for (uint16_t slot = 0; slot < engine->slots.n; slot++) {
        uint32_t n;
        const struct position *all = ledger_positions(engine->ledger, slot, &n);

        for (uint32_t i = 0; i < n && engine->slots.all[slot].is_used; i++) {
            const struct agon_instrument *instrument =
                instruments_get(&engine->table, all[i].instrument);

            if (instrument != NULL &&
                instrument_kind_unit(instrument) == engine->table.base_currency)
                reach_work_out(engine, &all[i], instrument, &engine->exposure->lines[slot][i]);
        }
    }
    sum_reach(engine, &engine->exposure->reach);
}

void exposure_limits(struct engine *engine)
{
    int was_kept = engine->exposure->is_reach_kept;

    risk_forget(&engine->portfolio);
    engine->exposure->is_reach_kept = (uint8_t)reach_has_limits(&engine->portfolio_limits);
    if (engine->exposure->is_reach_kept && !was_kept)
        keep_reach(engine);
}

/* --- what an order would add --- */

void exposure_reach(const struct engine *engine, uint16_t slot,
                    const struct agon_instrument *instrument, uint8_t side, agon_amt_t notional_amt,
                    struct risk_reach *reach)
{
    const struct exposure_reach *all = &engine->exposure->reach;
    const struct exposure_line none = {0};
    const struct exposure_line *line = &none;
    uint32_t place = engine->exposure->places[instrument->hdr.instrument][slot];
    uint32_t venue = instrument->venue <= VENUES_MAX ? instrument->venue : 0;
    uint32_t asset = instrument->base <= ASSETS_MAX ? instrument->base : 0;
    agon_amt_t up = side == AGON_BUY ? notional_amt : 0;
    agon_amt_t down = side == AGON_BUY ? 0 : -notional_amt;
    agon_amt_t up_amt, down_amt, more_amt;

    memset(reach, 0, sizeof(*reach));
    if (!engine->exposure->is_reach_kept)
        return;
    if (place != 0)
        line = &engine->exposure->lines[slot][place - 1];
    up_amt = num_abs(num_add(line->up_amt, up));
    down_amt = num_abs(num_add(line->down_amt, down));
    more_amt = (up_amt > down_amt ? up_amt : down_amt) - line->reach_amt;
    reach->gross_amt = reach_fit(all->gross + more_amt);
    reach->venue_amt = reach_fit(all->venue[venue] + more_amt);
    reach->net_amt =
        side == AGON_BUY ? magnitude(all->net_up + up) : magnitude(all->net_down + down);
    reach->asset_amt = side == AGON_BUY ? magnitude(all->asset_up[asset] + up)
                                        : magnitude(all->asset_down[asset] + down);
}

void exposure_now(const struct engine *engine, struct risk_reach *reach)
{
    struct exposure_reach summed;
    const struct exposure_reach *all = &engine->exposure->reach;

    if (!engine->exposure->is_reach_kept) {
        sum_reach(engine, &summed);
        all = &summed;
    }
    memset(reach, 0, sizeof(*reach));
    reach->gross_amt = reach_fit(all->gross);
    reach->net_amt = larger(all->net_up, all->net_down);
    for (uint32_t i = 0; i <= VENUES_MAX; i++) {
        if (all->venue[i] > reach->venue_amt)
            reach->venue_amt = reach_fit(all->venue[i]);
    }
    for (uint32_t i = 0; i <= engine->table.n_assets; i++) {
        agon_amt_t amt = larger(all->asset_up[i], all->asset_down[i]);

        if (amt > reach->asset_amt)
            reach->asset_amt = amt;
    }
}
