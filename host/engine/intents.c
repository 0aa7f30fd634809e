// SPDX-License-Identifier: Apache-2.0
/* intents: from what an agent wants to an order that leaves, through the gate. intents_send is the
 * one place in the host that hands an order to a venue; intents_stray asks for one to be
 * cancelled. */
#include "base/hot.h"
#include "engine/close.h"
#include "engine/impl.h"
#include "market/instrument_kind.h"
#include "market/order_type.h"

#define FIRST_COUNTER 1

/* The venue nets the account, we do not net slots: where another slot stands against this one, its
 * reduce-only would be refused there, and the gate has kept to it already. */
static uint32_t wire_flags(const struct engine *engine, const struct order *order)
{
    const struct agon_instrument *instrument = instruments_get(&engine->table, order->instrument);
    uint32_t flags = order->flags & 0xffff;

    if ((flags & AGON_REDUCE_ONLY) == 0 || instrument_kind_has_coins(instrument->kind) ||
        intents_may_reduce(engine, instrument, order->account, order->side, order_left(order)))
        return flags;
    return flags & ~(uint32_t)AGON_REDUCE_ONLY;
}

static void note_output(struct engine *engine, const struct order_cmd *cmd)
{
    uint32_t crc = hash_sparse(cmd, sizeof(*cmd));

    engine->output_hash = hash_mix(engine->output_hash ^ ((uint64_t)crc | (uint64_t)2 << 48));
}

void intents_cancel_accounts(struct engine *engine)
{
    for (agon_account_t account = 0; account < engine->n_accounts; account++) {
        const struct venue_port *port = &engine->venues[account];
        struct order_cmd cmd = {
            .depends_seq = engine->seq, .account = account, .kind = CMD_CANCEL_ALL, .t = engine->t};
        int is_any = 0;

        for (uint16_t id = 0; id < engine->slots.n && !is_any; id++) {
            for (struct order *order = orders_next(engine->orders, id, NULL); order != NULL;
                 order = orders_next(engine->orders, id, order))
                is_any |= order->account == account;
        }
        if (!is_any)
            continue;
        // Only the quickest of two ways: who has no room for it gets the single cancels.
        if (port->send != NULL)
            (void)port->send(port->ctx, &cmd);
        note_output(engine, &cmd);
    }
}

/* Did the host decide it by the price at which a bar opened, and by nothing later? */
static int is_at_open(const struct engine *engine, const struct order *order, uint8_t kind)
{
    const struct market *market = &engine->markets[order->instrument];

    return market->is_inside && market->t_quote == engine->t &&
           ((kind == CMD_NEW && (order->flags & ORDER_IS_EXIT) != 0) ||
            (kind == CMD_CANCEL && engine->is_settling));
}

