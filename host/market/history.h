// SPDX-License-Identifier: Apache-2.0
/* history: the newest closed bars of each instrument and length, for plugins that begin while the
 * market runs. Bounded: a full series forgets its oldest. [one thread] */
#ifndef MARKET_HISTORY_H
#define MARKET_HISTORY_H

#include "market/records.h"

#define HISTORY_BARS 1000  /* of one instrument and length, at most */
#define HISTORY_ALL  65536 /* of all; more instruments than fit have fewer bars each */

struct history;

/* For the instruments 1 to n_instruments. AGON_ENOMEM. */
int history_new(struct history **history, uint32_t n_instruments);
void history_free(struct history *history); /* NULL is fine */
/* By its opening time, whatever comes first; a bar of the same interval replaces the one that was
 * there. Other instruments and lengths are ignored, and so is what is older than a full series. */
void history_add(struct history *history, const struct agon_bar *bar);
/* Makes the longer bars out of the minutes, as far back as these go. The engine makes none of
 * minutes that the venue tells late, and a short one where a run begins or ends. */
void history_lengthen(struct history *history);
uint32_t history_count(const struct history *history);
/* Copies those of events up to seq: each instrument's and length's oldest first. Returns how many.
 * bars has room for history_count. */
uint32_t history_copy(const struct history *history, uint64_t seq, struct agon_bar *bars);

#endif
