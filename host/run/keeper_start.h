// SPDX-License-Identifier: Apache-2.0
/* keeper_start: when a keeper starts a host again, without a clock or a process of its own. One
 * that ends before it is a host (a lock that is still held, a file that is missing for a moment) is
 * tried again, at first after a second, then further and further apart, and for ever: a host that
 * is not there loses money. One that a person ended is not. [one thread] */
#ifndef RUN_KEEPER_START_H
#define RUN_KEEPER_START_H

#include <stdint.h>

#define KEEPER_START_MIN_NS ((int64_t)1 * 1000000000)
#define KEEPER_START_MAX_NS ((int64_t)30 * 1000000000)

struct keeper_start { /* all zero: nothing is to be started */
    int64_t due_ns;   /* the next try; 0: none */
    int64_t wait_ns;  /* between the last try and the next */
    int32_t pid;      /* of the last try, while it may become a host; 0: none */
    uint32_t n_tries; /* since a host last made a turn */
};
/* The host is gone, and what it left open is cancelled: the next one is to be started. */
void keeper_start_want(struct keeper_start *start, int64_t now_ns);
/* is_held: the old one is not gone yet, and holds the run directory. That is waited for, but not
 * for ever: it may be that it cannot be ended. */
int keeper_start_is_due(const struct keeper_start *start, int is_held, int64_t now_ns);
/* It was tried: process pid began, or none could. */
void keeper_start_begun(struct keeper_start *start, int32_t pid);
void keeper_start_failed(struct keeper_start *start, int64_t now_ns);
/* Its process ended, as waitpid says, and no host has begun. False: a person ended it, and it is
 * not started again. */
int keeper_start_ended(struct keeper_start *start, int status, int64_t now_ns);
/* A host has begun, that one or another: it is watched, and nothing is to be started. */
void keeper_start_taken(struct keeper_start *start);
/* A host has made a turn: when it is gone, the next one is started at once. */
void keeper_start_ran(struct keeper_start *start);
/* Does the last try belong in keeper.log? The first ones do, then one in ten minutes. */
int keeper_start_is_told(const struct keeper_start *start);

#endif
