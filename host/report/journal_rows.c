// SPDX-License-Identifier: Apache-2.0
#include "report/journal_rows.h"

#include <string.h>

#include "base/num.h"
#include "journal/text.h"
#include "sys/clock.h"

#define ULL(value) ((unsigned long long)(value))

void journal_rows_time(agon_ns_t t, struct cell *cell)
{
    char text[CLOCK_TEXT] = "";

    if (t != 0)
        clock_text(t, text);
    snprintf(cell->text, sizeof(cell->text), "%s", text);
}

void journal_rows_names(struct cell *cells, const char *const *names, uint32_t n)
{
    memset(cells, 0, sizeof(*cells) * n);
    for (uint32_t i = 0; i < n; i++)
        cells[i].name = names[i];
}

void journal_rows_put(struct cell *cell, const char *text)
{
    snprintf(cell->text, sizeof(cell->text), "%.63s", text != NULL ? text : "");
}

void journal_rows_u64(struct cell *cell, uint64_t value)
{
    snprintf(cell->text, sizeof(cell->text), "%llu", ULL(value));
}

uint32_t journal_rows_trade(struct engine *engine, const struct agon_trade *trade,
                            struct cell *cells)
{
    static const char *const names[TRADE_CELLS] = {"time",     "venue_time", "symbol",
                                                   "side",     "price",      "quantity",
                                                   "venue_id", "seq",        "instrument"};
    const struct agon_instrument *instrument;

    journal_rows_names(cells, names, TRADE_CELLS);
    if (trade == NULL)
        return TRADE_CELLS;
    instrument = instruments_get(engine_instruments(engine), trade->hdr.instrument);
    if (instrument == NULL)
        return 0;
    journal_rows_time(trade->hdr.t, &cells[0]);
    journal_rows_time(trade->hdr.t_venue, &cells[1]);
    journal_rows_put(&cells[2], instrument->symbol);
    journal_rows_put(&cells[3], text_name(TEXT_SIDE, trade->side));
    num_format_short(trade->px, instrument->px_exp, cells[4].text);
    num_format_short(trade->qty, instrument->qty_exp, cells[5].text);
    journal_rows_u64(&cells[6], trade->venue_id);
    journal_rows_u64(&cells[7], trade->hdr.seq);
    journal_rows_u64(&cells[8], trade->hdr.instrument);
    return TRADE_CELLS;
}

uint32_t journal_rows_order(struct engine *engine, const struct record_report *report,
                            const struct weights *weights, struct cell *cells)
{
    static const char *const names[ORDER_CELLS] = {
        "time",   "venue_time", "agent",    "symbol", "said",       "state",
        "side",   "order_type", "tif",      "price",  "quantity",   "filled",
        "reason", "made",       "order_id", "seq",    "instrument", "files"};
    const struct agon_instrument *instrument;
    const struct order *order;
    const struct slot *slot;
    uint16_t reason;

    journal_rows_names(cells, names, ORDER_CELLS);
    if (report == NULL)
        return ORDER_CELLS;
    order = orders_find(engine_orders(engine), report->order_id);
    if (order == NULL)
        return 0; // nobody's of this host, or long forgotten
    instrument = instruments_get(engine_instruments(engine), order->instrument);
    slot = slots_get(engine_slots(engine), order->slot);
    reason = report->reason != 0 ? report->reason : order->reason;
    journal_rows_time(report->hdr.t, &cells[0]);
    journal_rows_time(report->hdr.t_venue, &cells[1]);
    journal_rows_put(&cells[2], slot != NULL ? slot->name : "");
    journal_rows_put(&cells[3], instrument != NULL ? instrument->symbol : "");
    journal_rows_put(&cells[4], text_name(TEXT_REPORT, report->kind));
    journal_rows_put(&cells[5], text_name(TEXT_STATE, order->state));
    journal_rows_put(&cells[6], text_name(TEXT_SIDE, order->side));
    journal_rows_put(&cells[7], text_name(TEXT_ORDER_TYPE, order->type));
    journal_rows_put(&cells[8], text_name(TEXT_TIF, order->tif));
    num_format_short(order->px, instrument != NULL ? instrument->px_exp : 0, cells[9].text);
    num_format_short(order->qty, instrument != NULL ? instrument->qty_exp : 0, cells[10].text);
    num_format_short(order->filled_qty, instrument != NULL ? instrument->qty_exp : 0,
                     cells[11].text);
    journal_rows_put(&cells[12], reason != 0 ? reason_name(reason) : "");
    journal_rows_time(order->t_create, &cells[13]);
    snprintf(cells[14].text, sizeof(cells[14].text), "%llx", ULL(order->id));
    journal_rows_u64(&cells[15], report->hdr.seq);
    journal_rows_u64(&cells[16], order->instrument);
    weights_put(weights, order->slot, order->generation, order->cause_seq, cells[17].text);
    return ORDER_CELLS;
}
