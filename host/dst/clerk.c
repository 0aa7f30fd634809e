// SPDX-License-Identifier: Apache-2.0
/* clerk: the host's end of the message level. What a gateway knows and concludes is the product's
 * own here: the outbox with its proofs, the limiter, the books' synchronisation, and the meaning of
 * the exchange's answers. The clerk is what stands around them in a gateway, on messages instead of
 * bytes: commands that are held until the journal is safe, requests by urgency, each with its one
 * answer or fate, rounds of reading, strays. It does so as venue/gateway.c and
 * venue/binance/core.c do, which the byte level drives; a rule that is changed there is changed
 * here.
 *
 * The clerk dies with its host and knows nothing afterwards. */
#include <stdlib.h>

#include "dst/clerk_impl.h"

const uint32_t clerk_weights[ASKS] = {
    [ASK_NEW] = 1,      [ASK_CANCEL] = 1,  [ASK_REPLACE] = 1,  [ASK_SWAP_CANCEL] = 1,
    [ASK_SWAP_NEW] = 1, [ASK_STRAY] = 1,   [ASK_QUERY] = 4,    [ASK_NUMBER] = 4,
    [ASK_OPEN] = 80,    [ASK_TRADES] = 20, [ASK_ACCOUNT] = 20, [ASK_BOOK] = 5};

/* --- towards the core --- */

static void count(struct world *world, const struct record_report *report)
{
    uint64_t *some = world->result->some;

    world_trace(world, "  clerk: reports %u of %llx rev %u: state %u reason %u qty %lld cum %lld",
                report->kind, (unsigned long long)report->order_id, report->rev, report->state,
                report->reason, (long long)report->qty, (long long)report->cum_qty);
    switch (report->kind) {
    case REPORT_UNKNOWN:
        some[SOME_UNKNOWN]++;
        some[SOME_DUPLICATE] += report->reason == REASON_VENUE_DUPLICATE;
        break;
    case REPORT_ABSENT:
        some[SOME_ABSENT]++;
        break;
    case REPORT_NOT_SENT:
        some[SOME_NOT_SENT]++;
        break;
    case REPORT_CANCEL_REJECTED:
        some[SOME_CANCEL_RACE] += report->reason == REASON_VENUE_UNKNOWN_ORDER;
        break;
    case REPORT_FILL:
        some[SOME_RECONCILED_FILL] += world->clerk.is_reading;
        break;
    case REPORT_STRAY:
        some[SOME_STRAY] += report->state == AGON_ORDER_OPEN;
        break;
    default:
        break;
    }
}

int clerk_emit(void *ctx, struct agon_event_hdr *record)
{
    struct world *world = ctx;

    if (record->type == EVENT_REPORT)
        count(world, (const struct record_report *)(const void *)record);
    (void)node_step(world, record);
    return AGON_OK;
}

/* --- requests --- */

static int is_write(const struct ticket *ticket)
{
    return ticket->what < ASK_STRAY;
}

static int places_order(const struct ticket *ticket)
{
    return ticket->what == ASK_NEW || ticket->what == ASK_REPLACE || ticket->what == ASK_SWAP_NEW;
}

struct ticket *clerk_ask(struct world *world, enum ask what, agon_instrument_t instrument,
                         enum limiter_class class, agon_ns_t wait_ns)
{
    struct clerk *clerk = &world->clerk;
    uint32_t at = 0;

    while (at < clerk->n_tickets && clerk->tickets[at].state != TICKET_FREE)
        at++;
    if (at == TICKETS)
        return NULL;
    if (at == clerk->n_tickets)
        clerk->n_tickets++;
    clerk->tickets[at] = (struct ticket){.state = TICKET_QUEUED,
                                         .what = (uint8_t)what,
                                         .class = (uint8_t) class,
                                         .instrument = instrument,
                                         .cost = {[COST_WEIGHT] = clerk_weights[what]},
                                         .until_ns = world->now + wait_ns};
    return &clerk->tickets[at];
}

