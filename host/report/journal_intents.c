// SPDX-License-Identifier: Apache-2.0
#include "report/journal_intents.h"

#include <stdlib.h>

#include "base/num.h"
#include "journal/text.h"

struct journal_intents {
    const struct tags *tags; // borrowed
    uint64_t n_refused;
    uint64_t refused[SLOTS_MAX][REASONS_MAX];
    struct agon_intent_event legs[SLOTS_MAX][ENGINE_LEGS]; // of a group that is not whole yet
    uint32_t n_legs[SLOTS_MAX];
};

struct journal_intents *journal_intents_new(const struct tags *tags)
{
    struct journal_intents *intents = calloc(1, sizeof(*intents));

    if (intents != NULL)
        intents->tags = tags;
    return intents;
}

void journal_intents_free(struct journal_intents *intents)
{
    free(intents);
}

void journal_intents_names(struct cell *cells)
{
    static const char *const names[INTENT_CELLS] = {
        "time",      "agent",    "symbol",     "kind",       "side",     "order_type",
        "price",     "quantity", "became",     "refused_by", "order_id", "seq",
        "cause_seq", "n",        "instrument", "files",      "tag",      "tag_name"};

    journal_rows_names(cells, names, INTENT_CELLS);
}

// By which check has the slot been refused since the last event? Of a group, by one for all.
static uint16_t refused_by(const struct journal_intents *intents, const struct engine *engine,
                           uint16_t slot)
{
    for (uint16_t reason = 1; reason < REASONS_MAX; reason++) {
        if (engine_refused(engine, slot, reason) != intents->refused[slot][reason])
            return reason;
    }
    return REASON_NONE;
}

/* A place that is free has been refused nothing. */
static void forget(struct journal_intents *intents, const struct record_command *command)
{
    if (command->kind == COMMAND_VACATE && command->id < SLOTS_MAX)
        memset(intents->refused[command->id], 0, sizeof(intents->refused[command->id]));
}

static void note(struct journal_intents *intents, struct engine *engine)
{
    if (engine_counters(engine)->n_refused == intents->n_refused)
        return;
    intents->n_refused = engine_counters(engine)->n_refused;
    for (uint16_t slot = 0; slot < SLOTS_MAX; slot++) {
        for (uint16_t reason = 0; reason < REASONS_MAX; reason++)
            intents->refused[slot][reason] = engine_refused(engine, slot, reason);
    }
}

static const struct order *order_of(struct engine *engine, const struct agon_origin *origin)
{
    struct orders *orders = engine_orders(engine);

    for (struct order *order = orders_next(orders, origin->slot, NULL); order != NULL;
         order = orders_next(orders, origin->slot, order)) {
        if (order->cause_seq == origin->cause_seq && order->n == origin->n &&
            order->generation == origin->generation)
            return order;
    }
    return NULL;
}

static const char *became(const struct agon_intent_event *event, uint16_t reason,
                          const struct order *order)
{
    if (reason != REASON_NONE)
        return "refused";
    if (order != NULL)
        return "order";
    return event->intent.kind == AGON_INTENT_TARGET ? "nothing" : "taken";
}

