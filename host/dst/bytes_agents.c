// SPDX-License-Identifier: Apache-2.0
/* What agents ask for, held against the journal: each intent, timer and death again, with the
 * orders, positions and limits that the replay has before and after it.
 *
 *   a target that is taken leads to it: what is held, and   the slot's open orders and position,
 *   what is on its way, is what the agent named, however     behind the intent
 *   often it names it
 *   a quote stands with the quantity and at the price        the order that stands for it, behind
 *   that the agent named, whatever had filled                the intent
 *   no more equal orders than the limit within its window    the orders that intents became
 *   a timer comes to who armed it, and to nobody who began   ARM records and generations
 *   anew in the slot
 *   who dies too often is not started again                  CRASH records, by their times
 *   what closes a position for the host is not cancelled     the orders before and behind a crash
 *   because an agent dies
 *   a slot that is counted as closed holds nothing           positions
 *
 * Orders and positions are the host's, and others judge them by the exchange's word. */
#include <stdlib.h>

#include "base/num.h"
#include "dst/bytes_impl.h"
#include "engine/close.h"
#include "run/host_impl.h"

#define MINUTE    (60 * SECOND)
#define EQUALS    64u /* orders of a slot that are remembered */
#define TIMERS    64u /* of a slot */
#define CLOSERS   64u
#define DEATHS    3 /* within DEATHS_NS are too many */
#define DEATHS_NS (10 * MINUTE)

struct equal {
    agon_ns_t t; /* 0: none */
    agon_instrument_t instrument;
    agon_px_t px, trigger_px;
    agon_qty_t qty;
    uint8_t side, type;
};
struct asked { /* of a slot */
    struct equal equals[EQUALS];
    uint32_t next_equal;
    uint32_t timers[TIMERS];    /* ids that are armed; 0: none */
    uint32_t fresh;             /* generation that began with nothing */
    agon_ns_t t_deaths[DEATHS]; /* newest first */
    uint64_t n_closed;
};
struct bytes_agents {
    struct bytes *world;
    struct asked slots[BYTES_SLOTS];
    /* as it was before the event */
    uint64_t quote_id, n_invalid;
    uint8_t quote_rev;
    uint64_t closers[CLOSERS];
    uint32_t n_closers;
};

int bytes_agents_new(struct bytes_agents **agents, struct bytes *world)
{
    *agents = calloc(1, sizeof(**agents));
    if (*agents == NULL)
        return AGON_ENOMEM;
    (*agents)->world = world;
    return AGON_OK;
}

void bytes_agents_free(struct bytes_agents *agents)
{
    free(agents);
}

static struct order *next_open(struct engine *engine, uint16_t slot, struct order *after)
{
    return orders_next(engine_orders(engine), slot, after);
}

static const struct agon_intent_event *intent_of(const struct agon_event_hdr *event)
{
    return (const struct agon_intent_event *)(const void *)event;
}

/* --- before the event --- */

static struct order *quote_of(struct engine *engine, uint16_t slot,
                              const struct agon_intent *intent)
{
    struct order *found = NULL;

    for (struct order *order = next_open(engine, slot, NULL); order != NULL;
         order = next_open(engine, slot, order)) {
        if ((order->flags & ORDER_IS_QUOTE) != 0 && order->instrument == intent->instrument &&
            order->side == intent->side)
            found = order;
    }
    return found;
}

static void remember_quote(struct bytes_agents *agents, struct engine *engine,
                           const struct agon_intent_event *event)
{
    const struct order *order = quote_of(engine, event->origin.slot, &event->intent);

    agents->quote_id = order != NULL ? order->id : 0;
    agents->quote_rev = order != NULL ? order->rev_asked : 0;
    agents->n_invalid = engine_refused(engine, event->origin.slot, REASON_INVALID);
}

