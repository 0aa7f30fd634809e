// SPDX-License-Identifier: Apache-2.0
#include "engine/close.h"

#include "engine/impl.h"
#include "market/instrument_kind.h"

// The bits of is_closing_all. FOR_GOOD alone: all was closed, and what a venue tells of later is
// closed too.
enum { CLOSING = 1, FOR_GOOD = 2 };

static const struct position *positions(const struct engine *engine, uint16_t slot, uint32_t *n)
{
    return ledger_positions(engine->ledger, slot, n);
}

int close_is_wanted(const struct engine *engine, uint16_t slot, agon_instrument_t instrument)
{
    uint32_t n;
    const struct position *all = positions(engine, slot, &n);

    if ((engine->is_closing_all[slot] & CLOSING) != 0 || halts_has(engine, HALT_STOP))
        return 1;
    for (uint32_t i = 0; engine->wants_flat[slot] != 0 && i < n; i++) {
        if (all[i].instrument == instrument)
            return (engine->wants_flat[slot] >> i & 1) != 0;
    }
    return 0;
}

// Of the closing side: what may be promised to one more order.
static agon_qty_t free_qty(const struct position *pos)
{
    agon_qty_t bound_qty = pos->qty > 0 ? pos->working_sell_qty : pos->working_buy_qty;
    agon_qty_t qty = num_add(num_abs(pos->qty), -bound_qty);

    return qty > 0 ? qty : 0;
}

int close_is_small(const struct engine *engine, uint16_t id, const struct position *pos,
                   agon_qty_t qty)
{
    const struct slot *slot = &engine->slots.all[id];
    const struct agon_instrument *instrument = instruments_get(&engine->table, pos->instrument);
    agon_px_t mark_px = engine_mark_px(engine, pos->instrument);
    agon_px_t px;

    if (qty == 0 || qty < instrument->min_qty)
        return 1;
    // A derivative's venue asks for no least notional of what only reduces.
    if (!instrument_kind_has_coins(instrument->kind) &&
        intents_may_reduce(engine, instrument, pos->account, pos->qty > 0 ? AGON_SELL : AGON_BUY,
                           qty))
        return 0;
    // A way out leaves at the edge of the collar, and that is what the venue multiplies by.
    px = num_add(mark_px, -num_mul_div(mark_px, intents_band_ppm(slot), 1000000, NUM_UP));
    return mark_px > 0 && instruments_notional(&engine->table, instrument, px, qty, NUM_UP) <
                              instrument->min_notional_amt;
}

static int is_dust(const struct engine *engine, const struct slot *slot, const struct position *pos)
{
    const struct agon_instrument *instrument = instruments_get(&engine->table, pos->instrument);

    return close_is_small(engine, slot->id, pos,
                          num_to_step(num_abs(pos->qty), instrument->lot_qty, NUM_ZERO));
}

int close_is_dust(const struct engine *engine, uint16_t slot, agon_instrument_t instrument)
{
    const struct position *pos = ledger_position(engine->ledger, slot, instrument, 0);

    return pos == NULL || is_dust(engine, &engine->slots.all[slot], pos);
}

void close_left(const struct engine *engine, uint32_t *n_orders, uint32_t *n_positions)
{
    *n_orders = *n_positions = 0;
    for (uint16_t id = 0; id < engine->slots.n; id++) {
        const struct slot *slot = &engine->slots.all[id];
        uint32_t n;
        const struct position *all = positions(engine, id, &n);

        if (!slot->is_used)
            continue;
        *n_orders += orders_count(engine->orders, id);
        for (uint32_t i = 0; i < n; i++)
            *n_positions += all[i].instrument != 0 && !is_dust(engine, slot, &all[i]);
    }
}

uint64_t close_count(const struct engine *engine, uint16_t slot)
{
    return engine->n_closed[slot];
}

uint16_t close_ended(const struct engine *engine, uint16_t slot)
{
    return engine->wants_flat[slot] != 0 ? engine->close_ended[slot] : REASON_NONE;
}

static uint16_t judge(const struct engine *engine, const struct slot *slot,
                      const struct position *pos, const struct agon_intent *intent)
{
    const struct agon_instrument *instrument = instruments_get(&engine->table, pos->instrument);
    struct risk_view view = {
        .t = engine->t,
        .instrument = instrument,
        .is_authorised = intent->account == engine_account(engine, slot, instrument),
        .held_qty = pos->qty,
        .working_buy_qty = pos->working_buy_qty,
        .working_sell_qty = pos->working_sell_qty,
        .free_qty = free_qty(pos),
    };

    return risk_judge_close(&view, intent);
}

