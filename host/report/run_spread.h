// SPDX-License-Identifier: Apache-2.0
/* run_spread: over what the result of a run is spread: days and months, instruments and exit
 * reasons, single trades, and how much was held for it. [main thread] */
#ifndef REPORT_RUN_SPREAD_H
#define REPORT_RUN_SPREAD_H

#include <jansson.h>

#include "report/page.h"
#include "report/run_report.h"

/* Positions by equity over time, long and short; nothing where nothing was held. AGON_ENOMEM. */
int run_spread_exposure(const struct run_report *story, struct page *page);
/* Result and return of each month (UTC), and of each day; of one day there is nothing to tell. */
void run_spread_periods(const struct run_report *story, struct page *page);
/* For people at a terminal: the months and the newest days, of one day nothing too; and what was
 * held in each of some equal spans of the run. */
void run_spread_print(const struct run_report *story, FILE *out);
/* Closed trades by instrument and reason, and of each instrument what is in none: realised in
 * positions not closed yet, unrealised, funding. Together the result. Returns how many. */
#define RUN_SPREAD_GROUPS (TRADE_GROUPS + 3 * TRAIL_PRICES + 1)
uint32_t run_spread_groups(const struct run_report *story,
                           struct trade_group all[RUN_SPREAD_GROUPS]);
/* The result by instrument and by exit reason, and how those of trades are spread. AGON_ENOMEM. */
int run_spread_trades(const struct run_report *story, struct page *page);
/* The same for programs: "days", "months" and "performance" of that object. NULL: it was NULL, or
 * there is no memory; it is freed then. */
json_t *run_spread_json(const struct run_report *story, json_t *root);

#endif
