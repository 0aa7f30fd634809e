// SPDX-License-Identifier: Apache-2.0
/* exits: keeps the slots' exit plans (exec/exit.h): shows them prices and positions, fires what
 * has come due, and sees to it that it is closed.
 *
 * What comes due is offered back by the driver as a DUE event, like a timer: so that it fires, by
 * what cause and at which price, is in the journal. Orders leave through close_part alone, never
 * for more than the slot holds and has not promised to another order; so two plans, or a plan and
 * its plugin, cannot sell the same thing twice.
 *
 * Where the data are bars with paths (STEP_PATHS), plans look at the path's prices and at no other,
 * but for a mark price. What an author wants of a plan inside a bar happens at its close: until
 * then the plan as it was at the open counts, and a new one looks at nothing. */
#include "base/hot.h"
#include "engine/close.h"
#include "engine/impl.h"
#include "market/instrument_kind.h"

// What the slot holds on a plan's side; less than any order may be is nothing.
static agon_qty_t held_qty(const struct engine *engine, uint16_t slot, const struct exit_plan *exit)
{
    const struct agon_instrument *instrument =
        instruments_get(&engine->table, exit->plan.instrument);
    const struct position *pos = ledger_position(engine->ledger, slot, exit->plan.instrument, 0);
    agon_qty_t qty = pos == NULL ? 0 : exit->plan.side == AGON_BUY ? pos->qty : -pos->qty;
    agon_qty_t lots_qty = qty > 0 ? num_to_step(qty, instrument->lot_qty, NUM_ZERO) : 0;

    return lots_qty == 0 || lots_qty < instrument->min_qty ? 0 : qty;
}

// The slot's average entry, out of what its position cost.
static agon_px_t entry_px(const struct engine *engine, uint16_t slot, agon_instrument_t id,
                          agon_px_t px)
{
    const struct agon_instrument *instrument = instruments_get(&engine->table, id);
    const struct position *pos = ledger_position(engine->ledger, slot, id, 0);
    agon_amt_t amt;

    if (pos == NULL || pos->qty == 0)
        return 0;
    amt = instruments_notional(&engine->table, instrument, px, num_abs(pos->qty), NUM_EVEN);
    return amt > 0 && amt < NUM_MAX ? num_mul_div(px, num_abs(pos->cost_amt), amt, NUM_EVEN) : 0;
}

agon_px_t exits_entry_px(const struct engine *engine, uint16_t slot, agon_instrument_t instrument)
{
    return entry_px(engine, slot, instrument, engine_mark_px(engine, instrument));
}

/* The price that a plan looks at; 0: there is none to go by now. */
static agon_px_t watched_px(const struct engine *engine, uint16_t slot,
                            const struct exit_plan *exit)
{
    const struct market *market = &engine->markets[exit->plan.instrument];
    agon_ns_t age_ns = (agon_ns_t)engine->slots.all[slot].limits.book_age_ms * 1000000;
    agon_px_t bid_px;
    agon_px_t ask_px;

    if (market->is_bars == STEP_PATHS && exit->plan.watch != AGON_EXIT_MARK)
        return exposure_path_px(engine, slot, exit->plan.instrument);
    switch (exit->plan.watch) {
    case AGON_EXIT_MARK:
        return engine->t - market->t_mark <= MARKET_MARK_NS ? market->mark_px : 0;
    case AGON_EXIT_LAST:
        return market->last_px;
    default:
        if (!market_best(engine, exit->plan.instrument, &bid_px, &ask_px, age_ns))
            return 0;
        return exit->plan.side == AGON_BUY ? bid_px : ask_px;
    }
}

static void tell(struct engine *engine, uint16_t slot, const struct exit_plan *exit, uint8_t state,
                 uint16_t reason, agon_px_t px, uint64_t order_id)
{
    struct agon_exit event;

    engine_exit(exit, &event);
    event.state = state;
    event.reason = reason;
    event.px = px;
    event.order_id = order_id;
    deliver_private(engine, slot, &event.hdr);
}