void intents_send(struct engine *engine, struct order *order, uint8_t kind)
{
    const struct venue_port *port = &engine->venues[order->account];
    int is_guarded = kind == CMD_NEW && order->guard_px > 0;
    /* Chosen, and not copied: a new order's were written a moment ago byte by byte, and a word that
     * is read over several such bytes waits until all that was written before has left. */
    uint8_t type = is_guarded ? order_type_with_px(order->type) : order->type;
    uint8_t tif = !is_guarded                     ? order->tif
                  : order_type_waits(order->type) ? AGON_TIF_GTC
                                                  : AGON_TIF_IOC;
    struct order_cmd cmd = {
        .depends_seq = engine->seq,
        .order_id = order->id,
        .venue_order = order->venue_order,
        .instrument = order->instrument,
        .account = order->account,
        .venue = order->venue,
        .kind = kind,
        .side = order->side,
        .type = type,
        .tif = tif,
        .flags = wire_flags(engine, order),
        .rev = kind == CMD_REPLACE ? order->rev_asked : order->rev,
        .is_exit = kind == CMD_NEW && (order->flags & ORDER_IS_EXIT) != 0,
        .is_at_open = (uint8_t)is_at_open(engine, order, kind),
        .px = is_guarded            ? order->guard_px
              : kind == CMD_REPLACE ? order->new_px
                                    : order->px,
        .trigger_px = order->trigger_px,
        .qty = kind == CMD_REPLACE ? order->new_qty : order->qty,
        .show_qty = order->show_qty,
        .filled_qty = order->filled_qty,
        .told_qty = order->venue_cum_qty,
        .t = engine->t,
        .t_expire = order->t_expire,
        .is_over = kind == CMD_QUERY && order_is_final(order) && !order_is_concluded(order),
    };

    if (kind == CMD_QUERY && order->request_state == AGON_REQUEST_UNKNOWN) {
        int is_replace = order->request == AGON_REQUEST_REPLACE;

        _Static_assert((int)AGON_REQUEST_NEW == (int)CMD_NEW &&
                           (int)AGON_REQUEST_CANCEL == (int)CMD_CANCEL &&
                           (int)AGON_REQUEST_REPLACE == (int)CMD_REPLACE,
                       "a request is named as the command that makes it");
        cmd.doubt = order->request;
        cmd.doubt_rev = is_replace ? order->rev_asked : order->rev;
        cmd.doubt_px = is_replace ? order->new_px : order->px;
        cmd.doubt_qty = is_replace ? order->new_qty : order->qty;
    }
    // Whether the port has room may change nothing here: a replay has another port, or none. A
    // query that finds no room is asked again by whoever needs to know.
    if (port->send != NULL && port->send(port->ctx, &cmd) < 0 && kind != CMD_QUERY) {
        REQUIRE(engine->n_unsent < ENGINE_UNSENT);
        engine->unsent[engine->n_unsent++] = order->id;
    }
    engine->counters.n_requests += kind != CMD_QUERY;
    note_output(engine, &cmd);
}

void intents_stray(struct engine *engine, const struct record_report *report)
{
    const struct venue_port *port = &engine->venues[report->account];
    const struct agon_instrument *instrument =
        instruments_get(&engine->table, report->hdr.instrument);
    struct order_cmd cmd = {
        .depends_seq = engine->seq,
        .order_id = report->order_id,
        .venue_order = report->venue_order,
        .instrument = report->hdr.instrument,
        .account = report->account,
        .venue = instrument != NULL ? instrument->venue : 0,
        .kind = CMD_STRAY,
        .side = report->side,
        .rev = report->rev,
        .px = report->px,
        .qty = report->qty,
        .t = engine->t,
    };

    // What finds no room is told again with the next sight of it.
    if (port->send != NULL)
        port->send(port->ctx, &cmd);
    note_output(engine, &cmd);
}

HOT int engine_take_unsent(struct engine *engine, struct record_report *report)
{
    while (engine->n_unsent > 0) {
        const struct order *order = orders_find(engine->orders, engine->unsent[--engine->n_unsent]);

        if (order == NULL || order_is_final(order) || order->request == AGON_REQUEST_NONE)
            continue;
        *report = (struct record_report){
            .hdr = {.type = EVENT_REPORT,
                    .granules = 2,
                    .instrument = order->instrument,
                    .t = engine->t},
            .order_id = order->id,
            .account = order->account,
            .reason = REASON_VENUE_BUSY,
            .kind = REPORT_NOT_SENT,
            .side = order->side,
            .rev = order->rev,
        };
        return 1;
    }
    return 0;
}

// Tells the slot of a wish that became no order.
static void refuse(struct engine *engine, struct slot *slot, const struct agon_intent_event *event,
                   const struct agon_intent *intent, uint8_t request, uint16_t reason)
{
    struct order none = {
        .client_ref = intent->client_ref,
        .cause_seq = event->origin.cause_seq,
        .n = event->origin.n,
        .generation = event->origin.generation,
        .instrument = intent->instrument,
        .account = intent->account,
        .slot = slot->id,
        .state = AGON_ORDER_REJECTED,
        .request = request,
        .side = intent->side,
        .type = intent->type,
        .tif = intent->tif,
        .flags = intent->flags & 0xffff,
        .px = intent->px,
        .trigger_px = intent->trigger_px,
        .qty = intent->qty,
        .t_expire = intent->t_expire,
    };

    engine_count_refused(engine, slot, reason);
    deliver_order(engine, &none, reason);
}

static void begin_request(struct engine *engine, struct order *order, uint8_t request)
{
    order->request = request;
    order->request_state = AGON_REQUEST_IN_FLIGHT;
    order->t_request = engine->t;
}

