// SPDX-License-Identifier: Apache-2.0
/* journal_intents: what became of each intent, as rows. A journal holds what agents wanted and what
 * venues answered; that a check of the host refused an intent is state alone, and a replay comes to
 * it. [main thread] */
#ifndef REPORT_JOURNAL_INTENTS_H
#define REPORT_JOURNAL_INTENTS_H

#include "engine/engine.h"
#include "report/journal_rows.h"
#include "report/tags.h"

enum { INTENT_CELLS = 18 };

_Static_assert((int)INTENT_CELLS <= (int)ROW_CELLS_MAX, "one array of cells does for each");

struct journal_intents; /* opaque: what was refused before, and legs of groups that are not whole */

/* tags: borrowed. NULL: no memory. */
struct journal_intents *journal_intents_new(const struct tags *tags);
void journal_intents_free(struct journal_intents *intents);
void journal_intents_names(struct cell *cells);
/* Each event, behind the engine's step of it: the rows that it makes go into the sheet. Legs of one
 * group have theirs together, with the last. */
void journal_intents_take(struct journal_intents *intents, struct engine *engine,
                          const struct agon_event_hdr *event, const struct weights *weights,
                          struct sheet *sheet);

#endif
