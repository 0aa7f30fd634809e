// SPDX-License-Identifier: Apache-2.0
/* past: what a client was shown before, for queries that look back (a fault with do: lag). After
 * each step of the venue, every order that may still change and every account is held against its
 * last picture; where they differ the picture is kept with the time until which it was true. A
 * query of time t sees the first picture that was true later than t, or what is now. */
#include <stdlib.h>

#include "sim/binance/um.h"

struct picture { /* of an order */
    struct simb_order order;
    struct simum_order um;
};
struct watched {
    struct simb_order *order;
    struct picture last;
};
struct past_order {
    agon_ns_t t_until; /* transport */
    const struct simb_order *order;
    struct picture was;
};
struct past_money { /* of an account: spot by asset, USD-M all of it */
    agon_ns_t t_until;
    uint32_t owner;
    agon_asset_t asset;
    agon_amt_t free_amt, locked_amt;
    struct perp_account *perp; /* owned; USD-M */
};
struct simb_past {
    agon_ns_t longest_ns;
    struct watched *watched; /* owned */
    uint32_t n_watched, watched_room;
    struct past_order *orders; /* owned; oldest first */
    uint32_t n_orders, orders_room;
    struct past_money *money; /* owned; oldest first */
    uint32_t n_money, money_room;
    agon_amt_t *last;          /* owned; spot: free and locked by owner and asset */
    struct perp_account *perp; /* owned; USD-M: by owner */
    uint32_t n_assets;
    struct picture shown;
};

static void *grow(void *all, uint32_t n, uint32_t *room, size_t size)
{
    if (n < *room)
        return all;
    *room = *room ? *room * 2 : 64;
    all = realloc(all, *room * size);
    REQUIRE(all != NULL);
    return all;
}

static agon_amt_t *last_of(struct simb_past *past, uint32_t owner, agon_asset_t asset)
{
    return &past->last[2 * ((size_t)owner * (past->n_assets + 1) + asset)];
}

int simb_past_open(struct simb *b)
{
    agon_ns_t longest = faults_longest_lag(b->sim.config.faults, b->um ? FAULT_UM : FAULT_SPOT);
    struct simb_past *past;

    if (longest == 0)
        return AGON_OK;
    past = calloc(1, sizeof(*past));
    if (!past)
        return AGON_ENOMEM;
    b->past = past;
    past->longest_ns = longest;
    past->n_assets = pit_table(b->sim.pit)->n_assets;
    if (b->um)
        past->perp = calloc(b->sim.n_accounts, sizeof(*past->perp));
    else
        past->last =
            calloc((size_t)b->sim.n_accounts * (past->n_assets + 1) * 2, sizeof(*past->last));
    if (!past->perp && !past->last)
        return AGON_ENOMEM;
    for (uint32_t owner = 0; owner < b->sim.n_accounts; owner++) {
        if (b->um) {
            past->perp[owner] = b->um->accounts[owner];
            continue;
        }
        for (agon_asset_t asset = 1; asset <= past->n_assets; asset++) {
            last_of(past, owner, asset)[0] = pit_free_amt(b->sim.pit, owner, asset);
            last_of(past, owner, asset)[1] = pit_locked_amt(b->sim.pit, owner, asset);
        }
    }
    return AGON_OK;
}

void simb_past_close(struct simb *b)
{
    struct simb_past *past = b->past;

    if (!past)
        return;
    for (uint32_t i = 0; i < past->n_money; i++)
        free(past->money[i].perp);
    free(past->watched);
    free(past->orders);
    free(past->money);
    free(past->last);
    free(past->perp);
    free(past);
    b->past = NULL;
}

/* --- what changed --- */

static void take_picture(struct picture *picture, const struct simb_order *order)
{
    memset(picture, 0, sizeof(*picture));
    picture->order = *order;
    picture->order.next_in_bucket = NULL; // where it stands in the table is not shown
    if (order->um) {
        picture->um = *order->um;
        picture->um.at = 0;
        picture->order.um = NULL;
    }
}

void simb_past_enter(struct simb *b, struct simb_order *order)
{
    struct simb_past *past = b->past;
    struct watched *watched;

    if (!past)
        return;
    past->watched =
        grow(past->watched, past->n_watched, &past->watched_room, sizeof(*past->watched));
    watched = &past->watched[past->n_watched++];
    watched->order = order;
    take_picture(&watched->last, order);
}

static void note_orders(struct simb *b)
{
    struct simb_past *past = b->past;
    uint32_t kept = 0;

    for (uint32_t i = 0; i < past->n_watched; i++) {
        struct watched *watched = &past->watched[i];
        struct picture now;

        take_picture(&now, watched->order);
        if (memcmp(&now, &watched->last, sizeof(now)) != 0) {
            past->orders =
                grow(past->orders, past->n_orders, &past->orders_room, sizeof(*past->orders));
            past->orders[past->n_orders++] = (struct past_order){
                .t_until = b->sim.now.transport, .order = watched->order, .was = watched->last};
            watched->last = now;
        }
        // One that has left changes no more, but in the step in which it left.
        if (watched->order->is_open)
            past->watched[kept++] = *watched;
    }
    past->n_watched = kept;
}

