// SPDX-License-Identifier: Apache-2.0
/* clerk_answers: what a new, cancelled or replaced order is after its answer, and what is asked
 * where there is none. */
#include "dst/clerk_impl.h"

void clerk_show(struct world *world, const struct bare_order *order, uint64_t order_id, uint8_t rev,
                uint8_t state, agon_qty_t cum_qty, enum outbox_source source, int64_t asked_ns)
{
    struct outbox_seen seen = {.order_id = order_id,
                               .venue_order = order->id,
                               .instrument = order->sym + 1,
                               .rev = rev,
                               .state = state,
                               .side = order->side,
                               .source = (uint8_t)source,
                               .is_total = world->swarm.is_in_place,
                               .px = lane_px(order->px),
                               .qty = lane_qty(order->qty),
                               .cum_qty = cum_qty,
                               .t_venue = order->t_update,
                               .asked_ns =
                                   source == SEEN_QUERY || source == SEEN_LIST ? asked_ns : 0};

    if (state == AGON_ORDER_EXPIRED)
        seen.reason = order->is_stp ? REASON_VENUE_STP : REASON_VENUE_EXPIRED;
    else if (state == AGON_ORDER_REJECTED)
        seen.reason = REASON_VENUE_REJECT;
    if (world->swarm.is_in_place)
        outbox_in_place(&world->clerk.outbox, &seen);
    outbox_seen(&world->clerk.outbox, &seen, 0, world->now);
}

struct outbox_fill clerk_fill_of(struct world *world, const struct bare_fill *from)
{
    return (struct outbox_fill){.venue_order = from->order_id,
                                .fill = from->id,
                                .instrument = from->sym + 1,
                                .side = from->side,
                                .liquidity = from->is_maker ? LIQUIDITY_MAKER : LIQUIDITY_TAKER,
                                .px = lane_px(from->px),
                                .qty = lane_qty(from->qty),
                                .fee_amt = from->fee_amt,
                                .fee_asset = world->lane.assets[from->fee_asset],
                                .t_venue = from->t};
}

/* First that it is there, then its fills in their order, then what it is now. */
static void take_new(struct world *world, const struct answered *answered, uint64_t order_id,
                     uint8_t rev)
{
    const struct bare_order *order = &answered->order;
    agon_qty_t cum_qty = 0;

    clerk_show(world, order, order_id, rev, AGON_ORDER_OPEN, 0, SEEN_REPLY, 0);
    for (uint32_t i = 0; i < answered->n_fills; i++) {
        struct outbox_fill fill = clerk_fill_of(world, &answered->fills[i]);

        cum_qty += fill.qty;
        fill.order_id = order_id;
        fill.rev = rev;
        fill.wire_cum_qty = cum_qty;
        outbox_fill(&world->clerk.outbox, &fill, world->now);
    }
    clerk_show(world, order, order_id, rev, order->state, lane_qty(order->filled_qty), SEEN_REPLY,
               0);
}

static void outcome(struct world *world, struct outbox_entry *entry, enum outbox_outcome outcome,
                    uint16_t reason, int code)
{
    outbox_outcome(&world->clerk.outbox, entry, outcome, reason, code, world->now);
}

/* One order, one answer: a refusal tells of nothing else. */
static int take_modify(struct world *world, const struct answered *answered,
                       const struct outbox_entry *entry)
{
    const struct bare_order *order = &answered->order;

    if (answered->verdict.status != 200 || lane_px(order->px) != entry->next_px ||
        lane_qty(order->qty) != entry->next_qty)
        return 0;
    clerk_show(world, order, entry->order_id, 0, order->state, lane_qty(order->filled_qty),
               SEEN_REPLY, 0);
    return 1;
}

/* Both halves of a replacement. False: a query must tell. */
static int take_replace(struct world *world, const struct answered *answered,
                        struct outbox_entry *entry)
{
    const struct bare_replaced *replaced = &answered->replaced;
    const struct bare_verdict *verdict =
        replaced->is_cancelled ? &replaced->place : &replaced->cancel;
    uint8_t new_rev = entry->pending_rev;
    enum answer half;