static void put_row(const struct tags *tags, struct engine *engine,
                    const struct agon_intent_event *event, uint16_t reason,
                    const struct weights *weights, struct sheet *sheet)
{
    const struct instruments *table = engine_instruments(engine);
    const struct agon_instrument *instrument = instruments_get(table, event->intent.instrument);
    const struct slot *slot = slots_get(engine_slots(engine), event->origin.slot);
    const struct order *order = reason == REASON_NONE ? order_of(engine, &event->origin) : NULL;
    struct cell cells[INTENT_CELLS];
    char name[TAG_NAME];

    journal_intents_names(cells);
    journal_rows_time(event->hdr.t, &cells[0]);
    journal_rows_put(&cells[1], slot != NULL ? slot->name : "");
    journal_rows_put(&cells[2], instrument != NULL ? instrument->symbol : "");
    journal_rows_put(&cells[3], text_name(TEXT_INTENT, event->intent.kind));
    journal_rows_put(&cells[4], text_name(TEXT_SIDE, event->intent.side));
    journal_rows_put(&cells[5], text_name(TEXT_ORDER_TYPE, event->intent.type));
    num_format_short(event->intent.px, instrument != NULL ? instrument->px_exp : 0, cells[6].text);
    num_format_short(event->intent.qty, instrument != NULL ? instrument->qty_exp : 0,
                     cells[7].text);
    journal_rows_put(&cells[8], became(event, reason, order));
    journal_rows_put(&cells[9], reason != REASON_NONE ? reason_name(reason) : "");
    if (order != NULL)
        snprintf(cells[10].text, sizeof(cells[10].text), "%llx", (unsigned long long)order->id);
    journal_rows_u64(&cells[11], event->hdr.seq);
    journal_rows_u64(&cells[12], event->origin.cause_seq);
    journal_rows_u64(&cells[13], event->origin.n);
    journal_rows_u64(&cells[14], event->intent.instrument);
    weights_put(weights, event->origin.slot, event->origin.generation, event->origin.cause_seq,
                cells[15].text);
    journal_rows_u64(&cells[16], event->intent.reason);
    journal_rows_put(&cells[17], tags_name(tags, event->origin.slot, event->hdr.seq,
                                           event->intent.reason, name));
    sheet_row(sheet, cells, INTENT_CELLS);
}

// Is the group whole, so that the engine has judged it? A leg that is alone was refused at once.
static int is_whole(const struct journal_intents *intents, const struct agon_intent_event *intent,
                    uint16_t reason)
{
    return intent->origin.n_legs <= 1 || intent->intent.kind == AGON_INTENT_QUOTE ||
           reason != REASON_NONE || intents->n_legs[intent->origin.slot] == ENGINE_LEGS - 1 ||
           intent->origin.leg + 1 >= intent->origin.n_legs;
}

static void take(struct journal_intents *intents, struct engine *engine,
                 const struct agon_intent_event *intent, const struct weights *weights,
                 struct sheet *sheet)
{
    uint16_t slot = intent->origin.slot, reason = refused_by(intents, engine, slot);
    struct agon_intent_event *legs = intents->legs[slot];
    uint32_t *n = &intents->n_legs[slot];
    int is_next = *n > 0 && intent->origin.leg == *n &&
                  intent->origin.cause_seq == legs[0].origin.cause_seq &&
                  intent->origin.n_legs == legs[0].origin.n_legs &&
                  intent->origin.generation == legs[0].origin.generation;

    // Half a group that was left behind never becomes an order.
    for (uint32_t i = 0; i < *n && !is_next; i++)
        put_row(intents->tags, engine, &legs[i], REASON_INVALID, weights, sheet);
    if (!is_next)
        *n = 0;
    if (!is_whole(intents, intent, reason)) {
        legs[(*n)++] = *intent;
        return;
    }
    for (uint32_t i = 0; i < *n; i++)
        put_row(intents->tags, engine, &legs[i], reason, weights, sheet);
    *n = 0;
    put_row(intents->tags, engine, intent, reason, weights, sheet);
}

void journal_intents_take(struct journal_intents *intents, struct engine *engine,
                          const struct agon_event_hdr *event, const struct weights *weights,
                          struct sheet *sheet)
{
    const struct agon_intent_event *intent = (const void *)event;

    if (event->type == AGON_EVENT_INTENT && event_bytes(event) == sizeof(*intent) &&
        slots_get(engine_slots(engine), intent->origin.slot) != NULL)
        take(intents, engine, intent, weights, sheet);
    if (event->type == AGON_EVENT_COMMAND)
        forget(intents, (const struct record_command *)(const void *)event);
    note(intents, engine);
}