/* What the slot's next order will be called. */
static uint64_t next_id(const struct engine *engine, const struct slot *slot)
{
    uint64_t counter = slot->next_counter < FIRST_COUNTER ? FIRST_COUNTER : slot->next_counter;

    return (uint64_t)slot->id << 48 | (uint64_t)engine->run << 32 | counter;
}

/* So many orders of a slot and run have ids of their own; then the slot has none until the next
 * run. */
static uint64_t counter_max(const struct engine *engine)
{
    return engine->ids.journal != 0 ? ORDER_COUNTER_MAX : UINT32_MAX;
}

struct order *intents_make(struct engine *engine, struct slot *slot,
                           const struct agon_intent_event *event, const struct agon_intent *intent,
                           agon_px_t judged_px, uint16_t *reason)
{
    const struct agon_instrument *instrument = instruments_get(&engine->table, intent->instrument);
    struct order *order;
    uint64_t id;

    if (exposure_position(engine, slot->id, intent->instrument) == NULL &&
        ledger_position(engine->ledger, slot->id, intent->instrument, 1) == NULL) {
        *reason = REASON_NO_ROOM;
        return NULL;
    }
    if (slot->next_counter < FIRST_COUNTER)
        slot->next_counter = FIRST_COUNTER;
    id = next_id(engine, slot);
    order = slot->next_counter <= counter_max(engine) ? orders_open(engine->orders, id, slot->id)
                                                      : NULL;
    if (order == NULL) {
        *reason = REASON_NO_ROOM;
        return NULL;
    }
    slot->next_counter++;
    order->client_ref = intent->client_ref;
    order->cause_seq = event->origin.cause_seq;
    order->n = event->origin.n;
    order->generation = event->origin.generation;
    order->instrument = intent->instrument;
    order->account = intent->account;
    order->venue = instrument->venue;
    order->state = AGON_ORDER_PENDING;
    order->side = intent->side;
    order->type = intent->type;
    order->tif = intent->tif;
    order->tag = intent->reason;
    order->flags = intent->flags;
    order->px = intent->px;
    order->trigger_px = intent->trigger_px;
    order->qty = intent->qty;
    order->show_qty = intent->show_qty;
    order->hold_px = judged_px;
    order->guard_px = intents_guard_px(slot, instrument, intent, judged_px);
    order->t_create = engine->t;
    order->t_expire = intent->t_expire;
    begin_request(engine, order, AGON_REQUEST_NEW);
    return order;
}

/* What an order that is made holds back, and what its price is compared with later. */
static void enter_books(struct engine *engine, struct order *order)
{
    *orders_mids(engine->orders, order) = figures_mids(engine, order->instrument);
    intents_hold(engine, order);
}

/* Judges an intent for a new order and, when it passes, enters it in the table; it does not leave
 * yet and holds nothing back. NULL: refused, *reason says why and the slot was not told. */
static struct order *enter(struct engine *engine, struct slot *slot,
                           const struct agon_intent_event *event, const struct agon_intent *intent,
                           uint16_t *reason)
{
    agon_px_t hold_px = 0;

    *reason = intents_judge(engine, slot, intent, 0, &hold_px);
    return *reason == REASON_NONE ? intents_make(engine, slot, event, intent, hold_px, reason)
                                  : NULL;
}

static void drop(struct engine *engine, struct order *order, uint16_t reason)
{
    order->state = AGON_ORDER_REJECTED;
    order->reason = reason;
    order->request = AGON_REQUEST_NONE;
    order->request_state = 0;
    intents_hold(engine, order);
    deliver_order(engine, order, reason);
    orders_settle(engine->orders, order);
    exposure_order(engine, order);
}

void intents_release(struct engine *engine, struct order *order, uint16_t reason)
{
    // It leaves first: whoever writes its bytes does so while the rest is done here.
    intents_send(engine, order, CMD_NEW);
    enter_books(engine, order);
    engine->counters.n_orders++;
    deliver_order(engine, order, reason);
}

static void release(struct engine *engine, struct order *order)
{
    intents_release(engine, order, REASON_NONE);
}

