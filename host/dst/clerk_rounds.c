// SPDX-License-Identifier: Apache-2.0
/* clerk_rounds: reading of everything: open orders, fills, balances, and orders that are ours and
 * that nobody knows. */
#include "dst/clerk_impl.h"

static int ask_part(struct world *world, enum ask what)
{
    struct ticket *ticket = clerk_ask(world, what, 0, LIMITER_QUERY, DATA_NS);

    if (ticket == NULL)
        return 0;
    ticket->round = world->clerk.round;
    return 1;
}

agon_ns_t clerk_round_ns(const struct world *world)
{
    const struct limiter_rule *rule = &world->clerk.limiter.buckets[COST_WEIGHT].rule;
    agon_ns_t weight = (agon_ns_t)clerk_weights[ASK_OPEN] + clerk_weights[ASK_ACCOUNT] +
                       (agon_ns_t)world->swarm.n_instruments * clerk_weights[ASK_TRADES];
    agon_ns_t share = (agon_ns_t)rule->capacity * rule->share_ppm / 1000000;
    agon_ns_t least_ns = rule->window_ns / (share > 0 ? share : 1) * 2 * weight;

    return world->swarm.reconcile_ns > least_ns ? world->swarm.reconcile_ns : least_ns;
}

void clerk_begin_round(struct world *world)
{
    struct clerk *clerk = &world->clerk;
    uint32_t n = 0;

    clerk->is_round = 1;
    clerk->is_round_bad = 0;
    clerk->t_reconcile = world->now + clerk_round_ns(world);
    if (++clerk->round == 0)
        clerk->round = 1;
    for (agon_instrument_t id = 1; id <= world->swarm.n_instruments; id++)
        n += (uint32_t)clerk_ask_trades(world, id, clerk->round);
    n += (uint32_t)ask_part(world, ASK_OPEN);
    clerk->n_out = n;
    if (n < world->swarm.n_instruments + 1)
        clerk->is_round_bad = 1;
}

void clerk_end_part(struct world *world, const struct ticket *ticket, int is_good)
{
    struct clerk *clerk = &world->clerk;

    if (!clerk->is_round || ticket->round != clerk->round)
        return;
    if (!is_good)
        clerk->is_round_bad = 1;
    if (clerk->n_out > 0 && --clerk->n_out > 0)
        return;
    // The balances come last: what the fills before them made of the account is booked by then.
    if (ticket->what != ASK_ACCOUNT && !clerk->is_round_bad) {
        clerk->n_out = (uint32_t)ask_part(world, ASK_ACCOUNT);
        if (clerk->n_out > 0)
            return;
        clerk->is_round_bad = 1;
    }
    clerk->is_round = 0;
    if (clerk->is_round_bad) {
        clerk->t_reconcile = world->now + RETRY_NS;
        return;
    }
    clerk->is_ready = clerk->is_linked;
}

/* False: an order must be asked about before its trade can be booked. */
static int take_trade(struct world *world, const struct bare_fill *from)
{
    struct clerk *clerk = &world->clerk;
    struct outbox_fill fill = clerk_fill_of(world, from);
    const struct outbox_entry *entry =
        outbox_find_venue(&clerk->outbox, fill.instrument, fill.venue_order);

    if (entry == NULL && !map_get(&clerk->strangers, fill.venue_order, NULL))
        return 0;
    if (entry != NULL) {
        fill.order_id = entry->order_id;
        fill.rev = entry->venue_order == from->order_id ? entry->rev : (uint8_t)(entry->rev - 1);
    }
    outbox_fill(&clerk->outbox, &fill, world->now);
    return 1;
}

static void have_read(struct world *world, agon_instrument_t id, uint64_t last)
{
    struct clerk *clerk = &world->clerk;
    struct record_fills_read read = {.hdr = {.type = EVENT_FILLS_READ,
                                             .granules = sizeof(read) / EVENT_GRANULE,
                                             .instrument = id},
                                     .venue_fill = last};

    if (clerk->has_read[id] && clerk->last_fill[id] == last)
        return;
    clerk->last_fill[id] = last;
    clerk->is_based[id] = clerk->has_read[id] = 1;
    clerk_emit(world, &read.hdr);
}

