// SPDX-License-Identifier: Apache-2.0
#include "venue/fill_pages.h"

#include <stdlib.h>

void fill_pages_drop(struct fill_pages *pages)
{
    pages->n = pages->offset = 0;
    pages->after[0] = '\0';
}

void fill_pages_ask(struct fill_pages *pages, uint64_t from, uint64_t order)
{
    if (pages->from != from || pages->order != order)
        fill_pages_drop(pages); // what was being read was of another question
    pages->from = from;
    pages->order = order;
    pages->is_reached = 0;
}

int fill_pages_add(struct fill_pages *pages, const struct wire_fill *fill)
{
    pages->is_reached = pages->is_reached || fill->fill < pages->from;
    if (fill->fill < pages->from || (pages->order != 0 && fill->venue_order != pages->order))
        return AGON_OK;
    if (pages->n == FILL_PAGES_MAX)
        return AGON_ENOSPC;
    pages->all[pages->n++] = *fill;
    return AGON_OK;
}

int fill_pages_is_more(const struct fill_pages *pages, uint32_t n_page, uint32_t room)
{
    return n_page >= room && !pages->is_reached && (pages->from != 0 || pages->order != 0);
}

static int by_number(const void *a, const void *b)
{
    const struct wire_fill *left = a;
    const struct wire_fill *right = b;

    return (left->fill > right->fill) - (left->fill < right->fill);
}

int fill_pages_tell(struct fill_pages *pages, wire_fill_fn each, void *ctx)
{
    int n = (int)pages->n;

    qsort(pages->all, pages->n, sizeof(pages->all[0]), by_number);
    for (uint32_t i = 0; i < pages->n; i++) {
        if (i > 0 && pages->all[i].fill == pages->all[i - 1].fill)
            continue; // a page that began later has it again
        if (each != NULL)
            each(ctx, &pages->all[i]);
    }
    fill_pages_drop(pages);
    return n;
}
