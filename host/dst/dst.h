// SPDX-License-Identifier: Apache-2.0
/* dst: the engine and its journal in one process, one thread and one seed, with everything around
 * them simulated. Gateways, boot, threads and reloads are not in it: dst/bytes.h drives those.
 *
 * The engine, risk, orders, ledger, journal, snapshots and recovery are the release's own objects.
 * Around them stand a simulated exchange (over host/match) with a truth that the engine cannot see,
 * a network that loses, delays, doubles and reorders, a disk that fails as disks do, a clock that
 * steps, plugins that misbehave, an operator, and crashes at any moment. What must hold
 * (RELIABILITY 2) is checked after every event. The same seed gives the same run to the last byte.
 *
 * This is the message level: canonical records travel between host and exchange; what a gateway
 * has to guarantee (VENUES 1.3) is played by courier.c. [one thread] */
#ifndef DST_DST_H
#define DST_DST_H

#include "base/error.h"

enum fault {                         /* kinds; a run's swarm draws which are on */
             FAULT_REQUEST_LOST = 0, /* a request never arrives */
             FAULT_REPLY_LOST,       /* it was done, the answer never arrives */
             FAULT_ERROR,            /* answered by an error, done or not */
             FAULT_DELAY,            /* a message takes up to seconds */
             FAULT_DUPLICATE,        /* a message arrives twice */
             FAULT_REORDER,          /* a message overtakes others of its path */
             FAULT_STREAM_LOST,      /* the user stream forgets one event */
             FAULT_QUERY_LAG,        /* queries show what was true up to 4.5 s ago */
             FAULT_FOREIGN,          /* somebody trades on the account by hand */
             FAULT_DATA_LOST,        /* market data: a message is lost, */
             FAULT_DATA_DUPLICATE,   /* comes twice, */
             FAULT_DATA_REORDER,     /* or out of order */
             FAULT_DISCONNECT,
             FAULT_CRASH,     /* the host dies between two events */
             FAULT_POWER,     /* the host dies inside a disk operation, also during recovery */
             FAULT_SLOW_DISK, /* a sync takes up to 2 s */
             FAULT_SYNC,      /* a sync fails */
             FAULT_CLOCK,     /* the clock of reception steps */
             FAULT_OPERATOR,  /* halts, kills, conditions, limits at random */
             FAULT_BUSY,      /* the gateway has no room for a command */
             FAULTS
};
const char *dst_fault_name(enum fault fault);

/* Planted bugs: --bug NAME. In the courier, that is, in what a gateway has to do right. */
enum dst_bug {
    BUG_NONE = 0,
    BUG_RESEND,         /* sends a request again when its answer does not come */
    BUG_ASSUME,         /* takes an order of unknown fate for rejected */
    BUG_EARLY_SEND,     /* does not wait for the journal */
    BUG_EARLY_ABSENT,   /* lets the first of the two reads count before the request's expiry */
    BUG_NEW_FILL_ID,    /* gives each report of a fill an id of its own */
    BUG_NO_GAP,         /* takes a book update whatever its number */
    BUG_CANCEL_DONE,    /* takes the acknowledgement of a cancel for the cancellation */
    BUG_NO_RECONCILE,   /* trusts the user stream to have told everything */
    BUG_EARLY_SNAPSHOT, /* writes a snapshot before the journal is durable up to it */
    BUGS
};
const char *dst_bug_name(enum dst_bug bug);

enum { /* rare states that a good set of seeds must reach: counted, printed by `agon dst` */
       SOME_UNKNOWN = 0,
       SOME_ABSENT,
       SOME_LATE_SHOWN, /* a query said no such order, later it was there */
       SOME_DUPLICATE,
       SOME_NOT_SENT,
       SOME_FILL_BEFORE_ACK,
       SOME_FILL_AFTER_FINAL,
       SOME_CANCEL_RACE,
       SOME_REPLACED,
       SOME_RECONCILED_FILL,
       SOME_GAP,
       SOME_RESYNC,
       SOME_CRASH,
       SOME_CRASH_IN_RECOVERY,
       SOME_TORN,
       SOME_LOST_TAIL,
       SOME_FROM_SNAPSHOT,
       SOME_SYNC_FAILED,
       SOME_DISCONNECT,
       SOME_HALT,
       SOME_FLATTEN,
       SOME_BAD_WISH,
       SOME_FOREIGN,
       SOME_BUSY,
       SOMES
};
const char *dst_some_name(uint32_t some);

struct dst_config {
    uint64_t seed;
    uint64_t n_safety;                    /* engine events with faults; 0: 5000 */
    uint64_t until;                       /* stop after this engine event; 0: at the end */
    uint32_t faults_off;                  /* a bit each: never on, whatever the seed draws */
    uint32_t agents_max, instruments_max; /* at most so many; 0: what the seed draws */
    enum dst_bug bug;
    void (*trace)(void *ctx, const char *line); /* NULL: none */
    void *trace_ctx;
};
struct dst_result {
    int is_failed;
    char id[16];    /* "inv-07" */
    char what[256]; /* for people */
    uint64_t seq;   /* of the engine's event after which it was seen */
    int64_t t;      /* simulated time since the start */
    uint64_t trace_hash;
    uint64_t n_events; /* taken by the engine, over all its lives */
    uint64_t n_world;  /* of the simulated world */
    uint64_t n_orders, n_fills, n_restarts, n_injected[FAULTS];
    uint64_t some[SOMES];
    uint32_t faults; /* that were on */
    uint32_t n_agents, n_instruments;
    int64_t simulated_ns;
};
/* AGON_OK: the run took place, look at result->is_failed. AGON_ENOMEM. */
int dst_run(const struct dst_config *config, struct dst_result *result, struct error *err);
/* Looks for fewer fault kinds, agents and instruments with which the same promise is still broken:
 * *config becomes the smallest found, *result its run. At most n_runs runs. */
void dst_shrink(struct dst_config *config, struct dst_result *result, uint32_t n_runs);

#endif