struct ticket *clerk_ask_order(struct world *world, enum ask what, const struct outbox_entry *entry,
                               enum limiter_class class, agon_ns_t wait_ns)
{
    struct ticket *ticket = clerk_ask(world, what, entry->instrument, class, wait_ns);

    if (ticket == NULL)
        return NULL;
    ticket->order_id = entry->order_id;
    ticket->number = entry->number;
    ticket->cost[COST_ORDERS] = (uint32_t)places_order(ticket);
    return ticket;
}

void clerk_queue(struct ticket *ticket, int64_t until_ns)
{
    ticket->state = TICKET_QUEUED;
    ticket->until_ns = until_ns;
}

struct outbox_entry *clerk_entry_of(struct world *world, const struct ticket *ticket)
{
    return outbox_find(&world->clerk.outbox, ticket->order_id);
}

/* Is it still what its order waits for? */
int clerk_is_pending(const struct ticket *ticket, const struct outbox_entry *entry)
{
    return entry != NULL && entry->pending != 0 && entry->number == ticket->number;
}

/* An order that is replaced in its place goes on under the id that it began with. */
static uint8_t wire_rev(const struct world *world, uint8_t rev)
{
    return world->swarm.is_in_place ? 0 : rev;
}

/* --- commands --- */

static int send(void *ctx, const struct order_cmd *cmd)
{
    struct world *world = ctx;
    struct clerk *clerk = &world->clerk;

    world_fold(world, cmd, sizeof(*cmd));
    if (clerk->n_held == HELD ||
        ((cmd->kind == CMD_NEW || cmd->kind == CMD_CANCEL || cmd->kind == CMD_REPLACE) &&
         world_fault(world, DST_BUSY))) {
        world->result->some[SOME_BUSY]++;
        return AGON_EAGAIN;
    }
    world_trace(world,
                "  core: commands %u of %llx rev %u qty %lld filled %lld unconfirmed %u rev %u",
                cmd->kind, (unsigned long long)cmd->order_id, cmd->rev, (long long)cmd->qty,
                (long long)cmd->filled_qty, cmd->doubt, cmd->doubt_rev);
    if (cmd->kind != CMD_CANCEL_ALL && cmd->kind != CMD_STRAY)
        check_decided(world, cmd);
    clerk->held[(clerk->held_at + clerk->n_held++) % HELD] =
        (struct held){.cmd = *cmd, .t_seen = world->now};
    return AGON_OK;
}

struct venue_port clerk_port(struct world *world)
{
    return (struct venue_port){.ctx = world, .send = send};
}

static void refuse(struct world *world, const struct order_cmd *cmd, uint16_t reason)
{
    struct outbox *outbox = &world->clerk.outbox;
    struct outbox_entry *entry = outbox_command(outbox, cmd, world->now);

    if (entry != NULL)
        outbox_outcome(outbox, entry, OUTCOME_NOT_SENT, reason, 0, world->now);
}

static void take_command(struct world *world, const struct held *held)
{
    struct outbox *outbox = &world->clerk.outbox;
    const struct order_cmd *cmd = &held->cmd;
    struct outbox_entry *entry = outbox_command(outbox, cmd, world->now);
    agon_ns_t hold_ns = held->t_seen + world->swarm.hold_ns - world->now;
    enum limiter_class class = LIMITER_OTHER;
    enum ask what = ASK_NEW;
    struct ticket *ticket;

    if (entry == NULL)
        return;
    if (cmd->kind == CMD_CANCEL) {
        what = ASK_CANCEL;
        class = LIMITER_CANCEL;
        hold_ns = held->t_seen + CANCEL_HOLD - world->now;
    } else if (cmd->kind == CMD_REPLACE) {
        what = world->swarm.is_in_place ||
                       (cmd->filled_qty == 0 && outbox_left(entry) == entry->next_qty)
                   ? ASK_REPLACE
                   : ASK_SWAP_CANCEL;
    } else if (cmd->is_exit || (cmd->flags & AGON_REDUCE_ONLY) != 0) {
        class = LIMITER_CANCEL;
    }
    ticket = clerk_ask_order(world, what, entry, class, hold_ns);
    if (ticket == NULL)
        outbox_outcome(outbox, entry, OUTCOME_NOT_SENT, REASON_VENUE_BUSY, 0, world->now);
    else
        ticket->cmd = *cmd;
}