static void remember_closers(struct bytes_agents *agents, struct engine *engine, uint16_t slot)
{
    agents->n_closers = 0;
    for (struct order *order = next_open(engine, slot, NULL);
         order != NULL && agents->n_closers < CLOSERS; order = next_open(engine, slot, order)) {
        if ((order->flags & (ORDER_IS_EXIT | ORDER_CANCEL_WANTED)) == ORDER_IS_EXIT)
            agents->closers[agents->n_closers++] = order->id;
    }
}

void bytes_agents_before(struct bytes_agents *agents, struct engine *engine,
                         const struct agon_event_hdr *event)
{
    const struct record_crash *crash = (const struct record_crash *)(const void *)event;

    // Who has that place next has done nothing yet.
    for (uint16_t slot = 0; slot < BYTES_SLOTS; slot++) {
        if (slots_get(engine_slots(engine), slot) == NULL)
            agents->slots[slot] = (struct asked){.n_closed = agents->slots[slot].n_closed};
    }
    if (event->type == AGON_EVENT_INTENT && intent_of(event)->origin.slot < BYTES_SLOTS &&
        intent_of(event)->intent.kind == AGON_INTENT_QUOTE)
        remember_quote(agents, engine, intent_of(event));
    if (event->type == EVENT_CRASH && crash->slot < BYTES_SLOTS)
        remember_closers(agents, engine, crash->slot);
}

/* --- orders --- */

/* The order that this intent became; NULL: it was refused, or became none. */
static struct order *made_of(struct engine *engine, const struct agon_intent_event *event)
{
    struct order *made = NULL;

    for (struct order *order = next_open(engine, event->origin.slot, NULL); order != NULL;
         order = next_open(engine, event->origin.slot, order)) {
        if (order->client_ref == event->intent.client_ref && order->n == event->origin.n &&
            order->cause_seq == event->origin.cause_seq && order->t_create == engine_t(engine) &&
            order->generation == event->origin.generation && order->request == AGON_REQUEST_NEW &&
            (order->flags & ORDER_IS_EXIT) == 0)
            made = order;
    }
    return made;
}

/* What it may still trade; of one that ended, what the exchange counted and has not told yet. */
static agon_qty_t left_of(const struct order *order)
{
    agon_qty_t qty = order->qty;

    if (order_is_final(order))
        qty = order->venue_cum_qty < qty ? order->venue_cum_qty : qty;
    else if (order->request == AGON_REQUEST_REPLACE && order->new_qty > qty)
        qty = order->new_qty;
    return qty > order->filled_qty ? qty - order->filled_qty : 0;
}

static agon_qty_t leads_to(struct engine *engine, uint16_t slot, agon_instrument_t instrument)
{
    const struct position *pos = ledger_position(engine_ledger(engine), slot, instrument, 0);
    agon_qty_t qty = pos != NULL ? pos->qty : 0;

    for (struct order *order = next_open(engine, slot, NULL); order != NULL;
         order = next_open(engine, slot, order)) {
        if (order->instrument == instrument)
            qty += order->side == AGON_BUY ? left_of(order) : -left_of(order);
    }
    for (struct order *order = orders_next_final(engine_orders(engine), NULL); order != NULL;
         order = orders_next_final(engine_orders(engine), order)) {
        if (order->slot == slot && order->instrument == instrument)
            qty += order->side == AGON_BUY ? left_of(order) : -left_of(order);
    }
    return qty;
}

static void check_target(struct bytes_agents *agents, struct engine *engine,
                         const struct agon_intent_event *event)
{
    const struct agon_intent *intent = &event->intent;
    const struct host_instrument *instrument = &agents->world->instruments[intent->instrument - 1];
    agon_qty_t qty;

    agents->world->result->some[BYTES_SOME_TARGET]++;
    qty = leads_to(engine, event->origin.slot, intent->instrument);

    if (llabs((long long)(qty - intent->qty)) < instrument->lot_qty)
        return;
    bytes_fail(agents->world, "inv-01",
               "event %llu: slot %u names a target of %lld of instrument %u, and by what is held "
               "and on its way it comes to %lld",
               (unsigned long long)event->hdr.seq, event->origin.slot, (long long)intent->qty,
               intent->instrument, (long long)qty);
}

