// SPDX-License-Identifier: Apache-2.0
/* newest: what was filled, what ended and what was asked for last, in rings of the view, for who
 * looks. */
#include <stdio.h>

#include "base/utf8.h"
#include "run/host_impl.h"

// The newest fills, for who looks. Whether a report was one that is new, the engine's count says.
int host_keep_fill(struct host *host, const struct agon_event_hdr *event)
{
    const struct record_report *report = (const struct record_report *)(const void *)event;
    const struct instruments *table = engine_instruments(host->engine);
    uint64_t n_fills = engine_counters(host->engine)->n_fills;
    const struct asset *asset;
    struct host_view_fill *fill;
    uint16_t slot = ORDER_ID_SLOT(report->order_id);
    const struct score *score = slot < SLOTS_MAX ? engine_score(host->engine, slot) : NULL;

    if (n_fills == host->fills_seen || report->kind != REPORT_FILL)
        return 0;
    host->fills_seen = n_fills;
    fill = &host->draft->fills[host->draft->n_fills++ % HOST_VIEW_FILLS];
    *fill = (struct host_view_fill){.t = event->t,
                                    .t_venue = event->t_venue,
                                    .seq = event->seq,
                                    .order_id = report->order_id,
                                    .venue_fill = report->venue_fill,
                                    .instrument = event->instrument,
                                    .slot = slot,
                                    .side = report->side,
                                    .liquidity = report->liquidity,
                                    .px = report->px,
                                    .qty = report->qty,
                                    .fee_amt = report->fee_amt,
                                    .fee_asset = report->fee_asset};
    if (score != NULL) {
        fill->is_closing = score->n_wins + score->n_losses > host->results[slot].n;
        fill->result_amt = score->won_amt - score->lost_amt - host->results[slot].won_amt;
        host_note_result(host, slot);
    }
    asset = instruments_asset(table, report->fee_asset);
    if (asset != NULL) {
        fill->fee_exp = asset->exp;
        memcpy(fill->fee_name, asset->name, sizeof(fill->fee_name));
    }
    if (score == NULL || instruments_get(table, event->instrument) == NULL)
        return 1;
    fill->trade =
        (struct trade_fill){.t = event->t,
                            .seq = event->seq,
                            .px = report->px,
                            .qty = report->qty,
                            .side = report->side,
                            .why = orders_exit_reason(engine_orders(host->engine), report),
                            .tag = orders_tag(engine_orders(host->engine), report)};
    trades_fill_of(&fill->trade, instruments_get(table, event->instrument),
                   ledger_position(engine_ledger(host->engine), slot, event->instrument, 0),
                   host_quote_exp(host, event->instrument));
    return 1;
}

int host_quote_exp(const struct host *host, agon_instrument_t id)
{
    const struct instruments *table = engine_instruments(host->engine);
    const struct agon_instrument *instrument = instruments_get(table, id);
    const struct asset *quote =
        instrument != NULL ? instruments_asset(table, instrument->quote) : NULL;

    return quote != NULL ? quote->exp : 8;
}

static void keep_end(struct host *host, const struct order *order,
                     const struct agon_event_hdr *event)
{
    const struct record_report *report = (const struct record_report *)(const void *)event;
    int is_of = event->type == EVENT_REPORT && report->order_id == order->id;
    uint16_t reason = order->reason != 0 ? order->reason : is_of ? report->reason : 0;

    host->draft->ended[host->draft->n_ended++ % HOST_VIEW_ENDED] =
        (struct host_view_ended){.id = order->id,
                                 .seq = event->seq,
                                 .t = event->t,
                                 .t_create = order->t_create,
                                 .instrument = order->instrument,
                                 .slot = order->slot,
                                 .reason = reason,
                                 .why = order->why,
                                 .tag = order->tag,
                                 .side = order->side,
                                 .type = order->type,
                                 .end = (uint8_t)order_end(order, is_of ? report->kind : 0),
                                 .px = order->px,
                                 .qty = order->qty,
                                 .filled_qty = order->filled_qty};
}

// The newest that ended: by a report, or because nothing of them was to leave. A fill that comes
// behind the end of its order says it again.
void host_keep_ended(struct host *host, const struct agon_event_hdr *event, int is_fill)
{
    struct orders *orders = engine_orders(host->engine);
    uint64_t n = orders_settled(orders) - host->ended_seen;
    const struct order *order;

    host->ended_seen += n;
    for (uint64_t k = n < HOST_VIEW_ENDED ? n : HOST_VIEW_ENDED; k-- > 0;) {
        order = orders_settled_at(orders, k);
        if (order != NULL)
            keep_end(host, order, event);
    }
    if (n > 0 || !is_fill)
        return;
    order = orders_find(orders, ((const struct record_report *)(const void *)event)->order_id);
    if (order != NULL && order_is_final(order))
        keep_end(host, order, event);
}

// What an operator asked for; who and why are an operator's bytes.
void host_keep_asked(struct host *host, const struct agon_event_hdr *event)
{
    const struct record_command_by *by = (const struct record_command_by *)(const void *)event;
    const struct slots *slots = engine_slots(host->engine);
    struct host_view_asked *to;

    if (event->type != AGON_EVENT_COMMAND || by->command.kind != COMMAND_ASKED ||
        event_bytes(event) < sizeof(*by) || by->command.which >= ASKED_MAX)
        return;
    to = &host->draft->asked[host->draft->n_asked++ % HOST_VIEW_ASKED];
    *to = (struct host_view_asked){
        .t = event->t, .seq = event->seq, .slot = UINT16_MAX, .kind = by->command.which};
    if (by->command.scope == SCOPE_SLOT && by->command.id < slots->n) {
        to->slot = (uint16_t)by->command.id;
        snprintf(to->of, sizeof(to->of), "%.31s", slots->all[to->slot].name);
    }
    (void)utf8_escape(by->who, strnlen(by->who, sizeof(by->who)), to->who, sizeof(to->who));
    (void)utf8_escape(by->why, strnlen(by->why, sizeof(by->why)), to->why, sizeof(to->why));
}