/* What was decided before everything was cancelled, and has not left, never does. */
static void hold_back(struct world *world)
{
    struct clerk *clerk = &world->clerk;
    uint32_t n = clerk->n_held;

    for (uint32_t i = 0; i < n; i++) {
        struct held held = clerk->held[clerk->held_at];

        clerk->held_at = (clerk->held_at + 1) % HELD;
        clerk->n_held--;
        if ((held.cmd.kind == CMD_NEW || held.cmd.kind == CMD_REPLACE) && !held.cmd.is_exit)
            refuse(world, &held.cmd, REASON_KILL);
        else
            clerk->held[(clerk->held_at + clerk->n_held++) % HELD] = held;
    }
    for (uint32_t i = 0; i < clerk->n_tickets; i++) {
        struct ticket *ticket = &clerk->tickets[i];

        if (ticket->state == TICKET_QUEUED && places_order(ticket) && !ticket->cmd.is_exit &&
            ticket->tries == 0) {
            ticket->why = REASON_KILL;
            ticket->until_ns = world->now;
        }
    }
}

static void take_commands(struct world *world)
{
    struct clerk *clerk = &world->clerk;

    while (clerk->n_held > 0) {
        struct held held = clerk->held[clerk->held_at];
        int is_risk = held.cmd.kind == CMD_NEW || held.cmd.kind == CMD_REPLACE;
        int is_durable = journal_durable_seq(&world->node.buffer) >= held.cmd.depends_seq;

        if (held.cmd.kind != CMD_CANCEL_ALL && !is_durable &&
            world->now - held.t_seen < world->swarm.hold_ns)
            return;
        clerk->held_at = (clerk->held_at + 1) % HELD;
        clerk->n_held--;
        if (held.cmd.kind == CMD_CANCEL_ALL)
            hold_back(world);
        else if (!is_durable && is_risk)
            refuse(world, &held.cmd, REASON_NOT_SENT);
        else if (is_risk && !clerk->is_ready)
            refuse(world, &held.cmd, REASON_VENUE_DOWN);
        else
            take_command(world, &held);
    }
}

/* --- what leaves --- */

static void spell_order(const struct world *world, const struct outbox_entry *entry, agon_qty_t qty,
                        struct asked *asked)
{
    int is_limit = entry->type == AGON_LIMIT;

    asked->wish = (struct bare_wish){
        .sym = entry->instrument - 1,
        .side = entry->side,
        .type = entry->type,
        // GTD is kept by the host: it cancels in time.
        .tif = entry->tif == AGON_TIF_IOC || entry->tif == AGON_TIF_FOK ? entry->tif : AGON_TIF_GTC,
        .is_post_only = is_limit && (entry->flags & AGON_POST_ONLY) != 0,
        .px = lane_their_px(entry->next_px),
        .stop_px = lane_their_px(entry->trigger_px),
        .qty = lane_their_qty(qty)};
    lane_client(entry->order_id, wire_rev(world, entry->pending_rev), asked->wish.client);
    asked->rev = entry->pending_rev;
}

/* False: there is no need for it any more. */
static int write_order(struct world *world, struct ticket *ticket, struct asked *asked)
{
    struct outbox_entry *entry = clerk_entry_of(world, ticket);
    agon_qty_t qty;

    if (!clerk_is_pending(ticket, entry))
        return 0;
    qty = ticket->what == ASK_REPLACE ? entry->next_qty : outbox_left(entry);
    lane_client(entry->order_id, wire_rev(world, entry->rev), asked->client);
    if (places_order(ticket)) {
        spell_order(world, entry, qty, asked);
        check_wire(world, &ticket->cmd, entry->next_px, qty, ticket->is_refused);
    }
    outbox_sent(entry, ticket->expiry_ns);
    return 1;
}

