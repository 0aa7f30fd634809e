// SPDX-License-Identifier: Apache-2.0
/* What a slot has promised, and what its next order may be, by the journal: worked out of its
 * orders, one by one, and of its money and its positions. No sum of the host's is believed.
 *
 *   money that the gate calls free   at most what the slot has, less what its open buys may cost
 *                                    with their fees, and less the margin of what positions and
 *                                    open orders may lead to and what positions have lost; for each
 *                                    order the dearest that it may be while it is being replaced
 *   a limit of a position            an order that adds to it, with all that is open filled
 *   net, and of one asset            an order that raises it, over all slots and both markets, with
 *                                    all that is open on its side filled
 *
 * What is left out makes it less, never more: fills of ended orders that are known and not told. */
#include <stdlib.h>

#include "base/num.h"
#include "dst/bytes_books.h"
#include "engine/engine.h"
#include "run/host_impl.h"

#define UNIT  100000000ll
#define SLACK 64 /* units, of 10^-8 of the quote: an order's cost rounds by one */

struct bytes_promises {
    struct bytes *world;
    const struct bytes_books *books; /* borrowed */
    uint64_t last_order[BYTES_SLOTS];
};

struct reach { /* of a slot in an instrument: what it holds, and what its open orders may do */
    int64_t held, buys, sells, cost; /* cost: of the buys, with fees */
};

int bytes_promises_new(struct bytes_promises **promises, struct bytes *world,
                       const struct bytes_books *books)
{
    *promises = calloc(1, sizeof(**promises));
    if (*promises == NULL)
        return AGON_ENOMEM;
    (*promises)->world = world;
    (*promises)->books = books;
    return AGON_OK;
}

void bytes_promises_free(struct bytes_promises *promises)
{
    free(promises);
}

static int is_spot(const struct bytes *world, uint32_t coin)
{
    return world->instruments[coin].kind == INSTRUMENT_SPOT;
}

/* As large, and as dear, as it may be: a replacement on its way is done, or it is not. */
static void worst_of(const struct order *order, int64_t *px, int64_t *qty)
{
    *px = order->type == AGON_LIMIT ? order->px : order->hold_px;
    *qty = order->qty;
    if (order->request == AGON_REQUEST_REPLACE) {
        *qty = order->new_qty > *qty ? order->new_qty : *qty;
        *px = order->new_px > *px ? order->new_px : *px;
    }
    *qty -= order->filled_qty;
}

static int64_t with_fee(const struct host_instrument *instrument, int64_t amt)
{
    int64_t ppb = instrument->taker_fee_ppb > instrument->maker_fee_ppb ? instrument->taker_fee_ppb
                                                                        : instrument->maker_fee_ppb;

    return amt + (ppb > 0 ? num_mul_div(amt, ppb, 1000000000, NUM_DOWN) : 0);
}

static struct reach reach_of(const struct bytes *world, struct engine *engine, uint16_t slot,
                             uint32_t coin, const struct order *without)
{
    const struct position *pos = ledger_position(engine_ledger(engine), slot, coin + 1, 0);
    struct reach reach = {.held = pos != NULL ? pos->qty : 0};
    struct orders *orders = engine_orders(engine);

    for (struct order *order = orders_next(orders, slot, NULL); order != NULL;
         order = orders_next(orders, slot, order)) {
        int64_t px, qty;

        if (order->instrument != coin + 1 || order == without || order_is_final(order))
            continue;
        worst_of(order, &px, &qty);
        if (order->side == AGON_BUY) {
            reach.buys += qty;
            reach.cost +=
                with_fee(&world->instruments[coin], bytes_books_amt(world, coin, px, qty));
        } else {
            reach.sells += qty;
        }
    }
    return reach;
}

/* --- money that is free --- */

static int64_t margin_of(const struct bytes *world, struct engine *engine, uint16_t slot,
                         uint32_t coin, const struct reach *reach)
{
    const struct position *pos = ledger_position(engine_ledger(engine), slot, coin + 1, 0);
    uint32_t leverage = engine_slots(engine)->all[slot].limits.leverage;
    int64_t up = llabs((long long)(reach->held + reach->buys));
    int64_t down = llabs((long long)(reach->held - reach->sells));
    int64_t px = engine_mark_px(engine, coin + 1);
    int64_t bound = bytes_books_amt(world, coin, px, up > down ? up : down);
    int64_t won = 0;

    if (leverage > 1)
        bound /= leverage;
    if (pos != NULL && pos->qty != 0 && px > 0)
        won = bytes_books_amt(world, coin, px, pos->qty) - pos->cost_amt;
    return won < 0 ? bound - won : bound;
}

static void check_free(struct bytes_promises *promises, struct engine *engine, uint16_t slot,
                       uint64_t seq)
{
    const struct bytes *world = promises->world;
    agon_asset_t usdt = instruments_find_asset(engine_instruments(engine), "USDT");
    int64_t left[BYTES_VENUES];

    for (uint32_t account = 0; account < world->swarm.n_venues; account++)
        left[account] = ledger_amt(engine_ledger(engine), (agon_account_t)account, slot, usdt);
    for (uint32_t coin = 0; coin < world->n_coins; coin++) {
        struct reach reach = reach_of(world, engine, slot, coin, NULL);

        left[is_spot(world, coin) ? 0 : 1] -=
            is_spot(world, coin) ? reach.cost : margin_of(world, engine, slot, coin, &reach);
    }
    for (uint32_t account = 0; account < world->swarm.n_venues; account++) {
        int64_t is_free =
            engine_free_of(engine, &engine_slots(engine)->all[slot], (agon_account_t)account, usdt);

        if (is_free > left[account] + SLACK)
            bytes_fail(promises->world, "inv-10",
                       "event %llu: slot %u may spend %lld on account %u, and by its money, its "
                       "orders and its positions it has %lld",
                       (unsigned long long)seq, slot, (long long)is_free, account,
                       (long long)left[account]);
    }
}

