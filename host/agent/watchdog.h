// SPDX-License-Identifier: Apache-2.0
/* watchdog: does a child get on with what it was sent?
 *
 * What lies in shared memory the plugin can write: it is held against what the host knows by
 * itself, the last event that was published, and against what the kernel counts, processor time. A
 * child that has work gets on when it says that it has done more of it, or, for a while, that
 * another callback has begun. One that does not is hung when it has used `hard_ns` of processor
 * time meanwhile, or when nothing came of it for WATCHDOG_BLOCKED_NS: a machine that is busy is no
 * fault of it. One that has done what was never published writes what it likes. A child that says
 * all the while that everything is done cannot be told from one that reads and does nothing: its
 * processor time is metered (slot/meters.h). It may say so, but not leave an order unanswered: who
 * waits for that holds up others. A host that was itself stopped for a while (SIGSTOP, a frozen
 * control group) does not charge that to its children. Nothing here asks the machine: testable.
 * [core] */
#ifndef AGENT_WATCHDOG_H
#define AGENT_WATCHDOG_H

#include <stdint.h>

#define WATCHDOG_STEP       20           /* of hard_ns: the callbacks of one event together */
#define WATCHDOG_BLOCKED_NS 5000000000ll /* ... or 50 times hard_ns, whichever is longer */
#define WATCHDOG_GAP_NS     1000000000ll /* between two looks no more than that counts */
#define WATCHDOG_ORDER_NS   30000000000ll

struct watchdog_seen {
    uint64_t published; /* the host's: the last event that the child was sent */
    /* The child's: everything up to it is done; callbacks that began and that ended. */
    uint64_t done_seq, enter, exit;
    int owes; /* an order of the host's has no answer yet */
};
struct watchdog { /* zeroed, and hard_ns */
    int64_t hard_ns;
    int has_looked;
    uint64_t done_seq, enter;  /* as last seen */
    int64_t step_ns, since_ns; /* monotonic: done_seq last moved; anything did */
    int64_t look_ns, owes_ns;  /* monotonic: the last look; the order has been open since */
    int64_t cpu_ns;            /* of the child, when it was first seen not to move; -1: it moves */
};
enum watchdog_word {
    WATCHDOG_WELL = 0,
    WATCHDOG_HUNG = 1,    /* it has used hard_ns */
    WATCHDOG_BLOCKED = 2, /* it waits for what does not come */
    WATCHDOG_FORGED = 3,
    WATCHDOG_OWES = 4 /* an order of the host's is not answered */
};

/* cpu: processor time of the child so far, in ns; called only when it does not get on. */
enum watchdog_word watchdog_look(struct watchdog *dog, const struct watchdog_seen *seen,
                                 int64_t mono_ns, int64_t (*cpu)(void *ctx), void *ctx);
/* How long it may wait for what does not come, ns. */
int64_t watchdog_blocked_ns(const struct watchdog *dog);
/* ... and how long it may leave an order unanswered: WATCHDOG_ORDER_NS, or that, if it is longer.
 */
int64_t watchdog_order_ns(const struct watchdog *dog);

#endif
