// SPDX-License-Identifier: Apache-2.0
/* set_back: a host ran with a wrong clock, and its journal is ahead of the time. An operator's
 * order sets engine time back, once, as an event; nothing else ever does. Orders, positions, money,
 * scores and ids are not about time and stay as they are. Of what is: a stamp that lies ahead
 * becomes now, what is left of a timer's wait stays, and calendars go on from now. */
#include "engine/alerts.h"
#include "engine/impl.h"

#define DAY_NS    ((agon_ns_t)86400 * 1000000000)
#define MINUTE_NS ((agon_ns_t)60 * 1000000000)

static void no_later(agon_ns_t *stamp, agon_ns_t now)
{
    if (*stamp > now)
        *stamp = now;
}

static void set_orders_back(struct engine *engine, agon_ns_t now)
{
    for (uint16_t slot = 0; slot < engine->slots.n; slot++) {
        for (struct order *order = orders_next(engine->orders, slot, NULL); order != NULL;
             order = orders_next(engine->orders, slot, order)) {
            no_later(&order->t_create, now);
            no_later(&order->t_request, now);
        }
    }
    for (struct order *order = orders_next_final(engine->orders, NULL); order != NULL;
         order = orders_next_final(engine->orders, order)) {
        no_later(&order->t_create, now);
        no_later(&order->t_request, now);
    }
}

static void set_slots_back(struct engine *engine, agon_ns_t now)
{
    for (uint16_t id = 0; id < engine->slots.n; id++) {
        struct risk_slot *risk = &engine->risk[id];

        no_later(&engine->close_t[id], now);
        no_later(&engine->slot_halts[id].t, now);
        for (uint32_t i = 0; i < AGON_EXITS_MAX; i++) {
            no_later(&engine->exits[id][i].t_due, now);
            no_later(&engine->exits[id][i].t_retry, now);
        }
        no_later(&risk->t_tokens, now);
        for (uint32_t i = 0; i < RISK_DUPLICATES; i++)
            no_later(&risk->recent[i].t, now);
        for (uint32_t i = 0; i < SLOT_CRASHES; i++)
            no_later(&engine->slots.all[id].crashes[i], now);
    }
}

static void set_markets_back(struct engine *engine, agon_ns_t now)
{
    for (uint32_t i = 0; i < HALT_CAUSES; i++)
        no_later(&engine->halts[i].t, now);
    for (uint32_t i = 0; i <= VENUES_MAX; i++)
        no_later(&engine->venue_halts[i].t, now);
    for (uint32_t i = 1; i <= engine->table.n_instruments; i++) {
        struct market *market = &engine->markets[i];

        no_later(&market->halt.t, now);
        if (market->book == NULL)
            continue;
        no_later(&market->t_book, now);
        no_later(&market->t_quote, now);
        no_later(&market->t_mark, now);
        bars_set_back(&market->bars, now);
        market_note_due(engine, i);
    }
}

int set_back_clock(struct engine *engine, const struct record_clock *record, agon_ns_t t_before)
{
    struct tournament *tournament = &engine->tournament;
    agon_ns_t now = engine->t;

    if (record->t_before != t_before || now >= t_before)
        return AGON_EINVAL;
    // All by the same span, so their order stays.
    for (uint32_t i = 0; i < engine->timers.n; i++)
        engine->timers.nodes[i].t = num_add(engine->timers.nodes[i].t, now - t_before);
    if (engine->sample_due != INT64_MAX)
        engine->sample_due = (now / MINUTE_NS + 1) * MINUTE_NS;
    if (engine->sweep_due != INT64_MAX)
        no_later(&engine->sweep_due, now);
    if (engine->stop_due != INT64_MAX) {
        no_later(&engine->stop_due, now + ENGINE_STOP_NS);
        intents_sweep_at(engine, engine->stop_due);
    }
    set_markets_back(engine, now);
    set_slots_back(engine, now);
    set_orders_back(engine, now);
    exits_watch(engine);
    cards_set_back(engine, now);
    no_later(&tournament->t_since, now);
    no_later(&tournament->t_pending, now);
    no_later(&tournament->day, now / DAY_NS);
    if (tournament->rules.mode != 0)
        tournament->t_due = cron_next(&tournament->cron, now);
    for (uint32_t i = 0; i < ALERTS_KEPT; i++)
        no_later(&engine->alerts.all[i].t, now);
    engine_raise(engine, ALERT_CLOCK_VENUE, ALERT_NO_SLOT, 0, t_before - now, 0,
                 "engine time was set back, as an operator ordered");
    return AGON_OK;
}
