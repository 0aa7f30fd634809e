// SPDX-License-Identifier: Apache-2.0
/* called: words that say whose code a thread has gone into, for whoever reads them when it does not
 * come back: the keeper, a worker's parent, a handler of a crash. Two stores for each plugin that
 * an event is handed to, and no call. */
#ifndef AGENT_CALLED_H
#define AGENT_CALLED_H

#include <stdatomic.h>
#include <stdint.h>

struct called {
    _Atomic uint32_t *who;  /* slot + 1; 0: nobody's */
    _Atomic uint64_t *hash; /* the first bytes of its file's; of the last, where who is 0 */
};

static inline void called_enter(const struct called *called, uint32_t who, uint64_t hash)
{
    atomic_store_explicit(called->hash, hash, memory_order_relaxed);
    atomic_store_explicit(called->who, who, memory_order_relaxed);
}

static inline void called_leave(const struct called *called)
{
    atomic_store_explicit(called->who, 0, memory_order_relaxed);
}

#endif
