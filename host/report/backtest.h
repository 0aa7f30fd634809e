// SPDX-License-Identifier: Apache-2.0
/* What a backtest came to, for people and programs: text, JSON, CSV and a page of HTML, each from
 * the same result. [one thread] */
#ifndef REPORT_BACKTEST_H
#define REPORT_BACKTEST_H

#include <stdio.h>

#include "lab/backtest.h"
#include "report/run_report.h"

/* What is to be known of the data besides the first mistake in it, a line each: further bad rows,
 * and files that brought no live book. */
void backtest_warn(const struct backtest *result, FILE *out);
/* The rate windows of the market i, 0 or 1, in words; "": none of its orders went there. is_apart:
 * thousands too, as people get them and programs do not. */
#define BACKTEST_WINDOWS_TEXT 1024
const char *backtest_windows(const struct backtest *result, uint32_t i, int is_apart,
                             char text[BACKTEST_WINDOWS_TEXT]);
/* What the run assumed and no live one has, a sentence each from i = 0 on; NULL: no more. Such
 * words are part of each form of the report. */
#define BACKTEST_ASSUMED_TEXT 512
const char *backtest_assumed(const struct backtest *result, uint32_t i,
                             char text[BACKTEST_ASSUMED_TEXT]);
/* The report as text for people (backtest_text.c): what was earned first, what it rests on below.
 * No line is longer than the terminal's, or than wrap_limit() says. */
void backtest_print(const struct backtest *result, FILE *out);
/* The same as one JSON object (money as strings). */
int backtest_json(const struct backtest *result, FILE *out);
/* agents.csv, fills.csv and equity.csv (by the full minute, as `agon journal export` does), in that
 * order. Whoever closes the files sees whether all of it was written. */
enum { BACKTEST_AGENTS = 0, BACKTEST_FILLS = 1, BACKTEST_EQUITY = 2, BACKTEST_CSVS };
extern const char *const backtest_csv_names[BACKTEST_CSVS];
void backtest_csv(const struct backtest *result, FILE *const files[BACKTEST_CSVS]);
/* The same as a page that needs nothing else (report/page.h), with what happened on the way;
 * command: the words that it was begun with. AGON_ENOMEM. */
int backtest_html(const struct backtest *result, const struct run_report *story,
                  const char *command, FILE *out, struct error *err);

#endif
