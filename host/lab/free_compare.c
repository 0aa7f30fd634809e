// SPDX-License-Identifier: Apache-2.0
/* What filled in two runs, against each other. */
#include <stdlib.h>

#include "lab/free.h"

#include "base/num.h"

#define NONE UINT32_MAX

struct unit { /* what filled of an order at a price */
    uint64_t order_id;
    agon_ns_t t_venue; /* of the first */
    agon_px_t px;
    agon_qty_t qty;
    agon_instrument_t instrument;
    uint32_t at; /* the journal's: its place in them */
    uint16_t slot;
    uint8_t side, is_taken;
};
struct units {
    struct unit *all; /* owned */
    uint32_t n;
};

static int by_order(const void *a, const void *b)
{
    const struct unit *x = a, *y = b;

    if (x->order_id != y->order_id)
        return x->order_id < y->order_id ? -1 : 1;
    if (x->px != y->px)
        return x->px < y->px ? -1 : 1;
    return x->t_venue < y->t_venue ? -1 : x->t_venue > y->t_venue;
}

/* Of one agent at one price on one side, in order of time. */
static int by_place(const void *a, const void *b)
{
    const struct unit *x = a, *y = b;

    if (x->slot != y->slot)
        return x->slot < y->slot ? -1 : 1;
    if (x->instrument != y->instrument)
        return x->instrument < y->instrument ? -1 : 1;
    if (x->side != y->side)
        return x->side < y->side ? -1 : 1;
    if (x->px != y->px)
        return x->px < y->px ? -1 : 1;
    return x->t_venue < y->t_venue ? -1 : x->t_venue > y->t_venue;
}

/* is_twin: an order is named by the journal's, where it is one of it. */
static int gather(const struct free_fill *fills, uint64_t n, int is_twin, struct units *units)
{
    uint32_t n_units = 0;

    units->n = 0;
    units->all = malloc((n + 1) * sizeof(*units->all));
    if (units->all == NULL)
        return AGON_ENOMEM;
    for (uint64_t i = 0; i < n; i++)
        units->all[n_units++] =
            (struct unit){// No order of the journal has the number of one that is none of its.
                          .order_id = !is_twin             ? fills[i].order_id
                                      : fills[i].twin != 0 ? fills[i].twin
                                                           : fills[i].order_id | (uint64_t)1 << 63,
                          .t_venue = fills[i].t_venue,
                          .px = fills[i].px,
                          .qty = fills[i].qty,
                          .instrument = fills[i].instrument,
                          .slot = fills[i].slot,
                          .side = fills[i].side};
    qsort(units->all, n_units, sizeof(*units->all), by_order);
    for (uint32_t i = 0; i < n_units; i++) {
        struct unit *last = units->n > 0 ? &units->all[units->n - 1] : NULL;

        if (last != NULL && last->order_id == units->all[i].order_id &&
            last->px == units->all[i].px)
            last->qty = num_add(last->qty, units->all[i].qty);
        else
            units->all[units->n++] = units->all[i];
    }
    return AGON_OK;
}

/* The same order, at the same price, so much. */
static void take_same(struct units *a, struct units *b, uint8_t *equal, struct free_stage *stage)
{
    uint32_t j = 0;

    for (uint32_t i = 0; i < a->n; i++) {
        while (j < b->n && by_order(&b->all[j], &a->all[i]) < 0 &&
               (b->all[j].order_id != a->all[i].order_id || b->all[j].px != a->all[i].px))
            j++;
        if (j == b->n)
            break;
        if (b->all[j].order_id != a->all[i].order_id || b->all[j].px != a->all[i].px ||
            b->all[j].qty != a->all[i].qty)
            continue;
        a->all[i].is_taken = b->all[j].is_taken = 1;
        stage->n_equal++;
        if (equal != NULL)
            equal[a->all[i].at] = 1;
    }
}

