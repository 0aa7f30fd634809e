// SPDX-License-Identifier: Apache-2.0
/* sched: what happens next in a simulated world. Calls at simulated times, in order of time; at one
 * time in an order drawn from the seed, so that nobody rests on an order that reality does not
 * promise. Time moves only from one call to the next. [one thread] */
#ifndef DST_SCHED_H
#define DST_SCHED_H

#include "base/heap.h"
#include "base/rng.h"

typedef void (*sched_call)(void *ctx, uint64_t a, uint64_t b);

struct sched_job {
    sched_call call;
    void *ctx;
    uint64_t a, b;
    uint32_t next_free, generation;
};
struct sched {
    agon_ns_t now; /* since the world began; never 0 */
    struct heap heap;
    struct sched_job *jobs; /* owned */
    uint32_t n_jobs, first_free;
    struct rng tie;
    uint64_t n_done;
};
int sched_init(struct sched *sched, uint64_t seed, agon_ns_t t);
void sched_deinit(struct sched *sched);
/* Calls at t, or at once if that has passed; an id for sched_cancel. */
uint64_t sched_at(struct sched *sched, agon_ns_t t, sched_call call, void *ctx, uint64_t a,
                  uint64_t b);
void sched_cancel(struct sched *sched, uint64_t id); /* fine when it has been called */
/* Does what is next. 0: there is nothing, or it is later than t. */
int sched_step(struct sched *sched, agon_ns_t t);

#endif