void engine_exit(const struct exit_plan *exit, struct agon_exit *event)
{
    *event = (struct agon_exit){
        .hdr = {.type = AGON_EVENT_EXIT, .granules = 2, .instrument = exit->plan.instrument},
        .client_ref = exit->plan.client_ref,
        .account = exit->plan.account,
        .reason = exit->failed,
        .id = exit->id,
        .state = exit->failed != 0                    ? AGON_EXIT_FAILED
                 : exit->is_all || exit->fire_qty > 0 ? AGON_EXIT_FIRED
                                                      : exit->state,
        .cause = exit->cause,
        .take = exit->take,
        .side = exit->plan.side,
        .watch = exit->plan.watch,
        .taken = exit->taken,
        .stop_px = exit->stop_px,
        .best_px = exit->best_px,
        .qty = exit_wants(exit),
        .left_qty = exit_left(exit),
        .closed_qty = exit->closed_qty,
    };
}

static struct exit_plan *of_slot(struct engine *engine, uint16_t slot, uint32_t at)
{
    struct exit_plan *exit = &engine->exits[slot][at];

    return exit->id != 0 ? exit : NULL;
}

#define EACH(engine, slot, exit)                                                                   \
    for (uint32_t at = 0; at < AGON_EXITS_MAX; at++)                                               \
        if (((exit) = of_slot(engine, slot, at)) != NULL)

static struct exit_plan *by_id(struct engine *engine, uint16_t slot, uint32_t id)
{
    struct exit_plan *exit;

    EACH(engine, slot, exit)
    {
        if (exit->id == id)
            return exit;
    }
    return NULL;
}

static struct exit_plan *by_ref(struct engine *engine, uint16_t slot, agon_instrument_t instrument,
                                uint64_t client_ref)
{
    struct exit_plan *exit;

    EACH(engine, slot, exit)
    {
        if (exit->plan.instrument == instrument && exit->plan.client_ref == client_ref)
            return exit;
    }
    return NULL;
}

/* When it next has something to do. A time that falls inside a bar comes at its close. */
static agon_ns_t due_at(const struct engine *engine, const struct exit_plan *exit)
{
    const struct market *market = &engine->markets[exit->plan.instrument];

    return market->is_inside && exit->due_cause == 0 && exit->due_takes == 0 ? INT64_MAX
                                                                             : exit_next(exit);
}

void exits_watch(struct engine *engine)
{
    engine->exits_due = INT64_MAX;
    for (uint32_t word = 0; word <= INSTRUMENTS_MAX / 64; word++) {
        for (; engine->exits_on[word] != 0; engine->exits_on[word] &= engine->exits_on[word] - 1)
            engine->markets[word * 64 + (uint32_t)__builtin_ctzll(engine->exits_on[word])].exits =
                (struct slot_set){0};
    }
    for (uint16_t slot = 0; slot < engine->slots.n; slot++) {
        struct exit_plan *exit;

        EACH(engine, slot, exit)
        {
            slot_set_add(&engine->markets[exit->plan.instrument].exits, slot);
            engine->exits_on[exit->plan.instrument / 64] |= (uint64_t)1
                                                            << exit->plan.instrument % 64;
            if (due_at(engine, exit) < engine->exits_due)
                engine->exits_due = due_at(engine, exit);
        }
    }
}

static void drop(struct engine *engine, uint16_t slot, struct exit_plan *exit, uint8_t state,
                 uint16_t reason)
{
    exit->failed = 0;
    tell(engine, slot, exit, state, reason, 0, 0);
    memset(exit, 0, sizeof(*exit));
    exits_watch(engine);
}

// --- looking ---

static void look(struct engine *engine, uint16_t slot, struct exit_plan *exit)
{
    agon_px_t px = watched_px(engine, slot, exit);
    unsigned did;

    if (px <= 0)
        return;
    did = exit_look(exit, px, entry_px(engine, slot, exit->plan.instrument, px), engine->t);
    if ((did & EXIT_HAS_MOVED) != 0)
        tell(engine, slot, exit, AGON_EXIT_ARMED, REASON_NONE, px, 0);
    // Its time may have passed already, and what is due by a price is due by that from now on.
    if ((did & EXIT_IS_DUE) != 0)
        exits_watch(engine);
}

