// SPDX-License-Identifier: Apache-2.0
/* view_impl: what the files of a view share: view.c says which fields each verb's answer has,
 * view_table.c how a cell, a line and a table of them look. [any] */
#ifndef REPORT_VIEW_IMPL_H
#define REPORT_VIEW_IMPL_H

#include <jansson.h>
#include <stdio.h>

enum kind {
    TEXT,    // left
    LAST,    // text that takes what is left of the line, and further lines
    WORDS,   // a name: its words apart
    TIMES,   // text, and behind it how many the row stands for, where it is more than one
    NUMBER,  // as it is, right
    MEAN,    // of prices: two digits more than the row's mark has, without their zeros
    RATIO,   // two digits
    PX,      // a price: with thousands apart and the digits that it has
    PRICE,   // the same of an order's limit; 0: it has none
    RANK,    // 0: none
    AMOUNT,  // with thousands apart
    SHARE,   // 0.2 is 20.00 %
    SCORE,   // of a tournament
    TIME,    // of ISO 8601: day and time of day
    TIME_MS, // the same of milliseconds since 1970
    NS,      // how long: base/span.h; 0: of nothing
    SECONDS, // the same, of seconds, and so on
    MILLIS,
    MICROS,
    BYTES,
    GIB,   // of bytes; MiB of less than one
    NAMES, // of a list's objects
    LIMIT, // a real number is a share, a text an amount
    USED,  // the same of what a limit counts: below 0 nothing is used; its loss in money before it
    LOSS,  // of the day, in money: a gain is no loss; what its limit counts where that is another
    HASH   // its first 16 digits
};
struct field {
    const char *key, *head;
    enum kind kind;
    int rank; // 1: always shown; 2, 3: where there is room; 0: the fields end
};

/* A line for each field that the answer has. */
void view_table_lines(FILE *out, const struct field *fields, const json_t *of, int width);
/* A table, or "none"; below it what it has no room for, in one line: command --json has it. */
void view_table_rows(FILE *out, const struct field *fields, const json_t *rows, int width,
                     const char *command);

#endif
