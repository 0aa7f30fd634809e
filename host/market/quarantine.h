// SPDX-License-Identifier: Apache-2.0
/* quarantine: the words of a QUARANTINE record. The host writes them, the alert has them as they
 * are, reports take them apart. [any] */
#ifndef MARKET_QUARANTINE_H
#define MARKET_QUARANTINE_H

#include "market/records.h"

#define QUARANTINE_TEXT 128 /* as an alert's */
#define QUARANTINE_NEXT "next: reload another file, or quarantine clear"

/* "crash_1 is quarantined: 3 crashes, last: signal 11 (Segmentation fault); next: ...": agent,
 * cause and what to do are whole, of what ended it last as much as fits, without where exactly. */
void quarantine_put(char text[QUARANTINE_TEXT], const char *agent, uint32_t n_crashes,
                    const char *last);
/* Why, of a record: "3 crashes, last: signal 11 (Segmentation fault)". Also of a journal in which
 * the text names no agent. Returns text. */
char *quarantine_why(const struct record_quarantine *record, char text[QUARANTINE_TEXT + 16]);

#endif