// Where something else than a price has changed. A trade of long ago is none of now.
static void look_again(struct engine *engine, uint16_t slot, struct exit_plan *exit)
{
    if (exit->plan.watch != AGON_EXIT_LAST ||
        engine->markets[exit->plan.instrument].is_bars == STEP_PATHS)
        look(engine, slot, exit);
}

void exits_on_price(struct engine *engine, agon_instrument_t instrument, uint8_t watch)
{
    struct slot_set slots = engine->markets[instrument].exits;
    uint16_t slot;

    while (slot_set_take(&slots, &slot)) {
        struct exit_plan *exit;

        EACH(engine, slot, exit)
        {
            if (exit->plan.instrument == instrument && exit->plan.watch == watch)
                look(engine, slot, exit);
        }
    }
}

void exits_on_path(struct engine *engine, uint16_t slot, const struct record_path *path)
{
    struct exit_plan *exit;

    EACH(engine, slot, exit)
    {
        if (exit->plan.instrument != path->hdr.instrument)
            continue;
        look_again(engine, slot, exit);
        if (path->kind == PATH_CLOSE &&
            exit_time(exit, path->hdr.t_venue, path->px, engine->t) != 0)
            exits_watch(engine);
    }
}

// --- closing ---

static agon_qty_t working_qty(struct engine *engine, uint16_t slot, const struct exit_plan *exit)
{
    agon_qty_t qty = 0;

    for (struct order *order = orders_next(engine->orders, slot, NULL); order != NULL;
         order = orders_next(engine->orders, slot, order)) {
        if (order->exit == exit->id)
            qty = num_add(qty, order->held_back_qty);
    }
    return qty;
}

// Does the plan leave all that the slot has there, so that none of its own orders has a point?
static int is_whole(const struct exit_plan *exit)
{
    return exit->is_all && exit->plan.qty == 0;
}

/* The slot's own orders on one side give way: those that hold back what is to be closed, or would
 * buy back what is sold. from_px: only those at that price or nearer to the market; 0: all. */
static void clear_way(struct engine *engine, uint16_t slot, const struct exit_plan *exit,
                      uint8_t side, agon_px_t from_px)
{
    for (struct order *order = orders_next(engine->orders, slot, NULL); order != NULL;
         order = orders_next(engine->orders, slot, order)) {
        if (order->instrument != exit->plan.instrument || order->side != side ||
            (order->flags & (ORDER_IS_EXIT | ORDER_CANCEL_WANTED)) != 0)
            continue;
        if (from_px != 0 && order->px != 0 &&
            (side == AGON_BUY ? order->px < from_px : order->px > from_px))
            continue;
        if (engine->private_sub[slot] < ENGINE_SWEEP) {
            intents_cancel(engine, order, REASON_EXIT);
        } else {
            order->flags |= ORDER_CANCEL_WANTED;
            intents_sweep_at(engine, engine->t);
        }
    }
}

static void fail(struct engine *engine, uint16_t slot, struct exit_plan *exit, uint16_t reason,
                 uint64_t order_id)
{
    int is_new = exit->failed != reason;

    exit->failed = reason;
    exit->n_failed++;
    exit->t_retry = num_add(engine->t, ENGINE_RETRY_NS);
    intents_sweep_at(engine, exit->t_retry);
    // It goes again each second; its slot and people are told less and less often.
    if (!is_new && (exit->n_failed & (exit->n_failed - 1)) != 0)
        return;
    tell(engine, slot, exit, AGON_EXIT_FAILED, reason, 0, order_id);
    engine_raise(engine, ALERT_EXIT, slot, exit->plan.instrument, 0, 0, NULL);
}

