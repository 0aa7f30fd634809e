// SPDX-License-Identifier: Apache-2.0
/* figures: the figures of a slot or of all (score/figures.h) as lines of a report, JSON and
 * CSV; docs/figures.md says what each is. [main thread] */
#ifndef REPORT_FIGURES_H
#define REPORT_FIGURES_H

#include <jansson.h>
#include <stdio.h>

#include "report/sheet.h"
#include "score/figures.h"

struct figures_money { /* the base currency */
    const char *name;
    int exp;
    int width; /* columns that a line may take, 0: any number of them */
};

/* A table of agents, a line of figures each. Columns that find no room in in->width stand in
 * further tables below, the weightier ones first. */
#define FIGURES_NAME 64
struct figures_line;
struct figures_table {
    struct figures_money in;
    struct figures_line *lines; /* the table's own */
    uint32_t n, room, n_lost;   /* lost: for want of memory, which the end says */
    int lacks;                  /* of all lines: FIGURES_LACK_... */
};
void figures_table_begin(struct figures_table *table, const struct figures_money *in);
void figures_table_add(struct figures_table *table, const char *name, const struct figures *of,
                       uint64_t n_refused);
/* What no agent has, where there is some, so that the columns add up: behind the agents. */
void figures_table_pool(struct figures_table *table, agon_amt_t pool_amt);
/* Prints it, with what "-" stands for where a line has one, and frees what it took. */
void figures_table_end(struct figures_table *table, FILE *out);
/* Which "-" a line of these has; of all lines together it is the sum of the bits. */
#define FIGURES_LACK_T    1
#define FIGURES_LACK_YEAR 2
int figures_lack(const struct figures *of);
/* "9 agents and 1 model". Returns text. */
#define FIGURES_COUNT 48
char *figures_count(uint32_t n_agents, uint32_t n_models, char text[FIGURES_COUNT]);
/* A line where one lost a larger share than its deepest fall. */
void figures_print_deeper(FILE *out, const char *name, const struct figures *of);
/* Members are added: amounts exact, what is not known null. Returns json. */
json_t *figures_json(json_t *json, const struct figures_money *in, const struct figures *of);

/* The same as cells of a table, the first n_cells of which stay; what is not known is empty.
 * Returns how many there are then. */
#define FIGURES_CELLS 20
uint32_t figures_cells(struct cell *cells, uint32_t n_cells, const struct figures_money *in,
                       const struct figures *of);

#endif
