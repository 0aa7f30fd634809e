// SPDX-License-Identifier: Apache-2.0
/* recording: a recorded Binance stream (../shared/data/book, one message per line) as events, for
 * tests. Read with jansson, so that nothing is shared with the gateway's scanner. The REST snapshot
 * comes first, then every diff that is newer and every trade, in order of arrival. */
#ifndef TEST_SUPPORT_RECORDING_H
#define TEST_SUPPORT_RECORDING_H

#include "market/records.h"

struct recording;

/* NULL when the file (a name in shared/data/book) is not there: the test then skips. */
struct recording *recording_open(const char *name, agon_instrument_t instrument, int px_exp,
                                 int qty_exp);
/* The next event, borrowed until the next call; NULL at the end. */
const struct agon_event_hdr *recording_next(struct recording *recording);
/* Diffs whose first id did not continue the one before, and messages that could not be read. */
unsigned recording_errors(const struct recording *recording);
void recording_close(struct recording *recording);

#endif