    if (world->swarm.is_in_place)
        return take_modify(world, answered, entry);
    if (replaced->cancel.status == 0)
        return 0;
    if (replaced->is_cancelled)
        clerk_show(world, &replaced->cancelled, entry->order_id, entry->rev, AGON_ORDER_CANCELLED,
                   lane_qty(replaced->cancelled.filled_qty), SEEN_REPLY, 0);
    if (replaced->is_placed) {
        const struct bare_order *placed = &replaced->placed;
        uint64_t order_id = entry->order_id;

        clerk_show(world, placed, order_id, new_rev, AGON_ORDER_OPEN, 0, SEEN_REPLY, 0);
        if (placed->state != AGON_ORDER_OPEN)
            clerk_show(world, placed, order_id, new_rev, placed->state,
                       lane_qty(placed->filled_qty), SEEN_REPLY, 0);
        return 1;
    }
    half = binance_judge(verdict->status, verdict->code, verdict->text);
    if (half == ANSWER_UNKNOWN || half == ANSWER_DUPLICATE)
        return 0;
    if (!replaced->is_cancelled && half == ANSWER_NO_ORDER &&
        strstr(verdict->text, "restrictions") == NULL) {
        outcome(world, entry, OUTCOME_UNKNOWN, REASON_VENUE_UNKNOWN_ORDER, verdict->code);
        return 1;
    }
    outcome(world, entry, OUTCOME_REJECTED,
            replaced->is_cancelled ? binance_refusal(half, verdict->code, verdict->text)
                                   : (uint16_t)REASON_VENUE_UNKNOWN_ORDER,
            verdict->code);
    return 1;
}

/* An order was cancelled in order to be placed anew with what is left of it. */
static void take_swap_cancel(struct world *world, const struct ticket *ticket,
                             const struct answered *answered, struct outbox_entry *entry)
{
    struct ticket *next;

    clerk_show(world, &answered->order, entry->order_id, entry->rev, AGON_ORDER_CANCELLED,
               lane_qty(answered->order.filled_qty), SEEN_REPLY, 0);
    if (entry->pending != CMD_REPLACE)
        return;
    if (outbox_left(entry) <= 0) {
        outcome(world, entry, OUTCOME_REJECTED, REASON_SIZE, 0);
        return;
    }
    next = clerk_ask_order(world, ASK_SWAP_NEW, entry, LIMITER_OTHER, world->swarm.hold_ns);
    if (next == NULL)
        outcome(world, entry, OUTCOME_REJECTED, REASON_VENUE_BUSY, 0);
    else
        next->cmd = ticket->cmd;
}

static void take_done(struct world *world, const struct ticket *ticket,
                      const struct answered *answered, struct outbox_entry *entry)
{
    switch (ticket->what) {
    case ASK_NEW:
    case ASK_SWAP_NEW:
        take_new(world, answered, entry->order_id, entry->pending_rev);
        break;
    case ASK_REPLACE:
        if (!take_replace(world, answered, entry))
            outcome(world, entry, OUTCOME_UNKNOWN, REASON_TIMEOUT, 0);
        break;
    case ASK_SWAP_CANCEL:
        take_swap_cancel(world, ticket, answered, entry);
        break;
    default:
        clerk_show(world, &answered->order, entry->order_id, entry->rev, answered->order.state,
                   lane_qty(answered->order.filled_qty), SEEN_REPLY, 0);
        outcome(world, entry, OUTCOME_ACCEPTED, 0, 0);
        break;
    }
}

/* A refusal, or an answer that leaves open what was done. True: the request goes once more. */
static int take_refusal(struct world *world, struct ticket *ticket, const struct answered *answered,
                        enum answer answer, struct outbox_entry *entry)
{
    const struct bare_verdict *verdict = &answered->verdict;
    uint16_t reason = binance_refusal(answer, verdict->code, verdict->text);
    int is_cancel = ticket->what == ASK_CANCEL;

    switch (answer) {
    case ANSWER_UNKNOWN:
    case ANSWER_DUPLICATE:
        if (ticket->what == ASK_REPLACE && take_replace(world, answered, entry))
            return 0;
        outcome(world, entry, OUTCOME_UNKNOWN,
                answer == ANSWER_DUPLICATE ? REASON_VENUE_DUPLICATE : REASON_TIMEOUT,
                verdict->code);
        return 0;
    case ANSWER_CLOCK:
        // Refused before it reached the engine: the same id, with a new stamp.
        if (ticket->tries < 3) {
            ticket->is_refused = 1;
            clerk_queue(ticket, world->now + RESIGN_NS);
            return 1;
        }
        break;
    case ANSWER_NO_ORDER:
        if (is_cancel && ticket->is_lost) {
            outcome(world, entry, OUTCOME_UNKNOWN, REASON_TIMEOUT, verdict->code);
            return 0;
        }
        break;
    case ANSWER_RATE:
    case ANSWER_LATER:
        if (is_cancel && world->now < ticket->until_ns) {
            ticket->not_before = world->now + AGAIN_NS;
            clerk_queue(ticket, ticket->until_ns);
            return 1;
        }
        break;
    default:
        if (ticket->what == ASK_REPLACE && take_replace(world, answered, entry))
            return 0;
        break;
    }
    outcome(world, entry, OUTCOME_REJECTED, reason, verdict->code);
    return 0;
}

