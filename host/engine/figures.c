// SPDX-License-Identifier: Apache-2.0
/* figures: what the numbers of slots are made of (score/figures.h): fees, funding and slippage of
 * what happens, samples of the whole, and how it is all kept in the state. Only a journal that says
 * so (record_samples) keeps it: what older ones come to stays as it is. */
#include "base/hot.h"
#include "engine/impl.h"
#include "market/instrument_kind.h"

#define PX_EXP ENGINE_PRICE_EXP

static agon_amt_t funded(const struct engine *engine, uint16_t slot)
{
    agon_amt_t sum = 0;
    uint32_t n;
    const struct position *all = ledger_positions(engine->ledger, slot, &n);

    for (uint32_t i = 0; i < n; i++) {
        const struct agon_instrument *at = instruments_get(&engine->table, all[i].instrument);

        if (at != NULL && all[i].funding_amt != 0)
            sum = num_add(sum, value_or_zero(engine, at->settle, all[i].funding_amt));
    }
    return sum;
}

/* What a saved state does not have without it begins with nothing, also where this process saw it
 * happen: another may go on from that state. */
static void begin(struct engine *engine)
{
    agon_amt_t all_amt = engine_pool_amt(engine);

    for (uint16_t id = 0; id < engine->slots.n; id++) {
        if (!engine->slots.all[id].is_used)
            continue;
        score_keep(&engine->scores[id], funded(engine, id));
        all_amt = num_add(all_amt, engine->scores[id].start_amt);
    }
    score_start(&engine->whole, all_amt);
    ledger_forget_open(engine->ledger);
    orders_forget_mids(engine->orders);
}

/* A later edition goes on with what the one before kept. */
void figures_keep(struct engine *engine, uint32_t edition)
{
    int was_whole = figures_are_whole(engine);

    if (edition <= engine->is_figured)
        return;
    if (!engine->is_figured)
        begin(engine);
    if (edition >= FIGURES_TAGGED)
        orders_forget_tags(engine->orders); // as begin: a state of before has none
    engine->is_figured = edition;
    if (edition < FIGURES_WHOLE || was_whole)
        return;
    for (uint16_t id = 0; id < engine->slots.n; id++) {
        if (engine->slots.all[id].is_used)
            score_from_start(&engine->scores[id]);
    }
    score_from_start(&engine->whole);
    ledger_shed_dust(engine->ledger, 1);
}

int figures_are_whole(const struct engine *engine)
{
    return engine->is_figured >= FIGURES_WHOLE;
}

int figures_are_lasting(const struct engine *engine)
{
    return engine->is_figured >= FIGURES_LASTING;
}

int figures_are_ended(const struct engine *engine)
{
    return engine->is_figured >= FIGURES_ENDED;
}

void figures_leave(struct engine *engine, const struct figures *of, agon_amt_t pooled_amt)
{
    struct engine_left *left = &engine->left;

    if (!figures_are_lasting(engine))
        return;
    left->n++;
    left->capital_amt = num_add(left->capital_amt, num_add(of->capital_amt, -pooled_amt));
    left->equity_amt = num_add(left->equity_amt, num_add(of->equity_amt, -pooled_amt));
    left->fee_amt = num_add(left->fee_amt, of->fee_amt);
    left->rebate_amt = num_add(left->rebate_amt, of->rebate_amt);
    left->funding_amt = num_add(left->funding_amt, of->funding_amt);
    left->slippage_amt = num_add(left->slippage_amt, of->slippage_amt);
    left->volume_amt = num_add(left->volume_amt, of->volume_amt);
    left->n_fills += of->n_fills;
    left->n_wins += of->n_wins;
    left->n_losses += of->n_losses;
}

uint64_t engine_figures_left(const struct engine *engine, struct figures *out)
{
    const struct engine_left *left = &engine->left;

    *out = (struct figures){.capital_amt = left->capital_amt,
                            .equity_amt = left->equity_amt,
                            .result_amt = num_add(left->equity_amt, -left->capital_amt),
                            .fee_amt = left->fee_amt,
                            .rebate_amt = left->rebate_amt,
                            .funding_amt = left->funding_amt,
                            .slippage_amt = left->slippage_amt,
                            .volume_amt = left->volume_amt,
                            .is_split = left->n > 0,
                            .n_fills = left->n_fills,
                            .n_wins = left->n_wins,
                            .n_losses = left->n_losses};
    out->gross_amt = num_add(num_add(out->result_amt, out->fee_amt),
                             -num_add(out->rebate_amt, out->funding_amt));
    out->yield = out->capital_amt > 0 ? (double)out->result_amt / (double)out->capital_amt : 0.0;
    return left->n;
}

