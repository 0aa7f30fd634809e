// SPDX-License-Identifier: Apache-2.0
/* journal_rows: what a replay comes to, as rows: trades of the markets, and what venues said of our
 * orders, each with engine time and venue time. [main thread] */
#ifndef REPORT_JOURNAL_ROWS_H
#define REPORT_JOURNAL_ROWS_H

#include "engine/engine.h"
#include "report/sheet.h"
#include "report/weights.h"

enum { TRADE_CELLS = 9, ORDER_CELLS = 18 };
#define ROW_CELLS_MAX ORDER_CELLS

/* Cells with names and no text; text, cut to what a cell holds, NULL: ""; a number; a time, "" for
 * none. */
void journal_rows_names(struct cell *cells, const char *const *names, uint32_t n);
void journal_rows_put(struct cell *cell, const char *text);
void journal_rows_u64(struct cell *cell, uint64_t value);
void journal_rows_time(agon_ns_t t, struct cell *cell);
/* Of the event that the engine has just taken; trade and report NULL: the names alone. 0: it makes
 * no row. */
uint32_t journal_rows_trade(struct engine *engine, const struct agon_trade *trade,
                            struct cell *cells);
uint32_t journal_rows_order(struct engine *engine, const struct record_report *report,
                            const struct weights *weights, struct cell *cells);

#endif