/* True: the request goes once more. */
int clerk_take_order(struct world *world, struct ticket *ticket, enum fate fate, uint16_t reason,
                     enum answer answer, const struct answered *answered)
{
    struct outbox_entry *entry = clerk_entry_of(world, ticket);

    if (!clerk_is_pending(ticket, entry))
        return 0;
    if (fate == FATE_NOT_SENT) {
        outcome(world, entry,
                ticket->what == ASK_SWAP_NEW || ticket->is_refused ? OUTCOME_REJECTED
                                                                   : OUTCOME_NOT_SENT,
                reason, 0);
        return 0;
    }
    if (fate == FATE_UNKNOWN) {
        outcome(world, entry, OUTCOME_UNKNOWN, reason, 0);
        return 0;
    }
    if (answer != ANSWER_GOOD)
        return take_refusal(world, ticket, answered, answer, entry);
    take_done(world, ticket, answered, entry);
    return 0;
}

int clerk_ask_trades(struct world *world, agon_instrument_t id, uint8_t round)
{
    struct clerk *clerk = &world->clerk;
    struct ticket *ticket = clerk_ask(world, ASK_TRADES, id, LIMITER_QUERY, DATA_NS);

    if (ticket == NULL)
        return 0;
    ticket->a = clerk->is_based[id] ? clerk->last_fill[id] + 1 : 0;
    ticket->round = round;
    return 1;
}

// Of an order from its first fill on: here is nobody whose first page would be the newest.
void clerk_ask_order_trades(struct world *world, agon_instrument_t id, uint64_t order_id,
                            uint64_t number, uint64_t from)
{
    struct ticket *ticket = clerk_ask(world, ASK_TRADES, id, LIMITER_QUERY, DATA_NS);

    if (ticket == NULL) {
        outbox_not_fetched(&world->clerk.outbox, order_id, world->now, clerk_round_ns(world));
        return;
    }
    ticket->cost[COST_WEIGHT] = 5;
    ticket->a = from;
    ticket->b = number;
    ticket->order_id = order_id;
}

void clerk_take_query(struct world *world, const struct ticket *ticket, enum answer answer,
                      const struct answered *answered)
{
    struct clerk *clerk = &world->clerk;
    struct outbox_entry *entry = clerk_entry_of(world, ticket);
    uint64_t order_id;
    uint8_t rev;
    uint8_t *was_absent;

    if (entry == NULL)
        return;
    if (ticket->b != 0) { // the number of an earlier wire order, whose fills are missing
        if (answer != ANSWER_GOOD || !lane_own_id(answered->order.client, &order_id, &rev))
            return;
        clerk_show(world, &answered->order, order_id, rev, answered->order.state,
                   lane_qty(answered->order.filled_qty), SEEN_QUERY, ticket->sent_ns);
        clerk_ask_order_trades(world, ticket->instrument, order_id, answered->order.id, 0);
        return;
    }
    was_absent = &clerk->was_absent[entry - clerk->outbox.all];
    entry->check_ns = world->now; // it was set far away while the query was out
    if (answer == ANSWER_NO_ORDER) {
        *was_absent = ticket->rev == entry->rev;
        outbox_absent(&clerk->outbox, entry, ticket->rev, ticket->sent_ns, world->now);
        return;
    }
    if (answer != ANSWER_GOOD || !lane_own_id(answered->order.client, &order_id, &rev)) {
        outbox_no_answer(entry, world->now);
        return;
    }
    world->result->some[SOME_LATE_SHOWN] += *was_absent;
    *was_absent = 0;
    // One answer tells of both: the replacement is not there, and what stands in its stead.
    if (world->swarm.is_in_place && entry->pending == CMD_REPLACE && entry->is_unknown &&
        (lane_px(answered->order.px) != entry->next_px ||
         lane_qty(answered->order.qty) != entry->next_qty))
        outbox_absent(&clerk->outbox, entry, entry->pending_rev, ticket->sent_ns, world->now);
    entry->check_ns = 0;
    clerk_show(world, &answered->order, order_id, rev, answered->order.state,
               lane_qty(answered->order.filled_qty), SEEN_QUERY, ticket->sent_ns);
    if (entry->pending != 0 && entry->is_unknown && entry->check_ns == 0)
        entry->check_ns = world->now + OUTBOX_RECHECK_NS;
}