void figures_recapitalise(struct engine *engine, uint16_t slot, agon_amt_t change_amt)
{
    struct score *score = &engine->scores[slot];
    agon_amt_t now_amt;

    if (figures_are_lasting(engine) && value_equity(engine, slot, &now_amt))
        score_scale(score, num_add(now_amt, -change_amt), change_amt);
    score_recapitalise(score, change_amt, figures_are_whole(engine));
}

/* False: a part of it has no price. */
static int equity_of_all(const struct engine *engine, agon_amt_t *sum_amt)
{
    *sum_amt = engine_pool_amt(engine);
    for (uint16_t id = 0; id < engine->slots.n; id++) {
        agon_amt_t equity_amt;

        if (!engine->slots.all[id].is_used)
            continue;
        if (!value_equity(engine, id, &equity_amt))
            return 0;
        *sum_amt = num_add(*sum_amt, equity_amt);
    }
    return 1;
}

void figures_capital(struct engine *engine, agon_amt_t change_amt, int is_there)
{
    agon_amt_t now_amt;

    if (figures_are_lasting(engine) && equity_of_all(engine, &now_amt))
        score_scale(&engine->whole, num_add(now_amt, is_there ? -change_amt : 0), change_amt);
    if (engine->is_figured)
        score_recapitalise(&engine->whole, change_amt, figures_are_whole(engine));
}

HOT agon_px_t figures_mids(const struct engine *engine, agon_instrument_t instrument)
{
    agon_px_t bid_px, ask_px;

    return engine->is_figured && market_best(engine, instrument, &bid_px, &ask_px, 0)
               ? num_add(bid_px, ask_px)
               : 0;
}

void figures_fill(struct engine *engine, uint16_t slot, const struct figures_fill *fill)
{
    const struct agon_instrument *instrument = fill->instrument;
    struct score *score = &engine->scores[slot];
    agon_asset_t unit = instrument_kind_unit(instrument);
    agon_amt_t worse_amt;

    if (!engine->is_figured)
        return;
    // A fee in the position's own unit or base has its worth already, by the fill's price.
    score_fee(score, fill->fee_asset == unit || (instrument_kind_has_coins(instrument->kind) &&
                                                 fill->fee_asset == instrument->base)
                         ? value_or_zero(engine, unit, fill->fee_unit_amt)
                         : value_or_zero(engine, fill->fee_asset, fill->fee_amt));
    if (fill->mids_px == 0)
        return;
    worse_amt =
        instruments_notional(&engine->table, instrument,
                             num_add(num_mul(fill->px, 2), -fill->mids_px), fill->qty, NUM_EVEN);
    worse_amt = num_div(value_or_zero(engine, unit, worse_amt), 2, NUM_EVEN);
    score_slippage(score, fill->side == AGON_BUY ? worse_amt : -worse_amt);
}

void figures_funding(struct engine *engine, uint16_t slot, agon_asset_t asset, agon_amt_t amt)
{
    if (engine->is_figured)
        score_funding(&engine->scores[slot], value_or_zero(engine, asset, amt));
}

HOT void figures_sample(struct engine *engine, agon_amt_t all_amt, int is_hour, int is_day)
{
    if (!engine->is_figured)
        return;
    if (is_hour)
        score_hour(&engine->whole, all_amt);
    else
        score_equity(&engine->whole, all_amt);
    if (is_day)
        score_day(&engine->whole, all_amt);
}

static void save_lasting(const struct engine *engine, struct enc *enc)
{
    const struct engine_left *left = &engine->left;

    for (uint32_t id = 0; id < engine->slots.n; id++)
        risk_slot_save_moved(&engine->risk[id], enc);
    risk_slot_save_moved(&engine->portfolio, enc);
    enc_u64(enc, left->n);
    enc_i64(enc, left->capital_amt);
    enc_i64(enc, left->equity_amt);
    enc_i64(enc, left->fee_amt);
    enc_i64(enc, left->rebate_amt);
    enc_i64(enc, left->funding_amt);
    enc_i64(enc, left->slippage_amt);
    enc_i64(enc, left->volume_amt);
    enc_u64(enc, left->n_fills);
    enc_u64(enc, left->n_wins);
    enc_u64(enc, left->n_losses);
}

static void load_lasting(struct engine *engine, struct dec *dec)
{
    struct engine_left *left = &engine->left;

    for (uint32_t id = 0; id < engine->slots.n; id++)
        risk_slot_load_moved(&engine->risk[id], dec);
    risk_slot_load_moved(&engine->portfolio, dec);
    left->n = dec_u64(dec);
    left->capital_amt = dec_i64(dec);
    left->equity_amt = dec_i64(dec);
    left->fee_amt = dec_i64(dec);
    left->rebate_amt = dec_i64(dec);
    left->funding_amt = dec_i64(dec);
    left->slippage_amt = dec_i64(dec);
    left->volume_amt = dec_i64(dec);
    left->n_fills = dec_u64(dec);
    left->n_wins = dec_u64(dec);
    left->n_losses = dec_u64(dec);
}

