// SPDX-License-Identifier: Apache-2.0
/* bytes: a whole live host against the simulated exchange, over simulated bytes, disk, clock and
 * threads. What runs is the product: run/ with its boot, core, loader, writer and changes, the
 * gateways with links, outbox, limits, book synchronisation and signing, the crew with linked-in
 * plugins, the simulator's markets, matching and dialects. Simulated are the network, the disk, the
 * clocks, who of the threads is next, the operators, and the agents' ideas. One seed is one run.
 * [one thread] */
#ifndef DST_BYTES_H
#define DST_BYTES_H

#include "base/error.h"

enum bytes_fault {                   /* kinds that a seed may have on */
                   BYTES_NET = 0,    /* connections that break, stall, fall silent */
                   BYTES_SLOW_NET,   /* latency and messages that are late */
                   BYTES_VENUE,      /* the exchange's: held, late, lost answers, lagging views */
                   BYTES_AWAY,       /* the exchange takes no connections for a while */
                   BYTES_CRASH,      /* the host is killed, at any moment */
                   BYTES_POWER,      /* ... in the middle of an operation of its disk */
                   BYTES_SLOW_DISK,  /* a sync takes up to 2 s */
                   BYTES_SYNC,       /* a sync fails */
                   BYTES_CLOCK,      /* the wall clock is set, for a while or for good */
                   BYTES_OPERATOR,   /* halts, kill, stop, flatten, limits */
                   BYTES_RELOAD,     /* plugins replaced, rolled back, added, removed */
                   BYTES_AGENT,      /* agents that fail */
                   BYTES_KEEPER,     /* a keeper beside it; cores that hang, keepers that stop */
                   BYTES_TOURNAMENT, /* one each minute, and what strikes around its turn */
                   BYTES_FLATTEN,    /* `flatten` of one and of all, again and again */
                   BYTES_ROOM,       /* the disk is full for a while */
                   BYTES_STRANGERS,  /* orders of others on the account */
                   BYTES_RECALL,     /* slots suspended, stops called off while they close */
                   BYTES_NIGHT,      /* midnight, with the host up or down for more than a minute */
                   BYTES_SKEW,       /* the clock of one of two exchanges is wrong */
                   BYTES_DARK,       /* a start by a wrong clock, while no exchange answers */
                   BYTES_FAULTS
};
const char *bytes_fault_name(enum bytes_fault fault);

enum bytes_some { /* what a run reached: a fault that finds nothing to break proves little */
                  BYTES_SOME_FILL,
                  BYTES_SOME_REPLACED,
                  BYTES_SOME_CANCELLED,
                  BYTES_SOME_UNKNOWN,
                  BYTES_SOME_CRASH,
                  BYTES_SOME_CRASH_IN_BOOT,
                  BYTES_SOME_KILL,
                  BYTES_SOME_STOP,
                  BYTES_SOME_HALT,
                  BYTES_SOME_RELOAD,
                  BYTES_SOME_ADDED,
                  BYTES_SOME_AGENT_CRASH,
                  BYTES_SOME_CLOCK,
                  BYTES_SOME_AWAY,
                  BYTES_SOME_SYNC_FAILED,
                  BYTES_SOME_CLOSED,
                  BYTES_SOME_UNLOADED,
                  BYTES_SOME_LOST,
                  BYTES_SOME_EXIT,
                  BYTES_SOME_HUNG,
                  BYTES_SOME_RESTART,
                  BYTES_SOME_KEEPER,
                  BYTES_SOME_RESCUED,
                  BYTES_SOME_TOURNAMENT,
                  BYTES_SOME_MOVED,
                  BYTES_SOME_ASIDE,
                  BYTES_SOME_FLAT,
                  BYTES_SOME_NOT_FLAT,
                  BYTES_SOME_TARGET,
                  BYTES_SOME_QUOTE,
                  BYTES_SOME_TIMER,
                  BYTES_SOME_OFTEN,
                  BYTES_SOME_GOES_ON,
                  BYTES_SOME_DEPOSIT,
                  BYTES_SOME_FULL,
                  BYTES_SOME_STRANGER,
                  BYTES_SOME_STRANGE_TRADE,
                  BYTES_SOME_SUSPENDED,
                  BYTES_SOME_RECALLED,
                  BYTES_SOME_DAY,
                  BYTES_SOME_OUTAGE,
                  BYTES_SOME_SKEWED,
                  BYTES_SOME_DARK,
                  BYTES_SOMES
};
const char *bytes_some_name(uint32_t some);

struct bytes_config {
    uint64_t seed;
    agon_ns_t safety_ns; /* with faults; 0: as the seed draws, 10 to 40 s */
    uint32_t without;    /* kinds of faults that are off */
    uint32_t venues;     /* 1: spot alone; 0: as the seed draws */
    uint8_t is_said;     /* orders go by WebSocket */
    void (*trace)(void *ctx, const char *line);
    void *trace_ctx;
};
struct bytes_result {
    uint8_t is_failed;
    char id[24], what[400]; /* of the promise that was broken */
    agon_ns_t t;            /* simulated, since the beginning */
    uint64_t hash;          /* over every byte that arrived, when, and every state of the end */
    uint64_t n_events;      /* engine steps */
    uint64_t n_calls;       /* of the world */
    uint64_t n_messages, n_orders, n_fills, n_lives;
    agon_ns_t simulated_ns;
    uint32_t faults, n_agents, n_venues;
    uint64_t injected[BYTES_FAULTS], some[BYTES_SOMES], net[16];
};
/* AGON_ENOMEM. What breaks a promise is in the result. */
int bytes_run(const struct bytes_config *config, struct bytes_result *result, struct error *err);

#endif
