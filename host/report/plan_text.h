// SPDX-License-Identifier: Apache-2.0
/* plan_text: a tournament's plan for people, on standard output, from its record alone.
 * [main thread] */
#ifndef REPORT_PLAN_TEXT_H
#define REPORT_PLAN_TEXT_H

#include <stdio.h>

#include "score/plan.h"

#define PLAN_VERDICT_TEXT 24
/* A verdict as people read it: "under gate". Returns text. */
const char *plan_text_verdict(uint8_t verdict, char text[PLAN_VERDICT_TEXT]);
/* A table of all slots. is_dry: of a tournament that was not held. */
void plan_text_print(const union plan_event *event, int is_dry);
/* How one of its slots came to what it got. */
void plan_text_explain(const union plan_event *event, const struct plan_line *line, int is_dry);
/* One line: the PLAN, and its PLAN_VALUES as "values" where it has some. */
int plan_text_json(const union plan_event *event, FILE *out);

#endif
