// SPDX-License-Identifier: Apache-2.0
/* undone: a tournament that an operator took back. It stands with its plan wherever that goes, and
 * each surface says it in the same words. [any] */
#ifndef SCORE_UNDONE_H
#define SCORE_UNDONE_H

#include "score/plan.h"

#define PLAN_BACK_UNKNOWN (-1) /* back_amt, where no engine was asked */
#define PLAN_UNDONE_TEXT  320

/* Whether the event takes that plan back; then the plan has it. back_amt: engine_undone_amt, or
 * PLAN_BACK_UNKNOWN. What the engine refused is not to be asked of here. */
int plan_undo(union plan_event *plan, const struct agon_event_hdr *event, agon_amt_t back_amt);
/* NULL: it was not taken back. */
const struct plan_undone *plan_undone_of(const union plan_event *plan);
/* "undone by root: as the fees were wrong; all of the 500.00 USDT that moved went back". Returns
 * text. */
char *plan_undone_text(const union plan_event *plan, const char *currency,
                       char text[PLAN_UNDONE_TEXT]);

#endif
