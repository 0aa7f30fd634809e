// SPDX-License-Identifier: Apache-2.0
/* records: a message of several records, which are handed out one by one as decode is called with
 * it again (wire.h: has_several). All of it is read before the first, for it to be refused whole.
 * [io] */
#ifndef VENUE_RECORDS_H
#define VENUE_RECORDS_H

#include "venue/wire.h"

#define RECORDS_ALL UINT32_MAX

struct records {
    const void *message; /* from which so many were handed out; NULL: none */
    uint32_t n_handed;
};

/* Reads the records of from that are ours up to number want (or all), which is left in out; *n: how
 * many there were till then. */
typedef int (*records_walk)(void *self, const void *from, uint32_t want, uint32_t *n,
                            struct wire_out *out);
/* 1: the next one is in out; 0: there is none any more; or what walk says. bytes: the message. */
int records_hand_out(struct records *records, const void *bytes, records_walk walk, void *self,
                     const void *from, struct wire_out *out);

#endif