static int is_near(const struct unit *x, const struct unit *y)
{
    return num_abs(x->t_venue - y->t_venue) <= FREE_TWIN_NS && x->qty == y->qty && x->px == y->px &&
           x->side == y->side && x->instrument == y->instrument && x->slot == y->slot;
}

/* Of another order of the same agent, that stood at the same price at the same time. */
static void take_near(struct units *a, struct units *b, uint8_t *equal, struct free_stage *stage)
{
    uint32_t j = 0;

    qsort(a->all, a->n, sizeof(*a->all), by_place);
    qsort(b->all, b->n, sizeof(*b->all), by_place);
    for (uint32_t i = 0; i < a->n; i++) {
        struct unit from = a->all[i];

        if (a->all[i].is_taken)
            continue;
        from.t_venue -= FREE_TWIN_NS;
        while (j < b->n && by_place(&b->all[j], &from) < 0)
            j++;
        for (uint32_t k = j; k < b->n && b->all[k].px == from.px &&
                             b->all[k].t_venue <= a->all[i].t_venue + FREE_TWIN_NS;
             k++) {
            if (b->all[k].is_taken || !is_near(&a->all[i], &b->all[k]))
                continue;
            a->all[i].is_taken = b->all[k].is_taken = 1;
            stage->n_equal++;
            if (equal != NULL)
                equal[a->all[i].at] = 1;
            break;
        }
    }
}

static int by_time(const void *a, const void *b)
{
    const struct free_difference *x = a, *y = b;

    return x->t < y->t ? -1 : x->t > y->t;
}

/* then, again: one of them may be NULL. What comes first is kept. */
static void note(struct free_result *notes, const struct unit *then, const struct unit *again)
{
    const struct unit *any = then != NULL ? then : again;
    struct free_difference difference = {
        .order_id = any->order_id >> 63 == 0 ? any->order_id : 0,
        .t = again != NULL && again->t_venue < any->t_venue ? again->t_venue : any->t_venue,
        .instrument = any->instrument,
        .slot = any->slot,
        .side = any->side};
    struct free_difference *last;

    if (notes == NULL)
        return;
    if (then != NULL) {
        difference.px = then->px;
        difference.qty = then->qty;
    }
    if (again != NULL) {
        difference.again_px = again->px;
        difference.again_qty = again->qty;
    }
    if (notes->n_differences < FREE_DIFFERENCES) {
        notes->differences[notes->n_differences++] = difference;
    } else {
        last = &notes->differences[FREE_DIFFERENCES - 1];
        if (by_time(&difference, last) < 0)
            *last = difference;
    }
    qsort(notes->differences, notes->n_differences, sizeof(difference), by_time);
}

static void take_additional(const struct unit *again, struct free_stage *stage,
                            struct free_result *notes)
{
    if (again->is_taken)
        return;
    stage->n_additional++;
    note(notes, NULL, again);
}

/* What is left of the same order stands against each other, else it is alone. */
static void take_rest(struct units *a, struct units *b, struct free_stage *stage,
                      struct free_result *notes)
{
    uint32_t j = 0;

    qsort(a->all, a->n, sizeof(*a->all), by_order);
    qsort(b->all, b->n, sizeof(*b->all), by_order);
    for (uint32_t i = 0; i < a->n; i++) {
        if (a->all[i].is_taken)
            continue;
        while (j < b->n && (b->all[j].is_taken || b->all[j].order_id < a->all[i].order_id))
            take_additional(&b->all[j++], stage, notes);
        if (j < b->n && b->all[j].order_id == a->all[i].order_id) {
            stage->n_other++;
            note(notes, &a->all[i], &b->all[j++]);
        } else {
            stage->n_missing++;
            note(notes, &a->all[i], NULL);
        }
    }
    while (j < b->n)
        take_additional(&b->all[j++], stage, notes);
}

