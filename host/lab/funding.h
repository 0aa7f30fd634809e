// SPDX-License-Identifier: Apache-2.0
/* funding: recorded funding rates as events.
 *
 * CSV with the columns funding_time_ms and rate (others are skipped): what was paid at that time,
 * of the notional. At its time a row becomes a FUNDING with its rate, and one behind it that pays
 * it and tells the rate again, as the estimate of the next payment: no rate is told before it is
 * paid. The first estimate, where the market begins, is the rate paid last before, or 0. [one
 * thread] */
#ifndef LAB_FUNDING_H
#define LAB_FUNDING_H

#include "base/error.h"
#include "market/recording.h"
#include "market/records.h"

struct funding;
/* word: [SYMBOL=]FILE; without a symbol the file's name says it. Reads the whole file.
 * AGON_EINVAL: no symbol, no such columns; AGON_ENOENT; AGON_ECORRUPT with file and line. */
int funding_open(struct funding **funding, const char *word, struct error *err);
void funding_close(struct funding *funding); /* NULL is fine */
const char *funding_symbol(const struct funding *funding);
/* Whose it is, and when the market begins: what was paid before is left out. */
void funding_set(struct funding *funding, agon_instrument_t instrument, agon_ns_t t_start);
/* For lockstep_source.next with ctx = funding. */
const struct agon_event_hdr *funding_next(void *funding);

#endif
