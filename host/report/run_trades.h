// SPDX-License-Identifier: Apache-2.0
/* run_trades: closed trades of a run for people at a terminal: by instrument and exit reason, and
 * the newest ones. [main thread] */
#ifndef REPORT_RUN_TRADES_H
#define REPORT_RUN_TRADES_H

#include <stdio.h>

#include "report/run_report.h"

void run_trades_print(const struct run_report *story, FILE *out);

#endif
