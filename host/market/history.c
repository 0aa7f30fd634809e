// SPDX-License-Identifier: Apache-2.0
#include "market/history.h"

#include <stdlib.h>

#include "market/bars.h"

struct history {
    uint32_t n_series, room;
    uint32_t *n;           /* owned; of each series */
    struct agon_bar *bars; /* owned; room of each series, by opening time */
};

int history_new(struct history **out, uint32_t n_instruments)
{
    struct history *history = calloc(1, sizeof(*history));

    *out = history;
    if (history == NULL)
        return AGON_ENOMEM;
    history->n_series = n_instruments * BARS_LENGTHS;
    history->room = HISTORY_BARS;
    if (history->n_series > HISTORY_ALL / HISTORY_BARS)
        history->room = HISTORY_ALL / history->n_series;
    history->n = calloc(history->n_series + 1u, sizeof(*history->n));
    history->bars = calloc((size_t)history->n_series * history->room + 1, sizeof(*history->bars));
    if (history->n != NULL && history->bars != NULL)
        return AGON_OK;
    history_free(history);
    *out = NULL;
    return AGON_ENOMEM;
}

void history_free(struct history *history)
{
    if (history == NULL)
        return;
    free(history->n);
    free(history->bars);
    free(history);
}

void history_add(struct history *history, const struct agon_bar *bar)
{
    uint32_t series = 0, length = 0, n, at;
    struct agon_bar *bars;

    while (length < BARS_LENGTHS && bars_length_s[length] != bar->length_s)
        length++;
    series = (bar->hdr.instrument - 1) * BARS_LENGTHS + length;
    if (length == BARS_LENGTHS || bar->hdr.instrument == 0 || series >= history->n_series)
        return;
    bars = history->bars + (size_t)series * history->room;
    n = at = history->n[series];
    while (at > 0 && bars[at - 1].t_open > bar->t_open)
        at--;
    if (at > 0 && bars[at - 1].t_open == bar->t_open) {
        bars[at - 1] = *bar;
        return;
    }
    if (n < history->room) {
        memmove(bars + at + 1, bars + at, (n - at) * sizeof(*bars));
        bars[at] = *bar;
        history->n[series]++;
    } else if (at > 0) {
        memmove(bars, bars + 1, (at - 1) * sizeof(*bars));
        bars[at - 1] = *bar;
    }
}

uint32_t history_count(const struct history *history)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < history->n_series; i++)
        n += history->n[i];
    return n;
}

struct longer {
    struct history *history;
    const struct agon_bar *minute; /* that closes what is emitted */
    agon_ns_t first;               /* where the minutes begin */
};

static void add_longer(void *ctx, const struct agon_bar *bar)
{
    const struct longer *longer = ctx;
    struct agon_bar copy = *bar;

    if (bar->length_s == bars_length_s[0] || bar->t_open < longer->first)
        return;
    copy.hdr.seq = longer->minute->hdr.seq;
    copy.hdr.t = longer->minute->hdr.t;
    copy.hdr.t_venue = bar->t_open + (agon_ns_t)bar->length_s * 1000000000;
    history_add(longer->history, &copy);
}

void history_lengthen(struct history *history)
{
    for (uint32_t i = 0; i < history->n_series; i += BARS_LENGTHS) {
        const struct agon_bar *minutes = history->bars + (size_t)i * history->room;
        struct longer longer = {.history = history, .first = minutes[0].t_open};
        struct bars bars;

        bars_init(&bars, i / BARS_LENGTHS + 1, 0, 0, 0);
        for (uint32_t k = 0; k < history->n[i]; k++) {
            longer.minute = &minutes[k];
            (void)bars_on_bar(&bars, &minutes[k], add_longer, &longer);
        }
    }
}

uint32_t history_copy(const struct history *history, uint64_t seq, struct agon_bar *bars)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < history->n_series; i++) {
        const struct agon_bar *from = history->bars + (size_t)i * history->room;

        for (uint32_t k = 0; k < history->n[i]; k++) {
            if (from[k].hdr.seq <= seq)
                bars[n++] = from[k];
        }
    }
    return n;
}
