// SPDX-License-Identifier: Apache-2.0
#include "sim/series.h"

#include <stdlib.h>

#include "base/num.h"

struct pit_bar *series_push(struct series *series)
{
    uint32_t half = series->n / 2;

    if (series->n == series->room && series->room < series->capacity) {
        uint32_t room = series->room ? series->room * 2 : 1024;
        struct pit_bar *bars;

        room = room > series->capacity ? series->capacity : room;
        bars = realloc(series->bars, room * sizeof(*bars));
        REQUIRE(bars != NULL);
        series->bars = bars;
        series->room = room;
    }
    if (series->n == series->capacity) {
        memmove(series->bars, series->bars + half, (series->n - half) * sizeof(*series->bars));
        series->n -= half;
    }
    memset(&series->bars[series->n], 0, sizeof(*series->bars));
    return &series->bars[series->n++];
}

struct pit_bar *series_roll(struct series *series, agon_ns_t t)
{
    agon_ns_t open = t - t % series->step_ns;
    struct pit_bar *last = series->n ? &series->bars[series->n - 1] : NULL;
    agon_px_t px;

    if (last && last->t_open >= open)
        return last;
    if (!last) {
        last = series_push(series);
        last->t_open = open;
        return last;
    }
    px = last->close_px;
    if ((open - last->t_open) / series->step_ns > (int64_t)series->capacity)
        series->n = 0;
    for (agon_ns_t at = series->n ? last->t_open + series->step_ns : open; at <= open;
         at += series->step_ns) {
        last = series_push(series);
        last->t_open = at;
        last->open_px = last->high_px = last->low_px = last->close_px = px;
    }
    return last;
}

void pit_bar_add(struct pit_bar *sum, const struct pit_bar *bar)
{
    int is_empty = sum->open_px == 0;

    if (bar->open_px == 0)
        return;
    if (is_empty)
        sum->open_px = bar->open_px;
    if (is_empty || bar->high_px > sum->high_px)
        sum->high_px = bar->high_px;
    if (is_empty || bar->low_px < sum->low_px)
        sum->low_px = bar->low_px;
    sum->close_px = bar->close_px;
    sum->qty = num_add(sum->qty, bar->qty);
    sum->taker_qty = num_add(sum->taker_qty, bar->taker_qty);
    sum->amt = num_add(sum->amt, bar->amt);
    sum->taker_amt = num_add(sum->taker_amt, bar->taker_amt);
    if (bar->n > 0 && sum->n == 0)
        sum->first = bar->first;
    if (bar->n > 0)
        sum->last = bar->last;
    sum->n += bar->n;
}

void series_trade(struct series *series, const struct pit_trade *trade)
{
    struct pit_bar one = {
        .open_px = trade->px,
        .high_px = trade->px,
        .low_px = trade->px,
        .close_px = trade->px,
        .qty = trade->qty,
        .amt = trade->quote_amt,
        .taker_qty = trade->is_buyer_maker ? 0 : trade->qty,
        .taker_amt = trade->is_buyer_maker ? 0 : trade->quote_amt,
        .n = 1,
        .first = trade->id,
        .last = trade->id,
    };
    struct pit_bar *bar = series_roll(series, trade->t);

    // A bar without trades stands at the price before it, which is no price of its own.
    if (bar->n == 0)
        bar->open_px = 0;
    pit_bar_add(bar, &one);
}

void series_put(struct series *series, const struct pit_bar *bar)
{
    agon_px_t px = bar->close_px;
    uint32_t at;

    series_roll(series, bar->t_open);
    at = series->n;
    while (at > 0 && series->bars[at - 1].t_open > bar->t_open)
        at--;
    if (at == 0 || series->bars[at - 1].t_open != bar->t_open)
        return; // older than all that is kept
    series->bars[at - 1] = *bar;
    for (; at < series->n; at++)
        series->bars[at] = (struct pit_bar){.t_open = series->bars[at].t_open,
                                            .open_px = px,
                                            .high_px = px,
                                            .low_px = px,
                                            .close_px = px};
}
