// SPDX-License-Identifier: Apache-2.0
/* plan_text: a tournament's plan for people, on standard output, from its record alone.
 * [main thread] */
#ifndef REPORT_PLAN_TEXT_H
#define REPORT_PLAN_TEXT_H

#include "score/plan.h"

/* A table of all slots. is_dry: of a tournament that was not held. */
void plan_text_print(const struct record_plan *plan, int is_dry);
/* How one of its slots came to what it got. */
void plan_text_explain(const struct record_plan *plan, const struct plan_line *line, int is_dry);

#endif
