// SPDX-License-Identifier: Apache-2.0
/* told: what of a book has been told to those who subscribed it, and what has changed since. */
#include <stdlib.h>

#include "sim/sim_impl.h"

static void make(struct sim_told *told)
{
    for (int i = 0; i < 2; i++) {
        told->level[i] = calloc(told->depth, sizeof(*told->level[i]));
        told->changed[i] = calloc(2 * (size_t)told->depth, sizeof(*told->changed[i]));
        REQUIRE(told->level[i] != NULL && told->changed[i] != NULL);
    }
}

void sim_told_deinit(struct sim_told *told)
{
    for (int i = 0; i < 2; i++) {
        free(told->level[i]);
        free(told->changed[i]);
    }
}

/* Each level that is new or another, and one of quantity 0 for one that is gone. */
static uint32_t take_side(struct sim_told *told, int side, const struct agon_level *is,
                          uint32_t n_is)
{
    const struct agon_level *was = told->level[side];
    struct agon_level *changed = told->changed[side];
    uint32_t i = 0, j = 0, n = 0, n_was = told->n[side];

    while (i < n_was || j < n_is) {
        int order = i == n_was                              ? 1
                    : j == n_is                             ? -1
                    : was[i].px == is[j].px                 ? 0
                    : (was[i].px > is[j].px) == (side == 0) ? -1
                                                            : 1;

        if (order < 0 && (!told->is_cut_there || j < n_is || n_is < told->depth))
            changed[n++] = (struct agon_level){.px = was[i].px, .qty = 0};
        else if (order >= 0 && (order > 0 || was[i].qty != is[j].qty))
            changed[n++] = is[j];
        i += order <= 0;
        j += order >= 0;
    }
    memcpy(told->level[side], is, n_is * sizeof(*is));
    told->n[side] = n_is;
    told->n_changed[side] = n;
    return n;
}

uint32_t sim_told_take(struct sim_told *told, const struct pit *pit, uint32_t sym)
{
    struct pit_view view;
    uint32_t n;

    if (!told->level[0])
        make(told);
    pit_view(pit, sym, &view);
    n = take_side(told, 0, view.bid, view.n_bid < told->depth ? view.n_bid : told->depth);
    return n + take_side(told, 1, view.ask, view.n_ask < told->depth ? view.n_ask : told->depth);
}
