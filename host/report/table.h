// SPDX-License-Identifier: Apache-2.0
/* table: a running host for people: on a terminal a table that is drawn over itself, elsewhere a
 * line now and then. [control] */
#ifndef REPORT_TABLE_H
#define REPORT_TABLE_H

#include <stdio.h>

#include "run/host.h"

struct table {
    FILE *out;
    int is_tty, has_colour, width;
    int n_drawn;       /* lines of the last drawing, to go up by */
    int64_t began_ns;  /* monotonic */
    int64_t length_ns; /* of the run; 0: open end */
    int64_t said_ns;   /* of the last line, off a terminal */
};
void table_init(struct table *table, FILE *out, int64_t length_ns);
void table_draw(struct table *table, const struct host_view *view, int64_t mono_ns);
/* The table once more, as it stays. */
void table_end(struct table *table, const struct host_view *view, int64_t mono_ns);
/* "12,345.67" of an amount of 10^-exp. Returns text. */
char *table_money(agon_amt_t amt, int exp, char text[48]);
/* "250 ns", "1.2 us", "3.4 ms". Returns text. */
char *table_time(int64_t ns, char text[24]);

#endif
