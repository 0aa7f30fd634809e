// SPDX-License-Identifier: Apache-2.0
/* pit_history: bars before the start, and what is noted beside the book: marks, indexes. */
#include "base/num.h"
#include "base/rng.h"
#include "sim/pit_impl.h"

static void make_bar(const struct pit_symbol *spec, struct pit_bar *bar, agon_px_t open_px,
                     agon_px_t close_px, struct rng *rng)
{
    agon_px_t high = open_px > close_px ? open_px : close_px;
    agon_px_t low = open_px < close_px ? open_px : close_px, mean = (open_px + close_px) / 2;
    double wick = rng_unit(rng) * 0.0005;

    bar->open_px = open_px;
    bar->close_px = close_px;
    bar->high_px = num_to_step(high + (agon_px_t)((double)high * wick), spec->tick_px, NUM_DOWN);
    bar->low_px = num_to_step(low - (agon_px_t)((double)low * wick), spec->tick_px, NUM_UP);
    bar->n = 50 + rng_below(rng, 100);
    // A few hundred units of the quote a trade.
    bar->qty =
        num_to_step(num_mul_div((int64_t)(20000 + rng_below(rng, 60000)) * num_pow10(PIT_EXP),
                                num_pow10(PIT_EXP), mean, NUM_DOWN),
                    spec->lot_qty, NUM_DOWN);
    bar->taker_qty =
        num_to_step(bar->qty / 100 * (int64_t)(40 + rng_below(rng, 20)), spec->lot_qty, NUM_DOWN);
    bar->amt = num_notional(mean, PIT_EXP, bar->qty, PIT_EXP, PIT_EXP, NUM_ZERO);
    bar->taker_amt = num_notional(mean, PIT_EXP, bar->taker_qty, PIT_EXP, PIT_EXP, NUM_ZERO);
}

int pit_history(struct pit *pit, uint32_t number, const agon_px_t *closes, uint32_t n,
                uint64_t seed)
{
    struct sym *sym = &pit->syms[number];
    agon_ns_t open = pit->now - pit->now % NS_PER_MIN;
    struct rng rng;

    if (sym->minutes.n > 0)
        return AGON_ESTATE;
    if (n == 0 || n > MINUTES_KEPT / 2)
        return AGON_EINVAL;
    rng_init(&rng, rng_at(seed, number, 0x6869, 0, 0));
    for (uint32_t i = 0; i < n; i++) {
        struct pit_bar *bar = series_push(&sym->minutes);

        if (closes[i] <= 0)
            return AGON_EINVAL;
        bar->t_open = open - (agon_ns_t)(n - i) * NS_PER_MIN;
        make_bar(&sym->spec, bar, closes[i > 0 ? i - 1 : 0], closes[i], &rng);
        bar->first = sym->next_trade;
        sym->next_trade += bar->n;
        bar->last = sym->next_trade - 1;
    }
    sym->last_px = closes[n - 1];
    sym->t_last = open - NS_PER_MS;
    return AGON_OK;
}

int pit_note_history(struct pit *pit, uint32_t number, enum pit_note which, const agon_px_t *closes,
                     uint32_t n)
{
    struct series *series = &pit->syms[number].notes[which];
    agon_ns_t open = pit->now - pit->now % NS_PER_MIN;

    if (series->n > 0)
        return AGON_ESTATE;
    if (n == 0 || n > MINUTES_KEPT / 2)
        return AGON_EINVAL;
    for (uint32_t i = 0; i < n; i++) {
        struct pit_bar *bar = series_push(series);
        agon_px_t from = closes[i > 0 ? i - 1 : 0], to = closes[i];

        *bar = (struct pit_bar){.t_open = open - (agon_ns_t)(n - i) * NS_PER_MIN,
                                .open_px = from,
                                .close_px = to,
                                .high_px = from > to ? from : to,
                                .low_px = from < to ? from : to};
    }
    pit->syms[number].noted[which] = closes[n - 1];
    return AGON_OK;
}

void pit_note(struct pit *pit, uint32_t number, enum pit_note which, agon_px_t px)
{
    struct series *series = &pit->syms[number].notes[which];
    struct pit_bar one = {.open_px = px, .high_px = px, .low_px = px, .close_px = px};
    agon_ns_t last = series->n ? series->bars[series->n - 1].t_open : 0;
    struct pit_bar *bar = series_roll(series, pit->now);

    if (bar->t_open != last)
        bar->open_px = 0; // a bar opens with its first price
    pit_bar_add(bar, &one);
    pit->syms[number].noted[which] = px;
}

agon_px_t pit_noted(const struct pit *pit, uint32_t number, enum pit_note which)
{
    return pit->syms[number].noted[which];
}

uint32_t pit_notes(const struct pit *pit, uint32_t number, enum pit_note which)
{
    return pit->syms[number].notes[which].n;
}

const struct pit_bar *pit_note_at(const struct pit *pit, uint32_t number, enum pit_note which,
                                  uint32_t i)
{
    return &pit->syms[number].notes[which].bars[i];
}

int pit_add_silent(struct pit *pit, const struct pit_symbol *spot, agon_instrument_t *id,
                   struct error *err)
{
    struct agon_instrument instrument = {
        .hdr = {.type = AGON_EVENT_INSTRUMENT, .granules = 3},
        .venue = 2,
        .kind = INSTRUMENT_SPOT,
        .state = TRADING_OPEN,
        .px_exp = PIT_EXP,
        .qty_exp = PIT_EXP,
        .tick_px = spot->tick_px,
        .lot_qty = spot->lot_qty,
        .min_qty = spot->min_qty,
        .max_qty = spot->max_qty,
        .multiplier = 1,
        .min_px = spot->min_px,
        .max_px = spot->max_px,
    };
    int rc;

    instrument.hdr.instrument = pit->table.n_instruments + 1;
    instrument.base = pit_asset(&pit->table, spot->base, PIT_EXP);
    instrument.quote = pit_asset(&pit->table, spot->quote, PIT_EXP);
    instrument.settle = instrument.quote;
    memcpy(instrument.symbol, spot->name, sizeof(spot->name));
    rc = instruments_set(&pit->table, &instrument, err);
    if (rc < 0)
        return rc;
    *id = instrument.hdr.instrument;
    return AGON_OK;
}

void pit_follow(struct pit *pit, uint32_t number, agon_instrument_t id)
{
    pit->syms[number].index = id;
}

int pit_set_index(struct pit *pit, uint32_t number, const struct pit_symbol *spot,
                  struct error *err)
{
    return pit_add_silent(pit, spot, &pit->syms[number].index, err);
}
