// SPDX-License-Identifier: Apache-2.0
/* free_venue: what stands in the venue's place while a run goes once more. Orders go to the
 * matching engine; those whose life the stage takes from the journal are answered as the venue
 * answered then, at the same place among the journal's events. [one thread] */
#ifndef LAB_FREE_VENUE_H
#define LAB_FREE_VENUE_H

#include "engine/paper.h"
#include "lab/free.h"

struct free_venue;
struct free_venue_config {
    const struct free_facts *facts; /* borrowed */
    struct free_watch *watch;       /* of the run that goes once more; borrowed */
    struct engine *engine;
    uint32_t stage;
    /* The journal's number of an event of this run; 0: it has no such event. */
    uint64_t (*seq_of)(void *ctx, uint64_t seq);
    void *ctx;
};
struct free_venue *free_venue_new(const struct free_venue_config *config);
void free_venue_free(struct free_venue *venue);
struct venue_port free_venue_port(struct free_venue *venue);
/* A market event at the exchange, at event->t. */
void free_venue_market(struct free_venue *venue, const struct agon_event_hdr *event);
/* When it next has something to do, and does it; INT64_MAX: never. */
agon_ns_t free_venue_next(const struct free_venue *venue);
void free_venue_advance(struct free_venue *venue, agon_ns_t t);
/* The report that is told next, by time; INT64_MAX: none is. seq: the journal's, 0: it has none. */
agon_ns_t free_venue_due(const struct free_venue *venue);
int free_venue_take(struct free_venue *venue, struct record_report *report, uint64_t *seq);
/* The journal has come to that report of its own: is it told here too? */
int free_venue_at(struct free_venue *venue, const struct record_report *journal,
                  struct record_report *report);
/* ... and what comes right behind it, until there is no more. seq: as free_venue_take. */
int free_venue_behind(struct free_venue *venue, uint64_t at_seq, struct record_report *report,
                      uint64_t *seq);
/* The journal's events are behind that number. */
void free_venue_pass(struct free_venue *venue, uint64_t seq);

#endif