/* --- limits of what is held and of what could be --- */

static void check_position(struct bytes_promises *promises, struct engine *engine,
                           const struct order *order, const struct reach *before, uint64_t seq)
{
    int64_t limit = engine_slots(engine)->all[order->slot].limits.position_amt;
    int64_t px = order->type == AGON_LIMIT ? order->px : order->hold_px;
    int64_t could = order->side == AGON_BUY ? before->held + before->buys + order->qty
                                            : before->held - before->sells - order->qty;
    int64_t amt =
        bytes_books_amt(promises->world, order->instrument - 1, px, llabs((long long)could));

    if (limit != 0 && amt > limit + 1)
        bytes_fail(promises->world, "inv-10",
                   "event %llu: order %llx is made, and slot %u could come to a position of %lld "
                   "by it, its limit is %lld",
                   (unsigned long long)seq, (unsigned long long)order->id, order->slot,
                   (long long)amt, (long long)limit);
}

/* Longs less shorts of one base, or of all, with the orders of one side filled. */
static int64_t net_of(const struct bytes_promises *promises, struct engine *engine,
                      const struct order *without, const char *base)
{
    const struct bytes *world = promises->world;
    const struct slots *slots = engine_slots(engine);
    int64_t net = 0;

    for (uint32_t coin = 0; coin < world->n_coins; coin++) {
        if (base != NULL && strcmp(world->instruments[coin].base, base) != 0)
            continue;
        for (uint16_t slot = 0; slot < BYTES_SLOTS && slot < slots->n; slot++) {
            struct reach reach;

            if (!slots->all[slot].is_used)
                continue;
            reach = reach_of(world, engine, slot, coin, without);
            net += bytes_books_amt(world, coin, bytes_books_px(promises->books, coin),
                                   without->side == AGON_BUY ? reach.held + reach.buys
                                                             : reach.held - reach.sells);
        }
    }
    return net;
}

static void check_net(struct bytes_promises *promises, struct engine *engine,
                      const struct order *order, uint64_t seq)
{
    const struct portfolio_limits *limits = engine_portfolio_limits(engine);
    const char *base = promises->world->instruments[order->instrument - 1].base;
    int64_t px = order->type == AGON_LIMIT ? order->px : order->hold_px;
    int64_t own = bytes_books_amt(promises->world, order->instrument - 1, px, order->qty);

    for (int is_all = 0; is_all < 2; is_all++) {
        int64_t limit = is_all ? limits->net_amt : limits->asset_amt;
        int64_t net;

        if (limit == 0)
            continue;
        net = net_of(promises, engine, order, is_all ? NULL : base);
        net = order->side == AGON_BUY ? net + own : own - net;
        if (net > limit + UNIT / 100)
            bytes_fail(promises->world, "inv-10",
                       "event %llu: order %llx is made, and by it all slots could come to %s of "
                       "%lld, the limit is %lld",
                       (unsigned long long)seq, (unsigned long long)order->id,
                       is_all ? "net" : "an asset", (long long)net, (long long)limit);
    }
}

static int is_reducing(const struct order *order, const struct reach *before)
{
    int64_t could = order->side == AGON_BUY ? before->held + before->buys + order->qty
                                            : before->held - before->sells - order->qty;

    return before->held > 0 ? could >= 0 && could < before->held
                            : could <= 0 && could > before->held;
}

static void check_new(struct bytes_promises *promises, struct engine *engine, uint16_t slot,
                      uint64_t seq)
{
    uint64_t last = promises->last_order[slot];
    struct orders *orders = engine_orders(engine);

    for (struct order *order = orders_next(orders, slot, NULL); order != NULL;
         order = orders_next(orders, slot, order)) {
        struct reach before;

        if (order->id <= promises->last_order[slot])
            continue;
        last = order->id > last ? order->id : last;
        if ((order->flags & ORDER_IS_EXIT) != 0 || order->instrument > promises->world->n_coins)
            continue;
        before = reach_of(promises->world, engine, slot, order->instrument - 1, order);
        if (is_reducing(order, &before))
            continue;
        check_position(promises, engine, order, &before, seq);
        check_net(promises, engine, order, seq);
    }
    promises->last_order[slot] = last;
}

void bytes_promises_stepped(struct bytes_promises *promises, struct engine *engine,
                            const struct agon_event_hdr *event)
{
    const struct slots *slots = engine_slots(engine);

    // Orders, and what they hold back, change with these alone.
    if (event->type != AGON_EVENT_INTENT && event->type != EVENT_REPORT && event->type != EVENT_DUE)
        return;
    for (uint16_t slot = 0; slot < BYTES_SLOTS && slot < slots->n; slot++) {
        if (!slots->all[slot].is_used)
            continue;
        check_free(promises, engine, slot, event->seq);
        check_new(promises, engine, slot, event->seq);
    }
}