struct order *close_part(struct engine *engine, uint16_t id, agon_instrument_t instrument_id,
                         agon_qty_t qty, uint16_t reason, uint16_t *refused)
{
    struct slot *slot = &engine->slots.all[id];
    const struct position *pos = ledger_position(engine->ledger, id, instrument_id, 0);
    const struct agon_instrument *instrument = instruments_get(&engine->table, instrument_id);
    struct agon_intent_event event = {
        .hdr = {.type = AGON_EVENT_INTENT, .granules = 2, .instrument = instrument_id},
        .origin = {.cause_seq = engine->seq, .generation = slot->generation, .slot = id},
        .intent = {.kind = AGON_INTENT_ORDER,
                   .side = pos != NULL && pos->qty < 0 ? AGON_BUY : AGON_SELL,
                   .type = AGON_MARKET,
                   .flags = AGON_REDUCE_ONLY,
                   .instrument = instrument_id,
                   .qty = qty},
    };
    agon_px_t bid_px, ask_px;
    agon_px_t judged_px = 0;
    struct order *order;

    *refused = REASON_INVALID;
    if (pos == NULL || instrument == NULL)
        return NULL;
    event.intent.account = pos->account;
    *refused = judge(engine, slot, pos, &event.intent);
    if (*refused != REASON_NONE)
        return NULL;
    bid_px = ask_px = exposure_path_px(engine, id, instrument_id);
    if (bid_px > 0 || market_best(engine, instrument_id, &bid_px, &ask_px,
                                  (agon_ns_t)slot->limits.book_age_ms * 1000000))
        judged_px = intents_judge_px(engine, slot, &event.intent, bid_px, ask_px);
    order = intents_make(engine, slot, &event, &event.intent, judged_px, refused);
    if (order == NULL)
        return NULL;
    order->flags |= ORDER_IS_EXIT;
    order->why = reason;
    intents_release(engine, order, reason);
    return order;
}

// As much as may go now. 0: nothing went, and not because nothing has to.
static int leave(struct engine *engine, struct slot *slot, const struct position *pos)
{
    const struct agon_instrument *instrument = instruments_get(&engine->table, pos->instrument);
    agon_qty_t qty = free_qty(pos);
    uint16_t refused;

    if (instrument->max_qty > 0 && qty > instrument->max_qty)
        qty = instrument->max_qty;
    qty = num_to_step(qty, instrument->lot_qty, NUM_ZERO);
    if (close_is_small(engine, slot->id, pos, qty))
        return 0; // the rest is promised to orders whose end is awaited
    if (close_part(engine, slot->id, pos->instrument, qty, engine->close_reason[slot->id],
                   &refused) != NULL)
        return 1;
    engine->close_ended[slot->id] = refused;
    intents_refuse_exit(engine, slot, pos, qty, refused);
    return 0;
}

/* Under a stop all goes, also what was dust only as long as another slot stood against it: now that
 * the other has closed, an order for it reduces the account. */
static void want_what_is_left(struct engine *engine, struct slot *slot)
{
    uint32_t n;
    const struct position *all = positions(engine, slot->id, &n);

    if (!slot->is_used || !halts_has(engine, HALT_STOP))
        return;
    for (uint32_t i = 0; i < n; i++) {
        if (all[i].instrument == 0 || is_dust(engine, slot, &all[i]))
            continue;
        if (engine->wants_flat[slot->id] == 0)
            engine->close_t[slot->id] = engine->t;
        engine->wants_flat[slot->id] |= (uint32_t)1 << i;
    }
}

void close_turn(struct engine *engine, uint16_t id)
{
    struct slot *slot = &engine->slots.all[id];
    uint32_t n;
    const struct position *all = positions(engine, id, &n);
    int is_late;

    want_what_is_left(engine, slot);
    if (engine->wants_flat[id] == 0 && (engine->is_closing_all[id] & CLOSING) == 0)
        return;
    is_late = engine->t - engine->close_t[id] >= ENGINE_RETRY_NS;

    for (uint32_t i = 0; i < n; i++) {
        int is_working = all[i].working_buy_qty != 0 || all[i].working_sell_qty != 0;

        if ((engine->wants_flat[id] >> i & 1) == 0)
            continue;
        if (is_dust(engine, slot, &all[i])) {
            if (!is_working)
                engine->wants_flat[id] &= ~((uint32_t)1 << i);
            continue;
        }
        // What works is being cancelled, and its end comes back here. It may be long in coming.
        if (!is_working || is_late)
            leave(engine, slot, &all[i]);
    }
    if (engine->wants_flat[id] == 0) {
        engine->n_closed[id] += (engine->is_closing_all[id] & CLOSING) != 0;
        engine->is_closing_all[id] &= slot->condition == CONDITION_RETIRED ? FOR_GOOD : 0;
    } else {
        intents_sweep_at(engine, engine->t + ENGINE_RETRY_NS);
    }
}