static int write(struct world *world, struct ticket *ticket, struct asked *asked)
{
    struct outbox_entry *entry;

    *asked = (struct asked){.what = ticket->what, .instrument = ticket->instrument};
    if (is_write(ticket))
        return write_order(world, ticket, asked);
    switch (ticket->what) {
    case ASK_STRAY:
        lane_client(ticket->a, wire_rev(world, (uint8_t)ticket->b), asked->client);
        break;
    case ASK_QUERY:
        entry = clerk_entry_of(world, ticket);
        if (entry == NULL)
            return 0;
        lane_client(entry->order_id, wire_rev(world, ticket->rev), asked->client);
        break;
    case ASK_NUMBER:
        asked->id = ticket->a;
        break;
    case ASK_TRADES:
        asked->from = ticket->a;
        asked->id = ticket->b;
        asked->is_last = ticket->a == 0 && ticket->b == 0; // what was before is not this run's
        break;
    default:
        break;
    }
    return 1;
}

static void transmit(struct world *world, struct ticket *ticket)
{
    struct clerk *clerk = &world->clerk;
    struct message *message;

    if (!clerk->is_linked) {
        ticket->why = REASON_VENUE_DOWN;
        return;
    }
    if (limiter_take(&clerk->limiter, world->now, (enum limiter_class)ticket->class, ticket->cost,
                     COSTS, &ticket->not_before) < 0) {
        world->result->some[SOME_LIMITED]++;
        ticket->why = REASON_VENUE_RATE;
        return;
    }
    ticket->not_before = 0;
    message = world_message(world, MESSAGE_REQUEST);
    if (message == NULL) {
        limiter_undo(&clerk->limiter, world->now, ticket->cost, COSTS);
        return;
    }
    ticket->expiry_ns = world->now + world->swarm.window_ns;
    if (!write(world, ticket, &message->u.asked)) {
        limiter_undo(&clerk->limiter, world->now, ticket->cost, COSTS);
        world_drop(world, message);
        ticket->state = TICKET_FREE;
        return;
    }
    ticket->state = TICKET_SENT;
    ticket->sent_ns = world->now;
    ticket->tries++;
    ticket->req = ++clerk->next_req;
    message->req = ticket->req;
    message->t_expire = ticket->what >= ASK_QUERY ? INT64_MAX : ticket->expiry_ns;
    world_trace(world, "  clerk: sends %u of %llx rev %u", ticket->what,
                (unsigned long long)ticket->order_id,
                ticket->what == ASK_QUERY ? ticket->rev : ticket->cmd.rev);
    world_post(world, message, PATH_REQUEST);
}

/* --- books --- */

static const struct wire_depth *depth_of(struct world *world, const struct agon_book_part *part)
{
    struct wire_depth *depth = world->clerk.depth;
    const struct agon_level *levels = (const struct agon_level *)(const void *)(part + 1);

    depth->symbol = &world->clerk.symbols[part->hdr.instrument];
    depth->first_id = part->first_id;
    depth->last_id = part->last_id;
    depth->t_venue = part->hdr.t_venue;
    depth->n_bid = part->n_bid;
    depth->n_ask = part->n_ask;
    memcpy(depth->bid, levels, part->n_bid * sizeof(*levels));
    memcpy(depth->ask, levels + part->n_bid, part->n_ask * sizeof(*levels));
    return depth;
}

