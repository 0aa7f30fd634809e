// SPDX-License-Identifier: Apache-2.0
/* lock: a mutex that is held for moments, never over input or output: the core takes some of them.
 * Who takes what it holds already is ended by a REQUIRE, not left to wait for ever; so is, in a
 * simulation that runs all threads as one, who takes what another held on to while it waited. */
#ifndef AGON_SYS_LOCK_H
#define AGON_SYS_LOCK_H

#include <pthread.h>

#include "base/error.h"

struct lock {
    pthread_mutex_t mutex;
};

/* [any, before sharing] */
static inline void lock_init(struct lock *lock)
{
    pthread_mutexattr_t attr;

    REQUIRE(pthread_mutexattr_init(&attr) == 0);
    REQUIRE(pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK) == 0);
    REQUIRE(pthread_mutex_init(&lock->mutex, &attr) == 0);
    REQUIRE(pthread_mutexattr_destroy(&attr) == 0);
}

/* [any, after sharing] */
static inline void lock_deinit(struct lock *lock)
{
    (void)pthread_mutex_destroy(&lock->mutex); // a simulated death leaves it held
}

static inline void lock_take(struct lock *lock)
{
    REQUIRE(pthread_mutex_lock(&lock->mutex) == 0);
}

/* 1: it is ours; 0: another's. Never waits. */
static inline int lock_try(struct lock *lock)
{
    return pthread_mutex_trylock(&lock->mutex) == 0;
}

static inline void lock_give(struct lock *lock)
{
    REQUIRE(pthread_mutex_unlock(&lock->mutex) == 0);
}

#endif