// Sends what may go now of what the plan still wants closed.
static void leave(struct engine *engine, uint16_t slot, struct exit_plan *exit)
{
    agon_instrument_t id = exit->plan.instrument;
    const struct agon_instrument *instrument = instruments_get(&engine->table, id);
    const struct position *pos = ledger_position(engine->ledger, slot, id, 0);
    uint8_t way_out = exit->plan.side == AGON_BUY ? AGON_SELL : AGON_BUY;
    agon_qty_t leaving_qty = working_qty(engine, slot, exit);
    agon_qty_t want_qty = num_add(exit_wants(exit), -leaving_qty);
    agon_qty_t free_qty, qty;
    uint16_t refused;
    struct order *order;

    // Where the host closes all of it anyway, one of the two is enough.
    if (want_qty <= 0 || pos == NULL || exit->t_retry > engine->t ||
        close_is_wanted(engine, slot, id))
        return;
    // Of what would buy more: all that would only be closed again, or what the order would meet.
    clear_way(engine, slot, exit, exit->plan.side,
              exit->is_all ? 0 : watched_px(engine, slot, exit));
    free_qty = num_add(num_abs(pos->qty),
                       -(way_out == AGON_SELL ? pos->working_sell_qty : pos->working_buy_qty));
    if (is_whole(exit) || free_qty < want_qty)
        clear_way(engine, slot, exit, way_out, 0);
    qty = num_to_step(want_qty < free_qty ? want_qty : free_qty, instrument->lot_qty, NUM_ZERO);
    if (close_is_small(engine, slot, pos, qty)) {
        // The rest is promised to orders whose end comes back here; and what works for the plan may
        // end short, what works against it may make the rest larger.
        if (free_qty < want_qty || leaving_qty > 0 ||
            (exit->is_all &&
             (exit->plan.side == AGON_BUY ? pos->working_buy_qty : pos->working_sell_qty) > 0))
            return;
        if (exit->is_all)
            drop(engine, slot, exit, AGON_EXIT_DONE, REASON_NONE);
        else
            exit_forgo(exit);
        return;
    }
    if (instrument->max_qty > 0 && qty > instrument->max_qty)
        qty = num_to_step(instrument->max_qty, instrument->lot_qty, NUM_ZERO);
    order = close_part(engine, slot, id, qty, REASON_EXIT, &refused);
    if (order == NULL) {
        fail(engine, slot, exit, refused, 0);
        return;
    }
    order->exit = exit->id;
    order->why = exit_reasons_of_plan(exit->cause);
}

void exits_know_orders(struct engine *engine)
{
    for (uint16_t slot = 0; slot < engine->slots.n; slot++) {
        for (struct order *order = orders_next(engine->orders, slot, NULL); order != NULL;
             order = orders_next(engine->orders, slot, order)) {
            const struct exit_plan *exit =
                order->exit != 0 ? by_id(engine, slot, order->exit) : NULL;

            if (order->exit != 0)
                order->why = exit_reasons_of_plan(exit != NULL ? exit->cause : 0);
            else if ((order->flags & ORDER_IS_EXIT) != 0)
                order->why = engine->close_reason[slot];
        }
    }
}

/* Whatever has changed: on with what has fired, and an end to what is done. */
static void go_on(struct engine *engine, uint16_t slot, struct exit_plan *exit)
{
    if (exit_wants(exit) > 0)
        leave(engine, slot, exit);
    if (exit->id != 0 && exit_is_done(exit))
        drop(engine, slot, exit, AGON_EXIT_DONE, REASON_NONE);
    // What it waits for may end without a word to it.
    if (exit->id != 0 && exit_wants(exit) > 0)
        intents_sweep_at(engine, exit->t_retry > engine->t ? exit->t_retry
                                                           : num_add(engine->t, ENGINE_RETRY_NS));
}

int exits_are_leaving(struct engine *engine, uint16_t slot, agon_instrument_t instrument)
{
    struct exit_plan *exit;

    if (!slot_set_has(&engine->markets[instrument].exits, slot))
        return 0;
    EACH(engine, slot, exit)
    {
        if (exit->plan.instrument == instrument && is_whole(exit))
            return 1;
    }
    return 0;
}