static void take_book(struct world *world, const struct ticket *ticket, const struct message *reply)
{
    struct book_sync *sync = &world->clerk.syncs[ticket->instrument];
    uint64_t n_gaps = sync->n_gaps;

    if (reply == NULL || reply->kind != MESSAGE_BOOK) {
        book_sync_failed(sync, world->now, rng_u64(&world->clerk.rng));
        return;
    }
    book_sync_snapshot(sync,
                       depth_of(world, (const struct agon_book_part *)(const void *)reply->u.data),
                       world->now, rng_u64(&world->clerk.rng));
    world->result->some[SOME_RESYNC] += sync->state == BOOK_LIVE;
    world->result->some[SOME_GAP] += sync->n_gaps - n_gaps;
}

static void take_data(struct world *world, struct message *message)
{
    struct agon_event_hdr *hdr = &message->u.hdr;
    struct book_sync *sync = &world->clerk.syncs[hdr->instrument];
    uint64_t n_gaps = sync->n_gaps;

    if (hdr->type == AGON_EVENT_TRADE) {
        const struct agon_trade *trade = (const struct agon_trade *)(const void *)hdr;
        uint64_t *last = &world->clerk.last_trade[hdr->instrument];

        if (trade->venue_id <= *last)
            return; // shown
        *last = trade->venue_id;
        clerk_emit(world, hdr);
        return;
    }
    book_sync_diff(sync,
                   depth_of(world, (const struct agon_book_part *)(const void *)message->u.data),
                   world->now, rng_u64(&world->clerk.rng));
    world->result->some[SOME_GAP] += sync->n_gaps - n_gaps;
}

static void ask_books(struct world *world)
{
    struct clerk *clerk = &world->clerk;

    for (agon_instrument_t id = 1; id <= world->swarm.n_instruments; id++) {
        if (!book_sync_wants(&clerk->syncs[id], world->now))
            continue;
        if (clerk_ask(world, ASK_BOOK, id, LIMITER_OTHER, DATA_NS) != NULL)
            book_sync_asked(&clerk->syncs[id]);
    }
}

/* --- a request's one answer --- */

static void give(struct world *world, struct ticket *ticket, enum fate fate, uint16_t reason,
                 const struct message *reply)
{
    enum answer answer = ANSWER_UNKNOWN;
    const struct answered *answered = NULL;
    int is_good;
    int is_again = 0;

    if (reply != NULL && reply->kind == MESSAGE_REPLY) {
        answered = &reply->u.answered;
        answer = answered->verdict.status == 200
                     ? ANSWER_GOOD
                     : binance_judge(answered->verdict.status, answered->verdict.code,
                                     answered->verdict.text);
        if (answered->verdict.status == 429)
            limiter_stop(&world->clerk.limiter, world->now,
                         answered->verdict.code == -1015 ? COST_ORDERS : COST_WEIGHT,
                         world->now + SECOND);
    }
    is_good = answer == ANSWER_GOOD;
    switch (ticket->what) {
    case ASK_BOOK:
        take_book(world, ticket, reply);
        break;
    case ASK_QUERY:
        clerk_take_query(world, ticket, answer, answered);
        break;
    case ASK_NUMBER:
        clerk_take_number(world, ticket, answer, answered);
        break;
    case ASK_STRAY:
        clerk_take_stray(world, ticket, answer);
        break;
    case ASK_OPEN:
        if (is_good)
            clerk_take_open(world, ticket, &world->lists[reply->list - 1]);
        clerk_end_part(world, ticket, is_good);
        break;
    case ASK_TRADES:
        is_good = is_good && clerk_take_trades(world, ticket, &world->lists[reply->list - 1]);
        if (!is_good && ticket->b != 0)
            outbox_not_fetched(&world->clerk.outbox, ticket->order_id, world->now,
                               clerk_round_ns(world));
        clerk_end_part(world, ticket, is_good);
        break;
    case ASK_ACCOUNT:
        if (is_good)
            clerk_take_account(world, answered);
        clerk_end_part(world, ticket, is_good);
        break;
    default:
        is_again = clerk_take_order(world, ticket, fate, reason, answer, answered);
        break;
    }
    if (!is_again)
        ticket->state = TICKET_FREE;
}

