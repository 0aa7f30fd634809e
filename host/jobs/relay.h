// SPDX-License-Identifier: Apache-2.0
/* relay: jobs between the thread that drives the engine and another one that owns a worker for each
 * card (card/worker.h), over a ring each way. Neither waits for the other: what finds no room in
 * its ring is asked again at the next turn. A job goes to the card that the allocator says with
 * each of its chunks. Its bytes stay here until its outcome is there: when its lease is held on
 * another card it begins there once more, and what it had done is done again.
 *
 * A lease whose kernels are its agent's own has a worker for itself (relay_own.c), begun when it is
 * held on a card and ended with it.
 *
 * [core]: the thread of the engine. [cards]: the workers'. */
#ifndef JOBS_RELAY_H
#define JOBS_RELAY_H

#include "card/worker.h"
#include "jobs/jobs.h"

struct relay;
#define RELAY_OWN_MAX   8u                  /* leases of own kernels */
#define RELAY_OWN_PROCS (2 * RELAY_OWN_MAX) /* their workers, with those that are to end */
enum relay_own_state { RELAY_OWN_BEGINS = 1, RELAY_OWN_UP, RELAY_OWN_FAILS, RELAY_OWN_LOST };
struct relay_own_seen { /* the worker of a lease of own kernels */
    uint8_t state;      /* FAILS: it is up, and none of them runs; LOST: begun anew later */
    int32_t pid;        /* -1: none runs */
    uint32_t lives;
    char why[CARD_TEXT]; /* the last failure, of the worker or of a job; "": none yet */
};
struct relay_config {
    uint32_t n_cards;
    int64_t chunk_ns; /* a chunk that takes longer hangs, also where no allocator says so */
    /* What a slot's lease keeps resident now. [core] */
    void (*resident)(void *ctx, uint16_t slot, uint32_t lease, struct relay_resident *out);
    void (*wake)(void *ctx);                                 /* something was asked. [core] */
    void (*answered)(void *ctx);                             /* something was answered. [cards] */
    void (*say)(void *ctx, uint32_t card, const char *text); /* a lease cannot be made. [cards] */
    /* A worker for own kernels; NULL: not now, and err says why. May be NULL. [cards] */
    struct card_worker *(*own)(void *ctx, uint32_t card, const struct card_own *own,
                               struct error *err);
    /* How it is with one has changed; NULL: the lease has none any more. May be NULL. [cards] */
    void (*own_is)(void *ctx, uint16_t slot, uint32_t lease, const struct relay_own_seen *seen);
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
/* What workers of own kernels say, and what is to be done about them. */
void relay_owns(struct relay *relay);
/* What the thread waits for besides: their descriptors (at most 2 * RELAY_OWN_PROCS), and the time
 * by which relay_owns is due. Returns how many there are. */
uint32_t relay_owns_due(const struct relay *relay, int *fds, int64_t *due_ns);
/* All of them are ended, and it is waited for. */
void relay_owns_end(struct relay *relay);

#endif