/* One leg of several, which holds back already. */
static void release_held(struct engine *engine, struct order *order)
{
    intents_send(engine, order, CMD_NEW);
    engine->counters.n_orders++;
    deliver_order(engine, order, REASON_NONE);
}

void intents_refuse_exit(struct engine *engine, struct slot *slot, const struct position *pos,
                         agon_qty_t qty, uint16_t reason)
{
    struct agon_intent_event event = {
        .origin = {.cause_seq = engine->seq, .generation = slot->generation, .slot = slot->id},
        .intent = {.kind = AGON_INTENT_ORDER,
                   .side = pos->qty > 0 ? AGON_SELL : AGON_BUY,
                   .type = AGON_MARKET,
                   .flags = AGON_REDUCE_ONLY,
                   .instrument = pos->instrument,
                   .account = pos->account,
                   .qty = qty},
    };

    refuse(engine, slot, &event, &event.intent, AGON_REQUEST_NEW, reason);
}

static void place(struct engine *engine, struct slot *slot, const struct agon_intent_event *event,
                  const struct agon_intent *intent)
{
    uint16_t reason;
    struct order *order = enter(engine, slot, event, intent, &reason);

    if (order == NULL)
        refuse(engine, slot, event, intent, AGON_REQUEST_NEW, reason);
    else
        release(engine, order);
}

void intents_sweep_at(struct engine *engine, agon_ns_t t)
{
    if (t < engine->sweep_due)
        engine->sweep_due = t;
}

void intents_cancel(struct engine *engine, struct order *order, uint16_t reason)
{
    if (order_is_final(order) || order->request == AGON_REQUEST_CANCEL)
        return;
    // Wanted until the order is final, whatever becomes of one request.
    order->flags |= ORDER_CANCEL_WANTED;
    if (order->request != AGON_REQUEST_NONE)
        return; // one request at a time: the cancel goes when the one on its way is settled
    begin_request(engine, order, AGON_REQUEST_CANCEL);
    intents_send(engine, order, CMD_CANCEL);
    deliver_order(engine, order, reason);
}

/* Does the order, filled, leave its position smaller, and no more than closed, with those that are
 * left to stand before it? kept_qty: theirs, by the position's place. */
static int closes(const struct engine *engine, const struct order *order,
                  agon_qty_t kept_qty[LEDGER_POSITIONS])
{
    uint32_t n;
    const struct position *all = ledger_positions(engine->ledger, order->slot, &n);
    agon_qty_t rest_qty;

    for (uint32_t i = 0; i < n; i++) {
        if (all[i].instrument != order->instrument)
            continue;
        rest_qty = num_add(order->held_back_qty, kept_qty[i]);
        if (order->side == AGON_SELL ? all[i].qty < rest_qty : -all[i].qty < rest_qty)
            return 0;
        kept_qty[i] = rest_qty;
        return 1;
    }
    return 0;
}

enum { ONLY_RAISING = -2 }; // in place of a venue

static void cancel_of(struct engine *engine, uint16_t slot, agon_instrument_t instrument, int venue,
                      uint16_t reason)
{
    agon_qty_t kept_qty[LEDGER_POSITIONS] = {0};

    for (struct order *order = orders_next(engine->orders, slot, NULL); order != NULL;
         order = orders_next(engine->orders, slot, order)) {
        if (venue == ONLY_RAISING && closes(engine, order, kept_qty))
            continue;
        if ((instrument != 0 && order->instrument != instrument) ||
            (venue >= 0 && order->venue != venue))
            continue;
        // What a plugin takes back, or leaves behind, is its own orders, not the host's.
        if ((order->flags & ORDER_IS_EXIT) != 0 &&
            (reason == REASON_USER || reason == REASON_SLOT_GONE))
            continue;
        if (engine->private_sub[slot] < ENGINE_SWEEP) {
            intents_cancel(engine, order, reason);
        } else if (order->request != AGON_REQUEST_CANCEL) {
            order->flags |= ORDER_CANCEL_WANTED;
            intents_sweep_at(engine, engine->t);
        }
    }
}

void intents_cancel_all(struct engine *engine, uint16_t slot, agon_instrument_t instrument,
                        uint16_t reason)
{
    cancel_of(engine, slot, instrument, -1, reason);
}