static void take_reply(struct world *world, const struct message *reply)
{
    struct clerk *clerk = &world->clerk;

    for (uint32_t i = 0; i < clerk->n_tickets; i++) {
        struct ticket *ticket = &clerk->tickets[i];

        if (ticket->state != TICKET_SENT || ticket->req != reply->req)
            continue;
        give(world, ticket, FATE_REPLY, 0, reply);
        return;
    }
}

/* The connection that it went by is gone, or nobody answers. A cancel that is done twice is done
 * once: it goes by another. */
static void lose(struct world *world, struct ticket *ticket, uint16_t reason)
{
    if (ticket->what == ASK_CANCEL && world->now < ticket->until_ns) {
        ticket->is_lost = 1;
        clerk_queue(ticket, ticket->until_ns);
        return;
    }
    give(world, ticket, FATE_UNKNOWN, reason, NULL);
}

/* --- the user stream --- */

static void take_stream(struct world *world, const struct bare_effect *effect)
{
    struct outbox *outbox = &world->clerk.outbox;
    const struct bare_order *order = &effect->order;
    agon_qty_t cum_qty = lane_qty(order->filled_qty);
    struct outbox_fill fill;
    uint64_t order_id = 0;
    uint8_t rev = 0;
    int is_own = lane_own_id(order->client, &order_id, &rev);

    if (!is_own)
        clerk_learn_stranger(world, order->id);
    if (effect->kind == MATCH_TRADE) {
        fill = clerk_fill_of(world, &effect->fill);
        fill.order_id = order_id;
        fill.rev = rev;
        fill.wire_cum_qty = cum_qty;
        if (is_own)
            clerk_show(world, order, order_id, rev, AGON_ORDER_OPEN, cum_qty - fill.qty,
                       SEEN_STREAM, 0);
        if (world->swarm.is_in_place && is_own) {
            const struct outbox_entry *entry = outbox_find(outbox, order_id);

            fill.rev = entry != NULL ? entry->rev : rev;
            fill.wire_cum_qty -= entry != NULL ? entry->base_qty : 0;
        }
        outbox_fill(outbox, &fill, world->now);
    }
    if (is_own)
        clerk_show(world, order, order_id, rev, order->state, cum_qty, SEEN_STREAM, 0);
}

void clerk_take(struct world *world, struct message *message)
{
    if (!world->clerk.is_linked)
        return;
    if (message->kind == MESSAGE_STREAM)
        take_stream(world, &message->u.effect);
    else if (message->kind == MESSAGE_DATA)
        take_data(world, message);
    else
        take_reply(world, message);
}

/* --- what is due --- */

static void ask_fills(struct world *world, struct outbox_entry *entry)
{
    struct ticket *ticket;
    uint8_t rev;

    if (outbox_fills_before(entry, &rev)) {
        outbox_fetched(entry, world->now, OUTBOX_RECHECK_NS);
        ticket = clerk_ask_order(world, ASK_QUERY, entry, LIMITER_QUERY, DATA_NS);
        if (ticket != NULL) {
            ticket->rev = rev;
            ticket->b = 1;
        }
        return;
    }
    outbox_fetched(entry, world->now, clerk_round_ns(world));
    if (entry->venue_order != 0)
        clerk_ask_order_trades(world, entry->instrument, entry->order_id, entry->venue_order, 0);
}

static void ask_orders(struct world *world)
{
    struct outbox *outbox = &world->clerk.outbox;
    struct outbox_entry *entry;
    uint32_t at = 0;

    while ((entry = outbox_due(outbox, &at, 0, world->now)) != NULL) {
        struct ticket *ticket = clerk_ask_order(world, ASK_QUERY, entry, LIMITER_QUERY, DATA_NS);

        if (ticket == NULL)
            break;
        ticket->rev = entry->query_rev;
        entry->check_ns = world->now + 10 * DATA_NS; // its answer sets it
    }
    at = 0;
    while ((entry = outbox_due(outbox, &at, 1, world->now)) != NULL)
        ask_fills(world, entry);
}

