// SPDX-License-Identifier: Apache-2.0
/* dst: the engine, its journal and what a gateway knows of its orders in one process, one thread
 * and one seed, with everything around them simulated. Connections, dialects, boot, threads and
 * reloads are not in it: dst/bytes.h drives those.
 *
 * The engine, risk, orders, ledger, journal, snapshots and recovery are the release's own objects,
 * and so are a gateway's outbox, limiter, books and judge of answers. The exchange is the
 * simulator's: its filters, matching and records, called without the bytes of its dialect; the
 * truth is what it says. Between the two stand a network that loses, delays, doubles and reorders,
 * errors, and queries that lag; around them a disk that fails as disks do, a clock that steps,
 * plugins that misbehave, an operator, and crashes at any moment. What must hold (RELIABILITY 2) is
 * checked after every event. The same seed gives the same run to the last byte.
 *
 * This is the message level. Only what stands around the outbox in a gateway is not the release's
 * own here (clerk.c), for it speaks bytes: the byte level drives that. [one thread] */
#ifndef DST_DST_H
#define DST_DST_H

#include "base/error.h"

enum dst_fault {                       /* kinds; a run's swarm draws which are on */
                 DST_REQUEST_LOST = 0, /* a request never arrives */
                 DST_REPLY_LOST,       /* it was done, the answer never arrives */
                 DST_ERROR,            /* answered by an error, done or not */
                 DST_DELAY,            /* a message takes up to seconds */
                 DST_DUPLICATE,        /* a message arrives twice */
                 DST_REORDER,          /* a message overtakes others of its path */
                 DST_STREAM_LOST,      /* the user stream forgets one event */
                 DST_QUERY_LAG,        /* queries show what was true up to 4.5 s ago */
                 DST_FOREIGN,          /* somebody trades on the account by hand */
                 DST_DATA_LOST,        /* market data: a message is lost, */
                 DST_DATA_DUPLICATE,   /* comes twice, */
                 DST_DATA_REORDER,     /* or out of order */
                 DST_DISCONNECT,
                 DST_CRASH,     /* the host dies between two events */
                 DST_POWER,     /* the host dies inside a disk operation, also during recovery */
                 DST_SLOW_DISK, /* a sync takes up to 2 s */
                 DST_SYNC,      /* a sync fails */
                 DST_CLOCK,     /* the clock of reception steps */
                 DST_OPERATOR,  /* halts, kills, conditions, limits at random */
                 DST_BUSY,      /* the gateway has no room for a command */
                 DST_HOLD,      /* a request waits at the exchange, up to its window and beyond */
                 DST_FAULTS
};
const char *dst_fault_name(enum dst_fault fault);

enum { /* rare states that a good set of seeds must reach: counted, printed by `agon dst` */
       SOME_UNKNOWN = 0,
       SOME_ABSENT,
       SOME_LATE_SHOWN, /* a query said no such order, later it was there */
       SOME_DUPLICATE,
       SOME_NOT_SENT,
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
       SOME_LIMITED,
       SOME_STRAY,
       SOME_JOB_DONE,
       SOME_JOB_FAILED,
       SOME_JOB_LOST,
       SOME_IN_PLACE,
       SOMES
};
const char *dst_some_name(uint32_t some);

struct dst_config {
    uint64_t seed;
    uint64_t n_safety;                          /* engine events with faults; 0: 5000 */
    uint64_t until;                             /* stop after this engine event; 0: at the end */
    uint32_t faults_off;                        /* a bit each: never on, whatever the seed draws */
    uint32_t agents_max, instruments_max;       /* at most so many; 0: what the seed draws */
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
    uint64_t n_orders, n_fills, n_restarts, n_injected[DST_FAULTS];
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
