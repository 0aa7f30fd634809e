// SPDX-License-Identifier: Apache-2.0
/* plan_history: all tournaments of a journal at a glance: a line each, and what became of each
 * agent. [main thread] */
#ifndef REPORT_PLAN_HISTORY_H
#define REPORT_PLAN_HISTORY_H

#include "score/plan.h"

struct plan_history;
struct plan_history *plan_history_new(void); /* NULL: no memory */
void plan_history_free(struct plan_history *history);
/* One after another, as a journal has them. AGON_ENOMEM. */
int plan_history_add(struct plan_history *history, const union plan_event *event);
/* An operator takes the last one back, if it is that; what it moved went back as far as it was
 * free. */
void plan_history_undone(struct plan_history *history, const struct record_command *command);
uint32_t plan_history_count(const struct plan_history *history);
/* On standard output: two tables, or one object with "tournaments" and "agents". */
void plan_history_print(const struct plan_history *history);
void plan_history_json(const struct plan_history *history);

#endif
