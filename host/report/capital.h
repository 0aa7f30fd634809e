// SPDX-License-Identifier: Apache-2.0
/* capital: where the money of all agents went, so that one can add it up: of each what it began
 * with, what tournaments moved, what it won, what it has; the pool; all. [any] */
#ifndef REPORT_CAPITAL_H
#define REPORT_CAPITAL_H

#include "report/table.h"

/* The column is a reader's sum: each amount is rounded by itself, as everywhere, and where the sum
 * of what is shown is a cent or two beside the total, the total's row says by how much. start_amt:
 * what each slot began with. more, may be NULL: a column beside. Lines for 80 columns. */
void capital_table(FILE *out, const struct host_view *view, const agon_amt_t start_amt[SLOTS_MAX],
                   const struct table_more *more);

#endif
