// SPDX-License-Identifier: Apache-2.0
/* table: a running host for people: on a terminal a picture that is drawn over itself, elsewhere a
 * line now and then. [control] */
#ifndef REPORT_TABLE_H
#define REPORT_TABLE_H

#include <stdio.h>

#include "report/frame.h"
#include "run/host.h"

struct table {
    struct frame frame;
    int64_t began_ns;  /* monotonic */
    int64_t length_ns; /* of the run; 0: open end */
    int64_t said_ns;   /* of the last line, off a terminal */
};
void table_init(struct table *table, FILE *out, int64_t length_ns);
void table_draw(struct table *table, const struct host_view *view, int64_t mono_ns);
/* The terminal is as it was, and the table stands there once more, at most 24 lines of it;
 * elsewhere too. */
void table_end(struct table *table, const struct host_view *view, int64_t mono_ns);

/* A column beside the agents' own: its head, and the text of a slot ("": none). */
struct table_more {
    const char *head;
    const char *(*text)(void *ctx, const struct host_view_slot *slot);
    void *ctx;
    int is_without_models; /* who has no capital is left out */
};
/* The agents within so many columns and rows, the head among them; more may be NULL. Returns the
 * rows. */
int table_agents(FILE *out, const struct frame *frame, const struct host_view *view, int rows,
                 const struct table_more *more);
/* Why each one ended whose plugin runs no more, a line each or several, within so many rows: none
 * where the agents' own rows are wide enough to say so. Returns the rows. */
int table_ended(FILE *out, const struct frame *frame, const struct host_view *view, int rows);
/* The instruments, likewise. */
int table_instruments(FILE *out, const struct frame *frame, const struct host_view *view, int rows);

#endif
