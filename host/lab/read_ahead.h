// SPDX-License-Identifier: Apache-2.0
/* read_ahead: what a source of events gives next is read by a second thread, some hundred of them
 * ahead of who takes them (ADR 161). Which events come, and in which order, is the source's. */
#ifndef LAB_READ_AHEAD_H
#define LAB_READ_AHEAD_H

#include "market/records.h"

struct read_ahead_source { /* used by the thread alone, until read_ahead_end */
    const struct agon_event_hdr *(*next)(
        void *ctx); /* as lockstep_source.next; after NULL no more */
    void *ctx;
    const uint64_t *row; /* read behind each event: what read_ahead_row is to say of it */
};
struct read_ahead;

/* Begins to read. NULL: it cannot, and who would have it reads by himself. */
struct read_ahead *read_ahead_new(const struct read_ahead_source *source);
/* The thread has ended when this returns, and the source is the caller's. Where the end was not
 * taken it has been read further than was. */
void read_ahead_end(struct read_ahead *ahead);
void read_ahead_free(struct read_ahead *ahead); /* NULL is fine */

/* Of one thread: */
/* Until the next call the event is the caller's. NULL: the source has no more. */
const struct agon_event_hdr *read_ahead_next(struct read_ahead *ahead);
uint64_t read_ahead_row(const struct read_ahead *ahead); /* of the event taken last; 0: none was */
int read_ahead_is_over(const struct read_ahead *ahead);  /* the end was taken */

#endif
