// SPDX-License-Identifier: Apache-2.0
/* backtest_plan: what a backtest's report says of its tournaments. [any] */
#ifndef REPORT_BACKTEST_PLAN_H
#define REPORT_BACKTEST_PLAN_H

#include <jansson.h>

#include "report/backtest.h"

/* The k-th agent of the last plan by its rank, from 0 on, and behind all that have one those that
 * have none; NULL: there are not so many, or no tournament was held. */
const struct plan_line *backtest_plan_line(const struct backtest *result, uint32_t k);
/* How many were held, and the order of the last; nothing where there was none. */
void backtest_plan_print(const struct backtest *result, FILE *out);
/* {"held", "last": {"number", "time", "agents": [{"name", "rank", "verdict", "score", "before",
 * "after"}]}, "moved": [{"name", "given", "taken", "taken_for": {"gate", "fault", "evidence",
 * "other", "in_profit"}, "failed_gates", "largest_given", "largest_taken", "faults",
 * "given_after_fault"}]}; NULL: none was held, or no memory. Amounts in the base currency; the
 * largest of one tournament as shares of the agent's equity; in_profit: of all that was taken what
 * was taken while the agent had lost nothing by itself. */
json_t *backtest_plan_json(const struct backtest *result);

#endif