void exits_due(const struct engine *engine, struct record_due *due)
{
    for (uint16_t slot = 0; slot < engine->slots.n; slot++) {
        for (uint32_t at = 0; at < AGON_EXITS_MAX; at++) {
            const struct exit_plan *exit = &engine->exits[slot][at];
            uint8_t take;

            if (exit->id == 0 || due_at(engine, exit) != engine->exits_due)
                continue;
            due->kind = DUE_EXIT;
            due->hdr.instrument = exit->plan.instrument;
            due->slot = slot;
            due->id = exit->id;
            due->cause = exit_due(exit, engine->exits_due, &take, &due->px);
            due->cookie = take;
            return;
        }
    }
}

void exits_fire(struct engine *engine, const struct record_due *due)
{
    struct exit_plan *exit = by_id(engine, due->slot, due->id);
    agon_px_t px = due->px;

    REQUIRE(exit != NULL); // the engine's own word, and nothing happened since
    if (exit->state == AGON_EXIT_WAITING) {
        exit->cause = due->cause; // its time came before any position
        drop(engine, due->slot, exit, AGON_EXIT_ENDED, REASON_NONE);
        return;
    }
    if (due->cause == AGON_EXIT_BY_TIME)
        px = watched_px(engine, due->slot, exit);
    exit_fire(exit, due->cause, (uint8_t)due->cookie);
    exits_watch(engine);
    engine->counters.n_exits++;
    tell(engine, due->slot, exit, AGON_EXIT_FIRED, REASON_NONE, px, 0);
    go_on(engine, due->slot, exit);
    if (exit->id != 0)
        look_again(engine, due->slot, exit);
}

// --- what changes a plan ---

static void hold(struct engine *engine, uint16_t slot, struct exit_plan *exit)
{
    switch (exit_hold(exit, held_qty(engine, slot, exit))) {
    case EXIT_ARMS:
        tell(engine, slot, exit, AGON_EXIT_ARMED, REASON_NONE, 0, 0);
        look_again(engine, slot, exit);
        break;
    case EXIT_OVER:
        drop(engine, slot, exit, exit->cause != 0 ? AGON_EXIT_DONE : AGON_EXIT_ENDED, REASON_NONE);
        break;
    default:
        if (exit_is_done(exit))
            drop(engine, slot, exit, AGON_EXIT_DONE, REASON_NONE);
        break;
    }
}

void exits_on_fill(struct engine *engine, uint16_t slot, agon_instrument_t instrument,
                   uint32_t exit_id, agon_qty_t qty)
{
    struct exit_plan *exit;

    if (!slot_set_has(&engine->markets[instrument].exits, slot))
        return;
    EACH(engine, slot, exit)
    {
        if (exit->plan.instrument != instrument)
            continue;
        if (exit_id != 0 && exit->id == exit_id)
            exit_filled(exit, qty);
        hold(engine, slot, exit);
    }
}

void exits_on_end(struct engine *engine, const struct order *order)
{
    uint16_t slot = order->slot;
    agon_instrument_t instrument = order->instrument; // a new order may take its place
    struct exit_plan *exit;

    if (!slot_set_has(&engine->markets[instrument].exits, slot))
        return;
    exit = order->exit != 0 ? by_id(engine, slot, order->exit) : NULL;
    if (exit != NULL && order->state == AGON_ORDER_FILLED) {
        exit->failed = 0;
        exit->n_failed = 0;
    }
    // One that ended short goes again after a pause, or the two of us would go on for ever.
    if (exit != NULL && order->state != AGON_ORDER_FILLED && exit_wants(exit) > 0)
        fail(engine, slot, exit, order->reason != 0 ? order->reason : REASON_VENUE_EXPIRED,
             order->id);
    EACH(engine, slot, exit)
    {
        if (exit->plan.instrument == instrument)
            go_on(engine, slot, exit);
    }
}