static void check_quote(struct bytes_agents *agents, struct engine *engine,
                        const struct agon_intent_event *event, const struct order *made)
{
    const struct agon_intent *intent = &event->intent;
    const struct order *order = quote_of(engine, event->origin.slot, intent);
    int is_changed = agents->quote_id != 0 && order != NULL && order->id == agents->quote_id &&
                     order->rev_asked != agents->quote_rev;
    agon_qty_t qty = made != NULL ? made->qty : 0;
    agon_px_t px = made != NULL ? made->px : 0;

    if (intent->qty == 0)
        return;
    agents->world->result->some[BYTES_SOME_QUOTE] += made != NULL || is_changed;
    if (is_changed) {
        qty = order->new_qty - order->filled_qty;
        px = order->new_px;
    }
    if ((made != NULL || is_changed) && (qty != intent->qty || px != intent->px))
        bytes_fail(agents->world, "inv-01",
                   "event %llu: slot %u quotes %lld at %lld of instrument %u, and what shall stand "
                   "is %lld at %lld",
                   (unsigned long long)event->hdr.seq, event->origin.slot, (long long)intent->qty,
                   (long long)intent->px, intent->instrument, (long long)qty, (long long)px);
    // On tick and lot, and of an order that stands: nothing is wrong with it.
    if (agents->quote_id != 0 &&
        engine_refused(engine, event->origin.slot, REASON_INVALID) != agents->n_invalid)
        bytes_fail(
            agents->world, "inv-01",
            "event %llu: slot %u quotes %lld at %lld of instrument %u, where a quote stands, "
            "and is refused as invalid",
            (unsigned long long)event->hdr.seq, event->origin.slot, (long long)intent->qty,
            (long long)intent->px, intent->instrument);
}

static int is_equal(const struct equal *one, const struct order *order)
{
    return one->instrument == order->instrument && one->side == order->side &&
           one->type == order->type && one->px == order->px &&
           one->trigger_px == order->trigger_px && one->qty == order->qty;
}

static void check_equals(struct bytes_agents *agents, struct engine *engine,
                         const struct order *made)
{
    struct asked *asked = &agents->slots[made->slot];
    const struct slot_limits *limits = &engine_slots(engine)->all[made->slot].limits;
    agon_ns_t since = engine_t(engine) - (agon_ns_t)limits->duplicate_window_ms * 1000000;
    uint32_t n = 1, max = limits->duplicate_max;

    // The host remembers as many orders of a slot, whichever they are.
    for (uint32_t i = 1; i < RISK_DUPLICATES; i++) {
        const struct equal *one = &asked->equals[(asked->next_equal - i) % EQUALS];

        n += one->t != 0 && one->t > since && is_equal(one, made);
    }
    asked->equals[asked->next_equal++ % EQUALS] = (struct equal){.t = engine_t(engine),
                                                                 .instrument = made->instrument,
                                                                 .px = made->px,
                                                                 .trigger_px = made->trigger_px,
                                                                 .qty = made->qty,
                                                                 .side = made->side,
                                                                 .type = made->type};
    if (max == 0 || max >= RISK_DUPLICATES || limits->duplicate_window_ms == 0 || n <= max)
        return;
    bytes_fail(agents->world, "inv-10",
               "event %llu: order %llx of slot %u is made, the %uth equal one within %u ms: %u are "
               "allowed",
               (unsigned long long)engine_seq(engine), (unsigned long long)made->id, made->slot, n,
               limits->duplicate_window_ms, max);
}

/* A replacement takes a place of what the host remembers. */
static void forget_one(struct asked *asked)
{
    asked->equals[asked->next_equal++ % EQUALS] = (struct equal){0};
}

