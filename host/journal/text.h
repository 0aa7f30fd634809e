// SPDX-License-Identifier: Apache-2.0
/* text: an event as a line, for agon journal cat and export. Every type of <agon/event.h> and
 * market/records.h has its fields; numbers, ids and money are written as strings of digits, since
 * JSON's numbers lose them, and prices and quantities also as decimals where the instrument's
 * exponents are known. Text of venues and agents is escaped. [any] */
#ifndef JOURNAL_TEXT_H
#define JOURNAL_TEXT_H

#include "market/records.h"

#define JOURNAL_TEXT_MAX ((size_t)192 << 10) /* always suffices */

struct text_scale {
    int px_exp, qty_exp;
    const char *symbol; /* NULL: none */
};
/* True and *scale when the instrument is known. */
typedef int (*text_scale_fn)(void *ctx, agon_instrument_t instrument, struct text_scale *scale);

enum text_style {
    TEXT_JSON = 1, /* {"seq":"17","t":"...","type":"trade",...} */
    TEXT_LINE = 2  /* 17 2026-... trade BTCUSDT px=... */
};
/* One line without its end, and a NUL. scale may be NULL. Returns the length, or AGON_ERANGE when
 * it does not fit. */
int64_t text_event(const struct agon_event_hdr *event, enum text_style style, text_scale_fn scale,
                   void *ctx, char *text, size_t room);
/* "trade", "book_delta" ...; "type-127" is not among them: NULL for a type that has no name. */
const char *text_type_name(uint16_t type);
/* A value of these fields as events have them in text; NULL: it has no name. */
enum text_of {
    TEXT_SIDE = 1,
    TEXT_ORDER_TYPE = 2,
    TEXT_TIF = 3,
    TEXT_STATE = 4,  /* of an order */
    TEXT_REPORT = 5, /* kind of a REPORT */
    TEXT_INTENT = 6, /* kind of an INTENT */
    TEXT_MODE = 7    /* of a START */
};
const char *text_name(enum text_of what, uint32_t value);

#endif