void exits_sweep(struct engine *engine, uint16_t slot)
{
    struct exit_plan *exit;

    EACH(engine, slot, exit)
    {
        if (exit_wants(exit) == 0)
            continue;
        if (engine->private_sub[slot] >= ENGINE_SWEEP) {
            intents_sweep_at(engine, engine->t);
            return;
        }
        go_on(engine, slot, exit);
    }
}

void exits_begin_anew(struct engine *engine, uint16_t slot)
{
    struct exit_plan *exit;

    EACH(engine, slot, exit)
    {
        const struct position *pos =
            ledger_position(engine->ledger, slot, exit->plan.instrument, 0);

        exit->t_retry = 0;
        if (exit->state == AGON_EXIT_WAITING &&
            (pos == NULL || (pos->working_buy_qty == 0 && pos->working_sell_qty == 0)))
            drop(engine, slot, exit, AGON_EXIT_ENDED, REASON_SLOT_GONE);
        else if (exit_wants(exit) > 0)
            intents_sweep_at(engine, engine->t);
    }
}

void exits_forget(struct engine *engine, uint16_t slot)
{
    memset(engine->exits[slot], 0, sizeof(engine->exits[slot]));
    exits_watch(engine);
}

static void refuse(struct engine *engine, struct slot *slot, const struct agon_exit_plan *plan,
                   uint16_t reason)
{
    struct exit_plan none = {.plan = *plan};

    engine_count_refused(engine, slot, reason);
    tell(engine, slot->id, &none, AGON_EXIT_REFUSED, reason, 0, 0);
}

static uint16_t judge(const struct engine *engine, const struct slot *slot,
                      const struct agon_exit_plan *plan)
{
    const struct agon_instrument *instrument = instruments_get(&engine->table, plan->instrument);
    int is_named = 0;

    for (uint32_t i = 0; i < slot->subscription.n_instruments; i++)
        is_named |= slot->subscription.instruments[i] == plan->instrument;
    if (instrument == NULL || !is_named ||
        plan->account != engine_account(engine, slot, instrument))
        return REASON_UNAUTHORISED;
    if (slot->agent_kind != AGON_STRATEGY || slot->condition == CONDITION_RETIRED ||
        !instrument_kind_is_traded(instrument->kind))
        return REASON_SLOT_STATE;
    // No venue tells a mark price of what is no derivative: such a plan would never fire.
    if (!exit_is_sane(plan) ||
        (plan->watch == AGON_EXIT_MARK && instrument_kind_has_coins(instrument->kind)))
        return REASON_INVALID;
    return REASON_NONE;
}

static struct exit_plan *place_for(struct engine *engine, struct slot *slot,
                                   const struct agon_exit_plan *plan, uint16_t *reason)
{
    struct exit_plan *exit = by_ref(engine, slot->id, plan->instrument, plan->client_ref);

    *reason = REASON_NONE;
    // What has fired cannot be taken back: its order may be anywhere.
    if (exit != NULL &&
        (exit_wants(exit) > 0 || exit->is_all || exit->due_cause != 0 || exit->due_takes != 0))
        *reason = REASON_REQUEST_PENDING;
    if (exit != NULL)
        return exit;
    if (exit_is_end(plan)) {
        *reason = REASON_UNKNOWN_ORDER;
        return NULL;
    }
    for (uint32_t i = 0; i < AGON_EXITS_MAX; i++) {
        if (engine->exits[slot->id][i].id == 0)
            return &engine->exits[slot->id][i];
    }
    *reason = REASON_NO_ROOM;
    return NULL;
}

static void begin(struct engine *engine, uint16_t slot, struct exit_plan *exit,
                  const struct agon_exit_plan *plan)
{
    exit_open(exit, plan, ++engine->next_exit[slot]);
    exit->is_young = engine->markets[plan->instrument].is_inside;
    exits_watch(engine);
    if (held_qty(engine, slot, exit) > 0)
        hold(engine, slot, exit);
    else
        tell(engine, slot, exit, AGON_EXIT_WAITING, REASON_NONE, 0, 0);
}

