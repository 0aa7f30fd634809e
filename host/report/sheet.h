// SPDX-License-Identifier: Apache-2.0
/* sheet: rows of text under names, as CSV or as an array of JSON objects. [main thread] */
#ifndef REPORT_SHEET_H
#define REPORT_SHEET_H

#include <stdint.h>
#include <stdio.h>

enum sheet_format { SHEET_CSV = 0, SHEET_JSON = 1 };
struct cell {
    const char *name; /* borrowed */
    char text[400];
};
struct sheet {
    FILE *out; /* borrowed */
    enum sheet_format format;
    uint64_t n_rows;
};
/* names: of n cells, whose texts do not count. */
void sheet_begin(struct sheet *sheet, FILE *out, enum sheet_format format, const struct cell *names,
                 uint32_t n);
void sheet_row(struct sheet *sheet, const struct cell *cells, uint32_t n);
void sheet_end(struct sheet *sheet);

#endif