static void on_intent(struct bytes_agents *agents, struct engine *engine,
                      const struct agon_intent_event *event)
{
    const struct order *made;

    if (event->origin.slot >= BYTES_SLOTS || event->intent.instrument == 0 ||
        event->intent.instrument > agents->world->n_coins)
        return;
    made = made_of(engine, event);
    if (event->intent.kind == AGON_INTENT_TARGET && made != NULL)
        check_target(agents, engine, event);
    if (event->intent.kind == AGON_INTENT_QUOTE)
        check_quote(agents, engine, event, made);
    if (made != NULL)
        check_equals(agents, engine, made);
    else if (event->intent.kind == AGON_INTENT_REPLACE || event->intent.kind == AGON_INTENT_QUOTE)
        forget_one(&agents->slots[event->origin.slot]);
}

/* --- timers --- */

static void on_arm(struct bytes_agents *agents, const struct record_arm *arm)
{
    struct asked *asked;
    uint32_t place = TIMERS;

    if (arm->origin.slot >= BYTES_SLOTS)
        return;
    asked = &agents->slots[arm->origin.slot];
    if (arm->origin.generation < asked->fresh)
        return; // of one that is gone
    for (uint32_t i = 0; i < TIMERS; i++) {
        if (asked->timers[i] == arm->id)
            asked->timers[i] = 0;
        if (asked->timers[i] == 0)
            place = i;
    }
    if (place < TIMERS && !arm->is_disarm)
        asked->timers[place] = arm->id;
}

static void on_timer(struct bytes_agents *agents, const struct record_due *due)
{
    const struct asked *asked = &agents->slots[due->slot < BYTES_SLOTS ? due->slot : 0];

    agents->world->result->some[BYTES_SOME_TIMER]++;
    for (uint32_t i = 0; i < TIMERS; i++) {
        if (due->slot >= BYTES_SLOTS || asked->timers[i] == due->id)
            return;
    }
    bytes_fail(agents->world, "inv-19",
               "event %llu: timer %u of slot %u comes, and who is active there since generation %u "
               "armed none of that number",
               (unsigned long long)due->hdr.seq, due->id, due->slot, asked->fresh);
}

/* --- deaths --- */

static int is_too_often(const struct asked *asked, agon_ns_t t)
{
    return asked->t_deaths[DEATHS - 1] != 0 && t - asked->t_deaths[DEATHS - 1] <= DEATHS_NS;
}

static void on_crash(struct bytes_agents *agents, struct engine *engine,
                     const struct record_crash *crash)
{
    struct asked *asked = &agents->slots[crash->slot];
    const struct slot *slot = slots_get(engine_slots(engine), crash->slot);

    for (int i = DEATHS - 1; i > 0; i--)
        asked->t_deaths[i] = asked->t_deaths[i - 1];
    asked->t_deaths[0] = engine_t(engine);
    agents->world->result->some[BYTES_SOME_OFTEN] += is_too_often(asked, engine_t(engine)) != 0;
    agents->world->result->some[BYTES_SOME_GOES_ON] += agents->n_closers > 0;
    if (slot != NULL && is_too_often(asked, engine_t(engine)) &&
        (slot->condition == CONDITION_ACTIVE ||
         (slot->condition == CONDITION_SUSPENDED && slot->condition_reason == REASON_SLOT_GONE)))
        bytes_fail(agents->world, "inv-20",
                   "event %llu: the agent of slot %u died %d times within %lld s, and may be "
                   "started again",
                   (unsigned long long)crash->hdr.seq, crash->slot, DEATHS,
                   (long long)((engine_t(engine) - asked->t_deaths[DEATHS - 1]) / SECOND));
    for (uint32_t i = 0; i < agents->n_closers; i++) {
        const struct order *order = orders_find(engine_orders(engine), agents->closers[i]);

        if (order != NULL && (order->flags & ORDER_CANCEL_WANTED) != 0)
            bytes_fail(agents->world, "exit",
                       "event %llu: the agent of slot %u died, and order %llx, by which the host "
                       "closes its position, is cancelled",
                       (unsigned long long)crash->hdr.seq, crash->slot,
                       (unsigned long long)order->id);
    }
}

