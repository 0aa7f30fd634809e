// SPDX-License-Identifier: Apache-2.0
/* sent: what of a book has been sent to those who subscribed it, and what has changed since. */
#include <stdlib.h>

#include "sim/sim_impl.h"

static void make(struct sim_sent *sent)
{
    for (int i = 0; i < 2; i++) {
        sent->level[i] = calloc(sent->depth, sizeof(*sent->level[i]));
        sent->changed[i] = calloc(2 * (size_t)sent->depth, sizeof(*sent->changed[i]));
        REQUIRE(sent->level[i] != NULL && sent->changed[i] != NULL);
    }
}

void sim_sent_deinit(struct sim_sent *sent)
{
    for (int i = 0; i < 2; i++) {
        free(sent->level[i]);
        free(sent->changed[i]);
    }
}

/* Each level that is new or another, and one of quantity 0 for one that is gone. */
static uint32_t take_side(struct sim_sent *sent, int side, const struct agon_level *is,
                          uint32_t n_is)
{
    const struct agon_level *was = sent->level[side];
    struct agon_level *changed = sent->changed[side];
    uint32_t i = 0, j = 0, n = 0, n_was = sent->n[side];

    while (i < n_was || j < n_is) {
        int order = i == n_was                              ? 1
                    : j == n_is                             ? -1
                    : was[i].px == is[j].px                 ? 0
                    : (was[i].px > is[j].px) == (side == 0) ? -1
                                                            : 1;

        if (order < 0 && (!sent->is_cut_there || j < n_is || n_is < sent->depth))
            changed[n++] = (struct agon_level){.px = was[i].px, .qty = 0};
        else if (order >= 0 && (order > 0 || was[i].qty != is[j].qty))
            changed[n++] = is[j];
        i += order <= 0;
        j += order >= 0;
    }
    memcpy(sent->level[side], is, n_is * sizeof(*is));
    sent->n[side] = n_is;
    sent->n_changed[side] = n;
    return n;
}

uint32_t sim_sent_take(struct sim_sent *sent, const struct pit *pit, uint32_t sym)
{
    struct pit_view view;
    uint32_t n;

    if (!sent->level[0])
        make(sent);
    pit_view(pit, sym, &view);
    n = take_side(sent, 0, view.bid, view.n_bid < sent->depth ? view.n_bid : sent->depth);
    return n + take_side(sent, 1, view.ask, view.n_ask < sent->depth ? view.n_ask : sent->depth);
}