void intents_cancel_raising(struct engine *engine, uint16_t slot, uint16_t reason)
{
    cancel_of(engine, slot, 0, ONLY_RAISING, reason);
}

void intents_cancel_venue(struct engine *engine, uint16_t slot, uint16_t venue, uint16_t reason)
{
    cancel_of(engine, slot, 0, venue, reason);
}

void intents_sweep(struct engine *engine)
{
    engine->sweep_due = INT64_MAX;
    for (uint16_t slot = 0; slot < engine->slots.n; slot++) {
        for (struct order *order = orders_next(engine->orders, slot, NULL); order != NULL;
             order = orders_next(engine->orders, slot, order)) {
            if ((order->flags & ORDER_CANCEL_WANTED) == 0 || order->request != AGON_REQUEST_NONE)
                continue;
            if (engine->private_sub[slot] >= ENGINE_SWEEP) {
                intents_sweep_at(engine, engine->t);
                break;
            }
            intents_cancel(engine, order, REASON_OPERATOR);
        }
        close_turn(engine, slot);
        exits_sweep(engine, slot);
    }
    halts_watch_stop(engine);
}

static void replace(struct engine *engine, struct slot *slot, const struct agon_intent_event *event,
                    const struct agon_intent *intent, struct order *order)
{
    struct agon_intent as_new = *intent;
    agon_qty_t held_back_qty;
    agon_px_t hold_px = 0;
    uint8_t state;
    uint16_t reason;

    if (order == NULL) {
        refuse(engine, slot, event, intent, AGON_REQUEST_REPLACE, REASON_UNKNOWN_ORDER);
        return;
    }
    held_back_qty = order->held_back_qty;
    if (order->request != AGON_REQUEST_NONE || (order->flags & ORDER_CANCEL_WANTED) != 0 ||
        order->state == AGON_ORDER_CANCELLING) {
        refuse(engine, slot, event, intent, AGON_REQUEST_REPLACE, REASON_REQUEST_PENDING);
        return;
    }
    if (order->type != AGON_LIMIT || intent->qty <= order->filled_qty || intent->px <= 0) {
        refuse(engine, slot, event, intent, AGON_REQUEST_REPLACE, REASON_INVALID);
        return;
    }
    if (order->rev_asked == UINT8_MAX) { // its client ids are used up
        refuse(engine, slot, event, intent, AGON_REQUEST_REPLACE, REASON_NO_ROOM);
        return;
    }
    as_new.kind = AGON_INTENT_ORDER;
    as_new.instrument = order->instrument;
    as_new.account = order->account;
    as_new.side = order->side;
    as_new.type = order->type;
    as_new.tif = order->tif;
    as_new.flags = order->flags & 0xffff;
    as_new.trigger_px = 0;
    as_new.show_qty = 0;
    as_new.qty = intent->qty - order->filled_qty;
    as_new.t_expire = order->t_expire;
    held_back_qty = order->held_back_qty;
    // Judged as if the old one were gone: what it holds back is free for the new one.
    state = order->state;
    order->state = AGON_ORDER_CANCELLED;
    intents_hold(engine, order);
    order->state = state;
    reason = intents_judge(engine, slot, &as_new, 1, &hold_px);
    if (reason == REASON_NONE) {
        order->new_px = intent->px;
        order->new_qty = intent->qty;
        *orders_mids(engine->orders, order) = figures_mids(engine, order->instrument);
        order->rev_asked++;
        begin_request(engine, order, AGON_REQUEST_REPLACE);
        intents_send(engine, order, CMD_REPLACE);
    }
    intents_hold(engine, order);
    REQUIRE(reason == REASON_NONE || order->held_back_qty == held_back_qty);
    if (reason != REASON_NONE)
        refuse(engine, slot, event, intent, AGON_REQUEST_REPLACE, reason);
    else
        deliver_order(engine, order, REASON_NONE);
}

