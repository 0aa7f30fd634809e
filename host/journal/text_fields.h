// SPDX-License-Identifier: Apache-2.0
/* text_fields: the fields of each event, by name and place, as text.c writes them: one table for
 * text and JSON. [any] */
#ifndef JOURNAL_TEXT_FIELDS_H
#define JOURNAL_TEXT_FIELDS_H

#include "journal/text.h"

enum text_kind {
    F_END = 0,
    F_U8,
    F_U16,
    F_U32,
    F_U64, /* a string of digits */
    F_I8,
    F_I32,
    F_I64, /* a string of digits */
    F_PX,
    F_QTY,
    F_F64,
    F_NAME8,  /* an enum of 8 bits */
    F_NAME16, /* ... of 16 bits */
    F_NAME32,
    F_TEXT, /* n bytes, ended by NUL */
    F_HEX   /* n bytes */
};
struct text_field {
    const char *name;
    uint16_t offset;
    uint8_t kind;
    uint16_t n; /* names, or bytes of text and hex */
    const char *const *names;
};
struct text_layout {
    uint16_t type;
    const char *name;
    uint16_t bytes; /* least length of the record */
    const struct text_field *fields;
};

/* NULL: no such event is known. */
const struct text_layout *text_layout_of(uint16_t type);
/* Of this event, which may be longer than a build before it wrote it; ends with a field without a
 * name. NULL: shorter than any. */
const struct text_field *text_fields_of(const struct text_layout *layout,
                                        const struct agon_event_hdr *event);
/* Of a slot's line in a PLAN: before and behind its measures. */
extern const struct text_field text_line_head[], text_line_tail[];

#endif