void figures_save(struct engine *engine, struct enc *enc)
{
    for (uint32_t id = 0; id < engine->slots.n; id++)
        score_save_kept(&engine->scores[id], enc);
    score_save(&engine->whole, enc);
    score_save_kept(&engine->whole, enc);
    ledger_save_open(engine->ledger, enc);
    orders_save_mids(engine->orders, enc);
    if (figures_are_lasting(engine))
        save_lasting(engine, enc);
    if (engine->is_figured >= FIGURES_TAGGED)
        orders_save_tags(engine->orders, enc);
}

int figures_load(struct engine *engine, struct dec *dec)
{
    ledger_shed_dust(engine->ledger, figures_are_whole(engine));
    for (uint32_t id = 0; id < engine->slots.n; id++)
        score_load_kept(&engine->scores[id], dec);
    score_load(&engine->whole, dec);
    score_load_kept(&engine->whole, dec);
    ledger_load_open(engine->ledger, dec);
    orders_load_mids(engine->orders, dec);
    if (figures_are_lasting(engine))
        load_lasting(engine, dec);
    if (engine->is_figured >= FIGURES_TAGGED)
        orders_load_tags(engine->orders, dec);
    return dec_is_ok(dec) ? AGON_OK : AGON_ECORRUPT;
}

agon_amt_t engine_pool_amt(const struct engine *engine)
{
    const agon_amt_t *all = engine->tournament.pool_amt;
    agon_amt_t sum = 0;

    for (uint32_t account = 0; account < engine->n_accounts; account++)
        sum = num_add(sum, all[account]);
    return sum;
}

uint32_t engine_figured(const struct engine *engine)
{
    return engine->is_figured;
}

int engine_is_figured(const struct engine *engine)
{
    return engine->is_figured != 0;
}

void engine_figures(const struct engine *engine, uint16_t slot, struct figures *out)
{
    figures_of(&engine->scores[slot], engine_equity(engine, slot), engine->is_figured != 0, out);
}

void engine_figures_all(const struct engine *engine, struct figures *out)
{
    struct figures one;

    *out = (struct figures){0};
    for (uint16_t id = 0; id < engine->slots.n; id++) {
        if (!engine->slots.all[id].is_used)
            continue;
        engine_figures(engine, id, &one);
        figures_add(out, &one);
    }
    figures_whole(out, &engine->whole, engine_pool_amt(engine));
    // Ratios are of what is there; what was earned and given is everybody's.
    if (engine_figures_left(engine, &one) == 0)
        return;
    figures_add(out, &one);
    out->yield = out->capital_amt > 0 ? (double)out->result_amt / (double)out->capital_amt : 0.0;
}

/* What a unit of a position stands for at an amount of its currency: amt / (held * multiplier). */
static int64_t price_of(agon_amt_t amt, agon_amt_t held_amt, int shift,
                        const struct agon_instrument *instrument)
{
    if (instrument->multiplier > 0) {
        held_amt = num_mul(held_amt, instrument->multiplier);
        shift += instrument->multiplier_exp;
    }
    if (held_amt == 0 || num_is_full(held_amt) || shift > NUM_EXP_MAX || shift < -NUM_EXP_MAX)
        return 0;
    if (shift >= 0)
        return num_mul_div(amt, num_pow10(shift), held_amt, NUM_EVEN);
    return num_div(num_div(amt, num_pow10(-shift), NUM_EVEN), held_amt, NUM_EVEN);
}

void engine_position_figures(const struct engine *engine, const struct position *pos,
                             struct position_figures *out)
{
    const struct agon_instrument *instrument = instruments_get(&engine->table, pos->instrument);
    agon_px_t mark_px = engine_mark_px(engine, pos->instrument);
    int held_exp, shift;

    *out = (struct position_figures){0};
    if (instrument == NULL || instrument_kind_is_in_base(instrument->kind))
        return;
    held_exp = instrument_kind_has_coins(instrument->kind)
                   ? instruments_asset(&engine->table, instrument->base)->exp
                   : instrument->qty_exp;
    shift = PX_EXP + held_exp -
            instruments_asset(&engine->table, instrument_kind_unit(instrument))->exp;
    out->entry_px = price_of(pos->cost_amt, pos->held_amt, shift, instrument);
    out->break_even_px =
        price_of(num_add(pos->cost_amt, -pos->open_amt), pos->held_amt, shift, instrument);
    if (mark_px <= 0)
        return;
    out->notional_amt =
        instrument_kind_has_coins(instrument->kind)
            ? num_notional(mark_px, instrument->px_exp, pos->held_amt, held_exp,
                           instruments_asset(&engine->table, instrument->quote)->exp, NUM_EVEN)
            : instruments_notional(&engine->table, instrument, mark_px, pos->qty, NUM_EVEN);
    out->unrealised_amt = num_add(out->notional_amt, -pos->cost_amt);
}