static int compare(struct units *a, const struct free_fill *fills, uint64_t n, int is_twin,
                   uint8_t *equal, struct free_stage *stage, struct free_result *notes)
{
    struct units b;
    int rc = gather(fills, n, 1, &b);

    if (rc < 0)
        return rc;
    for (uint32_t i = 0; i < a->n; i++)
        a->all[i].is_taken = 0;
    if (is_twin)
        take_same(a, &b, equal, stage);
    take_near(a, &b, equal, stage);
    take_rest(a, &b, stage, notes);
    free(b.all);
    return AGON_OK;
}

static agon_amt_t sum(const struct free_money *money, int is_volume)
{
    agon_amt_t amt = 0;

    for (uint32_t slot = 0; slot < SLOTS_MAX; slot++)
        amt = num_add(amt, is_volume ? money[slot].volume_amt : money[slot].pnl_amt);
    return amt;
}

int free_compare(const struct free_facts *facts, struct free_outcome *const outcomes[FREE_STAGES],
                 struct free_result *result)
{
    const struct free_stage *stage = &result->stages[FREE_STAGE];
    uint8_t *equal[FREE_STAGES] = {NULL};
    struct units units;
    uint64_t n_differ, n_all;
    int rc = gather(facts->watch.fills, facts->watch.n_fills, 0, &units);

    memset(result, 0, sizeof(*result));
    if (rc < 0)
        return rc;
    result->n_fills = units.n;
    result->pnl_amt = sum(facts->money, 0);
    result->volume_amt = sum(facts->money, 1);
    for (uint32_t i = 0; i < units.n; i++)
        units.all[i].at = i;
    for (uint32_t k = 0; k < FREE_STAGES && rc >= 0; k++) {
        equal[k] = calloc(units.n + 1u, 1);
        rc = equal[k] == NULL
                 ? AGON_ENOMEM
                 : compare(&units, outcomes[k]->fills, outcomes[k]->n_fills, 1, equal[k],
                           &result->stages[k], k == FREE_STAGE ? result : NULL);
        result->stages[k].pnl_amt = sum(outcomes[k]->money, 0);
    }
    // What made a fill equal is the first thing from which on it stays equal.
    for (uint32_t i = 0; i < units.n && rc >= 0; i++) {
        uint32_t k = FREE_STAGES;

        while (k > 0 && equal[k - 1][i])
            k--;
        if (k > 0)
            result->n_by_cause[k - 1]++;
    }
    for (uint32_t k = 0; k < FREE_STAGES; k++)
        free(equal[k]);
    free(units.all);
    for (uint32_t k = 0; k < FREE_CAUSES; k++)
        result->cause_amt[k] = result->stages[k + 1].pnl_amt - result->stages[k].pnl_amt;
    for (uint32_t k = 0; k < FREE_CAUSES; k++)
        result->additional_by_cause[k] =
            (int64_t)(result->stages[k].n_additional - result->stages[k + 1].n_additional);
    result->additional_by_cause[FREE_CAUSES] =
        (int64_t)result->stages[FREE_STAGES - 1].n_additional;
    result->unknown_amt = result->pnl_amt - result->stages[FREE_STAGES - 1].pnl_amt;
    n_differ = stage->n_other + stage->n_missing + stage->n_additional;
    n_all = n_differ + stage->n_equal;
    result->share_ppm =
        n_all > 0 ? num_mul_div((int64_t)n_differ, 1000000, (int64_t)n_all, NUM_UP) : 0;
    if (result->volume_amt > 0)
        result->pnl_bp = 1e4 * (double)(result->stages[FREE_STAGE].pnl_amt - result->pnl_amt) /
                         (double)result->volume_amt;
    return rc;
}

int free_against(const struct free_facts *a, const struct free_facts *b, struct free_stage *stage)
{
    struct units units;
    int rc = gather(a->watch.fills, a->watch.n_fills, 0, &units);

    memset(stage, 0, sizeof(*stage));
    if (rc < 0)
        return rc;
    rc = compare(&units, b->watch.fills, b->watch.n_fills, 0, NULL, stage, NULL);
    stage->pnl_amt = sum(b->money, 0) - sum(a->money, 0);
    free(units.all);
    return rc;
}
