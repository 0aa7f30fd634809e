// SPDX-License-Identifier: Apache-2.0
/* driver: what everybody owes the engine who feeds it, in one place.
 *
 * Before an event come the timers that are due before it. Behind it come what no port had room for
 * (NOT_SENT), the plan of a tournament that it made due, the alerts that the core raised, and a
 * MARK when one is to be made; nothing may come between. A backtest, a live host and a simulation
 * differ in where their events come from and in what they do around each step, and so only in the
 * port. [core] */
#ifndef ENGINE_DRIVER_H
#define ENGINE_DRIVER_H

#include "engine/engine.h"

struct driver_port { /* each may be NULL */
    void *ctx;
    /* Right before the engine is offered an event. */
    void (*before)(void *ctx, struct agon_event_hdr *event);
    /* The engine took it, and said rc. Below 0: the driver stops with that. */
    int (*after)(void *ctx, const struct agon_event_hdr *event, int rc);
    /* The journal's buffer is full. 1: there may be room now; 0: there is none. With is_bound the
     * event has to follow another that the engine took, and must not be given up. */
    int (*wait)(void *ctx, int is_bound);
    void (*planned)(void *ctx, const union plan_event *plan);     /* and what it left unsent */
    void (*alerted)(void *ctx, const struct record_alert *alert); /* it is an event now */
    void (*marked)(void *ctx); /* the state is as the MARK says */
};
struct driver {
    struct engine *engine; /* borrowed */
    struct driver_port port;
    uint64_t mark_every; /* events between two MARKs; 0: none */
    uint64_t next_mark;  /* made behind the first event with at least this number */
    uint8_t is_late;   /* a timer's event has the time at which it came, not that when it was due */
    uint8_t is_held;   /* timers wait: the start of a run comes before those of the run before */
    uint8_t is_unread; /* nobody reads MARKs: the state is not hashed for them */
    int rc;            /* what the engine said of the event that was offered last */
    union plan_event plan;
    union {
        struct record_job_part head;
        unsigned char bytes[EVENT_BYTES_MAX];
    } part;
};

/* Steps the event and all that belongs to it. AGON_OK: it was taken (rc says what became of it).
 * AGON_EAGAIN: the journal has no room, it was not taken, offer it again. AGON_ENOSPC: what has to
 * follow it found no room and nobody makes some. AGON_ECORRUPT: a MARK or a PLAN is not the
 * state's. Else what `after` returned. */
int driver_step(struct driver *driver, struct agon_event_hdr *event);
/* The same where the caller knows that nothing is due before it. */
int driver_take(struct driver *driver, struct agon_event_hdr *event);
/* What belongs to an event that engine_step has taken, behind `after`, for who calls both itself.
 * driver->rc is what the engine said of it. As driver_step. */
int driver_behind(struct driver *driver);
/* Offers the timer that is due next, as an event at t (is_late) or at its own time. As driver_step.
 */
int driver_due(struct driver *driver, agon_ns_t t);
/* The outcome of a job, and before it the bytes of a result that its record has no room for. As
 * driver_step. */
int driver_job(struct driver *driver, struct record_job_done *done, const void *result);
/* Is a MARK to be made behind the event that was taken last? */
static inline int driver_has_mark(const struct driver *driver)
{
    return driver->mark_every > 0 && engine_seq(driver->engine) >= driver->next_mark;
}
/* Makes a MARK now. As driver_step. */
int driver_mark(struct driver *driver);

#endif