static void on_generation(struct bytes_agents *agents, struct engine *engine,
                          const struct record_generation *record)
{
    struct asked *asked = &agents->slots[record->slot];

    if (record->why == GENERATION_FRESH) {
        memset(asked->timers, 0, sizeof(asked->timers));
        asked->fresh = record->generation;
    }
    if ((record->why == GENERATION_FRESH || record->why == GENERATION_RESTORE) &&
        is_too_often(asked, engine_t(engine)))
        bytes_fail(agents->world, "inv-20",
                   "event %llu: the agent of slot %u is started again, and died %d times within "
                   "%lld s",
                   (unsigned long long)record->hdr.seq, record->slot, DEATHS,
                   (long long)((engine_t(engine) - asked->t_deaths[DEATHS - 1]) / SECOND));
}

/* --- what is closed --- */

/* More than twice what the exchange takes an order for: the price moved since it was looked at. */
static int is_something(const struct bytes *world, const struct engine *engine,
                        const struct position *pos)
{
    const struct host_instrument *instrument = &world->instruments[pos->instrument - 1];
    int64_t qty = llabs((long long)pos->qty);
    int64_t one = 1;

    if (qty < 2 * instrument->min_qty || qty < 2 * instrument->lot_qty)
        return 0;
    for (int i = 0; i < instrument->px_exp + instrument->qty_exp; i++)
        one *= 10;
    return num_mul_div(engine_mark_px(engine, pos->instrument), qty, one, NUM_DOWN) >
           2 * (instrument->min_notional_amt / 100000000);
}

static void check_closed(struct bytes_agents *agents, struct engine *engine, uint16_t slot,
                         const struct agon_event_hdr *event)
{
    struct asked *asked = &agents->slots[slot];
    uint64_t n_closed = close_count(engine, slot);
    uint32_t n;
    const struct position *all = ledger_positions(engine_ledger(engine), slot, &n);

    if (n_closed == asked->n_closed)
        return;
    asked->n_closed = n_closed;
    for (uint32_t i = 0; i < n; i++) {
        if (all[i].instrument != 0 && all[i].instrument <= agents->world->n_coins &&
            is_something(agents->world, engine, &all[i]))
            bytes_fail(agents->world, "inv-24",
                       "event %llu of type %u: slot %u is counted as closed and holds %lld of "
                       "instrument %u",
                       (unsigned long long)event->seq, event->type, slot, (long long)all[i].qty,
                       all[i].instrument);
    }
}

void bytes_agents_stepped(struct bytes_agents *agents, struct engine *engine,
                          const struct agon_event_hdr *event)
{
    const struct record_due *due = (const struct record_due *)(const void *)event;
    const struct record_crash *crash = (const struct record_crash *)(const void *)event;
    const struct record_generation *generation =
        (const struct record_generation *)(const void *)event;

    if (event->type == AGON_EVENT_INTENT)
        on_intent(agents, engine, intent_of(event));
    if (event->type == EVENT_ARM)
        on_arm(agents, (const struct record_arm *)(const void *)event);
    if (event->type == EVENT_DUE && due->kind == DUE_TIMER)
        on_timer(agents, due);
    if (event->type == EVENT_CRASH && crash->slot < BYTES_SLOTS)
        on_crash(agents, engine, crash);
    if (event->type == EVENT_CONFIG && generation->kind == CONFIG_GENERATION &&
        generation->slot < BYTES_SLOTS)
        on_generation(agents, engine, generation);
    for (uint16_t slot = 0; slot < BYTES_SLOTS && slot < engine_slots(engine)->n; slot++)
        check_closed(agents, engine, slot, event);
}