static struct past_money *add_money(struct simb *b, uint32_t owner)
{
    struct simb_past *past = b->past;
    struct past_money *money;

    past->money = grow(past->money, past->n_money, &past->money_room, sizeof(*past->money));
    money = &past->money[past->n_money++];
    *money = (struct past_money){.t_until = b->sim.now.transport, .owner = owner};
    return money;
}

static void note_spot(struct simb *b, uint32_t owner)
{
    for (agon_asset_t asset = 1; asset <= b->past->n_assets; asset++) {
        agon_amt_t *last = last_of(b->past, owner, asset);
        agon_amt_t free_amt = pit_free_amt(b->sim.pit, owner, asset);
        agon_amt_t locked_amt = pit_locked_amt(b->sim.pit, owner, asset);
        struct past_money *money;

        if (last[0] == free_amt && last[1] == locked_amt)
            continue;
        money = add_money(b, owner);
        money->asset = asset;
        money->free_amt = last[0];
        money->locked_amt = last[1];
        last[0] = free_amt;
        last[1] = locked_amt;
    }
}

static void note_perp(struct simb *b, uint32_t owner)
{
    struct perp_account *last = &b->past->perp[owner];
    struct past_money *money;

    if (memcmp(last, &b->um->accounts[owner], sizeof(*last)) == 0)
        return;
    money = add_money(b, owner);
    money->perp = malloc(sizeof(*money->perp));
    REQUIRE(money->perp != NULL);
    *money->perp = *last;
    *last = b->um->accounts[owner];
}

/* No query looks back further than the longest lag. */
static void prune(struct simb *b)
{
    struct simb_past *past = b->past;
    agon_ns_t since = b->sim.now.transport - past->longest_ns;
    uint32_t gone = 0;

    while (gone < past->n_orders && past->orders[gone].t_until < since)
        gone++;
    past->n_orders -= gone;
    if (gone > 0)
        memmove(past->orders, past->orders + gone, past->n_orders * sizeof(*past->orders));
    for (gone = 0; gone < past->n_money && past->money[gone].t_until < since; gone++)
        free(past->money[gone].perp);
    past->n_money -= gone;
    if (gone > 0)
        memmove(past->money, past->money + gone, past->n_money * sizeof(*past->money));
}

void simb_past_note(struct simb *b)
{
    if (!b->past)
        return;
    note_orders(b);
    for (uint32_t owner = 0; owner < b->sim.n_accounts; owner++) {
        if (b->um)
            note_perp(b, owner);
        else
            note_spot(b, owner);
    }
    prune(b);
}

void simb_past_forget(struct simb *b, const struct simb_order *order)
{
    struct simb_past *past = b->past;
    uint32_t kept = 0;

    for (uint32_t i = 0; past && i < past->n_orders; i++)
        if (past->orders[i].order != order)
            past->orders[kept++] = past->orders[i];
    if (past)
        past->n_orders = kept;
}

/* --- what a call sees --- */

const struct simb_order *simb_past_order(const struct simb_call *call,
                                         const struct simb_order *order)
{
    struct simb_past *past = call->b->past;

    if (!past || call->t_view == 0 || !order)
        return order;
    if (order->t_placed > call->t_view)
        return NULL;
    for (uint32_t i = 0; i < past->n_orders; i++) {
        const struct past_order *was = &past->orders[i];

        if (was->order != order || was->t_until <= call->t_view)
            continue;
        past->shown = was->was;
        if (order->um)
            past->shown.order.um = &past->shown.um;
        return &past->shown.order;
    }
    return order;
}

int simb_past_is_seen(const struct simb_call *call, const struct simb_fill *fill)
{
    return call->t_view == 0 || fill->t_seen <= call->t_view;
}

void simb_past_balance(const struct simb_call *call, agon_asset_t asset, agon_amt_t *free_amt,
                       agon_amt_t *locked_amt)
{
    const struct simb_past *past = call->b->past;
    uint32_t owner = call->account->owner;

    *free_amt = pit_free_amt(call->b->sim.pit, owner, asset);
    *locked_amt = pit_locked_amt(call->b->sim.pit, owner, asset);
    for (uint32_t i = 0; past && call->t_view != 0 && i < past->n_money; i++) {
        const struct past_money *was = &past->money[i];

        if (was->owner != owner || was->asset != asset || was->t_until <= call->t_view)
            continue;
        *free_amt = was->free_amt;
        *locked_amt = was->locked_amt;
        return;
    }
}

const struct perp_account *simb_past_perp(const struct simb_call *call)
{
    const struct simb_past *past = call->b->past;

    for (uint32_t i = 0; past && call->t_view != 0 && i < past->n_money; i++)
        if (past->money[i].owner == call->account->owner && past->money[i].t_until > call->t_view)
            return past->money[i].perp;
    return um_account(call->b, call->account);
}
