// SPDX-License-Identifier: Apache-2.0
/* pit_look: what the pit shows of a symbol: book, trades, bars, prices. */
#include "base/num.h"
#include "sim/pit_impl.h"

uint32_t pit_count(const struct pit *pit)
{
    return pit->n;
}

const struct pit_symbol *pit_at(const struct pit *pit, uint32_t sym)
{
    return sym < pit->n ? &pit->syms[sym].spec : NULL;
}

int pit_find(const struct pit *pit, const char *name)
{
    for (uint32_t i = 0; i < pit->n; i++)
        if (strcmp(pit->syms[i].spec.name, name) == 0)
            return (int)i;
    return -1;
}

agon_instrument_t pit_instrument(const struct pit *pit, uint32_t sym)
{
    return pit->syms[sym].instrument;
}

void pit_view(const struct pit *pit, uint32_t number, struct pit_view *view)
{
    const struct sym *sym = &pit->syms[number];

    *view = (struct pit_view){
        .id = sym->id, .n_bid = sym->n_bid, .n_ask = sym->n_ask, .bid = sym->bid, .ask = sym->ask};
}

int pit_has_depth(const struct pit *pit, uint32_t sym)
{
    return pit->syms[sym].has_depth;
}

agon_px_t pit_last_px(const struct pit *pit, uint32_t sym)
{
    return pit->syms[sym].last_px;
}

agon_px_t pit_reference_px(void *ctx, agon_instrument_t instrument, uint32_t minutes)
{
    struct pit *pit = ctx;
    const struct sym *sym = pit_by_instrument(pit, instrument);

    if (sym == NULL)
        return 0;
    return pit_avg_px(pit, pit_number_of(pit, sym), minutes, NULL);
}

agon_px_t pit_avg_px(const struct pit *pit, uint32_t number, uint32_t minutes, agon_ns_t *t_last)
{
    const struct sym *sym = &pit->syms[number];
    struct pit_bar sum = {0};
    uint32_t i = sym->minutes.n;

    if (t_last)
        *t_last = sym->t_last;
    while (i > 0 && sym->minutes.bars[i - 1].t_open > pit->now - (agon_ns_t)minutes * NS_PER_MIN)
        i--;
    for (; i < sym->minutes.n; i++)
        pit_bar_add(&sum, &sym->minutes.bars[i]);
    if (sum.qty <= 0)
        return sym->last_px;
    return num_mul_div(sum.amt, num_pow10(PIT_EXP), sum.qty, NUM_EVEN);
}

uint32_t pit_trades(const struct pit *pit, uint32_t sym)
{
    uint64_t n = pit->syms[sym].n_trades;

    return n < TRADES_KEPT ? (uint32_t)n : TRADES_KEPT;
}

const struct pit_trade *pit_trade_at(const struct pit *pit, uint32_t number, uint32_t i)
{
    const struct sym *sym = &pit->syms[number];

    return &sym->trades[(sym->n_trades - pit_trades(pit, number) + i) % TRADES_KEPT];
}

uint32_t pit_aggs(const struct pit *pit, uint32_t sym)
{
    uint64_t n = pit->syms[sym].n_aggs;

    return n < TRADES_KEPT ? (uint32_t)n : TRADES_KEPT;
}

const struct pit_agg *pit_agg_at(const struct pit *pit, uint32_t number, uint32_t i)
{
    const struct sym *sym = &pit->syms[number];

    return &sym->aggs[(sym->n_aggs - pit_aggs(pit, number) + i) % TRADES_KEPT];
}

uint32_t pit_minutes(const struct pit *pit, uint32_t sym)
{
    return pit->syms[sym].minutes.n;
}

const struct pit_bar *pit_minute_at(const struct pit *pit, uint32_t sym, uint32_t i)
{
    return &pit->syms[sym].minutes.bars[i];
}

uint32_t pit_seconds(const struct pit *pit, uint32_t sym)
{
    return pit->syms[sym].seconds.n;
}

const struct pit_bar *pit_second_at(const struct pit *pit, uint32_t sym, uint32_t i)
{
    return &pit->syms[sym].seconds.bars[i];
}

/* --- longer bars --- */

// Minutes stand without holes.
static int64_t place_of(const struct pit *pit, uint32_t sym, agon_ns_t t)
{
    return (t - pit_minute_at(pit, sym, 0)->t_open) / NS_PER_MIN;
}

int pit_bar_ago(const struct pit *pit, uint32_t sym, int minutes, uint32_t n, struct pit_bar *bar)
{
    agon_ns_t length = minutes * (agon_ns_t)NS_PER_MIN, open, first;
    uint32_t count = pit_minutes(pit, sym);

    memset(bar, 0, sizeof(*bar));
    if (count == 0)
        return 0;
    first = pit_minute_at(pit, sym, 0)->t_open;
    open = pit_minute_at(pit, sym, count - 1)->t_open;
    open -= open % length + n * length;
    if (open + length <= first)
        return 0;
    for (int64_t i = open < first ? 0 : place_of(pit, sym, open);
         i < place_of(pit, sym, open + length) && i < count; i++)
        pit_bar_add(bar, pit_minute_at(pit, sym, (uint32_t)i));
    bar->t_open = open;
    return 1;
}

void pit_bar_since(const struct pit *pit, uint32_t sym, agon_ns_t from, struct pit_bar *bar)
{
    uint32_t count = pit_minutes(pit, sym);
    int64_t i;

    memset(bar, 0, sizeof(*bar));
    if (count == 0)
        return;
    i = place_of(pit, sym, from);
    for (i = i < 0 ? 0 : i; i < count; i++)
        pit_bar_add(bar, pit_minute_at(pit, sym, (uint32_t)i));
}

agon_px_t pit_bar_vwap(const struct pit_bar *bar)
{
    return bar->qty > 0 ? num_mul_div(bar->amt, num_pow10(PIT_EXP), bar->qty, NUM_EVEN) : 0;
}
