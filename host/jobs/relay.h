// SPDX-License-Identifier: Apache-2.0
/* relay: jobs between the thread that drives the engine and another one that owns a worker for each
 * card (card/worker.h), over a ring each way. Neither waits for the other: what finds no room in
 * its ring is asked again at the next turn. A job goes to the card that the allocator says with
 * each of its chunks. Its bytes stay here until its outcome is there: when its lease is held on
 * another card it begins there once more, and what it had done is done again.
 *
 * [core]: the thread of the engine. [cards]: the workers'. */
#ifndef JOBS_RELAY_H
#define JOBS_RELAY_H

#include "card/worker.h"
#include "jobs/jobs.h"

struct relay;
struct relay_config {
    uint32_t n_cards;
    int64_t chunk_ns; /* a chunk that takes longer hangs, also where no allocator says so */
    /* What a slot's lease keeps resident now. [core] */
    void (*resident)(void *ctx, uint16_t slot, uint32_t lease, struct relay_resident *out);
    void (*wake)(void *ctx);                                 /* something was asked. [core] */
    void (*answered)(void *ctx);                             /* something was answered. [cards] */
    void (*say)(void *ctx, uint32_t card, const char *text); /* a lease cannot be made. [cards] */
    void *ctx;
};
/* Before either thread begins. AGON_ENOMEM. */
int relay_new(struct relay **relay, const struct relay_config *config, struct error *err);
void relay_free(struct relay *relay); /* when both have ended; NULL is fine */

/* [core], beside the dispatch that is made with it */
/* The cards' allocator holds a slot's lease there from now on. What is under way elsewhere is
 * begun there once more when it says so. */
void relay_place(struct relay *relay, uint16_t slot, uint32_t lease, uint32_t card);
/* It says that a chunk on that card hangs: its worker is ended. */
void relay_again(struct relay *relay, uint32_t card);
/* It says that the card has no lease left: who owns a worker on demand may end it. */
void relay_dismiss(struct relay *relay, uint32_t card);
uint32_t relay_news(struct relay *relay); /* answers that nobody has heard */
/* So many of them are heard; what had no room before is asked now. */
void relay_hear(struct relay *relay, uint32_t n);
/* Is the outcome of that job there, for dispatch_take? */
int relay_is_over(const struct relay *relay, uint16_t slot, uint64_t id);

/* [cards] */
/* The card's worker from now on; NULL: there is none. Borrowed. */
void relay_worker(struct relay *relay, uint32_t card, struct card_worker *worker);
void relay_take(struct relay *relay); /* what has been asked */
/* Has a lease been made there that was not the last one? Without one there is nothing to do for a
 * worker. */
int relay_is_used(const struct relay *relay, uint32_t card);
int relay_has_room(struct relay *relay); /* for the answer to an event */
/* What a worker says of leases and jobs; of all else nothing is done. There is room. */
void relay_event(struct relay *relay, uint32_t card, const struct card_event *event);

#endif
