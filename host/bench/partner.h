// SPDX-License-Identifier: Apache-2.0
/* partner: a second thread that does its half of a turn each time it is asked. Between turns it
 * looks for a moment and then sleeps, so that the other pair's turn has both cores. What the two
 * halves share is their own: nothing of this is touched within a turn. [partner_start to
 * partner_stop: one thread] */
#ifndef BENCH_PARTNER_H
#define BENCH_PARTNER_H

#include <pthread.h>
#include <stdatomic.h>

#include <agon/types.h>

struct partner {
    _Alignas(128) _Atomic uint32_t asked; /* turns */
    _Alignas(128) _Atomic uint32_t done;
    _Alignas(128) void (*run)(void *ctx);
    void *ctx;
    pthread_t thread;
    _Atomic int is_over;
    int is_running;
};
int partner_start(struct partner *partner, void (*run)(void *ctx), void *ctx); /* AGON_EIO */
void partner_ask(struct partner *partner);
void partner_wait(struct partner *partner); /* for what was asked last */
void partner_stop(struct partner *partner); /* also one that was never started */
/* After so many empty looks at a queue the core is given away: there may be no second one. */
void partner_yield(uint32_t *idle);

#endif