static void dispatch(struct world *world)
{
    struct clerk *clerk = &world->clerk;

    for (int class = LIMITER_CANCEL; class <= LIMITER_OTHER; class ++) {
        for (uint32_t i = 0; i < clerk->n_tickets; i++) {
            struct ticket *ticket = &clerk->tickets[i];

            if (ticket->state != TICKET_QUEUED || ticket->class != class)
                continue;
            if (world->now >= ticket->until_ns)
                give(world, ticket, ticket->is_lost ? FATE_UNKNOWN : FATE_NOT_SENT,
                     ticket->is_lost    ? REASON_TIMEOUT
                     : ticket->why != 0 ? ticket->why
                                        : (uint16_t)REASON_NOT_SENT,
                     NULL);
            else if (world->now >= ticket->not_before)
                transmit(world, ticket);
        }
    }
    while (clerk->n_tickets > 0 && clerk->tickets[clerk->n_tickets - 1].state == TICKET_FREE)
        clerk->n_tickets--;
}

void clerk_turn(struct world *world)
{
    struct clerk *clerk = &world->clerk;

    if (!clerk->is_running)
        return;
    for (uint32_t i = 0; i < clerk->n_tickets; i++) {
        struct ticket *ticket = &clerk->tickets[i];

        if (ticket->state == TICKET_SENT && world->now - ticket->sent_ns >= world->swarm.timeout_ns)
            lose(world, ticket, REASON_TIMEOUT);
    }
    take_commands(world);
    if (clerk->is_linked) {
        ask_books(world);
        if (!clerk->is_round && world->now >= clerk->t_reconcile)
            clerk_begin_round(world);
        ask_orders(world);
        clerk_ask_strays(world);
    }
    dispatch(world);
    world_at(world, world->now + TURN_NS, AT_CLERK, 0);
}

/* --- connection --- */

void clerk_cut(struct world *world)
{
    struct clerk *clerk = &world->clerk;

    world->result->some[SOME_DISCONNECT]++;
    world_trace(world, "DISCONNECTED");
    clerk->is_linked = 0;
    clerk->is_ready = 0;
    clerk->is_round = 0; // what is still out proves nothing about the time from now on
    world->link++;       // what is on its way to us arrives at a socket that is gone
    for (uint32_t i = 0; i < clerk->n_tickets; i++) {
        if (clerk->tickets[i].state == TICKET_SENT)
            lose(world, &clerk->tickets[i], REASON_VENUE_DOWN);
    }
    for (agon_instrument_t id = 1; id <= world->swarm.n_instruments; id++)
        book_sync_lost(&clerk->syncs[id], BOOK_SYNC_LOST);
    world_at(world,
             world->now + 100 * MS +
                 (agon_ns_t)rng_below(&world->amounts[DST_DISCONNECT], 2000 * (uint64_t)MS),
             AT_LINK, 0);
}

void clerk_link(struct world *world)
{
    struct clerk *clerk = &world->clerk;

    if (clerk->is_linked)
        return;
    world_trace(world, "LINK");
    clerk->is_linked = 1;
    clerk->t_reconcile = 0; // what happened while we were deaf
    world->link++;
    for (agon_instrument_t id = 1; id <= world->swarm.n_instruments; id++) {
        clerk->last_trade[id] = 0;
        clerk->has_read[id] = 0;
        book_sync_start(&clerk->syncs[id], world->now);
    }
}

static void forget(struct world *world)
{
    struct clerk *clerk = &world->clerk;

    outbox_deinit(&clerk->outbox);
    for (agon_instrument_t id = 1; id <= WORLD_INSTRUMENTS; id++)
        book_sync_deinit(&clerk->syncs[id]);
}