static void target(struct engine *engine, struct slot *slot, const struct agon_intent_event *event)
{
    struct agon_intent intent = event->intent;
    const struct agon_instrument *instrument = instruments_get(&engine->table, intent.instrument);
    const struct position *pos = ledger_position(engine->ledger, slot->id, intent.instrument, 0);
    agon_qty_t reach_qty = 0;
    agon_qty_t change_qty;

    if (pos != NULL)
        reach_qty = num_add(pos->qty, num_add(pos->working_buy_qty, -pos->working_sell_qty));
    change_qty = num_add(intent.qty, -reach_qty);
    if (instrument != NULL)
        change_qty = num_to_step(change_qty, instrument->lot_qty, NUM_ZERO);
    if (change_qty == 0)
        return;
    intent.kind = AGON_INTENT_ORDER;
    intent.side = change_qty > 0 ? AGON_BUY : AGON_SELL;
    intent.qty = num_abs(change_qty);
    if (intent.type == 0)
        intent.type = AGON_MARKET;
    place(engine, slot, event, &intent);
}

// One side of a quote: what stands already stays, moves or goes.
static void quote(struct engine *engine, struct slot *slot, const struct agon_intent_event *event)
{
    struct agon_intent intent = event->intent;
    struct order *standing = NULL;

    for (struct order *order = orders_next(engine->orders, slot->id, NULL); order != NULL;
         order = orders_next(engine->orders, slot->id, order)) {
        if ((order->flags & ORDER_IS_QUOTE) != 0 && order->instrument == intent.instrument &&
            order->side == intent.side)
            standing = order;
    }
    if (intent.qty == 0) {
        if (standing != NULL)
            intents_cancel(engine, standing, REASON_USER);
        return;
    }
    intent.kind = AGON_INTENT_ORDER;
    intent.type = AGON_LIMIT;
    if (standing == NULL) {
        uint16_t reason;
        struct order *order = enter(engine, slot, event, &intent, &reason);

        if (order == NULL) {
            refuse(engine, slot, event, &intent, AGON_REQUEST_NEW, reason);
            return;
        }
        order->flags |= ORDER_IS_QUOTE;
        release(engine, order);
        return;
    }
    if (standing->px == intent.px && order_left(standing) == intent.qty &&
        standing->request <= AGON_REQUEST_NEW && (standing->flags & ORDER_CANCEL_WANTED) == 0)
        return;
    if (standing->request == AGON_REQUEST_REPLACE && standing->new_px == intent.px &&
        standing->new_qty - standing->filled_qty == intent.qty)
        return;                             // it is on its way there
    if (standing->rev_asked == UINT8_MAX) { // no revision is left: the next quote begins anew
        intents_cancel(engine, standing, REASON_USER);
        return;
    }
    // The quantity of a quote is what shall stand; an order's is its total.
    intent.qty = num_add(intent.qty, standing->filled_qty);
    replace(engine, slot, event, &intent, standing);
}

static void group(struct engine *engine, struct slot *slot, const struct leg_group *legs)
{
    struct risk_slot before = engine->risk[slot->id];
    struct order *entered[ENGINE_LEGS];
    uint16_t reason = REASON_NONE;
    uint32_t n = 0;

    while (n < legs->n) {
        const struct agon_intent_event *leg = &legs->legs[n];

        if (leg->intent.kind != AGON_INTENT_ORDER) {
            reason = REASON_INVALID;
            break;
        }
        entered[n] = enter(engine, slot, leg, &leg->intent, &reason);
        if (entered[n] == NULL)
            break;
        // What it holds back the next leg is judged beside.
        enter_books(engine, entered[n]);
        n++;
    }
    if (n == legs->n) {
        for (uint32_t i = 0; i < n; i++)
            release_held(engine, entered[i]);
        return;
    }
    // Accepted or refused together: what had passed gives back what it took of the gate's memory
    // too.
    engine->risk[slot->id] = before;
    risk_forget(&engine->risk[slot->id]);
    for (uint32_t i = 0; i < n; i++)
        drop(engine, entered[i], reason);
    for (uint32_t i = n; i < legs->n; i++)
        refuse(engine, slot, &legs->legs[i], &legs->legs[i].intent, AGON_REQUEST_NEW, reason);
}

// Does this leg go on where the group stands? What a plugin says of itself is not to be believed.
static int is_next_leg(const struct leg_group *legs, const struct agon_origin *origin)
{
    const struct agon_origin *first = &legs->legs[0].origin;

    return legs->n > 0 && origin->leg == legs->n && origin->n_legs == first->n_legs &&
           origin->cause_seq == first->cause_seq && origin->generation == first->generation;
}

