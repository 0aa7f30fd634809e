// SPDX-License-Identifier: Apache-2.0
#include "venue/wire.h"

#include <stdio.h>

#include "base/num.h"

int wire_takes(const struct venue_wire *wire, uint8_t type)
{
    return type < ORDER_TYPES_MAX && wire->order_types[type] != NULL;
}

int wire_spell(const struct venue_wire *wire, const char *base, const char *quote, char *text,
               size_t room)
{
    int n = snprintf(text, room, "%s%s%s%s", base, wire->joint != NULL ? wire->joint : "", quote,
                     wire->tail != NULL ? wire->tail : "");

    return n >= 0 && (size_t)n < room;
}

struct rules_fees wire_fees(const struct venue_wire *wire)
{
    return wire->fees.maker_ppb != 0 || wire->fees.taker_ppb != 0
               ? wire->fees
               : rules_fees(rules_market_of(wire->kind));
}

uint32_t wire_depth_of(const struct venue_wire *wire, uint32_t n)
{
    const uint32_t *depth = wire->depths;

    while (depth != NULL && *depth != 0 && *depth < n)
        depth++;
    return depth != NULL && *depth != 0 ? *depth : n;
}

static int64_t fit(int *is_exact, int64_t value, int from, int to)
{
    int64_t scaled = num_rescale(value, from, to, NUM_ZERO);

    // A tick finer than the instrument's exponent would be lost: that needs a new instrument.
    if (num_rescale(scaled, to, from, NUM_ZERO) != value)
        *is_exact = 0;
    return scaled;
}

int wire_fit_filters(const struct wire_info *info, int quote_exp, struct agon_instrument *record)
{
    int px_exp = record->px_exp;
    int qty_exp = record->qty_exp;
    int is_exact = 1;

    if (info->tick > 0)
        record->tick_px = fit(&is_exact, info->tick, info->tick_exp, px_exp);
    if (info->lot > 0)
        record->lot_qty = fit(&is_exact, info->lot, info->lot_exp, qty_exp);
    record->min_qty = fit(&is_exact, info->min_qty, info->min_qty_exp, qty_exp);
    record->min_notional_amt =
        fit(&is_exact, info->min_notional, info->min_notional_exp, quote_exp);
    record->min_px = fit(&is_exact, info->min_px, info->min_px_exp, px_exp);
    record->max_qty = num_rescale(info->max_qty, info->max_qty_exp, qty_exp, NUM_ZERO);
    record->max_px = num_rescale(info->max_px, info->max_px_exp, px_exp, NUM_ZERO);
    return is_exact;
}

void wire_begin(struct agon_event_hdr *hdr, uint16_t type, size_t bytes,
                const struct symbol *symbol)
{
    memset(hdr, 0, bytes);
    hdr->type = type;
    hdr->granules = (uint8_t)(bytes / EVENT_GRANULE);
    hdr->instrument = symbol->instrument;
}

uint16_t wire_refusal(enum answer answer)
{
    switch (answer) {
    case ANSWER_RATE:
        return REASON_VENUE_RATE;
    case ANSWER_LATER:
        return REASON_VENUE_DOWN;
    case ANSWER_CLOCK:
        return REASON_VENUE_CLOCK;
    case ANSWER_AUTH:
        return REASON_VENUE_AUTH;
    default:
        return REASON_VENUE_REJECT;
    }
}

void wire_keep_first(void *ctx, const struct wire_order *order)
{
    struct wire_order *first = ctx;

    if (first->venue_order == 0)
        *first = *order;
}

int wire_is_pushed(const struct venue_wire *wire)
{
    return wire->book == BOOK_CHECKSUM || wire->book == BOOK_CHAIN_PUSHED;
}