static int open_books(struct world *world)
{
    struct clerk *clerk = &world->clerk;

    for (agon_instrument_t id = 1; id <= world->swarm.n_instruments; id++) {
        struct symbol *symbol = &clerk->symbols[id];
        int rc;

        symbol->instrument = id;
        symbol->tick_px = node_instrument(world, id).tick_px;
        rc = book_sync_init(&clerk->syncs[id], symbol, 1, 8192, clerk_emit, world);
        if (rc < 0)
            return rc;
        clerk->is_based[id] =
            (uint8_t)engine_fills_read(world->node.engine, id, &clerk->last_fill[id]);
        clerk->last_trade[id] = 0;
    }
    return AGON_OK;
}

int clerk_start(struct world *world)
{
    struct clerk *clerk = &world->clerk;
    const struct limiter_rule rules[COSTS] = {
        [COST_WEIGHT] = {.window_ns = 60 * SECOND, .capacity = world->swarm.weight_1m},
        [COST_ORDERS] = {.window_ns = 10 * SECOND, .capacity = world->swarm.orders_10s}};

    forget(world);
    limiter_init(&clerk->limiter);
    for (int i = 0; i < COSTS; i++)
        REQUIRE(limiter_add(&clerk->limiter, &rules[i], world->now) == i);
    map_clear(&clerk->strangers);
    memset(clerk->was_absent, 0, CLERK_PLACES);
    clerk->n_tickets = clerk->n_held = clerk->n_out = 0;
    memset(clerk->tickets, 0, TICKETS * sizeof(*clerk->tickets));
    clerk->is_round = clerk->is_linked = clerk->is_ready = 0;
    clerk->is_running = 1;
    world->checks.n_ordered = 0; // a new run knows of nothing that left before
    if (outbox_init(&clerk->outbox, CLERK_PLACES, CLERK_FILLS, world->swarm.window_ns, clerk_emit,
                    world) < 0 ||
        open_books(world) < 0)
        return AGON_ENOMEM;
    world_at(world, world->now + TURN_NS, AT_CLERK, 0);
    world_at(world, world->now + 50 * MS, AT_LINK, 0);
    return AGON_OK;
}

void clerk_stop(struct world *world)
{
    world->clerk.is_running = 0;
    world->clerk.is_linked = 0;
    world->link++;
}

int clerk_is_quiet(const struct world *world)
{
    const struct clerk *clerk = &world->clerk;

    if (world->node.engine == NULL || !clerk->is_ready || clerk->n_held > 0 ||
        clerk->outbox.n_strays > 0)
        return 0;
    for (uint32_t i = 0; i < clerk->outbox.n; i++) {
        const struct outbox_entry *entry = &clerk->outbox.all[i];

        if (entry->is_used && (entry->pending != 0 || entry->check_ns != 0 || entry->fills_ns != 0))
            return 0;
    }
    for (agon_instrument_t id = 1; id <= world->swarm.n_instruments; id++) {
        if (clerk->syncs[id].state != BOOK_LIVE)
            return 0;
    }
    return 1;
}

int clerk_open(struct world *world)
{
    struct clerk *clerk = &world->clerk;

    world->link = 1;
    rng_init(&clerk->rng, swarm_stream(world->config.seed, STREAM_CLERK));
    clerk->tickets = calloc(TICKETS, sizeof(*clerk->tickets));
    clerk->held = calloc(HELD, sizeof(*clerk->held));
    clerk->depth = calloc(1, sizeof(*clerk->depth));
    clerk->was_absent = calloc(CLERK_PLACES, 1);
    return clerk->tickets != NULL && clerk->held != NULL && clerk->depth != NULL &&
                   clerk->was_absent != NULL && map_init(&clerk->strangers, ORDERS_MAX) >= 0
               ? AGON_OK
               : AGON_ENOMEM;
}

void clerk_close(struct world *world)
{
    struct clerk *clerk = &world->clerk;

    forget(world);
    map_deinit(&clerk->strangers);
    free(clerk->tickets);
    free(clerk->held);
    free(clerk->depth);
    free(clerk->was_absent);
}