int clerk_take_trades(struct world *world, const struct ticket *ticket, const struct list *list)
{
    struct clerk *clerk = &world->clerk;
    agon_instrument_t id = ticket->instrument;
    int is_base = ticket->a == 0 && ticket->b == 0;
    uint64_t last = ticket->b != 0 ? 0 : clerk->last_fill[id];
    int is_stuck = 0;

    clerk->is_reading = 1;
    for (uint32_t i = 0; i < list->n; i++) {
        const struct bare_fill *fill = &list->u.fills[i];

        if (is_base)
            last = fill->id;
        else if (!take_trade(world, fill) && !is_stuck) {
            struct ticket *number = clerk_ask(world, ASK_NUMBER, id, LIMITER_QUERY, DATA_NS);

            is_stuck = 1;
            if (clerk->unknown[id] != fill->order_id) {
                clerk->unknown[id] = fill->order_id;
                clerk->t_unknown[id] = world->now;
            }
            if (number != NULL)
                number->a = fill->order_id;
        }
        if (!is_stuck && fill->id > last)
            last = fill->id;
    }
    clerk->is_reading = 0;
    if (ticket->b != 0) {
        if (list->n == PAGE && !is_stuck)
            clerk_ask_order_trades(world, id, ticket->order_id, ticket->b, last + 1);
        return !is_stuck;
    }
    have_read(world, id, last);
    if (list->n == PAGE && !is_stuck)
        clerk_ask_trades(world, id, 0);
    return !is_stuck;
}

void clerk_learn_stranger(struct world *world, uint64_t number)
{
    (void)map_put(&world->clerk.strangers, number, 1);
}

void clerk_take_number(struct world *world, const struct ticket *ticket, enum answer answer,
                       const struct answered *answered)
{
    const struct clerk *clerk = &world->clerk;
    uint64_t order_id;
    uint8_t rev;

    if (answer == ANSWER_NO_ORDER && clerk->unknown[ticket->instrument] == ticket->a &&
        ticket->sent_ns > clerk->t_unknown[ticket->instrument] + OUTBOX_VIEW_LAG_NS)
        clerk_learn_stranger(world, ticket->a);
    else if (answer != ANSWER_GOOD)
        return; // the next round asks again
    else if (!lane_own_id(answered->order.client, &order_id, &rev))
        clerk_learn_stranger(world, ticket->a);
    else
        clerk_show(world, &answered->order, order_id, rev, answered->order.state,
                   lane_qty(answered->order.filled_qty), SEEN_QUERY, ticket->sent_ns);
    clerk_ask_trades(world, ticket->instrument, 0);
}

void clerk_take_open(struct world *world, const struct ticket *ticket, const struct list *list)
{
    struct outbox *outbox = &world->clerk.outbox;

    for (uint32_t i = 0; i < outbox->n; i++)
        outbox->all[i].is_listed = 0;
    for (uint32_t i = 0; i < list->n && i < LIST_ROOM; i++) {
        const struct bare_order *order = &list->u.orders[i];
        struct outbox_entry *entry;
        uint64_t order_id;
        uint8_t rev;

        if (!lane_own_id(order->client, &order_id, &rev))
            continue;
        clerk_show(world, order, order_id, rev, order->state, lane_qty(order->filled_qty),
                   SEEN_LIST, ticket->sent_ns);
        entry = outbox_find(outbox, order_id);
        if (entry != NULL)
            entry->is_listed = 1;
    }
    for (uint32_t i = 0; i < outbox->n; i++) {
        if (!outbox->all[i].is_listed)
            outbox_not_listed(outbox, &outbox->all[i], ticket->sent_ns, world->now);
    }
}

void clerk_take_account(struct world *world, const struct answered *answered)
{
    agon_asset_t last = world->swarm.n_instruments + 1;

    for (agon_asset_t asset = USDT; asset <= last; asset++) {
        struct record_account account = {.hdr = {.type = EVENT_ACCOUNT, .granules = 1},
                                         .flags = (uint16_t)(1 | (asset == last ? 2 : 0)),
                                         .asset = asset,
                                         .free_amt = answered->free_amt[asset - 1],
                                         .held_amt = answered->held_amt[asset - 1]};

        clerk_emit(world, &account.hdr);
    }
}

void clerk_ask_strays(struct world *world)
{
    struct outbox_stray *stray;

    while ((stray = outbox_stray_due(&world->clerk.outbox, world->now, 2 * DATA_NS)) != NULL) {
        struct ticket *ticket =
            clerk_ask(world, ASK_STRAY, stray->instrument, LIMITER_CANCEL, DATA_NS);

        if (ticket == NULL)
            return;
        ticket->a = stray->order_id;
        ticket->b = stray->rev;
    }
}

void clerk_take_stray(struct world *world, const struct ticket *ticket, enum answer answer)
{
    int was_open = answer == ANSWER_GOOD;

    outbox_stray_answer(&world->clerk.outbox, ticket->a, (uint8_t)ticket->b,
                        was_open || answer == ANSWER_NO_ORDER, was_open, world->now);
    if (was_open)
        clerk_ask_trades(world, ticket->instrument, 0);
}
