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

/* A line of heads with the currency, and a line of each: what finds no room is left out, and named
 * by the note. */
void figures_print_head(FILE *out, const struct figures_money *in);
void figures_print(FILE *out, const struct figures_money *in, const char *name,
                   const struct figures *of, uint64_t n_refused);
/* What no agent has, where there is some, so that the columns add up: behind the agents. */
void figures_print_pool(FILE *out, const struct figures_money *in, agon_amt_t pool_amt);
/* What "-" stands for, where it does, and what was left out. */
void figures_print_note(FILE *out, const struct figures_money *in, const struct figures *of);
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