/* Does it say anything behind the record that this build knows? That is a later build's: what is
 * not understood is not done by half. */
static int has_more(const struct agon_intent_event *wish)
{
    const unsigned char *bytes = (const unsigned char *)wish;

    for (uint32_t i = sizeof(*wish); i < event_bytes(&wish->hdr); i++) {
        if (bytes[i] != 0)
            return 1;
    }
    return 0;
}

int intents_take(struct engine *engine, const struct agon_intent_event *wish)
{
    struct slot *slot = slots_get(&engine->slots, wish->origin.slot);
    struct agon_intent_event copy = *wish;
    const struct agon_intent_event *event = &copy;
    const struct agon_intent *intent = &copy.intent;
    struct leg_group *legs;

    if (slot == NULL)
        return AGON_EINVAL;
    __builtin_prefetch(&engine->slot_halts[slot->id]);
    ledger_expect(engine->ledger, slot->id, copy.intent.instrument);
    orders_expect(engine->orders, next_id(engine, slot));
    if (copy.intent.account == 0) {
        const struct agon_instrument *instrument =
            instruments_get(&engine->table, copy.intent.instrument);

        copy.intent.account =
            instrument != NULL ? engine_account(engine, slot, instrument) : slot->account;
    }
    slot->n_intents++;
    engine->counters.n_intents++;
    engine->asked[slot->id] +=
        intent->kind == AGON_INTENT_QUOTE                                          ? 2
        : intent->kind == AGON_INTENT_ORDER || intent->kind == AGON_INTENT_REPLACE ? 1
                                                                                   : 0;
    if (has_more(wish) || intent->instrument > INSTRUMENTS_MAX ||
        intent->kind < AGON_INTENT_ORDER || intent->kind > AGON_INTENT_QUOTE ||
        event->origin.n_legs > ENGINE_LEGS ||
        (event->origin.n_legs > 1 && event->origin.leg >= event->origin.n_legs)) {
        refuse(engine, slot, event, intent, AGON_REQUEST_NEW, REASON_INVALID);
        return AGON_OK;
    }
    // Wanted by a plugin that is gone, and the one after it has begun without knowing of it.
    if (control_is_orphan(slot, &event->origin)) {
        refuse(engine, slot, event, intent, AGON_REQUEST_NEW, REASON_SLOT_GONE);
        return AGON_OK;
    }
    legs = &engine->legs[slot->id];
    if (event->origin.n_legs > 1 && intent->kind != AGON_INTENT_QUOTE) {
        if (!is_next_leg(legs, &event->origin)) {
            // Half a group was left behind by a runner that died: it never becomes an order.
            legs->n = 0;
            if (event->origin.leg != 0) {
                refuse(engine, slot, event, intent, AGON_REQUEST_NEW, REASON_INVALID);
                return AGON_OK;
            }
        }
        legs->legs[legs->n++] = *event;
        if (legs->n == event->origin.n_legs) {
            group(engine, slot, legs);
            legs->n = 0;
        }
        return AGON_OK;
    }
    legs->n = 0;
    switch (intent->kind) {
    case AGON_INTENT_ORDER:
        place(engine, slot, event, intent);
        break;
    case AGON_INTENT_REPLACE:
        replace(engine, slot, event, intent,
                orders_by_ref(engine->orders, slot->id, intent->client_ref));
        break;
    case AGON_INTENT_CANCEL: {
        struct order *order = orders_by_ref(engine->orders, slot->id, intent->client_ref);

        if (order == NULL)
            refuse(engine, slot, event, intent, AGON_REQUEST_CANCEL, REASON_UNKNOWN_ORDER);
        else
            intents_cancel(engine, order, REASON_USER);
        break;
    }
    case AGON_INTENT_CANCEL_ALL:
        intents_cancel_all(engine, slot->id, intent->instrument, REASON_USER);
        break;
    case AGON_INTENT_TARGET:
        target(engine, slot, event);
        break;
    case AGON_INTENT_QUOTE:
        quote(engine, slot, event);
        break;
    }
    return AGON_OK;
}