static void want(struct engine *engine, uint16_t slot, uint32_t places, uint16_t reason)
{
    if (engine->wants_flat[slot] == 0) {
        engine->close_t[slot] = engine->t;
        engine->close_ended[slot] = REASON_NONE;
    }
    engine->wants_flat[slot] |= places;
    engine->close_reason[slot] = reason;
    close_turn(engine, slot);
}

static void want_all(struct engine *engine, uint16_t slot, agon_instrument_t instrument,
                     uint16_t reason, uint8_t closing)
{
    uint32_t n;
    const struct position *all = positions(engine, slot, &n);
    uint32_t places = 0;

    intents_cancel_all(engine, slot, instrument, reason);
    for (uint32_t i = 0; i < n; i++) {
        if (all[i].instrument != 0 && (instrument == 0 || all[i].instrument == instrument))
            places |= (uint32_t)1 << i;
    }
    engine->is_closing_all[slot] |= closing;
    want(engine, slot, places, reason);
}

void close_want(struct engine *engine, uint16_t slot, agon_instrument_t instrument, uint16_t reason)
{
    want_all(engine, slot, instrument, reason, instrument == 0 ? CLOSING : 0);
}

void close_want_for_good(struct engine *engine, uint16_t slot, uint16_t reason)
{
    want_all(engine, slot, 0, reason, CLOSING | FOR_GOOD);
}

int close_is_for_good(const struct engine *engine, uint16_t slot)
{
    return (engine->is_closing_all[slot] & FOR_GOOD) != 0 &&
           engine->slots.all[slot].condition == CONDITION_RETIRED;
}

void close_want_venue(struct engine *engine, uint16_t slot, uint16_t venue, uint16_t reason)
{
    uint32_t n;
    const struct position *all = positions(engine, slot, &n);
    uint32_t places = 0;

    intents_cancel_venue(engine, slot, venue, reason);
    for (uint32_t i = 0; i < n; i++) {
        const struct agon_instrument *instrument =
            instruments_get(&engine->table, all[i].instrument);

        if (instrument != NULL && instrument->venue == venue)
            places |= (uint32_t)1 << i;
    }
    want(engine, slot, places, reason);
}

void close_call_off(struct engine *engine, uint16_t slot)
{
    // There is no agent that could go on with what is held.
    if (close_is_for_good(engine, slot))
        return;
    close_forget(engine, slot);
}

void close_forget(struct engine *engine, uint16_t slot)
{
    engine->wants_flat[slot] = 0;
    engine->is_closing_all[slot] = 0;
    engine->close_reason[slot] = 0;
    engine->close_t[slot] = 0;
}

/* An order of which nobody knew any more has filled, or one came to its end with a fill that the
 * venue told late: it is closed like the rest. */
void close_on_fill(struct engine *engine, uint16_t slot)
{
    uint32_t n;
    const struct position *all = positions(engine, slot, &n);

    if (engine->is_closing_all[slot] == FOR_GOOD &&
        engine->slots.all[slot].condition == CONDITION_RETIRED)
        engine->is_closing_all[slot] |= CLOSING;
    if ((engine->is_closing_all[slot] & CLOSING) == 0 && !halts_has(engine, HALT_STOP))
        return;
    for (uint32_t i = 0; i < n; i++) {
        if (all[i].instrument == 0 || all[i].qty == 0)
            continue;
        if (engine->wants_flat[slot] == 0)
            engine->close_t[slot] = engine->t;
        engine->wants_flat[slot] |= (uint32_t)1 << i;
    }
    if (engine->wants_flat[slot] == 0)
        return;
    if (halts_has(engine, HALT_STOP) && engine->stop_due == INT64_MAX)
        engine->stop_due = engine->t + ENGINE_STOP_NS;
    intents_sweep_at(engine, engine->t + ENGINE_RETRY_NS);
}