/* What its author wanted of it inside a bar that is over now. */
static void change(struct engine *engine, uint16_t slot, struct exit_plan *exit)
{
    struct agon_exit_plan plan = exit->next;
    uint8_t kind = exit->change;

    exit->change = EXIT_KEEP;
    memset(&exit->next, 0, sizeof(exit->next));
    if (exit_wants(exit) > 0 || exit->is_all)
        refuse(engine, &engine->slots.all[slot], kind == EXIT_END ? &exit->plan : &plan,
               REASON_REQUEST_PENDING);
    else if (kind == EXIT_END)
        drop(engine, slot, exit, AGON_EXIT_ENDED, REASON_USER);
    else
        begin(engine, slot, exit, &plan);
}

int exits_take(struct engine *engine, const struct agon_exit_event *event)
{
    struct slot *slot = slots_get(&engine->slots, event->origin.slot);
    struct agon_exit_plan plan = event->plan;
    const struct agon_instrument *instrument = instruments_get(&engine->table, plan.instrument);
    struct exit_plan *exit = NULL;
    uint16_t reason;

    if (slot == NULL)
        return AGON_EINVAL;
    if (plan.account == 0 && instrument != NULL)
        plan.account = engine_account(engine, slot, instrument);
    slot->n_intents++;
    engine->counters.n_intents++;
    reason =
        control_is_orphan(slot, &event->origin) ? REASON_SLOT_GONE : judge(engine, slot, &plan);
    if (reason == REASON_NONE)
        exit = place_for(engine, slot, &plan, &reason);
    if (reason != REASON_NONE) {
        // What no instrument table has is no place to look anything up by.
        if (instrument == NULL)
            plan.instrument = 0;
        refuse(engine, slot, &plan, reason);
        return AGON_OK;
    }
    // A young one has not been there for anything of the bar.
    if (exit->id != 0 && !exit->is_young && engine->markets[plan.instrument].is_inside) {
        exit->change = exit_is_end(&plan) ? EXIT_END : EXIT_REPLACE;
        exit->next = (struct agon_exit_plan){0};
        if (exit->change == EXIT_REPLACE)
            exit->next = plan;
        return AGON_OK;
    }
    if (exit_is_end(&plan)) {
        drop(engine, slot->id, exit, AGON_EXIT_ENDED, REASON_USER);
        return AGON_OK;
    }
    begin(engine, slot->id, exit, &plan);
    return AGON_OK;
}

// Not inlined: few have a plan.
static __attribute__((noinline)) void plans_over(struct engine *engine,
                                                 agon_instrument_t instrument)
{
    struct slot_set slots = engine->markets[instrument].exits;
    uint16_t slot;

    while (slot_set_take(&slots, &slot)) {
        struct exit_plan *exit;

        EACH(engine, slot, exit)
        {
            if (exit->plan.instrument != instrument)
                continue;
            exit->is_young = 0;
            if (exit->change != EXIT_KEEP)
                change(engine, slot, exit);
        }
    }
    exits_watch(engine);
}

HOT void exits_bar_over(struct engine *engine, agon_instrument_t instrument)
{
    struct market *market = &engine->markets[instrument];

    // Without a plan none's time depends on this bar.
    if (market->is_inside && !slot_set_is_empty(&market->exits)) {
        market->is_inside = 0;
        plans_over(engine, instrument);
    }
    market->is_inside = 0;
}

const struct exit_plan *engine_next_exit(const struct engine *engine, uint16_t slot,
                                         const struct exit_plan *after)
{
    const struct exit_plan *next = NULL;

    for (uint32_t i = 0; slot < SLOTS_MAX && i < AGON_EXITS_MAX; i++) {
        const struct exit_plan *exit = &engine->exits[slot][i];

        if (exit->id != 0 && (after == NULL || exit->id > after->id) &&
            (next == NULL || exit->id < next->id))
            next = exit;
    }
    return next;
}
