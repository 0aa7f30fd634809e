// SPDX-License-Identifier: Apache-2.0
/* view_rows: the rows of a table out of what a verb answers: of lists in rows, without what nobody
 * can do anything about, by rank. Each gives a list of its own; NULL: no memory. [any] */
#ifndef REPORT_VIEW_ROWS_H
#define REPORT_VIEW_ROWS_H

#include <jansson.h>
#include <stdint.h>

/* The inner rows of all outer ones, each with that key of its outer row, and whether that was
 * undone. */
json_t *view_flat(const json_t *outer, const char *key, const char *inner_key);
/* One row, where the answer is one and no list. */
json_t *view_alone(const json_t *of);
/* What an agent's plugin says of itself, a row each with its name; NULL: nothing. */
json_t *view_metrics(const json_t *agent);
/* Positions that somebody can do something about. n_dust: of so many no order can. */
json_t *view_held(const json_t *of, uint32_t *n_dust);
/* Rows by rank; those without one as they were, behind them. */
json_t *view_ranked(const json_t *of);
/* What every row has under that key, a text; NULL: there is none, or they differ. Borrowed. */
const char *view_common(const json_t *rows, const char *key);

#endif
